// SPDX-License-Identifier: GPL-2.0
/*
 * The tuning of depths. The case replaces the clock: it uses the list, then starts a
 * scan. A batch allocates a number of entries and frees them again. A depth of that
 * number serves it without a miss.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "lookaside.h"

KUNIT_ARRAY_PARAM(ntk_kind, ntk_kinds, ntk_kind_desc);

#define NTK_BATCH_MAX	256
#define NTK_CONVERGE	10	/* scans */
#define NTK_STEADY	30
#define NTK_FALL	8	/* scans from a depth of 256 to the least */
#define NTK_LISTS	1000

static void *ntk_batch_entry[NTK_BATCH_MAX];

static void ntk_batch(unsigned int nr, unsigned int rounds)
{
	while (rounds--) {
		ntk_get_some(&ntk_list, ntk_batch_entry, nr);
		ntk_put_some(&ntk_list, ntk_batch_entry, nr);
	}
}

/* One interval: the load, then the scan. Returns the depth that it leaves. */
static unsigned int ntk_interval(unsigned int nr, unsigned int rounds)
{
	ntk_batch(nr, rounds);
	ntpool_test_balance_scan();
	return ntk_fields(&ntk_list)->Depth;
}

static unsigned int ntk_intervals(unsigned int times, unsigned int nr, unsigned int rounds)
{
	unsigned int depth = 0;

	while (times--)
		depth = ntk_interval(nr, rounds);
	return depth;
}

/* Entries in the list: those that its routines gave out and did not get back. */
static int ntk_cached(void)
{
	return atomic_read(&ntk_calls.allocates) - atomic_read(&ntk_calls.frees);
}

static GENERAL_LOOKASIDE_POOL *ntk_start_free(struct kunit *test, enum ntk_kind kind)
{
	KUNIT_ASSERT_EQ(test, ntk_start(&ntk_list, kind, true, 0), STATUS_SUCCESS);
	return ntk_fields(&ntk_list);
}

/* ---- steady use ---- */

struct ntk_load_case {
	const char *name;
	unsigned int batch;
	unsigned int rounds;
};

static struct ntk_load_case ntk_load_cases[] = {
	{ "3, often", 3, 40 },
	{ "4, once", 4, 1 },
	{ "8, once", 8, 1 },
	{ "8, often", 8, 40 },
	{ "32, once", 32, 1 },
	{ "32, often", 32, 40 },
	{ "100, once", 100, 1 },
	{ "100, often", 100, 40 },
	{ "256, once", 256, 1 },
	{ "256, often", 256, 20 },
};

static void ntk_load_desc(struct ntk_load_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_load, ntk_load_cases, ntk_load_desc);

/* Ten scans, and the depth serves the load. Then it stays, and so do the hits. */
static void ntk_converges_test(struct kunit *test)
{
	const struct ntk_load_case *c = test->param_value;
	GENERAL_LOOKASIDE_POOL *l = ntk_start_free(test, NTK_NPAGED);
	unsigned int i, depth, before = l->Depth;
	struct ntk_tally tally = {};
	u32 misses;

	for (i = 1; i <= NTK_CONVERGE; i++, before = depth) {
		depth = ntk_interval(c->batch, c->rounds);
		ntk_check(&tally, depth >= before && depth <= 2 * before,
			  "scan %u: %u after %u", i, depth, before);
	}
	ntk_check(&tally, before <= max(c->batch, 4U) && before * 20 >= c->batch * 19,
		  "depth %u after %u scans", before, NTK_CONVERGE);
	for (i = 1; i <= NTK_STEADY; i++) {
		misses = l->AllocateMisses;
		depth = ntk_interval(c->batch, c->rounds);
		misses = l->AllocateMisses - misses;
		ntk_check(&tally, depth == before, "scan %u: %u after %u", i, depth, before);
		ntk_check(&tally, misses * 20 < c->batch * c->rounds,
			  "scan %u: %u misses", i, misses);
	}
	ntk_expect_clean(test, &tally);
	KUNIT_EXPECT_EQ(test, l->TotalAllocates,
			(NTK_CONVERGE + NTK_STEADY) * c->batch * c->rounds);
	KUNIT_EXPECT_EQ(test, l->TotalFrees, l->TotalAllocates);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.allocates), l->AllocateMisses);
}

