// SPDX-License-Identifier: GPL-2.0
/*
 * Special pool: allocations below a page, each on a page of its own between guard pages.
 *
 * NT puts a watched block at the end of a page, in front of an unmapped one. So an overrun
 * faults at once. Against underruns it puts the block at the start of a page, behind an
 * unmapped one. The rest of the page has a pattern that is checked at the free. The page of
 * a freed block stays unmapped, so that late accesses fault as well.
 *
 * Here special pool is an array of slots. A slot has a page of address space and, from its
 * first use on, a page of memory (special_map.c). An allocation takes the first slot of:
 *
 *	special_ready	slots with a page, never used; a worker fills this list ahead
 *	special_unused	slots without a page, if the caller can get one
 *	special_freed	slots in quarantine, the one freed longest ago first
 *
 * A slot leaves quarantine only while more than an eighth of all slots are in it. If no
 * slot is left, the caller falls back to ordinary pool, as on NT. special_pattern.c fills
 * and checks pages.
 *
 * A block at the end of its page is aligned to 16 bytes, or to a cache line if requested. The
 * bytes that this leaves between block and guard page have the pattern too.
 *
 * Differences from NT: blocks of paged pool are in the same slots. Blocks that the driver
 * treats as linearly mapped memory are never in special pool, as its pages come from vmap().
 *
 * Locking: special_lock, a raw spinlock and a leaf, interrupts off, guards lists, states and
 * counts. The CPU that makes a slot NTPOOL_SPECIAL_BUSY owns it. It fills, checks and
 * unwinds without the lock. special_mutex serialises the start.
 *
 * Contexts: any but NMI, on PREEMPT_RT too, where an atomic caller only takes a slot that has
 * a page. The explanation of a fault takes no lock, because the fault may have happened under
 * it. If the slot changes at that moment, the report may contain a wrong detail.
 */
#include <linux/bitmap.h>
#include <linux/cache.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "base/callsite.h"
#include "base/frame.h"
#include "base/irql.h"
#include "base/param.h"
#include "base/refuse.h"
#include "base/report.h"
#include "parts.h"
#include "memory/backing.h"
#include "test.h"
#include "verify/special.h"

enum {
	SPECIAL_ALIGN = 16,
	SPECIAL_STOCK = 64,	/* slots that the worker keeps in special_ready */
};

static DEFINE_MUTEX(special_mutex);	/* serialises ntpool_special_start() */
/* Parameters, one word each, read without a lock. special_pages is constant after the load. */
static unsigned int special_at_start __read_mostly;
static unsigned int special_pages __read_mostly = 1024;

/* Set last, by special_create(); then these are constant. */
static struct ntpool_special_slot *slots;
static unsigned long special_base;	/* address of the guard page before the first slot */
static unsigned long special_size;	/* bytes of address space */
static unsigned int special_nr;		/* number of slots */

static unsigned long *special_stale;	/* pages that other CPUs may still reach; special_lock */
static unsigned long *special_flushing;	/* copy of special_stale; the worker's */

static DEFINE_RAW_SPINLOCK(special_lock);	/* guards all of the following */
static LIST_HEAD(special_unused);	/* NTPOOL_SPECIAL_IDLE, no page */
static LIST_HEAD(special_ready);	/* NTPOOL_SPECIAL_IDLE, with page */
static LIST_HEAD(special_freed);	/* NTPOOL_SPECIAL_FREED, longest first */
static unsigned int special_nr_ready;	/* slots in special_ready */
static unsigned int special_nr_freed;	/* slots in special_freed */
static unsigned int special_nr_pages;	/* slots with a page */
static unsigned int special_nr_live[NTPOOL_TYPES];

static void special_worker(struct work_struct *work);
static DECLARE_WORK(special_work, special_worker);

static unsigned long slot_index(const struct ntpool_special_slot *slot)
{
	return 2 * (slot - slots) + 1;
}

