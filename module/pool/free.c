// SPDX-License-Identifier: GPL-2.0
/*
 * One free of whatever a driver hands back.
 *
 * A free trusts nothing. The fast path (fast.h) frees a block of which everything is
 * as it should be; what it refuses, for whatever reason, the slow path here decides
 * again from the beginning, under the heap's lock, and reports what is wrong.
 *
 * Reports, with NT's stop codes and parameters:
 *
 *	NULL						0xC2/0x46
 *	user space					0xC2/0x40
 *	no pool's, not mapped				0xC2/0x46
 *	no pool's, linear map				0xC2/0x42
 *	no pool's, other kernel mapping			0xC2/0x43
 *	the middle of an allocation			0xC2/0x99, paged 0xC2/0x41286
 *	freed before					0xC2/0x07
 *	header overwritten				0x19/0x20; the block is kept
 *	wrong tag					0xC2/0x0A; freed all the same
 *	PROTECTED_POOL freed without its tag		0xC2/0x0A; freed all the same
 *	the note of who pays overwritten		0xC2/0x0D; freed all the same
 *	paged at DISPATCH_LEVEL				0xC2/0x09; freed all the same
 *
 * PROTECTED_POOL. A block that was allocated with this bit in its tag says that only
 * who knows the tag may free it: ExFreePool() of it, or tag 0, is a wrong tag too. The
 * bit itself is no part of the tag: the one who frees may give it or leave it out, and
 * the figures are those of the tag without it.
 *
 * A block with a spoiled header is kept: it stays live in every figure, nobody
 * gets its memory, and what is left of it is named when ntpool is unloaded.
 *
 * What was allocated under the verifier says so in its header, or is in special pool;
 * both come here, and from here to verify.c.
 *
 * Locking: none of its own.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "account/quota.h"
#include "base/irql.h"
#include "base/report.h"
#include "heap/run_cache.h"
#include "pool/fast.h"
#include "pool/pool.h"
#include "verify/special.h"
#include "verify/verify.h"

static struct ntpool_tag_counts __percpu *counts_of(u32 tag, u8 flags)
{
	return flags & NTPOOL_HDR_OVERFLOW ? ntpool_tag_overflow : ntpool_tag_find(tag);
}

static void count_free(enum ntpool_type type, const struct ntpool_header *copy)
{
	ntpool_tag_count_free(&counts_of(ntpool_header_tag(copy), ntpool_header_flags(copy))[type],
			      ntpool_header_granules(copy), ntpool_header_requested(copy));
}

/* The block has been claimed: its contents are nobody's. */
static void wipe(struct ntpool_header *hdr, unsigned int granules)
{
	if (want_init_on_free())
		memset(ntpool_block_body(hdr), 0, ntpool_granules_bytes(granules) - sizeof(*hdr));
}

/* How to name what is wrong with a pointer. */
static void report_free(u32 p1, void *p, const char *text, unsigned long caller)
{
	struct ntpool_stop stop = {
		.code = NTPOOL_STOP_BAD_POOL_CALLER,
		.param = { p1, (unsigned long)p },
		.addr_mask = BIT(1),
		.text = text,
		.caller = caller,
	};

	ntpool_report(&stop);
}

static bool is_module_space(unsigned long addr)
{
#ifdef MODULES_VADDR
	return addr >= MODULES_VADDR && addr < MODULES_END;
#else
	return false;
#endif
}

/* The kernel's image, modules, vmalloc space and stacks in it. */
static bool is_mapped(const void *p)
{
	if (is_vmalloc_addr(p) || is_module_space((unsigned long)p))
		return vmalloc_to_page(p);
	return virt_addr_valid(p);
}

static void report_unowned(void *p, unsigned long caller)
{
	if (!p)
		report_free(0x46, p, "NULL was freed", caller);
	else if ((unsigned long)p < TASK_SIZE_MAX)
		report_free(0x40, p, "an address of user space was freed", caller);
	else if (ntpool_in_linear_map(p) && virt_addr_valid(p))
		report_free(0x42, p, "kernel memory that is in no pool was freed", caller);
	else if (is_mapped(p))
		report_free(0x43, p, "mapped kernel memory that is in no pool was freed", caller);
	else
		report_free(0x46, p, "an address where nothing is was freed", caller);
}

