// SPDX-License-Identifier: GPL-2.0
/*
 * The three families of lookaside lists, each routine under its own name. The cases
 * check the fields of the structure, the result of an allocation, and the place of a
 * freed entry. They also check the state after a delete, and the IRQL at which the
 * list's routines are called. The families have the same contract; each case below is
 * for one of them.
 */
#include <linux/delay.h>

#include "lookaside.h"

#define NTK_NO_LIST	0xcb
#define NTK_PATIENCE	200	/* looks, 20 ms apart, for a worker's free */

KUNIT_ARRAY_PARAM(ntk_kind, ntk_kinds, ntk_kind_desc);

/* ---- initialising ---- */

static void ntk_initialize(enum ntk_kind kind, u32 flags, size_t size)
{
	memset(&ntk_list, 0xa5, sizeof(ntk_list));
	ntk_list.kind = kind;
	ntk_list.active = true;
	if (kind == NTK_PAGED)
		ExInitializePagedLookasideList(&ntk_list.paged, NULL, NULL, flags, size,
					       NTK_LIST_TAG, 77);
	else
		ExInitializeNPagedLookasideList(&ntk_list.npaged, NULL, NULL, flags, size,
						NTK_LIST_TAG, 77);
}

/* Depth is for the system to choose, flags that are none are left out. */
static void ntk_expect_fields(struct kunit *test, u32 type)
{
	const GENERAL_LOOKASIDE_POOL *l = ntk_fields(&ntk_list);

	KUNIT_EXPECT_EQ(test, l->Depth, 4);
	KUNIT_EXPECT_EQ(test, l->MaximumDepth, 256);
	KUNIT_EXPECT_EQ(test, l->TotalAllocates, 0);
	KUNIT_EXPECT_EQ(test, l->AllocateMisses, 0);
	KUNIT_EXPECT_EQ(test, l->TotalFrees, 0);
	KUNIT_EXPECT_EQ(test, l->FreeMisses, 0);
	KUNIT_EXPECT_EQ(test, (u32)l->Type, type);
	KUNIT_EXPECT_EQ(test, l->Tag, NTK_LIST_TAG);
	KUNIT_EXPECT_EQ(test, l->Size, NTK_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, l->Allocate, &ExAllocatePoolWithTag);
	KUNIT_EXPECT_PTR_EQ(test, l->Free, &ExFreePool);
}

/* A block that could not hold a link is made larger, and works. */
static void ntk_expect_minimum(struct kunit *test, enum ntk_kind kind)
{
	void *entry;

	ntk_initialize(kind, 0, 1);
	KUNIT_EXPECT_EQ(test, ntk_fields(&ntk_list)->Size, LOOKASIDE_MINIMUM_BLOCK_SIZE);
	entry = ntk_get(&ntk_list);
	KUNIT_ASSERT_NOT_NULL(test, entry);
	memset(entry, 0x77, LOOKASIDE_MINIMUM_BLOCK_SIZE);
	ntk_put(&ntk_list, entry);
	ntk_end(&ntk_list);
	ntk_expect_no_report(test, "a small block");
}

static void ntk_initialize_family(struct kunit *test, enum ntk_kind kind, u32 type)
{
	struct ntk_tag_row before = ntk_tag_row(test, NTK_LIST_TAG, ntk_is_paged(kind));

	ntk_initialize(kind, 0xffffffff, NTK_SIZE);
	ntk_expect_fields(test, type | 0x10);
	ntk_end(&ntk_list);
	ntk_initialize(kind, 0, NTK_SIZE);
	ntk_expect_fields(test, type & 1);
	ntk_end(&ntk_list);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_LIST_TAG, ntk_is_paged(kind)).allocs,
			before.allocs);
	ntk_expect_minimum(test, kind);
}

static void ExInitializeNPagedLookasideList_test(struct kunit *test)
{
	ntk_initialize_family(test, NTK_NPAGED, 0x200);
}

/* The bit for memory that is not executable has no effect, but the type keeps it. */
static void ExInitializePagedLookasideList_test(struct kunit *test)
{
	ntk_initialize_family(test, NTK_PAGED, 0x201);
}

/* ---- allocating ---- */

