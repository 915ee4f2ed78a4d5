// SPDX-License-Identifier: GPL-2.0
/*
 * Areas: pages of bookkeeping, out of the reach of overruns.
 *
 * A driver that writes past the end of its page writes into the next page of the linear map.
 * Memory of kmalloc() may be there. If that is bookkeeping of ntpool, the pools lose track of
 * their own pages. A later free then crashes in ntpool. Memory of vmalloc() is no shelter: its
 * pages are in the linear map too, and behind any page.
 *
 * So bookkeeping lies in areas: adjacent pages of the linear map with a guard page in front.
 *
 *	guard | header, records | records | ...		a chunk: records of one size (record.c)
 *	guard | data | ...				ntpool_guarded_alloc()
 *
 * A guard has no data. An overrun of up to a page from any page ends there.
 * Guards are zero. They are checked by the periodic scan, and when their area is freed. A
 * damaged guard is zeroed again. A registered function reports it, with the block on the page
 * before.
 *
 * If no area can be had, a large object is spread. It lies in several areas, each with its
 * guard. vmap() maps them as one range. If even these cannot be had, the request fails. So
 * objects of more than a page are always behind guards.
 *
 * Limits. An overrun of more than a page reaches past the guard, and so does a wild write. An
 * underrun may reach the end of an area from the page behind it. The module's data and per-CPU
 * memory have no guards. A single page has none if the kernel had only that page.
 *
 * Data. Each page of an area but the guard has the address of the first such page in
 * page->private. The low bits have the number of pages, and a bit for the guard. page->lru of the
 * first one links the areas.
 *
 * Locking. areas_lock protects the list of areas and the cursor of the check. It is raw, taken
 * with interrupts off, and a leaf. Under it GUARD_PIECE bytes of a guard are read, and zeroed if
 * they are damaged. A guard may have 64 KiB, so the check drops the lock between the pieces.
 * The guard of an area that is freed is checked without the lock, and with interrupts on. If it is
 * damaged, the worker of backing.c frees the area: the caller may hold a mutex, which must not be
 * held during a report. Before that part starts and after it ends, the caller does it.
 * Pages are allocated before the lock is taken and freed after its release. Reports are made
 * without it.
 *
 * Contexts: any but NMI. On PREEMPT_RT the page allocator has sleeping locks. So an allocation
 * needs a caller without raw locks. Pages that are freed in an atomic context are left to the
 * worker of backing.c.
 */
#include <linux/irqflags.h>
#include <linux/kasan.h>
#include <linux/kmemleak.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "memory/area.h"
#include "memory/backing.h"
#include "memory/record.h"

enum {
	/* Bytes of a guard that are checked in one section. */
	GUARD_PIECE = 1024,
	/* The most pages of an area of a spread object. With its guard it is a power of two. */
	SPREAD_PAGES = 7,
};

static_assert(PAGE_SIZE % GUARD_PIECE == 0);

/* The low bits of page->private. */
enum {
	AREA_HAS_GUARD = BIT(0),
	AREA_PAGES_SHIFT = 1,
	AREA_PAGES_MAX = PAGE_SIZE / 2 - 1,
};

static DEFINE_RAW_SPINLOCK(areas_lock);
static LIST_HEAD(areas);			/* areas_lock */
static unsigned long nr_areas;			/* areas_lock; read without it */
/* The check of the first area's guard: bytes that are checked; damage was reported. areas_lock. */
static unsigned int checked;
static bool checked_damaged;
static void (*on_damage)(const void *guard, u64 value);	/* one word */

gfp_t ntpool_area_gfp_cheap(gfp_t gfp)
{
	return (gfp & ~(__GFP_RECLAIM | __GFP_RETRY_MAYFAIL | __GFP_HIGH)) |
	       __GFP_NOWARN | __GFP_NOMEMALLOC;
}

/* The same, but with a quick reclaim where the caller may sleep. */
static gfp_t gfp_quick(gfp_t gfp)
{
	if (!gfpflags_allow_blocking(gfp))
		return ntpool_area_gfp_cheap(gfp);
	return (gfp & ~__GFP_RETRY_MAYFAIL) | __GFP_NORETRY | __GFP_NOWARN;
}

void *ntpool_area_start(const struct page *page)
{
	return (void *)(page_private(page) & PAGE_MASK);
}

