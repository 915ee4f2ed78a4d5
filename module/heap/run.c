// SPDX-License-Identifier: GPL-2.0
/*
 * Runs of pages: requests that do not fit into one page together with a header.
 *
 * As in NT, a run is page aligned, has no header, and takes exactly the pages it needs. NT
 * finds it in a hash table of addresses. Here the records form a red-black tree ordered by
 * address: it also finds a pointer into the middle of a run. The node is part of the
 * record, so entering a run needs no memory and cannot fail.
 *
 * The memory of the Mm routines is in the same tree, so every figure, list and leak report
 * includes it. Each record has the routines that may free it.
 *
 * The CPUs cache freed runs (run_cache.c). A record stays in the tree meanwhile. The page
 * map leads to the records of short runs that a table covers. A free finds these without the
 * lock.
 *
 * Locking. run_lock protects the tree and the sums. It is raw, taken with interrupts
 * disabled, and no lock nests inside. One lock serves both pools and all nodes, since a
 * caller that gets here also goes to the page allocator. The lock does not protect
 * ownership of a record: its state decides that (run.h). RCU frees records. They lie behind
 * guards (memory/record.c).
 *
 * Contexts: any, except for the iteration, which sleeps.
 */
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/topology.h>

#include "base/refuse.h"
#include "heap/run_cache.h"
#include "parts.h"
#include "memory/backing.h"
#include "memory/pagemap.h"
#include "memory/record.h"

/* Runs that an iteration looks at per lock section. */
#define ITERATE_BATCH	64

/* Some runs that an iteration has looked at, and copies of those that are live. */
struct run_batch {
	unsigned int seen;
	unsigned int nr;
	struct ntpool_block block[ITERATE_BATCH];
};

static DEFINE_RAW_SPINLOCK(run_lock);
static struct ntpool_record_class run_records;		/* struct ntpool_run */
static struct rb_root run_tree = RB_ROOT;		/* run_lock */
static unsigned long run_pages[NTPOOL_TYPES];		/* run_lock; read without it */
static unsigned long run_count[NTPOOL_TYPES];		/* likewise */

static bool run_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct ntpool_run, node)->base <
	       rb_entry(b, struct ntpool_run, node)->base;
}

/* True for the runs that the page map leads to: those that a CPU may cache. */
static bool run_is_mapped(const struct ntpool_run *run)
{
	return run->use == NTPOOL_USE_POOL && run->pages <= NTPOOL_RUN_CACHED_PAGES &&
	       ntpool_map_has_table(run->base);
}

/* Adds to the two figures; a negative number is one modulo 2 to the width of a long. */
static void run_account(enum ntpool_type type, unsigned long pages, unsigned long runs)
{
	lockdep_assert_held(&run_lock);
	WRITE_ONCE(run_pages[type], run_pages[type] + pages);
	WRITE_ONCE(run_count[type], run_count[type] + runs);
}

void ntpool_run_enter(struct ntpool_run *run)
{
	unsigned long flags;

	if (ntpool_run_is_entered(run)) {
		ntpool_run_make_live(run);
		return;
	}
	/* A failure does no harm: the free then takes the slow path. */
	if (run_is_mapped(run))
		ntpool_map_enter(run->base, &run->map);
	raw_spin_lock_irqsave(&run_lock, flags);
	rb_add(&run->node, &run_tree, run_less);
	run_account(run->type, run->pages, 1);
	ntpool_run_make_live(run);
	raw_spin_unlock_irqrestore(&run_lock, flags);
}

/* Returns the last run that begins at or before @p, or NULL. */
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

/* Returns the run that @p lies in, or NULL. */
static struct ntpool_run *run_around(const void *p)
{
	struct ntpool_run *run = run_at_or_before(p);

	return run && p < run->base + (run->pages << PAGE_SHIFT) ? run : NULL;
}

struct ntpool_run *ntpool_run_create(void)
{
	gfp_t gfp = ntpool_backing_gfp();

	return gfp && !ntpool_refused() ? ntpool_record_alloc(&run_records, gfp, NUMA_NO_NODE) :
					  NULL;
}

void ntpool_run_discard(struct ntpool_run *run)
{
	ntpool_record_free(&run_records, run);
}

