# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Batch output, options and exit statuses. Some files were recorded in a guest. Others are
# such as ntpool never writes. Sourced by tools/test/poolmon.sh.

RECORDED=$POOLMON_TESTS/recorded

# lacks GREP-ARGUMENT...: set -e does not see a failure of a line that begins with !
lacks() { ! grep "$@"; }

# is_stopped PID: by a signal
is_stopped() { grep -q "^State:.T" "/proc/$1/status"; }

# awaits COMMAND...: until it is true, for 20 s at most
awaits() {
	local try
	for ((try = 0; try < 400; try++)); do
		"$@" && return
		sleep 0.05
	done
	say "never: $*"
	return 1
}

# files DIR: a folder with a header for each file, to which rows can be added
hostile_folder() {
	rm -rf "$1"
	mkdir -p "$1/ntpool"
	head -n 2 "$RECORDED/ntpool/tags" >"$1/ntpool/tags"
	head -n 2 "$RECORDED/ntpool/callers" >"$1/ntpool/callers"
}

# The columns of debugfs and those of poolmon are the same text, row by row.
same_columns() {
	monitor --debugfs "$RECORDED" -b --noheadings -o \
		tag,type,allocs,frees,diff,bytes,requested,failed |
		awk '{ print $1, $2, $3, $4, $5, $6, $7, $8 }' >shown
	tail -n +3 "$RECORDED/ntpool/tags" | awk '{ $1 = $1; print }' >expected
	[ -s expected ] && diff expected shown
}

same_json() {
	monitor --debugfs "$RECORDED" -J | jq -r '.tags[] | [.tag, .type, .allocs, .frees,
		.diff, .bytes, .requested, .failed] | map(tostring) | join(" ")' >shown
	tail -n +3 "$RECORDED/ntpool/tags" | awk '{ $1 = $1; print }' >expected
	[ -s expected ] && diff expected shown
}

# Each row of raw text has a word for each heading; the words of debugfs are escaped once more.
same_raw() {
	monitor --debugfs "$RECORDED" -r >shown
	awk 'NR == 1 { n = NF } NF != n { bad = 1; print } END { exit bad || n != 13 }' shown
	[ "$(awk 'NR > 1 { s += $8 } END { print s }' shown)" = \
		"$(awk '!/^#/ { s += $6 } END { print s }' "$RECORDED/ntpool/tags")" ]
}

per_alloc_right() {
	monitor --debugfs "$RECORDED" -J -o diff,bytes,per_alloc | jq -e '[.tags[] |
		if .diff == 0 then .per_alloc == 0 else .per_alloc == (.bytes / .diff | floor)
		end] | length > 2 and all'
}

# driver TAG NAME: the module with most of its bytes in callers
drivers_right() {
	awk '!/^#/ && /\[/ && $4 > most[$1] { most[$1] = $4; gsub(/[][]/, "", $NF); d[$1] = $NF }
		END { for (t in d) print t, d[t] }' "$RECORDED/ntpool/callers" | sort >expected
	monitor --debugfs "$RECORDED" -J -o tag,driver |
		jq -r '.tags[] | select(.driver) | .tag + " " + .driver' | sort -u >shown
	[ -s expected ] && diff expected shown
}

# sorted_by OPTIONS KEY ORDER: the order that sort(1) finds
sorted_by() {
	# shellcheck disable=SC2086 # several options
	monitor --debugfs "$RECORDED" -b --noheadings -o "$2" $1 | tr -d ' ' >shown
	sort "$3" shown | diff shown - && [ "$(sort -u shown | wc -l)" -gt 1 ]
}

# Texts of pooltag.txt, and those that are missing
sorted_by_description() {
	printf '%s\n' 'Hold - b.sys - B' 'List - a.sys - A' >text.tags
	monitor --debugfs "$RECORDED" -b --noheadings -g text.tags -o tag -s description |
		tr -d ' ' | xargs >shown
	cat shown
	grep -qxF 'Fs040040 List Hold Hold' shown
}

