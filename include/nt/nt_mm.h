/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory manager: contiguous and uncached memory, physical addresses, size of the
 * machine, state of the verifier.
 *
 * Memory from these routines is nonpaged and has whole pages. Only the routines below
 * free it, not the routines of the pool.
 */
#ifndef NTPOOL_NT_MM_H
#define NTPOOL_NT_MM_H

#include "ntdef.h"
#include "nt_pool.h"

/**
 * enum _MEMORY_CACHING_TYPE - how the processor caches memory
 * @MmNonCached: not at all
 * @MmCached: as usual
 * @MmWriteCombined: writes are collected, reads are not cached
 * @MmHardwareCoherentCached: refused
 * @MmNonCachedUnordered: refused
 * @MmUSWCCached: refused
 * @MmMaximumCacheType: number of types
 */
typedef enum _MEMORY_CACHING_TYPE {
	MmNonCached = 0,
	MmCached = 1,
	MmWriteCombined = 2,
	MmHardwareCoherentCached = 3,
	MmNonCachedUnordered = 4,
	MmUSWCCached = 5,
	MmMaximumCacheType = 6,
} MEMORY_CACHING_TYPE;

/**
 * enum _MM_SYSTEM_SIZE - how much memory a machine has
 * @MmSmallSystem: up to 19 MB
 * @MmMediumSystem: below 32 MB
 * @MmLargeSystem: 32 MB and more
 */
typedef enum _MM_SYSTEM_SIZE {
	MmSmallSystem = 0,
	MmMediumSystem = 1,
	MmLargeSystem = 2,
} MM_SYSTEMSIZE;

/* Protection: one of the first eight, and at most one of the caching bits. */
#define PAGE_NOACCESS			0x01
#define PAGE_READWRITE			0x04
/* PAGE_READONLY, 0x02, is left out: Linux has a macro of that name. */
#define PAGE_WRITECOPY			0x08
#define PAGE_EXECUTE			0x10
#define PAGE_EXECUTE_READ		0x20
#define PAGE_EXECUTE_READWRITE		0x40
#define PAGE_EXECUTE_WRITECOPY		0x80
#define PAGE_GUARD			0x100
#define PAGE_NOCACHE			0x200
#define PAGE_WRITECOMBINE		0x400

/* Number of a NUMA node, or MM_ANY_NODE_OK. */
typedef ULONG NODE_REQUIREMENT;

#define MM_ANY_NODE_OK			0x80000000U

/* MmAllocateContiguousMemoryEx(): do not reclaim, do not search for long. */
#define MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY	0x00000001

NTPOOL_ALLOCATES(1)
PVOID MmAllocateNonCachedMemory(SIZE_T NumberOfBytes);
void MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes);

NTPOOL_ALLOCATES(1)
PVOID MmAllocateContiguousMemory(SIZE_T NumberOfBytes,
				 PHYSICAL_ADDRESS HighestAcceptableAddress);

NTPOOL_ALLOCATES(1)
PVOID MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes,
					     PHYSICAL_ADDRESS LowestAcceptableAddress,
					     PHYSICAL_ADDRESS HighestAcceptableAddress,
					     PHYSICAL_ADDRESS BoundaryAddressMultiple,
					     MEMORY_CACHING_TYPE CacheType);

NTPOOL_ALLOCATES(1)
PVOID MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T NumberOfBytes,
						 PHYSICAL_ADDRESS LowestAcceptableAddress,
						 PHYSICAL_ADDRESS HighestAcceptableAddress,
						 PHYSICAL_ADDRESS BoundaryAddressMultiple,
						 MEMORY_CACHING_TYPE CacheType,
						 NODE_REQUIREMENT PreferredNode);

NTPOOL_ALLOCATES(1)
PVOID MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes,
				     PHYSICAL_ADDRESS LowestAcceptableAddress,
				     PHYSICAL_ADDRESS HighestAcceptableAddress,
				     PHYSICAL_ADDRESS BoundaryAddressMultiple,
				     ULONG Protect, NODE_REQUIREMENT PreferredNode);

NTPOOL_ATTR(__warn_unused_result__)
NTSTATUS MmAllocateContiguousMemoryEx(PSIZE_T NumberOfBytes,
				      PHYSICAL_ADDRESS LowestAcceptableAddress,
				      PHYSICAL_ADDRESS HighestAcceptableAddress,
				      PHYSICAL_ADDRESS BoundaryAddressMultiple,
				      NODE_REQUIREMENT PreferredNode, ULONG Protect,
				      PVOID PartitionObject, ULONG Tag, ULONG Flags,
				      PVOID *BaseAddress);

void MmFreeContiguousMemory(PVOID BaseAddress);
void MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes,
					MEMORY_CACHING_TYPE CacheType);

PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID BaseAddress);
MM_SYSTEMSIZE MmQuerySystemSize(void);
NTSTATUS MmIsVerifierEnabled(PULONG VerifierFlags);

#endif
