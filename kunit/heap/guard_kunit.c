// SPDX-License-Identifier: GPL-2.0
/*
 * Overruns of a whole page behind blocks at the end of a page. The pools' bookkeeping is never
 * behind these blocks. A guard in front of it names the block.
 */
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KgRd"))
#define NTK_OBJECTS	100	/* of one kind; the pages of their blocks are far fewer */
#define NTK_BLOCKS	6000	/* half of them runs: both kinds of records grow between them */

struct ntk_blocks {
	void *block[NTK_BLOCKS];
	unsigned int nr;
};

/* Takes blocks of the two sizes by turns. */
static struct ntk_blocks *ntk_blocks_take_sizes(struct kunit *test, size_t even, size_t odd)
{
	struct ntk_blocks *blocks = kvzalloc(sizeof(*blocks), GFP_KERNEL);
	unsigned int i;

	for (i = 0; blocks && i < NTK_BLOCKS; i++) {
		blocks->block[i] = ExAllocatePoolWithTag(NonPagedPool, i & 1 ? odd : even, NTK_TAG);
		if (!blocks->block[i])
			break;
		blocks->nr++;
	}
	KUNIT_EXPECT_EQ(test, blocks ? blocks->nr : 0, NTK_BLOCKS);
	return blocks;
}

static struct ntk_blocks *ntk_blocks_take(struct kunit *test)
{
	return ntk_blocks_take_sizes(test, NTK_SMALL_MAX, PAGE_SIZE);
}

static void ntk_blocks_give(struct ntk_blocks *blocks)
{
	while (blocks && blocks->nr)
		ExFreePoolWithTag(blocks->block[--blocks->nr], NTK_TAG);
	kvfree(blocks);
}

static size_t ntk_size_of(const void *block)
{
	return offset_in_page(block) ? NTK_SMALL_MAX : PAGE_SIZE;
}

static enum ntpool_test_kind ntk_behind(const void *block)
{
	return ntpool_test_page_kind((void *)PAGE_ALIGN((unsigned long)block + 1));
}

/* With KASAN records come from kmalloc(), which the kernel itself watches. */
static void ntk_need_guards(struct kunit *test)
{
	if (IS_ENABLED(CONFIG_KASAN_GENERIC) || IS_ENABLED(CONFIG_KASAN_SW_TAGS))
		kunit_skip(test, "records have no guards with KASAN");
}

/* With larger pages a guard behind a block is too rare to be found. */
static void ntk_need_guarded_blocks(struct kunit *test)
{
	ntk_need_guards(test);
	if (!NTK_PAGES_4K)
		kunit_skip(test, "needs 4 KiB pages for a guard behind a block");
}

/* Of thousands of pages some have bookkeeping behind them, and a guard in between. */
static void ntk_no_record_behind_test(struct kunit *test)
{
	unsigned int behind[NTPOOL_TEST_RECORD + 1] = {}, i;
	struct ntk_blocks *blocks;

	ntk_need_guarded_blocks(test);
	blocks = ntk_blocks_take(test);
	for (i = 0; blocks && i < blocks->nr; i++)
		behind[ntk_behind(blocks->block[i])]++;
	kunit_info(test, "behind: %u pool, %u guard, %u record, %u other\n",
		   behind[NTPOOL_TEST_POOL], behind[NTPOOL_TEST_GUARD],
		   behind[NTPOOL_TEST_RECORD], behind[NTPOOL_TEST_OTHER]);
	KUNIT_EXPECT_EQ(test, behind[NTPOOL_TEST_RECORD], 0);
	KUNIT_EXPECT_GT(test, behind[NTPOOL_TEST_GUARD], 0);
	KUNIT_EXPECT_GT(test, behind[NTPOOL_TEST_POOL], 0);
	ntk_blocks_give(blocks);
	ntk_expect_no_report(test, "guards without damage");
}

/* Writes a page too much behind each block with a guard. Returns the number of these. */
static unsigned int ntk_overrun(const struct ntk_blocks *blocks)
{
	unsigned int i, nr = 0;

	for (i = 0; i < blocks->nr && nr < NTPOOL_TEST_REPORTS / 2; i++)
		if (ntk_behind(blocks->block[i]) == NTPOOL_TEST_GUARD) {
			memset(blocks->block[i], 0x5a, ntk_size_of(blocks->block[i]) + PAGE_SIZE);
			nr++;
		}
	return nr;
}

