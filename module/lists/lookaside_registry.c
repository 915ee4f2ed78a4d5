// SPDX-License-Identifier: GPL-2.0
/*
 * All lookaside lists: initialisation, deletion, and iteration.
 *
 * NT links the public structures of all lists, for the debugger and for the thread that
 * tunes depths. Here the objects (lookaside_list.c) are linked. A driver may free a public
 * structure without deleting the list. Each visitor therefore tests the structure first,
 * with ntpool_lookaside_is_alive().
 *
 * Visitors are the scan (lookaside_balance.c), readers of debugfs, and the events of
 * lookaside_events.c. They iterate with ntpool_lookaside_next(), which holds the lock only
 * for one list and gives a reference to it. A list stays linked until its last reference is
 * dropped, so iteration can go on from it. Deleted lists are skipped.
 *
 * A tree has the lists by the address of their public structures. It finds the list at an
 * address, and the lists in a range. A list leaves it when it is deleted, or when the
 * structure has been overwritten or freed.
 *
 * Visitors write to a public structure only under the lock and while the list is alive or
 * abandoned. Deletion sets list->lost under the lock. Then the structure is the driver's.
 *
 * The last reference frees the object after an RCU grace period. A driver that uses a list
 * while it initialises it again then damages no memory of ntpool.
 *
 * One ordered workqueue runs the helper (lookaside_drain.c), and frees the objects.
 *
 * Locking: ntpool_lookaside_lock protects the list and the tree. The lock order is in
 * module/README.md.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/uaccess.h>

#include "base/refuse.h"
#include "base/report.h"
#include "heap/scan.h"
#include "lists/lookaside_recent.h"
#include "lists/lookaside_registry.h"
#include "lists/span.h"
#include "verify/verify.h"

static LIST_HEAD(lists);	/* all lists, oldest first; ntpool_lookaside_lock */
static struct rb_root heads = RB_ROOT;	/* by list->head; ntpool_lookaside_lock */
static struct workqueue_struct *lookaside_wq;	/* ordered; constant after init */

/*
 * The tree
 */

static struct ntpool_lookaside *node_list(const struct rb_node *node)
{
	return rb_entry(node, struct ntpool_lookaside, node);
}

static bool head_less(struct rb_node *node, const struct rb_node *other)
{
	return node_list(node)->head < node_list(other)->head;
}

static int head_cmp(const void *key, const struct rb_node *node)
{
	return ntpool_span_cmp(key, node_list(node)->head);
}

/* Returns the first list in a range, or NULL. The lock is held. */
static struct ntpool_lookaside *heads_find(const void *start, size_t size)
{
	const struct ntpool_span range = { .start = (unsigned long)start, .size = size };
	struct rb_node *node = rb_find_first(&range, &heads, head_cmp);

	return node ? node_list(node) : NULL;
}

static void heads_remove(struct ntpool_lookaside *list)
{
	lockdep_assert_held(&ntpool_lookaside_lock);
	if (RB_EMPTY_NODE(&list->node))
		return;
	rb_erase(&list->node, &heads);
	RB_CLEAR_NODE(&list->node);
}

/**
 * ntpool_lookaside_kill() - set list->dead
 * @list: the list
 *
 * Context: any, with ntpool_lookaside_lock held.
 */
void ntpool_lookaside_kill(struct ntpool_lookaside *list)
{
	WRITE_ONCE(list->dead, true);
	heads_remove(list);
}

/**
 * ntpool_lookaside_lose() - set list->lost for the first list in a range of memory
 * @start: start of the memory
 * @size: bytes in it
 * @alive: whether the list was alive
 *
 * Context: any but NMI.
 * Return: the list, with a reference; NULL if there is none.
 */
struct ntpool_lookaside *ntpool_lookaside_lose(const void *start, size_t size, bool *alive)
{
	struct ntpool_lookaside *list;
	unsigned long flags;

