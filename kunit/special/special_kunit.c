// SPDX-License-Identifier: GPL-2.0
/*
 * Special pool: the addresses of blocks, quarantine, and requests when no slot is left.
 * The memory around a block cannot be accessed, and neither can a freed block. Damage
 * that no page fault can detect is found at the free.
 *
 * The cases test by copy_from_kernel_nofault() whether an address can be accessed. The
 * system scenario `detect` makes real faults, which end threads.
 */
#include <linux/jiffies.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>

#include "special.h"

#define NTK_LARGEST	(PAGE_SIZE - 32)
#define NTK_TOUCHED	8

static size_t ntk_room(size_t size)
{
	return ALIGN(max_t(size_t, size, 1), NTK_ALIGN);
}

/* ---- placement and guards ---- */

static void ntk_check_guards(struct ntk_tally *tally, const u8 *block, size_t size)
{
	const u8 *page = (const u8 *)((unsigned long)block & PAGE_MASK);

	ntk_check(tally, ntk_readable(page) && ntk_readable(page + PAGE_SIZE - 1),
		  "%zu bytes: the page", size);
	ntk_check(tally, !ntk_readable(page - 1), "%zu bytes: before the page", size);
	ntk_check(tally, !ntk_readable(page - PAGE_SIZE), "%zu bytes: a page before", size);
	ntk_check(tally, !ntk_readable(page + PAGE_SIZE), "%zu bytes: behind the page", size);
	ntk_check(tally, !ntk_readable(page + 2 * PAGE_SIZE - 1), "%zu bytes: a page behind",
		  size);
}

static void ntk_place(struct kunit *test, struct ntk_tally *tally, size_t size, bool start)
{
	size_t offset = start ? 0 : PAGE_SIZE - ntk_room(size);
	u8 *block = ntk_take(test, size);

	if (ntk_check(tally, ntk_is_special(block), "%zu bytes: not special", size)) {
		ntk_check(tally, offset_in_page(block) == offset, "%zu bytes: offset %lu", size,
			  offset_in_page(block));
		ntk_check_guards(tally, block, size);
		memset(block, 0x11, size);
	}
	ntk_give(block);
	ntk_check(tally, !ntk_readable(block), "%zu bytes: freed", size);
}

/* ExAllocatePoolWithTag() at the end of a page. */
static void ntk_end_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	size_t size;

	for (size = 1; size <= NTK_LARGEST; size += 7)
		ntk_place(test, &tally, size, false);
	ntk_place(test, &tally, NTK_LARGEST, false);
	ntk_expect_clean(test, &tally);
}

static void ntk_start_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	size_t size;

	ntpool_test_special_start(true);
	for (size = 1; size <= NTK_LARGEST; size += 61)
		ntk_place(test, &tally, size, true);
	ntk_expect_clean(test, &tally);
}

/* ---- constraints ---- */

/* Every priority with each of its places; by default the parameter decides. */
static const struct ntk_hint {
	EX_POOL_PRIORITY plain, overrun, underrun;
} ntk_hints[] = {
	{ LowPoolPriority, LowPoolPrioritySpecialPoolOverrun,
	  LowPoolPrioritySpecialPoolUnderrun },
	{ NormalPoolPriority, NormalPoolPrioritySpecialPoolOverrun,
	  NormalPoolPrioritySpecialPoolUnderrun },
	{ HighPoolPriority, HighPoolPrioritySpecialPoolOverrun,
	  HighPoolPrioritySpecialPoolUnderrun },
};

static void ntk_placed(struct kunit *test, u8 *block, size_t size, bool start)
{
	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_TRUE(test, ntk_is_special(block));
	KUNIT_EXPECT_EQ(test, offset_in_page(block), start ? 0 : PAGE_SIZE - ntk_room(size));
	KUNIT_EXPECT_EQ(test, ntk_readable(block - 1), !start);
	KUNIT_EXPECT_EQ(test, ntk_readable(block + ntk_room(size)), start);
	ntk_give(block);
}

static void ntk_hinted(struct kunit *test, EX_POOL_PRIORITY priority, size_t size, bool start)
{
	POOL_EXTENDED_PARAMETER param = {
		.Type = PoolExtendedParameterPriority,
		.Priority = priority,
	};

	ntk_placed(test, ExAllocatePoolWithTagPriority(NonPagedPool, size, NTK_TAG, priority),
		   size, start);
	ntk_placed(test, ExAllocatePoolWithTagPriority(PagedPool, size, NTK_TAG, priority),
		   size, start);
	ntk_placed(test, ExAllocatePoolPriorityZero(NonPagedPool, size, NTK_TAG, priority),
		   size, start);
	ntk_placed(test, ExAllocatePool3(POOL_FLAG_NON_PAGED, size, NTK_TAG, &param, 1), size,
		   start);
}

