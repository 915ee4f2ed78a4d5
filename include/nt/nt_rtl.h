/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Filling, copying and comparing memory, and setting up counted strings.
 *
 * The compiler's builtins become the kernel's memset(), memcpy(), memmove() and
 * memcmp() where they are not expanded in place, so sanitizers see the accesses.
 * None of them allocates or blocks: any IRQL, as far as the memory allows.
 *
 * Contract of all of them: the NT driver-interface reference.
 */
#ifndef NTPOOL_NT_RTL_H
#define NTPOOL_NT_RTL_H

#include "ntdef.h"

/**
 * RtlFillMemory() - fill memory with a byte
 * @Destination: the memory
 * @Length: bytes
 * @Fill: the byte, before @Length in memset()
 */
#define RtlFillMemory(Destination, Length, Fill) \
	((void)__builtin_memset((Destination), (Fill), (Length)))

/**
 * RtlZeroMemory() - fill memory with zeros
 * @Destination: the memory
 * @Length: bytes
 */
#define RtlZeroMemory(Destination, Length) \
	((void)__builtin_memset((Destination), 0, (Length)))

/**
 * RtlCopyMemory() - copy memory to where it does not overlap
 * @Destination: where to
 * @Source: where from
 * @Length: bytes
 */
#define RtlCopyMemory(Destination, Source, Length) \
	((void)__builtin_memcpy((Destination), (Source), (Length)))

/**
 * RtlMoveMemory() - copy memory to where it may overlap
 * @Destination: where to
 * @Source: where from
 * @Length: bytes
 */
#define RtlMoveMemory(Destination, Source, Length) \
	((void)__builtin_memmove((Destination), (Source), (Length)))

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

/* NT's older names, and those of forms that are no faster here. */
#define RtlFillBytes(Destination, Length, Fill) \
	RtlFillMemory(Destination, Length, Fill)
#define RtlZeroBytes(Destination, Length) \
	RtlZeroMemory(Destination, Length)
#define RtlCopyBytes(Destination, Source, Length) \
	RtlCopyMemory(Destination, Source, Length)
#define RtlCopyMemoryNonTemporal(Destination, Source, Length) \
	RtlCopyMemory(Destination, Source, Length)

/**
 * RtlSecureZeroMemory() - fill memory with zeros although nobody reads them
 * @Destination: the memory
 * @Length: bytes
 *
 * The compiler cannot leave it out, not even before the memory is freed.
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
 * RtlCompareMemory() - how far two blocks are equal
 * @Source1: one block
 * @Source2: the other
 * @Length: bytes to compare
 *
 * Return: number of bytes, from the first on, that are equal; @Length if all are.
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

/**
 * RtlCompareMemoryUlong() - how far a block repeats a number
 * @Source: the block, aligned to four bytes
 * @Length: bytes to compare, a multiple of four
 * @Pattern: the number
 *
 * A @Source that is not aligned equals nothing; the bytes of @Length above a multiple
 * of four do not count. (The reference asks for both and leaves open what happens
 * otherwise.)
 *
 * Return: number of bytes, a multiple of four, up to the first other number.
 */
FORCEINLINE SIZE_T RtlCompareMemoryUlong(PVOID Source, SIZE_T Length,
					 ULONG Pattern)
{
	const ULONG *Number = (const ULONG *)Source;
	SIZE_T Equal = 0;

	if ((ULONG_PTR)Source % sizeof(ULONG))
		return 0;
	while (Equal < Length / sizeof(ULONG) && Number[Equal] == Pattern)
		Equal++;
	return Equal * sizeof(ULONG);
}

/**
 * RtlFillMemoryUlong() - fill memory with a number of four bytes
 * @Destination: the memory, aligned to four bytes
 * @Length: bytes, a multiple of four; what is above one is left alone
 * @Pattern: the number
 */
FORCEINLINE void RtlFillMemoryUlong(PVOID Destination, SIZE_T Length,
				    ULONG Pattern)
{
	ULONG *Number = (ULONG *)Destination;
	SIZE_T Left = Length / sizeof(*Number);

	while (Left--)
		*Number++ = Pattern;
}

/**
 * RtlFillMemoryUlonglong() - fill memory with a number of eight bytes
 * @Destination: the memory, aligned to eight bytes
 * @Length: bytes, a multiple of eight; what is above one is left alone
 * @Pattern: the number
 */
FORCEINLINE void RtlFillMemoryUlonglong(PVOID Destination, SIZE_T Length,
					ULONGLONG Pattern)
{
	ULONGLONG *Number = (ULONGLONG *)Destination;
	SIZE_T Left = Length / sizeof(*Number);

	while (Left--)
		*Number++ = Pattern;
}

/**
 * RtlInitUnicodeString() - describe a string that ends with a null character
 * @DestinationString: what describes it
 * @SourceString: the string, which stays where it is; NULL for an empty one
 *
 * Of a string that does not fit, the first 32766 characters count. (The reference
 * gives the limit of the lengths, not what happens beyond it.)
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
 * RtlInitAnsiString() - describe a string that ends with a null character
 * @DestinationString: what describes it
 * @SourceString: the string, which stays where it is; NULL for an empty one
 *
 * Of a string that does not fit, the first 65534 characters count.
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
 * @UnicodeString: the string; it is empty
 * @Buffer: memory for its characters
 * @BufferSize: bytes there
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
 * @AnsiString: the string; it is empty
 * @Buffer: memory for its characters
 * @BufferSize: bytes there
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

/* These declare a buffer too, which is named like the string with "_buffer". */
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

#endif
