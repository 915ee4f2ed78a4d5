// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier as a whole: wrong arguments, IRQL rules, filters, counters and sampling.
 * Memory is freed with a list or a zone in it. Zones and lists are misused. Flags
 * change while all CPUs allocate.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KxVe"))
#define NTK_SWITCHES	300	/* times that the flags change */
#define NTK_HOLD	16	/* blocks that a thread has at a time */

static int ntk_verify_init(struct kunit *test)
{
	return ntk_init_flags(test, 0x8);
}

static void ntk_verify_exit(struct kunit *test)
{
	ntpool_test_sample(0);
	ntpool_test_write("verifier/faults", "probability 600");
	ntpool_test_write("verifier/tags", "*");
	ntpool_test_write("verifier/drivers", "*");
	ntk_exit(test);
}

static bool ntk_is_special(const void *block)
{
	return is_vmalloc_addr(block);
}

/* An error is reported under every bit; 0x4 must make nothing fail here. */
static void ntk_under_each_bit(struct kunit *test, void (*wrong)(struct kunit *test))
{
	unsigned long bit;

	KUNIT_ASSERT_EQ(test, ntpool_test_write("verifier/faults", "probability 0"), 0);
	for (bit = 1; bit <= 8; bit <<= 1) {
		KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(bit), 0);
		wrong(test);
	}
}

/* ---- arguments ---- */

static void ntk_argument(struct kunit *test, const char *what, size_t size, u32 tag, u32 code,
			 u64 param)
{
	struct ntpool_test_report report;
	void *block = ExAllocatePoolWithTag(NonPagedPool, size, tag);

	ntk_expect_report(test, what, code, param, &report);
	if (block)
		ExFreePool(block);
}

static void ntk_arguments(struct kunit *test)
{
	ntk_argument(test, "size 0", 0, NTK_TAG, NTK_VERIFIER, 0x00);
	ntk_argument(test, "tag 0", 64, 0, NTK_BAD_POOL_CALLER, 0x9b);
	ntk_argument(test, "BIG", 64, ntk_tag4("BIG"), NTK_BAD_POOL_CALLER, 0x9c);
	ntk_argument(test, "no letter", 64, ntk_tag4("-.-."), NTK_BAD_POOL_CALLER, 0x9d);
	ntk_argument(test, "swapped", NTK_TAG, 64, NTK_BAD_POOL_CALLER, 0x9d);
}

static void ntk_arguments_test(struct kunit *test)
{
	ntk_under_each_bit(test, ntk_arguments);
}

/* Calls that are refused anyway. */
static void ntk_refused_arguments(struct kunit *test)
{
	struct ntpool_test_report report;

	KUNIT_EXPECT_NULL(test, ExAllocatePoolWithTag(DontUseThisType, 64, NTK_TAG));
	ntk_expect_report(test, "DontUseThisType", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	KUNIT_EXPECT_NULL(test, ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED, 64,
						NTK_TAG));
	ntk_expect_report(test, "two pools", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	KUNIT_EXPECT_NULL(test, ExAllocatePool2(POOL_FLAG_NON_PAGED, 0, NTK_TAG));
	ntk_expect_report(test, "size 0", NTK_VERIFIER, 0x00, &report);
	KUNIT_EXPECT_NULL(test, ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 0));
	ntk_expect_report(test, "tag 0", NTK_BAD_POOL_CALLER, 0x9b, &report);
}

static void ntk_refused_arguments_test(struct kunit *test)
{
	ntk_under_each_bit(test, ntk_refused_arguments);
}

