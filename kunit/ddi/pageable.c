// SPDX-License-Identifier: GPL-2.0
/*
 * A driver with pageable parts, as NT sources have them. It includes only <ntddk.h>.
 * The pragmas of NT's compiler place its code and data, in all their forms. It must
 * compile without a warning. gcc ignores the pragmas. Two functions are placed by
 * macros of <ntddk.h>.
 *
 * The suite about sections locks this code and data, and calls it at the wrong IRQL.
 * Only PagedTotal changes.
 */
#include <ntddk.h>

#include "pageable.h"

#ifndef ALLOC_PRAGMA
#error "the pragmas below are then left out"
#endif

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, NtkInitWork)
#pragma alloc_text(PAGE, NtkPagedWork)
#pragma alloc_text(PAGELK, NtkLockedWork)
#pragma alloc_text("PAGE", NtkPagedData, NtkPagedBss)
#endif

#pragma data_seg("PAGEDATA")
static ULONG PagedTotal = NTK_PAGED_START;
#pragma data_seg()

#pragma bss_seg("PAGEBSS")
static ULONG PagedScratch[16];
#pragma bss_seg()

#pragma const_seg(push, "PAGECONS")
static const ULONG PagedTable[] = { 1, 2, 3, 5, 7, 11, 13, 17 };
#pragma const_seg(pop)

NTPOOL_INIT_CODE ULONG NtkInitWork(ULONG Value)
{
	return Value + 1;
}

ULONG NtkPagedWork(ULONG Value)
{
	PAGED_CODE();

	PagedTotal += Value;
	return PagedTotal;
}

NTPOOL_PAGED_CODE ULONG NtkPlacedWork(ULONG Value)
{
	PAGED_CODE();

	PagedScratch[Value % RTL_NUMBER_OF(PagedScratch)]++;
	return PagedTable[Value % RTL_NUMBER_OF(PagedTable)];
}

#pragma code_seg(push, "PAGELK")

/* The check is its last call, so that a compiler may jump to it. */
VOID NtkLockedWork(VOID)
{
	PAGED_CODE_LOCKED();
}

#pragma code_seg(pop)

#pragma code_seg("PAGE")

PVOID NtkPagedData(VOID)
{
	return &PagedTotal;
}

PVOID NtkPagedBss(VOID)
{
	return PagedScratch;
}

PVOID NtkPagedConst(VOID)
{
	return (PVOID)PagedTable;
}

#pragma code_seg()
