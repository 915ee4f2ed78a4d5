// SPDX-License-Identifier: GPL-2.0
/*
 * The sources of memory when the kernel has none. In any context that is the cache of
 * this CPU. Where the caller may sleep, it is the caches of the other CPUs too.
 */
#include <linux/mm.h>
#include <linux/sizes.h>

#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KsRc"))

struct ntk_batch {
	POOL_TYPE type;
	size_t size;
	unsigned int nr;
	void *block[16];
};

static void ntk_take(void *arg)
{
	struct ntk_batch *batch = arg;
	unsigned int i;

	for (i = 0; i < batch->nr; i++)
		batch->block[i] = ExAllocatePoolWithTag(batch->type, batch->size, NTK_TAG);
}

static void ntk_give(void *arg)
{
	struct ntk_batch *batch = arg;
	unsigned int i;

	for (i = 0; i < batch->nr; i++)
		if (batch->block[i])
			ExFreePoolWithTag(batch->block[i], NTK_TAG);
}

/* Afterwards CPU @nr caches @count allocations of @size bytes, and no page is empty. */
static void ntk_stock(struct kunit *test, unsigned int cpu, POOL_TYPE type, size_t size,
		      unsigned int count)
{
	struct ntk_batch batch = { .type = type, .size = size, .nr = count };
	unsigned int i;

	ntpool_test_drain();
	KUNIT_ASSERT_EQ(test, ntk_run_in(NTK_THREAD, ntk_nth_cpu(cpu), ntk_take, &batch), 0);
	for (i = 0; i < count; i++)
		KUNIT_ASSERT_NOT_NULL(test, batch.block[i]);
	KUNIT_ASSERT_EQ(test, ntk_run_in(NTK_THREAD, ntk_nth_cpu(cpu), ntk_give, &batch), 0);
}

/* Takes one allocation on the first CPU without a page of the kernel. */
static bool ntk_is_served(struct kunit *test, enum ntk_context context, POOL_TYPE type, size_t size)
{
	struct ntk_batch batch = { .type = type, .size = size, .nr = 1 };
	void *block;

	ntpool_test_hit_refill(true);
	ntpool_test_fail_backing(0, -1);
	KUNIT_EXPECT_EQ(test, ntk_run_in(context, ntk_nth_cpu(0), ntk_take, &batch), 0);
	ntpool_test_fail_backing(0, 0);
	ntpool_test_hit_refill(false);
	block = batch.block[0];
	if (!block)
		return false;
	memset(block, 0x77, size);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, type & PagedPool).requested, size);
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
	ExFreePoolWithTag(block, NTK_TAG);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, type & PagedPool).bytes, 0);
	return true;
}

/* In any context: blocks of other sizes, runs of more pages, pages for a block. */
static void ntk_own_cache_test(struct kunit *test)
{
	static const struct {
		size_t cached;
		size_t wanted;
	} sizes[] = {
		{ NTK_SMALL_MAX, 100 }, { PAGE_SIZE, PAGE_SIZE }, { 3 * PAGE_SIZE, 2 * PAGE_SIZE },
		{ 8 * PAGE_SIZE, PAGE_SIZE }, { PAGE_SIZE, 100 }, { 2 * PAGE_SIZE, NTK_SMALL_MAX },
	};
	static const POOL_TYPE types[] = { NonPagedPool, NonPagedPoolMustSucceed };
	enum ntk_context context;
	unsigned int i, j;

	ntpool_test_set_reserve(0);
	for (context = NTK_THREAD; context < NTK_NR_CONTEXTS; context++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			/* A thread would wait for memory that must succeed. */
			for (j = 0; j < 1 + (context != NTK_THREAD); j++) {
				ntk_stock(test, 0, NonPagedPool, sizes[i].cached, 2);
				KUNIT_EXPECT_TRUE_MSG(test, ntk_is_served(test, context, types[j],
									  sizes[i].wanted),
						      "%s: %zu from %zu, type %u",
						      ntk_context_name(context), sizes[i].wanted,
						      sizes[i].cached, types[j]);
			}
	ntpool_test_set_reserve(4);
	ntk_expect_no_report(test, "memory from this CPU's cache");
}

/* A caller that may sleep gets blocks that another CPU caches. */
static void ntk_other_cpu_test(struct kunit *test)
{
	static const size_t sizes[] = { 100, 1000, NTK_SMALL_MAX };
	static const POOL_TYPE types[] = { NonPagedPool, PagedPool };
	unsigned int i, j;

	ntk_need_cpus(test, 2);
	ntpool_test_set_reserve(0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (j = 0; j < ARRAY_SIZE(types); j++) {
			/* Two blocks of nearly a page: the heap itself has nothing free. */
			ntk_stock(test, 1, types[j], NTK_SMALL_MAX, 2);
			KUNIT_EXPECT_TRUE_MSG(test, ntk_is_served(test, NTK_THREAD, types[j],
								  sizes[i]),
					      "%zu, type %u", sizes[i], types[j]);
		}
	ntpool_test_set_reserve(4);
	ntk_expect_no_report(test, "memory from another CPU's cache");
}

static void ntk_take_low(void *arg)
{
	struct ntk_batch *batch = arg;

	batch->block[0] = ExAllocatePoolWithTagPriority(NonPagedPool, batch->size, NTK_TAG,
							LowPoolPriority);
}

/* Low memory restricts requests to the kernel, but not memory that ntpool has. */
static void ExAllocatePoolWithTagPriority_cached_test(struct kunit *test)
{
	static const size_t sizes[] = { 100, NTK_SMALL_MAX, PAGE_SIZE, 2 * PAGE_SIZE };
	struct ntk_batch batch = { .nr = 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		batch.size = sizes[i];
		ntk_stock(test, 0, NonPagedPool, sizes[i], 2);
		ntpool_test_set_available(0);
		KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_THREAD, ntk_nth_cpu(0), ntk_take_low,
						 &batch), 0);
		ntpool_test_set_available(-1);
		KUNIT_EXPECT_NOT_NULL_MSG(test, batch.block[0], "%zu", sizes[i]);
		ntk_give(&batch);
	}
}

