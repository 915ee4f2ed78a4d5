// SPDX-License-Identifier: GPL-2.0
/*
 * Call stacks for the verifier.
 *
 * NT's verifier records the stacks of the allocation and of the free of a block. Here a
 * stack is an array inside the record that it belongs to. The kernel's stack depot does
 * not fit. It never frees a stack. Storing one may need memory in atomic contexts.
 * The unwinder needs neither memory nor locks.
 *
 * Locking: none here; the lock of the record protects its stack. Context: any.
 */
#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "base/stack.h"

enum {
	/* Largest number of ntpool's own frames below the caller. */
	STACK_OWN = 8,
	/* The same for reports, with the frames of a fault. */
	STACK_REPORT = 20,
};

/* Returns the index of the entry @caller, or @nr if there is none. */
static unsigned int stack_find(const unsigned long *entry, unsigned int nr, unsigned long caller)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (entry[i] == caller)
			break;
	return i;
}

/* True for code of ntpool. Built-in code cannot be distinguished from other kernel code. */
static bool is_own(unsigned long addr)
{
#ifdef MODULE
	return within_module(addr, THIS_MODULE);
#else
	return false;
#endif
}

static void stack_fill(struct ntpool_stack *stack, const unsigned long *entry, unsigned int nr,
		       unsigned long caller)
{
	stack->nr = min_t(unsigned int, nr, NTPOOL_STACK_DEPTH);
	memcpy(stack->entry, entry, stack->nr * sizeof(*entry));
	stack->caller = caller;
	stack->when = ntpool_stack_now();
	stack->pid = current->pid;
	stack->cpu = raw_smp_processor_id();
}

/**
 * ntpool_stack_now() - the clock of stacks
 *
 * Context: any, NMI included.
 * Return: nanoseconds.
 */
u64 ntpool_stack_now(void)
{
	return ktime_get_mono_fast_ns();
}

/**
 * ntpool_stack_take() - record the stack of the current call
 * @stack: receives it
 * @caller: call site of the routine of ntpool; entries below it are dropped
 *
 * Context: any, NMI included.
 */
void ntpool_stack_take(struct ntpool_stack *stack, unsigned long caller)
{
	unsigned long entry[STACK_OWN + NTPOOL_STACK_DEPTH];
	unsigned int nr, own;

	nr = stack_trace_save(entry, ARRAY_SIZE(entry), 1);
	/* Drops the frames of code that an interrupt has interrupted. */
	nr = filter_irq_stacks(entry, nr);
	own = stack_find(entry, nr, caller);
	if (own == nr)
		own = 0;
	stack_fill(stack, entry + own, nr - own, caller);
}

/**
 * ntpool_stack_take_call() - record the stack of a call that is reported
 * @stack: receives it; without entries if the current thread is not in that call
 * @caller: call site of the routine of ntpool, or the address of an instruction that faults
 *
 * If ntpool itself faults, the call site is the first frame outside of ntpool.
 *
 * Context: any, NMI included.
 * Return: the call site.
 */
unsigned long ntpool_stack_take_call(struct ntpool_stack *stack, unsigned long caller)
{
	unsigned long entry[STACK_REPORT + NTPOOL_STACK_DEPTH];
	unsigned int nr, own;

	nr = stack_trace_save(entry, ARRAY_SIZE(entry), 1);
	own = stack_find(entry, nr, caller);
	if (is_own(caller)) {
		if (own == nr)
			own = 0;
		while (own < nr && is_own(entry[own]))
			own++;
		caller = own < nr ? entry[own] : caller;
	}
	/* Drops the frames of code that an interrupt has interrupted. */
	nr = own + filter_irq_stacks(entry + own, nr - own);
	stack_fill(stack, entry + own, nr - own, caller);
	return caller;
}

/**
 * ntpool_stack_age_ms() - age of a stack
 * @stack: the stack
 * @now: a later ntpool_stack_now()
 *
 * Context: any.
 * Return: milliseconds.
 */
u64 ntpool_stack_age_ms(const struct ntpool_stack *stack, u64 now)
{
	/* The fast clock may differ a little between CPUs. */
	return now > stack->when ? div_u64(now - stack->when, NSEC_PER_MSEC) : 0;
}

/**
 * ntpool_stack_hash() - hash of the entries and the caller
 * @stack: the stack
 *
 * Context: any.
 * Return: equal hashes for equal stacks.
 */
u32 ntpool_stack_hash(const struct ntpool_stack *stack)
{
	return jhash(stack->entry, stack->nr * sizeof(*stack->entry), (u32)stack->caller);
}