/* The whole depth is used: 4 % of misses leave it as it is, 5 % raise it by their share. */
static void ntk_five_percent_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_start_free(test, NTK_NPAGED);

	l->Depth = 96;
	KUNIT_EXPECT_EQ(test, ntk_interval(96, 1), 96);
	KUNIT_EXPECT_EQ(test, ntk_interval(100, 4), 96);
	l->Depth = 95;
	KUNIT_EXPECT_EQ(test, ntk_interval(95, 1), 95);
	KUNIT_EXPECT_EQ(test, ntk_interval(100, 4), 100);
}

/* Less use: the depth comes down to it, without one miss on the way. */
static void ntk_less_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_start_free(test, NTK_NPAGED);
	unsigned int i, depth, before = ntk_intervals(NTK_CONVERGE, 256, 4);
	u32 misses = l->AllocateMisses;
	struct ntk_tally tally = {};

	KUNIT_EXPECT_GE(test, before, 244);
	for (i = 1; i <= NTK_CONVERGE; i++, before = depth) {
		depth = ntk_interval(8, 4);
		ntk_check(&tally, depth < before || depth == 8, "scan %u: %u after %u", i,
			  depth, before);
		ntk_check(&tally, ntk_cached() == depth, "scan %u: %d cached at %u", i,
			  ntk_cached(), depth);
	}
	ntk_check(&tally, before == 8, "depth %u in the end", before);
	depth = ntk_intervals(NTK_STEADY, 8, 4);
	ntk_check(&tally, depth == 8, "depth %u after that", depth);
	ntk_check(&tally, l->AllocateMisses == misses, "%u misses",
		  l->AllocateMisses - misses);
	ntk_expect_clean(test, &tally);
}

/* Entries allocated in one interval and freed in the next one. */
static void ntk_phases_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_start_free(test, NTK_NPAGED);
	u32 misses = 0;
	int i;

	for (i = 0; i < 2 * NTK_CONVERGE; i++) {
		misses = l->AllocateMisses;
		ntk_get_some(&ntk_list, ntk_batch_entry, 100);
		misses = l->AllocateMisses - misses;
		ntpool_test_balance_scan();
		ntk_put_some(&ntk_list, ntk_batch_entry, 100);
		ntpool_test_balance_scan();
	}
	KUNIT_EXPECT_LT(test, misses, 5);
	KUNIT_EXPECT_LE(test, l->Depth, 100);
}

/* ---- no use ---- */

/* After a burst the depth falls to 4, with each scan, and surplus blocks are freed. */
static void ntk_idle_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_start_free(test, ntk_kind(test));
	unsigned int i, depth, before = ntk_intervals(NTK_CONVERGE, 256, 4);
	struct ntk_tally tally = {};

	KUNIT_EXPECT_GE(test, before, 244);
	KUNIT_EXPECT_EQ(test, ntk_cached(), before);
	for (i = 1; i <= NTK_FALL; i++, before = depth) {
		depth = ntk_interval(0, 0);
		ntk_check(&tally, depth < before, "scan %u: %u after %u", i, depth, before);
		ntk_check(&tally, ntk_cached() == depth, "scan %u: %d cached at %u", i,
			  ntk_cached(), depth);
	}
	ntk_check(&tally, before == NTK_START_DEPTH, "depth %u in the end", before);
	depth = ntk_intervals(NTK_STEADY, 0, 0);
	ntk_check(&tally, depth == NTK_START_DEPTH, "depth %u after that", depth);
	ntk_check(&tally, ntk_cached() == NTK_START_DEPTH, "%d cached", ntk_cached());
	ntk_expect_clean(test, &tally);
	ntk_end(&ntk_list);
	KUNIT_EXPECT_EQ(test, ntk_cached(), 0);
	KUNIT_EXPECT_EQ(test, l->AllocateMisses, atomic_read(&ntk_calls.allocates));
}

