/* SPDX-License-Identifier: GPL-2.0 */
/* Per-CPU caches of free blocks: the fast paths, and what lies behind them. */
#ifndef NTPOOL_CACHE_H
#define NTPOOL_CACHE_H

#include <linux/percpu.h>
#include <linux/preempt.h>

#include "heap.h"

/**
 * struct ntp_bin - the cached blocks of one size, last in first out
 * @nr: cached now
 * @limit: the most that may be; 0: this size is not cached
 * @slot: the blocks, at their headers
 */
struct ntp_bin {
	unsigned int nr;
	unsigned int limit;
	struct ntp_header **slot;
};

/**
 * struct ntp_cache - what one CPU caches of one pool
 * @busy: somebody on this CPU is inside; who interrupts it goes to the heap
 * @heap: the heap of this CPU's node: where the blocks come from and go back to
 * @bin: by size in units
 * @slots: the memory of all bins
 *
 * Touched by its CPU only, with preemption disabled and @busy set; by another CPU
 * only when its own is offline.
 */
struct ntp_cache {
	bool busy;
	struct ntp_heap *heap;
	struct ntp_bin bin[NTP_UNITS];
	struct ntp_header *slots[];
};

extern struct ntp_cache __percpu *ntp_caches[NTP_KINDS];

/* NULL: nothing cached, or this CPU's cache is busy. */
static __always_inline struct ntp_header *ntp_cache_pop(enum ntp_kind kind,
							unsigned int units)
{
	struct ntp_header *hdr = NULL;
	struct ntp_cache *cache;
	struct ntp_bin *bin;

	preempt_disable();
	cache = this_cpu_ptr(ntp_caches[kind]);
	if (likely(!cache->busy)) {
		cache->busy = true;
		barrier();
		bin = &cache->bin[units];
		if (likely(bin->nr))
			hdr = bin->slot[--bin->nr];
		barrier();
		cache->busy = false;
	}
	preempt_enable();
	return hdr;
}

/*
 * With preemption disabled: the cached block @hdr, which is the caller's, goes into
 * this CPU's cache. False: it does not; no room, busy, or it is another node's.
 */
static __always_inline bool ntp_cache_push(struct ntp_heap *heap, struct ntp_header *hdr,
					   unsigned int units)
{
	struct ntp_cache *cache = this_cpu_ptr(ntp_caches[heap->kind]);
	struct ntp_bin *bin = &cache->bin[units];
	bool done = false;

	if (unlikely(cache->busy))
		return false;
	cache->busy = true;
	barrier();
	if (likely(bin->nr < bin->limit && cache->heap == heap)) {
		bin->slot[bin->nr++] = hdr;
		done = true;
	}
	barrier();
	cache->busy = false;
	return done;
}

/* One block from the heap, and a batch for the cache with it. May sleep. */
struct ntp_header *ntp_cache_refill(enum ntp_kind kind, unsigned int units);
/* What ntp_cache_push() refused: into the cache and a batch to the heap, or there. */
void ntp_cache_put(struct ntp_heap *heap, struct ntp_header *hdr, unsigned int units);
/* Everything cached goes back to the heaps, from every CPU. Sleeps. */
void ntp_cache_drain(void);
/* Bytes that the caches hold of @kind. */
unsigned long ntp_cache_bytes(enum ntp_kind kind);

#endif
