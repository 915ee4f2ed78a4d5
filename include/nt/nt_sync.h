/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IRQLs and spin locks.
 *
 * The IRQL is derived from the context of Linux. At PASSIVE_LEVEL the caller may
 * sleep. DISPATCH_LEVEL is a softirq, bottom halves, preemption or interrupts off,
 * or a held spin lock. A hard interrupt reports DEVICE_LEVEL, an NMI HIGH_LEVEL.
 * Linux has no kernel APCs, so a raise to APC_LEVEL changes nothing.
 */
#ifndef NTPOOL_NT_SYNC_H
#define NTPOOL_NT_SYNC_H

#include "ntdef.h"

typedef UCHAR KIRQL, *PKIRQL;

#define PASSIVE_LEVEL		0
#define LOW_LEVEL		0
#define APC_LEVEL		1
#define DISPATCH_LEVEL		2

/* The only device level; NT's device levels start at this number. */
#define DEVICE_LEVEL		3

/* NT's higher levels. A raise to any of them switches interrupts off. */
#ifdef __LP64__
#define SYNCH_LEVEL		12
#define CLOCK_LEVEL		13
#define IPI_LEVEL		14
#define POWER_LEVEL		14
#define PROFILE_LEVEL		15
#define HIGH_LEVEL		15
#else
#define SYNCH_LEVEL		27
#define PROFILE_LEVEL		27
#define CLOCK1_LEVEL		28
#define CLOCK2_LEVEL		28
#define CLOCK_LEVEL		28
#define IPI_LEVEL		29
#define POWER_LEVEL		30
#define HIGH_LEVEL		31
#endif

KIRQL KeGetCurrentIrql(void);
void KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql);
KIRQL KeRaiseIrqlToDpcLevel(void);
void KeLowerIrql(KIRQL NewIrql);

/**
 * KfRaiseIrql() - raise the IRQL
 * @NewIrql: the new IRQL, as for KeRaiseIrql()
 *
 * Context: IRQL <= @NewIrql.
 * Return: the IRQL before the call, for KfLowerIrql().
 */
FORCEINLINE KIRQL KfRaiseIrql(KIRQL NewIrql)
{
	KIRQL OldIrql;

	KeRaiseIrql(NewIrql, &OldIrql);
	return OldIrql;
}

/**
 * KeRaiseIrqlToSynchLevel() - raise the IRQL to SYNCH_LEVEL
 *
 * Differs: all interrupts are off.
 *
 * Context: IRQL <= SYNCH_LEVEL.
 * Return: the IRQL before the call, for KeLowerIrql().
 */
FORCEINLINE KIRQL KeRaiseIrqlToSynchLevel(void)
{
	return KfRaiseIrql(SYNCH_LEVEL);
}

#define KfLowerIrql		KeLowerIrql

/* A free lock is zero, so a lock in zeroed memory needs no initialisation. */
typedef ULONG_PTR KSPIN_LOCK, *PKSPIN_LOCK;

void KeInitializeSpinLock(PKSPIN_LOCK SpinLock);
KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock);
void KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql);
void KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock);
void KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock);

/**
 * KeAcquireSpinLock() - raise to DISPATCH_LEVEL and take a spin lock
 * @SpinLock: the lock
 * @OldIrql: receives the IRQL before the call, for KeReleaseSpinLock()
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 */
FORCEINLINE void KeAcquireSpinLock(PKSPIN_LOCK SpinLock, PKIRQL OldIrql)
{
	*OldIrql = KeAcquireSpinLockRaiseToDpc(SpinLock);
}

/**
 * KeAcquireSpinLockForDpc() - take a spin lock in a DPC that may be a thread
 * @SpinLock: the lock
 *
 * Context: IRQL <= DISPATCH_LEVEL.
 * Return: the IRQL before the call, for KeReleaseSpinLockForDpc().
 */
FORCEINLINE KIRQL KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock)
{
	return KeAcquireSpinLockRaiseToDpc(SpinLock);
}

/**
 * KeReleaseSpinLockForDpc() - release a lock taken with KeAcquireSpinLockForDpc()
 * @SpinLock: the lock
 * @OldIrql: the IRQL that the acquire returned
 *
 * Context: DISPATCH_LEVEL.
 */
FORCEINLINE void KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql)
{
	KeReleaseSpinLock(SpinLock, OldIrql);
}

BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock);
BOOLEAN KeTestSpinLock(PKSPIN_LOCK SpinLock);

/* Older names. */
#define ExAcquireSpinLock(SpinLock, OldIrql)	KeAcquireSpinLock(SpinLock, OldIrql)
#define ExReleaseSpinLock(SpinLock, NewIrql)	KeReleaseSpinLock(SpinLock, NewIrql)
#define ExAcquireSpinLockAtDpcLevel(SpinLock)	KeAcquireSpinLockAtDpcLevel(SpinLock)
#define ExReleaseSpinLockFromDpcLevel(SpinLock)	KeReleaseSpinLockFromDpcLevel(SpinLock)
#define ExTryToAcquireSpinLockAtDpcLevel(SpinLock) \
	KeTryToAcquireSpinLockAtDpcLevel(SpinLock)
#define KfAcquireSpinLock		KeAcquireSpinLockRaiseToDpc
#define KfReleaseSpinLock		KeReleaseSpinLock

/**
 * struct _KSPIN_LOCK_QUEUE - a place in the queue for a spin lock
 * @Next: not used, because the lock itself queues its waiters
 * @Lock: the held lock, NULL if none is held
 */
typedef struct _KSPIN_LOCK_QUEUE {
	struct _KSPIN_LOCK_QUEUE *__volatile__ Next;
	PKSPIN_LOCK __volatile__ Lock;
} KSPIN_LOCK_QUEUE, *PKSPIN_LOCK_QUEUE;

/**
 * struct _KLOCK_QUEUE_HANDLE - state of the holder of a queued spin lock
 * @LockQueue: the place in the queue
 * @OldIrql: the IRQL before the acquire
 */
typedef struct _KLOCK_QUEUE_HANDLE {
	KSPIN_LOCK_QUEUE LockQueue;
	KIRQL OldIrql;
} KLOCK_QUEUE_HANDLE, *PKLOCK_QUEUE_HANDLE;

void KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock,
				    PKLOCK_QUEUE_HANDLE LockHandle);
void KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle);
void KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock,
					      PKLOCK_QUEUE_HANDLE LockHandle);
void KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle);

#define KeAcquireInStackQueuedSpinLockForDpc(SpinLock, LockHandle) \
	KeAcquireInStackQueuedSpinLock(SpinLock, LockHandle)
#define KeReleaseInStackQueuedSpinLockForDpc(LockHandle) \
	KeReleaseInStackQueuedSpinLock(LockHandle)

#endif
