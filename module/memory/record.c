// SPDX-License-Identifier: GPL-2.0
/*
 * Records: the bookkeeping of the pools, out of the reach of overruns.
 *
 * A driver that writes past the end of its page writes into the next page of the linear map.
 * Memory of kmalloc() may be there. If that is a record, the pools no longer know their own
 * pages, and a later free crashes in ntpool. Memory of vmalloc() is no shelter: its pages are
 * in the linear map too, and behind any page.
 *
 * So bookkeeping lies in areas: adjacent pages of the linear map with a guard page in front.
 *
 *	guard | header, records | records | ...		a chunk: records of one size
 *	guard | data | ...				ntpool_guarded_alloc()
 *
 * A guard has no data. An overrun of up to a page from any page ends there.
 * Guards are zero. They are checked by the periodic scan, and when their area is freed. A
 * damaged guard is zeroed again. A registered function reports it, with the block on the page
 * before.
 *
 * A chunk has 2^CHUNK_ORDER pages, so guards take a sixteenth. If the kernel has none, a chunk
 * of two pages is tried. The last try is a single page without guard, because a request must
 * not fail because of a guard. The first try does not reclaim, and only the last one may use
 * reserves. A record of a page has an area of its own instead of such a chunk. A bitmap in the
 * header tells which places are taken. An empty chunk is freed, but not the last one with room
 * on its node. Otherwise each allocation at that point could need a whole chunk.
 *
 * ntpool_sized_alloc() serves objects of any size. It has a kind for each power of two up to
 * a page. Its objects are few, so these chunks have 2^SIZED_ORDER pages only. An object takes
 * up to twice its size, as from kmalloc(), and a seventh for the guard.
 *
 * Records are not aligned to cache lines. Each page has a descriptor of 112 bytes. With that
 * alignment the descriptors would cost more memory than the guards.
 *
 * Limits. An overrun of more than a page reaches past the guard, and so does a wild write. An
 * underrun may reach the end of an area from the page behind it. The module's data, per-CPU
 * memory and memory of vmalloc() have no guards. vmalloc() serves large requests when no area
 * can be had.
 *
 * With KASAN in software, records come from kmalloc(), so KASAN finds accesses to freed records.
 *
 * Data. Each page of an area but the guard has the address of the first such page in
 * page->private. The low bits have the number of pages, and a bit for the guard. page->lru of the
 * first one links the areas.
 *
 * Locking. kind->lock protects the lists of a kind and the headers of its chunks. The CPU that
 * finds a chunk empty and on no list owns it. areas_lock protects the list of areas.
 * Both are raw, taken with interrupts off, and leaves. Under areas_lock one guard is read, and
 * zeroed if it is damaged. Pages are allocated before a lock is taken and freed after its
 * release. Reports are made without a lock.
 *
 * Contexts: any but NMI. On PREEMPT_RT the page allocator has sleeping locks. So an allocation
 * needs a caller without raw locks. Pages that are freed in an atomic context are left to the
 * worker of backing.c.
 */
#include <linux/bitmap.h>
#include <linux/kasan.h>
#include <linux/kmemleak.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "base/refuse.h"
#include "base/stub.h"
#include "memory/backing.h"
#include "memory/record.h"
#include "parts.h"

enum {
	CHUNK_ORDER = 4,
	SIZED_ORDER = 3,
	RECORD_ALIGN = 16,
	RECORD_MIN_SHIFT = 6,
	CHUNK_PLACES = (PAGE_SIZE << CHUNK_ORDER) / NTPOOL_RECORD_MIN,
};
static_assert(NTPOOL_RECORD_MIN == 1 << RECORD_MIN_SHIFT);

/* The low bits of page->private. */
enum {
	AREA_HAS_GUARD = BIT(0),
	AREA_PAGES_SHIFT = 1,
	AREA_PAGES_MAX = PAGE_SIZE / 2 - 1,
};

/* At the start of the first page behind the guard. */
struct chunk {
	struct list_head link;	/* in kind->room, kind->lock; empty: no place is free */
	int node;		/* whose list that is; constant */
	unsigned int nr;	/* places; constant */
	unsigned int used;	/* kind->lock */
	DECLARE_BITMAP(taken, CHUNK_PLACES);	/* kind->lock */
};

static const bool records_are_slab = IS_ENABLED(CONFIG_KASAN_GENERIC) ||
				     IS_ENABLED(CONFIG_KASAN_SW_TAGS);

