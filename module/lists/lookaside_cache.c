// SPDX-License-Identifier: GPL-2.0
/*
 * The caches of one lookaside list: what lies behind the fast paths, and how
 * blocks get out again.
 *
 * NT keeps one S-list per lookaside list, popped and pushed by all processors with
 * a double-width compare-and-exchange. Here each CPU has a cache of its own, an
 * array of pointers used as a stack. Nothing is written into a cached block, so a
 * driver that writes to a block after freeing it cannot harm the list. Depth
 * bounds each CPU's cache.
 *
 * Who is inside a cache has preemption disabled and cpu->busy set, nothing more:
 * no interrupts off, no atomic instruction. An interrupt that finds busy set goes
 * to the pool; one that finds it clear runs to its end before the interrupted code
 * goes on. Arrays are allocated when a CPU frees its first block to the list, and
 * grow by doubling up to Depth; without memory less is cached, nothing fails.
 *
 * Measuring. The scan that tunes Depth (lookaside_balance.c) wants to know between
 * which bounds the number of cached blocks went since it looked last. The fast paths
 * do not keep these bounds, they stop at them: a pop at cpu->low instead of at 0, a
 * push at cpu->high instead of at the end of the array, for the same number of
 * instructions. Behind them the bound is moved by one and the operation is a hit all
 * the same. A scan sets both to what is cached now, so that each CPU passes by here
 * once for each block that it really needs.
 *
 * Counting. Drivers read TotalAllocates and its siblings as plain fields and
 * reset them, so the numbers must be there, and the line that holds them, which
 * every operation reads for ListHead and Depth, must not be written by several
 * CPUs all the time. Each CPU therefore counts through a pointer, cpu->total. The
 * first CPU to use a list is at home there: its pointer leads to the public
 * fields, which nobody else writes; a list used from one CPU is exact at once.
 * All others count in cpu->own. As soon as a scan sees such counts it turns the
 * home CPU's pointer to its own fields as well; from then on the public fields are
 * written once per scan, until one CPU is alone again (lookaside_registry.c).
 * An interrupt that found busy set counts in cpu->missed with this_cpu operations,
 * and the interrupted code adds that to its counts as soon as it has cleared busy.
 *
 * Emptying. Somebody else's cache is taken away on its own CPU, by an interprocessor
 * interrupt that does nothing when it finds busy set (the caller tries again): the
 * whole array moves to list->stash, in constant time. What is in the stash is freed
 * one by one through the list's Free routine, outside of all locks. The deleter of
 * a list sets list->dead under the lock: from there on the stash and, since nobody
 * may use the list any more, the caches are his alone. One entry at most per helper
 * is still inside the Free routine then; list->freeing tells, and he waits. So that
 * he can wait at DISPATCH_LEVEL, helpers free nonpaged blocks with bottom halves
 * off, that is at DISPATCH_LEVEL: they cannot be preempted, nor be interrupted by
 * the deleter on their own CPU. On PREEMPT_RT they can; a deleter that may not sleep
 * does not wait there.
 *
 * No shrinker: what is cached is bounded by the depths.
 */
#include <linux/bottom_half.h>
#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/wait_bit.h>

#include "base/irql.h"
#include "lists/lookaside_registry.h"
#include "memory/backing.h"
#include "pool/pool.h"
#include "verify/verify.h"

DEFINE_PER_CPU(struct ntpool_lookaside_cpu, ntpool_lookaside_none) = { .busy = true };

/* A smaller array saves nothing: it is what 64 bytes hold. */
#define SLOTS_LEAST	NTPOOL_LA_DEPTH

/*
 * Counting
 */

static bool cpu_enter(struct ntpool_lookaside_cpu *cpu)
{
	if (cpu->busy)
		return false;
	cpu->busy = true;
	barrier();
	return true;
}

/* Before each count off the fast path: nobody has a hit before his first miss. */
static void cpu_elect(struct ntpool_lookaside_cpu *cpu)
{
	struct ntpool_lookaside *list = cpu->list;

	if (READ_ONCE(list->home) == NTPOOL_LA_UNOWNED &&
	    cmpxchg(&list->home, NTPOOL_LA_UNOWNED, smp_processor_id()) == NTPOOL_LA_UNOWNED)
		cpu->total = list->head->total;
}

static void cpu_count(struct ntpool_lookaside_cpu *cpu, enum ntpool_lookaside_count what, u32 nr)
{
	/* Observers may read it a moment early. */
	data_race(cpu->total[what] += nr);
}

