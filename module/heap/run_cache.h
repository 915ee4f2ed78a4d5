/* SPDX-License-Identifier: GPL-2.0 */
/* Per-CPU caches of runs of pages. */
#ifndef NTPOOL_RUN_CACHE_H
#define NTPOOL_RUN_CACHE_H

#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/topology.h>

#include "account/tag.h"
#include "base/irql.h"
#include "heap/pcpu.h"
#include "heap/run.h"
#include "memory/pagemap.h"

/* The longest run that is cached, in pages: 64 KiB with 4 KiB pages. */
#define NTPOOL_RUN_CACHED_PAGES	(PAGE_SHIFT > 12 ? 8 : 16)

/**
 * struct ntpool_run_cache - the runs of one pool that one CPU caches
 * @nid: the node of their pages, which is the CPU's
 * @top: a stack of runs, by length in pages
 * @nr: number of runs, by length in pages
 * @seen: the value of @nr at the last scan, see ntpool_run_cache_age()
 * @missed: requests since the last scan that found no run, at most 255
 * @limit: capacity, by length in pages; 0: the length is idle
 *
 * The owning CPU uses the cache in its per-CPU section (pcpu.h); while that CPU is dead
 * the hotplug callback does. Observers on other CPUs read @nr. @seen and @missed need no
 * section: an interrupt that changes them meanwhile does no harm.
 */
struct ntpool_run_cache {
	int nid;
	struct ntpool_run *top[NTPOOL_RUN_CACHED_PAGES + 1];
	unsigned char nr[NTPOOL_RUN_CACHED_PAGES + 1];
	unsigned char seen[NTPOOL_RUN_CACHED_PAGES + 1];
	unsigned char missed[NTPOOL_RUN_CACHED_PAGES + 1];
	unsigned char limit[NTPOOL_RUN_CACHED_PAGES + 1];
};

/* A CPU's caches. During a section the pointer is &ntpool_run_cache_none. */
DECLARE_PER_CPU(struct ntpool_run_cache *, ntpool_run_caches[NTPOOL_TYPES]);
/* The substitute: it has no runs, and room for none. */
extern struct ntpool_run_cache ntpool_run_cache_none;

/*
 * Enters the section of this CPU's cache of @type, see pcpu.h. Preemption is disabled. UBSAN does
 * not check the indices in these fast paths, for the reason at ntpool_cache_enter().
 */
static __always_inline __no_sanitize_undefined
struct ntpool_run_cache *ntpool_run_cache_enter(enum ntpool_type type)
{
	return ntpool_pcpu_enter(ntpool_run_caches[type], &ntpool_run_cache_none);
}

static __always_inline __no_sanitize_undefined
void ntpool_run_cache_leave(enum ntpool_type type, struct ntpool_run_cache *cache)
{
	ntpool_pcpu_leave(ntpool_run_caches[type], cache);
}

/*
 * Removes the last run of @pages pages, at most NTPOOL_RUN_CACHED_PAGES. Called in the section.
 * Returns NULL if there is none.
 */
static __always_inline __no_sanitize_undefined
struct ntpool_run *ntpool_run_unlink(struct ntpool_run_cache *cache, unsigned long pages)
{
	struct ntpool_run *run = cache->top[pages];

	if (likely(run)) {
		cache->top[pages] = run->next;
		/* Observers on other CPUs read it: a byte is never half written. */
		data_race(cache->nr[pages]--);
	}
	return run;
}

/* Takes a run of @pages pages, or returns NULL. Any context. */
static __always_inline struct ntpool_run *ntpool_run_pop(enum ntpool_type type, unsigned long pages)
{
	struct ntpool_run_cache *cache;
	struct ntpool_run *run;

	preempt_disable();
	cache = ntpool_run_cache_enter(type);
	run = ntpool_run_unlink(cache, pages);
	ntpool_run_cache_leave(type, cache);
	preempt_enable();
	return run;
}

/*
 * Allocates @size bytes from this CPU's cache and counts them for @tag. Returns NULL if the
 * cache has no run, or if the fast paths do not find the counters of @tag. Without @zero the
 * pages have the contents that their last owner left. Any context.
 */
static __always_inline void *ntpool_run_cache_alloc(enum ntpool_type type, size_t size, u32 tag,
						    bool zero, unsigned long caller)
{
	unsigned long pages = ntpool_run_pages_for(size);
	struct ntpool_tag_counts __percpu *counts;
	struct ntpool_run *run;

	if (unlikely(pages > NTPOOL_RUN_CACHED_PAGES || !ntpool_tag_lookup(tag, &counts)))
		return NULL;
	run = ntpool_run_pop(type, pages);
	if (unlikely(!run))
		return NULL;
	ntpool_run_assign(run, size, tag, 0, caller);
	/* The rest of the last page too: it has another driver's data. */
	if (unlikely(zero))
		memset(run->base, 0, pages << PAGE_SHIFT);
	ntpool_tag_count_alloc_outside(&counts[type], pages * NTPOOL_GRANULES, size);
	/* From here on a stray free may claim the run. */
	ntpool_run_make_live(run);
	return run->base;
}