static void report_middle(enum ntpool_type type, void *p, unsigned long caller)
{
	report_free(type == NTPOOL_PAGED ? 0x41286 : 0x99, p,
		    "an address in the middle of an allocation was freed", caller);
}

/* @contents: what its header says, as NT has it. */
static void report_twice(void *p, u64 contents, unsigned long caller)
{
	struct ntpool_stop stop = {
		.code = NTPOOL_STOP_BAD_POOL_CALLER,
		.param = { 0x07, 0, contents, (unsigned long)p },
		.addr_mask = BIT(3),
		.text = "a block was freed that is free already",
		.caller = caller,
	};

	ntpool_report(&stop);
}

static void report_corrupt(void *p, const struct ntpool_header *copy, unsigned long caller)
{
	unsigned long hdr = (unsigned long)ntpool_block_header(p);
	struct ntpool_stop stop = {
		.code = NTPOOL_STOP_BAD_POOL_HEADER,
		.param = { 0x20, hdr,
			   hdr + ((size_t)ntpool_header_granules(copy) << NTPOOL_GRANULE_SHIFT) },
		.addr_mask = BIT(1) | BIT(2),
		.text = "a block's header was overwritten, as from the block before; it is kept",
		.has_tag = true,
		.tag = ntpool_header_tag(copy),
		.size = ntpool_header_requested(copy),
		.caller = caller,
	};

	ntpool_report(&stop);
}

static void report_wrong_tag(void *p, u32 tag, u32 right, size_t size,
			     unsigned long allocator, unsigned long caller)
{
	struct ntpool_stop stop = {
		.code = NTPOOL_STOP_BAD_POOL_CALLER,
		.param = { 0x0a, (unsigned long)p, right, tag },
		.addr_mask = BIT(1),
		.text = tag ? "a block was freed with another tag than it was allocated with" :
			      "a block of PROTECTED_POOL was freed without its tag",
		.has_tag = true,
		.tag = right,
		.size = size,
		.caller = caller,
		.allocator = allocator,
	};

	ntpool_report(&stop);
}

static void report_at_dispatch(void *p, u32 tag, size_t size, unsigned long caller)
{
	struct ntpool_stop stop = {
		.code = NTPOOL_STOP_BAD_POOL_CALLER,
		.param = { 0x09, ntpool_irql(), NTPOOL_PAGED, (unsigned long)p },
		.addr_mask = BIT(3),
		.text = "paged pool was freed at DISPATCH_LEVEL or above",
		.has_tag = true,
		.tag = tag,
		.size = size,
		.caller = caller,
	};

	ntpool_report(&stop);
}

static void report_payer(void *p, u32 tag, size_t size, unsigned long caller)
{
	struct ntpool_stop stop = {
		.code = NTPOOL_STOP_BAD_POOL_CALLER,
		.param = { 0x0d, (unsigned long)p, tag },
		.addr_mask = BIT(1),
		.text = "the end of a block, where it says which process pays, was overwritten",
		.has_tag = true,
		.tag = tag,
		.size = size,
		.caller = caller,
	};

	ntpool_report(&stop);
}

/* What a free has to say for itself. */
struct free_call {
	void *p;
	u32 tag;
	bool at_dispatch;
	const struct ntpool_list_call *list;	/* it is one of a lookaside list's */
	unsigned long caller;
};

/* The block is the caller's to free; what he did wrong does not matter to it. */
static void free_complain(const struct free_call *call, enum ntpool_type type, u32 tag,
			  size_t size, u8 flags, unsigned long allocator)
{
	if (call->tag ? call->tag != tag : ntpool_header_says(flags, NTPOOL_HDR_PROTECTED))
		report_wrong_tag(call->p, call->tag, tag, size, allocator, call->caller);
	if (call->at_dispatch && type == NTPOOL_PAGED)
		report_at_dispatch(call->p, tag, size, call->caller);
}

/* The same, of whatever kind. */
static void free_verified(const struct free_call *call, u8 flags, enum ntpool_type type, u32 tag,
			  size_t size, unsigned long allocator)
{
	const struct ntpool_block block = {
		.addr = call->p,
		.tag = tag,
		.type = type,
		.requested = size,
		.caller = allocator,
	};

	if (flags & NTPOOL_HDR_VERIFIED)
		ntpool_verify_free(&block, call->list, call->caller);
}

