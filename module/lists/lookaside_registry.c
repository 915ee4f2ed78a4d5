// SPDX-License-Identifier: GPL-2.0
/*
 * All lookaside lists of the system, and those who visit them.
 *
 * NT links the public structures of all lists, for the thread that tunes depths
 * once a second and for the debugger. Here the registry links objects of its own,
 * struct ntpool_lookaside, and a visitor looks twice whether the public structure is
 * still that of its list, in case a driver has freed it without deleting the list.
 *
 * Visitors come from five sides: the scan (lookaside_balance.c), readers of debugfs,
 * the verifier when it is switched, the death of a CPU, the unloading of a driver. They
 * walk the registry with ntpool_lookaside_next(), which gives each list a reference
 * while it is visited; the lock is held only to step. A list stays linked until its
 * last reference is gone, so the walk finds its way on; dead ones are passed over.
 *
 * The public structure is written by visitors only under the lock, only if the list
 * is not dead, and only if it still looks like an initialised list. Deletion sets
 * `dead` under the same lock, so the structure is the driver's again from then on.
 *
 * Folding (see lookaside_cache.c for who counts where). list->home says what the
 * public counts are:
 *
 *	NTPOOL_LA_UNOWNED	nobody has counted yet; the first CPU becomes home
 *	a CPU		they are written by this CPU, without a lock, and by nobody
 *			else. If the scan finds that another CPU has counted in its own
 *			fields, it makes the list shared, on the home CPU
 *	NTPOOL_LA_SHARED	all CPUs count in their own fields. The scan adds what is new to
 *			the public ones, by compare-and-exchange, so that what a
 *			driver writes there meanwhile is not lost. If only one CPU has
 *			counted since the last scan, it becomes home, on that CPU
 *
 * A change of home runs on the CPU concerned while nobody is inside its cache, so
 * no count ever goes to two places or to none.
 *
 * The verifier. While ntpool_lookaside_off is set no array is installed, whatever a
 * driver writes to Depth, and without an array nothing is cached. Switching on sets
 * it, waits until everybody who may have seen it clear is out of his cache (they
 * have preemption disabled: an RCU grace period), and then takes the arrays. Lists
 * begin anew when it is switched off, at a depth of 4 or at MaximumDepth if that is
 * less, but for a depth that the driver wrote meanwhile.
 *
 * Locking: params.c's mutex -> cpus_read_lock(); ntpool_lookaside_lock
 * is a leaf and raw, because it is taken in interprocessor interrupts and by callers
 * at DISPATCH_LEVEL. The hotplug callback takes nothing but that lock.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "base/callsite.h"
#include "base/client.h"
#include "base/irql.h"
#include "base/report.h"
#include "base/text.h"
#include "heap/scan.h"
#include "init.h"
#include "lists/lookaside.h"
#include "lists/lookaside_registry.h"
#include "verify/verify.h"

DEFINE_RAW_SPINLOCK(ntpool_lookaside_lock);
bool ntpool_lookaside_off __read_mostly;

/* All lists, oldest first; under the lock. */
static LIST_HEAD(lists);

struct workqueue_struct *ntpool_lookaside_wq;
static enum cpuhp_state hotplug_state;

/*
 * References
 */

static void list_free_worker(struct work_struct *work)
{
	struct ntpool_lookaside *list = container_of(work, struct ntpool_lookaside, free_work);

	raw_spin_lock_irq(&ntpool_lookaside_lock);
	list_del(&list->link);
	raw_spin_unlock_irq(&ntpool_lookaside_lock);
	ntpool_lookaside_destroy(list);
}

static void list_put(struct ntpool_lookaside *list)
{
	if (refcount_dec_and_test(&list->refs))
		queue_work(ntpool_lookaside_wq, &list->free_work);
}

/* As ntpool_lookaside_next(), of lists in use or of those that are not (@dead). */
static struct ntpool_lookaside *list_next_that(struct ntpool_lookaside *prev, bool dead)
{
	struct ntpool_lookaside *list;
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	list = list_prepare_entry(prev, &lists, link);
	list_for_each_entry_continue(list, &lists, link)
		if (list->dead == dead && refcount_inc_not_zero(&list->refs))
			break;
	if (list_entry_is_head(list, &lists, link))
		list = NULL;
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	if (prev)
		list_put(prev);
	return list;
}