/* Arguments that are unusual but correct. */
static void ntk_right_arguments_test(struct kunit *test)
{
	static const u32 tags[] = { 'a', 'a   ', '1...', 'BIGX', 0x80000000 | 'derF' };
	void *block;
	int i;

	for (i = 0; i < ARRAY_SIZE(tags); i++) {
		block = ExAllocatePoolWithTag(NonPagedPool, 1 + i, tags[i]);
		KUNIT_EXPECT_NOT_NULL(test, block);
		ExFreePoolWithTag(block, tags[i]);
	}
	block = ExAllocatePool(PagedPool, PAGE_SIZE);
	KUNIT_EXPECT_NOT_NULL(test, block);
	ExFreePool(block);
	ntk_expect_no_report(test, "right arguments");
}

static void ntk_must_succeed_test(struct kunit *test)
{
	struct ntpool_test_report report;
	void *block = ExAllocatePoolWithTag(NonPagedPoolMustSucceed, PAGE_SIZE + 1, NTK_TAG);

	ntk_expect_report(test, "two pages", NTK_VERIFIER, 0x03, &report);
	ExFreePool(block);
}

/* ---- IRQL ---- */

struct ntk_irql_use {
	void *block;
	bool paged;
};

static void ntk_allocate_here(void *arg)
{
	struct ntk_irql_use *use = arg;

	use->block = ExAllocatePoolWithTag(use->paged ? PagedPool : NonPagedPool, 64, NTK_TAG);
}

static void ntk_free_here(void *arg)
{
	struct ntk_irql_use *use = arg;

	ExFreePool(use->block);
}

static void ntk_interrupt_test(struct kunit *test)
{
	struct ntpool_test_report report;
	struct ntk_irql_use use = {};

	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x2), 0);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_SOFTIRQ, -1, ntk_allocate_here, &use), 0);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_SOFTIRQ, -1, ntk_free_here, &use), 0);
	ntk_expect_no_report(test, "in a softirq");
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_HARDIRQ, -1, ntk_allocate_here, &use), 0);
	ntk_expect_report(test, "allocated", NTK_VERIFIER, 0x02, &report);
	KUNIT_EXPECT_NOT_NULL(test, use.block);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_HARDIRQ, -1, ntk_free_here, &use), 0);
	ntk_expect_report(test, "freed", NTK_VERIFIER, 0x12, &report);
}

/* Reported once, and refused, as without the verifier. */
static void ntk_paged_test(struct kunit *test)
{
	struct ntk_irql_use use = { .paged = true };
	struct ntpool_test_report report;

	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0xb), 0);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_BH_OFF, -1, ntk_allocate_here, &use), 0);
	ntk_expect_report(test, "allocated", NTK_BAD_POOL_CALLER, NTK_ALLOC_IRQL, &report);
	KUNIT_EXPECT_NULL(test, use.block);
	ntk_allocate_here(&use);
	KUNIT_ASSERT_NOT_NULL(test, use.block);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_BH_OFF, -1, ntk_free_here, &use), 0);
	ntk_expect_report(test, "freed", NTK_BAD_POOL_CALLER, NTK_FREE_IRQL, &report);
}

/* ---- filter ---- */

static bool ntk_hits(struct kunit *test, size_t size, u32 tag)
{
	void *block = ExAllocatePoolWithTag(NonPagedPool, size, tag);
	bool special = ntk_is_special(block);

	KUNIT_EXPECT_NOT_NULL(test, block);
	ExFreePoolWithTag(block, tag);
	return special;
}

