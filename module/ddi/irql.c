// SPDX-License-Identifier: GPL-2.0
/*
 * IRQLs and the executive's spin locks.
 *
 * KeGetCurrentIrql() derives the IRQL from the context and stores nothing. It is
 * PASSIVE_LEVEL where the caller may sleep, DEVICE_LEVEL in a hard interrupt, HIGH_LEVEL in an
 * NMI, and DISPATCH_LEVEL otherwise. Without CONFIG_PREEMPT_COUNT the kernel does not count
 * preempt_disable() and plain spin locks, so they have no effect on the result.
 *
 * DISPATCH_LEVEL holds off the other threads of the CPU and NT's DPCs, which are softirqs on
 * Linux. Disabling bottom halves does both, except on PREEMPT_RT. There softirqs are threads,
 * and disabling preemption does both. A level above DISPATCH_LEVEL also disables interrupts.
 * A caller may be at DISPATCH_LEVEL without holding off softirqs: it has disabled preemption,
 * holds a spin lock, or reads under RCU. A raise to DISPATCH_LEVEL then holds them off as well.
 * The old level is DISPATCH_LEVEL too, so a count per CPU tells the lowering which raise it ends.
 * Other code may have disabled bottom halves, or preemption on PREEMPT_RT, before the raise. A
 * second count tells the lowering that KeRaiseIrql() has not done so.
 * There are no kernel APCs to hold off, so raising to APC_LEVEL has no effect, and
 * KeGetCurrentIrql() never returns APC_LEVEL.
 *
 * A KSPIN_LOCK is one pointer wide. A spinlock_t does not fit: it grows with lockdep, and it
 * sleeps on PREEMPT_RT. So the KSPIN_LOCK holds an arch_spinlock_t. That lock is fair, works
 * with hypervisors, is empty on a kernel for one CPU, and is free when zero. bit_spin_lock()
 * fits too, but is unfair and keeps the cache line busy under contention. The disadvantages:
 * lockdep does not see these locks, and on PREEMPT_RT they spin with preemption disabled.
 * There a section under the lock must be short and must not take a spinlock_t. The pool
 * detects that context with ntpool_raw_atomic().
 *
 * Each acquiring routine disables bottom halves once, and its releasing routine enables them
 * once, at any IRQL. A caller may be at DISPATCH_LEVEL only because it disabled preemption. A
 * softirq could then interrupt it and spin on the lock. So the routines pair as NT documents:
 * KeAcquireSpinLock() with KeReleaseSpinLock(), and the AtDpcLevel form with the FromDpcLevel
 * form.
 *
 * NT's in-stack queued spin lock queues the waiters in their own memory. So the lock is
 * fair, and its cache line quiet. The kernel's lock already has both properties, so the
 * queued routines take the same lock. The handle only stores the lock and the IRQL. NT
 * forbids both kinds of call on one lock; here that is harmless.
 */
#include <linux/bottom_half.h>
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/kernel.h>

#include "base/irql.h"
#include "base/klock.h"
#include "base/report.h"
#include "verify/argument.h"

static_assert(NTPOOL_PASSIVE_LEVEL == PASSIVE_LEVEL);
static_assert(NTPOOL_APC_LEVEL == APC_LEVEL);
static_assert(NTPOOL_DISPATCH_LEVEL == DISPATCH_LEVEL);
static_assert(NTPOOL_DEVICE_LEVEL == DEVICE_LEVEL);
static_assert(NTPOOL_HIGH_LEVEL == HIGH_LEVEL);

/* Subcodes of the verifier's stop code. */
enum {
	BAD_RAISE = 0x30,
	BAD_LOWER = 0x31,
};

static void report_level(unsigned int subcode, unsigned int current_irql,
			 KIRQL wanted, const char *text, unsigned long caller)
{
	const struct ntpool_stop stop = {
		.code = NTPOOL_STOP_VERIFIER,
		.param = { subcode, current_irql, wanted, 0 },
		.text = text,
		.caller = caller,
	};

	ntpool_report(&stop);
}

