// SPDX-License-Identifier: GPL-2.0
/*
 * Reports: their text about a block and about the call, and how many of them are
 * printed. Interrupts arrive between the lines of a report.
 *
 * A console of the suite takes the printed lines.
 */
#include <linux/console.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/irq_work.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KrRe"))
#define NTK_REPORTS	300

/* True if the call site is in a function whose name begins with @name. */
static bool ntk_is_in(unsigned long site, const char *name)
{
	char text[KSYM_SYMBOL_LEN];

	snprintf(text, sizeof(text), "%ps", (void *)site);
	return !strncmp(text, name, strlen(name));
}

static void *ntk_take(struct kunit *test, POOL_TYPE type, size_t size)
{
	void *block = ExAllocatePoolWithTag(type, size, NTK_TAG);

	KUNIT_ASSERT_NOT_NULL(test, block);
	return block;
}

/* @allocator: the function that has the call site; NULL: any */
static void ntk_expect_known(struct kunit *test, const struct ntpool_test_report *report, u32 tag,
			     size_t size, const char *allocator)
{
	KUNIT_EXPECT_EQ(test, report->tag, tag);
	KUNIT_EXPECT_EQ(test, report->size, size);
	if (allocator)
		KUNIT_EXPECT_TRUE(test, ntk_is_in(report->allocator, allocator));
}

static void ntk_expect_block(struct kunit *test, const struct ntpool_test_report *report,
			     size_t size)
{
	ntk_expect_known(test, report, NTK_TAG, size, "ntk_take");
}

/* The middle of a block: which block it is, and where in it the address is. */
static void ntk_middle_told_test(struct kunit *test)
{
	static const struct {
		POOL_TYPE type;
		size_t size;
		size_t offset;
	} blocks[] = {
		{ NonPagedPool, 200, 32 }, { PagedPool, 200, 7 },
		{ NonPagedPool, PAGE_SIZE + 904, PAGE_SIZE },
		{ PagedPool, 2 * PAGE_SIZE + 808, 8 },
	};
	struct ntpool_test_report report;
	char offset[32];
	u8 *block;
	int i;

	for (i = 0; i < ARRAY_SIZE(blocks); i++) {
		block = ntk_take(test, blocks[i].type, blocks[i].size);
		ExFreePool(block + blocks[i].offset);
		ntk_expect_report(test, "the middle", NTK_BAD_POOL_CALLER,
				  blocks[i].type == PagedPool ? NTK_MIDDLE_PAGED :
								NTK_MIDDLE_NONPAGED, &report);
		ntk_expect_block(test, &report, blocks[i].size);
		snprintf(offset, sizeof(offset), "offset %zu", blocks[i].offset);
		KUNIT_EXPECT_TRUE_MSG(test, strstr(report.text, offset), "%s", report.text);
		ExFreePool(block);
	}
}

/* A second free, while a CPU caches the block. */
static void ntk_twice_told_test(struct kunit *test)
{
	static const size_t sizes[] = { 24, 200, PAGE_SIZE + 904 };
	struct ntpool_test_report report;
	void *block;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		block = ntk_take(test, NonPagedPool, sizes[i]);
		ExFreePool(block);
		ExFreePool(block);
		ntk_expect_report(test, "twice", NTK_BAD_POOL_CALLER, NTK_DOUBLE_FREE, &report);
		ntk_expect_block(test, &report, sizes[i]);
	}
}

/* Allocates two blocks of a page, of which the second follows the first. */
static void ntk_pair(struct kunit *test, u8 *pair[2])
{
	u8 *block[64];
	int i, j;

	for (i = 0; i < ARRAY_SIZE(block); i++)
		block[i] = ntk_take(test, NonPagedPool, NTK_PACKED);
	pair[0] = NULL;
	for (i = 0; i < ARRAY_SIZE(block) && !pair[0]; i++)
		for (j = 0; j < ARRAY_SIZE(block); j++)
			if (block[j] == block[i] + ntk_block_bytes(NTK_PACKED)) {
				pair[0] = block[i];
				pair[1] = block[j];
			}
	for (i = 0; i < ARRAY_SIZE(block); i++)
		if (block[i] != pair[0] && block[i] != pair[1])
			ExFreePool(block[i]);
	KUNIT_ASSERT_NOT_NULL_MSG(test, pair[0], "no neighbours");
}

