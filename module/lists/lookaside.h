/* SPDX-License-Identifier: GPL-2.0 */
/* Lookaside lists, as observers see them. */
#ifndef NTPOOL_LOOKASIDE_H
#define NTPOOL_LOOKASIDE_H

#include "base/types.h"

/**
 * struct ntpool_lookaside_info - a list at one moment
 * @tag: tag of the blocks
 * @type: pool type of the blocks
 * @size: size of a block in bytes
 * @depth: the public Depth, the most blocks that one CPU caches; 0 while the verifier is on
 * @max_depth: the public MaximumDepth, the driver's bound for @depth
 * @cached: blocks in the caches of all CPUs
 * @allocs: allocations, including those that the public fields do not contain yet
 * @alloc_misses: the allocations that the Allocate routine served
 * @frees: frees, including those that the public fields do not contain yet
 * @free_misses: the frees that went to the Free routine
 * @owner: return address of the initialising call
 */
struct ntpool_lookaside_info {
	u32 tag;
	enum ntpool_type type;
	unsigned int size;
	unsigned int depth;
	unsigned int max_depth;
	unsigned long cached;
	unsigned long allocs;
	unsigned long alloc_misses;
	unsigned long frees;
	unsigned long free_misses;
	unsigned long owner;
};

int ntpool_lookaside_for_each(int (*fn)(const struct ntpool_lookaside_info *info, void *arg),
			      void *arg);

#endif