# Equal rows are in the order of tags, also where the order of all is turned around.
reversed() {
	monitor --debugfs "$RECORDED" -b --noheadings -o tag,type,type -s type >shown
	monitor --debugfs "$RECORDED" -b --noheadings -o tag,type,type --sort type --reverse |
		tac | diff shown -
	[ "$(awk '{ print $2 }' shown | xargs)" = 'Nonp Nonp Nonp Paged' ]
}

# takes OPTIONS TAGS: the tags that are shown
takes() {
	local shown
	# shellcheck disable=SC2086 # several options
	shown=$(monitor --debugfs "$RECORDED" -b --noheadings -o tag $1 | sort -u | tr '\n' ' ')
	say "shown: $shown"
	[ "$shown" = "$2 " ]
}

# Tags that are shorter than four characters, padded with blanks or with zero bytes
short_tags() {
	hostile_folder short
	printf '%s Nonp 1 0 1 80 64 0\n' 'Fs\040\040' 'Ab\000\000' 'A\040b\040' 'Full' \
		'\040\040\040\040' >>short/ntpool/tags
	local pair
	for pair in 'Fs:Fs\040\040' 'Fs  :Fs\040\040' 'Fs\040\040:Fs\040\040' 'F?:Fs\040\040' \
			'Ab:Ab\000\000' 'Ab..:Ab\000\000' 'A b:A\040b\040' 'Ful:' 'F:' 'A:' \
			'????:A\040b\040 Ab\000\000 Fs\040\040 Full \040\040\040\040'; do
		say "$pair"
		[ "$(monitor --debugfs short -b --noheadings -o tag -i "${pair%%:*}" |
			xargs -d '\n' echo)" = "${pair#*:}" ] || return 1
	done
	[ "$(monitor --debugfs short -b --noheadings -o tag /xFs -x 'A*' -x '' | xargs)" = Full ]
}

# A second sample differs from the first by what the file has grown.
deltas_right() {
	hostile_folder two
	cp two/ntpool/tags two/first
	rm -f shown
	say 'Grow Nonp 10 4 6 600 500 0' >>two/ntpool/tags
	{ cat two/first; say 'Grow Nonp 17 6 11 1500 900 1'; } >two/second
	monitor --debugfs two -d 3 -n 2 -J -o tag,allocs_delta,frees_delta,diff_delta,bytes_delta \
		>shown &
	awaits test -s shown
	cp two/second two/ntpool/next && mv two/ntpool/next two/ntpool/tags
	wait $!
	jq -s -e '.[0].tags[0] == {"tag": "Grow", "allocs_delta": 0, "frees_delta": 0,
		"diff_delta": 0, "bytes_delta": 0} and .[1].tags[0] == {"tag": "Grow",
		"allocs_delta": 7, "frees_delta": 2, "diff_delta": 5, "bytes_delta": 900}' shown
}

# Lines as they are in NT's file and in those of drivers
wild_pooltag() {
	printf '%s\r\n' 'rem Hold - rem.sys - a remark' '	REM' 'rem' '' 'Hold' ' - no tag' \
		'TooLong - long.sys - five characters or more' \
		'????	-	any.sys	-	any tag' \
		'H*   - star.sys     - all tags with H' \
		'Ho?? - two.sys      - two characters' \
		'Hol? - three-3.sys  - three characters - the last one is open' \
		'Hol? - later.sys    - the same pattern again' \
		'Hold - exact.sys    - the tag itself' 'Hold - second.sys   - a duplicate' \
		'Fs   - <unknown>    - padded' 'A bB - inner.sys - an inner blank' \
		'Unkn -<unknown>-no blanks' 'Left - left.sys -no blank behind' 'None - none.sys -' \
		'Driv - driver.sys' >pooltag.txt
	head -c 5000 /dev/zero | tr '\0' x >>pooltag.txt
	printf '\r\nLast - last.sys - no end of line' >>pooltag.txt
}

# described TAG TEXT: what the column says about a tag
described() {
	hostile_folder wild
	wild_pooltag
	say "$1 Nonp 1 0 1 80 64 0" >>wild/ntpool/tags
	monitor --debugfs wild -g pooltag.txt -J -o description |
		jq -r '.tags[0].description // ""' >shown
	cat shown
	[ "$(cat shown)" = "$2" ]
}

