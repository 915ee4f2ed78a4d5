/* SPDX-License-Identifier: GPL-2.0 */
/* Special pool: allocations below a page, each on a page of its own between guards. */
#ifndef NTPOOL_SPECIAL_H
#define NTPOOL_SPECIAL_H

#include <linux/mm.h>

#include "base/stack.h"
#include "heap/heap.h"

/* Requests above it are promised to be page aligned. */
#define NTPOOL_SPECIAL_MAX		NTPOOL_SMALL_MAX

enum ntpool_special_state {
	NTPOOL_SPECIAL_IDLE,	/* not used yet, with a page or without */
	NTPOOL_SPECIAL_BUSY,	/* on its way from one state to another; one call's own */
	NTPOOL_SPECIAL_LIVE,	/* a driver's; the only state in which it is mapped */
	NTPOOL_SPECIAL_FREED,	/* in quarantine */
};

/**
 * struct ntpool_special_slot - one page of special pool
 * @link: on the list that goes with @state; special_lock guards it
 * @page: the memory behind it, for good once there; NULL: none yet
 * @state: changed under special_lock
 * @type: pool that the block is of
 * @flags: NTPOOL_HDR_*, as in a header
 * @fill: the byte around the block
 * @offset: of the block in the page
 * @size: bytes requested
 * @tag: pool tag
 * @payer: ledger that is charged for the block, with NTPOOL_HDR_QUOTA
 * @charged: with how many bytes
 * @allocated: the call that allocated the block
 * @freed: the call that freed it
 *
 * From @type on: written by who made the slot NTPOOL_SPECIAL_BUSY.
 */
struct ntpool_special_slot {
	struct list_head link;
	struct page *page;
	enum ntpool_special_state state;
	enum ntpool_type type;
	u8 flags;
	u8 fill;
	u16 offset;
	u16 size;
	u32 tag;
	u32 payer;
	u32 charged;
	struct ntpool_stack allocated;
	struct ntpool_stack freed;
};

/* Address space and slots, at the first use. 0, -ENOMEM, -EOPNOTSUPP. Sleeps. */
int ntpool_special_start(void);
void ntpool_special_exit(void);

/*
 * A block of at most NTPOOL_SPECIAL_MAX bytes in special pool, or NULL: there is no slot.
 * @keep: NTPOOL_HDR_*. Nothing is counted per tag. Any context but NMI.
 */
void *ntpool_special_alloc(const struct ntpool_request *req, u8 keep);
/*
 * NTPOOL_FREE_OK: the block is the caller's, who ends it with ntpool_special_release().
 * NTPOOL_FREE_UNOWNED: no slot of special pool is there. Else *@slot is where @p lies.
 */
enum ntpool_verdict ntpool_special_claim(void *p, struct ntpool_special_slot **slot);
/* Reports what was written around the block, and makes it inaccessible. */
void ntpool_special_release(struct ntpool_special_slot *slot, unsigned long caller);

/*
 * True, and reported, if @addr is in a guard or in a freed block of special pool: a
 * page fault there is a driver's error. @ip: the instruction. Any context.
 */
bool ntpool_special_fault(unsigned long addr, bool write, unsigned long ip);

/*
 * Bytes that were requested for the live block that begins at @p; 0: none does. *@charged
 * is set if a process pays for it.
 */
size_t ntpool_special_size(const void *p, bool *charged);
/* True if @p lies in a live block of paged pool there. */
bool ntpool_special_is_paged(const void *p);
/* As ntpool_iterate_blocks(), for special pool. */
int ntpool_special_for_each(ntpool_block_fn fn, void *arg);

/**
 * struct ntpool_special_stats - what special pool holds
 * @pages: pages from the kernel, all together
 * @live: pages of live blocks, by pool
 */
struct ntpool_special_stats {
	unsigned long pages;
	unsigned long live[NTPOOL_TYPES];
};

void ntpool_special_stats(struct ntpool_special_stats *stats);

/* special_map.c */

/*
 * @nr pages of address space with page tables and nothing mapped, or ERR_PTR(): -ENOMEM;
 * -EOPNOTSUPP where there is no way to write page table entries. Sleeps.
 */
void *ntpool_special_map_create(unsigned long nr);
void ntpool_special_map_destroy(void *base);
/* Any context. @addr: a page of that address space. */
void ntpool_special_map(unsigned long addr, struct page *page);
/* On return this CPU cannot reach it any more. The others: see below. */
void ntpool_special_unmap(unsigned long addr);
/* No CPU can reach the pages at @addr(0) ... any more whose bits are set. Sleeps. */
void ntpool_special_map_flush(unsigned long base, const unsigned long *pages, unsigned long nr);

/*
 * special_pattern.c. The caller has made @slot NTPOOL_SPECIAL_BUSY; @addr is its page in
 * special pool. Any context but NMI.
 */

/* Fills the page of a new block, and zeroes the block itself if @zero. Sets @slot->fill. */
void ntpool_special_fill(struct ntpool_special_slot *slot, bool zero);
/* Fills the page of a block that has been freed. */
void ntpool_special_fill_freed(const struct ntpool_special_slot *slot);
/* Reports a write into the page since ntpool_special_fill_freed(). */
void ntpool_special_check_freed(const struct ntpool_special_slot *slot, unsigned long addr);
/* Reports writes around the block, which @caller frees. */
void ntpool_special_check_around(const struct ntpool_special_slot *slot, unsigned long addr,
				 unsigned long caller);

/* oops.c */

/* Calls @fault for each page fault that the kernel is about to report as an oops. */
void ntpool_oops_init(bool (*fault)(unsigned long addr, bool write, unsigned long ip));
void ntpool_oops_exit(void);

#endif