struct ntpool_lookaside *ntpool_lookaside_next(struct ntpool_lookaside *prev)
{
	return list_next_that(prev, false);
}

bool ntpool_lookaside_any(void)
{
	return !list_empty_careful(&lists);
}

/*
 * The public structure
 */

/* "Look", and the address: a copy of a list is not a list. */
static unsigned long head_magic(const struct ntpool_lookaside_head *head)
{
	return (unsigned long)head ^ 0x6b6f6f4cUL;
}

bool ntpool_lookaside_is_alive(struct ntpool_lookaside *list)
{
	struct ntpool_lookaside_head *head = list->head;
	struct ntpool_lookaside_head seen;

	lockdep_assert_held(&ntpool_lookaside_lock);
	if (list->dead || list->lost)
		return false;
	/* The driver may have freed it, even unmapped it. */
	if (copy_from_kernel_nofault(&seen, head, sizeof(seen)))
		return false;
	return seen.magic == head_magic(head) && seen.cpus == ntpool_lookaside_distance(list->cpus);
}

static void sum_own(const struct ntpool_lookaside *list, u32 *sum)
{
	const struct ntpool_lookaside_cpu *cpu;
	int nr, i;

	memset(sum, 0, NTPOOL_LA_COUNTS * sizeof(*sum));
	for_each_possible_cpu(nr) {
		cpu = per_cpu_ptr(list->cpus, nr);
		for (i = 0; i < NTPOOL_LA_COUNTS; i++)
			sum[i] += READ_ONCE(cpu->own[i]);
	}
}

/* Adds to the public fields what is not in them; their home CPU must not write. */
static void list_fold(struct ntpool_lookaside *list)
{
	u32 sum[NTPOOL_LA_COUNTS];
	u32 *total, old;
	int i;

	sum_own(list, sum);
	for (i = 0; i < NTPOOL_LA_COUNTS; i++) {
		if (sum[i] == list->folded[i])
			continue;
		total = &list->head->total[i];
		old = READ_ONCE(*total);
		while (!try_cmpxchg(total, &old, old + sum[i] - list->folded[i]))
			;
		list->folded[i] = sum[i];
	}
}

static void depth_begin(struct ntpool_lookaside *list, struct ntpool_lookaside_head *head)
{
	list->depth = min_t(u16, NTPOOL_LA_DEPTH, READ_ONCE(head->depth.max));
	WRITE_ONCE(head->depth.now, list->depth);
}

static void list_zero_depth(struct ntpool_lookaside *list, bool zero)
{
	struct ntpool_lookaside_head *head = list->head;
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	if (list->zeroed != zero && ntpool_lookaside_is_alive(list)) {
		list->zeroed = zero;
		if (zero)
			WRITE_ONCE(head->depth.now, 0);
		else if (!READ_ONCE(head->depth.now))
			depth_begin(list, head);
	}
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
}

/*
 * Coming and going
 */

static void flush_worker(struct work_struct *work)
{
	struct ntpool_lookaside *list = container_of(work, struct ntpool_lookaside, flush_work);

	ntpool_lookaside_stash_all(list);
	ntpool_lookaside_help(list);
	list_put(list);
}

static void list_init(struct ntpool_lookaside *list, struct ntpool_lookaside_head *head,
		      const struct ntpool_lookaside_desc *desc)
{
	list->desc = *desc;
	list->head = head;
	list->zeroed = ntpool_lookaside_off;
	if (!list->zeroed)
		depth_begin(list, head);
	INIT_WORK(&list->flush_work, flush_worker);
	INIT_WORK(&list->free_work, list_free_worker);
	list_add_tail(&list->link, &lists);
}

void ntpool_lookaside_open(struct ntpool_lookaside_head *head,
			   const struct ntpool_lookaside_desc *desc)
{
	struct ntpool_lookaside *list = ntpool_lookaside_create();
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	head->depth.now = 0;
	head->depth.max = NTPOOL_LA_MAX_DEPTH;
	head->cpus = list ? ntpool_lookaside_distance(list->cpus) : 0;
	head->magic = head_magic(head);
	if (list)
		list_init(list, head, desc);
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	if (list)
		ntpool_scan_start();
}

/* What NT's verifier stops at; without it NT does not notice. */
static void report_verifier(u64 what, const struct ntpool_lookaside_head *head,
			    const char *text, unsigned long caller)
{
	struct ntpool_stop stop = {
		.code = NTPOOL_STOP_VERIFIER,
		.param = { what, (unsigned long)head },
		.addr_mask = BIT(1),
		.text = text,
		.caller = caller,
	};

	ntpool_report(&stop);
}

