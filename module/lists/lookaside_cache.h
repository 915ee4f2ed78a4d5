/* SPDX-License-Identifier: GPL-2.0 */
/* The per-CPU caches of a lookaside list, and the fast paths. */
#ifndef NTPOOL_LOOKASIDE_CACHE_H
#define NTPOOL_LOOKASIDE_CACHE_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
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
 * union ntpool_lookaside_depth - the public Depth and MaximumDepth
 * @now: Depth, the most blocks that one CPU caches
 * @max: MaximumDepth, the bound for tuning of @now
 * @both: both fields. The scan replaces them by one compare-and-exchange, so a concurrent
 *	  write of the driver is not lost
 */
union ntpool_lookaside_depth {
	struct {
		u16 now;
		u16 max;
	};
	u32 both;
};

/**
 * struct ntpool_lookaside_head - NT's public structure, as far as lists/ uses it
 * @cpus: the caches, as offset from ntpool_lookaside_none. A list without caches has 0, and
 *	  so has a zeroed structure that was never initialised
 * @magic: ntpool_lookaside_magic() if the list is initialised
 * @depth: Depth and MaximumDepth, which the driver writes too
 * @total: TotalAllocates, AllocateMisses, TotalFrees and FreeMisses, which the driver
 *	   writes too
 *
 * The memory is the driver's. @cpus and @magic take the place of NT's ListHead.
 * ddi/lookaside.c compares the offsets with NT's header.
 */
struct ntpool_lookaside_head {
	unsigned long cpus;
	unsigned long magic;
	union ntpool_lookaside_depth depth;
	u32 total[NTPOOL_LA_COUNTS];
};

/**
 * struct ntpool_lookaside_magazine - an array of blocks, used as a stack
 * @next: next one in ntpool_lookaside.deferred or .emptied; ntpool_lookaside_lock
 * @memory: the address to free; the magazine may begin behind it (lookaside_drain.c); constant
 * @nr: blocks in @slot once the magazine is detached; until then the cache has the number
 * @cap: number of slots; constant
 * @slot: the blocks, the oldest one first
 */
struct ntpool_lookaside_magazine {
	struct ntpool_lookaside_magazine *next;
	void *memory;
	u32 nr;
	u32 cap;
	void *slot[];
};

/**
 * struct ntpool_lookaside_cpu - the cache of one CPU; one cache line on 64-bit
 * @magazine: the blocks; NULL before the first one is cached
 * @total: where this CPU counts: the public fields, or @own
 * @nr: number of cached blocks
 * @low: the smallest @nr since the last scan; the fast path does not go below it
 * @high: the largest @nr since the last scan; the fast path does not go above it
 * @busy: the CPU is in its per-CPU section of this cache
 * @nested: operations by interrupts of the section that are not in @total yet. Accessed by
 *	    this_cpu operations, since an interrupt may come between any two instructions
 * @own: counts of this CPU that were not made in the public fields; never reset
 * @list: the list
 *
 * The CPU accesses its cache in the per-CPU section, see ntpool_lookaside_enter(). Outside
 * of the section these have access:
 *
 *  - functions called by ntpool_lookaside_on_cpu();
 *  - the hotplug callback for a dead CPU, under ntpool_lookaside_lock;
 *  - the deleter, because a list is not used during its deletion;
 *  - observers on any CPU, which read @nr, @low, @high, @magazine and @own.
 */
struct ntpool_lookaside_cpu {
	struct ntpool_lookaside_magazine *magazine;
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
	} nested;
	u32 own[NTPOOL_LA_COUNTS];
	struct ntpool_lookaside *list;
};

static_assert(sizeof(struct ntpool_lookaside_cpu) <= 64);

/* The caches of lists without memory for caches: empty, and always busy. */
DECLARE_PER_CPU(struct ntpool_lookaside_cpu, ntpool_lookaside_none);

#define NTPOOL_LOOKASIDE_NONE	((unsigned long __force)&ntpool_lookaside_none)

static __always_inline unsigned long
ntpool_lookaside_offset(struct ntpool_lookaside_cpu __percpu *cpus)
{
	return (unsigned long __force)cpus - NTPOOL_LOOKASIDE_NONE;
}

static __always_inline struct ntpool_lookaside_cpu __percpu *
ntpool_lookaside_cpus(const struct ntpool_lookaside_head *head)
{
	return (struct ntpool_lookaside_cpu __percpu __force *)(head->cpus + NTPOOL_LOOKASIDE_NONE);
}

/*
 * This CPU's cache. The constant is added last, so that the compiler makes it part of the
 * operands of the instructions.
 */
static __always_inline struct ntpool_lookaside_cpu *
ntpool_lookaside_here(const struct ntpool_lookaside_head *head)
{
	void __percpu *offset = (void __percpu __force *)head->cpus;

	return (struct ntpool_lookaside_cpu *)(this_cpu_ptr(offset) + NTPOOL_LOOKASIDE_NONE);
}

/*
 * The slow paths, for a pop at @low, a push at @high, and an interrupt of the section. They
 * are called with preemption disabled and return with it enabled. @inside: the caller has
 * entered the section, and the slow path leaves it. Any context.
 */
/* Returns a block from below @low, or NULL for a miss. */
void *ntpool_lookaside_pop_slow(struct ntpool_lookaside_head *head, bool inside);
/* Returns false if @entry was not cached. NULL never is: the Free routine may report it. */
bool ntpool_lookaside_push_slow(struct ntpool_lookaside_head *head, void *entry, bool inside);
/* Continue where the fast paths end; @caller is the return address of the exported routine. */
typedef void *(*ntpool_lookaside_miss_fn)(struct ntpool_lookaside_head *head, bool inside,
					  unsigned long caller);
