// SPDX-License-Identifier: GPL-2.0
/*
 * Pool tracking. Every live block is in verifier/outstanding, with its owner. A
 * mismatch at a free is reported. No record is left when tracking is switched off, or
 * when there was no memory for a record.
 */
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "fixture.h"
#include "mm.h"

#define NTK_TAG		(ntk_tag4("KxTr"))
#define NTK_LIST	(ntk_tag4("KxLi"))
#define NTK_MANY	300
#define NTK_STABLE	3000	/* blocks in one chain */
#define NTK_CHURNERS	3
#define NTK_HELD	32	/* by each of them at a time */

#define NTK_NOT_THE_LISTS	0x13e
#define NTK_NOT_THE_SIZE	0x13f

static int ntk_track_init(struct kunit *test)
{
	return ntk_init_flags(test, 0x8);
}

static void ntk_track_exit(struct kunit *test)
{
	ntpool_test_write("verifier/drivers", "*");
	ntpool_test_one_chain(false);
	ntk_exit(test);
}

static void *ntk_take(struct kunit *test, POOL_TYPE type, size_t size)
{
	void *block = ExAllocatePoolWithTag(type, size, NTK_TAG);

	KUNIT_ASSERT_NOT_NULL(test, block);
	return block;
}

/* Rows of the tag; a line that begins with a blank belongs to a stack. */
static unsigned int ntk_outstanding(struct kunit *test, u32 tag, const char **last)
{
	struct ntk_table *table = ntk_read(test, "verifier/outstanding");
	int column = ntk_table_column(table, "tag");
	const char *row = NULL;
	unsigned int nr = 0;
	char text[17], want[17];

	ntk_tag_text(tag, want);
	while ((row = ntk_table_next(table, row))) {
		if (*row == ' ' || !ntk_row_text(row, column, text, sizeof(text)) ||
		    strcmp(text, want))
			continue;
		nr++;
		if (last)
			*last = row;
	}
	return nr;
}

/* ExAllocatePoolWithTag() and ExFreePool(). */
static void ntk_first_row_test(struct kunit *test)
{
	struct ntk_table *table;
	void *block = ntk_take(test, PagedPool, 123);
	const char *row = NULL;
	char text[64];

	KUNIT_ASSERT_EQ(test, ntk_outstanding(test, NTK_TAG, &row), 1);
	table = &((struct ntk_fixture *)test->priv)->table;
	KUNIT_EXPECT_EQ(test, ntk_row_number(row, ntk_table_column(table, "requested")), 123);
	KUNIT_EXPECT_EQ(test, ntk_row_number(row, ntk_table_column(table, "pid")), current->pid);
	KUNIT_EXPECT_EQ(test, ntk_row_number(row, ntk_table_column(table, "cpu")),
			raw_smp_processor_id());
	KUNIT_EXPECT_GE(test, ntk_row_number(row, ntk_table_column(table, "age_ms")), 0);
	KUNIT_EXPECT_TRUE(test, ntk_row_text(row, ntk_table_column(table, "type"), text,
					     sizeof(text)));
	KUNIT_EXPECT_STREQ(test, text, "Paged");
	KUNIT_EXPECT_TRUE(test, ntk_row_text(row, ntk_table_column(table, "caller"), text,
					     sizeof(text)));
	KUNIT_EXPECT_EQ_MSG(test, strncmp(text, "ntk_take+", 9), 0, "%s", text);
	/* The stack goes on with this routine. */
	row = strchr(strchr(row, '\n') + 1, '\n');
	KUNIT_EXPECT_TRUE(test, row && row[1] == ' ');
	snprintf(text, sizeof(text), "%s+", __func__);
	KUNIT_EXPECT_EQ(test, strncmp(row + 2, text, strlen(text)), 0);
	ExFreePool(block);
	KUNIT_EXPECT_EQ(test, ntk_outstanding(test, NTK_TAG, NULL), 0);
}

static void ntk_all_kinds_test(struct kunit *test)
{
	void *block[4];
	int i;

	block[0] = ntk_take(test, NonPagedPool, 1);
	block[1] = ntk_take(test, NonPagedPool, 3 * PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x9), 0);
	block[2] = ntk_take(test, NonPagedPool, 64);
	block[3] = ntk_take(test, PagedPool, 2 * PAGE_SIZE);
	for (i = 4; i; i--) {
		KUNIT_EXPECT_EQ(test, ntk_outstanding(test, NTK_TAG, NULL), i);
		ExFreePoolWithTag(block[i - 1], NTK_TAG);
	}
	KUNIT_EXPECT_EQ(test, ntk_outstanding(test, NTK_TAG, NULL), 0);
}

