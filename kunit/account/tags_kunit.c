// SPDX-License-Identifier: GPL-2.0
/*
 * The figures per tag in the file `tags`. At rest they are exact, for any CPU that
 * allocated or freed. Each tag and type has one row. The sum over all rows equals the
 * figures of the pools. No row is torn under load. A free with a wrong tag is reported
 * and counted under the right tag. This holds for counters that CPUs share, for those
 * of each CPU, and during the change.
 *
 * The suite ntpool_overflow tests more tags than max_tags.
 */
#include <linux/delay.h>
#include <linux/sched.h>

#include "fixture.h"

#define NTK_MIX		24	/* tags of the mixed case */
#define NTK_READS	25	/* of the file, under load */
#define NTK_LOADERS	3
#define NTK_HOT		40	/* more uses than a tag needs to get its counters */
#define NTK_COLD	80	/* more tags than there are counters in reserve */
#define NTK_MANY_HOT	160	/* more than the first table of hot tags may have */
#define NTK_HEATED	9
#define NTK_REMOTE	40	/* blocks that change CPUs */
#define NTK_RIGHT	(ntk_tag4("KtRi"))
#define NTK_OTHER	(ntk_tag4("KtOt"))

static u32 ntk_nth_tag(char letter, unsigned int nr)
{
	char text[5];

	snprintf(text, sizeof(text), "%c%03u", letter, nr);
	return ntk_tag4(text);
}

static size_t ntk_mix_size(unsigned int nr)
{
	return nr % 6 == 5 ? nr * 977 : nr * 83 + 1;
}

/* Conditions on any row at any time, and on a row at rest. */
static void ntk_check_row(const struct ntk_table *table, const char *row,
			  struct ntk_tally *tally, bool rest)
{
	s64 allocs = ntk_row_number(row, ntk_table_column(table, "allocs"));
	s64 frees = ntk_row_number(row, ntk_table_column(table, "frees"));
	s64 diff = ntk_row_number(row, ntk_table_column(table, "diff"));
	s64 bytes = ntk_row_number(row, ntk_table_column(table, "bytes"));
	s64 asked = ntk_row_number(row, ntk_table_column(table, "requested"));

	ntk_check(tally, ntk_row_fields(row) == 8, "%.60s", row);
	ntk_check(tally, allocs >= frees && frees >= 0, "%.60s", row);
	ntk_check(tally, diff == allocs - frees, "%.60s", row);
	ntk_check(tally, bytes >= 0 && asked >= 0, "%.60s", row);
	if (!rest)
		return;
	ntk_check(tally, bytes >= asked, "%.60s", row);
	ntk_check(tally, (diff == 0) == (bytes == 0), "%.60s", row);
	ntk_check(tally, diff || !asked, "%.60s", row);
}

static void ntk_check_rows(const struct ntk_table *table,
			   struct ntk_tally *tally, bool rest)
{
	const char *row = NULL;

	while ((row = ntk_table_next(table, row)))
		ntk_check_row(table, row, tally, rest);
}

/* The sum over the tags is the figure of the pool. Both are read at rest. */
static void ntk_expect_sums(struct kunit *test, bool paged)
{
	struct ntk_pool_row pool = ntk_pool_row(test, paged);
	const char *type = paged ? "Paged" : "Nonp";
	struct ntk_table *table = ntk_read(test, "tags");

	KUNIT_EXPECT_EQ(test, ntk_table_sum(table, "bytes", type), pool.bytes);
	KUNIT_EXPECT_EQ(test, ntk_table_sum(table, "requested", type),
			pool.requested);
	KUNIT_EXPECT_EQ(test, ntk_table_sum(table, "failed", type),
			pool.failed);
}

static void ntk_sums_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	void *block[2 * NTK_MIX];
	int i;

	for (i = 0; i < ARRAY_SIZE(block); i++) {
		block[i] = ExAllocatePoolWithTag(i & 1 ? PagedPool : NonPagedPool,
						 ntk_mix_size(i / 2),
						 ntk_nth_tag('M', i / 2));
		ntk_check(&tally, block[i], "block %d", i);
	}
	ntk_check_rows(ntk_read(test, "tags"), &tally, true);
	ntk_expect_sums(test, false);
	ntk_expect_sums(test, true);
	for (i = 0; i < ARRAY_SIZE(block); i++) {
		if (block[i])
			ExFreePool(block[i]);
	}
	ntk_check_rows(ntk_read(test, "tags"), &tally, true);
	ntk_expect_sums(test, false);
	ntk_expect_sums(test, true);
	ntk_expect_clean(test, &tally);
}

