// SPDX-License-Identifier: GPL-2.0
/*
 * The scan that empties idle caches, started by the case instead of a clock.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KpAg"))
#define NTK_BLOCKS	64
/* Nearly half a page: cached, but the depot has no room for it at first. */
#define NTK_HALF	(min(PAGE_SIZE / 2, (unsigned long)SZ_16K) - 48)
#define NTK_TWO_PAGES	(PAGE_SIZE + 904)
#define NTK_THREE_PAGES	(2 * PAGE_SIZE + 808)

/* Allocates and frees: afterwards a cache holds something of that size. */
static void ntk_use(struct kunit *test, POOL_TYPE type, size_t size, unsigned int nr)
{
	void **block = kunit_kcalloc(test, nr, sizeof(*block), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, block);
	for (i = 0; i < nr; i++) {
		block[i] = ExAllocatePoolWithTag(type, size, NTK_TAG);
		KUNIT_EXPECT_NOT_NULL(test, block[i]);
	}
	for (i = 0; i < nr; i++)
		if (block[i])
			ExFreePoolWithTag(block[i], NTK_TAG);
}

static s64 ntk_cached(struct kunit *test, bool paged)
{
	return ntk_pool_row(test, paged).cached_bytes;
}

static void ntk_scan(unsigned int times)
{
	while (times--)
		ntpool_test_age_scan();
}

/* The first scan notes the cached blocks, the next one finds that they were not used. */
static void ntk_idle_blocks_test(struct kunit *test)
{
	static const size_t sizes[] = { 16, 100, 500, 1000, 4000 };
	unsigned int i;
	int paged;

	for (paged = 0; paged <= 1; paged++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			ntk_use(test, paged ? PagedPool : NonPagedPool, sizes[i], NTK_BLOCKS);
			KUNIT_EXPECT_GT_MSG(test, ntk_cached(test, paged), 0, "%zu", sizes[i]);
			ntk_scan(1);
			KUNIT_EXPECT_GT_MSG(test, ntk_cached(test, paged), 0, "%zu", sizes[i]);
			ntk_scan(2);
			KUNIT_EXPECT_EQ_MSG(test, ntk_cached(test, paged), 0, "%zu", sizes[i]);
			KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
		}
}

/* Without cached blocks there are no scans; the first block that is cached starts them. */
static void ntk_idle_scan_test(struct kunit *test)
{
	static const size_t sizes[] = { 64, NTK_TWO_PAGES };
	unsigned int i;
	void *kept;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		kept = ExAllocatePoolWithTag(NonPagedPool, sizes[i], NTK_TAG);
		KUNIT_ASSERT_NOT_NULL(test, kept);
		ntk_scan(4);
		KUNIT_EXPECT_FALSE_MSG(test, ntpool_test_age_scan(), "%zu", sizes[i]);
		ExFreePoolWithTag(kept, NTK_TAG);
		KUNIT_EXPECT_GT_MSG(test, ntk_cached(test, false), 0, "%zu", sizes[i]);
		KUNIT_EXPECT_TRUE_MSG(test, ntpool_test_age_scan(), "%zu", sizes[i]);
	}
}

/* A driver that works in batches finds its blocks in the depot, until it does so no more. */
static void ntk_batch_depot_test(struct kunit *test)
{
	/* Magazines of larger pages hold whole batches of small blocks. */
	const size_t sizes[] = { NTK_PAGES_4K ? 700 : 4000, NTK_HALF };
	unsigned long begin;
	unsigned int i, nr;
	int paged;

	for (paged = 0; paged <= 1; paged++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			s64 most;

			/* All enlarged depots of a heap have room for 2 MiB. */
			nr = min_t(unsigned int, 256, SZ_1M / sizes[i]);
			most = nr * sizes[i];

			/* A worker enlarges the depot. */
			for (begin = jiffies; time_before(jiffies, begin + 30 * HZ); msleep(20)) {
				ntk_use(test, paged ? PagedPool : NonPagedPool, sizes[i], nr);
				if (ntk_cached(test, paged) > most * 3 / 4)
					break;
			}
			KUNIT_EXPECT_GT_MSG(test, ntk_cached(test, paged), most * 3 / 4, "%zu",
					    sizes[i]);
			KUNIT_EXPECT_GT(test, ntpool_test_depots_enlarged(), 0);
			KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
			ntk_scan(4);
			KUNIT_EXPECT_EQ_MSG(test, ntk_cached(test, paged), 0, "%zu", sizes[i]);
			KUNIT_EXPECT_FALSE_MSG(test, ntpool_test_age_scan(), "%zu", sizes[i]);
		}
}

