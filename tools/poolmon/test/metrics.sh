# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Metrics: Prometheus' own tool and a strict parser read them.  Sourced by
# tools/test/poolmon.sh.

# many_tags NUMBER: a folder with so many tags, the first with most bytes
many_tags() {
	hostile_folder many
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++)
		printf "%04d %s %d %d %d %d %d 0\n", i, i % 2 ? "Paged" : "Nonp", 2 * n + i, i,
			2 * n, (n - i) * 64, (n - i) * 48 }' >>many/ntpool/tags
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++)
		printf "%04d %s %d %d %d f_%d+0x1/0x2 [driver%d]\n", i, i % 2 ? "Paged" : "Nonp",
			2 * n, (n - i) * 64, (n - i) * 48, i, i % 50 }' >>many/ntpool/callers
	tail -n +3 "$RECORDED/ntpool/pools" | cat <(head -n 2 "$RECORDED/ntpool/pools") - \
		>many/ntpool/pools
	cp "$RECORDED/ntpool/lookaside" many/ntpool/
}

promtool_clean() {
	monitor --debugfs "$RECORDED" --prometheus --owner | promtool check metrics >out 2>&1
	cat out
	[ ! -s out ]
}

# The strict parser refuses a wrong order, a missing end and a label that is not escaped.
openmetrics_parses() {
	monitor --debugfs "$RECORDED" --openmetrics >text
	/usr/bin/python3 - text "$RECORDED/ntpool/tags" <<-'END'
	import sys
	from prometheus_client.openmetrics.parser import text_string_to_metric_families
	found = {}
	for family in text_string_to_metric_families(open(sys.argv[1]).read()):
	    for sample in family.samples:
	        if sample.name == 'ntpool_tag_bytes':
	            found[sample.labels['tag'], sample.labels['type']] = int(sample.value)
	want = {}
	for line in open(sys.argv[2]):
	    if not line.startswith('#'):
	        f = line.split()
	        want[f[0], f[1]] = int(f[5])
	assert want and found == want, (found, want)
	END
}

# Tags and owners with quotes and backslashes, read back by both parsers
labels_escaped() {
	hostile_folder escape
	printf '%s\n' 'a"b" Nonp 1 0 1 80 64 0' '\134\134\012\377 Paged 1 0 1 96 64 0' \
		>>escape/ntpool/tags
	say 'a"b" Nonp 1 80 64 f+0x1/0x2 [dr"i\v]' >>escape/ntpool/callers
	monitor --debugfs escape --prometheus --owner >classic
	monitor --debugfs escape --openmetrics --owner >text
	promtool check metrics <classic
	/usr/bin/python3 - <<-'END'
	from prometheus_client.openmetrics import parser as openmetrics
	from prometheus_client import parser as classic
	want = {('a"b"', 'Nonp', 'dr"i\\v', 80), ('\\134\\134\\012\\377', 'Paged', '', 96)}
	for parser, name in (classic, 'classic'), (openmetrics, 'text'):
	    with open(name, encoding='utf-8') as file:
	        families = list(parser.text_string_to_metric_families(file.read()))
	    found = {(s.labels['tag'], s.labels['type'], s.labels['driver'], s.value)
	             for f in families for s in f.samples if s.name == 'ntpool_tag_bytes'}
	    assert found == want, (name, found)
	END
}

series() { grep -c "^$1" text; }