/* One tag in both pools is two rows that do not mix. */
static void ntk_types_apart_test(struct kunit *test)
{
	u32 tag = ntk_tag4("KtTy");
	struct ntk_tag_row nonpaged = ntk_tag_row(test, tag, false);
	struct ntk_tag_row paged = ntk_tag_row(test, tag, true);
	void *one = ExAllocatePoolWithTag(NonPagedPool, 100, tag);
	void *two = ExAllocatePoolWithTag(PagedPool, 5000, tag);

	KUNIT_EXPECT_NOT_NULL(test, one);
	KUNIT_EXPECT_NOT_NULL(test, two);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, tag, false).requested,
			nonpaged.requested + 100);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, tag, true).requested,
			paged.requested + 5000);
	if (one)
		ExFreePool(one);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, tag, false).diff,
			nonpaged.diff);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, tag, true).diff,
			paged.diff + 1);
	if (two)
		ExFreePool(two);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, tag, true).diff, paged.diff);
}

/* bytes counts memory of the pool, requested the sizes of the requests. */
static void ntk_bytes_test(struct kunit *test)
{
	u32 tag = ntk_tag4("KtBy");
	struct ntk_tag_row row;
	void *block[8];
	int i;

	for (i = 0; i < ARRAY_SIZE(block); i++)
		block[i] = ExAllocatePoolWithTag(NonPagedPool, 100, tag);
	row = ntk_tag_row(test, tag, false);
	KUNIT_EXPECT_EQ(test, row.diff, ARRAY_SIZE(block));
	KUNIT_EXPECT_EQ(test, row.requested, 100 * ARRAY_SIZE(block));
	KUNIT_EXPECT_EQ(test, row.bytes,
			ntk_block_bytes(100) * ARRAY_SIZE(block));
	for (i = 0; i < ARRAY_SIZE(block); i++) {
		if (block[i])
			ExFreePool(block[i]);
	}
	row = ntk_tag_row(test, tag, false);
	KUNIT_EXPECT_EQ(test, row.diff, 0);
	KUNIT_EXPECT_EQ(test, row.bytes, 0);
	KUNIT_EXPECT_EQ(test, row.requested, 0);
}

/* A block that a CPU's cache hands out again is an allocation like any other. */
static void ntk_count_test(struct kunit *test)
{
	u32 tag = ntk_tag4("KtCn");
	struct ntk_tag_row before = ntk_tag_row(test, tag, false);
	struct ntk_tag_row after;
	int i;

	for (i = 0; i < 200; i++) {
		void *block = ExAllocatePoolWithTag(NonPagedPool, 64, tag);

		KUNIT_ASSERT_NOT_NULL(test, block);
		ExFreePoolWithTag(block, tag);
	}
	after = ntk_tag_row(test, tag, false);
	KUNIT_EXPECT_EQ(test, after.allocs - before.allocs, 200);
	KUNIT_EXPECT_EQ(test, after.frees - before.frees, 200);
	KUNIT_EXPECT_EQ(test, after.failed, before.failed);
}

/* The top bit of a tag protects the block and is no part of the tag. */
static void ntk_protected_test(struct kunit *test)
{
	u32 tag = ntk_tag4("KtPr");
	struct ntk_tag_row before = ntk_tag_row(test, tag, false);
	void *block = ExAllocatePoolWithTag(NonPagedPool, 64,
					    tag | PROTECTED_POOL);
	char text[17];

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, tag, false).diff,
			before.diff + 1);
	ntk_tag_text(tag | PROTECTED_POOL, text);
	KUNIT_EXPECT_NULL(test, ntk_table_find(ntk_read(test, "tags"), text,
					       NULL));
	ExFreePoolWithTag(block, tag | PROTECTED_POOL);
	ntk_expect_no_report(test, "the tag with its bit");
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, tag, false).diff, before.diff);
}

