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

	ret = ntp_pagemap_init();
	if (ret)
		return ret;
	ret = ntp_tag_init();
	if (ret)
		goto out_pagemap;
	ret = ntp_heap_init();
	if (ret)
		goto out_tag;
	ret = ntp_big_init();
	if (ret)
		goto out_heap;
	ret = ntp_cache_init();
	if (ret)
		goto out_big;
	ret = ntp_reserve_init();
	if (ret)
		goto out_cache;
	ret = ntp_lookaside_init();
	if (ret)
		goto out_reserve;
	ntp_zone_init();
	ret = ntp_section_init();
	if (ret)
		goto out_lookaside;
	ret = ntp_leak_init();
	if (ret)
		goto out_section;
	ntp_age_init();
	ntp_params_start();
	ntp_debugfs_init();
	pr_info("ntpool: version %s, verifier %#lx\n", NTP_VERSION, ntp_verifier());
	return 0;

out_section:
	ntp_section_exit();
out_lookaside:
	ntp_zone_exit();
	ntp_lookaside_exit();
out_reserve:
	ntp_reserve_exit();
out_cache:
	ntp_cache_exit();
out_big:
	ntp_big_cache_exit();
out_heap:
	ntp_heap_exit();
out_tag:
	ntp_backing_exit();
	ntp_tag_exit();
out_pagemap:
	ntp_aim_exit();
	ntp_pagemap_exit();
	ntp_report_exit();
	return ret;
}

static void __exit ntpool_exit(void)
{
	ntp_debugfs_exit();
	ntp_params_stop();
	ntp_leak_exit();
	ntp_section_exit();
	ntp_zone_exit();
	ntp_lookaside_exit();
	ntp_leak_report_all();
	ntp_site_exit();
	ntp_sample_exit();
	ntp_special_exit();
	ntp_track_exit();
	ntp_aim_exit();
	ntp_reserve_exit();
	ntp_quota_exit();
	ntp_age_exit();
	ntp_cache_exit();
	ntp_big_cache_exit();
	ntp_big_exit();
	ntp_heap_exit();
	ntp_phys_exit();
	ntp_backing_exit();
	ntp_tag_exit();
	ntp_pagemap_exit();
	ntp_report_exit();
}

module_init(ntpool_init);
module_exit(ntpool_exit);

MODULE_DESCRIPTION("Memory services of the Windows NT executive");
MODULE_AUTHOR("ntpool developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(NTP_VERSION);
