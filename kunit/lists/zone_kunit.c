// SPDX-License-Identifier: GPL-2.0
/*
 * Zones. As many different blocks as fit can be allocated, then NULL is returned. The
 * block freed last is allocated first. Statuses and alignments are checked. After an
 * extension, a block is still recognised as one of the first segment or not. Threads
 * and hard interrupts of several CPUs call the interlocked forms at once. The memory
 * belongs to the test: a zone allocates nothing.
 */
#include <linux/atomic.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "fixture.h"

#define NTK_SEGMENT	sizeof(ZONE_SEGMENT_HEADER)
#define NTK_ROOM	2048		/* bytes of one segment */
#define NTK_SHARED	32		/* blocks that CPUs fight for */
#define NTK_ROUNDS	1500
#define NTK_TAKERS	4
#define NTK_PIECE	(NTK_SEGMENT + 4 * 32)
/* Each of the takers gets as many of the blocks, those of the first piece included. */
#define NTK_SHARE	((int)(1 + NTK_ROOM / NTK_PIECE) * 4 / NTK_TAKERS)

struct ntk_zone {
	ZONE_HEADER zone;
	KSPIN_LOCK lock;
	u8 first[NTK_ROOM] __aligned(16);
	u8 second[NTK_ROOM] __aligned(16);
};

static struct ntk_zone *ntk_new_zone(struct kunit *test)
{
	struct ntk_zone *z = kunit_kzalloc(test, sizeof(*z), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, z);
	KeInitializeSpinLock(&z->lock);
	return z;
}

static bool ntk_within(const u8 *segment, const void *block, u32 size)
{
	const u8 *at = block;

	return at >= segment + NTK_SEGMENT && at + size <= segment + NTK_ROOM;
}

/*
 * Takes every block: each inside @segment, on a block's place, none twice.
 * Returns how many there were.
 */
static unsigned int ntk_take_all(struct ntk_tally *tally, ZONE_HEADER *zone,
				 u8 *segment, u32 size)
{
	DECLARE_BITMAP(taken, NTK_ROOM / 8) = {};
	unsigned int nr = 0;
	u8 *block;

	while (nr <= NTK_ROOM / 8 && (block = ExAllocateFromZone(zone))) {
		unsigned long place = block - segment - NTK_SEGMENT;

		nr++;
		if (!ntk_check(tally, ntk_within(segment, block, size),
			       "block %u of %u lies outside", nr, size))
			continue;
		ntk_check(tally, place % size == 0, "block %u of %u at %lu", nr,
			  size, place);
		ntk_check(tally, !__test_and_set_bit(place / size, taken),
			  "block %u of %u given twice", nr, size);
		memset(block, 0xff, size);
	}
	ntk_check(tally, ExIsFullZone(zone), "zone of %u is not full", size);
	ntk_check(tally, !ExAllocateFromZone(zone), "one more than all");
	return nr;
}

/* Four blocks are four allocations, all different, and the fifth is NULL. */
static void ExAllocateFromZone_test(struct kunit *test)
{
	struct ntk_zone *z = ntk_new_zone(test);
	void *block[5];
	int i, j;

	KUNIT_ASSERT_EQ(test, ExInitializeZone(&z->zone, 64, z->first,
					       NTK_SEGMENT + 4 * 64),
			STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, z->zone.BlockSize, 64);
	KUNIT_EXPECT_FALSE(test, ExIsFullZone(&z->zone));
	for (i = 0; i < 5; i++) {
		block[i] = ExAllocateFromZone(&z->zone);
		KUNIT_EXPECT_EQ_MSG(test, !!block[i], i < 4, "block %d", i);
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_PTR_NE_MSG(test, block[i], block[j],
						"block %d is block %d", i, j);
	}
	KUNIT_EXPECT_TRUE(test, ExIsFullZone(&z->zone));
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_TRUE(test, ntk_within(z->first, block[i], 64));
}

