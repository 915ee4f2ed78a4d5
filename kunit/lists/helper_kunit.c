// SPDX-License-Identifier: GPL-2.0
/*
 * Free routines that the system calls may do anything that their IRQL allows. Each case
 * lets the system empty a list. The Free routine takes the CPU hotplug lock, switches the
 * verifier, flushes, or deletes its own list. A flush returns when all blocks that were
 * cached before have been freed. That is so even if the system frees some of them. The other
 * cases are about the arrays: how they shrink, and how they grow with interrupts off.
 */
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "lookaside.h"

#define NTK_PATIENCE	500	/* looks, 20 ms apart */
#define NTK_FEW		4
#define NTK_MANY	6000
#define NTK_TRIALS	60

/* The list of the running case, the extra work of its Free routine, and the results. */
static LOOKASIDE_LIST_EX *ntk_ex;
static void (*ntk_in_free)(void);
static atomic_t ntk_frees;
static atomic_t ntk_inside;	/* calls of the Free routine that are running */
static void *ntk_entry[NTK_MANY];
static void *ntk_freed[NTK_MANY];

static VOID ntk_helper_free(PVOID entry, PLOOKASIDE_LIST_EX list)
{
	void (*fn)(void);
	int nr;

	fn = READ_ONCE(ntk_in_free);
	atomic_inc(&ntk_inside);
	ExFreePoolWithTag(entry, NTK_LIST_TAG);
	nr = atomic_inc_return(&ntk_frees);
	if (nr <= NTK_MANY)
		ntk_freed[nr - 1] = entry;
	if (fn)
		fn();
	atomic_dec(&ntk_inside);
}

/* A list of paged blocks, so its Free routine may sleep; or of nonpaged ones. */
static GENERAL_LOOKASIDE_POOL *ntk_begin(struct kunit *test, POOL_TYPE type, u16 depth)
{
	KUNIT_ASSERT_EQ(test, ExInitializeLookasideListEx(ntk_ex, NULL, ntk_helper_free, type, 0,
							  NTK_SIZE, NTK_LIST_TAG, 0),
			STATUS_SUCCESS);
	WRITE_ONCE(ntk_ex->L.MaximumDepth, depth);
	WRITE_ONCE(ntk_ex->L.Depth, depth);
	return &ntk_ex->L;
}

static void ntk_take(unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		ntk_entry[i] = ExAllocateFromLookasideListEx(ntk_ex);
}

static void ntk_give(unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		ExFreeToLookasideListEx(ntk_ex, ntk_entry[i]);
}

static void ntk_cache_fn(void *arg)
{
	unsigned int nr = *(unsigned int *)arg;

	ntk_take(nr);
	ntk_give(nr);
}

/* @nr blocks are cached on the given CPU. */
static void ntk_cache_on(struct kunit *test, int cpu, unsigned int nr)
{
	KUNIT_ASSERT_EQ(test, ntk_run_in(NTK_THREAD, cpu, ntk_cache_fn, &nr), 0);
	KUNIT_ASSERT_EQ(test, atomic_read(&ntk_frees), 0);
}

/* A scan with surplus above @depth. */
static void ntk_scan_surplus(unsigned int depth)
{
	WRITE_ONCE(ntk_ex->L.Depth, depth);
	ntpool_test_balance_scan();
}

static void ntk_wait_for(atomic_t *what, int value)
{
	int patience = NTK_PATIENCE;

	while (atomic_read(what) != value && patience--)
		msleep(20);
}

/* The list has nothing cached, and no call of its routine is running. */
static void ntk_finish(struct kunit *test, int frees)
{
	ntk_wait_for(&ntk_frees, frees);
	ntk_wait_for(&ntk_inside, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_frees), frees);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_inside), 0);
	WRITE_ONCE(ntk_in_free, NULL);
	if (ntk_ex)
		ExDeleteLookasideListEx(ntk_ex);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_frees), frees);
}

