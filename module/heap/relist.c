// SPDX-License-Identifier: GPL-2.0
/*
 * Rebuilding of free lists that were lost by damage.
 *
 * A heap may have millions of pages, and heap->lock disables interrupts. The worker locks
 * for one page at a time. Its position is heap->relist, a cursor as in iterate.c. A page
 * that is added meanwhile has the epoch of its heap and needs no visit. Each heap has a work
 * item of its own.
 *
 * Locking: heap->lock. Context: process context, sleeping.
 */
#include <linux/workqueue.h>

#include "heap/freelist.h"

/* Visits all pages. Returns false if more damage was found meanwhile. */
static bool heap_visit(struct ntpool_heap *heap)
{
	struct ntpool_page *cursor = &heap->relist, *page;
	u32 epoch = heap->epoch;

	lockdep_assert_held(&heap->lock);
	list_add(&cursor->link, &heap->pages);
	while (epoch == heap->epoch && !list_is_last(&cursor->link, &heap->pages)) {
		page = list_next_entry(cursor, link);
		list_move(&cursor->link, &page->link);
		if (page->base)
			ntpool_freelist_relist(heap, page);
		raw_spin_unlock_irq(&heap->lock);
		cond_resched();
		raw_spin_lock_irq(&heap->lock);
	}
	list_del(&cursor->link);
	return epoch == heap->epoch;
}

static void relist(struct work_struct *work)
{
	struct ntpool_heap *heap = container_of(work, struct ntpool_heap, relist_work);

	raw_spin_lock_irq(&heap->lock);
	while (!bitmap_empty(heap->lost, NTPOOL_GRANULES + 1))
		if (heap_visit(heap))
			ntpool_freelist_relisted(heap);
	raw_spin_unlock_irq(&heap->lock);
}

void ntpool_relist_init(struct ntpool_heap *heap)
{
	INIT_WORK(&heap->relist_work, relist);
}

void ntpool_relist_start(struct ntpool_heap *heap)
{
	schedule_work(&heap->relist_work);
}

void ntpool_relist_flush(struct ntpool_heap *heap)
{
	flush_work(&heap->relist_work);
}
