/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Zones: blocks of one size, cut from memory that the caller supplies.
 *
 * The layouts are NT's. ntpool uses ZONE_SEGMENT_HEADER.Reserved to keep
 * ExIsObjectInFirstZoneSegment() right after extensions. In the first segment it
 * holds the bytes in use, header included. In a later segment it holds the address
 * of the first.
 *
 * The inlines are not synchronised, the exported interlocked routines are. A driver
 * uses only one of the two kinds on a zone. While Driver Verifier is on, all of them
 * check the zone first.
 */
#ifndef NTPOOL_NT_ZONE_H
#define NTPOOL_NT_ZONE_H

#include "ntdef.h"
#include "nt_list.h"
#include "nt_sync.h"

/**
 * struct _ZONE_SEGMENT_HEADER - the first bytes of a segment, used by the zone
 * @SegmentList: the segment added before this one
 * @Reserved: see the top of this file
 */
typedef struct _ZONE_SEGMENT_HEADER {
	SINGLE_LIST_ENTRY SegmentList;
	PVOID Reserved;
} ZONE_SEGMENT_HEADER, *PZONE_SEGMENT_HEADER;

/**
 * struct _ZONE_HEADER - a zone
 * @FreeList: free blocks; the first one is allocated next
 * @SegmentList: segments, newest first
 * @BlockSize: bytes in a block
 * @TotalSegmentSize: bytes in all segments, with headers, without unusable ends
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

/* Driver Verifier's bits in the low four, and routines that check the zone first. */
extern unsigned long ntpool_verifier_state;
PVOID ntpool_zone_alloc(PZONE_HEADER Zone);
PVOID ntpool_zone_free(PZONE_HEADER Zone, PVOID Block);

FORCEINLINE BOOLEAN ntpool_zone_is_checked(void)
{
	return __builtin_expect(__atomic_load_n(&ntpool_verifier_state, __ATOMIC_RELAXED) & 0xf,
				0) != 0;
}

/**
 * ExAllocateFromZone() - allocate a block
 * @Zone: the zone
 *
 * The block that was freed last is allocated first. Its contents are undefined.
 *
 * Context: IRQL <= DISPATCH_LEVEL, works at any; the caller serializes access to the zone.
 * Return: the block, or NULL if none is free.
 */
FORCEINLINE PVOID ExAllocateFromZone(PZONE_HEADER Zone)
{
	if (ntpool_zone_is_checked())
		return ntpool_zone_alloc(Zone);
	return PopEntryList(&Zone->FreeList);
}

/**
 * ExFreeToZone() - free a block
 * @Zone: the zone
 * @Block: a block that came from it
 *
 * Context: IRQL <= DISPATCH_LEVEL, works at any; the caller serializes access to the zone.
 * Return: the previous first block of the free list, NULL if the list was empty.
 */
FORCEINLINE PVOID ExFreeToZone(PZONE_HEADER Zone, PVOID Block)
{
	PVOID First;

	if (ntpool_zone_is_checked())
		return ntpool_zone_free(Zone, Block);
	First = Zone->FreeList.Next;
	PushEntryList(&Zone->FreeList, (PSINGLE_LIST_ENTRY)Block);
	return First;
}

/**
 * ExIsFullZone() - whether every block is allocated
 * @Zone: the zone
 *
 * Context: any IRQL; concurrent interlocked calls may outdate the result.
 * Return: TRUE if no block is free.
 */
FORCEINLINE BOOLEAN ExIsFullZone(PZONE_HEADER Zone)
{
	return !__atomic_load_n(&Zone->FreeList.Next, __ATOMIC_RELAXED);
}

/**
 * ExIsObjectInFirstZoneSegment() - whether a block is in the first segment
 * @Zone: the zone
 * @Object: the address of the block
 *
 * NT's macro uses the newest segment and the size of all segments. This routine is
 * right after extensions too. It needs no lock against an interlocked extension. A
 * segment is published when its header is complete, and the first one never changes.
 *
 * Differs: stays right after an extension.
 *
 * Context: any IRQL.
 * Return: TRUE if @Object is in a block of the segment given to ExInitializeZone().
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
