// SPDX-License-Identifier: GPL-2.0
/*
 * One free of any address that a driver passes.
 *
 * NT stops the machine on a wrong free. Here a wrong free is reported (free_report.c). If
 * it is certain which block the driver means, the block is freed.
 *
 * The fast path (fast.h) frees a block only if all its checks hold. If one fails, the slow
 * path here starts again from the beginning. It first tries this CPU's cache of runs, unless
 * a list frees, and the fast path with all tags. Then it looks for the owner of the address in
 * this order: carved pages, special pool, runs of whole pages. The owner claims the
 * block, which decides between concurrent frees of it. Then the slow path checks the call
 * against the claimed block. It refunds quota, counts the block and returns it to its owner.
 *
 * PROTECTED_POOL. A block that was allocated with this bit in its tag may only be freed
 * with its tag. ExFreePool(), or tag 0, is a wrong tag then. The bit is no part of the tag.
 * A free may pass it or leave it out. Figures are those of the tag without the bit.
 *
 * While frees are traced, the fast path refuses all of them (base/trace.c). A free is traced
 * after the claim and its checks, and before the memory can be used again.
 *
 * A block whose header was overwritten is kept. It stays live in every figure, its memory
 * is not used again, and it is reported when ntpool is unloaded.
 *
 * A block that was allocated while the verifier was on has NTPOOL_HDR_VERIFIED, in special
 * pool too. A sample is in special pool without that flag. The fast path refuses both. The
 * slow path calls ntpool_verify_free() for the flag only.
 *
 * Locking: none of its own. The claim takes the lock of the owner, unless it is that of an
 * intact block in a carved page. The descriptor of such a page is used in an RCU read
 * section. Contexts: any but NMI.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>

#include "account/quota.h"
#include "base/irql.h"
#include "base/trace.h"
#include "heap/run_cache.h"
#include "pool/fast.h"
#include "pool/free_report.h"
#include "pool/pool.h"
#include "special/special.h"
#include "verify/verify.h"

/**
 * struct free_call - the arguments of a free, and its context
 * @p: the address
 * @tag: tag without PROTECTED_POOL; 0: not checked
 * @irql: IRQL of the caller
 * @list: the lookaside list that frees; NULL: a routine of the pool
 * @caller: address that the call returns to
 */
struct free_call {
	void *p;
	u32 tag;
	unsigned int irql;
	const struct ntpool_list_call *list;
	unsigned long caller;
};

/* Counts and traces the free of @block, which has @flags. */
static void count_free(const struct free_call *call, const struct ntpool_block *block, u8 flags)
{
	struct ntpool_tag *record =
		flags & NTPOOL_HDR_OVERFLOW ? ntpool_tag_overflow : ntpool_tag_find(block->tag);

	ntpool_tag_count_free(record, block->type, block->bytes >> NTPOOL_GRANULE_SHIFT,
			      block->requested);
	trace_ntpool_free(block, call->caller, call->irql);
}

/*
 * Reports what is wrong about the free of the claimed @block, and passes it to the
 * verifier. The block is freed in any case.
 */
static void free_check(const struct free_call *call, const struct ntpool_block *block, u8 flags)
{
	if (call->tag ? call->tag != block->tag : ntpool_header_has(flags, NTPOOL_HDR_PROTECTED))
		ntpool_free_report_tag(block, call->tag, call->caller);
	if (call->irql > NTPOOL_APC_LEVEL && block->type == NTPOOL_PAGED)
		ntpool_free_report_irql(block, call->caller);
	if (flags & NTPOOL_HDR_VERIFIED)
		ntpool_verify_free(block, call->list, call->caller);
}

/* Refunds the process that was charged for @block, which the trailer of the block names. */
static void free_refund(const struct free_call *call, const struct ntpool_block *block)
{
	void *end = (void *)ntpool_block_header(call->p) + block->bytes;
	u32 payer = ntpool_quota_payer(end);

	/* The next driver that gets the memory cannot read the keyed checksum. */
	memset(end - NTPOOL_QUOTA_TRAILER, 0, NTPOOL_QUOTA_TRAILER);
	if (!payer || !ntpool_quota_refund(payer, block->type, block->bytes))
		ntpool_free_report_payer(block, call->caller);
}

/* Frees a block of a carved page that has been claimed; @copy: its header before that. */
static void free_claimed(const struct free_call *call, struct ntpool_heap *heap,
			 const struct ntpool_header *copy)
{
	unsigned int granules = ntpool_header_granules(copy);
	const struct ntpool_block block = {
		.addr = call->p,
		.tag = ntpool_header_tag(copy),
		.type = heap->type,
		.bytes = ntpool_granules_bytes(granules),
		.requested = ntpool_header_requested(copy),
		.caller = ntpool_header_caller(copy),
	};
	struct ntpool_header *hdr = ntpool_block_header(call->p);
	u8 flags = ntpool_header_flags(copy);

	free_check(call, &block, flags);
	if (ntpool_header_has(flags, NTPOOL_HDR_QUOTA))
		free_refund(call, &block);
	if (want_init_on_free())
		memset(call->p, 0, block.bytes - sizeof(*hdr));
	count_free(call, &block, flags);
	ntpool_cache_push_slow(heap, hdr, granules);
}

static void free_run_claimed(const struct free_call *call, struct ntpool_run *run)
{
	const struct ntpool_block block = ntpool_run_block(run);

	free_check(call, &block, run->flags);
	if (run->flags & NTPOOL_HDR_VERIFIED)
		ntpool_tail_check(&block, call->caller);
	if (ntpool_header_has(run->flags, NTPOOL_HDR_QUOTA))
		ntpool_quota_refund(run->payer, run->type, block.bytes);
	count_free(call, &block, run->flags);
	ntpool_run_cache_put(run);
}

