// SPDX-License-Identifier: GPL-2.0
/*
 * The pool routines: the pool types and flags that they take or refuse, and the
 * contents of the memory. Every routine that frees takes the blocks of every routine
 * that allocates. Sizes, bad frees and figures have suites of their own.
 */
#include <linux/cpumask.h>
#include <linux/debug_locks.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/smp.h>

#include "fixture.h"
#include "mm.h"

#define NTK_TAG		(ntk_tag4("KpAl"))

/* Sizes on both sides of every way to serve a request. */
static const size_t ntk_sizes[] = {
	1, 16, 100, 1000, PAGE_SIZE / 2, NTK_SMALL_MAX, NTK_SMALL_MAX + 1, PAGE_SIZE - 1,
	PAGE_SIZE, PAGE_SIZE + 1, PAGE_SIZE + 1024, 2 * PAGE_SIZE + 1024, 16 * PAGE_SIZE,
};

static bool ntk_is_zero(const void *block, size_t size)
{
	return !memchr_inv(block, 0, size);
}

static void ntk_routines_test(struct kunit *test)
{
	void *plain = ExAllocatePool(NonPagedPool, 100);
	void *tagged = ExAllocatePoolWithTag(NonPagedPool, 100, NTK_TAG);
	void *two = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, NTK_TAG);

	KUNIT_EXPECT_NOT_NULL(test, plain);
	KUNIT_EXPECT_NOT_NULL(test, tagged);
	KUNIT_EXPECT_NOT_NULL(test, two);
	KUNIT_EXPECT_PTR_NE(test, plain, tagged);
	KUNIT_EXPECT_PTR_NE(test, tagged, two);
	KUNIT_EXPECT_PTR_NE(test, two, plain);
	if (plain)
		ExFreePool(plain);
	if (tagged)
		ExFreePool(tagged);
	if (two)
		ExFreePool(two);
}

/* Each routine's blocks may be freed by either routine; tag 0 checks nothing. */
static void ExFreePoolWithTag_test(struct kunit *test)
{
	u32 none = ntk_tag4("None");
	void *block;

	block = ExAllocatePool(PagedPool, 40);
	KUNIT_ASSERT_NOT_NULL(test, block);
	ExFreePoolWithTag(block, none);
	ntk_expect_no_report(test, "ExAllocatePool freed as None");

	block = ExAllocatePoolWithTag(PagedPool, 40, NTK_TAG);
	KUNIT_ASSERT_NOT_NULL(test, block);
	ExFreePoolWithTag(block, NTK_TAG);
	ntk_expect_no_report(test, "the tag of the allocation");

	block = ExAllocatePool2(POOL_FLAG_PAGED, 40, NTK_TAG);
	KUNIT_ASSERT_NOT_NULL(test, block);
	ExFreePoolWithTag(block, 0);
	ntk_expect_no_report(test, "a free with tag 0");
}

struct ntk_type_case {
	const char *name;
	unsigned int type;
	bool works;
	bool paged;
	bool zeroed;
};

static struct ntk_type_case ntk_types[] = {
	{ "NonPagedPool", NonPagedPool, true },
	{ "PagedPool", PagedPool, true, true },
	{ "NonPagedPoolMustSucceed", 2, true },
	{ "DontUseThisType", 3, false },
	{ "NonPagedPoolCacheAligned", 4, true },
	{ "PagedPoolCacheAligned", 5, true, true },
	{ "NonPagedPoolCacheAlignedMustS", 6, true },
	{ "MaxPoolType", 7, false },
	{ "NonPagedPoolSession", 32, true },
	{ "PagedPoolSession", 33, true, true },
	{ "NonPagedPoolMustSucceedSession", 34, true },
	{ "DontUseThisTypeSession", 35, false },
	{ "NonPagedPoolCacheAlignedSession", 36, true },
	{ "PagedPoolCacheAlignedSession", 37, true, true },
	{ "NonPagedPoolCacheAlignedMustSSession", 38, true },
	{ "39", 39, false },
	{ "NonPagedPoolNx", 512, true },
	{ "NonPagedPoolNxCacheAligned", 516, true },
	{ "NonPagedPoolSessionNx", 544, true },
	{ "NonPagedPool and quota-fail", 8, true },
	{ "NonPagedPool and raise", 16, true },
	{ "NonPagedPool and cold", 256, true },
	{ "NonPagedPool and zero", 1024, true, false, true },
	{ "PagedPool and zero", 1025, true, true, true },
	{ "PagedPool and cold, zero", 1281, true, true, true },
	{ "PagedPool and quota-fail", 9, true, true },
	{ "PagedPool and raise", 17, true, true },
	{ "PagedPool and no-execute", 513, true, true },
	{ "NonPagedPoolMustSucceed and no-execute", 514, true },
	{ "DontUseThisType and no-execute", 515, false },
	{ "NonPagedPool and every bit", 0x718, true, false, true },
	{ "64", 64, false },
	{ "2048", 2048, false },
	{ "0x80000000", 0x80000000, false },
};

