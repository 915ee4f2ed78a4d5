// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier's checks of zones.
 *
 * NT's verifier is younger than zones and has no checks for them. A zone's only state is
 * the free list inside its blocks. It does not record the size of a segment. So, while the
 * verifier is on, this file keeps a note of each segment that a zone gets. With the notes
 * the check can follow the free list safely: it reads an entry only if a block of the zone
 * begins there.
 *
 * The interlocked routines detect a double free, a free of a foreign address, and an
 * overwritten free list. A free of pool memory detects a segment with blocks in use. A
 * zone with segments from before the verifier was switched on is not checked. The routines
 * without "Interlocked" are inline code of the driver and bypass the checks.
 *
 * A check takes time proportional to the length of the free list, under the zone's lock.
 *
 * Locking: notes_lock is raw, is taken with interrupts disabled, and protects the notes. It
 * nests inside the lock of a zone, which belongs to the driver. No memory of the driver is
 * touched under it, except by reads that may fail.
 */
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "base/client.h"
#include "base/irql.h"
#include "base/refuse.h"
#include "base/report.h"
#include "parts.h"
#include "lists/zone_check.h"
#include "memory/backing.h"

/**
 * struct zone_note - a segment; constant but for @link
 * @link: entry in notes; notes_lock
 * @zone: its zone
 * @first: address of its first block
 * @end: end of its last block
 * @segment: start of the segment
 * @block: size of a block in bytes
 * @rcu: for kfree_rcu()
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
static LIST_HEAD(notes);	/* under notes_lock */

static bool overlaps(const struct zone_note *note, unsigned long p, size_t size)
{
	return (unsigned long)note->segment < p + size && p < note->end;
}

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

	note = gfp && !ntpool_refused() ? kmalloc(sizeof(*note), gfp) : NULL;
	if (note)
		*note = (struct zone_note){
			.zone = zone,
			.first = (unsigned long)segment + sizeof(ZONE_SEGMENT_HEADER),
			.end = (unsigned long)segment + bytes,
			.segment = segment,
			.block = zone->BlockSize,
		};
	raw_spin_lock_irqsave(&notes_lock, flags);
	/* Notes of earlier users of the memory are stale. */
	list_for_each_entry_safe(old, next, &notes, link)
		if ((first && old->zone == zone) || overlaps(old, (unsigned long)segment, bytes))
			note_drop(old);
	/*
	 * If the verifier was switched off meanwhile, range_freed() drops all notes. No new
	 * one may follow.
	 */
	if (note && ntpool_verifier_has_bits()) {
		list_add(&note->link, &notes);
		note = NULL;
	}
	raw_spin_unlock_irqrestore(&notes_lock, flags);
	kfree(note);
}

/* True if all segments of @zone have a note. @header: a copy of it. */
static bool zone_is_known(PZONE_HEADER zone, const ZONE_HEADER *header)
{
	const struct zone_note *note;
	size_t bytes = 0;

	lockdep_assert_held(&notes_lock);
	list_for_each_entry(note, &notes, link)
		if (note->zone == zone)
			bytes += note->end - (unsigned long)note->segment;
	return bytes && bytes == header->TotalSegmentSize;
}

/* True if a block of the zone begins at @p. */
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
 * Follows the free list of @zone and counts its blocks in [@from, @to). @header: as for
 * zone_is_known(). Returns false if the list leaves the zone or does not end.
 */
static bool follow(PZONE_HEADER zone, const ZONE_HEADER *header, unsigned long from,
		   unsigned long to, unsigned long *count)
{
	unsigned long left = header->TotalSegmentSize / max_t(ULONG, header->BlockSize, 1);
	PSINGLE_LIST_ENTRY entry = header->FreeList.Next;

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
	/* A bad address faults here, before the lock is taken. */
	const ZONE_HEADER header = *zone;
	const char *wrong = NULL;
	unsigned long flags;
	unsigned long count;

	raw_spin_lock_irqsave(&notes_lock, flags);
	if (zone_is_known(zone, &header) && !follow(zone, &header, 0, 0, &count))
		wrong = "the free list of a zone was overwritten; nothing was allocated";
	raw_spin_unlock_irqrestore(&notes_lock, flags);
	return wrong;
}

const char *ntpool_zone_check_free(PZONE_HEADER zone, void *block)
{
	unsigned long at = (unsigned long)block;
	/* As above. */
	const ZONE_HEADER header = *zone;
	const char *wrong = NULL;
	unsigned long flags;
	unsigned long count;

	raw_spin_lock_irqsave(&notes_lock, flags);
	if (!zone_is_known(zone, &header))
		;
	else if (!zone_has_block(zone, block))
		wrong = "what is no block of a zone was freed to it; nothing was done";
	else if (!follow(zone, &header, at, at + 1, &count))
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

/* Number of allocated blocks of a segment; 0 if the zone is not consistent. */
static unsigned long blocks_in_use(const struct zone_note *note)
{
	unsigned long count;
	ZONE_HEADER zone;

	lockdep_assert_held(&notes_lock);
	/* The driver may have freed or reused the header, which is no error. */
	if (copy_from_kernel_nofault(&zone, note->zone, sizeof(zone)) ||
	    zone.BlockSize != note->block || !zone_is_known(note->zone, &zone) ||
	    !follow(note->zone, &zone, note->first, note->end, &count))
		return 0;
	return (note->end - note->first) / note->block - count;
}

/* See struct ntpool_verifier_client. Drops the zones in that memory. In an RCU read section. */
static void range_freed(void *p, size_t size, unsigned long caller)
{
	struct zone_note *note, *next, *found = NULL;
	unsigned long flags;

	/* With @p NULL all notes go, so one that is being added must not be missed. */
	if (p && list_empty(&notes))
		return;
	raw_spin_lock_irqsave(&notes_lock, flags);
	list_for_each_entry(note, &notes, link)
		if (caller && overlaps(note, (unsigned long)p, size) && blocks_in_use(note))
			found = note;
	list_for_each_entry_safe(note, next, &notes, link)
		if (overlaps(note, (unsigned long)p, size) ||
		    (unsigned long)note->zone - (unsigned long)p < size)
			note_drop(note);
	raw_spin_unlock_irqrestore(&notes_lock, flags);
	/* The note is dropped, but its memory is freed after this read section. */
	if (found)
		ntpool_zone_report(found->zone, found->segment,
				   "pool was freed that a zone has blocks of which are in use",
				   caller);
}

static bool note_belongs(const struct zone_note *note, const struct module *mod)
{
	return ntpool_module_has(mod, (unsigned long)note->zone) ||
	       ntpool_module_has(mod, (unsigned long)note->segment);
}

static void module_going(const struct module *mod)
{
	struct zone_note *note, *next;

	raw_spin_lock_irq(&notes_lock);
	list_for_each_entry_safe(note, next, &notes, link)
		if (note_belongs(note, mod))
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
