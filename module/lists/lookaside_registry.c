// SPDX-License-Identifier: GPL-2.0
/*
 * All lookaside lists: initialisation, deletion, and the visitors.
 *
 * NT links the public structures of all lists, for the debugger and for the thread that
 * tunes depths. Here the objects (lookaside_list.c) are linked. A driver may free a public
 * structure without deleting the list. Each visitor therefore tests the structure first,
 * with ntpool_lookaside_is_alive().
 *
 * Visitors are the scan (lookaside_balance.c), readers of debugfs, the switch of the
 * verifier, the hotplug callback, and the abandoning of a driver's lists. They iterate with
 * ntpool_lookaside_next(), which holds the lock only for one step and gives a reference to
 * the visited list. A list stays linked until its last reference is dropped, so iteration
 * can go on from it. Deleted lists are skipped.
 *
 * Visitors write to a public structure only under the lock and while the list is alive.
 * Deletion sets list->dead under the lock. From then on the structure is the driver's.
 *
 * Verifier. While ntpool_lookaside_off is set, no CPU gets a magazine, even if a driver
 * writes to Depth. Switching the verifier on sets it, waits for an RCU grace period, and
 * detaches all magazines. The grace period ends all per-CPU sections that may have read the
 * old value, since they run with preemption disabled. When the verifier is switched off,
 * each list gets the depth of a new list, unless the driver has written another one.
 *
 * Locking: ntpool_lookaside_lock protects the list of lists. The lock order is in
 * module/README.md. The hotplug callback takes no other lock.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "base/callsite.h"
#include "base/client.h"
#include "base/irql.h"
#include "base/report.h"
#include "base/text.h"
#include "heap/scan.h"
#include "parts.h"
#include "lists/lookaside.h"
#include "lists/lookaside_registry.h"
#include "verify/verify.h"

/* All lists, oldest first; ntpool_lookaside_lock. */
static LIST_HEAD(lists);

/* Flushes, and the freeing of deleted lists. */
static struct workqueue_struct *lookaside_wq;
static enum cpuhp_state hotplug_state;	/* constant after init */

/*
 * References
 */

static void list_free_worker(struct work_struct *work)
{
	struct ntpool_lookaside *list = container_of(work, struct ntpool_lookaside, free_work);

	raw_spin_lock_irq(&ntpool_lookaside_lock);
	list_del(&list->link);
	raw_spin_unlock_irq(&ntpool_lookaside_lock);
	ntpool_lookaside_destroy(list);
}

static void list_put(struct ntpool_lookaside *list)
{
	if (refcount_dec_and_test(&list->refs))
		queue_work(lookaside_wq, &list->free_work);
}

/* As ntpool_lookaside_next(), for lists whose field @dead has this value. */
static struct ntpool_lookaside *next_of(struct ntpool_lookaside *prev, bool dead)
{
	struct ntpool_lookaside *list;
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	list = list_prepare_entry(prev, &lists, link);
	list_for_each_entry_continue(list, &lists, link)
		if (list->dead == dead && refcount_inc_not_zero(&list->refs))
			break;
	if (list_entry_is_head(list, &lists, link))
		list = NULL;
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	if (prev)
		list_put(prev);
	return list;
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
	return next_of(prev, false);
}

/*
 * Violations
 */

enum {
	LIST_REINITIALISED,
	LIST_NOT_INITIALISED,
	LIST_NO_DELETE,
	LIST_FREED,
	LIST_UNDELETED,
};

/* NT's verifier stops at these. Without its verifier NT does not detect them. */
static const struct ntpool_violation violations[] = {
	[LIST_REINITIALISED] = { NTPOOL_STOP_VERIFIER, 0xca, BIT(1),
		"an active lookaside list was initialised again" },
	[LIST_NOT_INITIALISED] = { NTPOOL_STOP_VERIFIER, 0xcb, BIT(1),
		"a lookaside list was used that is not initialised; nothing was done" },
	[LIST_NO_DELETE] = { NTPOOL_STOP_VERIFIER, 0xcb, BIT(1),
		"a lookaside list was deleted that is not initialised" },
	[LIST_FREED] = { NTPOOL_STOP_VERIFIER, 0xcc, BIT(1),
		"pool was freed that has an active lookaside list in it" },
	[LIST_UNDELETED] = { NTPOOL_STOP_UNLOADED_WITHOUT_CANCELLING, 0, BIT(0),
		"a driver was unloaded and has not deleted a lookaside list" },
};

static void report_list(const struct ntpool_violation *kind,
			const struct ntpool_lookaside_head *head, unsigned long caller)
{
	ntpool_report_kind(kind, (struct ntpool_stop){
		.param = { 0, (unsigned long)head },
		.caller = caller,
	});
}

