/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Filling, copying and comparing memory.
 *
 * The compiler's builtins become the kernel's memset(), memcpy(), memmove() and
 * memcmp() where they are not expanded in place, so sanitizers see the accesses.
 */
#ifndef NTPOOL_NT_RTL_H
#define NTPOOL_NT_RTL_H

#include "ntdef.h"

#define RtlFillMemory(Destination, Length, Fill) \
	((void)__builtin_memset((Destination), (Fill), (Length)))
#define RtlZeroMemory(Destination, Length) \
	((void)__builtin_memset((Destination), 0, (Length)))
#define RtlCopyMemory(Destination, Source, Length) \
	((void)__builtin_memcpy((Destination), (Source), (Length)))
#define RtlMoveMemory(Destination, Source, Length) \
	((void)__builtin_memmove((Destination), (Source), (Length)))

/**
 * RtlCompareMemory() - how far two blocks are equal
 * @Source1: one block
 * @Source2: the other
 * @Length: bytes to compare
 *
 * Context: any IRQL.
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
 * RtlEqualMemory() - whether two blocks are equal
 * @Source1: one block
 * @Source2: the other
 * @Length: bytes to compare
 *
 * Context: any IRQL.
 * Return: non-zero if they are.
 */
#define RtlEqualMemory(Source1, Source2, Length) \
	(!__builtin_memcmp((Source1), (Source2), (Length)))

#endif
