// SPDX-License-Identifier: GPL-2.0
/*
 * Variables that several folders read or increment: the bits and the counters of Driver
 * Verifier, and the raised IRQL of each CPU.
 *
 * Locking: none; verifier.h and irql.h name the writers. Context: any.
 */
#include <linux/cache.h>
#include <linux/export.h>

#include "base/irql.h"
#include "base/verifier.h"

unsigned long ntpool_verifier_state __read_mostly;
/* For the inline code of nt_zone.h. */
EXPORT_SYMBOL_GPL(ntpool_verifier_state);
atomic_long_t ntpool_verify_counts[NTPOOL_VC_COUNTERS];

DEFINE_PER_CPU(u8, ntpool_irql_raised);
