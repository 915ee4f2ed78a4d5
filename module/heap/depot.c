// SPDX-License-Identifier: GPL-2.0
/*
 * The depots: free blocks between the magazines of the CPUs and a heap.
 *
 * For a small block NT tries a per-processor list, then a list that all processors share,
 * then the pool. A depot is the shared list. It pays off if blocks are freed on another CPU
 * than they are allocated on. It also does if batches are larger than a magazine. Half a
 * magazine moves by copying pointers; the heap would merge and carve each block.
 *
 * Each heap has a depot for each block size up to NTPOOL_DEPOT_GRANULES. A depot is an
 * array of pointers, used as a stack, with twice the capacity of a magazine. Blocks
 * beyond that go to the heap. A block in a depot is in the cached state and counts as
 * free. Reclaim empties the depots, and a periodic scan (age.c) empties those that were
 * not used.
 *
 * Locking: each depot has a raw spinlock, taken with interrupts disabled, because hard
 * interrupts allocate and free. No lock nests inside.
 *
 * Contexts: any.
 */
#include <linux/nodemask.h>
#include <linux/overflow.h>
#include <linux/spinlock.h>

#include "base/refuse.h"
#include "heap/depot.h"
#include "heap/limits.h"
#include "memory/record.h"

/* Blocks that a drain moves per lock section. */
#define DRAIN_BATCH	32
/* The same for reclaim, which may run with interrupts disabled. */
#define RECLAIM_BATCH	8

/**
 * struct ntpool_depot - the spare blocks of one heap and size
 * @lock: protects @nr, @used and @slot
 * @nr: number of blocks; read without the lock as a hint and as a figure
 * @limit: capacity; constant
 * @used: blocks were taken or given since the last scan
 * @slot: headers of the blocks, the newest last
 */
struct ntpool_depot {
	raw_spinlock_t lock;
	unsigned int nr;
	unsigned int limit;
	bool used;
	struct ntpool_header *slot[];
} ____cacheline_aligned_in_smp;

static struct ntpool_depot *depot_of(struct ntpool_heap *heap, unsigned int granules)
{
	return granules <= NTPOOL_DEPOT_GRANULES ? heap->depot[granules] : NULL;
}

unsigned int ntpool_depot_take(struct ntpool_heap *heap, unsigned int granules,
			       struct ntpool_header **out, unsigned int nr)
{
	struct ntpool_depot *depot = depot_of(heap, granules);
	unsigned long flags;

	/* Avoid the lock in the common case: the depot is empty. */
	if (!depot || !READ_ONCE(depot->nr))
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
	struct ntpool_depot *depot = depot_of(heap, granules);
	unsigned long flags;

	if (!depot || READ_ONCE(depot->nr) == depot->limit)
		return 0;
	raw_spin_lock_irqsave(&depot->lock, flags);
	depot->used = true;
	nr = min(nr, depot->limit - depot->nr);
	memcpy(depot->slot + depot->nr, blocks, nr * sizeof(*blocks));
	WRITE_ONCE(depot->nr, depot->nr + nr);
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return nr;
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

	for (from = granules; from <= NTPOOL_DEPOT_GRANULES && !hdr; from++)
		hdr = depot_trade(heap, from, 1, granules, flags);
	from = min(granules - 1, (unsigned int)NTPOOL_DEPOT_GRANULES);
	for (; from >= NTPOOL_MIN_GRANULES && !hdr; from--)
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

void ntpool_depot_age(void)
{
	struct ntpool_heap *heap;
	unsigned int granules;

	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap)) {
		for (granules = NTPOOL_MIN_GRANULES; granules <= NTPOOL_DEPOT_GRANULES; granules++)
			if (READ_ONCE(heap->depot[granules]->nr) &&
			    depot_is_old(heap->depot[granules]))
				depot_drain(heap, granules);
		ntpool_heap_trim_surplus(heap);
	}
}

void ntpool_depot_drain(void)
{
	struct ntpool_heap *heap;
	unsigned int granules;

	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap))
		for (granules = NTPOOL_MIN_GRANULES; granules <= NTPOOL_DEPOT_GRANULES; granules++)
			depot_drain(heap, granules);
}

static unsigned long depot_bytes(struct ntpool_heap *heap)
{
	unsigned long bytes = 0;
	unsigned int granules;

	for (granules = NTPOOL_MIN_GRANULES; granules <= NTPOOL_DEPOT_GRANULES; granules++)
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

static size_t depot_size(unsigned int granules)
{
	return ALIGN(struct_size((struct ntpool_depot *)NULL, slot, ntpool_depot_limit(granules)),
		     SMP_CACHE_BYTES);
}

/* The bytes of the array of depots, and of all of them. */
static size_t depots_size(void)
{
	size_t size = ALIGN((NTPOOL_DEPOT_GRANULES + 1) * sizeof(struct ntpool_depot *),
			    SMP_CACHE_BYTES);
	unsigned int granules;

	for (granules = NTPOOL_MIN_GRANULES; granules <= NTPOOL_DEPOT_GRANULES; granules++)
		size += depot_size(granules);
	return size;
}

/* The depots of a heap lie in one piece of memory, behind the array that leads to them. */
static int depots_create(struct ntpool_heap *heap)
{
	void *end = ntpool_refused() ? NULL :
		    ntpool_guarded_alloc(depots_size(), GFP_KERNEL,
					 node_online(heap->node) ? heap->node : NUMA_NO_NODE);
	unsigned int granules;

	heap->depot = end;
	if (!end)
		return -ENOMEM;
	end += depots_size();
	for (granules = NTPOOL_MIN_GRANULES; granules <= NTPOOL_DEPOT_GRANULES; granules++) {
		end -= depot_size(granules);
		heap->depot[granules] = end;
		raw_spin_lock_init(&heap->depot[granules]->lock);
		heap->depot[granules]->limit = ntpool_depot_limit(granules);
	}
	return 0;
}

static void depots_destroy(struct ntpool_heap *heap)
{
	ntpool_guarded_free(heap->depot);
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

	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap))
		depots_destroy(heap);
}
