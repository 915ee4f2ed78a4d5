// SPDX-License-Identifier: GPL-2.0
/*
 * Tables that lead from a tag to a value (tag.c has two).
 *
 * Hash table. It has open addressing and is read without a lock. A slot changes once,
 * from unused to used, with its tag stored last; no slot is ever cleared. An unused
 * slot has a tag that hashes elsewhere, so the fast path compares the tag of one slot
 * only. The slow path probes until an unused slot. Tags 0 and 1 mark unused slots, so
 * a lookup of these two tags takes the lock.
 *
 * rhashtable does not fit. The fast path compares one slot and follows no chain. An insertion
 * may come with interrupts off, and allocates no memory. That of rhashtable disables bottom
 * halves in 6.1, and may allocate.
 *
 * Growth. A table with too many tags is replaced by one of four times the size. The fast
 * path finds only tags in the slot of their hash. An index that it reads is therefore
 * enlarged early. The old table is kept until the module is unloaded, because a reader may
 * still use it. All old tables together are smaller than the current one.
 *
 * Values. They come from chunks, whose allocation may sleep and enter file systems.
 * Callers of ntpool may do neither, so a worker keeps chunks in reserve and enlarges the
 * table. An index has at most a given number of chunks, the reserve included.
 *
 * Tables and chunks lie behind guards (memory/record.c).
 *
 * Locking. index->lock, raw and a leaf.
 *
 * Context: any for lookups and insertions.
 */
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "account/tag_index.h"
#include "base/refuse.h"
#include "memory/record.h"

/**
 * struct ntpool_tag_table - open addressing, linear probing, nothing ever removed
 * @shift: 32 - log2 of the number of slots
 * @mask: number of slots - 1
 * @older: the table that this one replaced; readers may still use it
 * @slot: the slots; the lock to fill one, read without it
 *
 * The other fields do not change once the table is in use.
 */
struct ntpool_tag_table {
	unsigned int shift;
	u32 mask;
	struct ntpool_tag_table *older;
	struct ntpool_tag_slot slot[];
};

/**
 * struct tag_place - how far the tags of all chunks were inserted into a table
 * @chunk: the last chunk with inserted tags; NULL: none
 * @nr: inserted tags of that chunk
 * @seen: inserted tags
 */
struct tag_place {
	struct ntpool_tag_chunk *chunk;
	unsigned int nr;
	unsigned int seen;
};

static void chunk_free_all(struct ntpool_tag_index *index, struct list_head *list)
{
	struct ntpool_tag_chunk *chunk, *next;

	list_for_each_entry_safe(chunk, next, list, link) {
		index->free(chunk->values);
		ntpool_sized_free(chunk, sizeof(*chunk));
	}
}

static struct ntpool_tag_chunk *chunk_alloc(struct ntpool_tag_index *index, gfp_t gfp)
{
	struct ntpool_tag_chunk *chunk;

	if (ntpool_refused())
		return NULL;
	chunk = ntpool_sized_alloc(sizeof(*chunk), gfp, NUMA_NO_NODE);
	if (!chunk)
		return NULL;
	chunk->values = index->alloc(gfp);
	if (!chunk->values) {
		ntpool_sized_free(chunk, sizeof(*chunk));
		return NULL;
	}
	return chunk;
}

/* Counts a chunk that is about to be allocated. Returns false if there are enough. */
static bool chunk_charge(struct ntpool_tag_index *index)
{
	unsigned long flags;
	bool more;

	raw_spin_lock_irqsave(&index->lock, flags);
	more = index->nr_chunks < READ_ONCE(index->most);
	if (more)
		WRITE_ONCE(index->nr_chunks, index->nr_chunks + 1);
	raw_spin_unlock_irqrestore(&index->lock, flags);
	return more;
}

/* Puts @chunk into the reserve. NULL: the one that was counted does not exist. */
static void chunk_add(struct ntpool_tag_index *index, struct ntpool_tag_chunk *chunk)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&index->lock, flags);
	if (chunk) {
		list_add(&chunk->link, &index->reserve);
		WRITE_ONCE(index->nr_reserve, index->nr_reserve + 1);
	} else {
		WRITE_ONCE(index->nr_chunks, index->nr_chunks - 1);
	}
	raw_spin_unlock_irqrestore(&index->lock, flags);
}

