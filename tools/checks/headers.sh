# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Checks of include/nt; check.sh sources this file. Every header compiles alone, with
# every compiler. All of them compile beside Linux' headers, in either order. No name
# has two meanings. The files that are compiled are written below build/check.

# Linux' headers that drivers include most, and some rarer ones
LINUX_HEADERS=(module kernel types list slab mm vmalloc highmem pagemap swap spinlock
	rwlock mutex rwsem semaphore completion wait workqueue kthread sched sched/signal
	sched/mm cred interrupt irq_work timer hrtimer ktime delay percpu percpu-refcount
	atomic bitops bitmap bitfield cpumask nodemask idr xarray rbtree radix-tree hashtable
	llist rculist rcupdate srcu seqlock refcount kref string ctype sort random uuid
	fs namei file mount seq_file debugfs proc_fs sysfs kobject cdev miscdevice uaccess uio
	io ioport dma-mapping scatterlist bio blkdev blk-mq hdreg pci usb acpi device
	platform_device of regmap i2c spi/spi hid input tty tty_driver serial_core netdevice
	etherdevice skbuff inet ip if_ether nls efi crc32 kallsyms kprobes ftrace notifier
	reboot cpu smp stackdepot stacktrace memcontrol mempool genalloc dmapool shrinker
	security audit bpf perf_event trace_events tracepoint parser fault-inject kmemleak)

nt_headers() {
	(cd "$TOP/include/nt" && find . -name '*.h' -printf '%P\n' | sort)
}

linux_headers() {
	local name
	for name in "${LINUX_HEADERS[@]}"; do
		say "#include <linux/$name.h>"
	done
}

# includes HEADER...
includes() { printf '#include <%s>\n' "$@"; }

# included HEADER: a source that includes it. poppack.h has nothing to end without one
# of its kind before, and clang warns of those unless ntdef.h came first.
included() {
	case $1 in
	poppack.h) includes ntdef.h pshpack4.h poppack.h ;;
	pshpack*) includes ntdef.h "$1" poppack.h ;;
	*) includes "$1" ;;
	esac
}

# The kernel's flags for all compilers that matter here, and all warnings
PLAIN_FLAGS=(-std=gnu11 -ffreestanding -fshort-wchar -Wall -Wextra -Wundef
	-Wno-multichar -Wno-unused-parameter -Werror -fsyntax-only -x c)

# check_headers_plain COMPILER-AND-FLAGS...: each header twice. A header that does not
# compile alone does not compile twice either.
check_headers_plain() {
	local header
	for header in $(nt_headers); do
		{ included "$header"; included "$header"; } |
			"$@" "${PLAIN_FLAGS[@]}" -I"$TOP/include/nt" - ||
			say "$header fails: $*"
	done
}

COMPILERS=(gcc "gcc -m32" aarch64-linux-gnu-gcc clang "clang --target=i386-linux-gnu"
	"clang --target=aarch64-linux-gnu")

# for_each_compiler CHECK FLAG...: side by side, because each runs many small compilations
for_each_compiler() {
	local check=$1 compiler list pids=() pid
	shift
	for compiler in "${COMPILERS[@]}"; do
		read -ra list <<<"$compiler"
		"$check" "${list[@]}" "$@" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
}

check_headers_compilers() {
	local flags
	for flags in -fno-ms-extensions -fms-extensions \
		"-fms-extensions -fsigned-char -DNTPOOL_PURE_NT"; do
		# shellcheck disable=SC2086 # the flags are words
		for_each_compiler check_headers_plain $flags
	done
	for_each_compiler check_headers_pointers
	for_each_compiler check_headers_versions
	for_each_compiler check_headers_choice
	for_each_compiler check_headers_target
}

# ---- A driver's habits

# pointers ARGUMENT: a driver that gives it to a routine with a PVOID *, after T **
pointers() {
	includes ntddk.h
	cat <<-END
	typedef struct _WORK { ULONG Id; } WORK, *PWORK;
	static PWORK Current;
	static NTSTATUS Take(PVOID *Work)
	{
		*Work = InterlockedExchangePointer(&Current, NULL);
		return STATUS_SUCCESS;
	}
	NTSTATUS Driver(PWORK *Out, LONG Number)
	{
		(void)Out;
		(void)Number;
		return Take($1);
	}
	END
}

