/* SPDX-License-Identifier: GPL-2.0 */
/* Per-CPU caches of free blocks: the fast paths, and the slow paths behind them. */
#ifndef NTPOOL_CACHE_H
#define NTPOOL_CACHE_H

#include <linux/limits.h>
#include <linux/percpu.h>
#include <linux/preempt.h>

#include "heap/heap.h"
#include "heap/pcpu.h"

/* The mark behind the last slot of a magazine. */
#define NTPOOL_MAGAZINE_END	((struct ntpool_header *)1UL)

/**
 * struct ntpool_cache - the blocks of one pool that one CPU caches
 * @top: by size in granules: the slot of the block cached last; @floor if there is none,
 *	or the marks of an idle magazine, see cache.c
 * @heap: the heap of this CPU's node, which all cached blocks belong to
 * @floor: the first slot, a mark that contains NULL; NULL: the magazine has no slots
 * @limit: the most blocks in a magazine; 0: it has no slots. A mark is behind that many slots
 * @seen: the number of blocks at the last scan, or NTPOOL_SEEN_IDLE, see ntpool_cache_age()
 * @bytes: the bytes of this structure and of all slots
 * @starved: the budget had no room for the first slots of a magazine, since the last scan
 *
 * A magazine is a stack of pointers to headers, one magazine per block size. Due to the
 * marks, the test for an empty or full one reads only the word that the access needs.
 *
 * The owning CPU uses the cache in its per-CPU section (pcpu.h); while that CPU is dead
 * the hotplug callback does. Observers on other CPUs read @top, @floor,
 * @limit and @bytes.
 */
struct ntpool_cache {
	struct ntpool_header **top[NTPOOL_GRANULES];
	struct ntpool_heap *heap;
	struct ntpool_header **floor[NTPOOL_GRANULES];
	unsigned short limit[NTPOOL_GRANULES];
	unsigned short seen[NTPOOL_GRANULES];
	size_t bytes;
	bool starved;
};

/* @seen of a magazine that was idle */
#define NTPOOL_SEEN_IDLE	USHRT_MAX

/* A CPU's caches. During a section the pointer is &ntpool_cache_none. */
DECLARE_PER_CPU(struct ntpool_cache *, ntpool_caches[NTPOOL_TYPES]);
/* The caches that ntpool_caches leads to outside of sections. */
DECLARE_PER_CPU(struct ntpool_cache *, ntpool_own_caches[NTPOOL_TYPES]);
/* The substitute: every magazine is empty and full at once. No page belongs to its heap. */
extern struct ntpool_cache ntpool_cache_none;

/*
 * Enters the section of this CPU's cache of @type, see pcpu.h. Preemption is disabled.
 *
 * UBSAN does not check the indices in the fast paths. They are in range: @type is one of two, and
 * a number of granules below NTPOOL_GRANULES. For a check, the paths would save registers for the
 * call of its handler.
 */
static __always_inline __no_sanitize_undefined
struct ntpool_cache *ntpool_cache_enter(enum ntpool_type type)
{
	return ntpool_pcpu_enter(ntpool_caches[type], &ntpool_cache_none);
}

static __always_inline __no_sanitize_undefined
void ntpool_cache_leave(enum ntpool_type type, struct ntpool_cache *cache)
{
	ntpool_pcpu_leave(ntpool_caches[type], cache);
}

/* Takes the block that was cached last, or returns NULL. Called in the section. */
static __always_inline __no_sanitize_undefined
struct ntpool_header *ntpool_magazine_pop(struct ntpool_cache *cache, unsigned long granules)
{
	struct ntpool_header **top = cache->top[granules];
	struct ntpool_header *hdr = *top;

	if (likely(hdr))
		WRITE_ONCE(cache->top[granules], top - 1);
	return hdr;
}

/*
 * Takes a block of @granules, marked cached, from this CPU's cache. An empty cache is filled
 * from the depot or the heap first. Returns NULL if these have none. An interrupt of the section
 * gets a block of the heap only. Any context but NMI.
 */
struct ntpool_header *ntpool_cache_pop_slow(enum ntpool_type type, unsigned int granules);
/*
 * Frees the block at @hdr of @heap, marked cached, which the caller owns. It goes into
 * this CPU's cache; a full magazine first gives some of its blocks back. Two other blocks go
 * to the depot or to @heap: that of another node, and that of an interrupt of the section. Any
 * context.
 */
void ntpool_cache_push_slow(struct ntpool_heap *heap, struct ntpool_header *hdr,
			    unsigned int granules);
/*
 * Moves blocks of other sizes to @heap until it has one of @granules. The blocks come from
 * this CPU's cache and from the depots of @heap. Takes the block of @granules with @flags, as
 * for ntpool_heap_take(). Returns NULL if there is none. Any context.
 */
struct ntpool_header *ntpool_cache_reclaim(struct ntpool_heap *heap, unsigned int granules,
					   unsigned int flags);
/*
 * Returns all cached blocks of all CPUs and depots to the heaps. Leaves out other CPUs while one
 * comes up or goes down. Returns false if nothing was cached. Sleeps.
 */
bool ntpool_cache_reclaim_all(void);
/*
 * Empties those magazines of this CPU that have not changed since the last call. Frees the slots
 * of those that were idle then and still are, and of long ones if others have none. Called in
 * process context, bound to the CPU.
 */
void ntpool_cache_age(void);
/*
 * Empties this CPU's magazines, and frees their slots. Called in process context, bound to the
 * CPU.
 */
void ntpool_cache_drain(void);
/* True if @cpu has a magazine with slots. */
bool ntpool_cache_is_used(int cpu);
/* Returns how many pages the shrinker may expect: empty pages, cached runs and blocks. */
unsigned long ntpool_cache_shrinkable(void);
/* Returns the bytes of @type in all magazines and depots. */
unsigned long ntpool_cache_bytes(enum ntpool_type type);

/* The parts of the last four in cache.c, for one cache; @cache may be NULL, except to empty it. */
struct ntpool_cache *ntpool_cache_create(int node);
void ntpool_cache_destroy(struct ntpool_cache *cache);
/* Gives all blocks to the heap. The cache's CPU is dead. */
void ntpool_cache_empty(struct ntpool_cache *cache);
/* Returns the bytes of the blocks. Any CPU. */
unsigned long ntpool_cache_observe(const struct ntpool_cache *cache);
/* True if a magazine has slots. Any CPU. */
bool ntpool_cache_has_slots(const struct ntpool_cache *cache);
/* Fills ntpool_cache_none and the table of limits. */
void ntpool_cache_prepare(void);

#endif
