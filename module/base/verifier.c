// SPDX-License-Identifier: GPL-2.0
/*
 * The words that several floors read or increment: the state of the verifier, its
 * counters, and the IRQL that a CPU has raised itself to.
 *
 * Contexts: any. Locking: none; see the headers.
 */
#include <linux/cache.h>

#include "base/irql.h"
#include "base/verifier.h"

unsigned long ntpool_verifier_state __read_mostly;
atomic_long_t ntpool_verify_counts[NTPOOL_VC_COUNTERS];

DEFINE_PER_CPU(u8, ntpool_irql_raised);