static void ntk_tags_test(struct kunit *test)
{
	ntk_need_special(test);
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x1), 0);
	KUNIT_ASSERT_EQ(test, ntpool_test_write("verifier/tags", "Ab, K?V*\n"), 0);
	KUNIT_EXPECT_TRUE(test, ntk_hits(test, 64, NTK_TAG));
	KUNIT_EXPECT_TRUE(test, ntk_hits(test, 64, ntk_tag4("Ab")));
	KUNIT_EXPECT_TRUE(test, ntk_hits(test, 64, ntk_tag4("Ab  ")));
	KUNIT_EXPECT_FALSE(test, ntk_hits(test, 64, ntk_tag4("Abc")));
	KUNIT_EXPECT_FALSE(test, ntk_hits(test, 64, ntk_tag4("KVxx")));
	/* A star may stand for nothing. */
	KUNIT_ASSERT_EQ(test, ntpool_test_write("verifier/tags", "KxVe*"), 0);
	KUNIT_EXPECT_TRUE(test, ntk_hits(test, 64, NTK_TAG));
	KUNIT_ASSERT_EQ(test, ntpool_test_write("verifier/tags", "Ab,0x20-0x40,0x64"), 0);
	KUNIT_EXPECT_TRUE(test, ntk_hits(test, 7, ntk_tag4("Ab")));
	KUNIT_EXPECT_FALSE(test, ntk_hits(test, 0x1f, NTK_TAG));
	KUNIT_EXPECT_TRUE(test, ntk_hits(test, 0x20, NTK_TAG));
	KUNIT_EXPECT_TRUE(test, ntk_hits(test, 0x40, NTK_TAG));
	KUNIT_EXPECT_FALSE(test, ntk_hits(test, 0x41, NTK_TAG));
	KUNIT_EXPECT_TRUE(test, ntk_hits(test, 0x64, NTK_TAG));
}

static void ntk_drivers_test(struct kunit *test)
{
	ntk_need_special(test);
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x1), 0);
	KUNIT_EXPECT_TRUE(test, ntk_hits(test, 64, NTK_TAG));
	KUNIT_ASSERT_EQ(test, ntpool_test_write("verifier/drivers", "mydrv"), 0);
	KUNIT_EXPECT_FALSE(test, ntk_hits(test, 64, NTK_TAG));
	/* From the table of answers. */
	KUNIT_EXPECT_FALSE(test, ntk_hits(test, 64, NTK_TAG));
	KUNIT_ASSERT_EQ(test, ntpool_test_write("verifier/drivers", "mydrv,*kunit"), 0);
	KUNIT_EXPECT_TRUE(test, ntk_hits(test, 64, NTK_TAG));
	KUNIT_EXPECT_TRUE(test, ntk_hits(test, 64, NTK_TAG));
}

static void ntk_refused_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ntpool_test_write("verifier/tags", ""), -EINVAL);
	KUNIT_EXPECT_EQ(test, ntpool_test_write("verifier/tags", "Ab,,Cd"), -EINVAL);
	KUNIT_EXPECT_EQ(test, ntpool_test_write("verifier/tags", "0x40-0x20"), -EINVAL);
	KUNIT_EXPECT_EQ(test, ntpool_test_write("verifier/drivers", ""), -EINVAL);
	KUNIT_EXPECT_EQ(test, ntpool_test_write("verifier/drivers", "a b;c"), -EINVAL);
	KUNIT_EXPECT_EQ(test, ntpool_test_write("verifier/flags", "16"), -EINVAL);
	KUNIT_EXPECT_EQ(test, ntpool_test_sample(3600001), -EINVAL);
}

/* ---- lists and zones ---- */

static NPAGED_LOOKASIDE_LIST ntk_list;
static NPAGED_LOOKASIDE_LIST ntk_no_list;

/* The second parameter of all of these is the list. */
static void ntk_expect_list(struct kunit *test, const char *what, u64 param, const void *list)
{
	ntk_expect_report_about(test, what, NTK_VERIFIER, param, list);
}

/* Neither operation takes @list for a list. */
static void ntk_expect_no_list(struct kunit *test, PNPAGED_LOOKASIDE_LIST list)
{
	u64 entry;

	KUNIT_EXPECT_NULL(test, ExAllocateFromNPagedLookasideList(list));
	ntk_expect_list(test, "allocated", 0xcb, list);
	ExFreeToNPagedLookasideList(list, &entry);
	ntk_expect_list(test, "freed", 0xcb, list);
}

