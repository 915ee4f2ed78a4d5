// SPDX-License-Identifier: GPL-2.0
/*
 * The heap: blocks smaller than a page.
 *
 * As in NT, a page is divided into 256 granules. A block is a sequence of granules within
 * one page and begins with a header. There is one heap for each pool and NUMA node.
 *
 * Policy. A request gets exactly the granules it needs, from the best-fitting free block.
 * The rest remains a free block. A freed block is merged with its free neighbours at once.
 * A page that has become one free block stays in a small stock or returns to the kernel.
 *
 * Data. NT keeps the layout of a page in its headers only. Here two bitmaps in struct
 * ntpool_page record where blocks begin and which are free. The descriptor lies outside of
 * the page, behind a guard (memory/record.c). A driver that writes out of bounds can damage
 * headers, but not the layout. The headers repeat it for debuggers and for the fast paths, and
 * are checked against it.
 *
 * The caches of the CPUs (cache.c) and the depots (depot.c) take and give blocks in
 * batches. A cached block is not free in the bitmap; its header has the state.
 *
 * Locking. heap->lock protects the bitmaps, the free lists, and the headers of free
 * blocks. It is a raw spinlock, taken with interrupts disabled, because hard interrupts
 * allocate and free. The critical sections are short, without an allocation. Pages are
 * allocated before the lock is taken and freed after its release. heap->lock is a leaf. No
 * two heaps are locked at once. Damage is noted under the lock and reported without it
 * (damage.c). The lock is held for a few blocks or pages at a time. So interrupts are off for
 * no more than some thousand instructions. A caller with interrupts disabled gets one such
 * part of the work.
 *
 * Life of a page. It enters the page map before its first block is carved. Until page->live
 * is set under the lock, a free finds no block in it. An empty page is detached under the
 * lock, which clears page->live. Then it is removed from the page map, and freed after an RCU
 * grace period. A look-up in an RCU read section may therefore use its result.
 *
 * Contexts: any. On PREEMPT_RT the kernel has no memory for atomic contexts; a worker
 * keeps a few empty pages in the nonpaged heaps.
 */
#include <linux/cpumask.h>
#include <linux/nodemask.h>
#include <linux/random.h>
#include <linux/workqueue.h>

#include "base/irql.h"
#include "base/refuse.h"
#include "base/stub.h"
#include "heap/freelist.h"
#include "parts.h"
#include "memory/backing.h"
#include "memory/record.h"

/* A heap with more than HEAP_FULL empty pages is trimmed to HEAP_STOCK. */
#define HEAP_STOCK	32
#define HEAP_FULL	(2 * HEAP_STOCK)
/* The least number of empty pages in a nonpaged heap on PREEMPT_RT. */
#define RT_STOCK	8
/* The most that one section under heap->lock does. */
#define TAKE_CUTS	6	/* free blocks that are cut */
#define GIVE_BLOCKS	4
#define TRIM_PAGES	6
/* The most pages that a free returns to the kernel. */
#define TRIM_SURPLUS	(4 * HEAP_STOCK)

unsigned long ntpool_body_base __read_mostly;

static struct ntpool_heap **heaps[NTPOOL_TYPES] __ro_after_init;	/* by node */
static struct ntpool_record_class page_records;	/* struct ntpool_page */

struct ntpool_heap *ntpool_heap_of(enum ntpool_type type, int node)
{
	return heaps[type][node];
}

struct ntpool_heap *ntpool_heap_next(const struct ntpool_heap *heap)
{
	enum ntpool_type type = heap ? heap->type : NTPOOL_NONPAGED;
	int node = heap ? next_node(heap->node, node_possible_map) : first_node(node_possible_map);

	if (node >= MAX_NUMNODES && type == NTPOOL_NONPAGED) {
		type = NTPOOL_PAGED;
		node = first_node(node_possible_map);
	}
	return node < MAX_NUMNODES ? heaps[type][node] : NULL;
}

