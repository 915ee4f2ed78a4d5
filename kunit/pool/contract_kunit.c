// SPDX-License-Identifier: GPL-2.0
/*
 * The common contract of the allocation routines, for each routine and both pools: the
 * place and the figures of a block, its zeroing, its charge, and the routines that may
 * free it. A failure returns NULL or raises.
 *
 * Suites run in kernel threads. A hook charges these like processes.
 */
#include <linux/sched.h>

#include <ntifs.h>

#include "raised.h"

#define NTK_TAG		(ntk_tag4("KCon"))

/**
 * struct ntk_routine - one routine, and the column of its row in NT's documentation
 * @alloc: calls it
 * @untagged: its blocks count under `None`
 * @zeroes: the contents are zero
 * @charges: the current process pays
 * @raises: before it returns NULL
 */
struct ntk_routine {
	void *(*alloc)(bool paged, SIZE_T size);
	bool untagged;
	bool zeroes;
	bool charges;
	bool raises;
};

static int ntk_contract_init(struct kunit *test)
{
	int err = ntk_raise_init(test);

	if (!err)
		ntpool_test_charge_kthreads(true);
	return err;
}

static POOL_TYPE ntk_type(bool paged)
{
	return paged ? PagedPool : NonPagedPool;
}

static POOL_FLAGS ntk_where(bool paged)
{
	return paged ? POOL_FLAG_PAGED : POOL_FLAG_NON_PAGED;
}

static u32 ntk_tag_of(const struct ntk_routine *r)
{
	return r->untagged ? ntk_tag4("None") : NTK_TAG;
}

/* The charge of this thread for one pool; it is not charged for the other. */
static void ntk_expect_charged(struct kunit *test, bool paged, s64 bytes)
{
	struct ntk_table *table = ntk_read(test, "quota");
	s64 charged[2] = {};
	const char *row;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", current->tgid);
	row = ntk_table_find(table, pid, NULL);
	if (row) {
		charged[0] = ntk_row_number(row, ntk_table_column(table, "nonpaged"));
		charged[1] = ntk_row_number(row, ntk_table_column(table, "paged"));
	}
	KUNIT_EXPECT_EQ(test, charged[paged], bytes);
	KUNIT_EXPECT_EQ(test, charged[!paged], 0);
}

/* The same for all: aligned to a granule, within one page or at the start of one. */
static void ntk_expect_place(struct kunit *test, void *block, size_t size)
{
	unsigned long at = offset_in_page(block);

	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(at, MEMORY_ALLOCATION_ALIGNMENT));
	if (size < PAGE_SIZE)
		KUNIT_EXPECT_LE(test, at + size, PAGE_SIZE);
	else
		KUNIT_EXPECT_EQ(test, at, 0);
}

/* Allocates a block, checks its place, its figures and its charge, and fills it. */
static void *ntk_take(struct kunit *test, const struct ntk_routine *r, bool paged, size_t size)
{
	struct ntk_tag_row before, after;
	void *block;

	ntk_dirty(ntk_type(paged), size, NTK_TAG);
	before = ntk_tag_row(test, ntk_tag_of(r), paged);
	block = r->alloc(paged, size);
	ntk_expect_no_raise(test, "a block");
	ntk_expect_no_report(test, "a block");
	KUNIT_ASSERT_NOT_NULL(test, block);
	ntk_expect_place(test, block, size);
	if (r->zeroes)
		KUNIT_EXPECT_NULL(test, memchr_inv(block, 0, size));
	memset(block, 0xa5, size);
	after = ntk_tag_row(test, ntk_tag_of(r), paged);
	KUNIT_EXPECT_EQ(test, after.diff, before.diff + 1);
	KUNIT_EXPECT_EQ(test, after.requested, before.requested + size);
	ntk_expect_charged(test, paged,
			   r->charges && size <= NTK_LAST ? ntk_block_bytes(size + 8) : 0);
	return block;
}

