// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of special pool: its life cycle, and the worker that moves pages.
 *
 * The worker does what sleeps. Frees queue it, and allocations that find few slots ready.
 *
 *	flush	It flushes the pages of freed blocks from the TLBs of all CPUs.
 *	shrink	An order wants pages, and the others have them all. The worker takes pages of
 *		the slots that were freed longest ago. They come from the order that has most
 *		in quarantine beyond the eighth that it keeps. Meanwhile ordinary pool has
 *		served the request.
 *	refill	It gets pages for some slots ahead, more for small orders.
 *
 * The users are the verifier's bit and the sampler. When the last of them stops, the worker
 * takes the pages of all slots without a block. The address space and the slots stay until
 * ntpool is unloaded, because blocks may still be live.
 *
 * Pages return to the kernel after a flush, so no stale TLB entry leads to memory of others.
 *
 * On a machine without address space for special pool, the slots serve samples only.
 *
 * Locking: special_mutex serialises the creation and changes of the users. The rest is under
 * ntpool_special_lock, see special_slot.c. The worker makes reports, so no caller waits for it
 * under a mutex. Contexts: process context, all of it may sleep.
 */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "base/param.h"
#include "base/refuse.h"
#include "parts.h"
#include "special/special_slot.h"

enum {
	PAGES_MIN = 16,		/* of ntpool_special_pages; a slot of the highest order */
};

static_assert(PAGES_MIN >= 1 << (NTPOOL_SPECIAL_ORDERS - 1));

#define ORDERS_END (ntpool_special.orders + NTPOOL_SPECIAL_ORDERS)

static DEFINE_MUTEX(special_mutex);	/* serialises creation and users */
static unsigned long *special_flushing;	/* empty, or the worker's */
static bool special_watched;	/* faults are reported; special_mutex */

/*
 * The worker
 */

/* Gets pages for slots that have none, until the stock of @order is ready. Sleeps. */
static void order_refill(struct ntpool_special_order *order)
{
	struct ntpool_special_slot *slot;

	for (;;) {
		slot = NULL;
		raw_spin_lock_irq(&ntpool_special_lock);
		if (ntpool_special.users && order->nr_ready < ntpool_special_stock(order) &&
		    ntpool_special_may_grow(order)) {
			ntpool_special.nr_pages += ntpool_special_order_pages(order);
			slot = ntpool_special_own(&order->bare);
		}
		raw_spin_unlock_irq(&ntpool_special_lock);
		if (!slot || !ntpool_special_get_pages(slot, GFP_KERNEL | __GFP_NOWARN |
						       __GFP_NORETRY))
			return;
		raw_spin_lock_irq(&ntpool_special_lock);
		WRITE_ONCE(slot->state, NTPOOL_SPECIAL_IDLE);
		ntpool_special_put(slot);
		raw_spin_unlock_irq(&ntpool_special_lock);
	}
}

static void special_refill(void)
{
	struct ntpool_special_order *order;

	for (order = ntpool_special.orders; order < ORDERS_END; order++)
		order_refill(order);
}

/* Makes the pages freed since the last call inaccessible to all CPUs. Sleeps. */
static void special_flush(void)
{
	unsigned long nr = ntpool_special.size >> PAGE_SHIFT;
	bool any;

	raw_spin_lock_irq(&ntpool_special_lock);
	any = ntpool_special.any_stale;
	ntpool_special.any_stale = false;
	if (any)
		swap(ntpool_special.stale, special_flushing);
	raw_spin_unlock_irq(&ntpool_special_lock);
	if (!any)
		return;
	ntpool_special_map_flush(ntpool_special.base, special_flushing, nr);
	bitmap_zero(special_flushing, nr);
}

/* Returns the number of pages that orders want, and forgets that they do. */
static unsigned int special_wanted(void)
{
	struct ntpool_special_order *order;
	unsigned int wanted = 0;

	lockdep_assert_held(&ntpool_special_lock);
	for (order = ntpool_special.orders; order < ORDERS_END; order++) {
		if (order->wanted)
			wanted += max(ntpool_special_order_pages(order), ntpool_special_pages / 16);
		order->wanted = false;
	}
	return wanted;
}