/* The scan takes away the entries that were freed first. */
static void ntk_surplus_test(struct kunit *test)
{
	void *entry[16], *again[8];
	int i;

	ntk_start_free(test, ntk_kind(test))->Depth = 16;
	ntk_get_some(&ntk_list, entry, 16);
	ntk_put_some(&ntk_list, entry, 16);
	KUNIT_EXPECT_EQ(test, ntk_interval(0, 0), 16);
	KUNIT_EXPECT_EQ(test, ntk_interval(0, 0), 10);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 6);
	ntk_get_some(&ntk_list, again, 8);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_PTR_EQ_MSG(test, again[i], entry[15 - i], "%d", i);
	ntk_put_some(&ntk_list, again, 8);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.allocates), 16);
}

/* No memory for the smaller array: the cache is emptied, and nothing is lost. */
static void ntk_no_array_test(struct kunit *test)
{
	ntk_start_free(test, ntk_kind(test))->Depth = 64;
	ntk_interval(64, 1);
	KUNIT_EXPECT_EQ(test, ntk_cached(), 64);
	ntpool_test_fail_backing(0, -1);
	KUNIT_EXPECT_EQ(test, ntk_interval(0, 0), 34);
	KUNIT_EXPECT_GT(test, ntpool_test_backing_failed(), 0);
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_EQ(test, ntk_cached(), 0);
	ntk_batch(34, 1);
	KUNIT_EXPECT_EQ(test, ntk_cached(), 34);
}

/* ---- the driver's word ---- */

/* A Depth is obeyed by the next free, left by the next scan, then tuned. */
static void ntk_written_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_start_free(test, NTK_NPAGED);

	l->Depth = 64;
	ntk_batch(100, 1);
	KUNIT_EXPECT_EQ(test, ntk_cached(), 64);
	KUNIT_EXPECT_EQ(test, ntk_interval(0, 0), 64);
	KUNIT_EXPECT_EQ(test, ntk_interval(0, 0), 34);
	l->Depth = 20;
	ntk_batch(100, 1);
	KUNIT_EXPECT_EQ(test, ntk_cached(), 20);
	KUNIT_EXPECT_EQ(test, ntk_interval(0, 0), 20);
	KUNIT_EXPECT_EQ(test, ntk_interval(100, 10), 36);
	l->Depth = 10;
	KUNIT_EXPECT_EQ(test, ntk_cached(), 20);
	KUNIT_EXPECT_EQ(test, ntk_interval(0, 0), 10);
	KUNIT_EXPECT_EQ(test, ntk_cached(), 10);
}

/* A depth below 4 is not lowered. A list that misses gets at least 4. */
static void ntk_written_low_test(struct kunit *test)
{
	static const u16 depths[] = { 0, 1, 2, 3 };
	GENERAL_LOOKASIDE_POOL *l = ntk_start_free(test, NTK_NPAGED);
	struct ntk_tally tally = {};
	unsigned int i, depth;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		l->Depth = depths[i];
		depth = ntk_intervals(3, 0, 0);
		ntk_check(&tally, depth == depths[i], "%u became %u", depths[i], depth);
		ntk_check(&tally, ntk_cached() <= depths[i], "%d cached at %u",
			  ntk_cached(), depths[i]);
		depth = ntk_interval(8, 10);
		ntk_check(&tally, depth >= 4 && depth <= 6, "%u rose to %u", depths[i],
			  depth);
	}
	ntk_expect_clean(test, &tally);
}

static void ntk_maximum_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_start_free(test, NTK_NPAGED);

	l->MaximumDepth = 20;
	KUNIT_EXPECT_EQ(test, ntk_intervals(NTK_CONVERGE, 100, 4), 20);
	l->MaximumDepth = 0;
	KUNIT_EXPECT_EQ(test, ntk_interval(100, 4), 0);
	KUNIT_EXPECT_EQ(test, ntk_cached(), 0);
	l->MaximumDepth = 2;
	KUNIT_EXPECT_EQ(test, ntk_intervals(3, 100, 4), 2);
	KUNIT_EXPECT_EQ(test, ntk_cached(), 2);
	l->MaximumDepth = 256;
	KUNIT_EXPECT_GE(test, ntk_intervals(NTK_CONVERGE, 100, 4), 95);
}

