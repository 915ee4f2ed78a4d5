/* SPDX-License-Identifier: GPL-2.0 */
/* Blocks smaller than a page: block headers, carved pages, heaps. */
#ifndef NTPOOL_HEAP_H
#define NTPOOL_HEAP_H

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "base/types.h"
#include "heap/damage.h"
#include "memory/pagemap.h"

/* The largest request, in bytes, that gets a block and no whole pages: 4064 with 4 KiB pages. */
#define NTPOOL_SMALL_MAX	(PAGE_SIZE - sizeof(struct ntpool_header) - NTPOOL_GRANULE)
/* The smallest block: a header and the two links of a free block. */
#define NTPOOL_MIN_GRANULES DIV_ROUND_UP(sizeof(struct ntpool_header) + 16, NTPOOL_GRANULE)
/* Granules per cache line. */
#define NTPOOL_LINE_GRANULES	max_t(unsigned int, SMP_CACHE_BYTES / NTPOOL_GRANULE, 1)
/*
 * The largest block whose body can begin on a cache line. Its header is the granule before
 * that line. With granules larger than a header no body begins on a line.
 */
#define NTPOOL_ALIGNED_MAX	(sizeof(struct ntpool_header) == NTPOOL_GRANULE ? \
				 NTPOOL_GRANULES - NTPOOL_LINE_GRANULES + 1 : 0)

struct ntpool_depot;

/* The values differ in many bits: a single flipped bit makes an invalid state. */
enum ntpool_state {
	NTPOOL_STATE_FREE = 0x1e,	/* on a free list of its heap */
	NTPOOL_STATE_CACHED = 0x63,	/* in a magazine or depot, counted as free; or in transit */
	NTPOOL_STATE_LIVE = 0xb5,	/* allocated by a driver */
};

/* Flags of a block. The slow path frees every block that has one. */
enum {
	NTPOOL_HDR_OVERFLOW = BIT(0),	/* counted under the tag Ovfl */
	NTPOOL_HDR_SLOW_FREE = BIT(1),	/* part of the next two */
	/* A process was charged. The trailer of the block names it. */
	NTPOOL_HDR_QUOTA = NTPOOL_HDR_SLOW_FREE | BIT(4),
	/* Only a free with the tag of the block is accepted. */
	NTPOOL_HDR_PROTECTED = NTPOOL_HDR_SLOW_FREE | BIT(5),
	NTPOOL_HDR_VERIFIED = BIT(2),	/* allocated while the verifier was on */
};

/* True if @flags include all bits of @mask. */
static inline bool ntpool_header_has(u8 flags, u8 mask)
{
	return (flags & mask) == mask;
}

/**
 * struct ntpool_header - the 16 bytes in front of each block
 * @cookie: keyed sum of the other fields (16 bits), enum ntpool_state (8), NTPOOL_HDR_* (8).
 *	    It comes first, where an overrun of the previous block hits it first. It is one
 *	    word, which a compare-and-exchange replaces
 * @requested: bytes that the driver asked for
 * @granules: size of the block including the header
 * @size: @requested in the low half, @granules in the high half
 * @owner: pool tag (low half) and packed call site (high half)
 *
 * A live block's header is written by the routine that allocates it. A free ends that
 * state with one compare-and-exchange of @cookie. The header of a cached block belongs to
 * the CPU or the depot, that of a free block to heap->lock. No decision rests on headers
 * alone. struct ntpool_page records outside the page where blocks begin and which are free.
 * Headers are checked against it.
 */
struct ntpool_header {
	u32 cookie;
	union {
		struct {
#ifdef __BIG_ENDIAN
			u16 granules;
			u16 requested;
#else
			u16 requested;
			u16 granules;
#endif
		};
		u32 size;
	};
	u64 owner;
};

static_assert(sizeof(struct ntpool_header) == 16);

