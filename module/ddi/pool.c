// SPDX-License-Identifier: GPL-2.0
/*
 * The pool routines that take a type, under NT's names: arguments decoded, return
 * addresses taken, nothing else. What they stand on is alloc.c, and constrained.c where a type,
 * a routine or a tag comes with wishes.
 *
 * What differs from NT:
 *
 *  - memory is never executable, whatever the type says;
 *  - paged pool is resident; its IRQL rule is enforced all the same;
 *  - there are no session pools: session types are the ordinary ones;
 *  - a routine that raises calls the driver's handler (raise.c) and then returns NULL,
 *    since C on Linux has no structured exceptions;
 *  - memory that must succeed is waited for where the caller may sleep; only where he
 *    may not, and the reserve is empty, 0x41 is reported and NULL returned;
 *  - nothing stops the machine unless the parameter bugcheck says so.
 *
 * All may be called from hard interrupts too, as long as the type is nonpaged; NT
 * stops at DISPATCH_LEVEL.
 */
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/nodemask.h>

#include "pool/fast.h"
#include "verify/verify.h"

#include <ntifs.h>

#include "ddi/pool.h"
#include "ddi/raise.h"

#define TYPE_BASE	7
#define TYPE_KNOWN	(TYPE_BASE | NTPOOL_TYPE_PLAIN | POOL_RAISE_IF_ALLOCATION_FAILURE)

#define FLAGS_WHERE	(POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)
#define FLAGS_RARE	(POOL_FLAG_USE_QUOTA | POOL_FLAG_CACHE_ALIGNED | \
			 POOL_FLAG_RAISE_ON_FAILURE)
#define FLAGS_KNOWN	(FLAGS_WHERE | FLAGS_RARE | POOL_FLAG_UNINITIALIZED)
#define FLAGS_REQUIRED	0xffffffffULL

/* Both DontUseThisType and MaxPoolType have their two low bits set. */
static bool type_is_valid(unsigned int type)
{
	return !(type & ~TYPE_KNOWN) && (type & 3) != 3;
}

/* What the bits of a valid type wish. */
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

static void *refused(size_t size, u32 tag, bool raise, unsigned long caller)
{
	if (ntpool_verifier())
		ntpool_verify_refused(size, tag, caller);
	return failed(-EINVAL, raise, caller);
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
		return refused(size, tag, raise, caller);
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
	/* Bit 3: a place is given; bit 0: which one. */
	if (priority & 8)
		flags |= priority & 1 ? NTPOOL_UNDERRUN : NTPOOL_OVERRUN;
	return flags;
}

/* Out of line, so that ExAllocatePoolWithTag() stays a leaf. */
static noinline void *pool_alloc(unsigned int type, size_t size, u32 tag, unsigned long caller)
{
	return ntpool_ddi_alloc(type, size, tag, 0, caller);
}

/**
 * ExAllocatePoolWithTag() - allocate pool memory under a tag
 * @PoolType: a POOL_TYPE, with POOL_* bits or-ed into it
 * @NumberOfBytes: size in bytes; 0 gives the smallest block
 * @Tag: four characters, the first one in the lowest byte, for the figures
 *
 * Below a page the block is 16-byte aligned and crosses no page; from 4065 bytes
 * on it is page aligned and takes whole pages. The cache aligned types begin on a cache
 * line: up to 4032 bytes a block, above it whole pages. POOL_ZERO_ALLOCATION zeroes it,
 * otherwise its contents are undefined.
 *
 * The MustSucceed types get memory from a reserve when there is no other, and wait for
 * it where the caller may sleep. In atomic context an empty reserve is reported as 0x41
 * (bytes, pages of the nonpaged pool, its allocations of whole pages, pages available).
 *
 * Differs: memory is never executable and paged memory stays resident; session types
 * are the ordinary ones; hard interrupts may call it.
 *
 * Context: IRQL <= DISPATCH_LEVEL, paged types <= APC_LEVEL; nonpaged types in
 * hard interrupts too. Nonpaged memory is reclaimed with GFP_NOIO where the
 * caller may sleep, and comes from what is free where he may not.
 *
 * Return: the block, or NULL: no memory, an overflowing size, a type that is none
 * (DontUseThisType, MaxPoolType, unknown bits), or a paged type at DISPATCH_LEVEL,
 * which is reported as 0xC2/0x08. With POOL_RAISE_IF_ALLOCATION_FAILURE it raises
 * STATUS_INSUFFICIENT_RESOURCES before it returns NULL.
 *
 * Source: wdm.h documentation of ExAllocatePoolWithTag and POOL_TYPE.
 */
PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	void *p;

	if (likely((PoolType == NonPagedPool || PoolType == NonPagedPoolNx) &&
		   NumberOfBytes <= NTPOOL_SMALL_MAX && !ntpool_verifier_is_on() &&
		   ntpool_alloc_fast(NTPOOL_NONPAGED, NumberOfBytes, Tag, _RET_IP_, &p)))
		return want_init_on_alloc(0) ? ntpool_zeroed(p, NumberOfBytes) : p;
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
 * Return: as ExAllocatePoolWithTag().
 *
 * Source: wdm.h documentation of ExAllocatePool; the tag is what PoolMon shows.
 */
PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
	return ntpool_ddi_alloc(PoolType, NumberOfBytes, NTPOOL_TAG_NONE, 0, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExAllocatePool);

/* Quota routines raise unless the type says otherwise. */
static void *quota_alloc(unsigned int type, size_t size, u32 tag, unsigned long caller)
{
	if (type & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE)
		type &= ~POOL_RAISE_IF_ALLOCATION_FAILURE;
	else
		type |= POOL_RAISE_IF_ALLOCATION_FAILURE;
	return ntpool_ddi_alloc_constrained(type, size, tag, NTPOOL_QUOTA, caller);
}

/**
 * ExAllocatePoolWithQuotaTag() - allocate pool memory that the current process pays for
 * @PoolType: as for ExAllocatePoolWithTag(), with POOL_QUOTA_FAIL_INSTEAD_OF_RAISE or not
 * @NumberOfBytes: size in bytes
 * @Tag: as for ExAllocatePoolWithTag()
 *
 * The whole block, header included, is charged to the process (thread group) that the
 * caller runs in, until it is freed, by whomever and whenever. Requests above 4072 bytes
 * are not charged, and neither are kernel threads and callers in interrupts. The limits
 * are the parameters quota_nonpaged and quota_paged.
 *
 * Differs: kernel threads and callers in interrupts pay nothing.
 *
 * Context: as ExAllocatePoolWithTag().
 *
 * Return: the block. On failure, STATUS_QUOTA_EXCEEDED (the process has no quota left)
 * or STATUS_INSUFFICIENT_RESOURCES (anything else) is raised, and NULL returned; with
 * POOL_QUOTA_FAIL_INSTEAD_OF_RAISE only the latter. Nothing is charged then.
 *
 * Source: wdm.h documentation of ExAllocatePoolWithQuotaTag; the cut-off is that of
 * ReactOS' tests.
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
 * Return: as ExAllocatePoolWithQuotaTag().
 *
 * Source: wdm.h documentation of ExAllocatePoolWithQuota.
 */
PVOID ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
	return quota_alloc(PoolType, NumberOfBytes, NTPOOL_TAG_NONE, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExAllocatePoolWithQuota);

/**
 * ExAllocatePoolWithTagPriority() - allocate pool memory, trying more or less hard
 * @PoolType: as for ExAllocatePoolWithTag()
 * @NumberOfBytes: size in bytes
 * @Tag: as for ExAllocatePoolWithTag()
 * @Priority: LowPoolPriority, NormalPoolPriority or HighPoolPriority, or one of their
 *	      forms that say where special pool would place the block
 *
 * A low priority fails where memory would have to be got from the kernel while less than
 * a sixteenth of the machine's is available, a normal one at a sixty-fourth. A high one
 * may use what the kernel keeps for emergencies. What the pool has free any gets.
 *
 * Context: as ExAllocatePoolWithTag().
 * Return: as ExAllocatePoolWithTag().
 *
 * Source: wdm.h documentation of ExAllocatePoolWithTagPriority and EX_POOL_PRIORITY; the
 * thresholds are this project's choice.
 */