/* With interrupts disabled no softirq runs, and local_bh_enable() is not allowed. */
static bool irqs_hold_off_softirqs(void)
{
	return irqs_disabled() || in_hardirq();
}

static void dispatch_enter(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_disable();
	else if (!irqs_hold_off_softirqs())
		local_bh_disable();
}

static void dispatch_leave(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_enable();
	else if (!irqs_hold_off_softirqs())
		local_bh_enable();
}

/*
 * Raises from below DISPATCH_LEVEL that are not lowered yet: 0 or 1. While it is 1, the thread
 * stays on the CPU.
 */
static DEFINE_PER_CPU(unsigned int, raises_from_below);

/*
 * Counts raises, not lowered yet, by a caller that was at DISPATCH_LEVEL already but did not
 * hold off softirqs. The first of them has called dispatch_enter(). A raise from a lower level
 * is not counted. While the count is not 0, the thread stays on the CPU.
 */
static DEFINE_PER_CPU(unsigned int, raises_at_dispatch);

/* True if no other thread of this CPU runs, and no softirq. Interrupts are enabled. */
static bool is_held(void)
{
	return IS_ENABLED(CONFIG_PREEMPT_RT) ? preempt_count() : softirq_count();
}

/* A raise to DISPATCH_LEVEL of a caller that is there. */
static void raise_at_dispatch(void)
{
	if (irqs_hold_off_softirqs())
		return;
	if (!is_held()) {
		dispatch_enter();
		__this_cpu_write(raises_at_dispatch, 1);
	} else if (__this_cpu_read(raises_at_dispatch)) {
		__this_cpu_inc(raises_at_dispatch);
	}
}

/* The reverse. */
static void lower_at_dispatch(void)
{
	if (irqs_hold_off_softirqs() || !is_held() || !__this_cpu_read(raises_at_dispatch))
		return;
	if (!__this_cpu_dec_return(raises_at_dispatch))
		dispatch_leave();
}

/* A part of may_lower() that holds with interrupts off, too. The thread stays on the CPU. */
static bool is_raised(void)
{
	return !__this_cpu_read(raises_at_dispatch) && __this_cpu_read(raises_from_below) &&
	       (IS_ENABLED(CONFIG_PREEMPT_RT) || !in_serving_softirq());
}

/*
 * The caller is at DISPATCH_LEVEL: true if KeRaiseIrql() can be the cause. A softirq, or
 * interrupts that other code disabled, are not.
 */
static bool may_lower(void)
{
	return !irqs_hold_off_softirqs() && is_held() && is_raised();
}

/* True if this thread disabled interrupts with KeRaiseIrql(). */
static bool raised_irqs(void)
{
	return irqs_disabled() && !in_nmi() && __this_cpu_read(ntpool_irql_raised);
}

static void raise_irqs(KIRQL level)
{
	if (!irqs_disabled())
		local_irq_disable();
	else if (!raised_irqs())
		return;
	__this_cpu_write(ntpool_irql_raised, level);
}

static void lower_irqs(KIRQL level)
{
	if (level > DISPATCH_LEVEL) {
		__this_cpu_write(ntpool_irql_raised, level);
		return;
	}
	__this_cpu_write(ntpool_irql_raised, 0);
	local_irq_enable();
}

static KIRQL raise_irql(KIRQL level, unsigned long caller)
{
	unsigned int old = ntpool_irql();

	ntpool_verify_count(NTPOOL_VC_RAISES);
	if (level < old || level > HIGH_LEVEL) {
		report_level(BAD_RAISE, old, level,
			     "the IRQL to raise to is below the current one, or above HIGH_LEVEL; nothing was changed",
			     caller);
		return old;
	}
	if (level >= DISPATCH_LEVEL && old < DISPATCH_LEVEL) {
		dispatch_enter();
		__this_cpu_write(raises_from_below, 1);
	} else if (level == DISPATCH_LEVEL) {
		raise_at_dispatch();
	}
	if (level > DISPATCH_LEVEL && old < level)
		raise_irqs(level);
	return old;
}

