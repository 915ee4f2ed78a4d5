// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU caches of runs of pages, up to NTPOOL_RUN_CACHED_PAGES long.
 *
 * A large request has to allocate a record and enter it into the tree of runs. It also has to
 * call the page allocator or vmalloc. But drivers allocate buffers of one size again and
 * again. A freed run therefore stays in the cache of its CPU. It keeps its record, its place
 * in the tree, and its entry in the page map. The next request for that many pages only writes
 * tag, size and call site anew.
 *
 * A push or pop runs in the per-CPU section of pcpu.h. An interrupt that finds the section
 * entered gets ntpool_run_cache_none and uses the page allocator.
 *
 * The fast free finds the record in the page map. Preemption is disabled, which makes an
 * RCU read section. Of two concurrent frees the compare-and-exchange of the record's state
 * lets one pass. Paged pool and vmalloc memory have no fast free: ntpool_run_claim() finds
 * their records in the tree, and ntpool_run_cache_put() caches them. Pages of another node
 * are not cached.
 *
 * The runs of a length are a stack, linked through their records. The limit of a length is 0
 * while it is idle. So the first push takes the slow path, which sets the limit and starts the
 * periodic scan, as in cache.c. The limit follows demand: it can double when a push finds the
 * stack full. The condition is that more requests than the stack holds found it empty since
 * the last scan. A driver that allocates and frees in batches soon finds the whole batch here.
 * A CPU that only frees keeps the first limit. A length that was not used between two scans is
 * idle again.
 *
 * Cached runs count as free in every figure, and the shrinker frees them.
 *
 * Locking: none. Contexts: any.
 */
#include <linux/sizes.h>

#include "base/refuse.h"
#include "heap/run_cache.h"
#include "heap/scan.h"
#include "memory/backing.h"
#include "parts.h"

/*
 * The first limit of a length is this many bytes, but at least a number of runs. That number is
 * LEAST_RUNS up to SHORT_PAGES pages, and one above. Limits grow while all of a CPU and pool are
 * together at most MOST_BYTES, for every size of a page. The first limits of other lengths may
 * come on top: 880 KiB with pages of 4 KiB, 2.25 MiB with pages of 64 KiB.
 */
#define CACHED_BYTES	SZ_64K
#define MOST_BYTES	SZ_2M

enum {
	LEAST_RUNS = PAGE_SHIFT > 12 ? 1 : 2,
	SHORT_PAGES = 8,
	MOST_RUNS = 64,
};

DEFINE_PER_CPU(struct ntpool_run_cache *, ntpool_run_caches[NTPOOL_TYPES]);
struct ntpool_run_cache ntpool_run_cache_none;

/* The caches that ntpool_run_caches leads to outside of sections: [NTPOOL_TYPES]. */
static struct ntpool_run_cache __percpu *own_caches;	/* constant after init */

static unsigned int first_limit(unsigned int pages)
{
	return max_t(unsigned int, (CACHED_BYTES >> PAGE_SHIFT) / pages,
		     pages > SHORT_PAGES ? 1 : LEAST_RUNS);
}

/* Returns the pages that @cache may hold. */
static unsigned long limit_pages(const struct ntpool_run_cache *cache)
{
	unsigned long sum = 0;
	unsigned int pages;

	for (pages = 1; pages <= NTPOOL_RUN_CACHED_PAGES; pages++)
		sum += cache->limit[pages] * pages;
	return sum;
}

/* A run of @pages pages is about to be pushed by the slow path. Called in the section. */
static void limit_raise(struct ntpool_run_cache *cache, unsigned int pages)
{
	unsigned int limit = cache->limit[pages];
	unsigned int more = limit ? min_t(unsigned int, limit, MOST_RUNS - limit) :
				    first_limit(pages);

	/* The first limit is always given: a length in steady use would have no cache. */
	if (limit && (cache->nr[pages] < limit || READ_ONCE(cache->missed[pages]) <= limit ||
		      limit_pages(cache) + more * pages > MOST_BYTES >> PAGE_SHIFT))
		return;
	WRITE_ONCE(cache->limit[pages], limit + more);
}

