// SPDX-License-Identifier: GPL-2.0
/*
 * Events that empty the caches of lookaside lists, and heavy use of the caches. The
 * verifier sets every depth to zero while any of its bits is set. The lists are used in
 * every context, and from all CPUs with hard interrupts in between. The verifier is
 * switched on and off meanwhile. A CPU goes offline.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "lookaside.h"

KUNIT_ARRAY_PARAM(ntk_kind, ntk_kinds, ntk_kind_desc);

#define NTK_LOADERS	4
#define NTK_ROUNDS	600
#define NTK_LISTS	2000

/* ---- the verifier ---- */

/* Switched on, everything cached goes to the pool and nothing is cached. */
static void ntk_verifier_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_start_fixed(test, NTK_START_DEPTH);
	void *entry[NTK_HELD];

	ntk_get_some(&ntk_list, entry, 4);
	ntk_put_some(&ntk_list, entry, 4);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 0);
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	KUNIT_EXPECT_EQ(test, l->Depth, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 4);
	ntk_get_some(&ntk_list, entry, 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.allocates), 7);
	ntk_put_some(&ntk_list, entry, 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 7);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	KUNIT_EXPECT_EQ(test, l->Depth, NTK_START_DEPTH);
	ntk_get_some(&ntk_list, entry, 4);
	ntk_put_some(&ntk_list, entry, 4);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 7);
	KUNIT_EXPECT_EQ(test, l->TotalAllocates, 11);
	KUNIT_EXPECT_EQ(test, l->TotalFrees, 11);
}

/* A list that begins under the verifier begins with depth 0. */
static void ntk_verifier_first_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_fields(&ntk_list);
	void *entry;

	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	KUNIT_ASSERT_EQ(test, ntk_start(&ntk_list, ntk_kind(test), true, 0),
			STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, l->Depth, 0);
	entry = ntk_get(&ntk_list);
	KUNIT_EXPECT_NOT_NULL(test, entry);
	if (entry)
		ntk_put(&ntk_list, entry);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 1);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	KUNIT_EXPECT_EQ(test, l->Depth, NTK_START_DEPTH);
}

/* Any bit does it, and the last one that goes undoes it. */
static void ntk_verifier_bits_test(struct kunit *test)
{
	GENERAL_LOOKASIDE_POOL *l = ntk_fields(&ntk_list);
	struct ntk_tally tally = {};
	unsigned long bit;

	ntk_start(&ntk_list, NTK_NPAGED, true, 0);
	for (bit = 1; bit <= 8; bit <<= 1) {
		ntk_check(&tally, !ntpool_test_set_verifier(bit), "0x%lx", bit);
		ntk_check(&tally, l->Depth == 0, "0x%lx: depth %u", bit,
			  l->Depth);
	}
	ntk_check(&tally, !ntpool_test_set_verifier(0xf), "all");
	ntk_check(&tally, !ntpool_test_set_verifier(0x8), "one");
	ntk_check(&tally, l->Depth == 0, "one of four: depth %u", l->Depth);
	ntk_check(&tally, !ntpool_test_set_verifier(0), "none");
	ntk_check(&tally, l->Depth == NTK_START_DEPTH, "none: depth %u",
		  l->Depth);
	ntk_expect_clean(test, &tally);
}

/* ---- contexts and CPUs ---- */

static void ntk_use_list(void *arg)
{
	struct ntk_tally *tally = arg;
	void *entry[6];
	int i;

	ntk_is_handler();
	for (i = 0; i < 6; i++) {
		entry[i] = ntk_get(&ntk_list);
		if (ntk_check(tally, entry[i], "entry %d", i))
			memset(entry[i], i, NTK_SIZE);
	}
	for (i = 0; i < 6; i++) {
		if (!entry[i])
			continue;
		ntk_check(tally, !memchr_inv(entry[i], i, NTK_SIZE),
			  "entry %d changed", i);
		ntk_put(&ntk_list, entry[i]);
	}
}

