// SPDX-License-Identifier: GPL-2.0
/*
 * The backing store: pages for the pools.
 *
 * NT's pools have their own ranges of addresses. Here nonpaged memory comes from the
 * linear map, or from vmalloc as below; both are resident and usable in every context.
 * Paged memory comes from vmalloc: it is resident too, but drivers touch it only where NT
 * allows that.
 *
 * A nonpaged request of several pages need not be physically contiguous. The page allocator
 * is asked first, for a power of two. That is then trimmed, or kept in one piece if it
 * fits. If the page allocator has none, a caller that may sleep gets vmalloc memory. A
 * request for one page, for one node only, or for physical contiguity has no such fallback.
 *
 * Contexts. The GFP flags depend on the context of the caller:
 *
 *	sleepable		GFP_NOIO: may reclaim, but does not enter file systems or
 *				block drivers, one of which may be the caller
 *	atomic			GFP_ATOMIC
 *	atomic on PREEMPT_RT	none: the page allocator takes sleeping locks
 *
 * Requests of one page and of vmalloc have __GFP_RETRY_MAYFAIL, larger ones
 * __GFP_NORETRY. NT's routines return NULL and do not wait for ever.
 *
 * Priorities follow NT. A request of low priority fails if less than 1/16 of the memory is
 * available. For one of normal priority the limit is 1/64. One of high priority fails only
 * if the kernel refuses it, and may use the kernel's emergency reserves.
 *
 * Freeing. Memory that the present context cannot free is put on a lock-free list, whose
 * links lie in that memory. A worker frees it. Its queue has a rescuer, because reclaim
 * waits for it.
 *
 * Locking: none.
 */
#include <linux/atomic.h>
#include <linux/kasan.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/rcupdate.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "base/irql.h"
#include "base/refuse.h"
#include "base/stub.h"
#include "parts.h"
#include "memory/backing.h"

/* At the start of pages that wait to be freed. */
struct deferred_pages {
	struct ntpool_deferred mem;
	unsigned long nr;
};

static LLIST_HEAD(deferred);	/* lock-free; struct ntpool_deferred */
static void free_deferred(struct work_struct *work);
static DECLARE_WORK(deferred_work, free_deferred);
static struct workqueue_struct *backing_wq;	/* NULL before init and after exit */

/* Memory is low, or very low, if less than this part of it is available. */
enum {
	LOW_SHARE = 16,
	VERY_LOW_SHARE = 64,
};

unsigned long ntpool_backing_available(void)
{
	unsigned long pages;

	return ntpool_stub_available(&pages) ? pages : max(si_mem_available(), 0L);
}

bool ntpool_backing_is_short(unsigned int flags)
{
	if (flags & NTPOOL_LOW)
		return ntpool_backing_available() < totalram_pages() / LOW_SHARE;
	if (flags & NTPOOL_NORMAL)
		return ntpool_backing_available() < totalram_pages() / VERY_LOW_SHARE;
	return false;
}

/*
 * High memory and the memory of devices are not in the linear map, or not the kernel's. A zone
 * includes memory that is plugged in before notifiers hear of it. high_memory is constant on
 * some architectures.
 */
void ntpool_backing_span(unsigned long *begin, unsigned long *end)
{
	struct zone *zone;
	int node, i;

	*begin = ULONG_MAX;
	*end = 0;
	for_each_online_node(node)
		for (i = 0; i < MAX_NR_ZONES; i++) {
			zone = &NODE_DATA(node)->node_zones[i];
			if (zone_is_empty(zone) || is_highmem(zone) || zone_is_zone_device(zone))
				continue;
			*begin = min(*begin, zone->zone_start_pfn);
			*end = max(*end, zone_end_pfn(zone));
		}
}

bool ntpool_backing_is_on(const void *base, int node)
{
	return page_to_nid(virt_to_page(base)) == node;
}

gfp_t ntpool_backing_gfp(void)
{
	if (ntpool_may_sleep())
		return GFP_NOIO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;
	if (ntpool_raw_atomic())
		return 0;
	return GFP_ATOMIC | __GFP_NOWARN;
}

/*
 * Allocates a power of two. If that is @nr, the pages remain one compound page, as those of
 * kmalloc() do. They do not if the caller wants to free them one by one (@parts). If the power
 * is larger, the pages beyond @nr are freed. alloc_pages_exact() does the same but takes no
 * node, and alloc_pages_exact_nid() is not exported to modules.
 */
static void *backing_linear(unsigned long nr, int node, gfp_t gfp, bool parts)
{
	unsigned int order = get_order(nr << PAGE_SHIFT);
	bool whole = order && nr == 1UL << order && !parts;
	struct page *page;
	unsigned long i;

	if (order > MAX_PAGE_ORDER)
		return NULL;
	if (order)
		gfp = (gfp & ~__GFP_RETRY_MAYFAIL) | __GFP_NORETRY;
	page = alloc_pages_node(node, whole ? gfp | __GFP_COMP : gfp, order);
	if (!page)
		return NULL;
	if (!whole)
		split_page(page, order);
	for (i = nr; i < 1UL << order; i++)
		__free_page(page + i);
	/* The page map and the tree of runs compare addresses, so these have no tag. */
	return kasan_reset_tag(page_address(page));
}

