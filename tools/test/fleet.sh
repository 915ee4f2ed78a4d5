# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# PARTS=fleet: three guests whose drivers leak with different tags. node_exporter serves the
# metrics of each, and Prometheus on this machine scrapes them. Its queries and the alert
# rules name the machine and the tag. Sourced by test.sh.
#
# A minute is a second here, in the rules and in the dashboard's queries. Scraping once a second
# is too fast for a busy machine.

FLEET_WORK=$BUILD/fleet-test
FLEET_ROOT=$BUILD/fleet/root
FLEET_BIN=$FLEET_ROOT/usr/bin

# The machines: name, tag that leaks, its pool, other parameters of nt_grow
FLEET=(
	"alpha Irp1 Nonp tag=Irp1,size=4000,period_ms=200,others=120"
	"beta File Paged tag=File,paged=1,size=9000,period_ms=300,others=120"
	"gamma Pkt1 Nonp tag=Pkt1,size=1500,period_ms=50,others=120"
)
# The table in tools/README.md is computed with it
FLEET_BYTES_PER_SAMPLE=7

fleet_ports=() fleet_prometheus=''

free_ports() {
	python3 -c 'import socket, sys
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in sockets))' "$1"
}

# Debian's programs, which are unpacked: installed, they would run as daemons
fleet_programs() {
	[ ! -x "$FLEET_BIN/promtool" ] || [ ! -x "$FLEET_BIN/prometheus-node-exporter" ] ||
		return 0
	[ "$(id -u)" != 0 ] || apt_update
	fetch_unpack amd64 machine "$FLEET_ROOT" prometheus prometheus-node-exporter
}

# fleet_initramfs STOCK NTPOOL HELPERS: prints the archive
fleet_initramfs() {
	local root=$BUILD/guest/fleet
	new_root "$root"
	cp "$POOLMON_TESTS/fleet-guest.sh" "$root/main.sh"
	cp "$2/module/ntpool.ko" "$3"/nt_{hold,grow}.ko "$root/modules/"
	add_program "$root" "$TOP/tools/poolmon/poolmon" "$FLEET_BIN/prometheus-node-exporter"
	add_stock_module "$root" "$1" e1000
	pack "$root" "$root.cpio"
	say "$root.cpio"
}

