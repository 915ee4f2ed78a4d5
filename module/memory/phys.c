// SPDX-License-Identifier: GPL-2.0
/*
 * Physical memory: contiguous pages in a range of addresses, and uncached pages.
 *
 * NT searches its database of page frames and moves pages out of the way. The Linux page
 * allocator takes no range of addresses. The search here works with its orders and zones:
 *
 *	zones	If the range ends below the end of memory, zones that end lower are tried
 *		as well.
 *	order	2^n pages are aligned to their size, so they cross no boundary of at least
 *		that size. The pages beyond the request are freed.
 *	again	A piece outside of the range is held until the search ends, so the
 *		allocator returns another one.
 *	probes	Pieces of the largest order are taken from free memory, up to 256 MiB and
 *		an eighth of what is available: other tasks miss this memory meanwhile.
 *		The pieces cover a part of memory only, so a small range may be missed.
 *
 * The limit is 2^MAX_PAGE_ORDER pages, 4 MiB on x86. Some kernels export
 * alloc_contig_range(), which has no such limit. It moves pages of other owners and may wait
 * for their writeback, and thus for the very driver that calls.
 *
 * A cache type belongs to a page, not to a mapping. On some processors two mappings of a
 * page must not differ. set_memory_uc() and its siblings therefore change the linear map
 * itself, and the change is undone before a page is freed. Only x86 exports these functions;
 * elsewhere a request for another type fails. They sleep, and may need memory to split large
 * mappings, hence memalloc_noio_save(). Pages whose type cannot be restored are kept: a
 * later owner would not expect that type.
 *
 * Freeing. Memory that is freed in an atomic context is put on a lock-free list, whose links
 * lie in that memory. A worker restores the type and frees it.
 *
 * Locking: none.
 */
#include <linux/kasan.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "base/irql.h"
#include "base/refuse.h"
#include "memory/backing.h"
#include "memory/phys.h"

#ifdef CONFIG_X86
#include <asm/memtype.h>
#include <asm/set_memory.h>
#endif

/* Pieces of the requested size that are tried, per zone. */
#define RUN_TRIES	8
/* Probes hold at most this many pages for a moment, and this part of what is available. */
#define PROBE_PAGES	((unsigned long)SZ_256M >> PAGE_SHIFT)
#define PROBE_SHARE	8

/* Free memory only, without waking kswapd. */
#define FREE_ONLY	(__GFP_NOWARN | __GFP_NOMEMALLOC)

/* Zone modifiers in the order of the search: each zone ends below the one before it. */
static const gfp_t zones[] = {
	0,
#ifdef CONFIG_ZONE_DMA32
	GFP_DMA32,
#endif
#ifdef CONFIG_ZONE_DMA
	GFP_DMA,
#endif
};

/* At the start of memory outside of the range, which is held until the search ends. */
struct held_run {
	struct held_run *next;
	unsigned int order;
};

/* At the start of memory that waits to be freed. */
struct phys_deferred {
	struct ntpool_deferred mem;
	unsigned long nr;
	enum ntpool_caching cache;
	struct page **page;
};

/*
 * Cache types
 */
#ifdef CONFIG_X86
static bool cache_is_offered(enum ntpool_caching cache)
{
	return cache != NTPOOL_WRITECOMBINED || pat_enabled();
}

static int cache_set(void *base, unsigned long nr, enum ntpool_caching cache)
{
	unsigned long addr = (unsigned long)base;

	switch (cache) {
	case NTPOOL_NONCACHED:
		return set_memory_uc(addr, nr);
	case NTPOOL_WRITECOMBINED:
		return set_memory_wc(addr, nr);
	default:
		return set_memory_wb(addr, nr);
	}
}

static int cache_set_pages(struct page **page, unsigned long nr, enum ntpool_caching cache)
{
	return cache == NTPOOL_NONCACHED ? set_pages_array_uc(page, nr) :
					set_pages_array_wb(page, nr);
}
#else
static bool cache_is_offered(enum ntpool_caching cache)
{
	return cache == NTPOOL_CACHED;
}

static int cache_set(void *base, unsigned long nr, enum ntpool_caching cache)
{
	return -EOPNOTSUPP;
}

static int cache_set_pages(struct page **page, unsigned long nr, enum ntpool_caching cache)
{
	return -EOPNOTSUPP;
}
#endif

/* True if the cache type was restored and the pages may be freed. */
static bool cache_restored(int err)
{
	return !WARN_ONCE(err, "ntpool: pages stay uncached and are kept, error %d\n", err);
}

/*
 * Contiguous memory
 */

