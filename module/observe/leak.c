// SPDX-License-Identifier: GPL-2.0
/*
 * What a driver has not given back when it goes.
 *
 * Under NT only the verifier looks (0xC4/0x62); here each block carries its caller,
 * so every driver is checked, always. A module notifier hears of three moments:
 *
 * COMING  the module's addresses are taken: what was remembered of older code
 *	   there must not be mixed up with it (see callsite.c).
 * LIVE	   the module's init has returned, its initialisation code is about to be
 *	   thrown away: the call sites in it that have live blocks or lookaside
 *	   lists are remembered.
 * GOING   the module's exit has returned, or its init has failed: lookaside lists
 *	   and blocks that it still has are named, and their texts remembered. The
 *	   blocks stay, because something may still point to them. What the verifier
 *	   has tracked of them is listed one by one, with NT's 0xC4/0x62.
 *
 * A walk over a million blocks is not what the unloading of a mouse driver should
 * cost, so only modules that are linked against ntpool are looked at. What calls
 * ntpool by other means than the linker (symbol_get(), a pointer that another
 * module handed over) appears in `callers`, but is not reported when it goes.
 *
 * The notifier runs in the thread that loads or unloads the module, which is the
 * only one that changes the module's list of what it uses: no lock is needed to
 * read it. All else is locked where it lives, in callsite.c and lookaside.c.
 */
#include <linux/module.h>
#include <linux/notifier.h>

#include "base/report.h"
#include "lists/lookaside.h"
#include "observe/callsite.h"
#include "observe/leak.h"
#include "verify/filter.h"
#include "verify/track.h"

#define ALL_DRIVERS	"all drivers"

struct leak_sum {
	unsigned long blocks;
	unsigned long bytes;
};

static void leak_report(struct leak_sum *sum, const struct ntpool_callsite *site)
{
	ntpool_report_leak(site);
	sum->blocks += site->count;
	sum->bytes += site->bytes;
}

/* Of an ntpool that is built into the kernel no use is recorded: look at all. */
bool ntpool_module_uses_ntpool(const struct module *mod)
{
#if defined(MODULE) && defined(CONFIG_MODULE_UNLOAD)
	const struct module_use *use;

	list_for_each_entry(use, &mod->target_list, target_list)
		if (use->target == THIS_MODULE)
			return true;
	return false;
#else
	return true;
#endif
}

static int leak_pin_list(const struct ntpool_lookaside_info *info, void *arg)
{
	const struct module *mod = arg;

	if (within_module_init(info->owner, mod))
		ntpool_callsite_pin(info->owner, mod);
	return 0;
}

static void leak_module_live(struct module *mod)
{
	struct ntpool_callsites sites;
	size_t i;

	if (!ntpool_module_uses_ntpool(mod))
		return;
	ntpool_lookaside_for_each(leak_pin_list, mod);
	if (ntpool_callsites_collect(&sites))
		return;
	for (i = 0; i < sites.nr; i++)
		if (!sites.site[i].past && within_module_init(sites.site[i].caller, mod))
			ntpool_callsite_remember(&sites.site[i], mod);
	ntpool_callsites_free(&sites);
}

static bool leak_is_of(const struct ntpool_callsite *site, const struct module *mod)
{
	return site->past ? site->owner == mod : within_module(site->caller, mod);
}

static void leak_module_going(const struct module *mod)
{
	struct leak_sum sum = {};
	struct ntpool_callsites sites;
	size_t i;

	if (!ntpool_module_uses_ntpool(mod))
		return;
	if (ntpool_callsites_collect(&sites)) {
		ntpool_report_leak_unknown(mod->name);
		return;
	}
	for (i = 0; i < sites.nr; i++)
		if (leak_is_of(&sites.site[i], mod)) {
			leak_report(&sum, &sites.site[i]);
			ntpool_callsite_remember(&sites.site[i], NULL);
		}
	if (sum.blocks)
		ntpool_report_leak_total(mod->name, sum.blocks, sum.bytes);
	ntpool_callsites_free(&sites);
}

static int leak_notify(struct notifier_block *nb, unsigned long state, void *data)
{
	struct module *mod = data;

	switch (state) {
	case MODULE_STATE_COMING:
		ntpool_callsite_forget(mod);
		ntpool_filter_modules_changed();
		break;
	case MODULE_STATE_LIVE:
		leak_module_live(mod);
		break;
	case MODULE_STATE_GOING:
		ntpool_lookaside_module_gone(mod);
		ntpool_zone_module_gone(mod);
		ntpool_track_report(mod);
		leak_module_going(mod);
		ntpool_callsite_disown(mod);
		ntpool_filter_modules_changed();
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block leak_notifier = {
	.notifier_call = leak_notify,
};

void ntpool_leak_report_all(void)
{
	struct leak_sum sum = {};
	struct ntpool_callsites sites;
	size_t i;

	if (ntpool_callsites_collect(&sites)) {
		ntpool_report_leak_unknown(ALL_DRIVERS);
		return;
	}
	for (i = 0; i < sites.nr; i++)
		leak_report(&sum, &sites.site[i]);
	if (sum.blocks)
		ntpool_report_leak_total(ALL_DRIVERS, sum.blocks, sum.bytes);
	ntpool_callsites_free(&sites);
}

int ntpool_leak_init(void)
{
	return register_module_notifier(&leak_notifier);
}

void ntpool_leak_exit(void)
{
	unregister_module_notifier(&leak_notifier);
}
