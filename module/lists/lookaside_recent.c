// SPDX-License-Identifier: GPL-2.0
/*
 * The lists that were deleted most recently.
 *
 * A driver may use a list after its deletion, or delete it twice. The memory of the list no
 * longer describes it then. For the report, the table has the tag of the list and the call
 * that initialised it. An entry is dropped when another list is initialised at the address. It is
 * also dropped when a module goes that has the structure, or the initialising call.
 *
 * A list is added when it is marked dead, and only if it was alive. One that was abandoned may
 * have been initialised by code that has gone.
 *
 * Locking: ntpool_lookaside_lock, which all callers but the last one hold. Contexts: any but NMI.
 */
#include <linux/kernel.h>
#include <linux/lockdep.h>

#include "lists/lookaside_recent.h"

#define RECENT	64

/**
 * struct recent - a deleted list
 * @head: where its public structure was; NULL: no entry
 * @desc: its properties
 */
struct recent {
	const struct ntpool_lookaside_head *head;
	struct ntpool_lookaside_desc desc;
};

/* ntpool_lookaside_lock protects both. */
static struct recent recent[RECENT];
static unsigned int recent_next;	/* the oldest entry */

static struct recent *recent_at(const struct ntpool_lookaside_head *head)
{
	unsigned int i;

	lockdep_assert_held(&ntpool_lookaside_lock);
	for (i = 0; i < RECENT; i++)
		if (recent[i].head == head)
			return &recent[i];
	return NULL;
}

void ntpool_lookaside_recent_add(const struct ntpool_lookaside *list)
{
	lockdep_assert_held(&ntpool_lookaside_lock);
	recent[recent_next].head = list->head;
	recent[recent_next].desc = list->desc;
	recent_next = (recent_next + 1) % RECENT;
}

void ntpool_lookaside_recent_remove(const struct ntpool_lookaside_head *head)
{
	struct recent *entry;

	while ((entry = recent_at(head)))
		entry->head = NULL;
}

const struct ntpool_lookaside_desc *
ntpool_lookaside_recent_find(const struct ntpool_lookaside_head *head)
{
	const struct recent *entry = head ? recent_at(head) : NULL;

	return entry ? &entry->desc : NULL;
}

void ntpool_lookaside_recent_going(const struct ntpool_going *going)
{
	unsigned int i;

	raw_spin_lock_irq(&ntpool_lookaside_lock);
	for (i = 0; i < RECENT; i++)
		if (ntpool_is_going(going, recent[i].desc.creator) ||
		    ntpool_is_going(going, (unsigned long)recent[i].head))
			recent[i].head = NULL;
	raw_spin_unlock_irq(&ntpool_lookaside_lock);
}
