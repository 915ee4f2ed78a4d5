// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier's checks of zones.
 *
 * NT's verifier is younger than zones and has no checks for them. A zone's only state is
 * the free list inside its blocks. It does not record the size of a segment. So, while the
 * verifier is on, this file keeps a note of each segment that a zone gets. The note has a
 * bit for each block: whether it is allocated.
 *
 * Each allocation and each free looks at the first free block and at the one after it. Both
 * must be free blocks of the zone. An overwritten link is found before the block behind it
 * is given out. A free detects a double free and a foreign address. A free of pool memory
 * detects a segment with blocks in use. A link is read only if a block of the zone is there.
 *
 * A zone with segments from before the verifier was switched on has no notes. Its header and
 * the first free block are still read as memory that may not exist.
 *
 * A call that begins while the verifier is off changes no bit. So the bits may be wrong from
 * then on. A call that began before the switch may get the zone's lock after it, while the
 * notes still exist. So each lookup of a block tests the verifier again. After an unchecked
 * call on the zone, the verifier is off or was switched on again. In the second case the
 * notes are gone.
 *
 * If one note of a zone is dropped, the others prove nothing, and the zone is not checked any
 * more. One tree has all segments by address, another one all zones by the address of the
 * header. The first note of a zone is in both and has the list of the others. Each lookup
 * takes logarithmic time. Notes are dropped one by one, so interrupts are off for one only.
 * Notes lie behind guards (memory/record.c). The notes of a zone in a module, or in its
 * initialisation data, are dropped before that memory is freed.
 *
 * Locking: notes_lock is raw, is taken with interrupts disabled, and protects trees, lists
 * and bits. It nests inside the lock of a zone, which belongs to the driver. Memory of the
 * driver is not accessed under it.
 */
#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "base/callsite.h"
#include "base/client.h"
#include "base/compat.h"
#include "base/irql.h"
#include "base/refuse.h"
#include "base/report.h"
#include "parts.h"
#include "lists/span.h"
#include "lists/zone_check.h"
#include "memory/backing.h"
#include "memory/record.h"

/**
 * struct zone_note - a segment
 * @by_segment: in segments; notes_lock
 * @by_zone: of a zone's first note: in zones; notes_lock
 * @others: of a zone's first note: its other notes; else the entry there; notes_lock
 * @head: the zone's first note; constant once published
 * @zone: the zone; constant once published
 * @bytes: of a zone's first note: size of all noted segments; notes_lock
 * @segment: start of the segment; constant, as the next three
 * @first: address of its first block
 * @end: end of its last block
 * @block: size of a block in bytes
 * @used: number of allocated blocks; notes_lock
 * @creator: call site that gave the segment to the zone; 0: its code is gone. notes_lock
 * @rcu: frees the note
 * @taken: the allocated blocks; notes_lock
 */
struct zone_note {
	struct rb_node by_segment;
	struct rb_node by_zone;
	struct list_head others;
	struct zone_note *head;
	PZONE_HEADER zone;
	size_t bytes;
	unsigned long segment;
	unsigned long first;
	unsigned long end;
	ULONG block;
	unsigned long used;
	unsigned long creator;
	struct rcu_head rcu;
	unsigned long taken[];
};

enum block_state {
	STATE_UNKNOWN,		/* not all segments of the zone have notes */
	STATE_NO_BLOCK,
	STATE_FREE,
	STATE_TAKEN,
};

const char *const ntpool_no_zone = "a structure that is no zone was used as one; nothing was done";

static DEFINE_RAW_SPINLOCK(notes_lock);
static struct rb_root segments = RB_ROOT;	/* under notes_lock */
static struct rb_root zones = RB_ROOT;		/* under notes_lock */

/*
 * The trees
 */

static struct zone_note *segment_note(const struct rb_node *node)
{
	return rb_entry(node, struct zone_note, by_segment);
}

static struct zone_note *zone_note(const struct rb_node *node)
{
	return rb_entry(node, struct zone_note, by_zone);
}

static bool segment_less(struct rb_node *node, const struct rb_node *other)
{
	return segment_note(node)->segment < segment_note(other)->segment;
}

static bool zone_less(struct rb_node *node, const struct rb_node *other)
{
	return zone_note(node)->zone < zone_note(other)->zone;
}

