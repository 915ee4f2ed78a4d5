// SPDX-License-Identifier: GPL-2.0
/*
 * The depots: free blocks between the magazines of the CPUs and a heap.
 *
 * For a small block NT tries a per-processor list, then a list that all processors share,
 * then the pool. A depot is the shared list. It pays off if blocks are freed on another CPU
 * than they are allocated on. It also does if batches are larger than a magazine. Some
 * blocks move by copying pointers; the heap would merge and carve each of them.
 *
 * Each heap has a depot for each block size. A depot is an array of pointers, used as a stack.
 * Up to NTPOOL_DEPOT_GRANULES it has room for the blocks of two magazines from the start, above
 * for none. Blocks beyond that go to the heap. A block in a depot is in the cached state and
 * counts as free. Reclaim empties the depots, and the periodic scan (scan.c) empties those that
 * were not used.
 *
 * Demand. A driver that works in batches takes many blocks of one size from the heap in a row.
 * Then it gives as many back in a row. Random requests take and give by turns. So a depot counts
 * the blocks of the last row in each direction. If both rows are longer than random requests make
 * them, a worker enlarges the array by the shorter one. All enlarged depots of a heap together
 * have room for MOST_BYTES. A depot that the scan finds unused gets its first array again.
 *
 * Locking: each depot has a raw spinlock, taken with interrupts disabled, because hard
 * interrupts allocate and free. No lock nests inside. Only the worker and the scan replace
 * arrays; grow_mutex serialises them. The counts of rows are single words, which CPUs may
 * overwrite for each other. They decide about speed only.
 *
 * Contexts: any; the worker and the scan sleep.
 */
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/overflow.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "base/refuse.h"
#include "heap/depot.h"
#include "heap/limits.h"
#include "memory/record.h"

/* Blocks that a drain moves per lock section. */
#define DRAIN_BATCH	32
/* The same for reclaim, which may run with interrupts disabled. */
#define RECLAIM_BATCH	8
/* The room of an enlarged depot, and of all of a heap. */
#define MOST_BLOCKS	1024
#define MOST_BYTES	SZ_2M
/*
 * A row has this many blocks and four magazines. Random requests go on in one direction with a
 * probability of 3/4 at most. So two such rows happen once in a million changes of direction.
 */
#define LEAST_ROW	16

/**
 * struct ntpool_depot - the spare blocks of one heap and size
 * @lock: a leaf, taken with interrupts disabled
 * @nr: number of blocks; @lock, read without it as a hint and as a figure
 * @limit: capacity; @lock and grow_mutex to change it, read without @lock as a hint
 * @used: blocks were taken or given since the last scan; @lock
 * @slot: headers of the blocks, the newest last: @first, or an array of the worker; @lock
 *	  and grow_mutex to change it
 * @first: the array of the load; constant
 * @taken: the blocks of the last row that the heap gave; a hint without a lock
 * @given: the blocks of the row after it that the heap got; a hint without a lock
 * @wanted: the capacity that would have served both; a hint without a lock
 */
struct ntpool_depot {
	raw_spinlock_t lock;
	unsigned int nr;
	unsigned int limit;
	bool used;
	struct ntpool_header **slot;
	struct ntpool_header **first;
	unsigned int taken;
	unsigned int given;
	unsigned int wanted;
} ____cacheline_aligned_in_smp;

static DEFINE_MUTEX(grow_mutex);
static void depots_grow(struct work_struct *work);
static DECLARE_WORK(grow_work, depots_grow);

unsigned int ntpool_depot_take(struct ntpool_heap *heap, unsigned int granules,
			       struct ntpool_header **out, unsigned int nr)
{
	struct ntpool_depot *depot = heap->depot[granules];
	unsigned long flags;

	/* Avoid the lock in the common case: the depot is empty. */
	if (!READ_ONCE(depot->nr))
		return 0;
	raw_spin_lock_irqsave(&depot->lock, flags);
	depot->used = true;
	nr = min(nr, depot->nr);
	WRITE_ONCE(depot->nr, depot->nr - nr);
	memcpy(out, depot->slot + depot->nr, nr * sizeof(*out));
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return nr;
}

