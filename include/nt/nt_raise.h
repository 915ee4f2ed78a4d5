/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Raising a status. NT unwinds the stack to the driver's __except; C on Linux has no
 * such thing, so a driver registers a handler instead, which is called where NT would
 * raise. When it returns, or where there is none, the raising routine returns.
 *
 * The handler is called at the IRQL and in the context of whoever raises, with no lock
 * of ntpool's held. What it can do is what the driver's own code could do there: note
 * the status for the caller to look at, as a rule.
 */
#ifndef NTPOOL_NT_RAISE_H
#define NTPOOL_NT_RAISE_H

#include "ntdef.h"

typedef void (*PNTPOOL_RAISE_HANDLER)(NTSTATUS Status);

PNTPOOL_RAISE_HANDLER NtpoolSetRaiseHandler(PNTPOOL_RAISE_HANDLER Handler);

void ExRaiseStatus(NTSTATUS Status);
void ExRaiseAccessViolation(void);
void ExRaiseDatatypeMisalignment(void);

#endif
