// SPDX-License-Identifier: GPL-2.0
/*
 * Stops, assertions and messages. A stop is reported in NT's form with hashed addresses,
 * and returns. A failed assertion is reported with its text. Format conversions give the
 * output of NT. The cases read the kernel log.
 *
 * This file is a checked build: DBG is 1.
 */
#define DBG 1

#include <linux/kmsg_dump.h>
#include <linux/printk.h>

#include "fixture.h"

#define NTK_ASSERTION	0x1e
#define NTK_LINE	640

/* The bits above the lower 32 of a status that is passed as ULONG_PTR. */
#ifdef CONFIG_64BIT
#define NTK_SIGN	"FFFFFFFF"
#else
#define NTK_SIGN	"00000000"
#endif

/* Reads the log on from where it was opened, one record at a time. */
struct ntk_log {
	struct kmsg_dump_iter iter;
	char line[NTK_LINE];
};

static bool ntk_log_next(struct ntk_log *log)
{
	size_t len = 0;

	if (!kmsg_dump_get_line(&log->iter, true, log->line,
				sizeof(log->line) - 1, &len))
		return false;
	log->line[len] = '\0';
	return true;
}

static struct ntk_log *ntk_log_open(struct kunit *test)
{
	struct ntk_log *log;

	if (!IS_ENABLED(CONFIG_PRINTK))
		kunit_skip(test, "needs CONFIG_PRINTK");
	log = kunit_kzalloc(test, sizeof(*log), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, log);
	kmsg_dump_rewind(&log->iter);
	while (ntk_log_next(log))
		;
	return log;
}

/* The next record with @mark in it, from there to its end; NULL if none. */
static char *ntk_log_find(struct ntk_log *log, const char *mark)
{
	while (ntk_log_next(log)) {
		char *text = strstr(log->line, mark);

		if (text) {
			strim(text);
			return text;
		}
	}
	return NULL;
}

