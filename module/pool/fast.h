/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fast paths: an allocation from this CPU's cache, and a free into it.
 *
 * Both are leaves. They either complete or change nothing and return false; then the
 * caller starts the slow path from the beginning (alloc.c, free.c). So no value has to
 * survive for a slow path, and no register is saved. Each condition is one comparison and
 * one branch that is not taken. The exported routines inline both.
 *
 * ntpool_free_fast() has the same guarantees as free.c. In the order of the code, it checks
 * these conditions before the claim or by the claim:
 *
 *	the address is aligned, and in the linear map or for paged pool in the
 *	window of vmalloc space, and the IRQL allows that pool
 *	the page is a carved one of this CPU's heap, and
 *	this CPU's cache is not in use			(page map)
 *	a block begins at the address			(bitmap outside of the page)
 *	the tag is the one given			(header)
 *	the counters of the tag are where its hash is	(tag table)
 *	a block begins where this one ends, or the page
 *	ends there					(bitmap)
 *	the magazine has room				(mark)
 *	the block is live and has no flag, its header
 *	is intact, and no other CPU frees it		(compare-and-exchange of the cookie)
 *
 * The claim is the only atomic instruction of the two paths. Its cache line is one that the
 * CPU is about to own anyway. The claim expects the cookie that a live block without flags has
 * with these header fields. Before the claim the fields may have any value; no use of them
 * does harm. A driver may forge a header with another size and the cookie for it. The free
 * refuses it, unless a block happens to begin where the forged one ends.
 *
 * Preemption is disabled from the look-up in the page map on. This is an RCU read section,
 * in which the descriptor of the page stays valid.
 */
#ifndef NTPOOL_FAST_H
#define NTPOOL_FAST_H

#include <linux/mm.h>

#include "account/tag.h"
#include "base/irql.h"
#include "heap/cache.h"
#include "memory/pagemap.h"

/* Writes the header of the caller's block at @hdr, which becomes live. */
static __always_inline void ntpool_header_fill(struct ntpool_header *hdr, unsigned long granules,
					       size_t requested, u32 tag, unsigned int flags,
					       unsigned long caller)
{
	u64 owner = tag | (u64)(u32)ntpool_caller_pack(caller) << 32;
	u32 size = granules << 16 | requested;

	hdr->size = size;
	hdr->owner = owner;
	/* If an observer sees a live cookie, it sees the rest of the header. */
	smp_store_release(&hdr->cookie, ntpool_cookie_live(hdr, size, flags, owner));
}

static __always_inline size_t ntpool_granules_bytes(unsigned long granules)
{
	return granules << NTPOOL_GRANULE_SHIFT;
}

/*
 * Allocates a block with undefined contents to *@out; @counts: the counters of @tag. Returns
 * false if the cache has no such block, or @size is 0. @size is at most NTPOOL_SMALL_MAX. The
 * caller has checked the IRQL for @type.
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

/*
 * The same, with the counters looked up. Also returns false for a tag that has none yet, and
 * for one with NTPOOL_TAG_PROTECTED.
 */
static __always_inline bool ntpool_alloc_fast(enum ntpool_type type, size_t size, u32 tag,
					      unsigned long caller, void **out)
{
	struct ntpool_tag_counts __percpu *counts;

	return likely(ntpool_tag_lookup(tag, &counts)) &&
	       ntpool_alloc_counted(type, size, tag, caller, out, counts);
}

/*
 * Returns true if a block of the carved page @map begins at @granule, or if the page ends
 * there. @granule is less than twice NTPOOL_GRANULES. Beyond the end of the page the bits have
 * no meaning.
 */
static __always_inline bool ntpool_begins_block(const struct ntpool_mapped *map,
						unsigned long granule)
{
	const struct ntpool_page *page = container_of(map, struct ntpool_page, map);

	/* Other blocks in the same word come and go. The bit of a live block does not change. */
	return data_race(test_bit(granule, page->start));
}

/*
 * Returns true if a block of @map begins at @granule and ends where its header at @hdr says.
 * *@granules is its size by that header. Nothing is read from memory that is no block's.
 */
static __always_inline bool ntpool_fits_block(const struct ntpool_mapped *map,
					      unsigned long granule,
					      const struct ntpool_header *hdr,
					      unsigned long *granules)
{
	if (unlikely(!ntpool_begins_block(map, granule)))
		return false;
	/* Another CPU may free the block. Every u8 is a valid index of the magazines. */
	*granules = (u8)data_race(hdr->granules);
	return ntpool_begins_block(map, granule + *granules);
}

/* Claims the block at @hdr and pushes it on its magazine. Called in the per-CPU section. */
static __always_inline bool ntpool_free_into(struct ntpool_cache *cache, struct ntpool_header *hdr,
					     unsigned long granules, u32 size, u64 owner)
{
	u32 cookie = ntpool_cookie_live(hdr, size, 0, owner);
	struct ntpool_header **top = cache->top[granules];

	if (unlikely(top[1] == NTPOOL_MAGAZINE_END) || unlikely(!ntpool_header_claim(hdr, cookie)))
		return false;
	top[1] = hdr;
	WRITE_ONCE(cache->top[granules], top + 1);
	return true;
}

