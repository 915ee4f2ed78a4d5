// SPDX-License-Identifier: GPL-2.0
/*
 * The reserve: pages kept back for NonPagedPoolMustSucceed.
 *
 * NT 4 and 2000 keep a few pages for such requests. When these are used up too, NT stops the
 * machine. Here the reserve has must_succeed_pages pages. Each has a place in the page map.
 * Each is stored with the descriptor of a carved page and the record of a run. So a request
 * that finds a page here cannot fail, in any context.
 *
 * A page never returns to the reserve: its blocks become ordinary blocks. As soon as the
 * kernel has memory, a worker fills the reserve up. It tries to get all missing pages as one
 * physical run, which can serve a request of several pages. Pages that it gets one by one
 * serve requests of one page. A page in the reserve belongs to no pool and is in no figure.
 *
 * Data: three stacks of pages, descriptors and records. The pages are sorted by address, so
 * that a run is a part of the array. There are never fewer descriptors or records than
 * pages. Only the worker adds, and it adds descriptors and records first.
 *
 * Locking: reserve_lock, a raw spinlock and a leaf, interrupts off, guards the stacks. Under
 * it at most MOST entries of an array are moved. Only one worker runs, so it reads the
 * counts of descriptors and records without the lock: others only decrease them.
 * Contexts: ntpool_reserve_block() and ntpool_reserve_pages() any but NMI, the rest process
 * context.
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/topology.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "base/param.h"
#include "base/refuse.h"
#include "heap/run.h"
#include "parts.h"
#include "memory/backing.h"
#include "memory/pagemap.h"
#include "pool/reserve.h"

enum {
	MOST = 256,			/* limit of the parameter must_succeed_pages */
	RETRY_MS = 200,		/* after the kernel had no memory */
	WAIT_MS = 20,		/* after this time a waiter tries again, then after twice */
	WAIT_DOUBLINGS = 6,	/* that time, up to about a second */
};

/**
 * struct reserve - the pages that are kept back; reserve_lock, the numbers are read without it
 * @base: addresses of the pages, in ascending order
 * @page: descriptors
 * @run: records
 * @nr_base: number of pages
 * @nr_page: number of descriptors, not less than @nr_base
 * @nr_run: number of records, not less than @nr_base
 * @filled: number of pages ever added; it wraps
 */
struct reserve {
	void *base[MOST];
	struct ntpool_page *page[MOST];
	struct ntpool_run *run[MOST];
	unsigned int nr_base;
	unsigned int nr_page;
	unsigned int nr_run;
	unsigned int filled;
};

static DEFINE_RAW_SPINLOCK(reserve_lock);
static DEFINE_MUTEX(reserve_mutex);	/* serialises the parameter with start and stop */
static bool reserve_started;		/* under reserve_mutex */
static unsigned int must_succeed_pages __read_mostly = 4;	/* parameter; one word */
static struct reserve reserve;		/* guarded by reserve_lock */
static DECLARE_WAIT_QUEUE_HEAD(reserve_queue);
static struct workqueue_struct *reserve_wq;	/* changed under reserve_mutex */

static void reserve_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(reserve_work, reserve_work_fn);

static void reserve_refill_soon(void)
{
	mod_delayed_work(reserve_wq, &reserve_work, 0);
}

/* page_pop() and run_pop() remove the last entry. The caller has checked that an entry exists. */
static struct ntpool_page *page_pop(void)
{
	lockdep_assert_held(&reserve_lock);
	WRITE_ONCE(reserve.nr_page, reserve.nr_page - 1);
	return reserve.page[reserve.nr_page];
}

static struct ntpool_run *run_pop(void)
{
	lockdep_assert_held(&reserve_lock);
	WRITE_ONCE(reserve.nr_run, reserve.nr_run - 1);
	return reserve.run[reserve.nr_run];
}

/* Removes @nr pages from index @at on. Returns the address of the first. */
static void *bases_take(unsigned int at, unsigned int nr)
{
	void *base = reserve.base[at];

	lockdep_assert_held(&reserve_lock);
	WRITE_ONCE(reserve.nr_base, reserve.nr_base - nr);
	memmove(&reserve.base[at], &reserve.base[at + nr],
		(reserve.nr_base - at) * sizeof(reserve.base[0]));
	return base;
}

/* Returns the index where @nr adjacent pages begin; nr_base if there are none. */
static unsigned int bases_find(unsigned long nr)
{
	unsigned int i, length = 0;

	lockdep_assert_held(&reserve_lock);
	for (i = 0; i < reserve.nr_base; i++) {
		if (length && reserve.base[i] == reserve.base[i - 1] + PAGE_SIZE)
			length++;
		else
			length = 1;
		if (length == nr)
			return i + 1 - nr;
	}
	return reserve.nr_base;
}