#define NTK_PRINTS(test, log, expected, format, ...)			\
do {									\
	KUNIT_EXPECT_EQ(test, DbgPrint("ntk:" format "|\n",		\
				       ##__VA_ARGS__), STATUS_SUCCESS);	\
	KUNIT_EXPECT_STREQ(test, ntk_log_find(log, "ntk:") ?: "nothing", \
			   "ntk:" expected "|");			\
} while (0)

static void DbgPrint_integers_test(struct kunit *test)
{
	struct ntk_log *log = ntk_log_open(test);
	ULONGLONG wide = 0x123456789abcdef0ULL;

	NTK_PRINTS(test, log, "-1 4294967295 ffffffff", "%d %u %x", -1, -1, -1);
	/* A long is 32 bits, so nothing of it is lost or added. */
	NTK_PRINTS(test, log, "-1 4294967295 7", "%ld %lu %lu", (LONG)(-1),
		   MAXULONG, (ULONG)7);
	NTK_PRINTS(test, log, "123456789abcdef0 123456789ABCDEF0 8",
		   "%I64x %llX %d", wide, wide, 8);
	NTK_PRINTS(test, log, "-5 5 5", "%I64d %Iu %I32u", -5LL, (SIZE_T)5, 5);
	NTK_PRINTS(test, log, "-1 255 -1 65535", "%hhd %hhu %hd %hu", 255, -1,
		   65535, -1);
	NTK_PRINTS(test, log, "00ff  ff ff   0xff", "%04x %3x %-4x %#x", 255,
		   255, 255, 255);
	NTK_PRINTS(test, log, "+5 005    5", "%+d %.3d %*d", 5, 5, 4, 5);
	NTK_PRINTS(test, log, "10 100%", "%o 100%%", 8);
}

static void DbgPrint_text_test(struct kunit *test)
{
	struct ntk_log *log = ntk_log_open(test);
	UNICODE_STRING wide = RTL_CONSTANT_STRING(L"wide");
	ANSI_STRING narrow = RTL_CONSTANT_STRING("narrow");
	UNICODE_STRING empty = {};

	NTK_PRINTS(test, log, "a b", "%c %C", 'a', 'b');
	NTK_PRINTS(test, log, "one   two three", "%s %5s %-5s", "one", "two",
		   "three");
	NTK_PRINTS(test, log, "ab  ab.", "%.2s %3.2s.", "abc", "abc");
	NTK_PRINTS(test, log, "x y z  z", "%ws %S %ls %2ws", L"x", L"y", L"z",
		   L"z");
	NTK_PRINTS(test, log, "(null) (null)", "%s %ws", NULL, NULL);
	NTK_PRINTS(test, log, "wide narrow", "%wZ %Z", &wide, &narrow);
	wide.Length = 4;
	narrow.Length = 3;
	NTK_PRINTS(test, log, "wi  wi nar", "%wZ %3wZ %Z", &wide, &wide,
		   &narrow);
	NTK_PRINTS(test, log, "(null) (null)", "%wZ %Z", &empty, NULL);
	NTK_PRINTS(test, log, "\xc3\xa4\xe2\x82\xac", "%ws", L"\x00e4\x20ac");
}

/* No kernel address, none of Linux's extensions, no floating point. */
static void DbgPrint_odd_test(struct kunit *test)
{
	struct ntk_log *log = ntk_log_open(test);
	char raw[32];
	char *line;

	DbgPrint("ntk:%pS|%pK|\n", test, test);
	line = ntk_log_find(log, "ntk:");
	KUNIT_ASSERT_NOT_NULL(test, line);
	snprintf(raw, sizeof(raw), "%lx", (unsigned long)test);
	KUNIT_EXPECT_NULL(test, strstr(line, raw));
	KUNIT_EXPECT_EQ(test, line[strlen(line) - 2], 'K');
	KUNIT_EXPECT_NOT_NULL(test, strstr(line, "S|"));
	NTK_PRINTS(test, log, "7 %f %d", "%d %f %d", 7, 8, 9);
}

/*
 * At most 511 bytes are printed. The newline is lost too, so the next message
 * ends the line.
 */
static void DbgPrint_long_test(struct kunit *test)
{
	struct ntk_log *log = ntk_log_open(test);
	char *text = kunit_kzalloc(test, 1024, GFP_KERNEL);
	char *line;

	KUNIT_ASSERT_NOT_NULL(test, text);
	memset(text, 'x', 1023);
	DbgPrint("ntk:%s\n", text);
	DbgPrint("ntk:%250d%250d%250d\n", 1, 2, 3);
	DbgPrint("\n");
	line = ntk_log_find(log, "ntk:");
	KUNIT_ASSERT_NOT_NULL(test, line);
	KUNIT_EXPECT_EQ(test, strlen(line), 511);
	line = ntk_log_find(log, "ntk:");
	KUNIT_ASSERT_NOT_NULL(test, line);
	KUNIT_EXPECT_EQ(test, line[4 + 499], '2');
	KUNIT_EXPECT_EQ(test, strlen(line), 504);
}

static ULONG ntk_print_list(PCSTR prefix, ULONG level, PCSTR format, ...)
{
	va_list args;
	ULONG status;

	va_start(args, format);
	if (prefix)
		status = vDbgPrintExWithPrefix(prefix, DPFLTR_IHVDRIVER_ID,
					       level, format, args);
	else
		status = vDbgPrintEx(DPFLTR_IHVDRIVER_ID, level, format, args);
	va_end(args);
	return status;
}

/* The level is the number that a record begins with. */
static void DbgPrintEx_test(struct kunit *test)
{
	static const char level[] = { '3', '4', '6', '6', '7' };
	struct ntk_log *log = ntk_log_open(test);
	char *text;
	int i;

	for (i = 0; i < ARRAY_SIZE(level); i++) {
		KUNIT_EXPECT_EQ(test, DbgPrintEx(DPFLTR_DEFAULT_ID, i,
						 "ntk:%d\n", i), STATUS_SUCCESS);
		text = ntk_log_find(log, "ntk:");
		KUNIT_ASSERT_NOT_NULL(test, text);
		KUNIT_EXPECT_EQ(test, log->line[1], level[i]);
		KUNIT_EXPECT_EQ(test, text[4], '0' + i);
	}
}

static void vDbgPrintEx_test(struct kunit *test)
{
	struct ntk_log *log = ntk_log_open(test);
	char *text;

	KUNIT_EXPECT_EQ(test, ntk_print_list(NULL, DPFLTR_ERROR_LEVEL,
					     "ntk:%d\n", 2), STATUS_SUCCESS);
	text = ntk_log_find(log, "ntk:");
	KUNIT_EXPECT_STREQ(test, text ?: "nothing", "ntk:2");
	KUNIT_EXPECT_EQ(test, log->line[1], '3');
}

/* The prefix is text and no format. */
static void vDbgPrintExWithPrefix_test(struct kunit *test)
{
	struct ntk_log *log = ntk_log_open(test);
	char *text;

	KUNIT_EXPECT_EQ(test, ntk_print_list("a%d ", DPFLTR_WARNING_LEVEL,
					     "ntk:%d %s\n", 1, "b"),
			STATUS_SUCCESS);
	text = ntk_log_find(log, "a%d");
	KUNIT_EXPECT_STREQ(test, text ?: "nothing", "a%d ntk:1 b");
	KUNIT_EXPECT_EQ(test, log->line[1], '4');
}

static void ntk_print_here(void *arg)
{
	DbgPrint("ntk:%d\n", *(int *)arg);
}

static void DbgPrint_contexts_test(struct kunit *test)
{
	struct ntk_log *log = ntk_log_open(test);
	char expected[16];
	int context;

	for (context = 0; context < NTK_NR_CONTEXTS; context++) {
		KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_print_here,
						 &context), 0);
		snprintf(expected, sizeof(expected), "ntk:%d", context);
		KUNIT_EXPECT_STREQ(test, ntk_log_find(log, "ntk:") ?: "nothing",
				   expected);
	}
}

