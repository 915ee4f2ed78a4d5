// SPDX-License-Identifier: GPL-2.0
/*
 * Interlocked operations. Each returns and stores the right number, on every width and
 * at both ends of the range. The expected numbers were worked out by hand. The memory
 * beside the number does not change. Operations of several CPUs on one number lose
 * nothing.
 */
#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "fixture.h"

#define NTK_ROUNDS	200000	/* an even number */
#define NTK_RACERS	2
#define NTK_NARROW	3000	/* rounds that a SHORT can count */

/* One operation: its result, the number afterwards, and the neighbours of the number. */
#define NTK_LEAVES(test, type, before, returned, after, routine, ...)	\
do {									\
	type row[3] = { (type)0x5a, (type)(before), (type)0x5a };	\
									\
	KUNIT_EXPECT_EQ(test, routine(&row[1], ##__VA_ARGS__),		\
			(type)(returned));				\
	KUNIT_EXPECT_EQ(test, row[1], (type)(after));			\
	KUNIT_EXPECT_EQ(test, row[0], (type)0x5a);			\
	KUNIT_EXPECT_EQ(test, row[2], (type)0x5a);			\
} while (0)

/* The same on each width, with numbers that fit the smallest. */
#define NTK_ALL_LEAVE(test, before, returned, after, routine, ...)	\
do {									\
	NTK_LEAVES(test, LONG, before, returned, after, routine,	\
		   ##__VA_ARGS__);					\
	NTK_LEAVES(test, LONG64, before, returned, after, routine##64,	\
		   ##__VA_ARGS__);					\
	NTK_LEAVES(test, SHORT, before, returned, after, routine##16,	\
		   ##__VA_ARGS__);					\
	NTK_LEAVES(test, CHAR, before, returned, after, routine##8,	\
		   ##__VA_ARGS__);					\
} while (0)

/* The same on a SIZE_T, for the sums that NT has. */
#define NTK_SIZE_LEAVES(test, before, returned, after, routine, ...)	\
do {									\
	NTK_LEAVES(test, SIZE_T, before, returned, after, routine##SizeT, \
		   ##__VA_ARGS__);					\
	NTK_LEAVES(test, SIZE_T, before, returned, after,		\
		   routine##SizeTNoFence, ##__VA_ARGS__);		\
} while (0)

/* And by the names that ask for less of a barrier. */
#define NTK_ORDERS_LEAVE(test, before, returned, after, routine, ...)	\
do {									\
	NTK_LEAVES(test, LONG, before, returned, after,			\
		   routine##Acquire, ##__VA_ARGS__);			\
	NTK_LEAVES(test, LONG, before, returned, after,			\
		   routine##Release, ##__VA_ARGS__);			\
	NTK_LEAVES(test, LONG, before, returned, after,			\
		   routine##NoFence, ##__VA_ARGS__);			\
	NTK_LEAVES(test, LONG64, before, returned, after,		\
		   routine##Acquire64, ##__VA_ARGS__);			\
	NTK_LEAVES(test, LONG64, before, returned, after,		\
		   routine##Release64, ##__VA_ARGS__);			\
	NTK_LEAVES(test, LONG64, before, returned, after,		\
		   routine##NoFence64, ##__VA_ARGS__);			\
} while (0)

static void InterlockedIncrement_test(struct kunit *test)
{
	NTK_ALL_LEAVE(test, 41, 42, 42, InterlockedIncrement);
	NTK_ORDERS_LEAVE(test, 41, 42, 42, InterlockedIncrement);
	NTK_SIZE_LEAVES(test, 41, 42, 42, InterlockedIncrement);
	NTK_LEAVES(test, LONG, MAXLONG, MINLONG, MINLONG, InterlockedIncrement);
	NTK_LEAVES(test, LONG64, 0xffffffff, 1LL << 32, 1LL << 32, InterlockedIncrement64);
	NTK_LEAVES(test, SHORT, 32767, -32768, -32768, InterlockedIncrement16);
	NTK_LEAVES(test, CHAR, 127, -128, -128, InterlockedIncrement8);
}

static void InterlockedDecrement_test(struct kunit *test)
{
	NTK_ALL_LEAVE(test, 0, -1, -1, InterlockedDecrement);
	NTK_ORDERS_LEAVE(test, 0, -1, -1, InterlockedDecrement);
	NTK_SIZE_LEAVES(test, 0, MAXSIZE_T, MAXSIZE_T, InterlockedDecrement);
	NTK_LEAVES(test, LONG, MINLONG, MAXLONG, MAXLONG, InterlockedDecrement);
	NTK_LEAVES(test, LONG64, 1LL << 32, 0xffffffff, 0xffffffff, InterlockedDecrement64);
	NTK_LEAVES(test, SHORT, -32768, 32767, 32767, InterlockedDecrement16);
	NTK_LEAVES(test, CHAR, -128, 127, 127, InterlockedDecrement8);
}

static void InterlockedExchange_test(struct kunit *test)
{
	NTK_ALL_LEAVE(test, 5, 5, 9, InterlockedExchange, 9);
	NTK_ALL_LEAVE(test, 5, 5, 5, InterlockedExchange, 5);
	NTK_ORDERS_LEAVE(test, 5, 5, 9, InterlockedExchange, 9);
	NTK_LEAVES(test, LONG64, -1, -1, 1LL << 40, InterlockedExchange64, 1LL << 40);
}

/* The number before. */
static void InterlockedExchangeAdd_test(struct kunit *test)
{
	NTK_ALL_LEAVE(test, 5, 5, 3, InterlockedExchangeAdd, -2);
	NTK_ORDERS_LEAVE(test, 5, 5, 3, InterlockedExchangeAdd, -2);
	NTK_SIZE_LEAVES(test, 5, 5, 3, InterlockedExchangeAdd, -2);
	NTK_LEAVES(test, LONG, MAXLONG, MAXLONG, MINLONG, InterlockedExchangeAdd, 1);
	NTK_LEAVES(test, LONG64, 0xffffffff, 0xffffffff, 0x1fffffffe, InterlockedExchangeAdd64,
		   0xffffffff);
}

/* The sum. */
static void InterlockedAdd_test(struct kunit *test)
{
	NTK_ALL_LEAVE(test, 5, 3, 3, InterlockedAdd, -2);
	NTK_ORDERS_LEAVE(test, 5, 3, 3, InterlockedAdd, -2);
	NTK_SIZE_LEAVES(test, 5, 3, 3, InterlockedAdd, -2);
	NTK_LEAVES(test, LONG, MINLONG, MAXLONG, MAXLONG, InterlockedAdd, -1);
	NTK_LEAVES(test, LONG64, 0xffffffff, 0x1fffffffe, 0x1fffffffe, InterlockedAdd64,
		   0xffffffff);
}

static void InterlockedCompareExchange_test(struct kunit *test)
{
	NTK_ALL_LEAVE(test, 5, 5, 8, InterlockedCompareExchange, 8, 5);
	NTK_ALL_LEAVE(test, 5, 5, 5, InterlockedCompareExchange, 8, 6);
	NTK_ALL_LEAVE(test, -1, -1, 8, InterlockedCompareExchange, 8, -1);
	NTK_ORDERS_LEAVE(test, 5, 5, 8, InterlockedCompareExchange, 8, 5);
	NTK_LEAVES(test, LONG64, 7, 7, 1LL << 40, InterlockedCompareExchange64, 1LL << 40, 7);
	/* They differ above bit 31 only. */
	NTK_LEAVES(test, LONG64, 7, 7, 7, InterlockedCompareExchange64, 1LL << 40, 7 | 1LL << 32);
}

static void InterlockedAnd_test(struct kunit *test)
{
	NTK_ALL_LEAVE(test, 0x0f, 0x0f, 0x05, InterlockedAnd, 0x35);
	NTK_ORDERS_LEAVE(test, 0x0f, 0x0f, 0x05, InterlockedAnd, 0x35);
	NTK_LEAVES(test, LONG64, 0x0f, 0x0f, 0x05, InterlockedAnd64Acquire, 0x35);
	NTK_LEAVES(test, LONG64, 0x0f, 0x0f, 0x05, InterlockedAnd64Release, 0x35);
	NTK_LEAVES(test, LONG64, 0x0f, 0x0f, 0x05, InterlockedAnd64NoFence, 0x35);
	NTK_LEAVES(test, LONG, -1, -1, MINLONG, InterlockedAnd, MINLONG);
	NTK_LEAVES(test, LONG64, 3LL << 32, 3LL << 32, 1LL << 32, InterlockedAnd64,
		   1LL << 32 | 1);
}

static void InterlockedOr_test(struct kunit *test)
{
	NTK_ALL_LEAVE(test, 0x0f, 0x0f, 0x3f, InterlockedOr, 0x35);
	NTK_ORDERS_LEAVE(test, 0x0f, 0x0f, 0x3f, InterlockedOr, 0x35);
	NTK_LEAVES(test, LONG64, 0x0f, 0x0f, 0x3f, InterlockedOr64Acquire, 0x35);
	NTK_LEAVES(test, LONG64, 0x0f, 0x0f, 0x3f, InterlockedOr64Release, 0x35);
	NTK_LEAVES(test, LONG64, 0x0f, 0x0f, 0x3f, InterlockedOr64NoFence, 0x35);
	NTK_LEAVES(test, LONG, 1, 1, MINLONG + 1, InterlockedOr, MINLONG);
	NTK_LEAVES(test, LONG64, 0, 0, 1LL << 63, InterlockedOr64, 1LL << 63);
}

static void InterlockedXor_test(struct kunit *test)
{
	NTK_ALL_LEAVE(test, 0x0f, 0x0f, 0x3a, InterlockedXor, 0x35);
	NTK_ORDERS_LEAVE(test, 0x0f, 0x0f, 0x3a, InterlockedXor, 0x35);
	NTK_LEAVES(test, LONG64, 0x0f, 0x0f, 0x3a, InterlockedXor64Acquire, 0x35);
	NTK_LEAVES(test, LONG64, 0x0f, 0x0f, 0x3a, InterlockedXor64Release, 0x35);
	NTK_LEAVES(test, LONG64, 0x0f, 0x0f, 0x3a, InterlockedXor64NoFence, 0x35);
	NTK_LEAVES(test, LONG, -1, -1, MAXLONG, InterlockedXor, MINLONG);
	NTK_LEAVES(test, LONG64, -1, -1, ~(1LL << 32), InterlockedXor64, 1LL << 32);
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
	WritePointerRelease(&pointer, &one);
	KUNIT_EXPECT_PTR_EQ(test, ReadPointerAcquire(&pointer), (PVOID)&one);
}

/* NT has no such routine, and drivers define their own. */
static SIZE_T InterlockedCompareExchangeSizeT(__volatile__ SIZE_T *Destination, SIZE_T Exchange,
					      SIZE_T Comparand)
{
	return (SIZE_T)InterlockedCompareExchangePointer((__volatile__ PVOID *)Destination,
							 (PVOID)Exchange, (PVOID)Comparand);
}

static void ntk_own_routine_test(struct kunit *test)
{
	SIZE_T number = 5;

	KUNIT_EXPECT_EQ(test, InterlockedCompareExchangeSizeT(&number, 6, 4), 5);
	KUNIT_EXPECT_EQ(test, InterlockedCompareExchangeSizeT(&number, 6, 5), 5);
	KUNIT_EXPECT_EQ(test, number, 6);
}

static void ExInterlockedAddUlong_test(struct kunit *test)
{
	ULONG row[3] = { 7, 0xfffffffe, 7 };
	KSPIN_LOCK lock;

	KeInitializeSpinLock(&lock);
	KUNIT_EXPECT_EQ(test, ExInterlockedAddUlong(&row[1], 1, &lock), 0xfffffffe);
	KUNIT_EXPECT_EQ(test, ExInterlockedAddUlong(&row[1], 5, &lock), 0xffffffff);
	KUNIT_EXPECT_EQ(test, row[1], 4);
	KUNIT_EXPECT_EQ(test, row[0] + row[2], 14);
	KUNIT_EXPECT_TRUE(test, KeTestSpinLock(&lock));
}

static void ExInterlockedAddLargeInteger_test(struct kunit *test)
{
	const LARGE_INTEGER down = RTL_CONSTANT_LARGE_INTEGER(-5000000000LL);
	LARGE_INTEGER number = { .QuadPart = 4999999999LL };
	KSPIN_LOCK lock;

	KeInitializeSpinLock(&lock);
	KUNIT_EXPECT_EQ(test, ExInterlockedAddLargeInteger(&number, down, &lock).QuadPart,
			4999999999LL);
	KUNIT_EXPECT_EQ(test, number.QuadPart, -1);
	KUNIT_EXPECT_EQ(test, ExInterlockedAddLargeInteger(&number, down, &lock).QuadPart, -1);
	KUNIT_EXPECT_EQ(test, number.QuadPart, -5000000001LL);
	KUNIT_EXPECT_TRUE(test, KeTestSpinLock(&lock));
}

/* The intrinsics of NT's compiler: the same operations. */
static void ntk_intrinsics_test(struct kunit *test)
{
	PVOID pointer = test;
	LONG bits[2] = {};
	LONG64 wide = 0;

	NTK_LEAVES(test, LONG, 41, 42, 42, _InterlockedIncrement);
	NTK_LEAVES(test, LONG64, 0xffffffff, 1LL << 32, 1LL << 32, _InterlockedIncrement64);
	NTK_LEAVES(test, SHORT, 32767, -32768, -32768, _InterlockedIncrement16);
	NTK_LEAVES(test, LONG, 0, -1, -1, _InterlockedDecrement);
	NTK_LEAVES(test, LONG64, 0, -1, -1, _InterlockedDecrement64);
	NTK_LEAVES(test, LONG, 5, 5, 9, _InterlockedExchange, 9);
	NTK_LEAVES(test, LONG64, 5, 5, 9, _InterlockedExchange64, 9);
	NTK_LEAVES(test, CHAR, 5, 5, 9, _InterlockedExchange8, 9);
	NTK_LEAVES(test, LONG, 5, 5, 3, _InterlockedExchangeAdd, -2);
	NTK_LEAVES(test, LONG64, 5, 5, 3, _InterlockedExchangeAdd64, -2);
	NTK_LEAVES(test, LONG, 5, 3, 3, _InterlockedAdd, -2);
	NTK_LEAVES(test, LONG, 5, 5, 9, _InterlockedCompareExchange, 9, 5);
	NTK_LEAVES(test, LONG64, 5, 5, 5, _InterlockedCompareExchange64, 9, 4);
	NTK_LEAVES(test, SHORT, 5, 5, 9, _InterlockedCompareExchange16, 9, 5);
	NTK_LEAVES(test, LONG, 12, 12, 4, _InterlockedAnd, 6);
	NTK_LEAVES(test, LONG64, 12, 12, 14, _InterlockedOr64, 6);
	NTK_LEAVES(test, CHAR, 12, 12, 10, _InterlockedXor8, 6);
	KUNIT_EXPECT_PTR_EQ(test, _InterlockedExchangePointer(&pointer, bits), (PVOID)test);
	KUNIT_EXPECT_PTR_EQ(test, _InterlockedCompareExchangePointer(&pointer, NULL, bits),
			    (PVOID)bits);
	KUNIT_EXPECT_NULL(test, pointer);
	KUNIT_EXPECT_EQ(test, _interlockedbittestandset(bits, 35), 0);
	KUNIT_EXPECT_EQ(test, bits[1], 8);
	KUNIT_EXPECT_EQ(test, _interlockedbittestandreset(bits, 35), 1);
	KUNIT_EXPECT_EQ(test, bits[1], 0);
	KUNIT_EXPECT_EQ(test, _interlockedbittestandset64(&wide, 40), 0);
	KUNIT_EXPECT_EQ(test, wide, 1LL << 40);
	KUNIT_EXPECT_EQ(test, _interlockedbittestandreset64(&wide, 40), 1);
	KUNIT_EXPECT_EQ(test, wide, 0);
}

/* The sign of the new number, also where it wraps around. */
static void ExInterlockedIncrementLong_ExInterlockedDecrementLong_test(struct kunit *test)
{
	NTK_LEAVES(test, LONG, -2, ResultNegative, -1, ExInterlockedIncrementLong, NULL);
	NTK_LEAVES(test, LONG, -1, ResultZero, 0, ExInterlockedIncrementLong, NULL);
	NTK_LEAVES(test, LONG, 0, ResultPositive, 1, ExInterlockedIncrementLong, NULL);
	NTK_LEAVES(test, LONG, MAXLONG, ResultNegative, MINLONG, ExInterlockedIncrementLong, NULL);
	NTK_LEAVES(test, LONG, 2, ResultPositive, 1, ExInterlockedDecrementLong, NULL);
	NTK_LEAVES(test, LONG, 1, ResultZero, 0, ExInterlockedDecrementLong, NULL);
	NTK_LEAVES(test, LONG, 0, ResultNegative, -1, ExInterlockedDecrementLong, NULL);
	NTK_LEAVES(test, LONG, MINLONG, ResultPositive, MAXLONG, ExInterlockedDecrementLong, NULL);
}

static void ExInterlockedExchangeUlong_test(struct kunit *test)
{
	NTK_LEAVES(test, ULONG, 5, 5, 0xffffffff, ExInterlockedExchangeUlong, 0xffffffff, NULL);
	NTK_LEAVES(test, ULONG, 0xfffffffe, 0xfffffffe, 0, ExInterlockedExchangeUlong, 0, NULL);
}

/* The increment has no sign, and the sum carries into the upper half. */
static void ExInterlockedAddLargeStatistic_test(struct kunit *test)
{
	LARGE_INTEGER number = { .QuadPart = 0xffffffff };

	ExInterlockedAddLargeStatistic(&number, 1);
	KUNIT_EXPECT_EQ(test, number.QuadPart, 1LL << 32);
	ExInterlockedAddLargeStatistic(&number, 0xffffffff);
	KUNIT_EXPECT_EQ(test, number.QuadPart, 0x1ffffffffLL);
}

static void ExInterlockedCompareExchange64_test(struct kunit *test)
{
	LONG64 number = 7, more = 1LL << 40, seven = 7, differs = 7 | 1LL << 32;
	KSPIN_LOCK lock;

	KeInitializeSpinLock(&lock);
	KUNIT_EXPECT_EQ(test, ExInterlockedCompareExchange64(&number, &more, &differs, &lock), 7);
	KUNIT_EXPECT_EQ(test, number, 7);
	KUNIT_EXPECT_EQ(test, ExInterlockedCompareExchange64(&number, &more, &seven, &lock), 7);
	KUNIT_EXPECT_EQ(test, number, 1LL << 40);
	KUNIT_EXPECT_EQ(test, more, 1LL << 40);
	KUNIT_EXPECT_EQ(test, seven, 7);
}

static void ntk_own_lock_under(void *arg)
{
	static KSPIN_LOCK lock;
	LARGE_INTEGER one = { .QuadPart = 1 };
	LARGE_INTEGER *sum = arg;
	ULONG narrow = 1;

	ExInterlockedAddLargeInteger(sum, one, &lock);
	sum->QuadPart += ExInterlockedAddUlong(&narrow, 1, &lock);
}

static void ExInterlockedAddUlong_ExInterlockedAddLargeInteger_contexts_test(struct kunit *test)
{
	LARGE_INTEGER sum = { .QuadPart = 0 };
	enum ntk_context context;

	for (context = 0; context < NTK_NR_CONTEXTS; context++)
		KUNIT_EXPECT_EQ(test, ntk_run_in(context, ntk_nth_cpu(0), ntk_own_lock_under,
						 &sum), 0);
	KUNIT_EXPECT_EQ(test, sum.QuadPart, 2 * NTK_NR_CONTEXTS);
}

static void BitScanForward_BitScanReverse_test(struct kunit *test)
{
	ULONG index = 99;

	KUNIT_EXPECT_EQ(test, BitScanForward(&index, 0), 0);
	KUNIT_EXPECT_EQ(test, BitScanReverse(&index, 0), 0);
	KUNIT_EXPECT_NE(test, BitScanForward(&index, 0x00a0), 0);
	KUNIT_EXPECT_EQ(test, index, 5);
	KUNIT_EXPECT_NE(test, BitScanReverse(&index, 0x00a0), 0);
	KUNIT_EXPECT_EQ(test, index, 7);
	KUNIT_EXPECT_NE(test, _BitScanReverse(&index, 0x80000000), 0);
	KUNIT_EXPECT_EQ(test, index, 31);
	KUNIT_EXPECT_NE(test, _BitScanForward(&index, 1), 0);
	KUNIT_EXPECT_EQ(test, index, 0);
}

static void BitScanForward64_BitScanReverse64_test(struct kunit *test)
{
	ULONG index = 99;

	KUNIT_EXPECT_EQ(test, BitScanForward64(&index, 0), 0);
	KUNIT_EXPECT_EQ(test, BitScanReverse64(&index, 0), 0);
	KUNIT_EXPECT_NE(test, BitScanForward64(&index, 5ULL << 40), 0);
	KUNIT_EXPECT_EQ(test, index, 40);
	KUNIT_EXPECT_NE(test, BitScanReverse64(&index, 5ULL << 40), 0);
	KUNIT_EXPECT_EQ(test, index, 42);
	KUNIT_EXPECT_NE(test, _BitScanReverse64(&index, 1), 0);
	KUNIT_EXPECT_EQ(test, index, 0);
	KUNIT_EXPECT_NE(test, _BitScanForward64(&index, 1ULL << 63), 0);
	KUNIT_EXPECT_EQ(test, index, 63);
}

/* Barriers for the compiler: that they compile, and change nothing. */
static void ntk_barriers_test(struct kunit *test)
{
	LONG number = 1;

	_ReadWriteBarrier();
	number++;
	_ReadBarrier();
	number++;
	_WriteBarrier();
	KUNIT_EXPECT_EQ(test, number, 3);
}

/* Bit 37 is bit 5 of the second number, bit 100 is bit 36 of the second wide one. */
static void InterlockedBitTestAndSet_test(struct kunit *test)
{
	LONG row[2] = {};
	LONG64 wide[2] = {};

	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndSet(row, 37), FALSE);
	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndSet(row, 37), TRUE);
	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndSet(row, 31), FALSE);
	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndSet(row, 31), TRUE);
	KUNIT_EXPECT_EQ(test, row[0], MINLONG);
	KUNIT_EXPECT_EQ(test, row[1], 0x20);
	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndSet64(wide, 100), FALSE);
	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndSet64(wide, 100), TRUE);
	KUNIT_EXPECT_EQ(test, wide[0], 0);
	KUNIT_EXPECT_EQ(test, wide[1], 1LL << 36);
}

static void InterlockedBitTestAndReset_test(struct kunit *test)
{
	LONG row[2] = { -1, -1 };
	LONG64 wide[2] = { -1, -1 };

	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndReset(row, 37), TRUE);
	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndReset(row, 37), FALSE);
	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndReset(row, 31), TRUE);
	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndReset(row, 31), FALSE);
	KUNIT_EXPECT_EQ(test, row[0], MAXLONG);
	KUNIT_EXPECT_EQ(test, row[1], ~0x20);
	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndReset64(wide, 100), TRUE);
	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndReset64(wide, 100), FALSE);
	KUNIT_EXPECT_EQ(test, wide[0], -1);
	KUNIT_EXPECT_EQ(test, wide[1], ~(1LL << 36));
}

static void InterlockedBitTestAndComplement_test(struct kunit *test)
{
	LONG row[2] = { 1, 1 };
	LONG64 wide[2] = { 1, 1 };

	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndComplement(row, 37), FALSE);
	KUNIT_EXPECT_EQ(test, row[1], 0x21);
	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndComplement(row, 37), TRUE);
	KUNIT_EXPECT_EQ(test, row[1], 1);
	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndComplement(row, 31), FALSE);
	KUNIT_EXPECT_EQ(test, row[0], MINLONG + 1);
	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndComplement64(wide, 100), FALSE);
	KUNIT_EXPECT_EQ(test, wide[0], 1);
	KUNIT_EXPECT_EQ(test, wide[1], 1LL << 36 | 1);
	KUNIT_EXPECT_EQ(test, InterlockedBitTestAndComplement64(wide, 100), TRUE);
	KUNIT_EXPECT_EQ(test, wide[1], 1);
}

