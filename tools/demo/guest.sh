#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The guest's part of the demo: a file system on the RAM disk of ntpool_disk.ko.
#
# Runs under busybox with /proc, /sys, /dev and debugfs mounted. Found there:
#   /modules/ntpool.ko, /modules/ntpool_disk.ko, poolmon
#   /tree         the real tree that is copied to the disk
#   $RESULT       receives one line at the end: RESULT OK or RESULT FAIL reason
#   $DEMO_KVER    the kernel release that should be running
#
# Two passes do the same work: with the verifier off, and with pool tracking
# (0x8), under which every lookaside list has depth zero. The second one takes a
# quarter of the tree, and file system blocks of 1 KiB: writes to parts of disk
# blocks. A line that starts with [ ok ] or [FAIL] is one check; the first failure
# is what the result names. Where nothing sensible can follow one, the run ends.

# Commands are passed to run and check, conditions to awk, and options may be none:
# shellcheck shell=dash disable=SC2016,SC2086,SC2317

WORK=/tmp/demo
MNT=/tmp/demo/mnt
DEV=/dev/ntpool0
DISK=/sys/block/ntpool0
DEBUG=/sys/kernel/debug/ntpool
SIZE_MB=192
# Without them the kernel goes on to write to a fresh file system by itself.
MKFS_OPTIONS=lazy_itable_init=0,lazy_journal_init=0

MIN_FILES=2000
MIN_BYTES=30000000

FAILED=
CHECKS=0

# ---- What the reader sees -----------------------------------------------------

