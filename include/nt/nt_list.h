/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NT's linked lists: the doubly linked LIST_ENTRY and the singly linked
 * SINGLE_LIST_ENTRY, with their interlocked forms. S-lists are in nt_slist.h.
 *
 * The inlines are plain memory accesses. They run at any IRQL, and the caller
 * serializes access to the list. The interlocked routines take the caller's spin
 * lock with interrupts off. A driver uses only one of the two kinds on a list.
 */
#ifndef NTPOOL_NT_LIST_H
#define NTPOOL_NT_LIST_H

#include "ntdef.h"
#include "nt_sync.h"

/**
 * InitializeListHead() - make a list empty
 * @ListHead: head; its old contents are overwritten
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 */
FORCEINLINE void InitializeListHead(PLIST_ENTRY ListHead)
{
	ListHead->Flink = ListHead;
	ListHead->Blink = ListHead;
}

/**
 * IsListEmpty() - whether a list has no member
 * @ListHead: head of the list
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: TRUE if it is empty.
 */
FORCEINLINE BOOLEAN IsListEmpty(const struct _LIST_ENTRY *ListHead)
{
	return ListHead->Flink == ListHead;
}

/**
 * InsertHeadList() - insert an entry as the first
 * @ListHead: head of the list
 * @Entry: the new entry; a member of no list
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 */
FORCEINLINE void InsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
	PLIST_ENTRY First = ListHead->Flink;

	Entry->Flink = First;
	Entry->Blink = ListHead;
	First->Blink = Entry;
	ListHead->Flink = Entry;
}

/**
 * InsertTailList() - insert an entry as the last
 * @ListHead: head of the list
 * @Entry: the new entry; a member of no list
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 */
FORCEINLINE void InsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
	PLIST_ENTRY Last = ListHead->Blink;

	Entry->Flink = ListHead;
	Entry->Blink = Last;
	Last->Flink = Entry;
	ListHead->Blink = Entry;
}

/**
 * RemoveEntryList() - remove an entry from its list
 * @Entry: the member
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: TRUE if the list is empty now.
 */
FORCEINLINE BOOLEAN RemoveEntryList(PLIST_ENTRY Entry)
{
	PLIST_ENTRY After = Entry->Flink;
	PLIST_ENTRY Before = Entry->Blink;

	Before->Flink = After;
	After->Blink = Before;
	return After == Before;
}

/**
 * RemoveHeadList() - remove the first entry
 * @ListHead: head of the list
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the entry; the head if the list is empty, as on NT.
 */
FORCEINLINE PLIST_ENTRY RemoveHeadList(PLIST_ENTRY ListHead)
{
	PLIST_ENTRY First = ListHead->Flink;

	RemoveEntryList(First);
	return First;
}

/**
 * RemoveTailList() - remove the last entry
 * @ListHead: head of the list
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the entry; the head if the list is empty, as on NT.
 */
FORCEINLINE PLIST_ENTRY RemoveTailList(PLIST_ENTRY ListHead)
{
	PLIST_ENTRY Last = ListHead->Blink;

	RemoveEntryList(Last);
	return Last;
}

/**
 * AppendTailList() - append a list to another
 * @ListHead: head of the list that grows
 * @ListToAppend: any member of a circular list without a head
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 */
FORCEINLINE void AppendTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListToAppend)
{
	PLIST_ENTRY Last = ListHead->Blink;

	Last->Flink = ListToAppend;
	ListHead->Blink = ListToAppend->Blink;
	ListToAppend->Blink->Flink = ListHead;
	ListToAppend->Blink = Last;
}

/**
 * PushEntryList() - insert an entry as the first
 * @ListHead: head of the list
 * @Entry: the new entry
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 */
FORCEINLINE void PushEntryList(PSINGLE_LIST_ENTRY ListHead,
			       PSINGLE_LIST_ENTRY Entry)
{
	Entry->Next = ListHead->Next;
	ListHead->Next = Entry;
}

/**
 * PopEntryList() - remove the first entry
 * @ListHead: head of the list
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the entry, or NULL if the list was empty.
 */
FORCEINLINE PSINGLE_LIST_ENTRY PopEntryList(PSINGLE_LIST_ENTRY ListHead)
{
	PSINGLE_LIST_ENTRY First = ListHead->Next;

	if (First)
		ListHead->Next = First->Next;
	return First;
}

PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY ListHead,
					PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock);
PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY ListHead,
					PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock);
PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock);

PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead,
					      PSINGLE_LIST_ENTRY ListEntry,
					      PKSPIN_LOCK Lock);
PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead,
					     PKSPIN_LOCK Lock);

#endif