static int segment_cmp(const void *key, const struct rb_node *node)
{
	const struct zone_note *note = segment_note(node);
	const struct ntpool_span *span = key;

	if (note->end <= span->start)
		return 1;
	if (note->segment >= span->start && note->segment - span->start >= span->size)
		return -1;
	return 0;
}

static int zone_cmp(const void *key, const struct rb_node *node)
{
	return ntpool_span_cmp(key, zone_note(node)->zone);
}

/* Returns the lowest segment in a range, or NULL. */
static struct zone_note *segments_find(const struct ntpool_span *span)
{
	struct rb_node *node;

	lockdep_assert_held(&notes_lock);
	node = rb_find_first(span, &segments, segment_cmp);
	return node ? segment_note(node) : NULL;
}

/* Returns the first note of the lowest zone whose header is in a range, or NULL. */
static struct zone_note *zones_find(const struct ntpool_span *span)
{
	struct rb_node *node;

	lockdep_assert_held(&notes_lock);
	node = rb_find_first(span, &zones, zone_cmp);
	return node ? zone_note(node) : NULL;
}

static size_t note_bytes(unsigned long blocks)
{
	return struct_size((struct zone_note *)NULL, taken, BITS_TO_LONGS(blocks));
}

static void note_free_rcu(struct rcu_head *rcu)
{
	struct zone_note *note = container_of(rcu, struct zone_note, rcu);

	ntpool_sized_free(note, note_bytes((note->end - note->first) / note->block));
}

void ntpool_zone_discard(struct zone_note *note)
{
	if (note)
		call_rcu(&note->rcu, note_free_rcu);
}

/*
 * Takes one note of the zone of @note out of trees and lists, the first one at last. Returns
 * it, for ntpool_zone_discard().
 */
static struct zone_note *drop_one(struct zone_note *note)
{
	struct zone_note *head = note->head;

	lockdep_assert_held(&notes_lock);
	/* Without this one the zone is not known any more. */
	head->bytes = 0;
	if (list_empty(&head->others)) {
		note = head;
		rb_erase(&note->by_zone, &zones);
	} else {
		note = list_last_entry(&head->others, struct zone_note, others);
		list_del(&note->others);
	}
	rb_erase(&note->by_segment, &segments);
	return note;
}

/* Drops one note of a zone with its header or a segment in the range; false: there is none. */
static bool drop_step(const struct ntpool_span *span, bool headers)
{
	struct zone_note *note;
	unsigned long flags;

	raw_spin_lock_irqsave(&notes_lock, flags);
	note = segments_find(span);
	if (!note && headers)
		note = zones_find(span);
	if (note)
		note = drop_one(note);
	raw_spin_unlock_irqrestore(&notes_lock, flags);
	ntpool_zone_discard(note);
	return note;
}

static void drop_range(unsigned long start, size_t size, bool headers)
{
	const struct ntpool_span span = { .start = start, .size = size };

	while (drop_step(&span, headers))
		;
}

/* Drops the notes of one zone. */
static void drop_zone(PZONE_HEADER zone)
{
	const struct ntpool_span span = { .start = (unsigned long)zone, .size = 1 };
	struct zone_note *note;
	unsigned long flags;

	do {
		raw_spin_lock_irqsave(&notes_lock, flags);
		note = zones_find(&span);
		if (note)
			note = drop_one(note);
		raw_spin_unlock_irqrestore(&notes_lock, flags);
		ntpool_zone_discard(note);
	} while (note);
}

/*
 * New segments
 */

struct zone_note *ntpool_zone_prepare(void *segment, ULONG bytes, ULONG block,
				      unsigned long caller)
{
	unsigned long blocks = (bytes - sizeof(ZONE_SEGMENT_HEADER)) / block;
	gfp_t gfp = ntpool_backing_gfp();
	struct zone_note *note;

	if (!ntpool_verifier_has_bits())
		return NULL;
	/* Notes of earlier users of the memory are stale. */
	drop_range((unsigned long)segment, bytes, false);
	if (!gfp || ntpool_refused())
		return NULL;
	note = ntpool_sized_alloc(note_bytes(blocks), gfp, NUMA_NO_NODE);
	if (!note)
		return NULL;
	INIT_LIST_HEAD(&note->others);
	note->segment = (unsigned long)segment;
	note->first = note->segment + sizeof(ZONE_SEGMENT_HEADER);
	note->end = note->first + blocks * block;
	note->block = block;
	note->creator = caller;
	return note;
}

