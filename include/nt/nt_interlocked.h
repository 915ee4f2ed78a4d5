/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Atomic operations on one number, for all CPUs and interrupts.
 *
 * As on NT, a number is aligned to its size, and each operation is a full memory barrier.
 * That includes names that promise less (...Acquire, ...Release, ...NoFence). The __sync
 * builtins of the compiler are full barriers. On 32 bit they need no library for 64-bit
 * numbers. On arm64 they may need one, so that this file has assembly there.
 *
 * One description stands for all widths. A name that ends in 64, 16 or 8 operates on a
 * LONG64, SHORT or CHAR instead of a LONG. Sums wrap around.
 */
#ifndef NTPOOL_NT_INTERLOCKED_H
#define NTPOOL_NT_INTERLOCKED_H

#include "ntdef.h"
#include "nt_sync.h"

/**
 * KeMemoryBarrier() - order earlier memory accesses before later ones
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 */
FORCEINLINE void KeMemoryBarrier(void)
{
	__sync_synchronize();
}

#define MemoryBarrier()		KeMemoryBarrier()

/**
 * KeMemoryBarrierWithoutFence() - order memory accesses for the compiler only
 *
 * The processor may still reorder them.
 *
 * Context: any IRQL.
 */
FORCEINLINE void KeMemoryBarrierWithoutFence(void)
{
	__asm__ __volatile__("" : : : "memory");
}

/* The compiler's own barriers. NT has no weaker ones for reads or writes. */
#define _ReadWriteBarrier()	KeMemoryBarrierWithoutFence()
#define _ReadBarrier()		KeMemoryBarrierWithoutFence()
#define _WriteBarrier()		KeMemoryBarrierWithoutFence()

/* True on x86 only. */
#ifdef __has_builtin
#define NTPOOL_HAS_PAUSE	__has_builtin(__builtin_ia32_pause)
#else
#define NTPOOL_HAS_PAUSE	0
#endif

/**
 * YieldProcessor() - tell the processor that a loop is waiting
 *
 * Context: any IRQL.
 */
FORCEINLINE void YieldProcessor(void)
{
#if NTPOOL_HAS_PAUSE
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("yield" : : : "memory");
#else
	KeMemoryBarrierWithoutFence();
#endif
}

/*
 * Building blocks of the routines below. All are full barriers. SUM returns the new
 * number, the others the old one. The caller converts the result to the number's type.
 */
#ifdef __aarch64__

/*
 * On arm64 the compiler turns the builtins into calls of a library that a kernel does not
 * have. Step computes New from Old. If another CPU writes meanwhile, the loop repeats it.
 * A Step that stores nothing jumps to label 2, so that the barrier follows the label.
 */
#define NTPOOL_SYNC_STEP(Type, Size, Register, Step)			\
do {									\
	ULONG Busy;							\
									\
	__asm__ __volatile__(						\
		"1:	ldxr" Size "	%" Register "[Old], %[Number]\n"	\
		Step "\n"						\
		"	stlxr" Size "	%w[Busy], %" Register "[New], %[Number]\n" \
		"	cbnz	%w[Busy], 1b\n"				\
		"2:	dmb	ish"					\
		: [Old] "=&r" (Old), [New] "=&r" (New), [Busy] "=&r" (Busy), \
		  [Number] "+Q" (*(__volatile__ Type *)Target)		\
		: [Value] "r" (Value), [Comparand] "rZ" (Comparand)	\
		: "cc", "memory");					\
} while (0)

