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
#include "verify/special.h"
#include "verify/verify.h"

static struct ntp_tag_counts __percpu *counts_of(u32 tag, u8 flags)
{
	return flags & NTP_HDR_OVERFLOW ? ntp_tag_overflow : ntp_tag_find(tag);
}

static void count_free(enum ntp_kind kind, const struct ntp_header *copy)
{
	ntp_tag_count_free(&counts_of(ntp_header_tag(copy), ntp_header_flags(copy))[kind],
			   ntp_header_units(copy), ntp_header_requested(copy));
}

/* The block has been claimed: its contents are nobody's. */
static void wipe(struct ntp_header *hdr, unsigned int units)
{
	if (want_init_on_free())
		memset(ntp_block_body(hdr), 0, ntp_units_bytes(units) - sizeof(*hdr));
}

/* How to name what is wrong with a pointer. */
static void report_free(u32 p1, void *p, const char *text, unsigned long caller)
{
	struct ntp_stop stop = {
		.code = NTP_STOP_BAD_POOL_CALLER,
		.param = { p1, (unsigned long)p },
		.addr_mask = BIT(1),
		.text = text,
		.caller = caller,
	};

	ntp_report(&stop);
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
	else if (ntp_in_linear_map(p) && virt_addr_valid(p))
		report_free(0x42, p, "kernel memory that is in no pool was freed", caller);
	else if (is_mapped(p))
		report_free(0x43, p, "mapped kernel memory that is in no pool was freed", caller);
	else
		report_free(0x46, p, "an address where nothing is was freed", caller);
}

static void report_middle(enum ntp_kind kind, void *p, unsigned long caller)
{
	report_free(kind == NTP_PAGED ? 0x41286 : 0x99, p,
		    "an address in the middle of an allocation was freed", caller);
}

/* @contents: what its header says, as NT has it. */
static void report_twice(void *p, u64 contents, unsigned long caller)
{
	struct ntp_stop stop = {
		.code = NTP_STOP_BAD_POOL_CALLER,
		.param = { 0x07, 0, contents, (unsigned long)p },
		.addr_mask = BIT(3),
		.text = "a block was freed that is free already",
		.caller = caller,
	};

	ntp_report(&stop);
}

static void report_corrupt(void *p, const struct ntp_header *copy, unsigned long caller)
{
	unsigned long hdr = (unsigned long)ntp_block_header(p);
	struct ntp_stop stop = {
		.code = NTP_STOP_BAD_POOL_HEADER,
		.param = { 0x20, hdr, hdr + ((size_t)ntp_header_units(copy) << NTP_UNIT_SHIFT) },
		.addr_mask = BIT(1) | BIT(2),
		.text = "a block's header was overwritten, as from the block before; it is kept",
		.has_tag = true,
		.tag = ntp_header_tag(copy),
		.size = ntp_header_requested(copy),
		.caller = caller,
	};

	ntp_report(&stop);
}

