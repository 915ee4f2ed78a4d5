// SPDX-License-Identifier: GPL-2.0
/*
 * A load that is left alone: what ntpool does while nothing is allocated or freed.
 *
 * idle_hold makes 1,000 lookaside lists with cached blocks, and 16,384 tags with a live
 * block each. It frees blocks of several sizes, whole pages and paged ones among them, so
 * that all caches hold some. All of it stays until the module is unloaded.
 * tools/bench/idle.sh looks at the events of the kernel meanwhile.
 */
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>
#include <ntddk.h>

#include "bench.h"

#define TAG	('hcnB')

enum {
	BLOCK_BYTES = 64,
	LISTS = 1000,
	LIST_BLOCKS = 4,
	TAGS = 16384,
	/* Characters of a tag have as many values. */
	TAG_VALUES = 32,
};

static PNPAGED_LOOKASIDE_LIST lists;
static unsigned int nr_lists;
static void **blocks;
static unsigned int nr_blocks;

/* 'A', and three characters that make TAGS different ones. */
static u32 idle_tag(unsigned int nr)
{
	u32 value = 'A';
	unsigned int i;

	for (i = 1; i < 4; i++, nr /= TAG_VALUES)
		value |= (u32)('@' + nr % TAG_VALUES) << 8 * i;
	return value;
}

void bench_idle_release(void)
{
	while (nr_lists)
		ExDeleteNPagedLookasideList(&lists[--nr_lists]);
	while (nr_blocks) {
		nr_blocks--;
		ExFreePoolWithTag(blocks[nr_blocks], idle_tag(nr_blocks));
		if (!(nr_blocks % SZ_1K))
			cond_resched();
	}
	vfree(lists);
	vfree(blocks);
	lists = NULL;
	blocks = NULL;
}

typedef void *(*alloc_fn)(unsigned int which);
typedef void (*free_fn)(unsigned int which, void *p);

/* Allocates some blocks, then frees them: they are cached. */
static bool cache_blocks(alloc_fn alloc, free_fn free, unsigned int which)
{
	unsigned int i;
	bool ok = true;

	for (i = 0; i < LIST_BLOCKS; i++) {
		bench_slot[i] = alloc(which);
		ok &= !!bench_slot[i];
	}
	while (i--) {
		if (bench_slot[i])
			free(which, bench_slot[i]);
	}
	return ok;
}

static void *list_alloc(unsigned int which)
{
	return ExAllocateFromNPagedLookasideList(&lists[which]);
}

static void list_free(unsigned int which, void *p)
{
	ExFreeToNPagedLookasideList(&lists[which], p);
}

/* Doublings from 16 bytes to 64 KiB, of nonpaged and of paged pool. */
static void *pool_alloc(unsigned int which)
{
	return ExAllocatePoolWithTag(which % 2 ? PagedPool : NonPagedPool, SZ_16 << which / 2, TAG);
}

static void pool_free(unsigned int which, void *p)
{
	ExFreePoolWithTag(p, TAG);
}

enum { POOL_KINDS = 2 * 13 };

static bool hold_tags(void)
{
	while (nr_blocks < TAGS) {
		void *p = ExAllocatePoolWithTag(NonPagedPool, BLOCK_BYTES, idle_tag(nr_blocks));

		if (!p)
			return false;
		blocks[nr_blocks++] = p;
		if (!(nr_blocks % SZ_1K))
			cond_resched();
	}
	return true;
}

static bool hold_lists(void)
{
	while (nr_lists < LISTS) {
		unsigned int which = nr_lists++;

		ExInitializeNPagedLookasideList(&lists[which], NULL, NULL, 0, BLOCK_BYTES, TAG, 0);
		if (!cache_blocks(list_alloc, list_free, which))
			return false;
	}
	return true;
}

static bool hold_caches(void)
{
	unsigned int which;

	for (which = 0; which < POOL_KINDS; which++) {
		if (!cache_blocks(pool_alloc, pool_free, which))
			return false;
	}
	return true;
}

int bench_idle(void)
{
	if (!bench_wanted("idle_hold"))
		return 0;
	lists = vzalloc(array_size(LISTS, sizeof(*lists)));
	blocks = vzalloc(array_size(TAGS, sizeof(*blocks)));
	if (lists && blocks && hold_tags() && hold_lists() && hold_caches()) {
		bench_print_value("idle_lists", "pool", nr_lists * 100, "lists");
		bench_print_value("idle_tags", "pool", nr_blocks * 100, "tags");
		return 0;
	}
	bench_idle_release();
	return -ENOMEM;
}
