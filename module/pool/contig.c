// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations and frees of the Mm routines: contiguous memory and uncached memory.
 *
 * The pages come from memory/phys.c. Each allocation has a record beside those of the pools
 * (heap/run.c). So figures, debugfs files and the report of leaks include the memory, as
 * nonpaged memory. The record names the routines that own the memory (enum ntpool_use). Only
 * these free it: ExFreePool() does not find it.
 *
 * Reports, with NT's stop code for a bad free of contiguous memory:
 *
 *	not the start of such an allocation		0xC2/0x60
 *	a size other than that of the allocation	0xC2/0x60; freed as allocated
 *	a cache type other than that			0xC2/0x60; freed as allocated
 *	uncached memory requested at DISPATCH_LEVEL	0xC2/0x08
 *	uncached memory freed at DISPATCH_LEVEL		0xC2/0x09; freed all the same
 *	contiguous memory requested above it		0xC4/0x02 with 0x2; done all the same
 *	contiguous memory freed above it		0xC4/0x12 with 0x2; done all the same
 *
 * The third parameter tells the first three apart: 0, the size of the allocation, all ones.
 * The fourth parameter is the size or the cache type that was passed. In the first case the
 * report names the block that the address lies in. It has the offset and the right routine.
 * Of memory that was freed under the verifier, it has the stacks (verify/freed.c).
 *
 * Under tracking, verifier/outstanding has the memory too. A list or a zone in memory that is
 * freed is reported as for a block of the pool.
 *
 * A request that this machine can never serve fails before caches are emptied for it.
 *
 * Locking: none of its own. Contexts: any but NMI. memory/phys.c sleeps where the caller may;
 * an allocation of uncached memory always may.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "account/tag.h"
#include "base/irql.h"
#include "base/report.h"
#include "base/trace.h"
#include "heap/source.h"
#include "pool/contig.h"
#include "pool/free_report.h"
#include "pool/ordinary.h"
#include "verify/argument.h"
#include "verify/verify.h"

enum {
	ALLOC_AT_DISPATCH,
	UNOWNED_CONTIGUOUS,
	UNOWNED_NONCACHED,
	WRONG_SIZE,
	WRONG_CACHE_TYPE,
	FREE_AT_DISPATCH,
	ALLOC_ABOVE_DISPATCH,
	FREE_ABOVE_DISPATCH,
};

static const struct ntpool_violation kinds[] = {
	[ALLOC_AT_DISPATCH] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x08, 0,
		"uncached memory was asked for at DISPATCH_LEVEL or above" },
	[UNOWNED_CONTIGUOUS] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x60, BIT(1),
		"contiguous memory was freed where none begins" },
	[UNOWNED_NONCACHED] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x60, BIT(1),
		"uncached memory was freed where none begins" },
	[WRONG_SIZE] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x60, BIT(1),
		"memory was freed with another size than it was allocated with" },
	[WRONG_CACHE_TYPE] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x60, BIT(1),
		"memory was freed with another cache type than it was allocated with" },
	[FREE_AT_DISPATCH] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x09, BIT(3),
		"uncached memory was freed at DISPATCH_LEVEL or above" },
	[ALLOC_ABOVE_DISPATCH] = { NTPOOL_STOP_VERIFIER, 0x02, 0,
		"contiguous memory was asked for above DISPATCH_LEVEL" },
	[FREE_ABOVE_DISPATCH] = { NTPOOL_STOP_VERIFIER, 0x12, BIT(3),
		"contiguous memory was freed above DISPATCH_LEVEL" },
};

static void report_alloc_irql(const struct ntpool_violation *kind, size_t size, u32 tag,
			      unsigned long caller)
{
	ntpool_report_kind(kind, (struct ntpool_stop){
		.param = { 0, ntpool_irql(), NTPOOL_NONPAGED, size },
		.has_tag = true,
		.tag = tag,
		.size = size,
		.caller = caller,
	});
}

/* These two try again when the caches of ntpool are empty. */
static struct ntpool_run *contig_record(void)
{
	struct ntpool_run *run = ntpool_run_create();

	return run || !ntpool_source_reclaim() ? run : ntpool_run_create();
}

static void *contig_pages(const struct ntpool_phys_want *want)
{
	void *base = ntpool_phys_alloc(want);

	return base || want->fast || !ntpool_source_reclaim() ? base : ntpool_phys_alloc(want);
}

/* Completes the record, and the allocation, of memory at @base. Returns @base. */
static void *contig_finish(struct ntpool_run *run, const struct ntpool_request *req)
{
	u8 keep = ntpool_verifier() ? NTPOOL_HDR_VERIFIED : 0;
	void *base = run->base;

	ntpool_run_assign(run, req->size, req->tag, keep, req->caller);
	if (keep)
		ntpool_verify_add(req, base);
	return ntpool_alloc_finish_run(run, 0);
}

void *ntpool_contig_alloc(const struct ntpool_phys_want *want, size_t size, u32 tag,
			  unsigned long caller)
{
	const struct ntpool_request req = {
		.type = NTPOOL_NONPAGED,
		.size = size,
		.tag = tag & ~NTPOOL_TAG_PROTECTED,
		.caller = caller,
	};
	struct ntpool_run *run;
	void *base;

	if (ntpool_verify_is_above(NTPOOL_DISPATCH_LEVEL))
		report_alloc_irql(&kinds[ALLOC_ABOVE_DISPATCH], size, req.tag, caller);
	if (ntpool_verify_refuses(size, req.tag, caller))
		return ntpool_alloc_failed(&req, -ENOMEM);
	run = ntpool_phys_is_possible(want) ? contig_record() : NULL;
	base = run ? contig_pages(want) : NULL;
	if (!base) {
		ntpool_run_discard(run);
		return ntpool_alloc_failed(&req, -ENOMEM);
	}
	ntpool_run_fill(run, NTPOOL_USE_CONTIGUOUS, NTPOOL_NONPAGED, base, want->nr);
	run->cache = want->cache;
	return contig_finish(run, &req);
}