/* ---- several CPUs, one number ---- */

struct ntk_race {
	const struct ntk_racer *racer;
	LONG number;
	ULONG narrow;
	LARGE_INTEGER large;
	KSPIN_LOCK lock;	/* protects narrow and large in the routines that take it */
	atomic64_t received;	/* sum of what InterlockedExchange() gave out */
	atomic_t arrived;	/* racers that are at the start */
};

/* A turn returns false if the operation returned a number that was never there. */
struct ntk_racer {
	const char *name;
	bool (*turn)(struct ntk_race *race, unsigned int id, int round);
	s64 left;		/* the sum of all after all turns */
};

static bool ntk_increment(struct ntk_race *race, unsigned int id, int round)
{
	return InterlockedIncrement(&race->number) > round;
}

static bool ntk_decrement(struct ntk_race *race, unsigned int id, int round)
{
	return InterlockedDecrement(&race->number) < -round;
}

static bool ntk_add(struct ntk_race *race, unsigned int id, int round)
{
	return InterlockedAdd(&race->number, 5) >= 5 * (round + 1);
}

static bool ntk_exchange_add(struct ntk_race *race, unsigned int id, int round)
{
	return InterlockedExchangeAdd(&race->number, 3) >= 3 * round;
}

static bool ntk_ex_add_ulong(struct ntk_race *race, unsigned int id, int round)
{
	return (int)ExInterlockedAddUlong(&race->narrow, 1, &race->lock) >= round;
}

