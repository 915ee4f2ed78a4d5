// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation failures at every place. A scenario runs again and again. In the n-th run
 * the n-th request of ntpool to the kernel fails. The last run makes fewer than n
 * requests, so none fails. After each run nothing is lost, a check of the heaps finds
 * nothing, and the scenario works. Each NULL is counted as failed.
 */
#include <linux/sched.h>
#include <linux/sizes.h>

#include "fixture.h"
#include "scarce.h"

#define NTK_TAG		(ntk_tag4("KoOm"))
/* As the tags are printed: KoOL, KoOS, KoOB. */
#define NTK_TAG_LIST	('LOoK')
#define NTK_TAG_SMALL	('SOoK')
#define NTK_TAG_LARGE	('BOoK')
#define NTK_RUNS	200	/* more places than any scenario has */
#define NTK_LARGE	SZ_256K
#define NTK_LATE	128	/* tags, more than there is room for in reserve */

struct ntk_oom {
	u32 tag;
	unsigned int nulls;	/* allocations refused in this run */
	unsigned int given;
	bool broken;		/* contents or statuses were wrong */
};

struct ntk_scenario {
	const char *name;
	enum ntk_context context;
	void (*run)(void *oom);
	bool new_tags;		/* a tag never seen before in each run */
	bool falls_back;	/* some failed request is made up for */
};

static void *ntk_try(struct ntk_oom *oom, POOL_TYPE type, size_t size)
{
	void *block = ExAllocatePoolWithTag(type, size, oom->tag);

	if (block) {
		oom->given++;
		memset(block, 0xee, size);
	} else {
		oom->nulls++;
	}
	return block;
}

/* All sizes are live together, then all go. */
static void ntk_try_all(struct ntk_oom *oom, POOL_TYPE type,
			const size_t *sizes, int nr)
{
	void *block[8];
	int i;

	for (i = 0; i < nr; i++)
		block[i] = ntk_try(oom, type, sizes[i]);
	for (i = 0; i < nr; i++) {
		if (block[i] && memchr_inv(block[i], 0xee, sizes[i]))
			oom->broken = true;
		if (block[i])
			ExFreePoolWithTag(block[i], oom->tag);
	}
}

static void ntk_run_small(void *oom)
{
	static const size_t sizes[] = { 32, 500, NTK_SMALL_MAX, 100, 2000, 3000 };

	ntk_try_all(oom, NonPagedPool, sizes, ARRAY_SIZE(sizes));
}

static void ntk_run_pages(void *oom)
{
	static const size_t sizes[] = {
		NTK_SMALL_MAX + 1, PAGE_SIZE, PAGE_SIZE + 1024, 2 * PAGE_SIZE + 1024,
	};

	ntk_try_all(oom, NonPagedPool, sizes, ARRAY_SIZE(sizes));
}

static void ntk_run_large(void *oom)
{
	static const size_t sizes[] = { NTK_LARGE };

	ntk_try_all(oom, NonPagedPool, sizes, ARRAY_SIZE(sizes));
}

static void ntk_run_paged(void *oom)
{
	static const size_t sizes[] = { 32, 4064, 4096, 5120, 3000, 65536 };

	ntk_try_all(oom, PagedPool, sizes, ARRAY_SIZE(sizes));
}

static void ntk_run_mixed(void *oom)
{
	ntk_run_small(oom);
	ntk_run_paged(oom);
	ntk_run_pages(oom);
}

static void ntk_run_one(void *oom)
{
	static const size_t sizes[] = { 40 };

	ntk_try_all(oom, NonPagedPool, sizes, ARRAY_SIZE(sizes));
}

static void ntk_count_entry(struct ntk_oom *oom, void *entry)
{
	if (entry) {
		memset(entry, 0x55, 200);
		oom->given++;
	} else {
		oom->nulls++;
	}
}

static void ntk_run_lookaside(void *arg)
{
	static NPAGED_LOOKASIDE_LIST list;
	struct ntk_oom *oom = arg;
	void *entry[6];
	int i;

	ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 200, oom->tag, 0);
	for (i = 0; i < ARRAY_SIZE(entry); i++) {
		entry[i] = ExAllocateFromNPagedLookasideList(&list);
		ntk_count_entry(oom, entry[i]);
	}
	for (i = 0; i < ARRAY_SIZE(entry); i++) {
		if (entry[i])
			ExFreeToNPagedLookasideList(&list, entry[i]);
	}
	ExDeleteNPagedLookasideList(&list);
}

