// SPDX-License-Identifier: GPL-2.0
/*
 * Events that concern all lookaside lists: the verifier, CPU hotplug, memory and modules
 * that go.
 *
 * Verifier. While ntpool_lookaside_off is set, no CPU gets a magazine, even if a driver
 * writes to Depth. Switching the verifier on sets it, waits for an RCU grace period, and
 * lets the helper empty all caches. The grace period ends all per-CPU sections that may have
 * read the old value, since they run with preemption disabled. The switch waits for the
 * helper when verify/ holds no lock any more. When the verifier is switched off, each list gets
 * the depth of a new list. A depth that the driver has written meanwhile stays.
 *
 * CPU hotplug. The callback runs under the hotplug lock. It detaches the magazine of the dead
 * CPU and ends its ownership of the public totals. The helper frees the blocks later.
 *
 * Memory. While the verifier is on, each allocation calls range_freed() for its memory. So
 * does each free of a block that was allocated meanwhile. A list in that memory was not deleted;
 * a free reports it. The list leaves the tree of lookaside_registry.c, so its structure is not
 * accessed any more.
 *
 * Modules. A list belongs to each module that it points into: that of its initialising call,
 * of its structure, and of its routines. When one of them is unloaded, the list is abandoned:
 * reported, and not used by the system any more. If other modules go on to use it, a routine
 * of the unloaded module is not called; the use is reported. Initialisation code and data are
 * freed when the init of the module has returned, and are treated likewise then.
 *
 * Locking: as in lookaside_registry.c. The hotplug callback takes no other lock.
 */
#include <linux/cpuhotplug.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "base/callsite.h"
#include "base/client.h"
#include "base/compat.h"
#include "base/refuse.h"
#include "base/report.h"
#include "base/text.h"
#include "parts.h"
#include "lists/lookaside_recent.h"
#include "lists/lookaside_registry.h"
#include "verify/verify.h"

static enum cpuhp_state hotplug_state;	/* constant after init */

/* NT's verifier stops at these. */
static const struct ntpool_violation list_freed = {
	NTPOOL_STOP_VERIFIER, 0xcc, BIT(1), "pool was freed that has an active lookaside list in it"
};

static const struct ntpool_violation list_undeleted = {
	NTPOOL_STOP_UNLOADED_WITHOUT_CANCELLING, 0, BIT(0),
	"a driver was unloaded and has not deleted a lookaside list"
};

/*
 * Memory
 */

/* A driver frees the memory at @p: reports each active list in it, once. See verify.h. */
static void range_freed(void *p, size_t size, unsigned long caller)
{
	struct ntpool_lookaside *list;
	bool alive;

	/* The verifier was switched off: verifier_switched() does the rest. */
	if (!p)
		return;
	while ((list = ntpool_lookaside_lose(p, size, &alive))) {
		if (caller && alive)
			ntpool_lookaside_report(&list_freed, list->head, &list->desc, caller);
		ntpool_lookaside_put(list);
	}
}

/*
 * The verifier
 */

/* Sets the public depth to 0, or to that of a new list if it still is 0. */
static void list_zero_depth(struct ntpool_lookaside *list, bool zero)
{
	struct ntpool_lookaside_head *head = list->head;
	unsigned long flags;

	raw_spin_lock_irqsave(&ntpool_lookaside_lock, flags);
	/* The driver may have written a depth meanwhile. */
	if ((zero || list->zeroed) && ntpool_lookaside_is_alive(list)) {
		list->zeroed = zero;
		if (zero)
			WRITE_ONCE(head->depth.now, 0);
		else if (!READ_ONCE(head->depth.now))
			ntpool_lookaside_depth_begin(list, head);
	}
	raw_spin_unlock_irqrestore(&ntpool_lookaside_lock, flags);
}

/*
 * Stops caching in all lists (any of @bits), or starts it again (no bit). A stop lets
 * the helper free what is cached. Process context, one call at a time; sleeps.
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
	if (!on)
		return;
	synchronize_rcu();
	while ((list = ntpool_lookaside_next(list)))
		ntpool_lookaside_drain_caches(list);
}

/*
 * CPU hotplug
 */

/* Detaches the magazines of the dead CPU @nr. */
static int hotplug_dead(unsigned int nr)
{
	struct ntpool_lookaside *list = NULL;
	struct ntpool_lookaside_cpu *cpu;

	while ((list = ntpool_lookaside_next(list))) {
		raw_spin_lock_irq(&ntpool_lookaside_lock);
		cpu = per_cpu_ptr(list->cpus, nr);
		if (!list->dead && ntpool_lookaside_is_cached(list)) {
			ntpool_lookaside_detach(list, cpu);
			ntpool_lookaside_totals_release(list, cpu);
		}
		raw_spin_unlock_irq(&ntpool_lookaside_lock);
		if (READ_ONCE(list->deferred))
			ntpool_lookaside_drain(list);
	}
	return 0;
}

/*
 * Modules
 */

static void report_undeleted(const struct ntpool_lookaside *list)
{
	struct ntpool_violation kind = list_undeleted;

	/* This stop code has no subcodes: the first parameter is the list. */
	kind.subcode = (unsigned long)list->head;
	ntpool_report_kind(&kind, (struct ntpool_stop){
		.has_tag = true,
		.tag = list->desc.tag,
		.size = list->desc.size,
		.caller = list->desc.creator,
	});
}

static bool has_routine(const struct ntpool_lookaside *list, const struct ntpool_going *going)
{
	unsigned int i;

	for (i = 0; i < NTPOOL_LA_ROUTINES; i++)
		if (ntpool_is_going(going, list->desc.routine[i]))
			return true;
	return false;
}

