/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two paths that matter: a block from this CPU's cache, and a block back into it.
 *
 * Both are leaves: they finish, or they have changed nothing and say so, and the
 * caller takes the slow path from the beginning (alloc.c, free.c). So nothing has to be kept
 * for a slow path, no register is saved, and each condition is one compare and one
 * branch that is never taken. They are inlined into the exported routines.
 *
 * ntpool_free_fast() has checked all that free.c promises before it claims the block,
 * or checks it by claiming. In the order of the code:
 *
 *	p is aligned, and in the linear map
 *	it lies in a carved page of this CPU's heap, and
 *	nobody is inside this CPU's cache		(page map)
 *	a block begins there				(bitmap outside the page)
 *	its tag is the one given			(header)
 *	its tag's counters are where its hash is	(tag table)
 *	there is room for it				(mark)
 *	it is live, nothing is special about it, its
 *	header is as it was written, and nobody else
 *	is freeing it at the same time			(compare-and-exchange of the seal)
 *
 * The last one is the one atomic instruction of the two paths, on a line that the CPU
 * is about to own anyway: it expects the seal that a live block without flags must have
 * with the header's other fields. What is done with these fields before then is
 * harmless whatever they are.
 *
 * Preemption is disabled from the page map on: that is an RCU read section, in which
 * the descriptor of the page stays valid.
 */
#ifndef NTPOOL_FAST_H
#define NTPOOL_FAST_H

#include <linux/mm.h>

#include "account/tag.h"
#include "heap/cache.h"
#include "memory/pagemap.h"

static __always_inline void ntpool_header_fill(struct ntpool_header *hdr, unsigned long granules,
					       size_t requested, u32 tag, unsigned int flags,
					       unsigned long caller)
{
	u64 owner = tag | (u64)(u32)ntpool_caller_pack(caller) << 32;
	u32 size = granules << 16 | requested;

	hdr->size = size;
	hdr->owner = owner;
	/* Walkers take a header for live only when the rest of it is there. */
	smp_store_release(&hdr->cookie, ntpool_cookie_live(hdr, size, flags, owner));
}

static __always_inline size_t ntpool_granules_bytes(unsigned long granules)
{
	return granules << NTPOOL_GRANULE_SHIFT;
}

/*
 * True: *@out is a block with undefined contents. @size is at most NTPOOL_SMALL_MAX; for
 * 0 there is nothing, nor for a tag with NTPOOL_TAG_PROTECTED, which no table has. The
 * caller's IRQL has been found right for @type.
 */
static __always_inline bool ntpool_alloc_counted(enum ntpool_type type, size_t size, u32 tag,
						 unsigned long caller, void **out,
						 struct ntpool_tag_counts __percpu *counts)
{
	unsigned long granules = ntpool_size_granules(size);
	struct ntpool_cache *cache;
	struct ntpool_header *hdr;

	preempt_disable();
	cache = ntpool_cache_enter(type);
	hdr = ntpool_magazine_pop(cache, granules);
	if (unlikely(!hdr)) {
		ntpool_cache_leave(type, cache);
		preempt_enable();
		return false;
	}
	ntpool_tag_count_alloc_inside(&counts[type], granules, size);
	ntpool_cache_leave(type, cache);
	preempt_enable();
	ntpool_header_fill(hdr, granules, size, tag, 0, caller);
	*out = ntpool_block_body(hdr);
	return true;
}

static __always_inline bool ntpool_alloc_fast(enum ntpool_type type, size_t size, u32 tag,
					      unsigned long caller, void **out)
{
	struct ntpool_tag_counts __percpu *counts;

	return likely(ntpool_tag_lookup(tag, &counts)) &&
	       ntpool_alloc_counted(type, size, tag, caller, out, counts);
}

/* Could a block begin at @granule of a carved page, going by the bitmap? */
static __always_inline bool ntpool_begins_block(const struct ntpool_mapped *map,
						unsigned long granule)
{
	const struct ntpool_page *page = container_of(map, struct ntpool_page, map);

	return test_bit(granule, page->start);
}

