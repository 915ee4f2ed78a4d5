# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# PARTS=install: the module is installed in clean systems of Debian releases, with DKMS
# and without, for two kernels each, and removed again.  Sourced by test.sh.
#
# A system is a folder below build/ with a release's own compiler, kernel headers and
# dkms.  The commands run in it by chroot; nothing of the machine is changed.

INSTALL_RELEASES=(bookworm trixie)

# expect NAME COMMAND...: the command's output is in the log. Where a status is tested, bash
# ignores -e in all commands below, so a check of several commands is called outside of `if`.
expect() {
	local name=$1 status
	shift
	set +e
	(set -e; "$@") >>"$INSTALL_LOG" 2>&1
	status=$?
	set -e
	verdict $status "$name"
	[ $status = 0 ] || note "log: $INSTALL_LOG"
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
		mv "$root.new" "$root"
	fi
	quietly "$LOGS/install-$1.packages" in_folder "$root" \
		env DEBIAN_FRONTEND=noninteractive INITRD=No apt-get install -y \
		--no-install-recommends make dkms openssl pkgconf linux-headers-amd64 linux-headers-rt-amd64 >&2
	say "$root"
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

# says TEXT COMMAND...: the command fails, and its only line about it has the text
says() {
	local text=$1 out
	shift
	if out=$("$@" 2>&1); then
		return 1
	fi
	printf '%s\n' "$out"
	[ "$(grep -c '^ntpool: ' <<<"$out")" = 1 ] && grep -q "^ntpool: .*$text" <<<"$out"
}

# leftovers ROOT: files of ntpool in the system. The folder above it may be named ntpool too.
leftovers() {
	(cd "$1" && find usr lib/modules var/lib/dkms etc/modprobe.d \
		\( -name 'ntpool*' -o -path '*/ntpool/*' \) -print)
}

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

# staged ROOT DIR KERNEL: what `make install` puts below a DESTDIR
staged() {
	[ -n "$(find "$2/lib/modules/$3" -name 'ntpool.ko*')" ]
	[ -e "$2/usr/include/ntpool/ntddk.h" ]
	[ -e "$2/usr/lib/ntpool/$3/Module.symvers" ]
	[ -e "$2/usr/share/doc/ntpool/ntpool.conf" ]
	nothing_left "$1"
}

install_release() {
	local root copy=$BUILD/ext/install-$1 kernels make stage=$BUILD/ext/install-$1/stage
	INSTALL_LOG=$LOGS/install-$1.log
	mkdir -p "$LOGS"
	: >"$INSTALL_LOG"
	root=$(clean_root "$1")
	copy_of_sources "$copy"
	mapfile -t kernels < <(find "$root/lib/modules" -mindepth 1 -maxdepth 1 \
		-printf '%f\n' | sort -V)
	say "Installation on $1, kernels ${kernels[*]}"
	make=(in_folder "$root" make -C "$copy")

	expect "two kernels have headers" test "${#kernels[@]}" = 2
	expect "a kernel without headers is refused" says 'has no headers' \
		"${make[@]}" -s dkms-install KVER=6.99.0-amd64
	expect "an old kernel is refused" says 'is older than 6.1' \
		"${make[@]}" -s dkms-install KVER=5.10.0-1-amd64
	expect "a refusal leaves nothing" nothing_left "$root"
	expect "dkms-install builds for both kernels" "${make[@]}" dkms-install
	expect "dkms has both" dkms_has "$root" "${kernels[@]}"
	expect "modprobe finds the module in both" modules_are "$root" "${kernels[@]}"
	expect "dkms-uninstall" "${make[@]}" dkms-uninstall
	expect "dkms-uninstall leaves nothing" nothing_left "$root"

	make+=("KDIR=/lib/modules/${kernels[0]}/build")
	expect "install with DESTDIR and prefix" \
		"${make[@]}" install DESTDIR="$stage" prefix=/usr
	expect "all files are below DESTDIR" staged "$root" "$stage" "${kernels[0]}"
	expect "uninstall with DESTDIR" "${make[@]}" uninstall DESTDIR="$stage" prefix=/usr
	expect "uninstall leaves nothing there" \
		test -z "$(find "$stage" -name '*ntpool*' 2>/dev/null)"
	expect "install" "${make[@]}" install
	expect "modprobe finds the module" modules_are "$root" "${kernels[0]}"
	expect "uninstall" "${make[@]}" uninstall
	expect "uninstall leaves nothing" nothing_left "$root"
}

install_releases() {
	local release
	for release in ${RELEASES:-"${INSTALL_RELEASES[@]}"}; do
		install_release "$release"
	done
}
