// SPDX-License-Identifier: GPL-2.0
/*
 * Bad frees, and writes to freed memory. Each kind gives exactly one report, with NT's
 * stop code and parameters. After it a check of the heaps finds nothing, and the
 * figures are those from before. Frees with a wrong tag are with the other cases about
 * tags.
 *
 * The overruns hit the pool's own memory only: a block without slack is followed by the
 * header of its neighbour in the same page. The case restores the header afterwards.
 */
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KfFr"))
/* Blocks among which neighbours are found: two pages of them, and some. */
#define NTK_NEIGHBOURS	(2 * (int)PAGE_SIZE / (NTK_PACKED + NTK_HEADER) + 32)
/* Longer runs of whole pages are not remembered after their free. */
#define NTK_CACHED_PAGES	8

static u64 ntk_module_data[4];

static u64 ntk_middle(bool paged)
{
	return paged ? NTK_MIDDLE_PAGED : NTK_MIDDLE_NONPAGED;
}

static POOL_TYPE ntk_pool_type(bool paged)
{
	return paged ? PagedPool : NonPagedPool;
}

/* The bad free of @address: its report, and that nothing else happened. */
static void ntk_expect_refused(struct kunit *test, const char *what,
			       void *address, u64 param)
{
	struct ntk_pool_row nonpaged = ntk_pool_row(test, false);
	struct ntk_pool_row paged = ntk_pool_row(test, true);
	struct ntpool_test_report report;

	ExFreePoolWithTag(address, 0);
	ntk_expect_report(test, what, NTK_BAD_POOL_CALLER, param, &report);
	KUNIT_EXPECT_EQ_MSG(test, ntpool_test_check_heaps(), 0, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, ntk_pool_row(test, false).bytes,
			    nonpaged.bytes, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, ntk_pool_row(test, true).bytes, paged.bytes,
			    "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, ntk_pool_row(test, false).blocks,
			    nonpaged.blocks, "%s", what);
}

static void ExFreePool_NULL_test(struct kunit *test)
{
	struct ntpool_test_report report;

	ntk_expect_refused(test, "NULL", NULL, NTK_NO_ADDRESS);
	ExFreePool(NULL);
	ntk_expect_report(test, "ExFreePool(NULL)", NTK_BAD_POOL_CALLER,
			  NTK_NO_ADDRESS, &report);
}

static void ntk_free_user_test(struct kunit *test)
{
	ntk_expect_refused(test, "8", (void *)8UL, NTK_USER_ADDRESS);
	ntk_expect_refused(test, "a low page", (void *)0x10000UL,
			   NTK_USER_ADDRESS);
	ntk_expect_refused(test, "the last user page",
			   (void *)(TASK_SIZE - PAGE_SIZE), NTK_USER_ADDRESS);
}

/* Memory of the linear map that the pool does not own. */
static void ntk_free_linear_test(struct kunit *test)
{
	u8 *small = kmalloc(64, GFP_KERNEL);
	u8 *large = kmalloc(2 * PAGE_SIZE, GFP_KERNEL);
	u8 *page = (u8 *)get_zeroed_page(GFP_KERNEL);

	KUNIT_EXPECT_NOT_NULL(test, small);
	KUNIT_EXPECT_NOT_NULL(test, large);
	KUNIT_EXPECT_NOT_NULL(test, page);
	if (small && large && page) {
		ntk_expect_refused(test, "kmalloc", small, NTK_LINEAR_ADDRESS);
		ntk_expect_refused(test, "inside kmalloc", small + 16,
				   NTK_LINEAR_ADDRESS);
		ntk_expect_refused(test, "large kmalloc", large,
				   NTK_LINEAR_ADDRESS);
		ntk_expect_refused(test, "a page", page, NTK_LINEAR_ADDRESS);
		ntk_expect_refused(test, "inside a page", page + 128,
				   NTK_LINEAR_ADDRESS);
	}
	free_page((unsigned long)page);
	kfree(large);
	kfree(small);
}