/* Every routine that frees takes the block. A wrong tag is reported. */
static void ntk_expect_freed(struct kunit *test, const struct ntk_routine *r, bool paged,
			     size_t size)
{
	s64 diff = ntk_tag_row(test, ntk_tag_of(r), paged).diff;
	struct ntpool_test_report report;
	int i;

	for (i = 0; i < 5; i++) {
		void *block = ntk_take(test, r, paged, size);

		if (i == 0)
			ExFreePool(block);
		else if (i == 1)
			ExFreePoolWithTag(block, ntk_tag_of(r));
		else if (i == 2)
			ExFreePoolWithTag(block, 0);
		else if (i == 3)
			ExFreePool2(block, ntk_tag_of(r), NULL, 0);
		else
			ExFreePoolWithTag(block, ntk_tag_of(r) + 1);
		if (i < 4)
			ntk_expect_no_report(test, "a free");
		else
			ntk_expect_report(test, "a wrong tag", NTK_BAD_POOL_CALLER,
					  NTK_WRONG_TAG, &report);
		KUNIT_EXPECT_EQ_MSG(test, ntk_tag_row(test, ntk_tag_of(r), paged).diff, diff,
				    "way %d to free", i);
		ntk_expect_charged(test, paged, 0);
	}
}

static void ntk_expect_failed(struct kunit *test, const struct ntk_routine *r, const char *what,
			      void *block, NTSTATUS status)
{
	KUNIT_EXPECT_NULL_MSG(test, block, "%s", what);
	if (r->raises)
		ntk_expect_raise(test, what, status);
	else
		ntk_expect_no_raise(test, what);
}

/* Routines that charge fail at the limit; the limit does not affect others. */
static void ntk_expect_limit(struct kunit *test, const struct ntk_routine *r, bool paged)
{
	void *block;

	ntpool_test_set_quota(paged, 1);
	block = r->alloc(paged, 100);
	ntpool_test_set_quota(paged, 0);
	KUNIT_EXPECT_EQ(test, !block, r->charges);
	if (block)
		ExFreePool(block);
	else
		ntk_expect_failed(test, r, "the limit", block, STATUS_QUOTA_EXCEEDED);
	ntk_expect_charged(test, paged, 0);
}

/* Paged pool at DISPATCH_LEVEL: 0xC2/0x08 with IRQL, type and size, and no block. */
static void ntk_expect_refused(struct kunit *test, const struct ntk_routine *r)
{
	struct ntpool_test_report report;
	KIRQL old = KeRaiseIrqlToDpcLevel();
	void *block = r->alloc(true, 200);

	KeLowerIrql(old);
	ntk_expect_report(test, "at DISPATCH_LEVEL", NTK_BAD_POOL_CALLER, NTK_ALLOC_IRQL, &report);
	KUNIT_EXPECT_EQ(test, report.param[1], DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, report.param[2], PagedPool);
	KUNIT_EXPECT_EQ(test, report.param[3], 200);
	ntk_expect_failed(test, r, "at DISPATCH_LEVEL", block, STATUS_INSUFFICIENT_RESOURCES);
	ntk_expect_charged(test, true, 0);
}

static void ntk_expect_contract(struct kunit *test, const struct ntk_routine *r)
{
	static const size_t sizes[] = { 100, 2 * PAGE_SIZE + 808 };
	bool paged = false;
	int i;

	do {
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			ntk_expect_freed(test, r, paged, sizes[i]);
		ntk_expect_limit(test, r, paged);
		paged = !paged;
	} while (paged);
	ntk_expect_refused(test, r);
}

static PVOID ntk_plain(bool paged, SIZE_T size)
{
	return ExAllocatePool(ntk_type(paged), size);
}

static void ExAllocatePool_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_plain, .untagged = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_tag(bool paged, SIZE_T size)
{
	return ExAllocatePoolWithTag(ntk_type(paged), size, NTK_TAG);
}

static void ExAllocatePoolWithTag_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_tag };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_tag_raise(bool paged, SIZE_T size)
{
	return ExAllocatePoolWithTag(ntk_type(paged) | POOL_RAISE_IF_ALLOCATION_FAILURE, size,
				     NTK_TAG);
}

static void ExAllocatePoolWithTag_raise_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_tag_raise, .raises = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_tag_zero(bool paged, SIZE_T size)
{
	return ExAllocatePoolWithTag(ntk_type(paged) | POOL_ZERO_ALLOCATION, size, NTK_TAG);
}

static void ExAllocatePoolWithTag_zero_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_tag_zero, .zeroes = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_priority(bool paged, SIZE_T size)
{
	return ExAllocatePoolWithTagPriority(ntk_type(paged), size, NTK_TAG, HighPoolPriority);
}

