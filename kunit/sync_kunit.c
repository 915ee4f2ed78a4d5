// SPDX-License-Identifier: GPL-2.0
/*
 * Interlocked operations and the forms of spin locks: what each returns and
 * leaves behind, worked out by hand, and that nothing gets lost between CPUs.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "fixture.h"

#define NTK_ROUNDS	3000

/* One operation: what it returns, and what is there afterwards. */
#define NTK_LEAVES(test, type, before, returned, after, routine, ...)	\
do {									\
	type number = (before);						\
									\
	KUNIT_EXPECT_EQ(test, routine(&number, ##__VA_ARGS__),		\
			(type)(returned));				\
	KUNIT_EXPECT_EQ(test, number, (type)(after));			\
} while (0)

static void ntk_interlocked_long_test(struct kunit *test)
{
	NTK_LEAVES(test, LONG, 41, 42, 42, InterlockedIncrement);
	NTK_LEAVES(test, LONG, MAXLONG, MINLONG, MINLONG, InterlockedIncrement);
	NTK_LEAVES(test, LONG, 0, -1, -1, InterlockedDecrement);
	NTK_LEAVES(test, LONG, 5, 5, 9, InterlockedExchange, 9);
	NTK_LEAVES(test, LONG, 5, 5, 3, InterlockedExchangeAdd, -2);
	NTK_LEAVES(test, LONG, 5, 3, 3, InterlockedAdd, -2);
	NTK_LEAVES(test, LONG, 5, 5, 8, InterlockedCompareExchange, 8, 5);
	NTK_LEAVES(test, LONG, 5, 5, 5, InterlockedCompareExchange, 8, 6);
	NTK_LEAVES(test, LONG, 0x0f, 0x0f, 0x05, InterlockedAnd, 0x35);
	NTK_LEAVES(test, LONG, 0x0f, 0x0f, 0x3f, InterlockedOr, 0x35);
	NTK_LEAVES(test, LONG, 0x0f, 0x0f, 0x3a, InterlockedXor, 0x35);
	NTK_LEAVES(test, LONG, 1, 2, 2, InterlockedIncrementAcquire);
}

static void ntk_interlocked_long64_test(struct kunit *test)
{
	NTK_LEAVES(test, LONG64, 0xffffffff, 1LL << 32, 1LL << 32,
		   InterlockedIncrement64);
	NTK_LEAVES(test, LONG64, 1LL << 32, 0xffffffff, 0xffffffff,
		   InterlockedDecrement64);
	NTK_LEAVES(test, LONG64, -1, -1, 1LL << 40, InterlockedExchange64,
		   1LL << 40);
	NTK_LEAVES(test, LONG64, 0xffffffff, 0xffffffff, 0x1fffffffe,
		   InterlockedExchangeAdd64, 0xffffffff);
	NTK_LEAVES(test, LONG64, 0xffffffff, 0x1fffffffe, 0x1fffffffe,
		   InterlockedAdd64, 0xffffffff);
	NTK_LEAVES(test, LONG64, 7, 7, 1LL << 40,
		   InterlockedCompareExchange64, 1LL << 40, 7);
	/* They differ above bit 31 only. */
	NTK_LEAVES(test, LONG64, 7, 7, 7, InterlockedCompareExchange64,
		   1LL << 40, 7 | 1LL << 32);
	NTK_LEAVES(test, LONG64, 3LL << 32, 3LL << 32, 1LL << 32,
		   InterlockedAnd64, 1LL << 32 | 1);
	NTK_LEAVES(test, LONG64, 0, 0, 1LL << 63, InterlockedOr64, 1LL << 63);
	NTK_LEAVES(test, LONG64, -1, -1, ~(1LL << 32), InterlockedXor64,
		   1LL << 32);
}

/* Nothing beside the number changes. */
static void ntk_interlocked_narrow_test(struct kunit *test)
{
	SHORT number[3] = { 1, 32767, 1 };
	CHAR small[3] = { 1, 0, 1 };

	KUNIT_EXPECT_EQ(test, InterlockedIncrement16(&number[1]), -32768);
	KUNIT_EXPECT_EQ(test, InterlockedDecrement16(&number[1]), 32767);
	KUNIT_EXPECT_EQ(test, InterlockedCompareExchange16(&number[1], -1,
							   32767), 32767);
	KUNIT_EXPECT_EQ(test, InterlockedAnd16(&number[1], 0x0ff0), -1);
	KUNIT_EXPECT_EQ(test, number[1], 0x0ff0);
	KUNIT_EXPECT_EQ(test, number[0] + number[2], 2);
	KUNIT_EXPECT_EQ(test, InterlockedOr8(&small[1], 0x11), 0);
	KUNIT_EXPECT_EQ(test, InterlockedXor8(&small[1], 0x10), 0x11);
	KUNIT_EXPECT_EQ(test, InterlockedExchangeAdd8(&small[1], -2), 1);
	KUNIT_EXPECT_EQ(test, small[1], -1);
	KUNIT_EXPECT_EQ(test, small[0] + small[2], 2);
}

static void InterlockedExchangePointer_InterlockedCompareExchangePointer_test(struct kunit *test)
{
	int one, two;
	PVOID pointer = &one;
	PVOID old;

	old = InterlockedCompareExchangePointer(&pointer, &two, &two);
	KUNIT_EXPECT_PTR_EQ(test, old, (PVOID)&one);
	KUNIT_EXPECT_PTR_EQ(test, pointer, (PVOID)&one);
	old = InterlockedCompareExchangePointer(&pointer, &two, &one);
	KUNIT_EXPECT_PTR_EQ(test, old, (PVOID)&one);
	old = InterlockedExchangePointer(&pointer, NULL);
	KUNIT_EXPECT_PTR_EQ(test, old, (PVOID)&two);
	KUNIT_EXPECT_NULL(test, pointer);
	WriteReleasePointer(&pointer, &one);
	KUNIT_EXPECT_PTR_EQ(test, ReadAcquirePointer(&pointer), (PVOID)&one);
}

/* Bit 37 is bit 5 of the second number. */
static void ntk_interlocked_bits_test(struct kunit *test)
{
	LONG row[2] = {};
	LONG64 wide[2] = {};

	KUNIT_EXPECT_FALSE(test, InterlockedBitTestAndSet(row, 37));
	KUNIT_EXPECT_TRUE(test, InterlockedBitTestAndSet(row, 37));
	KUNIT_EXPECT_FALSE(test, InterlockedBitTestAndSet(row, 31));
	KUNIT_EXPECT_EQ(test, row[0], MINLONG);
	KUNIT_EXPECT_EQ(test, row[1], 0x20);
	KUNIT_EXPECT_TRUE(test, InterlockedBitTestAndReset(row, 37));
	KUNIT_EXPECT_FALSE(test, InterlockedBitTestAndReset(row, 37));
	KUNIT_EXPECT_EQ(test, row[1], 0);
	KUNIT_EXPECT_TRUE(test, InterlockedBitTestAndComplement(row, 31));
	KUNIT_EXPECT_EQ(test, row[0], 0);
	KUNIT_EXPECT_FALSE(test, InterlockedBitTestAndSet64(wide, 100));
	KUNIT_EXPECT_EQ(test, wide[1], 1LL << 36);
	KUNIT_EXPECT_TRUE(test, InterlockedBitTestAndReset64(wide, 100));
	KUNIT_EXPECT_EQ(test, wide[0] | wide[1], 0);
}

struct ntk_race {
	LONG count;
	LONG64 count64;
	LONG64 exchanged;	/* what left by InterlockedExchange64() */
	LONG64 mailbox;
	SHORT count16;
	KSPIN_LOCK lock;
	unsigned long locked;	/* under lock, and not atomic */
	unsigned long refused;
};

static void ntk_interlocked_racer(struct ntk_worker *worker)
{
	struct ntk_race *race = worker->crew->arg;
	int i;

	for (i = 0; i < NTK_ROUNDS; i++) {
		InterlockedIncrement(&race->count);
		InterlockedIncrement16(&race->count16);
		/* Half of each sum is above bit 31. */
		InterlockedAdd64(&race->count64, 1LL << 32 | 1);
		InterlockedAdd64(&race->exchanged,
				 InterlockedExchange64(&race->mailbox, i + 1));
		ntk_check(&worker->tally, race->count > 0, "round %d", i);
	}
}

/* 4 x 3000 = 12000; 4 x (1 + ... + 3000) = 18006000. */
static void ntk_interlocked_race_test(struct kunit *test)
{
	struct ntk_race *race;
	struct ntk_crew *crew;

	ntk_need_cpus(test, 2);
	race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	crew = kunit_kzalloc(test, sizeof(*crew), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, race);
	KUNIT_ASSERT_NOT_NULL(test, crew);
	KUNIT_ASSERT_EQ(test, ntk_crew_start(crew, 4, true,
					     ntk_interlocked_racer, race), 0);
	KUNIT_EXPECT_EQ(test, ntk_crew_finish(crew), 0);
	ntk_crew_expect_clean(test, crew);
	KUNIT_EXPECT_EQ(test, race->count, 12000);
	KUNIT_EXPECT_EQ(test, race->count16, 12000);
	KUNIT_EXPECT_EQ(test, race->count64, 12000LL << 32 | 12000);
	KUNIT_EXPECT_EQ(test, race->exchanged + race->mailbox, 18006000);
}

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
	struct ntk_barrier *b = worker->crew->arg;
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
	struct ntk_crew *crew;

	ntk_need_cpus(test, 2);
	b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	crew = kunit_kzalloc(test, sizeof(*crew), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_ASSERT_NOT_NULL(test, crew);
	KUNIT_ASSERT_EQ(test, ntk_crew_start(crew, 2, true, ntk_barrier_worker, b), 0);
	KUNIT_EXPECT_EQ(test, ntk_crew_finish(crew), 0);
	ntk_crew_expect_clean(test, crew);
	KUNIT_EXPECT_EQ(test, b->arrived, 2 * 3 * NTK_ROUNDS);
}

static void ntk_tell(struct ntk_worker *worker)
{
	struct ntk_barrier *b = worker->crew->arg;

	msleep(20);
	b->told = TRUE;
}

/* Without it the compiler reads once, before the loop. */
static void KeMemoryBarrierWithoutFence_test(struct kunit *test)
{
	struct ntk_barrier *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	struct ntk_crew *crew = kunit_kzalloc(test, sizeof(*crew), GFP_KERNEL);
	unsigned long limit = jiffies + 10 * HZ;
	BOOLEAN told;

	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_ASSERT_NOT_NULL(test, crew);
	KUNIT_ASSERT_EQ(test, ntk_crew_start(crew, 1, false, ntk_tell, b), 0);
	do {
		KeMemoryBarrierWithoutFence();
		told = b->told;
	} while (!told && time_before(jiffies, limit));
	KUNIT_EXPECT_EQ(test, ntk_crew_finish(crew), 0);
	KUNIT_EXPECT_TRUE(test, told);
}

static void KeAcquireInStackQueuedSpinLock_test(struct kunit *test)
{
	KLOCK_QUEUE_HANDLE handle;
	KSPIN_LOCK lock;
	KIRQL old, held, after;
	BOOLEAN free_then;

	KeInitializeSpinLock(&lock);
	KeAcquireInStackQueuedSpinLock(&lock, &handle);
	held = KeGetCurrentIrql();
	free_then = KeTestSpinLock(&lock);
	KeReleaseInStackQueuedSpinLock(&handle);
	KUNIT_EXPECT_EQ(test, handle.OldIrql, PASSIVE_LEVEL);
	KUNIT_EXPECT_EQ(test, held, DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, free_then, !IS_ENABLED(CONFIG_SMP));
	KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
	KUNIT_EXPECT_TRUE(test, KeTestSpinLock(&lock));

	old = KeRaiseIrqlToDpcLevel();
	KeAcquireInStackQueuedSpinLockAtDpcLevel(&lock, &handle);
	free_then = KeTestSpinLock(&lock);
	KeReleaseInStackQueuedSpinLockFromDpcLevel(&handle);
	after = KeGetCurrentIrql();
	KeLowerIrql(old);
	KUNIT_EXPECT_EQ(test, free_then, !IS_ENABLED(CONFIG_SMP));
	KUNIT_EXPECT_EQ(test, after, DISPATCH_LEVEL);
	KUNIT_EXPECT_TRUE(test, KeTestSpinLock(&lock));
	KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
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

static void ntk_count_locked(struct ntk_race *race)
{
	WRITE_ONCE(race->locked, READ_ONCE(race->locked) + 1);
}

/* Whoever is refused takes the lock the ordinary way. */
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
	struct ntk_race *race = worker->crew->arg;
	KLOCK_QUEUE_HANDLE handle;
	KIRQL old;
	int i;

	for (i = 0; i < NTK_ROUNDS; i++) {
		switch (worker->id % 3) {
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
	struct ntk_crew *crew;

	ntk_need_cpus(test, 2);
	race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	crew = kunit_kzalloc(test, sizeof(*crew), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, race);
	KUNIT_ASSERT_NOT_NULL(test, crew);
	KeInitializeSpinLock(&race->lock);
	KUNIT_ASSERT_EQ(test, ntk_crew_start(crew, 6, true, ntk_lock_racer,
					     race), 0);
	KUNIT_EXPECT_EQ(test, ntk_crew_finish(crew), 0);
	ntk_crew_expect_clean(test, crew);
	KUNIT_EXPECT_EQ(test, race->locked, 18000);
}

static struct kunit_case ntk_sync_cases[] = {
	KUNIT_CASE(ntk_interlocked_long_test),
	KUNIT_CASE(ntk_interlocked_long64_test),
	KUNIT_CASE(ntk_interlocked_narrow_test),
	KUNIT_CASE(InterlockedExchangePointer_InterlockedCompareExchangePointer_test),
	KUNIT_CASE(ntk_interlocked_bits_test),
	KUNIT_CASE(ntk_interlocked_race_test),
	KUNIT_CASE(KeMemoryBarrier_test),
	KUNIT_CASE(KeMemoryBarrierWithoutFence_test),
	KUNIT_CASE(KeAcquireInStackQueuedSpinLock_test),
	KUNIT_CASE(KeTryToAcquireSpinLockAtDpcLevel_test),
	KUNIT_CASE(KeAcquireSpinLockForDpc_KeReleaseSpinLockForDpc_test),
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
