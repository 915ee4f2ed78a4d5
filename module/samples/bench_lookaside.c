// SPDX-License-Identifier: GPL-2.0
/*
 * Lookaside lists beside kmem_cache: hits, misses, many lists, depth over time.
 *
 * A list whose depths are set to zero caches nothing, so each allocation and each free
 * is a miss. The lists of lookaside_lists_* are used in turn, and so are as many caches
 * of the kernel. These caches have different constructors, because the kernel merges
 * caches that are alike.
 *
 * depth_trace is no comparison. It prints the depth of a list while the load changes.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <ntddk.h>

#include "bench.h"

#define TAG	('hcnB')

enum {
	BLOCK_BYTES = 64,
	LISTS_MAX = 1000,
};

/* ---- One list ------------------------------------------------------------- */

static NPAGED_LOOKASIDE_LIST list;
static PAGED_LOOKASIDE_LIST paged_list;
static struct kmem_cache *cache;

static int one_setup(void)
{
	cache = kmem_cache_create("ntpool_bench", BLOCK_BYTES, 0, 0, NULL);
	if (!cache)
		return -ENOMEM;
	ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, BLOCK_BYTES, TAG, 0);
	ExInitializePagedLookasideList(&paged_list, NULL, NULL, 0, BLOCK_BYTES, TAG, 0);
	return 0;
}

/* The driver may write the depths; with these the list keeps nothing. */
static int miss_setup(void)
{
	int error = one_setup();

	if (!error) {
		list.L.MaximumDepth = 0;
		list.L.Depth = 0;
	}
	return error;
}

static void one_teardown(void)
{
	ExDeletePagedLookasideList(&paged_list);
	ExDeleteNPagedLookasideList(&list);
	kmem_cache_destroy(cache);
}

static BENCH_PAIR_ROUND(list_pair, ExAllocateFromNPagedLookasideList(&list),
			ExFreeToNPagedLookasideList(&list, p))
static BENCH_PAIR_ROUND(paged_pair, ExAllocateFromPagedLookasideList(&paged_list),
			ExFreeToPagedLookasideList(&paged_list, p))
static BENCH_PAIR_ROUND(cache_pair, kmem_cache_alloc(cache, GFP_KERNEL),
			kmem_cache_free(cache, p))
static BENCH_BATCH_ROUND(list_batch, 256, i, ExAllocateFromNPagedLookasideList(&list),
			 ExFreeToNPagedLookasideList(&list, p))
static BENCH_BATCH_ROUND(cache_batch, 256, i, kmem_cache_alloc(cache, GFP_KERNEL),
			 kmem_cache_free(cache, p))

/* ---- Many lists ----------------------------------------------------------- */

/* Lists in use, and the one whose turn it is. */
static unsigned int lists, turn;
static PNPAGED_LOOKASIDE_LIST many_list;
static struct kmem_cache **many_cache;
static char (*many_name)[24];

static __always_inline unsigned int next_turn(void)
{
	return turn = turn + 1 < lists ? turn + 1 : 0;
}

static BENCH_PAIR_ROUND(many_loop, (next_turn(), bench_nothing()), bench_nothing_freed(p))
static BENCH_PAIR_ROUND(many_list_pair,
			ExAllocateFromNPagedLookasideList(&many_list[next_turn()]),
			ExFreeToNPagedLookasideList(&many_list[turn], p))
static BENCH_PAIR_ROUND(many_cache_pair,
			kmem_cache_alloc(many_cache[next_turn()], GFP_KERNEL),
			kmem_cache_free(many_cache[turn], p))

/* A cache with a constructor is not merged with others. */
static void many_construct(void *p)
{
}

static void many_destroy(unsigned int nr)
{
	while (nr--) {
		ExDeleteNPagedLookasideList(&many_list[nr]);
		kmem_cache_destroy(many_cache[nr]);
	}
	vfree(many_list);
	vfree(many_cache);
	vfree(many_name);
}

static int many_create(unsigned int nr)
{
	unsigned int i;

	many_list = vzalloc(array_size(nr, sizeof(*many_list)));
	many_cache = vzalloc(array_size(nr, sizeof(*many_cache)));
	many_name = vzalloc(array_size(nr, sizeof(*many_name)));
	for (i = 0; i < nr && many_list && many_cache && many_name; i++) {
		snprintf(many_name[i], sizeof(*many_name), "ntpool_bench-%u", i);
		many_cache[i] = kmem_cache_create(many_name[i], BLOCK_BYTES, 0, 0,
						  many_construct);
		if (!many_cache[i])
			break;
		ExInitializeNPagedLookasideList(&many_list[i], NULL, NULL, 0, BLOCK_BYTES,
						TAG, 0);
	}
	lists = nr;
	turn = 0;
	if (i == nr)
		return 0;
	many_destroy(i);
	return -ENOMEM;
}

