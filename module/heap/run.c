// SPDX-License-Identifier: GPL-2.0
/*
 * Whole pages: requests that do not fit into a page together with a header.
 *
 * As in NT they are page aligned, without a header, and take exactly as many
 * pages as needed; a table outside says what they are. NT's is a hash of
 * addresses. Here it is a tree, ordered by address, because a pointer into the
 * middle of an allocation is to be recognised too, and because its nodes are
 * allocated with the pages: entering it can neither fail nor need memory.
 *
 * The memory of the Mm routines is in the same tree, so that every figure, list and
 * report of leaks has it too; each record says which routines may free it.
 *
 * In front of all this are the CPUs' caches of whole pages (run_cache.c). A record
 * stays in the tree while its pages are cached there; for short runs of the linear map
 * the page map leads to it as well, so that a free finds it without the lock.
 *
 * Locking: big_lock, raw and with interrupts off, a leaf, guards the tree. One lock
 * for both pools and all nodes: who gets here goes to the page allocator anyway. Whose
 * a record is, live or not, is not under the lock, but decided by its state (run.h).
 * Records are freed by RCU.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/topology.h>

#include "heap/run_cache.h"
#include "init.h"
#include "memory/backing.h"
#include "memory/pagemap.h"

/* How many a walker copies under one taking of the lock. */
#define WALK_BATCH	64

static DEFINE_RAW_SPINLOCK(run_lock);
static struct rb_root run_tree = RB_ROOT;
static unsigned long run_pages[NTPOOL_TYPES];
static unsigned long run_count[NTPOOL_TYPES];

static bool run_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct ntpool_run, node)->base <
	       rb_entry(b, struct ntpool_run, node)->base;
}

/* Short runs of the linear map are worth a place in the page map, if there is one. */
static bool run_is_mapped(const struct ntpool_run *run)
{
	return run->use == NTPOOL_USE_POOL && run->pages <= NTPOOL_RUN_CACHED_PAGES &&
	       ntpool_in_linear_map(run->base);
}

void ntpool_run_enter(struct ntpool_run *run)
{
	unsigned long flags;

	/* Without it a free takes the longer way. */
	if (run_is_mapped(run))
		ntpool_map_enter(run->base, &run->map);
	raw_spin_lock_irqsave(&run_lock, flags);
	rb_add(&run->node, &run_tree, run_less);
	run_pages[run->type] += run->pages;
	run_count[run->type]++;
	ntpool_run_make_live(run);
	raw_spin_unlock_irqrestore(&run_lock, flags);
}

/* The last allocation that begins at or before @p. */
static struct ntpool_run *run_at_or_before(const void *p)
{
	struct rb_node *node = run_tree.rb_node;
	struct ntpool_run *run, *found = NULL;

	lockdep_assert_held(&run_lock);
	while (node) {
		run = rb_entry(node, struct ntpool_run, node);
		if (run->base <= p) {
			found = run;
			node = node->rb_right;
		} else {
			node = node->rb_left;
		}
	}
	return found;
}

/* The allocation that @p lies in. */
static struct ntpool_run *run_around(const void *p)
{
	struct ntpool_run *run = run_at_or_before(p);

	return run && p < run->base + (run->pages << PAGE_SHIFT) ? run : NULL;
}

struct ntpool_run *ntpool_run_create(void)
{
	gfp_t gfp = ntpool_backing_gfp();

	return gfp && !ntpool_backing_refused() ? kmalloc(sizeof(struct ntpool_run), gfp) : NULL;
}

void ntpool_run_fill(struct ntpool_run *run, enum ntpool_use use, enum ntpool_type type,
		     void *base, unsigned long pages)
{
	*run = (struct ntpool_run){
		.base = base,
		.pages = pages,
		.type = type,
		.use = use,
		.nid = is_vmalloc_addr(base) ? numa_mem_id() : page_to_nid(virt_to_page(base)),
	};
}

struct ntpool_run *ntpool_run_alloc(enum ntpool_type type, size_t size, u32 tag, u8 flags,
				    unsigned long caller)
{
	unsigned long pages = ntpool_run_pages_for(size);
	struct ntpool_run *run;
	void *base;

	if (pages > min(totalram_pages(), ULONG_MAX >> PAGE_SHIFT))
		return NULL;
	run = ntpool_run_create();
	if (!run)
		return NULL;
	base = ntpool_backing_alloc(type, pages, numa_mem_id(), 0);
	if (!base) {
		kfree(run);
		return NULL;
	}
	ntpool_run_fill(run, NTPOOL_USE_POOL, type, base, pages);
	ntpool_run_assign(run, size, tag, flags, caller);
	return run;
}

enum ntpool_verdict ntpool_run_claim(enum ntpool_use use, void *p, struct ntpool_run **out,
				     struct ntpool_run *copy)
{
	enum ntpool_verdict verdict = NTPOOL_FREE_UNOWNED;
	struct ntpool_run *run;
	unsigned long flags;

