// SPDX-License-Identifier: GPL-2.0
/*
 * Sums of live allocations by call site or by size.
 *
 * NT has no such sums. Every block carries its call site, so an allocation counts
 * nothing by call site: a sum iterates over all blocks. It adds each block to a hash
 * table with open addressing that doubles when it is half full. At the end the table
 * is packed and sorted in place, and becomes the snapshot. A million blocks from a
 * hundred call sites need a hundred entries.
 *
 * Blocks of freed code belong to its record (base/callsite.c). When other code is
 * loaded over a record, the record is covered. Its note has the blocks of that moment,
 * by tag and pool type, and the record never gets more. A module that is loaded again
 * at the same address is thus charged with its own blocks only. One case is inexact: if
 * an old block is freed, a new one with the same tag and call site replaces it.
 *
 * Locking. A sum by call site holds ntpool_past_mutex from its first block to its last.
 *
 * Context: process context, may sleep.
 */
#include <linux/bsearch.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "base/callsite.h"
#include "base/refuse.h"
#include "base/sort.h"
#include "base/store.h"
#include "base/text.h"
#include "heap/run.h"
#include "parts.h"
#include "memory/backing.h"
#include "observe/sums.h"
#include "pool/pool.h"

enum {
	SUMS_FIRST_ROOM = 256,		/* a power of two; it doubles */
};

/**
 * struct past_note - blocks of a record when it was covered; ntpool_past_mutex
 * @nr: entries
 * @sum: the entries, sorted as a snapshot
 */
struct past_note {
	size_t nr;
	struct ntpool_sum sum[];
};

static int sum_compare(const void *a, const void *b)
{
	const struct ntpool_sum *x = a, *y = b;
	int order = ntpool_tag_cmp(x->tag, y->tag);

	if (order)
		return order;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->caller != y->caller)
		return x->caller < y->caller ? -1 : 1;
	if (x->past != y->past)
		return x->past < y->past ? -1 : 1;
	return 0;
}

static struct ntpool_sum *sums_alloc(size_t room)
{
	if (ntpool_refused())
		return NULL;
	return kvcalloc(room, sizeof(struct ntpool_sum), GFP_KERNEL);
}

static int sums_init(struct ntpool_sums *sums)
{
	sums->nr = 0;
	sums->room = SUMS_FIRST_ROOM;
	sums->sum = sums_alloc(sums->room);
	return sums->sum ? 0 : -ENOMEM;
}

/**
 * ntpool_sums_free() - free a snapshot
 * @sums: the snapshot
 *
 * Context: process context.
 */
void ntpool_sums_free(struct ntpool_sums *sums)
{
	kvfree(sums->sum);
	sums->sum = NULL;
	sums->nr = 0;
}

/* Returns the entry with the key of @key, or the unused one (no count) for it. */
static struct ntpool_sum *sums_slot(struct ntpool_sums *sums, const struct ntpool_sum *key)
{
	u64 mix = key->caller ^ ((u64)key->tag << 32) ^ ((u64)key->type << 63);
	size_t i = hash_64(mix, ilog2(sums->room));
	struct ntpool_sum *sum;

	for (;; i = (i + 1) & (sums->room - 1)) {
		sum = &sums->sum[i];
		if (!sum->count || !sum_compare(sum, key))
			return sum;
	}
}

static int sums_grow(struct ntpool_sums *sums)
{
	struct ntpool_sums bigger = { .nr = sums->nr, .room = sums->room * 2 };
	size_t i;

	bigger.sum = sums_alloc(bigger.room);
	if (!bigger.sum)
		return -ENOMEM;
	for (i = 0; i < sums->room; i++)
		if (sums->sum[i].count)
			*sums_slot(&bigger, &sums->sum[i]) = sums->sum[i];
	kvfree(sums->sum);
	*sums = bigger;
	return 0;
}

