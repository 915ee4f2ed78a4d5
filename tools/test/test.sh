#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# make test: the KUnit suites, the times with interrupts off, and the system scenarios.
# The suites run on 64-bit and 32-bit kernels built for them. The scenarios, and a driver
# outside the tree, run on the stock Debian kernel. KERNEL chooses the series or a tree.
# Without it the suites run on 6.1 and 7.3, and the other parts on 6.1. VARIANT chooses one
# variant instead of both. CPUS chooses one number of processors instead of two and four.
# PARTS chooses some of the parts. ARCH=i386 and ARCH=arm64 choose the suites on another
# processor, and SUITES some of the KUnit suites.
# The last line is `N passed, N failed, N skipped`.

# Kernels of the suites. lib.sh gives KERNEL its default.
SUITE_KERNELS=("${KERNEL:-6.1}")
[ -n "${KERNEL:-}${QUICK:-}" ] || SUITE_KERNELS+=(7.3)

# shellcheck source=tools/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tools/lib/initramfs.sh
. "$TOP/tools/lib/initramfs.sh"

# shellcheck source=tools/test/debug.sh
. "$TOP/tools/test/debug.sh"
# shellcheck source=tools/test/example.sh
. "$TOP/tools/test/example.sh"
# shellcheck source=tools/test/fleet.sh
. "$TOP/tools/test/fleet.sh"
# shellcheck source=tools/test/install.sh
. "$TOP/tools/test/install.sh"
# shellcheck source=tools/test/package.sh
. "$TOP/tools/test/package.sh"
# shellcheck source=tools/test/poolmon.sh
. "$TOP/tools/test/poolmon.sh"
# shellcheck source=tools/test/trace.sh
. "$TOP/tools/test/trace.sh"

passed=0 failed=0 skipped=0 groups=()

# verdict STATUS NAME: counts and prints
verdict() {
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
		note "ok     $2"
	else
		failed=$((failed + 1))
		note "FAILED $2"
	fi
}

# checks_in DIR PART: an empty folder for the checks that follow, and what their names begin with
checks_in() {
	CHECK_DIR=$1 CHECK_PART=$2
	rm -rf "$CHECK_DIR"
	mkdir -p "$CHECK_DIR"
}

in_check_dir() {
	cd "$CHECK_DIR" && "$@"
}

# checked NAME COMMAND...: the verdict on a command, with its output on failure
checked() {
	local name=$1
	shift
	: >"$CHECK_DIR/check.log"
	strictly "$CHECK_DIR/check.log" in_check_dir "$@"
	verdict "$STRICT_STATUS" "$CHECK_PART: $name"
	[ "$STRICT_STATUS" = 0 ] || tail -n 20 "$CHECK_DIR/check.log" | sed 's/^/  /'
}

# in_group COMMAND...: in the background, as a process group of its own
in_group() {
	set -m
	"$@" </dev/null &
	set +m
	groups+=($!)
}

# Ends all that in_group has started
groups_stop() {
	local group
	for group in "${groups[@]}"; do
		kill -- "-$group" 2>/dev/null || true
	done
	groups=()
}

# A kernel tree of one's own has no stock image: the oldest series stands in.
stock_series() {
	if [ -d "$KERNEL" ]; then say 6.1; else say "$KERNEL"; fi
}

# stock_set: prepares the stock kernel. It sets variables of its caller: series, a name for
# logs; headers; stock, the folder of the image; modules, those of ntpool.
stock_set() {
	series=$(stock_series)
	headers=$(stock_headers "$series")
	stock=$(stock_kernel "$series")
	series=$(stock_name "$series")
	modules=$(build_modules "$headers" "$series-stock")
}

# judge NAME KIND SOURCE JUDGE-ARG...: prints the verdict of a run and adds up its
# counts.  SOURCE is the series or the kernel tree whose kunit.py parses the results.
judge() {
	local name=$1 kind=$2 kunit report=$LOGS/$1.report p f s
	kunit=$(kernel_source "$3")/tools/testing/kunit/kunit.py
	shift 3
	python3 "$TOP/tools/test/judge.py" "$kind" "$LOGS/$name.result" \
		"$LOGS/$name.console" --kunit "$kunit" --out "$LOGS/$name" "$@" \
		>"$report" || true
	grep -v '^counts ' "$report" || true
	if [ -n "${V:-}" ] && [ "$V" != 0 ]; then
		cat "$LOGS/$name.txt"
	fi
	read -r _ p f s < <(grep '^counts ' "$report" || say "counts 0 1 0")
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
	if [ "$f" != 0 ]; then
		note "console: $LOGS/$name.console"
	fi
}

