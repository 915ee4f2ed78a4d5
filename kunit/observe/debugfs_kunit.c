// SPDX-License-Identifier: GPL-2.0
/*
 * The text of the debugfs files. A line has the name and the version. The next line has
 * the columns that users' scripts rely on. Each row has a value for each column. The
 * figures agree between the files, and with the live blocks. User space scenarios test
 * modes, writes and the mount itself.
 */
#include <linux/cpumask.h>
#include <linux/ctype.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/smp.h>

#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KdDb"))
#define NTK_ADVISED	8	/* blocks of one wasteful size */

struct ntk_file_case {
	const char *name;
	const char *columns;
};

static struct ntk_file_case ntk_files[] = {
	{ "tags", "tag type allocs frees diff bytes requested failed" },
	{ "callers", "tag type count bytes requested caller" },
	{ "pools", "pool pages blocks bytes requested free_bytes cached_bytes big_pages failed" },
	{ "classes", "pool units live free" },
	{ "big", "tag type requested pages waste count" },
	{ "advice", "tag type requested waste count advice" },
	{ "lookaside",
	  "tag type size depth max_depth cached allocs alloc_misses frees free_misses owner" },
};

static void ntk_file_desc(struct ntk_file_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_file, ntk_files, ntk_file_desc);

/* True if a line has these words after its number sign; blanks do not count. */
static bool ntk_same_words(const char *line, const char *words)
{
	if (*line++ != '#')
		return false;
	for (;;) {
		while (*line == ' ' || *line == '\t')
			line++;
		while (*words == ' ')
			words++;
		if (!*words || *line == '\n' || !*line)
			return !*words && (*line == '\n' || !*line);
		while (*words && *words != ' ') {
			if (*words++ != *line++)
				return false;
		}
		if (*line != ' ' && *line != '\t' && *line != '\n' && *line)
			return false;
	}
}

/* `# ntpool NAME VERSION`, VERSION with a digit in it. */
static bool ntk_good_title(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(line, "# ntpool ", 9) || strncmp(line + 9, name, len) ||
	    line[9 + len] != ' ')
		return false;
	for (line += 10 + len; *line && *line != '\n'; line++) {
		if (isdigit(*line))
			return true;
	}
	return false;
}

static void ntk_header_test(struct kunit *test)
{
	const struct ntk_file_case *c = test->param_value;
	struct ntk_table *table = ntk_read(test, c->name);
	const char *title = ntk_table_line(table, 0);
	const char *columns = ntk_table_line(table, 1);

	KUNIT_ASSERT_NOT_NULL(test, title);
	KUNIT_ASSERT_NOT_NULL(test, columns);
	KUNIT_EXPECT_TRUE_MSG(test, ntk_good_title(title, c->name), "%.60s",
			      title);
	KUNIT_EXPECT_TRUE_MSG(test, ntk_same_words(columns, c->columns),
			      "%.90s", columns);
	KUNIT_EXPECT_EQ(test, table->len, strlen(table->buf));
	KUNIT_EXPECT_EQ(test, table->buf[table->len - 1], '\n');
}

static unsigned int ntk_words(const char *text)
{
	unsigned int nr = 1;

	for (; *text; text++)
		nr += *text == ' ';
	return nr;
}

/* Every file has rows while a bit of everything is live; each row is full. */
static void ntk_rows_test(struct kunit *test)
{
	static NPAGED_LOOKASIDE_LIST list;
	const struct ntk_file_case *c = test->param_value;
	unsigned int want = ntk_words(c->columns);
	void *small = ExAllocatePoolWithTag(NonPagedPool, 100, NTK_TAG);
	void *large = ExAllocatePoolWithTag(PagedPool, PAGE_SIZE + 1024, NTK_TAG);
	struct ntk_tally tally = {};
	struct ntk_table *table;
	const char *row = NULL;

	ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 64, NTK_TAG, 0);
	table = ntk_read(test, c->name);
	while ((row = ntk_table_next(table, row)))
		ntk_check(&tally, ntk_row_fields(row) >= want, "%.80s", row);
	ExDeleteNPagedLookasideList(&list);
	if (small)
		ExFreePool(small);
	if (large)
		ExFreePool(large);
	ntk_expect_clean(test, &tally);
}