/* Kernel mappings other than the linear map. */
static void ntk_free_mapped_test(struct kunit *test)
{
	u8 *area = vmalloc(2 * PAGE_SIZE);

	KUNIT_EXPECT_NOT_NULL(test, area);
	if (area) {
		ntk_expect_refused(test, "vmalloc", area, NTK_MAPPED_ADDRESS);
		ntk_expect_refused(test, "inside vmalloc", area + 48,
				   NTK_MAPPED_ADDRESS);
		ntk_expect_refused(test, "second page of vmalloc",
				   area + PAGE_SIZE, NTK_MAPPED_ADDRESS);
		vfree(area);
	}
	ntk_expect_refused(test, "module data", ntk_module_data,
			   NTK_MAPPED_ADDRESS);
	ntk_expect_refused(test, "module code", (void *)ntk_free_mapped_test,
			   NTK_MAPPED_ADDRESS);
	/* The kernel's image is a mapping of its own on 64-bit PCs only. */
	ntk_expect_refused(test, "kernel data", (void *)&jiffies,
			   IS_ENABLED(CONFIG_64BIT) ? NTK_MAPPED_ADDRESS :
						      NTK_LINEAR_ADDRESS);
}

/* The first block of the page, a body that could be one, and addresses inside of it. */
static void ntk_free_not_added(void *base, void *test)
{
	u64 param = is_vmalloc_addr(base) ? NTK_MAPPED_ADDRESS : NTK_LINEAR_ADDRESS;

	ntk_expect_refused(test, "a page that no heap has", base, param);
	ntk_expect_refused(test, "its first body", base + sizeof(u64[2]), param);
	ntk_expect_refused(test, "its middle", base + PAGE_SIZE / 2, param);
	ntk_expect_refused(test, "its last granule", base + PAGE_SIZE - 16, param);
	ntk_expect_refused(test, "no granule", base + 1001, param);
}

/* The page map has a new page before its heap does: a free must not take it for a block. */
static void ntk_free_not_added_test(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, ntpool_test_page_not_added(false, ntk_free_not_added, test));
	KUNIT_EXPECT_TRUE(test, ntpool_test_page_not_added(true, ntk_free_not_added, test));
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
}

static void ntk_free_stack_test(struct kunit *test)
{
	u64 local[4] = {};
	void *address = local;

	OPTIMIZER_HIDE_VAR(address);
	ntk_expect_refused(test, "stack", address,
			   IS_ENABLED(CONFIG_VMAP_STACK) ? NTK_MAPPED_ADDRESS
							 : NTK_LINEAR_ADDRESS);
}

/* Between user space and kernel space there is nothing on x86-64. */
static void ntk_free_hole_test(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_X86_64))
		kunit_skip(test, "no non-canonical addresses");
	ntk_expect_refused(test, "non-canonical", (void *)(1UL << (BITS_PER_LONG - 1)),
			   NTK_NO_ADDRESS);
	ntk_expect_refused(test, "the last page", (void *)-PAGE_SIZE,
			   NTK_NO_ADDRESS);
}

static void ntk_check_middle(struct ntk_tally *tally, u8 *block, size_t offset,
			     bool paged)
{
	struct ntpool_test_report report;
	bool told;

	ExFreePoolWithTag(block + offset, 0);
	told = ntk_took_report(NTK_BAD_POOL_CALLER, ntk_middle(paged), &report);
	ntk_check(tally, told, "offset %zu: 0x%x (0x%llx) %s", offset,
		  report.code, report.param[0], report.text);
	ntk_check(tally,
		  report.param[1] == (unsigned long)(block + offset),
		  "offset %zu: address %llx", offset, report.param[1]);
}

