/* SPDX-License-Identifier: GPL-2.0 */
/* One CPU's share of a lookaside list, and the fast paths. */
#ifndef NTPOOL_LOOKASIDE_CACHE_H
#define NTPOOL_LOOKASIDE_CACHE_H

#include <linux/build_bug.h>
#include <linux/percpu.h>
#include <linux/preempt.h>

#include "base/types.h"

struct ntpool_lookaside;

/* In the order of NT's public fields TotalAllocates to FreeMisses. */
enum ntpool_lookaside_count {
	NTPOOL_LA_ALLOCS,
	NTPOOL_LA_ALLOC_MISSES,
	NTPOOL_LA_FREES,
	NTPOOL_LA_FREE_MISSES,
	NTPOOL_LA_COUNTS
};

/**
 * union ntpool_lookaside_depth - Depth and MaximumDepth
 * @now: Depth, the most that one CPU caches
 * @max: MaximumDepth, the bound of its tuning
 * @both: the two at once. The scan exchanges this word, so that nothing is lost that
 *	  a driver writes to one of them meanwhile
 */
union ntpool_lookaside_depth {
	struct {
		u16 now;
		u16 max;
	};
	u32 both;
};

/**
 * struct ntpool_lookaside_head - NT's public structure, as far as the engine uses it
 * @cpus: the caches, as their distance from ntpool_lookaside_none; those are what a list
 *	  without caches has, and thus also a zeroed one that was never initialised
 * @magic: ntpool_lookaside_magic() in an initialised list; with @cpus, NT's ListHead
 * @depth: Depth and MaximumDepth; the driver writes them too
 * @total: TotalAllocates, AllocateMisses, TotalFrees, FreeMisses, likewise
 *
 * It is the driver's memory. lookaside.c checks the offsets against NT's header.
 */
struct ntpool_lookaside_head {
	unsigned long cpus;
	unsigned long magic;
	union ntpool_lookaside_depth depth;
	u32 total[NTPOOL_LA_COUNTS];
};

/**
 * struct ntpool_lookaside_slots - the array behind one CPU's cache
 * @next: next one in ntpool_lookaside.stash
 * @nr: entries in @slot, once it is in the stash
 * @cap: room in @slot
 * @slot: the blocks, oldest first
 */
struct ntpool_lookaside_slots {
	struct ntpool_lookaside_slots *next;
	u32 nr;
	u32 cap;
	void *slot[];
};

/**
 * struct ntpool_lookaside_cpu - one CPU's cache; one cache line on 64-bit
 * @slots: the array; NULL while nothing was cached
 * @total: what this CPU counts in: the list's public fields or @own
 * @nr: cached blocks
 * @low: the least @nr since the scan looked; the fast path goes no lower
 * @high: the most @nr since then; the fast path goes no higher
 * @busy: somebody on this CPU is inside, and who interrupts him goes to the pool
 * @missed: what interrupts that found @busy set have done and nobody has added to
 *	    @total yet; this_cpu operations only, they may come at any instruction
 * @own: what this CPU counted outside the public fields; grows only
 * @list: back to the list
 *
 * Touched by its CPU with preemption disabled and @busy set. Exceptions: @missed;
 * observers read @nr, @low, @high, @slots and @own from elsewhere; and who knows that
 * nobody uses the list or that the CPU is dead may do all.
 */
struct ntpool_lookaside_cpu {
	struct ntpool_lookaside_slots *slots;
	u32 *total;
	u32 nr;
	u32 low;
	u32 high;
	bool busy;
	union {
		u64 any;
		struct {
			u32 allocs;
			u32 frees;
		};
	} missed;
	u32 own[NTPOOL_LA_COUNTS];
	struct ntpool_lookaside *list;
};

static_assert(sizeof(struct ntpool_lookaside_cpu) <= 64);

/* The caches of lists that have none: empty, and busy for ever. */
DECLARE_PER_CPU(struct ntpool_lookaside_cpu, ntpool_lookaside_none);

#define NTPOOL_LOOKASIDE_NONE	((unsigned long __force)&ntpool_lookaside_none)

static __always_inline unsigned long
ntpool_lookaside_distance(struct ntpool_lookaside_cpu __percpu *cpus)
{
	return (unsigned long __force)cpus - NTPOOL_LOOKASIDE_NONE;
}

