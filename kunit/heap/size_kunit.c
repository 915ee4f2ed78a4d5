// SPDX-License-Identifier: GPL-2.0
/*
 * Sizes: every size from 0 to three pages, and large ones up to several MiB. Beyond the
 * first page, sizes of paged blocks go in steps. A block below a page is aligned to 16
 * bytes and lies within one page. A size that does not fit below a header takes whole
 * pages, as few as possible. Contents stay intact while every neighbour is written to its
 * last byte. The figures are exact to the byte. Most free memory returns to the kernel at
 * once, the rest on reclaim.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/smp.h>

#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KsSz"))
#define NTK_SWEEP	(3 * PAGE_SIZE)
#define NTK_BATCH	64		/* live at once in the sweep */
#define NTK_PAGED_STEP	5		/* mappings are slow on debug kernels */
#define NTK_MERGED	512		/* blocks, several pages of them */
#define NTK_BURST	400		/* pages, more than are kept */
#define NTK_STEP	37		/* sizes between figures read as text */

static const POOL_TYPE ntk_pools[] = { NonPagedPool, PagedPool };

static unsigned long ntk_page_of(const void *at)
{
	return (unsigned long)at & PAGE_MASK;
}

static void ntk_check_place(struct ntk_tally *tally, const char *block,
			    size_t size)
{
	unsigned long at = (unsigned long)block;

	ntk_check(tally, IS_ALIGNED(at, NTK_HEADER), "%zu at %lx", size, at);
	if (size > NTK_SMALL_MAX)
		ntk_check(tally, PAGE_ALIGNED(at), "%zu: no page alignment",
			  size);
	if (size && size <= PAGE_SIZE)
		ntk_check(tally,
			  ntk_page_of(block) == ntk_page_of(block + size - 1),
			  "%zu at %lx crosses a page", size, at);
}

/* Marks both ends; the whole of a block is for the contents cases. */
static void ntk_mark(u8 *block, size_t size, u8 mark)
{
	if (size) {
		block[0] = mark;
		block[size - 1] = mark;
	}
}

static bool ntk_marked(const u8 *block, size_t size, u8 mark)
{
	return !size || (block[0] == mark && block[size - 1] == mark);
}

/* A batch of neighbouring sizes is live together, so that overlaps show. */
static void ntk_sweep_batch(struct ntk_tally *tally, POOL_TYPE type,
			    u8 **block, size_t from, size_t step)
{
	size_t size;
	int i;

	for (i = 0, size = from; i < NTK_BATCH; i++, size += step) {
		block[i] = ExAllocatePoolWithTag(type, size, NTK_TAG);
		if (!ntk_check(tally, block[i], "no %zu", size))
			continue;
		ntk_check_place(tally, block[i], size);
		ntk_mark(block[i], size, i + 1);
	}
	for (i = 0, size = from; i < NTK_BATCH; i++, size += step) {
		if (!block[i])
			continue;
		ntk_check(tally, ntk_marked(block[i], size, i + 1),
			  "%zu was overwritten", size);
		ExFreePoolWithTag(block[i], NTK_TAG);
	}
}

/* Every size up to a page, then sizes @step apart. */
static void ntk_sweep(struct kunit *test, POOL_TYPE type, size_t step)
{
	struct ntk_tally tally = {};
	size_t from;
	u8 **block;

	block = kunit_kzalloc(test, NTK_BATCH * sizeof(*block), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, block);
	for (from = 0; from <= PAGE_SIZE; from += NTK_BATCH)
		ntk_sweep_batch(&tally, type, block, from, 1);
	for (; from <= NTK_SWEEP; from += NTK_BATCH * step)
		ntk_sweep_batch(&tally, type, block, from, step);
	ntk_expect_clean(test, &tally);
	ntk_expect_no_report(test, "the sweep");
}

static void ntk_sweep_nonpaged_test(struct kunit *test)
{
	ntk_sweep(test, NonPagedPool, 1);
}

static void ntk_sweep_paged_test(struct kunit *test)
{
	ntk_sweep(test, PagedPool, NTK_PAGED_STEP);
}

static bool ntk_row_charged(const struct ntk_tag_row *before,
			    const struct ntk_tag_row *after, size_t bytes,
			    size_t requested)
{
	return after->allocs == before->allocs + 1 &&
	       after->frees == before->frees &&
	       after->diff == before->diff + 1 &&
	       after->bytes == before->bytes + bytes &&
	       after->requested == before->requested + requested;
}

static void ntk_check_charge(struct kunit *test, struct ntk_tally *tally,
			     POOL_TYPE type, size_t size)
{
	bool paged = type == PagedPool;
	struct ntk_tag_row before = ntk_tag_row(test, NTK_TAG, paged);
	struct ntk_tag_row after;
	void *block = ExAllocatePoolWithTag(type, size, NTK_TAG);

	if (!ntk_check(tally, block, "no %zu", size))
		return;
	after = ntk_tag_row(test, NTK_TAG, paged);
	ntk_check(tally,
		  ntk_row_charged(&before, &after, ntk_block_bytes(size), size),
		  "%zu bytes charged as %lld, requested %lld", size,
		  after.bytes - before.bytes,
		  after.requested - before.requested);
	ExFreePoolWithTag(block, NTK_TAG);
	after = ntk_tag_row(test, NTK_TAG, paged);
	ntk_check(tally, after.frees == before.frees + 1 &&
		  after.bytes == before.bytes &&
		  after.requested == before.requested,
		  "%zu bytes freed, %lld left", size,
		  after.bytes - before.bytes);
}