/* Every granule and the odd offsets around it. The contents of the block stay. */
static void ntk_middle_of_small(struct kunit *test, bool paged, size_t size)
{
	u8 *block = ExAllocatePoolWithTag(ntk_pool_type(paged), size, NTK_TAG);
	struct ntk_tag_row before = ntk_tag_row(test, NTK_TAG, paged);
	struct ntk_tally tally = {};
	struct ntk_tag_row after;
	size_t offset;

	KUNIT_ASSERT_NOT_NULL(test, block);
	memset(block, 0, size);
	for (offset = 1; offset < size; offset++) {
		size_t rest = offset % 16;

		if (rest == 0 || rest == 1 || rest == 8 || rest == 15)
			ntk_check_middle(&tally, block, offset, paged);
	}
	ntk_expect_clean(test, &tally);
	after = ntk_tag_row(test, NTK_TAG, paged);
	KUNIT_EXPECT_EQ(test, after.bytes, before.bytes);
	KUNIT_EXPECT_EQ(test, after.frees, before.frees);
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(block, 0, size), NULL);
	ExFreePoolWithTag(block, NTK_TAG);
	ntk_expect_no_report(test, "the block itself");
}

static void ntk_middle_nonpaged_test(struct kunit *test)
{
	ntk_middle_of_small(test, false, 160);
	ntk_middle_of_small(test, false, 1500);
}

static void ntk_middle_paged_test(struct kunit *test)
{
	ntk_middle_of_small(test, true, 160);
	ntk_middle_of_small(test, true, 1500);
}

/* A copy of a genuine header in front of the address changes nothing. */
static void ntk_forged_header_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	size_t offset;
	int paged;

	for (paged = 0; paged <= 1; paged++) {
		u8 *block = ExAllocatePoolWithTag(ntk_pool_type(paged), 512,
						  NTK_TAG);

		KUNIT_ASSERT_NOT_NULL(test, block);
		OPTIMIZER_HIDE_VAR(block);
		for (offset = 16; offset <= 480; offset += 16)
			memcpy(block + offset - 16, block - 16, 16);
		for (offset = 16; offset <= 480; offset += 16)
			ntk_check_middle(&tally, block, offset, paged);
		ExFreePoolWithTag(block, NTK_TAG);
		ntk_expect_no_report(test, "the block itself");
	}
	ntk_expect_clean(test, &tally);
}

/* Blocks of whole pages, at every kind of offset. */
static void ntk_middle_of_run(struct kunit *test, bool paged)
{
	static const size_t sizes[] = {
		NTK_SMALL_MAX + 1, PAGE_SIZE, PAGE_SIZE + 1024, 2 * PAGE_SIZE + 1024,
		16 * PAGE_SIZE,
	};
	static const size_t offsets[] = {
		1, 8, 16, 64, PAGE_SIZE - 16, PAGE_SIZE, PAGE_SIZE + 1, PAGE_SIZE + 16,
		2 * PAGE_SIZE, 15 * PAGE_SIZE,
	};
	struct ntk_tally tally = {};
	int i, j;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u8 *block = ExAllocatePoolWithTag(ntk_pool_type(paged),
						  sizes[i], NTK_TAG);

		KUNIT_ASSERT_NOT_NULL(test, block);
		for (j = 0; j < ARRAY_SIZE(offsets); j++) {
			if (offsets[j] < sizes[i])
				ntk_check_middle(&tally, block, offsets[j],
						 paged);
		}
		ExFreePoolWithTag(block, NTK_TAG);
		ntk_expect_no_report(test, "the block itself");
	}
	ntk_expect_clean(test, &tally);
}

static void ntk_middle_run_test(struct kunit *test)
{
	ntk_middle_of_run(test, false);
	ntk_middle_of_run(test, true);
}

static bool ntk_begins_page(const u8 *block)
{
	return offset_in_page(block) == NTK_HEADER;
}

/*
 * Three blocks of which each lies directly behind the one before, on request
 * the first three of their page. The rest of the batch is freed.
 */