/* A load clears the bits above the number, so the comparand needs them clear too. */
#define NTPOOL_SYNC(Operation, Step) NTPOOL_WORDS(			\
FORCEINLINE ULONG64 NtpoolSync##Operation				\
	(__volatile__ void *Target, ULONG64 Value, ULONG64 Comparand, SIZE_T Size) \
{									\
	ULONG64 Old, New;						\
									\
	Comparand &= ~0ULL >> (64 - 8 * Size);				\
	switch (Size) {							\
	case 1:								\
		NTPOOL_SYNC_STEP(UCHAR, "b", "w", Step);		\
		break;							\
	case 2:								\
		NTPOOL_SYNC_STEP(USHORT, "h", "w", Step);		\
		break;							\
	case 4:								\
		NTPOOL_SYNC_STEP(ULONG, "", "w", Step);			\
		break;							\
	default:							\
		NTPOOL_SYNC_STEP(ULONG64, "", "x", Step);		\
		break;							\
	}								\
	return Old;							\
})

NTPOOL_SYNC(Swap, "cmp %[Old], %x[Comparand]\n b.ne 2f\n mov %[New], %[Value]")
NTPOOL_SYNC(Add, "add %[New], %[Old], %[Value]")
NTPOOL_SYNC(And, "and %[New], %[Old], %[Value]")
NTPOOL_SYNC(Or, "orr %[New], %[Old], %[Value]")
NTPOOL_SYNC(Xor, "eor %[New], %[Old], %[Value]")

#undef NTPOOL_SYNC
#undef NTPOOL_SYNC_STEP

#define NTPOOL_SYNC_SWAP(Target, Comparand, Exchange)			\
	NtpoolSyncSwap(Target, Exchange, Comparand, sizeof(*(Target)))
#define NTPOOL_SYNC_ADD(Target, Value)	NtpoolSyncAdd(Target, Value, 0, sizeof(*(Target)))
#define NTPOOL_SYNC_SUM(Target, Value)	(NTPOOL_SYNC_ADD(Target, Value) + (Value))
#define NTPOOL_SYNC_AND(Target, Value)	NtpoolSyncAnd(Target, Value, 0, sizeof(*(Target)))
#define NTPOOL_SYNC_OR(Target, Value)	NtpoolSyncOr(Target, Value, 0, sizeof(*(Target)))
#define NTPOOL_SYNC_XOR(Target, Value)	NtpoolSyncXor(Target, Value, 0, sizeof(*(Target)))

#else

#define NTPOOL_SYNC_SWAP	__sync_val_compare_and_swap
#define NTPOOL_SYNC_ADD		__sync_fetch_and_add
#define NTPOOL_SYNC_SUM		__sync_add_and_fetch
#define NTPOOL_SYNC_AND		__sync_fetch_and_and
#define NTPOOL_SYNC_OR		__sync_fetch_and_or
#define NTPOOL_SYNC_XOR		__sync_fetch_and_xor

#endif

/**
 * InterlockedCompareExchange() - replace a number if it has an expected value
 * @Destination: the number, aligned
 * @Exchange: the new value
 * @Comparand: the expected value
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the old value; if it equals @Comparand, it was replaced.
 */
FORCEINLINE LONG InterlockedCompareExchange(__volatile__ LONG *Destination,
					    LONG Exchange, LONG Comparand)
{
	return NTPOOL_SYNC_SWAP(Destination, Comparand, Exchange);
}

/**
 * InterlockedExchange() - replace a number
 * @Target: the number, aligned
 * @Value: the new value
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the old value.
 */
FORCEINLINE LONG InterlockedExchange(__volatile__ LONG *Target, LONG Value)
{
	LONG Old = *Target;
	LONG Seen;

	for (;;) {
		Seen = NTPOOL_SYNC_SWAP(Target, Old, Value);
		if (Seen == Old)
			return Old;
		Old = Seen;
	}
}

/**
 * InterlockedExchangeAdd() - add to a number
 * @Addend: the number, aligned
 * @Value: the summand
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the old number.
 */
FORCEINLINE LONG InterlockedExchangeAdd(__volatile__ LONG *Addend, LONG Value)
{
	return NTPOOL_SYNC_ADD(Addend, Value);
}

/**
 * InterlockedAdd() - add to a number
 * @Addend: the number, aligned
 * @Value: the summand
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the sum.
 */