static bool ntk_ex_add_large(struct ntk_race *race, unsigned int id, int round)
{
	LARGE_INTEGER three = { .QuadPart = 3 };

	return ExInterlockedAddLargeInteger(&race->large, three, &race->lock).QuadPart >=
	       3LL * round;
}

static bool ntk_ex_add_statistic(struct ntk_race *race, unsigned int id, int round)
{
	ExInterlockedAddLargeStatistic(&race->large, 2);
	return true;
}

static bool ntk_exchange(struct ntk_race *race, unsigned int id, int round)
{
	LONG old = InterlockedExchange(&race->number, round + 1);

	atomic64_add(old, &race->received);
	return old >= 0 && old <= NTK_ROUNDS;
}

static bool ntk_compare_exchange(struct ntk_race *race, unsigned int id, int round)
{
	LONG seen = READ_ONCE(race->number), old;

	while ((old = InterlockedCompareExchange(&race->number, seen + 1, seen)) != seen)
		seen = old;
	return old >= round;
}

/* Each worker has a bit of its own; a stale value that is written back changes another's bit. */
static atomic_t *ntk_bits(struct ntk_race *race)
{
	return (atomic_t *)&race->number;
}

static bool ntk_and(struct ntk_race *race, unsigned int id, int round)
{
	atomic_or(1 << id, ntk_bits(race));
	return InterlockedAnd(&race->number, ~(1 << id)) & (1 << id);
}