/* Every block size against segments with and without a rest. */
static void ExInitializeZone_test(struct kunit *test)
{
	static const u32 rests[] = { 0, 8, 16, 24 };
	struct ntk_zone *z = ntk_new_zone(test);
	struct ntk_tally tally = {};
	unsigned int nr, i;
	u32 size, room;

	for (size = 8; size <= 512; size += 8) {
		for (i = 0; i < ARRAY_SIZE(rests); i++) {
			room = NTK_SEGMENT + 3 * size + rests[i];
			ntk_check(&tally,
				  !ExInitializeZone(&z->zone, size, z->first,
						    room),
				  "%u in %u", size, room);
			nr = ntk_take_all(&tally, &z->zone, z->first, size);
			ntk_check(&tally, nr == (room - NTK_SEGMENT) / size,
				  "%u in %u gave %u", size, room, nr);
		}
	}
	ntk_expect_clean(test, &tally);
}

/* The fields that NT's macros read; nothing is written behind the last block. */
static void ExInitializeZone_layout_test(struct kunit *test)
{
	struct ntk_zone *z = ntk_new_zone(test);
	u8 *top = z->first + NTK_SEGMENT + 2 * 48;

	memset(&z->zone, 0x5a, sizeof(z->zone));
	memset(z->first, 0xa5, sizeof(z->first));
	KUNIT_ASSERT_EQ(test, ExInitializeZone(&z->zone, 48, z->first, NTK_SEGMENT + 3 * 48 + 40),
			STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, z->zone.BlockSize, 48);
	KUNIT_EXPECT_EQ(test, z->zone.TotalSegmentSize, NTK_SEGMENT + 3 * 48);
	KUNIT_EXPECT_PTR_EQ(test, (void *)z->zone.SegmentList.Next, (void *)z->first);
	KUNIT_EXPECT_PTR_EQ(test, (void *)z->zone.FreeList.Next, (void *)top);
	KUNIT_EXPECT_NULL(test, memchr_inv(top + 48, 0xa5, NTK_ROOM - NTK_SEGMENT - 3 * 48));
}

/* The highest block first, and the next below it. */
static void ExAllocateFromZone_order_test(struct kunit *test)
{
	struct ntk_zone *z = ntk_new_zone(test);
	int i;

	KUNIT_ASSERT_EQ(test, ExInitializeZone(&z->zone, 40, z->first, NTK_SEGMENT + 5 * 40),
			STATUS_SUCCESS);
	for (i = 4; i >= 0; i--)
		KUNIT_EXPECT_PTR_EQ(test, ExAllocateFromZone(&z->zone),
				    (void *)(z->first + NTK_SEGMENT + i * 40));
}

/* The kernel has no memory, and no routine asks for it. */
static void ExInitializeZone_no_memory_test(struct kunit *test)
{
	struct ntk_zone *z = ntk_new_zone(test);
	NTSTATUS made, extended, again;
	unsigned int calls, nr = 0;

	ntpool_test_fail_backing(0, -1);
	made = ExInitializeZone(&z->zone, 64, z->first, NTK_SEGMENT + 4 * 64);
	extended = ExExtendZone(&z->zone, z->second, NTK_SEGMENT + 4 * 64);
	again = ExInterlockedExtendZone(&z->zone, z->second + 1024, NTK_SEGMENT + 4 * 64,
					&z->lock);
	while (ExInterlockedAllocateFromZone(&z->zone, &z->lock))
		nr++;
	calls = ntpool_test_backing_calls();
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_EQ(test, made, STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, extended, STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, again, STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, nr, 12);
	KUNIT_EXPECT_EQ(test, calls, 0);
}

struct ntk_bad_zone {
	const char *name;
	u32 block;
	u32 offset;		/* of the segment from an aligned place */
	u32 size;
};

static struct ntk_bad_zone ntk_bad_zones[] = {
	{ "segment at 1", 64, 1, 1024 },
	{ "segment at 2", 64, 2, 1024 },
	{ "segment at 4", 64, 4, 1024 },
	{ "block size 0", 0, 0, 1024 },
	{ "block size 4", 4, 0, 1024 },
	{ "block size 12", 12, 0, 1024 },
	{ "block size 63", 63, 0, 1024 },
	{ "block size 65", 65, 0, 1024 },
	{ "block as large as the segment", 64, 0, 64 },
	{ "block larger than the segment", 1032, 0, 1024 },
	{ "header leaves too little", 1016, 0, 1008 + sizeof(ZONE_SEGMENT_HEADER) },
	{ "segment of nothing", 64, 0, 0 },
	{ "segment of half a header", 8, 0, 8 },
	{ "segment of a header", 8, 0, NTK_SEGMENT },
	{ "block size near 2^32", 0xfffffff8, 0, 1024 },
	{ "block size 2^31", 0x80000000, 0, 1024 },
};

