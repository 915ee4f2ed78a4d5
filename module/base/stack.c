// SPDX-License-Identifier: GPL-2.0
/*
 * Call stacks for the verifier.
 *
 * NT's verifier keeps the stack of the call that allocated a block and of the one
 * that freed it. They are kept here as plain arrays with the record that they belong
 * to, and not in the kernel's stack depot: a depot is never emptied, and to store a
 * stack there may need memory where none is to be had. Unwinding needs neither memory
 * nor locks, so a stack can be taken wherever a block can be allocated.
 *
 * Locking: none. A struct ntpool_stack belongs to whoever owns what it is part of.
 */
#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "base/stack.h"

enum {
	/* Frames of ntpool's own below the caller, at most. */
	STACK_OWN = 8,
};

/* How many entries there are before the one of @caller; 0 if it is not among them. */
static unsigned int stack_own(const unsigned long *entry, unsigned int nr, unsigned long caller)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (entry[i] == caller)
			return i;
	return 0;
}

u64 ntpool_stack_now(void)
{
	return ktime_get_mono_fast_ns();
}

void ntpool_stack_take(struct ntpool_stack *stack, unsigned long caller)
{
	unsigned long entry[STACK_OWN + NTPOOL_STACK_DEPTH];
	unsigned int nr, own;

	nr = stack_trace_save(entry, ARRAY_SIZE(entry), 1);
	/* What was interrupted did not ask for it. */
	nr = filter_irq_stacks(entry, nr);
	own = stack_own(entry, nr, caller);
	stack->nr = min_t(unsigned int, nr - own, NTPOOL_STACK_DEPTH);
	memcpy(stack->entry, entry + own, stack->nr * sizeof(*entry));
	stack->caller = caller;
	stack->when = ntpool_stack_now();
	stack->pid = current->pid;
	stack->cpu = raw_smp_processor_id();
}

u64 ntpool_stack_age_ms(const struct ntpool_stack *stack, u64 now)
{
	/* The fast clock may step back a little between CPUs. */
	return now > stack->when ? div_u64(now - stack->when, NSEC_PER_MSEC) : 0;
}

u32 ntpool_stack_hash(const struct ntpool_stack *stack)
{
	return jhash(stack->entry, stack->nr * sizeof(*stack->entry), (u32)stack->caller);
}
