// SPDX-License-Identifier: GPL-2.0
/*
 * Cache-aligned pool, in any state of the heap. Every size begins on a cache line and
 * crosses no page. It takes exactly the bytes that the figures show.
 */
#include <linux/cache.h>
#include <linux/random.h>
#include <linux/vmalloc.h>

#include <ntifs.h>

#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KAli"))
/* With larger pages each block takes a page, so there are fewer. */
#define NTK_SIZES	(NTK_PAGES_4K ? 4064 : 512)
/* The largest one that fits a page with its header on the line before. */
#define NTK_IN_PAGE	(PAGE_SIZE - SMP_CACHE_BYTES)
#define NTK_LIVE	256
#define NTK_STEPS	20000

static size_t ntk_aligned_bytes(size_t size)
{
	/* A body that follows a larger granule never begins a line. */
	return NTK_PAGES_4K && size <= NTK_IN_PAGE ? ntk_block_bytes(size) : PAGE_SIZE;
}

/* Bytes that a block takes, by its usable bytes. */
static size_t ntk_taken(void *block)
{
	BOOLEAN charged;
	size_t usable = ExQueryPoolBlockSize(block, &charged);

	return usable % PAGE_SIZE ? usable + NTK_HEADER : usable;
}

static void ntk_check_block(struct ntk_tally *tally, void *block, size_t size)
{
	unsigned long at = (unsigned long)block;

	if (!ntk_check(tally, block, "no block of %zu bytes", size))
		return;
	ntk_check(tally, IS_ALIGNED(at, SMP_CACHE_BYTES), "%zu bytes are at %#lx", size,
		  at & ~PAGE_MASK);
	ntk_check(tally, (at & ~PAGE_MASK) + size <= PAGE_SIZE, "%zu bytes cross a page", size);
	ntk_check(tally, ntk_taken(block) == ntk_aligned_bytes(size), "%zu bytes take %zu", size,
		  ntk_taken(block));
	memset(block, size, size);
}

typedef void *(*ntk_alloc_fn)(size_t size);

static void *ntk_nonpaged(size_t size)
{
	return ExAllocatePoolWithTag(NonPagedPoolCacheAligned, size, NTK_TAG);
}

static void *ntk_paged(size_t size)
{
	return ExAllocatePoolWithTag(PagedPoolCacheAligned, size, NTK_TAG);
}

static void *ntk_must(size_t size)
{
	return ExAllocatePoolWithTag(NonPagedPoolCacheAlignedMustS, size, NTK_TAG);
}

static void *ntk_flag(size_t size)
{
	return ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED, size, NTK_TAG);
}

static void ntk_free_all(struct ntk_tally *tally, void **block)
{
	size_t size;

	for (size = 1; size <= NTK_SIZES; size++) {
		if (!block[size])
			continue;
		ntk_check(tally, !memchr_inv(block[size], size, size), "%zu bytes changed", size);
		ExFreePoolWithTag(block[size], NTK_TAG);
	}
}

static void ntk_all_sizes(struct kunit *test, ntk_alloc_fn alloc, bool paged)
{
	void **block = vzalloc((NTK_SIZES + 1) * sizeof(*block));
	struct ntk_tally tally = {};
	size_t size, bytes = 0;
	struct ntk_tag_row row;

	KUNIT_ASSERT_NOT_NULL(test, block);
	for (size = 1; size <= NTK_SIZES; size++) {
		block[size] = alloc(size);
		ntk_check_block(&tally, block[size], size);
		bytes += ntk_aligned_bytes(size);
	}
	row = ntk_tag_row(test, NTK_TAG, paged);
	KUNIT_EXPECT_EQ(test, row.diff, NTK_SIZES);
	KUNIT_EXPECT_EQ(test, row.bytes, bytes);
	KUNIT_EXPECT_EQ(test, row.requested, NTK_SIZES * (NTK_SIZES + 1) / 2);
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
	ntk_free_all(&tally, block);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, paged).diff, 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
	ntk_expect_clean(test, &tally);
	vfree(block);
}

