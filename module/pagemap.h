/* SPDX-License-Identifier: GPL-2.0 */
/* From an address to the descriptor of the carved page that it lies in. */
#ifndef NTPOOL_PAGEMAP_H
#define NTPOOL_PAGEMAP_H

#include <linux/xarray.h>

#include "heap.h"

#define NTP_LEAF_PAGES	(PAGE_SIZE / sizeof(struct ntp_page *))

struct ntp_leaf {
	struct ntp_page *page[NTP_LEAF_PAGES];
};

extern struct ntp_leaf **ntp_map_root;
extern unsigned long ntp_map_base;
extern unsigned long ntp_map_limit;
extern struct xarray ntp_map_far;

/* Nonpaged pool is there; vmalloc space, with the paged pool, is not. */
static __always_inline bool ntp_in_linear_map(const void *p)
{
	return ((unsigned long)p - ntp_map_base) >> PAGE_SHIFT < ntp_map_limit;
}

/*
 * NULL: no carved page of a pool is there. Any address is allowed, nothing behind
 * it is touched. The descriptor stays valid until the end of the caller's RCU
 * read section, in which this must be called.
 */
static __always_inline struct ntp_page *ntp_page_of(const void *p)
{
	unsigned long nr = ((unsigned long)p - ntp_map_base) >> PAGE_SHIFT;
	struct ntp_leaf *leaf;

	if (unlikely(nr >= ntp_map_limit))
		return xa_load(&ntp_map_far, (unsigned long)p >> PAGE_SHIFT);
	leaf = READ_ONCE(ntp_map_root[nr / NTP_LEAF_PAGES]);
	return READ_ONCE(leaf->page[nr % NTP_LEAF_PAGES]);
}

/* Enters @page. 0 or -ENOMEM. Not under a heap's lock. */
int ntp_page_enter(struct ntp_page *page);
/* Takes it out again. Not under a heap's lock. */
void ntp_page_leave(struct ntp_page *page);

#endif
