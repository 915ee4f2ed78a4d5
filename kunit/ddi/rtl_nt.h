/* SPDX-License-Identifier: GPL-2.0 */
/* The routines of rtl_nt.c, for the suite that calls them. */
#ifndef NTK_RTL_NT_H
#define NTK_RTL_NT_H

#include <ntddk.h>

/* Copies with the exported routines; each returns @Destination. */
PVOID NtkExportedCopy(PVOID Destination, PCVOID Source, SIZE_T Length);
PVOID NtkExportedMove(PVOID Destination, PCVOID Source, SIZE_T Length);
PVOID NtkExportedCopyNonTemporal(PVOID Destination, PCVOID Source, SIZE_T Length);

/* Each returns how many of its expectations failed. */
ULONG NtkExportedFill(void);
ULONG NtkCRoutines(void);

/* Returns the sum of @Count arguments of type SIZE_T. */
SIZE_T NtkSum(ULONG Count, ...);

#endif
