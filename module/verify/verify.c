// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier: what happens to an allocation while it is on.
 *
 * Driver Verifier stands between a driver and the pool, from the next boot on. Here it
 * is one word that ntpool_alloc() compares with 0, and can be switched at any time. (Not a
 * static key: to switch one interrupts all CPUs, and sampling would do so many times a
 * second. KFENCE has come to the same.) While it is on every allocation comes to
 * ntpool_verify_alloc(), which looks at the arguments, may make it fail (fault.c), puts it
 * into special pool (special.c) or not, and notes it (track.c). A block allocated that
 * way is marked in its header, and the mark is what leads its free here, whatever the
 * flags are by then: nothing that was noted is forgotten when the verifier is switched
 * off, and blocks from before are freed as always. (NT verifies nothing that was
 * allocated before, either.)
 *
 * What is always checked, whichever bits are set: the arguments, and that memory which
 * is freed has no lookaside list or zone in it. Those live on a higher floor, which
 * registers a function for that.
 *
 * Reports, with NT's stop codes, besides those of the files below:
 *
 *	no bytes					0xC4/0x00
 *	more than a page of MustSucceed			0xC4/0x03
 *	tag 0						0xC2/0x9B
 *	tag BIG						0xC2/0x9C
 *	tag without letter or digit, or the size	0xC2/0x9D
 *	a type or flags that do not exist		0xC4/0x16; refused
 *	allocation above DISPATCH_LEVEL (0x2)		0xC4/0x02
 *	free above DISPATCH_LEVEL (0x2)			0xC4/0x12
 *	pool and lookaside list mixed up (0x8)		0xC4/0x13E
 *	wrong size for the list (0x8)			0xC4/0x13F
 *
 * After a report the request is served, unless it cannot be.
 *
 * Locking: none of its own; ntpool_verifier_state is changed by atomic operations.
 * Contexts: any but NMI.
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>

#include "base/irql.h"
#include "base/report.h"
#include "heap/heap.h"
#include "pool/alloc.h"
#include "verify/fault.h"
#include "verify/filter.h"
#include "verify/sample.h"
#include "verify/special.h"
#include "verify/track.h"
#include "verify/verify.h"

#define TAG_BIG		0x00474942U	/* "BIG" */
#define TAG_BIG_BLANK	0x20474942U	/* "BIG " */

unsigned long ntpool_verifier_state __read_mostly;
atomic_long_t ntpool_verify_counts[NTPOOL_VC_COUNTERS];

static ntpool_verify_range_fn verify_ranges[NTPOOL_RANGES];

static void tell_ranges(void *p, size_t size, unsigned long caller)
{
	ntpool_verify_range_fn fn;
	unsigned int i;

	for (i = 0; i < NTPOOL_RANGES; i++) {
		rcu_read_lock();
		fn = READ_ONCE(verify_ranges[i]);
		if (fn)
			fn(p, size, caller);
		rcu_read_unlock();
	}
}

void ntpool_verifier_switch(unsigned long bits)
{
	unsigned long old = READ_ONCE(ntpool_verifier_state);

	/* Samples come and go meanwhile. */
	while (!try_cmpxchg(&ntpool_verifier_state, &old, (old & ~NTPOOL_VERIFIER_BITS) | bits))
		;
	/* From here on nobody says what becomes of the memory. */
	if (!bits)
		tell_ranges(NULL, SIZE_MAX, 0);
}

void ntpool_verify_watch(enum ntpool_verify_ranges who, ntpool_verify_range_fn fn)
{
	WRITE_ONCE(verify_ranges[who], fn);
	if (!fn)
		synchronize_rcu();
}

/* NT's bits for the pool type of a request. */
static unsigned int request_type(const struct ntpool_request *req)
{
	return req->type | (req->flags & NTPOOL_MUST ? 2 : 0) |
	       (req->flags & NTPOOL_ALIGNED ? 4 : 0);
}

static void report_request(const struct ntpool_request *req, enum ntpool_stop_code code, u64 p1,
			   const char *text)
{
	const struct ntpool_stop stop = {
		.code = code,
		.param = {
			p1, ntpool_irql(), request_type(req),
			code == NTPOOL_STOP_BAD_POOL_CALLER ? req->tag : req->size,
		},
		.text = text,
		.has_tag = true,
		.tag = req->tag,
		.size = req->size,
		.caller = req->caller,
	};

	ntpool_report(&stop);
}

/* Four characters, padded with blanks or zeros: what a tag looks like. */
static bool looks_like_tag(size_t value)
{
	unsigned int i;

	if (value > U32_MAX)
		return false;
	for (i = 0; i < 4; i++, value >>= 8)
		if (!isascii(value & 0xff) || !isprint(value & 0xff))
			return false;
	return true;
}

