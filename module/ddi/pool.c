// SPDX-License-Identifier: GPL-2.0
/*
 * The pool routines under NT's names.
 *
 * A routine decodes its arguments into flags, takes its return address, and calls
 * ntpool_alloc(). Arguments that ntpool_alloc() does not cover become a struct ntpool_request
 * for ntpool_alloc_constrained(). The older routines take a POOL_TYPE, with POOL_* bits added
 * to it. ExAllocatePool2() and ExAllocatePool3() take POOL_FLAGS: they zero the memory,
 * except with POOL_FLAG_UNINITIALIZED, and reject a size or tag of 0. A new bit of POOL_FLAGS
 * goes to FLAGS_CONSTRAINED or FLAGS_KNOWN and to request_flags(), one of POOL_TYPE to
 * TYPE_KNOWN and type_flags().
 *
 * Differences from NT:
 *
 *  - Memory is never executable.
 *  - Paged pool is resident, but its IRQL rule is enforced.
 *  - There are no session pools. A session type means the ordinary one.
 *  - A routine that raises calls the driver's handler and then returns NULL. C on Linux
 *    has no structured exceptions; see raise.c.
 *  - A MustSucceed allocation waits for memory if the caller may sleep. If the caller may
 *    not sleep and the reserve is empty, 0x41 is reported and NULL returned.
 *  - Only the parameter bugcheck can make a violation stop the machine.
 *  - Hard interrupts may use nonpaged types. NT allows them up to DISPATCH_LEVEL.
 *  - Secure pool needs a hypervisor and is refused.
 */
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/nodemask.h>

#include "base/trace.h"
#include "pool/fast.h"
#include "verify/argument.h"
#include "verify/verify.h"

#include <ntifs.h>

#include "ddi/pool.h"
#include "ddi/raise.h"

#define TYPE_BASE	7
#define TYPE_KNOWN	(TYPE_BASE | NTPOOL_TYPE_PLAIN | POOL_RAISE_IF_ALLOCATION_FAILURE)

#define FLAGS_WHERE	(POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)
/* ntpool_alloc() does not cover these. */
#define FLAGS_CONSTRAINED (POOL_FLAG_USE_QUOTA | POOL_FLAG_CACHE_ALIGNED | \
			   POOL_FLAG_RAISE_ON_FAILURE)
#define FLAGS_KNOWN	(FLAGS_WHERE | FLAGS_CONSTRAINED | POOL_FLAG_UNINITIALIZED)
/* An unknown flag of this half fails the call; one of the other half is ignored. */
#define FLAGS_REQUIRED	0xffffffffULL

/* DontUseThisType and MaxPoolType are the types with both low bits set. */
static bool type_is_valid(unsigned int type)
{
	return !(type & ~TYPE_KNOWN) && (type & 3) != 3;
}

static unsigned int type_flags(unsigned int type)
{
	unsigned int flags = 0;

	if (type & NTPOOL_TYPE_MUST)
		flags |= NTPOOL_MUST;
	if (type & NTPOOL_TYPE_ALIGNED)
		flags |= NTPOOL_ALIGNED;
	if (type & POOL_ZERO_ALLOCATION)
		flags |= NTPOOL_ZERO;
	return flags;
}

static void *failed(int err, bool raise, unsigned long caller)
{
	if (raise)
		ntpool_raise(err == -EDQUOT ? STATUS_QUOTA_EXCEEDED : STATUS_INSUFFICIENT_RESOURCES,
			     caller);
	return NULL;
}

static void *refused(const struct ntpool_verify_refusal *refusal, enum ntpool_type type, bool raise)
{
	const struct ntpool_request req = {
		.type = type,
		.size = refusal->size,
		.tag = refusal->tag & ~NTPOOL_TAG_PROTECTED,
		.caller = refusal->caller,
	};

	if (ntpool_verifier())
		ntpool_verify_refused(refusal);
	trace_ntpool_fail(&req, -EINVAL, ntpool_irql());
	return failed(-EINVAL, raise, refusal->caller);
}