static void ntk_type_desc(struct ntk_type_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_type, ntk_types, ntk_type_desc);

/* A type is served from the pool that its paged bit names, or is refused without a report. */
static void ExAllocatePoolWithTag_type_test(struct kunit *test)
{
	const struct ntk_type_case *c = test->param_value;
	struct ntk_tag_row before = ntk_tag_row(test, NTK_TAG, c->paged);
	struct ntk_tag_row after;
	void *block;

	if (c->zeroed)
		ntk_dirty(c->paged ? PagedPool : NonPagedPool, 200, NTK_TAG);
	block = ExAllocatePoolWithTag((POOL_TYPE)c->type, 200, NTK_TAG);
	ntk_expect_no_report(test, c->name);
	KUNIT_EXPECT_EQ(test, !!block, c->works);
	if (!block)
		return;
	if (c->zeroed)
		KUNIT_EXPECT_TRUE(test, ntk_is_zero(block, 200));
	memset(block, NTK_DIRT, 200);
	after = ntk_tag_row(test, NTK_TAG, c->paged);
	KUNIT_EXPECT_EQ(test, after.diff, before.diff + 1);
	ExFreePoolWithTag(block, NTK_TAG);
	ntk_expect_no_report(test, c->name);
}

struct ntk_flag_case {
	const char *name;
	u64 flags;
	bool works;
	bool paged;
};

#define NTK_NP	POOL_FLAG_NON_PAGED
#define NTK_NPX	POOL_FLAG_NON_PAGED_EXECUTE
#define NTK_PG	POOL_FLAG_PAGED

static struct ntk_flag_case ntk_flags[] = {
	{ "non-paged", NTK_NP, true },
	{ "non-paged execute", NTK_NPX, true },
	{ "paged", NTK_PG, true, true },
	{ "no pool", 0, false },
	{ "no pool, uninitialized", POOL_FLAG_UNINITIALIZED, false },
	{ "non-paged, execute", NTK_NP | NTK_NPX, false },
	{ "non-paged, paged", NTK_NP | NTK_PG, false },
	{ "execute, paged", NTK_NPX | NTK_PG, false },
	{ "all three", NTK_NP | NTK_NPX | NTK_PG, false },
	{ "uninitialized", NTK_NP | POOL_FLAG_UNINITIALIZED, true },
	{ "cache aligned", NTK_NP | POOL_FLAG_CACHE_ALIGNED, true },
	{ "raise", NTK_NP | POOL_FLAG_RAISE_ON_FAILURE, true },
	{ "reserved 0x10", NTK_NP | 0x10, false },
	{ "reserved 0x200", NTK_NP | 0x200, false },
	{ "reserved 0x400", NTK_NP | 0x400, false },
	{ "required 0x800", NTK_NP | 0x800, false },
	{ "required 0x10000", NTK_PG | 0x10000, false },
	{ "last required", NTK_NP | 0x80000000ULL, false },
	{ "special pool", NTK_NP | POOL_FLAG_SPECIAL_POOL, true },
	{ "optional 2^33", NTK_NP | (1ULL << 33), true },
	{ "optional 2^40", NTK_PG | (1ULL << 40), true, true },
	{ "last optional", NTK_NP | (1ULL << 63), true },
	{ "optional alone", 1ULL << 63, false },
};

