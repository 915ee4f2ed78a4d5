// SPDX-License-Identifier: GPL-2.0
/*
 * The heap: blocks below a page, carved from pages.
 *
 * One heap for each pool and NUMA node. A page is 256 units of 16 bytes; a block
 * is a run of units with a header in front, as in NT, and never leaves its page.
 * A request takes the best-fitting free block of the heap, exactly as many units
 * as it needs; the rest stays a free block. A freed block is merged with its free
 * neighbours at once. A page that has become one free block is kept, up to a
 * small stock, or goes back to the kernel.
 *
 * What NT keeps in the headers alone (where blocks begin, which are free) is kept
 * here in two bitmaps in struct ntp_page, which does not lie in the page: a driver
 * that writes where it must not can spoil headers, but neither the heap nor its
 * knowledge of them. The headers say the same once more, for people who look at
 * memory and for the fast paths, and are checked.
 *
 * In front of the heap are the CPUs' caches (cache.c), which take and give blocks
 * in batches. A cached block is not free in the bitmaps; its header says so.
 *
 * Locking. heap->lock guards the bitmaps, the lists and every header of a free
 * block. It is a raw lock taken with interrupts off, because blocks are allocated
 * and freed in hard interrupts; under it is bounded work on few cache lines, no
 * allocation and no call to anybody but report.c. Pages are got from the kernel
 * before it is taken and returned after it was dropped.
 *
 * Lock order: heap->lock -> report lock, nothing else; never two heaps at once.
 *
 * Lifetime of a page: entered into the page map before its first block is carved;
 * detached under the lock when it is empty, taken off the map, freed by RCU, so
 * that a look-up in a read section may use what it found.
 */
#include <linux/cpumask.h>
#include <linux/nodemask.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "base/irql.h"
#include "base/report.h"
#include "heap/depot.h"
#include "heap/freelist.h"
#include "memory/backing.h"

/* Empty pages that a heap keeps for the next burst, and when it gives back. */
#define HEAP_STOCK	32
#define HEAP_FULL	(2 * HEAP_STOCK)
/* Those that it always has on PREEMPT_RT. */
#define RT_STOCK	8

u64 ntp_secret __ro_after_init;

static struct ntp_heap **heaps[NTP_KINDS] __ro_after_init;	/* by node */
static struct kmem_cache *page_cache __ro_after_init;

struct ntp_heap *ntp_heap_of(enum ntp_kind kind, int node)
{
	return heaps[kind][node];
}

struct ntp_heap *ntp_heap_next(const struct ntp_heap *heap)
{
	enum ntp_kind kind = heap ? heap->kind : NTP_NONPAGED;
	int node = heap ? next_node(heap->node, node_possible_map) : first_node(node_possible_map);

	if (node >= MAX_NUMNODES && kind == NTP_NONPAGED) {
		kind = NTP_PAGED;
		node = first_node(node_possible_map);
	}
	return node < MAX_NUMNODES ? heaps[kind][node] : NULL;
}

/* Headers of blocks that no driver owns. */
static void header_write(struct ntp_page *page, unsigned int unit, unsigned int units,
			 enum ntp_state state)
{
	*ntp_page_header(page, unit) = (struct ntp_header){
		.seal = ntp_seal_idle(state),
		.units = units,
	};
}

/* A free block of @units comes to be at @unit. */
static void block_add_free(struct ntp_page *page, unsigned int unit, unsigned int units)
{
	__set_bit(unit, page->start);
	__set_bit(unit, page->free);
	header_write(page, unit, units, NTP_STATE_FREE);
	ntp_freelist_add(page->map.heap, ntp_page_header(page, unit), units);
}

/* The free block at @unit stops being one. */
static void block_del_free(struct ntp_page *page, unsigned int unit, unsigned int units)
{
	ntp_freelist_del(page->map.heap, ntp_page_header(page, unit), units);
	__clear_bit(unit, page->free);
	__clear_bit(unit, page->start);
}

static void page_account(struct ntp_page *page, int units)
{
	struct ntp_heap *heap = page->map.heap;

	heap->nr_empty -= page->free_units == NTP_UNITS;
	page->free_units += units;
	heap->free_units += units;
	heap->nr_empty += page->free_units == NTP_UNITS;
}

