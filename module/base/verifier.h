/* SPDX-License-Identifier: GPL-2.0 */
/* Bits and counters of Driver Verifier, for all folders. verify/verify.c sets the bits. */
#ifndef NTPOOL_VERIFIER_H
#define NTPOOL_VERIFIER_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/compiler.h>

/* Bits of the parameter verifier. */
enum {
	NTPOOL_VERIFY_SPECIAL = BIT(0),
	NTPOOL_VERIFY_IRQL = BIT(1),
	NTPOOL_VERIFY_FAULTS = BIT(2),
	NTPOOL_VERIFY_TRACK = BIT(3),
};

#define NTPOOL_VERIFIER_BITS	0xfUL

/* Number of one more bit of ntpool_verifier_state: the next allocation is sampled. */
#define NTPOOL_SAMPLE_WANTED	8

/* Number of another one: allocations are traced (base/trace.c). */
#define NTPOOL_ALLOCS_TRACED	9

/* Not 0: each allocation takes the slow path. Changed with atomic bit operations. */
extern unsigned long ntpool_verifier_state;

/**
 * ntpool_verifier_is_on() - whether an allocation takes the slow path
 *
 * Context: any.
 * Return: true if the parameter has a bit, the next allocation is sampled, or allocations
 * are traced.
 */
static __always_inline bool ntpool_verifier_is_on(void)
{
	/* For the benchmark, which measures the cost of this test. */
	if (__is_defined(NTPOOL_WITHOUT_VERIFIER))
		return false;
	/* A plain load lets the compiler compare in memory. A CPU may see a change late. */
	return unlikely(data_race(ntpool_verifier_state));
}

/**
 * ntpool_verifier_has_bits() - whether the parameter verifier has a bit
 *
 * Context: any.
 * Return: true if it has; the other bits of the word do not count.
 */
static __always_inline bool ntpool_verifier_has_bits(void)
{
	if (__is_defined(NTPOOL_WITHOUT_VERIFIER))
		return false;
	/* A plain load, as above. */
	return unlikely(data_race(ntpool_verifier_state) & NTPOOL_VERIFIER_BITS);
}

/**
 * ntpool_verifier_is_on_for_runs() - whether an allocation above a page takes the slow path
 *
 * Context: any.
 * Return: as ntpool_verifier_is_on(), but such an allocation is never sampled.
 */
static __always_inline bool ntpool_verifier_is_on_for_runs(void)
{
	if (__is_defined(NTPOOL_WITHOUT_VERIFIER))
		return false;
	/* A plain load, as above. */
	return unlikely(data_race(ntpool_verifier_state) &
			(NTPOOL_VERIFIER_BITS | BIT(NTPOOL_ALLOCS_TRACED)));
}

/**
 * ntpool_verifier() - the bits of the parameter verifier
 *
 * Context: any.
 * Return: the bits, without the other ones of the word.
 */
static inline unsigned long ntpool_verifier(void)
{
	return READ_ONCE(ntpool_verifier_state) & NTPOOL_VERIFIER_BITS;
}

/* In the order of the rows of verifier/counters, which also shows violations. */
enum ntpool_verify_counter {
	NTPOOL_VC_ATTEMPTED,
	NTPOOL_VC_SUCCEEDED,
	NTPOOL_VC_SPECIAL,
	NTPOOL_VC_NO_TAG,
	NTPOOL_VC_FAILED,
	NTPOOL_VC_DELIBERATE,
	NTPOOL_VC_UNTRACKED,
	NTPOOL_VC_RAISES,
	NTPOOL_VC_LOCKS,
	NTPOOL_VC_COUNTERS
};

extern atomic_long_t ntpool_verify_counts[NTPOOL_VC_COUNTERS];

/* Increments the counter if the parameter verifier has a bit. Context: any. */
static __always_inline void ntpool_verify_count(enum ntpool_verify_counter counter)
{
	if (ntpool_verifier_has_bits())
		atomic_long_inc(&ntpool_verify_counts[counter]);
}

#endif
