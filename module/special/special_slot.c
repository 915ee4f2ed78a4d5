// SPDX-License-Identifier: GPL-2.0
/*
 * The slots of special pool: their addresses and their states.
 *
 * A slot of order n holds one block of at most 2^n pages. Each order has its own slots, as
 * many as special_pages would fill. They lie one behind the other in the address space that
 * special_map.c creates. Each lies between two guard pages, which are never mapped:
 *
 *	guard | slot | guard | slot | ... | guard | wider slot | guard | wider slot | ... | guard
 *
 * So an address leads to its slot without a search. A slot keeps its address. Its memory,
 * while it has any, is 2^n pages that adjoin, each with a reference count of its own. An order
 * has three lists of slots without a block. They are tried in this order:
 *
 *	ready	with pages, and not used since it got them; special_stock.c keeps a few there
 *		for callers that cannot get pages
 *	bare	without pages: never used, or special_stock.c has taken their pages; tried only
 *		while all orders together have room for its pages within special_pages. A
 *		caller that can get no pages puts the slot back
 *	freed	in quarantine, the one freed longest ago first; only while more than an
 *		eighth of the slots of the order are there
 *
 * A slot without pages keeps its history. Reports can then still explain late accesses and
 * second frees.
 *
 * The slot of a sample is not mapped. Its block has its address in the linear map, and is
 * found by a hash table of pages.
 *
 * Locking: ntpool_special_lock, a raw spinlock and a leaf, interrupts off, guards lists,
 * states, counts and the hash table. The call that makes a slot NTPOOL_SPECIAL_BUSY owns it.
 * Contexts: any but NMI, on PREEMPT_RT too, where an atomic caller only takes a slot that has
 * pages. ntpool_special_slot_at() and ntpool_special_slot_after() take no lock, in any context.
 */
#include <linux/bitmap.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "base/frame.h"
#include "base/refuse.h"
#include "memory/backing.h"
#include "special/special_slot.h"

enum {
	LINEAR_BITS = 8,
};

struct ntpool_special_pool ntpool_special;
unsigned int ntpool_special_pages __read_mostly = 1024;
DEFINE_RAW_SPINLOCK(ntpool_special_lock);
/* Both are guarded by it. */
static struct hlist_head special_linear[BIT(LINEAR_BITS)];	/* samples, by their page */
static unsigned int special_nr_linear;	/* slots in special_linear; read without it */

/*
 * Finding slots
 */

bool ntpool_special_in_area(unsigned long addr)
{
	/* Pairs with the release in special_create(). */
	return smp_load_acquire(&ntpool_special.slots) &&
	       addr - ntpool_special.base < ntpool_special.size;
}

struct ntpool_special_slot *ntpool_special_slot_at(unsigned long addr, bool *guard)
{
	const struct ntpool_special_order *order = ntpool_special.orders;
	const struct ntpool_special_order *last = order + NTPOOL_SPECIAL_ORDERS - 1;
	struct ntpool_special_slot *slot;
	unsigned long page, stride;

	if (!ntpool_special_in_area(addr))
		return NULL;
	page = (addr - ntpool_special.base) >> PAGE_SHIFT;
	while (order < last && page >= order[1].first)
		order++;
	stride = ntpool_special_order_pages(order) + 1;
	page -= order->first;
	*guard = page % stride == 0;
	slot = order->slots + page / stride;
	if (*guard)
		slot = slot == ntpool_special.slots ? NULL : slot - 1;
	return slot;
}

const struct ntpool_special_slot *
ntpool_special_slot_after(const struct ntpool_special_slot *before)
{
	const struct ntpool_special_slot *first = ntpool_special.slots;
	const struct ntpool_special_slot *after = before ? before + 1 : first;

	return after < first + ntpool_special.nr ? after : NULL;
}

bool ntpool_special_may_have(const void *p)
{
	return ntpool_special_in_area((unsigned long)p) || READ_ONCE(special_nr_linear);
}

static struct hlist_head *linear_bucket(const void *page)
{
	return &special_linear[hash_ptr(page, LINEAR_BITS)];
}

/* Returns the slot of the sample on whose page @p lies, or NULL. */
static struct ntpool_special_slot *linear_at(const void *p)
{
	const void *page = (const void *)((unsigned long)p & PAGE_MASK);
	struct ntpool_special_slot *slot;

	lockdep_assert_held(&ntpool_special_lock);
	hlist_for_each_entry(slot, linear_bucket(page), node)
		if (ntpool_special_page(slot) == page)
			return slot;
	return NULL;
}

struct ntpool_special_slot *ntpool_special_find(const void *p)
{
	struct ntpool_special_slot *slot;
	bool guard;

	lockdep_assert_held(&ntpool_special_lock);
	slot = ntpool_special_slot_at((unsigned long)p, &guard);
	if (!slot)
		return linear_at(p);
	return guard ? NULL : slot;
}