unsigned long ntpool_area_pages(const struct page *page)
{
	return (page_private(page) & ~PAGE_MASK) >> AREA_PAGES_SHIFT;
}

/* Returns the guard of the area that @page belongs to, or NULL. */
static void *area_guard(const struct page *page)
{
	return page_private(page) & AREA_HAS_GUARD ? ntpool_area_start(page) - PAGE_SIZE : NULL;
}

void *ntpool_area_create(unsigned long nr, unsigned int guards, gfp_t effort, gfp_t gfp, int node)
{
	unsigned int order = get_order((nr + guards) << PAGE_SHIFT);
	unsigned long i, flags;
	struct page *page;
	void *start;

	if (!nr || order > MAX_PAGE_ORDER || nr > AREA_PAGES_MAX)
		return NULL;
	page = alloc_pages_node(node, effort, order);
	if (!page)
		return NULL;
	split_page(page, order);
	for (i = nr + guards; i < 1UL << order; i++)
		__free_page(page + i);
	if (guards)
		clear_page(page_address(page));
	page += guards;
	/* As in backing_linear(). */
	start = kasan_reset_tag(page_address(page));
	/* Records lead to other memory of the module. */
	kmemleak_alloc(start, nr << PAGE_SHIFT, 1, gfp);
	for (i = 0; i < nr; i++)
		set_page_private(page + i, (unsigned long)start | nr << AREA_PAGES_SHIFT | guards);
	raw_spin_lock_irqsave(&areas_lock, flags);
	list_add_tail(&page->lru, &areas);
	WRITE_ONCE(nr_areas, nr_areas + 1);
	raw_spin_unlock_irqrestore(&areas_lock, flags);
	return start;
}

/*
 * Zeroes @bytes of a guard at @at again if they are damaged; then true, and *@value is a word of
 * the damage.
 */
static bool guard_restore(void *at, size_t bytes, u64 *value)
{
	void *bad = at ? memchr_inv(at, 0, bytes) : NULL;

	if (!bad)
		return false;
	*value = *(u64 *)PTR_ALIGN_DOWN(bad, sizeof(*value));
	memset(at, 0, bytes);
	return true;
}

static void guard_report(const void *guard, u64 value)
{
	void (*fn)(const void *guard, u64 value) = READ_ONCE(on_damage);

	if (fn)
		fn(guard, value);
}

/* The next check begins with the guard of the area that is the first one then. */
static void check_begin(void)
{
	lockdep_assert_held(&areas_lock);
	checked = 0;
	checked_damaged = false;
}

/* @check: the guard may be damaged. */
static void area_destroy(void *start, bool check)
{
	struct page *page = virt_to_page(start);
	unsigned long i, flags, nr = ntpool_area_pages(page);
	void *guard = area_guard(page);
	bool reported;
	u64 value;

	raw_spin_lock_irqsave(&areas_lock, flags);
	reported = checked_damaged && list_is_first(&page->lru, &areas);
	if (list_is_first(&page->lru, &areas))
		check_begin();
	list_del(&page->lru);
	WRITE_ONCE(nr_areas, nr_areas - 1);
	raw_spin_unlock_irqrestore(&areas_lock, flags);
	if (check && guard_restore(guard, PAGE_SIZE, &value) && !reported)
		guard_report(guard, value);
	kmemleak_free(start);
	for (i = 0; i < nr; i++)
		set_page_private(page + i, 0);
	ntpool_backing_free(guard ?: start, guard ? nr + 1 : nr);
}

static void area_destroy_deferred(struct ntpool_deferred *mem)
{
	area_destroy(mem, true);
}

/*
 * The check of a guard of 64 KiB is too long for a section with interrupts off. Drivers free
 * verified blocks in such sections, and with a block its record.
 */
void ntpool_area_destroy(void *start)
{
	const void *guard = area_guard(virt_to_page(start));

	if (guard && (irqs_disabled() || memchr_inv(guard, 0, PAGE_SIZE)))
		ntpool_defer(start, area_destroy_deferred);
	else
		area_destroy(start, false);
}

/*
 * Checks a piece of the guard of the area that was checked the longest time ago. Returns true if
 * it was the last piece, or there is no guard.
 */
