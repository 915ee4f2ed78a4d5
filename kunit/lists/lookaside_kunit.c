// SPDX-License-Identifier: GPL-2.0
/*
 * Lookaside lists of all kinds on one CPU: fields, Depth, flags and their statuses.
 * Routines are called with and without a context. Figures are exact, and the order is
 * LIFO. Delete and flush are tested too. Each case runs on each kind of list that has
 * the same contract.
 *
 * The suite ntpool_families tests each routine under its own name. The suite
 * ntpool_depth tests the verifier, several CPUs and all contexts.
 */
#include "lookaside.h"

KUNIT_ARRAY_PARAM(ntk_kind, ntk_kinds, ntk_kind_desc);

/* ---- fields and routines ---- */

static void ntk_init_values_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_fields(&ntk_list);

	memset(&ntk_list, 0xa5, sizeof(ntk_list));
	KUNIT_ASSERT_EQ(test, ntk_start(&ntk_list, ntk_kind(test), true, 0),
			STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, l->Depth, NTK_START_DEPTH);
	KUNIT_EXPECT_EQ(test, l->MaximumDepth, EX_MAXIMUM_LOOKASIDE_DEPTH_BASE);
	KUNIT_EXPECT_EQ(test, l->TotalAllocates, 0);
	KUNIT_EXPECT_EQ(test, l->AllocateMisses, 0);
	KUNIT_EXPECT_EQ(test, l->TotalFrees, 0);
	KUNIT_EXPECT_EQ(test, l->FreeMisses, 0);
	KUNIT_EXPECT_EQ(test, l->Type & PagedPool,
			(int)ntk_is_paged(ntk_kind(test)));
	KUNIT_EXPECT_EQ(test, l->Size, NTK_SIZE);
	KUNIT_EXPECT_EQ(test, l->Tag, NTK_LIST_TAG);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.allocates), 0);
}

/* The default routines take from the pool under the list's tag and type. */
static void ntk_default_test(struct kunit *test)
{
	bool paged = ntk_is_paged(ntk_kind(test));
	struct ntk_tag_row before = ntk_tag_row(test, NTK_LIST_TAG, paged);
	struct ntk_tag_row after;
	void *entry;

	KUNIT_ASSERT_EQ(test, ntk_start(&ntk_list, ntk_kind(test), false, 0),
			STATUS_SUCCESS);
	KUNIT_EXPECT_NOT_NULL(test, ntk_fields(&ntk_list)->Allocate);
	KUNIT_EXPECT_NOT_NULL(test, ntk_fields(&ntk_list)->Free);
	entry = ntk_get(&ntk_list);
	KUNIT_ASSERT_NOT_NULL(test, entry);
	memset(entry, 0x66, NTK_SIZE);
	after = ntk_tag_row(test, NTK_LIST_TAG, paged);
	KUNIT_EXPECT_EQ(test, after.diff, before.diff + 1);
	KUNIT_EXPECT_EQ(test, after.requested, before.requested + NTK_SIZE);
	ntk_put(&ntk_list, entry);
	ntk_end(&ntk_list);
	after = ntk_tag_row(test, NTK_LIST_TAG, paged);
	KUNIT_EXPECT_EQ(test, after.diff, before.diff);
	KUNIT_EXPECT_EQ(test, after.bytes, before.bytes);
}

/* The list's own routines get the arguments that the list was initialised with. */
static void ntk_custom_test(struct kunit *test)
{
	void *entry;

	ntk_start_fixed(test, NTK_START_DEPTH);
	entry = ntk_get(&ntk_list);
	KUNIT_ASSERT_NOT_NULL(test, entry);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.allocates), 1);
	KUNIT_EXPECT_EQ(test, ntk_calls.size, NTK_SIZE);
	KUNIT_EXPECT_EQ(test, ntk_calls.tag, NTK_LIST_TAG);
	KUNIT_EXPECT_EQ(test, !!(ntk_calls.type & PagedPool),
			(int)ntk_is_paged(ntk_kind(test)));
	ntk_put(&ntk_list, entry);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 0);
	ntk_end(&ntk_list);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 1);
}

