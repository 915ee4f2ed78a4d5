#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# make check: everything that can be said about the sources without running
# them.  Each check prints one line, ok or FAILED with the start of its log;
# the last line is `check: clean`, or how many failed.

# shellcheck source=tools/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tools/checks/headers.sh
. "$TOP/tools/checks/headers.sh"
# shellcheck source=tools/checks/setup.sh
. "$TOP/tools/checks/setup.sh"

LOGS=$BUILD/log/check
SERIES=(6.1 6.12)
# Compiled for as well, with the compiler of their release
LATER=(7.2 7.3)
ARM64=("${SERIES[@]}")
declare -A IN_TREE=([6.1]="y m" [6.12]="y m")
# Compiled for with sparse as well, and with NT's headers beside Linux'
SPARSE=("${SERIES[@]}")
HEADERS=("${SERIES[@]}")
# QUICK=1: one kernel for what hardly differs between them
if [ -n "${QUICK:-}" ]; then
	LATER=(6.12)
	ARM64=(6.12)
	IN_TREE=([6.1]="m" [6.12]="y")
	SPARSE=(6.1)
	HEADERS=(6.12)
fi
failed=0

# check NAME COMMAND...: the command prints what is wrong, and nothing else
check() {
	local name=$1 log seconds=$SECONDS
	log=$LOGS/${name//[^a-z0-9.]/-}.log
	shift
	mkdir -p "$LOGS"
	: >"$log"
	strictly "$log" "$@"
	if [ "$STRICT_STATUS" = 0 ] && [ ! -s "$log" ]; then
		printf '%-6s %s (%d s)\n' ok "$name" $((SECONDS - seconds))
		return
	fi
	failed=$((failed + 1))
	printf '%-6s %s: %s\n' FAILED "$name" "$log"
	head -n 15 "$log" | sed 's/^/       /'
}

# The project's files, as a fresh clone would have them
files() {
	(cd "$TOP" && find .ci Kconfig Makefile include kunit module tools \
		-type f "$@" ! -name '*.mod.c' ! -name '.*.cmd' ! -path '*/__pycache__/*' \
		! -path tools/poolmon/poolmon | sort)
}

# Those in which NT's names appear: its headers, the routines that are NT's,
# drivers written against them, and their tests
is_nt_style() {
	case $1 in
	include/nt/* | kunit/* | tools/system/mod/* | module/samples/disk_nt.c) ;;
	tools/packaging/example/*) ;;
	module/samples/bench*) ;;
	module/ddi/* | module/lists/zone_check.c | module/lists/slist.c) ;;
	module/base/irql.h | module/base/klock.h) ;;
	*) return 1 ;;
	esac
}

# Compiler, modpost and sparse speak of warnings and errors in these words.
complaints() { grep -iE '(warning|error)[: ]|\*\*\*' "$1" || true; }

# ---- Builds

# Functions that a compiler calls where the processor has no instruction, or may use none.
# The compiler's own library has them, and no kernel exports them.
HELPERS='__(aarch64|atomic|sync)_\w+|__u?(div|mod|divmod)[dt]i[34]|__mulo[dt]i4'

# helpers DIR: prints which of them the modules there want
helpers() {
	local module
	find "$1" -name '*.ko' | while read -r module; do
		nm -u "$module" | grep -oE " ($HELPERS)$" | sed "s/^/${module##*/} wants/" || true
	done
}

# fresh_build HEADERS NAME MAKE-ARG...: prints complaints of a whole build
fresh_build() {
	local headers=$1 name=$2 out=$BUILD/ext/check-$2
	shift 2
	rm -rf "$out"
	farm "$out"
	kbuild "$headers" M="$out" -j"$JOBS" "$@" modules \
		>"$LOGS/$name.build" 2>&1 || tail -n 20 "$LOGS/$name.build"
	complaints "$LOGS/$name.build"
	helpers "$out"
	floors "$out" || true
}

check_warnings() {
	fresh_build "$(stock_headers "$1")" "warnings-$1" W=1 KCFLAGS=-Werror
}

# Compiler and sparse in one build, so -Werror has to be left out: sparse would obey it. Tags
# are multi-character constants, and sparse has no switch for its opinion of them.
check_sparse() {
	fresh_build "$(stock_headers "$1")" "sparse-$1" W=1 C=2 |
		{ grep -v 'warning: multi-character character constant' || true; }
}

# ---- Other compilers and processors