# check_headers_pointers COMPILER-AND-FLAGS...: uses the switches of a kernel's makefile.
# T ** for PVOID * is a warning, as on NT. A number for it stays an error.
check_headers_pointers() {
	local flags=(-I"$TOP/include/nt" -Werror=int-conversion
		"${PLAIN_FLAGS[@]/#-Werror/-Werror=incompatible-pointer-types}")
	pointers Out | "$@" "${flags[@]}" - 2>/dev/null || say "T ** is refused: $*"
	{ pointers Out | "$@" "${flags[@]}" - 2>&1 || true; } |
		grep -q 'warning: .*incompatible' || say "T ** is not told: $*"
	if pointers Number | "$@" "${flags[@]}" - >/dev/null 2>&1; then
		say "a number is accepted: $*"
	fi
}

# check_version WANTED COMPILER-AND-FLAGS...: the macros as a driver gets them
check_version() {
	local wanted=$1 found
	shift
	found=$({ includes ntddk.h; say 'version NTDDI_VERSION _WIN32_WINNT WINVER'; } |
		"$@" "${PLAIN_FLAGS[@]/#-fsyntax-only/-E}" -I"$TOP/include/nt" - |
		sed -n 's/^version //p')
	[ "$found" = "$wanted" ] || say "versions $found, not $wanted: $*"
}

check_headers_versions() {
	check_version "0x0A000008 0x0A00 0x0A00" "$@"
	check_version "0x06010000 (0x06010000 >> 16) (0x06010000 >> 16)" "$@" \
		-DNTDDI_VERSION=0x06010000
	check_version "0x06000100 (0x06000100 >> 16) 0x0501" "$@" \
		-DNTDDI_VERSION=0x06000100 -DWINVER=0x0501
	check_version "(0x0602 << 16) 0x0602 0x0602" "$@" -D_WIN32_WINNT=0x0602
	check_version "0x0A000008 0x0A00 0x0A00" "$@" -D_WIN32_WINNT=0x0A00
	check_version "0x0A00000B 0x0A00 0x0A00" "$@" -D_WIN32_WINNT=0x0A00 \
		-DNTDDI_VERSION=0x0A00000B
}

# A driver for an old NT, and one that leaves the choice to the headers
check_headers_choice() {
	{ say '#define NTDDI_VERSION 0x06010000'; includes ntddk.h; cat <<-'END'; } |
	#if NTDDI_VERSION >= NTDDI_WIN8
	#error "not the version that was asked for"
	#endif
	END
		"$@" "${PLAIN_FLAGS[@]}" -I"$TOP/include/nt" - || say "versions fail: $*"
}

# target_names: a driver that selects code by the names of NT's compiler and headers. Its
# ExAllocatePool() is that of the DDK's samples.
target_names() {
	includes ntddk.h
	cat <<-'END'
	#ifdef POOL_TAGGING
	#ifdef ExAllocatePool
	#undef ExAllocatePool
	#endif
	#define ExAllocatePool(Type, Size) ExAllocatePoolWithTag(Type, Size, 'lpmS')
	#else
	#error "no pool tags"
	#endif
	#ifdef _WIN64
	typedef ULONG64 NUMBER;
	#else
	typedef ULONG NUMBER;
	#endif
	C_ASSERT(sizeof(NUMBER) == sizeof(PVOID));
	#if defined(_AMD64_) && defined(_M_AMD64) && defined(_M_X64)
	C_ASSERT(sizeof(PVOID) == 8);
	#elif defined(_X86_) && defined(_M_IX86)
	C_ASSERT(sizeof(PVOID) == 4);
	#elif defined(_ARM64_) && defined(_M_ARM64)
	C_ASSERT(sizeof(PVOID) == 8);
	#else
	#error "no processor"
	#endif
	#ifdef _MSC_VER
	#error "this is not NT's compiler"
	#endif
	PVOID Driver(SIZE_T Size)
	{
		return ExAllocatePool(NonPagedPool, Size);
	}
	END
}