	/*
	 * A list in this memory is in the tree before the memory is freed. A CPU that links
	 * another one stores the root with a plain write.
	 */
	if (data_race(RB_EMPTY_ROOT(&heads)))
		return NULL;
	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	list = heads_find(start, size);
	if (list) {
		/* A list in the tree has its own reference. */
		refcount_inc(&list->refs);
		*alive = ntpool_lookaside_is_alive(list);
		list->lost = true;
		heads_remove(list);
	}
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	return list;
}

/*
 * References
 */

static void list_destroy(struct ntpool_lookaside *list)
{
	ntpool_lookaside_free_rest(list);
	ntpool_lookaside_destroy(list);
}

static void list_free_worker(struct work_struct *work)
{
	list_destroy(container_of(to_rcu_work(work), struct ntpool_lookaside, free_work));
}

/**
 * ntpool_lookaside_put() - drop a reference
 * @list: the list
 *
 * Context: any but NMI.
 */
void ntpool_lookaside_put(struct ntpool_lookaside *list)
{
	unsigned long flags;

	if (!refcount_dec_and_test(&list->refs))
		return;
	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	list_del(&list->link);
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	queue_rcu_work(lookaside_wq, &list->free_work);
}

/* As ntpool_lookaside_next(), deleted lists included. */
static struct ntpool_lookaside *next_of_all(struct ntpool_lookaside *prev)
{
	struct ntpool_lookaside *list;
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	list = list_prepare_entry(prev, &lists, link);
	/* Only lists that another CPU is about to unlink have no reference. */
	list_for_each_entry_continue(list, &lists, link)
		if (refcount_inc_not_zero(&list->refs))
			break;
	if (list_entry_is_head(list, &lists, link))
		list = NULL;
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	if (prev)
		ntpool_lookaside_put(prev);
	return list;
}

/**
 * ntpool_lookaside_next_of() - iterate over all lists that are deleted, or that are not
 * @prev: the list before, whose reference is dropped; NULL to begin
 * @dead: which lists
 *
 * As ntpool_lookaside_next().
 *
 * Context: any but NMI.
 * Return: the next list, with a reference; NULL at the end.
 */
struct ntpool_lookaside *ntpool_lookaside_next_of(struct ntpool_lookaside *prev, bool dead)
{
	do
		prev = next_of_all(prev);
	while (prev && READ_ONCE(prev->dead) != dead);
	return prev;
}

/**
 * ntpool_lookaside_next() - iterate over all lists that are not deleted, oldest first
 * @prev: the list before, whose reference is dropped; NULL to begin
 *
 * A caller that stops before the end drops the last reference itself.
 *
 * Context: any but NMI.
 * Return: the next list, with a reference; NULL at the end.
 */
struct ntpool_lookaside *ntpool_lookaside_next(struct ntpool_lookaside *prev)
{
	return ntpool_lookaside_next_of(prev, false);
}

/*
 * The helper
 */

static void flush_worker(struct work_struct *work)
{
	struct ntpool_lookaside *list = container_of(work, struct ntpool_lookaside, flush_work);

	ntpool_lookaside_detach_all(list);
	ntpool_lookaside_free_deferred(list);
	ntpool_lookaside_put(list);
}

static void drain_worker(struct work_struct *work)
{
	struct ntpool_lookaside *list = container_of(work, struct ntpool_lookaside, drain_work);

	ntpool_lookaside_free_deferred(list);
	ntpool_lookaside_put(list);
}

static void queue_helper(struct ntpool_lookaside *list, struct work_struct *work)
{
	refcount_inc(&list->refs);
	if (!queue_work(lookaside_wq, work))
		ntpool_lookaside_put(list);
}

/**
 * ntpool_lookaside_drain() - let the helper free the deferred blocks
 * @list: the list, with a reference
 *
 * Context: any but NMI.
 */
void ntpool_lookaside_drain(struct ntpool_lookaside *list)
{
	queue_helper(list, &list->drain_work);
}

/**
 * ntpool_lookaside_drain_caches() - let the helper detach all magazines and free the blocks
 * @list: the list, with a reference
 *
 * Context: any but NMI.
 */
void ntpool_lookaside_drain_caches(struct ntpool_lookaside *list)
{
	queue_helper(list, &list->flush_work);
}

