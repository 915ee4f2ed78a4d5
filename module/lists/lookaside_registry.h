/* SPDX-License-Identifier: GPL-2.0 */
/* All lookaside lists: initialisation, deletion, and iteration. */
#ifndef NTPOOL_LOOKASIDE_REGISTRY_H
#define NTPOOL_LOOKASIDE_REGISTRY_H

#include "lists/lookaside_list.h"

struct ntpool_violation;

/* For the public routines */
void ntpool_lookaside_forget(struct ntpool_lookaside_head *head, unsigned long caller);
void ntpool_lookaside_open(struct ntpool_lookaside_head *head,
			   const struct ntpool_lookaside_desc *desc);
bool ntpool_lookaside_is_list(struct ntpool_lookaside_head *head, unsigned long caller);
bool ntpool_lookaside_is_valid(struct ntpool_lookaside_head *head, unsigned long caller);
bool ntpool_lookaside_describe(const struct ntpool_lookaside_head *head,
			       struct ntpool_lookaside_desc *desc);
void ntpool_lookaside_flush(struct ntpool_lookaside_head *head, unsigned long caller);
void ntpool_lookaside_close(struct ntpool_lookaside_head *head, unsigned long caller);
void ntpool_lookaside_report(const struct ntpool_violation *kind,
			     const struct ntpool_lookaside_head *head,
			     const struct ntpool_lookaside_desc *desc, unsigned long caller);

/* For visitors */
struct ntpool_lookaside *ntpool_lookaside_next(struct ntpool_lookaside *prev);
struct ntpool_lookaside *ntpool_lookaside_next_of(struct ntpool_lookaside *prev, bool dead);
void ntpool_lookaside_put(struct ntpool_lookaside *list);
void ntpool_lookaside_kill(struct ntpool_lookaside *list);
struct ntpool_lookaside *ntpool_lookaside_lose(const void *start, size_t size, bool *alive);
void ntpool_lookaside_depth_begin(struct ntpool_lookaside *list,
				  struct ntpool_lookaside_head *head);

/* The helper */
int ntpool_lookaside_registry_init(void);
void ntpool_lookaside_registry_exit(void);
void ntpool_lookaside_drain(struct ntpool_lookaside *list);
void ntpool_lookaside_drain_caches(struct ntpool_lookaside *list);
void ntpool_lookaside_settle(void);

#endif
