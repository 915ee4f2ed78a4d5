// SPDX-License-Identifier: GPL-2.0
/*
 * The depots: what flows between the CPUs' caches and a heap.
 *
 * NT tries a per-processor list for a small block, then one that all processors
 * share, then the pool. This is the shared one. It earns its place where blocks are
 * allocated on one CPU and freed on another, or in larger batches than a CPU's cache
 * holds: then half a cache of blocks at a time changes hands by copying pointers,
 * instead of each block being merged with its neighbours and cut off again.
 *
 * Each heap has a depot for each block size up to NTPOOL_DEPOT_GRANULES: an array of
 * pointers, used as a stack, that holds twice what a CPU's cache does. What does not
 * fit goes to the heap. The blocks are cached ones like those of the CPUs, and free in
 * every figure. Reclaim empties the depots, and so does a scan (age.c) where it was not used.
 *
 * Locking: one raw spin lock for each depot, with interrupts off, because hard
 * interrupts allocate and free. A leaf; under it is the copying of pointers.
 */
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "heap/depot.h"
#include "heap/limits.h"

/* How many blocks a drain moves under one taking of the locks. */
#define DRAIN_BATCH	32

/**
 * struct ntpool_depot - the spare blocks of one size
 * @lock: guards the rest
 * @nr: blocks there
 * @limit: the most there may be
 * @used: since the last scan, see age.c
 * @slot: the blocks, at their headers, the last one first out
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
			       struct ntpool_header **out, unsigned int want)
{
	struct ntpool_depot *depot = depot_of(heap, granules);
	unsigned long flags;

	/* A look without the lock: most of the time there is nothing. */
	if (!depot || !READ_ONCE(depot->nr))
		return 0;
	raw_spin_lock_irqsave(&depot->lock, flags);
	depot->used = true;
	want = min(want, depot->nr);
	WRITE_ONCE(depot->nr, depot->nr - want);
	memcpy(out, depot->slot + depot->nr, want * sizeof(*out));
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return want;
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

struct ntpool_header *ntpool_depot_reclaim(struct ntpool_heap *heap, unsigned int granules)
{
	struct ntpool_header *hdr = NULL;
	unsigned int from;

	for (from = NTPOOL_DEPOT_GRANULES; from >= NTPOOL_MIN_GRANULES; from--) {
		if (!READ_ONCE(heap->depot[from]->nr))
			continue;
		depot_drain(heap, from);
		if (ntpool_heap_take(heap, granules, 0, &hdr, 1))
			break;
	}
	return hdr;
}

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

static struct ntpool_depot *depot_create(unsigned int limit)
{
	struct ntpool_depot *depot = kvzalloc(struct_size(depot, slot, limit), GFP_KERNEL);

	if (!depot)
		return NULL;
	raw_spin_lock_init(&depot->lock);
	depot->limit = limit;
	return depot;
}

static int depots_create(struct ntpool_heap *heap)
{
	unsigned int granules;

	heap->depot = kcalloc(NTPOOL_DEPOT_GRANULES + 1, sizeof(*heap->depot), GFP_KERNEL);
	if (!heap->depot)
		return -ENOMEM;
	for (granules = NTPOOL_MIN_GRANULES; granules <= NTPOOL_DEPOT_GRANULES; granules++) {
		heap->depot[granules] = depot_create(ntpool_depot_limit(granules));
		if (!heap->depot[granules])
			return -ENOMEM;
	}
	return 0;
}

static void depots_destroy(struct ntpool_heap *heap)
{
	unsigned int granules;

	if (!heap->depot)
		return;
	for (granules = NTPOOL_MIN_GRANULES; granules <= NTPOOL_DEPOT_GRANULES; granules++)
		kvfree(heap->depot[granules]);
	kfree(heap->depot);
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