/* This one can say that it could not begin. */
static void ntk_run_lookaside_ex(void *arg)
{
	static LOOKASIDE_LIST_EX list;
	struct ntk_oom *oom = arg;
	void *entry[6];
	NTSTATUS status;
	int i;

	status = ExInitializeLookasideListEx(&list, NULL, NULL, PagedPool, 0,
					     200, oom->tag, 0);
	if (!NT_SUCCESS(status)) {
		oom->broken |= status != STATUS_INSUFFICIENT_RESOURCES;
		return;
	}
	for (i = 0; i < ARRAY_SIZE(entry); i++) {
		entry[i] = ExAllocateFromLookasideListEx(&list);
		ntk_count_entry(oom, entry[i]);
	}
	for (i = 0; i < ARRAY_SIZE(entry); i++) {
		if (entry[i])
			ExFreeToLookasideListEx(&list, entry[i]);
	}
	ExDeleteLookasideListEx(&list);
}

static struct ntk_scenario ntk_scenarios[] = {
	{ "small", NTK_THREAD, ntk_run_small },
	{ "small, hard interrupt", NTK_HARDIRQ, ntk_run_small },
	{ "small, softirq", NTK_SOFTIRQ, ntk_run_small },
	{ "pages", NTK_THREAD, ntk_run_pages },
	{ "pages, hard interrupt", NTK_HARDIRQ, ntk_run_pages },
	{ "large", NTK_THREAD, ntk_run_large, false, true },
	{ "large, hard interrupt", NTK_HARDIRQ, ntk_run_large },
	{ "paged", NTK_THREAD, ntk_run_paged },
	{ "mixed", NTK_THREAD, ntk_run_mixed },
	{ "small, interrupts off", NTK_IRQ_OFF, ntk_run_small },
	{ "new tag", NTK_THREAD, ntk_run_one, true },
	{ "new tag, hard interrupt", NTK_HARDIRQ, ntk_run_one, true },
	{ "lookaside", NTK_THREAD, ntk_run_lookaside },
	{ "lookaside, softirq", NTK_SOFTIRQ, ntk_run_lookaside },
	{ "lookaside Ex", NTK_THREAD, ntk_run_lookaside_ex },
};

static void ntk_scenario_desc(struct ntk_scenario *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_scenario, ntk_scenarios, ntk_scenario_desc);

static u32 ntk_new_tag(void)
{
	static unsigned int nr;
	char text[5];

	snprintf(text, sizeof(text), "n%03u", nr++ % 1000);
	return ntk_tag4(text);
}

struct ntk_figures {
	struct ntk_pool_row pool[2];
	s64 failed;
};

static struct ntk_figures ntk_figures_now(struct kunit *test, u32 tag)
{
	struct ntk_figures now;
	int paged;

	now.failed = 0;
	for (paged = 0; paged <= 1; paged++) {
		now.pool[paged] = ntk_pool_row(test, paged);
		now.failed += ntk_tag_row(test, tag, paged).failed;
	}
	return now;
}

static void ntk_check_run(struct kunit *test, struct ntk_tally *tally,
			  const struct ntk_scenario *c, struct ntk_oom *oom,
			  const struct ntk_figures *before, int run)
{
	struct ntk_figures after = ntk_figures_now(test, oom->tag);
	int paged;

	ntk_check(tally, !oom->broken, "run %d: broken", run);
	ntk_check(tally, !ntpool_test_check_heaps(), "run %d: heaps", run);
	for (paged = 0; paged <= 1; paged++) {
		ntk_check(tally,
			  after.pool[paged].bytes == before->pool[paged].bytes,
			  "run %d: %lld bytes lost", run,
			  after.pool[paged].bytes - before->pool[paged].bytes);
		ntk_check(tally, after.pool[paged].blocks ==
			  before->pool[paged].blocks, "run %d: blocks", run);
	}
	if (!c->new_tags)
		ntk_check(tally, after.failed - before->failed == oom->nulls,
			  "run %d: %u NULLs, %lld counted", run, oom->nulls,
			  after.failed - before->failed);
}

/* The scenario without a failure, with the same checks afterwards. */
static void ntk_check_works(struct ntk_tally *tally,
			    const struct ntk_scenario *c, u32 tag, int run)
{
	struct ntk_oom oom = { .tag = tag };

	ntk_check(tally, !ntk_run_in(c->context, -1, c->run, &oom),
		  "after run %d", run);
	ntk_check(tally, oom.given && !oom.nulls && !oom.broken,
		  "after run %d: %u refused", run, oom.nulls);
}

