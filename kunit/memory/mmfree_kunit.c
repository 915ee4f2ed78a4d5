// SPDX-License-Identifier: GPL-2.0
/*
 * Frees of the memory of the Mm routines, right and wrong ones, in every context of the
 * kernel. Allocation failures at every place, and the figures.
 *
 * A wrong free is reported as 0xC2/0x60, and no memory is lost. A routine does not
 * touch memory of the others. Its own memory is freed as the kind of memory demands.
 */
#include <linux/delay.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "mm.h"

#define NTK_TAG		(ntk_tag4("KmFr"))
#define NTK_PATIENCE	200	/* looks, 20 ms apart, for a deferred free */
#define NTK_RUNS	100	/* more places than any request has */
#define NTK_ROUNDS	40	/* per thread */
#define NTK_KEPT	6

static void *ntk_get(size_t size, MEMORY_CACHING_TYPE type)
{
	return MmAllocateContiguousMemorySpecifyCache(size, ntk_pa(0), ntk_pa(-1), ntk_pa(0),
						      type);
}

/* The kinds of memory there are, and how each is freed as it should be. */
enum ntk_mm_kind {
	NTK_MM_CACHED,
	NTK_MM_UNCACHED,
	NTK_MM_COMBINED,
	NTK_MM_SINGLE,
	NTK_MM_KINDS
};

static const MEMORY_CACHING_TYPE ntk_types[] = {
	[NTK_MM_CACHED]		= MmCached,
	[NTK_MM_UNCACHED]	= MmNonCached,
	[NTK_MM_COMBINED]	= MmWriteCombined,
	[NTK_MM_SINGLE]		= MmNonCached,
};

static void *ntk_mm_get(enum ntk_mm_kind kind, size_t size)
{
	return kind == NTK_MM_SINGLE ? MmAllocateNonCachedMemory(size) :
				       ntk_get(size, ntk_types[kind]);
}

static void ntk_mm_put(enum ntk_mm_kind kind, void *base, size_t size)
{
	if (kind == NTK_MM_SINGLE)
		MmFreeNonCachedMemory(base, size);
	else
		MmFreeContiguousMemorySpecifyCache(base, size, ntk_types[kind]);
}

static bool ntk_mm_has(enum ntk_mm_kind kind)
{
	return ntk_has_caching(ntk_types[kind]);
}

static s64 ntk_live(struct kunit *test)
{
	return ntk_tag_row(test, NTK_CONTIGUOUS, false).diff +
	       ntk_tag_row(test, NTK_NONCACHED, false).diff;
}

/* The end of a text about a free by the wrong routine. */
#define NTK_POOL_FREES		"ExFreePool() frees it"
#define NTK_CONTIGUOUS_FREES	"MmFreeContiguousMemory() frees it"
#define NTK_NONCACHED_FREES	"MmFreeNonCachedMemory() frees it"

/**
 * struct ntk_told - what the report of a wrong free says about the memory
 * @text: the sentence
 * @tag: the block's tag; 0: the address lies in no memory of ntpool
 * @size: its size
 */
struct ntk_told {
	const char *text;
	u32 tag;
	size_t size;
};

static const struct ntk_told ntk_contiguous_unknown = {
	"contiguous memory was freed where none begins"
};

static const struct ntk_told ntk_noncached_unknown = {
	"uncached memory was freed where none begins"
};

/* A free that is reported with @param and as @told. As much memory is live as before. */
static void ntk_expect_refused(struct kunit *test, const struct ntk_told *told, u64 param,
			       s64 live, const void *p)
{
	struct ntpool_test_report report;

	ntk_expect_report(test, told->text, NTK_BAD_POOL_CALLER, param, &report);
	KUNIT_EXPECT_EQ_MSG(test, report.param[1], (u64)(unsigned long)p, "%s", told->text);
	KUNIT_EXPECT_STREQ(test, report.text, told->text);
	KUNIT_EXPECT_EQ_MSG(test, report.tag, told->tag, "%s", told->text);
	KUNIT_EXPECT_EQ_MSG(test, report.size, told->size, "%s", told->text);
	KUNIT_EXPECT_EQ_MSG(test, !!report.allocator, !!told->tag, "%s", told->text);
	KUNIT_EXPECT_EQ_MSG(test, ntk_live(test), live, "%s", told->text);
}

