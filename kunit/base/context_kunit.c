// SPDX-License-Identifier: GPL-2.0
/*
 * IRQLs and the contexts of the kernel.
 *
 * KeGetCurrentIrql() is checked in each context. Nonpaged pool works in all of them.
 * Paged pool keeps its rule above APC_LEVEL: an allocation is reported and refused, a
 * free is reported and carried out. Levels are raised and lowered, or refused if that is
 * wrong. NT's spin locks exclude each other. The debug kernels also find a sleep in the
 * wrong place.
 *
 * Without a preemption count a kernel cannot see that preemption is off or a spin lock
 * is held. Those cases are skipped there.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#ifdef CONFIG_X86
#include <asm/nmi.h>
#endif

#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KxCt"))
#define NTK_BAD_RAISE	0x30
#define NTK_BAD_LOWER	0x31
#define NTK_COUNTS	3000	/* per thread, under one lock */
#define NTK_PATIENCE	200	/* looks, 20 ms apart, for a deferred free */

static struct ntk_context_case ntk_contexts[] = {
	{ NTK_THREAD },
	{ NTK_BH_OFF },
	{ NTK_PREEMPT_OFF, true },
	{ NTK_SPIN_LOCK, true },
	{ NTK_IRQ_OFF },
	{ NTK_SOFTIRQ },
	{ NTK_HARDIRQ },
};

KUNIT_ARRAY_PARAM(ntk_context, ntk_contexts, ntk_context_case_desc);

static void ntk_get_irql(void *arg)
{
	*(KIRQL *)arg = KeGetCurrentIrql();
}

static void KeGetCurrentIrql_test(struct kunit *test)
{
	enum ntk_context context = ntk_context_of(test);
	KIRQL irql = HIGH_LEVEL;

	KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_get_irql, &irql),
			0);
	if (context == NTK_THREAD) {
		KUNIT_EXPECT_EQ(test, irql, PASSIVE_LEVEL);
	} else if (context == NTK_HARDIRQ) {
		KUNIT_EXPECT_GT(test, irql, DISPATCH_LEVEL);
		KUNIT_EXPECT_LT(test, irql, HIGH_LEVEL);
	} else {
		KUNIT_EXPECT_EQ(test, irql, DISPATCH_LEVEL);
	}
}

#ifdef CONFIG_X86
static KIRQL ntk_nmi_irql;

static int ntk_nmi(unsigned int type, struct pt_regs *regs)
{
	ntk_nmi_irql = KeGetCurrentIrql();
	return NMI_HANDLED;
}

/* The instruction enters the kernel by the gate that an NMI takes. */
static void KeGetCurrentIrql_nmi_test(struct kunit *test)
{
	KIRQL after;

	ntk_nmi_irql = PASSIVE_LEVEL;
	KUNIT_ASSERT_EQ(test, register_nmi_handler(NMI_LOCAL, ntk_nmi, 0, "ntk"), 0);
	asm volatile("int $2");
	after = KeGetCurrentIrql();
	unregister_nmi_handler(NMI_LOCAL, "ntk");
	KUNIT_EXPECT_EQ(test, ntk_nmi_irql, HIGH_LEVEL);
	KUNIT_EXPECT_EQ(test, after, PASSIVE_LEVEL);
}
#endif

static void ntk_use_block(struct ntk_tally *tally, size_t size)
{
	u8 *block = ExAllocatePoolWithTag(NonPagedPool, size, NTK_TAG);
	u8 *zeroed = ExAllocatePool2(POOL_FLAG_NON_PAGED, size, NTK_TAG);

	if (ntk_check(tally, block, "no %zu", size)) {
		memset(block, 0x3c, size);
		ExFreePoolWithTag(block, NTK_TAG);
	}
	if (ntk_check(tally, zeroed, "no zeroed %zu", size)) {
		ntk_check(tally, !memchr_inv(zeroed, 0, size), "dirt in %zu",
			  size);
		ExFreePool(zeroed);
	}
}

