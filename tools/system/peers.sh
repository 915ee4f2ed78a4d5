#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Errors of detect.sh that another tool of the kernel detects, with the time of its report.
# nt_peer makes them with memory of the kernel.  The command line names the tool of this
# kernel.  The results are a measurement: the only check is that each error was made.
# shellcheck source=tools/system/lib.sh
. /lib.sh

# The first report's kind
report() {
	log | sed -n \
		-e 's/^BUG: KASAN: \([a-z-]*\).*/\1/p' \
		-e 's/^BUG: KFENCE: \([a-z -]*\) in .*/\1/p' \
		-e 's/^BUG [^ ]* (.*): \(.*\)/\1/p' \
		-e 's/^WARNING: .* at \(mm[^ ]*\):.*/warning of \1/p' | head -n 1
}

# The driver's last step before it
found() {
	log | awk '
		/^nt_peer: / { step = $2 }
		/^BUG: K|^BUG [^:]*: |^WARNING: / { print step; exit }'
}

made() { logged_times 0 'nt_peer: nothing' && logged 'nt_peer: unload'; }

# row ERROR [PLACE]
row() {
	new_log
	load nt_peer "what=$1" "restore=$restore" "guarded=${2:-}"
	rmmod nt_peer
	is "$1${2:+ ($2)} was made" made
	echo "# table $1${2:+ ($2)} | $tool | $(found) | $(report)"
}

# KFENCE has two places for an object; what is found depends on it
both() {
	if [ "$tool" = kfence ]; then
		row "$1" end
		row "$1" start
	else
		row "$1"
	fi
}

tool=$(sed 's/.*nt_tool=\([a-z]*\).*/\1/' /proc/cmdline)
case $tool in
kasan) plan 17; restore=1 ;;
kfence) plan 30; restore=0 ;;
*) plan 17; restore=0 ;;
esac
for error in overrun_1 overrun_8 overrun_64 overrun_slack underrun_1 underrun_16 \
	     read_freed write_freed read_freed_later write_freed_later \
	     double_free double_free_reused interior_free; do
	both $error
done
for error in foreign_free wrong_list leak size_0; do
	row $error
done
