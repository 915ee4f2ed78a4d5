// SPDX-License-Identifier: GPL-2.0
/*
 * Emptying the caches of a lookaside list.
 *
 * On NT, only the driver's own calls and the balance set manager lead to the Free routine of
 * a list. Here the system also empties caches when the verifier is switched on and when a CPU
 * goes offline. It does so after a flush too.
 *
 * Blocks leave a cache in two steps. First the magazine is detached, in constant time:
 * the CPU itself moves it to list->deferred, by interprocessor interrupt if need be.
 * Then the Free routine is called for one block after the other, without a lock. The
 * deferred memory of memory/backing.c is simply freed. A deferred block needs a call of
 * its Free routine, at the right IRQL, and never after the list's deletion. A lock-free
 * list cannot ensure that.
 *
 * At any moment each cached block is in one of three places. These are a magazine of a CPU,
 * list->deferred, and a Free routine that the helper has called. One critical section moves a
 * block from one place to the next. A flush that looks at these places in this order
 * therefore misses none.
 *
 * Surplus. A scan leaves a CPU the blocks that were freed last, as many as the depth. If
 * they are few, they are copied to a smaller magazine, and the old one is detached. If they
 * are many, the surplus is copied in steps. The oldest blocks go to a new magazine. The
 * header of the CPU's magazine then moves up over their slots. An interrupt copies at most
 * STEP_MAX pointers.
 *
 * The helper. A Free routine may do anything that its IRQL allows. It may take the CPU
 * hotplug lock, write a parameter of ntpool, flush or delete any list. The system therefore
 * never calls it under a lock, of ntpool or of CPU hotplug. Scan, verifier switch and hotplug
 * callback only detach magazines. One ordered workqueue (lookaside_registry.c) frees the
 * blocks of all lists. At any time at most one task is therefore in a Free routine on behalf
 * of the system. That task is the helper. It never waits for itself: each function that waits
 * for the helper returns at once in the helper. Since there is only one, no two can wait for
 * each other.
 *
 * Deletion. A user of the list may free deferred blocks at any time: NT forbids to delete
 * the list meanwhile. The helper is no user. A deletion may come while it frees:
 *
 *  - The deleter sets list->dead under the lock. From then on the caches and the deferred
 *    blocks are the deleter's.
 *  - list->freeing is odd while the helper is in the Free routine. The deleter waits for the
 *    next value. A flush does so too.
 *  - The deleter may run at DISPATCH_LEVEL, where it spins. The helper therefore frees
 *    nonpaged blocks with bottom halves off, that is, at DISPATCH_LEVEL. It is not preempted
 *    then, and the deleter does not interrupt it on its own CPU. On PREEMPT_RT it can be, so
 *    a deleter that may not sleep does not wait there.
 *
 * There is no shrinker, because the depths bound the cached blocks.
 *
 * Locking: ntpool_lookaside_lock protects list->deferred, list->emptied, list->freeing and
 * list->dead. balance_mutex protects list->spare and list->span.
 */
#include <linux/bottom_half.h>
#include <linux/cpumask.h>
#include <linux/sched.h>
#include <linux/wait_bit.h>

#include "base/irql.h"
#include "lists/lookaside_list.h"
#include "pool/pool.h"
#include "verify/verify.h"

enum {
	STEP_MAX = 500,		/* with the header, a page of 4 KiB */
};

/* The task in a Free routine on behalf of the system, or NULL. Only the helper writes it. */
static struct task_struct *helper;

/*
 * Detaching magazines
 */

/* Gives the first @nr blocks of @magazine to the Free routine. The lock is held. */
static void defer(struct ntpool_lookaside *list, struct ntpool_lookaside_magazine *magazine,
		  u32 nr)
{
	struct ntpool_lookaside_magazine **chain = nr ? &list->deferred : &list->emptied;

	magazine->nr = nr;
	magazine->next = *chain;
	WRITE_ONCE(*chain, magazine);
}

static void cpu_set(struct ntpool_lookaside_cpu *cpu, struct ntpool_lookaside_magazine *magazine,
		    u32 nr)
{
	WRITE_ONCE(cpu->magazine, magazine);
	WRITE_ONCE(cpu->nr, nr);
	WRITE_ONCE(cpu->low, nr);
	WRITE_ONCE(cpu->high, nr);
}

