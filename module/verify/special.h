/* SPDX-License-Identifier: GPL-2.0 */
/* Special pool: allocations below a page, each on a page of its own between guard pages. */
#ifndef NTPOOL_SPECIAL_H
#define NTPOOL_SPECIAL_H

#include <linux/mm.h>

#include "base/stack.h"
#include "heap/heap.h"

/* A larger request would have to begin on a page boundary. */
#define NTPOOL_SPECIAL_MAX		NTPOOL_SMALL_MAX

enum ntpool_special_state {
	NTPOOL_SPECIAL_IDLE,	/* never used, with or without a page */
	NTPOOL_SPECIAL_BUSY,	/* between two states; owned by one call */
	NTPOOL_SPECIAL_LIVE,	/* a live block; only in this state the page is mapped */
	NTPOOL_SPECIAL_FREED,	/* in quarantine */
};

/**
 * struct ntpool_special_slot - one page of special pool
 * @link: in the list for @state; guarded by special_lock
 * @page: its memory, until ntpool is unloaded; NULL: none yet
 * @state: changed under special_lock
 * @type: pool type of the block
 * @flags: NTPOOL_HDR_*, as in a header
 * @fill: the byte around the block
 * @offset: offset of the block in the page
 * @size: bytes requested
 * @tag: pool tag
 * @payer: with NTPOOL_HDR_QUOTA, the ledger that is charged
 * @charged: bytes charged to it
 * @allocated: the call that allocated the block
 * @freed: the call that freed it
 *
 * From @type on the fields are written only by the call that made the slot BUSY.
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

/*
 * Creates address space and slots on the first call. Returns 0, -ENOMEM, or -EOPNOTSUPP if the
 * machine cannot have special pool. Sleeps.
 */
int ntpool_special_start(void);
void ntpool_special_exit(void);

/*
 * Allocates a block of at most NTPOOL_SPECIAL_MAX bytes. @keep: NTPOOL_HDR_* for its slot.
 * Returns NULL if there is no slot. The tag is not counted. Any context but NMI.
 */
void *ntpool_special_alloc(const struct ntpool_request *req, u8 keep);
/*
 * Claims the block at @p. NTPOOL_FREE_OK: the caller owns it and passes it to
 * ntpool_special_release(). NTPOOL_FREE_UNOWNED: @p is in no slot that was ever used. Other
 * verdicts: *@slot is the slot that @p lies in. Any context but NMI.
 */
enum ntpool_verdict ntpool_special_claim(void *p, struct ntpool_special_slot **slot);
/* Checks the pattern around a claimed block and puts the slot into quarantine. Likewise. */
void ntpool_special_release(struct ntpool_special_slot *slot, unsigned long caller);

/*
 * Reports a page fault at @addr and returns true, if that is in a guard page or a freed block.
 * @ip: address of the instruction. Any context.
 */
bool ntpool_special_fault(unsigned long addr, bool write, unsigned long ip);

/*
 * Returns the bytes requested for the live block that begins at @p; 0 if none does. If it returns
 * a size, it also sets *@charged: a process pays for the block. Any context but NMI.
 */
size_t ntpool_special_size(const void *p, bool *charged);
/* True if @p lies on the page of a live block of paged pool. Any context. */
bool ntpool_special_is_paged(const void *p);
/* Keeps the names of the frames of all slots that are in the code of @frames. Sleeps. */
struct ntpool_frames;
void ntpool_special_frames(struct ntpool_frames *frames);
/* As ntpool_iterate_blocks(), for special pool. Process context. */
int ntpool_special_for_each(ntpool_block_fn fn, void *arg);

/**
 * struct ntpool_special_stats - size of special pool
 * @pages: all pages from the kernel
 * @live: pages of live blocks, by pool type
 */
struct ntpool_special_stats {
	unsigned long pages;
	unsigned long live[NTPOOL_TYPES];
};

/* Process context. */
void ntpool_special_stats(struct ntpool_special_stats *stats);

/* special_map.c */

/*
 * Creates @nr pages of address space with page tables and nothing mapped. Returns its address or
 * ERR_PTR(): -ENOMEM; -EOPNOTSUPP where page table entries cannot be written. Sleeps.
 */
void *ntpool_special_map_create(unsigned long nr);
/* Undoes it. Afterwards no CPU can reach any of the pages. Sleeps. */
void ntpool_special_map_destroy(void *base);
/* Maps @page at @addr, a page of that address space. The caller owns it. Any context. */
void ntpool_special_map(unsigned long addr, struct page *page);
/* Unmaps the page at @addr for this CPU. Other CPUs may reach it until a flush. Any context. */
void ntpool_special_unmap(unsigned long addr);
/* Makes pages unreachable for all CPUs: bit n of @pages is page n of @base, of @nr. Sleeps. */
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

/*
 * Calls @fault in any context for each page fault that the kernel will report as an oops, until
 * ntpool_oops_exit(). Both sleep.
 */
void ntpool_oops_init(bool (*fault)(unsigned long addr, bool write, unsigned long ip));
void ntpool_oops_exit(void);

#endif
