// SPDX-License-Identifier: GPL-2.0
/*
 * Low resources simulation: which allocations fail, how many of them, which never fail,
 * and how failures are listed.
 */
#include <linux/delay.h>

#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KxFa"))
#define NTK_OTHER	(ntk_tag4("KxFb"))
#define NTK_DRAWS	4000

static void ntk_set(struct kunit *test, const char *text)
{
	KUNIT_EXPECT_EQ_MSG(test, ntpool_test_write("verifier/faults", text), 0, "%s", text);
}

static void ntk_defaults(struct kunit *test)
{
	ntk_set(test, "probability 600\ntags *\ndrivers *\ndelay_ms 0\nafter_new_stack 0\n");
}

static int ntk_fault_init(struct kunit *test)
{
	return ntk_init_flags(test, 0x4);
}

static void ntk_fault_exit(struct kunit *test)
{
	ntk_defaults(test);
	ntpool_test_write("verifier/tags", "*");
	ntk_exit(test);
}

/* How many of @draws allocations of the type and tag fail. */
static noinline unsigned int ntk_failures(POOL_TYPE type, u32 tag, unsigned int draws)
{
	unsigned int failed = 0;
	void *block;

	while (draws--) {
		block = ExAllocatePoolWithTag(type, 64, tag);
		if (block)
			ExFreePool(block);
		else
			failed++;
	}
	return failed;
}

/* ---- chance ---- */

static void ntk_never_and_always_test(struct kunit *test)
{
	s64 deliberate = ntk_counter(test, "allocations_failed_deliberately");
	struct ntk_tag_row before = ntk_tag_row(test, NTK_TAG, false);

	ntk_set(test, "probability 0");
	KUNIT_EXPECT_EQ(test, ntk_failures(NonPagedPool, NTK_TAG, 1000), 0);
	ntk_set(test, "probability 10000");
	KUNIT_EXPECT_EQ(test, ntk_failures(NonPagedPool, NTK_TAG, 1000), 1000);
	KUNIT_EXPECT_EQ(test, ntk_failures(PagedPool, NTK_TAG, 10), 10);
	KUNIT_EXPECT_EQ(test, ntk_counter(test, "allocations_failed_deliberately"),
			deliberate + 1010);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, false).failed, before.failed + 1000);
	KUNIT_EXPECT_NULL(test, ExAllocatePoolWithTag(NonPagedPool, 2 * PAGE_SIZE, NTK_TAG));
}

/* Six per cent unless it is changed; the bounds are ten standard deviations away. */
static void ntk_probability_test(struct kunit *test)
{
	unsigned int failed;

	failed = ntk_failures(NonPagedPool, NTK_TAG, NTK_DRAWS);
	KUNIT_EXPECT_GT(test, failed, 90);
	KUNIT_EXPECT_LT(test, failed, 390);
	ntk_set(test, "probability 5000");
	failed = ntk_failures(NonPagedPool, NTK_TAG, NTK_DRAWS);
	KUNIT_EXPECT_GT(test, failed, 1684);
	KUNIT_EXPECT_LT(test, failed, 2316);
}

/* The bits 2 of NT's pool type. */
static void ntk_must_succeed_test(struct kunit *test)
{
	ntk_set(test, "probability 10000");
	KUNIT_EXPECT_EQ(test, ntk_failures(NonPagedPoolMustSucceed, NTK_TAG, 100), 0);
	KUNIT_EXPECT_EQ(test, ntk_failures(NonPagedPoolCacheAlignedMustS, NTK_TAG, 100), 0);
}