/* Six entries through a depth of four: each figure to the last digit. */
static void ntk_counters_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_start_fixed(test, NTK_START_DEPTH);
	void *entry[NTK_HELD];

	KUNIT_EXPECT_EQ(test, ntk_get_some(&ntk_list, entry, 6), 6);
	KUNIT_EXPECT_EQ(test, l->TotalAllocates, 6);
	KUNIT_EXPECT_EQ(test, l->AllocateMisses, 6);
	ntk_put_some(&ntk_list, entry, 6);
	KUNIT_EXPECT_EQ(test, l->TotalFrees, 6);
	KUNIT_EXPECT_EQ(test, l->FreeMisses, 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 2);
	KUNIT_EXPECT_EQ(test, ntk_get_some(&ntk_list, entry, 6), 6);
	KUNIT_EXPECT_EQ(test, l->TotalAllocates, 12);
	KUNIT_EXPECT_EQ(test, l->AllocateMisses, 8);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.allocates), 8);
	ntk_put_some(&ntk_list, entry, 6);
	KUNIT_EXPECT_EQ(test, l->TotalFrees, 12);
	KUNIT_EXPECT_EQ(test, l->FreeMisses, 4);
}

/* The entry freed last is the next one allocated. */
static void ntk_lifo_test(struct kunit *test)
{
	void *entry[4], *again[4];
	int i;

	ntk_start_fixed(test, NTK_START_DEPTH);
	KUNIT_ASSERT_EQ(test, ntk_get_some(&ntk_list, entry, 4), 4);
	ntk_put_some(&ntk_list, entry, 4);
	ntk_get_some(&ntk_list, again, 4);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_PTR_EQ_MSG(test, again[i], entry[3 - i], "%d", i);
	ntk_put_some(&ntk_list, again, 4);
}

/* A Depth that a driver writes applies from the next free on. */
static void ntk_depth_test(struct kunit *test)
{
	static const u16 depths[] = { 0, 1, 2, 7, 10 };
	struct ntk_tally tally = {};
	void *entry[NTK_HELD];
	int i, frees;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		ntk_reset_calls();
		ntk_start_fixed(test, depths[i]);
		ntk_check(&tally,
			  ntk_get_some(&ntk_list, entry, NTK_HELD) == NTK_HELD,
			  "depth %u: no entries", depths[i]);
		ntk_put_some(&ntk_list, entry, NTK_HELD);
		frees = atomic_read(&ntk_calls.frees);
		ntk_check(&tally, frees == NTK_HELD - depths[i],
			  "depth %u: %d went to the pool", depths[i], frees);
		ntk_end(&ntk_list);
		frees = atomic_read(&ntk_calls.frees);
		ntk_check(&tally, frees == NTK_HELD, "depth %u: %d freed",
			  depths[i], frees);
	}
	ntk_expect_clean(test, &tally);
}

/* A smaller depth keeps further entries out; no more are cached than that. */
static void ntk_depth_lowered_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_start_fixed(test, 8);
	void *entry[NTK_HELD];

	ntk_get_some(&ntk_list, entry, 8);
	ntk_put_some(&ntk_list, entry, 8);
	KUNIT_EXPECT_EQ(test, l->FreeMisses, 0);
	ntk_fix_depth(&ntk_list, 2);
	KUNIT_EXPECT_EQ(test, ntk_get_some(&ntk_list, entry, 8), 8);
	ntk_put_some(&ntk_list, entry, 8);
	KUNIT_EXPECT_EQ(test, l->FreeMisses, 6);
	KUNIT_EXPECT_GE(test, atomic_read(&ntk_calls.frees), 6);
}

/* The list's routine has no memory: NULL, counted as a miss, nothing lost. */
static void ntk_no_entry_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_start_fixed(test, NTK_START_DEPTH);
	void *entry;

	ntk_calls.fail = true;
	KUNIT_EXPECT_NULL(test, ntk_get(&ntk_list));
	KUNIT_EXPECT_EQ(test, l->TotalAllocates, 1);
	KUNIT_EXPECT_EQ(test, l->AllocateMisses, 1);
	ntk_calls.fail = false;
	entry = ntk_get(&ntk_list);
	KUNIT_ASSERT_NOT_NULL(test, entry);
	ntk_put(&ntk_list, entry);
	KUNIT_EXPECT_EQ(test, l->AllocateMisses, 2);
}

/* ---- delete and flush ---- */

