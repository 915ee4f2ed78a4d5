#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# make bench: what ntpool's routines cost beside the kernel's own allocators.
#
# Without an argument, everything. With arguments one run, of which what the module
# printed is shown and nothing is judged:
#
#   icount SERIES [CASES]  instructions, the stock kernel of SERIES
#   native [CASES]         time, User Mode Linux
#   smp CPUS [CASES]       rates and emulated time, several processors
#   verify [CASES]         instructions with the verifier off, on, and not there
#   idle                   events of the kernel while nothing is allocated or freed
#   latency                the longest time with interrupts off
#
# CASES are names with wildcards, comma separated.  BENCH chooses groups of cases for
# everything: the words before the first underscore in the names.  The last line is
# `bench: N targets met, N missed, N not measured`, the status 0 only if all were met.

# shellcheck source=tools/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tools/lib/initramfs.sh
. "$TOP/tools/lib/initramfs.sh"

OUT=$BUILD/bench
# Instructions are counted on the stock kernels of these.
SERIES_ALL=(6.1 6.12 7.3)
# Several processors are compared on this series; User Mode Linux is of the other.
SMP_SERIES=6.1
IDLE_SERIES=6.1
VERIFY_SERIES=6.1
UML_SERIES=6.12

# keep NAME: the result of a guest becomes $OUT/NAME.txt
keep() {
	mkdir -p "$OUT"
	sed '/^END /d' "$LOGS/bench-$1.result" >"$OUT/$1.txt"
	grep -q '^end ' "$OUT/$1.txt" || die "the benchmark did not finish: $LOGS/bench-$1.console"
}

# ---- In an emulator

# bench_root NAME MODULES SCRIPT WORD...: a root for the guest; the words are for the
# script, which is of tools/bench
bench_root() {
	local root=$BUILD/guest/bench-$1 modules=$2 script=$3
	shift 3
	new_root "$root"
	cp "$TOP/tools/bench/$script" "$root/main.sh"
	cp "$modules/module/ntpool.ko" "$modules/module/samples/ntpool_bench.ko" "$root/modules/"
	say "$*" >"$root/bench.args"
	say "$root"
}

# Zeroing would be the same work for every allocator, and hide what differs.
# boot NAME SERIES CPUS ROOT QEMU-ARG...
boot() {
	local name=$1 stock root=$4 cpus=$3 status=0
	stock=$(stock_kernel "$2")
	shift 4
	pack "$root" "$root.cpio"
	"$TOP/tools/qemu/run-qemu" --name "bench-$name" --kernel "$stock/vmlinuz" \
		--initrd "$root.cpio" --cpus "$cpus" --mem 1536 --timeout 560 "$@" \
		--append "quiet loglevel=4 nowatchdog nokaslr init_on_alloc=0 init_on_free=0" ||
		status=$?
	[ $status = 0 ] || die "the guest did not end by itself (status $status)"
	keep "$name"
}

# guest NAME SERIES CPUS PARAMETERS QEMU-ARG...
guest() {
	local name=$1 series=$2 cpus=$3 parameters=$4 modules root
	shift 4
	modules=$(build_modules "$(stock_headers "$series")" "$series-stock")
	# shellcheck disable=SC2086 # the parameters are words
	root=$(bench_root "$name" "$modules" main.sh $parameters)
	boot "$name" "$series" "$cpus" "$root" "$@"
}

# One processor: several would take turns, at intervals that are not the guest's.
run_icount() {
	guest "icount-$1" "$1" 1 "unit=insn cases=$2" --count
}

run_smp() {
	guest "smp-$1" "$SMP_SERIES" "$1" "unit=ns cases=$2"
}

# One file for each setting of the verifier
split_settings() {
	rm -f "$OUT"/verify-*.txt
	awk -v out="$OUT" '/^setting / { file = out "/verify-" $2 ".txt"; next }
			   { print >file }' "$OUT/verify.txt"
	rm "$OUT/verify.txt"
}

run_verify() {
	local headers modules without root
	headers=$(stock_headers "$VERIFY_SERIES")
	modules=$(build_modules "$headers" "$VERIFY_SERIES-stock")
	without=$(build_modules "$headers" "$VERIFY_SERIES-without" \
		KCFLAGS=-DNTPOOL_WITHOUT_VERIFIER=1)
	root=$(bench_root verify "$modules" verify.sh "$1")
	mkdir -p "$root/modules/without"
	cp "$without/module/ntpool.ko" "$root/modules/without/"
	boot verify "$VERIFY_SERIES" 1 "$root" --count
	split_settings
}

run_idle() {
	local modules root
	modules=$(build_modules "$(stock_headers "$IDLE_SERIES")" "$IDLE_SERIES-stock")
	root=$(bench_root idle "$modules" idle.sh unit=insn "cases=$1")
	boot idle "$IDLE_SERIES" 1 "$root" --count
}

# The figure is that of the test, which has the suites that load all paths.
run_latency() {
	local times=$LOGS/kunit-6.1-irqsoff-1cpu.times longest='' status=0
	rm -f "$times"
	KERNEL=6.1 PARTS=irqsoff SUITES='' "$TOP/tools/test/test.sh" \
		>"$LOGS/bench-latency.log" 2>&1 || status=$?
	[ $status = 0 ] || note "make test PARTS=irqsoff failed: $LOGS/bench-latency.log"
	[ ! -s "$times" ] || longest=$(head -n 1 "$times")
	mkdir -p "$OUT"
	{
		[ -z "$longest" ] ||
			say "case=latency_irqsoff impl=pool value=${longest%% *} unit=insn"
		say "end status=$status"
	} >"$OUT/latency.txt"
}

