// SPDX-License-Identifier: GPL-2.0
/*
 * The reports of frees that are wrong, with NT's stop codes and parameters.
 *
 *	NULL						0xC2/0x46
 *	user space					0xC2/0x40
 *	memory of no pool, not mapped			0xC2/0x46
 *	memory of no pool, linear map			0xC2/0x42; of the Mm routines too
 *	memory of no pool, other kernel mapping		0xC2/0x43
 *	the middle of an allocation			0xC2/0x99, paged 0xC2/0x41286
 *	freed before					0xC2/0x07; see verify/freed.c for runs
 *	header overwritten				0x19/0x20; the block is kept
 *	wrong tag					0xC2/0x0A; freed all the same
 *	PROTECTED_POOL freed without its tag		0xC2/0x0A; freed all the same
 *	quota trailer overwritten			0xC2/0x0D; freed all the same
 *	paged at DISPATCH_LEVEL				0xC2/0x09; freed all the same
 *
 * Locking: none. Contexts: any but NMI.
 */
#include <linux/kasan.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "base/irql.h"
#include "base/report.h"
#include "heap/heap.h"
#include "heap/run.h"
#include "memory/pagemap.h"
#include "memory/phys.h"
#include "pool/free_report.h"
#include "special/special.h"

enum {
	FREED_NULL,
	FREED_USER,
	FREED_LINEAR,
	FREED_MAPPED,
	FREED_UNMAPPED,
	FREED_MIDDLE,
	FREED_MIDDLE_PAGED,
	FREED_TWICE,
	FREED_HEADER,
	FREED_TAG,
	FREED_UNTAGGED,
	FREED_AT_DISPATCH,
	FREED_PAYER,
};

static const struct ntpool_violation kinds[] = {
	[FREED_NULL] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x46, BIT(1),
		"NULL was freed" },
	[FREED_USER] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x40, BIT(1),
		"an address of user space was freed" },
	[FREED_LINEAR] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x42, BIT(1),
		"kernel memory that is in no pool was freed" },
	[FREED_MAPPED] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x43, BIT(1),
		"mapped kernel memory that is in no pool was freed" },
	[FREED_UNMAPPED] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x46, BIT(1),
		"an address where nothing is was freed" },
	[FREED_MIDDLE] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x99, BIT(1),
		"an address in the middle of an allocation was freed" },
	[FREED_MIDDLE_PAGED] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x41286, BIT(1),
		"an address in the middle of an allocation was freed" },
	[FREED_TWICE] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x07, BIT(3),
		"a block was freed that is free already" },
	[FREED_HEADER] = { NTPOOL_STOP_BAD_POOL_HEADER, 0x20, BIT(1) | BIT(2),
		"a block's header was overwritten, as from the block before; it is kept" },
	[FREED_TAG] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x0a, BIT(1),
		"a block was freed with another tag than it was allocated with" },
	[FREED_UNTAGGED] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x0a, BIT(1),
		"a block of PROTECTED_POOL was freed without its tag" },
	[FREED_AT_DISPATCH] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x09, BIT(3),
		"paged pool was freed at DISPATCH_LEVEL or above" },
	[FREED_PAYER] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x0d, BIT(1),
		"the end of a block, where it says which process pays, was overwritten" },
};

/* Reports a violation of @caller. @stop: its parameters. @block: NULL or the block. */
static void report_block(const struct ntpool_violation *kind, struct ntpool_stop stop,
			 const struct ntpool_block *block, unsigned long caller)
{
	stop.caller = caller;
	if (block) {
		stop.has_tag = true;
		stop.tag = block->tag;
		stop.size = block->requested;
		stop.allocator = block->caller;
	}
	ntpool_report_kind(kind, stop);
}

/* The memory of each family of routines, how it was freed, and what frees it. */
static const struct {
	const char *memory;
	const char *freed;
	const char *routine;
} families[] = {
	[NTPOOL_USE_POOL] = {
		"memory of the pool", "to the pool", "ExFreePool()",
	},
	[NTPOOL_USE_CONTIGUOUS] = {
		"contiguous memory", "as contiguous memory", "MmFreeContiguousMemory()",
	},
	[NTPOOL_USE_NONCACHED] = {
		"uncached memory", "as uncached memory", "MmFreeNonCachedMemory()",
	},
};

/* Writes one sentence. @offset: of the address in the block; 0 if the block is not known. */
static void owned_text(enum ntpool_use use, const struct ntpool_owned *owned, ptrdiff_t offset,
		       char *text)
{
	bool wrong = owned->use != use;
	char place[32] = "", right[48] = "";

	if (offset)
		snprintf(place, sizeof(place), ", at offset %td", offset);
	if (wrong && owned->is_live)
		snprintf(right, sizeof(right), ": %s frees it", families[owned->use].routine);
	snprintf(text, NTPOOL_STOP_SENTENCE, "%s%s was freed%s%s%s%s", families[owned->use].memory,
		 owned->is_live ? "" : " that is free already", wrong ? " " : "",
		 wrong ? families[use].freed : "", place, right);
}

void ntpool_free_report_owned(const struct ntpool_violation *kind, enum ntpool_use use, void *p,
			      const struct ntpool_owned *owned, unsigned long caller)
{
	const struct ntpool_block *block = owned->has_block ? &owned->block : NULL;
	struct ntpool_violation told = *kind;
	char text[NTPOOL_STOP_SENTENCE];

	owned_text(use, owned, block ? p - block->addr : 0, text);
	told.text = text;
	report_block(&told, (struct ntpool_stop){
		.param = { 0, (unsigned long)p },
		.allocated = owned->past.allocated.caller ? &owned->past.allocated : NULL,
		.freed = owned->past.base ? &owned->past.freed : NULL,
	}, block, caller);
}