unsigned int ntpool_depot_give(struct ntpool_heap *heap, unsigned int granules,
			       struct ntpool_header **blocks, unsigned int nr)
{
	struct ntpool_depot *depot = heap->depot[granules];
	unsigned long flags;

	if (READ_ONCE(depot->nr) == READ_ONCE(depot->limit))
		return 0;
	raw_spin_lock_irqsave(&depot->lock, flags);
	depot->used = true;
	nr = min(nr, depot->limit - depot->nr);
	memcpy(depot->slot + depot->nr, blocks, nr * sizeof(*blocks));
	WRITE_ONCE(depot->nr, depot->nr + nr);
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return nr;
}

void ntpool_depot_missed(struct ntpool_heap *heap, unsigned int granules, unsigned int nr)
{
	struct ntpool_depot *depot = heap->depot[granules];

	/* After a row in the other direction a new one begins. */
	if (READ_ONCE(depot->given)) {
		WRITE_ONCE(depot->given, 0);
		WRITE_ONCE(depot->taken, 0);
	}
	WRITE_ONCE(depot->taken, READ_ONCE(depot->taken) + nr);
}

void ntpool_depot_overflowed(struct ntpool_heap *heap, unsigned int granules, unsigned int nr)
{
	struct ntpool_depot *depot = heap->depot[granules];
	unsigned int given = READ_ONCE(depot->given) + nr;
	unsigned int row = min(given, READ_ONCE(depot->taken));
	unsigned int limit = READ_ONCE(depot->limit);
	unsigned int wanted = min_t(unsigned int, limit + row, MOST_BLOCKS);

	WRITE_ONCE(depot->given, given);
	if (row < 4 * ntpool_magazine_limit(granules) + LEAST_ROW ||
	    wanted <= limit || wanted <= READ_ONCE(depot->wanted))
		return;
	WRITE_ONCE(depot->wanted, wanted);
	schedule_work(&grow_work);
}

static bool depot_is_enlarged(const struct ntpool_depot *depot)
{
	return READ_ONCE(depot->slot) != depot->first;
}

bool ntpool_depot_is_enlarged(struct ntpool_heap *heap, unsigned int granules)
{
	return depot_is_enlarged(heap->depot[granules]);
}

/*
 * Replaces the array by @slot with room for @limit blocks, no fewer than there are. Returns the
 * array that is not used any more, for the caller to free without the mutex; NULL: none.
 */
static struct ntpool_header **depot_replace(struct ntpool_depot *depot,
					    struct ntpool_header **slot, unsigned int limit)
{
	struct ntpool_header **old;

	lockdep_assert_held(&grow_mutex);
	raw_spin_lock_irq(&depot->lock);
	old = depot->slot;
	if (depot->nr <= limit) {
		memcpy(slot, old, depot->nr * sizeof(*slot));
		WRITE_ONCE(depot->slot, slot);
		WRITE_ONCE(depot->limit, limit);
		slot = old;
	}
	raw_spin_unlock_irq(&depot->lock);
	return slot != depot->first ? slot : NULL;
}

/* Returns the bytes for which the enlarged depots of @heap have room. */
static unsigned long enlarged_bytes(const struct ntpool_heap *heap)
{
	unsigned long bytes = 0;
	unsigned int granules;

	for (granules = NTPOOL_MIN_GRANULES; granules < NTPOOL_GRANULES; granules++)
		if (depot_is_enlarged(heap->depot[granules]))
			bytes += (unsigned long)heap->depot[granules]->limit * granules;
	return bytes << NTPOOL_GRANULE_SHIFT;
}

/* Enlarges the depot if it wants that. Returns the array to free, or NULL. */
static struct ntpool_header **depot_grow(struct ntpool_heap *heap, unsigned int granules)
{
	struct ntpool_depot *depot = heap->depot[granules];
	unsigned int limit = min_t(unsigned int, READ_ONCE(depot->wanted), MOST_BLOCKS);
	unsigned long more = (unsigned long)(limit - min(limit, depot->limit)) * granules;
	struct ntpool_header **slot = NULL;

