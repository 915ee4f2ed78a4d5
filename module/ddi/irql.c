// SPDX-License-Identifier: GPL-2.0
/*
 * IRQLs and the executive's spin locks.
 *
 * KeGetCurrentIrql() looks at the context and stores nothing: PASSIVE_LEVEL where
 * the caller may sleep, DEVICE_LEVEL in a hard interrupt, HIGH_LEVEL in an NMI,
 * DISPATCH_LEVEL for all between. Without CONFIG_PREEMPT_COUNT the kernel does not
 * count preempt_disable() and plain spin locks, and they are not seen.
 *
 * Raising to DISPATCH_LEVEL holds off what NT calls DPCs, softirqs on Linux, and
 * other threads of the CPU. Where softirqs are not threads, disabling bottom halves
 * does both. On PREEMPT_RT they are threads, and switching preemption off does both.
 * Raising further switches interrupts off too. There are no kernel APCs to hold
 * off: raising to APC_LEVEL does nothing, and KeGetCurrentIrql() never returns it.
 *
 * A KSPIN_LOCK is one pointer wide and has no room for a spinlock_t, which grows
 * with lockdep and sleeps on PREEMPT_RT. It holds the kernel's arch_spinlock_t: fair
 * among CPUs, known to hypervisors, nothing on a kernel for one CPU, and free when
 * zero. bit_spin_lock() would fit as well, but is unfair and hammers the cache line
 * under contention. The price: lockdep does not see these locks, and on
 * PREEMPT_RT they spin with preemption off, so sections under them must be short and
 * must not take a spinlock_t. The pool knows that context (ntpool_raw_atomic()).
 *
 * Every acquiring routine holds off softirqs once and its releasing routine lets
 * them go once, whatever the IRQL was: a caller at DISPATCH_LEVEL because it merely
 * disabled preemption could else be interrupted by a softirq that spins on the lock.
 * Hence the forms pair as NT documents them, KeAcquireSpinLock() with
 * KeReleaseSpinLock() and the AtDpcLevel form with the FromDpcLevel form.
 *
 * NT's in-stack queued spin locks put each waiter's own memory into a queue, so that
 * the lock is fair and its cache line quiet. The kernel's lock is both already: they
 * are the same lock here, and the handle only remembers which one it is and the IRQL.
 * NT forbids to mix the two kinds on one lock; here it does no harm.
 */
#include <linux/bottom_half.h>
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/kernel.h>

#include "base/irql.h"
#include "base/klock.h"
#include "base/report.h"
#include "verify/verify.h"

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

/* No softirq can come in where interrupts are off, and none may be let go there. */
static bool softirqs_held_anyway(void)
{
	return irqs_disabled() || in_hardirq();
}

static void dispatch_enter(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_disable();
	else if (!softirqs_held_anyway())
		local_bh_disable();
}

static void dispatch_leave(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_enable();
	else if (!softirqs_held_anyway())
		local_bh_enable();
}

/*
 * Whether the DISPATCH_LEVEL that the caller is at can come from KeRaiseIrql(): not
 * that of a softirq or of interrupts that another switched off.
 */
static bool may_lower(void)
{
	if (softirqs_held_anyway())
		return false;
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return preempt_count();
	return softirq_count() && !in_serving_softirq();
}

/* Whether this thread is above DISPATCH_LEVEL by its own raise. */
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
	if (level >= DISPATCH_LEVEL && old < DISPATCH_LEVEL)
		dispatch_enter();
	if (level > DISPATCH_LEVEL && old < level)
		raise_irqs(level);
	return old;
}

/* False if @level is above @old, or if this thread did not raise to @old. */
static bool lower_irql(KIRQL level, unsigned int old)
{
	if (level >= old)
		return level == old;
	if (raised_irqs()) {
		lower_irqs(level);
		if (level >= DISPATCH_LEVEL)
			return true;
	}
	if (level >= DISPATCH_LEVEL || !may_lower())
		return false;
	dispatch_leave();
	return true;
}

