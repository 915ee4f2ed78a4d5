// SPDX-License-Identifier: GPL-2.0
/*
 * The scan of all lookaside lists: it tunes depths and updates the public totals.
 *
 * Once a second, NT's balance set manager raises the depth of lists with many misses, and
 * lowers that of others. NT does not document by how much. Here heap/scan.c calls the scan.
 *
 * For each CPU the scan reads these values of the interval since the scan before:
 *
 *	allocs, misses	 The slow and the fast paths count them.
 *	room		 Blocks that still fitted into the cache when the interval began. The
 *			 same number of misses does not show a lack of depth: the cache only
 *			 was not full yet.
 *	span		 The largest number of cached blocks less the smallest one, that is,
 *			 the depth that would have been enough for all hits of the interval.
 *			 lookaside_cache.c explains how it is measured.
 *
 * Rules:
 *
 *  1. If at least 5 % of a list's allocations were misses, the depth is raised. This needs
 *     a CPU that used the whole depth and had more misses than room. The CPU with the
 *     largest excess decides. The depth grows by the share of the excess in its allocations,
 *     rounded up. It doubles at most. Example: a driver allocates N blocks and frees
 *     them, over and over. The share is 1 - depth / N. The distance from N then shrinks with
 *     its square, and the depth never exceeds N. From 4 to 256 takes eight scans.
 *  2. Otherwise the depth is lowered. Its target is the largest span of all CPUs, or 4 if
 *     that is larger. One scan takes half of the distance. An unused list has a span of 0,
 *     so its depth falls from 256 to 4 in eight scans. A busy list does not lose its depth
 *     in one quiet second.
 *  3. The depth is never below 4 and never above MaximumDepth. If MaximumDepth is less than
 *     4, it decides.
 *
 * The depth does not oscillate. It is lowered only towards a depth that was used, so the
 * same load has no more misses afterwards. It is raised only if the whole depth was used, so
 * rule 2 has nothing to lower. If one CPU allocates blocks and another one frees them, each
 * operation is a miss at any depth. No CPU uses the whole depth more than once then, so the
 * list is not raised.
 *
 * Drivers read and write Depth and MaximumDepth at any time. The next free already uses the
 * new Depth. If a scan finds Depth changed, it leaves the value, within MaximumDepth, and
 * the next scans tune from there. Both fields are replaced as one word, by
 * compare-and-exchange, so a concurrent write is not lost.
 *
 * Surplus, the blocks that a CPU caches beyond the depth, is detached, the oldest blocks
 * first. The helper frees it (lookaside_drain.c). Lists are not tuned while the verifier is on.
 *
 * Cost. At the minimum depth, a scan only reads the counts of each CPU. At a larger depth it
 * interrupts each CPU that has used the list. It does so again for each 500 blocks of surplus.
 * Under ntpool_lookaside_lock it only makes a step of the iteration, accesses a public
 * structure, or copies at most 500 pointers.
 *
 * A scan also looks for memory for the caches of lists that could not get any before.
 *
 * Locking: balance_mutex serialises the tuning of each list. It protects prev, prev_total, span
 * and spare of struct ntpool_lookaside. It is taken before ntpool_lookaside_lock. Free
 * routines are called by the helper, without it. A change is traced without it.
 */
#include <linux/export.h>
#include <linux/math.h>
#include <linux/mutex.h>

#include "base/trace.h"
#include "heap/scan.h"
#include "parts.h"
#include "lists/lookaside_registry.h"

enum {
	MISSES_ONE_IN = 20,		/* 5 % */
};

/**
 * struct usage - the use of a list since the scan before
 * @depth: the public depths
 * @owner: the CPU that counted in the public fields; negative: none
 * @public: the counts that @owner made there
 * @allocs: allocations by all CPUs
 * @misses: those of @allocs that the Allocate routine served
 * @span: the largest span of a CPU
 * @excess: the most misses beyond its room of a CPU that used the whole depth
 * @excess_allocs: allocations of that CPU
 * @tuned: the scan has set the depth that it decided on
 * @depth_new: that depth
 */
struct usage {
	union ntpool_lookaside_depth depth;
	int owner;
	u32 public[NTPOOL_LA_ALLOC_MISSES + 1];
	u64 allocs;
	u64 misses;
	u32 span;
	u32 excess;
	u32 excess_allocs;
	bool tuned;
	u32 depth_new;
};

static DEFINE_MUTEX(balance_mutex);

/*
 * Measuring
 */