static bool ntk_or(struct ntk_race *race, unsigned int id, int round)
{
	atomic_andnot(1 << id, ntk_bits(race));
	return !(InterlockedOr(&race->number, 1 << id) & (1 << id));
}

static bool ntk_xor(struct ntk_race *race, unsigned int id, int round)
{
	return !(InterlockedXor(&race->number, 1 << id) & (1 << id)) == !(round & 1);
}

static bool ntk_bit_set(struct ntk_race *race, unsigned int id, int round)
{
	atomic_andnot(1 << id, ntk_bits(race));
	return !InterlockedBitTestAndSet(&race->number, id);
}

static bool ntk_bit_reset(struct ntk_race *race, unsigned int id, int round)
{
	atomic_or(1 << id, ntk_bits(race));
	return InterlockedBitTestAndReset(&race->number, id);
}

static bool ntk_bit_complement(struct ntk_race *race, unsigned int id, int round)
{
	return InterlockedBitTestAndComplement(&race->number, id) == (round & 1);
}

/* 2 x 200000 = 400000; 2 x (1 + ... + 200000) = 40000200000. */
static struct ntk_racer ntk_racers[] = {
	{ "InterlockedIncrement", ntk_increment, 400000 },
	{ "InterlockedDecrement", ntk_decrement, -400000 },
	{ "InterlockedAdd", ntk_add, 2000000 },
	{ "InterlockedExchangeAdd", ntk_exchange_add, 1200000 },
	{ "InterlockedExchange", ntk_exchange, 40000200000LL },
	{ "InterlockedCompareExchange", ntk_compare_exchange, 400000 },
	{ "ExInterlockedAddUlong", ntk_ex_add_ulong, 400000 },
	{ "ExInterlockedAddLargeInteger", ntk_ex_add_large, 1200000 },
	{ "ExInterlockedAddLargeStatistic", ntk_ex_add_statistic, 800000 },
	{ "InterlockedAnd", ntk_and, 0 },
	{ "InterlockedOr", ntk_or, 3 },
	{ "InterlockedXor", ntk_xor, 0 },
	{ "InterlockedBitTestAndSet", ntk_bit_set, 3 },
	{ "InterlockedBitTestAndReset", ntk_bit_reset, 0 },
	{ "InterlockedBitTestAndComplement", ntk_bit_complement, 0 },
};

