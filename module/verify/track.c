// SPDX-License-Identifier: GPL-2.0
/*
 * Pool tracking: the call that allocated each live block.
 *
 * Driver Verifier keeps a table of the allocations of each verified driver, and lists them
 * when the driver is unloaded. Every block of ntpool has its call site in any case. Tracking
 * adds the whole stack, the time, the process and the CPU. They are in a record outside of
 * the block.
 *
 * The records are in a hash table by address. Its size is fixed, because it cannot grow where
 * there is no memory. At a million live blocks, following a chain still takes less time than
 * unwinding a stack. If there is no memory for a record, the block is not tracked, and the
 * counter unable_to_track counts it. Table and records lie behind guards (memory/record.c).
 *
 * A library may allocate for its client. So the list of a module that is unloaded also has
 * blocks that other modules have allocated. They were allocated while code of the unloaded
 * module was on the stack.
 *
 * Locking: track_lock[], raw spinlocks and leaves, interrupts off. Lock n guards the buckets
 * whose number modulo TRACK_STRIPES is n. Records are allocated and freed outside of it. A visit
 * of all records copies one per section, and judges the copy without the lock. A cursor keeps its
 * place in the chain: a record without an address, on the stack of the task.
 * Contexts: any but NMI to add and to take a record; the rest process context.
 */
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "base/callsite.h"
#include "base/client.h"
#include "base/frame.h"
#include "base/irql.h"
#include "base/refuse.h"
#include "base/report.h"
#include "base/sort.h"
#include "base/stub.h"
#include "base/text.h"
#include "parts.h"
#include "memory/backing.h"
#include "memory/record.h"
#include "verify/track.h"

enum {
	TRACK_BITS = 14,
	TRACK_STRIPES = 64,
	UNFREED_MAX = 500,	/* blocks listed per driver: as many as the log can hold */
};

/**
 * struct track_record - an entry of track_table
 * @node: in the chain of its bucket; track_lock[] of the bucket
 * @rcu: frees the record where that cannot be done at once
 * @track: the block and its call, constant except @track.block.orphan; track_lock[]. A cursor
 *	has no address
 */
struct track_record {
	struct hlist_node node;
	struct rcu_head rcu;
	struct ntpool_track track;
};

static struct ntpool_record_class track_records;	/* struct track_record; with track_table */
static struct hlist_head *track_table;	/* set once, under verifier_mutex (verify.c) */
static raw_spinlock_t track_lock[TRACK_STRIPES];	/* guard the chains of track_table */
static atomic_long_t track_nr = ATOMIC_LONG_INIT(0);	/* records in the table */

static u32 track_bucket(const void *p)
{
	return ntpool_stub_one_chain() ? 0 : hash_ptr(p, TRACK_BITS);
}

bool ntpool_track_add(const struct ntpool_track_block *block, unsigned long caller)
{
	u32 bucket = track_bucket(block->addr);
	raw_spinlock_t *lock = &track_lock[bucket % TRACK_STRIPES];
	gfp_t gfp = ntpool_backing_gfp();
	struct track_record *record;
	unsigned long flags;

	/* Pairs with the release in ntpool_track_start(). */
	if (!smp_load_acquire(&track_table))
		return false;
	record = gfp && !ntpool_refused() ?
		 ntpool_record_alloc(&track_records, gfp, NUMA_NO_NODE) : NULL;
	if (!record)
		return false;
	record->track.block = *block;
	ntpool_stack_take(&record->track.stack, caller);
	/* Counted first: once in the table, the record may be taken at any time. */
	atomic_long_inc(&track_nr);
	raw_spin_lock_irqsave(lock, flags);
	hlist_add_head(&record->node, &track_table[bucket]);
	raw_spin_unlock_irqrestore(lock, flags);
	return true;
}

/* Called under the lock of @bucket. No block has the address of a cursor, NULL. */
static struct track_record *track_find(u32 bucket, const void *p)
{
	struct track_record *record;