# The driver is the module that allocates. The file does not change that.
driver_beside_pooltag() {
	mkdir -p a.folder
	wild_pooltag
	monitor --debugfs "$RECORDED" -J /g pooltag.txt | jq -e '.tags | map(select(.tag == "Hold"))
		| length == 2 and all(.driver == "nt_hold" and
		.description == "exact.sys: the tag itself")'
	ends 1 'nowhere: No such file' monitor --debugfs "$RECORDED" -b --pooltag nowhere
	ends 1 'a.folder: Is a directory' monitor --debugfs "$RECORDED" -b -g a.folder
}

pooltag_checks() {
	checked "pooltag.txt: a tag, not its duplicate or a pattern" \
		described Hold 'exact.sys: the tag itself'
	checked "pooltag.txt: three characters, the first line" \
		described Holx 'three-3.sys: three characters - the last one is open'
	checked "pooltag.txt: two characters" described Hoxx 'two.sys: two characters'
	checked "pooltag.txt: a star" described Hxxx 'star.sys: all tags with H'
	checked "pooltag.txt: no character" described xxxx 'any.sys: any tag'
	checked "pooltag.txt: a padded tag" described 'Fs\040\040' '<unknown>: padded'
	checked "pooltag.txt: a tag with zero bytes" described 'Fs\000\000' '<unknown>: padded'
	checked "pooltag.txt: an inner blank" described 'A\040bB' 'inner.sys: an inner blank'
	checked "pooltag.txt: hyphens without blanks" described Unkn '<unknown>: no blanks'
	checked "pooltag.txt: a blank on one side" described Left 'left.sys: no blank behind'
	checked "pooltag.txt: no description" described None none.sys
	checked "pooltag.txt: a driver alone" described Driv driver.sys
	checked "pooltag.txt: a last line without an end" described Last \
		'last.sys: no end of line'
	checked "pooltag.txt: a remark is no tag" described 'rem\040' 'any.sys: any tag'
	checked "pooltag.txt: the driver comes from callers" driver_beside_pooltag
}

# /n takes one table to a file, also where -n is a number.
saves_snapshot() {
	rm -f snap
	monitor --debugfs "$RECORDED" /n snap -o tag,bytes -s bytes >stdout
	[ ! -s stdout ]
	monitor --debugfs "$RECORDED" -b -o tag,bytes -s bytes | diff - snap
	monitor --debugfs "$RECORDED" --snapshot=snap -J
	jq -e '.tags | length == 4' snap
	ends 1 'nowhere/snap: No such' monitor --debugfs "$RECORDED" /n nowhere/snap
	ends 1 '/dev/full: No space' monitor --debugfs "$RECORDED" /n /dev/full
	ends 2 '/n: a file must follow' monitor --debugfs "$RECORDED" /n
}

# by_change OPTIONS TAGS: of both samples. Rows that changed most come first.
by_change() {
	hostile_folder change
	printf '%s\n' 'Aaaa Nonp 9 0 9 900 9 0' 'Bbbb Nonp 1 0 1 10 9 0' >>change/ntpool/tags
	sed 's/^Bbbb.*/Bbbb Nonp 3 0 3 70 27 0/' change/ntpool/tags >change/second
	rm -f shown
	# shellcheck disable=SC2086 # several options
	monitor --debugfs change -d 3 -n 2 -J -o tag $1 >shown &
	awaits test -s shown
	mv change/second change/ntpool/tags
	wait $!
	[ "$(jq -r '.tags[].tag' shown | tr '\n' ' ')" = "$2 " ]
}

no_headings() {
	monitor --debugfs "$RECORDED" "$@" >with
	monitor --debugfs "$RECORDED" --noheadings "$@" >without
	tail -n +2 with | tr -s ' ' | diff - <(tr -s ' ' <without)
	head -n 1 with | grep -q '^tag '
}

