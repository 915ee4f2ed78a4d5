/* SPDX-License-Identifier: GPL-2.0 */
/* Memory from the kernel: the only place that asks for it. */
#ifndef NTPOOL_BACKING_H
#define NTPOOL_BACKING_H

#include <linux/gfp.h>

#include "ntpool.h"

/* How to ask in this context; 0: not at all. */
gfp_t ntp_backing_gfp(void);

/*
 * @nr pages of @kind, near @node, contiguous to the CPU but not in physical
 * memory. Contents undefined. NULL when there are none to be had in this context.
 */
void *ntp_backing_alloc(enum ntp_kind kind, unsigned long nr, int node);
/* Any context; where it would have to sleep, a worker does it soon. */
void ntp_backing_free(void *base, unsigned long nr);

/*
 * True if a test wants this request for memory to fail. To be asked before each
 * request that does not go through ntp_backing_alloc().
 */
#if IS_ENABLED(CONFIG_KUNIT)
bool ntp_backing_refused(void);
#else
static inline bool ntp_backing_refused(void)
{
	return false;
}
#endif

#endif
