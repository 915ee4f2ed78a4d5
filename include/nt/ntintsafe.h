/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sums, differences, products and conversions of integers that report overflow, as
 * NT's header of the same name has them.
 *
 * For every TYPE below there are
 *
 *	NTSTATUS RtlTYPEAdd(TYPE Augend, TYPE Addend, TYPE *Result)
 *	NTSTATUS RtlTYPESub(TYPE Minuend, TYPE Subtrahend, TYPE *Result)
 *	NTSTATUS RtlTYPEMult(TYPE Multiplicand, TYPE Multiplier, TYPE *Result)
 *
 * and for every pair of them, also where the target holds all values of the source,
 *
 *	NTSTATUS RtlFROMToTO(FROM Operand, TO *Result)
 *
 * If the result fits, the routine returns STATUS_SUCCESS and the exact result.
 * Otherwise it returns STATUS_INTEGER_OVERFLOW, and the result is the TYPE's error
 * value. That value has all bits set: the largest unsigned number, or -1.
 *
 * Contract: the NT driver-interface reference. Any IRQL.
 */
#ifndef NTPOOL_NTINTSAFE_H
#define NTPOOL_NTINTSAFE_H

#include "ntdef.h"

#define INT8_ERROR		((INT8)(-1))
#define UINT8_ERROR		((UINT8)(-1))
#define CHAR_ERROR		((CHAR)(-1))
#define UCHAR_ERROR		((UCHAR)(-1))
#define SHORT_ERROR		((SHORT)(-1))
#define USHORT_ERROR		((USHORT)(-1))
#define INT_ERROR		((INT)(-1))
#define UINT_ERROR		((UINT)(-1))
#define LONG_ERROR		((LONG)(-1))
#define ULONG_ERROR		((ULONG)(-1))
#define LONGLONG_ERROR		((LONGLONG)(-1))
#define ULONGLONG_ERROR		((ULONGLONG)(-1))
#define INT_PTR_ERROR		((INT_PTR)(-1))
#define UINT_PTR_ERROR		((UINT_PTR)(-1))
#define LONG_PTR_ERROR		((LONG_PTR)(-1))
#define ULONG_PTR_ERROR		((ULONG_PTR)(-1))
#define SIZET_ERROR		((SIZE_T)(-1))
#define SIZE_T_ERROR		((SIZE_T)(-1))
#define SSIZET_ERROR		((SSIZE_T)(-1))
#define SSIZE_T_ERROR		((SSIZE_T)(-1))

/* The result of a routine: its status, and @Result if there was an overflow. */
#define NTPOOL_INTSAFE(Overflow, Type, Result)				\
	((Overflow) ?							\
	 (*(Result) = (Type)(-1), STATUS_INTEGER_OVERFLOW) : STATUS_SUCCESS)
#define NTPOOL_INTSAFE_OUT(Type)	NTPOOL_WORDS(__typeof__(Type) *)

/* The compiler's builtins compute exactly and return whether the result overflows. */
#define NTPOOL_INTSAFE_ADD(Name, Type) NTPOOL_WORDS(			\
FORCEINLINE NTSTATUS Rtl##Name##Add(Type Augend, Type Addend,		\
				    NTPOOL_INTSAFE_OUT(Type) Result)	\
{									\
	return NTPOOL_INTSAFE(__builtin_add_overflow(Augend, Addend,	\
						     Result),		\
			      Type, Result);				\
})

#define NTPOOL_INTSAFE_SUB(Name, Type) NTPOOL_WORDS(			\
FORCEINLINE NTSTATUS Rtl##Name##Sub(Type Minuend, Type Subtrahend,	\
				    NTPOOL_INTSAFE_OUT(Type) Result)	\
{									\
	return NTPOOL_INTSAFE(__builtin_sub_overflow(Minuend, Subtrahend, \
						     Result),		\
			      Type, Result);				\
})

