#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What the verifier detects, when, and by which report: a driver with one error in it
# is loaded for each row.  The first report is the row's; when it came is read from
# the log, which has the driver's steps in it.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 68

flags=$params/verifier

# The code and the first parameter, for 0xC1 the last one, of the first report
report() {
	h='0x0*\([0-9A-Fa-f]*\)'
	log | sed -n "s/^ntpool: \*\*\* STOP: 0x000000\(..\) ($h, .*, $h) .*/\1 \2 \3/p" |
		head -n 1 | awk '
			$1 == "C1" { print $1 "/" $3; next }
			$1 == "D5" || $1 == "D6" { print $1; next }
			{ print $1 "/" ($2 == "" ? 0 : $2) }'
}

# The driver's last step before it
found() {
	log | awk '
		/^nt_detect: / { step = $2 }
		/^ntpool: \*\*\* STOP/ { print step; exit }'
}

error() {
	new_log
	load nt_detect "what=$1" "where=$2" || return 1
	rmmod nt_detect
}

# row ERROR CONTEXT STEP REPORT [WORD]
row() {
	error "$1" "$2"
	is "$1${5:+ ($5)}, $2: $4 at $3" same "$(found) $(report)" "$3 $4"
	echo "# table | $1${5:+ ($5)} | $2 | $(found) | $(report) |"
}

# What every report of an access says before the kernel does
first_of_all() {
	log | awk '
		/^ntpool: \*\*\* STOP/ { ours = ours ? ours : NR }
		/^BUG: unable to handle/ { theirs = NR }
		END { exit !(ours && theirs && ours < theirs) }'
}

says() { logged "ntpool: $1"; }
silent() { error right "$1" && logged_times 0 'ntpool: .*'; }

load ntpool verifier=0xb
is "no error, thread: no report" silent thread
is "no error, softirq: no report" silent softirq
row overrun_1 thread access D6
is "it is told before the oops" first_of_all
is "with the distance" says 'byte 1 past the end of a block was written'
is "the tag and the size" says 'tag Dect, size 96'
is "the driver" says 'caller spoil\+0x[0-9a-f]+/0x[0-9a-f]+ \[nt_detect\]'
is "who allocated it" says 'allocated [0-9]+ ms ago by process [0-9]+ on CPU [0-9]+:'
is "and his stack" says '  overrun_1\+0x[0-9a-f]+/0x[0-9a-f]+ \[nt_detect\]'
row overrun_8 thread access D6
row overrun_64 thread access D6
row overrun_slack thread free C1/24
is "the distance is told" says 'byte 1 past the end of a block was overwritten, .*'
row underrun_1 thread free C1/23
row underrun_16 thread free C1/23
echo 1 >"$params/special_start"
row underrun_1 thread access D6 special_start
is "it is told as an underrun" says 'byte 1 before the start of a block was written'
row underrun_16 thread access D6 special_start
row overrun_1 thread free C1/24 special_start
echo 0 >"$params/special_start"
row read_freed thread access D5
is "it is told as a read" says 'byte 8 of a freed block was read'
is "and who freed it" says 'freed [0-9]+ ms ago by process [0-9]+ on CPU [0-9]+:'
row write_freed thread access D5
row read_freed_later thread access D5
row write_freed_later thread access D5
row double_free thread free C2/7
row double_free_reused thread free C2/7
row interior_free thread free C2/99
row foreign_free thread free C2/42
row wrong_tag thread free C2/A
row wrong_pool thread free C4/13E
row wrong_list thread free C4/13E
row list_double_free thread free C2/7
row list_uninitialised thread allocate C4/CB
row list_freed thread free C4/CC
row zone_double_free thread free C4/16
row zone_foreign_free thread free C4/16
row zone_overwritten thread allocate C4/16
row zone_freed thread free C4/16
row leak thread unload C4/62
is "the list of them is complete" logged_times 2 "ntpool: leak: [0-9a-f]+, 96 bytes, tag Dect, Nonp"
row paged_at_dispatch thread allocate C2/8
row size_0 thread allocate C4/0
row bad_tag thread allocate C2/9D
row zero_tag thread allocate C2/9B
row swapped thread allocate C2/9D
row nonpaged_in_interrupt hardirq allocate C4/2
echo 0x9 >"$flags"
for context in softirq hardirq; do
	row overrun_slack $context free C1/24
	row underrun_1 $context free C1/23
	row double_free $context free C2/7
	row interior_free $context free C2/99
	row wrong_tag $context free C2/A
	row wrong_pool $context free C4/13E
	row zone_double_free $context free C4/16
	row leak $context unload C4/62
	row paged_in_interrupt $context allocate C2/8
	row size_0 $context allocate C4/0
done
new_log
is "ntpool can be unloaded" rmmod ntpool
