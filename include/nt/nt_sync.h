/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IRQLs and spin locks.
 *
 * What an IRQL means on Linux: PASSIVE_LEVEL, the caller may sleep;
 * DISPATCH_LEVEL, it may not (softirq, bottom halves or preemption or interrupts
 * off, a spin lock held); a hard interrupt reports DEVICE_LEVEL, an NMI
 * HIGH_LEVEL. There are no kernel APCs: raising to APC_LEVEL is allowed and
 * changes nothing.
 */
#ifndef NTPOOL_NT_SYNC_H
#define NTPOOL_NT_SYNC_H

#include "ntdef.h"

typedef UCHAR KIRQL, *PKIRQL;

#define PASSIVE_LEVEL		0
#define LOW_LEVEL		0
#define APC_LEVEL		1
#define DISPATCH_LEVEL		2

/* The one device level there is; NT numbers them from here. */
#define DEVICE_LEVEL		3

#ifdef __LP64__
#define HIGH_LEVEL		15
#else
#define HIGH_LEVEL		31
#endif

KIRQL KeGetCurrentIrql(void);
void KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql);
KIRQL KeRaiseIrqlToDpcLevel(void);
void KeLowerIrql(KIRQL NewIrql);

/* Zero when free; a lock in zeroed memory needs no initialisation. */
typedef ULONG_PTR KSPIN_LOCK, *PKSPIN_LOCK;

void KeInitializeSpinLock(PKSPIN_LOCK SpinLock);
KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock);
void KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql);
void KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock);
void KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock);

/**
 * KeAcquireSpinLock() - raise to DISPATCH_LEVEL and take a spin lock
 * @SpinLock: the lock
 * @OldIrql: where the IRQL to go back to is put, for KeReleaseSpinLock()
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 */
FORCEINLINE void KeAcquireSpinLock(PKSPIN_LOCK SpinLock, PKIRQL OldIrql)
{
	*OldIrql = KeAcquireSpinLockRaiseToDpc(SpinLock);
}

#endif