/* Returns false if this CPU has no room for @run. The length is not idle any more. */
static bool run_cache_push(struct ntpool_run *run)
{
	enum ntpool_type type = run->type;
	struct ntpool_run_cache *cache;
	bool fits;

	preempt_disable();
	cache = ntpool_run_cache_enter(type);
	if (cache != &ntpool_run_cache_none && run->pages <= NTPOOL_RUN_CACHED_PAGES)
		limit_raise(cache, run->pages);
	fits = ntpool_run_fits(cache, run);
	if (fits)
		ntpool_run_push(cache, run);
	ntpool_run_cache_leave(type, cache);
	preempt_enable();
	return fits;
}

void ntpool_run_cache_put(struct ntpool_run *run)
{
	if (run->use != NTPOOL_USE_POOL || want_init_on_free() || !run_cache_push(run))
		ntpool_run_release(run);
	ntpool_scan_start();
}

/* Takes any run, or returns NULL. */
static struct ntpool_run *cache_any(struct ntpool_run_cache *cache)
{
	struct ntpool_run *run = NULL;
	unsigned int pages;

	for (pages = 1; pages <= NTPOOL_RUN_CACHED_PAGES && !run; pages++)
		run = ntpool_run_unlink(cache, pages);
	return run;
}

void ntpool_run_cache_missed(enum ntpool_type type, unsigned long pages)
{
	struct ntpool_run_cache *cache;
	unsigned char missed;

	if (pages > NTPOOL_RUN_CACHED_PAGES)
		return;
	preempt_disable();
	cache = this_cpu_ptr(&own_caches[type]);
	missed = READ_ONCE(cache->missed[pages]);
	/* An interrupt may count at the same time; one request more or less does not matter. */
	if (missed < U8_MAX)
		WRITE_ONCE(cache->missed[pages], missed + 1);
	preempt_enable();
}

/* Returns @run, shortened where that is possible; NULL: it does not fit, and goes back. */
static struct ntpool_run *run_fit(struct ntpool_run *run, unsigned long pages, int node, bool exact)
{
	bool parts = ntpool_backing_has_parts(run->base);

	if ((node != NUMA_NO_NODE && run->nid != node) ||
	    (run->pages > pages && exact && !parts)) {
		ntpool_run_cache_put(run);
		return NULL;
	}
	if (run->pages > pages && parts)
		ntpool_run_shorten(run, pages);
	return run;
}

struct ntpool_run *ntpool_run_cache_take(enum ntpool_type type, unsigned long pages, int node,
					 bool exact)
{
	struct ntpool_run *run, *fits = NULL;
	unsigned long length;

	for (length = pages; length <= NTPOOL_RUN_CACHED_PAGES && !fits; length++) {
		run = ntpool_run_pop(type, length);
		if (run)
			fits = run_fit(run, pages, node, exact);
	}
	return fits;
}

/* Frees the runs of one length that this CPU caches. Returns the number of pages. */
static unsigned long runs_release(enum ntpool_type type, unsigned int pages)
{
	unsigned long released = 0;
	struct ntpool_run *run;

	while ((run = ntpool_run_pop(type, pages))) {
		ntpool_run_release(run);
		released += pages;
	}
	return released;
}

unsigned long ntpool_run_cache_drain(void)
{
	unsigned long released = 0;
	enum ntpool_type type;
	unsigned int pages;

	for (type = 0; type < NTPOOL_TYPES; type++)
		for (pages = 1; pages <= NTPOOL_RUN_CACHED_PAGES; pages++)
			released += runs_release(type, pages);
	return released;
}

