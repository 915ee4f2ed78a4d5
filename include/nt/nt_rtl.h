/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Filling, copying and comparing memory, and setting up counted strings.
 *
 * The compiler expands its builtins in place or calls the kernel's memset() and so
 * on; sanitizers see the accesses. The routines do not allocate or block.
 * They run at any IRQL at which the memory is accessible.
 *
 * Contract of all of them: the NT driver-interface reference.
 */
#ifndef NTPOOL_NT_RTL_H
#define NTPOOL_NT_RTL_H

#include "ntdef.h"

/*
 * ntpool.ko exports these routines as NT does, without a result. A file that has undefined
 * the macros below calls them.
 */
void RtlFillMemory(PVOID Destination, SIZE_T Length, UCHAR Fill);
void RtlZeroMemory(PVOID Destination, SIZE_T Length);
void RtlCopyMemory(PVOID Destination, PCVOID Source, SIZE_T Length);
void RtlCopyMemoryNonTemporal(PVOID Destination, PCVOID Source, SIZE_T Length);
void RtlMoveMemory(PVOID Destination, PCVOID Source, SIZE_T Length);

/*
 * Other files get the value of memset() and memcpy(), the target. The macros take no
 * arguments, so that a routine's address can be taken. A copy allows any overlap.
 */
static FORCEINLINE PVOID NtpoolFillMemory(PVOID Destination, SIZE_T Length, INT Fill)
{
	return __builtin_memset(Destination, Fill, Length);
}

static FORCEINLINE PVOID NtpoolZeroMemory(PVOID Destination, SIZE_T Length)
{
	return __builtin_memset(Destination, 0, Length);
}

static FORCEINLINE PVOID NtpoolMoveMemory(PVOID Destination, PCVOID Source, SIZE_T Length)
{
	return __builtin_memmove(Destination, Source, Length);
}

#define RtlFillMemory			NtpoolFillMemory
#define RtlZeroMemory			NtpoolZeroMemory
#define RtlCopyMemory			NtpoolMoveMemory
#define RtlMoveMemory			NtpoolMoveMemory

/* NT's older names, and the name of a variant that is no faster on Linux. */
#define RtlFillBytes			RtlFillMemory
#define RtlZeroBytes			RtlZeroMemory
#define RtlCopyBytes			RtlCopyMemory
#define RtlCopyMemoryNonTemporal	NtpoolMoveMemory

/**
 * RtlEqualMemory() - whether two blocks are equal
 * @Source1: one block
 * @Source2: the other
 * @Length: bytes to compare
 *
 * Return: non-zero if they are.
 */
#define RtlEqualMemory(Source1, Source2, Length) \
	(!__builtin_memcmp((Source1), (Source2), (Length)))

/**
 * RtlPrefetchMemoryNonTemporal() - read memory ahead into the processor's cache
 * @Source: the memory; an address that is not mapped does no harm
 * @Length: bytes
 *
 * The processor may discard the memory soon.
 */
FORCEINLINE void RtlPrefetchMemoryNonTemporal(PCVOID Source, SIZE_T Length)
{
	const char *Line = (const char *)Source;
	SIZE_T Offset;

	for (Offset = 0; Offset < Length; Offset += SYSTEM_CACHE_ALIGNMENT_SIZE)
		__builtin_prefetch(Line + Offset, 0, 0);
}

/**
 * RtlSecureZeroMemory() - fill memory with zeros that are not read later
 * @Destination: the memory
 * @Length: bytes
 *
 * The compiler cannot remove the stores, not even before the memory is freed.
 *
 * Return: @Destination.
 */
FORCEINLINE PVOID RtlSecureZeroMemory(PVOID Destination, SIZE_T Length)
{
	__builtin_memset(Destination, 0, Length);
	__asm__ __volatile__("" : : "r"(Destination) : "memory");
	return Destination;
}

/**
 * RtlIsZeroMemory() - whether memory holds only zeros
 * @Buffer: the memory
 * @Length: bytes
 *
 * Return: TRUE if all bytes are 0.
 */
FORCEINLINE BOOLEAN RtlIsZeroMemory(PCVOID Buffer, SIZE_T Length)
{
	const unsigned char *Byte = (const unsigned char *)Buffer;

	while (Length && !*Byte) {
		Byte++;
		Length--;
	}
	return !Length;
}

/**
 * RtlMoveVolatileMemory() - copy memory that others access at the same time
 * @Destination: the target
 * @Source: the source; may overlap the target
 * @Length: bytes
 *
 * Reads and writes each byte once. A number of several bytes may be torn.
 *
 * Return: @Destination.
 */
FORCEINLINE __volatile__ void *RtlMoveVolatileMemory(__volatile__ void *Destination,
						     const __volatile__ void *Source,
						     SIZE_T Length)
{
	const __volatile__ unsigned char *From = (const __volatile__ unsigned char *)Source;
	__volatile__ unsigned char *To = (__volatile__ unsigned char *)Destination;
	SIZE_T Done;

	if ((ULONG_PTR)To - (ULONG_PTR)From >= Length)
		for (Done = 0; Done < Length; Done++)
			To[Done] = From[Done];
	else
		while (Length--)
			To[Length] = From[Length];
	return Destination;
}