# died_early NAME: true if the guest's kernel died before its first process, hence before it
# loaded any module.  QEMU's threads can run into an instruction that the kernel is replacing.
died_early() {
	! grep -q 'Run /init as init process' "$LOGS/$1.console" &&
		grep -q 'Kernel panic' "$LOGS/$1.console"
}

# boot NAME ARG...: the verdict is judge's, but a time-out is worth a word
boot() {
	local name=$1 status=0 try
	shift
	for try in 1 2 3; do
		status=0
		"$TOP/tools/qemu/run-qemu" --name "$name" "$@" || status=$?
		if [ "$try" = 3 ] || ! died_early "$name"; then
			break
		fi
		note "the kernel of the guest died before it loaded a module: again"
	done
	case $status in
	0) ;;
	124 | 137) note "FAILED $name: time is up" ;;
	*) note "FAILED $name: QEMU ended with $status: $(head -c 300 "$LOGS/$name.qemu")" ;;
	esac
}

# ---- KUnit

# kunit_initramfs NAME MODULES [BUSYBOX]: prints the archive
kunit_initramfs() {
	local root=$BUILD/guest/$1
	new_root "$root"
	[ -z "${3:-}" ] || cp "$3" "$root/bin/busybox"
	cp "$TOP/tools/test/kunit.sh" "$root/main.sh"
	cp "$2/module/ntpool.ko" "$2/kunit/ntpool_kunit.ko" "$root/modules/"
	pack "$root" "$root.cpio"
	say "$root.cpio"
}

# suites_in MODULE VARIANT: prints how many suites the module lists
suites_in() {
	local pointer=8
	[ "$2" != i386 ] || pointer=4
	size -A "$1" | awk -v p=$pointer '$1 == ".kunit_test_suites" { print $2 / p }'
}

# kunit_run VARIANT KDIR MODULES INITRAMFS CPUS VERIFIER [RUN-QEMU-ARG...]
kunit_run() {
	local name append='' limit=1200 mem=1536 seconds=$SECONDS
	name=kunit-$(series_of "$KERNEL")-$1-$5cpu${6:+-verifier}
	# Two nodes with half the processors each, where there are enough of them.
	[ "$5" -lt 4 ] || append="numa=fake=2"
	case $1 in
	debug | rt | kcsan | arm64*) limit=2400 ;;
	esac
	# A page there is sixteen times as large.
	[ "$1" != arm64-64k ] || mem=4096
	[ -z "$6" ] || append="$append ntk_verifier=$6"
	if [ "$1$5$6" = release2 ] && [ "$KERNEL" = "${SUITE_KERNELS[0]}" ] &&
	   [ -z "${QUICK:-}${SUITES:-}" ]; then
		append="$append ntk_refusals=${REFUSALS:-10}"
		limit=7200
	fi
	say "KUnit, kernel $(series_of "$KERNEL"), $1, $5 processors${6:+, verifier=$6}"
	boot "$name" --kernel "$2/$(boot_image "$1")" --initrd "$4" \
		--cpus "$5" --mem $mem --timeout $limit "${@:7}" \
		--append "loglevel=7 kunit.enable=1 kunit.autorun=1 $append"
	judge "$name" kunit "$KERNEL" \
		--suites "$(suites_in "$3/kunit/ntpool_kunit.ko" "$1")"
	note "$((SECONDS - seconds)) s, details in $LOGS/$name.txt"
}

# processors VARIANT: the numbers of processors to run with; QUICK=1: one of them
processors() {
	case ${CPUS:-}${QUICK:+quick-$1} in
	quick-debug) say 4 ;;
	quick-*) say 2 ;;
	*) say "${CPUS:-2 4}" ;;
	esac
}

kunit_variant() {
	local kdir modules initramfs cpus
	kdir=$(test_kernel "$KERNEL" "$1")
	modules=$(build_modules "$kdir" "$(series_of "$KERNEL")-$1")
	initramfs=$(kunit_initramfs "kunit-$1" "$modules")
	for cpus in $(processors "$1"); do
		kunit_run "$1" "$kdir" "$modules" "$initramfs" "$cpus" ""
	done
	# Correct use is not reported with special pool, IRQL checks and tracking on.
	if [ "$1" = release ]; then
		kunit_run "$1" "$kdir" "$modules" "$initramfs" 2 0xb
	fi
}