# prepared SERIES NAME MAKE-ARG...: prints the build folder of a kernel that is
# configured for the suites. It is built as far as external modules need.
prepared() {
	local src out=$BUILD/check/prepared-$1-$2 variant=release
	src=$(kernel_source "$1")
	case $2 in
	i386 | arm64) variant=$2 ;;
	esac
	shift 2
	mkdir -p "$out"
	{ fragments "$variant"; printf 'CONFIG_%s=y\n' BLK_DEV; } >"$out/fragment"
	make -C "$src" O="$out" "$@" KCONFIG_ALLCONFIG="$out/fragment" allnoconfig >&2
	make -C "$src" O="$out" "$@" -j"$JOBS" modules_prepare >&2
	say "$out"
}

# Such a kernel exports no symbols, because it is not built: modpost may miss them.
MODPOST_NOISE='KBUILD_MODPOST_WARN|undefined!$|unresolved symbol warnings|vmlinux|Module.symvers'

# check_prepared SERIES NAME MAKE-ARG...: the modules and the header files
check_prepared() {
	local kdir name=$2-$1 log=$LOGS/$2-$1.prepare make_args=("${@:3}")
	kdir=$(prepared "$@" 2>"$log") || { tail -n 20 "$log"; return; }
	fresh_build "$kdir" "$name" W=1 KCFLAGS=-Werror KBUILD_MODPOST_WARN=1 \
		"${make_args[@]}" | grep -vE "$MODPOST_NOISE" || true
	for name in module/ntpool kunit/ntpool_kunit module/samples/ntpool_disk; do
		[ -e "$BUILD/ext/check-$2-$1/$name.ko" ] || say "$name.ko was not built"
	done
	check_headers_kernel "$kdir" "$2-$1" KCFLAGS=-Werror "${make_args[@]}"
}

check_arm64() {
	check_prepared "$1" arm64 ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
}

check_i386() {
	check_prepared "$1" i386 ARCH=i386
}

check_clang() {
	check_prepared "$1" clang CC=clang
}

# ---- In tree

# Semantic patches written in OCaml need a compiler for it: leave those few out.
graft_coccinelle() {
	local patch
	rm "$2/scripts/coccinelle"
	mkdir "$2/scripts/coccinelle"
	(cd "$1/scripts/coccinelle" && grep -rLE '(script|initialize):ocaml' .) |
	while read -r patch; do
		mkdir -p "$2/scripts/coccinelle/$(dirname "$patch")"
		cp "$1/scripts/coccinelle/$patch" "$2/scripts/coccinelle/$patch"
	done
}

# in_tree_config OUT VALUE: the options of the suites' kernel and our own
in_tree_config() {
	fragments release
	printf 'CONFIG_%s=y\n' MISC_DEVICES BLK_DEV
	printf "CONFIG_%s=$1\n" NTPOOL NTPOOL_KUNIT_TEST NTPOOL_SAMPLES NTPOOL_BENCH
}

# check_in_tree SERIES VALUE: every object, with warnings, as CONFIG_NTPOOL=VALUE
check_in_tree() {
	local tree out=$BUILD/check/out-$1 log=$LOGS/in-tree-$1-$2.build option
	tree=$BUILD/check/tree-$1
	graft "$1" "$tree"
	graft_coccinelle "$(kernel_source "$1")" "$tree"
	mkdir -p "$out"
	rm -rf "$out/drivers/misc/ntpool"
	in_tree_config "$2" >"$out/fragment"
	{
		make -C "$tree" O="$out" KCONFIG_ALLCONFIG="$out/fragment" allnoconfig
		make -C "$tree" O="$out" -j"$JOBS" prepare
		make -C "$tree" O="$out" -j"$JOBS" W=1 drivers/misc/ntpool/
	} >"$log" 2>&1 || tail -n 20 "$log"
	complaints "$log"
	for option in NTPOOL NTPOOL_KUNIT_TEST NTPOOL_SAMPLES NTPOOL_BENCH; do
		grep -qx "CONFIG_$option=$2" "$out/.config" || say "CONFIG_$option is not $2"
	done
	for option in module/main kunit/shared/fixture module/samples/disk_nt \
			module/samples/bench_main; do
		[ -e "$out/drivers/misc/ntpool/$option.o" ] || say "$option.o was not built"
	done
	floors "$out/drivers/misc/ntpool" || true
}