void *ntpool_lookaside_settle(struct ntpool_lookaside_cpu *cpu, void *entry)
{
	struct ntpool_lookaside_cpu __percpu *cpus = cpu->list->cpus;
	u32 nr;

	do {
		cpu->busy = true;
		barrier();
		/* First: whoever becomes home owes these to the public fields. */
		cpu_elect(cpu);
		nr = this_cpu_xchg(cpus->missed.allocs, 0);
		cpu_count(cpu, NTPOOL_LA_ALLOCS, nr);
		cpu_count(cpu, NTPOOL_LA_ALLOC_MISSES, nr);
		nr = this_cpu_xchg(cpus->missed.frees, 0);
		cpu_count(cpu, NTPOOL_LA_FREES, nr);
		cpu_count(cpu, NTPOOL_LA_FREE_MISSES, nr);
		barrier();
		cpu->busy = false;
		barrier();
	} while (cpu->missed.any);
	preempt_enable();
	return entry;
}

/* Lists without caches are slow anyway: all CPUs count in the public fields. */
static void count_uncached(struct ntpool_lookaside_head *head, enum ntpool_lookaside_count what)
{
	atomic_inc((atomic_t *)&head->total[what]);
	atomic_inc((atomic_t *)&head->total[what + 1]);
}

/* A miss of somebody who found busy set. */
static void count_outside(struct ntpool_lookaside_head *head, enum ntpool_lookaside_count what)
{
	if (!head->cpus)
		count_uncached(head, what);
	else if (what == NTPOOL_LA_ALLOCS)
		this_cpu_inc(ntpool_lookaside_cpus(head)->missed.allocs);
	else
		this_cpu_inc(ntpool_lookaside_cpus(head)->missed.frees);
	preempt_enable();
}

void *ntpool_lookaside_dig(struct ntpool_lookaside_head *head, bool inside)
{
	struct ntpool_lookaside_cpu *cpu = ntpool_lookaside_here(head);
	void *entry = NULL;

	if (!inside) {
		count_outside(head, NTPOOL_LA_ALLOCS);
		return NULL;
	}
	cpu_elect(cpu);
	cpu_count(cpu, NTPOOL_LA_ALLOCS, 1);
	if (cpu->nr) {
		WRITE_ONCE(cpu->nr, cpu->nr - 1);
		WRITE_ONCE(cpu->low, cpu->nr);
		entry = cpu->slots->slot[cpu->nr];
	} else {
		cpu_count(cpu, NTPOOL_LA_ALLOC_MISSES, 1);
	}
	return ntpool_lookaside_leave(cpu, entry);
}

/*
 * Growing
 */

static u32 depth_now(const struct ntpool_lookaside_head *head)
{
	return READ_ONCE(ntpool_lookaside_off) ? 0 : READ_ONCE(head->depth.now);
}

/* How many blocks the array of @cpu can hold. */
static u32 cpu_room(const struct ntpool_lookaside_cpu *cpu)
{
	return cpu->slots ? cpu->slots->cap : 0;
}

/* The room that @cpu should get before it can take one more block; 0: none. */
static u32 cpu_wants(const struct ntpool_lookaside_head *head,
		     const struct ntpool_lookaside_cpu *cpu)
{
	u32 depth = depth_now(head);
	u32 room = cpu_room(cpu);

	if (cpu->nr < room || cpu->nr >= depth)
		return 0;
	return min(max_t(u32, 2 * room, SLOTS_LEAST), depth);
}

static struct ntpool_lookaside_slots *slots_alloc(u32 cap)
{
	struct ntpool_lookaside_slots *slots;
	size_t size = roundup_pow_of_two(struct_size(slots, slot, cap));

	if (ntpool_backing_refused())
		return NULL;
	slots = kmalloc(size, GFP_NOWAIT | __GFP_NOWARN);
	if (slots)
		slots->cap = (size - sizeof(*slots)) / sizeof(slots->slot[0]);
	return slots;
}

static void slots_free(struct ntpool_lookaside_slots *slots)
{
	struct ntpool_lookaside_slots *next;

	for (; slots; slots = next) {
		next = slots->next;
		kfree(slots);
	}
}

/* Inside: @cpu gets the array @spare, and what it had is returned. */
static struct ntpool_lookaside_slots *cpu_regrow(struct ntpool_lookaside_cpu *cpu,
						 struct ntpool_lookaside_slots *spare)
{
	struct ntpool_lookaside_slots *old = cpu->slots;

