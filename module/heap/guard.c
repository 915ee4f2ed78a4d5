// SPDX-License-Identifier: GPL-2.0
/*
 * Damaged guards: which block was overrun, and the periodic check.
 *
 * A guard lies in front of bookkeeping of ntpool (memory/area.c). A write to it is likely an
 * overrun of the block at the end of the page before. As in NT the report is 0x19/0x21: the
 * block, its bytes, and a word of what was found behind it. If the block is gone, or that page
 * is not ntpool's, the address is that of the guard.
 *
 * A scan does not ask for the next one: guards need no timer on an idle machine. It comes along
 * while caches are in use.
 *
 * Locking: none of its own. Context: any but NMI; the scan sleeps.
 */
#include <linux/export.h>
#include <linux/rcupdate.h>

#include "base/report.h"
#include "heap/run.h"
#include "heap/scan.h"
#include "memory/record.h"
#include "parts.h"

enum {
	/* Guards that one periodic scan checks. */
	SCAN_GUARDS = 1024,
};

static const struct ntpool_violation guard_damaged = {
	NTPOOL_STOP_BAD_POOL_HEADER, 0x21, BIT(1),
	"memory behind a block was overwritten; a guard page took the damage",
};

/* Describes the last block of the carved page that ends at @end. */
static bool page_block(const void *end, struct ntpool_block *block)
{
	struct ntpool_near near = {};
	struct ntpool_page *page;

	rcu_read_lock();
	page = ntpool_page_of(end - 1);
	if (page)
		/* The address that a header before it would put into the last granule. */
		ntpool_damage_near(page, end - 1 + sizeof(struct ntpool_header), &near);
	rcu_read_unlock();
	*block = near.has_block ? near.block : near.before;
	/* An overrun of the block before would have gone through a free one. */
	return near.has_block || (near.has_before && !near.is_free);
}

static bool run_block(const void *end, struct ntpool_block *block)
{
	struct ntpool_run run;

	if (!ntpool_run_near(end - 1, &run))
		return false;
	*block = ntpool_run_block(&run);
	return true;
}

static void guard_report(const void *guard, u64 value)
{
	struct ntpool_block block;
	bool known = page_block(guard, &block) || run_block(guard, &block);

	if (!known)
		block = (struct ntpool_block){ .addr = (void *)guard };
	ntpool_report_kind(&guard_damaged, (struct ntpool_stop){
		.param = { 0, (unsigned long)block.addr, block.bytes, value },
		.has_tag = known,
		.tag = block.tag,
		.size = block.requested,
		.allocator = block.caller,
	});
}

static bool guard_scan(void)
{
	ntpool_guard_scan(SCAN_GUARDS);
	return false;
}

static struct ntpool_scan scan = { .run = guard_scan };

/**
 * ntpool_guard_init() - report damaged guards, and check guards from time to time
 *
 * Context: process context, after the inits of heaps and runs.
 * Return: 0.
 */
int ntpool_guard_init(void)
{
	ntpool_guard_on_damage(guard_report);
	ntpool_scan_register(&scan);
	return 0;
}

/**
 * ntpool_guard_exit() - check guards once more, and end the reports
 *
 * Context: process context; sleeps.
 */
void ntpool_guard_exit(void)
{
	ntpool_scan_unregister(&scan);
	ntpool_guard_scan(ULONG_MAX);
	ntpool_guard_on_damage(NULL);
	/* Callbacks that free records may be in guard_report(). */
	rcu_barrier();
}
