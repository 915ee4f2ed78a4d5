// SPDX-License-Identifier: GPL-2.0
/*
 * The suites can run with the verifier on: ntpool.ko is loaded with its flags, and each
 * case begins with them. What is right must then not be reported. What the verifier
 * changes by its nature cannot be tested under it; such cases are listed here, with
 * what it is that changes, and are skipped.
 *
 * One thing is allowed here and no violation without the flag 0x2: nonpaged pool in a
 * hard interrupt. Cases that use it in all contexts leave that flag out for it.
 */
#include "fixture.h"

static const char layout[] = "where blocks lie and what they take";
static const char header[] = "blocks have no header that could be spoiled";
static const char caching[] = "lookaside lists cache nothing";
static const char wrong[] = "wrong arguments are reported";
static const char interrupt[] = "interrupts use the pool";

static const struct {
	const char *name;
	const char *what;
} plain_cases[] = {
	{ "ntk_type_test", wrong },
	{ "ntk_flag_test", wrong },
	{ "ntk_tag_zero_test", wrong },
	{ "ntk_size_zero_test", wrong },
	{ "ntk_escape_test", wrong },
	{ "ntk_misaligned_test", wrong },
	{ "ntk_many_test", wrong },
	{ "ntk_too_many_test", wrong },
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
	{ "ntk_physical_address_test", layout },
	{ "ntk_page_start_test", header },
	{ "ntk_stale_header_test", header },
	{ "ntk_double_free_test", header },
	{ "ntk_double_free_merged_test", header },
	{ "ntk_overrun_test", header },
	{ "ntk_overrun_contained_test", header },
	{ "ntk_written_free_test", header },
	{ "ntk_written_cached_test", header },
	{ "ntk_init_values_test", caching },
	{ "ntk_custom_test", caching },
	{ "ntk_counters_test", caching },
	{ "ntk_lifo_test", caching },
	{ "ntk_depth_test", caching },
	{ "ntk_depth_lowered_test", caching },
	{ "ntk_delete_test", caching },
	{ "ntk_flush_test", caching },
	{ "ntk_lookaside_test", caching },
	{ "ntk_verifier_test", caching },
	{ "ntk_offline_test", caching },
	{ "ntk_cpus_test", caching },
	{ "ntk_interrupt_test", interrupt },
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
