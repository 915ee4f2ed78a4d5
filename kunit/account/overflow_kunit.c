// SPDX-License-Identifier: GPL-2.0
/*
 * More tags than ntpool counts one by one. Up to max_tags, at its default, each tag has
 * a row. Later tags are counted together under `Ovfl`. No figure is lost: the sum of
 * all rows is what is live.
 *
 * A tag keeps its row, so later suites would find no room for their own tags. This
 * suite is therefore the last of the module.
 */
#include <linux/mm.h>
#include <linux/sched.h>

#include "fixture.h"

#define NTK_MANY	5000
#define NTK_MAX_TAGS	16384	/* the default of max_tags */
#define NTK_TOO_MANY	17000
#define NTK_DIGITS	36

/* "o000" to "ozzz", in order. */
static u32 ntk_nth_tag(unsigned int nr)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char text[5] = "o";

	text[1] = digits[nr / NTK_DIGITS / NTK_DIGITS % NTK_DIGITS];
	text[2] = digits[nr / NTK_DIGITS % NTK_DIGITS];
	text[3] = digits[nr % NTK_DIGITS];
	text[4] = '\0';
	return ntk_tag4(text);
}

struct ntk_many {
	s64 rows;		/* of tags of this suite with one live block */
	s64 idle;		/* of those with no live block */
	s64 wrong;		/* of those with another number or other sums */
	s64 tags;		/* rows of different tags in all */
};

static struct ntk_many ntk_count_rows(const struct ntk_table *table)
{
	int diff = ntk_table_column(table, "diff");
	int bytes = ntk_table_column(table, "bytes");
	struct ntk_many many = {};
	char text[17], last[17] = "";
	const char *row = NULL;

	while ((row = ntk_table_next(table, row))) {
		if (!ntk_row_text(row, 0, text, sizeof(text)))
			continue;
		many.tags += strcmp(text, last) != 0;
		strscpy(last, text, sizeof(last));
		if (*text != 'o')
			continue;
		if (ntk_row_number(row, diff) == 0)
			many.idle++;
		else if (ntk_row_number(row, diff) == 1 &&
			 ntk_row_number(row, bytes) == ntk_block_bytes(1))
			many.rows++;
		else
			many.wrong++;
	}
	return many;
}

static unsigned int ntk_allocate_tags(void **block, unsigned int nr)
{
	unsigned int i, given = 0;

	for (i = 0; i < nr; i++) {
		block[i] = ExAllocatePoolWithTag(NonPagedPool, 1,
						 ntk_nth_tag(i));
		given += !!block[i];
		cond_resched();
	}
	return given;
}

static void ntk_free_tags(void **block, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (block[i])
			ExFreePoolWithTag(block[i], ntk_nth_tag(i));
		cond_resched();
	}
}

static void ntk_expect_sum(struct kunit *test)
{
	s64 bytes = ntk_pool_row(test, false).bytes;

	KUNIT_EXPECT_EQ(test, ntk_table_sum(ntk_read(test, "tags"), "bytes",
					    "Nonp"), bytes);
	KUNIT_EXPECT_EQ(test, ntk_table_sum(ntk_read(test, "callers"), "bytes",
					    "Nonp"), bytes);
}

/* Each of 5000 tags has its own row and its own figures. */
static void ntk_many_test(struct kunit *test)
{
	void **block = kvcalloc(NTK_MANY, sizeof(*block), GFP_KERNEL);
	u32 overflow = ntk_tag4("Ovfl");
	s64 before = ntk_tag_row(test, overflow, false).diff;
	struct ntk_many many;

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_EQ(test, ntk_allocate_tags(block, NTK_MANY), NTK_MANY);
	many = ntk_count_rows(ntk_read(test, "tags"));
	KUNIT_EXPECT_EQ_MSG(test, many.rows, NTK_MANY, "%lld more are idle",
			    many.idle);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, overflow, false).diff, before);
	KUNIT_EXPECT_EQ(test, many.wrong, 0);
	ntk_expect_sum(test);
	ntk_free_tags(block, NTK_MANY);
	kvfree(block);
	ntk_expect_no_report(test, "frees by tag");
	many = ntk_count_rows(ntk_read(test, "tags"));
	KUNIT_EXPECT_EQ(test, many.rows + many.wrong, 0);
	ntk_expect_sum(test);
}

/* Past max_tags: own rows and `Ovfl` together count every block. */
static void ntk_too_many_test(struct kunit *test)
{
	u32 overflow = ntk_tag4("Ovfl");
	s64 before = ntk_tag_row(test, overflow, false).diff;
	void **block = kvcalloc(NTK_TOO_MANY, sizeof(*block), GFP_KERNEL);
	struct ntk_many many;
	s64 shared;

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_EQ(test, ntk_allocate_tags(block, NTK_TOO_MANY),
			NTK_TOO_MANY);
	many = ntk_count_rows(ntk_read(test, "tags"));
	shared = ntk_tag_row(test, overflow, false).diff - before;
	KUNIT_EXPECT_EQ(test, many.wrong, 0);
	KUNIT_EXPECT_EQ(test, many.rows + shared, NTK_TOO_MANY);
	ntk_expect_sum(test);
	ntk_free_tags(block, NTK_TOO_MANY);
	kvfree(block);
	ntk_expect_no_report(test, "frees by tag");
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, overflow, false).diff, before);
	ntk_expect_sum(test);
	KUNIT_EXPECT_GT(test, shared, 0);
	KUNIT_EXPECT_LE(test, many.tags, NTK_MAX_TAGS + 1);
}

/* With the table full, a tag that was there before has still its own row. */
static void ntk_known_tag_test(struct kunit *test)
{
	struct ntk_tag_row before = ntk_tag_row(test, ntk_nth_tag(7), false);
	struct ntpool_test_report report;
	void *block = ExAllocatePoolWithTag(NonPagedPool, 50, ntk_nth_tag(7));

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, ntk_nth_tag(7), false).diff,
			before.diff + 1);
	ExFreePoolWithTag(block, ntk_nth_tag(7));

	/* A tag of its own is checked at the free even without a row. */
	block = ExAllocatePoolWithTag(NonPagedPool, 50, ntk_tag4("ZZZZ"));
	KUNIT_ASSERT_NOT_NULL(test, block);
	ExFreePoolWithTag(block, ntk_tag4("ZZZY"));
	ntk_expect_report(test, "a wrong tag without a row",
			  NTK_BAD_POOL_CALLER, NTK_WRONG_TAG, &report);
	KUNIT_EXPECT_EQ(test, report.param[2], ntk_tag4("ZZZZ"));
}

static struct kunit_case ntk_overflow_cases[] = {
	KUNIT_CASE(ntk_many_test),
	KUNIT_CASE(ntk_too_many_test),
	KUNIT_CASE(ntk_known_tag_test),
	{}
};

static struct kunit_suite ntk_overflow_suite = {
	.name = "ntpool_overflow",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_overflow_cases,
};

kunit_test_suite(ntk_overflow_suite);
