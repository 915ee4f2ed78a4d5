// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that must succeed. If the kernel has no memory, it comes from the reserve. If
 * the reserve is empty, a caller that may sleep waits. Any other caller gets stop code
 * 0x41.
 */
#include <linux/cache.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "raised.h"

#define NTK_TAG		(ntk_tag4("KRes"))
#define NTK_PAGES	4
#define NTK_EMPTY	0x41
#define NTK_AVAILABLE	4321	/* pages, as far as the report goes */

static int ntk_reserve_init(struct kunit *test)
{
	int err = ntk_raise_init(test);

	if (!err)
		ntpool_test_set_reserve(NTK_PAGES);
	return err;
}

static void ntk_reserve_exit(struct kunit *test)
{
	ntk_raise_exit(test);
	/* A case that was aborted may have switched it off. */
	ntpool_test_map_window(true);
	ntpool_test_set_reserve(NTK_PAGES);
	KUNIT_EXPECT_EQ(test, ntpool_test_reserve(), NTK_PAGES);
}

/* From now on the kernel has nothing, for the reserve neither if @all. */
static void ntk_starve(bool all)
{
	ntpool_test_drain();
	ntpool_test_hit_refill(all);
	ntpool_test_fail_backing(0, -1);
}

static void ntk_feed(void)
{
	ntpool_test_fail_backing(0, 0);
	ntpool_test_hit_refill(false);
}

static void *ntk_must(size_t size)
{
	return ExAllocatePoolWithTag(NonPagedPoolMustSucceed, size, NTK_TAG);
}

/* With memory there is nothing special about it. */
static void NonPagedPoolMustSucceed_test(struct kunit *test)
{
	static const size_t sizes[] = { 0, 1, 100, 4064, 4065, 4096, 20000 };
	void *block;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		block = ntk_must(sizes[i]);
		KUNIT_ASSERT_NOT_NULL(test, block);
		memset(block, 1, sizes[i]);
		KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, false).bytes,
				max(ntk_block_bytes(sizes[i]), (size_t)32));
		ExFreePoolWithTag(block, NTK_TAG);
	}
	KUNIT_EXPECT_EQ(test, ntpool_test_reserve(), NTK_PAGES);
}

struct ntk_try {
	void *block[NTK_PAGES + 1];
	size_t size;
	unsigned int nr;
};

static void ntk_take(void *arg)
{
	struct ntk_try *try = arg;
	unsigned int i;

	for (i = 0; i < try->nr; i++)
		try->block[i] = ntk_must(try->size);
}

static void ntk_give(struct ntk_try *try)
{
	unsigned int i;

	for (i = 0; i < try->nr; i++)
		if (try->block[i])
			ExFreePoolWithTag(try->block[i], NTK_TAG);
}

static const enum ntk_context ntk_atomic[] = {
	NTK_BH_OFF, NTK_PREEMPT_OFF, NTK_SPIN_LOCK, NTK_IRQ_OFF, NTK_SOFTIRQ, NTK_HARDIRQ,
};

/* In each atomic context: as many pages as there are, then 0x41. */
static void ntk_exhaust(struct kunit *test, enum ntk_context context, size_t size)
{
	struct ntk_try try = { .size = size, .nr = NTK_PAGES + 1 };
	struct ntpool_test_report report;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, ntpool_test_reserve(), NTK_PAGES);
	ntk_starve(true);
	ntpool_test_set_available(NTK_AVAILABLE);
	KUNIT_ASSERT_EQ(test, ntk_run_in(context, ntk_nth_cpu(0), ntk_take, &try), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_reserve(), 0);
	ntk_feed();
	for (i = 0; i < NTK_PAGES; i++) {
		KUNIT_EXPECT_NOT_NULL_MSG(test, try.block[i], "%s", ntk_context_name(context));
		if (try.block[i])
			memset(try.block[i], 0x77, size);
	}
	KUNIT_EXPECT_NULL(test, try.block[NTK_PAGES]);
	KUNIT_EXPECT_TRUE_MSG(test, ntk_took_report(NTK_EMPTY, size, &report), "%s",
			      ntk_context_name(context));
	KUNIT_EXPECT_GE(test, report.param[1], NTK_PAGES);
	KUNIT_EXPECT_EQ(test, report.param[2], size > NTK_SMALL_MAX ? NTK_PAGES : 0);
	KUNIT_EXPECT_EQ(test, report.param[3], NTK_AVAILABLE);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, false).bytes,
			NTK_PAGES * ntk_block_bytes(size));
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
	ntk_give(&try);
	ntpool_test_set_reserve(NTK_PAGES);
}