bool ntpool_lookaside_is_list(struct ntpool_lookaside_head *head, unsigned long caller)
{
	if (head->magic == head_magic(head))
		return true;
	report_verifier(0xcb, head,
			"a lookaside list was used that is not initialised; nothing was done",
			caller);
	return false;
}

/*
 * See ntpool_verify_range_fn: an active list lies in memory that a driver frees. Told once,
 * since what is there later on is somebody else's. In a read section.
 */
static void range_freed(void *p, size_t size, unsigned long caller)
{
	struct ntpool_lookaside_head *found = NULL;
	struct ntpool_lookaside *list;
	unsigned long flags;

	/* What lists do when the verifier goes off is told them elsewhere. */
	if (!p)
		return;
	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	list_for_each_entry(list, &lists, link) {
		if ((unsigned long)list->head - (unsigned long)p >= size)
			continue;
		if (caller && ntpool_lookaside_is_alive(list))
			found = list->head;
		/* From here on nothing is written there any more. */
		list->lost = true;
	}
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	if (found)
		report_verifier(0xcc, found,
				"pool was freed that has an active lookaside list in it", caller);
}

void ntpool_lookaside_forget(struct ntpool_lookaside_head *head, unsigned long caller)
{
	struct ntpool_lookaside *list;
	unsigned long flags;
	bool found = false;

	if (head->magic != head_magic(head))
		return;
	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	list_for_each_entry(list, &lists, link)
		if (list->head == head && !list->dead) {
			list->dead = true;
			found = !list->lost;
		}
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
	if (found && ntpool_verifier())
		report_verifier(0xca, head, "an active lookaside list was initialised again",
				caller);
}

/* NULL: none, or a list without caches. */
static struct ntpool_lookaside *head_list(struct ntpool_lookaside_head *head)
{
	if (!head->cpus)
		return NULL;
	return raw_cpu_ptr(ntpool_lookaside_cpus(head))->list;
}

void ntpool_lookaside_close(struct ntpool_lookaside_head *head, unsigned long caller)
{
	struct ntpool_lookaside *list;
	unsigned long flags;

	if (head->magic != head_magic(head)) {
		if (ntpool_verifier())
			report_verifier(0xcb, head,
					"a lookaside list was deleted that is not initialised",
					caller);
		return;
	}
	list = head_list(head);
	if (list) {
		raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
		if (!list->dead)
			list_fold(list);
		list->dead = true;
		raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
		ntpool_lookaside_finish(list, caller);
	}
	head->magic = 0;
	head->cpus = 0;
	if (list)
		list_put(list);
}

void ntpool_lookaside_flush(struct ntpool_lookaside_head *head, unsigned long caller)
{
	struct ntpool_lookaside *list;

	if (head->magic != head_magic(head))
		return;
	list = head_list(head);
	if (!list || ntpool_lookaside_empty(list, caller))
		return;
	refcount_inc(&list->refs);
	if (!queue_work(ntpool_lookaside_wq, &list->flush_work))
		list_put(list);
}

/*
 * Who counts where
 */

static u32 cpu_uses(const struct ntpool_lookaside_cpu *cpu)
{
	return READ_ONCE(cpu->own[NTPOOL_LA_ALLOCS]) + READ_ONCE(cpu->own[NTPOOL_LA_FREES]);
}

/* On a CPU, under the lock: it is home no more. */
static void home_leave(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu)
{
	if (cpu->total == cpu->own)
		return;
	cpu->total = cpu->own;
	WRITE_ONCE(list->home, NTPOOL_LA_SHARED);
}

/* On a CPU, under the lock: it is home now. */
static void home_enter(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu)
{
	if (list->home != NTPOOL_LA_SHARED || !ntpool_lookaside_is_alive(list))
		return;
	list_fold(list);
	list->note[raw_smp_processor_id()].uses = cpu_uses(cpu);
	memcpy(list->seen, list->head->total, sizeof(list->seen));
	cpu->total = list->head->total;
	WRITE_ONCE(list->home, raw_smp_processor_id());
}