/* A request that the kernel refuses has its caches back: that is tried once more. */
static void ntk_retry_test(struct kunit *test)
{
	struct ntk_batch batch = { .type = NonPagedPool, .size = 64 * PAGE_SIZE, .nr = 1 };

	ntk_stock(test, 0, NonPagedPool, PAGE_SIZE, 4);
	/* The record, then the pages in two ways. */
	ntpool_test_fail_backing(0, 1);
	ntk_take(&batch);
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_NOT_NULL(test, batch.block[0]);
	ntk_give(&batch);
}

/* After memory was given back, paged pages are the kernel's again. */
static void ntk_paged_returned_test(struct kunit *test)
{
	struct ntk_batch paged = { .type = PagedPool, .size = NTK_SMALL_MAX, .nr = 16 };
	struct ntk_batch batch = { .type = NonPagedPool, .size = 64 * PAGE_SIZE, .nr = 1 };
	unsigned int round, i;

	for (round = 0; round < 20; round++) {
		ntpool_test_drain();
		ntk_take(&paged);
		for (i = 0; i < paged.nr; i++)
			KUNIT_EXPECT_NOT_NULL(test, paged.block[i]);
		ntk_give(&paged);
		if (round & 1) {
			ntpool_test_drain();
		} else {
			ntpool_test_fail_backing(0, 1);
			ntk_take(&batch);
			ntpool_test_fail_backing(0, 0);
			KUNIT_EXPECT_NOT_NULL(test, batch.block[0]);
			ntk_give(&batch);
		}
		for (i = 0; i < paged.nr; i++)
			KUNIT_EXPECT_NULL_MSG(test, vmalloc_to_page(paged.block[i]),
					      "block %u of round %u", i, round);
	}
}

/* Requests that this machine can never serve do not empty the caches of others. */
static void ntk_impossible_kept_test(struct kunit *test)
{
	const size_t too_much = (totalram_pages() + 1) << PAGE_SHIFT;
	const PHYSICAL_ADDRESS anywhere = { .QuadPart = -1 }, none = { .QuadPart = PAGE_SIZE - 1 };
	const PHYSICAL_ADDRESS beyond = { .QuadPart = 1LL << 62 }, zero = {};
	unsigned long cached;

	ntk_stock(test, 0, NonPagedPool, 100, 16);
	cached = ntpool_test_cached();
	KUNIT_EXPECT_GT(test, cached, 0);
	KUNIT_EXPECT_NULL(test, MmAllocateContiguousMemory(PAGE_SIZE, none));
	KUNIT_EXPECT_NULL(test, MmAllocateContiguousMemory(too_much, anywhere));
	KUNIT_EXPECT_NULL(test, MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, beyond, anywhere,
								       zero, MmCached));
	KUNIT_EXPECT_NULL(test, MmAllocateNonCachedMemory(too_much));
	KUNIT_EXPECT_NULL(test, ExAllocatePoolWithTag(NonPagedPool, too_much, NTK_TAG));
	KUNIT_EXPECT_GE(test, ntpool_test_cached(), cached);
}

