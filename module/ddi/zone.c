// SPDX-License-Identifier: GPL-2.0
/*
 * Zones: blocks of one size in memory that the caller supplies.
 *
 * A zone is a ZONE_HEADER of the caller's with a list of free blocks, linked
 * through their first words, and a list of segments, newest first. A segment gives
 * its first bytes to a ZONE_SEGMENT_HEADER and the rest, as far as whole blocks go,
 * to the free list: N blocks are N allocations, the highest address first. Nothing
 * is allocated here and nothing is given back; the memory stays the caller's.
 *
 * Locking: the routines without "Interlocked" have none, the caller keeps others
 * out. The interlocked ones take the caller's KSPIN_LOCK with interrupts off, so a
 * zone may be shared with interrupt handlers. A new segment is carved before the
 * lock is taken, since only BlockSize is needed for that, and it never changes: the
 * section under the lock is a splice, however large the segment.
 *
 * What differs from NT:
 *  - ExIsObjectInFirstZoneSegment() stays right after an extension. The segment
 *    header's Reserved remembers what it needs; nt_zone.h has the details.
 *  - A segment that holds no block, or that wraps around the address space, a
 *    BlockSize that is no multiple of 8 or holds no link, and a TotalSegmentSize
 *    beyond 32 bits are refused, where NT promises to look at less.
 *  - The refusals are STATUS_UNSUCCESSFUL, as the DDK documents.
 */
#include <linux/align.h>
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/overflow.h>

#include <nt_zone.h>

#include "base/klock.h"
#include "lists/zone_check.h"

enum {
	ZONE_ALIGNMENT = 8,	/* of segments and block sizes, on 64 bit too */
};

/**
 * struct zone_run - a segment cut into blocks that no zone has yet
 * @segment: its header
 * @top: the highest block, first to be allocated; the others follow
 * @bottom: the lowest block, whose link is for the splice to set
 * @bytes: header and blocks
 */
struct zone_run {
	PZONE_SEGMENT_HEADER segment;
	PSINGLE_LIST_ENTRY top;
	PSINGLE_LIST_ENTRY bottom;
	ULONG bytes;
};

static bool segment_fits(ULONG block, const void *segment, ULONG size)
{
	uintptr_t start = (uintptr_t)segment;
	uintptr_t last;

	if (!segment || !IS_ALIGNED(start, ZONE_ALIGNMENT))
		return false;
	if (!IS_ALIGNED(block, ZONE_ALIGNMENT) || block < sizeof(void *))
		return false;
	if (size < sizeof(ZONE_SEGMENT_HEADER) ||
	    size - sizeof(ZONE_SEGMENT_HEADER) < block)
		return false;
	return !check_add_overflow(start, (uintptr_t)size - 1, &last);
}

/* Lowest block first, so that each one is pushed in front of those below it. */
static struct zone_run carve(void *segment, ULONG size, ULONG block)
{
	ULONG count = (size - sizeof(ZONE_SEGMENT_HEADER)) / block;
	char *next = (char *)segment + sizeof(ZONE_SEGMENT_HEADER);
	struct zone_run run = {
		.segment = segment,
		.bottom = (PSINGLE_LIST_ENTRY)next,
		.bytes = sizeof(ZONE_SEGMENT_HEADER) + count * block,
	};

	for (; count; count--, next += block) {
		PSINGLE_LIST_ENTRY entry = (PSINGLE_LIST_ENTRY)next;

		entry->Next = run.top;
		run.top = entry;
	}
	return run;
}

/*
 * The zone's owner, or the holder of its lock, calls this. The segment's header is
 * complete before it is published: ExIsObjectInFirstZoneSegment() takes no lock.
 */
