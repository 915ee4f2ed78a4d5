// SPDX-License-Identifier: GPL-2.0
/*
 * Raises: which handler is called, with which arguments, and which counter grows if
 * there is no handler. A case for every routine that raises on failure.
 */
#include <ntifs.h>

#include "raised.h"

#define NTK_TAG		(ntk_tag4("KRai"))
#define NTK_STATUS	((NTSTATUS)0xC0001234U)

struct ntk_raise_row {
	s64 handled;
	s64 unhandled;
};

static struct ntk_raise_row ntk_raise_row(struct kunit *test)
{
	struct ntk_table *table = ntk_read(test, "raises");
	const char *row = ntk_table_find(table, "ntpool_kunit", NULL);

	if (!row)
		return (struct ntk_raise_row){};
	return (struct ntk_raise_row){
		.handled = ntk_row_number(row, ntk_table_column(table, "handled")),
		.unhandled = ntk_row_number(row, ntk_table_column(table, "unhandled")),
	};
}

static void ExRaiseStatus_test(struct kunit *test)
{
	struct ntk_raise_row before = ntk_raise_row(test), after;

	ExRaiseStatus(NTK_STATUS);
	ntk_expect_raise(test, "ExRaiseStatus", NTK_STATUS);
	after = ntk_raise_row(test);
	KUNIT_EXPECT_EQ(test, after.handled, before.handled + 1);
	KUNIT_EXPECT_EQ(test, after.unhandled, before.unhandled);
}

static void RtlRaiseStatus_test(struct kunit *test)
{
	RtlRaiseStatus(NTK_STATUS);
	ntk_expect_raise(test, "RtlRaiseStatus", NTK_STATUS);
	NtpoolSetRaiseHandler(NULL);
	RtlRaiseStatus(NTK_STATUS);
	ntk_expect_no_raise(test, "no handler");
}

static void ExRaiseStatus_unhandled_test(struct kunit *test)
{
	struct ntk_raise_row before = ntk_raise_row(test), after;

	NtpoolSetRaiseHandler(NULL);
	ExRaiseStatus(NTK_STATUS);
	ntk_expect_no_raise(test, "no handler");
	after = ntk_raise_row(test);
	KUNIT_EXPECT_EQ(test, after.handled, before.handled);
	KUNIT_EXPECT_EQ(test, after.unhandled, before.unhandled + 1);
}

/* An allocation that raises without a handler: it returns NULL and is counted. */
static void ExAllocatePoolWithTag_unhandled_test(struct kunit *test)
{
	const POOL_TYPE type = NonPagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE;
	struct ntk_raise_row before = ntk_raise_row(test), after;

	NtpoolSetRaiseHandler(NULL);
	KUNIT_EXPECT_NULL(test, ExAllocatePoolWithTag(type, SIZE_MAX / 2, NTK_TAG));
	KUNIT_EXPECT_NULL(test, ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_RAISE_ON_FAILURE,
						SIZE_MAX / 2, NTK_TAG));
	ntk_expect_no_raise(test, "no handler");
	after = ntk_raise_row(test);
	KUNIT_EXPECT_EQ(test, after.handled, before.handled);
	KUNIT_EXPECT_EQ(test, after.unhandled, before.unhandled + 2);
}

static void ExRaiseAccessViolation_test(struct kunit *test)
{
	ExRaiseAccessViolation();
	ntk_expect_raise(test, "ExRaiseAccessViolation", STATUS_ACCESS_VIOLATION);
}

static void ExRaiseDatatypeMisalignment_test(struct kunit *test)
{
	ExRaiseDatatypeMisalignment();
	ntk_expect_raise(test, "ExRaiseDatatypeMisalignment", STATUS_DATATYPE_MISALIGNMENT);
}

static unsigned int ntk_others;

static VOID ntk_other_handler(NTSTATUS Status)
{
	ntk_others++;
}