/* Cuts up to @want blocks of @units off the free block at @hdr, size @room. */
static unsigned int block_carve(struct ntp_header *hdr, unsigned int room,
				unsigned int units, struct ntp_header **out,
				unsigned int want)
{
	struct ntp_page *page = ntp_page_of(hdr);
	unsigned int unit = ntp_page_unit(page, hdr);
	unsigned int n;

	block_del_free(page, unit, room);
	for (n = 0; n < want && room >= units; n++) {
		__set_bit(unit, page->start);
		header_write(page, unit, units, NTP_STATE_CACHED);
		out[n] = ntp_page_header(page, unit);
		unit += units;
		room -= units;
	}
	if (room)
		block_add_free(page, unit, room);
	page_account(page, -(int)(n * units));
	return n;
}

static unsigned int heap_take_locked(struct ntp_heap *heap, unsigned int units,
				     struct ntp_header **out, unsigned int want)
{
	struct ntp_header *hdr;
	unsigned int n = 0, room;

	while (n < want) {
		hdr = ntp_freelist_find(heap, units, &room);
		if (!hdr)
			break;
		n += block_carve(hdr, room, units, out + n, want - n);
	}
	return n;
}

struct ntp_page *ntp_page_alloc(gfp_t gfp, int node)
{
	return kmem_cache_alloc_node(page_cache, gfp | __GFP_ZERO, node);
}

void ntp_page_free(struct ntp_page *page)
{
	kmem_cache_free(page_cache, page);
}

static struct ntp_page *page_create(struct ntp_heap *heap, unsigned int flags)
{
	gfp_t gfp = ntp_backing_gfp();
	struct ntp_page *page;

	if (heap->kind == NTP_PAGED && !IS_ENABLED(CONFIG_PREEMPT_COUNT))
		gfp = GFP_NOIO | __GFP_NOWARN;
	if (!gfp || ntp_backing_refused())
		return NULL;
	page = ntp_page_alloc(gfp, heap->node);
	if (!page)
		return NULL;
	page->map.heap = heap;
	page->base = ntp_backing_alloc(heap->kind, 1, heap->node, flags);
	if (page->base && !ntp_map_enter(page->base, &page->map))
		return page;
	if (page->base)
		ntp_backing_free(page->base, 1);
	kmem_cache_free(page_cache, page);
	return NULL;
}

static void page_add(struct ntp_page *page)
{
	struct ntp_heap *heap = page->map.heap;

	lockdep_assert_held(&heap->lock);
	list_add(&page->link, &heap->pages);
	heap->nr_pages++;
	page_account(page, NTP_UNITS);
	block_add_free(page, 0, NTP_UNITS);
}

/*
 * On PREEMPT_RT an atomic caller cannot get pages from the kernel at all. A worker
 * keeps some empty ones in the nonpaged heaps for him.
 */
static bool heap_wants_stock(const struct ntp_heap *heap)
{
	return IS_ENABLED(CONFIG_PREEMPT_RT) && heap->kind == NTP_NONPAGED &&
	       node_online(heap->node) && READ_ONCE(heap->nr_empty) < RT_STOCK;
}

static void heaps_stock_up(struct work_struct *work)
{
	struct ntp_heap *heap;
	struct ntp_page *page;

	for (heap = ntp_heap_next(NULL); heap; heap = ntp_heap_next(heap))
		while (heap_wants_stock(heap)) {
			page = page_create(heap, 0);
			if (!page)
				return;
			raw_spin_lock_irq(&heap->lock);
			page_add(page);
			raw_spin_unlock_irq(&heap->lock);
		}
}

static DECLARE_WORK(stock_work, heaps_stock_up);

unsigned int ntp_heap_take(struct ntp_heap *heap, unsigned int units,
			   struct ntp_header **out, unsigned int want)
{
	unsigned long flags;
	unsigned int n;

	raw_spin_lock_irqsave(&heap->lock, flags);
	n = heap_take_locked(heap, units, out, want);
	raw_spin_unlock_irqrestore(&heap->lock, flags);
	if (heap_wants_stock(heap))
		schedule_work(&stock_work);
	return n;
}

static void page_free_rcu(struct rcu_head *rcu)
{
	struct ntp_page *page = container_of(rcu, struct ntp_page, rcu);

	ntp_backing_free(page->base, 1);
	kmem_cache_free(page_cache, page);
}

struct ntp_header *ntp_heap_take_fresh(struct ntp_heap *heap, unsigned int units)
{
	struct ntp_page *page = page_create(heap, 0);
	struct ntp_header *hdr;
	unsigned long flags;

