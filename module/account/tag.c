// SPDX-License-Identifier: GPL-2.0
/*
 * Figures per tag, always on.
 *
 * NT has one table of trackers, hashed by tag, and updates it with interlocked
 * additions. Here each tag has its own counters on every CPU, side by side for the two
 * pool types. An allocation adds to them with this_cpu operations: there is no atomic
 * instruction, and no cache line that two CPUs write. A block holds its tag, so a free
 * finds the same counters.
 *
 * Hash table. It has open addressing and is read without a lock. A slot changes once,
 * from unused to used, with its tag stored last; no slot is ever cleared. An unused
 * slot has a tag that hashes elsewhere, so the fast path compares the tag of one slot
 * only. The slow path probes until an unused slot. Tags 0 and 1 mark unused slots, so
 * a lookup of these two tags takes the lock.
 *
 * Growth. A table that is an eighth full is replaced by one of four times the size.
 * Nearly every tag is then in the slot of its hash. The old table is kept until the
 * module is unloaded, because a reader may still use it. All old tables together are
 * smaller than the current one.
 *
 * New tags. Counters come from chunks of per-CPU memory, whose allocation may sleep
 * and enter file systems. Callers of ntpool may do neither, so a worker keeps chunks
 * in reserve and enlarges the table. If the reserve is empty, a caller that may sleep
 * waits for the worker for at most WAIT_MS. Any other caller tries the per-CPU
 * allocator itself. A tag that has no counters then is counted under `Ovfl`, and so is
 * every tag past max_tags. NTPOOL_HDR_OVERFLOW in the header of the block directs the
 * free to the same counters.
 *
 * Tables and chunks lie behind guards (memory/record.c). The counters are per-CPU memory.
 *
 * Locking. tag_lock, raw and a leaf, protects insertions, the replacement of the
 * table, and the chunks.
 *
 * Context: any for lookups and insertions.
 */
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "account/tag.h"
#include "base/irql.h"
#include "base/param.h"
#include "base/refuse.h"
#include "base/report.h"
#include "base/sort.h"
#include "base/text.h"
#include "parts.h"
#include "memory/backing.h"
#include "memory/record.h"

enum {
	CHUNK_TAGS = 32,		/* 6.5 KiB on each CPU */
	RESERVE_CHUNKS = 2,		/* the worker keeps so many */
	FIRST_TABLE_BITS = 10,
	GROW_BITS = 2,
	WAIT_MS = 1000,
};

/**
 * struct tag_chunk - counters for CHUNK_TAGS tags; not freed before exit
 * @link: in chunks or reserve; tag_lock, chunks is read without it
 * @nr: tags in use; tag_lock, read without it
 * @tag: the tags; one below @nr does not change
 * @counts: their counters, NTPOOL_TYPES for each
 */
struct tag_chunk {
	struct list_head link;
	unsigned int nr;
	u32 tag[CHUNK_TAGS];
	struct ntpool_tag_counts __percpu *counts;
};

/**
 * struct tag_table - open addressing, linear probing, nothing ever removed
 * @shift: 32 - log2 of the number of slots
 * @mask: number of slots - 1
 * @older: the table that this one replaced; readers may still use it
 * @slot: the slots; tag_lock to fill one, read without it
 *
 * The other fields do not change once the table is in use.
 */
struct tag_table {
	unsigned int shift;
	u32 mask;
	struct tag_table *older;
	struct ntpool_tag_slot slot[];
};

/**
 * struct tag_place - how far the tags of all chunks were inserted into a table
 * @chunk: the last chunk with inserted tags; NULL: none
 * @nr: inserted tags of that chunk
 * @seen: inserted tags
 */
struct tag_place {
	struct tag_chunk *chunk;
	unsigned int nr;
	unsigned int seen;
};

unsigned int ntpool_tag_shift __read_mostly;
struct ntpool_tag_slot *ntpool_tag_slots __read_mostly;
struct ntpool_tag_counts __percpu *ntpool_tag_overflow __read_mostly;

static DEFINE_RAW_SPINLOCK(tag_lock);
/* The table of ntpool_tag_slots. Changed under tag_lock, read without it. */
static struct tag_table *tag_table __read_mostly;
static LIST_HEAD(chunks);		/* in use, the newest last; tag_lock to change it */
static struct tag_chunk *newest;	/* the last one of chunks; tag_lock */
static LIST_HEAD(reserve);		/* unused chunks; tag_lock */
static unsigned int nr_reserve;		/* tag_lock; read without it as a hint */
static unsigned int nr_tags;		/* tag_lock; read without it as a hint */
static unsigned int max_tags __read_mostly = 16384;	/* the parameter */