static int ntk_helper_init(struct kunit *test)
{
	int err = ntk_lookaside_init(test);

	ntk_ex = kzalloc(sizeof(*ntk_ex), GFP_KERNEL);
	atomic_set(&ntk_frees, 0);
	atomic_set(&ntk_inside, 0);
	WRITE_ONCE(ntk_in_free, NULL);
	return err ?: ntk_ex ? 0 : -ENOMEM;
}

static void ntk_helper_exit(struct kunit *test)
{
	WRITE_ONCE(ntk_in_free, NULL);
	kfree(ntk_ex);
	ntk_ex = NULL;
	ntk_lookaside_exit(test);
}

/* ---- what a Free routine does ---- */

#ifdef CONFIG_HOTPLUG_CPU
static void ntk_hotplug_lock(void)
{
	cpus_read_lock();
	cpus_read_unlock();
}

/* A CPU goes offline. kmem_cache_destroy() and many more take the lock. */
static void ntk_free_offline_test(struct kunit *test)
{
	int cpu = ntk_nth_cpu(num_online_cpus() - 1);

	ntk_need_cpus(test, 2);
	set_cpus_allowed_ptr(current, cpumask_of(ntk_nth_cpu(0)));
	ntk_begin(test, PagedPool, NTK_FEW);
	ntk_cache_on(test, cpu, NTK_FEW);
	ntk_in_free = ntk_hotplug_lock;
	KUNIT_EXPECT_EQ(test, remove_cpu(cpu), 0);
	ntk_wait_for(&ntk_frees, NTK_FEW);
	KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
	ntk_finish(test, NTK_FEW);
}

/* The verifier is switched on, which needs no hotplug lock for the Free routine either. */
static void ntk_free_verifier_test(struct kunit *test)
{
	ntk_begin(test, PagedPool, NTK_FEW);
	ntk_cache_on(test, ntk_nth_cpu(0), NTK_FEW);
	ntk_in_free = ntk_hotplug_lock;
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_frees), NTK_FEW);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	ntk_finish(test, NTK_FEW);
}

static int ntk_frees_in_callback;

static int ntk_flush_dead(unsigned int cpu)
{
	ExFlushLookasideListEx(ntk_ex);
	ntk_frees_in_callback = atomic_read(&ntk_frees);
	return 0;
}

/* A driver's hotplug callback flushes, and the dead CPU has blocks cached. */
static void ExFlushLookasideListEx_offline_test(struct kunit *test)
{
	int cpu = ntk_nth_cpu(num_online_cpus() - 1);
	int state;

	ntk_need_cpus(test, 2);
	set_cpus_allowed_ptr(current, cpumask_of(ntk_nth_cpu(0)));
	state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "ntk/helper", NULL,
					  ntk_flush_dead);
	KUNIT_ASSERT_GT(test, state, 0);
	ntk_begin(test, PagedPool, NTK_FEW);
	ntk_cache_on(test, cpu, NTK_FEW);
	ntk_frees_in_callback = -1;
	KUNIT_EXPECT_EQ(test, remove_cpu(cpu), 0);
	KUNIT_EXPECT_EQ(test, ntk_frees_in_callback, NTK_FEW);
	KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
	cpuhp_remove_state_nocalls(state);
	ntk_finish(test, NTK_FEW);
}
#endif

/* The scan frees surplus; the Free routine switches the verifier, which frees the rest. */
static void ntk_switch_on(void)
{
	ntpool_test_set_verifier(0x8);
}

static void ntk_free_switches_test(struct kunit *test)
{
	ntk_begin(test, PagedPool, NTK_FEW);
	ntk_cache_on(test, ntk_nth_cpu(0), NTK_FEW);
	ntk_in_free = ntk_switch_on;
	ntk_scan_surplus(2);
	ntk_wait_for(&ntk_frees, NTK_FEW);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	ntk_finish(test, NTK_FEW);
}

/* The verifier is switched on, and the Free routine switches it off. */
static void ntk_switch_off(void)
{
	ntpool_test_set_verifier(0);
}

