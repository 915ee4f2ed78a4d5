// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier's checks of zones.
 *
 * NT's verifier is younger than zones and does not know them. A zone has no state
 * beyond its free list, which lies in the blocks themselves, and nothing says how
 * large a segment is. So, while the verifier is on, each segment that a zone gets is
 * noted here, and with that the free list can be followed safely: a pointer in it is
 * followed only if it points to a block of one of the zone's segments.
 *
 * Found are, by the interlocked routines: a block that is freed though it is free
 * already, or though it is no block of the zone; a free list that was overwritten. And
 * when pool memory is freed: a segment with blocks that are still out. A zone that has
 * segments from before the verifier was switched on is not checked. The routines that
 * are not interlocked are inline code of the driver and not seen.
 *
 * Following the list costs time proportional to its length, under the zone's lock. It
 * is a tool to find errors with.
 *
 * Locking: notes_lock, raw and with interrupts off, guards the notes; it nests inside
 * the lock of a zone, which is the driver's.
 */
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "base/client.h"
#include "base/irql.h"
#include "base/report.h"
#include "init.h"
#include "lists/zone_check.h"
#include "memory/backing.h"

/**
 * struct zone_note - a segment
 * @link: in notes
 * @zone: the zone that has it
 * @first: its first block
 * @end: behind the last one
 * @segment: where it begins
 * @block: size of a block
 * @rcu: frees it
 */
struct zone_note {
	struct list_head link;
	PZONE_HEADER zone;
	unsigned long first;
	unsigned long end;
	void *segment;
	ULONG block;
	struct rcu_head rcu;
};

static DEFINE_RAW_SPINLOCK(notes_lock);
static LIST_HEAD(notes);

static bool overlaps(const struct zone_note *note, unsigned long p, size_t size)
{
	return (unsigned long)note->segment < p + size && p < note->end;
}

/* Under the lock. */
static void note_drop(struct zone_note *note)
{
	lockdep_assert_held(&notes_lock);
	list_del(&note->link);
	kfree_rcu(note, rcu);
}

void ntpool_zone_note(PZONE_HEADER zone, void *segment, ULONG bytes, bool first)
{
	gfp_t gfp = ntpool_backing_gfp();
	struct zone_note *note, *old, *next;
	unsigned long flags;

	note = gfp && !ntpool_backing_refused() ? kmalloc(sizeof(*note), gfp) : NULL;
	if (note)
		*note = (struct zone_note){
			.zone = zone,
			.first = (unsigned long)segment + sizeof(ZONE_SEGMENT_HEADER),
			.end = (unsigned long)segment + bytes,
			.segment = segment,
			.block = zone->BlockSize,
		};
	raw_spin_lock_irqsave(&notes_lock, flags);
	/* What is known of older users of the memory is void. */
	list_for_each_entry_safe(old, next, &notes, link)
		if ((first && old->zone == zone) || overlaps(old, (unsigned long)segment, bytes))
			note_drop(old);
	/* Switched off meanwhile: all notes have been dropped, or wait for the lock. */
	if (note && ntpool_verifier_has_bits()) {
		list_add(&note->link, &notes);
		note = NULL;
	}
	raw_spin_unlock_irqrestore(&notes_lock, flags);
	kfree(note);
}

/* Under the lock: whether all segments of @zone, which is as @is says, are known. */
static bool zone_is_known(PZONE_HEADER zone, const ZONE_HEADER *is)
{
	const struct zone_note *note;
	size_t bytes = 0;

	lockdep_assert_held(&notes_lock);
	list_for_each_entry(note, &notes, link)
		if (note->zone == zone)
			bytes += note->end - (unsigned long)note->segment;
	return bytes && bytes == is->TotalSegmentSize;
}

/* Under the lock: whether @p is where a block of the zone begins. */
static bool zone_has_block(PZONE_HEADER zone, const void *p)
{
	unsigned long at = (unsigned long)p;
	const struct zone_note *note;

	lockdep_assert_held(&notes_lock);
	list_for_each_entry(note, &notes, link)
		if (note->zone == zone && at >= note->first && at < note->end)
			return (at - note->first) % note->block == 0;
	return false;
}

static bool read_link(const void *p, PSINGLE_LIST_ENTRY *link)
{
	return !copy_from_kernel_nofault(link, p, sizeof(*link));
}

/*
 * Under the lock: follows the free list of @zone, which is as @is says, and counts what
 * of it lies in [@from, @to). False if it leaves the zone, or does not end.
 */
static bool follow(PZONE_HEADER zone, const ZONE_HEADER *is, unsigned long from,
		   unsigned long to, unsigned long *count)
{
	unsigned long left = is->TotalSegmentSize / max_t(ULONG, is->BlockSize, 1);
	PSINGLE_LIST_ENTRY entry = is->FreeList.Next;

	lockdep_assert_held(&notes_lock);
	for (*count = 0; entry; left--) {
		if (!left || !zone_has_block(zone, entry))
			return false;
		*count += (unsigned long)entry >= from && (unsigned long)entry < to;
		if (!read_link(entry, &entry))
			return false;
	}
	return true;
}

