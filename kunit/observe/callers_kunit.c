// SPDX-License-Identifier: GPL-2.0
/*
 * The file `callers`: live allocations by tag, type and call site, always on.
 *
 * A call site is shown as symbol, offset and module. Two call sites of one tag are two
 * rows. A row disappears with its last block. The sum over all rows is the sum over the
 * tags, at rest and after load from all CPUs.
 */
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KcSi"))
#define NTK_LOADERS	4
#define NTK_ROUNDS	400

/* The text after the symbol: none where the suites are part of the kernel. */
#ifdef MODULE
#define NTK_MODULE	"[" KBUILD_MODNAME "]"
#else
#define NTK_MODULE	""
#endif

/*
 * Call sites with names of their own. Without the barrier the call could become
 * a jump, and the caller of this function would be the call site. The load
 * makes the second function different code, so that neither a compiler nor a
 * linker merges the two.
 */
static noinline void *ntk_callsite_one(POOL_TYPE type, size_t size, u32 tag)
{
	void *block = ExAllocatePoolWithTag(type, size, tag);

	barrier();
	return block;
}

static noinline void *ntk_callsite_two(POOL_TYPE type, size_t size, u32 tag)
{
	void *block = ExAllocatePoolWithTag(type, size, tag);

	(void)READ_ONCE(jiffies);
	barrier();
	return block;
}

static noinline void *ntk_callsite_flags(u64 flags, size_t size, u32 tag)
{
	void *block = ExAllocatePool2(flags, size, tag);

	barrier();
	return block;
}

static noinline void *ntk_callsite_untagged(POOL_TYPE type, size_t size)
{
	void *block = ExAllocatePool(type, size);

	barrier();
	return block;
}

struct ntk_callsite {
	bool found;
	s64 count;
	s64 bytes;
	s64 requested;
	char module[32];
};

/* The row of @tag whose caller is a place in the function @symbol. */
static struct ntk_callsite ntk_callsite_row(struct kunit *test, u32 tag, bool paged,
					    const char *symbol)
{
	struct ntk_table *table = ntk_read(test, "callers");
	int caller = ntk_table_column(table, "caller");
	struct ntk_callsite site = {};
	const char *row = NULL;
	char text[80], name[17];

	ntk_tag_text(tag, name);
	while ((row = ntk_table_next(table, row))) {
		if (!ntk_row_text(row, 0, text, sizeof(text)) ||
		    strcmp(text, name))
			continue;
		if (!ntk_row_text(row, 1, text, sizeof(text)) ||
		    strcmp(text, paged ? "Paged" : "Nonp"))
			continue;
		if (!ntk_row_text(row, caller, text, sizeof(text)) ||
		    strncmp(text, symbol, strlen(symbol)) ||
		    !strchr(text, '+') || !strchr(text, '/'))
			continue;
		site.found = true;
		site.count = ntk_row_number(row,
					    ntk_table_column(table, "count"));
		site.bytes = ntk_row_number(row,
					    ntk_table_column(table, "bytes"));
		site.requested = ntk_row_number(row, ntk_table_column(table,
								      "requested"));
		ntk_row_text(row, caller + 1, site.module, sizeof(site.module));
		break;
	}
	return site;
}

static void ntk_expect_callsite(struct kunit *test, const char *symbol, bool paged,
				unsigned int count, size_t size)
{
	struct ntk_callsite site = ntk_callsite_row(test, NTK_TAG, paged, symbol);

	KUNIT_EXPECT_TRUE_MSG(test, site.found, "%s", symbol);
	KUNIT_EXPECT_EQ_MSG(test, site.count, count, "%s", symbol);
	KUNIT_EXPECT_EQ_MSG(test, site.requested, count * size, "%s", symbol);
	KUNIT_EXPECT_EQ_MSG(test, site.bytes, count * ntk_block_bytes(size),
			    "%s", symbol);
	KUNIT_EXPECT_STREQ(test, site.module, NTK_MODULE);
}

static void ntk_need_symbols(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_KALLSYMS))
		kunit_skip(test, "needs CONFIG_KALLSYMS");
}

