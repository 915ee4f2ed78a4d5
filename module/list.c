// SPDX-License-Identifier: GPL-2.0
/*
 * The interlocked singly linked lists.
 *
 * A list is a head and entries that belong to the driver; nothing is stored here.
 * Each operation takes the driver's KSPIN_LOCK with interrupts off, for a few
 * instructions, so a list may be shared by threads and interrupt handlers of every
 * CPU. NT's rule holds: a lock given to these routines guards no section of the
 * driver's own that runs with interrupts on, since an interrupt handler would wait
 * for the section that it interrupted.
 */
#include <linux/export.h>

#include "klock.h"

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
	return ntp_klock_push(ListHead, ListEntry, Lock);
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
	return ntp_klock_pop(ListHead, Lock);
}
EXPORT_SYMBOL_GPL(ExInterlockedPopEntryList);