static void ntk_every_place_test(struct kunit *test)
{
	const struct ntk_scenario *c = test->param_value;
	struct ntk_tally tally = {};
	unsigned int failed = 1, made_up = 0;
	struct ntk_figures before;
	struct ntk_oom oom;
	int run;

	if (!ntk_kernel_serves(c->context))
		kunit_skip(test, "PREEMPT_RT: the kernel gives no memory here");
	ntk_check_works(&tally, c, NTK_TAG, -1);
	for (run = 0; run < NTK_RUNS && failed; run++) {
		oom = (struct ntk_oom){
			.tag = c->new_tags ? ntk_new_tag() : NTK_TAG,
		};
		ntpool_test_drain();
		before = ntk_figures_now(test, oom.tag);
		ntpool_test_fail_backing(run, 1);
		ntk_check(&tally, !ntk_run_in(c->context, -1, c->run, &oom),
			  "run %d", run);
		failed = ntpool_test_backing_failed();
		ntpool_test_fail_backing(0, 0);
		made_up += failed && oom.given && !oom.nulls;
		ntk_check_run(test, &tally, c, &oom, &before, run);
		ntk_check_works(&tally, c, oom.tag, run);
	}
	ntk_expect_clean(test, &tally);
	KUNIT_EXPECT_EQ_MSG(test, failed, 0, "no end after %d runs", run);
	KUNIT_EXPECT_GT_MSG(test, run, 1, "no request was made to fail");
	if (c->falls_back)
		KUNIT_EXPECT_GT_MSG(test, made_up, 0, "no way round a failure");
	ntk_expect_no_report(test, c->name);
}

/* If there is no contiguous run, a thread's block is made of single pages. */
static void ntk_fallback_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	bool mapped = false;
	unsigned int failed = 1;
	int run;

	for (run = 0; run < NTK_RUNS && failed && !mapped; run++) {
		u8 *block;

		ntpool_test_fail_backing(run, 1);
		block = ExAllocatePoolWithTag(NonPagedPool, NTK_LARGE, NTK_TAG);
		failed = ntpool_test_backing_failed();
		ntpool_test_fail_backing(0, 0);
		if (!block)
			continue;
		ntk_check(&tally, PAGE_ALIGNED(block), "run %d", run);
		memset(block, run, NTK_LARGE);
		ntk_check(&tally, !memchr_inv(block, run, NTK_LARGE), "run %d",
			  run);
		mapped = is_vmalloc_addr(block);
		ExFreePoolWithTag(block, NTK_TAG);
	}
	KUNIT_EXPECT_TRUE(test, mapped);
	ntk_expect_clean(test, &tally);
	ntk_expect_no_report(test, "a block made of pages");
}

/* Without any memory every routine fails each time, and counts the failure. */
static void ntk_nothing_test(struct kunit *test)
{
	struct ntk_oom oom = { .tag = NTK_TAG };
	struct ntk_figures before;
	int paged;

	ntk_run_mixed(&oom);
	ntpool_test_drain();
	before = ntk_figures_now(test, NTK_TAG);
	oom.nulls = 0;
	oom.given = 0;
	ntpool_test_fail_backing(0, -1);
	ntk_run_mixed(&oom);
	ntk_run_mixed(&oom);
	KUNIT_EXPECT_NULL(test, ExAllocatePool2(POOL_FLAG_NON_PAGED, SZ_64K,
						NTK_TAG));
	KUNIT_EXPECT_NULL(test, ExAllocatePool2(POOL_FLAG_PAGED, SZ_64K,
						NTK_TAG));
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_EQ(test, oom.given, 0);
	KUNIT_EXPECT_EQ(test, oom.nulls, 32);
	KUNIT_EXPECT_EQ(test, ntk_figures_now(test, NTK_TAG).failed,
			before.failed + 34);
	for (paged = 0; paged <= 1; paged++)
		KUNIT_EXPECT_GT(test, ntk_pool_row(test, paged).failed,
				before.pool[paged].failed);
	oom.nulls = 0;
	ntk_run_mixed(&oom);
	KUNIT_EXPECT_EQ(test, oom.nulls, 0);
}

/* Cached and free blocks need no memory of the kernel. */
static void ntk_from_stock_test(struct kunit *test)
{
	void *keep = ExAllocatePoolWithTag(NonPagedPool, 100, NTK_TAG);
	void *block;

	KUNIT_ASSERT_NOT_NULL(test, keep);
	ntpool_test_fail_backing(0, -1);
	block = ExAllocatePoolWithTag(NonPagedPool, 200, NTK_TAG);
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_NOT_NULL(test, block);
	if (block)
		ExFreePoolWithTag(block, NTK_TAG);
	ExFreePoolWithTag(keep, NTK_TAG);
}

