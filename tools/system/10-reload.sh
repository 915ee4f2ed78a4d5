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

# One lost page each time would be 120 KiB a round, in every round; per-CPU areas, stacks
# that are kept for reuse and the slabs of sysfs come and go by more than that, but not
# always upwards.
stays() {
	round=0
	while [ $round -lt 5 ]; do
		before=$(kernel_memory)
		reload 30 || return 1
		sleep 2
		after=$(kernel_memory)
		echo "$before KiB before, $after KiB after"
		[ $((after - before)) -lt 100 ] && return 0
		round=$((round + 1))
	done
	return 1
}

new_log
is "twenty loads and unloads" reload 20
sleep 2
is "kernel memory does not grow with thirty more" stays
is "no folder is left in debugfs" not [ -e "$debug" ]
is "no slab cache is left" not grep -q ntpool /proc/slabinfo
is "nothing was reported" not logged 'ntpool: (leak:|\*\*\*).*'
