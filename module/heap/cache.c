// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU caches of small blocks in front of the heaps.
 *
 * NT has per-processor lookaside lists for small pool blocks: S-lists, which a
 * double-width compare-and-exchange pops. Here each CPU has a magazine for each pool and
 * block size: an array of pointers to free blocks, used as a stack. A pop or push runs in
 * the per-CPU section of pcpu.h: in any context, without lock or atomic instruction.
 * An interrupt that finds the section entered gets ntpool_cache_none and uses the heap.
 *
 * Caching changes nothing in a block but the state in its header. Cached blocks count as
 * free in every figure. A magazine holds blocks of exactly one size, so no block is larger
 * than its request needs.
 *
 * A miss fills half of the magazine from the depot (depot.c). If the depot is empty, the
 * heap gives blocks, at most a page of them. A full magazine gives its older half to the
 * depot, or a few blocks to the heap. A cache holds only blocks of its CPU's node; others
 * return to the depot of their own heap. So do blocks that an interrupt of the section frees.
 * A small magazine grows if the depot has been enlarged for batches, until the magazine is
 * emptied. Blocks above NTPOOL_MAGAZINE_BYTES are not cached: limits.h tells why.
 *
 * An idle magazine is empty, and its top leads to a pair of marks that say "empty" and
 * "full". So the first push of a block takes the slow path, which starts the periodic
 * scan. The scan makes magazines idle that it finds empty twice. It stops when all
 * magazines of all CPUs are idle.
 *
 * A miss leaves the section of the fast path, and the slow path enters one of its own. The
 * fast path is inlined in exported routines. Without a call inside its section, it needs no
 * register that survives one.
 *
 * Draining. A work item on each CPU that caches something empties its caches. Requests
 * without memory (source.c) wait for it, the shrinker does not. The hotplug callback empties
 * the caches of a dead CPU. The shrinker counts empty pages, cached runs, and as many
 * pages as cached blocks would fill. It finds fewer if other blocks lie between them.
 *
 * Locking: none. A CPU's caches are its own. A section takes the locks of a depot and of
 * a heap, one after the other.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/err.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#include "base/compat.h"
#include "base/refuse.h"
#include "heap/cache.h"
#include "heap/depot.h"
#include "heap/limits.h"
#include "heap/run_cache.h"
#include "heap/scan.h"
#include "memory/record.h"
#include "parts.h"

enum {
	/* The most blocks that a free gives to the heap. */
	FLUSH_BLOCKS = 8,
};

DEFINE_PER_CPU(struct ntpool_cache *, ntpool_caches[NTPOOL_TYPES]);
struct ntpool_cache ntpool_cache_none;

/* The caches that ntpool_caches leads to outside of sections. */
static DEFINE_PER_CPU(struct ntpool_cache *, own_cache[NTPOOL_TYPES]);
static DEFINE_PER_CPU(struct work_struct, drain_work);
static struct workqueue_struct *drain_wq;	/* constant after init */
static enum cpuhp_state hotplug_state;		/* constant after init */
static struct ntpool_shrinker shrinker;

/* The marks of idle magazines, and of ntpool_cache_none. */
static struct ntpool_header *idle_marks[] = { NULL, NTPOOL_MAGAZINE_END };

/* Returns the heap of this CPU's node. Preemption is disabled. */
static struct ntpool_heap *heap_here(enum ntpool_type type)
{
	return __this_cpu_read(own_cache[type])->heap;
}

static bool magazine_is_idle(const struct ntpool_cache *cache, unsigned int granules)
{
	return READ_ONCE(cache->top[granules]) == idle_marks;
}

static unsigned int magazine_count(const struct ntpool_cache *cache, unsigned int granules)
{
	struct ntpool_header **top = READ_ONCE(cache->top[granules]);

	return top == idle_marks ? 0 : top - cache->floor[granules];
}

/* Sets the capacity, which is no less than the number of blocks. Called in the section. */
static void magazine_set_limit(struct ntpool_cache *cache, unsigned int granules,
			       unsigned int limit)
{
	struct ntpool_header **first = cache->floor[granules] + 1;

	first[cache->limit[granules]] = NULL;
	first[limit] = NTPOOL_MAGAZINE_END;
	cache->limit[granules] = limit;
}