	if (old)
		memcpy(spare->slot, old->slot, cpu->nr * sizeof(void *));
	WRITE_ONCE(cpu->slots, spare);
	return old;
}

/*
 * Inside. The verifier's switch is looked at here: it waits for everybody who is
 * inside, then takes away the arrays, so none can be installed after that.
 */
static bool cpu_put(struct ntpool_lookaside_head *head, struct ntpool_lookaside_cpu *cpu,
		    void *entry, struct ntpool_lookaside_slots **spare)
{
	u32 depth = depth_now(head);
	bool room;

	cpu_elect(cpu);
	if (*spare && (*spare)->cap > cpu_room(cpu) && cpu->nr < depth)
		*spare = cpu_regrow(cpu, *spare);
	room = entry && cpu->nr < min(depth, cpu_room(cpu));
	cpu_count(cpu, NTPOOL_LA_FREES, 1);
	if (room) {
		cpu->slots->slot[cpu->nr] = entry;
		WRITE_ONCE(cpu->nr, cpu->nr + 1);
		if (cpu->high < cpu->nr)
			WRITE_ONCE(cpu->high, cpu->nr);
	} else {
		cpu_count(cpu, NTPOOL_LA_FREE_MISSES, 1);
	}
	return room;
}

bool ntpool_lookaside_keep(struct ntpool_lookaside_head *head, void *entry, bool inside)
{
	struct ntpool_lookaside_cpu *cpu = ntpool_lookaside_here(head);
	u32 wants = inside ? cpu_wants(head, cpu) : 0;
	struct ntpool_lookaside_slots *spare = NULL;
	bool kept = false;

	if (wants) {
		ntpool_lookaside_leave(cpu, NULL);
		spare = ntpool_raw_atomic() ? NULL : slots_alloc(wants);
		preempt_disable();
		cpu = ntpool_lookaside_here(head);
		inside = cpu_enter(cpu);
	}
	if (inside) {
		kept = cpu_put(head, cpu, entry, &spare);
		ntpool_lookaside_leave(cpu, NULL);
	} else {
		count_outside(head, NTPOOL_LA_FREES);
	}
	kfree(spare);
	return kept;
}

/*
 * Emptying
 */

/**
 * struct on_cpu - something to do with the cache of one CPU
 * @list: whose cache
 * @fn: what to do, on that CPU and under the lock
 * @busy: it was not done, somebody was inside
 */
struct on_cpu {
	struct ntpool_lookaside *list;
	ntpool_lookaside_cpu_fn fn;
	bool busy;
};

static void on_cpu_run(void *arg)
{
	struct on_cpu *call = arg;
	struct ntpool_lookaside *list = call->list;
	struct ntpool_lookaside_cpu *cpu = this_cpu_ptr(list->cpus);

	raw_spin_lock(&ntpool_lookaside_lock);
	call->busy = cpu->busy;
	if (!call->busy && !list->dead)
		call->fn(list, cpu);
	raw_spin_unlock(&ntpool_lookaside_lock);
}

/*
 * Calls @fn on CPU @nr with interrupts off, the lock held and nobody inside the
 * cache of @list, unless the list is dead or the CPU offline. Process context.
 */
void ntpool_lookaside_on_cpu(struct ntpool_lookaside *list, int nr, ntpool_lookaside_cpu_fn fn)
{
	struct on_cpu call = { .list = list, .fn = fn };

	while (!smp_call_function_single(nr, on_cpu_run, &call, 1) && call.busy)
		cond_resched();
}

/* On a CPU, or that of a dead one: what was needed is measured from now on. */
void ntpool_lookaside_measure(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu)
{
	list->span = cpu->high - cpu->low;
	WRITE_ONCE(cpu->low, cpu->nr);
	WRITE_ONCE(cpu->high, cpu->nr);
}

/* Moves what @cpu has cached, and its array, to the stash. */
void ntpool_lookaside_stash(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu)
{
	struct ntpool_lookaside_slots *slots = cpu->slots;

	lockdep_assert_held(&ntpool_lookaside_lock);
	if (!slots)
		return;
	slots->nr = cpu->nr;
	slots->next = list->stash;
	list->stash = slots;
	WRITE_ONCE(cpu->slots, NULL);
	WRITE_ONCE(cpu->nr, 0);
	WRITE_ONCE(cpu->low, 0);
	WRITE_ONCE(cpu->high, 0);
}

/*
 * Leaves @cpu the list->depth blocks that it freed last, in the array list->spare. The
 * older ones go to the stash in the array they are in. Without @spare, all of them.
 */
