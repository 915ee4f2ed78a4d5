// SPDX-License-Identifier: GPL-2.0
/*
 * The suites can run with the verifier on: ntpool.ko is loaded with its flags, and each
 * case starts with them. Correct use must then not be reported. The table lists the cases
 * whose subject the verifier changes, with the reason. They are skipped.
 *
 * Without the flag 0x2, nonpaged pool may be used in a hard interrupt. Cases that use it
 * in all contexts clear that flag.
 */
#include "fixture.h"

static const char layout[] = "where blocks lie and what they take";
static const char header[] = "blocks have no header that could be spoiled";
static const char caching[] = "lookaside lists cache nothing";
static const char wrong[] = "wrong arguments are reported";
static const char memory[] = "special pool has memory while the kernel refuses any";
static const char notes[] = "the segments of zones are noted, which takes memory";
static const char reserve[] = "special pool comes before the reserve";
static const char interrupt[] = "interrupts use the pool";

static const struct {
	const char *name;
	const char *what;
} plain_cases[] = {
	{ "ExAllocatePoolWithTag_type_test", wrong },
	{ "ExAllocatePool2_flag_test", wrong },
	{ "ntk_tag_zero_test", wrong },
	{ "ntk_size_zero_test", wrong },
	{ "ntk_escape_test", wrong },
	{ "ntk_misaligned_test", wrong },
	{ "ntk_many_test", wrong },
	{ "ntk_too_many_test", wrong },
	{ "ExAllocatePoolWithTag_node_test", layout },
	{ "ntk_pools_apart_test", layout },
	{ "ntk_reuse_test", layout },
	{ "ntk_sweep_nonpaged_test", layout },
	{ "ntk_sweep_paged_test", layout },
	{ "ntk_charge_test", layout },
	{ "ntk_merge_test", layout },
	{ "ntk_stock_test", layout },
	{ "ntk_reclaim_test", layout },
	{ "ntk_bytes_test", layout },
	{ "ntk_site_test", layout },
	{ "ntk_sites_apart_test", layout },
	{ "ntk_site_reused_test", layout },
	{ "ntk_pools_test", layout },
	{ "ntk_cached_test", layout },
	{ "ntk_classes_test", layout },
	{ "ntk_rows_test", layout },
	{ "ntk_nothing_test", layout },
	{ "MmGetPhysicalAddress_test", layout },
	{ "NonPagedPoolCacheAligned_test", layout },
	{ "PagedPoolCacheAligned_test", layout },
	{ "NonPagedPoolCacheAlignedMustS_test", layout },
	{ "POOL_FLAG_CACHE_ALIGNED_test", layout },
	{ "ntk_aligned_contexts_test", layout },
	{ "ntk_holes_test", layout },
	{ "ntk_quota_contexts_test", layout },
	{ "ntk_kthread_test", layout },
	{ "ntk_page_start_test", header },
	{ "ntk_stale_header_test", header },
	{ "ntk_double_free_test", header },
	{ "ntk_double_free_merged_test", header },
	{ "ntk_overrun_test", header },
	{ "ntk_overrun_contained_test", header },
	{ "ntk_spoiled_test", header },
	{ "ntk_written_free_test", header },
	{ "ntk_written_cached_test", header },
	{ "ntk_console_test", header },
	{ "ntk_init_values_test", caching },
	{ "ntk_custom_test", caching },
	{ "ntk_counters_test", caching },
	{ "ntk_lifo_test", caching },
	{ "ntk_depth_test", caching },
	{ "ntk_depth_lowered_test", caching },
	{ "ntk_delete_test", caching },
	{ "ExFlushLookasideListEx_test", caching },
	{ "ExInitializeNPagedLookasideList_test", caching },
	{ "ExInitializePagedLookasideList_test", caching },
	{ "ExAllocateFromNPagedLookasideList_test", caching },
	{ "ExAllocateFromPagedLookasideList_test", caching },
	{ "ExAllocateFromLookasideListEx_test", caching },
	{ "ExFreeToNPagedLookasideList_test", caching },
	{ "ExFreeToPagedLookasideList_test", caching },
	{ "ExFreeToLookasideListEx_test", caching },
	{ "ExAllocateFromPagedLookasideList_irql_test", caching },
	{ "ExAllocateFromLookasideListEx_irql_test", caching },
	{ "ExFreeToPagedLookasideList_irql_test", caching },
	{ "ExFreeToLookasideListEx_irql_test", caching },
	{ "ExFlushLookasideListEx_irql_test", caching },
	{ "ExFlushLookasideListEx_cpus_test", caching },
	{ "ntk_lookaside_test", caching },
	{ "ntk_verifier_test", caching },
	{ "ntk_offline_test", caching },
	{ "ntk_cpus_test", caching },
	{ "ntk_converges_test", caching },
	{ "ntk_five_percent_test", caching },
	{ "ntk_own_entries_test", caching },
	{ "ntk_less_test", caching },
	{ "ntk_phases_test", caching },
	{ "ntk_idle_test", caching },
	{ "ntk_surplus_test", caching },
	{ "ntk_no_array_test", caching },
	{ "ntk_written_test", caching },
	{ "ntk_written_low_test", caching },
	{ "ntk_maximum_test", caching },
	{ "ntk_reset_test", caching },
	{ "ntk_unequal_test", caching },
	{ "ntk_scan_ends_test", caching },
	{ "ntk_clock_test", caching },
	{ "ntk_list_test", caching },
	{ "ntk_idle_blocks_test", caching },
	{ "ntk_idle_scan_test", caching },
	{ "ntk_idle_depot_test", caching },
	{ "ntk_idle_pages_test", caching },
	{ "ntk_busy_test", caching },
	{ "ExAllocatePool2_invalid_test", wrong },
	{ "ExAllocatePool3_invalid_test", wrong },
	{ "ExAllocatePool3_optional_test", wrong },
	{ "ExAllocatePoolWithQuotaTag_test", wrong },
	{ "FsRtlAllocatePoolWithTag_test", wrong },
	{ "NonPagedPoolMustSucceed_test", wrong },
	{ "ntk_wait_test", wrong },
	{ "ntk_run_test", wrong },
	{ "ntk_never_test", wrong },
	{ "ntk_exhaust_test", reserve },
	{ "ntk_small_test", reserve },
	{ "ntk_refill_test", reserve },
	{ "must_succeed_pages_test", reserve },
	{ "NonPagedPoolCacheAlignedMustS_reserve_test", reserve },
	{ "ntk_raiser_test", memory },
	{ "ExAllocateFromLookasideListEx_raise_test", memory },
	{ "ExAllocateFromPagedLookasideList_raise_test", memory },
	{ "ntk_pool_is_empty_test", memory },
	{ "ExAllocatePoolWithTagPriority_test", memory },
	{ "ntk_no_memory_test", memory },
	{ "ntk_scarce_test", memory },
	{ "ntk_deferred_test", memory },
	{ "ntk_exhausted_test", memory },
	{ "ExDeleteNPagedLookasideList_test", wrong },
	{ "ExDeletePagedLookasideList_test", wrong },
	{ "ExDeleteLookasideListEx_test", wrong },
	{ "ExAllocatePoolZero_test", wrong },
	{ "ExQueryPoolBlockSize_test", layout },
	{ "ExAllocatePoolUninitialized_test", wrong },
	{ "ExInitializeZone_no_memory_test", notes },
	{ "ntk_interrupt_test", interrupt },
	{ "ntk_interrupted_test", interrupt },
	{ "ntk_every_place_test", interrupt },
	{ "ntk_load_test", interrupt },
};

void ntk_skip_under_verifier(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(plain_cases); i++)
		if (!strcmp(test->name, plain_cases[i].name))
			kunit_skip(test, "under the verifier: %s", plain_cases[i].what);
}
