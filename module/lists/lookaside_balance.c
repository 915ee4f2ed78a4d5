// SPDX-License-Identifier: GPL-2.0
/*
 * The scan of all lookaside lists (see heap/scan.c): it tunes their depths and
 * brings public counts up to date.
 *
 * NT's balance set manager does it once a second: a list that is used much and finds
 * nothing cached may cache more, one that is not needed gives blocks back. How much
 * is the system's secret there; here it is this.
 *
 * What is known of the time since the last scan, the interval, for each CPU:
 *
 *	allocs, misses	counted by the fast and the slow paths anyway
 *	room		blocks that its cache could still take when the interval began.
 *			As many misses are no fault of the depth: the cache had only
 *			not been filled yet
 *	span		the most blocks it had cached less the fewest: what it needed. See
 *			lookaside_cache.c for how it is measured without a cost on
 *			hits. A cache of that depth would have served every hit there
 *			was
 *
 * The rules:
 *
 *  1. A list of whose allocations 5 % and more went to the pool is raised, if a CPU
 *     had misses beyond its room and used the whole depth. The CPU with the most of
 *     them decides: the depth grows by their share of its allocations, rounded up,
 *     so it doubles at most. For a driver that takes N blocks and returns them, over
 *     and over, that share is 1 - depth / N: what lacks to N goes down with its
 *     square, never beyond N. From 4 to 256 it takes eight scans.
 *  2. Any other list is lowered, by half of what lies between its depth and the
 *     largest span of all CPUs, or 4 if that is more. Of a list that nobody used the
 *     span is 0, so 256 comes down to 4 in eight scans. Half, so that one quiet
 *     second does not cost a busy list everything.
 *  3. Never below 4 and never above MaximumDepth; if the two disagree, that is the
 *     driver's word and counts.
 *
 * This does not oscillate. A depth is lowered only towards what was used between two
 * scans; the same use again has no more misses at the new depth than it had. And it
 * is raised only while it was used up to its end, that is, with nothing to lower.
 * Blocks that one CPU allocates and another one frees miss for ever, at any depth: no
 * CPU uses the whole depth more than once, and the list is not raised.
 *
 * The driver's word. Drivers read and write Depth and MaximumDepth at any time. The
 * next free goes by the new Depth; a scan that finds it changed leaves it as it is,
 * within MaximumDepth, and the next ones tune from there; a list that is not used comes
 * down to 4 all the same. The scan exchanges both fields as one word, so that it
 * overwrites nothing that was written after it looked.
 *
 * What a CPU has cached beyond the depth, whoever lowered it, goes back to the pool,
 * the oldest blocks first: on its own CPU they are moved to list->stash, and then
 * freed through the list's Free routine as ntpool_lookaside_help() says. Lists that the
 * verifier has switched off are left alone.
 *
 * Cost. A list that is at its least depth costs a look at each CPU's counts. Only a CPU
 * that used a deeper list since the last scan is interrupted, twice if it gives up
 * blocks. ntpool_lookaside_lock is held for no more than one step of the walk, a look at
 * one public structure, or a copy of one cache's pointers.
 *
 * Locking: scan_mutex is held during a scan and guards what is the scan's own in
 * struct ntpool_lookaside; Free routines are called below it. -> ntpool_lookaside_lock.
 */
#include <linux/export.h>
#include <linux/math.h>
#include <linux/mutex.h>

#include "heap/scan.h"
#include "lists/lookaside_registry.h"
#include "test.h"

enum {
	MISSES_ONE_IN = 20,		/* 5 % */
};

/**
 * struct use - how a list was used since the last scan
 * @depth: what its fields say now
 * @home: the CPU that counted in the public fields; negative: none
 * @public: what it counted there
 * @allocs: allocations, by all CPUs
 * @misses: those of them that went to the pool
 * @span: most blocks that one CPU needed
 * @lack: most misses of one CPU that used the whole depth, less its room
 * @lack_of: allocations of that CPU
 */
struct use {
	union ntpool_lookaside_depth depth;
	int home;
	u32 public[NTPOOL_LA_ALLOC_MISSES + 1];
	u64 allocs;
	u64 misses;
	u32 span;
	u32 lack;
	u32 lack_of;
};

static DEFINE_MUTEX(scan_mutex);
/* Set by tests only. */

/*
 * Looking
 */

/* Drivers set the public counts back; what is less than before began at zero. */
static u32 count_since(u32 *seen, u32 now)
{
	u32 since = now >= *seen ? now - *seen : now;

	*seen = now;
	return since;
}

/* False: there is nothing to be tuned. */
static bool list_look(struct ntpool_lookaside *list, struct use *use)
{
	struct ntpool_lookaside_head *head = list->head;
	bool tunable;
	int i;

	raw_spin_lock_irq(&ntpool_lookaside_lock);
	tunable = ntpool_lookaside_is_alive(list);
	if (tunable) {
		use->depth.both = READ_ONCE(head->depth.both);
		use->home = READ_ONCE(list->home);
		for (i = 0; use->home >= 0 && i < ARRAY_SIZE(use->public); i++)
			use->public[i] = count_since(&list->seen[i],
						     READ_ONCE(head->total[i]));
		tunable = !list->zeroed && !ntpool_lookaside_off;
	}
	raw_spin_unlock_irq(&ntpool_lookaside_lock);
	return tunable;
}