	if (limit > depot->limit && !ntpool_refused() &&
	    enlarged_bytes(heap) + (more << NTPOOL_GRANULE_SHIFT) <= MOST_BYTES)
		slot = ntpool_guarded_alloc(limit * sizeof(*slot), GFP_KERNEL,
					    node_online(heap->node) ? heap->node : NUMA_NO_NODE);
	/* A demand that was refused stands until the next scan: each free would try again. */
	if (!slot)
		return NULL;
	WRITE_ONCE(depot->wanted, 0);
	return depot_replace(depot, slot, limit);
}

static void depots_grow(struct work_struct *work)
{
	struct ntpool_header **old;
	struct ntpool_heap *heap;
	unsigned int granules;

	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap))
		for (granules = NTPOOL_MIN_GRANULES; granules < NTPOOL_GRANULES; granules++) {
			if (!READ_ONCE(heap->depot[granules]->wanted))
				continue;
			mutex_lock(&grow_mutex);
			old = depot_grow(heap, granules);
			mutex_unlock(&grow_mutex);
			/* A damaged guard is reported without the mutex. */
			ntpool_guarded_free(old);
		}
}

/* Returns the capacity of a depot from the start. */
static unsigned int first_limit(unsigned int granules)
{
	return granules <= NTPOOL_DEPOT_GRANULES ? ntpool_depot_limit(granules) : 0;
}

static void depot_drain(struct ntpool_heap *heap, unsigned int granules)
{
	struct ntpool_header *block[DRAIN_BATCH];
	unsigned int nr;

	while ((nr = ntpool_depot_take(heap, granules, block, DRAIN_BATCH)))
		ntpool_heap_give(heap, block, nr);
}

/* Gives at most @nr blocks to the heap, and takes one of @granules from it. */
static struct ntpool_header *depot_trade(struct ntpool_heap *heap, unsigned int from,
					 unsigned int nr, unsigned int granules,
					 unsigned int flags)
{
	struct ntpool_header *block[RECLAIM_BATCH], *hdr = NULL;

	nr = ntpool_depot_take(heap, from, block, nr);
	if (nr) {
		ntpool_heap_give(heap, block, nr);
		ntpool_heap_take(heap, granules, flags, &hdr, 1);
	}
	return hdr;
}

struct ntpool_header *ntpool_depot_reclaim(struct ntpool_heap *heap, unsigned int granules,
					   unsigned int flags)
{
	struct ntpool_header *hdr = NULL;
	unsigned int from;

	for (from = granules; from < NTPOOL_GRANULES && !hdr; from++) {
		if (!READ_ONCE(heap->depot[from]->nr))
			continue;
		hdr = depot_trade(heap, from, 1, granules, flags);
		/* A block on another node or line does not serve a constrained request. */
		if (flags && irqs_disabled())
			return hdr;
	}
	for (from = granules - 1; from >= NTPOOL_MIN_GRANULES && !hdr; from--)
		while (!hdr && READ_ONCE(heap->depot[from]->nr)) {
			hdr = depot_trade(heap, from, RECLAIM_BATCH, granules, flags);
			if (irqs_disabled())
				return hdr;
		}
	return hdr;
}

/* True if the depot was not used since the last call. */
static bool depot_is_old(struct ntpool_depot *depot)
{
	unsigned long flags;
	bool used;

	raw_spin_lock_irqsave(&depot->lock, flags);
	used = depot->used;
	depot->used = false;
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return !used;
}

/* Empties the depot if it was not used since the last call, and gives it its first array. */
static void depot_age(struct ntpool_heap *heap, unsigned int granules)
{
	struct ntpool_depot *depot = heap->depot[granules];
	struct ntpool_header **old = NULL;

	/* The scan visits all depots, and most of them are not used. */
	if (READ_ONCE(depot->wanted))
		WRITE_ONCE(depot->wanted, 0);
	if ((!READ_ONCE(depot->nr) && !depot_is_enlarged(depot)) || !depot_is_old(depot))
		return;
	depot_drain(heap, granules);
	mutex_lock(&grow_mutex);
	if (depot_is_enlarged(depot))
		old = depot_replace(depot, depot->first, first_limit(granules));
	mutex_unlock(&grow_mutex);
	/* Blocks and guards are reported without the mutex. */
	ntpool_guarded_free(old);
}