static struct ntk_kind_case ntk_nonpaged_kinds[] = {
	{ "nonpaged", NTK_NPAGED },
	{ "Ex nonpaged", NTK_EX_NONPAGED },
};

KUNIT_ARRAY_PARAM(ntk_nonpaged_kind, ntk_nonpaged_kinds, ntk_kind_desc);

/* A nonpaged list in every context, on caches that are warm and cold. */
static void ntk_contexts_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	enum ntk_kind kind = ntk_kind(test);
	int context, round;

	KUNIT_ASSERT_EQ(test, ntk_start(&ntk_list, kind, true, 0),
			STATUS_SUCCESS);
	for (round = 0; round < 3; round++) {
		for (context = 0; context < NTK_NR_CONTEXTS; context++)
			ntk_check(&tally,
				  !ntk_run_in(context, -1, ntk_use_list,
					      &tally),
				  "%s", ntk_context_name(context));
	}
	ntk_end(&ntk_list);
	ntk_expect_clean(test, &tally);
	ntk_expect_no_report(test, "contexts");
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.allocates),
			atomic_read(&ntk_calls.frees));
}

/* The shortest time of a verified allocation and its free, in nanoseconds. */
static s64 ntk_time_frees(void)
{
	s64 best = S64_MAX;
	ktime_t begin;
	int i;

	for (i = 0; i < 200; i++) {
		begin = ktime_get();
		ExFreePool(ExAllocatePoolWithTag(NonPagedPool, NTK_SIZE, NTK_LIST_TAG));
		best = min(best, ktime_to_ns(ktime_sub(ktime_get(), begin)));
	}
	return best;
}

/* A block of pool with several active lists is freed: each one is named, once. */
static void ntk_lists_freed_test(struct kunit *test)
{
	static struct ntpool_test_report report[5];
	NPAGED_LOOKASIDE_LIST *list;
	unsigned int i, j, found = 0;

	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	list = ExAllocatePoolWithTag(NonPagedPool, 4 * sizeof(*list), NTK_LIST_TAG);
	KUNIT_ASSERT_NOT_NULL(test, list);
	for (i = 0; i < 4; i++)
		ExInitializeNPagedLookasideList(&list[i], NULL, NULL, 0, NTK_SIZE, NTK_LIST_TAG, 0);
	ExDeleteNPagedLookasideList(&list[1]);
	ExFreePool(list);
	KUNIT_EXPECT_EQ(test, ntpool_test_reports(report, ARRAY_SIZE(report)), 3);
	for (i = 0; i < 4; i++)
		for (j = 0; j < 3; j++)
			found |= report[j].param[1] == (unsigned long)&list[i] ? BIT(i) : 0;
	KUNIT_EXPECT_EQ(test, found, BIT(0) | BIT(2) | BIT(3));
	ntk_take_reports(report);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
}

/* However many lists there are, a verified free does not look at all of them. */
static void ntk_many_lists_test(struct kunit *test)
{
	NPAGED_LOOKASIDE_LIST *lists = kvcalloc(NTK_LISTS, sizeof(*lists), GFP_KERNEL);
	s64 alone, beside;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, lists);
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	alone = ntk_time_frees();
	for (i = 0; i < NTK_LISTS; i++)
		ExInitializeNPagedLookasideList(&lists[i], NULL, NULL, 0, NTK_SIZE, NTK_LIST_TAG,
						0);
	beside = ntk_time_frees();
	for (i = 0; i < NTK_LISTS; i++)
		ExDeleteNPagedLookasideList(&lists[i]);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	kvfree(lists);
	kunit_info(test, "%lld ns a block, %lld ns beside %d lists\n", alone, beside, NTK_LISTS);
	KUNIT_EXPECT_LT(test, beside, 10 * alone);
}

struct ntk_some {
	void *entry[2];
};

static void ntk_put_two(void *arg)
{
	struct ntk_some *some = arg;

	ntk_put_some(&ntk_list, some->entry, 2);
}