static void ntk_free_switches_back_test(struct kunit *test)
{
	ntk_begin(test, PagedPool, NTK_FEW);
	ntk_cache_on(test, ntk_nth_cpu(0), NTK_FEW);
	ntk_in_free = ntk_switch_off;
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	ntk_wait_for(&ntk_frees, NTK_FEW);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	ntk_finish(test, NTK_FEW);
}

/* Its own list, which is being emptied, and another one with a block in it. */
static void ntk_flush_both(void)
{
	static LOOKASIDE_LIST_EX other;

	ExFlushLookasideListEx(ntk_ex);
	ExInitializeLookasideListEx(&other, NULL, NULL, PagedPool, 0, NTK_SIZE, NTK_LIST_TAG, 0);
	ExFreeToLookasideListEx(&other, ExAllocateFromLookasideListEx(&other));
	ExFlushLookasideListEx(&other);
	ExDeleteLookasideListEx(&other);
}

static void ntk_flush_once(void)
{
	WRITE_ONCE(ntk_in_free, NULL);
	ntk_flush_both();
}

static void ntk_free_flushes_test(struct kunit *test)
{
	ntk_begin(test, PagedPool, NTK_FEW);
	ntk_cache_on(test, ntk_nth_cpu(0), NTK_FEW);
	ntk_in_free = ntk_flush_once;
	ntk_scan_surplus(3);
	ntk_finish(test, NTK_FEW);
}

/* The last block goes, and with it the list and the memory of its structure. */
static void ntk_delete_own(void)
{
	LOOKASIDE_LIST_EX *own = ntk_ex;

	WRITE_ONCE(ntk_in_free, NULL);
	WRITE_ONCE(ntk_ex, NULL);
	ExDeleteLookasideListEx(own);
	kfree(own);
}

struct ntk_pool_case {
	const char *name;
	POOL_TYPE type;
};

static struct ntk_pool_case ntk_pools[] = {
	{ "nonpaged", NonPagedPool },
	{ "paged", PagedPool },
};

static void ntk_pool_desc(struct ntk_pool_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_pool, ntk_pools, ntk_pool_desc);

static void ntk_free_deletes_test(struct kunit *test)
{
	const struct ntk_pool_case *c = test->param_value;

	ntk_begin(test, c->type, NTK_FEW);
	ntk_cache_on(test, ntk_nth_cpu(0), NTK_FEW);
	ntk_in_free = ntk_delete_own;
	ntk_scan_surplus(2);
	ntk_finish(test, NTK_FEW);
	KUNIT_EXPECT_NULL(test, ntk_ex);
}

/* ---- what waits for the system ---- */

static void ntk_sleep(void)
{
	msleep(100);
}

static void ntk_flush_here(void *arg)
{
	ExFlushLookasideListEx(arg);
}

/* The system is in the Free routine, and sleeps there. */
static void ntk_system_frees(struct kunit *test, unsigned int nr)
{
	ntk_begin(test, PagedPool, NTK_FEW);
	ntk_cache_on(test, ntk_nth_cpu(0), nr);
	ntk_in_free = ntk_sleep;
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_BH_OFF, -1, ntk_flush_here, ntk_ex), 0);
	ntk_wait_for(&ntk_inside, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_inside), 1);
}

static void ExFlushLookasideListEx_system_test(struct kunit *test)
{
	ntk_system_frees(test, 2);
	ExFlushLookasideListEx(ntk_ex);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_inside), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_frees), 2);
	ntk_finish(test, 2);
}

/* An active list is initialised again: its Free routine must not be running any more. */
static void ExInitializeLookasideListEx_system_test(struct kunit *test)
{
	ntk_system_frees(test, 1);
	KUNIT_EXPECT_EQ(test, ExInitializeLookasideListEx(ntk_ex, NULL, NULL, PagedPool, 0,
							  NTK_SIZE, NTK_LIST_TAG, 0),
			STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_inside), 0);
	ntk_finish(test, 1);
}

