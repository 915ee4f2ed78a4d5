// SPDX-License-Identifier: GPL-2.0
/*
 * Figures per tag, always on.
 *
 * NT has one table of trackers, hashed by tag, and updates it with interlocked
 * additions. Here a tag that is in use has its own counters on every CPU. Those of the
 * two pool types lie side by side. An allocation adds to them with this_cpu operations:
 * there is no atomic instruction, and no cache line that two CPUs write. A block holds its
 * tag, so a free finds the same counters.
 *
 * Most tags of a system are used a few times, when a driver starts. Counters on every CPU
 * would be wasted on them: on 256 CPUs they take 48 KiB for a tag. So a new tag has a record
 * of 128 bytes with counters of all CPUs together. Atomic instructions add to them. Its
 * allocations and frees take the slow path, as the fast paths look for hot tags alone. The
 * slow path uses the CPU's cache as well, but a free of whole pages takes run_lock.
 *
 * Hot tags. A tag becomes hot with its HOT_ALLOCS-th allocation of one pool type, at once and
 * in any context. The last places need more allocations, see tag_is_hot_enough().
 * It gets counters from the reserve, and they are published in two steps. First the record
 * leads to them, then the table of hot tags. From then on nothing is added to the shared
 * counters. A CPU that is just about to do so may still do it. A figure is the sum over the
 * shared counters and those of all CPUs, so no step moves any number. An observer that sees a
 * free sees the counters of its allocation, as the record had led to them before.
 *
 * Limits. The counters of hot tags take at most NTPOOL_TAG_HOT_BYTES, the reserve
 * included. Up to 18 CPUs this is enough for 16,384 tags, on 256 CPUs for 1,184. Without
 * room or memory a tag goes on with its shared counters, and tries again after as many
 * allocations. After a failure the worker runs again for hot tags only RETRY_MS later. A
 * hot tag stays hot until the module is unloaded. CPU hotplug does not matter: per-CPU
 * memory exists for all possible CPUs.
 *
 * New tags. If the reserve has no record, a caller that may sleep waits for the worker, for
 * at most WAIT_MS. Any other caller tries to allocate a chunk itself. A tag that
 * has no record then is counted under `Ovfl`, and so is every tag past max_tags.
 * NTPOOL_HDR_OVERFLOW in the header of the block directs the free to the same counters.
 *
 * Both tables are those of tag_index.c.
 *
 * Locking. The locks of the two tables, raw leaves. They are not nested.
 *
 * Context: any for lookups, insertions and counting.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "account/tag.h"
#include "base/irql.h"
#include "base/param.h"
#include "base/report.h"
#include "base/sort.h"
#include "base/text.h"
#include "parts.h"
#include "memory/backing.h"
#include "memory/record.h"

enum {
	HOT_ALLOCS = 16,		/* of one pool type */
	HOT_SHIFT = 12,			/* 2^HOT_SHIFT times as many for the last tags */
	WAIT_MS = 1000,
	RETRY_MS = 100,			/* after a run of the worker that made no room */
};

static unsigned long records_alloc(gfp_t gfp)
{
	return (unsigned long)ntpool_sized_alloc(NTPOOL_TAG_CHUNK * sizeof(struct ntpool_tag),
						 gfp, NUMA_NO_NODE);
}

static void records_free(unsigned long values)
{
	ntpool_sized_free((void *)values, NTPOOL_TAG_CHUNK * sizeof(struct ntpool_tag));
}

static unsigned long counts_alloc(gfp_t gfp)
{
	size_t size = NTPOOL_TAG_CHUNK * NTPOOL_TYPES * sizeof(struct ntpool_tag_counts);

	/* A tag can do without them: no process is killed for their memory. */
	gfp |= __GFP_NORETRY;
	return (unsigned long)__alloc_percpu_gfp(size, __alignof__(struct ntpool_tag_counts), gfp);
}

static void counts_free(unsigned long values)
{
	free_percpu((void __percpu *)values);
}

struct ntpool_tag_index ntpool_tag_all =
	NTPOOL_TAG_INDEX(ntpool_tag_all, NTPOOL_TAG_ALL_LOAD, sizeof(struct ntpool_tag),
			 records_alloc, records_free);
struct ntpool_tag_index ntpool_tag_hot =
	NTPOOL_TAG_INDEX(ntpool_tag_hot, NTPOOL_TAG_HOT_LOAD,
			 NTPOOL_TYPES * sizeof(struct ntpool_tag_counts),
			 counts_alloc, counts_free);
