#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A kernel without kprobes also reports faults in special pool. The tracepoint sees them
# before the oops. It leaves out reads of the first byte of a page, because the kernel
# reads words beyond a string. If such a read ends in an oops, the report comes at its
# end.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 14

context=thread

# fault ERROR STOP
fault() {
	new_log
	load nt_detect "what=$1" "where=$context" || return 1
	rmmod nt_detect
	logged_times 1 "ntpool: \*\*\* STOP: 0x000000$2 .*"
}

before_oops() {
	log | awk '
		/^BUG: unable to handle/ { begins = NR }
		/^ntpool: \*\*\* STOP/ { ours = NR }
		END { exit !(ours && ours < begins) }'
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
is "before the oops" before_oops
is "with the distance" says 'byte 1 past the end of a block was written'
is "the driver" says 'caller spoil\+0x[0-9a-f]+/0x[0-9a-f]+ \[nt_detect\]'
is "a read after free is reported" fault read_freed D5
is "before the oops" before_oops
is "with the distance" says 'byte 8 of a freed block was read'
is "a read by the kernel is reported" fault dump_past CD
is "within the oops" inside_oops
is "with the distance" says 'byte 1 past the end of a block was read'
is "a copy to user space is reported, and there is no oops" fault copy_to_user_freed D5
new_log
is "ntpool can be unloaded" rmmod ntpool