/* What CPU @nr needed; it is measured anew from now on if that may be of interest. */
static u32 cpu_span(struct ntpool_lookaside *list, int nr, u32 depth)
{
	struct ntpool_lookaside_cpu *cpu = per_cpu_ptr(list->cpus, nr);
	u32 low = READ_ONCE(cpu->low);
	u32 high = READ_ONCE(cpu->high);

	list->span = high > low ? high - low : 0;
	if (list->span && depth > NTPOOL_LA_DEPTH)
		ntpool_lookaside_on_cpu(list, nr, ntpool_lookaside_measure);
	return list->span;
}

static void use_add_cpu(struct use *use, struct ntpool_lookaside *list, int nr)
{
	struct ntpool_lookaside_cpu *cpu = per_cpu_ptr(list->cpus, nr);
	struct ntpool_lookaside_note *note = &list->note[nr];
	u32 misses = count_since(&note->misses, READ_ONCE(cpu->own[NTPOOL_LA_ALLOC_MISSES]));
	u32 allocs = count_since(&note->allocs, READ_ONCE(cpu->own[NTPOOL_LA_ALLOCS]));
	u32 span = cpu_span(list, nr, use->depth.now);
	u32 lack;

	if (nr == use->home) {
		allocs += use->public[NTPOOL_LA_ALLOCS];
		misses += use->public[NTPOOL_LA_ALLOC_MISSES];
	}
	misses = min(misses, allocs);
	use->allocs += allocs;
	use->misses += misses;
	use->span = max(use->span, span);
	lack = misses - min(misses, note->room);
	if (span >= use->depth.now && lack > use->lack) {
		use->lack = lack;
		use->lack_of = allocs;
	}
}

/*
 * Deciding
 */

static u32 depth_raised(const struct use *use)
{
	u32 depth = use->depth.now;
	u32 step;

	if (!use->lack)
		return depth;
	step = DIV_ROUND_UP_ULL((u64)depth * use->lack, use->lack_of);
	return max_t(u32, depth + step, NTPOOL_LA_DEPTH);
}

static u32 depth_lowered(const struct use *use)
{
	u32 depth = use->depth.now;
	u32 least = max_t(u32, use->span, NTPOOL_LA_DEPTH);

	return depth > least ? depth - DIV_ROUND_UP(depth - least, 2) : depth;
}

static u32 depth_tuned(const struct ntpool_lookaside *list, const struct use *use)
{
	u32 depth = use->depth.now;

	if (depth == READ_ONCE(list->depth)) {
		if (use->allocs && use->misses * MISSES_ONE_IN >= use->allocs)
			depth = depth_raised(use);
		else
			depth = depth_lowered(use);
	}
	return min_t(u32, depth, use->depth.max);
}

/*
 * Doing
 */

/* What the driver wrote since list_look() stands, and is noticed next time. */
static void list_set_depth(struct ntpool_lookaside *list, union ntpool_lookaside_depth old,
			   u32 depth)
{
	union ntpool_lookaside_depth new = { .now = depth, .max = old.max };

	raw_spin_lock_irq(&ntpool_lookaside_lock);
	if (!list->zeroed && !ntpool_lookaside_off && ntpool_lookaside_is_alive(list) &&
	    (new.both == old.both ||
	     cmpxchg(&list->head->depth.both, old.both, new.both) == old.both))
		WRITE_ONCE(list->depth, depth);
	raw_spin_unlock_irq(&ntpool_lookaside_lock);
}

static void list_note_rooms(struct ntpool_lookaside *list, u32 depth)
{
	int nr;

	for_each_possible_cpu(nr)
		list->note[nr].room =
			depth - min(depth, READ_ONCE(per_cpu_ptr(list->cpus, nr)->nr));
}

static void list_tune(struct ntpool_lookaside *list)
{
	struct use use = { .home = NTPOOL_LA_UNOWNED };
	bool tunable = list_look(list, &use);
	int nr;

	for_each_possible_cpu(nr)
		use_add_cpu(&use, list, nr);
	if (!tunable) {
		list_note_rooms(list, NTPOOL_LA_DEPTH);
		return;
	}
	list_set_depth(list, use.depth, depth_tuned(list, &use));
	if (ntpool_lookaside_stash_surplus(list))
		ntpool_lookaside_help(list);
	list_note_rooms(list, READ_ONCE(list->depth));
}

static void scan(void)
{
	struct ntpool_lookaside *list = NULL;

	mutex_lock(&scan_mutex);
	while ((list = ntpool_lookaside_next(list))) {
		list_tune(list);
		ntpool_lookaside_settle_home(list);
	}
	mutex_unlock(&scan_mutex);
}

/* Without lists there are no scans; the next ntpool_lookaside_open() starts them. */
static bool balance_scan(void)
{
	scan();
	return ntpool_lookaside_any();
}

static struct ntpool_scan balance = { .run = balance_scan };

void ntpool_lookaside_balance_init(void)
{
	ntpool_scan_register(&balance);
}

void ntpool_lookaside_balance_exit(void)
{
	ntpool_scan_unregister(&balance);
}

#if IS_ENABLED(CONFIG_KUNIT)
void ntpool_test_balance(bool manual)
{
	ntpool_scan_set_manual(&balance, manual);
}
EXPORT_SYMBOL_GPL(ntpool_test_balance);

void ntpool_test_balance_scan(void)
{
	scan();
}
EXPORT_SYMBOL_GPL(ntpool_test_balance_scan);
#endif