static void report_undeleted(const struct ntpool_lookaside *list)
{
	struct ntpool_violation kind = violations[LIST_UNDELETED];

	/* This stop code has no subcodes: the first parameter is the list. */
	kind.subcode = (unsigned long)list->head;
	ntpool_report_kind(&kind, (struct ntpool_stop){
		.has_tag = true,
		.tag = list->desc.tag,
		.size = list->desc.size,
		.caller = list->desc.creator,
	});
}

static void report_leaked(const struct ntpool_lookaside *list)
{
	char text[NTPOOL_CALLSITE_TEXT];
	char tag[NTPOOL_TAG_TEXT];

	ntpool_tag_text(list->desc.tag, tag);
	ntpool_callsite_text(list->desc.creator, text, sizeof(text));
	ntpool_report_leak("lookaside list, tag %s, %s, initialised at %s", tag,
			   ntpool_type_name(list->desc.type), text);
}

/*
 * Initialising, flushing, deleting
 */

/* Sets the depth of a new list. The lock is held. */
static void depth_begin(struct ntpool_lookaside *list, struct ntpool_lookaside_head *head)
{
	list->depth = min_t(u16, NTPOOL_LA_DEPTH, READ_ONCE(head->depth.max));
	WRITE_ONCE(head->depth.now, list->depth);
}

static void flush_worker(struct work_struct *work)
{
	struct ntpool_lookaside *list = container_of(work, struct ntpool_lookaside, flush_work);

	ntpool_lookaside_detach_all(list);
	ntpool_lookaside_free_deferred(list);
	list_put(list);
}

static void list_init(struct ntpool_lookaside *list, struct ntpool_lookaside_head *head,
		      const struct ntpool_lookaside_desc *desc)
{
	list->desc = *desc;
	list->head = head;
	list->zeroed = ntpool_lookaside_off;
	if (!list->zeroed)
		depth_begin(list, head);
	INIT_WORK(&list->flush_work, flush_worker);
	INIT_WORK(&list->free_work, list_free_worker);
	list_add_tail(&list->link, &lists);
}

/**
 * ntpool_lookaside_forget() - prepare memory for the initialisation of a list
 * @head: the memory; if there is an active list in it, that list is forgotten
 * @caller: return address of the initialising call
 *
 * The cached blocks of a forgotten list are lost. The verifier reports it.
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 */
void ntpool_lookaside_forget(struct ntpool_lookaside_head *head, unsigned long caller)
{
	struct ntpool_lookaside *list;
	unsigned long flags;
	bool found = false;

	if (head->magic != ntpool_lookaside_magic(head))
		return;
	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	list_for_each_entry(list, &lists, link)
		if (list->head == head && !list->dead) {
			list->dead = true;
			found = !list->lost;
		}
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	if (found && ntpool_verifier())
		report_list(&violations[LIST_REINITIALISED], head, caller);
}

/**
 * ntpool_lookaside_open() - initialise a list
 * @head: the public structure; all other fields are already set by the caller
 * @desc: the properties of the list, which are copied
 *
 * If there is no memory for the caches, the list works without them.
 *
 * Context: IRQL <= DISPATCH_LEVEL; sleeps where the caller may.
 */
void ntpool_lookaside_open(struct ntpool_lookaside_head *head,
			   const struct ntpool_lookaside_desc *desc)
{
	struct ntpool_lookaside *list = ntpool_lookaside_create();
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	head->depth.now = 0;
	head->depth.max = NTPOOL_LA_MAX_DEPTH;
	head->cpus = list ? ntpool_lookaside_offset(list->cpus) : 0;
	head->magic = ntpool_lookaside_magic(head);
	if (list)
		list_init(list, head, desc);
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	if (list)
		ntpool_scan_start();
}

/**
 * ntpool_lookaside_is_list() - whether a list is initialised; reports it if not
 * @head: the list
 * @caller: return address of the exported routine
 *
 * Context: any.
 * Return: true if @head is an initialised list.
 */
bool ntpool_lookaside_is_list(struct ntpool_lookaside_head *head, unsigned long caller)
{
	if (head->magic == ntpool_lookaside_magic(head))
		return true;
	report_list(&violations[LIST_NOT_INITIALISED], head, caller);
	return false;
}

/* Returns NULL for a list without caches. */
static struct ntpool_lookaside *head_list(struct ntpool_lookaside_head *head)
{
	if (!head->cpus)
		return NULL;
	return raw_cpu_ptr(ntpool_lookaside_cpus(head))->list;
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
	struct ntpool_lookaside *list;
	unsigned long flags;

	if (head->magic != ntpool_lookaside_magic(head)) {
		if (ntpool_verifier())
			report_list(&violations[LIST_NO_DELETE], head, caller);
		return;
	}
	list = head_list(head);
	if (list) {
		raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
		if (!list->dead)
			ntpool_lookaside_totals_fold(list);
		list->dead = true;
		raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
		ntpool_lookaside_free_all(list, caller);
	}
	head->magic = 0;
	head->cpus = 0;
	if (list)
		list_put(list);
}

