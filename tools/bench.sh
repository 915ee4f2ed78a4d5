#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# make bench: what ntpool's routines cost beside the kernel's own allocators.
#
#   tools/bench.sh                        everything, as `make bench`
#   tools/bench.sh icount SERIES CASES    cases, comma separated, with wildcards
#
# icount: the stock kernel of SERIES in an emulator whose clock counts instructions.

# shellcheck source=tools/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tools/initramfs.sh
. "$TOP/tools/initramfs.sh"

OUT=$BUILD/bench

# bench_initramfs NAME MODULES WORD...: prints the archive; the words are parameters
bench_initramfs() {
	local root=$BUILD/guest/$1 modules=$2
	shift 2
	new_root "$root"
	cp "$TOP/tools/guest/bench.sh" "$root/main.sh"
	cp "$modules/module/ntpool.ko" "$modules/module/samples/ntpool_bench.ko" "$root/modules/"
	say "$*" >"$root/bench.args"
	pack "$root" "$root.cpio"
	say "$root.cpio"
}

# Zeroing would be the same work for every allocator, and cover what differs.
run_icount() {
	local series=$1 cases=$2 name=bench-icount-$1 stock modules initramfs status=0
	stock=$(stock_kernel "$series")
	modules=$(build_modules "$(stock_headers "$series")" "$series-stock")
	initramfs=$(bench_initramfs "$name" "$modules" unit=insn "cases=$cases")
	"$TOP/tools/run-qemu" --name "$name" --kernel "$stock/vmlinuz" \
		--initrd "$initramfs" --cpus "${CPUS:-1}" --mem 1024 --timeout 500 --count \
		--append "quiet loglevel=4 nowatchdog nokaslr init_on_alloc=0 init_on_free=0" ||
		status=$?
	[ $status = 0 ] || die "the guest did not end by itself (status $status)"
	mkdir -p "$OUT"
	cp "$LOGS/$name.result" "$OUT/icount-$series.txt"
}

main() {
	case ${1:-} in
	icount)
		run_icount "$2" "${3:-*}"
		cat "$OUT/icount-$2.txt"
		;;
	*) die "tools/bench.sh: what is $1?" ;;
	esac
}

main "$@"