static void NtpoolSetRaiseHandler_test(struct kunit *test)
{
	ntk_others = 0;
	KUNIT_EXPECT_PTR_EQ(test, NtpoolSetRaiseHandler(ntk_other_handler),
			    &ntk_raise_handler);
	ExRaiseStatus(NTK_STATUS);
	KUNIT_EXPECT_EQ(test, ntk_others, 1);
	ntk_expect_no_raise(test, "the handler before");
	KUNIT_EXPECT_PTR_EQ(test, NtpoolSetRaiseHandler(NULL), &ntk_other_handler);
	KUNIT_EXPECT_PTR_EQ(test, NtpoolSetRaiseHandler(ntk_raise_handler),
			    (PNTPOOL_RAISE_HANDLER)NULL);
	ExRaiseStatus(NTK_STATUS);
	ntk_expect_raise(test, "the handler again", NTK_STATUS);
}

static void ntk_raise_it(void *arg)
{
	ExRaiseStatus(NTK_STATUS);
}

/* The handler is called where the raise is. */
static void ExRaiseStatus_contexts_test(struct kunit *test)
{
	enum ntk_context context;

	for (context = 0; context < NTK_NR_CONTEXTS; context++) {
		KUNIT_ASSERT_EQ(test, ntk_run_in(context, ntk_nth_cpu(0), ntk_raise_it, NULL), 0);
		ntk_expect_raise(test, ntk_context_name(context), NTK_STATUS);
	}
}

/* No memory at all: the kernel gives none. */
static void ntk_starve(void)
{
	ntpool_test_drain();
	ntpool_test_fail_backing(0, -1);
}

static void ntk_feed(void)
{
	ntpool_test_fail_backing(0, 0);
}

typedef PVOID (*ntk_alloc_fn)(SIZE_T size);

static PVOID ntk_with_tag(SIZE_T size)
{
	return ExAllocatePoolWithTag(NonPagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE, size,
				     NTK_TAG);
}

static PVOID ntk_paged(SIZE_T size)
{
	return ExAllocatePoolWithTag(PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE, size,
				     NTK_TAG);
}

static PVOID ntk_priority(SIZE_T size)
{
	return ExAllocatePoolWithTagPriority(NonPagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE,
					     size, NTK_TAG, HighPoolPriority);
}

static PVOID ntk_quota(SIZE_T size)
{
	return ExAllocatePoolWithQuota(NonPagedPool, size);
}

static PVOID ntk_quota_tag(SIZE_T size)
{
	return ExAllocatePoolWithQuotaTag(PagedPool, size, NTK_TAG);
}

static PVOID ntk_quota_zero(SIZE_T size)
{
	return ExAllocatePoolQuotaZero(NonPagedPool, size, NTK_TAG);
}

static PVOID ntk_quota_uninitialized(SIZE_T size)
{
	return ExAllocatePoolQuotaUninitialized(NonPagedPool, size, NTK_TAG);
}

static PVOID ntk_pool2(SIZE_T size)
{
	return ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, size, NTK_TAG);
}

static PVOID ntk_pool3(SIZE_T size)
{
	return ExAllocatePool3(POOL_FLAG_PAGED | POOL_FLAG_RAISE_ON_FAILURE, size, NTK_TAG,
			       NULL, 0);
}

static PVOID ntk_fsrtl(SIZE_T size)
{
	return FsRtlAllocatePool(NonPagedPool, size);
}

static PVOID ntk_fsrtl_tag(SIZE_T size)
{
	return FsRtlAllocatePoolWithTag(PagedPool, size, NTK_TAG);
}

static PVOID ntk_fsrtl_quota(SIZE_T size)
{
	return FsRtlAllocatePoolWithQuota(NonPagedPool, size);
}

static PVOID ntk_fsrtl_quota_tag(SIZE_T size)
{
	return FsRtlAllocatePoolWithQuotaTag(NonPagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE,
					     size, NTK_TAG);
}

struct ntk_raiser {
	const char *name;
	ntk_alloc_fn alloc;
};

static struct ntk_raiser ntk_raisers[] = {
	{ "ExAllocatePoolWithTag", ntk_with_tag },
	{ "ExAllocatePoolWithTag, paged", ntk_paged },
	{ "ExAllocatePoolWithTagPriority", ntk_priority },
	{ "ExAllocatePoolWithQuota", ntk_quota },
	{ "ExAllocatePoolWithQuotaTag", ntk_quota_tag },
	{ "ExAllocatePoolQuotaZero", ntk_quota_zero },
	{ "ExAllocatePoolQuotaUninitialized", ntk_quota_uninitialized },
	{ "ExAllocatePool2", ntk_pool2 },
	{ "ExAllocatePool3", ntk_pool3 },
	{ "FsRtlAllocatePool", ntk_fsrtl },
	{ "FsRtlAllocatePoolWithTag", ntk_fsrtl_tag },
	{ "FsRtlAllocatePoolWithQuota", ntk_fsrtl_quota },
	{ "FsRtlAllocatePoolWithQuotaTag", ntk_fsrtl_quota_tag },
};