/**
 * ntpool_lookaside_settle() - wait until the helper has done all that was queued before
 *
 * The helper does not wait for itself.
 *
 * Context: process context, without a lock that a Free routine may take; sleeps.
 */
void ntpool_lookaside_settle(void)
{
	if (!ntpool_lookaside_is_helper())
		flush_workqueue(lookaside_wq);
}

/**
 * ntpool_lookaside_registry_init() - create the helper
 *
 * Context: process context.
 * Return: 0 or -ENOMEM.
 */
int ntpool_lookaside_registry_init(void)
{
	lookaside_wq = ntpool_refused() ? NULL : alloc_ordered_workqueue("ntpool_lookaside", 0);
	return lookaside_wq ? 0 : -ENOMEM;
}

/**
 * ntpool_lookaside_registry_exit() - end the helper and free the objects of all lists
 *
 * Context: process context; no list is used any more. Sleeps.
 */
void ntpool_lookaside_registry_exit(void)
{
	struct ntpool_lookaside *list, *next;

	flush_workqueue(lookaside_wq);
	/* For free_work, which RCU queues. */
	rcu_barrier();
	destroy_workqueue(lookaside_wq);
	list_for_each_entry_safe(list, next, &lists, link)
		list_destroy(list);
}

/*
 * Violations
 */

enum {
	LIST_REINITIALISED,
	LIST_NOT_INITIALISED,
};

/* NT's verifier stops at these. Without its verifier NT does not detect them. */
static const struct ntpool_violation violations[] = {
	[LIST_REINITIALISED] = { NTPOOL_STOP_VERIFIER, 0xca, BIT(1),
		"an active lookaside list was initialised again" },
	[LIST_NOT_INITIALISED] = { NTPOOL_STOP_VERIFIER, 0xcb, BIT(1),
		"a lookaside list was used or deleted that is not initialised; nothing was done" },
};

/* Reports a violation. @desc: the list that is or was at @head; NULL: not known. Any context. */
void ntpool_lookaside_report(const struct ntpool_violation *kind,
			     const struct ntpool_lookaside_head *head,
			     const struct ntpool_lookaside_desc *desc, unsigned long caller)
{
	ntpool_report_kind(kind, (struct ntpool_stop){
		.param = { 0, (unsigned long)head },
		.has_tag = desc,
		.tag = desc ? desc->tag : 0,
		.size = desc ? desc->size : 0,
		.caller = caller,
		.allocator = desc ? desc->creator : 0,
	});
}

/*
 * Finds an abandoned list. It is not in the tree, but its caches lead to it. A structure that was
 * damaged may lead anywhere.
 */
static bool describe_abandoned(const struct ntpool_lookaside_head *head,
			       struct ntpool_lookaside_desc *desc)
{
	struct ntpool_lookaside_head copy, *of;
	struct ntpool_lookaside *list;

	if (copy_from_kernel_nofault(&copy, head, sizeof(copy)) || !copy.cpus ||
	    copy.magic != ntpool_lookaside_magic(head))
		return false;
	if (get_kernel_nofault(list, &raw_cpu_ptr(ntpool_lookaside_cpus(&copy))->list) ||
	    get_kernel_nofault(of, &list->head) || of != head)
		return false;
	return !copy_from_kernel_nofault(desc, &list->desc, sizeof(*desc));
}

/**
 * ntpool_lookaside_describe() - find the list that is or was at an address
 * @head: the address
 * @desc: gets the properties of the list
 *
 * Context: any but NMI.
 * Return: true if there is a list, or one was deleted there a short time ago.
 */
bool ntpool_lookaside_describe(const struct ntpool_lookaside_head *head,
			       struct ntpool_lookaside_desc *desc)
{
	const struct ntpool_lookaside_desc *found;
	struct ntpool_lookaside *list;
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	list = heads_find(head, 1);
	found = list ? &list->desc : ntpool_lookaside_recent_find(head);
	if (found)
		*desc = *found;
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	return found || describe_abandoned(head, desc);
}

