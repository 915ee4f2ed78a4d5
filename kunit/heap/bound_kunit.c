// SPDX-License-Identifier: GPL-2.0
/*
 * Large heaps, and headers and links forged by a hostile driver. `make test
 * PARTS=irqsoff` runs this suite too, and measures how long interrupts are off.
 *
 * A driver cannot learn a secret from memory that it gets. No header makes a block
 * larger than it is.
 */
#include <linux/cpumask.h>
#include <linux/vmalloc.h>

#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KpBo"))
#define NTK_PAGES	3000
#define NTK_SMALL	(3 * NTK_PAGES)
#define NTK_SCRAPS	512
#define NTK_SPOILED	32
#define NTK_CACHED	200
#define NTK_ANCHORS	8
/* A whole number of such blocks fills a page. */
#define NTK_PATTERN	112

/* Bytes of a block that is alone in its page. */
#define NTK_PAGE_BLOCK	(PAGE_SIZE * 3 / 4)
/* No page has as much left beside small blocks. */
#define NTK_SCARCE	(NTK_PAGES_4K ? PAGE_SIZE / 2 : NTK_PAGE_BLOCK)
/* Few fit into a page, so some lie side by side and the free list of their size is long. */
#define NTK_FREE_BLOCK	(PAGE_SIZE / 16)

static void **ntk_take(struct kunit *test, unsigned int nr, size_t size)
{
	void **block = vzalloc(nr * sizeof(*block));
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, block);
	for (i = 0; i < nr; i++) {
		block[i] = ExAllocatePoolWithTag(NonPagedPool, size, NTK_TAG);
		if (!block[i])
			KUNIT_FAIL(test, "no block %u", i);
	}
	return block;
}

static void ntk_give(void **block, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (block[i])
			ExFreePoolWithTag(block[i], NTK_TAG);
	vfree(block);
}

static void ntk_expect_sound(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
}

/* All pages of a large heap return to the kernel at once. */
static void ntk_trim_test(struct kunit *test)
{
	s64 before = ntk_pool_row(test, false).pages;

	ntk_give(ntk_take(test, NTK_PAGES, NTK_PAGE_BLOCK), NTK_PAGES);
	ntpool_test_drain();
	KUNIT_EXPECT_LE(test, ntk_pool_row(test, false).pages, before);
	ntk_expect_sound(test);
}

struct ntk_freeing {
	void **block;
	unsigned int nr;
};

static void ntk_free_all(void *arg)
{
	struct ntk_freeing *freeing = arg;

	while (freeing->nr)
		ExFreePoolWithTag(freeing->block[--freeing->nr], NTK_TAG);
}

/* Frees in an interrupt do as much and no more than they can; later ones do the rest. */
static void ntk_trim_interrupt_test(struct kunit *test)
{
	struct ntk_freeing freeing = { ntk_take(test, NTK_PAGES, NTK_PAGE_BLOCK), NTK_PAGES };

	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_HARDIRQ, ntk_nth_cpu(0), ntk_free_all, &freeing), 0);
	vfree(freeing.block);
	ntk_give(ntk_take(test, NTK_SCRAPS, NTK_PAGE_BLOCK), NTK_SCRAPS);
	KUNIT_EXPECT_LT(test, ntk_pool_row(test, false).pages, NTK_PAGES / 4);
	ntk_expect_sound(test);
}

/* A CPU's cache, and a request that only the cache can serve. */
struct ntk_scarcity {
	void *block[NTK_CACHED];
	size_t size;
	void *got;
	unsigned long left;	/* bytes cached after the request */
};

static void ntk_fill_cache(void *arg)
{
	struct ntk_scarcity *scarcity = arg;
	unsigned int i;

	for (i = 0; i < NTK_CACHED; i++)
		scarcity->block[i] = ExAllocatePoolWithTag(NonPagedPool, scarcity->size, NTK_TAG);
	for (i = 0; i < NTK_CACHED; i++)
		if (scarcity->block[i])
			ExFreePoolWithTag(scarcity->block[i], NTK_TAG);
}

static void ntk_request(void *arg)
{
	struct ntk_scarcity *scarcity = arg;

	ntpool_test_fail_backing(0, -1);
	scarcity->got = ExAllocatePoolWithTag(NonPagedPool, NTK_SCARCE, NTK_TAG);
	/* A worker empties the caches, but not before the interrupt has returned. */
	scarcity->left = ntpool_test_cached();
	ntpool_test_fail_backing(0, 0);
}

/* In one interrupt, so that the worker of the request before does not come between. */
static void ntk_fill_and_request(void *arg)
{
	ntk_fill_cache(arg);
	ntk_request(arg);
}

/*
 * An interrupt gets a larger block that is cached. If there are smaller ones only, it gives
 * up after a few of them.
 */
