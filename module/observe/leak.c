// SPDX-License-Identifier: GPL-2.0
/*
 * Leaks: blocks that a driver has not freed when it is unloaded.
 *
 * NT reports them only under the verifier (0xC4/0x62). Here each block carries its call
 * site, so every driver is checked. base/client.c calls this file at three times:
 *
 * coming  The module has got its addresses. Records of older code at the same addresses
 *	   are covered (see sums.c).
 * live	   The module's init has returned, and its initialisation code is about to be
 *	   freed. Call sites in it with live blocks or lookaside lists get records.
 * going   The module's exit has returned, or its init has failed. Its live blocks are
 *	   reported, and their call sites get records. The blocks are kept, because a
 *	   pointer to them may exist. lists/ and verify/ have reported before.
 *
 * An iteration over all blocks is slow, so only modules that are linked against ntpool
 * are checked. Blocks of other modules appear in `callers`.
 *
 * Locking: none here; sums.c and base/callsite.c take ntpool_past_mutex. Context:
 * process context, may sleep.
 */
#include <linux/module.h>

#include "base/callsite.h"
#include "base/client.h"
#include "base/report.h"
#include "base/text.h"
#include "parts.h"
#include "lists/lookaside.h"
#include "observe/sums.h"

#define ALL_DRIVERS	"all drivers"

static bool leak_started;	/* drivers may allocate; constant after the load */

struct leak_count {
	unsigned long blocks;
	unsigned long bytes;
};

static void leak_report(struct leak_count *total, const struct ntpool_sum *sum)
{
	char text[NTPOOL_CALLSITE_TEXT];
	char tag[NTPOOL_TAG_TEXT];

	ntpool_tag_text(sum->tag, tag);
	ntpool_sum_name(sum, text, sizeof(text));
	ntpool_report_leak("%lu block%s, %lu bytes, tag %s, %s, allocated at %s",
			   sum->count, sum->count == 1 ? "" : "s", sum->bytes, tag,
			   ntpool_type_name(sum->type), text);
	total->blocks += sum->count;
	total->bytes += sum->bytes;
}

static void leak_total(const char *driver, const struct leak_count *total)
{
	if (total->blocks)
		ntpool_report_leak("total %lu block%s, %lu bytes, left by %s", total->blocks,
				   total->blocks == 1 ? "" : "s", total->bytes, driver);
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
		if (!sums.sum[i].past && within_module_init(sums.sum[i].caller, mod))
			ntpool_callsite_remember(sums.sum[i].caller, mod);
	ntpool_sums_free(&sums);
}

static bool leak_is_of(const struct ntpool_sum *sum, const struct module *mod)
{
	return sum->past ? sum->owner == mod : within_module(sum->caller, mod);
}

static void leak_report_module(const struct module *mod)
{
	struct leak_count total = {};
	struct ntpool_sums sums;
	size_t i;

	if (ntpool_sums_by_caller(&sums)) {
		ntpool_report_leak_unknown(mod->name);
		return;
	}
	for (i = 0; i < sums.nr; i++)
		if (leak_is_of(&sums.sum[i], mod)) {
			leak_report(&total, &sums.sum[i]);
			if (!sums.sum[i].past)
				ntpool_callsite_remember(sums.sum[i].caller, NULL);
		}
	leak_total(mod->name, &total);
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

/**
 * ntpool_leak_exit() - report the blocks that all drivers have leaked
 *
 * Context: process context, may sleep; after the lookaside lists have been freed.
 */
void ntpool_leak_exit(void)
{
	struct leak_count total = {};
	struct ntpool_sums sums;
	size_t i;

	/* The load has failed: no driver has run. */
	if (!leak_started)
		return;
	if (ntpool_sums_by_caller(&sums)) {
		ntpool_report_leak_unknown(ALL_DRIVERS);
		return;
	}
	for (i = 0; i < sums.nr; i++)
		leak_report(&total, &sums.sum[i]);
	leak_total(ALL_DRIVERS, &total);
	ntpool_sums_free(&sums);
}

/**
 * ntpool_leak_init() - register for module events
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_leak_init(void)
{
	ntpool_client_watch(NTPOOL_WATCH_LEAKS, &leak_watch);
	return 0;
}

/**
 * ntpool_leak_start() - report leaks when ntpool is unloaded
 *
 * Context: process context, as the last step of a load that succeeds.
 * Return: 0.
 */
int ntpool_leak_start(void)
{
	leak_started = true;
	return 0;
}