static void ntk_get_two(void *arg)
{
	struct ntk_some *some = arg;

	ntk_get_some(&ntk_list, some->entry, 2);
}

/* Two entries are cached here, on the first CPU, and two on the second. */
static void ntk_two_each(struct kunit *test, struct ntk_some *here, struct ntk_some *there)
{
	ntk_need_cpus(test, 2);
	set_cpus_allowed_ptr(current, cpumask_of(ntk_nth_cpu(0)));
	ntk_start_fixed(test, NTK_START_DEPTH);
	ntk_get_two(here);
	ntk_get_two(there);
	ntk_put_two(here);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_THREAD, ntk_nth_cpu(1), ntk_put_two, there), 0);
}

/* Each CPU gets what it freed itself, the last one first, and none of another's. */
static void ntk_own_entries_test(struct kunit *test)
{
	struct ntk_some here, there, again;
	void *more;

	ntk_two_each(test, &here, &there);
	ntk_get_two(&again);
	KUNIT_EXPECT_PTR_EQ(test, again.entry[0], here.entry[1]);
	KUNIT_EXPECT_PTR_EQ(test, again.entry[1], here.entry[0]);
	more = ntk_get(&ntk_list);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.allocates), 5);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_THREAD, ntk_nth_cpu(1), ntk_get_two, &again), 0);
	KUNIT_EXPECT_PTR_EQ(test, again.entry[0], there.entry[1]);
	KUNIT_EXPECT_PTR_EQ(test, again.entry[1], there.entry[0]);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.allocates), 5);
	ntk_put_two(&here);
	ntk_put_two(&there);
	ntk_put(&ntk_list, more);
}

static struct ntk_kind_case ntk_ex_kinds[] = {
	{ "Ex nonpaged", NTK_EX_NONPAGED },
	{ "Ex paged", NTK_EX_PAGED },
};

KUNIT_ARRAY_PARAM(ntk_ex_kind, ntk_ex_kinds, ntk_kind_desc);

/* Whichever CPU has them cached, all have been freed when it returns. */
static void ExFlushLookasideListEx_cpus_test(struct kunit *test)
{
	struct ntk_some here, there;

	ntk_two_each(test, &here, &there);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 0);
	ExFlushLookasideListEx(&ntk_list.ex);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 4);
	KUNIT_EXPECT_EQ(test, ntk_calls.free_irql, PASSIVE_LEVEL);
}

struct ntk_list_load {
	struct ntk_tally hard[NTK_MAX_WORKERS];
};

static void ntk_load_list(struct ntk_worker *worker)
{
	struct ntk_list_load *load = worker->threads->arg;
	void *entry[10] = {};
	int i;

	for (i = 0; i < NTK_ROUNDS; i++) {
		u32 at = ntk_random_below(&worker->rng, ARRAY_SIZE(entry));
		u8 mark = worker->id * 16 + at;

		if (entry[at]) {
			ntk_check(&worker->tally,
				  !memchr_inv(entry[at], mark, NTK_SIZE),
				  "round %d: entry changed", i);
			ntk_put(&ntk_list, entry[at]);
			entry[at] = NULL;
		} else {
			entry[at] = ntk_get(&ntk_list);
			if (ntk_check(&worker->tally, entry[at], "round %d", i))
				memset(entry[at], mark, NTK_SIZE);
		}
		if (i % 16 == 0 && !ntk_is_paged(ntk_list.kind))
			smp_call_function_single(ntk_nth_cpu(worker->id + 1),
						 ntk_use_list,
						 &load->hard[worker->id], 1);
		cond_resched();
	}
	ntk_put_some(&ntk_list, entry, ARRAY_SIZE(entry));
}