static void ntk_use_pool(void *arg)
{
	static const size_t sizes[] = {
		1, 16, 100, 1000, 2032, NTK_SMALL_MAX, NTK_SMALL_MAX + 1, PAGE_SIZE,
		PAGE_SIZE + 1024,
	};
	int i, round;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			ntk_use_block(arg, sizes[i]);
	}
}

/* Blocks, single pages and runs of pages, from cache, heap and kernel. */
static void ntk_nonpaged_test(struct kunit *test)
{
	enum ntk_context context = ntk_context_of(test);
	struct ntk_tally tally = {};

	ntpool_test_drain();
	/* Where the kernel gives nothing, all of it comes from the caches. */
	if (!ntk_kernel_serves(context))
		ntk_use_pool(&tally);
	KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_use_pool, &tally),
			0);
	ntk_expect_clean(test, &tally);
	ntk_expect_no_report(test, ntk_context_name(context));
}

static void ntk_free_arg(void *arg)
{
	ExFreePoolWithTag(arg, NTK_TAG);
}

/* Blocks of a thread freed in every context, runs of pages too. */
static void ntk_free_there_test(struct kunit *test)
{
	static const size_t sizes[] = {
		64, NTK_SMALL_MAX, PAGE_SIZE, 2 * PAGE_SIZE + 1024, 262144,
	};
	enum ntk_context context = ntk_context_of(test);
	struct ntk_tally tally = {};
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *block = ExAllocatePoolWithTag(NonPagedPool, sizes[i],
						    NTK_TAG);

		if (!ntk_check(&tally, block, "no %zu", sizes[i]))
			continue;
		ntk_check(&tally,
			  !ntk_run_in(context, -1, ntk_free_arg, block),
			  "%zu", sizes[i]);
	}
	ntk_expect_clean(test, &tally);
	ntk_expect_no_report(test, ntk_context_name(context));
}

struct ntk_paged_call {
	size_t size;
	void *block;
};

static void ntk_paged_alloc(void *arg)
{
	struct ntk_paged_call *call = arg;

	call->block = ExAllocatePoolWithTag(PagedPool, call->size, NTK_TAG);
}

/* Reported as 0xC2/0x08 with IRQL, type and size, and refused. */
static void ntk_paged_alloc_test(struct kunit *test)
{
	static const size_t sizes[] = { 32, NTK_SMALL_MAX, PAGE_SIZE + 1024 };
	enum ntk_context context = ntk_context_of(test);
	struct ntpool_test_report report;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct ntk_paged_call call = { .size = sizes[i] };

		KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1,
						 ntk_paged_alloc, &call), 0);
		if (context == NTK_THREAD) {
			ntk_expect_no_report(test, "a thread");
			KUNIT_ASSERT_NOT_NULL(test, call.block);
			ExFreePool(call.block);
			continue;
		}
		KUNIT_EXPECT_NULL(test, call.block);
		ntk_expect_report(test, ntk_context_name(context),
				  NTK_BAD_POOL_CALLER, NTK_ALLOC_IRQL, &report);
		KUNIT_EXPECT_GE(test, report.param[1], DISPATCH_LEVEL);
		KUNIT_EXPECT_EQ(test, report.param[2], PagedPool);
		KUNIT_EXPECT_EQ(test, report.param[3], sizes[i]);
	}
}

static s64 ntk_wait_for_diff(struct kunit *test, s64 diff)
{
	int patience = NTK_PATIENCE;

	while (patience-- && ntk_tag_row(test, NTK_TAG, true).diff != diff)
		msleep(20);
	return ntk_tag_row(test, NTK_TAG, true).diff;
}

