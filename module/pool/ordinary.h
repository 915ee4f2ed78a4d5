/* SPDX-License-Identifier: GPL-2.0 */
/* Steps that ordinary and constrained allocations share. */
#ifndef NTPOOL_ORDINARY_H
#define NTPOOL_ORDINARY_H

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

/* Zeroes are asked for by @flags or by the kernel's init_on_alloc. */
bool ntpool_wants_zeroes(unsigned int flags);
/* The request from the ordinary pool, @keep in its flags; NULL on failure. */
void *ntpool_alloc_ordinary(const struct ntpool_request *req, u8 keep);
/* The same from special pool. NULL if that has no room, which counts as no failure. */
void *ntpool_alloc_special(const struct ntpool_request *req, u8 keep);

#endif
