/* SPDX-License-Identifier: GPL-2.0 */
/* Pool tracking: the call that allocated each live block. */
#ifndef NTPOOL_TRACK_H
#define NTPOOL_TRACK_H

#include "base/stack.h"
#include "base/types.h"

/**
 * struct ntpool_track_block - a tracked block without its stack
 * @addr: address that the driver was given
 * @size: bytes requested
 * @tag: pool tag
 * @type: pool type
 * @for_list: allocated for a lookaside list that also frees to the pool
 * @orphan: its driver has been unloaded without freeing it, which was reported
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
 * @block: the block
 * @stack: the call that allocated it
 */
struct ntpool_track {
	struct ntpool_track_block block;
	struct ntpool_stack stack;
};

/* Creates the table on the first call. Returns 0 or -ENOMEM. Sleeps. */
int ntpool_track_start(void);

/* Adds a record. Returns false without memory. Any context but NMI. */
bool ntpool_track_add(const struct ntpool_track_block *block, unsigned long caller);
/* Moves the record of @p to *@track. Returns false if there is none. Any context but NMI. */
bool ntpool_track_take(void *p, struct ntpool_track *track);
/*
 * Returns an array of all tracked blocks, *@nr long, oldest first, for the caller to kvfree().
 * NULL without memory. Sleeps.
 */
struct ntpool_track *ntpool_track_snapshot(size_t *nr);
/* Keeps the names of the frames of all tracked blocks that are in the code of @frames. Sleeps. */
struct ntpool_frames;
void ntpool_track_frames(struct ntpool_frames *frames);

#endif