# spatch does not follow links: it is given a copy.
check_coccinelle() {
	local log=$LOGS/coccicheck.run debug=$LOGS/coccicheck.debug copy=$BUILD/check/copy
	rm -rf "$debug" "$copy"
	farm "$copy.links"
	cp -rL "$copy.links" "$copy"
	make -C "$BUILD/check/tree-6.1" O="$BUILD/check/out-6.1" coccicheck \
		MODE=report M="$copy" J="$JOBS" DEBUG_FILE="$debug" >"$log" 2>&1 ||
		tail -n 20 "$log"
	grep -E "^$copy/.*:[0-9]+" "$log" || true
	[ "$(grep -c '^[^ ]*spatch ' "$debug")" -gt 50 ] || say "few semantic patches ran"
}

# ---- Texts

# checkpatch FILE...: what is asked of code with Linux' names only
checkpatch() {
	(cd "$TOP" && "$(kernel_source 6.12)/scripts/checkpatch.pl" --no-tree \
		--strict --terse --no-summary --show-types "$@") || true
}

check_style() {
	local file waived
	while read -r file; do
		waived=FILE_PATH_CHANGES
		if is_nt_style "$file"; then
			# the shape of NT's macros is NT's
			waived+=,CAMELCASE,NEW_TYPEDEFS,MACRO_ARG_REUSE
			waived+=,MACRO_ARG_PRECEDENCE,MACRO_ARG_UNUSED
		fi
		case $file in
		# a program has the C library's macros and functions, not the kernel's
		tools/poolmon/*.[ch])
			waived+=,CAMELCASE,EMBEDDED_FUNCTION_NAME,ARRAY_SIZE,STRCPY,SPLIT_STRING
			waived+=,PREFER_DEFINED_ATTRIBUTE_MACRO
			;;
		# words of commands and of expected texts
		tools/poolmon/test/*.sh) waived+=,REPEATED_WORD ;;
		# macros that make functions and tables
		module/samples/bench*)
			waived+=,MACRO_WITH_FLOW_CONTROL,COMPLEX_MACRO,TRAILING_SEMICOLON
			;;
		# per-CPU variables can be passed to macros alone; an initialiser names its object
		module/heap/pcpu.h | module/account/tag_index.h) waived+=,MACRO_ARG_REUSE ;;
		# NT's names of the processor; words of __declspec() that end its attribute
		include/nt/ntdef.h) waived+=,ARCH_DEFINES,OPEN_ENDED_LINE,SPACING,COMPLEX_MACRO ;;
		kunit/ddi/rtl_nt.c) waived+=,ARCH_DEFINES ;;
		# NT's routines for volatile memory
		kunit/ddi/rtl_kunit.c) waived+=,VOLATILE ;;
		# the shape of tracepoints is the kernel's
		module/base/trace.h)
			waived+=,MACRO_ARG_REUSE,OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT
			;;
		esac
		if [ "$file" = module/base/compat.h ]; then
			waived+=,LINUX_VERSION_CODE,CONSTANT_COMPARISON
		fi
		checkpatch --ignore "$waived" -f "$file"
	done < <(files \( -name '*.[ch]' -o -name Makefile -o -name Kconfig \
		-o -name '*.sh' -o -name '*.py' -o -path '.ci/run' \))
	rm -f "$TOP"/.checkpatch-camelcase.*
}

check_kernel_doc() {
	# shellcheck disable=SC2046 # names without blanks
	(cd "$TOP" && "$(kernel_source 6.12)/scripts/kernel-doc" -none -Wall \
		$(files -name '*.[ch]')) 2>&1 | grep -v '^[0-9]* warnings' || true
}

check_shell() {
	# shellcheck disable=SC2046 # names without blanks
	(cd "$TOP" && shellcheck -x $(grep -lE '^#!/.*(sh|bash)$' \
		$(files)) tools/lib/lib.sh tools/lib/initramfs.sh tools/checks/headers.sh \
		tools/checks/setup.sh tools/test/{debug,example,fleet,trace}.sh \
		tools/test/install.sh tools/test/package.sh tools/test/poolmon.sh \
		tools/poolmon/lib.sh tools/poolmon/test/*.sh)
}

check_python() {
	local file
	for file in $(files -name '*.py'); do
		python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$TOP/$file"
	done
}

# The check with clang has built the modules and the suites.
check_routines() {
	"$TOP/tools/checks/routines.py" "$(kernel_source 6.12)/scripts/kernel-doc" \
		"$BUILD/ext/check-clang-6.1"
}

# Both pages are formatted, as make deb does it.
check_manual() {
	local page
	for page in "$TOP"/tools/{packaging/ntpool.4,poolmon/poolmon.1}.scd; do
		scdoc <"$page" 2>&1 >/dev/null | sed "s|^|${page#"$TOP/"}: |"
	done
	"$TOP/tools/checks/manual.py" "$BUILD/ext/check-sparse-6.1/module/ntpool.ko"
}

# NT's headers stand alone; the demo's NT half knows no other; versions are
# asked for in one place.
check_layers() {
	cd "$TOP"
	grep -nE '#include <(linux|asm|uapi|net|kunit)/' -r include/nt \
		module/samples/disk_nt.c || true
	grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION\(' -r module kunit include \
		--include='*.[ch]' | grep -v '^module/base/compat\.h:' || true
}

# Limits of the module's files and functions, in lines
check_sizes() {
	cd "$TOP"
	# shellcheck disable=SC2046 # names without blanks
	awk -v most_file=650 -v most_function=60 '
		FNR == 1 { start = 0 }
		FNR == most_file + 1 { print FILENAME ": more than " most_file " lines" }
		/^\{/ { start = FNR }
		/^\}/ {
			if (start && FNR - start - 1 > most_function)
				print FILENAME ":" start ": a function of " FNR - start - 1 " lines"
			start = 0
		}
	' $(find module -name '*.[ch]')
}

check_prose() {
	# shellcheck disable=SC2046 # names without blanks
	(cd "$TOP" && tools/checks/prose.py README.md $(files ! -name '*.txt' \
		! -name '*.config' ! -path '*/prose.py')) || true
}

