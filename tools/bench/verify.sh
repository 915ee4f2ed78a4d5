#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The cost of the verifier, in the guest. The benchmark runs once for each setting. It also
# runs beside an ntpool.ko that was built without the test whether the verifier is on.
# All runs share one boot. A line `setting NAME` precedes the figures of each. The result
# port gets the output of the benchmark.

parameters=/sys/module/ntpool/parameters
status=0

# measure NAME MODULE-ARG...
measure() {
	name=$1
	shift
	dmesg -c >/dev/null
	insmod /modules/ntpool_bench.ko "$@" || status=1
	echo "setting $name"
	dmesg | sed -n 's/^.*ntpool_bench: //p'
	rmmod ntpool_bench
}

counter() {
	awk -v name="$1" '$1 == name { print $2 }' /sys/kernel/debug/ntpool/verifier/counters
}

# The rest to a hundred found no room there.
measure_special() {
	attempted=$(counter allocations_attempted)
	special=$(counter allocations_succeeded_special_pool)
	measure special unit=insn "cases=$1"
	attempted=$(($(counter allocations_attempted) - attempted))
	special=$(($(counter allocations_succeeded_special_pool) - special))
	echo "case=verify_special impl=pool value=$((100 * special / attempted)) unit=%"
}

measure_sampling() {
	echo 100 >$parameters/sample_ms
	special=$(counter allocations_succeeded_special_pool)
	measure sampling unit=insn cases=pool_pair_64 factor=1000
	special=$(($(counter allocations_succeeded_special_pool) - special))
	echo "case=verify_samples impl=pool value=$special unit=blocks"
	echo 0 >$parameters/sample_ms
}

# Rounds of the long ones last for more than an interval of sampling.
all() {
	cases=$(cat /bench.args)
	insmod /modules/without/ntpool.ko || return 1
	measure without unit=insn "cases=$cases"
	rmmod ntpool && insmod /modules/ntpool.ko || return 1
	measure off unit=insn "cases=$cases"
	measure off-long unit=insn cases=pool_pair_64 factor=1000
	measure_sampling
	echo 8 >$parameters/verifier || return 1
	measure tracking unit=insn "cases=$cases"
	echo 1 >$parameters/verifier || return 1
	measure_special "$cases"
	echo 0 >$parameters/verifier
}

# Deferred work of the boot ends while the machine is idle.
sleep 3
all >/tmp/result || status=1
cat /tmp/result >"$RESULT"
exit $status