static unsigned long slot_page(const struct ntpool_special_slot *slot)
{
	return special_base + (slot_index(slot) << PAGE_SHIFT);
}

static void *slot_block(const struct ntpool_special_slot *slot)
{
	return (void *)(slot_page(slot) + slot->offset);
}

/*
 * Returns the slot that @addr lies in, or the slot before if @addr lies in a guard page; *@guard
 * tells which. Returns NULL outside of special pool, and for the first guard page.
 */
static struct ntpool_special_slot *slot_at(unsigned long addr, bool *guard)
{
	unsigned long index;

	/* Pairs with the release in special_create(). */
	if (!smp_load_acquire(&slots) || addr - special_base >= special_size)
		return NULL;
	index = (addr - special_base) >> PAGE_SHIFT;
	*guard = !(index & 1);
	return index ? &slots[(index - 1) / 2] : NULL;
}

/*
 * Takes a slot, with @pageless also one without a page. Sets *@freed if it was in quarantine.
 * Returns NULL if there is none. Called under special_lock.
 */
static struct ntpool_special_slot *slot_take(bool pageless, bool *freed)
{
	struct ntpool_special_slot *slot;

	lockdep_assert_held(&special_lock);
	slot = list_first_entry_or_null(&special_ready, struct ntpool_special_slot, link);
	if (slot) {
		special_nr_ready--;
	} else if (pageless && !list_empty(&special_unused)) {
		slot = list_first_entry(&special_unused, struct ntpool_special_slot, link);
	} else if (special_nr_freed > special_nr / 8) {
		slot = list_first_entry(&special_freed, struct ntpool_special_slot, link);
		special_nr_freed--;
	}
	if (slot) {
		list_del(&slot->link);
		*freed = slot->state == NTPOOL_SPECIAL_FREED;
		WRITE_ONCE(slot->state, NTPOOL_SPECIAL_BUSY);
	}
	return slot;
}

/* Adds @slot to the list for its state. Called under special_lock. */
static void slot_put(struct ntpool_special_slot *slot)
{
	lockdep_assert_held(&special_lock);
	if (slot->state == NTPOOL_SPECIAL_FREED) {
		list_add_tail(&slot->link, &special_freed);
		special_nr_freed++;
	} else if (slot->page) {
		list_add_tail(&slot->link, &special_ready);
		special_nr_ready++;
	} else {
		list_add_tail(&slot->link, &special_unused);
	}
}

/* Gets a page for @slot, which the caller owns. Returns false, and puts @slot, if it cannot. */
static bool slot_get_page(struct ntpool_special_slot *slot, gfp_t gfp)
{
	unsigned long flags;
	struct page *page;

	page = gfp && !ntpool_refused() ? alloc_page(gfp) : NULL;
	raw_spin_lock_irqsave(&special_lock, flags);
	slot->page = page;
	if (page) {
		special_nr_pages++;
	} else {
		WRITE_ONCE(slot->state, NTPOOL_SPECIAL_IDLE);
		slot_put(slot);
	}
	raw_spin_unlock_irqrestore(&special_lock, flags);
	return page;
}

/* Gets pages for slots that have none, until SPECIAL_STOCK slots are ready. Sleeps. */
static void special_refill(void)
{
	struct ntpool_special_slot *slot;

	for (;;) {
		raw_spin_lock_irq(&special_lock);
		slot = NULL;
		if (special_nr_ready < SPECIAL_STOCK)
			slot = list_first_entry_or_null(&special_unused,
							struct ntpool_special_slot, link);
		if (slot)
			list_del(&slot->link);
		raw_spin_unlock_irq(&special_lock);
		if (!slot || !slot_get_page(slot, GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY))
			return;
		raw_spin_lock_irq(&special_lock);
		slot_put(slot);
		raw_spin_unlock_irq(&special_lock);
	}
}