static void ntk_expect_named(struct kunit *test, unsigned int nr)
{
	struct ntpool_test_report *report = kcalloc(NTPOOL_TEST_REPORTS, sizeof(*report),
						    GFP_KERNEL);
	unsigned int i;

	KUNIT_EXPECT_NOT_NULL(test, report);
	if (!report)
		return;
	KUNIT_EXPECT_EQ(test, ntpool_test_reports(report, NTPOOL_TEST_REPORTS), nr);
	for (i = 0; i < min_t(unsigned int, nr, NTPOOL_TEST_REPORTS); i++) {
		KUNIT_EXPECT_EQ(test, report[i].code, NTK_BAD_POOL_HEADER);
		KUNIT_EXPECT_EQ(test, report[i].param[0], 0x21);
		KUNIT_EXPECT_EQ(test, report[i].param[3], 0x5a5a5a5a5a5a5a5aULL);
		KUNIT_EXPECT_EQ(test, report[i].tag, NTK_TAG);
		KUNIT_EXPECT_NE(test, report[i].allocator, 0);
		KUNIT_EXPECT_EQ(test, report[i].size,
				ntk_size_of((void *)(unsigned long)report[i].param[1]));
	}
	kfree(report);
}

/* Takes blocks and damages guards behind them. *@nr: the number of these. */
static struct ntk_blocks *ntk_blocks_overrun(struct kunit *test, unsigned int *nr)
{
	struct ntk_blocks *blocks;

	ntk_need_guarded_blocks(test);
	blocks = ntk_blocks_take(test);
	*nr = blocks ? ntk_overrun(blocks) : 0;
	KUNIT_EXPECT_GT(test, *nr, 0);
	return blocks;
}

/* An overrun of a page is reported once, with its tag, and the pools go on. */
static void ntk_page_overrun_test(struct kunit *test)
{
	struct ntpool_test_report report;
	struct ntk_blocks *blocks;
	unsigned int nr;

	blocks = ntk_blocks_overrun(test, &nr);
	ntpool_test_guard_scan();
	ntk_expect_named(test, nr);
	ntk_take_reports(&report);
	ntpool_test_guard_scan();
	ntk_expect_no_report(test, "damage that was reported");
	ntk_blocks_give(blocks);
	ntpool_test_drain();
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
	blocks = ntk_blocks_take(test);
	ntk_blocks_give(blocks);
	ntk_expect_no_report(test, "the pools after overruns");
}

/* Damage is found when bookkeeping is freed, if no scan has found it. */
static void ntk_freed_guard_test(struct kunit *test)
{
	struct ntpool_test_report report;
	struct ntk_blocks *blocks;
	unsigned int nr;

	blocks = ntk_blocks_overrun(test, &nr);
	ntk_blocks_give(blocks);
	ntpool_test_drain();
	ntpool_test_guard_scan();
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), nr);
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
}

/* Frees the blocks at the end of a page with a guard behind. Returns the number of pages. */
static unsigned int ntk_free_last(struct ntk_blocks *blocks, void *end[])
{
	unsigned int i, nr = 0;

	for (i = 0; i < blocks->nr && nr < NTPOOL_TEST_REPORTS / 2;) {
		if (offset_in_page(blocks->block[i]) < PAGE_SIZE / 4 ||
		    ntk_behind(blocks->block[i]) != NTPOOL_TEST_GUARD) {
			i++;
			continue;
		}
		end[nr++] = (void *)PAGE_ALIGN((unsigned long)blocks->block[i]);
		ExFreePoolWithTag(blocks->block[i], NTK_TAG);
		blocks->block[i] = blocks->block[--blocks->nr];
	}
	return nr;
}