static void tag_make_room(struct work_struct *work);
static DECLARE_WORK(room_work, tag_make_room);
static DECLARE_WAIT_QUEUE_HEAD(room_wait);
static unsigned int room_runs;		/* complete runs of the worker, which writes it */

static struct tag_chunk *chunk_alloc(gfp_t gfp)
{
	size_t size = CHUNK_TAGS * NTPOOL_TYPES * sizeof(struct ntpool_tag_counts);
	struct tag_chunk *chunk;

	if (ntpool_refused())
		return NULL;
	chunk = ntpool_sized_alloc(sizeof(*chunk), gfp, NUMA_NO_NODE);
	if (!chunk)
		return NULL;
	chunk->counts = __alloc_percpu_gfp(size, __alignof__(struct ntpool_tag_counts), gfp);
	if (!chunk->counts) {
		ntpool_sized_free(chunk, sizeof(*chunk));
		return NULL;
	}
	return chunk;
}

static void chunk_free_all(struct list_head *list)
{
	struct tag_chunk *chunk, *next;

	list_for_each_entry_safe(chunk, next, list, link) {
		free_percpu(chunk->counts);
		ntpool_sized_free(chunk, sizeof(*chunk));
	}
}

static void reserve_add(struct tag_chunk *chunk)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&tag_lock, flags);
	list_add(&chunk->link, &reserve);
	WRITE_ONCE(nr_reserve, nr_reserve + 1);
	raw_spin_unlock_irqrestore(&tag_lock, flags);
}

/* Returns the tag that marks slot @i as unused: one that hashes to another slot. */
static u32 unused_tag(u32 i)
{
	return i ? 0 : 1;
}

static struct tag_table *table_alloc(unsigned int bits, gfp_t gfp)
{
	struct tag_table *table;
	u32 i;

	if (ntpool_refused())
		return NULL;
	table = ntpool_guarded_alloc(struct_size(table, slot, BIT(bits)), gfp, NUMA_NO_NODE);
	if (!table)
		return NULL;
	table->shift = 32 - bits;
	table->mask = BIT(bits) - 1;
	for (i = 0; i <= table->mask; i++)
		table->slot[i].tag = unused_tag(i);
	return table;
}

static void table_publish(struct tag_table *table)
{
	table->older = tag_table;
	/* Pairs with the dependent loads of readers: they see the slots. */
	smp_store_release(&tag_table, table);
	/* Before the shift, see tag.h. */
	smp_store_release(&ntpool_tag_slots, table->slot);
	/* Pairs with the acquire in ntpool_tag_lookup(): it sees the larger table. */
	smp_store_release(&ntpool_tag_shift, table->shift);
}

/* Returns the slot of @tag, or the unused one for it. table_full() keeps some unused. */
static struct ntpool_tag_slot *table_slot(struct tag_table *table, u32 tag)
{
	u32 i = ntpool_tag_hash(tag, table->shift);

	while (table->slot[i].counts && table->slot[i].tag != tag)
		i = (i + 1) & table->mask;
	return &table->slot[i];
}

static void table_insert(struct tag_table *table, u32 tag,
			 struct ntpool_tag_counts __percpu *counts)
{
	struct ntpool_tag_slot *slot = table_slot(table, tag);

	WRITE_ONCE(slot->counts, counts);
	/* Pairs with the acquires of ntpool_tag_lookup() and table_find(). */
	smp_store_release(&slot->tag, tag);
}

/* Without the lock: NULL does not prove that the table has no @tag. */
static struct ntpool_tag_counts __percpu *table_find(const struct tag_table *table, u32 tag)
{
	u32 i = ntpool_tag_hash(tag, table->shift);
	const struct ntpool_tag_slot *slot;
	u32 found;

	if (tag <= 1)
		return NULL;
	do {
		slot = &table->slot[i];
		/* Pairs with the release in table_insert(). */
		found = smp_load_acquire(&slot->tag);
		if (found == tag)
			return READ_ONCE(slot->counts);
		i = (i + 1) & table->mask;
	} while (found > 1 || READ_ONCE(slot->counts));
	return NULL;
}

/* Inserts the tags behind @at. A chunk is full before another one follows it. */
static void table_insert_rest(struct tag_table *table, struct tag_place *at)
{
	struct tag_chunk *chunk = at->chunk;
	unsigned int n;

	if (!chunk)
		chunk = list_first_or_null_rcu(&chunks, struct tag_chunk, link);
	while (chunk) {
		at->chunk = chunk;
		/* Pairs with the release in tag_insert(). */
		n = smp_load_acquire(&chunk->nr);
		for (; at->nr < n; at->nr++, at->seen++)
			table_insert(table, chunk->tag[at->nr],
				     chunk->counts + at->nr * NTPOOL_TYPES);
		if (n < CHUNK_TAGS)
			return;
		chunk = list_next_or_null_rcu(&chunks, &chunk->link, struct tag_chunk, link);
		if (chunk)
			at->nr = 0;
	}
}