static void ntk_racer_desc(struct ntk_racer *racer, char *desc)
{
	strscpy(desc, racer->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_racer, ntk_racers, ntk_racer_desc);

static void ntk_race_thread(struct ntk_worker *worker)
{
	struct ntk_race *race = worker->threads->arg;
	unsigned long limit = jiffies + 10 * HZ;
	int i, wrong = 0;

	/* All start at once, and do little else between two turns: so they meet. */
	atomic_inc(&race->arrived);
	while (atomic_read(&race->arrived) < NTK_RACERS && time_before(jiffies, limit))
		cond_resched();
	for (i = 0; i < NTK_ROUNDS; i++)
		wrong += !race->racer->turn(race, worker->id, i);
	ntk_check(&worker->tally, !wrong, "%d of %d turns", wrong, NTK_ROUNDS);
}

static void ntk_race_test(struct kunit *test)
{
	struct ntk_race *race;
	s64 left;

	ntk_need_cpus(test, 2);
	race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, race);
	race->racer = test->param_value;
	ntk_threads_run(test, NTK_RACERS, true, ntk_race_thread, race);
	left = race->large.QuadPart + race->number + race->narrow;
	KUNIT_EXPECT_EQ(test, left + atomic64_read(&race->received), race->racer->left);
}

struct ntk_widths {
	LONG64 sum;
	LONG64 received;
	LONG64 mailbox;
	SHORT narrow[2];
	CHAR small[4];
};

