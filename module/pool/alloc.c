// SPDX-License-Identifier: GPL-2.0
/*
 * One allocation of any size.
 *
 * Below a page: a block from this CPU's cache or, behind it, from the heap of
 * this CPU's node; its header is written, its tag counted. Above: whole pages, from
 * this CPU's cache of them or from the kernel. Wishes beyond size and pool are
 * rare.c's; under the verifier an allocation goes through verify.c first and comes
 * back here to be an ordinary one, marked in its header, or one of special pool.
 *
 * Locking: none of its own.
 */
#include <linux/err.h>
#include <linux/mm.h>

#include "account/quota.h"
#include "base/irql.h"
#include "base/report.h"
#include "heap/run_cache.h"
#include "pool/alloc.h"
#include "pool/fast.h"
#include "verify/special.h"
#include "verify/verify.h"

const char *ntp_kind_name(enum ntp_kind kind)
{
	return kind == NTP_PAGED ? "Paged" : "Nonp";
}

/* Sums a failed request; NULL for the caller to return. */
void *ntp_alloc_failed(enum ntp_kind kind, u32 tag)
{
	this_cpu_inc(ntp_tag_find(tag)[kind].failed);
	return NULL;
}

void *ntp_alloc_at_dispatch(size_t size, u32 tag, unsigned long caller)
{
	struct ntp_stop stop = {
		.code = NTP_STOP_BAD_POOL_CALLER,
		.param = { 0x08, ntp_irql(), NTP_PAGED, size },
		.text = "paged pool was asked for at DISPATCH_LEVEL or above",
		.has_tag = true,
		.tag = tag,
		.size = size,
		.caller = caller,
	};

	ntp_report(&stop);
	return ntp_alloc_failed(NTP_PAGED, tag);
}

static bool wants_zeroes(unsigned int flags)
{
	return (flags & NTP_ZERO) || want_init_on_alloc(0);
}

void *ntp_zeroed(void *p, size_t size)
{
	unsigned int units = max_t(unsigned int, ntp_size_units(size), NTP_MIN_UNITS);

	return memset(p, 0, ntp_units_bytes(units) - sizeof(struct ntp_header));
}

static void *alloc_fresh_pages(const struct ntp_request *req, u8 keep)
{
	struct ntp_tag_counts __percpu *counts = ntp_tag_find(req->tag);
	struct ntp_big *big;
	void *base;

	if (counts == ntp_tag_overflow)
		keep |= NTP_HDR_OVERFLOW;
	big = ntp_big_alloc(req->kind, req->size, req->tag, keep, req->caller);
	if (!big)
		return ntp_alloc_failed(req->kind, req->tag);
	base = big->base;
	/* The page allocator has zeroed them already under init_on_alloc. */
	if ((req->flags & NTP_ZERO) && !want_init_on_alloc(0))
		memset(base, 0, big->pages << PAGE_SHIFT);
	ntp_tag_count_alloc(&counts[req->kind], big->pages * NTP_UNITS, req->size);
	/* From here on a wild free may end it. */
	ntp_big_enter(big);
	return base;
}

void *ntp_alloc_finish(struct ntp_header *hdr, unsigned int units,
		       const struct ntp_request *req, u8 keep)
{
	struct ntp_tag_counts __percpu *counts = ntp_tag_find(req->tag);

	if (counts == ntp_tag_overflow)
		keep |= NTP_HDR_OVERFLOW;
	if (wants_zeroes(req->flags))
		memset(ntp_block_body(hdr), 0, ntp_units_bytes(units) - sizeof(*hdr));
	if (ntp_header_says(keep, NTP_HDR_QUOTA))
		ntp_quota_note(hdr, units, req->payer);
	ntp_tag_count_alloc(&counts[req->kind], units, req->size);
	/* From here on a wild free may end it. */
	ntp_header_fill(hdr, units, req->size, req->tag, keep, req->caller);
	return ntp_block_body(hdr);
}

