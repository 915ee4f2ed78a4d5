/* SPDX-License-Identifier: GPL-2.0 */
/* A heap's lists of free blocks, by size; under the heap's lock throughout. */
#ifndef NTPOOL_FREELIST_H
#define NTPOOL_FREELIST_H

#include "heap/heap.h"

static inline unsigned int ntpool_page_granule(const struct ntpool_page *page, const void *at)
{
	return (at - page->base) >> NTPOOL_GRANULE_SHIFT;
}

static inline struct ntpool_header *ntpool_page_header(const struct ntpool_page *page,
						       unsigned int granule)
{
	return page->base + ((size_t)granule << NTPOOL_GRANULE_SHIFT);
}

/* Where the block that begins at @granule ends: the bitmap knows, not the header. */
static inline unsigned int ntpool_page_end(const struct ntpool_page *page, unsigned int granule)
{
	return find_next_bit(page->start, NTPOOL_GRANULES, granule + 1);
}

/* Puts the free block at @hdr on its list, if it is large enough for one. */
void ntpool_freelist_add(struct ntpool_heap *heap, struct ntpool_header *hdr,
			 unsigned int granules);
/* Takes it off again. */
void ntpool_freelist_del(struct ntpool_heap *heap, struct ntpool_header *hdr,
			 unsigned int granules);
/*
 * The best-fitting free block of at least @granules, still on its list; *@found is
 * its size. NULL: none.
 */
struct ntpool_header *ntpool_freelist_find(struct ntpool_heap *heap, unsigned int granules,
					   unsigned int *found);
/* Every list is consistent with the bitmaps: 0 or -EUCLEAN. */
int ntpool_freelist_check(struct ntpool_heap *heap);

#endif
