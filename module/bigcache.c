// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU caches of whole pages, a few of each length up to NTP_BIG_CACHED_PAGES.
 *
 * A request above NTP_SMALL_MAX bytes costs a record, an entry in the tree of whole
 * pages and a visit to the page allocator, or to vmalloc. Drivers that allocate
 * buffers of one size all the time pay that once: what is freed stays in the cache
 * of the CPU with its record, its place in the tree and in the page map, and the next
 * request of that many pages takes it as it is. Tag, size and caller are written
 * anew; only the state says whether it is live.
 *
 * As in cache.c, who is inside has preemption disabled and `busy` set, and who
 * interrupts him goes to the page allocator. A free finds the record in the page map,
 * with preemption disabled, which is an RCU read section; the compare-and-exchange of
 * its state decides between two that free it at once. Paged pool, and memory that came
 * from vmalloc, is found in the tree, under its lock (ntp_big_claim()), and only then
 * cached. Pages of another node are not cached.
 *
 * Cached pages are free in every figure, and the shrinker gets them back.
 */
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/topology.h>

#include "bigcache.h"
#include "irql.h"
#include "pagemap.h"
#include "tag.h"

/* So many pages of each length, but not less than the second runs. */
#define CACHED_PAGES	16
#define CACHED_RUNS	2

/**
 * struct big_cache - what one CPU caches of one pool
 * @busy: somebody on this CPU is inside
 * @nr: by length in pages: how many runs
 * @big: their records, the last one first out
 */
struct big_cache {
	bool busy;
	unsigned char nr[NTP_BIG_CACHED_PAGES + 1];
	struct ntp_big *big[NTP_BIG_CACHED_PAGES + 1][CACHED_PAGES];
};

static struct big_cache __percpu *big_caches;	/* [NTP_KINDS] */

static unsigned int run_limit(unsigned long pages)
{
	return max_t(unsigned int, CACHED_PAGES / pages, CACHED_RUNS);
}

static struct ntp_big *big_pop(enum ntp_kind kind, unsigned long pages)
{
	struct ntp_big *big = NULL;
	struct big_cache *cache;

	preempt_disable();
	cache = this_cpu_ptr(&big_caches[kind]);
	if (!cache->busy) {
		cache->busy = true;
		barrier();
		if (cache->nr[pages])
			big = cache->big[pages][--cache->nr[pages]];
		barrier();
		cache->busy = false;
	}
	preempt_enable();
	return big;
}

void *ntp_big_cache_alloc(enum ntp_kind kind, size_t size, u32 tag, unsigned long caller)
{
	unsigned long pages = ntp_big_pages_for(size);
	struct ntp_tag_counts __percpu *counts;
	struct ntp_big *big;

	if (pages > NTP_BIG_CACHED_PAGES)
		return NULL;
	if (!ntp_tag_lookup(tag, &counts))
		return NULL;
	big = big_pop(kind, pages);
	if (!big)
		return NULL;
	big->requested = size;
	big->caller = caller;
	big->tag = tag;
	big->flags = 0;
	ntp_big_make_live(big);
	ntp_tag_count_alloc(&counts[kind], pages << PAGE_SHIFT, size);
	return big->base;
}

/* With preemption disabled: this CPU's cache, if it has room for @big. */
static struct big_cache *cache_with_room(const struct ntp_big *big)
{
	struct big_cache *cache = this_cpu_ptr(&big_caches[big->kind]);

	if (big->pages > NTP_BIG_CACHED_PAGES || big->nid != numa_mem_id() ||
	    cache->busy || cache->nr[big->pages] == run_limit(big->pages))
		return NULL;
	return cache;
}

static void cache_push(struct big_cache *cache, struct ntp_big *big)
{
	cache->busy = true;
	barrier();
	cache->big[big->pages][cache->nr[big->pages]++] = big;
	barrier();
	cache->busy = false;
}

static bool free_found(struct ntp_big *big, void *p, u32 tag)
{
	/* Pairs with the release in ntp_big_make_live(): what follows is of that state. */
	u32 state = smp_load_acquire(&big->state);
	struct ntp_tag_counts __percpu *counts;
	struct big_cache *cache;
	size_t requested;

	if (big->base != p || READ_ONCE(big->flags) || (tag && READ_ONCE(big->tag) != tag))
		return false;
	cache = cache_with_room(big);
	if (!ntp_tag_lookup(READ_ONCE(big->tag), &counts) || !cache || !ntp_big_take(big, state))
		return false;
	requested = big->requested;
	ntp_tag_count_free(&counts[big->kind], big->pages << PAGE_SHIFT, requested);
	cache_push(cache, big);
	return true;
}

bool ntp_big_cache_free(void *p, u32 tag)
{
	struct ntp_mapped *map;
	bool done = false;

	if (want_init_on_free() || !ntp_in_linear_map(p))
		return false;
	preempt_disable();
	map = ntp_map_of(p);
	if (map && !map->heap)
		done = free_found(container_of(map, struct ntp_big, map), p, tag);
	preempt_enable();
	return done;
}

void ntp_big_cache_put(struct ntp_big *big)
{
	struct big_cache *cache = NULL;

	preempt_disable();
	if (big->use == NTP_USE_POOL && !want_init_on_free())
		cache = cache_with_room(big);
	if (cache)
		cache_push(cache, big);
	preempt_enable();
	if (!cache)
		ntp_big_release(big);
}

static struct ntp_big *cache_any(struct big_cache *cache)
{
	unsigned int pages;

	for (pages = 1; pages <= NTP_BIG_CACHED_PAGES; pages++)
		if (cache->nr[pages])
			return cache->big[pages][--cache->nr[pages]];
	return NULL;
}

void ntp_big_cache_drain(void)
{
	struct ntp_big *big;
	enum ntp_kind kind;
	unsigned int pages;

	for (kind = 0; kind < NTP_KINDS; kind++)
		for (pages = 1; pages <= NTP_BIG_CACHED_PAGES; pages++)
			while ((big = big_pop(kind, pages)))
				ntp_big_release(big);
}

void ntp_big_cache_cpu_dead(int cpu)
{
	struct ntp_big *big;
	enum ntp_kind kind;

	for (kind = 0; kind < NTP_KINDS; kind++)
		while ((big = cache_any(per_cpu_ptr(&big_caches[kind], cpu))))
			ntp_big_release(big);
}

unsigned long ntp_big_cache_pages(enum ntp_kind kind)
{
	const struct big_cache *cache;
	unsigned long pages = 0;
	unsigned int i;
	int cpu;

	for_each_possible_cpu(cpu) {
		cache = per_cpu_ptr(&big_caches[kind], cpu);
		for (i = 1; i <= NTP_BIG_CACHED_PAGES; i++)
			pages += i * data_race(cache->nr[i]);
	}
	return pages;
}

int __init ntp_big_init(void)
{
	big_caches = __alloc_percpu(NTP_KINDS * sizeof(*big_caches), SMP_CACHE_BYTES);
	return big_caches ? 0 : -ENOMEM;
}

/* Their pages go with the others, see ntp_big_exit(). */
void ntp_big_cache_exit(void)
{
	free_percpu(big_caches);
}