/* Returns the slots of @order whose pages others may get. Without users these are all. */
static unsigned int order_surplus(const struct ntpool_special_order *order)
{
	unsigned int keep = ntpool_special_keeps(order);

	lockdep_assert_held(&ntpool_special_lock);
	if (!ntpool_special.users)
		return order->nr_freed + order->nr_ready;
	return order->nr_freed - min(order->nr_freed, keep);
}

/* Returns the order with the most pages in such slots, or NULL if there are none. */
static struct ntpool_special_order *special_richest(void)
{
	struct ntpool_special_order *order, *richest = NULL;
	unsigned int pages, most = 0;

	for (order = ntpool_special.orders; order < ORDERS_END; order++) {
		pages = order_surplus(order) * ntpool_special_order_pages(order);
		if (pages > most) {
			most = pages;
			richest = order;
		}
	}
	return richest;
}

/* Takes a slot of @order with pages, one of quarantine first. */
static struct ntpool_special_slot *order_pick(struct ntpool_special_order *order)
{
	lockdep_assert_held(&ntpool_special_lock);
	if (order->nr_freed) {
		order->nr_freed--;
		return ntpool_special_own(&order->freed);
	}
	order->nr_ready--;
	return ntpool_special_own(&order->ready);
}

/* Moves a slot whose pages others may get to @list. Returns the number of them, or 0. */
static unsigned int special_pick(struct list_head *list)
{
	struct ntpool_special_slot *slot = NULL;
	struct ntpool_special_order *order;

	raw_spin_lock_irq(&ntpool_special_lock);
	order = special_richest();
	if (order)
		slot = order_pick(order);
	raw_spin_unlock_irq(&ntpool_special_lock);
	if (!slot)
		return 0;
	list_add_tail(&slot->link, list);
	return ntpool_special_slot_pages(slot);
}

static void slot_free_pages(const struct ntpool_special_slot *slot)
{
	unsigned int i;

	for (i = 0; i < ntpool_special_slot_pages(slot); i++)
		__free_page(slot->page + i);
}

/* Returns pages to the kernel: as many as orders want, or all without users. Sleeps. */
static void special_shrink(void)
{
	struct ntpool_special_slot *slot, *next;
	unsigned int wanted, nr, got = 0;
	LIST_HEAD(list);

	raw_spin_lock_irq(&ntpool_special_lock);
	wanted = special_wanted();
	if (!ntpool_special.users)
		wanted = UINT_MAX;
	raw_spin_unlock_irq(&ntpool_special_lock);
	for (; got < wanted; got += nr) {
		nr = special_pick(&list);
		if (!nr)
			break;
	}
	if (list_empty(&list))
		return;
	special_flush();
	list_for_each_entry_safe(slot, next, &list, link) {
		if (slot->freed.caller)
			ntpool_special_check_freed(slot);
		slot_free_pages(slot);
		ntpool_special_put_bare(slot);
		cond_resched();
	}
}

/* Queued by frees, by allocations that find few slots ready, and by the last user. */
static void special_worker(struct work_struct *work)
{
	special_flush();
	special_shrink();
	special_refill();
}

/*
 * Life cycle
 */

/* Divides slots and address space among the orders. Returns the pages of the latter. */
static unsigned long orders_lay_out(void)
{
	struct ntpool_special_order *order;
	unsigned long page = 0;

	ntpool_special.nr = 0;
	for (order = ntpool_special.orders; order < ORDERS_END; order++) {
		INIT_LIST_HEAD(&order->bare);
		INIT_LIST_HEAD(&order->ready);
		INIT_LIST_HEAD(&order->freed);
		order->nr = ntpool_special_pages / ntpool_special_order_pages(order);
		order->first = page;
		ntpool_special.nr += order->nr;
		page += order->nr * (ntpool_special_order_pages(order) + 1UL);
	}
	return page + 1;
}

static void orders_fill(struct ntpool_special_slot *slot)
{
	unsigned long addr = ntpool_special.base + PAGE_SIZE;
	struct ntpool_special_order *order;

	for (order = ntpool_special.orders; order < ORDERS_END; order++) {
		order->slots = slot;
		for (; slot < order->slots + order->nr; slot++) {
			slot->order = order - ntpool_special.orders;
			slot->base = addr;
			list_add_tail(&slot->link, &order->bare);
			addr += (ntpool_special_order_pages(order) + 1UL) << PAGE_SHIFT;
		}
	}
}

