// SPDX-License-Identifier: GPL-2.0
/*
 * One allocation with constraints.
 *
 * NT's allocation routines differ mainly in their constraints, which are listed below. Few
 * drivers use them, so ntpool_alloc() has no code for them. The result is an ordinary block
 * or run of pages. If its free has more to do, a flag in its header or record tells. With
 * NTPOOL_SPECIAL, special pool is tried first.
 *
 *	quota		The size is computed first. The block gets a trailer that names the
 *			process. If block and trailer do not fit in a page, there is no charge.
 *	cache line	The block comes from the heap, past the CPU's cache. If it is too
 *			large for that, the request takes whole pages.
 *	priority	It limits only memory that the kernel would have to provide. Free
 *			memory of the pool serves any priority.
 *	node		The heap of the node serves the request. The kernel may use other
 *			nodes, unless NTPOOL_NODE_ONLY is set.
 *	must succeed	If all else has failed, the kernel's emergency reserves and the
 *			reserve serve the request. If these are empty too, the caller waits
 *			where it may sleep, longer each time. Elsewhere, and when its task is
 *			killed, the request fails with NT's stop code 0x41.
 *
 * The priority of a request that must succeed limits its first attempt only. A request that
 * is larger than the machine's memory fails in any case.
 *
 * A new constraint is a bit of NTPOOL_CONSTRAINED in base/types.h, and of FLAGS_CONSTRAINED in
 * ddi/pool.c. constrained_measure() decides the size, and whether the request takes whole
 * pages. block_near() in heap/source.c, and heap_find() and block_carve() in heap/heap.c make
 * an alignment within a page. In special pool, room_for() and offset_for() in
 * special/special.c decide about the address.
 *
 * Locking: none of its own. Contexts: any but NMI.
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
#include "heap/source.h"
#include "memory/backing.h"
#include "pool/constrained.h"
#include "pool/ordinary.h"
#include "pool/reserve.h"

/*
 * The largest request that is charged: with header and trailer it fits in a page. Above
 * NTPOOL_SMALL_MAX minus the trailer it takes a whole page, and that is charged.
 */
#define QUOTA_MAX (PAGE_SIZE - sizeof(struct ntpool_header) - NTPOOL_QUOTA_TRAILER)

/**
 * struct sized_request - a request and the memory that it takes
 * @req: the request; its tag is without PROTECTED_POOL
 * @keep: NTPOOL_HDR_* for the block
 * @granules: size of the block with header and trailer; 0: it takes whole pages
 * @pages: number of pages, if @granules is 0
 */
struct sized_request {
	struct ntpool_request req;
	u8 keep;
	unsigned int granules;
	unsigned long pages;
};

static size_t constrained_bytes(const struct sized_request *sized)
{
	return sized->granules ? (size_t)sized->granules << NTPOOL_GRANULE_SHIFT :
				 sized->pages << PAGE_SHIFT;
}

/* @size: bytes requested, with the trailer if there is one. */
static void constrained_measure(struct sized_request *sized, size_t size)
{
	sized->granules = 0;
	sized->pages = ntpool_run_pages_for(size);
	if (size > NTPOOL_SMALL_MAX)
		return;
	sized->granules = max_t(unsigned int, ntpool_size_granules(size), NTPOOL_MIN_GRANULES);
	if ((sized->req.flags & NTPOOL_ALIGNED) && sized->granules > NTPOOL_ALIGNED_MAX)
		sized->granules = 0;
	sized->pages = 1;
}

/* Computes the sizes and charges the process. Returns 0, -ENOMEM or -EDQUOT. */
static int constrained_begin(struct sized_request *sized)
{
	const struct ntpool_request *req = &sized->req;
	int err;

	if (req->flags & NTPOOL_PROTECTED)
		sized->keep |= NTPOOL_HDR_PROTECTED;
	if (!(req->flags & NTPOOL_QUOTA) || req->size > QUOTA_MAX ||
	    !ntpool_quota_applies()) {
		constrained_measure(sized, req->size);
		return 0;
	}
	constrained_measure(sized, req->size + NTPOOL_QUOTA_TRAILER);
	err = ntpool_quota_charge(req->type, constrained_bytes(sized), &sized->req.payer);
	if (!err)
		sized->keep |= NTPOOL_HDR_QUOTA;
	/* A request that must succeed is not charged if there is no memory for the ledger. */
	if (err != -ENOMEM || !(req->flags & NTPOOL_MUST))
		return err;
	constrained_measure(sized, req->size);
	return 0;
}

static int constrained_node(const struct sized_request *sized)
{
	return sized->req.flags & NTPOOL_NODE ? sized->req.node : numa_mem_id();
}

