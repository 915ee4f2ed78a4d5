/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stop codes, assertions and messages.
 *
 * As on NT, ASSERT, KdPrint and the like exist in checked builds only, where DBG is 1.
 * A driver enables them with "ccflags-y += -DDBG=1". Without DBG they expand to nothing
 * and do not evaluate their arguments.
 */
#ifndef NTPOOL_NT_DEBUG_H
#define NTPOOL_NT_DEBUG_H

#include "ntdef.h"

void KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1,
		  ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3,
		  ULONG_PTR BugCheckParameter4);
void KeBugCheck(ULONG BugCheckCode);

/* The components and levels of DbgPrintEx(). */
#define DPFLTR_SYSTEM_ID	0
#define DPFLTR_IHVVIDEO_ID	78
#define DPFLTR_IHVAUDIO_ID	79
#define DPFLTR_IHVNETWORK_ID	80
#define DPFLTR_IHVSTREAMING_ID	81
#define DPFLTR_IHVBUS_ID	82
#define DPFLTR_IHVDRIVER_ID	77
#define DPFLTR_DEFAULT_ID	101

#define DPFLTR_ERROR_LEVEL	0
#define DPFLTR_WARNING_LEVEL	1
#define DPFLTR_TRACE_LEVEL	2
#define DPFLTR_INFO_LEVEL	3
#define DPFLTR_MASK		0x80000000U

ULONG DbgPrint(PCSTR Format, ...);
ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...);
ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format,
		  __builtin_va_list Arguments);
ULONG vDbgPrintExWithPrefix(PCSTR Prefix, ULONG ComponentId, ULONG Level,
			    PCSTR Format, __builtin_va_list Arguments);
void DbgBreakPoint(void);
void DbgBreakPointWithStatus(ULONG Status);
#define __debugbreak()		DbgBreakPoint()

void RtlAssert(PVOID FailedAssertion, PVOID FileName, ULONG LineNumber,
	       PCHAR Message);

/* NT_VERIFY() without DBG: an expression that gives no warning as a statement. */
FORCEINLINE BOOLEAN NtpoolTruth(BOOLEAN Truth)
{
	return Truth;
}

#define NTPOOL_ASSERT(Condition, Text, Message)				\
	((Condition) ? TRUE :						\
	 (RtlAssert((PVOID)(Text), (PVOID)__FILE__, __LINE__,		\
		    (PCHAR)(Message)), FALSE))

