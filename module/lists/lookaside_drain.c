// SPDX-License-Identifier: GPL-2.0
/*
 * Emptying the caches of a lookaside list.
 *
 * On NT, only the driver's own calls and the balance set manager lead to the Free routine of
 * a list. Here the system also empties caches when the verifier is switched on, when a CPU
 * goes offline, and after a flush.
 *
 * Blocks leave a cache in two steps. First the magazine is detached, in constant time: the
 * CPU itself moves it to list->deferred, by interprocessor interrupt if need be. Then the
 * Free routine is called for one block after the other, without a lock. Deferred blocks are
 * not memory to be freed, as in memory/backing.c: each needs its Free routine, at the right
 * IRQL, and never after the list's deletion. A worker with a lock-free list cannot ensure
 * that.
 *
 * Deletion. A user of the list may free deferred blocks at any time: NT forbids to delete
 * the list meanwhile. The system is no user: it is a scan, a worker, the switch of the
 * verifier, or the hotplug callback. A deletion may come while the system frees:
 *
 *  - The deleter sets list->dead under the lock. From then on the caches and the deferred
 *    blocks are the deleter's.
 *  - The system counts in list->freeing while it calls the Free routine. The deleter waits
 *    until the counter is 0.
 *  - The deleter may run at DISPATCH_LEVEL, where it spins. The system therefore frees
 *    nonpaged blocks with bottom halves off, that is, at DISPATCH_LEVEL. It is not preempted
 *    then, and the deleter does not interrupt it on its own CPU. On PREEMPT_RT it can be, so
 *    a deleter that may not sleep does not wait there.
 *
 * There is no shrinker, because the depths bound the cached blocks.
 *
 * Locking: ntpool_lookaside_lock protects list->deferred, list->freeing and list->dead.
 * balance_mutex protects list->spare and list->span.
 */
#include <linux/bottom_half.h>
#include <linux/cpumask.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "base/irql.h"
#include "lists/lookaside_list.h"
#include "pool/pool.h"
#include "verify/verify.h"

/*
 * Detaching magazines
 */

/**
 * ntpool_lookaside_detach() - move a CPU's magazine to the deferred blocks
 * @list: the list
 * @cpu: the cache of this CPU, or of a dead one
 *
 * Context: outside of the per-CPU section or in it, with ntpool_lookaside_lock held.
 */
void ntpool_lookaside_detach(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu)
{
	struct ntpool_lookaside_magazine *magazine = cpu->magazine;

	lockdep_assert_held(&ntpool_lookaside_lock);
	if (!magazine)
		return;
	magazine->nr = cpu->nr;
	magazine->next = list->deferred;
	list->deferred = magazine;
	WRITE_ONCE(cpu->magazine, NULL);
	WRITE_ONCE(cpu->nr, 0);
	WRITE_ONCE(cpu->low, 0);
	WRITE_ONCE(cpu->high, 0);
}

/**
 * ntpool_lookaside_detach_all() - detach the magazines of all online CPUs
 * @list: the list
 *
 * Context: process context; sleeps.
 */
void ntpool_lookaside_detach_all(struct ntpool_lookaside *list)
{
	int nr;

	for_each_online_cpu(nr)
		if (READ_ONCE(per_cpu_ptr(list->cpus, nr)->magazine))
			ntpool_lookaside_on_cpu(list, nr, ntpool_lookaside_detach);
}

/*
 * Detaches the magazine of @cpu, but leaves the list->depth blocks that were freed last.
 * They move to list->spare, which becomes the new magazine. Without a spare no block is
 * left. Called by ntpool_lookaside_on_cpu().
 */
static void detach_surplus(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu)
{
	struct ntpool_lookaside_magazine *magazine = cpu->magazine;
	struct ntpool_lookaside_magazine *spare = list->spare;
	u32 keep = spare ? min_t(u32, list->depth, spare->cap) : 0;

	if (cpu->nr <= list->depth)
		return;
	ntpool_lookaside_detach(list, cpu);
	if (!keep)
		return;
	magazine->nr -= keep;
	memcpy(spare->slot, magazine->slot + magazine->nr, keep * sizeof(void *));
	list->spare = NULL;
	WRITE_ONCE(cpu->magazine, spare);
	WRITE_ONCE(cpu->nr, keep);
	WRITE_ONCE(cpu->low, keep);
	WRITE_ONCE(cpu->high, keep);
}

