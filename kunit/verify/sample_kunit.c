// SPDX-License-Identifier: GPL-2.0
/*
 * Sampling: how many allocations are sampled, and the properties of a sample. Sampling
 * is for production, so a sample must behave like all other memory of the pool: it lies
 * in the linear map. Patterns reveal errors, at the free and when the page is used
 * again.
 */
#include <linux/completion.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/workqueue.h>

#include "special.h"

#define NTK_SIZE	72

static int ntk_sample_init(struct kunit *test)
{
	return ntk_init_flags(test, 0);
}

/* Allocates until a block of @type is a sample. Nothing else has the tag. */
static u8 *ntk_take_sample(struct kunit *test, POOL_TYPE type)
{
	unsigned long end = jiffies + 5 * HZ;
	s64 before;
	u8 *block;

	KUNIT_ASSERT_EQ(test, ntpool_test_write("verifier/tags", NTK_TAG_TEXT), 0);
	KUNIT_ASSERT_EQ(test, ntpool_test_sample(1), 0);
	do {
		before = ntk_special_blocks(test);
		block = ExAllocatePoolWithTag(type, NTK_SIZE, NTK_TAG);
		KUNIT_ASSERT_NOT_NULL(test, block);
		if (ntk_special_blocks(test) > before)
			return block;
		ExFreePoolWithTag(block, NTK_TAG);
	} while (time_before(jiffies, end));
	block = NULL;
	KUNIT_ASSERT_NOT_NULL_MSG(test, block, "no allocation was sampled");
	return block;
}

/* How many of the allocations of @ms milliseconds are sampled. */
static s64 ntk_sampled(struct kunit *test, unsigned int ms, u32 tag)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);
	s64 before = ntk_special_blocks(test);
	void *block;

	while (time_before(jiffies, end)) {
		block = ExAllocatePoolWithTag(NonPagedPool, 64, tag);
		KUNIT_ASSERT_NOT_NULL(test, block);
		ExFreePoolWithTag(block, tag);
		cond_resched();
	}
	return ntk_special_blocks(test) - before;
}

static void ntk_rate_test(struct kunit *test)
{
	s64 nr;

	KUNIT_EXPECT_EQ(test, ntk_sampled(test, 50, NTK_TAG), 0);
	KUNIT_ASSERT_EQ(test, ntpool_test_sample(20), 0);
	nr = ntk_sampled(test, 1000, NTK_TAG);
	KUNIT_EXPECT_GE(test, nr, 5);
	KUNIT_EXPECT_LE(test, nr, 51);
	KUNIT_EXPECT_EQ(test, ntpool_test_write("verifier/tags", "KxSa"), 0);
	KUNIT_EXPECT_EQ(test, ntk_sampled(test, 100, NTK_TAG), 0);
	KUNIT_EXPECT_GE(test, ntk_sampled(test, 1000, ntk_tag4("KxSa")), 1);
	KUNIT_EXPECT_EQ(test, ntpool_test_write("verifier/tags", "*"), 0);
	KUNIT_ASSERT_EQ(test, ntpool_test_sample(0), 0);
	KUNIT_EXPECT_EQ(test, ntk_sampled(test, 100, NTK_TAG), 0);
	/* The lists keep their caches. */
	ntk_expect_no_report(test, "sampling");
}

/* The translations that drivers use for memory in the linear map, as for DMA. */
static void ntk_expect_linear(struct kunit *test, u8 *block)
{
	u8 *page = (u8 *)((unsigned long)block & PAGE_MASK);

	KUNIT_EXPECT_FALSE(test, is_vmalloc_addr(block));
	KUNIT_ASSERT_TRUE(test, virt_addr_valid(block));
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)page_address(virt_to_page(block)), page);
	KUNIT_EXPECT_EQ(test, page_count(virt_to_page(block)), 1);
	KUNIT_EXPECT_EQ(test, page_to_phys(virt_to_page(block)) + offset_in_page(block),
			virt_to_phys(block));
	KUNIT_EXPECT_EQ(test, MmGetPhysicalAddress(block).QuadPart, (s64)virt_to_phys(block));
	memset(block, 0x11, NTK_SIZE);
}

static void ntk_linear_test(struct kunit *test)
{
	u8 *block;
	int i;

	for (i = 0; i < 4; i++) {
		ntpool_test_special_start(i & 1);
		block = ntk_take_sample(test, i & 2 ? PagedPool : NonPagedPool);
		ntk_expect_linear(test, block);
		KUNIT_EXPECT_EQ(test, offset_in_page(block), i & 1 ? 0 : PAGE_SIZE - 80);
		ntk_give(block);
	}
	ntk_expect_no_report(test, "correct use");
}

static void ntk_spoil_sample(struct kunit *test, long at, u64 where)
{
	ntk_spoil_block(test, ntk_take_sample(test, NonPagedPool), NTK_SIZE, at, where);
}

static void ntk_around_test(struct kunit *test)
{
	ntk_spoil_sample(test, NTK_SIZE, NTK_BEHIND);
	ntk_spoil_sample(test, -1, NTK_BEFORE);
	ntk_spoil_sample(test, -4000, NTK_BEFORE);
	ntpool_test_special_start(true);
	ntk_spoil_sample(test, NTK_SIZE, NTK_BEHIND);
	ntk_spoil_sample(test, 4095, NTK_BEHIND);
}