static void ntk_bad_zone_desc(struct ntk_bad_zone *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_bad_zone, ntk_bad_zones, ntk_bad_zone_desc);

/* Refused with STATUS_UNSUCCESSFUL; neither zone nor segment is written. */
static void ExInitializeZone_refused_test(struct kunit *test)
{
	const struct ntk_bad_zone *c = test->param_value;
	struct ntk_zone *z = ntk_new_zone(test);
	ZONE_HEADER before;

	memset(&z->zone, 0x5a, sizeof(z->zone));
	memset(z->first, 0xa5, sizeof(z->first));
	before = z->zone;
	KUNIT_EXPECT_EQ(test, ExInitializeZone(&z->zone, c->block,
					       z->first + c->offset, c->size),
			STATUS_UNSUCCESSFUL);
	KUNIT_EXPECT_EQ(test, memcmp(&z->zone, &before, sizeof(before)), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(z->first, 0xa5, sizeof(z->first)));
}

/* No segment, and one that goes on at address 0. The test is that neither is written. */
static void ExInitializeZone_nowhere_test(struct kunit *test)
{
	struct ntk_zone *z = ntk_new_zone(test);
	void *last = (void *)-64L;
	ZONE_HEADER before;

	KUNIT_EXPECT_EQ(test, ExInitializeZone(&z->zone, 64, NULL, 1024), STATUS_UNSUCCESSFUL);
	KUNIT_EXPECT_EQ(test, ExInitializeZone(&z->zone, 8, last, 1024), STATUS_UNSUCCESSFUL);
	KUNIT_ASSERT_EQ(test, ExInitializeZone(&z->zone, 8, z->first, 1024), STATUS_SUCCESS);
	before = z->zone;
	KUNIT_EXPECT_EQ(test, ExExtendZone(&z->zone, NULL, 1024), STATUS_UNSUCCESSFUL);
	KUNIT_EXPECT_EQ(test, ExExtendZone(&z->zone, last, 1024), STATUS_UNSUCCESSFUL);
	KUNIT_EXPECT_EQ(test, ExInterlockedExtendZone(&z->zone, last, 1024, &z->lock),
			STATUS_UNSUCCESSFUL);
	KUNIT_EXPECT_EQ(test, memcmp(&z->zone, &before, sizeof(before)), 0);
}

/* A segment needs an alignment of eight bytes, not of sixteen. */
static void ntk_alignment_test(struct kunit *test)
{
	struct ntk_zone *z = ntk_new_zone(test);
	struct ntk_tally tally = {};

	KUNIT_EXPECT_EQ(test, ExInitializeZone(&z->zone, 24, z->first + 8, 512),
			STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, ntk_take_all(&tally, &z->zone, z->first + 8, 24),
			(512 - NTK_SEGMENT) / 24);
	ntk_expect_clean(test, &tally);
}

static void ExFreeToZone_test(struct kunit *test)
{
	struct ntk_zone *z = ntk_new_zone(test);
	void *block[4];
	int i;

	KUNIT_ASSERT_EQ(test, ExInitializeZone(&z->zone, 48, z->first,
					       NTK_SEGMENT + 4 * 48),
			STATUS_SUCCESS);
	for (i = 0; i < 4; i++)
		block[i] = ExAllocateFromZone(&z->zone);
	KUNIT_EXPECT_NULL(test, ExFreeToZone(&z->zone, block[2]));
	KUNIT_EXPECT_PTR_EQ(test, ExFreeToZone(&z->zone, block[0]), block[2]);
	KUNIT_EXPECT_PTR_EQ(test, ExFreeToZone(&z->zone, block[3]), block[0]);
	KUNIT_EXPECT_FALSE(test, ExIsFullZone(&z->zone));
	KUNIT_EXPECT_PTR_EQ(test, ExAllocateFromZone(&z->zone), block[3]);
	KUNIT_EXPECT_PTR_EQ(test, ExAllocateFromZone(&z->zone), block[0]);
	KUNIT_EXPECT_PTR_EQ(test, ExAllocateFromZone(&z->zone), block[2]);
	KUNIT_EXPECT_NULL(test, ExAllocateFromZone(&z->zone));
	KUNIT_EXPECT_TRUE(test, ExIsFullZone(&z->zone));
}