# ---- Without one

uml_kernel() {
	local tree=$OUT/tree-$UML_SERIES out=$OUT/uml config=$TOP/tools/bench/uml.config line
	mkdir -p "$out"
	if [ ! -d "$tree" ] || ! cmp -s "$config" "$out/fragment"; then
		say "Building User Mode Linux (a few minutes, once)" >&2
		graft "$UML_SERIES" "$tree"
		quietly "$LOGS/config-uml.log" make -C "$tree" O="$out" ARCH=um \
			KCONFIG_ALLCONFIG="$config" allnoconfig >&2
		grep '^CONFIG_' "$config" | while read -r line; do
			grep -qxF "$line" "$out/.config" || die "uml: Kconfig did not accept $line"
		done
		cp "$config" "$out/fragment"
	fi
	farm "$tree/drivers/misc/ntpool"
	quietly "$LOGS/kernel-uml.log" make -C "$tree" O="$out" ARCH=um -j"$JOBS" linux >&2
	quietly "$LOGS/floors-uml.log" floors "$out/drivers/misc/ntpool" >&2
	say "$out/linux"
}

# uml LINUX NAME WORD...: one boot. It has no user space: the benchmark ends it.
uml() {
	local linux=$1 name=$2 console=$LOGS/bench-$2.console status=0
	shift 2
	timeout --foreground -k 5 300 "$linux" mem=1536M loglevel=7 ntpool_bench.power_off=1 \
		"$@" </dev/null >"$console" 2>&1 || status=$?
	[ $status = 0 ] || die "User Mode Linux ended with $status: $console"
	tr -d '\r' <"$console" | sed -n 's/^.*ntpool_bench: //p' >"$LOGS/bench-$name.result"
	keep "$name"
}

run_native() {
	local linux
	linux=$(uml_kernel)
	uml "$linux" native "ntpool_bench.cases=$1"
}

# A scan after each step of the load, so that seconds show what minutes would.
run_depth() {
	local linux
	linux=$(uml_kernel)
	uml "$linux" depth "ntpool_bench.cases=depth_*" ntpool.balance_ms=20
}

# ---- All of it

GROUPS_ALL=(pool lookaside zone peer sizes disk paper scale memory remote smp depth verify idle
	    latency)

# The verifier is measured with these.
VERIFY_CASES="pool_pair_*,pool_batch_256,pool_pages_5120,lookaside_pair"

# cases_of GROUP...: those of them that are asked for, as the parameter wants it
cases_of() {
	local group out=''
	for group; do
		case " ${BENCH:-${GROUPS_ALL[*]}} " in
		*" $group "*) out+=${out:+,}${group}_\* ;;
		esac
	done
	say "$out"
}

# run LABEL CASES COMMAND ARG...: one run, if there are cases for it
run() {
	local label=$1 cases=$2 seconds=$SECONDS
	shift 2
	[ -n "$cases" ] || return 0
	"$@" "$cases"
	note "$label: $((SECONDS - seconds)) s"
}

check_groups() {
	local group
	for group in ${BENCH:-}; do
		case " ${GROUPS_ALL[*]} " in
		*" $group "*) ;;
		*) die "BENCH=$BENCH: some of ${GROUPS_ALL[*]}" ;;
		esac
	done
}

run_all() {
	local status=0 script series
	check_groups
	rm -f "$OUT"/*.txt "$OUT"/*.csv "$OUT"/*.svg "$OUT"/*.dat "$OUT"/*.gp
	run "native time" "$(cases_of pool lookaside zone peer scale memory)" run_native
	run "depth of a lookaside list" "$(cases_of depth)" run_depth
	for series in "${SERIES_ALL[@]}"; do
		run "instructions, $series" \
			"$(cases_of pool lookaside zone peer sizes disk paper scale)" \
			run_icount "$series"
	done
	# Remote frees need another processor; the time of an emulator stands for
	# instructions there.
	run "two processors" "$(cases_of smp remote)" run_smp 2
	run "four processors" "$(cases_of smp)" run_smp 4
	run "the verifier" "$([ -z "$(cases_of verify)" ] || say "$VERIFY_CASES")" run_verify
	run "an idle machine" "$(cases_of idle)" run_idle
	run "interrupts off" "$(cases_of latency)" run_latency
	# shellcheck disable=SC2086 # the groups are words
	python3 "$TOP/tools/bench/report.py" "$OUT" ${BENCH:-} || status=$?
	find "$OUT" -maxdepth 1 -name '*.gp' | while read -r script; do
		(cd "$OUT" && gnuplot "$script") || die "gnuplot: $script"
	done
	return $status
}

main() {
	local list packages
	list=$(kernel_packages "${SERIES_ALL[@]}")
	mapfile -t packages <<<"$list"
	need_packages "${BUILD_TOOLS[@]}" "${GUEST_TOOLS[@]}" gnuplot-nox "${packages[@]}"
	case ${1:-all} in
	all) run_all ;;
	icount) run_icount "$2" "${3:-*}"; cat "$OUT/icount-$2.txt" ;;
	native) run_native "${2:-*}"; cat "$OUT/native.txt" ;;
	verify) run_verify "${2:-$VERIFY_CASES}"; tail -n +1 "$OUT"/verify-*.txt ;;
	idle) run_idle 'idle_*'; cat "$OUT/idle.txt" ;;
	latency) run_latency; cat "$OUT/latency.txt" ;;
	smp) run_smp "$2" "${3:-*}"; cat "$OUT/smp-$2.txt" ;;
	*) die "bench: what is $1?" ;;
	esac
}

main "$@"