/**
 * ntpool_lookaside_flush() - free the cached blocks of a list that stays in use
 * @head: the list
 * @caller: return address of the call
 *
 * If the caller may not sleep, a worker frees the blocks that ntpool_lookaside_empty() leaves.
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 */
void ntpool_lookaside_flush(struct ntpool_lookaside_head *head, unsigned long caller)
{
	struct ntpool_lookaside *list;

	if (head->magic != ntpool_lookaside_magic(head))
		return;
	list = head_list(head);
	if (!list || ntpool_lookaside_empty(list, caller))
		return;
	refcount_inc(&list->refs);
	if (!queue_work(lookaside_wq, &list->flush_work))
		list_put(list);
}

/*
 * Observers
 */

/* Returns false if the public structure is gone. The lock is held. */
static bool list_info(struct ntpool_lookaside *list, struct ntpool_lookaside_info *info)
{
	struct ntpool_lookaside_head *head = list->head;
	u32 count[NTPOOL_LA_COUNTS];
	int nr, i;

	if (!ntpool_lookaside_is_alive(list))
		return false;
	ntpool_lookaside_totals_sum(list, count);
	for (i = 0; i < NTPOOL_LA_COUNTS; i++)
		count[i] += READ_ONCE(head->total[i]) - list->folded[i];
	*info = (struct ntpool_lookaside_info) {
		.tag = list->desc.tag,
		.type = list->desc.type,
		.size = list->desc.size,
		.depth = READ_ONCE(head->depth.now),
		.max_depth = READ_ONCE(head->depth.max),
		.allocs = count[NTPOOL_LA_ALLOCS],
		.alloc_misses = count[NTPOOL_LA_ALLOC_MISSES],
		.frees = count[NTPOOL_LA_FREES],
		.free_misses = count[NTPOOL_LA_FREE_MISSES],
		.owner = list->desc.creator,
	};
	for_each_possible_cpu(nr)
		info->cached += READ_ONCE(per_cpu_ptr(list->cpus, nr)->nr);
	return true;
}

/**
 * ntpool_lookaside_for_each() - call a function for each list, oldest first
 * @fn: the function, called without locks; it may sleep. Another value than 0 ends the
 *	iteration
 * @arg: second argument of @fn
 *
 * Context: process context.
 * Return: the last result of @fn, or 0 if there is no list.
 */
int ntpool_lookaside_for_each(int (*fn)(const struct ntpool_lookaside_info *info, void *arg),
			      void *arg)
{
	struct ntpool_lookaside *list = NULL;
	struct ntpool_lookaside_info info;
	bool alive;
	int ret;

	while ((list = ntpool_lookaside_next(list))) {
		raw_spin_lock_irq(&ntpool_lookaside_lock);
		alive = list_info(list, &info);
		raw_spin_unlock_irq(&ntpool_lookaside_lock);
		ret = alive ? fn(&info, arg) : 0;
		if (ret) {
			list_put(list);
			return ret;
		}
	}
	return 0;
}

/*
 * Verifier, CPU hotplug, unloading of drivers
 */

/*
 * A driver frees the memory at @p: reports an active list in it, once. See struct
 * ntpool_verifier_client.
 */
static void range_freed(void *p, size_t size, unsigned long caller)
{
	struct ntpool_lookaside_head *found = NULL;
	struct ntpool_lookaside *list;
	unsigned long flags;

	/* The verifier was switched off: verifier_switched() does the rest. */
	if (!p)
		return;
	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	list_for_each_entry(list, &lists, link) {
		if ((unsigned long)list->head - (unsigned long)p >= size)
			continue;
		if (caller && ntpool_lookaside_is_alive(list))
			found = list->head;
		/* The memory gets a new owner, so no visitor may write to it. */
		list->lost = true;
	}
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	if (found)
		report_list(&violations[LIST_FREED], found, caller);
}

/* Sets the public depth to 0, or to that of a new list if it still is 0. */
static void list_zero_depth(struct ntpool_lookaside *list, bool zero)
{
	struct ntpool_lookaside_head *head = list->head;
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	if (list->zeroed != zero && ntpool_lookaside_is_alive(list)) {
		list->zeroed = zero;
		if (zero)
			WRITE_ONCE(head->depth.now, 0);
		else if (!READ_ONCE(head->depth.now))
			depth_begin(list, head);
	}
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
}

/* Frees all cached blocks. The hotplug lock keeps a CPU from dying before it is visited. */
static void verifier_drain(void)
{
	struct ntpool_lookaside *list = NULL;

	synchronize_rcu();
	cpus_read_lock();
	while ((list = ntpool_lookaside_next(list))) {
		ntpool_lookaside_detach_all(list);
		ntpool_lookaside_free_deferred(list);
	}
	cpus_read_unlock();
}

