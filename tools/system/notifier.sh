#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A kernel without kprobes: faults in special pool are told all the same, at the end of
# the oops.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 10

context=thread

# fault ERROR STOP
fault() {
	new_log
	load nt_detect "what=$1" "where=$context" || return 1
	rmmod nt_detect
	logged_times 1 "ntpool: \*\*\* STOP: 0x000000$2 .*"
}

inside_oops() {
	log | awk '
		/^BUG: unable to handle/ { begins = NR }
		/^ntpool: \*\*\* STOP/ { ours = NR }
		/^---\[ end trace/ { ends = NR }
		END { exit !(begins && begins < ours && ours < ends) }'
}

says() { logged "ntpool: $1"; }

is "there are no kprobes" not load nt_survive
load ntpool verifier=0x1
is "no error: no report" not fault right '..'
is "an overrun is reported" fault overrun_1 D6
is "within the oops" inside_oops
is "with the distance" says 'byte 1 past the end of a block was written'
is "the driver" says 'caller spoil\+0x[0-9a-f]+/0x[0-9a-f]+ \[nt_detect\]'
is "a read after free is reported" fault read_freed D5
is "within the oops" inside_oops
is "with the distance" says 'byte 8 of a freed block was read'
new_log
is "ntpool can be unloaded" rmmod ntpool
