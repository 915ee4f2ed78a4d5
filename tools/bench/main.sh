#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs the benchmark in the guest, with the parameters in /bench.args, and sends
# what it printed to the result port.

# Deferred work of the boot ends while the machine is idle.
sleep 3
insmod /modules/ntpool.ko
# shellcheck disable=SC2046 # the parameters are words
insmod /modules/ntpool_bench.ko $(cat /bench.args)
status=$?
dmesg | sed -n 's/^.*ntpool_bench: //p' >"$RESULT"
exit $status
