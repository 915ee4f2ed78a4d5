// SPDX-License-Identifier: GPL-2.0
/*
 * Explains page faults in special pool.
 *
 * NT stops with 0xD6 or 0xD5 if a driver made the access, else with 0xCD or 0xCC. A fault in
 * a guard page belongs to the live block that is nearer: the one before it, or the one behind.
 * In a slot that is wider than its block, the pages behind the block are guard pages too.
 *
 * Locking: none, because the fault may have happened under any lock. If the slot changes at
 * that moment, the report may contain a wrong detail. Contexts: any.
 */
#include <linux/mm.h>

#include "base/callsite.h"
#include "base/report.h"
#include "special/special.h"

/* A sample is not mapped in special pool, so no fault there concerns it. */
static bool is_live(const struct ntpool_special_slot *slot)
{
	return slot && READ_ONCE(slot->state) == NTPOOL_SPECIAL_LIVE && !slot->linear;
}

/* Address of the block of @slot, which may be a freed one. */
static unsigned long block_of(const struct ntpool_special_slot *slot)
{
	return slot->base + slot->offset;
}

/*
 * Returns the nearer live block of the two that an access at @addr lies between: in slot
 * @before, or the next one. Returns NULL if there is none. *@past: the result is in @before.
 */
static const struct ntpool_special_slot *guard_owner(const struct ntpool_special_slot *before,
						     unsigned long addr, bool *past)
{
	const struct ntpool_special_slot *after = ntpool_special_slot_after(before);

	*past = is_live(before);
	if (*past && is_live(after))
		*past = addr - block_of(before) - before->size < block_of(after) - addr;
	if (*past)
		return before;
	return is_live(after) ? after : NULL;
}

/* Completes @stop with the block of @slot and reports it. */
static void report_fault(const struct ntpool_special_slot *slot, struct ntpool_stop *stop)
{
	stop->addr_mask = BIT(0) | BIT(2);
	stop->has_tag = true;
	stop->tag = slot->tag;
	stop->size = slot->size;
	stop->allocated = &slot->allocated;
	ntpool_report(stop);
}

static bool fault_in_freed(const struct ntpool_special_slot *slot, struct ntpool_stop *stop,
			   unsigned long addr, bool write)
{
	enum ntpool_special_state state = READ_ONCE(slot->state);
	char text[NTPOOL_STOP_SENTENCE];
	long at = addr - block_of(slot);

	/* A slot that has never had a block may be busy too. */
	if ((state != NTPOOL_SPECIAL_FREED && state != NTPOOL_SPECIAL_BUSY) || slot->linear ||
	    !slot->freed.caller)
		return false;
	snprintf(text, sizeof(text), "byte %ld of a freed block was %s", at,
		 write ? "written" : "read");
	stop->code = ntpool_callsite_in_module(stop->caller) ? NTPOOL_STOP_DRIVER_FREED :
							NTPOOL_STOP_FREED_SPECIAL;
	stop->text = text;
	stop->freed = &slot->freed;
	report_fault(slot, stop);
	return true;
}

static bool fault_in_guard(const struct ntpool_special_slot *before, struct ntpool_stop *stop,
			   unsigned long addr, bool write)
{
	const struct ntpool_special_slot *slot;
	char text[NTPOOL_STOP_SENTENCE];
	unsigned long block;
	bool past;

	slot = guard_owner(before, addr, &past);
	if (!slot)
		return false;
	block = block_of(slot);
	snprintf(text, sizeof(text), "byte %lu %s a block was %s",
		 past ? addr - block - slot->size + 1 : block - addr,
		 past ? "past the end of" : "before the start of", write ? "written" : "read");
	stop->code = ntpool_callsite_in_module(stop->caller) ? NTPOOL_STOP_DRIVER_BEYOND_END :
							NTPOOL_STOP_BEYOND_END;
	stop->text = text;
	report_fault(slot, stop);
	return true;
}

bool ntpool_special_fault(unsigned long addr, bool write, unsigned long ip, unsigned long caller)
{
	struct ntpool_stop stop = {
		.param = { addr, write, ip },
		.caller = caller,
	};
	const struct ntpool_special_slot *slot;
	bool guard = true;

	if (!ntpool_special_in_area(addr))
		return false;
	slot = ntpool_special_slot_at(addr, &guard);
	if (!guard && is_live(slot))
		guard = (addr - slot->base) >> PAGE_SHIFT >= slot->pages;
	return guard ? fault_in_guard(slot, &stop, addr, write) :
		       fault_in_freed(slot, &stop, addr, write);
}
