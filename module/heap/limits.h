/* SPDX-License-Identifier: GPL-2.0 */
/* How many free blocks the magazines of a CPU and the depots of a heap hold. */
#ifndef NTPOOL_LIMITS_H
#define NTPOOL_LIMITS_H

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "heap/heap.h"

/* Depots have room from the start up to this size: 512 bytes with 4 KiB pages, as in NT. */
#define NTPOOL_DEPOT_GRANULES	(NTPOOL_GRANULES / 8)

/*
 * Returns the capacity of a magazine in blocks; 0: blocks of @granules are not cached.
 * Drivers hold many blocks of the smallest sizes. All magazines of a CPU and pool
 * together hold about 2 MiB with 4 KiB pages. With larger pages a magazine of the largest
 * sizes holds one block. All magazines of a CPU and pool together hold about 10 MiB with
 * 64 KiB pages.
 */
static inline unsigned int ntpool_magazine_limit(unsigned int granules)
{
	unsigned int bytes = granules << NTPOOL_GRANULE_SHIFT;

	if (granules < NTPOOL_MIN_GRANULES)
		return 0;
	if (granules <= NTPOOL_GRANULES / 32)
		return min_t(unsigned int, 320, SZ_128K / bytes);
	if (granules <= NTPOOL_DEPOT_GRANULES)
		return max_t(unsigned int, 4 * SZ_4K / bytes, 2);
	return max_t(unsigned int, SZ_4K / bytes, PAGE_SIZE > SZ_4K ? 1 : 2);
}

/* Returns the capacity of a depot in blocks; @granules is at most NTPOOL_DEPOT_GRANULES. */
static inline unsigned int ntpool_depot_limit(unsigned int granules)
{
	return 2 * ntpool_magazine_limit(granules);
}

#endif