/* Reports memory that is no list, or not any more: overwritten, or deleted. */
static noinline void report_no_list(const struct ntpool_lookaside_head *head,
				    unsigned long caller)
{
	struct ntpool_lookaside_desc desc;
	bool found = ntpool_lookaside_describe(head, &desc);

	ntpool_lookaside_report(&violations[LIST_NOT_INITIALISED], head, found ? &desc : NULL,
				caller);
}

/*
 * Initialising, flushing, deleting
 */

/**
 * ntpool_lookaside_depth_begin() - set the depth of a new list
 * @list: the list
 * @head: its public structure
 *
 * Context: any, with ntpool_lookaside_lock held.
 */
void ntpool_lookaside_depth_begin(struct ntpool_lookaside *list,
				  struct ntpool_lookaside_head *head)
{
	list->depth = min_t(u16, NTPOOL_LA_DEPTH, READ_ONCE(head->depth.max));
	WRITE_ONCE(head->depth.now, list->depth);
}

/* Registers the list. The lock is held. */
static void list_add_new(struct ntpool_lookaside *list)
{
	struct ntpool_lookaside *old = heads_find(list->head, 1);

	/* Its structure was overwritten or freed. */
	if (old) {
		old->lost = true;
		heads_remove(old);
	}
	list->zeroed = ntpool_lookaside_off;
	if (!list->zeroed)
		ntpool_lookaside_depth_begin(list, list->head);
	list_add_tail(&list->link, &lists);
	rb_add(&list->node, &heads, head_less);
}

/**
 * ntpool_lookaside_forget() - prepare memory for the initialisation of a list
 * @head: the memory; if there is an active list in it, that list is forgotten
 * @caller: return address of the initialising call
 *
 * A forgotten list's cached blocks go back to the pool if its Free routine is the list's.
 * Others are lost. The verifier reports it.
 *
 * Context: IRQL <= DISPATCH_LEVEL. Waits for the helper as ntpool_lookaside_wait().
 */
void ntpool_lookaside_forget(struct ntpool_lookaside_head *head, unsigned long caller)
{
	struct ntpool_lookaside *list;
	unsigned long flags;
	bool found;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	list = heads_find(head, 1);
	found = list && ntpool_lookaside_is_alive(list);
	if (found) {
		refcount_inc(&list->refs);
		ntpool_lookaside_kill(list);
		list->lost = true;
	}
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	if (!found)
		return;
	if (ntpool_verifier())
		ntpool_lookaside_report(&violations[LIST_REINITIALISED], head, &list->desc,
					caller);
	ntpool_lookaside_wait(list);
	/* The list's own one, and the one from above. */
	ntpool_lookaside_put(list);
	ntpool_lookaside_put(list);
}

/**
 * ntpool_lookaside_open() - initialise a list
 * @head: the public structure; all other fields are already set by the caller
 * @desc: the properties of the list, which are copied
 *
 * If there is no memory for the caches, the list works without them until the next scan.
 *
 * Context: IRQL <= DISPATCH_LEVEL; sleeps where the caller may.
 */
void ntpool_lookaside_open(struct ntpool_lookaside_head *head,
			   const struct ntpool_lookaside_desc *desc)
{
	struct ntpool_lookaside *list = ntpool_lookaside_create();
	unsigned long flags;

	if (list) {
		list->desc = *desc;
		list->head = head;
		INIT_WORK(&list->flush_work, flush_worker);
		INIT_WORK(&list->drain_work, drain_worker);
		INIT_RCU_WORK(&list->free_work, list_free_worker);
	}
	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	head->depth.now = 0;
	head->depth.max = NTPOOL_LA_MAX_DEPTH;
	head->cpus = list ? ntpool_lookaside_offset(list->cpus) : 0;
	head->magic = ntpool_lookaside_magic(head);
	if (list)
		list_add_new(list);
	ntpool_lookaside_recent_remove(head);
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	if (list)
		ntpool_scan_start();
}

/**
 * ntpool_lookaside_is_list() - whether a list is initialised; reports it if not
 * @head: the list
 * @caller: return address of the exported routine
 *
 * Context: any but NMI.
 * Return: true if @head is an initialised list.
 */