static void ntk_exhaust_test(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(ntk_atomic); i++) {
		ntk_exhaust(test, ntk_atomic[i], NTK_SMALL_MAX);
		ntk_exhaust(test, ntk_atomic[i], PAGE_SIZE);
	}
}

struct ntk_request {
	unsigned int type;
	size_t size;
	void *block;
};

static void ntk_take_request(void *arg)
{
	struct ntk_request *request = arg;

	request->block = ExAllocatePoolWithTag((POOL_TYPE)request->type, request->size, NTK_TAG);
}

/* Pages that the reserve is likely to get next. */
static void ntk_dirty_reserve(struct kunit *test)
{
	u8 *block = ExAllocatePoolWithTag(NonPagedPool, 64 * PAGE_SIZE, NTK_TAG);

	ntpool_test_set_reserve(0);
	KUNIT_ASSERT_NOT_NULL(test, block);
	memset(block, 0xdb, 64 * PAGE_SIZE);
	ExFreePoolWithTag(block, NTK_TAG);
	ntpool_test_drain();
	ntpool_test_set_reserve(NTK_PAGES);
}

/* The other properties of the type hold for blocks and pages of the reserve too. */
static void NonPagedPoolCacheAlignedMustS_reserve_test(struct kunit *test)
{
	static const unsigned int types[] = {
		NonPagedPoolCacheAlignedMustS, NonPagedPoolCacheAlignedMustSSession,
		NonPagedPoolMustSucceedSession, NonPagedPoolMustSucceed | POOL_ZERO_ALLOCATION,
	};
	static const size_t sizes[] = { 1, 1000, 4032, 4064, 4096 };
	int i;

	for (i = 0; i < ARRAY_SIZE(types) * ARRAY_SIZE(sizes); i++) {
		struct ntk_request request = {
			.type = types[i / ARRAY_SIZE(sizes)],
			.size = sizes[i % ARRAY_SIZE(sizes)],
		};

		ntk_dirty_reserve(test);
		ntk_starve(true);
		KUNIT_ASSERT_EQ(test, ntk_run_in(NTK_IRQ_OFF, -1, ntk_take_request, &request), 0);
		ntk_feed();
		KUNIT_EXPECT_EQ(test, ntpool_test_reserve(), NTK_PAGES - 1);
		KUNIT_ASSERT_NOT_NULL(test, request.block);
		if (request.type & NonPagedPoolCacheAligned)
			KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)request.block,
							   SMP_CACHE_BYTES));
		if (request.type & POOL_ZERO_ALLOCATION)
			KUNIT_EXPECT_NULL(test, memchr_inv(request.block, 0, request.size));
		memset(request.block, 0x77, request.size);
		ExFreePoolWithTag(request.block, NTK_TAG);
		KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
	}
}

/* One page serves all small blocks that fit it. */
static void ntk_small_test(struct kunit *test)
{
	struct ntk_try try = { .size = 500, .nr = NTK_PAGES + 1 };

	ntk_starve(true);
	KUNIT_ASSERT_EQ(test, ntk_run_in(NTK_IRQ_OFF, ntk_nth_cpu(0), ntk_take, &try), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_reserve(), NTK_PAGES - 1);
	ntk_feed();
	KUNIT_EXPECT_NOT_NULL(test, try.block[NTK_PAGES]);
	ntk_give(&try);
}

/* The worker replaces pages that were taken, also if its first try failed. */
static void ntk_refill_test(struct kunit *test)
{
	struct ntk_try try = { .size = NTK_SMALL_MAX, .nr = NTK_PAGES };
	int i;

	ntk_starve(true);
	ntk_take(&try);
	KUNIT_EXPECT_EQ(test, ntpool_test_reserve(), 0);
	msleep(300);
	KUNIT_EXPECT_EQ(test, ntpool_test_reserve(), 0);
	ntk_feed();
	for (i = 0; i < 100 && ntpool_test_reserve() < NTK_PAGES; i++)
		msleep(50);
	KUNIT_EXPECT_EQ(test, ntpool_test_reserve(), NTK_PAGES);
	ntk_give(&try);
	ntk_expect_no_report(test, "a refill");
}

