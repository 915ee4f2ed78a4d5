#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The scripts of tools/bpf, each one while drivers do what is known.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 29

driver=/sys/module/nt_trace/parameters

# script NAME COMMANDS: runs it while a shell runs the commands
script() {
	echo "$2" >/tmp/work.sh
	bpftrace "/bpf/$1.bt" -c '/bin/sh /tmp/work.sh' >/tmp/printed 2>&1 ||
		{ cat /tmp/printed; false; }
}
printed() { grep -qxE -- "$1" /tmp/printed || { cat /tmp/printed; false; }; }
rounds="echo 50 >$driver/rounds"

load ntpool balance_ms=100
load nt_trace

is "tags" script tags "$rounds"
is "the number of allocations" printed '@allocations\[Trac\]: 50'
is "a tag in octal" printed '@requested\[Dr\\134\\001\]: 3200'
is "callers" script callers "$rounds"
is "the function" printed '@bytes\[take\]: [1-9][0-9]+'
is "failures" script failures "$rounds"
is "no memory" printed '@failures\[Fail, take, -12\]: 50'
is "bad arguments" printed '@failures\[Fail, fail, -22\]: 50'
is "live" script live "$rounds; insmod /modules/nt_hold.ko"
is "blocks that are held" printed '@blocks\[Hold\]: 6'
is "and none that was freed" printed '@blocks\[Trac\]: 0'
rmmod nt_hold
is "leaks" script leaks "$rounds; insmod /modules/nt_hold.ko"
is "the stack of those held" printed ' *do_one_initcall\+[0-9]+'
is "their number" printed '\]: [1-9]'
rmmod nt_hold
# Maps that are full count no block whose free they would miss.
blocks_counted() {
	awk '/\]: [0-9]+$/ && !/^@bytes/ { s += $NF } END { print s + 0 }' /tmp/printed
}
few_counted() {
	cat /tmp/printed
	[ "$(blocks_counted)" -ge 1 ] && [ "$(blocks_counted)" -le 4 ]
}
export BPFTRACE_MAP_KEYS_MAX=4
is "live, with four blocks at a time" script live "insmod /modules/nt_hold.ko; $rounds"
is "it counts no others" few_counted
rmmod nt_hold
is "leaks, with four blocks at a time" script leaks "insmod /modules/nt_hold.ko; $rounds"
is "it counts no others, too" few_counted
rmmod nt_hold
unset BPFTRACE_MAP_KEYS_MAX
is "lifetime" script lifetime "$rounds"
is "a histogram" printed '@us\[Trac\]: *'
is "depth" script depth "echo 40 >$driver/burst"
is "a raised one" printed 'TLst: 4 -> [0-9]+, [1-9][0-9]* allocations, [1-9][0-9]* misses'
is "reports" script reports 'insmod /modules/nt_badfree.ko what=double; sleep 1'
is "the report" printed 'STOP 0xc2 \(0x7, 0x.*\) tag Bad\\040, bad_double'
rmmod nt_badfree
is "no script is left" same "$(cat $driver/state)" 0x0

# bpftrace starts this after it has attached the script.
cat >/tmp/wait.sh <<'END'
: >/tmp/started
exec sleep 1000
END
new_log
bpftrace /bpf/tags.bt -c '/bin/sh /tmp/wait.sh' >/tmp/printed 2>&1 &
tool=$!
is "a script begins" until_true 120 test -e /tmp/started
echo 50 >$driver/rounds
rmmod nt_trace
is "ntpool is not unloaded meanwhile" used_by_tool
end_tool "$tool"
is "the script has its figures" printed '@allocations\[Trac\]: 50'
is "no complaint of the kernel" not logged '(BUG|WARNING|Oops|general protection).*'
load nt_trace
rmmod nt_trace ntpool
