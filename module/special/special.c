// SPDX-License-Identifier: GPL-2.0
/*
 * Special pool: allocations with pages of their own between guard pages.
 *
 * NT puts a watched block at the end of a page, in front of an unmapped one. So an overrun
 * faults at once. Against underruns it puts the block at the start of a page, behind an
 * unmapped one. The rest of the page has a pattern that is checked at the free. The page of
 * a freed block stays unmapped, so that late accesses fault as well.
 *
 * NT serves blocks below a page so. Here blocks of up to NTPOOL_SPECIAL_MAX bytes are served,
 * because overruns of large buffers are as likely. A block of a page or more begins on a page,
 * as everywhere. Its last page is followed by an unmapped one, and the rest of it has the
 * pattern. A block below a page ends at the end of its page, up to its alignment: 16 bytes, or
 * a cache line if requested. The bytes that this leaves have the pattern too.
 *
 * A block takes a slot of the lowest order that has room for it (special_slot.c). The slots
 * have their memory from special_stock.c, their address space from special_map.c.
 * special_pattern.c fills and checks pages, special_fault.c explains faults. If there is no
 * slot, the caller falls back to ordinary pool, as on NT.
 *
 * A sample (sample.c) is in a slot too. But its address is in the linear map, where drivers may
 * use virt_to_page() and DMA. There is no guard page, only the pattern.
 *
 * Differences from NT: larger blocks, and blocks of paged pool are in the same slots. A driver
 * that treats nonpaged pool as linear memory must not be verified with special pool.
 *
 * Locking: ntpool_special_lock, see special_slot.c. A block is filled, checked and mapped
 * without it, while its slot is NTPOOL_SPECIAL_BUSY. Contexts: any but NMI.
 */
#include <linux/cache.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "base/param.h"
#include "special/special_slot.h"

enum {
	SPECIAL_ALIGN = 16,
};

/* The parameter; one word, read without a lock. */
static unsigned int special_at_start __read_mostly;

/* True if the block has to be at the start of its page: by the request or the parameter. */
static bool is_at_start(unsigned int flags)
{
	if (flags & NTPOOL_UNDERRUN)
		return true;
	return !(flags & NTPOOL_OVERRUN) && READ_ONCE(special_at_start);
}

/* Bytes of its page that a block at the end takes, rounded up to its alignment. */
static size_t room_for(size_t size, unsigned int flags)
{
	size_t align = flags & NTPOOL_ALIGNED ? max_t(size_t, SMP_CACHE_BYTES, SPECIAL_ALIGN) :
						SPECIAL_ALIGN;

	return ALIGN(max_t(size_t, size, 1), align);
}

static unsigned int offset_for(const struct ntpool_request *req)
{
	if (req->size >= PAGE_SIZE || is_at_start(req->flags))
		return 0;
	return PAGE_SIZE - room_for(req->size, req->flags);
}

static void slot_map(const struct ntpool_special_slot *slot)
{
	unsigned int i;

	for (i = 0; i < slot->pages; i++)
		ntpool_special_map(slot->base + i * PAGE_SIZE, slot->page + i);
}

static void slot_unmap(const struct ntpool_special_slot *slot)
{
	unsigned int i;

	for (i = 0; i < slot->pages; i++)
		ntpool_special_unmap(slot->base + i * PAGE_SIZE);
}

/* Prepares the block of @slot. */
static void slot_begin(struct ntpool_special_slot *slot, const struct ntpool_request *req, u8 keep)
{
	slot->type = req->type;
	slot->linear = req->flags & NTPOOL_LINEAR;
	slot->flags = keep;
	slot->pages = ntpool_special_pages_for(req->size);
	slot->offset = offset_for(req);
	slot->size = req->size;
	slot->tag = req->tag;
	slot->payer = req->payer;
	slot->charged = req->charged;
	ntpool_special_fill(slot, (req->flags & NTPOOL_ZERO) || want_init_on_alloc(0));
	ntpool_stack_take(&slot->allocated, req->caller);
	if (!slot->linear)
		slot_map(slot);
}

void *ntpool_special_alloc(const struct ntpool_request *req, u8 keep)
{
	unsigned int order = order_base_2(ntpool_special_pages_for(req->size));
	struct ntpool_special_slot *slot;
	void *p;

	if (!(req->flags & NTPOOL_LINEAR) && !ntpool_special.size)
		return NULL;
	slot = ntpool_special_take(order);
	if (!slot)
		return NULL;
	if (slot->freed.caller)
		ntpool_special_check_freed(slot);
	slot_begin(slot, req, keep);
	p = ntpool_special_block(slot);
	/* From here on a wrong free may free the block, and the slot may be used again. */
	ntpool_special_enter(slot, NTPOOL_SPECIAL_LIVE);
	return p;
}

void ntpool_special_release(struct ntpool_special_slot *slot, unsigned long caller)
{
	ntpool_stack_take(&slot->freed, caller);
	if (!slot->linear)
		slot_unmap(slot);
	ntpool_special_check_around(slot, caller);
	ntpool_special_fill_freed(slot);
	ntpool_special_enter(slot, NTPOOL_SPECIAL_FREED);
}

/*
 * Queries
 */

bool ntpool_special_is_paged(const void *p)
{
	struct ntpool_special_slot *slot;
	unsigned long flags;
	bool paged;

	if (!ntpool_special_may_have(p))
		return false;
	raw_spin_lock_irqsave(&ntpool_special_lock, flags);
	slot = ntpool_special_find(p);
	paged = slot && slot->state == NTPOOL_SPECIAL_LIVE && slot->type == NTPOOL_PAGED;
	raw_spin_unlock_irqrestore(&ntpool_special_lock, flags);
	return paged;
}

size_t ntpool_special_size(const void *p, bool *charged)
{
	struct ntpool_special_slot *slot;
	unsigned long flags;
	size_t size = 0;

	if (!ntpool_special_may_have(p))
		return 0;
	raw_spin_lock_irqsave(&ntpool_special_lock, flags);
	slot = ntpool_special_find(p);
	if (slot && slot->state == NTPOOL_SPECIAL_LIVE && ntpool_special_block(slot) == p) {
		size = slot->size;
		*charged = ntpool_header_has(slot->flags, NTPOOL_HDR_QUOTA);
	}
	raw_spin_unlock_irqrestore(&ntpool_special_lock, flags);
	return size;
}

bool ntpool_special_near(const void *p, struct ntpool_block *block, bool *live)
{
	struct ntpool_special_slot *slot;
	unsigned long flags;
	bool known;

	if (!ntpool_special_may_have(p))
		return false;
	raw_spin_lock_irqsave(&ntpool_special_lock, flags);
	slot = ntpool_special_find(p);
	known = slot && (slot->state == NTPOOL_SPECIAL_LIVE || slot->state == NTPOOL_SPECIAL_FREED);
	if (known) {
		*live = slot->state == NTPOOL_SPECIAL_LIVE;
		*block = ntpool_special_describe(slot, ntpool_special_block(slot));
	}
	raw_spin_unlock_irqrestore(&ntpool_special_lock, flags);
	return known;
}

static int special_start_set(const char *val, const struct kernel_param *kp)
{
	return ntpool_param_uint(val, kp, 0, 1);
}

static const struct kernel_param_ops special_start_ops = {
	.set = special_start_set,
	.get = param_get_uint,
};

module_param_cb(special_start, &special_start_ops, &special_at_start, 0644);
MODULE_PARM_DESC(special_start,
		 "special pool places blocks at the end of the page (0) or at the start (1) (default 0)");

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/special_hooks.c"
#endif
