/* SPDX-License-Identifier: GPL-2.0 */
/* Memory of the Mm routines: physically contiguous, or uncached. */
#ifndef NTPOOL_CONTIG_H
#define NTPOOL_CONTIG_H

#include "heap/run.h"

/* The tags of the routines without a tag argument. */
#define NTPOOL_TAG_CONTIGUOUS	0x6d436d4dU	/* "MmCm" */
#define NTPOOL_TAG_NONCACHED	0x634e6d4dU	/* "MmNc" */

/*
 * Allocates @want->nr pages for @size bytes as @want describes. Returns NULL without memory; the
 * failure is counted. Contexts as for ntpool_phys_alloc().
 */
void *ntpool_contig_alloc(const struct ntpool_phys_want *want, size_t size, u32 tag,
			  unsigned long caller);
/*
 * Allocates @size bytes of uncached memory. Returns NULL without memory, and above APC_LEVEL,
 * which is reported; the failure is counted. Sleeps.
 */
void *ntpool_noncached_alloc(size_t size, unsigned long caller);

/**
 * struct ntpool_contig_free - the arguments of a free
 * @p: the address
 * @use: the routines that were called
 * @sized: @size was passed
 * @typed: @cache was passed
 * @size: bytes
 * @cache: cache type: an enum ntpool_caching, or any other number of the driver
 * @caller: address that the call returns to
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

/* Frees the memory, or reports that none begins there; see contig.c. Any context but NMI. */
void ntpool_contig_free(const struct ntpool_contig_free *call);

#endif
