// SPDX-License-Identifier: GPL-2.0
/*
 * The interlocked lists, singly and doubly linked.
 *
 * A list is a head and entries that belong to the driver; nothing is stored here.
 * Each operation takes the driver's KSPIN_LOCK with interrupts off, for a few
 * instructions, so a list may be shared by threads and interrupt handlers of every
 * CPU. NT's rule holds: a lock given to these routines guards no section of the
 * driver's own that runs with interrupts on, since an interrupt handler would wait
 * for the section that it interrupted.
 */
#include <linux/export.h>

#include "base/klock.h"

/**
 * ExInterlockedPushEntryList() - insert an entry as the first
 * @ListHead: head of the list
 * @ListEntry: what to insert; resident memory
 * @Lock: guards the list
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL but HIGH_LEVEL.
 * Return: the entry that was first before, NULL if the list was empty.
 */
PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead,
					      PSINGLE_LIST_ENTRY ListEntry,
					      PKSPIN_LOCK Lock)
{
	return ntpool_klock_push(ListHead, ListEntry, Lock);
}
EXPORT_SYMBOL_GPL(ExInterlockedPushEntryList);

/**
 * ExInterlockedPopEntryList() - take out the first entry
 * @ListHead: head of the list
 * @Lock: guards the list
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL but HIGH_LEVEL.
 * Return: the entry, NULL if the list was empty.
 */
PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead,
					     PKSPIN_LOCK Lock)
{
	return ntpool_klock_pop(ListHead, Lock);
}
EXPORT_SYMBOL_GPL(ExInterlockedPopEntryList);

/*
 * Returns what the head pointed to before, NULL if that was the head itself: the
 * neighbour that an insertion finds, or the entry that a removal takes out.
 */
static PLIST_ENTRY unless_head(PLIST_ENTRY entry, PLIST_ENTRY head)
{
	return entry == head ? NULL : entry;
}

/**
 * ExInterlockedInsertHeadList() - insert an entry as the first
 * @ListHead: head of the list, which InitializeListHead() made
 * @ListEntry: what to insert; resident memory, a member of no list
 * @Lock: guards the list
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL; not from an NMI.
 * Return: the entry that was first before, NULL if the list was empty.
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
 * @ListHead: head of the list, which InitializeListHead() made
 * @ListEntry: what to insert; resident memory, a member of no list
 * @Lock: guards the list
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL; not from an NMI.
 * Return: the entry that was last before, NULL if the list was empty.
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
 * ExInterlockedRemoveHeadList() - take out the first entry
 * @ListHead: head of the list
 * @Lock: guards the list
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL; not from an NMI.
 * Return: the entry, NULL if the list was empty.
 */
PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
	unsigned long flags = ntpool_klock_irqsave(Lock);
	/* Of an empty list that is the head, which removing leaves as it is. */
	PLIST_ENTRY first = RemoveHeadList(ListHead);

	ntpool_klock_irqrestore(Lock, flags);
	return unless_head(first, ListHead);
}
EXPORT_SYMBOL_GPL(ExInterlockedRemoveHeadList);
