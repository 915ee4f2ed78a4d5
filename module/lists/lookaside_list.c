// SPDX-License-Identifier: GPL-2.0
/*
 * The object behind the public structure of a lookaside list.
 *
 * NT keeps the state of a list in the public structure, which the driver allocates. Here
 * the structure leads to the per-CPU caches of an object, struct ntpool_lookaside.
 *
 * ntpool_lookaside_lock protects the objects of all lists and each access of a visitor to
 * a public structure. It is innermost, and raw because interprocessor interrupts take it.
 * A cache is used without it (lookaside_cache.h). Other CPUs change a cache only through
 * ntpool_lookaside_on_cpu().
 *
 * Objects and magazines lie behind guards (memory/record.c).
 *
 * Without memory for the caches a list works without them: its caches are those of
 * ntpool_lookaside_none, which are always busy. The scan gives it caches of its own later.
 *
 * module/README.md has the order of all locks.
 */
#include <linux/log2.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/uaccess.h>

#include "base/refuse.h"
#include "lists/lookaside_list.h"
#include "memory/backing.h"
#include "memory/record.h"

DEFINE_RAW_SPINLOCK(ntpool_lookaside_lock);
bool ntpool_lookaside_off __read_mostly;
DEFINE_PER_CPU(struct ntpool_lookaside_cpu, ntpool_lookaside_none) = { .busy = true };

/**
 * ntpool_lookaside_is_there() - whether the public structure still is that of a list
 * @list: the list, which may have been abandoned
 *
 * A deleted list is lost: its structure is the driver's.
 *
 * Context: any, with ntpool_lookaside_lock held.
 * Return: true if it is. It stays so until the caller drops the lock.
 */
bool ntpool_lookaside_is_there(struct ntpool_lookaside *list)
{
	struct ntpool_lookaside_head *head = list->head;
	struct ntpool_lookaside_head copy;

	lockdep_assert_held(&ntpool_lookaside_lock);
	if (list->lost)
		return false;
	/* A driver may have freed or even unmapped the structure. */
	if (copy_from_kernel_nofault(&copy, head, sizeof(copy)))
		return false;
	return copy.magic == ntpool_lookaside_magic(head) &&
	       copy.cpus == ntpool_lookaside_offset(list->cpus);
}

/**
 * ntpool_lookaside_is_alive() - whether a visitor may access the public structure
 * @list: the list
 *
 * Context: any, with ntpool_lookaside_lock held.
 * Return: true if the structure still is that of @list, and the list is neither deleted nor
 * abandoned. It stays so until the caller drops the lock.
 */
bool ntpool_lookaside_is_alive(struct ntpool_lookaside *list)
{
	return !list->dead && ntpool_lookaside_is_there(list);
}

/**
 * struct on_cpu - a call of a function for the cache of one CPU
 * @list: the list
 * @fn: the function
 * @busy: @fn was not called, because the interrupted code is in the per-CPU section
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
	call->busy = READ_ONCE(cpu->busy);
	if (!call->busy && !list->dead)
		call->fn(list, cpu);
	raw_spin_unlock(&ntpool_lookaside_lock);
}

/**
 * ntpool_lookaside_on_cpu() - call a function on a CPU, outside of its per-CPU section
 * @list: the list, which has caches
 * @nr: the CPU
 * @fn: the function, called with interrupts off and ntpool_lookaside_lock held
 *
 * @fn is not called if the list is dead or the CPU is offline.
 *
 * Context: process context; sleeps.
 * Return: false if the CPU is offline.
 */
bool ntpool_lookaside_on_cpu(struct ntpool_lookaside *list, int nr, ntpool_lookaside_cpu_fn fn)
{
	struct on_cpu call = { .list = list, .fn = fn };
	int err;

	for (;;) {
		err = smp_call_function_single(nr, on_cpu_run, &call, 1);
		if (err || !call.busy)
			return !err;
		cond_resched();
	}
}

/**
 * ntpool_lookaside_magazine_alloc() - allocate an empty magazine
 * @cap: slots that are needed; the magazine may have more
 *
 * It lies behind a guard, unless it is larger than a page.
 *
 * Context: any but atomic on PREEMPT_RT; does not sleep.
 * Return: the magazine, or NULL without memory.
 */
struct ntpool_lookaside_magazine *ntpool_lookaside_magazine_alloc(u32 cap)
{
	struct ntpool_lookaside_magazine *magazine;
	size_t size = struct_size(magazine, slot, cap);

