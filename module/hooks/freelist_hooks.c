// SPDX-License-Identifier: GPL-2.0
/* Included by heap/freelist.c: the free lists agree with the bitmaps. */
#include "hooks/check.h"

static int bin_check(struct ntpool_heap *heap, unsigned int granules, unsigned long *blocks)
{
	struct ntpool_header *hdr = heap->bins[granules];

	if (!!hdr != test_bit(granules, heap->filled))
		return -EUCLEAN;
	for (; hdr; ++*blocks)
		if (*blocks > heap->nr_pages * NTPOOL_GRANULES ||
		    !block_is_free(heap, hdr, granules) ||
		    !link_load(heap, &links_of(hdr)->next, granules, &hdr))
			return -EUCLEAN;
	return 0;
}

/* Counts the free blocks of a page that must be on a list. */
static unsigned long page_listed(const struct ntpool_page *page)
{
	unsigned long blocks = 0;
	unsigned int granule;

	for_each_set_bit(granule, page->free, NTPOOL_GRANULES)
		blocks += ntpool_page_end(page, granule) - granule >= NTPOOL_MIN_GRANULES;
	return blocks;
}

int ntpool_freelist_check(struct ntpool_heap *heap)
{
	unsigned long listed = 0, expected = 0;
	struct ntpool_page *page;
	unsigned int granules;

	lockdep_assert_held(&heap->lock);
	for (granules = NTPOOL_MIN_GRANULES; granules <= NTPOOL_GRANULES; granules++)
		if (bin_check(heap, granules, &listed))
			return -EUCLEAN;
	list_for_each_entry(page, &heap->pages, link)
		if (page->base)
			expected += page_listed(page);
	return listed == expected ? 0 : -EUCLEAN;
}
