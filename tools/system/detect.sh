#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Errors that the verifier detects in a thread, in a softirq and in a hard interrupt, with
# time and report.  A driver with one error is loaded for each row.  The row shows the
# first report.  The driver's steps in the log give the time of the report.  nt_survive
# keeps the machine alive after faults in interrupts.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 201

flags=$params/verifier

# The code and the first parameter, for 0xC1 the last one, of the first report; what is
# an address there is left out
report() {
	h='0x0*\([0-9A-Fa-f]*\)'
	log | sed -n "s/^ntpool: \*\*\* STOP: 0x000000\(..\) ($h, .*, $h) .*/\1 \2 \3/p" |
		head -n 1 | awk '
			$1 == "C1" { print $1 "/" $3; next }
			$1 ~ /^(CE|D5|D6)$/ { print $1; next }
			{ print $1 "/" ($2 == "" ? 0 : $2) }'
}

# The driver's last step before it
found() {
	log | awk '
		/^nt_detect: / { step = $2 }
		/^ntpool: \*\*\* STOP/ { print step; exit }'
}

now() { cut -d. -f1 /proc/uptime; }

# The log takes 64 reports in five seconds: on a fast machine wait for it
errors=0
since=$(now)
not_too_fast() {
	errors=$((errors + 1))
	[ $((errors % 30)) = 0 ] || return 0
	[ $(($(now) - since)) -gt 5 ] || sleep 5
	since=$(now)
}

error() {
	not_too_fast
	new_log
	load nt_detect "what=$1" "where=$context" || return 1
	rmmod nt_detect
}

# row ERROR STEP REPORT [WORD]
row() {
	error "$1"
	is "$1${4:+ ($4)}, $context: $3 at $2" same "$(found) $(report)" "$2 $3"
	echo "# table $1${4:+ ($4)} | $context | $(found) | $(report)"
}

# The call itself is not allowed there, or is no error
none() { echo "# table $1 | $context | - | -"; }

# The lines of each report of an access, before those of the kernel
first_of_all() {
	log | awk '
		/^ntpool: \*\*\* STOP/ { ours = ours ? ours : NR }
		/^BUG: unable to handle/ { theirs = NR }
		END { exit !(ours && theirs && ours < theirs) }'
}

says() { logged "ntpool: $1"; }
silent() { error right && logged_times 0 'ntpool: .*'; }
call() { echo "$1\\+0x[0-9a-f]+/0x[0-9a-f]+ \\[nt_detect\\]"; }

accesses() {
	row overrun_1 access D6
	is "with the distance" says 'byte 1 past the end of a block was written'
	is "the tag and the size" says 'tag Dect, size 96'
	is "the driver" says "caller $(call spoil)"
	is "who allocated it" says 'allocated [0-9]+ ms ago by process [0-9]+ on CPU [0-9]+:'
	is "and the stack" says "  $(call overrun_1)"
	[ "$context" != thread ] || is "it is told before the oops" first_of_all
	row overrun_8 access D6
	row overrun_64 access D6
	row overrun_slack free C1/24
	is "the distance is told" says 'byte 1 past the end of a block was overwritten, .*'
	row overrun_page access D6
	row overrun_large free C1/24
	row underrun_large access D6
	row underrun_1 free C1/23
	row underrun_16 free C1/23
	echo 1 >"$params/special_start"
	row underrun_1 access D6 special_start
	is "it is told as an underrun" says 'byte 1 before the start of a block was written'
	row underrun_16 access D6 special_start
	row overrun_1 free C1/24 special_start
	echo 0 >"$params/special_start"
	row read_freed access D5
	is "it is told as a read" says 'byte 8 of a freed block was read'
	is "who freed it" says 'freed [0-9]+ ms ago by process [0-9]+ on CPU [0-9]+:'
	is "the stack that freed it" says "  $(call freed)"
	is "and the stack that allocated it" says "  $(call take)"
	row write_freed access D5
	row read_freed_later access D5
	row write_freed_later access D5
	row read_freed_large access D5
}

# By routines of the kernel, whose instructions nt_survive does not know
copies() {
	row memcpy_freed access D5
	is "the driver is named" says "caller $(call memcpy_freed)"
	row copy_to_user_freed access D5
	is "the driver is named" says "caller $(call copy_to_user_freed)"
}

frees() {
	row double_free free C2/7
	row double_free_reused free C2/7
	row double_free_large free C2/7
	row interior_free free C2/99
	row foreign_free free C2/42
	row wrong_tag free C2/A
	row wrong_pool free C4/13E
	row pool_to_list free C4/13E
	row wrong_list free C4/13E
	row wrong_size free C4/13F
	row list_double_free free C2/7
	row zone_double_free free C4/16
	row zone_foreign_free free C4/16
	row zone_overwritten allocate C4/16
	row zone_freed free C4/16
	row leak unload C4/62
	is "the list of them is complete" logged_times 2 \
		"ntpool: leak: [0-9a-f]+, 96 bytes, tag Dect, Nonp"
}

arguments() {
	row list_uninitialised allocate C4/CB
	row paged_at_dispatch allocate C2/8
	row paged_free_at_dispatch free C2/9
	row size_0 allocate C4/0
	row zero_tag allocate C2/9B
	row big_tag allocate C2/9C
	row bad_tag allocate C2/9D
	row swapped allocate C2/9D
	row bad_type allocate C4/16
	row must_succeed_large allocate C4/3
}

# NT initialises lists at DISPATCH_LEVEL at most
lists() {
	row list_twice initialise C4/CA
	row list_too_small initialise C4/CD
	row list_freed free C4/CC
	row list_undeleted unload CE
}

interlocked="insert_head_freed insert_tail_freed remove_head_freed push_freed pop_freed"

# nt_survive does not know the instruction that touches the entry
slists() {
	row slist_freed access D5
	is "the list can still be used" logged 'nt_detect: usable'
	for error in $interlocked; do
		row "$error" access D5
		is "the lock of the driver is held" logged 'nt_detect: held'
		is "other lists can be used" logged 'nt_detect: usable'
	done
}

load nt_survive
load ntpool verifier=0xb
for context in thread softirq hardirq; do
	# Interrupts use nonpaged pool here, which 0x2 would report
	[ $context != hardirq ] || echo 0x9 >"$flags"
	is "no error, $context: no report" silent
	accesses
	[ $context != thread ] || copies
	[ $context = thread ] || none memcpy_freed
	[ $context = thread ] || none copy_to_user_freed
	frees
	arguments
	[ $context = hardirq ] || lists
	if [ $context = thread ]; then slists; fi
	[ $context = hardirq ] || none nonpaged_in_interrupt
	[ $context = hardirq ] || none free_in_interrupt
done
for error in list_twice list_too_small list_freed list_undeleted; do
	none $error
done
for context in softirq hardirq; do
	for error in slist_freed $interlocked; do
		none "$error"
	done
done
echo 0x2 >"$flags"
row nonpaged_in_interrupt allocate C4/2
row free_in_interrupt free C4/12
new_log
is "ntpool can be unloaded" rmmod ntpool
rmmod nt_survive
