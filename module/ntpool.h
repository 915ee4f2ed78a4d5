/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every file of ntpool.ko shares: the two kinds of pool, the record that
 * describes one live allocation, and the entry points from floor to floor.
 *
 * The floors, top to bottom; calls go down only:
 *
 *	debug.c dbgprint.c
 *	fsrtl.c process.c				exported NT names
 *	pool.c pool3.c zone.c lookaside.c list.c slist.c
 *	raise.c irql.c section.c mm.c
 *	lookaside_*.c zone_check.c			lists behind their structures; zones
 *	params.c					settings
 *	debugfs.c *_view.c leak.c test.c		observers
 *	callsite.c						sums by call site
 *	constrained.c verify.c					with wishes, or under the verifier
 *	alloc.c free.c contig.c				one allocation, any size
 *	special*.c oops.c track.c fault.c sample.c filter.c  what the verifier does with it
 *	quota.c reserve.c				who pays, what is kept back
 *	cache.c run_cache.c age.c tag.c			per-CPU caches, figures
 *	heap.c depot.c freelist.c iterate.c run.c		blocks below a page, whole pages
 *	pagemap.c phys.c backing.c			memory from the kernel
 *	report.c stack.c				every line of output
 *
 * report.c is the exception that all of them call: it formats what it is given
 * and calls nothing back.
 */
#ifndef NTPOOL_H
#define NTPOOL_H

#include <linux/bits.h>
#include <linux/list.h>
#include <linux/types.h>

#include "base/compat.h"

#define NTPOOL_VERSION		"0.1"

/* The tag of the routines that take none, and the one of the tags past max_tags. */
#define NTPOOL_TAG_NONE		0x656e6f4eU	/* "None" */
#define NTPOOL_TAG_OVERFLOW	0x6c66764fU	/* "Ovfl" */
/* PROTECTED_POOL: no character of a tag has its top bit set, so it is free. */
#define NTPOOL_TAG_PROTECTED	BIT(31)

enum ntpool_type {
	NTPOOL_NONPAGED,		/* linear map, usable in every context */
	NTPOOL_PAGED,		/* vmalloc, process context only */
	NTPOOL_TYPES
};

/* "Nonp" or "Paged", as PoolMon prints it. */
const char *ntpool_type_name(enum ntpool_type type);

/**
 * struct ntpool_block - one allocation as observers see it
 * @addr: what the driver was given
 * @tag: its tag, four characters, first one lowest
 * @type: which pool
 * @bytes: taken from the pool: header and rounding, or whole pages
 * @requested: bytes asked for
 * @caller: address that the allocating call returns to; 0 if out of range
 */
struct ntpool_block {
	void *addr;
	u32 tag;
	enum ntpool_type type;
	size_t bytes;
	size_t requested;
	unsigned long caller;
};

/* Called for each live block, outside of all locks; may sleep. */
typedef int (*ntpool_block_fn)(const struct ntpool_block *block, void *arg);

/*
 * Calls @fn for every live allocation of both pools, until it returns non-zero.
 * A block allocated or freed meanwhile is seen or not, but never half.
 * Process context. Returns what @fn returned last, 0, or -ENOMEM.
 */
int ntpool_iterate_blocks(ntpool_block_fn fn, void *arg);

/*
 * How a request for memory is to be served: what pool.c and its neighbours decode
 * their arguments to. ntpool_alloc() knows the first one, ntpool_alloc_constrained() all.
 */
enum {
	NTPOOL_ZERO = BIT(0), /* contents zeroed */
	NTPOOL_MUST = BIT(8), /* the reserve, and waiting, if all else fails */
	NTPOOL_QUOTA = BIT(9), /* the current process pays */
	NTPOOL_ALIGNED = BIT(10), /* on a cache line of its own */
	NTPOOL_PROTECTED = BIT(11), /* to be freed with its tag only */
	NTPOOL_LOW = BIT(12), /* no fresh memory when it is low, */
	NTPOOL_NORMAL = BIT(13), /* when it is very low */
	NTPOOL_HIGH = BIT(14), /* from what the kernel keeps for emergencies, too */
	NTPOOL_NODE = BIT(15), /* from ntpool_request.node if possible */
	NTPOOL_NODE_ONLY = BIT(16), /* or not at all; with NTPOOL_NODE */
	NTPOOL_OVERRUN = BIT(17), /* special pool: at the end of the page */
	NTPOOL_UNDERRUN = BIT(18), /* special pool: at its start */
	NTPOOL_CONTIGUOUS = BIT(19), /* physically contiguous; of backing.c only */
	NTPOOL_FOR_LIST = BIT(20), /* only a lookaside list may free it; not rare */
	NTPOOL_SPECIAL = BIT(21), /* special pool, if it has room; not rare */
	NTPOOL_CONSTRAINED = NTPOOL_MUST | NTPOOL_QUOTA | NTPOOL_ALIGNED | NTPOOL_PROTECTED |
			     NTPOOL_LOW | NTPOOL_NORMAL | NTPOOL_HIGH | NTPOOL_NODE |
			     NTPOOL_NODE_ONLY | NTPOOL_OVERRUN | NTPOOL_UNDERRUN,
};

