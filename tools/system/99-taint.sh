#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# After all that the kernel is tainted by out-of-tree and unsigned modules only.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 1

only_oe() {
	taint=$(cat /proc/sys/kernel/tainted)
	echo "tainted: $taint"
	[ $((taint & ~(1 << 12 | 1 << 13))) = 0 ]
}

is "no taint but O and E" only_oe