/* Makes the pages freed since the last call inaccessible to all CPUs. Sleeps. */
static void special_flush(void)
{
	unsigned long nr = special_size >> PAGE_SHIFT;
	bool any;

	raw_spin_lock_irq(&special_lock);
	any = !bitmap_empty(special_stale, nr);
	bitmap_copy(special_flushing, special_stale, nr);
	bitmap_zero(special_stale, nr);
	raw_spin_unlock_irq(&special_lock);
	if (any)
		ntpool_special_map_flush(special_base, special_flushing, nr);
}

/* Queued by frees, and by allocations that find few slots ready. */
static void special_worker(struct work_struct *work)
{
	special_flush();
	special_refill();
}

/* Takes a slot with a page. Sets *@freed if the page has the pattern of a freed block. */
static struct ntpool_special_slot *special_take(bool *freed)
{
	struct ntpool_special_slot *slot;
	unsigned long flags;
	bool low;

	/* Pairs with the release in special_create(). */
	if (!smp_load_acquire(&slots))
		return NULL;
	raw_spin_lock_irqsave(&special_lock, flags);
	slot = slot_take(true, freed);
	low = special_nr_ready < SPECIAL_STOCK / 2 && !list_empty(&special_unused);
	raw_spin_unlock_irqrestore(&special_lock, flags);
	if (low)
		schedule_work(&special_work);
	if (!slot || slot->page || slot_get_page(slot, ntpool_backing_gfp()))
		return slot;
	/* The kernel has no page. A slot in quarantine has one. */
	raw_spin_lock_irqsave(&special_lock, flags);
	slot = slot_take(false, freed);
	raw_spin_unlock_irqrestore(&special_lock, flags);
	return slot;
}

/* True if the block has to be at the start of its page: by the request or the parameter. */
static bool is_at_start(unsigned int flags)
{
	if (flags & NTPOOL_UNDERRUN)
		return true;
	return !(flags & NTPOOL_OVERRUN) && READ_ONCE(special_at_start);
}

/* Bytes of its page that a block at the end takes, rounded up to its alignment. */
static size_t room_for(size_t size, unsigned int flags)
{
	size_t align = flags & NTPOOL_ALIGNED ? max_t(size_t, SMP_CACHE_BYTES, SPECIAL_ALIGN) :
						SPECIAL_ALIGN;

	return ALIGN(max_t(size_t, size, 1), align);
}

/* Gives up a busy slot, as a live block or into quarantine. */
static void slot_enter(struct ntpool_special_slot *slot, enum ntpool_special_state state)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&special_lock, flags);
	slot->state = state;
	if (state == NTPOOL_SPECIAL_LIVE) {
		special_nr_live[slot->type]++;
	} else {
		__set_bit(slot_index(slot), special_stale);
		slot_put(slot);
	}
	raw_spin_unlock_irqrestore(&special_lock, flags);
}

void *ntpool_special_alloc(const struct ntpool_request *req, u8 keep)
{
	struct ntpool_special_slot *slot;
	bool freed = false;
	void *p;

	slot = special_take(&freed);
	if (!slot)
		return NULL;
	if (freed)
		ntpool_special_check_freed(slot, slot_page(slot));
	slot->type = req->type;
	slot->flags = keep;
	slot->offset = is_at_start(req->flags) ? 0 : PAGE_SIZE - room_for(req->size, req->flags);
	slot->size = req->size;
	slot->tag = req->tag;
	slot->payer = req->payer;
	slot->charged = req->charged;
	ntpool_special_fill(slot, (req->flags & NTPOOL_ZERO) || want_init_on_alloc(0));
	ntpool_stack_take(&slot->allocated, req->caller);
	ntpool_special_map(slot_page(slot), slot->page);
	p = slot_block(slot);
	/* From here on a wrong free may free the block, and the slot may be used again. */
	slot_enter(slot, NTPOOL_SPECIAL_LIVE);
	return p;
}