/* How many CPUs have counted in their own fields since the last scan; *@which: one. */
static unsigned int scan_counters(struct ntpool_lookaside *list, int *which)
{
	unsigned int counters = 0;
	u32 uses;
	int nr;

	for_each_possible_cpu(nr) {
		uses = cpu_uses(per_cpu_ptr(list->cpus, nr));
		if (uses == list->note[nr].uses)
			continue;
		list->note[nr].uses = uses;
		*which = nr;
		counters++;
	}
	return counters;
}

void ntpool_lookaside_settle_home(struct ntpool_lookaside *list)
{
	int home = READ_ONCE(list->home);
	unsigned int counters;
	unsigned long flags;
	int which;

	counters = scan_counters(list, &which);
	if (!counters)
		return;
	if (home >= 0)
		ntpool_lookaside_on_cpu(list, home, home_leave);
	else if (counters == 1)
		ntpool_lookaside_on_cpu(list, which, home_enter);
	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	if (list->home == NTPOOL_LA_SHARED && ntpool_lookaside_is_alive(list))
		list_fold(list);
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
}

/*
 * Other visitors
 */

/* Under the lock. False: nothing is known of it any more. */
static bool list_info(struct ntpool_lookaside *list, struct ntpool_lookaside_info *info)
{
	struct ntpool_lookaside_head *head = list->head;
	u32 count[NTPOOL_LA_COUNTS];
	int nr, i;

	if (!ntpool_lookaside_is_alive(list))
		return false;
	sum_own(list, count);
	for (i = 0; i < NTPOOL_LA_COUNTS; i++)
		count[i] += READ_ONCE(head->total[i]) - list->folded[i];
	*info = (struct ntpool_lookaside_info) {
		.tag = list->desc.tag,
		.type = list->desc.type,
		.size = list->desc.size,
		.depth = READ_ONCE(head->depth.now),
		.max_depth = READ_ONCE(head->depth.max),
		.allocs = count[NTPOOL_LA_ALLOCS],
		.alloc_misses = count[NTPOOL_LA_ALLOC_MISSES],
		.frees = count[NTPOOL_LA_FREES],
		.free_misses = count[NTPOOL_LA_FREE_MISSES],
		.owner = list->desc.creator,
	};
	for_each_possible_cpu(nr)
		info->cached += READ_ONCE(per_cpu_ptr(list->cpus, nr)->nr);
	return true;
}

int ntpool_lookaside_for_each(int (*fn)(const struct ntpool_lookaside_info *info, void *arg),
			      void *arg)
{
	struct ntpool_lookaside *list = NULL;
	struct ntpool_lookaside_info info;
	bool alive;
	int ret;

	while ((list = ntpool_lookaside_next(list))) {
		raw_spin_lock_irq(&ntpool_lookaside_lock);
		alive = list_info(list, &info);
		raw_spin_unlock_irq(&ntpool_lookaside_lock);
		ret = alive ? fn(&info, arg) : 0;
		if (ret) {
			list_put(list);
			return ret;
		}
	}
	return 0;
}

/* CPUs stay as they are meanwhile: one that died was emptied by hotplug_dead(). */
static void verifier_drain(void)
{
	struct ntpool_lookaside *list = NULL;

	synchronize_rcu();
	cpus_read_lock();
	while ((list = ntpool_lookaside_next(list))) {
		ntpool_lookaside_stash_all(list);
		ntpool_lookaside_help(list);
	}
	cpus_read_unlock();
}

/**
 * verifier_switched() - switch all lists off or on again
 * @bits: bits of the verifier; any of them means that lists are off
 *
 * When it returns, nothing is cached (@bits), or lists cache as before (no bit).
 *
 * Context: process context, one call at a time; sleeps.
 */
static void verifier_switched(unsigned long bits)
{
	struct ntpool_lookaside *list = NULL;
	bool on = bits, was_on;

	raw_spin_lock_irq(&ntpool_lookaside_lock);
	was_on = ntpool_lookaside_off;
	WRITE_ONCE(ntpool_lookaside_off, on);
	raw_spin_unlock_irq(&ntpool_lookaside_lock);
	if (was_on == on)
		return;
	while ((list = ntpool_lookaside_next(list)))
		list_zero_depth(list, on);
	if (on)
		verifier_drain();
}

