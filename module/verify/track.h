/* SPDX-License-Identifier: GPL-2.0 */
/* Pool tracking: who has each live block, how he got it, and when. */
#ifndef NTPOOL_TRACK_H
#define NTPOOL_TRACK_H

#include "base/stack.h"
#include "base/types.h"

/**
 * struct ntpool_track_block - what is noted of a block
 * @addr: what the driver was given
 * @size: bytes requested
 * @tag: pool tag
 * @type: which pool
 * @for_list: it was allocated for a lookaside list that also frees to the pool
 * @orphan: its driver has been unloaded without freeing it, and that was reported
 */
struct ntpool_track_block {
	void *addr;
	size_t size;
	u32 tag;
	enum ntpool_type type;
	bool for_list;
	bool orphan;
};

/**
 * struct ntpool_track - a tracked block
 * @block: what it is
 * @stack: the call that allocated it
 */
struct ntpool_track {
	struct ntpool_track_block block;
	struct ntpool_stack stack;
};

/* The table, at the first use. 0 or -ENOMEM. Sleeps. */
int ntpool_track_start(void);

/* False: no memory. Any context but NMI. */
bool ntpool_track_add(const struct ntpool_track_block *block, unsigned long caller);
/* Forgets the block at @p; false if it is not known. Any context but NMI. */
bool ntpool_track_take(void *p, struct ntpool_track *track);
/*
 * An array of all of them, *@nr long, oldest first; kvfree() it. NULL: no memory.
 * Sleeps.
 */
struct ntpool_track *ntpool_track_snapshot(size_t *nr);

#endif