/* All required flags must be known, and exactly one must select the pool. */
static bool flags_are_valid(POOL_FLAGS flags)
{
	unsigned int where = flags & FLAGS_WHERE;

	return !(flags & FLAGS_REQUIRED & ~FLAGS_KNOWN) && hweight32(where) == 1;
}

static void *type_refused(unsigned int type, size_t size, u32 tag, unsigned long caller)
{
	const struct ntpool_verify_refusal refusal = {
		.size = size,
		.tag = tag,
		.given = type,
		.is_other = flags_are_valid(type),
		.caller = caller,
	};

	return refused(&refusal, type & NTPOOL_TYPE_PAGED ? NTPOOL_PAGED : NTPOOL_NONPAGED,
		       type & POOL_RAISE_IF_ALLOCATION_FAILURE);
}

static void *request_alloc(const struct ntpool_request *req, bool raise)
{
	void *p = ntpool_alloc_constrained(req);

	return IS_ERR(p) ? failed(PTR_ERR(p), raise, req->caller) : p;
}

void *ntpool_ddi_alloc_constrained(unsigned int type, size_t size, u32 tag, unsigned int flags,
				   unsigned long caller)
{
	bool raise = type & POOL_RAISE_IF_ALLOCATION_FAILURE;
	struct ntpool_request req = {
		.type = type & NTPOOL_TYPE_PAGED ? NTPOOL_PAGED : NTPOOL_NONPAGED,
		.size = size,
		.tag = tag,
		.flags = flags | type_flags(type),
		.caller = caller,
	};

	if (!type_is_valid(type))
		return type_refused(type, size, tag, caller);
	if (tag & NTPOOL_TAG_PROTECTED)
		req.flags |= NTPOOL_PROTECTED;
	return request_alloc(&req, raise);
}

static unsigned int priority_flags(unsigned int priority)
{
	unsigned int flags = NTPOOL_HIGH;

	if (priority < NormalPoolPriority)
		flags = NTPOOL_LOW;
	else if (priority < HighPoolPriority)
		flags = NTPOOL_NORMAL;
	/* Bit 3: the value selects a place in special pool. Bit 0: which place. */
	if (priority & 8)
		flags |= priority & 1 ? NTPOOL_UNDERRUN : NTPOOL_OVERRUN;
	return flags;
}

/* Out of line, so that the fast paths of ExAllocatePoolWithTag() save no registers. */
static noinline void *pool_alloc(unsigned int type, size_t size, u32 tag, unsigned long caller)
{
	return ntpool_ddi_alloc(type, size, tag, 0, caller);
}

/* The fast path of ExAllocatePoolWithTag() for paged pool, @size at most NTPOOL_SMALL_MAX. */
static noinline void *paged_alloc(size_t size, u32 tag, unsigned long caller)
{
	void *p;

	if (likely(!ntpool_verifier_is_on() && ntpool_paged_ok() &&
		   ntpool_alloc_fast(NTPOOL_PAGED, size, tag, caller, &p)))
		return want_init_on_alloc(0) ? ntpool_zeroed(p, size) : p;
	return pool_alloc(PagedPool, size, tag, caller);
}

/**
 * ExAllocatePoolWithTag() - allocate pool memory under a tag
 * @PoolType: a POOL_TYPE, with POOL_* bits added to it
 * @NumberOfBytes: size in bytes; 0 gives the smallest block
 * @Tag: four characters, the first one in the lowest byte
 *
 * A block below 4065 bytes is 16-byte aligned and crosses no page. A larger block is page
 * aligned and takes whole pages. A cache aligned type begins on a cache line and takes
 * whole pages above 4032 bytes. POOL_ZERO_ALLOCATION zeroes the memory; otherwise its
 * contents are undefined.
 *
 * Without other memory a MustSucceed type uses a reserve, or waits if the caller may
 * sleep. In atomic context an empty reserve is reported as 0x41. The parameters are bytes,
 * pages of the nonpaged pool, its allocations of whole pages, pages available.
 *
 * Differs: memory is never executable and paged memory stays resident; session types
 * are the ordinary ones; hard interrupts may call it.
 *
 * Context: IRQL <= DISPATCH_LEVEL, paged types <= APC_LEVEL; nonpaged types in hard
 * interrupts too. If the caller may sleep, nonpaged memory is reclaimed with GFP_NOIO;
 * otherwise only free memory is used.
 *
 * Return: the block, or NULL: no memory, an overflowing size, an invalid type
 * (DontUseThisType, MaxPoolType, unknown bits), a paged type at DISPATCH_LEVEL. The last
 * one is reported as 0xC2/0x08. With POOL_RAISE_IF_ALLOCATION_FAILURE the routine raises
 * STATUS_INSUFFICIENT_RESOURCES before it returns NULL.
 *
 * Contract: WDK, ExAllocatePoolWithTag and POOL_TYPE.
 */
PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	void *p;

	if (likely((PoolType == NonPagedPool || PoolType == NonPagedPoolNx) &&
		   NumberOfBytes <= NTPOOL_SMALL_MAX && !ntpool_verifier_is_on() &&
		   ntpool_alloc_fast(NTPOOL_NONPAGED, NumberOfBytes, Tag, _RET_IP_, &p)))
		return want_init_on_alloc(0) ? ntpool_zeroed(p, NumberOfBytes) : p;
	if (PoolType == PagedPool && NumberOfBytes <= NTPOOL_SMALL_MAX)
		return paged_alloc(NumberOfBytes, Tag, _RET_IP_);
	return pool_alloc(PoolType, NumberOfBytes, Tag, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExAllocatePoolWithTag);

/**
 * ExAllocatePool() - allocate pool memory under the tag `None`
 * @PoolType: as for ExAllocatePoolWithTag()
 * @NumberOfBytes: size in bytes
 *
 * Differs: as ExAllocatePoolWithTag().
 *
 * Context: as ExAllocatePoolWithTag().
 *
 * Return: as ExAllocatePoolWithTag().
 *
 * Contract: WDK, ExAllocatePool; the tag is the one that PoolMon shows.
 */
PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
	return ntpool_ddi_alloc(PoolType, NumberOfBytes, NTPOOL_TAG_NONE, 0, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExAllocatePool);

/* A quota routine raises by default. */
static void *quota_alloc(unsigned int type, size_t size, u32 tag, unsigned long caller)
{
	if (type & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE)
		type &= ~POOL_RAISE_IF_ALLOCATION_FAILURE;
	else
		type |= POOL_RAISE_IF_ALLOCATION_FAILURE;
	return ntpool_ddi_alloc_constrained(type, size, tag, NTPOOL_QUOTA, caller);
}

/**
 * ExAllocatePoolWithQuotaTag() - allocate pool memory charged to the current process
 * @PoolType: as for ExAllocatePoolWithTag(), also POOL_QUOTA_FAIL_INSTEAD_OF_RAISE
 * @NumberOfBytes: size in bytes
 * @Tag: as for ExAllocatePoolWithTag()
 *
 * The whole block with its header is charged to the caller's process (thread group). The
 * charge ends when any thread frees the block. With 4 KiB pages, a request above 4072 bytes is
 * not charged. The parameters quota_nonpaged and quota_paged set the limits.
 *
 * Differs: kernel threads and callers in interrupts are not charged.
 *
 * Context: as ExAllocatePoolWithTag().
 *
 * Return: the block, or NULL. A failure charges nothing, and raises STATUS_QUOTA_EXCEEDED if
 * the process has no quota left, else STATUS_INSUFFICIENT_RESOURCES. With
 * POOL_QUOTA_FAIL_INSTEAD_OF_RAISE nothing is raised.
 *
 * Contract: WDK, ExAllocatePoolWithQuotaTag; the cut-off is that of ReactOS' tests.
 */
PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	return quota_alloc(PoolType, NumberOfBytes, Tag, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExAllocatePoolWithQuotaTag);

/**
 * ExAllocatePoolWithQuota() - the same under the tag `None`
 * @PoolType: as for ExAllocatePoolWithQuotaTag()
 * @NumberOfBytes: size in bytes
 *
 * Context: as ExAllocatePoolWithTag().
 *
 * Return: as ExAllocatePoolWithQuotaTag().
 *
 * Contract: WDK, ExAllocatePoolWithQuota.
 */
