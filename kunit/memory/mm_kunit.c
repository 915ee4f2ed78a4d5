// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of the Mm routines: its address, and its cache type. The cases check each page
 * of a run. The run is contiguous in physical memory, lies within the range, crosses no
 * boundary, and comes from the node. The page tables have the requested cache type, and
 * the former one after the free. Requests that are impossible or senseless are refused.
 *
 * Frees and contexts are in mmfree_kunit.c.
 */
#include <linux/math64.h>
#include <linux/sizes.h>

#include "mm.h"

/* One request; all forms of the routine are made from it. */
struct ntk_want {
	size_t size;
	u64 low;
	u64 high;
	u64 boundary;
	MEMORY_CACHING_TYPE type;
};

static void *ntk_get(const struct ntk_want *want)
{
	return MmAllocateContiguousMemorySpecifyCache(want->size, ntk_pa(want->low),
						      ntk_pa(want->high),
						      ntk_pa(want->boundary), want->type);
}

static void ntk_check_place(struct ntk_tally *tally, const struct ntk_want *want, void *base)
{
	u64 first = MmGetPhysicalAddress(base).QuadPart, at;
	u64 last = first + want->size - 1;
	size_t offset;

	ntk_check(tally, !offset_in_page(base) && !offset_in_page(first), "%zu: not on a page",
		  want->size);
	ntk_check(tally, first && first >= want->low && last <= want->high,
		  "%zu: %llx not in %llx-%llx", want->size, first, want->low, want->high);
	ntk_check(tally, !want->boundary ||
		  div64_u64(first, want->boundary) == div64_u64(last, want->boundary),
		  "%zu: %llx crosses %llx", want->size, first, want->boundary);
	for (offset = 0; offset < want->size; offset += PAGE_SIZE) {
		at = MmGetPhysicalAddress(base + offset).QuadPart;
		ntk_check(tally, at == first + offset && at == __pa(base + offset),
			  "%zu: page at %zx is at %llx", want->size, offset, at);
	}
}

static void ntk_check_caching(struct ntk_tally *tally, const struct ntk_want *want, void *base)
{
	size_t offset;

	if (!IS_ENABLED(CONFIG_X86))
		return;
	for (offset = 0; offset < want->size; offset += PAGE_SIZE)
		ntk_check(tally, ntk_caching(base + offset) == want->type,
			  "%zu: page at %zx has type %d, not %d", want->size, offset,
			  ntk_caching(base + offset), want->type);
}

/* All of the memory can be written, keeps its contents, and is not executable. */
static void ntk_check_contents(struct ntk_tally *tally, void *base, size_t size)
{
	memset(base, 0xa7, size);
	ntk_check(tally, !memchr_inv(base, 0xa7, size), "%zu: contents", size);
	ntk_check(tally, !ntk_is_executable(base), "%zu: executable", size);
}

/* Allocates, looks, frees, and looks again. */
static void ntk_try(struct ntk_tally *tally, const struct ntk_want *want)
{
	struct ntk_want usual = *want;
	void *base = ntk_get(want);

	if (!ntk_check(tally, base, "%zu in %llx-%llx by %llx: NULL", want->size, want->low,
		       want->high, want->boundary))
		return;
	ntk_check_place(tally, want, base);
	ntk_check_caching(tally, want, base);
	ntk_check_contents(tally, base, want->size);
	MmFreeContiguousMemorySpecifyCache(base, want->size, want->type);
	usual.type = MmCached;
	ntk_check_caching(tally, &usual, base);
}

static const size_t ntk_sizes[] = {
	1, 4095, 4096, 4097, 3 * 4096, 5 * 4096 + 1, SZ_64K, SZ_256K + 1, SZ_1M,
};

