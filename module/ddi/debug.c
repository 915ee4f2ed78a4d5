// SPDX-License-Identifier: GPL-2.0
/*
 * Stops and failed assertions that a driver reports.
 *
 * Both become reports, like the violations that ntpool finds, and the parameter bugcheck
 * decides whether the machine stops. On NT a stop never returns, and a failed assertion enters
 * the debugger. Here both return to the driver unless bugcheck=panic.
 *
 * Only the driver can tell which parameters of a stop are addresses. A value in the kernel's
 * part of the address space counts as an address and is printed hashed. Common statuses are
 * the exception, because few addresses have these values.
 */
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <nt_debug.h>

#include "base/report.h"

enum {
	ASSERTION_SIZE = 256,
};

struct stop_name {
	u32 code;
	const char *name;
};

#define STOP(code)	{ code, #code }

static const struct stop_name stop_names[] = {
	STOP(IRQL_NOT_LESS_OR_EQUAL),
	STOP(BAD_POOL_HEADER),
	STOP(MEMORY_MANAGEMENT),
	STOP(KMODE_EXCEPTION_NOT_HANDLED),
	STOP(QUOTA_UNDERFLOW),
	STOP(FAT_FILE_SYSTEM),
	STOP(NTFS_FILE_SYSTEM),
	STOP(CDFS_FILE_SYSTEM),
	STOP(RDR_FILE_SYSTEM),
	STOP(SECURITY_SYSTEM),
	STOP(INCONSISTENT_IRP),
	STOP(CACHE_MANAGER),
	STOP(NO_MORE_IRP_STACK_LOCATIONS),
	STOP(SYSTEM_SERVICE_EXCEPTION),
	STOP(MUST_SUCCEED_POOL_EMPTY),
	STOP(MULTIPLE_IRP_COMPLETE_REQUESTS),
	STOP(PFN_LIST_CORRUPT),
	STOP(PAGE_FAULT_IN_NONPAGED_AREA),
	STOP(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED),
	STOP(UNEXPECTED_KERNEL_MODE_TRAP),
	STOP(DRIVER_POWER_STATE_FAILURE),
	STOP(ATTEMPTED_WRITE_TO_READONLY_MEMORY),
	STOP(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION),
	STOP(BAD_POOL_CALLER),
	STOP(DRIVER_VERIFIER_DETECTED_VIOLATION),
	STOP(DRIVER_CORRUPTED_EXPOOL),
	STOP(DRIVER_CAUGHT_MODIFYING_FREED_POOL),
	STOP(DRIVER_LEFT_LOCKED_PAGES_IN_PROCESS),
	STOP(PAGE_FAULT_IN_FREED_SPECIAL_POOL),
	STOP(PAGE_FAULT_BEYOND_END_OF_ALLOCATION),
	STOP(DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS),
	STOP(DRIVER_CORRUPTED_MMPOOL),
	STOP(DRIVER_IRQL_NOT_LESS_OR_EQUAL),
	STOP(DRIVER_PORTION_MUST_BE_NONPAGED),
	STOP(DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL),
	STOP(DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION),
	STOP(POOL_CORRUPTION_IN_FILE_AREA),
	STOP(MANUALLY_INITIATED_CRASH),
	STOP(CRITICAL_PROCESS_DIED),
	STOP(KERNEL_SECURITY_CHECK_FAILURE),
	STOP(KERNEL_MODE_HEAP_CORRUPTION),
	STOP(MANUALLY_INITIATED_CRASH1),
};

#undef STOP

static const char *bugcheck_name(u32 code)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stop_names); i++)
		if (stop_names[i].code == code)
			return stop_names[i].name;
	return NULL;
}

/* A status with facility 0: warnings 0x8000xxxx, errors 0xC000xxxx. */
static bool is_status(unsigned long value)
{
	return (value | 0x4000ffff) == (unsigned long)(s32)0xc000ffff;
}

static bool is_address(unsigned long value)
{
	return value >= PAGE_OFFSET && value < (unsigned long)-MAX_ERRNO && !is_status(value);
}

static void bugcheck(u32 code, const unsigned long *param, unsigned long caller)
{
	struct ntpool_stop stop = {
		.code = code,
		.name = bugcheck_name(code),
		.text = "a driver asked for the machine to be stopped",
		.caller = caller,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stop.param); i++) {
		stop.param[i] = param[i];
		if (is_address(param[i]))
			stop.addr_mask |= BIT(i);
	}
	ntpool_report(&stop);
}

