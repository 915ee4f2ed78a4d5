// SPDX-License-Identifier: GPL-2.0
/*
 * ExAllocatePool3(), and the routines that NT introduced with it or shortly before:
 * parameters, zeroing, priorities, nodes, protected tags, and the wrappers of the
 * headers.
 */
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/topology.h>

#include <ntifs.h>

#include "nxoptin.h"
#include "raised.h"

#define NTK_TAG		(ntk_tag4("KPo3"))
#define NTK_NP		POOL_FLAG_NON_PAGED
#define NTK_PG		POOL_FLAG_PAGED

static POOL_EXTENDED_PARAMETER ntk_priority(EX_POOL_PRIORITY priority, bool optional)
{
	return (POOL_EXTENDED_PARAMETER){
		.Type = PoolExtendedParameterPriority,
		.Optional = optional,
		.Priority = priority,
	};
}

static POOL_EXTENDED_PARAMETER ntk_node(unsigned int node, bool optional)
{
	return (POOL_EXTENDED_PARAMETER){
		.Type = PoolExtendedParameterNumaNode,
		.Optional = optional,
		.PreferredNode = node,
	};
}

static void ntk_expect_served(struct kunit *test, const char *what, void *block, bool served)
{
	KUNIT_EXPECT_EQ_MSG(test, !!block, served, "%s", what);
	if (block)
		ExFreePoolWithTag(block, NTK_TAG);
	ntk_expect_no_report(test, what);
}

static void ExAllocatePool3_test(struct kunit *test)
{
	static const POOL_FLAGS flags[] = { NTK_NP, NTK_PG, POOL_FLAG_NON_PAGED_EXECUTE,
					    NTK_NP | POOL_FLAG_CACHE_ALIGNED };
	static const size_t sizes[] = { 1, 100, 4064, 4096, 9000 };
	void *block;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			ntk_dirty(flags[i] & NTK_PG ? PagedPool : NonPagedPool, sizes[j], NTK_TAG);
			block = ExAllocatePool3(flags[i], sizes[j], NTK_TAG, NULL, 0);
			KUNIT_ASSERT_NOT_NULL(test, block);
			KUNIT_EXPECT_NULL(test, memchr_inv(block, 0, sizes[j]));
			KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, flags[i] & NTK_PG).diff,
					1);
			ExFreePoolWithTag(block, NTK_TAG);
			block = ExAllocatePool3(flags[i] | POOL_FLAG_UNINITIALIZED, sizes[j],
						NTK_TAG, NULL, 0);
			ntk_expect_served(test, "uninitialized", block, true);
		}
	}
}

static void ExAllocatePool3_invalid_test(struct kunit *test)
{
	POOL_EXTENDED_PARAMETER param = ntk_priority(HighPoolPriority, false);

	ntk_expect_served(test, "no pool", ExAllocatePool3(0, 1, NTK_TAG, NULL, 0), false);
	ntk_expect_served(test, "two pools", ExAllocatePool3(NTK_NP | NTK_PG, 1, NTK_TAG, NULL, 0),
			  false);
	ntk_expect_served(test, "size 0", ExAllocatePool3(NTK_NP, 0, NTK_TAG, NULL, 0), false);
	ntk_expect_served(test, "tag 0", ExAllocatePool3(NTK_NP, 1, 0, NULL, 0), false);
	ntk_expect_served(test, "session",
			  ExAllocatePool3(NTK_NP | POOL_FLAG_SESSION, 1, NTK_TAG, NULL, 0), false);
	ntk_expect_served(test, "an optional flag",
			  ExAllocatePool3(NTK_NP | POOL_FLAG_SPECIAL_POOL, 1, NTK_TAG, NULL, 0),
			  true);
	ntk_expect_served(test, "no array", ExAllocatePool3(NTK_NP, 1, NTK_TAG, NULL, 1), false);
	ntk_expect_served(test, "an array of none", ExAllocatePool3(NTK_NP, 1, NTK_TAG, &param, 0),
			  true);
	ntk_expect_served(test, "a parameter", ExAllocatePool3(NTK_NP, 1, NTK_TAG, &param, 1),
			  true);
	param.Reserved = 1;
	ntk_expect_served(test, "a reserved bit", ExAllocatePool3(NTK_NP, 1, NTK_TAG, &param, 1),
			  false);
}