static void ntk_flag_desc(struct ntk_flag_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_flag, ntk_flags, ntk_flag_desc);

/* Exactly one pool; unknown required bits fail, unknown optional ones do not. */
static void ExAllocatePool2_flag_test(struct kunit *test)
{
	const struct ntk_flag_case *c = test->param_value;
	struct ntk_tag_row before = ntk_tag_row(test, NTK_TAG, c->paged);
	struct ntk_tag_row after;
	void *block = ExAllocatePool2(c->flags, 300, NTK_TAG);

	ntk_expect_no_report(test, c->name);
	KUNIT_EXPECT_EQ(test, !!block, c->works);
	if (!block)
		return;
	memset(block, NTK_DIRT, 300);
	after = ntk_tag_row(test, NTK_TAG, c->paged);
	KUNIT_EXPECT_EQ(test, after.diff, before.diff + 1);
	ExFreePool(block);
}

static void ntk_check_zeroed(struct ntk_tally *tally, const char *what,
			     void *block, size_t size)
{
	if (!ntk_check(tally, block, "%s of %zu", what, size))
		return;
	ntk_check(tally, ntk_is_zero(block, size), "%s of %zu has dirt", what,
		  size);
	memset(block, NTK_DIRT, size);
	ExFreePool(block);
}

/* For any old content of the memory. */
static void ntk_zeroing_test(struct kunit *test)
{
	POOL_TYPE zero = (POOL_TYPE)(NonPagedPool | POOL_ZERO_ALLOCATION);
	struct ntk_tally tally = {};
	int i;

	for (i = 0; i < ARRAY_SIZE(ntk_sizes); i++) {
		size_t size = ntk_sizes[i];

		ntk_dirty(NonPagedPool, size, NTK_TAG);
		ntk_check_zeroed(&tally, "ExAllocatePool2",
				 ExAllocatePool2(NTK_NP, size, NTK_TAG), size);
		ntk_check_zeroed(&tally, "POOL_ZERO_ALLOCATION",
				 ExAllocatePoolWithTag(zero, size, NTK_TAG),
				 size);
		ntk_dirty(PagedPool, size, NTK_TAG);
		ntk_check_zeroed(&tally, "POOL_FLAG_PAGED",
				 ExAllocatePool2(NTK_PG, size, NTK_TAG), size);
	}
	ntk_expect_clean(test, &tally);
}

/* The older routines take tag 0 and count it, ExAllocatePool2 refuses it. */
static void ntk_tag_zero_test(struct kunit *test)
{
	struct ntk_tag_row before = ntk_tag_row(test, 0, false);
	struct ntk_tag_row after;
	void *block = ExAllocatePoolWithTag(NonPagedPool, 64, 0);

	KUNIT_ASSERT_NOT_NULL(test, block);
	after = ntk_tag_row(test, 0, false);
	KUNIT_EXPECT_EQ(test, after.diff, before.diff + 1);
	KUNIT_EXPECT_EQ(test, after.requested, before.requested + 64);
	ExFreePoolWithTag(block, 0);
	KUNIT_EXPECT_NULL(test, ExAllocatePool2(NTK_NP, 64, 0));
	KUNIT_EXPECT_NULL(test, ExAllocatePool2(NTK_PG, 64, 0));
	ntk_expect_no_report(test, "tag 0");
}