static void ExAllocatePool_tag_test(struct kunit *test)
{
	u32 none = ntk_tag4("None");
	struct ntk_tag_row before = ntk_tag_row(test, none, false);
	void *block = ExAllocatePool(NonPagedPool, 77);

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, none, false).diff,
			before.diff + 1);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, none, false).requested,
			before.requested + 77);
	ExFreePool(block);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, none, false).diff, before.diff);
}

struct ntk_escape_case {
	u32 tag;
	const char *text;
};

static struct ntk_escape_case ntk_escapes[] = {
	{ 0, "\\000\\000\\000\\000" },
	{ 0x64657246, "Fred" },
	{ 0x2062614b, "Kab\\040" },
	{ 0x5c78794b, "Kyx\\134" },
	{ 0x0a09784b, "Kx\\011\\012" },
	{ 0x7f1bff4b, "K\\377\\033\\177" },
	{ 0x7e23214b, "K!#~" },
};

static void ntk_escape_desc(struct ntk_escape_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "tag %08x", c->tag);
}

KUNIT_ARRAY_PARAM(ntk_escape, ntk_escapes, ntk_escape_desc);

/* Blanks, unprintable bytes and backslashes in octal, as in /proc/mounts. */
static void ntk_escape_test(struct kunit *test)
{
	const struct ntk_escape_case *c = test->param_value;
	void *block = ExAllocatePoolWithTag(NonPagedPool, 32, c->tag);
	struct ntk_table *table;

	KUNIT_ASSERT_NOT_NULL(test, block);
	table = ntk_read(test, "tags");
	KUNIT_EXPECT_NOT_NULL_MSG(test, ntk_table_find(table, c->text, "Nonp"),
				  "no row %s", c->text);
	table = ntk_read(test, "callers");
	KUNIT_EXPECT_NOT_NULL_MSG(test, ntk_table_find(table, c->text, "Nonp"),
				  "no caller with %s", c->text);
	ExFreePoolWithTag(block, c->tag);
	ntk_expect_no_report(test, c->text);
}

/* Rows are in the order of their tags. The place of escaped tags is not tested. */
static void ntk_sorted_test(struct kunit *test)
{
	static const char * const names[] = { "Kzzz", "KAAA", "Kaaa", "K000" };
	struct ntk_tally tally = {};
	void *block[ARRAY_SIZE(names)];
	struct ntk_table *table;
	const char *row = NULL;
	char text[17], last[17] = "";
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		block[i] = ExAllocatePoolWithTag(NonPagedPool, 16,
						 ntk_tag4(names[i]));
	table = ntk_read(test, "tags");
	while ((row = ntk_table_next(table, row))) {
		if (!ntk_check(&tally, ntk_row_text(row, 0, text, sizeof(text)),
			       "a row without a tag") || strchr(text, '\\'))
			continue;
		ntk_check(&tally, strcmp(last, text) <= 0, "%s is after %s",
			  text, last);
		strscpy(last, text, sizeof(last));
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (block[i])
			ExFreePool(block[i]);
	}
	ntk_expect_clean(test, &tally);
}

struct ntk_remote {
	void *block[NTK_REMOTE];
	u32 tag;
};

static void ntk_remote_alloc(void *arg)
{
	struct ntk_remote *remote = arg;
	int i;

	for (i = 0; i < NTK_REMOTE; i++)
		remote->block[i] = ExAllocatePoolWithTag(NonPagedPool,
							 16 + 100 * i,
							 remote->tag);
}

static void ntk_remote_free(void *arg)
{
	struct ntk_remote *remote = arg;
	int i;

	for (i = 0; i < NTK_REMOTE; i++) {
		if (remote->block[i])
			ExFreePoolWithTag(remote->block[i], remote->tag);
	}
}

/* Allocated on one CPU and freed on another: no figure of any CPU is negative. */
static void ntk_remote_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	struct ntk_tag_row before, after;
	struct ntk_remote *remote;

	ntk_need_cpus(test, 2);
	remote = kunit_kzalloc(test, sizeof(*remote), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, remote);
	remote->tag = ntk_tag4("KtRm");
	before = ntk_tag_row(test, remote->tag, false);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_THREAD, ntk_nth_cpu(0),
					 ntk_remote_alloc, remote), 0);
	after = ntk_tag_row(test, remote->tag, false);
	KUNIT_EXPECT_EQ(test, after.diff, before.diff + NTK_REMOTE);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_THREAD, ntk_nth_cpu(1),
					 ntk_remote_free, remote), 0);
	after = ntk_tag_row(test, remote->tag, false);
	KUNIT_EXPECT_EQ(test, after.allocs, before.allocs + NTK_REMOTE);
	KUNIT_EXPECT_EQ(test, after.frees, before.frees + NTK_REMOTE);
	KUNIT_EXPECT_EQ(test, after.bytes, before.bytes);
	ntk_check_rows(ntk_read(test, "tags"), &tally, true);
	ntk_expect_clean(test, &tally);
}