/*
 * Stops caching in all lists (any of @bits), and frees what is cached, or starts it again
 * (no bit). Process context, one call at a time; sleeps.
 */
static void verifier_switched(unsigned long bits)
{
	struct ntpool_lookaside *list = NULL;
	bool on = bits, was_on;

	raw_spin_lock_irq(&ntpool_lookaside_lock);
	was_on = ntpool_lookaside_off;
	WRITE_ONCE(ntpool_lookaside_off, on);
	raw_spin_unlock_irq(&ntpool_lookaside_lock);
	if (was_on == on)
		return;
	while ((list = ntpool_lookaside_next(list)))
		list_zero_depth(list, on);
	if (on)
		verifier_drain();
}

/* Empties the caches of the dead CPU @nr. */
static int hotplug_dead(unsigned int nr)
{
	struct ntpool_lookaside *list = NULL;
	struct ntpool_lookaside_cpu *cpu;

	while ((list = ntpool_lookaside_next(list))) {
		raw_spin_lock_irq(&ntpool_lookaside_lock);
		cpu = per_cpu_ptr(list->cpus, nr);
		if (!list->dead) {
			ntpool_lookaside_detach(list, cpu);
			ntpool_lookaside_totals_release(list, cpu);
		}
		raw_spin_unlock_irq(&ntpool_lookaside_lock);
		ntpool_lookaside_free_deferred(list);
	}
	return 0;
}

/* Reports a list that its driver has not deleted, and frees its blocks as far as possible. */
static void list_abandon(struct ntpool_lookaside *list)
{
	if (READ_ONCE(ntpool_lookaside_off))
		report_undeleted(list);
	report_leaked(list);
	/* hotplug_dead() skips dead lists, so no CPU may die between these two steps. */
	cpus_read_lock();
	ntpool_lookaside_detach_all(list);
	raw_spin_lock_irq(&ntpool_lookaside_lock);
	list->dead = true;
	raw_spin_unlock_irq(&ntpool_lookaside_lock);
	cpus_read_unlock();
	ntpool_lookaside_abandon(list);
}

static bool list_belongs(const struct ntpool_lookaside *list, const struct module *mod)
{
	return ntpool_callsite_belongs(list->desc.creator, mod) ||
	       within_module((unsigned long)list->head, mod);
}

/*
 * Abandons the lists of a driver that is being unloaded. The objects stay until ntpool is
 * unloaded: should another driver use or delete such a list, its caches still exist. If a
 * deleter could not wait for the Free routine, the function does.
 */
static void module_going(const struct module *mod)
{
	struct ntpool_lookaside *list = NULL;

	while ((list = ntpool_lookaside_next(list)))
		if (list_belongs(list, mod))
			list_abandon(list);
	while ((list = next_of(list, true)))
		if (list_belongs(list, mod))
			ntpool_lookaside_wait(list);
}

static const struct ntpool_verifier_client verifier_client = {
	.range = range_freed,
	.switched = verifier_switched,
};

static const struct ntpool_client_watch client_watch = {
	.going = module_going,
};

/**
 * ntpool_lookaside_init() - let lists be initialised from now on
 *
 * Context: process context.
 * Return: 0 or an error of the workqueue or of CPU hotplug.
 */
int ntpool_lookaside_init(void)
{
	int ret;

	lookaside_wq = alloc_workqueue("ntpool_lookaside", WQ_UNBOUND, 0);
	if (!lookaside_wq)
		return -ENOMEM;
	ret = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "ntpool/lookaside:prepare",
					NULL, hotplug_dead);
	if (ret < 0) {
		destroy_workqueue(lookaside_wq);
		return ret;
	}
	hotplug_state = ret;
	ntpool_verifier_register(NTPOOL_VERIFIER_LOOKASIDE, &verifier_client);
	ntpool_client_watch(NTPOOL_WATCH_LISTS, &client_watch);
	return 0;
}

/**
 * ntpool_lookaside_exit() - report the lists that were not deleted, and free all objects
 *
 * Context: process context; no list is used any more. Sleeps.
 */
void ntpool_lookaside_exit(void)
{
	struct ntpool_lookaside *list = NULL;
	struct ntpool_lookaside *next;

	ntpool_verifier_register(NTPOOL_VERIFIER_LOOKASIDE, NULL);
	cpuhp_remove_state_nocalls(hotplug_state);
	while ((list = ntpool_lookaside_next(list)))
		list_abandon(list);
	destroy_workqueue(lookaside_wq);
	list_for_each_entry_safe(list, next, &lists, link)
		ntpool_lookaside_destroy(list);
}
