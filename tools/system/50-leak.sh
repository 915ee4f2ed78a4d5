#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A driver that leaks is named when it goes; ntpool names and frees the rest.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 25

call='\+0x[0-9a-f]+/0x[0-9a-f]+ \[nt_leak\]'
small="ntpool: leak: 3 blocks, 384 bytes, tag Leak, Nonp, allocated at leak_small$call"
big="ntpool: leak: 2 blocks, 16384 bytes, tag Leak, Paged, allocated at leak_big$call"
zero='0x0{16}'
stop="ntpool: \*\*\* STOP: 0x000000CE \(0x[0-9a-f]{16}, $zero, $zero, $zero\)"
list="ntpool: leak: lookaside list, tag Leak, .*initialised at nt_leak_init$call"

# Leaked blocks stay until ntpool is unloaded
live() { same "$(of_tag Leak 5)" "$1"; }

load ntpool
load nt_leak
is "five blocks are live" live 5
new_log
is "the driver can be unloaded" rmmod nt_leak
is "its small blocks are reported" logged_times 1 "$small"
is "its whole pages are reported" logged_times 1 "$big"
is "its lookaside list is named" logged_times 1 "$list"
is "and there is a total" logged_times 1 'ntpool: leak: total 5 blocks, 16768 bytes.*nt_leak'
is "no other line" logged_times 4 'ntpool: .*'
is "the blocks are kept" live 5
is "their callers are still known" grep -q 'leak_small.*\[nt_leak\]' "$debug/callers"
is "the list is gone" same "$(rows lookaside | wc -l)" 0
new_log
is "ntpool can be unloaded" rmmod ntpool
is "and names the small blocks" logged_times 1 "$small"
is "and the whole pages" logged_times 1 "$big"
is "and their total" logged_times 1 'ntpool: leak: total 5 blocks, 16768 bytes.*'

load ntpool verifier=0x8
load nt_leak
new_log
is "it can be unloaded under the verifier" rmmod nt_leak
is "which stops for its list" logged_times 1 \
	"$stop DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS"
is "and says why" logged \
	"ntpool: a driver was unloaded and has not deleted a lookaside list"
stacks() { grep -q "^ $1.*\[$2\]" "$debug/verifier/outstanding"; }
is "its stacks are named afterwards" stacks leak_small nt_leak
is "its initialisation code too" stacks nt_leak_init nt_leak
load nt_hold
is "and when another driver is there" stacks leak_small nt_leak
is "which gets none of their frames" not stacks leak_ nt_hold
rmmod nt_hold
load nt_leak small_blocks=0 big_blocks=0
load nt_client
new_log
is "a client of a library can be unloaded" rmmod nt_client
is "what the library has for it is listed" logged_times 1 \
	"ntpool: leak: .*, 100 bytes, tag Leak, Nonp, allocated by another module"
is "and summed" logged_times 1 \
	"ntpool: leak: 1 block, allocated by other modules in calls of nt_client"
is "its stack is named afterwards" stacks client_take nt_client
rmmod nt_leak ntpool
