# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Checks of include/nt, for check.sh, which sources this: every header stands
# alone, with every compiler; all of them get along with Linux' headers in
# either order; and no name means two things.  The files that are compiled are
# written below build/check.

# Linux' headers that drivers include most, and some that they include rarely
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

# The kernel's flags for all compilers that matter here, and all warnings
PLAIN_FLAGS=(-std=gnu11 -ffreestanding -fshort-wchar -Wall -Wextra -Wundef
	-Wno-multichar -Wno-unused-parameter -Werror -fsyntax-only -x c)

# check_headers_plain COMPILER-AND-FLAGS...: each header once and twice
check_headers_plain() {
	local header times
	for header in $(nt_headers); do
		for times in "$header" "$header $header"; do
			# shellcheck disable=SC2086 # one header or two
			includes $times |
				"$@" "${PLAIN_FLAGS[@]}" -I"$TOP/include/nt" - ||
				say "$header fails: $*"
		done
	done
}

for_each_compiler() {
	check_headers_plain gcc "$@"
	check_headers_plain gcc -m32 "$@"
	check_headers_plain aarch64-linux-gnu-gcc "$@"
	check_headers_plain clang "$@"
	check_headers_plain clang --target=i386-linux-gnu "$@"
	check_headers_plain clang --target=aarch64-linux-gnu "$@"
}

check_headers_compilers() {
	local flags
	for flags in -fno-ms-extensions -fms-extensions "-fms-extensions -DNTPOOL_PURE_NT"; do
		# shellcheck disable=SC2086 # the flags are words
		for_each_compiler $flags
	done
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

# header_sources DIR: a module of files that hold nothing but includes
header_sources() {
	local dir=$1 header base names=()
	for header in $(nt_headers); do
		base=${header%.h}
		includes "$header" >"$dir/alone-$base.c"
		includes "$header" "$header" >"$dir/twice-$base.c"
	done
	for header in ntddk wdm ntifs; do
		{ linux_headers; includes $header.h; } >"$dir/after-$header.c"
		{ includes $header.h; linux_headers; } >"$dir/before-$header.c"
		{ includes ntddk.h wdm.h; linux_headers; includes $header.h ntifs.h; } \
			>"$dir/between-$header.c"
	done
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
	make -C "$kdir" M="$dir" -j"$JOBS" W=1 KBUILD_MODPOST_WARN=1 "$@" modules \
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
	make -C "$kdir" M="$dir" KCFLAGS=-dD nt.i linux.i >"$LOGS/header-names-$1.build" 2>&1 ||
		tail -n 20 "$LOGS/header-names-$1.build"
	"$TOP/tools/checks/names.py" "$dir/nt.i" "$dir/linux.i" "$TOP/include/nt"
}
