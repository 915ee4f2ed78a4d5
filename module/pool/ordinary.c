// SPDX-License-Identifier: GPL-2.0
/*
 * One allocation without constraints, from the ordinary pool or from special pool.
 *
 * A request below a page takes a block, a larger one a run of pages. heap/source.c finds
 * them in the first source that has memory. Then the block's header or the record of the
 * run is written, and its tag is counted. constrained.c and contig.c share these last
 * steps. An allocation is traced after all of them.
 *
 * Locking: none of its own. Contexts: any but NMI.
 */
#include <linux/mm.h>
#include <linux/topology.h>

#include "account/quota.h"
#include "account/tag.h"
#include "base/irql.h"
#include "base/report.h"
#include "base/trace.h"
#include "base/verifier.h"
#include "heap/run_cache.h"
#include "heap/source.h"
#include "pool/fast.h"
#include "pool/ordinary.h"
#include "pool/pool.h"
#include "special/special.h"
#include "verify/freed.h"

static const struct ntpool_violation at_dispatch = {
	NTPOOL_STOP_BAD_POOL_CALLER, 0x08, 0, "paged pool was asked for at DISPATCH_LEVEL or above"
};

void *ntpool_alloc_failed(const struct ntpool_request *req, int err)
{
	atomic_long_inc(&ntpool_tag_find(req->tag)->shared[req->type].failed);
	trace_ntpool_fail(req, err, ntpool_irql());
	return NULL;
}

void *ntpool_alloc_at_dispatch(size_t size, u32 tag, unsigned long caller)
{
	ntpool_report_kind(&at_dispatch, (struct ntpool_stop){
		.param = { 0, ntpool_irql(), NTPOOL_PAGED, size },
		.has_tag = true,
		.tag = tag,
		.size = size,
		.caller = caller,
	});
	return ntpool_alloc_failed(&(struct ntpool_request){
		.type = NTPOOL_PAGED, .size = size, .tag = tag, .caller = caller,
	}, -ENOMEM);
}

bool ntpool_wants_zeroes(unsigned int flags)
{
	return (flags & NTPOOL_ZERO) || want_init_on_alloc(0);
}

void *ntpool_zeroed(void *p, size_t size)
{
	unsigned int granules =
		max_t(unsigned int, ntpool_size_granules(size), NTPOOL_MIN_GRANULES);

	return memset(p, 0, ntpool_granules_bytes(granules) - sizeof(struct ntpool_header));
}

void ntpool_alloc_trace(const struct ntpool_request *req, void *p, size_t bytes)
{
	const struct ntpool_block block = {
		.addr = p,
		.tag = req->tag,
		.type = req->type,
		.bytes = bytes,
		.requested = req->size,
		.caller = req->caller,
	};

	trace_ntpool_alloc(&block, req->caller, ntpool_irql());
}

/* Traces the allocation of @req at @p, which took @bytes from the pool. Returns @p. */
static void *alloc_traced(const struct ntpool_request *req, void *p, size_t bytes)
{
	if (trace_ntpool_alloc_enabled())
		ntpool_alloc_trace(req, p, bytes);
	return p;
}

void *ntpool_alloc_finish_run(struct ntpool_run *run, unsigned int flags)
{
	struct ntpool_tag *record = ntpool_tag_find(run->tag);
	const struct ntpool_request req = {
		.type = run->type,
		.size = run->requested,
		.tag = run->tag,
		.caller = run->caller,
	};
	size_t bytes = run->pages << PAGE_SHIFT;
	void *base = run->base;

	if (record == ntpool_tag_overflow)
		run->flags |= NTPOOL_HDR_OVERFLOW;
	/* With init_on_alloc the page allocator has zeroed the pages already, if they are fresh. */
	if (ntpool_run_is_entered(run) ? ntpool_wants_zeroes(flags) :
					 (flags & NTPOOL_ZERO) && !want_init_on_alloc(0))
		memset(base, 0, bytes);
	if ((run->flags & NTPOOL_HDR_VERIFIED) && run->use == NTPOOL_USE_POOL)
		ntpool_tail_fill(base, run->requested, bytes);
	ntpool_tag_count_alloc(record, run->type, run->pages * NTPOOL_GRANULES, run->requested);
	if (!ntpool_run_is_entered(run))
		ntpool_freed_forget(base);
	/* From here on a wrong free may free it. */
	ntpool_run_enter(run);
	return alloc_traced(&req, base, bytes);
}

