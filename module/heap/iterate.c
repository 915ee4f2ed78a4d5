// SPDX-License-Identifier: GPL-2.0
/*
 * Iteration over the blocks of the heaps, and their consistency check.
 *
 * A heap may hold millions of blocks, and heap->lock disables interrupts. Iteration therefore
 * locks for a part of a page at a time. Its position is a cursor, a page descriptor without a
 * page, in heap->pages behind the page. Blocks are copied under the lock, and the callback
 * runs after its release, so it may sleep. Every user of heap->pages skips cursors. The page
 * may have been freed when the lock is taken again. Either it is no longer before the cursor,
 * or it was allocated again. In the latter case its blocks are new and may be left out.
 *
 * Drivers allocate and free meanwhile, on the fast paths even in the page that is being
 * read. A header is copied first and then checked by its cookie. A block is seen as it is,
 * as it was, or not at all, but never half. A block with an overwritten header is still
 * reported: its size comes from the bitmap, and its tag and call site are unknown.
 *
 * Contexts: process context, sleeping.
 */
#include <linux/minmax.h>
#include <linux/nodemask.h>

#include "base/report.h"
#include "heap/freelist.h"
#include "memory/record.h"

/* Granules of a part. */
#define PART_GRANULES	32
/* The most live blocks that begin in a part. */
#define PART_BLOCKS	DIV_ROUND_UP(PART_GRANULES, NTPOOL_MIN_GRANULES)

struct part_copy {
	unsigned int nr;
	struct ntpool_block block[PART_BLOCKS];
};

/* The position of an iteration: @cursor is behind @page, of which @granule is next. */
struct position {
	struct ntpool_page *cursor;
	const struct ntpool_page *page;
	unsigned int granule;
};

/* A part of a page: the granules from @from up to @to. */
struct part {
	struct ntpool_page *page;
	unsigned int from;
	unsigned int to;
};

/* Returns the page before @cursor, or NULL. Another iteration may stand there too. */
static struct ntpool_page *page_before(struct ntpool_heap *heap, struct ntpool_page *cursor)
{
	list_for_each_entry_continue_reverse(cursor, &heap->pages, link)
		if (cursor->base)
			return cursor;
	return NULL;
}

/* Moves to the next part, or behind a cursor. Returns false at the end of the heap. */
static bool position_move(struct ntpool_heap *heap, struct position *at, struct part *part)
{
	struct list_head *link = &at->cursor->link;

	lockdep_assert_held(&heap->lock);
	part->page = page_before(heap, at->cursor);
	if (at->granule == NTPOOL_GRANULES || part->page != at->page) {
		if (list_is_last(link, &heap->pages))
			return false;
		part->page = list_next_entry(at->cursor, link);
		list_move(link, &part->page->link);
		at->page = part->page;
		at->granule = part->page->base ? 0 : NTPOOL_GRANULES;
	}
	part->from = at->granule;
	part->to = min(part->from + PART_GRANULES, NTPOOL_GRANULES);
	at->granule = part->to;
	return true;
}

/*
 * For each part of each page of @heap calls @fn under heap->lock, then @then, unless that is
 * NULL, without it. Returns the first result of @then that is not 0, else 0 or -ENOMEM. Sleeps.
 */
static int heap_iterate_parts(struct ntpool_heap *heap,
			      void (*fn)(const struct part *part, void *arg),
			      int (*then)(void *arg), void *arg)
{
	/* It is linked between the pages, so it lies behind a guard as they do. */
	struct ntpool_page *cursor = ntpool_page_alloc(GFP_KERNEL, NUMA_NO_NODE);
	struct position at = { cursor, NULL, NTPOOL_GRANULES };
	struct part part;
	int ret = 0;

	if (!cursor)
		return -ENOMEM;
	raw_spin_lock_irq(&heap->lock);
	list_add(&cursor->link, &heap->pages);
	while (!ret && position_move(heap, &at, &part)) {
		fn(&part, arg);
		raw_spin_unlock_irq(&heap->lock);
		ret = then ? then(arg) : 0;
		cond_resched();
		raw_spin_lock_irq(&heap->lock);
	}
	list_del(&cursor->link);
	raw_spin_unlock_irq(&heap->lock);
	ntpool_page_free(cursor);
	return ret;
}

/* Copies a header between two reads of its cookie. Returns true if it is live and intact. */
static bool header_read(struct ntpool_page *page, unsigned int granule, struct ntpool_header *hdr)
{
	const struct ntpool_header *at = ntpool_page_header(page, granule);
	/* Pairs with the release in ntpool_header_fill(). */
	u32 cookie = smp_load_acquire(&at->cookie);
	bool live = ntpool_header_read_live(page, granule, hdr);

	/* The second read must not come before the copy. */
	smp_rmb();
	return live && hdr->cookie == cookie && READ_ONCE(at->cookie) == cookie;
}