/* A wrong tag is reported. The block is freed and counted under its own tag. */
static void ntk_wrong_tag_of(struct kunit *test, bool paged, size_t size)
{
	struct ntk_tag_row before = ntk_tag_row(test, NTK_RIGHT, paged);
	struct ntk_tag_row other = ntk_tag_row(test, NTK_OTHER, paged);
	POOL_TYPE type = paged ? PagedPool : NonPagedPool;
	void *block = ExAllocatePoolWithTag(type, size, NTK_RIGHT);
	struct ntpool_test_report report;

	KUNIT_ASSERT_NOT_NULL(test, block);
	ExFreePoolWithTag(block, NTK_OTHER);
	ntk_expect_report(test, "a wrong tag", NTK_BAD_POOL_CALLER,
			  NTK_WRONG_TAG, &report);
	KUNIT_EXPECT_EQ(test, report.param[1], (unsigned long)block);
	KUNIT_EXPECT_EQ(test, report.param[2], NTK_RIGHT);
	KUNIT_EXPECT_EQ(test, report.param[3], NTK_OTHER);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_RIGHT, paged).frees,
			before.frees + 1);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_RIGHT, paged).bytes,
			before.bytes);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_OTHER, paged).frees,
			other.frees);
}

static void ntk_wrong_tag_test(struct kunit *test)
{
	ntk_wrong_tag_of(test, false, 100);
	ntk_wrong_tag_of(test, true, 100);
	ntk_wrong_tag_of(test, false, 5120);
	ntk_wrong_tag_of(test, true, 5120);
}

/* A tag that differs in one byte only, for each of the bytes. */
static void ntk_wrong_byte_test(struct kunit *test)
{
	struct ntpool_test_report report;
	struct ntk_tally tally = {};
	int byte;

	for (byte = 0; byte < 4; byte++) {
		void *block = ExAllocatePoolWithTag(NonPagedPool, 24, NTK_RIGHT);

		KUNIT_ASSERT_NOT_NULL(test, block);
		ExFreePoolWithTag(block, NTK_RIGHT ^ (1U << (8 * byte)));
		ntk_check(&tally,
			  ntk_took_report(NTK_BAD_POOL_CALLER, NTK_WRONG_TAG,
					  &report),
			  "byte %d", byte);
	}
	ntk_expect_clean(test, &tally);
}

static void ntk_load(struct ntk_worker *worker)
{
	POOL_TYPE type = worker->id & 1 ? PagedPool : NonPagedPool;
	void *block[16] = {};
	int i;

	while (!READ_ONCE(worker->threads->stop)) {
		u32 at = ntk_random_below(&worker->rng, ARRAY_SIZE(block));
		u32 nr = ntk_random_below(&worker->rng, NTK_MIX);

		if (block[at])
			ExFreePool(block[at]);
		block[at] = ExAllocatePoolWithTag(type, ntk_mix_size(nr),
						  ntk_nth_tag('M', nr));
		ntk_check(&worker->tally, block[at], "no %zu",
			  ntk_mix_size(nr));
		cond_resched();
	}
	for (i = 0; i < ARRAY_SIZE(block); i++) {
		if (block[i])
			ExFreePool(block[i]);
	}
}

/* Rows read while they change are whole; at rest everything adds up again. */
static void ntk_under_load_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	struct ntk_threads *threads;
	int i;

	threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, threads);
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, NTK_LOADERS, true, ntk_load,
						NULL), 0);
	for (i = 0; i < NTK_READS; i++) {
		ntk_check_rows(ntk_read(test, "tags"), &tally, false);
		cond_resched();
	}
	WRITE_ONCE(threads->stop, true);
	KUNIT_EXPECT_EQ(test, ntk_threads_finish(threads), 0);
	ntk_threads_expect_clean(test, threads);
	ntk_check_rows(ntk_read(test, "tags"), &tally, true);
	ntk_expect_clean(test, &tally);
	ntk_expect_sums(test, false);
	ntk_expect_sums(test, true);
}