static void ExAllocatePoolWithTagPriority_special_test(struct kunit *test)
{
	const struct ntk_hint *hint;
	bool at_start;
	size_t size;
	int i;

	for (i = 0; i < 2 * ARRAY_SIZE(ntk_hints); i++) {
		hint = &ntk_hints[i / 2];
		at_start = i % 2;
		ntpool_test_special_start(at_start);
		for (size = 1; size <= NTK_LARGEST; size += 679) {
			ntk_hinted(test, hint->plain, size, at_start);
			ntk_hinted(test, hint->overrun, size, false);
			ntk_hinted(test, hint->underrun, size, true);
		}
	}
}

/* A write before a block that was placed at the start is found. */
static void ExAllocatePoolWithTagPriority_fault_test(struct kunit *test)
{
	struct ntpool_test_report report;
	u8 *block = ExAllocatePoolWithTagPriority(NonPagedPool, 96, NTK_TAG,
						  NormalPoolPrioritySpecialPoolUnderrun);

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_TRUE(test, ntpool_test_fault((unsigned long)block - 1, true, 0));
	ntk_expect_report(test, "underrun", NTK_BEYOND, (unsigned long)block - 1, &report);
	KUNIT_EXPECT_STREQ(test, report.text, "byte 1 before the start of a block was written");
	ntk_give(block);
}

/* A cache-aligned block begins on a cache line, as near to the end of the page as possible. */
static void ntk_aligned_test(struct kunit *test)
{
	static const POOL_TYPE types[] = { NonPagedPoolCacheAligned, PagedPoolCacheAligned };
	struct ntk_tally tally = {};
	size_t size;
	u8 *block;
	int i;

	for (size = 1; size <= NTK_LARGEST; size += 33) {
		for (i = 0; i < ARRAY_SIZE(types); i++) {
			block = ExAllocatePoolWithTag(types[i], size, NTK_TAG);
			KUNIT_ASSERT_NOT_NULL(test, block);
			ntk_check(&tally, ntk_is_special(block), "%zu: not special", size);
			ntk_check(&tally, offset_in_page(block) ==
				  PAGE_SIZE - ALIGN(size, SMP_CACHE_BYTES),
				  "%zu: offset %lu", size, offset_in_page(block));
			ntk_check_guards(&tally, block, size);
			ntk_give(block);
		}
	}
	ntk_expect_clean(test, &tally);
}

static void ntk_must_succeed_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	u8 *block = ExAllocatePoolWithTag(NonPagedPoolMustSucceed, 96, NTK_TAG);

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_TRUE(test, ntk_is_special(block));
	ntk_check_guards(&tally, block, 96);
	ntk_give(block);
	ntk_expect_clean(test, &tally);
}

/* PROTECTED_POOL: the free demands the tag here too. */
static void ntk_protected_test(struct kunit *test)
{
	struct ntpool_test_report report;
	u32 tag = NTK_TAG | PROTECTED_POOL;
	u8 *block = ExAllocatePoolWithTag(NonPagedPool, 96, tag);

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_TRUE(test, ntk_is_special(block));
	ExFreePoolWithTag(block, tag);
	ntk_expect_no_report(test, "freed with its tag");
	block = ExAllocatePoolWithTag(NonPagedPool, 96, tag);
	KUNIT_ASSERT_NOT_NULL(test, block);
	ExFreePool(block);
	ntk_expect_report(test, "freed without", NTK_BAD_POOL_CALLER, NTK_WRONG_TAG, &report);
}

/* ExAllocatePool2() zeroes. */
static void ntk_zero_test(struct kunit *test)
{
	u8 *block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 1000, NTK_TAG);

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_TRUE(test, ntk_is_special(block));
	KUNIT_EXPECT_NULL(test, memchr_inv(block, 0, 1000));
	ntk_give(block);
}

static void ntk_check_special(struct ntk_special_use *use, const char *context)
{
	ntk_check(&use->tally, ntk_is_special(use->block), "%s: not special", context);
	ntk_check_guards(&use->tally, use->block, use->size);
}