/* Returns the result of Allocate, then the freed entry unchanged; NULL if Allocate fails. */
static void ntk_allocate_from(struct kunit *test, enum ntk_kind kind)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_start_kind(test, kind, NTK_START_DEPTH);
	void *entry = ntk_get(&ntk_list);

	KUNIT_ASSERT_NOT_NULL(test, entry);
	KUNIT_EXPECT_PTR_EQ(test, entry, ntk_calls.allocated);
	KUNIT_EXPECT_EQ(test, ntk_calls.type, (u32)l->Type);
	KUNIT_EXPECT_EQ(test, ntk_calls.size, NTK_SIZE);
	KUNIT_EXPECT_EQ(test, ntk_calls.tag, NTK_LIST_TAG);
	memset(entry, 0x3c, NTK_SIZE);
	ntk_put(&ntk_list, entry);
	KUNIT_EXPECT_PTR_EQ(test, ntk_get(&ntk_list), entry);
	KUNIT_EXPECT_NULL(test, memchr_inv(entry, 0x3c, NTK_SIZE));
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.allocates), 1);
	KUNIT_EXPECT_EQ(test, l->TotalAllocates, 2);
	KUNIT_EXPECT_EQ(test, l->AllocateMisses, 1);
	ntk_calls.fail = true;
	KUNIT_EXPECT_NULL(test, ntk_get(&ntk_list));
	ntk_calls.fail = false;
	KUNIT_EXPECT_EQ(test, l->TotalAllocates, 3);
	KUNIT_EXPECT_EQ(test, l->AllocateMisses, 2);
	ntk_put(&ntk_list, entry);
}

static void ExAllocateFromNPagedLookasideList_test(struct kunit *test)
{
	ntk_allocate_from(test, NTK_NPAGED);
}

static void ExAllocateFromPagedLookasideList_test(struct kunit *test)
{
	ntk_allocate_from(test, NTK_PAGED);
}

static void ExAllocateFromLookasideListEx_test(struct kunit *test)
{
	ntk_allocate_from(test, NTK_EX_NONPAGED);
	ntk_end(&ntk_list);
	ntk_reset_calls();
	ntk_allocate_from(test, NTK_EX_PAGED);
}

/* If the pool has no memory for the list, the allocation returns NULL and counts a miss. */
static void ntk_pool_is_empty_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_fields(&ntk_list);
	void *entry;

	KUNIT_ASSERT_EQ(test, ntk_start(&ntk_list, ntk_kind(test), false, 0), STATUS_SUCCESS);
	ntpool_test_drain();
	ntpool_test_fail_backing(0, -1);
	entry = ntk_get(&ntk_list);
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_NULL(test, entry);
	KUNIT_EXPECT_EQ(test, l->TotalAllocates, 1);
	KUNIT_EXPECT_EQ(test, l->AllocateMisses, 1);
	entry = ntk_get(&ntk_list);
	KUNIT_ASSERT_NOT_NULL(test, entry);
	ntk_put(&ntk_list, entry);
	ntk_expect_no_report(test, "no memory");
}

/* ---- freeing ---- */

/* Kept while there is room, else given to Free itself; NULL is never kept. */
static void ntk_free_to(struct kunit *test, enum ntk_kind kind)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_start_kind(test, kind, 2);
	struct ntpool_test_report report;
	void *entry[3];

	KUNIT_ASSERT_EQ(test, ntk_get_some(&ntk_list, entry, 3), 3);
	ntk_put_some(&ntk_list, entry, 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 0);
	ntk_put(&ntk_list, entry[2]);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 1);
	KUNIT_EXPECT_PTR_EQ(test, ntk_calls.freed, entry[2]);
	KUNIT_EXPECT_EQ(test, l->TotalFrees, 3);
	KUNIT_EXPECT_EQ(test, l->FreeMisses, 1);
	KUNIT_EXPECT_PTR_EQ(test, ntk_get(&ntk_list), entry[1]);
	KUNIT_EXPECT_PTR_EQ(test, ntk_get(&ntk_list), entry[0]);
	ntk_expect_no_report(test, "entries");
	ntk_put(&ntk_list, NULL);
	ntk_expect_report(test, "NULL", NTK_BAD_POOL_CALLER, NTK_NO_ADDRESS, &report);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 2);
	ntk_put_some(&ntk_list, entry, 2);
}

static void ExFreeToNPagedLookasideList_test(struct kunit *test)
{
	ntk_free_to(test, NTK_NPAGED);
}

static void ExFreeToPagedLookasideList_test(struct kunit *test)
{
	ntk_free_to(test, NTK_PAGED);
}

static void ExFreeToLookasideListEx_test(struct kunit *test)
{
	ntk_free_to(test, NTK_EX_NONPAGED);
	ntk_end(&ntk_list);
	ntk_reset_calls();
	ntk_free_to(test, NTK_EX_PAGED);
}

/* ---- deleting ---- */

static bool ntk_is_listed(struct kunit *test)
{
	char tag[17];

	ntk_tag_text(NTK_LIST_TAG, tag);
	return ntk_table_find(ntk_read(test, "lookaside"), tag, NULL);
}

