// SPDX-License-Identifier: GPL-2.0
/*
 * The page map: what the pools know of the page that an address lies in: a carved
 * page, or the first one of some whole pages.
 *
 * Every free is checked against it before anything is read through the pointer:
 * NT guesses from its address ranges, this module has no range of its own.
 *
 * Two tables. Pages of the linear map, that is the nonpaged pool, are found in a
 * table of two levels indexed by the page's distance from the lowest one: a root
 * with one pointer for each 2 MiB of memory, and leaves of one page that are made
 * when the first page below them is carved. Everything else (paged pool in
 * vmalloc space, memory added after the module was loaded) is in an xarray; paged
 * pool is not called from hot paths. The table of our own earns its place: a
 * look-up is a dozen instructions of every free, an xarray's three to four times
 * as many.
 *
 * Locking. Readers take none. A root entry goes once from the shared empty leaf
 * to a leaf of its own, by cmpxchg, and leaves are kept until the module goes, so
 * a reader may hold any leaf it saw. Leaf entries are single words, each changed
 * only by the one who carves or returns that page. Descriptors are freed by RCU.
 */
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "init.h"
#include "memory/backing.h"
#include "memory/pagemap.h"

struct ntpool_leaf **ntpool_map_root __read_mostly;
unsigned long ntpool_map_base __read_mostly;	/* where memory begins in the linear map */
unsigned long ntpool_map_limit __read_mostly;	/* pages from there that the table covers */
struct xarray ntpool_map_far;
struct ntpool_mapped ntpool_map_nothing;

static struct ntpool_leaf *empty_leaf;
static unsigned long nr_leaves;

/* With nothing in it. */
static struct ntpool_leaf *leaf_create(gfp_t gfp)
{
	struct ntpool_leaf *leaf = (struct ntpool_leaf *)__get_free_page(gfp);
	unsigned int i;

	for (i = 0; leaf && i < NTPOOL_LEAF_PAGES; i++)
		leaf->map[i] = &ntpool_map_nothing;
	return leaf;
}

static struct ntpool_leaf *map_new_leaf(void)
{
	gfp_t gfp = ntpool_backing_gfp();

	return gfp && !ntpool_backing_refused() ? leaf_create(gfp) : NULL;
}

/* The leaf to write @nr's entry into, made if need be. */
static struct ntpool_leaf *map_leaf(unsigned long nr)
{
	struct ntpool_leaf **root = &ntpool_map_root[nr / NTPOOL_LEAF_PAGES];
	struct ntpool_leaf *leaf = READ_ONCE(*root), *old;

	if (leaf != empty_leaf)
		return leaf;
	leaf = map_new_leaf();
	if (!leaf)
		return NULL;
	old = cmpxchg(root, empty_leaf, leaf);
	if (old == empty_leaf)
		return leaf;
	free_page((unsigned long)leaf);
	return old;
}

static int map_enter_far(const void *base, struct ntpool_mapped *map)
{
	unsigned long index = (unsigned long)base >> PAGE_SHIFT;
	gfp_t gfp = ntpool_backing_gfp();
	unsigned long flags;
	void *old;

	if (!gfp || ntpool_backing_refused())
		return -ENOMEM;
	if (gfpflags_allow_blocking(gfp))
		return xa_err(xa_store_irq(&ntpool_map_far, index, map, gfp));
	/* Interrupts may be off already, and stay so: without leave to block
	 * the store does not drop the lock.
	 */
	xa_lock_irqsave(&ntpool_map_far, flags);
	old = __xa_store(&ntpool_map_far, index, map, gfp);
	xa_unlock_irqrestore(&ntpool_map_far, flags);
	return xa_err(old);
}

bool ntpool_map_prepare(const void *base)
{
	return map_leaf(ntpool_map_nr(base));
}

int ntpool_map_enter(const void *base, struct ntpool_mapped *map)
{
	unsigned long nr = ntpool_map_nr(base);
	struct ntpool_leaf *leaf;

	if (nr >= ntpool_map_limit)
		return map_enter_far(base, map);
	leaf = map_leaf(nr);
	if (!leaf)
		return -ENOMEM;
	/* Pairs with the dependent load in ntpool_map_nth(). */
	smp_store_release(&leaf->map[nr % NTPOOL_LEAF_PAGES], map);
	return 0;
}

void ntpool_map_leave(const void *base)
{
	unsigned long nr = ntpool_map_nr(base);
	struct ntpool_leaf *leaf;
	unsigned long flags;

	if (nr < ntpool_map_limit) {
		leaf = ntpool_map_root[nr / NTPOOL_LEAF_PAGES];
		WRITE_ONCE(leaf->map[nr % NTPOOL_LEAF_PAGES], &ntpool_map_nothing);
		return;
	}
	xa_lock_irqsave(&ntpool_map_far, flags);
	__xa_erase(&ntpool_map_far, (unsigned long)base >> PAGE_SHIFT);
	xa_unlock_irqrestore(&ntpool_map_far, flags);
}

/* Not PAGE_OFFSET: where the linear map is larger than memory, that may be far. */
static unsigned long memory_base(void)
{
	unsigned long pfn = ULONG_MAX;
	int node;

	for_each_online_node(node)
		if (node_present_pages(node))
			pfn = min(pfn, node_start_pfn(node));
	return (unsigned long)__va(PFN_PHYS(pfn));
}

int ntpool_pagemap_init(void)
{
	unsigned long pages, i;

	xa_init_flags(&ntpool_map_far, XA_FLAGS_LOCK_IRQ);
	ntpool_map_base = memory_base();
	pages = ((unsigned long)high_memory - ntpool_map_base) >> PAGE_SHIFT;
	nr_leaves = DIV_ROUND_UP(pages, NTPOOL_LEAF_PAGES);
	empty_leaf = leaf_create(GFP_KERNEL);
	ntpool_map_root = kvmalloc_array(nr_leaves, sizeof(*ntpool_map_root), GFP_KERNEL);
	if (!empty_leaf || !ntpool_map_root) {
		free_page((unsigned long)empty_leaf);
		kvfree(ntpool_map_root);
		return -ENOMEM;
	}
	for (i = 0; i < nr_leaves; i++)
		ntpool_map_root[i] = empty_leaf;
	ntpool_map_limit = nr_leaves * NTPOOL_LEAF_PAGES;
	return 0;
}

/* After the heaps have returned every page. */
void ntpool_pagemap_exit(void)
{
	unsigned long i;

	for (i = 0; i < nr_leaves; i++)
		if (ntpool_map_root[i] != empty_leaf)
			free_page((unsigned long)ntpool_map_root[i]);
	free_page((unsigned long)empty_leaf);
	kvfree(ntpool_map_root);
	xa_destroy(&ntpool_map_far);
}
