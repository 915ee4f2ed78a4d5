/* SPDX-License-Identifier: GPL-2.0 */
/* The verifier as the rest of ntpool meets it: one key, two calls, counters. */
#ifndef NTPOOL_VERIFY_H
#define NTPOOL_VERIFY_H

#include <linux/atomic.h>
#include <linux/compiler.h>

#include "ntpool.h"

/* Bits of the parameter verifier. */
enum {
	NTP_VERIFY_SPECIAL = BIT(0),
	NTP_VERIFY_IRQL = BIT(1),
	NTP_VERIFY_FAULTS = BIT(2),
	NTP_VERIFY_TRACK = BIT(3),
};

/* Beside them in ntp_verifier_state: an allocation is to be sampled. */
#define NTP_SAMPLE_WANTED	8

/* What is in force; not 0: every allocation is looked at. See verify.c. */
extern unsigned long ntp_verifier_state;

static __always_inline bool ntp_verifier_is_on(void)
{
	/* The benchmark's way to learn what the test costs. */
	if (__is_defined(NTP_WITHOUT_VERIFIER))
		return false;
	/* Plain, to be compared in memory; whoever sees a change late is late. */
	return unlikely(data_race(ntp_verifier_state));
}

/* The same for the parameter's bits alone, whether a sample is wanted or not. */
static __always_inline bool ntp_verifier_has_bits(void)
{
	if (__is_defined(NTP_WITHOUT_VERIFIER))
		return false;
	/* Plain, as above. */
	return unlikely(data_race(ntp_verifier_state) & NTP_VERIFIER_BITS);
}

/* The bits of the parameter that are in force from now on. Sleeps. */
void ntp_verifier_switch(unsigned long bits);

/* In the order of the file verifier/counters; violations come on top. */
enum ntp_verify_counter {
	NTP_VC_ATTEMPTED,
	NTP_VC_SUCCEEDED,
	NTP_VC_SPECIAL,
	NTP_VC_NO_TAG,
	NTP_VC_FAILED,
	NTP_VC_DELIBERATE,
	NTP_VC_UNTRACKED,
	NTP_VC_RAISES,
	NTP_VC_LOCKS,
	NTP_VC_COUNTERS
};

extern atomic_long_t ntp_verify_counts[NTP_VC_COUNTERS];

/* Costs nothing while the verifier is off. Any context. */
static __always_inline void ntp_verify_count(enum ntp_verify_counter counter)
{
	if (ntp_verifier_has_bits())
		atomic_long_inc(&ntp_verify_counts[counter]);
}

/* What ntp_alloc() and ntp_alloc_rare() do then: the block, or ERR_PTR(). */
void *ntp_verify_alloc(const struct ntp_request *req);

/*
 * Low resources simulation wants this allocation of contiguous or uncached memory, which
 * is not of the pools, to fail; it has been counted. Any context.
 */
bool ntp_verify_refuses(size_t size, u32 tag, unsigned long caller);

/* A call was refused for its arguments: reports which. Any context. */
void ntp_verify_refused(size_t size, u32 tag, unsigned long caller);

/**
 * struct ntp_list_call - a lookaside list that gives a block back to the pool
 * @kind: pool of its blocks
 * @tag: their tag
 * @size: their size in bytes
 */
struct ntp_list_call {
	enum ntp_kind kind;
	u32 tag;
	size_t size;
};

/* As ntp_free(), for a block that @list allocated and has no room for. */
void ntp_list_free(void *p, const struct ntp_list_call *list, unsigned long caller);

/*
 * A block that was allocated while the verifier was on is being freed, by @list or,
 * if that is NULL, by a routine of the pool. It is the caller's. Any context.
 */
void ntp_verify_free(const struct ntp_block *block, const struct ntp_list_call *list,
		     unsigned long caller);

/*
 * Somebody above who keeps things in memory of drivers: told of @size bytes at @p that
 * @caller is about to free, while the verifier is on. Memory may also have been freed
 * unseen: with @caller 0 it is new, and what is known of it is to be forgotten; NULL,
 * SIZE_MAX: all, because the verifier has been switched off. Any context.
 */
typedef void (*ntp_verify_range_fn)(void *p, size_t size, unsigned long caller);

enum ntp_verify_ranges {
	NTP_RANGES_LOOKASIDE,
	NTP_RANGES_ZONE,
	NTP_RANGES
};

/* NULL: no more. Sleeps then, until nobody is told. */
void ntp_verify_watch(enum ntp_verify_ranges who, ntp_verify_range_fn fn);

/* What the verifier ends in. @keep: NTP_HDR_*. */

/* rare.c: as ntp_alloc_rare(), without the verifier. */
void *ntp_alloc_wished(const struct ntp_request *req, u8 keep);
/* alloc.c: the same for a request without wishes; NULL on failure. */
void *ntp_alloc_ordinary(const struct ntp_request *req, u8 keep);
/* NULL also when there is no room in special pool; that counts as no failure. */
void *ntp_alloc_special(const struct ntp_request *req, u8 keep);

#endif
