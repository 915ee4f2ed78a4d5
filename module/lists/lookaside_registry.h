/* SPDX-License-Identifier: GPL-2.0 */
/* All lookaside lists: initialisation, deletion, and iteration. */
#ifndef NTPOOL_LOOKASIDE_REGISTRY_H
#define NTPOOL_LOOKASIDE_REGISTRY_H

#include "lists/lookaside_list.h"

void ntpool_lookaside_forget(struct ntpool_lookaside_head *head, unsigned long caller);
void ntpool_lookaside_open(struct ntpool_lookaside_head *head,
			   const struct ntpool_lookaside_desc *desc);
bool ntpool_lookaside_is_list(struct ntpool_lookaside_head *head, unsigned long caller);
void ntpool_lookaside_flush(struct ntpool_lookaside_head *head, unsigned long caller);
void ntpool_lookaside_close(struct ntpool_lookaside_head *head, unsigned long caller);

struct ntpool_lookaside *ntpool_lookaside_next(struct ntpool_lookaside *prev);

#endif
