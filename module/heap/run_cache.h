/* SPDX-License-Identifier: GPL-2.0 */
/* Per-CPU caches of whole pages. */
#ifndef NTPOOL_BIGCACHE_H
#define NTPOOL_BIGCACHE_H

#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/topology.h>

#include "account/tag.h"
#include "heap/pcpu.h"
#include "heap/run.h"
#include "memory/pagemap.h"

/* Longer runs are not cached; and no more than so many runs of any length. */
#define NTPOOL_RUN_CACHED_PAGES	8
#define NTPOOL_RUN_CACHED_RUNS	16

/**
 * struct ntpool_run_cache - what one CPU caches of one pool
 * @nid: the node whose pages it caches
 * @nr: by length in pages: how many runs
 * @seen: @nr at the last scan, see age.c
 * @limit: the most there may be
 * @run: their records, by length in pages, the last one first out
 *
 * Touched as struct ntpool_cache is.
 */
struct ntpool_run_cache {
	int nid;
	unsigned char nr[NTPOOL_RUN_CACHED_PAGES + 1];
	unsigned char seen[NTPOOL_RUN_CACHED_PAGES + 1];
	unsigned char limit[NTPOOL_RUN_CACHED_PAGES + 1];
	struct ntpool_run *run[(NTPOOL_RUN_CACHED_PAGES + 1) * NTPOOL_RUN_CACHED_RUNS];
};

DECLARE_PER_CPU(struct ntpool_run_cache *, ntpool_run_caches[NTPOOL_TYPES]);
/* The substitute: it has no runs, and room for none. */
extern struct ntpool_run_cache ntpool_run_cache_none;

/* The place of run number @nr of @pages pages. */
static __always_inline struct ntpool_run **ntpool_run_place(struct ntpool_run_cache *cache,
							    unsigned long pages, unsigned int nr)
{
	return &cache->run[pages * NTPOOL_RUN_CACHED_RUNS + nr];
}

/* Enters the section of this CPU's cache of @type, see pcpu.h. Preemption is disabled. */
static __always_inline struct ntpool_run_cache *ntpool_run_cache_enter(enum ntpool_type type)
{
	return ntpool_pcpu_enter(ntpool_run_caches[type], &ntpool_run_cache_none);
}

static __always_inline void ntpool_run_cache_leave(enum ntpool_type type,
						   struct ntpool_run_cache *cache)
{
	ntpool_pcpu_leave(ntpool_run_caches[type], cache);
}

static __always_inline struct ntpool_run *ntpool_run_pop(enum ntpool_type type, unsigned long pages)
{
	struct ntpool_run_cache *cache;
	struct ntpool_run *run = NULL;

	preempt_disable();
	cache = ntpool_run_cache_enter(type);
	if (likely(cache->nr[pages]))
		run = *ntpool_run_place(cache, pages, --cache->nr[pages]);
	ntpool_run_cache_leave(type, cache);
	preempt_enable();
	return run;
}

/*
 * As ntpool_run_alloc() without flags, from this CPU's cache, and counted; NULL: it has
 * none. Unless @zero is set, what is in the pages is what their last owner left there.
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
	/* The last page's rest too: it is somebody else's data. */
	if (unlikely(zero))
		memset(run->base, 0, pages << PAGE_SHIFT);
	/* From here on a wild free may end it. */
	ntpool_run_make_live(run);
	ntpool_tag_count_alloc(&counts[type], pages * NTPOOL_GRANULES, size);
	return run->base;
}

/* Inside: @cache has room for @run. */
static __always_inline bool ntpool_run_fits(const struct ntpool_run_cache *cache,
					    const struct ntpool_run *run)
{
	return run->pages <= NTPOOL_RUN_CACHED_PAGES && run->nid == cache->nid &&
	       cache->nr[run->pages] < cache->limit[run->pages];
}

/* Inside: @run, which fits and is the caller's. */
static __always_inline void ntpool_run_push(struct ntpool_run_cache *cache, struct ntpool_run *run)
{
	*ntpool_run_place(cache, run->pages, cache->nr[run->pages]++) = run;
}

/* With preemption disabled: the rest of ntpool_run_cache_free(). */
static __always_inline bool ntpool_run_free_record(struct ntpool_run *run, void *p, u32 tag)
{
	/* Pairs with the release in ntpool_run_make_live(): what follows is of that state. */
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
		ntpool_tag_count_free(&counts[type], run->pages * NTPOOL_GRANULES, run->requested);
		ntpool_run_push(cache, run);
	}
	ntpool_run_cache_leave(type, cache);
	return done;
}

/*
 * The allocation at @p, if it is live and of the linear map, has no flags and the tag
 * that is given (0: any): freed, and true.
 */
static __always_inline bool ntpool_run_cache_free(void *p, u32 tag)
{
	unsigned long nr = ntpool_map_nr(p);
	struct ntpool_mapped *map;
	bool done = false;

	if (unlikely(nr >= ntpool_fast_limit))
		return false;
	preempt_disable();
	map = ntpool_map_nth(nr);
	if (likely(!map->heap && map != &ntpool_map_nothing))
		done = ntpool_run_free_record(container_of(map, struct ntpool_run, map), p, tag);
	preempt_enable();
	return done;
}

/* A claimed record goes into this CPU's cache, or back to the kernel. */
void ntpool_run_cache_put(struct ntpool_run *run);

/* What this CPU has cached goes back to the kernel: so many pages. Process context. */
unsigned long ntpool_run_cache_drain(void);
/* The same for what was not touched since the last call. */
void ntpool_run_cache_age(void);
/* @cpu has anything cached. */
bool ntpool_run_cache_is_used(int cpu);
/* A CPU comes, with an empty cache, and has gone. */
void ntpool_run_cache_cpu_prepare(int cpu, int node);
void ntpool_run_cache_cpu_dead(int cpu);
/* Pages that CPUs have cached of @type. */
unsigned long ntpool_run_cache_pages(enum ntpool_type type);

#endif
