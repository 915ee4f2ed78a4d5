// SPDX-License-Identifier: GPL-2.0
/*
 * The pool routines that take POOL_FLAGS, and extended parameters, under NT's names.
 *
 * They differ from those of pool.c in how they are asked: flags of the low half are
 * obeyed or the call fails, those of the high half are obeyed if possible; memory is
 * zeroed unless the caller says that he does it; size and tag 0 are errors. What
 * ExAllocatePool3() takes besides follows the same idea: a parameter that is marked
 * optional is ignored where it is unknown or does not fit, another makes the call fail.
 *
 * Parameters known here are the priority and the NUMA node. Secure pool needs a
 * hypervisor and is refused. A strict node is the memory of that node or none; a
 * preferred one is where the search begins.
 */
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/nodemask.h>

#include <ntddk.h>

#include "ddi/pool.h"
#include "pool/pool.h"

#define FLAGS_WHERE	(POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)
#define FLAGS_RARE	(POOL_FLAG_USE_QUOTA | POOL_FLAG_CACHE_ALIGNED | \
			 POOL_FLAG_RAISE_ON_FAILURE)
#define FLAGS_KNOWN	(FLAGS_WHERE | FLAGS_RARE | POOL_FLAG_UNINITIALIZED)
#define FLAGS_REQUIRED	0xffffffffULL

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
	return ntpool_ddi_refused(size, tag, flags & POOL_FLAG_RAISE_ON_FAILURE, caller);
}

static void *flags_alloc(POOL_FLAGS flags, struct ntpool_request *req)
{
	req->type = flags_type(flags);
	req->flags |= flags_wishes(flags, req->tag);
	return ntpool_ddi_request(req, flags & POOL_FLAG_RAISE_ON_FAILURE);
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
	req->flags |= ntpool_ddi_priority(param->Priority);
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
