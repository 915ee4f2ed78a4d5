// SPDX-License-Identifier: GPL-2.0
/*
 * The caches of all CPUs: CPU hotplug, draining, the shrinker, and figures.
 *
 * A CPU's caches are made before it comes up for the first time. The hotplug callback empties
 * those of a dead CPU. A work item on each CPU that caches something empties its caches. Requests
 * without memory (source.c) wait for it, the shrinker does not. The shrinker counts empty pages,
 * cached runs, and as many pages as cached blocks would fill. It finds fewer if other blocks lie
 * between them.
 *
 * Locking: none of its own. A CPU empties its own caches, see cache.c. Others only observe them.
 *
 * Contexts: process context; ntpool_cache_bytes() and ntpool_cache_shrinkable() any.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#include "base/compat.h"
#include "base/refuse.h"
#include "heap/cache.h"
#include "heap/depot.h"
#include "heap/run_cache.h"
#include "parts.h"

static DEFINE_PER_CPU(struct work_struct, drain_work);
static struct workqueue_struct *drain_wq;	/* constant after init */
static enum cpuhp_state hotplug_state;		/* constant after init */
static struct ntpool_shrinker shrinker;

static void drain_this_cpu(struct work_struct *work)
{
	ntpool_cache_drain();
	ntpool_run_cache_drain();
}

/* True if @cpu caches a block or a run. */
static bool cpu_has_memory(int cpu)
{
	enum ntpool_type type;

	for (type = 0; type < NTPOOL_TYPES; type++)
		if (ntpool_cache_observe(READ_ONCE(per_cpu(ntpool_own_caches[type], cpu))))
			return true;
	return ntpool_run_cache_has_runs(cpu);
}

/*
 * Lets those CPUs that cache something, or have slots for it, empty their caches. Returns true if
 * one caches something.
 */
static bool drain_start(void)
{
	bool found = false, has_memory;
	int cpu;

	for_each_online_cpu(cpu) {
		has_memory = cpu_has_memory(cpu);
		if (has_memory || ntpool_cache_is_used(cpu))
			queue_work_on(cpu, drain_wq, per_cpu_ptr(&drain_work, cpu));
		found |= has_memory;
	}
	return found;
}

bool ntpool_cache_reclaim_all(void)
{
	bool found = ntpool_depot_bytes(NTPOOL_NONPAGED) || ntpool_depot_bytes(NTPOOL_PAGED);

	/* The caller may be a hotplug callback, which has the lock. */
	if (cpus_read_trylock()) {
		found |= drain_start();
		flush_workqueue(drain_wq);
		cpus_read_unlock();
	} else {
		found |= cpu_has_memory(raw_smp_processor_id());
		drain_this_cpu(NULL);
	}
	ntpool_depot_drain();
	return found;
}

/*
 * A CPU gets its caches when it comes up for the first time, and keeps them. Its node may
 * become known only now, or change while the CPU is dead; its caches are empty then.
 */
static int cache_cpu_prepare(unsigned int cpu)
{
	struct ntpool_cache *cache;
	int node = cpu_to_mem(cpu);
	enum ntpool_type type;

	if (node == NUMA_NO_NODE)
		node = numa_mem_id();
	for (type = 0; type < NTPOOL_TYPES; type++) {
		cache = per_cpu(ntpool_own_caches[type], cpu) ?: ntpool_cache_create(node);
		if (!cache)
			return -ENOMEM;
		cache->heap = ntpool_heap_of(type, node);
		/* Observers on other CPUs find its magazines. */
		smp_store_release(&per_cpu(ntpool_own_caches[type], cpu), cache);
		per_cpu(ntpool_caches[type], cpu) = cache;
	}
	ntpool_run_cache_cpu_prepare(cpu, node);
	return 0;
}

/* @cpu is dead: no code is in its sections. */
static int cache_cpu_dead(unsigned int cpu)
{
	struct ntpool_cache *cache;
	enum ntpool_type type;

	for (type = 0; type < NTPOOL_TYPES; type++) {
		cache = per_cpu(ntpool_own_caches[type], cpu);
		if (!cache)
			continue;
		ntpool_cache_empty(cache);
		ntpool_heap_trim_surplus(cache->heap);
	}
	ntpool_run_cache_cpu_dead(cpu);
	return 0;
}