check_licences() {
	local file
	for file in $(files); do
		case $file in
		tools/packaging/debian/*) continue ;;
		tools/poolmon/test/recorded/* | *.json) continue ;;
		*.txt | */.kunitconfig | *.mod | *.o | *.ko | *.cmd) continue ;;
		esac
		head -n 2 "$TOP/$file" | grep -q 'SPDX-License-[I]dentifier: GPL-2.0' ||
			say "$file: no SPDX line"
	done
}

# Brackets keep the patterns from finding themselves.
check_words() {
	cd "$TOP"
	{ files ! -path tools/packaging/debian/copyright; echo README.md; } | xargs grep -nIE \
		'[i]ssue #?[0-9]|/[w]ork/|/tmp/[b]rief|[T]ODO|[F]IXME|debian\.[o]rg' || true
}

main() {
	local series value list packages
	list=$(kernel_packages "${SERIES[@]}"
		kernel_packages "${LATER[@]}" | sed /source/d)
	mapfile -t packages <<<"$list"
	need_packages "${BUILD_TOOLS[@]}" sparse coccinelle shellcheck scdoc perl \
		clang gcc-aarch64-linux-gnu "${packages[@]}"
	for series in "${SERIES[@]}"; do
		kernel_source "$series" >/dev/null
	done
	for series in "${SPARSE[@]}"; do
		check "warnings and sparse, headers $series" check_sparse "$series"
	done
	for series in "${LATER[@]}"; do
		check "warnings, headers $series" check_warnings "$series"
	done
	for series in "${SERIES[@]}"; do
		for value in ${IN_TREE[$series]}; do
			check "in tree $series, CONFIG_NTPOOL=$value" \
				check_in_tree "$series" "$value"
		done
	done
	check "headers, all compilers" check_headers_compilers
	for series in "${HEADERS[@]}"; do
		check "headers and Linux headers $series" check_headers_stock "$series"
		check "names, headers $series" check_header_names "$series"
	done
	for series in "${ARM64[@]}"; do
		check "arm64 $series" check_arm64 "$series"
	done
	check "i386 6.1" check_i386 6.1
	check "clang 6.1" check_clang 6.1
	check "coccicheck" check_coccinelle
	check "checkpatch --strict" check_style
	check "kernel-doc" check_kernel_doc
	check "shellcheck" check_shell
	check "python" check_python
	check "tables of routines" check_routines
	check "manual page" check_manual
	check "set-up" check_setup
	check "layers" check_layers
	check "sizes" check_sizes
	check "prose" check_prose
	check "licences" check_licences
	check "words" check_words
	if [ "$failed" = 0 ]; then
		say "check: clean"
	else
		say "check: $failed checks failed"
		exit 1
	fi
}

main