static void ntk_find_neighbours(struct kunit *test, bool paged, bool first,
				u8 *out[3])
{
	size_t bytes = ntk_block_bytes(NTK_PACKED);
	u8 **block;
	int i, j, k;

	block = kunit_kzalloc(test, NTK_NEIGHBOURS * sizeof(*block), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, block);
	out[0] = NULL;
	for (i = 0; i < NTK_NEIGHBOURS; i++)
		block[i] = ExAllocatePoolWithTag(ntk_pool_type(paged),
						 NTK_PACKED, NTK_TAG);
	for (i = 0; i < NTK_NEIGHBOURS && !out[0]; i++) {
		out[1] = NULL;
		out[2] = NULL;
		if (first && !ntk_begins_page(block[i]))
			continue;
		for (j = 0; block[i] && j < NTK_NEIGHBOURS; j++) {
			for (k = 1; k <= 2; k++) {
				if (block[j] == block[i] + k * bytes)
					out[k] = block[j];
			}
		}
		if (out[1] && out[2])
			out[0] = block[i];
	}
	for (i = 0; i < NTK_NEIGHBOURS; i++) {
		if (block[i] && !(out[0] && (block[i] == out[0] ||
					     block[i] == out[1] ||
					     block[i] == out[2])))
			ExFreePool(block[i]);
	}
	KUNIT_ASSERT_NOT_NULL_MSG(test, out[0], "no three neighbours");
}

static void ntk_neighbours(struct kunit *test, bool paged, u8 *out[3])
{
	ntk_find_neighbours(test, paged, false, out);
}

/* Addresses around the first header of a page are reported, and nothing before it is touched. */
static void ntk_check_low(struct ntk_tally *tally, u8 *base, bool paged,
			  u64 param)
{
	static const size_t offsets[] = { 0, 1, 8, 15, 17, 19, 24 };
	struct ntpool_test_report report;
	int i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		u8 *address = base + offsets[i];
		bool told;

		ExFreePoolWithTag(address, 0);
		told = ntk_took_report(NTK_BAD_POOL_CALLER, param, &report);
		ntk_check(tally, told, "paged %d, offset %zu: 0x%x (0x%llx) %s",
			  paged, offsets[i], report.code, report.param[0],
			  report.text);
		ntk_check(tally, report.param[param == NTK_DOUBLE_FREE ? 3 : 1]
			  == (unsigned long)address, "paged %d, offset %zu: %s",
			  paged, offsets[i], report.text);
		ntk_check(tally, !ntpool_test_check_heaps(),
			  "paged %d, offset %zu: heaps", paged, offsets[i]);
	}
}

/*
 * Frees of the start of a page. A header before that address would lie in
 * another page; in paged pool that page is not mapped. The first block of the
 * page is live, cached and free in turn.
 */
static void ntk_page_start_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	struct ntk_tag_row before;
	u8 *block[3], *base;
	int paged;

	for (paged = 0; paged <= 1; paged++) {
		ntk_find_neighbours(test, paged, true, block);
		base = block[0] - NTK_HEADER;
		if (paged)
			KUNIT_EXPECT_NULL(test, vmalloc_to_page(base - 1));
		ntk_check_low(&tally, base, paged, ntk_middle(paged));
		ExFreePool(block[0]);
		before = ntk_tag_row(test, NTK_TAG, paged);
		ntk_check_low(&tally, base, paged, NTK_DOUBLE_FREE);
		ntpool_test_drain();
		ntk_check_low(&tally, base, paged, NTK_DOUBLE_FREE);
		KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, paged).frees,
				before.frees);
		ExFreePool(block[1]);
		ExFreePool(block[2]);
		ntk_expect_no_report(test, "the neighbours");
	}
	ntk_expect_clean(test, &tally);
}

