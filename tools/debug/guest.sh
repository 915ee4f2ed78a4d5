#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The guest that a debugger reads: the first script in it. Drivers use ntpool, one has been
# unloaded and has left blocks. Then nothing more is allocated. drgn reads /proc/kcore, and the
# result port gets its output and the files of debugfs. The machine waits until it is stopped.

debug=/sys/kernel/debug/ntpool

set -e
# Gives VMCOREINFO to QEMU.
while read -r module; do
	insmod "/modules/stock/$module"
done </modules/stock/order
insmod /modules/ntpool.ko
insmod /modules/nt_hold.ko
# From here on some blocks are samples in special pool.
echo 50 >/sys/module/ntpool/parameters/sample_ms
insmod /modules/nt_grow.ko period_ms=10 others=60
insmod /modules/nt_leak.ko
taskset 1 sh -c 'echo 1000 >/sys/module/nt_hold/parameters/churn'
taskset 2 sh -c 'echo 50 >/sys/module/nt_hold/parameters/churn'
rmmod nt_leak
# Each load lets the kernel reuse addresses of former code, whose blocks keep their names.
insmod /modules/nt_leak.ko small_blocks=0 big_blocks=0
rmmod nt_leak
insmod /modules/nt_leak.ko small_blocks=5
sleep 2
rmmod nt_grow
# The scan of the caches has seen the last use of the lists then.
sleep 4
shows() { /usr/bin/python3 /ntpool.py /modules/ntpool.ko "$@" 2>&1 || true; }
for file in tags callers lookaside; do
	shows $file >/tmp/$file
done
shows blocks Hold >/tmp/blocks
shows block "$(awk '/^0x/ && $3 < 4096 { print $1; exit }' /tmp/blocks)" >/tmp/block
{
	for file in tags callers lookaside; do
		echo "=== $file.guest"
		cat $debug/$file
	done
	for file in tags callers lookaside blocks block; do
		echo "=== $file.kcore"
		cat /tmp/$file
	done
	echo "=== end"
} >"$RESULT"
sleep 1000