static DEFINE_RAW_SPINLOCK(areas_lock);
static LIST_HEAD(areas);			/* areas_lock */
static unsigned long nr_areas;			/* areas_lock; read without it */
static void (*on_damage)(const void *guard, u64 value);	/* one word */

/*
 * Areas
 */

/* Without reclaim, reserves and warnings. */
static gfp_t gfp_cheap(gfp_t gfp)
{
	return (gfp & ~(__GFP_RECLAIM | __GFP_RETRY_MAYFAIL | __GFP_HIGH)) |
	       __GFP_NOWARN | __GFP_NOMEMALLOC;
}

/* The same, but with a quick reclaim where the caller may sleep. */
static gfp_t gfp_quick(gfp_t gfp)
{
	return gfpflags_allow_blocking(gfp) ?
	       (gfp & ~__GFP_RETRY_MAYFAIL) | __GFP_NORETRY | __GFP_NOWARN : gfp_cheap(gfp);
}

static void *area_start(const struct page *page)
{
	return (void *)(page_private(page) & PAGE_MASK);
}

static unsigned long area_pages(const struct page *page)
{
	return (page_private(page) & ~PAGE_MASK) >> AREA_PAGES_SHIFT;
}

/* Returns the guard of the area that @page belongs to, or NULL. */
static void *area_guard(const struct page *page)
{
	return page_private(page) & AREA_HAS_GUARD ? area_start(page) - PAGE_SIZE : NULL;
}

/*
 * Allocates an area of @nr pages behind @guards guards, 0 or 1, with @effort. The guard is zeroed,
 * and the pages are as @effort says. @gfp: the flags of the caller. kmemleak gets these, since it
 * switches itself off if it cannot have an object.
 */
static void *area_create(unsigned long nr, unsigned int guards, gfp_t effort, gfp_t gfp, int node)
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

/* Zeroes the guard again if it is damaged; then true, and *@value is a word of the damage. */
static bool guard_restore(void *guard, u64 *value)
{
	void *at = guard ? memchr_inv(guard, 0, PAGE_SIZE) : NULL;

	if (!at)
		return false;
	*value = *(u64 *)PTR_ALIGN_DOWN(at, sizeof(*value));
	memset(guard, 0, PAGE_SIZE);
	return true;
}

static void guard_report(const void *guard, u64 value)
{
	void (*fn)(const void *guard, u64 value) = READ_ONCE(on_damage);

	if (fn)
		fn(guard, value);
}

static void area_destroy(void *start)
{
	struct page *page = virt_to_page(start);
	unsigned long i, flags, nr = area_pages(page);
	void *guard = area_guard(page);
	u64 value;

	raw_spin_lock_irqsave(&areas_lock, flags);
	list_del(&page->lru);
	WRITE_ONCE(nr_areas, nr_areas - 1);
	raw_spin_unlock_irqrestore(&areas_lock, flags);
	if (guard_restore(guard, &value))
		guard_report(guard, value);
	kmemleak_free(start);
	for (i = 0; i < nr; i++)
		set_page_private(page + i, 0);
	ntpool_backing_free(guard ?: start, guard ? nr + 1 : nr);
}

/* Checks the guard of the area that was checked the longest time ago. */
static void guard_check_next(void)
{
	void *guard = NULL;
	bool damaged = false;
	struct page *page;
	u64 value;

	raw_spin_lock_irq(&areas_lock);
	page = list_first_entry_or_null(&areas, struct page, lru);
	if (page) {
		list_move_tail(&page->lru, &areas);
		guard = area_guard(page);
		damaged = guard_restore(guard, &value);
	}
	raw_spin_unlock_irq(&areas_lock);
	if (damaged)
		guard_report(guard, value);
}

void ntpool_guard_scan(unsigned long most)
{
	unsigned long nr = min(READ_ONCE(nr_areas), most);

	for (; nr; nr--) {
		guard_check_next();
		cond_resched();
	}
}

void ntpool_guard_on_damage(void (*fn)(const void *guard, u64 value))
{
	WRITE_ONCE(on_damage, fn);
}

void *ntpool_guarded_alloc(size_t size, gfp_t gfp, int node)
{
	unsigned long nr = PFN_UP(size);
	void *p;

	gfp |= __GFP_ZERO;
	if (nr == 1)
		return area_create(1, 1, gfp_quick(gfp), gfp, node) ?:
		       area_create(1, 0, gfp, gfp, node);
	p = area_create(nr, 1, gfp_quick(gfp), gfp, node);
	/* Takes no node, but @gfp: the caller may be in the path of writes to disk. */
	if (!p && gfpflags_allow_blocking(gfp))
		p = __vmalloc(size, gfp);
	return p;
}