	if (!page)
		return NULL;
	raw_spin_lock_irqsave(&heap->lock, flags);
	page_add(page);
	/* Somebody may have freed a better one; it is ours to take, for sure. */
	heap_take_locked(heap, units, &hdr, 1);
	raw_spin_unlock_irqrestore(&heap->lock, flags);
	return hdr;
}

/* The first unit from @unit on where the header of an aligned block may be. */
static unsigned int aligned_unit(unsigned int unit)
{
	return round_up(unit + 1, NTP_LINE_UNITS) - 1;
}

/* A free block of at least @units that may begin where @flags want it. */
static struct ntp_header *pick_find(struct ntp_heap *heap, unsigned int units,
				    unsigned int flags, unsigned int *room)
{
	struct ntp_header *hdr = ntp_freelist_find(heap, units, room);
	unsigned int unit;

	if (!hdr || !(flags & NTP_ALIGNED))
		return hdr;
	unit = ntp_page_unit(ntp_page_of(hdr), hdr);
	if (aligned_unit(unit) + units <= unit + *room)
		return hdr;
	return ntp_freelist_find(heap, units + NTP_LINE_UNITS - 1, room);
}

/* Cuts one block of @units out of the free block at @hdr, size @room. */
static struct ntp_header *pick_cut(struct ntp_header *hdr, unsigned int room,
				   unsigned int units, unsigned int flags)
{
	struct ntp_page *page = ntp_page_of(hdr);
	unsigned int first = ntp_page_unit(page, hdr);
	unsigned int unit = flags & NTP_ALIGNED ? aligned_unit(first) : first;

	block_del_free(page, first, room);
	if (unit > first)
		block_add_free(page, first, unit - first);
	__set_bit(unit, page->start);
	header_write(page, unit, units, NTP_STATE_CACHED);
	room -= unit - first + units;
	if (room)
		block_add_free(page, unit + units, room);
	page_account(page, -(int)units);
	return ntp_page_header(page, unit);
}

struct ntp_header *ntp_heap_pick(struct ntp_heap *heap, unsigned int units,
				 unsigned int flags)
{
	struct ntp_header *hdr;
	unsigned long irq;
	unsigned int room;

	raw_spin_lock_irqsave(&heap->lock, irq);
	hdr = pick_find(heap, units, flags, &room);
	/* The page allocator may have helped the heap out with another node's page. */
	if (hdr && (flags & NTP_NODE_ONLY) && !ntp_backing_is_on(hdr, heap->node))
		hdr = NULL;
	if (hdr)
		hdr = pick_cut(hdr, room, units, flags);
	raw_spin_unlock_irqrestore(&heap->lock, irq);
	return hdr;
}

static struct ntp_header *pick_from(struct ntp_page *page, unsigned int units,
				    unsigned int flags)
{
	struct ntp_heap *heap = page->map.heap;
	struct ntp_header *hdr;
	unsigned long irq;

	raw_spin_lock_irqsave(&heap->lock, irq);
	page_add(page);
	hdr = pick_cut(page->base, NTP_UNITS, units, flags);
	raw_spin_unlock_irqrestore(&heap->lock, irq);
	return hdr;
}

struct ntp_header *ntp_heap_pick_fresh(struct ntp_heap *heap, unsigned int units,
				       unsigned int flags)
{
	struct ntp_page *page = page_create(heap, flags);

	return page ? pick_from(page, units, flags) : NULL;
}

struct ntp_header *ntp_heap_pick_from(struct ntp_page *page, void *base,
				      unsigned int units, unsigned int flags)
{
	page->base = base;
	page->map.heap = heaps[NTP_NONPAGED][page_to_nid(virt_to_page(base))];
	if (WARN_ON_ONCE(ntp_map_enter(page->base, &page->map)))
		return NULL;
	return pick_from(page, units, flags);
}

/* Takes @page, all free, off its heap. */
static void page_detach(struct ntp_page *page, struct list_head *out)
{
	struct ntp_heap *heap = page->map.heap;

	page_account(page, -NTP_UNITS);
	block_del_free(page, 0, NTP_UNITS);
	heap->nr_pages--;
	page->dead = true;
	list_move(&page->link, out);
}

static void pages_release(struct list_head *list)
{
	struct ntp_page *page, *next;

	list_for_each_entry_safe(page, next, list, link) {
		ntp_map_leave(page->base);
		call_rcu(&page->rcu, page_free_rcu);
	}
}