/* MmAllocateContiguousMemory(), MmAllocateNonCachedMemory() */
static void ntk_mm_test(struct kunit *test)
{
	PHYSICAL_ADDRESS any = { .QuadPart = -1 };
	s64 deliberate = ntk_counter(test, "allocations_failed_deliberately");
	PVOID memory;

	ntk_set(test, "probability 10000\ntags MmCm");
	KUNIT_EXPECT_NULL(test, MmAllocateContiguousMemory(PAGE_SIZE, any));
	KUNIT_EXPECT_EQ(test, ntk_counter(test, "allocations_failed_deliberately"),
			deliberate + 1);
	ntk_set(test, "tags MmNc");
	memory = MmAllocateContiguousMemory(PAGE_SIZE, any);
	KUNIT_EXPECT_NOT_NULL(test, memory);
	if (memory)
		MmFreeContiguousMemory(memory);
	KUNIT_EXPECT_NULL(test, MmAllocateNonCachedMemory(PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, ntk_counter(test, "allocations_failed_deliberately"),
			deliberate + 2);
}

static void ntk_off_test(struct kunit *test)
{
	ntk_set(test, "probability 10000");
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0xb), 0);
	KUNIT_EXPECT_EQ(test, ntk_failures(NonPagedPool, NTK_TAG, 100), 0);
}

/* ---- filter ---- */

static void ntk_tags_test(struct kunit *test)
{
	ntk_set(test, "probability 10000\ntags KxF?,Zz*");
	KUNIT_EXPECT_EQ(test, ntk_failures(NonPagedPool, NTK_TAG, 10), 10);
	KUNIT_EXPECT_EQ(test, ntk_failures(NonPagedPool, ntk_tag4("KyFa"), 10), 0);
	KUNIT_EXPECT_EQ(test, ntk_failures(NonPagedPool, ntk_tag4("Zzzz"), 10), 10);
	KUNIT_EXPECT_EQ(test, ntpool_test_write("verifier/tags", "*b"), 0);
	KUNIT_EXPECT_EQ(test, ntk_failures(NonPagedPool, NTK_TAG, 10), 0);
	KUNIT_EXPECT_EQ(test, ntk_failures(NonPagedPool, NTK_OTHER, 10), 10);
}

static void ntk_drivers_test(struct kunit *test)
{
	ntk_set(test, "probability 10000\ndrivers nobody");
	KUNIT_EXPECT_EQ(test, ntk_failures(NonPagedPool, NTK_TAG, 10), 0);
	ntk_set(test, "drivers ntpool_*");
	KUNIT_EXPECT_EQ(test, ntk_failures(NonPagedPool, NTK_TAG, 10), 10);
}

/* It begins when the bit is set. */
static void ntk_delay_test(struct kunit *test)
{
	ntk_set(test, "probability 10000\ndelay_ms 200");
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0x4), 0);
	KUNIT_EXPECT_EQ(test, ntk_failures(NonPagedPool, NTK_TAG, 10), 0);
	msleep(300);
	KUNIT_EXPECT_EQ(test, ntk_failures(NonPagedPool, NTK_TAG, 10), 10);
}

/* ---- each new call stack once ---- */

/* They differ, lest the compiler makes one of both. */
static noinline unsigned int ntk_path_a(void)
{
	unsigned int failed = ntk_failures(NonPagedPool, NTK_TAG, 20);

	barrier();
	return failed;
}

static noinline unsigned int ntk_path_b(void)
{
	unsigned int failed = ntk_failures(NonPagedPool, NTK_TAG, 21);

	barrier();
	return failed;
}

static void ntk_new_stack_test(struct kunit *test)
{
	unsigned int again;

	ntk_set(test, "after_new_stack 1");
	for (again = 0; again < 3; again++) {
		KUNIT_EXPECT_EQ(test, ntk_path_a(), !again);
		KUNIT_EXPECT_EQ(test, ntk_path_b(), !again);
	}
	/* Begun anew. */
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0x4), 0);
	KUNIT_EXPECT_EQ(test, ntk_path_a(), 1);
}

