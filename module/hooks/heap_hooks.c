// SPDX-License-Identifier: GPL-2.0
/* Included by heap/heap.c: a page that the page map has and its heap does not. */
#include <linux/export.h>

#include "test.h"

bool ntpool_test_page_not_added(bool paged, void (*fn)(void *base, void *arg), void *arg)
{
	struct ntpool_heap *heap = ntpool_heap_of(paged ? NTPOOL_PAGED : NTPOOL_NONPAGED,
						  numa_mem_id());
	struct ntpool_page *page = page_create(heap, 0);
	struct ntpool_header *hdr;

	if (!page)
		return false;
	fn(page->base, arg);
	hdr = page_take(page, NTPOOL_MIN_GRANULES, 0);
	ntpool_heap_give(heap, &hdr, 1);
	return true;
}
EXPORT_SYMBOL_GPL(ntpool_test_page_not_added);