/* Full is a zone that has nothing left to allocate. */
static void ExIsFullZone_test(struct kunit *test)
{
	struct ntk_zone *z = ntk_new_zone(test);
	void *block;

	KUNIT_ASSERT_EQ(test, ExInitializeZone(&z->zone, 64, z->first, NTK_SEGMENT + 64),
			STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, ExIsFullZone(&z->zone), FALSE);
	block = ExAllocateFromZone(&z->zone);
	KUNIT_EXPECT_EQ(test, ExIsFullZone(&z->zone), TRUE);
	ExFreeToZone(&z->zone, block);
	KUNIT_EXPECT_EQ(test, ExIsFullZone(&z->zone), FALSE);
}

/* The same through the caller's lock, by the same rules. */
static void ExInterlockedAllocateFromZone_test(struct kunit *test)
{
	struct ntk_zone *z = ntk_new_zone(test);
	void *one, *two;

	KUNIT_ASSERT_EQ(test, ExInitializeZone(&z->zone, 32, z->first,
					       NTK_SEGMENT + 2 * 32),
			STATUS_SUCCESS);
	one = ExInterlockedAllocateFromZone(&z->zone, &z->lock);
	two = ExInterlockedAllocateFromZone(&z->zone, &z->lock);
	KUNIT_EXPECT_TRUE(test, ntk_within(z->first, one, 32));
	KUNIT_EXPECT_TRUE(test, ntk_within(z->first, two, 32));
	KUNIT_EXPECT_PTR_NE(test, one, two);
	KUNIT_EXPECT_NULL(test, ExInterlockedAllocateFromZone(&z->zone,
							      &z->lock));
	KUNIT_EXPECT_EQ(test, z->lock, 0);
}

/* Returns the former head of the free list; the block is first now. */
static void ExInterlockedFreeToZone_test(struct kunit *test)
{
	struct ntk_zone *z = ntk_new_zone(test);
	void *one, *two;

	KUNIT_ASSERT_EQ(test, ExInitializeZone(&z->zone, 32, z->first,
					       NTK_SEGMENT + 2 * 32),
			STATUS_SUCCESS);
	one = ExAllocateFromZone(&z->zone);
	two = ExAllocateFromZone(&z->zone);
	KUNIT_EXPECT_NULL(test, ExInterlockedFreeToZone(&z->zone, one,
							&z->lock));
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedFreeToZone(&z->zone, two,
							  &z->lock), one);
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedAllocateFromZone(&z->zone, &z->lock), two);
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedAllocateFromZone(&z->zone, &z->lock), one);
	KUNIT_EXPECT_EQ(test, z->lock, 0);
}

/* Blocks are added and come first; a bad segment is refused, the lock given back. */
static void ExInterlockedExtendZone_test(struct kunit *test)
{
	struct ntk_zone *z = ntk_new_zone(test);
	unsigned int nr;
	ZONE_HEADER before;

	KUNIT_ASSERT_EQ(test, ExInitializeZone(&z->zone, 32, z->first,
					       NTK_SEGMENT + 2 * 32),
			STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, ExInterlockedExtendZone(&z->zone, z->second,
						      NTK_SEGMENT + 3 * 32,
						      &z->lock),
			STATUS_SUCCESS);
	before = z->zone;
	KUNIT_EXPECT_EQ(test, ExInterlockedExtendZone(&z->zone, z->second + 4,
						      NTK_SEGMENT + 3 * 32,
						      &z->lock),
			STATUS_UNSUCCESSFUL);
	KUNIT_EXPECT_EQ(test, memcmp(&z->zone, &before, sizeof(before)), 0);
	KUNIT_EXPECT_EQ(test, z->lock, 0);
	for (nr = 0; nr < 3; nr++)
		KUNIT_EXPECT_TRUE(test, ntk_within(z->second, ExAllocateFromZone(&z->zone),
						   32));
	while (nr < 100 && ExAllocateFromZone(&z->zone))
		nr++;
	KUNIT_EXPECT_EQ(test, nr, 5);
}