/* Every size that fits into a run, the longest too; whole pages are counted. */
static void MmAllocateContiguousMemory_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	struct ntk_want want = { .high = NTK_ANYWHERE, .type = MmCached };
	struct ntk_tag_row row;
	void *base;
	int i;

	for (i = 0; i < ARRAY_SIZE(ntk_sizes); i++) {
		want.size = ntk_sizes[i];
		base = MmAllocateContiguousMemory(want.size, ntk_pa(-1));
		KUNIT_ASSERT_NOT_NULL(test, base);
		ntk_check_place(&tally, &want, base);
		ntk_check_caching(&tally, &want, base);
		ntk_check_contents(&tally, base, want.size);
		row = ntk_tag_row(test, NTK_CONTIGUOUS, false);
		ntk_check(&tally, row.bytes == PAGE_ALIGN(want.size), "%zu takes %lld",
			  want.size, row.bytes);
		ntk_check(&tally, row.requested == want.size, "%zu: requested %lld", want.size,
			  row.requested);
		MmFreeContiguousMemory(base);
	}
	ntk_expect_clean(test, &tally);
}

static void ntk_longest_test(struct kunit *test)
{
	struct ntk_want want = {
		.size = NTK_LONGEST, .high = NTK_ANYWHERE, .type = MmCached,
	};
	struct ntk_tally tally = {};

	KUNIT_EXPECT_NULL(test, MmAllocateContiguousMemory(NTK_LONGEST + 1, ntk_pa(-1)));
	KUNIT_EXPECT_NULL(test, MmAllocateContiguousMemory((size_t)LONG_MAX, ntk_pa(-1)));
	KUNIT_EXPECT_NULL(test, MmAllocateContiguousMemory(SIZE_MAX - 1, ntk_pa(-1)));
	if (NTK_LONGEST >> PAGE_SHIFT > totalram_pages() / 8)
		kunit_skip(test, "the longest run needs eight times as much memory");
	ntk_try(&tally, &want);
	ntk_expect_clean(test, &tally);
}

/* The highest address is the last one that is allowed. */
static void ntk_highest_test(struct kunit *test)
{
	u64 end = PFN_PHYS(PFN_DOWN(__pa((unsigned long)high_memory - 1)) + 1);
	const u64 highest[] = { NTK_ANYWHERE, end, end - 1, end / 2 - 1, SZ_16M - 1, SZ_16M };
	struct ntk_want want = { .type = MmCached };
	struct ntk_tally tally = {};
	void *base;
	int i;

	for (i = 0; i < 2 * ARRAY_SIZE(highest); i++) {
		want.high = highest[i / 2];
		if (want.high < end - 1 && !NTK_HAS_LOW)
			continue;
		want.size = i % 2 ? SZ_32K : 100;
		base = MmAllocateContiguousMemory(want.size, ntk_pa(want.high));
		if (!ntk_check(&tally, base, "%zu below %llx: NULL", want.size, want.high))
			continue;
		ntk_check_place(&tally, &want, base);
		MmFreeContiguousMemory(base);
	}
	ntk_expect_clean(test, &tally);
	KUNIT_EXPECT_NULL(test, MmAllocateContiguousMemory(1, ntk_pa(0)));
	KUNIT_EXPECT_NULL(test, MmAllocateContiguousMemory(1, ntk_pa(PAGE_SIZE - 2)));
	KUNIT_EXPECT_NULL(test, MmAllocateContiguousMemory(SZ_64K, ntk_pa(SZ_64K - 2)));
}

/* The zone for old devices, and all that lies above it. */
static void MmAllocateContiguousMemorySpecifyCache_test(struct kunit *test)
{
	static const struct ntk_want wants[] = {
		{ 3 * PAGE_SIZE, SZ_16M, NTK_ANYWHERE, 0, MmCached },
		{ SZ_256K, SZ_16M, NTK_ANYWHERE, 0, MmCached },
		{ SZ_64K, SZ_16M, NTK_ANYWHERE, SZ_64K, MmCached },
		{ SZ_64K, 1, SZ_16M - 1, SZ_128K, MmCached },
		{ PAGE_SIZE, PAGE_SIZE, SZ_16M - 2, SZ_128K, MmCached },
	};
	struct ntk_tally tally = {};
	int i;

	for (i = 0; i < ARRAY_SIZE(wants); i++)
		if (NTK_HAS_LOW || wants[i].high == NTK_ANYWHERE)
			ntk_try(&tally, &wants[i]);
	ntk_expect_clean(test, &tally);
}

/*
 * Quarters of memory: an allocation may fail in one, but a run that is found lies in it. The
 * first one has a zone of its own.
 */
