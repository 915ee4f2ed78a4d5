#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# make demo: a stock Debian kernel boots in QEMU and loads ntpool.ko and the sample disk
# driver. tools/demo/guest.sh uses a file system on that disk.
# The last line is `demo: OK`, or `demo: FAILED: why`.

# shellcheck source=tools/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tools/lib/initramfs.sh
. "$TOP/tools/lib/initramfs.sh"
# shellcheck source=tools/poolmon/lib.sh
. "$TOP/tools/poolmon/lib.sh"

fail() { say "demo: FAILED: $*"; trap - EXIT; exit 1; }
trap 'say "demo: FAILED: the set-up did not succeed"' EXIT

# demo_initramfs STOCK MODULES TREE: prints the archive
demo_initramfs() {
	local root=$BUILD/guest/demo
	new_root "$root"
	cp "$TOP/tools/demo/main.sh" "$root/main.sh"
	cp "$2/module/ntpool.ko" "$2/module/samples/ntpool_disk.ko" "$root/modules/"
	add_program "$root" mkfs.ext4 fsck.ext4 "$TOP/tools/poolmon/poolmon"
	cp /etc/mke2fs.conf "$root/etc/"
	: >"$root/etc/fstab"
	ln -sf /proc/mounts "$root/etc/mtab"
	add_stock_module "$root" "$1" ext4
	mkdir "$root/demo"
	cp "$TOP/tools/demo/guest.sh" "$root/demo/"
	say "${1##*/}" >"$root/demo/kver"
	cp -a "$3" "$root/tree"
	pack "$root" "$root.cpio"
	say "$root.cpio"
}

# screen FILE: commands and output of poolmon on a leak, and the leak in the log. Words that
# differ from run to run are left out.
screen() {
	tr -d '\r' <"$1" | sed -n '/^ *# poolmon record/,/^ *ntpool: leak: /p' |
		grep -E '^ *(# poolmon |tag |(`-)?DskI |ntpool: leak: )' |
		sed 's/0x[0-9a-f]\+/N/g; s/[0-9][0-9.]*/N/g; s/^ *//; s/ \+/ /g; s/ $//'
}

main() {
	local list packages headers stock modules initramfs status=0
	[ ! -d "$KERNEL" ] || fail "KERNEL=$KERNEL: the demo runs on Debian's kernels"
	list=$(kernel_packages "$KERNEL" | sed /source/d)
	mapfile -t packages <<<"$list"
	need_packages "${BUILD_TOOLS[@]}" "${GUEST_TOOLS[@]}" "${POOLMON_PACKAGES[@]}" e2fsprogs \
		"${packages[@]}"
	build_poolmon
	headers=$(stock_headers "$KERNEL")
	stock=$(stock_kernel "$KERNEL")
	modules=$(build_modules "$headers" "$(stock_name "$KERNEL")-stock")
	# The tree that the demo copies comes with the headers that the modules need.
	initramfs=$(demo_initramfs "$stock" "$modules" "$(common_headers "$headers")")
	say "Booting the stock kernel ${stock##*/}"
	"$TOP/tools/qemu/run-qemu" --name demo --kernel "$stock/vmlinuz" \
		--initrd "$initramfs" --cpus "${CPUS:-2}" --mem 1024 --timeout 290 \
		--append "quiet loglevel=3 nowatchdog" --live || status=$?
	[ $status = 0 ] || fail "the guest did not end by itself (status $status)"
	python3 "$TOP/tools/test/judge.py" demo "$LOGS/demo.result" \
		"$LOGS/demo.console" >"$LOGS/demo.report" ||
		fail "$(sed -n 's/^  FAILED //p' "$LOGS/demo.report" | head -n 3)"
	diff <(screen "$TOP/README.md") <(screen "$LOGS/demo.console") ||
		fail "README.md shows another screen of poolmon"
	trap - EXIT
	say "demo: OK"
}

main