/* A structure with any content is left alone. */
static void ntk_delete_again(enum ntk_kind kind)
{
	ntk_list.kind = kind;
	ntk_list.active = true;
	ntk_end(&ntk_list);
}

/* Every entry goes through Free, the list from the system, and its memory is free. */
static void ntk_delete(struct kunit *test, enum ntk_kind kind)
{
	void *entry[3];

	ntk_start_kind(test, kind, NTK_START_DEPTH);
	KUNIT_EXPECT_TRUE(test, ntk_is_listed(test));
	KUNIT_ASSERT_EQ(test, ntk_get_some(&ntk_list, entry, 3), 3);
	ntk_put_some(&ntk_list, entry, 3);
	ntk_end(&ntk_list);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 3);
	KUNIT_EXPECT_FALSE(test, ntk_is_listed(test));
	ntk_delete_again(kind);
	memset(&ntk_list, 0xa5, sizeof(ntk_list));
	ntpool_test_balance_scan();
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(&ntk_list, 0xa5, sizeof(ntk_list)));
	memset(&ntk_list, 0, sizeof(ntk_list));
	ntk_delete_again(kind);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 3);
	ntk_expect_no_report(test, "deleting");
}

static void ExDeleteNPagedLookasideList_test(struct kunit *test)
{
	ntk_delete(test, NTK_NPAGED);
}

static void ExDeletePagedLookasideList_test(struct kunit *test)
{
	ntk_delete(test, NTK_PAGED);
}

static void ExDeleteLookasideListEx_test(struct kunit *test)
{
	ntk_delete(test, NTK_EX_NONPAGED);
	ntk_reset_calls();
	ntk_delete(test, NTK_EX_PAGED);
}

/* Memory that is no list serves no allocation, and takes no entry. */
static void ntk_no_list_of_any_kind_test(struct kunit *test)
{
	struct ntpool_test_report report;
	u64 entry = 0;

	ntk_list.kind = ntk_kind(test);
	KUNIT_EXPECT_NULL(test, ntk_get(&ntk_list));
	ntk_expect_report(test, "allocated", NTK_VERIFIER, NTK_NO_LIST, &report);
	KUNIT_EXPECT_EQ(test, report.param[1], (unsigned long)&ntk_list);
	ntk_put(&ntk_list, &entry);
	ntk_expect_report(test, "freed", NTK_VERIFIER, NTK_NO_LIST, &report);
	KUNIT_EXPECT_EQ(test, report.param[1], (unsigned long)&ntk_list);
	KUNIT_EXPECT_EQ(test, entry, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(ntk_fields(&ntk_list), 0, sizeof(LOOKASIDE_LIST_EX)));
}

/* No memory for caches: the list is known, it works, and the next scan finds memory. */
static void ntk_short_of_memory_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_fields(&ntk_list);
	void *entry;

	ntpool_test_fail_backing(1, -1);
	ntk_start_fixed(test, NTK_START_DEPTH);
	KUNIT_EXPECT_GT(test, ntpool_test_backing_failed(), 0);
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_TRUE(test, ntk_is_listed(test));
	entry = ntk_get(&ntk_list);
	KUNIT_ASSERT_NOT_NULL(test, entry);
	ntk_put(&ntk_list, entry);
	KUNIT_EXPECT_EQ(test, l->FreeMisses, 1);
	ntpool_test_fail_backing(0, -1);
	KUNIT_EXPECT_TRUE(test, ntpool_test_balance_scan());
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_TRUE(test, ntpool_test_balance_scan());
	entry = ntk_get(&ntk_list);
	KUNIT_ASSERT_NOT_NULL(test, entry);
	ntk_put(&ntk_list, entry);
	KUNIT_EXPECT_PTR_EQ(test, ntk_get(&ntk_list), entry);
	KUNIT_EXPECT_EQ(test, l->TotalAllocates, 3);
	KUNIT_EXPECT_EQ(test, l->AllocateMisses, 2);
	ntk_put(&ntk_list, entry);
	ntk_end(&ntk_list);
	KUNIT_EXPECT_FALSE(test, ntk_is_listed(test));
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 2);
}

/* The same list, deleted or initialised again before there is memory. */
static void ntk_short_of_memory_end_test(struct kunit *test)
{
	int i;

	for (i = 0; i < 3; i++) {
		ntpool_test_fail_backing(1, -1);
		ntk_start_fixed(test, NTK_START_DEPTH);
		ntpool_test_fail_backing(0, 0);
		KUNIT_EXPECT_TRUE(test, ntk_is_listed(test));
		if (i)
			ntk_end(&ntk_list);
	}
	KUNIT_EXPECT_FALSE(test, ntk_is_listed(test));
	ntk_expect_no_report(test, "short of memory");
}