/*
 * True if the request fits into @len page frames from @pfn on. *@start is the first frame
 * where it does.
 */
static bool run_fits(const struct ntpool_phys_want *want, unsigned long pfn,
		     unsigned long len, unsigned long *start)
{
	unsigned long end = min(pfn + len, want->end);
	unsigned long at = max(pfn, want->first);

	if (at >= end || end - at < want->nr)
		return false;
	if (want->boundary && (at ^ (at + want->nr - 1)) & ~(want->boundary - 1))
		at = round_up(at, want->boundary);
	*start = at;
	return at < end && end - at >= want->nr;
}

/* Frees all pages but @nr from page frame @start on. */
static void *run_trim(struct page *page, unsigned int order, unsigned long start,
		      unsigned long nr)
{
	unsigned long pfn = page_to_pfn(page), i;

	split_page(page, order);
	for (i = pfn; i < pfn + (1UL << order); i++)
		if (i - start >= nr)
			__free_page(pfn_to_page(i));
	/* As in backing_linear(). */
	return kasan_reset_tag(page_address(pfn_to_page(start)));
}

static struct page *run_take(int node, gfp_t gfp, unsigned int order)
{
	if (ntpool_refused())
		return NULL;
	if (node != NUMA_NO_NODE)
		gfp |= __GFP_THISNODE;
	return alloc_pages_node(node, gfp, order);
}

static void runs_release(struct held_run *held)
{
	struct held_run *next;

	for (; held; held = next) {
		next = held->next;
		free_pages((unsigned long)held, held->order);
	}
}

/* Only the first try has @gfp: it may reclaim or use reserves, later ones may not. */
static void *run_search(const struct ntpool_phys_want *want, gfp_t gfp, gfp_t zone,
			unsigned int order, unsigned long tries)
{
	struct held_run *held = NULL, *run;
	unsigned long start;
	struct page *page;
	void *base = NULL;

	while (tries-- && !base) {
		page = run_take(want->node, gfp | zone, order);
		if (!page)
			break;
		if (run_fits(want, page_to_pfn(page), 1UL << order, &start)) {
			base = run_trim(page, order, start, want->nr);
			break;
		}
		run = page_address(page);
		*run = (struct held_run){ .next = held, .order = order };
		held = run;
		gfp = FREE_ONLY;
		if (ntpool_may_sleep())
			cond_resched();
	}
	runs_release(held);
	return base;
}

/* True if the range ends below the end of memory. */
static bool ends_early(const struct ntpool_phys_want *want)
{
	unsigned long begin, end;

	ntpool_backing_span(&begin, &end);
	return want->end < end;
}

static void *run_search_zones(const struct ntpool_phys_want *want, gfp_t gfp,
			      unsigned int order, unsigned long tries)
{
	unsigned int i, nr = ends_early(want) ? ARRAY_SIZE(zones) : 1;
	void *base = NULL;

	for (i = 0; i < nr && !base; i++)
		base = run_search(want, gfp, zones[i], order, tries);
	return base;
}

static void *run_alloc(const struct ntpool_phys_want *want, gfp_t gfp)
{
	unsigned int order = get_order(want->nr << PAGE_SHIFT);
	unsigned long probes;
	void *base;

	if (want->fast)
		gfp = FREE_ONLY;
	base = run_search_zones(want, gfp, order, RUN_TRIES);
	if (base || want->fast || !gfpflags_allow_blocking(gfp))
		return base;
	if (!want->first && !ends_early(want))
		return NULL;
	probes = min(ntpool_backing_available() / PROBE_SHARE, PROBE_PAGES) >> MAX_PAGE_ORDER;
	return run_search_zones(want, FREE_ONLY, MAX_PAGE_ORDER, probes);
}

bool ntpool_phys_is_possible(const struct ntpool_phys_want *want)
{
	unsigned long begin, end, start;

	if (!cache_is_offered(want->cache) || want->nr > 1UL << MAX_PAGE_ORDER)
		return false;
	/* Cache types are changed by functions that sleep. */
	if (want->cache != NTPOOL_CACHED && !ntpool_may_sleep())
		return false;
	ntpool_backing_span(&begin, &end);
	return run_fits(want, begin, end - begin, &start);
}