static void ntk_refuse_contiguous(struct kunit *test, const struct ntk_told *told, void *p)
{
	s64 live = ntk_live(test);

	MmFreeContiguousMemory(p);
	ntk_expect_refused(test, told, NTK_BAD_CONTIGUOUS, live, p);
	MmFreeContiguousMemorySpecifyCache(p, PAGE_SIZE, MmCached);
	ntk_expect_refused(test, told, NTK_BAD_CONTIGUOUS, live, p);
}

static void ntk_refuse_noncached(struct kunit *test, const struct ntk_told *told, void *p)
{
	s64 live = ntk_live(test);

	MmFreeNonCachedMemory(p, PAGE_SIZE);
	ntk_expect_refused(test, told, NTK_BAD_CONTIGUOUS, live, p);
}

static void ntk_refuse_unknown(struct kunit *test, void *p)
{
	ntk_refuse_contiguous(test, &ntk_contiguous_unknown, p);
	ntk_refuse_noncached(test, &ntk_noncached_unknown, p);
}

/* Addresses that no routine of ntpool ever gave out. */
static void ntk_foreign_test(struct kunit *test)
{
	void *mem = kmalloc(PAGE_SIZE, GFP_KERNEL);
	int here;

	KUNIT_ASSERT_NOT_NULL(test, mem);
	ntk_refuse_unknown(test, NULL);
	ntk_refuse_unknown(test, (void *)0x10000);
	ntk_refuse_unknown(test, &here);
	ntk_refuse_unknown(test, mem);
	kfree(mem);
}

/* Memory of the pool: a block, whole pages, paged pool, special pool. The start and a byte in. */
static void ntk_pool_memory_test(struct kunit *test)
{
	static const struct {
		unsigned long verifier;
		POOL_TYPE type;
		size_t size;
	} kinds[] = {
		{ 0, NonPagedPool, 64 }, { 0, PagedPool, 64 }, { 0, NonPagedPool, 3 * PAGE_SIZE },
		{ 0, PagedPool, 3 * PAGE_SIZE }, { 0x1, NonPagedPool, 64 },
	};
	struct ntk_told told = { .tag = NTK_TAG };
	char *block;
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].verifier && ntpool_test_set_verifier(kinds[i].verifier))
			continue;	/* no special pool on this machine */
		block = ExAllocatePoolWithTag(kinds[i].type, kinds[i].size, NTK_TAG);
		KUNIT_ASSERT_NOT_NULL(test, block);
		told.size = kinds[i].size;
		told.text =
			"memory of the pool was freed as contiguous memory: " NTK_POOL_FREES;
		ntk_refuse_contiguous(test, &told, block);
		told.text = "memory of the pool was freed as contiguous memory, at offset 24: "
			    NTK_POOL_FREES;
		ntk_refuse_contiguous(test, &told, block + 24);
		told.text =
			"memory of the pool was freed as uncached memory: " NTK_POOL_FREES;
		ntk_refuse_noncached(test, &told, block);
		ExFreePoolWithTag(block, NTK_TAG);
		ntk_expect_no_report(test, "the right routine");
		told.text =
			"memory of the pool that is free already was freed as contiguous memory";
		ntk_refuse_contiguous(test, &told, block);
	}
}

/*
 * The pool's routines and the other kind's; the middle, and twice. Suite `track` frees twice
 * under the verifier.
 */
static void MmFreeContiguousMemory_refused_test(struct kunit *test)
{
	struct ntk_told told = { .tag = NTK_CONTIGUOUS, .size = 3 * PAGE_SIZE };
	s64 live = ntk_live(test) + 1;
	void *run;

	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0), 0);
	run = ntk_get(3 * PAGE_SIZE, MmCached);
	KUNIT_ASSERT_NOT_NULL(test, run);
	told.text = "contiguous memory was freed to the pool: " NTK_CONTIGUOUS_FREES;
	ExFreePool(run);
	ntk_expect_refused(test, &told, NTK_LINEAR_ADDRESS, live, run);
	told.text =
		"contiguous memory was freed to the pool, at offset 64: " NTK_CONTIGUOUS_FREES;
	ExFreePoolWithTag(run + 64, NTK_CONTIGUOUS);
	ntk_expect_refused(test, &told, NTK_LINEAR_ADDRESS, live, run + 64);
	told.text =
		"contiguous memory was freed as uncached memory: " NTK_CONTIGUOUS_FREES;
	ntk_refuse_noncached(test, &told, run);
	told.text = "contiguous memory was freed, at offset 1";
	ntk_refuse_contiguous(test, &told, run + 1);
	told.text = "contiguous memory was freed, at offset 8191";
	ntk_refuse_contiguous(test, &told, run + 8191);
	MmFreeContiguousMemory(run);
	ntk_expect_no_report(test, "the start");
	KUNIT_EXPECT_EQ(test, ntk_live(test), live - 1);
	ntk_refuse_unknown(test, run);
}

