# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The commands record, diff and report. Sourced by tools/test/poolmon.sh.

recorder() { monitor record --debugfs "$RECORDED" "$@"; }

# samples FILE: the number of samples that a reader finds
samples() { grep -ac '^sample ' "$1"; }
# has_samples NUMBER FILE: so many or more
has_samples() { [ "$(samples "$2")" -ge "$1" ]; }

# A record has what debugfs had.
record_is_debugfs() {
	rm -f rec
	recorder -d 0.1 -n 2 rec
	[ "$(samples rec)" = 2 ]
	sed -n '/^# tag type allocs/,/^# ntpool callers/{/^#/!p}' rec >shown
	tail -n +3 "$RECORDED/ntpool/tags" | awk '{ $1 = $1; print }' >expected
	cat expected expected | diff - shown
}

# A torn end is cut off before the next sample is written.
record_after_kill() {
	rm -f rec
	recorder -d 0.1 -n 2 rec
	head -c -7 rec >torn
	recorder -d 0.1 -n 1 torn
	[ "$(samples torn)" = 2 ]
	ends 0 '' monitor diff --all torn
	[ ! -s stderr ] && grep -q Hold stdout
}

# kill -9 at any moment: each sample that was counted is there, and no other is damaged.
record_killed() {
	local i pid
	rm -f rec
	for i in 1 2 3; do
		"$TOP/tools/poolmon/poolmon" record --debugfs "$RECORDED" -d 0.1 rec &
		pid=$!
		sleep "0.${i}7"
		[ "$i" -gt 1 ] || sleep 1
		kill -9 $pid
		wait $pid || true
	done
	[ "$(samples rec)" -ge 3 ]
	monitor diff --all rec | grep -q Hold
}

# A file system of 32 KiB fills up: the samples before are good, the status is 1.
record_disk_full() {
	mkdir -p full
	# shellcheck disable=SC2016 # of the inner shell
	unshare -m sh -c '
		mount -t tmpfs -o size=32k tmpfs full &&
		status=0
		"$0" record --debugfs "$1" -d 0.1 -n 60 full/rec 2>stderr || status=$?
		"$0" diff --all full/rec >shown 2>>stderr
		df full | tail -n 1
		grep -ac "^sample " full/rec >number
		exit $status' "$TOP/tools/poolmon/poolmon" "$RECORDED" || [ $? = 1 ]
	cat stderr number
	grep -q 'No space left' stderr && grep -q Hold shown && ! grep -q damaged stderr &&
		[ "$(cat number)" -gt 20 ]
}

