// SPDX-License-Identifier: GPL-2.0
/*
 * The lists that were deleted most recently.
 *
 * A driver that uses a list after its deletion, or deletes it twice, passes memory that says
 * nothing any more. The table tells the tag of the list that was there and the call that had
 * initialised it, for the report. An entry is dropped when another list is initialised at the
 * address, and when the code of the initialising call goes.
 *
 * Locking: recent_lock, a leaf. Contexts: any but NMI.
 */
#include <linux/kernel.h>
#include <linux/spinlock.h>

#include "base/compat.h"
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

static DEFINE_RAW_SPINLOCK(recent_lock);
/* Both are guarded by it. */
static struct recent recent[RECENT];
static unsigned int recent_next;	/* the oldest entry */

static struct recent *recent_at(const struct ntpool_lookaside_head *head)
{
	unsigned int i;

	lockdep_assert_held(&recent_lock);
	for (i = 0; i < RECENT; i++)
		if (recent[i].head == head)
			return &recent[i];
	return NULL;
}

void ntpool_lookaside_recent_add(const struct ntpool_lookaside *list)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&recent_lock, flags);
	recent[recent_next].head = list->head;
	recent[recent_next].desc = list->desc;
	recent_next = (recent_next + 1) % RECENT;
	raw_spin_unlock_irqrestore(&recent_lock, flags);
}

void ntpool_lookaside_recent_remove(const struct ntpool_lookaside_head *head)
{
	struct recent *entry;
	unsigned long flags;

	raw_spin_lock_irqsave(&recent_lock, flags);
	while ((entry = recent_at(head)))
		entry->head = NULL;
	raw_spin_unlock_irqrestore(&recent_lock, flags);
}

bool ntpool_lookaside_recent_find(const struct ntpool_lookaside_head *head,
				  struct ntpool_lookaside_desc *desc)
{
	const struct recent *entry;
	unsigned long flags;

	raw_spin_lock_irqsave(&recent_lock, flags);
	entry = head ? recent_at(head) : NULL;
	if (entry)
		*desc = entry->desc;
	raw_spin_unlock_irqrestore(&recent_lock, flags);
	return entry;
}

void ntpool_lookaside_recent_going(const struct module *mod, bool init)
{
	unsigned long flags;
	unsigned int i;

	raw_spin_lock_irqsave(&recent_lock, flags);
	for (i = 0; i < RECENT; i++)
		if (ntpool_module_frees(mod, init, recent[i].desc.creator))
			recent[i].head = NULL;
	raw_spin_unlock_irqrestore(&recent_lock, flags);
}