static bool has_letter_or_digit(u32 tag)
{
	for (; tag; tag >>= 8)
		if (isascii(tag & 0xff) && isalnum(tag & 0xff))
			return true;
	return false;
}

static void check_tag(const struct ntpool_request *req)
{
	if (!req->tag)
		report_request(req, NTPOOL_STOP_BAD_POOL_CALLER, 0x9b,
			       "pool was asked for with tag 0");
	else if (req->tag == TAG_BIG || req->tag == TAG_BIG_BLANK)
		report_request(req, NTPOOL_STOP_BAD_POOL_CALLER, 0x9c,
			       "pool was asked for with the tag BIG, which is the system's");
	else if (!looks_like_tag(req->tag) && looks_like_tag(req->size))
		report_request(req, NTPOOL_STOP_BAD_POOL_CALLER, 0x9d,
			       "pool was asked for with size and tag swapped");
	else if (!has_letter_or_digit(req->tag))
		report_request(req, NTPOOL_STOP_BAD_POOL_CALLER, 0x9d,
			       "pool was asked for with a tag that has no letter or digit");
}

void ntpool_verify_refused(size_t size, u32 tag, unsigned long caller)
{
	const struct ntpool_request req = { .size = size, .tag = tag, .caller = caller };

	if (!size)
		report_request(&req, NTPOOL_STOP_VERIFIER, 0x00, "no bytes of pool were asked for");
	else if (!tag)
		report_request(&req, NTPOOL_STOP_BAD_POOL_CALLER, 0x9b,
			       "pool was asked for with tag 0");
	else
		report_request(&req, NTPOOL_STOP_VERIFIER, 0x16,
			       "pool was asked for with a type or flags that do not exist");
}

static void check_request(const struct ntpool_request *req, unsigned long bits)
{
	if (!req->size)
		report_request(req, NTPOOL_STOP_VERIFIER, 0x00, "no bytes of pool were asked for");
	check_tag(req);
	if ((req->flags & NTPOOL_MUST) && req->size > PAGE_SIZE)
		report_request(req, NTPOOL_STOP_VERIFIER, 0x03,
			       "more than a page of MustSucceed pool was asked for");
	if ((bits & NTPOOL_VERIFY_IRQL) && req->type == NTPOOL_NONPAGED &&
	    ntpool_irql() > NTPOOL_DISPATCH_LEVEL)
		report_request(req, NTPOOL_STOP_VERIFIER, 0x02,
			       "nonpaged pool was asked for above DISPATCH_LEVEL");
}

/* Low resources simulation makes this request fail, and has counted it. */
static bool is_refused(const struct ntpool_request *req)
{
	bool hit = !(req->flags & NTPOOL_MUST) &&
		   ntpool_filter_hits(req->tag, req->size, req->caller) &&
		   ntpool_fault_hits(req->tag, req->size, req->caller);

	if (hit)
		atomic_long_inc(&ntpool_verify_counts[NTPOOL_VC_DELIBERATE]);
	return hit;
}

bool ntpool_verify_refuses(size_t size, u32 tag, unsigned long caller)
{
	const struct ntpool_request req = { .size = size, .tag = tag, .caller = caller };

	return (ntpool_verifier() & NTPOOL_VERIFY_FAULTS) && is_refused(&req);
}

/* Special pool knows no nodes. */
static bool is_for_special(const struct ntpool_request *req)
{
	return req->size <= NTPOOL_SPECIAL_MAX && !(req->flags & NTPOOL_NODE) &&
	       ntpool_filter_hits(req->tag, req->size, req->caller);
}

static void *request_serve(struct ntpool_request *req, bool special, u8 keep)
{
	void *p = NULL;

	if (req->flags & NTPOOL_CONSTRAINED) {
		if (special)
			req->flags |= NTPOOL_SPECIAL;
		return ntpool_constrained_alloc(req, keep);
	}
	if (special)
		p = ntpool_alloc_special(req, keep);
	return p ?: ntpool_alloc_ordinary(req, keep) ?: ERR_PTR(-ENOMEM);
}

static void request_track(const struct ntpool_request *req, void *p)
{
	const struct ntpool_track_block block = {
		.addr = p,
		.size = req->size,
		.tag = req->tag,
		.type = req->type,
		.for_list = req->flags & NTPOOL_FOR_LIST,
	};

	if (ntpool_filter_driver(req->caller) && !ntpool_track_add(&block, req->caller))
		atomic_long_inc(&ntpool_verify_counts[NTPOOL_VC_UNTRACKED]);
}