/* The last owner that is asked: reports if no run begins at the address. */
static void free_run(const struct free_call *call)
{
	struct ntpool_run *run, copy;
	struct ntpool_block block;

	switch (ntpool_run_claim(NTPOOL_USE_POOL, call->p, &run, &copy)) {
	case NTPOOL_FREE_OK:
		free_run_claimed(call, run);
		break;
	case NTPOOL_FREE_MIDDLE:
		block = ntpool_run_block(&copy);
		ntpool_free_report_middle(copy.type, call->p, &block, call->caller);
		break;
	case NTPOOL_FREE_TWICE:
		block = ntpool_run_block(&copy);
		ntpool_free_report_twice(call->p, 0, &block, call->caller);
		break;
	default:
		ntpool_free_report_unowned(call->p, call->caller);
	}
}

/*
 * The block of @slot, in which the address of @call lies. The slot of a sample has one page. Its
 * address is not read from the slot, which may have been freed meanwhile.
 */
static struct ntpool_block special_block(const struct free_call *call,
					 const struct ntpool_special_slot *slot)
{
	unsigned long base = slot->linear ? (unsigned long)call->p & PAGE_MASK : slot->base;

	return ntpool_special_describe(slot, (void *)base + slot->offset);
}

static void free_special_claimed(const struct free_call *call, struct ntpool_special_slot *slot)
{
	const struct ntpool_block block = special_block(call, slot);

	free_check(call, &block, slot->flags);
	if (ntpool_header_has(slot->flags, NTPOOL_HDR_QUOTA))
		ntpool_quota_refund(slot->payer, slot->type, slot->charged);
	/*
	 * Other claims exchange a word, which is a full barrier. This one has only taken a lock.
	 * Pairs with the barrier in tag_sum(), account/tag.c: the allocation is counted first.
	 */
	smp_mb();
	count_free(call, &block, slot->flags);
	ntpool_special_release(slot, call->caller);
}

/* Returns false if the address is not in special pool. */
static bool free_special(const struct free_call *call)
{
	struct ntpool_special_slot *slot;
	struct ntpool_block block;

	switch (ntpool_special_claim(call->p, &slot)) {
	case NTPOOL_FREE_OK:
		free_special_claimed(call, slot);
		return true;
	case NTPOOL_FREE_MIDDLE:
		block = special_block(call, slot);
		ntpool_free_report_middle(slot->type, call->p, &block, call->caller);
		return true;
	case NTPOOL_FREE_TWICE:
		ntpool_free_report_special_twice(call->p, slot, call->caller);
		return true;
	default:
		return false;
	}
}

/* Reports a free in a carved page that was not accepted; @copy: the header as found. */
static void free_refused(const struct free_call *call, struct ntpool_page *page,
			 enum ntpool_verdict verdict, const struct ntpool_header *copy)
{
	const struct ntpool_block *block;
	struct ntpool_near near;

	ntpool_damage_near(page, call->p, &near);
	block = near.has_block ? &near.block : NULL;
	if (verdict == NTPOOL_FREE_MIDDLE)
		ntpool_free_report_middle(page->map.heap->type, call->p, block, call->caller);
	else if (verdict == NTPOOL_FREE_TWICE)
		ntpool_free_report_twice(call->p, copy->cookie | (u64)copy->size << 32, block,
					 call->caller);
	else
		ntpool_free_report_header(call->p, copy, &near, call->caller);
}

/* Returns false if the pool does not own the page. Called in an RCU read section. */
static bool free_in_page(const struct free_call *call, struct ntpool_page *page)
{
	struct ntpool_header copy;
	enum ntpool_verdict verdict = ntpool_heap_claim(page, call->p, &copy);

	if (verdict == NTPOOL_FREE_UNOWNED)
		return false;
	if (verdict == NTPOOL_FREE_OK)
		free_claimed(call, page->map.heap, &copy);
	else
		free_refused(call, page, verdict, &copy);
	return true;
}

static noinline void free_slow(void *p, u32 tag, const struct ntpool_list_call *list,
			       unsigned long caller)
{
	const struct free_call call = {
		.p = p,
		.tag = tag,
		.irql = ntpool_irql(),
		.list = list,
		.caller = caller,
	};
	struct ntpool_page *page;
	bool done;

	/* The fast path looks for a tag in one place of the table only. */
	if (ntpool_free_block(p, tag, true) || ntpool_free_paged_block(p, tag, true))
		return;
	rcu_read_lock();
	page = ntpool_page_of(p);
	done = page && free_in_page(&call, page);
	rcu_read_unlock();
	if (!done && !free_special(&call))
		free_run(&call);
}

void ntpool_free_aligned(void *p, u32 tag, unsigned long caller)
{
	tag &= ~NTPOOL_TAG_PROTECTED;
	if (unlikely(!ntpool_run_cache_free(p, tag)))
		free_slow(p, tag, NULL, caller);
}

/* As in fast.h: the fast path is a leaf, and free_slow() begins again. */
void ntpool_free_unaligned(void *p, u32 tag, unsigned long caller)
{
	tag &= ~NTPOOL_TAG_PROTECTED;
	if (unlikely(!ntpool_free_paged_block(p, tag, false)))
		free_slow(p, tag, NULL, caller);
}

void ntpool_free(void *p, u32 tag, unsigned long caller)
{
	if (unlikely(!ntpool_free_fast(p, tag)))
		ntpool_free_slow(p, tag, caller);
}

void ntpool_list_free(void *p, const struct ntpool_list_call *list, unsigned long caller)
{
	if (!ntpool_free_fast(p, 0) && !ntpool_free_paged_block(p, 0, false))
		free_slow(p, 0, list, caller);
}
