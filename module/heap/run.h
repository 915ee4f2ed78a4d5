/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs: allocations of whole pages. These are all pool requests above NTPOOL_SMALL_MAX bytes
 * and all memory of the Mm routines.
 */
#ifndef NTPOOL_RUN_H
#define NTPOOL_RUN_H

#include <linux/rbtree.h>

#include "heap/heap.h"
#include "memory/phys.h"

/* Family of routines that allocated a run. Only the same family frees it. */
enum ntpool_use {
	NTPOOL_USE_POOL,	/* the pool routines */
	NTPOOL_USE_CONTIGUOUS,	/* MmAllocateContiguousMemory(): contiguous in physical memory */
	NTPOOL_USE_NONCACHED,	/* MmAllocateNonCachedMemory(): single pages, mapped uncached */
};

/* The two low bits of a record's state. The other bits count the allocations. */
enum ntpool_run_state {
	NTPOOL_RUN_CACHED = 0,		/* in a CPU's cache, or in transit */
	NTPOOL_RUN_LIVE = 1,		/* allocated by a driver */
	NTPOOL_RUN_STATE = 3,		/* mask of these bits */
	NTPOOL_RUN_STEP = 4,		/* one allocation */
};

/**
 * struct ntpool_run - the record of one run of pages
 * @map: for the page map; its heap is NULL
 * @state: enum ntpool_run_state and a count; changed by compare-and-exchange
 * @flags: NTPOOL_HDR_*, as in the header of a block
 * @node: entry in the tree of runs; run_lock protects it
 * @base: address of the first page; constant
 * @pages: number of pages; constant, except that ntpool_run_shorten() lowers it
 * @requested: bytes that the driver asked for
 * @caller: call site
 * @type: the pool; constant
 * @tag: pool tag
 * @payer: the ledger that is charged; with NTPOOL_HDR_QUOTA
 * @use: the routines that own the run; constant
 * @nid: NUMA node of linear memory, or of the CPU that allocated other memory; constant
 * @cache: cache type of the pages; not for NTPOOL_USE_POOL; constant
 * @page: the pages behind @base; with NTPOOL_USE_NONCACHED; constant
 * @next: the next run in a CPU's cache; the per-CPU section of run_cache.h
 * @rcu: of a run that was released: frees the record after a grace period
 *
 * A run has no header in its memory. Its record is in the tree while it has pages, live or
 * cached by a CPU (run_cache.c). A caller that changes @state from live to cached owns the
 * record. It may write @flags, @requested, @caller, @tag and @payer until it makes the
 * record live again. Observers copy the record and compare @state before and after.
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
	union {
		struct ntpool_run *next;
		struct rcu_head rcu;
	};
};

/* Returns the number of pages for @size bytes. */
static inline unsigned long ntpool_run_pages_for(size_t size)
{
	return (size >> PAGE_SHIFT) + !!(size & ~PAGE_MASK);
}

static inline bool ntpool_run_state_is_live(u32 state)
{
	return (state & NTPOOL_RUN_STATE) == NTPOOL_RUN_LIVE;
}

/* Makes a record of the caller live: from here on any CPU may free the run. */
static inline void ntpool_run_make_live(struct ntpool_run *run)
{
	/* The exchange of a stray free, which fails, may touch it at the same time. */
	u32 state = data_race(run->state);

	/* Pairs with the acquire in run_describe(): the other fields are written before. */
	smp_store_release(&run->state, ((state + NTPOOL_RUN_STEP) & ~NTPOOL_RUN_STATE) |
			  NTPOOL_RUN_LIVE);
}

/* Describes the allocation that a run is about to serve. The caller owns the record. */
static __always_inline void ntpool_run_assign(struct ntpool_run *run, size_t size, u32 tag,
					      u8 flags, unsigned long caller)
{
	WRITE_ONCE(run->requested, size);
	WRITE_ONCE(run->caller, caller);
	WRITE_ONCE(run->tag, tag);
	WRITE_ONCE(run->flags, flags);
}

/* Describes the block that a run serves. The caller owns the record, or it is a copy. */
static inline struct ntpool_block ntpool_run_block(const struct ntpool_run *run)
{
	return (struct ntpool_block){
		.addr = run->base,
		.tag = run->tag,
		.type = run->type,
		.bytes = run->pages << PAGE_SHIFT,
		.requested = run->requested,
		.caller = run->caller,
	};
}

/*
 * Makes a live record, read with @state, cached and the caller's. Of several concurrent
 * callers one gets true.
 */
static inline bool ntpool_run_take(struct ntpool_run *run, u32 state)
{
	return ntpool_run_state_is_live(state) &&
	       try_cmpxchg(&run->state, &state, state & ~NTPOOL_RUN_STATE);
}

/* Allocates a record, for ntpool_run_fill(). Returns NULL without memory. Any context. */
struct ntpool_run *ntpool_run_create(void);
/* Frees a record that is not in the tree, unless it is NULL. Any context. */
void ntpool_run_discard(struct ntpool_run *run);
/*
 * Initialises a record for the @pages pages at @base, cached and not in the tree yet.
 * ntpool_run_assign() must follow. The caller sets @cache and @page if @use has them.
 */
void ntpool_run_fill(struct ntpool_run *run, enum ntpool_use use, enum ntpool_type type,
		     void *base, unsigned long pages);
/* True if the run is in the tree: a CPU has cached it. */
static inline bool ntpool_run_is_entered(const struct ntpool_run *run)
{
	/* Other runs change the word when they come and go, but not to the mark of no tree. */
	return data_race(!RB_EMPTY_NODE(&run->node));
}

/*
 * Makes the run live, and enters it into the tree if it is not there. Needs no memory. Any
 * context.
 */
void ntpool_run_enter(struct ntpool_run *run);
/*
 * Makes the live run at @p cached; the caller then owns it. Any context. Returns
 *
 *	NTPOOL_FREE_OK		*@run is the record, for ntpool_run_cache_put() or _release()
 *	NTPOOL_FREE_MIDDLE	@p is inside of a run
 *	NTPOOL_FREE_TWICE	@p is in a run that is no longer live
 *	NTPOOL_FREE_UNOWNED	@p is in no run of @use
 *
 * Except in the last case *@copy is a copy of the record.
 */
enum ntpool_verdict ntpool_run_claim(enum ntpool_use use, void *p, struct ntpool_run **run,
				     struct ntpool_run *copy);
/* Frees all but the first @pages pages of a cached run of the caller, in the linear map. */
void ntpool_run_shorten(struct ntpool_run *run, unsigned long pages);
/* Removes a run of the caller from the tree and frees record and pages. Any context. */
void ntpool_run_release(struct ntpool_run *run);
/*
 * Calls @fn for each live run until it returns non-zero. Returns that value, 0, or -ENOMEM.
 * No lock is held around @fn. Sleeps.
 */
int ntpool_run_for_each(ntpool_block_fn fn, void *arg);
/* Copies the record of the live run that begins at @p. Returns false if none does. */
bool ntpool_run_peek(const void *p, struct ntpool_run *copy);
/* Copies the record of the run that @p lies in, live or cached. Returns false if none does. */
bool ntpool_run_near(const void *p, struct ntpool_run *copy);
/* Number of runs of @type, cached ones included. These two take no lock. */
unsigned long ntpool_run_count(enum ntpool_type type);
/* Number of their pages. */
unsigned long ntpool_run_pages(enum ntpool_type type);
/* True if @p lies in a live run of the paged pool. */
bool ntpool_run_is_paged(const void *p);

#endif