FORCEINLINE LONG InterlockedAdd(__volatile__ LONG *Addend, LONG Value)
{
	return NTPOOL_SYNC_SUM(Addend, Value);
}

/**
 * InterlockedIncrement() - add one
 * @Addend: the number, aligned
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the sum.
 */
FORCEINLINE LONG InterlockedIncrement(__volatile__ LONG *Addend)
{
	return NTPOOL_SYNC_SUM(Addend, 1);
}

/**
 * InterlockedDecrement() - subtract one
 * @Addend: the number, aligned
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the difference.
 */
FORCEINLINE LONG InterlockedDecrement(__volatile__ LONG *Addend)
{
	return NTPOOL_SYNC_SUM(Addend, -1);
}

/**
 * InterlockedAnd() - clear the bits that a mask does not have
 * @Destination: the number, aligned
 * @Value: the mask
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the old number.
 */
FORCEINLINE LONG InterlockedAnd(__volatile__ LONG *Destination, LONG Value)
{
	return NTPOOL_SYNC_AND(Destination, Value);
}

/**
 * InterlockedOr() - set the bits that a mask has
 * @Destination: the number, aligned
 * @Value: the mask
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the old number.
 */
FORCEINLINE LONG InterlockedOr(__volatile__ LONG *Destination, LONG Value)
{
	return NTPOOL_SYNC_OR(Destination, Value);
}

/**
 * InterlockedXor() - invert the bits that a mask has
 * @Destination: the number, aligned
 * @Value: the mask
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the old number.
 */
FORCEINLINE LONG InterlockedXor(__volatile__ LONG *Destination, LONG Value)
{
	return NTPOOL_SYNC_XOR(Destination, Value);
}

/* The same operations on other widths. */
#define NTPOOL_INTERLOCKED_SUMS(Width, Type, Shared) NTPOOL_WORDS(	\
FORCEINLINE Type InterlockedExchangeAdd##Width				\
	(Shared Addend, Type Value)					\
{									\
	return NTPOOL_SYNC_ADD(Addend, Value);				\
}									\
									\
FORCEINLINE Type InterlockedAdd##Width					\
	(Shared Addend, Type Value)					\
{									\
	return NTPOOL_SYNC_SUM(Addend, Value);				\
}									\
									\
FORCEINLINE Type InterlockedIncrement##Width				\
	(Shared Addend)							\
{									\
	return NTPOOL_SYNC_SUM(Addend, 1);				\
}									\
									\
FORCEINLINE Type InterlockedDecrement##Width				\
	(Shared Addend)							\
{									\
	return NTPOOL_SYNC_SUM(Addend, -1);				\
})

#define NTPOOL_INTERLOCKED(Width, Type, Shared) NTPOOL_WORDS(		\
NTPOOL_INTERLOCKED_SUMS(Width, Type, Shared)			\
									\
FORCEINLINE Type InterlockedCompareExchange##Width			\
	(Shared Destination, Type Exchange, Type Comparand)		\
{									\
	return NTPOOL_SYNC_SWAP(Destination, Comparand, Exchange);	\
}									\
									\
FORCEINLINE Type InterlockedExchange##Width				\
	(Shared Target, Type Value)					\
{									\
	Type Old = *Target;						\
	Type Seen;							\
									\
	for (;;) {							\
		Seen = NTPOOL_SYNC_SWAP(Target, Old, Value);		\
		if (Seen == Old)					\
			return Old;					\
		Old = Seen;						\
	}								\
}									\
									\
FORCEINLINE Type InterlockedAnd##Width					\
	(Shared Destination, Type Value)				\
{									\
	return NTPOOL_SYNC_AND(Destination, Value);			\
}									\
									\
FORCEINLINE Type InterlockedOr##Width					\
	(Shared Destination, Type Value)				\
{									\
	return NTPOOL_SYNC_OR(Destination, Value);			\
}									\
									\
