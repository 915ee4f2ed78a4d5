/* SPDX-License-Identifier: GPL-2.0 */
/* Figures per tag: found by a hash, counted per CPU, never locked on the way. */
#ifndef NTPOOL_TAG_H
#define NTPOOL_TAG_H

#include <linux/percpu.h>

#include "base/types.h"

/**
 * struct ntpool_tag_flow - blocks that came and went
 * @allocs: allocations
 * @alloc_granules: taken from the pool by them, in units
 * @alloc_requested: asked for by their drivers, in bytes
 * @frees: frees
 * @free_granules: given back to the pool by them
 * @free_requested: what their drivers had asked for
 */
struct ntpool_tag_flow {
	unsigned long allocs;
	unsigned long alloc_granules;
	unsigned long alloc_requested;
	unsigned long frees;
	unsigned long free_granules;
	unsigned long free_requested;
};

/**
 * struct ntpool_tag_counts - what one CPU counted for one tag and pool
 * @inside: by who was inside this CPU's cache of that pool, where nobody who interrupts
 *	    him can be: with plain additions
 * @outside: by all others, with this_cpu operations
 * @failed: requests that got NULL, likewise
 *
 * Monotonic, each written by one CPU only. Live figures are differences of sums; a
 * block may be freed on another CPU than it was allocated on, so no single CPU's
 * difference means anything.
 */
struct ntpool_tag_counts {
	struct ntpool_tag_flow inside;
	struct ntpool_tag_flow outside;
	unsigned long failed;
};

/**
 * struct ntpool_tag_sums - the figures of one tag and pool, summed over CPUs
 * @tag: the tag
 * @type: which pool
 * @allocs: allocations
 * @frees: frees
 * @bytes: live, taken from the pool
 * @requested: live, asked for by drivers
 * @failed: requests that got NULL
 *
 * Taken under load: frees are summed before allocs, so live figures are never
 * negative. At rest: exact.
 */
struct ntpool_tag_sums {
	u32 tag;
	enum ntpool_type type;
	unsigned long allocs;
	unsigned long frees;
	unsigned long bytes;
	unsigned long requested;
	unsigned long failed;
} __aligned(8 * sizeof(long));

/*
 * One place of the hash table: used if it has counters. The tag is stored last; in
 * an unused place it is one that does not belong there, so that a look at the tag
 * is enough to know that the counters are its own.
 */
struct ntpool_tag_slot {
	u32 tag;
	struct ntpool_tag_counts __percpu *counts;	/* [NTPOOL_TYPES] */
};

/*
 * The present hash table: 32 - log2 of the number of its places, and where they are. A
 * table is replaced by a larger one, its places first: who reads in the other order has
 * a pair of one table, or the new one's places with a shift that is too large, which is
 * merely the wrong place to look.
 */
extern unsigned int ntpool_tag_shift;
extern struct ntpool_tag_slot *ntpool_tag_slots;

extern struct ntpool_tag_counts __percpu *ntpool_tag_overflow;

/* The slow half of ntpool_tag_find(): the tag is new, or not where its hash is. */
struct ntpool_tag_counts __percpu *ntpool_tag_find_slow(u32 tag);

/* Long, to be an index without another instruction. */
static __always_inline unsigned long ntpool_tag_hash(u32 tag, unsigned int shift)
{
	unsigned long product = tag * 0x9e3779b1U;

	return product >> shift;
}

/* True: *@counts are those of @tag. False: it is not where its hash is. */
static __always_inline bool ntpool_tag_lookup(u32 tag, struct ntpool_tag_counts __percpu **counts)
{
	/* Pairs with the release in table_publish(). */
	unsigned int shift = smp_load_acquire(&ntpool_tag_shift);
	const struct ntpool_tag_slot *slot;

	/* Plain accesses: the compiler may use memory operands. Both change in one piece. */
	slot = data_race(ntpool_tag_slots) + ntpool_tag_hash(tag, shift);
	/* The table is read once: there may be a new one. */
	OPTIMIZER_HIDE_VAR(slot);
	/* Likewise. */
	if (unlikely(data_race(slot->tag) != tag))
		return false;
	/* Pairs with the release in table_insert(): the counters are there. */
	smp_rmb();
	*counts = slot->counts;
	return true;
}

/* The same wherever it is. False also for a tag that is not to be found without the lock. */
bool ntpool_tag_probe(u32 tag, struct ntpool_tag_counts __percpu **counts);

/* Never fails: past max_tags, or without memory, it is ntpool_tag_overflow. */
static inline struct ntpool_tag_counts __percpu *ntpool_tag_find(u32 tag)
{
	struct ntpool_tag_counts __percpu *counts;

	return ntpool_tag_lookup(tag, &counts) ? counts : ntpool_tag_find_slow(tag);
}

static inline void ntpool_tag_count_alloc(struct ntpool_tag_counts __percpu *counts,
					  unsigned long granules, size_t requested)
{
	this_cpu_inc(counts->outside.allocs);
	this_cpu_add(counts->outside.alloc_granules, granules);
	this_cpu_add(counts->outside.alloc_requested, requested);
}

static inline void ntpool_tag_count_free(struct ntpool_tag_counts __percpu *counts,
					 unsigned long granules, size_t requested)
{
	this_cpu_inc(counts->outside.frees);
	this_cpu_add(counts->outside.free_granules, granules);
	this_cpu_add(counts->outside.free_requested, requested);
}

/* The same for who is inside this CPU's cache. */
static __always_inline void ntpool_tag_count_alloc_inside(struct ntpool_tag_counts __percpu *counts,
							  unsigned long granules, size_t requested)
{
	__this_cpu_inc(counts->inside.allocs);
	__this_cpu_add(counts->inside.alloc_granules, granules);
	__this_cpu_add(counts->inside.alloc_requested, requested);
}

static __always_inline void ntpool_tag_count_free_inside(struct ntpool_tag_counts __percpu *counts,
							 unsigned long granules, size_t requested)
{
	__this_cpu_inc(counts->inside.frees);
	__this_cpu_add(counts->inside.free_granules, granules);
	__this_cpu_add(counts->inside.free_requested, requested);
}

/*
 * A sorted array of the figures of all tags that were ever used, *@nr long: by
 * tag as printed, nonpaged before paged. Sleeps. kvfree() it. NULL: no memory.
 */
struct ntpool_tag_sums *ntpool_tag_snapshot(size_t *nr);

#endif