static void report_wrong_tag(void *p, u32 tag, u32 right, size_t size,
			     unsigned long allocator, unsigned long caller)
{
	struct ntp_stop stop = {
		.code = NTP_STOP_BAD_POOL_CALLER,
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

	ntp_report(&stop);
}

static void report_at_dispatch(void *p, u32 tag, size_t size, unsigned long caller)
{
	struct ntp_stop stop = {
		.code = NTP_STOP_BAD_POOL_CALLER,
		.param = { 0x09, ntp_irql(), NTP_PAGED, (unsigned long)p },
		.addr_mask = BIT(3),
		.text = "paged pool was freed at DISPATCH_LEVEL or above",
		.has_tag = true,
		.tag = tag,
		.size = size,
		.caller = caller,
	};

	ntp_report(&stop);
}

static void report_payer(void *p, u32 tag, size_t size, unsigned long caller)
{
	struct ntp_stop stop = {
		.code = NTP_STOP_BAD_POOL_CALLER,
		.param = { 0x0d, (unsigned long)p, tag },
		.addr_mask = BIT(1),
		.text = "the end of a block, where it says which process pays, was overwritten",
		.has_tag = true,
		.tag = tag,
		.size = size,
		.caller = caller,
	};

	ntp_report(&stop);
}

/* What a free has to say for itself. */
struct free_call {
	void *p;
	u32 tag;
	bool at_dispatch;
	const struct ntp_list_call *list;	/* it is one of a lookaside list's */
	unsigned long caller;
};

/* The block is the caller's to free; what he did wrong does not matter to it. */
static void free_complain(const struct free_call *call, enum ntp_kind kind, u32 tag,
			  size_t size, u8 flags, unsigned long allocator)
{
	if (call->tag ? call->tag != tag : ntp_header_says(flags, NTP_HDR_PROTECTED))
		report_wrong_tag(call->p, call->tag, tag, size, allocator, call->caller);
	if (call->at_dispatch && kind == NTP_PAGED)
		report_at_dispatch(call->p, tag, size, call->caller);
}

/* The same, of whatever kind. */
static void free_verified(const struct free_call *call, u8 flags, enum ntp_kind kind, u32 tag,
			  size_t size, unsigned long allocator)
{
	const struct ntp_block block = {
		.addr = call->p,
		.tag = tag,
		.kind = kind,
		.requested = size,
		.caller = allocator,
	};

	if (flags & NTP_HDR_VERIFIED)
		ntp_verify_free(&block, call->list, call->caller);
}

/* The process that was charged for the block gets it back. */
static void free_refund(const struct free_call *call, struct ntp_heap *heap,
			const struct ntp_header *copy)
{
	unsigned int units = ntp_header_units(copy);
	u32 payer = ntp_quota_payer(ntp_block_header(call->p), units);

	if (!payer || !ntp_quota_refund(payer, heap->kind, ntp_units_bytes(units)))
		report_payer(call->p, ntp_header_tag(copy), ntp_header_requested(copy),
			     call->caller);
}

static void free_claimed(const struct free_call *call, struct ntp_heap *heap,
			 const struct ntp_header *copy)
{
	struct ntp_header *hdr = ntp_block_header(call->p);
	unsigned int units = ntp_header_units(copy);

	free_complain(call, heap->kind, ntp_header_tag(copy), ntp_header_requested(copy),
		      ntp_header_flags(copy), ntp_header_caller(copy));
	free_verified(call, ntp_header_flags(copy), heap->kind, ntp_header_tag(copy),
		      ntp_header_requested(copy), ntp_header_caller(copy));
	if (ntp_header_says(ntp_header_flags(copy), NTP_HDR_QUOTA))
		free_refund(call, heap, copy);
	wipe(hdr, units);
	count_free(heap->kind, copy);
	ntp_cache_put(heap, hdr, units);
}

static void free_big_claimed(const struct free_call *call, struct ntp_big *big)
{
	free_complain(call, big->kind, big->tag, big->requested, big->flags, big->caller);
	free_verified(call, big->flags, big->kind, big->tag, big->requested, big->caller);
	if (ntp_header_says(big->flags, NTP_HDR_QUOTA))
		ntp_quota_refund(big->payer, big->kind, big->pages << PAGE_SHIFT);
	ntp_tag_count_free(&counts_of(big->tag, big->flags)[big->kind],
			   big->pages * NTP_UNITS, big->requested);
	ntp_big_cache_put(big);
}

static void free_big(const struct free_call *call)
{
	struct ntp_big *big, copy;

	switch (ntp_big_claim(NTP_USE_POOL, call->p, &big, &copy)) {
	case NTP_FREE_OK:
		free_big_claimed(call, big);
		break;
	case NTP_FREE_MIDDLE:
		report_middle(copy.kind, call->p, call->caller);
		break;
	case NTP_FREE_TWICE:
		report_twice(call->p, 0, call->caller);
		break;
	default:
		report_unowned(call->p, call->caller);
	}
}

static void free_special_claimed(const struct free_call *call, struct ntp_special_slot *slot)
{
	free_complain(call, slot->kind, slot->tag, slot->size, slot->flags,
		      slot->allocated.caller);
	free_verified(call, slot->flags, slot->kind, slot->tag, slot->size,
		      slot->allocated.caller);
	if (ntp_header_says(slot->flags, NTP_HDR_QUOTA))
		ntp_quota_refund(slot->payer, slot->kind, slot->charged);
	ntp_tag_count_free(&counts_of(slot->tag, slot->flags)[slot->kind], NTP_UNITS, slot->size);
	ntp_special_release(slot, call->caller);
}

static void report_special_twice(void *p, const struct ntp_special_slot *slot,
				 unsigned long caller)
{
	struct ntp_stop stop = {
		.code = NTP_STOP_BAD_POOL_CALLER,
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

	ntp_report(&stop);
}

/* False: it is not in special pool. */
static bool free_special(const struct free_call *call)
{
	struct ntp_special_slot *slot;

	switch (ntp_special_claim(call->p, &slot)) {
	case NTP_FREE_OK:
		free_special_claimed(call, slot);
		return true;
	case NTP_FREE_MIDDLE:
		report_middle(slot->kind, call->p, call->caller);
		return true;
	case NTP_FREE_TWICE:
		report_special_twice(call->p, slot, call->caller);
		return true;
	default:
		return false;
	}
}

/* False: the pool does not own the page. In a read section. */
static bool free_in_page(const struct free_call *call, struct ntp_page *page)
{
	struct ntp_header copy;

	switch (ntp_heap_claim(page, call->p, &copy)) {
	case NTP_FREE_OK:
		free_claimed(call, page->map.heap, &copy);
		return true;
	case NTP_FREE_MIDDLE:
		report_middle(page->map.heap->kind, call->p, call->caller);
		return true;
	case NTP_FREE_TWICE:
		report_twice(call->p, copy.seal | (u64)copy.size << 32, call->caller);
		return true;
	case NTP_FREE_CORRUPT:
		report_corrupt(call->p, &copy, call->caller);
		return true;
	case NTP_FREE_UNOWNED:
		return false;
	}
	return false;
}

static noinline void free_slow(void *p, u32 tag, const struct ntp_list_call *list,
			       unsigned long caller)
{
	const struct free_call call = {
		.p = p,
		.tag = tag,
		.at_dispatch = !ntp_paged_ok(),
		.list = list,
		.caller = caller,
	};
	struct ntp_page *page;
	bool done;

	/* Its tag may be one that the fast path does not find. */
	if (ntp_free_block(p, tag, true))
		return;
	rcu_read_lock();
	page = ntp_page_of(p);
	done = page && free_in_page(&call, page);
	rcu_read_unlock();
	if (!done && !free_special(&call))
		free_big(&call);
}

void ntp_free_slow(void *p, u32 tag, unsigned long caller)
{
	tag &= ~NTP_TAG_PROTECTED;
	if (unlikely(!PAGE_ALIGNED(p) || !ntp_big_cache_free(p, tag)))
		free_slow(p, tag, NULL, caller);
}

void ntp_free(void *p, u32 tag, unsigned long caller)
{
	if (unlikely(!ntp_free_fast(p, tag)))
		ntp_free_slow(p, tag, caller);
}

void ntp_list_free(void *p, const struct ntp_list_call *list, unsigned long caller)
{
	if (unlikely(!ntp_free_fast(p, 0)))
		free_slow(p, 0, list, caller);
}

/* Its header, if a live block of a carved page begins at @p. In a read section. */
static bool usable_in_page(const void *p, struct ntp_header *copy)
{
	const struct ntp_header *hdr = (const struct ntp_header *)p - 1;
	struct ntp_page *page = ntp_page_of(hdr);

	if (!page || !IS_ALIGNED((unsigned long)hdr, NTP_UNIT) ||
	    !ntp_begins_block(&page->map, ntp_map_unit(p) % NTP_UNITS))
		return false;
	/* Somebody may be freeing it; then the sum does not fit, or the question is late. */
	*copy = data_race(*hdr);
	return ntp_header_is_live(copy, hdr);
}

size_t ntp_usable_size(const void *p, bool *charged)
{
	struct ntp_header copy;
	struct ntp_big big;
	bool carved;

	rcu_read_lock();
	carved = usable_in_page(p, &copy);
	rcu_read_unlock();
	if (carved) {
		*charged = ntp_header_says(ntp_header_flags(&copy), NTP_HDR_QUOTA);
		return ntp_units_bytes(ntp_header_units(&copy)) - sizeof(copy) -
		       (*charged ? NTP_QUOTA_TRAILER : 0);
	}
	*charged = false;
	if (!ntp_big_peek(p, &big) || big.use != NTP_USE_POOL)
		return ntp_special_size(p, charged);
	*charged = ntp_header_says(big.flags, NTP_HDR_QUOTA);
	return big.pages << PAGE_SHIFT;
}

bool ntp_is_paged(const void *p)
{
	struct ntp_page *page;
	bool carved, paged;

	rcu_read_lock();
	page = ntp_page_of(p);
	carved = page;
	paged = page && page->map.heap->kind == NTP_PAGED;
	rcu_read_unlock();
	return carved ? paged : ntp_special_is_paged(p) || ntp_big_is_paged(p);
}

int ntp_walk_blocks(ntp_block_fn fn, void *arg)
{
	return ntp_heap_for_each(fn, arg) ?: ntp_special_for_each(fn, arg) ?:
	       ntp_big_for_each(fn, arg);
}
