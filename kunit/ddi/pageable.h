/* SPDX-License-Identifier: GPL-2.0 */
/* The pageable driver of pageable.c, for the suite that drives it. */
#ifndef NTK_PAGEABLE_H
#define NTK_PAGEABLE_H

#include <ntddk.h>

/* The values of the data that the pragmas of pageable.c place. */
#define NTK_PAGED_START		0x50414745

ULONG NtkInitWork(ULONG Value);
ULONG NtkPagedWork(ULONG Value);
ULONG NtkPlacedWork(ULONG Value);
void NtkLockedWork(void);

PVOID NtkPagedData(void);
PVOID NtkPagedBss(void);
PVOID NtkPagedConst(void);

#endif
