/* SPDX-License-Identifier: GPL-2.0 */
/* Low resources simulation: allocations that are made to fail. */
#ifndef NTPOOL_FAULT_H
#define NTPOOL_FAULT_H

#include "base/stack.h"
#include "verify/filter.h"

enum {
	NTPOOL_FAULT_ALWAYS = 10000,	/* probabilities are in 1/10000 */
	NTPOOL_FAULT_LOG = 128,
};

/* Returns true if the request has to fail, and logs it. Any context but NMI. */
bool ntpool_fault_hits(u32 tag, size_t size, unsigned long caller);
/* Begins the delay again and forgets all stacks, when the bit is set. Any context but NMI. */
void ntpool_fault_restart(void);

/* Prints the settings, one `name value` a line. Any context. */
void ntpool_fault_text(char *buf, size_t size);
/*
 * Sets values from such lines, which are modified: all of them, or none after -EINVAL, -ENOMEM or
 * -ENODEV. Returns 0 or one of these. Sleeps.
 */
int ntpool_fault_set(char *text);

/**
 * struct ntpool_fault_note - an allocation that was made to fail
 * @tag: pool tag
 * @size: bytes requested
 * @stack: the call
 */
struct ntpool_fault_note {
	u32 tag;
	size_t size;
	struct ntpool_stack stack;
};

/* Copies up to NTPOOL_FAULT_LOG notes, newest first. Returns their number. Process context. */
unsigned int ntpool_fault_log(struct ntpool_fault_note *to);

/* Records the names of those frames in the notes that lie in the code of @frames. Sleeps. */
struct ntpool_frames;
void ntpool_fault_frames(struct ntpool_frames *frames);

#endif
