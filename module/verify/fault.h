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

/* True: this request is to fail. Any context but NMI. */
bool ntpool_fault_hits(u32 tag, size_t size, unsigned long caller);
/* The flag was set: the delay begins, no stack has been seen. */
void ntpool_fault_restart(void);

/* The settings, one `name value` a line, and one such line as it is written. */
void ntpool_fault_text(char *buf, size_t size);
int ntpool_fault_set(char *line);

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

/* Up to NTPOOL_FAULT_LOG of them, newest first. Returns how many. */
unsigned int ntpool_fault_log(struct ntpool_fault_note *to);

#endif
