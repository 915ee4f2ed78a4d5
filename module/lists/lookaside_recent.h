/* SPDX-License-Identifier: GPL-2.0 */
/* The lists that were deleted most recently, for reports. Context: any but NMI. */
#ifndef NTPOOL_LOOKASIDE_RECENT_H
#define NTPOOL_LOOKASIDE_RECENT_H

#include "lists/lookaside_list.h"

struct module;

/* Remembers a list that is being deleted. */
void ntpool_lookaside_recent_add(const struct ntpool_lookaside *list);
/* Forgets the lists at @head, because another one is initialised there. */
void ntpool_lookaside_recent_remove(const struct ntpool_lookaside_head *head);
/* Copies the properties of the list that was deleted at @head. Returns false if none is known. */
bool ntpool_lookaside_recent_find(const struct ntpool_lookaside_head *head,
				  struct ntpool_lookaside_desc *desc);
/* Forgets the lists that were initialised by code which is about to be freed. */
void ntpool_lookaside_recent_going(const struct module *mod, bool init);

#endif
