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
 *	site.c						sums by call site
 *	rare.c verify.c					with wishes, or under the verifier
 *	alloc.c free.c contig.c				one allocation, any size
 *	special*.c oops.c track.c fault.c sample.c aim.c  what the verifier does with it
 *	quota.c reserve.c				who pays, what is kept back
 *	cache.c bigcache.c age.c tag.c			per-CPU caches, figures
 *	heap.c depot.c freelist.c walk.c big.c		blocks below a page, whole pages
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

#define NTP_VERSION		"0.1"

/* The tag of the routines that take none, and the one of the tags past max_tags. */
#define NTP_TAG_NONE		0x656e6f4eU	/* "None" */
#define NTP_TAG_OVERFLOW	0x6c66764fU	/* "Ovfl" */
/* PROTECTED_POOL: no character of a tag has its top bit set, so it is free. */
#define NTP_TAG_PROTECTED	BIT(31)

enum ntp_kind {
	NTP_NONPAGED,		/* linear map, usable in every context */
	NTP_PAGED,		/* vmalloc, process context only */
	NTP_KINDS
};

/* "Nonp" or "Paged", as PoolMon prints it. */
const char *ntp_kind_name(enum ntp_kind kind);

/**
 * struct ntp_block - one allocation as observers see it
 * @addr: what the driver was given
 * @tag: its tag, four characters, first one lowest
 * @kind: which pool
 * @bytes: taken from the pool: header and rounding, or whole pages
 * @requested: bytes asked for
 * @caller: address that the allocating call returns to; 0 if out of range
 */
struct ntp_block {
	void *addr;
	u32 tag;
	enum ntp_kind kind;
	size_t bytes;
	size_t requested;
	unsigned long caller;
};

/* Called for each live block, outside of all locks; may sleep. */
typedef int (*ntp_block_fn)(const struct ntp_block *block, void *arg);

/*
 * Calls @fn for every live allocation of both pools, until it returns non-zero.
 * A block allocated or freed meanwhile is seen or not, but never half.
 * Process context. Returns what @fn returned last, 0, or -ENOMEM.
 */
int ntp_walk_blocks(ntp_block_fn fn, void *arg);

/*
 * How a request for memory is to be served: what pool.c and its neighbours decode
 * their arguments to. ntp_alloc() knows the first one, ntp_alloc_rare() all.
 */
enum {
	NTP_ZERO = BIT(0),		/* contents zeroed */
	NTP_MUST = BIT(8),		/* the reserve, and waiting, if all else fails */
	NTP_QUOTA = BIT(9),		/* the current process pays */
	NTP_ALIGNED = BIT(10),		/* on a cache line of its own */
	NTP_PROTECTED = BIT(11),	/* to be freed with its tag only */
	NTP_LOW = BIT(12),		/* no fresh memory when it is low, */
	NTP_NORMAL = BIT(13),		/* when it is very low */
	NTP_HIGH = BIT(14),		/* from what the kernel keeps for emergencies, too */
	NTP_NODE = BIT(15),		/* from ntp_request.node if possible */
	NTP_NODE_ONLY = BIT(16),	/* or not at all; with NTP_NODE */
	NTP_OVERRUN = BIT(17),		/* special pool: at the end of the page */
	NTP_UNDERRUN = BIT(18),		/* special pool: at its start */
	NTP_RUN = BIT(19),		/* physically contiguous; of backing.c only */
	NTP_FOR_LIST = BIT(20),		/* only a lookaside list may free it; not rare */
	NTP_SPECIAL = BIT(21),		/* special pool, if it has room; not rare */
	NTP_RARE = NTP_MUST | NTP_QUOTA | NTP_ALIGNED | NTP_PROTECTED | NTP_LOW |
		   NTP_NORMAL | NTP_HIGH | NTP_NODE | NTP_NODE_ONLY | NTP_OVERRUN |
		   NTP_UNDERRUN,
};