FORCEINLINE Type InterlockedXor##Width					\
	(Shared Destination, Type Value)				\
{									\
	return NTPOOL_SYNC_XOR(Destination, Value);			\
})

NTPOOL_INTERLOCKED(64, LONG64, __volatile__ LONG64 *)
NTPOOL_INTERLOCKED(16, SHORT, __volatile__ SHORT *)
NTPOOL_INTERLOCKED(8, CHAR, __volatile__ CHAR *)

/* NT has only the sums of a SIZE_T. Drivers define the others under the same names. */
NTPOOL_INTERLOCKED_SUMS(SizeT, SIZE_T, __volatile__ SIZE_T *)

#undef NTPOOL_INTERLOCKED
#undef NTPOOL_INTERLOCKED_SUMS

/**
 * InterlockedCompareExchangePointer() - replace a pointer if it has an expected value
 * @Destination: the pointer
 * @Exchange: the new value
 * @Comparand: the expected value
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the old value; if it equals @Comparand, it was replaced.
 */
FORCEINLINE PVOID InterlockedCompareExchangePointer(__volatile__ PVOID Destination[],
						    PVOID Exchange,
						    PVOID Comparand)
{
	__volatile__ ULONG_PTR *Number = (__volatile__ ULONG_PTR *)Destination;

	return (PVOID)(ULONG_PTR)NTPOOL_SYNC_SWAP(Number, (ULONG_PTR)Comparand,
						  (ULONG_PTR)Exchange);
}

/**
 * InterlockedExchangePointer() - replace a pointer
 * @Target: the pointer
 * @Value: the new value
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the old value.
 */
FORCEINLINE PVOID InterlockedExchangePointer(__volatile__ PVOID *Target,
					     PVOID Value)
{
	PVOID Old = *Target;
	PVOID Seen;

	for (;;) {
		Seen = InterlockedCompareExchangePointer(Target, Value, Old);
		if (Seen == Old)
			return Old;
		Old = Seen;
	}
}

ULONG ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock);
LARGE_INTEGER ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment,
					   PKSPIN_LOCK Lock);

/**
 * ExInterlockedAddLargeStatistic() - add to a counter of 64 bits
 * @Addend: the counter, aligned to eight bytes
 * @Increment: the summand
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 */
FORCEINLINE void ExInterlockedAddLargeStatistic(PLARGE_INTEGER Addend, ULONG Increment)
{
	InterlockedAdd64(&Addend->QuadPart, Increment);
}

/**
 * enum _INTERLOCKED_RESULT - the sign of a number
 * @ResultZero: it is 0
 * @ResultNegative: it is below 0
 * @ResultPositive: it is above 0
 */
typedef enum _INTERLOCKED_RESULT {
	ResultZero = 0,
	ResultNegative = 1,
	ResultPositive = 2,
} INTERLOCKED_RESULT;

FORCEINLINE INTERLOCKED_RESULT NtpoolSign(LONG Number)
{
	return Number < 0 ? ResultNegative : Number > 0 ? ResultPositive : ResultZero;
}

/**
 * ExInterlockedIncrementLong() - add one
 * @Addend: the number, aligned
 * @Lock: ignored, because the operation is atomic without it
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the sign of the sum.
 */
FORCEINLINE INTERLOCKED_RESULT ExInterlockedIncrementLong(PLONG Addend, PKSPIN_LOCK Lock)
{
	(void)Lock;
	return NtpoolSign(InterlockedIncrement(Addend));
}

/**
 * ExInterlockedDecrementLong() - subtract one
 * @Addend: the number, aligned
 * @Lock: ignored, because the operation is atomic without it
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the sign of the difference.
 */
FORCEINLINE INTERLOCKED_RESULT ExInterlockedDecrementLong(PLONG Addend, PKSPIN_LOCK Lock)
{
	(void)Lock;
	return NtpoolSign(InterlockedDecrement(Addend));
}

