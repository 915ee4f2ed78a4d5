// SPDX-License-Identifier: GPL-2.0
/*
 * S-lists: NT's interlocked singly linked lists with a depth and a sequence.
 *
 * Header and entries belong to the driver. The header holds the first entry, the depth modulo
 * 65536, and the sequence: the number of pushes, modulo 2^48 on 64 bit and 65536 on 32 bit.
 * Each push adds one to the sequence, also the push of a chain. Neither field ever carries
 * into the other.
 *
 * NT compares and swaps the whole header, and the sequence prevents ABA. This file takes a
 * lock instead, for two reasons. A pop reads first->Next before the swap, and another CPU may
 * have freed that entry by then. NT's page fault handler restarts the instruction. On Linux
 * the read is an oops in memory that vfree() unmapped, and a use after free for KASAN. And
 * not every CPU has a 16-byte swap, whose kernel API also varies between versions. With the
 * lock an entry is only read while it is on the list. So it may be freed as soon as a pop
 * returns it, and ABA cannot occur.
 *
 * The header has no room for the lock: it is full on 32 bit, NT sources read its fields, and a
 * zeroed header is a valid list. A hash of the header's address selects a lock of a table. Two
 * busy lists may share one, which costs only time, because no operation takes two locks. The
 * locks are raw and held for a few instructions with interrupts disabled. So every context
 * may use a list, also on PREEMPT_RT, except NMIs. An NMI could spin on a lock that its own
 * CPU holds. The KSPIN_LOCK argument is ignored.
 *
 * One lock serves several drivers. So each operation touches the driver's memory once
 * before it takes the lock. A bad header or new entry then faults outside. If a driver
 * frees an entry that is on a list, the fault can come under the lock. The CPU is then
 * lost, as on NT.
 *
 * Every operation is a full memory barrier, like NT's interlocked instructions. That includes
 * a pop from an empty list.
 *
 * Difference from NT: entries may have any address, and headers any multiple of a pointer's
 * size. NT demands 16 bytes for both on 64 bit, and the types have that alignment. While the
 * verifier is on, a push reports an alignment that NT forbids.
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
	/* Subcode of the verifier's stop code: a wrong address or parameter. */
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

	/* A bad address must fault before the lock is taken. */
	(void)READ_ONCE(head->Alignment);
	raw_spin_lock_irqsave(lock_of(head), flags);
	/* Orders the caller's earlier accesses before those under the lock. */
	smp_mb__after_spinlock();
	return flags;
}

static void list_unlock(const SLIST_HEADER *head, unsigned long flags)
	__releases(lock_of(head))
{
	raw_spin_unlock_irqrestore(lock_of(head), flags);
	/* Orders the accesses under the lock before the caller's later ones. */
	smp_mb();
}

/*
 * The caller holds the list's lock. The release pairs with the address dependency of a
 * reader that follows FirstEntrySList(). The reader sees the pusher's writes to the entry.
 */
#ifdef CONFIG_64BIT
static void list_set(PSLIST_HEADER head, PSLIST_ENTRY first, u16 depth, unsigned int pushes)
{
	u64 sequence = (head->Alignment >> 16) + pushes;

	WRITE_ONCE(head->Alignment, sequence << 16 | depth);
	/* Pairs with FirstEntrySList(), see above. */
	smp_store_release(&head->Region, (unsigned long)first);
}
#else
static void list_set(PSLIST_HEADER head, PSLIST_ENTRY first, u16 depth, unsigned int pushes)
{
	WRITE_ONCE(head->Depth, depth);
	WRITE_ONCE(head->Sequence, head->Sequence + pushes);
	/* Pairs with FirstEntrySList(), see above. */
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

	/* A bad address must fault before the lock is taken. */
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
 * @ListEntry: the new entry; resident memory, in no list
 * @Lock: ignored, may be NULL
 *
 * Adds one to depth and sequence. InterlockedPushEntrySList() is the same without
 * a lock.
 *
 * While the verifier is on, a misaligned @ListHead or @ListEntry is reported as 0xC4/0x16
 * (IRQL, address, 0). The entry is inserted all the same.
 *
 * Differs: a lock instead of a double-width exchange; any alignment works and is
 * reported under the verifier.
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
	return push(ListHead, ListEntry, ListEntry, 1);
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
	return push(ListHead, List, ListEnd, Count);
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
	unsigned long flags = list_lock(ListHead);
	PSLIST_ENTRY first = FirstEntrySList(ListHead);

	if (first)
		list_set(ListHead, first->Next, ExQueryDepthSList(ListHead) - 1, 0);
	list_unlock(ListHead, flags);
	return first;
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
	unsigned long flags = list_lock(ListHead);
	PSLIST_ENTRY first = FirstEntrySList(ListHead);

	list_set(ListHead, NULL, 0, 0);
	list_unlock(ListHead, flags);
	return first;
}
EXPORT_SYMBOL_GPL(ExInterlockedFlushSList);
