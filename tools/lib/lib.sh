# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by the scripts of tools/*/: messages, Debian
# packages, kernel sources, test kernels, stock kernels, module builds.
# Everything fetched or built lands below $BUILD and is reused by later runs;
# a thing is built aside and renamed, so that an interrupted run leaves either
# the whole of it or nothing.

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
x86_64,* | i386,test.sh) ;;
i386,*) die "ARCH=i386: the KUnit suites alone (make test) run on it" ;;
*) die "ARCH=$GUEST_ARCH: x86_64 or i386" ;;
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

# ---- Debian packages

is_installed() {
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Once per run, also where subshells ask for it: the log's age tells.
apt_update() {
	local log=$BUILD/apt-update.log
	[ -z "$(find "$log" -mmin -60 2>/dev/null)" ] || return 0
	say "Refreshing the package lists"
	quietly "$log" apt-get update
}

# need_packages NAME...: installs what is missing, or says what to type
need_packages() {
	local pkg missing=()
	for pkg; do
		is_installed "$pkg" || missing+=("$pkg")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ]; then
		die "packages are missing: apt-get install --no-install-recommends ${missing[*]}"
	fi
	apt_update
	say "Installing ${missing[*]}"
	DEBIAN_FRONTEND=noninteractive quietly "$LOGS/apt-install.log" \
		apt-get install -y --no-install-recommends "${missing[@]}" </dev/null
}

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
	local dir=$BUILD/src/linux-source-$1 tmp=$BUILD/src/.unpack-$1
	if [ ! -d "$dir" ]; then
		need_packages "linux-source-$1" >&2
		say "Unpacking linux-source-$1" >&2
		rm -rf "$tmp"
		mkdir -p "$tmp"
		tar -C "$tmp" -xf "/usr/src/linux-source-$1.tar.xz"
		mv "$tmp/linux-source-$1" "$dir"
		rmdir "$tmp"
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

# fragments VARIANT: a line of i386.config replaces release.config's about the
# same option, since Kconfig would take the last one and check_config both
fragments() {
	if [ "$1" = i386 ]; then
		awk '
			{ option = "" }
			match($0, /CONFIG_[A-Z0-9_]+/) && /^(# )?CONFIG_/ {
				option = substr($0, RSTART, RLENGTH)
			}
			FNR == NR { own[option]; print; next }
			option == "" || !(option in own)
		' "$TOP/kunit/i386.config" "$TOP/kunit/release.config"
		return
	fi
	cat "$TOP/kunit/release.config"
	if [ "$1" = debug ]; then
		cat "$TOP/kunit/debug.config"
	fi
}

# Kconfig drops a symbol silently when a dependency is missing
check_config() {
	local line
	while read -r line; do
		case $line in CONFIG_*) ;; *) continue ;; esac
		grep -qxF "$line" "$1/.config" ||
			die "$2: Kconfig did not accept $line"
	done < <(fragments "$3")
}

# test_kernel SERIES|DIR VARIANT: prints the build folder of the KUnit kernel
test_kernel() {
	local src name out stamp kbuild=()
	case $2 in
	release | debug) ;;
	i386) kbuild=(ARCH=i386) ;;
	*) die "VARIANT=$2: release or debug" ;;
	esac
	src=$(kernel_source "$1")
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
			-j"$JOBS" bzImage modules >&2
		say "$stamp" >"$out/.ntpool-stamp"
	fi
	say "$out"
}

# ---- Stock kernels

# versions KIND SERIES: amd64 kernels of that series known to apt, oldest first
known_versions() {
	apt-cache pkgnames "linux-$1-$2." |
		sed -n "s/^linux-$1-\([0-9][0-9.]*[0-9.+~bpodeb-]*-amd64\)\$/\1/p" |
		sort -V
}

# None is an answer too, not a failure.
installed_headers() {
	find -H /usr/src -maxdepth 1 -xtype d -name "linux-headers-$1.*-amd64" \
		! -name '*-rt-amd64' ! -name '*-cloud-amd64' \
		-printf '%f\n' 2>/dev/null | sed 's/^linux-headers-//' | sort -V || true
}

