#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# While a verifier bit is set every lookaside list has depth zero and caches nothing. Every
# allocation and free reaches the pool.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 14

flags=$debug/verifier/flags

column() { rows lookaside | awk -v c="$1" '{ print $c }'; }
depth_is() { same "$(column 4)" "$1"; }
cached_is() { same "$(column 6)" "$1"; }
churn() { echo "$1" >/sys/module/nt_hold/parameters/churn; }
# pool_allocs N: how many allocations of the list's tag reach the pool in N
pool_allocs() {
	before=$(of_tag List 3)
	churn "$1"
	echo $(($(of_tag List 3) - before))
}
few() { [ "$1" -le 8 ] || { echo "$1 reached the pool"; false; }; }
warm() { churn 10 && not cached_is 0; }

load ntpool
load nt_hold
is "a new list has depth 4" depth_is 4
is "it caches blocks" warm
is "the pool is seldom asked" few "$(pool_allocs 1000)"
for bit in 0x1 0x2 0x4 0x8; do
	echo $bit >"$flags"
	is "verifier $bit: depth zero" depth_is 0
done
is "nothing is cached" cached_is 0
is "nothing of the tag is live" same "$(of_tag List 5)" 0
is "every allocation reaches the pool" same "$(pool_allocs 1000)" 1000
echo 0 >"$flags"
is "switched off: depth 4 again" depth_is 4
is "the pool is seldom asked again" few "$(pool_allocs 1000)"
rmmod nt_hold ntpool
load ntpool verifier=0x8
load nt_hold
is "set at load: depth zero" depth_is 0
is "set at load: every allocation reaches the pool" same "$(pool_allocs 100)" 100
rmmod nt_hold ntpool