/**
 * struct ntp_request - a request for memory with all that may be said about it
 * @kind: which pool
 * @size: bytes
 * @tag: pool tag; PROTECTED_POOL's bit is ignored, the flag says it
 * @flags: NTP_ZERO and what NTP_RARE covers
 * @node: NUMA node, with NTP_NODE; one that there is
 * @payer: ledger that has been charged for it, 0: none; of rare.c, with NTP_HDR_QUOTA
 * @charged: with how many bytes; for special pool
 * @caller: address that the allocating call returns to
 */
struct ntp_request {
	enum ntp_kind kind;
	size_t size;
	u32 tag;
	unsigned int flags;
	int node;
	u32 payer;
	u32 charged;
	unsigned long caller;
};

/* NULL when there is no memory or @size overflows; the failure is counted. */
void *ntp_alloc(enum ntp_kind kind, size_t size, u32 tag, unsigned int flags,
		unsigned long caller);
/*
 * The same with wishes: the block, or ERR_PTR(): -EDQUOT, the process that pays has
 * no quota left; -ENOMEM for everything else. NTP_MUST may sleep where that is allowed.
 */
void *ntp_alloc_rare(const struct ntp_request *req);
/* All of the block at @p that a driver of @size bytes could read is zeroed. Returns @p. */
void *ntp_zeroed(void *p, size_t size);
/*
 * Bytes that the driver may use of the live block at @p, 0 if none begins there;
 * *@charged: to a process.
 */
size_t ntp_usable_size(const void *p, bool *charged);
/* @tag 0: not checked. Reports what is wrong with @p, see free.c. */
void ntp_free(void *p, u32 tag, unsigned long caller);
/* The same, for what the fast path has refused. */
void ntp_free_slow(void *p, u32 tag, unsigned long caller);
/* True if @p points into memory of the paged pool. */
bool ntp_is_paged(const void *p);

/* params.c: see the table of parameters in README.md */
extern unsigned int ntp_max_tags;
extern bool ntp_bugcheck_panics;
extern unsigned long ntp_quota_limit[NTP_KINDS];	/* bytes; 0: none */
extern unsigned int ntp_must_succeed_pages;
#define NTP_MUST_SUCCEED_MOST	256
extern unsigned int ntp_balance_ms;
unsigned long ntp_verifier(void);
int ntp_set_verifier(unsigned long flags);	/* 0 or -EINVAL; sleeps */
#define NTP_VERIFIER_BITS	0xfUL

/* Lookaside lists follow both; called by params.c with its mutex held. */
void ntp_lookaside_verifier_changed(bool on);
void ntp_lookaside_period_changed(void);

struct module;

/* @mod is about to leave memory: zones in it are forgotten. */
void ntp_zone_module_gone(const struct module *mod);

/* Life cycle, in the order of main.c. */
void ntp_backing_exit(void);
void ntp_phys_exit(void);
int ntp_pagemap_init(void);
void ntp_pagemap_exit(void);
int ntp_tag_init(void);
void ntp_tag_exit(void);
int ntp_heap_init(void);
void ntp_heap_exit(void);
int ntp_cache_init(void);
void ntp_cache_exit(void);
void ntp_age_init(void);
void ntp_age_exit(void);
/* There is something that may be cached: scan while that is so. Any context. */
void ntp_age_start(void);
int ntp_big_init(void);
void ntp_big_cache_exit(void);
void ntp_big_exit(void);
void ntp_quota_exit(void);
int ntp_reserve_init(void);
void ntp_reserve_exit(void);
int ntp_lookaside_init(void);
void ntp_lookaside_exit(void);
void ntp_zone_init(void);
void ntp_zone_exit(void);
int ntp_section_init(void);
void ntp_section_exit(void);
int ntp_leak_init(void);
void ntp_leak_exit(void);
void ntp_debugfs_init(void);
void ntp_debugfs_exit(void);

#endif
