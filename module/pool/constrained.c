// SPDX-License-Identifier: GPL-2.0
/*
 * One allocation with wishes: that it must not fail, that a process pays for it, that it
 * begins on a cache line, how hard to try, on which node.
 *
 * NT's allocation routines differ in little but these, and drivers seldom have any; so
 * ntp_alloc() knows none of them, and whatever has one comes here. What comes out is an
 * ordinary block, or ordinary whole pages, with a mark in its flags where freeing it
 * means more than to take it back; or, if the verifier has asked for that, a block in
 * special pool, which is the first to be tried then.
 *
 *	who pays	decides the size first: a note of it is put behind what the driver
 *			may use, and what would not fit a page with it is not charged;
 *	the line	is found in the heap, past the CPU's cache. Larger than that, and
 *			whole pages are: they begin on a line of their own;
 *	the priority	matters only when memory is to be asked of the kernel: what the
 *			pool has free anybody gets;
 *	the node	is the heap that is asked; alone or as a preference;
 *	must succeed	goes to the reserve when all that has failed. Who may sleep waits
 *			there until it is served; who may not and finds nothing is
 *			NT's stop code 0x41. What the machine could never give fails.
 *
 * Priorities do not limit a request that must succeed, beyond its first try.
 *
 * Locking: none of its own.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/topology.h>

#include "account/quota.h"
#include "account/tag.h"
#include "base/irql.h"
#include "base/report.h"
#include "heap/cache.h"
#include "heap/run.h"
#include "memory/backing.h"
#include "pool/alloc.h"
#include "pool/reserve.h"
#include "verify/verify.h"

/**
 * struct rare - what a request comes to
 * @req: the request, its tag without PROTECTED_POOL
 * @keep: NTP_HDR_* for the block
 * @units: size of the block with header and trailer; 0: whole pages
 * @pages: or how many of these
 */
struct rare {
	struct ntp_request req;
	u8 keep;
	unsigned int units;
	unsigned long pages;
};

static size_t rare_bytes(const struct rare *rare)
{
	return rare->units ? (size_t)rare->units << NTP_UNIT_SHIFT :
			     rare->pages << PAGE_SHIFT;
}

/* @size: what the block has to hold. */
static void rare_measure(struct rare *rare, size_t size)
{
	rare->units = 0;
	rare->pages = ntp_big_pages_for(size);
	if (size > NTP_SMALL_MAX)
		return;
	rare->units = max_t(unsigned int, ntp_size_units(size), NTP_MIN_UNITS);
	if ((rare->req.flags & NTP_ALIGNED) && rare->units > NTP_ALIGNED_MOST)
		rare->units = 0;
	rare->pages = 1;
}

/* Decides on sizes, and charges. 0, -ENOMEM or -EDQUOT. */
static int rare_begin(struct rare *rare)
{
	const struct ntp_request *req = &rare->req;
	int err;

	if (req->flags & NTP_PROTECTED)
		rare->keep |= NTP_HDR_PROTECTED;
	if (!(req->flags & NTP_QUOTA) || req->size > NTP_QUOTA_MOST || !ntp_quota_applies()) {
		rare_measure(rare, req->size);
		return 0;
	}
	rare_measure(rare, req->size + NTP_QUOTA_TRAILER);
	err = ntp_quota_charge(req->kind, rare_bytes(rare), &rare->req.payer);
	if (!err)
		rare->keep |= NTP_HDR_QUOTA;
	/* No memory for the ledger is no reason to fail what must not: it is free then. */
	if (err != -ENOMEM || !(req->flags & NTP_MUST))
		return err;
	rare_measure(rare, req->size);
	return 0;
}

static int rare_node(const struct rare *rare)
{
	return rare->req.flags & NTP_NODE ? rare->req.node : numa_mem_id();
}

static void *block_alloc(const struct rare *rare)
{
	const struct ntp_request *req = &rare->req;
	struct ntp_heap *heap = ntp_heap_of(req->kind, rare_node(rare));
	struct ntp_header *hdr;

	if ((req->flags & (NTP_ALIGNED | NTP_NODE)) ||
	    !ntp_cache_pop(req->kind, rare->units, &hdr))
		hdr = ntp_heap_pick(heap, rare->units, req->flags);
	if (!hdr && !ntp_backing_is_short(req->flags))
		hdr = ntp_heap_pick_fresh(heap, rare->units, req->flags);
	return hdr ? ntp_alloc_finish(hdr, rare->units, &rare->req, rare->keep) : NULL;
}

/* @big has its pages. */
static void *pages_finish(const struct rare *rare, struct ntp_big *big)
{
	const struct ntp_request *req = &rare->req;
	struct ntp_tag_counts __percpu *counts = ntp_tag_find(req->tag);
	void *base = big->base;

	big->requested = req->size;
	big->caller = req->caller;
	big->kind = req->kind;
	big->tag = req->tag;
	big->flags = rare->keep | (counts == ntp_tag_overflow ? NTP_HDR_OVERFLOW : 0);
	big->payer = rare->req.payer;
	big->use = NTP_USE_POOL;
	big->nid = ntp_big_nid(base);
	/* The page allocator has zeroed them already under init_on_alloc. */
	if ((req->flags & NTP_ZERO) && !want_init_on_alloc(0))
		memset(base, 0, big->pages << PAGE_SHIFT);
	ntp_tag_count_alloc(&counts[req->kind], big->pages * NTP_UNITS, req->size);
	ntp_big_enter(big);
	return base;
}

