/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Raising a status. NT unwinds the stack to the driver's __except. C on Linux has no
 * such mechanism, so a driver registers a handler instead. Where NT raises, ntpool calls
 * the handler. When the handler returns, or if there is none, the raising routine returns.
 *
 * The handler runs at the IRQL and in the context of the raising call, without a lock of
 * ntpool's. It may do all that the driver may do there. Usually it stores the status for
 * the driver's code that made the call.
 */
#ifndef NTPOOL_NT_RAISE_H
#define NTPOOL_NT_RAISE_H

#include "ntdef.h"

typedef void (*PNTPOOL_RAISE_HANDLER)(NTSTATUS Status);

PNTPOOL_RAISE_HANDLER NtpoolSetRaiseHandler(PNTPOOL_RAISE_HANDLER Handler);

void ExRaiseStatus(NTSTATUS Status);
void RtlRaiseStatus(NTSTATUS Status);
void ExRaiseAccessViolation(void);
void ExRaiseDatatypeMisalignment(void);

#endif
