/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pageable sections of a driver: locks on them, and marks for pageable code.
 *
 * On Linux a driver's code and data are resident as long as it is loaded. The rules
 * stay: pageable code runs up to APC_LEVEL, and each lock is released once. A driver
 * has two sections, its code and its data, with one count each. The section names in
 * its pragmas do not matter.
 */
#ifndef NTPOOL_NT_SECTION_H
#define NTPOOL_NT_SECTION_H

#include "ntdef.h"

/*
 * NT sources place code and data with pragmas: alloc_text, code_seg, data_seg, bss_seg,
 * const_seg. Files that include this header get no warning for them. gcc ignores the
 * pragmas. With -fms-extensions clang obeys them, which only renames sections of the
 * object file. Pragmas that clang cannot apply have a warning of their own.
 */
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wignored-pragmas"
#endif

/* NT sources guard their alloc_text pragmas with #ifdef ALLOC_PRAGMA. */
#define ALLOC_PRAGMA		1

/*
 * Marks for drivers that need more than pragmas, before the return type of a function.
 * NTPOOL_PAGED_CODE keeps pageable code together, apart from other code.
 * NTPOOL_INIT_CODE is NT's INIT: the kernel frees the code after the driver's
 * initialisation. Later code must not call such a function or use its address.
 */
#define NTPOOL_PAGED_CODE	NTPOOL_ATTR(__section__(".text.unlikely.PAGE"))
#define NTPOOL_INIT_CODE	NTPOOL_ATTR(__section__(".init.text"), __cold__)

PVOID MmLockPagableCodeSection(PVOID AddressWithinSection);
PVOID MmLockPagableDataSection(PVOID AddressWithinSection);
void MmLockPagableSectionByHandle(PVOID ImageSectionHandle);
void MmUnlockPagableImageSection(PVOID ImageSectionHandle);
PVOID MmPageEntireDriver(PVOID AddressWithinSection);
void MmResetDriverPaging(PVOID AddressWithinSection);

/* Other spellings of the same routines. */
#define MmLockPagableCodeSectionByHandle	MmLockPagableSectionByHandle
#define MmLockPageableCodeSection		MmLockPagableCodeSection
#define MmLockPageableDataSection		MmLockPagableDataSection
#define MmLockPageableSectionByHandle		MmLockPagableSectionByHandle
#define MmLockPageableCodeSectionByHandle	MmLockPagableSectionByHandle
#define MmUnlockPageableImageSection		MmUnlockPagableImageSection

/* Called by the two macros below. */
void NtpoolPagedCode(PCSTR Function, PCSTR File, ULONG Line);
void NtpoolPagedCodeLocked(PCSTR Function, PCSTR File, ULONG Line);

/* Without the directory where possible, so that a driver has no paths of its build. */
#ifdef __FILE_NAME__
#define NTPOOL_FILE		__FILE_NAME__
#else
#define NTPOOL_FILE		__FILE__
#endif

/**
 * PAGED_CODE() - check that a pageable function runs at APC_LEVEL or below
 *
 * Reports 0xD3 above APC_LEVEL, see NtpoolPagedCode(). NT checks this in checked builds
 * only.
 *
 * Differs: checks in every build; reports 0xD3 and goes on.
 *
 * Source: the NT driver-interface reference; the stop code is this project's choice.
 *
 * Context: any IRQL; above APC_LEVEL is reported.
 */
#define PAGED_CODE()		NtpoolPagedCode(__func__, NTPOOL_FILE, __LINE__)

/**
 * PAGED_CODE_LOCKED() - check that the section of a pageable function is locked
 *
 * Reports 0xD3 if the code of the driver is not locked, see NtpoolPagedCodeLocked().
 *
 * Differs: checks in every build; reports 0xD3 and goes on.
 *
 * Source: the NT driver-interface reference; the stop code is this project's choice.
 *
 * Context: any IRQL.
 */
#define PAGED_CODE_LOCKED() \
	NtpoolPagedCodeLocked(__func__, NTPOOL_FILE, __LINE__)

#endif