static void MmFreeNonCachedMemory_refused_test(struct kunit *test)
{
	struct ntk_told told = { .tag = NTK_NONCACHED, .size = 3 * PAGE_SIZE };
	s64 live = ntk_live(test) + 1;
	void *mem;

	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0), 0);
	mem = MmAllocateNonCachedMemory(3 * PAGE_SIZE);
	if (!ntk_has_caching(MmNonCached)) {
		KUNIT_EXPECT_NULL(test, mem);
		return;
	}
	KUNIT_ASSERT_NOT_NULL(test, mem);
	told.text = "uncached memory was freed to the pool: " NTK_NONCACHED_FREES;
	ExFreePool(mem);
	ntk_expect_refused(test, &told, NTK_MAPPED_ADDRESS, live, mem);
	told.text =
		"uncached memory was freed to the pool, at offset 4096: " NTK_NONCACHED_FREES;
	ExFreePool(mem + 4096);
	ntk_expect_refused(test, &told, NTK_MAPPED_ADDRESS, live, mem + 4096);
	told.text =
		"uncached memory was freed as contiguous memory: " NTK_NONCACHED_FREES;
	ntk_refuse_contiguous(test, &told, mem);
	told.text = "uncached memory was freed, at offset 4096";
	ntk_refuse_noncached(test, &told, mem + 4096);
	MmFreeNonCachedMemory(mem, 3 * PAGE_SIZE);
	ntk_expect_no_report(test, "the start");
	ntk_refuse_unknown(test, mem);
}

/* At APC_LEVEL, the highest that is allowed, and gone when it returns. */
static void MmFreeNonCachedMemory_apc_test(struct kunit *test)
{
	void *mem;
	KIRQL old;

	KeRaiseIrql(APC_LEVEL, &old);
	mem = MmAllocateNonCachedMemory(PAGE_SIZE + 1);
	KUNIT_EXPECT_EQ(test, !!mem, ntk_has_caching(MmNonCached));
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_NONCACHED, false).bytes,
			mem ? 2 * PAGE_SIZE : 0);
	if (mem)
		MmFreeNonCachedMemory(mem, PAGE_SIZE + 1);
	KeLowerIrql(old);
	KUNIT_EXPECT_EQ(test, ntk_live(test), 0);
	ntk_expect_no_report(test, "APC_LEVEL");
}

/* The requested size is right, and so is that of its whole pages. Other sizes are reported. */
static void ntk_wrong_size_test(struct kunit *test)
{
	static const size_t sizes[] = {
		5000, PAGE_ALIGN(5000), 0, 4999, 5001, 4096, 12288, SIZE_MAX,
	};
	struct ntpool_test_report report;
	enum ntk_mm_kind kind;
	void *mem;
	int i;

	for (i = 0; i < NTK_MM_KINDS * ARRAY_SIZE(sizes); i++) {
		kind = i / ARRAY_SIZE(sizes);
		if (!ntk_mm_has(kind))
			continue;
		mem = ntk_mm_get(kind, 5000);
		KUNIT_ASSERT_NOT_NULL(test, mem);
		ntk_mm_put(kind, mem, sizes[i % ARRAY_SIZE(sizes)]);
		KUNIT_EXPECT_EQ(test, ntk_live(test), 0);
		if (i % ARRAY_SIZE(sizes) < 2) {
			ntk_expect_no_report(test, "the right size");
			continue;
		}
		ntk_expect_report(test, "a wrong size", NTK_BAD_POOL_CALLER,
				  NTK_BAD_CONTIGUOUS, &report);
		KUNIT_EXPECT_EQ(test, report.param[2], 5000);
		KUNIT_EXPECT_EQ(test, report.param[3], sizes[i % ARRAY_SIZE(sizes)]);
		KUNIT_EXPECT_TRUE(test, strstr(report.text, "size"));
	}
}