/* Memory with any content is no list. The structure is looked at before it is used. */
static void ntk_garbage_list(struct kunit *test)
{
	static const u8 fills[] = { 0x00, 0xcc, 0xff, 0x5a, 0x08, 0x01 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fills); i++) {
		memset(&ntk_list, fills[i], sizeof(ntk_list));
		ntk_expect_no_list(test, &ntk_list);
		ExDeleteNPagedLookasideList(&ntk_list);
		ntk_expect_list(test, "deleted", 0xcb, &ntk_list);
	}
}

static void ntk_garbage_list_test(struct kunit *test)
{
	ntk_under_each_bit(test, ntk_garbage_list);
}

/* A structure that was overwritten except for its mark, as by an overrun from the front. */
static void ntk_damaged_list_test(struct kunit *test)
{
	unsigned long *word = (unsigned long *)&ntk_list;
	unsigned long saved;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		ExInitializeNPagedLookasideList(&ntk_list, NULL, NULL, 0, 64, NTK_TAG, 0);
		saved = word[i];
		word[i] = 0xccccccccUL;
		ntk_expect_no_list(test, &ntk_list);
		word[i] = saved;
		ExDeleteNPagedLookasideList(&ntk_list);
		ntk_expect_no_report(test, "deleted after its repair");
	}
}

/* ExFlushLookasideListEx() */
static void ntk_damaged_flush_test(struct kunit *test)
{
	static LOOKASIDE_LIST_EX list;
	unsigned long *word = (unsigned long *)&list;
	unsigned long saved;

	KUNIT_ASSERT_EQ(test, ExInitializeLookasideListEx(&list, NULL, NULL, NonPagedPool, 0, 64,
							  NTK_TAG, 0), STATUS_SUCCESS);
	saved = word[0];
	word[0] = 0xccccccccUL;
	ExFlushLookasideListEx(&list);
	ntk_expect_list(test, "flushed", 0xcb, &list);
	word[0] = saved;
	ExFlushLookasideListEx(&list);
	ExDeleteLookasideListEx(&list);
	ntk_expect_no_report(test, "flushed after its repair");
	ExFlushLookasideListEx(&list);
	ntk_expect_list(test, "flushed after its deletion", 0xcb, &list);
}

/* Memory that is not mapped. */
static void ntk_unmapped_list_test(struct kunit *test)
{
	PNPAGED_LOOKASIDE_LIST list = vmalloc(PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, list);
	vfree(list);
	ntk_expect_no_list(test, list);
}

/* The report names the list that was deleted there. */
static void ntk_deleted_list_test(struct kunit *test)
{
	struct ntpool_test_report report;

	ExInitializeNPagedLookasideList(&ntk_list, NULL, NULL, 0, 96, NTK_TAG, 0);
	ExDeleteNPagedLookasideList(&ntk_list);
	ExDeleteNPagedLookasideList(&ntk_list);
	ntk_expect_report(test, "deleted twice", NTK_VERIFIER, 0xcb, &report);
	KUNIT_EXPECT_EQ(test, report.tag, NTK_TAG);
	KUNIT_EXPECT_EQ(test, report.size, 96);
	KUNIT_EXPECT_NE(test, report.allocator, 0);
	KUNIT_EXPECT_NE(test, report.allocator, report.caller);
	KUNIT_EXPECT_NULL(test, ExAllocateFromNPagedLookasideList(&ntk_list));
	ntk_expect_report(test, "used after that", NTK_VERIFIER, 0xcb, &report);
	KUNIT_EXPECT_EQ(test, report.tag, NTK_TAG);
	ExInitializeNPagedLookasideList(&ntk_list, NULL, NULL, 0, 64, NTK_TAG, 0);
	memset(&ntk_list, 0, sizeof(ntk_list));
	KUNIT_EXPECT_NULL(test, ExAllocateFromNPagedLookasideList(&ntk_list));
	ntk_expect_report(test, "overwritten", NTK_VERIFIER, 0xcb, &report);
	KUNIT_EXPECT_EQ(test, report.size, 64);
	KUNIT_EXPECT_NULL(test, ExAllocateFromNPagedLookasideList(&ntk_no_list));
	ntk_expect_report(test, "never a list", NTK_VERIFIER, 0xcb, &report);
	KUNIT_EXPECT_EQ(test, report.tag, 0);
}