/* Blocks of as many new tags, and the last of the tags. */
struct ntk_late {
	void *block[NTK_LATE];
	u32 tag;
};

static void ntk_take_late(void *arg)
{
	struct ntk_late *late = arg;
	int i;

	for (i = 0; i < NTK_LATE; i++) {
		late->tag = ntk_new_tag();
		late->block[i] = ExAllocatePoolWithTag(NonPagedPool, 40,
						       late->tag);
	}
}

static void ntk_free_late(struct ntk_late *late)
{
	int i;

	for (i = 0; i < NTK_LATE; i++) {
		if (late->block[i])
			ExFreePool(late->block[i]);
	}
}

/* Leaves enough free blocks for ntk_take_late() on any CPU. */
static void ntk_stock_up(struct kunit *test)
{
	void **block = kunit_kcalloc(test, 2 * NTK_LATE, sizeof(*block),
				     GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, block);
	for (i = 0; i < 2 * NTK_LATE; i++)
		block[i] = ExAllocatePoolWithTag(NonPagedPool, 40, NTK_TAG);
	for (i = 0; i < 2 * NTK_LATE; i++) {
		if (block[i])
			ExFreePool(block[i]);
	}
}

/*
 * If there is no memory to count a tag, its block is counted under Ovfl. The
 * free of that block is counted there too. That is so even if the tag has a row
 * of its own by then.
 */
static void ntk_late_tag_test(struct kunit *test)
{
	u32 ovfl = ntk_tag4("Ovfl");
	s64 idle = ntk_tag_row(test, ovfl, false).diff;
	struct ntk_late *late;
	void *again;

	late = kunit_kzalloc(test, sizeof(*late), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, late);
	ntk_stock_up(test);
	ntpool_test_fail_backing(0, -1);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_IRQ_OFF, -1, ntk_take_late, late),
			0);
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_NOT_NULL(test, late->block[NTK_LATE - 1]);
	KUNIT_EXPECT_GT(test, ntk_tag_row(test, ovfl, false).diff, idle);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, late->tag, false).allocs, 0);
	again = ExAllocatePoolWithTag(NonPagedPool, 40, late->tag);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, late->tag, false).diff, 1);
	ntk_free_late(late);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, ovfl, false).diff, idle);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, late->tag, false).diff, 1);
	if (again)
		ExFreePool(again);
}

/* Each allocation has a tag of its own, so that each is seen to be refused. */
static const u32 ntk_paged_tags[] = { NTK_TAG_LIST, NTK_TAG_SMALL, NTK_TAG_LARGE };

/* A driver's use of paged pool: a lookaside list, and blocks of two sizes. */
static NTSTATUS ntk_use_paged(void *unused)
{
	static PAGED_LOOKASIDE_LIST list;
	void *entry, *small, *large;

	ExInitializePagedLookasideList(&list, NULL, NULL, 0, 200, NTK_TAG_LIST, 0);
	entry = ExAllocateFromPagedLookasideList(&list);
	small = ExAllocatePoolWithTag(PagedPool, 72, NTK_TAG_SMALL);
	large = ExAllocatePoolWithTag(PagedPool, 300, NTK_TAG_LARGE);
	if (large)
		ExFreePoolWithTag(large, NTK_TAG_LARGE);
	if (small)
		ExFreePoolWithTag(small, NTK_TAG_SMALL);
	if (entry)
		ExFreeToPagedLookasideList(&list, entry);
	ExDeletePagedLookasideList(&list);
	return entry && small && large ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* Paged pool has next to nothing free while the kernel gives no page. */
static void ntk_scarce_test(struct kunit *test)
{
	ntk_scarce(test, true, ntk_use_paged, NULL, ntk_paged_tags, ARRAY_SIZE(ntk_paged_tags));
}

static struct kunit_case ntk_oom_cases[] = {
	KUNIT_CASE_PARAM(ntk_every_place_test, ntk_scenario_gen_params),
	KUNIT_CASE(ntk_fallback_test),
	KUNIT_CASE(ntk_nothing_test),
	KUNIT_CASE(ntk_from_stock_test),
	KUNIT_CASE(ntk_late_tag_test),
	KUNIT_CASE(ntk_scarce_test),
	{}
};

static struct kunit_suite ntk_oom_suite = {
	.name = "ntpool_oom",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_oom_cases,
};

kunit_test_suite(ntk_oom_suite);