static void ntk_delete_test(struct kunit *test)
{
	void *entry[NTK_HELD];

	ntk_start_fixed(test, NTK_START_DEPTH);
	ntk_get_some(&ntk_list, entry, 3);
	ntk_put_some(&ntk_list, entry, 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 0);
	ntk_end(&ntk_list);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 3);
	ntk_start_fixed(test, NTK_START_DEPTH);
	ntk_end(&ntk_list);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 3);
}

static struct ntk_kind_case ntk_ex_kinds[] = {
	{ "Ex nonpaged", NTK_EX_NONPAGED },
	{ "Ex paged", NTK_EX_PAGED },
};

KUNIT_ARRAY_PARAM(ntk_ex_kind, ntk_ex_kinds, ntk_kind_desc);

/* A flushed list is empty and goes on to work. Only Ex lists have a flush. */
static void ExFlushLookasideListEx_test(struct kunit *test)
{
	void *entry[NTK_HELD];

	ntk_start_fixed(test, NTK_START_DEPTH);
	ntk_get_some(&ntk_list, entry, 4);
	ntk_put_some(&ntk_list, entry, 4);
	ExFlushLookasideListEx(&ntk_list.ex);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 4);
	ExFlushLookasideListEx(&ntk_list.ex);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 4);
	KUNIT_EXPECT_EQ(test, ntk_get_some(&ntk_list, entry, 4), 4);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.allocates), 8);
	ntk_put_some(&ntk_list, entry, 4);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 4);
}

/* ---- flags and statuses ---- */

struct ntk_ex_case {
	const char *name;
	u32 type;
	u32 flags;
	NTSTATUS status;
	u32 passed;		/* bits that the list's Allocate is given besides */
};

static struct ntk_ex_case ntk_ex_cases[] = {
	{ "nonpaged", 0, 0, STATUS_SUCCESS },
	{ "paged", 1, 0, STATUS_SUCCESS },
	{ "nonpaged nx", 512, 0, STATUS_SUCCESS },
	{ "nonpaged, aligned", 4, 0, STATUS_SUCCESS },
	{ "paged, aligned", 5, 0, STATUS_SUCCESS },
	{ "raise on fail", 0, 1, STATUS_SUCCESS, 0x10 },
	{ "paged, raise on fail", 1, 1, STATUS_SUCCESS, 0x10 },
	{ "fail no raise", 1, 2, STATUS_SUCCESS, 0x8 },
	{ "both flags", 0, 3, STATUS_INVALID_PARAMETER_5 },
	{ "flag 4", 0, 4, STATUS_INVALID_PARAMETER_5 },
	{ "flag 2^31", 0, 0x80000000, STATUS_INVALID_PARAMETER_5 },
	{ "MustSucceed", 2, 0, STATUS_INVALID_PARAMETER_4 },
	{ "DontUseThisType", 3, 0, STATUS_INVALID_PARAMETER_4 },
	{ "aligned MustSucceed", 6, 0, STATUS_INVALID_PARAMETER_4 },
	{ "MaxPoolType", 7, 0, STATUS_INVALID_PARAMETER_4 },
	{ "a flag of the type", 0x10, 0, STATUS_INVALID_PARAMETER_4 },
	{ "type 0x800", 0x800, 0, STATUS_INVALID_PARAMETER_4 },
};

static void ntk_ex_desc(struct ntk_ex_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_ex, ntk_ex_cases, ntk_ex_desc);

/* Refused, the structure is as it was. The depth is for the system to choose. */
static void ExInitializeLookasideListEx_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_fields(&ntk_list);
	const struct ntk_ex_case *c = test->param_value;
	NTSTATUS status;
	void *entry;

	memset(&ntk_list.ex, 0xa5, sizeof(ntk_list.ex));
	ntk_list.guard = NTK_LIST_TAG;
	status = ExInitializeLookasideListEx(&ntk_list.ex, ntk_allocate_ex,
					     ntk_free_ex, (POOL_TYPE)c->type,
					     c->flags, NTK_SIZE, NTK_LIST_TAG, 77);
	KUNIT_EXPECT_EQ(test, status, c->status);
	if (!NT_SUCCESS(status)) {
		KUNIT_EXPECT_NULL(test, memchr_inv(&ntk_list.ex, 0xa5,
						   sizeof(ntk_list.ex)));
		return;
	}
	ntk_list.kind = NTK_EX_NONPAGED;
	ntk_list.active = true;
	KUNIT_EXPECT_NE(test, l->Depth, 77);
	KUNIT_EXPECT_EQ(test, (u32)l->Type, c->type | c->passed);
	entry = ntk_get(&ntk_list);
	KUNIT_ASSERT_NOT_NULL(test, entry);
	KUNIT_EXPECT_EQ(test, ntk_calls.type, c->type | c->passed);
	ntk_put(&ntk_list, entry);
}

