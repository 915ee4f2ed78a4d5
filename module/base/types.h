/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types for all folders: pool types, requests for memory, and the description of a live
 * block.
 */
#ifndef NTPOOL_TYPES_H
#define NTPOOL_TYPES_H

#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/types.h>

#include "base/compat.h"

#define NTPOOL_VERSION		"0.1"

/*
 * NONE is the tag of routines that take none. OVERFLOW counts for tags past max_tags, or
 * without memory for counters.
 */
#define NTPOOL_TAG_NONE		0x656e6f4eU	/* "None" */
#define NTPOOL_TAG_OVERFLOW	0x6c66764fU	/* "Ovfl" */
/* In lists of blocks: the header was overwritten, so tag and call site are not known. */
#define NTPOOL_TAG_DAMAGED	0x3f3f3f3fU	/* "????" */
/* PROTECTED_POOL: no character of a tag has its top bit set, so that bit is free. */
#define NTPOOL_TAG_PROTECTED	BIT(31)

/* As in NT, a page has 256 granules. With 4 KiB pages a granule is 16 bytes. */
#define NTPOOL_GRANULES		256
#define NTPOOL_GRANULE_SHIFT	(PAGE_SHIFT - 8)
#define NTPOOL_GRANULE		BIT(NTPOOL_GRANULE_SHIFT)

enum ntpool_type {
	NTPOOL_NONPAGED,	/* linear map, usable in every context */
	NTPOOL_PAGED,		/* vmalloc, process context only */
	NTPOOL_TYPES
};

/**
 * struct ntpool_block - a live block, for iterations
 * @addr: address that the driver got
 * @tag: its tag, four characters, the first one in the lowest byte
 * @type: pool type
 * @bytes: bytes taken from the pool: with header and rounding, or whole pages
 * @requested: bytes that the driver requested
 * @caller: call site of the allocation; 0 if not known
 */
struct ntpool_block {
	void *addr;
	u32 tag;
	enum ntpool_type type;
	size_t bytes;
	size_t requested;
	unsigned long caller;
};

/* Called for each live block without locks. It may sleep. Not 0: ends the iteration. */
typedef int (*ntpool_block_fn)(const struct ntpool_block *block, void *arg);

/*
 * Flags of a request. NTPOOL_ZERO is the only one that ntpool_alloc() takes. A flag of
 * NTPOOL_CONSTRAINED makes a constrained allocation.
 */
enum {
	NTPOOL_ZERO = BIT(0),		/* zero the contents */
	NTPOOL_MUST = BIT(8),		/* use the reserve, and wait, if all else fails */
	NTPOOL_QUOTA = BIT(9),		/* charge the current process */
	NTPOOL_ALIGNED = BIT(10),	/* begin on a cache line */
	NTPOOL_PROTECTED = BIT(11),	/* freed with its tag only */
	NTPOOL_LOW = BIT(12),		/* no fresh memory when memory is low */
	NTPOOL_NORMAL = BIT(13),	/* no fresh memory when memory is very low */
	NTPOOL_HIGH = BIT(14),		/* may use the kernel's emergency reserves */
	NTPOOL_NODE = BIT(15),		/* prefer ntpool_request.node */
	NTPOOL_NODE_ONLY = BIT(16),	/* with NTPOOL_NODE: no other node */
	NTPOOL_OVERRUN = BIT(17),	/* special pool: at the end of the page */
	NTPOOL_UNDERRUN = BIT(18),	/* special pool: at the start of the page */
	NTPOOL_CONTIGUOUS = BIT(19),	/* physically contiguous; memory/ only */
	NTPOOL_FOR_LIST = BIT(20),	/* only a lookaside list may free it */
	NTPOOL_SPECIAL = BIT(21),	/* from special pool, if it has room */
	NTPOOL_LINEAR = BIT(22),	/* special pool: in the linear map, without guard pages */
	NTPOOL_CONSTRAINED = NTPOOL_MUST | NTPOOL_QUOTA | NTPOOL_ALIGNED | NTPOOL_PROTECTED |
			     NTPOOL_LOW | NTPOOL_NORMAL | NTPOOL_HIGH | NTPOOL_NODE |
			     NTPOOL_NODE_ONLY | NTPOOL_OVERRUN | NTPOOL_UNDERRUN,
};

/**
 * struct ntpool_request - a request for memory with all its constraints
 * @type: which pool
 * @size: bytes
 * @tag: pool tag; NTPOOL_PROTECTED replaces the bit of PROTECTED_POOL
 * @flags: NTPOOL_ZERO and flags of NTPOOL_CONSTRAINED
 * @node: existing NUMA node, with NTPOOL_NODE
 * @payer: number of the charged ledger, 0: none; with NTPOOL_HDR_QUOTA
 * @charged: bytes charged to @payer; for special pool
 * @caller: call site of the allocation
 */
struct ntpool_request {
	enum ntpool_type type;
	size_t size;
	u32 tag;
	unsigned int flags;
	int node;
	u32 payer;
	u32 charged;
	unsigned long caller;
};

#endif