static void report_address(const struct ntpool_violation *kind, void *p, unsigned long caller)
{
	report_block(kind, (struct ntpool_stop){
		.param = { 0, (unsigned long)p },
	}, NULL, caller);
}

/* True also beyond the bound of the page map. The kernel's image is another mapping. */
static bool is_linear(const void *p)
{
	return virt_addr_valid(p) &&
	       kasan_reset_tag(page_address(virt_to_page(p))) ==
	       PTR_ALIGN_DOWN(kasan_reset_tag(p), PAGE_SIZE);
}

static const struct ntpool_violation *kind_of_unowned(const void *p)
{
	phys_addr_t phys;

	if (!p)
		return &kinds[FREED_NULL];
	if ((unsigned long)p < TASK_SIZE_MAX)
		return &kinds[FREED_USER];
	if (is_linear(p))
		return &kinds[FREED_LINEAR];
	return &kinds[ntpool_phys_of(p, &phys) ? FREED_MAPPED : FREED_UNMAPPED];
}

/* As ntpool_free_report_twice(), for a run that is no longer ntpool's. */
static void report_past(void *p, const struct ntpool_owned *owned, unsigned long caller)
{
	report_block(&kinds[FREED_TWICE], (struct ntpool_stop){
		.param = { 0, 0, 0, (unsigned long)p },
		.allocated = owned->past.allocated.caller ? &owned->past.allocated : NULL,
		.freed = &owned->past.freed,
	}, &owned->block, caller);
}

void ntpool_free_report_unowned(void *p, unsigned long caller)
{
	const struct ntpool_violation *kind = kind_of_unowned(p);
	struct ntpool_owned owned;

	bool known = ntpool_owner_of(p, &owned);

	/* NT knows no other stop code for memory of the Mm routines. */
	if (known && owned.use != NTPOOL_USE_POOL)
		ntpool_free_report_owned(kind, NTPOOL_USE_POOL, p, &owned, caller);
	else if (known && owned.past.base)
		report_past(p, &owned, caller);
	else
		report_address(kind, p, caller);
}

void ntpool_free_report_middle(enum ntpool_type type, void *p, const struct ntpool_block *block,
			       unsigned long caller)
{
	struct ntpool_violation kind =
		kinds[type == NTPOOL_PAGED ? FREED_MIDDLE_PAGED : FREED_MIDDLE];
	char text[NTPOOL_STOP_SENTENCE];

	if (!block) {
		report_address(&kind, p, caller);
		return;
	}
	snprintf(text, sizeof(text), "%s, at offset %td", kind.text, p - block->addr);
	kind.text = text;
	report_block(&kind, (struct ntpool_stop){
		.param = { 0, (unsigned long)p },
	}, block, caller);
}

void ntpool_free_report_twice(void *p, u64 contents, const struct ntpool_block *block,
			      unsigned long caller)
{
	report_block(&kinds[FREED_TWICE], (struct ntpool_stop){
		.param = { 0, 0, contents, (unsigned long)p },
	}, block, caller);
}

void ntpool_free_report_special_twice(void *p, const struct ntpool_special_slot *slot,
				      unsigned long caller)
{
	ntpool_report_kind(&kinds[FREED_TWICE], (struct ntpool_stop){
		.param = { 0, 0, 0, (unsigned long)p },
		.has_tag = true,
		.tag = slot->tag,
		.size = slot->size,
		.caller = caller,
		.allocated = &slot->allocated,
		.freed = &slot->freed,
	});
}

void ntpool_free_report_header(void *p, const struct ntpool_header *copy,
			       const struct ntpool_near *near, unsigned long caller)
{
	unsigned long hdr = (unsigned long)ntpool_block_header(p);
	size_t bytes = (size_t)ntpool_header_granules(copy) << NTPOOL_GRANULE_SHIFT;

	ntpool_report_kind(&kinds[FREED_HEADER], (struct ntpool_stop){
		.param = { 0, hdr, hdr + bytes },
		.has_tag = true,
		.tag = ntpool_header_tag(copy),
		.size = ntpool_header_requested(copy),
		.damaged = true,
		.caller = caller,
		.before = near->has_before ? &near->before : NULL,
	});
}

void ntpool_free_report_tag(const struct ntpool_block *block, u32 tag, unsigned long caller)
{
	report_block(&kinds[tag ? FREED_TAG : FREED_UNTAGGED], (struct ntpool_stop){
		.param = { 0, (unsigned long)block->addr, block->tag, tag },
	}, block, caller);
}

void ntpool_free_report_irql(const struct ntpool_block *block, unsigned long caller)
{
	report_block(&kinds[FREED_AT_DISPATCH], (struct ntpool_stop){
		.param = { 0, ntpool_irql(), NTPOOL_PAGED, (unsigned long)block->addr },
	}, block, caller);
}

void ntpool_free_report_payer(const struct ntpool_block *block, unsigned long caller)
{
	report_block(&kinds[FREED_PAYER], (struct ntpool_stop){
		.param = { 0, (unsigned long)block->addr, block->tag },
	}, block, caller);
}