/* A parameter that cannot be obeyed fails the call, unless it is optional. */
static void ExAllocatePool3_optional_test(struct kunit *test)
{
	POOL_EXTENDED_PARAMETER params[] = {
		{ .Type = PoolExtendedParameterInvalidType },
		{ .Type = PoolExtendedParameterSecurePool },
		{ .Type = PoolExtendedParameterMax },
		{ .Type = 255 },
		ntk_priority(5, false),
		ntk_priority(10, false),
		ntk_priority(48, false),
		ntk_node(nr_node_ids, false),
		ntk_node(nr_node_ids | MM_ANY_NODE_OK, false),
	};
	POOL_EXTENDED_PARAMETER node = ntk_node(first_memory_node, false);
	char what[32];
	int i;

	for (i = 0; i < ARRAY_SIZE(params); i++) {
		snprintf(what, sizeof(what), "required %d", i);
		ntk_expect_served(test, what, ExAllocatePool3(NTK_NP, 64, NTK_TAG, &params[i], 1),
				  false);
		params[i].Optional = 1;
		snprintf(what, sizeof(what), "optional %d", i);
		ntk_expect_served(test, what, ExAllocatePool3(NTK_NP, 64, NTK_TAG, &params[i], 1),
				  true);
	}
	ntk_expect_served(test, "all", ExAllocatePool3(NTK_NP, 64, NTK_TAG, params,
						       ARRAY_SIZE(params)), true);
	ntk_expect_served(test, "a node of paged pool",
			  ExAllocatePool3(NTK_PG, 64, NTK_TAG, &node, 1), false);
	ntk_expect_served(test, "a node of executable pool",
			  ExAllocatePool3(POOL_FLAG_NON_PAGED_EXECUTE, 64, NTK_TAG, &node, 1),
			  false);
	node.Optional = 1;
	ntk_expect_served(test, "optional, of paged pool",
			  ExAllocatePool3(NTK_PG, 64, NTK_TAG, &node, 1), true);
}

struct ntk_level {
	const char *name;
	unsigned long share;	/* a part of the machine's memory is available */
	bool served[3];		/* low, normal, high */
};

static const struct ntk_level ntk_levels[] = {
	{ "plenty", 8, { true, true, true } },
	{ "low", 32, { false, true, true } },
	{ "very low", 100, { false, false, true } },
};

static const EX_POOL_PRIORITY ntk_priorities[][3] = {
	{ LowPoolPriority, NormalPoolPriority, HighPoolPriority },
	{ LowPoolPrioritySpecialPoolOverrun, NormalPoolPrioritySpecialPoolOverrun,
	  HighPoolPrioritySpecialPoolOverrun },
	{ LowPoolPrioritySpecialPoolUnderrun, NormalPoolPrioritySpecialPoolUnderrun,
	  HighPoolPrioritySpecialPoolUnderrun },
};

/* A priority limits only memory from the kernel. A run that a CPU caches serves any request. */
static void ExAllocatePool3_priority_test(struct kunit *test)
{
	POOL_EXTENDED_PARAMETER param;
	int i, j, k;

	for (i = 0; i < ARRAY_SIZE(ntk_levels); i++) {
		ntpool_test_set_available(totalram_pages() / ntk_levels[i].share);
		for (j = 0; j < 3; j++) {
			for (k = 0; k < 3; k++) {
				param = ntk_priority(ntk_priorities[j][k], false);
				ntpool_test_drain();
				ntk_expect_served(test, ntk_levels[i].name,
						  ExAllocatePool3(NTK_NP, 8192, NTK_TAG, &param, 1),
						  ntk_levels[i].served[k]);
			}
		}
	}
}

