/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Zones: blocks of one size, carved from memory that the caller supplies.
 *
 * The layouts are NT's. ZONE_SEGMENT_HEADER.Reserved remembers what NT forgets,
 * which segment was the first and how much of it is blocks, so that
 * ExIsObjectInFirstZoneSegment() stays right after extensions: in the first
 * segment it holds the bytes in use, header included, in a later one the address
 * of the first.
 *
 * The inlines are not synchronised. The exported interlocked forms are; a zone is
 * used with one kind or the other.
 */
#ifndef NTPOOL_NT_ZONE_H
#define NTPOOL_NT_ZONE_H

#include "ntdef.h"
#include "nt_list.h"
#include "nt_sync.h"

/**
 * struct _ZONE_SEGMENT_HEADER - what a zone takes from the front of a segment
 * @SegmentList: the segment added before this one
 * @Reserved: see the top of this file
 */
typedef struct _ZONE_SEGMENT_HEADER {
	SINGLE_LIST_ENTRY SegmentList;
	PVOID Reserved;
} ZONE_SEGMENT_HEADER, *PZONE_SEGMENT_HEADER;

/**
 * struct _ZONE_HEADER - a zone
 * @FreeList: free blocks, the next one to be allocated first
 * @SegmentList: segments, newest first
 * @BlockSize: bytes in a block
 * @TotalSegmentSize: bytes in all segments, headers included, unusable ends not
 */
typedef struct _ZONE_HEADER {
	SINGLE_LIST_ENTRY FreeList;
	SINGLE_LIST_ENTRY SegmentList;
	ULONG BlockSize;
	ULONG TotalSegmentSize;
} ZONE_HEADER, *PZONE_HEADER;

_Static_assert(sizeof(ZONE_SEGMENT_HEADER) == 2 * sizeof(PVOID),
	       "16 bytes, 8 on 32 bit");

NTSTATUS ExInitializeZone(PZONE_HEADER Zone, ULONG BlockSize,
			  PVOID InitialSegment, ULONG InitialSegmentSize);
NTSTATUS ExExtendZone(PZONE_HEADER Zone, PVOID Segment, ULONG SegmentSize);
NTSTATUS ExInterlockedExtendZone(PZONE_HEADER Zone, PVOID Segment,
				 ULONG SegmentSize, PKSPIN_LOCK Lock);
PVOID ExInterlockedAllocateFromZone(PZONE_HEADER Zone, PKSPIN_LOCK Lock);
PVOID ExInterlockedFreeToZone(PZONE_HEADER Zone, PVOID Block, PKSPIN_LOCK Lock);

/**
 * ExAllocateFromZone() - take a block
 * @Zone: the zone
 *
 * The block freed last comes first. What it contains is undefined.
 *
 * Context: any IRQL; the caller keeps others away from the zone.
 * Return: the block, or NULL if none is free.
 */
FORCEINLINE PVOID ExAllocateFromZone(PZONE_HEADER Zone)
{
	return PopEntryList(&Zone->FreeList);
}

/**
 * ExFreeToZone() - give a block back
 * @Zone: the zone
 * @Block: a block that came from it
 *
 * Context: any IRQL; the caller keeps others away from the zone.
 * Return: the block that was first on the free list, NULL if there was none.
 */
FORCEINLINE PVOID ExFreeToZone(PZONE_HEADER Zone, PVOID Block)
{
	PVOID First = Zone->FreeList.Next;

	PushEntryList(&Zone->FreeList, (PSINGLE_LIST_ENTRY)Block);
	return First;
}

/**
 * ExIsFullZone() - whether every block is taken
 * @Zone: the zone
 *
 * Context: any IRQL; beside interlocked calls the answer may be outdated.
 * Return: TRUE if no block is free.
 */
FORCEINLINE BOOLEAN ExIsFullZone(PZONE_HEADER Zone)
{
	return !__atomic_load_n(&Zone->FreeList.Next, __ATOMIC_RELAXED);
}

/**
 * ExIsObjectInFirstZoneSegment() - whether a block is of the first segment
 * @Zone: the zone
 * @Object: the address to look up
 *
 * Unlike NT's macro, which asks about the newest segment and the size of all of
 * them, this is right after extensions too. It needs no lock beside an
 * interlocked extension: a segment is published when its header is complete, and
 * the first one never changes.
 *
 * Differs: stays right after an extension.
 *
 * Context: any IRQL.
 * Return: TRUE if it lies in a block of the segment given to ExInitializeZone().
 */
FORCEINLINE BOOLEAN ExIsObjectInFirstZoneSegment(PZONE_HEADER Zone,
						 PCVOID Object)
{
	PZONE_SEGMENT_HEADER First = (PZONE_SEGMENT_HEADER)
		__atomic_load_n(&Zone->SegmentList.Next, __ATOMIC_ACQUIRE);
	ULONG_PTR Offset;

	if (First->SegmentList.Next)
		First = (PZONE_SEGMENT_HEADER)First->Reserved;
	Offset = (ULONG_PTR)Object - (ULONG_PTR)First;
	return Offset >= sizeof(*First) && Offset < (ULONG_PTR)First->Reserved;
}

#endif