/* Describes the allocation in the record of @run, which has its pages, and makes it live. */
static void *pages_finish(const struct sized_request *sized, struct ntpool_run *run)
{
	const struct ntpool_request *req = &sized->req;

	ntpool_run_assign(run, req->size, req->tag, sized->keep, req->caller);
	run->payer = req->payer;
	return ntpool_alloc_finish_run(run, req->flags);
}

/* Serves a request below a page. The charge is for a block, so no page replaces it then. */
static void *block_alloc(const struct sized_request *sized)
{
	const struct ntpool_request *req = &sized->req;
	struct ntpool_run *page = NULL;
	struct ntpool_header *hdr;

	hdr = ntpool_source_block(req->type, sized->granules, constrained_node(sized), req->flags,
				  req->payer ? NULL : &page);
	if (hdr)
		return ntpool_alloc_finish(hdr, sized->granules, req, sized->keep);
	return page ? pages_finish(sized, page) : NULL;
}

/* Serves a request of whole pages. */
static void *pages_alloc(const struct sized_request *sized)
{
	const struct ntpool_request *req = &sized->req;
	struct ntpool_run *run = ntpool_source_run(req->type, sized->pages,
						   constrained_node(sized), req->flags);

	return run ? pages_finish(sized, run) : NULL;
}

/*
 * Returns NULL if the request is not for special pool, or special pool has no room. The
 * charge is the same as for ordinary pool.
 */
static void *special_alloc(const struct sized_request *sized)
{
	struct ntpool_request req = sized->req;

	if (!(req.flags & NTPOOL_SPECIAL))
		return NULL;
	req.charged = constrained_bytes(sized);
	return ntpool_alloc_special(&req, sized->keep);
}

static void *constrained_alloc(const struct sized_request *sized)
{
	return sized->granules ? block_alloc(sized) : pages_alloc(sized);
}

/* Serves a nonpaged request from the reserve. */
static void *constrained_from_reserve(const struct sized_request *sized)
{
	struct ntpool_header *hdr;
	struct ntpool_run *run;

	if (sized->granules) {
		hdr = ntpool_reserve_block(sized->granules, sized->req.flags);
		return hdr ? ntpool_alloc_finish(hdr, sized->granules, &sized->req, sized->keep) :
			     NULL;
	}
	run = ntpool_reserve_pages(sized->pages);
	return run ? pages_finish(sized, run) : NULL;
}

/* The first parameter is the size, so this report has no entry in a table. */
static void report_empty(const struct ntpool_request *req)
{
	struct ntpool_stop stop = {
		.code = NTPOOL_STOP_MUST_SUCCEED_EMPTY,
		.param = { req->size, ntpool_heap_type_pages(NTPOOL_NONPAGED) +
			   ntpool_run_pages(NTPOOL_NONPAGED), ntpool_run_count(NTPOOL_NONPAGED),
			   ntpool_backing_available() },
		.text = "there is no memory for a request that must succeed, and it cannot wait",
		.has_tag = true,
		.tag = req->tag,
		.size = req->size,
		.caller = req->caller,
	};

	ntpool_report(&stop);
}

/* Serves a request that must succeed, after the first attempt has failed. */
static void *constrained_must(struct sized_request *sized)
{
	unsigned int seen, tries;
	void *p;

	sized->req.flags &= ~(NTPOOL_LOW | NTPOOL_NORMAL);
	sized->req.flags |= NTPOOL_HIGH;
	for (tries = 0;; tries++) {
		seen = ntpool_reserve_seen();
		p = constrained_alloc(sized) ?: constrained_from_reserve(sized);
		if (p)
			return p;
		if (!ntpool_may_sleep() || !ntpool_reserve_wait(seen, tries))
			break;
	}
	report_empty(&sized->req);
	return NULL;
}

static void *constrained_failed(const struct sized_request *sized, int err)
{
	ntpool_alloc_failed(&sized->req, err);
	return ERR_PTR(err);
}

void *ntpool_constrained_serve(const struct ntpool_request *req, u8 keep)
{
	struct sized_request sized = { .req = *req, .keep = keep };
	int err;
	void *p;

	sized.req.tag &= ~NTPOOL_TAG_PROTECTED;
	if (req->type == NTPOOL_PAGED && !ntpool_paged_ok()) {
		ntpool_alloc_at_dispatch(req->size, sized.req.tag, req->caller);
		return ERR_PTR(-ENOMEM);
	}
	if (req->size >> PAGE_SHIFT >= totalram_pages())
		return constrained_failed(&sized, -ENOMEM);
	err = constrained_begin(&sized);
	if (err)
		return constrained_failed(&sized, err);
	p = special_alloc(&sized) ?: constrained_alloc(&sized);
	if (!p && (req->flags & NTPOOL_MUST))
		p = constrained_must(&sized);
	if (p)
		return p;
	if (sized.req.payer)
		ntpool_quota_refund(sized.req.payer, req->type, constrained_bytes(&sized));
	return constrained_failed(&sized, -ENOMEM);
}
