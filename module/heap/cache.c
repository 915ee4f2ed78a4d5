// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU caches of small blocks in front of the heaps.
 *
 * NT has per-processor lookaside lists for small pool blocks, S-lists popped with
 * a double-width compare-and-exchange. Here each CPU has, for each pool and each
 * block size, a small array of free blocks, and takes from it and puts into it
 * with preemption disabled and nothing else: no lock, no atomic instruction, no
 * interrupts turned off. What makes that safe in softirqs and hard interrupts: who
 * goes inside leaves a cache that is empty and full at once, ntp_cache_none, in the
 * CPU's pointer, and puts his own back when he comes out. Whoever interrupts him finds
 * nothing in that and no room, and goes to the heap instead, without a test of its own.
 * An interrupt that comes when nobody is inside runs to completion before the
 * interrupted code goes on, so plain loads and stores suffice; barrier() keeps the
 * compiler from moving them out.
 *
 * The arrays hold pointers; nothing is written into a cached block but the state
 * in its header. Cached blocks count as free in every figure.
 *
 * Sizes are cached exactly, by units, so a block never has more units than it
 * needs. An empty bin is filled with half of what it may hold, or a page of the heap's, and a
 * full one gives its older half back. Between the CPUs' caches and a heap is its depot (depot.c)
 * for the smaller sizes, which passes blocks on as they are.
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
#include <linux/err.h>
#include <linux/export.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#include "base/compat.h"
#include "heap/cache.h"
#include "heap/depot.h"
#include "heap/run_cache.h"
#include "observe/test.h"

enum {
	/* What reclaim may expect of the caches of one CPU. */
	CPU_PAGES = 64,
};

DEFINE_PER_CPU(struct ntp_cache *, ntp_caches[NTP_KINDS]);
struct ntp_cache ntp_cache_none;

/* A CPU's cache, whoever is inside. */
static DEFINE_PER_CPU(struct ntp_cache *, own_cache[NTP_KINDS]);
static DEFINE_PER_CPU(struct work_struct, drain_work);
static struct workqueue_struct *drain_wq;
static enum cpuhp_state hotplug_state;
static struct ntp_shrinker shrinker;

/*
 * Many of the small sizes, of which drivers hold many and which are small; of the
 * others four pages, one, or a pair. All bins full are about 2 MiB.
 */
unsigned int ntp_bin_limit(unsigned int units)
{
	unsigned int bytes = units << NTP_UNIT_SHIFT;

	if (units < NTP_MIN_UNITS)
		return 0;
	if (units <= NTP_UNITS / 32)
		return 320;
	if (units <= NTP_DEPOT_UNITS)
		return 4 * PAGE_SIZE / bytes;
	return max_t(unsigned int, PAGE_SIZE / bytes, 2);
}

/* With preemption disabled: this CPU's cache for the caller to use; NULL: it is in use. */
static struct ntp_cache *cache_enter(enum ntp_kind kind)
{
	struct ntp_cache *cache = ntp_cache_enter(kind);

	return cache == &ntp_cache_none ? NULL : cache;
}

/* The heap of this CPU's node. */
static struct ntp_heap *heap_here(enum ntp_kind kind)
{
	return __this_cpu_read(own_cache[kind])->heap;
}

static unsigned int bin_count(const struct ntp_cache *cache, unsigned int units)
{
	return READ_ONCE(cache->top[units]) - cache->floor[units];
}

/* Gives the oldest @nr blocks back: to the depot, if there is one with room for them. */
static void bin_flush(struct ntp_cache *cache, unsigned int units, unsigned int nr)
{
	struct ntp_header **first = cache->floor[units] + 1;
	unsigned int rest = bin_count(cache, units) - nr;
	unsigned int taken = ntp_depot_give(cache->heap, units, first, nr);

	ntp_heap_give(cache->heap, first + taken, nr - taken);
	memmove(first, first + nr, rest * sizeof(*first));
	WRITE_ONCE(cache->top[units], cache->floor[units] + rest);
}

static struct ntp_header *bin_fill(struct ntp_cache *cache, unsigned int units)
{
	unsigned int want = max(cache->limit[units] / 2, 1);
	struct ntp_header **first = cache->floor[units] + 1;
	unsigned int nr = bin_count(cache, units);

	if (!nr)
		nr = ntp_depot_take(cache->heap, units, first, want);
	/* Not more than a page of one size: others may need what is left. */
	if (!nr)
		nr = ntp_heap_take(cache->heap, units, first,
				   min(want, NTP_UNITS / units));
	if (!nr)
		return NULL;
	WRITE_ONCE(cache->top[units], first + nr - 2);
	return first[nr - 1];
}

/* Past the depot. */
static void bin_empty(struct ntp_cache *cache, unsigned int units)
{
	ntp_heap_give(cache->heap, cache->floor[units] + 1, bin_count(cache, units));
	WRITE_ONCE(cache->top[units], cache->floor[units]);
}