/* Half of each sum is above bit 31; neighbours are counted by others. */
static void ntk_widths_thread(struct ntk_worker *worker)
{
	struct ntk_widths *w = worker->threads->arg;
	int i;

	for (i = 0; i < NTK_NARROW; i++) {
		InterlockedIncrement16(&w->narrow[worker->id & 1]);
		InterlockedIncrement8(&w->small[worker->id]);
		InterlockedAdd64(&w->sum, 1LL << 32 | 1);
		InterlockedAdd64(&w->received, InterlockedExchange64(&w->mailbox, i + 1));
		ntk_check(&worker->tally, ReadNoFence16(&w->narrow[worker->id & 1]) > 0,
			  "round %d", i);
	}
}

/* 3000 is 184 in eight bits, which is -72; 4 x (1 + ... + 3000) = 18006000. */
static void ntk_widths_race_test(struct kunit *test)
{
	struct ntk_widths *w;
	int i;

	ntk_need_cpus(test, 2);
	w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, w);
	ntk_threads_run(test, 4, true, ntk_widths_thread, w);
	KUNIT_EXPECT_EQ(test, w->narrow[0], 6000);
	KUNIT_EXPECT_EQ(test, w->narrow[1], 6000);
	for (i = 0; i < ARRAY_SIZE(w->small); i++)
		KUNIT_EXPECT_EQ(test, w->small[i], -72);
	KUNIT_EXPECT_EQ(test, w->sum, 12000LL << 32 | 12000);
	KUNIT_EXPECT_EQ(test, w->received + w->mailbox, 18006000);
}