/* Reported as 0xC2/0x09 with IRQL, type and address, and freed, perhaps later. */
static void ntk_paged_free_test(struct kunit *test)
{
	static const size_t sizes[] = { 32, NTK_SMALL_MAX, PAGE_SIZE + 1024, 65536 };
	enum ntk_context context = ntk_context_of(test);
	s64 diff = ntk_tag_row(test, NTK_TAG, true).diff;
	struct ntpool_test_report report;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *block = ExAllocatePoolWithTag(PagedPool, sizes[i],
						    NTK_TAG);

		KUNIT_ASSERT_NOT_NULL(test, block);
		KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_free_arg,
						 block), 0);
		if (context == NTK_THREAD) {
			ntk_expect_no_report(test, "a thread");
		} else {
			ntk_expect_report(test, ntk_context_name(context),
					  NTK_BAD_POOL_CALLER, NTK_FREE_IRQL,
					  &report);
			KUNIT_EXPECT_GE(test, report.param[1], DISPATCH_LEVEL);
			KUNIT_EXPECT_EQ(test, report.param[3],
					(unsigned long)block);
		}
		KUNIT_EXPECT_EQ(test, ntk_wait_for_diff(test, diff), diff);
	}
}

static void KeRaiseIrql_KeLowerIrql_test(struct kunit *test)
{
	KIRQL old = HIGH_LEVEL, older = HIGH_LEVEL, at[4];

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	at[0] = KeGetCurrentIrql();
	KeRaiseIrql(DISPATCH_LEVEL, &older);
	at[1] = KeGetCurrentIrql();
	KeLowerIrql(older);
	at[2] = KeGetCurrentIrql();
	KeLowerIrql(old);
	at[3] = KeGetCurrentIrql();
	KUNIT_EXPECT_EQ(test, old, PASSIVE_LEVEL);
	KUNIT_EXPECT_EQ(test, older, DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, at[0], DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, at[1], DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, at[2], DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, at[3], PASSIVE_LEVEL);
}

/* Above DISPATCH_LEVEL interrupts are off, and the level is the one raised to. */
static void KeRaiseIrql_high_test(struct kunit *test)
{
	static const KIRQL levels[] = { DEVICE_LEVEL, DEVICE_LEVEL + 1, CLOCK_LEVEL, HIGH_LEVEL };
	KIRQL old, at[3];
	bool off[3];
	int i;

	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		KeRaiseIrql(levels[i], &old);
		at[0] = KeGetCurrentIrql();
		off[0] = irqs_disabled();
		KeLowerIrql(DISPATCH_LEVEL);
		at[1] = KeGetCurrentIrql();
		off[1] = irqs_disabled();
		KeLowerIrql(old);
		at[2] = KeGetCurrentIrql();
		off[2] = irqs_disabled();
		KUNIT_EXPECT_EQ(test, old, PASSIVE_LEVEL);
		KUNIT_EXPECT_EQ(test, at[0], levels[i]);
		KUNIT_EXPECT_TRUE(test, off[0]);
		KUNIT_EXPECT_EQ(test, at[1], DISPATCH_LEVEL);
		KUNIT_EXPECT_FALSE(test, off[1]);
		KUNIT_EXPECT_EQ(test, at[2], PASSIVE_LEVEL);
		KUNIT_EXPECT_FALSE(test, off[2]);
	}
}

static void ntk_expect_level(struct kunit *test, const char *what, u64 param, KIRQL at,
			     KIRQL wanted)
{
	struct ntpool_test_report report;

	ntk_expect_report(test, what, NTK_VERIFIER, param, &report);
	KUNIT_EXPECT_EQ_MSG(test, report.param[1], at, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, report.param[2], wanted, "%s", what);
}

/* The call is reported and changes nothing. KeLowerIrql() takes its result nevertheless. */
static void KeRaiseIrql_wrong_test(struct kunit *test)
{
	static const KIRQL wrong[] = { PASSIVE_LEVEL, APC_LEVEL, HIGH_LEVEL + 1, 0xff };
	KIRQL old, older, at[2];
	int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		old = KeRaiseIrqlToDpcLevel();
		KeRaiseIrql(wrong[i], &older);
		at[0] = KeGetCurrentIrql();
		KeLowerIrql(older);
		at[1] = KeGetCurrentIrql();
		KeLowerIrql(old);
		ntk_expect_level(test, "a wrong level", NTK_BAD_RAISE, DISPATCH_LEVEL, wrong[i]);
		KUNIT_EXPECT_EQ(test, older, DISPATCH_LEVEL);
		KUNIT_EXPECT_EQ(test, at[0], DISPATCH_LEVEL);
		KUNIT_EXPECT_EQ(test, at[1], DISPATCH_LEVEL);
		KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
	}
}

