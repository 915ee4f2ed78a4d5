// SPDX-License-Identifier: GPL-2.0
/*
 * The memory overhead: pages taken from the kernel for the bytes that were requested.
 *
 * Sizes are log-uniform from 16 to 4064: each doubling is as likely as any other.
 * First, 64 MiB are allocated. Then blocks at random are replaced by others of new
 * sizes, until ten times as much was freed. At last nine blocks of ten are freed at
 * random. The pool and kmalloc get the same sequence of random numbers one after the
 * other, and thus the same requests.
 *
 * The result is the memory that the page allocator has lost; its per-CPU lists count as
 * free. That includes slabs, pages of the pool and the metadata of either. The list of
 * the blocks is allocated before. Each measurement waits for memory that is freed
 * later, by RCU and by the scan of the pool's caches.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>
#include <ntddk.h>

#include "bench.h"

#define TAG	('hcnB')

enum {
	BYTES_MIN = 16,
	BYTES_MAX = 4064,
	DOUBLINGS = 8,
	LIVE_BYTES = SZ_64M,
	TURNOVERS = 10,
	KEEP_ONE_OF = 10,
	/* The mean size is above 700 bytes. */
	BLOCKS_MAX = LIVE_BYTES / 512,
	BIG_BYTES = 5120,
	BIG_BLOCKS = 4096,
	SETTLE_MS = 3000,
	/* Hundredths of a percent. */
	PERCENT = 10000,
};

struct memory_block {
	void *p;
	unsigned int size;
};

/**
 * struct memory_side - one of the allocators
 * @name: as printed
 * @alloc: allocates
 * @free: frees
 */
struct memory_side {
	const char *name;
	void *(*alloc)(size_t size);
	void (*free)(void *p);
};

static struct memory_block *blocks;
static unsigned int nr_blocks;
static u64 requested;
static u32 state;

static void *pool_alloc(size_t size)
{
	return ExAllocatePoolWithTag(NonPagedPool, size, TAG);
}

static void pool_free(void *p)
{
	ExFreePoolWithTag(p, TAG);
}

static void *kmalloc_alloc(size_t size)
{
	return kmalloc(size, GFP_KERNEL);
}

static void kmalloc_free(void *p)
{
	kfree(p);
}

static const struct memory_side sides[] = {
	{ "pool", pool_alloc, pool_free },
	{ "kmalloc", kmalloc_alloc, kmalloc_free },
};

/* ---- Pages ---------------------------------------------------------------- */

static long zone_free(struct zone *zone)
{
	long pages = zone_page_state_snapshot(zone, NR_FREE_PAGES);
	int cpu;

	for_each_possible_cpu(cpu)
		pages += READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, cpu)->count);
	return pages;
}

/* Exact while nothing else allocates. */
static long free_pages_now(void)
{
	struct zone *zone;
	long pages = 0;
	int node;

	for_each_online_node(node) {
		struct pglist_data *data = NODE_DATA(node);

		for (zone = data->node_zones; zone < data->node_zones + MAX_NR_ZONES; zone++) {
			if (populated_zone(zone))
				pages += zone_free(zone);
		}
	}
	return pages;
}

/* Memory that is freed late, by workers and after grace periods, is free by then. */
static long settled_pages(void)
{
	rcu_barrier();
	schedule_timeout_uninterruptible(msecs_to_jiffies(SETTLE_MS));
	return free_pages_now();
}

static void print_share(const char *name, const char *side, long before)
{
	u64 taken = (u64)max(before - settled_pages(), 0L) * PAGE_SIZE;

	bench_print_value(name, side, div64_u64(taken * PERCENT, requested), "percent");
}

/* ---- The sequence --------------------------------------------------------- */

/*
 * Within a doubling the density falls as one over the size: take a size evenly and
 * keep it with that probability.
 */