static NTSTATUS splice(PZONE_HEADER zone, const struct zone_run *run)
{
	PZONE_SEGMENT_HEADER newest = (PZONE_SEGMENT_HEADER)zone->SegmentList.Next;
	PZONE_SEGMENT_HEADER segment = run->segment;
	ULONG total;

	if (check_add_overflow(zone->TotalSegmentSize, run->bytes, &total))
		return STATUS_UNSUCCESSFUL;
	segment->SegmentList.Next = &newest->SegmentList;
	segment->Reserved = newest->SegmentList.Next ? newest->Reserved : newest;
	/* Pairs with the acquire in ExIsObjectInFirstZoneSegment(). */
	smp_store_release(&zone->SegmentList.Next, &segment->SegmentList);
	run->bottom->Next = zone->FreeList.Next;
	WRITE_ONCE(zone->FreeList.Next, run->top);
	zone->TotalSegmentSize = total;
	if (ntpool_verifier_has_bits())
		ntpool_zone_note(zone, segment, run->bytes, false);
	return STATUS_SUCCESS;
}

/**
 * ExInitializeZone() - make a zone of a piece of memory
 * @Zone: the zone, resident memory; what it held is forgotten
 * @BlockSize: bytes in a block, a multiple of 8 and at least a pointer's size
 * @InitialSegment: memory for the blocks, aligned to 8 bytes
 * @InitialSegmentSize: bytes there, enough for a ZONE_SEGMENT_HEADER and one block
 *
 * A block is aligned as its offset in the segment is: to 16 bytes only if
 * @InitialSegment and @BlockSize both are multiples of 16.
 *
 * Differs: refuses also a block size that is no multiple of 8 or holds no link, and a
 * segment that holds no block.
 *
 * Contract: the Windows NT 4.0 DDK.
 *
 * Context: PASSIVE_LEVEL; works at any.
 * Return: STATUS_SUCCESS; STATUS_UNSUCCESSFUL if an argument is not as said above,
 * the zone and the memory are then unchanged.
 */
NTSTATUS ExInitializeZone(PZONE_HEADER Zone, ULONG BlockSize,
			  PVOID InitialSegment, ULONG InitialSegmentSize)
{
	struct zone_run run;

	if (!segment_fits(BlockSize, InitialSegment, InitialSegmentSize))
		return STATUS_UNSUCCESSFUL;
	run = carve(InitialSegment, InitialSegmentSize, BlockSize);
	run.segment->SegmentList.Next = NULL;
	run.segment->Reserved = (PVOID)(ULONG_PTR)run.bytes;
	Zone->FreeList.Next = run.top;
	Zone->SegmentList.Next = &run.segment->SegmentList;
	Zone->BlockSize = BlockSize;
	Zone->TotalSegmentSize = run.bytes;
	if (ntpool_verifier_has_bits())
		ntpool_zone_note(Zone, run.segment, run.bytes, true);
	return STATUS_SUCCESS;
}
EXPORT_SYMBOL_GPL(ExInitializeZone);

/**
 * ExExtendZone() - add the blocks of another piece of memory
 * @Zone: the zone
 * @Segment: memory for the blocks, aligned to 8 bytes; no part of the zone yet
 * @SegmentSize: bytes there, enough for a ZONE_SEGMENT_HEADER and one block
 *
 * The new blocks are allocated before those that are free already.
 *
 * Differs: as ExInitializeZone(); refuses also to let all segments pass 4 GiB.
 *
 * Contract: the Windows NT 4.0 DDK.
 *
 * Context: IRQL <= DISPATCH_LEVEL; the caller keeps others away from the zone.
 * Return: STATUS_SUCCESS; STATUS_UNSUCCESSFUL if an argument is not as said above,
 * or if all segments together passed 4 GiB; the zone is then unchanged.
 */
NTSTATUS ExExtendZone(PZONE_HEADER Zone, PVOID Segment, ULONG SegmentSize)
{
	struct zone_run run;

	if (!segment_fits(Zone->BlockSize, Segment, SegmentSize))
		return STATUS_UNSUCCESSFUL;
	run = carve(Segment, SegmentSize, Zone->BlockSize);
	return splice(Zone, &run);
}
EXPORT_SYMBOL_GPL(ExExtendZone);

