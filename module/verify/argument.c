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
			    const char *text, struct ntpool_stop known)
{
	known.code = code;
	known.param[0] = (unsigned long)address;
	known.param[1] = ntpool_irql();
	known.param[2] = number;
	known.param[3] = known.caller;
	known.addr_mask = BIT(0) | BIT(3);
	known.text = text;
	ntpool_report(&known);
}

/* There is no level between PASSIVE_LEVEL and APC_LEVEL. */
void ntpool_argument_irql_of(enum ntpool_irql_level highest, const void *subject,
			     struct ntpool_stop known)
{
	ntpool_argument_report(NTPOOL_STOP_IRQL_NOT_LESS_OR_EQUAL, subject, 0, irql_text(highest),
			       known);
}

/* Called by ntpool_verify_irql(). */
void ntpool_argument_irql(enum ntpool_irql_level highest, const void *subject,
			  unsigned long caller)
{
	ntpool_argument_irql_of(highest, subject, (struct ntpool_stop){ .caller = caller });
}

void ntpool_argument_alignment_of(const void *subject, unsigned long alignment, const char *text,
				  struct ntpool_stop known)
{
	if (IS_ALIGNED((unsigned long)subject, alignment))
		return;
	known.code = NTPOOL_STOP_VERIFIER;
	known.param[0] = BAD_PARAMETER;
	known.param[1] = ntpool_irql();
	known.param[2] = (unsigned long)subject;
	known.addr_mask = BIT(2);
	known.text = text;
	ntpool_report(&known);
}

/* Called by ntpool_verify_alignment(). */
void ntpool_argument_alignment(const void *subject, unsigned long alignment, const char *text,
			       unsigned long caller)
{
	ntpool_argument_alignment_of(subject, alignment, text,
				     (struct ntpool_stop){ .caller = caller });
}