/*
 * The flags that the older lists know, alone and together. Type and the Allocate routine
 * get them, of paged lists too.
 */
static void ntk_flags_test(struct kunit *test)
{
	static const u32 flags[] = {
		POOL_NX_ALLOCATION, POOL_RAISE_IF_ALLOCATION_FAILURE,
		POOL_NX_ALLOCATION | POOL_RAISE_IF_ALLOCATION_FAILURE,
	};
	struct ntk_tally tally = {};
	void *entry;
	u32 type;
	int i, kind;

	for (i = 0; i < 2 * ARRAY_SIZE(flags); i++) {
		for (kind = NTK_NPAGED; kind <= NTK_PAGED; kind++) {
			type = flags[i / 2];
			ntk_start(&ntk_list, kind, i % 2, type);
			if (kind == NTK_PAGED)
				type |= PagedPool;
			ntk_check(&tally, (u32)ntk_fields(&ntk_list)->Type == type,
				  "flags 0x%x, Type 0x%x", flags[i / 2],
				  ntk_fields(&ntk_list)->Type);
			entry = ntk_get(&ntk_list);
			ntk_check(&tally, entry, "flags 0x%x", flags[i / 2]);
			ntk_check(&tally, i % 2 == 0 || ntk_calls.type == type,
				  "flags 0x%x, type 0x%x", flags[i / 2], ntk_calls.type);
			if (entry)
				ntk_put(&ntk_list, entry);
			ntk_end(&ntk_list);
		}
	}
	ntk_expect_clean(test, &tally);
	ntk_expect_no_report(test, "flags");
}

/* A list in pageable memory is reported, also one of paged blocks. It works nevertheless. */
static void ntk_resident_test(struct kunit *test)
{
	struct ntk_list *list = ExAllocatePoolWithTag(PagedPool, PAGE_SIZE, NTK_LIST_TAG);
	struct ntpool_test_report report;
	void *entry;

	KUNIT_ASSERT_NOT_NULL(test, list);
	memset(list, 0, sizeof(*list));
	KUNIT_EXPECT_EQ(test, ntk_start(list, ntk_kind(test), true, 0), STATUS_SUCCESS);
	ntk_expect_report(test, "a list in paged pool", NTK_MUST_BE_NONPAGED,
			  (unsigned long)list, &report);
	KUNIT_EXPECT_EQ(test, report.param[1], PASSIVE_LEVEL);
	KUNIT_EXPECT_EQ(test, report.param[2], 1);
	entry = ntk_get(list);
	KUNIT_EXPECT_NOT_NULL(test, entry);
	if (entry)
		ntk_put(list, entry);
	ntk_end(list);
	ExFreePool(list);
	ntk_expect_no_report(test, "the end of the list");
}

static struct kunit_case ntk_lookaside_cases[] = {
	KUNIT_CASE_PARAM(ntk_init_values_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_default_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_custom_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_counters_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_lifo_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_depth_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_depth_lowered_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_no_entry_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_delete_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ExFlushLookasideListEx_test, ntk_ex_kind_gen_params),
	KUNIT_CASE_PARAM(ExInitializeLookasideListEx_test, ntk_ex_gen_params),
	KUNIT_CASE(ntk_flags_test),
	KUNIT_CASE_PARAM(ntk_resident_test, ntk_kind_gen_params),
	{}
};

static struct kunit_suite ntk_lookaside_suite = {
	.name = "ntpool_lookaside",
	.init = ntk_lookaside_init,
	.exit = ntk_lookaside_exit,
	.test_cases = ntk_lookaside_cases,
};

kunit_test_suite(ntk_lookaside_suite);
