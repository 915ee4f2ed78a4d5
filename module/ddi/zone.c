// SPDX-License-Identifier: GPL-2.0
/*
 * Zones: blocks of one size in memory that the caller supplies.
 *
 * A zone is a ZONE_HEADER of the caller. It has a list of free blocks, linked through
 * their first words, and a list of segments, newest first. A segment begins with a
 * ZONE_SEGMENT_HEADER. The rest is cut into blocks for the free list, as far as whole
 * blocks fit. They are allocated from the highest address down. Zones allocate and free no
 * memory; it stays the caller's.
 *
 * Locking: the routines without "Interlocked" take no lock, so the caller must serialise them.
 * The interlocked ones take the caller's KSPIN_LOCK with interrupts disabled, so interrupt
 * handlers may share a zone. A new segment is cut before the lock is taken. The cut needs only
 * BlockSize, which never changes. Under the lock the segment is spliced in, in constant time.
 * No lock of ntpool is held while the zone's memory is accessed.
 *
 * While the verifier is on, each routine checks the zone first (lists/zone_check.c), the
 * inline ones included.
 *
 * Differences from NT:
 *  - ExIsObjectInFirstZoneSegment() stays right after an extension. The Reserved field of the
 *    segment headers stores the data for it; see nt_zone.h.
 *  - More arguments are refused. A segment must have room for a block and must not wrap
 *    around the address space. BlockSize must be a multiple of 8 and not below the size of a
 *    pointer. TotalSegmentSize must fit into 32 bits.
 *  - A refusal is STATUS_UNSUCCESSFUL, as the DDK documents.
 */
#include <linux/align.h>
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/overflow.h>

#include <nt_zone.h>

#include "base/klock.h"
#include "lists/zone_check.h"
#include "verify/argument.h"

enum {
	ZONE_ALIGNMENT = 8,	/* of segments and block sizes, also on 64 bit */
};

/**
 * struct zone_run - a segment cut into blocks, not yet part of a zone
 * @segment: its header
 * @top: highest block, the first to be allocated; the others follow
 * @bottom: lowest block; splice() sets its link
 * @bytes: size of header and blocks
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

/* Pushes the lowest block first, so that the highest one is allocated first. */
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
 * The caller owns the zone or holds its lock. The segment's header is complete before it
 * is published, because ExIsObjectInFirstZoneSegment() takes no lock. @note: NULL: none
 */
static NTSTATUS splice(PZONE_HEADER zone, const struct zone_run *run, struct zone_note *note)
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
	if (note)
		ntpool_zone_note(zone, note, false);
	return STATUS_SUCCESS;
}

/**
 * ExInitializeZone() - make a zone of a piece of memory
 * @Zone: the zone, resident memory; its old contents are lost
 * @BlockSize: bytes in a block, a multiple of 8 and at least a pointer's size
 * @InitialSegment: memory for the blocks, aligned to 8 bytes
 * @InitialSegmentSize: bytes in it, enough for a ZONE_SEGMENT_HEADER and one block
 *
 * Blocks are aligned to 16 bytes only if @InitialSegment and @BlockSize are multiples of 16.
 *
 * Differs: also refuses a block size that is no multiple of 8 or below a pointer's size.
 * Also refuses a segment without room for a block.
 *
 * Context: PASSIVE_LEVEL; works at any.
 *
 * Return: STATUS_SUCCESS; STATUS_UNSUCCESSFUL for an invalid argument, with zone and memory
 * unchanged.
 *
 * Contract: NT 4.0 DDK, ExInitializeZone.
 */
