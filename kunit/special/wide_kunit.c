// SPDX-License-Identifier: GPL-2.0
/*
 * Special pool for blocks that do not fit into a page with a header: the addresses of
 * blocks, and how slots of different sizes share the pages. The memory around a block
 * cannot be accessed, and neither can a freed block. Damage that no page fault can
 * detect is found at the free.
 *
 * Contract: a block of PAGE_SIZE bytes or more begins on a page. One of at most
 * PAGE_SIZE bytes lies within one page.
 */
#include <linux/delay.h>

#include <ntifs.h>

#include "special.h"

#define NTK_WIDEST	(16 * PAGE_SIZE)

static const size_t ntk_sizes[] = {
	4065, 4079, 4080, 4081, 4095, 4096, 4097, 5120, 8191, 8192, 8193, 12288, 12289,
	20480, 32768, 36865, 65535, 65536,
};

/* True if the pool takes a block of @size from special pool, and frees it at once. */
static bool ntk_served(struct kunit *test, size_t size)
{
	s64 before = ntk_special_blocks(test);

	ntk_give(ntk_take(test, size));
	return ntk_special_blocks(test) == before + 1;
}

/* ---- placement and guards ---- */

static void ntk_place(struct kunit *test, struct ntk_tally *tally, POOL_TYPE type, size_t size,
		      bool start)
{
	u8 *block = ntk_take_of(test, type, size);
	const u8 *page = (const u8 *)((unsigned long)block & PAGE_MASK);
	size_t room = size < PAGE_SIZE ? ALIGN(size, NTK_ALIGN) : PAGE_ALIGN(size);
	const u8 *end = page + PAGE_ALIGN(size);

	if (size >= PAGE_SIZE || start)
		ntk_check(tally, block == page, "%zu bytes: begins at %lu", size,
			  offset_in_page(block));
	else
		ntk_check(tally, block + room == end, "%zu bytes: ends at %lu", size,
			  offset_in_page(block + room));
	ntk_check_readable(tally, block, size, true);
	ntk_check(tally, !ntk_readable(page - 1), "%zu bytes: before", size);
	ntk_check(tally, !ntk_readable(page - PAGE_SIZE), "%zu bytes: a page before", size);
	ntk_check(tally, !ntk_readable(end), "%zu bytes: behind", size);
	ntk_check(tally, !ntk_readable(end + PAGE_SIZE - 1), "%zu bytes: a page behind", size);
	memset(block, 0x11, size);
	ntk_give(block);
	ntk_check_readable(tally, block, size, false);
}

static void ntk_place_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	int i;

	for (i = 0; i < 4 * ARRAY_SIZE(ntk_sizes); i++) {
		ntpool_test_special_start(i & 1);
		ntk_place(test, &tally, i & 2 ? PagedPool : NonPagedPool, ntk_sizes[i / 4], i & 1);
	}
	ntk_expect_clean(test, &tally);
}

/* Above 16 pages ordinary pool serves, as without the verifier. */
static void ntk_widest_test(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, ntk_served(test, NTK_WIDEST));
	KUNIT_EXPECT_FALSE(test, ntk_served(test, NTK_WIDEST + 1));
}

/* ExAllocatePool2() zeroes. */
static void ntk_zero_test(struct kunit *test)
{
	u8 *block;
	int i;

	for (i = 0; i < ARRAY_SIZE(ntk_sizes); i++) {
		block = ExAllocatePool2(POOL_FLAG_NON_PAGED, ntk_sizes[i], NTK_TAG);
		KUNIT_ASSERT_NOT_NULL(test, block);
		KUNIT_EXPECT_NULL(test, memchr_inv(block, 0, ntk_sizes[i]));
		ntk_give(block);
	}
}

static void ntk_check_behind(struct ntk_special_use *use, const char *context)
{
	ntk_check(&use->tally, !ntk_readable(use->block + 2 * PAGE_SIZE), "%s: behind", context);
}

static void ntk_contexts_test(struct kunit *test)
{
	ntk_special_contexts(test, 5120, ntk_check_behind);
}

/* ---- errors ---- */

static void ntk_around_test(struct kunit *test)
{
	ntk_spoil(test, 4065, -1, NTK_BEFORE);
	ntk_spoil(test, 4065, 4065, NTK_BEHIND);
	ntk_spoil(test, 4095, 4095, NTK_BEHIND);
	ntk_spoil(test, 4097, 4097, NTK_BEHIND);
	ntk_spoil(test, 5120, 5120, NTK_BEHIND);
	ntk_spoil(test, 5120, 8191, NTK_BEHIND);
	ntk_spoil(test, 20481, 6 * 4096 - 1, NTK_BEHIND);
}