unsigned long ntp_heap_trim(struct ntp_heap *heap, unsigned long keep, unsigned long max)
{
	struct ntp_header *hdr;
	unsigned long flags, n;
	unsigned int room;
	LIST_HEAD(out);

	/* The page map's xarray has a sleeping lock on PREEMPT_RT: another time. */
	if (ntp_raw_atomic())
		return 0;
	if (IS_ENABLED(CONFIG_PREEMPT_RT) && heap->kind == NTP_NONPAGED)
		keep = max(keep, (unsigned long)RT_STOCK);
	raw_spin_lock_irqsave(&heap->lock, flags);
	for (n = 0; n < max && heap->nr_empty > keep; n++) {
		hdr = ntp_freelist_find(heap, NTP_UNITS, &room);
		if (!hdr)
			break;
		page_detach(ntp_page_of(hdr), &out);
	}
	raw_spin_unlock_irqrestore(&heap->lock, flags);
	pages_release(&out);
	return n;
}

unsigned long ntp_heap_trim_all(unsigned long keep, unsigned long max)
{
	struct ntp_heap *heap;
	unsigned long n = 0;

	for (heap = ntp_heap_next(NULL); heap; heap = ntp_heap_next(heap))
		n += ntp_heap_trim(heap, keep, max - n);
	return n;
}

unsigned long ntp_heap_pages(void)
{
	struct ntp_heap *heap;
	unsigned long n = 0;

	for (heap = ntp_heap_next(NULL); heap; heap = ntp_heap_next(heap))
		n += READ_ONCE(heap->nr_pages);
	return n;
}

unsigned long ntp_heap_kind_pages(enum ntp_kind kind)
{
	struct ntp_heap *heap;
	unsigned long n = 0;

	for (heap = ntp_heap_next(NULL); heap; heap = ntp_heap_next(heap))
		if (heap->kind == kind)
			n += READ_ONCE(heap->nr_pages);
	return n;
}

unsigned long ntp_heap_empty_pages(void)
{
	struct ntp_heap *heap;
	unsigned long n = 0;

	for (heap = ntp_heap_next(NULL); heap; heap = ntp_heap_next(heap))
		n += READ_ONCE(heap->nr_empty);
	return n;
}

static noinline void header_damaged(const struct ntp_header *hdr)
{
	struct ntp_stop stop = {
		.code = NTP_STOP_BAD_POOL_HEADER,
		.param = { 0x5, (unsigned long)hdr, ntp_header_units(hdr) },
		.addr_mask = BIT(1),
		.text = "the header of a freed block was overwritten; it was restored",
	};

	ntp_report(&stop);
}

/* What the header of a block that no driver owns says must be what we know. */
static void header_inspect(struct ntp_page *page, unsigned int unit, unsigned int units)
{
	const struct ntp_header *hdr = ntp_page_header(page, unit);

	if (hdr->seal != ntp_seal_idle(NTP_STATE_CACHED) || ntp_header_units(hdr) != units)
		header_damaged(hdr);
}

static void heap_give_one(struct ntp_header *hdr)
{
	struct ntp_page *page = ntp_page_of(hdr);
	unsigned int unit = ntp_page_unit(page, hdr);
	unsigned int end = ntp_page_end(page, unit);
	unsigned int last;

	header_inspect(page, unit, end - unit);
	page_account(page, end - unit);
	if (end < NTP_UNITS && test_bit(end, page->free)) {
		last = ntp_page_end(page, end);
		block_del_free(page, end, last - end);
		end = last;
	}
	last = find_last_bit(page->start, unit);
	if (last < unit && test_bit(last, page->free)) {
		block_del_free(page, last, unit - last);
		__clear_bit(unit, page->start);
		unit = last;
	}
	block_add_free(page, unit, end - unit);
}

void ntp_heap_give(struct ntp_heap *heap, struct ntp_header **blocks, unsigned int nr)
{
	unsigned long flags;
	unsigned int i;

	raw_spin_lock_irqsave(&heap->lock, flags);
	for (i = 0; i < nr; i++)
		heap_give_one(blocks[i]);
	raw_spin_unlock_irqrestore(&heap->lock, flags);
}

void ntp_heap_settle(struct ntp_heap *heap)
{
	if (unlikely(READ_ONCE(heap->nr_empty) > HEAP_FULL))
		ntp_heap_trim(heap, HEAP_STOCK, ULONG_MAX);
}