/**
 * ntpool_lookaside_detach_surplus() - detach the blocks that CPUs cache beyond list->depth
 * @list: the list
 *
 * Context: process context, with balance_mutex held; sleeps.
 * Return: true if there may be deferred blocks now.
 */
bool ntpool_lookaside_detach_surplus(struct ntpool_lookaside *list)
{
	bool found = false;
	int nr;

	for_each_online_cpu(nr) {
		if (READ_ONCE(per_cpu_ptr(list->cpus, nr)->nr) <= READ_ONCE(list->depth))
			continue;
		found = true;
		if (!list->spare && list->depth)
			list->spare = ntpool_lookaside_magazine_alloc(list->depth);
		ntpool_lookaside_on_cpu(list, nr, detach_surplus);
	}
	kfree(list->spare);
	list->spare = NULL;
	return found;
}

/* Detaches this CPU's magazine, unless the caller has interrupted the per-CPU section. */
static void detach_here(struct ntpool_lookaside *list)
{
	struct ntpool_lookaside_cpu *cpu;
	unsigned long flags;

	preempt_disable();
	cpu = this_cpu_ptr(list->cpus);
	if (!ntpool_lookaside_enter(cpu)) {
		preempt_enable();
		return;
	}
	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	ntpool_lookaside_detach(list, cpu);
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	ntpool_lookaside_leave(cpu, NULL);
}

/*
 * Freeing deferred blocks
 */

/*
 * Returns true if the system may free a block of @list. If the public structure is gone, a
 * Free routine of the driver's is not called any more. The lock is held.
 */
static bool system_may_free(struct ntpool_lookaside *list)
{
	return !list->dead && (list->desc.pool_frees || ntpool_lookaside_is_alive(list));
}

/* Takes a deferred block, or returns NULL. @system: the caller is no user of the list. */
static void *deferred_pop(struct ntpool_lookaside *list, bool system)
{
	struct ntpool_lookaside_magazine *magazine;
	void *entry = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	for (magazine = list->deferred; magazine && !magazine->nr; magazine = magazine->next)
		;
	if (magazine && (!system || system_may_free(list))) {
		entry = magazine->slot[--magazine->nr];
		list->freeing += system;
	}
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	return entry;
}

/* Unlinks the magazines without blocks from list->deferred and returns them as a chain. */
static struct ntpool_lookaside_magazine *deferred_empty(struct ntpool_lookaside *list)
{
	struct ntpool_lookaside_magazine **link = &list->deferred;
	struct ntpool_lookaside_magazine *empty = NULL;
	struct ntpool_lookaside_magazine *magazine;
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	while ((magazine = *link)) {
		if (magazine->nr) {
			link = &magazine->next;
			continue;
		}
		*link = magazine->next;
		magazine->next = empty;
		empty = magazine;
	}
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	return empty;
}

static void freeing_end(struct ntpool_lookaside *list)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	/* Orders the Free routine before the store; pairs with freeing_none(). */
	smp_store_release(&list->freeing, list->freeing - 1);
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	/* Orders the store before the test for waiters in wake_up_var(). */
	smp_mb();
	wake_up_var(&list->freeing);
}

static bool freeing_none(struct ntpool_lookaside *list)
{
	/* Pairs with the release in freeing_end(). */
	return !smp_load_acquire(&list->freeing);
}

/**
 * ntpool_lookaside_wait() - wait until the system is not in the Free routine of a list
 * @list: the list
 *
 * Context: any. If the caller can neither spin nor sleep, the function does not wait.
 */
void ntpool_lookaside_wait(struct ntpool_lookaside *list)
{
	bool spins = list->desc.type == NTPOOL_NONPAGED && !IS_ENABLED(CONFIG_PREEMPT_RT);

	if (spins)
		while (!freeing_none(list))
			cpu_relax();
	else if (ntpool_paged_ok())
		wait_var_event(&list->freeing, freeing_none(list));
}

