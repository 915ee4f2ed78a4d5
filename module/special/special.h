/* SPDX-License-Identifier: GPL-2.0 */
/* Special pool: allocations with pages of their own between guard pages, and samples. */
#ifndef NTPOOL_SPECIAL_H
#define NTPOOL_SPECIAL_H

#include <linux/kasan.h>
#include <linux/mm.h>
#include <linux/spinlock.h>

#include "base/stack.h"
#include "heap/heap.h"

enum {
	NTPOOL_SPECIAL_ORDERS = 5,	/* slots have 1, 2, 4, 8 or 16 pages */
};

/* The largest request that special pool serves. */
#define NTPOOL_SPECIAL_MAX		(PAGE_SIZE << (NTPOOL_SPECIAL_ORDERS - 1))

enum ntpool_special_state {
	NTPOOL_SPECIAL_IDLE,	/* not used since the slots were made, or since it got pages */
	NTPOOL_SPECIAL_BUSY,	/* between two states; owned by one call */
	NTPOOL_SPECIAL_LIVE,	/* a live block; only in this state pages are mapped */
	NTPOOL_SPECIAL_FREED,	/* its last block was freed; with pages, it is in quarantine */
};

enum ntpool_special_user {
	NTPOOL_SPECIAL_VERIFIER,
	NTPOOL_SPECIAL_SAMPLES,
};

/**
 * struct ntpool_special_slot - one block of special pool
 * @link: in a list of its order; ntpool_special_lock
 * @node: a sample: in the hash table of pages; ntpool_special_lock
 * @base: address of its first page in special pool; constant
 * @order: logarithm of its number of pages; constant
 * @page: the first of its pages, which adjoin; NULL: it has none now. Changed by the call
 *	  that made the slot BUSY
 * @state: ntpool_special_lock to change it, read without it
 * @type: pool type of the block
 * @linear: a sample: the block is not mapped, its address is that of the linear map
 * @flags: NTPOOL_HDR_*, as in a header
 * @fill: the byte around the block
 * @pages: pages that the block takes
 * @offset: offset of the block in the first page
 * @size: bytes requested
 * @tag: pool tag
 * @payer: with NTPOOL_HDR_QUOTA, the ledger that is charged
 * @charged: bytes charged to it
 * @allocated: the call that allocated the block
 * @freed: the call that freed it; its caller is 0 if the pages have no past
 *
 * From @type on the fields are written only by the call that made the slot BUSY.
 */
struct ntpool_special_slot {
	struct list_head link;
	struct hlist_node node;
	unsigned long base;
	unsigned int order;
	struct page *page;
	enum ntpool_special_state state;
	enum ntpool_type type;
	bool linear;
	u8 flags;
	u8 fill;
	u8 pages;
	u16 offset;
	u32 size;
	u32 tag;
	u32 payer;
	u32 charged;
	struct ntpool_stack allocated;
	struct ntpool_stack freed;
};

static inline unsigned int ntpool_special_slot_pages(const struct ntpool_special_slot *slot)
{
	return 1U << slot->order;
}

/*
 * Address of the first page in the linear map. It has no KASAN tag, as all addresses of the pools.
 * The slot has pages.
 */
static inline void *ntpool_special_page(const struct ntpool_special_slot *slot)
{
	return kasan_reset_tag(page_address(slot->page));
}

/* Address of the first page, as the driver sees it. The caller owns the slot, or it is live. */
static inline unsigned long ntpool_special_addr(const struct ntpool_special_slot *slot)
{
	return slot->linear ? (unsigned long)ntpool_special_page(slot) : slot->base;
}

static inline void *ntpool_special_block(const struct ntpool_special_slot *slot)
{
	return (void *)(ntpool_special_addr(slot) + slot->offset);
}

/* Returns the block of a slot that is live or freed. @addr: its address */
static inline struct ntpool_block ntpool_special_describe(const struct ntpool_special_slot *slot,
							  void *addr)
{
	return (struct ntpool_block){
		.addr = addr,
		.tag = slot->tag,
		.type = slot->type,
		.bytes = (size_t)slot->pages << PAGE_SHIFT,
		.requested = slot->size,
		.caller = slot->allocated.caller,
	};
}

/* special_stock.c. All of it sleeps. */

/*
 * Begins use by @user. Creates address space and slots on the first call. Returns 0, -ENOMEM,
 * or -EOPNOTSUPP if the machine has special pool for samples only.
 */
int ntpool_special_start(enum ntpool_special_user user);
/* Ends it. After the last user, the worker returns pages without a block to the kernel. */
void ntpool_special_stop(enum ntpool_special_user user);
/* Waits until it has. It may report, so the caller holds no lock. */
void ntpool_special_settle(void);
void ntpool_special_exit(void);

/* special.c */