static void ntk_lower(void *arg)
{
	KIRQL *irql = arg;

	KeLowerIrql(PASSIVE_LEVEL);
	*irql = KeGetCurrentIrql();
}

/* Upwards, and from a level that another call raised to. */
static void KeLowerIrql_wrong_test(struct kunit *test)
{
	static const enum ntk_context contexts[] = { NTK_IRQ_OFF, NTK_SOFTIRQ, NTK_HARDIRQ };
	KIRQL irql;
	int i;

	KeLowerIrql(DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
	ntk_expect_level(test, "upwards", NTK_BAD_LOWER, PASSIVE_LEVEL, DISPATCH_LEVEL);
	for (i = 0; i < ARRAY_SIZE(contexts); i++) {
		irql = PASSIVE_LEVEL;
		KUNIT_EXPECT_EQ(test, ntk_run_in(contexts[i], -1, ntk_lower, &irql), 0);
		KUNIT_EXPECT_GE(test, irql, DISPATCH_LEVEL);
		ntk_expect_level(test, ntk_context_name(contexts[i]), NTK_BAD_LOWER, irql,
				 PASSIVE_LEVEL);
	}
	KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
}

struct ntk_held {
	struct tasklet_struct tasklet;
	bool ran;
	bool early;
	KIRQL old, older, at[3];
};

static void ntk_held_tasklet(struct tasklet_struct *tasklet)
{
	WRITE_ONCE(container_of(tasklet, struct ntk_held, tasklet)->ran, true);
}

/* Two raises: the inner lowering must not end the outer raise. */
static void ntk_hold(void *arg)
{
	struct ntk_held *held = arg;

	KeRaiseIrql(DISPATCH_LEVEL, &held->old);
	held->older = KeRaiseIrqlToDpcLevel();
	tasklet_schedule(&held->tasklet);
	mdelay(5);
	held->early = READ_ONCE(held->ran);
	held->at[0] = KeGetCurrentIrql();
	KeLowerIrql(held->older);
	mdelay(5);
	held->early |= READ_ONCE(held->ran);
	held->at[1] = KeGetCurrentIrql();
	KeLowerIrql(held->old);
	held->at[2] = KeGetCurrentIrql();
}

/* DPCs wait, also if the caller was at DISPATCH_LEVEL before by other means. */
static void KeRaiseIrql_dpc_test(struct kunit *test)
{
	enum ntk_context context = ntk_context_of(test);
	struct ntk_held held = {};
	KIRQL low = context == NTK_THREAD ? PASSIVE_LEVEL : DISPATCH_LEVEL;

	if (context == NTK_HARDIRQ)
		kunit_skip(test, "above DISPATCH_LEVEL");
	tasklet_setup(&held.tasklet, ntk_held_tasklet);
	KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_hold, &held), 0);
	tasklet_kill(&held.tasklet);
	KUNIT_EXPECT_FALSE(test, held.early);
	KUNIT_EXPECT_TRUE(test, held.ran);
	KUNIT_EXPECT_EQ(test, held.old, low);
	KUNIT_EXPECT_EQ(test, held.older, DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, held.at[0], DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, held.at[1], DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, held.at[2], low);
	KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
	ntk_expect_no_report(test, ntk_context_name(context));
}

static void ntk_raise_lower_low(void *arg)
{
	KIRQL *at = arg;
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	KeLowerIrql(PASSIVE_LEVEL);
	*at = KeGetCurrentIrql();
	KeLowerIrql(old);
}

/* From above, with interrupts off. */
static void ntk_raise_high_lower_low(void *arg)
{
	KIRQL *at = arg;
	KIRQL old;

	KeRaiseIrql(HIGH_LEVEL, &old);
	KeLowerIrql(PASSIVE_LEVEL);
	*at = irqs_disabled() ? KeGetCurrentIrql() : PASSIVE_LEVEL;
	KeLowerIrql(old);
}

