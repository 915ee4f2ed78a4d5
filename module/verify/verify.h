/* SPDX-License-Identifier: GPL-2.0 */
/* The verifier as the rest of ntpool meets it: one key, two calls, counters. */
#ifndef NTPOOL_VERIFY_H
#define NTPOOL_VERIFY_H

#include <linux/atomic.h>
#include <linux/compiler.h>

#include "ntpool.h"

/* Bits of the parameter verifier. */
enum {
	NTPOOL_VERIFY_SPECIAL = BIT(0),
	NTPOOL_VERIFY_IRQL = BIT(1),
	NTPOOL_VERIFY_FAULTS = BIT(2),
	NTPOOL_VERIFY_TRACK = BIT(3),
};

/* Beside them in ntpool_verifier_state: an allocation is to be sampled. */
#define NTPOOL_SAMPLE_WANTED	8

/* What is in force; not 0: every allocation is looked at. See verify.c. */
extern unsigned long ntpool_verifier_state;

static __always_inline bool ntpool_verifier_is_on(void)
{
	/* The benchmark's way to learn what the test costs. */
	if (__is_defined(NTPOOL_WITHOUT_VERIFIER))
		return false;
	/* Plain, to be compared in memory; whoever sees a change late is late. */
	return unlikely(data_race(ntpool_verifier_state));
}

/* The same for the parameter's bits alone, whether a sample is wanted or not. */
static __always_inline bool ntpool_verifier_has_bits(void)
{
	if (__is_defined(NTPOOL_WITHOUT_VERIFIER))
		return false;
	/* Plain, as above. */
	return unlikely(data_race(ntpool_verifier_state) & NTPOOL_VERIFIER_BITS);
}

/* The bits of the parameter that are in force from now on. Sleeps. */
void ntpool_verifier_switch(unsigned long bits);

/* In the order of the file verifier/counters; violations come on top. */
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

/* Costs nothing while the verifier is off. Any context. */
static __always_inline void ntpool_verify_count(enum ntpool_verify_counter counter)
{
	if (ntpool_verifier_has_bits())
		atomic_long_inc(&ntpool_verify_counts[counter]);
}

/* What ntpool_alloc() and ntpool_alloc_constrained() do then: the block, or ERR_PTR(). */
void *ntpool_verify_alloc(const struct ntpool_request *req);

/*
 * Low resources simulation wants this allocation of contiguous or uncached memory, which
 * is not of the pools, to fail; it has been counted. Any context.
 */
bool ntpool_verify_refuses(size_t size, u32 tag, unsigned long caller);

/* A call was refused for its arguments: reports which. Any context. */
void ntpool_verify_refused(size_t size, u32 tag, unsigned long caller);

/**
 * struct ntpool_list_call - a lookaside list that gives a block back to the pool
 * @type: pool of its blocks
 * @tag: their tag
 * @size: their size in bytes
 */
struct ntpool_list_call {
	enum ntpool_type type;
	u32 tag;
	size_t size;
};

/* As ntpool_free(), for a block that @list allocated and has no room for. */
void ntpool_list_free(void *p, const struct ntpool_list_call *list, unsigned long caller);

/*
 * A block that was allocated while the verifier was on is being freed, by @list or,
 * if that is NULL, by a routine of the pool. It is the caller's. Any context.
 */
void ntpool_verify_free(const struct ntpool_block *block, const struct ntpool_list_call *list,
			unsigned long caller);

/*
 * Somebody above who keeps things in memory of drivers: told of @size bytes at @p that
 * @caller is about to free, while the verifier is on. Memory may also have been freed
 * unseen: with @caller 0 it is new, and what is known of it is to be forgotten; NULL,
 * SIZE_MAX: all, because the verifier has been switched off. Any context.
 */
typedef void (*ntpool_verify_range_fn)(void *p, size_t size, unsigned long caller);

enum ntpool_verify_ranges {
	NTPOOL_RANGES_LOOKASIDE,
	NTPOOL_RANGES_ZONE,
	NTPOOL_RANGES
};

/* NULL: no more. Sleeps then, until nobody is told. */
void ntpool_verify_watch(enum ntpool_verify_ranges who, ntpool_verify_range_fn fn);

/* What the verifier ends in. @keep: NTPOOL_HDR_*. */

/* constrained.c: as ntpool_alloc_constrained(), without the verifier. */
void *ntpool_constrained_alloc(const struct ntpool_request *req, u8 keep);
/* alloc.c: the same for a request without wishes; NULL on failure. */
void *ntpool_alloc_ordinary(const struct ntpool_request *req, u8 keep);
/* NULL also when there is no room in special pool; that counts as no failure. */
void *ntpool_alloc_special(const struct ntpool_request *req, u8 keep);

#endif