/* Returns the index where the shortest run begins: a single page must not split a longer one. */
static unsigned int bases_find_single(void)
{
	unsigned int at = 0, shortest = MOST + 1, begin = 0, i;

	lockdep_assert_held(&reserve_lock);
	for (i = 1; i <= reserve.nr_base; i++) {
		if (i < reserve.nr_base && reserve.base[i] == reserve.base[i - 1] + PAGE_SIZE)
			continue;
		if (i - begin < shortest) {
			shortest = i - begin;
			at = begin;
		}
		begin = i;
	}
	return at;
}

struct ntpool_header *ntpool_reserve_block(unsigned int granules, unsigned int flags)
{
	struct ntpool_page *page = NULL;
	void *base = NULL;
	unsigned long irq;

	raw_spin_lock_irqsave(&reserve_lock, irq);
	if (reserve.nr_base) {
		base = bases_take(bases_find_single(), 1);
		page = page_pop();
	}
	raw_spin_unlock_irqrestore(&reserve_lock, irq);
	if (!page)
		return NULL;
	reserve_refill_soon();
	return ntpool_heap_take_from(page, base, granules, flags);
}

struct ntpool_run *ntpool_reserve_pages(unsigned long pages)
{
	struct ntpool_run *run = NULL;
	void *base = NULL;
	unsigned long irq, i;
	unsigned int at;

	raw_spin_lock_irqsave(&reserve_lock, irq);
	at = pages == 1 ? bases_find_single() : bases_find(pages);
	if (at < reserve.nr_base) {
		base = bases_take(at, pages);
		run = run_pop();
	}
	raw_spin_unlock_irqrestore(&reserve_lock, irq);
	if (!run)
		return NULL;
	reserve_refill_soon();
	/* The places were for carved pages. */
	for (i = 0; i < pages; i++)
		ntpool_map_leave(base + i * PAGE_SIZE);
	ntpool_run_fill(run, NTPOOL_USE_POOL, NTPOOL_NONPAGED, base, pages);
	return run;
}

unsigned int ntpool_reserve_seen(void)
{
	return READ_ONCE(reserve.filled);
}

bool ntpool_reserve_wait(unsigned int seen, unsigned int tries)
{
	unsigned long ms = WAIT_MS << min_t(unsigned int, tries, WAIT_DOUBLINGS);

	/* The worker keeps its own pace: a request that took a page has queued it. */
	return wait_event_killable_timeout(reserve_queue, ntpool_reserve_seen() != seen,
					   msecs_to_jiffies(ms)) >= 0;
}

/*
 * The worker
 */

static unsigned int reserve_target(void)
{
	return READ_ONCE(must_succeed_pages);
}

/* Adds descriptors and records for the target. Returns false without memory. */
static bool stock_up(void)
{
	gfp_t gfp = ntpool_backing_gfp();
	struct ntpool_page *page;
	struct ntpool_run *run;

	while (READ_ONCE(reserve.nr_page) < reserve_target()) {
		page = ntpool_refused() ? NULL : ntpool_page_alloc(gfp, NUMA_NO_NODE);
		if (!page)
			return false;
		raw_spin_lock_irq(&reserve_lock);
		reserve.page[reserve.nr_page] = page;
		WRITE_ONCE(reserve.nr_page, reserve.nr_page + 1);
		raw_spin_unlock_irq(&reserve_lock);
	}
	while (READ_ONCE(reserve.nr_run) < reserve_target()) {
		run = ntpool_run_create();
		if (!run)
			return false;
		raw_spin_lock_irq(&reserve_lock);
		reserve.run[reserve.nr_run] = run;
		WRITE_ONCE(reserve.nr_run, reserve.nr_run + 1);
		raw_spin_unlock_irq(&reserve_lock);
	}
	return true;
}

/* Adds a page, if there are a descriptor and a record for it. Requests take these meanwhile. */
static bool base_insert(void *base)
{
	unsigned int at;

	lockdep_assert_held(&reserve_lock);
	if (reserve.nr_base >= min(reserve.nr_page, reserve.nr_run))
		return false;
	for (at = reserve.nr_base; at && reserve.base[at - 1] > base; at--)
		reserve.base[at] = reserve.base[at - 1];
	reserve.base[at] = base;
	WRITE_ONCE(reserve.nr_base, reserve.nr_base + 1);
	WRITE_ONCE(reserve.filled, reserve.filled + 1);
	return true;
}

/*
 * Adds the page at @base, or frees it. Returns false if it has no descriptor or record, or there
 * is no memory for the page map.
 */