PVOID ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
				    EX_POOL_PRIORITY Priority)
{
	return ntpool_ddi_alloc_constrained(PoolType, NumberOfBytes, Tag,
					    priority_flags(Priority), _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExAllocatePoolWithTagPriority);

/* Required flags are known ones, and exactly one says where. */
static bool flags_are_valid(POOL_FLAGS flags)
{
	unsigned int where = flags & FLAGS_WHERE;

	return !(flags & FLAGS_REQUIRED & ~FLAGS_KNOWN) && hweight32(where) == 1;
}

static enum ntpool_type flags_type(POOL_FLAGS flags)
{
	return flags & POOL_FLAG_PAGED ? NTPOOL_PAGED : NTPOOL_NONPAGED;
}

static unsigned int flags_wishes(POOL_FLAGS flags, u32 tag)
{
	unsigned int wishes = 0;

	if (!(flags & POOL_FLAG_UNINITIALIZED))
		wishes |= NTPOOL_ZERO;
	if (flags & POOL_FLAG_USE_QUOTA)
		wishes |= NTPOOL_QUOTA;
	if (flags & POOL_FLAG_CACHE_ALIGNED)
		wishes |= NTPOOL_ALIGNED;
	if (tag & NTPOOL_TAG_PROTECTED)
		wishes |= NTPOOL_PROTECTED;
	return wishes;
}

static void *flags_failed(POOL_FLAGS flags, size_t size, u32 tag, unsigned long caller)
{
	return refused(size, tag, flags & POOL_FLAG_RAISE_ON_FAILURE, caller);
}

static void *flags_alloc(POOL_FLAGS flags, struct ntpool_request *req)
{
	req->type = flags_type(flags);
	req->flags |= flags_wishes(flags, req->tag);
	return request_alloc(req, flags & POOL_FLAG_RAISE_ON_FAILURE);
}

/**
 * ExAllocatePool2() - allocate zeroed pool memory under a tag
 * @Flags: exactly one of POOL_FLAG_NON_PAGED, POOL_FLAG_NON_PAGED_EXECUTE and
 *	   POOL_FLAG_PAGED; POOL_FLAG_UNINITIALIZED leaves out the zeroing,
 *	   POOL_FLAG_CACHE_ALIGNED is as the cache aligned types, POOL_FLAG_USE_QUOTA as
 *	   ExAllocatePoolWithQuotaTag(), POOL_FLAG_RAISE_ON_FAILURE raises
 * @NumberOfBytes: size in bytes, not 0
 * @Tag: four characters, not 0
 *
 * Flags of the low half that are unknown or reserved (POOL_FLAG_SESSION too) make
 * it fail, those of the high half are ignored.
 *
 * Differs: as ExAllocatePoolWithTag(); POOL_FLAG_SESSION fails.
 *
 * Context: as ExAllocatePoolWithTag().
 *
 * Return: the block, or NULL: as ExAllocatePoolWithTag(), or invalid arguments, or the
 * process has no quota left. With POOL_FLAG_RAISE_ON_FAILURE it raises
 * STATUS_QUOTA_EXCEEDED for the last and STATUS_INSUFFICIENT_RESOURCES for all others
 * before it returns NULL.
 *
 * Source: wdm.h documentation of ExAllocatePool2 and POOL_FLAGS.
 */
PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
	struct ntpool_request req;

	if (unlikely(!flags_are_valid(Flags) || !NumberOfBytes || !Tag))
		return flags_failed(Flags, NumberOfBytes, Tag, _RET_IP_);
	if (likely(!(Flags & FLAGS_RARE) && !(Tag & NTPOOL_TAG_PROTECTED)))
		return ntpool_alloc(flags_type(Flags), NumberOfBytes, Tag, flags_wishes(Flags, Tag),
				    _RET_IP_);
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

/* A node that has no memory can be preferred, but not be all. */
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
 * ExAllocatePool3() - allocate pool memory, with parameters for what flags cannot say
 * @Flags: as for ExAllocatePool2()
 * @NumberOfBytes: size in bytes, not 0
 * @Tag: four characters, not 0
 * @ExtendedParameters: array of @ExtendedParametersCount parameters, or NULL for none
 * @ExtendedParametersCount: how many
 *
 * PoolExtendedParameterPriority is as the priority of ExAllocatePoolWithTagPriority().
 * PoolExtendedParameterNumaNode, with POOL_FLAG_NON_PAGED only, is the number of a node:
 * the memory is of that node, or with MM_ANY_NODE_OK if possible. A parameter that is
 * none of these (PoolExtendedParameterSecurePool), has an invalid value or a reserved bit
 * set, or does not fit @Flags, is ignored if it is Optional, and else makes it fail. Of
 * two of a kind the later one counts.
 *
 * Context: as ExAllocatePoolWithTag().
 *
 * Return: as ExAllocatePool2(); invalid parameters are invalid arguments.
 *
 * Source: wdm.h documentation of ExAllocatePool3 and POOL_EXTENDED_PARAMETER.
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
 * @P: what an allocation routine returned
 * @Tag: the tag it was allocated with; 0: not checked
 *
 * Whatever is wrong with @P is reported in the kernel log with NT's stop code and
 * loses nothing: see the table in free.c. A wrong tag is reported as 0xC2/0x0A
 * and the block is freed, counted under its own tag. A block of PROTECTED_POOL is freed
 * with its tag, with or without that bit; tag 0 is a wrong one for it. What a process
 * was charged is returned to it.
 *
 * Differs: what NT stops for is reported and nothing is lost: a wrong tag, a second
 * free, a foreign address, a spoiled header, paged memory at DISPATCH_LEVEL.
 *
 * Context: IRQL <= DISPATCH_LEVEL; paged blocks <= APC_LEVEL, above it is reported
 * as 0xC2/0x09 and carried out. Nonpaged blocks in hard interrupts too.
 *
 * Return: nothing; what is wrong is reported.
 *
 * Source: wdm.h documentation of ExFreePoolWithTag, bug check 0xC2 and 0x19.
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
 * @P: what an allocation routine returned, with a tag or without
 *
 * As ExFreePoolWithTag() with tag 0.
 *
 * Differs: as ExFreePoolWithTag(); NULL is reported as 0xC2/0x46.
 *
 * Context: as ExFreePoolWithTag().
 * Return: nothing; what is wrong is reported.
 *
 * Source: wdm.h documentation of ExFreePool.
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
 * @P: what an allocation routine returned
 * @Tag: the tag it was allocated with; 0: not checked
 * @ExtendedParameters: ignored: they are for secure pool, which there is none of
 * @ExtendedParametersCount: ignored
 *
 * As ExFreePoolWithTag().
 *
 * Context: as ExFreePoolWithTag().
 * Return: nothing; what is wrong is reported.
 *
 * Source: wdm.h documentation of ExFreePool2, which says nothing about it.
 */
VOID ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
		 ULONG ExtendedParametersCount)
{
	ntpool_free(P, Tag, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExFreePool2);

/**
 * ExQueryPoolBlockSize() - how much of a block may be used
 * @PoolBlock: what an allocation routine returned
 * @QuotaCharged: set to TRUE if a process is charged for the block, else to FALSE
 *
 * Context: IRQL <= DISPATCH_LEVEL, and hard interrupts.
 *
 * Return: bytes from @PoolBlock on that are the block's, at least what was requested;
 * 0 if no live block begins there, which is no violation.
 *
 * Source: ntifs.h documentation of ExQueryPoolBlockSize; the result for other addresses is
 * this project's choice.
 */
SIZE_T ExQueryPoolBlockSize(PVOID PoolBlock, PBOOLEAN QuotaCharged)
{
	bool charged;
	SIZE_T size = ntpool_usable_size(PoolBlock, &charged);

	*QuotaCharged = charged;
	return size;
}
EXPORT_SYMBOL_GPL(ExQueryPoolBlockSize);