/**
 * struct ntpool_page - descriptor of one carved page
 * @map: the heap; constant
 * @start: a block in any state begins at this granule; heap->lock. Fast frees read it
 *	   without the lock
 * @live: 1: the page is in its heap. 0: it is being added, or waits for readers; heap->lock.
 *	  Fast frees read it as bit NTPOOL_GRANULES of @start: a block may end there
 * @free: the block that begins at this granule is free in the heap; heap->lock
 * @base: the page; constant. NULL: the descriptor is a cursor, see iterate.c
 * @link: entry in heap->pages; heap->lock
 * @free_granules: granules in free blocks; heap->lock
 * @epoch: the last value of heap->epoch at which the page was visited, see freelist.c;
 *	   heap->lock
 * @rcu: of a page without @live: frees the page and this descriptor
 *
 * The descriptor lies outside the page, where no overrun reaches it.
 */
struct ntpool_page {
	struct ntpool_mapped map;
	DECLARE_BITMAP(start, NTPOOL_GRANULES);
	unsigned long live;
	DECLARE_BITMAP(free, NTPOOL_GRANULES);
	void *base;
	union {
		struct list_head link;
		struct rcu_head rcu;
	};
	u32 free_granules;
	u32 epoch;
};

static_assert(offsetof(struct ntpool_page, live) ==
	      offsetof(struct ntpool_page, start) + NTPOOL_GRANULES / BITS_PER_BYTE);
/* A fast free reads up to 2 * NTPOOL_GRANULES bits of @start. */
static_assert(sizeof(struct ntpool_page) >=
	      offsetof(struct ntpool_page, start) + 2 * NTPOOL_GRANULES / BITS_PER_BYTE);

/**
 * struct ntpool_heap - the blocks of one pool on one node
 * @lock: taken in hard interrupts, hence with interrupts disabled. A leaf: no lock is
 *	  taken and nothing is printed under it
 * @type: the pool; constant
 * @node: NUMA node of the pages; constant. Paged pool comes from vmalloc, which follows the
 *	  memory policy of the task: by default its own node
 * @bins: @bins[n] is the header of the first free block of n granules; @lock
 * @filled: bit n is set if @bins[n] is not empty; @lock
 * @lost: bit n is set if the list of @bins[n] was lost and is being rebuilt, see
 *	  freelist.c; @lock
 * @epoch: how often a list was lost; @lock
 * @relist: cursor of the worker that rebuilds free lists; @lock
 * @relist_work: its worker
 * @pages: all pages, and the cursors of iterate.c and freelist.c; @lock
 * @nr_pages: carved pages; @lock, read without it as a figure
 * @nr_empty: pages that are one free block; @lock, read without it as a figure
 * @free_granules: granules in free blocks; @lock
 * @damage: findings that are reported when the lock is dropped; @lock
 * @depot: by size in granules, see depot.c; constant between ntpool_depot_init() and
 *	   ntpool_depot_exit()
 */
struct ntpool_heap {
	raw_spinlock_t lock;
	enum ntpool_type type;
	int node;
	struct ntpool_header *bins[NTPOOL_GRANULES + 1];
	DECLARE_BITMAP(filled, NTPOOL_GRANULES + 1);
	DECLARE_BITMAP(lost, NTPOOL_GRANULES + 1);
	u32 epoch;
	struct ntpool_page relist;
	struct work_struct relist_work;
	struct list_head pages;
	unsigned long nr_pages;
	unsigned long nr_empty;
	unsigned long free_granules;
	struct ntpool_damage damage;
	struct ntpool_depot **depot;
};

/* Whether a pointer can be freed, and if not, the reason. */
enum ntpool_verdict {
	NTPOOL_FREE_OK,
	NTPOOL_FREE_UNOWNED,	/* the memory is not, or no longer, the pool's */
	NTPOOL_FREE_MIDDLE,	/* the pointer is inside an allocation */
	NTPOOL_FREE_TWICE,	/* the allocation is free or cached */
	NTPOOL_FREE_CORRUPT,	/* the header was overwritten */
};

/* ntpool_map_base plus a header: body of the first block that could be. */
extern unsigned long ntpool_body_base;

/*
 * Returns the descriptor of the carved page that @p lies in, or NULL. The caller is in an
 * RCU read section, or holds the lock of the page's heap. The result is valid until its end.
 */
static inline struct ntpool_page *ntpool_page_of(const void *p)
{
	struct ntpool_mapped *map = ntpool_map_of(p);

	return map && map->heap ? container_of(map, struct ntpool_page, map) : NULL;
}