/**
 * ntpool_lookaside_detach() - move a CPU's magazine to the deferred blocks
 * @list: the list
 * @cpu: the cache of this CPU, or of a dead one
 *
 * Context: outside of the per-CPU section or in it, with ntpool_lookaside_lock held.
 */
void ntpool_lookaside_detach(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu)
{
	lockdep_assert_held(&ntpool_lookaside_lock);
	if (!cpu->magazine)
		return;
	defer(list, cpu->magazine, cpu->nr);
	cpu_set(cpu, NULL, 0);
}

/*
 * Detaches the magazine of an offline CPU that the hotplug callback has not visited yet. It
 * comes online again only after that callback, which needs the lock. An offline CPU is in no
 * per-CPU section.
 */
static void detach_offline(struct ntpool_lookaside *list, int nr)
{
	struct ntpool_lookaside_cpu *cpu = per_cpu_ptr(list->cpus, nr);

	raw_spin_lock_irq(&ntpool_lookaside_lock);
	if (!list->dead && cpu->magazine && !cpu_online(nr))
		ntpool_lookaside_detach(list, cpu);
	raw_spin_unlock_irq(&ntpool_lookaside_lock);
}

/**
 * ntpool_lookaside_detach_all() - detach the magazines of all CPUs
 * @list: the list
 *
 * Context: process context; sleeps.
 */
void ntpool_lookaside_detach_all(struct ntpool_lookaside *list)
{
	int nr;

	if (!ntpool_lookaside_is_cached(list))
		return;
	for_each_possible_cpu(nr)
		if (READ_ONCE(per_cpu_ptr(list->cpus, nr)->magazine) &&
		    !ntpool_lookaside_on_cpu(list, nr, ntpool_lookaside_detach))
			detach_offline(list, nr);
}

/* Moves the last @keep blocks to @spare, which becomes the magazine, and defers the others. */
static void keep_few(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu,
		     struct ntpool_lookaside_magazine *spare, u32 keep)
{
	struct ntpool_lookaside_magazine *old = cpu->magazine;

	defer(list, old, cpu->nr - keep);
	memcpy(spare->slot, old->slot + old->nr, keep * sizeof(void *));
	cpu_set(cpu, spare, keep);
}

/* Moves the first @nr blocks to @spare, which is deferred. The header goes over their slots. */
static void take_oldest(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu,
			struct ntpool_lookaside_magazine *spare, u32 nr)
{
	struct ntpool_lookaside_magazine *magazine = cpu->magazine;
	struct ntpool_lookaside_magazine *moved = (void *)((void **)magazine + nr);
	void *memory = magazine->memory;
	u32 cap = magazine->cap;

	memcpy(spare->slot, magazine->slot, nr * sizeof(void *));
	moved->next = NULL;
	moved->memory = memory;
	moved->cap = cap - nr;
	cpu_set(cpu, moved, cpu->nr - nr);
	defer(list, spare, nr);
}

/*
 * Detaches blocks of @cpu, but not the list->depth ones that were freed last, with the help
 * of list->spare. Without a spare no block is left. Called by ntpool_lookaside_on_cpu().
 */
static void detach_surplus(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu)
{
	struct ntpool_lookaside_magazine *spare = list->spare;
	u32 keep = READ_ONCE(list->depth);

	if (cpu->nr <= keep)
		return;
	if (!keep || !spare) {
		ntpool_lookaside_detach(list, cpu);
		return;
	}
	list->spare = NULL;
	if (keep <= min_t(u32, spare->cap, STEP_MAX))
		keep_few(list, cpu, spare, keep);
	else
		take_oldest(list, cpu, spare, min3(cpu->nr - keep, spare->cap, (u32)STEP_MAX));
}

