// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier: what happens to an allocation while it is on.
 *
 * Driver Verifier stands between a driver and the pool, from the next boot on. Here it
 * is one word that ntp_alloc() compares with 0, and can be switched at any time. (Not a
 * static key: to switch one interrupts all CPUs, and sampling would do so many times a
 * second. KFENCE has come to the same.) While it is on every allocation comes to
 * ntp_verify_alloc(), which looks at the arguments, may make it fail (fault.c), puts it
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
 * Locking: none of its own; ntp_verifier_state is changed by atomic operations.
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

unsigned long ntp_verifier_state __read_mostly;
atomic_long_t ntp_verify_counts[NTP_VC_COUNTERS];

static ntp_verify_range_fn verify_ranges[NTP_RANGES];

static void tell_ranges(void *p, size_t size, unsigned long caller)
{
	ntp_verify_range_fn fn;
	unsigned int i;

	for (i = 0; i < NTP_RANGES; i++) {
		rcu_read_lock();
		fn = READ_ONCE(verify_ranges[i]);
		if (fn)
			fn(p, size, caller);
		rcu_read_unlock();
	}
}

void ntp_verifier_switch(unsigned long bits)
{
	unsigned long old = READ_ONCE(ntp_verifier_state);

	/* Samples come and go meanwhile. */
	while (!try_cmpxchg(&ntp_verifier_state, &old, (old & ~NTP_VERIFIER_BITS) | bits))
		;
	/* From here on nobody says what becomes of the memory. */
	if (!bits)
		tell_ranges(NULL, SIZE_MAX, 0);
}

void ntp_verify_watch(enum ntp_verify_ranges who, ntp_verify_range_fn fn)
{
	WRITE_ONCE(verify_ranges[who], fn);
	if (!fn)
		synchronize_rcu();
}

/* NT's bits for the pool type of a request. */
static unsigned int request_type(const struct ntp_request *req)
{
	return req->kind | (req->flags & NTP_MUST ? 2 : 0) | (req->flags & NTP_ALIGNED ? 4 : 0);
}

