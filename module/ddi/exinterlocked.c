// SPDX-License-Identifier: GPL-2.0
/*
 * The interlocked lists, singly and doubly linked.
 *
 * Head and entries belong to the driver; this file stores nothing. Each operation takes the
 * driver's KSPIN_LOCK with interrupts disabled for a few instructions. So threads and
 * interrupt handlers of all CPUs may share a list. NT's rule applies: a driver must not hold
 * such a lock with interrupts enabled. An interrupt handler would spin on the lock that the
 * interrupted thread holds.
 *
 * If a driver frees an entry that is on a list, the fault comes under the driver's lock, as on
 * NT. Only that list hangs then: no lock of ntpool is held.
 */
#include <linux/export.h>

#include "base/klock.h"

/**
 * ExInterlockedPushEntryList() - insert an entry as the first
 * @ListHead: head of the list
 * @ListEntry: the new entry; resident memory
 * @Lock: protects the list
 *
 * Context: any IRQL but HIGH_LEVEL.
 *
 * Return: the previous first entry, NULL if the list was empty.
 *
 * Contract: WDK, ExInterlockedPushEntryList.
 */
PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead,
					      PSINGLE_LIST_ENTRY ListEntry,
					      PKSPIN_LOCK Lock)
{
	return ntpool_klock_push(ListHead, ListEntry, Lock);
}
EXPORT_SYMBOL_GPL(ExInterlockedPushEntryList);

/**
 * ExInterlockedPopEntryList() - remove the first entry
 * @ListHead: head of the list
 * @Lock: protects the list
 *
 * Context: any IRQL but HIGH_LEVEL.
 *
 * Return: the entry, NULL if the list was empty.
 *
 * Contract: WDK, ExInterlockedPopEntryList.
 */
PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead,
					     PKSPIN_LOCK Lock)
{
	return ntpool_klock_pop(ListHead, Lock);
}
EXPORT_SYMBOL_GPL(ExInterlockedPopEntryList);

/* The links of an empty list point to its head, which is no entry. */
static PLIST_ENTRY unless_head(PLIST_ENTRY entry, PLIST_ENTRY head)
{
	return entry == head ? NULL : entry;
}

/**
 * ExInterlockedInsertHeadList() - insert an entry as the first
 * @ListHead: head of the list, initialised by InitializeListHead()
 * @ListEntry: the new entry; resident memory, in no list
 * @Lock: protects the list
 *
 * Context: any IRQL; not from an NMI.
 *
 * Return: the previous first entry, NULL if the list was empty.
 *
 * Contract: WDK, ExInterlockedInsertHeadList.
 */
PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
					PKSPIN_LOCK Lock)
{
	unsigned long flags = ntpool_klock_irqsave(Lock);
	PLIST_ENTRY first = ListHead->Flink;

	InsertHeadList(ListHead, ListEntry);
	ntpool_klock_irqrestore(Lock, flags);
	return unless_head(first, ListHead);
}
EXPORT_SYMBOL_GPL(ExInterlockedInsertHeadList);

/**
 * ExInterlockedInsertTailList() - insert an entry as the last
 * @ListHead: head of the list, initialised by InitializeListHead()
 * @ListEntry: the new entry; resident memory, in no list
 * @Lock: protects the list
 *
 * Context: any IRQL; not from an NMI.
 *
 * Return: the previous last entry, NULL if the list was empty.
 *
 * Contract: WDK, ExInterlockedInsertTailList.
 */
PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
					PKSPIN_LOCK Lock)
{
	unsigned long flags = ntpool_klock_irqsave(Lock);
	PLIST_ENTRY last = ListHead->Blink;

	InsertTailList(ListHead, ListEntry);
	ntpool_klock_irqrestore(Lock, flags);
	return unless_head(last, ListHead);
}
EXPORT_SYMBOL_GPL(ExInterlockedInsertTailList);

/**
 * ExInterlockedRemoveHeadList() - remove the first entry
 * @ListHead: head of the list
 * @Lock: protects the list
 *
 * Context: any IRQL; not from an NMI.
 *
 * Return: the entry, NULL if the list was empty.
 *
 * Contract: WDK, ExInterlockedRemoveHeadList.
 */
PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
	unsigned long flags = ntpool_klock_irqsave(Lock);
	/* If the list is empty, this returns the head and changes nothing. */
	PLIST_ENTRY first = RemoveHeadList(ListHead);

	ntpool_klock_irqrestore(Lock, flags);
	return unless_head(first, ListHead);
}
EXPORT_SYMBOL_GPL(ExInterlockedRemoveHeadList);