/* Uses all slots if the depot has been enlarged. Returns true if that is more than before. */
static bool magazine_grow(struct ntpool_cache *cache, unsigned int granules)
{
	unsigned int room = ntpool_magazine_grown(granules);

	if (cache->limit[granules] == room || !ntpool_depot_is_enlarged(cache->heap, granules))
		return false;
	magazine_set_limit(cache, granules, room);
	return true;
}

/*
 * Moves the oldest @nr blocks to the depot, as far as that has room. If it has none, some of
 * them go to the heap: the caller may be an interrupt, and the heap merges each block.
 */
static void magazine_flush(struct ntpool_cache *cache, unsigned int granules, unsigned int nr)
{
	struct ntpool_header **first = cache->floor[granules] + 1;
	unsigned int moved = ntpool_depot_give(cache->heap, granules, first, nr), rest;

	if (!moved) {
		moved = min_t(unsigned int, nr, FLUSH_BLOCKS);
		ntpool_heap_give(cache->heap, first, moved);
		ntpool_depot_overflowed(cache->heap, granules, moved);
	}
	rest = magazine_count(cache, granules) - moved;
	memmove(first, first + moved, rest * sizeof(*first));
	WRITE_ONCE(cache->top[granules], cache->floor[granules] + rest);
}

/* Fills an empty magazine by half and takes one of the blocks; NULL: there is none. */
static struct ntpool_header *magazine_fill(struct ntpool_cache *cache, unsigned int granules)
{
	struct ntpool_header **first = cache->floor[granules] + 1;
	unsigned int half, nr;

	magazine_grow(cache, granules);
	half = max(cache->limit[granules] / 2, 1);
	nr = ntpool_depot_take(cache->heap, granules, first, half);
	/* At most a page of one size: other sizes may need the rest. */
	if (!nr) {
		nr = ntpool_heap_take(cache->heap, granules, 0, first,
				      min(half, NTPOOL_GRANULES / granules));
		ntpool_depot_missed(cache->heap, granules, nr);
	}
	if (!nr)
		return NULL;
	WRITE_ONCE(cache->top[granules], first + nr - 2);
	return first[nr - 1];
}

/* Moves all blocks to the heap, where they merge with their neighbours. */
static void magazine_empty(struct ntpool_cache *cache, unsigned int granules)
{
	unsigned int nr = magazine_count(cache, granules);

	if (nr)
		ntpool_heap_give(cache->heap, cache->floor[granules] + 1, nr);
	WRITE_ONCE(cache->top[granules], idle_marks);
	magazine_set_limit(cache, granules, ntpool_magazine_limit(granules));
}

static void cache_empty(struct ntpool_cache *cache)
{
	unsigned int granules;

	for (granules = 0; granules < NTPOOL_GRANULES; granules++)
		magazine_empty(cache, granules);
}

/* Empties the magazine if its fill level is the one that the last scan found. */
static void magazine_empty_old(struct ntpool_cache *cache, unsigned int granules)
{
	if (cache->top[granules] == cache->seen[granules])
		magazine_empty(cache, granules);
	cache->seen[granules] = cache->top[granules];
}

/* Gives the newest blocks, at most @nr, to the heap, and takes one of @granules from it. */
static struct ntpool_header *magazine_trade(struct ntpool_cache *cache, unsigned int from,
					    unsigned int nr, unsigned int granules,
					    unsigned int flags)
{
	struct ntpool_header **top = cache->top[from], *hdr = NULL;

	nr = min(nr, magazine_count(cache, from));
	if (nr) {
		WRITE_ONCE(cache->top[from], top - nr);
		ntpool_heap_give(cache->heap, top - nr + 1, nr);
		ntpool_heap_take(cache->heap, granules, flags, &hdr, 1);
	}
	return hdr;
}

/*
 * Gives blocks to the heap until that has one of @granules. A block that is large enough
 * comes first, the smallest one: it need not merge. Otherwise it depends on luck whether
 * smaller blocks merge, so a caller with interrupts disabled tries with a few only.
 */