static void ntk_raiser_desc(struct ntk_raiser *r, char *desc)
{
	strscpy(desc, r->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_raiser, ntk_raisers, ntk_raiser_desc);

/* With memory they return a block and raise nothing; without, the opposite. */
static void ntk_raiser_test(struct kunit *test)
{
	static const SIZE_T sizes[] = { NTK_SMALL_MAX, 2 * PAGE_SIZE };
	const struct ntk_raiser *r = test->param_value;
	void *block;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		block = r->alloc(sizes[i]);
		KUNIT_ASSERT_NOT_NULL(test, block);
		ntk_expect_no_raise(test, "success");
		memset(block, 0x5a, sizes[i]);
		ExFreePool(block);
		ntk_starve();
		block = r->alloc(sizes[i]);
		ntk_feed();
		KUNIT_EXPECT_NULL(test, block);
		ntk_expect_raise(test, "no memory", STATUS_INSUFFICIENT_RESOURCES);
	}
}

/* Without the flag that asks for a raise they only return NULL. */
static void ntk_quiet_test(struct kunit *test)
{
	const POOL_TYPE quiet = NonPagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;
	const POOL_TYPE type = NonPagedPool;
	const SIZE_T size = 2 * PAGE_SIZE;
	s64 failed = ntk_tag_row(test, NTK_TAG, false).failed;
	void *block[13];
	int i;

	ntk_starve();
	block[0] = ExAllocatePoolWithTag(type, size, NTK_TAG);
	block[1] = ExAllocatePoolWithTagPriority(type, size, NTK_TAG, HighPoolPriority);
	block[2] = ExAllocatePoolWithQuotaTag(quiet | POOL_RAISE_IF_ALLOCATION_FAILURE, size,
					      NTK_TAG);
	block[3] = ExAllocatePool2(POOL_FLAG_NON_PAGED, size, NTK_TAG);
	block[4] = ExAllocatePool3(POOL_FLAG_NON_PAGED | POOL_FLAG_USE_QUOTA, size, NTK_TAG,
				   NULL, 0);
	block[5] = ExAllocatePoolZero(type, size, NTK_TAG);
	block[6] = ExAllocatePoolUninitialized(type, size, NTK_TAG);
	block[7] = ExAllocatePoolPriorityZero(type, size, NTK_TAG, HighPoolPriority);
	block[8] = ExAllocatePoolPriorityUninitialized(type, size, NTK_TAG, HighPoolPriority);
	block[9] = ExAllocatePoolQuotaZero(quiet, size, NTK_TAG);
	block[10] = ExAllocatePoolQuotaUninitialized(quiet, size, NTK_TAG);
	block[11] = ExAllocatePool(type, size);
	block[12] = ExAllocatePoolWithQuota(quiet, size);
	ntk_feed();
	for (i = 0; i < ARRAY_SIZE(block); i++)
		KUNIT_EXPECT_NULL_MSG(test, block[i], "routine %d", i);
	ntk_expect_no_raise(test, "routines that do not raise");
	/* All but the two without a tag. */
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, false).failed, failed + 11);
}

/* Arguments that are wrong are a failure as any other. */
static void ExAllocatePool2_invalid_test(struct kunit *test)
{
	const POOL_FLAGS raise = POOL_FLAG_RAISE_ON_FAILURE;

	KUNIT_EXPECT_NULL(test, ExAllocatePool2(raise | POOL_FLAG_NON_PAGED, 16, 0));
	ntk_expect_raise(test, "tag 0", STATUS_INSUFFICIENT_RESOURCES);
	KUNIT_EXPECT_NULL(test, ExAllocatePool2(raise | POOL_FLAG_NON_PAGED, 0, NTK_TAG));
	ntk_expect_raise(test, "size 0", STATUS_INSUFFICIENT_RESOURCES);
	KUNIT_EXPECT_NULL(test, ExAllocatePool2(raise, 16, NTK_TAG));
	ntk_expect_raise(test, "no pool", STATUS_INSUFFICIENT_RESOURCES);
}