/* The newest is first, with its stack. */
static void ntk_log_test(struct kunit *test)
{
	struct ntk_table *table;
	const char *row;
	char text[64];

	ntk_set(test, "after_new_stack 1");
	KUNIT_EXPECT_EQ(test, ntk_path_b(), 1);
	table = ntk_read(test, "verifier/failures");
	row = ntk_table_next(table, NULL);
	KUNIT_ASSERT_NOT_NULL(test, row);
	KUNIT_EXPECT_TRUE(test, ntk_row_text(row, ntk_table_column(table, "tag"), text,
					     sizeof(text)));
	KUNIT_EXPECT_STREQ(test, text, "KxFa");
	KUNIT_EXPECT_EQ(test, ntk_row_number(row, ntk_table_column(table, "requested")), 64);
	KUNIT_EXPECT_TRUE(test, ntk_row_text(row, ntk_table_column(table, "caller"), text,
					     sizeof(text)));
	KUNIT_EXPECT_EQ_MSG(test, strncmp(text, "ntk_failures+", 13), 0, "%s", text);
	row = strchr(strchr(row, '\n') + 1, '\n');
	KUNIT_EXPECT_TRUE_MSG(test, row && !strncmp(row + 1, " ntk_path_b+", 12), "%s", row);
}

/* ---- settings ---- */

static void ntk_settings_test(struct kunit *test)
{
	struct ntk_table *table;
	char text[64];

	ntk_set(test, "probability 17\n tags  Ab*,Cd?f\ndrivers mydrv\n\ndelay_ms 3\n"
		      "after_new_stack 1\n");
	table = ntk_read(test, "verifier/faults");
	KUNIT_EXPECT_EQ(test, ntk_row_number(ntk_table_find(table, "probability", NULL), 1), 17);
	KUNIT_EXPECT_EQ(test, ntk_row_number(ntk_table_find(table, "delay_ms", NULL), 1), 3);
	KUNIT_EXPECT_EQ(test, ntk_row_number(ntk_table_find(table, "after_new_stack", NULL), 1),
			1);
	KUNIT_EXPECT_TRUE(test, ntk_row_text(ntk_table_find(table, "tags", NULL), 1, text,
					     sizeof(text)));
	KUNIT_EXPECT_STREQ(test, text, "Ab*,Cd?f");
	KUNIT_EXPECT_TRUE(test, ntk_row_text(ntk_table_find(table, "drivers", NULL), 1, text,
					     sizeof(text)));
	KUNIT_EXPECT_STREQ(test, text, "mydrv");
}

static void ntk_refused_test(struct kunit *test)
{
	static const char * const bad[] = {
		"probability", "probability 10001", "probability -1", "probability x",
		"probability 1 2", "prob 1", "delay_ms 86400001", "after_new_stack 2",
		"tags", "tags ,", "tags abcdefghi", "tags 0x20-0x10", "tags 0x20-30",
		"drivers", "drivers a,,b", "drivers a/b", "nonsense 1",
	};
	struct ntk_tally tally = {};
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		ntk_check(&tally, ntpool_test_write("verifier/faults", bad[i]) == -EINVAL, "%s",
			  bad[i]);
	ntk_expect_clean(test, &tally);
	KUNIT_EXPECT_EQ(test, ntk_row_number(ntk_table_find(ntk_read(test, "verifier/faults"),
							    "probability", NULL), 1), 600);
}

static struct kunit_case ntk_fault_cases[] = {
	KUNIT_CASE(ntk_never_and_always_test),
	KUNIT_CASE(ntk_probability_test),
	KUNIT_CASE(ntk_must_succeed_test),
	KUNIT_CASE(ntk_mm_test),
	KUNIT_CASE(ntk_off_test),
	KUNIT_CASE(ntk_tags_test),
	KUNIT_CASE(ntk_drivers_test),
	KUNIT_CASE(ntk_delay_test),
	KUNIT_CASE(ntk_new_stack_test),
	KUNIT_CASE(ntk_log_test),
	KUNIT_CASE(ntk_settings_test),
	KUNIT_CASE(ntk_refused_test),
	{}
};

static struct kunit_suite ntk_fault_suite = {
	.name = "ntpool_fault",
	.init = ntk_fault_init,
	.exit = ntk_fault_exit,
	.test_cases = ntk_fault_cases,
};

kunit_test_suite(ntk_fault_suite);