/* ---- IRQLs ---- */

static void ntk_context_desc(enum ntk_context *context, char *desc)
{
	strscpy(desc, ntk_context_name(*context), KUNIT_PARAM_DESC_SIZE);
}

static enum ntk_context ntk_contexts[] = {
	NTK_THREAD, NTK_BH_OFF, NTK_PREEMPT_OFF, NTK_SPIN_LOCK, NTK_IRQ_OFF, NTK_SOFTIRQ,
};

KUNIT_ARRAY_PARAM(ntk_context, ntk_contexts, ntk_context_desc);

/* The life of a list, from its first routine to its last, in one context. */
struct ntk_life {
	enum ntk_kind kind;
	struct ntk_tally tally;
};

static void ntk_live(void *arg)
{
	struct ntk_life *life = arg;
	KIRQL irql = KeGetCurrentIrql();
	void *entry[6];

	ntk_calls.allocate_irql = HIGH_LEVEL;
	ntk_calls.free_irql = HIGH_LEVEL;
	ntk_start(&ntk_list, life->kind, true, 0);
	ntk_check(&life->tally, ntk_get_some(&ntk_list, entry, 6) == 6, "six entries");
	ntk_check(&life->tally, ntk_calls.allocate_irql == irql, "Allocate at %u, not %u",
		  ntk_calls.allocate_irql, irql);
	ntk_put_some(&ntk_list, entry, 6);
	ntk_check(&life->tally, ntk_calls.free_irql == irql, "Free at %u, not %u",
		  ntk_calls.free_irql, irql);
	ntk_calls.free_irql = irql;
	ntk_end(&ntk_list);
	ntk_check(&life->tally, ntk_calls.free_irql == irql, "Free at %u, not %u, by the end",
		  ntk_calls.free_irql, irql);
}

/* Lists of nonpaged blocks begin, work and end up to DISPATCH_LEVEL. */
static void ntk_life_test(struct kunit *test)
{
	static const enum ntk_kind kinds[] = { NTK_NPAGED, NTK_EX_NONPAGED };
	const enum ntk_context *context = test->param_value;
	struct ntk_life life = {};
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		life.kind = kinds[i];
		/* So that the pool has blocks where it can get none. */
		ntk_live(&life);
		ntk_reset_calls();
		KUNIT_EXPECT_EQ(test, ntk_run_in(*context, -1, ntk_live, &life), 0);
		KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.allocates), 6);
		KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 6);
	}
	ntk_expect_clean(test, &life.tally);
	ntk_expect_no_report(test, ntk_context_name(*context));
}

static void ntk_get_here(void *arg)
{
	*(void **)arg = ntk_get(&ntk_list);
}

static void ntk_put_here(void *arg)
{
	ntk_put(&ntk_list, arg);
}

/* Above APC_LEVEL a cached entry is returned; the pool is not asked. */
static void ntk_allocate_paged_above(struct kunit *test, enum ntk_kind kind)
{
	struct ntpool_test_report report;
	void *entry, *again = NULL;

	KUNIT_ASSERT_EQ(test, ntk_start(&ntk_list, kind, false, 0), STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_BH_OFF, -1, ntk_get_here, &entry), 0);
	KUNIT_EXPECT_NULL(test, entry);
	ntk_expect_report(test, "an empty list", NTK_BAD_POOL_CALLER, NTK_ALLOC_IRQL, &report);
	entry = ntk_get(&ntk_list);
	KUNIT_ASSERT_NOT_NULL(test, entry);
	ntk_put(&ntk_list, entry);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_BH_OFF, -1, ntk_get_here, &again), 0);
	KUNIT_EXPECT_PTR_EQ(test, again, entry);
	ntk_expect_no_report(test, "a block that was cached");
	ntk_put(&ntk_list, entry);
}

static void ExAllocateFromPagedLookasideList_irql_test(struct kunit *test)
{
	ntk_allocate_paged_above(test, NTK_PAGED);
}

static void ExAllocateFromLookasideListEx_irql_test(struct kunit *test)
{
	ntk_allocate_paged_above(test, NTK_EX_PAGED);
}

