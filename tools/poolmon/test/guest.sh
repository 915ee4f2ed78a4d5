#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# poolmon in a guest, with ntpool itself: its output is that of debugfs, and the causes of
# failures have their statuses.
# shellcheck source=tools/system/lib.sh
. /lib.sh

plan 13

# status NUMBER TEXT COMMAND...: the status, and the text on standard error
status() {
	want=$1 text=$2
	shift 2
	got=0
	"$@" >/tmp/stdout 2>/tmp/stderr || got=$?
	cat /tmp/stdout /tmp/stderr
	same "$got" "$want" && grep -q -- "$text" /tmp/stderr
}

# columns FILE: the rows of debugfs, with one blank between two columns
columns() { rows "$1" | awk '{ $1 = $1; print }'; }

same_columns() {
	columns tags >/tmp/expected
	poolmon -b --noheadings -o tag,type,allocs,frees,diff,bytes,requested,failed |
		awk '{ $1 = $1; print }' >/tmp/shown
	[ -s /tmp/expected ] && diff /tmp/expected /tmp/shown
}

driver_of() { poolmon -b --noheadings -o driver -i "$1" | sort -u; }

sum_of_metrics() {
	poolmon --prometheus | awk '/^ntpool_tag_bytes/ { s += $2 } END { printf "%d\n", s }'
}

violations() { poolmon --prometheus | grep '^ntpool_violations_total'; }

# until_said TEXT FILE: waits for it, for 20 s at most
until_said() {
	tries=200
	until grep -q "$1" "$2"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { cat "$2"; return 1; }
		sleep 0.1
	done
}

reload_under() {
	until_said Hold /tmp/shown && rmmod nt_hold && rmmod ntpool &&
		until_said 'waiting for its return' /tmp/stderr && kill -0 "$1" &&
		load ntpool && load nt_hold && until_said 'loaded again' /tmp/stderr
}

# ntpool can be unloaded while poolmon runs, and poolmon goes on when it is back. Checks before
# this one have left text in the files, which the child truncates later.
unload_while_running() {
	: >/tmp/shown
	: >/tmp/stderr
	poolmon -b -d 0.3 -o tag >/tmp/shown 2>/tmp/stderr &
	pid=$!
	reload_under $pid
	done=$?
	kill $pid
	wait $pid && return $done
}

as_user() {
	echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd
	su -s /bin/sh nobody -c "$*"
}

is "without ntpool: status 3" status 3 'ntpool is not loaded' poolmon -b
load ntpool
load nt_hold
is "the columns of debugfs" same_columns
is "the driver" same "$(driver_of Hold)" nt_hold
is "bytes of the metrics = bytes of tags" same "$(sum_of_metrics)" "$(sum tags 6)"
is "violations are a metric" violations
is "not root: status 5" status 5 'only root' as_user poolmon -b
is "ntpool is unloaded while poolmon runs" unload_while_running
is "the columns of debugfs after that" same_columns
umount /sys/kernel/debug
is "debugfs is not mounted: status 4" \
	status 4 'mount -t debugfs none /sys/kernel/debug' poolmon -b
is "the command of the message mounts it" mount -t debugfs none /sys/kernel/debug
is "and poolmon works" same_columns
# Lockdown spares files of debugfs that have no write bit: poolmon goes on.
mount -t securityfs none /sys/kernel/security
if grep -q confidentiality /sys/kernel/security/lockdown; then
	echo confidentiality >/sys/kernel/security/lockdown
	is "the columns of debugfs under lockdown" same_columns
else
	checks=$((checks + 1))
	echo "ok $checks - the columns of debugfs under lockdown # SKIP no lockdown in this kernel"
fi
rmmod nt_hold
is "the figures of a tag without blocks" poolmon -b --noheadings -i Hold
rmmod ntpool
