/* SPDX-License-Identifier: GPL-2.0 */
/* Free blocks of a heap that no CPU has in its cache, whole and ready to be used. */
#ifndef NTPOOL_DEPOT_H
#define NTPOOL_DEPOT_H

#include "heap/heap.h"

/* Every context, with preemption disabled. Cached blocks; returns how many. */
unsigned int ntp_depot_take(struct ntp_heap *heap, unsigned int units,
			    struct ntp_header **out, unsigned int want);
/* The first ones of @blocks, as many as there is room for. */
unsigned int ntp_depot_give(struct ntp_heap *heap, unsigned int units,
			    struct ntp_header **blocks, unsigned int nr);
/*
 * What the depots of @heap hold goes back to it, one after the other, until a block of
 * @units comes of it: that, marked cached, or NULL. Every context.
 */
struct ntp_header *ntp_depot_squeeze(struct ntp_heap *heap, unsigned int units);
/* What all depots hold goes back to the heaps. */
void ntp_depot_drain(void);
/* What depots hold that nobody has used since the last call goes back to the heaps. */
void ntp_depot_age(void);
/* Bytes that the depots hold of @kind. */
unsigned long ntp_depot_bytes(enum ntp_kind kind);

/* For heap.c: the depots of @heap are made, 0 or -ENOMEM; and freed as they are. */
int ntp_depot_create(struct ntp_heap *heap);
void ntp_depot_destroy(struct ntp_heap *heap);

#endif
