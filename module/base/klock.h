/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A driver's KSPIN_LOCK with interrupts off, and list operations under it. ddi/irql.c
 * explains why the lock is an arch_spinlock_t.
 *
 * Interrupts are off while the lock is held, so preemption need not be disabled. All
 * functions are forced inline, because a call would cost as much as the work.
 */
#ifndef NTPOOL_KLOCK_H
#define NTPOOL_KLOCK_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/spinlock.h>

#include <nt_list.h>
#include <nt_sync.h>

static_assert(sizeof(arch_spinlock_t) <= sizeof(KSPIN_LOCK));
static_assert(__alignof__(arch_spinlock_t) <= __alignof__(KSPIN_LOCK));

static __always_inline arch_spinlock_t *ntpool_klock(PKSPIN_LOCK lock)
{
	return (arch_spinlock_t *)lock;
}

static __always_inline unsigned long ntpool_klock_irqsave(PKSPIN_LOCK lock)
{
	unsigned long flags;

	local_irq_save(flags);
	arch_spin_lock(ntpool_klock(lock));
	return flags;
}

static __always_inline void ntpool_klock_irqrestore(PKSPIN_LOCK lock, unsigned long flags)
{
	arch_spin_unlock(ntpool_klock(lock));
	local_irq_restore(flags);
}

/* Returns the entry that was first before, or NULL. */
static __always_inline PSINGLE_LIST_ENTRY
ntpool_klock_push(PSINGLE_LIST_ENTRY head, PSINGLE_LIST_ENTRY entry, PKSPIN_LOCK lock)
{
	unsigned long flags = ntpool_klock_irqsave(lock);
	PSINGLE_LIST_ENTRY first = head->Next;

	entry->Next = first;
	WRITE_ONCE(head->Next, entry);
	ntpool_klock_irqrestore(lock, flags);
	return first;
}

/* Returns the entry that was removed, or NULL. */
static __always_inline PSINGLE_LIST_ENTRY
ntpool_klock_pop(PSINGLE_LIST_ENTRY head, PKSPIN_LOCK lock)
{
	unsigned long flags = ntpool_klock_irqsave(lock);
	PSINGLE_LIST_ENTRY first = head->Next;

	if (likely(first))
		WRITE_ONCE(head->Next, first->Next);
	ntpool_klock_irqrestore(lock, flags);
	return first;
}

#endif
