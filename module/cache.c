// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU caches of small blocks in front of the heaps.
 *
 * NT has per-processor lookaside lists for small pool blocks, S-lists popped with
 * a double-width compare-and-exchange. Here each CPU has, for each pool and each
 * block size, a small array of free blocks, and takes from it and puts into it
 * with preemption disabled and nothing else: no lock, no atomic instruction, no
 * interrupts turned off. What makes that safe in softirqs and hard interrupts is
 * a flag, `busy`, in the cache: it is set while somebody is inside, and whoever
 * interrupts him finds it set and goes to the heap instead. An interrupt that
 * comes when the flag is clear runs to completion before the interrupted code
 * goes on, so plain loads and stores suffice; barrier() keeps the compiler from
 * moving them out.
 *
 * The arrays hold pointers; nothing is written into a cached block but the state
 * in its header. Cached blocks count as free in every figure.
 *
 * Sizes are cached exactly, by units, so a block never has more units than it
 * needs. An empty bin is filled with half of what it may hold, and a full one
 * gives its older half back, each under one taking of the heap's lock.
 *
 * Who drains: the worker of each CPU on request (ntp_cache_drain(), which the
 * shrinker uses without waiting), and, when a CPU is dead, the one that took it
 * down. NUMA: a cache only holds blocks of its CPU's own node; others go straight
 * to their heap.
 *
 * The shrinker counts what could be returned as whole pages: empty pages of the
 * heaps, and an estimate of what the caches hold back.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/export.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#include "cache.h"
#include "compat.h"
#include "test.h"

enum {
	/* Up to an eighth of a page: what two pages hold; above: one; within bounds. */
	SMALL_UNITS = NTP_UNITS / 8,
	SMALL_BYTES = 2 * PAGE_SIZE,
	LARGE_BYTES = PAGE_SIZE,
	MOST = 128,
	LEAST = 4,
	/* What reclaim may expect of the caches of one CPU. */
	CPU_PAGES = 64,
};

struct ntp_cache __percpu *ntp_caches[NTP_KINDS] __ro_after_init;

static DEFINE_PER_CPU(struct work_struct, drain_work);
static struct workqueue_struct *drain_wq;
static enum cpuhp_state hotplug_state;
static struct ntp_shrinker shrinker;

static unsigned int bin_limit(unsigned int units)
{
	unsigned int bytes = units << NTP_UNIT_SHIFT;

	if (units < NTP_MIN_UNITS)
		return 0;
	if (units <= SMALL_UNITS)
		return min_t(unsigned int, SMALL_BYTES / bytes, MOST);
	return max_t(unsigned int, LARGE_BYTES / bytes, LEAST);
}

/* Sets busy for the caller, who has preemption disabled; false if it was set. */
static bool cache_enter(struct ntp_cache *cache)
{
	if (cache->busy)
		return false;
	cache->busy = true;
	barrier();
	return true;
}

static void cache_leave(struct ntp_cache *cache)
{
	barrier();
	cache->busy = false;
}

/* Gives the oldest @nr blocks back. */
static void bin_flush(struct ntp_cache *cache, struct ntp_bin *bin, unsigned int nr)
{
	ntp_heap_give(cache->heap, bin->slot, nr);
	bin->nr -= nr;
	memmove(bin->slot, bin->slot + nr, bin->nr * sizeof(*bin->slot));
}

static struct ntp_header *bin_fill(struct ntp_cache *cache, unsigned int units)
{
	struct ntp_bin *bin = &cache->bin[units];

	if (!bin->nr)
		bin->nr = ntp_heap_take(cache->heap, units, bin->slot,
					max(bin->limit / 2, 1U));
	return bin->nr ? bin->slot[--bin->nr] : NULL;
}

struct ntp_header *ntp_cache_refill(enum ntp_kind kind, unsigned int units)
{
	struct ntp_header *hdr = NULL;
	struct ntp_cache *cache;
	struct ntp_heap *heap;

	preempt_disable();
	cache = this_cpu_ptr(ntp_caches[kind]);
	heap = cache->heap;
	if (cache_enter(cache)) {
		hdr = bin_fill(cache, units);
		cache_leave(cache);
	} else {
		ntp_heap_take(heap, units, &hdr, 1);
	}
	preempt_enable();
	return hdr ?: ntp_heap_take_fresh(heap, units);
}

void ntp_cache_put(struct ntp_heap *heap, struct ntp_header *hdr, unsigned int units)
{
	struct ntp_cache *cache;
	struct ntp_bin *bin;

	preempt_disable();
	cache = this_cpu_ptr(ntp_caches[heap->kind]);
	bin = &cache->bin[units];
	if (cache->heap == heap && bin->limit && cache_enter(cache)) {
		if (bin->nr == bin->limit)
			bin_flush(cache, bin, max(bin->limit / 2, 1U));
		bin->slot[bin->nr++] = hdr;
		cache_leave(cache);
	} else {
		ntp_heap_give(heap, &hdr, 1);
	}
	preempt_enable();
	ntp_heap_settle(heap);
}

static void cache_empty(struct ntp_cache *cache)
{
	unsigned int units;

	for (units = 0; units < NTP_UNITS; units++)
		if (cache->bin[units].nr)
			bin_flush(cache, &cache->bin[units], cache->bin[units].nr);
}

/* The caches of the CPU that this runs on. */
static void drain_this_cpu(struct work_struct *work)
{
	struct ntp_cache *cache;
	struct ntp_heap *heap;
	enum ntp_kind kind;

	for (kind = 0; kind < NTP_KINDS; kind++) {
		preempt_disable();
		cache = this_cpu_ptr(ntp_caches[kind]);
		heap = cache->heap;
		/* Never busy here: this is no interrupt, and threads inside are
		 * not preempted.
		 */
		if (!WARN_ON_ONCE(!cache_enter(cache))) {
			cache_empty(cache);
			cache_leave(cache);
		}
		preempt_enable();
		ntp_heap_settle(heap);
	}
}

