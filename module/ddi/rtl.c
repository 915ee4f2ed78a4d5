// SPDX-License-Identifier: GPL-2.0
/*
 * Copying and filling memory, for drivers that call routines of these names.
 *
 * nt_rtl.h has macros that expand to inline functions. They serve a driver unless it
 * undefines them. NT's routines return nothing; the macros return the target.
 */
#include <linux/export.h>
#include <linux/string.h>

#include <nt_rtl.h>

#undef RtlCopyMemory
#undef RtlCopyMemoryNonTemporal
#undef RtlFillMemory
#undef RtlMoveMemory
#undef RtlZeroMemory

/**
 * RtlCopyMemory() - copy memory
 * @Destination: the target, which may overlap @Source
 * @Source: the memory to copy
 * @Length: bytes
 *
 * Differs: the blocks may overlap.
 *
 * Context: any IRQL at which the memory is accessible.
 *
 * Return: nothing; the macro of the same name returns @Destination.
 *
 * Contract: WDK, RtlCopyMemory.
 */
void RtlCopyMemory(PVOID Destination, PCVOID Source, SIZE_T Length)
{
	memmove(Destination, Source, Length);
}
EXPORT_SYMBOL_GPL(RtlCopyMemory);

/**
 * RtlCopyMemoryNonTemporal() - copy memory that is not used again soon
 * @Destination: the target, which may overlap @Source
 * @Source: the memory to copy
 * @Length: bytes
 *
 * Differs: as RtlCopyMemory(), also in what it does to the caches.
 *
 * Context: any IRQL at which the memory is accessible.
 *
 * Return: nothing; the macro of the same name returns @Destination.
 *
 * Contract: WDK, RtlCopyMemoryNonTemporal.
 */
void RtlCopyMemoryNonTemporal(PVOID Destination, PCVOID Source, SIZE_T Length)
{
	memmove(Destination, Source, Length);
}
EXPORT_SYMBOL_GPL(RtlCopyMemoryNonTemporal);

/**
 * RtlMoveMemory() - copy memory to a block that may overlap
 * @Destination: the target
 * @Source: the memory to copy
 * @Length: bytes
 *
 * Context: any IRQL at which the memory is accessible.
 *
 * Return: nothing; the macro of the same name returns @Destination.
 *
 * Contract: WDK, RtlMoveMemory.
 */
void RtlMoveMemory(PVOID Destination, PCVOID Source, SIZE_T Length)
{
	memmove(Destination, Source, Length);
}
EXPORT_SYMBOL_GPL(RtlMoveMemory);

/**
 * RtlFillMemory() - fill memory with a byte
 * @Destination: the memory
 * @Length: bytes
 * @Fill: the byte; memset() has it before @Length
 *
 * Context: any IRQL at which the memory is accessible.
 *
 * Return: nothing; the macro of the same name returns @Destination.
 *
 * Contract: WDK, RtlFillMemory.
 */
void RtlFillMemory(PVOID Destination, SIZE_T Length, UCHAR Fill)
{
	memset(Destination, Fill, Length);
}
EXPORT_SYMBOL_GPL(RtlFillMemory);

/**
 * RtlZeroMemory() - fill memory with zeros
 * @Destination: the memory
 * @Length: bytes
 *
 * Context: any IRQL at which the memory is accessible.
 *
 * Return: nothing; the macro of the same name returns @Destination.
 *
 * Contract: WDK, RtlZeroMemory.
 */
void RtlZeroMemory(PVOID Destination, SIZE_T Length)
{
	memset(Destination, 0, Length);
}
EXPORT_SYMBOL_GPL(RtlZeroMemory);