/* Writes the header of a block that is not live. */
static void header_write(struct ntpool_page *page, unsigned int granule, unsigned int granules,
			 enum ntpool_state state)
{
	*ntpool_page_header(page, granule) = (struct ntpool_header){
		.cookie = ntpool_cookie_idle(state),
		.granules = granules,
	};
}

/* Marks @granules from @granule on as one free block. */
static void block_add_free(struct ntpool_page *page, unsigned int granule, unsigned int granules)
{
	__set_bit(granule, page->start);
	__set_bit(granule, page->free);
	header_write(page, granule, granules, NTPOOL_STATE_FREE);
	ntpool_freelist_add(page->map.heap, ntpool_page_header(page, granule), granules);
}

/* Removes the free block at @granule from its list and from both bitmaps. */
static void block_del_free(struct ntpool_page *page, unsigned int granule, unsigned int granules)
{
	ntpool_freelist_del(page->map.heap, ntpool_page_header(page, granule), granules);
	__clear_bit(granule, page->free);
	__clear_bit(granule, page->start);
}

/* Adds @granules, which may be negative, to the free ones of the page and its heap. */
static void page_account(struct ntpool_page *page, int granules)
{
	struct ntpool_heap *heap = page->map.heap;
	unsigned long empty = heap->nr_empty - (page->free_granules == NTPOOL_GRANULES);

	page->free_granules += granules;
	heap->free_granules += granules;
	WRITE_ONCE(heap->nr_empty, empty + (page->free_granules == NTPOOL_GRANULES));
}

/* Returns the first granule at or after @granule that puts the body on a cache line. */
static unsigned int aligned_granule(unsigned int granule)
{
	return round_up(granule + 1, NTPOOL_LINE_GRANULES) - 1;
}

/*
 * Cuts up to @nr blocks of @granules out of the free block at @hdr, which has @room
 * granules. heap_find() has found it with the same @flags. Returns how many, at least 1.
 */
static unsigned int block_carve(struct ntpool_header *hdr, unsigned int room,
				unsigned int granules, unsigned int flags,
				struct ntpool_header **out, unsigned int nr)
{
	struct ntpool_page *page = ntpool_page_of(hdr);
	unsigned int granule = ntpool_page_granule(page, hdr);
	unsigned int n, skip = 0;

	block_del_free(page, granule, room);
	if (unlikely(flags & NTPOOL_ALIGNED))
		skip = aligned_granule(granule) - granule;
	if (skip)
		block_add_free(page, granule, skip);
	granule += skip;
	room -= skip;
	for (n = 0; n < nr && room >= granules; n++) {
		__set_bit(granule, page->start);
		header_write(page, granule, granules, NTPOOL_STATE_CACHED);
		out[n] = ntpool_page_header(page, granule);
		granule += granules;
		room -= granules;
	}
	if (room)
		block_add_free(page, granule, room);
	page_account(page, -(int)(n * granules));
	return n;
}

/* Returns the best-fitting free block that @granules can be carved from with @flags. */
static struct ntpool_header *heap_find(struct ntpool_heap *heap, unsigned int granules,
				       unsigned int flags, unsigned int *room)
{
	struct ntpool_header *hdr = ntpool_freelist_find(heap, granules, room);
	unsigned int granule;

	if (likely(!(flags & (NTPOOL_ALIGNED | NTPOOL_NODE_ONLY))) || !hdr)
		return hdr;
	if (flags & NTPOOL_ALIGNED) {
		granule = ntpool_page_granule(ntpool_page_of(hdr), hdr);
		if (aligned_granule(granule) + granules > granule + *room)
			hdr = ntpool_freelist_find(heap, granules + NTPOOL_LINE_GRANULES - 1, room);
	}
	/* The page allocator may have served the heap with a page of another node. */
	if (hdr && (flags & NTPOOL_NODE_ONLY) && !ntpool_backing_is_on(hdr, heap->node))
		return NULL;
	return hdr;
}

struct ntpool_page *ntpool_page_alloc(gfp_t gfp, int node)
{
	return ntpool_record_alloc(&page_records, gfp, node);
}

