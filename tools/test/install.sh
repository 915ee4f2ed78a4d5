# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# PARTS=install: the module is installed in clean systems of Debian releases, and removed
# again. DKMS, make install and the packages (package.sh) do so, for two kernels each.
# Sourced by test.sh.
#
# A system is a folder below build/ with a release's own compiler, kernel headers and
# dkms.  The commands run in it by chroot; nothing of the machine is changed.

INSTALL_RELEASES=(bookworm trixie)

# expect NAME COMMAND...: the command's output is in the log
expect() {
	local name=$1
	shift
	strictly "$INSTALL_LOG" "$@"
	verdict "$STRICT_STATUS" "$name"
	[ "$STRICT_STATUS" = 0 ] || note "log: $INSTALL_LOG"
}

# clean_root RELEASE: prints the folder
clean_root() {
	local root=$BUILD/root/install-$1
	if [ ! -e "$root/etc/debian_version" ]; then
		need_packages debootstrap >&2
		say "Making a clean system of $1" >&2
		rm -rf "$root.new"
		mkdir -p "${root%/*}"
		quietly "$LOGS/debootstrap-$1.log" debootstrap --variant=minbase \
			"$1" "$root.new" "$(mirror)" >&2
		# The system can be made again: dpkg need not wait for the disk.
		say force-unsafe-io >"$root.new/etc/dpkg/dpkg.cfg.d/unsafe-io"
		mv "$root.new" "$root"
	fi
	restore "$root" >&2
	quietly "$LOGS/install-$1.packages" in_folder "$root" \
		env DEBIAN_FRONTEND=noninteractive INITRD=No apt-get install -y \
		--no-install-recommends make dkms openssl pkgconf \
		linux-headers-amd64 linux-headers-rt-amd64 >&2
	say "$root"
}