const char *ntpool_zone_check_alloc(PZONE_HEADER zone)
{
	const char *wrong = NULL;
	unsigned long flags;
	unsigned long count;

	raw_spin_lock_irqsave(&notes_lock, flags);
	if (zone_is_known(zone, zone) && !follow(zone, zone, 0, 0, &count))
		wrong = "the free list of a zone was overwritten; nothing was allocated";
	raw_spin_unlock_irqrestore(&notes_lock, flags);
	return wrong;
}

const char *ntpool_zone_check_free(PZONE_HEADER zone, void *block)
{
	unsigned long at = (unsigned long)block;
	const char *wrong = NULL;
	unsigned long flags;
	unsigned long count;

	raw_spin_lock_irqsave(&notes_lock, flags);
	if (!zone_is_known(zone, zone))
		;
	else if (!zone_has_block(zone, block))
		wrong = "what is no block of a zone was freed to it; nothing was done";
	else if (!follow(zone, zone, at, at + 1, &count))
		wrong = "the free list of a zone was overwritten; the block was kept";
	else if (count)
		wrong = "a block was freed to a zone that is free already; nothing was done";
	raw_spin_unlock_irqrestore(&notes_lock, flags);
	return wrong;
}

void ntpool_zone_report(PZONE_HEADER zone, void *block, const char *text, unsigned long caller)
{
	const struct ntpool_stop stop = {
		.code = NTPOOL_STOP_VERIFIER,
		.param = { 0x16, (unsigned long)block, (unsigned long)zone },
		.addr_mask = BIT(1) | BIT(2),
		.text = text,
		.caller = caller,
	};

	ntpool_report(&stop);
}

/* Under the lock: how many blocks of a segment are out; 0 if the zone makes no sense. */
static unsigned long blocks_out(const struct zone_note *note)
{
	unsigned long count;
	ZONE_HEADER zone;

	lockdep_assert_held(&notes_lock);
	/* The driver may have thrown it away, and that is its right. */
	if (copy_from_kernel_nofault(&zone, note->zone, sizeof(zone)) ||
	    zone.BlockSize != note->block || !zone_is_known(note->zone, &zone) ||
	    !follow(note->zone, &zone, note->first, note->end, &count))
		return 0;
	return (note->end - note->first) / note->block - count;
}

/* See ntpool_verify_range_fn: the zones in the memory are no more. In a read section. */
static void range_freed(void *p, size_t size, unsigned long caller)
{
	struct zone_note *note, *next, *found = NULL;
	unsigned long flags;

	/* Where all are to go, none that is just being noted may be missed. */
	if (p && list_empty(&notes))
		return;
	raw_spin_lock_irqsave(&notes_lock, flags);
	list_for_each_entry(note, &notes, link)
		if (caller && overlaps(note, (unsigned long)p, size) && blocks_out(note))
			found = note;
	list_for_each_entry_safe(note, next, &notes, link)
		if (overlaps(note, (unsigned long)p, size) ||
		    (unsigned long)note->zone - (unsigned long)p < size)
			note_drop(note);
	raw_spin_unlock_irqrestore(&notes_lock, flags);
	/* It is dropped, but freed only after this read section. */
	if (found)
		ntpool_zone_report(found->zone, found->segment,
				   "pool was freed that a zone has blocks of which are in use",
				   caller);
}

static bool is_of(const struct zone_note *note, const struct module *mod)
{
	return ntpool_module_has(mod, (unsigned long)note->zone) ||
	       ntpool_module_has(mod, (unsigned long)note->segment);
}

static void module_going(const struct module *mod)
{
	struct zone_note *note, *next;

	raw_spin_lock_irq(&notes_lock);
	list_for_each_entry_safe(note, next, &notes, link)
		if (is_of(note, mod))
			note_drop(note);
	raw_spin_unlock_irq(&notes_lock);
}

static const struct ntpool_verifier_client verifier_client = {
	.range = range_freed,
};

static const struct ntpool_client_watch client_watch = {
	.going = module_going,
};

/**
 * ntpool_zone_init() - follow memory and modules that go
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_zone_init(void)
{
	ntpool_verifier_register(NTPOOL_VERIFIER_ZONE, &verifier_client);
	ntpool_client_watch(NTPOOL_WATCH_ZONES, &client_watch);
	return 0;
}

void ntpool_zone_exit(void)
{
	struct zone_note *note, *next;

	ntpool_verifier_register(NTPOOL_VERIFIER_ZONE, NULL);
	list_for_each_entry_safe(note, next, &notes, link)
		kfree(note);
	INIT_LIST_HEAD(&notes);
}
