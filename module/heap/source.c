// SPDX-License-Identifier: GPL-2.0
/*
 * Every source of memory for a request, in the order in which they are tried.
 *
 * NT's pool fails a request only if there is no memory at all. Here free memory may be in the
 * caches of the CPUs, in depots, in heaps and in the kernel. A request tries them all:
 *
 *	a block						a run of pages
 *	1 this CPU's cache, the depot, the heap
 *	2 a page from the kernel			pages from the kernel
 *	3 blocks of other sizes that this CPU or	a run that this CPU caches; a longer
 *	  the depots of the heap cache			one is shortened, or serves whole
 *	4 heaps and depots of other nodes
 *	5 a page that this CPU caches, as a whole
 *	6 the caches of all CPUs, then 1, 4 and 2	the caches of all CPUs and the empty
 *							pages of all heaps, then 2
 *
 * After these the reserve (pool/reserve.c) serves requests that must succeed. A request of
 * low priority skips the kernel while memory is low, and nothing else.
 *
 * Contexts. Step 6 needs a caller that may sleep, because only the CPU itself empties its
 * caches. For any other caller a worker does it, and later requests benefit. So in
 * atomic contexts the caches of other CPUs are out of reach. So are the empty pages of
 * heaps for runs: readers may use them for another grace period.
 *
 * Locking: none of its own. The CPU hotplug lock is only tried: the caller may be a callback
 * that has it.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#include "base/irql.h"
#include "heap/cache.h"
#include "heap/depot.h"
#include "heap/run_cache.h"
#include "heap/source.h"
#include "memory/backing.h"
#include "parts.h"

/*
 * Returns empty pages of all heaps to the kernel. Waits until it has them, and the runs that
 * were cached. Both may be freed by RCU callbacks or the worker of backing.c. Sleeps.
 */
static bool reclaim_pages(void)
{
	bool found = ntpool_heap_trim_all(0, ULONG_MAX);

	if (found)
		rcu_barrier();
	ntpool_backing_flush();
	return found;
}

static void reclaim_all(struct work_struct *work)
{
	ntpool_cache_reclaim_all();
	reclaim_pages();
}

static DECLARE_WORK(reclaim_work, reclaim_all);

/* True if the caller itself may reclaim. */
static bool may_reclaim(void)
{
	if (ntpool_may_sleep())
		return true;
	schedule_work(&reclaim_work);
	return false;
}

bool ntpool_source_reclaim(void)
{
	bool found;

	if (!may_reclaim())
		return false;
	found = ntpool_cache_reclaim_all();
	return reclaim_pages() || found;
}

static struct ntpool_header *block_near(struct ntpool_heap *heap, unsigned int granules,
					unsigned int flags)
{
	struct ntpool_header *hdr = NULL;

	if (!(flags & (NTPOOL_ALIGNED | NTPOOL_NODE)))
		return ntpool_cache_pop_slow(heap->type, granules);
	ntpool_heap_take(heap, granules, flags, &hdr, 1);
	return hdr;
}

static struct ntpool_header *block_fresh(struct ntpool_heap *heap, unsigned int granules,
					 unsigned int flags)
{
	return ntpool_backing_is_short(flags) ? NULL :
						ntpool_heap_take_fresh(heap, granules, flags);
}

/* Takes a block from the heaps of @type on other nodes, and from their depots. */
static struct ntpool_header *block_elsewhere(struct ntpool_heap *heap, unsigned int granules,
					     unsigned int flags)
{
	struct ntpool_header *hdr = NULL;
	struct ntpool_heap *other;

	if (flags & NTPOOL_NODE_ONLY)
		return NULL;
	for (other = ntpool_heap_next(NULL); other && !hdr; other = ntpool_heap_next(other)) {
		if (other->type != heap->type || other == heap)
			continue;
		if (!ntpool_heap_take(other, granules, flags, &hdr, 1))
			hdr = ntpool_depot_reclaim(other, granules, flags);
	}
	return hdr;
}

/* Step 6. Paged and nonpaged caches alike: their pages serve both pools. */
static struct ntpool_header *block_reclaimed(struct ntpool_heap *heap, unsigned int granules,
					     unsigned int flags)
{
	struct ntpool_header *hdr;
	bool found;

	if (!may_reclaim())
		return NULL;
	found = ntpool_cache_reclaim_all();
	hdr = block_near(heap, granules, flags) ?: block_elsewhere(heap, granules, flags);
	if (!hdr && (reclaim_pages() || found))
		hdr = block_fresh(heap, granules, flags);
	return hdr;
}

static struct ntpool_run *run_cached(enum ntpool_type type, unsigned long pages, int node,
				     unsigned int flags)
{
	/* Quota is charged for the pages that were asked for, and refunded for those of the run. */
	return ntpool_run_cache_take(type, pages, flags & NTPOOL_NODE_ONLY ? node : NUMA_NO_NODE,
				     flags & NTPOOL_QUOTA);
}

/* Tries all sources but this CPU's blocks of that size and the kernel. */
static noinline struct ntpool_header *block_scarce(struct ntpool_heap *heap, unsigned int granules,
						   unsigned int flags, struct ntpool_run **page)
{
	struct ntpool_header *hdr = ntpool_cache_reclaim(heap, granules, flags) ?:
				    block_elsewhere(heap, granules, flags);

	if (hdr)
		return hdr;
	if (page)
		*page = run_cached(heap->type, 1, heap->node, flags);
	return page && *page ? NULL : block_reclaimed(heap, granules, flags);
}

struct ntpool_header *ntpool_source_block(enum ntpool_type type, unsigned int granules, int node,
					  unsigned int flags, struct ntpool_run **page)
{
	struct ntpool_heap *heap = ntpool_heap_of(type, node);
	struct ntpool_header *hdr = block_near(heap, granules, flags) ?:
				    block_fresh(heap, granules, flags);

	if (page)
		*page = NULL;
	return likely(hdr) ? hdr : block_scarce(heap, granules, flags, page);
}

static struct ntpool_run *run_fresh(enum ntpool_type type, unsigned long pages, int node,
				    unsigned int flags)
{
	struct ntpool_run *run;
	void *base;

	if (ntpool_backing_is_short(flags))
		return NULL;
	run = ntpool_run_create();
	base = run ? ntpool_backing_alloc(type, pages, node, flags) : NULL;
	if (!base) {
		ntpool_run_discard(run);
		return NULL;
	}
	ntpool_run_fill(run, NTPOOL_USE_POOL, type, base, pages);
	return run;
}

struct ntpool_run *ntpool_source_run(enum ntpool_type type, unsigned long pages, int node,
				     unsigned int flags)
{
	struct ntpool_run *run;

	if (pages > min(totalram_pages(), ULONG_MAX >> PAGE_SHIFT))
		return NULL;
	run = run_fresh(type, pages, node, flags) ?: run_cached(type, pages, node, flags);
	if (!run && ntpool_source_reclaim())
		run = run_fresh(type, pages, node, flags);
	return run;
}

/* Called when no request is made any more. */
void ntpool_source_exit(void)
{
	cancel_work_sync(&reclaim_work);
}