/* A driver that sets the figures back does not mislead the scan. */
static void ntk_reset_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_start_free(test, NTK_NPAGED);
	unsigned int depth = ntk_intervals(NTK_CONVERGE, 32, 4);
	struct ntk_tally tally = {};
	unsigned int i, now;

	KUNIT_EXPECT_GE(test, depth, 31);
	for (i = 0; i < 4; i++) {
		l->TotalAllocates = 0;
		l->AllocateMisses = 0;
		now = ntk_interval(32, 4);
		ntk_check(&tally, now == depth, "reset %u: %u", i, now);
		ntk_check(&tally, l->TotalAllocates == 128, "counted %u", l->TotalAllocates);
	}
	ntk_expect_clean(test, &tally);
}

/* ---- the verifier ---- */

static void ntk_verifier_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_start_free(test, ntk_kind(test));

	KUNIT_EXPECT_GE(test, ntk_intervals(NTK_CONVERGE, 32, 4), 31);
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	KUNIT_EXPECT_EQ(test, ntk_intervals(3, 32, 4), 0);
	KUNIT_EXPECT_EQ(test, ntk_cached(), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	KUNIT_EXPECT_EQ(test, l->Depth, NTK_START_DEPTH);
	KUNIT_EXPECT_EQ(test, ntk_interval(4, 1), NTK_START_DEPTH);
	KUNIT_EXPECT_GE(test, ntk_intervals(NTK_CONVERGE, 32, 4), 31);
	l->MaximumDepth = 2;
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	KUNIT_EXPECT_EQ(test, l->Depth, 2);
}

/* ---- several CPUs ---- */

static void ntk_batch_fn(void *arg)
{
	ntk_batch(*(unsigned int *)arg, 4);
}

static void ntk_two_cpus_interval(unsigned int here, unsigned int there)
{
	ntk_batch(here, 4);
	ntk_run_in(NTK_THREAD, ntk_nth_cpu(1), ntk_batch_fn, &there);
	ntpool_test_balance_scan();
}

/* The figures in the structure are right after each scan, for all users of the list. */
static void ntk_figures_test(struct kunit *test)
{
	static const unsigned int use[][2] = { { 10, 6 }, { 0, 7 }, { 0, 7 }, { 5, 0 }, { 9, 9 } };
	GENERAL_LOOKASIDE_POOL *l;
	unsigned int total = 0;
	int i;

	ntk_need_cpus(test, 2);
	set_cpus_allowed_ptr(current, cpumask_of(ntk_nth_cpu(0)));
	l = ntk_start_fixed(test, NTK_START_DEPTH);
	for (i = 0; i < ARRAY_SIZE(use); i++) {
		ntk_two_cpus_interval(use[i][0], use[i][1]);
		total += 4 * (use[i][0] + use[i][1]);
		KUNIT_EXPECT_EQ_MSG(test, l->TotalAllocates, total, "%d", i);
		KUNIT_EXPECT_EQ_MSG(test, l->TotalFrees, total, "%d", i);
		KUNIT_EXPECT_EQ_MSG(test, l->AllocateMisses,
				    atomic_read(&ntk_calls.allocates), "%d", i);
		KUNIT_EXPECT_EQ_MSG(test, l->FreeMisses, atomic_read(&ntk_calls.frees), "%d", i);
	}
}

/*
 * Sums over all CPUs take long on a large machine, so no lock is held meanwhile. A CPU that becomes
 * the only user gets exact figures nevertheless, and from then on at once.
 */
static void ntk_sums_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l;
	unsigned int total;

	ntk_need_cpus(test, 2);
	set_cpus_allowed_ptr(current, cpumask_of(ntk_nth_cpu(0)));
	l = ntk_start_fixed(test, NTK_START_DEPTH);
	ntk_two_cpus_interval(10, 6);
	ntk_two_cpus_interval(3, 0);
	ntk_two_cpus_interval(3, 0);
	total = 4 * (10 + 6 + 3 + 3);
	KUNIT_EXPECT_EQ(test, l->TotalAllocates, total);
	ntk_batch(5, 4);
	total += 4 * 5;
	KUNIT_EXPECT_EQ(test, l->TotalAllocates, total);
	KUNIT_EXPECT_EQ(test, l->TotalFrees, total);
	ntk_two_cpus_interval(0, 6);
	total += 4 * 6;
	KUNIT_EXPECT_EQ(test, l->TotalAllocates, total);
	ntk_read(test, "lookaside");
	ntk_run_in(NTK_THREAD, ntk_nth_cpu(1), ntk_batch_fn, &(unsigned int){ 7 });
	total += 4 * 7;
	ntk_end(&ntk_list);
	KUNIT_EXPECT_EQ(test, l->TotalAllocates, total);
	KUNIT_EXPECT_EQ(test, l->TotalFrees, total);
	KUNIT_EXPECT_EQ(test, ntpool_test_long_locked(), 0);
}