static void MmFreeContiguousMemorySpecifyCache_type_test(struct kunit *test)
{
	static const MEMORY_CACHING_TYPE given[] = {
		MmNonCached, MmCached, MmWriteCombined, MmUSWCCached,
	};
	struct ntpool_test_report report;
	MEMORY_CACHING_TYPE type;
	void *mem;
	int i;

	for (i = 0; i < 3 * ARRAY_SIZE(given); i++) {
		type = i / ARRAY_SIZE(given);
		if (!ntk_has_caching(type))
			continue;
		mem = ntk_get(PAGE_SIZE, type);
		KUNIT_ASSERT_NOT_NULL(test, mem);
		MmFreeContiguousMemorySpecifyCache(mem, PAGE_SIZE, given[i % 4]);
		KUNIT_EXPECT_EQ(test, ntk_live(test), 0);
		if (IS_ENABLED(CONFIG_X86))
			KUNIT_EXPECT_EQ(test, ntk_caching(mem), MmCached);
		if (type == given[i % 4]) {
			ntk_expect_no_report(test, "the right type");
			continue;
		}
		ntk_expect_report(test, "a wrong type", NTK_BAD_POOL_CALLER,
				  NTK_BAD_CONTIGUOUS, &report);
		KUNIT_EXPECT_EQ(test, report.param[2], U64_MAX);
		KUNIT_EXPECT_EQ(test, report.param[3], (u64)given[i % 4]);
		KUNIT_EXPECT_TRUE(test, strstr(report.text, "cache type"));
	}
}

/* Both are wrong. Both are reported, and the memory is freed once. */
static void ntk_wrong_both_test(struct kunit *test)
{
	struct ntpool_test_report report;
	void *mem = ntk_get(PAGE_SIZE, MmCached);

	KUNIT_ASSERT_NOT_NULL(test, mem);
	MmFreeContiguousMemorySpecifyCache(mem, 1, MmWriteCombined);
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), 2);
	KUNIT_EXPECT_EQ(test, ntk_live(test), 0);
}

static void ntk_mm_context_desc(enum ntk_context *context, char *desc)
{
	strscpy(desc, ntk_context_name(*context), KUNIT_PARAM_DESC_SIZE);
}

static enum ntk_context ntk_mm_contexts[] = {
	NTK_THREAD, NTK_BH_OFF, NTK_PREEMPT_OFF, NTK_SPIN_LOCK, NTK_IRQ_OFF, NTK_SOFTIRQ,
	NTK_HARDIRQ,
};

KUNIT_ARRAY_PARAM(ntk_mm_context, ntk_mm_contexts, ntk_mm_context_desc);

/* One call somewhere. */
struct ntk_mm_call {
	enum ntk_mm_kind kind;
	size_t size;
	void *mem;
};

static void ntk_call_get(void *arg)
{
	struct ntk_mm_call *call = arg;

	call->mem = ntk_mm_get(call->kind, call->size);
}

static void ntk_call_put(void *arg)
{
	struct ntk_mm_call *call = arg;

	ntk_mm_put(call->kind, call->mem, call->size);
}

static enum ntk_context ntk_here(struct kunit *test)
{
	enum ntk_context context = *(const enum ntk_context *)test->param_value;

	if (!IS_ENABLED(CONFIG_PREEMPT_COUNT))
		kunit_skip(test, "needs CONFIG_PREEMPT_COUNT");
	return context;
}