static bool guard_check_piece(void)
{
	bool last = true, damaged = false;
	void *guard = NULL;
	struct page *page;
	u64 value;

	raw_spin_lock_irq(&areas_lock);
	page = list_first_entry_or_null(&areas, struct page, lru);
	guard = page ? area_guard(page) : NULL;
	if (guard) {
		damaged = guard_restore(guard + checked, GUARD_PIECE, &value) && !checked_damaged;
		checked_damaged |= damaged;
		checked += GUARD_PIECE;
		last = checked == PAGE_SIZE;
	}
	if (page && last) {
		list_move_tail(&page->lru, &areas);
		check_begin();
	}
	raw_spin_unlock_irq(&areas_lock);
	if (damaged)
		guard_report(guard, value);
	return last;
}

void ntpool_guard_scan(unsigned long most)
{
	unsigned long nr = min(READ_ONCE(nr_areas), most);

	for (; nr; nr--)
		do
			cond_resched();
		while (!guard_check_piece());
}

void ntpool_guard_on_damage(void (*fn)(const void *guard, u64 value))
{
	WRITE_ONCE(on_damage, fn);
}

/*
 * Spread objects
 */

/* Adds an area for the pages of @pages from @at on, @nr at most. Returns how many it has. */
static unsigned long spread_add(struct page **pages, unsigned long at, unsigned long nr, gfp_t gfp,
				int node)
{
	void *start = ntpool_area_create(nr, 1, gfp_quick(gfp), gfp, node);
	unsigned long i;

	if (!start) {
		nr = 1;
		start = ntpool_area_create(nr, 1, gfp, gfp, node);
	}
	if (!start)
		return 0;
	/* Only the mapping leads to it. */
	kmemleak_not_leak(start);
	for (i = 0; i < nr; i++)
		pages[at + i] = virt_to_page(start) + i;
	return nr;
}

/* Frees the areas of the first @nr pages. */
static void spread_drop(struct page **pages, unsigned long nr)
{
	void *start;

	while (nr) {
		start = ntpool_area_start(pages[nr - 1]);
		nr -= ntpool_area_pages(pages[nr - 1]);
		ntpool_area_destroy(start);
	}
}

/* Returns @nr pages as @gfp says, behind guards, or NULL. Sleeps. */
static void *spread_create(unsigned long nr, gfp_t gfp, int node)
{
	struct page **pages = kvmalloc_array(nr, sizeof(*pages), gfp & ~__GFP_ZERO);
	unsigned long at = 0, more = 1;
	unsigned int noio;
	void *p = NULL;

	for (; pages && at < nr && more; at += more)
		more = spread_add(pages, at, min_t(unsigned long, nr - at, SPREAD_PAGES), gfp,
				  node);
	/* vmap() takes no flags. The caller may be in the path of writes to disk. */
	noio = memalloc_noio_save();
	if (pages && more)
		p = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
	memalloc_noio_restore(noio);
	if (!p)
		spread_drop(pages, at);
	kvfree(pages);
	return p;
}

/* The page behind the range of vmap() is not mapped, and ends the object. Sleeps. */
static void spread_destroy(void *p)
{
	void *first = NULL, *start, *at = p;
	struct page *page;

	for (page = vmalloc_to_page(at); page; page = vmalloc_to_page(at)) {
		start = ntpool_area_start(page);
		at += ntpool_area_pages(page) << PAGE_SHIFT;
		*(void **)start = first;
		first = start;
	}
	vunmap(p);
	while (first) {
		start = first;
		first = *(void **)start;
		ntpool_area_destroy(start);
	}
}

static void spread_destroy_deferred(struct ntpool_deferred *mem)
{
	spread_destroy(mem);
}

void *ntpool_guarded_alloc(size_t size, gfp_t gfp, int node)
{
	unsigned long nr = PFN_UP(size);
	void *p;

	gfp |= __GFP_ZERO;
	if (nr == 1)
		return ntpool_area_create(1, 1, gfp_quick(gfp), gfp, node) ?:
		       ntpool_area_create(1, 0, gfp, gfp, node);
	p = ntpool_area_create(nr, 1, gfp_quick(gfp), gfp, node);
	return p || !gfpflags_allow_blocking(gfp) ? p : spread_create(nr, gfp, node);
}

void ntpool_guarded_free(void *p)
{
	/* RCU frees in a softirq. */
	if (is_vmalloc_addr(p) && in_interrupt())
		ntpool_defer(p, spread_destroy_deferred);
	else if (is_vmalloc_addr(p))
		spread_destroy(p);
	else if (p)
		ntpool_area_destroy(p);
}

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/area_hooks.c"
#endif
