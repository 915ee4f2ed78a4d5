/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocations of whole pages: everything above NTP_SMALL_MAX bytes in the pools,
 * and all memory of the Mm routines.
 */
#ifndef NTPOOL_BIG_H
#define NTPOOL_BIG_H

#include <linux/rbtree.h>

#include "heap.h"
#include "phys.h"

/* Which routines gave it out, and so which ones may free it. */
enum ntp_use {
	NTP_USE_POOL,		/* alloc.c */
	NTP_USE_CONTIGUOUS,	/* contig.c: one run of physical memory */
	NTP_USE_NONCACHED,	/* contig.c: single pages, mapped uncached */
};

/**
 * struct ntp_big - one allocation of whole pages
 * @node: in the tree, by address
 * @base: what the driver was given
 * @pages: how many
 * @requested: bytes asked for
 * @caller: the allocating call
 * @kind: which pool
 * @tag: pool tag
 * @flags: NTP_HDR_*, as in a header
 * @use: which routines it belongs to
 * @cache: NTP_USE_CONTIGUOUS: how the run is cached
 * @page: NTP_USE_NONCACHED: the pages behind @base
 * @rcu: frees this where kfree() must not be called
 *
 * Whole pages have no header; all that is known of them is here. Written before
 * it enters the tree, and not changed until it has left.
 */
struct ntp_big {
	struct rb_node node;
	void *base;
	unsigned long pages;
	size_t requested;
	unsigned long caller;
	enum ntp_kind kind;
	u32 tag;
	u8 flags;
	enum ntp_use use;
	enum ntp_caching cache;
	struct page **page;
	struct rcu_head rcu;
};

static inline unsigned long ntp_big_pages_for(size_t size)
{
	return (size >> PAGE_SHIFT) + !!(size & ~PAGE_MASK);
}

/* Pages for @size bytes; @tag, @flags and @caller are remembered. NULL: none. */
void *ntp_big_alloc(enum ntp_kind kind, size_t size, u32 tag, u8 flags, unsigned long caller);
/* A record to fill in, for memory that somebody else has found; NULL: none. */
struct ntp_big *ntp_big_create(void);
/* From here on ntp_big_claim() finds it. Needs no memory. */
void ntp_big_enter(struct ntp_big *big);
/*
 * NTP_FREE_OK: the allocation at @p was taken off the tree and is the caller's, to
 * end with ntp_big_release(). NTP_FREE_MIDDLE: @p lies inside one, of which *@copy
 * is a copy. NTP_FREE_UNOWNED: no whole pages there, or none that belong to @use.
 */
enum ntp_verdict ntp_big_claim(enum ntp_use use, void *p, struct ntp_big **big,
			       struct ntp_big *copy);
void ntp_big_release(struct ntp_big *big);
/* As ntp_walk_blocks(), for whole pages. */
int ntp_big_for_each(ntp_block_fn fn, void *arg);
/* Pages held now by @kind. */
unsigned long ntp_big_pages(enum ntp_kind kind);
/* True if @p lies in whole pages of the paged pool. */
bool ntp_big_is_paged(const void *p);

#endif