static unsigned int any_size(void)
{
	unsigned int low, size;

	do {
		low = BYTES_MIN << bench_random(&state) % DOUBLINGS;
		size = low + bench_random(&state) % low;
	} while (size > BYTES_MAX || bench_random(&state) % size >= low);
	return size;
}

static bool block_alloc(const struct memory_side *side, struct memory_block *block)
{
	block->size = any_size();
	block->p = side->alloc(block->size);
	if (!block->p)
		return false;
	requested += block->size;
	return true;
}

static void block_free(const struct memory_side *side, struct memory_block *block)
{
	side->free(block->p);
	requested -= block->size;
}

static bool memory_fill(const struct memory_side *side)
{
	while (requested < LIVE_BYTES && nr_blocks < BLOCKS_MAX) {
		if (!block_alloc(side, &blocks[nr_blocks]))
			return false;
		nr_blocks++;
		if (!(nr_blocks % SZ_1K))
			cond_resched();
	}
	return true;
}

static bool memory_churn(const struct memory_side *side)
{
	u64 freed = 0;
	unsigned int step;

	for (step = 0; freed < (u64)TURNOVERS * LIVE_BYTES; step++) {
		struct memory_block *block = &blocks[bench_random(&state) % nr_blocks];

		freed += block->size;
		block_free(side, block);
		if (!block_alloc(side, block)) {
			*block = blocks[--nr_blocks];
			return false;
		}
		if (!(step % SZ_1K))
			cond_resched();
	}
	return true;
}

/* Frees all blocks but one of @keep, at random; 0 keeps none. */
static void memory_thin(const struct memory_side *side, unsigned int keep)
{
	unsigned int i, kept = 0;

	for (i = 0; i < nr_blocks; i++) {
		if (keep && !(bench_random(&state) % keep))
			blocks[kept++] = blocks[i];
		else
			block_free(side, &blocks[i]);
		if (!(i % SZ_1K))
			cond_resched();
	}
	nr_blocks = kept;
}

static int memory_sequence(const struct memory_side *side)
{
	long before = settled_pages();
	bool ok;

	nr_blocks = 0;
	requested = 0;
	state = 1;
	ok = memory_fill(side);
	if (ok) {
		print_share("memory_live", side->name, before);
		ok = memory_churn(side);
	}
	if (ok) {
		print_share("memory_churned", side->name, before);
		memory_thin(side, KEEP_ONE_OF);
		print_share("memory_thinned", side->name, before);
	}
	memory_thin(side, 0);
	bench_print_value("memory_kept", side->name,
			  (u64)max(before - settled_pages(), 0L) * PAGE_SIZE / 1024 * 100, "KiB");
	return ok ? 0 : -ENOMEM;
}

/* A size that fits no power of two. */
static int memory_runs(const struct memory_side *side)
{
	long before = settled_pages(), taken;
	unsigned int i;

	for (i = 0; i < BIG_BLOCKS; i++) {
		blocks[i].p = side->alloc(BIG_BYTES);
		if (!blocks[i].p)
			break;
	}
	taken = max(before - settled_pages(), 0L);
	if (i == BIG_BLOCKS)
		bench_print_value("memory_pages_5120", side->name,
				  (u64)taken * PAGE_SIZE * 100 / BIG_BLOCKS, "bytes");
	nr_blocks = i;
	while (i--)
		side->free(blocks[i].p);
	return nr_blocks == BIG_BLOCKS ? 0 : -ENOMEM;
}

int bench_memory(void)
{
	const struct memory_side *side;
	int error = 0;

	if (!bench_wanted("memory_sequence"))
		return 0;
	blocks = vzalloc(array_size(BLOCKS_MAX, sizeof(*blocks)));
	if (!blocks)
		return -ENOMEM;
	for (side = sides; side < sides + ARRAY_SIZE(sides); side++) {
		error = memory_sequence(side) ?: error;
		error = memory_runs(side) ?: error;
	}
	vfree(blocks);
	return error;
}
