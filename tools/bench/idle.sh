#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Counts the work of ntpool while its driver is idle, in the guest. The benchmark makes lists,
# tags and caches, and stays loaded with them. The kernel's own events are traced meanwhile, by
# a clock that counts instructions.
#
# Events that name a function of ntpool, or a thread of it, are its timers, work items and
# wake-ups. The first seconds have scans. Their events show that the trace sees ntpool. The
# longest work item of them is the cost of a scan.

TRACING=/sys/kernel/tracing
SCAN_S=10
SETTLE_S=120
IDLE_S=60

# Counts the events of ntpool in the trace
ours() {
	grep -v '^#' $TRACING/trace | grep -v workqueue_execute_end |
		grep -cE '\[ntpool\]|comm=ntpool'
}

# The longest time from the start to the end of a work item of ntpool
longest_work() {
	awk '
	!/\[ntpool\]/ { next }
	{ work = $0; sub(/.*work struct /, "", work) }
	/workqueue_execute_start/ { since[work] = stamp($0) }
	/workqueue_execute_end/ && work in since {
		took = stamp($0) - since[work]
		if (took > longest)
			longest = took
	}
	END { printf "%d\n", longest }
	function stamp(line) {
		match(line, / [0-9]+: workqueue/)
		return substr(line, RSTART + 1, RLENGTH - 12) + 0
	}' $TRACING/trace
}

watch() {
	mount -t tracefs none $TRACING || return 1
	echo x86-tsc >$TRACING/trace_clock || return 1
	echo 16384 >$TRACING/buffer_size_kb || return 1
	for event in workqueue/workqueue_queue_work workqueue/workqueue_execute_start \
		     workqueue/workqueue_execute_end timer/timer_expire_entry \
		     timer/hrtimer_expire_entry sched/sched_wakeup; do
		echo 1 >$TRACING/events/$event/enable || return 1
	done
}

all() {
	watch || return 1
	# shellcheck disable=SC2046 # the parameters are words
	insmod /modules/ntpool_bench.ko $(cat /bench.args) || return 1
	dmesg | sed -n 's/^.*ntpool_bench: //p' | grep -v '^end '
	sleep $SCAN_S
	echo "case=idle_traced impl=pool value=$(ours) unit=events"
	echo "case=idle_scan impl=pool value=$(longest_work) unit=insn"
	grep -v '^#' $TRACING/trace | grep -F '[ntpool]' | head -n 20 >&2
	sleep $SETTLE_S
	echo >$TRACING/trace
	sleep $IDLE_S
	events=$(ours)
	echo "case=idle_events impl=pool value=$events unit=events"
	echo "case=idle_time impl=pool value=$IDLE_S unit=s"
	grep -E '\[ntpool\]|comm=ntpool' $TRACING/trace | head -n 20 >&2
	rmmod ntpool_bench
}

insmod /modules/ntpool.ko
all >/tmp/result
status=$?
cat /tmp/result >"$RESULT"
echo "end status=$status" >"$RESULT"
exit $status