/* Returns the heap of @type on @node, which is possible. Any context. */
struct ntpool_heap *ntpool_heap_of(enum ntpool_type type, int node);
/* Returns the heap after @heap, the first one for NULL, or NULL. Nonpaged heaps come first. */
struct ntpool_heap *ntpool_heap_next(const struct ntpool_heap *heap);

/*
 * Takes up to @nr free blocks of @granules from @heap into @out, marked cached. Returns
 * how many, which may be fewer than there are; 0 if no free block is large enough. @flags: 0,
 * or constraints. With NTPOOL_ALIGNED the body begins on a cache line; @nr is 1 and @granules
 * at most NTPOOL_ALIGNED_MAX. With NTPOOL_NODE_ONLY the page is on the heap's node; @nr is 1. All
 * other flags are ignored. Any context.
 */
unsigned int ntpool_heap_take(struct ntpool_heap *heap, unsigned int granules, unsigned int flags,
			      struct ntpool_header **out, unsigned int nr);
/*
 * Adds a page from the kernel to @heap and takes one block of @granules from it. @flags
 * as above, and NTPOOL_HIGH. Returns NULL without memory. Any context; sleeps where the
 * caller may.
 */
struct ntpool_header *ntpool_heap_take_fresh(struct ntpool_heap *heap, unsigned int granules,
					     unsigned int flags);
/*
 * Adds the nonpaged page at @base to the heap of its node and takes one block from it.
 * ntpool_map_prepare() was called for @base, ntpool_page_alloc() returned @page. Needs no
 * memory. Any context.
 */
struct ntpool_header *ntpool_heap_take_from(struct ntpool_page *page, void *base,
					    unsigned int granules, unsigned int flags);
/* Allocates a zeroed descriptor on @node, or returns NULL. Sleeps if @gfp allows that. */
struct ntpool_page *ntpool_page_alloc(gfp_t gfp, int node);
/* Frees a descriptor that no heap uses. */
void ntpool_page_free(struct ntpool_page *page);
/* Makes @nr cached blocks of @heap free and merges them with their neighbours. Any context. */
void ntpool_heap_give(struct ntpool_heap *heap, struct ntpool_header **blocks, unsigned int nr);
/*
 * Returns some empty pages to the kernel if @heap has more than it keeps in stock. Called after
 * ntpool_heap_give(), outside of the caller's preempt_disable().
 */
void ntpool_heap_trim_surplus(struct ntpool_heap *heap);
/*
 * Turns the live block at @p into a cached one of the caller: NTPOOL_FREE_OK. Otherwise the
 * result is the reason. *@copy is the header, as found, of the block that @p lies in. The
 * caller is in an RCU read section, in which it looked up @page.
 */
enum ntpool_verdict ntpool_heap_claim(struct ntpool_page *page, void *p,
				      struct ntpool_header *copy);
/*
 * Returns up to @max empty pages of all heaps to the kernel, but keeps @keep of each. Returns
 * their number. Any context.
 */
unsigned long ntpool_heap_trim_all(unsigned long keep, unsigned long max);
/* Number of carved pages in all heaps. These three take no lock. */
unsigned long ntpool_heap_pages(void);
/* Number of carved pages that are one free block, beyond the stock that a heap keeps. */
unsigned long ntpool_heap_empty_pages(void);
/* Number of carved pages of one pool. */
unsigned long ntpool_heap_type_pages(enum ntpool_type type);

/*
 * Copies the header at @granule. Returns true if it is that of a live block and its cookie
 * matches. The caller holds the heap's lock, or claims the block by that cookie. A concurrent
 * free may change the header while it is copied; the cookie then fails to match or is the old
 * one.
 */
bool ntpool_header_read_live(const struct ntpool_page *page, unsigned int granule,
			     struct ntpool_header *copy);

/**
 * struct ntpool_heap_stats - sums over the heaps of one pool
 * @pages: carved pages
 * @free_granules: granules in free blocks, cached ones not included
 */
struct ntpool_heap_stats {
	unsigned long pages;
	unsigned long free_granules;
};

/* Process context, as for the next three. */
void ntpool_heap_stats(enum ntpool_type type, struct ntpool_heap_stats *stats);
/*
 * Counts blocks by their size in granules, up to NTPOOL_GRANULES, on top of the values in
 * @live and @free. Cached blocks count as free. Returns 0 or -ENOMEM. Sleeps.
 */
