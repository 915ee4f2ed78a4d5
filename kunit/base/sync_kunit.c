// SPDX-License-Identifier: GPL-2.0
/*
 * Memory barriers, and the forms of spin locks. The cases check the IRQL before, during
 * and after each form. They also check the owner of the lock, and mutual exclusion
 * between all forms.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "fixture.h"

#define NTK_ROUNDS	3000

/* Two CPUs that write their own number and then read the other's. */
struct ntk_barrier {
	LONG arrived;		/* workers that reached the step, of all steps */
	LONG number[2];
	LONG seen[2];
	BOOLEAN told;		/* plain: only the compiler could keep it from us */
};

/* Both come this far, or the other one is missing for ten seconds. */
static bool ntk_meet(struct ntk_barrier *b, int step)
{
	unsigned long limit = jiffies + 10 * HZ;

	InterlockedIncrement(&b->arrived);
	while (READ_ONCE(b->arrived) < 2 * step) {
		if (time_after(jiffies, limit))
			return false;
		YieldProcessor();
	}
	return true;
}

static void ntk_barrier_worker(struct ntk_worker *worker)
{
	struct ntk_barrier *b = worker->threads->arg;
	unsigned int me = worker->id;
	int i, step = 0;

	for (i = 0; i < NTK_ROUNDS; i++) {
		WRITE_ONCE(b->number[me], 0);
		if (!ntk_check(&worker->tally, ntk_meet(b, ++step), "round %d: alone", i))
			return;
		WRITE_ONCE(b->number[me], 1);
		KeMemoryBarrier();
		WRITE_ONCE(b->seen[me], READ_ONCE(b->number[!me]));
		if (!ntk_check(&worker->tally, ntk_meet(b, ++step), "round %d: left alone", i))
			return;
		ntk_check(&worker->tally, READ_ONCE(b->seen[0]) || READ_ONCE(b->seen[1]),
			  "round %d: both read before they wrote", i);
		if (!ntk_meet(b, ++step))
			return;
	}
}

/* Without a barrier either CPU may read before its own write is seen. */
static void KeMemoryBarrier_test(struct kunit *test)
{
	struct ntk_barrier *b;

	ntk_need_cpus(test, 2);
	b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, b);
	ntk_threads_run(test, 2, true, ntk_barrier_worker, b);
	KUNIT_EXPECT_EQ(test, b->arrived, 2 * 3 * NTK_ROUNDS);
}

static void ntk_tell(struct ntk_worker *worker)
{
	struct ntk_barrier *b = worker->threads->arg;

	msleep(20);
	WRITE_ONCE(b->told, TRUE);
}

/* Without it the compiler reads once, before the loop. */
static void KeMemoryBarrierWithoutFence_test(struct kunit *test)
{
	struct ntk_barrier *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	struct ntk_threads *threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	unsigned long limit = jiffies + 10 * HZ;
	BOOLEAN told;

	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_ASSERT_NOT_NULL(test, threads);
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, 1, false, ntk_tell, b), 0);
	do {
		KeMemoryBarrierWithoutFence();
		/* The barrier alone makes the compiler read again. */
		told = data_race(b->told);
	} while (!told && time_before(jiffies, limit));
	KUNIT_EXPECT_EQ(test, ntk_threads_finish(threads), 0);
	KUNIT_EXPECT_TRUE(test, told);
}