static bool table_wants_growth(void)
{
	return READ_ONCE(nr_tags) > (READ_ONCE(tag_table)->mask + 1) / 8;
}

static bool table_full(void)
{
	return READ_ONCE(nr_tags) >= (READ_ONCE(tag_table)->mask + 1) / 8 * 7;
}

static void table_grow(void)
{
	unsigned int bits = 32 - tag_table->shift + GROW_BITS;
	struct tag_table *table = table_alloc(bits, GFP_KERNEL | __GFP_NOWARN);
	struct tag_place at = {};
	unsigned long flags;
	bool done;

	if (!table)
		return;
	/* A driver that uses the tag `Ovfl` shares its counters. */
	table_insert(table, NTPOOL_TAG_OVERFLOW, ntpool_tag_overflow);
	/* Tags are never removed. The lock is needed for tags inserted meanwhile only. */
	do {
		table_insert_rest(table, &at);
		raw_spin_lock_irqsave(&tag_lock, flags);
		done = nr_tags - at.seen <= CHUNK_TAGS;
		if (done) {
			table_insert_rest(table, &at);
			table_publish(table);
		}
		raw_spin_unlock_irqrestore(&tag_lock, flags);
	} while (!done);
}

/* The worker. No other code replaces the table. */
static void tag_make_room(struct work_struct *work)
{
	struct tag_chunk *chunk;

	if (table_wants_growth())
		table_grow();
	while (READ_ONCE(nr_reserve) < RESERVE_CHUNKS) {
		chunk = chunk_alloc(GFP_KERNEL | __GFP_NOWARN);
		if (!chunk)
			break;
		reserve_add(chunk);
	}
	WRITE_ONCE(room_runs, room_runs + 1);
	wake_up_all(&room_wait);
}

static bool tag_has_room(void)
{
	lockdep_assert_held(&tag_lock);
	return !table_full() && (nr_reserve || (newest && newest->nr < CHUNK_TAGS));
}

/* Returns the chunk for the next tag. The caller has checked tag_has_room(). */
static struct tag_chunk *tag_chunk_to_use(void)
{
	struct tag_chunk *chunk = newest;

	if (!chunk || chunk->nr == CHUNK_TAGS) {
		chunk = list_first_entry(&reserve, struct tag_chunk, link);
		WRITE_ONCE(nr_reserve, nr_reserve - 1);
		/* Readers iterate over chunks without the lock: link the chunk last. */
		list_del(&chunk->link);
		list_add_tail_rcu(&chunk->link, &chunks);
		newest = chunk;
	}
	return chunk;
}

/*
 * Inserts @tag, or finds it if another CPU has inserted it. NULL: no room. Sets *@work
 * if the worker has to run.
 */
static struct ntpool_tag_counts __percpu *tag_insert(u32 tag, bool *work)
{
	struct ntpool_tag_counts __percpu *counts = NULL;
	struct ntpool_tag_slot *slot;
	struct tag_chunk *chunk;
	unsigned long flags;

	raw_spin_lock_irqsave(&tag_lock, flags);
	slot = table_slot(tag_table, tag);
	if (slot->counts) {
		counts = slot->counts;
	} else if (nr_tags >= max_tags) {
		counts = ntpool_tag_overflow;
	} else if (tag_has_room()) {
		chunk = tag_chunk_to_use();
		counts = chunk->counts + chunk->nr * NTPOOL_TYPES;
		chunk->tag[chunk->nr] = tag;
		table_insert(tag_table, tag, counts);
		/* Pairs with the acquire in ntpool_tag_snapshot(). */
		smp_store_release(&chunk->nr, chunk->nr + 1);
		WRITE_ONCE(nr_tags, nr_tags + 1);
	}
	*work = nr_reserve < RESERVE_CHUNKS || table_wants_growth();
	raw_spin_unlock_irqrestore(&tag_lock, flags);
	return counts;
}

/*
 * True if there is room, or if the worker has run completely since @runs. A run that had
 * begun before does not count, hence two. Else the worker is scheduled.
 */
static bool room_made_or_tried(unsigned int runs)
{
	if ((READ_ONCE(nr_reserve) && !table_full()) || READ_ONCE(room_runs) - runs > 1)
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
	struct tag_chunk *chunk;

	if (ntpool_may_sleep()) {
		wait_event_timeout(room_wait, room_made_or_tried(runs),
				   msecs_to_jiffies(WAIT_MS));
		return;
	}
	if (READ_ONCE(nr_reserve) || ntpool_raw_atomic())
		return;
	chunk = chunk_alloc(GFP_NOWAIT | __GFP_NOWARN);
	if (chunk)
		reserve_add(chunk);
}

