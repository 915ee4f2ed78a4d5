// SPDX-License-Identifier: GPL-2.0
/*
 * S-lists: NT's interlocked singly linked lists with a depth and a sequence.
 *
 * Header and entries belong to the driver. The header holds the first entry, the depth
 * modulo 65536, and the sequence. The sequence is the number of pushes, modulo 2^48 on
 * 64 bit and 65536 on 32 bit. Each push adds one to the sequence, also the push of a
 * chain. Neither field ever carries into the other.
 *
 * An operation reads the header, makes the new one, and exchanges the two if the header is
 * still the same. Otherwise it begins again. Two ways of exchanging exist:
 *
 *  - wide: one instruction compares and exchanges both words. The list has no lock.
 *  - locked: the same under a raw spin lock. A machine without that instruction and a header
 *    that is not aligned for it need this way. So do 32 bit kernels, see below.
 *
 * Machine and address decide, so all operations on a header use the same way.
 *
 * A pop reads first->Next before it exchanges. Another CPU may have popped and freed that entry
 * by then. So the read is one that may fail, and what it returned counts only if the exchange
 * succeeds. The sequence is read before the address of the first entry. If the exchange
 * finds it unchanged, no push happened in between. Only a push can make an entry first again.
 * So the entry was first from the read of its address to the exchange, and Next was right.
 * If the read fails and the header is unchanged, the driver has freed an entry that is
 * on the list. The pop then reads it by an ordinary access, which faults in the driver's
 * call. Special pool and KASAN report it, and the list stays usable.
 *
 * On 32 bit the sequence has 16 bits. A pop that is preempted for 65536 pushes would not
 * see them. The locked pop therefore reads Next under the lock.
 *
 * The header has no room for the lock. It is full on 32 bit, and NT sources read its
 * fields. A zeroed header is a valid list. A hash of the header's address selects a
 * lock of a table. Two busy lists may share one, which costs only time, because no
 * operation takes two locks. The locks are held for a few instructions with interrupts
 * disabled. No access under them can fault: they recover, and the operation begins
 * again outside.
 *
 * Every context may use a list, also on PREEMPT_RT, except NMIs. An NMI could spin on a lock
 * that its own CPU holds. The KSPIN_LOCK argument is ignored.
 *
 * Every operation is a full memory barrier, like NT's interlocked instructions. That includes
 * a pop from an empty list.
 *
 * Difference from NT: entries may have any address, and headers any multiple of a pointer's
 * size. NT demands 16 bytes for both on 64 bit, and the types have that alignment.
 *
 * The NT routines are in ddi/exinterlocked.c.
 */
#include <linux/align.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/hash.h>
#include <linux/kasan-checks.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "base/compat.h"
#include "lists/slist.h"
#include "parts.h"

enum {
	SLIST_LOCK_BITS = 6,
	SLIST_LOCKS = 1 << SLIST_LOCK_BITS,
};

/* The words of a header: that of depth and sequence, and that of the first entry. */
enum {
	COUNTS = IS_ENABLED(CONFIG_64BIT) ? 0 : 1,
	FIRST = 1 - COUNTS,
};

static_assert(sizeof(struct ntpool_pair) == sizeof(SLIST_HEADER));

struct slist_lock {
	raw_spinlock_t lock;
} ____cacheline_aligned_in_smp;

static struct slist_lock slist_locks[SLIST_LOCKS] = {
	[0 ... SLIST_LOCKS - 1] = {
		.lock = __RAW_SPIN_LOCK_UNLOCKED(slist_locks.lock),
	},
};

DEFINE_STATIC_KEY_FALSE(ntpool_slist_locked);

static __always_inline bool is_wide(const SLIST_HEADER *head)
{
	return NTPOOL_CMPXCHG_PAIR && !static_branch_unlikely(&ntpool_slist_locked) &&
	       likely(IS_ALIGNED((uintptr_t)head, sizeof(*head)));
}

static raw_spinlock_t *lock_of(const SLIST_HEADER *head)
{
	return &slist_locks[hash_ptr(head, SLIST_LOCK_BITS)].lock;
}