static struct ntpool_header *cache_reclaim(struct ntpool_cache *cache, unsigned int granules,
					   unsigned int flags)
{
	struct ntpool_header *hdr = NULL;
	unsigned int from;

	for (from = granules; from < NTPOOL_GRANULES && !hdr; from++)
		hdr = magazine_trade(cache, from, 1, granules, flags);
	for (from = granules - 1; from >= NTPOOL_MIN_GRANULES && !hdr; from--)
		while (!hdr && magazine_count(cache, from)) {
			hdr = magazine_trade(cache, from, FLUSH_BLOCKS, granules, flags);
			if (irqs_disabled())
				return hdr;
		}
	return hdr;
}

struct ntpool_header *ntpool_cache_reclaim(struct ntpool_heap *heap, unsigned int granules,
					   unsigned int flags)
{
	struct ntpool_header *hdr = NULL;
	struct ntpool_cache *cache;

	preempt_disable();
	cache = ntpool_cache_enter(heap->type);
	/* The heap of ntpool_cache_none is an error pointer, equal to no heap. */
	if (cache->heap == heap)
		hdr = cache_reclaim(cache, granules, flags);
	ntpool_cache_leave(heap->type, cache);
	if (!hdr)
		hdr = ntpool_depot_reclaim(heap, granules, flags);
	preempt_enable();
	return hdr;
}

struct ntpool_header *ntpool_cache_pop_slow(enum ntpool_type type, unsigned int granules)
{
	struct ntpool_header *hdr = NULL;
	struct ntpool_cache *cache;

	preempt_disable();
	cache = ntpool_cache_enter(type);
	if (cache != &ntpool_cache_none && cache->limit[granules])
		hdr = ntpool_magazine_pop(cache, granules) ?: magazine_fill(cache, granules);
	else
		ntpool_heap_take(heap_here(type), granules, 0, &hdr, 1);
	ntpool_cache_leave(type, cache);
	preempt_enable();
	ntpool_scan_start();
	return hdr;
}

static void magazine_push(struct ntpool_cache *cache, struct ntpool_header *hdr,
			  unsigned int granules)
{
	if (magazine_is_idle(cache, granules))
		WRITE_ONCE(cache->top[granules], cache->floor[granules]);
	else if (magazine_count(cache, granules) == cache->limit[granules] &&
		 !magazine_grow(cache, granules))
		magazine_flush(cache, granules, max(cache->limit[granules] / 2, 1));
	*(cache->top[granules] + 1) = hdr;
	WRITE_ONCE(cache->top[granules], cache->top[granules] + 1);
}

void ntpool_cache_push_slow(struct ntpool_heap *heap, struct ntpool_header *hdr,
			    unsigned int granules)
{
	struct ntpool_cache *cache;

	preempt_disable();
	cache = ntpool_cache_enter(heap->type);
	/* The heap of ntpool_cache_none is an error pointer, equal to no heap. */
	if (cache->heap == heap && cache->limit[granules])
		magazine_push(cache, hdr, granules);
	else if (!ntpool_depot_give(heap, granules, &hdr, 1))
		ntpool_heap_give(heap, &hdr, 1);
	ntpool_cache_leave(heap->type, cache);
	preempt_enable();
	ntpool_scan_start();
	ntpool_heap_trim_surplus(heap);
}

typedef void (*magazine_fn)(struct ntpool_cache *cache, unsigned int granules);

/* Calls @fn for a magazine of this CPU, in the section of its cache. Process context. */
static void on_magazine(enum ntpool_type type, unsigned int granules, magazine_fn fn)
{
	struct ntpool_cache *cache;
	struct ntpool_heap *heap;

	preempt_disable();
	heap = heap_here(type);
	cache = ntpool_cache_enter(type);
	/* A thread never interrupts a section. */
	if (!WARN_ON_ONCE(cache == &ntpool_cache_none))
		fn(cache, granules);
	ntpool_cache_leave(type, cache);
	preempt_enable();
	ntpool_heap_trim_surplus(heap);
}

/* Calls @fn for all magazines of this CPU, each in a section of its own. Process context. */
static void on_this_cpu(magazine_fn fn)
{
	enum ntpool_type type;
	unsigned int granules;

	for (type = 0; type < NTPOOL_TYPES; type++)
		for (granules = 0; granules < NTPOOL_GRANULES; granules++)
			on_magazine(type, granules, fn);
}

