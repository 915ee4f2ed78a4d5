#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The routines of one library's list belong to two clients, which go before the library.
# shellcheck source=tools/system/lib.sh
. /lib.sh

library=/sys/module/nt_library/parameters
zero='0x0{16}'
stop="ntpool: \*\*\* STOP: 0x000000CE \(0x[0-9a-f]{16}, $zero, $zero, $zero\)"
gone="$stop DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS"
list='ntpool: leak: lookaside list, tag Libr, Nonp, initialised at .*\[nt_library\]'

served() { same "$(cat $library/served)" "$1"; }
raises() { same "$(cat $library/raises)" "$1"; }

plan 46

# A scan or a change of the verifier looks at the list as well.
visit() {
	echo 0x8 >"$debug/verifier/flags"
	echo 0 >"$debug/verifier/flags"
	sleep 2
}

# clients FIRST SECOND: loads both, and the second to load initialises the list
clients() {
	load ntpool
	load nt_library
	load "$1"
	load "$2"
	for i in 1 2 3 4; do
		echo $i >$library/use
	done
}

# The Free routine goes first: a block that is returned stays.
clients nt_first nt_second
is "the clients' routines serve" served 4
echo 1 >$library/raise
is "and the handler is called" raises 1
new_log
is "the client with the Free routine can be unloaded" rmmod nt_first
is "the list is named, and the client" logged_times 1 "$list, part of nt_first"
new_log
echo 1 >$library/raise
is "its handler is not called any more" raises 1
echo 1 >$library/use
is "the Allocate routine still serves" served 5
is "the Free routine was not called" logged_times 1 "$gone"
visit
is "and no visitor calls it" logged_times 1 "$gone"
new_log
is "the client with the Allocate routine can be unloaded" rmmod nt_second
echo 1 >$library/use
is "the list gives nothing" served 5
is "its Allocate routine was not called" logged_times 1 "$gone"
visit
is "by no visitor either" logged_times 1 "$gone"
is "the library can be unloaded" rmmod nt_library
is "and ntpool too" rmmod ntpool

# The Allocate routine goes first. Then the Free routine is called until it goes as well.
clients nt_second nt_first
is "in the other order they serve" served 4
new_log
is "the other client can be unloaded first" rmmod nt_second
is "which names the list" logged_times 1 "$list, part of nt_second"
echo 1 >$library/raise
is "the handler of the client that stays is called" raises 1
new_log
echo 1 >$library/use
is "the list gives nothing without the Allocate routine" served 4
is "and this is said" logged_times 1 "$gone"
is "then the client with the Free routine goes" rmmod nt_first
echo 1 >$library/raise
is "with its handler" raises 1
visit
echo 1 >$library/use
is "the list gives nothing at all" served 4
is "nt_library goes" rmmod nt_library
is "and ntpool" rmmod ntpool

# A new driver, which may lie at the address of the old one, is not called.
clients nt_first nt_second
rmmod nt_first nt_second
load nt_hold
new_log
echo 1 >$library/use
echo 1 >$library/raise
is "another driver's code is not called" served 4
is "nor does it get the raise" raises 0
is "the use is reported" logged_times 1 "$gone"
rmmod nt_hold nt_library
load nt_library
load nt_first
load nt_second
echo 1 >$library/use
is "a list at the same address serves again" served 1
new_log
is "under the verifier the client goes" sh -c "echo 0x8 >$debug/verifier/flags && rmmod nt_first"
is "which is a violation" logged_times 1 "$gone"
is "said once" logged_times 1 "$list, part of nt_first"
echo 0 >"$debug/verifier/flags"
is "the other client goes" rmmod nt_second
is "nt_library goes under the verifier too" rmmod nt_library
is "nothing of the library is left" same "$(rows lookaside | wc -l)" 0

# A client goes while another CPU is in its routine. Under the verifier each use calls both.
write_often() {
	while [ ! -e /tmp/enough ]; do
		echo 1 >"$library/$1"
	done
}

# while_used PARAMETER COMMAND...: writes to the parameter all the time meanwhile
while_used() {
	rm -f /tmp/enough
	write_often "$1" &
	user=$!
	shift
	sleep 0.2
	"$@"
	status=$?
	: >/tmp/enough
	wait $user && return $status
}

reload_clients() {
	rmmod nt_first 2>/dev/null
	rmmod nt_second 2>/dev/null
	rmmod nt_library
	load nt_library && load nt_second hold_ms=20 && load nt_first hold_ms=20
}

# go_often MODULE PARAMETER
go_often() {
	for i in 1 2 3 4 5 6; do
		reload_clients && while_used "$2" rmmod "$1" || return 1
	done
}

# A handler in initialisation code, which is freed while the handler is called.
init_often() {
	for i in 1 2 3; do
		rmmod nt_first
		while_used raise load nt_first hold_ms=100 init_ms=300 || return 1
	done
}

some() { [ "$1" -gt 0 ] || { echo "is $1"; return 1; }; }

load nt_library
echo 0x8 >"$debug/verifier/flags"
is "a client goes while its Allocate routine runs" go_often nt_second use
is "which has served" some "$(cat $library/served)"
is "a client goes while its Free routine runs" go_often nt_first use
is "which has served, too" some "$(cat $library/served)"
is "a client goes while its handler runs" go_often nt_first raise
is "which was called" some "$(cat $library/raises)"
reload_clients
is "initialisation code goes while the handler in it runs" init_often
is "which was called, too" some "$(cat $library/raises)"

# A deleted list is remembered, but not longer than the module that its structure was in.
rmmod nt_second
load nt_second lend=1
new_log
echo 1 >/sys/module/nt_second/parameters/delete
is "a second deletion tells the tag of the list" logged_times 1 "ntpool: .*tag Libr.*"
at=$(cat /sys/module/nt_second/parameters/at)
rmmod nt_second
load nt_second
new_log
is "the client is loaded at the same address" \
	same "$(cat /sys/module/nt_second/parameters/at)" "$at"
echo 1 >/sys/module/nt_second/parameters/delete
is "the list of the client before is forgotten" logged_times 0 "ntpool: .*tag Libr.*"
echo 0 >"$debug/verifier/flags"
rmmod nt_first nt_second nt_library
rmmod ntpool