/* The blocks of a list that is initialised again are not lost, as far as they are the pool's. */
static void ntk_reinitialised_test(struct kunit *test)
{
	int patience = NTK_PATIENCE;
	s64 before = ntk_tag_row(test, NTK_LIST_TAG, false).diff;

	KUNIT_ASSERT_EQ(test, ntk_start(&ntk_list, NTK_NPAGED, false, 0), STATUS_SUCCESS);
	ntk_get_some(&ntk_list, ntk_entry, NTK_FEW);
	ntk_put_some(&ntk_list, ntk_entry, NTK_FEW);
	KUNIT_ASSERT_EQ(test, ntk_start(&ntk_list, NTK_NPAGED, false, 0), STATUS_SUCCESS);
	while (ntk_tag_row(test, NTK_LIST_TAG, false).diff != before && patience--)
		msleep(20);
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_LIST_TAG, false).diff, before);
}

/* ---- surplus ---- */

/* The same blocks in any order have the same sum. */
static unsigned long ntk_xor(void **blocks, unsigned int from, unsigned int to)
{
	unsigned long sum = 0;

	for (; from < to; from++)
		sum ^= (unsigned long)blocks[from];
	return sum;
}

/* More surplus than one step takes: the oldest blocks go. */
static void ntk_much_surplus_test(struct kunit *test)
{
	static const unsigned int depths[] = { NTK_MANY - 1, 4000, 3999, 1200, 501, 500, 3, 0 };
	unsigned int gone = 0, before, i;
	struct ntk_tally tally = {};

	ntk_begin(test, NonPagedPool, NTK_MANY);
	ntk_cache_on(test, ntk_nth_cpu(0), NTK_MANY);
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		before = gone;
		gone = NTK_MANY - depths[i];
		ntk_scan_surplus(depths[i]);
		ntk_check(&tally, atomic_read(&ntk_frees) == gone, "depth %u: %d freed",
			  depths[i], atomic_read(&ntk_frees));
		ntk_check(&tally, ntk_xor(ntk_freed, before, gone) ==
			  ntk_xor(ntk_entry, before, gone), "depth %u: other blocks", depths[i]);
	}
	ntk_expect_clean(test, &tally);
	ntk_finish(test, NTK_MANY);
}

/* The rest is allocated in the right order, and the array can grow again. */
static void ntk_shrunk_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	unsigned int i;

	ntk_begin(test, NonPagedPool, NTK_MANY);
	ntk_cache_on(test, ntk_nth_cpu(0), NTK_MANY);
	memcpy(ntk_freed, ntk_entry, sizeof(ntk_freed));
	ntk_scan_surplus(3000);
	ntk_check(&tally, atomic_read(&ntk_frees) == 3000, "%d freed", atomic_read(&ntk_frees));
	WRITE_ONCE(ntk_ex->L.Depth, NTK_MANY);
	memcpy(ntk_freed + 3000, ntk_entry + 3000, 3000 * sizeof(void *));
	ntk_take(NTK_MANY);
	for (i = 0; i < 3000; i++)
		ntk_check(&tally, ntk_entry[i] == ntk_freed[NTK_MANY - 1 - i], "block %u", i);
	ntk_give(NTK_MANY);
	ntk_check(&tally, atomic_read(&ntk_frees) == 3000, "%d freed", atomic_read(&ntk_frees));
	ntk_expect_clean(test, &tally);
	ExDeleteLookasideListEx(ntk_ex);
	ntk_finish(test, 3000 + NTK_MANY);
}

/* ---- growth with interrupts off ---- */

#define NTK_ATOMIC_SLOTS	512

static void ntk_give_irqs_off(unsigned int nr)
{
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		local_irq_save(flags);
		ExFreeToLookasideListEx(ntk_ex, ntk_entry[i]);
		local_irq_restore(flags);
	}
}