/* The older routines give a minimum block, ExAllocatePool2 refuses. */
static void ntk_size_zero_test(struct kunit *test)
{
	void *nonpaged = ExAllocatePoolWithTag(NonPagedPool, 0, NTK_TAG);
	void *paged = ExAllocatePoolWithTag(PagedPool, 0, NTK_TAG);
	struct ntk_tag_row row = ntk_tag_row(test, NTK_TAG, false);

	KUNIT_EXPECT_NOT_NULL(test, nonpaged);
	KUNIT_EXPECT_NOT_NULL(test, paged);
	KUNIT_EXPECT_PTR_NE(test, nonpaged, paged);
	KUNIT_EXPECT_GT(test, row.bytes, 0);
	KUNIT_EXPECT_LE(test, row.bytes, 2 * NTK_GRANULE);
	if (nonpaged)
		ExFreePoolWithTag(nonpaged, NTK_TAG);
	if (paged)
		ExFreePoolWithTag(paged, NTK_TAG);
	KUNIT_EXPECT_NULL(test, ExAllocatePool2(NTK_NP, 0, NTK_TAG));
	KUNIT_EXPECT_NULL(test, ExAllocatePool2(NTK_PG, 0, NTK_TAG));
	ntk_expect_no_report(test, "size 0");
}

static void ntk_check_refused(struct ntk_tally *tally, size_t size)
{
	void *block[3];
	int i;

	block[0] = ExAllocatePoolWithTag(NonPagedPool, size, NTK_TAG);
	block[1] = ExAllocatePoolWithTag(PagedPool, size, NTK_TAG);
	block[2] = ExAllocatePool2(NTK_NP, size, NTK_TAG);
	for (i = 0; i < ARRAY_SIZE(block); i++) {
		if (!ntk_check(tally, !block[i], "routine %d gave %zx bytes", i,
			       size))
			ExFreePool(block[i]);
	}
}

/* A size that overflows when a header is added or pages are rounded up. */
static void ntk_overflow_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	size_t below;

	ntpool_test_fail_backing(0, 0);
	for (below = 0; below < 2 * PAGE_SIZE; below += below < 64 ? 1 : 61)
		ntk_check_refused(&tally, SIZE_MAX - below);
	ntk_expect_clean(test, &tally);
	KUNIT_EXPECT_EQ(test, ntpool_test_backing_calls(), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
}

/* No overflow, but more than any machine has. */
static void ntk_impossible_test(struct kunit *test)
{
	static const size_t sizes[] = {
		SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX / 4, SIZE_MAX / 16,
		(size_t)UINT_MAX * PAGE_SIZE,
#ifdef CONFIG_64BIT
		((size_t)UINT_MAX + 1) * PAGE_SIZE,
#endif
	};
	struct ntk_tally tally = {};
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		ntk_check_refused(&tally, sizes[i]);
	ntk_expect_clean(test, &tally);
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
}

static const POOL_TYPE ntk_kinds[] = {
	NonPagedPool, PagedPool, NonPagedPoolCacheAligned, PagedPoolCacheAligned,
	NonPagedPoolSession, PagedPoolSession, NonPagedPoolNx,
};

static void ntk_check_not_executable(struct ntk_tally *tally, const char *what, void *block,
				     size_t size)
{
	size_t at;

	if (!ntk_check(tally, block, "%s of %zu", what, size))
		return;
	for (at = 0; at < size; at += PAGE_SIZE)
		ntk_check(tally, !ntk_is_executable(block + at), "%s of %zu: byte %zu", what,
			  size, at);
	ExFreePool(block);
}

/* For all types, also for the older ones, which promise executable memory. */
static void NonPagedPoolExecute_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	int i, j;

	if (!IS_ENABLED(CONFIG_X86_64))
		kunit_skip(test, "the kernel does not tell what is executable");
	KUNIT_EXPECT_TRUE(test, ntk_is_executable((void *)NonPagedPoolExecute_test));
	for (i = 0; i < ARRAY_SIZE(ntk_sizes); i++) {
		size_t size = ntk_sizes[i];

		for (j = 0; j < ARRAY_SIZE(ntk_kinds); j++)
			ntk_check_not_executable(&tally, "ExAllocatePoolWithTag",
						 ExAllocatePoolWithTag(ntk_kinds[j], size,
								       NTK_TAG), size);
		ntk_check_not_executable(&tally, "POOL_FLAG_NON_PAGED_EXECUTE",
					 ExAllocatePool2(NTK_NPX, size, NTK_TAG), size);
		ntk_check_not_executable(&tally, "POOL_FLAG_PAGED",
					 ExAllocatePool2(NTK_PG, size, NTK_TAG), size);
	}
	ntk_expect_clean(test, &tally);
}

