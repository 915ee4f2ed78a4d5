// SPDX-License-Identifier: GPL-2.0
/*
 * Live allocations summed up by call site or by size.
 *
 * Every block carries its caller, so nothing is counted by call site while drivers
 * run: a reader of a sum iterates over all blocks. The iteration adds each block to a
 * hash table with open addressing that doubles when it is half full. At the end the
 * table is packed and sorted in place. It becomes the snapshot, an array that the
 * reader frees. A million blocks of a hundred call sums need a hundred entries.
 *
 * Blocks of code that has gone belong to its record (base/callsite.c). When other code
 * is loaded over a record, the record is covered: the blocks that it has at that
 * moment are noted by tag and pool, and it never gets more than these. So a module
 * that is loaded again at the same place is charged with its own blocks only. Old
 * blocks that are freed one by one cannot be told from new ones with the same tag and
 * caller; that is the one inexact case.
 *
 * Locking: ntpool_past_mutex is held over a whole iteration.
 */
#include <linux/bsearch.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "base/callsite.h"
#include "base/text.h"
#include "heap/run.h"
#include "init.h"
#include "memory/backing.h"
#include "observe/sums.h"
#include "pool/pool.h"

enum {
	SUMS_FIRST_ROOM = 256,		/* a power of two, as all that follow */
};

/**
 * struct past_note - blocks of a record at the moment when it was covered
 * @nr: entries
 * @site: the entries, sorted as a snapshot
 */
struct past_note {
	size_t nr;
	struct ntpool_sum site[];
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
	if (ntpool_backing_refused())
		return NULL;
	return kvcalloc(room, sizeof(struct ntpool_sum), GFP_KERNEL);
}

static int sums_init(struct ntpool_sums *sums)
{
	sums->nr = 0;
	sums->room = SUMS_FIRST_ROOM;
	sums->site = sums_alloc(sums->room);
	return sums->site ? 0 : -ENOMEM;
}

void ntpool_sums_free(struct ntpool_sums *sums)
{
	kvfree(sums->site);
	sums->site = NULL;
	sums->nr = 0;
}

/* The entry with the key of @key, or the unused one (no count) where it belongs. */
static struct ntpool_sum *sums_slot(struct ntpool_sums *sums, const struct ntpool_sum *key)
{
	u64 mix = key->caller ^ ((u64)key->tag << 32) ^ ((u64)key->type << 63);
	size_t i = hash_64(mix, ilog2(sums->room));
	struct ntpool_sum *site;

	for (;; i = (i + 1) & (sums->room - 1)) {
		site = &sums->site[i];
		if (!site->count || !sum_compare(site, key))
			return site;
	}
}

static int sums_grow(struct ntpool_sums *sums)
{
	struct ntpool_sums bigger = { .nr = sums->nr, .room = sums->room * 2 };
	size_t i;

	bigger.site = sums_alloc(bigger.room);
	if (!bigger.site)
		return -ENOMEM;
	for (i = 0; i < sums->room; i++)
		if (sums->site[i].count)
			*sums_slot(&bigger, &sums->site[i]) = sums->site[i];
	kvfree(sums->site);
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
	struct ntpool_sum *site = sums_slot(sums, &key);

	if (!site->count) {
		if (sums->nr >= sums->room / 2) {
			if (sums_grow(sums))
				return -ENOMEM;
			site = sums_slot(sums, &key);
		}
		*site = key;
		sums->nr++;
	}
	site->count++;
	site->bytes += block->bytes;
	site->requested += block->requested;
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

/* From hash table, or array with holes, to sorted array. */
static void sums_pack(struct ntpool_sums *sums, size_t end)
{
	size_t i, nr = 0;

	for (i = 0; i < end; i++)
		if (sums->site[i].count)
			sums->site[nr++] = sums->site[i];
	sums->nr = nr;
	sort(sums->site, nr, sizeof(*sums->site), sum_compare, NULL);
}

/* Room for one more behind the entries. */
static int sums_extend(struct ntpool_sums *sums)
{
	struct ntpool_sum *site;

	if (sums->nr < sums->room)
		return 0;
	site = sums_alloc(2 * sums->room);
	if (!site)
		return -ENOMEM;
	memcpy(site, sums->site, sums->nr * sizeof(*site));
	kvfree(sums->site);
	sums->site = site;
	sums->room *= 2;
	return 0;
}

/* What of the blocks at @from is the record's. */
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
	left = noted ? bsearch(&key, noted->site, noted->nr, sizeof(key), sum_compare) : NULL;
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
	struct ntpool_sum share = past_share(past, &sums->site[i]);

	if (!share.count)
		return 0;
	if (sums_extend(sums))
		return -ENOMEM;
	sums->site[sums->nr++] = share;
	sums->site[i].count -= share.count;
	sums->site[i].bytes -= share.bytes;
	sums->site[i].requested -= share.requested;
	return 0;
}

/* Tells blocks of code that has gone from those of code that is there. */
static int sums_split(struct ntpool_sums *sums)
{
	struct ntpool_past_code *past, *next;
	size_t end = sums->nr, before, i;
	int err = 0;

	lockdep_assert_held(&ntpool_past_mutex);
	list_for_each_entry_safe(past, next, &ntpool_past_codes, link) {
		before = sums->nr;
		for (i = 0; i < end && !err; i++)
			if (sums->site[i].caller == past->caller)
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

int ntpool_sums_by_caller(struct ntpool_sums *sums)
{
	int err;

	mutex_lock(&ntpool_past_mutex);
	err = sums_collect_locked(sums);
	mutex_unlock(&ntpool_past_mutex);
	return err;
}

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

void ntpool_sum_name(const struct ntpool_sum *site, char *buf, size_t size)
{
	const struct ntpool_past_code *past;

	rcu_read_lock();
	past = site->past ? past_by_number(site->past) : NULL;
	if (past)
		strscpy(buf, past->text, size);
	else
		ntpool_callsite_text(site->caller, buf, size);
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
		if (sums->site[i].past == past->number) {
			if (to)
				to[nr] = sums->site[i];
			nr++;
		}
	return nr;
}

/* Without memory its blocks are taken for those of the new code. */
static void past_cover(struct ntpool_past_code *past, const struct ntpool_sums *sums)
{
	size_t nr = sums_copy_of(past, sums, NULL);
	struct past_note *note = NULL;

	if (nr && !ntpool_backing_refused())
		note = kvzalloc(struct_size(note, site, nr), GFP_KERNEL);
	if (note)
		note->nr = sums_copy_of(past, sums, note->site);
	kvfree(past->left);
	past->left = note;
	WRITE_ONCE(past->covered, true);
}

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