void *ntpool_phys_alloc(const struct ntpool_phys_want *want)
{
	gfp_t gfp = ntpool_backing_gfp();
	unsigned int noio;
	void *base;
	int err;

	if (!gfp)
		return NULL;
	base = run_alloc(want, gfp);
	if (!base || want->cache == NTPOOL_CACHED)
		return base;
	if (ntpool_refused()) {
		ntpool_backing_free(base, want->nr);
		return NULL;
	}
	noio = memalloc_noio_save();
	err = cache_set(base, want->nr, want->cache);
	memalloc_noio_restore(noio);
	if (!err)
		return base;
	/* The type of some pages may have changed. */
	ntpool_phys_free(base, want->nr, want->cache);
	return NULL;
}

/*
 * Uncached pages, mapped by vmap()
 */
static void pages_free(struct page **page, unsigned long nr)
{
	while (nr--)
		__free_page(page[nr]);
	kvfree(page);
}

static struct page **pages_alloc(unsigned long nr, gfp_t gfp)
{
	struct page **page;
	unsigned long i;

	if (ntpool_refused())
		return NULL;
	page = kvmalloc_array(nr, sizeof(*page), gfp);
	if (!page)
		return NULL;
	for (i = 0; i < nr; i++) {
		page[i] = ntpool_refused() ? NULL : alloc_page(gfp);
		if (!page[i]) {
			pages_free(page, i);
			return NULL;
		}
	}
	return page;
}

/* Restores the cache type of the pages and frees them. */
static void pages_free_uncached(struct page **page, unsigned long nr)
{
	if (cache_restored(cache_set_pages(page, nr, NTPOOL_CACHED)))
		pages_free(page, nr);
}

static void *pages_map(struct page **page, unsigned long nr)
{
	void *base = NULL;

	if (ntpool_refused()) {
		pages_free(page, nr);
		return NULL;
	}
	if (!cache_set_pages(page, nr, NTPOOL_NONCACHED) && !ntpool_refused())
		base = vmap(page, nr, VM_MAP, pgprot_noncached(PAGE_KERNEL));
	if (!base)
		pages_free_uncached(page, nr);
	return base;
}

bool ntpool_phys_can_map(unsigned long nr)
{
	return cache_is_offered(NTPOOL_NONCACHED) &&
	       nr <= min_t(unsigned long, totalram_pages(), INT_MAX);
}

void *ntpool_phys_map(unsigned long nr, struct page ***page)
{
	unsigned int noio;
	void *base = NULL;

	noio = memalloc_noio_save();
	*page = pages_alloc(nr, GFP_NOIO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
	if (*page)
		base = pages_map(*page, nr);
	memalloc_noio_restore(noio);
	return base;
}

/*
 * Freeing
 */
static void phys_free_now(void *base, unsigned long nr, enum ntpool_caching cache,
			  struct page **page)
{
	unsigned int noio = memalloc_noio_save();

	if (page) {
		vunmap(base);
		pages_free_uncached(page, nr);
	} else if (cache_restored(cache_set(base, nr, NTPOOL_CACHED))) {
		ntpool_backing_free(base, nr);
	}
	memalloc_noio_restore(noio);
}

static void phys_free_deferred(struct ntpool_deferred *mem)
{
	struct phys_deferred *phys = container_of(mem, struct phys_deferred, mem);

	phys_free_now(phys, phys->nr, phys->cache, phys->page);
}

static void phys_free(void *base, unsigned long nr, enum ntpool_caching cache, struct page **page)
{
	struct phys_deferred *phys = base;

	if (ntpool_may_sleep()) {
		phys_free_now(base, nr, cache, page);
		return;
	}
	phys->nr = nr;
	phys->cache = cache;
	phys->page = page;
	ntpool_defer(&phys->mem, phys_free_deferred);
}

void ntpool_phys_free(void *base, unsigned long nr, enum ntpool_caching cache)
{
	if (cache == NTPOOL_CACHED)
		ntpool_backing_free(base, nr);
	else
		phys_free(base, nr, cache, NULL);
}

void ntpool_phys_unmap(void *base, unsigned long nr, struct page **page)
{
	phys_free(base, nr, NTPOOL_NONCACHED, page);
}

/*
 * Translation
 */
static bool is_module_space(unsigned long addr)
{
#ifdef MODULES_VADDR
	return addr >= MODULES_VADDR && addr < MODULES_END;
#else
	return false;
#endif
}

bool ntpool_phys_of(const void *p, phys_addr_t *phys)
{
	struct page *page;

	if (is_vmalloc_addr(p) || is_module_space((unsigned long)p)) {
		page = vmalloc_to_page(p);
		if (page)
			*phys = PFN_PHYS(page_to_pfn(page)) + offset_in_page(p);
		return page;
	}
	if (!virt_addr_valid(p))
		return false;
	*phys = __pa(p);
	return true;
}
