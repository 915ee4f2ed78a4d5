# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# PARTS=poolmon: the monitor, built with AddressSanitizer and UBSan, on recorded and on
# hostile files; its screen under tmux; its parsers under a fuzzer.  Sourced by test.sh.
#
# Each file of tools/poolmon/test/ has checks of one subject.  A check is a function or a
# command that fails where the subject does.

# shellcheck source=tools/poolmon/lib.sh
. "$TOP/tools/poolmon/lib.sh"

POOLMON_TESTS=$TOP/tools/poolmon/test
POOLMON_WORK=$BUILD/poolmon-test

# monitor ARG...: poolmon with the sanitizers; UBSan ends it too. Status 99 is theirs.
monitor() {
	ASAN_OPTIONS=detect_leaks=0:exitcode=99 UBSAN_OPTIONS=halt_on_error=1:exitcode=99 \
		timeout 60 "$BUILD/poolmon-asan/poolmon" "$@"
}

# ends STATUS PATTERN COMMAND...: the status, and one line of standard error that matches
ends() {
	local want=$1 pattern=$2 status=0
	shift 2
	"$@" 2>stderr >stdout || status=$?
	cat stdout stderr
	[ "$status" = "$want" ] || { say "status $status, not $want"; return 1; }
	[ -z "$pattern" ] || grep -qE -- "$pattern" stderr
}

# at_fsync SIGNAL: makes at-SIGNAL, a poolmon that gets the signal when a file is complete and
# has the name aside
at_fsync() {
	gcc -shared -fPIC -x c -o fsync.so - <<-'END'
	#include <signal.h>
	#include <stdlib.h>
	int fsync(int fd)
	{
		(void)fd;
		return raise(atoi(getenv("SIGNAL_AT_FSYNC")));
	}
	END
	cat >"at-$1" <<-END
	#!/bin/sh
	SIGNAL_AT_FSYNC=$(kill -l "$1") LD_PRELOAD=./fsync.so \
		exec "$TOP/tools/poolmon/poolmon" "\$@"
	END
	chmod +x "at-$1"
}

build_sanitized() {
	local out=$BUILD/poolmon-asan
	mkdir -p "$out"
	ln -sf "$TOP"/tools/poolmon/*.[ch] "$TOP/tools/poolmon/Makefile" "$out/"
	find "$out" -xtype l -delete
	make -C "$out" OUT="$out/objects" WARNINGS="-Wall -Wextra -Werror" \
		CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined" poolmon
}

# shellcheck source=tools/poolmon/test/batch.sh
. "$POOLMON_TESTS/batch.sh"
# shellcheck source=tools/poolmon/test/record.sh
. "$POOLMON_TESTS/record.sh"
# shellcheck source=tools/poolmon/test/screen.sh
. "$POOLMON_TESTS/screen.sh"
# shellcheck source=tools/poolmon/test/metrics.sh
. "$POOLMON_TESTS/metrics.sh"
# shellcheck source=tools/poolmon/test/fuzz.sh
. "$POOLMON_TESTS/fuzz.sh"

# poolmon_initramfs NTPOOL HELPERS: prints the archive with poolmon and its libraries
poolmon_initramfs() {
	local root=$BUILD/guest/poolmon archive
	archive=$(system_initramfs poolmon "$1" "$2" "$POOLMON_TESTS/guest.sh")
	add_program "$root" "$TOP/tools/poolmon/poolmon"
	pack "$root" "$archive"
	say "$archive"
}

# poolmon itself in a guest with the stock kernel, which has lockdown
guest_checks() {
	local series headers stock modules helpers initramfs
	stock_set
	helpers=$(helper_modules "$headers" "$series" "$modules")
	initramfs=$(poolmon_initramfs "$modules" "$helpers")
	system_run "poolmon-$series" "$stock" "$initramfs"
}

poolmon_tests() {
	say "poolmon"
	need_packages "${POOLMON_PACKAGES[@]}" jq
	checks_in "$POOLMON_WORK" poolmon
	checked "builds without warnings" build_poolmon
	checked "builds with AddressSanitizer" build_sanitized
	batch_checks
	[ -z "${QUICK:-}" ] || return 0
	need_packages tmux clang prometheus python3-prometheus-client gnuplot-nox \
		libxml2-utils chromium
	slow_batch_checks
	record_checks
	screen_checks
	metrics_checks
	fuzz_checks
	guest_checks
}
