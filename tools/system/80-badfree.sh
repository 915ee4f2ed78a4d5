#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every kind of bad free is reported, once, with its code and its caller, and
# the pool serves on.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 33

p='0x[0-9A-Fa-f]{16}'

# stop KIND CODE PARAMETER1 NAME [LIVE]: one report, blocks of the tag afterwards
stop() {
	new_log
	load nt_badfree "what=$1" || return 1
	rmmod nt_badfree
	logged_times 1 "ntpool: \*\*\* STOP: $2 \($3, $p, $p, $p\) $4" &&
		logged_times 1 'ntpool: \*\*\*.*' &&
		same "$(of_tag 'Bad\040' 5)" "${5:-0}"
}
caller() { logged "ntpool: caller bad_$1\+0x[0-9a-f]+/0x[0-9a-f]+ \[nt_badfree\]"; }

bad() {
	is "$1 is reported" stop "$1" 0x000000C2 "$2" BAD_POOL_CALLER
	is "$1 names its caller" caller "$1"
}

with_tag() { logged "ntpool: tag Bad\\\\040, size 200"; }

# In a flood the reports printed and those left out add up
flood() {
	new_log
	load nt_badfree what=flood || return 1
	rmmod nt_badfree
	sleep 6
	printed=$(log | grep -c 'ntpool: \*\*\* STOP')
	omitted=$(log | sed -nE 's/^ntpool: ([0-9]*) reports? (was|were) left out$/\1/p' |
		awk '{ s += $1 } END { print s + 0 }')
	echo "$printed printed, $omitted left out"
	[ "$printed" -gt 0 ] && [ "$printed" -lt 500 ] &&
		[ $((printed + omitted)) = 1000 ]
}

still_works() { load nt_hold && echo 1000 >/sys/module/nt_hold/parameters/churn && rmmod nt_hold; }

load ntpool
bad null 0x0000000000000046
bad user 0x0000000000000040
bad kmalloc 0x0000000000000042
bad vmalloc 0x0000000000000043
bad data 0x0000000000000043
bad middle 0x0000000000000099
bad paged_middle 0x0000000000041286
bad offset 0x0000000000041286
bad double 0x0000000000000007
bad tag 0x000000000000000A
is "its tag and size are told" with_tag
is "both tags are told" logged ".*, 0x0000000020646142, 0x000000007268744F\) .*"
is "overrun is reported" stop overrun 0x00000019 0x0000000000000020 BAD_POOL_HEADER 1
is "overrun names its caller" caller overrun
is "the damaged block is kept" same "$(of_tag 'Bad\040' 5)" 1
is "ntpool still serves drivers" still_works
is "a flood is cut short and counted" flood
is "ntpool still serves drivers after it" still_works
still_works
is "bytes of tags = bytes of pools" same "$(sum tags 6)" "$(sum pools 4)"
is "bytes of tags = bytes of callers" same "$(sum tags 6)" "$(sum callers 4)"
is "no complaint of the kernel" not logged '(BUG|WARNING|Oops|general protection).*'
new_log
is "ntpool can be unloaded" rmmod ntpool
is "and names the damaged block" logged 'ntpool: leak: 1 block, 2016 bytes, .*'