static void ntk_callsite_test(struct kunit *test)
{
	void *small, *large, *flags;

	ntk_need_symbols(test);
	small = ntk_callsite_one(NonPagedPool, 48, NTK_TAG);
	large = ntk_callsite_two(PagedPool, PAGE_SIZE + 1024, NTK_TAG);
	flags = ntk_callsite_flags(POOL_FLAG_PAGED, 100, NTK_TAG);
	KUNIT_ASSERT_NOT_NULL(test, small);
	KUNIT_ASSERT_NOT_NULL(test, large);
	KUNIT_ASSERT_NOT_NULL(test, flags);
	ntk_expect_callsite(test, "ntk_callsite_one", false, 1, 48);
	ntk_expect_callsite(test, "ntk_callsite_two", true, 1, PAGE_SIZE + 1024);
	ntk_expect_callsite(test, "ntk_callsite_flags", true, 1, 100);
	ExFreePool(small);
	ExFreePool(large);
	ExFreePool(flags);
	KUNIT_EXPECT_FALSE(test, ntk_callsite_row(test, NTK_TAG, false,
						  "ntk_callsite_one").found);
	KUNIT_EXPECT_FALSE(test, ntk_callsite_row(test, NTK_TAG, true,
						  "ntk_callsite_two").found);
}

static void ntk_untagged_test(struct kunit *test)
{
	struct ntk_callsite site;
	void *block;

	ntk_need_symbols(test);
	block = ntk_callsite_untagged(NonPagedPool, 33);
	KUNIT_ASSERT_NOT_NULL(test, block);
	site = ntk_callsite_row(test, ntk_tag4("None"), false, "ntk_callsite_untagged");
	KUNIT_EXPECT_TRUE(test, site.found);
	KUNIT_EXPECT_EQ(test, site.count, 1);
	KUNIT_EXPECT_EQ(test, site.requested, 33);
	ExFreePool(block);
}

/* Two places that allocate under one tag have two rows, and so do the types. */
static void ntk_callsites_apart_test(struct kunit *test)
{
	void *block[9];
	int i;

	ntk_need_symbols(test);
	for (i = 0; i < 9; i++)
		block[i] = i < 5 ? ntk_callsite_one(NonPagedPool, 64, NTK_TAG)
			 : i < 7 ? ntk_callsite_one(PagedPool, 64, NTK_TAG)
				 : ntk_callsite_two(NonPagedPool, 64, NTK_TAG);
	ntk_expect_callsite(test, "ntk_callsite_one", false, 5, 64);
	ntk_expect_callsite(test, "ntk_callsite_one", true, 2, 64);
	ntk_expect_callsite(test, "ntk_callsite_two", false, 2, 64);
	for (i = 0; i < 3; i++)
		ExFreePool(block[i]);
	ntk_expect_callsite(test, "ntk_callsite_one", false, 2, 64);
	ntk_expect_callsite(test, "ntk_callsite_two", false, 2, 64);
	for (; i < 9; i++)
		ExFreePool(block[i]);
}

/* A block that comes out of a cache again has its new caller, not its old one. */
static void ntk_callsite_reused_test(struct kunit *test)
{
	void *block;

	ntk_need_symbols(test);
	block = ntk_callsite_one(NonPagedPool, 80, NTK_TAG);
	KUNIT_ASSERT_NOT_NULL(test, block);
	ExFreePool(block);
	block = ntk_callsite_two(NonPagedPool, 80, NTK_TAG);
	KUNIT_ASSERT_NOT_NULL(test, block);
	ntk_expect_callsite(test, "ntk_callsite_two", false, 1, 80);
	KUNIT_EXPECT_FALSE(test, ntk_callsite_row(test, NTK_TAG, false,
						  "ntk_callsite_one").found);
	ExFreePool(block);
}

static s64 ntk_sum_of(struct kunit *test, const char *file, const char *column,
		      const char *type)
{
	return ntk_table_sum(ntk_read(test, file), column, type);
}