/* Adds the constraints of a nonpaged request to the flags of the context. */
static gfp_t gfp_constrain(gfp_t gfp, unsigned int flags)
{
	if (flags & NTPOOL_HIGH)
		gfp |= __GFP_HIGH;
	if (flags & NTPOOL_NODE_ONLY)
		gfp |= __GFP_THISNODE;
	return gfp;
}

static void *backing_vmalloc(unsigned long nr, gfp_t gfp)
{
	if (!gfpflags_allow_blocking(gfp) || nr > totalram_pages())
		return NULL;
	/* As in backing_linear(). The window of the page map is one of addresses without tag. */
	return kasan_reset_tag(__vmalloc(nr << PAGE_SHIFT, gfp));
}

void *ntpool_backing_alloc(enum ntpool_type type, unsigned long nr, int node, unsigned int flags)
{
	gfp_t gfp = ntpool_backing_gfp();
	void *base;

	if (type == NTPOOL_PAGED) {
		/* Without a preempt count the IRQL check of the caller must do. */
		if (!IS_ENABLED(CONFIG_PREEMPT_COUNT))
			gfp = GFP_NOIO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;
		return ntpool_refused() ? NULL : backing_vmalloc(nr, gfp);
	}
	if (!gfp)
		return NULL;
	gfp = gfp_constrain(gfp, flags);
	base = ntpool_refused() ? NULL : backing_linear(nr, node, gfp, flags & NTPOOL_CONTIGUOUS);
	/* vmalloc() heeds neither constraint. */
	if (flags & (NTPOOL_NODE_ONLY | NTPOOL_CONTIGUOUS))
		return base;
	if (!base && nr > 1 && !ntpool_refused())
		base = backing_vmalloc(nr, gfp);
	return base;
}

bool ntpool_backing_has_parts(const void *base)
{
	return !is_vmalloc_addr(base) && !PageCompound(virt_to_page(base));
}

static void backing_free_now(void *base, unsigned long nr)
{
	if (is_vmalloc_addr(base)) {
		vfree(base);
		return;
	}
	if (PageCompound(virt_to_page(base))) {
		__free_pages(virt_to_page(base), get_order(nr << PAGE_SHIFT));
		return;
	}
	for (; nr; nr--, base += PAGE_SIZE)
		__free_page(virt_to_page(base));
}

static void free_deferred(struct work_struct *work)
{
	struct llist_node *list = llist_del_all(&deferred);
	struct ntpool_deferred *mem, *next;

	llist_for_each_entry_safe(mem, next, list, node)
		mem->free(mem);
}

void ntpool_defer(struct ntpool_deferred *mem, void (*free)(struct ntpool_deferred *mem))
{
	struct workqueue_struct *wq = READ_ONCE(backing_wq);

	/* Parameters free memory before the init of this part, and base/ after its exit. */
	if (!wq) {
		free(mem);
		return;
	}
	mem->free = free;
	if (llist_add(&mem->node, &deferred))
		queue_work(wq, &deferred_work);
}

static void pages_free_deferred(struct ntpool_deferred *mem)
{
	struct deferred_pages *pages = container_of(mem, struct deferred_pages, mem);

	backing_free_now(pages, pages->nr);
}

void ntpool_backing_free(void *base, unsigned long nr)
{
	struct deferred_pages *pages = base;

	if (is_vmalloc_addr(base) ? ntpool_may_sleep() : !ntpool_raw_atomic()) {
		backing_free_now(base, nr);
		return;
	}
	pages->nr = nr;
	ntpool_defer(&pages->mem, pages_free_deferred);
}

void ntpool_backing_flush(void)
{
	/* The CPU that added the first memory may not have queued the worker yet. */
	if (!llist_empty(&deferred))
		queue_work(backing_wq, &deferred_work);
	flush_work(&deferred_work);
}

int ntpool_backing_init(void)
{
	backing_wq = ntpool_refused() ? NULL :
		     alloc_workqueue("ntpool_free", WQ_MEM_RECLAIM | WQ_UNBOUND, 1);
	return backing_wq ? 0 : -ENOMEM;
}

/* Called when no other code uses memory/, but for exits of base/ that free records. */
void ntpool_backing_exit(void)
{
	struct workqueue_struct *wq = backing_wq;

	/* Callbacks of base/ that free records may use the queue. */
	rcu_barrier();
	WRITE_ONCE(backing_wq, NULL);
	destroy_workqueue(wq);
}