/* One number written and read in each way; nothing beside it changes. */
#define NTK_ACCESS(test, type, number, acquire, release, no_fence, raw)	\
do {									\
	type row[3] = { (type)5, 0, (type)5 };				\
									\
	Write##release(&row[1], (type)(number));			\
	KUNIT_EXPECT_TRUE(test, Read##acquire(&row[1]) == (type)(number)); \
	Write##no_fence(&row[1], (type)((number) + 1));			\
	KUNIT_EXPECT_TRUE(test, Read##no_fence(&row[1]) == (type)((number) + 1)); \
	Write##raw(&row[1], (type)((number) + 2));			\
	KUNIT_EXPECT_TRUE(test, Read##raw(&row[1]) == (type)((number) + 2)); \
	KUNIT_EXPECT_TRUE(test, row[0] == (type)5 && row[2] == (type)5); \
} while (0)

static void ntk_access_signed_test(struct kunit *test)
{
	NTK_ACCESS(test, LONG, MINLONG, Acquire, Release, NoFence, Raw);
	NTK_ACCESS(test, CHAR, -127, Acquire8, Release8, NoFence8, Raw8);
	NTK_ACCESS(test, SHORT, -32767, Acquire16, Release16, NoFence16, Raw16);
	NTK_ACCESS(test, LONG_PTR, -9, LongPtrAcquire, LongPtrRelease, LongPtrNoFence,
		   LongPtrRaw);
#ifdef CONFIG_64BIT
	NTK_ACCESS(test, LONG64, -(1LL << 40), Acquire64, Release64, NoFence64, Raw64);
#endif
}

static void ntk_access_other_test(struct kunit *test)
{
	NTK_ACCESS(test, UCHAR, 0xf0, UCharAcquire, UCharRelease, UCharNoFence, UCharRaw);
	NTK_ACCESS(test, BOOLEAN, 0, BooleanAcquire, BooleanRelease, BooleanNoFence,
		   BooleanRaw);
	NTK_ACCESS(test, USHORT, 0xfff0, UShortAcquire, UShortRelease, UShortNoFence,
		   UShortRaw);
	NTK_ACCESS(test, ULONG, 0xfffffff0, ULongAcquire, ULongRelease, ULongNoFence, ULongRaw);
	NTK_ACCESS(test, ULONG_PTR, ~9UL, ULongPtrAcquire, ULongPtrRelease, ULongPtrNoFence,
		   ULongPtrRaw);
	NTK_ACCESS(test, PVOID, ~9UL, PointerAcquire, PointerRelease, PointerNoFence,
		   PointerRaw);
#ifdef CONFIG_64BIT
	NTK_ACCESS(test, ULONG64, ~9ULL, ULong64Acquire, ULong64Release, ULong64NoFence,
		   ULong64Raw);
#endif
}

static struct kunit_case ntk_interlocked_cases[] = {
	KUNIT_CASE(InterlockedIncrement_test),
	KUNIT_CASE(InterlockedDecrement_test),
	KUNIT_CASE(InterlockedExchange_test),
	KUNIT_CASE(InterlockedExchangeAdd_test),
	KUNIT_CASE(InterlockedAdd_test),
	KUNIT_CASE(InterlockedCompareExchange_test),
	KUNIT_CASE(InterlockedAnd_test),
	KUNIT_CASE(InterlockedOr_test),
	KUNIT_CASE(InterlockedXor_test),
	KUNIT_CASE(InterlockedExchangePointer_InterlockedCompareExchangePointer_test),
	KUNIT_CASE(ntk_own_routine_test),
	KUNIT_CASE(ExInterlockedAddUlong_test),
	KUNIT_CASE(ExInterlockedAddLargeInteger_test),
	KUNIT_CASE(ExInterlockedAddUlong_ExInterlockedAddLargeInteger_contexts_test),
	KUNIT_CASE(ntk_intrinsics_test),
	KUNIT_CASE(ExInterlockedIncrementLong_ExInterlockedDecrementLong_test),
	KUNIT_CASE(ExInterlockedExchangeUlong_test),
	KUNIT_CASE(ExInterlockedAddLargeStatistic_test),
	KUNIT_CASE(ExInterlockedCompareExchange64_test),
	KUNIT_CASE(BitScanForward_BitScanReverse_test),
	KUNIT_CASE(BitScanForward64_BitScanReverse64_test),
	KUNIT_CASE(ntk_barriers_test),
	KUNIT_CASE(InterlockedBitTestAndSet_test),
	KUNIT_CASE(InterlockedBitTestAndReset_test),
	KUNIT_CASE(InterlockedBitTestAndComplement_test),
	KUNIT_CASE_PARAM(ntk_race_test, ntk_racer_gen_params),
	KUNIT_CASE(ntk_widths_race_test),
	KUNIT_CASE(ntk_access_signed_test),
	KUNIT_CASE(ntk_access_other_test),
	{}
};

static struct kunit_suite ntk_interlocked_suite = {
	.name = "ntpool_interlocked",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_interlocked_cases,
};

kunit_test_suite(ntk_interlocked_suite);
