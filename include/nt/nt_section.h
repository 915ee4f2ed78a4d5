/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pageable sections of a driver: locking them, and saying that code is pageable.
 *
 * On Linux a driver's code and data are resident as long as it is loaded. What is
 * kept are the rules: pageable code runs up to APC_LEVEL, and a lock is given back
 * as often as it was taken. A driver has two sections, its code and its data, each
 * with one count, whatever the names in its pragmas are.
 */
#ifndef NTPOOL_NT_SECTION_H
#define NTPOOL_NT_SECTION_H

#include "ntdef.h"

/*
 * A file that includes this header may have the pragmas that place code and data
 * (alloc_text, code_seg, data_seg, bss_seg, const_seg) without a word of the compiler.
 * gcc ignores them. clang obeys them with -fms-extensions, which gives sections of the
 * object file NT's names and changes nothing else; some that it knows and cannot
 * apply it calls ignored instead of unknown.
 */
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wignored-pragmas"
#endif

/* NT sources put their alloc_text pragmas below #ifdef ALLOC_PRAGMA. */
#define ALLOC_PRAGMA		1

/*
 * Before the return type of a function, for drivers that want more than pragmas
 * give. The first keeps pageable code together, away from the rest; the second does
 * what NT does to code in INIT: it is thrown away when the driver's initialisation
 * has returned. What runs later must not call such a function nor have its address.
 */
#define NTPOOL_PAGED_CODE	NTPOOL_ATTR(__section__(".text.unlikely.PAGE"))
#define NTPOOL_INIT_CODE	NTPOOL_ATTR(__section__(".init.text"), __cold__)

PVOID MmLockPagableCodeSection(PVOID AddressWithinSection);
PVOID MmLockPagableDataSection(PVOID AddressWithinSection);
void MmLockPagableSectionByHandle(PVOID ImageSectionHandle);
void MmUnlockPagableImageSection(PVOID ImageSectionHandle);
PVOID MmPageEntireDriver(PVOID AddressWithinSection);
void MmResetDriverPaging(PVOID AddressWithinSection);

/* The same routines in their other spellings. */
#define MmLockPagableCodeSectionByHandle	MmLockPagableSectionByHandle
#define MmLockPageableCodeSection		MmLockPagableCodeSection
#define MmLockPageableDataSection		MmLockPagableDataSection
#define MmLockPageableSectionByHandle		MmLockPagableSectionByHandle
#define MmLockPageableCodeSectionByHandle	MmLockPagableSectionByHandle
#define MmUnlockPageableImageSection		MmUnlockPagableImageSection

/* What the two macros below call. */
void NtpoolPagedCode(PCSTR Function, PCSTR File, ULONG Line);
void NtpoolPagedCodeLocked(PCSTR Function, PCSTR File, ULONG Line);

/* Without the directory where the compiler can: no build's paths in a driver. */
#ifdef __FILE_NAME__
#define NTPOOL_FILE		__FILE_NAME__
#else
#define NTPOOL_FILE		__FILE__
#endif

/**
 * PAGED_CODE() - the function that says so is pageable
 *
 * Reports 0xD3 if it runs above APC_LEVEL, see NtpoolPagedCode(). NT looks only in
 * checked builds; here it is always looked.
 *
 * Differs: looks in every build; reports 0xD3 and goes on.
 *
 * Source: the NT driver-interface reference; the stop code is this project's choice.
 *
 * Context: any IRQL; IRQL <= APC_LEVEL is what is checked.
 */
#define PAGED_CODE()		NtpoolPagedCode(__func__, NTPOOL_FILE, __LINE__)

/**
 * PAGED_CODE_LOCKED() - the function is pageable, and its section must be locked
 *
 * Reports 0xD3 if the code of the driver is not locked, see NtpoolPagedCodeLocked().
 *
 * Differs: looks in every build; reports 0xD3 and goes on.
 *
 * Source: the NT driver-interface reference; the stop code is this project's choice.
 *
 * Context: any IRQL.
 */
#define PAGED_CODE_LOCKED() \
	NtpoolPagedCodeLocked(__func__, NTPOOL_FILE, __LINE__)

#endif