	if (ntpool_refused())
		return NULL;
	/* All of its record holds slots. */
	size = roundup_pow_of_two(max_t(size_t, size, NTPOOL_RECORD_MIN));
	/* An area is zeroed, split and freed page by page: too long for an atomic context. */
	if (size > PAGE_SIZE)
		magazine = kmalloc(size, GFP_NOWAIT | __GFP_NOWARN);
	else
		magazine = ntpool_sized_alloc(size, GFP_NOWAIT | __GFP_NOWARN, NUMA_NO_NODE);
	if (!magazine)
		return NULL;
	magazine->next = NULL;
	magazine->nr = 0;
	magazine->memory = magazine;
	magazine->cap = (size - sizeof(*magazine)) / sizeof(magazine->slot[0]);
	return magazine;
}

/* Its end has not moved, even if its start has. */
static size_t magazine_bytes(const struct ntpool_lookaside_magazine *magazine)
{
	return (void *)&magazine->slot[magazine->cap] - magazine->memory;
}

/**
 * ntpool_lookaside_magazines_free() - free a chain of magazines, but not their blocks
 * @magazine: the first one, or NULL
 *
 * Context: any but atomic on PREEMPT_RT.
 */
void ntpool_lookaside_magazines_free(struct ntpool_lookaside_magazine *magazine)
{
	struct ntpool_lookaside_magazine *next;

	for (; magazine; magazine = next) {
		next = magazine->next;
		if (magazine_bytes(magazine) > PAGE_SIZE)
			kfree(magazine->memory);
		else
			ntpool_sized_free(magazine->memory, magazine_bytes(magazine));
	}
}

static struct ntpool_lookaside_cpu __percpu *cpus_alloc(struct ntpool_lookaside *list, gfp_t gfp)
{
	struct ntpool_lookaside_cpu __percpu *cpus;
	struct ntpool_lookaside_cpu *cpu;
	int nr;

	if (ntpool_refused())
		return NULL;
	cpus = __alloc_percpu_gfp(sizeof(*cpus), L1_CACHE_BYTES, gfp);
	if (!cpus)
		return NULL;
	for_each_possible_cpu(nr) {
		cpu = per_cpu_ptr(cpus, nr);
		cpu->list = list;
		cpu->total = cpu->own;
	}
	return cpus;
}

static size_t list_bytes(void)
{
	return struct_size((struct ntpool_lookaside *)NULL, prev, nr_cpu_ids);
}

/**
 * ntpool_lookaside_create() - allocate the object and the caches of a list
 *
 * Context: any; sleeps where the caller may.
 * Return: the object with one reference, maybe without caches; NULL without memory.
 */
struct ntpool_lookaside *ntpool_lookaside_create(void)
{
	gfp_t gfp = ntpool_backing_gfp();
	struct ntpool_lookaside *list;
	unsigned int nr;

	if (!gfp || ntpool_refused())
		return NULL;
	list = ntpool_sized_alloc(list_bytes(), gfp, NUMA_NO_NODE);
	if (!list)
		return NULL;
	list->cpus = cpus_alloc(list, gfp) ?: &ntpool_lookaside_none;
	for (nr = 0; nr < nr_cpu_ids; nr++)
		list->prev[nr].room = NTPOOL_LA_DEPTH;
	list->totals_owner = NTPOOL_LA_UNOWNED;
	refcount_set(&list->refs, 1);
	return list;
}

/**
 * ntpool_lookaside_add_caches() - allocate the caches that a list could not get before
 * @list: the list, with a reference
 *
 * Context: process context, one caller at a time; sleeps.
 */
void ntpool_lookaside_add_caches(struct ntpool_lookaside *list)
{
	struct ntpool_lookaside_cpu __percpu *cpus = cpus_alloc(list, GFP_KERNEL | __GFP_NOWARN);

	if (!cpus)
		return;
	raw_spin_lock_irq(&ntpool_lookaside_lock);
	if (ntpool_lookaside_is_alive(list)) {
		WRITE_ONCE(list->cpus, cpus);
		/* The caches are initialised before a CPU finds them. */
		smp_store_release(&list->head->cpus, ntpool_lookaside_offset(cpus));
		cpus = NULL;
	}
	raw_spin_unlock_irq(&ntpool_lookaside_lock);
	free_percpu(cpus);
}

/**
 * ntpool_lookaside_destroy() - free an object that is not used any more
 * @list: the object; ntpool_lookaside_free_rest() has freed its blocks
 *
 * Context: process context.
 */
void ntpool_lookaside_destroy(struct ntpool_lookaside *list)
{
	int nr;

	if (ntpool_lookaside_is_cached(list)) {
		for_each_possible_cpu(nr)
			ntpool_lookaside_magazines_free(per_cpu_ptr(list->cpus, nr)->magazine);
		free_percpu(list->cpus);
	}
	ntpool_lookaside_magazines_free(list->deferred);
	ntpool_lookaside_magazines_free(list->emptied);
	ntpool_sized_free(list, list_bytes());
}