/* A driver may free blocks meanwhile. They are at most as many as one cache can hold. */
static bool cpu_detach_surplus(struct ntpool_lookaside *list, int nr)
{
	struct ntpool_lookaside_cpu *cpu = per_cpu_ptr(list->cpus, nr);
	unsigned int step;
	u32 depth;

	for (step = 0; step <= U16_MAX / STEP_MAX; step++) {
		depth = READ_ONCE(list->depth);
		if (READ_ONCE(cpu->nr) <= depth)
			break;
		if (!list->spare && depth)
			list->spare = ntpool_lookaside_magazine_alloc(min_t(u32, depth, STEP_MAX));
		if (!ntpool_lookaside_on_cpu(list, nr, detach_surplus))
			break;
	}
	return step;
}

/**
 * ntpool_lookaside_detach_surplus() - detach the blocks that CPUs cache beyond list->depth
 * @list: the list
 *
 * It may leave list->spare, which the caller frees without the mutex.
 *
 * Context: process context, with balance_mutex held; sleeps.
 * Return: true if there may be deferred blocks now.
 */
bool ntpool_lookaside_detach_surplus(struct ntpool_lookaside *list)
{
	bool found = false;
	int nr;

	for_each_online_cpu(nr)
		found |= cpu_detach_surplus(list, nr);
	return found;
}