/* A spin lock is no raise, and its release lowers. */
static void ntk_lock_lower_low(void *arg)
{
	KSPIN_LOCK lock = 0;
	KIRQL *at = arg;
	KIRQL old;

	KeAcquireSpinLock(&lock, &old);
	KeLowerIrql(PASSIVE_LEVEL);
	*at = KeGetCurrentIrql();
	KeReleaseSpinLock(&lock, old);
}

static const struct ntk_low {
	enum ntk_context context;
	void (*lower)(void *at);
	KIRQL from;
} ntk_lows[] = {
	{ NTK_PREEMPT_OFF, ntk_raise_lower_low, DISPATCH_LEVEL },
	{ NTK_BH_OFF, ntk_raise_lower_low, DISPATCH_LEVEL },
	{ NTK_BH_OFF, ntk_raise_high_lower_low, HIGH_LEVEL },
	{ NTK_BH_OFF, ntk_lock_lower_low, DISPATCH_LEVEL },
};

/* Below the level that the raise began at: reported, and nothing changes. */
static void KeLowerIrql_low_test(struct kunit *test)
{
	const struct ntk_low *low;
	KIRQL at;

	if (!IS_ENABLED(CONFIG_PREEMPT_COUNT))
		kunit_skip(test, "needs CONFIG_PREEMPT_COUNT");
	for (low = ntk_lows; low < ntk_lows + ARRAY_SIZE(ntk_lows); low++) {
		at = PASSIVE_LEVEL;
		KUNIT_EXPECT_EQ(test, ntk_run_in(low->context, -1, low->lower, &at), 0);
		ntk_expect_level(test, ntk_context_name(low->context), NTK_BAD_LOWER, low->from,
				 PASSIVE_LEVEL);
		KUNIT_EXPECT_EQ(test, at, low->from);
		KUNIT_EXPECT_FALSE(test, irqs_disabled());
		KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
	}
}

static bool ntk_tasklet_ran;

static void ntk_tasklet(struct tasklet_struct *tasklet)
{
	WRITE_ONCE(ntk_tasklet_ran, true);
}

