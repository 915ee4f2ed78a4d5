#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Parameters: bad values are refused with EINVAL, at load and at run time.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 71

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
	   balance_ms=9 balance_ms=3600001 balance_ms=soon \
	   must_succeed_pages=-1 must_succeed_pages=257 must_succeed_pages=all \
	   quota_nonpaged=many quota_paged=-1; do
	is "load with $bad is refused" load_refused "$bad"
done
is "it loads after that" load ntpool verifier=0x8 max_tags=100 quota_paged=0x2000
is "verifier is what was given" same "$(cat "$params/verifier")" 8
is "max_tags is what was given" same "$(cat $params/max_tags)" 100
is "bugcheck is report by default" same "$(cat "$params/bugcheck")" report
is "balance_ms is 1000 by default" same "$(cat "$params/balance_ms")" 1000
is "must_succeed_pages is 4 by default" same "$(cat "$params/must_succeed_pages")" 4
is "quota_nonpaged is 0 by default" same "$(cat "$params/quota_nonpaged")" 0
is "quota_paged is what was given" same "$(cat "$params/quota_paged")" 8192
is "verifier can be written" mode verifier 644
is "bugcheck can be written" mode bugcheck 644
is "max_tags cannot be written" mode max_tags 444
is "balance_ms can be written" mode balance_ms 644
is "must_succeed_pages can be written" mode must_succeed_pages 644
is "quota_nonpaged can be written" mode quota_nonpaged 644
is "quota_paged can be written" mode quota_paged 644
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
for bad in -1 257 all 4294967296; do
	is "must_succeed_pages: $bad is refused" refused "$params/must_succeed_pages" "$bad"
done
for pages in 0 256 4; do
	is "must_succeed_pages: $pages is accepted" accepted must_succeed_pages $pages $pages
done
for limit in quota_nonpaged quota_paged; do
	for bad in -1 many "1 2" 0x10000000000000000; do
		is "$limit: $bad is refused" refused "$params/$limit" "$bad"
	done
	is "$limit: 0x1000 is accepted" accepted $limit 0x1000 4096
	is "$limit: 0 is accepted" accepted $limit 0 0
done
is "verifier: 0xf is accepted" accepted verifier 0xf 15
is "verifier: 0 is accepted" accepted verifier 0 0
for word in panic report; do
	is "bugcheck: $word is accepted" accepted bugcheck $word $word
done
rmmod ntpool