# Prefers a kernel that is here already, then one whose headers are installed.
# A kernel to fetch is chosen from fresh lists: Debian drops superseded ones.
choose_stock() {
	local have all
	have=$(installed_headers "$1" | tail -n 1)
	if [ -n "$have" ] && [ -e "$BUILD/stock/$have/vmlinuz" ]; then
		say "$have"
		return
	fi
	if [ "$(id -u)" = 0 ]; then
		apt_update >&2
	fi
	all=$(known_versions image "$1")
	if [ -n "$have" ] && grep -qxF -- "$have" <<<"$all"; then
		say "$have"
	else
		tail -n 1 <<<"$all"
	fi
}

# kernel_packages SERIES...: what must be installed before the others can work
kernel_packages() {
	local series version
	for series; do
		[ -d "$series" ] || [ -d "$BUILD/src/linux-source-$series" ] ||
			say "linux-source-$series"
		[ -d "$series" ] && series=6.1
		version=$(choose_stock "$series")
		[ -z "$version" ] || say "linux-headers-$version"
	done
}

# stock_headers SERIES: prints the folder of the headers for external modules
stock_headers() {
	local version
	version=$(choose_stock "$1")
	[ -n "$version" ] || die "no stock kernel of series $1 is known to apt"
	need_packages "linux-headers-$version" >&2
	say "/usr/src/linux-headers-$version"
}

# stock_kernel SERIES: prints the folder with vmlinuz and lib/modules/VERSION
stock_kernel() {
	local version dir tmp
	version=$(choose_stock "$1")
	[ -n "$version" ] || die "no stock kernel of series $1 is known to apt"
	dir=$BUILD/stock/$version
	tmp=$BUILD/stock/.unpack
	if [ ! -e "$dir/vmlinuz" ]; then
		say "Fetching linux-image-$version" >&2
		rm -rf "$tmp"
		mkdir -p "$tmp"
		(cd "$tmp" && fetch_package "linux-image-$version") >&2
		dpkg-deb -x "$tmp"/*.deb "$tmp/root"
		unpack_stock "$tmp/root" "$version"
		rm -rf "$dir"
		mv "$tmp/root" "$dir"
		rm -rf "$tmp"
	fi
	say "$dir"
}

# Needs no privileges: the package is unpacked, not installed.
fetch_package() {
	quietly "$LOGS/apt-download.log" apt-get download "$1"
}

# busybox_i386: prints a busybox for 32-bit guests.  apt gets lists of its own for
# that, so that the machine's dpkg learns of no other architecture.
busybox_i386() {
	local dir=$BUILD/i386 options
	if [ ! -x "$dir/busybox" ]; then
		say "Fetching busybox-static for i386" >&2
		rm -rf "$dir"
		mkdir -p "$dir"/{lists,cache/archives}/partial
		options=(-o APT::Architecture=i386 -o APT::Architectures::=i386
			-o Dir::State::lists="$dir/lists" -o Dir::Cache="$dir/cache"
			-o Dir::State::status=/dev/null)
		# one bad source of many is no reason to stop: the next step tells
		apt-get "${options[@]}" update >"$LOGS/apt-i386.log" 2>&1 || true
		(cd "$dir" && quietly "$LOGS/apt-i386-download.log" \
			apt-get "${options[@]}" download busybox-static) >&2
		dpkg-deb -x "$dir"/*.deb "$dir/root"
		mv "$dir/root/bin/busybox" "$dir/busybox"
		rm -rf "$dir"/{root,lists,cache} "$dir"/*.deb
	fi
	say "$dir/busybox"
}

unpack_stock() {
	mv "$1/boot/vmlinuz-$2" "$1/vmlinuz"
	if [ -d "$1/usr/lib/modules" ]; then
		mkdir -p "$1/lib"
		mv "$1/usr/lib/modules" "$1/lib/modules"
	fi
	depmod -b "$1" "$2"
}

# ---- Modules

# farm DIR: the sources as symbolic links, so that several kernels can be built
# for side by side and nothing is left among the sources
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

# build_modules KDIR NAME [MAKE-ARG...]: prints the folder with the modules
build_modules() {
	local kdir=$1 name=$2 out=$BUILD/ext/$2
	shift 2
	farm "$out"
	quietly "$LOGS/modules-$name.log" make -C "$kdir" M="$out" -j"$JOBS" \
		"$@" modules >&2
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
