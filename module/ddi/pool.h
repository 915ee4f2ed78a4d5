/* SPDX-License-Identifier: GPL-2.0 */
/* How the routines that allocate ask the core; after an NT header. */
#ifndef NTPOOL_DDI_POOL_H
#define NTPOOL_DDI_POOL_H

#include "base/types.h"
#include "pool/pool.h"

/* Bits of a POOL_TYPE besides those that NT names. */
enum {
	NTPOOL_TYPE_PAGED = 1,
	NTPOOL_TYPE_MUST = 2,
	NTPOOL_TYPE_ALIGNED = 4,
	NTPOOL_TYPE_SESSION = 32,
	/* What ntpool_alloc() serves, or what changes nothing. */
	NTPOOL_TYPE_PLAIN = NTPOOL_TYPE_PAGED | NTPOOL_TYPE_SESSION | POOL_COLD_ALLOCATION |
			 POOL_QUOTA_FAIL_INSTEAD_OF_RAISE | POOL_NX_ALLOCATION |
			 POOL_ZERO_ALLOCATION,
};

/*
 * An allocation by pool type, with the wishes of the type, those in @flags (NTPOOL_CONSTRAINED),
 * and PROTECTED_POOL of the tag. NULL: it failed, or @type is none; raised for the
 * caller if the type says so.
 */
void *ntpool_ddi_alloc_constrained(unsigned int type, size_t size, u32 tag, unsigned int flags,
				   unsigned long caller);
/* The same for nearly all allocations; @flags: none that is rare. */
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
