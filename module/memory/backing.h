/* SPDX-License-Identifier: GPL-2.0 */
/* Memory from the kernel: the only place that asks for it. */
#ifndef NTPOOL_BACKING_H
#define NTPOOL_BACKING_H

#include <linux/gfp.h>

#include "base/types.h"

/* How to ask in this context; 0: not at all. */
gfp_t ntpool_backing_gfp(void);

/*
 * @nr pages of @type, near @node, contiguous to the CPU but not in physical
 * memory. Contents undefined. NULL when there are none to be had in this context.
 * @flags, for nonpaged memory: NTPOOL_HIGH, NTPOOL_NODE_ONLY (from @node or not at all),
 * NTPOOL_CONTIGUOUS (contiguous in physical memory).
 */
void *ntpool_backing_alloc(enum ntpool_type type, unsigned long nr, int node, unsigned int flags);
/* Whether the nonpaged page at @base is in @node's memory. */
bool ntpool_backing_is_on(const void *base, int node);
/* Pages that could be had without swapping, by the kernel's own estimate. */
unsigned long ntpool_backing_available(void);
/* Whether a request of the priority in @flags has to do without fresh memory. */
bool ntpool_backing_is_short(unsigned int flags);
/* Any context; where it would have to sleep, a worker does it soon. */
void ntpool_backing_free(void *base, unsigned long nr);

/*
 * True if a test wants this request for memory to fail. To be asked before each
 * request that does not go through ntpool_backing_alloc().
 */
#if IS_ENABLED(CONFIG_KUNIT)
bool ntpool_backing_refused(void);
/* From now on, or no longer, this task asks for the reserve. */
void ntpool_backing_refill(bool on);
#else
static inline void ntpool_backing_refill(bool on)
{
}

static inline bool ntpool_backing_refused(void)
{
	return false;
}
#endif

#endif