static void ntk_narrow_range_test(struct kunit *test)
{
	u64 step = PFN_PHYS(PFN_DOWN(__pa((unsigned long)high_memory - 1)) / 4);
	struct ntk_want want = { .type = MmCached };
	struct ntk_tally tally = {};
	int i, found = 0;
	void *base;

	for (i = 0; i < 4; i++) {
		want.size = i % 2 ? 3 * PAGE_SIZE : SZ_256K;
		want.low = i * step;
		want.high = want.low + step - 1;
		base = ntk_get(&want);
		if (!base)
			continue;
		found++;
		ntk_check_place(&tally, &want, base);
		ntk_check_contents(&tally, base, want.size);
		MmFreeContiguousMemory(base);
	}
	ntk_expect_clean(test, &tally);
	KUNIT_EXPECT_GE(test, found, 1);
}

/* Requests to the kernel of a search in @want, in vain, when @pages pages are available. */
static unsigned int ntk_search(struct kunit *test, const struct ntk_want *want, long pages)
{
	unsigned int calls;

	ntpool_test_set_available(pages);
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_NULL(test, ntk_get(want));
	calls = ntpool_test_backing_calls();
	ntpool_test_set_available(-1);
	return calls;
}

/* A search holds an eighth of what is available. Of each zone it takes that many pieces. */
static void ntk_probes_test(struct kunit *test)
{
	enum { NTK_PIECES = 4, NTK_ZONES = 3 };
	struct ntk_want want = { .size = PAGE_SIZE, .type = MmCached };
	unsigned int without, with;
	void *base;

	if (!NTK_HAS_PROBES)
		kunit_skip(test, "pieces of the largest order are above 64 MiB");
	base = MmAllocateContiguousMemory(PAGE_SIZE, ntk_pa(-1));
	KUNIT_ASSERT_NOT_NULL(test, base);
	/* This page is not free. */
	want.low = MmGetPhysicalAddress(base).QuadPart;
	want.high = want.low + PAGE_SIZE - 1;
	without = ntk_search(test, &want, 0);
	with = ntk_search(test, &want, 8L * NTK_PIECES << MAX_PAGE_ORDER);
	MmFreeContiguousMemory(base);
	kunit_info(test, "%u requests, %u with probes\n", without, with);
	KUNIT_EXPECT_GE(test, with, without + NTK_PIECES);
	KUNIT_EXPECT_LE(test, with, without + NTK_PIECES * NTK_ZONES);
}

/* No whole page is left of these, wherever the ends are rounded to. */
static void ntk_range_rounding_test(struct kunit *test)
{
	struct ntk_want want = { .size = 1, .type = MmCached };
	void *base = MmAllocateContiguousMemory(PAGE_SIZE, ntk_pa(-1));
	u64 at;

	KUNIT_ASSERT_NOT_NULL(test, base);
	at = MmGetPhysicalAddress(base).QuadPart;
	MmFreeContiguousMemory(base);
	want.low = at + 1;
	want.high = at + 2 * PAGE_SIZE - 2;
	KUNIT_EXPECT_NULL(test, ntk_get(&want));
	want.low = at;
	want.high = at + PAGE_SIZE - 2;
	KUNIT_EXPECT_NULL(test, ntk_get(&want));
	want.size = PAGE_SIZE + 1;
	want.high = at + PAGE_SIZE - 1;
	KUNIT_EXPECT_NULL(test, ntk_get(&want));
	want.low = want.high + 1;
	want.size = 1;
	KUNIT_EXPECT_NULL(test, ntk_get(&want));
}

/* Found exactly when the boundary is at least as long as the memory. */
static void ntk_boundary_test(struct kunit *test)
{
	static const size_t sizes[] = { 1, 4096, 4097, 12288, 20480, SZ_64K, SZ_64K + 1 };
	struct ntk_want want = { .high = NTK_ANYWHERE, .type = MmCached };
	struct ntk_tally tally = {};
	void *base;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		want.size = sizes[i];
		for (want.boundary = PAGE_SIZE; want.boundary <= SZ_1M; want.boundary *= 2) {
			if (want.boundary >= want.size) {
				ntk_try(&tally, &want);
				continue;
			}
			base = ntk_get(&want);
			ntk_check(&tally, !base, "%zu within %llx", want.size, want.boundary);
			if (base)
				MmFreeContiguousMemory(base);
		}
	}
	want.boundary = 1ULL << 63;
	ntk_try(&tally, &want);
	ntk_expect_clean(test, &tally);
}

