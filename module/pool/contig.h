/* SPDX-License-Identifier: GPL-2.0 */
/* Memory of the Mm routines: physically contiguous, or uncached. */
#ifndef NTPOOL_CONTIG_H
#define NTPOOL_CONTIG_H

#include "heap/run.h"

/* Tags of the routines that take none. */
#define NTPOOL_TAG_CONTIGUOUS	0x6d436d4dU	/* "MmCm" */
#define NTPOOL_TAG_NONCACHED	0x634e6d4dU	/* "MmNc" */

/* @size bytes as @want says; @want->nr pages are taken. NULL: none, counted. */
void *ntpool_contig_alloc(const struct ntpool_phys_want *want, size_t size, u32 tag,
			  unsigned long caller);
/* @size bytes, uncached. NULL: none, counted; at DISPATCH_LEVEL reported as well. */
void *ntpool_noncached_alloc(size_t size, unsigned long caller);

/**
 * struct ntpool_contig_free - what a driver says of memory that it frees
 * @p: the address
 * @use: which routine was called
 * @sized: @size is given
 * @typed: @cache is given
 * @size: bytes
 * @cache: how it is cached: an enum ntpool_caching, or any other number
 * @caller: the call
 */
struct ntpool_contig_free {
	void *p;
	enum ntpool_use use;
	bool sized;
	bool typed;
	size_t size;
	unsigned int cache;
	unsigned long caller;
};

/* Reports what is wrong, see contig.c. */
void ntpool_contig_free(const struct ntpool_contig_free *call);

#endif