bool ntp_header_read_live(const struct ntp_page *page, unsigned int unit,
			  struct ntp_header *copy)
{
	const struct ntp_header *hdr = ntp_page_header(page, unit);

	/* Its owner may be freeing it; then the seal does not fit, or is the old one. */
	*copy = data_race(*hdr);
	return ntp_header_is_live(copy, hdr) &&
	       ntp_header_units(copy) == ntp_page_end(page, unit) - unit;
}

static enum ntp_verdict claim_locked(struct ntp_page *page, void *p,
				     struct ntp_header *copy)
{
	unsigned long offset = p - page->base;
	struct ntp_header *hdr;
	unsigned int start;
	bool live;

	if (page->dead)
		return NTP_FREE_UNOWNED;
	/* The block around the place where the header would be. */
	offset -= min(offset, sizeof(*hdr));
	start = find_last_bit(page->start, (offset >> NTP_UNIT_SHIFT) + 1);
	hdr = ntp_page_header(page, start);
	live = ntp_header_read_live(page, start, copy);
	if (test_bit(start, page->free) || ntp_seal_state(copy->seal) == NTP_STATE_CACHED)
		return NTP_FREE_TWICE;
	if (p != ntp_block_body(hdr))
		return NTP_FREE_MIDDLE;
	if (!live)
		return NTP_FREE_CORRUPT;
	/* Only another free can have come in between. */
	return ntp_header_claim(hdr, copy->seal) ? NTP_FREE_OK : NTP_FREE_TWICE;
}

enum ntp_verdict ntp_heap_claim(struct ntp_page *page, void *p, struct ntp_header *copy)
{
	enum ntp_verdict verdict;
	unsigned long flags;

	raw_spin_lock_irqsave(&page->map.heap->lock, flags);
	verdict = claim_locked(page, p, copy);
	raw_spin_unlock_irqrestore(&page->map.heap->lock, flags);
	return verdict;
}

/* Pages with blocks that drivers never freed go as well: nobody is left. */
static void heap_destroy(struct ntp_heap *heap)
{
	struct ntp_page *page, *next;

	list_for_each_entry_safe(page, next, &heap->pages, link) {
		ntp_map_leave(page->base);
		call_rcu(&page->rcu, page_free_rcu);
	}
	ntp_depot_destroy(heap);
	kfree(heap);
}

static struct ntp_heap *heap_create(enum ntp_kind kind, int node)
{
	struct ntp_heap *heap = kzalloc_node(sizeof(*heap), GFP_KERNEL,
					     node_online(node) ? node : NUMA_NO_NODE);

	if (!heap)
		return NULL;
	raw_spin_lock_init(&heap->lock);
	INIT_LIST_HEAD(&heap->pages);
	heap->kind = kind;
	heap->node = node;
	if (!ntp_depot_create(heap))
		return heap;
	heap_destroy(heap);
	return NULL;
}

static int heaps_create(enum ntp_kind kind)
{
	int node;

	heaps[kind] = kcalloc(nr_node_ids, sizeof(*heaps[kind]), GFP_KERNEL);
	if (!heaps[kind])
		return -ENOMEM;
	for_each_node(node) {
		heaps[kind][node] = heap_create(kind, node);
		if (!heaps[kind][node])
			return -ENOMEM;
	}
	return 0;
}

int __init ntp_heap_init(void)
{
	enum ntp_kind kind;

	ntp_secret = get_random_u64() | 1;
	page_cache = kmem_cache_create("ntpool_page", sizeof(struct ntp_page), 0,
				       SLAB_HWCACHE_ALIGN, NULL);
	if (!page_cache)
		return -ENOMEM;
	for (kind = 0; kind < NTP_KINDS; kind++)
		if (heaps_create(kind)) {
			ntp_heap_exit();
			return -ENOMEM;
		}
	heaps_stock_up(NULL);
	return 0;
}

void ntp_heap_exit(void)
{
	enum ntp_kind kind;
	int node;

	cancel_work_sync(&stock_work);
	for (kind = 0; kind < NTP_KINDS; kind++) {
		if (!heaps[kind])
			continue;
		for_each_node(node)
			if (heaps[kind][node])
				heap_destroy(heaps[kind][node]);
		kfree(heaps[kind]);
	}
	rcu_barrier();
	kmem_cache_destroy(page_cache);
}