	hlist_for_each_entry(record, &track_table[bucket], node)
		if (record->track.block.addr == p)
			return record;
	return NULL;
}

static void record_free_rcu(struct rcu_head *rcu)
{
	ntpool_record_free(&track_records, container_of(rcu, struct track_record, rcu));
}

bool ntpool_track_take(void *p, struct ntpool_track *track)
{
	u32 bucket = track_bucket(p);
	raw_spinlock_t *lock = &track_lock[bucket % TRACK_STRIPES];
	struct track_record *record;
	unsigned long flags;

	/* Pairs with the release in ntpool_track_start(). */
	if (!smp_load_acquire(&track_table))
		return false;
	raw_spin_lock_irqsave(lock, flags);
	record = track_find(bucket, p);
	if (record)
		hlist_del(&record->node);
	raw_spin_unlock_irqrestore(lock, flags);
	if (!record)
		return false;
	*track = record->track;
	atomic_long_dec(&track_nr);
	/* With KASAN this is kfree(), which may sleep on PREEMPT_RT. */
	if (ntpool_raw_atomic())
		call_rcu(&record->rcu, record_free_rcu);
	else
		ntpool_record_free(&track_records, record);
	return true;
}

/*
 * Visiting all records
 */

/*
 * Copies the record behind @cursor in the chain of @bucket to @to, and moves @cursor behind it. A
 * cursor that is in no chain begins at the start. Returns false at the end of the chain, without
 * @cursor in it.
 */
static bool cursor_step(struct track_record *cursor, u32 bucket, struct ntpool_track *to)
{
	raw_spinlock_t *lock = &track_lock[bucket % TRACK_STRIPES];
	struct hlist_node *next;
	struct track_record *record;

	raw_spin_lock_irq(lock);
	next = hlist_unhashed(&cursor->node) ? track_table[bucket].first : cursor->node.next;
	hlist_del_init(&cursor->node);
	record = hlist_entry_safe(next, struct track_record, node);
	/* Those of other tasks: there are only a few. */
	hlist_for_each_entry_from(record, node)
		if (record->track.block.addr)
			break;
	if (record) {
		*to = record->track;
		hlist_add_behind(&cursor->node, &record->node);
	}
	raw_spin_unlock_irq(lock);
	return record;
}

static void cursor_end(struct track_record *cursor, u32 bucket)
{
	raw_spin_lock_irq(&track_lock[bucket % TRACK_STRIPES]);
	hlist_del_init(&cursor->node);
	raw_spin_unlock_irq(&track_lock[bucket % TRACK_STRIPES]);
}

typedef bool (*track_fn)(const struct ntpool_track *track, void *arg);

/*
 * Calls @fn with a copy of each record, without a lock. Records that exist all the time are
 * visited once. The cursor keeps the place in a chain. Returns false as soon as @fn does.
 */
static bool track_visit(track_fn fn, void *arg)
{
	struct track_record cursor = {};
	struct ntpool_track track;
	u32 bucket;

	/* Pairs with the release in ntpool_track_start(). */
	if (!smp_load_acquire(&track_table) || !atomic_long_read(&track_nr))
		return true;
	for (bucket = 0; bucket < BIT(TRACK_BITS); bucket++) {
		while (cursor_step(&cursor, bucket, &track)) {
			if (!fn(&track, arg)) {
				cursor_end(&cursor, bucket);
				return false;
			}
			cond_resched();
		}
		cond_resched();
	}
	return true;
}

/*
 * Snapshots
 */

/* Selects the records that are copied. */
enum track_choice {
	TRACK_ALL,	/* those of all modules */
	TRACK_OF,	/* those that it has allocated */
	TRACK_FOR,	/* those that other modules have allocated in a call of it */
};

/**
 * struct track_list - an array of copied records
 * @choice: which ones
 * @mod: the module of @choice
 * @to: the array, for kvfree()
 * @nr: entries in use
 * @room: entries
 */