# every_short_option: with a dash, those of poolmon.exe that keep their meaning, and with a slash
every_short_option() {
	local option
	for option in -p -e -t -a -f -m -l '-(' '-)' /p /e /t /a /f /d /b /m /l '/(' '/)' \
			/tel -tel; do
		ends 0 '' monitor --debugfs "$RECORDED" -b "$option" || return 1
		[ -s stdout ] || { say "$option prints nothing"; return 1; }
	done
}

# A help that does not reach its reader is a failure.
text_is_lost() {
	local option
	for option in --help -V '-o help' 'record --help'; do
		# shellcheck disable=SC2016,SC2086 # of the inner shell; two words
		ends 1 'standard output' sh -c 'exec "$0" "$@" >/dev/full' \
			"$BUILD/poolmon-asan/poolmon" $option || return 1
	done
}

totals_right() {
	monitor --debugfs "$RECORDED" -b /e --noheadings -o tag,type,bytes >shown
	[ "$(awk '$1 == "Total" { s += $3 } END { print s }' shown)" = \
		"$(awk '$1 != "Total" { s += $3 } END { print s }' shown)" ] &&
		[ "$(grep -c '^Total' shown)" = 2 ]
}

# Totals are those of the rows that are shown.
totals_of_filtered() {
	local pool
	monitor --debugfs "$RECORDED" -b --totals --include 'Hol?' --noheadings \
		-o tag,type,allocs,frees,diff,bytes,requested,failed >shown
	cat shown
	[ "$(wc -l <shown)" = 4 ]
	for pool in Nonp Paged; do
		[ "$(awk -v p=$pool '$1 == "Total" && $2 == p { $1 = ""; print }' shown)" = \
			"$(awk -v p=$pool '$1 == "Hold" && $2 == p { $1 = ""; print }' shown)" ]
	done
	monitor --debugfs "$RECORDED" -b /e /p /iHold --noheadings -o tag,type | tr -s ' ' |
		xargs >shown
	[ "$(cat shown)" = 'Hold Nonp Total Nonp' ]
}

# Long forms, and the short ones that the other checks use
same_as_short() {
	local start=${EPOCHREALTIME/./}
	monitor --debugfs "$RECORDED" --batch --count 3 --delay 0.5 --output tag,bytes >shown
	[ $((${EPOCHREALTIME/./} - start)) -ge 1000000 ]
	monitor --debugfs "$RECORDED" -b -n 3 -d 0.1 -o tag,bytes | diff - shown
	[ "$(grep -c '^List' shown)" = 3 ]
	ends 2 '0\.1 or more' monitor --debugfs "$RECORDED" --batch --delay=0
	monitor --version | diff - <(monitor -V)
	monitor --version | grep -qE '^poolmon [0-9]+\.[0-9]+$'
	monitor --help | diff - <(monitor -h)
	monitor --help | diff - <(monitor '/?')
	monitor -h | grep -q '^Usage: poolmon'
	monitor record --help | diff - <(monitor diff -h)
	monitor report -h | grep -q '^Usage: poolmon record'
}