/**
 * KeBugCheckEx() - stop the machine
 * @BugCheckCode: NT's stop code, or a code of the driver
 * @BugCheckParameter1: first parameter; its meaning depends on the code
 * @BugCheckParameter2: second parameter
 * @BugCheckParameter3: third parameter
 * @BugCheckParameter4: fourth parameter
 *
 * The stop is reported in NT's form. With bugcheck=panic the machine then stops. With
 * bugcheck=report the routine RETURNS, which NT's never does, so the code behind the call must
 * be safe to run.
 *
 * Differs: reports, and returns unless bugcheck=panic.
 *
 * Context: any IRQL.
 *
 * Contract: WDK, KeBugCheckEx, except that it returns.
 */
void KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1,
		  ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3,
		  ULONG_PTR BugCheckParameter4)
{
	const unsigned long param[] = {
		BugCheckParameter1, BugCheckParameter2,
		BugCheckParameter3, BugCheckParameter4,
	};

	bugcheck(BugCheckCode, param, _RET_IP_);
}
EXPORT_SYMBOL_GPL(KeBugCheckEx);

/**
 * KeBugCheck() - stop the machine, with a code without parameters
 * @BugCheckCode: stop code; see KeBugCheckEx(), also for the return
 *
 * Differs: reports, and returns unless bugcheck=panic.
 *
 * Context: any IRQL.
 *
 * Contract: WDK, KeBugCheck, except that it returns.
 */
void KeBugCheck(ULONG BugCheckCode)
{
	const unsigned long param[4] = {};

	bugcheck(BugCheckCode, param, _RET_IP_);
}
EXPORT_SYMBOL_GPL(KeBugCheck);

static void report_exception(NTSTATUS exception, ULONG number, const char *text,
			     unsigned long caller)
{
	const struct ntpool_stop stop = {
		.code = KMODE_EXCEPTION_NOT_HANDLED,
		.name = bugcheck_name(KMODE_EXCEPTION_NOT_HANDLED),
		.param = { (u32)exception, caller, number },
		.addr_mask = BIT(1),
		.text = text,
		.caller = caller,
	};

	ntpool_report(&stop);
}

static void break_point(ULONG status, unsigned long caller)
{
	report_exception(STATUS_BREAKPOINT, status, "a breakpoint without a debugger", caller);
}

/**
 * DbgBreakPoint() - enter the debugger
 *
 * NT without a debugger stops. So this routine reports stop 0x1E with STATUS_BREAKPOINT and
 * the caller. It returns unless bugcheck=panic.
 *
 * Differs: there is no debugger; reports 0x1E, and returns unless bugcheck=panic.
 *
 * Context: any IRQL.
 *
 * Contract: WDK, DbgBreakPoint.
 */
void DbgBreakPoint(void)
{
	break_point(0, _RET_IP_);
}
EXPORT_SYMBOL_GPL(DbgBreakPoint);

/**
 * DbgBreakPointWithStatus() - enter the debugger and pass a number to it
 * @Status: the number, which is the third parameter of the report
 *
 * Differs: as DbgBreakPoint().
 *
 * Context: any IRQL.
 *
 * Contract: WDK, DbgBreakPointWithStatus.
 */
void DbgBreakPointWithStatus(ULONG Status)
{
	break_point(Status, _RET_IP_);
}
EXPORT_SYMBOL_GPL(DbgBreakPointWithStatus);

/**
 * RtlAssert() - report a failed assertion, for ASSERT() in a checked build
 * @FailedAssertion: text of the assertion
 * @FileName: the source file
 * @LineNumber: line in @FileName
 * @Message: additional text, or NULL
 *
 * Reports stop 0x1E with STATUS_ASSERTION_FAILURE, the caller and the line. Returns unless
 * bugcheck=panic.
 *
 * Differs: reports 0x1E, and returns unless bugcheck=panic.
 *
 * Context: any IRQL.
 *
 * Contract: WDK, ASSERT; without a debugger the WDK leaves the result open.
 */
void RtlAssert(PVOID FailedAssertion, PVOID FileName, ULONG LineNumber,
	       PCHAR Message)
{
	char text[ASSERTION_SIZE];

	snprintf(text, sizeof(text), "%s line %u: assertion failed: %s%s%s",
		 kbasename(FileName ?: "?"), LineNumber, (char *)FailedAssertion,
		 Message ? ": " : "", Message ?: "");
	report_exception(STATUS_ASSERTION_FAILURE, LineNumber, text, _RET_IP_);
}
EXPORT_SYMBOL_GPL(RtlAssert);