/* A live block at @place, found among a batch; NULL if there is none. */
static u8 *ntk_block_at(struct kunit *test, bool paged, size_t size, u8 *place)
{
	u8 **block, *found = NULL;
	int i;

	block = kunit_kzalloc(test, NTK_NEIGHBOURS * sizeof(*block), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, block);
	for (i = 0; i < NTK_NEIGHBOURS; i++)
		block[i] = ExAllocatePoolWithTag(ntk_pool_type(paged), size,
						 NTK_TAG);
	for (i = 0; i < NTK_NEIGHBOURS; i++) {
		if (block[i] && block[i] == place)
			found = place;
		else if (block[i])
			ExFreePool(block[i]);
	}
	return found;
}

/*
 * The header of a freed block is written back to its old place. That place is
 * now in the middle of a block that has exactly the room of two.
 */
static void ntk_stale_header_test(struct kunit *test)
{
	size_t size = 2 * ntk_block_bytes(NTK_PACKED) - NTK_HEADER;
	struct ntk_tally tally = {};
	u8 saved[NTK_HEADER];
	u8 *block[3], *both;
	int paged;

	for (paged = 0; paged <= 1; paged++) {
		ntk_find_neighbours(test, paged, true, block);
		OPTIMIZER_HIDE_VAR(block[1]);
		memcpy(saved, block[1] - NTK_HEADER, NTK_HEADER);
		ExFreePool(block[0]);
		ExFreePool(block[1]);
		ntpool_test_drain();
		both = ntk_block_at(test, paged, size, block[0]);
		ExFreePool(block[2]);
		KUNIT_ASSERT_NOT_NULL(test, both);
		OPTIMIZER_HIDE_VAR(both);
		memcpy(both + (block[1] - block[0]) - NTK_HEADER, saved,
		       NTK_HEADER);
		ntk_check_middle(&tally, both, block[1] - block[0], paged);
		ExFreePool(both);
		ntk_expect_no_report(test, "the block itself");
	}
	ntk_expect_clean(test, &tally);
}

static void ntk_expect_double(struct kunit *test, const char *what, u8 *block)
{
	struct ntpool_test_report report;

	ExFreePool(block);
	ntk_expect_report(test, what, NTK_BAD_POOL_CALLER, NTK_DOUBLE_FREE,
			  &report);
	KUNIT_EXPECT_EQ_MSG(test, (u32)report.param[2],
			    *(u32 *)(block - NTK_HEADER), "header of %s", what);
	KUNIT_EXPECT_EQ_MSG(test, report.param[3], (unsigned long)block,
			    "block of %s", what);
	KUNIT_EXPECT_EQ_MSG(test, ntpool_test_check_heaps(), 0, "%s", what);
}

static void ntk_double_free_of(struct kunit *test, bool paged)
{
	struct ntk_tag_row before = ntk_tag_row(test, NTK_TAG, paged);
	struct ntk_tag_row after;
	u8 *block[3];

	ntk_neighbours(test, paged, block);
	ExFreePoolWithTag(block[1], NTK_TAG);
	ntk_expect_no_report(test, "the first free");
	ntk_expect_double(test, "a second free at once", block[1]);
	ntk_expect_double(test, "a third free", block[1]);
	ntpool_test_drain();
	ntk_expect_double(test, "a second free after a drain", block[1]);
	after = ntk_tag_row(test, NTK_TAG, paged);
	KUNIT_EXPECT_EQ(test, after.diff, before.diff + 2);
	KUNIT_EXPECT_EQ(test, after.frees - before.frees, NTK_NEIGHBOURS - 2);
	ExFreePoolWithTag(block[0], NTK_TAG);
	ExFreePoolWithTag(block[2], NTK_TAG);
	ntk_expect_no_report(test, "the neighbours");
}

static void ntk_double_free_test(struct kunit *test)
{
	ntk_double_free_of(test, false);
	ntk_double_free_of(test, true);
}