/* The refill alone lets ten times as much succeed. */
static void ntk_refilled_test(struct kunit *test)
{
	void *block[10 * NTK_PAGES];
	int i;

	ntk_starve(false);
	for (i = 0; i < ARRAY_SIZE(block); i++) {
		block[i] = ntk_must(PAGE_SIZE);
		KUNIT_EXPECT_NOT_NULL(test, block[i]);
	}
	ntk_feed();
	for (i = 0; i < ARRAY_SIZE(block); i++)
		if (block[i])
			ExFreePoolWithTag(block[i], NTK_TAG);
	ntk_expect_no_report(test, "a reserve that is refilled");
}

struct ntk_wait {
	size_t size;
	void *block;
	bool done;
};

static void ntk_wait_thread(struct ntk_worker *worker)
{
	struct ntk_wait *wait = worker->threads->arg;

	wait->block = ntk_must(wait->size);
	WRITE_ONCE(wait->done, true);
	ntk_check(&worker->tally, wait->block, "NULL");
}

/* A thread waits for memory, whether the reserve or the kernel has it first. */
static void ntk_wait_test(struct kunit *test)
{
	static const size_t sizes[] = { NTK_SMALL_MAX, PAGE_SIZE, 64 * PAGE_SIZE };
	struct ntk_threads *threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	struct ntk_wait wait;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, threads);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct ntk_try try = { .size = PAGE_SIZE, .nr = NTK_PAGES };

		wait = (struct ntk_wait){ .size = sizes[i] };
		ntk_starve(true);
		ntk_take(&try);
		memset(threads, 0, sizeof(*threads));
		KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, 1, false, ntk_wait_thread, &wait),
				0);
		msleep(400);
		KUNIT_EXPECT_FALSE_MSG(test, READ_ONCE(wait.done), "%zu bytes", sizes[i]);
		ntk_feed();
		KUNIT_ASSERT_EQ(test, ntk_threads_finish(threads), 0);
		ntk_threads_expect_clean(test, threads);
		ntk_give(&try);
		if (wait.block)
			ExFreePoolWithTag(wait.block, NTK_TAG);
		ntpool_test_set_reserve(NTK_PAGES);
	}
	ntk_expect_no_report(test, "who may wait");
}

static void ntk_take_run(void *arg)
{
	ntk_take(arg);
}

/* Several pages come as one run of the reserve, which is filled as one. */
static void ntk_run_test(struct kunit *test)
{
	struct ntk_try three = { .size = 3 * PAGE_SIZE, .nr = 1 };
	struct ntk_try two = { .size = 2 * PAGE_SIZE, .nr = 1 };
	struct ntpool_test_report report;

	ntpool_test_set_reserve(0);
	ntpool_test_set_reserve(NTK_PAGES);
	ntk_starve(true);
	KUNIT_ASSERT_EQ(test, ntk_run_in(NTK_IRQ_OFF, ntk_nth_cpu(0), ntk_take_run, &three), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_reserve(), NTK_PAGES - 3);
	KUNIT_ASSERT_EQ(test, ntk_run_in(NTK_IRQ_OFF, ntk_nth_cpu(0), ntk_take_run, &two), 0);
	ntk_feed();
	KUNIT_ASSERT_NOT_NULL(test, three.block[0]);
	KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(three.block[0]));
	KUNIT_EXPECT_FALSE(test, is_vmalloc_addr(three.block[0]));
	memset(three.block[0], 0x13, three.size);
	KUNIT_EXPECT_NULL(test, two.block[0]);
	KUNIT_EXPECT_TRUE(test, ntk_took_report(NTK_EMPTY, two.size, &report));
	ntk_give(&three);
}

/* A request larger than the memory of the machine is not waited for. */
static void ntk_never_test(struct kunit *test)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - PAGE_SIZE, SIZE_MAX / 2 };
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_NULL(test, ntk_must(sizes[i]));
	KUNIT_EXPECT_NULL(test, ntk_must((totalram_pages() + 1) << PAGE_SHIFT));
	ntk_expect_no_report(test, "impossible sizes");
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, false).diff, 0);
}

