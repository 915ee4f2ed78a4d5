#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Processes pay for memory that is allocated with quota, up to the limit. Ten thousand of
# them that come and go leave nothing behind.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 25

device=/dev/nt_quota

# row PID COLUMN, empty where the process has no row
row() { rows quota | awk -v p="$1" -v c="$2" '$1 == p { print $c }'; }
charged() { same "$(row $$ 3)" "$1"; }
put() { echo "$1" >$device; }

# over SIZE: refused with EDQUOT
over() {
	if echo "$1" 2>/tmp/over >$device; then
		echo "$1 was granted"
		return 1
	fi
	grep -qi 'quota' /tmp/over || { cat /tmp/over; return 1; }
}

accepted() { echo "$2" >"$params/$1" && same "$(cat "$params/$1")" "$3"; }

# A subshell is a process; its block goes with its open file
come_and_go() {
	i=0
	while [ $i -lt "$1" ]; do
		(echo 100 >$device)
		i=$((i + 1))
	done
}

# A process that leaves a block behind; its pid is printed
# shellcheck disable=SC2016
bequeath() { sh -c 'echo +100 >/dev/nt_quota && echo $$'; }

gone() { [ -z "$(row "$1" 1)" ] || { rows quota; false; }; }

load ntpool
load nt_quota
[ -c $device ] || mknod $device c 10 "$(sed -n 's/^ *\([0-9]*\) nt_quota$/\1/p' /proc/misc)"
is "quota: mode 400" same "$(stat -c %a $debug/quota)" 400
is "quota: columns" same "$(sed -n 2p $debug/quota)" \
	"# pid comm nonpaged paged nonpaged_peak paged_peak refused"
is "no process has been charged" same "$(rows quota)" ""
for limit in quota_nonpaged quota_paged; do
	is "$limit: no limit" same "$(cat "$params/$limit")" 0
	is "$limit: nonsense is refused" refused "$params/$limit" many
	is "$limit: -1 is refused" refused "$params/$limit" -1
	is "$limit: a number is accepted" accepted "$limit" 0x1000 4096
done
is "a block of 100 bytes" put +100
is "the process pays for the block of 128" charged 128
is "under its name" same "$(row $$ 2)" sh
is "within the limit" put +3900
is "beyond it there is nothing" over +100
is "the refusal is counted" same "$(row $$ 7)" 1
is "and what is held is not touched" charged 4064
is "another process has a limit of its own" sh -c 'echo 3900 >/dev/nt_quota'
echo 0 >$params/quota_nonpaged
heir=$(bequeath)
is "what a process leaves stays charged to it" same "$(row "$heir" 3)" 128
put free
is "until it is freed by another" gone "$heir"
is "a free by the payer ends the charge" charged 0
come_and_go 5000 &
come_and_go 5000
wait
is "10,000 processes leave one row" same "$(rows quota | wc -l)" 1
is "and no bytes" same "$(of_tag Qota 6)" 0
is "all of them allocated" [ "$(of_tag Qota 3)" -ge 10000 ]
rmmod nt_quota
rmmod ntpool
