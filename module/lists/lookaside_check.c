// SPDX-License-Identifier: GPL-2.0
/*
 * Operations on lookaside lists while the verifier is on.
 *
 * The fast paths trust the public structure: they follow its offset of the caches. A structure
 * that was overwritten, or never initialised, leads them anywhere. While the verifier is on,
 * ntpool_lookaside_off sends both operations here. The structure is looked at before it is
 * used, with reads that may fail. Then the operation continues where the fast path ends: no
 * list caches blocks under the verifier.
 *
 * A static key would save a comparison. But the verifier may be switched while all CPUs use
 * lists. QEMU's threads then run into instructions that are being replaced.
 *
 * Locking: none of its own. Contexts: any but NMI.
 */
#include <linux/preempt.h>

#include "lists/lookaside_registry.h"

void *ntpool_lookaside_pop_checked(struct ntpool_lookaside_head *head,
				   ntpool_lookaside_miss_fn miss, unsigned long caller)
{
	if (!ntpool_lookaside_is_valid(head, caller))
		return NULL;
	preempt_disable();
	return miss(head, ntpool_lookaside_enter(ntpool_lookaside_here(head)), caller);
}

void ntpool_lookaside_push_checked(struct ntpool_lookaside_head *head, void *entry,
				   ntpool_lookaside_full_fn full, unsigned long caller)
{
	if (!ntpool_lookaside_is_valid(head, caller))
		return;
	preempt_disable();
	full(head, entry, ntpool_lookaside_enter(ntpool_lookaside_here(head)), caller);
}
