#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The guest that a debugger reads: the first script in it. Drivers use ntpool, one has been
# unloaded and has left blocks. Then nothing more is allocated. gdb reads /proc/kcore, and the
# result port gets its output, the files of debugfs and the addresses of symbols. The machine
# waits until it is stopped.

debug=/sys/kernel/debug/ntpool

set -e
insmod /modules/ntpool.ko
insmod /modules/nt_hold.ko
# From here on some blocks are samples in special pool.
echo 50 >/sys/module/ntpool/parameters/sample_ms
insmod /modules/nt_grow.ko period_ms=10 others=60
insmod /modules/nt_leak.ko
taskset 1 sh -c 'echo 1000 >/sys/module/nt_hold/parameters/churn'
taskset 2 sh -c 'echo 50 >/sys/module/nt_hold/parameters/churn'
rmmod nt_leak
# Each load lets the kernel reuse addresses of former code, whose blocks keep their names.
insmod /modules/nt_leak.ko small_blocks=0 big_blocks=0
rmmod nt_leak
insmod /modules/nt_leak.ko small_blocks=5
sleep 2
rmmod nt_grow
# The scan of the caches has seen the last use of the lists then.
sleep 4
grep -E -e '\[| (__per_cpu_offset|__cpu_possible_mask|nr_cpu_ids|nr_node_ids)$'\
	-e ' (page_offset_base|vmemmap_base)$' /proc/kallsyms \
	>/tmp/kallsyms
/usr/bin/gdb -nx -batch -iex 'set auto-load off' -ex 'source /ntpool.py' \
	-ex 'ntpool-load /tmp/kallsyms /modules/ntpool.ko' -ex 'target core /proc/kcore' \
	-ex ntpool-tags -ex ntpool-callers -ex ntpool-lookaside >/tmp/kcore </dev/null || true
{
	for file in tags callers lookaside; do
		echo "=== $file"
		cat $debug/$file
	done
	echo "=== kallsyms"
	cat /tmp/kallsyms
	echo "=== kcore"
	cat /tmp/kcore
	echo "=== end"
} >"$RESULT"
sleep 1000
