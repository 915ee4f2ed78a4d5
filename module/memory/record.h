/* SPDX-License-Identifier: GPL-2.0 */
/* Records: the bookkeeping of the pools, out of the reach of overruns. */
#ifndef NTPOOL_RECORD_H
#define NTPOOL_RECORD_H

#include <linux/gfp.h>
#include <linux/types.h>

struct ntpool_record_room;

enum {
	NTPOOL_RECORD_MIN = 64,	/* bytes of the smallest record */
};

/**
 * struct ntpool_record_class - records of one size
 * @size: bytes of a record; constant
 * @order: log2 of the pages of a chunk and its guard; constant
 * @room: by node: chunks with a free place, and their lock; NULL before ntpool_record_init(),
 *	  then constant
 */
struct ntpool_record_class {
	unsigned int size;
	unsigned int order;
	struct ntpool_record_room *room;
};

/* Returns 0 or -ENOMEM. Sleeps. */
int ntpool_record_init(struct ntpool_record_class *class, unsigned int size);
/* Called when no record is in use. Sleeps. */
void ntpool_record_exit(struct ntpool_record_class *class);
/*
 * Returns a zeroed record for @node, or NULL without memory. Sleeps if @gfp allows that. Called
 * without raw locks.
 */
void *ntpool_record_alloc(struct ntpool_record_class *class, gfp_t gfp, int node);
/* Frees a record, unless it is NULL. Any context but NMI, without locks of ntpool. */
void ntpool_record_free(struct ntpool_record_class *class, void *record);

/*
 * Returns @size zeroed bytes near @node, for bookkeeping that is rarely freed. They begin a page
 * behind a guard. If the kernel has no memory for that, a single page has no guard. More pages
 * then lie in vmalloc space, some behind each guard. Returns NULL without memory. Sleeps if @gfp
 * allows that.
 */
void *ntpool_guarded_alloc(size_t size, gfp_t gfp, int node);
/*
 * Frees it, unless it is NULL. Any context but NMI, without locks of ntpool. The exception is
 * memory of more than a page that a caller that may sleep has allocated. Its free needs a caller
 * that may sleep, or RCU, which leaves memory in vmalloc space to a worker.
 */
void ntpool_guarded_free(void *p);

/*
 * Returns @size zeroed bytes, for bookkeeping of few objects or of many sizes. Up to a page it is
 * a record, which shares its chunk with others of about its size. Else it is as above.
 */
void *ntpool_sized_alloc(size_t size, gfp_t gfp, int node);
/* Frees it, unless it is NULL. @size is that of the allocation. Contexts as above. */
void ntpool_sized_free(void *p, size_t size);

/*
 * Sets the function that reports a damaged guard; NULL: none. Its arguments are the address of
 * the guard and the first word that was not zero. The guard may be other memory by now. It is
 * called in any context but NMI, without a lock of ntpool.
 */
void ntpool_guard_on_damage(void (*fn)(const void *guard, u64 value));
/*
 * Checks up to @most guards, and continues where the last call ended. Process context.
 */
void ntpool_guard_scan(unsigned long most);

#endif
