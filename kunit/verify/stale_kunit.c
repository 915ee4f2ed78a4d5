// SPDX-License-Identifier: GPL-2.0
/*
 * Records of the verifier about memory that changes while the verifier is off. Later no
 * driver may be blamed for an error of another one, and no correct use may fail.
 */
#include <linux/delay.h>

#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KxSt"))
#define NTK_SEGMENT	1024

static int ntk_stale_init(struct kunit *test)
{
	return ntk_init_flags(test, 0x8);
}

static void ntk_stale_exit(struct kunit *test)
{
	ntpool_test_sample(0);
	ntk_exit(test);
}

static void ntk_flags(struct kunit *test, unsigned long flags)
{
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(flags), 0);
}

static void *ntk_take(struct kunit *test, size_t size)
{
	void *block = ExAllocatePoolWithTag(NonPagedPool, size, NTK_TAG);

	KUNIT_ASSERT_NOT_NULL(test, block);
	return block;
}

/* The block that was freed last comes back, if nothing is special about it. */
static void *ntk_take_again(struct kunit *test, size_t size, const void *wanted)
{
	void *block = ntk_take(test, size);

	KUNIT_ASSERT_PTR_EQ(test, (const void *)block, wanted);
	return block;
}

/* All blocks come, once each, and go. */
static void ntk_use_zone(struct kunit *test, ZONE_HEADER *zone, KSPIN_LOCK *lock)
{
	void *block[NTK_SEGMENT / 64];
	unsigned int i, nr;

	for (nr = 0; nr < ARRAY_SIZE(block); nr++) {
		block[nr] = ExInterlockedAllocateFromZone(zone, lock);
		if (!block[nr])
			break;
	}
	KUNIT_EXPECT_EQ(test, nr, (NTK_SEGMENT - sizeof(ZONE_SEGMENT_HEADER)) / 64);
	for (i = 0; i < nr; i++)
		ExInterlockedFreeToZone(zone, block[i], lock);
	ntk_expect_no_report(test, "a zone that is right");
}

/* An unchecked ExInitializeZone() makes all notes about the zone invalid. */
static void ntk_zone_anew_test(struct kunit *test)
{
	void *first = ntk_take(test, NTK_SEGMENT), *second;
	KSPIN_LOCK lock;
	ZONE_HEADER zone;

	KeInitializeSpinLock(&lock);
	ExInitializeZone(&zone, 64, first, NTK_SEGMENT);
	ntk_flags(test, 0);
	second = ntk_take(test, NTK_SEGMENT);
	ExInitializeZone(&zone, 64, second, NTK_SEGMENT);
	ntk_flags(test, 0x8);
	ntk_use_zone(test, &zone, &lock);
	ExFreePool(first);
	ExFreePool(second);
	ntk_expect_no_report(test, "freed");
}

/* The same while samples are taken and the verifier is off. */
static void ntk_zone_sampled_test(struct kunit *test)
{
	void *segment[2];
	KSPIN_LOCK lock;
	ZONE_HEADER zone;
	unsigned int i;

	ntk_flags(test, 0);
	KUNIT_ASSERT_EQ(test, ntpool_test_sample(1), 0);
	KeInitializeSpinLock(&lock);
	for (i = 0; i < 2; i++)
		segment[i] = ntk_take(test, NTK_SEGMENT);
	for (i = 0; i < 50; i++) {
		ExInitializeZone(&zone, 64, segment[i % 2], NTK_SEGMENT);
		if (i % 3)
			fsleep(3000);
		ntk_use_zone(test, &zone, &lock);
		/*
		 * The next allocation that fits becomes a sample: this one, or not one before
		 * the next zone.
		 */
		if (i % 2)
			ExFreePool(ntk_take(test, 64));
	}
	ExFreePool(segment[0]);
	ExFreePool(segment[1]);
	ntk_expect_no_report(test, "sampling");
}

/* A segment from before the verifier was on is freed unseen; its next owner is not to blame. */
static void ntk_segment_freed_test(struct kunit *test)
{
	static ZONE_HEADER zone;
	void *segment, *next;

	ntk_flags(test, 0);
	segment = ntk_take(test, NTK_SEGMENT);
	ntk_flags(test, 0x8);
	ExInitializeZone(&zone, 64, segment, NTK_SEGMENT);
	ExFreePool(segment);
	next = ntk_take_again(test, NTK_SEGMENT, segment);
	memset(next, 0, NTK_SEGMENT);
	ExFreePool(next);
	ntk_expect_no_report(test, "the next owner");
}

/* The same for a list: its driver misused it while the verifier was off. */
static void ntk_list_freed_test(struct kunit *test)
{
	NPAGED_LOOKASIDE_LIST *list;
	void *next;

	ntk_flags(test, 0);
	list = ntk_take(test, sizeof(*list));
	ExInitializeNPagedLookasideList(list, NULL, NULL, 0, 64, NTK_TAG, 0);
	ExFreePool(list);
	ntk_flags(test, 0x8);
	next = ntk_take_again(test, sizeof(*list), list);
	ExFreePool(next);
	ntk_expect_no_report(test, "the next owner");
	/* The case can still repair it. */
	next = ntk_take_again(test, sizeof(*list), list);
	ExDeleteNPagedLookasideList(next);
	ExFreePool(next);
	ntk_expect_no_report(test, "deleted");
}

/* A block is tracked, cached while the verifier is off, and given back when it is on. */
static void ntk_list_drained_test(struct kunit *test)
{
	static NPAGED_LOOKASIDE_LIST list;
	void *block;

	ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 64, NTK_TAG, 0);
	block = ExAllocateFromNPagedLookasideList(&list);
	KUNIT_ASSERT_NOT_NULL(test, block);
	ntk_flags(test, 0);
	ExFreeToNPagedLookasideList(&list, block);
	ntk_flags(test, 0x8);
	ntk_expect_no_report(test, "drained");
	ExDeleteNPagedLookasideList(&list);
	ntk_expect_no_report(test, "deleted");
}

static struct kunit_case ntk_stale_cases[] = {
	KUNIT_CASE(ntk_zone_anew_test),
	KUNIT_CASE(ntk_zone_sampled_test),
	KUNIT_CASE(ntk_segment_freed_test),
	KUNIT_CASE(ntk_list_freed_test),
	KUNIT_CASE(ntk_list_drained_test),
	{}
};

static struct kunit_suite ntk_stale_suite = {
	.name = "ntpool_stale",
	.init = ntk_stale_init,
	.exit = ntk_stale_exit,
	.test_cases = ntk_stale_cases,
};

kunit_test_suite(ntk_stale_suite);