static void linear_add(struct ntpool_special_slot *slot)
{
	hlist_add_head(&slot->node, linear_bucket(ntpool_special_page(slot)));
	WRITE_ONCE(special_nr_linear, special_nr_linear + 1);
}

static void linear_remove(struct ntpool_special_slot *slot)
{
	hlist_del_init(&slot->node);
	WRITE_ONCE(special_nr_linear, special_nr_linear - 1);
}

/*
 * States
 */

bool ntpool_special_may_grow(const struct ntpool_special_order *order)
{
	lockdep_assert_held(&ntpool_special_lock);
	return !list_empty(&order->bare) &&
	       ntpool_special.nr_pages + ntpool_special_order_pages(order) <= ntpool_special_pages;
}

struct ntpool_special_slot *ntpool_special_own(struct list_head *list)
{
	struct ntpool_special_slot *slot;

	lockdep_assert_held(&ntpool_special_lock);
	slot = list_first_entry(list, struct ntpool_special_slot, link);
	list_del(&slot->link);
	if (!hlist_unhashed(&slot->node))
		linear_remove(slot);
	WRITE_ONCE(slot->state, NTPOOL_SPECIAL_BUSY);
	return slot;
}

/*
 * Takes a slot of @order; with @grow also one without pages, whose pages are counted from here
 * on. Returns NULL if there is none.
 */
static struct ntpool_special_slot *slot_take(struct ntpool_special_order *order, bool grow)
{
	lockdep_assert_held(&ntpool_special_lock);
	if (order->nr_ready) {
		order->nr_ready--;
		return ntpool_special_own(&order->ready);
	}
	if (grow && ntpool_special_may_grow(order)) {
		ntpool_special.nr_pages += ntpool_special_order_pages(order);
		return ntpool_special_own(&order->bare);
	}
	if (order->nr_freed > ntpool_special_keeps(order)) {
		order->nr_freed--;
		return ntpool_special_own(&order->freed);
	}
	/* With @grow there is no bare slot, or no room for its pages. */
	if (grow)
		order->wanted = !list_empty(&order->bare);
	return NULL;
}

void ntpool_special_put(struct ntpool_special_slot *slot)
{
	struct ntpool_special_order *order = &ntpool_special.orders[slot->order];

	lockdep_assert_held(&ntpool_special_lock);
	if (!slot->page) {
		list_add_tail(&slot->link, &order->bare);
	} else if (slot->state == NTPOOL_SPECIAL_FREED) {
		list_add_tail(&slot->link, &order->freed);
		order->nr_freed++;
	} else {
		list_add_tail(&slot->link, &order->ready);
		order->nr_ready++;
	}
}

void ntpool_special_put_bare(struct ntpool_special_slot *slot)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_special_lock, flags);
	slot->page = NULL;
	ntpool_special.nr_pages -= ntpool_special_slot_pages(slot);
	WRITE_ONCE(slot->state, slot->freed.caller ? NTPOOL_SPECIAL_FREED : NTPOOL_SPECIAL_IDLE);
	ntpool_special_put(slot);
	raw_spin_unlock_irqrestore(&ntpool_special_lock, flags);
}

bool ntpool_special_get_pages(struct ntpool_special_slot *slot, gfp_t gfp)
{
	struct page *page;

	if (slot->order)
		gfp = (gfp & ~__GFP_RETRY_MAYFAIL) | (gfp ? __GFP_NORETRY : 0);
	page = gfp && !ntpool_refused() ? alloc_pages(gfp, slot->order) : NULL;
	if (!page) {
		ntpool_special_put_bare(slot);
		return false;
	}
	/* As every page of the pools, each has a reference count of its own. */
	split_page(page, slot->order);
	slot->page = page;
	/* The contents of new pages are not those that the last block left. */
	slot->freed.caller = 0;
	return true;
}

struct ntpool_special_slot *ntpool_special_take(unsigned int nr)
{
	struct ntpool_special_order *order = &ntpool_special.orders[nr];
	struct ntpool_special_slot *slot;
	unsigned long flags;
	bool low;

	/* Pairs with the release in special_create(). */
	if (!smp_load_acquire(&ntpool_special.slots))
		return NULL;
	raw_spin_lock_irqsave(&ntpool_special_lock, flags);
	slot = slot_take(order, true);
	low = order->wanted || (2 * order->nr_ready < ntpool_special_stock(order) &&
				ntpool_special_may_grow(order));
	raw_spin_unlock_irqrestore(&ntpool_special_lock, flags);
	if (low)
		schedule_work(&ntpool_special.work);
	if (!slot || slot->page || ntpool_special_get_pages(slot, ntpool_backing_gfp()))
		return slot;
	/* The kernel has no page. A slot in quarantine has one. */
	raw_spin_lock_irqsave(&ntpool_special_lock, flags);
	slot = slot_take(order, false);
	raw_spin_unlock_irqrestore(&ntpool_special_lock, flags);
	return slot;
}