/* Adds the note to the zone's. @total: size of all segments. Returns false if one is missing. */
static bool note_add(PZONE_HEADER zone, struct zone_note *note, bool first, size_t total)
{
	const struct ntpool_span span = { .start = (unsigned long)zone, .size = 1 };
	size_t bytes = note->end - note->segment;
	struct zone_note *head = first ? note : zones_find(&span);

	/*
	 * If the verifier was switched off meanwhile, range_freed() drops all notes. No new
	 * one may follow.
	 */
	if (!ntpool_verifier_has_bits() || !head || head->bytes + bytes != total)
		return false;
	note->zone = zone;
	note->head = head;
	if (first)
		rb_add(&note->by_zone, &zones, zone_less);
	else
		list_add(&note->others, &head->others);
	head->bytes += bytes;
	rb_add(&note->by_segment, &segments, segment_less);
	return true;
}

void ntpool_zone_note(PZONE_HEADER zone, struct zone_note *note, bool first)
{
	size_t total = zone->TotalSegmentSize;
	unsigned long flags;
	bool added;

	/* Notes of an earlier zone at this address are stale. */
	if (first)
		drop_zone(zone);
	if (!note)
		return;
	raw_spin_lock_irqsave(&notes_lock, flags);
	added = note_add(zone, note, first, total);
	raw_spin_unlock_irqrestore(&notes_lock, flags);
	if (!added)
		ntpool_zone_discard(note);
}

/*
 * Checks
 */

/* Returns the note of the segment with a block at @p, if all of the zone is known. */
static struct zone_note *block_note(PZONE_HEADER zone, const ZONE_HEADER *header, const void *p,
				    enum block_state *state)
{
	const struct ntpool_span header_at = { .start = (unsigned long)zone, .size = 1 };
	const struct ntpool_span at = { .start = (unsigned long)p, .size = 1 };
	struct zone_note *head = zones_find(&header_at);
	struct zone_note *note;

	*state = STATE_UNKNOWN;
	if (!ntpool_verifier_has_bits() || !head || !head->bytes ||
	    head->bytes != header->TotalSegmentSize || head->block != header->BlockSize)
		return NULL;
	*state = STATE_NO_BLOCK;
	note = segments_find(&at);
	if (!note || note->head != head || at.start < note->first ||
	    (at.start - note->first) % note->block)
		return NULL;
	return note;
}

static unsigned long block_index(const struct zone_note *note, const void *p)
{
	return ((unsigned long)p - note->first) / note->block;
}

static enum block_state block_state(PZONE_HEADER zone, const ZONE_HEADER *header, const void *p)
{
	const struct zone_note *note;
	enum block_state state;
	unsigned long flags;

	raw_spin_lock_irqsave(&notes_lock, flags);
	note = block_note(zone, header, p, &state);
	if (note)
		state = test_bit(block_index(note, p), note->taken) ? STATE_TAKEN : STATE_FREE;
	raw_spin_unlock_irqrestore(&notes_lock, flags);
	return state;
}

static void block_mark(PZONE_HEADER zone, const ZONE_HEADER *header, const void *p, bool taken)
{
	enum block_state state;
	struct zone_note *note;
	unsigned long flags;

	raw_spin_lock_irqsave(&notes_lock, flags);
	note = block_note(zone, header, p, &state);
	if (note && taken != __test_and_change_bit(block_index(note, p), note->taken))
		note->used += taken ? 1 : -1;
	raw_spin_unlock_irqrestore(&notes_lock, flags);
}

/* Copies the header. Returns false if it cannot be that of a zone. */
static bool header_read(PZONE_HEADER zone, ZONE_HEADER *header)
{
	return !copy_from_kernel_nofault(header, zone, sizeof(*header)) && header->BlockSize &&
	       header->BlockSize % 8 == 0 && header->SegmentList.Next && header->TotalSegmentSize;
}

