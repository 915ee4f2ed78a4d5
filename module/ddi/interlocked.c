// SPDX-License-Identifier: GPL-2.0
/*
 * Sums under the caller's spin lock. The compiler's builtins do the interlocked operations
 * without a lock; nt_interlocked.h has those.
 *
 * Each operation takes the driver's KSPIN_LOCK with interrupts disabled for a few
 * instructions. NT's rule applies: a driver must not hold such a lock with interrupts
 * enabled.
 */
#include <linux/export.h>

#include <nt_interlocked.h>

#include "base/klock.h"

/**
 * ExInterlockedAddUlong() - add to a number under a lock
 * @Addend: the number; resident memory
 * @Increment: the summand; the sum wraps around
 * @Lock: protects the number
 *
 * Context: any IRQL; not from an NMI.
 *
 * Return: the old number.
 *
 * Contract: WDK, ExInterlockedAddUlong.
 */
ULONG ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock)
{
	unsigned long flags = ntpool_klock_irqsave(Lock);
	ULONG old = *Addend;

	*Addend = old + Increment;
	ntpool_klock_irqrestore(Lock, flags);
	return old;
}
EXPORT_SYMBOL_GPL(ExInterlockedAddUlong);

/**
 * ExInterlockedAddLargeInteger() - add to a number of 64 bits under a lock
 * @Addend: the number; resident memory
 * @Increment: the summand; the sum wraps around
 * @Lock: protects the number
 *
 * Context: any IRQL; not from an NMI.
 *
 * Return: the old number.
 *
 * Contract: WDK, ExInterlockedAddLargeInteger.
 */
LARGE_INTEGER ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment,
					   PKSPIN_LOCK Lock)
{
	unsigned long flags = ntpool_klock_irqsave(Lock);
	LARGE_INTEGER old = *Addend;

	Addend->QuadPart = (LONGLONG)((u64)old.QuadPart + (u64)Increment.QuadPart);
	ntpool_klock_irqrestore(Lock, flags);
	return old;
}
EXPORT_SYMBOL_GPL(ExInterlockedAddLargeInteger);