static void run_free_rcu(struct rcu_head *rcu)
{
	ntpool_run_discard(container_of(rcu, struct ntpool_run, rcu));
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
	RB_CLEAR_NODE(&run->node);
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
		/* A fast path may write it meanwhile; the state decides. */
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
	run_account(run->type, -run->pages, -1);
	raw_spin_unlock_irqrestore(&run_lock, flags);
	if (run_is_mapped(run))
		ntpool_map_leave(run->base);
}

void ntpool_run_shorten(struct ntpool_run *run, unsigned long pages)
{
	unsigned long flags, surplus = run->pages - pages;

	raw_spin_lock_irqsave(&run_lock, flags);
	/* A wrong free may read it meanwhile, and fails because the run is not live. */
	WRITE_ONCE(run->pages, pages);
	run_account(run->type, -surplus, 0);
	raw_spin_unlock_irqrestore(&run_lock, flags);
	ntpool_backing_free(run->base + (pages << PAGE_SHIFT), surplus);
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
	call_rcu(&run->rcu, run_free_rcu);
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

bool ntpool_run_near(const void *p, struct ntpool_run *copy)
{
	struct ntpool_run *run;
	unsigned long flags;

	raw_spin_lock_irqsave(&run_lock, flags);
	run = run_around(p);
	if (run)
		/* As in ntpool_run_claim(). */
		*copy = data_race(*run);
	raw_spin_unlock_irqrestore(&run_lock, flags);
	return run;
}

bool ntpool_run_peek(const void *p, struct ntpool_run *copy)
{
	return ntpool_run_near(p, copy) && copy->base == p &&
	       ntpool_run_state_is_live(copy->state);
}

unsigned long ntpool_run_count(enum ntpool_type type)
{
	return READ_ONCE(run_count[type]);
}

unsigned long ntpool_run_pages(enum ntpool_type type)
{
	return READ_ONCE(run_pages[type]);
}

/* Returns false if the run is not live, or was freed while it was copied. */
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
	/* Pairs with ntpool_run_take(): later writes are not in the copy, or @state differs. */
	smp_rmb();
	return ntpool_run_state_is_live(state) && READ_ONCE(run->state) == state;
}

/* Fills @batch with runs from address *@from on, and moves *@from behind the last one. */
static void run_copy(struct run_batch *batch, void **from)
{
	struct rb_node *node;
	struct ntpool_run *run;

	batch->seen = 0;
	batch->nr = 0;
	raw_spin_lock_irq(&run_lock);
	run = run_at_or_before(*from);
	node = !run ? rb_first(&run_tree) :
	       run->base == *from ? &run->node : rb_next(&run->node);
	for (; node && batch->seen < ITERATE_BATCH; node = rb_next(node)) {
		run = rb_entry(node, struct ntpool_run, node);
		*from = run->base + PAGE_SIZE;
		batch->seen++;
		batch->nr += run_describe(run, &batch->block[batch->nr]);
	}
	raw_spin_unlock_irq(&run_lock);
}

int ntpool_run_for_each(ntpool_block_fn fn, void *arg)
{
	struct run_batch *batch = ntpool_sized_alloc(sizeof(*batch), GFP_KERNEL, NUMA_NO_NODE);
	void *from = NULL;
	unsigned int i;
	int ret = 0;

	if (!batch)
		return -ENOMEM;
	do {
		run_copy(batch, &from);
		for (i = 0; i < batch->nr && !ret; i++)
			ret = fn(&batch->block[i], arg);
		cond_resched();
	} while (batch->seen && !ret);
	ntpool_sized_free(batch, sizeof(*batch));
	return ret;
}

int ntpool_run_init(void)
{
	return ntpool_refused() ? -ENOMEM :
				  ntpool_record_init(&run_records, sizeof(struct ntpool_run));
}

/* Frees all runs, live ones included: no driver uses the pools any more. */
void ntpool_run_exit(void)
{
	struct ntpool_run *run, *next;

	rbtree_postorder_for_each_entry_safe(run, next, &run_tree, node) {
		if (run_is_mapped(run))
			ntpool_map_leave(run->base);
		run_free_pages(run);
		ntpool_run_discard(run);
	}
	run_tree = RB_ROOT;
	rcu_barrier();
	ntpool_record_exit(&run_records);
}