void ntpool_page_free(struct ntpool_page *page)
{
	ntpool_record_free(&page_records, page);
}

/* Allocates a page and its descriptor and enters it into the page map. */
static struct ntpool_page *page_create(struct ntpool_heap *heap, unsigned int flags)
{
	gfp_t gfp = ntpool_backing_gfp();
	struct ntpool_page *page;

	/* As in ntpool_backing_alloc(): the context is not known. */
	if (heap->type == NTPOOL_PAGED && !IS_ENABLED(CONFIG_PREEMPT_COUNT))
		gfp = GFP_NOIO | __GFP_NOWARN;
	if (!gfp || ntpool_refused())
		return NULL;
	page = ntpool_page_alloc(gfp, heap->node);
	if (!page)
		return NULL;
	page->map.heap = heap;
	page->base = ntpool_backing_alloc(heap->type, 1, heap->node, flags);
	if (page->base && !ntpool_map_enter(page->base, &page->map))
		return page;
	if (page->base)
		ntpool_backing_free(page->base, 1);
	ntpool_page_free(page);
	return NULL;
}

static void page_add(struct ntpool_page *page)
{
	struct ntpool_heap *heap = page->map.heap;

	lockdep_assert_held(&heap->lock);
	list_add(&page->link, &heap->pages);
	page->live = 1;
	page->epoch = heap->epoch;
	WRITE_ONCE(heap->nr_pages, heap->nr_pages + 1);
	page_account(page, NTPOOL_GRANULES);
	block_add_free(page, 0, NTPOOL_GRANULES);
}

/*
 * Returns the number of empty pages to keep. On PREEMPT_RT an atomic context gets no page from
 * the kernel, only from this stock.
 */
static unsigned int heap_stock(const struct ntpool_heap *heap)
{
	return IS_ENABLED(CONFIG_PREEMPT_RT) && heap->type == NTPOOL_NONPAGED &&
	       node_online(heap->node) && !ntpool_stub_no_stock() ? RT_STOCK : 0;
}

static bool heap_needs_stock(const struct ntpool_heap *heap)
{
	return READ_ONCE(heap->nr_empty) < heap_stock(heap);
}

static void heaps_stock_up(struct work_struct *work)
{
	struct ntpool_heap *heap;
	struct ntpool_page *page;

	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap))
		while (heap_needs_stock(heap)) {
			page = page_create(heap, 0);
			if (!page)
				return;
			raw_spin_lock_irq(&heap->lock);
			page_add(page);
			raw_spin_unlock_irq(&heap->lock);
		}
}

static DECLARE_WORK(stock_work, heaps_stock_up);

static noinline void heap_unlock_damaged(struct ntpool_heap *heap, unsigned long irq)
	__releases(&heap->lock)
{
	struct ntpool_damage damage = heap->damage;

	heap->damage.nr = 0;
	raw_spin_unlock_irqrestore(&heap->lock, irq);
	ntpool_relist_start(heap);
	ntpool_damage_report(&damage);
}

/* Drops the lock, then reports the damage that was found under it. */
static void heap_unlock(struct ntpool_heap *heap, unsigned long irq)
	__releases(&heap->lock)
{
	if (unlikely(heap->damage.nr))
		heap_unlock_damaged(heap, irq);
	else
		raw_spin_unlock_irqrestore(&heap->lock, irq);
}

unsigned int ntpool_heap_take(struct ntpool_heap *heap, unsigned int granules, unsigned int flags,
			      struct ntpool_header **out, unsigned int nr)
{
	struct ntpool_header *hdr;
	unsigned int n = 0, cuts, room;
	unsigned long irq;

	raw_spin_lock_irqsave(&heap->lock, irq);
	for (cuts = 0; n < nr && cuts < TAKE_CUTS; cuts++) {
		hdr = heap_find(heap, granules, flags, &room);
		if (!hdr)
			break;
		n += block_carve(hdr, room, granules, flags, out + n, nr - n);
	}
	heap_unlock(heap, irq);
	if (heap_needs_stock(heap))
		schedule_work(&stock_work);
	return n;
}