/* A freed block that merged into the one before is no block any more. */
static void ntk_double_free_merged_test(struct kunit *test)
{
	struct ntpool_test_report report;
	u8 *block[3];
	int paged;

	for (paged = 0; paged <= 1; paged++) {
		ntk_neighbours(test, paged, block);
		ExFreePool(block[0]);
		ExFreePool(block[1]);
		ntpool_test_drain();
		ExFreePool(block[1]);
		KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), 1);
		KUNIT_EXPECT_EQ(test, report.code, NTK_BAD_POOL_CALLER);
		KUNIT_EXPECT_TRUE_MSG(test,
				      report.param[0] == NTK_DOUBLE_FREE ||
				      report.param[0] == ntk_middle(paged),
				      "0x%llx", report.param[0]);
		KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
		ExFreePool(block[2]);
		ntk_expect_no_report(test, "the neighbour");
	}
}

/* The report about memory that went back to the kernel, which may still map it. */
static bool ntk_is_unowned(const void *block, u64 param)
{
	if (is_vmalloc_addr(block))
		return param == NTK_MAPPED_ADDRESS || param == NTK_NO_ADDRESS;
	return param == NTK_LINEAR_ADDRESS;
}

/* Known as long as a CPU caches the pages; then an address that no pool owns. */
static void ntk_double_free_run_test(struct kunit *test)
{
	static const size_t sizes[] = {
		NTK_SMALL_MAX + 1, PAGE_SIZE, PAGE_SIZE + 1024, 16 * PAGE_SIZE,
	};
	struct ntpool_test_report report;
	struct ntk_tally tally = {};
	unsigned int told;
	int i;

	for (i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		bool paged = i & 1;
		void *block = ExAllocatePoolWithTag(ntk_pool_type(paged),
						    sizes[i / 2], NTK_TAG);

		KUNIT_ASSERT_NOT_NULL(test, block);
		ExFreePool(block);
		ntk_expect_no_report(test, "the first free");
		ExFreePool(block);
		told = ntk_take_reports(&report);
		ntk_check(&tally, told == 1 &&
			  report.code == NTK_BAD_POOL_CALLER &&
			  (report.param[0] == NTK_DOUBLE_FREE ||
			   (sizes[i / 2] > NTK_CACHED_PAGES * PAGE_SIZE &&
			    ntk_is_unowned(block, report.param[0]))),
			  "%zu, paged %d: 0x%x (0x%llx) %s", sizes[i / 2],
			  paged, report.code, report.param[0], report.text);
	}
	ntk_expect_clean(test, &tally);
}

/*
 * A block is overrun by @bytes. The free of its neighbour is reported as a
 * corrupt header, and the neighbour is kept. When the header is restored, both
 * blocks can be freed.
 */
static void ntk_overrun_by(struct kunit *test, bool paged, size_t bytes)
{
	struct ntk_tag_row before, after;
	struct ntpool_test_report report;
	u8 saved[NTK_HEADER];
	u8 *block[3];
	size_t i;

	ntk_neighbours(test, paged, block);
	before = ntk_tag_row(test, NTK_TAG, paged);
	OPTIMIZER_HIDE_VAR(block[0]);
	memcpy(saved, block[0] + NTK_PACKED, NTK_HEADER);
	for (i = 0; i < bytes; i++)
		block[0][NTK_PACKED + i] ^= 0x5a;
	ExFreePoolWithTag(block[1], NTK_TAG);
	KUNIT_EXPECT_EQ_MSG(test, ntk_take_reports(&report), 1, "by %zu", bytes);
	KUNIT_EXPECT_EQ_MSG(test, report.code, NTK_BAD_POOL_HEADER, "by %zu: %s",
			    bytes, report.text);
	KUNIT_EXPECT_EQ_MSG(test, report.param[0], NTK_HEADER_CORRUPT,
			    "by %zu: %s", bytes, report.text);
	KUNIT_EXPECT_EQ(test, report.param[1],
			(unsigned long)block[1] - NTK_HEADER);
	if (bytes < 4)	/* the size is still legible */
		KUNIT_EXPECT_EQ(test, report.param[2],
				(unsigned long)block[2] - NTK_HEADER);
	after = ntk_tag_row(test, NTK_TAG, paged);
	KUNIT_EXPECT_EQ(test, after.diff, before.diff);
	KUNIT_EXPECT_EQ(test, after.bytes, before.bytes);
	memcpy(block[0] + NTK_PACKED, saved, NTK_HEADER);
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
	for (i = 0; i < ARRAY_SIZE(block); i++)
		ExFreePoolWithTag(block[i], NTK_TAG);
	ntk_expect_no_report(test, "frees with the header restored");
}