# fleet_boot STOCK INITRAMFS: boots the machines. Each has two ports on this one.
fleet_boot() {
	local machine name grow ports i=0
	read -ra fleet_ports < <(free_ports $((2 * ${#FLEET[@]} + 1)))
	for machine in "${FLEET[@]}"; do
		read -r name _ _ grow <<<"$machine"
		ports=("${fleet_ports[@]:i:2}")
		in_group boot "fleet-$name" --kernel "$1/vmlinuz" --initrd "$2" --cpus 1 \
			--mem 384 --timeout 500 --append "quiet nowatchdog nt_grow:$grow" -- \
			-nic "user,model=e1000,restrict=on$(printf ',hostfwd=tcp:127.0.0.1:%s' \
				"${ports[0]}-:9100" "${ports[1]}-:9101")"
		i=$((i + 2))
	done
	fleet_prometheus=127.0.0.1:${fleet_ports[i]}
}

# sooner: minutes become seconds, and an hour a minute
sooner() {
	sed 's/\b\([0-9]\+\)m\b/\1s/g; s/\b1h\b/1m/g'
}

fleet_config() {
	local machine i=0
	sooner <"$TOP/tools/poolmon/fleet/ntpool.rules.yml" >rules.yml
	{
		say 'global: { scrape_interval: 3s, scrape_timeout: 3s, evaluation_interval: 1s }'
		say 'rule_files: [rules.yml]'
		say 'scrape_configs:'
		say '  - job_name: node'
		say '    static_configs:'
		for machine in "${FLEET[@]}"; do
			say "      - targets: ['127.0.0.1:${fleet_ports[i]}']"
			say "        labels: { instance: ${machine%% *} }"
			i=$((i + 2))
		done
	} >prometheus.yml
	"$FLEET_BIN/promtool" check config prometheus.yml
}

fleet_serve() {
	in_group "$FLEET_BIN/prometheus" --config.file="$FLEET_WORK/prometheus.yml" \
		--storage.tsdb.path="$FLEET_WORK/data" --web.enable-admin-api \
		--web.listen-address="$fleet_prometheus" --log.level=warn \
		>"$LOGS/fleet-prometheus.log" 2>&1
}

# query EXPRESSION: an instant query's result as JSON
query() {
	curl -sS --fail --max-time 10 --data-urlencode "query=$1" \
		"http://$fleet_prometheus/api/v1/query" | jq -c '.data.result'
}

# until_query SECONDS EXPRESSION WANT: the first value of the result becomes WANT
until_query() {
	local end=$((SECONDS + $1)) got=''
	while [ $SECONDS -lt "$end" ]; do
		got=$(query "$2" 2>query.error | jq -r '.[0].value[1]') || true
		[ "$got" != "$3" ] || return 0
		sleep 1
	done
	say "$2 is ${got:-none}, not $3"
	cat query.error
	query up
	return 1
}

# The leaks, as a query or an alert has to name them
leaks() {
	local machine name tag type
	for machine in "${FLEET[@]}"; do
		read -r name tag type _ <<<"$machine"
		say "$name $tag $type"
	done
}

# named: machine, tag and pool in each element of a JSON array on standard input
named() {
	jq -r '.[] | (.metric // .labels) | [.instance, .tag, .type] | join(" ")' | sort
}

same_leaks() {
	sort >named
	leaks | diff - named
}

# The query of the dashboard has the leak first on each machine.
growth_named() {
	local name expression
	expression=$(jq -r '.panels[] | select(.title == "Tags that grew most in an hour") |
		.targets[0].expr' "$TOP/tools/poolmon/fleet/ntpool.dashboard.json" | sooner)
	leaks | while read -r name _; do
		# shellcheck disable=SC2016 # the dashboard's variable
		query "${expression//'$instance'/$name}" | named_first
	done | same_leaks
}

named_first() {
	jq -c 'sort_by(.value[1] | tonumber) | reverse | .[:1]' | named
}

# One query over all machines: a tag that grew in each third of a minute
steady_growth() {
	query 'ntpool_tag_bytes{tag!="other"} - ntpool_tag_bytes offset 20s > 4096
		and ntpool_tag_bytes offset 20s - ntpool_tag_bytes offset 40s > 4096
		and ntpool_tag_bytes offset 40s - ntpool_tag_bytes offset 60s > 4096' |
		named | same_leaks
}

# The shipped alert rules fire for the leaks, and for nothing else.
alerts_fire() {
	local end=$((SECONDS + 150))
	while [ $SECONDS -lt $end ]; do
		curl -sS --fail "http://$fleet_prometheus/api/v1/alerts" |
			jq '.data.alerts | map(select(.state == "firing"))' >alerts.json
		if jq 'map(select(.labels.alertname == "NtpoolTagGrows"))' alerts.json |
		   named | same_leaks; then
			break
		fi
		sleep 2
	done
	jq -r '.[].annotations.summary' alerts.json
	jq -r '.[].labels | .alertname + " " + .severity' alerts.json | sort -u >kinds
	[ "$(cat kinds)" = "NtpoolTagGrows warning" ] && named <alerts.json | same_leaks
}

# of_each FILE: each machine's file, as MACHINE.FILE
of_each() {
	local i
	for i in "${!FLEET[@]}"; do
		curl -sS --fail --max-time 20 -o "${FLEET[i]%% *}.$1" \
			"http://127.0.0.1:${fleet_ports[2 * i + 1]}/$1"
	done
}

metrics_clean() {
	local name
	of_each ntpool.prom
	leaks | while read -r name _; do
		"$FLEET_BIN/promtool" check metrics <"$name.ntpool.prom" >lint 2>&1
		cat lint
		[ ! -s lint ]
	done
	[ "$(grep -c '^ntpool_tag_bytes{' alpha.ntpool.prom)" = 102 ]
}

# The strict parser finds the leak among as many tags as the text of Prometheus has.
strict_parser() {
	of_each ntpool.openmetrics
	/usr/bin/python3 - <(leaks) <<-'END'
	import sys
	from prometheus_client.openmetrics.parser import text_string_to_metric_families
	for machine in open(sys.argv[1]):
	    name, tag, kind = machine.split()
	    tags = set()
	    with open(f'{name}.ntpool.openmetrics') as text:
	        for family in text_string_to_metric_families(text.read()):
	            tags |= {(s.labels['tag'], s.labels['type']) for s in family.samples
	                     if s.name == 'ntpool_tag_bytes'}
	    assert len(tags) == 102 and (tag, kind) in tags, tags
	END
}

# A machine that is gone is not a machine without leaks.
gone_machine() {
	curl -sS --fail "http://127.0.0.1:${fleet_ports[1]}/cgi-bin/end" >/dev/null
	until_query 60 'up{instance="alpha"}' 0
	until_query 60 'sum(up)' 2
}

# Bytes on disk per sample, with the index of a block of two hours at one sample a minute. Most
# tags change between any two samples, which is the dear case.
sample_cost() {
	local block
	block=$(curl -sS --fail -X POST "http://$fleet_prometheus/api/v1/admin/tsdb/snapshot" |
		jq -r .data.name)
	block=$(find "data/snapshots/$block" -name meta.json -printf '%h\n')
	jq -r .stats "$block/meta.json"
	{
		stat -c '%s bytes in a file of metrics' alpha.ntpool.prom
		jq -r '.stats | "\(.numSeries) series, \(.numSamples) samples"' "$block/meta.json"
		jq -r --argjson chunks "$(du -sb "$block/chunks" | cut -f 1)" \
			--argjson index "$(stat -c %s "$block/index")" '.stats |
			($chunks / .numSamples) + ($index / .numSeries / 120) |
			"\(. * 100 | round / 100) bytes on disk per sample"' "$block/meta.json"
	} >cost
	cat cost
	awk -v most=$FLEET_BYTES_PER_SAMPLE '
		/per sample/ { found = $1 } END { exit !(found > 0.1 && found <= most) }' cost
}

# said_end FILE: the result of a guest becomes END 0
said_end() {
	local try
	for try in $(seq 60); do
		[ "$(tr -d '\r' <"$1")" != "END 0" ] || return 0
		sleep 1
	done
	say "no END 0 after $try seconds: $(cat "$1")"
	return 1
}

ends_by_itself() {
	local i name
	for i in 1 2; do
		curl -sS --fail "http://127.0.0.1:${fleet_ports[2 * i + 1]}/cgi-bin/end"
	done
	leaks | while read -r name _; do
		said_end "$LOGS/fleet-$name.result"
		if grep -E 'BUG|WARNING|Oops|Call Trace' "$LOGS/fleet-$name.console"; then
			exit 1
		fi
	done
}

fleet_tests() {
	local series headers stock modules helpers initramfs
	say "A fleet: three guests, node_exporter and Prometheus"
	need_packages "${POOLMON_PACKAGES[@]}" curl jq python3-prometheus-client
	checks_in "$FLEET_WORK" fleet
	fleet_programs
	build_poolmon
	stock_set
	helpers=$(helper_modules "$headers" "$series" "$modules")
	initramfs=$(fleet_initramfs "$stock" "$modules" "$helpers")
	trap groups_stop EXIT
	fleet_boot "$stock" "$initramfs"
	checked "promtool check config" fleet_config
	fleet_serve
	checked "Prometheus scrapes three machines" until_query 240 'sum(up)' 3
	checked "each has ntpool" until_query 30 'sum(ntpool_up)' 3
	checked "promtool check metrics" metrics_clean
	checked "a strict parser reads OpenMetrics" strict_parser
	checked "the alert rules name machine, tag and pool of each leak, and nothing else" \
		alerts_fire
	checked "so does a query for steady growth" steady_growth
	checked "the dashboard's query has the leak of each machine first" growth_named
	checked "$FLEET_BYTES_PER_SAMPLE bytes per sample or less, as in tools/README.md" \
		sample_cost
	sed 's/^/         /' "$FLEET_WORK/cost"
	checked "a machine that is gone is seen" gone_machine
	checked "the guests end without a report" ends_by_itself
	groups_stop
	trap - EXIT
}
