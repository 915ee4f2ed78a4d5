// SPDX-License-Identifier: GPL-2.0
/*
 * Texts of the verifier's files. Any text that a file shows can be written back. A
 * pattern matches the tags that it describes. Any other text is refused and changes
 * nothing.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string_helpers.h>
#include <linux/workqueue.h>

#include "fixture.h"

#define NTK_LIST_MAX	255	/* characters of a list of patterns */

static const char * const ntk_controls[] = {
	"verifier/flags", "verifier/drivers", "verifier/tags", "verifier/faults",
};

static int ntk_filter_init(struct kunit *test)
{
	return ntk_init_flags(test, 0);
}

static void ntk_filter_exit(struct kunit *test)
{
	ntpool_test_write("verifier/tags", "*");
	ntpool_test_write("verifier/drivers", "*");
	ntpool_test_write("verifier/faults",
			  "probability 600\ntags *\ndrivers *\ndelay_ms 0\nafter_new_stack 0\n");
	ntk_exit(test);
}

/* All of the file, header included; valid until the next read. */
static const char *ntk_shown(struct kunit *test, const char *file)
{
	return ntk_read(test, file)->buf;
}

/* The first row of the file, without the line feed. */
static void ntk_first_row(struct kunit *test, const char *file, char *row, size_t size)
{
	strscpy(row, ntk_table_line(ntk_read(test, file), 2), size);
	*strchrnul(row, '\n') = '\0';
}

struct ntk_text {
	const char *file;
	const char *text;
	const char *shown;	/* the first row afterwards; NULL: refused */
};

