/* SPDX-License-Identifier: GPL-2.0 */
/* Depots: free blocks of a heap that are in no magazine, ready for the next one. */
#ifndef NTPOOL_DEPOT_H
#define NTPOOL_DEPOT_H

#include "heap/heap.h"

/*
 * Moves up to @nr blocks of @granules from the depot of @heap to @out. Returns how many. Any
 * context.
 */
unsigned int ntpool_depot_take(struct ntpool_heap *heap, unsigned int granules,
			       struct ntpool_header **out, unsigned int nr);
/* Moves the first of @nr cached blocks, as far as there is room, and returns how many. */
unsigned int ntpool_depot_give(struct ntpool_heap *heap, unsigned int granules,
			       struct ntpool_header **blocks, unsigned int nr);
/* Counts @nr blocks that the heap gave because the depot was empty. Any context but NMI. */
void ntpool_depot_missed(struct ntpool_heap *heap, unsigned int granules, unsigned int nr);
/* Counts @nr blocks that the heap got because the depot was full. Any context but NMI. */
void ntpool_depot_overflowed(struct ntpool_heap *heap, unsigned int granules, unsigned int nr);
/* True if the depot has more room than from the start. Any context. */
bool ntpool_depot_is_enlarged(struct ntpool_heap *heap, unsigned int granules);
/*
 * Gives blocks from the depots of @heap to it until one of @granules can be taken. Takes that
 * one with @flags, as for ntpool_heap_take(). Gives only some blocks with interrupts disabled.
 * Returns the block of @granules, marked cached, or NULL. Any context.
 */
struct ntpool_header *ntpool_depot_reclaim(struct ntpool_heap *heap, unsigned int granules,
					   unsigned int flags);
/* Empties all depots into their heaps. Any context. */
void ntpool_depot_drain(void);
/*
 * Empties the depots that were not used since the last call. Returns true if a depot has blocks
 * or is enlarged. Process context.
 */
bool ntpool_depot_age(void);
/* Returns the bytes of @type in all depots. */
unsigned long ntpool_depot_bytes(enum ntpool_type type);

/* For cache.c. Makes the depots of all heaps. Returns 0, or -ENOMEM with none left. */
int ntpool_depot_init(void);
/* Frees the depots. Their blocks are lost: ntpool_heap_exit() frees the pages. */
void ntpool_depot_exit(void);

#endif