/* Without marks, and its tag is known: as fast as can be. */
static bool alloc_cached(const struct ntp_request *req, void **out)
{
	struct ntp_tag_counts __percpu *counts;

	return ntp_tag_probe(req->tag, &counts) &&
	       ntp_alloc_counted(req->kind, req->size, req->tag, req->caller, out, counts);
}

static void *alloc_block(const struct ntp_request *req, u8 keep)
{
	unsigned int units = max_t(unsigned int, ntp_size_units(req->size), NTP_MIN_UNITS);
	struct ntp_header *hdr;

	if (!ntp_cache_pop(req->kind, units, &hdr))
		hdr = ntp_cache_refill(req->kind, units);
	return hdr ? ntp_alloc_finish(hdr, units, req, keep) :
		     ntp_alloc_failed(req->kind, req->tag);
}

void *ntp_alloc_ordinary(const struct ntp_request *req, u8 keep)
{
	if (req->kind == NTP_PAGED && !ntp_paged_ok())
		return ntp_alloc_at_dispatch(req->size, req->tag, req->caller);
	return req->size > NTP_SMALL_MAX ? alloc_fresh_pages(req, keep) : alloc_block(req, keep);
}

void *ntp_alloc_special(const struct ntp_request *req, u8 keep)
{
	struct ntp_tag_counts __percpu *counts = ntp_tag_find(req->tag);
	void *p;

	if (counts == ntp_tag_overflow)
		keep |= NTP_HDR_OVERFLOW;
	p = ntp_special_alloc(req, keep);
	if (!p)
		return NULL;
	ntp_tag_count_alloc(&counts[req->kind], NTP_UNITS, req->size);
	atomic_long_inc(&ntp_verify_counts[NTP_VC_SPECIAL]);
	return p;
}

/* What the fast paths have refused, or must not see. */
static noinline void *alloc_slow(enum ntp_kind kind, size_t size, u32 tag,
				 unsigned int flags, unsigned long caller)
{
	const struct ntp_request req = {
		.kind = kind,
		.size = size,
		.tag = tag,
		.flags = flags,
		.caller = caller,
	};
	void *p;

	if (!ntp_verifier_is_on()) {
		if (size <= NTP_SMALL_MAX && alloc_cached(&req, &p))
			return wants_zeroes(flags) ? ntp_zeroed(p, size) : p;
		return ntp_alloc_ordinary(&req, 0);
	}
	p = ntp_verify_alloc(&req);
	return IS_ERR(p) ? NULL : p;
}

static noinline void *alloc_whole_pages(enum ntp_kind kind, size_t size, u32 tag,
					unsigned int flags, unsigned long caller)
{
	void *base = NULL;

	/* A sample is none of whole pages. */
	if (!ntp_verifier_has_bits())
		base = ntp_big_cache_alloc(kind, size, tag, wants_zeroes(flags), caller);
	return likely(base) ? base : alloc_slow(kind, size, tag, flags, caller);
}

void *ntp_alloc(enum ntp_kind kind, size_t size, u32 tag, unsigned int flags,
		unsigned long caller)
{
	void *p;

	tag &= ~NTP_TAG_PROTECTED;
	if (kind == NTP_PAGED && unlikely(!ntp_paged_ok()))
		return ntp_alloc_at_dispatch(size, tag, caller);
	if (unlikely(size > NTP_SMALL_MAX))
		return alloc_whole_pages(kind, size, tag, flags, caller);
	if (ntp_verifier_is_on())
		return alloc_slow(kind, size, tag, flags, caller);
	if (unlikely(!ntp_alloc_fast(kind, size, tag, caller, &p)))
		return alloc_slow(kind, size, tag, flags, caller);
	/* Zeroed when it is live: a fast path keeps nothing for later. */
	return wants_zeroes(flags) ? ntp_zeroed(p, size) : p;
}
