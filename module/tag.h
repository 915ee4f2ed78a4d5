/* SPDX-License-Identifier: GPL-2.0 */
/* Figures per tag: found by a hash, counted per CPU, never locked on the way. */
#ifndef NTPOOL_TAG_H
#define NTPOOL_TAG_H

#include <linux/percpu.h>

#include "ntpool.h"

/**
 * struct ntp_tag_counts - what one CPU counted for one tag and pool
 * @allocs: allocations
 * @alloc_bytes: taken from the pool by them
 * @alloc_requested: asked for by their drivers
 * @frees: frees
 * @free_bytes: given back to the pool by them
 * @free_requested: what their drivers had asked for
 * @failed: requests that got NULL
 *
 * Monotonic, each written by one CPU with this_cpu operations only. Live figures
 * are differences of sums; a block may be freed on another CPU than it was
 * allocated on, so no single CPU's difference means anything.
 */
struct ntp_tag_counts {
	unsigned long allocs;
	unsigned long alloc_bytes;
	unsigned long alloc_requested;
	unsigned long frees;
	unsigned long free_bytes;
	unsigned long free_requested;
	unsigned long failed;
};

/**
 * struct ntp_tag_sums - the figures of one tag and pool, summed over CPUs
 * @tag: the tag
 * @kind: which pool
 * @allocs: allocations
 * @frees: frees
 * @bytes: live, taken from the pool
 * @requested: live, asked for by drivers
 * @failed: requests that got NULL
 *
 * Taken under load: frees are summed before allocs, so live figures are never
 * negative. At rest: exact.
 */
struct ntp_tag_sums {
	u32 tag;
	enum ntp_kind kind;
	unsigned long allocs;
	unsigned long frees;
	unsigned long bytes;
	unsigned long requested;
	unsigned long failed;
} __aligned(8 * sizeof(long));

/* One place of the hash table: used if it has counters; they are stored last. */
struct ntp_tag_slot {
	u32 tag;
	struct ntp_tag_counts __percpu *counts;	/* [NTP_KINDS] */
};

/**
 * struct ntp_tag_table - open addressing, linear probing, nothing ever removed
 * @shift: 32 - log2 of the number of slots
 * @mask: number of slots - 1
 * @older: the table that this one replaced: readers may still be in it
 * @slot: the slots
 */
struct ntp_tag_table {
	unsigned int shift;
	u32 mask;
	struct ntp_tag_table *older;
	struct ntp_tag_slot slot[];
};

extern struct ntp_tag_table *ntp_tag_table;
extern struct ntp_tag_counts __percpu *ntp_tag_overflow;

/* The slow half of ntp_tag_find(): the tag is new, or not where its hash is. */
struct ntp_tag_counts __percpu *ntp_tag_find_slow(u32 tag);

static __always_inline u32 ntp_tag_hash(const struct ntp_tag_table *table, u32 tag)
{
	return (tag * 0x9e3779b1U) >> table->shift;
}

/* Never fails: past max_tags, or without memory, it is ntp_tag_overflow. */
static __always_inline struct ntp_tag_counts __percpu *ntp_tag_find(u32 tag)
{
	const struct ntp_tag_table *table = READ_ONCE(ntp_tag_table);
	const struct ntp_tag_slot *slot = &table->slot[ntp_tag_hash(table, tag)];

	struct ntp_tag_counts __percpu *counts;

	/* Pairs with the release in table_insert(): the tag is there. */
	counts = smp_load_acquire(&slot->counts);
	if (likely(counts && slot->tag == tag))
		return counts;
	return ntp_tag_find_slow(tag);
}

static inline void ntp_tag_count_alloc(struct ntp_tag_counts __percpu *counts,
				       size_t bytes, size_t requested)
{
	this_cpu_inc(counts->allocs);
	this_cpu_add(counts->alloc_bytes, bytes);
	this_cpu_add(counts->alloc_requested, requested);
}

static inline void ntp_tag_count_free(struct ntp_tag_counts __percpu *counts,
				      size_t bytes, size_t requested)
{
	this_cpu_inc(counts->frees);
	this_cpu_add(counts->free_bytes, bytes);
	this_cpu_add(counts->free_requested, requested);
}

/*
 * A sorted array of the figures of all tags that were ever used, *@nr long: by
 * tag as printed, nonpaged before paged. Sleeps. kvfree() it. NULL: no memory.
 */
struct ntp_tag_sums *ntp_tag_snapshot(size_t *nr);

#endif