/* Adds @page, which is in the page map, to its heap and takes the first block from it. */
static struct ntpool_header *page_take(struct ntpool_page *page, unsigned int granules,
				       unsigned int flags)
{
	struct ntpool_heap *heap = page->map.heap;
	struct ntpool_header *hdr;
	unsigned long irq;

	raw_spin_lock_irqsave(&heap->lock, irq);
	page_add(page);
	block_carve(page->base, NTPOOL_GRANULES, granules, flags, &hdr, 1);
	heap_unlock(heap, irq);
	return hdr;
}

struct ntpool_header *ntpool_heap_take_fresh(struct ntpool_heap *heap, unsigned int granules,
					     unsigned int flags)
{
	struct ntpool_page *page = page_create(heap, flags);

	return page ? page_take(page, granules, flags) : NULL;
}

struct ntpool_header *ntpool_heap_take_from(struct ntpool_page *page, void *base,
					    unsigned int granules, unsigned int flags)
{
	page->base = base;
	page->map.heap = heaps[NTPOOL_NONPAGED][page_to_nid(virt_to_page(base))];
	if (WARN_ON_ONCE(ntpool_map_enter(page->base, &page->map)))
		return NULL;
	return page_take(page, granules, flags);
}

static void page_free_rcu(struct rcu_head *rcu)
{
	struct ntpool_page *page = container_of(rcu, struct ntpool_page, rcu);

	ntpool_backing_free(page->base, 1);
	ntpool_page_free(page);
}

/* Moves @page, which is one free block, from its heap to the list @out. */
static void page_detach(struct ntpool_page *page, struct list_head *out)
{
	struct ntpool_heap *heap = page->map.heap;

	page_account(page, -NTPOOL_GRANULES);
	block_del_free(page, 0, NTPOOL_GRANULES);
	WRITE_ONCE(heap->nr_pages, heap->nr_pages - 1);
	page->live = 0;
	list_move(&page->link, out);
}

/* Frees detached pages after a grace period. Called without the heap's lock. */
static void pages_release(struct list_head *list)
{
	struct ntpool_page *page, *next;

	/* @link and @rcu share their memory. */
	list_for_each_entry_safe(page, next, list, link) {
		ntpool_map_leave(page->base);
		call_rcu(&page->rcu, page_free_rcu);
	}
}

/* One section of heap_trim(). */
static unsigned long heap_trim_some(struct ntpool_heap *heap, unsigned long keep,
				    unsigned long max)
{
	struct ntpool_header *hdr;
	unsigned long flags, n;
	unsigned int room;
	LIST_HEAD(out);

	raw_spin_lock_irqsave(&heap->lock, flags);
	for (n = 0; n < max && heap->nr_empty > keep; n++) {
		hdr = ntpool_freelist_find(heap, NTPOOL_GRANULES, &room);
		if (!hdr)
			break;
		page_detach(ntpool_page_of(hdr), &out);
	}
	heap_unlock(heap, flags);
	pages_release(&out);
	return n;
}

/*
 * Returns up to @max empty pages to the kernel, but keeps @keep. Returns their number: with
 * interrupts disabled TRIM_PAGES at most, in an atomic context on PREEMPT_RT none.
 */
static unsigned long heap_trim(struct ntpool_heap *heap, unsigned long keep, unsigned long max)
{
	unsigned long n = 0, some;

	/* On PREEMPT_RT the xarray of the page map has a sleeping lock. */
	if (ntpool_raw_atomic())
		return 0;
	keep = max_t(unsigned long, keep, heap_stock(heap));
	do {
		some = heap_trim_some(heap, keep, min_t(unsigned long, max - n, TRIM_PAGES));
		n += some;
	} while (some == TRIM_PAGES && !irqs_disabled());
	return n;
}

unsigned long ntpool_heap_trim_all(unsigned long keep, unsigned long max)
{
	struct ntpool_heap *heap;
	unsigned long n = 0;

	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap))
		n += heap_trim(heap, keep, max - n);
	return n;
}

