/* SPDX-License-Identifier: GPL-2.0 */
/* Steps that ordinary and constrained allocations share. */
#ifndef NTPOOL_ORDINARY_H
#define NTPOOL_ORDINARY_H

#include "heap/run.h"

/* Traces the allocation of @req at @p, which took @bytes from the pool. Any context but NMI. */
void ntpool_alloc_trace(const struct ntpool_request *req, void *p, size_t bytes);
/* Counts and traces the failed @req; @err tells why. Returns NULL. Any context. */
void *ntpool_alloc_failed(const struct ntpool_request *req, int err);
/* Reports and counts a request of paged pool above APC_LEVEL. Returns NULL. Any context. */
void *ntpool_alloc_at_dispatch(size_t size, u32 tag, unsigned long caller);
/*
 * Turns the cached block at @hdr, which the caller owns, into the live block for @req. The
 * block is counted and traced, is zeroed if requested, and has @keep (NTPOOL_HDR_*) in its
 * header. Returns its body. Any context.
 */
void *ntpool_alloc_finish(struct ntpool_header *hdr, unsigned int granules,
			  const struct ntpool_request *req, u8 keep);
/*
 * Makes @run, which ntpool_run_assign() has described, live: zeroed if @flags ask for it,
 * counted, entered, traced. Returns its first byte. Any context.
 */
void *ntpool_alloc_finish_run(struct ntpool_run *run, unsigned int flags);

/* True if @flags or the kernel's init_on_alloc ask for zeroed memory. */
bool ntpool_wants_zeroes(unsigned int flags);
/*
 * Allocates from the ordinary pool, @keep in the block's flags. Returns NULL on failure, which
 * is counted. Any context but NMI; sleeps where the caller may.
 */
void *ntpool_alloc_ordinary(const struct ntpool_request *req, u8 keep);
/* The same from special pool. NULL means that it has no room, and is not counted. */
void *ntpool_alloc_special(const struct ntpool_request *req, u8 keep);

#endif
