// SPDX-License-Identifier: GPL-2.0
/*
 * The page map: from an address to the descriptor of its page. That is a carved page or the
 * first page of a run.
 *
 * Every free looks its pointer up here before it reads memory through the pointer. NT
 * compares addresses with the range of a pool; this module's pools have no ranges.
 *
 * There are two tables. The first one covers the linear map, with the nonpaged pool. It has
 * two levels, indexed by the distance from the first page of memory: a root with a pointer
 * for each 2 MiB, and leaves of one page. A leaf is allocated for the first entry in its
 * range. The other table is an xarray. It holds paged pool in vmalloc space, and memory
 * that was added after the module was loaded; hot paths do not use it. An xarray alone would
 * do, but its look-up takes three to four times the dozen instructions of this table.
 *
 * Locking. Readers take no lock. A root entry changes once, by cmpxchg(), from the shared
 * empty leaf to a leaf of its own. Leaves exist until the module is unloaded, so a reader
 * may use any leaf it has seen. A leaf entry is one word, and only the owner of that page
 * writes it. RCU frees the descriptors. The xarray has its own lock.
 *
 * Contexts: any, but on PREEMPT_RT not with a raw lock held.
 */
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "base/refuse.h"
#include "parts.h"
#include "memory/backing.h"
#include "memory/pagemap.h"

struct ntpool_leaf **ntpool_map_root __read_mostly;
unsigned long ntpool_map_base __read_mostly;	/* address of the first page of memory */
unsigned long ntpool_map_limit __read_mostly;	/* number of pages that the table covers */
struct xarray ntpool_map_far;
struct ntpool_mapped ntpool_map_nothing;	/* the entry of a page without descriptor */

static struct ntpool_leaf *empty_leaf;	/* constant after init */
static unsigned long nr_leaves;		/* constant after init */

/* Allocates a leaf without entries. */
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

	return gfp && !ntpool_refused() ? leaf_create(gfp) : NULL;
}

/* Returns the leaf for the entry of page @nr, and allocates it if it is missing. */
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

	if (!gfp || ntpool_refused())
		return -ENOMEM;
	if (gfpflags_allow_blocking(gfp))
		return xa_err(xa_store_irq(&ntpool_map_far, index, map, gfp));
	/*
	 * Interrupts may be off already and stay off: a store that may not block does not
	 * drop the lock.
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

/* Returns where memory begins. PAGE_OFFSET may be far below that. */
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

/* Called when no page is in use. */
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