struct track_list {
	enum track_choice choice;
	const struct module *mod;
	struct ntpool_track *to;
	size_t nr;
	size_t room;
};

static bool is_chosen(const struct ntpool_track *track, enum track_choice choice,
		      const struct module *mod)
{
	bool own;

	if (choice == TRACK_ALL)
		return true;
	own = !track->block.orphan && ntpool_callsite_belongs(track->stack.caller, mod);
	if (choice == TRACK_OF)
		return own;
	return !own && !track->block.orphan && ntpool_frames_has(&track->stack, mod);
}

/* Gives the array room for @room entries. Returns false without memory. */
static bool list_grow(struct track_list *list, size_t room)
{
	struct ntpool_track *to;

	to = ntpool_refused() ? NULL : kvmalloc_array(room, sizeof(*to), GFP_KERNEL);
	if (!to)
		return false;
	if (list->nr)
		memcpy(to, list->to, list->nr * sizeof(*to));
	kvfree(list->to);
	list->to = to;
	list->room = room;
	return true;
}

static bool list_add_track(const struct ntpool_track *track, void *arg)
{
	struct track_list *list = arg;

	if (!is_chosen(track, list->choice, list->mod))
		return true;
	if (list->nr == list->room && !list_grow(list, 2 * list->room))
		return false;
	list->to[list->nr++] = *track;
	return true;
}

/*
 * Makes the block of @track an orphan: other code may get the addresses of its module. Returns
 * false if the block is not there any more.
 */
static bool track_orphan(const struct ntpool_track *track)
{
	u32 bucket = track_bucket(track->block.addr);
	raw_spinlock_t *lock = &track_lock[bucket % TRACK_STRIPES];
	struct track_record *record;
	bool same;

	raw_spin_lock_irq(lock);
	record = track_find(bucket, track->block.addr);
	same = record && record->track.stack.when == track->stack.when;
	if (same)
		record->track.block.orphan = true;
	raw_spin_unlock_irq(lock);
	return same;
}

/* Drops the blocks that were freed meanwhile. */
static void list_orphan(struct track_list *list)
{
	size_t i, nr = 0;

	for (i = 0; i < list->nr; i++) {
		if (track_orphan(&list->to[i]))
			list->to[nr++] = list->to[i];
		cond_resched();
	}
	list->nr = nr;
}

static int track_compare(const void *a, const void *b)
{
	const struct ntpool_track *x = a, *y = b;

	return x->stack.when < y->stack.when ? -1 : x->stack.when > y->stack.when;
}

/* Returns an array, sorted by age. NULL without memory for all of it. */
static struct ntpool_track *track_collect(enum track_choice choice, const struct module *mod,
					  size_t *nr)
{
	struct track_list list = { .choice = choice, .mod = mod };
	size_t room = 64;

	if (choice == TRACK_ALL)
		room += atomic_long_read(&track_nr);
	if (!list_grow(&list, room) || !track_visit(list_add_track, &list)) {
		kvfree(list.to);
		return NULL;
	}
	if (choice == TRACK_OF)
		list_orphan(&list);
	ntpool_sort(list.to, list.nr, sizeof(*list.to), track_compare);
	*nr = list.nr;
	return list.to;
}

struct ntpool_track *ntpool_track_snapshot(size_t *nr)
{
	return track_collect(TRACK_ALL, NULL, nr);
}

static bool add_frames(const struct ntpool_track *track, void *frames)
{
	ntpool_frames_add(frames, &track->stack);
	return true;
}

void ntpool_track_frames(struct ntpool_frames *frames)
{
	track_visit(add_frames, frames);
	ntpool_frames_keep(frames);
}

/*
 * Modules that are unloaded
 */

