#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The first script of the demo in the guest. It loads the stock kernel's modules for the
# file system, in the order of /modules/stock/order. Then it runs /demo/guest.sh. The
# kernel log follows over the result port, because the console shows only its worst
# lines.

while read -r module; do
	insmod "/modules/stock/$module"
done </modules/stock/order
DEMO_KVER=$(cat /demo/kver)
export DEMO_KVER
/bin/sh /demo/guest.sh
status=$?
# Only messages about the restart follow.
echo 0 >/proc/sys/kernel/printk
dmesg | sed 's/^/log /' >"$RESULT"
exit $status