static void stash_surplus(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu)
{
	struct ntpool_lookaside_slots *slots = cpu->slots;
	struct ntpool_lookaside_slots *spare = list->spare;
	u32 keep = spare ? min_t(u32, list->depth, spare->cap) : 0;

	if (cpu->nr <= list->depth)
		return;
	ntpool_lookaside_stash(list, cpu);
	if (!keep)
		return;
	slots->nr -= keep;
	memcpy(spare->slot, slots->slot + slots->nr, keep * sizeof(void *));
	list->spare = NULL;
	WRITE_ONCE(cpu->slots, spare);
	WRITE_ONCE(cpu->nr, keep);
	WRITE_ONCE(cpu->low, keep);
	WRITE_ONCE(cpu->high, keep);
}

/*
 * Under the lock: a helper may free blocks of @list. What belongs to a driver's own
 * Free routine is left alone if the structure that names the routine is gone.
 */
static bool helper_may(struct ntpool_lookaside *list)
{
	return !list->dead && (list->desc.pool_frees || ntpool_lookaside_is_alive(list));
}

static void *stash_pop(struct ntpool_lookaside *list, bool helper)
{
	struct ntpool_lookaside_slots *slots;
	void *entry = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	for (slots = list->stash; slots && !slots->nr; slots = slots->next)
		;
	if (slots && (!helper || helper_may(list))) {
		entry = slots->slot[--slots->nr];
		list->freeing += helper;
	}
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	return entry;
}

/* Takes the arrays out of the stash that have nothing in them. */
static struct ntpool_lookaside_slots *stash_spent(struct ntpool_lookaside *list)
{
	struct ntpool_lookaside_slots **link = &list->stash;
	struct ntpool_lookaside_slots *spent = NULL;
	struct ntpool_lookaside_slots *slots;
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	while ((slots = *link)) {
		if (slots->nr) {
			link = &slots->next;
			continue;
		}
		*link = slots->next;
		slots->next = spent;
		spent = slots;
	}
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	return spent;
}

static void freeing_done(struct ntpool_lookaside *list)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	/* Whoever sees it go sees all that the Free routine did; see freeing_none(). */
	smp_store_release(&list->freeing, list->freeing - 1);
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	/* Orders the store before wake_up_var()'s look for waiters. */
	smp_mb();
	wake_up_var(&list->freeing);
}

static bool freeing_none(struct ntpool_lookaside *list)
{
	/* Pairs with the release in freeing_done(). */
	return !smp_load_acquire(&list->freeing);
}

/* Waits until no helper is inside the Free routine, where that can be waited for. */
void ntpool_lookaside_wait(struct ntpool_lookaside *list)
{
	bool spins = list->desc.type == NTPOOL_NONPAGED && !IS_ENABLED(CONFIG_PREEMPT_RT);

	if (spins)
		while (!freeing_none(list))
			cpu_relax();
	else if (ntpool_paged_ok())
		wait_var_event(&list->freeing, freeing_none(list));
}

/* What the pool's Free routine does, without a look at the public structure. */
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

static bool helper_free_one(struct ntpool_lookaside *list)
{
	bool bh = list->desc.type == NTPOOL_NONPAGED;
	void *entry;

	if (bh)
		local_bh_disable();
	entry = stash_pop(list, true);
	if (entry) {
		if (list->desc.pool_frees)
			pool_free(list, entry);
		else
			list->desc.free(list->head, entry, list->desc.creator);
		freeing_done(list);
	}
	if (bh)
		local_bh_enable();
	return entry;
}

/*
 * Frees the stash for somebody who is no user of the list and may meet its
 * deletion. Process context.
 */
void ntpool_lookaside_help(struct ntpool_lookaside *list)
{
	while (helper_free_one(list))
		cond_resched();
	ntpool_lookaside_wait(list);
	slots_free(stash_spent(list));
}

/* Frees the stash at the IRQL of its caller, whom no deletion can meet. */
static void stash_free(struct ntpool_lookaside *list, unsigned long caller)
{
	void *entry;

	while ((entry = stash_pop(list, false)))
		list->desc.free(list->head, entry, caller);
	if (!ntpool_raw_atomic())
		slots_free(stash_spent(list));
}

/* Moves all that is cached on any CPU to the stash. Process context. */
void ntpool_lookaside_stash_all(struct ntpool_lookaside *list)
{
	int nr;

	for_each_online_cpu(nr)
		if (READ_ONCE(per_cpu_ptr(list->cpus, nr)->slots))
			ntpool_lookaside_on_cpu(list, nr, ntpool_lookaside_stash);
}

