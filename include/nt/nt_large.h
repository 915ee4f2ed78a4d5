/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Computations with numbers of 64 bits, from the time when compilers had none.
 *
 * Sums and products wrap around. Division is left out: a kernel for 32 bit has no library for
 * it. The routines are plain computations and run at any IRQL.
 *
 * Contract of all of them: the NT driver-interface reference.
 */
#ifndef NTPOOL_NT_LARGE_H
#define NTPOOL_NT_LARGE_H

#include "ntdef.h"

FORCEINLINE LARGE_INTEGER NtpoolLarge(ULONGLONG Number)
{
	LARGE_INTEGER Large;

	Large.QuadPart = (LONGLONG)Number;
	return Large;
}

/**
 * RtlConvertLongToLargeInteger() - a signed number as one of 64 bits
 * @SignedInteger: the number
 *
 * Context: any IRQL.
 * Return: the number.
 */
FORCEINLINE LARGE_INTEGER RtlConvertLongToLargeInteger(LONG SignedInteger)
{
	return NtpoolLarge((ULONGLONG)(LONGLONG)SignedInteger);
}

/**
 * RtlConvertUlongToLargeInteger() - an unsigned number as one of 64 bits
 * @UnsignedInteger: the number
 *
 * Context: any IRQL.
 * Return: the number.
 */
FORCEINLINE LARGE_INTEGER RtlConvertUlongToLargeInteger(ULONG UnsignedInteger)
{
	return NtpoolLarge(UnsignedInteger);
}

/**
 * RtlLargeIntegerAdd() - add two numbers
 * @Addend1: one of them
 * @Addend2: the other
 *
 * Context: any IRQL.
 * Return: the sum.
 */
FORCEINLINE LARGE_INTEGER RtlLargeIntegerAdd(LARGE_INTEGER Addend1, LARGE_INTEGER Addend2)
{
	return NtpoolLarge((ULONGLONG)Addend1.QuadPart + (ULONGLONG)Addend2.QuadPart);
}

/**
 * RtlLargeIntegerSubtract() - subtract two numbers
 * @Minuend: the first
 * @Subtrahend: the number to subtract
 *
 * Context: any IRQL.
 * Return: the difference.
 */
FORCEINLINE LARGE_INTEGER RtlLargeIntegerSubtract(LARGE_INTEGER Minuend, LARGE_INTEGER Subtrahend)
{
	return NtpoolLarge((ULONGLONG)Minuend.QuadPart - (ULONGLONG)Subtrahend.QuadPart);
}

/**
 * RtlLargeIntegerNegate() - change the sign
 * @Subtrahend: the number
 *
 * Context: any IRQL.
 * Return: the negative number.
 */
FORCEINLINE LARGE_INTEGER RtlLargeIntegerNegate(LARGE_INTEGER Subtrahend)
{
	return NtpoolLarge(-(ULONGLONG)Subtrahend.QuadPart);
}

/**
 * RtlEnlargedIntegerMultiply() - multiply two signed numbers
 * @Multiplicand: one of them
 * @Multiplier: the other
 *
 * Context: any IRQL.
 * Return: the product, which cannot overflow.
 */
FORCEINLINE LARGE_INTEGER RtlEnlargedIntegerMultiply(LONG Multiplicand, LONG Multiplier)
{
	return NtpoolLarge((ULONGLONG)((LONGLONG)Multiplicand * Multiplier));
}

/**
 * RtlEnlargedUnsignedMultiply() - multiply two unsigned numbers
 * @Multiplicand: one of them
 * @Multiplier: the other
 *
 * Context: any IRQL.
 * Return: the product, which cannot overflow.
 */
FORCEINLINE LARGE_INTEGER RtlEnlargedUnsignedMultiply(ULONG Multiplicand, ULONG Multiplier)
{
	return NtpoolLarge((ULONGLONG)Multiplicand * Multiplier);
}

/**
 * RtlExtendedIntegerMultiply() - multiply a number of 64 bits
 * @Multiplicand: the number
 * @Multiplier: the factor
 *
 * Context: any IRQL.
 * Return: the product.
 */
FORCEINLINE LARGE_INTEGER RtlExtendedIntegerMultiply(LARGE_INTEGER Multiplicand, LONG Multiplier)
{
	return NtpoolLarge((ULONGLONG)Multiplicand.QuadPart * (ULONGLONG)(LONGLONG)Multiplier);
}

/**
 * RtlLargeIntegerShiftLeft() - shift to the left
 * @LargeInteger: the number
 * @ShiftCount: bits, modulo 64
 *
 * Context: any IRQL.
 * Return: the number, with zeros from the right.
 */
FORCEINLINE LARGE_INTEGER RtlLargeIntegerShiftLeft(LARGE_INTEGER LargeInteger, CCHAR ShiftCount)
{
	return NtpoolLarge((ULONGLONG)LargeInteger.QuadPart << (ShiftCount & 63));
}

/**
 * RtlLargeIntegerShiftRight() - shift to the right
 * @LargeInteger: the number
 * @ShiftCount: bits, modulo 64
 *
 * Context: any IRQL.
 * Return: the number, with zeros from the left.
 */
FORCEINLINE LARGE_INTEGER RtlLargeIntegerShiftRight(LARGE_INTEGER LargeInteger, CCHAR ShiftCount)
{
	return NtpoolLarge((ULONGLONG)LargeInteger.QuadPart >> (ShiftCount & 63));
}

/* Comparisons of two numbers, and of one with 0. The arguments are of type LARGE_INTEGER. */
#define RtlLargeIntegerEqualTo(Left, Right)		((Left).QuadPart == (Right).QuadPart)
#define RtlLargeIntegerNotEqualTo(Left, Right)		((Left).QuadPart != (Right).QuadPart)
#define RtlLargeIntegerLessThan(Left, Right)		((Left).QuadPart < (Right).QuadPart)
#define RtlLargeIntegerLessThanOrEqualTo(Left, Right)	((Left).QuadPart <= (Right).QuadPart)
#define RtlLargeIntegerGreaterThan(Left, Right)		((Left).QuadPart > (Right).QuadPart)
#define RtlLargeIntegerGreaterThanOrEqualTo(Left, Right) ((Left).QuadPart >= (Right).QuadPart)
#define RtlLargeIntegerEqualToZero(Number)		((Number).QuadPart == 0)
#define RtlLargeIntegerNotEqualToZero(Number)		((Number).QuadPart != 0)
#define RtlLargeIntegerLessThanZero(Number)		((Number).QuadPart < 0)
#define RtlLargeIntegerGreaterThanZero(Number)		((Number).QuadPart > 0)

#endif
