// SPDX-License-Identifier: GPL-2.0
/*
 * Leaks: memory that a driver has not given back when it is unloaded.
 *
 * Under NT only the verifier looks (0xC4/0x62). Here each block carries its caller, so
 * every driver is checked, always. base/client.c reports three moments:
 *
 * COMING  the module's addresses are taken: records of older code must not be mixed up
 *	   with it (see sums.c).
 * LIVE	   the module's init has returned and its initialisation code is about to be
 *	   freed: the call sites in it that have live blocks or lookaside lists are
 *	   remembered.
 * GOING   the module's exit has returned, or its init has failed: the blocks that it
 *	   still has are named, and the texts of their call sites remembered. The
 *	   blocks stay, because something may still point to them. Lookaside lists and
 *	   the blocks that the verifier has tracked were named before.
 *
 * An iteration over a million blocks is too much for the unloading of a mouse driver,
 * so only modules that are linked against ntpool are looked at. Code that calls ntpool
 * by other means appears in `callers`, but is not reported when it goes.
 *
 * Locking: none of its own; see base/callsite.c and sums.c.
 */
#include <linux/module.h>

#include "base/callsite.h"
#include "base/client.h"
#include "base/report.h"
#include "base/text.h"
#include "init.h"
#include "lists/lookaside.h"
#include "observe/sums.h"

#define ALL_DRIVERS	"all drivers"

struct leak_sum {
	unsigned long blocks;
	unsigned long bytes;
};

static void leak_report(struct leak_sum *sum, const struct ntpool_sum *site)
{
	char text[NTPOOL_CALLSITE_TEXT];
	char tag[NTPOOL_TAG_TEXT];

	ntpool_tag_text(site->tag, tag);
	ntpool_sum_name(site, text, sizeof(text));
	ntpool_report_leak("%lu blocks, %lu bytes, tag %s, %s, allocated at %s", site->count,
			   site->bytes, tag, ntpool_type_name(site->type), text);
	sum->blocks += site->count;
	sum->bytes += site->bytes;
}

static void leak_total(const char *driver, const struct leak_sum *sum)
{
	if (sum->blocks)
		ntpool_report_leak("total %lu blocks, %lu bytes, left by %s", sum->blocks,
				   sum->bytes, driver);
}

static int leak_pin_list(const struct ntpool_lookaside_info *info, void *arg)
{
	const struct module *mod = arg;

	if (within_module_init(info->owner, mod))
		ntpool_callsite_pin(info->owner, mod);
	return 0;
}

static void leak_module_live(const struct module *mod)
{
	struct ntpool_sums sums;
	size_t i;

	if (!ntpool_client_is_linked(mod))
		return;
	ntpool_lookaside_for_each(leak_pin_list, (void *)mod);
	if (ntpool_sums_by_caller(&sums))
		return;
	for (i = 0; i < sums.nr; i++)
		if (!sums.site[i].past && within_module_init(sums.site[i].caller, mod))
			ntpool_callsite_remember(sums.site[i].caller, mod);
	ntpool_sums_free(&sums);
}

static bool leak_is_of(const struct ntpool_sum *site, const struct module *mod)
{
	return site->past ? site->owner == mod : within_module(site->caller, mod);
}

static void leak_report_module(const struct module *mod)
{
	struct leak_sum sum = {};
	struct ntpool_sums sums;
	size_t i;

	if (ntpool_sums_by_caller(&sums)) {
		ntpool_report_leak_unknown(mod->name);
		return;
	}
	for (i = 0; i < sums.nr; i++)
		if (leak_is_of(&sums.site[i], mod)) {
			leak_report(&sum, &sums.site[i]);
			if (!sums.site[i].past)
				ntpool_callsite_remember(sums.site[i].caller, NULL);
		}
	leak_total(mod->name, &sum);
	ntpool_sums_free(&sums);
}

static void leak_module_going(const struct module *mod)
{
	if (ntpool_client_is_linked(mod))
		leak_report_module(mod);
	ntpool_callsite_disown(mod);
}

static const struct ntpool_client_watch leak_watch = {
	.coming = ntpool_sums_module_coming,
	.live = leak_module_live,
	.going = leak_module_going,
};

void ntpool_leak_exit(void)
{
	struct leak_sum sum = {};
	struct ntpool_sums sums;
	size_t i;

	if (ntpool_sums_by_caller(&sums)) {
		ntpool_report_leak_unknown(ALL_DRIVERS);
		return;
	}
	for (i = 0; i < sums.nr; i++)
		leak_report(&sum, &sums.site[i]);
	leak_total(ALL_DRIVERS, &sum);
	ntpool_sums_free(&sums);
}

/**
 * ntpool_leak_init() - name what drivers leave from now on
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_leak_init(void)
{
	ntpool_client_watch(NTPOOL_WATCH_LEAKS, &leak_watch);
	return 0;
}