enum ntpool_verdict ntpool_special_claim(void *p, struct ntpool_special_slot **slot)
{
	enum ntpool_verdict verdict = NTPOOL_FREE_TWICE;
	unsigned long flags;
	bool guard;

	*slot = slot_at((unsigned long)p, &guard);
	if (!*slot || guard)
		return NTPOOL_FREE_UNOWNED;
	raw_spin_lock_irqsave(&special_lock, flags);
	switch ((*slot)->state) {
	case NTPOOL_SPECIAL_IDLE:
		verdict = NTPOOL_FREE_UNOWNED;
		break;
	case NTPOOL_SPECIAL_LIVE:
		verdict = NTPOOL_FREE_MIDDLE;
		if (p == slot_block(*slot)) {
			verdict = NTPOOL_FREE_OK;
			(*slot)->state = NTPOOL_SPECIAL_BUSY;
			special_nr_live[(*slot)->type]--;
		}
		break;
	case NTPOOL_SPECIAL_BUSY:
	case NTPOOL_SPECIAL_FREED:
		break;
	}
	raw_spin_unlock_irqrestore(&special_lock, flags);
	return verdict;
}

void ntpool_special_release(struct ntpool_special_slot *slot, unsigned long caller)
{
	ntpool_stack_take(&slot->freed, caller);
	ntpool_special_unmap(slot_page(slot));
	ntpool_special_check_around(slot, slot_page(slot), caller);
	ntpool_special_fill_freed(slot);
	slot_enter(slot, NTPOOL_SPECIAL_FREED);
	schedule_work(&special_work);
}

/*
 * Faults
 */

/*
 * An access to a guard page at @addr belongs to the nearer live block of the two neighbours.
 * Returns its slot, or NULL. *@past: the access is past the end of the block.
 */
static const struct ntpool_special_slot *guard_owner(const struct ntpool_special_slot *before,
						     unsigned long addr, bool *past)
{
	const struct ntpool_special_slot *after = before ? before + 1 : slots;
	bool has_before = before && READ_ONCE(before->state) == NTPOOL_SPECIAL_LIVE;
	bool has_after = after < slots + special_nr &&
			 READ_ONCE(after->state) == NTPOOL_SPECIAL_LIVE;

	*past = has_before && (!has_after || offset_in_page(addr) < PAGE_SIZE / 2);
	if (*past)
		return before;
	return has_after ? after : NULL;
}

/* Completes @stop with the block of @slot and reports it. */
static void report_fault(const struct ntpool_special_slot *slot, struct ntpool_stop *stop)
{
	stop->addr_mask = BIT(0) | BIT(2);
	stop->has_tag = true;
	stop->tag = slot->tag;
	stop->size = slot->size;
	stop->allocated = &slot->allocated;
	ntpool_report(stop);
}

static bool fault_in_freed(const struct ntpool_special_slot *slot, struct ntpool_stop *stop,
			   unsigned long addr, bool write)
{
	long at = addr - (unsigned long)slot_block(slot);
	enum ntpool_special_state state = READ_ONCE(slot->state);
	char text[NTPOOL_STOP_SENTENCE];

	/* A slot that has never had a block may be busy too. */
	if ((state != NTPOOL_SPECIAL_FREED && state != NTPOOL_SPECIAL_BUSY) || !slot->freed.caller)
		return false;
	snprintf(text, sizeof(text), "byte %ld of a freed block was %s", at,
		 write ? "written" : "read");
	stop->code = ntpool_callsite_in_module(stop->caller) ? NTPOOL_STOP_DRIVER_FREED :
							NTPOOL_STOP_FREED_SPECIAL;
	stop->text = text;
	stop->freed = &slot->freed;
	report_fault(slot, stop);
	return true;
}