/**
 * ExInterlockedExchangeUlong() - replace a number
 * @Target: the number, aligned
 * @Value: the new value
 * @Lock: ignored, because the operation is atomic without it
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the old value.
 */
FORCEINLINE ULONG ExInterlockedExchangeUlong(PULONG Target, ULONG Value, PKSPIN_LOCK Lock)
{
	(void)Lock;
	return (ULONG)InterlockedExchange((PLONG)Target, (LONG)Value);
}

/**
 * ExInterlockedCompareExchange64() - replace a number of 64 bits if it has an expected value
 * @Destination: the number, aligned to eight bytes
 * @Exchange: the new value
 * @Comparand: the expected value
 * @Lock: ignored, because the operation is atomic without it
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the old value; if it equals the number at @Comparand, it was replaced.
 */
FORCEINLINE LONGLONG ExInterlockedCompareExchange64(__volatile__ long long *Destination,
						    PLONG64 Exchange, PLONG64 Comparand,
						    PKSPIN_LOCK Lock)
{
	(void)Lock;
	return InterlockedCompareExchange64(Destination, *Exchange, *Comparand);
}

/**
 * InterlockedBitTestAndSet() - set a bit
 * @Base: an array of bits; bit 32 is bit 0 of the second number
 * @Bit: index of the bit
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the old value of the bit.
 */
FORCEINLINE BOOLEAN InterlockedBitTestAndSet(__volatile__ LONG *Base,
					     LONG Bit)
{
	ULONG Mask = 1U << (Bit & 31);
	LONG Old = InterlockedOr(&Base[Bit >> 5], Mask);

	return !!(Old & Mask);
}

/* As InterlockedBitTestAndSet(), on an array of 64-bit numbers. */
FORCEINLINE BOOLEAN InterlockedBitTestAndSet64(__volatile__ long long *Base,
					       LONG64 Bit)
{
	ULONG64 Mask = 1ULL << (Bit & 63);
	LONG64 Old = InterlockedOr64(&Base[Bit >> 6], Mask);

	return !!(Old & Mask);
}

/**
 * InterlockedBitTestAndReset() - clear a bit
 * @Base: an array of bits; bit 32 is bit 0 of the second number
 * @Bit: index of the bit
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the old value of the bit.
 */
FORCEINLINE BOOLEAN InterlockedBitTestAndReset(__volatile__ LONG *Base,
					       LONG Bit)
{
	ULONG Mask = 1U << (Bit & 31);
	LONG Old = InterlockedAnd(&Base[Bit >> 5], ~Mask);

	return !!(Old & Mask);
}

/* As InterlockedBitTestAndReset(), on an array of 64-bit numbers. */
FORCEINLINE BOOLEAN InterlockedBitTestAndReset64(__volatile__ LONG64 *Base,
						 LONG64 Bit)
{
	ULONG64 Mask = 1ULL << (Bit & 63);
	LONG64 Old = InterlockedAnd64(&Base[Bit >> 6], ~Mask);

	return !!(Old & Mask);
}

/**
 * InterlockedBitTestAndComplement() - change a bit
 * @Base: an array of bits; bit 32 is bit 0 of the second number
 * @Bit: index of the bit
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the old value of the bit.
 */
FORCEINLINE BOOLEAN InterlockedBitTestAndComplement(__volatile__ LONG *Base,
						    LONG Bit)
{
	ULONG Mask = 1U << (Bit & 31);
	LONG Old = InterlockedXor(&Base[Bit >> 5], Mask);

	return !!(Old & Mask);
}

/* As InterlockedBitTestAndComplement(), on an array of 64-bit numbers. */
FORCEINLINE BOOLEAN InterlockedBitTestAndComplement64(__volatile__ LONG64 *Base,
						      LONG64 Bit)
{
	ULONG64 Mask = 1ULL << (Bit & 63);
	LONG64 Old = InterlockedXor64(&Base[Bit >> 6], Mask);

	return !!(Old & Mask);
}

