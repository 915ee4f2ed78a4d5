// SPDX-License-Identifier: GPL-2.0
/*
 * Damage in free memory of a heap.
 *
 * Damage is found under the heap's lock. No report is made under a lock of ntpool: a
 * console driver may allocate from ntpool, and a serial console is slow. The finding is
 * noted in the heap. The function that drops the lock takes a copy and reports it
 * afterwards.
 *
 * A header is most likely overwritten by the block in front of it. Reports name that block.
 *
 * Locking: heap->lock protects heap->damage.
 */
#include <linux/bits.h>
#include <linux/cache.h>
#include <linux/kernel.h>

#include "base/report.h"
#include "heap/damage.h"
#include "heap/freelist.h"

/* In the lowest file of the folder that reads it. Set by ntpool_heap_init(). */
u64 ntpool_secret __ro_after_init;

static const struct ntpool_violation violations[] = {
	[NTPOOL_DAMAGED_HEADER] = {
		.code = NTPOOL_STOP_BAD_POOL_HEADER,
		.subcode = 0x5,
		.addr_mask = BIT(1),
		.text = "the header of a freed block was overwritten; it was restored",
	},
	[NTPOOL_DAMAGED_LINK] = {
		.code = NTPOOL_STOP_BAD_POOL_HEADER,
		.subcode = 0x3,
		.addr_mask = BIT(1) | BIT(2) | BIT(3),
		.text = "a freed block was written to: its list is damaged and is rebuilt",
	},
};

/*
 * Describes the block that begins at @granule. A cached block has the header of its last
 * life. Returns false if that header describes no block. The heap's lock is held.
 */
static bool block_describe(struct ntpool_page *page, unsigned int granule,
			   struct ntpool_block *block)
{
	unsigned int granules = ntpool_page_end(page, granule) - granule;
	struct ntpool_header *hdr = ntpool_page_header(page, granule);
	/* A fast path may write it meanwhile; then nothing is known. */
	struct ntpool_header copy = data_race(*hdr);

	if (ntpool_header_granules(&copy) != granules || !copy.owner ||
	    (!ntpool_header_is_live(&copy, hdr) &&
	     copy.cookie != ntpool_cookie_idle(NTPOOL_STATE_CACHED)))
		return false;
	*block = (struct ntpool_block){
		.addr = ntpool_block_body(hdr),
		.tag = ntpool_header_tag(&copy),
		.type = page->map.heap->type,
		.bytes = (size_t)granules << NTPOOL_GRANULE_SHIFT,
		.requested = ntpool_header_requested(&copy),
		.caller = ntpool_header_caller(&copy),
	};
	return true;
}

/* Describes the block in front of the one that begins at @granule. Likewise. */
static bool before_describe(struct ntpool_page *page, unsigned int granule,
			    struct ntpool_block *block)
{
	unsigned int before = find_last_bit(page->start, granule);

	return before < granule && block_describe(page, before, block);
}

/* True for a free block with an intact header. The heap's lock is held. */
static bool block_is_free(const struct ntpool_page *page, unsigned int granule)
{
	/* A driver that writes out of bounds may change it meanwhile. */
	u32 cookie = READ_ONCE(ntpool_page_header(page, granule)->cookie);

	return test_bit(granule, page->free) &&
	       ntpool_page_end(page, granule) - granule >= NTPOOL_MIN_GRANULES &&
	       cookie == ntpool_cookie_idle(NTPOOL_STATE_FREE);
}

void ntpool_damage_near(struct ntpool_page *page, const void *p, struct ntpool_near *near)
{
	struct ntpool_heap *heap = page->map.heap;
	unsigned long offset = p - page->base;
	unsigned int granule;
	unsigned long flags;

	/* The block that the header of @p would lie in. */
	offset -= min(offset, sizeof(struct ntpool_header));
	raw_spin_lock_irqsave(&heap->lock, flags);
	granule = find_last_bit(page->start, (offset >> NTPOOL_GRANULE_SHIFT) + 1);
	near->has_block = page->live && block_describe(page, granule, &near->block);
	near->is_free = page->live && block_is_free(page, granule);
	near->has_before = page->live && before_describe(page, granule, &near->before);
	raw_spin_unlock_irqrestore(&heap->lock, flags);
}

void ntpool_damage_note(struct ntpool_damage *damage, enum ntpool_damage_kind kind,
			const void *at, u64 value, u64 second)
{
	struct ntpool_page *page = ntpool_page_of(at);
	unsigned int nr = damage->nr++;

	if (nr >= NTPOOL_DAMAGES)
		return;
	damage->found[nr].has_before = kind == NTPOOL_DAMAGED_HEADER &&
				       before_describe(page, ntpool_page_granule(page, at),
						       &damage->found[nr].before);
	damage->found[nr].kind = kind;
	damage->found[nr].at = at;
	damage->found[nr].value[0] = value;
	damage->found[nr].value[1] = second;
}

void ntpool_damage_report(const struct ntpool_damage *damage)
{
	unsigned int i;

	for (i = 0; i < min_t(unsigned int, damage->nr, NTPOOL_DAMAGES); i++)
		ntpool_report_kind(&violations[damage->found[i].kind], (struct ntpool_stop){
			.param = {
				0, (unsigned long)damage->found[i].at,
				damage->found[i].value[0], damage->found[i].value[1],
			},
			.before = damage->found[i].has_before ? &damage->found[i].before : NULL,
		});
	ntpool_report_omitted(damage->nr - i);
}