static __always_inline struct ntpool_lookaside_cpu __percpu *
ntpool_lookaside_cpus(const struct ntpool_lookaside_head *head)
{
	return (struct ntpool_lookaside_cpu __percpu __force *)(head->cpus + NTPOOL_LOOKASIDE_NONE);
}

/* This CPU's. In this order the constant ends up as part of the instructions' operands. */
static __always_inline struct ntpool_lookaside_cpu *
ntpool_lookaside_here(const struct ntpool_lookaside_head *head)
{
	void __percpu *distance = (void __percpu __force *)head->cpus;

	return (struct ntpool_lookaside_cpu *)(this_cpu_ptr(distance) + NTPOOL_LOOKASIDE_NONE);
}

/*
 * What the fast paths come to where @low and @high end. They are called with
 * preemption disabled and return with it enabled. @inside: busy is set, by the caller.
 */
/* An entry from below @low, or NULL: that is a miss. */
void *ntpool_lookaside_dig(struct ntpool_lookaside_head *head, bool inside);
/* False: @entry was not kept. NULL never is, the Free routine may complain. */
bool ntpool_lookaside_keep(struct ntpool_lookaside_head *head, void *entry, bool inside);
/* False, and reported, if @head is no initialised list. */
bool ntpool_lookaside_is_list(struct ntpool_lookaside_head *head, unsigned long caller);
/* Adds cpu->missed to cpu->total, enables preemption and returns @entry. */
void *ntpool_lookaside_settle(struct ntpool_lookaside_cpu *cpu, void *entry);

/*
 * Ends a section. Only what an interrupt does before busy is clear can be in
 * cpu->missed, hence clear first, look then: nothing stays there unnoticed.
 */
static __always_inline void *ntpool_lookaside_leave(struct ntpool_lookaside_cpu *cpu, void *entry)
{
	barrier();
	cpu->busy = false;
	barrier();
	if (unlikely(cpu->missed.any))
		return ntpool_lookaside_settle(cpu, entry);
	preempt_enable();
	return entry;
}

/* @miss is called as ntpool_lookaside_dig(). */
static __always_inline void *
ntpool_lookaside_pop(struct ntpool_lookaside_head *head,
		     void *(*miss)(struct ntpool_lookaside_head *head, bool inside,
				   unsigned long caller))
{
	struct ntpool_lookaside_cpu *cpu;
	bool inside = false;
	u32 nr;

	preempt_disable();
	cpu = ntpool_lookaside_here(head);
	if (unlikely(cpu->busy))
		goto miss;
	cpu->busy = true;
	barrier();
	inside = true;
	nr = cpu->nr;
	if (unlikely(nr == cpu->low))
		goto miss;
	WRITE_ONCE(cpu->nr, --nr);
	/* Plain, for one instruction; a scan that reads it a moment early does no harm. */
	data_race(cpu->total[NTPOOL_LA_ALLOCS]++);
	return ntpool_lookaside_leave(cpu, cpu->slots->slot[nr]);

miss:
	return miss(head, inside, _RET_IP_);
}

/* @full is called as ntpool_lookaside_keep(). */
static __always_inline void
ntpool_lookaside_push(struct ntpool_lookaside_head *head, void *entry,
		      void (*full)(struct ntpool_lookaside_head *head, void *entry, bool inside,
				   unsigned long caller))
{
	struct ntpool_lookaside_cpu *cpu;
	bool inside = false;
	u32 nr;

	preempt_disable();
	cpu = ntpool_lookaside_here(head);
	if (unlikely(cpu->busy))
		goto full;
	cpu->busy = true;
	barrier();
	inside = true;
	nr = cpu->nr;
	/*
	 * Depth is 16 bits wide and so is nr, which never exceeds a depth. The driver
	 * writes Depth whenever it likes.
	 */
	if (unlikely(nr >= cpu->high || (u16)nr >= data_race(head->depth.now) || !entry))
		goto full;
	WRITE_ONCE(cpu->nr, nr + 1);
	/* As in ntpool_lookaside_pop(). */
	data_race(cpu->total[NTPOOL_LA_FREES]++);
	cpu->slots->slot[nr] = entry;
	ntpool_lookaside_leave(cpu, entry);
	return;

full:
	full(head, entry, inside, _RET_IP_);
}

#endif