/* A boundary just above the lowest address moves the memory behind it. */
static void ntk_boundary_in_range_test(struct kunit *test)
{
	struct ntk_want want = {
		.size = 6 * PAGE_SIZE, .low = SZ_8M - 5 * PAGE_SIZE,
		.high = SZ_16M - 1, .boundary = SZ_32K, .type = MmCached,
	};
	struct ntk_tally tally = {};

	if (PAGE_SHIFT != 12 || !IS_ENABLED(CONFIG_ZONE_DMA))
		kunit_skip(test, "needs 4 KiB pages and a zone below 16 MB");
	ntk_try(&tally, &want);
	want.boundary = SZ_4M;
	ntk_try(&tally, &want);
	ntk_expect_clean(test, &tally);
}

static void ntk_arguments_test(struct kunit *test)
{
	static const struct ntk_want bad[] = {
		{ 0, 0, NTK_ANYWHERE, 0, MmCached },
		{ 1, 2, 1, 0, MmCached },
		{ 1, NTK_ANYWHERE, 0, 0, MmCached },
		{ 1, NTK_ANYWHERE, NTK_ANYWHERE, 0, MmCached },
		{ 1, 0, NTK_ANYWHERE, 1, MmCached },
		{ 1, 0, NTK_ANYWHERE, PAGE_SIZE / 2, MmCached },
		{ 1, 0, NTK_ANYWHERE, 3 * PAGE_SIZE, MmCached },
		{ 1, 0, NTK_ANYWHERE, PAGE_SIZE + 1, MmCached },
		{ 1, 0, NTK_ANYWHERE, NTK_ANYWHERE, MmCached },
		{ 1, 0, NTK_ANYWHERE, 0, MmHardwareCoherentCached },
		{ 1, 0, NTK_ANYWHERE, 0, MmNonCachedUnordered },
		{ 1, 0, NTK_ANYWHERE, 0, MmUSWCCached },
		{ 1, 0, NTK_ANYWHERE, 0, MmMaximumCacheType },
		{ 1, 0, NTK_ANYWHERE, 0, (MEMORY_CACHING_TYPE)-1 },
		{ SIZE_MAX, 0, NTK_ANYWHERE, 0, MmCached },
		{ SIZE_MAX, 0, NTK_ANYWHERE, 0, MmNonCached },
	};
	struct ntk_tally tally = {};
	void *base;
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		base = ntk_get(&bad[i]);
		ntk_check(&tally, !base, "row %d", i);
		if (base)
			MmFreeContiguousMemory(base);
	}
	ntk_expect_clean(test, &tally);
}

/*
 * Each page has the requested cache type in the linear map, and its former type
 * after the free. If the machine has no such memory, the request is refused.
 */
static void ntk_caching_test(struct kunit *test)
{
	static const MEMORY_CACHING_TYPE types[] = { MmNonCached, MmWriteCombined, MmCached };
	struct ntk_want want = { .high = NTK_ANYWHERE };
	struct ntk_tally tally = {};
	int i;

	for (i = 0; i < 3 * ARRAY_SIZE(ntk_sizes); i++) {
		want.type = types[i % 3];
		want.size = ntk_sizes[i / 3];
		want.high = i / 3 % 2 || !NTK_HAS_LOW ? NTK_ANYWHERE : SZ_16M - 1;
		if (ntk_has_caching(want.type))
			ntk_try(&tally, &want);
		else
			ntk_check(&tally, !ntk_get(&want), "type %d is no such", want.type);
	}
	ntk_expect_clean(test, &tally);
}