	raw_spin_lock_irqsave(&run_lock, flags);
	run = run_around(p);
	if (run && run->use == use) {
		*out = run;
		/* Fast paths may be at it; its state decides. */
		*copy = data_race(*run);
		if (!ntpool_run_state_is_live(copy->state))
			verdict = NTPOOL_FREE_TWICE;
		else if (run->base != p)
			verdict = NTPOOL_FREE_MIDDLE;
		else
			verdict = ntpool_run_take(run, copy->state) ? NTPOOL_FREE_OK :
								      NTPOOL_FREE_TWICE;
	}
	raw_spin_unlock_irqrestore(&run_lock, flags);
	return verdict;
}

static void run_leave(struct ntpool_run *run)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&run_lock, flags);
	rb_erase(&run->node, &run_tree);
	run_pages[run->type] -= run->pages;
	run_count[run->type]--;
	raw_spin_unlock_irqrestore(&run_lock, flags);
	if (run_is_mapped(run))
		ntpool_map_leave(run->base);
}

static void run_free_pages(struct ntpool_run *run)
{
	switch (run->use) {
	case NTPOOL_USE_POOL:
		ntpool_backing_free(run->base, run->pages);
		break;
	case NTPOOL_USE_CONTIGUOUS:
		ntpool_phys_free(run->base, run->pages, run->cache);
		break;
	case NTPOOL_USE_NONCACHED:
		ntpool_phys_unmap(run->base, run->pages, run->page);
		break;
	}
}

void ntpool_run_release(struct ntpool_run *run)
{
	run_leave(run);
	run_free_pages(run);
	kfree_rcu(run, rcu);
}

bool ntpool_run_is_paged(const void *p)
{
	struct ntpool_run *run;
	unsigned long flags;
	bool paged;

	raw_spin_lock_irqsave(&run_lock, flags);
	run = run_around(p);
	paged = run && run->type == NTPOOL_PAGED && ntpool_run_state_is_live(READ_ONCE(run->state));
	raw_spin_unlock_irqrestore(&run_lock, flags);
	return paged;
}

bool ntpool_run_peek(const void *p, struct ntpool_run *copy)
{
	struct ntpool_run *run;
	unsigned long flags;
	bool found;

	raw_spin_lock_irqsave(&run_lock, flags);
	run = run_around(p);
	found = run && run->base == p;
	if (found)
		/* As in ntpool_run_claim(). */
		*copy = data_race(*run);
	raw_spin_unlock_irqrestore(&run_lock, flags);
	return found && ntpool_run_state_is_live(copy->state);
}

unsigned long ntpool_run_count(enum ntpool_type type)
{
	return READ_ONCE(run_count[type]);
}

unsigned long ntpool_run_pages(enum ntpool_type type)
{
	return READ_ONCE(run_pages[type]);
}

/* False: not live, or no longer the same. Fast paths use the record meanwhile. */
static bool run_describe(const struct ntpool_run *run, struct ntpool_block *block)
{
	/* Pairs with the release in ntpool_run_make_live(). */
	u32 state = smp_load_acquire(&run->state);

	*block = (struct ntpool_block){
		.addr = run->base,
		.tag = READ_ONCE(run->tag),
		.type = run->type,
		.bytes = run->pages << PAGE_SHIFT,
		.requested = READ_ONCE(run->requested),
		.caller = READ_ONCE(run->caller),
	};
	/* Pairs with the compare-and-exchange in ntpool_run_take(): what follows it is not here. */
	smp_rmb();
	return ntpool_run_state_is_live(state) && READ_ONCE(run->state) == state;
}

/* Up to WALK_BATCH allocations from address *@from on, which moves behind them. */
static unsigned int run_copy(struct ntpool_block *blocks, void **from)
{
	struct rb_node *node;
	struct ntpool_run *run;
	unsigned int n = 0;

	raw_spin_lock_irq(&run_lock);
	run = run_at_or_before(*from);
	node = !run ? rb_first(&run_tree) :
	       run->base == *from ? &run->node : rb_next(&run->node);
	for (; node && n < WALK_BATCH; node = rb_next(node)) {
		run = rb_entry(node, struct ntpool_run, node);
		*from = run->base + PAGE_SIZE;
		n += run_describe(run, &blocks[n]);
	}
	raw_spin_unlock_irq(&run_lock);
	return n;
}

int ntpool_run_for_each(ntpool_block_fn fn, void *arg)
{
	struct ntpool_block *blocks = kmalloc_array(WALK_BATCH, sizeof(*blocks), GFP_KERNEL);
	unsigned int i, n;
	void *from = NULL;
	int ret = 0;

	if (!blocks)
		return -ENOMEM;
	do {
		n = run_copy(blocks, &from);
		for (i = 0; i < n && !ret; i++)
			ret = fn(&blocks[i], arg);
		cond_resched();
	} while (n && !ret);
	kfree(blocks);
	return ret;
}

/* What drivers never freed goes as well: nobody is left. */
void ntpool_run_exit(void)
{
	struct ntpool_run *run, *next;

	rbtree_postorder_for_each_entry_safe(run, next, &run_tree, node) {
		if (run_is_mapped(run))
			ntpool_map_leave(run->base);
		run_free_pages(run);
		kfree(run);
	}
	run_tree = RB_ROOT;
}