/* Special pool does not serve the block, but the bytes behind it have a pattern. */
static void ntk_ordinary_test(struct kunit *test)
{
	size_t size = NTK_WIDEST + 100;
	BOOLEAN quota;
	u8 *block;

	ntk_spoil(test, size, size, NTK_BEHIND);
	ntk_spoil(test, size, NTK_WIDEST + PAGE_SIZE - 1, NTK_BEHIND);
	block = ntk_take(test, size);
	KUNIT_EXPECT_EQ(test, ExQueryPoolBlockSize(block, &quota), size);
	memset(block, 0x11, size);
	ntk_give(block);
	ntk_expect_no_report(test, "correct use");
}

static void ntk_fault(struct kunit *test, const u8 *at, u32 code, const char *text)
{
	struct ntpool_test_report report;

	KUNIT_EXPECT_TRUE_MSG(test, ntpool_test_fault((unsigned long)at, false, 0), "%s", text);
	ntk_expect_report(test, text, code, (unsigned long)at, &report);
	KUNIT_EXPECT_EQ(test, report.tag, NTK_TAG);
	KUNIT_EXPECT_STREQ(test, report.text, text);
}

static void ntk_fault_test(struct kunit *test)
{
	u8 *block = ntk_take(test, PAGE_SIZE);

	ntk_fault(test, block + PAGE_SIZE, NTK_BEYOND, "byte 1 past the end of a block was read");
	ntk_fault(test, block - 1, NTK_BEYOND, "byte 1 before the start of a block was read");
	ntk_give(block);
	ntk_fault(test, block + 4000, NTK_FREED, "byte 4000 of a freed block was read");
	/* In a slot of four pages. */
	block = ntk_take(test, 2 * PAGE_SIZE + 100);
	ntk_fault(test, block + 3 * PAGE_SIZE, NTK_BEYOND,
		  "byte 3997 past the end of a block was read");
	ntk_fault(test, block + 4 * PAGE_SIZE, NTK_BEYOND,
		  "byte 8093 past the end of a block was read");
	ntk_fault(test, block - 8, NTK_BEYOND, "byte 8 before the start of a block was read");
	KUNIT_EXPECT_FALSE(test, ntpool_test_fault((unsigned long)block + PAGE_SIZE, false, 0));
	ntk_give(block);
	ntk_fault(test, block + 8000, NTK_FREED, "byte 8000 of a freed block was read");
}

/* The report names the offset in the block, wherever in its pages the address lies. */
static void ntk_free_middle_of_wide(struct kunit *test, u8 *block, size_t offset)
{
	struct ntpool_test_report report;
	char text[32];

	ntk_give(block + offset);
	ntk_expect_report(test, "the middle", NTK_BAD_POOL_CALLER, NTK_MIDDLE_NONPAGED, &report);
	snprintf(text, sizeof(text), ", at offset %zu", offset);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(report.text, text), "%s, not%s", report.text, text);
}

static void ntk_bad_free_test(struct kunit *test)
{
	struct ntpool_test_report report;
	u8 *block;
	int i;

	for (i = 0; i < ARRAY_SIZE(ntk_sizes); i++) {
		block = ntk_take(test, ntk_sizes[i]);
		ntk_free_middle_of_wide(test, block, 32);
		ntk_free_middle_of_wide(test, block, ntk_sizes[i] - 8);
		ntk_give(block);
		ntk_give(block);
		ntk_expect_report(test, "twice", NTK_BAD_POOL_CALLER, NTK_DOUBLE_FREE, &report);
		KUNIT_EXPECT_EQ(test, report.tag, NTK_TAG);
	}
}

/* A write that did not fault is found at the latest when the page returns to the kernel. */
static void ntk_modified_test(struct kunit *test)
{
	struct ntpool_test_report report;
	u8 *block = ntk_take(test, 5120), *page;

	page = page_address(vmalloc_to_page(block + PAGE_SIZE));
	ntk_give(block);
	page[77] ^= 1;
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), 1);
	KUNIT_EXPECT_EQ(test, report.code, NTK_MODIFIED);
	KUNIT_EXPECT_EQ(test, report.param[0], (unsigned long)block + PAGE_SIZE + 77);
}

/* ---- pages ---- */