/*
 * The case behaves like a file system that allocates while the kernel calls it to free
 * memory. If the allocation called it again, the lock that represents reclaim would be
 * taken twice.
 */
static void NonPagedPool_reclaim_test(struct kunit *test)
{
	void *block[ARRAY_SIZE(ntk_sizes)];
	int i;

	if (!IS_ENABLED(CONFIG_PROVE_LOCKING) || !debug_locks)
		kunit_skip(test, "needs a kernel that proves its locking");
	ntpool_test_drain();
	fs_reclaim_acquire(GFP_KERNEL);
	for (i = 0; i < ARRAY_SIZE(ntk_sizes); i++)
		block[i] = ExAllocatePoolWithTag(NonPagedPool, ntk_sizes[i], NTK_TAG);
	fs_reclaim_release(GFP_KERNEL);
	KUNIT_EXPECT_TRUE(test, debug_locks);
	for (i = 0; i < ARRAY_SIZE(ntk_sizes); i++) {
		KUNIT_EXPECT_NOT_NULL(test, block[i]);
		if (block[i])
			ExFreePool(block[i]);
	}
}

/* The two pools never share a page. */
static void ntk_pools_apart_test(struct kunit *test)
{
	void *nonpaged = ExAllocatePoolWithTag(NonPagedPool, 32, NTK_TAG);
	void *paged = ExAllocatePoolWithTag(PagedPool, 32, NTK_TAG);

	KUNIT_EXPECT_NOT_NULL(test, nonpaged);
	KUNIT_EXPECT_NOT_NULL(test, paged);
	KUNIT_EXPECT_NE(test, (unsigned long)nonpaged & PAGE_MASK,
			(unsigned long)paged & PAGE_MASK);
	KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(paged));
	KUNIT_EXPECT_FALSE(test, is_vmalloc_addr(nonpaged));
	if (nonpaged)
		ExFreePool(nonpaged);
	if (paged)
		ExFreePool(paged);
}

/* On one CPU the block freed last, which is warm, is given out first. */
static void ntk_reuse_test(struct kunit *test)
{
	void *block[3], *again[3];
	int i, pool;

	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	for (pool = 0; pool <= 1; pool++) {
		POOL_TYPE type = pool ? PagedPool : NonPagedPool;

		for (i = 0; i < 3; i++)
			block[i] = ExAllocatePoolWithTag(type, 72, NTK_TAG);
		for (i = 0; i < 3; i++) {
			if (block[i])
				ExFreePool(block[i]);
		}
		for (i = 0; i < 3; i++) {
			again[i] = ExAllocatePoolWithTag(type, 72, NTK_TAG);
			KUNIT_EXPECT_PTR_EQ(test, again[i], block[2 - i]);
		}
		for (i = 0; i < 3; i++) {
			if (again[i])
				ExFreePool(again[i]);
		}
	}
}

static struct kunit_case ntk_pool_cases[] = {
	KUNIT_CASE(ntk_routines_test),
	KUNIT_CASE(ExFreePoolWithTag_test),
	KUNIT_CASE_PARAM(ExAllocatePoolWithTag_type_test, ntk_type_gen_params),
	KUNIT_CASE_PARAM(ExAllocatePool2_flag_test, ntk_flag_gen_params),
	KUNIT_CASE(ntk_zeroing_test),
	KUNIT_CASE(ntk_tag_zero_test),
	KUNIT_CASE(ntk_size_zero_test),
	KUNIT_CASE(ntk_overflow_test),
	KUNIT_CASE(ntk_impossible_test),
	KUNIT_CASE(NonPagedPoolExecute_test),
	KUNIT_CASE(NonPagedPool_reclaim_test),
	KUNIT_CASE(ntk_pools_apart_test),
	KUNIT_CASE(ntk_reuse_test),
	{}
};

static struct kunit_suite ntk_pool_suite = {
	.name = "ntpool_pool",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_pool_cases,
};

kunit_test_suite(ntk_pool_suite);
