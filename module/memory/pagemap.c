// SPDX-License-Identifier: GPL-2.0
/*
 * The page map: from an address to the descriptor of its page. That is a carved page or the
 * first page of a run.
 *
 * Every free looks its pointer up here before it reads memory through the pointer. NT
 * compares addresses with the range of a pool; this module's pools have no ranges.
 *
 * There are three tables. The first one covers the linear map, with the nonpaged pool. It
 * has two levels: a root with a pointer for each 2 MiB, and leaves of one page. Their
 * index is the distance from the first page of memory. A leaf is allocated for the
 * first entry in its range. Root and leaves lie behind guards (area.c).
 *
 * The second one is like it. It covers a window of vmalloc space, with the paged pool and
 * long runs. vmalloc() takes the lowest free addresses. So the window begins below an area
 * that was allocated at the load. Nearly all later areas lie in the window. Its root never
 * grows.
 *
 * The third one is an xarray, for all other addresses. An xarray alone would do, but its
 * look-up takes three to four times the dozen instructions of the other two.
 *
 * The root needs 8 bytes for each 2 MiB between the first page of memory and the last one. Where
 * sockets lie 64 TiB apart, that is 256 MiB. So the root has at most ROOT_BYTES, or a thousandth
 * of memory if that is more. Memory beyond is in the third table.
 *
 * Memory that is plugged in. A notifier replaces the root by a longer one before the
 * kernel uses the new memory. Without memory for that, or if the new pages lie below
 * the first one, their entries are in another table. A longer root would hide these
 * entries. So after one growth has failed, or met the bound, the root never grows again.
 * A limit above the old root must not be seen with the old root. A grace period between the two
 * stores prevents that. A fast path needs no barrier: it reads the limit first, and
 * then the root in an RCU read section.
 *
 * Locking. Readers take no lock. A root entry changes once, under root_lock, from the shared
 * empty leaf to a leaf of its own. While a longer root is filled, such a change is made
 * in both. Leaves exist until the module is unloaded, so a reader may use any leaf it has
 * seen. A leaf entry is one word, and only the owner of that page writes it. RCU frees
 * descriptors and old roots. The xarray has its own lock. grow_mutex serialises growth.
 *
 * Contexts: any, but on PREEMPT_RT not with a raw lock held.
 */
#include <linux/export.h>
#include <linux/kasan.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pfn.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "base/refuse.h"
#include "parts.h"
#include "memory/backing.h"
#include "memory/pagemap.h"
#include "memory/record.h"

struct ntpool_leaf **ntpool_map_root __read_mostly;
unsigned long ntpool_map_base __read_mostly;	/* address of the first page of memory */
unsigned long ntpool_map_limit __read_mostly;	/* number of pages that the table covers */
struct ntpool_window ntpool_window __read_mostly;
struct xarray ntpool_map_far;
struct ntpool_mapped ntpool_map_nothing;	/* the entry of a page without descriptor */

/* The bytes of the window. A quarter of it lies below the area of the load. */
#define WINDOW_SIZE	(IS_ENABLED(CONFIG_64BIT) ? SZ_1G * 32ULL : SZ_256M)

/* The root may have this many bytes on any machine: enough for 1 TiB with 4 KiB pages. */
#define ROOT_BYTES	SZ_4M
/* On a large one it may have this part of memory. */
#define ROOT_SHARE	1024

static struct ntpool_record_class leaf_records;
static struct ntpool_leaf *empty_leaf;	/* constant after init */
static unsigned long nr_leaves;		/* root_lock and grow_mutex to change it */
static struct ntpool_leaf **longer_root;	/* root_lock; NULL, or being filled */
static bool map_stuck;			/* the root could not grow, or met the bound; grow_mutex */
static unsigned long root_most;	/* leaves that the root may have; constant after init */
static DEFINE_RAW_SPINLOCK(root_lock);	/* a leaf */
static DEFINE_MUTEX(grow_mutex);