/* Blocks are added. Free blocks stay free, taken ones stay taken. */
static void ExExtendZone_test(struct kunit *test)
{
	struct ntk_zone *z = ntk_new_zone(test);
	unsigned int first = 0, second = 0;
	void *taken, *block;

	KUNIT_ASSERT_EQ(test, ExInitializeZone(&z->zone, 64, z->first,
					       NTK_SEGMENT + 3 * 64 + 40),
			STATUS_SUCCESS);
	taken = ExAllocateFromZone(&z->zone);
	memset(taken, 0x77, 64);
	KUNIT_EXPECT_EQ(test, ExExtendZone(&z->zone, z->second,
					   NTK_SEGMENT + 5 * 64),
			STATUS_SUCCESS);
	while (first + second < 100 && (block = ExAllocateFromZone(&z->zone))) {
		KUNIT_EXPECT_PTR_NE(test, block, taken);
		first += ntk_within(z->first, block, 64);
		second += ntk_within(z->second, block, 64);
		memset(block, 0x11, 64);
	}
	KUNIT_EXPECT_EQ(test, first, 2);
	KUNIT_EXPECT_EQ(test, second, 5);
	KUNIT_EXPECT_NULL(test, memchr_inv(taken, 0x77, 64));
}

/* A bad extension changes nothing: not the zone, not the free list. */
static void ExExtendZone_refused_test(struct kunit *test)
{
	struct ntk_zone *z = ntk_new_zone(test);
	ZONE_HEADER before;

	KUNIT_ASSERT_EQ(test, ExInitializeZone(&z->zone, 64, z->first, 1024),
			STATUS_SUCCESS);
	before = z->zone;
	memset(z->second, 0xa5, sizeof(z->second));
	KUNIT_EXPECT_EQ(test, ExExtendZone(&z->zone, z->second + 4, 1024),
			STATUS_UNSUCCESSFUL);
	KUNIT_EXPECT_EQ(test, ExExtendZone(&z->zone, z->second + 1, 1024),
			STATUS_UNSUCCESSFUL);
	KUNIT_EXPECT_EQ(test, ExExtendZone(&z->zone, z->second, 0),
			STATUS_UNSUCCESSFUL);
	KUNIT_EXPECT_EQ(test, ExExtendZone(&z->zone, z->second, 64),
			STATUS_UNSUCCESSFUL);
	KUNIT_EXPECT_EQ(test, ExExtendZone(&z->zone, z->second,
					   NTK_SEGMENT + 56),
			STATUS_UNSUCCESSFUL);
	KUNIT_EXPECT_EQ(test, memcmp(&z->zone, &before, sizeof(before)), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(z->second, 0xa5, sizeof(z->second)));
}

static NTSTATUS ntk_extend(struct ntk_zone *z, u8 *segment, u32 size, bool interlocked)
{
	return interlocked ? ExInterlockedExtendZone(&z->zone, segment, size, &z->lock) :
			     ExExtendZone(&z->zone, segment, size);
}