/* An overrun from a block that is free is not laid to the block before it. */
static void ntk_free_block_test(struct kunit *test)
{
	struct ntpool_test_report *report = kunit_kcalloc(test, NTPOOL_TEST_REPORTS,
							  sizeof(*report), GFP_KERNEL);
	void *end[NTPOOL_TEST_REPORTS / 2];
	struct ntk_blocks *blocks;
	unsigned int i, nr;

	ntk_need_guarded_blocks(test);
	blocks = ntk_blocks_take_sizes(test, PAGE_SIZE / 2 - 64, PAGE_SIZE / 2 - 64);
	nr = report && blocks ? ntk_free_last(blocks, end) : 0;
	KUNIT_EXPECT_GT(test, nr, 0);
	ntpool_test_drain();
	for (i = 0; i < nr; i++)
		memset(end[i] - 16, 0x5a, PAGE_SIZE + 16);
	ntpool_test_guard_scan();
	if (nr)
		KUNIT_EXPECT_EQ(test, ntpool_test_reports(report, NTPOOL_TEST_REPORTS), nr);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, report[i].code, NTK_BAD_POOL_HEADER);
		KUNIT_EXPECT_EQ(test, report[i].param[0], 0x21);
		KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(report[i].param[1]));
		KUNIT_EXPECT_EQ(test, report[i].tag, 0);
		KUNIT_EXPECT_EQ(test, report[i].allocator, 0);
	}
	ntk_take_reports(report);
	ntk_blocks_give(blocks);
}

/* Expects that @nr objects have come since the number of records was @before. */
static void ntk_expect_records(struct kunit *test, long before, long nr)
{
	KUNIT_EXPECT_GE(test, ntpool_test_records() - before, nr);
	KUNIT_EXPECT_LT(test, ntpool_test_records() - before, nr + NTK_OBJECTS / 2);
}

/* Objects of lists, and magazines. */
static void ntk_lists_test(struct kunit *test)
{
	NPAGED_LOOKASIDE_LIST *list = kunit_kcalloc(test, NTK_OBJECTS, sizeof(*list), GFP_KERNEL);
	long before = ntpool_test_records();
	unsigned int i;

	ntk_need_guards(test);
	KUNIT_ASSERT_NOT_NULL(test, list);
	for (i = 0; i < NTK_OBJECTS; i++)
		ExInitializeNPagedLookasideList(&list[i], NULL, NULL, 0, 100, NTK_TAG, 0);
	ntk_expect_records(test, before, NTK_OBJECTS);
	/* A free to a CPU's empty cache takes a magazine. */
	for (i = 0; i < NTK_OBJECTS; i++)
		ExFreeToNPagedLookasideList(&list[i], ExAllocateFromNPagedLookasideList(&list[i]));
	ntk_expect_records(test, before, 2 * NTK_OBJECTS);
	for (i = 0; i < NTK_OBJECTS; i++)
		ExDeleteNPagedLookasideList(&list[i]);
}

struct ntk_payers {
	void *block[NTK_MAX_WORKERS];
};

/* The worker is a process of its own. Its ledger stays as long as the block. */
static void ntk_pay(struct ntk_worker *worker)
{
	struct ntk_payers *payers = worker->threads->arg;

	payers->block[worker->id] = ExAllocatePoolWithQuotaTag(NonPagedPool |
							       POOL_QUOTA_FAIL_INSTEAD_OF_RAISE,
							       16, NTK_TAG);
	ntk_check(&worker->tally, payers->block[worker->id], "no block");
}

static void ntk_ledgers_test(struct kunit *test)
{
	struct ntk_payers payers = {};
	unsigned int i;
	long before;

	ntk_need_guards(test);
	/* The page that has the blocks needs a record, too. */
	ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPool, 24, NTK_TAG), NTK_TAG);
	ntpool_test_charge_kthreads(true);
	before = ntpool_test_records();
	ntk_threads_run(test, NTK_MAX_WORKERS, false, ntk_pay, &payers);
	ntpool_test_charge_kthreads(false);
	ntk_expect_records(test, before, NTK_MAX_WORKERS);
	for (i = 0; i < NTK_MAX_WORKERS; i++)
		if (payers.block[i])
			ExFreePoolWithTag(payers.block[i], NTK_TAG);
}

static void ntk_tracks_test(struct kunit *test)
{
	void *block[NTK_OBJECTS];
	unsigned int i;
	long before;

	ntk_need_guards(test);
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	before = ntpool_test_records();
	for (i = 0; i < NTK_OBJECTS; i++)
		block[i] = ExAllocatePoolWithTag(NonPagedPool, 16, NTK_TAG);
	ntk_expect_records(test, before, NTK_OBJECTS);
	for (i = 0; i < NTK_OBJECTS; i++)
		ExFreePoolWithTag(block[i], NTK_TAG);
	ntk_expect_records(test, before, 0);
}