/* Allocates a leaf without entries. */
static struct ntpool_leaf *leaf_create(gfp_t gfp)
{
	struct ntpool_leaf *leaf = ntpool_record_alloc(&leaf_records, gfp, NUMA_NO_NODE);
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

/* The place of an entry: page @nr of the linear map or of the window. */
struct place {
	unsigned long nr;
	bool in_window;
};

/* Returns false if the entry of the page at @base is in the xarray. */
static bool place_of(const void *base, struct place *place)
{
	place->nr = ntpool_map_nr(base);
	place->in_window = place->nr >= READ_ONCE(ntpool_map_limit);
	if (place->in_window)
		place->nr = ntpool_window_nr(base);
	return !place->in_window || place->nr < ntpool_window.limit;
}

/* Called in an RCU read section or under root_lock: the root of the linear map changes. */
static struct ntpool_leaf **place_in_root(const struct place *place)
{
	struct ntpool_leaf **root = place->in_window ? ntpool_window.root :
				    READ_ONCE(ntpool_map_root);

	return &root[place->nr / NTPOOL_LEAF_PAGES];
}

/* Returns the leaf for the entry, or the empty one. */
static struct ntpool_leaf *map_leaf_of(const struct place *place)
{
	struct ntpool_leaf *leaf;

	rcu_read_lock();
	leaf = READ_ONCE(*place_in_root(place));
	rcu_read_unlock();
	return leaf;
}

/* The same, but allocates it if it is missing. */
static struct ntpool_leaf *map_leaf(const struct place *place)
{
	struct ntpool_leaf *leaf = map_leaf_of(place), *old;
	unsigned long flags;

	if (leaf != empty_leaf)
		return leaf;
	leaf = map_new_leaf();
	if (!leaf)
		return NULL;
	raw_spin_lock_irqsave(&root_lock, flags);
	old = *place_in_root(place);
	if (old == empty_leaf) {
		/* Pairs with the dependent load in ntpool_root_nth(). */
		smp_store_release(place_in_root(place), leaf);
		if (longer_root && !place->in_window)
			longer_root[place->nr / NTPOOL_LEAF_PAGES] = leaf;
	}
	raw_spin_unlock_irqrestore(&root_lock, flags);
	if (old == empty_leaf)
		return leaf;
	ntpool_record_free(&leaf_records, leaf);
	return old;
}

/* Enters @map where ntpool_map_prepare() has made a place, which needs no memory. */
static bool map_enter_prepared(const void *base, struct ntpool_mapped *map)
{
	XA_STATE(xas, &ntpool_map_far, (unsigned long)base >> PAGE_SHIFT);
	unsigned long flags;
	bool prepared;

	xas_lock_irqsave(&xas, flags);
	prepared = xas_load(&xas) == XA_ZERO_ENTRY;
	if (prepared)
		xas_store(&xas, map);
	xas_unlock_irqrestore(&xas, flags);
	return prepared;
}

static int map_enter_far(const void *base, struct ntpool_mapped *map)
{
	unsigned long index = (unsigned long)base >> PAGE_SHIFT;
	gfp_t gfp = ntpool_backing_gfp();
	unsigned long flags;
	void *old;

	if (!is_vmalloc_addr(base) && map_enter_prepared(base, map))
		return 0;
	if (!gfp || ntpool_refused())
		return -ENOMEM;
	if (gfpflags_allow_blocking(gfp))
		return xa_err(xa_store_irq(&ntpool_map_far, index, map, gfp));
	/*
	 * xa_store_irq() would enable interrupts, which may be off. A store that may not block
	 * does not drop the lock of the xarray, so they stay off.
	 */
	xa_lock_irqsave(&ntpool_map_far, flags);
	old = __xa_store(&ntpool_map_far, index, map, gfp);
	xa_unlock_irqrestore(&ntpool_map_far, flags);
	return xa_err(old);
}

bool ntpool_map_prepare(const void *base)
{
	gfp_t gfp = ntpool_backing_gfp();
	struct place place;

	if (place_of(base, &place))
		return map_leaf(&place);
	return gfp && !ntpool_refused() &&
	       !xa_reserve_irq(&ntpool_map_far, (unsigned long)base >> PAGE_SHIFT, gfp);
}

int ntpool_map_enter(const void *base, struct ntpool_mapped *map)
{
	struct ntpool_leaf *leaf;
	struct place place;

	if (!place_of(base, &place))
		return map_enter_far(base, map);
	leaf = map_leaf(&place);
	if (!leaf)
		return -ENOMEM;
	/* Pairs with the dependent load in ntpool_root_nth(). */
	smp_store_release(&leaf->map[place.nr % NTPOOL_LEAF_PAGES], map);
	return 0;
}

void ntpool_map_leave(const void *base)
{
	struct ntpool_leaf *leaf;
	struct place place;
	unsigned long flags;

	if (place_of(base, &place)) {
		leaf = map_leaf_of(&place);
		WRITE_ONCE(leaf->map[place.nr % NTPOOL_LEAF_PAGES], &ntpool_map_nothing);
		return;
	}
	xa_lock_irqsave(&ntpool_map_far, flags);
	__xa_erase(&ntpool_map_far, (unsigned long)base >> PAGE_SHIFT);
	xa_unlock_irqrestore(&ntpool_map_far, flags);
}

static void map_publish_limit(unsigned long leaves)
{
	WRITE_ONCE(ntpool_map_limit, leaves * NTPOOL_LEAF_PAGES);
	/* Fast frees do not zero. */
	if (!want_init_on_free())
		ntpool_fast_limits_set(ntpool_map_limit, ntpool_window.limit);
}

static struct ntpool_leaf **root_create(unsigned long leaves)
{
	struct ntpool_leaf **root = ntpool_guarded_alloc(leaves * sizeof(*root), GFP_KERNEL,
							 NUMA_NO_NODE);
	unsigned long i;

