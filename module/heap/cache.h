/* SPDX-License-Identifier: GPL-2.0 */
/* Per-CPU caches of free blocks: the fast paths, and what lies behind them. */
#ifndef NTPOOL_CACHE_H
#define NTPOOL_CACHE_H

#include <linux/percpu.h>
#include <linux/preempt.h>

#include "heap/heap.h"

/* The mark above the place for the last block of a bin. */
#define NTP_BIN_END	((struct ntp_header *)1UL)

/**
 * struct ntp_cache - what one CPU caches of one pool
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
 * Touched by its CPU only, with preemption disabled, between ntp_cache_enter() and
 * ntp_cache_leave(); by another CPU only when its own is offline. Observers read @top.
 */
struct ntp_cache {
	struct ntp_header **top[NTP_UNITS];
	struct ntp_heap *heap;
	struct ntp_header **floor[NTP_UNITS];
	struct ntp_header **seen[NTP_UNITS];
	unsigned short limit[NTP_UNITS];
	struct ntp_header *slots[];
};

/* Where a CPU's cache is, unless somebody is inside: then it is this one. */
DECLARE_PER_CPU(struct ntp_cache *, ntp_caches[NTP_KINDS]);
/* All bins are empty and full at once, and no page is of its heap. */
extern struct ntp_cache ntp_cache_none;

/* With preemption disabled. Whoever interrupts finds &ntp_cache_none, as its own result. */
static __always_inline struct ntp_cache *ntp_cache_enter(enum ntp_kind kind)
{
	struct ntp_cache *cache = __this_cpu_read(ntp_caches[kind]);

	__this_cpu_write(ntp_caches[kind], &ntp_cache_none);
	barrier();
	return cache;
}

static __always_inline void ntp_cache_leave(enum ntp_kind kind, struct ntp_cache *cache)
{
	barrier();
	__this_cpu_write(ntp_caches[kind], cache);
}

/* Inside: NULL, there is none. */
static __always_inline struct ntp_header *ntp_bin_pop(struct ntp_cache *cache,
						      unsigned long units)
{
	struct ntp_header **top = cache->top[units];
	struct ntp_header *hdr = *top;

	if (likely(hdr))
		cache->top[units] = top - 1;
	return hdr;
}

/* True: *@out is a block. False: nothing cached, or somebody is inside. */
static inline bool ntp_cache_pop(enum ntp_kind kind, unsigned long units,
				 struct ntp_header **out)
{
	struct ntp_cache *cache;

	preempt_disable();
	cache = ntp_cache_enter(kind);
	*out = ntp_bin_pop(cache, units);
	ntp_cache_leave(kind, cache);
	preempt_enable();
	return *out;
}

/* How many blocks of this size a CPU may cache. */
unsigned int ntp_bin_limit(unsigned int units);
/* One block from the heap, and a batch for the cache with it. May sleep. */
struct ntp_header *ntp_cache_refill(enum ntp_kind kind, unsigned int units);
/* A cached block that is the caller's: into the cache, with a batch to the heap if that
 * is full, or to the heap.
 */
void ntp_cache_put(struct ntp_heap *heap, struct ntp_header *hdr, unsigned int units);
/* Everything cached goes back to the heaps, from every CPU. Sleeps. */
void ntp_cache_drain(void);
/* What this CPU has cached and not touched since the last call goes back. Process context. */
void ntp_cache_age(void);
/* @cpu has anything cached. */
bool ntp_cache_is_used(int cpu);
/* Bytes that the caches hold of @kind. */
unsigned long ntp_cache_bytes(enum ntp_kind kind);

#endif