struct ntpool_tag *ntpool_tag_overflow __read_mostly;

static unsigned int max_tags __read_mostly = 16384;	/* the parameter */

static void tag_make_room(struct work_struct *work);
static DECLARE_WORK(room_work, tag_make_room);
static DECLARE_WAIT_QUEUE_HEAD(room_wait);
static unsigned int room_runs;		/* complete runs of the worker, which writes it */
static unsigned long hot_retry;		/* jiffies; no earlier run for hot tags; likewise */

static void tag_make_room(struct work_struct *work)
{
	ntpool_tag_index_make_room(&ntpool_tag_all);
	ntpool_tag_index_make_room(&ntpool_tag_hot);
	if (ntpool_tag_index_wants_room(&ntpool_tag_hot))
		WRITE_ONCE(hot_retry, jiffies + msecs_to_jiffies(RETRY_MS));
	WRITE_ONCE(room_runs, room_runs + 1);
	wake_up_all(&room_wait);
}

/* True if as many tags as max_tags have records. `Ovfl` has one that is not among them. */
static bool tag_is_one_too_many(void)
{
	return READ_ONCE(ntpool_tag_all.nr) > max_tags;
}

/* Inserts @tag, or finds it if another CPU has inserted it. NULL: no room. */
static struct ntpool_tag *tag_insert(u32 tag)
{
	struct ntpool_tag *record;
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_tag_all.lock, flags);
	record = (struct ntpool_tag *)ntpool_tag_index_find(&ntpool_tag_all, tag);
	if (!record && tag_is_one_too_many()) {
		record = ntpool_tag_overflow;
	} else if (!record) {
		record = (struct ntpool_tag *)ntpool_tag_index_next(&ntpool_tag_all);
		if (record) {
			record->tag = tag;
			ntpool_tag_index_add(&ntpool_tag_all, tag);
		}
	}
	raw_spin_unlock_irqrestore(&ntpool_tag_all.lock, flags);
	return record;
}

/*
 * True if there is room, or if the worker has run completely since @runs. A run that had
 * begun before does not count, hence two. Else the worker is scheduled.
 */
static bool room_made_or_tried(unsigned int runs)
{
	if (ntpool_tag_index_has_room(&ntpool_tag_all) || READ_ONCE(room_runs) - runs > 1)
		return true;
	schedule_work(&room_work);
	return false;
}

/*
 * Waits for room, or makes it if the caller may not sleep. The wait has a limit, because
 * the worker may need memory that only the caller can free.
 */
static void tag_wait_for_room(void)
{
	unsigned int runs = READ_ONCE(room_runs);

	if (ntpool_may_sleep())
		wait_event_timeout(room_wait, room_made_or_tried(runs),
				   msecs_to_jiffies(WAIT_MS));
	else if (!READ_ONCE(ntpool_tag_all.nr_reserve) && !ntpool_raw_atomic())
		ntpool_tag_index_refill(&ntpool_tag_all, GFP_NOWAIT | __GFP_NOWARN);
}

/**
 * ntpool_tag_find_slow() - find or create the record of a tag
 * @tag: the tag
 *
 * Context: any. Sleeps for at most WAIT_MS, only if ntpool_may_sleep().
 * Return: the record of @tag; ntpool_tag_overflow past max_tags or without memory.
 */
struct ntpool_tag *ntpool_tag_find_slow(u32 tag)
{
	struct ntpool_tag *record;

	record = (struct ntpool_tag *)ntpool_tag_index_probe(&ntpool_tag_all, tag);
	if (record)
		return record;
	if (tag > 1 && tag_is_one_too_many())
		return ntpool_tag_overflow;
	record = tag_insert(tag);
	if (ntpool_tag_index_wants_room(&ntpool_tag_all))
		schedule_work(&room_work);
	if (record)
		return record;
	tag_wait_for_room();
	return tag_insert(tag) ?: ntpool_tag_overflow;
}