static void ntk_contexts_test(struct kunit *test)
{
	ntk_special_contexts(test, 96, ntk_check_special);
}

static void ntk_paged_test(struct kunit *test)
{
	struct ntk_tag_row before = ntk_tag_row(test, NTK_TAG, true);
	u8 *block = ExAllocatePoolWithTag(PagedPool, 96, NTK_TAG);
	struct ntk_tally tally = {};

	KUNIT_ASSERT_NOT_NULL(test, block);
	ntk_check_guards(&tally, block, 96);
	KUNIT_EXPECT_EQ(test, offset_in_page(block), PAGE_SIZE - 96);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, true).diff, before.diff + 1);
	ntk_give(block);
	KUNIT_EXPECT_FALSE(test, ntk_readable(block));
	ntk_expect_clean(test, &tally);
}

/* ---- what was written around a block ---- */

static void ntk_around_test(struct kunit *test)
{
	ntk_spoil(test, 100, 100, NTK_BEHIND);
	ntk_spoil(test, 97, 111, NTK_BEHIND);
	ntk_spoil(test, 96, -1, NTK_BEFORE);
	ntk_spoil(test, 96, -16, NTK_BEFORE);
	ntk_spoil(test, 96, -4000, NTK_BEFORE);
	ntpool_test_special_start(true);
	ntk_spoil(test, 96, 96, NTK_BEHIND);
	ntk_spoil(test, 96, 4095, NTK_BEHIND);
}

/* Size 0 is a violation of its own. */
static void ntk_around_zero_test(struct kunit *test)
{
	struct ntpool_test_report report;
	u8 *block = ExAllocatePoolWithTag(NonPagedPool, 0, NTK_TAG);

	KUNIT_ASSERT_NOT_NULL(test, block);
	ntk_expect_report(test, "size 0", 0xc4, 0x00, &report);
	block[0] ^= 0x5a;
	ntk_give(block);
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), 1);
	KUNIT_EXPECT_EQ(test, report.code, NTK_SPECIAL_POOL);
}

/* ---- bad frees ---- */

static void ntk_bad_free_test(struct kunit *test)
{
	struct ntpool_test_report report;
	u8 *block = ntk_take(test, 96);

	ntk_give(block + 32);
	ntk_expect_report(test, "the middle", NTK_BAD_POOL_CALLER, NTK_MIDDLE_NONPAGED, &report);
	ExFreePoolWithTag(block, ntk_tag4("Othr"));
	ntk_expect_report(test, "a wrong tag", NTK_BAD_POOL_CALLER, NTK_WRONG_TAG, &report);
	ntk_give(block);
	ntk_expect_report(test, "twice", NTK_BAD_POOL_CALLER, NTK_DOUBLE_FREE, &report);
	ntk_give(block + 8);
	ntk_expect_report(test, "twice, elsewhere", NTK_BAD_POOL_CALLER, NTK_DOUBLE_FREE, &report);
	ntk_give((u8 *)PAGE_ALIGN((unsigned long)block) + 8);
	ntk_expect_report(test, "a guard", NTK_BAD_POOL_CALLER, NTK_NO_ADDRESS, &report);
}

/* ---- faults ---- */

static void ntk_fault(struct kunit *test, const u8 *at, bool write, unsigned long ip, u32 code,
		      const char *text)
{
	struct ntpool_test_report report;

	KUNIT_EXPECT_TRUE_MSG(test, ntpool_test_fault((unsigned long)at, write, ip), "%s", text);
	ntk_expect_report(test, text, code, (unsigned long)at, &report);
	KUNIT_EXPECT_EQ(test, report.param[1], write);
	KUNIT_EXPECT_EQ(test, report.param[2], ip);
	KUNIT_EXPECT_EQ(test, report.tag, NTK_TAG);
	KUNIT_EXPECT_STREQ(test, report.text, text);
}

static void ntk_fault_test(struct kunit *test)
{
	unsigned long here = (unsigned long)ntk_fault;
	u8 *block = ntk_take(test, 96);

	ntk_fault(test, block + 96, true, 0, NTK_BEYOND,
		  "byte 1 past the end of a block was written");
	ntk_fault(test, block + 96 + 63, false, 0, NTK_BEYOND,
		  "byte 64 past the end of a block was read");
	ntk_fault(test, block + 96, true, here, NTK_DRIVER_BEYOND,
		  "byte 1 past the end of a block was written");
	ntk_give(block);
	ntk_fault(test, block, true, 0, NTK_FREED, "byte 0 of a freed block was written");
	ntk_fault(test, block + 95, false, here, NTK_DRIVER_FREED,
		  "byte 95 of a freed block was read");
	ntpool_test_special_start(true);
	block = ntk_take(test, 96);
	ntk_fault(test, block - 1, true, 0, NTK_BEYOND,
		  "byte 1 before the start of a block was written");
	ntk_fault(test, block - 16, false, 0, NTK_BEYOND,
		  "byte 16 before the start of a block was read");
	ntk_give(block);
}