/* As the machine's own log has it, since here it returns. */
static void KeBugCheckEx_form_test(struct kunit *test)
{
	struct ntk_log *log = ntk_log_open(test);
	char raw[32];
	char *line;

	ntpool_test_expect_reports(false);
	KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 0xabc, 3,
		     (ULONG_PTR)STATUS_ACCESS_VIOLATION);
	KeBugCheckEx(0x12345, (ULONG_PTR)test, 0, 0, 0);
	ntpool_test_expect_reports(true);
	line = ntk_log_find(log, "ntpool: ***");
	KUNIT_EXPECT_STREQ(test, line ?: "nothing",
			   "ntpool: *** STOP: 0x000000E2 (0x0000000000000001, 0x0000000000000ABC, 0x0000000000000003, 0x"
			   NTK_SIGN "C0000005) MANUALLY_INITIATED_CRASH");
	line = ntk_log_find(log, "ntpool: ***");
	KUNIT_ASSERT_NOT_NULL(test, line);
	KUNIT_EXPECT_NOT_NULL(test, strstr(line, "STOP: 0x00012345 ("));
	snprintf(raw, sizeof(raw), "%lX", (unsigned long)test);
	KUNIT_EXPECT_NULL(test, strstr(line, raw));
	snprintf(raw, sizeof(raw), "%lx", (unsigned long)test);
	KUNIT_EXPECT_NULL(test, strstr(line, raw));
}

static void KeBugCheckEx_test(struct kunit *test)
{
	struct ntpool_test_report report;

	KeBugCheckEx(0xdeaddead, 11, 22, MAXULONG_PTR, (ULONG_PTR)test);
	ntk_expect_report(test, "KeBugCheckEx", 0xdeaddead, 11, &report);
	KUNIT_EXPECT_EQ(test, report.param[1], 22);
	KUNIT_EXPECT_EQ(test, report.param[2], (unsigned long)-1);
	KUNIT_EXPECT_EQ(test, report.param[3], (unsigned long)test);
}

static void KeBugCheck_test(struct kunit *test)
{
	struct ntpool_test_report report;

	KeBugCheck(0x77);
	ntk_expect_report(test, "KeBugCheck", 0x77, 0, &report);
	KUNIT_EXPECT_EQ(test, report.param[1] | report.param[2] |
			report.param[3], 0);
}

