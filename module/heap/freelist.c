// SPDX-License-Identifier: GPL-2.0
/*
 * The free lists of a heap.
 *
 * There is one doubly linked list for each block size in granules, newest block first. A
 * bitmap has the lists that are not empty. At most five words of it are read to find the
 * best-fitting block of a heap. A free block of one granule of 16 bytes has no
 * room for links. It is on no list until a neighbour is freed and merged with it.
 *
 * The links lie in the free memory itself, where a late write of a driver can hit them. NT
 * stores them in the clear and stops the machine on damage. Here they decide nothing:
 *
 *  - A link is stored xor-ed with a secret and with its byte-reversed address. It is not
 *    useful to read, and a forged one decodes to nonsense. The secret is not the one of
 *    the headers: a driver that reads freed memory learns nothing about those.
 *  - A link is checked before it is followed. By the page map and the bitmaps, its target
 *    must be a free block of this heap and size. Drivers cannot reach these.
 *  - A link that fails the check is noted, and reported later as 0x19/0x3.
 *
 * A damaged list is lost as a whole: following it to its end would take as long as the list.
 * Its size is entered in heap->lost, and a worker rebuilds it from the bitmaps. A heap may
 * have millions of pages, and heap->lock disables interrupts: the worker locks for one page at
 * a time. Its position is heap->relist, a cursor as in iterate.c. Until then a free block of
 * that size is on the list if its page has been visited. page->epoch tells whether it has. The
 * other blocks are found when a neighbour is freed, and no block is lost. A page that is added
 * meanwhile has the epoch of its heap and needs no visit. Damage meanwhile raises heap->epoch,
 * so the worker begins again. Each heap has a work item of its own.
 *
 * The links of a block that leaves its list are wiped. A driver that gets the memory
 * does not see them.
 *
 * Locking: heap->lock protects everything here and is held by the callers. The worker takes
 * it; it runs in process context and sleeps.
 */
#include <linux/random.h>
#include <linux/swab.h>
#include <linux/workqueue.h>

#include "heap/freelist.h"

static unsigned long link_secret __ro_after_init;

/* Encoded; at the start of a free block's body. */
struct links {
	unsigned long next;
	unsigned long prev;
};

static struct links *links_of(struct ntpool_header *hdr)
{
	return ntpool_block_body(hdr);
}

static unsigned long link_key(const unsigned long *at)
{
	unsigned long where = (unsigned long)at;

	return link_secret ^
	       (sizeof(where) == 8 ? swab64(where) : swab32(where));
}

static void link_store(unsigned long *at, struct ntpool_header *to)
{
	*at = (unsigned long)to ^ link_key(at);
}

/* True if a free block of @heap begins at @hdr and has exactly @granules. */
static bool block_is_free(struct ntpool_heap *heap, struct ntpool_header *hdr,
			  unsigned int granules)
{
	struct ntpool_page *page = ntpool_page_of(hdr);
	unsigned int granule;

	if (!page || page->map.heap != heap || !IS_ALIGNED((unsigned long)hdr, NTPOOL_GRANULE))
		return false;
	granule = ntpool_page_granule(page, hdr);
	return test_bit(granule, page->start) && test_bit(granule, page->free) &&
	       ntpool_page_end(page, granule) - granule == granules;
}

/* Decodes a link; *@to is NULL at the end of the list. Returns false if it is damaged. */
static bool link_load(struct ntpool_heap *heap, const unsigned long *at,
		      unsigned int granules, struct ntpool_header **to)
{
	*to = (struct ntpool_header *)(*at ^ link_key(at));
	return !*to || block_is_free(heap, *to, granules);
}

/* False: the list of @granules is lost, and the worker has not visited the page of @hdr. */
static bool is_listed(const struct ntpool_heap *heap, const struct ntpool_header *hdr,
		      unsigned int granules)
{
	return likely(!test_bit(granules, heap->lost)) ||
	       ntpool_page_of(hdr)->epoch == heap->epoch;
}

