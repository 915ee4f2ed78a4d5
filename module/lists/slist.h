/* SPDX-License-Identifier: GPL-2.0 */
/* S-lists: NT's interlocked singly linked lists with a depth and a sequence. */
#ifndef NTPOOL_SLIST_H
#define NTPOOL_SLIST_H

#include <linux/jump_label.h>

#include <nt_slist.h>

/*
 * Set if the CPU cannot exchange a header by one instruction. No operation on an S-list may
 * run while it changes.
 */
DECLARE_STATIC_KEY_FALSE(ntpool_slist_locked);

/*
 * The operations, full memory barriers. Any context but NMI. They return the previous first
 * entry; NULL: the list was empty.
 */

/* Inserts the chain from @first to @last at the front, and adds @count to the depth. */
PSLIST_ENTRY ntpool_slist_push(PSLIST_HEADER head, PSLIST_ENTRY first, PSLIST_ENTRY last,
			       ULONG count);
/* Removes the first entry. */
PSLIST_ENTRY ntpool_slist_pop(PSLIST_HEADER head);
/* Removes all entries. */
PSLIST_ENTRY ntpool_slist_flush(PSLIST_HEADER head);

#endif
