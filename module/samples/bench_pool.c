// SPDX-License-Identifier: GPL-2.0
/*
 * The pool beside kmalloc: pairs by size, batches, whole pages, contexts.
 *
 * Sizes are constants on both sides, as in most drivers. The compiler then chooses
 * kmalloc's cache; pool_pair_var shows the cost of that choice at run time. kmalloc is
 * called as a driver would call it: with GFP_KERNEL in a thread, with GFP_ATOMIC in
 * interrupts. No memory is zeroed, on either side.
 */
#include <linux/cpumask.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/workqueue.h>
#include <ntddk.h>

#include "bench.h"

#define TAG	('hcnB')

#define POOL(type, bytes)	ExAllocatePoolWithTag(type, bytes, TAG)

static unsigned int variable_size = 64;

/* ---- Pairs ---------------------------------------------------------------- */

/* Where kmalloc's caches are, up to the largest block below a page. */
#define FOR_EACH_SIZE(x) \
	x(16) x(32) x(64) x(96) x(128) x(192) x(256) x(512) x(1024) x(2048) x(4064)

/* A page and more; 5120 is the size that fits no power of two. */
#define FOR_EACH_PAGES(x) \
	x(4096) x(5120) x(8192) x(16384) x(65536)

#define PAIR_ROUNDS(bytes)						\
	static BENCH_PAIR_ROUND(pool_pair_##bytes, POOL(NonPagedPool, bytes),	\
				ExFreePoolWithTag(p, TAG))		\
	static BENCH_PAIR_ROUND(kmalloc_pair_##bytes, kmalloc(bytes, GFP_KERNEL), kfree(p))

#define PAIR_CASE(prefix, bytes) {					\
	.name = prefix #bytes,						\
	.ops = 1000,							\
	.loop = bench_pair_loop,					\
	.impl = {							\
		{ "pool", pool_pair_##bytes },				\
		{ "kmalloc", kmalloc_pair_##bytes },			\
	},								\
},

#define SIZE_CASE(bytes)	PAIR_CASE("pool_pair_", bytes)
#define PAGES_CASE(bytes)	PAIR_CASE("pool_pages_", bytes)

FOR_EACH_SIZE(PAIR_ROUNDS)
FOR_EACH_PAGES(PAIR_ROUNDS)

/* The compiler does not know this size: kmalloc looks its cache up. */
static BENCH_PAIR_ROUND(kmalloc_pair_var, kmalloc(READ_ONCE(variable_size), GFP_KERNEL), kfree(p))
static BENCH_PAIR_ROUND(pool_pair_var, POOL(NonPagedPool, READ_ONCE(variable_size)),
			ExFreePoolWithTag(p, TAG))

/* ---- Batches -------------------------------------------------------------- */

#define BATCH_ROUNDS(name, batch, which)				\
	static BENCH_BATCH_ROUND(pool_##name, batch, which, POOL(NonPagedPool, 64),	\
				 ExFreePoolWithTag(p, TAG))		\
	static BENCH_BATCH_ROUND(kmalloc_##name, batch, which, kmalloc(64, GFP_KERNEL),	\
				 kfree(p))

#define BATCH_CASE(shape, batch) {					\
	.name = "pool_" #shape "_" #batch,				\
	.ops = 2048,							\
	.loop = bench_##shape##_##batch##_loop,				\
	.impl = {							\
		{ "pool", pool_##shape##_##batch },			\
		{ "kmalloc", kmalloc_##shape##_##batch },		\
	},								\
}

BATCH_ROUNDS(batch_16, 16, i)
BATCH_ROUNDS(batch_256, 256, i)
BATCH_ROUNDS(shuffle_256, 256, bench_order[i])

/* ---- Contexts ------------------------------------------------------------- */

static BENCH_PAIR_ROUND(kmalloc_pair_atomic, kmalloc(64, GFP_ATOMIC), kfree(p))

#define CONTEXT_CASE(what, where) {					\
	.name = "pool_" what "_64",					\
	.ops = 1000,							\
	.context = where,						\
	.loop = bench_pair_loop,					\
	.impl = {							\
		{ "pool", pool_pair_64 },				\
		{ "kmalloc", kmalloc_pair_atomic },			\
	},								\
}

/* ---- From one CPU to another ---------------------------------------------- */

/*
 * One side runs on the benchmark's CPU and fills bench_slot, the other on another
 * CPU and empties it. Each is timed where it runs, while the other one sleeps:
 * where instructions are counted, those of both CPUs are.
 */
struct remote_side {
	struct work_struct work;
	void (*empty)(void);
	u64 ticks;
};

static struct remote_side remote;
static int remote_cpu;

static void remote_work(struct work_struct *work)
{
	u64 start = bench_clock();

	remote.empty();
	remote.ticks = bench_clock() - start;
}

static int remote_setup(void)
{
	remote_cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	if (remote_cpu >= nr_cpu_ids)
		return -ENODEV;
	INIT_WORK(&remote.work, remote_work);
	return 0;
}

static u64 remote_round(unsigned int ops, bool (*fill)(void), void (*empty)(void))
{
	unsigned int done;
	u64 ticks = 0;

	remote.empty = empty;
	for (done = 0; done < ops; done += BENCH_BATCH) {
		u64 start = bench_clock();
		bool filled = fill();

		ticks += bench_clock() - start;
		schedule_work_on(remote_cpu, &remote.work);
		flush_work(&remote.work);
		ticks += remote.ticks;
		if (!filled)
			return BENCH_FAILED;
	}
	return ticks;
}

#define REMOTE_ROUND(name, alloc, free)					\
static bool name##_fill(void)						\
{									\
	unsigned int i, got = 0;					\
									\
	for (i = 0; i < BENCH_BATCH; i++) {				\
		void *p = (alloc);					\
									\
		OPTIMIZER_HIDE_VAR(p);					\
		bench_slot[i] = p;					\
		got += !!p;						\
	}								\
	return got == BENCH_BATCH;					\
}									\
									\
static void name##_empty(void)						\
{									\
	unsigned int i;							\
									\
	for (i = 0; i < BENCH_BATCH; i++) {				\
		void *p = bench_slot[i];				\
									\
		if (likely(p))						\
			free;						\
	}								\
}									\
									\
static u64 name(unsigned int ops)					\
{									\
	return remote_round(ops, name##_fill, name##_empty);		\
}

REMOTE_ROUND(loop_remote, bench_nothing(), bench_nothing_freed(p))
REMOTE_ROUND(pool_remote, POOL(NonPagedPool, 64), ExFreePoolWithTag(p, TAG))
REMOTE_ROUND(kmalloc_remote, kmalloc(64, GFP_KERNEL), kfree(p))

/* ---- The group ------------------------------------------------------------ */

static const struct bench_case pool_cases[] = {
	FOR_EACH_SIZE(SIZE_CASE)
	{
		.name = "pool_pair_var",
		.ops = 1000,
		.loop = bench_pair_loop,
		.impl = { { "pool", pool_pair_var }, { "kmalloc", kmalloc_pair_var } },
	},
	BATCH_CASE(batch, 16),
	BATCH_CASE(batch, 256),
	BATCH_CASE(shuffle, 256),
	CONTEXT_CASE("softirq", BENCH_SOFTIRQ),
	CONTEXT_CASE("hardirq", BENCH_HARDIRQ),
	{
		.name = "remote_64",
		.ops = 2048,
		.setup = remote_setup,
		.loop = loop_remote,
		.impl = { { "pool", pool_remote }, { "kmalloc", kmalloc_remote } },
	},
	FOR_EACH_PAGES(PAGES_CASE)
};

int bench_pool(void)
{
	return bench_run(pool_cases, ARRAY_SIZE(pool_cases));
}
