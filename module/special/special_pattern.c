// SPDX-License-Identifier: GPL-2.0
/*
 * The patterns of special pool: how writes that did not fault are found.
 *
 * NT fills the rest of a page around a block with a pattern. When the block is freed, NT
 * checks the pattern (0xC1). Here each block gets another pattern, in the field fill of its
 * slot. Pages in quarantine have the pattern FREED_FILL. It is checked before they are used
 * again or return to the kernel (0xC6). That finds a write by DMA, or through a stale TLB
 * entry of another CPU. Samples are not mapped page by page, so only patterns guard them.
 *
 * All accesses go through the linear map, so that the pages need not be mapped in special
 * pool.
 *
 * A block of whole pages that special pool has not served has a pattern too. The pattern
 * goes from the block's end to the end of its last page. Those bytes are no part of the
 * block.
 *
 * Locking: none. The caller has made the slot NTPOOL_SPECIAL_BUSY. last_fill is a single
 * word; two CPUs that read the same value only choose the same pattern.
 * Contexts: any but NMI.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "base/report.h"
#include "special/special.h"

enum {
	FREED_FILL = 0xdd,
	TAIL_FILL = 0xa7,	/* behind a block of ordinary pool */
};

static u8 last_fill;	/* one word, without a lock */

/* Bytes of the pages that the block takes. */
static size_t slot_bytes(const struct ntpool_special_slot *slot)
{
	return (size_t)slot->pages << PAGE_SHIFT;
}

/* Never 0 and never FREED_FILL: a driver's error is likely to write these. */
static u8 next_fill(void)
{
	u8 fill = READ_ONCE(last_fill) * 5 + 0x1d;

	WRITE_ONCE(last_fill, fill);
	return !fill || fill == FREED_FILL ? 0xa5 : fill;
}

void ntpool_special_fill(struct ntpool_special_slot *slot, bool zero)
{
	void *page = ntpool_special_page(slot);

	slot->fill = next_fill();
	memset(page, slot->fill, slot_bytes(slot));
	if (zero)
		memset(page + slot->offset, 0, slot->size);
}

void ntpool_special_fill_freed(const struct ntpool_special_slot *slot)
{
	memset(ntpool_special_page(slot), FREED_FILL, slot_bytes(slot));
}

void ntpool_special_check_freed(const struct ntpool_special_slot *slot)
{
	const u8 *page = ntpool_special_page(slot);
	const u8 *bad = memchr_inv(page, FREED_FILL, slot_bytes(slot));
	struct ntpool_stop stop = {
		.code = NTPOOL_STOP_MODIFIED_FREED_POOL,
		.param = { 0, 1 },
		.addr_mask = BIT(0),
		.text = "a freed block was written into, found when its page was used again",
		.has_tag = true,
		.tag = slot->tag,
		.size = slot->size,
		.caller = slot->freed.caller,
		.allocated = &slot->allocated,
		.freed = &slot->freed,
	};

	if (!bad)
		return;
	stop.param[0] = ntpool_special_addr(slot) + (bad - page);
	ntpool_report(&stop);
}

/* @stop: the parts that differ. The byte @nr on that side of the block has been overwritten. */
static void report_around(struct ntpool_stop stop, const char *side, unsigned long nr)
{
	char text[NTPOOL_STOP_SENTENCE];

	snprintf(text, sizeof(text), "byte %lu %s a block was overwritten, found at its free",
		 nr, side);
	stop.code = NTPOOL_STOP_SPECIAL_POOL;
	stop.addr_mask = BIT(0) | BIT(1);
	stop.text = text;
	stop.has_tag = true;
	ntpool_report(&stop);
}

/* The byte at @offset of the pages has been overwritten; @before: the block. */
static void report_overwritten(const struct ntpool_special_slot *slot, unsigned long offset,
			       bool before, unsigned long caller)
{
	unsigned long addr = ntpool_special_addr(slot);
	unsigned long end = slot->offset + slot->size;
	const struct ntpool_stop stop = {
		.param = {
			addr + slot->offset, addr + offset, slot->size, before ? 0x23 : 0x24,
		},
		.tag = slot->tag,
		.size = slot->size,
		.caller = caller,
		.allocated = &slot->allocated,
	};

	if (before)
		report_around(stop, "before", slot->offset - offset);
	else
		report_around(stop, "past the end of", offset - end + 1);
}

/* Reported are the last overwritten byte before the block and the first one behind it. */
void ntpool_special_check_around(const struct ntpool_special_slot *slot, unsigned long caller)
{
	const u8 *page = ntpool_special_page(slot);
	const u8 *end = page + slot->offset + slot->size;
	const u8 *at = page + slot->offset;

	if (memchr_inv(page, slot->fill, slot->offset)) {
		/* Bounded: the code that writes there may also restore the pattern. */
		while (at > page && *--at == slot->fill)
			;
		report_overwritten(slot, at - page, true, caller);
	}
	at = memchr_inv(end, slot->fill, page + slot_bytes(slot) - end);
	if (at)
		report_overwritten(slot, at - page, false, caller);
}

void ntpool_tail_fill(void *base, size_t size, size_t bytes)
{
	memset(base + size, TAIL_FILL, bytes - size);
}

void ntpool_tail_check(const struct ntpool_block *block, unsigned long caller)
{
	const void *end = block->addr + block->requested;
	const void *bad = memchr_inv(end, TAIL_FILL, block->bytes - block->requested);

	if (!bad)
		return;
	report_around((struct ntpool_stop){
		.param = {
			(unsigned long)block->addr, (unsigned long)bad, block->requested, 0x24,
		},
		.tag = block->tag,
		.size = block->requested,
		.caller = caller,
		.allocator = block->caller,
	}, "past the end of", bad - end + 1);
}
