#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the KUnit suites in the guest. Records of /dev/kmsg go to the result port. They begin
# at a marker before the first insmod, and end at one after the last rmmod. Each record has its
# facility, so a line from user space cannot pass as a kernel line. `do NAME STATUS`
# lines have the exit status of each command. `begin JIFFIES` has the time of the first
# one. kmemleak's reports of older objects are not about the modules.

mod=/modules
leaks=/sys/kernel/debug/kmemleak

mark() { echo "ntpool-run: $1" >/dev/kmsg; }

step() {
	name=$1
	shift
	"$@"
	echo "do $name $?" >>/tmp/steps
}

# An object is a suspect when it is five seconds old and two scans found it
# unchanged.
scan_leaks() {
	echo scan >$leaks
	sleep 6
	echo scan >$leaks
	cat $leaks >/tmp/leaks
}

: >/tmp/leaks
sed '/ntpool-run: end/q' </dev/kmsg >"$RESULT" &
reader=$!
mark begin
sed -n 's/^jiffies: /begin /p' /proc/timer_list >/tmp/steps
# Flags of the verifier that the suites run under
flags=$(sed -n 's/.*ntk_verifier=\([0-9a-fx]*\).*/verifier=\1/p' /proc/cmdline)

# Loads that are refused or fail leave nothing. ntk_refusals=N in the command line: each is made
# N times, and what the kernel has allocated is compared. Where kmemleak is, it tells after once.
refusals=$(sed -n 's/.*ntk_refusals=\([0-9]*\).*/\1/p' /proc/cmdline)

# repeat COMMAND...: $times times, or until it fails
repeat() {
	nth=0
	while [ $nth -lt "$times" ]; do
		"$@" || return 1
		nth=$((nth + 1))
	done
}

refused() { ! insmod $mod/ntpool.ko "$@" 2>/dev/null; }

# Each parameter in turn has a bad value.
refused_parameters() {
	for bad in verifier=99 bugcheck=x quota_nonpaged=x quota_paged=x max_tags=0 \
		must_succeed_pages=257 special_start=2 special_pages=1 sample_ms=x balance_ms=1; do
		repeat refused verifier_drivers=x $bad || return 1
	done
}

# The init of a part fails; false: there is no part of that number
failed_part() {
	refused fail_part="$1" && return
	rmmod ntpool
	return 1
}

# So does a step that takes something from the kernel. It may be one that the module can do
# without. False: there is no such step
failed_step() {
	refused fail_step="$1" verifier=0x9 && return
	left=$(cat /sys/module/ntpool/parameters/fail_step)
	rmmod ntpool
	[ "$left" != -1 ]
}

# each COMMAND LEAST: with the numbers from 0 on, until there is none, which is above LEAST
each() {
	number=0
	while repeat "$1" $number; do
		number=$((number + 1))
		[ $number -lt 1000 ] || return 1
	done
	[ $nth = 0 ] && [ $number -gt "$2" ]
}

# refuse_all TIMES
refuse_all() {
	times=$1
	step "refused-parameters-$times" refused_parameters
	step "failed-parts-$times" each failed_part 20
	step "failed-steps-$times" each failed_step 40
}

# allocated SECONDS: the objects of each cache of the kernel's allocator, and the lines of vmalloc,
# that much later. Pages that a cache has reserved do not count.
allocated() {
	echo 3 >/proc/sys/vm/drop_caches
	sleep "$1"
	for cache in /sys/kernel/slab/*; do
		[ -L "$cache" ] || echo 1 >"$cache/shrink"
	done
	while read -r cache objects _; do
		echo "$cache $objects"
	done </proc/slabinfo
	echo vmalloc "$(wc -l </proc/vmallocinfo)"
}

# left_behind TIMES BEFORE AFTER: prints a step that failed for each cache that has grown by an
# object for each time. Caches of processes and open files vary by dozens.
left_behind() {
	awk -v times="$1" 'NR == FNR { had[$1] = $2; next }
		/^(anon_vma|cred_jar|filp|maple_node|mm_struct)/ { next }
		/^(names_cache|seq_file|vm_area)/ { next }
		$2 - had[$1] >= times { print "do left-in-" $1 " " $2 - had[$1] }' "$2" "$3"
}

# compare TIMES BEFORE: what is left behind. The kernel frees queues of work and others later.
compare() {
	for seconds in 2 10 30; do
		allocated $seconds >/tmp/after
		left_behind "$1" "$2" /tmp/after >/tmp/left
		[ -s /tmp/left ] || break
	done
	cat /tmp/left >>/tmp/steps
}

# Grace periods are most of the time. The suites run with normal ones.
echo 1 >/sys/kernel/rcu_expedited
if [ -n "$refusals" ]; then
	refuse_all 1
	allocated 10 >/tmp/before
	refuse_all $((refusals - 1))
	compare $((refusals - 1)) /tmp/before
elif [ -e $leaks ]; then
	refuse_all 1
else
	step refused-parameter refused verifier_drivers=x verifier=99
fi
echo 0 >/sys/kernel/rcu_expedited
# shellcheck disable=SC2086 # none is no argument
step insmod-ntpool insmod $mod/ntpool.ko $flags
step insmod-kunit insmod $mod/ntpool_kunit.ko
step rmmod-kunit rmmod ntpool_kunit
step rmmod-ntpool rmmod ntpool
[ ! -e $leaks ] || step kmemleak scan_leaks
mark end
# busybox' sed takes a line only when it has seen the next one
mark finished
wait $reader
cat /tmp/steps >"$RESULT"
sed 's/^/leak /' /tmp/leaks >"$RESULT"
