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
#include "heap/run_cache.h"

/* So many pages of each length, but not less than the second runs. */
#define CACHED_PAGES	NTP_BIG_CACHED_RUNS
#define LEAST_RUNS	2

struct ntp_big_cache __percpu *ntp_big_caches;

void ntp_big_cache_put(struct ntp_big *big)
{
	struct ntp_big_cache *cache;
	bool done = false;

	preempt_disable();
	cache = this_cpu_ptr(&ntp_big_caches[big->kind]);
	if (big->use == NTP_USE_POOL && !want_init_on_free() && ntp_big_cache_enter(cache)) {
		done = ntp_big_fits(cache, big);
		if (done)
			ntp_big_push(cache, big);
		ntp_big_cache_leave(cache);
	}
	preempt_enable();
	if (!done)
		ntp_big_release(big);
	ntp_age_start();
}

static struct ntp_big *cache_any(struct ntp_big_cache *cache)
{
	unsigned int pages;

	for (pages = 1; pages <= NTP_BIG_CACHED_PAGES; pages++)
		if (cache->nr[pages])
			return *ntp_big_place(cache, pages, --cache->nr[pages]);
	return NULL;
}

/* Returns how many pages that were. */
static unsigned long runs_release(enum ntp_kind kind, unsigned int pages)
{
	unsigned long released = 0;
	struct ntp_big *big;

	while ((big = ntp_big_pop(kind, pages))) {
		ntp_big_release(big);
		released += pages;
	}
	return released;
}

unsigned long ntp_big_cache_drain(void)
{
	unsigned long released = 0;
	enum ntp_kind kind;
	unsigned int pages;

	for (kind = 0; kind < NTP_KINDS; kind++)
		for (pages = 1; pages <= NTP_BIG_CACHED_PAGES; pages++)
			released += runs_release(kind, pages);
	return released;
}

/* True: as the last scan left them, and not none. */
static bool runs_are_old(enum ntp_kind kind, unsigned int pages)
{
	struct ntp_big_cache *cache;
	bool old;

	preempt_disable();
	cache = this_cpu_ptr(&ntp_big_caches[kind]);
	old = cache->nr[pages] && cache->nr[pages] == cache->seen[pages];
	cache->seen[pages] = cache->nr[pages];
	preempt_enable();
	return old;
}

void ntp_big_cache_age(void)
{
	enum ntp_kind kind;
	unsigned int pages;

	for (kind = 0; kind < NTP_KINDS; kind++)
		for (pages = 1; pages <= NTP_BIG_CACHED_PAGES; pages++)
			if (runs_are_old(kind, pages))
				runs_release(kind, pages);
}

bool ntp_big_cache_is_used(int cpu)
{
	enum ntp_kind kind;
	unsigned int pages;

	for (kind = 0; kind < NTP_KINDS; kind++)
		for (pages = 1; pages <= NTP_BIG_CACHED_PAGES; pages++)
			if (READ_ONCE(per_cpu_ptr(&ntp_big_caches[kind], cpu)->nr[pages]))
				return true;
	return false;
}

void ntp_big_cache_cpu_prepare(int cpu, int node)
{
	struct ntp_big_cache *cache;
	enum ntp_kind kind;
	unsigned int pages;

	for (kind = 0; kind < NTP_KINDS; kind++) {
		cache = per_cpu_ptr(&ntp_big_caches[kind], cpu);
		cache->nid = node;
		for (pages = 1; pages <= NTP_BIG_CACHED_PAGES; pages++)
			cache->limit[pages] = max_t(unsigned int, CACHED_PAGES / pages,
						    LEAST_RUNS);
	}
}

void ntp_big_cache_cpu_dead(int cpu)
{
	struct ntp_big *big;
	enum ntp_kind kind;

	for (kind = 0; kind < NTP_KINDS; kind++)
		while ((big = cache_any(per_cpu_ptr(&ntp_big_caches[kind], cpu))))
			ntp_big_release(big);
}

unsigned long ntp_big_cache_pages(enum ntp_kind kind)
{
	const struct ntp_big_cache *cache;
	unsigned long pages = 0;
	unsigned int i;
	int cpu;

	for_each_possible_cpu(cpu) {
		cache = per_cpu_ptr(&ntp_big_caches[kind], cpu);
		for (i = 1; i <= NTP_BIG_CACHED_PAGES; i++)
			pages += i * READ_ONCE(cache->nr[i]);
	}
	return pages;
}

int __init ntp_big_init(void)
{
	ntp_big_caches = __alloc_percpu(NTP_KINDS * sizeof(*ntp_big_caches), SMP_CACHE_BYTES);
	return ntp_big_caches ? 0 : -ENOMEM;
}

/* Their pages go with the others, see ntp_big_exit(). */
void ntp_big_cache_exit(void)
{
	free_percpu(ntp_big_caches);
}