/* The newest segment is the first of the list, and the sizes add up if they can. */
static void ntk_expect_extended(struct kunit *test, bool interlocked)
{
	struct ntk_zone *z = ntk_new_zone(test);
	SINGLE_LIST_ENTRY *link;

	KUNIT_ASSERT_EQ(test, ExInitializeZone(&z->zone, 64, z->first, NTK_SEGMENT + 3 * 64),
			STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, ntk_extend(z, z->second, NTK_SEGMENT + 5 * 64 + 8, interlocked),
			STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, z->zone.BlockSize, 64);
	KUNIT_EXPECT_EQ(test, z->zone.TotalSegmentSize, 2 * NTK_SEGMENT + 8 * 64);
	link = z->zone.SegmentList.Next;
	KUNIT_ASSERT_PTR_EQ(test, (void *)link, (void *)z->second);
	KUNIT_ASSERT_PTR_EQ(test, (void *)link->Next, (void *)z->first);
	KUNIT_EXPECT_NULL(test, link->Next->Next);
	/* One byte more would not fit the sum's field. */
	z->zone.TotalSegmentSize = U32_MAX - (NTK_SEGMENT + 3 * 64);
	KUNIT_EXPECT_EQ(test, ntk_extend(z, z->second + 1024, NTK_SEGMENT + 3 * 64, interlocked),
			STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, z->zone.TotalSegmentSize, U32_MAX);
	KUNIT_EXPECT_EQ(test, ntk_extend(z, z->first + 1024, 1024, interlocked),
			STATUS_UNSUCCESSFUL);
	KUNIT_EXPECT_EQ(test, z->zone.TotalSegmentSize, U32_MAX);
	KUNIT_EXPECT_PTR_EQ(test, (void *)z->zone.SegmentList.Next, (void *)(z->second + 1024));
	KUNIT_EXPECT_TRUE(test, ntk_within(z->second, ExAllocateFromZone(&z->zone), 64));
	KUNIT_EXPECT_EQ(test, z->lock, 0);
}

static void ExExtendZone_layout_test(struct kunit *test)
{
	ntk_expect_extended(test, false);
}

static void ExInterlockedExtendZone_layout_test(struct kunit *test)
{
	ntk_expect_extended(test, true);
}

struct ntk_zone_use {
	struct ntk_zone *z;
	NTSTATUS status[2];
	void *block[2];
	unsigned int nr;
};

/* Two blocks of the first segment, three of each of the others. */
static void ntk_use_zone(void *arg)
{
	struct ntk_zone_use *use = arg;
	struct ntk_zone *z = use->z;

	use->status[0] = ExExtendZone(&z->zone, z->second, NTK_SEGMENT + 3 * 64);
	use->status[1] = ExInterlockedExtendZone(&z->zone, z->second + 1024,
						 NTK_SEGMENT + 3 * 64, &z->lock);
	use->block[0] = ExAllocateFromZone(&z->zone);
	use->block[1] = ExInterlockedAllocateFromZone(&z->zone, &z->lock);
	ExFreeToZone(&z->zone, use->block[0]);
	ExInterlockedFreeToZone(&z->zone, use->block[1], &z->lock);
	while (use->nr < 100 && ExInterlockedAllocateFromZone(&z->zone, &z->lock))
		use->nr++;
}

/* Wherever the rule for IRQLs lets them be called, and in interrupts. */
static void ExExtendZone_contexts_test(struct kunit *test)
{
	enum ntk_context context;

	for (context = 0; context < NTK_NR_CONTEXTS; context++) {
		struct ntk_zone_use use = { .z = ntk_new_zone(test) };

		KUNIT_ASSERT_EQ(test, ExInitializeZone(&use.z->zone, 64, use.z->first,
						       NTK_SEGMENT + 2 * 64), STATUS_SUCCESS);
		KUNIT_ASSERT_EQ(test, ntk_run_in(context, -1, ntk_use_zone, &use), 0);
		KUNIT_EXPECT_EQ(test, use.status[0], STATUS_SUCCESS);
		KUNIT_EXPECT_EQ(test, use.status[1], STATUS_SUCCESS);
		KUNIT_EXPECT_NOT_NULL(test, use.block[0]);
		KUNIT_EXPECT_NOT_NULL(test, use.block[1]);
		KUNIT_EXPECT_EQ_MSG(test, use.nr, 8, "%s", ntk_context_name(context));
	}
	ntk_expect_no_report(test, "zones in all contexts");
}

