// SPDX-License-Identifier: GPL-2.0
/*
 * The module: what starts in which order, and stops in the reverse one. Read it
 * as a map; each line's file says what it is about.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "base/report.h"
#include "ntpool.h"
#include "observe/callsite.h"
#include "observe/leak.h"
#include "params.h"
#include "verify/filter.h"
#include "verify/sample.h"
#include "verify/special.h"
#include "verify/track.h"

static int __init ntpool_init(void)
{
	int ret;

	ret = ntpool_pagemap_init();
	if (ret)
		return ret;
	ret = ntpool_tag_init();
	if (ret)
		goto out_pagemap;
	ret = ntpool_heap_init();
	if (ret)
		goto out_tag;
	ret = ntpool_run_init();
	if (ret)
		goto out_heap;
	ret = ntpool_cache_init();
	if (ret)
		goto out_big;
	ret = ntpool_reserve_init();
	if (ret)
		goto out_cache;
	ret = ntpool_lookaside_init();
	if (ret)
		goto out_reserve;
	ntpool_zone_init();
	ret = ntpool_section_init();
	if (ret)
		goto out_lookaside;
	ret = ntpool_leak_init();
	if (ret)
		goto out_section;
	ntpool_age_init();
	ntpool_params_start();
	ntpool_debugfs_init();
	pr_info("ntpool: version %s, verifier %#lx\n", NTPOOL_VERSION, ntpool_verifier());
	return 0;

out_section:
	ntpool_section_exit();
out_lookaside:
	ntpool_zone_exit();
	ntpool_lookaside_exit();
out_reserve:
	ntpool_reserve_exit();
out_cache:
	ntpool_cache_exit();
out_big:
	ntpool_run_cache_exit();
out_heap:
	ntpool_heap_exit();
out_tag:
	ntpool_backing_exit();
	ntpool_tag_exit();
out_pagemap:
	ntpool_filter_exit();
	ntpool_pagemap_exit();
	ntpool_report_exit();
	return ret;
}

static void __exit ntpool_exit(void)
{
	ntpool_debugfs_exit();
	ntpool_params_stop();
	ntpool_leak_exit();
	ntpool_section_exit();
	ntpool_zone_exit();
	ntpool_lookaside_exit();
	ntpool_leak_report_all();
	ntpool_callsite_exit();
	ntpool_sample_exit();
	ntpool_special_exit();
	ntpool_track_exit();
	ntpool_filter_exit();
	ntpool_reserve_exit();
	ntpool_quota_exit();
	ntpool_age_exit();
	ntpool_cache_exit();
	ntpool_run_cache_exit();
	ntpool_run_exit();
	ntpool_heap_exit();
	ntpool_phys_exit();
	ntpool_backing_exit();
	ntpool_tag_exit();
	ntpool_pagemap_exit();
	ntpool_report_exit();
}

module_init(ntpool_init);
module_exit(ntpool_exit);

MODULE_DESCRIPTION("Memory services of the Windows NT executive");
MODULE_AUTHOR("ntpool developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(NTPOOL_VERSION);
