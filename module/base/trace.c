// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoints, and the switches that make the slow paths hit them.
 *
 * While ntpool_alloc and ntpool_free have no user, the fast paths are the same instructions as
 * without tracepoints. An allocation tests ntpool_verifier_state for the verifier anyway, and
 * a free compares its page with a limit. The first user of ntpool_alloc sets a bit of its own
 * in that word. Checks, lookaside lists and zones test the bits of the verifier only. The
 * first user of ntpool_free sets the limits to 0. A call that has passed its test at that
 * moment is not traced.
 *
 * The kernel calls the switches under a mutex of its own. It does so also while ntpool is
 * being loaded or when ntpool has ended. So the switches only change these two words.
 *
 * Locking: limit_lock, a raw spinlock and a leaf, protects the limits. Contexts: any but NMI.
 */
#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/spinlock.h>

#include "base/detour.h"
#include "base/verifier.h"

#define CREATE_TRACE_POINTS
#include "base/trace.h"

unsigned long ntpool_fast_limit __read_mostly;
unsigned long ntpool_fast_window_limit __read_mostly;

static DEFINE_RAW_SPINLOCK(limit_lock);
static unsigned long limit_wanted;	/* that of the page map; limit_lock */
static unsigned long window_wanted;	/* that of its window; limit_lock */
static bool frees_traced;		/* limit_lock */

/* Publishes the limits that are valid now. Called under limit_lock. */
static void limit_publish(void)
{
	WRITE_ONCE(ntpool_fast_limit, frees_traced ? 0 : limit_wanted);
	WRITE_ONCE(ntpool_fast_window_limit, frees_traced ? 0 : window_wanted);
}

void ntpool_fast_limits_set(unsigned long limit, unsigned long window_limit)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&limit_lock, flags);
	limit_wanted = limit;
	window_wanted = window_limit;
	limit_publish();
	raw_spin_unlock_irqrestore(&limit_lock, flags);
}

static void frees_trace(bool traced)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&limit_lock, flags);
	frees_traced = traced;
	limit_publish();
	raw_spin_unlock_irqrestore(&limit_lock, flags);
}

int ntpool_detour_frees(void)
{
	frees_trace(true);
	return 0;
}

void ntpool_detour_frees_end(void)
{
	frees_trace(false);
}

int ntpool_detour_allocs(void)
{
	set_bit(NTPOOL_ALLOCS_TRACED, &ntpool_verifier_state);
	return 0;
}

void ntpool_detour_allocs_end(void)
{
	clear_bit(NTPOOL_ALLOCS_TRACED, &ntpool_verifier_state);
}
