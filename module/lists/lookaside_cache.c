// SPDX-License-Identifier: GPL-2.0
/*
 * The slow paths of a CPU's cache of a lookaside list, and its counting.
 *
 * NT keeps freed blocks in one S-list per lookaside list. All processors pop and push it
 * with a double-width compare-and-exchange. Here each CPU has a magazine per list, an array
 * of pointers used as a stack. Depth bounds each magazine. Caching writes nothing into a
 * block, so a driver that writes to a freed block cannot damage the list.
 *
 * Pops and pushes run in any context, in the per-CPU section of lookaside_cache.h and
 * without a lock. A CPU gets its first magazine when it frees its first block to the list.
 * Magazines grow by doubling up to Depth. Without memory a CPU caches less. The growth copies
 * all pointers. With interrupts off, a magazine therefore stays within GROWTH_IRQS_OFF slots, or
 * those that the rest of their memory holds. The next free with interrupts on lets it grow further.
 *
 * Measuring. To tune Depth, a scan (lookaside_balance.c) looks at the number of blocks that a
 * CPU has cached. It needs the smallest and the largest number since the scan before. A fast
 * path that recorded them would cost more instructions. Instead cpu->low and cpu->high are
 * its limits. A pop stops at @low, not at 0. A push stops at @high, not at the end of the
 * magazine. The slow path moves the limit by one, and the operation still is a hit. A scan
 * sets both limits to the current number, unless the depth is the minimum. Between two scans
 * a CPU takes the slow path once for each block that it needs. The scans end when no list is
 * used; the slow path starts them again.
 *
 * Counting. Drivers read and reset TotalAllocates, AllocateMisses, TotalFrees and
 * FreeMisses as plain fields. Each operation reads ListHead and Depth in the same cache
 * line. If all CPUs counted in that line, it would move between them all the time. Each CPU
 * therefore counts through a pointer, cpu->total, to the public fields or to cpu->own. The
 * first CPU that counts claims the public fields; all others use their own ones.
 * lookaside_totals.c adds those up and changes the owner.
 *
 * An interrupt of the section counts in cpu->nested. The interrupted code adds that to
 * cpu->total when it leaves the section.
 *
 * Locking: none. ntpool_lookaside_off is read in the section, so an RCU grace period
 * separates its old value from its new one.
 */
#include <linux/irqflags.h>

#include "base/irql.h"
#include "heap/scan.h"
#include "lists/lookaside_list.h"

/* The first magazine fills a cache line, so a smaller one would save nothing. */
#define MAGAZINE_MIN	NTPOOL_LA_DEPTH

/* With the header a page of 4 KiB. */
#define GROWTH_IRQS_OFF	500

/*
 * Counting
 */

/*
 * Makes this CPU the owner of the public totals if no CPU has counted before. All slow paths
 * call it before they count; the first operation of a CPU is never a hit.
 */
static void totals_claim(struct ntpool_lookaside_cpu *cpu)
{
	struct ntpool_lookaside *list = cpu->list;

	if (READ_ONCE(list->totals_owner) == NTPOOL_LA_UNOWNED &&
	    cmpxchg(&list->totals_owner, NTPOOL_LA_UNOWNED,
		    smp_processor_id()) == NTPOOL_LA_UNOWNED)
		cpu->total = list->head->total;
}

static void cpu_count(struct ntpool_lookaside_cpu *cpu, enum ntpool_lookaside_count what, u32 nr)
{
	/* Observers may read the sum early. */
	data_race(cpu->total[what] += nr);
}

void *ntpool_lookaside_add_nested(struct ntpool_lookaside_cpu *cpu, void *entry)
{
	struct ntpool_lookaside_cpu __percpu *cpus = cpu->list->cpus;
	u32 nr;

	do {
		WRITE_ONCE(cpu->busy, true);
		barrier();
		/* First, because a new owner adds these counts to the public fields. */
		totals_claim(cpu);
		nr = this_cpu_xchg(cpus->nested.allocs, 0);
		cpu_count(cpu, NTPOOL_LA_ALLOCS, nr);
		cpu_count(cpu, NTPOOL_LA_ALLOC_MISSES, nr);
		nr = this_cpu_xchg(cpus->nested.frees, 0);
		cpu_count(cpu, NTPOOL_LA_FREES, nr);
		cpu_count(cpu, NTPOOL_LA_FREE_MISSES, nr);
		barrier();
		WRITE_ONCE(cpu->busy, false);
		barrier();
	} while (READ_ONCE(cpu->nested.any));
	preempt_enable();
	return entry;
}

/*
 * All CPUs count in the public fields of a list without caches, which is slow anyway. Zeroed
 * memory that is no list looks like one without caches, and is not written.
 */
static void count_uncached(struct ntpool_lookaside_head *head, enum ntpool_lookaside_count what)
{
	if (head->magic != ntpool_lookaside_magic(head))
		return;
	atomic_inc((atomic_t *)&head->total[what]);
	atomic_inc((atomic_t *)&head->total[what + 1]);
}