/* All contexts get cached memory if the kernel has some. Kinds that sleep are for a thread. */
static void ntk_context_alloc_test(struct kunit *test)
{
	struct ntk_mm_call call = { .size = 3 * PAGE_SIZE };
	enum ntk_context context = ntk_here(test);
	struct ntpool_test_report report;
	bool there;

	for (call.kind = 0; call.kind < NTK_MM_KINDS; call.kind++) {
		there = ntk_mm_has(call.kind) &&
			(call.kind == NTK_MM_CACHED ? ntk_kernel_serves(context) :
						      context == NTK_THREAD);
		KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_call_get, &call), 0);
		KUNIT_EXPECT_EQ(test, !!call.mem, there);
		if (call.kind == NTK_MM_SINGLE && context != NTK_THREAD) {
			ntk_expect_report(test, "uncached", NTK_BAD_POOL_CALLER,
					  NTK_ALLOC_IRQL, &report);
			KUNIT_EXPECT_GE(test, report.param[1], DISPATCH_LEVEL);
			KUNIT_EXPECT_EQ(test, report.param[3], call.size);
		} else {
			ntk_expect_no_report(test, ntk_context_name(context));
		}
		if (call.mem)
			ntk_call_put(&call);
	}
}

/* The page behind @mem, in the linear map. */
static void *ntk_linear(void *mem)
{
	return __va(MmGetPhysicalAddress(mem).QuadPart);
}

static bool ntk_wait_for_caching(const void *linear)
{
	int patience = NTK_PATIENCE;

	if (!IS_ENABLED(CONFIG_X86))
		return true;
	while (patience-- && ntk_caching(linear) != MmCached)
		msleep(20);
	return ntk_caching(linear) == MmCached;
}

/* Gone from the figures at once, and from its caching soon. */
static void ntk_context_free_test(struct kunit *test)
{
	struct ntk_mm_call call = { .size = 3 * PAGE_SIZE };
	enum ntk_context context = ntk_here(test);
	struct ntpool_test_report report;
	void *linear;

	for (call.kind = 0; call.kind < NTK_MM_KINDS; call.kind++) {
		if (!ntk_mm_has(call.kind))
			continue;
		ntk_call_get(&call);
		KUNIT_ASSERT_NOT_NULL(test, call.mem);
		linear = ntk_linear(call.mem);
		KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_call_put, &call), 0);
		KUNIT_EXPECT_EQ(test, ntk_live(test), 0);
		KUNIT_EXPECT_TRUE(test, ntk_wait_for_caching(linear));
		if (call.kind != NTK_MM_SINGLE || context == NTK_THREAD) {
			ntk_expect_no_report(test, ntk_context_name(context));
			continue;
		}
		ntk_expect_report(test, "uncached", NTK_BAD_POOL_CALLER, NTK_FREE_IRQL, &report);
		KUNIT_EXPECT_GE(test, report.param[1], DISPATCH_LEVEL);
		KUNIT_EXPECT_EQ(test, report.param[3], (u64)(unsigned long)call.mem);
		KUNIT_EXPECT_NE(test, report.allocator, 0);
	}
}

static void ntk_query_size(void *arg)
{
	*(MM_SYSTEMSIZE *)arg = MmQuerySystemSize();
}

struct ntk_address_call {
	void *mem;
	u64 address;
};

static void ntk_query_address(void *arg)
{
	struct ntk_address_call *call = arg;

	call->address = MmGetPhysicalAddress(call->mem).QuadPart;
}

static void ntk_query_verifier(void *arg)
{
	if (MmIsVerifierEnabled(arg) != STATUS_SUCCESS)
		*(ULONG *)arg = 0;
}

/* All three may be asked everywhere. */
static void ntk_context_query_test(struct kunit *test)
{
	enum ntk_context context = ntk_here(test);
	struct ntk_address_call call = { .mem = ntk_get(100, MmCached) };
	MM_SYSTEMSIZE size = MmSmallSystem;
	ULONG flags = 0;

	KUNIT_ASSERT_NOT_NULL(test, call.mem);
	KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_query_size, &size), 0);
	KUNIT_EXPECT_EQ(test, size, MmLargeSystem);
	KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_query_address, &call), 0);
	KUNIT_EXPECT_EQ(test, call.address, (u64)__pa(call.mem));
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_query_verifier, &flags), 0);
	KUNIT_EXPECT_TRUE(test, flags & 0x8);
	MmFreeContiguousMemory(call.mem);
}