/* Number of pages that a block of @size bytes takes. */
static inline unsigned int ntpool_special_pages_for(size_t size)
{
	return size ? DIV_ROUND_UP(size, PAGE_SIZE) : 1;
}

/*
 * Allocates a block of at most NTPOOL_SPECIAL_MAX bytes; with NTPOOL_LINEAR, of at most a
 * page. @keep: NTPOOL_HDR_* for its slot. Returns NULL if there is no slot. The tag is not
 * counted. Any context but NMI.
 */
void *ntpool_special_alloc(const struct ntpool_request *req, u8 keep);
/* Checks the pattern around a claimed block and puts the slot into quarantine. Likewise. */
void ntpool_special_release(struct ntpool_special_slot *slot, unsigned long caller);

/*
 * Returns the bytes requested for the live block that begins at @p; 0 if none does. If it returns
 * a size, it also sets *@charged: a process pays for the block. Any context but NMI.
 */
size_t ntpool_special_size(const void *p, bool *charged);
/*
 * Describes the block on whose pages @p lies, live or freed, and sets *@live. Returns false if
 * there is none. Any context but NMI.
 */
bool ntpool_special_near(const void *p, struct ntpool_block *block, bool *live);
/* True if @p lies on a page of a live block of paged pool. Any context but NMI. */
bool ntpool_special_is_paged(const void *p);

/* special_slot.c */

extern raw_spinlock_t ntpool_special_lock;

/*
 * Claims the block at @p. NTPOOL_FREE_OK: the caller owns it and passes it to
 * ntpool_special_release(). NTPOOL_FREE_UNOWNED: @p is in no slot whose present pages ever
 * held a block. Other verdicts: *@slot is the slot that @p lies in. Any context but NMI.
 */
enum ntpool_verdict ntpool_special_claim(void *p, struct ntpool_special_slot **slot);
/*
 * Takes a slot with pages of an order, for the caller to own. If a block has used the pages, they
 * have the pattern of a freed block. Returns NULL if there is none. Any context but NMI.
 */
struct ntpool_special_slot *ntpool_special_take(unsigned int order);
/* Gives up @slot, whose block is live or freed from now on. Any context but NMI. */
void ntpool_special_enter(struct ntpool_special_slot *slot, enum ntpool_special_state state);
/* Returns the slot on whose pages @p lies, or NULL. The caller holds ntpool_special_lock. */
struct ntpool_special_slot *ntpool_special_find(const void *p);
/* False: @p is in no slot that was ever used. Takes no lock. Any context. */
bool ntpool_special_may_have(const void *p);
/* True if @addr lies in the address space of special pool. Any context. */
bool ntpool_special_in_area(unsigned long addr);
/*
 * Returns the slot that @addr lies in, or the slot before if @addr lies in a guard page; *@guard
 * tells which. Returns NULL outside of the address space, and for the first guard page. Any
 * context, without a lock.
 */
struct ntpool_special_slot *ntpool_special_slot_at(unsigned long addr, bool *guard);
/* Returns the slot behind @before, or NULL; @before NULL: the first one. Likewise. */
const struct ntpool_special_slot *
ntpool_special_slot_after(const struct ntpool_special_slot *before);
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

/* special_fault.c */

/*
 * Reports a page fault at @addr and returns true, if that is in a guard page or a freed block.
 * @ip: address of the instruction. @caller: the call site to name. Any context.
 */
bool ntpool_special_fault(unsigned long addr, bool write, unsigned long ip, unsigned long caller);

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

/* special_pattern.c. The caller has made @slot NTPOOL_SPECIAL_BUSY. Any context but NMI. */

/* Fills the pages of a new block, and zeroes the block itself if @zero. Sets @slot->fill. */
void ntpool_special_fill(struct ntpool_special_slot *slot, bool zero);
/* Fills the pages of a block that has been freed. */
void ntpool_special_fill_freed(const struct ntpool_special_slot *slot);
/* Reports a write into the pages since ntpool_special_fill_freed(). */
void ntpool_special_check_freed(const struct ntpool_special_slot *slot);
/* Reports writes around the block, which @caller frees. */
void ntpool_special_check_around(const struct ntpool_special_slot *slot, unsigned long caller);

/* Fills the rest of the @bytes at @base behind a block of @size bytes in ordinary pool. */
void ntpool_tail_fill(void *base, size_t size, size_t bytes);
/* Reports a write there, when @caller frees the block. Any context but NMI. */
void ntpool_tail_check(const struct ntpool_block *block, unsigned long caller);

/* oops.c */

/*
 * Calls ntpool_special_fault() in any context for each access to special pool that faults and
 * may not, until ntpool_oops_exit(). Both sleep.
 */
void ntpool_oops_init(void);
void ntpool_oops_exit(void);

#endif