bool ntpool_depot_age(void)
{
	struct ntpool_heap *heap;
	unsigned int granules;
	bool used = false;

	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap)) {
		for (granules = NTPOOL_MIN_GRANULES; granules < NTPOOL_GRANULES; granules++) {
			depot_age(heap, granules);
			used |= READ_ONCE(heap->depot[granules]->nr) ||
				depot_is_enlarged(heap->depot[granules]);
		}
		ntpool_heap_trim_surplus(heap);
	}
	return used;
}

void ntpool_depot_drain(void)
{
	struct ntpool_heap *heap;
	unsigned int granules;

	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap))
		for (granules = NTPOOL_MIN_GRANULES; granules < NTPOOL_GRANULES; granules++)
			depot_drain(heap, granules);
}

static unsigned long depot_bytes(struct ntpool_heap *heap)
{
	unsigned long bytes = 0;
	unsigned int granules;

	for (granules = NTPOOL_MIN_GRANULES; granules < NTPOOL_GRANULES; granules++)
		bytes += ((unsigned long)READ_ONCE(heap->depot[granules]->nr) * granules) <<
			 NTPOOL_GRANULE_SHIFT;
	return bytes;
}

unsigned long ntpool_depot_bytes(enum ntpool_type type)
{
	unsigned long bytes = 0;
	struct ntpool_heap *heap;

	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap))
		if (heap->type == type)
			bytes += depot_bytes(heap);
	return bytes;
}

/* The slots that all depots of a heap have from the start. */
static size_t first_slots(void)
{
	unsigned int granules;
	size_t nr = 0;

	for (granules = NTPOOL_MIN_GRANULES; granules < NTPOOL_GRANULES; granules++)
		nr += first_limit(granules);
	return nr;
}

/* One piece of memory has the depots of a heap, the pointers to them, and their slots. */
static int depots_create(struct ntpool_heap *heap)
{
	size_t size = NTPOOL_GRANULES * (sizeof(struct ntpool_depot) + sizeof(*heap->depot)) +
		      first_slots() * sizeof(struct ntpool_header *);
	struct ntpool_depot *depot = ntpool_refused() ? NULL :
		ntpool_guarded_alloc(size, GFP_KERNEL,
				     node_online(heap->node) ? heap->node : NUMA_NO_NODE);
	struct ntpool_header **slot;
	unsigned int granules;

	if (!depot)
		return -ENOMEM;
	heap->depot = (void *)(depot + NTPOOL_GRANULES);
	slot = (void *)(heap->depot + NTPOOL_GRANULES);
	for (granules = 0; granules < NTPOOL_GRANULES; granules++, depot++) {
		heap->depot[granules] = depot;
		raw_spin_lock_init(&depot->lock);
		depot->slot = slot;
		depot->first = slot;
		if (granules < NTPOOL_MIN_GRANULES)
			continue;
		depot->limit = first_limit(granules);
		slot += depot->limit;
	}
	return 0;
}

static void depots_destroy(struct ntpool_heap *heap)
{
	unsigned int granules;

	if (!heap->depot)
		return;
	for (granules = 0; granules < NTPOOL_GRANULES; granules++)
		if (depot_is_enlarged(heap->depot[granules]))
			ntpool_guarded_free(heap->depot[granules]->slot);
	ntpool_guarded_free(heap->depot[0]);
	heap->depot = NULL;
}

int ntpool_depot_init(void)
{
	struct ntpool_heap *heap;
	int ret;

	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap)) {
		ret = depots_create(heap);
		if (ret) {
			ntpool_depot_exit();
			return ret;
		}
	}
	return 0;
}

void ntpool_depot_exit(void)
{
	struct ntpool_heap *heap;

	cancel_work_sync(&grow_work);
	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap))
		depots_destroy(heap);
}
