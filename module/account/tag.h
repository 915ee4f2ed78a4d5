/* SPDX-License-Identifier: GPL-2.0 */
/* Figures per tag: counters on each CPU, found in a hash table without a lock. */
#ifndef NTPOOL_TAG_H
#define NTPOOL_TAG_H

#include <linux/percpu.h>

#include "base/types.h"

/**
 * struct ntpool_tag_flow - allocations and frees
 * @allocs: allocations
 * @alloc_granules: granules that they took from the pool
 * @alloc_requested: bytes that drivers requested in them
 * @frees: frees
 * @free_granules: granules that they returned to the pool
 * @free_requested: bytes that drivers had requested for the freed blocks
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
 * struct ntpool_tag_counts - counters of one CPU for one tag and pool type
 * @inside: incremented by code in the per-CPU section of that pool type, with plain
 *	    additions; an interrupt cannot enter the section then
 * @outside: incremented by all other code, with this_cpu operations
 * @failed: requests that returned NULL, with this_cpu operations
 *
 * Each counter grows only, and only its CPU writes it. Live figures are differences of
 * sums over all CPUs, because a block may be freed on another CPU.
 */
struct ntpool_tag_counts {
	struct ntpool_tag_flow inside;
	struct ntpool_tag_flow outside;
	unsigned long failed;
};

/**
 * struct ntpool_tag_sums - figures of one tag and pool type, summed over CPUs
 * @tag: the tag
 * @type: pool type
 * @allocs: allocations
 * @frees: frees
 * @bytes: bytes that live blocks take from the pool
 * @requested: bytes that drivers requested for them
 * @failed: requests that returned NULL
 *
 * Under load live figures are never negative, because frees are summed before
 * allocations. At rest they are exact.
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
 * A slot of the hash table; used if it has counters. The tag is stored last. An unused
 * slot has a tag that hashes elsewhere, so a tag that matches proves the counters.
 */
struct ntpool_tag_slot {
	u32 tag;
	struct ntpool_tag_counts __percpu *counts;	/* [NTPOOL_TYPES] */
};

/*
 * The hash table: 32 - log2 of the number of slots, and the slots. A larger table is
 * published with its slots first. A reader loads the shift first: it gets both of one
 * table, or the new slots with the old shift. The second pair leads to a wrong slot, and the
 * tag in the slot shows that.
 */
extern unsigned int ntpool_tag_shift;
extern struct ntpool_tag_slot *ntpool_tag_slots;

/* Counters of `Ovfl`. */
extern struct ntpool_tag_counts __percpu *ntpool_tag_overflow;

/* For a tag that is new, or not in the slot of its hash. Never NULL. Context: any. */
struct ntpool_tag_counts __percpu *ntpool_tag_find_slow(u32 tag);

/*
 * Returns a long, which is an index without another instruction. With the mask, which takes none
 * either, UBSAN has no shift to check.
 */
static __always_inline unsigned long ntpool_tag_hash(u32 tag, unsigned int shift)
{
	unsigned long product = tag * 0x9e3779b1U;

	return product >> (shift % BITS_PER_LONG);
}

/* Sets *@counts. False: @tag is not in the slot of its hash. Context: any. */
static __always_inline bool ntpool_tag_lookup(u32 tag, struct ntpool_tag_counts __percpu **counts)
{
	/* Pairs with the release in table_publish(). */
	unsigned int shift = smp_load_acquire(&ntpool_tag_shift);
	const struct ntpool_tag_slot *slot;

	/* A plain access allows memory operands. One instruction stores the pointer. */
	slot = data_race(ntpool_tag_slots) + ntpool_tag_hash(tag, shift);
	/* Prevents a second load of ntpool_tag_slots, which may have changed. */
	OPTIMIZER_HIDE_VAR(slot);
	/* A plain access, for the same reason as above. */
	if (unlikely(data_race(slot->tag) != tag))
		return false;
	/* Pairs with the release in table_insert(): this CPU sees the counters. */
	smp_rmb();
	*counts = slot->counts;
	return true;
}

/*
 * Finds the counters of @tag, also away from the slot of its hash. Takes no lock. False does
 * not prove that there are none. Context: any.
 */
bool ntpool_tag_probe(u32 tag, struct ntpool_tag_counts __percpu **counts);

/*
 * Returns the counters of @tag, which are created for a new tag. Returns ntpool_tag_overflow
 * past max_tags or without memory, never NULL. Any context; may wait where the caller may
 * sleep.
 */
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

/* Only in the per-CPU section of the pool type. */
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

/* Figures of all tags that were used, sorted, for kvfree(). May sleep. */
struct ntpool_tag_sums *ntpool_tag_snapshot(size_t *nr);

#endif