# Centiseconds since boot.
now()
{
	local sec cent rest

	IFS=' .' read -r sec cent rest < /proc/uptime
	echo $((sec * 100 + ${cent#0}))
}

seconds()
{
	local t=$(($(now) - $1))

	printf '%d.%02d s' $((t / 100)) $((t % 100))
}

heading()
{
	printf '\n-- %s\n' "$1"
}

# result MARK TEXT [TIME]
result()
{
	CHECKS=$((CHECKS + 1))
	if [ $# -eq 3 ]; then
		printf '   [%s] %-66s %8s\n' "$@"
	else
		printf '   [%s] %s\n' "$@"
	fi
}

ok()
{
	result ' ok ' "$@"
}

fail()
{
	result FAIL "$@"
	[ -n "$FAILED" ] || FAILED=$1
}

# check TEXT COMMAND...: the command's status decides.
check()
{
	local text=$1

	shift
	if "$@" > "$WORK/out" 2>&1; then ok "$text"; else fail "$text"; fi
}

# run TEXT COMMAND...: a timed step without which the rest makes no sense.
run()
{
	local text=$1 start

	shift
	start=$(now)
	if "$@" > "$WORK/out" 2>&1; then
		ok "$text" "$(seconds "$start")"
	else
		fail "$text" "$(seconds "$start")"
		sed 's/^/          /' "$WORK/out" | tail -n 20
		finish
	fi
}

finish()
{
	if [ -n "$FAILED" ]; then
		heading "The last lines of the kernel log"
		dmesg | tail -n 25 | sed 's/^/   /'
		printf '\n   A check failed: %s\n' "$FAILED"
		[ -z "$RESULT" ] || echo "RESULT FAIL $FAILED" > "$RESULT"
		exit 1
	fi
	printf '\n   All %d checks held. Time in the guest: %s\n' "$CHECKS" "$(seconds "$BEGIN")"
	[ -z "$RESULT" ] || echo "RESULT OK" > "$RESULT"
	exit 0
}

# table FILE ROWS: the first rows of a statistics file, in aligned columns.
table()
{
	printf '\n   %s\n' "$DEBUG/$1"
	awk -v rows="$2" '
	function pad(text, width, right) {
		while (length(text) < width)
			text = right ? " " text : text " "
		return text
	}
	NR == 1 { next }
	NR == 2 { sub(/^# */, ""); cols = split($0, cell) }
	NR > 2 {
		total++
		if (total > rows)
			next
		split($0, cell)
		for (c = cols + 1; c <= NF; c++)
			cell[cols] = cell[cols] " " cell[c]
	}
	{
		for (c = 1; c <= cols; c++) {
			text[NR, c] = cell[c]
			if (length(cell[c]) > width[c])
				width[c] = length(cell[c])
		}
		last = NR
	}
	END {
		for (r = 2; r <= last; r++) {
			line = "     "
			for (c = 1; c <= cols; c++)
				line = line " " \
					pad(text[r, c], width[c], text[3, c] ~ /^[0-9]+$/) " "
			sub(/ +$/, "", line)
			print line
		}
		if (!total)
			print "      (no rows)"
		if (total > rows)
			printf "      (%d more rows)\n", total - rows
	}' "$WORK/$1"
}

# ---- Statistics -----------------------------------------------------------------

io_stat()
{
	cat $DISK/stat $DISK/ntpool/blocks
}

# Copies the statistics while the disk is at rest. It is at rest after more than a
# second without I/O. The lookaside counters are exact by then.
snapshot()
{
	local file before

	sync
	for _ in 1 2 3 4 5 6 7 8; do
		before=$(io_stat)
		sleep 2
		for file in tags callers pools big lookaside; do
			cat "$DEBUG/$file" > "$WORK/$file"
		done
		[ "$(io_stat)" != "$before" ] || return 0
	done
	fail "the disk comes to rest"
}

# field FILE TAG COLUMN: a number of a tag's row.
field()
{
	awk -v tag="$2" -v col="$3" '$1 == tag { print $col; exit }' "$WORK/$1"
}

# sum FILE COLUMN
sum()
{
	awk -v col="$2" '!/^#/ { total += $col } END { printf "%.0f\n", total }' "$WORK/$1"
}

# True when every data row of a file fulfils an awk condition; false without rows.
every_row()
{
	awk '/^#/ { next } { rows++ } !('"$2"') { print; bad = 1 }
	     END { exit bad || !rows }' "$WORK/$1"
}

blocks()
{
	cat $DISK/ntpool/blocks
}

# Reads, writes (zeroing among them) and discards that the block layer counted.
ios()
{
	awk '{ print $1 + $5 + $12 }' $DISK/stat
}

check_statistics()
{
	local bytes

	heading "Statistics, with the file system mounted and at rest"
	snapshot
	table tags 12
	table lookaside 8
	table callers 12
	table big 8
	echo
	check "tags: allocs - frees = diff in every row" \
		every_row tags '$3 - $4 == $5'
	check "tags: no allocation failed" every_row tags '$8 == 0'
	bytes=$(sum tags 6)
	check "bytes: tags = callers = pools ($bytes)" \
		[ "$bytes" = "$(sum callers 4)" -a "$bytes" = "$(sum pools 4)" ]
	check_blocks
	check "DskI: the block layer's $(ios) I/Os = contexts taken = contexts freed" \
		[ "$(ios)" = "$(field lookaside DskI 7)" -a "$(ios)" = "$(field lookaside DskI 9)" ]
	check "DskZ: the zone grew beyond its first segment ($(field tags DskZ 5) segments)" \
		[ "$(field tags DskZ 5)" -gt 1 ]
}

check_big()
{
	check "DskZ: as many allocations of several pages are in big" \
		[ "$(field big DskZ 6)" = "$(field tags DskZ 5)" ]
}

# Special pool serves whole pages, too.
check_big_special()
{
	check "DskZ: special pool has the allocations of several pages, big has none" \
		[ -z "$(field big DskZ 6)" ]
}

check_blocks()
{
	check "DskB: $(blocks) blocks on the disk * 4096 = bytes of the tag" \
		[ "$(($(blocks) * 4096))" = "$(field tags DskB 6)" ]
}

check_depth_tuned()
{
	local allocs misses depth

	allocs=$(field lookaside DskI 7)
	misses=$(field lookaside DskI 8)
	depth=$(field lookaside DskI 4)
	check "DskI: $((allocs - misses)) of $allocs contexts came from the list, depth $depth" \
		[ "$misses" -lt $((allocs / 2)) -a "$(field lookaside DskI 4)" -ge 4 ]
}

check_depth_zero()
{
	check "lookaside: depth and cached are 0 in every row" \
		every_row lookaside '$4 == 0 && $6 == 0'
	check "DskI: all $(field lookaside DskI 7) allocations missed, all frees went back" \
		every_row lookaside '$1 != "DskI" || ($7 == $8 && $9 == $10)'
	check "DskI: the pool counted as many allocations and frees" \
		[ "$(field lookaside DskI 7) $(field lookaside DskI 9)" = \
		  "$(field tags DskI 3) $(field tags DskI 4)" ]
}

# ---- The tree -------------------------------------------------------------------

# Lists $WORK/files ("bytes name") and $WORK/sums (md5sum's), in the same order.
list_tree()
{
	cd /tree && find . -type f -exec stat -c '%s %n' {} + > "$WORK/files" &&
		cut -d' ' -f2- "$WORK/files" | tr '\n' '\0' | xargs -0 md5sum > "$WORK/sums"
}

prepare_tree()
{
	local files bytes

	heading "The tree"
	run "listed, and checksums taken" list_tree
	files=$(wc -l < "$WORK/files")
	bytes=$(sum files 1)
	check "$files files (at least $MIN_FILES), $bytes bytes (at least $MIN_BYTES)" \
		[ "$files" -ge $MIN_FILES -a "$bytes" -ge $MIN_BYTES ]
	check "as many checksums" [ "$(wc -l < "$WORK/sums")" -eq "$files" ]
	[ -z "$FAILED" ] || finish
}

# choose N: every Nth file of the tree is what the pass works on.
choose()
{
	awk -v n="$1" 'NR % n == 0' "$WORK/files" > "$WORK/chosen"
	awk -v n="$1" 'NR % n == 0' "$WORK/sums" > "$WORK/all.md5"
	awk 'NR % 2 == 0' "$WORK/all.md5" > "$WORK/kept.md5"
	awk 'NR % 2 == 1' "$WORK/chosen" > "$WORK/removed"
}

copy_tree()
{
	cd /tree && cut -d' ' -f2- "$WORK/chosen" | cpio -o -H newc > "$WORK/pipe" &
	cd $MNT && cpio -idm < "$WORK/pipe"
}

remove_half()
{
	cd $MNT && cut -d' ' -f2- "$WORK/removed" | tr '\n' '\0' | xargs -0 rm && cd / && sync
}

# Reading back is worth something only if it comes from the disk.
compare()
{
	local sectors bytes count

	sync
	echo 3 > /proc/sys/vm/drop_caches
	count=$(wc -l < "$WORK/$1.md5")
	sectors=$(awk '{ print $3 }' $DISK/stat)
	run "$count checksums compared, caches dropped before" check_sums "$1"
	sectors=$(($(awk '{ print $3 }' $DISK/stat) - sectors))
	bytes=$2
	check "$((sectors / 2)) KiB were read from the disk, $((bytes / 1024)) KiB of files" \
		[ $((sectors * 512)) -ge "$bytes" ]
}

check_sums()
{
	(cd $MNT && md5sum -c "$WORK/$1.md5" > "$WORK/compared") && return
	grep -v ': OK$' "$WORK/compared"
	return 1
}

# ---- The steps of a pass --------------------------------------------------------

load()
{
	heading "Load"
	run "insmod ntpool.ko${1:+ $1}" insmod /modules/ntpool.ko $1
	run "insmod ntpool_disk.ko size_mb=$SIZE_MB" insmod /modules/ntpool_disk.ko size_mb=$SIZE_MB
	[ -b $DEV ] || mdev -s
	check "$DEV has $SIZE_MB MiB and holds $(blocks) blocks" \
		[ "$(cat $DISK/size)" = $((SIZE_MB * 2048)) -a "$(blocks)" = 0 ]
}

fill()
{
	local files bytes

	files=$(wc -l < "$WORK/chosen")
	bytes=$(sum chosen 1)
	heading "A file system on it"
	run "mkfs.ext4 -b $1" mkfs.ext4 -q -F -b "$1" -E $MKFS_OPTIONS $DEV
	run "mount" mount -t ext4 $MOUNT_OPTIONS $DEV $MNT
	run "$files files, $bytes bytes copied to it" copy_tree
	run "sync" sync
	compare all "$bytes"
	check "in use: rmmod is refused" sh -c '! rmmod ntpool_disk && ! rmmod ntpool'
}

thin_out()
{
	local before removed freed

	heading "Half of the files removed"
	before=$(blocks)
	removed=$(sum removed 1)
	run "$(wc -l < "$WORK/removed") files, $removed bytes removed" remove_half
	[ -n "$MOUNT_OPTIONS" ] || run "fstrim" fstrim $MNT
	snapshot
	freed=$((before - $(blocks)))
	check "$freed blocks went back to the pool, at least half of what was removed" \
		[ $((freed * 4096 * 2)) -ge "$removed" ]
	check_blocks
	run "umount" umount $MNT
	run "fsck.ext4 -fn" fsck.ext4 -fn $DEV
	sed -n "s|^$DEV: |          |p" "$WORK/out"
	run "mount again" mount -t ext4 $MOUNT_OPTIONS $DEV $MNT
	compare kept "$(($(sum chosen 1) - removed))"
	run "umount" umount $MNT
}

unload()
{
	local tag file allocs frees left

	heading "Unload"
	run "rmmod ntpool_disk" rmmod ntpool_disk
	for file in tags callers lookaside; do
		cat "$DEBUG/$file" > "$WORK/$file"
	done
	for tag in DskB DskI DskZ; do
		allocs=$(field tags $tag 3)
		frees=$(field tags $tag 4)
		left="$(field tags $tag 5) $(field tags $tag 6) $(field tags $tag 7)"
		check "$tag: $allocs allocated, $frees freed, nothing left" \
			[ "$left" = "0 0 0" ]
	done
	left=$(for tag in DskB DskI DskZ; do field callers $tag 1; field lookaside $tag 1; done)
	check "no caller and no lookaside list is left" [ -z "$left" ]
	run "rmmod ntpool" rmmod ntpool
	check "/sys/kernel/debug/ntpool is gone" [ ! -e $DEBUG ]
	check_log
}

# Everything in the kernel log since the demo began.
check_log()
{
	dmesg | awk '/ntpool_demo: begin/ { seen = 1; next } seen' > "$WORK/log"
	if grep -E -e 'BUG|WARNING|Oops|Call Trace|\*\*\* STOP|ntpool: leak' \
			-e 'I/O error|EXT4-fs (error|warning)' "$WORK/log" > "$WORK/out"; then
		fail "kernel log: no report, no warning, no leak"
		sed 's/^/          /' "$WORK/out" | head -n 20
	else
		ok "kernel log: no report, no warning, no leak"
	fi
}

# pass TITLE PARAMETERS NTH BLOCK_SIZE CHECK...: the checks come after the statistics
pass()
{
	local start check

	start=$(now)
	printf '\n== %s\n' "$1"
	choose "$3"
	load "$2"
	fill "$4"
	shift 4
	check_statistics
	for check; do
		"$check"
	done
	thin_out
	unload
	printf '\n   This pass took %s\n' "$(seconds "$start")"
	[ -z "$FAILED" ] || finish
}

# ---- A leak -----------------------------------------------------------------------

# Writes the same blocks again and again, 64 requests at a time.
write_on()
{
	while :; do
		dd if=/dev/zero of=$DEV bs=4k count=64 oflag=direct 2> $WORK/dd
		sleep 0.2
	done
}

# shown NAME COMMAND...: the command and its output, which is kept as $WORK/NAME
shown()
{
	local name=$1

	shift
	printf '\n   # %s\n' "$*"
	if "$@" > "$WORK/$name" 2>&1; then
		sed 's/^/   /' "$WORK/$name"
	else
		sed 's/^/   /' "$WORK/$name"
		fail "$*"
	fi
}

find_leak()
{
	local writer blocks

	heading "Three commands, while the disk is written to"
	write_on &
	writer=$!
	sleep 2
	shown record poolmon record -d 1 -n 12 /tmp/record
	shown report poolmon report /tmp/record
	shown diff poolmon diff /tmp/record
	kill $writer
	echo
	check "report has one tag that grows: DskI of ntpool_disk" \
		[ "$(awk 'NR > 1 { print $1, $3 }' $WORK/report)" = "DskI ntpool_disk" ]
	check "diff has the call site: ntdisk_begin" \
		grep -q '^[^ ]*DskI .* ntdisk_begin+0x.* \[ntpool_disk\]$' $WORK/diff
	sleep 1
	run "rmmod ntpool_disk" rmmod ntpool_disk
	blocks=$(awk '$1 == "DskI" { print $5 }' $DEBUG/tags)
	dmesg | sed -n 's/^.*\(ntpool: leak: [0-9]* blocks, .*\)/   \1/p' > $WORK/leaks
	cat $WORK/leaks
	check "the log names all $blocks blocks at the unload" \
		grep -q "leak: $blocks blocks, .* tag DskI, Nonp, .* ntdisk_begin+" $WORK/leaks
	run "rmmod ntpool" rmmod ntpool
}

leak_pass()
{
	printf '\n== %s\n' "Pass 3: the disk forgets each eighth request, and poolmon finds it"
	heading "Load"
	run "insmod ntpool.ko" insmod /modules/ntpool.ko
	run "insmod ntpool_disk.ko leak=8" insmod /modules/ntpool_disk.ko leak=8
	[ -b $DEV ] || mdev -s
	find_leak
}

BEGIN=$(now)
mkdir -p $MNT
mkfifo $WORK/pipe
MOUNT_OPTIONS=
command -v fstrim > $WORK/out || MOUNT_OPTIONS='-o discard'
echo "ntpool_demo: begin" > /dev/kmsg

printf 'ntpool on Linux %s, %s CPUs\n' "$(uname -r)" "$(nproc)"
[ -z "$DEMO_KVER" ] || check "the kernel is $DEMO_KVER" [ "$(uname -r)" = "$DEMO_KVER" ]
prepare_tree
pass "Pass 1: verifier off, the whole tree" "" 1 4096 check_big check_depth_tuned
pass "Pass 2: verifier=0xb (special pool, IRQL, tracking), a quarter" \
	verifier=0xb 4 1024 check_big_special check_depth_zero
leak_pass
finish
