// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU memory on a machine with 256 CPUs, computed from the sizes of the structures.
 *
 * paper_tags is the most that the figures of 16,384 tags take, the default of max_tags: all tags
 * are used, and as many are hot as may be. It has the tables, without guards, and the counters of
 * hot tags on all CPUs. paper_tags_used is the same while no tag is hot, but the reserve is full.
 * paper_tag is the part of one hot tag on one CPU. paper_tags_hot is how many tags may be hot at
 * once. paper_cache is the most that one CPU's cache of one pool takes. paper_cache_unused is the
 * same before the first block. paper_list is the part of a lookaside list on one CPU, without
 * its magazine.
 */
#include <linux/log2.h>
#include <linux/minmax.h>

#include "account/tag.h"
#include "heap/cache.h"
#include "heap/limits.h"
#include "lists/lookaside_cache.h"
#include "bench.h"

enum {
	CPUS = 256,
	TAGS = 16384,
};

static u64 tag_bytes(void)
{
	return NTPOOL_TYPES * sizeof(struct ntpool_tag_counts);
}

/* Chunks of counters hold as many tags each. */
static u64 hot_bytes(u64 chunks)
{
	return chunks * NTPOOL_TAG_CHUNK * CPUS * tag_bytes();
}

/* Everything that TAGS tags take, with as many @chunks of counters. */
static u64 tags_bytes(u64 chunks)
{
	u64 records = (TAGS + 1) * sizeof(struct ntpool_tag) +
		      TAGS / NTPOOL_TAG_CHUNK * roundup_pow_of_two(sizeof(struct ntpool_tag_chunk));

	return records + hot_bytes(chunks) +
	       ntpool_tag_index_bytes(NTPOOL_TAG_ALL_LOAD, TAGS + 1) +
	       ntpool_tag_index_bytes(NTPOOL_TAG_HOT_LOAD, chunks * NTPOOL_TAG_CHUNK);
}

/* All magazines with as many slots as they may have: what the budget of a cache prevents. */
static u64 cache_bytes_unbounded(void)
{
	u64 bytes = sizeof(struct ntpool_cache);
	unsigned int granules;

	for (granules = NTPOOL_MIN_GRANULES; granules < NTPOOL_GRANULES; granules++)
		bytes += ntpool_slots_bytes(ntpool_magazine_grown(granules));
	return bytes;
}

static void print_bytes(const char *name, u64 bytes)
{
	if (bench_wanted(name))
		bench_print_value(name, "pool", bytes * 100, "bytes");
}

int bench_paper(void)
{
	print_bytes("paper_tag", tag_bytes());
	print_bytes("paper_tags", tags_bytes(ntpool_tag_hot_chunks(CPUS)));
	print_bytes("paper_tags_used", tags_bytes(NTPOOL_TAG_RESERVE));
	if (bench_wanted("paper_tags_hot"))
		bench_print_value("paper_tags_hot", "pool",
				  100 * NTPOOL_TAG_CHUNK * ntpool_tag_hot_chunks(CPUS), "tags");
	print_bytes("paper_cache", min_t(u64, cache_bytes_unbounded(), NTPOOL_CACHE_BYTES));
	print_bytes("paper_cache_unused", sizeof(struct ntpool_cache));
	print_bytes("paper_list", sizeof(struct ntpool_lookaside_cpu));
	return 0;
}
