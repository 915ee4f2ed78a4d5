/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocations of whole pages: everything above NTPOOL_SMALL_MAX bytes in the pools,
 * and all memory of the Mm routines.
 */
#ifndef NTPOOL_BIG_H
#define NTPOOL_BIG_H

#include <linux/rbtree.h>

#include "heap/heap.h"
#include "memory/phys.h"

/* Which routines gave it out, and so which ones may free it. */
enum ntpool_use {
	NTPOOL_USE_POOL,		/* alloc.c */
	NTPOOL_USE_CONTIGUOUS,	/* contig.c: one run of physical memory */
	NTPOOL_USE_NONCACHED,	/* contig.c: single pages, mapped uncached */
};

/* The two low bits of a record's state; the rest counts its changes. */
enum ntpool_run_state {
	NTPOOL_RUN_CACHED = 0,		/* nobody's, or on its way from one to another */
	NTPOOL_RUN_LIVE = 1,		/* a driver's */
	NTPOOL_RUN_STATE = 3,
	NTPOOL_RUN_STEP = 4,
};

/**
 * struct ntpool_run - one allocation of whole pages
 * @map: for the page map, see struct ntpool_mapped
 * @state: enum ntpool_run_state and a count
 * @flags: NTPOOL_HDR_*, as in a header
 * @node: in the tree, by address
 * @base: what the driver was given
 * @pages: how many
 * @requested: bytes asked for
 * @caller: the allocating call
 * @type: which pool
 * @tag: pool tag
 * @payer: with NTPOOL_HDR_QUOTA, the ledger that it is charged to
 * @use: which routines it belongs to
 * @nid: NUMA node of a run of the linear map, else that of who made it
 * @cache: NTPOOL_USE_CONTIGUOUS: how the run is cached
 * @page: NTPOOL_USE_NONCACHED: the pages behind @base
 * @rcu: frees this after readers of the page map are gone
 *
 * Whole pages have no header; all that is known of them is here. A record is in the
 * tree as long as it has pages, live or cached by a CPU (run_cache.c). Whoever changes
 * @state from live to cached, by compare-and-exchange, owns it, and may change @flags,
 * @requested, @caller and @tag until he makes it live again. Observers copy it and
 * look at @state before and after.
 */
struct ntpool_run {
	struct ntpool_mapped map;
	u32 state;
	u8 flags;
	struct rb_node node;
	void *base;
	unsigned long pages;
	size_t requested;
	unsigned long caller;
	enum ntpool_type type;
	u32 tag;
	u32 payer;
	enum ntpool_use use;
	int nid;
	enum ntpool_caching cache;
	struct page **page;
	struct rcu_head rcu;
};

static inline unsigned long ntpool_run_pages_for(size_t size)
{
	return (size >> PAGE_SHIFT) + !!(size & ~PAGE_MASK);
}

static inline bool ntpool_run_state_is_live(u32 state)
{
	return (state & NTPOOL_RUN_STATE) == NTPOOL_RUN_LIVE;
}

/* The record, which is the caller's, is a driver's from here on. */
static inline void ntpool_run_make_live(struct ntpool_run *run)
{
	/* Pairs with the acquire in big_read(): the rest is there. */
	smp_store_release(&run->state, ((run->state + NTPOOL_RUN_STEP) & ~NTPOOL_RUN_STATE) |
			  NTPOOL_RUN_LIVE);
}

/* Describes the allocation that a run is about to serve. The caller owns the record. */
static __always_inline void ntpool_run_assign(struct ntpool_run *run, size_t size, u32 tag,
					      u8 flags, unsigned long caller)
{
	run->requested = size;
	run->caller = caller;
	run->tag = tag;
	run->flags = flags;
}

/* A live record becomes the caller's: true for one of those who try at the same time. */
static inline bool ntpool_run_take(struct ntpool_run *run, u32 state)
{
	return ntpool_run_state_is_live(state) &&
	       try_cmpxchg(&run->state, &state, state & ~NTPOOL_RUN_STATE);
}

/*
 * A record with pages for @size bytes, not entered; @tag, @flags and @caller are
 * remembered. NULL: none.
 */
struct ntpool_run *ntpool_run_alloc(enum ntpool_type type, size_t size, u32 tag, u8 flags,
				    unsigned long caller);
/* Allocates a record, to be passed to ntpool_run_fill(). Returns NULL without memory. */
struct ntpool_run *ntpool_run_create(void);
/*
 * Initialises a record for the @pages pages at @base, cached and not in the tree yet.
 * ntpool_run_assign() must follow. The caller sets @cache and @page if @use has them.
 */
void ntpool_run_fill(struct ntpool_run *run, enum ntpool_use use, enum ntpool_type type,
		     void *base, unsigned long pages);
/* From here on ntpool_run_claim() finds it. Needs no memory. */
void ntpool_run_enter(struct ntpool_run *run);
/*
 * NTPOOL_FREE_OK: the allocation at @p is the caller's, to end with ntpool_run_release().
 * NTPOOL_FREE_MIDDLE: @p lies inside one, of which *@copy is a copy. NTPOOL_FREE_TWICE: it
 * is nobody's any more. NTPOOL_FREE_UNOWNED: no whole pages there, or none that belong to
 * @use.
 */
enum ntpool_verdict ntpool_run_claim(enum ntpool_use use, void *p, struct ntpool_run **run,
				     struct ntpool_run *copy);
/* The record, which is the caller's, and its pages go back to the kernel. */
void ntpool_run_release(struct ntpool_run *run);
/* As ntpool_iterate_blocks(), for whole pages. */
int ntpool_run_for_each(ntpool_block_fn fn, void *arg);
/* Copies the record of the live allocation that begins at @p; false: none does. */
bool ntpool_run_peek(const void *p, struct ntpool_run *copy);
/* Allocations of @type, and their pages, cached ones included. */
unsigned long ntpool_run_count(enum ntpool_type type);
unsigned long ntpool_run_pages(enum ntpool_type type);
/* True if @p lies in whole pages of the paged pool. */
bool ntpool_run_is_paged(const void *p);

#endif
