#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The tracepoints in perf and trace-cmd, which read the formats and print by themselves.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 27

export HOME=/tmp
driver=/sys/module/nt_trace/parameters

cat >/tmp/work.sh <<'END'
echo 50 >/sys/module/nt_trace/parameters/rounds
END

# printed N PATTERN: the tool has printed so many lines that match
printed() {
	same "$(grep -cE -- "$2" /tmp/printed)" "$1" || { head -n 5 /tmp/printed; false; }
}
# printed_least N PATTERN: the same with so many lines or more
printed_least() {
	[ "$(grep -cE -- "$2" /tmp/printed)" -ge "$1" ] || { head -n 5 /tmp/printed; false; }
}
# status STATUS COMMAND...: both outputs go to a file
status() {
	want=$1
	shift
	"$@" >/tmp/printed 2>&1
	same $? "$want" || { tail -n 15 /tmp/printed; false; }
}
both_off() { same "$(cat $driver/state)" 0x0; }

small='bytes_req=100 bytes_alloc=128 tag=Trac type=Nonp context=PASSIVE'
raised='bytes_req=64 bytes_alloc=80 tag=Dr\\134\\001 type=Nonp context=DISPATCH'

load ntpool
load nt_trace

is "perf record" status 0 perf record -q -a -e 'ntpool:*' -o /tmp/data sh /tmp/work.sh
is "perf script" status 0 perf script -i /tmp/data
is "it prints allocations" printed 50 "ntpool:ntpool_alloc: call_site=.* $small"
# perf looks for the names of functions after it has printed the first one.
is "with the function" printed_least 49 "ntpool:ntpool_alloc: call_site=take.* $small"
is "and frees" printed 50 "ntpool:ntpool_free: call_site=give.* $raised"
is "and failures" printed 100 'ntpool:ntpool_fail: .* tag=Fail type=Nonp .* err=-(12|22)'
is "perf has gone" both_off
is "perf record with a filter" status 0 perf record -q -a -e ntpool:ntpool_alloc \
	--filter 'tag == "TBig"' -o /tmp/data sh /tmp/work.sh
perf script -i /tmp/data >/tmp/printed 2>&1
is "the filter" printed 50 'ntpool_alloc: .* tag=TBig'
is "lets nothing else through" printed 50 ntpool_alloc
is "perf trace" status 0 perf trace --no-syscalls -a -e 'ntpool:ntpool_alloc' sh /tmp/work.sh
is "prints tags" printed 50 'ntpool_alloc.*Trac'

# A reader of trace-cmd that is told to end before it has begun leaves its events out.
cat >/tmp/read.sh <<'END'
readers() { ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c trace_pipe_raw; }
cpus=$(grep -c ^processor /proc/cpuinfo)
tries=0
while [ "$(readers)" -lt "$cpus" ] && [ $tries -lt 300 ]; do
	sleep 0.2
	tries=$((tries + 1))
done
sleep 1
sh /tmp/work.sh
END

is "trace-cmd record" status 0 trace-cmd record -q -e ntpool -o /tmp/dat sh /tmp/read.sh
is "trace-cmd report" status 0 trace-cmd report -i /tmp/dat
is "it prints allocations" printed 50 "ntpool_alloc: .*call_site=take.* $small"
is "and frees" printed 50 "ntpool_free: .*call_site=give.* $raised"

# A tool starts this after it has switched its events on.
cat >/tmp/wait.sh <<'END'
: >/tmp/started
exec sleep 1000
END

begun() { test -e /tmp/started; }
# traced: an event is on, and that is all that trace-cmd needs
traced() {
	case $(cat $driver/state) in
	0x0 | '') return 1 ;;
	esac
}
# begins CONDITION COMMAND...: a tool that runs until it is told to end
begins() {
	condition=$1
	shift
	rm -f /tmp/started
	"$@" >/tmp/tool 2>&1 &
	tool=$!
	until_true 120 "$condition" || { cat /tmp/tool; return 1; }
}
# ended STATUS: the tool, by Ctrl-C
ended() {
	end_tool "$tool"
	same $? "$1" || { cat /tmp/tool; false; }
}

new_log
is "perf record begins" begins begun perf record -q -a -e 'ntpool:*' -o /tmp/data \
	sh /tmp/wait.sh
echo 50 >$driver/rounds
rmmod nt_trace
is "ntpool is not unloaded meanwhile" used_by_tool
# The status that perf returns then depends on its version.
end_tool "$tool"
is "perf has its data" status 0 perf script -i /tmp/data
is "its allocations" printed 50 "ntpool:ntpool_alloc: call_site=.* $small"
is "ntpool is unloaded after it" rmmod ntpool
load ntpool
load nt_trace
is "trace-cmd record begins" begins traced trace-cmd record -q -e ntpool -o /tmp/dat
echo 50 >$driver/rounds
sleep 2
rmmod nt_trace
is "ntpool is unloaded meanwhile" rmmod ntpool
is "trace-cmd ends" ended 0
is "its file can be read" status 0 trace-cmd report -i /tmp/dat
load ntpool
load nt_trace
is "the next ntpool has no user" both_off
is "no complaint of the kernel" not logged '(BUG|WARNING|Oops|general protection).*'
rmmod nt_trace ntpool