typedef void (*ntpool_lookaside_full_fn)(struct ntpool_lookaside_head *head, void *entry,
					 bool inside, unsigned long caller);
/* Adds cpu->nested to cpu->total, enables preemption and returns @entry. */
void *ntpool_lookaside_add_nested(struct ntpool_lookaside_cpu *cpu, void *entry);

/* The verifier is on, so no block is cached. Written under ntpool_lookaside_lock. */
extern bool ntpool_lookaside_off;

/*
 * In place of the fast paths while the verifier is on, see lookaside_check.c. A structure that
 * is no list is reported, and nothing is done. Any context but NMI.
 */
void *ntpool_lookaside_pop_checked(struct ntpool_lookaside_head *head,
				   ntpool_lookaside_miss_fn miss, unsigned long caller);
void ntpool_lookaside_push_checked(struct ntpool_lookaside_head *head, void *entry,
				   ntpool_lookaside_full_fn full, unsigned long caller);

/**
 * ntpool_lookaside_enter() - enter the per-CPU section of a cache
 * @cpu: the cache of this CPU
 *
 * The section needs neither a lock nor an atomic instruction nor disabled interrupts. An
 * interrupt that finds @busy clear runs to its end before the interrupted code goes on. An
 * interrupt that finds it set takes the slow path, which uses the pool.
 *
 * heap/pcpu.h replaces a per-CPU pointer during the section instead. Here that pointer would
 * be @magazine, and @nr, @low and @high would move into the array. With a large magazine, a
 * hit would then access one more cache line. Besides, an interrupt of the section needs the
 * cache, because it counts in @nested.
 *
 * Context: any, with preemption disabled.
 * Return: false if the caller has interrupted the section.
 */
static __always_inline bool ntpool_lookaside_enter(struct ntpool_lookaside_cpu *cpu)
{
	/* An interrupt at this place leaves it clear. A plain load is one instruction. */
	if (unlikely(data_race(cpu->busy)))
		return false;
	WRITE_ONCE(cpu->busy, true);
	barrier();
	return true;
}

/**
 * ntpool_lookaside_leave() - leave the per-CPU section of a cache, and enable preemption
 * @cpu: the cache of this CPU
 * @entry: any pointer
 *
 * Interrupts count in @nested only while @busy is set. The test therefore comes after the
 * store, so no count stays in @nested.
 *
 * Context: any.
 * Return: @entry.
 */
static __always_inline void *ntpool_lookaside_leave(struct ntpool_lookaside_cpu *cpu, void *entry)
{
	barrier();
	WRITE_ONCE(cpu->busy, false);
	barrier();
	/* No interrupt counts there any more. A plain load is one instruction. */
	if (unlikely(data_race(cpu->nested.any)))
		return ntpool_lookaside_add_nested(cpu, entry);
	preempt_enable();
	return entry;
}

/**
 * ntpool_lookaside_pop() - allocate a block from a list
 * @head: the list
 * @miss: called where the fast path ends, as ntpool_lookaside_pop_slow(), which it has to
 *	  call first
 *
 * Context: any that the Allocate routine can be called in.
 * Return: a block, or the result of @miss.
 */
static __always_inline void *
ntpool_lookaside_pop(struct ntpool_lookaside_head *head, ntpool_lookaside_miss_fn miss)
{
	struct ntpool_lookaside_cpu *cpu;
	bool inside;
	u32 nr;

	/* If a CPU reads an old value after the switch, it takes the fast path once more. */
	if (unlikely(data_race(ntpool_lookaside_off)))
		return ntpool_lookaside_pop_checked(head, miss, _RET_IP_);
	preempt_disable();
	cpu = ntpool_lookaside_here(head);
	inside = ntpool_lookaside_enter(cpu);
	if (unlikely(!inside))
		goto miss;
	nr = cpu->nr;
	if (unlikely(nr == cpu->low))
		goto miss;
	WRITE_ONCE(cpu->nr, --nr);
	/* A plain increment is one instruction. An early read by a scan does no harm. */
	data_race(cpu->total[NTPOOL_LA_ALLOCS]++);
	return ntpool_lookaside_leave(cpu, cpu->magazine->slot[nr]);

miss:
	return miss(head, inside, _RET_IP_);
}

/**
 * ntpool_lookaside_push() - free a block to a list
 * @head: the list
 * @entry: the block; NULL is passed on to @full
 * @full: called where the fast path ends, as ntpool_lookaside_push_slow(), which it has to
 *	  call first
 *
 * Context: any that the Free routine can be called in.
 */
static __always_inline void
ntpool_lookaside_push(struct ntpool_lookaside_head *head, void *entry,
		      ntpool_lookaside_full_fn full)
{
	struct ntpool_lookaside_cpu *cpu;
	bool inside;
	u32 nr;

	/* As in ntpool_lookaside_pop(). */
	if (unlikely(data_race(ntpool_lookaside_off))) {
		ntpool_lookaside_push_checked(head, entry, full, _RET_IP_);
		return;
	}
	preempt_disable();
	cpu = ntpool_lookaside_here(head);
	inside = ntpool_lookaside_enter(cpu);
	if (unlikely(!inside))
		goto full;
	nr = cpu->nr;
	/*
	 * The driver may write Depth at any time. Depth has 16 bits, and so has nr, which
	 * never exceeds a depth.
	 */
	if (unlikely(nr >= cpu->high || (u16)nr >= data_race(head->depth.now) || !entry))
		goto full;
	WRITE_ONCE(cpu->nr, nr + 1);
	/* As in ntpool_lookaside_pop(). */
	data_race(cpu->total[NTPOOL_LA_FREES]++);
	cpu->magazine->slot[nr] = entry;
	ntpool_lookaside_leave(cpu, entry);
	return;

full:
	full(head, entry, inside, _RET_IP_);
}

#endif