kunit_variants() {
	local variant KERNEL
	[ "${VARIANT:-}" != cloud ] || die "VARIANT=cloud: Debian's kernels alone, PARTS=system"
	for KERNEL in "${SUITE_KERNELS[@]}"; do
		for variant in ${VARIANT:-release debug}; do
			if [ ${#SUITE_KERNELS[@]} -gt 1 ] &&
			   ! has_variant "$KERNEL" "$variant"; then
				note "$KERNEL has no variant $variant"
				continue
			fi
			kunit_variant "$variant"
		done
	done
}

# kunit_on ARCH VARIANT: the same suites on another processor
kunit_on() {
	local kdir modules busybox initramfs kbuild
	kdir=$(test_kernel "$KERNEL" "$2")
	mapfile -t kbuild < <(make_arguments "$2")
	modules=$(build_modules "$kdir" "$(series_of "$KERNEL")-$2" "${kbuild[@]}")
	busybox=$(busybox_for "$1")
	initramfs=$(kunit_initramfs "kunit-$2" "$modules" "$busybox")
	kunit_run "$2" "$kdir" "$modules" "$initramfs" "${CPUS:-2}" "" --arch "$1"
}

# The memory model is weaker there, and pages may be larger.
kunit_arm64() {
	local variant
	need_packages gcc-aarch64-linux-gnu qemu-system-arm
	for variant in $ARM64_VARIANTS; do
		kunit_on arm64 "$variant"
	done
}

# ---- Interrupts off

# Instructions that ntpool may keep interrupts off
IRQSOFF_MOST=10000
# The suites of the run: those that load heaps, lists and the verifier in all contexts.
IRQSOFF_SUITES='heap/% pool/pool pool/free lists/% verify/% special/% observe/callers whole/stress'
# Only the suites call it, and it checks a whole heap under its lock.
IRQSOFF_NOT='ntpool_test_check_heaps'

# irqsoff_says NAME: the longest time with interrupts off, and where
irqsoff_says() {
	local list=$LOGS/$1.times longest most status=1
	tr -d '\r' <"$LOGS/$1.result" | sed -n '/^[^;]*;/s/.*irqsoff: ntpool //p' |
		sed -n 's/^\([^ :]*\):\([0-9]*\) \([0-9]*\)$/\3 \1 line \2/p' |
		sed "/ $IRQSOFF_NOT /d" | sort -rn | sort -usk2 | sort -rn >"$list"
	longest=$(head -n 1 "$list")
	most=${longest%% *}
	if [ "${most:-0}" -gt 0 ] && [ "$most" -le $IRQSOFF_MOST ]; then
		status=0
	fi
	verdict $status "interrupts off, most instructions: ${longest:-none were measured}"
	[ $status = 0 ] || sed 's/^/  /;6q' "$list"
}

# One processor: several would take turns, and each would count for all of them.
irqsoff() {
	local kdir series modules initramfs name
	kdir=$(test_kernel "$KERNEL" release)
	series=$(series_of "$KERNEL")
	modules=$(SUITES=${SUITES:-$IRQSOFF_SUITES} build_modules "$kdir" "$series-irqsoff" \
		KCFLAGS="-include $TOP/tools/test/irqsoff.h")
	initramfs=$(kunit_initramfs kunit-irqsoff "$modules")
	name=kunit-$series-irqsoff-1cpu
	kunit_run irqsoff "$kdir" "$modules" "$initramfs" 1 "" --count
	irqsoff_says "$name"
}

# ---- System scenarios

# helper_modules HEADERS SERIES NTPOOL: modules that only the scenarios use
helper_modules() {
	local out=$BUILD/ext/system-$2
	mkdir -p "$out"
	find "$out" -xtype l -delete
	ln -sf "$TOP"/tools/system/mod/* "$out/"
	quietly "$LOGS/modules-system-$2.log" kbuild "$1" M="$out" \
		NTPOOL="$3" KBUILD_EXTRA_SYMBOLS="$3/Module.symvers" modules >&2
	say "$out"
}

# system_initramfs NAME NTPOOL HELPERS SCENARIO...: prints the archive
system_initramfs() {
	local root=$BUILD/guest/$1 ntpool=$2 helpers=$3
	shift 3
	new_root "$root"
	mkdir "$root/scenarios"
	cp "$TOP/tools/test/system.sh" "$root/main.sh"
	cp "$TOP/tools/system/lib.sh" "$root/lib.sh"
	cp "$@" "$root/scenarios/"
	cp "$ntpool/module/ntpool.ko" "$helpers"/*.ko "$root/modules/"
	pack "$root" "$root.cpio"
	say "$root.cpio"
}

# system_run NAME STOCK INITRAMFS [ALLOWED-SPLATS]
system_run() {
	boot "$1" --kernel "$2/vmlinuz" --initrd "$3" --cpus "${CPUS:-2}" \
		--mem 1024 --timeout 800 --append "loglevel=7 nowatchdog"
	judge "$1" system "$KERNEL" --allow "${4:-}"
}

# Threads of these guests end in oopses, as they shall.
FAULTS='Oops: 000[02]|BUG: unable to handle page fault|Call Trace'

# readme_says TABLE: the table in module/verify/README.md is what was measured
readme_says() {
	local status=0
	python3 "$TOP/tools/system/detect.py" "$1" >"$1.diff" 2>&1 || status=1
	verdict $status "module/verify/README.md has the table that was measured"
	[ $status = 0 ] || sed 's/^/  /' "$1.diff"
}

# detect_run NAME STOCK INITRAMFS: the table is kept by itself
detect_run() {
	system_run "$1" "$2" "$3" "$FAULTS"
	sed -n 's/^ *# table //p' "$LOGS/$1.result" | tr -d '\r' >"$LOGS/$1.table"
	note "what is detected, and when: $LOGS/$1.table"
	readme_says "$LOGS/$1.table"
}

# An error that stops the machine gets a guest of its own.  Its verdict is in the
# console log: the report, before anything that the kernel says, then the panic.
# stop_run SERIES STOCK INITRAMFS PARAMETER ERROR CONTEXT STOP PANIC
stop_run() {
	local name=stop-$5-$6-$1 append console first status=1
	console=$LOGS/$name.console
	append="loglevel=7 nowatchdog nt_ntpool:$4 nt_what:$5 nt_where:$6"
	boot "$name" --kernel "$2/vmlinuz" --initrd "$3" --cpus "${CPUS:-2}" \
		--mem 1024 --timeout 400 --append "$append"
	first=$(grep -m 1 'ntpool: \*\*\* STOP\|BUG: unable to handle' "$console" || true)
	if [[ $first == *"ntpool: *** STOP: 0x000000$7 "* ]] &&
	   sed -n '/ntpool: \*\*\* STOP/,$p' "$console" |
		grep "Kernel panic - not syncing: $8" >/dev/null &&
	   grep -q '^ready' "$LOGS/$name.result" &&
	   ! grep -q '^survived\|^END' "$LOGS/$name.result"; then
		status=0
	fi
	verdict $status "$4, $5, $6: $7, then the machine stops"
	[ $status = 0 ] || note "console: $console"
}

# bugcheck=panic, and a fault in each context in which the kernel ends with it.
stop_scenarios() {
	local initramfs
	initramfs=$(system_initramfs stop "$3" "$4" "$TOP/tools/system/stop.sh")
	stop_run "$1" "$2" "$initramfs" bugcheck=panic double_free thread C2 .*ntpool
	stop_run "$1" "$2" "$initramfs" bugcheck=panic bugcheck thread E2 .*ntpool
	stop_run "$1" "$2" "$initramfs" verifier=0x9 overrun_1 softirq D6 \
		'Fatal exception in interrupt'
	stop_run "$1" "$2" "$initramfs" verifier=0x9 write_freed hardirq D5 \
		'Fatal exception in interrupt'
}

# The test kernel has no kprobes.
notifier_scenario() {
	local kdir series modules helpers initramfs name
	kdir=$(test_kernel "$KERNEL" release)
	series=$(series_of "$KERNEL")
	modules=$(build_modules "$kdir" "$series-release")
	helpers=$(helper_modules "$kdir" "$series-release" "$modules")
	initramfs=$(system_initramfs notifier "$modules" "$helpers" \
		"$TOP/tools/system/notifier.sh")
	name=notifier-$series
	boot "$name" --kernel "$kdir/arch/x86/boot/bzImage" --initrd "$initramfs" \
		--cpus "${CPUS:-2}" --mem 1024 --timeout 400 --append "loglevel=7"
	judge "$name" system "$KERNEL" --allow "$FAULTS"
}

system_scenarios() {
	local series headers stock modules helpers initramfs list=()
	stock_set
	helpers=$(helper_modules "$headers" "$series" "$modules")
	mapfile -t list < <(find "$TOP/tools/system" -name '[0-9]*.sh' | sort)
	say "System scenarios, stock kernel ${stock##*/}"
	initramfs=$(system_initramfs system "$modules" "$helpers" "${list[@]}")
	system_run "system-$series" "$stock" "$initramfs"
	initramfs=$(system_initramfs detect "$modules" "$helpers" "$TOP/tools/system/detect.sh")
	detect_run "detect-$series" "$stock" "$initramfs"
	stop_scenarios "$series" "$stock" "$modules" "$helpers"
	notifier_scenario
}

# ---- Other tools

# peer_run TOOL SERIES IMAGE INITRAMFS APPEND
peer_run() {
	local name=peers-$1
	boot "$name" --kernel "$3" --initrd "$4" --cpus 2 --mem 1024 --timeout 400 \
		--append "loglevel=7 nowatchdog nt_tool=$1 $5"
	judge "$name" system "$2" --allow 'BUG|WARNING|Call Trace'
	sed -n 's/^ *# table //p' "$LOGS/$name.result" | tr -d '\r' >"$LOGS/$name.table"
	note "what $1 of $2 detects, and when: $LOGS/$name.table"
	readme_says "$LOGS/$name.table"
}

# peer_initramfs HEADERS NAME: prints the archive
peer_initramfs() {
	local modules helpers
	modules=$(build_modules "$1" "$2")
	helpers=$(helper_modules "$1" "$2" "$modules")
	system_initramfs "peers-$2" "$modules" "$helpers" "$TOP/tools/system/peers.sh"
}

# The same errors with memory of the kernel's, where another tool watches: each on the
# kernel of ours or of Debian's that has it.
peers() {
	local kdir stock initramfs
	say "What other tools detect"
	initramfs=$(peer_initramfs "$(stock_headers 6.1)" 6.1-stock)
	stock=$(stock_kernel 6.1)
	peer_run slub 6.1 "$stock/vmlinuz" "$initramfs" slub_debug=FZPU
	initramfs=$(peer_initramfs "$(stock_headers 6.12)" 6.12-stock)
	stock=$(stock_kernel 6.12)
	peer_run kfence 6.12 "$stock/vmlinuz" "$initramfs" kfence.sample_interval=1
	kdir=$(test_kernel 6.1 debug)
	initramfs=$(peer_initramfs "$kdir" 6.1-debug)
	peer_run kasan 6.1 "$kdir/arch/x86/boot/bzImage" "$initramfs" kasan_multi_shot
}

# check_variables: ends the run where a variable has a wrong value, before anything is built
check_variables() {
	local variant
	[[ ${REFUSALS:-10} =~ ^[1-9][0-9]+$ ]] || die "REFUSALS=$REFUSALS: 10 or more"
	ARM64_VARIANTS='arm64 arm64-16k'
	for variant in ${VARIANT:-}; do
		case $GUEST_ARCH,$variant in
		arm64,arm64 | arm64,arm64-16k | arm64,arm64-64k) ARM64_VARIANTS=$VARIANT ;;
		arm64,*) die "ARCH=arm64: VARIANT is arm64, arm64-16k or arm64-64k" ;;
		i386,i386) ;;
		*,arm64*) die "VARIANT=$variant: with ARCH=arm64" ;;
		*,i386) die "VARIANT=i386: with ARCH=i386" ;;
		esac
	done
}