static void ExAllocatePoolWithTagPriority_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_priority };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_priority_raise(bool paged, SIZE_T size)
{
	return ExAllocatePoolWithTagPriority(ntk_type(paged) | POOL_RAISE_IF_ALLOCATION_FAILURE,
					     size, NTK_TAG, HighPoolPriority);
}

static void ExAllocatePoolWithTagPriority_raise_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_priority_raise, .raises = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_quota(bool paged, SIZE_T size)
{
	return ExAllocatePoolWithQuota(ntk_type(paged), size);
}

static void ExAllocatePoolWithQuota_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_quota, .untagged = true, .charges = true,
					      .raises = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_quota_quiet(bool paged, SIZE_T size)
{
	return ExAllocatePoolWithQuota(ntk_type(paged) | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, size);
}

static void ExAllocatePoolWithQuota_quiet_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_quota_quiet, .untagged = true, .charges = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_quota_tag(bool paged, SIZE_T size)
{
	return ExAllocatePoolWithQuotaTag(ntk_type(paged), size, NTK_TAG);
}

static void ExAllocatePoolWithQuotaTag_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_quota_tag, .charges = true, .raises = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_quota_tag_quiet(bool paged, SIZE_T size)
{
	return ExAllocatePoolWithQuotaTag(ntk_type(paged) | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, size,
					  NTK_TAG);
}

static void ExAllocatePoolWithQuotaTag_quiet_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_quota_tag_quiet, .charges = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_pool2(bool paged, SIZE_T size)
{
	return ExAllocatePool2(ntk_where(paged), size, NTK_TAG);
}

static void ExAllocatePool2_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_pool2, .zeroes = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_pool2_raise(bool paged, SIZE_T size)
{
	return ExAllocatePool2(ntk_where(paged) | POOL_FLAG_RAISE_ON_FAILURE, size, NTK_TAG);
}

static void ExAllocatePool2_raise_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_pool2_raise, .zeroes = true, .raises = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_pool2_quota(bool paged, SIZE_T size)
{
	return ExAllocatePool2(ntk_where(paged) | POOL_FLAG_USE_QUOTA, size, NTK_TAG);
}

static void ExAllocatePool2_quota_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_pool2_quota, .zeroes = true, .charges = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_pool3(bool paged, SIZE_T size)
{
	return ExAllocatePool3(ntk_where(paged), size, NTK_TAG, NULL, 0);
}

static void ExAllocatePool3_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_pool3, .zeroes = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_pool3_raise(bool paged, SIZE_T size)
{
	return ExAllocatePool3(ntk_where(paged) | POOL_FLAG_RAISE_ON_FAILURE | POOL_FLAG_USE_QUOTA,
			       size, NTK_TAG, NULL, 0);
}

static void ExAllocatePool3_raise_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_pool3_raise, .zeroes = true, .charges = true,
					      .raises = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_zero(bool paged, SIZE_T size)
{
	return ExAllocatePoolZero(ntk_type(paged), size, NTK_TAG);
}

static void ExAllocatePoolZero_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_zero, .zeroes = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_uninitialized(bool paged, SIZE_T size)
{
	return ExAllocatePoolUninitialized(ntk_type(paged), size, NTK_TAG);
}

static void ExAllocatePoolUninitialized_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_uninitialized };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_quota_zero(bool paged, SIZE_T size)
{
	return ExAllocatePoolQuotaZero(ntk_type(paged), size, NTK_TAG);
}

static void ExAllocatePoolQuotaZero_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_quota_zero, .zeroes = true, .charges = true,
					      .raises = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_quota_uninitialized(bool paged, SIZE_T size)
{
	return ExAllocatePoolQuotaUninitialized(ntk_type(paged), size, NTK_TAG);
}

static void ExAllocatePoolQuotaUninitialized_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_quota_uninitialized, .charges = true,
					      .raises = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_quota_uninitialized_quiet(bool paged, SIZE_T size)
{
	return ExAllocatePoolQuotaUninitialized(ntk_type(paged) | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE,
						size, NTK_TAG);
}

static void ExAllocatePoolQuotaUninitialized_quiet_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_quota_uninitialized_quiet, .charges = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_priority_zero(bool paged, SIZE_T size)
{
	return ExAllocatePoolPriorityZero(ntk_type(paged), size, NTK_TAG, HighPoolPriority);
}