/* Neighbours in the same run of the page allocator keep their caching. */
static void ntk_caching_neighbours_test(struct kunit *test)
{
	struct ntk_want want = {
		.size = 3 * PAGE_SIZE, .high = NTK_ANYWHERE, .type = MmNonCached,
	};
	void *base = ntk_get(&want);

	if (!ntk_has_caching(MmNonCached)) {
		KUNIT_EXPECT_NULL(test, base);
		return;
	}
	KUNIT_ASSERT_NOT_NULL(test, base);
	KUNIT_EXPECT_EQ(test, ntk_caching(base), MmNonCached);
	KUNIT_EXPECT_EQ(test, ntk_caching(base + 2 * PAGE_SIZE), MmNonCached);
	KUNIT_EXPECT_EQ(test, ntk_caching(base + 3 * PAGE_SIZE), MmCached);
	if (PFN_DOWN(__pa(base)) & 3)
		KUNIT_EXPECT_EQ(test, ntk_caching(base - PAGE_SIZE), MmCached);
	MmFreeContiguousMemorySpecifyCache(base, want.size, MmNonCached);
}

static void *ntk_get_on(u32 node)
{
	return MmAllocateContiguousMemorySpecifyCacheNode(SZ_64K, ntk_pa(0), ntk_pa(-1),
							  ntk_pa(0), MmCached, node);
}

static void *ntk_get_protected(u32 protect, u32 node)
{
	return MmAllocateContiguousNodeMemory(SZ_16K, ntk_pa(0), ntk_pa(-1), ntk_pa(0),
					      protect, node);
}

/* Exactly the requested node; with one node, any request gets that node. */
static void MmAllocateContiguousMemorySpecifyCacheNode_test(struct kunit *test)
{
	u32 node;
	void *base;

	for_each_online_node(node) {
		base = ntk_get_on(node);
		KUNIT_ASSERT_NOT_NULL(test, base);
		KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(base)), (int)node);
		MmFreeContiguousMemory(base);
		base = ntk_get_protected(PAGE_READWRITE, node);
		KUNIT_ASSERT_NOT_NULL(test, base);
		KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(base)), (int)node);
		MmFreeContiguousMemory(base);
	}
	base = ntk_get_on(MM_ANY_NODE_OK);
	KUNIT_ASSERT_NOT_NULL(test, base);
	MmFreeContiguousMemory(base);
	base = ntk_get_on(MAX_NUMNODES + 7);
	if (num_online_nodes() > 1) {
		KUNIT_EXPECT_NULL(test, base);
		return;
	}
	KUNIT_ASSERT_NOT_NULL(test, base);
	MmFreeContiguousMemory(base);
}

/* One of two protections, with one caching or none; never executable. */
static void MmAllocateContiguousNodeMemory_test(struct kunit *test)
{
	struct ntk_want want = { .size = SZ_16K, .high = NTK_ANYWHERE };
	struct ntk_tally tally = {};
	u32 protect, access, cache;
	bool valid;
	void *base;

	for (protect = 0; protect <= 0xfff; protect++) {
		access = protect & 0xff;
		cache = protect >> 8;
		valid = (access == PAGE_READWRITE || access == PAGE_EXECUTE_READWRITE) &&
			(!cache || cache == 2 || cache == 4);
		want.type = !cache ? MmCached : cache == 2 ? MmNonCached : MmWriteCombined;
		base = ntk_get_protected(protect, MM_ANY_NODE_OK);
		ntk_check(&tally, !base == !(valid && ntk_has_caching(want.type)),
			  "protection %x", protect);
		if (!base)
			continue;
		ntk_check_place(&tally, &want, base);
		ntk_check_caching(&tally, &want, base);
		ntk_check_contents(&tally, base, SZ_16K);
		MmFreeContiguousMemorySpecifyCache(base, SZ_16K, want.type);
	}
	ntk_expect_clean(test, &tally);
}

struct ntk_ex {
	size_t size;
	u64 low;
	u64 high;
	u64 boundary;
	u32 node;
	u32 protect;
	void *partition;
	u32 flags;
	NTSTATUS status;
};

static NTSTATUS ntk_get_ex(const struct ntk_ex *ex, size_t *size, u32 tag, void **base)
{
	*size = ex->size;
	return MmAllocateContiguousMemoryEx(size, ntk_pa(ex->low), ntk_pa(ex->high),
					    ntk_pa(ex->boundary), ex->node, ex->protect,
					    ex->partition, tag, ex->flags, base);
}