/* Faults that are none of ours. */
static void ntk_fault_elsewhere_test(struct kunit *test)
{
	u8 *block = ntk_take(test, 96);

	KUNIT_EXPECT_FALSE(test, ntpool_test_fault((unsigned long)block, true, 0));
	KUNIT_EXPECT_FALSE(test, ntpool_test_fault(0, true, 0));
	KUNIT_EXPECT_FALSE(test, ntpool_test_fault(~0UL, false, 0));
	KUNIT_EXPECT_FALSE(test, ntpool_test_fault((unsigned long)test, false, 0));
	ntk_give(block);
	ntk_expect_no_report(test, "faults elsewhere");
}

/* ---- other CPUs ---- */

static bool ntk_readable_any(u8 **blocks, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (ntk_readable(blocks[i]))
			return true;
	return false;
}

static void ntk_give_all(void *arg)
{
	u8 **blocks = arg;

	for (; *blocks; blocks++)
		ntk_give(*blocks);
}

/*
 * This CPU has touched the blocks and may have their pages in its TLB.  Once another CPU has
 * freed them, a worker makes them unreachable here too.  The wait does not sleep, because the
 * switch to a process would flush the TLB.
 */
static void ntk_other_cpu_test(struct kunit *test)
{
	u8 *blocks[NTK_TOUCHED + 1] = {};
	unsigned long end;
	unsigned int i;
	int other;

	ntk_need_cpus(test, 2);
	for (i = 0; i < NTK_TOUCHED; i++) {
		blocks[i] = ntk_take(test, 96);
		KUNIT_ASSERT_TRUE(test, ntk_is_special(blocks[i]));
	}
	migrate_disable();
	other = ntk_nth_cpu(ntk_nth_cpu(0) == smp_processor_id());
	for (i = 0; i < NTK_TOUCHED; i++)
		KUNIT_EXPECT_TRUE(test, ntk_readable(blocks[i]));
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_THREAD, other, ntk_give_all, blocks), 0);
	end = jiffies + HZ;
	while (ntk_readable_any(blocks, NTK_TOUCHED) && time_before(jiffies, end))
		cpu_relax();
	for (i = 0; i < NTK_TOUCHED; i++)
		KUNIT_EXPECT_FALSE_MSG(test, ntk_readable(blocks[i]), "block %u", i);
	migrate_enable();
}

/* ---- quarantine ---- */

/* Returns the number of allocations until @block is allocated again. */
static unsigned int ntk_until_reused(struct kunit *test, const u8 *block)
{
	unsigned int i;
	u8 *next;

	for (i = 0; i < 4 * NTK_PAGES; i++) {
		next = ntk_take(test, 96);
		ntk_give(next);
		if (next == block)
			break;
	}
	return i;
}

static void ntk_quarantine_test(struct kunit *test)
{
	u8 *block = ntk_take(test, 96);
	unsigned int after;

	ntk_give(block);
	after = ntk_until_reused(test, block);
	KUNIT_EXPECT_GE(test, after, NTK_PAGES / 8);
	KUNIT_EXPECT_LT(test, after, 2 * NTK_PAGES);
}

/* A write that did not fault: through another mapping. */
static void ntk_modified_test(struct kunit *test)
{
	struct ntpool_test_report report;
	u8 *block = ntk_take(test, 96);
	u8 *page = page_address(vmalloc_to_page(block));

	ntk_give(block);
	page[77] ^= 1;
	KUNIT_EXPECT_LT(test, ntk_until_reused(test, block), 2 * NTK_PAGES);
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), 1);
	KUNIT_EXPECT_EQ(test, report.code, NTK_MODIFIED);
	KUNIT_EXPECT_EQ(test, report.param[0], ((unsigned long)block & PAGE_MASK) + 77);
}

/* ---- no slot left ---- */