/* It returns the old level. Softirqs wait until the level is lowered. */
static void KeRaiseIrqlToDpcLevel_test(struct kunit *test)
{
	struct tasklet_struct tasklet;
	KIRQL old, older, at;
	bool ran;

	tasklet_setup(&tasklet, ntk_tasklet);
	ntk_tasklet_ran = false;
	old = KeRaiseIrqlToDpcLevel();
	older = KeRaiseIrqlToDpcLevel();
	tasklet_schedule(&tasklet);
	mdelay(5);
	ran = READ_ONCE(ntk_tasklet_ran);
	KeLowerIrql(older);
	at = KeGetCurrentIrql();
	ran |= READ_ONCE(ntk_tasklet_ran);
	KeLowerIrql(old);
	tasklet_kill(&tasklet);
	KUNIT_EXPECT_EQ(test, old, PASSIVE_LEVEL);
	KUNIT_EXPECT_EQ(test, older, DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, at, DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
	KUNIT_EXPECT_FALSE(test, ran);
	KUNIT_EXPECT_TRUE(test, READ_ONCE(ntk_tasklet_ran));
}

/* Raising to DISPATCH_LEVEL is enough for the paged pool's rule. */
static void KeRaiseIrqlToDpcLevel_paged_test(struct kunit *test)
{
	struct ntpool_test_report report;
	struct ntk_paged_call call = { .size = 64 };
	KIRQL old = KeRaiseIrqlToDpcLevel();

	ntk_paged_alloc(&call);
	KeLowerIrql(old);
	KUNIT_EXPECT_NULL(test, call.block);
	ntk_expect_report(test, "paged at DISPATCH_LEVEL", NTK_BAD_POOL_CALLER,
			  NTK_ALLOC_IRQL, &report);
	KUNIT_EXPECT_EQ(test, report.param[1], DISPATCH_LEVEL);

	KeRaiseIrql(APC_LEVEL, &old);
	ntk_paged_alloc(&call);
	KeLowerIrql(old);
	ntk_expect_no_report(test, "paged at APC_LEVEL");
	KUNIT_ASSERT_NOT_NULL(test, call.block);
	ExFreePool(call.block);
}

static void KeAcquireSpinLock_KeReleaseSpinLock_test(struct kunit *test)
{
	KIRQL old = HIGH_LEVEL, held, after;
	KSPIN_LOCK lock = 1;

	KeInitializeSpinLock(&lock);
	KUNIT_EXPECT_EQ(test, lock, 0);
	KeAcquireSpinLock(&lock, &old);
	held = KeGetCurrentIrql();
	KeReleaseSpinLock(&lock, old);
	after = KeGetCurrentIrql();
	KUNIT_EXPECT_EQ(test, old, PASSIVE_LEVEL);
	KUNIT_EXPECT_EQ(test, held, DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, after, PASSIVE_LEVEL);
	KUNIT_EXPECT_EQ(test, lock, 0);

	old = KeRaiseIrqlToDpcLevel();
	KeAcquireSpinLockAtDpcLevel(&lock);
	held = KeGetCurrentIrql();
	KeReleaseSpinLockFromDpcLevel(&lock);
	after = KeGetCurrentIrql();
	KeLowerIrql(old);
	KUNIT_EXPECT_EQ(test, held, DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, after, DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
}

struct ntk_counter {
	KSPIN_LOCK lock;
	unsigned long count;	/* under lock, and not atomic */
	int inside;
};

static void ntk_count_up(struct ntk_worker *worker)
{
	struct ntk_counter *counter = worker->threads->arg;
	KIRQL old;
	int i;

	for (i = 0; i < NTK_COUNTS; i++) {
		KeAcquireSpinLock(&counter->lock, &old);
		ntk_check(&worker->tally, !counter->inside++, "round %d", i);
		WRITE_ONCE(counter->count, READ_ONCE(counter->count) + 1);
		counter->inside--;
		KeReleaseSpinLock(&counter->lock, old);
	}
}

static void ntk_exclusion_test(struct kunit *test)
{
	struct ntk_counter *counter;

	ntk_need_cpus(test, 2);
	counter = kunit_kzalloc(test, sizeof(*counter), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, counter);
	KeInitializeSpinLock(&counter->lock);
	ntk_threads_run(test, 4, true, ntk_count_up, counter);
	KUNIT_EXPECT_EQ(test, counter->count, 4 * NTK_COUNTS);
}

static struct kunit_case ntk_context_cases[] = {
	KUNIT_CASE_PARAM(KeGetCurrentIrql_test, ntk_context_gen_params),
#ifdef CONFIG_X86
	KUNIT_CASE(KeGetCurrentIrql_nmi_test),
#endif
	KUNIT_CASE_PARAM(ntk_nonpaged_test, ntk_context_gen_params),
	KUNIT_CASE_PARAM(ntk_free_there_test, ntk_context_gen_params),
	KUNIT_CASE_PARAM(ntk_paged_alloc_test, ntk_context_gen_params),
	KUNIT_CASE_PARAM(ntk_paged_free_test, ntk_context_gen_params),
	KUNIT_CASE(KeRaiseIrql_KeLowerIrql_test),
	KUNIT_CASE(KeRaiseIrql_high_test),
	KUNIT_CASE(KeRaiseIrql_wrong_test),
	KUNIT_CASE(KeLowerIrql_wrong_test),
	KUNIT_CASE_PARAM(KeRaiseIrql_dpc_test, ntk_context_gen_params),
	KUNIT_CASE(KeLowerIrql_low_test),
	KUNIT_CASE(KeRaiseIrqlToDpcLevel_test),
	KUNIT_CASE(KeRaiseIrqlToDpcLevel_paged_test),
	KUNIT_CASE(KeAcquireSpinLock_KeReleaseSpinLock_test),
	KUNIT_CASE(ntk_exclusion_test),
	{}
};

static struct kunit_suite ntk_context_suite = {
	.name = "ntpool_context",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_context_cases,
};

kunit_test_suite(ntk_context_suite);