/* Gives @tag counters on each CPU, if there are any in the reserve. */
static void tag_heat(struct ntpool_tag *tag)
{
	struct ntpool_tag_counts __percpu *counts;
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_tag_hot.lock, flags);
	if (!tag->counts) {
		counts = (struct ntpool_tag_counts __percpu *)
			 ntpool_tag_index_next(&ntpool_tag_hot);
		if (counts) {
			/* Before the table: an observer must find what a fast path counts. */
			smp_store_release(&tag->counts, counts);
			ntpool_tag_index_add(&ntpool_tag_hot, tag->tag);
		}
	}
	raw_spin_unlock_irqrestore(&ntpool_tag_hot.lock, flags);
	if (ntpool_tag_index_wants_room(&ntpool_tag_hot) &&
	    time_after_eq(jiffies, READ_ONCE(hot_retry)))
		schedule_work(&room_work);
}

/*
 * The fuller the table, the more allocations of one pool type a tag needs. So tags that are
 * used when a driver starts leave room for busy ones.
 */
static bool tag_is_hot_enough(unsigned long allocs)
{
	unsigned long room = (unsigned long)READ_ONCE(ntpool_tag_hot.most) * NTPOOL_TAG_CHUNK + 1;
	unsigned long nr = min_t(unsigned long, READ_ONCE(ntpool_tag_hot.nr), room - 1);

	return allocs % (HOT_ALLOCS << ((HOT_SHIFT + 1) * nr / room)) == 0;
}

/**
 * ntpool_tag_share_alloc() - count an allocation of a tag that is not hot
 * @tag: the record of the tag
 * @type: pool type
 * @granules: granules that it took
 * @requested: bytes that the driver requested
 *
 * Context: any but NMI.
 */
void ntpool_tag_share_alloc(struct ntpool_tag *tag, enum ntpool_type type,
			    unsigned long granules, size_t requested)
{
	struct ntpool_tag_shared *shared = &tag->shared[type];
	unsigned long allocs;

	atomic_long_add(granules, &shared->alloc_granules);
	atomic_long_add(requested, &shared->alloc_requested);
	allocs = atomic_long_inc_return(&shared->allocs);
	if (allocs % HOT_ALLOCS == 0 && !ntpool_tag_index_is_full(&ntpool_tag_hot) &&
	    tag_is_hot_enough(allocs))
		tag_heat(tag);
}

/**
 * ntpool_tag_share_free() - count a free of a tag that is not hot
 * @tag: the record of the tag
 * @type: pool type
 * @granules: granules that it returns
 * @requested: bytes that the driver had requested
 *
 * Context: any.
 */
void ntpool_tag_share_free(struct ntpool_tag *tag, enum ntpool_type type,
			   unsigned long granules, size_t requested)
{
	struct ntpool_tag_shared *shared = &tag->shared[type];

	atomic_long_inc(&shared->frees);
	atomic_long_add(granules, &shared->free_granules);
	atomic_long_add(requested, &shared->free_requested);
}

static void sums_add_frees(struct ntpool_tag_sums *sums, const struct ntpool_tag_flow *flow)
{
	sums->frees += READ_ONCE(flow->frees);
	sums->bytes -= READ_ONCE(flow->free_granules) << NTPOOL_GRANULE_SHIFT;
	sums->requested -= READ_ONCE(flow->free_requested);
}

static void sums_add_allocs(struct ntpool_tag_sums *sums, const struct ntpool_tag_flow *flow)
{
	sums->allocs += READ_ONCE(flow->allocs);
	sums->bytes += READ_ONCE(flow->alloc_granules) << NTPOOL_GRANULE_SHIFT;
	sums->requested += READ_ONCE(flow->alloc_requested);
}

static void sums_add_shared_frees(struct ntpool_tag_sums *sums,
				  const struct ntpool_tag_shared *shared)
{
	sums->frees += atomic_long_read(&shared->frees);
	sums->bytes -= atomic_long_read(&shared->free_granules) << NTPOOL_GRANULE_SHIFT;
	sums->requested -= atomic_long_read(&shared->free_requested);
}

static void sums_add_shared_allocs(struct ntpool_tag_sums *sums,
				   const struct ntpool_tag_shared *shared)
{
	sums->allocs += atomic_long_read(&shared->allocs);
	sums->bytes += atomic_long_read(&shared->alloc_granules) << NTPOOL_GRANULE_SHIFT;
	sums->requested += atomic_long_read(&shared->alloc_requested);
	sums->failed += atomic_long_read(&shared->failed);
}