	for (i = 0; root && i < leaves; i++)
		root[i] = empty_leaf;
	return root;
}

/* Copies the first @leaves entries of the root to longer_root, some at a time. */
static void root_copy(unsigned long leaves)
{
	unsigned long at, nr;

	for (at = 0; at < leaves; at += nr) {
		nr = min(leaves - at, NTPOOL_LEAF_PAGES);
		raw_spin_lock_irq(&root_lock);
		memcpy(longer_root + at, ntpool_map_root + at, nr * sizeof(*longer_root));
		raw_spin_unlock_irq(&root_lock);
	}
}

static void root_set_longer(struct ntpool_leaf **root)
{
	raw_spin_lock_irq(&root_lock);
	longer_root = root;
	raw_spin_unlock_irq(&root_lock);
}

/*
 * Replaces the root by @root with @leaves entries, which are no fewer. Returns the old one, for
 * the caller to free without grow_mutex. Sleeps.
 */
static struct ntpool_leaf **root_replace(struct ntpool_leaf **root, unsigned long leaves)
{
	struct ntpool_leaf **old = ntpool_map_root;

	lockdep_assert_held(&grow_mutex);
	root_set_longer(root);
	root_copy(nr_leaves);
	raw_spin_lock_irq(&root_lock);
	/* Pairs with the dependent load in ntpool_root_nth(). */
	smp_store_release(&ntpool_map_root, root);
	longer_root = NULL;
	nr_leaves = leaves;
	raw_spin_unlock_irq(&root_lock);
	/* No reader has the old root any more, so none finds it with the new limit. */
	synchronize_rcu();
	map_publish_limit(leaves);
	return old;
}

/*
 * Returns the number of leaves that cover the page frames below @end. If these are too many, the
 * root may not grow later.
 */
static unsigned long leaves_below(unsigned long end)
{
	unsigned long base = PFN_DOWN(__pa(ntpool_map_base));
	unsigned long leaves = end > base ? DIV_ROUND_UP(end - base, NTPOOL_LEAF_PAGES) : 0;

	if (leaves <= root_most)
		return leaves;
	map_stuck = true;
	return root_most;
}

/* Makes the table cover the page frames below @end. Without memory it never grows again. */
static void map_cover(unsigned long end)
{
	struct ntpool_leaf **root, **old = NULL;
	unsigned long leaves;
	bool may_grow;

	mutex_lock(&grow_mutex);
	may_grow = !map_stuck;
	leaves = leaves_below(end);
	if (leaves > nr_leaves && may_grow) {
		root = ntpool_refused() ? NULL : root_create(leaves);
		map_stuck |= !root;
		if (root)
			old = root_replace(root, leaves);
	}
	mutex_unlock(&grow_mutex);
	/* A damaged guard is reported without the mutex. */
	ntpool_guarded_free(old);
}

/* Called before the kernel uses memory that was plugged in. */
static int map_memory_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct memory_notify *memory = data;

