# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by check.sh: how the set-up meets a busy or a broken archive, and kernels that do
# not exist.  A stand-in for apt-get says what apt says.

# with_apt TEXT TIMES COMMAND...: apt-get fails that many times with the text
with_apt() {
	local dir=$BUILD/check/apt text=$1 times=$2
	shift 2
	rm -rf "$dir"
	mkdir -p "$dir/bin"
	say "$times" >"$dir/left"
	cat >"$dir/bin/apt-get" <<-END
		#!/bin/sh
		left=\$(cat "$dir/left")
		[ "\$left" -gt 0 ] || { echo "Reading package lists..."; exit 0; }
		echo \$((left - 1)) >"$dir/left"
		echo "E: $text"
		exit 100
	END
	printf '#!/bin/sh\n' >"$dir/bin/sleep"
	chmod +x "$dir/bin"/*
	local BUILD=$dir PATH=$dir/bin:$PATH
	("$@") 2>&1
}

HELD='Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)'

# without_archive COMMAND...: the archive is not asked, and has no kernel
# shellcheck disable=SC2317 # the command calls them
without_archive() {
	apt_update() { :; }
	own_lists() { :; }
	own_apt() { :; }
	"$@"
}

# on_machine COMMAND...: the machine's own apt is asked, and has no kernel
# shellcheck disable=SC2317
on_machine() {
	suite_of() { say machine; }
	installed_headers() { :; }
	apt-cache() { :; }
	without_archive "$@"
}

# A lock is waited for, but not for ever; anything else is said in the archive's words.
check_setup() {
	with_apt "$HELD" 2 apt_update >"$LOGS/setup.1" || say "a lock was not waited for"
	! grep -q 'E:' "$LOGS/setup.1" || say "a lock that was released was reported"
	# shellcheck disable=SC2034 # apt_update reads it
	(LOCK_SECONDS=15; with_apt "$HELD" 99 apt_update >"$LOGS/setup.2") &&
		say "a lock that stays was no failure"
	grep -q "E: Could not get lock" "$LOGS/setup.2" || say "the lock's holder was not named"
	with_apt "Release file expired" 1 apt_update >"$LOGS/setup.3" &&
		say "a broken archive was no failure"
	grep -q 'E: Release file expired' "$LOGS/setup.3" || say "apt's own words are missing"
	(without_archive choose_stock 5.9) >"$LOGS/setup.4" 2>&1 && say "a kernel 5.9 was found"
	grep -q 'KERNEL=5.9: no kernel linux-image-5.9' "$LOGS/setup.4" ||
		say "a missing kernel was not named"
	(on_machine kernel_packages 5.9) >"$LOGS/setup.5" 2>&1 &&
		say "the headers of a missing kernel were listed"
	grep -q 'KERNEL=5.9: no kernel linux-image-5.9' "$LOGS/setup.5" ||
		say "a kernel whose headers are missing was not named"
}