/* Adds the frees, or the allocations, that @record has on each CPU. */
static void sums_add_cpus(struct ntpool_tag_sums *sums, const struct ntpool_tag *record,
			  void (*add)(struct ntpool_tag_sums *sums,
				      const struct ntpool_tag_flow *flow))
{
	struct ntpool_tag_counts __percpu *counts = ntpool_tag_cpu_counts(record);
	const struct ntpool_tag_counts *here;
	int cpu;

	if (!counts)
		return;
	for_each_possible_cpu(cpu) {
		here = per_cpu_ptr(&counts[sums->type], cpu);
		add(sums, &here->inside);
		add(sums, &here->outside);
	}
}

static void tag_sum(struct ntpool_tag_sums *sums, enum ntpool_type type,
		    const struct ntpool_tag *record)
{
	const struct ntpool_tag_shared *shared = &record->shared[type];

	*sums = (struct ntpool_tag_sums){ .tag = record->tag, .type = type };
	sums_add_shared_frees(sums, shared);
	sums_add_cpus(sums, record, sums_add_frees);
	/*
	 * An allocation is counted before its free, so frees are read before allocs. Pairs with
	 * the full barrier between claim and count of each free.
	 */
	smp_rmb();
	sums_add_shared_allocs(sums, shared);
	sums_add_cpus(sums, record, sums_add_allocs);
}

static int tag_compare(const void *a, const void *b)
{
	const struct ntpool_tag_sums *x = a, *y = b;

	return ntpool_tag_cmp(x->tag, y->tag) ?: (int)x->type - (int)y->type;
}

static bool tag_was_used(const struct ntpool_tag_sums *sums)
{
	return sums->allocs || sums->failed;
}

static size_t snapshot_add(struct ntpool_tag_sums *array, size_t nr,
			   const struct ntpool_tag *record)
{
	enum ntpool_type type;

	for (type = 0; type < NTPOOL_TYPES; type++) {
		tag_sum(&array[nr], type, record);
		if (tag_was_used(&array[nr]))
			nr++;
	}
	return nr;
}

/**
 * ntpool_tag_snapshot() - figures of all tags that were used
 * @nr: set to the number of entries
 *
 * Context: process context, may sleep.
 * Return: array for kvfree(), sorted by tag as printed, nonpaged before paged; NULL: no
 * memory.
 */
struct ntpool_tag_sums *ntpool_tag_snapshot(size_t *nr)
{
	size_t left = READ_ONCE(ntpool_tag_all.nr), used = 0;
	struct ntpool_tag_sums *array;
	struct ntpool_tag_chunk *chunk;
	unsigned int i, n;

	array = kvmalloc_array(left, NTPOOL_TYPES * sizeof(*array), GFP_KERNEL);
	if (!array)
		return NULL;
	list_for_each_entry_lockless(chunk, &ntpool_tag_all.chunks, link) {
		/* Pairs with the release in ntpool_tag_index_add(). */
		n = smp_load_acquire(&chunk->nr);
		for (i = 0; left && i < n; i++, left--)
			used = snapshot_add(array, used,
					    (struct ntpool_tag *)chunk->values + i);
		cond_resched();
	}
	ntpool_sort(array, used, sizeof(*array), tag_compare);
	*nr = used;
	return array;
}

/**
 * ntpool_tag_init() - allocate the first tables and chunks
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int ntpool_tag_init(void)
{
	int ret;

	ntpool_tag_hot.most = ntpool_tag_hot_chunks(num_possible_cpus());
	ret = ntpool_tag_index_init(&ntpool_tag_all) ?: ntpool_tag_index_init(&ntpool_tag_hot);
	if (ret) {
		ntpool_tag_exit();
		return ret;
	}
	ntpool_tag_overflow = tag_insert(NTPOOL_TAG_OVERFLOW);
	return 0;
}

/**
 * ntpool_tag_exit() - free all tables and counters
 *
 * Context: process context, may sleep; after the last allocation and free.
 */
void ntpool_tag_exit(void)
{
	cancel_work_sync(&room_work);
	ntpool_tag_index_exit(&ntpool_tag_all);
	ntpool_tag_index_exit(&ntpool_tag_hot);
}

static int max_tags_set(const char *val, const struct kernel_param *kp)
{
	return ntpool_param_uint(val, kp, 1, 1048576);
}

static const struct kernel_param_ops max_tags_ops = {
	.set = max_tags_set,
	.get = param_get_uint,
};

module_param_cb(max_tags, &max_tags_ops, &max_tags, 0444);
MODULE_PARM_DESC(max_tags,
		 "pool tags that are counted one by one, 1 to 1048576; later ones are counted together as Ovfl (default 16384)");