/* Of two, the later one. */
static void ExAllocatePool3_twice_test(struct kunit *test)
{
	POOL_EXTENDED_PARAMETER params[2] = {
		ntk_priority(LowPoolPriority, false),
		ntk_priority(HighPoolPriority, false),
	};

	ntpool_test_drain();
	ntpool_test_set_available(0);
	ntk_expect_served(test, "low, high", ExAllocatePool3(NTK_PG, 8192, NTK_TAG, params, 2),
			  true);
	swap(params[0], params[1]);
	ntpool_test_drain();
	ntk_expect_served(test, "high, low", ExAllocatePool3(NTK_PG, 8192, NTK_TAG, params, 2),
			  false);
}

static void ExAllocatePoolWithTagPriority_test(struct kunit *test)
{
	struct ntk_tag_row before = ntk_tag_row(test, NTK_TAG, false);
	void *block;
	int k;

	ntpool_test_drain();
	ntpool_test_set_available(0);
	for (k = 0; k < 3; k++) {
		block = ExAllocatePoolWithTagPriority(NonPagedPool, 4064, NTK_TAG,
						      ntk_priorities[0][k]);
		ntk_expect_served(test, "a fresh page", block, k == 2);
		if (k == 2)
			continue;
		/* The pool has none of that size; from here on it does. */
		KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, false).failed,
				before.failed + k + 1);
	}
	for (k = 0; k < 3; k++) {
		block = ExAllocatePoolWithTagPriority(NonPagedPool, 4064, NTK_TAG,
						      ntk_priorities[0][k]);
		ntk_expect_served(test, "what the pool has", block, true);
	}
	/* No memory is no memory, for the highest one too. */
	ntpool_test_drain();
	ntpool_test_fail_backing(0, -1);
	block = ExAllocatePoolWithTagPriority(NonPagedPool, 4064, NTK_TAG, HighPoolPriority);
	ntpool_test_fail_backing(0, 0);
	ntk_expect_served(test, "no memory", block, false);
}

static void ntk_expect_zeroed(struct kunit *test, void *block, size_t size)
{
	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_NULL(test, memchr_inv(block, 0, size));
	ExFreePoolWithTag(block, NTK_TAG);
}

static void ExAllocatePoolZero_test(struct kunit *test)
{
	static const POOL_TYPE types[] = { NonPagedPool, PagedPool, NonPagedPoolCacheAligned,
					   NonPagedPoolMustSucceed };
	static const size_t sizes[] = { 1, 33, 4000, 4096, 9999 };
	int i, j;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			ntk_dirty(types[i], sizes[j], NTK_TAG);
			ntk_expect_zeroed(test, ExAllocatePoolZero(types[i], sizes[j], NTK_TAG),
					  sizes[j]);
		}
	}
}

static void ExAllocatePoolPriorityZero_test(struct kunit *test)
{
	ntk_dirty(NonPagedPool, 300, NTK_TAG);
	ntk_expect_zeroed(test, ExAllocatePoolPriorityZero(NonPagedPool, 300, NTK_TAG,
							   NormalPoolPriority), 300);
	ntk_dirty(PagedPool, 6000, NTK_TAG);
	ntk_expect_zeroed(test, ExAllocatePoolPriorityZero(PagedPool, 6000, NTK_TAG,
							   HighPoolPriority), 6000);
}

/* They do not zero memory, unless a parameter of the kernel demands it. */
static void ExAllocatePoolUninitialized_test(struct kunit *test)
{
	bool wiped = want_init_on_alloc(0) || want_init_on_free();
	char *block;

	ntk_dirty(NonPagedPool, 777, NTK_TAG);
	block = ExAllocatePoolUninitialized(NonPagedPool, 777, NTK_TAG);
	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_EQ(test, block[776], wiped ? 0 : (char)NTK_DIRT);
	ExFreePoolWithTag(block, NTK_TAG);
	block = ExAllocatePoolPriorityUninitialized(NonPagedPool, 777, NTK_TAG, LowPoolPriority);
	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_EQ(test, block[776], wiped ? 0 : (char)NTK_DIRT);
	ExFreePoolWithTag(block, NTK_TAG);
}