static void report_request(const struct ntp_request *req, enum ntp_stop_code code, u64 p1,
			   const char *text)
{
	const struct ntp_stop stop = {
		.code = code,
		.param = {
			p1, ntp_irql(), request_type(req),
			code == NTP_STOP_BAD_POOL_CALLER ? req->tag : req->size,
		},
		.text = text,
		.has_tag = true,
		.tag = req->tag,
		.size = req->size,
		.caller = req->caller,
	};

	ntp_report(&stop);
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

static void check_tag(const struct ntp_request *req)
{
	if (!req->tag)
		report_request(req, NTP_STOP_BAD_POOL_CALLER, 0x9b,
			       "pool was asked for with tag 0");
	else if (req->tag == TAG_BIG || req->tag == TAG_BIG_BLANK)
		report_request(req, NTP_STOP_BAD_POOL_CALLER, 0x9c,
			       "pool was asked for with the tag BIG, which is the system's");
	else if (!looks_like_tag(req->tag) && looks_like_tag(req->size))
		report_request(req, NTP_STOP_BAD_POOL_CALLER, 0x9d,
			       "pool was asked for with size and tag swapped");
	else if (!has_letter_or_digit(req->tag))
		report_request(req, NTP_STOP_BAD_POOL_CALLER, 0x9d,
			       "pool was asked for with a tag that has no letter or digit");
}

void ntp_verify_refused(size_t size, u32 tag, unsigned long caller)
{
	const struct ntp_request req = { .size = size, .tag = tag, .caller = caller };

	if (!size)
		report_request(&req, NTP_STOP_VERIFIER, 0x00, "no bytes of pool were asked for");
	else if (!tag)
		report_request(&req, NTP_STOP_BAD_POOL_CALLER, 0x9b,
			       "pool was asked for with tag 0");
	else
		report_request(&req, NTP_STOP_VERIFIER, 0x16,
			       "pool was asked for with a type or flags that do not exist");
}

static void check_request(const struct ntp_request *req, unsigned long bits)
{
	if (!req->size)
		report_request(req, NTP_STOP_VERIFIER, 0x00, "no bytes of pool were asked for");
	check_tag(req);
	if ((req->flags & NTP_MUST) && req->size > PAGE_SIZE)
		report_request(req, NTP_STOP_VERIFIER, 0x03,
			       "more than a page of MustSucceed pool was asked for");
	if ((bits & NTP_VERIFY_IRQL) && req->kind == NTP_NONPAGED &&
	    ntp_irql() > NTP_DISPATCH_LEVEL)
		report_request(req, NTP_STOP_VERIFIER, 0x02,
			       "nonpaged pool was asked for above DISPATCH_LEVEL");
}

/* Low resources simulation makes this request fail, and has counted it. */
static bool is_refused(const struct ntp_request *req)
{
	bool hit = !(req->flags & NTP_MUST) &&
		   ntp_aim_hits(req->tag, req->size, req->caller) &&
		   ntp_fault_hits(req->tag, req->size, req->caller);

	if (hit)
		atomic_long_inc(&ntp_verify_counts[NTP_VC_DELIBERATE]);
	return hit;
}

bool ntp_verify_refuses(size_t size, u32 tag, unsigned long caller)
{
	const struct ntp_request req = { .size = size, .tag = tag, .caller = caller };

	return (ntp_verifier() & NTP_VERIFY_FAULTS) && is_refused(&req);
}

/* Special pool knows no nodes. */
static bool is_for_special(const struct ntp_request *req)
{
	return req->size <= NTP_SPECIAL_MAX && !(req->flags & NTP_NODE) &&
	       ntp_aim_hits(req->tag, req->size, req->caller);
}

static void *request_serve(struct ntp_request *req, bool special, u8 keep)
{
	void *p = NULL;

	if (req->flags & NTP_RARE) {
		if (special)
			req->flags |= NTP_SPECIAL;
		return ntp_alloc_wished(req, keep);
	}
	if (special)
		p = ntp_alloc_special(req, keep);
	return p ?: ntp_alloc_ordinary(req, keep) ?: ERR_PTR(-ENOMEM);
}

static void request_track(const struct ntp_request *req, void *p)
{
	const struct ntp_track_block block = {
		.addr = p,
		.size = req->size,
		.tag = req->tag,
		.kind = req->kind,
		.for_list = req->flags & NTP_FOR_LIST,
	};

	if (ntp_aim_driver(req->caller) && !ntp_track_add(&block, req->caller))
		atomic_long_inc(&ntp_verify_counts[NTP_VC_UNTRACKED]);
}

/* Bits are set. */
static void *request_verified(struct ntp_request *req, unsigned long bits)
{
	bool special;
	void *p;

	atomic_long_inc(&ntp_verify_counts[NTP_VC_ATTEMPTED]);
	if (!req->tag || req->tag == NTP_TAG_NONE)
		atomic_long_inc(&ntp_verify_counts[NTP_VC_NO_TAG]);
	check_request(req, bits);
	if ((bits & NTP_VERIFY_FAULTS) && is_refused(req)) {
		atomic_long_inc(&ntp_verify_counts[NTP_VC_FAILED]);
		ntp_alloc_failed(req->kind, req->tag);
		return ERR_PTR(-ENOMEM);
	}
	special = (bits & NTP_VERIFY_SPECIAL) && is_for_special(req);
	p = request_serve(req, special, NTP_HDR_VERIFIED);
	atomic_long_inc(&ntp_verify_counts[IS_ERR(p) ? NTP_VC_FAILED : NTP_VC_SUCCEEDED]);
	if (IS_ERR(p))
		return p;
	tell_ranges(p, req->size, 0);
	if (bits & NTP_VERIFY_TRACK)
		request_track(req, p);
	return p;
}

void *ntp_verify_alloc(const struct ntp_request *given)
{
	struct ntp_request req = *given;
	unsigned long bits = ntp_verifier();
	bool sample;
	void *p;

	req.tag &= ~NTP_TAG_PROTECTED;
	/* It is reported and refused there, first of all. */
	if (req.kind == NTP_PAGED && !ntp_paged_ok())
		return request_serve(&req, false, 0);
	if (bits)
		return request_verified(&req, bits);
	sample = ntp_sample_is_due() && is_for_special(&req) && ntp_sample_take();
	p = request_serve(&req, sample, 0);
	/* As if the verifier had been on for it. */
	if (sample && !IS_ERR(p)) {
		atomic_long_inc(&ntp_verify_counts[NTP_VC_ATTEMPTED]);
		atomic_long_inc(&ntp_verify_counts[NTP_VC_SUCCEEDED]);
	}
	return p;
}

static void report_free(const struct ntp_block *block, u64 p1, const char *text,
			const struct ntp_stack *allocated, unsigned long caller)
{
	const struct ntp_stop stop = {
		.code = NTP_STOP_VERIFIER,
		.param = { p1, ntp_irql(), block->kind, (unsigned long)block->addr },
		.addr_mask = BIT(3),
		.text = text,
		.has_tag = true,
		.tag = block->tag,
		.size = block->requested,
		.caller = caller,
		.allocator = allocated ? 0 : block->caller,
		.allocated = allocated,
	};

	ntp_report(&stop);
}

/* Pool and lookaside lists, and lists among each other. */
static void check_match(const struct ntp_block *block, const struct ntp_track *track,
			const struct ntp_list_call *list, unsigned long caller)
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
	else if (track->block.kind != list->kind || track->block.tag != list->tag)
		report_free(block, 0x13e, "a block was freed to another list than it came from",
			    &track->stack, caller);
	else if (track->block.size != list->size)
		report_free(block, 0x13f, "a block was freed to a list of another size",
			    &track->stack, caller);
}

void ntp_verify_free(const struct ntp_block *block, const struct ntp_list_call *list,
		     unsigned long caller)
{
	unsigned long bits = ntp_verifier();
	struct ntp_track track;
	bool tracked;

	tracked = ntp_track_take(block->addr, &track);
	if (!bits)
		return;
	if (tracked && (bits & NTP_VERIFY_TRACK))
		check_match(block, &track, list, caller);
	if ((bits & NTP_VERIFY_IRQL) && block->kind == NTP_NONPAGED &&
	    ntp_irql() > NTP_DISPATCH_LEVEL)
		report_free(block, 0x12, "nonpaged pool was freed above DISPATCH_LEVEL",
			    tracked ? &track.stack : NULL, caller);
	tell_ranges(block->addr, block->requested, caller);
}