/* MmAllocateContiguousMemory(), MmAllocateNonCachedMemory() */
static void ntk_mm_routines_test(struct kunit *test)
{
	const PHYSICAL_ADDRESS highest = { .QuadPart = ~0ULL >> 1 };
	const u32 contiguous = ntk_tag4("MmCm"), noncached = ntk_tag4("MmNc");
	struct ntpool_test_report report;
	NPAGED_LOOKASIDE_LIST *list;
	void *block, *uncached;

	block = MmAllocateContiguousMemory(3 * PAGE_SIZE, highest);
	uncached = MmAllocateNonCachedMemory(PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_EQ(test, !!uncached, ntk_has_caching(MmNonCached));
	KUNIT_EXPECT_EQ(test, ntk_outstanding(test, contiguous, NULL), 1);
	KUNIT_EXPECT_EQ(test, ntk_outstanding(test, noncached, NULL), !!uncached);
	MmFreeContiguousMemory(block);
	KUNIT_EXPECT_EQ(test, ntk_outstanding(test, contiguous, NULL), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	if (uncached)
		MmFreeNonCachedMemory(uncached, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, ntk_outstanding(test, noncached, NULL), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	ntk_expect_no_report(test, "correct use");

	/* An active list in it is reported, as in a block of the pool. */
	list = MmAllocateContiguousMemory(PAGE_SIZE, highest);
	KUNIT_ASSERT_NOT_NULL(test, list);
	ExInitializeNPagedLookasideList(list, NULL, NULL, 0, 64, NTK_TAG, 0);
	MmFreeContiguousMemory(list);
	ntk_expect_report(test, "a list in contiguous memory", NTK_VERIFIER, 0xcc, &report);
}

static void ntk_many_test(struct kunit *test)
{
	void **block = kunit_kcalloc(test, NTK_MANY, sizeof(*block), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, block);
	for (i = 0; i < NTK_MANY; i++)
		block[i] = ntk_take(test, NonPagedPool, 16 + i);
	KUNIT_EXPECT_EQ(test, ntk_outstanding(test, NTK_TAG, NULL), NTK_MANY);
	for (i = 0; i < NTK_MANY; i++)
		ExFreePool(block[i]);
	KUNIT_EXPECT_EQ(test, ntk_outstanding(test, NTK_TAG, NULL), 0);
}

/* The records of tracked blocks go with the block, under any flags at the free. */
static void ntk_switched_off_test(struct kunit *test)
{
	void *tracked = ntk_take(test, NonPagedPool, 64);
	void *before;

	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	before = ntk_take(test, NonPagedPool, 64);
	KUNIT_EXPECT_EQ(test, ntk_outstanding(test, NTK_TAG, NULL), 1);
	ExFreePool(tracked);
	KUNIT_EXPECT_EQ(test, ntk_outstanding(test, NTK_TAG, NULL), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	ExFreePool(before);
	ntk_expect_no_report(test, "blocks from before and after");
}

static void ntk_drivers_test(struct kunit *test)
{
	void *block;

	KUNIT_ASSERT_EQ(test, ntpool_test_write("verifier/drivers", "other,nobody*"), 0);
	block = ntk_take(test, NonPagedPool, 64);
	KUNIT_EXPECT_EQ(test, ntk_outstanding(test, NTK_TAG, NULL), 0);
	ExFreePool(block);
	KUNIT_ASSERT_EQ(test, ntpool_test_write("verifier/drivers", "other,ntpool-k?nit"), 0);
	block = ntk_take(test, NonPagedPool, 64);
	KUNIT_EXPECT_EQ(test, ntk_outstanding(test, NTK_TAG, NULL), 1);
	ExFreePool(block);
}

/* The block is served without a record, and counted. */
static void ntk_no_memory_test(struct kunit *test)
{
	s64 untracked = ntk_counter(test, "unable_to_track");
	void *block, *first = ntk_take(test, NonPagedPool, 64);

	ntpool_test_fail_backing(0, -1);
	block = ExAllocatePoolWithTag(NonPagedPool, 64, NTK_TAG);
	ntpool_test_fail_backing(0, 0);
	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_EQ(test, ntk_counter(test, "unable_to_track"), untracked + 1);
	KUNIT_EXPECT_EQ(test, ntk_outstanding(test, NTK_TAG, NULL), 1);
	ExFreePool(block);
	ExFreePool(first);
}

/* ---- one long chain ---- */

static int ntk_compare(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

/* Blocks come and go all the time. */
static void ntk_churn(struct ntk_worker *worker)
{
	void *block[NTK_HELD];
	unsigned int i;

	while (!READ_ONCE(worker->threads->stop)) {
		for (i = 0; i < NTK_HELD; i++)
			block[i] = ExAllocatePoolWithTag(NonPagedPool, 24, NTK_TAG);
		for (i = NTK_HELD; i--;)
			if (block[i])
				ExFreePool(block[i]);
		cond_resched();
	}
}

/* Each of the sorted @want is exactly once among the @nr addresses of @seen. */
static void ntk_expect_once(struct kunit *test, void **want, void **seen, size_t nr)
{
	unsigned int missing = 0, twice = 0;
	size_t i, at = 0;

	sort(seen, nr, sizeof(*seen), ntk_compare, NULL);
	for (i = 0; i < NTK_STABLE; i++) {
		while (at < nr && seen[at] < want[i])
			at++;
		missing += at == nr || seen[at] != want[i];
		twice += at + 1 < nr && seen[at] == want[i] && seen[at + 1] == want[i];
	}
	KUNIT_EXPECT_EQ(test, missing, 0);
	KUNIT_EXPECT_EQ(test, twice, 0);
}

static void ntk_snapshots(struct kunit *test, void **want, void **seen, size_t room)
{
	struct ntk_threads *threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	unsigned int i;
	size_t nr;

	KUNIT_ASSERT_NOT_NULL(test, threads);
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, NTK_CHURNERS, false, ntk_churn, NULL), 0);
	for (i = 0; i < 10; i++) {
		nr = ntpool_test_tracked(seen, room);
		KUNIT_EXPECT_GE(test, nr, NTK_STABLE);
		KUNIT_EXPECT_LE(test, nr, room);
		ntk_expect_once(test, want, seen, min(nr, room));
	}
	WRITE_ONCE(threads->stop, true);
	KUNIT_EXPECT_EQ(test, ntk_threads_finish(threads), 0);
}

/* A snapshot lets other CPUs use the chain. It has each block that exists all the time, once. */
static void ntk_one_chain_test(struct kunit *test)
{
	size_t room = NTK_STABLE + 2 * NTK_CHURNERS * NTK_HELD, i;
	void **block = kunit_kcalloc(test, NTK_STABLE, sizeof(*block), GFP_KERNEL);
	void **want = kunit_kcalloc(test, NTK_STABLE, sizeof(*want), GFP_KERNEL);
	void **seen = kunit_kcalloc(test, room, sizeof(*seen), GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, block && want && seen);
	KUNIT_ASSERT_EQ(test, ntpool_test_tracked(NULL, 0), 0);
	ntpool_test_one_chain(true);
	for (i = 0; i < NTK_STABLE; i++)
		block[i] = ntk_take(test, NonPagedPool, 16);
	memcpy(want, block, NTK_STABLE * sizeof(*want));
	sort(want, NTK_STABLE, sizeof(*want), ntk_compare, NULL);
	ntk_snapshots(test, want, seen, room);
	/* The youngest is the first of its chain. */
	while (i--)
		ExFreePool(block[i]);
	KUNIT_EXPECT_EQ(test, ntpool_test_tracked(NULL, 0), 0);
}

#define NTK_SITE	(block[nr++] = ExAllocatePoolWithTag(NonPagedPool, 16, NTK_TAG))
#define NTK_SITES5	(NTK_SITE, NTK_SITE, NTK_SITE, NTK_SITE, NTK_SITE)
#define NTK_SITES65	do {							\
	NTK_SITES5; NTK_SITES5; NTK_SITES5; NTK_SITES5; NTK_SITES5;		\
	NTK_SITES5; NTK_SITES5; NTK_SITES5; NTK_SITES5; NTK_SITES5;		\
	NTK_SITES5; NTK_SITES5; NTK_SITES5;					\
} while (0)

/* This module, NULL where the suites are built in. */
static struct module *ntk_module(void)
{
	return THIS_MODULE;
}

/* All frames of a chain are named, however many there are. */
static void ntk_frames_test(struct kunit *test)
{
	void *block[65];
	size_t nr = 0;

	if (!ntk_module())
		kunit_skip(test, "built in");
	KUNIT_ASSERT_EQ(test, ntpool_test_tracked(NULL, 0), 0);
	ntpool_test_one_chain(true);
	NTK_SITES65;
	KUNIT_EXPECT_EQ(test, nr, ARRAY_SIZE(block));
	KUNIT_EXPECT_GE(test, ntpool_test_track_frames(ntk_module()), ARRAY_SIZE(block));
	while (nr)
		ExFreePool(block[--nr]);
}

/* ---- what does not match ---- */

static NPAGED_LOOKASIDE_LIST ntk_list, ntk_other, ntk_larger;

static void ntk_lists_begin(void)
{
	ExInitializeNPagedLookasideList(&ntk_list, NULL, NULL, 0, 64, NTK_LIST, 0);
	ExInitializeNPagedLookasideList(&ntk_other, NULL, NULL, 0, 64, NTK_TAG, 0);
	ExInitializeNPagedLookasideList(&ntk_larger, NULL, NULL, 0, 128, NTK_LIST, 0);
}

static void ntk_lists_end(void)
{
	ExDeleteNPagedLookasideList(&ntk_list);
	ExDeleteNPagedLookasideList(&ntk_other);
	ExDeleteNPagedLookasideList(&ntk_larger);
}

static void *ntk_from_list(struct kunit *test)
{
	void *entry = ExAllocateFromNPagedLookasideList(&ntk_list);

	KUNIT_ASSERT_NOT_NULL(test, entry);
	return entry;
}

/* The report ends with the list that the block was freed to. */
static void ntk_expect_list(struct kunit *test, const struct ntpool_test_report *report,
			    const char *list)
{
	const char *end = strstr(report->text, ": ");

	KUNIT_EXPECT_STREQ(test, end ? end + 2 : report->text, list);
}

/* ExFreePool(), ExFreeToNPagedLookasideList() */
static void ntk_mixed_test(struct kunit *test)
{
	struct ntpool_test_report report;

	ntk_lists_begin();
	ExFreePool(ntk_from_list(test));
	ntk_expect_report(test, "a list's to the pool", NTK_VERIFIER, NTK_NOT_THE_LISTS, &report);
	ExFreeToNPagedLookasideList(&ntk_list, ntk_take(test, NonPagedPool, 64));
	ntk_expect_report(test, "the pool's to a list", NTK_VERIFIER, NTK_NOT_THE_LISTS, &report);
	ntk_expect_list(test, &report, "Nonp, tag KxLi, size 64");
	ExFreeToNPagedLookasideList(&ntk_other, ntk_from_list(test));
	ntk_expect_report(test, "to another list", NTK_VERIFIER, NTK_NOT_THE_LISTS, &report);
	ntk_expect_list(test, &report, "Nonp, tag KxTr, size 64");
	ExFreeToNPagedLookasideList(&ntk_larger, ntk_from_list(test));
	ntk_expect_report(test, "to a larger list", NTK_VERIFIER, NTK_NOT_THE_SIZE, &report);
	ntk_expect_list(test, &report, "Nonp, tag KxLi, size 128");
	KUNIT_EXPECT_EQ(test, report.size, 64);
	ExFreeToNPagedLookasideList(&ntk_list, ntk_from_list(test));
	ntk_expect_no_report(test, "to the right list");
	ntk_lists_end();
}

/* ExFreeToPagedLookasideList(): the same tag and size, but nonpaged, and the reverse. */
static void ntk_other_pool_test(struct kunit *test)
{
	struct ntpool_test_report report;
	PAGED_LOOKASIDE_LIST paged;
	void *entry;

	ntk_lists_begin();
	ExInitializePagedLookasideList(&paged, NULL, NULL, 0, 64, NTK_LIST, 0);
	ExFreeToPagedLookasideList(&paged, ntk_from_list(test));
	ntk_expect_report(test, "nonpaged to paged", NTK_VERIFIER, NTK_NOT_THE_LISTS, &report);
	ntk_expect_list(test, &report, "Paged, tag KxLi, size 64");
	entry = ExAllocateFromPagedLookasideList(&paged);
	KUNIT_ASSERT_NOT_NULL(test, entry);
	ExFreeToNPagedLookasideList(&ntk_list, entry);
	ntk_expect_report(test, "paged to nonpaged", NTK_VERIFIER, NTK_NOT_THE_LISTS, &report);
	ExDeletePagedLookasideList(&paged);
	ntk_lists_end();
}

/* ---- the last runs that were freed ---- */

#define NTK_NOTES	64

static noinline void *ntk_allocate_run(struct kunit *test, POOL_TYPE type, size_t size)
{
	void *run = ntk_take(test, type, size);

	barrier();
	return run;
}

static noinline void ntk_free_run(void *run)
{
	ExFreePool(run);
	barrier();
}

static bool ntk_is_in(unsigned long site, const char *name)
{
	char text[KSYM_SYMBOL_LEN];

	snprintf(text, sizeof(text), "%ps", (void *)site);
	return strstarts(text, name);
}

/* Blocks that special pool does not take. */
static void ntk_freed_run_test(struct kunit *test)
{
	static const POOL_TYPE types[] = { NonPagedPool, PagedPool };
	struct ntpool_test_report report;
	size_t size;
	void *run;
	int i;

	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(IS_ENABLED(CONFIG_X86) ? 0x9 : 0x8), 0);
	for (i = 0; i < 2 * ARRAY_SIZE(types); i++) {
		size = (i < 2 ? 17 : 32) * PAGE_SIZE - 8;
		run = ntk_allocate_run(test, types[i % 2], size);
		ntk_free_run(run);
		ntk_expect_no_report(test, "the first free");
		ExFreePool(run);
		ntk_expect_report(test, "twice", NTK_BAD_POOL_CALLER, NTK_DOUBLE_FREE, &report);
		KUNIT_EXPECT_EQ(test, report.param[3], (u64)(unsigned long)run);
		KUNIT_EXPECT_EQ(test, report.tag, NTK_TAG);
		KUNIT_EXPECT_EQ(test, report.size, size);
		KUNIT_EXPECT_TRUE(test, ntk_is_in(report.allocated, "ntk_"));
		KUNIT_EXPECT_TRUE(test, ntk_is_in(report.freed, "ntk_free_run"));
	}
	/* Also later, when the verifier is off. */
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0), 0);
	ExFreePool(run);
	ntk_expect_report(test, "off", NTK_BAD_POOL_CALLER, NTK_DOUBLE_FREE, &report);
}

