// SPDX-License-Identifier: GPL-2.0
/*
 * The free lists of a heap.
 *
 * One list for each size in units, newest first, and a bitmap of those that are
 * not empty, so that the best-fitting block of the whole heap is found by looking
 * at one to five words. A block of a single unit of 16 bytes has no room for links:
 * it is on no list and waits until a neighbour is freed and takes it in.
 *
 * The links lie in the free memory itself, where a driver that writes after it
 * has freed can reach them. So they are never what decides:
 *
 *  - a link is stored xor-ed with a secret and with the address it is stored at,
 *    byte-reversed: neither written nor read to any purpose from outside;
 *  - before a link is followed, what it decodes to is checked against the page
 *    map and the bitmaps, which are out of reach: it must be a free block of this
 *    heap and of this list's size;
 *  - where it is not, the damage is reported (0x19/0x3) and all lists of the heap
 *    are built anew from the bitmaps. Nothing is lost and nothing is followed.
 *
 * NT links its free blocks in the clear and stops the machine.
 *
 * Locking: the heap's lock, always.
 */
#include <linux/swab.h>

#include "base/report.h"
#include "heap/freelist.h"

/* At the start of a free block's body; encoded. */
struct links {
	unsigned long next;
	unsigned long prev;
};

static struct links *links_of(struct ntp_header *hdr)
{
	return ntp_block_body(hdr);
}

static unsigned long link_key(const unsigned long *at)
{
	unsigned long where = (unsigned long)at;

	return (unsigned long)ntp_secret ^
	       (sizeof(where) == 8 ? swab64(where) : swab32(where));
}

static void link_store(unsigned long *at, struct ntp_header *to)
{
	*at = (unsigned long)to ^ link_key(at);
}

/* True if @hdr is a free block of @heap of exactly @units. */
static bool block_is_free(struct ntp_heap *heap, struct ntp_header *hdr,
			  unsigned int units)
{
	struct ntp_page *page = ntp_page_of(hdr);
	unsigned int unit;

	if (!page || page->map.heap != heap || !IS_ALIGNED((unsigned long)hdr, NTP_UNIT))
		return false;
	unit = ntp_page_unit(page, hdr);
	return test_bit(unit, page->start) && test_bit(unit, page->free) &&
	       ntp_page_end(page, unit) - unit == units;
}

/* False: the link is damaged. *@to is NULL at the end of the list. */
static bool link_load(struct ntp_heap *heap, const unsigned long *at,
		      unsigned int units, struct ntp_header **to)
{
	*to = (struct ntp_header *)(*at ^ link_key(at));
	return !*to || block_is_free(heap, *to, units);
}

void ntp_freelist_add(struct ntp_heap *heap, struct ntp_header *hdr, unsigned int units)
{
	struct ntp_header *first = heap->bins[units];
	struct links *links = links_of(hdr);

	lockdep_assert_held(&heap->lock);
	if (units < NTP_MIN_UNITS)
		return;
	link_store(&links->next, first);
	link_store(&links->prev, NULL);
	if (first)
		link_store(&links_of(first)->prev, hdr);
	heap->bins[units] = hdr;
	__set_bit(units, heap->filled);
}

static void page_add_all(struct ntp_heap *heap, struct ntp_page *page)
{
	unsigned int unit;

	for_each_set_bit(unit, page->free, NTP_UNITS)
		ntp_freelist_add(heap, ntp_page_header(page, unit),
				 ntp_page_end(page, unit) - unit);
}

/*
 * All lists again from what the bitmaps say, without @hdr, which is being taken
 * off. Long with interrupts off, but only after damage.
 */
