// SPDX-License-Identifier: GPL-2.0
/*
 * A driver's file that includes <ntddk.h> and nothing else, with the names of C that such
 * files use. It also undefines the macros that copy and fill memory. Calls then reach the
 * routines that ntpool.ko exports.
 */
#include <ntddk.h>

#include "rtl_nt.h"

#if !defined(NTDDI_VERSION) || !defined(_WIN32_WINNT) || !defined(WINVER)
#error "no version of NT"
#endif
#if NTDDI_VERSION < NTDDI_WIN8 || NTDDI_WIN8 <= NTDDI_WIN7 || _WIN32_WINNT < _WIN32_WINNT_WIN8
#error "an old version of NT"
#endif

#ifndef POOL_TAGGING
#error "no pool tags"
#endif
#if defined(_WIN64) != (__SIZEOF_POINTER__ == 8)
#error "_WIN64 and the size of a pointer differ"
#endif
#if defined(__x86_64__) && !(defined(_AMD64_) && defined(_M_AMD64) && defined(_M_X64))
#error "not NT's names of x64"
#endif
#if defined(__i386__) && !(defined(_X86_) && defined(_M_IX86))
#error "not NT's names of x86"
#endif
#if defined(__aarch64__) && !(defined(_ARM64_) && defined(_M_ARM64))
#error "not NT's names of ARM64"
#endif
#ifdef _MSC_VER
#error "this is not NT's compiler"
#endif

/* If RtlMoveMemory is a macro here, this prototype declares the function behind it. */
PVOID NTAPI RtlMoveMemory(PVOID Destination, PCVOID Source, SIZE_T Length);

#undef RtlMoveMemory
#undef RtlCopyMemory
#undef RtlCopyMemoryNonTemporal
#undef RtlFillMemory
#undef RtlZeroMemory

/* Drivers that undefine a macro repeat NT's prototype. */
NTSYSAPI VOID NTAPI RtlMoveMemory(PVOID Destination, PCVOID Source, SIZE_T Length);
NTSYSAPI VOID NTAPI RtlZeroMemory(PVOID Destination, SIZE_T Length);

PVOID NtkExportedCopy(PVOID Destination, PCVOID Source, SIZE_T Length)
{
	RtlCopyMemory(Destination, Source, Length);
	return Destination;
}

PVOID NtkExportedMove(PVOID Destination, PCVOID Source, SIZE_T Length)
{
	RtlMoveMemory(Destination, Source, Length);
	return Destination;
}

PVOID NtkExportedCopyNonTemporal(PVOID Destination, PCVOID Source, SIZE_T Length)
{
	RtlCopyMemoryNonTemporal(Destination, Source, Length);
	return Destination;
}

ULONG NtkExportedFill(void)
{
	UCHAR Row[5] = { 1, 1, 1, 1, 1 };

	RtlFillMemory(Row + 1, 3, 0x5a);
	RtlZeroMemory(Row + 2, 1);
	return (Row[0] != 1) + (Row[1] != 0x5a) + (Row[2] != 0) + (Row[3] != 0x5a) +
	       (Row[4] != 1);
}

C_ASSERT((uint8_t)-1 == 0xff && (int8_t)0xff == -1);
C_ASSERT((uint16_t)-1 == 0xffff && (int16_t)0xffff == -1);
C_ASSERT((uint32_t)-1 == 0xffffffff && (int32_t)0xffffffff == -1);
C_ASSERT((uint64_t)-1 == MAXULONGLONG && (int64_t)MAXULONGLONG == -1);
C_ASSERT((bool)2 == 1 && sizeof(wchar_t) == 2 && (wchar_t)-1 == 0xffff);
C_ASSERT((size_t)-1 == MAXSIZE_T && sizeof(ptrdiff_t) == sizeof(PVOID) && (ptrdiff_t)-1 < 0);
C_ASSERT(sizeof(uintptr_t) == sizeof(PVOID) && (uintptr_t)-1 > 0);
C_ASSERT(sizeof(intptr_t) == sizeof(PVOID) && (intptr_t)-1 < 0);

ULONG NtkCRoutines(void)
{
	char Text[8];
	ULONG Failed = 0;

	Failed += memset(Text, 'a', sizeof(Text)) != Text;
	Text[7] = 0;
	Failed += strlen(Text) != 7;
	Failed += memcpy(Text, "bcd", 3) != Text;
	Failed += memcmp(Text, "bcdaaaa", 8) != 0;
	Failed += memmove(Text + 1, Text, 6) != Text + 1;
	Failed += memcmp(Text, "bbcdaaa", 8) != 0;
	Failed += strcmp(Text, "bbcdaaa") != 0;
	Failed += strncmp(Text, "bbcx", 3) != 0;
	Failed += strchr(Text, 'd') != Text + 3;
	Failed += memchr(Text, 'c', sizeof(Text)) != Text + 2;
	return Failed;
}

SIZE_T NtkSum(ULONG Count, ...)
{
	va_list Arguments;
	SIZE_T Sum = 0;

	va_start(Arguments, Count);
	while (Count--)
		Sum += va_arg(Arguments, SIZE_T);
	va_end(Arguments);
	return Sum;
}