/* A note for each segment. */
static void ntk_notes_test(struct kunit *test)
{
	enum { NTK_SEGMENT = 64 };
	u8 *memory = kunit_kcalloc(test, NTK_OBJECTS, NTK_SEGMENT, GFP_KERNEL);
	ZONE_HEADER *zone = kunit_kzalloc(test, sizeof(*zone), GFP_KERNEL);
	unsigned int i;
	long before;

	ntk_need_guards(test);
	KUNIT_ASSERT_TRUE(test, memory && zone);
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	before = ntpool_test_records();
	KUNIT_EXPECT_EQ(test, ExInitializeZone(zone, 16, memory, NTK_SEGMENT), STATUS_SUCCESS);
	for (i = 1; i < NTK_OBJECTS; i++)
		KUNIT_EXPECT_EQ(test, ExExtendZone(zone, memory + i * NTK_SEGMENT, NTK_SEGMENT),
				STATUS_SUCCESS);
	ntk_expect_records(test, before, NTK_OBJECTS);
	/* The next initialisation drops these notes. RCU frees them. */
	KUNIT_EXPECT_EQ(test, ExInitializeZone(zone, 16, memory, NTK_SEGMENT), STATUS_SUCCESS);
	ntpool_test_drain();
	ntk_expect_records(test, before, 0);
}

/* Returns the address in the linear map of page @nr of an area of vmalloc space. */
static void *ntk_linear_page(void *p, unsigned int nr)
{
	return page_address(vmalloc_to_page(p + nr * PAGE_SIZE));
}

/* Large objects lie behind guards even if the kernel has no adjacent pages for them. */
static void ntk_spread_test(struct kunit *test)
{
	enum { NTK_PAGES = 20 };
	u8 *p = ntpool_test_spread(NTK_PAGES), *page, *guard = NULL;
	unsigned int i, guards = 0;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(p));
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, NTK_PAGES * PAGE_SIZE));
	memset(p, 0x5a, NTK_PAGES * PAGE_SIZE);
	for (i = 0; i < NTK_PAGES; i++) {
		page = ntk_linear_page(p, i);
		KUNIT_EXPECT_EQ(test, ntpool_test_area_kind(page), NTPOOL_TEST_RECORD);
		if (ntpool_test_area_kind(page - PAGE_SIZE) != NTPOOL_TEST_GUARD) {
			/* The page before belongs to the object, too. */
			KUNIT_EXPECT_GT(test, i, 0);
			KUNIT_EXPECT_PTR_EQ(test, page - PAGE_SIZE, ntk_linear_page(p, i - !!i));
			continue;
		}
		guard = page - PAGE_SIZE;
		guards++;
	}
	KUNIT_EXPECT_GE(test, guards, 3);
	ntpool_test_guard_scan();
	ntk_expect_no_report(test, "guards of a spread object");
	if (guard)
		guard[PAGE_SIZE - 1] = 1;
	ntpool_test_guarded_free(p);
	ntpool_test_drain();
	KUNIT_EXPECT_EQ(test, ntpool_test_reports(NULL, 0), 1);
	ntpool_test_expect_reports(true);
	/* RCU frees in a softirq, where nothing can be unmapped. */
	p = ntpool_test_spread(NTK_PAGES);
	KUNIT_ASSERT_NOT_NULL(test, p);
	local_bh_disable();
	ntpool_test_guarded_free(p);
	local_bh_enable();
	ntpool_test_drain();
	KUNIT_EXPECT_NULL(test, vmalloc_to_page(p));
	ntk_expect_no_report(test, "a free in a softirq");
}

