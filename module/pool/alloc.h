/* SPDX-License-Identifier: GPL-2.0 */
/* What allocations with wishes (constrained.c) share with the others (alloc.c). */
#ifndef NTPOOL_ALLOC_H
#define NTPOOL_ALLOC_H

#include "heap/heap.h"

/* A request failed: counts it. Returns NULL. */
void *ntpool_alloc_failed(enum ntpool_type type, u32 tag);
/* Paged pool was asked for above APC_LEVEL: reports and counts it. Returns NULL. */
void *ntpool_alloc_at_dispatch(size_t size, u32 tag, unsigned long caller);
/*
 * The cached block at @hdr, which is the caller's, becomes the live one that @req asked
 * for, @keep in its header's flags. Returns it, counted, and zeroed if that is wished.
 */
void *ntpool_alloc_finish(struct ntpool_header *hdr, unsigned int granules,
			  const struct ntpool_request *req, u8 keep);

#endif
