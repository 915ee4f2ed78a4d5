/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lookaside lists: caches of blocks of one size in front of the pool.
 *
 * Names, types and offsets of the fields are NT's. Drivers read and write Depth,
 * MaximumDepth, the totals and the misses, with NT's meaning. ListHead, ListEntry,
 * the Last fields and Future belong to the module. A list lies in resident memory
 * and has the alignment of its type.
 *
 * The obsolete lock behind L is left out. NT itself omits it on 64-bit PCs.
 */
#ifndef NTPOOL_NT_LOOKASIDE_H
#define NTPOOL_NT_LOOKASIDE_H

#include "ntdef.h"
#include "nt_list.h"
#include "nt_pool.h"
#include "nt_slist.h"

struct _LOOKASIDE_LIST_EX;

/* The alignment that NT gives to a list, for structures of a driver. */
#define LOOKASIDE_ALIGN		DECLSPEC_CACHEALIGN

/*
 * A driver's own routines. PoolType, NumberOfBytes and Tag are those of the list's
 * initialisation. A driver declares a routine as "ALLOCATE_FUNCTION MyAllocate;".
 */
typedef void *(*PALLOCATE_FUNCTION)(POOL_TYPE PoolType, SIZE_T NumberOfBytes,
				    ULONG Tag);
typedef void (*PFREE_FUNCTION)(PVOID Buffer);
typedef void *(*PALLOCATE_FUNCTION_EX)(POOL_TYPE PoolType, SIZE_T NumberOfBytes,
				       ULONG Tag,
				       struct _LOOKASIDE_LIST_EX *Lookaside);
typedef void (*PFREE_FUNCTION_EX)(PVOID Buffer,
				  struct _LOOKASIDE_LIST_EX *Lookaside);

typedef __typeof__(*(PALLOCATE_FUNCTION)NULL) ALLOCATE_FUNCTION;
typedef __typeof__(*(PFREE_FUNCTION)NULL) FREE_FUNCTION;
typedef __typeof__(*(PALLOCATE_FUNCTION_EX)NULL) ALLOCATE_FUNCTION_EX;
typedef __typeof__(*(PFREE_FUNCTION_EX)NULL) FREE_FUNCTION_EX;

/*
 * The fields that GENERAL_LOOKASIDE and GENERAL_LOOKASIDE_POOL share. They
 * differ in alignment and size only.
 */
#define GENERAL_LOOKASIDE_LAYOUT			\
	union {						\
		SLIST_HEADER ListHead;			\
		SINGLE_LIST_ENTRY SingleListHead;	\
	};						\
	USHORT Depth;					\
	USHORT MaximumDepth;				\
	ULONG TotalAllocates;				\
	union {						\
		ULONG AllocateMisses;			\
		ULONG AllocateHits;			\
	};						\
	ULONG TotalFrees;				\
	union {						\
		ULONG FreeMisses;			\
		ULONG FreeHits;				\
	};						\
	POOL_TYPE Type;					\
	ULONG Tag;					\
	ULONG Size;					\
	union {						\
		PALLOCATE_FUNCTION_EX AllocateEx;	\
		PALLOCATE_FUNCTION Allocate;		\
	};						\
	union {						\
		PFREE_FUNCTION_EX FreeEx;		\
		PFREE_FUNCTION Free;			\
	};						\
	LIST_ENTRY ListEntry;				\
	ULONG LastTotalAllocates;			\
	union {						\
		ULONG LastAllocateMisses;		\
		ULONG LastAllocateHits;			\
	};						\
	ULONG Future[2]

/*
 * GENERAL_LOOKASIDE_POOL - the first part of every list
 */
typedef struct _GENERAL_LOOKASIDE_POOL {
	GENERAL_LOOKASIDE_LAYOUT;
} GENERAL_LOOKASIDE_POOL, *PGENERAL_LOOKASIDE_POOL;

/*
 * GENERAL_LOOKASIDE - the same, aligned to a cache line
 */
typedef struct _GENERAL_LOOKASIDE {
	GENERAL_LOOKASIDE_LAYOUT;
} DECLSPEC_ALIGN(SYSTEM_CACHE_ALIGNMENT_SIZE) GENERAL_LOOKASIDE,
	*PGENERAL_LOOKASIDE;