/* The shrinker promises the cached memory, and nothing if none is cached. */
static void ntk_shrinkable_test(struct kunit *test)
{
	void *kept = ExAllocatePoolWithTag(NonPagedPool, 100, NTK_TAG);

	KUNIT_ASSERT_NOT_NULL(test, kept);
	ntpool_test_drain();
	KUNIT_EXPECT_EQ(test, ntpool_test_shrinkable(), 0);
	ntk_stock(test, 0, NonPagedPool, 2 * PAGE_SIZE, 3);
	KUNIT_EXPECT_EQ(test, ntpool_test_shrinkable(), 6);
	ntk_stock(test, 0, PagedPool, NTK_SMALL_MAX, 2);
	/* Larger blocks are not cached two by two, and an empty page may stay. */
	if (NTK_PAGES_4K) {
		KUNIT_EXPECT_GE(test, ntpool_test_shrinkable(), 1);
		KUNIT_EXPECT_LE(test, ntpool_test_shrinkable(), 2);
	}
	ExFreePoolWithTag(kept, NTK_TAG);
}

/* The cache of whole pages follows a driver that allocates and frees in batches. */
static void ntk_batch_follows_test(struct kunit *test)
{
	static const size_t sizes[] = { PAGE_SIZE + 1024, 2 * PAGE_SIZE, 8 * PAGE_SIZE };
	unsigned int i, type, nr;

	for (type = NonPagedPool; type <= PagedPool; type++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			/* All runs that a CPU caches are bounded in bytes. */
			nr = min_t(unsigned int, 16, SZ_1M / PAGE_ALIGN(sizes[i]));
			ntk_stock(test, 0, type, sizes[i], nr);
			KUNIT_EXPECT_EQ_MSG(test, ntpool_test_shrinkable(),
					    nr * DIV_ROUND_UP(sizes[i], PAGE_SIZE),
					    "%zu, type %u", sizes[i], type);
		}
}

/* A CPU frees blocks of another CPU, and needs only some of them itself. */
static void ntk_consumer_test(struct kunit *test)
{
	struct ntk_batch batch = {
		.type = NonPagedPool, .size = 8 * PAGE_SIZE, .nr = ARRAY_SIZE(batch.block),
	};

	ntk_need_cpus(test, 2);
	ntpool_test_drain();
	KUNIT_ASSERT_EQ(test, ntk_run_in(NTK_THREAD, ntk_nth_cpu(0), ntk_take, &batch), 0);
	KUNIT_ASSERT_EQ(test, ntk_run_in(NTK_THREAD, ntk_nth_cpu(1), ntk_give, &batch), 0);
	KUNIT_EXPECT_LE(test, ntpool_test_shrinkable(), 2 * 8);
}

/* A reference to one page of an allocation keeps its content, as with kmalloc(). */
static void ntk_reference_test(struct kunit *test)
{
	static const unsigned int lengths[] = { 2, 3, 4, 16 };
	unsigned char *block, *kept;
	struct page *page;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		block = ExAllocatePoolWithTag(NonPagedPool, lengths[i] * PAGE_SIZE, NTK_TAG);
		KUNIT_ASSERT_NOT_NULL(test, block);
		kept = block + (lengths[i] - 1) * PAGE_SIZE;
		page = is_vmalloc_addr(kept) ? vmalloc_to_page(kept) : virt_to_page(kept);
		KUNIT_EXPECT_GE_MSG(test, page_count(page), 1, "%u pages", lengths[i]);
		get_page(page);
		ExFreePoolWithTag(block, NTK_TAG);
		ntpool_test_drain();
		KUNIT_EXPECT_EQ_MSG(test, page_count(page), 1, "%u pages", lengths[i]);
		put_page(page);
	}
	ntk_expect_no_report(test, "references to pages");
}

static struct kunit_case ntk_source_cases[] = {
	KUNIT_CASE(ntk_own_cache_test),
	KUNIT_CASE(ntk_other_cpu_test),
	KUNIT_CASE(ExAllocatePoolWithTagPriority_cached_test),
	KUNIT_CASE(ntk_retry_test),
	KUNIT_CASE(ntk_paged_returned_test),
	KUNIT_CASE(ntk_impossible_kept_test),
	KUNIT_CASE(ntk_shrinkable_test),
	KUNIT_CASE(ntk_batch_follows_test),
	KUNIT_CASE(ntk_consumer_test),
	KUNIT_CASE(ntk_reference_test),
	{}
};

static struct kunit_suite ntk_source_suite = {
	.name = "ntpool_source",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_source_cases,
};

kunit_test_suite(ntk_source_suite);