/* Right before an extension and after two of them. */
static void ExIsObjectInFirstZoneSegment_test(struct kunit *test)
{
	struct ntk_zone *z = ntk_new_zone(test);
	struct ntk_tally tally = {};
	u8 *third = z->second + 1024;
	int round, i;

	KUNIT_ASSERT_EQ(test, ExInitializeZone(&z->zone, 64, z->first,
					       NTK_SEGMENT + 4 * 64),
			STATUS_SUCCESS);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 4; i++) {
			u32 at = NTK_SEGMENT + i * 64;

			ntk_check(&tally,
				  ExIsObjectInFirstZoneSegment(&z->zone,
							       z->first + at),
				  "round %d: %d of the first", round, i);
			ntk_check(&tally,
				  !ExIsObjectInFirstZoneSegment(&z->zone,
								z->second + at),
				  "round %d: %d of the second", round, i);
			ntk_check(&tally,
				  !ExIsObjectInFirstZoneSegment(&z->zone,
								third + at),
				  "round %d: %d of the third", round, i);
		}
		ntk_check(&tally,
			  !ExIsObjectInFirstZoneSegment(&z->zone, z->first +
							NTK_SEGMENT + 4 * 64),
			  "round %d: behind the end", round);
		ntk_check(&tally,
			  !ExIsObjectInFirstZoneSegment(&z->zone, z->first - 1),
			  "round %d: before the start", round);
		if (round < 2)
			KUNIT_EXPECT_EQ(test, ExExtendZone(&z->zone,
							   round ? third
								 : z->second,
							   NTK_SEGMENT + 256),
					STATUS_SUCCESS);
	}
	ntk_expect_clean(test, &tally);
}

struct ntk_zone_race {
	struct ntk_zone *z;
	atomic_t owned[NTK_SHARED];	/* 1 while the block has an owner */
	atomic_t wrong;
	atomic_t interrupts;
};

static int ntk_race_index(struct ntk_zone_race *race, u8 *block)
{
	return (block - race->z->first - NTK_SEGMENT) / 32;
}

static u8 *ntk_race_take(struct ntk_zone_race *race)
{
	u8 *block = ExInterlockedAllocateFromZone(&race->z->zone,
						  &race->z->lock);

	if (block && atomic_inc_return(&race->owned[ntk_race_index(race,
								   block)]) != 1)
		atomic_inc(&race->wrong);
	return block;
}

static void ntk_race_give(struct ntk_zone_race *race, u8 *block)
{
	if (atomic_dec_return(&race->owned[ntk_race_index(race, block)]))
		atomic_inc(&race->wrong);
	ExInterlockedFreeToZone(&race->z->zone, block, &race->z->lock);
}

/*
 * An interrupt handler in the middle of a thread's operation. An
 * idle CPU may be called without an interrupt; that call is not counted.
 */
static void ntk_race_interrupt(void *arg)
{
	struct ntk_zone_race *race = arg;
	u8 *block = ntk_race_take(race);

	if (block)
		ntk_race_give(race, block);
	if (in_hardirq())
		atomic_inc(&race->interrupts);
}

static void ntk_race_thread(struct ntk_worker *worker)
{
	struct ntk_zone_race *race = worker->threads->arg;
	u8 *block[4] = {};
	int i;

	for (i = 0; i < NTK_ROUNDS; i++) {
		u32 at = ntk_random_below(&worker->rng, ARRAY_SIZE(block));

		if (block[at]) {
			ntk_race_give(race, block[at]);
			block[at] = NULL;
		} else {
			block[at] = ntk_race_take(race);
		}
		if (i % 8 == 0)
			smp_call_function_single(ntk_nth_cpu(worker->id + 1),
						 ntk_race_interrupt, race, 1);
	}
	for (i = 0; i < ARRAY_SIZE(block); i++) {
		if (block[i])
			ntk_race_give(race, block[i]);
	}
	ntk_check(&worker->tally, !atomic_read(&race->wrong), "%d wrong",
		  atomic_read(&race->wrong));
}

/* No block is ever given twice, and in the end every one is there. */
static void ntk_race_test(struct kunit *test)
{
	struct ntk_zone_race *race;
	struct ntk_tally tally = {};

	ntk_need_cpus(test, 2);
	race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, race);
	race->z = ntk_new_zone(test);
	KUNIT_ASSERT_EQ(test, ExInitializeZone(&race->z->zone, 32,
					       race->z->first,
					       NTK_SEGMENT + NTK_SHARED * 32),
			STATUS_SUCCESS);
	ntk_threads_run(test, 4, true, ntk_race_thread, race);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->wrong), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&race->interrupts), 0);
	KUNIT_EXPECT_EQ(test, ntk_take_all(&tally, &race->z->zone,
					   race->z->first, 32), NTK_SHARED);
	ntk_expect_clean(test, &tally);
}