/**
 * struct _NPAGED_LOOKASIDE_LIST - a list of nonpaged blocks
 * @L: the list
 */
typedef struct _NPAGED_LOOKASIDE_LIST {
	GENERAL_LOOKASIDE L;
} NPAGED_LOOKASIDE_LIST, *PNPAGED_LOOKASIDE_LIST;

/**
 * struct _PAGED_LOOKASIDE_LIST - a list of paged blocks
 * @L: the list, itself in resident memory
 */
typedef struct _PAGED_LOOKASIDE_LIST {
	GENERAL_LOOKASIDE L;
} PAGED_LOOKASIDE_LIST, *PPAGED_LOOKASIDE_LIST;

/**
 * struct _LOOKASIDE_LIST_EX - a list whose routines are given the list
 * @L: the list
 */
typedef struct _LOOKASIDE_LIST_EX {
	GENERAL_LOOKASIDE_POOL L;
} LOOKASIDE_LIST_EX, *PLOOKASIDE_LIST_EX;

#define NTPOOL_LOOKASIDE_AT(Field, Offset)				\
	_Static_assert(__builtin_offsetof(GENERAL_LOOKASIDE, Field) ==	\
		       (Offset), "NT has " #Field " at " #Offset)

#ifdef __LP64__
NTPOOL_LOOKASIDE_AT(Depth, 0x10);
NTPOOL_LOOKASIDE_AT(MaximumDepth, 0x12);
NTPOOL_LOOKASIDE_AT(TotalAllocates, 0x14);
NTPOOL_LOOKASIDE_AT(AllocateMisses, 0x18);
NTPOOL_LOOKASIDE_AT(TotalFrees, 0x1C);
NTPOOL_LOOKASIDE_AT(FreeMisses, 0x20);
NTPOOL_LOOKASIDE_AT(Type, 0x24);
NTPOOL_LOOKASIDE_AT(Tag, 0x28);
NTPOOL_LOOKASIDE_AT(Size, 0x2C);
NTPOOL_LOOKASIDE_AT(AllocateEx, 0x30);
NTPOOL_LOOKASIDE_AT(FreeEx, 0x38);
NTPOOL_LOOKASIDE_AT(ListEntry, 0x40);
NTPOOL_LOOKASIDE_AT(LastTotalAllocates, 0x50);
NTPOOL_LOOKASIDE_AT(LastAllocateMisses, 0x54);
NTPOOL_LOOKASIDE_AT(Future, 0x58);
_Static_assert(sizeof(LOOKASIDE_LIST_EX) == 0x60, "NT's size");
_Static_assert(sizeof(NPAGED_LOOKASIDE_LIST) == 0x80, "NT's size");
_Static_assert(sizeof(PAGED_LOOKASIDE_LIST) == 0x80, "NT's size");
#endif

#undef NTPOOL_LOOKASIDE_AT

/* The default of MaximumDepth, and the largest value that a driver may set. */
#define EX_MAXIMUM_LOOKASIDE_DEPTH_BASE		256
#define EX_MAXIMUM_LOOKASIDE_DEPTH_LIMIT	1024

/* The smallest block holds a link. */
#define LOOKASIDE_MINIMUM_BLOCK_SIZE	((ULONG)sizeof(PVOID))

#define EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL	0x1U
#define EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE	0x2U

void ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside,
				     PALLOCATE_FUNCTION Allocate,
				     PFREE_FUNCTION Free, ULONG Flags,
				     SIZE_T Size, ULONG Tag, USHORT Depth);
void ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside);
PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside);
void ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry);

void ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside,
				    PALLOCATE_FUNCTION Allocate,
				    PFREE_FUNCTION Free, ULONG Flags,
				    SIZE_T Size, ULONG Tag, USHORT Depth);
void ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside);
PVOID ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside);
void ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry);

NTSTATUS ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside,
				     PALLOCATE_FUNCTION_EX Allocate,
				     PFREE_FUNCTION_EX Free, POOL_TYPE PoolType,
				     ULONG Flags, SIZE_T Size, ULONG Tag,
				     USHORT Depth);
void ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);
void ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);
PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside);
void ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry);

#endif