static int many_setup_1(void)
{
	return many_create(1);
}

static int many_setup_100(void)
{
	return many_create(100);
}

static int many_setup_1000(void)
{
	return many_create(LISTS_MAX);
}

static void many_teardown(void)
{
	many_destroy(lists);
}

#define LISTS_CASE(nr) {						\
	.name = "lookaside_lists_" #nr,					\
	.ops = 2 * LISTS_MAX,						\
	.setup = many_setup_##nr,					\
	.teardown = many_teardown,					\
	.loop = many_loop,						\
	.impl = {							\
		{ "lookaside", many_list_pair },			\
		{ "kmem_cache", many_cache_pair },			\
	},								\
}

/* ---- Depth over time ------------------------------------------------------ */

/**
 * struct load - a stretch of time with one load
 * @name: as printed
 * @bursts: how often in a step blocks are allocated, and then freed
 * @blocks: how many at once
 * @steps: length, in steps of DEPTH_STEP_MS
 */
struct load {
	const char *name;
	unsigned int bursts;
	unsigned int blocks;
	unsigned int steps;
};

enum { DEPTH_STEP_MS = 20 };

static const struct load loads[] = {
	{ "idle", 0, 0, 20 },
	{ "burst", 200, 200, 30 },
	{ "steady", 50, 20, 60 },
	{ "idle", 0, 0, 60 },
};

static void load_burst(unsigned int blocks)
{
	unsigned int i;

	for (i = 0; i < blocks; i++)
		bench_slot[i] = ExAllocateFromNPagedLookasideList(&list);
	for (i = 0; i < blocks; i++) {
		if (bench_slot[i])
			ExFreeToNPagedLookasideList(&list, bench_slot[i]);
	}
}

static void load_step(const struct load *load, u64 start)
{
	unsigned int i;

	for (i = 0; i < load->bursts; i++)
		load_burst(load->blocks);
	schedule_timeout_uninterruptible(msecs_to_jiffies(DEPTH_STEP_MS));
	pr_info("ntpool_bench: depth ms=%lld load=%s blocks=%u depth=%u allocs=%u misses=%u\n",
		div_u64(ktime_get_ns() - start, NSEC_PER_MSEC), load->name,
		load->bursts * load->blocks, list.L.Depth, list.L.TotalAllocates,
		list.L.AllocateMisses);
}

static int trace_depth(void)
{
	u64 start = ktime_get_ns();
	const struct load *load;
	unsigned int step;
	int error;

	if (!bench_wanted("depth_trace"))
		return 0;
	error = one_setup();
	if (error)
		return error;
	for (load = loads; load < loads + ARRAY_SIZE(loads); load++) {
		for (step = 0; step < load->steps; step++)
			load_step(load, start);
	}
	one_teardown();
	return 0;
}

/* ---- The group ------------------------------------------------------------ */

static const struct bench_case lookaside_cases[] = {
	{
		.name = "lookaside_pair",
		.ops = 1000,
		.setup = one_setup,
		.teardown = one_teardown,
		.loop = bench_pair_loop,
		.impl = { { "lookaside", list_pair }, { "kmem_cache", cache_pair } },
	}, {
		.name = "lookaside_paged_pair",
		.ops = 1000,
		.setup = one_setup,
		.teardown = one_teardown,
		.loop = bench_pair_loop,
		.impl = { { "lookaside", paged_pair }, { "kmem_cache", cache_pair } },
	}, {
		.name = "lookaside_miss",
		.ops = 1000,
		.setup = miss_setup,
		.teardown = one_teardown,
		.loop = bench_pair_loop,
		.impl = { { "lookaside", list_pair }, { "kmem_cache", cache_pair } },
	}, {
		.name = "lookaside_batch_256",
		.ops = 2048,
		.setup = one_setup,
		.teardown = one_teardown,
		.loop = bench_batch_256_loop,
		.impl = { { "lookaside", list_batch }, { "kmem_cache", cache_batch } },
	},
	LISTS_CASE(1),
	LISTS_CASE(100),
	LISTS_CASE(1000),
};

int bench_lookaside(void)
{
	int error = bench_run(lookaside_cases, ARRAY_SIZE(lookaside_cases));

	return trace_depth() ?: error;
}
