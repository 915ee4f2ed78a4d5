#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# ntpool stays as long as a driver uses it, and a tidy driver leaves no trace.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 10

load_alone() { not load nt_hold && logged 'nt_hold: Unknown symbol ExAllocatePoolWithTag.*'; }

new_log
is "a driver does not load without ntpool" load_alone
load ntpool
load nt_hold
is "ntpool is in use" not rmmod ntpool
is "its files are still there" [ -r "$debug/tags" ]
is "the driver still works" eval "echo 100 >/sys/module/nt_hold/parameters/churn"
new_log
is "the driver can be unloaded" rmmod nt_hold
is "nothing was leaked" not logged 'ntpool: .*'
is "the tag stays known, at zero" same "$(of_tag Hold 3) $(of_tag Hold 5) $(of_tag Hold 6)" "6 0 0"
is "nothing is live in the pools" same "$(sum pools 3) $(sum pools 4)" "0 0"
is "ntpool can be unloaded" rmmod ntpool
is "and says nothing" not logged 'ntpool: (leak:|\*\*\*).*'
