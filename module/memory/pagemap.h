/* SPDX-License-Identifier: GPL-2.0 */
/* From an address to the descriptor of the page that it lies in. */
#ifndef NTPOOL_PAGEMAP_H
#define NTPOOL_PAGEMAP_H

#include <linux/mm.h>
#include <linux/xarray.h>

struct ntpool_heap;

/**
 * struct ntpool_mapped - the first member of every descriptor in the page map
 * @heap: the heap that a carved page belongs to, constant while it is mapped; NULL for
 *	  a run of pages. Opaque here: the page map stores descriptors and reads none
 */
struct ntpool_mapped {
	struct ntpool_heap *heap;
};

#define NTPOOL_LEAF_PAGES	(PAGE_SIZE / sizeof(struct ntpool_mapped *))

struct ntpool_leaf {
	struct ntpool_mapped *map[NTPOOL_LEAF_PAGES];
};

extern struct ntpool_leaf **ntpool_map_root;
extern unsigned long ntpool_map_base;
extern unsigned long ntpool_map_limit;
extern struct xarray ntpool_map_far;

/* What leaves have for a page without a descriptor: no heap, and no whole pages. */
extern struct ntpool_mapped ntpool_map_nothing;

/* Counted from the lowest page of the linear map; others have larger numbers. */
static __always_inline unsigned long ntpool_map_nr(const void *p)
{
	return ((unsigned long)p - ntpool_map_base) >> PAGE_SHIFT;
}

/* Nonpaged pool is there; vmalloc space, with the paged pool, is not. */
static __always_inline bool ntpool_in_linear_map(const void *p)
{
	return ntpool_map_nr(p) < ntpool_map_limit;
}

/* As ntpool_map_of(), for page @nr of the linear map; &ntpool_map_nothing instead of NULL. */
static __always_inline struct ntpool_mapped *ntpool_map_nth(unsigned long nr)
{
	/* Plain accesses make shorter code; hidden, so that nobody reads them again. */
	struct ntpool_leaf *leaf = data_race(ntpool_map_root[nr / NTPOOL_LEAF_PAGES]);
	struct ntpool_mapped *map;

	OPTIMIZER_HIDE_VAR(leaf);
	/* Likewise. */
	map = data_race(leaf->map[nr % NTPOOL_LEAF_PAGES]);
	OPTIMIZER_HIDE_VAR(map);
	return map;
}

/*
 * What was entered for the page that @p lies in; NULL: nothing. Any address is
 * allowed, nothing behind it is touched. It stays valid until the end of the
 * caller's RCU read section, in which this must be called.
 */
static inline struct ntpool_mapped *ntpool_map_of(const void *p)
{
	struct ntpool_mapped *map;

	if (unlikely(!ntpool_in_linear_map(p)))
		return xa_load(&ntpool_map_far, (unsigned long)p >> PAGE_SHIFT);
	map = ntpool_map_nth(ntpool_map_nr(p));
	return map == &ntpool_map_nothing ? NULL : map;
}

/*
 * The entry of the page at @base gets its place, for good: ntpool_map_enter() of it will
 * not need memory. Only in the linear map. False: there is no memory.
 */
bool ntpool_map_prepare(const void *base);
/* Enters @map for the page at @base. 0 or -ENOMEM. Not under a heap's lock. */
int ntpool_map_enter(const void *base, struct ntpool_mapped *map);
/* Takes it out again. Not under a heap's lock. */
void ntpool_map_leave(const void *base);

#endif