/* The block in front of an overwritten header is named; no field of the header is used. */
static void ntk_header_told_test(struct kunit *test)
{
	struct ntpool_test_report report;
	struct ntk_table *table;
	u8 saved[NTK_HEADER];
	u8 *pair[2];

	ntk_pair(test, pair);
	OPTIMIZER_HIDE_VAR(pair[0]);
	memcpy(saved, pair[0] + NTK_PACKED, NTK_HEADER);
	memset(pair[0] + NTK_PACKED, 'A', NTK_HEADER);
	ExFreePool(pair[1]);
	ntk_expect_report(test, "a header", NTK_BAD_POOL_HEADER, NTK_HEADER_CORRUPT, &report);
	KUNIT_EXPECT_TRUE(test, report.damaged);
	KUNIT_EXPECT_EQ(test, report.before, NTK_TAG);
	table = ntk_read(test, "callers");
	KUNIT_EXPECT_NULL(test, ntk_table_find(table, "AAAA", NULL));
	KUNIT_EXPECT_NOT_NULL(test, ntk_table_find(table, "????", NULL));
	memcpy(pair[0] + NTK_PACKED, saved, NTK_HEADER);
	ExFreePool(pair[0]);
	ExFreePool(pair[1]);
	ntk_expect_no_report(test, "freed");
}

/* A driver's own function that frees. */
static noinline void ntk_wrapper(void *block)
{
	ExFreePool(block);
	barrier();
}

static void ntk_wrapper_test(struct kunit *test)
{
	struct ntpool_test_report report;

	ntk_wrapper((void *)0x10000);
	ntk_expect_report(test, "a wrapper", NTK_BAD_POOL_CALLER, NTK_USER_ADDRESS, &report);
	KUNIT_EXPECT_TRUE(test, ntk_is_in(report.caller, "ntk_wrapper"));
	KUNIT_EXPECT_TRUE_MSG(test, ntk_is_in(report.caller_of, "ntk_wrapper_test"), "%pS",
			      (void *)report.caller_of);
}

/* The report about its memory names MmFreeContiguousMemory(). */
static void ntk_contiguous_told_test(struct kunit *test)
{
	PHYSICAL_ADDRESS any = { .QuadPart = -1 };
	PVOID memory = MmAllocateContiguousMemory(PAGE_SIZE, any);
	struct ntpool_test_report report;

	KUNIT_ASSERT_NOT_NULL(test, memory);
	ExFreePool(memory);
	ntk_expect_report(test, "contiguous", NTK_BAD_POOL_CALLER, NTK_LINEAR_ADDRESS, &report);
	KUNIT_EXPECT_TRUE_MSG(test, strstr(report.text, "MmFreeContiguousMemory"), "%s",
			      report.text);
	ntk_expect_known(test, &report, ntk_tag4("MmCm"), PAGE_SIZE, "ntk_contiguous_told_test");
	ExFreePool(memory + 64);
	ntk_expect_report(test, "within", NTK_BAD_POOL_CALLER, NTK_LINEAR_ADDRESS, &report);
	KUNIT_EXPECT_TRUE_MSG(test, strstr(report.text, "offset 64: MmFreeContiguousMemory"), "%s",
			      report.text);
	ntk_expect_known(test, &report, ntk_tag4("MmCm"), PAGE_SIZE, "ntk_contiguous_told_test");
	MmFreeContiguousMemory(memory);
}