static void ntk_list_rules(struct kunit *test)
{
	struct ntpool_test_report report;

	ExInitializeNPagedLookasideList(&ntk_list, NULL, NULL, 0, 1, NTK_TAG, 0);
	ntk_expect_report(test, "too small", NTK_VERIFIER, 0xcd, &report);
	KUNIT_EXPECT_EQ(test, report.param[1], (unsigned long)&ntk_list);
	KUNIT_EXPECT_EQ(test, report.param[2], 1);
	KUNIT_EXPECT_EQ(test, report.param[3], sizeof(PVOID));
	ExInitializeNPagedLookasideList(&ntk_list, NULL, NULL, 0, 64, NTK_TAG, 0);
	ntk_expect_list(test, "initialised again", 0xca, &ntk_list);
	ExDeleteNPagedLookasideList(&ntk_list);
	ExInitializeNPagedLookasideList(&ntk_list, NULL, NULL, 0, sizeof(PVOID), NTK_TAG, 0);
	ExDeleteNPagedLookasideList(&ntk_list);
	ntk_expect_no_report(test, "a list of the smallest blocks, and its end");
}

static void ntk_list_rules_test(struct kunit *test)
{
	ntk_under_each_bit(test, ntk_list_rules);
}

static void ntk_list_freed_test(struct kunit *test)
{
	NPAGED_LOOKASIDE_LIST *list;

	list = ExAllocatePoolWithTag(NonPagedPool, sizeof(*list), NTK_TAG);
	KUNIT_ASSERT_NOT_NULL(test, list);
	ExInitializeNPagedLookasideList(list, NULL, NULL, 0, 64, NTK_TAG, 0);
	ExDeleteNPagedLookasideList(list);
	ExInitializeNPagedLookasideList(list, NULL, NULL, 0, 64, NTK_TAG, 0);
	ExFreePool(list);
	ntk_expect_list(test, "freed", 0xcc, list);
	/* It is reported once, and never for the next owner of the memory. */
	list = ExAllocatePoolWithTag(NonPagedPool, sizeof(*list), NTK_TAG);
	ExInitializeNPagedLookasideList(list, NULL, NULL, 0, 64, NTK_TAG, 0);
	ExDeleteNPagedLookasideList(list);
	ExFreePool(list);
	ntk_expect_no_report(test, "freed after it was deleted");
}

/* At the end of a block, for each kind of block. */
static void ntk_list_in_block(struct kunit *test)
{
	static const size_t sizes[] = { 2 * sizeof(NPAGED_LOOKASIDE_LIST), 4000, 3 * PAGE_SIZE };
	struct ntpool_test_report report;
	NPAGED_LOOKASIDE_LIST *list;
	u8 *block;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		block = ExAllocatePoolWithTag(NonPagedPool, sizes[i], NTK_TAG);
		KUNIT_ASSERT_NOT_NULL(test, block);
		list = (void *)(block + sizes[i] - sizeof(*list));
		list = PTR_ALIGN_DOWN(list, __alignof__(*list));
		ExInitializeNPagedLookasideList(list, NULL, NULL, 0, 64, NTK_TAG, 0);
		ntk_expect_no_report(test, "initialised");
		ExFreePool(block);
		ntk_expect_report(test, "freed", NTK_VERIFIER, 0xcc, &report);
	}
}

static void ntk_list_in_block_test(struct kunit *test)
{
	ntk_under_each_bit(test, ntk_list_in_block);
}

struct ntk_zone {
	ZONE_HEADER zone;
	KSPIN_LOCK lock;
	void *memory;
};