static bool fault_in_guard(const struct ntpool_special_slot *before, struct ntpool_stop *stop,
			   unsigned long addr, bool write)
{
	const struct ntpool_special_slot *slot;
	char text[NTPOOL_STOP_SENTENCE];
	unsigned long block;
	bool past;

	slot = guard_owner(before, addr, &past);
	if (!slot)
		return false;
	block = (unsigned long)slot_block(slot);
	snprintf(text, sizeof(text), "byte %lu %s a block was %s",
		 past ? addr - block - slot->size + 1 : block - addr,
		 past ? "past the end of" : "before the start of", write ? "written" : "read");
	stop->code = ntpool_callsite_in_module(stop->caller) ? NTPOOL_STOP_DRIVER_BEYOND_END :
							NTPOOL_STOP_BEYOND_END;
	stop->text = text;
	report_fault(slot, stop);
	return true;
}

bool ntpool_special_fault(unsigned long addr, bool write, unsigned long ip)
{
	struct ntpool_stop stop = {
		.param = { addr, write, ip },
		.caller = ip,
	};
	const struct ntpool_special_slot *slot;
	bool guard = true;

	slot = slot_at(addr, &guard);
	if (!slot && (!READ_ONCE(slots) || addr - special_base >= PAGE_SIZE))
		return false;
	return guard ? fault_in_guard(slot, &stop, addr, write) :
		       fault_in_freed(slot, &stop, addr, write);
}

/*
 * Queries
 */

bool ntpool_special_is_paged(const void *p)
{
	struct ntpool_special_slot *slot;
	bool guard;

	slot = slot_at((unsigned long)p, &guard);
	return slot && !guard && READ_ONCE(slot->state) == NTPOOL_SPECIAL_LIVE &&
	       READ_ONCE(slot->type) == NTPOOL_PAGED;
}

size_t ntpool_special_size(const void *p, bool *charged)
{
	struct ntpool_special_slot *slot;
	unsigned long flags;
	size_t size = 0;
	bool guard;

	slot = slot_at((unsigned long)p, &guard);
	if (!slot || guard)
		return 0;
	raw_spin_lock_irqsave(&special_lock, flags);
	if (slot->state == NTPOOL_SPECIAL_LIVE && slot_block(slot) == p) {
		size = slot->size;
		*charged = ntpool_header_has(slot->flags, NTPOOL_HDR_QUOTA);
	}
	raw_spin_unlock_irqrestore(&special_lock, flags);
	return size;
}

/* Copies the data of a live block to @block. Returns false if the slot has none. */
static bool slot_describe(const struct ntpool_special_slot *slot, struct ntpool_block *block)
{
	bool live;

	raw_spin_lock_irq(&special_lock);
	live = slot->state == NTPOOL_SPECIAL_LIVE;
	if (live)
		*block = (struct ntpool_block){
			.addr = slot_block(slot),
			.tag = slot->tag,
			.type = slot->type,
			.bytes = PAGE_SIZE,
			.requested = slot->size,
			.caller = slot->allocated.caller,
		};
	raw_spin_unlock_irq(&special_lock);
	return live;
}

int ntpool_special_for_each(ntpool_block_fn fn, void *arg)
{
	struct ntpool_block block;
	unsigned int i;
	int ret = 0;

	/* Pairs with the release in special_create(). */
	if (!smp_load_acquire(&slots))
		return 0;
	for (i = 0; i < special_nr && !ret; i++) {
		if (slot_describe(&slots[i], &block))
			ret = fn(&block, arg);
		cond_resched();
	}
	return ret;
}

void ntpool_special_frames(struct ntpool_frames *frames)
{
	const struct ntpool_special_slot *slot;
	unsigned int i;

	/* Pairs with the release in special_create(). */
	if (!smp_load_acquire(&slots))
		return;
	for (i = 0; i < special_nr; i++) {
		slot = &slots[i];
		raw_spin_lock_irq(&special_lock);
		if (slot->state == NTPOOL_SPECIAL_LIVE || slot->state == NTPOOL_SPECIAL_FREED)
			ntpool_frames_add(frames, &slot->allocated);
		if (slot->state == NTPOOL_SPECIAL_FREED)
			ntpool_frames_add(frames, &slot->freed);
		raw_spin_unlock_irq(&special_lock);
		if (frames->nr)
			ntpool_frames_keep(frames);
		cond_resched();
	}
}