/* True if @tag is 0 or the tag in @owner. The usual case is first: one comparison. */
static __always_inline bool ntpool_tag_fits(u64 owner, u32 tag)
{
	if (likely((u32)owner == tag))
		return true;
	OPTIMIZER_HIDE_VAR(tag);
	return !tag;
}

/*
 * The part of ntpool_free_fast() that compares the header at @hdr, of a block of @granules. With
 * @probe the counters of the tag are also found away from their hash. Called with preemption
 * disabled.
 */
static __always_inline bool ntpool_free_header(struct ntpool_cache *cache,
					       struct ntpool_header *hdr, unsigned long granules,
					       enum ntpool_type type, u32 tag, bool probe)
{
	struct ntpool_tag_counts __percpu *counts;
	/* Another CPU may free the block at the same time; the claim decides. */
	u64 owner = data_race(hdr->owner);
	/* Likewise. */
	u32 size = data_race(hdr->size);
	bool done;

	if (unlikely(!ntpool_tag_fits(owner, tag)))
		return false;
	if (unlikely(!ntpool_tag_lookup(owner, &counts)) &&
	    !(probe && ntpool_tag_probe(owner, &counts)))
		return false;
	/* Enters the per-CPU section as ntpool_cache_enter(), without loading @cache again. */
	__this_cpu_write(ntpool_caches[type], &ntpool_cache_none);
	barrier();
	done = ntpool_free_into(cache, hdr, granules, size, owner);
	/*
	 * The header is this CPU's now. Reading it again saves a register. The claim is a full
	 * barrier, so that an observer of this count sees that of the allocation.
	 */
	if (likely(done))
		ntpool_tag_count_free_inside(&counts[type], granules, hdr->requested);
	ntpool_cache_leave(type, cache);
	return done;
}

/*
 * Returns the position of the header of the body at @p; @body_base: the body of the first block
 * that a table could have. The low eight bits are the granule in the page, the other bits the
 * number of the page. If @p is not aligned to a granule, or below the table, the page is beyond
 * the table. Computed from the body, so that the fast path needs no register for the header.
 */
static __always_inline unsigned long ntpool_map_granule(const void *p, unsigned long body_base)
{
	unsigned long distance = (unsigned long)p - body_base;

	return distance >> NTPOOL_GRANULE_SHIFT |
	       distance << (BITS_PER_LONG - NTPOOL_GRANULE_SHIFT);
}

/*
 * Frees the block at @p, whose page has the entry @map; @granule as above, modulo
 * NTPOOL_GRANULES. Called with preemption disabled.
 */
static __always_inline bool ntpool_free_mapped(void *p, const struct ntpool_mapped *map,
					       unsigned long granule, enum ntpool_type type,
					       u32 tag, bool probe)
{
	struct ntpool_cache *cache = __this_cpu_read(ntpool_caches[type]);
	struct ntpool_header *hdr = ntpool_block_header(p);
	unsigned long granules;

	return likely(map->heap == cache->heap) &&
	       likely(ntpool_fits_block(map, granule, hdr, &granules)) &&
	       likely(ntpool_free_header(cache, hdr, granules, type, tag, probe));
}

/* ntpool_free_fast(), with @probe as above. */
static __always_inline bool ntpool_free_block(void *p, u32 tag, bool probe)
{
	unsigned long granule = ntpool_map_granule(p, ntpool_body_base);
	unsigned long nr = granule / NTPOOL_GRANULES;
	bool done;

	/* Plain loads of limits, which compare in memory: a CPU may see a change late. */
	if (unlikely(nr >= data_race(ntpool_fast_limit)))
		return false;
	preempt_disable();
	done = ntpool_free_mapped(p, ntpool_map_nth(nr), granule % NTPOOL_GRANULES,
				  NTPOOL_NONPAGED, tag, probe);
	preempt_enable();
	return done;
}

/* The same for a block of paged pool, which lies in the window of vmalloc space. */
static __always_inline bool ntpool_free_paged_block(void *p, u32 tag, bool probe)
{
	unsigned long granule = ntpool_map_granule(p, ntpool_window.base +
						      sizeof(struct ntpool_header));
	unsigned long nr = granule / NTPOOL_GRANULES;
	bool done;

	/* As in ntpool_free_block(). */
	if (unlikely(nr >= data_race(ntpool_fast_window_limit)) || unlikely(!ntpool_paged_ok()))
		return false;
	preempt_disable();
	done = ntpool_free_mapped(p, ntpool_window_nth(nr), granule % NTPOOL_GRANULES,
				  NTPOOL_PAGED, tag, probe);
	preempt_enable();
	return done;
}

/* Frees the nonpaged block at @p, @tag as for ntpool_free(). False: nothing has changed. */
static __always_inline bool ntpool_free_fast(void *p, u32 tag)
{
	return ntpool_free_block(p, tag, false);
}

#endif
