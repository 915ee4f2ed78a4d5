// SPDX-License-Identifier: GPL-2.0
/*
 * The ExInterlocked routines: lists, S-lists and sums. The compiler's builtins do the
 * Interlocked operations on single words; nt_interlocked.h has those.
 *
 * Head, entries and numbers belong to the driver; this file stores nothing. S-lists need no
 * lock, see lists/slist.c. Each operation on a list or a sum takes the driver's KSPIN_LOCK
 * with interrupts disabled for a few instructions. So threads and interrupt handlers of all
 * CPUs may share a list. NT's rule applies: a driver must not hold such a lock with interrupts
 * enabled. An interrupt handler would spin on the lock that the interrupted thread holds.
 *
 * A driver may free an entry that is on a list, or a number. The fault then comes under the
 * driver's lock, which stays held, as on NT. Only routines with that lock hang then: no lock of
 * ntpool is held.
 */
#include <linux/export.h>
#include <linux/instruction_pointer.h>

#include <nt_interlocked.h>

#include "base/klock.h"
#include "lists/slist.h"
#include "verify/argument.h"

/**
 * ExInterlockedPushEntryList() - insert an entry as the first
 * @ListHead: head of the list
 * @ListEntry: the new entry; resident memory
 * @Lock: protects the list
 *
 * If an entry of the list is memory that faults, @Lock stays held.
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
 * If an entry of the list is memory that faults, @Lock stays held.
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

/* Inserts @entry as the last or the first one. Returns its neighbour. */
static __always_inline PLIST_ENTRY insert(PLIST_ENTRY head, PLIST_ENTRY entry, PKSPIN_LOCK lock,
					  bool last)
{
	unsigned long flags = ntpool_klock_irqsave(lock);
	PLIST_ENTRY neighbour = last ? head->Blink : head->Flink;

	if (last)
		InsertTailList(head, entry);
	else
		InsertHeadList(head, entry);
	ntpool_klock_irqrestore(lock, flags);
	return unless_head(neighbour, head);
}

/**
 * ExInterlockedInsertHeadList() - insert an entry as the first
 * @ListHead: head of the list, initialised by InitializeListHead()
 * @ListEntry: the new entry; resident memory, in no list
 * @Lock: protects the list
 *
 * If an entry of the list is memory that faults, @Lock stays held.
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
	return insert(ListHead, ListEntry, Lock, false);
}
EXPORT_SYMBOL_GPL(ExInterlockedInsertHeadList);

/**
 * ExInterlockedInsertTailList() - insert an entry as the last
 * @ListHead: head of the list, initialised by InitializeListHead()
 * @ListEntry: the new entry; resident memory, in no list
 * @Lock: protects the list
 *
 * If an entry of the list is memory that faults, @Lock stays held.
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
	return insert(ListHead, ListEntry, Lock, true);
}
EXPORT_SYMBOL_GPL(ExInterlockedInsertTailList);

/**
 * ExInterlockedRemoveHeadList() - remove the first entry
 * @ListHead: head of the list
 * @Lock: protects the list
 *
 * If an entry of the list is memory that faults, @Lock stays held.
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

static __always_inline void check_alignment(const void *head, const void *entry,
					    unsigned long caller)
{
	ntpool_verify_alignment(head, __alignof__(SLIST_HEADER),
				"the head of an S-list is misaligned", caller);
	ntpool_verify_alignment(entry, __alignof__(SLIST_ENTRY),
				"an entry of an S-list is misaligned", caller);
}

/**
 * ExInterlockedPushEntrySList() - insert an entry as the first of an S-list
 * @ListHead: head of the list
 * @ListEntry: the new entry; resident memory, in no list
 * @Lock: ignored, may be NULL
 *
 * Adds one to depth and sequence. InterlockedPushEntrySList() is the same without
 * a lock.
 *
 * While the verifier is on, a misaligned @ListHead or @ListEntry is reported as 0xC4/0x16
 * (IRQL, address, 0). The entry is inserted nevertheless.
 *
 * Differs: any alignment works and is reported under the verifier; a misaligned head is
 * protected by a lock.
 *
 * Context: any IRQL; not from an NMI.
 *
 * Return: the previous first entry, NULL if the list was empty.
 *
 * Contract: WDK, ExInterlockedPushEntrySList; the stop code is a choice.
 */