static const struct ntk_text ntk_texts[] = {
	{ "verifier/tags", "*", "*" },
	{ "verifier/tags", "Fred", "Fred" },
	{ "verifier/tags", "Fred\n", "Fred" },
	{ "verifier/tags", " Fred ,\tAb* , 0x20-0x40\n", "Fred,Ab*,0x20-0x40" },
	{ "verifier/tags", "A\\040b1", "A\\040b1" },
	{ "verifier/tags", "Ab\\000\\000", "Ab\\000\\000" },
	{ "verifier/tags", "A\\054b1,A\\134b1,\\060x1", "A\\054b1,A\\134b1,\\060x1" },
	{ "verifier/tags", "*\\040*\\040*\\040*\\040*", "*\\040*\\040*\\040*\\040*" },
	{ "verifier/tags", "\\351\\351\\351?", "\\351\\351\\351?" },
	{ "verifier/tags", "0x0", "0x0" },
	{ "verifier/tags", "0x0000000000000000000040", "0x0000000000000000000040" },
	{ "verifier/tags", "#a", "#a" },
	{ "verifier/tags", "", NULL },
	{ "verifier/tags", "\n", NULL },
	{ "verifier/tags", "A b1", NULL },
	{ "verifier/tags", "Fred Ab*", NULL },
	{ "verifier/tags", "Fred\nAb*\n", NULL },
	{ "verifier/tags", "Fred,\nAb*", NULL },
	{ "verifier/tags", "Fred\n\n", NULL },
	{ "verifier/tags", "\nFred", NULL },
	{ "verifier/tags", "Fred\r\n", NULL },
	{ "verifier/tags", "Fred,", NULL },
	{ "verifier/tags", ",Fred", NULL },
	{ "verifier/tags", "Fredd", NULL },
	{ "verifier/tags", "Fred?", NULL },
	{ "verifier/tags", "*Fredd", NULL },
	{ "verifier/tags", "Fre\\0401", NULL },
	{ "verifier/tags", "Fre\\4", NULL },
	{ "verifier/tags", "Fr\\400", NULL },
	{ "verifier/tags", "Fr\\", NULL },
	{ "verifier/tags", "Fr\\x41", NULL },
	{ "verifier/tags", "Fre\\351", NULL },
	{ "verifier/tags", "Fr\351", NULL },
	{ "verifier/tags", "0x", NULL },
	{ "verifier/tags", "0x20-", NULL },
	{ "verifier/tags", "0x20-0x", NULL },
	{ "verifier/tags", "0x20-30", NULL },
	{ "verifier/tags", "0x40-0x20", NULL },
	{ "verifier/tags", "0x20 -0x40", NULL },
	{ "verifier/tags", "0x10000000000000040", NULL },
	{ "verifier/tags", "0x20-0x10000000000000040", NULL },
	{ "verifier/drivers", "nt_hold,a-b*,?", "nt_hold,a-b*,?" },
	{ "verifier/drivers", " nt_hold , other\n", "nt_hold,other" },
	{ "verifier/drivers", "nt hold", NULL },
	{ "verifier/drivers", "nt_hold other", NULL },
	{ "verifier/drivers", "nt_hold\nother\n", NULL },
	{ "verifier/drivers", "a\\054b", NULL },
	{ "verifier/drivers", "na\357ve", NULL },
	{ "verifier/drivers", "a,,b", NULL },
	{ "verifier/drivers", "", NULL },
	{ "verifier/drivers",
	  "a_name_that_is_longer_than_any_module_can_have_in_this_kernel_0123", NULL },
	{ "verifier/faults", "probability 17", "probability 17" },
	{ "verifier/faults", "\n\nprobability 17\n", "probability 17" },
	{ "verifier/faults", "\tprobability\t 17 \t\n \t\n", "probability 17" },
	{ "verifier/faults", "probability 16\ndelay_ms 3\nprobability 17\n", NULL },
	{ "verifier/faults", "probability 17\nprobability 17\n", NULL },
	{ "verifier/faults", "tags Ab*\ntags Cd*\n", NULL },
	{ "verifier/faults", "probability 17\r\n", NULL },
	{ "verifier/faults", "\rprobability 17\n", NULL },
	{ "verifier/faults", "probability \v17\n", NULL },
	{ "verifier/faults", "probability 17\n\f\n", NULL },
	{ "verifier/faults", "tags Fred\r\n", NULL },
	{ "verifier/faults", "# a comment\nprobability 17\n", NULL },
	{ "verifier/faults", "# ntpool verifier/tags 1\nprobability 17\n", NULL },
	{ "verifier/tags", "# Fred\n", NULL },
	{ "verifier/tags", "# Fred\nAb*\n", NULL },
	{ "verifier/tags", "# ntpool verifier/tags 2\nFred\n", NULL },
	{ "verifier/tags", "# ntpool verifier/tags 1\nFred\n", "Fred" },
	{ "verifier/faults", "", NULL },
	{ "verifier/faults", "\n", NULL },
	{ "verifier/faults", "probability 17\nchance 17\n", NULL },
	{ "verifier/faults", "tags Fred\nprobability 10001\n", NULL },
	{ "verifier/faults", "drivers a\ntags Fredd\n", NULL },
	{ "verifier/faults", "tags A b1", NULL },
	{ "verifier/faults", "delay_ms 3\nafter_new_stack yes\n", NULL },
	{ "verifier/faults", "delay_ms 3\nafter_new_stack 10\n", NULL },
	{ "verifier/faults", "probability 17 delay_ms 3", NULL },
	{ "verifier/faults", "probability 4294967297", NULL },
	{ "verifier/flags", "0xb\n", "11" },
	{ "verifier/flags", "0x10000000000000001", NULL },
	{ "verifier/flags", "8 8", NULL },
	{ "verifier/flags", "8\n8\n", NULL },
	{ "verifier/flags", "", NULL },
};

static void ntk_text_desc(const struct ntk_text *c, char *desc)
{
	char *at = desc, *end = desc + KUNIT_PARAM_DESC_SIZE - 1;

	at += scnprintf(at, end - at, "%s ", c->file + strlen("verifier/"));
	at += string_escape_str(c->text, at, end - at, ESCAPE_ANY_NP, NULL);
	*min(at, end) = '\0';
	/* kunit.py takes no name with it. */
	strreplace(desc, '#', '?');
}

KUNIT_ARRAY_PARAM(ntk_text, ntk_texts, ntk_text_desc);

/* The text that the file shows is written back and shown again. */
static void ntk_expect_restored(struct kunit *test, const char *file)
{
	char *shown = kstrdup(ntk_shown(test, file), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, shown);
	KUNIT_EXPECT_EQ_MSG(test, ntpool_test_write(file, shown), 0, "%s", shown);
	KUNIT_EXPECT_STREQ(test, ntk_shown(test, file), shown);
	kfree(shown);
}