static void ntk_expect_same_sums(struct kunit *test)
{
	static const char * const types[] = { "Nonp", "Paged" };
	int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		const char *type = types[i];

		KUNIT_EXPECT_EQ_MSG(test,
				    ntk_sum_of(test, "callers", "count", type),
				    ntk_sum_of(test, "tags", "diff", type),
				    "%s", type);
		KUNIT_EXPECT_EQ_MSG(test,
				    ntk_sum_of(test, "callers", "bytes", type),
				    ntk_sum_of(test, "tags", "bytes", type),
				    "%s", type);
		KUNIT_EXPECT_EQ_MSG(test,
				    ntk_sum_of(test, "callers", "requested",
					       type),
				    ntk_sum_of(test, "tags", "requested", type),
				    "%s", type);
		KUNIT_EXPECT_EQ_MSG(test,
				    ntk_sum_of(test, "callers", "bytes", type),
				    ntk_pool_row(test, i).bytes, "%s", type);
	}
}

static void ntk_sums_test(struct kunit *test)
{
	static const char * const tags[] = { "Kc00", "Kc01", "Kc02" };
	static const size_t sizes[] = { 1, 200, 3000, NTK_SMALL_MAX + 1, 2 * PAGE_SIZE + 1024 };
	unsigned int failed = 0;
	void *block[30];
	int i;

	for (i = 0; i < ARRAY_SIZE(block); i++) {
		POOL_TYPE type = i & 1 ? PagedPool : NonPagedPool;
		u32 tag = ntk_tag4(tags[i % 3]);
		size_t size = sizes[i % 5];

		block[i] = i % 4 < 2 ? ntk_callsite_one(type, size, tag)
				     : ntk_callsite_two(type, size, tag);
		failed += !block[i];
	}
	KUNIT_EXPECT_EQ(test, failed, 0);
	ntk_expect_same_sums(test);
	for (i = 0; i < ARRAY_SIZE(block); i++) {
		if (block[i])
			ExFreePool(block[i]);
		if (i == 12)
			ntk_expect_same_sums(test);
	}
	ntk_expect_same_sums(test);
}

static void ntk_load(struct ntk_worker *worker)
{
	void *block[24] = {};
	int i;

	for (i = 0; i < NTK_ROUNDS; i++) {
		u32 at = ntk_random_below(&worker->rng, ARRAY_SIZE(block));
		size_t size = 1 + ntk_random_below(&worker->rng, 6000);
		POOL_TYPE type = i & 1 ? PagedPool : NonPagedPool;

		if (block[at])
			ExFreePool(block[at]);
		block[at] = i % 3 ? ntk_callsite_one(type, size, NTK_TAG)
				  : ntk_callsite_two(type, size, NTK_TAG);
		ntk_check(&worker->tally, block[at], "no %zu", size);
		cond_resched();
	}
	for (i = 0; i < ARRAY_SIZE(block); i++) {
		if (block[i] && i % 2)
			ExFreePool(block[i]);
		else
			((void **)worker->threads->arg)[worker->id * 24 + i] =
				block[i];
	}
}

/* The sums agree while threads on all CPUs hold blocks, and after all are freed. */
static void ntk_loaded_sums_test(struct kunit *test)
{
	struct ntk_threads *threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	void **left = kunit_kcalloc(test, NTK_LOADERS * 24, sizeof(*left),
				    GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, threads);
	KUNIT_ASSERT_NOT_NULL(test, left);
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, NTK_LOADERS, true, ntk_load,
						left), 0);
	for (i = 0; i < 5; i++)
		ntk_read(test, "callers");
	KUNIT_EXPECT_EQ(test, ntk_threads_finish(threads), 0);
	ntk_threads_expect_clean(test, threads);
	ntk_expect_same_sums(test);
	for (i = 0; i < NTK_LOADERS * 24; i++) {
		if (left[i])
			ExFreePool(left[i]);
	}
	ntk_expect_same_sums(test);
	KUNIT_EXPECT_FALSE(test, ntk_callsite_row(test, NTK_TAG, false,
						  "ntk_callsite_one").found);
}

static struct kunit_case ntk_callers_cases[] = {
	KUNIT_CASE(ntk_callsite_test),
	KUNIT_CASE(ntk_untagged_test),
	KUNIT_CASE(ntk_callsites_apart_test),
	KUNIT_CASE(ntk_callsite_reused_test),
	KUNIT_CASE(ntk_sums_test),
	KUNIT_CASE(ntk_loaded_sums_test),
	{}
};

static struct kunit_suite ntk_callers_suite = {
	.name = "ntpool_callers",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_callers_cases,
};

kunit_test_suite(ntk_callers_suite);