/**
 * KeGetCurrentIrql() - the IRQL that the caller runs at
 *
 * Differs: looks at the context of Linux; never APC_LEVEL, one level for all hard
 * interrupts, and no held spin lock is seen without CONFIG_PREEMPT_COUNT.
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any.
 * Return: PASSIVE_LEVEL, DISPATCH_LEVEL, DEVICE_LEVEL (all hard interrupts),
 * HIGH_LEVEL (an NMI), or above DISPATCH_LEVEL what KeRaiseIrql() raised to.
 */
KIRQL KeGetCurrentIrql(void)
{
	return ntpool_irql();
}
EXPORT_SYMBOL_GPL(KeGetCurrentIrql);

/**
 * KeRaiseIrql() - raise the IRQL
 * @NewIrql: the IRQL to run at, not below the current one
 * @OldIrql: where the current one is put, for KeLowerIrql()
 *
 * Above DISPATCH_LEVEL interrupts are off. A wrong @NewIrql is reported and changes
 * nothing, and @OldIrql is then good for KeLowerIrql() all the same.
 *
 * Differs: APC_LEVEL holds off nothing, above DISPATCH_LEVEL all interrupts are off; a
 * wrong level is reported and changes nothing.
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any.
 */
void KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql)
{
	*OldIrql = raise_irql(NewIrql, _RET_IP_);
}
EXPORT_SYMBOL_GPL(KeRaiseIrql);

/**
 * KeRaiseIrqlToDpcLevel() - raise the IRQL to DISPATCH_LEVEL
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 * Return: the IRQL before, for KeLowerIrql().
 */
KIRQL KeRaiseIrqlToDpcLevel(void)
{
	return raise_irql(DISPATCH_LEVEL, _RET_IP_);
}
EXPORT_SYMBOL_GPL(KeRaiseIrqlToDpcLevel);

/**
 * KeLowerIrql() - go back to a lower IRQL
 * @NewIrql: what KeRaiseIrql() returned as the old one
 *
 * A @NewIrql above the current one, or a lowering that no raise of this thread goes
 * before, is reported and changes nothing.
 *
 * Differs: a wrong level is reported and changes nothing.
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: as after KeRaiseIrql().
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
 * KeInitializeSpinLock() - make a spin lock free
 * @SpinLock: the lock, resident memory
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 */
void KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
	*SpinLock = 0;
	*ntpool_klock(SpinLock) = (arch_spinlock_t)__ARCH_SPIN_LOCK_UNLOCKED;
}
EXPORT_SYMBOL_GPL(KeInitializeSpinLock);

/**
 * KeAcquireSpinLockRaiseToDpc() - raise to DISPATCH_LEVEL and take a spin lock
 * @SpinLock: the lock
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 * Return: the IRQL before, for KeReleaseSpinLock().
 */
KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock)
{
	KIRQL old = ntpool_irql();

	ntpool_verify_count(NTPOOL_VC_LOCKS);
	dispatch_enter();
	arch_spin_lock(ntpool_klock(SpinLock));
	return old;
}
EXPORT_SYMBOL_GPL(KeAcquireSpinLockRaiseToDpc);

/**
 * KeReleaseSpinLock() - release a spin lock and go back to the IRQL before it
 * @SpinLock: a lock taken with KeAcquireSpinLock(), by this thread
 * @NewIrql: what that returned; the lock's own nesting decides
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: DISPATCH_LEVEL, with interrupts as they were when the lock was taken.
 */
void KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
	arch_spin_unlock(ntpool_klock(SpinLock));
	dispatch_leave();
}
EXPORT_SYMBOL_GPL(KeReleaseSpinLock);

/**
 * KeAcquireSpinLockAtDpcLevel() - take a spin lock at DISPATCH_LEVEL
 * @SpinLock: the lock
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: DISPATCH_LEVEL.
 */
void KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
	ntpool_verify_count(NTPOOL_VC_LOCKS);
	dispatch_enter();
	arch_spin_lock(ntpool_klock(SpinLock));
}
EXPORT_SYMBOL_GPL(KeAcquireSpinLockAtDpcLevel);

/**
 * KeReleaseSpinLockFromDpcLevel() - release a spin lock and stay at DISPATCH_LEVEL
 * @SpinLock: a lock taken with KeAcquireSpinLockAtDpcLevel(), by this thread
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: DISPATCH_LEVEL, with interrupts as they were when the lock was taken.
 */
void KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock)
{
	arch_spin_unlock(ntpool_klock(SpinLock));
	dispatch_leave();
}
EXPORT_SYMBOL_GPL(KeReleaseSpinLockFromDpcLevel);

/**
 * KeTryToAcquireSpinLockAtDpcLevel() - take a spin lock unless it is held
 * @SpinLock: the lock
 *
 * Contract: the NT driver-interface reference. On a kernel for one CPU a spin lock
 * is nothing, and the answer is always TRUE.
 *
 * Context: DISPATCH_LEVEL or above.
 * Return: TRUE if the caller holds it now, and then releases it with
 * KeReleaseSpinLockFromDpcLevel(). FALSE if somebody else does.
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
 * The answer may be outdated as soon as it is given.
 *
 * Contract: the NT driver-interface reference. On a kernel for one CPU a spin lock
 * is nothing, and always free.
 *
 * Context: any IRQL.
 * Return: TRUE if nobody holds it.
 */
BOOLEAN KeTestSpinLock(PKSPIN_LOCK SpinLock)
{
	return !arch_spin_is_locked(ntpool_klock(SpinLock));
}
EXPORT_SYMBOL_GPL(KeTestSpinLock);

/**
 * KeAcquireInStackQueuedSpinLock() - raise to DISPATCH_LEVEL and take a spin lock
 * @SpinLock: the lock
 * @LockHandle: the caller's until KeReleaseInStackQueuedSpinLock()
 *
 * Differs: the same lock as KeAcquireSpinLock() takes, and the two may be mixed.
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 */
void KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock,
				    PKLOCK_QUEUE_HANDLE LockHandle)
{
	LockHandle->OldIrql = KeAcquireSpinLockRaiseToDpc(SpinLock);
	LockHandle->LockQueue.Next = NULL;
	LockHandle->LockQueue.Lock = SpinLock;
}
EXPORT_SYMBOL_GPL(KeAcquireInStackQueuedSpinLock);

/**
 * KeReleaseInStackQueuedSpinLock() - release a spin lock and lower the IRQL
 * @LockHandle: as given to KeAcquireInStackQueuedSpinLock(), by this thread
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: DISPATCH_LEVEL, with interrupts as they were when the lock was taken.
 */
void KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle)
{
	PKSPIN_LOCK lock = LockHandle->LockQueue.Lock;

	LockHandle->LockQueue.Lock = NULL;
	KeReleaseSpinLock(lock, LockHandle->OldIrql);
}
EXPORT_SYMBOL_GPL(KeReleaseInStackQueuedSpinLock);

/**
 * KeAcquireInStackQueuedSpinLockAtDpcLevel() - take a spin lock at DISPATCH_LEVEL
 * @SpinLock: the lock
 * @LockHandle: the caller's until KeReleaseInStackQueuedSpinLockFromDpcLevel()
 *
 * Differs: as KeAcquireInStackQueuedSpinLock().
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: DISPATCH_LEVEL.
 */
void KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock,
					      PKLOCK_QUEUE_HANDLE LockHandle)
{
	KeAcquireSpinLockAtDpcLevel(SpinLock);
	LockHandle->OldIrql = DISPATCH_LEVEL;
	LockHandle->LockQueue.Next = NULL;
	LockHandle->LockQueue.Lock = SpinLock;
}
EXPORT_SYMBOL_GPL(KeAcquireInStackQueuedSpinLockAtDpcLevel);

/**
 * KeReleaseInStackQueuedSpinLockFromDpcLevel() - release a spin lock, and no more
 * @LockHandle: as given to KeAcquireInStackQueuedSpinLockAtDpcLevel()
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: DISPATCH_LEVEL, with interrupts as they were when the lock was taken.
 */
void KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle)
{
	PKSPIN_LOCK lock = LockHandle->LockQueue.Lock;

	LockHandle->LockQueue.Lock = NULL;
	KeReleaseSpinLockFromDpcLevel(lock);
}
EXPORT_SYMBOL_GPL(KeReleaseInStackQueuedSpinLockFromDpcLevel);