static void ntk_bad_free_test(struct kunit *test)
{
	struct ntpool_test_report report;
	u8 *block = ntk_take_sample(test, NonPagedPool);

	ntk_give(block + 32);
	ntk_expect_report(test, "the middle", NTK_BAD_POOL_CALLER, NTK_MIDDLE_NONPAGED, &report);
	ntk_give(block);
	ntk_give(block);
	ntk_expect_report(test, "twice", NTK_BAD_POOL_CALLER, NTK_DOUBLE_FREE, &report);
	KUNIT_EXPECT_EQ(test, report.tag, NTK_TAG);
}

/* A write after the free is found when the page leaves quarantine: here, for the kernel. */
static void ntk_modified_test(struct kunit *test)
{
	struct ntpool_test_report report;
	u8 *block = ntk_take_sample(test, NonPagedPool);

	ntk_give(block);
	block[7] = 0x5a;
	ntk_expect_no_report(test, "in quarantine");
	KUNIT_ASSERT_EQ(test, ntpool_test_sample(0), 0);
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), 1);
	KUNIT_EXPECT_EQ(test, report.code, NTK_MODIFIED);
	KUNIT_EXPECT_EQ(test, report.param[0], (unsigned long)block + 7);
	KUNIT_EXPECT_EQ(test, report.tag, NTK_TAG);
}

static struct ntk_restart {
	struct work_struct work;
	struct completion done;
	unsigned int reports;
	unsigned int late;	/* of these, while the restart had to wait */
} ntk_restart;

static void ntk_restart_samples(struct work_struct *work)
{
	ntpool_test_sample(1);
	complete(&ntk_restart.done);
}

static void ntk_reported(void)
{
	ntk_restart.reports++;
	schedule_work(&ntk_restart.work);
	ntk_restart.late += !wait_for_completion_timeout(&ntk_restart.done, HZ);
}

/* A stop of the sampler waits for the report without the mutex. */
static void ntk_mutex_test(struct kunit *test)
{
	struct ntpool_test_report report;
	u8 *block = ntk_take_sample(test, NonPagedPool);

	INIT_WORK(&ntk_restart.work, ntk_restart_samples);
	init_completion(&ntk_restart.done);
	ntk_restart.reports = 0;
	ntk_restart.late = 0;
	ntk_give(block);
	block[7] = 0x5a;
	ntpool_test_on_report(ntk_reported);
	KUNIT_EXPECT_EQ(test, ntpool_test_sample(0), 0);
	ntpool_test_on_report(NULL);
	flush_work(&ntk_restart.work);
	KUNIT_EXPECT_EQ(test, ntpool_test_sample(0), 0);
	KUNIT_EXPECT_EQ(test, ntk_restart.reports, 1);
	KUNIT_EXPECT_EQ(test, ntk_restart.late, 0);
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), 1);
	KUNIT_EXPECT_EQ(test, report.code, NTK_MODIFIED);
}

/* And for the next block that is taken from special pool. */
static void ntk_reused_test(struct kunit *test)
{
	struct ntpool_test_report report;
	unsigned int i;
	u8 *block;

	ntk_need_special(test);
	block = ntk_take_sample(test, NonPagedPool);
	ntk_give(block);
	block[7] = 0x5a;
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0x1), 0);
	for (i = 0; i < 2 * NTK_PAGES; i++)
		ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPool, 64, NTK_TAG), NTK_TAG);
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), 1);
	KUNIT_EXPECT_EQ(test, report.code, NTK_MODIFIED);
	KUNIT_EXPECT_EQ(test, report.param[0], (unsigned long)block + 7);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	/* The page of a mapped block is the page of a sample. */
	for (i = 0; i < 10; i++) {
		block = ntk_take_sample(test, NonPagedPool);
		ntk_expect_linear(test, block);
		ntk_give(block);
	}
	ntk_expect_no_report(test, "correct use");
}

/* A sample outlives the sampler. */
static void ntk_switched_off_test(struct kunit *test)
{
	struct ntpool_test_report report;
	u8 *block = ntk_take_sample(test, NonPagedPool);

	KUNIT_ASSERT_EQ(test, ntpool_test_sample(0), 0);
	ntk_expect_linear(test, block);
	block[NTK_SIZE] ^= 0x5a;
	ntk_give(block);
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), 1);
	KUNIT_EXPECT_EQ(test, report.code, NTK_SPECIAL_POOL);
}

static struct kunit_case ntk_sample_cases[] = {
	KUNIT_CASE(ntk_rate_test),
	KUNIT_CASE(ntk_linear_test),
	KUNIT_CASE(ntk_around_test),
	KUNIT_CASE(ntk_bad_free_test),
	KUNIT_CASE(ntk_modified_test),
	KUNIT_CASE(ntk_mutex_test),
	KUNIT_CASE(ntk_reused_test),
	KUNIT_CASE(ntk_switched_off_test),
	{}
};

static struct kunit_suite ntk_sample_suite = {
	.name = "ntpool_sample",
	.init = ntk_sample_init,
	.exit = ntk_special_exit,
	.test_cases = ntk_sample_cases,
};

kunit_test_suite(ntk_sample_suite);