#define ANY	MM_ANY_NODE_OK
#define RW	PAGE_READWRITE
static const struct ntk_ex ntk_ex_refused[] = {
	{ 0, 0, -1, 0, ANY, RW, NULL, 0, STATUS_INVALID_PARAMETER_1 },
	{ 1, 2, 1, 0, ANY, RW, NULL, 0, STATUS_INVALID_PARAMETER_2 },
	{ 1, 0, -1, 100, ANY, RW, NULL, 0, STATUS_INVALID_PARAMETER_4 },
	{ 2 * PAGE_SIZE + 1, 0, -1, 2 * PAGE_SIZE, ANY, RW, NULL, 0, STATUS_INVALID_PARAMETER_4 },
	{ 1, 0, -1, 0, ANY, 0, NULL, 0, STATUS_INVALID_PARAMETER },
	{ 1, 0, -1, 0, ANY, RW | 0x600, NULL, 0, STATUS_INVALID_PARAMETER },
	{ 1, 0, -1, 0, ANY, RW, "", 0, STATUS_NOT_SUPPORTED },
	{ 1, 0, -1, 0, ANY, RW, NULL, 2, STATUS_INVALID_PARAMETER },
	{ 1, 0, 0, 0, ANY, RW, NULL, 0, STATUS_INSUFFICIENT_RESOURCES },
	{ NTK_LONGEST + 1, 0, -1, 0, ANY, RW, NULL, 0, STATUS_INSUFFICIENT_RESOURCES },
};

/* An error is reported, and nothing else changes. */
static void MmAllocateContiguousMemoryEx_refused_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	struct ntk_ex ex;
	size_t size;
	void *base;
	int i;

	for (i = 0; i < ARRAY_SIZE(ntk_ex_refused); i++) {
		ex = ntk_ex_refused[i];
		base = &ex;
		ntk_check(&tally, ntk_get_ex(&ex, &size, ntk_tag4("KmEx"), &base) == ex.status,
			  "row %d", i);
		ntk_check(&tally, size == ex.size, "row %d: size", i);
		ntk_check(&tally, !base == (ex.flags != 2), "row %d: base", i);
	}
	ntk_expect_clean(test, &tally);
	ex = (struct ntk_ex){ .size = 1, .high = NTK_ANYWHERE, .node = ANY, .protect = RW };
	KUNIT_EXPECT_EQ(test, ntk_get_ex(&ex, &size, 0, NULL), STATUS_INVALID_PARAMETER);
	ex.node = MAX_NUMNODES + 7;
	if (num_online_nodes() > 1)
		KUNIT_EXPECT_EQ(test, ntk_get_ex(&ex, &size, 0, &base),
				STATUS_INVALID_PARAMETER_5);
}

/* The size comes back in whole pages, the tag is the driver's. */
static void MmAllocateContiguousMemoryEx_test(struct kunit *test)
{
	static const u32 flags[] = { 0, MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY };
	struct ntk_ex ex = { .high = NTK_ANYWHERE, .node = ANY, .protect = RW };
	u32 tags[] = { ntk_tag4("KmEx"), 0, ntk_tag4("KmEx") | PROTECTED_POOL };
	struct ntk_want want = { .high = NTK_ANYWHERE, .type = MmCached };
	struct ntpool_test_report report;
	struct ntk_tally tally = {};
	struct ntk_tag_row row;
	size_t size;
	void *base;
	int i;

	for (i = 0; i < 6 * ARRAY_SIZE(ntk_sizes); i++) {
		ex.size = ntk_sizes[i / 6];
		ex.flags = flags[i % 2];
		if (!ntk_check(&tally, !ntk_get_ex(&ex, &size, tags[i % 3], &base), "run %d", i))
			continue;
		want.size = size;
		ntk_check(&tally, size == PAGE_ALIGN(ex.size), "%zu became %zu", ex.size, size);
		ntk_check_place(&tally, &want, base);
		row = ntk_tag_row(test, tags[i % 3] ? tags[0] : NTK_CONTIGUOUS, false);
		ntk_check(&tally, row.bytes == size && row.requested == ex.size, "tag %d: %lld",
			  i % 3, row.bytes);
		MmFreeContiguousMemory(base);
		/* A verifier that is on reports tag 0; see the next case. */
		if (!tags[i % 3])
			ntk_take_reports(&report);
		ntk_expect_no_report(test, "a right request");
	}
	ntk_expect_clean(test, &tally);
}

