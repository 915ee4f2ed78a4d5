/* SPDX-License-Identifier: GPL-2.0 */
/* Tables that lead from a tag to a value. They are read without a lock and only grow. */
#ifndef NTPOOL_TAG_INDEX_H
#define NTPOOL_TAG_INDEX_H

#include <linux/bits.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

enum {
	NTPOOL_TAG_CHUNK = 16,		/* values that are allocated together */
	NTPOOL_TAG_RESERVE = 2,		/* chunks that the worker keeps in reserve */
	NTPOOL_TAG_FIRST_BITS = 10,	/* log2 of the slots of the first table */
	NTPOOL_TAG_GROW_BITS = 2,	/* log2 of the factor from each table to the next one */
};

struct ntpool_tag_table;

/*
 * A slot of the hash table; used if @value is not 0. The tag is stored last. An unused slot
 * has a tag that hashes elsewhere, so a tag that matches proves the value.
 */
struct ntpool_tag_slot {
	u32 tag;
	unsigned long value;
};

/**
 * struct ntpool_tag_chunk - values for NTPOOL_TAG_CHUNK tags; not freed before exit
 * @link: in @chunks or @reserve of the index
 * @nr: tags in use; written under the lock, read without it
 * @tag: the tags; one below @nr does not change
 * @values: the first value; the others follow at @stride of the index
 */
struct ntpool_tag_chunk {
	struct list_head link;
	unsigned int nr;
	u32 tag[NTPOOL_TAG_CHUNK];
	unsigned long values;
};

/**
 * struct ntpool_tag_index - a hash table, and the chunks with its values
 * @shift: 32 - log2 of the number of slots
 * @slots: the slots. A larger table is published with its slots first. A reader loads the
 *	   shift first: it gets both of one table, or the new slots with the old shift. The
 *	   second pair leads to a wrong slot, and the tag in the slot shows that.
 * @load_bits: a table is enlarged at more tags than its slots >> @load_bits; constant
 * @stride: distance between the values of a chunk; constant
 * @alloc: returns the first value of a chunk, or 0; constant
 * @free: frees the values of a chunk; constant
 * @most: chunks that may be allocated; constant after init; tests change it
 * @lock: a raw leaf, for insertions, the replacement of the table, and the chunks
 * @table: the table of @slots. Changed under @lock, read without it
 * @chunks: in use, the newest last; @lock to change it
 * @newest: the last one of @chunks; @lock
 * @reserve: unused chunks; @lock
 * @nr_reserve: their number; @lock, read without it as a hint
 * @nr_chunks: chunks of both lists; @lock, read without it as a hint
 * @nr: tags; @lock, read without it as a hint
 */
struct ntpool_tag_index {
	unsigned int shift;
	struct ntpool_tag_slot *slots;
	unsigned int load_bits;
	size_t stride;
	unsigned long (*alloc)(gfp_t gfp);
	void (*free)(unsigned long values);
	unsigned int most;
	raw_spinlock_t lock ____cacheline_aligned_in_smp;
	struct ntpool_tag_table *table;
	struct list_head chunks;
	struct ntpool_tag_chunk *newest;
	struct list_head reserve;
	unsigned int nr_reserve;
	unsigned int nr_chunks;
	unsigned int nr;
};

#define NTPOOL_TAG_INDEX(index, load_bits_, stride_, alloc_, free_) {	\
	.load_bits = load_bits_,					\
	.stride = stride_,						\
	.alloc = alloc_,						\
	.free = free_,							\
	.most = UINT_MAX,						\
	.lock = __RAW_SPIN_LOCK_UNLOCKED(index.lock),			\
	.chunks = LIST_HEAD_INIT(index.chunks),				\
	.reserve = LIST_HEAD_INIT(index.reserve),			\
}

/* Returns the bytes of all tables, the old ones included, of an index with @nr tags. */
static inline size_t ntpool_tag_index_bytes(unsigned int load_bits, unsigned int nr)
{
	size_t slots = BIT(NTPOOL_TAG_FIRST_BITS), sum = slots;

	while (nr > slots >> load_bits) {
		slots <<= NTPOOL_TAG_GROW_BITS;
		sum += slots;
	}
	return sum * sizeof(struct ntpool_tag_slot);
}

/*
 * Returns a long, which is an index without another instruction. With the mask, which takes none
 * either, UBSAN has no shift to check.
 */
static __always_inline unsigned long ntpool_tag_hash(u32 tag, unsigned int shift)
{
	unsigned long product = tag * 0x9e3779b1U;

	return product >> (shift % BITS_PER_LONG);
}

/* Sets *@value. False: @tag is not in the slot of its hash. Context: any. */
static __always_inline bool ntpool_tag_index_get(const struct ntpool_tag_index *index, u32 tag,
						 unsigned long *value)
{
	/* Pairs with the release in table_publish(). */
	unsigned int shift = smp_load_acquire(&index->shift);
	const struct ntpool_tag_slot *slot;

	/* A plain access allows memory operands. One instruction stores the pointer. */
	slot = data_race(index->slots) + ntpool_tag_hash(tag, shift);
	/* Prevents a second load of the slots, which may have changed. */
	OPTIMIZER_HIDE_VAR(slot);
	/* A plain access, for the same reason as above. */
	if (unlikely(data_race(slot->tag) != tag))
		return false;
	/* Pairs with the release in table_insert(): this CPU sees the value. */
	smp_rmb();
	*value = slot->value;
	return true;
}

/*
 * Returns the value of @tag, also away from the slot of its hash. Takes no lock. 0 does not
 * prove that there is none. Context: any.
 */
unsigned long ntpool_tag_index_probe(const struct ntpool_tag_index *index, u32 tag);

/* Returns the value of @tag, or 0 if it has none. Called with the lock. */
unsigned long ntpool_tag_index_find(struct ntpool_tag_index *index, u32 tag);
/* Returns the value for the next tag, or 0 if there is no room. Called with the lock. */
unsigned long ntpool_tag_index_next(struct ntpool_tag_index *index);
/* Gives @tag, which is new, that value. Called with the lock. */
void ntpool_tag_index_add(struct ntpool_tag_index *index, u32 tag);

/* True if ntpool_tag_index_make_room() has work to do. A hint. Any context. */
bool ntpool_tag_index_wants_room(const struct ntpool_tag_index *index);
/* True if there is room for a tag, at least in the reserve. A hint. Any context. */
bool ntpool_tag_index_has_room(const struct ntpool_tag_index *index);
/* True if there is and will be no room for a tag. A hint. Any context. */
static inline bool ntpool_tag_index_is_full(const struct ntpool_tag_index *index)
{
	return READ_ONCE(index->nr) / NTPOOL_TAG_CHUNK >= READ_ONCE(index->most);
}

/* Adds a chunk to the reserve. Any context that @gfp fits, without raw locks. */
bool ntpool_tag_index_refill(struct ntpool_tag_index *index, gfp_t gfp);
/* Enlarges the table and fills the reserve. One caller at a time, which may sleep. */
void ntpool_tag_index_make_room(struct ntpool_tag_index *index);

/* Returns 0 or -ENOMEM. Sleeps. */
int ntpool_tag_index_init(struct ntpool_tag_index *index);
/* Frees all, also after a failed init. Sleeps. */
void ntpool_tag_index_exit(struct ntpool_tag_index *index);

#endif