/* Without memory for a larger depot the blocks go to the heap as before. */
static void ntk_batch_refused_test(struct kunit *test)
{
	unsigned int i;

	/* Empty pages for the blocks. */
	ntk_use(test, NonPagedPool, NTK_SMALL_MAX, 30);
	ntk_scan(4);
	ntpool_test_fail_backing(0, -1);
	for (i = 0; i < 4; i++) {
		ntk_use(test, NonPagedPool, NTK_HALF, 48);
		msleep(100);
	}
	KUNIT_EXPECT_GT(test, ntpool_test_backing_failed(), 0);
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_LT(test, ntk_cached(test, false), (s64)(32 * NTK_HALF));
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
}

/* Random requests do not look like batches, and the caches stay as small as they are. */
static void ntk_random_depot_test(struct kunit *test)
{
	void *block[64];
	struct rnd_state rng;
	unsigned int i, nr = 0;

	/* The scans drop the demands of earlier cases. */
	ntk_scan(4);
	KUNIT_ASSERT_EQ(test, ntpool_test_depots_enlarged(), 0);
	prandom_seed_state(&rng, 7);
	for (i = 0; i < 20000; i++)
		if (nr < ARRAY_SIZE(block) && (!nr || ntk_random_below(&rng, 2))) {
			block[nr] = ExAllocatePoolWithTag(NonPagedPool, NTK_HALF, NTK_TAG);
			KUNIT_ASSERT_NOT_NULL(test, block[nr++]);
		} else {
			ExFreePoolWithTag(block[--nr], NTK_TAG);
		}
	while (nr)
		ExFreePoolWithTag(block[--nr], NTK_TAG);
	msleep(100);
	KUNIT_EXPECT_EQ(test, ntpool_test_depots_enlarged(), 0);
}

