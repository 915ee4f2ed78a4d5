// SPDX-License-Identifier: GPL-2.0
/*
 * The module: its parts, in the order of their inits. The exits run in reverse order.
 *
 * The table is also the map of the module. The parts are in the order of floors, except
 * where a comment names the reason. README.md describes the folders.
 *
 * Context: process context. Locking: none.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>

#include "base/refuse.h"
#include "base/types.h"
#include "base/verifier.h"
#include "parts.h"

/**
 * struct part - a part of the module
 * @init: returns 0 or an error; NULL: none
 * @exit: reverses @init, and frees the memory of the part; NULL: none
 */
struct part {
	int (*init)(void);
	void (*exit)(void);
};

static const struct part parts[] = {
	/* memory: base/ has bookkeeping of this part until its own exits */
	{ ntpool_sized_init, ntpool_sized_exit },
	/* base */
	{ .exit = ntpool_report_exit },
	/* verify: a module parameter may have made a filter before the init of any part */
	{ .exit = ntpool_filter_exit },
	/* base */
	{ .exit = ntpool_callsite_exit },
	{ .exit = ntpool_frame_exit },
	/* memory */
	{ ntpool_pagemap_init, ntpool_pagemap_exit },
	{ ntpool_backing_init, ntpool_backing_exit },
	/* account */
	{ ntpool_tag_init, ntpool_tag_exit },
	{ ntpool_quota_init, ntpool_quota_exit },
	/* heap */
	{ ntpool_scan_init, ntpool_scan_exit },
	{ ntpool_heap_init, ntpool_heap_exit },
	{ ntpool_run_init, ntpool_run_exit },
	{ ntpool_guard_init, ntpool_guard_exit },
	{ ntpool_run_cache_init, ntpool_run_cache_exit },
	{ ntpool_cache_init, ntpool_cache_exit },
	{ ntpool_age_init, ntpool_age_exit },
	{ .exit = ntpool_source_exit },
	/* special */
	{ .exit = ntpool_special_exit },
	/* verify */
	{ .init = ntpool_filter_init },
	{ .init = ntpool_frames_init },
	{ ntpool_track_init, ntpool_track_exit },
	/* pool */
	{ ntpool_reserve_init, ntpool_reserve_exit },
	/* observe: its exit reports leaks, after lookaside lists have freed their blocks */
	{ ntpool_leak_init, ntpool_leak_exit },
	/* lists */
	{ ntpool_lookaside_init, ntpool_lookaside_exit },
	{ ntpool_lookaside_balance_init, ntpool_lookaside_balance_exit },
	{ ntpool_zone_init, ntpool_zone_exit },
	{ .init = ntpool_slist_init },
	/* ddi */
	{ .init = ntpool_section_init },
	{ .init = ntpool_raise_init },
	/* base and verify: their callbacks use all parts above, so these parts start after them */
	{ ntpool_client_init, ntpool_client_exit },
	{ ntpool_sample_init, ntpool_sample_exit },
	{ ntpool_verifier_init, ntpool_verifier_exit },
	/* observe: the rest; leaks are reported only after a load that succeeds */
	{ .init = ntpool_pool_view_init },
	{ .init = ntpool_run_view_init },
	{ .init = ntpool_driver_view_init },
	{ .init = ntpool_verify_view_init },
	{ ntpool_debugfs_init, ntpool_debugfs_exit },
	{ .init = ntpool_leak_start },
};

static int __init part_init(size_t nr)
{
	if (ntpool_refused_part(nr))
		return -ENOMEM;
	return parts[nr].init ? parts[nr].init() : 0;
}

/* Runs the exits of the first @nr parts, the last one first. */
static void parts_exit(size_t nr)
{
	while (nr--)
		if (parts[nr].exit)
			parts[nr].exit();
}

static int __init parts_start(void)
{
	size_t nr;
	int err;

	for (nr = 0; nr < ARRAY_SIZE(parts); nr++) {
		err = part_init(nr);
		if (err) {
			parts_exit(nr);
			return err;
		}
	}
	return 0;
}

static int __init ntpool_init(void)
{
	int err;

	ntpool_refuse_begin();
	err = parts_start();
	ntpool_refuse_end();
	if (!err)
		pr_info("ntpool: version %s, verifier %#lx\n", NTPOOL_VERSION, ntpool_verifier());
	return err;
}

static void __exit ntpool_exit(void)
{
	parts_exit(ARRAY_SIZE(parts));
}

module_init(ntpool_init);
module_exit(ntpool_exit);

MODULE_DESCRIPTION("Memory services of the Windows NT executive");
MODULE_AUTHOR("ntpool developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(NTPOOL_VERSION);