/**
 * RtlSetVolatileMemory() - fill memory that others access at the same time
 * @Destination: the memory
 * @Fill: the byte
 * @Length: bytes
 *
 * Writes each byte once, also if no one reads it later.
 *
 * Return: @Destination.
 */
FORCEINLINE __volatile__ void *RtlSetVolatileMemory(__volatile__ void *Destination, INT Fill,
						    SIZE_T Length)
{
	__volatile__ unsigned char *To = (__volatile__ unsigned char *)Destination;

	while (Length--)
		*To++ = (unsigned char)Fill;
	return Destination;
}

#define RtlCopyVolatileMemory		RtlMoveVolatileMemory
#define RtlFillVolatileMemory(Destination, Length, Fill) \
	RtlSetVolatileMemory(Destination, Fill, Length)
#define RtlZeroVolatileMemory(Destination, Length) \
	RtlSetVolatileMemory(Destination, 0, Length)

/**
 * RtlCompareMemory() - length of the equal start of two blocks
 * @Source1: one block
 * @Source2: the other
 * @Length: bytes to compare
 *
 * Return: number of equal bytes from the first byte on; @Length if all are equal.
 */
FORCEINLINE SIZE_T RtlCompareMemory(PCVOID Source1, PCVOID Source2,
				    SIZE_T Length)
{
	const unsigned char *Left = (const unsigned char *)Source1;
	const unsigned char *Right = (const unsigned char *)Source2;
	SIZE_T Equal = 0;

	while (Equal < Length && Left[Equal] == Right[Equal])
		Equal++;
	return Equal;
}

/* A number at any address. The reference requires alignment; NT's processors do not. */
typedef ULONG NTPOOL_ATTR(__aligned__(1), __may_alias__) NTPOOL_ANY_ULONG;
typedef ULONGLONG NTPOOL_ATTR(__aligned__(1), __may_alias__) NTPOOL_ANY_ULONGLONG;

typedef USHORT NTPOOL_ATTR(__aligned__(1), __may_alias__) NTPOOL_ANY_USHORT;
typedef ULONG_PTR NTPOOL_ATTR(__aligned__(1), __may_alias__) NTPOOL_ANY_ULONG_PTR;

/* Copy one number, from and to any address. */
#define RtlStoreUshort(Address, Value) \
	((void)(*(NTPOOL_ANY_USHORT *)(Address) = (USHORT)(Value)))
#define RtlStoreUlong(Address, Value) \
	((void)(*(NTPOOL_ANY_ULONG *)(Address) = (ULONG)(Value)))
#define RtlStoreUlonglong(Address, Value) \
	((void)(*(NTPOOL_ANY_ULONGLONG *)(Address) = (ULONGLONG)(Value)))
#define RtlStoreUlongPtr(Address, Value) \
	((void)(*(NTPOOL_ANY_ULONG_PTR *)(Address) = (ULONG_PTR)(Value)))
#define RtlRetrieveUshort(Target, Source) \
	RtlStoreUshort(Target, *(const NTPOOL_ANY_USHORT *)(Source))
#define RtlRetrieveUlong(Target, Source) \
	RtlStoreUlong(Target, *(const NTPOOL_ANY_ULONG *)(Source))
#define RtlRetrieveUlongPtr(Target, Source) \
	RtlStoreUlongPtr(Target, *(const NTPOOL_ANY_ULONG_PTR *)(Source))

/**
 * RtlCompareMemoryUlong() - length of the start of a block that repeats a number
 * @Source: the block, aligned to four bytes by the reference, here at any address
 * @Length: bytes to compare, a multiple of four
 * @Pattern: the number
 *
 * Bytes of @Length above a multiple of four are ignored.
 *
 * Return: number of bytes before the first different number, a multiple of four.
 */
FORCEINLINE SIZE_T RtlCompareMemoryUlong(PVOID Source, SIZE_T Length,
					 ULONG Pattern)
{
	const NTPOOL_ANY_ULONG *Number = (const NTPOOL_ANY_ULONG *)Source;
	SIZE_T Equal = 0;

	while (Equal < Length / sizeof(ULONG) && Number[Equal] == Pattern)
		Equal++;
	return Equal * sizeof(ULONG);
}

/**
 * RtlFillMemoryUlong() - fill memory with a number of four bytes
 * @Destination: the memory, aligned to four bytes by the reference, here at any address
 * @Length: bytes, a multiple of four; bytes above a multiple are not written
 * @Pattern: the number
 */
FORCEINLINE void RtlFillMemoryUlong(PVOID Destination, SIZE_T Length,
				    ULONG Pattern)
{
	NTPOOL_ANY_ULONG *Number = (NTPOOL_ANY_ULONG *)Destination;
	SIZE_T Left = Length / sizeof(*Number);

	while (Left--)
		*Number++ = Pattern;
}