/* A loop that waits at DISPATCH_LEVEL sees the writes of another CPU, and stays on its own. */
static void YieldProcessor_test(struct kunit *test)
{
	struct ntk_barrier *b;
	struct ntk_threads *threads;
	unsigned long limit;
	KIRQL old, after;
	BOOLEAN told;

	ntk_need_cpus(test, 2);
	b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_ASSERT_NOT_NULL(test, threads);
	set_cpus_allowed_ptr(current, cpumask_of(ntk_nth_cpu(1)));
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, 1, true, ntk_tell, b), 0);
	limit = jiffies + 10 * HZ;
	old = KeRaiseIrqlToDpcLevel();
	while (!(told = READ_ONCE(b->told)) && time_before(jiffies, limit))
		YieldProcessor();
	after = KeGetCurrentIrql();
	KeLowerIrql(old);
	KUNIT_EXPECT_EQ(test, ntk_threads_finish(threads), 0);
	KUNIT_EXPECT_TRUE(test, told);
	KUNIT_EXPECT_EQ(test, after, DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* The effects of one form of lock and unlock on the lock and on the IRQL. */
struct ntk_passage {
	KSPIN_LOCK lock;
	KLOCK_QUEUE_HANDLE handle;
	KIRQL before;		/* as the form says */
	KIRQL held;
	KIRQL after;
	BOOLEAN free_while_held;
	BOOLEAN free_after;
};

struct ntk_form {
	void (*acquire)(struct ntk_passage *passage);
	void (*release)(struct ntk_passage *passage);
};

static void ntk_raise_to_dpc(struct ntk_passage *passage)
{
	passage->before = KeAcquireSpinLockRaiseToDpc(&passage->lock);
}

static void ntk_release(struct ntk_passage *passage)
{
	KeReleaseSpinLock(&passage->lock, passage->before);
}

static void ntk_at_dpc(struct ntk_passage *passage)
{
	KeAcquireSpinLockAtDpcLevel(&passage->lock);
}

static void ntk_release_from_dpc(struct ntk_passage *passage)
{
	KeReleaseSpinLockFromDpcLevel(&passage->lock);
}

static void ntk_queued(struct ntk_passage *passage)
{
	KeAcquireInStackQueuedSpinLock(&passage->lock, &passage->handle);
	passage->before = passage->handle.OldIrql;
}

static void ntk_release_queued(struct ntk_passage *passage)
{
	KeReleaseInStackQueuedSpinLock(&passage->handle);
}

static void ntk_queued_at_dpc(struct ntk_passage *passage)
{
	KeAcquireInStackQueuedSpinLockAtDpcLevel(&passage->lock, &passage->handle);
}

static void ntk_release_queued_from_dpc(struct ntk_passage *passage)
{
	KeReleaseInStackQueuedSpinLockFromDpcLevel(&passage->handle);
}

/* At @irql; nothing is expected before that is left again. */
static void ntk_pass(struct ntk_passage *passage, const struct ntk_form *form, KIRQL irql)
{
	KIRQL old;

	memset(passage, 0xff, sizeof(*passage));
	KeInitializeSpinLock(&passage->lock);
	KeRaiseIrql(irql, &old);
	form->acquire(passage);
	passage->held = KeGetCurrentIrql();
	passage->free_while_held = KeTestSpinLock(&passage->lock);
	form->release(passage);
	passage->after = KeGetCurrentIrql();
	passage->free_after = KeTestSpinLock(&passage->lock);
	KeLowerIrql(old);
}

static void ntk_expect_pass(struct kunit *test, const struct ntk_form *form, KIRQL irql,
			    struct ntk_passage *passage)
{
	ntk_pass(passage, form, irql);
	KUNIT_EXPECT_EQ(test, passage->held, DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, passage->after, irql);
	KUNIT_EXPECT_EQ(test, passage->free_while_held, !IS_ENABLED(CONFIG_SMP));
	KUNIT_EXPECT_EQ(test, passage->free_after, TRUE);
	KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* The lock is free for any old content, as a lock in zeroed memory is. */
static void KeInitializeSpinLock_test(struct kunit *test)
{
	static const struct ntk_form form = { ntk_raise_to_dpc, ntk_release };
	struct ntk_passage passage;
	static KSPIN_LOCK zeroed;
	KSPIN_LOCK lock[3];

	memset(lock, 0xff, sizeof(lock));
	KeInitializeSpinLock(&lock[1]);
	KUNIT_EXPECT_EQ(test, lock[1], 0);
	KUNIT_EXPECT_EQ(test, lock[0], ~(KSPIN_LOCK)0);
	KUNIT_EXPECT_EQ(test, lock[2], ~(KSPIN_LOCK)0);
	KUNIT_EXPECT_EQ(test, KeTestSpinLock(&lock[1]), TRUE);
	KUNIT_EXPECT_EQ(test, KeTestSpinLock(&zeroed), TRUE);
	/* Its storage was all ones. */
	ntk_expect_pass(test, &form, PASSIVE_LEVEL, &passage);
}

/* It returns the old level, also one that cannot be returned to. */
static void KeAcquireSpinLockRaiseToDpc_test(struct kunit *test)
{
	static const struct ntk_form form = { ntk_raise_to_dpc, ntk_release };
	struct ntk_passage passage;

	ntk_expect_pass(test, &form, PASSIVE_LEVEL, &passage);
	KUNIT_EXPECT_EQ(test, passage.before, PASSIVE_LEVEL);
	ntk_expect_pass(test, &form, DISPATCH_LEVEL, &passage);
	KUNIT_EXPECT_EQ(test, passage.before, DISPATCH_LEVEL);
}

static void KeAcquireSpinLockAtDpcLevel_KeReleaseSpinLockFromDpcLevel_test(struct kunit *test)
{
	static const struct ntk_form form = { ntk_at_dpc, ntk_release_from_dpc };
	struct ntk_passage passage;

	ntk_expect_pass(test, &form, DISPATCH_LEVEL, &passage);
}

static void KeAcquireInStackQueuedSpinLock_KeReleaseInStackQueuedSpinLock_test(struct kunit *test)
{
	static const struct ntk_form form = { ntk_queued, ntk_release_queued };
	struct ntk_passage passage;

	ntk_expect_pass(test, &form, PASSIVE_LEVEL, &passage);
	KUNIT_EXPECT_EQ(test, passage.before, PASSIVE_LEVEL);
	KUNIT_EXPECT_NULL(test, (void *)passage.handle.LockQueue.Lock);
	ntk_expect_pass(test, &form, DISPATCH_LEVEL, &passage);
	KUNIT_EXPECT_EQ(test, passage.before, DISPATCH_LEVEL);
}

static void KeAcquireInStackQueuedSpinLockAtDpcLevel_test(struct kunit *test)
{
	static const struct ntk_form form = { ntk_queued_at_dpc, ntk_release_queued_from_dpc };
	struct ntk_passage passage;

	ntk_expect_pass(test, &form, DISPATCH_LEVEL, &passage);
}

/* It releases the lock of the handle once, and no other lock. */
static void KeReleaseInStackQueuedSpinLockFromDpcLevel_test(struct kunit *test)
{
	KLOCK_QUEUE_HANDLE outer, inner;
	KSPIN_LOCK one = 0, two = 0;
	BOOLEAN free_one, free_two;
	KIRQL old, after;

	old = KeRaiseIrqlToDpcLevel();
	KeAcquireInStackQueuedSpinLockAtDpcLevel(&one, &outer);
	KeAcquireInStackQueuedSpinLockAtDpcLevel(&two, &inner);
	KeReleaseInStackQueuedSpinLockFromDpcLevel(&outer);
	after = KeGetCurrentIrql();
	free_one = KeTestSpinLock(&one);
	free_two = KeTestSpinLock(&two);
	KeReleaseInStackQueuedSpinLockFromDpcLevel(&inner);
	KeLowerIrql(old);
	KUNIT_EXPECT_EQ(test, after, DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, free_one, TRUE);
	KUNIT_EXPECT_EQ(test, free_two, !IS_ENABLED(CONFIG_SMP));
	KUNIT_EXPECT_EQ(test, KeTestSpinLock(&two), TRUE);
	KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
}

struct ntk_look {
	KSPIN_LOCK lock;
	BOOLEAN free;
};

static void ntk_look(void *arg)
{
	struct ntk_look *look = arg;

	look->free = KeTestSpinLock(&look->lock);
}

/* Results on another CPU: before, while this CPU holds the lock, and after; twice. */
static void KeTestSpinLock_test(struct kunit *test)
{
	struct ntk_look look = {};
	BOOLEAN told[3];
	int round, other;
	KIRQL old;

	ntk_need_cpus(test, 2);
	set_cpus_allowed_ptr(current, cpumask_of(ntk_nth_cpu(0)));
	other = ntk_nth_cpu(1);
	for (round = 0; round < 2; round++) {
		smp_call_function_single(other, ntk_look, &look, 1);
		told[0] = look.free;
		KeAcquireSpinLock(&look.lock, &old);
		smp_call_function_single(other, ntk_look, &look, 1);
		told[1] = look.free;
		KeReleaseSpinLock(&look.lock, old);
		smp_call_function_single(other, ntk_look, &look, 1);
		told[2] = look.free;
		KUNIT_EXPECT_EQ(test, told[0], TRUE);
		KUNIT_EXPECT_EQ(test, told[1], FALSE);
		KUNIT_EXPECT_EQ(test, told[2], TRUE);
	}
}

static void KeTryToAcquireSpinLockAtDpcLevel_test(struct kunit *test)
{
	BOOLEAN first, second = FALSE, third;
	KSPIN_LOCK lock;
	KIRQL old, after;

	KeInitializeSpinLock(&lock);
	old = KeRaiseIrqlToDpcLevel();
	first = KeTryToAcquireSpinLockAtDpcLevel(&lock);
	if (IS_ENABLED(CONFIG_SMP))
		second = KeTryToAcquireSpinLockAtDpcLevel(&lock);
	KeReleaseSpinLockFromDpcLevel(&lock);
	third = KeTryToAcquireSpinLockAtDpcLevel(&lock);
	KeReleaseSpinLockFromDpcLevel(&lock);
	after = KeGetCurrentIrql();
	KeLowerIrql(old);
	KUNIT_EXPECT_TRUE(test, first);
	KUNIT_EXPECT_FALSE(test, second);
	KUNIT_EXPECT_TRUE(test, third);
	KUNIT_EXPECT_EQ(test, after, DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void KeAcquireSpinLockForDpc_KeReleaseSpinLockForDpc_test(struct kunit *test)
{
	KSPIN_LOCK lock;
	KIRQL old, held;

	KeInitializeSpinLock(&lock);
	old = KeAcquireSpinLockForDpc(&lock);
	held = KeGetCurrentIrql();
	KeReleaseSpinLockForDpc(&lock, old);
	KUNIT_EXPECT_EQ(test, old, PASSIVE_LEVEL);
	KUNIT_EXPECT_EQ(test, held, DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
}

struct ntk_race {
	KSPIN_LOCK lock;
	unsigned long locked;	/* under lock, and not atomic */
	unsigned long refused;
};

static void ntk_count_locked(struct ntk_race *race)
{
	WRITE_ONCE(race->locked, READ_ONCE(race->locked) + 1);
}

/* Both return the level before. SYNCH_LEVEL is above DISPATCH_LEVEL. */
static void KfRaiseIrql_KeRaiseIrqlToSynchLevel_test(struct kunit *test)
{
	KIRQL now[3], old[2];

	old[0] = KfRaiseIrql(DISPATCH_LEVEL);
	now[0] = KeGetCurrentIrql();
	old[1] = KeRaiseIrqlToSynchLevel();
	now[1] = KeGetCurrentIrql();
	KfLowerIrql(old[1]);
	now[2] = KeGetCurrentIrql();
	KfLowerIrql(old[0]);
	KUNIT_EXPECT_EQ(test, old[0], PASSIVE_LEVEL);
	KUNIT_EXPECT_EQ(test, now[0], DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, old[1], DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, now[1], SYNCH_LEVEL);
	KUNIT_EXPECT_EQ(test, now[2], DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* The older names take the same lock. */
static void ntk_old_names_test(struct kunit *test)
{
	KSPIN_LOCK lock = 0;
	BOOLEAN free[3];
	KIRQL old;

	old = KfAcquireSpinLock(&lock);
	free[0] = KeTestSpinLock(&lock);
	KfReleaseSpinLock(&lock, old);
	ExAcquireSpinLock(&lock, &old);
	free[1] = KeTestSpinLock(&lock);
	ExReleaseSpinLock(&lock, old);
	KUNIT_EXPECT_EQ(test, old, PASSIVE_LEVEL);
	old = KfRaiseIrql(DISPATCH_LEVEL);
	ExAcquireSpinLockAtDpcLevel(&lock);
	free[2] = KeTestSpinLock(&lock);
	ExReleaseSpinLockFromDpcLevel(&lock);
	KfLowerIrql(old);
	KUNIT_EXPECT_FALSE(test, free[0] || free[1] || free[2]);
	KUNIT_EXPECT_TRUE(test, KeTestSpinLock(&lock));
	KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* After a refusal the caller takes the lock in the ordinary way. */
static void ntk_count_by_try(struct ntk_race *race)
{
	KIRQL old = KeRaiseIrqlToDpcLevel();

	if (!KeTryToAcquireSpinLockAtDpcLevel(&race->lock)) {
		KeAcquireSpinLockAtDpcLevel(&race->lock);
		race->refused++;
	}
	ntk_count_locked(race);
	KeReleaseSpinLockFromDpcLevel(&race->lock);
	KeLowerIrql(old);
}

/* All forms exclude each other. */
static void ntk_lock_racer(struct ntk_worker *worker)
{
	struct ntk_race *race = worker->threads->arg;
	KLOCK_QUEUE_HANDLE handle;
	KIRQL old;
	int i;

	for (i = 0; i < NTK_ROUNDS; i++) {
		switch (worker->id % 4) {
		case 0:
			KeAcquireSpinLock(&race->lock, &old);
			ntk_count_locked(race);
			KeReleaseSpinLock(&race->lock, old);
			break;
		case 1:
			KeAcquireInStackQueuedSpinLock(&race->lock, &handle);
			ntk_count_locked(race);
			KeReleaseInStackQueuedSpinLock(&handle);
			break;
		case 2:
			old = KeRaiseIrqlToDpcLevel();
			KeAcquireInStackQueuedSpinLockAtDpcLevel(&race->lock, &handle);
			ntk_count_locked(race);
			KeReleaseInStackQueuedSpinLockFromDpcLevel(&handle);
			KeLowerIrql(old);
			break;
		default:
			ntk_count_by_try(race);
		}
		ntk_check(&worker->tally, KeGetCurrentIrql() == PASSIVE_LEVEL,
			  "round %d: above PASSIVE_LEVEL", i);
	}
}

static void ntk_lock_race_test(struct kunit *test)
{
	struct ntk_race *race;

	ntk_need_cpus(test, 2);
	race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, race);
	KeInitializeSpinLock(&race->lock);
	ntk_threads_run(test, 8, true, ntk_lock_racer, race);
	KUNIT_EXPECT_EQ(test, race->locked, 24000);
}

static struct kunit_case ntk_sync_cases[] = {
	KUNIT_CASE(KeMemoryBarrier_test),
	KUNIT_CASE(KeMemoryBarrierWithoutFence_test),
	KUNIT_CASE(YieldProcessor_test),
	KUNIT_CASE(KeInitializeSpinLock_test),
	KUNIT_CASE(KeTestSpinLock_test),
	KUNIT_CASE(KeAcquireSpinLockRaiseToDpc_test),
	KUNIT_CASE(KeAcquireSpinLockAtDpcLevel_KeReleaseSpinLockFromDpcLevel_test),
	KUNIT_CASE(KeAcquireInStackQueuedSpinLock_KeReleaseInStackQueuedSpinLock_test),
	KUNIT_CASE(KeAcquireInStackQueuedSpinLockAtDpcLevel_test),
	KUNIT_CASE(KeReleaseInStackQueuedSpinLockFromDpcLevel_test),
	KUNIT_CASE(KeTryToAcquireSpinLockAtDpcLevel_test),
	KUNIT_CASE(KeAcquireSpinLockForDpc_KeReleaseSpinLockForDpc_test),
	KUNIT_CASE(KfRaiseIrql_KeRaiseIrqlToSynchLevel_test),
	KUNIT_CASE(ntk_old_names_test),
	KUNIT_CASE(ntk_lock_race_test),
	{}
};

static struct kunit_suite ntk_sync_suite = {
	.name = "ntpool_sync",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_sync_cases,
};

kunit_test_suite(ntk_sync_suite);