/* True if a request failed, even if the call succeeded. Checks that nothing is left. */
static bool ntk_fail_at(struct kunit *test, struct ntk_tally *tally, enum ntk_mm_kind kind,
			int place, int times)
{
	u32 tag = kind == NTK_MM_SINGLE ? NTK_NONCACHED : NTK_CONTIGUOUS;
	s64 failed = ntk_tag_row(test, tag, false).failed;
	unsigned int hits;
	void *mem;

	ntpool_test_fail_backing(place, times);
	mem = ntk_mm_get(kind, 3 * PAGE_SIZE);
	hits = ntpool_test_backing_failed();
	ntpool_test_fail_backing(0, 0);
	failed = ntk_tag_row(test, tag, false).failed - failed;
	ntk_check(tally, failed == !mem, "kind %d, place %d: failed %lld", kind, place, failed);
	ntk_check(tally, !mem == !!hits, "kind %d, place %d: %u refused, %s", kind, place, hits,
		  mem ? "memory" : "NULL");
	if (mem)
		ntk_mm_put(kind, mem, 3 * PAGE_SIZE);
	ntk_check(tally, !ntk_live(test), "kind %d, place %d: live", kind, place);
	return hits;
}

/* In the n-th run the n-th request fails, and in another all from there on. */
static void ntk_oom_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	enum ntk_mm_kind kind;
	int place, least;
	void *mem;

	for (kind = 0; kind < NTK_MM_KINDS; kind++) {
		if (!ntk_mm_has(kind))
			continue;
		/* The first allocation makes a place for the tag in the tables. */
		mem = ntk_mm_get(kind, 1);
		KUNIT_ASSERT_NOT_NULL(test, mem);
		ntk_mm_put(kind, mem, 1);
		least = kind == NTK_MM_CACHED ? 2 : kind == NTK_MM_SINGLE ? 7 : 3;
		for (place = 0; place < NTK_RUNS; place++) {
			ntk_fail_at(test, &tally, kind, place, 1);
			if (!ntk_fail_at(test, &tally, kind, place, -1))
				break;
		}
		ntk_check(&tally, place == least, "kind %d: %d places, not %d", kind, place,
			  least);
	}
	ntk_expect_clean(test, &tally);
}

/*
 * A request searches for memory that is taken. Memory that the search held is free
 * again after it, with each result.
 */
static void ntk_oom_range_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	unsigned int calls = 1;
	void *taken, *mem;
	int place;
	u64 at;

	if (!NTK_HAS_PROBES)
		kunit_skip(test, "pieces of the largest order are above 64 MiB");
	taken = ntk_get(SZ_64K, MmCached);
	KUNIT_ASSERT_NOT_NULL(test, taken);
	at = MmGetPhysicalAddress(taken).QuadPart;
	for (place = 0; calls && place < NTK_RUNS; place += 1 + place / 8) {
		ntpool_test_fail_backing(place, -1);
		mem = MmAllocateContiguousMemorySpecifyCache(SZ_64K, ntk_pa(at),
							     ntk_pa(at + SZ_64K - 1),
							     ntk_pa(0), MmCached);
		ntk_check(&tally, !mem, "place %d", place);
		calls = ntpool_test_backing_failed();
	}
	ntpool_test_fail_backing(0, 0);
	MmFreeContiguousMemory(taken);
	ntk_check(&tally, place > 8, "only %d places", place);
	ntk_expect_clean(test, &tally);
}

/* Sum over the tags, sum over the call sites, live bytes of the pool. */
static void ntk_expect_sums(struct kunit *test)
{
	static const char * const columns[] = { "bytes", "requested" };
	s64 tags, callers, pool;
	int i;

	for (i = 0; i < ARRAY_SIZE(columns); i++) {
		tags = ntk_table_sum(ntk_read(test, "tags"), columns[i], "Nonp");
		callers = ntk_table_sum(ntk_read(test, "callers"), columns[i], "Nonp");
		pool = i ? ntk_pool_row(test, false).requested : ntk_pool_row(test, false).bytes;
		KUNIT_EXPECT_EQ(test, tags, pool);
		KUNIT_EXPECT_EQ(test, callers, pool);
	}
}

/* The barrier keeps the call from becoming a jump: this is the call site. */
static noinline void *ntk_mm_callsite(enum ntk_mm_kind kind, size_t size)
{
	void *mem = ntk_mm_get(kind, size);

	barrier();
	return mem;
}

