/* SPDX-License-Identifier: GPL-2.0 */
/* The verifier as the rest of ntpool meets it: one key, two calls, counters. */
#ifndef NTPOOL_VERIFY_H
#define NTPOOL_VERIFY_H

#include "base/types.h"
#include "base/verifier.h"

/* Changes the bits of the parameter. 0, -EINVAL or -ENOMEM. Sleeps. */
int ntpool_verifier_set(unsigned long bits);

/**
 * struct ntpool_verify_plan - how a request is to be served while the verifier is on
 * @bits: bits of the verifier at that moment
 * @refuse: let it fail
 * @special: try special pool first
 * @sample: it is a sample
 * @keep: NTPOOL_HDR_* for the block
 */
struct ntpool_verify_plan {
	unsigned long bits;
	bool refuse;
	bool special;
	bool sample;
	u8 keep;
};

void ntpool_verify_begin(const struct ntpool_request *req, struct ntpool_verify_plan *plan);
void ntpool_verify_end(const struct ntpool_request *req, const struct ntpool_verify_plan *plan,
		       void *p);

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

/*
 * A block that was allocated while the verifier was on is being freed, by @list or,
 * if that is NULL, by a routine of the pool. It is the caller's. Any context.
 */
void ntpool_verify_free(const struct ntpool_block *block, const struct ntpool_list_call *list,
			unsigned long caller);

/* Those above that keep things in memory of drivers. */
enum ntpool_verifier_clients {
	NTPOOL_VERIFIER_LOOKASIDE,
	NTPOOL_VERIFIER_ZONE,
	NTPOOL_VERIFIER_CLIENTS
};

/**
 * struct ntpool_verifier_client - calls to a higher floor
 * @range: @caller is about to free @size bytes at @p, while the verifier is on. With
 *	@caller 0 the memory is new, and it may have been freed unseen before: what is
 *	known of it is to be forgotten. NULL and SIZE_MAX: all memory, because the
 *	verifier was switched off. Any context, in an RCU read section.
 * @switched: the parameter has these bits now; NULL: not called. Process context,
 *	one call at a time.
 */
struct ntpool_verifier_client {
	void (*range)(void *p, size_t size, unsigned long caller);
	void (*switched)(unsigned long bits);
};

/* NULL: no more calls; sleeps then until none runs. */
void ntpool_verifier_register(enum ntpool_verifier_clients which,
			      const struct ntpool_verifier_client *client);

#endif