# full_record FILE [ROOM]: 1 MiB of samples, or ROOM less, and the next one is too much
full_record() {
	rm -f one
	recorder -n 1 one
	python3 - "$1" "${2:-0}" <<-'END'
	import sys
	with open('one', 'rb') as file:
	    head, body = file.read().split(b'\n', 1)
	with open(sys.argv[1], 'wb') as file:
	    room = 0x100000 - len(head) - 1
	    file.write(head + b'\n' + body * (room // len(body) - int(sys.argv[2])))
	END
}

# At its limit the file is thinned, and still grows.
record_limit() {
	rm -f rec rec.*
	echo mine >rec.new
	echo mine >rec.thinning
	full_record rec
	monitor record --debugfs "$RECORDED" -d 0.1 -n 5 --max-size 1 rec
	[ "$(stat -c %s rec)" -lt 700000 ]
	[ "$(cat rec.new)" = mine ]
	[ "$(cat rec.thinning)" = mine ]
	[ -z "$(find . -name 'rec.poolmon-*')" ]
	monitor diff --all rec >shown 2>stderr
	grep -q Hold shown && [ ! -s stderr ]
}

# Where the copy cannot be written, the message has the cause.
record_cannot_thin() {
	mkdir -p small
	full_record full.rec
	# shellcheck disable=SC2016 # of the inner shell
	ends 1 'rec: No space left' unshare -m sh -c '
		mount -t tmpfs -o size=1100k tmpfs small && cp full.rec small/rec &&
		exec "$0" record --debugfs "$1" -n 1 --max-size 1 small/rec' \
		"$TOP/tools/poolmon/poolmon" "$RECORDED"
}

# A kill leaves the copy that thinning had begun. The next writer removes it, and nothing else
# with such a name: no other text, no link, and no copy of another record.
record_left_copy() {
	rm -f rec*
	full_record rec
	recorder -n 1 record
	at_fsync KILL
	ends 137 '' ./at-KILL record --debugfs "$RECORDED" --max-size 1 rec
	[ "$(find . -name 'rec.poolmon-??????' | wc -l)" = 1 ]
	cp rec rec.poolmon-long-name
	cp rec record.poolmon-aB3xyz
	echo mine >rec.poolmon-mine00
	ln -s rec rec.poolmon-link00
	recorder -n 1 rec
	ls rec*
	[ "$(find . -name 'rec.poolmon-??????' | sort)" = "./rec.poolmon-link00
./rec.poolmon-mine00" ]
	[ -e rec.poolmon-long-name ]
	[ -e record.poolmon-aB3xyz ]
	monitor diff --all rec | grep -q Hold
}

# The duration is one of time: it ends while ntpool is away, too.
record_duration() {
	local status=0 end=$((SECONDS + 8))
	rm -rf rec short
	recorder -d 0.5 -t 1.7 rec
	[ "$(samples rec)" = 4 ]
	cp -r "$RECORDED" short
	monitor record --debugfs short -d 0.2 -t 2 rec 2>stderr &
	awaits has_samples 6 rec
	mv short/ntpool short/gone
	wait $! || status=$?
	cat stderr
	[ $status = 3 ]
	[ $SECONDS -lt $end ]
	grep -q 'waiting for its return' stderr
	monitor diff --all rec | grep -q Hold
}

record_long_options() {
	rm -f rec
	recorder --delay 0.2 --count 3 rec
	[ "$(samples rec)" = 3 ]
	rm -f rec
	recorder --delay 0.5 --duration 1.7 rec
	[ "$(samples rec)" = 4 ]
	ends 2 'delay: 0\.1 or more' recorder --delay 0 rec
	ends 2 'duration: 0\.1 or more' recorder --duration x rec
	ends 2 'max-size: a number of 1 or more' recorder --max-size 0 rec
}

record_once() {
	rm -f rec
	"$TOP/tools/poolmon/poolmon" record --debugfs "$RECORDED" rec &
	sleep 1
	ends 1 'another poolmon writes to it' recorder -n 1 rec || { kill $!; return 1; }
	kill $!
	wait $!
}

# moved COMMAND...: a writer ends when its file loses its name, and leaves a new record alone.
# Its next sample thins it: so the writer would replace the new one.
moved() {
	local pid status=0
	rm -f rec old
	full_record rec 1
	monitor record --debugfs "$RECORDED" -d 2 -n 3 --max-size 1 rec 2>moved.err &
	pid=$!
	awaits is_locked rec
	"$@"
	recorder -d 0.1 -n 2 rec
	cp rec expected
	wait $pid || status=$?
	cat moved.err
	[ $status = 1 ] && grep -q 'rec: the record was removed, moved or replaced' moved.err &&
		cmp rec expected
}

# is_locked FILE: a process has a lock on it
is_locked() { ! flock -n "$1" true; }

# foreign TEXT: a file that is no record is left alone, also a short one
foreign() {
	printf '%s' "$1" >text
	cp text rec
	ends 1 'this is no record of poolmon' recorder -n 1 rec
	cmp rec text
	ends 1 'this is no record of poolmon' monitor diff rec
	ends 1 'this is no record of poolmon' monitor report rec
}

# A kill in the first write leaves a part of the header.
begun_header() {
	printf '# poolm' >rec
	recorder -n 1 rec
	[ "$(samples rec)" = 1 ]
	ends 1 'no regular file' recorder -n 1 /dev/null
}

# cut_header TEXT: a reader tells it from a header of another version
cut_header() {
	printf '%s' "$1" >rec
	ends 1 'the record ends in its header' monitor report rec
	ends 1 'the record ends in its header' monitor diff rec
	recorder -n 1 rec
	[ "$(samples rec)" = 1 ]
}

record_version() {
	sed '1s/1$/2/' growth >version
	cp version rec
	ends 7 'unknown version' recorder -n 1 rec
	cmp rec version
	ends 7 'unknown version' monitor diff rec
	ends 7 'unknown version' monitor diff growth rec
	ends 7 'unknown version' monitor report rec
}

# A damaged sample is skipped, and those around it are read.
damaged_middle() {
	sed '0,/^Flat Nonp 5/s//Flat Nonp 6/' growth >damaged
	ends 0 'damaged samples were skipped' monitor report --all damaged -J
	jq -e '.growers | length == 4' stdout
}

# hostile_record TEXT...: neither a crash nor a result
hostile_record() {
	printf '# poolmon record 1\n%b' "$1" >hostile
	ends 1 'two samples' monitor report hostile && ends 1 '' monitor diff hostile
}

diff_growth() {
	monitor diff -J growth | jq -e '.changes | .[0].tag == "<&>\"" and .[0].bytes_change == 3900
		and .[0].percent == 2600 and .[0].children[0].bytes_change == 3900
		and .[0].children[0].caller == "leak_it+0x1/0x2 [nt_leak]"
		and (.[0].children | length) == 1 and .[1].tag == "Fall"
		and .[1].bytes_change == -39 and length == 2'
}

diff_two() {
	head -c "$(grep -abo '^sample' growth | sed -n '11s/:.*//p')" growth >early
	monitor diff -J early growth | jq -e '.changes[0].bytes_change == 3000'
}

# 100 bytes a minute; the burst is no growth.
report_growth() {
	monitor report -J growth | jq -e '.growers | length == 1 and .[0].tag == "<&>\""
		and .[0].bytes_per_hour == 6000 and .[0].tau == 1 and .[0].driver == "nt_leak"
		and .[0].bytes_first == 150 and .[0].bytes_last == 4050'
	monitor report -J --all growth | jq -e '.growers | length == 4 and
		.[3].tag == "Fall" and .[3].bytes_per_hour == -60 and .[3].tau == -1'
}

# Raw text of both has a word for each heading. A tag has no call site, and one that is new has
# no percentage.
raw_words() {
	awk '{ print } NR == 1 { n = NF } NF != n { bad = 1 } END { exit bad || NR < 2 }' "$@"
}

raw_commands() {
	monitor diff -r growth >shown
	raw_words shown
	[ "$(sed -n 2p shown)" = '<&>" Paged 41 39 4050 3900 2600.0 -' ]
	printf 'New1 Nonp 1 0 1 80 64 0\n' | cat "$RECORDED/ntpool/tags" - >later
	hostile_folder raw
	rm -f rec
	cp "$RECORDED/ntpool/tags" raw/ntpool/
	monitor record --debugfs raw -n 1 rec
	cp later raw/ntpool/tags
	monitor record --debugfs raw -n 1 rec
	monitor diff -r rec >shown
	raw_words shown
	grep -qx 'New1 Nonp 1 1 80 80 - -' shown
	monitor report -r rec >shown
	raw_words shown
	grep -q '^New1 Nonp - 0 80 ' shown
}

# The options that the commands share with the table
command_options() {
	local command
	for command in diff report; do
		monitor $command --all --noheadings growth >shown
		lacks '^tag' shown
		grep -q '^Flat' shown
		monitor $command --all growth | tail -n +2 | tr -s ' ' >expected
		tr -s ' ' <shown | diff - expected
		monitor $command --all --noheadings -r growth >shown
		monitor $command --all -r growth | tail -n +2 | diff - shown
		[ "$(monitor $command --all -r --noheadings -i 'F*' -x Flat growth |
			awk '{ print $1 }')" = Fall ]
		[ "$(monitor $command --all -r --noheadings --include 'F*' --exclude 'Fa??' growth |
			cut -c1-4)" = Flat ]
		[ "$(monitor $command --all -r --noheadings --top 2 growth |
			awk '{ print $1 }' | uniq | wc -l)" = 2 ]
	done
	[ "$(monitor report --csv --noheadings growth)" = \
		$'"<&>""","Paged","nt_leak",150,4050,6000,1.00\r' ]
}

report_csv() {
	monitor report --csv growth | python3 -c '
import csv, sys
rows = list(csv.reader(sys.stdin))
assert rows[1] == ["<&>\"", "Paged", "nt_leak", "150", "4050", "6000", "1.00"], rows'
}

report_html() {
	monitor report --html growth >page.html
	xmllint --noout page.html
	grep -q '&lt;&amp;&gt;&quot;' page.html && grep -q '<svg' page.html &&
		grep -q '<polyline\|<path' page.html
	! grep -E '(src|href)="?(http|/)|@import|<script' page.html | grep -v xmlns
}

# rude_record: of names that a terminal or a browser must not get, as an older poolmon wrote them
rude_record() {
	rude_folder rude
	rm -f rec
	python3 - rude/ntpool rec <<-'END'
	import sys, zlib
	tags, callers = (open(f'{sys.argv[1]}/{name}', 'rb').read() for name in ('tags', 'callers'))
	with open(sys.argv[2], 'wb') as file:
	    file.write(b'# poolmon record 1\n')
	    for i in range(3):
	        text = tags.replace(b' 160 ', b' %d ' % (160 + 80 * i)) + callers
	        file.write(b'sample %d.000000000 %d %d %08x\n' % (
	            1700000000 + i, len(tags), len(callers), zlib.crc32(text)))
	        file.write(text)
	END
}

rude_reports() {
	local option
	rude_record
	for option in '' -J -r --csv --html; do
		# shellcheck disable=SC2086 # none or one
		monitor report $option rec >shown
		grep -q Rude shown
		case $option in
		--html)
			xmllint --noout shown
			# gnuplot's part has characters of UTF-8.
			iconv -f UTF-8 -t UTF-8 shown >/dev/null
			sed -n '/id="growers"/,/<\/table>/p' shown >table.html
			plain table.html
			;;
		*) plain shown ;;
		esac
		[ "$option" != --html ] || continue
		# shellcheck disable=SC2086 # none or one
		[ "$option" = --csv ] || monitor diff --all $option rec | tee shown | grep -q Rude
		plain shown
	done
	monitor report -J rec | jq -e '.growers[0].driver == "nt_?"'
}

# A browser lays the page out. A script, which the copy alone has, measures it. The plot is
# as wide as the page allows. Its line is long. No text of a tag became an element.
report_in_browser() {
	monitor report --html growth | sed 's|^</body>|<script>\
		const line = document.querySelector("svg #gnuplot_plot_1 path");\
		const box = document.querySelector("svg").getBoundingClientRect();\
		document.body.dataset.seen = [document.querySelectorAll("svg").length,\
			document.querySelector("#growers td").textContent,\
			box.width > 400 \&\& box.height > 100, line.getTotalLength() > 300,\
			performance.getEntriesByType("resource").length].join(" ");\
		</script>&|' >seen.html
	timeout 100 chromium --headless --no-sandbox --disable-gpu --user-data-dir=chromium \
		--virtual-time-budget=2000 --dump-dom "file://$PWD/seen.html" 2>browser.log >dom
	tail -n 3 browser.log
	grep -o 'data-seen="[^>]*' dom
	grep -q 'data-seen="1 &lt;&amp;&gt;&quot; true true 0"' dom ||
		grep -q 'data-seen="1 <&amp;>&quot; true true 0"' dom
}

record_checks() {
	say "poolmon: record, diff and report"
	python3 "$POOLMON_TESTS/record.py" "$POOLMON_WORK/growth"
	checked "a record has what debugfs had" record_is_debugfs
	checked "a torn end is cut off" record_after_kill
	checked "kill -9 loses no earlier sample" record_killed
	checked "a full disk loses no earlier sample" record_disk_full
	checked "a record is thinned at its limit" record_limit
	checked "a record that cannot be thinned" record_cannot_thin
	checked "a copy that a kill has left is removed" record_left_copy
	checked "a record ends after its duration" record_duration
	checked "record --delay, --count, --duration" record_long_options
	checked "one writer at a time" record_once
	checked "a writer ends when its record is moved" moved mv rec old
	checked "a writer ends when its record is removed" moved rm rec
	checked "another file is left alone" foreign 'this is a text that is long enough'
	checked "so is a short one" foreign hello
	checked "a header that was cut off is written again" begun_header
	checked "a record that ends before its version" cut_header '# poolmon record '
	checked "a record that ends behind its version" cut_header '# poolmon record 1'
	checked "an empty record" cut_header ''
	checked "status 7: a record of version 2" record_version
	checked "a damaged sample is skipped" damaged_middle
	checked "a record without samples" hostile_record ''
	checked "a sample that is larger than the file" hostile_record \
		'sample 1.000000000 268435455 268435455 00000000\nx\n'
	checked "a sample of absurd size" hostile_record \
		'sample 1.000000000 18446744073709551615 18446744073709551615 00000000\nx\n'
	checked "diff: tags and their call sites" diff_growth
	checked "diff: two records" diff_two
	checked "report: the leak alone, burst or not" report_growth
	checked "diff and report: raw text has a word for each column" raw_commands
	checked "diff and report: options" command_options
	checked "report: CSV" report_csv
	checked "report: one page with plots" report_html
	checked "diff and report: escapes and octets that are no ASCII" rude_reports
	checked "report: the page in a browser" report_in_browser
}