static int sums_add(struct ntpool_sums *sums, const struct ntpool_block *block,
		    unsigned long key_value)
{
	struct ntpool_sum key = {
		.tag = block->tag,
		.type = block->type,
		.caller = key_value,
	};
	struct ntpool_sum *sum = sums_slot(sums, &key);

	if (!sum->count) {
		if (sums->nr >= sums->room / 2) {
			if (sums_grow(sums))
				return -ENOMEM;
			sum = sums_slot(sums, &key);
		}
		*sum = key;
		sums->nr++;
	}
	sum->count++;
	sum->bytes += block->bytes;
	sum->requested += block->requested;
	return 0;
}

static int sums_add_by_caller(const struct ntpool_block *block, void *arg)
{
	return sums_add(arg, block, block->caller);
}

static int sums_add_by_size(const struct ntpool_block *block, void *arg)
{
	return sums_add(arg, block, block->requested);
}

/* Turns the hash table, or an array with unused entries, into a sorted array. */
static void sums_pack(struct ntpool_sums *sums, size_t end)
{
	size_t i, nr = 0;

	for (i = 0; i < end; i++)
		if (sums->sum[i].count)
			sums->sum[nr++] = sums->sum[i];
	sums->nr = nr;
	ntpool_sort(sums->sum, nr, sizeof(*sums->sum), sum_compare);
}

/* Makes room for one more entry at the end. */
static int sums_extend(struct ntpool_sums *sums)
{
	struct ntpool_sum *sum;

	if (sums->nr < sums->room)
		return 0;
	sum = sums_alloc(2 * sums->room);
	if (!sum)
		return -ENOMEM;
	memcpy(sum, sums->sum, sums->nr * sizeof(*sum));
	kvfree(sums->sum);
	sums->sum = sum;
	sums->room *= 2;
	return 0;
}

/* Returns the part of @from that belongs to the record. */
static struct ntpool_sum past_share(const struct ntpool_past_code *past,
				    const struct ntpool_sum *from)
{
	struct ntpool_sum share = *from, *left, key = *from;
	const struct past_note *noted;

	share.past = past->number;
	share.owner = past->owner;
	if (!past->covered)
		return share;
	key.past = past->number;
	noted = past->left;
	left = noted ? bsearch(&key, noted->sum, noted->nr, sizeof(key), sum_compare) : NULL;
	if (!left) {
		share.count = 0;
	} else if (left->count < share.count) {
		share.count = left->count;
		share.bytes = min(left->bytes, from->bytes);
		share.requested = min(left->requested, from->requested);
	}
	return share;
}

/* Moves the record's share of entry @i to an entry of its own at the end. */
static int past_take(const struct ntpool_past_code *past, struct ntpool_sums *sums, size_t i)
{
	struct ntpool_sum share = past_share(past, &sums->sum[i]);

	if (!share.count)
		return 0;
	if (sums_extend(sums))
		return -ENOMEM;
	sums->sum[sums->nr++] = share;
	sums->sum[i].count -= share.count;
	sums->sum[i].bytes -= share.bytes;
	sums->sum[i].requested -= share.requested;
	return 0;
}

/* Separates blocks of freed code from blocks of loaded code. */
static int sums_split(struct ntpool_sums *sums)
{
	struct ntpool_past_code *past, *next;
	size_t end = sums->nr, before, i;
	int err = 0;

	lockdep_assert_held(&ntpool_past_mutex);
	list_for_each_entry_safe(past, next, &ntpool_past_codes, link) {
		before = sums->nr;
		for (i = 0; i < end && !err; i++)
			if (sums->sum[i].caller == past->caller)
				err = past_take(past, sums, i);
		if (err)
			return err;
		if (sums->nr == before && !past->pinned)
			ntpool_past_drop(past);
	}
	sums_pack(sums, sums->nr);
	return 0;
}