/*
 * Returns false for a cached block. A header that is just being written is valid at one
 * of the next tries. One that stays invalid was overwritten: *@intact is false.
 */
static bool block_read(struct ntpool_page *page, unsigned int granule, struct ntpool_header *hdr,
		       bool *intact)
{
	int tries;

	for (tries = 0; tries < 4; tries++) {
		*intact = header_read(page, granule, hdr);
		if (*intact)
			return true;
		if (ntpool_cookie_state(hdr->cookie) == NTPOOL_STATE_CACHED)
			return false;
		cpu_relax();
	}
	return true;
}

static void part_copy_blocks(const struct part *part, struct part_copy *copy)
{
	struct ntpool_page *page = part->page;
	unsigned int granule = part->from;
	struct ntpool_header hdr;
	bool intact;

	copy->nr = 0;
	for_each_set_bit_from(granule, page->start, part->to) {
		if (test_bit(granule, page->free) || !block_read(page, granule, &hdr, &intact))
			continue;
		copy->block[copy->nr++] = (struct ntpool_block){
			.addr = ntpool_block_body(ntpool_page_header(page, granule)),
			.tag = intact ? ntpool_header_tag(&hdr) : NTPOOL_TAG_DAMAGED,
			.type = page->map.heap->type,
			.bytes = (ntpool_page_end(page, granule) - granule) << NTPOOL_GRANULE_SHIFT,
			.requested = intact ? ntpool_header_requested(&hdr) : 0,
			.caller = intact ? ntpool_header_caller(&hdr) : 0,
		};
	}
}

/* An iteration with @fn and @arg, and the blocks of the present part. */
struct block_iter {
	ntpool_block_fn fn;
	void *arg;
	struct part_copy copy;
};

static void iter_copy_part(const struct part *part, void *arg)
{
	struct block_iter *iter = arg;

	part_copy_blocks(part, &iter->copy);
}

static int iter_call(void *arg)
{
	struct block_iter *iter = arg;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < iter->copy.nr && !ret; i++)
		ret = iter->fn(&iter->copy.block[i], iter->arg);
	return ret;
}

int ntpool_heap_for_each(ntpool_block_fn fn, void *arg)
{
	struct block_iter *iter = ntpool_sized_alloc(sizeof(*iter), GFP_KERNEL, NUMA_NO_NODE);
	struct ntpool_heap *heap;
	int ret = 0;

	if (!iter)
		return -ENOMEM;
	iter->fn = fn;
	iter->arg = arg;
	for (heap = ntpool_heap_next(NULL); heap && !ret; heap = ntpool_heap_next(heap))
		ret = heap_iterate_parts(heap, iter_copy_part, iter_call, iter);
	ntpool_sized_free(iter, sizeof(*iter));
	return ret;
}

void ntpool_heap_stats(enum ntpool_type type, struct ntpool_heap_stats *stats)
{
	struct ntpool_heap *heap;

	*stats = (struct ntpool_heap_stats){};
	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap)) {
		if (heap->type != type)
			continue;
		raw_spin_lock_irq(&heap->lock);
		stats->pages += heap->nr_pages;
		stats->free_granules += heap->free_granules;
		raw_spin_unlock_irq(&heap->lock);
	}
}

struct class_count {
	unsigned long *live;
	unsigned long *free;
};

static void count_part(const struct part *part, void *arg)
{
	const struct class_count *count = arg;
	struct ntpool_page *page = part->page;
	unsigned int granule = part->from, granules;
	struct ntpool_header hdr;
	bool intact;

	for_each_set_bit_from(granule, page->start, part->to) {
		granules = ntpool_page_end(page, granule) - granule;
		if (test_bit(granule, page->free) || !block_read(page, granule, &hdr, &intact))
			count->free[granules]++;
		else
			count->live[granules]++;
	}
}

int ntpool_heap_classes(enum ntpool_type type, unsigned long *live, unsigned long *free)
{
	struct class_count count = { .live = live, .free = free };
	struct ntpool_heap *heap;
	int ret = 0;

	for (heap = ntpool_heap_next(NULL); heap && !ret; heap = ntpool_heap_next(heap))
		if (heap->type == type)
			ret = heap_iterate_parts(heap, count_part, NULL, &count);
	return ret;
}

unsigned long ntpool_heap_pages(void)
{
	struct ntpool_heap *heap;
	unsigned long n = 0;

	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap))
		n += READ_ONCE(heap->nr_pages);
	return n;
}

unsigned long ntpool_heap_type_pages(enum ntpool_type type)
{
	struct ntpool_heap *heap;
	unsigned long n = 0;

	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap))
		if (heap->type == type)
			n += READ_ONCE(heap->nr_pages);
	return n;
}
