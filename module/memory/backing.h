/* SPDX-License-Identifier: GPL-2.0 */
/* Pages from the kernel for the pools. */
#ifndef NTPOOL_BACKING_H
#define NTPOOL_BACKING_H

#include <linux/gfp.h>
#include <linux/llist.h>

#include "base/types.h"

/* Returns the GFP flags for this context; 0: it can allocate nothing. */
gfp_t ntpool_backing_gfp(void);

/*
 * Allocates @nr pages of @type near @node, contiguous in the kernel's address space only,
 * with undefined contents. @flags apply to nonpaged memory: NTPOOL_HIGH, NTPOOL_NODE_ONLY
 * (from @node or not at all), NTPOOL_CONTIGUOUS (in physical memory too). Returns NULL
 * without memory. Any context; sleeps where the caller may.
 */
void *ntpool_backing_alloc(enum ntpool_type type, unsigned long nr, int node, unsigned int flags);
/*
 * True if the first pages of an allocation may be kept and the others freed: memory of the
 * linear map that is no compound page, as all with NTPOOL_CONTIGUOUS.
 */
bool ntpool_backing_has_parts(const void *base);
/* True if the page of the linear map at @base is memory of @node. */
bool ntpool_backing_is_on(const void *base, int node);
/* Sets the page frames where the memory of the linear map begins and ends. Any context. */
void ntpool_backing_span(unsigned long *begin, unsigned long *end);
/* Returns the kernel's estimate of the pages that are available without swapping. */
unsigned long ntpool_backing_available(void);
/* True if memory is too low for a request with the priority in @flags. */
bool ntpool_backing_is_short(unsigned int flags);
/**
 * struct ntpool_deferred - at the start of memory that a worker frees; no lock
 * @node: in the list of the worker
 * @free: frees the memory, the structure included; process context
 */
struct ntpool_deferred {
	struct llist_node node;
	void (*free)(struct ntpool_deferred *mem);
};

/* Lets a worker call @free for the memory at @mem. Any context but NMI. */
void ntpool_defer(struct ntpool_deferred *mem, void (*free)(struct ntpool_deferred *mem));
/* Waits until memory that was deferred before the call has been freed. Sleeps. */
void ntpool_backing_flush(void);
/*
 * Frees @nr pages, all of a compound page. Any context: a worker does it where the caller
 * cannot sleep.
 */
void ntpool_backing_free(void *base, unsigned long nr);

#endif
