// SPDX-License-Identifier: GPL-2.0
/*
 * S-lists: NT's interlocked singly linked lists with a depth and a sequence.
 *
 * A list is a header and entries, all of them the driver's memory. The header holds
 * the first entry, the depth modulo 65536, and the sequence: the number of pushes,
 * modulo 2^48 on 64 bit and 65536 on 32 bit. Only a push advances the sequence, by
 * one, that of a whole list too; neither field ever carries into the other.
 *
 * Why there is a lock. NT compares and swaps the whole header; the sequence sees to
 * it that a header which looks the same is the same (ABA). What that does not cure:
 * a pop must know first->Next before it can swap, and by then another CPU may have
 * popped that entry and freed it. NT reads it anyway, and its page fault handler
 * knows the instruction and starts over. Here such a read is an oops in memory that
 * vfree() unmapped, and a use after free to KASAN in any other. Besides, a swap
 * of 16 bytes is not to be had on every CPU and is spelled differently from kernel
 * to kernel. Under a lock an entry is only read while it is on the list, so it may be
 * freed the moment a pop returns it, and there is no ABA to defend against.
 *
 * Where the lock is. Not in the header: that is full on 32 bit, NT sources read its
 * fields, and a zeroed one is a list. The lock comes from a table, by a hash of the
 * header's address. Two lists may share one, which costs time if both are busy and
 * nothing else: no operation holds a lock while it waits for another. The locks are
 * raw, taken with interrupts off for a few instructions, so that every context may use
 * a list, on PREEMPT_RT too. An NMI may not: it could wait for the CPU that it stopped.
 * The KSPIN_LOCK that drivers pass is neither taken nor looked at.
 *
 * Since one lock serves several drivers, the driver's memory is touched once before it
 * is taken: a bad header or a bad new entry faults outside. A driver that frees an
 * entry still on a list can fault inside; the CPU is lost then, as on NT.
 *
 * Every operation is a full memory barrier, as NT's interlocked instructions are, a
 * pop from an empty list included.
 *
 * What differs from NT: alignment. Entries may lie at any address, headers at any
 * multiple of a pointer's size; NT wants 16 bytes for both on 64 bit, and so do the
 * types. While the verifier is on, a push reports what would not do on NT.
 */
#include <linux/align.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/hash.h>
#include <linux/instruction_pointer.h>
#include <linux/spinlock.h>

#include <nt_slist.h>

#include "base/irql.h"
#include "base/report.h"
#include "base/verifier.h"

enum {
	SLIST_LOCK_BITS = 6,
	SLIST_LOCKS = 1 << SLIST_LOCK_BITS,
	/* Subcode of the verifier's stop: a memory routine was called wrongly. */
	BAD_PARAMETER = 0x16,
};

struct slist_lock {
	raw_spinlock_t lock;
} ____cacheline_aligned_in_smp;

static struct slist_lock slist_locks[SLIST_LOCKS] = {
	[0 ... SLIST_LOCKS - 1] = {
		.lock = __RAW_SPIN_LOCK_UNLOCKED(slist_locks.lock),
	},
};

static raw_spinlock_t *lock_of(const SLIST_HEADER *head)
{
	return &slist_locks[hash_ptr(head, SLIST_LOCK_BITS)].lock;
}

static unsigned long list_lock(const SLIST_HEADER *head)
	__acquires(lock_of(head))
{
	unsigned long flags;

	/* Faults here if it must. */
	(void)READ_ONCE(head->Alignment);
	raw_spin_lock_irqsave(lock_of(head), flags);
	/* What the caller did before, ahead of what it sees and does here. */
	smp_mb__after_spinlock();
	return flags;
}

static void list_unlock(const SLIST_HEADER *head, unsigned long flags)
	__releases(lock_of(head))
{
	raw_spin_unlock_irqrestore(lock_of(head), flags);
	/* And all of that ahead of what the caller looks at next. */
	smp_mb();
}

/*
 * Under the list's lock. The release pairs with the address dependency of those who
 * peek with FirstEntrySList() and follow: they see what the pusher wrote to the entries.
 */
#ifdef CONFIG_64BIT
static void list_set(PSLIST_HEADER head, PSLIST_ENTRY first, u16 depth, unsigned int pushes)
{
	u64 sequence = (head->Alignment >> 16) + pushes;

	WRITE_ONCE(head->Alignment, sequence << 16 | depth);
	/* For FirstEntrySList(), see above. */
	smp_store_release(&head->Region, (unsigned long)first);
}
#else
static void list_set(PSLIST_HEADER head, PSLIST_ENTRY first, u16 depth, unsigned int pushes)
{
	WRITE_ONCE(head->Depth, depth);
	WRITE_ONCE(head->Sequence, head->Sequence + pushes);
	/* For FirstEntrySList(), see above. */
	smp_store_release(&head->Next.Next, first);
}
#endif

static noinline void report_misaligned(const void *p, const char *text, unsigned long caller)
{
	const struct ntpool_stop stop = {
		.code = NTPOOL_STOP_VERIFIER,
		.param = { BAD_PARAMETER, ntpool_irql(), (unsigned long)p, 0 },
		.addr_mask = BIT(2),
		.text = text,
		.caller = caller,
	};

	ntpool_report(&stop);
}

