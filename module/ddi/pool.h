/* SPDX-License-Identifier: GPL-2.0 */
/* How the routines that allocate ask the core; after an NT header. */
#ifndef NTPOOL_POOL_H
#define NTPOOL_POOL_H

#include "ntpool.h"

/* Bits of a POOL_TYPE besides those that NT names. */
enum {
	NTP_TYPE_PAGED = 1,
	NTP_TYPE_MUST = 2,
	NTP_TYPE_ALIGNED = 4,
	NTP_TYPE_SESSION = 32,
	/* What ntp_alloc() serves, or what changes nothing. */
	NTP_TYPE_PLAIN = NTP_TYPE_PAGED | NTP_TYPE_SESSION | POOL_COLD_ALLOCATION |
			 POOL_QUOTA_FAIL_INSTEAD_OF_RAISE | POOL_NX_ALLOCATION |
			 POOL_ZERO_ALLOCATION,
};

/*
 * An allocation by pool type, with the wishes of the type, those in @flags (NTP_RARE),
 * and PROTECTED_POOL of the tag. NULL: it failed, or @type is none; raised for the
 * caller if the type says so.
 */
void *ntp_pool_alloc_rare(unsigned int type, size_t size, u32 tag, unsigned int flags,
			  unsigned long caller);
/* The same for a request that is ready, raised if @raise. */
void *ntp_pool_request(const struct ntp_request *req, bool raise);
/* It failed with @err: raises the status for it if @raise. Returns NULL. */
void *ntp_pool_failed(int err, bool raise, unsigned long caller);
/* The arguments are none that an allocation follows from; the verifier says which. */
void *ntp_pool_refused(size_t size, u32 tag, bool raise, unsigned long caller);
/* The NTP_RARE flags that an EX_POOL_PRIORITY comes to. */
unsigned int ntp_pool_priority(unsigned int priority);

/* The same for nearly all allocations; @flags: none that is rare. */
static __always_inline void *ntp_pool_alloc(unsigned int type, size_t size, u32 tag,
					    unsigned int flags, unsigned long caller)
{
	if (unlikely((type & ~NTP_TYPE_PLAIN) || (tag & NTP_TAG_PROTECTED)))
		return ntp_pool_alloc_rare(type, size, tag, flags, caller);
	if (type & POOL_ZERO_ALLOCATION)
		flags |= NTP_ZERO;
	return ntp_alloc(type & NTP_TYPE_PAGED ? NTP_PAGED : NTP_NONPAGED, size, tag, flags,
			 caller);
}

#endif
