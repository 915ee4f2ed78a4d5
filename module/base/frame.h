/* SPDX-License-Identifier: GPL-2.0 */
/* Names of stack frames in code that was freed. */
#ifndef NTPOOL_FRAME_H
#define NTPOOL_FRAME_H

#include "base/compat.h"

struct ntpool_stack;

enum {
	NTPOOL_FRAMES = 64,	/* more than one stack has */
};

/**
 * struct ntpool_frames - addresses in code that is about to be freed
 * @going: the code
 * @when: ntpool_stack_now() of the search; no younger stack is in that code
 * @nr: entries in use
 * @addr: each address once
 */
struct ntpool_frames {
	struct ntpool_going going;
	u64 when;
	unsigned int nr;
	unsigned long addr[NTPOOL_FRAMES];
};

/* True if the stack goes through code of @mod, whose frames were searched for. Any context. */
bool ntpool_frames_has(const struct ntpool_stack *stack, const struct module *mod);
/*
 * Adds the addresses of @stack that lie in the code of @frames. If there may be no room for all of
 * them, keeps the names first. May sleep.
 */
void ntpool_frames_add(struct ntpool_frames *frames, const struct ntpool_stack *stack);
/* Keeps the names of the addresses and empties @frames. May sleep. */
void ntpool_frames_keep(struct ntpool_frames *frames);
/* Writes the name that @addr had at the time @when, of ntpool_stack_now(). Any context. */
void ntpool_frame_text(unsigned long addr, u64 when, char *buf, size_t size);

#endif