/* The value of a bad type or of bad flags, and the type that it may stand for. */
static void ntk_kind_told_test(struct kunit *test)
{
	struct ntpool_test_report report;
	void *block;

	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	KUNIT_EXPECT_NULL(test, ExAllocatePoolWithTag((POOL_TYPE)POOL_FLAG_NON_PAGED, 64, NTK_TAG));
	ntk_expect_report(test, "flags as type", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	KUNIT_EXPECT_EQ(test, report.param[2], POOL_FLAG_NON_PAGED);
	KUNIT_EXPECT_TRUE_MSG(test, strstr(report.text, "POOL_FLAGS where a POOL_TYPE"), "%s",
			      report.text);
	KUNIT_EXPECT_NULL(test, ExAllocatePool2(NonPagedPoolNx, 64, NTK_TAG));
	ntk_expect_report(test, "type as flags", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	KUNIT_EXPECT_EQ(test, report.param[2], NonPagedPoolNx);
	KUNIT_EXPECT_TRUE_MSG(test, strstr(report.text, "POOL_TYPE where POOL_FLAGS"), "%s",
			      report.text);
	KUNIT_EXPECT_NULL(test, ExAllocatePoolWithTag(DontUseThisType, 64, NTK_TAG));
	ntk_expect_report(test, "neither", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	KUNIT_EXPECT_EQ(test, report.param[2], DontUseThisType);
	KUNIT_EXPECT_FALSE_MSG(test, strstr(report.text, "POOL_FLAGS"), "%s", report.text);
	/* POOL_FLAG_PAGED is POOL_COLD_ALLOCATION too. */
	block = ExAllocatePoolWithTag((POOL_TYPE)POOL_FLAG_PAGED, 64, NTK_TAG);
	KUNIT_ASSERT_NOT_NULL(test, block);
	ExFreePool(block);
	ntk_expect_no_report(test, "0x100");
}

/* A pointer as a tag: its top bit is taken for PROTECTED_POOL. */
static void ntk_pointer_tag_test(struct kunit *test)
{
	static const u32 bad[] = { 0x82c17b18, 0x02c17b41, 0x7f434241, 0xe9434241 };
	struct ntpool_test_report report;
	void *block;
	int i;

	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	for (i = 0; i < ARRAY_SIZE(bad) - 1; i++) {
		block = ExAllocatePoolWithTag(NonPagedPool, 24, bad[i]);
		ntk_expect_report(test, "a pointer", NTK_BAD_POOL_CALLER, 0x9d, &report);
		KUNIT_ASSERT_NOT_NULL(test, block);
		ExFreePoolWithTag(block, bad[i]);
	}
	/* PROTECTED_POOL and `ABCi`. */
	block = ExAllocatePoolWithTag(NonPagedPool, 24, bad[i]);
	KUNIT_ASSERT_NOT_NULL(test, block);
	ExFreePoolWithTag(block, bad[i]);
	ntk_expect_no_report(test, "PROTECTED_POOL");
}

/* Lists: the kind of the list, and the call that initialised it. */
static void ntk_list_told_test(struct kunit *test)
{
	struct ntpool_test_report report;
	NPAGED_LOOKASIDE_LIST *list;

	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	list = ntk_take(test, NonPagedPool, sizeof(*list));
	ExInitializeNPagedLookasideList(list, NULL, NULL, 0, 64, NTK_TAG, 0);
	ExInitializeNPagedLookasideList(list, NULL, NULL, 0, 80, NTK_TAG, 0);
	ntk_expect_report(test, "again", NTK_VERIFIER, 0xca, &report);
	ntk_expect_known(test, &report, NTK_TAG, 64, "ntk_list_told_test");
	ExFreePool(list);
	ntk_expect_report(test, "freed", NTK_VERIFIER, 0xcc, &report);
	ntk_expect_known(test, &report, NTK_TAG, 80, "ntk_list_told_test");
}

static void ntk_expect_list(struct kunit *test, const struct ntpool_test_report *report,
			    size_t size, bool known)
{
	ntk_expect_known(test, report, NTK_TAG, size, known ? "ntk_list_argument_test" : NULL);
}

/* Its arguments: what the initialising call has said so far, or what the list has. */
static void ntk_list_argument_test(struct kunit *test)
{
	struct ntpool_test_report report;
	LOOKASIDE_LIST_EX *list;
	void *memory;
	KIRQL old;

	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0xa), 0);
	list = ntk_take(test, NonPagedPool, 2 * sizeof(*list));
	ExInitializeLookasideListEx(list, NULL, NULL, PagedPool, 0, 2, NTK_TAG, 0);
	ntk_expect_report(test, "too small", NTK_VERIFIER, 0xcd, &report);
	ntk_expect_list(test, &report, 2, false);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	ExFlushLookasideListEx(list);
	KeLowerIrql(old);
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), 1);
	ntk_expect_list(test, &report, LOOKASIDE_MINIMUM_BLOCK_SIZE, true);
	ExDeleteLookasideListEx(list);
	memory = (void *)list + MEMORY_ALLOCATION_ALIGNMENT / 2;
	ExInitializeLookasideListEx(memory, NULL, NULL, NonPagedPool, 0, 64, NTK_TAG, 0);
	ntk_expect_report(test, "misaligned", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	ntk_expect_list(test, &report, 64, false);
	ExDeleteLookasideListEx(memory);
	KeRaiseIrql(DEVICE_LEVEL, &old);
	ExInitializeLookasideListEx(list, NULL, NULL, NonPagedPool, 0, 64, NTK_TAG, 0);
	KeLowerIrql(old);
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), 1);
	ntk_expect_list(test, &report, 64, false);
	ExDeleteLookasideListEx(list);
	ExFreePool(list);
	list = ntk_take(test, PagedPool, sizeof(*list));
	ExInitializeLookasideListEx(list, NULL, NULL, NonPagedPool, 0, 64, NTK_TAG, 0);
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), 1);
	KUNIT_EXPECT_EQ(test, report.code, NTK_MUST_BE_NONPAGED);
	ntk_expect_list(test, &report, 64, false);
	ExDeleteLookasideListEx(list);
	ExFreePool(list);
}