/* True if @cache can take @run. Called in the section. */
static __always_inline __no_sanitize_undefined
bool ntpool_run_fits(const struct ntpool_run_cache *cache, const struct ntpool_run *run)
{
	return run->pages <= NTPOOL_RUN_CACHED_PAGES && run->nid == cache->nid &&
	       cache->nr[run->pages] < cache->limit[run->pages];
}

/* Pushes a run of the caller that fits. Called in the section. */
static __always_inline __no_sanitize_undefined
void ntpool_run_push(struct ntpool_run_cache *cache, struct ntpool_run *run)
{
	run->next = cache->top[run->pages];
	cache->top[run->pages] = run;
	/* As in ntpool_run_unlink(). */
	data_race(cache->nr[run->pages]++);
}

/* Part of ntpool_run_cache_free(), with preemption disabled. */
static __always_inline bool ntpool_run_free_record(struct ntpool_run *run, void *p, u32 tag)
{
	/* Pairs with the release in ntpool_run_make_live(): later reads belong to this state. */
	u32 state = smp_load_acquire(&run->state);
	struct ntpool_tag_counts __percpu *counts;
	enum ntpool_type type = run->type;
	struct ntpool_run_cache *cache;
	bool done;

	if (unlikely(run->base != p || READ_ONCE(run->flags)) ||
	    unlikely(READ_ONCE(run->tag) != tag && tag) ||
	    unlikely(!ntpool_tag_lookup(READ_ONCE(run->tag), &counts)))
		return false;
	cache = ntpool_run_cache_enter(type);
	done = likely(ntpool_run_fits(cache, run)) && likely(ntpool_run_take(run, state));
	if (likely(done)) {
		ntpool_tag_count_free_outside(&counts[type], run->pages * NTPOOL_GRANULES,
					      run->requested);
		ntpool_run_push(cache, run);
	}
	ntpool_run_cache_leave(type, cache);
	return done;
}

/*
 * Frees the run at @p into this CPU's cache and returns true. A table must cover its page, and
 * the IRQL must allow paged pool if that table is the window. The run must be live and without
 * flags, and have @tag unless that is 0. Otherwise the function changes nothing and returns
 * false. Any context.
 */
static __always_inline bool ntpool_run_cache_free(void *p, u32 tag)
{
	unsigned long nr = ntpool_map_nr(p);
	/* Plain loads of limits, which compare in memory: a CPU may see a change late. */
	bool in_window = nr >= data_race(ntpool_fast_limit);
	struct ntpool_mapped *map;
	bool done = false;

	if (in_window) {
		nr = ntpool_window_nr(p);
		/* Likewise. */
		if (unlikely(nr >= data_race(ntpool_fast_window_limit) || !ntpool_paged_ok()))
			return false;
	}
	preempt_disable();
	map = in_window ? ntpool_window_nth(nr) : ntpool_map_nth(nr);
	if (likely(!map->heap && map != &ntpool_map_nothing))
		done = ntpool_run_free_record(container_of(map, struct ntpool_run, map), p, tag);
	preempt_enable();
	return done;
}

/* Frees a run that the caller owns: into this CPU's cache, else to the kernel. Any context. */
void ntpool_run_cache_put(struct ntpool_run *run);

/* Counts a request for @pages pages that found no run. Any context. */
void ntpool_run_cache_missed(enum ntpool_type type, unsigned long pages);
/*
 * Takes a run of @pages pages that this CPU caches, or a longer one. A longer one is shortened
 * if its pages can be parted. Else it serves as it is, unless @exact is true.
 * @node: the only acceptable node; NUMA_NO_NODE: any. The caller owns the record. Returns
 * NULL if there is none. Any context.
 */
struct ntpool_run *ntpool_run_cache_take(enum ntpool_type type, unsigned long pages, int node,
					 bool exact);
/* Frees the runs that this CPU caches. Returns their pages. Process context. */
unsigned long ntpool_run_cache_drain(void);
/* Frees those of a length whose number has not changed since the last call. */
void ntpool_run_cache_age(void);
/* True unless all lengths of @cpu are idle. */
bool ntpool_run_cache_is_used(int cpu);
/* True if @cpu caches a run. */
bool ntpool_run_cache_has_runs(int cpu);
/* For cache.c. @cpu, with an empty cache, is about to come up on @node. */
void ntpool_run_cache_cpu_prepare(int cpu, int node);
/* For cache.c. Frees the runs that the dead @cpu caches. Process context. */
void ntpool_run_cache_cpu_dead(int cpu);
/* Returns the pages of @type that all CPUs cache. */
unsigned long ntpool_run_cache_pages(enum ntpool_type type);

#endif