/* Returns the tag that marks slot @i as unused: one that hashes to another slot. */
static u32 unused_tag(u32 i)
{
	return i ? 0 : 1;
}

static struct ntpool_tag_table *table_alloc(unsigned int bits, gfp_t gfp)
{
	struct ntpool_tag_table *table;
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

static void table_publish(struct ntpool_tag_index *index, struct ntpool_tag_table *table)
{
	table->older = index->table;
	/* Pairs with the dependent loads of readers: they see the slots. */
	smp_store_release(&index->table, table);
	/* Before the shift, see tag_index.h. */
	smp_store_release(&index->slots, table->slot);
	/* Pairs with the acquire in ntpool_tag_index_get(): it sees the larger table. */
	smp_store_release(&index->shift, table->shift);
}

/* Returns the slot of @tag, or the unused one for it. table_full() keeps some unused. */
static struct ntpool_tag_slot *table_slot(struct ntpool_tag_table *table, u32 tag)
{
	u32 i = ntpool_tag_hash(tag, table->shift);

	while (table->slot[i].value && table->slot[i].tag != tag)
		i = (i + 1) & table->mask;
	return &table->slot[i];
}

static void table_insert(struct ntpool_tag_table *table, u32 tag, unsigned long value)
{
	struct ntpool_tag_slot *slot = table_slot(table, tag);

	WRITE_ONCE(slot->value, value);
	/* Pairs with the acquires of ntpool_tag_index_get() and ntpool_tag_index_probe(). */
	smp_store_release(&slot->tag, tag);
}

unsigned long ntpool_tag_index_probe(const struct ntpool_tag_index *index, u32 tag)
{
	const struct ntpool_tag_table *table = READ_ONCE(index->table);
	u32 i = ntpool_tag_hash(tag, table->shift);
	const struct ntpool_tag_slot *slot;
	u32 found;

	if (tag <= 1)
		return 0;
	do {
		slot = &table->slot[i];
		/* Pairs with the release in table_insert(). */
		found = smp_load_acquire(&slot->tag);
		if (found == tag)
			return READ_ONCE(slot->value);
		i = (i + 1) & table->mask;
	} while (found > 1 || READ_ONCE(slot->value));
	return 0;
}

unsigned long ntpool_tag_index_find(struct ntpool_tag_index *index, u32 tag)
{
	lockdep_assert_held(&index->lock);
	return table_slot(index->table, tag)->value;
}

/* Inserts the tags behind @at. A chunk is full before another one follows it. */
static void table_insert_rest(struct ntpool_tag_index *index, struct ntpool_tag_table *table,
			      struct tag_place *at)
{
	struct ntpool_tag_chunk *chunk = at->chunk;
	unsigned int n;