/* Above APC_LEVEL the list keeps entries up to its depth; others are reported and freed. */
static void ntk_free_paged_above(struct kunit *test, enum ntk_kind kind)
{
	int patience = NTK_PATIENCE;
	struct ntpool_test_report report;
	void *entry[2];

	KUNIT_ASSERT_EQ(test, ntk_start(&ntk_list, kind, false, 0), STATUS_SUCCESS);
	ntk_fix_depth(&ntk_list, 1);
	KUNIT_ASSERT_EQ(test, ntk_get_some(&ntk_list, entry, 2), 2);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_BH_OFF, -1, ntk_put_here, entry[0]), 0);
	ntk_expect_no_report(test, "room for it");
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_BH_OFF, -1, ntk_put_here, entry[1]), 0);
	ntk_expect_report(test, "no room", NTK_BAD_POOL_CALLER, NTK_FREE_IRQL, &report);
	KUNIT_EXPECT_PTR_EQ(test, ntk_get(&ntk_list), entry[0]);
	ntk_put(&ntk_list, entry[0]);
	while (patience-- && ntk_tag_row(test, NTK_LIST_TAG, true).diff != 1)
		msleep(20);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_LIST_TAG, true).diff, 1);
}

static void ExFreeToPagedLookasideList_irql_test(struct kunit *test)
{
	ntk_free_paged_above(test, NTK_PAGED);
}

static void ExFreeToLookasideListEx_irql_test(struct kunit *test)
{
	ntk_free_paged_above(test, NTK_EX_PAGED);
}

static void ntk_flush_here(void *arg)
{
	ExFlushLookasideListEx(arg);
}

static struct ntk_kind_case ntk_ex_kinds[] = {
	{ "Ex nonpaged", NTK_EX_NONPAGED },
	{ "Ex paged", NTK_EX_PAGED },
};

KUNIT_ARRAY_PARAM(ntk_ex_kind, ntk_ex_kinds, ntk_kind_desc);

/* At DISPATCH_LEVEL: nonpaged entries at once, paged ones soon, where they may be freed. */
static void ExFlushLookasideListEx_irql_test(struct kunit *test)
{
	bool paged = ntk_is_paged(ntk_kind(test));
	int patience = NTK_PATIENCE;
	void *entry[4];

	ntk_start_fixed(test, NTK_START_DEPTH);
	KUNIT_ASSERT_EQ(test, ntk_get_some(&ntk_list, entry, 4), 4);
	ntk_put_some(&ntk_list, entry, 4);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_BH_OFF, -1, ntk_flush_here, &ntk_list.ex), 0);
	while (paged && patience-- && atomic_read(&ntk_calls.frees) < 4)
		msleep(20);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 4);
	KUNIT_EXPECT_EQ(test, READ_ONCE(ntk_calls.free_irql),
			paged ? PASSIVE_LEVEL : DISPATCH_LEVEL);
	ntk_expect_no_report(test, "flushing");
	KUNIT_EXPECT_EQ(test, ntk_get_some(&ntk_list, entry, 4), 4);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.allocates), 8);
	ntk_put_some(&ntk_list, entry, 4);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 4);
}

static struct kunit_case ntk_families_cases[] = {
	KUNIT_CASE(ExInitializeNPagedLookasideList_test),
	KUNIT_CASE(ExInitializePagedLookasideList_test),
	KUNIT_CASE(ExAllocateFromNPagedLookasideList_test),
	KUNIT_CASE(ExAllocateFromPagedLookasideList_test),
	KUNIT_CASE(ExAllocateFromLookasideListEx_test),
	KUNIT_CASE_PARAM(ntk_pool_is_empty_test, ntk_kind_gen_params),
	KUNIT_CASE(ExFreeToNPagedLookasideList_test),
	KUNIT_CASE(ExFreeToPagedLookasideList_test),
	KUNIT_CASE(ExFreeToLookasideListEx_test),
	KUNIT_CASE(ExDeleteNPagedLookasideList_test),
	KUNIT_CASE(ExDeletePagedLookasideList_test),
	KUNIT_CASE(ExDeleteLookasideListEx_test),
	KUNIT_CASE_PARAM(ntk_no_list_of_any_kind_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_short_of_memory_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_short_of_memory_end_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_life_test, ntk_context_gen_params),
	KUNIT_CASE(ExAllocateFromPagedLookasideList_irql_test),
	KUNIT_CASE(ExAllocateFromLookasideListEx_irql_test),
	KUNIT_CASE(ExFreeToPagedLookasideList_irql_test),
	KUNIT_CASE(ExFreeToLookasideListEx_irql_test),
	KUNIT_CASE_PARAM(ExFlushLookasideListEx_irql_test, ntk_ex_kind_gen_params),
	{}
};

static struct kunit_suite ntk_families_suite = {
	.name = "ntpool_families",
	.init = ntk_lookaside_init,
	.exit = ntk_lookaside_exit,
	.test_cases = ntk_families_cases,
};

kunit_test_suite(ntk_families_suite);