# check_headers_target COMPILER-AND-FLAGS...: also for a driver that defines the names itself
check_headers_target() {
	local flag flags=("${PLAIN_FLAGS[@]}" -I"$TOP/include/nt") own=(-DPOOL_TAGGING)
	target_names | "$@" "${flags[@]}" - || say "names of the processor fail: $*"
	for flag in $(target_names | "$@" "${flags[@]/#-fsyntax-only/-E}" -dM - |
			grep -oE '\<_(WIN64|AMD64_|M_AMD64|M_X64|X86_|M_IX86|ARM64_|M_ARM64)\>'); do
		own+=("-D$flag=2")
	done
	[ ${#own[@]} -gt 2 ] || say "no names of the processor: $*"
	target_names | "$@" "${flags[@]}" "${own[@]}" - || say "own names fail: $*"
}

# NT code may use every name that is Linux' alone.
own_names() {
	includes ntifs.h
	cat <<-'END'
	typedef struct { ULONG Value; } spinlock_t;
	struct task_struct { ULONG Id; };
	static struct task_struct *current;
	#define min(Left, Right) ((Left) < (Right) ? (Left) : (Right))
	static UCHAR Heap[64];
	static PVOID kmalloc(SIZE_T Size)
	{
		return Heap + sizeof(Heap) - min(Size, sizeof(Heap));
	}
	static void list_add(PLIST_ENTRY Entry, PLIST_ENTRY Head)
	{
		InsertHeadList(Head, Entry);
	}
	static NTPOOL_ATTR(__used__) PVOID OwnNames(spinlock_t *Lock, PLIST_ENTRY Head)
	{
		current = kmalloc(sizeof(*current));
		current->Id = Lock->Value;
		list_add(Head->Flink, Head);
		return current;
	}
	END
}

# Headers of C that a file may include among Linux' own
C_HEADERS=(stddef.h stdarg.h stdint.h string.h)

# header_sources DIR: a module of files that hold nothing but includes
header_sources() {
	local dir=$1 header base names=()
	for header in $(nt_headers); do
		base=${header%.h}
		included "$header" >"$dir/alone-$base.c"
		{ included "$header"; included "$header"; } >"$dir/twice-$base.c"
	done
	for header in ntddk wdm ntifs; do
		{ linux_headers; includes $header.h; } >"$dir/after-$header.c"
		{ includes $header.h; linux_headers; } >"$dir/before-$header.c"
		{ includes ntddk.h wdm.h; linux_headers; includes $header.h ntifs.h; } \
			>"$dir/between-$header.c"
	done
	{ linux_headers; includes "${C_HEADERS[@]}"; } >"$dir/after-c.c"
	{ includes "${C_HEADERS[@]}"; linux_headers; } >"$dir/before-c.c"
	{ linux_headers; includes stdbool.h "${C_HEADERS[@]}" ntddk.h; } >"$dir/between-c.c"
	own_names >"$dir/own-names.c"
	includes ntifs.h >"$dir/nt.c"
	linux_headers >"$dir/linux.c"
	for base in after-ntifs before-ntifs between-ntifs own-names; do
		cp "$dir/$base.c" "$dir/ms-$base.c"
	done
	mapfile -t names < <(cd "$dir" && find . -name '*.c' ! -name '*.mod.c' \
		-printf '%P\n' | sed 's/c$/o/' | sort)
	{ linux_headers; say 'MODULE_DESCRIPTION("Headers");'; say 'MODULE_LICENSE("GPL");'; } \
		>"$dir/main.c"
	{
		say "obj-m := headers.o"
		say "headers-y := main.o ${names[*]}"
		say "ccflags-y := -I$TOP/include/nt -Wno-multichar"
		for base in after-ntifs before-ntifs between-ntifs own-names; do
			say "CFLAGS_ms-$base.o := -fms-extensions"
		done
	} >"$dir/Makefile"
}

# check_headers_kernel KDIR NAME MAKE-ARG...: as objects of a kernel
check_headers_kernel() {
	local kdir=$1 name=$2 dir=$BUILD/check/headers-$2 log=$LOGS/headers-$2.build
	shift 2
	rm -rf "$dir"
	mkdir -p "$dir"
	header_sources "$dir"
	kbuild "$kdir" M="$dir" -j"$JOBS" W=1 KBUILD_MODPOST_WARN=1 "$@" modules \
		>"$log" 2>&1 || tail -n 20 "$log"
	complaints "$log" | grep -vE "$MODPOST_NOISE" || true
	[ -e "$dir/headers.ko" ] || say "headers.ko was not built"
}

check_headers_stock() {
	check_headers_kernel "$(stock_headers "$1")" "$1" KCFLAGS=-Werror
}

# check_header_names SERIES: what the preprocessor leaves, definitions included
check_header_names() {
	local kdir dir=$BUILD/check/headers-$1
	kdir=$(stock_headers "$1")
	kbuild "$kdir" M="$dir" KCFLAGS=-dD nt.i linux.i >"$LOGS/header-names-$1.build" 2>&1 ||
		tail -n 20 "$LOGS/header-names-$1.build"
	"$TOP/tools/checks/names.py" "$dir/nt.i" "$dir/linux.i" "$TOP/include/nt"
}
