/* SPDX-License-Identifier: GPL-2.0 */
/* Pages in a range of physical addresses, or with a cache type. */
#ifndef NTPOOL_PHYS_H
#define NTPOOL_PHYS_H

#include "base/types.h"

struct page;

/* Cache types, with the values of MEMORY_CACHING_TYPE; mm.c checks them. */
enum ntpool_caching {
	NTPOOL_NONCACHED = 0,
	NTPOOL_CACHED = 1,
	NTPOOL_WRITECOMBINED = 2,
};

/**
 * struct ntpool_phys_want - a request for contiguous physical memory
 * @nr: number of pages, not 0
 * @first: the lowest acceptable page frame
 * @end: one past the highest acceptable page frame
 * @boundary: a power of two in page frames, no multiple of which may be crossed; 0: none
 * @node: the only acceptable NUMA node; NUMA_NO_NODE: any
 * @cache: cache type
 * @fast: try free memory only, without reclaim
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
 * True if a machine with this memory, all of it free, could serve @want in this context. Any
 * context.
 */
bool ntpool_phys_is_possible(const struct ntpool_phys_want *want);
/*
 * Allocates the memory that @want describes, with undefined contents, and returns its address
 * in the linear map. Returns NULL without memory. The request has to be possible. Any context
 * for NTPOOL_CACHED; other types need a caller that may sleep.
 */
void *ntpool_phys_alloc(const struct ntpool_phys_want *want);
/* Frees @nr pages. Any context: a worker does it where the caller cannot sleep. */
void ntpool_phys_free(void *base, unsigned long nr, enum ntpool_caching cache);

/* True if this machine has uncached memory, and could have @nr pages of it. Any context. */
bool ntpool_phys_can_map(unsigned long nr);
/*
 * Allocates @nr uncached pages, contiguous in the kernel's address space only. *@page is for
 * ntpool_phys_unmap(). Returns NULL without memory. ntpool_phys_can_map() holds. Sleeps.
 */
void *ntpool_phys_map(unsigned long nr, struct page ***page);
/* Frees them. Contexts as for ntpool_phys_free(). */
void ntpool_phys_unmap(void *base, unsigned long nr, struct page **page);

/*
 * Sets *@phys to the physical address of @p: the linear map, the kernel's image, modules, and
 * vmalloc space with the stacks in it. Returns false if @p has no such mapping. Any context.
 */
bool ntpool_phys_of(const void *p, phys_addr_t *phys);

#endif