static void ntk_overrun_test(struct kunit *test)
{
	static const size_t bytes[] = { 1, 2, 4, 8, 12, 16 };
	int i;

	for (i = 0; i < ARRAY_SIZE(bytes); i++) {
		ntk_overrun_by(test, false, bytes[i]);
		ntk_overrun_by(test, true, bytes[i]);
	}
}

/* Blocks around a corrupt header stay usable: the damage goes no further. */
static void ntk_overrun_contained_test(struct kunit *test)
{
	struct ntpool_test_report report;
	u8 saved[NTK_HEADER];
	u8 *block[3];
	void *more;

	ntk_neighbours(test, false, block);
	OPTIMIZER_HIDE_VAR(block[0]);
	memcpy(saved, block[0] + NTK_PACKED, NTK_HEADER);
	memset(block[0] + NTK_PACKED, 0x41, NTK_HEADER);
	ExFreePool(block[1]);
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), 1);
	KUNIT_EXPECT_EQ(test, report.code, NTK_BAD_POOL_HEADER);
	more = ExAllocatePoolWithTag(NonPagedPool, NTK_PACKED, NTK_TAG);
	KUNIT_EXPECT_NOT_NULL(test, more);
	KUNIT_EXPECT_PTR_NE(test, more, (void *)block[1]);
	if (more)
		ExFreePool(more);
	memcpy(block[0] + NTK_PACKED, saved, NTK_HEADER);
	ntk_take_reports(&report);
	ExFreePool(block[2]);
	ExFreePool(block[0]);
	ExFreePool(block[1]);
	ntk_expect_no_report(test, "frees with the header restored");
}

/* A place between two live neighbours, cached or, after a drain, free. */
static void ntk_freed_between(struct kunit *test, bool paged, bool drained,
			      u8 *block[3])
{
	ntk_neighbours(test, paged, block);
	ExFreePool(block[1]);
	if (drained)
		ntpool_test_drain();
	OPTIMIZER_HIDE_VAR(block[0]);
	OPTIMIZER_HIDE_VAR(block[1]);
}

static void ntk_expect_damage(struct kunit *test, const char *what, u64 param,
			      u8 *block)
{
	struct ntpool_test_report report;

	ntk_expect_report(test, what, NTK_BAD_POOL_HEADER, param, &report);
	KUNIT_EXPECT_EQ_MSG(test, report.param[1],
			    (unsigned long)block - NTK_HEADER, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, ntpool_test_check_heaps(), 0, "%s", what);
}

/*
 * A free block is overwritten with zeros, with letters, or with pointers. An
 * allocation reports it when it takes the block. That block and all others can
 * be allocated again.
 */
static void ntk_written_free_test(struct kunit *test)
{
	u8 *block[3], *again;
	int i;

	for (i = 0; i < 6; i++) {
		bool paged = i & 1;

		ntk_freed_between(test, paged, true, block);
		if (i < 4)
			memset(block[1], i < 2 ? 0 : 0x41, 16);
		else
			memset_l((unsigned long *)block[1],
				 (unsigned long)block[0] - NTK_HEADER, 2);
		again = ntk_block_at(test, paged, NTK_PACKED, block[1]);
		KUNIT_EXPECT_PTR_EQ(test, again, block[1]);
		ntk_expect_damage(test, "a free block", NTK_LIST_CORRUPT,
				  block[1]);
		if (again)
			ExFreePool(again);
		ExFreePool(block[0]);
		ExFreePool(block[2]);
		ntk_expect_no_report(test, "what came afterwards");
	}
}

