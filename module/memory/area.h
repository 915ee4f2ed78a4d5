/* SPDX-License-Identifier: GPL-2.0 */
/* Areas: pages of bookkeeping behind a guard page. For record.c; others use record.h. */
#ifndef NTPOOL_AREA_H
#define NTPOOL_AREA_H

#include <linux/gfp.h>
#include <linux/mm_types.h>

/* Returns @gfp without reclaim, reserves and warnings. */
gfp_t ntpool_area_gfp_cheap(gfp_t gfp);
/*
 * Allocates an area of @nr pages behind @guards guards, 0 or 1, with @effort. The guard is zeroed,
 * and the pages are as @effort says. @gfp: the flags of the caller. kmemleak gets these, since it
 * switches itself off if it cannot have an object. Returns NULL without memory.
 */
void *ntpool_area_create(unsigned long nr, unsigned int guards, gfp_t effort, gfp_t gfp, int node);
/* Checks the guard of the area at @start and frees both. Any context but NMI. */
void ntpool_area_destroy(void *start);
/* Return the first page of the area that @page belongs to, and the number of its pages. */
void *ntpool_area_start(const struct page *page);
unsigned long ntpool_area_pages(const struct page *page);

#endif