/* must_succeed_pages is followed up and down. */
static void must_succeed_pages_test(struct kunit *test)
{
	static const unsigned int sizes[] = { 0, 1, 256, 7, 0, 256, NTK_PAGES };
	struct ntk_try try = { .size = NTK_SMALL_MAX, .nr = 1 };
	struct ntpool_test_report report;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ntpool_test_set_reserve(sizes[i]);
		KUNIT_EXPECT_EQ(test, ntpool_test_reserve(), sizes[i]);
	}
	ntpool_test_set_reserve(0);
	ntk_starve(true);
	KUNIT_ASSERT_EQ(test, ntk_run_in(NTK_IRQ_OFF, ntk_nth_cpu(0), ntk_take, &try), 0);
	ntk_feed();
	KUNIT_EXPECT_NULL(test, try.block[0]);
	KUNIT_EXPECT_TRUE(test, ntk_took_report(NTK_EMPTY, NTK_SMALL_MAX, &report));
}

/* Each request of the refill fails once. The reserve is full nevertheless, a little later. */
static void ntk_refill_fails_test(struct kunit *test)
{
	int n, i;

	for (n = 0; n < 20; n++) {
		ntpool_test_set_reserve(0);
		ntpool_test_hit_refill(true);
		ntpool_test_fail_backing(n, 2);
		ntpool_test_set_reserve(NTK_PAGES);
		for (i = 0; i < 100 && ntpool_test_reserve() < NTK_PAGES; i++)
			msleep(20);
		ntk_feed();
		KUNIT_EXPECT_EQ_MSG(test, ntpool_test_reserve(), NTK_PAGES, "request %d", n);
	}
}

/* Threads take pages faster than the worker brings them. */
static void ntk_storm_thread(struct ntk_worker *worker)
{
	size_t size;
	void *block;
	int i;

	for (i = 0; i < 200 && !READ_ONCE(worker->threads->stop); i++) {
		size = ntk_random_below(&worker->rng, 4) ? PAGE_SIZE : NTK_SMALL_MAX;
		block = ntk_must(size);
		if (!ntk_check(&worker->tally, block, "no block of %zu bytes", size))
			break;
		memset(block, worker->id, size);
		ntk_check(&worker->tally, !memchr_inv(block, worker->id, size),
			  "%zu bytes have another owner too", size);
		ExFreePoolWithTag(block, NTK_TAG);
	}
}

static void ntk_storm_test(struct kunit *test)
{
	struct ntk_threads *threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, threads);
	ntk_starve(false);
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, 4, false, ntk_storm_thread, NULL), 0);
	KUNIT_ASSERT_EQ(test, ntk_threads_finish(threads), 0);
	ntk_feed();
	ntk_threads_expect_clean(test, threads);
	ntk_expect_no_report(test, "a storm");
	ntpool_test_set_reserve(NTK_PAGES);
	KUNIT_EXPECT_EQ(test, ntpool_test_reserve(), NTK_PAGES);
}

/* Memory that was plugged in after ntpool had been loaded serves everything. */
static void ntk_plugged_test(struct kunit *test)
{
	struct ntk_try try = { .size = NTK_SMALL_MAX, .nr = 2 };
	struct ntk_try run = { .size = 2 * PAGE_SIZE, .nr = 1 };
	void *block;

	/* The table for other addresses has a lock that sleeps there. */
	if (!ntk_kernel_serves(NTK_IRQ_OFF))
		kunit_skip(test, "PREEMPT_RT: the reserve has no pages beyond the table");
	ntpool_test_set_reserve(0);
	ntpool_test_drain();
	ntpool_test_map_cut(0);
	KUNIT_EXPECT_TRUE(test, ntpool_test_map_far_is_empty());
	ntpool_test_set_reserve(NTK_PAGES);
	KUNIT_EXPECT_EQ(test, ntpool_test_reserve(), NTK_PAGES);
	ntk_starve(true);
	KUNIT_ASSERT_EQ(test, ntk_run_in(NTK_IRQ_OFF, ntk_nth_cpu(0), ntk_take, &try), 0);
	KUNIT_ASSERT_EQ(test, ntk_run_in(NTK_IRQ_OFF, ntk_nth_cpu(0), ntk_take, &run), 0);
	ntk_feed();
	KUNIT_EXPECT_NOT_NULL(test, try.block[0]);
	KUNIT_EXPECT_NOT_NULL(test, try.block[1]);
	KUNIT_EXPECT_NOT_NULL(test, run.block[0]);
	KUNIT_EXPECT_FALSE(test, ntpool_test_map_has(try.block[0]));
	ntk_give(&try);
	ntk_give(&run);
	ntpool_test_set_reserve(0);
	ntpool_test_drain();
	KUNIT_EXPECT_TRUE(test, ntpool_test_map_far_is_empty());
	ntpool_test_map_cover();
	ntpool_test_set_reserve(NTK_PAGES);
	block = ExAllocatePoolWithTag(NonPagedPool, 100, NTK_TAG);
	KUNIT_EXPECT_NOT_NULL(test, block);
	KUNIT_EXPECT_TRUE(test, ntpool_test_map_has(block));
	ExFreePoolWithTag(block, NTK_TAG);
	ntk_expect_no_report(test, "memory that was plugged in");
}