/* True if there are as many runs of this length as at the last call. */
static bool runs_are_old(enum ntpool_type type, unsigned int pages)
{
	struct ntpool_run_cache *cache;
	unsigned char nr;
	bool old;

	preempt_disable();
	cache = this_cpu_ptr(&own_caches[type]);
	/* An interrupt may change both numbers. */
	nr = READ_ONCE(cache->nr[pages]);
	old = nr == cache->seen[pages];
	cache->seen[pages] = nr;
	WRITE_ONCE(cache->missed[pages], 0);
	preempt_enable();
	return old;
}

/* Makes a length without runs idle: the next push takes the slow path. */
static void runs_idle(enum ntpool_type type, unsigned int pages)
{
	struct ntpool_run_cache *cache;

	preempt_disable();
	cache = ntpool_run_cache_enter(type);
	if (cache != &ntpool_run_cache_none && !cache->nr[pages])
		WRITE_ONCE(cache->limit[pages], 0);
	ntpool_run_cache_leave(type, cache);
	preempt_enable();
}

void ntpool_run_cache_age(void)
{
	enum ntpool_type type;
	unsigned int pages;

	for (type = 0; type < NTPOOL_TYPES; type++)
		for (pages = 1; pages <= NTPOOL_RUN_CACHED_PAGES; pages++)
			if (runs_are_old(type, pages)) {
				runs_release(type, pages);
				runs_idle(type, pages);
			}
}

bool ntpool_run_cache_is_used(int cpu)
{
	enum ntpool_type type;
	unsigned int pages;

	for (type = 0; type < NTPOOL_TYPES; type++)
		for (pages = 1; pages <= NTPOOL_RUN_CACHED_PAGES; pages++)
			if (READ_ONCE(per_cpu_ptr(&own_caches[type], cpu)->limit[pages]))
				return true;
	return false;
}

bool ntpool_run_cache_has_runs(int cpu)
{
	const struct ntpool_run_cache *cache;
	enum ntpool_type type;
	unsigned int pages;

	for (type = 0; type < NTPOOL_TYPES; type++) {
		cache = per_cpu_ptr(&own_caches[type], cpu);
		for (pages = 1; pages <= NTPOOL_RUN_CACHED_PAGES; pages++)
			if (READ_ONCE(cache->nr[pages]))
				return true;
	}
	return false;
}

void ntpool_run_cache_cpu_prepare(int cpu, int node)
{
	struct ntpool_run_cache *cache;
	enum ntpool_type type;

	for (type = 0; type < NTPOOL_TYPES; type++) {
		cache = per_cpu_ptr(&own_caches[type], cpu);
		cache->nid = node;
		memset(cache->limit, 0, sizeof(cache->limit));
	}
}

void ntpool_run_cache_cpu_dead(int cpu)
{
	struct ntpool_run *run;
	enum ntpool_type type;

	for (type = 0; type < NTPOOL_TYPES; type++)
		while ((run = cache_any(per_cpu_ptr(&own_caches[type], cpu))))
			ntpool_run_release(run);
}

unsigned long ntpool_run_cache_pages(enum ntpool_type type)
{
	const struct ntpool_run_cache *cache;
	unsigned long pages = 0;
	unsigned int i;
	int cpu;

	for_each_possible_cpu(cpu) {
		cache = per_cpu_ptr(&own_caches[type], cpu);
		for (i = 1; i <= NTPOOL_RUN_CACHED_PAGES; i++)
			pages += i * READ_ONCE(cache->nr[i]);
	}
	return pages;
}

int ntpool_run_cache_init(void)
{
	enum ntpool_type type;
	int cpu;

	own_caches = ntpool_refused() ? NULL :
		     __alloc_percpu(NTPOOL_TYPES * sizeof(*own_caches), SMP_CACHE_BYTES);
	if (!own_caches)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		for (type = 0; type < NTPOOL_TYPES; type++)
			per_cpu(ntpool_run_caches[type], cpu) = per_cpu_ptr(&own_caches[type], cpu);
	return 0;
}

/* Cached runs are still in the tree: ntpool_run_exit() frees them. */
void ntpool_run_cache_exit(void)
{
	free_percpu(own_caches);
}