static void *ntk_page(struct kunit *test)
{
	void *page = MmAllocateContiguousMemory(PAGE_SIZE, ntk_pa(NTK_ANYWHERE));

	KUNIT_ASSERT_NOT_NULL(test, page);
	return page;
}

/* Memory of the Mm routines: the stop codes stay those of the routines. */
static void ntk_freed_mm_test(struct kunit *test)
{
	struct ntpool_test_report report;
	void *page = ntk_page(test);

	MmFreeContiguousMemory(page);
	ntk_expect_no_report(test, "the first free");
	MmFreeContiguousMemory(page);
	ntk_expect_report(test, "twice", NTK_BAD_POOL_CALLER, NTK_BAD_CONTIGUOUS, &report);
	KUNIT_EXPECT_STREQ(test, report.text, "contiguous memory that is free already was freed");
	KUNIT_EXPECT_EQ(test, report.tag, NTK_CONTIGUOUS);
	KUNIT_EXPECT_EQ(test, report.size, PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, ntk_is_in(report.allocated, "ntk_"));
	KUNIT_EXPECT_TRUE(test, ntk_is_in(report.freed, "ntk_freed_mm_test"));
	ExFreePool(page);
	ntk_expect_report(test, "to the pool", NTK_BAD_POOL_CALLER, NTK_LINEAR_ADDRESS, &report);
	KUNIT_EXPECT_STREQ(test, report.text,
			   "contiguous memory that is free already was freed to the pool");
	KUNIT_EXPECT_TRUE(test, ntk_is_in(report.freed, "ntk_freed_mm_test"));
}

