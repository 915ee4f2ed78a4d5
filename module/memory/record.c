// SPDX-License-Identifier: GPL-2.0
/*
 * Records: the bookkeeping of the pools, in areas behind guards (area.c).
 *
 * A chunk is an area with records of one size. It has 2^CHUNK_ORDER pages, so guards take a
 * sixteenth. If the kernel has none, a chunk of two pages is tried. The last try is a single
 * page without guard, because a request must not fail because of a guard. The first try does
 * not reclaim, and only the last one may use reserves. A record of a page has an area of its own
 * instead of such a chunk. A bitmap in the header tells which places are taken. An empty chunk
 * is freed, but not the last one with room on its node. Otherwise each allocation at that point
 * could need a whole chunk.
 *
 * ntpool_sized_alloc() serves objects of any size. It has a class for each power of two up to
 * a page. Its objects are few, so these chunks have 2^SIZED_ORDER pages only. An object takes
 * up to twice its size, as from kmalloc(), and a seventh for the guard.
 *
 * Records are not aligned to cache lines. Each page has a descriptor of 112 bytes. With that
 * alignment the descriptors would cost more memory than the guards.
 *
 * With KASAN in software, records come from kmalloc(), so KASAN finds accesses to freed records.
 *
 * Locking. room->lock protects the chunks of a class on one node: their list and their headers.
 * A page of the pools needs a record. So CPUs of one node meet at this lock no more often than
 * at zone->lock of the page allocator. The CPU that finds a chunk empty and on no list owns it.
 * The lock is raw, taken with interrupts off, and a leaf.
 *
 * Contexts: any but NMI, as in area.c.
 */
#include <linux/bitmap.h>
#include <linux/cache.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "base/refuse.h"
#include "base/store.h"
#include "base/stub.h"
#include "memory/area.h"
#include "memory/record.h"
#include "parts.h"

enum {
	CHUNK_ORDER = 4,
	SIZED_ORDER = 3,
	RECORD_ALIGN = 16,
	RECORD_MIN_SHIFT = 6,
	CHUNK_PLACES = (PAGE_SIZE << CHUNK_ORDER) / NTPOOL_RECORD_MIN,
};

static_assert(NTPOOL_RECORD_MIN == 1 << RECORD_MIN_SHIFT);

/* At the start of the first page behind the guard. */
struct chunk {
	struct list_head link;	/* in room->chunks; empty: no place is free */
	int node;		/* whose list that is; constant */
	unsigned int nr;	/* places; constant */
	unsigned int used;	/* room->lock */
	DECLARE_BITMAP(taken, CHUNK_PLACES);	/* room->lock */
};

/* The chunks of one class and node. Another node's CPUs do not use its cache line. */
struct ntpool_record_room {
	raw_spinlock_t lock;		/* a leaf */
	struct list_head chunks;	/* those with a free place */
} ____cacheline_aligned_in_smp;

static const bool records_are_slab = IS_ENABLED(CONFIG_KASAN_GENERIC) ||
				     IS_ENABLED(CONFIG_KASAN_SW_TAGS);

/*
 * Records
 */

static const size_t chunk_header = ALIGN(sizeof(struct chunk), RECORD_ALIGN);

static void *chunk_place(const struct ntpool_record_class *class, struct chunk *chunk,
			 unsigned int nr)
{
	return (void *)chunk + chunk_header + (size_t)nr * class->size;
}

/* Such a record has an area of its own if a whole chunk cannot be had. */
static bool is_wide(const struct ntpool_record_class *class)
{
	return class->size > PAGE_SIZE - chunk_header;
}

static struct chunk *chunk_create(const struct ntpool_record_class *class, gfp_t gfp, int node)
{
	unsigned long nr = (1 << class->order) - 1;
	struct chunk *chunk = ntpool_area_create(nr, 1, ntpool_area_gfp_cheap(gfp), gfp, node);
	size_t bytes;