top_is_bounded() {
	many_tags 1000
	monitor --debugfs many --prometheus >text
	[ "$(series 'ntpool_tag_bytes{tag="[0-9]')" = 100 ]
	[ "$(series 'ntpool_tag_bytes{tag="other"')" = 2 ]
	[ "$(series 'ntpool_tag_allocations_total')" = 100 ]
	[ "$(awk '/^ntpool_tag_bytes/ { s += $2 } END { print s }' text)" = \
		"$(awk '!/^#/ { s += $6 } END { print s }' many/ntpool/tags)" ]
	monitor --debugfs many --prometheus --top 7 -i '000*' >text
	[ "$(series 'ntpool_tag_bytes{tag="000')" = 7 ]
	monitor --debugfs many --prometheus --include '000*' --exclude '000[' -x 0003 >text
	[ "$(series 'ntpool_tag_bytes{tag="000')" = 9 ] && ! grep -q '"0003"' text
}

# A tag that leaves the top has no series, and "other" has no counters that could go back.
no_counter_resets() {
	many_tags 200
	monitor --debugfs many --prometheus >text
	lacks '_total{tag="other"' text
	cp text text.before
	awk '/^#/ { print; next } { $6 = $6 * ($1 % 7 + 1); $3 += 5; print }' many/ntpool/tags >t
	cp t many/ntpool/tags
	monitor --debugfs many --prometheus >text
	awk '/^ntpool.*_total/ { if (FNR == NR) old[$1] = $2; else if ($1 in old) {
		n++; if ($2 < old[$1]) { print "back:", $0; bad = 1 } } }
		END { exit bad || n < 100 }' text.before text
	! diff <(grep -o '^ntpool_tag_frees_total{[^}]*' text.before) \
		<(grep -o '^ntpool_tag_frees_total{[^}]*' text) >/dev/null
}

# The reader of the file never sees a part of it, and what cannot be read is not kept.
file_is_replaced() {
	rm -f n.prom*
	echo old >n.prom
	exec 7<n.prom
	monitor --debugfs "$RECORDED" --prometheus=n.prom
	[ "$(cat <&7)" = old ]
	grep -q '^ntpool_up 1' n.prom
	[ "$(stat -c %a n.prom)" = 644 ]
	ends 3 'not loaded' monitor --debugfs none --prometheus=n.prom
	grep -q '^ntpool_up 0' n.prom
	lacks Hold n.prom
	[ -z "$(find . -name 'n.prom.*')" ]
	hostile_folder unread
	rm unread/ntpool/tags
	mkdir unread/ntpool/tags
	monitor --debugfs "$RECORDED" --prometheus=n.prom
	grep -q Hold n.prom
	ends 1 'tags: Is a directory' monitor --debugfs unread --prometheus=n.prom
	grep -q '^ntpool_up 0' n.prom
	lacks Hold n.prom
	ends 1 'nowhere/n.prom: No such' monitor --debugfs "$RECORDED" --prometheus=nowhere/n.prom
}

# --openmetrics=FILE: the text of --openmetrics, which another run replaces
openmetrics_file() {
	rm -f o.prom
	monitor --debugfs "$RECORDED" --openmetrics >text
	echo old >o.prom
	monitor --debugfs "$RECORDED" --openmetrics=o.prom >stdout
	diff text o.prom
	[ ! -s stdout ]
	ends 3 'not loaded' monitor --debugfs none --openmetrics=o.prom
	grep -qx 'ntpool_up 0' o.prom
	[ "$(tail -n 1 o.prom)" = '# EOF' ]
}

# A device is not replaced by a file.
device_is_kept() {
	ln -sf /dev/full device
	ends 1 'device: this is no regular file' monitor --debugfs "$RECORDED" --prometheus=device
	[ -c device ] && [ -L device ]
}

# writes_through LINK TO FILE: the link stays, and the file gets the metrics
writes_through() {
	rm -rf linked
	mkdir -p linked/other
	ln -s "$2" "linked/$1"
	monitor --debugfs "$RECORDED" --prometheus="linked/$1"
	grep -q Hold "$3"
	[ "$(readlink "linked/$1")" = "$2" ]
	[ "$(find linked -type f | wc -l)" = 1 ]
	[ "$(find linked | grep -c poolmon-)" = 0 ]
	# The file is there now.
	monitor --debugfs "$RECORDED" --openmetrics="linked/$1"
	[ -L "linked/$1" ]
	grep -q '^# EOF' "$3"
}

links_are_followed() {
	writes_through n.prom other/n.prom linked/other/n.prom
	writes_through n.prom "$PWD/linked/other/n.prom" linked/other/n.prom
	ln -sf loop loop
	ends 1 'loop: Too many levels' monitor --debugfs "$RECORDED" --prometheus=loop
	[ -L loop ]
}

# A full disk leaves the file as it was, and no other file.
full_disk_keeps_file() {
	mkdir -p small
	# shellcheck disable=SC2016 # of the inner shell
	ends 1 'small/n.prom: No space' unshare -m sh -c '
		mount -t tmpfs -o size=4k tmpfs small && echo old >small/n.prom
		status=0
		"$0" --debugfs "$1" --prometheus=small/n.prom || status=$?
		ls small; cat small/n.prom
		exit $status' "$BUILD/poolmon-asan/poolmon" "$RECORDED"
	[ "$(cat stdout)" = "n.prom
old" ]
}

# left FILE: the names of its files aside
left() { find . -name "$1.poolmon-*" ! -name '*-mine*' ! -name '*-link*' | sort; }

# A kill leaves the file aside. The next writer removes it, and nothing else with such a name.
killed_writer() {
	rm -f n.prom*
	echo old >n.prom
	echo mine >n.prom.poolmon-mine00
	echo '# HELP ntpool_up mine' >n.prom.poolmon-mine-long
	ln -s n.prom n.prom.poolmon-link00
	at_fsync KILL
	ends 137 '' ./at-KILL --debugfs "$RECORDED" --prometheus=n.prom
	[ "$(left n.prom | wc -l)" = 1 ]
	[ "$(cat n.prom)" = old ]
	monitor --debugfs "$RECORDED" --openmetrics=n.prom
	ls n.prom*
	[ -z "$(left n.prom)" ] && [ -e n.prom.poolmon-mine00 ] && [ -h n.prom.poolmon-link00 ] &&
		[ -e n.prom.poolmon-mine-long ] && grep -q '^# EOF' n.prom
}

# A file aside of a writer that lives stays, and replaces the other one's file later.
living_writer() {
	local pid
	rm -f n.prom*
	at_fsync STOP
	./at-STOP --debugfs "$RECORDED" --prometheus=n.prom &
	pid=$!
	awaits is_stopped $pid
	monitor --debugfs "$RECORDED" --openmetrics=n.prom
	grep -q '^# EOF' n.prom
	[ "$(left n.prom | wc -l)" = 1 ]
	kill -CONT $pid
	wait $pid
	lacks '^# EOF' n.prom && grep -q Hold n.prom && [ -z "$(left n.prom)" ]
}

# Writers with the same process ID, as those of two containers have it
two_writers() {
	local pid
	rm -f n.prom*
	many_tags 3000
	unshare -pf "$TOP/tools/poolmon/poolmon" --debugfs many --prometheus=n.prom --top 3000 \
		-d 0.1 -n 30 &
	pid=$!
	unshare -pf "$TOP/tools/poolmon/poolmon" --debugfs many --prometheus=n.prom --top 3000 \
		-d 0.1 -n 30
	wait $pid
	[ "$(grep -c '^ntpool_tag_failures_total' n.prom)" = 3000 ] && [ -z "$(left n.prom)" ]
}

# CPU and peak memory of the program as users build it
screen_cost() {
	local pid ticks
	many_tags 10000
	TERM=xterm term new-session -d -x 120 -y 40 \
		"exec $TOP/tools/poolmon/poolmon --debugfs $POOLMON_WORK/many -d 1 -s bytes"
	shows '^0000'
	pid=$(term list-panes -F '#{pane_pid}')
	ticks=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
	sleep 20
	awk -v t="$(awk -v o="$ticks" '{ print $14 + $15 - o }' "/proc/$pid/stat")" \
		-v hz="$(getconf CLK_TCK)" '/^VmHWM/ {
		printf "%.2f %% of a CPU, %d KiB\n", 100 * t / hz / 20, $2
		exit 100 * t / hz / 20 >= 2 || $2 >= 20 * 1024 }' "/proc/$pid/status"
}

# Each expression of the dashboard parses as PromQL, and names metrics that poolmon has.
dashboard_parses() {
	local fleet=$TOP/tools/poolmon/fleet name
	# shellcheck disable=SC2016 # the dashboard's variable
	jq -r '.panels[].targets[].expr' "$fleet/ntpool.dashboard.json" |
		sed 's/\$instance/.*/' | jq -R -s '{groups: [{name: "x", rules: (split("\n") |
		map(select(. != "")) | to_entries | map({record: "r\(.key)", expr: .value}))}]}' \
		>rules.json
	[ "$(jq '.groups[0].rules | length' rules.json)" = 4 ]
	promtool check rules rules.json
	monitor --debugfs "$RECORDED" --prometheus >text
	echo 'ntpool_violations_total 0' >>text
	grep -ohE 'ntpool_[a-z_]+' "$fleet"/ntpool.{dashboard.json,rules.yml} | sort -u |
	while read -r name; do
		grep -q "^${name}[{ ]" text || { say "no such metric: $name"; return 1; }
	done
}