static void ntk_figures_test(struct kunit *test)
{
	struct ntk_tag_row before = ntk_tag_row(test, NTK_TAG, false), now;
	struct ntk_pool_row pool;
	u8 *block;

	ntpool_test_drain();
	block = ntk_take(test, 2 * PAGE_SIZE + 100);
	now = ntk_tag_row(test, NTK_TAG, false);
	KUNIT_EXPECT_EQ(test, now.bytes, before.bytes + 3 * (s64)PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, now.requested, before.requested + 2 * (s64)PAGE_SIZE + 100);
	pool = ntk_pool_row(test, false);
	KUNIT_EXPECT_EQ(test, pool.pages * (s64)PAGE_SIZE, pool.bytes + pool.free_bytes);
	KUNIT_EXPECT_EQ(test, ntk_table_sum(ntk_read(test, "callers"), "bytes", "Nonp"),
			pool.bytes);
	ntk_give(block);
	now = ntk_tag_row(test, NTK_TAG, false);
	KUNIT_EXPECT_EQ(test, now.bytes, before.bytes);
	KUNIT_EXPECT_EQ(test, now.requested, before.requested);
}

/*
 * Live blocks and freed pages are special_pages at most; ordinary pool serves the other
 * requests.
 */
static void ntk_exhausted_test(struct kunit *test)
{
	u8 **blocks = kunit_kcalloc(test, NTK_PAGES, sizeof(*blocks), GFP_KERNEL);
	s64 before, special;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, blocks);
	before = ntk_special_blocks(test);
	for (i = 0; i < NTK_PAGES; i++)
		blocks[i] = ntk_take(test, 5120);
	special = ntk_special_blocks(test) - before;
	KUNIT_EXPECT_LE(test, 2 * special, NTK_PAGES);
	KUNIT_EXPECT_GE(test, 2 * special, NTK_PAGES / 2);
	for (i = 0; i < NTK_PAGES; i++)
		ntk_give(blocks[i]);
}

/* Small blocks had all pages. Wide ones get some of them, and the small ones keep an eighth. */
static void ntk_moved_test(struct kunit *test)
{
	unsigned int i;
	u8 *freed;

	for (i = 0; i < 2 * NTK_PAGES; i++)
		ntk_give(ntk_take(test, 96));
	for (i = 0; i < 200; i++) {
		if (ntk_served(test, 16 * PAGE_SIZE))
			break;
		fsleep(1000);
	}
	KUNIT_EXPECT_LT(test, i, 200);
	freed = ntk_take(test, 96);
	ntk_give(freed);
	for (i = 0; i < NTK_PAGES / 8; i++)
		ntk_give(ntk_take(test, 4 * PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, ntk_served(test, 96));
	KUNIT_EXPECT_FALSE(test, ntk_readable(freed));
}

/*
 * After it was switched off, special pool keeps no page without a block. Its records of freed
 * blocks stay.
 */
static void ntk_returned_test(struct kunit *test)
{
	struct ntk_pool_row before, now;
	struct ntpool_test_report report;
	unsigned int i;
	u8 *block, *live;

	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	ntpool_test_drain();
	before = ntk_pool_row(test, false);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0x1), 0);
	for (i = 0; i < 100; i++)
		ntk_give(ntk_take(test, ntk_sizes[i % ARRAY_SIZE(ntk_sizes)]));
	block = ntk_take(test, 5120);
	live = ntk_take(test, 5120);
	ntk_give(block);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	ntpool_test_drain();
	now = ntk_pool_row(test, false);
	KUNIT_EXPECT_LE(test, now.pages, before.pages + 2);
	ntk_give(block);
	ntk_expect_report(test, "twice", NTK_BAD_POOL_CALLER, NTK_DOUBLE_FREE, &report);
	ntk_fault(test, block, NTK_FREED, "byte 0 of a freed block was read");
	memset(live, 0x44, 5120);
	ntk_give(live);
	for (i = 0; i < 200 && now.pages > before.pages; i++) {
		fsleep(1000);
		now = ntk_pool_row(test, false);
	}
	KUNIT_EXPECT_LE(test, now.pages, before.pages);
}

static struct kunit_case ntk_wide_cases[] = {
	KUNIT_CASE(ntk_place_test),
	KUNIT_CASE(ntk_widest_test),
	KUNIT_CASE(ntk_zero_test),
	KUNIT_CASE(ntk_contexts_test),
	KUNIT_CASE(ntk_around_test),
	KUNIT_CASE(ntk_ordinary_test),
	KUNIT_CASE(ntk_fault_test),
	KUNIT_CASE(ntk_bad_free_test),
	KUNIT_CASE(ntk_modified_test),
	KUNIT_CASE(ntk_figures_test),
	KUNIT_CASE(ntk_exhausted_test),
	KUNIT_CASE(ntk_moved_test),
	KUNIT_CASE(ntk_returned_test),
	{}
};

static struct kunit_suite ntk_wide_suite = {
	.name = "ntpool_wide",
	.init = ntk_special_init,
	.exit = ntk_special_exit,
	.test_cases = ntk_wide_cases,
};

kunit_test_suite(ntk_wide_suite);