PVOID ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
	return quota_alloc(PoolType, NumberOfBytes, NTPOOL_TAG_NONE, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExAllocatePoolWithQuota);

/**
 * ExAllocatePoolWithTagPriority() - allocate pool memory with a priority
 * @PoolType: as for ExAllocatePoolWithTag()
 * @NumberOfBytes: size in bytes
 * @Tag: as for ExAllocatePoolWithTag()
 * @Priority: LowPoolPriority, NormalPoolPriority or HighPoolPriority, or one of their forms
 *	   that select a place in special pool
 *
 * The priority matters only if the pool needs fresh memory from the kernel. A low priority
 * then fails while less than 1/16 of the machine's memory is available, a normal one below
 * 1/64. A high priority may use the kernel's emergency reserves.
 *
 * Context: as ExAllocatePoolWithTag().
 *
 * Return: as ExAllocatePoolWithTag().
 *
 * Contract: WDK, ExAllocatePoolWithTagPriority and EX_POOL_PRIORITY; the thresholds are a
 * choice.
 */
PVOID ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
				    EX_POOL_PRIORITY Priority)
{
	return ntpool_ddi_alloc_constrained(PoolType, NumberOfBytes, Tag,
					    priority_flags(Priority), _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExAllocatePoolWithTagPriority);

static enum ntpool_type flags_type(POOL_FLAGS flags)
{
	return flags & POOL_FLAG_PAGED ? NTPOOL_PAGED : NTPOOL_NONPAGED;
}

static unsigned int request_flags(POOL_FLAGS flags, u32 tag)
{
	unsigned int bits = 0;

	if (!(flags & POOL_FLAG_UNINITIALIZED))
		bits |= NTPOOL_ZERO;
	if (flags & POOL_FLAG_USE_QUOTA)
		bits |= NTPOOL_QUOTA;
	if (flags & POOL_FLAG_CACHE_ALIGNED)
		bits |= NTPOOL_ALIGNED;
	if (tag & NTPOOL_TAG_PROTECTED)
		bits |= NTPOOL_PROTECTED;
	return bits;
}

static void *flags_failed(POOL_FLAGS flags, size_t size, u32 tag, unsigned long caller)
{
	const struct ntpool_verify_refusal refusal = {
		.size = size,
		.tag = tag,
		.given = flags,
		.is_flags = true,
		.is_other = flags <= U32_MAX && type_is_valid(flags),
		.caller = caller,
	};

	return refused(&refusal, flags_type(flags), flags & POOL_FLAG_RAISE_ON_FAILURE);
}

static void *flags_alloc(POOL_FLAGS flags, struct ntpool_request *req)
{
	req->type = flags_type(flags);
	req->flags |= request_flags(flags, req->tag);
	return request_alloc(req, flags & POOL_FLAG_RAISE_ON_FAILURE);
}

/**
 * ExAllocatePool2() - allocate zeroed pool memory under a tag
 * @Flags: exactly one of POOL_FLAG_NON_PAGED, POOL_FLAG_NON_PAGED_EXECUTE and
 *	POOL_FLAG_PAGED; POOL_FLAG_UNINITIALIZED leaves out the zeroing,
 *	POOL_FLAG_CACHE_ALIGNED is as the cache aligned types, POOL_FLAG_USE_QUOTA as
 *	ExAllocatePoolWithQuotaTag(), POOL_FLAG_RAISE_ON_FAILURE raises
 * @NumberOfBytes: size in bytes, not 0
 * @Tag: four characters, not 0
 *
 * An unknown or reserved flag of the low half (POOL_FLAG_SESSION too) makes the call fail.
 * An unknown flag of the high half is ignored.
 *
 * Differs: as ExAllocatePoolWithTag(); POOL_FLAG_SESSION fails.
 *
 * Context: as ExAllocatePoolWithTag().
 *
 * Return: the block, or NULL: as ExAllocatePoolWithTag(), or invalid arguments, or the
 * process has no quota left. With POOL_FLAG_RAISE_ON_FAILURE the routine first raises
 * STATUS_QUOTA_EXCEEDED for the last one and STATUS_INSUFFICIENT_RESOURCES for the others.
 *
 * Contract: WDK, ExAllocatePool2 and POOL_FLAGS.
 */
PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
	struct ntpool_request req;

	if (unlikely(!flags_are_valid(Flags) || !NumberOfBytes || !Tag))
		return flags_failed(Flags, NumberOfBytes, Tag, _RET_IP_);
	if (likely(!(Flags & FLAGS_CONSTRAINED) && !(Tag & NTPOOL_TAG_PROTECTED)))
		return ntpool_alloc(flags_type(Flags), NumberOfBytes, Tag,
				    request_flags(Flags, Tag), _RET_IP_);
	req = (struct ntpool_request){
		.size = NumberOfBytes,
		.tag = Tag,
		.caller = _RET_IP_,
	};
	return flags_alloc(Flags, &req);
}
EXPORT_SYMBOL_GPL(ExAllocatePool2);