static void ExFreePool2_test(struct kunit *test)
{
	POOL_EXTENDED_PARAMETER param = { .Type = PoolExtendedParameterSecurePool };
	struct ntpool_test_report report;
	void *block = ExAllocatePool3(NTK_NP, 50, NTK_TAG, NULL, 0);

	KUNIT_ASSERT_NOT_NULL(test, block);
	ExFreePool2(block, NTK_TAG, NULL, 0);
	block = ExAllocatePool3(NTK_NP, 5000, NTK_TAG, NULL, 0);
	KUNIT_ASSERT_NOT_NULL(test, block);
	ExFreePool2(block, NTK_TAG, &param, 1);
	ntk_expect_no_report(test, "ExFreePool2");
	block = ExAllocatePool3(NTK_NP, 50, NTK_TAG, NULL, 0);
	KUNIT_ASSERT_NOT_NULL(test, block);
	ExFreePool2(block, NTK_TAG + 1, NULL, 0);
	ntk_expect_report(test, "another tag", NTK_BAD_POOL_CALLER, NTK_WRONG_TAG, &report);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, false).diff, 0);
}

static void ntk_protected_one(struct kunit *test, size_t size, bool paged)
{
	u32 tag = NTK_TAG | PROTECTED_POOL;
	struct ntpool_test_report report;
	POOL_TYPE type = paged ? PagedPool : NonPagedPool;
	void *block;

	ExFreePoolWithTag(ExAllocatePoolWithTag(type, size, tag), tag);
	ExFreePoolWithTag(ExAllocatePoolWithTag(type, size, tag), NTK_TAG);
	ntk_expect_no_report(test, "its tag");
	block = ExAllocatePoolWithTag(type, size, tag);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, paged).diff, 1);
	ExFreePool(block);
	ntk_expect_report(test, "no tag", NTK_BAD_POOL_CALLER, NTK_WRONG_TAG, &report);
	KUNIT_EXPECT_EQ(test, report.param[1], (u64)(unsigned long)block);
	KUNIT_EXPECT_EQ(test, report.param[2], NTK_TAG);
	KUNIT_EXPECT_EQ(test, report.param[3], 0);
	block = ExAllocatePool2(paged ? NTK_PG : NTK_NP, size, tag);
	ExFreePoolWithTag(block, NTK_TAG + 1);
	ntk_expect_report(test, "another tag", NTK_BAD_POOL_CALLER, NTK_WRONG_TAG, &report);
	/* The tag alone does not protect. */
	ExFreePool(ExAllocatePoolWithTag(type, size, NTK_TAG));
	ntk_expect_no_report(test, "without the bit");
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, paged).diff, 0);
}

static void PROTECTED_POOL_test(struct kunit *test)
{
	ntk_protected_one(test, 100, false);
	ntk_protected_one(test, 100, true);
	ntk_protected_one(test, 10000, false);
	ntk_protected_one(test, 10000, true);
}

/* A list frees its blocks without a tag; that is no violation. */
static void ntk_protected_list_test(struct kunit *test)
{
	static NPAGED_LOOKASIDE_LIST list;

	ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 64, NTK_TAG | PROTECTED_POOL, 0);
	ExFreeToNPagedLookasideList(&list, ExAllocateFromNPagedLookasideList(&list));
	ExDeleteNPagedLookasideList(&list);
	ntk_expect_no_report(test, "a list");
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, false).diff, 0);
}

static bool ntk_all_on(void *block, size_t size, unsigned int node)
{
	size_t at;

	for (at = 0; at < size; at += PAGE_SIZE)
		if (is_vmalloc_addr(block) || page_to_nid(virt_to_page(block + at)) != node)
			return false;
	return true;
}