/* A buffer that is too small is reported, and nothing behind it is written. */
static void ntk_short_buffer_test(struct kunit *test)
{
	const struct ntk_file_case *c = test->param_value;
	char *buf = kunit_kzalloc(test, 64, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	memset(buf, 'x', 64);
	KUNIT_EXPECT_EQ(test, ntpool_test_show(c->name, buf, 24), -E2BIG);
	KUNIT_EXPECT_NULL(test, memchr_inv(buf + 24, 'x', 40));
}

static void ntk_no_file_test(struct kunit *test)
{
	char buf[64];

	KUNIT_EXPECT_LT(test, ntpool_test_show("nothing", buf, sizeof(buf)), 0);
	KUNIT_EXPECT_LT(test, ntpool_test_show("", buf, sizeof(buf)), 0);
}

/* One row per pool. Its figures follow the allocations. */
static void ntk_pools_test(struct kunit *test)
{
	struct ntk_table *table = ntk_read(test, "pools");
	const char *first = ntk_table_next(table, NULL);
	struct ntk_pool_row before, after;
	void *small[10], *large;
	int i;

	KUNIT_EXPECT_EQ(test, strncmp(first, "nonpaged", 8), 0);
	KUNIT_EXPECT_EQ(test, strncmp(ntk_table_next(table, first), "paged", 5),
			0);
	before = ntk_pool_row(test, false);
	for (i = 0; i < ARRAY_SIZE(small); i++)
		small[i] = ExAllocatePoolWithTag(NonPagedPool, 500, NTK_TAG);
	after = ntk_pool_row(test, false);
	KUNIT_EXPECT_EQ(test, after.blocks - before.blocks, 10);
	KUNIT_EXPECT_EQ(test, after.requested - before.requested, 5000);
	KUNIT_EXPECT_EQ(test, after.bytes - before.bytes,
			10 * ntk_block_bytes(500));
	KUNIT_EXPECT_GE(test, (after.pages + after.big_pages) * (s64)PAGE_SIZE,
			after.bytes);
	large = ExAllocatePoolWithTag(NonPagedPool, 9 * SZ_1K, NTK_TAG);
	after = ntk_pool_row(test, false);
	KUNIT_EXPECT_EQ(test, after.big_pages - before.big_pages,
			DIV_ROUND_UP(9 * SZ_1K, PAGE_SIZE));
	if (large)
		ExFreePool(large);
	for (i = 0; i < ARRAY_SIZE(small); i++) {
		if (small[i])
			ExFreePool(small[i]);
	}
	after = ntk_pool_row(test, false);
	KUNIT_EXPECT_EQ(test, after.bytes, before.bytes);
	KUNIT_EXPECT_EQ(test, after.big_pages, before.big_pages);
}

/* Blocks in the cache of a CPU count as free, and a drain gives them back. */
static void ntk_cached_test(struct kunit *test)
{
	struct ntk_pool_row before, cached, drained;
	void *block[16];
	int i;

	ntpool_test_drain();
	before = ntk_pool_row(test, false);
	KUNIT_EXPECT_EQ(test, before.cached_bytes, 0);
	for (i = 0; i < ARRAY_SIZE(block); i++)
		block[i] = ExAllocatePoolWithTag(NonPagedPool, 32, NTK_TAG);
	for (i = 0; i < ARRAY_SIZE(block); i++) {
		if (block[i])
			ExFreePool(block[i]);
	}
	cached = ntk_pool_row(test, false);
	KUNIT_EXPECT_GT(test, cached.cached_bytes, 0);
	KUNIT_EXPECT_EQ(test, cached.bytes, before.bytes);
	KUNIT_EXPECT_EQ(test, cached.blocks, before.blocks);
	ntpool_test_drain();
	drained = ntk_pool_row(test, false);
	KUNIT_EXPECT_EQ(test, drained.cached_bytes, 0);
	KUNIT_EXPECT_LE(test, drained.pages, before.pages);
}

/* Sum of the live units of a pool, and live blocks of one size. */
static s64 ntk_live_units(const struct ntk_table *table, const char *pool,
			  s64 units, s64 *live)
{
	int units_column = ntk_table_column(table, "units");
	int live_column = ntk_table_column(table, "live");
	const char *row = NULL;
	char text[16];
	s64 sum = 0;

	*live = 0;
	while ((row = ntk_table_next(table, row))) {
		if (!ntk_row_text(row, 0, text, sizeof(text)) ||
		    strcmp(text, pool))
			continue;
		sum += ntk_row_number(row, units_column) *
		       ntk_row_number(row, live_column);
		if (ntk_row_number(row, units_column) == units)
			*live += ntk_row_number(row, live_column);
	}
	return sum;
}

static void ntk_classes_test(struct kunit *test)
{
	s64 units = ntk_block_bytes(200) / NTK_GRANULE;
	struct ntk_pool_row pool;
	s64 sum, before, live;
	void *block[7];
	int i;

	ntpool_test_drain();
	ntk_live_units(ntk_read(test, "classes"), "paged", units, &before);
	for (i = 0; i < ARRAY_SIZE(block); i++)
		block[i] = ExAllocatePoolWithTag(PagedPool, 200, NTK_TAG);
	sum = ntk_live_units(ntk_read(test, "classes"), "paged", units, &live);
	KUNIT_EXPECT_EQ(test, live, before + ARRAY_SIZE(block));
	pool = ntk_pool_row(test, true);
	KUNIT_EXPECT_EQ(test, sum * NTK_GRANULE + pool.big_pages * PAGE_SIZE,
			pool.bytes);
	for (i = 0; i < ARRAY_SIZE(block); i++) {
		if (block[i])
			ExFreePool(block[i]);
	}
	ntpool_test_drain();
	ntk_live_units(ntk_read(test, "classes"), "paged", units, &live);
	KUNIT_EXPECT_EQ(test, live, before);
}

/* The row of a tag whose `requested` is @size, NULL if there is none. */
static const char *ntk_size_row(const struct ntk_table *table, const char *tag,
				size_t size)
{
	int requested = ntk_table_column(table, "requested");
	const char *row = NULL;
	char text[17];

	while ((row = ntk_table_next(table, row))) {
		if (ntk_row_text(row, 0, text, sizeof(text)) &&
		    !strcmp(text, tag) &&
		    ntk_row_number(row, requested) == size)
			return row;
	}
	return NULL;
}

static void ntk_expect_big(struct kunit *test, size_t size, s64 pages)
{
	void *block = ExAllocatePoolWithTag(NonPagedPool, size, NTK_TAG);
	struct ntk_table *table = ntk_read(test, "big");
	const char *row = ntk_size_row(table, "KdDb", size);

	KUNIT_EXPECT_NOT_NULL_MSG(test, row, "no row for %zu", size);
	KUNIT_EXPECT_EQ_MSG(test,
			    ntk_row_number(row, ntk_table_column(table, "pages")),
			    pages, "%zu", size);
	KUNIT_EXPECT_EQ_MSG(test,
			    ntk_row_number(row, ntk_table_column(table, "waste")),
			    pages * PAGE_SIZE - size, "%zu", size);
	KUNIT_EXPECT_EQ_MSG(test,
			    ntk_row_number(row, ntk_table_column(table, "count")),
			    1, "%zu", size);
	if (block)
		ExFreePool(block);
	KUNIT_EXPECT_NULL(test, ntk_size_row(ntk_read(test, "big"), "KdDb",
					     size));
}

/* Whole pages, but not above one. */
static void ntk_expect_not_big(struct kunit *test, size_t size)
{
	void *block = ExAllocatePoolWithTag(NonPagedPool, size, NTK_TAG);

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_NULL(test, ntk_size_row(ntk_read(test, "big"), "KdDb", size));
	ExFreePool(block);
}

static void ntk_big_test(struct kunit *test)
{
	if (!NTK_PAGES_4K)
		kunit_skip(test, "the figures are those of 4 KiB pages");
	ntk_expect_big(test, 5 * SZ_1K, 2);
	ntk_expect_big(test, 9 * SZ_1K, 3);
	ntk_expect_big(test, 8 * SZ_1K, 2);
	ntk_expect_big(test, 8 * SZ_1K + 1, 3);
	ntk_expect_not_big(test, SZ_4K);
	ntk_expect_not_big(test, SZ_4K - 1);
}

static void ntk_expect_advice(struct kunit *test, size_t size, const char *want)
{
	void *block[NTK_ADVISED];
	const char *row, *end, *at;
	int i;

	for (i = 0; i < NTK_ADVISED; i++)
		block[i] = ExAllocatePoolWithTag(PagedPool, size, NTK_TAG);
	row = ntk_size_row(ntk_read(test, "advice"), "KdDb", size);
	KUNIT_EXPECT_NOT_NULL_MSG(test, row, "no advice for %zu", size);
	if (row) {
		end = strchrnul(row, '\n');
		at = strnstr(row, want, end - row);
		KUNIT_EXPECT_NOT_NULL_MSG(test, at, "not %s: %.60s", want, row);
	}
	for (i = 0; i < NTK_ADVISED; i++) {
		if (block[i])
			ExFreePool(block[i]);
	}
}

/* 5 KiB waste 3 KiB of two pages: take a page and a block of 1 KiB. */
static void ntk_advice_test(struct kunit *test)
{
	if (!NTK_PAGES_4K)
		kunit_skip(test, "the figures are those of 4 KiB pages");
	ntk_expect_advice(test, 5 * SZ_1K, "4096+1024");
	ntk_expect_advice(test, 9 * SZ_1K, "8192+1024");
}

/* Sorted by total waste: eight times 1 KiB comes before once 3 KiB. */
static void ntk_advice_order_test(struct kunit *test)
{
	void *block[NTK_ADVISED + 1];
	const char *many, *one;
	struct ntk_table *table;
	int i;

	if (!NTK_PAGES_4K)
		kunit_skip(test, "the figures are those of 4 KiB pages");
	for (i = 0; i <= NTK_ADVISED; i++)
		block[i] = ExAllocatePoolWithTag(PagedPool,
						 i ? 7 * SZ_1K : 5 * SZ_1K,
						 NTK_TAG);
	table = ntk_read(test, "advice");
	many = ntk_size_row(table, "KdDb", 7 * SZ_1K);
	one = ntk_size_row(table, "KdDb", 5 * SZ_1K);
	KUNIT_EXPECT_TRUE(test, many && one && many < one);
	for (i = 0; i <= NTK_ADVISED; i++) {
		if (block[i])
			ExFreePool(block[i]);
	}
}

static s64 ntk_list_value(struct kunit *test, const char *column)
{
	struct ntk_table *table = ntk_read(test, "lookaside");
	const char *row = ntk_table_find(table, "KdLs", NULL);

	return ntk_row_number(row, ntk_table_column(table, column));
}

/* A list has its row from its initialisation to its deletion, exact on one CPU. */
static void ntk_lookaside_test(struct kunit *test)
{
	static PAGED_LOOKASIDE_LIST list;
	struct ntk_table *table;
	void *entry;

	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	ExInitializePagedLookasideList(&list, NULL, NULL, 0, 120,
				       ntk_tag4("KdLs"), 0);
	entry = ExAllocateFromPagedLookasideList(&list);
	KUNIT_EXPECT_EQ(test, ntk_list_value(test, "size"), 120);
	KUNIT_EXPECT_EQ(test, ntk_list_value(test, "depth"), list.L.Depth);
	KUNIT_EXPECT_EQ(test, ntk_list_value(test, "max_depth"), 256);
	KUNIT_EXPECT_EQ(test, ntk_list_value(test, "cached"), 0);
	if (entry)
		ExFreeToPagedLookasideList(&list, entry);
	KUNIT_EXPECT_EQ(test, ntk_list_value(test, "cached"), 1);
	KUNIT_EXPECT_EQ(test, ntk_list_value(test, "allocs"), 1);
	KUNIT_EXPECT_EQ(test, ntk_list_value(test, "alloc_misses"), 1);
	KUNIT_EXPECT_EQ(test, ntk_list_value(test, "frees"), 1);
	KUNIT_EXPECT_EQ(test, ntk_list_value(test, "free_misses"), 0);
	table = ntk_read(test, "lookaside");
	KUNIT_EXPECT_NOT_NULL(test, ntk_table_find(table, "KdLs", "Paged"));
	ExDeletePagedLookasideList(&list);
	table = ntk_read(test, "lookaside");
	KUNIT_EXPECT_NULL(test, ntk_table_find(table, "KdLs", NULL));
}

/* Bits that are no flag of the verifier are refused and change nothing. */
static void ntk_verifier_wrong_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0x10), -EINVAL);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(~0UL), -EINVAL);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
}

static struct kunit_case ntk_debugfs_cases[] = {
	KUNIT_CASE_PARAM(ntk_header_test, ntk_file_gen_params),
	KUNIT_CASE_PARAM(ntk_rows_test, ntk_file_gen_params),
	KUNIT_CASE_PARAM(ntk_short_buffer_test, ntk_file_gen_params),
	KUNIT_CASE(ntk_no_file_test),
	KUNIT_CASE(ntk_pools_test),
	KUNIT_CASE(ntk_cached_test),
	KUNIT_CASE(ntk_classes_test),
	KUNIT_CASE(ntk_big_test),
	KUNIT_CASE(ntk_advice_test),
	KUNIT_CASE(ntk_advice_order_test),
	KUNIT_CASE(ntk_lookaside_test),
	KUNIT_CASE(ntk_verifier_wrong_test),
	{}
};

static struct kunit_suite ntk_debugfs_suite = {
	.name = "ntpool_debugfs",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_debugfs_cases,
};

kunit_test_suite(ntk_debugfs_suite);