/* Under the verifier the tag is checked as one of the pool. The memory is there all the same. */
static void MmAllocateContiguousMemoryEx_tag_test(struct kunit *test)
{
	static const struct {
		const char *what;
		u32 tag;
		u64 param;
	} tags[] = {
		{ "tag 0", 0, 0x9b }, { "BIG", 0x474942, 0x9c }, { "no letter", 0x2e2d2e2d, 0x9d },
		{ "unprintable", 0x64650141, 0x9d },
	};
	struct ntk_ex ex = { .size = 1, .high = NTK_ANYWHERE, .node = ANY, .protect = RW };
	struct ntpool_test_report report;
	size_t size;
	void *base;
	int i;

	for (i = 0; i < 2 * ARRAY_SIZE(tags); i++) {
		KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(i % 2 ? 0x8 : 0), 0);
		KUNIT_EXPECT_EQ(test, ntk_get_ex(&ex, &size, tags[i / 2].tag, &base), 0);
		if (i % 2)
			ntk_expect_report(test, tags[i / 2].what, NTK_BAD_POOL_CALLER,
					  tags[i / 2].param, &report);
		else
			ntk_expect_no_report(test, tags[i / 2].what);
		MmFreeContiguousMemory(base);
	}
	KUNIT_EXPECT_EQ(test, ntk_get_ex(&ex, &size, ntk_tag4("KmEx") | PROTECTED_POOL, &base), 0);
	ntk_expect_no_report(test, "a right tag");
	MmFreeContiguousMemory(base);
}

/* Whole pages, uncached in every mapping, and cached again afterwards. */
static void MmAllocateNonCachedMemory_test(struct kunit *test)
{
	struct ntk_want want = { .high = NTK_ANYWHERE, .type = MmNonCached };
	struct ntk_tally tally = {};
	size_t offset;
	void *base, *linear;
	int i;

	KUNIT_EXPECT_NULL(test, MmAllocateNonCachedMemory(0));
	KUNIT_EXPECT_NULL(test, MmAllocateNonCachedMemory(SIZE_MAX));
	for (i = 0; i < ARRAY_SIZE(ntk_sizes); i++) {
		want.size = ntk_sizes[i];
		base = MmAllocateNonCachedMemory(want.size);
		if (!ntk_has_caching(MmNonCached)) {
			KUNIT_EXPECT_NULL(test, base);
			continue;
		}
		KUNIT_ASSERT_NOT_NULL(test, base);
		KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(base));
		ntk_check_caching(&tally, &want, base);
		ntk_check_contents(&tally, base, PAGE_ALIGN(want.size));
		for (offset = 0; offset < want.size; offset += PAGE_SIZE) {
			linear = __va(MmGetPhysicalAddress(base + offset).QuadPart);
			ntk_check(&tally, ntk_caching(linear) == MmNonCached, "alias of %zx",
				  offset);
		}
		MmFreeNonCachedMemory(base, want.size);
		ntk_check(&tally, ntk_caching(linear) == MmCached, "%zu: alias stays",
			  want.size);
	}
	if (ntk_has_caching(MmNonCached))
		ntk_expect_clean(test, &tally);
}

static int ntk_some_data;

/* Of a module in its own mapping, or of the kernel's image. */
static u64 ntk_data_address(void)
{
#ifdef MODULE
	return PFN_PHYS(vmalloc_to_pfn(&ntk_some_data)) + offset_in_page(&ntk_some_data);
#else
	return __pa_symbol(&ntk_some_data);
#endif
}

static void ntk_expect_address(struct kunit *test, const char *what, void *va, u64 address)
{
	KUNIT_EXPECT_EQ_MSG(test, (u64)MmGetPhysicalAddress(va).QuadPart, address, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, (u64)MmGetPhysicalAddress(va + 1).QuadPart, address + 1,
			    "%s + 1", what);
}