static void ntk_node_one(struct kunit *test, unsigned int node, bool strict)
{
	static const size_t sizes[] = { 40, 3000, 4096, 20000 };
	POOL_EXTENDED_PARAMETER param = ntk_node(strict ? node : node | MM_ANY_NODE_OK, false);
	void *block[64] = {};
	int i, j;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (j = 0; j < ARRAY_SIZE(block); j++) {
			block[j] = ExAllocatePool3(NTK_NP, sizes[i], NTK_TAG, &param, 1);
			KUNIT_EXPECT_NOT_NULL(test, block[j]);
			if (block[j] && strict)
				KUNIT_EXPECT_TRUE(test, ntk_all_on(block[j], sizes[i], node));
		}
		for (j = 0; j < ARRAY_SIZE(block); j++)
			if (block[j])
				ExFreePoolWithTag(block[j], NTK_TAG);
	}
}

static void ExAllocatePool3_node_test(struct kunit *test)
{
	unsigned int node;

	for_each_node_state(node, N_MEMORY) {
		ntk_node_one(test, node, true);
		ntk_node_one(test, node, false);
	}
}

struct ntk_here {
	int cpu;
	struct ntk_tally tally;
};

/* Fresh memory, since what other CPUs have freed may be of any node. */
static void ntk_allocate_here(void *arg)
{
	static const size_t sizes[] = { 3000, 4096, 20000 };
	struct ntk_here *here = arg;
	void *block;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		block = ExAllocatePoolWithTag(NonPagedPool, sizes[i], NTK_TAG);
		if (!ntk_check(&here->tally, block, "no %zu bytes", sizes[i]))
			continue;
		ntk_check(&here->tally, ntk_all_on(block, sizes[i], cpu_to_node(here->cpu)),
			  "%zu bytes of CPU %d", sizes[i], here->cpu);
		ExFreePoolWithTag(block, NTK_TAG);
	}
}

/* Without a node in the request, the node is that of the CPU. */
static void ExAllocatePoolWithTag_node_test(struct kunit *test)
{
	struct ntk_here here = {};
	unsigned int nr;

	if (num_online_nodes() < 2)
		kunit_skip(test, "needs two nodes");
	for (nr = 0; nr < num_online_cpus(); nr++) {
		here.cpu = ntk_nth_cpu(nr);
		ntpool_test_drain();
		KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_THREAD, here.cpu, ntk_allocate_here, &here),
				0);
	}
	ntk_expect_clean(test, &here.tally);
}

/* A strict node has no second choice: without a run, vmalloc() is none. */
static void ExAllocatePool3_node_fails_test(struct kunit *test)
{
	POOL_EXTENDED_PARAMETER strict = ntk_node(first_memory_node, false);
	POOL_EXTENDED_PARAMETER any = ntk_node(first_memory_node | MM_ANY_NODE_OK, false);
	void *block;

	/* The record succeeds, the run fails. */
	ntpool_test_fail_backing(1, 1);
	block = ExAllocatePool3(NTK_NP, 5 * PAGE_SIZE - 480, NTK_TAG, &strict, 1);
	ntpool_test_fail_backing(1, 1);
	ntk_expect_served(test, "strict", block, false);
	block = ExAllocatePool3(NTK_NP, 5 * PAGE_SIZE - 480, NTK_TAG, &any, 1);
	ntpool_test_fail_backing(0, 0);
	ntk_expect_served(test, "preferred", block, true);
}

static void ExInitializeDriverRuntime_test(struct kunit *test)
{
	void *block;

	ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
	ExInitializeDriverRuntime(0xffffffff);
	KUNIT_EXPECT_EQ(test, NonPagedPool, 0);
	KUNIT_EXPECT_EQ(test, ntk_nx_type(), 0);
	KUNIT_EXPECT_EQ(test, ntk_nx_aligned_type(), 4);
	ntk_nx_opt_in();
	KUNIT_EXPECT_EQ(test, ntk_nx_type(), NonPagedPoolNx);
	KUNIT_EXPECT_EQ(test, ntk_nx_aligned_type(), NonPagedPoolNxCacheAligned);
	block = ntk_nx_alloc(100, NTK_TAG);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, false).diff, 1);
	ntk_expect_served(test, "no-execute pool", block, true);
}