static void *pages_alloc(const struct rare *rare)
{
	const struct ntp_request *req = &rare->req;
	struct ntp_big *big;
	void *base;

	if (ntp_backing_is_short(req->flags))
		return NULL;
	big = ntp_big_create();
	base = big ? ntp_backing_alloc(req->kind, rare->pages, rare_node(rare), req->flags) : NULL;
	if (!base) {
		kfree(big);
		return NULL;
	}
	*big = (struct ntp_big){ .base = base, .pages = rare->pages };
	return pages_finish(rare, big);
}

/* NULL: it is not for special pool, or that has no room. The process pays the same. */
static void *special_alloc(const struct rare *rare)
{
	struct ntp_request req = rare->req;

	if (!(req.flags & NTP_SPECIAL))
		return NULL;
	req.charged = rare_bytes(rare);
	return ntp_alloc_special(&req, rare->keep);
}

static void *rare_alloc(const struct rare *rare)
{
	return rare->units ? block_alloc(rare) : pages_alloc(rare);
}

/* What is free on any node: the rest of a page from the reserve may be on another. */
static struct ntp_header *block_from_anywhere(const struct rare *rare)
{
	struct ntp_header *hdr = NULL;
	struct ntp_heap *heap;

	for (heap = ntp_heap_next(NULL); heap && !hdr; heap = ntp_heap_next(heap))
		if (heap->kind == NTP_NONPAGED)
			hdr = ntp_heap_pick(heap, rare->units, rare->req.flags);
	return hdr;
}

static void *rare_from_reserve(const struct rare *rare)
{
	struct ntp_header *hdr;
	struct ntp_big *big;

	if (rare->units) {
		hdr = block_from_anywhere(rare) ?:
		      ntp_reserve_block(rare->units, rare->req.flags);
		return hdr ? ntp_alloc_finish(hdr, rare->units, &rare->req, rare->keep) : NULL;
	}
	big = ntp_reserve_pages(rare->pages);
	return big ? pages_finish(rare, big) : NULL;
}

static void report_empty(const struct ntp_request *req)
{
	struct ntp_stop stop = {
		.code = NTP_STOP_MUST_SUCCEED_EMPTY,
		.param = { req->size, ntp_heap_kind_pages(NTP_NONPAGED) +
			   ntp_big_pages(NTP_NONPAGED), ntp_big_count(NTP_NONPAGED),
			   ntp_backing_available() },
		.text = "there is no memory for a request that must succeed, and it cannot wait",
		.has_tag = true,
		.tag = req->tag,
		.size = req->size,
		.caller = req->caller,
	};

	ntp_report(&stop);
}

/* All that is ordinary has failed once. */
static void *rare_must(struct rare *rare)
{
	unsigned int seen;
	void *p;

	rare->req.flags &= ~(NTP_LOW | NTP_NORMAL);
	for (;;) {
		seen = ntp_reserve_seen();
		p = rare_from_reserve(rare) ?: rare_alloc(rare);
		if (p)
			return p;
		if (!ntp_may_sleep())
			break;
		ntp_reserve_wait(seen);
	}
	report_empty(&rare->req);
	return NULL;
}

static void *rare_failed(const struct rare *rare, int err)
{
	ntp_alloc_failed(rare->req.kind, rare->req.tag);
	return ERR_PTR(err);
}

void *ntp_alloc_wished(const struct ntp_request *req, u8 keep)
{
	struct rare rare = { .req = *req, .keep = keep };
	int err;
	void *p;

	rare.req.tag &= ~NTP_TAG_PROTECTED;
	if (req->kind == NTP_PAGED && !ntp_paged_ok()) {
		ntp_alloc_at_dispatch(req->size, rare.req.tag, req->caller);
		return ERR_PTR(-ENOMEM);
	}
	if (req->size >> PAGE_SHIFT >= totalram_pages())
		return rare_failed(&rare, -ENOMEM);
	err = rare_begin(&rare);
	if (err)
		return rare_failed(&rare, err);
	p = special_alloc(&rare) ?: rare_alloc(&rare);
	if (!p && (req->flags & NTP_MUST))
		p = rare_must(&rare);
	if (p)
		return p;
	if (rare.req.payer)
		ntp_quota_refund(rare.req.payer, req->kind, rare_bytes(&rare));
	return rare_failed(&rare, -ENOMEM);
}

void *ntp_alloc_rare(const struct ntp_request *req)
{
	if (ntp_verifier_is_on())
		return ntp_verify_alloc(req);
	return ntp_alloc_wished(req, 0);
}