bool ntpool_zone_is_valid(PZONE_HEADER zone)
{
	ZONE_SEGMENT_HEADER newest;
	ZONE_HEADER header;

	return header_read(zone, &header) &&
	       !copy_from_kernel_nofault(&newest, header.SegmentList.Next, sizeof(newest));
}

/*
 * Checks the first two blocks of the free list. *@next is the second one. Returns false if
 * one of them is no free block of the zone, or is not there.
 */
static bool list_check(PZONE_HEADER zone, const ZONE_HEADER *header, PSINGLE_LIST_ENTRY *next)
{
	PSINGLE_LIST_ENTRY top = header->FreeList.Next;
	enum block_state state;

	*next = NULL;
	if (!top)
		return true;
	state = block_state(zone, header, top);
	if (state == STATE_NO_BLOCK || state == STATE_TAKEN ||
	    copy_from_kernel_nofault(next, top, sizeof(*next)))
		return false;
	if (state == STATE_UNKNOWN || !*next)
		return true;
	/* The notes may have been dropped meanwhile. */
	state = block_state(zone, header, *next);
	return state == STATE_UNKNOWN || (state == STATE_FREE && *next != top);
}

const char *ntpool_zone_pop(PZONE_HEADER zone, PSINGLE_LIST_ENTRY *block)
{
	PSINGLE_LIST_ENTRY next;
	ZONE_HEADER header;

	*block = NULL;
	if (!header_read(zone, &header))
		return ntpool_no_zone;
	if (!list_check(zone, &header, &next))
		return "the free list of a zone was overwritten; nothing was allocated";
	if (header.FreeList.Next) {
		block_mark(zone, &header, header.FreeList.Next, true);
		WRITE_ONCE(zone->FreeList.Next, next);
	}
	*block = header.FreeList.Next;
	return NULL;
}

const char *ntpool_zone_push(PZONE_HEADER zone, PSINGLE_LIST_ENTRY block,
			     PSINGLE_LIST_ENTRY *first)
{
	PSINGLE_LIST_ENTRY next;
	enum block_state state;
	ZONE_HEADER header;

	*first = NULL;
	if (!header_read(zone, &header))
		return ntpool_no_zone;
	*first = header.FreeList.Next;
	state = block_state(zone, &header, block);
	if (state == STATE_FREE)
		return "a block was freed to a zone that is free already; nothing was done";
	if (state == STATE_NO_BLOCK ||
	    copy_from_kernel_nofault(&next, block, sizeof(next)))
		return "an address that is no block of a zone was freed to it; nothing was done";
	if (!list_check(zone, &header, &next))
		return "the free list of a zone was overwritten; the block was kept";
	block->Next = header.FreeList.Next;
	block_mark(zone, &header, block, false);
	WRITE_ONCE(zone->FreeList.Next, block);
	return NULL;
}

/* *@creator: call site that initialised the zone; *@block: size of its blocks; 0: not known. */
static void zone_describe(PZONE_HEADER zone, unsigned long *creator, ULONG *block)
{
	const struct ntpool_span span = { .start = (unsigned long)zone, .size = 1 };
	const struct zone_note *note;
	ZONE_HEADER header;
	unsigned long flags;

	raw_spin_lock_irqsave(&notes_lock, flags);
	note = zones_find(&span);
	*creator = note ? note->creator : 0;
	*block = note ? note->block : 0;
	raw_spin_unlock_irqrestore(&notes_lock, flags);
	if (!note && header_read(zone, &header))
		*block = header.BlockSize;
}

void ntpool_zone_report(PZONE_HEADER zone, void *block, const char *text, unsigned long caller)
{
	char sentence[NTPOOL_STOP_SENTENCE];
	struct ntpool_stop stop = {
		.code = NTPOOL_STOP_VERIFIER,
		.param = { 0x16, (unsigned long)block, (unsigned long)zone },
		.addr_mask = BIT(1) | BIT(2),
		.text = text,
		.caller = caller,
	};
	ULONG size;

	zone_describe(zone, &stop.allocator, &size);
	if (size) {
		snprintf(sentence, sizeof(sentence), "%s; blocks of %u bytes", text, size);
		stop.text = sentence;
	}
	ntpool_report(&stop);
}

/*
 * Memory and modules that go
 */