/*
 * Memory beyond the page map serves everything. The map must not grow over its pages later, when
 * these are in use. The map is whole again afterwards.
 */
static void ntk_expect_beyond_map(struct kunit *test)
{
	static const size_t sizes[] = { 100, NTK_SMALL_MAX, PAGE_SIZE, 3 * PAGE_SIZE };
	void *block[ARRAY_SIZE(sizes)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		block[i] = ExAllocatePoolWithTag(NonPagedPool, sizes[i], NTK_TAG);
		KUNIT_EXPECT_NOT_NULL(test, block[i]);
		KUNIT_EXPECT_FALSE(test, ntpool_test_map_has(block[i]));
	}
	ntpool_test_map_cover();
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		if (block[i])
			ExFreePoolWithTag(block[i], NTK_TAG);
	ntk_expect_no_report(test, "memory beyond the page map");
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, false).diff, 0);
	ntpool_test_drain();
	ntpool_test_map_cut(0);
	ntpool_test_map_cover();
	ntpool_test_set_reserve(NTK_PAGES);
}

/* The page map cannot grow for memory that is plugged in. */
static void ntk_plugged_without_memory_test(struct kunit *test)
{
	ntpool_test_set_reserve(0);
	ntpool_test_drain();
	ntpool_test_map_cut(0);
	ntpool_test_fail_backing(0, -1);
	ntpool_test_map_cover();
	ntpool_test_fail_backing(0, 0);
	ntk_expect_beyond_map(test);
}

/* Memory lies so far apart that the root of the page map would be large. It is bounded. */
static void ntk_bounded_map_test(struct kunit *test)
{
	void *page = (void *)__get_free_page(GFP_KERNEL);
	struct ntpool_test_report report;
	unsigned long bound;

	KUNIT_ASSERT_NOT_NULL(test, page);
	ntpool_test_set_reserve(0);
	ntpool_test_drain();
	ntpool_test_map_cut(0);
	bound = ntpool_test_map_bound(0);
	ntpool_test_map_cover();
	KUNIT_EXPECT_FALSE(test, ntpool_test_map_has(page));
	ExFreePoolWithTag(page, 0);
	ntk_expect_report(test, "a page beyond the bound", NTK_BAD_POOL_CALLER,
			  NTK_LINEAR_ADDRESS, &report);
	free_page((unsigned long)page);
	ntpool_test_map_bound(bound);
	ntk_expect_beyond_map(test);
}

/* The root of a map that ends at its bound. The last page is 1 TiB or more behind the first. */
static void ntk_far_map_test(struct kunit *test)
{
	unsigned long bytes;
	void *block;

	if (!IS_ENABLED(CONFIG_64BIT))
		kunit_skip(test, "no addresses that far apart");
	ntpool_test_set_reserve(0);
	ntpool_test_drain();
	ntpool_test_map_cut(0);
	bytes = ntpool_test_map_far_cover();
	KUNIT_EXPECT_GE(test, bytes, SZ_1M);
	KUNIT_EXPECT_LE(test, bytes, max_t(unsigned long, SZ_4M,
					   totalram_pages() / 1024 * PAGE_SIZE));
	block = ExAllocatePoolWithTag(NonPagedPool, 100, NTK_TAG);
	KUNIT_EXPECT_TRUE(test, ntpool_test_map_has(block));
	ExFreePoolWithTag(block, NTK_TAG);
	ntpool_test_drain();
	ntpool_test_map_cut(0);
	ntpool_test_map_cover();
	ntpool_test_set_reserve(NTK_PAGES);
	ntk_expect_no_report(test, "a long root");
}

