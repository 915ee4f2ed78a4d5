#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# An error after which the machine stops: the command line says which, and with what
# parameter ntpool is loaded.  The host reads the console; `survived` is what must not
# be written.
# shellcheck source=tools/system/lib.sh
. /lib.sh

argument() { sed "s/.*$1:\([a-z0-9_=]*\).*/\1/" /proc/cmdline; }

load ntpool "$(argument nt_ntpool)" && echo ready >"$RESULT"
load nt_detect "what=$(argument nt_what)" "where=$(argument nt_where)"
echo survived >"$RESULT"