/* The ranges in which the figure changes, byte by byte, and samples between. */
static void ntk_charge_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	size_t size;
	int i;

	for (i = 0; i < ARRAY_SIZE(ntk_pools); i++) {
		POOL_TYPE type = ntk_pools[i];

		for (size = 1; size <= 2 * NTK_GRANULE + 1; size++)
			ntk_check_charge(test, &tally, type, size);
		for (; size < NTK_SMALL_MAX - NTK_STEP; size += NTK_STEP)
			ntk_check_charge(test, &tally, type, size);
		for (size = NTK_SMALL_MAX - 1; size <= NTK_SMALL_MAX + 2; size++)
			ntk_check_charge(test, &tally, type, size);
		for (size = PAGE_SIZE - 1; size <= PAGE_SIZE + 1; size++)
			ntk_check_charge(test, &tally, type, size);
		for (; size <= NTK_SWEEP + 1; size += 8 * NTK_STEP)
			ntk_check_charge(test, &tally, type, size);
	}
	ntk_expect_clean(test, &tally);
}

/* As many pages as needed: powers of two would need 2, 4, 8, 16 and 32. */
static void ntk_exact_pages_test(struct kunit *test)
{
	static const struct { size_t size; s64 pages; } cases[] = {
		{ 5 * SZ_1K, 2 }, { 9 * SZ_1K, 3 }, { 5 * SZ_4K, 5 },
		{ 9 * SZ_4K, 9 }, { 17 * SZ_4K, 17 }, { 3 * SZ_64K + 1, 49 },
	};
	struct ntk_tally tally = {};
	int i;

	if (!NTK_PAGES_4K)
		kunit_skip(test, "the figures are those of 4 KiB pages");
	for (i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		POOL_TYPE type = ntk_pools[i & 1];
		bool paged = type == PagedPool;
		size_t size = cases[i / 2].size;
		s64 before = ntk_pool_row(test, paged).big_pages;
		void *block = ExAllocatePoolWithTag(type, size, NTK_TAG);
		s64 pages = ntk_pool_row(test, paged).big_pages - before;

		ntk_check(&tally, block && pages == cases[i / 2].pages,
			  "%zu bytes took %lld pages", size, pages);
		if (block)
			ExFreePool(block);
	}
	ntk_expect_clean(test, &tally);
}

static void ntk_fill(u8 *block, size_t size, u8 seed)
{
	memset(block, seed, size);
}

static bool ntk_filled(const u8 *block, size_t size, u8 seed)
{
	return !memchr_inv(block, seed, size);
}

static void ntk_check_large(struct ntk_tally *tally, POOL_TYPE type,
			    size_t size)
{
	u8 *one = ExAllocatePoolWithTag(type, size, NTK_TAG);
	u8 *two = ExAllocatePoolWithTag(type, size, NTK_TAG);

	if (ntk_check(tally, one && two, "no %zu twice", size)) {
		ntk_check_place(tally, one, size);
		ntk_check_place(tally, two, size);
		ntk_fill(one, size, 0x11);
		ntk_fill(two, size, 0x22);
		ntk_check(tally, ntk_filled(one, size, 0x11), "first of %zu",
			  size);
		ntk_check(tally, ntk_filled(two, size, 0x22), "second of %zu",
			  size);
	}
	if (one)
		ExFreePool(one);
	if (two)
		ExFreePool(two);
}

static void ntk_large_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	size_t size;

	for (size = SZ_16K; size <= SZ_4M; size *= 4) {
		ntk_check_large(&tally, NonPagedPool, size);
		ntk_check_large(&tally, NonPagedPool, size - 1);
		ntk_check_large(&tally, PagedPool, size + 1);
		ntk_check_large(&tally, PagedPool, size / 2 * 3);
	}
	ntk_expect_clean(test, &tally);
}

/* Every byte of every block is the caller's, with all neighbours in use. */
static void ntk_contents_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	u8 *block[NTK_BATCH];
	size_t size;
	int i, pool;

	for (pool = 0; pool < ARRAY_SIZE(ntk_pools); pool++) {
		for (i = 0, size = 1; i < NTK_BATCH; i++, size += 65) {
			block[i] = ExAllocatePoolWithTag(ntk_pools[pool], size,
							 NTK_TAG);
			if (ntk_check(&tally, block[i], "no %zu", size))
				ntk_fill(block[i], size, i);
		}
		for (i = 0, size = 1; i < NTK_BATCH; i++, size += 65) {
			if (!block[i])
				continue;
			ntk_check(&tally, ntk_filled(block[i], size, i),
				  "%zu bytes changed", size);
			ExFreePool(block[i]);
		}
	}
	ntk_expect_clean(test, &tally);
}

