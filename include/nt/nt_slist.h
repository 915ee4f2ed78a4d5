/* SPDX-License-Identifier: GPL-2.0 */
/*
 * S-lists: singly linked lists with a depth and a sequence number. Threads, softirqs
 * and interrupt handlers of all CPUs may use a list without a lock of the driver's.
 *
 * The layout of a header is NT's: 16 bytes on 64 bit, 8 bytes on 32 bit. The four low
 * bits beside NextEntry differ. They are the low bits of the first entry's address, and
 * zero for an entry with NT's alignment. A header full of zeros is an empty list. Only
 * these routines write to a header in use. Its fields may be read at any time.
 */
#ifndef NTPOOL_NT_SLIST_H
#define NTPOOL_NT_SLIST_H

#include "ntdef.h"
#include "nt_sync.h"

#ifdef __LP64__

/**
 * struct _SLIST_ENTRY - member of an S-list
 * @Next: next member, NULL at the end
 */
typedef struct _SLIST_ENTRY {
	struct _SLIST_ENTRY *Next;
} DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) SLIST_ENTRY, *PSLIST_ENTRY;

/**
 * union _SLIST_HEADER - head of an S-list
 * @Alignment: depth in bits 0 to 15, sequence in the others
 * @Region: address of the first entry, 0 if there is none
 * @HeaderX64: the same with NT's field names
 * @Header16: the same with older field names
 */
typedef union _SLIST_HEADER {
	struct {
		ULONGLONG Alignment;
		ULONGLONG Region;
	};
	struct {
		ULONGLONG Depth:16;
		ULONGLONG Sequence:48;
		ULONGLONG HeaderType:1;
		ULONGLONG Reserved:3;
		ULONGLONG NextEntry:60;
	} HeaderX64;
	struct {
		ULONGLONG Depth:16;
		ULONGLONG Sequence:48;
		ULONGLONG HeaderType:1;
		ULONGLONG Init:1;
		ULONGLONG Reserved:2;
		ULONGLONG NextEntry:60;
	} Header16;
} DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) SLIST_HEADER, *PSLIST_HEADER;

#else

/* One type on 32 bit, because old sources put SINGLE_LIST_ENTRYs on S-lists. */
#define _SLIST_ENTRY	_SINGLE_LIST_ENTRY

typedef SINGLE_LIST_ENTRY SLIST_ENTRY, *PSLIST_ENTRY;

/**
 * union _SLIST_HEADER - head of an S-list
 * @Alignment: the whole header
 * @Next: first entry
 * @Depth: number of entries, modulo 65536
 * @Sequence: number of pushes, modulo 65536
 */
typedef union _SLIST_HEADER {
	ULONGLONG Alignment;
	struct {
		SINGLE_LIST_ENTRY Next;
		USHORT Depth;
		USHORT Sequence;
	};
} DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) SLIST_HEADER, *PSLIST_HEADER;

#endif

_Static_assert(sizeof(SLIST_HEADER) == MEMORY_ALLOCATION_ALIGNMENT,
	       "SLIST_HEADER is 16 bytes, 8 on 32 bit");

/**
 * InitializeSListHead() - make an S-list empty
 * @ListHead: head in resident memory, aligned to MEMORY_ALLOCATION_ALIGNMENT
 *
 * The old contents of the head are overwritten; no other code may use it yet. Depth and
 * sequence become 0. ExInitializeSListHead() is another name.
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 */
FORCEINLINE void InitializeSListHead(PSLIST_HEADER ListHead)
{
	ListHead->Alignment = 0;
#ifdef __LP64__
	ListHead->Region = 0;
#endif
}

#define ExInitializeSListHead	InitializeSListHead

/**
 * FirstEntrySList() - return the first entry without removing it
 * @ListHead: head of the list
 *
 * Another CPU may remove the entry at any moment. The caller may compare the result.
 * It may dereference the result only while no other code removes entries.
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the entry, NULL if the list is empty.
 */
FORCEINLINE PSLIST_ENTRY FirstEntrySList(const union _SLIST_HEADER *ListHead)
{
#ifdef __LP64__
	return (PSLIST_ENTRY)__atomic_load_n(&ListHead->Region, __ATOMIC_RELAXED);
#else
	return __atomic_load_n(&ListHead->Next.Next, __ATOMIC_RELAXED);
#endif
}

/**
 * ExQueryDepthSList() - number of entries in an S-list
 * @ListHead: head of the list
 *
 * QueryDepthSList() is another name.
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL; NT documents IRQL <= DISPATCH_LEVEL.
 * Return: entries modulo 65536; a list of 65536 entries has depth 0.
 */
FORCEINLINE USHORT ExQueryDepthSList(const union _SLIST_HEADER *ListHead)
{
#ifdef __LP64__
	return (USHORT)__atomic_load_n(&ListHead->Alignment, __ATOMIC_RELAXED);
#else
	return __atomic_load_n(&ListHead->Depth, __ATOMIC_RELAXED);
#endif
}

#define QueryDepthSList		ExQueryDepthSList

PSLIST_ENTRY ExInterlockedPushEntrySList(PSLIST_HEADER ListHead,
					 PSLIST_ENTRY ListEntry,
					 PKSPIN_LOCK Lock);
PSLIST_ENTRY ExInterlockedPopEntrySList(PSLIST_HEADER ListHead, PKSPIN_LOCK Lock);
PSLIST_ENTRY ExInterlockedFlushSList(PSLIST_HEADER ListHead);
PSLIST_ENTRY InterlockedPushListSList(PSLIST_HEADER ListHead, PSLIST_ENTRY List,
				      PSLIST_ENTRY ListEnd, ULONG Count);

/* The names without a lock parameter. */
#define InterlockedPushEntrySList(ListHead, ListEntry) \
	ExInterlockedPushEntrySList((ListHead), (ListEntry), NULL)
#define InterlockedPopEntrySList(ListHead) \
	ExInterlockedPopEntrySList((ListHead), NULL)
#define InterlockedFlushSList	ExInterlockedFlushSList

#define ExpInterlockedPushEntrySList	InterlockedPushEntrySList
#define ExpInterlockedPopEntrySList	InterlockedPopEntrySList
#define ExpInterlockedFlushSList	ExInterlockedFlushSList

#endif
