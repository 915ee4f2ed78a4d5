/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NT's header for file system drivers. It adds to ntddk.h the macros for flags,
 * allocations that raise, and quota. A driver may have defined the macros itself.
 */
#ifndef NTPOOL_NTIFS_H
#define NTPOOL_NTIFS_H

#include "ntddk.h"

#ifndef FlagOn
#define FlagOn(Flags, Mask)		((Flags) & (Mask))
#endif
#ifndef BooleanFlagOn
#define BooleanFlagOn(Flags, Mask)	((BOOLEAN)(((Flags) & (Mask)) != 0))
#endif
#ifndef SetFlag
#define SetFlag(Flags, Mask)		((Flags) |= (Mask))
#endif
#ifndef ClearFlag
#define ClearFlag(Flags, Mask)		((Flags) &= ~(Mask))
#endif

NTPOOL_ALLOCATES(2)
PVOID FsRtlAllocatePool(POOL_TYPE PoolType, ULONG NumberOfBytes);

NTPOOL_ALLOCATES(2)
PVOID FsRtlAllocatePoolWithTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag);

NTPOOL_ALLOCATES(2)
PVOID FsRtlAllocatePoolWithQuota(POOL_TYPE PoolType, ULONG NumberOfBytes);

NTPOOL_ALLOCATES(2)
PVOID FsRtlAllocatePoolWithQuotaTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag);

SIZE_T ExQueryPoolBlockSize(PVOID PoolBlock, PBOOLEAN QuotaCharged);

/* An opaque name of a process. */
typedef struct _EPROCESS *PEPROCESS;

PEPROCESS PsGetCurrentProcess(void);
NTSTATUS PsChargeProcessPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount);
void PsChargePoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount);
void PsReturnPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount);

#endif
