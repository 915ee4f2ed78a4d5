#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# ntpool is loaded and unloaded fifty times and more and leaves nothing behind.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 4

reload() {
	n=0
	while [ $n -lt "$1" ]; do
		load ntpool || return 1
		rmmod ntpool || return 1
		n=$((n + 1))
	done
}

# Free memory in KiB: with the pages that each CPU keeps for itself, which MemFree leaves out
free_memory() {
	cat /proc/sys/vm/stat_refresh
	awk '$1 == "nr_free_pages" || $1 == "count:" { n += $2 } END { print 4 * n }' \
		/proc/zoneinfo
}

# If each time loses a page, every round loses 120 KiB. The kernel takes memory once for a
# slab or a table of its own. That memory is missing in one round only.
stays() {
	round=1
	while [ $round -le 6 ]; do
		before=$(free_memory)
		reload 30 || return 1
		sleep 2
		lost=$((before - $(free_memory)))
		echo "round $round: $lost KiB less are free"
		[ $lost -lt 60 ] && return 0
		round=$((round + 1))
	done
	return 1
}

new_log
is "twenty loads and unloads" reload 20
sleep 2
is "no memory is lost with thirty more" stays
is "no folder is left in debugfs" not [ -e "$debug" ]
is "nothing was reported" not logged 'ntpool: (leak:|\*\*\*).*'
