/* SPDX-License-Identifier: GPL-2.0 */
/* Who did something, and how he got there: what the verifier remembers of a call. */
#ifndef NTPOOL_STACK_H
#define NTPOOL_STACK_H

#include <linux/types.h>

enum {
	NTPOOL_STACK_DEPTH = 12,
};

/**
 * struct ntpool_stack - one call
 * @caller: address that the routine of ntpool returns to
 * @when: ktime_get_mono_fast_ns() then
 * @pid: the thread, as the kernel counts them; that which was interrupted, in interrupts
 * @cpu: the CPU
 * @nr: entries in use; 0: nothing is known
 * @entry: return addresses, @caller first where the unwinder came that far
 */
struct ntpool_stack {
	unsigned long caller;
	u64 when;
	pid_t pid;
	u16 cpu;
	u16 nr;
	unsigned long entry[NTPOOL_STACK_DEPTH];
};

/* Every context, NMI too. */
void ntpool_stack_take(struct ntpool_stack *stack, unsigned long caller);
/* Milliseconds from then to @now, which is ntpool_stack_now() of some time after. */
u64 ntpool_stack_age_ms(const struct ntpool_stack *stack, u64 now);
u64 ntpool_stack_now(void);
/* Equal for calls that came the same way. */
u32 ntpool_stack_hash(const struct ntpool_stack *stack);

#endif