/* So many that they pass through the depot: that goes as well. */
static void ntk_idle_depot_test(struct kunit *test)
{
	ntk_use(test, NonPagedPool, 64, 2000);
	KUNIT_EXPECT_GT(test, ntk_cached(test, false), 700 * 80);
	ntk_scan(3);
	KUNIT_EXPECT_EQ(test, ntk_cached(test, false), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
}

/* A CPU of another node than this one, or -1. */
static int ntk_cpu_elsewhere(void)
{
	int cpu;

	for_each_online_cpu(cpu)
		if (cpu_to_node(cpu) != numa_node_id())
			return cpu;
	return -1;
}

static void ntk_free_all(void *arg)
{
	void **block = arg;
	unsigned int i;

	for (i = 0; i < NTK_BLOCKS / 4; i++)
		ExFreePoolWithTag(block[i], NTK_TAG);
}

/* The other CPU's cache does not take blocks of this node. The depot does, until it ages. */
static void ntk_other_node_test(struct kunit *test)
{
	void *block[NTK_BLOCKS / 4];
	int cpu = ntk_cpu_elsewhere();
	s64 before;
	int i;

	if (cpu < 0)
		kunit_skip(test, "needs two nodes");
	for (i = 0; i < ARRAY_SIZE(block); i++) {
		block[i] = ExAllocatePoolWithTag(NonPagedPool, 64, NTK_TAG);
		KUNIT_ASSERT_NOT_NULL(test, block[i]);
	}
	before = ntk_cached(test, false);
	KUNIT_ASSERT_EQ(test, ntk_run_in(NTK_THREAD, cpu, ntk_free_all, block), 0);
	KUNIT_EXPECT_EQ(test, ntk_cached(test, false),
			before + ARRAY_SIZE(block) * ntk_block_bytes(64));
	ntk_scan(3);
	KUNIT_EXPECT_EQ(test, ntk_cached(test, false), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
}

static void ntk_idle_pages_test(struct kunit *test)
{
	ntk_use(test, NonPagedPool, NTK_TWO_PAGES, 4);
	ntk_use(test, PagedPool, NTK_THREE_PAGES, 2);
	KUNIT_EXPECT_GT(test, ntk_cached(test, false), (s64)(4 * NTK_TWO_PAGES));
	KUNIT_EXPECT_GT(test, ntk_cached(test, true), (s64)(2 * NTK_THREE_PAGES));
	ntk_scan(2);
	KUNIT_EXPECT_EQ(test, ntk_cached(test, false), 0);
	KUNIT_EXPECT_EQ(test, ntk_cached(test, true), 0);
}

/* A magazine that is used between two scans keeps its blocks. An idle one is emptied. */
static void ntk_busy_test(struct kunit *test)
{
	void *held[8];
	unsigned int i;
	s64 both;

	ntk_use(test, NonPagedPool, 64, NTK_BLOCKS);
	ntk_use(test, NonPagedPool, 1000, 4);
	ntk_scan(1);
	both = ntk_cached(test, false);
	for (i = 0; i < ARRAY_SIZE(held); i++) {
		held[i] = ExAllocatePoolWithTag(NonPagedPool, 64, NTK_TAG);
		KUNIT_ASSERT_NOT_NULL(test, held[i]);
	}
	ntk_scan(1);
	KUNIT_EXPECT_GT(test, ntk_cached(test, false), 0);
	KUNIT_EXPECT_LT(test, ntk_cached(test, false), both - 8 * 80);
	for (i = 0; i < ARRAY_SIZE(held); i++)
		ExFreePoolWithTag(held[i], NTK_TAG);
	ntk_scan(3);
	KUNIT_EXPECT_EQ(test, ntk_cached(test, false), 0);
}

/* Returns the bytes of the caches of all CPUs for one pool, without the blocks. */
static size_t ntk_slots(bool paged)
{
	size_t bytes = 0;
	int cpu;

	for_each_online_cpu(cpu)
		bytes += ntpool_test_cache_bytes(cpu, paged);
	return bytes;
}

/* A magazine has slots while it is used. */
static void ntk_slots_test(struct kunit *test)
{
	size_t unused;
	int paged;

	for (paged = 0; paged <= 1; paged++) {
		POOL_TYPE type = paged ? PagedPool : NonPagedPool;

		ntk_scan(4);
		unused = ntk_slots(paged);
		ntk_use(test, type, 64, 1);
		KUNIT_EXPECT_GT(test, ntk_slots(paged), unused);
		KUNIT_EXPECT_LT(test, ntk_slots(paged), unused + 1024);
		/* More blocks get more slots. */
		ntk_use(test, type, 64, 1000);
		KUNIT_EXPECT_GE(test, ntk_slots(paged), unused + 100 * sizeof(void *));
		ntk_scan(4);
		KUNIT_EXPECT_EQ(test, ntk_slots(paged), unused);
		/* Memory may be short: a drain leaves no slots, either. */
		ntk_use(test, type, 64, 100);
		ntpool_test_drain();
		KUNIT_EXPECT_EQ(test, ntk_slots(paged), unused);
		KUNIT_EXPECT_EQ(test, ntk_cached(test, paged), 0);
	}
}

/* Uses all sizes from @from, and returns how many the magazines of this CPU keep. */
static unsigned int ntk_use_sizes(struct kunit *test, size_t from)
{
	unsigned int kept = 0;
	size_t size;
	s64 before;

	for (size = from; size <= NTK_HALF; size += 16) {
		before = ntk_cached(test, false);
		ntk_use(test, NonPagedPool, size, NTK_BLOCKS);
		kept += ntk_cached(test, false) > before;
		KUNIT_EXPECT_LE_MSG(test, ntpool_test_cache_bytes(raw_smp_processor_id(), false),
				    24 * SZ_1K, "%zu", size);
	}
	return kept;
}

/* All sizes together want more slots than a cache may have. */
static void ntk_use_all(void *arg)
{
	struct kunit *test = arg;
	const size_t large = PAGE_SIZE / 4;

	ntk_use_sizes(test, 16);
	/* The depots of these have no room, and the magazines were short of it. */
	ntk_scan(1);
	KUNIT_EXPECT_EQ(test, ntk_use_sizes(test, large), (NTK_HALF - large) / 16 + 1);
}

static void ntk_slots_bound_test(struct kunit *test)
{
	ntk_scan(4);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_THREAD, ntk_nth_cpu(0), ntk_use_all, test), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
	ntk_scan(4);
	KUNIT_EXPECT_EQ(test, ntk_cached(test, false), 0);
}

/* Without memory for slots a free gives the block to the depot or the heap. */
static void ntk_slots_refused_test(struct kunit *test)
{
	void *block = ExAllocatePoolWithTag(NonPagedPool, 64, NTK_TAG);
	size_t unused;

	KUNIT_ASSERT_NOT_NULL(test, block);
	ntk_scan(4);
	unused = ntk_slots(false);
	ntpool_test_fail_backing(0, -1);
	ExFreePoolWithTag(block, NTK_TAG);
	KUNIT_EXPECT_GT(test, ntpool_test_backing_failed(), 0);
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_EQ(test, ntk_slots(false), unused);
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
	/* The next one finds memory. */
	ntk_use(test, NonPagedPool, 64, 1);
	KUNIT_EXPECT_GT(test, ntk_slots(false), unused);
}

static struct kunit_case ntk_age_cases[] = {
	KUNIT_CASE(ntk_slots_test),
	KUNIT_CASE(ntk_slots_bound_test),
	KUNIT_CASE(ntk_slots_refused_test),
	KUNIT_CASE(ntk_idle_blocks_test),
	KUNIT_CASE(ntk_idle_scan_test),
	KUNIT_CASE(ntk_idle_depot_test),
	KUNIT_CASE(ntk_batch_depot_test),
	KUNIT_CASE(ntk_batch_refused_test),
	KUNIT_CASE(ntk_random_depot_test),
	KUNIT_CASE(ntk_other_node_test),
	KUNIT_CASE(ntk_idle_pages_test),
	KUNIT_CASE(ntk_busy_test),
	{}
};

static struct kunit_suite ntk_age_suite = {
	.name = "ntpool_age",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_age_cases,
};

kunit_test_suite(ntk_age_suite);
