# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Builds the root file systems of the guests as cpio archives. They are not compressed,
# because a decompressor in the guest would take longer than the emulator takes to read
# them. Sourced after lib.sh.

# new_root DIR: an empty root with busybox and its links
new_root() {
	rm -rf "$1"
	mkdir -p "$1"/{bin,sbin,dev,proc,sys,tmp,modules,mnt,etc,lib,lib64}
	local applet
	for applet in $(/bin/busybox --list); do
		ln -s busybox "$1/bin/$applet"
	done
	cp --remove-destination /bin/busybox "$1/bin/busybox"
	cp "$TOP/tools/qemu/init" "$1/init"
}

# add_program ROOT PROGRAM...: host programs with the libraries they need
add_program() {
	local root=$1 program lib
	shift
	for program; do
		cp -L "$(command -v "$program")" "$root/sbin/"
		ldd "$(command -v "$program")" | grep -o '/[^ ]*' |
		while read -r lib; do
			mkdir -p "$root$(dirname "$lib")"
			cp -Ln "$lib" "$root$lib"
		done
	done
}

# add_stock_module ROOT STOCK NAME: with what it depends on, in loading order
add_stock_module() {
	local path file
	mkdir -p "$1/modules/stock"
	while read -r _ path _; do
		file=$(basename "$path" .xz)
		[ ! -e "$1/modules/stock/$file" ] || continue
		case $path in
		*.xz) xz -dc "$path" >"$1/modules/stock/$file" ;;
		*) cp "$path" "$1/modules/stock/$file" ;;
		esac
		say "$file" >>"$1/modules/stock/order"
	done < <(modprobe -S "${2##*/}" -d "$2" --show-depends "$3" | grep '^insmod ')
}

# pack ROOT FILE
pack() {
	(cd "$1" && find . -print0 | cpio --null --quiet -o -H newc -R 0:0) >"$2.tmp"
	mv "$2.tmp" "$2"
}
