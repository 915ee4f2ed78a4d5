/* SPDX-License-Identifier: GPL-2.0 */
/* A heap's lists of free blocks, by size; under the heap's lock throughout. */
#ifndef NTPOOL_FREELIST_H
#define NTPOOL_FREELIST_H

#include "memory/pagemap.h"

static inline unsigned int ntp_page_unit(const struct ntp_page *page, const void *at)
{
	return (at - page->base) >> NTP_UNIT_SHIFT;
}

static inline struct ntp_header *ntp_page_header(const struct ntp_page *page,
						 unsigned int unit)
{
	return page->base + ((size_t)unit << NTP_UNIT_SHIFT);
}

/* Where the block that begins at @unit ends: the bitmap knows, not the header. */
static inline unsigned int ntp_page_end(const struct ntp_page *page, unsigned int unit)
{
	return find_next_bit(page->start, NTP_UNITS, unit + 1);
}

/* Puts the free block at @hdr on its list, if it is large enough for one. */
void ntp_freelist_add(struct ntp_heap *heap, struct ntp_header *hdr, unsigned int units);
/* Takes it off again. */
void ntp_freelist_del(struct ntp_heap *heap, struct ntp_header *hdr, unsigned int units);
/*
 * The best-fitting free block of at least @units, still on its list; *@found is
 * its size. NULL: none.
 */
struct ntp_header *ntp_freelist_find(struct ntp_heap *heap, unsigned int units,
				     unsigned int *found);
/* Every list is consistent with the bitmaps: 0 or -EUCLEAN. */
int ntp_freelist_verify(struct ntp_heap *heap);

#endif
