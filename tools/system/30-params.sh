#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Parameters: bad values are refused with EINVAL, at load and at run time.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 41

# load_refused NAME=VALUE: not loaded, and the kernel names the parameter
load_refused() {
	new_log
	if load ntpool "$1" 2>/tmp/refused; then
		rmmod ntpool
		echo "$1 was accepted"
		return 1
	fi
	grep -qi 'invalid argument' /tmp/refused || { cat /tmp/refused; return 1; }
	logged "ntpool: \`${1#*=}' invalid for parameter \`${1%%=*}'" &&
		not grep -q '^ntpool ' /proc/modules
}

accepted() { echo "$2" >"$params/$1" && same "$(cat "$params/$1")" "$3"; }
mode() { same "$(stat -c %a "$params/$1")" "$2"; }

for bad in verifier=0x10 verifier=abc verifier=-1 verifier=0x10000000000000000 \
	   bugcheck=foo bugcheck=1 max_tags=0 max_tags=-5 max_tags=many \
	   balance_ms=9 balance_ms=3600001 balance_ms=soon; do
	is "load with $bad is refused" load_refused "$bad"
done
is "it loads after that" load ntpool verifier=0x8 max_tags=100
is "verifier is what was given" same "$(cat "$params/verifier")" 8
is "max_tags is what was given" same "$(cat $params/max_tags)" 100
is "bugcheck is report by default" same "$(cat "$params/bugcheck")" report
is "balance_ms is 1000 by default" same "$(cat "$params/balance_ms")" 1000
is "verifier can be written" mode verifier 644
is "bugcheck can be written" mode bugcheck 644
is "max_tags cannot be written" mode max_tags 444
is "balance_ms can be written" mode balance_ms 644
for bad in 0x10 abc -1 0x10000000000000000 "8 8"; do
	is "verifier: $bad is refused" refused "$params/verifier" "$bad"
done
for bad in foo 1 "report panic"; do
	is "bugcheck: $bad is refused" refused "$params/bugcheck" "$bad"
done
for bad in 0 9 3600001 -10 soon 4294967306; do
	is "balance_ms: $bad is refused" refused "$params/balance_ms" "$bad"
done
for ms in 3600000 10; do
	is "balance_ms: $ms is accepted" accepted balance_ms $ms $ms
done
is "verifier: 0xf is accepted" accepted verifier 0xf 15
is "verifier: 0 is accepted" accepted verifier 0 0
for word in panic report; do
	is "bugcheck: $word is accepted" accepted bugcheck $word $word
done
rmmod ntpool