/* ntpool touches a driver's memory: its own instruction is not the driver's. */
static void ntk_fault_told_test(struct kunit *test)
{
	struct ntpool_test_report report;
	void *block;

	if (ntpool_test_set_verifier(0x1))
		kunit_skip(test, "no special pool");
	block = ntk_take(test, NonPagedPool, 64);
	ExFreePool(block);
	if (!ntpool_test_fault((unsigned long)block, true, (unsigned long)ExFreePool + 1))
		kunit_skip(test, "no special pool");
	KUNIT_EXPECT_EQ(test, ntk_take_reports(&report), 1);
	KUNIT_EXPECT_EQ(test, report.param[2], (unsigned long)ExFreePool + 1);
#ifdef MODULE
	KUNIT_EXPECT_TRUE_MSG(test, ntk_is_in(report.caller, "ntk_fault_told_test"), "%pS",
			      (void *)report.caller);
#endif
}

/* ---- what is printed ---- */

static struct {
	unsigned int stops;	/* first lines of reports */
	unsigned int twice;	/* of these, second frees */
	unsigned int lines;
	unsigned int interrupted;	/* lines before which an interrupt has come */
	struct irq_work work;
	bool came;
} ntk_log;

static void ntk_interrupt(struct irq_work *work)
{
	WRITE_ONCE(ntk_log.came, true);
}

static void ntk_slow_line(void);

/* Each line asks for an interrupt, which comes as soon as interrupts are on. */
static void ntk_line(struct console *console, const char *text, unsigned int length)
{
	if (!strnstr(text, "ntpool: ", length))
		return;
	ntk_log.lines++;
	ntk_log.stops += !!strnstr(text, "*** STOP", length);
	ntk_log.twice += !!strnstr(text, "0x0000000000000007", length);
	ntk_log.interrupted += READ_ONCE(ntk_log.came);
	WRITE_ONCE(ntk_log.came, false);
	irq_work_queue(&ntk_log.work);
	ntk_slow_line();
}

static struct console ntk_console = {
	.name = "ntk",
	.write = ntk_line,
};

static void ntk_console_add(void)
{
	/* The last end has changed both. */
	ntk_console.flags = CON_ENABLED;
	ntk_console.index = -1;
	register_console(&ntk_console);
}