/* The array does not grow far with interrupts off, and no block is lost. Later it grows. */
static void ntk_irqs_off_test(struct kunit *test)
{
	struct ntk_tally tally = {};
	int kept, before;

	ntk_begin(test, NonPagedPool, NTK_MANY);
	ntk_take(NTK_MANY);
	ntk_give_irqs_off(NTK_MANY);
	kept = NTK_MANY - atomic_read(&ntk_frees);
	KUNIT_EXPECT_LE(test, kept, NTK_ATOMIC_SLOTS);
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		KUNIT_EXPECT_GE(test, kept, NTK_ATOMIC_SLOTS / 2);
	before = atomic_read(&ntk_frees);
	memcpy(ntk_freed, ntk_entry, sizeof(ntk_freed));
	ntk_take(NTK_MANY);
	ntk_check(&tally, ntk_xor(ntk_entry, 0, kept) == ntk_xor(ntk_freed, 0, kept),
		  "other blocks");
	ntk_give(NTK_MANY);
	ntk_check(&tally, atomic_read(&ntk_frees) == before, "%d freed",
		  atomic_read(&ntk_frees));
	ntk_expect_clean(test, &tally);
	ExDeleteLookasideListEx(ntk_ex);
	ntk_finish(test, before + NTK_MANY);
}

/* ---- a flush beside a scan ---- */

static void ntk_flusher(struct ntk_worker *worker)
{
	struct completion *go = worker->threads->arg;

	wait_for_completion(go);
	udelay(ntk_random_below(&worker->rng, 200));
	ExFlushLookasideListEx(ntk_ex);
	ntk_check(&worker->tally, atomic_read(&ntk_frees) == NTK_MANY, "%d freed",
		  atomic_read(&ntk_frees));
	ntk_check(&worker->tally, !atomic_read(&ntk_inside), "%d inside",
		  atomic_read(&ntk_inside));
}

static void ntk_flush_trial(struct kunit *test, struct ntk_threads *threads)
{
	DECLARE_COMPLETION_ONSTACK(go);

	atomic_set(&ntk_frees, 0);
	WRITE_ONCE(ntk_ex->L.Depth, NTK_MANY);
	ntk_cache_on(test, ntk_nth_cpu(1), NTK_MANY);
	WRITE_ONCE(ntk_ex->L.Depth, NTK_MANY / 2);
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, 1, false, ntk_flusher, &go), 0);
	complete(&go);
	ntpool_test_balance_scan();
	KUNIT_EXPECT_EQ(test, ntk_threads_finish(threads), 0);
	ntk_threads_expect_clean(test, threads);
}

/* The scan moves the blocks of one CPU while another one flushes. None is skipped. */
static void ExFlushLookasideListEx_scan_test(struct kunit *test)
{
	struct ntk_threads *threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	int i;

	ntk_need_cpus(test, 3);
	KUNIT_ASSERT_NOT_NULL(test, threads);
	set_cpus_allowed_ptr(current, cpumask_of(ntk_nth_cpu(0)));
	ntk_begin(test, NonPagedPool, NTK_MANY);
	for (i = 0; i < NTK_TRIALS; i++)
		ntk_flush_trial(test, threads);
	ntk_finish(test, NTK_MANY);
}

static struct kunit_case ntk_helper_cases[] = {
	KUNIT_CASE(ExFlushLookasideListEx_system_test),
	KUNIT_CASE(ExInitializeLookasideListEx_system_test),
	KUNIT_CASE(ntk_reinitialised_test),
	KUNIT_CASE(ntk_much_surplus_test),
	KUNIT_CASE(ntk_shrunk_test),
	KUNIT_CASE(ntk_irqs_off_test),
	KUNIT_CASE(ExFlushLookasideListEx_scan_test),
#ifdef CONFIG_HOTPLUG_CPU
	KUNIT_CASE(ExFlushLookasideListEx_offline_test),
	KUNIT_CASE(ntk_free_verifier_test),
	KUNIT_CASE(ntk_free_offline_test),
#endif
	KUNIT_CASE(ntk_free_flushes_test),
	KUNIT_CASE(ntk_free_switches_test),
	KUNIT_CASE(ntk_free_switches_back_test),
	KUNIT_CASE_PARAM(ntk_free_deletes_test, ntk_pool_gen_params),
	{}
};

static struct kunit_suite ntk_helper_suite = {
	.name = "ntpool_helper",
	.init = ntk_helper_init,
	.exit = ntk_helper_exit,
	.test_cases = ntk_helper_cases,
};

kunit_test_suite(ntk_helper_suite);