# restore ROOT: an earlier run may have been interrupted. A new system has no kernels yet.
restore() {
	local away
	[ -d "$1/lib/modules" ] || return 0
	for away in "$1"/lib/modules/*/build.away; do
		[ ! -L "$away" ] || mv "$away" "${away%.away}"
	done
	rm -rf "$1"/usr/src/ntpool-* "$1"/var/lib/dkms/ntpool "$1"/usr{,/local}/lib/ntpool \
		"$1"/usr/local/include/ntpool "$1"/usr/local/share/doc/ntpool
	find "$1/lib/modules/" \( -name 'ntpool*.ko*' -o -name 'hello.ko*' \) -delete
}

in_folder() {
	# shellcheck disable=SC2034 # in_root reads it
	local ROOT=$1
	shift
	in_root "$@"
}

# The folder of the sources, as a fresh clone would have it: objects of the machine's
# own compiler must not be in it.
copy_of_sources() {
	rm -rf "$1"
	mkdir -p "$1"
	(cd "$TOP" && tar -cf - --exclude='*.o' --exclude='*.ko' --exclude='*.mod' \
		--exclude='*.mod.c' --exclude='.*.cmd' \
		Makefile Kconfig LICENSE README.md include module kunit tools) | tar -C "$1" -xf -
}

# fails_with TEXT COMMAND...: the command fails, and its output has the text
fails_with() {
	local text=$1 out
	shift
	if out=$("$@" 2>&1); then
		return 1
	fi
	printf '%s\n' "$out"
	grep -q "$text" <<<"$out"
}

# says TEXT COMMAND...: the command fails, and its only line about it has the text
says() {
	local text=$1 out status=0
	shift
	out=$(fails_with "^ntpool: .*$text" "$@") || status=1
	printf '%s\n' "$out"
	[ $status = 0 ] && [ "$(grep -c '^ntpool: ' <<<"$out")" = 1 ]
}

# leftovers ROOT: files of ntpool in the system. The folder above it may be named ntpool too.
leftovers() {
	(cd "$1" && find usr lib/modules var/lib/dkms etc/modprobe.d \
		\( -name 'ntpool*' -o -path '*/ntpool/*' \) -print)
}

nothing_in() { [ -z "$(find "$1" -name '*ntpool*' | tee /dev/stderr)" ]; }

nothing_left() { [ -z "$(leftovers "$1" | tee /dev/stderr)" ]; }

# modules_are ROOT KERNEL...: each kernel's modprobe finds the module
modules_are() {
	local root=$1 kernel
	shift
	for kernel; do
		in_folder "$root" modprobe -S "$kernel" --show-depends ntpool
		in_folder "$root" modinfo -k "$kernel" -F version ntpool
	done
}

dkms_has() {
	local root=$1 kernel
	shift
	for kernel; do
		in_folder "$root" dkms status -m ntpool -k "$kernel" |
			grep ': installed' >/dev/null
	done
}

# staged ROOT DIR KERNEL [SUBDIR/]: what `make install` puts below a DESTDIR, the modules
# below a folder of their own
staged() {
	[ -n "$(find "$2/${4:-}lib/modules/$3" -name 'ntpool.ko*')" ]
	[ -e "$2/usr/include/ntpool/ntddk.h" ]
	[ -e "$2/usr/lib/ntpool/$3/Module.symvers" ]
	[ -e "$2/usr/share/doc/ntpool/ntpool.conf" ]
	nothing_left "$1"
}

# refused_kernels MAKE...: make and make dkms-install say in one line why not
refused_kernels() {
	expect "a kernel without headers is refused" says 'has no headers' \
		"$@" -s dkms-install KVER=6.99.0-amd64
	expect "an old kernel is refused" says 'is older than 6.1' \
		"$@" -s dkms-install KVER=5.10.0-1-amd64
	expect "make without headers is refused" says 'no kernel headers in /none' \
		"$@" -s KDIR=/none
	expect "make for an old kernel is refused" fails_with 'ntpool: kernel 6.0 is older than' \
		"$@" -s KDIR="/lib/modules/$KERNEL_HERE/build" VERSION=6 PATCHLEVEL=0
	expect "a refusal leaves nothing" nothing_left "$ROOT_HERE"
}

# one_of_two MAKE...: the kernel that can have the module gets it, and the status says no
one_of_two() {
	if "$@" -s dkms-install KVER="$KERNEL_HERE 6.99.0-amd64"; then
		return 1
	fi
	dkms_has "$ROOT_HERE" "$KERNEL_HERE"
}

with_dkms() {
	local root=$ROOT_HERE
	refused_kernels "$@"
	expect "a kernel that is refused does not stop another" one_of_two "$@"
	expect "dkms-install builds for both kernels" "$@" dkms-install
	expect "dkms has both" dkms_has "$root" "${KERNELS_HERE[@]}"
	expect "modprobe finds the module in both" modules_are "$root" "${KERNELS_HERE[@]}"
	expect "dkms-uninstall" "$@" dkms-uninstall
	expect "dkms-uninstall leaves nothing" nothing_left "$root"
}

# signs ROOT MODULE: as the manual page says, with the key that DKMS has made
signs() {
	local line copy=${2%/*}/signed.ko
	line=$(grep 'scripts/sign-file' "$TOP/tools/packaging/ntpool.4.scd" |
		sed "s|\$(uname -r)|$KERNEL_HERE|; s|KEY|/var/lib/dkms/mok.key|
			s|CERTIFICATE|/var/lib/dkms/mok.pub|; s|ntpool.ko|$copy|")
	cp "$2" "$copy"
	[ -z "$(in_folder "$1" modinfo -F signer "$copy")" ]
	in_folder "$1" sh -c "$line"
	[ -n "$(in_folder "$1" modinfo -F signer "$copy")" ]
	rm "$copy"
}

# with_make RELEASE COPY MAKE...
with_make() {
	local root=$ROOT_HERE kernel=$KERNEL_HERE stage=$2/stage make=("${@:3}")
	make+=("KDIR=/lib/modules/$kernel/build" CONFIG_NTPOOL_BENCH=n CONFIG_NTPOOL_SAMPLES=n)
	expect "install with DESTDIR and prefix" \
		"${make[@]}" install DESTDIR="$stage" prefix=/usr
	expect "all files are below DESTDIR" staged "$root" "$stage" "$kernel"
	expect "uninstall with DESTDIR" "${make[@]}" uninstall DESTDIR="$stage" prefix=/usr
	expect "uninstall leaves nothing there" nothing_in "$stage"
	expect "install with INSTALL_MOD_PATH and prefix" \
		"${make[@]}" install INSTALL_MOD_PATH="$stage/m" prefix="$stage/usr"
	expect "the module is below INSTALL_MOD_PATH, and all else below prefix" \
		staged "$root" "$stage" "$kernel" m/
	expect "uninstall from there" \
		"${make[@]}" uninstall INSTALL_MOD_PATH="$stage/m" prefix="$stage/usr"
	expect "uninstall leaves nothing there, either" nothing_in "$stage"
	expect "a module is signed as the manual page says" signs "$root" "$2/module/ntpool.ko"
	expect "install" "${make[@]}" install
	expect "modprobe finds the module" modules_are "$root" "$kernel"
	driver_loads "example-make-$1" "$root" "$kernel" /usr/local
	expect "uninstall" "${make[@]}" uninstall
	expect "uninstall leaves nothing" nothing_left "$root"
}

# ROOT_HERE, KERNEL_HERE and KERNELS_HERE are the system that the functions above work in.
install_release() {
	local copy=$BUILD/ext/install-$1 make ROOT_HERE KERNEL_HERE KERNELS_HERE
	INSTALL_LOG=$LOGS/install-$1.log
	mkdir -p "$LOGS"
	: >"$INSTALL_LOG"
	ROOT_HERE=$(clean_root "$1")
	copy_of_sources "$copy"
	mapfile -t KERNELS_HERE < <(find "$ROOT_HERE/lib/modules" -mindepth 1 -maxdepth 1 \
		-printf '%f\n' | sort -V)
	KERNEL_HERE=${KERNELS_HERE[0]}
	say "Installation on $1, kernels ${KERNELS_HERE[*]}"
	make=(in_folder "$ROOT_HERE" make -C "$copy")

	expect "two kernels have headers" test "${#KERNELS_HERE[@]}" = 2
	with_dkms "${make[@]}"
	with_make "$1" "$copy" "${make[@]}"
	package_release "$1" "$ROOT_HERE" "${KERNELS_HERE[@]}"
}

install_releases() {
	local release
	packages
	for release in ${RELEASES:-"${INSTALL_RELEASES[@]}"}; do
		install_release "$release"
	done
}
