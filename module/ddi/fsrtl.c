// SPDX-License-Identifier: GPL-2.0
/*
 * FsRtlAllocatePool() and its like: the allocation routines of file system drivers. They
 * are those of pool.c, but every failure is raised, whatever the type says. The driver's
 * handler is called for it (raise.c), and NULL is returned then.
 */
#include <linux/export.h>
#include <linux/kernel.h>

#include <ntifs.h>

#include "ddi/pool.h"

static void *fsrtl_alloc(unsigned int type, size_t size, u32 tag, unsigned int flags,
			 unsigned long caller)
{
	return ntpool_ddi_alloc_constrained(type | POOL_RAISE_IF_ALLOCATION_FAILURE, size, tag,
					    flags, caller);
}

/**
 * FsRtlAllocatePoolWithTag() - allocate pool memory under a tag, or raise
 * @PoolType: as for ExAllocatePoolWithTag()
 * @NumberOfBytes: size in bytes
 * @Tag: as for ExAllocatePoolWithTag()
 *
 * Context: as ExAllocatePoolWithTag().
 *
 * Return: the block; NULL after STATUS_INSUFFICIENT_RESOURCES was raised, for whatever
 * reason it failed.
 *
 * Source: ntifs.h documentation of FsRtlAllocatePoolWithTag.
 */
PVOID FsRtlAllocatePoolWithTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag)
{
	return fsrtl_alloc(PoolType, NumberOfBytes, Tag, 0, _RET_IP_);
}
EXPORT_SYMBOL_GPL(FsRtlAllocatePoolWithTag);

/**
 * FsRtlAllocatePool() - allocate pool memory under the tag `None`, or raise
 * @PoolType: as for ExAllocatePoolWithTag()
 * @NumberOfBytes: size in bytes
 *
 * Context: as ExAllocatePoolWithTag().
 * Return: as FsRtlAllocatePoolWithTag().
 *
 * Source: ntifs.h documentation of FsRtlAllocatePool; the tag is this project's choice.
 */
PVOID FsRtlAllocatePool(POOL_TYPE PoolType, ULONG NumberOfBytes)
{
	return fsrtl_alloc(PoolType, NumberOfBytes, NTPOOL_TAG_NONE, 0, _RET_IP_);
}
EXPORT_SYMBOL_GPL(FsRtlAllocatePool);

/**
 * FsRtlAllocatePoolWithQuotaTag() - the same, and the current process pays
 * @PoolType: as for ExAllocatePoolWithTag()
 * @NumberOfBytes: size in bytes
 * @Tag: as for ExAllocatePoolWithTag()
 *
 * Charges as ExAllocatePoolWithQuotaTag(). POOL_QUOTA_FAIL_INSTEAD_OF_RAISE has no
 * effect here.
 *
 * Context: as ExAllocatePoolWithTag().
 *
 * Return: the block; NULL after STATUS_QUOTA_EXCEEDED or STATUS_INSUFFICIENT_RESOURCES was
 * raised.
 *
 * Source: ntifs.h documentation of FsRtlAllocatePoolWithQuotaTag.
 */
PVOID FsRtlAllocatePoolWithQuotaTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag)
{
	return fsrtl_alloc(PoolType, NumberOfBytes, Tag, NTPOOL_QUOTA, _RET_IP_);
}
EXPORT_SYMBOL_GPL(FsRtlAllocatePoolWithQuotaTag);

/**
 * FsRtlAllocatePoolWithQuota() - the same under the tag `None`
 * @PoolType: as for ExAllocatePoolWithTag()
 * @NumberOfBytes: size in bytes
 *
 * Context: as ExAllocatePoolWithTag().
 * Return: as FsRtlAllocatePoolWithQuotaTag().
 *
 * Source: ntifs.h documentation of FsRtlAllocatePoolWithQuota; the tag is this project's
 * choice.
 */
PVOID FsRtlAllocatePoolWithQuota(POOL_TYPE PoolType, ULONG NumberOfBytes)
{
	return fsrtl_alloc(PoolType, NumberOfBytes, NTPOOL_TAG_NONE, NTPOOL_QUOTA, _RET_IP_);
}
EXPORT_SYMBOL_GPL(FsRtlAllocatePoolWithQuota);
