#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# bugcheck=panic: the first violation stops the machine.  The host reads the
# console; `survived` is what must not be written.
# shellcheck source=tools/system/lib.sh
. /lib.sh

load ntpool bugcheck=panic && echo ready >"$RESULT"
load nt_badfree what=double
echo survived >"$RESULT"