unit_is_valid() {
	local fleet=$TOP/tools/poolmon/fleet
	sed 's|/usr/bin/poolmon|/bin/true|' "$fleet/ntpool-metrics.service" >ntpool-metrics.service
	cp "$fleet/ntpool-metrics.timer" .
	systemd-analyze verify --man=no ./ntpool-metrics.service ./ntpool-metrics.timer >out 2>&1
	cat out
	! grep -q ntpool-metrics out
}

# metrics_have PATTERN: waits for a line of the file, for 10 s at most
metrics_have() {
	local tries=100
	until grep -q "$1" ntpool.prom; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { cat ntpool.prom; return 1; }
		sleep 0.1
	done
}

unload_and_back() {
	metrics_have '^ntpool_tag_bytes' && mv moved/ntpool moved/away &&
		metrics_have '^ntpool_up 0' && ! grep -q '^ntpool_tag_bytes' ntpool.prom &&
		mv moved/away moved/ntpool && metrics_have '^ntpool_tag_bytes'
}

# While ntpool is unloaded, the file has no old figures.
metrics_of_nothing() {
	local status=0
	mkdir moved
	cp -r "$RECORDED/ntpool" moved/
	: >ntpool.prom
	"$TOP/tools/poolmon/poolmon" --debugfs moved --prometheus=ntpool.prom -d 0.2 &
	unload_and_back || status=$?
	kill $!
	wait $! || true
	return $status
}

metrics_checks() {
	checked "promtool check metrics" promtool_clean
	checked "a strict parser reads OpenMetrics" openmetrics_parses
	checked "labels are escaped" labels_escaped
	checked "the number of series is bounded" top_is_bounded
	checked "no counter goes back when the top changes" no_counter_resets
	checked "a file is replaced at once" file_is_replaced
	checked "OpenMetrics in a file" openmetrics_file
	checked "a device is not replaced" device_is_kept
	checked "a link is kept, and followed" links_are_followed
	checked "a full disk keeps the file" full_disk_keeps_file
	checked "a file aside that a kill has left is removed" killed_writer
	checked "a file aside of another writer stays" living_writer
	checked "two writers of a file" two_writers
	checked "no old figures while ntpool is away" metrics_of_nothing
	checked "promtool test rules" promtool test rules \
		"$TOP/tools/poolmon/fleet/ntpool.rules.test.yml"
	checked "the dashboard" dashboard_parses
	checked "service and timer" unit_is_valid
	checked "10,000 tags at 1 s: the screen has under 2 % of a CPU, 20 MiB" screen_cost
	note "$(grep KiB "$POOLMON_WORK/check.log")"
	screen_stop
}