/* The codes of the pool, as published, with the names that the log has for them. */
static const struct ntk_stop_name {
	ULONG code;
	u32 published;
	const char *name;
} ntk_stop_names[] = {
#define NTK_STOP(published, code)	{ code, published, #code }
	NTK_STOP(0x0a, IRQL_NOT_LESS_OR_EQUAL),
	NTK_STOP(0x19, BAD_POOL_HEADER),
	NTK_STOP(0x1a, MEMORY_MANAGEMENT),
	NTK_STOP(0x21, QUOTA_UNDERFLOW),
	NTK_STOP(0x41, MUST_SUCCEED_POOL_EMPTY),
	NTK_STOP(0x50, PAGE_FAULT_IN_NONPAGED_AREA),
	NTK_STOP(0xc1, SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION),
	NTK_STOP(0xc2, BAD_POOL_CALLER),
	NTK_STOP(0xc4, DRIVER_VERIFIER_DETECTED_VIOLATION),
	NTK_STOP(0xc5, DRIVER_CORRUPTED_EXPOOL),
	NTK_STOP(0xc6, DRIVER_CAUGHT_MODIFYING_FREED_POOL),
	NTK_STOP(0xcb, DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS),
	NTK_STOP(0xcc, PAGE_FAULT_IN_FREED_SPECIAL_POOL),
	NTK_STOP(0xcd, PAGE_FAULT_BEYOND_END_OF_ALLOCATION),
	NTK_STOP(0xce, DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS),
	NTK_STOP(0xd0, DRIVER_CORRUPTED_MMPOOL),
	NTK_STOP(0xd1, DRIVER_IRQL_NOT_LESS_OR_EQUAL),
	NTK_STOP(0xd3, DRIVER_PORTION_MUST_BE_NONPAGED),
	NTK_STOP(0xd5, DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL),
	NTK_STOP(0xd6, DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION),
	NTK_STOP(0xde, POOL_CORRUPTION_IN_FILE_AREA),
	NTK_STOP(0x13a, KERNEL_MODE_HEAP_CORRUPTION),
#undef NTK_STOP
};

/* A driver's stop is logged under the same name as one that ntpool finds. */
static void KeBugCheck_names_test(struct kunit *test)
{
	struct ntk_log *log = ntk_log_open(test);
	struct ntk_tally tally = {};
	char *line, *name;
	int i;

	for (i = 0; i < ARRAY_SIZE(ntk_stop_names); i++) {
		const struct ntk_stop_name *stop = &ntk_stop_names[i];

		ntk_check(&tally, stop->code == stop->published, "%s is %#x", stop->name,
			  stop->code);
		ntpool_test_expect_reports(false);
		KeBugCheck(stop->code);
		ntpool_test_expect_reports(true);
		line = ntk_log_find(log, "ntpool: ***");
		name = line ? strstr(line, ") ") : NULL;
		ntk_check(&tally, name && !strcmp(name + 2, stop->name), "%s: logged as %s",
			  stop->name, line ?: "nothing");
	}
	ntk_expect_clean(test, &tally);
}

static void ntk_bugcheck_here(void *arg)
{
	KeBugCheckEx(0x77, *(int *)arg, 0, 0, 0);
}

static void KeBugCheckEx_contexts_test(struct kunit *test)
{
	struct ntpool_test_report report;
	int context;

	for (context = 0; context < NTK_NR_CONTEXTS; context++) {
		KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_bugcheck_here,
						 &context), 0);
		ntk_expect_report(test, ntk_context_name(context), 0x77,
				  context, &report);
	}
}

static void ASSERT_test(struct kunit *test)
{
	struct ntpool_test_report report;
	int one = 1, line, looked = 0;
	char text[96];

	ASSERT(one == 1);
	ASSERTMSG("not said", ++looked == 1);
	NT_ASSERT(one);
	KUNIT_EXPECT_EQ(test, looked, 1);
	ntk_expect_no_report(test, "assertions that hold");

	line = __LINE__ + 1;
	ASSERT(one == 2);
	ntk_expect_report(test, "ASSERT", NTK_ASSERTION, 0xc0000420, &report);
	KUNIT_EXPECT_EQ(test, report.param[2], line);
	snprintf(text, sizeof(text), "debug_kunit.c line %d: assertion failed: one == 2", line);
	KUNIT_EXPECT_STREQ(test, report.text, text);

	line = __LINE__ + 1;
	ASSERTMSG("too many", one > 1);
	ntk_expect_report(test, "ASSERTMSG", NTK_ASSERTION, 0xc0000420, &report);
	snprintf(text, sizeof(text),
		 "debug_kunit.c line %d: assertion failed: one > 1: too many", line);
	KUNIT_EXPECT_STREQ(test, report.text, text);

	KUNIT_EXPECT_FALSE(test, NT_VERIFY(one == 2));
	ntk_expect_report(test, "NT_VERIFY", NTK_ASSERTION, 0xc0000420, &report);
	KUNIT_EXPECT_TRUE(test, NT_VERIFY(one == 1));
	ntk_expect_no_report(test, "NT_VERIFY of what holds");
}

