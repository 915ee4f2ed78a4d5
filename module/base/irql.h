/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the calling context allows: NT's IRQL, and the questions that the core asks
 * before it takes a lock or memory. No answer changes anything.
 *
 * A kernel without CONFIG_PREEMPT_COUNT does not count plain spin locks and
 * preempt_disable(). There such a caller looks like PASSIVE_LEVEL, and
 * ntpool_may_sleep() never says yes.
 */
#ifndef NTPOOL_IRQL_H
#define NTPOOL_IRQL_H

#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

/* NT's numbers; irql.c checks them against NT's header. */
enum ntpool_irql_level {
	NTPOOL_PASSIVE_LEVEL = 0,
	NTPOOL_APC_LEVEL = 1,
	NTPOOL_DISPATCH_LEVEL = 2,
	NTPOOL_DEVICE_LEVEL = 3,
	NTPOOL_HIGH_LEVEL = IS_ENABLED(CONFIG_64BIT) ? 15 : 31,
};

/*
 * The level above DISPATCH_LEVEL that KeRaiseIrql() switched interrupts off for on
 * this CPU, else 0. Only the CPU itself touches it, with interrupts off.
 */
DECLARE_PER_CPU(u8, ntpool_irql_raised);

/**
 * ntpool_irql() - the IRQL that the caller runs at
 *
 * PASSIVE_LEVEL means sleepable: a preemptible RCU reader, which on PREEMPT_RT
 * every holder of a spin lock is, runs at DISPATCH_LEVEL.
 *
 * Context: any.
 * Return: an enum ntpool_irql_level, or what KeRaiseIrql() raised to.
 */
static inline unsigned int ntpool_irql(void)
{
	unsigned int count = preempt_count();

	if (unlikely(count & NMI_MASK))
		return NTPOOL_HIGH_LEVEL;
	if (unlikely(count & HARDIRQ_MASK))
		return NTPOOL_DEVICE_LEVEL;
	if (irqs_disabled())
		return __this_cpu_read(ntpool_irql_raised) ?: NTPOOL_DISPATCH_LEVEL;
	if (count || softirq_count() || rcu_preempt_depth())
		return NTPOOL_DISPATCH_LEVEL;
	return NTPOOL_PASSIVE_LEVEL;
}

/**
 * ntpool_may_sleep() - whether the caller is known to be allowed to sleep
 *
 * Context: any.
 * Return: false also where it is unknown, without CONFIG_PREEMPT_COUNT.
 */
static inline bool ntpool_may_sleep(void)
{
	return IS_ENABLED(CONFIG_PREEMPT_COUNT) &&
	       ntpool_irql() == NTPOOL_PASSIVE_LEVEL;
}

/**
 * ntpool_paged_ok() - whether the caller may use paged pool
 *
 * Context: any.
 * Return: true up to APC_LEVEL.
 */
static inline bool ntpool_paged_ok(void)
{
	return ntpool_irql() <= NTPOOL_APC_LEVEL;
}

/**
 * ntpool_raw_atomic() - whether even a spinlock_t is out of bounds
 *
 * Context: any.
 * Return: true only on PREEMPT_RT, where such a lock sleeps, in a context that
 * cannot be preempted.
 */
static inline bool ntpool_raw_atomic(void)
{
	return IS_ENABLED(CONFIG_PREEMPT_RT) && !preemptible();
}

#endif
