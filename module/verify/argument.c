// SPDX-License-Identifier: GPL-2.0
/*
 * Driver Verifier's checks of the callers of routines: their IRQL, and the alignment of
 * structures that they pass.
 *
 * NT limits the IRQL of most routines. Here most of them work above their limit as well, and a
 * driver that relies on that fails on NT. With the bit 0x2 each such call is reported as
 * 0xA (subject, IRQL, 0, caller). Calls that the pool checks itself have codes of their own,
 * see verify.c, as have spin locks, see ddi/irql.c.
 *
 * A wrong alignment is reported as 0xC4/0x16 (IRQL, address, 0).
 *
 * Locking: none. Contexts: any but NMI.
 */
#include <linux/align.h>
#include <linux/kernel.h>

#include "verify/argument.h"

/* Subcode of the verifier's stop code: a wrong address or parameter. */
enum {
	BAD_PARAMETER = 0x16,
};

static const char *irql_text(enum ntpool_irql_level highest)
{
	return highest == NTPOOL_DISPATCH_LEVEL ?
	       "a routine was called above DISPATCH_LEVEL, which NT forbids; it did its work" :
	       "a routine was called above APC_LEVEL, which NT forbids; it did its work";
}

void ntpool_argument_report(enum ntpool_stop_code code, const void *address, u64 number,
			    const char *text, unsigned long caller)
{
	const struct ntpool_stop stop = {
		.code = code,
		.param = { (unsigned long)address, ntpool_irql(), number, caller },
		.addr_mask = BIT(0) | BIT(3),
		.text = text,
		.caller = caller,
	};

	ntpool_report(&stop);
}

/* Called by ntpool_verify_irql(). There is no level between PASSIVE_LEVEL and APC_LEVEL. */
void ntpool_argument_irql(enum ntpool_irql_level highest, const void *subject,
			  unsigned long caller)
{
	ntpool_argument_report(NTPOOL_STOP_IRQL_NOT_LESS_OR_EQUAL, subject, 0, irql_text(highest),
			       caller);
}

/* Called by ntpool_verify_alignment(). */
void ntpool_argument_alignment(const void *subject, unsigned long alignment, const char *text,
			       unsigned long caller)
{
	const struct ntpool_stop stop = {
		.code = NTPOOL_STOP_VERIFIER,
		.param = { BAD_PARAMETER, ntpool_irql(), (unsigned long)subject, 0 },
		.addr_mask = BIT(2),
		.text = text,
		.caller = caller,
	};

	if (!IS_ALIGNED((unsigned long)subject, alignment))
		ntpool_report(&stop);
}