/* Uses paged memory of all kinds, which lies where the table covers it if @in_window. */
static void ntk_expect_window(struct kunit *test, bool in_window)
{
	static const size_t sizes[] = { 100, NTK_SMALL_MAX, PAGE_SIZE, 3 * PAGE_SIZE };
	void *block[ARRAY_SIZE(sizes)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		block[i] = ExAllocatePoolWithTag(PagedPool, sizes[i], NTK_TAG);
		KUNIT_EXPECT_NOT_NULL(test, block[i]);
		KUNIT_EXPECT_EQ_MSG(test, ntpool_test_map_in_window(block[i]), in_window, "%zu",
				    sizes[i]);
	}
	KUNIT_EXPECT_FALSE(test, ntpool_test_map_far_is_empty());
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		if (block[i])
			ExFreePoolWithTag(block[i], NTK_TAG);
	ntk_expect_no_report(test, "paged memory");
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, true).diff, 0);
	ntpool_test_drain();
	KUNIT_EXPECT_TRUE(test, ntpool_test_map_far_is_empty());
}

/* Paged memory has a fast table, and works as well at addresses that the table does not cover. */
static void ntk_window_test(struct kunit *test)
{
	ntpool_test_set_reserve(0);
	ntpool_test_drain();
	KUNIT_ASSERT_TRUE(test, ntpool_test_map_far_is_empty());
	ntk_expect_window(test, true);
	ntpool_test_map_window(false);
	ntk_expect_window(test, false);
	ntpool_test_map_window(true);
	ntk_expect_window(test, true);
	ntpool_test_set_reserve(NTK_PAGES);
}

static void ntk_killed_thread(struct ntk_worker *worker)
{
	struct ntk_wait *wait = worker->threads->arg;

	allow_signal(SIGKILL);
	send_sig(SIGKILL, current, 1);
	wait->block = ntk_must(wait->size);
	WRITE_ONCE(wait->done, true);
	flush_signals(current);
}

/* A task that was killed does not wait: it is served like a caller in an atomic context. */
static void ntk_killed_test(struct kunit *test)
{
	struct ntk_threads *threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	struct ntk_wait wait = { .size = PAGE_SIZE };
	struct ntpool_test_report report;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, threads);
	ntpool_test_set_reserve(0);
	ntk_starve(true);
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, 1, false, ntk_killed_thread, &wait), 0);
	for (i = 0; i < 40 && !READ_ONCE(wait.done); i++)
		msleep(50);
	KUNIT_EXPECT_TRUE(test, READ_ONCE(wait.done));
	ntk_feed();
	KUNIT_ASSERT_EQ(test, ntk_threads_finish(threads), 0);
	KUNIT_EXPECT_NULL(test, wait.block);
	if (wait.block)
		ExFreePoolWithTag(wait.block, NTK_TAG);
	else
		ntk_expect_report(test, "a killed task", NTK_EMPTY, PAGE_SIZE, &report);
}

static struct kunit_case ntk_reserve_cases[] = {
	KUNIT_CASE(NonPagedPoolMustSucceed_test),
	KUNIT_CASE(ntk_exhaust_test),
	KUNIT_CASE(NonPagedPoolCacheAlignedMustS_reserve_test),
	KUNIT_CASE(ntk_small_test),
	KUNIT_CASE(ntk_refill_test),
	KUNIT_CASE(ntk_refilled_test),
	KUNIT_CASE(ntk_wait_test),
	KUNIT_CASE(ntk_run_test),
	KUNIT_CASE(ntk_never_test),
	KUNIT_CASE(must_succeed_pages_test),
	KUNIT_CASE(ntk_refill_fails_test),
	KUNIT_CASE(ntk_storm_test),
	KUNIT_CASE(ntk_killed_test),
	KUNIT_CASE(ntk_plugged_test),
	KUNIT_CASE(ntk_plugged_without_memory_test),
	KUNIT_CASE(ntk_bounded_map_test),
	KUNIT_CASE(ntk_far_map_test),
	KUNIT_CASE(ntk_window_test),
	{}
};

static struct kunit_suite ntk_reserve_suite = {
	.name = "ntpool_reserve",
	.init = ntk_reserve_init,
	.exit = ntk_reserve_exit,
	.test_cases = ntk_reserve_cases,
};

kunit_test_suite(ntk_reserve_suite);