static void ExAllocatePoolPriorityZero_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_priority_zero, .zeroes = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_priority_uninitialized(bool paged, SIZE_T size)
{
	return ExAllocatePoolPriorityUninitialized(ntk_type(paged), size, NTK_TAG,
						   HighPoolPriority);
}

static void ExAllocatePoolPriorityUninitialized_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_priority_uninitialized };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_fsrtl(bool paged, SIZE_T size)
{
	return FsRtlAllocatePool(ntk_type(paged), size);
}

static void FsRtlAllocatePool_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_fsrtl, .untagged = true, .raises = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_fsrtl_tag(bool paged, SIZE_T size)
{
	return FsRtlAllocatePoolWithTag(ntk_type(paged), size, NTK_TAG);
}

static void FsRtlAllocatePoolWithTag_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_fsrtl_tag, .raises = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_fsrtl_quota(bool paged, SIZE_T size)
{
	return FsRtlAllocatePoolWithQuota(ntk_type(paged), size);
}

static void FsRtlAllocatePoolWithQuota_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_fsrtl_quota, .untagged = true, .charges = true,
					      .raises = true };

	ntk_expect_contract(test, &r);
}

static PVOID ntk_fsrtl_quota_tag(bool paged, SIZE_T size)
{
	return FsRtlAllocatePoolWithQuotaTag(ntk_type(paged) | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE,
					     size, NTK_TAG);
}

static void FsRtlAllocatePoolWithQuotaTag_contract_test(struct kunit *test)
{
	static const struct ntk_routine r = { ntk_fsrtl_quota_tag, .charges = true,
					      .raises = true };

	ntk_expect_contract(test, &r);
}

static struct kunit_case ntk_contract_cases[] = {
	KUNIT_CASE(ExAllocatePool_contract_test),
	KUNIT_CASE(ExAllocatePoolWithTag_contract_test),
	KUNIT_CASE(ExAllocatePoolWithTag_raise_contract_test),
	KUNIT_CASE(ExAllocatePoolWithTag_zero_contract_test),
	KUNIT_CASE(ExAllocatePoolWithTagPriority_contract_test),
	KUNIT_CASE(ExAllocatePoolWithTagPriority_raise_contract_test),
	KUNIT_CASE(ExAllocatePoolWithQuota_contract_test),
	KUNIT_CASE(ExAllocatePoolWithQuota_quiet_contract_test),
	KUNIT_CASE(ExAllocatePoolWithQuotaTag_contract_test),
	KUNIT_CASE(ExAllocatePoolWithQuotaTag_quiet_contract_test),
	KUNIT_CASE(ExAllocatePool2_contract_test),
	KUNIT_CASE(ExAllocatePool2_raise_contract_test),
	KUNIT_CASE(ExAllocatePool2_quota_contract_test),
	KUNIT_CASE(ExAllocatePool3_contract_test),
	KUNIT_CASE(ExAllocatePool3_raise_contract_test),
	KUNIT_CASE(ExAllocatePoolZero_contract_test),
	KUNIT_CASE(ExAllocatePoolUninitialized_contract_test),
	KUNIT_CASE(ExAllocatePoolQuotaZero_contract_test),
	KUNIT_CASE(ExAllocatePoolQuotaUninitialized_contract_test),
	KUNIT_CASE(ExAllocatePoolQuotaUninitialized_quiet_contract_test),
	KUNIT_CASE(ExAllocatePoolPriorityZero_contract_test),
	KUNIT_CASE(ExAllocatePoolPriorityUninitialized_contract_test),
	KUNIT_CASE(FsRtlAllocatePool_contract_test),
	KUNIT_CASE(FsRtlAllocatePoolWithTag_contract_test),
	KUNIT_CASE(FsRtlAllocatePoolWithQuota_contract_test),
	KUNIT_CASE(FsRtlAllocatePoolWithQuotaTag_contract_test),
	{}
};

static struct kunit_suite ntk_contract_suite = {
	.name = "ntpool_contract",
	.init = ntk_contract_init,
	.exit = ntk_raise_exit,
	.test_cases = ntk_contract_cases,
};

kunit_test_suite(ntk_contract_suite);