/* There is room for a number of notes, and the oldest go first. */
static void ntk_freed_many_test(struct kunit *test)
{
	static void *page[NTK_NOTES + 1];
	struct ntpool_test_report report;
	int i;

	for (i = 0; i <= NTK_NOTES; i++)
		page[i] = ntk_page(test);
	for (i = 0; i <= NTK_NOTES; i++)
		MmFreeContiguousMemory(page[i]);
	ntk_expect_no_report(test, "the first frees");
	MmFreeContiguousMemory(page[0]);
	ntk_expect_report(test, "the oldest", NTK_BAD_POOL_CALLER, NTK_BAD_CONTIGUOUS, &report);
	KUNIT_EXPECT_EQ(test, report.freed, 0);
	for (i = 1; i <= NTK_NOTES; i++) {
		MmFreeContiguousMemory(page[i]);
		ntk_expect_report(test, "a note", NTK_BAD_POOL_CALLER, NTK_BAD_CONTIGUOUS, &report);
		KUNIT_EXPECT_NE(test, report.freed, 0);
	}
}

/* A new run at the same address, which is not noted, has no past. */
static void ntk_freed_again_test(struct kunit *test)
{
	static void *page[256];
	struct ntpool_test_report report;
	void *first = ntk_page(test);
	int nr = 0;

	MmFreeContiguousMemory(first);
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0), 0);
	do {
		page[nr] = ntk_page(test);
	} while (page[nr++] != first && nr < ARRAY_SIZE(page));
	KUNIT_EXPECT_PTR_EQ(test, page[nr - 1], first);
	while (nr)
		MmFreeContiguousMemory(page[--nr]);
	MmFreeContiguousMemory(first);
	ntk_expect_report(test, "twice", NTK_BAD_POOL_CALLER, NTK_BAD_CONTIGUOUS, &report);
	KUNIT_EXPECT_EQ(test, report.freed, 0);
	KUNIT_EXPECT_EQ(test, report.tag, 0);
}