NTSTATUS ExInitializeZone(PZONE_HEADER Zone, ULONG BlockSize,
			  PVOID InitialSegment, ULONG InitialSegmentSize)
{
	struct zone_note *note;
	struct zone_run run;

	ntpool_verify_irql(NTPOOL_PASSIVE_LEVEL, Zone, _RET_IP_);
	if (!segment_fits(BlockSize, InitialSegment, InitialSegmentSize))
		return STATUS_UNSUCCESSFUL;
	run = carve(InitialSegment, InitialSegmentSize, BlockSize);
	note = ntpool_zone_prepare(InitialSegment, run.bytes, BlockSize, _RET_IP_);
	run.segment->SegmentList.Next = NULL;
	run.segment->Reserved = (PVOID)(ULONG_PTR)run.bytes;
	Zone->FreeList.Next = run.top;
	Zone->SegmentList.Next = &run.segment->SegmentList;
	Zone->BlockSize = BlockSize;
	Zone->TotalSegmentSize = run.bytes;
	if (note || ntpool_verifier_has_bits())
		ntpool_zone_note(Zone, note, true);
	return STATUS_SUCCESS;
}
EXPORT_SYMBOL_GPL(ExInitializeZone);

static bool refuse_no_zone(PZONE_HEADER zone, unsigned long caller)
{
	if (!ntpool_verifier_has_bits() || ntpool_zone_is_valid(zone))
		return false;
	ntpool_zone_report(zone, NULL, ntpool_no_zone, caller);
	return true;
}

/* Checks the call and cuts the segment into *@run. Returns false if the zone must not change. */
static bool extension_begin(PZONE_HEADER zone, void *segment, ULONG size, struct zone_run *run,
			    struct zone_note **note, unsigned long caller)
{
	ntpool_verify_irql(NTPOOL_DISPATCH_LEVEL, zone, caller);
	if (refuse_no_zone(zone, caller) || !segment_fits(zone->BlockSize, segment, size))
		return false;
	*run = carve(segment, size, zone->BlockSize);
	*note = ntpool_zone_prepare(segment, run->bytes, zone->BlockSize, caller);
	return true;
}

/* @status: of splice() */
static NTSTATUS extension_end(NTSTATUS status, struct zone_note *note)
{
	if (!NT_SUCCESS(status))
		ntpool_zone_discard(note);
	return status;
}

/**
 * ExExtendZone() - add the blocks of another piece of memory
 * @Zone: the zone
 * @Segment: memory for the blocks, aligned to 8 bytes, not yet part of the zone
 * @SegmentSize: bytes in it, enough for a ZONE_SEGMENT_HEADER and one block
 *
 * The new blocks are allocated before the older free ones.
 *
 * Differs: as ExInitializeZone(); also refuses a total above 4 GiB.
 *
 * Context: IRQL <= DISPATCH_LEVEL; the caller serialises all calls for the zone.
 *
 * Return: STATUS_SUCCESS; STATUS_UNSUCCESSFUL for an invalid argument, or if all segments
 * together exceed 4 GiB, with the zone unchanged.
 *
 * Contract: NT 4.0 DDK, ExExtendZone.
 */
NTSTATUS ExExtendZone(PZONE_HEADER Zone, PVOID Segment, ULONG SegmentSize)
{
	struct zone_note *note;
	struct zone_run run;
	NTSTATUS status;

	if (!extension_begin(Zone, Segment, SegmentSize, &run, &note, _RET_IP_))
		return STATUS_UNSUCCESSFUL;
	status = splice(Zone, &run, note);
	return extension_end(status, note);
}
EXPORT_SYMBOL_GPL(ExExtendZone);

/**
 * ExInterlockedExtendZone() - add the blocks of another piece of memory
 * @Zone: the zone
 * @Segment: memory for the blocks, aligned to 8 bytes, not yet part of the zone
 * @SegmentSize: bytes in it, enough for a ZONE_SEGMENT_HEADER and one block
 * @Lock: protects the zone
 *
 * As ExExtendZone(), beside other interlocked calls.
 *
 * Differs: as ExExtendZone().
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 *
 * Return: as ExExtendZone().
 *
 * Contract: NT 4.0 DDK, ExInterlockedExtendZone.
 */