/**
 * RtlFillMemoryUlonglong() - fill memory with a number of eight bytes
 * @Destination: the memory, aligned to eight bytes by the reference, here at any address
 * @Length: bytes, a multiple of eight; bytes above a multiple are not written
 * @Pattern: the number
 */
FORCEINLINE void RtlFillMemoryUlonglong(PVOID Destination, SIZE_T Length,
					ULONGLONG Pattern)
{
	NTPOOL_ANY_ULONGLONG *Number = (NTPOOL_ANY_ULONGLONG *)Destination;
	SIZE_T Left = Length / sizeof(*Number);

	while (Left--)
		*Number++ = Pattern;
}

/**
 * RtlInitUnicodeString() - make a counted string of a null-terminated one
 * @DestinationString: the counted string
 * @SourceString: the characters, which are not copied; NULL: an empty string
 *
 * If the string is too long, its first 32766 characters count. (The reference limits
 * the length and does not define longer strings.)
 */
FORCEINLINE void RtlInitUnicodeString(PUNICODE_STRING DestinationString,
				      PCWSTR SourceString)
{
	SIZE_T Characters = 0;

	if (SourceString)
		while (Characters < UNICODE_STRING_MAX_CHARS - 1 &&
		       SourceString[Characters])
			Characters++;
	DestinationString->Length = (USHORT)(Characters * sizeof(WCHAR));
	DestinationString->MaximumLength = SourceString ?
		(USHORT)((Characters + 1) * sizeof(WCHAR)) : 0;
	DestinationString->Buffer = (PWSTR)SourceString;
}

/**
 * RtlInitAnsiString() - make a counted string of a null-terminated one
 * @DestinationString: the counted string
 * @SourceString: the characters, which are not copied; NULL: an empty string
 *
 * If the string is too long, its first 65534 characters count.
 */
FORCEINLINE void RtlInitAnsiString(PANSI_STRING DestinationString,
				   PCSZ SourceString)
{
	SIZE_T Characters = 0;

	if (SourceString)
		while (Characters < MAXUSHORT - 1 && SourceString[Characters])
			Characters++;
	DestinationString->Length = (USHORT)Characters;
	DestinationString->MaximumLength = SourceString ?
		(USHORT)(Characters + 1) : 0;
	DestinationString->Buffer = (PCHAR)SourceString;
}

#define RtlInitString(DestinationString, SourceString) \
	RtlInitAnsiString(DestinationString, SourceString)

/**
 * RtlInitEmptyUnicodeString() - make a counted string of a buffer
 * @UnicodeString: the counted string; it becomes empty
 * @Buffer: memory for its characters
 * @BufferSize: bytes in @Buffer
 *
 * Source: wdm.h documentation of RtlInitEmptyUnicodeString.
 *
 * Context: any IRQL at which the memory is accessible.
 */
FORCEINLINE void RtlInitEmptyUnicodeString(PUNICODE_STRING UnicodeString, PWCHAR Buffer,
					   USHORT BufferSize)
{
	UnicodeString->Length = 0;
	UnicodeString->MaximumLength = BufferSize;
	UnicodeString->Buffer = Buffer;
}

/**
 * RtlInitEmptyAnsiString() - make a counted string of a buffer
 * @AnsiString: the counted string; it becomes empty
 * @Buffer: memory for its characters
 * @BufferSize: bytes in @Buffer
 *
 * Source: ntddk.h documentation of RtlInitEmptyAnsiString.
 *
 * Context: any IRQL at which the memory is accessible.
 */
FORCEINLINE void RtlInitEmptyAnsiString(PANSI_STRING AnsiString, PCHAR Buffer, USHORT BufferSize)
{
	AnsiString->Length = 0;
	AnsiString->MaximumLength = BufferSize;
	AnsiString->Buffer = Buffer;
}

/* These also declare a buffer with the name of the string and "_buffer". */
#define DECLARE_CONST_UNICODE_STRING(Variable, Literal) NTPOOL_WORDS(	\
	const WCHAR NTPOOL_GLUE(Variable, _buffer)[] = Literal;		\
	const UNICODE_STRING Variable = {				\
		sizeof(Literal) - sizeof(WCHAR), sizeof(Literal),	\
		(PWSTR)NTPOOL_GLUE(Variable, _buffer)			\
	})
#define DECLARE_UNICODE_STRING_SIZE(Variable, Characters) NTPOOL_WORDS(	\
	WCHAR NTPOOL_GLUE(Variable, _buffer)[Characters];		\
	UNICODE_STRING Variable = {					\
		0, (Characters) * sizeof(WCHAR),			\
		NTPOOL_GLUE(Variable, _buffer)				\
	})

/* At file scope; several files of a driver may declare the same string. */
#define DECLARE_GLOBAL_CONST_UNICODE_STRING(Variable, Literal) NTPOOL_WORDS( \
	extern const DECLSPEC_SELECTANY UNICODE_STRING Variable;	\
	const UNICODE_STRING Variable = RTL_CONSTANT_STRING(Literal))

#endif
