// SPDX-License-Identifier: GPL-2.0
/*
 * A check of the heaps for tests: bitmaps, headers, free lists and counters agree.
 *
 * Locking: heap->lock is held over a whole heap, with interrupts disabled for as long as
 * that takes. Context: process context.
 */
#include <linux/errno.h>
#include <linux/export.h>

#include "heap/freelist.h"
#include "hooks/check.h"
#include "test.h"

static bool block_is_sound(const struct ntpool_page *page, unsigned int granule)
{
	const struct ntpool_header *hdr = ntpool_page_header(page, granule);
	unsigned int granules = ntpool_page_end(page, granule) - granule;
	bool free = test_bit(granule, page->free);

	return ntpool_header_granules(hdr) == granules &&
	       (free == (ntpool_cookie_state(hdr->cookie) == NTPOOL_STATE_FREE));
}

/* Blocks cover the page, headers match, and no two free blocks are neighbours. */
static int page_check(const struct ntpool_page *page)
{
	unsigned int granule, granules, free = 0;
	bool was_free = false;

	if (!test_bit(0, page->start) || !bitmap_subset(page->free, page->start, NTPOOL_GRANULES))
		return -EUCLEAN;
	for_each_set_bit(granule, page->start, NTPOOL_GRANULES) {
		granules = ntpool_page_end(page, granule) - granule;
		if (!block_is_sound(page, granule))
			return -EUCLEAN;
		if (test_bit(granule, page->free)) {
			if (was_free)
				return -EUCLEAN;
			free += granules;
		}
		was_free = test_bit(granule, page->free);
	}
	return free == page->free_granules ? 0 : -EUCLEAN;
}

static int heap_check(struct ntpool_heap *heap)
{
	unsigned long pages = 0, empty = 0, free = 0;
	struct ntpool_page *page;

	if (ntpool_freelist_check(heap))
		return -EUCLEAN;
	list_for_each_entry(page, &heap->pages, link) {
		if (!page->base)
			continue;
		if (page->map.heap != heap || page_check(page))
			return -EUCLEAN;
		pages++;
		free += page->free_granules;
		empty += page->free_granules == NTPOOL_GRANULES;
	}
	return pages == heap->nr_pages && empty == heap->nr_empty &&
	       free == heap->free_granules ? 0 : -EUCLEAN;
}

int ntpool_test_check_heaps(void)
{
	struct ntpool_heap *heap;
	int ret = 0;

	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap)) {
		ntpool_relist_flush(heap);
		raw_spin_lock_irq(&heap->lock);
		ret = ret ?: heap_check(heap);
		raw_spin_unlock_irq(&heap->lock);
	}
	return ret;
}
EXPORT_SYMBOL_GPL(ntpool_test_check_heaps);
