/* SPDX-License-Identifier: GPL-2.0 */
/* Per-CPU caches of whole pages. */
#ifndef NTPOOL_BIGCACHE_H
#define NTPOOL_BIGCACHE_H

#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/topology.h>

#include "account/tag.h"
#include "heap/run.h"
#include "memory/pagemap.h"

/* Longer runs are not cached; and no more than so many runs of any length. */
#define NTP_BIG_CACHED_PAGES	8
#define NTP_BIG_CACHED_RUNS	16

/**
 * struct ntp_big_cache - what one CPU caches of one pool
 * @busy: somebody on this CPU is inside
 * @nid: the node whose pages it caches
 * @nr: by length in pages: how many runs
 * @seen: @nr at the last scan, see age.c
 * @limit: the most there may be
 * @big: their records, by length in pages, the last one first out
 *
 * Touched as struct ntp_cache is.
 */
struct ntp_big_cache {
	bool busy;
	int nid;
	unsigned char nr[NTP_BIG_CACHED_PAGES + 1];
	unsigned char seen[NTP_BIG_CACHED_PAGES + 1];
	unsigned char limit[NTP_BIG_CACHED_PAGES + 1];
	struct ntp_big *big[(NTP_BIG_CACHED_PAGES + 1) * NTP_BIG_CACHED_RUNS];
};

extern struct ntp_big_cache __percpu *ntp_big_caches;	/* [NTP_KINDS] */

/* The place of run number @nr of @pages pages. */
static __always_inline struct ntp_big **ntp_big_place(struct ntp_big_cache *cache,
						      unsigned long pages, unsigned int nr)
{
	return &cache->big[pages * NTP_BIG_CACHED_RUNS + nr];
}

/*
 * With preemption disabled. Nothing that @cache says is worth anything before this has
 * said true: until then an interrupt may come and change it.
 */
static __always_inline bool ntp_big_cache_enter(struct ntp_big_cache *cache)
{
	if (unlikely(cache->busy))
		return false;
	cache->busy = true;
	barrier();
	return true;
}

static __always_inline void ntp_big_cache_leave(struct ntp_big_cache *cache)
{
	barrier();
	cache->busy = false;
}

static __always_inline struct ntp_big *ntp_big_pop(enum ntp_kind kind, unsigned long pages)
{
	struct ntp_big_cache *cache;
	struct ntp_big *big = NULL;

	preempt_disable();
	cache = this_cpu_ptr(&ntp_big_caches[kind]);
	if (ntp_big_cache_enter(cache)) {
		if (likely(cache->nr[pages]))
			big = *ntp_big_place(cache, pages, --cache->nr[pages]);
		ntp_big_cache_leave(cache);
	}
	preempt_enable();
	return big;
}

/*
 * As ntp_big_alloc() without flags, from this CPU's cache, and counted; NULL: it has
 * none. Unless @zero is set, what is in the pages is what their last owner left there.
 */
static __always_inline void *ntp_big_cache_alloc(enum ntp_kind kind, size_t size, u32 tag,
						 bool zero, unsigned long caller)
{
	unsigned long pages = ntp_big_pages_for(size);
	struct ntp_tag_counts __percpu *counts;
	struct ntp_big *big;

	if (unlikely(pages > NTP_BIG_CACHED_PAGES || !ntp_tag_lookup(tag, &counts)))
		return NULL;
	big = ntp_big_pop(kind, pages);
	if (unlikely(!big))
		return NULL;
	big->requested = size;
	big->caller = caller;
	big->tag = tag;
	big->flags = 0;
	/* The last page's rest too: it is somebody else's data. */
	if (unlikely(zero))
		memset(big->base, 0, pages << PAGE_SHIFT);
	/* From here on a wild free may end it. */
	ntp_big_make_live(big);
	ntp_tag_count_alloc(&counts[kind], pages * NTP_UNITS, size);
	return big->base;
}

/* Inside: @cache has room for @big. */
static __always_inline bool ntp_big_fits(const struct ntp_big_cache *cache,
					 const struct ntp_big *big)
{
	return big->pages <= NTP_BIG_CACHED_PAGES && big->nid == cache->nid &&
	       cache->nr[big->pages] < cache->limit[big->pages];
}

/* Inside: @big, which fits and is the caller's. */
static __always_inline void ntp_big_push(struct ntp_big_cache *cache, struct ntp_big *big)
{
	*ntp_big_place(cache, big->pages, cache->nr[big->pages]++) = big;
}

/* With preemption disabled: the rest of ntp_big_cache_free(). */
static __always_inline bool ntp_big_free_record(struct ntp_big *big, void *p, u32 tag)
{
	/* Pairs with the release in ntp_big_make_live(): what follows is of that state. */
	u32 state = smp_load_acquire(&big->state);
	struct ntp_big_cache *cache = this_cpu_ptr(&ntp_big_caches[big->kind]);
	struct ntp_tag_counts __percpu *counts;
	bool done;

	if (unlikely(big->base != p || READ_ONCE(big->flags)) ||
	    unlikely(READ_ONCE(big->tag) != tag && tag) ||
	    unlikely(!ntp_tag_lookup(READ_ONCE(big->tag), &counts)) ||
	    unlikely(!ntp_big_cache_enter(cache)))
		return false;
	done = likely(ntp_big_fits(cache, big)) && likely(ntp_big_take(big, state));
	if (likely(done)) {
		ntp_tag_count_free(&counts[big->kind], big->pages * NTP_UNITS, big->requested);
		ntp_big_push(cache, big);
	}
	ntp_big_cache_leave(cache);
	return done;
}

/*
 * The allocation at @p, if it is live and of the linear map, has no flags and the tag
 * that is given (0: any): freed, and true.
 */
static __always_inline bool ntp_big_cache_free(void *p, u32 tag)
{
	unsigned long nr = ntp_map_nr(p);
	struct ntp_mapped *map;
	bool done = false;

	if (unlikely(nr >= ntp_fast_limit))
		return false;
	preempt_disable();
	map = ntp_map_nth(nr);
	if (likely(!map->heap && map != &ntp_map_nothing))
		done = ntp_big_free_record(container_of(map, struct ntp_big, map), p, tag);
	preempt_enable();
	return done;
}

/* A claimed record goes into this CPU's cache, or back to the kernel. */
void ntp_big_cache_put(struct ntp_big *big);

/* What this CPU has cached goes back to the kernel: so many pages. Process context. */
unsigned long ntp_big_cache_drain(void);
/* The same for what was not touched since the last call. */
void ntp_big_cache_age(void);
/* @cpu has anything cached. */
bool ntp_big_cache_is_used(int cpu);
/* A CPU comes, with an empty cache, and has gone. */
void ntp_big_cache_cpu_prepare(int cpu, int node);
void ntp_big_cache_cpu_dead(int cpu);
/* Pages that CPUs have cached of @kind. */
unsigned long ntp_big_cache_pages(enum ntp_kind kind);

#endif