static int hotplug_dead(unsigned int nr)
{
	struct ntpool_lookaside *list = NULL;
	struct ntpool_lookaside_cpu *cpu;

	while ((list = ntpool_lookaside_next(list))) {
		raw_spin_lock_irq(&ntpool_lookaside_lock);
		cpu = per_cpu_ptr(list->cpus, nr);
		if (!list->dead) {
			ntpool_lookaside_stash(list, cpu);
			home_leave(list, cpu);
		}
		raw_spin_unlock_irq(&ntpool_lookaside_lock);
		ntpool_lookaside_help(list);
	}
	return 0;
}

/* Its driver has gone and has not deleted it. */
static void report_undeleted(const struct ntpool_lookaside *list)
{
	const struct ntpool_stop stop = {
		.code = NTPOOL_STOP_UNLOADED_WITHOUT_CANCELLING,
		.param = { (unsigned long)list->head },
		.addr_mask = BIT(0),
		.text = "a driver was unloaded and has not deleted a lookaside list",
		.has_tag = true,
		.tag = list->desc.tag,
		.size = list->desc.size,
		.caller = list->desc.creator,
	};

	ntpool_report(&stop);
}

static void report_leaked(const struct ntpool_lookaside *list)
{
	char text[NTPOOL_CALLSITE_TEXT];
	char tag[NTPOOL_TAG_TEXT];

	ntpool_tag_text(list->desc.tag, tag);
	ntpool_callsite_text(list->desc.creator, text, sizeof(text));
	ntpool_report_leak("lookaside list, tag %s, %s, initialised at %s", tag,
			   ntpool_type_name(list->desc.type), text);
}

/* Reports @list as left behind, and lets go of it. */
static void list_abandon(struct ntpool_lookaside *list)
{
	if (ntpool_verifier())
		report_undeleted(list);
	report_leaked(list);
	/* A CPU that dies is emptied by hotplug_dead(), unless the list is dead. */
	cpus_read_lock();
	ntpool_lookaside_stash_all(list);
	raw_spin_lock_irq(&ntpool_lookaside_lock);
	list->dead = true;
	raw_spin_unlock_irq(&ntpool_lookaside_lock);
	cpus_read_unlock();
	ntpool_lookaside_abandon(list);
}

static bool list_belongs(const struct ntpool_lookaside *list, const struct module *mod)
{
	return ntpool_callsite_belongs(list->desc.creator, mod) ||
	       within_module((unsigned long)list->head, mod);
}

/*
 * The object keeps its own reference until ntpool goes: should another module use or
 * delete the list later on, it finds caches that work. Of lists that were deleted
 * where the deleter could not wait, a Free routine may still run: here it can.
 */
static void module_going(const struct module *mod)
{
	struct ntpool_lookaside *list = NULL;

	while ((list = ntpool_lookaside_next(list)))
		if (list_belongs(list, mod))
			list_abandon(list);
	while ((list = list_next_that(list, true)))
		if (list_belongs(list, mod))
			ntpool_lookaside_wait(list);
}

static const struct ntpool_verifier_client verifier_client = {
	.range = range_freed,
	.switched = verifier_switched,
};

static const struct ntpool_client_watch client_watch = {
	.going = module_going,
};

/*
 * Life cycle
 */

int ntpool_lookaside_init(void)
{
	int ret;

	ntpool_lookaside_wq = alloc_workqueue("ntpool_lookaside", WQ_UNBOUND, 0);
	if (!ntpool_lookaside_wq)
		return -ENOMEM;
	ret = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "ntpool/lookaside:prepare",
					NULL, hotplug_dead);
	if (ret < 0) {
		destroy_workqueue(ntpool_lookaside_wq);
		return ret;
	}
	hotplug_state = ret;
	ntpool_verifier_register(NTPOOL_VERIFIER_LOOKASIDE, &verifier_client);
	ntpool_client_watch(NTPOOL_WATCH_LISTS, &client_watch);
	ntpool_lookaside_balance_init();
	return 0;
}

/* Nobody uses lists any more; names those that were not deleted. */
void ntpool_lookaside_exit(void)
{
	struct ntpool_lookaside *list = NULL;
	struct ntpool_lookaside *next;

	ntpool_verifier_register(NTPOOL_VERIFIER_LOOKASIDE, NULL);
	ntpool_lookaside_balance_exit();
	cpuhp_remove_state_nocalls(hotplug_state);
	while ((list = ntpool_lookaside_next(list)))
		list_abandon(list);
	destroy_workqueue(ntpool_lookaside_wq);
	list_for_each_entry_safe(list, next, &lists, link)
		ntpool_lookaside_destroy(list);
}