static bool priority_is_valid(unsigned int priority)
{
	unsigned int place = priority & 15;

	return priority < HighPoolPriority + 16 && (!place || place == 8 || place == 9);
}

static bool take_priority(const POOL_EXTENDED_PARAMETER *param, struct ntpool_request *req)
{
	if (!priority_is_valid(param->Priority))
		return false;
	req->flags &=
		~(NTPOOL_LOW | NTPOOL_NORMAL | NTPOOL_HIGH | NTPOOL_OVERRUN | NTPOOL_UNDERRUN);
	req->flags |= priority_flags(param->Priority);
	return true;
}

/* A node without memory is acceptable as a preference only. */
static bool take_node(POOL_FLAGS flags, const POOL_EXTENDED_PARAMETER *param,
		      struct ntpool_request *req)
{
	bool any = param->PreferredNode & MM_ANY_NODE_OK;
	unsigned int node = param->PreferredNode & ~MM_ANY_NODE_OK;

	if (!(flags & POOL_FLAG_NON_PAGED) || node >= nr_node_ids)
		return false;
	if (!node_state(node, N_MEMORY))
		return any;
	req->node = node;
	req->flags &= ~NTPOOL_NODE_ONLY;
	req->flags |= any ? NTPOOL_NODE : NTPOOL_NODE | NTPOOL_NODE_ONLY;
	return true;
}

static bool take_parameter(POOL_FLAGS flags, const POOL_EXTENDED_PARAMETER *param,
			   struct ntpool_request *req)
{
	if (param->Reserved)
		return false;
	switch (param->Type) {
	case PoolExtendedParameterPriority:
		return take_priority(param, req);
	case PoolExtendedParameterNumaNode:
		return take_node(flags, param, req);
	default:
		return false;
	}
}

static bool take_parameters(POOL_FLAGS flags, PCPOOL_EXTENDED_PARAMETER params, ULONG nr,
			    struct ntpool_request *req)
{
	ULONG i;

	if (nr && !params)
		return false;
	for (i = 0; i < nr; i++)
		if (!take_parameter(flags, &params[i], req) && !params[i].Optional)
			return false;
	return true;
}

/**
 * ExAllocatePool3() - allocate pool memory with extended parameters
 * @Flags: as for ExAllocatePool2()
 * @NumberOfBytes: size in bytes, not 0
 * @Tag: four characters, not 0
 * @ExtendedParameters: array of @ExtendedParametersCount parameters, or NULL for none
 * @ExtendedParametersCount: number of parameters
 *
 * PoolExtendedParameterPriority is as the priority of ExAllocatePoolWithTagPriority().
 * PoolExtendedParameterNumaNode is a node number and needs POOL_FLAG_NON_PAGED. The memory
 * comes from that node only; with MM_ANY_NODE_OK the search begins there.
 *
 * A parameter is invalid if it has an invalid value or a reserved bit, or does not fit
 * @Flags. All other types are invalid, PoolExtendedParameterSecurePool included. An
 * invalid parameter is ignored if it is Optional, and fails the call otherwise. The last
 * of several of a type counts.
 *
 * Context: as ExAllocatePoolWithTag().
 *
 * Return: as ExAllocatePool2(); invalid parameters are invalid arguments.
 *
 * Contract: WDK, ExAllocatePool3 and POOL_EXTENDED_PARAMETER.
 */