static void ntk_exhausted_test(struct kunit *test)
{
	u8 **blocks = kunit_kcalloc(test, 2 * NTK_PAGES, sizeof(*blocks), GFP_KERNEL);
	unsigned int i, special = 0;

	KUNIT_ASSERT_NOT_NULL(test, blocks);
	for (i = 0; i < 2 * NTK_PAGES; i++) {
		blocks[i] = ntk_take(test, 96);
		special += ntk_is_special(blocks[i]);
	}
	/* An eighth stays in quarantine. */
	KUNIT_EXPECT_LE(test, special, NTK_PAGES);
	KUNIT_EXPECT_GE(test, special, NTK_PAGES - NTK_PAGES / 8 - 1);
	for (i = 0; i < 2 * NTK_PAGES; i++)
		ntk_give(blocks[i]);
}

/* Without memory from the kernel there are still the slots that have some. */
static void ntk_no_memory_test(struct kunit *test)
{
	u8 *block;

	ntpool_test_fail_backing(0, -1);
	block = ExAllocatePoolWithTag(NonPagedPool, 96, NTK_TAG);
	ntpool_test_fail_backing(0, 0);
	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_TRUE(test, ntk_is_special(block));
	ntk_give(block);
}

/* ---- figures ---- */

static void ntk_figures_test(struct kunit *test)
{
	struct ntk_tag_row before = ntk_tag_row(test, NTK_TAG, false);
	struct ntk_pool_row pool;
	struct ntk_tag_row now;
	u8 *block;

	ntpool_test_drain();
	block = ntk_take(test, 96);
	now = ntk_tag_row(test, NTK_TAG, false);
	KUNIT_EXPECT_EQ(test, now.bytes, before.bytes + (s64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, now.requested, before.requested + 96);
	pool = ntk_pool_row(test, false);
	KUNIT_EXPECT_EQ(test, pool.pages * (s64)PAGE_SIZE, pool.bytes + pool.free_bytes);
	KUNIT_EXPECT_EQ(test, ntk_table_sum(ntk_read(test, "callers"), "bytes", "Nonp"),
			pool.bytes);
	ntk_give(block);
	now = ntk_tag_row(test, NTK_TAG, false);
	KUNIT_EXPECT_EQ(test, now.bytes, before.bytes);
	KUNIT_EXPECT_EQ(test, now.requested, before.requested);
	pool = ntk_pool_row(test, false);
	KUNIT_EXPECT_EQ(test, pool.pages * (s64)PAGE_SIZE, pool.bytes + pool.free_bytes);
}

/* A block outlives the flag. */
static void ntk_switched_off_test(struct kunit *test)
{
	u8 *block = ntk_take(test, 96), *ordinary;

	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	ordinary = ntk_take(test, 96);
	KUNIT_EXPECT_FALSE(test, ntk_is_special(ordinary));
	ntk_give(ordinary);
	memset(block, 0x33, 96);
	ntk_give(block);
	KUNIT_EXPECT_FALSE(test, ntk_readable(block));
}

static struct kunit_case ntk_special_cases[] = {
	KUNIT_CASE(ntk_end_test),
	KUNIT_CASE(ntk_start_test),
	KUNIT_CASE(ExAllocatePoolWithTagPriority_special_test),
	KUNIT_CASE(ExAllocatePoolWithTagPriority_fault_test),
	KUNIT_CASE(ntk_aligned_test),
	KUNIT_CASE(ntk_must_succeed_test),
	KUNIT_CASE(ntk_protected_test),
	KUNIT_CASE(ntk_zero_test),
	KUNIT_CASE(ntk_contexts_test),
	KUNIT_CASE(ntk_paged_test),
	KUNIT_CASE(ntk_around_test),
	KUNIT_CASE(ntk_around_zero_test),
	KUNIT_CASE(ntk_bad_free_test),
	KUNIT_CASE(ntk_fault_test),
	KUNIT_CASE(ntk_fault_elsewhere_test),
	KUNIT_CASE(ntk_other_cpu_test),
	KUNIT_CASE(ntk_quarantine_test),
	KUNIT_CASE(ntk_modified_test),
	KUNIT_CASE(ntk_exhausted_test),
	KUNIT_CASE(ntk_no_memory_test),
	KUNIT_CASE(ntk_figures_test),
	KUNIT_CASE(ntk_switched_off_test),
	{}
};

static struct kunit_suite ntk_special_suite = {
	.name = "ntpool_special",
	.init = ntk_special_init,
	.exit = ntk_special_exit,
	.test_cases = ntk_special_cases,
};

kunit_test_suite(ntk_special_suite);
