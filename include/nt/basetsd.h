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
#define HandleToULong		HandleToUlong
#define ULongToHandle		UlongToHandle

#endif