/*
 * Moves to the stash what the CPUs have cached beyond list->depth; true if there was
 * something. For the scan.
 */
bool ntpool_lookaside_stash_surplus(struct ntpool_lookaside *list)
{
	bool found = false;
	int nr;

	for_each_online_cpu(nr) {
		if (READ_ONCE(per_cpu_ptr(list->cpus, nr)->nr) <= READ_ONCE(list->depth))
			continue;
		found = true;
		if (!list->spare && list->depth)
			list->spare = slots_alloc(list->depth);
		ntpool_lookaside_on_cpu(list, nr, stash_surplus);
	}
	kfree(list->spare);
	list->spare = NULL;
	return found;
}

static void stash_here(struct ntpool_lookaside *list)
{
	struct ntpool_lookaside_cpu *cpu;
	unsigned long flags;

	preempt_disable();
	cpu = this_cpu_ptr(list->cpus);
	if (!cpu_enter(cpu)) {
		preempt_enable();
		return;
	}
	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	ntpool_lookaside_stash(list, cpu);
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	ntpool_lookaside_leave(cpu, NULL);
}

/*
 * For a user of the list: true if everything that was cached has been freed. False:
 * the caller may not wait for other CPUs; that part is left to a helper, and so are
 * all paged blocks, since they are not to be freed at DISPATCH_LEVEL.
 */
bool ntpool_lookaside_empty(struct ntpool_lookaside *list, unsigned long caller)
{
	bool sleeps = ntpool_may_sleep();

	if (sleeps)
		ntpool_lookaside_stash_all(list);
	else
		stash_here(list);
	if (sleeps || list->desc.type == NTPOOL_NONPAGED)
		stash_free(list, caller);
	return sleeps;
}

/* For the deleter of the list, who has set list->dead: frees all there is. */
void ntpool_lookaside_finish(struct ntpool_lookaside *list, unsigned long caller)
{
	struct ntpool_lookaside_cpu *cpu;
	int nr;

	stash_free(list, caller);
	for_each_possible_cpu(nr) {
		cpu = per_cpu_ptr(list->cpus, nr);
		while (cpu->nr)
			list->desc.free(list->head, cpu->slots->slot[--cpu->nr], caller);
	}
	ntpool_lookaside_wait(list);
}

/*
 * For a dead list whose driver is gone: the stash goes back to the pool if it came
 * from there, else it is forgotten. The Free routine is not called any more.
 */
void ntpool_lookaside_abandon(struct ntpool_lookaside *list)
{
	void *entry;

	ntpool_lookaside_wait(list);
	while ((entry = stash_pop(list, false)))
		if (list->desc.pool_frees)
			pool_free(list, entry);
}

/*
 * The object
 */

static void cpus_init(struct ntpool_lookaside *list)
{
	struct ntpool_lookaside_cpu *cpu;
	int nr;

	for_each_possible_cpu(nr) {
		cpu = per_cpu_ptr(list->cpus, nr);
		cpu->list = list;
		cpu->total = cpu->own;
	}
}

/* NULL where there is no memory to be had. Any context. */
struct ntpool_lookaside *ntpool_lookaside_create(void)
{
	gfp_t gfp = ntpool_backing_gfp();
	struct ntpool_lookaside *list;
	unsigned int nr;

	if (!gfp || ntpool_backing_refused())
		return NULL;
	list = kzalloc(struct_size(list, note, nr_cpu_ids), gfp);
	if (!list)
		return NULL;
	if (!ntpool_backing_refused())
		list->cpus = __alloc_percpu_gfp(sizeof(*list->cpus), L1_CACHE_BYTES, gfp);
	if (!list->cpus) {
		kfree(list);
		return NULL;
	}
	for (nr = 0; nr < nr_cpu_ids; nr++)
		list->note[nr].room = NTPOOL_LA_DEPTH;
	list->home = NTPOOL_LA_UNOWNED;
	refcount_set(&list->refs, 1);
	cpus_init(list);
	return list;
}

/* What is still cached is not freed. Process context. */
void ntpool_lookaside_destroy(struct ntpool_lookaside *list)
{
	int nr;

	for_each_possible_cpu(nr)
		kfree(per_cpu_ptr(list->cpus, nr)->slots);
	slots_free(list->stash);
	free_percpu(list->cpus);
	kfree(list);
}