unsigned long ntpool_heap_empty_pages(void)
{
	struct ntpool_heap *heap;
	unsigned long n = 0, stock;

	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap)) {
		stock = heap_stock(heap);
		n += max(READ_ONCE(heap->nr_empty), stock) - stock;
	}
	return n;
}

/* Checks the header of a cached block, which no driver may write, against the bitmaps. */
static void header_check(struct ntpool_page *page, unsigned int granule, unsigned int granules)
{
	const struct ntpool_header *hdr = ntpool_page_header(page, granule);

	if (hdr->cookie != ntpool_cookie_idle(NTPOOL_STATE_CACHED) ||
	    ntpool_header_granules(hdr) != granules)
		ntpool_damage_note(&page->map.heap->damage, NTPOOL_DAMAGED_HEADER, hdr,
				   ntpool_header_granules(hdr), 0);
}

/* Makes the cached block at @hdr free and merges it with both neighbours. */
static void heap_give_one(struct ntpool_header *hdr)
{
	struct ntpool_page *page = ntpool_page_of(hdr);
	unsigned int granule = ntpool_page_granule(page, hdr);
	unsigned int end = ntpool_page_end(page, granule);
	unsigned int last;

	header_check(page, granule, end - granule);
	page_account(page, end - granule);
	if (end < NTPOOL_GRANULES && test_bit(end, page->free)) {
		last = ntpool_page_end(page, end);
		block_del_free(page, end, last - end);
		end = last;
	}
	last = find_last_bit(page->start, granule);
	if (last < granule && test_bit(last, page->free)) {
		block_del_free(page, last, granule - last);
		__clear_bit(granule, page->start);
		granule = last;
	}
	block_add_free(page, granule, end - granule);
}

void ntpool_heap_give(struct ntpool_heap *heap, struct ntpool_header **blocks, unsigned int nr)
{
	unsigned int i = 0, end;
	unsigned long flags;

	while (i < nr) {
		end = min(i + GIVE_BLOCKS, nr);
		raw_spin_lock_irqsave(&heap->lock, flags);
		for (; i < end; i++)
			heap_give_one(blocks[i]);
		heap_unlock(heap, flags);
	}
}

void ntpool_heap_trim_surplus(struct ntpool_heap *heap)
{
	if (unlikely(READ_ONCE(heap->nr_empty) > HEAP_FULL))
		heap_trim(heap, HEAP_STOCK, TRIM_SURPLUS);
}

bool ntpool_header_read_live(const struct ntpool_page *page, unsigned int granule,
			     struct ntpool_header *copy)
{
	const struct ntpool_header *hdr = ntpool_page_header(page, granule);

	/* A fast free may write the cookie meanwhile. */
	*copy = data_race(*hdr);
	return ntpool_header_is_live(copy, hdr) &&
	       ntpool_header_granules(copy) == ntpool_page_end(page, granule) - granule;
}

static enum ntpool_verdict claim_locked(struct ntpool_page *page, void *p,
					struct ntpool_header *copy)
{
	unsigned long offset = p - page->base;
	struct ntpool_header *hdr;
	unsigned int start;
	bool live;

	if (!page->live)
		return NTPOOL_FREE_UNOWNED;
	/* Find the block that the header of @p would lie in. */
	offset -= min(offset, sizeof(*hdr));
	start = find_last_bit(page->start, (offset >> NTPOOL_GRANULE_SHIFT) + 1);
	hdr = ntpool_page_header(page, start);
	live = ntpool_header_read_live(page, start, copy);
	if (test_bit(start, page->free) || ntpool_cookie_state(copy->cookie) == NTPOOL_STATE_CACHED)
		return NTPOOL_FREE_TWICE;
	if (p != ntpool_block_body(hdr))
		return NTPOOL_FREE_MIDDLE;
	if (!live)
		return NTPOOL_FREE_CORRUPT;
	/* Only a concurrent free changes the cookie of a live block. */
	return ntpool_header_claim(hdr, copy->cookie) ? NTPOOL_FREE_OK : NTPOOL_FREE_TWICE;
}