/* Frees @entry as the pool's Free routine does, but without the public structure. */
static void pool_free(const struct ntpool_lookaside *list, void *entry)
{
	const struct ntpool_list_call call = {
		.type = list->desc.type,
		.tag = list->desc.tag,
		.size = list->desc.size,
	};

	if (list->desc.pool_allocates)
		ntpool_list_free(entry, &call, list->desc.creator);
	else
		ntpool_free(entry, 0, list->desc.creator);
}

/* Frees one deferred block; false: there is none. */
static bool system_free_one(struct ntpool_lookaside *list)
{
	bool bh = list->desc.type == NTPOOL_NONPAGED;
	void *entry;

	if (bh)
		local_bh_disable();
	entry = deferred_pop(list, true);
	if (entry) {
		if (list->desc.pool_frees)
			pool_free(list, entry);
		else
			list->desc.free(list->head, entry, list->desc.creator);
		freeing_end(list);
	}
	if (bh)
		local_bh_enable();
	return entry;
}

/**
 * ntpool_lookaside_free_deferred() - free the deferred blocks on behalf of the system
 * @list: the list, which may be deleted concurrently
 *
 * When the function returns, no other CPU is freeing a block that was deferred before the
 * call.
 *
 * Context: process context; sleeps.
 */
void ntpool_lookaside_free_deferred(struct ntpool_lookaside *list)
{
	while (system_free_one(list))
		cond_resched();
	ntpool_lookaside_wait(list);
	ntpool_lookaside_magazines_free(deferred_empty(list));
}

/* Frees the deferred blocks at the caller's IRQL. The caller is a user, or the deleter. */
static void user_free_deferred(struct ntpool_lookaside *list, unsigned long caller)
{
	void *entry;

	while ((entry = deferred_pop(list, false)))
		list->desc.free(list->head, entry, caller);
	if (!ntpool_raw_atomic())
		ntpool_lookaside_magazines_free(deferred_empty(list));
}

/**
 * ntpool_lookaside_empty() - free the cached blocks on behalf of a user of the list
 * @list: the list
 * @caller: return address of the call
 *
 * If the caller may not sleep, only this CPU's magazine is detached. Then all deferred
 * nonpaged blocks are freed. Deferred paged blocks wait for the system, because
 * DISPATCH_LEVEL does not allow their free.
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 * Return: true if all cached blocks were freed; false if the system has to free the others.
 */
bool ntpool_lookaside_empty(struct ntpool_lookaside *list, unsigned long caller)
{
	bool sleeps = ntpool_may_sleep();

	if (sleeps)
		ntpool_lookaside_detach_all(list);
	else
		detach_here(list);
	if (sleeps || list->desc.type == NTPOOL_NONPAGED)
		user_free_deferred(list, caller);
	return sleeps;
}

/**
 * ntpool_lookaside_free_all() - free all blocks of a list that is being deleted
 * @list: the list; list->dead is set
 * @caller: return address of the deleting call
 *
 * Context: IRQL <= DISPATCH_LEVEL; the Free routine is called at the caller's IRQL.
 */
void ntpool_lookaside_free_all(struct ntpool_lookaside *list, unsigned long caller)
{
	struct ntpool_lookaside_cpu *cpu;
	int nr;

	user_free_deferred(list, caller);
	for_each_possible_cpu(nr) {
		cpu = per_cpu_ptr(list->cpus, nr);
		while (cpu->nr)
			list->desc.free(list->head, cpu->magazine->slot[--cpu->nr], caller);
	}
	ntpool_lookaside_wait(list);
}

/**
 * ntpool_lookaside_abandon() - free the deferred blocks of a list whose driver is unloaded
 * @list: the list; list->dead is set
 *
 * Blocks go back to the pool if its Free routine is the list's. Others are lost, because a
 * Free routine of the driver's cannot be called any more.
 *
 * Context: process context; sleeps.
 */
void ntpool_lookaside_abandon(struct ntpool_lookaside *list)
{
	void *entry;

	ntpool_lookaside_wait(list);
	while ((entry = deferred_pop(list, false)))
		if (list->desc.pool_frees)
			pool_free(list, entry);
}