void ntpool_guarded_free(void *p)
{
	if (is_vmalloc_addr(p))
		vfree(p);
	else if (p)
		area_destroy(p);
}

/*
 * Records
 */

static const size_t chunk_header = ALIGN(sizeof(struct chunk), RECORD_ALIGN);

static void *chunk_place(const struct ntpool_record_kind *kind, struct chunk *chunk,
			 unsigned int nr)
{
	return (void *)chunk + chunk_header + (size_t)nr * kind->size;
}

/* Such a record has an area of its own if a whole chunk cannot be had. */
static bool is_wide(const struct ntpool_record_kind *kind)
{
	return kind->size > PAGE_SIZE - chunk_header;
}

static struct chunk *chunk_create(const struct ntpool_record_kind *kind, gfp_t gfp, int node)
{
	unsigned long nr = (1 << kind->order) - 1;
	struct chunk *chunk = area_create(nr, 1, gfp_cheap(gfp), gfp, node);
	size_t bytes;

	if (!chunk && !is_wide(kind))
		chunk = area_create(1, 1, gfp_quick(gfp), gfp, node) ?:
			area_create(1, 0, gfp, gfp, node);
	if (!chunk)
		return NULL;
	bytes = area_pages(virt_to_page(chunk)) << PAGE_SHIFT;
	memset(chunk, 0, sizeof(*chunk));
	INIT_LIST_HEAD(&chunk->link);
	chunk->node = node;
	chunk->nr = (bytes - chunk_header) / kind->size;
	return chunk;
}

/* Takes a place in @chunk; NULL: its header is damaged. */
static void *chunk_take(struct ntpool_record_kind *kind, struct chunk *chunk)
{
	unsigned int nr = find_first_zero_bit(chunk->taken, chunk->nr);

	lockdep_assert_held(&kind->lock);
	if (nr >= chunk->nr) {
		list_del_init(&chunk->link);
		return NULL;
	}
	__set_bit(nr, chunk->taken);
	if (++chunk->used == chunk->nr)
		list_del_init(&chunk->link);
	return chunk_place(kind, chunk, nr);
}

/*
 * Gives the place of @record back. Returns true if @chunk is the caller's now, to be freed.
 * *@damaged: it had no such record.
 */
static bool chunk_give(struct ntpool_record_kind *kind, struct chunk *chunk, void *record,
		       bool *damaged)
{
	unsigned int nr = (record - chunk_place(kind, chunk, 0)) / kind->size;
	struct list_head *room = &kind->room[chunk->node];

	lockdep_assert_held(&kind->lock);
	*damaged = nr >= chunk->nr || !__test_and_clear_bit(nr, chunk->taken);
	if (*damaged)
		return false;
	/* The one that was full last is first, so that the others become empty. */
	if (chunk->used-- == chunk->nr)
		list_add(&chunk->link, room);
	if (chunk->used || list_is_singular(room))
		return false;
	list_del(&chunk->link);
	return true;
}

static void *room_take(struct ntpool_record_kind *kind, int node)
{
	struct chunk *chunk;
	unsigned long flags;
	void *record = NULL;

	raw_spin_lock_irqsave(&kind->lock, flags);
	chunk = list_first_entry_or_null(&kind->room[node], struct chunk, link);
	if (chunk)
		record = chunk_take(kind, chunk);
	raw_spin_unlock_irqrestore(&kind->lock, flags);
	return record;
}

static void *chunk_add(struct ntpool_record_kind *kind, gfp_t gfp, int node)
{
	struct chunk *chunk = chunk_create(kind, gfp, node);
	unsigned long flags;
	void *record;

	if (!chunk)
		return NULL;
	raw_spin_lock_irqsave(&kind->lock, flags);
	list_add(&chunk->link, &kind->room[node]);
	record = chunk_take(kind, chunk);
	raw_spin_unlock_irqrestore(&kind->lock, flags);
	return record;
}

void *ntpool_record_alloc(struct ntpool_record_kind *kind, gfp_t gfp, int node)
{
	void *record;

	if (records_are_slab)
		return kzalloc_node(kind->size, gfp, node);
	if (node == NUMA_NO_NODE)
		node = numa_mem_id();
	record = room_take(kind, node) ?: chunk_add(kind, gfp, node);
	if (record) {
		ntpool_stub_records(1);
		return memset(record, 0, kind->size);
	}
	return is_wide(kind) ? ntpool_guarded_alloc(kind->size, gfp, node) : NULL;
}

