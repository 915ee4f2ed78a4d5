#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# make dkms-install, make dkms-uninstall.
#
#   dkms.sh sources DIR    copies the sources that DKMS needs
#   dkms.sh install        copies them to /usr/src, adds them to DKMS, builds and installs
#                          the module for KVER (default: all kernels with headers)
#   dkms.sh uninstall      removes the module from all kernels, and the sources
#
# A kernel that is too old or has no headers gets one line, and the others go on.

set -euo pipefail
# The kernel's makefiles get none of ours
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
VERSION=$(sed -n 's/^#define NTPOOL_VERSION.*"\(.*\)"$/\1/p' "$TOP/module/base/types.h")
SOURCES=/usr/src/ntpool-$VERSION
OLDEST=6.1

die() { printf 'ntpool: %s\n' "$*" >&2; exit 1; }

copy_sources() {
	local file
	mkdir -p "$1"
	(cd "$TOP" && find Makefile Kconfig LICENSE include module -type f \
		\( -name '*.[ch]' -o -name Makefile -o -name Kconfig -o -name LICENSE \) \
		! -path 'module/samples/*' ! -name '*.mod.c') |
	while read -r file; do
		install -D -m 644 "$TOP/$file" "$1/$file"
	done
	# Kbuild descends into it
	install -D -m 644 "$TOP/module/samples/Makefile" "$1/module/samples/Makefile"
	sed "s/@VERSION@/$VERSION/" "$TOP/tools/packaging/dkms.conf" >"$1/dkms.conf"
	chmod 644 "$1/dkms.conf"
	install -m 755 "$TOP/tools/packaging/symbols.sh" "$1/symbols.sh"
}

need_dkms() {
	[ "$(id -u)" = 0 ] || die "as root: DKMS installs modules"
	command -v dkms >/dev/null || die "dkms is missing: apt-get install dkms"
}

is_added() { [ -n "$(dkms status -m ntpool -v "$VERSION" 2>/dev/null)" ]; }

# kernels: those that were asked for, else all that have headers
kernels() {
	local build
	if [ -n "${KVER:-}" ]; then
		# shellcheck disable=SC2086 # a list of versions
		printf '%s\n' $KVER
		return
	fi
	for build in /lib/modules/*/build; do
		[ ! -e "$build/Makefile" ] || basename "${build%/build}"
	done
}

# fits KERNEL: or says why not
fits() {
	if [ "$(printf '%s\n%s\n' "$OLDEST" "$1" | sort -V | head -n 1)" != "$OLDEST" ]; then
		printf 'ntpool: kernel %s is older than %s\n' "$1" "$OLDEST" >&2
		return 1
	fi
	if [ ! -e "/lib/modules/$1/build/Makefile" ]; then
		printf 'ntpool: kernel %s has no headers: install linux-headers-%s\n' "$1" "$1" >&2
		return 1
	fi
}

install_all() {
	local kernel list fitting=()
	need_dkms
	mapfile -t list < <(kernels)
	[ ${#list[@]} -gt 0 ] || die "no kernel has headers: install linux-headers-amd64"
	for kernel in "${list[@]}"; do
		! fits "$kernel" || fitting+=("$kernel")
	done
	# A refused kernel has had its line.
	[ ${#fitting[@]} -gt 0 ] || exit 1
	if is_added; then
		uninstall_all
	fi
	copy_sources "$SOURCES"
	dkms add -m ntpool -v "$VERSION"
	for kernel in "${fitting[@]}"; do
		dkms install -m ntpool -v "$VERSION" -k "$kernel"
	done
	[ ${#fitting[@]} = ${#list[@]} ]
}

uninstall_all() {
	need_dkms
	if is_added; then
		dkms remove -m ntpool -v "$VERSION" --all
	fi
	rm -rf "$SOURCES"
}

case ${1:-} in
sources) copy_sources "$2" ;;
install) install_all ;;
uninstall) uninstall_all ;;
*) die "dkms.sh: sources DIR, install or uninstall" ;;
esac
