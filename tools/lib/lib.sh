# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by the scripts of tools/*/: messages, kernel sources, test kernels, module
# builds.  archive.sh knows Debian's packages, stock.sh Debian's kernels. Everything
# fetched or built is below $BUILD, and later runs reuse it. A file is built under
# another name and then renamed. An interrupted run thus leaves a complete file or none.

set -euo pipefail
shopt -s inherit_errexit

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$TOP/build
LOGS=$BUILD/log
KERNEL=${KERNEL:-6.1}
JOBS=$(nproc)
export LC_ALL=C
# make's own variables would reach the kernel's makefiles otherwise
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

say() { printf '%s\n' "$*"; }
note() { printf '  %s\n' "$*"; }
die() { printf 'ntpool: %s\n' "$*" >&2; exit 1; }

# Processor of the guests.  Kbuild reads the variable too: it gets it as an
# argument, where it is meant.
GUEST_ARCH=${ARCH:-x86_64}
unset ARCH
case $GUEST_ARCH,${0##*/} in
x86_64,* | i386,test.sh | arm64,test.sh) ;;
i386,* | arm64,*) die "ARCH=$GUEST_ARCH: the KUnit suites alone (make test) run on it" ;;
*) die "ARCH=$GUEST_ARCH: x86_64, i386 or arm64" ;;
esac

# quietly LOG CMD...: the output goes to LOG, and its end to the terminal on failure
quietly() {
	local log=$1
	shift
	mkdir -p "$(dirname "$log")"
	if [ -n "${V:-}" ] && [ "$V" != 0 ]; then
		"$@" 2>&1 | tee "$log"
	elif ! "$@" >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		die "failed: $* (whole output: $log)"
	fi
}

# strictly LOG CMD...: runs CMD under -e, appends its output to LOG, and leaves its status in
# STRICT_STATUS. Where a status is tested, bash ignores -e in all commands below.
strictly() {
	local log=$1
	shift
	set +e
	(set -e; "$@") >>"$log" 2>&1
	# shellcheck disable=SC2034 # for the caller
	STRICT_STATUS=$?
	set -e
}

# shellcheck source=tools/lib/archive.sh
. "$TOP/tools/lib/archive.sh"
# shellcheck source=tools/lib/stock.sh
. "$TOP/tools/lib/stock.sh"

# The scripts that source this file use both
# shellcheck disable=SC2034
{
	BUILD_TOOLS=(make gcc bc bison flex cpio kmod libelf-dev libssl-dev python3 xz-utils)
	GUEST_TOOLS=(qemu-system-x86 busybox-static)
}

# ---- Kernel sources and test kernels

# kernel_source SERIES|DIR: prints the path of the source tree
kernel_source() {
	if [ -d "$1" ]; then
		(cd "$1" && pwd)
		return
	fi
	local dir=$BUILD/src/linux-source-$1 tmp=$BUILD/src/.unpack-$1 tarball suite
	if [ ! -d "$dir" ]; then
		rm -rf "$tmp"
		mkdir -p "$tmp"
		suite=$(suite_of "$1")
		if [ "$suite" = machine ]; then
			need_packages "linux-source-$1" >&2
		else
			own_lists amd64 "$BACKPORTS-backports" >&2
			fetch_unpack amd64 "$BACKPORTS-backports" "$tmp" "linux-source-$1"
		fi
		say "Unpacking linux-source-$1" >&2
		tarball=$tmp/usr/src/linux-source-$1.tar.xz
		[ -e "$tarball" ] || tarball=/usr/src/${tarball##*/}
		tar -C "$tmp" -xf "$tarball"
		mv "$tmp/linux-source-$1" "$dir"
		rm -rf "$tmp"
	fi
	say "$dir"
}

# series_of SERIES|DIR: a name for log files and build folders
series_of() {
	if [ -d "$1" ]; then
		make -s -C "$1" kernelversion
	else
		say "$1"
	fi
}

# overlay FILE...: the first of several lines about an option, since Kconfig would take the
# last one, and check_config all of them
overlay() {
	awk '
		{ option = "" }
		match($0, /CONFIG_[A-Z0-9_]+/) && /^(# )?CONFIG_/ {
			option = substr($0, RSTART, RLENGTH)
		}
		option == "" || !(option in own)
		option != "" { own[option] }
	' "$@"
}

# fragments VARIANT: the configuration of a test kernel
fragments() {
	local dir=$TOP/kunit
	case $1 in
	release) cat "$dir/release.config" ;;
	i386 | arm64) overlay "$dir/$1.config" "$dir/release.config" ;;
	arm64-*) overlay "$dir/$1.config" "$dir/arm64.config" "$dir/release.config" ;;
	*) cat "$dir/release.config" "$dir/$1.config" ;;
	esac
}

# make_arguments VARIANT: the processor and the compiler, a word per line
make_arguments() {
	case $1 in
	i386) say ARCH=i386 ;;
	arm64*) printf '%s\n' ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- ;;
	esac
}

# boot_image VARIANT: the file that QEMU boots, below the build folder
boot_image() {
	case $1 in
	arm64*) say arch/arm64/boot/Image ;;
	*) say arch/x86/boot/bzImage ;;
	esac
}