/* Returns false if @level is above @old, or if this thread did not raise to @old. */
static bool lower_irql(KIRQL level, unsigned int old)
{
	if (level == old && old == DISPATCH_LEVEL)
		lower_at_dispatch();
	if (level >= old)
		return level == old;
	if (raised_irqs()) {
		/* The raise began at DISPATCH_LEVEL. */
		if (level < DISPATCH_LEVEL && !is_raised())
			return false;
		lower_irqs(level);
		if (level >= DISPATCH_LEVEL)
			return true;
	}
	if (level >= DISPATCH_LEVEL || !may_lower())
		return false;
	__this_cpu_write(raises_from_below, 0);
	dispatch_leave();
	return true;
}

/**
 * KeGetCurrentIrql() - the IRQL that the caller runs at
 *
 * Differs: derived from the context in Linux; never APC_LEVEL; one level for all hard
 * interrupts; without CONFIG_PREEMPT_COUNT a held spin lock has no effect.
 *
 * Context: any.
 *
 * Return: PASSIVE_LEVEL, DISPATCH_LEVEL, DEVICE_LEVEL (all hard interrupts),
 * HIGH_LEVEL (an NMI), or the level above DISPATCH_LEVEL that KeRaiseIrql() raised to.
 *
 * Contract: WDK, KeGetCurrentIrql.
 */
KIRQL KeGetCurrentIrql(void)
{
	return ntpool_irql();
}
EXPORT_SYMBOL_GPL(KeGetCurrentIrql);

/**
 * KeRaiseIrql() - raise the IRQL
 * @NewIrql: the IRQL to run at, not below the current one
 * @OldIrql: receives the current IRQL, for KeLowerIrql()
 *
 * Above DISPATCH_LEVEL interrupts are disabled. A caller that is at DISPATCH_LEVEL because
 * preemption is off lowers the level once for each raise. A wrong @NewIrql is reported and changes
 * nothing; KeLowerIrql() accepts *@OldIrql in that case too.
 *
 * Differs: APC_LEVEL holds off nothing, above DISPATCH_LEVEL all interrupts are off; a
 * wrong level is reported and changes nothing.
 *
 * Context: any.
 *
 * Contract: WDK, KeRaiseIrql.
 */
void KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql)
{
	*OldIrql = raise_irql(NewIrql, _RET_IP_);
}
EXPORT_SYMBOL_GPL(KeRaiseIrql);

/**
 * KeRaiseIrqlToDpcLevel() - raise the IRQL to DISPATCH_LEVEL
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 *
 * Return: the previous IRQL, for KeLowerIrql().
 *
 * Contract: WDK, KeRaiseIrqlToDpcLevel.
 */
KIRQL KeRaiseIrqlToDpcLevel(void)
{
	return raise_irql(DISPATCH_LEVEL, _RET_IP_);
}
EXPORT_SYMBOL_GPL(KeRaiseIrqlToDpcLevel);

/**
 * KeLowerIrql() - lower the IRQL again
 * @NewIrql: the old IRQL from KeRaiseIrql()
 *
 * A @NewIrql above the current IRQL is reported and changes nothing. The same holds if this
 * thread has not raised the IRQL before.
 *
 * Differs: a wrong level is reported and changes nothing.
 *
 * Context: as after KeRaiseIrql().
 *
 * Contract: WDK, KeLowerIrql.
 */
void KeLowerIrql(KIRQL NewIrql)
{
	unsigned int old = ntpool_irql();

	if (lower_irql(NewIrql, old))
		return;
	report_level(BAD_LOWER, old, NewIrql,
		     "the IRQL to lower to is above the current one, or this thread did not raise it; nothing was changed",
		     _RET_IP_);
}
EXPORT_SYMBOL_GPL(KeLowerIrql);

/**
 * KeInitializeSpinLock() - initialise a spin lock as free
 * @SpinLock: the lock, resident memory
 *
 * Context: any IRQL.
 *
 * Contract: WDK, KeInitializeSpinLock.
 */
void KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
	*SpinLock = 0;
	*ntpool_klock(SpinLock) = (arch_spinlock_t)__ARCH_SPIN_LOCK_UNLOCKED;
}
EXPORT_SYMBOL_GPL(KeInitializeSpinLock);

static __always_inline void klock_acquire(PKSPIN_LOCK lock)
{
	ntpool_verify_count(NTPOOL_VC_LOCKS);
	dispatch_enter();
	arch_spin_lock(ntpool_klock(lock));
}

static __always_inline KIRQL klock_raise(PKSPIN_LOCK lock, unsigned long caller)
{
	KIRQL old = ntpool_irql();

	if (ntpool_verify_is_above(NTPOOL_DISPATCH_LEVEL))
		report_level(BAD_RAISE, old, DISPATCH_LEVEL,
			     "a spin lock was taken above DISPATCH_LEVEL; the level was kept",
			     caller);
	klock_acquire(lock);
	return old;
}

static __always_inline void klock_release(PKSPIN_LOCK lock)
{
	arch_spin_unlock(ntpool_klock(lock));
	dispatch_leave();
}

/**
 * KeAcquireSpinLockRaiseToDpc() - raise to DISPATCH_LEVEL and take a spin lock
 * @SpinLock: the lock
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 *
 * Return: the previous IRQL, for KeReleaseSpinLock().
 *
 * Contract: WDK, KeAcquireSpinLockRaiseToDpc.
 */
KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock)
{
	return klock_raise(SpinLock, _RET_IP_);
}
EXPORT_SYMBOL_GPL(KeAcquireSpinLockRaiseToDpc);

/**
 * KeReleaseSpinLock() - release a spin lock and restore the IRQL
 * @SpinLock: a lock that this thread took with KeAcquireSpinLock()
 * @NewIrql: the IRQL which that returned; not used, since the kernel counts the nesting
 *
 * Context: DISPATCH_LEVEL, with interrupts as they were when the lock was taken.
 *
 * Contract: WDK, KeReleaseSpinLock.
 */
void KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
	klock_release(SpinLock);
}
EXPORT_SYMBOL_GPL(KeReleaseSpinLock);

/**
 * KeAcquireSpinLockAtDpcLevel() - take a spin lock at DISPATCH_LEVEL
 * @SpinLock: the lock
 *
 * Context: DISPATCH_LEVEL.
 *
 * Contract: WDK, KeAcquireSpinLockAtDpcLevel.
 */
void KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
	klock_acquire(SpinLock);
}
EXPORT_SYMBOL_GPL(KeAcquireSpinLockAtDpcLevel);

/**
 * KeReleaseSpinLockFromDpcLevel() - release a spin lock and stay at DISPATCH_LEVEL
 * @SpinLock: a lock that this thread took with KeAcquireSpinLockAtDpcLevel()
 *
 * Context: DISPATCH_LEVEL, with interrupts as they were when the lock was taken.
 *
 * Contract: WDK, KeReleaseSpinLockFromDpcLevel.
 */
void KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock)
{
	klock_release(SpinLock);
}
EXPORT_SYMBOL_GPL(KeReleaseSpinLockFromDpcLevel);

/**
 * KeTryToAcquireSpinLockAtDpcLevel() - take a spin lock unless it is held
 * @SpinLock: the lock
 *
 * On a kernel for one CPU a spin lock is empty, and the result is always TRUE.
 *
 * Context: DISPATCH_LEVEL or above.
 *
 * Return: TRUE if the caller holds the lock now; it then calls
 * KeReleaseSpinLockFromDpcLevel(). FALSE if the lock was held.
 *
 * Contract: WDK, KeTryToAcquireSpinLockAtDpcLevel.
 */
BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
	dispatch_enter();
	if (arch_spin_trylock(ntpool_klock(SpinLock))) {
		ntpool_verify_count(NTPOOL_VC_LOCKS);
		return TRUE;
	}
	dispatch_leave();
	return FALSE;
}
EXPORT_SYMBOL_GPL(KeTryToAcquireSpinLockAtDpcLevel);