/* Workers that find the zone empty extend it by the next piece of the second segment. */
struct ntk_zone_growth {
	struct ntk_zone *z;
	atomic_t pieces;
};

static u8 *ntk_take_or_extend(struct ntk_worker *worker)
{
	struct ntk_zone_growth *growth = worker->threads->arg;
	struct ntk_zone *z = growth->z;
	u8 *block, *piece;

	while (!(block = ExInterlockedAllocateFromZone(&z->zone, &z->lock)) &&
	       !READ_ONCE(worker->threads->stop)) {
		piece = z->second + (atomic_inc_return(&growth->pieces) - 1) * NTK_PIECE;
		if (piece + NTK_PIECE <= z->second + NTK_ROOM)
			ntk_check(&worker->tally,
				  !ExInterlockedExtendZone(&z->zone, piece, NTK_PIECE, &z->lock),
				  "piece refused");
		cond_resched();
	}
	return block;
}

static void ntk_growth_thread(struct ntk_worker *worker)
{
	u8 *block[NTK_SHARE];
	int i;

	for (i = 0; i < NTK_SHARE; i++) {
		block[i] = ntk_take_or_extend(worker);
		if (!ntk_check(&worker->tally, block[i], "no block %d", i))
			return;
		memset(block[i], worker->id + 1, 32);
	}
	for (i = 0; i < NTK_SHARE; i++)
		ntk_check(&worker->tally, !memchr_inv(block[i], worker->id + 1, 32),
			  "block %d has two owners", i);
}

/* The workers take every block of all pieces, each once. */
static void ExInterlockedExtendZone_race_test(struct kunit *test)
{
	struct ntk_zone_growth growth = { .z = ntk_new_zone(test) };

	KUNIT_ASSERT_EQ(test, ExInitializeZone(&growth.z->zone, 32, growth.z->first, NTK_PIECE),
			STATUS_SUCCESS);
	ntk_threads_run(test, NTK_TAKERS, true, ntk_growth_thread, &growth);
	KUNIT_EXPECT_NULL(test, ExInterlockedAllocateFromZone(&growth.z->zone, &growth.z->lock));
}

static struct kunit_case ntk_zone_cases[] = {
	KUNIT_CASE(ExAllocateFromZone_test),
	KUNIT_CASE(ExAllocateFromZone_order_test),
	KUNIT_CASE(ExInitializeZone_test),
	KUNIT_CASE(ExInitializeZone_layout_test),
	KUNIT_CASE(ExInitializeZone_no_memory_test),
	KUNIT_CASE(ExInitializeZone_nowhere_test),
	KUNIT_CASE_PARAM(ExInitializeZone_refused_test, ntk_bad_zone_gen_params),
	KUNIT_CASE(ntk_alignment_test),
	KUNIT_CASE(ExFreeToZone_test),
	KUNIT_CASE(ExIsFullZone_test),
	KUNIT_CASE(ExInterlockedAllocateFromZone_test),
	KUNIT_CASE(ExInterlockedFreeToZone_test),
	KUNIT_CASE(ExInterlockedExtendZone_test),
	KUNIT_CASE(ExInterlockedExtendZone_race_test),
	KUNIT_CASE(ExExtendZone_test),
	KUNIT_CASE(ExExtendZone_refused_test),
	KUNIT_CASE(ExExtendZone_layout_test),
	KUNIT_CASE(ExInterlockedExtendZone_layout_test),
	KUNIT_CASE(ExExtendZone_contexts_test),
	KUNIT_CASE(ExIsObjectInFirstZoneSegment_test),
	KUNIT_CASE(ntk_race_test),
	{}
};

static struct kunit_suite ntk_zone_suite = {
	.name = "ntpool_zone",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_zone_cases,
};

kunit_test_suite(ntk_zone_suite);
