/* SPDX-License-Identifier: GPL-2.0 */
/* One allocation and one free of any size: the entry points for the floors above. */
#ifndef NTPOOL_POOL_H
#define NTPOOL_POOL_H

#include "base/types.h"

struct ntpool_list_call;

/* NULL when there is no memory or @size overflows; the failure is counted. */
void *ntpool_alloc(enum ntpool_type type, size_t size, u32 tag, unsigned int flags,
		   unsigned long caller);
/*
 * The same with wishes: the block, or ERR_PTR(): -EDQUOT, the process that pays has
 * no quota left; -ENOMEM for everything else. NTPOOL_MUST may sleep where that is allowed.
 */
void *ntpool_alloc_constrained(const struct ntpool_request *req);
/* All of the block at @p that a driver of @size bytes could read is zeroed. Returns @p. */
void *ntpool_zeroed(void *p, size_t size);
/*
 * Bytes that the driver may use of the live block at @p, 0 if none begins there;
 * *@charged: to a process.
 */
size_t ntpool_usable_size(const void *p, bool *charged);
/* @tag 0: not checked. Reports what is wrong with @p, see free.c. */
void ntpool_free(void *p, u32 tag, unsigned long caller);
/* The same, for what the fast path has refused. */
void ntpool_free_slow(void *p, u32 tag, unsigned long caller);
/* True if @p points into memory of the paged pool. */
bool ntpool_is_paged(const void *p);

/* As ntpool_free(), for a block that @list allocated and has no room for. */
void ntpool_list_free(void *p, const struct ntpool_list_call *list, unsigned long caller);

/*
 * Calls @fn for every live allocation of both pools, until it returns non-zero.
 * A block allocated or freed meanwhile is seen or not, but never half.
 * Process context. Returns what @fn returned last, 0, or -ENOMEM.
 */
int ntpool_iterate_blocks(ntpool_block_fn fn, void *arg);

#endif
