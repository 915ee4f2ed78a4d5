/* SPDX-License-Identifier: GPL-2.0 */
/* Lookaside lists under NT's names: what the exported routines and the list's routines share. */
#ifndef NTPOOL_DDI_LOOKASIDE_H
#define NTPOOL_DDI_LOOKASIDE_H

#include <linux/compiler.h>

#include <ntddk.h>

#include "base/irql.h"
#include "base/verifier.h"
#include "ddi/pool.h"
#include "lists/lookaside_registry.h"
#include "verify/argument.h"

/* Each public structure begins with this head. */
static inline struct ntpool_lookaside_head *ntpool_ddi_list_head(void *list)
{
	return list;
}

static inline GENERAL_LOOKASIDE_POOL *ntpool_ddi_list_of(struct ntpool_lookaside_head *head)
{
	return (GENERAL_LOOKASIDE_POOL *)head;
}

static inline bool ntpool_ddi_list_pool_allocates(const GENERAL_LOOKASIDE_POOL *list)
{
	return READ_ONCE(list->Allocate) == ExAllocatePoolWithTag;
}

static inline bool ntpool_ddi_list_pool_frees(const GENERAL_LOOKASIDE_POOL *list)
{
	return READ_ONCE(list->Free) == ExFreePool;
}

static inline enum ntpool_type ntpool_ddi_list_type(const GENERAL_LOOKASIDE_POOL *list)
{
	return list->Type & NTPOOL_TYPE_PAGED ? NTPOOL_PAGED : NTPOOL_NONPAGED;
}

/* lookaside_routine.c. The fast paths end in the first four. Any context but NMI. */
void *ntpool_ddi_list_miss(struct ntpool_lookaside_head *head, bool inside, unsigned long caller);
void *ntpool_ddi_list_miss_ex(struct ntpool_lookaside_head *head, bool inside,
			      unsigned long caller);
void ntpool_ddi_list_full(struct ntpool_lookaside_head *head, void *entry, bool inside,
			  unsigned long caller);
void ntpool_ddi_list_full_ex(struct ntpool_lookaside_head *head, void *entry, bool inside,
			     unsigned long caller);
/* The Free routine, also for lists/: see struct ntpool_lookaside_desc. */
void ntpool_ddi_list_free(struct ntpool_lookaside_head *head, void *entry, unsigned long caller);
void ntpool_ddi_list_free_ex(struct ntpool_lookaside_head *head, void *entry, unsigned long caller);
void ntpool_ddi_list_orphan(struct ntpool_lookaside_head *head, unsigned int which);

/* Report a use above @highest, or above the highest IRQL of the list. Any context but NMI. */
void ntpool_ddi_list_report_irql(enum ntpool_irql_level highest, const void *list,
				 unsigned long caller);
void ntpool_ddi_list_check_irql(const void *list, unsigned long caller);

/* Both only if the verifier has the bit 0x2. */
static __always_inline void ntpool_ddi_list_verify_irql(enum ntpool_irql_level highest,
							const void *list, unsigned long caller)
{
	if (ntpool_verify_is_above(highest))
		ntpool_ddi_list_report_irql(highest, list, caller);
}

static __always_inline void ntpool_ddi_list_verify_own_irql(const void *list,
							    unsigned long caller)
{
	if (ntpool_verifier_has_bits())
		ntpool_ddi_list_check_irql(list, caller);
}

#endif