bool ntpool_lookaside_is_list(struct ntpool_lookaside_head *head, unsigned long caller)
{
	if (head->magic == ntpool_lookaside_magic(head))
		return true;
	report_no_list(head, caller);
	return false;
}

/**
 * ntpool_lookaside_is_valid() - the same for a structure that may be damaged or unmapped
 * @head: the list
 * @caller: return address of the exported routine
 *
 * Context: any but NMI.
 * Return: true if @head is an initialised list with the caches that the system gave it. An
 * abandoned list is not in the tree; its mark has to do.
 */
bool ntpool_lookaside_is_valid(struct ntpool_lookaside_head *head, unsigned long caller)
{
	struct ntpool_lookaside_head copy;
	struct ntpool_lookaside *list;
	unsigned long flags;
	bool valid = !copy_from_kernel_nofault(&copy, head, sizeof(copy)) &&
		     copy.magic == ntpool_lookaside_magic(head);

	if (valid) {
		raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
		list = heads_find(head, 1);
		/* The scan may give the list caches after the copy was made. */
		valid = !list || !copy.cpus || copy.cpus == ntpool_lookaside_offset(list->cpus);
		raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	}
	if (!valid)
		report_no_list(head, caller);
	return valid;
}

/* The test before a list is flushed or deleted. */
static bool head_is_usable(struct ntpool_lookaside_head *head, unsigned long caller)
{
	return ntpool_verifier() ? ntpool_lookaside_is_valid(head, caller) :
				   head->magic == ntpool_lookaside_magic(head);
}

/*
 * Returns NULL for a list without an object. A list that was abandoned is not in the tree,
 * but its caches still lead to it.
 */
static struct ntpool_lookaside *head_list(struct ntpool_lookaside_head *head)
{
	struct ntpool_lookaside *list;
	unsigned long flags;

	if (READ_ONCE(head->cpus))
		return raw_cpu_ptr(ntpool_lookaside_cpus(head))->list;
	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	list = heads_find(head, 1);
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	return list;
}

/**
 * ntpool_lookaside_close() - delete a list
 * @head: the list, which is not in use
 * @caller: return address of the deleting call
 *
 * A list that is not initialised is left alone; the verifier reports it. After the return neither
 * the structure nor the list's routines are used any more. On PREEMPT_RT the Free routine
 * may still run if the caller could not sleep.
 *
 * Context: IRQL <= DISPATCH_LEVEL; below it for paged blocks.
 */
void ntpool_lookaside_close(struct ntpool_lookaside_head *head, unsigned long caller)
{
	u32 sum[NTPOOL_LA_COUNTS];
	struct ntpool_lookaside *list;
	unsigned long flags;

	if (!head_is_usable(head, caller))
		return;
	list = head_list(head);
	if (list) {
		/* The list is not in use, so the sum stays what it is. */
		ntpool_lookaside_totals_sum(list, sum);
		raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
		if (!list->dead) {
			ntpool_lookaside_totals_fold(list, sum);
			ntpool_lookaside_recent_add(list);
		}
		ntpool_lookaside_kill(list);
		/* From here on the structure is the deleter's. */
		list->lost = true;
		raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
		ntpool_lookaside_free_all(list, caller);
	}
	head->magic = 0;
	head->cpus = 0;
	if (list)
		ntpool_lookaside_put(list);
}

/**
 * ntpool_lookaside_flush() - free the cached blocks of a list that stays in use
 * @head: the list
 * @caller: return address of the call
 *
 * If the caller may not sleep, the helper frees the blocks that ntpool_lookaside_empty()
 * leaves.
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 */
void ntpool_lookaside_flush(struct ntpool_lookaside_head *head, unsigned long caller)
{
	struct ntpool_lookaside *list;

	if (!head_is_usable(head, caller))
		return;
	list = head_list(head);
	if (!list || ntpool_lookaside_empty(list, caller))
		return;
	ntpool_lookaside_drain_caches(list);
}
