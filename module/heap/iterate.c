// SPDX-License-Identifier: GPL-2.0
/*
 * Walks over the heaps: what observers ask for.
 *
 * A walk must not stop the machine: a heap may hold millions of blocks, and its
 * lock keeps interrupts off. So the lock is taken for one page at a time, and the
 * walker marks its place with a cursor, a page descriptor without a page, in the
 * heap's list. What it saw of the page is copied out and handed on after the lock
 * was dropped, so what is called may sleep. Walkers skip the cursors of others.
 *
 * Drivers allocate and free meanwhile, on the fast paths even from the very page
 * that is looked at. A header is copied first and judged afterwards by its check
 * sum, so that a block is seen as it is or as it was, or not at all, but never
 * half. A block whose header was overwritten is still there: it is passed on with
 * its true size and what its header says.
 */
#include <linux/nodemask.h>
#include <linux/slab.h>

#include "base/report.h"
#include "heap/freelist.h"

/* No page has more blocks. */
#define PAGE_BLOCKS	(NTP_UNITS / NTP_MIN_UNITS)

struct page_copy {
	unsigned int nr;
	struct ntp_block block[PAGE_BLOCKS];
};

/* Calls @fn under the lock for each page of @heap; may sleep between pages. */
static int heap_walk_pages(struct ntp_heap *heap,
			   void (*fn)(struct ntp_page *page, void *arg),
			   int (*then)(void *arg), void *arg)
{
	struct ntp_page *cursor = kzalloc(sizeof(*cursor), GFP_KERNEL);
	struct ntp_page *page;
	int ret = 0;

	if (!cursor)
		return -ENOMEM;
	raw_spin_lock_irq(&heap->lock);
	list_add(&cursor->link, &heap->pages);
	while (!ret && !list_is_last(&cursor->link, &heap->pages)) {
		page = list_next_entry(cursor, link);
		list_move(&cursor->link, &page->link);
		if (!page->base)
			continue;
		fn(page, arg);
		raw_spin_unlock_irq(&heap->lock);
		ret = then ? then(arg) : 0;
		cond_resched();
		raw_spin_lock_irq(&heap->lock);
	}
	list_del(&cursor->link);
	raw_spin_unlock_irq(&heap->lock);
	kfree(cursor);
	return ret;
}

/* A copy between two looks at the seal that have seen the same. */
static bool header_read(struct ntp_page *page, unsigned int unit, struct ntp_header *hdr)
{
	const struct ntp_header *at = ntp_page_header(page, unit);
	/* Pairs with the release in ntp_header_fill(). */
	u32 seal = smp_load_acquire(&at->seal);
	bool live = ntp_header_read_live(page, unit, hdr);

	/* The second look comes after the copy. */
	smp_rmb();
	return live && hdr->seal == seal && READ_ONCE(at->seal) == seal;
}

/* Tries again where the owner was just writing. */
static bool block_read(struct ntp_page *page, unsigned int unit, struct ntp_header *hdr)
{
	int tries;

	for (tries = 0; tries < 4; tries++) {
		if (header_read(page, unit, hdr))
			return true;
		if (ntp_seal_state(hdr->seal) == NTP_STATE_CACHED)
			return false;
		cpu_relax();
	}
	return true;
}

static void page_copy_blocks(struct ntp_page *page, struct page_copy *copy)
{
	struct ntp_header hdr;
	unsigned int unit;

	copy->nr = 0;
	for_each_set_bit(unit, page->start, NTP_UNITS) {
		if (test_bit(unit, page->free) || !block_read(page, unit, &hdr))
			continue;
		copy->block[copy->nr++] = (struct ntp_block){
			.addr = ntp_block_body(ntp_page_header(page, unit)),
			.tag = ntp_header_tag(&hdr),
			.kind = page->map.heap->kind,
			.bytes = (ntp_page_end(page, unit) - unit) << NTP_UNIT_SHIFT,
			.requested = ntp_header_requested(&hdr),
			.caller = ntp_header_caller(&hdr),
		};
	}
}

struct block_walk {
	ntp_block_fn fn;
	void *arg;
	struct page_copy copy;
};

static void walk_page(struct ntp_page *page, void *arg)
{
	struct block_walk *walk = arg;

	page_copy_blocks(page, &walk->copy);
}

