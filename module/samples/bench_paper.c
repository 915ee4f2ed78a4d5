// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU memory on a machine with 256 CPUs, computed from the sizes of the structures.
 *
 * paper_tags is the sum over all CPUs of the counters of 16,384 tags, the default of max_tags.
 * paper_cache is the cache of one CPU for the blocks of one pool. paper_list is the part of a
 * lookaside list on one CPU, without its magazine.
 */
#include <linux/overflow.h>

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

static u64 cache_bytes(void)
{
	struct ntpool_cache *cache = NULL;

	return struct_size(cache, slots, ntpool_cache_slots());
}

static void print_bytes(const char *name, u64 bytes)
{
	if (bench_wanted(name))
		bench_print_value(name, "pool", bytes * 100, "bytes");
}

int bench_paper(void)
{
	print_bytes("paper_tag", tag_bytes());
	print_bytes("paper_tags", tag_bytes() * TAGS * CPUS);
	print_bytes("paper_cache", cache_bytes());
	print_bytes("paper_list", sizeof(struct ntpool_lookaside_cpu));
	return 0;
}
