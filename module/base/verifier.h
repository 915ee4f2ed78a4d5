/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verifier as all floors read it: the word with its bits, and its counters.
 * verify/verify.c changes the bits.
 */
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

/* Bit number beside them in ntpool_verifier_state: an allocation is to be sampled. */
#define NTPOOL_SAMPLE_WANTED	8

/* Not 0: every allocation takes the slow path. Changed by atomic operations. */
extern unsigned long ntpool_verifier_state;

/**
 * ntpool_verifier_is_on() - whether allocations have to be looked at
 *
 * Context: any.
 * Return: true if the parameter has a bit, or a sample is wanted.
 */
static __always_inline bool ntpool_verifier_is_on(void)
{
	/* The benchmark's way to learn the cost of the test. */
	if (__is_defined(NTPOOL_WITHOUT_VERIFIER))
		return false;
	/* Plain, to be compared in memory; a CPU may see a change late. */
	return unlikely(data_race(ntpool_verifier_state));
}

/**
 * ntpool_verifier_has_bits() - whether the parameter has a bit
 *
 * Context: any.
 * Return: true if it has, whether a sample is wanted or not.
 */
static __always_inline bool ntpool_verifier_has_bits(void)
{
	if (__is_defined(NTPOOL_WITHOUT_VERIFIER))
		return false;
	/* Plain, as above. */
	return unlikely(data_race(ntpool_verifier_state) & NTPOOL_VERIFIER_BITS);
}

/**
 * ntpool_verifier() - the bits of the parameter verifier
 *
 * Context: any.
 * Return: the bits that are in force.
 */
static inline unsigned long ntpool_verifier(void)
{
	return READ_ONCE(ntpool_verifier_state) & NTPOOL_VERIFIER_BITS;
}

/* In the order of the file verifier/counters, which shows violations too. */
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

/* Counts only under a bit of the parameter. Any context. */
static __always_inline void ntpool_verify_count(enum ntpool_verify_counter counter)
{
	if (ntpool_verifier_has_bits())
		atomic_long_inc(&ntpool_verify_counts[counter]);
}

#endif