static int sums_collect_locked(struct ntpool_sums *sums)
{
	int err = sums_init(sums);

	if (err)
		return err;
	err = ntpool_iterate_blocks(sums_add_by_caller, sums);
	if (!err) {
		sums_pack(sums, sums->room);
		err = sums_split(sums);
	}
	if (err)
		ntpool_sums_free(sums);
	return err;
}

/**
 * ntpool_sums_by_caller() - sum all live allocations by call site
 * @sums: receives the snapshot, for ntpool_sums_free()
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int ntpool_sums_by_caller(struct ntpool_sums *sums)
{
	int err;

	mutex_lock(&ntpool_past_mutex);
	err = sums_collect_locked(sums);
	mutex_unlock(&ntpool_past_mutex);
	return err;
}

/**
 * ntpool_sums_by_size() - sum the live runs of pages by size
 * @sums: receives the snapshot, for ntpool_sums_free()
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int ntpool_sums_by_size(struct ntpool_sums *sums)
{
	int err = sums_init(sums);

	if (err)
		return err;
	err = ntpool_run_for_each(sums_add_by_size, sums);
	if (err)
		ntpool_sums_free(sums);
	else
		sums_pack(sums, sums->room);
	return err;
}

static const struct ntpool_past_code *past_by_number(unsigned int number)
{
	const struct ntpool_past_code *past;

	list_for_each_entry_rcu(past, &ntpool_past_codes, link)
		if (past->number == number)
			return past;
	return NULL;
}

/**
 * ntpool_sum_name() - text of the call site of a sum
 * @sum: an entry of ntpool_sums_by_caller()
 * @buf: receives the text
 * @size: bytes of @buf
 *
 * Context: any.
 */
void ntpool_sum_name(const struct ntpool_sum *sum, char *buf, size_t size)
{
	const struct ntpool_past_code *past;

	rcu_read_lock();
	past = sum->past ? past_by_number(sum->past) : NULL;
	if (past)
		strscpy(buf, past->text, size);
	else
		ntpool_callsite_text(sum->caller, buf, size);
	rcu_read_unlock();
}

static bool past_any_within(const struct module *mod)
{
	struct ntpool_past_code *past;

	list_for_each_entry(past, &ntpool_past_codes, link)
		if (within_module(past->caller, mod))
			return true;
	return false;
}

static size_t sums_copy_of(const struct ntpool_past_code *past, const struct ntpool_sums *sums,
			   struct ntpool_sum *to)
{
	size_t i, nr = 0;

	for (i = 0; i < sums->nr; i++)
		if (sums->sum[i].past == past->number) {
			if (to)
				to[nr] = sums->sum[i];
			nr++;
		}
	return nr;
}

/* If there is no memory for the note, the blocks count for the new code. */
static void past_cover(struct ntpool_past_code *past, const struct ntpool_sums *sums)
{
	size_t nr = sums_copy_of(past, sums, NULL);
	struct past_note *note = NULL;
	size_t size = struct_size(note, sum, nr);

	if (nr)
		note = ntpool_store_alloc(size);
	if (note)
		note->nr = sums_copy_of(past, sums, note->sum);
	ntpool_store_free(past->left, past->left_size);
	past->left = note;
	past->left_size = size;
	WRITE_ONCE(past->covered, true);
}

/**
 * ntpool_sums_module_coming() - cover the records at the addresses of a new module
 * @mod: the module, before its init
 *
 * Context: process context, may sleep.
 */
void ntpool_sums_module_coming(const struct module *mod)
{
	struct ntpool_sums sums = {};
	struct ntpool_past_code *past;

	mutex_lock(&ntpool_past_mutex);
	if (past_any_within(mod)) {
		if (sums_collect_locked(&sums))
			sums.nr = 0;
		list_for_each_entry(past, &ntpool_past_codes, link)
			if (within_module(past->caller, mod))
				past_cover(past, &sums);
		ntpool_sums_free(&sums);
	}
	mutex_unlock(&ntpool_past_mutex);
}
