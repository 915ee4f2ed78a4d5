// SPDX-License-Identifier: GPL-2.0
/*
 * The cost as numbers grow: tags, live blocks; and the time to read `tags`.
 *
 * scale_tags_N uses N tags in turn, after each of them has been in use for a while.
 * scale_tags_new uses TAGS_NEW tags that are as new, and stay so: the first allocations of
 * a tag cost more. While too many tags are hot, all allocations of a tag cost that much.
 *
 * scale_live_N replaces blocks at random among N of 64 bytes. Its frees and allocations
 * thus reach pages all over the pool. Instruction counts show searches that grow. Times
 * show the processor's caches as well, which affect the peer too.
 *
 * The benchmark reads the debugfs files as a user's read() would, through their
 * seq_file. It uses a mount that only this module sees.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>
#include <ntddk.h>

#include "bench.h"

#define TAG	('hcnB')

enum {
	BLOCK_BYTES = 64,
	TAGS_MAX = 10000,
	TAGS_NEW = 5000,
	TAG_DIGITS = 26,
	TAG_USES = 48,
};

/* ---- Tags ----------------------------------------------------------------- */

/* Tags in use, and the one whose turn it is. */
static u32 *tag;
static unsigned int tags, turn;

static __always_inline u32 next_tag(void)
{
	turn = turn + 1 < tags ? turn + 1 : 0;
	return tag[turn];
}

/* "Baaa", "Bbaa" and so on, with @first 'B' */
static u32 numbered_tag(char first, unsigned int nr)
{
	u32 value = first;
	unsigned int digit;

	for (digit = 1; digit < 4; digit++, nr /= TAG_DIGITS)
		value |= ('a' + nr % TAG_DIGITS) << 8 * digit;
	return value;
}

static BENCH_PAIR_ROUND(tag_loop, (next_tag(), bench_nothing()), bench_nothing_freed(p))
static BENCH_PAIR_ROUND(tag_pair,
			ExAllocatePoolWithTag(NonPagedPool, BLOCK_BYTES, next_tag()),
			ExFreePoolWithTag(p, tag[turn]))

/* Uses each tag a few times. With TAG_USES, a worker provides counters on each CPU. */
static void tags_use(unsigned int uses)
{
	unsigned int i;
	void *p;

	for (i = 0; i < tags * uses; i++) {
		p = ExAllocatePoolWithTag(NonPagedPool, BLOCK_BYTES, next_tag());
		if (p)
			ExFreePoolWithTag(p, tag[turn]);
		cond_resched();
	}
}

static int tags_setup(char first, unsigned int nr, unsigned int uses)
{
	unsigned int i;

	tag = vmalloc(array_size(nr, sizeof(*tag)));
	if (!tag)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		tag[i] = numbered_tag(first, i);
	tags = nr;
	turn = 0;
	tags_use(uses);
	return 0;
}

static int tags_setup_1(void)
{
	return tags_setup('B', 1, TAG_USES);
}

static int tags_setup_100(void)
{
	return tags_setup('B', 100, TAG_USES);
}

static int tags_setup_10000(void)
{
	return tags_setup('B', TAGS_MAX, TAG_USES);
}

/* With the rounds of instructions, no tag gets to the number of allocations of a hot one. */
static int tags_setup_new(void)
{
	return bench_insn ? tags_setup('N', TAGS_NEW, 1) : -ENODEV;
}

static void tags_teardown(void)
{
	vfree(tag);
}

#define TAGS_CASE(nr, ops_) {						\
	.name = "scale_tags_" #nr,					\
	.ops = ops_,							\
	.setup = tags_setup_##nr,					\
	.teardown = tags_teardown,					\
	.loop = tag_loop,						\
	.impl = { { "pool", tag_pair } },				\
}

/* ---- Live blocks ---------------------------------------------------------- */

enum live_side { LIVE_NOTHING, LIVE_POOL, LIVE_KMALLOC, LIVE_SIDES };

static void **live[LIVE_SIDES];
static unsigned int lives;
static u32 live_state;

static __always_inline unsigned int any_live(void)
{
	return (u64)bench_random(&live_state) * lives >> 32;
}

/* A block at random is freed and another one takes its place. */
#define LIVE_ROUND(name, side, alloc, free)				\
static u64 name(unsigned int ops)					\
{									\
	u64 start = bench_clock();					\
	unsigned int i;							\
									\
	for (i = 0; i < ops; i++) {					\
		unsigned int nr = any_live();				\
		void *p = live[side][nr];				\
									\
		if (likely(p))						\
			free;						\
		p = (alloc);						\
		OPTIMIZER_HIDE_VAR(p);					\
		live[side][nr] = p;					\
		if (unlikely(!p))					\
			return BENCH_FAILED;				\
	}								\
	return bench_clock() - start;					\
}

LIVE_ROUND(live_loop, LIVE_NOTHING, bench_nothing(), bench_nothing_freed(p))
LIVE_ROUND(live_pool, LIVE_POOL, ExAllocatePoolWithTag(NonPagedPool, BLOCK_BYTES, TAG),
	   ExFreePoolWithTag(p, TAG))
LIVE_ROUND(live_kmalloc, LIVE_KMALLOC, kmalloc(BLOCK_BYTES, GFP_KERNEL), kfree(p))