static void ntk_zone_begin(struct kunit *test, struct ntk_zone *z)
{
	KeInitializeSpinLock(&z->lock);
	z->memory = ExAllocatePoolWithTag(NonPagedPool, 1024, NTK_TAG);
	KUNIT_ASSERT_NOT_NULL(test, z->memory);
	KUNIT_ASSERT_EQ(test, ExInitializeZone(&z->zone, 64, z->memory, 1024), STATUS_SUCCESS);
}

/* ExInterlockedFreeToZone() */
static void ntk_zone_free(struct kunit *test)
{
	struct ntpool_test_report report;
	struct ntk_zone z = {};
	u8 *block, *next;

	ntk_zone_begin(test, &z);
	block = ExInterlockedAllocateFromZone(&z.zone, &z.lock);
	next = ExInterlockedAllocateFromZone(&z.zone, &z.lock);
	ExInterlockedFreeToZone(&z.zone, block, &z.lock);
	ExInterlockedFreeToZone(&z.zone, block, &z.lock);
	ntk_expect_report(test, "twice", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	ExInterlockedFreeToZone(&z.zone, next + 8, &z.lock);
	ntk_expect_report(test, "the middle", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	ExInterlockedFreeToZone(&z.zone, &report, &z.lock);
	ntk_expect_report(test, "a foreign one", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	ExInterlockedFreeToZone(&z.zone, next, &z.lock);
	ExFreePool(z.memory);
	ntk_expect_no_report(test, "all are back");
}

static void ntk_zone_free_test(struct kunit *test)
{
	ntk_under_each_bit(test, ntk_zone_free);
}

static void ntk_zone_overwritten(struct kunit *test)
{
	struct ntpool_test_report report;
	struct ntk_zone z = {};
	void **block, *other, *link;

	ntk_zone_begin(test, &z);
	other = ExInterlockedAllocateFromZone(&z.zone, &z.lock);
	block = ExInterlockedAllocateFromZone(&z.zone, &z.lock);
	ExInterlockedFreeToZone(&z.zone, block, &z.lock);
	link = *block;
	*block = (void *)0x5a5a5a5a5a5a5a5aUL;
	KUNIT_EXPECT_NULL(test, ExInterlockedAllocateFromZone(&z.zone, &z.lock));
	ntk_expect_report(test, "allocated", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	ExInterlockedFreeToZone(&z.zone, other, &z.lock);
	ntk_expect_report(test, "freed", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	/* A circle does not end either. */
	*block = block;
	KUNIT_EXPECT_NULL(test, ExInterlockedAllocateFromZone(&z.zone, &z.lock));
	ntk_expect_report(test, "a circle", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	*block = link;
	ExInterlockedFreeToZone(&z.zone, other, &z.lock);
	ExFreePool(z.memory);
	ntk_expect_no_report(test, "repaired");
}

static void ntk_zone_overwritten_test(struct kunit *test)
{
	ntk_under_each_bit(test, ntk_zone_overwritten);
}

/* ExExtendZone(), ExFreePool() */
static void ntk_zone_freed(struct kunit *test)
{
	struct ntpool_test_report report;
	struct ntk_zone z = {};
	void *more, *block;

	ntk_zone_begin(test, &z);
	more = ExAllocatePoolWithTag(NonPagedPool, 1024, NTK_TAG);
	KUNIT_ASSERT_NOT_NULL(test, more);
	KUNIT_EXPECT_EQ(test, ExExtendZone(&z.zone, more, 1024), STATUS_SUCCESS);
	block = ExInterlockedAllocateFromZone(&z.zone, &z.lock);
	ExFreePool(more);
	ntk_expect_report(test, "one is out", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	KUNIT_EXPECT_GE(test, (unsigned long)block, (unsigned long)more);
	ExFreePool(z.memory);
	ntk_expect_no_report(test, "a zone of which not all is known");
}

static void ntk_zone_freed_test(struct kunit *test)
{
	ntk_under_each_bit(test, ntk_zone_freed);
}

/* A zone from before is left alone. */
static void ntk_zone_before_test(struct kunit *test)
{
	struct ntk_zone z = {};
	void *block;

	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0), 0);
	ntk_zone_begin(test, &z);
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	block = ExInterlockedAllocateFromZone(&z.zone, &z.lock);
	KUNIT_EXPECT_NOT_NULL(test, block);
	ExInterlockedFreeToZone(&z.zone, block, &z.lock);
	ExFreePool(z.memory);
	ntk_expect_no_report(test, "a zone from before");
}

/* ---- counters ---- */

static void ntk_counters_test(struct kunit *test)
{
	static const char * const names[] = {
		"allocations_attempted", "allocations_succeeded",
		"allocations_succeeded_special_pool", "allocations_no_tag", "allocations_failed",
		"allocations_failed_deliberately", "unable_to_track", "irql_raises",
		"spinlocks_acquired", "violations",
	};
	/* The events below, in the same order. */
	static const s64 grow[] = {
		4, 3, NTK_HAS_SPECIAL ? 3 : 0, 1, 1, 0, 0, 1, 2, 1,
	};
	struct ntpool_test_report report;
	s64 before[ARRAY_SIZE(names)];
	KSPIN_LOCK lock;
	KIRQL irql;
	int i;

	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x9), 0);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		before[i] = ntk_counter(test, names[i]);
	ExFreePool(ExAllocatePoolWithTag(NonPagedPool, 64, NTK_TAG));
	ExFreePool(ExAllocatePool(NonPagedPool, 64));
	ExFreePool(ExAllocatePoolWithTag(NonPagedPool, PAGE_SIZE, NTK_TAG));
	KUNIT_EXPECT_NULL(test, ExAllocatePoolWithTag(NonPagedPool, SIZE_MAX / 2, NTK_TAG));
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	KeLowerIrql(irql);
	KeInitializeSpinLock(&lock);
	KeAcquireSpinLock(&lock, &irql);
	KeReleaseSpinLock(&lock, irql);
	KeRaiseIrqlToDpcLevel();
	KeAcquireSpinLockAtDpcLevel(&lock);
	KeReleaseSpinLockFromDpcLevel(&lock);
	KeLowerIrql(PASSIVE_LEVEL);
	ExFreePool(NULL);
	ntk_expect_report(test, "NULL", NTK_BAD_POOL_CALLER, NTK_NO_ADDRESS, &report);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		KUNIT_EXPECT_EQ_MSG(test, ntk_counter(test, names[i]),
				    before[i] + grow[i] + (i == 7), "%s", names[i]);
}

/* ---- flags that change under load ---- */

static NPAGED_LOOKASIDE_LIST ntk_shared;

static void ntk_load_step(struct ntk_worker *worker, void **block, u8 *fill, unsigned int i)
{
	size_t size = 1 + ntk_random_below(&worker->rng, 300);

	if (block[i]) {
		ntk_check(&worker->tally, *(u8 *)block[i] == fill[i], "a block has changed");
		ExFreePoolWithTag(block[i], NTK_TAG);
	}
	block[i] = ExAllocatePoolWithTag(i & 1 ? PagedPool : NonPagedPool, size, NTK_TAG);
	/* 0x4 is among the flags. */
	fill[i] = size;
	if (block[i])
		memset(block[i], fill[i], size);
}

/* Entries of a list live across switches too. */
static void ntk_list_step(void **entry)
{
	if (*entry)
		ExFreeToNPagedLookasideList(&ntk_shared, *entry);
	*entry = ExAllocateFromNPagedLookasideList(&ntk_shared);
	if (*entry)
		memset(*entry, 0x77, 64);
}

/* A zone that is made, used and given up, now under one set of flags, now under several. */
static void ntk_zone_step(struct ntk_worker *worker)
{
	void *segment = ExAllocatePoolWithTag(NonPagedPool, 512, NTK_TAG), *block;
	KSPIN_LOCK lock;
	ZONE_HEADER zone;

	if (!segment)
		return;
	KeInitializeSpinLock(&lock);
	ExInitializeZone(&zone, 64, segment, 512);
	block = ExInterlockedAllocateFromZone(&zone, &lock);
	ntk_check(&worker->tally, block, "a zone has no blocks");
	cond_resched();
	if (block)
		ExInterlockedFreeToZone(&zone, block, &lock);
	ExFreePoolWithTag(segment, NTK_TAG);
}

static void ntk_load(struct ntk_worker *worker)
{
	void *block[NTK_HOLD] = {}, *entry[NTK_HOLD] = {};
	u8 fill[NTK_HOLD];
	unsigned int i;

	while (!READ_ONCE(worker->threads->stop)) {
		ntk_load_step(worker, block, fill, ntk_random_below(&worker->rng, NTK_HOLD));
		ntk_list_step(&entry[ntk_random_below(&worker->rng, NTK_HOLD)]);
		if (!ntk_random_below(&worker->rng, 8))
			ntk_zone_step(worker);
		cond_resched();
	}
	for (i = 0; i < NTK_HOLD; i++) {
		if (block[i])
			ExFreePoolWithTag(block[i], NTK_TAG);
		if (entry[i])
			ExFreeToNPagedLookasideList(&ntk_shared, entry[i]);
	}
}

/* Nothing is lost, nothing reported; ntk_exit() looks at the figures. */
static void ntk_switch_test(struct kunit *test)
{
	struct ntk_threads *threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	struct rnd_state rng;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, threads);
	prandom_seed_state(&rng, 1);
	ExInitializeNPagedLookasideList(&ntk_shared, NULL, NULL, 0, 64, NTK_TAG, 0);
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, 4, true, ntk_load, NULL), 0);
	for (i = 0; i < NTK_SWITCHES; i++)
		KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(i % 3 ?
				ntk_random_below(&rng, 16) : 0), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	WRITE_ONCE(threads->stop, true);
	KUNIT_EXPECT_EQ(test, ntk_threads_finish(threads), 0);
	ntk_threads_expect_clean(test, threads);
	ExDeleteNPagedLookasideList(&ntk_shared);
	ntk_expect_no_report(test, "switching under load");
}