/* The CPU that needs most decides, also on the way down. */
static void ntk_unequal_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l;
	struct ntk_tally tally = {};
	unsigned int depth;
	int i;

	ntk_need_cpus(test, 2);
	set_cpus_allowed_ptr(current, cpumask_of(ntk_nth_cpu(0)));
	l = ntk_start_free(test, ntk_kind(test));
	for (i = 0; i < NTK_CONVERGE; i++)
		ntk_two_cpus_interval(8, 100);
	depth = l->Depth;
	KUNIT_EXPECT_GE(test, depth, 94);
	KUNIT_EXPECT_LE(test, depth, 100);
	KUNIT_EXPECT_EQ(test, ntk_cached(), 8 + depth);
	for (i = 0; i < NTK_STEADY; i++) {
		ntk_two_cpus_interval(8, 100);
		ntk_check(&tally, l->Depth == depth, "scan %d: %u", i, l->Depth);
	}
	for (i = 0; i < NTK_CONVERGE; i++)
		ntk_two_cpus_interval(8, 0);
	ntk_check(&tally, l->Depth == 8, "depth %u in the end", l->Depth);
	ntk_check(&tally, ntk_cached() == 16, "%d cached", ntk_cached());
	ntk_expect_clean(test, &tally);
}

static void ntk_put_fn(void *arg)
{
	ntk_put_some(&ntk_list, ntk_batch_entry, *(unsigned int *)arg);
}

/* Entries that one CPU allocates and another one frees gain nothing from depth. */
static void ntk_one_way_test(struct kunit *test)
{
	unsigned int nr = 100;
	int i;

	ntk_need_cpus(test, 2);
	set_cpus_allowed_ptr(current, cpumask_of(ntk_nth_cpu(0)));
	ntk_start_free(test, NTK_NPAGED);
	for (i = 0; i < NTK_CONVERGE; i++) {
		ntk_get_some(&ntk_list, ntk_batch_entry, nr);
		ntk_run_in(NTK_THREAD, ntk_nth_cpu(1), ntk_put_fn, &nr);
		ntpool_test_balance_scan();
	}
	KUNIT_EXPECT_LE(test, ntk_fields(&ntk_list)->Depth, 2 * NTK_START_DEPTH);
}

static void ntk_random_batches(struct ntk_worker *worker)
{
	void *entry[48];
	u32 i, j, nr;

	for (i = 0; i < 200; i++) {
		nr = ntk_random_below(&worker->rng, ARRAY_SIZE(entry));
		ntk_get_some(&ntk_list, entry, nr);
		for (j = 0; j < nr; j++)
			memset(entry[j], worker->id * 50 + j, NTK_SIZE);
		cond_resched();
		for (j = 0; j < nr; j++)
			ntk_check(&worker->tally,
				  !memchr_inv(entry[j], (u8)(worker->id * 50 + j), NTK_SIZE),
				  "batch %u: entry %u changed", i, j);
		ntk_put_some(&ntk_list, entry, nr);
	}
}

/* Scans without a pause while all CPUs use the list: no entry goes astray. */
static void ntk_scanned_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_start_free(test, ntk_kind(test));
	struct ntk_threads *threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, threads);
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, 4, true, ntk_random_batches, NULL), 0);
	for (i = 0; i < 300; i++) {
		if (i % 50 == 49)
			WRITE_ONCE(l->Depth, i % 4 * 16);
		ntpool_test_balance_scan();
		cond_resched();
	}
	KUNIT_EXPECT_EQ(test, ntk_threads_finish(threads), 0);
	ntk_threads_expect_clean(test, threads);
	ntpool_test_balance_scan();
	KUNIT_EXPECT_EQ(test, l->TotalAllocates, l->TotalFrees);
	ntk_end(&ntk_list);
	KUNIT_EXPECT_EQ(test, ntk_cached(), 0);
}