static void cache_empty(struct ntp_cache *cache)
{
	unsigned int units;

	for (units = 0; units < NTP_UNITS; units++)
		bin_empty(cache, units);
}

static void cache_empty_old(struct ntp_cache *cache)
{
	unsigned int units;

	for (units = 0; units < NTP_UNITS; units++) {
		if (cache->top[units] == cache->seen[units])
			bin_empty(cache, units);
		cache->seen[units] = cache->top[units];
	}
}

/* Bin by bin, the largest first, until a block comes of it. Inside. */
static struct ntp_header *cache_squeeze(struct ntp_cache *cache, unsigned int units)
{
	struct ntp_header *hdr = NULL;
	unsigned int from;

	for (from = NTP_UNITS - 1; from >= NTP_MIN_UNITS; from--) {
		if (!bin_count(cache, from))
			continue;
		bin_empty(cache, from);
		if (ntp_heap_take(cache->heap, units, &hdr, 1))
			break;
	}
	return hdr;
}

/*
 * The kernel has nothing: what is cached in other sizes may be merged to what is needed.
 * An interrupt may be who asks, so no more is done than it takes.
 */
static struct ntp_header *cache_last_resort(enum ntp_kind kind, unsigned int units)
{
	struct ntp_header *hdr = NULL;
	struct ntp_cache *cache;

	preempt_disable();
	cache = cache_enter(kind);
	if (cache) {
		hdr = cache_squeeze(cache, units);
		ntp_cache_leave(kind, cache);
	}
	if (!hdr)
		hdr = ntp_depot_squeeze(heap_here(kind), units);
	preempt_enable();
	return hdr;
}

struct ntp_header *ntp_cache_refill(enum ntp_kind kind, unsigned int units)
{
	struct ntp_header *hdr = NULL;
	struct ntp_cache *cache;
	struct ntp_heap *heap;

	preempt_disable();
	heap = heap_here(kind);
	cache = cache_enter(kind);
	if (cache) {
		hdr = bin_fill(cache, units);
		ntp_cache_leave(kind, cache);
	} else {
		ntp_heap_take(heap, units, &hdr, 1);
	}
	preempt_enable();
	ntp_age_start();
	return hdr ?: ntp_heap_take_fresh(heap, units) ?: cache_last_resort(kind, units);
}

static void bin_put(struct ntp_cache *cache, struct ntp_header *hdr, unsigned int units)
{
	if (bin_count(cache, units) == cache->limit[units])
		bin_flush(cache, units, max(cache->limit[units] / 2, 1));
	*(cache->top[units] + 1) = hdr;
	WRITE_ONCE(cache->top[units], cache->top[units] + 1);
}

void ntp_cache_put(struct ntp_heap *heap, struct ntp_header *hdr, unsigned int units)
{
	struct ntp_cache *cache = NULL;

	preempt_disable();
	if (heap == heap_here(heap->kind) && ntp_bin_limit(units))
		cache = cache_enter(heap->kind);
	if (cache) {
		bin_put(cache, hdr, units);
		ntp_cache_leave(heap->kind, cache);
	} else {
		ntp_heap_give(heap, &hdr, 1);
	}
	preempt_enable();
	ntp_heap_settle(heap);
}

/* The caches of the CPU that this runs on. */
static void on_this_cpu(void (*fn)(struct ntp_cache *cache))
{
	struct ntp_cache *cache;
	struct ntp_heap *heap;
	enum ntp_kind kind;

	for (kind = 0; kind < NTP_KINDS; kind++) {
		preempt_disable();
		heap = heap_here(kind);
		/* Always: this is no interrupt, and threads inside are not preempted. */
		cache = cache_enter(kind);
		if (!WARN_ON_ONCE(!cache)) {
			fn(cache);
			ntp_cache_leave(kind, cache);
		}
		preempt_enable();
		ntp_heap_settle(heap);
	}
}

static void drain_this_cpu(struct work_struct *work)
{
	on_this_cpu(cache_empty);
	ntp_big_cache_drain();
}