/*
 * Free neighbours merge: every second block is freed, then the rest. The pages
 * of the blocks go back to the kernel.
 */
static void ntk_merge_test(struct kunit *test)
{
	struct ntk_pool_row idle = ntk_pool_row(test, false);
	unsigned int failed = 0;
	void **block;
	int i;

	block = kunit_kzalloc(test, NTK_MERGED * sizeof(*block), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, block);
	for (i = 0; i < NTK_MERGED; i++) {
		block[i] = ExAllocatePoolWithTag(NonPagedPool, 48, NTK_TAG);
		failed += !block[i];
	}
	KUNIT_EXPECT_EQ(test, failed, 0);
	KUNIT_EXPECT_GT(test, ntk_pool_row(test, false).pages, idle.pages);
	for (i = 0; i < 2 * NTK_MERGED; i += 2) {
		int nr = i < NTK_MERGED ? i : i - NTK_MERGED + 1;

		if (block[nr])
			ExFreePool(block[nr]);
	}
	ntpool_test_drain();
	KUNIT_EXPECT_LE(test, ntk_pool_row(test, false).pages, idle.pages);
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
}

/* One block on each page, all live and then all free, without a drain. */
static void ntk_burst(struct kunit *test, POOL_TYPE type)
{
	unsigned int failed = 0;
	void **block;
	int i;

	block = kunit_kzalloc(test, NTK_BURST * sizeof(*block), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, block);
	for (i = 0; i < NTK_BURST; i++) {
		block[i] = ExAllocatePoolWithTag(type, NTK_SMALL_MAX, NTK_TAG);
		failed += !block[i];
	}
	for (i = 0; i < NTK_BURST; i++) {
		if (block[i])
			ExFreePool(block[i]);
	}
	KUNIT_EXPECT_EQ(test, failed, 0);
}

/* Most pages of a burst return to the kernel at once, the rest is kept for the next. */
static void ntk_stock_test(struct kunit *test)
{
	int pool;

	for (pool = 0; pool < ARRAY_SIZE(ntk_pools); pool++) {
		s64 idle = ntk_pool_row(test, pool).pages, left;

		ntk_burst(test, ntk_pools[pool]);
		left = ntk_pool_row(test, pool).pages - idle;
		KUNIT_EXPECT_GT_MSG(test, left, 0, "pool %d", pool);
		KUNIT_EXPECT_LE_MSG(test, left, NTK_BURST / 4, "pool %d", pool);
		KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
	}
}

/* A write to drop_caches, which does the same as reclaim but at once. */
static void ntk_reclaim(struct kunit *test)
{
	struct file *file = filp_open("/proc/sys/vm/drop_caches", O_WRONLY, 0);
	loff_t pos = 0;

	if (IS_ERR(file))
		kunit_skip(test, "needs /proc/sys/vm/drop_caches");
	KUNIT_EXPECT_EQ(test, kernel_write(file, "2", 1, &pos), 1);
	fput(file);
}

/* The kernel gets the stock and what this CPU caches when it asks for memory. */
static void ntk_reclaim_test(struct kunit *test)
{
	s64 idle[ARRAY_SIZE(ntk_pools)];
	int pool;

	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	ntpool_test_drain();
	for (pool = 0; pool < ARRAY_SIZE(ntk_pools); pool++) {
		idle[pool] = ntk_pool_row(test, pool).pages;
		ntk_burst(test, ntk_pools[pool]);
		/* Blocks above 16 KiB are not cached. */
		if (PAGE_SIZE > SZ_16K)
			ExFreePool(ExAllocatePoolWithTag(ntk_pools[pool], 64, NTK_TAG));
		KUNIT_EXPECT_GT(test, ntk_pool_row(test, pool).pages,
				idle[pool]);
		KUNIT_EXPECT_GT(test, ntk_pool_row(test, pool).cached_bytes, 0);
	}
	ntk_reclaim(test);
	for (pool = 0; pool < ARRAY_SIZE(ntk_pools); pool++) {
		KUNIT_EXPECT_EQ_MSG(test, ntk_pool_row(test, pool).cached_bytes,
				    0, "pool %d", pool);
		KUNIT_EXPECT_LE_MSG(test, ntk_pool_row(test, pool).pages,
				    idle[pool], "pool %d", pool);
	}
}

static struct kunit_case ntk_size_cases[] = {
	KUNIT_CASE(ntk_sweep_nonpaged_test),
	KUNIT_CASE(ntk_sweep_paged_test),
	KUNIT_CASE(ntk_charge_test),
	KUNIT_CASE(ntk_exact_pages_test),
	KUNIT_CASE(ntk_large_test),
	KUNIT_CASE(ntk_contents_test),
	KUNIT_CASE(ntk_merge_test),
	KUNIT_CASE(ntk_stock_test),
	KUNIT_CASE(ntk_reclaim_test),
	{}
};

static struct kunit_suite ntk_size_suite = {
	.name = "ntpool_size",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_size_cases,
};

kunit_test_suite(ntk_size_suite);