/* The process that was charged for the block gets it back. */
static void free_refund(const struct free_call *call, struct ntpool_heap *heap,
			const struct ntpool_header *copy)
{
	unsigned int granules = ntpool_header_granules(copy);
	u32 payer = ntpool_quota_payer((void *)ntpool_block_header(call->p) +
				       ntpool_granules_bytes(granules));

	if (!payer || !ntpool_quota_refund(payer, heap->type, ntpool_granules_bytes(granules)))
		report_payer(call->p, ntpool_header_tag(copy), ntpool_header_requested(copy),
			     call->caller);
}

static void free_claimed(const struct free_call *call, struct ntpool_heap *heap,
			 const struct ntpool_header *copy)
{
	struct ntpool_header *hdr = ntpool_block_header(call->p);
	unsigned int granules = ntpool_header_granules(copy);

	free_complain(call, heap->type, ntpool_header_tag(copy), ntpool_header_requested(copy),
		      ntpool_header_flags(copy), ntpool_header_caller(copy));
	free_verified(call, ntpool_header_flags(copy), heap->type, ntpool_header_tag(copy),
		      ntpool_header_requested(copy), ntpool_header_caller(copy));
	if (ntpool_header_says(ntpool_header_flags(copy), NTPOOL_HDR_QUOTA))
		free_refund(call, heap, copy);
	wipe(hdr, granules);
	count_free(heap->type, copy);
	ntpool_cache_push_slow(heap, hdr, granules);
}

static void free_big_claimed(const struct free_call *call, struct ntpool_run *run)
{
	free_complain(call, run->type, run->tag, run->requested, run->flags, run->caller);
	free_verified(call, run->flags, run->type, run->tag, run->requested, run->caller);
	if (ntpool_header_says(run->flags, NTPOOL_HDR_QUOTA))
		ntpool_quota_refund(run->payer, run->type, run->pages << PAGE_SHIFT);
	ntpool_tag_count_free(&counts_of(run->tag, run->flags)[run->type],
			      run->pages * NTPOOL_GRANULES, run->requested);
	ntpool_run_cache_put(run);
}

static void free_big(const struct free_call *call)
{
	struct ntpool_run *run, copy;

	switch (ntpool_run_claim(NTPOOL_USE_POOL, call->p, &run, &copy)) {
	case NTPOOL_FREE_OK:
		free_big_claimed(call, run);
		break;
	case NTPOOL_FREE_MIDDLE:
		report_middle(copy.type, call->p, call->caller);
		break;
	case NTPOOL_FREE_TWICE:
		report_twice(call->p, 0, call->caller);
		break;
	default:
		report_unowned(call->p, call->caller);
	}
}

static void free_special_claimed(const struct free_call *call, struct ntpool_special_slot *slot)
{
	free_complain(call, slot->type, slot->tag, slot->size, slot->flags,
		      slot->allocated.caller);
	free_verified(call, slot->flags, slot->type, slot->tag, slot->size,
		      slot->allocated.caller);
	if (ntpool_header_says(slot->flags, NTPOOL_HDR_QUOTA))
		ntpool_quota_refund(slot->payer, slot->type, slot->charged);
	ntpool_tag_count_free(&counts_of(slot->tag, slot->flags)[slot->type], NTPOOL_GRANULES,
			      slot->size);
	ntpool_special_release(slot, call->caller);
}

static void report_special_twice(void *p, const struct ntpool_special_slot *slot,
				 unsigned long caller)
{
	struct ntpool_stop stop = {
		.code = NTPOOL_STOP_BAD_POOL_CALLER,
		.param = { 0x07, 0, 0, (unsigned long)p },
		.addr_mask = BIT(3),
		.text = "a block was freed that is free already",
		.has_tag = true,
		.tag = slot->tag,
		.size = slot->size,
		.caller = caller,
		.allocated = &slot->allocated,
		.freed = &slot->freed,
	};

	ntpool_report(&stop);
}

/* False: it is not in special pool. */
static bool free_special(const struct free_call *call)
{
	struct ntpool_special_slot *slot;

	switch (ntpool_special_claim(call->p, &slot)) {
	case NTPOOL_FREE_OK:
		free_special_claimed(call, slot);
		return true;
	case NTPOOL_FREE_MIDDLE:
		report_middle(slot->type, call->p, call->caller);
		return true;
	case NTPOOL_FREE_TWICE:
		report_special_twice(call->p, slot, call->caller);
		return true;
	default:
		return false;
	}
}

