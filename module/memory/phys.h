/* SPDX-License-Identifier: GPL-2.0 */
/* Pages of which it matters where they are, and how they are cached. */
#ifndef NTPOOL_PHYS_H
#define NTPOOL_PHYS_H

#include "base/types.h"

struct page;

/* NT's numbers; mm.c checks them against NT's header. */
enum ntpool_caching {
	NTPOOL_NONCACHED = 0,
	NTPOOL_CACHED = 1,
	NTPOOL_WRITECOMBINED = 2,
};

/**
 * struct ntpool_phys_want - a run of physical memory that will do
 * @nr: pages, not 0
 * @first: lowest page frame that it may have
 * @end: one past the highest one
 * @boundary: page frames, a power of two: no multiple of it lies inside; 0: none
 * @node: the only node that it may come from; NUMA_NO_NODE: any
 * @cache: how the processor shall cache it
 * @fast: take what is free, or give up
 */
struct ntpool_phys_want {
	unsigned long nr;
	unsigned long first;
	unsigned long end;
	unsigned long boundary;
	int node;
	enum ntpool_caching cache;
	bool fast;
};

/*
 * The run's address in the linear map. Contents undefined. NULL: there is none, it
 * cannot be cached so, or not in a context that does not sleep.
 */
void *ntpool_phys_alloc(const struct ntpool_phys_want *want);
/* Any context; where it would have to sleep, a worker does it soon. */
void ntpool_phys_free(void *base, unsigned long nr, enum ntpool_caching cache);

/*
 * @nr uncached pages, contiguous to the CPU only; *@page is needed to free them.
 * NULL: none, or uncached memory is not to be had on this machine. Sleeps.
 */
void *ntpool_phys_map(unsigned long nr, struct page ***page);
/* As ntpool_phys_free(). */
void ntpool_phys_unmap(void *base, unsigned long nr, struct page **page);

#endif
