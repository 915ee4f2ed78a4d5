#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The tracepoints by the files of tracefs alone: lines, filters, histograms. The verifier does
# not notice them, and the fast paths serve again after the last user.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 51

tracing=/sys/kernel/debug/tracing
events=$tracing/events/ntpool
driver=/sys/module/nt_trace/parameters

on() { echo 1 >"$events/$1/enable"; }
off() { echo 0 >"$events/$1/enable"; }
clear() { echo >"$tracing/trace"; }
rounds() { echo "$1" >$driver/rounds; }
# lines EVENT PATTERN: how many lines of the trace have the event with these fields
lines() { grep -cE " $1: .*$2" "$tracing/trace"; }
traced() {
	same "$(lines "$1" "$2")" "$3" || {
		sed -n "s/ ptr=[0-9a-f]*//; s/^.* $1: /$1: /p" $tracing/trace | sort | uniq -c
		false
	}
}

site='call_site=take\+0x[0-9a-f]+/0x[0-9a-f]+ \[nt_trace\]'
freed='call_site=give\+0x[0-9a-f]+/0x[0-9a-f]+ \[nt_trace\]'
ptr='ptr=[0-9a-f]+'
# block EVENT CALL-SITE FIELDS: each of 50 rounds has one such line
block() { traced "$1" "$2 $ptr $3\$" 50; }

small='bytes_req=100 bytes_alloc=128 tag=Trac type=Nonp context=PASSIVE'
paged='bytes_req=3000 bytes_alloc=[0-9]+ tag=TPgd type=Paged context=PASSIVE'
pages='bytes_req=8192 bytes_alloc=8192 tag=TBig type=Nonp context=PASSIVE'
raised='bytes_req=64 bytes_alloc=80 tag=Dr\\134\\001 type=Nonp context=DISPATCH'

# few_slow_calls MOST LEAST: how many calls of the slow paths 1000 small blocks need
few_slow_calls() {
	echo function >$tracing/current_tracer
	echo 1000 >$driver/small
	calls=$(grep -cE 'alloc_slow|ntpool_free_unaligned' $tracing/trace)
	echo nop >$tracing/current_tracer
	echo "$calls calls"
	[ "$calls" -le "$1" ] && [ "$calls" -ge "$2" ]
}

depth_is_4() { same "$(rows lookaside | awk '$1 == "TLst" { print $4 }')" 4; }
verifier_is_off() {
	same "$(tail -n 1 "$debug/verifier/flags")" 0 &&
		same "$(cat "$params/verifier")" 0 &&
		same "$(rows verifier/counters | awk '{ s += $2 } END { print s }')" 0 &&
		depth_is_4
}

# tags_agree: `tags` and the trace have as many allocations and frees of each tag
tags_agree() {
	for tag in Trac TPgd TBig; do
		allocs=$(($(of_tag $tag 3) - $(sed -n "s/^$tag //p" /tmp/before)))
		[ "$allocs" != 0 ] || { echo "no $tag"; return 1; }
		same "$(lines ntpool_alloc "tag=$tag ")" "$allocs" || return 1
		same "$(lines ntpool_free "tag=$tag ")" "$allocs" || return 1
	done
}
tags_before() {
	for tag in Trac TPgd TBig; do
		echo "$tag $(of_tag $tag 3)"
	done >/tmp/before
}

# histogram KEYS FIELDS: the histogram of the allocations has that row
histogram() {
	sed 's/  */ /g' "$events/ntpool_alloc/hist" >/tmp/hist
	grep -E "$1" /tmp/hist | grep -qE "$2" || { cat /tmp/hist; false; }
}

load ntpool balance_ms=100
load nt_trace
is "the five events are there" same "$(find $events -name ntpool_\* | sort | xargs -n 1 basename |
	tr '\n' ' ')" "ntpool_alloc ntpool_depth ntpool_fail ntpool_free ntpool_report "
rounds 10
clear
rounds 10
is "nothing is traced before" not grep -q 'ntpool_' $tracing/trace
is "the word of the verifier is 0" same "$(cat $driver/state)" 0x0
echo 'alloc_slow ntpool_free_unaligned' >$tracing/set_ftrace_filter
is "small blocks take the fast paths" few_slow_calls 4 0