/* A driver frees with interrupts off: the check of the guard is too long for that. */
static void ntk_irqs_off_test(struct kunit *test)
{
	u8 *p = ntpool_test_guarded(2);
	unsigned int nr;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_EQ(test, ntpool_test_area_kind(p - PAGE_SIZE), NTPOOL_TEST_GUARD);
	p[-1] = 1;
	local_irq_disable();
	ntpool_test_guarded_free(p);
	nr = ntpool_test_reports(NULL, 0);
	local_irq_enable();
	KUNIT_EXPECT_EQ(test, nr, 0);
	ntpool_test_drain();
	KUNIT_EXPECT_EQ(test, ntpool_test_reports(NULL, 0), 1);
	ntpool_test_expect_reports(true);
}

static DEFINE_MUTEX(ntk_mutex);
static unsigned int ntk_untaken;	/* reports that came while it was held */

static void ntk_take_mutex(void)
{
	if (!mutex_trylock(&ntk_mutex))
		ntk_untaken++;
	else
		mutex_unlock(&ntk_mutex);
}

/* A report reaches a console. No mutex is held meanwhile, under which bookkeeping is freed. */
static void ntk_mutex_test(struct kunit *test)
{
	u8 *p = ntpool_test_guarded(2);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_EQ(test, ntpool_test_area_kind(p - PAGE_SIZE), NTPOOL_TEST_GUARD);
	p[-1] = 1;
	ntk_untaken = 0;
	ntpool_test_on_report(ntk_take_mutex);
	mutex_lock(&ntk_mutex);
	ntpool_test_guarded_free(p);
	mutex_unlock(&ntk_mutex);
	ntpool_test_drain();
	ntpool_test_on_report(NULL);
	KUNIT_EXPECT_EQ(test, ntk_untaken, 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_reports(NULL, 0), 1);
	ntpool_test_expect_reports(true);
}

/* A section with interrupts off checks a kibibyte. */
static void ntk_pieces_test(struct kunit *test)
{
	unsigned int pieces = PAGE_SIZE / 1024, i;

	while (!ntpool_test_guard_pieces(1))
		;
	/* Some of the next areas may have no guard. */
	for (i = 0; i < NTK_OBJECTS && ntpool_test_guard_pieces(1); i++)
		;
	KUNIT_EXPECT_LT(test, i, NTK_OBJECTS);
	KUNIT_EXPECT_FALSE(test, ntpool_test_guard_pieces(pieces - 2));
	KUNIT_EXPECT_TRUE(test, ntpool_test_guard_pieces(1));
}

/* Clients, past call sites and filters, which reports and the verifier follow. */
static void ntk_bookkeeping_test(struct kunit *test)
{
	const void *client = ntpool_test_client((unsigned long)ntk_bookkeeping_test);
	long before;

	ntk_need_guards(test);
	KUNIT_EXPECT_NOT_NULL(test, client);
	KUNIT_EXPECT_EQ(test, ntpool_test_area_kind(client), NTPOOL_TEST_RECORD);
	KUNIT_ASSERT_EQ(test, ntpool_test_write("verifier/tags", "KgRd"), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_area_kind(ntpool_test_filter()), NTPOOL_TEST_RECORD);
	KUNIT_EXPECT_EQ(test, ntpool_test_write("verifier/tags", "*"), 0);
	KUNIT_EXPECT_NULL(test, ntpool_test_filter());
	ntpool_test_drain();
	before = ntpool_test_records();
	ntpool_test_remember((unsigned long)ntk_bookkeeping_test);
	KUNIT_EXPECT_EQ(test, ntpool_test_records() - before, 1);
}

static struct kunit_case ntk_guard_cases[] = {
	KUNIT_CASE(ntk_spread_test),
	KUNIT_CASE(ntk_irqs_off_test),
	KUNIT_CASE(ntk_mutex_test),
	KUNIT_CASE(ntk_pieces_test),
	KUNIT_CASE(ntk_bookkeeping_test),
	KUNIT_CASE(ntk_lists_test),
	KUNIT_CASE(ntk_ledgers_test),
	KUNIT_CASE(ntk_tracks_test),
	KUNIT_CASE(ntk_notes_test),
	KUNIT_CASE(ntk_no_record_behind_test),
	KUNIT_CASE(ntk_page_overrun_test),
	KUNIT_CASE(ntk_freed_guard_test),
	KUNIT_CASE(ntk_free_block_test),
	{}
};

static struct kunit_suite ntk_guard_suite = {
	.name = "ntpool_guard",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_guard_cases,
};

kunit_test_suite(ntk_guard_suite);