#define NTPOOL_INTSAFE_MULT(Name, Type) NTPOOL_WORDS(			\
FORCEINLINE NTSTATUS Rtl##Name##Mult(Type Multiplicand, Type Multiplier, \
				     NTPOOL_INTSAFE_OUT(Type) Result)	\
{									\
	return NTPOOL_INTSAFE(__builtin_mul_overflow(Multiplicand,	\
						     Multiplier, Result), \
			      Type, Result);				\
})

#define NTPOOL_INTSAFE_ALL(Name, Type) NTPOOL_WORDS(	\
	NTPOOL_INTSAFE_ADD(Name, Type)			\
	NTPOOL_INTSAFE_SUB(Name, Type)			\
	NTPOOL_INTSAFE_MULT(Name, Type))

FORCEINLINE ULONGLONG NtpoolMagnitude(LONGLONG Number)
{
	return Number < 0 ? 0 - (ULONGLONG)Number : (ULONGLONG)Number;
}

/*
 * Written out, because clang calls its library for this product on 32 bit. The table
 * below leaves it out for that reason.
 */
FORCEINLINE NTSTATUS RtlLongLongMult(LONGLONG Multiplicand, LONGLONG Multiplier,
				     LONGLONG *Result)
{
	BOOLEAN Negative = (Multiplicand < 0) != (Multiplier < 0);
	ULONGLONG Limit = (ULONGLONG)MAXLONGLONG + Negative;
	ULONGLONG Product;

	if (__builtin_mul_overflow(NtpoolMagnitude(Multiplicand),
				   NtpoolMagnitude(Multiplier), &Product) ||
	    Product > Limit) {
		*Result = LONGLONG_ERROR;
		return STATUS_INTEGER_OVERFLOW;
	}
	*Result = (LONGLONG)(Negative ? 0 - Product : Product);
	return STATUS_SUCCESS;
}

NTPOOL_INTSAFE_ADD(LongLong, LONGLONG)
NTPOOL_INTSAFE_SUB(LongLong, LONGLONG)

NTPOOL_INTSAFE_ALL(Int8, INT8)
NTPOOL_INTSAFE_ALL(UInt8, UINT8)
NTPOOL_INTSAFE_ALL(UChar, UCHAR)
NTPOOL_INTSAFE_ALL(Short, SHORT)
NTPOOL_INTSAFE_ALL(UShort, USHORT)
NTPOOL_INTSAFE_ALL(Int, INT)
NTPOOL_INTSAFE_ALL(UInt, UINT)
NTPOOL_INTSAFE_ALL(Long, LONG)
NTPOOL_INTSAFE_ALL(ULong, ULONG)
NTPOOL_INTSAFE_ALL(ULongLong, ULONGLONG)
NTPOOL_INTSAFE_ALL(IntPtr, INT_PTR)
NTPOOL_INTSAFE_ALL(UIntPtr, UINT_PTR)
NTPOOL_INTSAFE_ALL(LongPtr, LONG_PTR)
NTPOOL_INTSAFE_ALL(ULongPtr, ULONG_PTR)
NTPOOL_INTSAFE_ALL(SIZET, SIZE_T)
NTPOOL_INTSAFE_ALL(SSIZET, SSIZE_T)

/* An addition of 0 makes the builtin convert. */
#define NTPOOL_CONVERT(Name, From, Target, Type) NTPOOL_WORDS(		\
FORCEINLINE NTSTATUS Rtl##Name##To##Target(From Operand,		\
					   NTPOOL_INTSAFE_OUT(Type) Result) \
{									\
	return NTPOOL_INTSAFE(__builtin_add_overflow(Operand, 0, Result), \
			      Type, Result);				\
})

