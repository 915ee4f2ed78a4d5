/* SPDX-License-Identifier: GPL-2.0 */
/* Call stacks for the verifier. Context of all routines: any, NMI included. */
#ifndef NTPOOL_STACK_H
#define NTPOOL_STACK_H

#include <linux/types.h>

enum {
	NTPOOL_STACK_DEPTH = 12,
};

/**
 * struct ntpool_stack - stack of one call
 * @caller: call site of the routine of ntpool
 * @when: ntpool_stack_now() at the call
 * @pid: the current thread; in an interrupt, the thread that it has interrupted
 * @cpu: the CPU
 * @nr: entries in use; 0: no stack was recorded
 * @entry: return addresses, @caller first if the unwinder found it
 */
struct ntpool_stack {
	unsigned long caller;
	u64 when;
	pid_t pid;
	u16 cpu;
	u16 nr;
	unsigned long entry[NTPOOL_STACK_DEPTH];
};

void ntpool_stack_take(struct ntpool_stack *stack, unsigned long caller);
unsigned long ntpool_stack_take_call(struct ntpool_stack *stack, unsigned long caller);
u64 ntpool_stack_age_ms(const struct ntpool_stack *stack, u64 now);
u64 ntpool_stack_now(void);
u32 ntpool_stack_hash(const struct ntpool_stack *stack);

#endif
