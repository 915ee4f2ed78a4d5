# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A driver outside the tree, the example of ntpool-dev: built against installed headers and
# symbols, then loaded by modprobe in a guest with Debian's kernel.  Sourced by test.sh.

# example_initramfs NAME TREE: prints the archive. TREE is a folder lib/modules/KERNEL.
example_initramfs() {
	local root=$BUILD/guest/$1 to
	to=$root/lib/modules/${2##*/}
	new_root "$root"
	add_program "$root" modprobe
	mkdir -p "$root/scenarios" "$root/etc/modprobe.d" "$to"
	find "$2" -mindepth 1 -maxdepth 1 ! -type l ! -name kernel -exec cp -a {} "$to/" \;
	# The first of the examples for modprobe.d, without its comment sign
	sed '0,/^#options/s/^#options/options/' "$TOP/tools/packaging/ntpool.conf" \
		>"$root/etc/modprobe.d/ntpool.conf"
	cp "$TOP/tools/test/system.sh" "$root/main.sh"
	cp "$TOP/tools/system/lib.sh" "$root/lib.sh"
	cp "$TOP/tools/system/example.sh" "$root/scenarios/"
	pack "$root" "$root.cpio"
	say "$root.cpio"
}

# example_run NAME STOCK TREE: boots the kernel in STOCK
example_run() {
	local initramfs
	initramfs=$(example_initramfs "$1" "$3")
	boot "$1" --kernel "$2/vmlinuz" --initrd "$initramfs" --cpus "${CPUS:-2}" \
		--mem 1024 --timeout 400 --append "loglevel=7 nowatchdog"
	judge "$1" system "$KERNEL"
}

# readme_lines MAKEFILE: the Makefile has README.md's two lines, for an installed ntpool
readme_lines() {
	local lines
	# shellcheck disable=SC2016 # make's variables
	lines=$(sed -n 's/^    \(ccflags-y\|KBUILD_EXTRA_SYMBOLS\) /\1 /p' "$TOP/README.md" |
		sed 's|<ntpool>/include/nt|$(prefix)/include/ntpool|
			s|<ntpool>/Module|$(prefix)/lib/ntpool/$(KVER)/Module|')
	[ "$(wc -l <<<"$lines")" = 2 ] && [ "$(grep -cxF "$lines" "$1")" = 2 ]
}

complaints_in() { grep -iE '(warning|error)[: ]|\*\*\*' "$1"; }

# example_tree NAME HEADERS STOCK MODULES: what `make install` would have put is laid out by
# hand, and the driver beside it. PARTS=install does it with make and with the packages.
example_tree() {
	local dir=$BUILD/ext/example-$1 version=${3##*/} tree
	tree=$dir/lib/modules/$version
	rm -rf "$dir"
	mkdir -p "$dir/src" "$dir/usr/include/ntpool" "$dir/usr/lib/ntpool/$version" \
		"$tree/updates"
	cp "$TOP"/include/nt/*.h "$dir/usr/include/ntpool/"
	cp "$4/Module.symvers" "$dir/usr/lib/ntpool/$version/"
	cp "$TOP"/tools/packaging/example/* "$dir/src/"
	quietly "$LOGS/example-$1.log" kbuild "$2" M="$dir/src" KVER="$version" \
		prefix="$dir/usr" modules
	cp "$4/module/ntpool.ko" "$dir/src/hello.ko" "$tree/updates/"
	cp "$3/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$tree/"
	depmod -b "$dir" "$version"
}

example_part() {
	local series headers stock modules status=0
	stock_set
	say "A driver outside the tree, stock kernel ${stock##*/}"
	readme_lines "$TOP/tools/packaging/example/Makefile" || status=1
	verdict $status "the example's Makefile has the two lines of README.md"
	example_tree "$series" "$headers" "$stock" "$modules"
	status=0
	! complaints_in "$LOGS/example-$series.log" || status=1
	verdict $status "the example builds without a warning"
	example_run "example-$series" "$stock" \
		"$BUILD/ext/example-$series/lib/modules/${stock##*/}"
}