PSLIST_ENTRY ExInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry,
					 PKSPIN_LOCK Lock)
{
	check_alignment(ListHead, ListEntry, _RET_IP_);
	return ntpool_slist_push(ListHead, ListEntry, ListEntry, 1);
}
EXPORT_SYMBOL_GPL(ExInterlockedPushEntrySList);

/**
 * InterlockedPushListSList() - insert a chain of entries at the front of an S-list
 * @ListHead: head of the list
 * @List: first entry of the chain, and afterwards of the list
 * @ListEnd: last entry of the chain; may be @List
 * @Count: number of entries in the chain, added to the depth without a check
 *
 * The chain keeps its order. It counts as one push and adds one to the sequence. The check of
 * alignment is that of ExInterlockedPushEntrySList(), for @ListHead and @List only.
 *
 * Differs: as ExInterlockedPushEntrySList().
 *
 * Context: any IRQL; not from an NMI.
 *
 * Return: the previous first entry, NULL if the list was empty.
 *
 * Contract: WDK, InterlockedPushListSList; the step of the sequence is a choice.
 */
PSLIST_ENTRY InterlockedPushListSList(PSLIST_HEADER ListHead, PSLIST_ENTRY List,
				      PSLIST_ENTRY ListEnd, ULONG Count)
{
	check_alignment(ListHead, List, _RET_IP_);
	return ntpool_slist_push(ListHead, List, ListEnd, Count);
}
EXPORT_SYMBOL_GPL(InterlockedPushListSList);

/**
 * ExInterlockedPopEntrySList() - remove the first entry of an S-list
 * @ListHead: head of the list
 * @Lock: ignored, may be NULL
 *
 * Takes one from the depth and keeps the sequence. No CPU reads the entry afterwards, so its
 * memory may be freed at once. InterlockedPopEntrySList() is the same without a lock.
 *
 * Differs: as ExInterlockedPushEntrySList(); the entry may be freed at once.
 *
 * Context: any IRQL; not from an NMI.
 *
 * Return: the entry, NULL if the list was empty.
 *
 * Contract: WDK, ExInterlockedPopEntrySList.
 */
PSLIST_ENTRY ExInterlockedPopEntrySList(PSLIST_HEADER ListHead, PKSPIN_LOCK Lock)
{
	return ntpool_slist_pop(ListHead);
}
EXPORT_SYMBOL_GPL(ExInterlockedPopEntrySList);

/**
 * ExInterlockedFlushSList() - remove all entries of an S-list
 * @ListHead: head of the list
 *
 * Sets the depth to 0 and keeps the sequence. No entry is freed. InterlockedFlushSList() is
 * the same.
 *
 * Differs: as ExInterlockedPushEntrySList().
 *
 * Context: any IRQL; not from an NMI.
 *
 * Return: the first entry of the chain, whose last entry has Next NULL; NULL if the list was
 * empty.
 *
 * Contract: WDK, ExInterlockedFlushSList.
 */
PSLIST_ENTRY ExInterlockedFlushSList(PSLIST_HEADER ListHead)
{
	return ntpool_slist_flush(ListHead);
}
EXPORT_SYMBOL_GPL(ExInterlockedFlushSList);

/**
 * ExInterlockedAddUlong() - add to a number under a lock
 * @Addend: the number; resident memory
 * @Increment: the summand; the sum wraps around
 * @Lock: protects the number
 *
 * If the number is memory that faults, @Lock stays held.
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
 * If the number is memory that faults, @Lock stays held.
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