static void ntk_text_test(struct kunit *test)
{
	const struct ntk_text *c = test->param_value;
	char before[128], after[128];

	ntk_first_row(test, c->file, before, sizeof(before));
	KUNIT_EXPECT_EQ(test, ntpool_test_write(c->file, c->text), c->shown ? 0 : -EINVAL);
	ntk_first_row(test, c->file, after, sizeof(after));
	KUNIT_EXPECT_STREQ(test, (const char *)after, c->shown ?: (const char *)before);
	ntk_expect_restored(test, c->file);
}

/* A refused write changes no setting, no matter which line is wrong. */
static void ntk_half_test(struct kunit *test)
{
	static const char good[] =
		"probability 17\ntags Ab*\ndrivers nt_*\ndelay_ms 3\nafter_new_stack 1\n";
	static const char * const bad[] = {
		"probability 18\ntags Cd*\ndrivers mt_*\ndelay_ms 4\nafter_new_stack 2\n",
		"after_new_stack 0\ndelay_ms 4\ndrivers mt_*\ntags Cd*\nprobability x\n",
		"probability 18\ndrivers mt_*\ntags Cd*e,Fredd\n",
		"tags Cd*\nprobability 18\ndrivers a/b\n",
	};
	char *before;
	int i;

	KUNIT_ASSERT_EQ(test, ntpool_test_write("verifier/faults", good), 0);
	before = kstrdup(ntk_shown(test, "verifier/faults"), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, before);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ(test, ntpool_test_write("verifier/faults", bad[i]), -EINVAL);
		KUNIT_EXPECT_STREQ(test, ntk_shown(test, "verifier/faults"), before);
	}
	ntpool_test_fail_backing(1, 1);
	KUNIT_EXPECT_EQ(test, ntpool_test_write("verifier/faults",
						"probability 18\ntags Cd*\ndrivers mt_*\n"),
			-ENOMEM);
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_STREQ(test, ntk_shown(test, "verifier/faults"), before);
	kfree(before);
}

/* The longest list that is taken can be written back too, with its line feed. */
static void ntk_longest_test(struct kunit *test)
{
	char *text = kunit_kzalloc(test, NTK_LIST_MAX + 2, GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, text);
	for (i = 0; i < NTK_LIST_MAX; i++)
		text[i] = i % 5 == 3 ? ',' : 'a';
	for (i = 1; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, ntpool_test_write(ntk_controls[i], text), 0);
		ntk_expect_restored(test, ntk_controls[i]);
	}
	text[NTK_LIST_MAX] = 'b';
	for (i = 1; i < 3; i++)
		KUNIT_EXPECT_EQ(test, ntpool_test_write(ntk_controls[i], text), -EINVAL);
}

struct ntk_match {
	const char *pattern;
	u32 tag;
	bool hit;
};

#define NTK_TAG4(a, b, c, d)	((u32)(a) | (u32)(b) << 8 | (u32)(c) << 16 | (u32)(d) << 24)

static const struct ntk_match ntk_matches[] = {
	{ "A\\040b1", NTK_TAG4('A', ' ', 'b', '1'), true },
	{ "A\\040b1", NTK_TAG4('A', '0', 'b', '1'), false },
	{ "A\\054b1", NTK_TAG4('A', ',', 'b', '1'), true },
	{ "A\\054b1", NTK_TAG4('A', '.', 'b', '1'), false },
	{ "A\\052b1", NTK_TAG4('A', '*', 'b', '1'), true },
	{ "A\\052b1", NTK_TAG4('A', 'b', 'b', '1'), false },
	{ "A\\134b1", NTK_TAG4('A', '\\', 'b', '1'), true },
	{ "\\060x1f", NTK_TAG4('0', 'x', '1', 'f'), true },
	{ "0x40", NTK_TAG4('0', 'x', '4', '1'), true },
	{ "0x41", NTK_TAG4('0', 'x', '4', '1'), false },
	{ "A-b1", NTK_TAG4('A', '-', 'b', '1'), true },
	{ "A-b1", NTK_TAG4('A', '_', 'b', '1'), false },
	{ "Ab\\040\\040", NTK_TAG4('A', 'b', ' ', ' '), true },
	{ "Ab\\040", NTK_TAG4('A', 'b', ' ', ' '), true },
	{ "Ab", NTK_TAG4('A', 'b', ' ', ' '), true },
	{ "Ab", NTK_TAG4('A', 'b', 0, 0), true },
	{ "Ab\\000\\000", NTK_TAG4('A', 'b', 0, 0), true },
	{ "Ab\\000\\000", NTK_TAG4('A', 'b', ' ', ' '), false },
	{ "\\101\\142c*", NTK_TAG4('A', 'b', 'c', 'd'), true },
	{ "A*d", NTK_TAG4('A', 'b', 'c', 'd'), true },
	{ "*b*", NTK_TAG4('A', 'b', 'c', 'd'), true },
	{ "*e*", NTK_TAG4('A', 'b', 'c', 'd'), false },
	{ "A?c?", NTK_TAG4('A', 'b', 'c', 'd'), true },
	{ "\\351bc?", NTK_TAG4(0xe9, 'b', 'c', 'd'), true },
	{ "Xx,A*", NTK_TAG4('A', 'b', 'c', 'd'), true },
};