static void NonPagedPoolCacheAligned_test(struct kunit *test)
{
	ntk_all_sizes(test, ntk_nonpaged, false);
}

static void PagedPoolCacheAligned_test(struct kunit *test)
{
	ntk_all_sizes(test, ntk_paged, true);
}

static void NonPagedPoolCacheAlignedMustS_test(struct kunit *test)
{
	ntk_all_sizes(test, ntk_must, false);
}

static void POOL_FLAG_CACHE_ALIGNED_test(struct kunit *test)
{
	ntk_all_sizes(test, ntk_flag, false);
}

/* Above a page there is nothing to add. */
static void ntk_pages_test(struct kunit *test)
{
	void *block = ntk_nonpaged(3 * PAGE_SIZE + 1);

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)block, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, false).bytes, 4 * PAGE_SIZE);
	ExFreePoolWithTag(block, NTK_TAG);
}

static void ntk_alloc_some(void *arg)
{
	static const size_t sizes[] = { 1, 64, 100, 4032, 4064 };
	struct ntk_tally *tally = arg;
	void *block;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		block = ntk_nonpaged(sizes[i]);
		ntk_check_block(tally, block, sizes[i]);
		if (block)
			ExFreePoolWithTag(block, NTK_TAG);
	}
}

static void ntk_aligned_contexts_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	enum ntk_context context;

	ntk_keep_stock(test);
	for (context = 0; context < NTK_NR_CONTEXTS; context++)
		KUNIT_ASSERT_EQ(test, ntk_run_in(context, ntk_nth_cpu(0), ntk_alloc_some, &tally),
				0);
	ntk_expect_clean(test, &tally);
}

static void ntk_step(struct ntk_tally *tally, struct rnd_state *rng, void **slot)
{
	size_t size = 1 + ntk_random_below(rng, 400);

	if (*slot) {
		ExFreePoolWithTag(*slot, NTK_TAG);
		*slot = NULL;
	} else if (ntk_random_below(rng, 2)) {
		*slot = ntk_nonpaged(size);
		ntk_check_block(tally, *slot, size);
	} else {
		*slot = ExAllocatePoolWithTag(NonPagedPool, size, NTK_TAG);
		ntk_check(tally, *slot, "no ordinary block of %zu bytes", size);
	}
}

/* In a heap full of holes, with ordinary blocks between them. */
static void ntk_holes_test(struct kunit *test)
{
	void **block = kunit_kcalloc(test, NTK_LIVE, sizeof(*block), GFP_KERNEL);
	struct ntk_tally tally = {};
	struct rnd_state rng;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, block);
	prandom_seed_state(&rng, 64);
	for (i = 0; i < NTK_STEPS; i++) {
		ntk_step(&tally, &rng, &block[ntk_random_below(&rng, NTK_LIVE)]);
		if (i % (NTK_STEPS / 16) == 0)
			ntk_check(&tally, !ntpool_test_check_heaps(), "heaps after %d steps", i);
	}
	for (i = 0; i < NTK_LIVE; i++)
		if (block[i])
			ExFreePoolWithTag(block[i], NTK_TAG);
	ntk_expect_clean(test, &tally);
}

static struct kunit_case ntk_aligned_cases[] = {
	KUNIT_CASE(NonPagedPoolCacheAligned_test),
	KUNIT_CASE(PagedPoolCacheAligned_test),
	KUNIT_CASE(NonPagedPoolCacheAlignedMustS_test),
	KUNIT_CASE(POOL_FLAG_CACHE_ALIGNED_test),
	KUNIT_CASE(ntk_pages_test),
	KUNIT_CASE(ntk_aligned_contexts_test),
	KUNIT_CASE(ntk_holes_test),
	{}
};

static struct kunit_suite ntk_aligned_suite = {
	.name = "ntpool_aligned",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_aligned_cases,
};

kunit_test_suite(ntk_aligned_suite);
