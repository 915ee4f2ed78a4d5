/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocations of whole pages: everything above NTP_SMALL_MAX bytes in the pools,
 * and all memory of the Mm routines.
 */
#ifndef NTPOOL_BIG_H
#define NTPOOL_BIG_H

#include <linux/rbtree.h>

#include "heap/heap.h"
#include "memory/phys.h"

/* Which routines gave it out, and so which ones may free it. */
enum ntp_use {
	NTP_USE_POOL,		/* alloc.c */
	NTP_USE_CONTIGUOUS,	/* contig.c: one run of physical memory */
	NTP_USE_NONCACHED,	/* contig.c: single pages, mapped uncached */
};

/* The two low bits of a record's state; the rest counts its changes. */
enum ntp_big_state {
	NTP_BIG_CACHED = 0,		/* nobody's, or on its way from one to another */
	NTP_BIG_LIVE = 1,		/* a driver's */
	NTP_BIG_STATE = 3,
	NTP_BIG_STEP = 4,
};

/**
 * struct ntp_big - one allocation of whole pages
 * @map: for the page map, see struct ntp_mapped
 * @state: enum ntp_big_state and a count
 * @flags: NTP_HDR_*, as in a header
 * @node: in the tree, by address
 * @base: what the driver was given
 * @pages: how many
 * @requested: bytes asked for
 * @caller: the allocating call
 * @kind: which pool
 * @tag: pool tag
 * @payer: with NTP_HDR_QUOTA, the ledger that it is charged to
 * @use: which routines it belongs to
 * @nid: NUMA node of a run of the linear map, else that of who made it
 * @cache: NTP_USE_CONTIGUOUS: how the run is cached
 * @page: NTP_USE_NONCACHED: the pages behind @base
 * @rcu: frees this after readers of the page map are gone
 *
 * Whole pages have no header; all that is known of them is here. A record is in the
 * tree as long as it has pages, live or cached by a CPU (bigcache.c). Whoever changes
 * @state from live to cached, by compare-and-exchange, owns it, and may change @flags,
 * @requested, @caller and @tag until he makes it live again. Observers copy it and
 * look at @state before and after.
 */
struct ntp_big {
	struct ntp_mapped map;
	u32 state;
	u8 flags;
	struct rb_node node;
	void *base;
	unsigned long pages;
	size_t requested;
	unsigned long caller;
	enum ntp_kind kind;
	u32 tag;
	u32 payer;
	enum ntp_use use;
	int nid;
	enum ntp_caching cache;
	struct page **page;
	struct rcu_head rcu;
};

static inline unsigned long ntp_big_pages_for(size_t size)
{
	return (size >> PAGE_SHIFT) + !!(size & ~PAGE_MASK);
}

static inline bool ntp_big_state_is_live(u32 state)
{
	return (state & NTP_BIG_STATE) == NTP_BIG_LIVE;
}

/* The record, which is the caller's, is a driver's from here on. */
static inline void ntp_big_make_live(struct ntp_big *big)
{
	/* Pairs with the acquire in big_read(): the rest is there. */
	smp_store_release(&big->state, ((big->state + NTP_BIG_STEP) & ~NTP_BIG_STATE) |
			  NTP_BIG_LIVE);
}

/* A live record becomes the caller's: true for one of those who try at the same time. */
static inline bool ntp_big_take(struct ntp_big *big, u32 state)
{
	return ntp_big_state_is_live(state) &&
	       try_cmpxchg(&big->state, &state, state & ~NTP_BIG_STATE);
}

/*
 * A record with pages for @size bytes, not entered; @tag, @flags and @caller are
 * remembered. NULL: none.
 */
struct ntp_big *ntp_big_alloc(enum ntp_kind kind, size_t size, u32 tag, u8 flags,
			      unsigned long caller);
/* A record to fill in, for memory that somebody else has found; NULL: none. */
struct ntp_big *ntp_big_create(void);
/* The node of memory at @base, for the record. */
int ntp_big_nid(const void *base);
/* From here on ntp_big_claim() finds it. Needs no memory. */
void ntp_big_enter(struct ntp_big *big);
/*
 * NTP_FREE_OK: the allocation at @p is the caller's, to end with ntp_big_release().
 * NTP_FREE_MIDDLE: @p lies inside one, of which *@copy is a copy. NTP_FREE_TWICE: it
 * is nobody's any more. NTP_FREE_UNOWNED: no whole pages there, or none that belong to
 * @use.
 */
enum ntp_verdict ntp_big_claim(enum ntp_use use, void *p, struct ntp_big **big,
			       struct ntp_big *copy);
/* The record, which is the caller's, and its pages go back to the kernel. */
void ntp_big_release(struct ntp_big *big);
/* As ntp_walk_blocks(), for whole pages. */
int ntp_big_for_each(ntp_block_fn fn, void *arg);
/* Copies the record of the live allocation that begins at @p; false: none does. */
bool ntp_big_peek(const void *p, struct ntp_big *copy);
/* Allocations of @kind, and their pages, cached ones included. */
unsigned long ntp_big_count(enum ntp_kind kind);
unsigned long ntp_big_pages(enum ntp_kind kind);
/* True if @p lies in whole pages of the paged pool. */
bool ntp_big_is_paged(const void *p);

#endif
