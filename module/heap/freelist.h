/* SPDX-License-Identifier: GPL-2.0 */
/* The free lists of a heap, one per size. The caller holds the heap's lock. */
#ifndef NTPOOL_FREELIST_H
#define NTPOOL_FREELIST_H

#include "heap/heap.h"

/* Returns the index of the granule at address @at of the page. */
static inline unsigned int ntpool_page_granule(const struct ntpool_page *page, const void *at)
{
	return (at - page->base) >> NTPOOL_GRANULE_SHIFT;
}

/* Returns the address of @granule. */
static inline struct ntpool_header *ntpool_page_header(const struct ntpool_page *page,
						       unsigned int granule)
{
	return page->base + ((size_t)granule << NTPOOL_GRANULE_SHIFT);
}

/* Returns the granule behind the block that begins at @granule, from the bitmap. */
static inline unsigned int ntpool_page_end(const struct ntpool_page *page, unsigned int granule)
{
	return find_next_bit(page->start, NTPOOL_GRANULES, granule + 1);
}

/* Adds the free block at @hdr to the list of its size, if it is large enough for links. */
void ntpool_freelist_add(struct ntpool_heap *heap, struct ntpool_header *hdr,
			 unsigned int granules);
/* Removes the free block at @hdr. A damaged list is noted, and lost until it is rebuilt. */
void ntpool_freelist_del(struct ntpool_heap *heap, struct ntpool_header *hdr,
			 unsigned int granules);
/*
 * Returns the smallest free block of at least @granules, and its size in *@found. It stays
 * on its list. NULL: no block is large enough.
 */
struct ntpool_header *ntpool_freelist_find(struct ntpool_heap *heap, unsigned int granules,
					   unsigned int *found);
/* Chooses the secret of the links. */
void ntpool_freelist_init(void);
/* Prepares a new heap for the next two functions. */
void ntpool_relist_init(struct ntpool_heap *heap);
/* Starts the worker that rebuilds lists. Any context but NMI, without the heap's lock. */
void ntpool_relist_start(struct ntpool_heap *heap);
/* Waits until no list of @heap is lost. Sleeps. */
void ntpool_relist_flush(struct ntpool_heap *heap);

#endif
