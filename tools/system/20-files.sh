#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The files in debugfs: modes, first lines, rows, and figures that agree.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 39

mode() { same "$(stat -c %a "$debug/$1")" "$2"; }

header() {
	head -n 1 "$debug/$1" | grep -qxE "# ntpool $1 [0-9][0-9.]*" &&
		same "$(sed -n 2p "$debug/$1")" "# $2"
}

# well_formed FILE PATTERN: there are rows, and each matches, blanks squeezed
well_formed() {
	rows "$1" | tr -s ' \t' ' ' | sed 's/^ //; s/ $//' >/tmp/rows
	[ -s /tmp/rows ] || { echo "no rows"; return 1; }
	! grep -vxE -- "$2" /tmp/rows
}

file() {
	is "$1: mode 400" mode "$1" 400
	is "$1: first lines" header "$1" "$2"
	is "$1: rows" well_formed "$1" "$3"
}

tag='([!-[^-~]|]|\\[0-7]{3}){4} (Nonp|Paged)'

diffs_agree() {
	rows tags | awk '
		$3 - $4 != $5 || ($5 == 0 && ($6 || $7)) { print; bad = 1 }
		END { exit bad }'
}
sorted() { rows tags | awk '{ print $1 }' >/tmp/a; sort -s /tmp/a | cmp - /tmp/a; }

# A process that pays for a block, and one that is refused another
pay() {
	device=/dev/nt_quota
	[ -c $device ] || mknod $device c 10 "$(sed -n 's/^ *\([0-9]*\) nt_quota$/\1/p' /proc/misc)"
	echo +100 >$device &&
		echo 1 >"$params/quota_nonpaged" &&
		not sh -c "echo +100 >$device" &&
		echo 0 >"$params/quota_nonpaged"
}

load ntpool
load nt_hold
file tags "tag type allocs frees diff bytes requested failed" "$tag( [0-9]+){6}"
file callers "tag type count bytes requested caller" \
	"$tag( [0-9]+){3} [A-Za-z_][A-Za-z0-9_.]*\+0x[0-9a-f]+/0x[0-9a-f]+ \[[a-z_]+\]"
file pools "pool pages blocks bytes requested free_bytes cached_bytes big_pages failed" \
	"(nonpaged|paged)( [0-9]+){8}"
file classes "pool units live free" "(nonpaged|paged)( [0-9]+){3}"
file big "tag type requested pages waste count" "$tag( [0-9]+){4}"
file advice "tag type requested waste count advice" "$tag( [0-9]+){3} [0-9]+\+[0-9]+"
file lookaside \
	"tag type size depth max_depth cached allocs alloc_misses frees free_misses owner" \
	"$tag( [0-9]+){8} .*\[?nt_hold\]?"
file sections "module section locks" "[a-z_]+ (code|data) [0-9]+"
is "verifier/flags: mode 600" mode verifier/flags 600
is "tags: allocs - frees = diff, and 0 means 0" diffs_agree
is "tags: sorted by tag" sorted
is "bytes of tags = bytes of callers" same "$(sum tags 6)" "$(sum callers 4)"
is "bytes of tags = bytes of pools" same "$(sum tags 6)" "$(sum pools 4)"
is "requested of tags = what was asked for" same "$(of_tag Hold 7)" 19457
load nt_quota
is "one process pays, one is refused" pay
file quota "pid comm nonpaged paged nonpaged_peak paged_peak refused" \
	"[0-9]+ [^ ]+( [0-9]+){5}"
is "quota: the block with its header, and nothing refused" \
	same "$(rows quota | awk -v p=$$ '$1 == p { print $3, $4, $5, $6, $7 }')" "128 0 128 0 0"
file raises "owner handled unhandled" "[a-z_-]+( [0-9]+){2}"
is "raises: once, and handled" \
	same "$(rows raises | awk '$1 == "nt_quota" { print $2, $3 }')" "1 0"
rmmod nt_quota nt_hold ntpool