/* Prints a line and the stack of each block. @how: the end of the line. */
static void list_blocks(const struct ntpool_track *tracks, size_t nr, const char *how)
{
	const struct ntpool_track_block *block;
	u64 now = ntpool_stack_now();
	char tag[NTPOOL_TAG_TEXT];
	size_t i;

	for (i = 0; i < min_t(size_t, nr, UNFREED_MAX); i++) {
		block = &tracks[i].block;
		ntpool_tag_text(block->tag, tag);
		ntpool_report_allocated(&tracks[i].stack, now,
					NTPOOL_LEAK "%p, %zu bytes, tag %s, %s%s\n", block->addr,
					block->size, tag, ntpool_type_name(block->type), how);
		cond_resched();
	}
	if (i < nr)
		ntpool_report_leak("%zu more %s not listed", nr - i, nr - i == 1 ? "is" : "are");
}

static void report_unfreed(const char *driver, const struct ntpool_track *tracks, size_t nr)
{
	char text[NTPOOL_STOP_SENTENCE];
	const struct ntpool_stop stop = {
		.code = NTPOOL_STOP_VERIFIER,
		.param = { 0x62, (unsigned long)driver, 0, nr },
		.addr_mask = BIT(1),
		.text = text,
	};

	snprintf(text, sizeof(text), "driver %s was unloaded and has not freed %zu allocation%s",
		 driver, nr, nr == 1 ? "" : "s");
	list_blocks(tracks, nr, "");
	ntpool_report(&stop);
}

/* No violation: the other module may still free them, but the driver cannot tell it to. */
static void report_for(const char *driver, const struct ntpool_track *tracks, size_t nr)
{
	list_blocks(tracks, nr, ", allocated by another module");
	ntpool_report_leak("%zu block%s, allocated by other modules in calls of %s", nr,
			   nr == 1 ? "" : "s", driver);
}

static void track_report(enum track_choice choice, const struct module *mod,
			 void (*report)(const char *driver, const struct ntpool_track *tracks,
					size_t nr))
{
	struct ntpool_track *tracks;
	size_t nr;

	tracks = track_collect(choice, mod, &nr);
	if (!tracks)
		ntpool_report_leak_unknown(mod->name);
	else if (nr)
		report(mod->name, tracks, nr);
	kvfree(tracks);
}

static void track_module_going(const struct module *mod)
{
	/* Pairs with the release in ntpool_track_start(). */
	if (!smp_load_acquire(&track_table) || !atomic_long_read(&track_nr))
		return;
	track_report(TRACK_FOR, mod, report_for);
	track_report(TRACK_OF, mod, report_unfreed);
}

int ntpool_track_start(void)
{
	struct hlist_head *table;
	unsigned int i;

	if (track_table)
		return 0;
	if (ntpool_refused() || ntpool_record_init(&track_records, sizeof(struct track_record)))
		return -ENOMEM;
	table = ntpool_refused() ? NULL :
		ntpool_guarded_alloc(BIT(TRACK_BITS) * sizeof(*table), GFP_KERNEL, NUMA_NO_NODE);
	if (!table) {
		ntpool_record_exit(&track_records);
		return -ENOMEM;
	}
	for (i = 0; i < TRACK_STRIPES; i++)
		raw_spin_lock_init(&track_lock[i]);
	/* Readers that see the table see initialised locks. */
	smp_store_release(&track_table, table);
	return 0;
}

static const struct ntpool_client_watch track_watch = {
	.going = track_module_going,
};

/**
 * ntpool_track_init() - list the tracked blocks of drivers that are unloaded
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_track_init(void)
{
	ntpool_client_watch(NTPOOL_WATCH_TRACK, &track_watch);
	return 0;
}

/* Frees the table and all records. No block is allocated or freed any more. */
void ntpool_track_exit(void)
{
	struct track_record *record;
	struct hlist_node *next;
	u32 bucket;

	for (bucket = 0; track_table && bucket < BIT(TRACK_BITS); bucket++)
		hlist_for_each_entry_safe(record, next, &track_table[bucket], node)
			ntpool_record_free(&track_records, record);
	/* For record_free_rcu(). */
	rcu_barrier();
	ntpool_guarded_free(track_table);
	ntpool_record_exit(&track_records);
}