int ntpool_heap_classes(enum ntpool_type type, unsigned long *live, unsigned long *free);
/*
 * Calls @fn for each live block until it returns non-zero. Returns that value, 0, or
 * -ENOMEM. No lock is held around @fn. Sleeps.
 */
int ntpool_heap_for_each(ntpool_block_fn fn, void *arg);

extern u64 ntpool_secret;		/* odd; keys the cookies and nothing else */

/* Returns the cookie of a block that is not live: it has no sum and no flags. */
static inline u32 ntpool_cookie_idle(enum ntpool_state state)
{
	return state << 16;
}

static inline enum ntpool_state ntpool_cookie_state(u32 cookie)
{
	return cookie >> 16 & 0xff;
}

/*
 * Returns the cookie of the live block at @at. It is no cryptography: an overwritten header,
 * or one copied from another block, matches by chance once in 65536 times.
 */
static __always_inline u32 ntpool_cookie_live(const struct ntpool_header *at, u64 size,
					      unsigned int flags, u64 owner)
{
	/* The address of the body: a free has it in a register. */
	u64 sum = (owner ^ size ^ (u64)flags << 56 ^ (unsigned long)(at + 1)) * ntpool_secret;

	return (u32)(sum >> 48) | NTPOOL_STATE_LIVE << 16 | flags << 24;
}

static inline unsigned int ntpool_header_flags(const struct ntpool_header *hdr)
{
	return hdr->cookie >> 24;
}

/* True if @copy, read from @at, is the intact header of a live block. */
static inline bool ntpool_header_is_live(const struct ntpool_header *copy,
					 const struct ntpool_header *at)
{
	return copy->cookie ==
	       ntpool_cookie_live(at, copy->size, ntpool_header_flags(copy), copy->owner);
}

static inline u32 ntpool_header_tag(const struct ntpool_header *hdr)
{
	return lower_32_bits(hdr->owner);
}

/*
 * Call sites in 32 bits. On x86-64 all kernel text lies in the top 2 GiB. Elsewhere the
 * distance from this module is stored. A call site farther away than 2 GiB becomes 0.
 */
#if BITS_PER_LONG == 32 || (defined(CONFIG_X86_64) && !defined(CONFIG_UML))
static __always_inline s32 ntpool_caller_pack(unsigned long caller)
{
	return (s32)caller;
}

static inline unsigned long ntpool_caller_unpack(s32 caller)
{
	return (unsigned long)(long)caller;
}
#else
static __always_inline s32 ntpool_caller_pack(unsigned long caller)
{
	long distance = caller - (unsigned long)&ntpool_damage_note;

	return distance == (s32)distance ? (s32)distance : 0;
}

static inline unsigned long ntpool_caller_unpack(s32 caller)
{
	return caller ? (unsigned long)&ntpool_damage_note + (long)caller : 0;
}
#endif

/* Returns the granules that @size bytes and a header take. */
static inline unsigned long ntpool_size_granules(size_t size)
{
	return (size + sizeof(struct ntpool_header) + NTPOOL_GRANULE - 1) >> NTPOOL_GRANULE_SHIFT;
}

static inline unsigned int ntpool_header_granules(const struct ntpool_header *hdr)
{
	return hdr->granules;
}

static inline unsigned int ntpool_header_requested(const struct ntpool_header *hdr)
{
	return hdr->requested;
}

/*
 * Turns the live block with that @cookie into a cached one of the caller. Of several
 * concurrent callers one gets true. The result is false if the cookie has changed.
 */
static __always_inline bool ntpool_header_claim(struct ntpool_header *hdr, u32 cookie)
{
	return try_cmpxchg(&hdr->cookie, &cookie, ntpool_cookie_idle(NTPOOL_STATE_CACHED));
}

static inline unsigned long ntpool_header_caller(const struct ntpool_header *hdr)
{
	return ntpool_caller_unpack(upper_32_bits(hdr->owner));
}

static inline void *ntpool_block_body(struct ntpool_header *hdr)
{
	return hdr + 1;
}

static inline struct ntpool_header *ntpool_block_header(void *body)
{
	return (struct ntpool_header *)body - 1;
}

#endif