void ntpool_freelist_add(struct ntpool_heap *heap, struct ntpool_header *hdr, unsigned int granules)
{
	struct ntpool_header *first = heap->bins[granules];
	struct links *links = links_of(hdr);

	lockdep_assert_held(&heap->lock);
	if (granules < NTPOOL_MIN_GRANULES || !is_listed(heap, hdr, granules))
		return;
	link_store(&links->next, first);
	link_store(&links->prev, NULL);
	if (first)
		link_store(&links_of(first)->prev, hdr);
	heap->bins[granules] = hdr;
	__set_bit(granules, heap->filled);
}

/* Abandons the list of @granules, and all lists that are still being rebuilt. */
static void freelist_lose(struct ntpool_heap *heap, unsigned int granules)
{
	unsigned int lost;

	__set_bit(granules, heap->lost);
	heap->epoch++;
	for_each_set_bit(lost, heap->lost, NTPOOL_GRANULES + 1) {
		heap->bins[lost] = NULL;
		__clear_bit(lost, heap->filled);
	}
}

static void freelist_damaged(struct ntpool_heap *heap, struct ntpool_header *hdr,
			     unsigned int granules)
{
	struct links *links = links_of(hdr);

	ntpool_damage_note(&heap->damage, NTPOOL_DAMAGED_LINK, hdr,
			   links->next ^ link_key(&links->next),
			   links->prev ^ link_key(&links->prev));
	freelist_lose(heap, granules);
}

/* Returns false and changes nothing if a link of @hdr or back to it is damaged. */
static bool freelist_unlink(struct ntpool_heap *heap, struct ntpool_header *hdr,
			    unsigned int granules)
{
	struct links *links = links_of(hdr);
	struct ntpool_header *next, *prev, *back;

	if (!link_load(heap, &links->next, granules, &next) ||
	    !link_load(heap, &links->prev, granules, &prev))
		return false;
	if (next && (!link_load(heap, &links_of(next)->prev, granules, &back) || back != hdr))
		return false;
	if (prev && (!link_load(heap, &links_of(prev)->next, granules, &back) || back != hdr))
		return false;
	if (!prev && heap->bins[granules] != hdr)
		return false;
	if (next)
		link_store(&links_of(next)->prev, prev);
	if (prev)
		link_store(&links_of(prev)->next, next);
	else
		heap->bins[granules] = next;
	return true;
}

void ntpool_freelist_del(struct ntpool_heap *heap, struct ntpool_header *hdr, unsigned int granules)
{
	lockdep_assert_held(&heap->lock);
	if (granules < NTPOOL_MIN_GRANULES)
		return;
	if (is_listed(heap, hdr, granules)) {
		if (!freelist_unlink(heap, hdr, granules))
			freelist_damaged(heap, hdr, granules);
		if (!heap->bins[granules])
			__clear_bit(granules, heap->filled);
	}
	*links_of(hdr) = (struct links){};
}

struct ntpool_header *ntpool_freelist_find(struct ntpool_heap *heap, unsigned int granules,
					   unsigned int *found)
{
	lockdep_assert_held(&heap->lock);
	*found = find_next_bit(heap->filled, NTPOOL_GRANULES + 1, granules);
	return *found <= NTPOOL_GRANULES ? heap->bins[*found] : NULL;
}

/* Puts the free blocks of @page on the lists that were lost. */
static void page_relist(struct ntpool_heap *heap, struct ntpool_page *page)
{
	unsigned int granule, granules;

	lockdep_assert_held(&heap->lock);
	if (page->epoch == heap->epoch)
		return;
	page->epoch = heap->epoch;
	for_each_set_bit(granule, page->free, NTPOOL_GRANULES) {
		granules = ntpool_page_end(page, granule) - granule;
		if (test_bit(granules, heap->lost))
			ntpool_freelist_add(heap, ntpool_page_header(page, granule), granules);
	}
}

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
			page_relist(heap, page);
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
			bitmap_zero(heap->lost, NTPOOL_GRANULES + 1);
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

void ntpool_freelist_init(void)
{
	link_secret = get_random_long();
}

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/freelist_hooks.c"
#endif
