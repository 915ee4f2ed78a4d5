#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# make test-all: all KUnit suites on each kernel and in each variant. Each cell of the table
# in README.md is one `make test`. KERNELS and VARIANTS name some rows and columns; the
# other cells keep their results. A result is a file below build/test-all, and matrix.py
# makes the table of these files. The last line is `N cells passed, N failed`.

# shellcheck source=tools/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

RESULTS=$BUILD/test-all
ALL_KERNELS='6.1 6.12 7.2 7.3'
ALL_VARIANTS='release debug rt kcsan i386 arm64 arm64-16k'

# These would make a cell smaller than it says.
unset SUITES CPUS PARTS VARIANT QUICK REFUSALS

# tested: prints the commit; + says that the sources differ from it. The table does not count.
tested() {
	local commit
	commit=$(git -C "$TOP" rev-parse --short HEAD 2>/dev/null) || { say unknown; return; }
	[ -z "$(git -C "$TOP" status --porcelain -- . ':!README.md')" ] || commit+=+
	say "$commit"
}

# cell KERNEL VARIANT: runs it and keeps `PASSED FAILED SKIPPED COMMIT`
cell() {
	local result=$RESULTS/$1-$2 log=$LOGS/test-all-$1-$2.log commit part=(PARTS=kunit)
	local totals='^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$'
	commit=$(tested)
	case $2 in
	i386) part+=(ARCH=i386) ;;
	arm64*) part+=(ARCH=arm64 VARIANT="$2") ;;
	*) part+=(VARIANT="$2") ;;
	esac
	rm -f "$result"
	if ! has_variant "$1" "$2"; then
		say none >"$result"
		note "$1, $2: the kernel does not have it"
		return
	fi
	env KERNEL="$1" "${part[@]}" "$TOP/tools/test/test.sh" >"$log" 2>&1 </dev/null || true
	if [[ $(tail -n 1 "$log") =~ $totals ]]; then
		say "${BASH_REMATCH[*]:1} $commit" >"$result"
	else
		say "broken $commit" >"$result"
	fi
	note "$1, $2: $(tail -n 1 "$log")"
	grep FAILED "$log" | head -n 20 || true
}

# known WORD WORDS: ends the run where the word is none of them
known() {
	[[ " $2 " == *" $1 "* ]] || die "make test-all: $1 is none of $2"
}

main() {
	local kernel variant
	for kernel in ${KERNELS:=$ALL_KERNELS}; do known "$kernel" "$ALL_KERNELS"; done
	for variant in ${VARIANTS:=$ALL_VARIANTS}; do known "$variant" "$ALL_VARIANTS"; done
	mkdir -p "$RESULTS" "$LOGS"
	for kernel in $KERNELS; do
		say "Kernel $kernel"
		kernel_source "$kernel" >/dev/null
		for variant in $VARIANTS; do
			cell "$kernel" "$variant"
			write_table
		done
	done
	"$TOP/tools/test-all/matrix.py" --verdict "$RESULTS" "$KERNELS" "$VARIANTS"
}

write_table() {
	"$TOP/tools/test-all/matrix.py" --write "$RESULTS" "$ALL_KERNELS" "$ALL_VARIANTS"
}

main