/* At rest the figures are exact, also after operations that were interrupted. */
static void ntk_expect_figures(struct kunit *test)
{
	struct ntk_table *table = ntk_read(test, "lookaside");
	char tag[17];
	const char *row;

	ntk_tag_text(NTK_LIST_TAG, tag);
	row = ntk_table_find(table, tag, NULL);
	KUNIT_EXPECT_NOT_NULL(test, row);
	KUNIT_EXPECT_EQ(test,
			ntk_row_number(row, ntk_table_column(table, "allocs")),
			ntk_row_number(row, ntk_table_column(table, "frees")));
	KUNIT_EXPECT_EQ(test,
			ntk_row_number(row, ntk_table_column(table,
							     "alloc_misses")),
			atomic_read(&ntk_calls.allocates));
}

/* From all CPUs, hard interrupts among them: every entry comes and goes once. */
static void ntk_cpus_test(struct kunit *test)
{
	enum ntk_kind kind = ntk_kind(test);
	struct ntk_list_load *load;
	struct ntk_threads *threads;
	int i;

	ntk_need_cpus(test, 2);
	load = kunit_kzalloc(test, sizeof(*load), GFP_KERNEL);
	threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, load);
	KUNIT_ASSERT_NOT_NULL(test, threads);
	KUNIT_ASSERT_EQ(test, ntk_start(&ntk_list, kind, true, 0),
			STATUS_SUCCESS);
	ntk_keep_stock(test);
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, NTK_LOADERS, true,
						ntk_load_list, load), 0);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0x8), 0);
		ntk_read(test, "lookaside");
		KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
		cond_resched();
	}
	KUNIT_EXPECT_EQ(test, ntk_threads_finish(threads), 0);
	ntk_threads_expect_clean(test, threads);
	for (i = 0; !ntk_is_paged(kind) && i < NTK_LOADERS; i++)
		ntk_expect_clean(test, &load->hard[i]);
	ntk_expect_figures(test);
	ntk_end(&ntk_list);
	KUNIT_EXPECT_GT(test, atomic_read(&ntk_calls.allocates), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.allocates),
			atomic_read(&ntk_calls.frees));
}

#ifdef CONFIG_HOTPLUG_CPU
/* The system frees the entries that an offline CPU has cached, soon after. */
static void ntk_offline_test(struct kunit *test)
{
	int cpu = ntk_nth_cpu(num_online_cpus() - 1);
	struct ntk_tally tally = {};
	int patience = 200;

	ntk_need_cpus(test, 2);
	set_cpus_allowed_ptr(current, cpumask_of(ntk_nth_cpu(0)));
	ntk_start_fixed(test, NTK_START_DEPTH);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_THREAD, cpu, ntk_use_list, &tally),
			0);
	ntk_expect_clean(test, &tally);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.allocates), 6);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees),
			6 - NTK_START_DEPTH);
	KUNIT_ASSERT_EQ(test, remove_cpu(cpu), 0);
	while (patience-- && atomic_read(&ntk_calls.frees) < 6)
		msleep(20);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees), 6);
	KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_THREAD, cpu, ntk_use_list, &tally),
			0);
	ntk_expect_clean(test, &tally);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.frees),
			12 - NTK_START_DEPTH);
}
#else
static void ntk_offline_test(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_HOTPLUG_CPU");
}
#endif

static struct kunit_case ntk_depth_cases[] = {
	KUNIT_CASE_PARAM(ntk_verifier_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_verifier_first_test, ntk_kind_gen_params),
	KUNIT_CASE(ntk_verifier_bits_test),
	KUNIT_CASE(ntk_lists_freed_test),
	KUNIT_CASE(ntk_many_lists_test),
	KUNIT_CASE_PARAM(ntk_contexts_test,
			 ntk_nonpaged_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_own_entries_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ExFlushLookasideListEx_cpus_test, ntk_ex_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_cpus_test, ntk_kind_gen_params),
	KUNIT_CASE_PARAM(ntk_offline_test, ntk_kind_gen_params),
	{}
};

static struct kunit_suite ntk_depth_suite = {
	.name = "ntpool_depth",
	.init = ntk_lookaside_init,
	.exit = ntk_lookaside_exit,
	.test_cases = ntk_depth_cases,
};

kunit_test_suite(ntk_depth_suite);