static void ntk_scarce_interrupt_test(struct kunit *test)
{
	struct ntk_scarcity *scarcity = kunit_kzalloc(test, sizeof(*scarcity), GFP_KERNEL);
	int cpu = ntk_nth_cpu(0);
	s64 before;

	KUNIT_ASSERT_NOT_NULL(test, scarcity);
	ntpool_test_drain();
	scarcity->size = 64;
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_THREAD, cpu, ntk_fill_cache, scarcity), 0);
	before = ntk_pool_row(test, false).cached_bytes;
	KUNIT_EXPECT_GE(test, before, NTK_CACHED * scarcity->size);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_HARDIRQ, cpu, ntk_request, scarcity), 0);
	KUNIT_EXPECT_NULL(test, scarcity->got);
	KUNIT_EXPECT_GE(test, (s64)scarcity->left,
			before - 16 * (s64)ntk_block_bytes(scarcity->size));
	scarcity->size = NTK_PAGE_BLOCK;
	/* Where an interrupt gets nothing from the kernel, a thread fills the cache before. */
	ntk_keep_stock(test);
	if (!ntk_kernel_serves(NTK_HARDIRQ))
		KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_THREAD, cpu, ntk_fill_cache, scarcity), 0);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_HARDIRQ, cpu, ntk_fill_and_request, scarcity), 0);
	KUNIT_EXPECT_NOT_NULL(test, scarcity->got);
	if (scarcity->got)
		ExFreePoolWithTag(scarcity->got, NTK_TAG);
	ntk_expect_sound(test);
}

/* Frees every third block, so that none merges with another. */
static void ntk_thin(void **block)
{
	unsigned int i;

	for (i = 0; i < NTK_SMALL; i += 3) {
		ExFreePoolWithTag(block[i], NTK_TAG);
		block[i] = NULL;
	}
	ntpool_test_drain();
}

/* One link of a long list is destroyed: it is reported once, and no block of the list is lost. */
static void ntk_damaged_list_test(struct kunit *test)
{
	void **block = ntk_take(test, NTK_SMALL, NTK_FREE_BLOCK), **again;
	u8 *spoiled = block[NTK_SMALL / 2 / 3 * 3];
	struct ntpool_test_report report;
	s64 pages;

	ntk_thin(block);
	memset(spoiled, 0x41, 16);
	pages = ntk_pool_row(test, false).pages;
	/* Those in front of the damage, the damaged one, and after a while the rest. */
	again = ntk_take(test, NTK_SMALL / 3, NTK_FREE_BLOCK);
	ntk_expect_report(test, "a long list", NTK_BAD_POOL_HEADER, NTK_LIST_CORRUPT,
			  &report);
	ntk_expect_sound(test);
	ntk_give(again, NTK_SMALL / 3);
	ntpool_test_drain();
	again = ntk_take(test, NTK_SMALL / 3, NTK_FREE_BLOCK);
	KUNIT_EXPECT_LE(test, ntk_pool_row(test, false).pages, pages + 1);
	ntk_give(again, NTK_SMALL / 3);
	ntk_give(block, NTK_SMALL);
	ntk_expect_sound(test);
}

/* More damage than one: each list that is lost comes back. */
static void ntk_damaged_lists_test(struct kunit *test)
{
	void **block = ntk_take(test, NTK_SMALL, NTK_FREE_BLOCK);
	struct ntpool_test_report report;
	void *spoiled[NTK_SPOILED];
	unsigned int i;

	for (i = 0; i < NTK_SPOILED; i++)
		spoiled[i] = block[i * (NTK_SMALL / NTK_SPOILED / 3 * 3)];
	ntk_thin(block);
	for (i = 0; i < NTK_SPOILED; i++)
		memset(spoiled[i], 0x41, 8);
	ntk_give(block, NTK_SMALL);
	ntpool_test_drain();
	KUNIT_EXPECT_GT(test, ntk_take_reports(&report), 0);
	KUNIT_EXPECT_EQ(test, report.param[0], NTK_LIST_CORRUPT);
	ntk_expect_sound(test);
}

/* Counts 64-bit words. The pattern, zeroes and headers of free blocks are no secret. */
static bool ntk_is_plain(u64 word)
{
	u32 state = (u32)word >> 16;

	return !word || word == 0xaaaaaaaaaaaaaaaaULL || (u32)word == NTK_TAG ||
	       (!(word & 0xffff) && (state == 0x1e || state == 0x63));
}

static unsigned int ntk_in_page(void **block, unsigned int nr, const void *at)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr; i++)
		n += block[i] && !(((unsigned long)block[i] ^ (unsigned long)at) & PAGE_MASK);
	return n;
}

/*
 * Takes blocks until some pages are full of them, and fills these with the pattern. Frees
 * all blocks but the first one of such a page. Returns how many pages there are.
 */