/**
 * KeTestSpinLock() - whether a spin lock is free
 * @SpinLock: the lock
 *
 * The result may be outdated at once. On a kernel for one CPU it is always TRUE.
 *
 * Context: any IRQL.
 *
 * Return: TRUE if the lock is free.
 *
 * Contract: WDK, KeTestSpinLock.
 */
BOOLEAN KeTestSpinLock(PKSPIN_LOCK SpinLock)
{
	return !arch_spin_is_locked(ntpool_klock(SpinLock));
}
EXPORT_SYMBOL_GPL(KeTestSpinLock);

/* The caller holds @lock. */
static void handle_fill(PKLOCK_QUEUE_HANDLE handle, PKSPIN_LOCK lock, KIRQL old)
{
	handle->OldIrql = old;
	handle->LockQueue.Next = NULL;
	handle->LockQueue.Lock = lock;
}

static PKSPIN_LOCK handle_clear(PKLOCK_QUEUE_HANDLE handle)
{
	PKSPIN_LOCK lock = handle->LockQueue.Lock;

	handle->LockQueue.Lock = NULL;
	return lock;
}

/**
 * KeAcquireInStackQueuedSpinLock() - raise to DISPATCH_LEVEL and take a spin lock
 * @SpinLock: the lock
 * @LockHandle: memory of the caller, in use until KeReleaseInStackQueuedSpinLock()
 *
 * Differs: takes the same lock as KeAcquireSpinLock(), and the two may be mixed.
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 *
 * Contract: WDK, KeAcquireInStackQueuedSpinLock.
 */
void KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock,
				    PKLOCK_QUEUE_HANDLE LockHandle)
{
	handle_fill(LockHandle, SpinLock, klock_raise(SpinLock, _RET_IP_));
}
EXPORT_SYMBOL_GPL(KeAcquireInStackQueuedSpinLock);

/**
 * KeReleaseInStackQueuedSpinLock() - release a spin lock and lower the IRQL
 * @LockHandle: the handle that this thread gave to KeAcquireInStackQueuedSpinLock()
 *
 * Context: DISPATCH_LEVEL, with interrupts as they were when the lock was taken.
 *
 * Contract: WDK, KeReleaseInStackQueuedSpinLock.
 */
void KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle)
{
	KeReleaseSpinLock(handle_clear(LockHandle), LockHandle->OldIrql);
}
EXPORT_SYMBOL_GPL(KeReleaseInStackQueuedSpinLock);

/**
 * KeAcquireInStackQueuedSpinLockAtDpcLevel() - take a spin lock at DISPATCH_LEVEL
 * @SpinLock: the lock
 * @LockHandle: memory of the caller, in use until
 *	KeReleaseInStackQueuedSpinLockFromDpcLevel()
 *
 * Differs: as KeAcquireInStackQueuedSpinLock().
 *
 * Context: DISPATCH_LEVEL.
 *
 * Contract: WDK, KeAcquireInStackQueuedSpinLockAtDpcLevel.
 */
void KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock,
					      PKLOCK_QUEUE_HANDLE LockHandle)
{
	KeAcquireSpinLockAtDpcLevel(SpinLock);
	handle_fill(LockHandle, SpinLock, DISPATCH_LEVEL);
}
EXPORT_SYMBOL_GPL(KeAcquireInStackQueuedSpinLockAtDpcLevel);

/**
 * KeReleaseInStackQueuedSpinLockFromDpcLevel() - release a spin lock, keep the IRQL
 * @LockHandle: the handle of KeAcquireInStackQueuedSpinLockAtDpcLevel(), by this thread
 *
 * Context: DISPATCH_LEVEL, with interrupts as they were when the lock was taken.
 *
 * Contract: WDK, KeReleaseInStackQueuedSpinLockFromDpcLevel.
 */
void KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle)
{
	KeReleaseSpinLockFromDpcLevel(handle_clear(LockHandle));
}
EXPORT_SYMBOL_GPL(KeReleaseInStackQueuedSpinLockFromDpcLevel);