/* False: the pool does not own the page. In a read section. */
static bool free_in_page(const struct free_call *call, struct ntpool_page *page)
{
	struct ntpool_header copy;

	switch (ntpool_heap_claim(page, call->p, &copy)) {
	case NTPOOL_FREE_OK:
		free_claimed(call, page->map.heap, &copy);
		return true;
	case NTPOOL_FREE_MIDDLE:
		report_middle(page->map.heap->type, call->p, call->caller);
		return true;
	case NTPOOL_FREE_TWICE:
		report_twice(call->p, copy.cookie | (u64)copy.size << 32, call->caller);
		return true;
	case NTPOOL_FREE_CORRUPT:
		report_corrupt(call->p, &copy, call->caller);
		return true;
	case NTPOOL_FREE_UNOWNED:
		return false;
	}
	return false;
}

static noinline void free_slow(void *p, u32 tag, const struct ntpool_list_call *list,
			       unsigned long caller)
{
	const struct free_call call = {
		.p = p,
		.tag = tag,
		.at_dispatch = !ntpool_paged_ok(),
		.list = list,
		.caller = caller,
	};
	struct ntpool_page *page;
	bool done;

	/* Its tag may be one that the fast path does not find. */
	if (ntpool_free_block(p, tag, true))
		return;
	rcu_read_lock();
	page = ntpool_page_of(p);
	done = page && free_in_page(&call, page);
	rcu_read_unlock();
	if (!done && !free_special(&call))
		free_big(&call);
}

void ntpool_free_slow(void *p, u32 tag, unsigned long caller)
{
	tag &= ~NTPOOL_TAG_PROTECTED;
	if (unlikely(!PAGE_ALIGNED(p) || !ntpool_run_cache_free(p, tag)))
		free_slow(p, tag, NULL, caller);
}

void ntpool_free(void *p, u32 tag, unsigned long caller)
{
	if (unlikely(!ntpool_free_fast(p, tag)))
		ntpool_free_slow(p, tag, caller);
}

void ntpool_list_free(void *p, const struct ntpool_list_call *list, unsigned long caller)
{
	if (unlikely(!ntpool_free_fast(p, 0)))
		free_slow(p, 0, list, caller);
}

/* Its header, if a live block of a carved page begins at @p. In a read section. */
static bool usable_in_page(const void *p, struct ntpool_header *copy)
{
	const struct ntpool_header *hdr = (const struct ntpool_header *)p - 1;
	struct ntpool_page *page = ntpool_page_of(hdr);

	if (!page || !IS_ALIGNED((unsigned long)hdr, NTPOOL_GRANULE) ||
	    !ntpool_begins_block(&page->map, ntpool_map_granule(p) % NTPOOL_GRANULES))
		return false;
	/* Somebody may be freeing it; then the sum does not fit, or the question is late. */
	*copy = data_race(*hdr);
	return ntpool_header_is_live(copy, hdr);
}

size_t ntpool_usable_size(const void *p, bool *charged)
{
	struct ntpool_header copy;
	struct ntpool_run run;
	bool carved;

	rcu_read_lock();
	carved = usable_in_page(p, &copy);
	rcu_read_unlock();
	if (carved) {
		*charged = ntpool_header_says(ntpool_header_flags(&copy), NTPOOL_HDR_QUOTA);
		return ntpool_granules_bytes(ntpool_header_granules(&copy)) - sizeof(copy) -
		       (*charged ? NTPOOL_QUOTA_TRAILER : 0);
	}
	*charged = false;
	if (!ntpool_run_peek(p, &run) || run.use != NTPOOL_USE_POOL)
		return ntpool_special_size(p, charged);
	*charged = ntpool_header_says(run.flags, NTPOOL_HDR_QUOTA);
	return run.pages << PAGE_SHIFT;
}

bool ntpool_is_paged(const void *p)
{
	struct ntpool_page *page;
	bool carved, paged;

	rcu_read_lock();
	page = ntpool_page_of(p);
	carved = page;
	paged = page && page->map.heap->type == NTPOOL_PAGED;
	rcu_read_unlock();
	return carved ? paged : ntpool_special_is_paged(p) || ntpool_run_is_paged(p);
}

int ntpool_iterate_blocks(ntpool_block_fn fn, void *arg)
{
	return ntpool_heap_for_each(fn, arg) ?: ntpool_special_for_each(fn, arg) ?:
	       ntpool_run_for_each(fn, arg);
}