bool ntpool_cache_is_used(int cpu)
{
	enum ntpool_type type;

	for (type = 0; type < NTPOOL_TYPES; type++)
		if (ntpool_cache_has_slots(READ_ONCE(per_cpu(ntpool_own_caches[type], cpu))))
			return true;
	return false;
}

unsigned long ntpool_cache_bytes(enum ntpool_type type)
{
	unsigned long bytes = ntpool_depot_bytes(type);
	int cpu;

	for_each_possible_cpu(cpu)
		bytes += ntpool_cache_observe(READ_ONCE(per_cpu(ntpool_own_caches[type], cpu)));
	return bytes;
}

/* The pages that cached blocks would fill, and at most the pages in use. */
static unsigned long cached_pages(void)
{
	unsigned long bytes = ntpool_cache_bytes(NTPOOL_NONPAGED) +
			      ntpool_cache_bytes(NTPOOL_PAGED);

	return min(ntpool_heap_pages() - ntpool_heap_empty_pages(), bytes >> PAGE_SHIFT);
}

unsigned long ntpool_cache_shrinkable(void)
{
	return ntpool_heap_empty_pages() + cached_pages() +
	       ntpool_run_cache_pages(NTPOOL_NONPAGED) + ntpool_run_cache_pages(NTPOOL_PAGED);
}

/*
 * Frees empty pages first, then empties the caches. Reclaim does not wait for other CPUs:
 * the next call finds the pages that they empty.
 */
static unsigned long shrink_scan(unsigned long nr)
{
	unsigned long freed = ntpool_heap_trim_all(0, nr);

	if (freed < nr) {
		ntpool_cache_drain();
		freed += ntpool_run_cache_drain();
		drain_start();
		ntpool_depot_drain();
		if (freed < nr)
			freed += ntpool_heap_trim_all(0, nr - freed);
	}
	return freed;
}

static void caches_free(void)
{
	enum ntpool_type type;
	int cpu;

	for_each_possible_cpu(cpu)
		for (type = 0; type < NTPOOL_TYPES; type++) {
			ntpool_cache_destroy(per_cpu(ntpool_own_caches[type], cpu));
			per_cpu(ntpool_own_caches[type], cpu) = NULL;
		}
}

int ntpool_cache_init(void)
{
	int cpu, ret;

	ntpool_cache_prepare();
	for_each_possible_cpu(cpu)
		INIT_WORK(per_cpu_ptr(&drain_work, cpu), drain_this_cpu);
	ret = ntpool_depot_init();
	if (ret)
		return ret;
	drain_wq = ntpool_refused() ? NULL :
		   alloc_workqueue("ntpool_drain", WQ_MEM_RECLAIM | WQ_PERCPU, 0);
	if (!drain_wq) {
		ret = -ENOMEM;
		goto no_queue;
	}
	ret = cpuhp_setup_state(CPUHP_BP_PREPARE_DYN, "ntpool/cache:prepare",
				cache_cpu_prepare, cache_cpu_dead);
	if (ret < 0)
		goto no_hotplug;
	hotplug_state = ret;
	ret = ntpool_refused() ? -ENOMEM :
	      ntpool_shrinker_register(&shrinker, "ntpool", ntpool_cache_shrinkable, shrink_scan);
	if (ret)
		goto no_shrinker;
	return 0;

no_shrinker:
	cpuhp_remove_state_nocalls(hotplug_state);
no_hotplug:
	destroy_workqueue(drain_wq);
	caches_free();
no_queue:
	ntpool_depot_exit();
	return ret;
}

/* Cached blocks are not returned: ntpool_heap_exit() frees their pages. */
void ntpool_cache_exit(void)
{
	ntpool_shrinker_unregister(&shrinker);
	cpuhp_remove_state_nocalls(hotplug_state);
	destroy_workqueue(drain_wq);
	caches_free();
	ntpool_depot_exit();
}

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/cache_hooks.c"
#endif