static PVOID ntk_own_allocate(POOL_TYPE type, SIZE_T size, ULONG tag)
{
	return ExAllocatePoolWithTag(type, size, tag);
}

static VOID ntk_own_free(PVOID entry)
{
	ExFreePool(entry);
}

/* A driver's own routines may allocate from the pool and free to it. */
static void ntk_own_routines_test(struct kunit *test)
{
	NPAGED_LOOKASIDE_LIST *list = &ntk_list;

	ExInitializeNPagedLookasideList(list, ntk_own_allocate, NULL, 0, 64, NTK_LIST, 0);
	ExFreeToNPagedLookasideList(list, ntk_from_list(test));
	ExDeleteNPagedLookasideList(list);
	ExInitializeNPagedLookasideList(list, NULL, ntk_own_free, 0, 64, NTK_LIST, 0);
	ExFreeToNPagedLookasideList(list, ntk_from_list(test));
	ExDeleteNPagedLookasideList(list);
	ExInitializeNPagedLookasideList(list, ntk_own_allocate, ntk_own_free, 0, 64, NTK_LIST, 0);
	ExFreeToNPagedLookasideList(list, ntk_from_list(test));
	ExDeleteNPagedLookasideList(list);
	ntk_expect_no_report(test, "lists with routines of the driver");
	KUNIT_EXPECT_EQ(test, ntk_outstanding(test, NTK_LIST, NULL), 0);
}

static struct kunit_case ntk_track_cases[] = {
	KUNIT_CASE(ntk_first_row_test),
	KUNIT_CASE(ntk_all_kinds_test),
	KUNIT_CASE(ntk_mm_routines_test),
	KUNIT_CASE(ntk_many_test),
	KUNIT_CASE(ntk_switched_off_test),
	KUNIT_CASE(ntk_drivers_test),
	KUNIT_CASE(ntk_no_memory_test),
	KUNIT_CASE(ntk_one_chain_test),
	KUNIT_CASE(ntk_frames_test),
	KUNIT_CASE(ntk_mixed_test),
	KUNIT_CASE(ntk_other_pool_test),
	KUNIT_CASE(ntk_own_routines_test),
	KUNIT_CASE(ntk_freed_run_test),
	KUNIT_CASE(ntk_freed_mm_test),
	KUNIT_CASE(ntk_freed_many_test),
	KUNIT_CASE(ntk_freed_again_test),
	{}
};

static struct kunit_suite ntk_track_suite = {
	.name = "ntpool_track",
	.init = ntk_track_init,
	.exit = ntk_track_exit,
	.test_cases = ntk_track_cases,
};

kunit_test_suite(ntk_track_suite);
