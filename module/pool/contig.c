// SPDX-License-Identifier: GPL-2.0
/*
 * One allocation of the Mm routines, and one free of whatever a driver hands back.
 *
 * The pages come from phys.c. What is known of them is a record in the table of
 * whole pages (big.c), beside those of the pools: so they are in the figures of
 * their tag, in every debugfs file and in the report of leaks, as nonpaged memory.
 * The record says which routines own it: ExFreePool() does not find this memory,
 * nor MmFreeContiguousMemory() a pool's, nor one of the two kinds here the other's.
 *
 * Reports, with NT's stop code for a bad free of contiguous memory:
 *
 *	not the start of such an allocation	0xC2/0x60
 *	another size than it has		0xC2/0x60; freed as it was allocated
 *	another cache type than it has		0xC2/0x60; freed as it was allocated
 *	uncached asked for at DISPATCH_LEVEL	0xC2/0x08
 *	uncached freed at DISPATCH_LEVEL	0xC2/0x09; freed all the same
 *
 * The third parameter tells the first three apart: 0; the size that it has; all
 * ones. The fourth is the size or the cache type that was given.
 *
 * Locking: none of its own.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "account/tag.h"
#include "base/irql.h"
#include "base/report.h"
#include "pool/contig.h"
#include "verify/verify.h"

static void *contig_failed(u32 tag)
{
	this_cpu_inc(ntp_tag_find(tag)[NTP_NONPAGED].failed);
	return NULL;
}

/* Counted first: as soon as it can be found, a wild free may end it. */
static void contig_enter(struct ntp_big *big)
{
	struct ntp_tag_counts __percpu *counts = ntp_tag_find(big->tag);

	if (counts == ntp_tag_overflow)
		big->flags |= NTP_HDR_OVERFLOW;
	ntp_tag_count_alloc(&counts[NTP_NONPAGED], big->pages * NTP_UNITS, big->requested);
	ntp_big_enter(big);
}

void *ntp_contig_alloc(const struct ntp_phys_want *want, size_t size, u32 tag,
		       unsigned long caller)
{
	struct ntp_big *big;
	void *base;

	tag &= ~NTP_TAG_PROTECTED;
	if (ntp_verify_refuses(size, tag, caller))
		return contig_failed(tag);
	big = ntp_big_create();
	base = big ? ntp_phys_alloc(want) : NULL;
	if (!base) {
		kfree(big);
		return contig_failed(tag);
	}
	*big = (struct ntp_big){
		.base = base,
		.pages = want->nr,
		.requested = size,
		.caller = caller,
		.kind = NTP_NONPAGED,
		.tag = tag,
		.use = NTP_USE_CONTIGUOUS,
		.cache = want->cache,
	};
	contig_enter(big);
	return base;
}

static void report_alloc_irql(size_t size, unsigned long caller)
{
	struct ntp_stop stop = {
		.code = NTP_STOP_BAD_POOL_CALLER,
		.param = { 0x08, ntp_irql(), NTP_NONPAGED, size },
		.text = "uncached memory was asked for at DISPATCH_LEVEL or above",
		.has_tag = true,
		.tag = NTP_TAG_NONCACHED,
		.size = size,
		.caller = caller,
	};

	ntp_report(&stop);
}

void *ntp_noncached_alloc(size_t size, unsigned long caller)
{
	unsigned long pages = ntp_big_pages_for(size);
	struct page **page;
	struct ntp_big *big;
	void *base;

	if (!ntp_paged_ok()) {
		report_alloc_irql(size, caller);
		return contig_failed(NTP_TAG_NONCACHED);
	}
	if (ntp_verify_refuses(size, NTP_TAG_NONCACHED, caller))
		return contig_failed(NTP_TAG_NONCACHED);
	big = ntp_big_create();
	base = big ? ntp_phys_map(pages, &page) : NULL;
	if (!base) {
		kfree(big);
		return contig_failed(NTP_TAG_NONCACHED);
	}
	*big = (struct ntp_big){
		.base = base,
		.pages = pages,
		.requested = size,
		.caller = caller,
		.kind = NTP_NONPAGED,
		.tag = NTP_TAG_NONCACHED,
		.use = NTP_USE_NONCACHED,
		.cache = NTP_NONCACHED,
		.page = page,
	};
	contig_enter(big);
	return base;
}

static void report_unowned(const struct ntp_contig_free *call)
{
	struct ntp_stop stop = {
		.code = NTP_STOP_BAD_POOL_CALLER,
		.param = { 0x60, (unsigned long)call->p },
		.addr_mask = BIT(1),
		.text = call->use == NTP_USE_CONTIGUOUS ?
			"contiguous memory was freed where none begins" :
			"uncached memory was freed where none begins",
		.caller = call->caller,
	};

	ntp_report(&stop);
}

static void report_mismatch(const struct ntp_contig_free *call, const struct ntp_big *big,
			    u64 right, u64 given, const char *text)
{
	struct ntp_stop stop = {
		.code = NTP_STOP_BAD_POOL_CALLER,
		.param = { 0x60, (unsigned long)call->p, right, given },
		.addr_mask = BIT(1),
		.text = text,
		.has_tag = true,
		.tag = big->tag,
		.size = big->requested,
		.caller = call->caller,
		.allocator = big->caller,
	};

	ntp_report(&stop);
}

static void report_free_irql(const struct ntp_contig_free *call, const struct ntp_big *big)
{
	struct ntp_stop stop = {
		.code = NTP_STOP_BAD_POOL_CALLER,
		.param = { 0x09, ntp_irql(), NTP_NONPAGED, (unsigned long)call->p },
		.addr_mask = BIT(3),
		.text = "uncached memory was freed at DISPATCH_LEVEL or above",
		.has_tag = true,
		.tag = big->tag,
		.size = big->requested,
		.caller = call->caller,
	};

	ntp_report(&stop);
}

/* The size asked for, or what MmAllocateContiguousMemoryEx() made of it. */
static bool size_matches(const struct ntp_big *big, size_t size)
{
	return size == big->requested || size == big->pages << PAGE_SHIFT;
}

/* The memory is the caller's to free; what he did wrong does not matter to it. */
static void free_complain(const struct ntp_contig_free *call, const struct ntp_big *big)
{
	if (call->sized && !size_matches(big, call->size))
		report_mismatch(call, big, big->requested, call->size,
				"memory was freed with another size than it was allocated with");
	if (call->typed && call->cache != big->cache)
		report_mismatch(call, big, U64_MAX, call->cache,
				"memory was freed with another cache type than it was allocated with");
	if (call->use == NTP_USE_NONCACHED && !ntp_paged_ok())
		report_free_irql(call, big);
}

void ntp_contig_free(const struct ntp_contig_free *call)
{
	struct ntp_tag_counts __percpu *counts;
	struct ntp_big *big, copy;

	if (ntp_big_claim(call->use, call->p, &big, &copy) != NTP_FREE_OK) {
		report_unowned(call);
		return;
	}
	free_complain(call, big);
	counts = big->flags & NTP_HDR_OVERFLOW ? ntp_tag_overflow : ntp_tag_find(big->tag);
	ntp_tag_count_free(&counts[NTP_NONPAGED], big->pages * NTP_UNITS, big->requested);
	ntp_big_release(big);
}
