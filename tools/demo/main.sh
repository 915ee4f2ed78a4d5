#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The demo's frame in the guest: what the file system needs of the stock kernel
# is loaded, in the order of /modules/stock/order, then /demo/guest.sh does the
# work.  The kernel log follows over the result port, because the console shows
# only its worst lines.

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