/* In free builds too, that is without DBG. */
#define NT_FRE_ASSERT(Condition) \
	((void)NTPOOL_ASSERT(Condition, #Condition, NULL))
#define NT_FRE_ASSERTMSG(Message, Condition) \
	((void)NTPOOL_ASSERT(Condition, #Condition, Message))

/* KdPrint() takes its arguments in double parentheses: KdPrint(("%lu bytes\n", Length)). */
#if defined(DBG) && DBG
#define ASSERT(Condition) \
	((void)NTPOOL_ASSERT(Condition, #Condition, NULL))
#define ASSERTMSG(Message, Condition) \
	((void)NTPOOL_ASSERT(Condition, #Condition, Message))
#define NT_ASSERT(Condition)		ASSERT(Condition)
#define NT_ASSERTMSG(Message, Condition)	ASSERTMSG(Message, Condition)
#define NT_VERIFY(Condition)		NTPOOL_ASSERT(Condition, #Condition, NULL)
#define NT_VERIFYMSG(Message, Condition) \
	NTPOOL_ASSERT(Condition, #Condition, Message)
#define KdPrint(Arguments)		((void)DbgPrint Arguments)
#define KdPrintEx(Arguments)		((void)DbgPrintEx Arguments)
#define KdBreakPoint()			DbgBreakPoint()
#define KdBreakPointWithStatus(Status)	DbgBreakPointWithStatus(Status)
#define RTL_SOFT_ASSERT(Condition)	NTPOOL_ASSERT(Condition, #Condition, NULL)
#define RTL_SOFT_ASSERTMSG(Message, Condition) \
	NTPOOL_ASSERT(Condition, #Condition, Message)
#else
#define ASSERT(...)			((void)0)
#define ASSERTMSG(...)			((void)0)
#define NT_ASSERT(...)			((void)0)
#define NT_ASSERTMSG(...)		((void)0)
#define NT_VERIFY(Condition)		NtpoolTruth(!!(Condition))
#define NT_VERIFYMSG(Message, ...)	NtpoolTruth(!!(__VA_ARGS__))
#define KdPrint(...)			((void)0)
#define KdPrintEx(...)			((void)0)
#define KdBreakPoint()			((void)0)
#define KdBreakPointWithStatus(...)	((void)0)
#define RTL_SOFT_ASSERT(...)		((void)0)
#define RTL_SOFT_ASSERTMSG(...)		((void)0)
#endif

#define PAGED_ASSERT(Condition)		NT_ASSERT(Condition)
#define NT_ANALYSIS_ASSUME(...)		((void)0)

/* Stop codes, as published. */
#define IRQL_NOT_LESS_OR_EQUAL			((ULONG)0x0000000A)
#define BAD_POOL_HEADER				((ULONG)0x00000019)
#define MEMORY_MANAGEMENT			((ULONG)0x0000001A)
#define KMODE_EXCEPTION_NOT_HANDLED		((ULONG)0x0000001E)
#define QUOTA_UNDERFLOW				((ULONG)0x00000021)
#define FAT_FILE_SYSTEM				((ULONG)0x00000023)
#define NTFS_FILE_SYSTEM			((ULONG)0x00000024)
#define CDFS_FILE_SYSTEM			((ULONG)0x00000026)
#define RDR_FILE_SYSTEM				((ULONG)0x00000027)
#define SECURITY_SYSTEM				((ULONG)0x00000029)
#define INCONSISTENT_IRP			((ULONG)0x0000002A)
#define CACHE_MANAGER				((ULONG)0x00000034)
#define NO_MORE_IRP_STACK_LOCATIONS		((ULONG)0x00000035)
#define SYSTEM_SERVICE_EXCEPTION		((ULONG)0x0000003B)
#define MUST_SUCCEED_POOL_EMPTY			((ULONG)0x00000041)
#define MULTIPLE_IRP_COMPLETE_REQUESTS		((ULONG)0x00000044)
#define PFN_LIST_CORRUPT			((ULONG)0x0000004E)
#define PAGE_FAULT_IN_NONPAGED_AREA		((ULONG)0x00000050)
#define SYSTEM_THREAD_EXCEPTION_NOT_HANDLED	((ULONG)0x0000007E)
#define UNEXPECTED_KERNEL_MODE_TRAP		((ULONG)0x0000007F)
#define DRIVER_POWER_STATE_FAILURE		((ULONG)0x0000009F)
#define ATTEMPTED_WRITE_TO_READONLY_MEMORY	((ULONG)0x000000BE)
#define SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION	((ULONG)0x000000C1)
#define BAD_POOL_CALLER				((ULONG)0x000000C2)
#define DRIVER_VERIFIER_DETECTED_VIOLATION	((ULONG)0x000000C4)
#define DRIVER_CORRUPTED_EXPOOL			((ULONG)0x000000C5)
#define DRIVER_CAUGHT_MODIFYING_FREED_POOL	((ULONG)0x000000C6)
#define DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS	((ULONG)0x000000CB)
#define PAGE_FAULT_IN_FREED_SPECIAL_POOL	((ULONG)0x000000CC)
#define PAGE_FAULT_BEYOND_END_OF_ALLOCATION	((ULONG)0x000000CD)
#define DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS	((ULONG)0x000000CE)
#define DRIVER_CORRUPTED_MMPOOL			((ULONG)0x000000D0)
#define DRIVER_IRQL_NOT_LESS_OR_EQUAL		((ULONG)0x000000D1)
#define DRIVER_PORTION_MUST_BE_NONPAGED		((ULONG)0x000000D3)
#define DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL	((ULONG)0x000000D5)
#define DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION	((ULONG)0x000000D6)
#define POOL_CORRUPTION_IN_FILE_AREA		((ULONG)0x000000DE)
#define MANUALLY_INITIATED_CRASH		((ULONG)0x000000E2)
#define CRITICAL_PROCESS_DIED			((ULONG)0x000000EF)
#define KERNEL_SECURITY_CHECK_FAILURE		((ULONG)0x00000139)
#define KERNEL_MODE_HEAP_CORRUPTION		((ULONG)0x0000013A)
#define MANUALLY_INITIATED_CRASH1		((ULONG)0xDEADDEAD)
#endif