static unsigned long list_lock(const SLIST_HEADER *head)
	__acquires(lock_of(head))
{
	unsigned long flags;

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

static __always_inline struct ntpool_pair *words_of(PSLIST_HEADER head)
{
	return (struct ntpool_pair *)head;
}

/* An acquiring load of a word that is not aligned faults on some processors. */
static noinline struct ntpool_pair header_read_unaligned(const SLIST_HEADER *head)
{
	const unsigned long *word = (const unsigned long *)head;
	struct ntpool_pair now;

	memcpy(&now.word[COUNTS], &word[COUNTS], sizeof(*word));
	/* As in header_read(). */
	smp_rmb();
	memcpy(&now.word[FIRST], &word[FIRST], sizeof(*word));
	return now;
}

/* A bad address faults here, where no lock is held. */
static __always_inline struct ntpool_pair header_read(PSLIST_HEADER head)
{
	struct ntpool_pair now;

	if (!IS_ENABLED(CONFIG_X86) &&
	    unlikely(!IS_ALIGNED((uintptr_t)head, sizeof(unsigned long))))
		return header_read_unaligned(head);
	/* The sequence is read before the first entry, and before its Next. */
	now.word[COUNTS] = smp_load_acquire(&words_of(head)->word[COUNTS]);
	now.word[FIRST] = READ_ONCE(words_of(head)->word[FIRST]);
	return now;
}

static __always_inline PSLIST_ENTRY first_of(struct ntpool_pair header)
{
	return (PSLIST_ENTRY)header.word[FIRST];
}

static __always_inline bool equals(struct ntpool_pair one, struct ntpool_pair other)
{
	return one.word[0] == other.word[0] && one.word[1] == other.word[1];
}

/* The header that follows @old. Depth and sequence wrap around, each by itself. */
static __always_inline struct ntpool_pair header_make(struct ntpool_pair old,
						      PSLIST_ENTRY first, u16 depth,
						      unsigned int pushes)
{
	struct ntpool_pair new;

#if defined(CONFIG_64BIT) || !defined(CONFIG_CPU_BIG_ENDIAN)
	new.word[COUNTS] = ((old.word[COUNTS] >> 16) + pushes) << 16 | depth;
#else
	new.word[COUNTS] = (u32)depth << 16 | (u16)(old.word[COUNTS] + pushes);
#endif
	new.word[FIRST] = (unsigned long)first;
	return new;
}

static __always_inline u16 depth_of(struct ntpool_pair header)
{
#if defined(CONFIG_64BIT) || !defined(CONFIG_CPU_BIG_ENDIAN)
	return header.word[COUNTS];
#else
	return header.word[COUNTS] >> 16;
#endif
}

/* The header without its first entry. */
static __always_inline struct ntpool_pair header_popped(struct ntpool_pair old, PSLIST_ENTRY next)
{
	return header_make(old, next, depth_of(old) - 1, 0);
}

/*
 * Returns false if the memory of the entry cannot be read. Its owner may write it at the same
 * time; then the exchange of the header fails, and the value is dropped.
 */
static __always_inline bool next_read(PSLIST_ENTRY entry, PSLIST_ENTRY *next)
{
	/* The owner's plain write. */
	return likely(!data_race(get_kernel_nofault(*next, &entry->Next)));
}

/* Under the list's lock. Returns false if the header is not @old any more, or not mapped. */
static bool locked_equals(PSLIST_HEADER head, struct ntpool_pair old)
{
	struct ntpool_pair now;

	return !get_kernel_nofault(now, words_of(head)) && equals(now, old);
}

/*
 * Under the list's lock. The barrier pairs with the address dependency of a reader that
 * follows FirstEntrySList(). The reader sees the pusher's writes to the entry. Returns false
 * if the header cannot be written.
 */
static bool locked_write(PSLIST_HEADER head, struct ntpool_pair new)
{
	unsigned long *word = words_of(head)->word;

	/* Pairs with FirstEntrySList(), see above. */
	smp_wmb();
	__put_kernel_nofault(&word[COUNTS], &new.word[COUNTS], unsigned long, fault);
	__put_kernel_nofault(&word[FIRST], &new.word[FIRST], unsigned long, fault);
	return true;
fault:
	return false;
}

/* A header that can be read but not written faults here, where no lock is held. */
static noinline void header_touch(PSLIST_HEADER head, struct ntpool_pair old)
{
	cmpxchg(&words_of(head)->word[FIRST], old.word[FIRST], old.word[FIRST]);
	cmpxchg(&words_of(head)->word[COUNTS], old.word[COUNTS], old.word[COUNTS]);
}

static noinline bool exchange_locked(PSLIST_HEADER head, struct ntpool_pair old,
				     struct ntpool_pair new)
{
	unsigned long flags = list_lock(head);
	bool same = locked_equals(head, old);
	bool done = same && locked_write(head, new);

	list_unlock(head, flags);
	if (unlikely(same && !done))
		header_touch(head, old);
	return done;
}

/* Returns false if the header is not @old any more. A full barrier if it returns true. */
static __always_inline bool exchange(PSLIST_HEADER head, struct ntpool_pair old,
				     struct ntpool_pair new)
{
	if (is_wide(head))
		return likely(ntpool_cmpxchg_pair(words_of(head), old, new));
	return exchange_locked(head, old, new);
}

PSLIST_ENTRY ntpool_slist_push(PSLIST_HEADER head, PSLIST_ENTRY first, PSLIST_ENTRY last,
			       ULONG count)
{
	struct ntpool_pair old;

	do {
		old = header_read(head);
		WRITE_ONCE(last->Next, first_of(old));
	} while (!exchange(head, old, header_make(old, first, depth_of(old) + count, 1)));
	return first_of(old);
}

/* Result of an attempt to pop. */
enum pop_result {
	POP_DONE,
	POP_CHANGED,	/* the header is another one now */
	POP_FAULT,	/* the first entry is on the list, and its memory cannot be read */
};

static __always_inline enum pop_result pop_wide(PSLIST_HEADER head, struct ntpool_pair old)
{
	PSLIST_ENTRY next;

	if (next_read(first_of(old), &next))
		return exchange(head, old, header_popped(old, next)) ? POP_DONE : POP_CHANGED;
	/* The header is read again after the entry was. */
	smp_mb();
	return equals(header_read(head), old) ? POP_FAULT : POP_CHANGED;
}

static noinline enum pop_result pop_locked(PSLIST_HEADER head, struct ntpool_pair old)
{
	enum pop_result result = POP_CHANGED;
	unsigned long flags = list_lock(head);
	bool same = locked_equals(head, old);
	PSLIST_ENTRY next;

	if (same) {
		if (!next_read(first_of(old), &next))
			result = POP_FAULT;
		else if (locked_write(head, header_popped(old, next)))
			result = POP_DONE;
	}
	list_unlock(head, flags);
	if (unlikely(same && result == POP_CHANGED))
		header_touch(head, old);
	return result;
}

/*
 * Completes a pop whose read of the first entry failed although the header was unchanged. The
 * driver has freed an entry that is on the list. Reads it by an ordinary access, which faults
 * in the driver's call, outside of every lock. If the memory is mapped again, the pop continues
 * with its content.
 */
static noinline bool pop_freed(PSLIST_HEADER head, struct ntpool_pair old)
{
	return exchange(head, old, header_popped(old, READ_ONCE(first_of(old)->Next)));
}

static __always_inline bool pop_try(PSLIST_HEADER head, struct ntpool_pair old)
{
	enum pop_result result = is_wide(head) ? pop_wide(head, old) : pop_locked(head, old);

	if (unlikely(result == POP_FAULT))
		return pop_freed(head, old);
	return likely(result == POP_DONE);
}

/* A read between two full barriers, so that a pop from an empty list is one too. */
static bool is_empty(const SLIST_HEADER *head)
{
	bool empty;

	/* See above. */
	smp_mb();
	empty = !FirstEntrySList(head);
	/* See above. */
	smp_mb();
	return empty;
}

PSLIST_ENTRY ntpool_slist_pop(PSLIST_HEADER head)
{
	struct ntpool_pair old;

	for (;;) {
		old = header_read(head);
		if (unlikely(!first_of(old))) {
			if (is_empty(head))
				return NULL;
		} else if (pop_try(head, old)) {
			break;
		}
	}
	/* KASAN does not see the read that may fail. The entry is the caller's now. */
	kasan_check_read(first_of(old), sizeof(first_of(old)->Next));
	return first_of(old);
}

PSLIST_ENTRY ntpool_slist_flush(PSLIST_HEADER head)
{
	struct ntpool_pair old;

	do {
		old = header_read(head);
	} while (!exchange(head, old, header_make(old, NULL, 0, 0)));
	return first_of(old);
}

/**
 * ntpool_slist_init() - find out whether the CPU exchanges two words
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_slist_init(void)
{
	if (!ntpool_has_cmpxchg_pair())
		static_branch_enable(&ntpool_slist_locked);
	return 0;
}