	if (!chunk)
		chunk = list_first_or_null_rcu(&index->chunks, struct ntpool_tag_chunk, link);
	while (chunk) {
		at->chunk = chunk;
		/* Pairs with the release in ntpool_tag_index_add(). */
		n = smp_load_acquire(&chunk->nr);
		for (; at->nr < n; at->nr++, at->seen++)
			table_insert(table, chunk->tag[at->nr],
				     chunk->values + at->nr * index->stride);
		if (n < NTPOOL_TAG_CHUNK)
			return;
		chunk = list_next_or_null_rcu(&index->chunks, &chunk->link,
					      struct ntpool_tag_chunk, link);
		if (chunk)
			at->nr = 0;
	}
}

static bool table_wants_growth(const struct ntpool_tag_index *index)
{
	return READ_ONCE(index->nr) > (READ_ONCE(index->table)->mask + 1) >> index->load_bits;
}

static bool table_full(const struct ntpool_tag_index *index)
{
	return READ_ONCE(index->nr) >= (READ_ONCE(index->table)->mask + 1) / 8 * 7;
}

static void table_grow(struct ntpool_tag_index *index)
{
	unsigned int bits = 32 - index->table->shift + NTPOOL_TAG_GROW_BITS;
	struct ntpool_tag_table *table = table_alloc(bits, GFP_KERNEL | __GFP_NOWARN);
	struct tag_place at = {};
	unsigned long flags;
	bool done;

	if (!table)
		return;
	/* Tags are never removed. The lock is needed for tags inserted meanwhile only. */
	do {
		table_insert_rest(index, table, &at);
		raw_spin_lock_irqsave(&index->lock, flags);
		done = index->nr - at.seen <= NTPOOL_TAG_CHUNK;
		if (done) {
			table_insert_rest(index, table, &at);
			table_publish(index, table);
		}
		raw_spin_unlock_irqrestore(&index->lock, flags);
	} while (!done);
}

bool ntpool_tag_index_refill(struct ntpool_tag_index *index, gfp_t gfp)
{
	struct ntpool_tag_chunk *chunk;

	if (!chunk_charge(index))
		return false;
	chunk = chunk_alloc(index, gfp);
	chunk_add(index, chunk);
	return chunk;
}

void ntpool_tag_index_make_room(struct ntpool_tag_index *index)
{
	if (table_wants_growth(index))
		table_grow(index);
	while (READ_ONCE(index->nr_reserve) < NTPOOL_TAG_RESERVE)
		if (!ntpool_tag_index_refill(index, GFP_KERNEL | __GFP_NOWARN))
			break;
}

bool ntpool_tag_index_wants_room(const struct ntpool_tag_index *index)
{
	return table_wants_growth(index) ||
	       (READ_ONCE(index->nr_reserve) < NTPOOL_TAG_RESERVE &&
		READ_ONCE(index->nr_chunks) < READ_ONCE(index->most));
}

bool ntpool_tag_index_has_room(const struct ntpool_tag_index *index)
{
	return READ_ONCE(index->nr_reserve) && !table_full(index);
}

unsigned long ntpool_tag_index_next(struct ntpool_tag_index *index)
{
	struct ntpool_tag_chunk *chunk = index->newest;

	lockdep_assert_held(&index->lock);
	if (table_full(index))
		return 0;
	if (!chunk || chunk->nr == NTPOOL_TAG_CHUNK) {
		chunk = list_first_entry_or_null(&index->reserve, struct ntpool_tag_chunk, link);
		if (!chunk)
			return 0;
		WRITE_ONCE(index->nr_reserve, index->nr_reserve - 1);
		/* Readers iterate over chunks without the lock: link the chunk last. */
		list_del(&chunk->link);
		list_add_tail_rcu(&chunk->link, &index->chunks);
		index->newest = chunk;
	}
	return chunk->values + chunk->nr * index->stride;
}

void ntpool_tag_index_add(struct ntpool_tag_index *index, u32 tag)
{
	struct ntpool_tag_chunk *chunk = index->newest;

	lockdep_assert_held(&index->lock);
	chunk->tag[chunk->nr] = tag;
	table_insert(index->table, tag, chunk->values + chunk->nr * index->stride);
	/* Pairs with the acquires of those that iterate over chunks. */
	smp_store_release(&chunk->nr, chunk->nr + 1);
	WRITE_ONCE(index->nr, index->nr + 1);
}

int ntpool_tag_index_init(struct ntpool_tag_index *index)
{
	struct ntpool_tag_table *table = table_alloc(NTPOOL_TAG_FIRST_BITS, GFP_KERNEL);

	if (!table)
		return -ENOMEM;
	table_publish(index, table);
	ntpool_tag_index_make_room(index);
	return index->nr_reserve ? 0 : -ENOMEM;
}

void ntpool_tag_index_exit(struct ntpool_tag_index *index)
{
	struct ntpool_tag_table *table = index->table, *older;

	for (; table; table = older) {
		older = table->older;
		ntpool_guarded_free(table);
	}
	chunk_free_all(index, &index->chunks);
	chunk_free_all(index, &index->reserve);
}
