// SPDX-License-Identifier: GPL-2.0
/*
 * The last runs of pages that were freed, for reports of a second free.
 *
 * A block that special pool can take keeps its past there. A larger one is a run of the
 * ordinary pool, as is memory of the Mm routines. Its pages go back to the kernel at once,
 * together with its record. A second free then finds an address that ntpool does not own. So
 * the last runs that were allocated and freed under the verifier are noted here.
 *
 * Runs that a CPU may cache are not noted: their next life begins on a fast path, which does
 * not forget the note. A second free finds them in the cache.
 *
 * Locking: freed_lock, a raw spinlock and a leaf, interrupts off, guards the notes. A search
 * compares FREED_NOTES addresses under it. Contexts: any but NMI.
 */
#include <linux/kernel.h>
#include <linux/spinlock.h>

#include "base/frame.h"
#include "verify/freed.h"

enum {
	FREED_NOTES = 64,
};

static DEFINE_RAW_SPINLOCK(freed_lock);	/* guards both */
static struct ntpool_freed freed_notes[FREED_NOTES];
static unsigned int freed_nr;		/* notes ever made; also read without the lock */

/* Returns the note of the run that began at @p, or NULL. */
static struct ntpool_freed *freed_at(const void *p)
{
	unsigned int i;

	lockdep_assert_held(&freed_lock);
	for (i = 0; i < FREED_NOTES; i++)
		if (p && freed_notes[i].base == p)
			return &freed_notes[i];
	return NULL;
}

void ntpool_freed_note(enum ntpool_use use, const struct ntpool_block *block,
		       const struct ntpool_stack *allocated, unsigned long caller)
{
	struct ntpool_freed note = {
		.base = block->addr,
		.use = use,
		.tag = block->tag,
		.size = block->requested,
	};
	unsigned long flags;

	if (allocated)
		note.allocated = *allocated;
	ntpool_stack_take(&note.freed, caller);
	raw_spin_lock_irqsave(&freed_lock, flags);
	freed_notes[freed_nr % FREED_NOTES] = note;
	WRITE_ONCE(freed_nr, freed_nr + 1);
	raw_spin_unlock_irqrestore(&freed_lock, flags);
}

void ntpool_freed_forget(const void *base)
{
	struct ntpool_freed *note;
	unsigned long flags;

	/* The allocator that gave out the pages at @base orders this after the note of them. */
	if (!READ_ONCE(freed_nr))
		return;
	raw_spin_lock_irqsave(&freed_lock, flags);
	note = freed_at(base);
	if (note)
		note->base = NULL;
	raw_spin_unlock_irqrestore(&freed_lock, flags);
}

bool ntpool_freed_find(const void *p, struct ntpool_freed *copy)
{
	struct ntpool_freed *note;
	unsigned long flags;

	raw_spin_lock_irqsave(&freed_lock, flags);
	note = freed_at(p);
	if (note)
		*copy = *note;
	raw_spin_unlock_irqrestore(&freed_lock, flags);
	return note;
}

void ntpool_freed_frames(struct ntpool_frames *frames)
{
	struct ntpool_stack allocated, freed;
	unsigned int i;
	bool used;

	for (i = 0; i < FREED_NOTES; i++) {
		raw_spin_lock_irq(&freed_lock);
		used = freed_notes[i].base;
		allocated = freed_notes[i].allocated;
		freed = freed_notes[i].freed;
		raw_spin_unlock_irq(&freed_lock);
		if (!used)
			continue;
		ntpool_frames_add(frames, &allocated);
		ntpool_frames_add(frames, &freed);
	}
	ntpool_frames_keep(frames);
}