/**
 * struct seen - a copy of a note
 * @zone: the zone
 * @bytes: size of its segments
 * @segment: start of the segment
 * @end: its end
 * @block: size of a block
 * @used: number of allocated blocks
 * @creator: call site that initialised the zone
 */
struct seen {
	PZONE_HEADER zone;
	size_t bytes;
	unsigned long segment;
	unsigned long end;
	ULONG block;
	unsigned long used;
	unsigned long creator;
};

/* Copies the note of the lowest segment in a range. Returns false if there is none. */
static bool see(unsigned long start, unsigned long end, struct seen *seen)
{
	const struct ntpool_span span = { .start = start, .size = end - start };
	const struct zone_note *note;
	unsigned long flags;

	raw_spin_lock_irqsave(&notes_lock, flags);
	note = start < end ? segments_find(&span) : NULL;
	if (note)
		*seen = (struct seen){ note->zone, note->head->bytes, note->segment, note->end,
				       note->block, note->used, note->head->creator };
	raw_spin_unlock_irqrestore(&notes_lock, flags);
	return note;
}

/* The driver may have freed or reused the header, which is no error. */
static bool is_in_use(const struct seen *seen)
{
	ZONE_HEADER header;

	return seen->used && seen->bytes && header_read(seen->zone, &header) &&
	       header.BlockSize == seen->block && header.TotalSegmentSize == seen->bytes;
}

static void report_used(unsigned long start, unsigned long end, unsigned long caller)
{
	static const char text[] = "pool was freed that a zone has blocks of which are in use";
	struct seen seen;

	for (; see(start, end, &seen); start = seen.end)
		if (is_in_use(&seen))
			ntpool_zone_report(seen.zone, (void *)seen.segment, text, caller);
}

/* See struct ntpool_verifier_watch. Drops the zones in that memory. */
static void range_freed(void *p, size_t size, unsigned long caller)
{
	unsigned long start = (unsigned long)p;

	/*
	 * A call with @p NULL drops all notes, also one that is being added. Other calls find the
	 * notes in this memory, and a CPU that adds another one does no harm.
	 */
	if (p && data_race(RB_EMPTY_ROOT(&zones)))
		return;
	if (caller)
		report_used(start, start + size, caller);
	drop_range(start, size, true);
}

static void creator_forget(PZONE_HEADER zone)
{
	const struct ntpool_span span = { .start = (unsigned long)zone, .size = 1 };
	struct zone_note *note;

	raw_spin_lock_irq(&notes_lock);
	note = zones_find(&span);
	if (note)
		note->creator = 0;
	raw_spin_unlock_irq(&notes_lock);
}

/* The zone stays. Its call site is in initialisation code, or in a module that goes as a whole. */
static void creator_going(const struct seen *seen, const struct ntpool_going *going)
{
	if (!seen->creator)
		return;
	if (going->init && ntpool_is_going(going, seen->creator))
		ntpool_callsite_pin(seen->creator, going->mod);
	if (!going->init && ntpool_callsite_belongs(seen->creator, going->mod))
		creator_forget(seen->zone);
}

static void memory_going(const struct ntpool_going *going)
{
	unsigned long start = 0;
	struct seen seen;

	for (; see(start, ULONG_MAX, &seen); start = seen.end)
		if (ntpool_is_going(going, (unsigned long)seen.zone) ||
		    ntpool_is_going(going, seen.segment))
			drop_zone(seen.zone);
		else
			creator_going(&seen, going);
}

static void module_going(const struct module *mod)
{
	memory_going(&(struct ntpool_going){ .mod = mod });
}

static void module_live(const struct module *mod)
{
	memory_going(&(struct ntpool_going){ .mod = mod, .init = true });
}

static const struct ntpool_verifier_watch verifier_watch = {
	.range = range_freed,
};

static const struct ntpool_client_watch client_watch = {
	.live = module_live,
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
	ntpool_verifier_register(NTPOOL_VERIFIER_ZONE, &verifier_watch);
	ntpool_client_watch(NTPOOL_WATCH_ZONES, &client_watch);
	return 0;
}

void ntpool_zone_exit(void)
{
	ntpool_verifier_register(NTPOOL_VERIFIER_ZONE, NULL);
	drop_range(0, SIZE_MAX, true);
	/* For note_free_rcu(). */
	rcu_barrier();
}