/* Returns the increase of a counter. A driver may have reset it to 0 meanwhile. */
static u32 count_since(u32 *prev, u32 now)
{
	u32 since = now >= *prev ? now - *prev : now;

	*prev = now;
	return since;
}

/* Reads the public fields into @usage. Returns false if the list cannot be tuned. */
static bool list_read(struct ntpool_lookaside *list, struct usage *usage)
{
	struct ntpool_lookaside_head *head = list->head;
	bool tunable;
	int i;

	raw_spin_lock_irq(&ntpool_lookaside_lock);
	tunable = ntpool_lookaside_is_alive(list);
	if (tunable) {
		usage->depth.both = READ_ONCE(head->depth.both);
		usage->owner = READ_ONCE(list->totals_owner);
		for (i = 0; usage->owner >= 0 && i < ARRAY_SIZE(usage->public); i++)
			usage->public[i] = count_since(&list->prev_total[i],
						       READ_ONCE(head->total[i]));
		tunable = !list->zeroed && !ntpool_lookaside_off;
	}
	raw_spin_unlock_irq(&ntpool_lookaside_lock);
	return tunable;
}

/* Takes the span of @cpu and begins a new one. Called by ntpool_lookaside_on_cpu(). */
static void span_restart(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu)
{
	list->span = cpu->high - cpu->low;
	WRITE_ONCE(cpu->low, cpu->nr);
	WRITE_ONCE(cpu->high, cpu->nr);
}

/*
 * Returns the span of CPU @nr. At the minimum depth the span cannot lower the depth, so the
 * CPU is not interrupted.
 */
static u32 cpu_span(struct ntpool_lookaside *list, int nr, u32 depth)
{
	struct ntpool_lookaside_cpu *cpu = per_cpu_ptr(list->cpus, nr);
	u32 low = READ_ONCE(cpu->low);
	u32 high = READ_ONCE(cpu->high);

	list->span = high > low ? high - low : 0;
	if (list->span && depth > NTPOOL_LA_DEPTH)
		ntpool_lookaside_on_cpu(list, nr, span_restart);
	return list->span;
}

/* Adds the use of the list by CPU @nr. */
static void usage_add_cpu(struct usage *usage, struct ntpool_lookaside *list, int nr)
{
	struct ntpool_lookaside_cpu *cpu = per_cpu_ptr(list->cpus, nr);
	struct ntpool_lookaside_prev *prev = &list->prev[nr];
	u32 misses = count_since(&prev->misses, READ_ONCE(cpu->own[NTPOOL_LA_ALLOC_MISSES]));
	u32 allocs = count_since(&prev->allocs, READ_ONCE(cpu->own[NTPOOL_LA_ALLOCS]));
	u32 span = cpu_span(list, nr, usage->depth.now);
	u32 excess;

	if (nr == usage->owner) {
		allocs += usage->public[NTPOOL_LA_ALLOCS];
		misses += usage->public[NTPOOL_LA_ALLOC_MISSES];
	}
	misses = min(misses, allocs);
	usage->allocs += allocs;
	usage->misses += misses;
	usage->span = max(usage->span, span);
	excess = misses - min(misses, prev->room);
	if (span >= usage->depth.now && excess > usage->excess) {
		usage->excess = excess;
		usage->excess_allocs = allocs;
	}
}

/*
 * Deciding
 */

static u32 depth_raised(const struct usage *usage)
{
	u32 depth = usage->depth.now;
	u32 step;

	if (!usage->excess)
		return depth;
	step = DIV_ROUND_UP_ULL((u64)depth * usage->excess, usage->excess_allocs);
	return max_t(u32, depth + step, NTPOOL_LA_DEPTH);
}

static u32 depth_lowered(const struct usage *usage)
{
	u32 depth = usage->depth.now;
	u32 least = max_t(u32, usage->span, NTPOOL_LA_DEPTH);

	return depth > least ? depth - DIV_ROUND_UP(depth - least, 2) : depth;
}

static u32 depth_tuned(const struct ntpool_lookaside *list, const struct usage *usage)
{
	u32 depth = usage->depth.now;

	if (depth == READ_ONCE(list->depth)) {
		if (usage->allocs && usage->misses * MISSES_ONE_IN >= usage->allocs)
			depth = depth_raised(usage);
		else
			depth = depth_lowered(usage);
	}
	return min_t(u32, depth, usage->depth.max);
}

/*
 * Changing the depth
 */

/*
 * Sets the public depth, if the driver has not written it since list_read(). Otherwise the
 * next scan finds the driver's value.
 */