/* Bits are set. */
static void *request_verified(struct ntpool_request *req, unsigned long bits)
{
	bool special;
	void *p;

	atomic_long_inc(&ntpool_verify_counts[NTPOOL_VC_ATTEMPTED]);
	if (!req->tag || req->tag == NTPOOL_TAG_NONE)
		atomic_long_inc(&ntpool_verify_counts[NTPOOL_VC_NO_TAG]);
	check_request(req, bits);
	if ((bits & NTPOOL_VERIFY_FAULTS) && is_refused(req)) {
		atomic_long_inc(&ntpool_verify_counts[NTPOOL_VC_FAILED]);
		ntpool_alloc_failed(req->type, req->tag);
		return ERR_PTR(-ENOMEM);
	}
	special = (bits & NTPOOL_VERIFY_SPECIAL) && is_for_special(req);
	p = request_serve(req, special, NTPOOL_HDR_VERIFIED);
	atomic_long_inc(&ntpool_verify_counts[IS_ERR(p) ? NTPOOL_VC_FAILED : NTPOOL_VC_SUCCEEDED]);
	if (IS_ERR(p))
		return p;
	tell_ranges(p, req->size, 0);
	if (bits & NTPOOL_VERIFY_TRACK)
		request_track(req, p);
	return p;
}

void *ntpool_verify_alloc(const struct ntpool_request *given)
{
	struct ntpool_request req = *given;
	unsigned long bits = ntpool_verifier();
	bool sample;
	void *p;

	req.tag &= ~NTPOOL_TAG_PROTECTED;
	/* It is reported and refused there, first of all. */
	if (req.type == NTPOOL_PAGED && !ntpool_paged_ok())
		return request_serve(&req, false, 0);
	if (bits)
		return request_verified(&req, bits);
	sample = ntpool_sample_is_due() && is_for_special(&req) && ntpool_sample_take();
	p = request_serve(&req, sample, 0);
	/* As if the verifier had been on for it. */
	if (sample && !IS_ERR(p)) {
		atomic_long_inc(&ntpool_verify_counts[NTPOOL_VC_ATTEMPTED]);
		atomic_long_inc(&ntpool_verify_counts[NTPOOL_VC_SUCCEEDED]);
	}
	return p;
}

static void report_free(const struct ntpool_block *block, u64 p1, const char *text,
			const struct ntpool_stack *allocated, unsigned long caller)
{
	const struct ntpool_stop stop = {
		.code = NTPOOL_STOP_VERIFIER,
		.param = { p1, ntpool_irql(), block->type, (unsigned long)block->addr },
		.addr_mask = BIT(3),
		.text = text,
		.has_tag = true,
		.tag = block->tag,
		.size = block->requested,
		.caller = caller,
		.allocator = allocated ? 0 : block->caller,
		.allocated = allocated,
	};

	ntpool_report(&stop);
}

/* Pool and lookaside lists, and lists among each other. */
static void check_match(const struct ntpool_block *block, const struct ntpool_track *track,
			const struct ntpool_list_call *list, unsigned long caller)
{
	if (!list) {
		if (track->block.for_list)
			report_free(block, 0x13e,
				    "a block of a lookaside list was freed to the pool",
				    &track->stack, caller);
		return;
	}
	if (!track->block.for_list)
		report_free(block, 0x13e, "a block of the pool was freed to a lookaside list",
			    &track->stack, caller);
	else if (track->block.type != list->type || track->block.tag != list->tag)
		report_free(block, 0x13e, "a block was freed to another list than it came from",
			    &track->stack, caller);
	else if (track->block.size != list->size)
		report_free(block, 0x13f, "a block was freed to a list of another size",
			    &track->stack, caller);
}

void ntpool_verify_free(const struct ntpool_block *block, const struct ntpool_list_call *list,
			unsigned long caller)
{
	unsigned long bits = ntpool_verifier();
	struct ntpool_track track;
	bool tracked;

	tracked = ntpool_track_take(block->addr, &track);
	if (!bits)
		return;
	if (tracked && (bits & NTPOOL_VERIFY_TRACK))
		check_match(block, &track, list, caller);
	if ((bits & NTPOOL_VERIFY_IRQL) && block->type == NTPOOL_NONPAGED &&
	    ntpool_irql() > NTPOOL_DISPATCH_LEVEL)
		report_free(block, 0x12, "nonpaged pool was freed above DISPATCH_LEVEL",
			    tracked ? &track.stack : NULL, caller);
	tell_ranges(block->addr, block->requested, caller);
}
