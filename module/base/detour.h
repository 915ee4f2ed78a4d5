/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracing of allocations and frees, which the slow paths do: it makes the fast paths refuse.
 * The fast paths have no code for that. NTPOOL_ALLOCS_TRACED in ntpool_verifier_state sends
 * allocations on the detour, limits of 0 send frees.
 */
#ifndef NTPOOL_DETOUR_H
#define NTPOOL_DETOUR_H

/*
 * Fast frees accept the blocks of this many pages, from the first one of memory on. The second
 * limit is the same for the window of the page map.
 */
extern unsigned long ntpool_fast_limit;
extern unsigned long ntpool_fast_window_limit;

/* Sets the limits at once, or when the last user of the tracepoint goes. Any context but NMI. */
void ntpool_fast_limits_set(unsigned long limit, unsigned long window_limit);

/* For the tracepoints: the first user of one comes, the last one goes. Process context. */
int ntpool_detour_allocs(void);
void ntpool_detour_allocs_end(void);
int ntpool_detour_frees(void);
void ntpool_detour_frees_end(void);

#endif
