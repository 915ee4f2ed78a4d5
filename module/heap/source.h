/* SPDX-License-Identifier: GPL-2.0 */
/* Every source of memory for a request, in order. */
#ifndef NTPOOL_SOURCE_H
#define NTPOOL_SOURCE_H

#include "heap/run.h"

/*
 * Takes a block of @granules of @type near @node, marked cached, from the first source that has
 * one. @flags: the constraints NTPOOL_ALIGNED, NTPOOL_NODE, NTPOOL_NODE_ONLY, NTPOOL_LOW,
 * NTPOOL_NORMAL, NTPOOL_HIGH. With @page, NTPOOL_QUOTA allows no longer run. Other flags are
 * ignored. Returns NULL without memory. Any context but NMI; sleeps where the caller may.
 *
 * @page: NULL, or set to a whole page that serves the request if there is no block, as from
 * ntpool_source_run(); else to NULL.
 */
struct ntpool_header *ntpool_source_block(enum ntpool_type type, unsigned int granules, int node,
					  unsigned int flags, struct ntpool_run **page);
/*
 * The same for a run of @pages pages. The caller owns the record: ntpool_run_assign() and
 * ntpool_run_enter() must follow.
 */
struct ntpool_run *ntpool_source_run(enum ntpool_type type, unsigned long pages, int node,
				     unsigned int flags);
/*
 * Returns the memory that ntpool caches to the kernel. True: there was some, so a request to the
 * kernel that has failed may succeed now. A caller that may not sleep gets false; a worker
 * does it for later requests. Any context but NMI.
 */
bool ntpool_source_reclaim(void);

#endif