/* Counts an operation, and its miss, of a caller that could not enter the section. */
static void count_nested(struct ntpool_lookaside_head *head, enum ntpool_lookaside_count what)
{
	if (!head->cpus)
		count_uncached(head, what);
	else if (what == NTPOOL_LA_ALLOCS)
		this_cpu_inc(ntpool_lookaside_cpus(head)->nested.allocs);
	else
		this_cpu_inc(ntpool_lookaside_cpus(head)->nested.frees);
	preempt_enable();
}

/*
 * Allocating
 */

void *ntpool_lookaside_pop_slow(struct ntpool_lookaside_head *head, bool inside)
{
	struct ntpool_lookaside_cpu *cpu = ntpool_lookaside_here(head);
	void *entry = NULL;

	ntpool_scan_start();
	if (!inside) {
		count_nested(head, NTPOOL_LA_ALLOCS);
		return NULL;
	}
	totals_claim(cpu);
	cpu_count(cpu, NTPOOL_LA_ALLOCS, 1);
	if (cpu->nr) {
		WRITE_ONCE(cpu->nr, cpu->nr - 1);
		WRITE_ONCE(cpu->low, cpu->nr);
		entry = cpu->magazine->slot[cpu->nr];
	} else {
		cpu_count(cpu, NTPOOL_LA_ALLOC_MISSES, 1);
	}
	return ntpool_lookaside_leave(cpu, entry);
}

/*
 * Freeing
 */

static u32 depth_now(const struct ntpool_lookaside_head *head)
{
	return READ_ONCE(ntpool_lookaside_off) ? 0 : READ_ONCE(head->depth.now);
}

static u32 magazine_cap(const struct ntpool_lookaside_cpu *cpu)
{
	return cpu->magazine ? cpu->magazine->cap : 0;
}

/* Returns the slots that a larger magazine needs; 0: this one has room, or may not grow. */
static u32 magazine_growth(const struct ntpool_lookaside_head *head,
			   const struct ntpool_lookaside_cpu *cpu)
{
	u32 depth = depth_now(head);
	u32 cap = magazine_cap(cpu);
	u32 slots = min(max_t(u32, 2 * cap, MAGAZINE_MIN), depth);

	if (cpu->nr < cap || cpu->nr >= depth)
		return 0;
	if (irqs_disabled())
		slots = min_t(u32, slots, GROWTH_IRQS_OFF);
	return slots > cap ? slots : 0;
}

/* Moves the blocks into @larger and returns the old magazine. Called in the section. */
static struct ntpool_lookaside_magazine *
magazine_replace(struct ntpool_lookaside_cpu *cpu, struct ntpool_lookaside_magazine *larger)
{
	struct ntpool_lookaside_magazine *old = cpu->magazine;

	if (old)
		memcpy(larger->slot, old->slot, cpu->nr * sizeof(void *));
	WRITE_ONCE(cpu->magazine, larger);
	return old;
}

/*
 * Caches @entry, or returns false if there is no room. *@spare is a magazine that the
 * function may install. On return it is the magazine that the caller has to free.
 * Called in the section: the verifier waits for all sections that began with
 * ntpool_lookaside_off clear before it detaches the magazines. No later section
 * installs one.
 */
static bool cpu_push(struct ntpool_lookaside_head *head, struct ntpool_lookaside_cpu *cpu,
		     void *entry, struct ntpool_lookaside_magazine **spare)
{
	u32 depth = depth_now(head);
	bool room;

	totals_claim(cpu);
	if (*spare && (*spare)->cap > magazine_cap(cpu) && cpu->nr < depth)
		*spare = magazine_replace(cpu, *spare);
	room = entry && cpu->nr < min(depth, magazine_cap(cpu));
	cpu_count(cpu, NTPOOL_LA_FREES, 1);
	if (room) {
		cpu->magazine->slot[cpu->nr] = entry;
		WRITE_ONCE(cpu->nr, cpu->nr + 1);
		if (cpu->high < cpu->nr)
			WRITE_ONCE(cpu->high, cpu->nr);
	} else {
		cpu_count(cpu, NTPOOL_LA_FREE_MISSES, 1);
	}
	return room;
}

bool ntpool_lookaside_push_slow(struct ntpool_lookaside_head *head, void *entry, bool inside)
{
	struct ntpool_lookaside_cpu *cpu = ntpool_lookaside_here(head);
	u32 growth = inside ? magazine_growth(head, cpu) : 0;
	struct ntpool_lookaside_magazine *spare = NULL;
	bool cached = false;

	ntpool_scan_start();
	/* The allocation runs outside of the section, and maybe on another CPU afterwards. */
	if (growth) {
		ntpool_lookaside_leave(cpu, NULL);
		spare = ntpool_raw_atomic() ? NULL : ntpool_lookaside_magazine_alloc(growth);
		preempt_disable();
		cpu = ntpool_lookaside_here(head);
		inside = ntpool_lookaside_enter(cpu);
	}
	if (inside) {
		cached = cpu_push(head, cpu, entry, &spare);
		ntpool_lookaside_leave(cpu, NULL);
	} else {
		count_nested(head, NTPOOL_LA_FREES);
	}
	ntpool_lookaside_magazines_free(spare);
	return cached;
}
