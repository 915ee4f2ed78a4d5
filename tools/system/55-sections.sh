#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A driver may unlock its sections as late as in its exit; what it forgets is named.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 23

driver=/sys/module/nt_section/parameters
hex='0x[0-9a-f]{16}'
where='ntpool: pageable_work\(\) of nt_section, nt_section.c:[0-9]+'
call='pageable_work\+0x[0-9a-f]+/0x[0-9a-f]+ \[nt_section\]'

# locks SECTION NUMBER
locks() { same "$(rows sections | tr -s ' ' | grep "^nt_section $1 ")" "nt_section $1 $2"; }

# A lock that is taken after init holds the driver.
held() { ! rmmod nt_section && grep -q '^nt_section ' /proc/modules; }

load ntpool
is "no driver, no section" same "$(rows sections)" ""
load nt_section
is "its code is locked" locks code 1
is "its data is not" locks data 0
new_log
echo 1 >$driver/raised
is "pageable code at DISPATCH_LEVEL is reported" logged \
	"ntpool: \*\*\* STOP: 0x000000D3 \($hex, 0x0{15}2, 0x0{16}, $hex\) DRIVER_PORTION_MUST_BE_NONPAGED"
is "with driver, function and line" logged \
	"$where, is pageable code and runs above APC_LEVEL"
is "and the call" logged "ntpool: caller $call"
is "and the stack, and nothing else" logged_times 4 'ntpool: [^ ].*'
new_log
echo 1 >$driver/release
is "its code is unlocked" locks code 0
is "without a report" logged_times 0 'ntpool: .*'
echo 1 >$driver/release
is "one unlock too many is reported" logged \
	"ntpool: \*\*\* STOP: 0x0000001A \(0x0{12}1010, $hex, 0x0{16}, 0x0{16}\) MEMORY_MANAGEMENT"
new_log
is "then it can be unloaded" rmmod nt_section
is "and lock code while it goes" logged_times 0 'ntpool: .*'
is "its sections are gone" same "$(rows sections)" ""
load nt_section
is "the code of another one is locked" locks code 1
echo 1 >$driver/hold
is "locked again after init" locks code 2
is "it cannot be unloaded" held
echo 0 >$driver/hold
is "it can be unloaded, for its exit unlocks" rmmod nt_section
is "without a report" logged_times 0 'ntpool: .*'
load nt_section forgets=1
is "one that forgets can be unloaded" rmmod nt_section
is "and what it locked is named" logged \
	'ntpool: leak: section code of nt_section, locked 1 time'
new_log
is "a driver whose start fails is not loaded" not load nt_section init_fails=1
is "what it locked is named" logged \
	'ntpool: leak: section code of nt_section, locked 1 time'
is "and forgotten" same "$(rows sections)" ""
rmmod ntpool