/* Inside the cache. */
static __always_inline bool ntpool_free_into(struct ntpool_cache *cache, struct ntpool_header *hdr,
					     unsigned long granules, u32 size, u64 owner)
{
	u32 cookie = ntpool_cookie_live(hdr, size, 0, owner);
	struct ntpool_header **top = cache->top[granules];

	if (unlikely(top[1] == NTPOOL_MAGAZINE_END) || unlikely(!ntpool_header_claim(hdr, cookie)))
		return false;
	top[1] = hdr;
	cache->top[granules] = top + 1;
	return true;
}

/* @tag is that of the block, or 0. In this order one comparison is the rule. */
static __always_inline bool ntpool_tag_fits(u64 owner, u32 tag)
{
	if (likely((u32)owner == tag))
		return true;
	OPTIMIZER_HIDE_VAR(tag);
	return !tag;
}

/*
 * With preemption disabled: the rest of ntpool_free_fast() for what may be a header. @probe:
 * the tag's counters may be elsewhere than where its hash is.
 */
static __always_inline bool ntpool_free_header(struct ntpool_cache *cache,
					       struct ntpool_header *hdr, u32 tag, bool probe)
{
	struct ntpool_tag_counts __percpu *counts;
	/* A second free may be at it; the claim decides. */
	u64 owner = data_race(hdr->owner);
	/* Likewise. */
	u32 size = data_race(hdr->size);
	/* Likewise. A live block has less than NTPOOL_GRANULES; no bin is outside of the cache. */
	unsigned long granules = (u8)data_race(hdr->granules);
	bool done;

	if (unlikely(!ntpool_tag_fits(owner, tag)))
		return false;
	if (unlikely(!ntpool_tag_lookup(owner, &counts)) &&
	    !(probe && ntpool_tag_probe(owner, &counts)))
		return false;
	__this_cpu_write(ntpool_caches[NTPOOL_NONPAGED], &ntpool_cache_none);
	barrier();
	done = ntpool_free_into(cache, hdr, granules, size, owner);
	/* The header is this CPU's now: one register less to keep. */
	if (likely(done))
		ntpool_tag_count_free_inside(&counts[NTPOOL_NONPAGED], granules, hdr->requested);
	ntpool_cache_leave(NTPOOL_NONPAGED, cache);
	return done;
}

/*
 * Where the header of the body @p is, as unit of a page (the low eight bits) and page of
 * the linear map. What is not aligned to a unit, like what is not in the linear map,
 * comes to be far away. (From the body: so the fast path needs no register for the header.)
 */
static __always_inline unsigned long ntpool_map_granule(const void *p)
{
	unsigned long distance = (unsigned long)p - ntpool_body_base;

	return distance >> NTPOOL_GRANULE_SHIFT | distance
							  << (BITS_PER_LONG - NTPOOL_GRANULE_SHIFT);
}

static __always_inline bool ntpool_free_block(void *p, u32 tag, bool probe)
{
	unsigned long granule = ntpool_map_granule(p);
	unsigned long nr = granule / NTPOOL_GRANULES;
	const struct ntpool_mapped *map;
	struct ntpool_cache *cache;

	if (unlikely(nr >= ntpool_fast_limit))
		return false;
	preempt_disable();
	map = ntpool_map_nth(nr);
	cache = __this_cpu_read(ntpool_caches[NTPOOL_NONPAGED]);
	if (unlikely(map->heap != cache->heap ||
		     !ntpool_begins_block(map, granule % NTPOOL_GRANULES) ||
		     !ntpool_free_header(cache, ntpool_block_header(p), tag, probe))) {
		preempt_enable();
		return false;
	}
	preempt_enable();
	return true;
}

/* True: the nonpaged block at @p is freed. @tag as for ntpool_free(). */
static __always_inline bool ntpool_free_fast(void *p, u32 tag)
{
	return ntpool_free_block(p, tag, false);
}

#endif