static void live_teardown(void)
{
	unsigned int i;

	for (i = 0; i < lives; i++) {
		if (live[LIVE_POOL] && live[LIVE_POOL][i])
			ExFreePoolWithTag(live[LIVE_POOL][i], TAG);
		if (live[LIVE_KMALLOC])
			kfree(live[LIVE_KMALLOC][i]);
		if (!(i % SZ_4K))
			cond_resched();
	}
	for (i = 0; i < LIVE_SIDES; i++)
		vfree(live[i]);
}

static bool live_fill(unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		live[LIVE_NOTHING][i] = live;
		live[LIVE_POOL][i] = ExAllocatePoolWithTag(NonPagedPool, BLOCK_BYTES, TAG);
		live[LIVE_KMALLOC][i] = kmalloc(BLOCK_BYTES, GFP_KERNEL);
		if (!live[LIVE_POOL][i] || !live[LIVE_KMALLOC][i])
			return false;
		if (!(i % SZ_4K))
			cond_resched();
	}
	return true;
}

static int live_setup(unsigned int nr)
{
	unsigned int i;

	lives = nr;
	live_state = 1;
	for (i = 0; i < LIVE_SIDES; i++)
		live[i] = vzalloc(array_size(nr, sizeof(*live[i])));
	if (live[LIVE_NOTHING] && live[LIVE_POOL] && live[LIVE_KMALLOC] && live_fill(nr))
		return 0;
	live_teardown();
	return -ENOMEM;
}

static int live_setup_1000(void)
{
	return live_setup(1000);
}

static int live_setup_30000(void)
{
	return live_setup(30000);
}

static int live_setup_1000000(void)
{
	return live_setup(1000000);
}

#define LIVE_CASE(nr) {							\
	.name = "scale_live_" #nr,					\
	.ops = 10000,							\
	.setup = live_setup_##nr,					\
	.teardown = live_teardown,					\
	.loop = live_loop,						\
	.impl = { { "pool", live_pool }, { "kmalloc", live_kmalloc } },	\
}

/* ---- Reading -------------------------------------------------------------- */

enum {
	READ_BYTES = SZ_64K,
	READ_ROUNDS = 5,
};

static char *read_buffer;

/* Reads to the end; the bytes that there were, or an error. */
static ssize_t read_all(struct file *file)
{
	struct kvec vec = { .iov_base = read_buffer, .iov_len = READ_BYTES };
	struct kiocb kiocb;
	ssize_t got, sum = 0;

	init_sync_kiocb(&kiocb, file);
	do {
		struct iov_iter iter;

		iov_iter_kvec(&iter, READ, &vec, 1, READ_BYTES);
		got = seq_read_iter(&kiocb, &iter);
		sum += max_t(ssize_t, got, 0);
	} while (got > 0);
	return got < 0 ? got : sum;
}

static ssize_t read_file(const struct path *root, const char *name)
{
	struct file *file = file_open_root(root, name, O_RDONLY, 0);
	ssize_t got;

	if (IS_ERR(file))
		return PTR_ERR(file);
	got = read_all(file);
	fput(file);
	return got;
}

static int time_reads(const struct path *root)
{
	u64 best = U64_MAX;
	unsigned int round;
	ssize_t got = 0;

	for (round = 0; round < READ_ROUNDS; round++) {
		u64 start = bench_clock();

		got = read_file(root, "ntpool/tags");
		if (got < 0)
			return got;
		best = min(best, bench_clock() - start);
	}
	/* A row has more than twenty characters. */
	if (got < TAGS_MAX * 20)
		return -ENODATA;
	bench_print_value("scale_read_tags", "pool", div_u64(best * 100, 1000),
			  bench_insn ? "kinsn" : "us");
	return 0;
}

static int read_tags(void)
{
	struct file_system_type *type;
	struct path root;
	int error;

	if (!bench_wanted("scale_read_tags"))
		return 0;
	type = get_fs_type("debugfs");
	if (!type)
		return -ENODEV;
	root.mnt = kern_mount(type);
	module_put(type->owner);
	if (IS_ERR(root.mnt))
		return PTR_ERR(root.mnt);
	root.dentry = root.mnt->mnt_root;
	read_buffer = vmalloc(READ_BYTES);
	error = read_buffer ? time_reads(&root) : -ENOMEM;
	vfree(read_buffer);
	kern_unmount(root.mnt);
	return error;
}

/* Each tag is used, so that there is a row for it. */
static int bench_read_tags(void)
{
	int error;

	if (!bench_wanted("scale_read_tags"))
		return 0;
	error = tags_setup('B', TAGS_MAX, TAG_USES);
	if (error)
		return error;
	error = tag_pair(TAGS_MAX) == BENCH_FAILED ? -ENOMEM : read_tags();
	tags_teardown();
	return error;
}

/* ---- The group ------------------------------------------------------------ */

static const struct bench_case scale_cases[] = {
	TAGS_CASE(1, TAGS_MAX),
	TAGS_CASE(100, TAGS_MAX),
	TAGS_CASE(10000, TAGS_MAX),
	TAGS_CASE(new, TAGS_NEW),
	LIVE_CASE(1000),
	LIVE_CASE(30000),
	LIVE_CASE(1000000),
};

int bench_scale(void)
{
	int error = bench_run(scale_cases, ARRAY_SIZE(scale_cases));

	return bench_read_tags() ?: error;
}
