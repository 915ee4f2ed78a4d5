/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calling context as NT's IRQL, and the tests that precede a lock or an allocation.
 * No function here changes the context.
 *
 * A kernel without CONFIG_PREEMPT_COUNT does not count spin locks and
 * preempt_disable(). Such a caller then seems to run at PASSIVE_LEVEL, and
 * ntpool_may_sleep() always returns false.
 */
#ifndef NTPOOL_IRQL_H
#define NTPOOL_IRQL_H

#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

/* NT's numbers; ddi/irql.c compares them with NT's header at build time. */
enum ntpool_irql_level {
	NTPOOL_PASSIVE_LEVEL = 0,
	NTPOOL_APC_LEVEL = 1,
	NTPOOL_DISPATCH_LEVEL = 2,
	NTPOOL_DEVICE_LEVEL = 3,
	NTPOOL_HIGH_LEVEL = IS_ENABLED(CONFIG_64BIT) ? 15 : 31,
};

/*
 * The level above DISPATCH_LEVEL to which KeRaiseIrql() raised this CPU, else 0. Only
 * this CPU accesses it, with interrupts off.
 */
DECLARE_PER_CPU(u8, ntpool_irql_raised);

/**
 * ntpool_irql() - the IRQL that the caller runs at
 *
 * At PASSIVE_LEVEL the caller may sleep. An RCU reader, as every holder of a spinlock_t
 * on PREEMPT_RT is, runs at DISPATCH_LEVEL.
 *
 * Context: any.
 * Return: an enum ntpool_irql_level, or the level that KeRaiseIrql() has set.
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
 * Return: true if it may; false if not, or without CONFIG_PREEMPT_COUNT.
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
	/* ntpool_irql() <= NTPOOL_APC_LEVEL, in fewer instructions. */
	return !preempt_count() && !irqs_disabled() && !rcu_preempt_depth() &&
	       !(IS_ENABLED(CONFIG_PREEMPT_RT) && softirq_count());
}

/**
 * ntpool_raw_atomic() - whether the caller must not take a spinlock_t
 *
 * Context: any.
 * Return: true in a context without preemption on PREEMPT_RT, where such a lock sleeps;
 * else false.
 */
static inline bool ntpool_raw_atomic(void)
{
	return IS_ENABLED(CONFIG_PREEMPT_RT) && !preemptible();
}

#endif
