/* SPDX-License-Identifier: GPL-2.0 */
/* The part of the check of a heap that needs the static functions of heap/freelist.c. */
#ifndef NTPOOL_CHECK_H
#define NTPOOL_CHECK_H

struct ntpool_heap;

/* Checks all lists of @heap against the bitmaps; no list is lost. Returns 0 or -EUCLEAN. */
int ntpool_freelist_check(struct ntpool_heap *heap);

#endif