/* Names that promise a weaker barrier. */
#define InterlockedIncrementAcquire		InterlockedIncrement
#define InterlockedIncrementRelease		InterlockedIncrement
#define InterlockedIncrementNoFence		InterlockedIncrement
#define InterlockedIncrementAcquire64		InterlockedIncrement64
#define InterlockedIncrementRelease64		InterlockedIncrement64
#define InterlockedIncrementNoFence64		InterlockedIncrement64
#define InterlockedDecrementAcquire		InterlockedDecrement
#define InterlockedDecrementRelease		InterlockedDecrement
#define InterlockedDecrementNoFence		InterlockedDecrement
#define InterlockedDecrementAcquire64		InterlockedDecrement64
#define InterlockedDecrementRelease64		InterlockedDecrement64
#define InterlockedDecrementNoFence64		InterlockedDecrement64
#define InterlockedExchangeAcquire		InterlockedExchange
#define InterlockedExchangeRelease		InterlockedExchange
#define InterlockedExchangeNoFence		InterlockedExchange
#define InterlockedExchangeAcquire64		InterlockedExchange64
#define InterlockedExchangeRelease64		InterlockedExchange64
#define InterlockedExchangeNoFence64		InterlockedExchange64
#define InterlockedExchangeAddAcquire		InterlockedExchangeAdd
#define InterlockedExchangeAddRelease		InterlockedExchangeAdd
#define InterlockedExchangeAddNoFence		InterlockedExchangeAdd
#define InterlockedExchangeAddAcquire64		InterlockedExchangeAdd64
#define InterlockedExchangeAddRelease64		InterlockedExchangeAdd64
#define InterlockedExchangeAddNoFence64		InterlockedExchangeAdd64
#define InterlockedAddAcquire			InterlockedAdd
#define InterlockedAddRelease			InterlockedAdd
#define InterlockedAddNoFence			InterlockedAdd
#define InterlockedAddAcquire64			InterlockedAdd64
#define InterlockedAddRelease64			InterlockedAdd64
#define InterlockedAddNoFence64			InterlockedAdd64
#define InterlockedCompareExchangeAcquire	InterlockedCompareExchange
#define InterlockedCompareExchangeRelease	InterlockedCompareExchange
#define InterlockedCompareExchangeNoFence	InterlockedCompareExchange
#define InterlockedCompareExchangeAcquire64	InterlockedCompareExchange64
#define InterlockedCompareExchangeRelease64	InterlockedCompareExchange64
#define InterlockedCompareExchangeNoFence64	InterlockedCompareExchange64
/* These names have 64 before the memory order; sources also write it after. */
#define InterlockedAndAcquire			InterlockedAnd
#define InterlockedAndRelease			InterlockedAnd
#define InterlockedAndNoFence			InterlockedAnd
#define InterlockedAnd64Acquire			InterlockedAnd64
#define InterlockedAndAcquire64			InterlockedAnd64
#define InterlockedAnd64Release			InterlockedAnd64
#define InterlockedAndRelease64			InterlockedAnd64
#define InterlockedAnd64NoFence			InterlockedAnd64
#define InterlockedAndNoFence64			InterlockedAnd64
#define InterlockedOrAcquire			InterlockedOr
#define InterlockedOrRelease			InterlockedOr
#define InterlockedOrNoFence			InterlockedOr
#define InterlockedOr64Acquire			InterlockedOr64
#define InterlockedOrAcquire64			InterlockedOr64
#define InterlockedOr64Release			InterlockedOr64
#define InterlockedOrRelease64			InterlockedOr64
#define InterlockedOr64NoFence			InterlockedOr64
#define InterlockedOrNoFence64			InterlockedOr64
#define InterlockedXorAcquire			InterlockedXor
#define InterlockedXorRelease			InterlockedXor
#define InterlockedXorNoFence			InterlockedXor
#define InterlockedXor64Acquire			InterlockedXor64
#define InterlockedXorAcquire64			InterlockedXor64
#define InterlockedXor64Release			InterlockedXor64
#define InterlockedXorRelease64			InterlockedXor64
#define InterlockedXor64NoFence			InterlockedXor64
#define InterlockedXorNoFence64			InterlockedXor64
#define InterlockedIncrementAcquire16		InterlockedIncrement16
#define InterlockedIncrementRelease16		InterlockedIncrement16
#define InterlockedIncrementNoFence16		InterlockedIncrement16
#define InterlockedDecrementAcquire16		InterlockedDecrement16
#define InterlockedDecrementRelease16		InterlockedDecrement16
#define InterlockedDecrementNoFence16		InterlockedDecrement16
#define InterlockedCompareExchangeAcquire16	InterlockedCompareExchange16
#define InterlockedCompareExchangeRelease16	InterlockedCompareExchange16
#define InterlockedCompareExchangeNoFence16	InterlockedCompareExchange16
#define InterlockedIncrementSizeTAcquire	InterlockedIncrementSizeT
#define InterlockedIncrementSizeTRelease	InterlockedIncrementSizeT
#define InterlockedIncrementSizeTNoFence	InterlockedIncrementSizeT
#define InterlockedDecrementSizeTAcquire	InterlockedDecrementSizeT
#define InterlockedDecrementSizeTRelease	InterlockedDecrementSizeT
#define InterlockedDecrementSizeTNoFence	InterlockedDecrementSizeT
#define InterlockedExchangeAddSizeTAcquire	InterlockedExchangeAddSizeT
#define InterlockedExchangeAddSizeTRelease	InterlockedExchangeAddSizeT
#define InterlockedExchangeAddSizeTNoFence	InterlockedExchangeAddSizeT
#define InterlockedAddSizeTAcquire		InterlockedAddSizeT
#define InterlockedAddSizeTRelease		InterlockedAddSizeT
#define InterlockedAddSizeTNoFence		InterlockedAddSizeT
#define InterlockedCompareExchangePointerAcquire	InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerRelease	InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerNoFence	InterlockedCompareExchangePointer
#define InterlockedExchangePointerAcquire	InterlockedExchangePointer
#define InterlockedExchangePointerRelease	InterlockedExchangePointer
#define InterlockedExchangePointerNoFence	InterlockedExchangePointer