static void drain_this_cpu(struct work_struct *work)
{
	on_this_cpu(magazine_empty);
	ntpool_run_cache_drain();
}

void ntpool_cache_age(void)
{
	on_this_cpu(magazine_empty_old);
}

static unsigned long cache_bytes(const struct ntpool_cache *cache)
{
	unsigned long bytes = 0;
	unsigned int granules;

	for (granules = NTPOOL_MIN_GRANULES; cache && granules < NTPOOL_GRANULES; granules++)
		bytes += ((unsigned long)magazine_count(cache, granules) * granules)
			 << NTPOOL_GRANULE_SHIFT;
	return bytes;
}

/* True if @cpu caches a block or a run. */
static bool cpu_has_memory(int cpu)
{
	enum ntpool_type type;

	for (type = 0; type < NTPOOL_TYPES; type++)
		if (cache_bytes(READ_ONCE(per_cpu(own_cache[type], cpu))))
			return true;
	return ntpool_run_cache_has_runs(cpu);
}

/* Lets those CPUs that cache something empty their caches. */
static bool drain_start(void)
{
	bool started = false;
	int cpu;

	for_each_online_cpu(cpu)
		if (cpu_has_memory(cpu)) {
			queue_work_on(cpu, drain_wq, per_cpu_ptr(&drain_work, cpu));
			started = true;
		}
	return started;
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

static void cache_init(struct ntpool_cache *cache)
{
	struct ntpool_header **slot = cache->slots;
	unsigned int granules;

	for (granules = 0; granules < NTPOOL_GRANULES; granules++) {
		cache->floor[granules] = slot;
		cache->top[granules] = idle_marks;
		magazine_set_limit(cache, granules, ntpool_magazine_limit(granules));
		slot += ntpool_magazine_grown(granules) + 2;
	}
}

static void cache_none_init(void)
{
	unsigned int granules;

	for (granules = 0; granules < NTPOOL_GRANULES; granules++)
		ntpool_cache_none.top[granules] = idle_marks;
	/* Not NULL, which is the heap of a run of pages. */
	ntpool_cache_none.heap = ERR_PTR(-ENOENT);
}

static struct ntpool_cache *cache_create(int node)
{
	struct ntpool_cache *cache;

	cache = ntpool_refused() ? NULL :
		ntpool_guarded_alloc(struct_size(cache, slots, ntpool_cache_slots()), GFP_KERNEL,
				     node_online(node) ? node : NUMA_NO_NODE);
	if (cache)
		cache_init(cache);
	return cache;
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
		cache = per_cpu(own_cache[type], cpu) ?: cache_create(node);
		if (!cache)
			return -ENOMEM;
		cache->heap = ntpool_heap_of(type, node);
		/* Observers on other CPUs find its magazines. */
		smp_store_release(&per_cpu(own_cache[type], cpu), cache);
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
		cache = per_cpu(own_cache[type], cpu);
		if (!cache)
			continue;
		cache_empty(cache);
		ntpool_heap_trim_surplus(cache->heap);
	}
	ntpool_run_cache_cpu_dead(cpu);
	return 0;
}

static bool cache_is_used(const struct ntpool_cache *cache)
{
	unsigned int granules;

	for (granules = NTPOOL_MIN_GRANULES; cache && granules < NTPOOL_GRANULES; granules++)
		if (!magazine_is_idle(cache, granules))
			return true;
	return false;
}

bool ntpool_cache_is_used(int cpu)
{
	enum ntpool_type type;

	for (type = 0; type < NTPOOL_TYPES; type++)
		if (cache_is_used(READ_ONCE(per_cpu(own_cache[type], cpu))))
			return true;
	return false;
}

unsigned long ntpool_cache_bytes(enum ntpool_type type)
{
	unsigned long bytes = ntpool_depot_bytes(type);
	int cpu;

	for_each_possible_cpu(cpu)
		bytes += cache_bytes(READ_ONCE(per_cpu(own_cache[type], cpu)));
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
		on_this_cpu(magazine_empty);
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
			ntpool_guarded_free(per_cpu(own_cache[type], cpu));
			per_cpu(own_cache[type], cpu) = NULL;
		}
}

int ntpool_cache_init(void)
{
	int cpu, ret;

	cache_none_init();
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
