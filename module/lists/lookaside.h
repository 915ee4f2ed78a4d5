/* SPDX-License-Identifier: GPL-2.0 */
/* Lookaside lists, for those who watch them and those who end them. */
#ifndef NTPOOL_LOOKASIDE_H
#define NTPOOL_LOOKASIDE_H

#include "base/types.h"

/**
 * struct ntpool_lookaside_info - one list, at one moment
 * @tag: tag of its blocks
 * @type: their pool
 * @size: their size in bytes
 * @depth: the most that one CPU caches; 0 while the verifier is on
 * @max_depth: the public MaximumDepth, the driver's bound for @depth
 * @cached: blocks in the caches of all CPUs
 * @allocs: allocations, those that were not folded into the list yet included
 * @alloc_misses: those of them that went to the pool
 * @frees: frees, likewise
 * @free_misses: those of them that went to the pool
 * @owner: address that the initialising call returns to
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

/*
 * Calls @fn for every list, oldest first, outside of all locks, until it returns
 * non-zero. Process context; @fn may sleep. Returns what @fn returned last, or 0.
 */
int ntpool_lookaside_for_each(int (*fn)(const struct ntpool_lookaside_info *info, void *arg),
			      void *arg);

#endif