/* @mod: the module that goes; NULL: ntpool. */
static void report_leaked(const struct ntpool_lookaside *list, const struct module *mod)
{
	bool user = mod && !ntpool_callsite_belongs(list->desc.creator, mod);
	char text[NTPOOL_CALLSITE_TEXT];
	char tag[NTPOOL_TAG_TEXT];

	ntpool_tag_text(list->desc.tag, tag);
	ntpool_callsite_text(list->desc.creator, text, sizeof(text));
	ntpool_report_leak("lookaside list, tag %s, %s, initialised at %s%s%s", tag,
			   ntpool_type_name(list->desc.type), text,
			   user ? ", part of " : "", user ? mod->name : "");
}

/* Removes the list's routines that are about to go from its structure. The lock is held. */
static void routines_remove(struct ntpool_lookaside *list, const struct ntpool_going *going)
{
	unsigned int i;

	if (!has_routine(list, going) || !ntpool_lookaside_is_there(list))
		return;
	for (i = 0; i < NTPOOL_LA_ROUTINES; i++)
		if (ntpool_is_going(going, list->desc.routine[i])) {
			list->desc.orphan(list->head, i);
			ntpool_client_call_removed();
		}
}

/*
 * Reports a list that its driver has not deleted, and frees its blocks as far as possible.
 * Other drivers may still use the list, without caches, so its object stays until ntpool is
 * unloaded.
 * @mod: a module that goes; NULL: ntpool itself.
 */
static void list_abandon(struct ntpool_lookaside *list, const struct module *mod)
{
	if (READ_ONCE(ntpool_lookaside_off))
		report_undeleted(list);
	report_leaked(list, mod);
	/* Nothing frees a block that other drivers would cache from now on. */
	if (mod)
		list_zero_depth(list, true);
	ntpool_lookaside_detach_all(list);
	raw_spin_lock_irq(&ntpool_lookaside_lock);
	ntpool_lookaside_kill(list);
	raw_spin_unlock_irq(&ntpool_lookaside_lock);
	ntpool_lookaside_abandon(list);
}

/* The call site of a list that stays may be in initialisation code. */
static bool list_belongs(const struct ntpool_lookaside *list, const struct ntpool_going *going)
{
	return (!going->init &&
		ntpool_callsite_belongs(READ_ONCE(list->desc.creator), going->mod)) ||
	       ntpool_is_going(going, (unsigned long)list->head) || has_routine(list, going);
}

/*
 * The second loop visits all abandoned lists. The first loop has abandoned some of them. Others
 * were abandoned before and may have another routine in the memory that goes now. If a deleter
 * could not wait for the Free routine, the loop waits.
 */
static void memory_going(const struct ntpool_going *going)
{
	struct ntpool_lookaside *list = NULL;

	while ((list = ntpool_lookaside_next(list)))
		if (list_belongs(list, going))
			list_abandon(list, going->mod);
	/* No list of the module is alive any more, so none can be added. */
	ntpool_lookaside_recent_going(going);
	while ((list = ntpool_lookaside_next_of(list, true))) {
		if (!list_belongs(list, going))
			continue;
		raw_spin_lock_irq(&ntpool_lookaside_lock);
		routines_remove(list, going);
		if (ntpool_is_going(going, (unsigned long)list->head))
			list->lost = true;
		if (!going->init && ntpool_callsite_belongs(list->desc.creator, going->mod))
			WRITE_ONCE(list->desc.creator, 0);
		raw_spin_unlock_irq(&ntpool_lookaside_lock);
		ntpool_lookaside_wait(list);
	}
}

static void module_going(const struct module *mod)
{
	memory_going(&(struct ntpool_going){ .mod = mod });
}

static void module_live(const struct module *mod)
{
	memory_going(&(struct ntpool_going){ .mod = mod, .init = true });
}

static const struct ntpool_verifier_watch verifier_watch = {
	.range = range_freed,
	.switched = verifier_switched,
	.settle = ntpool_lookaside_settle,
};

static const struct ntpool_client_watch client_watch = {
	.live = module_live,
	.going = module_going,
};

/**
 * ntpool_lookaside_init() - let lists be initialised from now on
 *
 * Context: process context.
 * Return: 0 or an error of the workqueue or of CPU hotplug.
 */
int ntpool_lookaside_init(void)
{
	int ret = ntpool_lookaside_registry_init();

	if (ret)
		return ret;
	ret = ntpool_refused() ? -ENOMEM :
	      cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "ntpool/lookaside:prepare",
					NULL, hotplug_dead);
	if (ret < 0) {
		ntpool_lookaside_registry_exit();
		return ret;
	}
	hotplug_state = ret;
	ntpool_verifier_register(NTPOOL_VERIFIER_LOOKASIDE, &verifier_watch);
	ntpool_client_watch(NTPOOL_WATCH_LISTS, &client_watch);
	return 0;
}

/**
 * ntpool_lookaside_exit() - report the lists that were not deleted, and free all objects
 *
 * Context: process context; no list is used any more. Sleeps.
 */
void ntpool_lookaside_exit(void)
{
	struct ntpool_lookaside *list = NULL;

	ntpool_verifier_register(NTPOOL_VERIFIER_LOOKASIDE, NULL);
	cpuhp_remove_state_nocalls(hotplug_state);
	while ((list = ntpool_lookaside_next(list)))
		list_abandon(list, NULL);
	ntpool_lookaside_registry_exit();
}