/* The header of a cached block is checked and repaired when it leaves the cache. */
static void ntk_written_cached_test(struct kunit *test)
{
	u8 *block[3];
	int paged;

	for (paged = 0; paged <= 1; paged++) {
		ntk_freed_between(test, paged, false, block);
		memset(block[0] + NTK_PACKED, 0x41, NTK_HEADER);
		ntpool_test_drain();
		ntk_expect_damage(test, "a cached block", NTK_HEADER_CHANGED,
				  block[1]);
		ExFreePool(block[0]);
		ExFreePool(block[2]);
		ntk_expect_no_report(test, "the neighbours");
	}
}

/* A console driver that uses the pool which it is to print about. */
static unsigned int ntk_console_calls;

static void ntk_console(void)
{
	static const size_t sizes[] = { NTK_PACKED, 1000, 3000, 4000, 5000 };
	void *block[4 * ARRAY_SIZE(sizes)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(block); i++)
		block[i] = ExAllocatePoolWithTag(NonPagedPool, sizes[i % ARRAY_SIZE(sizes)],
						 NTK_TAG);
	for (i = 0; i < ARRAY_SIZE(block); i++)
		if (block[i])
			ExFreePool(block[i]);
	ntk_console_calls++;
}

/* Damage of a cached and of a free block is reported where the console may allocate. */
static void ntk_console_test(struct kunit *test)
{
	u8 *block[3], *again;
	int drained;

	for (drained = 0; drained <= 1; drained++) {
		ntk_freed_between(test, false, drained, block);
		if (drained)
			memset(block[1], 0x41, 16);
		else
			memset(block[0] + NTK_PACKED, 0x41, NTK_HEADER);
		ntk_console_calls = 0;
		ntpool_test_on_report(ntk_console);
		again = NULL;
		if (drained)
			again = ntk_block_at(test, false, NTK_PACKED, block[1]);
		else
			ntpool_test_drain();
		ntpool_test_on_report(NULL);
		KUNIT_EXPECT_EQ(test, ntk_console_calls, 1);
		ntk_expect_damage(test, "with a console",
				  drained ? NTK_LIST_CORRUPT : NTK_HEADER_CHANGED, block[1]);
		if (again)
			ExFreePool(again);
		ExFreePool(block[0]);
		ExFreePool(block[2]);
		ntk_expect_no_report(test, "the neighbours");
	}
}

static struct kunit_case ntk_free_cases[] = {
	KUNIT_CASE(ExFreePool_NULL_test),
	KUNIT_CASE(ntk_free_user_test),
	KUNIT_CASE(ntk_free_linear_test),
	KUNIT_CASE(ntk_free_mapped_test),
	KUNIT_CASE(ntk_free_not_added_test),
	KUNIT_CASE(ntk_free_stack_test),
	KUNIT_CASE(ntk_free_hole_test),
	KUNIT_CASE(ntk_middle_nonpaged_test),
	KUNIT_CASE(ntk_middle_paged_test),
	KUNIT_CASE(ntk_forged_header_test),
	KUNIT_CASE(ntk_page_start_test),
	KUNIT_CASE(ntk_stale_header_test),
	KUNIT_CASE(ntk_middle_run_test),
	KUNIT_CASE(ntk_double_free_test),
	KUNIT_CASE(ntk_double_free_merged_test),
	KUNIT_CASE(ntk_double_free_run_test),
	KUNIT_CASE(ntk_overrun_test),
	KUNIT_CASE(ntk_overrun_contained_test),
	KUNIT_CASE(ntk_written_free_test),
	KUNIT_CASE(ntk_written_cached_test),
	KUNIT_CASE(ntk_console_test),
	{}
};

static struct kunit_suite ntk_free_suite = {
	.name = "ntpool_free",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_free_cases,
};

kunit_test_suite(ntk_free_suite);
