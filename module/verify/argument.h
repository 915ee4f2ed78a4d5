/* SPDX-License-Identifier: GPL-2.0 */
/* Driver Verifier's checks of the callers of routines. See argument.c for each. */
#ifndef NTPOOL_ARGUMENT_H
#define NTPOOL_ARGUMENT_H

#include "base/irql.h"
#include "base/report.h"
#include "base/verifier.h"

/*
 * Reports a stop code whose parameters are an address, the IRQL, @number and the call site. @known
 * has the call site, and maybe tag, size and allocator of the argument. Any context.
 */
void ntpool_argument_report(enum ntpool_stop_code code, const void *address, u64 number,
			    const char *text, struct ntpool_stop known);
/* For the inline functions below: only the call site is known. */
void ntpool_argument_irql(enum ntpool_irql_level highest, const void *subject,
			  unsigned long caller);
void ntpool_argument_alignment(const void *subject, unsigned long alignment, const char *text,
			       unsigned long caller);
/* The same with @known as above. */
void ntpool_argument_irql_of(enum ntpool_irql_level highest, const void *subject,
			     struct ntpool_stop known);
void ntpool_argument_alignment_of(const void *subject, unsigned long alignment, const char *text,
				  struct ntpool_stop known);

/**
 * ntpool_verify_is_above() - whether the verifier objects to the caller's IRQL
 * @highest: as for ntpool_verify_irql()
 *
 * Context: any.
 * Return: true if the caller is above @highest, and the verifier has the bit 0x2.
 */
static __always_inline bool ntpool_verify_is_above(enum ntpool_irql_level highest)
{
	return ntpool_verifier_has_bits() && (ntpool_verifier() & NTPOOL_VERIFY_IRQL) &&
	       ntpool_irql() > highest;
}

/**
 * ntpool_verify_irql() - report a call above the highest IRQL of a routine
 * @highest: NTPOOL_PASSIVE_LEVEL, NTPOOL_APC_LEVEL or NTPOOL_DISPATCH_LEVEL
 * @subject: argument of the routine, for the report
 * @caller: call site of the routine
 *
 * Only while the parameter verifier has the bit 0x2. The routine still does its work.
 *
 * Context: any but NMI.
 */
static __always_inline void ntpool_verify_irql(enum ntpool_irql_level highest,
					       const void *subject, unsigned long caller)
{
	if (ntpool_verify_is_above(highest))
		ntpool_argument_irql(highest, subject, caller);
}

/**
 * ntpool_verify_alignment() - report memory that is not aligned as its type
 * @subject: the memory
 * @alignment: its address is to be a multiple of it
 * @text: the sentence of the report
 * @caller: call site of the routine
 *
 * Only while the parameter verifier has a bit.
 *
 * Context: any but NMI.
 */
static __always_inline void ntpool_verify_alignment(const void *subject, unsigned long alignment,
						    const char *text, unsigned long caller)
{
	if (ntpool_verifier_has_bits())
		ntpool_argument_alignment(subject, alignment, text, caller);
}

#endif
