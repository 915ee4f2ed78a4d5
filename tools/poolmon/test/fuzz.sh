# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The parsers under a fuzzer for FUZZ_SECONDS.  Sourced by tools/test/poolmon.sh.

FUZZ_SECONDS=${FUZZ_SECONDS:-60}

fuzz_build() {
	local sources=$TOP/tools/poolmon
	clang -std=gnu11 -D_GNU_SOURCE -O1 -g -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -I"$sources" -o fuzzer "$POOLMON_TESTS/fuzz.c" \
		-I/usr/include/libsmartcols \
		"$sources"/{text,parse,snapshot,view,pooltag,record,batch,table,aside}.c \
		-lsmartcols -lz -lm
}

# Seeds: the recorded files, each behind the byte that chooses its parser
fuzz_run() {
	local number=0 file
	mkdir -p corpus
	for file in tags callers lookaside pools; do
		{ printf '%b' "\\000$number"; cat "$RECORDED/ntpool/$file"; } >corpus/$file
		number=$((number + 1))
	done
	{ printf '\004'; sed 1d growth | head -c 15000; } >corpus/record
	printf '\005rem x\nAbcd - a.sys - text\nAb?* - <b> - c\n' >corpus/pooltag
	./fuzzer -max_total_time="$FUZZ_SECONDS" -max_len=20000 -rss_limit_mb=1024 \
		-print_final_stats=1 corpus >fuzz.log 2>&1 || { tail -n 30 fuzz.log; return 1; }
	grep number_of_executed_units fuzz.log
	[ "$(sed -n 's/.*number_of_executed_units: *//p' fuzz.log)" -gt 1000 ]
}

fuzz_checks() {
	checked "the fuzzer builds" fuzz_build
	checked "the parsers under the fuzzer, $FUZZ_SECONDS s" fuzz_run
	note "$(tail -n 1 "$POOLMON_WORK/check.log")"
}