/* Without address space the slots are for samples only. */
static int special_create(void)
{
	unsigned long pages = orders_lay_out();
	struct ntpool_special_slot *array = ntpool_refused() ? NULL :
		kvcalloc(ntpool_special.nr, sizeof(*array), GFP_KERNEL);
	void *base = ntpool_refused() ? ERR_PTR(-ENOMEM) : ntpool_special_map_create(pages);
	int err = PTR_ERR_OR_ZERO(base);

	ntpool_special.stale = ntpool_refused() ? NULL : bitmap_zalloc(pages, GFP_KERNEL);
	special_flushing = ntpool_refused() ? NULL : bitmap_zalloc(pages, GFP_KERNEL);
	if (!array || !ntpool_special.stale || !special_flushing)
		err = -ENOMEM;
	if (err && err != -EOPNOTSUPP)
		goto fail;
	if (!err) {
		ntpool_special.base = (unsigned long)base;
		ntpool_special.size = pages << PAGE_SHIFT;
	}
	orders_fill(array);
	INIT_WORK(&ntpool_special.work, special_worker);
	/* Readers that see the array see the rest. */
	smp_store_release(&ntpool_special.slots, array);
	return 0;

fail:
	if (!IS_ERR(base))
		ntpool_special_map_destroy(base);
	bitmap_free(ntpool_special.stale);
	bitmap_free(special_flushing);
	kvfree(array);
	return err;
}

/* Called under special_mutex. */
static int special_user_add(enum ntpool_special_user user)
{
	if (user != NTPOOL_SPECIAL_SAMPLES && !ntpool_special.size)
		return -EOPNOTSUPP;
	/* Samples do not fault. A freed block is watched as long as its slot exists. */
	if (user != NTPOOL_SPECIAL_SAMPLES && !special_watched)
		ntpool_oops_init();
	special_watched |= user != NTPOOL_SPECIAL_SAMPLES;
	raw_spin_lock_irq(&ntpool_special_lock);
	ntpool_special.users |= BIT(user);
	raw_spin_unlock_irq(&ntpool_special_lock);
	special_refill();
	return 0;
}

int ntpool_special_start(enum ntpool_special_user user)
{
	int err = 0;

	mutex_lock(&special_mutex);
	if (!ntpool_special.slots)
		err = special_create();
	if (!err)
		err = special_user_add(user);
	mutex_unlock(&special_mutex);
	return err;
}

void ntpool_special_stop(enum ntpool_special_user user)
{
	bool last;

	mutex_lock(&special_mutex);
	last = ntpool_special.users == BIT(user);
	raw_spin_lock_irq(&ntpool_special_lock);
	ntpool_special.users &= ~BIT(user);
	raw_spin_unlock_irq(&ntpool_special_lock);
	if (last)
		schedule_work(&ntpool_special.work);
	mutex_unlock(&special_mutex);
}

void ntpool_special_settle(void)
{
	/* Pairs with the release in special_create(): the work is initialised. */
	if (smp_load_acquire(&ntpool_special.slots))
		flush_work(&ntpool_special.work);
}

/* Frees all of special pool. No other part uses it; live blocks were reported as leaked. */
void ntpool_special_exit(void)
{
	unsigned int i;

	if (!ntpool_special.slots)
		return;
	if (special_watched)
		ntpool_oops_exit();
	cancel_work_sync(&ntpool_special.work);
	if (ntpool_special.size)
		ntpool_special_map_destroy((void *)ntpool_special.base);
	for (i = 0; i < ntpool_special.nr; i++)
		if (ntpool_special.slots[i].page)
			slot_free_pages(&ntpool_special.slots[i]);
	bitmap_free(ntpool_special.stale);
	bitmap_free(special_flushing);
	kvfree(ntpool_special.slots);
}

static int special_pages_set(const char *val, const struct kernel_param *kp)
{
	return ntpool_param_uint(val, kp, PAGES_MIN, 65536);
}

static const struct kernel_param_ops special_pages_ops = {
	.set = special_pages_set,
	.get = param_get_uint,
};

module_param_cb(special_pages, &special_pages_ops, &ntpool_special_pages, 0444);
MODULE_PARM_DESC(special_pages,
		 "pages that special pool may hold, freed ones in quarantine included, 16 to 65536 (default 1024)");