void ntp_cache_age(void)
{
	on_this_cpu(cache_empty_old);
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
	ntp_depot_drain();
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

static void cache_init(struct ntp_cache *cache)
{
	struct ntp_header **slot = cache->slots;
	unsigned int units, limit;

	for (units = 0; units < NTP_UNITS; units++) {
		limit = ntp_bin_limit(units);
		cache->limit[units] = limit;
		cache->floor[units] = slot;
		cache->top[units] = slot;
		slot += limit + 2;
		slot[-1] = NTP_BIN_END;
	}
}

static void __init cache_none_init(void)
{
	static struct ntp_header *marks[] = { NULL, NTP_BIN_END };
	unsigned int units;

	for (units = 0; units < NTP_UNITS; units++)
		ntp_cache_none.top[units] = marks;
	/* Not NULL either, which whole pages have. */
	ntp_cache_none.heap = ERR_PTR(-ENOENT);
}

static struct ntp_cache *cache_create(int node)
{
	unsigned int units, slots = 2 * NTP_UNITS;
	struct ntp_cache *cache;

	for (units = 0; units < NTP_UNITS; units++)
		slots += ntp_bin_limit(units);
	cache = kvzalloc_node(struct_size(cache, slots, slots), GFP_KERNEL,
			      node_online(node) ? node : NUMA_NO_NODE);
	if (cache)
		cache_init(cache);
	return cache;
}

/*
 * Its caches are made when a CPU comes for the first time, and then stay. Its node may
 * be known only now, and change while it is away; its caches are empty then.
 */
static int cache_cpu_prepare(unsigned int cpu)
{
	struct ntp_cache *cache;
	int node = cpu_to_mem(cpu);
	enum ntp_kind kind;

	if (node == NUMA_NO_NODE)
		node = numa_mem_id();
	for (kind = 0; kind < NTP_KINDS; kind++) {
		cache = per_cpu(own_cache[kind], cpu) ?: cache_create(node);
		if (!cache)
			return -ENOMEM;
		cache->heap = ntp_heap_of(kind, node);
		per_cpu(own_cache[kind], cpu) = cache;
		per_cpu(ntp_caches[kind], cpu) = cache;
	}
	ntp_big_cache_cpu_prepare(cpu, node);
	return 0;
}

/* @cpu is dead: its caches are nobody's. */
static int cache_cpu_dead(unsigned int cpu)
{
	struct ntp_cache *cache;
	enum ntp_kind kind;

	for (kind = 0; kind < NTP_KINDS; kind++) {
		cache = per_cpu(own_cache[kind], cpu);
		if (!cache)
			continue;
		cache_empty(cache);
		ntp_heap_settle(cache->heap);
	}
	ntp_big_cache_cpu_dead(cpu);
	return 0;
}

static unsigned long cache_bytes(const struct ntp_cache *cache)
{
	unsigned long bytes = 0;
	unsigned int units;

	for (units = NTP_MIN_UNITS; cache && units < NTP_UNITS; units++)
		bytes += ((unsigned long)bin_count(cache, units) * units) << NTP_UNIT_SHIFT;
	return bytes;
}

bool ntp_cache_is_used(int cpu)
{
	enum ntp_kind kind;

	for (kind = 0; kind < NTP_KINDS; kind++)
		if (cache_bytes(per_cpu(own_cache[kind], cpu)))
			return true;
	return false;
}

unsigned long ntp_cache_bytes(enum ntp_kind kind)
{
	unsigned long bytes = ntp_depot_bytes(kind);
	int cpu;

	for_each_possible_cpu(cpu)
		bytes += cache_bytes(per_cpu(own_cache[kind], cpu));
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
	return ntp_heap_empty_pages() + cached_pages_estimate() +
	       ntp_big_cache_pages(NTP_NONPAGED) + ntp_big_cache_pages(NTP_PAGED);
}

/*
 * Empty pages first. If they are not enough the caches are emptied; reclaim does
 * not wait for other CPUs, what they give back the next round finds.
 */
static unsigned long shrink_scan(unsigned long nr)
{
	unsigned long freed = ntp_heap_trim_all(0, nr);

	if (freed < nr) {
		on_this_cpu(cache_empty);
		freed += ntp_big_cache_drain();
		drain_start();
		ntp_depot_drain();
		if (freed < nr)
			freed += ntp_heap_trim_all(0, nr - freed);
	}
	return freed;
}

static void caches_free(void)
{
	enum ntp_kind kind;
	int cpu;

	for_each_possible_cpu(cpu)
		for (kind = 0; kind < NTP_KINDS; kind++) {
			kvfree(per_cpu(own_cache[kind], cpu));
			per_cpu(own_cache[kind], cpu) = NULL;
		}
}

int __init ntp_cache_init(void)
{
	int cpu, ret = -ENOMEM;

	cache_none_init();
	for_each_possible_cpu(cpu)
		INIT_WORK(per_cpu_ptr(&drain_work, cpu), drain_this_cpu);
	drain_wq = alloc_workqueue("ntpool_drain", WQ_MEM_RECLAIM | WQ_PERCPU, 0);
	if (!drain_wq)
		return ret;
	ret = cpuhp_setup_state(CPUHP_BP_PREPARE_DYN, "ntpool/cache:prepare",
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
}

/* Cached blocks need no giving back: their heaps go next. */
void ntp_cache_exit(void)
{
	ntp_shrinker_unregister(&shrinker);
	cpuhp_remove_state_nocalls(hotplug_state);
	destroy_workqueue(drain_wq);
	caches_free();
}