/**
 * struct ntpool_request - a request for memory with all that may be said about it
 * @type: which pool
 * @size: bytes
 * @tag: pool tag; PROTECTED_POOL's bit is ignored, the flag says it
 * @flags: NTPOOL_ZERO and what NTPOOL_CONSTRAINED covers
 * @node: NUMA node, with NTPOOL_NODE; one that there is
 * @payer: ledger that has been charged for it, 0: none; of constrained.c, with NTPOOL_HDR_QUOTA
 * @charged: with how many bytes; for special pool
 * @caller: address that the allocating call returns to
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

/* NULL when there is no memory or @size overflows; the failure is counted. */
void *ntpool_alloc(enum ntpool_type type, size_t size, u32 tag, unsigned int flags,
		   unsigned long caller);
/*
 * The same with wishes: the block, or ERR_PTR(): -EDQUOT, the process that pays has
 * no quota left; -ENOMEM for everything else. NTPOOL_MUST may sleep where that is allowed.
 */
void *ntpool_alloc_constrained(const struct ntpool_request *req);
/* All of the block at @p that a driver of @size bytes could read is zeroed. Returns @p. */
void *ntpool_zeroed(void *p, size_t size);
/*
 * Bytes that the driver may use of the live block at @p, 0 if none begins there;
 * *@charged: to a process.
 */
size_t ntpool_usable_size(const void *p, bool *charged);
/* @tag 0: not checked. Reports what is wrong with @p, see free.c. */
void ntpool_free(void *p, u32 tag, unsigned long caller);
/* The same, for what the fast path has refused. */
void ntpool_free_slow(void *p, u32 tag, unsigned long caller);
/* True if @p points into memory of the paged pool. */
bool ntpool_is_paged(const void *p);

/* params.c: see the table of parameters in README.md */
extern unsigned int ntpool_max_tags;
extern bool ntpool_bugcheck_panics;
extern unsigned long ntpool_quota_limit[NTPOOL_TYPES];	/* bytes; 0: none */
extern unsigned int ntpool_must_succeed_pages;
#define NTPOOL_MUST_SUCCEED_MAX	256
extern unsigned int ntpool_balance_ms;
unsigned long ntpool_verifier(void);
int ntpool_set_verifier(unsigned long flags);	/* 0 or -EINVAL; sleeps */
#define NTPOOL_VERIFIER_BITS	0xfUL

/* Lookaside lists follow both; called by params.c with its mutex held. */
void ntpool_lookaside_verifier_changed(bool on);
void ntpool_lookaside_period_changed(void);

struct module;

/* @mod is about to leave memory: zones in it are forgotten. */
void ntpool_zone_module_gone(const struct module *mod);

/* Life cycle, in the order of main.c. */
void ntpool_backing_exit(void);
void ntpool_phys_exit(void);
int ntpool_pagemap_init(void);
void ntpool_pagemap_exit(void);
int ntpool_tag_init(void);
void ntpool_tag_exit(void);
int ntpool_heap_init(void);
void ntpool_heap_exit(void);
int ntpool_cache_init(void);
void ntpool_cache_exit(void);
void ntpool_age_init(void);
void ntpool_age_exit(void);
/* There is something that may be cached: scan while that is so. Any context. */
void ntpool_age_start(void);
int ntpool_run_init(void);
void ntpool_run_cache_exit(void);
void ntpool_run_exit(void);
void ntpool_quota_exit(void);
int ntpool_reserve_init(void);
void ntpool_reserve_exit(void);
int ntpool_lookaside_init(void);
void ntpool_lookaside_exit(void);
void ntpool_zone_init(void);
void ntpool_zone_exit(void);
int ntpool_section_init(void);
void ntpool_section_exit(void);
int ntpool_leak_init(void);
void ntpool_leak_exit(void);
void ntpool_debugfs_init(void);
void ntpool_debugfs_exit(void);

#endif