/* Detaches this CPU's magazine, unless the caller has interrupted the per-CPU section. */
static void detach_here(struct ntpool_lookaside *list)
{
	struct ntpool_lookaside_cpu *cpu;
	unsigned long flags;

	preempt_disable();
	cpu = this_cpu_ptr(READ_ONCE(list->cpus));
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

/**
 * ntpool_lookaside_is_helper() - whether the caller is in a Free routine called by the helper
 *
 * Context: any.
 * Return: true if it is, so it must not wait for the helper.
 */
bool ntpool_lookaside_is_helper(void)
{
	return in_task() && READ_ONCE(helper) == current;
}

/*
 * Returns true if the helper may free a block of @list. If the public structure is gone, a
 * Free routine of the driver's is not called any more. The lock is held.
 */
static bool helper_may_free(struct ntpool_lookaside *list)
{
	return !list->dead && (ntpool_lookaside_pool_frees(&list->desc) ||
			       ntpool_lookaside_is_alive(list));
}

/* Takes a deferred block, or returns NULL. @by_helper: the caller is no user of the list. */
static void *deferred_pop(struct ntpool_lookaside *list, bool by_helper)
{
	struct ntpool_lookaside_magazine *magazine;
	void *entry = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	magazine = list->deferred;
	if (magazine && (!by_helper || helper_may_free(list))) {
		entry = magazine->slot[--magazine->nr];
		if (!magazine->nr) {
			WRITE_ONCE(list->deferred, magazine->next);
			defer(list, magazine, 0);
		}
		if (by_helper)
			WRITE_ONCE(list->freeing, list->freeing + 1);
	}
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	return entry;
}

/* Unlinks the magazines without blocks and returns them as a chain. */
static struct ntpool_lookaside_magazine *emptied_take(struct ntpool_lookaside *list)
{
	struct ntpool_lookaside_magazine *emptied;
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	emptied = list->emptied;
	WRITE_ONCE(list->emptied, NULL);
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	return emptied;
}

static void freeing_end(struct ntpool_lookaside *list)
{
	/* Orders the Free routine before the store; pairs with freeing_now(). */
	smp_store_release(&list->freeing, list->freeing + 1);
	/* Orders the store before the test for waiters in wake_up_var(). */
	smp_mb();
	wake_up_var(&list->freeing);
}

static unsigned int freeing_now(struct ntpool_lookaside *list)
{
	/* Pairs with the release in freeing_end(). */
	return smp_load_acquire(&list->freeing);
}

/**
 * ntpool_lookaside_wait() - wait until the helper has left the Free routine of a list
 * @list: the list
 *
 * The helper does not wait for itself.
 *
 * Context: any. If the caller can neither spin nor sleep, the function does not wait. Nor does
 * it in a hard interrupt, which may have interrupted the helper.
 */
void ntpool_lookaside_wait(struct ntpool_lookaside *list)
{
	bool spins = list->desc.type == NTPOOL_NONPAGED && !IS_ENABLED(CONFIG_PREEMPT_RT);
	unsigned int freeing = freeing_now(list);

	if (!(freeing & 1) || in_hardirq() || ntpool_lookaside_is_helper())
		return;
	if (spins)
		while (freeing_now(list) == freeing)
			cpu_relax();
	else if (ntpool_paged_ok())
		wait_var_event(&list->freeing, freeing_now(list) != freeing);
}

/* Frees @entry as the pool's Free routine does, but without the public structure. */
static void pool_free(const struct ntpool_lookaside *list, void *entry)
{
	const struct ntpool_list_call call = {
		.type = list->desc.type,
		.tag = list->desc.tag,
		.size = list->desc.size,
	};

	if (ntpool_lookaside_pool_allocates(&list->desc))
		ntpool_list_free(entry, &call, list->desc.creator);
	else
		ntpool_free(entry, 0, list->desc.creator);
}

/* Frees one deferred block; false: there is none. */
static bool helper_free_one(struct ntpool_lookaside *list)
{
	bool bh = list->desc.type == NTPOOL_NONPAGED;
	void *entry;

	if (bh)
		local_bh_disable();
	entry = deferred_pop(list, true);
	if (entry) {
		if (ntpool_lookaside_pool_frees(&list->desc))
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
 * ntpool_lookaside_free_deferred() - free the deferred blocks, as the helper
 * @list: the list, which may be deleted concurrently
 *
 * Context: process context, one call at a time, without a lock; sleeps.
 */
void ntpool_lookaside_free_deferred(struct ntpool_lookaside *list)
{
	WRITE_ONCE(helper, current);
	while (helper_free_one(list))
		cond_resched();
	WRITE_ONCE(helper, NULL);
	ntpool_lookaside_magazines_free(emptied_take(list));
}

/* Frees the deferred blocks at the caller's IRQL. The caller is a user, or the deleter. */
static void user_free_deferred(struct ntpool_lookaside *list, unsigned long caller)
{
	void *entry;

	while ((entry = deferred_pop(list, false)))
		list->desc.free(list->head, entry, caller);
	if (!ntpool_raw_atomic())
		ntpool_lookaside_magazines_free(emptied_take(list));
}

/**
 * ntpool_lookaside_empty() - free the cached blocks on behalf of a user of the list
 * @list: the list
 * @caller: return address of the call
 *
 * If the caller may sleep, all blocks that were cached before the call have been freed. The
 * helper has left the Free routine too. If the caller may not sleep, only this CPU's
 * magazine is detached. Then all deferred nonpaged blocks are freed. Deferred paged blocks
 * wait for the helper, because DISPATCH_LEVEL does not allow their free.
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 * Return: true if all cached blocks were freed; false if the helper has to free the others.
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
	if (sleeps)
		ntpool_lookaside_wait(list);
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

static void free_to_pool(struct ntpool_lookaside *list)
{
	void *entry;

	while ((entry = deferred_pop(list, false)))
		if (ntpool_lookaside_pool_frees(&list->desc))
			pool_free(list, entry);
}

/**
 * ntpool_lookaside_abandon() - free the deferred blocks of a list whose driver is unloaded
 * @list: the list; list->dead is set
 *
 * If the Free routine of the list is the pool's, the blocks return to the pool. Other blocks
 * are lost, because a Free routine of the unloaded driver cannot be called.
 *
 * Context: process context; sleeps.
 */
void ntpool_lookaside_abandon(struct ntpool_lookaside *list)
{
	ntpool_lookaside_wait(list);
	free_to_pool(list);
}

/**
 * ntpool_lookaside_free_rest() - free all blocks of a list that no code uses any more
 * @list: the list
 *
 * As ntpool_lookaside_abandon(), and for the blocks in the caches too.
 *
 * Context: process context; sleeps.
 */
void ntpool_lookaside_free_rest(struct ntpool_lookaside *list)
{
	struct ntpool_lookaside_cpu *cpu;
	int nr;

	free_to_pool(list);
	if (!ntpool_lookaside_pool_frees(&list->desc))
		return;
	for_each_possible_cpu(nr) {
		cpu = per_cpu_ptr(list->cpus, nr);
		while (cpu->nr)
			pool_free(list, cpu->magazine->slot[--cpu->nr]);
	}
}
