/* SPDX-License-Identifier: GPL-2.0 */
/* The verifier: its switch, its decisions on requests, its checks of frees. */
#ifndef NTPOOL_VERIFY_H
#define NTPOOL_VERIFY_H

#include "base/types.h"
#include "base/verifier.h"
#include "heap/run.h"

/* Changes the bits of the parameter. Returns 0, -EINVAL or -ENOMEM. Sleeps. */
int ntpool_verifier_set(unsigned long bits);

/**
 * struct ntpool_verify_plan - how a request is to be served while the verifier is on
 * @bits: bits of the verifier at that moment
 * @refuse: make the request fail
 * @special: try special pool first
 * @sample: the sampler has chosen it
 * @keep: NTPOOL_HDR_* for the block
 */
struct ntpool_verify_plan {
	unsigned long bits;
	bool refuse;
	bool special;
	bool sample;
	u8 keep;
};

/* See verify.c. Any context but NMI. */
void ntpool_verify_begin(const struct ntpool_request *req, struct ntpool_verify_plan *plan);
void ntpool_verify_end(const struct ntpool_request *req, const struct ntpool_verify_plan *plan,
		       void *p);

/*
 * Returns true if low resources simulation makes an allocation of contiguous or uncached memory
 * fail, and counts that. Any context but NMI.
 */
bool ntpool_verify_refuses(size_t size, u32 tag, unsigned long caller);

/* Reports a tag that no request should have. Any context but NMI. */
void ntpool_verify_tag(const struct ntpool_request *req);

/**
 * struct ntpool_verify_refusal - an allocation that is refused because of an argument
 * @size: bytes requested
 * @tag: pool tag
 * @given: the POOL_TYPE or POOL_FLAGS
 * @is_flags: @given is a POOL_FLAGS
 * @is_other: it would be a valid value of the other type
 * @caller: call site of the allocation
 */
struct ntpool_verify_refusal {
	size_t size;
	u32 tag;
	u64 given;
	bool is_flags;
	bool is_other;
	unsigned long caller;
};

/* Reports the argument for which a call was refused. Any context but NMI. */
void ntpool_verify_refused(const struct ntpool_verify_refusal *refusal);

/**
 * struct ntpool_list_call - a lookaside list that frees a block to the pool
 * @type: pool type of its blocks
 * @tag: their tag
 * @size: their size in bytes
 */
struct ntpool_list_call {
	enum ntpool_type type;
	u32 tag;
	size_t size;
};

/*
 * Tracks @p, memory of the Mm routines, while the verifier is on. The counters are about the pool
 * alone. The second ends that: @caller is about to free @block, of the routines of @use. Any
 * context but NMI.
 */
void ntpool_verify_add(const struct ntpool_request *req, void *p);
void ntpool_verify_remove(enum ntpool_use use, const struct ntpool_block *block,
			  unsigned long caller);

/*
 * Checks the free of a claimed block that was allocated while the verifier was on. @list: the
 * lookaside list that frees it; NULL: a routine of the pool. Any context but NMI.
 */
void ntpool_verify_free(const struct ntpool_block *block, const struct ntpool_list_call *list,
			unsigned long caller);

/* Parts in higher folders that keep data in memory of drivers. */
enum ntpool_verifier_watcher {
	NTPOOL_VERIFIER_LOOKASIDE,
	NTPOOL_VERIFIER_ZONE,
	NTPOOL_VERIFIER_WATCHERS
};

/**
 * struct ntpool_verifier_watch - calls to a higher folder
 * @range: @caller is about to free @size bytes at @p, while the verifier is on. With
 *	@caller 0 the memory is new; the watcher forgets all data about it, because the
 *	last free may have been missed. NULL and SIZE_MAX mean all memory, when the
 *	verifier is switched off. Any context but NMI, in an RCU read section.
 * @switched: the parameter has these bits now; NULL: not called. Process context, one
 *	call at a time, under a lock of verify.c.
 * @settle: waits for what @switched has begun; NULL: not called. Process context, without
 *	a lock, maybe several calls at a time.
 */
struct ntpool_verifier_watch {
	void (*range)(void *p, size_t size, unsigned long caller);
	void (*switched)(unsigned long bits);
	void (*settle)(void);
};

/* Registers @watch. NULL ends its calls, and sleeps until none is running. */
void ntpool_verifier_register(enum ntpool_verifier_watcher which,
			      const struct ntpool_verifier_watch *watch);

#endif