/**
 * ntpool_tag_probe() - find counters without the lock
 * @tag: the tag
 * @counts: set to its counters; NULL: not found
 *
 * Context: any.
 * Return: false if @tag has no counters, or may need the lock to be found.
 */
bool ntpool_tag_probe(u32 tag, struct ntpool_tag_counts __percpu **counts)
{
	*counts = table_find(READ_ONCE(tag_table), tag);
	return *counts;
}

/**
 * ntpool_tag_find_slow() - find or create counters
 * @tag: the tag
 *
 * Context: any. Sleeps for at most WAIT_MS, only if ntpool_may_sleep().
 * Return: counters of @tag; ntpool_tag_overflow past max_tags or without memory.
 */
struct ntpool_tag_counts __percpu *ntpool_tag_find_slow(u32 tag)
{
	struct ntpool_tag_counts __percpu *counts = table_find(READ_ONCE(tag_table), tag);
	bool work;

	if (counts)
		return counts;
	if (tag > 1 && READ_ONCE(nr_tags) >= max_tags)
		return ntpool_tag_overflow;
	counts = tag_insert(tag, &work);
	if (work)
		schedule_work(&room_work);
	if (counts)
		return counts;
	tag_wait_for_room();
	counts = tag_insert(tag, &work);
	return counts ?: ntpool_tag_overflow;
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

static void tag_sum(struct ntpool_tag_sums *sums, u32 tag, enum ntpool_type type,
		    struct ntpool_tag_counts __percpu *counts)
{
	const struct ntpool_tag_counts *here;
	int cpu;

	*sums = (struct ntpool_tag_sums){ .tag = tag, .type = type };
	counts += type;
	for_each_possible_cpu(cpu) {
		here = per_cpu_ptr(counts, cpu);
		sums_add_frees(sums, &here->inside);
		sums_add_frees(sums, &here->outside);
	}
	/* An allocation is counted before its free, so frees are read before allocs. */
	smp_rmb();
	for_each_possible_cpu(cpu) {
		here = per_cpu_ptr(counts, cpu);
		sums_add_allocs(sums, &here->inside);
		sums_add_allocs(sums, &here->outside);
		sums->failed += READ_ONCE(here->failed);
	}
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

static size_t snapshot_add(struct ntpool_tag_sums *array, size_t nr, u32 tag,
			   struct ntpool_tag_counts __percpu *counts)
{
	enum ntpool_type type;

	for (type = 0; type < NTPOOL_TYPES; type++) {
		tag_sum(&array[nr], tag, type, counts);
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
	size_t left = READ_ONCE(nr_tags), used = 0;
	struct ntpool_tag_sums *array;
	struct tag_chunk *chunk;
	unsigned int i, n;

	array = kvmalloc_array(left + 1, NTPOOL_TYPES * sizeof(*array), GFP_KERNEL);
	if (!array)
		return NULL;
	used = snapshot_add(array, used, NTPOOL_TAG_OVERFLOW, ntpool_tag_overflow);
	list_for_each_entry_lockless(chunk, &chunks, link) {
		/* Pairs with the release in tag_insert(). */
		n = smp_load_acquire(&chunk->nr);
		for (i = 0; left && i < n; i++, left--)
			used = snapshot_add(array, used, chunk->tag[i],
					    chunk->counts + i * NTPOOL_TYPES);
		cond_resched();
	}
	ntpool_sort(array, used, sizeof(*array), tag_compare);
	*nr = used;
	return array;
}

/**
 * ntpool_tag_init() - allocate the first table and chunks
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int ntpool_tag_init(void)
{
	struct tag_table *table;

	ntpool_tag_overflow = ntpool_refused() ? NULL :
			      __alloc_percpu(NTPOOL_TYPES * sizeof(struct ntpool_tag_counts),
					     __alignof__(struct ntpool_tag_counts));
	table = table_alloc(FIRST_TABLE_BITS, GFP_KERNEL);
	if (table)
		table_publish(table);
	if (ntpool_tag_overflow && table) {
		table_insert(table, NTPOOL_TAG_OVERFLOW, ntpool_tag_overflow);
		tag_make_room(NULL);
	}
	if (!nr_reserve) {
		ntpool_tag_exit();
		return -ENOMEM;
	}
	return 0;
}

/**
 * ntpool_tag_exit() - free all tables and counters
 *
 * Context: process context, may sleep; after the last allocation and free.
 */
void ntpool_tag_exit(void)
{
	struct tag_table *table = tag_table, *older;

	cancel_work_sync(&room_work);
	for (; table; table = older) {
		older = table->older;
		ntpool_guarded_free(table);
	}
	chunk_free_all(&chunks);
	chunk_free_all(&reserve);
	free_percpu(ntpool_tag_overflow);
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
