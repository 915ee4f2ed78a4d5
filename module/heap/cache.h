/* SPDX-License-Identifier: GPL-2.0 */
/* Per-CPU caches of free blocks: the fast paths, and what lies behind them. */
#ifndef NTPOOL_CACHE_H
#define NTPOOL_CACHE_H

#include <linux/percpu.h>
#include <linux/preempt.h>

#include "heap/heap.h"
#include "heap/pcpu.h"

/* The mark above the place for the last block of a bin. */
#define NTPOOL_MAGAZINE_END	((struct ntpool_header *)1UL)

/**
 * struct ntpool_cache - what one CPU caches of one pool
 * @top: by size in units: the place of the block cached last, or @floor
 * @heap: the heap of this CPU's node: where the blocks come from and go back to
 * @floor: the mark below the first block of a bin, which is NULL
 * @seen: where @top was at the last scan, see age.c
 * @limit: the most that a bin may hold; 0: this size is not cached
 * @slots: the memory of all bins: a mark, the places of the blocks, and a mark
 *
 * A bin is a stack of blocks, at their headers; the marks at its two ends tell that
 * it is empty or full with one comparison of what is there anyway.
 *
 * Touched by its CPU only, with preemption disabled, between ntpool_cache_enter() and
 * ntpool_cache_leave(); by another CPU only when its own is offline. Observers read @top.
 */
struct ntpool_cache {
	struct ntpool_header **top[NTPOOL_GRANULES];
	struct ntpool_heap *heap;
	struct ntpool_header **floor[NTPOOL_GRANULES];
	struct ntpool_header **seen[NTPOOL_GRANULES];
	unsigned short limit[NTPOOL_GRANULES];
	struct ntpool_header *slots[];
};

/* Where a CPU's cache is, unless somebody is inside: then it is this one. */
DECLARE_PER_CPU(struct ntpool_cache *, ntpool_caches[NTPOOL_TYPES]);
/* All bins are empty and full at once, and no page is of its heap. */
extern struct ntpool_cache ntpool_cache_none;

/* Enters the section of this CPU's cache of @type, see pcpu.h. Preemption is disabled. */
static __always_inline struct ntpool_cache *ntpool_cache_enter(enum ntpool_type type)
{
	return ntpool_pcpu_enter(ntpool_caches[type], &ntpool_cache_none);
}

static __always_inline void ntpool_cache_leave(enum ntpool_type type, struct ntpool_cache *cache)
{
	ntpool_pcpu_leave(ntpool_caches[type], cache);
}

/* Takes the block that was cached last, or returns NULL. Called in the section. */
static __always_inline struct ntpool_header *ntpool_magazine_pop(struct ntpool_cache *cache,
								 unsigned long granules)
{
	struct ntpool_header **top = cache->top[granules];
	struct ntpool_header *hdr = *top;

	if (likely(hdr))
		cache->top[granules] = top - 1;
	return hdr;
}

/* Takes a block from this CPU's cache and nowhere else, or returns NULL. Any context. */
struct ntpool_header *ntpool_cache_pop(enum ntpool_type type, unsigned int granules);
/*
 * Takes a block of @granules, marked cached: from this CPU's cache, which is filled if it
 * is empty; else from a page that the heap gets from the kernel; else from blocks of other
 * sizes that are cached here. Returns NULL without memory. Any context; sleeps where the
 * caller may.
 */
struct ntpool_header *ntpool_cache_pop_slow(enum ntpool_type type, unsigned int granules);
/*
 * Frees the block at @hdr of @heap, marked cached, which the caller owns. It goes into
 * this CPU's cache; a full magazine first gives its older half back. A block of another
 * node, or one that interrupts a section, goes to @heap. Any context.
 */
void ntpool_cache_push_slow(struct ntpool_heap *heap, struct ntpool_header *hdr,
			    unsigned int granules);
/* Everything cached goes back to the heaps, from every CPU. Sleeps. */
void ntpool_cache_drain(void);
/* What this CPU has cached and not touched since the last call goes back. Process context. */
void ntpool_cache_age(void);
/* @cpu has anything cached. */
bool ntpool_cache_is_used(int cpu);
/* Bytes that the caches hold of @type. */
unsigned long ntpool_cache_bytes(enum ntpool_type type);

#endif
