/* SPDX-License-Identifier: GPL-2.0 */
/* The lists that were deleted most recently, for reports. Context: any but NMI. */
#ifndef NTPOOL_LOOKASIDE_RECENT_H
#define NTPOOL_LOOKASIDE_RECENT_H

#include "base/compat.h"
#include "lists/lookaside_list.h"

/* These are called with ntpool_lookaside_lock held. */
/* Remembers a list that is being deleted. */
void ntpool_lookaside_recent_add(const struct ntpool_lookaside *list);
/* Forgets the lists at @head, because another one is initialised there. */
void ntpool_lookaside_recent_remove(const struct ntpool_lookaside_head *head);
/* Returns the properties of the list that was deleted at @head; NULL: none is known. */
const struct ntpool_lookaside_desc *
ntpool_lookaside_recent_find(const struct ntpool_lookaside_head *head);

/* Forgets the lists that were initialised by code which is about to be freed. Takes the lock. */
void ntpool_lookaside_recent_going(const struct ntpool_going *going);

#endif
