#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the KUnit suites in the guest. Records of /dev/kmsg go to the result port, from a
# marker before the first insmod to a marker after the last rmmod. Each record has its
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
# A load that is refused or fails leaves nothing: kmemleak tells afterwards.
refused() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		! insmod $mod/ntpool.ko "verifier_drivers=x" "$@" 2>/dev/null || return 1
	done
}

# Each parameter in turn has a bad value.
refused_all() {
	for bad in verifier=99 bugcheck=x quota_nonpaged=x quota_paged=x max_tags=0 \
		must_succeed_pages=257 special_start=2 special_pages=1 sample_ms=x balance_ms=1; do
		refused $bad || return 1
	done
}

# The init of each part in turn fails, until there is no part of that number.
failed_parts() {
	part=0
	while ! insmod $mod/ntpool.ko fail_part=$part 2>/dev/null; do
		part=$((part + 1))
		[ $part -lt 100 ] || return 1
	done
	rmmod ntpool
	[ $part -gt 20 ]
}

# So does each step that takes something from the kernel, until none is left. A step may be
# one that the module can do without.
failed_steps() {
	number=0
	while :; do
		if insmod $mod/ntpool.ko fail_step=$number verifier=0x9 2>/dev/null; then
			left=$(cat /sys/module/ntpool/parameters/fail_step)
			rmmod ntpool
			[ "$left" != -1 ] || break
		fi
		number=$((number + 1))
		[ $number -lt 1000 ] || return 1
	done
	[ $number -gt 40 ]
}

step refused-parameter refused verifier=99
if [ -e $leaks ]; then
	step refused-parameters refused_all
	step failed-parts failed_parts
	step failed-steps failed_steps
fi
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