	if (!chunk && !is_wide(class))
		chunk = ntpool_guarded_alloc(PAGE_SIZE, gfp, node);
	if (!chunk)
		return NULL;
	bytes = ntpool_area_pages(virt_to_page(chunk)) << PAGE_SHIFT;
	memset(chunk, 0, sizeof(*chunk));
	INIT_LIST_HEAD(&chunk->link);
	chunk->node = node;
	chunk->nr = (bytes - chunk_header) / class->size;
	return chunk;
}

/* Takes a place in @chunk; NULL: its header is damaged. */
static void *chunk_take(struct ntpool_record_class *class, struct chunk *chunk)
{
	unsigned int nr = find_first_zero_bit(chunk->taken, chunk->nr);

	lockdep_assert_held(&class->room[chunk->node].lock);
	if (nr >= chunk->nr) {
		list_del_init(&chunk->link);
		return NULL;
	}
	__set_bit(nr, chunk->taken);
	if (++chunk->used == chunk->nr)
		list_del_init(&chunk->link);
	return chunk_place(class, chunk, nr);
}

/*
 * Gives the place of @record back. Returns true if @chunk is the caller's now, to be freed.
 * *@damaged: it had no such record.
 */
static bool chunk_give(struct ntpool_record_class *class, struct chunk *chunk, void *record,
		       bool *damaged)
{
	unsigned int nr = (record - chunk_place(class, chunk, 0)) / class->size;
	struct ntpool_record_room *room = &class->room[chunk->node];

	lockdep_assert_held(&room->lock);
	*damaged = nr >= chunk->nr || !__test_and_clear_bit(nr, chunk->taken);
	if (*damaged)
		return false;
	/* The one that was full last is first, so that the others become empty. */
	if (chunk->used-- == chunk->nr)
		list_add(&chunk->link, &room->chunks);
	if (chunk->used || list_is_singular(&room->chunks))
		return false;
	list_del(&chunk->link);
	return true;
}

static void *room_take(struct ntpool_record_class *class, int node)
{
	struct ntpool_record_room *room = &class->room[node];
	struct chunk *chunk;
	unsigned long flags;
	void *record = NULL;

	raw_spin_lock_irqsave(&room->lock, flags);
	chunk = list_first_entry_or_null(&room->chunks, struct chunk, link);
	if (chunk)
		record = chunk_take(class, chunk);
	raw_spin_unlock_irqrestore(&room->lock, flags);
	return record;
}

static void *chunk_add(struct ntpool_record_class *class, gfp_t gfp, int node)
{
	struct chunk *chunk = chunk_create(class, gfp, node);
	struct ntpool_record_room *room = &class->room[node];
	unsigned long flags;
	void *record;

	if (!chunk)
		return NULL;
	raw_spin_lock_irqsave(&room->lock, flags);
	list_add(&chunk->link, &room->chunks);
	record = chunk_take(class, chunk);
	raw_spin_unlock_irqrestore(&room->lock, flags);
	return record;
}

void *ntpool_record_alloc(struct ntpool_record_class *class, gfp_t gfp, int node)
{
	void *record;

	if (records_are_slab)
		return kzalloc_node(class->size, gfp, node);
	if (node == NUMA_NO_NODE)
		node = numa_mem_id();
	record = room_take(class, node) ?: chunk_add(class, gfp, node);
	if (record) {
		ntpool_stub_records(1);
		return memset(record, 0, class->size);
	}
	return is_wide(class) ? ntpool_guarded_alloc(class->size, gfp, node) : NULL;
}

void ntpool_record_free(struct ntpool_record_class *class, void *record)
{
	struct ntpool_record_room *room;
	struct chunk *chunk;
	unsigned long flags;
	bool empty, damaged;

	if (records_are_slab) {
		kfree(record);
		return;
	}
	if (!record)
		return;
	chunk = ntpool_area_start(virt_to_page(record));
	if (record == chunk) {
		ntpool_guarded_free(record);
		return;
	}
	room = &class->room[chunk->node];
	raw_spin_lock_irqsave(&room->lock, flags);
	empty = chunk_give(class, chunk, record, &damaged);
	raw_spin_unlock_irqrestore(&room->lock, flags);
	ntpool_stub_records(-1);
	WARN_ON_ONCE(damaged);
	if (empty)
		ntpool_area_destroy(chunk);
}