/* It changes nothing for a driver that has opted in already. */
static void ExInitializeDriverRuntime_auto_test(struct kunit *test)
{
	void *block;

	KUNIT_EXPECT_EQ(test, ntk_nx_auto_type(), NonPagedPoolNx);
	KUNIT_EXPECT_EQ(test, ntk_nx_auto_aligned_type(), NonPagedPoolNxCacheAligned);
	ntk_nx_auto_opt_in();
	KUNIT_EXPECT_EQ(test, ntk_nx_auto_type(), NonPagedPoolNx);
	KUNIT_EXPECT_EQ(test, ntk_nx_auto_aligned_type(), NonPagedPoolNxCacheAligned);
	block = ntk_nx_auto_alloc(100, NTK_TAG);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, false).diff, 1);
	ntk_expect_served(test, "no-execute pool", block, true);
}

static void FsRtlAllocatePoolWithTag_test(struct kunit *test)
{
	void *block = FsRtlAllocatePoolWithTag(PagedPool, 100, NTK_TAG);

	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, true).diff, 1);
	ntk_expect_served(test, "FsRtlAllocatePoolWithTag", block, true);
	block = FsRtlAllocatePool(NonPagedPool, 100);
	KUNIT_ASSERT_NOT_NULL(test, block);
	ExFreePoolWithTag(block, ntk_tag4("None"));
	KUNIT_EXPECT_NULL(test, FsRtlAllocatePoolWithTag(DontUseThisType, 100, NTK_TAG));
	ntk_expect_raise(test, "DontUseThisType", STATUS_INSUFFICIENT_RESOURCES);
	/* Size and tag 0 are as for the other older routines. */
	block = FsRtlAllocatePoolWithTag(PagedPool, 0, NTK_TAG);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, true).diff, 1);
	ntk_expect_served(test, "size 0", block, true);
	block = FsRtlAllocatePoolWithTag(PagedPool, 100, 0);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, 0, true).diff, 1);
	KUNIT_ASSERT_NOT_NULL(test, block);
	ExFreePoolWithTag(block, 0);
}

static struct kunit_case ntk_pool3_cases[] = {
	KUNIT_CASE(ExAllocatePool3_test),
	KUNIT_CASE(ExAllocatePool3_invalid_test),
	KUNIT_CASE(ExAllocatePool3_optional_test),
	KUNIT_CASE(ExAllocatePool3_priority_test),
	KUNIT_CASE(ExAllocatePool3_twice_test),
	KUNIT_CASE(ExAllocatePool3_node_test),
	KUNIT_CASE(ExAllocatePoolWithTag_node_test),
	KUNIT_CASE(ExAllocatePool3_node_fails_test),
	KUNIT_CASE(ExAllocatePoolWithTagPriority_test),
	KUNIT_CASE(ExAllocatePoolZero_test),
	KUNIT_CASE(ExAllocatePoolUninitialized_test),
	KUNIT_CASE(ExAllocatePoolPriorityZero_test),
	KUNIT_CASE(ExFreePool2_test),
	KUNIT_CASE(PROTECTED_POOL_test),
	KUNIT_CASE(ntk_protected_list_test),
	KUNIT_CASE(ExInitializeDriverRuntime_test),
	KUNIT_CASE(ExInitializeDriverRuntime_auto_test),
	KUNIT_CASE(FsRtlAllocatePoolWithTag_test),
	{}
};

static struct kunit_suite ntk_pool3_suite = {
	.name = "ntpool_pool3",
	.init = ntk_raise_init,
	.exit = ntk_raise_exit,
	.test_cases = ntk_pool3_cases,
};

kunit_test_suite(ntk_pool3_suite);
