/* SPDX-License-Identifier: GPL-2.0 */
/* Low resources simulation: allocations that are made to fail. */
#ifndef NTPOOL_FAULT_H
#define NTPOOL_FAULT_H

#include "base/stack.h"
#include "verify/filter.h"

enum {
	NTP_FAULT_ALWAYS = 10000,	/* probabilities are in 1/10000 */
	NTP_FAULT_LOG = 128,
};

/* On top of what ntp_aim_hits() says. */
extern struct ntp_aim ntp_fault_tags;
extern struct ntp_aim ntp_fault_drivers;

/* True: this request is to fail. Any context but NMI. */
bool ntp_fault_hits(u32 tag, size_t size, unsigned long caller);
/* The flag was set: the delay begins, no stack has been seen. */
void ntp_fault_restart(void);

/* The settings, one `name value` a line, and one such line as it is written. */
void ntp_fault_text(char *buf, size_t size);
int ntp_fault_set(char *line);

/**
 * struct ntp_fault_note - an allocation that was made to fail
 * @tag: pool tag
 * @size: bytes requested
 * @stack: the call
 */
struct ntp_fault_note {
	u32 tag;
	size_t size;
	struct ntp_stack stack;
};

/* Up to NTP_FAULT_LOG of them, newest first. Returns how many. */
unsigned int ntp_fault_log(struct ntp_fault_note *to);

#endif
