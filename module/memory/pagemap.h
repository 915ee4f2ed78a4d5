/* SPDX-License-Identifier: GPL-2.0 */
/* The page map: from an address to the descriptor of its page. */
#ifndef NTPOOL_PAGEMAP_H
#define NTPOOL_PAGEMAP_H

#include <linux/mm.h>
#include <linux/xarray.h>

#include "base/detour.h"

struct ntpool_heap;

/**
 * struct ntpool_mapped - the part of a descriptor that the page map leads to
 * @heap: the heap of a carved page, constant while the page is mapped; NULL: a run of pages.
 *	  The page map does not read it
 */
struct ntpool_mapped {
	struct ntpool_heap *heap;
};

#define NTPOOL_LEAF_PAGES	(PAGE_SIZE / sizeof(struct ntpool_mapped *))

/* The descriptors of adjacent pages; &ntpool_map_nothing for pages without one. */
struct ntpool_leaf {
	struct ntpool_mapped *map[NTPOOL_LEAF_PAGES];
};

/**
 * struct ntpool_window - the part of vmalloc space that a table covers; constant after init
 * @root: as ntpool_map_root
 * @base: address of the first page
 * @limit: number of pages
 */
struct ntpool_window {
	struct ntpool_leaf **root;
	unsigned long base;
	unsigned long limit;
};

extern struct ntpool_leaf **ntpool_map_root;
extern unsigned long ntpool_map_base;
extern unsigned long ntpool_map_limit;
extern struct ntpool_window ntpool_window;
extern struct xarray ntpool_map_far;
extern struct ntpool_mapped ntpool_map_nothing;

/*
 * Returns the number of the page that @p lies in, from the first page of memory on.
 * Addresses outside of the linear map get numbers from ntpool_map_limit on.
 */
static __always_inline unsigned long ntpool_map_nr(const void *p)
{
	return ((unsigned long)p - ntpool_map_base) >> PAGE_SHIFT;
}

/* True for addresses of nonpaged pool as a rule, false for vmalloc memory. */
static __always_inline bool ntpool_in_linear_map(const void *p)
{
	/* A plain load compares in memory. A limit that grows meanwhile is one or the other. */
	return ntpool_map_nr(p) < data_race(ntpool_map_limit);
}

/* Returns the number of the page that @p lies in, from the first page of the window on. */
static __always_inline unsigned long ntpool_window_nr(const void *p)
{
	return ((unsigned long)p - ntpool_window.base) >> PAGE_SHIFT;
}

/* True if a table covers the page of @p, so that a look-up and an entry are cheap. */
static __always_inline bool ntpool_map_has_table(const void *p)
{
	return ntpool_in_linear_map(p) || ntpool_window_nr(p) < ntpool_window.limit;
}

/* Returns the entry of page @nr of the table with @root, &ntpool_map_nothing if it has none. */
static __always_inline struct ntpool_mapped *ntpool_root_nth(struct ntpool_leaf *const *root,
							     unsigned long nr)
{
	/* Plain accesses make shorter code; hidden, so that the compiler reads each once. */
	struct ntpool_leaf *leaf = data_race(root[nr / NTPOOL_LEAF_PAGES]);
	struct ntpool_mapped *map;

	OPTIMIZER_HIDE_VAR(leaf);
	/* Likewise. */
	map = data_race(leaf->map[nr % NTPOOL_LEAF_PAGES]);
	OPTIMIZER_HIDE_VAR(map);
	return map;
}

/* The same for page @nr of the linear map. */
static __always_inline struct ntpool_mapped *ntpool_map_nth(unsigned long nr)
{
	/* As in ntpool_root_nth(): the old root or the longer one, and both have the page. */
	return ntpool_root_nth(data_race(ntpool_map_root), nr);
}

/* And for page @nr of the window. */
static __always_inline struct ntpool_mapped *ntpool_window_nth(unsigned long nr)
{
	return ntpool_root_nth(ntpool_window.root, nr);
}

/*
 * Returns the entry of the page that @p lies in, or NULL. @p may be any address and is not
 * dereferenced. The caller is in an RCU read section, until the end of which the result is
 * valid.
 */
static inline struct ntpool_mapped *ntpool_map_of(const void *p)
{
	struct ntpool_mapped *map;

	if (likely(ntpool_in_linear_map(p)))
		map = ntpool_map_nth(ntpool_map_nr(p));
	else if (likely(ntpool_window_nr(p) < ntpool_window.limit))
		map = ntpool_window_nth(ntpool_window_nr(p));
	else
		return xa_load(&ntpool_map_far, (unsigned long)p >> PAGE_SHIFT);
	return map == &ntpool_map_nothing ? NULL : map;
}

/*
 * Makes a place for the page at @base of the linear map, until ntpool_map_leave(). Until then
 * ntpool_map_enter() needs no memory for that page. Returns false without memory. Process
 * context.
 */
bool ntpool_map_prepare(const void *base);
/* Enters @map for the page at @base. Returns 0 or -ENOMEM. Called without raw locks. */
int ntpool_map_enter(const void *base, struct ntpool_mapped *map);
/* Removes the entry. Readers may use it for another grace period. Called without raw locks. */
void ntpool_map_leave(const void *base);

#endif
