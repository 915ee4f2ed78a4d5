/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of special pool: the slots, by order, and their memory. */
#ifndef NTPOOL_SPECIAL_SLOT_H
#define NTPOOL_SPECIAL_SLOT_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "special/special.h"

/**
 * struct ntpool_special_order - the slots of one order
 * @slots: the first of them; constant
 * @nr: their number; constant
 * @first: number of the guard page before the first of them; constant
 * @bare: NTPOOL_SPECIAL_IDLE or FREED, no pages; ntpool_special_lock
 * @ready: NTPOOL_SPECIAL_IDLE, with pages; ntpool_special_lock
 * @freed: NTPOOL_SPECIAL_FREED, with pages, longest first; ntpool_special_lock
 * @nr_ready: slots in @ready; ntpool_special_lock
 * @nr_freed: slots in @freed; ntpool_special_lock
 * @wanted: a request has found no slot, because other orders have the pages;
 *	    ntpool_special_lock
 */
struct ntpool_special_order {
	struct ntpool_special_slot *slots;
	unsigned int nr;
	unsigned long first;
	struct list_head bare;
	struct list_head ready;
	struct list_head freed;
	unsigned int nr_ready;
	unsigned int nr_freed;
	bool wanted;
};

/**
 * struct ntpool_special_pool - all of special pool
 * @slots: array of all slots, by order; set last, then all fields up to @nr are constant
 * @orders: its parts
 * @base: address of the first guard page
 * @size: bytes of address space; 0: there is none
 * @nr: number of slots
 * @stale: pages that other CPUs may still reach; ntpool_special_lock
 * @any_stale: @stale is not empty; ntpool_special_lock
 * @nr_pages: pages of all slots; ntpool_special_lock
 * @nr_live: pages of live blocks; ntpool_special_lock
 * @users: bits of enum ntpool_special_user; ntpool_special_lock and special_mutex to change it
 * @work: the worker of special_stock.c; constant once @slots is set
 */
struct ntpool_special_pool {
	struct ntpool_special_slot *slots;
	struct ntpool_special_order orders[NTPOOL_SPECIAL_ORDERS];
	unsigned long base;
	unsigned long size;
	unsigned int nr;
	unsigned long *stale;
	bool any_stale;
	unsigned int nr_pages;
	unsigned int nr_live[NTPOOL_TYPES];
	unsigned int users;
	struct work_struct work;
};

extern struct ntpool_special_pool ntpool_special;
extern unsigned int ntpool_special_pages;	/* the parameter; constant after the load */

static inline unsigned int ntpool_special_order_pages(const struct ntpool_special_order *order)
{
	return 1U << (order - ntpool_special.orders);
}

/* Slots of @order that stay in quarantine. */
static inline unsigned int ntpool_special_keeps(const struct ntpool_special_order *order)
{
	return order->nr / 8;
}

/* Slots of @order that the worker keeps ready. */
static inline unsigned int ntpool_special_stock(const struct ntpool_special_order *order)
{
	return min(64U, ntpool_special_pages / 16) >> 2 * (order - ntpool_special.orders);
}

/* Under ntpool_special_lock. */

/* True if a slot of @order may get pages. */
bool ntpool_special_may_grow(const struct ntpool_special_order *order);
/* Takes the first slot of @list, which the caller then owns. */
struct ntpool_special_slot *ntpool_special_own(struct list_head *list);
/* Adds an owned slot to the list for its state. */
void ntpool_special_put(struct ntpool_special_slot *slot);

/* Without it. The caller owns @slot. Any context but NMI. */

/* Gets pages that are counted already. Returns false, and puts @slot, if it cannot. */
bool ntpool_special_get_pages(struct ntpool_special_slot *slot, gfp_t gfp);
/* Puts @slot, whose pages are freed, and no longer counts them. */
void ntpool_special_put_bare(struct ntpool_special_slot *slot);

#endif