static void check_alignment(const void *head, const void *entry, unsigned long caller)
{
	if (likely(!ntpool_verifier()))
		return;
	if (!IS_ALIGNED((uintptr_t)head, __alignof__(SLIST_HEADER)))
		report_misaligned(head, "the head of an S-list is misaligned", caller);
	if (!IS_ALIGNED((uintptr_t)entry, __alignof__(SLIST_ENTRY)))
		report_misaligned(entry, "an entry of an S-list is misaligned", caller);
}

static PSLIST_ENTRY push(PSLIST_HEADER head, PSLIST_ENTRY first, PSLIST_ENTRY last, ULONG count)
{
	PSLIST_ENTRY before;
	unsigned long flags;

	/* Faults here if it must. */
	WRITE_ONCE(last->Next, NULL);
	flags = list_lock(head);
	before = FirstEntrySList(head);
	last->Next = before;
	list_set(head, first, ExQueryDepthSList(head) + count, 1);
	list_unlock(head, flags);
	return before;
}

/**
 * ExInterlockedPushEntrySList() - insert an entry as the first of an S-list
 * @ListHead: head of the list
 * @ListEntry: what to insert; resident memory, a member of no list
 * @Lock: ignored, may be NULL
 *
 * Adds one to depth and sequence. InterlockedPushEntrySList() is the same without
 * a lock.
 *
 * While the verifier is on, a @ListHead or @ListEntry that is not aligned as its type
 * is reported as 0xC4/0x16 (IRQL, address, 0), and the entry is inserted all the
 * same. The contract names no stop code for it.
 *
 * Differs: a lock instead of a double-width exchange; any alignment works and is
 * reported under the verifier.
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL; not from an NMI.
 * Return: the entry that was first before, NULL if the list was empty.
 */
PSLIST_ENTRY ExInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry,
					 PKSPIN_LOCK Lock)
{
	check_alignment(ListHead, ListEntry, _RET_IP_);
	return push(ListHead, ListEntry, ListEntry, 1);
}
EXPORT_SYMBOL_GPL(ExInterlockedPushEntrySList);

/**
 * InterlockedPushListSList() - insert a chain of entries at the front of an S-list
 * @ListHead: head of the list
 * @List: first entry of the chain, which becomes that of the list
 * @ListEnd: last entry of the chain; may be @List
 * @Count: entries in the chain; the depth grows by so many, nobody counts them
 *
 * The order stays as it is. The chain is one push: the sequence grows by one, where the
 * contract says nothing about chains. Alignment is looked at as by
 * ExInterlockedPushEntrySList(), that of @List alone.
 *
 * Differs: as ExInterlockedPushEntrySList().
 *
 * Contract: the NT driver-interface reference (ntifs).
 *
 * Context: any IRQL; not from an NMI.
 * Return: the entry that was first before, NULL if the list was empty.
 */
PSLIST_ENTRY InterlockedPushListSList(PSLIST_HEADER ListHead, PSLIST_ENTRY List,
				      PSLIST_ENTRY ListEnd, ULONG Count)
{
	check_alignment(ListHead, List, _RET_IP_);
	return push(ListHead, List, ListEnd, Count);
}
EXPORT_SYMBOL_GPL(InterlockedPushListSList);

/**
 * ExInterlockedPopEntrySList() - take out the first entry of an S-list
 * @ListHead: head of the list
 * @Lock: ignored, may be NULL
 *
 * Takes one from the depth; the sequence stays. Nobody reads the entry afterwards, its
 * memory may be freed at once. InterlockedPopEntrySList() is the same without a lock.
 *
 * Differs: as ExInterlockedPushEntrySList(); the entry may be freed at once.
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL; not from an NMI.
 * Return: the entry, NULL if the list was empty.
 */
PSLIST_ENTRY ExInterlockedPopEntrySList(PSLIST_HEADER ListHead, PKSPIN_LOCK Lock)
{
	unsigned long flags = list_lock(ListHead);
	PSLIST_ENTRY first = FirstEntrySList(ListHead);

	if (first)
		list_set(ListHead, first->Next, ExQueryDepthSList(ListHead) - 1, 0);
	list_unlock(ListHead, flags);
	return first;
}
EXPORT_SYMBOL_GPL(ExInterlockedPopEntrySList);

/**
 * ExInterlockedFlushSList() - take out all entries of an S-list
 * @ListHead: head of the list
 *
 * The depth is 0 afterwards; the sequence stays. Nothing is freed.
 * InterlockedFlushSList() is the same.
 *
 * Differs: as ExInterlockedPushEntrySList().
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL; not from an NMI.
 * Return: the first entry, the others behind it as they were, the last one's Next
 * NULL; NULL if the list was empty.
 */
PSLIST_ENTRY ExInterlockedFlushSList(PSLIST_HEADER ListHead)
{
	unsigned long flags = list_lock(ListHead);
	PSLIST_ENTRY first = FirstEntrySList(ListHead);

	list_set(ListHead, NULL, 0, 0);
	list_unlock(ListHead, flags);
	return first;
}
EXPORT_SYMBOL_GPL(ExInterlockedFlushSList);
