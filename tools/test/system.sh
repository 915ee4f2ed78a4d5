#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs every scenario of /scenarios in the guest. Each one starts with ntpool unloaded.
# KTAP goes to the result port, one suite per scenario and one case per check.

name_of() { basename "$1" .sh | sed 's/^[0-9]*-//'; }

seconds=$(sed -n 's/.*nt_seconds:\([0-9]*\).*/\1/p' /proc/cmdline)

run_scenario() {
	echo "    # Subtest: $2"
	timeout "${seconds:-150}" sh "$1" 2>&1 | sed 's/^/    /'
	if grep -q '^nt_\|^ntpool ' /proc/modules; then
		echo "    # $2 left modules loaded"
		return 1
	fi
}

total=$(find /scenarios -name '*.sh' | wc -l)
number=0
{
	echo "KTAP version 1"
	echo "1..$total"
} >"$RESULT"
for scenario in /scenarios/*.sh; do
	number=$((number + 1))
	name=$(name_of "$scenario")
	if run_scenario "$scenario" "$name" >/tmp/out &&
	   ! grep -q '^    not ok' /tmp/out; then
		verdict=ok
	else
		verdict='not ok'
	fi
	cat /tmp/out >"$RESULT"
	echo "$verdict $number - $name" >"$RESULT"
done