static void ntk_log_begin(void)
{
	memset(&ntk_log, 0, sizeof(ntk_log));
	ntk_log.work = IRQ_WORK_INIT_HARD(ntk_interrupt);
	ntk_console_add();
	ntpool_test_expect_reports(false);
}

/* Another CPU may print the rest. */
static void ntk_log_wait(void)
{
	unsigned int tries = 500;

	while (ntpool_test_reports_waiting() && tries--)
		msleep(20);
}

/* On PREEMPT_RT a thread of the kernel prints. It has printed all when the console goes. */
static unsigned int ntk_stops_now(void)
{
	ntk_log_wait();
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		unregister_console(&ntk_console);
		ntk_console_add();
	}
	return data_race(ntk_log.stops);	/* a worker may print how many were left out */
}

static void ntk_log_end(void)
{
	ntk_log_wait();
	/* Prints what is left. */
	console_lock();
	console_unlock();
	unregister_console(&ntk_console);
	irq_work_sync(&ntk_log.work);
	ntpool_test_expect_reports(true);
}

/* A flood from one line does not hide a violation of another kind, nor another line. */
static void ntk_flood_test(struct kunit *test)
{
	void *block = ntk_take(test, NonPagedPool, 24);
	unsigned int flood;
	int i;

	ntk_log_begin();
	for (i = 0; i < NTK_REPORTS; i++)
		ExFreePool((void *)0x10000);
	flood = ntk_stops_now();
	ExFreePool(block);
	ExFreePool(block);
	ntk_wrapper((void *)0x10000);
	ntk_log_end();
	KUNIT_EXPECT_GE(test, flood, 1);
	KUNIT_EXPECT_LE(test, flood, NTK_REPORTS / 3);
	KUNIT_EXPECT_EQ(test, ntk_log.twice, 1);
	KUNIT_EXPECT_EQ(test, ntk_log.stops, flood + 2);
}

#define NTK_SITE	ExFreePool((void *)0x20000)
#define NTK_SITES4	(NTK_SITE, NTK_SITE, NTK_SITE, NTK_SITE)
#define NTK_SITES16	(NTK_SITES4, NTK_SITES4, NTK_SITES4, NTK_SITES4)

/* One kind at many lines: the first of each. */
static void ntk_callsites_test(struct kunit *test)
{
	ntk_log_begin();
	NTK_SITES16;
	NTK_SITES16;
	NTK_SITES16;
	NTK_SITES16;
	NTK_SITES16;
	NTK_SITES16;
	ntk_log_end();
	KUNIT_EXPECT_EQ(test, ntk_log.stops, 96);
}

/* Interrupts come between the lines of a report. */
static void ntk_interrupts_test(struct kunit *test)
{
	ntk_log_begin();
	ntk_wrapper((void *)0x30000);
	ntk_log_end();
	KUNIT_EXPECT_EQ(test, ntk_log.stops, 1);
	KUNIT_EXPECT_GE(test, ntk_log.lines, 5);
	KUNIT_EXPECT_GE(test, ntk_log.interrupted + 1, ntk_log.lines);
}

/* ---- a slow console ---- */

static struct {
	struct work_struct work;
	bool on;	/* the next line is the one that takes long */
	bool busy;
	bool release;
	unsigned int ms;	/* how long it takes at most */
} ntk_slow;

/* Called by the console of the suite, with interrupts off. */
static void ntk_slow_line(void)
{
	unsigned int ms;

	if (!READ_ONCE(ntk_slow.on))
		return;
	WRITE_ONCE(ntk_slow.on, false);
	WRITE_ONCE(ntk_slow.busy, true);
	for (ms = 0; ms < ntk_slow.ms && !READ_ONCE(ntk_slow.release); ms++)
		mdelay(1);
}

static void ntk_slow_report(struct work_struct *work)
{
	ExFreePool((void *)0x40000);
}

static void ntk_slow_need(struct kunit *test)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		kunit_skip(test, "a thread of the kernel prints");
	ntk_need_cpus(test, 2);
}

/*
 * Another CPU prints a report, and its first line takes up to @ms. It may be the CPU that advances
 * jiffies. Returns with preemption disabled.
 */
