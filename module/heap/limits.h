/* SPDX-License-Identifier: GPL-2.0 */
/* How many free blocks the magazines of a CPU and the depots of a heap hold. */
#ifndef NTPOOL_LIMITS_H
#define NTPOOL_LIMITS_H

#include <linux/build_bug.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "heap/heap.h"
#include "memory/record.h"

/* Depots have room from the start up to this size: 512 bytes with 4 KiB pages, as in NT. */
#define NTPOOL_DEPOT_GRANULES	(NTPOOL_GRANULES / 8)

/*
 * The largest blocks that a CPU caches. With pages of 64 KiB, larger ones come from the heap:
 * caches of all their sizes would hold tens of MiB per CPU.
 */
#define NTPOOL_MAGAZINE_BYTES	SZ_16K
/* The bytes of a magazine in front of an enlarged depot, see cache.c. */
#define NTPOOL_GROWN_BYTES	SZ_32K
/* The most blocks in a magazine: with the marks, 64-bit pointers to them take 2 KiB. */
#define NTPOOL_MAGAZINE_BLOCKS	254
/* The most bytes of a cache: of struct ntpool_cache and the slots of its magazines. */
#define NTPOOL_CACHE_BYTES	(24 * SZ_1K)

/*
 * Returns the capacity of a magazine in blocks; 0: blocks of @granules are not cached.
 * Drivers hold many blocks of the smallest sizes. All magazines of a CPU and pool together hold
 * about 2 MiB. This holds for pages of 4 KiB and of 64 KiB.
 */
static inline unsigned int ntpool_magazine_limit(unsigned int granules)
{
	unsigned int bytes = granules << NTPOOL_GRANULE_SHIFT;

	if (granules < NTPOOL_MIN_GRANULES || bytes > NTPOOL_MAGAZINE_BYTES)
		return 0;
	if (granules <= NTPOOL_GRANULES / 32)
		return min_t(unsigned int, NTPOOL_MAGAZINE_BLOCKS, SZ_128K / bytes);
	if (granules <= NTPOOL_DEPOT_GRANULES)
		return max_t(unsigned int, 4 * SZ_4K / bytes, 2);
	return max_t(unsigned int, SZ_4K / bytes, PAGE_SIZE > SZ_4K ? 1 : 2);
}

/*
 * Returns the capacity of a magazine in front of a depot that has been enlarged: up to 14 blocks,
 * if that is more than before. At most NTPOOL_GROWN_BYTES are in these blocks. The slots are one
 * power of two larger than the first ones.
 */
static inline unsigned int ntpool_magazine_grown(unsigned int granules)
{
	unsigned int limit = ntpool_magazine_limit(granules);
	unsigned int bytes = granules << NTPOOL_GRANULE_SHIFT;

	if (!limit)
		return 0;
	return max(limit, min_t(unsigned int, 14, NTPOOL_GROWN_BYTES / bytes));
}

/* Returns the bytes of the slots for @limit blocks, with a mark at both ends. */
static inline size_t ntpool_slots_bytes(unsigned int limit)
{
	size_t bytes = (limit + 2) * sizeof(struct ntpool_header *);

	return max_t(size_t, roundup_pow_of_two(bytes), NTPOOL_RECORD_MIN);
}

/*
 * The most bytes in the grown magazines of a CPU and pool. NTPOOL_GRANULES / 32 sizes have up to
 * 128 KiB each, the other ones that are cached NTPOOL_GROWN_BYTES. The number of sizes does not
 * depend on the size of a page. With larger pages fewer of them are cached.
 */
#define NTPOOL_MAGAZINES_BYTES						\
	(NTPOOL_GRANULES / 32 * SZ_128K +				\
	 (NTPOOL_MAGAZINE_BYTES >> NTPOOL_GRANULE_SHIFT < NTPOOL_GRANULES ?	\
	  NTPOOL_MAGAZINE_BYTES >> NTPOOL_GRANULE_SHIFT : NTPOOL_GRANULES) * NTPOOL_GROWN_BYTES)
static_assert(NTPOOL_MAGAZINES_BYTES <= 9 * SZ_1M);

/* Returns the capacity of a depot in blocks; @granules is at most NTPOOL_DEPOT_GRANULES. */
static inline unsigned int ntpool_depot_limit(unsigned int granules)
{
	return 2 * ntpool_magazine_limit(granules);
}

#endif
