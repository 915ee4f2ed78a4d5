// SPDX-License-Identifier: GPL-2.0
/*
 * Quota by hand: PsChargePoolQuota() and its like, for memory that a driver hands to a
 * process in other ways than by one allocation.
 *
 * A PEPROCESS is a name, not an object: the address of the struct pid of a thread group,
 * which is compared and never followed before quota.c has found a process that has it.
 * NT's drivers keep one valid with a reference to the process; here a process may end at
 * any time, and its name then belongs to nobody. Charging it fails, and what it was
 * charged by hand before can still be returned.
 *
 * All kernel threads, and what runs in interrupts, are one process, NT's System, which is
 * never charged.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>

#include <ntifs.h>

#include "account/quota.h"
#include "base/report.h"
#include "ddi/pool.h"
#include "ddi/raise.h"

/* Its address is System's name. */
static const char system_process;

static PEPROCESS system_name(void)
{
	return (PEPROCESS)&system_process;
}

/**
 * PsGetCurrentProcess() - the name of the process that runs
 *
 * It is to be passed to the routines below and means nothing else. The name of a process
 * is valid while the process is there.
 *
 * Context: any.
 *
 * Return: the name of the current thread group, or System's in kernel threads and
 * interrupts; never NULL.
 *
 * Source: ntifs.h documentation of PsGetCurrentProcess; that interrupts count as System is
 * this project's choice.
 */
PEPROCESS PsGetCurrentProcess(void)
{
	return ntpool_quota_applies() ? (PEPROCESS)task_tgid(current) : system_name();
}
EXPORT_SYMBOL_GPL(PsGetCurrentProcess);

static enum ntpool_type type_of(POOL_TYPE type)
{
	return type & PagedPool ? NTPOOL_PAGED : NTPOOL_NONPAGED;
}

static NTSTATUS charge(PEPROCESS process, POOL_TYPE type, size_t amount)
{
	if (process == system_name())
		return STATUS_SUCCESS;
	switch (ntpool_quota_charge_process((struct pid *)process, type_of(type), amount)) {
	case 0:
		return STATUS_SUCCESS;
	case -ENOMEM:
		return STATUS_INSUFFICIENT_RESOURCES;
	default:
		return STATUS_QUOTA_EXCEEDED;
	}
}

/**
 * PsChargeProcessPoolQuota() - charge a process for pool memory
 * @Process: name of the process
 * @PoolType: a paged or a nonpaged type: against which limit
 * @Amount: bytes
 *
 * Every charge is to be returned with PsReturnPoolQuota(), by and by or all at once.
 *
 * Context: IRQL < DISPATCH_LEVEL; works up to it.
 *
 * Return: STATUS_SUCCESS; STATUS_QUOTA_EXCEEDED: the limit does not allow it, or there is
 * no such process any more; STATUS_INSUFFICIENT_RESOURCES: no memory for its ledger.
 * Nothing is charged then.
 *
 * Source: ntifs.h documentation of PsChargePoolQuota.
 */
NTSTATUS PsChargeProcessPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
	return charge(Process, PoolType, Amount);
}
EXPORT_SYMBOL_GPL(PsChargeProcessPoolQuota);

/**
 * PsChargePoolQuota() - charge a process for pool memory, or raise
 * @Process: name of the process
 * @PoolType: a paged or a nonpaged type: against which limit
 * @Amount: bytes
 *
 * As PsChargeProcessPoolQuota(), but its failures are raised. It returns then, as a raise
 * does here; who must know what happened uses the other one.
 *
 * Context: IRQL < DISPATCH_LEVEL; works up to it.
 *
 * Source: ntifs.h documentation of PsChargePoolQuota.
 */
void PsChargePoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
	NTSTATUS status = charge(Process, PoolType, Amount);

	if (!NT_SUCCESS(status))
		ntpool_raise(status, _RET_IP_);
}
EXPORT_SYMBOL_GPL(PsChargePoolQuota);

static void report_underflow(PEPROCESS process, enum ntpool_type type, size_t amount,
			     size_t charged, unsigned long caller)
{
	struct ntpool_stop stop = {
		.code = NTPOOL_STOP_QUOTA_UNDERFLOW,
		.param = { (unsigned long)process, type, amount, charged },
		.addr_mask = BIT(0),
		.text = "more quota was returned than had been charged; what there was is returned",
		.caller = caller,
	};

	ntpool_report(&stop);
}

/**
 * PsReturnPoolQuota() - return to a process what it was charged by hand
 * @Process: name of the process; it may have ended
 * @PoolType: as when it was charged
 * @Amount: bytes
 *
 * More than was charged with the two routines above is reported as 0x21 (process, 0
 * nonpaged or 1 paged, bytes to return, bytes charged), and what was is returned. Blocks
 * that were allocated with quota are not touched.
 *
 * Context: IRQL < DISPATCH_LEVEL; works in every context but NMIs.
 *
 * Source: ntifs.h documentation of PsReturnPoolQuota; the order of the stop code's
 * parameters is this project's choice.
 */
void PsReturnPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
	enum ntpool_type type = type_of(PoolType);
	size_t back;

	if (Process == system_name())
		return;
	back = ntpool_quota_refund_process((struct pid *)Process, type, Amount);
	if (back < Amount)
		report_underflow(Process, type, Amount, back, _RET_IP_);
}
EXPORT_SYMBOL_GPL(PsReturnPoolQuota);

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