static int walk_blocks(void *arg)
{
	struct block_walk *walk = arg;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < walk->copy.nr && !ret; i++)
		ret = walk->fn(&walk->copy.block[i], walk->arg);
	return ret;
}

int ntp_heap_for_each(ntp_block_fn fn, void *arg)
{
	struct block_walk *walk = kvmalloc(sizeof(*walk), GFP_KERNEL);
	struct ntp_heap *heap;
	int ret = 0;

	if (!walk)
		return -ENOMEM;
	walk->fn = fn;
	walk->arg = arg;
	for (heap = ntp_heap_next(NULL); heap && !ret; heap = ntp_heap_next(heap))
		ret = heap_walk_pages(heap, walk_page, walk_blocks, walk);
	kvfree(walk);
	return ret;
}

void ntp_heap_stats(enum ntp_kind kind, struct ntp_heap_stats *stats)
{
	struct ntp_heap *heap;

	*stats = (struct ntp_heap_stats){};
	for (heap = ntp_heap_next(NULL); heap; heap = ntp_heap_next(heap)) {
		if (heap->kind != kind)
			continue;
		raw_spin_lock_irq(&heap->lock);
		stats->pages += heap->nr_pages;
		stats->free_units += heap->free_units;
		raw_spin_unlock_irq(&heap->lock);
	}
}

struct class_count {
	unsigned long *live;
	unsigned long *free;
};

static void count_page(struct ntp_page *page, void *arg)
{
	const struct class_count *count = arg;
	unsigned int unit, units;
	struct ntp_header hdr;

	for_each_set_bit(unit, page->start, NTP_UNITS) {
		units = ntp_page_end(page, unit) - unit;
		if (test_bit(unit, page->free) || !block_read(page, unit, &hdr))
			count->free[units]++;
		else
			count->live[units]++;
	}
}

int ntp_heap_classes(enum ntp_kind kind, unsigned long *live, unsigned long *free)
{
	struct class_count count = { .live = live, .free = free };
	struct ntp_heap *heap;
	int ret = 0;

	for (heap = ntp_heap_next(NULL); heap && !ret; heap = ntp_heap_next(heap))
		if (heap->kind == kind)
			ret = heap_walk_pages(heap, count_page, NULL, &count);
	return ret;
}

static bool block_is_sound(const struct ntp_page *page, unsigned int unit)
{
	const struct ntp_header *hdr = ntp_page_header(page, unit);
	unsigned int units = ntp_page_end(page, unit) - unit;
	bool free = test_bit(unit, page->free);

	return ntp_header_units(hdr) == units &&
	       (free == (ntp_seal_state(hdr->seal) == NTP_STATE_FREE));
}

/* Tiled without a gap, headers agree, and no two free ones side by side. */
static int page_verify(const struct ntp_page *page)
{
	unsigned int unit, units, free = 0;
	bool was_free = false;

	if (!test_bit(0, page->start) || !bitmap_subset(page->free, page->start, NTP_UNITS))
		return -EUCLEAN;
	for_each_set_bit(unit, page->start, NTP_UNITS) {
		units = ntp_page_end(page, unit) - unit;
		if (!block_is_sound(page, unit))
			return -EUCLEAN;
		if (test_bit(unit, page->free)) {
			if (was_free)
				return -EUCLEAN;
			free += units;
		}
		was_free = test_bit(unit, page->free);
	}
	return free == page->free_units ? 0 : -EUCLEAN;
}

static int heap_verify(struct ntp_heap *heap)
{
	unsigned long pages = 0, empty = 0, free = 0;
	struct ntp_page *page;

	if (ntp_freelist_verify(heap))
		return -EUCLEAN;
	list_for_each_entry(page, &heap->pages, link) {
		if (!page->base)
			continue;
		if (page->map.heap != heap || page_verify(page))
			return -EUCLEAN;
		pages++;
		free += page->free_units;
		empty += page->free_units == NTP_UNITS;
	}
	return pages == heap->nr_pages && empty == heap->nr_empty &&
	       free == heap->free_units ? 0 : -EUCLEAN;
}

int ntp_heap_verify(void)
{
	struct ntp_heap *heap;
	int ret = 0;

	for (heap = ntp_heap_next(NULL); heap; heap = ntp_heap_next(heap)) {
		raw_spin_lock_irq(&heap->lock);
		ret = ret ?: heap_verify(heap);
		raw_spin_unlock_irq(&heap->lock);
	}
	return ret;
}