	if (event == MEM_GOING_ONLINE)
		map_cover(memory->start_pfn + memory->nr_pages);
	return NOTIFY_OK;
}

static struct notifier_block memory_notifier = { .notifier_call = map_memory_event };

/* Places the window around an area of vmalloc space. Returns 0 or -ENOMEM. */
static int window_init(void)
{
	/* With pages of 64 KiB on 32 bit, a leaf covers more than the window. */
	unsigned long leaves = max_t(unsigned long, 1,
				     WINDOW_SIZE / (NTPOOL_LEAF_PAGES * PAGE_SIZE));
	void *area = ntpool_refused() ? NULL : vmalloc(PAGE_SIZE);
	unsigned long low = round_down((unsigned long)kasan_reset_tag(area), SZ_1M * 64UL);

	if (!area)
		return -ENOMEM;
	vfree(area);
	ntpool_window.root = ntpool_refused() ? NULL : root_create(leaves);
	if (!ntpool_window.root)
		return -ENOMEM;
	ntpool_window.base = low - min_t(unsigned long, low, WINDOW_SIZE / 4);
	ntpool_window.limit = leaves * NTPOOL_LEAF_PAGES;
	return 0;
}

/* Frees the leaves of a table, which may be NULL, and its root. */
static void root_destroy(struct ntpool_leaf **root, unsigned long leaves)
{
	unsigned long i;

	for (i = 0; root && i < leaves; i++)
		if (root[i] != empty_leaf)
			ntpool_record_free(&leaf_records, root[i]);
	ntpool_guarded_free(root);
}

static void map_destroy(void)
{
	root_destroy(ntpool_map_root, nr_leaves);
	root_destroy(ntpool_window.root, ntpool_window.limit / NTPOOL_LEAF_PAGES);
	ntpool_record_free(&leaf_records, empty_leaf);
	ntpool_record_exit(&leaf_records);
}

int ntpool_pagemap_init(void)
{
	unsigned long begin, end;
	int err = -ENOMEM;

	xa_init_flags(&ntpool_map_far, XA_FLAGS_LOCK_IRQ);
	/* PAGE_OFFSET may be far below the first page. */
	ntpool_backing_span(&begin, &end);
	ntpool_map_base = (unsigned long)__va(PFN_PHYS(begin));
	root_most = max_t(unsigned long, ROOT_BYTES, totalram_pages() / ROOT_SHARE * PAGE_SIZE) /
		    sizeof(*ntpool_map_root);
	nr_leaves = leaves_below(end);
	if (ntpool_refused() || ntpool_record_init(&leaf_records, sizeof(struct ntpool_leaf)))
		return -ENOMEM;
	empty_leaf = ntpool_refused() ? NULL : leaf_create(GFP_KERNEL);
	ntpool_map_root = empty_leaf && !ntpool_refused() ? root_create(nr_leaves) : NULL;
	if (ntpool_map_root)
		err = window_init();
	map_publish_limit(err ? 0 : nr_leaves);
	if (!err)
		err = ntpool_refused() ? -ENOMEM : register_memory_notifier(&memory_notifier);
	if (err) {
		map_destroy();
		return err;
	}
	/* Memory may have been plugged in before the notifier was there. */
	ntpool_backing_span(&begin, &end);
	map_cover(end);
	return 0;
}

/* Called when no page is in use. */
void ntpool_pagemap_exit(void)
{
	unregister_memory_notifier(&memory_notifier);
	map_destroy();
	xa_destroy(&ntpool_map_far);
}

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/pagemap_hooks.c"
#endif
