// SPDX-License-Identifier: GPL-2.0
/*
 * The front end: one allocation of any size, with or without constraints.
 *
 * While the verifier is off and the request has no constraints, a fast path serves it. It
 * takes a block from this CPU's cache (fast.h), or a run of pages from this CPU's cache
 * of runs. All other requests take the slow path. It asks the verifier how to serve the
 * request: from ordinary pool, from special pool, or not at all. Then it serves the request
 * and passes the result to the verifier. While allocations are traced, all of them take the
 * slow path (base/trace.c), which serves them from the same caches. The verifier reads its own
 * bits there, and has no plan without one.
 *
 * Locking: none of its own. Contexts: any but NMI.
 */
#include <linux/err.h>
#include <linux/mm.h>

#include "base/irql.h"
#include "base/trace.h"
#include "heap/run_cache.h"
#include "pool/constrained.h"
#include "pool/fast.h"
#include "pool/ordinary.h"
#include "pool/pool.h"
#include "verify/verify.h"

/*
 * Tries this CPU's cache for a hot tag that is away from the slot of its hash. For a tag in
 * that slot the fast path has tried already.
 */
static bool alloc_cached(const struct ntpool_request *req, void **out)
{
	struct ntpool_tag_counts __percpu *counts;

	return !ntpool_tag_lookup(req->tag, &counts) && ntpool_tag_probe(req->tag, &counts) &&
	       ntpool_alloc_counted(req->type, req->size, req->tag, req->caller, out, counts);
}

/* Serves a request as @plan tells. Returns the block or ERR_PTR(). */
static void *alloc_planned(struct ntpool_request *req, const struct ntpool_verify_plan *plan)
{
	void *p = NULL;

	if (plan->refuse) {
		ntpool_alloc_failed(req, -ENOMEM);
		return ERR_PTR(-ENOMEM);
	}
	/* Drivers in production rely on the linear map. */
	if (plan->sample)
		req->flags |= NTPOOL_LINEAR;
	if (req->flags & NTPOOL_CONSTRAINED) {
		if (plan->special)
			req->flags |= NTPOOL_SPECIAL;
		return ntpool_constrained_serve(req, plan->keep);
	}
	if (plan->special)
		p = ntpool_alloc_special(req, plan->keep);
	return p ?: ntpool_alloc_ordinary(req, plan->keep) ?: ERR_PTR(-ENOMEM);
}

/* Serves a request while ntpool_verifier_is_on(). Returns as above. */
static void *alloc_verified(const struct ntpool_request *given)
{
	struct ntpool_request req = *given;
	struct ntpool_verify_plan plan = {};
	void *p;

	req.tag &= ~NTPOOL_TAG_PROTECTED;
	/* The wrong IRQL is reported before all other checks, and the request fails. */
	if (req.type == NTPOOL_PAGED && !ntpool_paged_ok())
		return alloc_planned(&req, &plan);
	ntpool_verify_begin(&req, &plan);
	p = alloc_planned(&req, &plan);
	ntpool_verify_end(&req, &plan, IS_ERR(p) ? NULL : p);
	return p;
}

/*
 * Serves a request above a page from this CPU's cache of runs while allocations are traced.
 * The fast path does so otherwise. Returns NULL if the cache has no such run, or does not
 * serve.
 */
static void *alloc_traced_run(const struct ntpool_request *req)
{
	void *base;

	if (req->size <= NTPOOL_SMALL_MAX || !trace_ntpool_alloc_enabled() ||
	    ntpool_verifier_has_bits())
		return NULL;
	base = ntpool_run_cache_alloc(req->type, req->size, req->tag,
				      ntpool_wants_zeroes(req->flags), req->caller);
	if (base)
		ntpool_alloc_trace(req, base, ntpool_run_pages_for(req->size) << PAGE_SHIFT);
	return base;
}

/* Serves requests that the fast paths have refused or must not serve. */
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

	if (ntpool_verifier_is_on()) {
		p = alloc_traced_run(&req) ?: alloc_verified(&req);
		return IS_ERR(p) ? NULL : p;
	}
	if (size <= NTPOOL_SMALL_MAX && alloc_cached(&req, &p))
		return ntpool_wants_zeroes(flags) ? ntpool_zeroed(p, size) : p;
	return ntpool_alloc_ordinary(&req, 0);
}

static noinline void *alloc_whole_pages(enum ntpool_type type, size_t size, u32 tag,
					unsigned int flags, unsigned long caller)
{
	void *base = NULL;

	if (!ntpool_verifier_is_on_for_runs())
		base = ntpool_run_cache_alloc(type, size, tag, ntpool_wants_zeroes(flags), caller);
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
	/* The live block is zeroed: the fast path has no value to keep for later. */
	return ntpool_wants_zeroes(flags) ? ntpool_zeroed(p, size) : p;
}

void *ntpool_alloc_constrained(const struct ntpool_request *req)
{
	if (ntpool_verifier_is_on())
		return alloc_verified(req);
	return ntpool_constrained_serve(req, 0);
}