static void ntk_slow_begin(unsigned int ms)
{
	unsigned int tries = 5000;

	memset(&ntk_slow, 0, sizeof(ntk_slow));
	ntk_slow.ms = ms;
	INIT_WORK(&ntk_slow.work, ntk_slow_report);
	ntk_log_begin();
	WRITE_ONCE(ntk_slow.on, true);
	preempt_disable();
	schedule_work_on(cpumask_any_but(cpu_online_mask, smp_processor_id()), &ntk_slow.work);
	while (!READ_ONCE(ntk_slow.busy) && tries--)
		mdelay(1);
}

static void ntk_slow_end(struct kunit *test)
{
	WRITE_ONCE(ntk_slow.release, true);
	flush_work(&ntk_slow.work);
	ntk_log_end();
	KUNIT_EXPECT_TRUE(test, ntk_slow.busy);
}

/* Repeats that wait for a slow console leave room for the first report of another kind. */
static void ntk_slow_flood_test(struct kunit *test)
{
	void *block;
	int i;

	ntk_slow_need(test);
	block = ntk_take(test, NonPagedPool, 24);
	ntk_slow_begin(5000);
	for (i = 0; i < NTK_REPORTS; i++)
		ExFreePool((void *)0x50000);
	ExFreePool(block);
	ExFreePool(block);
	preempt_enable();
	ntk_slow_end(test);
	KUNIT_EXPECT_EQ(test, ntk_log.twice, 1);
	/* The slow one, the first of the flood, the second free, and perhaps repeats. */
	KUNIT_EXPECT_GE(test, ntk_log.stops, 3);
	KUNIT_EXPECT_LE(test, ntk_log.stops, 3 + 16 / 2);
}

/* This module, NULL where the suites are built in. */
static struct module *ntk_module(void)
{
	return THIS_MODULE;
}

/* Code is freed after all reports that have addresses in it. */
static void ntk_slow_unload_test(struct kunit *test)
{
	unsigned int before, after;

	ntk_slow_need(test);
	if (!ntk_module())
		kunit_skip(test, "built in");
	ntk_slow_begin(300);
	ntk_wrapper((void *)0x60000);
	preempt_enable();
	before = ntpool_test_reports_waiting();
	ntpool_test_module_live(NULL);
	after = ntpool_test_reports_waiting();
	ntk_slow_end(test);
	KUNIT_EXPECT_EQ(test, before, 2);
	KUNIT_EXPECT_EQ(test, after, 0);
}

/* The parameters of a driver's stop are data, not kinds of violations. */
static void ntk_data_test(struct kunit *test)
{
	unsigned int i;

	ntk_log_begin();
	for (i = 0; i < NTK_REPORTS; i++)
		KeBugCheckEx(0xe2, i, 0, 0, 0);
	ntk_log_end();
	KUNIT_EXPECT_GE(test, ntk_log.stops, 1);
	KUNIT_EXPECT_LE(test, ntk_log.stops, 16);
}

static struct kunit_case ntk_report_cases[] = {
	KUNIT_CASE(ntk_middle_told_test),
	KUNIT_CASE(ntk_twice_told_test),
	KUNIT_CASE(ntk_header_told_test),
	KUNIT_CASE(ntk_wrapper_test),
	KUNIT_CASE(ntk_contiguous_told_test),
	KUNIT_CASE(ntk_kind_told_test),
	KUNIT_CASE(ntk_pointer_tag_test),
	KUNIT_CASE(ntk_list_told_test),
	KUNIT_CASE(ntk_list_argument_test),
	KUNIT_CASE(ntk_fault_told_test),
	KUNIT_CASE(ntk_flood_test),
	KUNIT_CASE(ntk_callsites_test),
	KUNIT_CASE(ntk_interrupts_test),
	KUNIT_CASE(ntk_slow_flood_test),
	KUNIT_CASE(ntk_slow_unload_test),
	KUNIT_CASE(ntk_data_test),
	{}
};

static struct kunit_suite ntk_report_suite = {
	.name = "ntpool_report",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_report_cases,
};

kunit_test_suite(ntk_report_suite);