static unsigned int ntk_anchors(struct kunit *test, void **anchor)
{
	void **block = ntk_take(test, NTK_SCRAPS, NTK_PATTERN);
	unsigned int i, n = 0;

	for (i = 0; i < NTK_SCRAPS; i++)
		if (block[i])
			memset(block[i], 0xaa, NTK_PATTERN);
	for (i = 0; i < NTK_SCRAPS && n < NTK_ANCHORS; i++)
		if (block[i] && offset_in_page(block[i]) == NTK_HEADER &&
		    ntk_in_page(block, NTK_SCRAPS, block[i]) ==
		    PAGE_SIZE / (NTK_PATTERN + NTK_HEADER)) {
			anchor[n++] = block[i];
			block[i] = NULL;
		}
	ntk_give(block, NTK_SCRAPS);
	ntpool_test_drain();
	return n;
}

/* Counts the words of a new block that may be a secret, and fills it with the pattern. */
static unsigned int ntk_secrets(u64 *block, size_t size)
{
	unsigned int i, secrets = 0;

	for (i = 0; i < size / sizeof(*block); i++)
		secrets += !ntk_is_plain(block[i]);
	memset(block, 0xaa, size);
	return secrets;
}

/* Memory that was free several times, in blocks of several sizes, contains no link. */
static void ntk_link_test(struct kunit *test)
{
	static const size_t sizes[] = { 48, 16, 496, 240, 112 };
	unsigned int i, round, nr, seen = 0, secrets = 0;
	void *anchor[NTK_ANCHORS], **block;

	if (!NTK_PAGES_4K)
		kunit_skip(test, "the sizes are those of 4 KiB pages");
	ntpool_test_drain();
	nr = ntk_anchors(test, anchor);
	for (round = 0; round < ARRAY_SIZE(sizes); round++) {
		block = ntk_take(test, NTK_SCRAPS, sizes[round]);
		for (i = 0; i < NTK_SCRAPS; i++)
			if (block[i] && ntk_in_page(anchor, nr, block[i])) {
				secrets += ntk_secrets(block[i], sizes[round]);
				seen++;
			}
		ntk_give(block, NTK_SCRAPS);
		ntpool_test_drain();
	}
	KUNIT_EXPECT_GT(test, seen, 0);
	KUNIT_EXPECT_EQ(test, secrets, 0);
	for (i = 0; i < nr; i++)
		ExFreePoolWithTag(anchor[i], NTK_TAG);
}

struct ntk_raw_header {
	u32 cookie;
	u32 size;
	u64 owner;
};

/* Tries all cookies for a header that gives the block @granules. True: one of them passes. */
static bool ntk_forge(u8 *block, u32 granules)
{
	struct ntk_raw_header *header = (struct ntk_raw_header *)block - 1;
	const struct ntk_raw_header intact = *header;
	u32 sum;

	for (sum = 0; sum <= U16_MAX; sum++) {
		header->size = granules << 16 | (granules - 1) * NTK_GRANULE;
		header->cookie = (intact.cookie & ~U16_MAX) | sum;
		ExFreePoolWithTag(block, NTK_TAG);
		if (header->cookie >> 16 != intact.cookie >> 16)
			return true;
	}
	*header = intact;
	return false;
}

/* The next neighbour is the end of a block, even if the header says otherwise. */
static void ntk_forged_size_test(struct kunit *test)
{
	struct ntpool_test_report report;
	unsigned int i;
	void **block;

	if (!NTK_PAGES_4K)
		kunit_skip(test, "the sizes are those of 4 KiB pages");
	block = ntk_take(test, NTK_SCRAPS, 4 * NTK_GRANULE);
	for (i = 0; i < NTK_SCRAPS; i++)
		if (offset_in_page(block[i]) < PAGE_SIZE / 2)
			break;
	KUNIT_ASSERT_LT(test, i, NTK_SCRAPS);
	/* The slow path serves the first free of a size, so a block is freed first. */
	ntk_give(ntk_take(test, 1, 32 * NTK_GRANULE - NTK_HEADER), 1);
	/* Five granules in fact; blocks of five follow. */
	if (ntk_forge(block[i], 32)) {
		KUNIT_FAIL(test, "80 bytes were freed as 512");
		block[i] = NULL;
	}
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), U16_MAX + 1);
	ntk_give(block, NTK_SCRAPS);
	ntk_expect_sound(test);
}

static struct kunit_case ntk_bound_cases[] = {
	KUNIT_CASE(ntk_trim_test),
	KUNIT_CASE(ntk_trim_interrupt_test),
	KUNIT_CASE(ntk_scarce_interrupt_test),
	KUNIT_CASE(ntk_damaged_list_test),
	KUNIT_CASE(ntk_damaged_lists_test),
	KUNIT_CASE(ntk_link_test),
	KUNIT_CASE(ntk_forged_size_test),
	{}
};

static struct kunit_suite ntk_bound_suite = {
	.name = "ntpool_bound",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_bound_cases,
};

kunit_test_suite(ntk_bound_suite);
