/* SPDX-License-Identifier: GPL-2.0 */
/* Init and exit of the parts of ntpool.ko, in the order of folders, for main.c. */
#ifndef NTPOOL_PARTS_H
#define NTPOOL_PARTS_H

/* base */
void ntpool_report_exit(void);
void ntpool_callsite_exit(void);
void ntpool_frame_exit(void);
int ntpool_client_init(void);
void ntpool_client_exit(void);

/* memory */
int ntpool_pagemap_init(void);
void ntpool_pagemap_exit(void);
int ntpool_backing_init(void);
void ntpool_backing_exit(void);
int ntpool_sized_init(void);
void ntpool_sized_exit(void);

/* account */
int ntpool_tag_init(void);
void ntpool_tag_exit(void);
int ntpool_quota_init(void);
void ntpool_quota_exit(void);

/* heap */
int ntpool_scan_init(void);
void ntpool_scan_exit(void);
int ntpool_heap_init(void);
void ntpool_heap_exit(void);
int ntpool_run_init(void);
void ntpool_run_exit(void);
int ntpool_guard_init(void);
void ntpool_guard_exit(void);
int ntpool_run_cache_init(void);
void ntpool_run_cache_exit(void);
int ntpool_cache_init(void);
void ntpool_cache_exit(void);
int ntpool_age_init(void);
void ntpool_age_exit(void);
void ntpool_source_exit(void);

/* special */
void ntpool_special_exit(void);

/* verify */
int ntpool_filter_init(void);
void ntpool_filter_exit(void);
int ntpool_frames_init(void);
int ntpool_track_init(void);
void ntpool_track_exit(void);
int ntpool_sample_init(void);
void ntpool_sample_exit(void);
int ntpool_verifier_init(void);
void ntpool_verifier_exit(void);

/* pool */
int ntpool_reserve_init(void);
void ntpool_reserve_exit(void);

/* lists */
int ntpool_lookaside_init(void);
void ntpool_lookaside_exit(void);
int ntpool_lookaside_balance_init(void);
void ntpool_lookaside_balance_exit(void);
int ntpool_zone_init(void);
void ntpool_zone_exit(void);
int ntpool_slist_init(void);

/* ddi */
int ntpool_section_init(void);
int ntpool_raise_init(void);

/* observe */
int ntpool_leak_init(void);
int ntpool_leak_start(void);
void ntpool_leak_exit(void);
int ntpool_pool_view_init(void);
int ntpool_run_view_init(void);
int ntpool_driver_view_init(void);
int ntpool_verify_view_init(void);
int ntpool_debugfs_init(void);
void ntpool_debugfs_exit(void);

#endif