/* The routine behind ASSERT(), with other arguments: a path, no file, a message. */
static void RtlAssert_test(struct kunit *test)
{
	struct ntpool_test_report report;

	RtlAssert("a < b", "some/where/file.c", 77, "why");
	ntk_expect_report(test, "RtlAssert", NTK_ASSERTION, 0xc0000420, &report);
	KUNIT_EXPECT_EQ(test, report.param[2], 77);
	KUNIT_EXPECT_EQ(test, report.param[3], 0);
	KUNIT_EXPECT_STREQ(test, report.text,
			   "file.c line 77: assertion failed: a < b: why");
	RtlAssert("a < b", NULL, 0, NULL);
	ntk_expect_report(test, "RtlAssert without a file", NTK_ASSERTION, 0xc0000420,
			  &report);
	KUNIT_EXPECT_STREQ(test, report.text, "? line 0: assertion failed: a < b");
}

/* Without a debugger NT stops with the status of the breakpoint. */
static void DbgBreakPoint_DbgBreakPointWithStatus_test(struct kunit *test)
{
	struct ntpool_test_report report;

	DbgBreakPoint();
	ntk_expect_report(test, "DbgBreakPoint", NTK_ASSERTION, 0x80000003, &report);
	KUNIT_EXPECT_EQ(test, report.param[2], 0);
	DbgBreakPointWithStatus(77);
	ntk_expect_report(test, "DbgBreakPointWithStatus", NTK_ASSERTION, 0x80000003, &report);
	KUNIT_EXPECT_EQ(test, report.param[2], 77);
	__debugbreak();
	ntk_expect_report(test, "__debugbreak", NTK_ASSERTION, 0x80000003, &report);
}

static void KdPrint_test(struct kunit *test)
{
	struct ntk_log *log = ntk_log_open(test);

	KdPrint(("ntk:%lu bytes\n", (ULONG)4096));
	KUNIT_EXPECT_STREQ(test, ntk_log_find(log, "ntk:") ?: "nothing",
			   "ntk:4096 bytes");
	KdPrintEx((DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "ntk:%d\n", 5));
	KUNIT_EXPECT_STREQ(test, ntk_log_find(log, "ntk:") ?: "nothing",
			   "ntk:5");
}

static struct kunit_case ntk_debug_cases[] = {
	KUNIT_CASE(DbgPrint_integers_test),
	KUNIT_CASE(DbgPrint_text_test),
	KUNIT_CASE(DbgPrint_odd_test),
	KUNIT_CASE(DbgPrint_long_test),
	KUNIT_CASE(DbgPrintEx_test),
	KUNIT_CASE(vDbgPrintEx_test),
	KUNIT_CASE(vDbgPrintExWithPrefix_test),
	KUNIT_CASE(DbgPrint_contexts_test),
	KUNIT_CASE(KeBugCheckEx_form_test),
	KUNIT_CASE(KeBugCheckEx_test),
	KUNIT_CASE(KeBugCheck_test),
	KUNIT_CASE(KeBugCheck_names_test),
	KUNIT_CASE(KeBugCheckEx_contexts_test),
	KUNIT_CASE(ASSERT_test),
	KUNIT_CASE(RtlAssert_test),
	KUNIT_CASE(DbgBreakPoint_DbgBreakPointWithStatus_test),
	KUNIT_CASE(KdPrint_test),
	{}
};

static struct kunit_suite ntk_debug_suite = {
	.name = "ntpool_debug",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_debug_cases,
};

kunit_test_suite(ntk_debug_suite);
