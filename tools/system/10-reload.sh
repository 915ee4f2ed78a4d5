#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# ntpool is loaded and unloaded fifty times and more and leaves nothing behind.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 5

reload() {
	n=0
	while [ $n -lt "$1" ]; do
		load ntpool || return 1
		rmmod ntpool || return 1
		n=$((n + 1))
	done
}

meminfo() { awk -v n="$1:" '$1 == n { print $2 }' /proc/meminfo; }

# Memory of the kernel that modules can lose, in KiB
kernel_memory() {
	echo $(($(meminfo SUnreclaim) + $(meminfo VmallocUsed) + $(meminfo Percpu)))
}

# One lost page each time would be 120 KiB a round, and add up: 360 KiB after three, 720
# after six. Per-CPU areas, stacks that are kept for reuse and the slabs of sysfs come and
# go, and do not.
stays() {
	round=1
	before=$(kernel_memory)
	while [ $round -le 6 ]; do
		reload 30 || return 1
		sleep 2
		after=$(kernel_memory)
		echo "$before KiB before, $after KiB after $((30 * round)) more"
		[ $round -ge 3 ] && [ $((after - before)) -lt 200 ] && return 0
		round=$((round + 1))
	done
	return 1
}

new_log
is "twenty loads and unloads" reload 20
sleep 2
is "kernel memory does not grow with a hundred more" stays
is "no folder is left in debugfs" not [ -e "$debug" ]
is "no slab cache is left" not grep -q ntpool /proc/slabinfo
is "nothing was reported" not logged 'ntpool: (leak:|\*\*\*).*'
