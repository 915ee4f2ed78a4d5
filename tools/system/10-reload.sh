#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# ntpool is loaded and unloaded fifty times and leaves nothing behind.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 6

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

# One lost page each time would be 120 KiB; per-CPU areas, stacks that are kept for
# reuse and the slabs of sysfs settle in the first loads and then move by some ten.
grew_little() {
	grown=$(($2 - $1))
	echo "$1 KiB before, $2 KiB after"
	[ $grown -lt 100 ]
}

new_log
is "twenty loads and unloads" reload 20
sleep 2
before=$(kernel_memory)
is "thirty more" reload 30
sleep 2
is "kernel memory did not grow" grew_little "$before" "$(kernel_memory)"
is "no folder is left in debugfs" not [ -e "$debug" ]
is "no slab cache is left" not grep -q ntpool /proc/slabinfo
is "nothing was reported" not logged 'ntpool: (leak:|\*\*\*).*'