void ntpool_record_free(struct ntpool_record_kind *kind, void *record)
{
	struct chunk *chunk;
	unsigned long flags;
	bool empty, damaged;

	if (records_are_slab) {
		kfree(record);
		return;
	}
	if (!record)
		return;
	chunk = area_start(virt_to_page(record));
	if (record == chunk) {
		ntpool_guarded_free(record);
		return;
	}
	raw_spin_lock_irqsave(&kind->lock, flags);
	empty = chunk_give(kind, chunk, record, &damaged);
	raw_spin_unlock_irqrestore(&kind->lock, flags);
	ntpool_stub_records(-1);
	WARN_ON_ONCE(damaged);
	if (empty)
		area_destroy(chunk);
}

/* Returns lists for @nr kinds, or NULL. */
static struct list_head *rooms_alloc(unsigned int nr)
{
	return ntpool_guarded_alloc(nr * nr_node_ids * sizeof(struct list_head), GFP_KERNEL,
				    NUMA_NO_NODE);
}

static void kind_init(struct ntpool_record_kind *kind, unsigned int size, unsigned int order,
		      struct list_head *room)
{
	int node;

	kind->size = size;
	kind->order = order;
	raw_spin_lock_init(&kind->lock);
	kind->room = room;
	for_each_node(node)
		INIT_LIST_HEAD(&kind->room[node]);
}

/* Frees the chunks. */
static void kind_exit(struct ntpool_record_kind *kind)
{
	struct chunk *chunk, *next;
	int node;

	for_each_node(node)
		list_for_each_entry_safe(chunk, next, &kind->room[node], link) {
			/* A record in use keeps its chunk: the memory is lost. */
			if (!WARN_ON_ONCE(chunk->used))
				area_destroy(chunk);
		}
}

int ntpool_record_init(struct ntpool_record_kind *kind, unsigned int size)
{
	struct list_head *room = rooms_alloc(1);

	if (!room)
		return -ENOMEM;
	kind_init(kind, records_are_slab ? size :
		  max_t(unsigned int, ALIGN(size, RECORD_ALIGN), NTPOOL_RECORD_MIN), CHUNK_ORDER, room);
	return 0;
}

void ntpool_record_exit(struct ntpool_record_kind *kind)
{
	if (!kind->room)
		return;
	kind_exit(kind);
	ntpool_guarded_free(kind->room);
	kind->room = NULL;
}

/*
 * Objects of any size
 */
static struct ntpool_record_kind sized[PAGE_SHIFT - RECORD_MIN_SHIFT + 1];

/* Returns the kind that @size fits into; NULL: @size is above a page. */
static struct ntpool_record_kind *sized_kind(size_t size)
{
	unsigned int nr = size > NTPOOL_RECORD_MIN ? order_base_2(size) - RECORD_MIN_SHIFT : 0;

	return nr < ARRAY_SIZE(sized) ? &sized[nr] : NULL;
}

void *ntpool_sized_alloc(size_t size, gfp_t gfp, int node)
{
	struct ntpool_record_kind *kind = sized_kind(size);

	if (!kind)
		return ntpool_guarded_alloc(size, gfp, node);
	/* KASAN gets @size, not the size of the kind: it finds an overrun of one byte. */
	return records_are_slab ? kzalloc_node(size, gfp, node) :
				  ntpool_record_alloc(kind, gfp, node);
}

void ntpool_sized_free(void *p, size_t size)
{
	struct ntpool_record_kind *kind = sized_kind(size);

	if (kind)
		ntpool_record_free(kind, p);
	else
		ntpool_guarded_free(p);
}

/**
 * ntpool_sized_init() - prepare ntpool_sized_alloc()
 *
 * Context: process context.
 * Return: 0 or -ENOMEM.
 */
int ntpool_sized_init(void)
{
	struct list_head *room = ntpool_refused() ? NULL : rooms_alloc(ARRAY_SIZE(sized));
	unsigned int i;

	if (!room)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(sized); i++)
		kind_init(&sized[i], NTPOOL_RECORD_MIN << i, SIZED_ORDER, room + i * nr_node_ids);
	return 0;
}

/* Called when none of the objects is in use. */
void ntpool_sized_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sized); i++)
		kind_exit(&sized[i]);
	ntpool_guarded_free(sized[0].room);
}

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/record_hooks.c"
#endif