NTSTATUS ExInterlockedExtendZone(PZONE_HEADER Zone, PVOID Segment,
				 ULONG SegmentSize, PKSPIN_LOCK Lock)
{
	struct zone_note *note;
	struct zone_run run;
	unsigned long flags;
	NTSTATUS status;

	if (!extension_begin(Zone, Segment, SegmentSize, &run, &note, _RET_IP_))
		return STATUS_UNSUCCESSFUL;
	flags = ntpool_klock_irqsave(Lock);
	status = splice(Zone, &run, note);
	ntpool_klock_irqrestore(Lock, flags);
	return extension_end(status, note);
}
EXPORT_SYMBOL_GPL(ExInterlockedExtendZone);

/*
 * The next four run while the verifier is on. A damaged zone is left unchanged. The first two
 * are for the inline code of drivers, which serialise their calls. NT limits these to
 * DISPATCH_LEVEL, but not the interlocked forms.
 */
PVOID ntpool_zone_alloc(PZONE_HEADER Zone)
{
	PSINGLE_LIST_ENTRY block;
	const char *wrong = ntpool_zone_pop(Zone, &block);

	ntpool_verify_irql(NTPOOL_DISPATCH_LEVEL, Zone, _RET_IP_);
	if (wrong)
		ntpool_zone_report(Zone, NULL, wrong, _RET_IP_);
	return block;
}
EXPORT_SYMBOL_GPL(ntpool_zone_alloc);

PVOID ntpool_zone_free(PZONE_HEADER Zone, PVOID Block)
{
	PSINGLE_LIST_ENTRY first;
	const char *wrong = ntpool_zone_push(Zone, Block, &first);

	ntpool_verify_irql(NTPOOL_DISPATCH_LEVEL, Zone, _RET_IP_);
	if (wrong)
		ntpool_zone_report(Zone, Block, wrong, _RET_IP_);
	return first;
}
EXPORT_SYMBOL_GPL(ntpool_zone_free);

static noinline void *checked_alloc(PZONE_HEADER zone, PKSPIN_LOCK lock, unsigned long caller)
{
	unsigned long flags = ntpool_klock_irqsave(lock);
	PSINGLE_LIST_ENTRY block;
	const char *wrong = ntpool_zone_pop(zone, &block);

	ntpool_klock_irqrestore(lock, flags);
	if (wrong)
		ntpool_zone_report(zone, NULL, wrong, caller);
	return block;
}

static noinline void *checked_free(PZONE_HEADER zone, PSINGLE_LIST_ENTRY block,
				   PKSPIN_LOCK lock, unsigned long caller)
{
	unsigned long flags = ntpool_klock_irqsave(lock);
	PSINGLE_LIST_ENTRY first;
	const char *wrong = ntpool_zone_push(zone, block, &first);

	ntpool_klock_irqrestore(lock, flags);
	if (wrong)
		ntpool_zone_report(zone, block, wrong, caller);
	return first;
}

/**
 * ExInterlockedAllocateFromZone() - take a block
 * @Zone: the zone
 * @Lock: protects the zone
 *
 * The block that was freed last comes first. Its contents are undefined.
 *
 * Context: any IRQL but HIGH_LEVEL, hard interrupts included.
 *
 * Return: the block, or NULL if none is free.
 *
 * Contract: NT 4.0 DDK, ExInterlockedAllocateFromZone.
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
 * @Block: a block of the zone
 * @Lock: protects the zone
 *
 * Context: any IRQL but HIGH_LEVEL, hard interrupts included.
 *
 * Return: the previous first block of the free list, NULL if the list was empty.
 *
 * Contract: NT 4.0 DDK, ExInterlockedFreeToZone.
 */
PVOID ExInterlockedFreeToZone(PZONE_HEADER Zone, PVOID Block, PKSPIN_LOCK Lock)
{
	if (ntpool_verifier_has_bits())
		return checked_free(Zone, Block, Lock, _RET_IP_);
	return ntpool_klock_push(&Zone->FreeList, Block, Lock);
}
EXPORT_SYMBOL_GPL(ExInterlockedFreeToZone);