void *ntpool_noncached_alloc(size_t size, unsigned long caller)
{
	const struct ntpool_request req = {
		.type = NTPOOL_NONPAGED,
		.size = size,
		.tag = NTPOOL_TAG_NONCACHED,
		.caller = caller,
	};
	unsigned long pages = ntpool_run_pages_for(size);
	struct page **page;
	struct ntpool_run *run;
	void *base;

	if (!ntpool_paged_ok()) {
		report_alloc_irql(&kinds[ALLOC_AT_DISPATCH], size, NTPOOL_TAG_NONCACHED, caller);
		return ntpool_alloc_failed(&req, -ENOMEM);
	}
	if (ntpool_verify_refuses(size, NTPOOL_TAG_NONCACHED, caller))
		return ntpool_alloc_failed(&req, -ENOMEM);
	run = ntpool_phys_can_map(pages) ? contig_record() : NULL;
	base = run ? ntpool_phys_map(pages, &page) : NULL;
	if (run && !base && ntpool_source_reclaim())
		base = ntpool_phys_map(pages, &page);
	if (!base) {
		ntpool_run_discard(run);
		return ntpool_alloc_failed(&req, -ENOMEM);
	}
	ntpool_run_fill(run, NTPOOL_USE_NONCACHED, NTPOOL_NONPAGED, base, pages);
	run->cache = NTPOOL_NONCACHED;
	run->page = page;
	return contig_finish(run, &req);
}

/* @owned: the memory of ntpool that the address lies in; NULL: none of it. */
static void report_unowned(const struct ntpool_contig_free *call, const struct ntpool_owned *owned)
{
	bool contiguous = call->use == NTPOOL_USE_CONTIGUOUS;
	const struct ntpool_violation *kind =
		&kinds[contiguous ? UNOWNED_CONTIGUOUS : UNOWNED_NONCACHED];

	if (owned)
		ntpool_free_report_owned(kind, call->use, call->p, owned, call->caller);
	else
		ntpool_report_kind(kind, (struct ntpool_stop){
			.param = { 0, (unsigned long)call->p },
			.caller = call->caller,
		});
}

static void report_mismatch(const struct ntpool_violation *kind,
			    const struct ntpool_contig_free *call, const struct ntpool_run *run,
			    u64 right, u64 given)
{
	ntpool_report_kind(kind, (struct ntpool_stop){
		.param = { 0, (unsigned long)call->p, right, given },
		.has_tag = true,
		.tag = run->tag,
		.size = run->requested,
		.caller = call->caller,
		.allocator = run->caller,
	});
}

static void report_free_irql(const struct ntpool_violation *kind,
			     const struct ntpool_contig_free *call, const struct ntpool_run *run)
{
	ntpool_report_kind(kind, (struct ntpool_stop){
		.param = { 0, ntpool_irql(), NTPOOL_NONPAGED, (unsigned long)call->p },
		.has_tag = true,
		.tag = run->tag,
		.size = run->requested,
		.caller = call->caller,
		.allocator = run->caller,
	});
}

/* True for the size requested, and for that rounded up to whole pages. */
static bool size_matches(const struct ntpool_run *run, size_t size)
{
	return size == run->requested || size == run->pages << PAGE_SHIFT;
}

/* Reports what is wrong about the free of @run. The run is freed in any case. */
static void free_check(const struct ntpool_contig_free *call, const struct ntpool_run *run)
{
	if (call->sized && !size_matches(run, call->size))
		report_mismatch(&kinds[WRONG_SIZE], call, run, run->requested, call->size);
	if (call->typed && call->cache != run->cache)
		report_mismatch(&kinds[WRONG_CACHE_TYPE], call, run, U64_MAX, call->cache);
	if (call->use == NTPOOL_USE_NONCACHED && !ntpool_paged_ok())
		report_free_irql(&kinds[FREE_AT_DISPATCH], call, run);
	if (call->use == NTPOOL_USE_CONTIGUOUS && ntpool_verify_is_above(NTPOOL_DISPATCH_LEVEL))
		report_free_irql(&kinds[FREE_ABOVE_DISPATCH], call, run);
}

void ntpool_contig_free(const struct ntpool_contig_free *call)
{
	struct ntpool_run *run, copy;
	struct ntpool_owned owned;
	struct ntpool_block block;
	struct ntpool_tag *record;

	switch (ntpool_run_claim(call->use, call->p, &run, &copy)) {
	case NTPOOL_FREE_OK:
		break;
	case NTPOOL_FREE_UNOWNED:
		report_unowned(call, ntpool_owner_of(call->p, &owned) ? &owned : NULL);
		return;
	default:
		ntpool_owned_run(&copy, &owned);
		report_unowned(call, &owned);
		return;
	}
	free_check(call, run);
	block = ntpool_run_block(run);
	if (run->flags & NTPOOL_HDR_VERIFIED)
		ntpool_verify_remove(call->use, &block, call->caller);
	trace_ntpool_free(&block, call->caller, ntpool_irql());
	record = run->flags & NTPOOL_HDR_OVERFLOW ? ntpool_tag_overflow : ntpool_tag_find(run->tag);
	ntpool_tag_count_free(record, NTPOOL_NONPAGED, run->pages * NTPOOL_GRANULES,
			      run->requested);
	ntpool_run_release(run);
}