/* ---- cost and clock ---- */

/* A scan of lists without operations is short. */
static void ntk_many_scanned_test(struct kunit *test)
{
	NPAGED_LOOKASIDE_LIST *lists = kvcalloc(NTK_LISTS, sizeof(*lists), GFP_KERNEL);
	ktime_t begin;
	s64 us;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, lists);
	for (i = 0; i < NTK_LISTS; i++) {
		ExInitializeNPagedLookasideList(&lists[i], NULL, NULL, 0, NTK_SIZE,
						NTK_LIST_TAG, 0);
		ExFreeToNPagedLookasideList(&lists[i],
					    ExAllocateFromNPagedLookasideList(&lists[i]));
	}
	ntpool_test_balance_scan();
	begin = ktime_get();
	ntpool_test_balance_scan();
	us = ktime_us_delta(ktime_get(), begin);
	for (i = 0; i < NTK_LISTS; i++)
		ExDeleteNPagedLookasideList(&lists[i]);
	kvfree(lists);
	kunit_info(test, "a scan of %d lists took %lld us\n", NTK_LISTS, us);
	KUNIT_EXPECT_LT(test, us, 500 * USEC_PER_MSEC);
}

/* Scans end when no list is used, with blocks cached or not. The next use starts them. */
static void ntk_scan_ends_test(struct kunit *test)
{
	unsigned int i;

	ntk_start_free(test, NTK_NPAGED);
	ntk_intervals(NTK_CONVERGE, 20, 2);
	for (i = 0; i < NTK_FALL + 3; i++)
		ntpool_test_balance_scan();
	KUNIT_EXPECT_FALSE(test, ntpool_test_balance_scan());
	KUNIT_EXPECT_GT(test, ntk_cached(), 0);
	ntk_batch(1, 1);
	KUNIT_EXPECT_TRUE(test, ntpool_test_balance_scan());
	ntpool_test_balance_scan();
	KUNIT_EXPECT_FALSE(test, ntpool_test_balance_scan());
}

/* Left to itself the list is scanned by the module's own clock. */
static void ntk_clock_test(struct kunit *test)
{
	unsigned long end = jiffies + 20 * HZ;
	GENERAL_LOOKASIDE_POOL *l = ntk_start_free(test, NTK_NPAGED);

	l->Depth = 64;
	ntpool_test_balance(false);
	while (READ_ONCE(l->Depth) == 64 && time_before(jiffies, end))
		msleep(20);
	ntpool_test_balance(true);
	KUNIT_EXPECT_LT(test, l->Depth, 64);
	l->Depth = 64;
	msleep(20);
	KUNIT_EXPECT_EQ(test, l->Depth, 64);
}

static struct kunit_case ntk_balance_cases[] = {
	KUNIT_CASE_PARAM(ntk_converges_test, ntk_load_gen_params),
	KUNIT_CASE(ntk_five_percent_test),
	KUNIT_CASE(ntk_less_test),
	KUNIT_CASE(ntk_phases_test),
	KUNIT_CASE_PARAM(ntk_idle_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_surplus_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_no_array_test, ntk_kind_gen_params),
	KUNIT_CASE(ntk_written_test),
	KUNIT_CASE(ntk_written_low_test),
	KUNIT_CASE(ntk_maximum_test),
	KUNIT_CASE(ntk_reset_test),
	KUNIT_CASE_PARAM(ntk_verifier_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_figures_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_sums_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_unequal_test, ntk_kind_gen_params),
	KUNIT_CASE(ntk_one_way_test),
	KUNIT_CASE_PARAM(ntk_scanned_test, ntk_kind_gen_params),
	KUNIT_CASE(ntk_many_scanned_test),
	KUNIT_CASE(ntk_scan_ends_test),
	KUNIT_CASE(ntk_clock_test),
	{}
};

static struct kunit_suite ntk_balance_suite = {
	.name = "ntpool_balance",
	.init = ntk_lookaside_init,
	.exit = ntk_lookaside_exit,
	.test_cases = ntk_balance_cases,
};

kunit_test_suite(ntk_balance_suite);
