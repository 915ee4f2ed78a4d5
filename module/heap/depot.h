/* SPDX-License-Identifier: GPL-2.0 */
/* Free blocks of a heap that no CPU has in its cache, whole and ready to be used. */
#ifndef NTPOOL_DEPOT_H
#define NTPOOL_DEPOT_H

#include "heap/heap.h"

/* Every context, with preemption disabled. Cached blocks; returns how many. */
unsigned int ntpool_depot_take(struct ntpool_heap *heap, unsigned int granules,
			       struct ntpool_header **out, unsigned int want);
/* The first ones of @blocks, as many as there is room for. */
unsigned int ntpool_depot_give(struct ntpool_heap *heap, unsigned int granules,
			       struct ntpool_header **blocks, unsigned int nr);
/*
 * What the depots of @heap hold goes back to it, one after the other, until a block of
 * @granules comes of it: that, marked cached, or NULL. Every context.
 */
struct ntpool_header *ntpool_depot_reclaim(struct ntpool_heap *heap, unsigned int granules);
/* What all depots hold goes back to the heaps. */
void ntpool_depot_drain(void);
/* What depots hold that nobody has used since the last call goes back to the heaps. */
void ntpool_depot_age(void);
/* Bytes that the depots hold of @type. */
unsigned long ntpool_depot_bytes(enum ntpool_type type);

/* For cache.c. Makes the depots of all heaps. Returns 0 or -ENOMEM, with none left. */
int ntpool_depot_init(void);
/* Frees the depots. Their blocks are lost: ntpool_heap_exit() frees the pages. */
void ntpool_depot_exit(void);

#endif
