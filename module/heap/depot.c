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
 * Each heap has a depot for each block size up to NTP_DEPOT_UNITS: an array of
 * pointers, used as a stack, that holds twice what a CPU's cache does. What does not
 * fit goes to the heap. The blocks are cached ones like those of the CPUs, and free in
 * every figure. Reclaim empties the depots, and so does a scan (age.c) where it was not used.
 *
 * Locking: one raw spin lock for each depot, with interrupts off, because hard
 * interrupts allocate and free. A leaf; under it is the copying of pointers.
 */
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "heap/cache.h"
#include "heap/depot.h"

/* How many blocks a drain moves under one taking of the locks. */
#define DRAIN_BATCH	32

/**
 * struct ntp_depot - the spare blocks of one size
 * @lock: guards the rest
 * @nr: blocks there
 * @limit: the most there may be
 * @used: since the last scan, see age.c
 * @slot: the blocks, at their headers, the last one first out
 */
struct ntp_depot {
	raw_spinlock_t lock;
	unsigned int nr;
	unsigned int limit;
	bool used;
	struct ntp_header *slot[];
} ____cacheline_aligned_in_smp;

static unsigned int depot_limit(unsigned int units)
{
	return 2 * ntp_bin_limit(units);
}

static struct ntp_depot *depot_of(struct ntp_heap *heap, unsigned int units)
{
	return units <= NTP_DEPOT_UNITS ? heap->depot[units] : NULL;
}

unsigned int ntp_depot_take(struct ntp_heap *heap, unsigned int units,
			    struct ntp_header **out, unsigned int want)
{
	struct ntp_depot *depot = depot_of(heap, units);
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

unsigned int ntp_depot_give(struct ntp_heap *heap, unsigned int units,
			    struct ntp_header **blocks, unsigned int nr)
{
	struct ntp_depot *depot = depot_of(heap, units);
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

static void depot_drain(struct ntp_heap *heap, unsigned int units)
{
	struct ntp_header *block[DRAIN_BATCH];
	unsigned int nr;

	while ((nr = ntp_depot_take(heap, units, block, DRAIN_BATCH)))
		ntp_heap_give(heap, block, nr);
}

struct ntp_header *ntp_depot_squeeze(struct ntp_heap *heap, unsigned int units)
{
	struct ntp_header *hdr = NULL;
	unsigned int from;

	for (from = NTP_DEPOT_UNITS; from >= NTP_MIN_UNITS; from--) {
		if (!READ_ONCE(heap->depot[from]->nr))
			continue;
		depot_drain(heap, from);
		if (ntp_heap_take(heap, units, &hdr, 1))
			break;
	}
	return hdr;
}

static bool depot_is_old(struct ntp_depot *depot)
{
	unsigned long flags;
	bool used;

	raw_spin_lock_irqsave(&depot->lock, flags);
	used = depot->used;
	depot->used = false;
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return !used;
}

void ntp_depot_age(void)
{
	struct ntp_heap *heap;
	unsigned int units;

	for (heap = ntp_heap_next(NULL); heap; heap = ntp_heap_next(heap)) {
		for (units = NTP_MIN_UNITS; units <= NTP_DEPOT_UNITS; units++)
			if (READ_ONCE(heap->depot[units]->nr) && depot_is_old(heap->depot[units]))
				depot_drain(heap, units);
		ntp_heap_settle(heap);
	}
}

void ntp_depot_drain(void)
{
	struct ntp_heap *heap;
	unsigned int units;

	for (heap = ntp_heap_next(NULL); heap; heap = ntp_heap_next(heap))
		for (units = NTP_MIN_UNITS; units <= NTP_DEPOT_UNITS; units++)
			depot_drain(heap, units);
}

static unsigned long depot_bytes(struct ntp_heap *heap)
{
	unsigned long bytes = 0;
	unsigned int units;

	for (units = NTP_MIN_UNITS; units <= NTP_DEPOT_UNITS; units++)
		bytes += ((unsigned long)READ_ONCE(heap->depot[units]->nr) * units) <<
			 NTP_UNIT_SHIFT;
	return bytes;
}

unsigned long ntp_depot_bytes(enum ntp_kind kind)
{
	unsigned long bytes = 0;
	struct ntp_heap *heap;

	for (heap = ntp_heap_next(NULL); heap; heap = ntp_heap_next(heap))
		if (heap->kind == kind)
			bytes += depot_bytes(heap);
	return bytes;
}

int ntp_depot_create(struct ntp_heap *heap)
{
	struct ntp_depot *depot;
	unsigned int units;

	for (units = NTP_MIN_UNITS; units <= NTP_DEPOT_UNITS; units++) {
		depot = kvzalloc(struct_size(depot, slot, depot_limit(units)), GFP_KERNEL);
		if (!depot)
			return -ENOMEM;
		raw_spin_lock_init(&depot->lock);
		depot->limit = depot_limit(units);
		heap->depot[units] = depot;
	}
	return 0;
}

/* The blocks need no giving back: their heap goes next. */
void ntp_depot_destroy(struct ntp_heap *heap)
{
	unsigned int units;

	for (units = NTP_MIN_UNITS; units <= NTP_DEPOT_UNITS; units++)
		kvfree(heap->depot[units]);
}