static bool page_add(void *base)
{
	bool added;

	/*
	 * On PREEMPT_RT an atomic context cannot enter a page that the first table lacks. The
	 * kernel may have no other pages, so the worker does not try again for them.
	 */
	if (IS_ENABLED(CONFIG_PREEMPT_RT) && !ntpool_in_linear_map(base)) {
		ntpool_backing_free(base, 1);
		return true;
	}
	added = ntpool_map_prepare(base);
	if (added) {
		raw_spin_lock_irq(&reserve_lock);
		added = base_insert(base);
		raw_spin_unlock_irq(&reserve_lock);
		if (!added)
			ntpool_map_leave(base);
	}
	if (!added)
		ntpool_backing_free(base, 1);
	return added;
}

static bool single_add(void)
{
	void *base = ntpool_backing_alloc(NTPOOL_NONPAGED, 1, numa_mem_id(), NTPOOL_CONTIGUOUS);

	return base && page_add(base);
}

/* Adds @nr pages, as one run if the kernel has one. Returns false if any is missing. */
static bool pages_add(unsigned int nr)
{
	void *base = ntpool_backing_alloc(NTPOOL_NONPAGED, nr, numa_mem_id(), NTPOOL_CONTIGUOUS);
	bool done = true;
	unsigned int i;

	for (i = 0; base && i < nr; i++)
		done &= page_add(base + i * PAGE_SIZE);
	for (i = 0; !base && done && i < nr; i++)
		done = single_add();
	return done;
}

/*
 * Returns true if the reserve is full. A request that takes a page meanwhile queues the worker
 * again.
 */
static bool reserve_fill(void)
{
	unsigned int target = reserve_target();
	unsigned int nr = READ_ONCE(reserve.nr_base);

	if (!stock_up())
		return false;
	return nr >= target || pages_add(target - nr);
}

/* Frees what exceeds @target. */
static void reserve_shrink(unsigned int target)
{
	struct ntpool_page *page;
	struct ntpool_run *run;
	void *base;

	do {
		raw_spin_lock_irq(&reserve_lock);
		base = reserve.nr_base > target ? bases_take(reserve.nr_base - 1, 1) : NULL;
		page = reserve.nr_page > target ? page_pop() : NULL;
		run = reserve.nr_run > target ? run_pop() : NULL;
		raw_spin_unlock_irq(&reserve_lock);
		if (base) {
			ntpool_map_leave(base);
			ntpool_backing_free(base, 1);
		}
		if (page)
			ntpool_page_free(page);
		ntpool_run_discard(run);
	} while (base || page || run);
}

static void reserve_work_fn(struct work_struct *work)
{
	bool complete;

	ntpool_refuse_refill(true);
	reserve_shrink(reserve_target());
	complete = reserve_fill();
	ntpool_refuse_refill(false);
	/* Pairs with the condition that waiters check after they have joined the queue. */
	wake_up_all(&reserve_queue);
	if (!complete)
		queue_delayed_work(reserve_wq, &reserve_work, msecs_to_jiffies(RETRY_MS));
}

int ntpool_reserve_init(void)
{
	reserve_wq = ntpool_refused() ? NULL :
		     alloc_workqueue("ntpool_reserve", WQ_MEM_RECLAIM | WQ_UNBOUND, 1);
	if (!reserve_wq)
		return -ENOMEM;
	mutex_lock(&reserve_mutex);
	reserve_started = true;
	mutex_unlock(&reserve_mutex);
	reserve_refill_soon();
	flush_delayed_work(&reserve_work);
	return 0;
}

void ntpool_reserve_exit(void)
{
	mutex_lock(&reserve_mutex);
	reserve_started = false;
	mutex_unlock(&reserve_mutex);
	cancel_delayed_work_sync(&reserve_work);
	destroy_workqueue(reserve_wq);
	reserve_shrink(0);
}

/* Before ntpool_reserve_init() and after ntpool_reserve_exit() only the value changes. */
static int must_succeed_set(const char *val, const struct kernel_param *kp)
{
	int err = ntpool_param_uint(val, kp, 0, MOST);

	if (err)
		return err;
	mutex_lock(&reserve_mutex);
	if (reserve_started)
		reserve_refill_soon();
	mutex_unlock(&reserve_mutex);
	return 0;
}

static const struct kernel_param_ops must_succeed_ops = {
	.set = must_succeed_set,
	.get = param_get_uint,
};

module_param_cb(must_succeed_pages, &must_succeed_ops, &must_succeed_pages, 0644);
MODULE_PARM_DESC(must_succeed_pages,
		 "pages kept back for NonPagedPoolMustSucceed, 0 to 256 (default 4)");

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/reserve_hooks.c"
#endif
