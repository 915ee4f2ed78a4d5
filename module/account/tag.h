/* SPDX-License-Identifier: GPL-2.0 */
/* Figures per tag: counters of all CPUs together at first, then counters on each CPU. */
#ifndef NTPOOL_TAG_H
#define NTPOOL_TAG_H

#include <linux/atomic.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/sizes.h>

#include "account/tag_index.h"
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
 *
 * Each counter grows only, and only its CPU writes it. Live figures are differences of
 * sums over all CPUs, because a block may be freed on another CPU.
 */
struct ntpool_tag_counts {
	struct ntpool_tag_flow inside;
	struct ntpool_tag_flow outside;
};

/**
 * struct ntpool_tag_shared - counters of all CPUs for one tag and pool type
 * @allocs: as in struct ntpool_tag_flow, like all fields up to @free_requested
 * @alloc_granules: likewise
 * @alloc_requested: likewise
 * @frees: likewise
 * @free_granules: likewise
 * @free_requested: likewise
 * @failed: requests that returned NULL
 */
struct ntpool_tag_shared {
	atomic_long_t allocs;
	atomic_long_t alloc_granules;
	atomic_long_t alloc_requested;
	atomic_long_t frees;
	atomic_long_t free_granules;
	atomic_long_t free_requested;
	atomic_long_t failed;
};

/**
 * struct ntpool_tag - the figures of a tag, which are sums over all of its counters
 * @tag: the tag; constant
 * @counts: [NTPOOL_TYPES]; NULL until the tag is hot. Set once, and read without a lock
 * @shared: calls that were counted while @counts was NULL, and all failures
 */
struct ntpool_tag {
	u32 tag;
	struct ntpool_tag_counts __percpu *counts;
	struct ntpool_tag_shared shared[NTPOOL_TYPES];
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

enum {
	/* How full the tables may be, see struct ntpool_tag_index. */
	NTPOOL_TAG_ALL_LOAD = 1,
	/* Nearly every tag is in the slot of its hash, where the fast paths look. */
	NTPOOL_TAG_HOT_LOAD = 3,
};

/* The most memory in counters of hot tags, of all CPUs together. */
#define NTPOOL_TAG_HOT_BYTES	(56UL * SZ_1M)

/* The records of all tags: struct ntpool_tag. */
extern struct ntpool_tag_index ntpool_tag_all;
/* The counters of hot tags: struct ntpool_tag_counts __percpu. The fast paths read it. */
extern struct ntpool_tag_index ntpool_tag_hot;

/* The record of `Ovfl`. */
extern struct ntpool_tag *ntpool_tag_overflow;

/* For a tag that is new, or not in the slot of its hash. Never NULL. Context: any. */
struct ntpool_tag *ntpool_tag_find_slow(u32 tag);

/* Sets *@counts. False: @tag is not hot, or not in the slot of its hash. Context: any. */
static __always_inline bool ntpool_tag_lookup(u32 tag, struct ntpool_tag_counts __percpu **counts)
{
	unsigned long value;

	if (unlikely(!ntpool_tag_index_get(&ntpool_tag_hot, tag, &value)))
		return false;
	*counts = (struct ntpool_tag_counts __percpu *)value;
	return true;
}

/* The same, also away from the slot of its hash. Takes no lock. Context: any. */
static inline bool ntpool_tag_probe(u32 tag, struct ntpool_tag_counts __percpu **counts)
{
	*counts = (struct ntpool_tag_counts __percpu *)ntpool_tag_index_probe(&ntpool_tag_hot, tag);
	return *counts;
}

/*
 * Returns the record of @tag, which is created for a new tag. Returns ntpool_tag_overflow
 * past max_tags or without memory, never NULL. Any context; may wait where the caller may
 * sleep.
 */
static inline struct ntpool_tag *ntpool_tag_find(u32 tag)
{
	unsigned long value;

	return ntpool_tag_index_get(&ntpool_tag_all, tag, &value) ? (struct ntpool_tag *)value :
								    ntpool_tag_find_slow(tag);
}

/* Counts for a hot tag. Context: any. */
static inline void ntpool_tag_count_alloc_outside(struct ntpool_tag_counts __percpu *counts,
						  unsigned long granules, size_t requested)
{
	this_cpu_inc(counts->outside.allocs);
	this_cpu_add(counts->outside.alloc_granules, granules);
	this_cpu_add(counts->outside.alloc_requested, requested);
}

static inline void ntpool_tag_count_free_outside(struct ntpool_tag_counts __percpu *counts,
						 unsigned long granules, size_t requested)
{
	this_cpu_inc(counts->outside.frees);
	this_cpu_add(counts->outside.free_granules, granules);
	this_cpu_add(counts->outside.free_requested, requested);
}

/* Returns the counters of each CPU, [NTPOOL_TYPES]; NULL: @tag is not hot. Context: any. */
static inline struct ntpool_tag_counts __percpu *ntpool_tag_cpu_counts(const struct ntpool_tag *tag)
{
	/* Pairs with the release in tag_heat(). */
	return smp_load_acquire(&tag->counts);
}

/* Count in the shared counters. The first may make the tag hot. Context: any but NMI. */
void ntpool_tag_share_alloc(struct ntpool_tag *tag, enum ntpool_type type,
			    unsigned long granules, size_t requested);
void ntpool_tag_share_free(struct ntpool_tag *tag, enum ntpool_type type,
			   unsigned long granules, size_t requested);

/* Counts an allocation. Context: any but NMI. */
static inline void ntpool_tag_count_alloc(struct ntpool_tag *tag, enum ntpool_type type,
					  unsigned long granules, size_t requested)
{
	struct ntpool_tag_counts __percpu *counts = ntpool_tag_cpu_counts(tag);

	if (likely(counts))
		ntpool_tag_count_alloc_outside(&counts[type], granules, requested);
	else
		ntpool_tag_share_alloc(tag, type, granules, requested);
}

/* Counts a free, after a full barrier: the exchange that has claimed the block. Context: any. */
static inline void ntpool_tag_count_free(struct ntpool_tag *tag, enum ntpool_type type,
					 unsigned long granules, size_t requested)
{
	struct ntpool_tag_counts __percpu *counts = ntpool_tag_cpu_counts(tag);

	if (likely(counts))
		ntpool_tag_count_free_outside(&counts[type], granules, requested);
	else
		ntpool_tag_share_free(tag, type, granules, requested);
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

/* Returns how many chunks of counters may be allocated on a machine with @cpus. */
static inline unsigned int ntpool_tag_hot_chunks(unsigned int cpus)
{
	size_t chunk = NTPOOL_TAG_CHUNK * NTPOOL_TYPES * sizeof(struct ntpool_tag_counts);

	return max_t(size_t, NTPOOL_TAG_HOT_BYTES / (chunk * cpus), 1);
}

/* Figures of all tags that were used, sorted, for kvfree(). May sleep. */
struct ntpool_tag_sums *ntpool_tag_snapshot(size_t *nr);

#endif