static void ntk_lists_raise(struct kunit *test, ULONG flags, ULONG ex_flags, bool raises)
{
	static struct _NPAGED_LOOKASIDE_LIST nonpaged;
	static struct _LOOKASIDE_LIST_EX ex;
	void *entry;

	ExInitializeNPagedLookasideList(&nonpaged, NULL, NULL, flags, 4064, NTK_TAG, 0);
	KUNIT_ASSERT_EQ(test, ExInitializeLookasideListEx(&ex, NULL, NULL, PagedPool, ex_flags,
							  8192, NTK_TAG, 0), STATUS_SUCCESS);
	ntk_starve();
	entry = ExAllocateFromNPagedLookasideList(&nonpaged);
	ntk_feed();
	KUNIT_EXPECT_NULL(test, entry);
	if (raises)
		ntk_expect_raise(test, "ExAllocateFromNPagedLookasideList",
				 STATUS_INSUFFICIENT_RESOURCES);
	ntk_starve();
	entry = ExAllocateFromLookasideListEx(&ex);
	ntk_feed();
	KUNIT_EXPECT_NULL(test, entry);
	if (raises)
		ntk_expect_raise(test, "ExAllocateFromLookasideListEx",
				 STATUS_INSUFFICIENT_RESOURCES);
	ExDeleteNPagedLookasideList(&nonpaged);
	ExDeleteLookasideListEx(&ex);
	ntk_expect_no_raise(test, "lists");
}

static void ExAllocateFromLookasideListEx_raise_test(struct kunit *test)
{
	ntk_lists_raise(test, POOL_RAISE_IF_ALLOCATION_FAILURE,
			EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL, true);
	ntk_lists_raise(test, 0, 0, false);
	ntk_lists_raise(test, 0, EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE, false);
}

static void ExAllocateFromPagedLookasideList_raise_test(struct kunit *test)
{
	static const u32 flags[] = { 0, POOL_RAISE_IF_ALLOCATION_FAILURE };
	static struct _PAGED_LOOKASIDE_LIST paged;
	void *entry;
	int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		ExInitializePagedLookasideList(&paged, NULL, NULL, flags[i], 8192, NTK_TAG, 0);
		ntk_starve();
		entry = ExAllocateFromPagedLookasideList(&paged);
		ntk_feed();
		KUNIT_EXPECT_NULL(test, entry);
		if (flags[i])
			ntk_expect_raise(test, "no memory", STATUS_INSUFFICIENT_RESOURCES);
		ExDeletePagedLookasideList(&paged);
		ntk_expect_no_raise(test, "a list that does not raise");
	}
}

static struct kunit_case ntk_raise_cases[] = {
	KUNIT_CASE(ExRaiseStatus_test),
	KUNIT_CASE(ExRaiseStatus_unhandled_test),
	KUNIT_CASE(RtlRaiseStatus_test),
	KUNIT_CASE(ExRaiseStatus_contexts_test),
	KUNIT_CASE(ExAllocatePoolWithTag_unhandled_test),
	KUNIT_CASE(ExRaiseAccessViolation_test),
	KUNIT_CASE(ExRaiseDatatypeMisalignment_test),
	KUNIT_CASE(NtpoolSetRaiseHandler_test),
	KUNIT_CASE_PARAM(ntk_raiser_test, ntk_raiser_gen_params),
	KUNIT_CASE(ntk_quiet_test),
	KUNIT_CASE(ExAllocatePool2_invalid_test),
	KUNIT_CASE(ExAllocateFromLookasideListEx_raise_test),
	KUNIT_CASE(ExAllocateFromPagedLookasideList_raise_test),
	{}
};

static struct kunit_suite ntk_raise_suite = {
	.name = "ntpool_raise",
	.init = ntk_raise_init,
	.exit = ntk_raise_exit,
	.test_cases = ntk_raise_cases,
};

kunit_test_suite(ntk_raise_suite);