#define NTPOOL_CONVERT_FROM(Name, From) NTPOOL_WORDS(		\
	NTPOOL_CONVERT(Name, From, Int8, INT8)			\
	NTPOOL_CONVERT(Name, From, UInt8, UINT8)		\
	NTPOOL_CONVERT(Name, From, Char, CHAR)			\
	NTPOOL_CONVERT(Name, From, UChar, UCHAR)		\
	NTPOOL_CONVERT(Name, From, Short, SHORT)		\
	NTPOOL_CONVERT(Name, From, UShort, USHORT)		\
	NTPOOL_CONVERT(Name, From, Int, INT)			\
	NTPOOL_CONVERT(Name, From, UInt, UINT)			\
	NTPOOL_CONVERT(Name, From, Long, LONG)			\
	NTPOOL_CONVERT(Name, From, ULong, ULONG)		\
	NTPOOL_CONVERT(Name, From, LongLong, LONGLONG)		\
	NTPOOL_CONVERT(Name, From, ULongLong, ULONGLONG)	\
	NTPOOL_CONVERT(Name, From, IntPtr, INT_PTR)		\
	NTPOOL_CONVERT(Name, From, UIntPtr, UINT_PTR)		\
	NTPOOL_CONVERT(Name, From, LongPtr, LONG_PTR)		\
	NTPOOL_CONVERT(Name, From, ULongPtr, ULONG_PTR)		\
	NTPOOL_CONVERT(Name, From, SIZET, SIZE_T)		\
	NTPOOL_CONVERT(Name, From, SSIZET, SSIZE_T))

NTPOOL_CONVERT_FROM(Int8, INT8)
NTPOOL_CONVERT_FROM(UInt8, UINT8)
NTPOOL_CONVERT_FROM(Short, SHORT)
NTPOOL_CONVERT_FROM(UShort, USHORT)
NTPOOL_CONVERT_FROM(Int, INT)
NTPOOL_CONVERT_FROM(UInt, UINT)
NTPOOL_CONVERT_FROM(Long, LONG)
NTPOOL_CONVERT_FROM(ULong, ULONG)
NTPOOL_CONVERT_FROM(LongLong, LONGLONG)
NTPOOL_CONVERT_FROM(ULongLong, ULONGLONG)
NTPOOL_CONVERT_FROM(IntPtr, INT_PTR)
NTPOOL_CONVERT_FROM(UIntPtr, UINT_PTR)
NTPOOL_CONVERT_FROM(LongPtr, LONG_PTR)
NTPOOL_CONVERT_FROM(ULongPtr, ULONG_PTR)
NTPOOL_CONVERT_FROM(SIZET, SIZE_T)
NTPOOL_CONVERT_FROM(SSIZET, SSIZE_T)

#undef NTPOOL_CONVERT_FROM
#undef NTPOOL_CONVERT
#undef NTPOOL_INTSAFE_ALL
#undef NTPOOL_INTSAFE_MULT
#undef NTPOOL_INTSAFE_SUB
#undef NTPOOL_INTSAFE_ADD
#undef NTPOOL_INTSAFE_OUT
#undef NTPOOL_INTSAFE

/* Other spellings of the same routines. */
#define RtlSizeTAdd		RtlSIZETAdd
#define RtlSizeTSub		RtlSIZETSub
#define RtlSizeTMult		RtlSIZETMult
#define RtlSSizeTAdd		RtlSSIZETAdd
#define RtlSSizeTSub		RtlSSIZETSub
#define RtlSSizeTMult		RtlSSIZETMult
#define RtlSizeTToUInt		RtlSIZETToUInt
#define RtlSizeTToULong		RtlSIZETToULong
#define RtlSizeTToUShort	RtlSIZETToUShort
#define RtlSizeTToInt		RtlSIZETToInt
#define RtlSizeTToLong		RtlSIZETToLong
#define RtlULongLongToSizeT	RtlULongLongToSIZET
#define RtlLongLongToSizeT	RtlLongLongToSIZET
#define RtlLongToSizeT		RtlLongToSIZET
#define RtlIntToSizeT		RtlIntToSIZET

#endif
