/* SPDX-License-Identifier: GPL-2.0 */
/* The last runs of pages that were freed, for reports of a second free. */
#ifndef NTPOOL_FREED_H
#define NTPOOL_FREED_H

#include "base/stack.h"
#include "heap/run.h"

/**
 * struct ntpool_freed - a run whose pages went back to the kernel
 * @base: its first byte; NULL: the entry is unused
 * @use: the routines that owned it
 * @tag: pool tag
 * @size: bytes that the driver requested
 * @allocated: the call that allocated it; its caller is 0 if it was not tracked
 * @freed: the call that freed it
 */
struct ntpool_freed {
	void *base;
	enum ntpool_use use;
	u32 tag;
	size_t size;
	struct ntpool_stack allocated;
	struct ntpool_stack freed;
};

/*
 * Notes the run of @block, which @caller frees. @allocated: the call that allocated it; NULL if
 * it was not tracked. Before the run leaves the tree. Any context but NMI.
 */
void ntpool_freed_note(enum ntpool_use use, const struct ntpool_block *block,
		       const struct ntpool_stack *allocated, unsigned long caller);
/* Forgets the run that began at @base, because another one begins there. Likewise. */
void ntpool_freed_forget(const void *base);
/* Copies the note of the run that began at @p. Returns false if there is none. Likewise. */
bool ntpool_freed_find(const void *p, struct ntpool_freed *copy);
/* Keeps the names of the frames in the notes that are in the code of @frames. Sleeps. */
struct ntpool_frames;
void ntpool_freed_frames(struct ntpool_frames *frames);

#endif