static void *alloc_run(const struct ntpool_request *req, struct ntpool_run *run, u8 keep)
{
	if (!run)
		return ntpool_alloc_failed(req, -ENOMEM);
	ntpool_run_assign(run, req->size, req->tag, keep, req->caller);
	return ntpool_alloc_finish_run(run, req->flags);
}

/* Returns a run that this CPU caches; NULL: none, or the verifier checks the pages. */
static struct ntpool_run *run_cached(enum ntpool_type type, unsigned long pages, u8 keep)
{
	return pages > NTPOOL_RUN_CACHED_PAGES || keep ? NULL : ntpool_run_pop(type, pages);
}

/* ntpool_run_cache_alloc() serves hot tags only, so the cache is tried again here. */
static void *alloc_run_of_pages(const struct ntpool_request *req, u8 keep)
{
	unsigned long pages = ntpool_run_pages_for(req->size);
	struct ntpool_run *run = run_cached(req->type, pages, keep);

	if (!run) {
		/* Constrained requests do not look there first. */
		ntpool_run_cache_missed(req->type, pages);
		run = ntpool_source_run(req->type, pages, numa_mem_id(), 0);
	}
	return alloc_run(req, run, keep);
}

void *ntpool_alloc_finish(struct ntpool_header *hdr, unsigned int granules,
			  const struct ntpool_request *req, u8 keep)
{
	struct ntpool_tag *record = ntpool_tag_find(req->tag);

	if (record == ntpool_tag_overflow)
		keep |= NTPOOL_HDR_OVERFLOW;
	if (ntpool_wants_zeroes(req->flags))
		memset(ntpool_block_body(hdr), 0, ntpool_granules_bytes(granules) - sizeof(*hdr));
	if (ntpool_header_has(keep, NTPOOL_HDR_QUOTA))
		ntpool_quota_note((void *)hdr + ntpool_granules_bytes(granules), req->payer);
	ntpool_tag_count_alloc(record, req->type, granules, req->size);
	/* From here on a wrong free may free it. */
	ntpool_header_fill(hdr, granules, req->size, req->tag, keep, req->caller);
	return alloc_traced(req, ntpool_block_body(hdr), ntpool_granules_bytes(granules));
}

static void *alloc_block(const struct ntpool_request *req, u8 keep)
{
	unsigned int granules =
		max_t(unsigned int, ntpool_size_granules(req->size), NTPOOL_MIN_GRANULES);
	struct ntpool_header *hdr;
	struct ntpool_run *page;

	hdr = ntpool_source_block(req->type, granules, numa_mem_id(), 0, &page);
	return hdr ? ntpool_alloc_finish(hdr, granules, req, keep) : alloc_run(req, page, keep);
}

void *ntpool_alloc_ordinary(const struct ntpool_request *req, u8 keep)
{
	if (req->type == NTPOOL_PAGED && !ntpool_paged_ok())
		return ntpool_alloc_at_dispatch(req->size, req->tag, req->caller);
	return req->size > NTPOOL_SMALL_MAX ? alloc_run_of_pages(req, keep) :
					      alloc_block(req, keep);
}

void *ntpool_alloc_special(const struct ntpool_request *req, u8 keep)
{
	struct ntpool_tag *record = ntpool_tag_find(req->tag);
	unsigned long granules = ntpool_special_pages_for(req->size) * NTPOOL_GRANULES;
	void *p;

	if (record == ntpool_tag_overflow)
		keep |= NTPOOL_HDR_OVERFLOW;
	p = ntpool_special_alloc(req, keep);
	if (!p)
		return NULL;
	ntpool_tag_count_alloc(record, req->type, granules, req->size);
	atomic_long_inc(&ntpool_verify_counts[NTPOOL_VC_SPECIAL]);
	return alloc_traced(req, p, ntpool_granules_bytes(granules));
}
