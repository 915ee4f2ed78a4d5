// SPDX-License-Identifier: GPL-2.0
/*
 * The routines that ntifs.h declares for file systems: quota by hand and FsRtlAllocatePool().
 *
 * PsChargePoolQuota() and the routines beside it charge a process for memory. They are for
 * memory that the process gets in other ways than from one allocation. A PEPROCESS is a
 * name here, not an object: the address of a thread group's struct pid. No routine follows
 * it before quota.c has found a process that has it. NT drivers keep a PEPROCESS valid
 * with a reference. Here a process may end at any time, and its name then stands for no
 * process. Charging that name fails, but earlier charges can still be returned.
 *
 * Kernel threads and interrupts form one process, NT's System, which is never charged.
 *
 * The FsRtl routines are the pool routines of pool.c, but every failure is raised, with
 * any type. The driver's handler is called (raise.c), then NULL returned.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>

#include <ntifs.h>

#include "account/quota.h"
#include "base/report.h"
#include "ddi/pool.h"
#include "ddi/raise.h"
#include "verify/argument.h"

/* Its address is the PEPROCESS of System. */
static const char system_process;

static PEPROCESS system_name(void)
{
	return (PEPROCESS)&system_process;
}

/**
 * PsGetCurrentProcess() - name of the current process
 *
 * The name has no use but as an argument of the routines below. It is valid while the
 * process exists.
 *
 * Context: any.
 *
 * Return: the name of the current thread group, or of System in kernel threads and
 * interrupts; never NULL.
 *
 * Contract: WDK, PsGetCurrentProcess; that interrupts count as System is a choice.
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
 * @PoolType: any type; its paged bit selects the limit
 * @Amount: bytes
 *
 * The caller returns every charge with PsReturnPoolQuota(), in one or several calls.
 *
 * Context: IRQL < DISPATCH_LEVEL; works up to DISPATCH_LEVEL.
 *
 * Return: STATUS_SUCCESS; STATUS_QUOTA_EXCEEDED above the limit, or if the process has ended;
 * STATUS_INSUFFICIENT_RESOURCES without memory for its ledger. A failure charges nothing.
 *
 * Contract: WDK, PsChargePoolQuota.
 */
NTSTATUS PsChargeProcessPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
	ntpool_verify_irql(NTPOOL_APC_LEVEL, Process, _RET_IP_);
	return charge(Process, PoolType, Amount);
}
EXPORT_SYMBOL_GPL(PsChargeProcessPoolQuota);

/**
 * PsChargePoolQuota() - charge a process for pool memory, or raise
 * @Process: name of the process
 * @PoolType: any type; its paged bit selects the limit
 * @Amount: bytes
 *
 * As PsChargeProcessPoolQuota(), but a failure is raised. The routine returns after a raise,
 * so a caller that needs the result calls PsChargeProcessPoolQuota().
 *
 * Context: IRQL < DISPATCH_LEVEL; works up to DISPATCH_LEVEL.
 *
 * Contract: WDK, PsChargePoolQuota.
 */
void PsChargePoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
	NTSTATUS status;

	ntpool_verify_irql(NTPOOL_APC_LEVEL, Process, _RET_IP_);
	status = charge(Process, PoolType, Amount);
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
		.text = "more quota was returned than was charged; only the charge was returned",
		.caller = caller,
	};

	ntpool_report(&stop);
}

/**
 * PsReturnPoolQuota() - return a charge to a process
 * @Process: name of the process; it may have ended
 * @PoolType: as when it was charged
 * @Amount: bytes
 *
 * If @Amount exceeds the charges made by hand, all of them are returned and 0x21 is
 * reported. Its parameters are the process, 0 nonpaged or 1 paged, bytes to return, bytes
 * charged. Blocks that were allocated with quota keep their charge.
 *
 * Context: IRQL < DISPATCH_LEVEL; works in every context but NMIs.
 *
 * Contract: WDK, PsReturnPoolQuota; the order of the stop code's parameters is a choice.
 */
void PsReturnPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
	enum ntpool_type type = type_of(PoolType);
	size_t back;

	ntpool_verify_irql(NTPOOL_APC_LEVEL, Process, _RET_IP_);
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
 * Return: the block; NULL after any failure, raised as STATUS_INSUFFICIENT_RESOURCES.
 *
 * Contract: WDK, FsRtlAllocatePoolWithTag.
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
 *
 * Return: as FsRtlAllocatePoolWithTag().
 *
 * Contract: WDK, FsRtlAllocatePool; the tag is a choice.
 */
PVOID FsRtlAllocatePool(POOL_TYPE PoolType, ULONG NumberOfBytes)
{
	return fsrtl_alloc(PoolType, NumberOfBytes, NTPOOL_TAG_NONE, 0, _RET_IP_);
}
EXPORT_SYMBOL_GPL(FsRtlAllocatePool);

/**
 * FsRtlAllocatePoolWithQuotaTag() - the same, charged to the current process
 * @PoolType: as for ExAllocatePoolWithTag()
 * @NumberOfBytes: size in bytes
 * @Tag: as for ExAllocatePoolWithTag()
 *
 * Charges as ExAllocatePoolWithQuotaTag(). POOL_QUOTA_FAIL_INSTEAD_OF_RAISE has no effect.
 *
 * Context: as ExAllocatePoolWithTag().
 *
 * Return: the block; NULL after STATUS_QUOTA_EXCEEDED or STATUS_INSUFFICIENT_RESOURCES was
 * raised.
 *
 * Contract: WDK, FsRtlAllocatePoolWithQuotaTag.
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
 *
 * Return: as FsRtlAllocatePoolWithQuotaTag().
 *
 * Contract: WDK, FsRtlAllocatePoolWithQuota; the tag is a choice.
 */
PVOID FsRtlAllocatePoolWithQuota(POOL_TYPE PoolType, ULONG NumberOfBytes)
{
	return fsrtl_alloc(PoolType, NumberOfBytes, NTPOOL_TAG_NONE, NTPOOL_QUOTA, _RET_IP_);
}
EXPORT_SYMBOL_GPL(FsRtlAllocatePoolWithQuota);