static void ntk_match_desc(const struct ntk_match *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s 0x%08x %d", c->pattern, c->tag, c->hit);
}

KUNIT_ARRAY_PARAM(ntk_match, ntk_matches, ntk_match_desc);

/* Every request that the pattern matches fails. */
static void ntk_match_test(struct kunit *test)
{
	const struct ntk_match *c = test->param_value;
	struct ntpool_test_report report;
	void *block;

	KUNIT_ASSERT_EQ(test, ntpool_test_write("verifier/faults", "probability 10000"), 0);
	KUNIT_ASSERT_EQ(test, ntpool_test_write("verifier/tags", c->pattern), 0);
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x4), 0);
	block = ExAllocatePoolWithTag(NonPagedPool, 64, c->tag);
	KUNIT_EXPECT_EQ(test, !block, c->hit);
	if (block)
		ExFreePool(block);
	ntk_take_reports(&report);
}

struct ntk_replace {
	struct work_struct work;
	struct completion done;
	int err;
};

static void ntk_replace(struct work_struct *work)
{
	struct ntk_replace *replace = container_of(work, struct ntk_replace, work);

	replace->err = ntpool_test_write("verifier/tags", "Aa*,Bb*");
	complete(&replace->done);
}

/* Another CPU replaces the list that this one reads: the list stays until the reader has left. */
static void ntk_replaced_test(struct kunit *test)
{
	struct ntk_replace replace = {};
	enum ntpool_test_kind kind;
	unsigned long deadline;
	const void *list;
	bool done;

	if (num_online_cpus() < 2)
		kunit_skip(test, "the reader needs a CPU of its own");
	KUNIT_ASSERT_EQ(test, ntpool_test_write("verifier/tags", "Fred"), 0);
	INIT_WORK_ONSTACK(&replace.work, ntk_replace);
	init_completion(&replace.done);
	rcu_read_lock();
	list = ntpool_test_filter();
	schedule_work_on(cpumask_any_but(cpu_online_mask, raw_smp_processor_id()), &replace.work);
	deadline = jiffies + 5 * HZ;
	while (!completion_done(&replace.done) && time_before(jiffies, deadline))
		cpu_relax();
	done = completion_done(&replace.done);
	kind = ntpool_test_area_kind(list);
	rcu_read_unlock();
	flush_work(&replace.work);
	destroy_work_on_stack(&replace.work);
	KUNIT_EXPECT_TRUE_MSG(test, done, "the writer waits for the reader");
	KUNIT_EXPECT_EQ(test, replace.err, 0);
	KUNIT_EXPECT_PTR_NE(test, ntpool_test_filter(), list);
	KUNIT_EXPECT_EQ(test, kind, NTPOOL_TEST_RECORD);
}

static struct kunit_case ntk_filter_cases[] = {
	KUNIT_CASE(ntk_replaced_test),
	KUNIT_CASE_PARAM(ntk_text_test, ntk_text_gen_params),
	KUNIT_CASE(ntk_half_test),
	KUNIT_CASE(ntk_longest_test),
	KUNIT_CASE_PARAM(ntk_match_test, ntk_match_gen_params),
	{}
};

static struct kunit_suite ntk_filter_suite = {
	.name = "ntpool_filter",
	.init = ntk_filter_init,
	.exit = ntk_filter_exit,
	.test_cases = ntk_filter_cases,
};

kunit_test_suite(ntk_filter_suite);
