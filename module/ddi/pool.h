/* SPDX-License-Identifier: GPL-2.0 */
/* Allocation by POOL_TYPE; include an NT header first. */
#ifndef NTPOOL_DDI_POOL_H
#define NTPOOL_DDI_POOL_H

#include "base/types.h"
#include "pool/pool.h"

/* Bits of a POOL_TYPE for which NT has no names. */
enum {
	NTPOOL_TYPE_PAGED = 1,
	NTPOOL_TYPE_MUST = 2,
	NTPOOL_TYPE_ALIGNED = 4,
	NTPOOL_TYPE_SESSION = 32,
	/* ntpool_alloc() covers these, or they have no effect. */
	NTPOOL_TYPE_PLAIN = NTPOOL_TYPE_PAGED | NTPOOL_TYPE_SESSION | POOL_COLD_ALLOCATION |
			 POOL_QUOTA_FAIL_INSTEAD_OF_RAISE | POOL_NX_ALLOCATION |
			 POOL_ZERO_ALLOCATION,
};

/**
 * ntpool_ddi_alloc_constrained() - allocate by POOL_TYPE, all bits allowed
 * @type: a POOL_TYPE with POOL_* bits
 * @size: bytes
 * @tag: pool tag; PROTECTED_POOL is honoured
 * @flags: NTPOOL_CONSTRAINED bits, added to those that @type asks for
 * @caller: return address of the driver's call
 *
 * Context: any, as @type allows.
 * Return: the block. NULL: the allocation failed or @type is invalid; with
 * POOL_RAISE_IF_ALLOCATION_FAILURE the status was raised.
 */
void *ntpool_ddi_alloc_constrained(unsigned int type, size_t size, u32 tag, unsigned int flags,
				   unsigned long caller);
/* The same, with a short path if neither @type nor @tag is constrained. */
static __always_inline void *ntpool_ddi_alloc(unsigned int type, size_t size, u32 tag,
					      unsigned int flags, unsigned long caller)
{
	if (unlikely((type & ~NTPOOL_TYPE_PLAIN) || (tag & NTPOOL_TAG_PROTECTED)))
		return ntpool_ddi_alloc_constrained(type, size, tag, flags, caller);
	if (type & POOL_ZERO_ALLOCATION)
		flags |= NTPOOL_ZERO;
	return ntpool_alloc(type & NTPOOL_TYPE_PAGED ? NTPOOL_PAGED : NTPOOL_NONPAGED, size, tag,
			    flags, caller);
}

#endif