tags_before
clear
on ntpool_alloc
rounds 50
is "allocations: small" block ntpool_alloc "$site" "$small"
is "allocations: paged" block ntpool_alloc "$site" "$paged"
is "allocations: pages" block ntpool_alloc "$site" "$pages"
is "allocations: raised, with a tag in octal" block ntpool_alloc "$site" "$raised"
is "no allocation twice" traced ntpool_alloc '' 200
is "no frees" traced ntpool_free '' 0
is "the verifier is off" verifier_is_off
is "one bit of the word is set" same "$(cat $driver/state)" 0x200
tags_before
clear
on ntpool_free
rounds 50
is "frees: small" block ntpool_free "$freed" "$small"
is "frees: paged" block ntpool_free "$freed" "$paged"
is "frees: pages" block ntpool_free "$freed" "$pages"
is "frees: raised" block ntpool_free "$freed" "$raised"
is "no free twice" traced ntpool_free '' 200
is "the file tags has the same counts" tags_agree
is "the verifier is off" verifier_is_off
clear
is "small blocks take the slow paths" few_slow_calls 2010 2000
off ntpool_free
clear
rounds 10
is "frees are traced no more" traced ntpool_free '' 0
is "allocations still are" traced ntpool_alloc '' 40

clear
echo 'tag == "TBig" && bytes_req > 8000' >$events/ntpool_alloc/filter
rounds 50
is "a filter with a tag" traced ntpool_alloc 'tag=TBig' 50
is "lets nothing else through" traced ntpool_alloc '' 50
echo 0 >$events/ntpool_alloc/filter
off ntpool_alloc
is "the word is 0 again" same "$(cat $driver/state)" 0x0
clear
is "small blocks take the fast paths again" few_slow_calls 4 0

hist=hist:keys=tag,call_site.sym:vals=bytes_req
is "a histogram is accepted" sh -c "echo $hist >$events/ntpool_alloc/trigger"
rounds 50
is "its key is tag and call site" histogram 'tag: Trac.*call_site: .*take \[nt_trace\]' \
	'hitcount: 50 bytes_req: 5000'
is "a tag in octal is a key" histogram 'tag: Dr\\134\\001' 'hitcount: 50 bytes_req: 3200'
echo "!$hist" >$events/ntpool_alloc/trigger
is "the word is 0 after it" same "$(cat $driver/state)" 0x0

clear
on ntpool_fail
rounds 50
huge='bytes_req=9223372036854775807 tag=Fail type=Nonp context=PASSIVE'
is "failures: no memory" traced ntpool_fail "$site $huge flags=none err=-12\$" 50
is "failures: bad arguments" traced ntpool_fail \
	'call_site=fail\+0x.* \[nt_trace\] bytes_req=40 tag=Fail type=Nonp .* err=-22$' 50
is "no failure twice" traced ntpool_fail '' 100
off ntpool_fail

clear
on ntpool_depth
echo 40 >$driver/burst
raised='depth_old=4 depth_new=([5-9]|[1-4][0-9]) allocs=[1-9][0-9]* misses=[1-9]'
is "the depth is raised" \
	grep -qE " ntpool_depth: list=[0-9a-f]+ tag=TLst $raised" $tracing/trace
sleep 3
is "and lowered to 4" grep -qE ' ntpool_depth: .*depth_new=4 allocs=0 misses=0$' $tracing/trace
off ntpool_depth

clear
on ntpool_report
load nt_badfree what=double
is "a report" traced ntpool_report \
	'code=0x000000c2 param1=0x7 .* tag=Bad\\040 call_site=bad_double\+0x.* \[nt_badfree\]$' 1
is "no report twice" traced ntpool_report '' 1
rmmod nt_badfree
off ntpool_report

# unloads HOW: tracefs holds no reference, and the next ntpool starts without users
unloads() {
	new_log
	rmmod nt_trace
	is "ntpool is unloaded $1" rmmod ntpool
	is "the events are gone" not test -e $events
	is "no complaint of the kernel" not logged '(BUG|WARNING|Oops|general protection).*'
	load ntpool
	load nt_trace
	is "the next ntpool starts with the word 0" same "$(cat $driver/state)" 0x0
	clear
	rounds 10
	is "and traces nothing" not grep -q 'ntpool_' $tracing/trace
}

on ntpool_alloc
on ntpool_free
rounds 10
unloads "with events on"
mkdir $tracing/instances/second
echo 1 >$tracing/instances/second/events/ntpool/enable
on ntpool_alloc
# The output of a scenario must have no writer behind it.
cat $tracing/trace_pipe >/tmp/pipe 2>&1 &
reader=$!
rounds 10
is "the reader has allocations" until_true 30 grep -q 'ntpool_alloc: .*tag=Trac' /tmp/pipe
is "the instance has allocations" grep -q 'ntpool_alloc: .*tag=Trac' \
	$tracing/instances/second/trace
unloads "under an instance and a reader"
is "the instance has lost them" not grep -q ntpool_ $tracing/instances/second/trace
is "the event of the instance is off" same "$(cat $tracing/instances/second/events/ntpool/enable)" 0
kill "$reader"
wait "$reader"
rmdir $tracing/instances/second
echo >$tracing/set_ftrace_filter
rmmod nt_trace ntpool
