// SPDX-License-Identifier: GPL-2.0
/*
 * One allocation of any size.
 *
 * Below a page: a block from this CPU's cache or, behind it, from the heap of
 * this CPU's node; its header is written, its tag counted. Above: whole pages, from
 * this CPU's cache of them or from the kernel. Wishes beyond size and pool are
 * constrained.c's; under the verifier an allocation goes through verify.c first and comes
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

const char *ntpool_type_name(enum ntpool_type type)
{
	return type == NTPOOL_PAGED ? "Paged" : "Nonp";
}

/* Sums a failed request; NULL for the caller to return. */
void *ntpool_alloc_failed(enum ntpool_type type, u32 tag)
{
	this_cpu_inc(ntpool_tag_find(tag)[type].failed);
	return NULL;
}

void *ntpool_alloc_at_dispatch(size_t size, u32 tag, unsigned long caller)
{
	struct ntpool_stop stop = {
		.code = NTPOOL_STOP_BAD_POOL_CALLER,
		.param = { 0x08, ntpool_irql(), NTPOOL_PAGED, size },
		.text = "paged pool was asked for at DISPATCH_LEVEL or above",
		.has_tag = true,
		.tag = tag,
		.size = size,
		.caller = caller,
	};

	ntpool_report(&stop);
	return ntpool_alloc_failed(NTPOOL_PAGED, tag);
}

static bool wants_zeroes(unsigned int flags)
{
	return (flags & NTPOOL_ZERO) || want_init_on_alloc(0);
}

void *ntpool_zeroed(void *p, size_t size)
{
	unsigned int granules =
		max_t(unsigned int, ntpool_size_granules(size), NTPOOL_MIN_GRANULES);

	return memset(p, 0, ntpool_granules_bytes(granules) - sizeof(struct ntpool_header));
}

static void *alloc_fresh_pages(const struct ntpool_request *req, u8 keep)
{
	struct ntpool_tag_counts __percpu *counts = ntpool_tag_find(req->tag);
	struct ntpool_run *run;
	void *base;

	if (counts == ntpool_tag_overflow)
		keep |= NTPOOL_HDR_OVERFLOW;
	run = ntpool_run_alloc(req->type, req->size, req->tag, keep, req->caller);
	if (!run)
		return ntpool_alloc_failed(req->type, req->tag);
	base = run->base;
	/* The page allocator has zeroed them already under init_on_alloc. */
	if ((req->flags & NTPOOL_ZERO) && !want_init_on_alloc(0))
		memset(base, 0, run->pages << PAGE_SHIFT);
	ntpool_tag_count_alloc(&counts[req->type], run->pages * NTPOOL_GRANULES, req->size);
	/* From here on a wild free may end it. */
	ntpool_run_enter(run);
	return base;
}

void *ntpool_alloc_finish(struct ntpool_header *hdr, unsigned int granules,
			  const struct ntpool_request *req, u8 keep)
{
	struct ntpool_tag_counts __percpu *counts = ntpool_tag_find(req->tag);

	if (counts == ntpool_tag_overflow)
		keep |= NTPOOL_HDR_OVERFLOW;
	if (wants_zeroes(req->flags))
		memset(ntpool_block_body(hdr), 0, ntpool_granules_bytes(granules) - sizeof(*hdr));
	if (ntpool_header_says(keep, NTPOOL_HDR_QUOTA))
		ntpool_quota_note(hdr, granules, req->payer);
	ntpool_tag_count_alloc(&counts[req->type], granules, req->size);
	/* From here on a wild free may end it. */
	ntpool_header_fill(hdr, granules, req->size, req->tag, keep, req->caller);
	return ntpool_block_body(hdr);
}

/* Without marks, and its tag is known: as fast as can be. */
static bool alloc_cached(const struct ntpool_request *req, void **out)
{
	struct ntpool_tag_counts __percpu *counts;

	return ntpool_tag_probe(req->tag, &counts) &&
	       ntpool_alloc_counted(req->type, req->size, req->tag, req->caller, out, counts);
}

static void *alloc_block(const struct ntpool_request *req, u8 keep)
{
	unsigned int granules =
		max_t(unsigned int, ntpool_size_granules(req->size), NTPOOL_MIN_GRANULES);
	struct ntpool_header *hdr;

	if (!ntpool_cache_pop(req->type, granules, &hdr))
		hdr = ntpool_cache_pop_slow(req->type, granules);
	return hdr ? ntpool_alloc_finish(hdr, granules, req, keep) :
		     ntpool_alloc_failed(req->type, req->tag);
}

void *ntpool_alloc_ordinary(const struct ntpool_request *req, u8 keep)
{
	if (req->type == NTPOOL_PAGED && !ntpool_paged_ok())
		return ntpool_alloc_at_dispatch(req->size, req->tag, req->caller);
	return req->size > NTPOOL_SMALL_MAX ? alloc_fresh_pages(req, keep) : alloc_block(req, keep);
}

void *ntpool_alloc_special(const struct ntpool_request *req, u8 keep)
{
	struct ntpool_tag_counts __percpu *counts = ntpool_tag_find(req->tag);
	void *p;

	if (counts == ntpool_tag_overflow)
		keep |= NTPOOL_HDR_OVERFLOW;
	p = ntpool_special_alloc(req, keep);
	if (!p)
		return NULL;
	ntpool_tag_count_alloc(&counts[req->type], NTPOOL_GRANULES, req->size);
	atomic_long_inc(&ntpool_verify_counts[NTPOOL_VC_SPECIAL]);
	return p;
}

/* What the fast paths have refused, or must not see. */
static noinline void *alloc_slow(enum ntpool_type type, size_t size, u32 tag,
				 unsigned int flags, unsigned long caller)
{
	const struct ntpool_request req = {
		.type = type,
		.size = size,
		.tag = tag,
		.flags = flags,
		.caller = caller,
	};
	void *p;

	if (!ntpool_verifier_is_on()) {
		if (size <= NTPOOL_SMALL_MAX && alloc_cached(&req, &p))
			return wants_zeroes(flags) ? ntpool_zeroed(p, size) : p;
		return ntpool_alloc_ordinary(&req, 0);
	}
	p = ntpool_verify_alloc(&req);
	return IS_ERR(p) ? NULL : p;
}

static noinline void *alloc_whole_pages(enum ntpool_type type, size_t size, u32 tag,
					unsigned int flags, unsigned long caller)
{
	void *base = NULL;

	/* A sample is none of whole pages. */
	if (!ntpool_verifier_has_bits())
		base = ntpool_run_cache_alloc(type, size, tag, wants_zeroes(flags), caller);
	return likely(base) ? base : alloc_slow(type, size, tag, flags, caller);
}

void *ntpool_alloc(enum ntpool_type type, size_t size, u32 tag, unsigned int flags,
		   unsigned long caller)
{
	void *p;

	tag &= ~NTPOOL_TAG_PROTECTED;
	if (type == NTPOOL_PAGED && unlikely(!ntpool_paged_ok()))
		return ntpool_alloc_at_dispatch(size, tag, caller);
	if (unlikely(size > NTPOOL_SMALL_MAX))
		return alloc_whole_pages(type, size, tag, flags, caller);
	if (ntpool_verifier_is_on())
		return alloc_slow(type, size, tag, flags, caller);
	if (unlikely(!ntpool_alloc_fast(type, size, tag, caller, &p)))
		return alloc_slow(type, size, tag, flags, caller);
	/* Zeroed when it is live: a fast path keeps nothing for later. */
	return wants_zeroes(flags) ? ntpool_zeroed(p, size) : p;
}