# has_variant SERIES|DIR VARIANT: PREEMPT_RT for x86 came into the kernel with 6.12
has_variant() {
	[ "$2" != rt ] || grep -q 'select ARCH_SUPPORTS_RT' "$(kernel_source "$1")/arch/x86/Kconfig"
}

# Kconfig drops a symbol silently when a dependency is missing
check_config() {
	local line
	while read -r line; do
		case $line in
		# part of SYSCTL in recent kernels
		CONFIG_PROC_SYSCTL=y) line=CONFIG_SYSCTL=y ;;
		# became the absence of BASE_SMALL
		CONFIG_BASE_FULL=y)
			grep -qx "$line" "$1/.config" || line='# CONFIG_BASE_SMALL is not set'
			;;
		# always on in recent kernels
		CONFIG_ARM64_USE_LSE_ATOMICS=y) grep -q "${line%=y}" "$1/.config" || continue ;;
		CONFIG_*) ;;
		*) continue ;;
		esac
		grep -qxF "$line" "$1/.config" ||
			die "$2: Kconfig did not accept $line"
	done < <(fragments "$3")
}

# test_kernel SERIES|DIR VARIANT: prints the build folder of the KUnit kernel
test_kernel() {
	local src name out stamp image kbuild=()
	case $2 in
	release | debug | rt | kcsan | i386 | arm64 | arm64-16k | arm64-64k) ;;
	*) die "VARIANT=$2: release, debug, rt or kcsan" ;;
	esac
	mapfile -t kbuild < <(make_arguments "$2")
	image=$(boot_image "$2")
	src=$(kernel_source "$1")
	has_variant "$1" "$2" || die "VARIANT=$2: the sources of $1 have no PREEMPT_RT for x86"
	name=$(series_of "$1")-$2
	out=$BUILD/kernel/$name
	stamp=$(fragments "$2" | cat - "$src/Makefile" | sha256sum | cut -d' ' -f1)
	if [ "$(cat "$out/.ntpool-stamp" 2>/dev/null)" != "$stamp" ]; then
		say "Building the test kernel $name (a few minutes, once)" >&2
		mkdir -p "$out"
		rm -f "$out/.ntpool-stamp"
		fragments "$2" >"$out/fragment"
		quietly "$LOGS/config-$name.log" make -C "$src" O="$out" "${kbuild[@]}" \
			KCONFIG_ALLCONFIG="$out/fragment" allnoconfig >&2
		check_config "$out" "$name" "$2"
		quietly "$LOGS/kernel-$name.log" make -C "$src" O="$out" "${kbuild[@]}" \
			-j"$JOBS" "${image##*/}" modules >&2
		say "$stamp" >"$out/.ntpool-stamp"
	fi
	say "$out"
}

# ---- Modules

# farm DIR: the sources as symbolic links. Builds for several kernels can run side by side,
# and leave nothing among the sources.
farm() {
	local file
	mkdir -p "$1"
	find "$1" -xtype l -delete
	(cd "$TOP" && find Makefile Kconfig include module kunit -type f \
		\( -name '*.[ch]' -o -name Makefile -o -name Kconfig \) -print) |
	while read -r file; do
		mkdir -p "$1/$(dirname "$file")"
		ln -sfn "$TOP/$file" "$1/$file"
	done
}

# floors DIR: fails and prints the reason if a call between the objects below DIR goes up
floors() {
	"$TOP/tools/checks/floors.py" "$TOP/module" "$1/module"
}

# build_modules KDIR NAME [MAKE-ARG...]: prints the folder with the modules. Each variant of
# kernel compiles other code, so each build has its calls checked.
build_modules() {
	local kdir=$1 name=$2 out=$BUILD/ext/$2
	shift 2
	farm "$out"
	quietly "$LOGS/modules-$name.log" kbuild "$kdir" M="$out" -j"$JOBS" \
		"$@" modules >&2
	quietly "$LOGS/floors-$name.log" floors "$out" >&2
	say "$out"
}

# graft SERIES TREE: makes TREE a kernel tree of links with this folder in drivers/misc
graft() {
	local src tree=$2
	src=$(kernel_source "$1")
	rm -rf "$tree"
	mkdir -p "$tree/drivers/misc" "$tree/scripts"
	ln -s "$src"/* "$tree/" 2>/dev/null || true
	ln -s "$src"/drivers/* "$tree/drivers/" 2>/dev/null || true
	ln -s "$src"/drivers/misc/* "$tree/drivers/misc/"
	ln -s "$src"/scripts/* "$tree/scripts/" 2>/dev/null || true
	rm "$tree/drivers/misc/Makefile" "$tree/drivers/misc/Kconfig"
	# shellcheck disable=SC2016 # make's variable
	{ cat "$src/drivers/misc/Makefile"; echo 'obj-$(CONFIG_NTPOOL) += ntpool/'; } \
		>"$tree/drivers/misc/Makefile"
	sed 's|^endmenu|source "drivers/misc/ntpool/Kconfig"\n&|' \
		"$src/drivers/misc/Kconfig" >"$tree/drivers/misc/Kconfig"
	farm "$tree/drivers/misc/ntpool"
}