/* The intrinsics of NT's compiler that these names stand for. */
#define _InterlockedIncrement			InterlockedIncrement
#define _InterlockedIncrement64			InterlockedIncrement64
#define _InterlockedIncrement16			InterlockedIncrement16
#define _InterlockedDecrement			InterlockedDecrement
#define _InterlockedDecrement64			InterlockedDecrement64
#define _InterlockedDecrement16			InterlockedDecrement16
#define _InterlockedExchange			InterlockedExchange
#define _InterlockedExchange64			InterlockedExchange64
#define _InterlockedExchange16			InterlockedExchange16
#define _InterlockedExchange8			InterlockedExchange8
#define _InterlockedExchangeAdd			InterlockedExchangeAdd
#define _InterlockedExchangeAdd64		InterlockedExchangeAdd64
#define _InterlockedExchangeAdd16		InterlockedExchangeAdd16
#define _InterlockedExchangeAdd8		InterlockedExchangeAdd8
#define _InterlockedAdd				InterlockedAdd
#define _InterlockedAdd64			InterlockedAdd64
#define _InterlockedCompareExchange		InterlockedCompareExchange
#define _InterlockedCompareExchange64		InterlockedCompareExchange64
#define _InterlockedCompareExchange16		InterlockedCompareExchange16
#define _InterlockedCompareExchange8		InterlockedCompareExchange8
#define _InterlockedAnd				InterlockedAnd
#define _InterlockedAnd64			InterlockedAnd64
#define _InterlockedAnd16			InterlockedAnd16
#define _InterlockedAnd8			InterlockedAnd8
#define _InterlockedOr				InterlockedOr
#define _InterlockedOr64			InterlockedOr64
#define _InterlockedOr16			InterlockedOr16
#define _InterlockedOr8				InterlockedOr8
#define _InterlockedXor				InterlockedXor
#define _InterlockedXor64			InterlockedXor64
#define _InterlockedXor16			InterlockedXor16
#define _InterlockedXor8			InterlockedXor8
#define _InterlockedExchangePointer		InterlockedExchangePointer
#define _InterlockedCompareExchangePointer	InterlockedCompareExchangePointer
#define _interlockedbittestandset		InterlockedBitTestAndSet
#define _interlockedbittestandset64		InterlockedBitTestAndSet64
#define _interlockedbittestandreset		InterlockedBitTestAndReset
#define _interlockedbittestandreset64		InterlockedBitTestAndReset64