/*
 * Claims an intact live block, as pool/fast.h does, but of any heap and with any flags. False:
 * nothing has changed. If the block is live, no bit of it in the bitmap changes meanwhile. Else
 * the claim fails, since its cookie has another state.
 */
static bool claim_unlocked(struct ntpool_page *page, void *p, struct ntpool_header *copy)
{
	struct ntpool_header *hdr = ntpool_block_header(p);
	unsigned int granule;

	if (offset_in_page(p) < sizeof(*hdr) || offset_in_page(p) % NTPOOL_GRANULE)
		return false;
	granule = ntpool_page_granule(page, hdr);
	/* Other CPUs may change other blocks' bits in the same word. */
	if (!data_race(test_bit(granule, page->start)))
		return false;
	/* They may also change the header. */
	return data_race(ntpool_header_read_live(page, granule, copy)) &&
	       ntpool_header_claim(hdr, copy->cookie);
}

enum ntpool_verdict ntpool_heap_claim(struct ntpool_page *page, void *p, struct ntpool_header *copy)
{
	enum ntpool_verdict verdict;
	unsigned long flags;

	if (likely(claim_unlocked(page, p, copy)))
		return NTPOOL_FREE_OK;
	raw_spin_lock_irqsave(&page->map.heap->lock, flags);
	verdict = claim_locked(page, p, copy);
	raw_spin_unlock_irqrestore(&page->map.heap->lock, flags);
	return verdict;
}

/* Frees all pages, those with live blocks included: no driver uses the pools any more. */
static void heap_destroy(struct ntpool_heap *heap)
{
	ntpool_relist_flush(heap);
	pages_release(&heap->pages);
	ntpool_guarded_free(heap);
}

static struct ntpool_heap *heap_create(enum ntpool_type type, int node)
{
	struct ntpool_heap *heap;

	heap = ntpool_refused() ? NULL :
	       ntpool_guarded_alloc(sizeof(*heap), GFP_KERNEL,
				    node_online(node) ? node : NUMA_NO_NODE);
	if (!heap)
		return NULL;
	raw_spin_lock_init(&heap->lock);
	INIT_LIST_HEAD(&heap->pages);
	ntpool_relist_init(heap);
	heap->type = type;
	heap->node = node;
	return heap;
}

static int heaps_create(enum ntpool_type type)
{
	int node;

	heaps[type] = ntpool_refused() ? NULL :
		      ntpool_guarded_alloc(nr_node_ids * sizeof(*heaps[type]), GFP_KERNEL,
					   NUMA_NO_NODE);
	if (!heaps[type])
		return -ENOMEM;
	for_each_node(node) {
		heaps[type][node] = heap_create(type, node);
		if (!heaps[type][node])
			return -ENOMEM;
	}
	return 0;
}

int ntpool_heap_init(void)
{
	enum ntpool_type type;

	ntpool_secret = get_random_u64() | 1;
	ntpool_freelist_init();
	ntpool_body_base = ntpool_map_base + sizeof(struct ntpool_header);
	if (ntpool_refused() || ntpool_record_init(&page_records, sizeof(struct ntpool_page)))
		return -ENOMEM;
	for (type = 0; type < NTPOOL_TYPES; type++)
		if (heaps_create(type)) {
			ntpool_heap_exit();
			return -ENOMEM;
		}
	heaps_stock_up(NULL);
	return 0;
}

void ntpool_heap_exit(void)
{
	enum ntpool_type type;
	int node;

	cancel_work_sync(&stock_work);
	for (type = 0; type < NTPOOL_TYPES; type++) {
		if (!heaps[type])
			continue;
		for_each_node(node)
			if (heaps[type][node])
				heap_destroy(heaps[type][node]);
		ntpool_guarded_free(heaps[type]);
	}
	rcu_barrier();
	ntpool_record_exit(&page_records);
}

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/heap_hooks.c"
#endif