/* Uses @tag, then gives the worker time that provides counters. */
static void ntk_use(u32 tag, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		void *block = ExAllocatePoolWithTag(NonPagedPool, 64, tag);

		if (block)
			ExFreePoolWithTag(block, tag);
	}
	usleep_range(1000, 2000);
}

/*
 * A tag in use gets counters on each CPU. No figure changes by that, before, while and after
 * it happens. Blocks that were allocated before are freed after.
 */
static void ntk_hot_test(struct kunit *test)
{
	u32 tag = ntk_tag4("KtHt");
	struct ntk_tally tally = {};
	struct ntk_tag_row row;
	void *block[NTK_HOT];
	int i;

	for (i = 0; i < NTK_HOT; i++) {
		block[i] = ExAllocatePoolWithTag(NonPagedPool, 100, tag);
		KUNIT_ASSERT_NOT_NULL(test, block[i]);
		row = ntk_tag_row(test, tag, false);
		ntk_check(&tally, row.allocs == i + 1, "%d: %lld allocs", i, row.allocs);
		ntk_check(&tally, row.diff == i + 1, "%d: diff %lld", i, row.diff);
		ntk_check(&tally, row.requested == 100 * (i + 1), "%d: %lld requested", i,
			  row.requested);
		if (!i)
			KUNIT_EXPECT_FALSE(test, ntpool_test_tag_is_hot(tag));
	}
	for (i = 0; i < 100 && !ntpool_test_tag_is_hot(tag); i++)
		ntk_use(tag, NTK_HOT);
	KUNIT_EXPECT_TRUE(test, ntpool_test_tag_is_hot(tag));
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, tag, false).diff, NTK_HOT);
	for (i = 0; i < NTK_HOT; i++)
		ExFreePoolWithTag(block[i], tag);
	row = ntk_tag_row(test, tag, false);
	KUNIT_EXPECT_EQ(test, row.diff, 0);
	KUNIT_EXPECT_EQ(test, row.bytes, 0);
	KUNIT_EXPECT_EQ(test, row.requested, 0);
	ntk_expect_clean(test, &tally);
}

static unsigned int ntk_count_hot(void)
{
	unsigned int i, hot = 0;

	for (i = 0; i < NTK_COLD; i++)
		hot += ntpool_test_tag_is_hot(ntk_nth_tag('c', i));
	return hot;
}

/*
 * Without memory for counters on each CPU, tags keep those that all CPUs share, and their
 * figures are as exact. With memory the tags get their own.
 */
static void ntk_cold_test(struct kunit *test)
{
	struct ntk_tag_row row;
	unsigned int i, run;

	for (i = 0; i < NTK_COLD; i++)
		ntk_use(ntk_nth_tag('c', i), 1);
	KUNIT_EXPECT_EQ(test, ntk_count_hot(), 0);
	ntpool_test_fail_backing(0, -1);
	for (i = 0; i < NTK_COLD; i++)
		ntk_use(ntk_nth_tag('c', i), NTK_HOT);
	KUNIT_EXPECT_LT(test, ntk_count_hot(), NTK_COLD);
	ntpool_test_fail_backing(0, 0);
	for (i = 0; i < NTK_COLD; i++) {
		row = ntk_tag_row(test, ntk_nth_tag('c', i), false);
		KUNIT_EXPECT_EQ(test, row.allocs + row.failed, NTK_HOT + 1);
		KUNIT_EXPECT_EQ(test, row.diff, 0);
		KUNIT_EXPECT_EQ(test, row.bytes, 0);
	}
	for (run = 0; run < 20 && ntk_count_hot() < NTK_COLD; run++)
		for (i = 0; i < NTK_COLD; i++)
			ntk_use(ntk_nth_tag('c', i), 16);
	KUNIT_EXPECT_EQ(test, ntk_count_hot(), NTK_COLD);
	ntk_expect_sums(test, false);
}