PVOID ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
		      PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
		      ULONG ExtendedParametersCount)
{
	struct ntpool_request req = {
		.size = NumberOfBytes,
		.tag = Tag,
		.caller = _RET_IP_,
	};

	if (!flags_are_valid(Flags) || !NumberOfBytes || !Tag ||
	    !take_parameters(Flags, ExtendedParameters, ExtendedParametersCount, &req))
		return flags_failed(Flags, NumberOfBytes, Tag, _RET_IP_);
	return flags_alloc(Flags, &req);
}
EXPORT_SYMBOL_GPL(ExAllocatePool3);

/**
 * ExFreePoolWithTag() - free pool memory and check its tag
 * @P: address that an allocation routine returned
 * @Tag: the tag it was allocated with; 0: not checked
 *
 * A violation is reported in the kernel log with NT's stop code; free_report.c has the table. A
 * wrong tag is reported as 0xC2/0x0A, and the block is freed and counted under its own tag. A
 * block with PROTECTED_POOL needs its tag, with or without that bit; tag 0 is wrong for it.
 * The charge of the block goes back to its process.
 *
 * Differs: a violation is reported, and no memory is lost. Violations are a wrong tag,
 * a second free, a foreign address, a corrupt header, and paged memory at
 * DISPATCH_LEVEL.
 *
 * Context: IRQL <= DISPATCH_LEVEL, and hard interrupts for nonpaged blocks. A paged block
 * needs IRQL <= APC_LEVEL; above it 0xC2/0x09 is reported and the block is freed.
 *
 * Return: nothing.
 *
 * Contract: WDK, ExFreePoolWithTag, bug checks 0xC2 and 0x19.
 */
VOID ExFreePoolWithTag(PVOID P, ULONG Tag)
{
	if (likely(ntpool_free_fast(P, Tag)))
		return;
	ntpool_free_slow(P, Tag, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExFreePoolWithTag);

/**
 * ExFreePool() - free pool memory
 * @P: address that an allocation routine returned, under any tag
 *
 * As ExFreePoolWithTag() with tag 0.
 *
 * Differs: as ExFreePoolWithTag(); NULL is reported as 0xC2/0x46.
 *
 * Context: as ExFreePoolWithTag().
 *
 * Return: nothing.
 *
 * Contract: WDK, ExFreePool.
 */
VOID ExFreePool(PVOID P)
{
	if (likely(ntpool_free_fast(P, 0)))
		return;
	ntpool_free_slow(P, 0, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExFreePool);

/**
 * ExFreePool2() - free pool memory and check its tag
 * @P: address that an allocation routine returned
 * @Tag: the tag it was allocated with; 0: not checked
 * @ExtendedParameters: ignored; they are for secure pool, which does not exist here
 * @ExtendedParametersCount: ignored
 *
 * As ExFreePoolWithTag().
 *
 * Context: as ExFreePoolWithTag().
 *
 * Return: nothing.
 *
 * Contract: WDK, ExFreePool2, whose page is empty.
 */
VOID ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
		 ULONG ExtendedParametersCount)
{
	ntpool_free(P, Tag, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExFreePool2);

/**
 * ExQueryPoolBlockSize() - usable size of a block
 * @PoolBlock: address that an allocation routine returned
 * @QuotaCharged: set to TRUE if a process is charged for the block, else to FALSE
 *
 * Context: IRQL <= DISPATCH_LEVEL, and hard interrupts.
 *
 * Return: usable bytes from @PoolBlock on, at least the requested size; 0 if no live block
 * begins there, which is not reported.
 *
 * Contract: WDK, ExQueryPoolBlockSize; the result for other addresses is a choice.
 */
SIZE_T ExQueryPoolBlockSize(PVOID PoolBlock, PBOOLEAN QuotaCharged)
{
	bool charged;
	SIZE_T size = ntpool_usable_size(PoolBlock, &charged);

	ntpool_verify_irql(NTPOOL_DISPATCH_LEVEL, PoolBlock, _RET_IP_);
	*QuotaCharged = charged;
	return size;
}
EXPORT_SYMBOL_GPL(ExQueryPoolBlockSize);