/*
 * One access that is not torn. Names for signed numbers end with the width, as above. In
 * other names the type stands before Acquire, Release, NoFence or Raw.
 */
#define NTPOOL_ACCESS(Type, Acquire, Release, NoFence, Raw) NTPOOL_WORDS( \
FORCEINLINE Type Read##Acquire(const __volatile__ Type *Source)		\
{									\
	return __atomic_load_n(Source, __ATOMIC_ACQUIRE);		\
}									\
									\
FORCEINLINE Type Read##NoFence(const __volatile__ Type *Source)		\
{									\
	return __atomic_load_n(Source, __ATOMIC_RELAXED);		\
}									\
									\
FORCEINLINE Type Read##Raw(const __volatile__ Type *Source)		\
{									\
	return __atomic_load_n(Source, __ATOMIC_RELAXED);		\
}									\
									\
FORCEINLINE void Write##Release(__volatile__ Type *Destination, Type Value) \
{									\
	__atomic_store_n(Destination, Value, __ATOMIC_RELEASE);		\
}									\
									\
FORCEINLINE void Write##NoFence(__volatile__ Type *Destination, Type Value) \
{									\
	__atomic_store_n(Destination, Value, __ATOMIC_RELAXED);		\
}									\
									\
FORCEINLINE void Write##Raw(__volatile__ Type *Destination, Type Value)	\
{									\
	__atomic_store_n(Destination, Value, __ATOMIC_RELAXED);		\
})

NTPOOL_ACCESS(LONG, Acquire, Release, NoFence, Raw)
NTPOOL_ACCESS(SHORT, Acquire16, Release16, NoFence16, Raw16)
NTPOOL_ACCESS(CHAR, Acquire8, Release8, NoFence8, Raw8)
NTPOOL_ACCESS(ULONG, ULongAcquire, ULongRelease, ULongNoFence, ULongRaw)
NTPOOL_ACCESS(USHORT, UShortAcquire, UShortRelease, UShortNoFence, UShortRaw)
NTPOOL_ACCESS(UCHAR, UCharAcquire, UCharRelease, UCharNoFence, UCharRaw)
NTPOOL_ACCESS(BOOLEAN, BooleanAcquire, BooleanRelease, BooleanNoFence, BooleanRaw)
NTPOOL_ACCESS(LONG_PTR, LongPtrAcquire, LongPtrRelease, LongPtrNoFence, LongPtrRaw)
NTPOOL_ACCESS(ULONG_PTR, ULongPtrAcquire, ULongPtrRelease, ULongPtrNoFence, ULongPtrRaw)
NTPOOL_ACCESS(PVOID, PointerAcquire, PointerRelease, PointerNoFence, PointerRaw)
#ifdef __LP64__
NTPOOL_ACCESS(LONG64, Acquire64, Release64, NoFence64, Raw64)
NTPOOL_ACCESS(ULONG64, ULong64Acquire, ULong64Release, ULong64NoFence, ULong64Raw)
#endif

#undef NTPOOL_ACCESS

#endif