void ntpool_special_enter(struct ntpool_special_slot *slot, enum ntpool_special_state state)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_special_lock, flags);
	WRITE_ONCE(slot->state, state);
	if (state == NTPOOL_SPECIAL_LIVE) {
		ntpool_special.nr_live[slot->type] += slot->pages;
		if (slot->linear)
			linear_add(slot);
	} else {
		if (!slot->linear) {
			bitmap_set(ntpool_special.stale,
				   (slot->base - ntpool_special.base) >> PAGE_SHIFT,
				   slot->pages);
			ntpool_special.any_stale = true;
		}
		ntpool_special_put(slot);
	}
	raw_spin_unlock_irqrestore(&ntpool_special_lock, flags);
	if (state == NTPOOL_SPECIAL_FREED)
		schedule_work(&ntpool_special.work);
}

enum ntpool_verdict ntpool_special_claim(void *p, struct ntpool_special_slot **slot)
{
	enum ntpool_verdict verdict = NTPOOL_FREE_UNOWNED;
	unsigned long flags;

	*slot = NULL;
	if (!ntpool_special_may_have(p))
		return NTPOOL_FREE_UNOWNED;
	raw_spin_lock_irqsave(&ntpool_special_lock, flags);
	*slot = ntpool_special_find(p);
	if (!*slot)
		goto out;
	switch ((*slot)->state) {
	case NTPOOL_SPECIAL_IDLE:
		break;
	case NTPOOL_SPECIAL_LIVE:
		verdict = NTPOOL_FREE_MIDDLE;
		if (p == ntpool_special_block(*slot)) {
			verdict = NTPOOL_FREE_OK;
			WRITE_ONCE((*slot)->state, NTPOOL_SPECIAL_BUSY);
			ntpool_special.nr_live[(*slot)->type] -= (*slot)->pages;
		}
		break;
	case NTPOOL_SPECIAL_BUSY:
	case NTPOOL_SPECIAL_FREED:
		verdict = NTPOOL_FREE_TWICE;
	}
out:
	raw_spin_unlock_irqrestore(&ntpool_special_lock, flags);
	return verdict;
}

/*
 * Queries
 */

/* Copies the data of a live block to @block. Returns false if the slot has none. */
static bool slot_describe(const struct ntpool_special_slot *slot, struct ntpool_block *block)
{
	bool live;

	raw_spin_lock_irq(&ntpool_special_lock);
	live = slot->state == NTPOOL_SPECIAL_LIVE;
	if (live)
		*block = ntpool_special_describe(slot, ntpool_special_block(slot));
	raw_spin_unlock_irq(&ntpool_special_lock);
	return live;
}

int ntpool_special_for_each(ntpool_block_fn fn, void *arg)
{
	struct ntpool_block block;
	unsigned int i;
	int ret = 0;

	/* Pairs with the release in special_create(). */
	if (!smp_load_acquire(&ntpool_special.slots))
		return 0;
	for (i = 0; i < ntpool_special.nr && !ret; i++) {
		if (slot_describe(&ntpool_special.slots[i], &block))
			ret = fn(&block, arg);
		cond_resched();
	}
	return ret;
}

void ntpool_special_frames(struct ntpool_frames *frames)
{
	const struct ntpool_special_slot *slot;
	struct ntpool_stack allocated, freed;
	enum ntpool_special_state state;
	unsigned int i;

	/* Pairs with the release in special_create(). */
	if (!smp_load_acquire(&ntpool_special.slots))
		return;
	for (i = 0; i < ntpool_special.nr; i++) {
		slot = &ntpool_special.slots[i];
		raw_spin_lock_irq(&ntpool_special_lock);
		state = slot->state;
		/* A busy slot may be on its way to quarantine. Its owner writes to it. */
		allocated = data_race(slot->allocated);
		/* Likewise. */
		freed = data_race(slot->freed);
		raw_spin_unlock_irq(&ntpool_special_lock);
		if (state != NTPOOL_SPECIAL_IDLE)
			ntpool_frames_add(frames, &allocated);
		if (state == NTPOOL_SPECIAL_FREED || state == NTPOOL_SPECIAL_BUSY)
			ntpool_frames_add(frames, &freed);
		cond_resched();
	}
	ntpool_frames_keep(frames);
}

void ntpool_special_stats(struct ntpool_special_stats *stats)
{
	raw_spin_lock_irq(&ntpool_special_lock);
	stats->pages = ntpool_special.nr_pages;
	stats->live[NTPOOL_NONPAGED] = ntpool_special.nr_live[NTPOOL_NONPAGED];
	stats->live[NTPOOL_PAGED] = ntpool_special.nr_live[NTPOOL_PAGED];
	raw_spin_unlock_irq(&ntpool_special_lock);
}
