/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two paths that matter: a block from this CPU's cache, and a block back into it.
 *
 * Both are leaves: they finish, or they have changed nothing and say so, and the
 * caller takes the slow path from the beginning (alloc.c, free.c). So nothing has to be kept
 * for a slow path, no register is saved, and each condition is one compare and one
 * branch that is never taken. They are inlined into the exported routines.
 *
 * ntp_free_fast() has checked all that free.c promises before it claims the block,
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

static __always_inline void ntp_header_fill(struct ntp_header *hdr, unsigned long units,
					    size_t requested, u32 tag, unsigned int flags,
					    unsigned long caller)
{
	u64 owner = tag | (u64)(u32)ntp_caller_pack(caller) << 32;
	u32 size = units << 16 | requested;

	hdr->size = size;
	hdr->owner = owner;
	/* Walkers take a header for live only when the rest of it is there. */
	smp_store_release(&hdr->seal, ntp_seal_live(hdr, size, flags, owner));
}

static __always_inline size_t ntp_units_bytes(unsigned long units)
{
	return units << NTP_UNIT_SHIFT;
}

/*
 * True: *@out is a block with undefined contents. @size is at most NTP_SMALL_MAX; for
 * 0 there is nothing, nor for a tag with NTP_TAG_PROTECTED, which no table has. The
 * caller's IRQL has been found right for @kind.
 */
static __always_inline bool ntp_alloc_counted(enum ntp_kind kind, size_t size, u32 tag,
					      unsigned long caller, void **out,
					      struct ntp_tag_counts __percpu *counts)
{
	unsigned long units = ntp_size_units(size);
	struct ntp_cache *cache;
	struct ntp_header *hdr;

	preempt_disable();
	cache = ntp_cache_enter(kind);
	hdr = ntp_bin_pop(cache, units);
	if (unlikely(!hdr)) {
		ntp_cache_leave(kind, cache);
		preempt_enable();
		return false;
	}
	ntp_tag_count_alloc_inside(&counts[kind], units, size);
	ntp_cache_leave(kind, cache);
	preempt_enable();
	ntp_header_fill(hdr, units, size, tag, 0, caller);
	*out = ntp_block_body(hdr);
	return true;
}

static __always_inline bool ntp_alloc_fast(enum ntp_kind kind, size_t size, u32 tag,
					   unsigned long caller, void **out)
{
	struct ntp_tag_counts __percpu *counts;

	return likely(ntp_tag_lookup(tag, &counts)) &&
	       ntp_alloc_counted(kind, size, tag, caller, out, counts);
}

/* Could a block begin at @unit of a carved page, going by the bitmap? */
static __always_inline bool ntp_begins_block(const struct ntp_mapped *map, unsigned long unit)
{
	const struct ntp_page *page = container_of(map, struct ntp_page, map);

	return test_bit(unit, page->start);
}

/* Inside the cache. */
static __always_inline bool ntp_free_into(struct ntp_cache *cache, struct ntp_header *hdr,
					  unsigned long units, u32 size, u64 owner)
{
	u32 seal = ntp_seal_live(hdr, size, 0, owner);
	struct ntp_header **top = cache->top[units];

	if (unlikely(top[1] == NTP_BIN_END) || unlikely(!ntp_header_claim(hdr, seal)))
		return false;
	top[1] = hdr;
	cache->top[units] = top + 1;
	return true;
}

/* @tag is that of the block, or 0. In this order one comparison is the rule. */
static __always_inline bool ntp_tag_fits(u64 owner, u32 tag)
{
	if (likely((u32)owner == tag))
		return true;
	OPTIMIZER_HIDE_VAR(tag);
	return !tag;
}

/*
 * With preemption disabled: the rest of ntp_free_fast() for what may be a header. @probe:
 * the tag's counters may be elsewhere than where its hash is.
 */
static __always_inline bool ntp_free_header(struct ntp_cache *cache, struct ntp_header *hdr,
					    u32 tag, bool probe)
{
	struct ntp_tag_counts __percpu *counts;
	/* A second free may be at it; the claim decides. */
	u64 owner = data_race(hdr->owner);
	/* Likewise. */
	u32 size = data_race(hdr->size);
	/* Likewise. A live block has less than NTP_UNITS; no bin is outside of the cache. */
	unsigned long units = (u8)data_race(hdr->units);
	bool done;

	if (unlikely(!ntp_tag_fits(owner, tag)))
		return false;
	if (unlikely(!ntp_tag_lookup(owner, &counts)) &&
	    !(probe && ntp_tag_probe(owner, &counts)))
		return false;
	__this_cpu_write(ntp_caches[NTP_NONPAGED], &ntp_cache_none);
	barrier();
	done = ntp_free_into(cache, hdr, units, size, owner);
	/* The header is this CPU's now: one register less to keep. */
	if (likely(done))
		ntp_tag_count_free_inside(&counts[NTP_NONPAGED], units, hdr->requested);
	ntp_cache_leave(NTP_NONPAGED, cache);
	return done;
}

/*
 * Where the header of the body @p is, as unit of a page (the low eight bits) and page of
 * the linear map. What is not aligned to a unit, like what is not in the linear map,
 * comes to be far away. (From the body: so the fast path needs no register for the header.)
 */
static __always_inline unsigned long ntp_map_unit(const void *p)
{
	unsigned long distance = (unsigned long)p - ntp_body_base;

	return distance >> NTP_UNIT_SHIFT | distance << (BITS_PER_LONG - NTP_UNIT_SHIFT);
}

static __always_inline bool ntp_free_block(void *p, u32 tag, bool probe)
{
	unsigned long unit = ntp_map_unit(p);
	unsigned long nr = unit / NTP_UNITS;
	const struct ntp_mapped *map;
	struct ntp_cache *cache;

	if (unlikely(nr >= ntp_fast_limit))
		return false;
	preempt_disable();
	map = ntp_map_nth(nr);
	cache = __this_cpu_read(ntp_caches[NTP_NONPAGED]);
	if (unlikely(map->heap != cache->heap || !ntp_begins_block(map, unit % NTP_UNITS) ||
		     !ntp_free_header(cache, ntp_block_header(p), tag, probe))) {
		preempt_enable();
		return false;
	}
	preempt_enable();
	return true;
}

/* True: the nonpaged block at @p is freed. @tag as for ntp_free(). */
static __always_inline bool ntp_free_fast(void *p, u32 tag)
{
	return ntp_free_block(p, tag, false);
}

#endif