# A counter that went back is that of a new ntpool, which has begun at 0 since the last sample.
counter_went_back() {
	hostile_folder back
	say 'Back Nonp 10 4 6 600 500 0' >>back/ntpool/tags
	sed 's/^Back.*/Back Nonp 7 2 5 500 400 0/' back/ntpool/tags >back/second
	rm -f shown
	monitor --debugfs back -d 3 -n 2 -r --noheadings -o allocs_delta,frees_delta,bytes_delta \
		>shown &
	awaits test -s shown
	mv back/second back/ntpool/tags
	wait $!
	[ "$(cat shown)" = '0 0 0
7 2 500' ]
}

# Nothing has changed since an ntpool that is gone.
changes_after_reload() {
	rm -rf again
	cp -r "$RECORDED" again
	rm -f shown stderr
	monitor --debugfs again -r --noheadings -d 1 -n 2 -i List -o allocs,allocs_delta >shown \
		2>stderr &
	awaits test -s shown
	mv again/ntpool again/gone
	sed -i 's/^List Nonp          18 /List Nonp          40 /' again/gone/tags
	awaits grep -qs unloaded stderr
	mv again/gone again/ntpool
	wait $!
	[ "$(cat shown)" = '18 0
40 0' ]
}

# waits_for_return: the folder goes while poolmon runs, and comes back
waits_for_return() {
	local pid
	cp -r "$RECORDED" away
	rm -f shown stderr
	monitor --debugfs away -b -d 0.2 -n 20 -o tag >shown 2>stderr &
	pid=$!
	awaits test -s shown
	mv away/ntpool away/gone
	awaits grep -qs unloaded stderr
	mv away/gone away/ntpool
	wait $pid
	cat stderr
	grep -q 'unloaded; waiting' stderr && grep -q 'loaded again' stderr
}

# every_long_option: the help names each option that getopt knows, and each works
every_long_option() {
	local option
	for option in --include=Hold --exclude=Hold --pool --totals --by-tag --by-allocs \
		--by-frees --by-diff --by-bytes --by-per-alloc --by-change --highlight \
		--count=2 --output=tag --json --raw --sort=bytes --reverse \
		--noheadings --top=1; do
		ends 0 '' monitor --debugfs "$RECORDED" -b -d 0.1 -n 1 "$option" || return 1
		[ -s stdout ] || { say "$option prints nothing"; return 1; }
	done
}

# completes WANT WORD...: the completion of the last word, by the shipped script
completes() {
	local want=$1
	shift
	touch growth.rec
	# shellcheck disable=SC2016 # of the inner shell
	PATH=$TOP/tools/poolmon:$PATH bash --norc -c '. "$0"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_poolmon
		printf "%s\n" "${COMPREPLY[@]}"' "$TOP/tools/poolmon/poolmon.bash" "$@" >shown
	cat shown
	[ "$(sort -u shown | tr '\n' ' ')" = "$want " ]
}

# completes_line WANT TEXT: bash itself completes the line; WANT are the words that a command gets
completes_line() {
	# Names that other checks leave would be candidates, too.
	rm -rf line
	mkdir -p 'line/a dir'
	cd line || return
	touch growth.rec 'two words' 'a dir/in it'
	PATH=$TOP/tools/poolmon:$PATH timeout 60 python3 - "$1" "$2" \
		"$TOP/tools/poolmon/poolmon.bash" <<-'END'
	import os, pty, re, select, sys

	def until(text, seconds=60):
	    seen = ''
	    while text not in seen and select.select([terminal], [], [], seconds)[0]:
	        seen += os.read(terminal, 4096).decode()
	    return seen

	typed = re.findall('<(.*?)>', sys.argv[1])[-1].replace(' ', '\\ ')

	child, terminal = pty.fork()
	if not child:
	    os.environ.update(PS1='', TERM='dumb', INPUTRC='/dev/null')
	    os.execlp('bash', 'bash', '--norc', '--noprofile', '-i')
	os.write(terminal, f'. {sys.argv[3]}\n'.encode())
	os.write(terminal, b'show() { printf "<%s>" "$@"; echo; echo do""ne; }\n')
	os.write(terminal, b'eval "$(complete -p poolmon | sed "s/poolmon$/show/")"\n')
	os.write(terminal, b'echo re""ady\n')
	until('ready')
	os.write(terminal, f'show {sys.argv[2]}\t'.encode())
	until(typed, 15)
	os.write(terminal, b'\n')
	seen = until('done')
	os.write(terminal, b'exit\n')
	print(seen)
	sys.exit(sys.argv[1] not in seen)
	END
}

# Each long option of the program is in the help, the manual page and the completion.
options_are_known() {
	local source command option page=$TOP/tools/poolmon/poolmon.1.scd
	for source in main.c command.c; do
		command=(poolmon)
		[ $source = main.c ] || command=(poolmon report)
		sed -n 's/^\t{ "\([a-z-]*\)", .*_argument.*/--\1/p' "$TOP/tools/poolmon/$source" |
		while read -r option; do
			completes "$option" "${command[@]}" "$option" >/dev/null ||
				grep -qx -- "$option" shown ||
					{ say "completion: $option"; return 1; }
			grep -q -- "$option" "$page" || { say "manual page: $option"; return 1; }
		done || return 1
	done
}

completion_checks() {
	checked "completion: commands" completes 'record report' poolmon re
	checked "completion: options" completes '--prometheus' poolmon --prom
	checked "completion: options of a command" completes '--max-size' poolmon record --m
	checked "completion: files of a command" \
		completes_line '<report><growth.rec>' 'report growth.'
	checked "completion: files with blanks" \
		completes_line '<report><two words>' 'report two'
	checked "completion: files with blanks of an option" \
		completes_line '<-g><two words>' '-g two\ w'
	checked "completion: folders with blanks" \
		completes_line '<--debugfs><a dir/>' '--debugfs a'
	checked "completion: columns" completes 'tag,allocs tag,allocs_delta' \
		poolmon -o tag,all
	checked "completion, help and manual page have each option" options_are_known
}

# ---- Hostile files

# rows_bad NUMBER: so many rows are left out, with status 1
rows_bad() {
	ends 1 "tags: rows that cannot be read: $1\$" monitor --debugfs bad -b
}

hostile_rows() {
	hostile_folder bad
	cat >>bad/ntpool/tags <<-'END'
	Good Nonp 1 0 1 80 64 0
	Long1 Nonp 1 0 1 80 64 0
	Sho Nonp 1 0 1 80 64 0
	Oct\9 Nonp 1 0 1 80 64 0
	Big\777x Nonp 1 0 1 80 64 0
	Type Other 1 0 1 80 64 0
	Nega Nonp -1 0 1 80 64 0
	Over Nonp 18446744073709551616 0 1 80 64 0
	Hexa Nonp 0x1 0 1 80 64 0
	Few1 Nonp 1 0 1 80 64

	END
	rows_bad 10
	grep -q '^Good' stdout && [ "$(wc -l <stdout)" = 2 ]
}

torn_file() {
	hostile_folder bad
	printf 'Good Nonp 1 0 1 80 64 0\nTorn Nonp 1 0 1 80 64 1' >>bad/ntpool/tags
	rows_bad 1
	! grep -q Torn stdout
}

long_line() {
	hostile_folder bad
	{ head -c 100000 /dev/zero | tr '\0' x; say; say 'Good Nonp 1 0 1 80 64 0'; } \
		>>bad/ntpool/tags
	rows_bad 1
	grep -q Good stdout
}

zero_bytes() {
	hostile_folder bad
	printf 'Ze\0o Nonp 1 0 1 80 64 0\nGood Nonp 1 0 1 80 64 0\n' >>bad/ntpool/tags
	rows_bad 1
}

# Columns are found by name: others may come before, between and behind.
other_columns() {
	hostile_folder bad
	printf '%s\n' '# ntpool tags 1' \
		'# new failed tag type more allocs frees diff bytes requested last' \
		'x 9 Name Nonp y 5 1 4 320 200 z' >bad/ntpool/tags
	ends 0 '' monitor --debugfs bad -b --noheadings -o tag,allocs,failed,requested
	[ "$(tr -s ' ' <stdout)" = "Name 5 9 200" ]
}

# unknown LINE...: a file that begins so has an unknown format
unknown() {
	hostile_folder bad
	printf '%s\n' "$@" 'Good Nonp 1 0 1 80 64 0' >bad/ntpool/tags
	ends 7 'a format that this version does not know' monitor --debugfs bad -b
	[ ! -s stdout ]
}

twice_the_tag() {
	hostile_folder bad
	printf '%s\n' 'Dupl Nonp 1 0 1 80 64 0' 'Aaaa Nonp 1 0 1 80 64 0' \
		'Dupl Nonp 2 0 2 20 10 0' >>bad/ntpool/tags
	ends 0 '' monitor --debugfs bad -b --noheadings -o tag,allocs,bytes
	[ "$(tr -s ' ' <stdout | tr '\n' ,)" = "Aaaa 1 80,Dupl 3 100," ]
}

# rude_folder DIR: call sites with what a terminal obeys, and with a byte that UTF-8 lacks
rude_folder() {
	hostile_folder "$1"
	printf 'Rude Nonp 2 0 2 160 128 0\n' >>"$1/ntpool/tags"
	printf 'Rude Nonp 2 160 128 f\033[31m\a\377<b>+0x1/0x2 [nt_\033]0;x\a\377"]\n' \
		>>"$1/ntpool/callers"
	cp "$RECORDED"/ntpool/{lookaside,pools} "$1/ntpool/"
}

# plain FILE: graphic ASCII, blanks and ends of lines alone
plain() { lacks -P '[^ -~\n\r]' "$1"; }

rude_names() {
	local option
	rude_folder rude
	for option in -b -J -r -b\ /p --prometheus --openmetrics; do
		# shellcheck disable=SC2086 # two words
		monitor --debugfs rude $option --owner >shown
		plain shown
		grep -q 'Rude' shown
	done
	monitor --debugfs rude -J -o driver | jq -e '.tags[0].driver == "nt_?"'
	ends 0 '' monitor --debugfs rude /n rude.saved
	plain rude.saved
}

is_refused() { ends 2 "$1" monitor "${@:2}" --debugfs "$RECORDED"; }

# refused_options: those that the command has no use for
refused_options() {
	local command
	for command in 'record -i Hold' 'record -x Hold' 'record -J' 'record -r' 'record --csv' \
			'record --top 1' 'record --all' 'record --noheadings' 'diff --html' \
			'diff --csv' 'diff -n 2' 'diff -t 1' 'diff --max-size 1' 'report -n 2' \
			'report -d 1' 'report -t 1'; do
		# shellcheck disable=SC2086 # several words
		ends 2 "^poolmon: ${command%% *}: it has no option --[a-z]" \
			monitor $command nowhere
		[ ! -s stdout ]
	done
}

# wrong_number: of files, for each command
wrong_number() {
	local command
	for command in record 'record a b' report 'report a b'; do
		# shellcheck disable=SC2086 # several words
		ends 2 'one file is expected' monitor $command
	done
	ends 2 'one record, or two' monitor diff
	ends 2 'one record, or two' monitor diff a b c
	[ ! -e a ]
}

two_outputs() {
	is_refused 'and once' --prometheus=a.prom --openmetrics=b.prom
	is_refused 'and once' --openmetrics --openmetrics
	is_refused 'metrics exclude' --prometheus -J
	is_refused 'metrics exclude' -r --openmetrics
	is_refused 'metrics exclude' --prometheus=a.prom /n snap.refused
	is_refused 'one form of output only' report --csv -J growth
	is_refused 'one form of output only' report --html -r growth
	[ ! -e a.prom ]
	[ ! -e b.prom ]
	[ ! -e snap.refused ]
}

hostile_checks() {
	local columns='# tag type allocs frees diff bytes requested failed'
	checked "rows that do not parse are counted and left out" hostile_rows
	checked "a torn last row is left out" torn_file
	checked "a line of 100,000 bytes is left out" long_line
	checked "a zero byte in a row" zero_bytes
	checked "columns are found by name" other_columns
	checked "escapes and octets that are no ASCII" rude_names
	checked "a tag that is there twice" twice_the_tag
	checked "status 7: version 2" unknown '# ntpool tags 2' "$columns"
	checked "status 7: another file" unknown '# ntpool callers 1' "$columns"
	checked "status 7: a column is missing" unknown '# ntpool tags 1' "${columns% *}"
	checked "status 7: no header" unknown 'Good Nonp 1 0 1 80 64 0'
	(cd "$POOLMON_WORK" && hostile_folder bad && : >bad/ntpool/tags)
	checked "status 7: an empty file" ends 7 'does not know' monitor --debugfs bad -b
}

# Root without the capability that opens every file
root_denied() {
	hostile_folder bad
	chmod 0 bad/ntpool/tags
	[ "$(id -u)" = 0 ] || { ends 5 'only root' monitor --debugfs bad -b; return; }
	ends 6 'a security policy denies it' setpriv --bounding-set \
		-dac_override,-dac_read_search "$TOP/tools/poolmon/poolmon" --debugfs bad -b
}

status_checks() {
	checked "status 6: a policy denies it to root" root_denied
	checked "status 3: ntpool is not there" ends 3 'ntpool is not loaded' \
		monitor --debugfs none -b
	checked "status 1: standard output is full" ends 1 'standard output' sh -c \
		"exec '$BUILD/poolmon-asan/poolmon' --debugfs '$RECORDED' -b >/dev/full"
	checked "status 1: help that cannot be written" text_is_lost
	checked "status 2: an unknown option" is_refused 'unrecognized option' --wrong
	checked "status 2: an unknown option with a slash" is_refused 'no such option: /q' /q
	checked "status 2: an unknown column" is_refused 'no such column: nix' -o nix
	checked "status 2: an unknown command" is_refused 'no such command: nix' nix
	checked "status 2: an interval of 0" is_refused '0\.1 or more' -d 0
	checked "status 2: an interval that is no number" is_refused '0\.1 or more' -d nan
	checked "status 2: no samples" is_refused '1 or more' -n 0
	checked "status 2: JSON and raw text" is_refused 'exclude each other' -J -r
	checked "status 2: two outputs" two_outputs
	checked "status 2: options of another command" refused_options
	checked "status 2: a wrong number of files" wrong_number
}

batch_checks() {
	checked "the columns of debugfs, row by row" same_columns
	checked "JSON has the same figures" same_json
	checked "raw text has a word for each column" same_raw
	checked "bytes per allocation" per_alloc_right
	checked "the driver is the module with most bytes" drivers_right
	checked "changes since the sample before" deltas_right
	checked "totals are the sums" totals_right
	local pair
	for pair in /a:allocs -a:allocs /f:frees /d:diff /b:bytes /m:per_alloc -m:per_alloc \
		-sbytes:bytes --sort=requested:requested --by-allocs:allocs --by-frees:frees \
		--by-diff:diff --by-bytes:bytes --by-per-alloc:per_alloc; do
		checked "${pair%:*} sorts by ${pair#*:}" sorted_by "${pair%:*}" "${pair#*:}" -rn
	done
	checked "/t sorts by tag" sorted_by /t tag -s
	checked "--by-tag sorts by tag" sorted_by '-s bytes --by-tag' tag -s
	checked "--sort type: a text" sorted_by '--sort type' type -s
	checked "--sort driver: a text" sorted_by '--sort driver' driver -s
	checked "--sort description: a text" sorted_by_description
	checked "--reverse turns numbers around" sorted_by '--by-bytes --reverse' bytes -n
	checked "--reverse turns texts around" reversed
	checked "/e with -i: totals of these rows" totals_of_filtered
	checked "long options and short ones" same_as_short
	checked "/iHo* takes a tag" takes '/iHo*' Hold
	checked "-x 'Ho??' leaves one out" takes '-x Ho?? /p' 'Fs\040\040 List'
	checked "-i takes short tags without their padding" short_tags
	checked "/p is nonpaged pool" takes '/p -xFs*' 'Hold List'
	checked "/pp and -p -p are paged pool" takes '-p -p' Hold
	checked "/p three times is both" takes '/ppp -i H*' Hold
	checked "--top takes the first rows" takes '--top 1 --sort tag' 'Fs\040\040'
	checked "waits while ntpool is unloaded" waits_for_return
	checked "every long option" every_long_option
	checked "every option of one letter" every_short_option
	checked "/n saves a snapshot" saves_snapshot
	checked "-( sorts by change" by_change '-s bytes -(' 'Aaaa Bbbb Bbbb Aaaa'
	checked "without it by the value" by_change /b 'Aaaa Bbbb Aaaa Bbbb'
	checked "--noheadings of a table" no_headings -b
	checked "--noheadings of raw text" no_headings -r
	pooltag_checks
	completion_checks
	checked "-V" ends 0 '' monitor -V
	checked "/?" ends 0 '' monitor '/?'
	checked "-?" ends 0 '' monitor '-?'
	status_checks
	hostile_checks
}

# Those that wait, and are no part of a quick run
slow_batch_checks() {
	checked "/( alone sorts by the change of bytes" by_change '/(' 'Aaaa Bbbb Bbbb Aaaa'
	checked "a counter that went back" counter_went_back
	checked "no changes across a reload" changes_after_reload
}
