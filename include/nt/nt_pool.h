/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pool: types, flags and the routines that allocate and free.
 *
 * A block below a page is aligned to MEMORY_ALLOCATION_ALIGNMENT and never
 * crosses a page; a block of a page or more starts on a page.
 */
#ifndef NTPOOL_NT_POOL_H
#define NTPOOL_NT_POOL_H

#include "ntdef.h"

/*
 * A tag is written as four characters in single quotes, which C allows and the
 * compiler warns of. A file that includes this header means it.
 */
#pragma GCC diagnostic ignored "-Wmultichar"

/**
 * enum _POOL_TYPE - which memory, for the routines that take a type
 * @NonPagedPool: usable at any IRQL; allocated and freed up to DISPATCH_LEVEL
 * @NonPagedPoolExecute: as @NonPagedPool; memory is never executable on Linux
 * @PagedPool: allocated, freed and touched below DISPATCH_LEVEL
 * @NonPagedPoolMustSucceed: nonpaged; tried no harder than the rest
 * @DontUseThisType: fails
 * @NonPagedPoolCacheAligned: nonpaged
 * @PagedPoolCacheAligned: paged
 * @NonPagedPoolCacheAlignedMustS: as @NonPagedPoolMustSucceed
 * @MaxPoolType: fails
 * @NonPagedPoolBase: as @NonPagedPool
 * @NonPagedPoolBaseMustSucceed: as @NonPagedPoolMustSucceed
 * @NonPagedPoolBaseCacheAligned: as @NonPagedPoolCacheAligned
 * @NonPagedPoolBaseCacheAlignedMustS: as @NonPagedPoolCacheAlignedMustS
 * @NonPagedPoolSession: there are no session pools: as without Session
 * @PagedPoolSession: likewise
 * @NonPagedPoolMustSucceedSession: likewise
 * @DontUseThisTypeSession: fails
 * @NonPagedPoolCacheAlignedSession: likewise
 * @PagedPoolCacheAlignedSession: likewise
 * @NonPagedPoolCacheAlignedMustSSession: likewise
 * @NonPagedPoolNx: as @NonPagedPool
 * @NonPagedPoolNxCacheAligned: as @NonPagedPoolCacheAligned
 * @NonPagedPoolSessionNx: as @NonPagedPoolSession
 */
typedef enum _POOL_TYPE {
	NonPagedPool = 0,
	NonPagedPoolExecute = NonPagedPool,
	PagedPool = 1,
	NonPagedPoolMustSucceed = 2,
	DontUseThisType = 3,
	NonPagedPoolCacheAligned = 4,
	PagedPoolCacheAligned = 5,
	NonPagedPoolCacheAlignedMustS = 6,
	MaxPoolType = 7,
	NonPagedPoolBase = 0,
	NonPagedPoolBaseMustSucceed = 2,
	NonPagedPoolBaseCacheAligned = 4,
	NonPagedPoolBaseCacheAlignedMustS = 6,
	NonPagedPoolSession = 32,
	PagedPoolSession = 33,
	NonPagedPoolMustSucceedSession = 34,
	DontUseThisTypeSession = 35,
	NonPagedPoolCacheAlignedSession = 36,
	PagedPoolCacheAlignedSession = 37,
	NonPagedPoolCacheAlignedMustSSession = 38,
	NonPagedPoolNx = 512,
	NonPagedPoolNxCacheAligned = 516,
	NonPagedPoolSessionNx = 544,
} POOL_TYPE;

/* Bits that a caller may add to a POOL_TYPE. */
#define POOL_QUOTA_FAIL_INSTEAD_OF_RAISE	8
#define POOL_RAISE_IF_ALLOCATION_FAILURE	16
#define POOL_COLD_ALLOCATION			256
#define POOL_NX_ALLOCATION			512
#define POOL_ZERO_ALLOCATION			1024

/* A tag with this bit is counted without it. */
#define PROTECTED_POOL				0x80000000U

/* ExAllocatePool2(): a flag of the low half is obeyed, or the call fails. */
typedef ULONG64 POOL_FLAGS;

#define POOL_FLAG_REQUIRED_START	0x0000000000000001ULL
#define POOL_FLAG_USE_QUOTA		0x0000000000000001ULL
#define POOL_FLAG_UNINITIALIZED		0x0000000000000002ULL
#define POOL_FLAG_SESSION		0x0000000000000004ULL
#define POOL_FLAG_CACHE_ALIGNED		0x0000000000000008ULL
#define POOL_FLAG_RESERVED1		0x0000000000000010ULL
#define POOL_FLAG_RAISE_ON_FAILURE	0x0000000000000020ULL
#define POOL_FLAG_NON_PAGED		0x0000000000000040ULL
#define POOL_FLAG_NON_PAGED_EXECUTE	0x0000000000000080ULL
#define POOL_FLAG_PAGED			0x0000000000000100ULL
#define POOL_FLAG_RESERVED2		0x0000000000000200ULL
#define POOL_FLAG_RESERVED3		0x0000000000000400ULL
#define POOL_FLAG_REQUIRED_END		0x0000000080000000ULL

/* One of the high half is obeyed where it can be. */
#define POOL_FLAG_OPTIONAL_START	0x0000000100000000ULL
#define POOL_FLAG_SPECIAL_POOL		0x0000000100000000ULL
#define POOL_FLAG_OPTIONAL_END		0x8000000000000000ULL

/**
 * enum _EX_POOL_PRIORITY - how hard to try, and where special pool puts a block
 * @LowPoolPriority: may fail when memory is low
 * @LowPoolPrioritySpecialPoolOverrun: the same, at the end of its page
 * @LowPoolPrioritySpecialPoolUnderrun: the same, at the start of its page
 * @NormalPoolPriority: may fail when memory is very low
 * @NormalPoolPrioritySpecialPoolOverrun: the same, at the end of its page
 * @NormalPoolPrioritySpecialPoolUnderrun: the same, at the start of its page
 * @HighPoolPriority: fails only when there is no memory
 * @HighPoolPrioritySpecialPoolOverrun: the same, at the end of its page
 * @HighPoolPrioritySpecialPoolUnderrun: the same, at the start of its page
 */
typedef enum _EX_POOL_PRIORITY {
	LowPoolPriority = 0,
	LowPoolPrioritySpecialPoolOverrun = 8,
	LowPoolPrioritySpecialPoolUnderrun = 9,
	NormalPoolPriority = 16,
	NormalPoolPrioritySpecialPoolOverrun = 24,
	NormalPoolPrioritySpecialPoolUnderrun = 25,
	HighPoolPriority = 32,
	HighPoolPrioritySpecialPoolOverrun = 40,
	HighPoolPrioritySpecialPoolUnderrun = 41,
} EX_POOL_PRIORITY;

/*
 * The result is new memory of the size that argument number Size gives. Kbuild's
 * command line makes a macro of __alloc_size__, so this one goes without the
 * underscores.
 */
#define NTPOOL_ALLOCATES(Size) \
	NTPOOL_ATTR(__malloc__, alloc_size(Size), __warn_unused_result__)

NTPOOL_ALLOCATES(2)
PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes);

NTPOOL_ALLOCATES(2)
PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);

NTPOOL_ALLOCATES(2)
PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);

void ExFreePool(PVOID P);
void ExFreePoolWithTag(PVOID P, ULONG Tag);

#endif
