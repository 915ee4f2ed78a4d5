/* SPDX-License-Identifier: GPL-2.0 */
/* One allocation and one free of any size: the entry points for the folders above. */
#ifndef NTPOOL_POOL_H
#define NTPOOL_POOL_H

#include <linux/mm.h>

#include "base/types.h"

struct ntpool_list_call;

/*
 * Allocates @size bytes. @flags: 0 or NTPOOL_ZERO; @caller: the return address of the call.
 * Returns NULL if there is no memory or @size overflows; the failure is counted. Any context
 * but NMI; above APC_LEVEL nonpaged pool only.
 */
void *ntpool_alloc(enum ntpool_type type, size_t size, u32 tag, unsigned int flags,
		   unsigned long caller);
/*
 * The same with constraints. Returns the block, or ERR_PTR(): -EDQUOT if the process that
 * pays has no quota left, else -ENOMEM. With NTPOOL_MUST it sleeps where the caller may.
 */
void *ntpool_alloc_constrained(const struct ntpool_request *req);
/* Zeroes the body of the block at @p, allocated with @size bytes. Returns @p. Any context. */
void *ntpool_zeroed(void *p, size_t size);
/*
 * Returns the bytes that the driver may use of the live block at @p; 0 if none begins there.
 * Sets *@charged if a process pays for the block. Any context but NMI.
 */
size_t ntpool_usable_size(const void *p, bool *charged);
/*
 * Frees the allocation at @p. @tag: its tag; 0: not checked. Wrong arguments are reported, see
 * free_report.c. Any context but NMI.
 */
void ntpool_free(void *p, u32 tag, unsigned long caller);
/* The parts of ntpool_free_slow(): for an address where a page begins, and for another one. */
void ntpool_free_aligned(void *p, u32 tag, unsigned long caller);
void ntpool_free_unaligned(void *p, u32 tag, unsigned long caller);
/* ntpool_free(), after ntpool_free_fast() has returned false. */
static __always_inline void ntpool_free_slow(void *p, u32 tag, unsigned long caller)
{
	if (offset_in_page(p))
		ntpool_free_unaligned(p, tag, caller);
	else
		ntpool_free_aligned(p, tag, caller);
}

/* True if @p points into memory of the paged pool. Any context but NMI. */
bool ntpool_is_paged(const void *p);

/* As ntpool_free() with tag 0, for a block that @list returns to the pool. */
void ntpool_list_free(void *p, const struct ntpool_list_call *list, unsigned long caller);

/*
 * Calls @fn for every live allocation of both pools, until it returns non-zero. A block that
 * is allocated or freed meanwhile may be left out; a copy is never torn. Process context.
 * Returns the last value of @fn, 0, or -ENOMEM.
 */
int ntpool_iterate_blocks(ntpool_block_fn fn, void *arg);

#endif