static void ntk_accounting_test(struct kunit *test)
{
	struct ntk_pool_row before = ntk_pool_row(test, false), now;
	struct ntk_table *table;
	void *mem[NTK_MM_KINDS];
	s64 pages = 0;
	const char *row;
	char text[80];
	int kind;

	for (kind = 0; kind < NTK_MM_KINDS; kind++) {
		mem[kind] = ntk_mm_callsite(kind, (kind + 1) * PAGE_SIZE + 8);
		KUNIT_EXPECT_EQ(test, !!mem[kind], ntk_mm_has(kind));
		pages += mem[kind] ? kind + 2 : 0;
		ntk_expect_sums(test);
	}
	now = ntk_pool_row(test, false);
	KUNIT_EXPECT_EQ(test, now.big_pages - before.big_pages, pages);
	KUNIT_EXPECT_EQ(test, now.bytes - before.bytes, pages * (s64)PAGE_SIZE);
	table = ntk_read(test, "callers");
	row = ntk_table_find(table, "MmCm", "Nonp");
	KUNIT_ASSERT_NOT_NULL(test, row);
	KUNIT_EXPECT_TRUE(test, ntk_row_text(row, ntk_table_column(table, "caller"), text,
					     sizeof(text)));
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(text, "ntk_"), "%s", text);
	for (kind = 0; kind < NTK_MM_KINDS; kind++)
		if (mem[kind])
			ntk_mm_put(kind, mem[kind], (kind + 1) * PAGE_SIZE + 8);
	ntk_expect_sums(test);
	KUNIT_EXPECT_NULL(test, ntk_table_find(ntk_read(test, "callers"), "MmCm", "Nonp"));
}

static void ntk_threads_work(struct ntk_worker *worker)
{
	struct ntk_mm_call kept[NTK_KEPT] = {}, *call;
	int i;

	for (i = 0; i < NTK_ROUNDS + NTK_KEPT; i++) {
		call = &kept[i % NTK_KEPT];
		if (call->mem) {
			ntk_check(&worker->tally,
				  !memchr_inv(call->mem, worker->id + 1, call->size), "contents");
			ntk_call_put(call);
		}
		call->mem = NULL;
		call->kind = ntk_random_below(&worker->rng, NTK_MM_KINDS);
		call->size = 1 + ntk_random_below(&worker->rng, SZ_32K);
		if (i >= NTK_ROUNDS || !ntk_mm_has(call->kind))
			continue;
		ntk_call_get(call);
		if (ntk_check(&worker->tally, call->mem, "NULL"))
			memset(call->mem, worker->id + 1, call->size);
		cond_resched();
	}
}

/* All kinds from several threads at the same time: no two threads get the same page. */
static void ntk_threads_test(struct kunit *test)
{
	ntk_threads_run(test, 3, false, ntk_threads_work, NULL);
	KUNIT_EXPECT_EQ(test, ntk_live(test), 0);
}

static struct kunit_case ntk_mmfree_cases[] = {
	KUNIT_CASE(ntk_foreign_test),
	KUNIT_CASE(ntk_pool_memory_test),
	KUNIT_CASE(MmFreeContiguousMemory_refused_test),
	KUNIT_CASE(MmFreeNonCachedMemory_refused_test),
	KUNIT_CASE(MmFreeNonCachedMemory_apc_test),
	KUNIT_CASE(ntk_wrong_size_test),
	KUNIT_CASE(MmFreeContiguousMemorySpecifyCache_type_test),
	KUNIT_CASE(ntk_wrong_both_test),
	KUNIT_CASE_PARAM(ntk_context_alloc_test, ntk_mm_context_gen_params),
	KUNIT_CASE_PARAM(ntk_context_free_test, ntk_mm_context_gen_params),
	KUNIT_CASE_PARAM(ntk_context_query_test, ntk_mm_context_gen_params),
	KUNIT_CASE(ntk_oom_test),
	KUNIT_CASE(ntk_oom_range_test),
	KUNIT_CASE(ntk_accounting_test),
	KUNIT_CASE(ntk_threads_test),
	{}
};

static struct kunit_suite ntk_mmfree_suite = {
	.name = "ntpool_mmfree",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_mmfree_cases,
};

kunit_test_suite(ntk_mmfree_suite);