void ntpool_special_stats(struct ntpool_special_stats *stats)
{
	raw_spin_lock_irq(&special_lock);
	stats->pages = special_nr_pages;
	stats->live[NTPOOL_NONPAGED] = special_nr_live[NTPOOL_NONPAGED];
	stats->live[NTPOOL_PAGED] = special_nr_live[NTPOOL_PAGED];
	raw_spin_unlock_irq(&special_lock);
}

/*
 * Life cycle
 */

static int special_create(unsigned int nr)
{
	unsigned long pages = 2UL * nr + 1;
	struct ntpool_special_slot *array;
	unsigned int i;
	void *base;

	array = kvcalloc(nr, sizeof(*array), GFP_KERNEL);
	special_stale = bitmap_zalloc(pages, GFP_KERNEL);
	special_flushing = bitmap_zalloc(pages, GFP_KERNEL);
	base = ntpool_special_map_create(pages);
	if (!array || !special_stale || !special_flushing || IS_ERR(base))
		goto fail;
	special_base = (unsigned long)base;
	special_size = pages << PAGE_SHIFT;
	special_nr = nr;
	for (i = 0; i < nr; i++)
		list_add_tail(&array[i].link, &special_unused);
	/* Readers that see the array see the rest. */
	smp_store_release(&slots, array);
	return 0;

fail:
	if (!IS_ERR(base))
		ntpool_special_map_destroy(base);
	bitmap_free(special_stale);
	bitmap_free(special_flushing);
	kvfree(array);
	return IS_ERR(base) ? PTR_ERR(base) : -ENOMEM;
}

int ntpool_special_start(void)
{
	int err = 0;

	mutex_lock(&special_mutex);
	if (slots)
		goto out;
	err = ntpool_refused() ? -ENOMEM : special_create(special_pages);
	if (err)
		goto out;
	ntpool_oops_init(ntpool_special_fault);
	special_refill();
out:
	mutex_unlock(&special_mutex);
	return err;
}

/* Frees all of special pool. No other part uses it; live blocks were reported as leaked. */
void ntpool_special_exit(void)
{
	unsigned int i;

	if (!slots)
		return;
	ntpool_oops_exit();
	cancel_work_sync(&special_work);
	ntpool_special_map_destroy((void *)special_base);
	for (i = 0; i < special_nr; i++)
		if (slots[i].page)
			__free_page(slots[i].page);
	bitmap_free(special_stale);
	bitmap_free(special_flushing);
	kvfree(slots);
}

#if IS_ENABLED(CONFIG_KUNIT)
void ntpool_test_special_start(bool at_start)
{
	WRITE_ONCE(special_at_start, at_start);
}
EXPORT_SYMBOL_GPL(ntpool_test_special_start);
#endif

static int special_start_set(const char *val, const struct kernel_param *kp)
{
	return ntpool_param_uint(val, kp, 0, 1);
}

static const struct kernel_param_ops special_start_ops = {
	.set = special_start_set,
	.get = param_get_uint,
};

module_param_cb(special_start, &special_start_ops, &special_at_start, 0644);
MODULE_PARM_DESC(special_start,
		 "special pool places blocks at the end of the page (0) or at the start (1) (default 0)");

static int special_pages_set(const char *val, const struct kernel_param *kp)
{
	return ntpool_param_uint(val, kp, 16, 65536);
}

static const struct kernel_param_ops special_pages_ops = {
	.set = special_pages_set,
	.get = param_get_uint,
};

module_param_cb(special_pages, &special_pages_ops, &special_pages, 0444);
MODULE_PARM_DESC(special_pages,
		 "pages that special pool may hold, freed ones in quarantine included, 16 to 65536 (default 1024)");