/* Uses @nr tags until they are hot, and counts the hot ones. Their figures are exact. */
static unsigned int ntk_heat_all(struct kunit *test, char letter, unsigned int nr,
				 unsigned int runs)
{
	unsigned int i, run, hot = 0;
	struct ntk_tag_row row;

	for (run = 0; run < runs && hot < nr; run++) {
		for (hot = i = 0; i < nr; i++) {
			if (!ntpool_test_tag_is_hot(ntk_nth_tag(letter, i)))
				ntk_use(ntk_nth_tag(letter, i), NTK_HOT);
			hot += ntpool_test_tag_is_hot(ntk_nth_tag(letter, i));
		}
	}
	for (i = 0; i < nr; i++) {
		row = ntk_tag_row(test, ntk_nth_tag(letter, i), false);
		KUNIT_EXPECT_EQ(test, row.allocs, row.frees);
		KUNIT_EXPECT_EQ(test, row.allocs % NTK_HOT, 0);
		KUNIT_EXPECT_EQ(test, row.bytes, 0);
	}
	return hot;
}

/* At the limit of hot tags the others stay as they are, and become hot when there is room. */
static void ntk_hot_limit_test(struct kunit *test)
{
	unsigned int most = ntpool_test_hot_most(0);

	KUNIT_EXPECT_EQ(test, ntk_heat_all(test, 'l', NTK_COLD, 3), 0);
	ntpool_test_hot_most(most);
	KUNIT_EXPECT_EQ(test, ntk_heat_all(test, 'l', NTK_COLD, 20), NTK_COLD);
}

/* The table of hot tags grows, and a tag that is not in the slot of its hash is found. */
static void ntk_many_hot_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ntk_heat_all(test, 'm', NTK_MANY_HOT, 20), NTK_MANY_HOT);
	ntk_expect_sums(test, false);
}

static void ntk_heat(struct ntk_worker *worker)
{
	void *block[NTK_HOT];
	int nr, i;

	for (nr = 0; nr < NTK_HEATED; nr++) {
		u32 tag = ntk_nth_tag('h', nr);

		for (i = 0; i < NTK_HOT; i++) {
			block[i] = ExAllocatePoolWithTag(NonPagedPool, 16 + 8 * i, tag);
			ntk_check(&worker->tally, block[i], "tag %d", nr);
		}
		for (i = 0; i < NTK_HOT; i++)
			if (block[i])
				ExFreePoolWithTag(block[i], tag);
		cond_resched();
	}
}

/* Several CPUs use a tag while it gets its counters: each allocation is counted once. */
static void ntk_heat_test(struct kunit *test)
{
	struct ntk_tag_row row;
	int nr;

	ntk_threads_run(test, NTK_LOADERS, true, ntk_heat, NULL);
	for (nr = 0; nr < NTK_HEATED; nr++) {
		row = ntk_tag_row(test, ntk_nth_tag('h', nr), false);
		KUNIT_EXPECT_EQ(test, row.allocs, NTK_LOADERS * NTK_HOT);
		KUNIT_EXPECT_EQ(test, row.frees, NTK_LOADERS * NTK_HOT);
		KUNIT_EXPECT_EQ(test, row.bytes, 0);
		KUNIT_EXPECT_EQ(test, row.requested, 0);
	}
}

static struct kunit_case ntk_tags_cases[] = {
	KUNIT_CASE(ntk_sums_test),
	KUNIT_CASE(ntk_types_apart_test),
	KUNIT_CASE(ntk_bytes_test),
	KUNIT_CASE(ntk_count_test),
	KUNIT_CASE(ntk_protected_test),
	KUNIT_CASE(ExAllocatePool_tag_test),
	KUNIT_CASE_PARAM(ntk_escape_test, ntk_escape_gen_params),
	KUNIT_CASE(ntk_sorted_test),
	KUNIT_CASE(ntk_remote_test),
	KUNIT_CASE(ntk_wrong_tag_test),
	KUNIT_CASE(ntk_wrong_byte_test),
	KUNIT_CASE(ntk_under_load_test),
	KUNIT_CASE(ntk_hot_test),
	KUNIT_CASE(ntk_cold_test),
	KUNIT_CASE(ntk_heat_test),
	KUNIT_CASE(ntk_hot_limit_test),
	KUNIT_CASE(ntk_many_hot_test),
	{}
};

static struct kunit_suite ntk_tags_suite = {
	.name = "ntpool_tags",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_tags_cases,
};

kunit_test_suite(ntk_tags_suite);