main() {
	local part list packages seconds
	local standard="kunit i386 irqsoff system example poolmon trace fleet debug"

	[ -z "${QUICK:-}" ] || standard="kunit system example poolmon"
	check_variables
	list=$(kernel_packages "$KERNEL")
	mapfile -t packages <<<"$list"
	need_packages "${BUILD_TOOLS[@]}" "${GUEST_TOOLS[@]}" "${packages[@]}"
	[ "$GUEST_ARCH" = x86_64 ] || PARTS=$GUEST_ARCH
	for part in ${PARTS:-$standard}; do
		seconds=$SECONDS
		case $part in
		kunit) kunit_variants ;;
		i386) kunit_on i386 i386 ;;
		arm64) kunit_arm64 ;;
		irqsoff) irqsoff ;;
		system) system_scenarios ;;
		example) example_part ;;
		peers) peers ;;
		install) install_releases ;;
		poolmon) poolmon_tests ;;
		trace) trace_part ;;
		fleet) fleet_tests ;;
		debug) debug_tests ;;
		*) die "PARTS=$PARTS: some of kunit, i386, arm64, irqsoff, system, example," \
			"poolmon, trace, fleet, debug, peers and install" ;;
		esac
		note "$part: $((SECONDS - seconds)) s"
	done
	say "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

main
