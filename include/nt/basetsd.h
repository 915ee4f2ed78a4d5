/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Conversions between numbers and pointers. The conversion to a pointer keeps the sign of
 * a number. The conversion to a number loses the upper half of a pointer. All results are
 * constants if the argument is one.
 */
#ifndef NTPOOL_BASETSD_H
#define NTPOOL_BASETSD_H

#include "ntdef.h"

#define PtrToUlong(Pointer)	((ULONG)(ULONG_PTR)(Pointer))
#define PtrToLong(Pointer)	((LONG)(LONG_PTR)(Pointer))
#define PtrToUint(Pointer)	((UINT)(UINT_PTR)(Pointer))
#define PtrToInt(Pointer)	((INT)(INT_PTR)(Pointer))
#define PtrToUshort(Pointer)	((USHORT)(ULONG_PTR)(Pointer))
#define PtrToShort(Pointer)	((SHORT)(LONG_PTR)(Pointer))

#define UlongToPtr(Number)	((PVOID)(ULONG_PTR)(ULONG)(Number))
#define LongToPtr(Number)	((PVOID)(LONG_PTR)(LONG)(Number))
#define UintToPtr(Number)	((PVOID)(UINT_PTR)(UINT)(Number))
#define IntToPtr(Number)	((PVOID)(INT_PTR)(INT)(Number))

/* On 32 bit these lose the upper half of a number of 64 bits. */
#define Int64ToPtr(Number)	((PVOID)(INT_PTR)(INT64)(Number))
#define Uint64ToPtr(Number)	((PVOID)(UINT_PTR)(UINT64)(Number))
#define PtrToInt64(Pointer)	((INT64)(INT_PTR)(Pointer))
#define PtrToUint64(Pointer)	((UINT64)(UINT_PTR)(Pointer))

#define HandleToUlong(Handle)	PtrToUlong(Handle)
#define HandleToLong(Handle)	PtrToLong(Handle)
#define UlongToHandle(Number)	((HANDLE)UlongToPtr(Number))
#define LongToHandle(Number)	((HANDLE)LongToPtr(Number))

/* Other spellings. */
#define PtrToULong		PtrToUlong
#define PtrToUInt		PtrToUint
#define PtrToUShort		PtrToUshort
#define ULongToPtr		UlongToPtr
#define UIntToPtr		UintToPtr
#define UInt64ToPtr		Uint64ToPtr
#define PtrToUInt64		PtrToUint64
#define HandleToULong		HandleToUlong
#define ULongToHandle		UlongToHandle

#endif