static void freelist_rebuild(struct ntp_heap *heap, struct ntp_header *hdr)
{
	struct ntp_page *page = ntp_page_of(hdr);
	unsigned int unit = ntp_page_unit(page, hdr);

	__clear_bit(unit, page->free);
	memset(heap->bins, 0, sizeof(heap->bins));
	bitmap_zero(heap->filled, NTP_UNITS + 1);
	list_for_each_entry(page, &heap->pages, link)
		if (page->base)
			page_add_all(heap, page);
	page = ntp_page_of(hdr);
	__set_bit(unit, page->free);
}

static void freelist_damaged(struct ntp_heap *heap, struct ntp_header *hdr)
{
	struct links *links = links_of(hdr);
	struct ntp_stop stop = {
		.code = NTP_STOP_BAD_POOL_HEADER,
		.param = { 0x3, (unsigned long)hdr,
			   links->next ^ link_key(&links->next),
			   links->prev ^ link_key(&links->prev) },
		.addr_mask = BIT(1) | BIT(2) | BIT(3),
		.text = "a freed block was written to: its list is damaged and was rebuilt",
	};

	freelist_rebuild(heap, hdr);
	ntp_report(&stop);
}

/* False: damaged. */
static bool freelist_unlink(struct ntp_heap *heap, struct ntp_header *hdr,
			    unsigned int units)
{
	struct links *links = links_of(hdr);
	struct ntp_header *next, *prev, *back;

	if (!link_load(heap, &links->next, units, &next) ||
	    !link_load(heap, &links->prev, units, &prev))
		return false;
	if (next && (!link_load(heap, &links_of(next)->prev, units, &back) || back != hdr))
		return false;
	if (prev && (!link_load(heap, &links_of(prev)->next, units, &back) || back != hdr))
		return false;
	if (!prev && heap->bins[units] != hdr)
		return false;
	if (next)
		link_store(&links_of(next)->prev, prev);
	if (prev)
		link_store(&links_of(prev)->next, next);
	else
		heap->bins[units] = next;
	return true;
}

void ntp_freelist_del(struct ntp_heap *heap, struct ntp_header *hdr, unsigned int units)
{
	lockdep_assert_held(&heap->lock);
	if (units < NTP_MIN_UNITS)
		return;
	if (!freelist_unlink(heap, hdr, units))
		freelist_damaged(heap, hdr);
	if (!heap->bins[units])
		__clear_bit(units, heap->filled);
}

struct ntp_header *ntp_freelist_find(struct ntp_heap *heap, unsigned int units,
				     unsigned int *found)
{
	lockdep_assert_held(&heap->lock);
	*found = find_next_bit(heap->filled, NTP_UNITS + 1, units);
	return *found <= NTP_UNITS ? heap->bins[*found] : NULL;
}

static int bin_verify(struct ntp_heap *heap, unsigned int units, unsigned long *blocks)
{
	struct ntp_header *hdr = heap->bins[units];

	if (!!hdr != test_bit(units, heap->filled))
		return -EUCLEAN;
	for (; hdr; ++*blocks)
		if (*blocks > heap->nr_pages * NTP_UNITS || !block_is_free(heap, hdr, units) ||
		    !link_load(heap, &links_of(hdr)->next, units, &hdr))
			return -EUCLEAN;
	return 0;
}

static unsigned long page_listed(const struct ntp_page *page)
{
	unsigned long blocks = 0;
	unsigned int unit;

	for_each_set_bit(unit, page->free, NTP_UNITS)
		blocks += ntp_page_end(page, unit) - unit >= NTP_MIN_UNITS;
	return blocks;
}

int ntp_freelist_verify(struct ntp_heap *heap)
{
	unsigned long listed = 0, expected = 0;
	struct ntp_page *page;
	unsigned int units;

	lockdep_assert_held(&heap->lock);
	for (units = NTP_MIN_UNITS; units <= NTP_UNITS; units++)
		if (bin_verify(heap, units, &listed))
			return -EUCLEAN;
	list_for_each_entry(page, &heap->pages, link)
		if (page->base)
			expected += page_listed(page);
	return listed == expected ? 0 : -EUCLEAN;
}