static void MmGetPhysicalAddress_test(struct kunit *test)
{
	u8 *block = ExAllocatePoolWithTag(NonPagedPool, 100, ntk_tag4("KmPa"));
	u8 *paged = ExAllocatePoolWithTag(PagedPool, 3 * PAGE_SIZE, ntk_tag4("KmPa"));

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_ASSERT_NOT_NULL(test, paged);
	ntk_expect_address(test, "pool", block + 7, __pa(block + 7));
	ntk_expect_address(test, "paged pool", paged + PAGE_SIZE + 9,
			   PFN_PHYS(vmalloc_to_pfn(paged + PAGE_SIZE)) + 9);
	ntk_expect_address(test, "data", &ntk_some_data, ntk_data_address());
	KUNIT_EXPECT_NE(test, MmGetPhysicalAddress(&block).QuadPart, 0LL);
	ExFreePool(block);
	ExFreePool(paged);
	KUNIT_EXPECT_EQ(test, MmGetPhysicalAddress(NULL).QuadPart, 0LL);
	KUNIT_EXPECT_EQ(test, MmGetPhysicalAddress((void *)0x10000).QuadPart, 0LL);
	KUNIT_EXPECT_EQ(test, MmGetPhysicalAddress((void *)(TASK_SIZE - PAGE_SIZE)).QuadPart,
			0LL);
	KUNIT_EXPECT_EQ(test, MmGetPhysicalAddress((void *)-1L).QuadPart, 0LL);
}

static void MmQuerySystemSize_test(struct kunit *test)
{
	KUNIT_ASSERT_GE(test, totalram_pages() << PAGE_SHIFT, (unsigned long)SZ_32M);
	KUNIT_EXPECT_EQ(test, MmQuerySystemSize(), MmLargeSystem);
	KUNIT_EXPECT_EQ(test, MmSmallSystem, 0);
	KUNIT_EXPECT_EQ(test, MmMediumSystem, 1);
	KUNIT_EXPECT_EQ(test, MmLargeSystem, 2);
}

/* All set bits are returned, and the status shows if there are any. */
static void MmIsVerifierEnabled_test(struct kunit *test)
{
	static const u32 bits[] = { 0x1, 0x2, 0x4, 0x8, 0xb, 0xf, 0 };
	ULONG flags;
	int i;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(bits[i]), 0);
		flags = 0xa5a5a5a5;
		KUNIT_EXPECT_EQ(test, MmIsVerifierEnabled(&flags),
				bits[i] ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED);
		KUNIT_EXPECT_EQ(test, flags, bits[i]);
	}
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0x10), -EINVAL);
	KUNIT_EXPECT_EQ(test, MmIsVerifierEnabled(&flags), STATUS_NOT_SUPPORTED);
}

static struct kunit_case ntk_mm_cases[] = {
	KUNIT_CASE(MmAllocateContiguousMemory_test),
	KUNIT_CASE(ntk_longest_test),
	KUNIT_CASE(ntk_highest_test),
	KUNIT_CASE(MmAllocateContiguousMemorySpecifyCache_test),
	KUNIT_CASE(ntk_narrow_range_test),
	KUNIT_CASE(ntk_probes_test),
	KUNIT_CASE(ntk_range_rounding_test),
	KUNIT_CASE(ntk_boundary_test),
	KUNIT_CASE(ntk_boundary_in_range_test),
	KUNIT_CASE(ntk_arguments_test),
	KUNIT_CASE(ntk_caching_test),
	KUNIT_CASE(ntk_caching_neighbours_test),
	KUNIT_CASE(MmAllocateContiguousMemorySpecifyCacheNode_test),
	KUNIT_CASE(MmAllocateContiguousNodeMemory_test),
	KUNIT_CASE(MmAllocateContiguousMemoryEx_refused_test),
	KUNIT_CASE(MmAllocateContiguousMemoryEx_test),
	KUNIT_CASE(MmAllocateContiguousMemoryEx_tag_test),
	KUNIT_CASE(MmAllocateNonCachedMemory_test),
	KUNIT_CASE(MmGetPhysicalAddress_test),
	KUNIT_CASE(MmQuerySystemSize_test),
	KUNIT_CASE(MmIsVerifierEnabled_test),
	{}
};

static struct kunit_suite ntk_mm_suite = {
	.name = "ntpool_mm",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_mm_cases,
};

kunit_test_suite(ntk_mm_suite);
