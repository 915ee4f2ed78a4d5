// SPDX-License-Identifier: GPL-2.0
/*
 * Accesses to special pool by the kernel's own routines. The kernel repairs a fault in
 * the copy to user space, so there is no oops. ntpool must report it. Debuggers may
 * read any address. The kernel's hashes and copies of names may read a whole word
 * beyond the end of a string. Neither is reported.
 *
 * The system scenario `detect` makes faults that end threads.
 */
#include <linux/stringhash.h>

#include "special.h"

#define NTK_SIZE	96

/* Nothing is there. The read of the source comes first. */
#define NTK_USER	((void __user *)(4 * PAGE_SIZE))

static void ntk_copied(struct kunit *test, const u8 *at, u32 code, const char *text)
{
	struct ntpool_test_report report;

	KUNIT_EXPECT_EQ(test, copy_to_user(NTK_USER, at, 8), 8);
	ntk_expect_report(test, text, code, (unsigned long)at, &report);
	KUNIT_EXPECT_EQ(test, report.param[1], 0);
	KUNIT_EXPECT_EQ(test, report.tag, NTK_TAG);
	KUNIT_EXPECT_STREQ(test, report.text, text);
}

/* The report is about a driver: the kernel's routine is not to blame. */
static void ntk_copy_test(struct kunit *test)
{
	u8 *block = ntk_take(test, NTK_SIZE);

	if (!IS_ENABLED(CONFIG_TRACEPOINTS) || !IS_ENABLED(CONFIG_X86) || !__is_defined(MODULE))
		kunit_skip(test, "there is no tracepoint, or no module");
	ntk_copied(test, block + NTK_SIZE, NTK_DRIVER_BEYOND,
		   "byte 1 past the end of a block was read");
	ntk_give(block);
	ntk_copied(test, block, NTK_DRIVER_FREED, "byte 0 of a freed block was read");
	/* Again, from the same place. */
	ntk_copied(test, block + 3, NTK_DRIVER_FREED, "byte 3 of a freed block was read");
	ntpool_test_special_start(true);
	block = ntk_take(test, 5120);
	ntk_copied(test, block - 16, NTK_DRIVER_BEYOND,
		   "byte 16 before the start of a block was read");
	ntk_give(block);
	ntk_copied(test, block + 5000, NTK_DRIVER_FREED, "byte 5000 of a freed block was read");
}

/* Correct use is not reported, though the kernel repairs a fault at the user's address. */
static void ntk_right_test(struct kunit *test)
{
	u8 *block = ntk_take(test, NTK_SIZE);

	memset(block, 'a', NTK_SIZE);
	KUNIT_EXPECT_EQ(test, copy_to_user(NTK_USER, block, NTK_SIZE), NTK_SIZE);
	ntk_give(block);
	ntk_expect_no_report(test, "correct use");
}

static void ntk_nofault_test(struct kunit *test)
{
	u8 *block = ntk_take(test, NTK_SIZE);
	char text[16];

	KUNIT_EXPECT_NE(test, copy_from_kernel_nofault(text, block + NTK_SIZE, 8), 0);
	ntk_give(block);
	KUNIT_EXPECT_NE(test, copy_from_kernel_nofault(text, block, 8), 0);
	ntk_expect_no_report(test, "a debugger");
}

/* Names of any length that end where the block ends. */
static void ntk_word_test(struct kunit *test)
{
	u8 *block = ntk_take(test, NTK_SIZE);
	unsigned int hash, len;
	char copy[24] = {};

	memset(block, 'a', NTK_SIZE);
	for (len = 1; len < 16; len++) {
		memset(copy, 'a', len);
		hash = full_name_hash(NULL, (char *)block + NTK_SIZE - len, len);
		KUNIT_EXPECT_EQ(test, hash, full_name_hash(NULL, copy, len));
		memset(copy, 0, sizeof(copy));
	}
	ntk_give(block);
	ntk_expect_no_report(test, "a name at the end of a block");
}

/* The compiler does not know the sizes, so strscpy() itself finds the end. */
static noinline ssize_t ntk_copy_text(char *to, const char *from, size_t size)
{
	return strscpy(to, from, size);
}

/* strscpy() too reads words. They go beyond the block, some of them beyond its page. */
static void ntk_strscpy_test(struct kunit *test)
{
	static const size_t sizes[] = { NTK_SIZE, NTK_SIZE + 1, NTK_SIZE + 12, NTK_SIZE + 15 };
	struct ntk_tally tally = {};
	char copy[32], want[32];
	char *block, *text;
	long len;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		block = (char *)ntk_take(test, sizes[i]);
		for (len = 0; len < 24; len++) {
			text = block + sizes[i] - 1 - len;
			snprintf(want, sizeof(want), "%.*s", (int)len, "abcdefghijklmnopqrstuvwx");
			memcpy(text, want, len + 1);
			ntk_check(&tally, ntk_copy_text(copy, text, sizeof(copy)) == len &&
				  !strcmp(copy, want), "%zu bytes: %s", sizes[i], want);
		}
		ntk_give(block);
	}
	ntk_expect_clean(test, &tally);
	ntk_expect_no_report(test, "a text at the end of a block");
}

static struct kunit_case ntk_access_cases[] = {
	KUNIT_CASE(ntk_copy_test),
	KUNIT_CASE(ntk_right_test),
	KUNIT_CASE(ntk_nofault_test),
	KUNIT_CASE(ntk_word_test),
	KUNIT_CASE(ntk_strscpy_test),
	{}
};

static struct kunit_suite ntk_access_suite = {
	.name = "ntpool_access",
	.init = ntk_special_init,
	.exit = ntk_special_exit,
	.test_cases = ntk_access_cases,
};

kunit_test_suite(ntk_access_suite);
