/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bits and bytes of one number. The routines are plain computations and run at any IRQL.
 *
 * Contract of all of them: the NT driver-interface reference.
 */
#ifndef NTPOOL_NT_BITS_H
#define NTPOOL_NT_BITS_H

#include "ntdef.h"

/**
 * BitScanForward() - find the lowest set bit
 * @Index: receives the index of the bit; unchanged if there is none
 * @Mask: the number
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: zero if @Mask is 0, else non-zero.
 */
FORCEINLINE UCHAR BitScanForward(PULONG Index, ULONG Mask)
{
	if (!Mask)
		return 0;
	*Index = (ULONG)__builtin_ctz(Mask);
	return 1;
}

/**
 * BitScanReverse() - find the highest set bit
 * @Index: receives the index of the bit; unchanged if there is none
 * @Mask: the number
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: zero if @Mask is 0, else non-zero.
 */
FORCEINLINE UCHAR BitScanReverse(PULONG Index, ULONG Mask)
{
	if (!Mask)
		return 0;
	*Index = 31 - (ULONG)__builtin_clz(Mask);
	return 1;
}

/**
 * BitScanForward64() - find the lowest set bit of 64
 * @Index: receives the index of the bit; unchanged if there is none
 * @Mask: the number
 *
 * In halves, because a compiler for 32 bit may call its library for the whole.
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: zero if @Mask is 0, else non-zero.
 */
FORCEINLINE UCHAR BitScanForward64(PULONG Index, ULONG64 Mask)
{
	if (BitScanForward(Index, (ULONG)Mask))
		return 1;
	if (!BitScanForward(Index, (ULONG)(Mask >> 32)))
		return 0;
	*Index += 32;
	return 1;
}

/**
 * BitScanReverse64() - find the highest set bit of 64
 * @Index: receives the index of the bit; unchanged if there is none
 * @Mask: the number
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: zero if @Mask is 0, else non-zero.
 */
FORCEINLINE UCHAR BitScanReverse64(PULONG Index, ULONG64 Mask)
{
	if (!BitScanReverse(Index, (ULONG)(Mask >> 32)))
		return BitScanReverse(Index, (ULONG)Mask);
	*Index += 32;
	return 1;
}

#define _BitScanForward		BitScanForward
#define _BitScanReverse		BitScanReverse
#define _BitScanForward64	BitScanForward64
#define _BitScanReverse64	BitScanReverse64

/* The bits that leave one end enter at the other. The compiler makes one instruction of each. */
static FORCEINLINE UINT NtpoolRotateLeft(UINT Number, INT Shift)
{
	return Number << (Shift & 31) | Number >> (-Shift & 31);
}

static FORCEINLINE ULONGLONG NtpoolRotateLeft64(ULONGLONG Number, INT Shift)
{
	return Number << (Shift & 63) | Number >> (-Shift & 63);
}

#define _rotl(Number, Shift)	NtpoolRotateLeft(Number, Shift)
#define _rotr(Number, Shift)	NtpoolRotateLeft(Number, -(Shift))
#define _lrotl(Number, Shift)	NtpoolRotateLeft(Number, Shift)
#define _lrotr(Number, Shift)	NtpoolRotateLeft(Number, -(Shift))
#define _rotl64(Number, Shift)	NtpoolRotateLeft64(Number, Shift)
#define _rotr64(Number, Shift)	NtpoolRotateLeft64(Number, -(Shift))

/**
 * RtlUshortByteSwap() - reverse the bytes of a number of 16 bits
 * @Source: the number
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the number with its bytes in reverse order.
 */
FORCEINLINE USHORT RtlUshortByteSwap(USHORT Source)
{
	return (USHORT)(Source << 8 | Source >> 8);
}

/**
 * RtlUlongByteSwap() - reverse the bytes of a number of 32 bits
 * @Source: the number
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the number with its bytes in reverse order.
 */
FORCEINLINE ULONG RtlUlongByteSwap(ULONG Source)
{
	return __builtin_bswap32(Source);
}

/**
 * RtlUlonglongByteSwap() - reverse the bytes of a number of 64 bits
 * @Source: the number
 *
 * Contract: the NT driver-interface reference.
 *
 * Context: any IRQL.
 * Return: the number with its bytes in reverse order.
 */
FORCEINLINE ULONGLONG RtlUlonglongByteSwap(ULONGLONG Source)
{
	return __builtin_bswap64(Source);
}

#define _byteswap_ushort	RtlUshortByteSwap
#define _byteswap_ulong		RtlUlongByteSwap
#define _byteswap_uint64	RtlUlonglongByteSwap

#endif