static void list_set_depth(struct ntpool_lookaside *list, struct usage *usage, u32 depth)
{
	union ntpool_lookaside_depth old = usage->depth;
	union ntpool_lookaside_depth new = { .now = depth, .max = old.max };

	raw_spin_lock_irq(&ntpool_lookaside_lock);
	usage->depth_new = depth;
	usage->tuned = !list->zeroed && !ntpool_lookaside_off && ntpool_lookaside_is_alive(list) &&
		       (new.both == old.both ||
			cmpxchg(&list->head->depth.both, old.both, new.both) == old.both);
	if (usage->tuned)
		WRITE_ONCE(list->depth, depth);
	raw_spin_unlock_irq(&ntpool_lookaside_lock);
}

/* Saves, for the next scan, how many blocks still fit into each cache. */
static void list_save_rooms(struct ntpool_lookaside *list, u32 depth)
{
	int nr;

	for_each_possible_cpu(nr)
		list->prev[nr].room =
			depth - min(depth, READ_ONCE(per_cpu_ptr(list->cpus, nr)->nr));
}

/*
 * Makes the next pop and push of each CPU take the slow path, which starts the scan. Returns
 * true if this was so already.
 */
static bool list_is_idle(struct ntpool_lookaside *list)
{
	struct ntpool_lookaside_cpu *cpu;
	bool idle = true;
	u32 cached;
	int nr;

	for_each_online_cpu(nr) {
		cpu = per_cpu_ptr(list->cpus, nr);
		cached = READ_ONCE(cpu->nr);
		if (READ_ONCE(cpu->low) == cached && READ_ONCE(cpu->high) == cached)
			continue;
		ntpool_lookaside_on_cpu(list, nr, span_restart);
		idle = false;
	}
	return idle;
}

/*
 * Returns false if the list was not used and needs no further scan. *@usage has the depths.
 * Called under balance_mutex.
 */
static bool list_tune(struct ntpool_lookaside *list, struct usage *usage)
{
	bool tunable = list_read(list, usage);
	u32 depth, was = READ_ONCE(list->depth);
	int nr;

	if (!ntpool_lookaside_is_cached(list)) {
		if (tunable)
			ntpool_lookaside_add_caches(list);
		return tunable;
	}
	for_each_possible_cpu(nr)
		usage_add_cpu(usage, list, nr);
	if (!tunable) {
		list_save_rooms(list, NTPOOL_LA_DEPTH);
		return usage->allocs;
	}
	depth = depth_tuned(list, usage);
	list_set_depth(list, usage, depth);
	if (ntpool_lookaside_detach_surplus(list))
		ntpool_lookaside_drain(list);
	list_save_rooms(list, READ_ONCE(list->depth));
	if (usage->allocs || depth != usage->depth.now || depth != was)
		return true;
	return !list_is_idle(list);
}

/* The same, for a list that the caller has a reference of. Traces the change. */
static bool list_scan(struct ntpool_lookaside *list)
{
	struct usage usage = { .owner = NTPOOL_LA_UNOWNED };
	struct ntpool_lookaside_magazine *spare;
	bool again;

	mutex_lock(&balance_mutex);
	again = list_tune(list, &usage);
	ntpool_lookaside_totals_update(list);
	spare = list->spare;
	list->spare = NULL;
	mutex_unlock(&balance_mutex);
	/* A damaged guard is reported without the mutex. */
	ntpool_lookaside_magazines_free(spare);
	if (usage.tuned && usage.depth_new != usage.depth.now)
		trace_ntpool_depth(list->head, list->desc.tag, usage.depth.now, usage.depth_new,
				   usage.allocs, usage.misses);
	return again;
}

/*
 * Tunes all lists. Returns false if the scans may end: no list was used, and the next use of
 * one starts them again. So does ntpool_lookaside_open().
 */
static bool balance_scan(void)
{
	struct ntpool_lookaside *list = NULL;
	bool again = false;

	while ((list = ntpool_lookaside_next(list)))
		again |= list_scan(list);
	return again;
}

static struct ntpool_scan balance = { .run = balance_scan };

/**
 * ntpool_lookaside_balance_init() - let the periodic scan tune lookaside lists
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_lookaside_balance_init(void)
{
	ntpool_scan_register(&balance);
	return 0;
}

void ntpool_lookaside_balance_exit(void)
{
	ntpool_scan_unregister(&balance);
}

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/balance_hooks.c"
#endif