static struct kunit_case ntk_verify_cases[] = {
	KUNIT_CASE(ntk_arguments_test),
	KUNIT_CASE(ntk_refused_arguments_test),
	KUNIT_CASE(ntk_right_arguments_test),
	KUNIT_CASE(ntk_must_succeed_test),
	KUNIT_CASE(ntk_interrupt_test),
	KUNIT_CASE(ntk_paged_test),
	KUNIT_CASE(ntk_tags_test),
	KUNIT_CASE(ntk_drivers_test),
	KUNIT_CASE(ntk_refused_test),
	KUNIT_CASE(ntk_garbage_list_test),
	KUNIT_CASE(ntk_damaged_list_test),
	KUNIT_CASE(ntk_damaged_flush_test),
	KUNIT_CASE(ntk_unmapped_list_test),
	KUNIT_CASE(ntk_deleted_list_test),
	KUNIT_CASE(ntk_list_rules_test),
	KUNIT_CASE(ntk_list_freed_test),
	KUNIT_CASE(ntk_list_in_block_test),
	KUNIT_CASE(ntk_zone_free_test),
	KUNIT_CASE(ntk_zone_overwritten_test),
	KUNIT_CASE(ntk_zone_freed_test),
	KUNIT_CASE(ntk_zone_before_test),
	KUNIT_CASE(ntk_counters_test),
	KUNIT_CASE(ntk_switch_test),
	{}
};

static struct kunit_suite ntk_verify_suite = {
	.name = "ntpool_verify",
	.init = ntk_verify_init,
	.exit = ntk_verify_exit,
	.test_cases = ntk_verify_cases,
};

kunit_test_suite(ntk_verify_suite);