static void drain_start(void)
{
	int cpu;

	for_each_online_cpu(cpu)
		queue_work_on(cpu, drain_wq, per_cpu_ptr(&drain_work, cpu));
}

void ntp_cache_drain(void)
{
	cpus_read_lock();
	drain_start();
	flush_workqueue(drain_wq);
	cpus_read_unlock();
}

#if IS_ENABLED(CONFIG_KUNIT)
void ntpool_test_drain(void)
{
	ntp_cache_drain();
	ntp_heap_trim_all(0, ULONG_MAX);
	rcu_barrier();
}
EXPORT_SYMBOL_GPL(ntpool_test_drain);
#endif

/*
 * The node of a CPU may be known only when it comes, and change while it is away.
 * Its caches are empty then.
 */
static int cache_cpu_prepare(unsigned int cpu)
{
	int node = cpu_to_mem(cpu);
	enum ntp_kind kind;

	if (node == NUMA_NO_NODE)
		node = numa_mem_id();
	for (kind = 0; kind < NTP_KINDS; kind++)
		per_cpu_ptr(ntp_caches[kind], cpu)->heap = ntp_heap_of(kind, node);
	return 0;
}

/* @cpu is dead: its caches are nobody's. */
static int cache_cpu_dead(unsigned int cpu)
{
	struct ntp_cache *cache;
	enum ntp_kind kind;

	for (kind = 0; kind < NTP_KINDS; kind++) {
		cache = per_cpu_ptr(ntp_caches[kind], cpu);
		cache_empty(cache);
		ntp_heap_settle(cache->heap);
	}
	return 0;
}

static unsigned long cache_bytes(const struct ntp_cache *cache)
{
	unsigned long bytes = 0;
	unsigned int units;

	for (units = NTP_MIN_UNITS; units < NTP_UNITS; units++)
		bytes += ((unsigned long)READ_ONCE(cache->bin[units].nr) * units) <<
			 NTP_UNIT_SHIFT;
	return bytes;
}

unsigned long ntp_cache_bytes(enum ntp_kind kind)
{
	unsigned long bytes = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		bytes += cache_bytes(per_cpu_ptr(ntp_caches[kind], cpu));
	return bytes;
}

/* Not more than the pages there are, and not more than so many for each CPU. */
static unsigned long cached_pages_estimate(void)
{
	return min(ntp_heap_pages() - ntp_heap_empty_pages(),
		   (unsigned long)num_online_cpus() * CPU_PAGES);
}

static unsigned long shrink_count(void)
{
	return ntp_heap_empty_pages() + cached_pages_estimate();
}

/*
 * Empty pages first. If they are not enough the caches are emptied; reclaim does
 * not wait for other CPUs, what they give back the next round finds.
 */
static unsigned long shrink_scan(unsigned long nr)
{
	unsigned long freed = ntp_heap_trim_all(0, nr);

	if (freed < nr) {
		drain_this_cpu(NULL);
		drain_start();
		freed += ntp_heap_trim_all(0, nr - freed);
	}
	return freed;
}

static void __init cache_init(struct ntp_cache *cache)
{
	struct ntp_header **slot = cache->slots;
	unsigned int units;

	for (units = 0; units < NTP_UNITS; units++) {
		cache->bin[units].limit = bin_limit(units);
		cache->bin[units].slot = slot;
		slot += bin_limit(units);
	}
}

static int __init caches_create(enum ntp_kind kind)
{
	unsigned int units, slots = 0;
	int cpu;

	for (units = 0; units < NTP_UNITS; units++)
		slots += bin_limit(units);
	ntp_caches[kind] = __alloc_percpu(struct_size_t(struct ntp_cache, slots, slots),
					  SMP_CACHE_BYTES);
	if (!ntp_caches[kind])
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		cache_init(per_cpu_ptr(ntp_caches[kind], cpu));
	return 0;
}

static void caches_free(void)
{
	enum ntp_kind kind;

	for (kind = 0; kind < NTP_KINDS; kind++)
		free_percpu(ntp_caches[kind]);
}

int __init ntp_cache_init(void)
{
	int cpu, ret;

	if (caches_create(NTP_NONPAGED) || caches_create(NTP_PAGED))
		goto no_memory;
	for_each_possible_cpu(cpu) {
		INIT_WORK(per_cpu_ptr(&drain_work, cpu), drain_this_cpu);
		cache_cpu_prepare(cpu);
	}
	drain_wq = alloc_workqueue("ntpool_drain", WQ_MEM_RECLAIM | WQ_PERCPU, 0);
	if (!drain_wq)
		goto no_memory;
	ret = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "ntpool/cache:prepare",
					cache_cpu_prepare, cache_cpu_dead);
	if (ret < 0)
		goto no_hotplug;
	hotplug_state = ret;
	ret = ntp_shrinker_register(&shrinker, "ntpool", shrink_count, shrink_scan);
	if (ret)
		goto no_shrinker;
	return 0;

no_shrinker:
	cpuhp_remove_state_nocalls(hotplug_state);
no_hotplug:
	destroy_workqueue(drain_wq);
	caches_free();
	return ret;
no_memory:
	caches_free();
	return -ENOMEM;
}

/* Cached blocks need no giving back: their heaps go next. */
void ntp_cache_exit(void)
{
	ntp_shrinker_unregister(&shrinker);
	cpuhp_remove_state_nocalls(hotplug_state);
	destroy_workqueue(drain_wq);
	caches_free();
}
