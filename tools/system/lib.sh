# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Helpers of the scenarios, which run under busybox' sh in the guest.  A check
# is `is NAME COMMAND...`: it passes when the command does, and says what was
# printed when it does not.  The number of checks is planned first, so that a
# scenario that dies half-way is short of results.

debug=/sys/kernel/debug/ntpool
params=/sys/module/ntpool/parameters
checks=0
export debug params

# kselftest's ktap_helpers.sh splits the words of a command again, and 6.1 lacks the file.
plan() { echo "1..$1"; }

is() {
	name=$1
	shift
	checks=$((checks + 1))
	if "$@" >/tmp/check 2>&1; then
		echo "ok $checks - $name"
	else
		echo "not ok $checks - $name"
		echo "# $*"
		head -n 20 /tmp/check | sed 's/^/# /'
	fi
}

not() { ! "$@"; }

load() {
	module=$1
	shift
	insmod "/modules/$module.ko" "$@"
}

# The log since the last new_log, without times
new_log() { dmesg -c >/dev/null; }
log() { dmesg | sed 's/^\[[ 0-9.]*\] //'; }

# logged PATTERN: a whole line of the log matches the extended pattern
logged() {
	log >/tmp/log
	grep -qxE -- "$1" /tmp/log || { grep ntpool /tmp/log; false; }
}

logged_times() {
	[ "$(log | grep -cxE -- "$2")" = "$1" ] || { log | grep ntpool; false; }
}

same() { [ "$1" = "$2" ] || { echo "is '$1', not '$2'"; false; }; }

# refused FILE TEXT: the write gets EINVAL and the content stays
refused() {
	before=$(cat "$1")
	if echo "$2" 2>/tmp/refused >"$1"; then
		echo "'$2' was accepted"
		return 1
	fi
	grep -qi 'invalid argument' /tmp/refused || { cat /tmp/refused; return 1; }
	same "$(cat "$1")" "$before"
}

# rows FILE: what a file of debugfs holds below its two header lines
rows() { tail -n +3 "$debug/$1"; }

# used_by_tool: rmmod is refused although no module uses ntpool, and ntpool serves
used_by_tool() {
	grep -q '^ntpool [0-9]* [0-9]* - ' /proc/modules ||
		{ echo "a module uses ntpool"; return 1; }
	! rmmod ntpool 2>/tmp/refused || { echo "ntpool was unloaded"; return 1; }
	cat /tmp/refused
	grep -q 'temporarily unavailable' /tmp/refused && test -d "$debug"
}

# until_true SECONDS COMMAND...: waits for it, so long at most
until_true() {
	tries=$(($1 * 10))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

# has_ended PID: a child
has_ended() { ! grep -q '^State:[[:space:]]*[^Z[:space:]]' "/proc/$1/status" 2>/dev/null; }

# end_tool PID: Ctrl-C for a child, which is killed after a minute. The status is the child's. A
# shell starts a job with that signal ignored, so one that is still starting may lose it.
end_tool() {
	kill -INT "$1"
	until_true 60 has_ended "$1" || kill -KILL "$1"
	wait "$1"
}

# sum FILE COLUMN
sum() { rows "$1" | awk -v c="$2" '{ s += $c } END { printf "%d\n", s }'; }

# of_tag TAG COLUMN: the column of file tags, summed over both pools
of_tag() {
	# -v would take the backslashes of a tag for its own
	rows tags | tag=$1 awk -v c="$2" '
		$1 == ENVIRON["tag"] { s += $c }
		END { printf "%d\n", s }'
}