/**
 * ExInterlockedExtendZone() - add the blocks of another piece of memory
 * @Zone: the zone
 * @Segment: memory for the blocks, aligned to 8 bytes; no part of the zone yet
 * @SegmentSize: bytes there, enough for a ZONE_SEGMENT_HEADER and one block
 * @Lock: guards the zone
 *
 * As ExExtendZone(), beside other interlocked calls.
 *
 * Differs: as ExExtendZone().
 *
 * Contract: the Windows NT 4.0 DDK.
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 * Return: STATUS_SUCCESS or STATUS_UNSUCCESSFUL, as ExExtendZone().
 */
NTSTATUS ExInterlockedExtendZone(PZONE_HEADER Zone, PVOID Segment,
				 ULONG SegmentSize, PKSPIN_LOCK Lock)
{
	struct zone_run run;
	unsigned long flags;
	NTSTATUS status;

	if (!segment_fits(Zone->BlockSize, Segment, SegmentSize))
		return STATUS_UNSUCCESSFUL;
	run = carve(Segment, SegmentSize, Zone->BlockSize);
	flags = ntpool_klock_irqsave(Lock);
	status = splice(Zone, &run);
	ntpool_klock_irqrestore(Lock, flags);
	return status;
}
EXPORT_SYMBOL_GPL(ExInterlockedExtendZone);

/* The two that follow, under the verifier: a zone with an error is left alone. */
static noinline void *checked_alloc(PZONE_HEADER zone, PKSPIN_LOCK lock, unsigned long caller)
{
	unsigned long flags = ntpool_klock_irqsave(lock);
	const char *wrong = ntpool_zone_check_alloc(zone);
	PSINGLE_LIST_ENTRY block = wrong ? NULL : zone->FreeList.Next;

	if (block)
		WRITE_ONCE(zone->FreeList.Next, block->Next);
	ntpool_klock_irqrestore(lock, flags);
	if (wrong)
		ntpool_zone_report(zone, NULL, wrong, caller);
	return block;
}

static noinline void *checked_free(PZONE_HEADER zone, PSINGLE_LIST_ENTRY block,
				   PKSPIN_LOCK lock, unsigned long caller)
{
	unsigned long flags = ntpool_klock_irqsave(lock);
	const char *wrong = ntpool_zone_check_free(zone, block);
	PSINGLE_LIST_ENTRY first = zone->FreeList.Next;

	if (!wrong) {
		block->Next = first;
		WRITE_ONCE(zone->FreeList.Next, block);
	}
	ntpool_klock_irqrestore(lock, flags);
	if (wrong)
		ntpool_zone_report(zone, block, wrong, caller);
	return first;
}

/**
 * ExInterlockedAllocateFromZone() - take a block
 * @Zone: the zone
 * @Lock: guards the zone
 *
 * The block freed last comes first. What it contains is undefined.
 *
 * Contract: the Windows NT 4.0 DDK.
 *
 * Context: any IRQL but HIGH_LEVEL, hard interrupts included.
 * Return: the block, or NULL if none is free.
 */
PVOID ExInterlockedAllocateFromZone(PZONE_HEADER Zone, PKSPIN_LOCK Lock)
{
	if (ntpool_verifier_has_bits())
		return checked_alloc(Zone, Lock, _RET_IP_);
	return ntpool_klock_pop(&Zone->FreeList, Lock);
}
EXPORT_SYMBOL_GPL(ExInterlockedAllocateFromZone);

/**
 * ExInterlockedFreeToZone() - give a block back
 * @Zone: the zone
 * @Block: a block that came from it
 * @Lock: guards the zone
 *
 * Contract: the Windows NT 4.0 DDK.
 *
 * Context: any IRQL but HIGH_LEVEL, hard interrupts included.
 * Return: the block that was first on the free list, NULL if there was none.
 */
PVOID ExInterlockedFreeToZone(PZONE_HEADER Zone, PVOID Block, PKSPIN_LOCK Lock)
{
	if (ntpool_verifier_has_bits())
		return checked_free(Zone, Block, Lock, _RET_IP_);
	return ntpool_klock_push(&Zone->FreeList, Block, Lock);
}
EXPORT_SYMBOL_GPL(ExInterlockedFreeToZone);