/* Returns the rooms of @nr classes, or NULL. */
static struct ntpool_record_room *rooms_alloc(unsigned int nr)
{
	return ntpool_guarded_alloc(nr * nr_node_ids * sizeof(struct ntpool_record_room),
				    GFP_KERNEL, NUMA_NO_NODE);
}

static void class_init(struct ntpool_record_class *class, unsigned int size, unsigned int order,
		       struct ntpool_record_room *room)
{
	int node;

	class->size = size;
	class->order = order;
	class->room = room;
	for_each_node(node) {
		raw_spin_lock_init(&room[node].lock);
		INIT_LIST_HEAD(&room[node].chunks);
	}
}

/* Frees the chunks. */
static void class_exit(struct ntpool_record_class *class)
{
	struct chunk *chunk, *next;
	int node;

	for_each_node(node)
		list_for_each_entry_safe(chunk, next, &class->room[node].chunks, link) {
			/* A record in use keeps its chunk: the memory is lost. */
			if (!WARN_ON_ONCE(chunk->used))
				ntpool_area_destroy(chunk);
		}
}

int ntpool_record_init(struct ntpool_record_class *class, unsigned int size)
{
	struct ntpool_record_room *room = rooms_alloc(1);

	if (!room)
		return -ENOMEM;
	class_init(class, records_are_slab ? size :
		   max_t(unsigned int, ALIGN(size, RECORD_ALIGN), NTPOOL_RECORD_MIN),
		   CHUNK_ORDER, room);
	return 0;
}

void ntpool_record_exit(struct ntpool_record_class *class)
{
	if (!class->room)
		return;
	class_exit(class);
	ntpool_guarded_free(class->room);
	class->room = NULL;
}

/*
 * Objects of any size
 */
static struct ntpool_record_class sized[PAGE_SHIFT - RECORD_MIN_SHIFT + 1];

/* Returns the class that @size fits into; NULL: @size is above a page. */
static struct ntpool_record_class *sized_class(size_t size)
{
	unsigned int nr = size > NTPOOL_RECORD_MIN ? order_base_2(size) - RECORD_MIN_SHIFT : 0;

	return nr < ARRAY_SIZE(sized) ? &sized[nr] : NULL;
}

void *ntpool_sized_alloc(size_t size, gfp_t gfp, int node)
{
	struct ntpool_record_class *class = sized_class(size);

	if (!class)
		return ntpool_guarded_alloc(size, gfp, node);
	/* KASAN gets @size, not the size of the class: it finds an overrun of one byte. */
	return records_are_slab ? kzalloc_node(size, gfp, node) :
				  ntpool_record_alloc(class, gfp, node);
}

void ntpool_sized_free(void *p, size_t size)
{
	struct ntpool_record_class *class = sized_class(size);

	if (class)
		ntpool_record_free(class, p);
	else
		ntpool_guarded_free(p);
}

static void *store_alloc(size_t size)
{
	return ntpool_sized_alloc(size, GFP_KERNEL, NUMA_NO_NODE);
}

static const struct ntpool_store store = { store_alloc, ntpool_sized_free };

/**
 * ntpool_sized_init() - prepare ntpool_sized_alloc(), also for base/
 *
 * Context: process context.
 * Return: 0 or -ENOMEM.
 */
int ntpool_sized_init(void)
{
	struct ntpool_record_room *room = ntpool_refused() ? NULL : rooms_alloc(ARRAY_SIZE(sized));
	unsigned int i;

	if (!room)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(sized); i++)
		class_init(&sized[i], NTPOOL_RECORD_MIN << i, SIZED_ORDER, room + i * nr_node_ids);
	ntpool_store_set(&store);
	return 0;
}

/* Called when none of the objects is in use. */
void ntpool_sized_exit(void)
{
	unsigned int i;

	ntpool_store_set(NULL);
	for (i = 0; i < ARRAY_SIZE(sized); i++)
		class_exit(&sized[i]);
	ntpool_guarded_free(sized[0].room);
}
