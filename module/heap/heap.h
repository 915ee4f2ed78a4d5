/* SPDX-License-Identifier: GPL-2.0 */
/* Blocks below a page: their header, their page, their heap. */
#ifndef NTPOOL_HEAP_H
#define NTPOOL_HEAP_H

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "base/types.h"
#include "memory/pagemap.h"

/* Requests above it are whole pages: 4064 with 4 KiB pages. */
#define NTPOOL_SMALL_MAX		(PAGE_SIZE - sizeof(struct ntpool_header) - NTPOOL_GRANULE)
/* A block has a header and room for two links: smaller free runs only wait. */
#define NTPOOL_MIN_GRANULES DIV_ROUND_UP(sizeof(struct ntpool_header) + 16, NTPOOL_GRANULE)
/* A body on a cache line: its header is the last unit before the line. */
#define NTPOOL_LINE_GRANULES		max_t(unsigned int, SMP_CACHE_BYTES / NTPOOL_GRANULE, 1)
/* In a page of larger units no body is. */
#define NTPOOL_ALIGNED_MAX	(sizeof(struct ntpool_header) == NTPOOL_GRANULE ? \
				 NTPOOL_GRANULES - NTPOOL_LINE_GRANULES + 1 : 0)

struct ntpool_depot;

/* Values far apart: a stray bit does not turn one into another. */
enum ntpool_state {
	NTPOOL_STATE_FREE = 0x1e,		/* on a list of its heap */
	NTPOOL_STATE_CACHED = 0x63,	/* in a CPU's cache; free in every statistic */
	NTPOOL_STATE_LIVE = 0xb5,		/* a driver's */
};

/* Flags of a block. A block with any of them is freed by the slow path. */
enum {
	NTPOOL_HDR_OVERFLOW = BIT(0),	/* counted under Ovfl */
	NTPOOL_HDR_SLOW_FREE = BIT(1),	/* always set with one of the next two */
	/* A process was charged; a trailer names it. */
	NTPOOL_HDR_QUOTA = NTPOOL_HDR_SLOW_FREE | BIT(4),
	/* To be freed with its tag. */
	NTPOOL_HDR_PROTECTED = NTPOOL_HDR_SLOW_FREE | BIT(5),
	NTPOOL_HDR_VERIFIED = BIT(2),	/* allocated while the verifier was on */
};

static inline bool ntpool_header_says(u8 flags, u8 what)
{
	return (flags & what) == what;
}

/**
 * struct ntpool_header - the 16 bytes in front of each block
 * @cookie: keyed sum of the rest (16 bits), enum ntpool_state (8), NTPOOL_HDR_* (8): first,
 *	  so that an overrun of the block before hits it first, and one word, so that it
 *	  is replaced at once
 * @requested: bytes the driver asked for
 * @granules: size of the block with header, in units
 * @size: both, @granules in the high half
 * @owner: pool tag (low half), and the allocating call, see ntpool_caller_pack()
 *
 * It belongs to whoever owns the block: the driver's calls for a live one, the CPU
 * for a cached one, the heap's lock for a free one. A live block is taken from its
 * driver by one compare-and-exchange of @cookie. What decides anything (where blocks
 * begin, which are free) is kept outside the page in struct ntpool_page; the header is
 * checked against it.
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
 * struct ntpool_page - what the heap knows of one carved page; not in that page
 * @map: its heap
 * @start: a block (live, cached, free) begins at this unit
 * @free: the block that begins at this unit is free in the heap
 * @base: the page
 * @link: in heap->pages
 * @free_granules: units in free blocks
 * @dead: taken off the heap; it waits for readers to go away
 * @rcu: frees page and descriptor
 *
 * @start is read without lock (see ntpool_free()); all is written under heap->lock.
 */
struct ntpool_page {
	struct ntpool_mapped map;
	DECLARE_BITMAP(start, NTPOOL_GRANULES);
	DECLARE_BITMAP(free, NTPOOL_GRANULES);
	void *base;
	struct list_head link;
	unsigned int free_granules;
	bool dead;
	struct rcu_head rcu;
};

/**
 * struct ntpool_heap - the blocks of one pool on one node
 * @lock: guards all below, and the pages' bitmaps. Taken from hard interrupts, so
 *	  interrupts are off under it. A leaf: only report.c's lock nests inside
 * @type: which pool
 * @node: NUMA node that its pages come from; vmalloc's, for paged pool, follow the
 *	  policy of the task that needs one, which is its own node by default
 * @bins: @bins[n] is the first free block of n units, at its header
 * @filled: bit n: @bins[n] is not empty
 * @pages: all pages, and the cursors of walkers
 * @nr_pages: carved pages
 * @nr_empty: those of them that are one free block
 * @free_granules: units in free blocks
 * @depot: by size in granules, see depot.c; constant between ntpool_depot_init() and
 *	   ntpool_depot_exit(), which makes @lock needless
 */
struct ntpool_heap {
	raw_spinlock_t lock;
	enum ntpool_type type;
	int node;
	struct ntpool_header *bins[NTPOOL_GRANULES + 1];
	DECLARE_BITMAP(filled, NTPOOL_GRANULES + 1);
	struct list_head pages;
	unsigned long nr_pages;
	unsigned long nr_empty;
	unsigned long free_granules;
	struct ntpool_depot **depot;
};

/* What freeing a pointer into a carved page would mean. */
enum ntpool_verdict {
	NTPOOL_FREE_OK,
	NTPOOL_FREE_UNOWNED,	/* the page is not carved any more */
	NTPOOL_FREE_MIDDLE,	/* no block begins there */
	NTPOOL_FREE_TWICE,		/* the block is free or cached */
	NTPOOL_FREE_CORRUPT,	/* the header was overwritten */
};

/* Where bodies of blocks begin in the linear map: ntpool_map_base and one header. */
extern unsigned long ntpool_body_base;
/* ntpool_map_limit for the fast frees, which do not zero: 0 with init_on_free. */
extern unsigned long ntpool_fast_limit;

/*
 * The descriptor of the carved page that @p lies in; NULL: there is none. Called, and
 * valid, in an RCU read section, as for ntpool_map_of(); or with that page's heap locked.
 */
static inline struct ntpool_page *ntpool_page_of(const void *p)
{
	struct ntpool_mapped *map = ntpool_map_of(p);

	return map && map->heap ? container_of(map, struct ntpool_page, map) : NULL;
}

struct ntpool_heap *ntpool_heap_of(enum ntpool_type type, int node);
/* The heap after @heap, the first one after NULL; nonpaged ones come first. */
struct ntpool_heap *ntpool_heap_next(const struct ntpool_heap *heap);

/*
 * Takes up to @nr free blocks of @granules from @heap into @out, marked cached. Returns
 * how many, 0 if no free block is large enough. @flags: 0, or constraints. With
 * NTPOOL_ALIGNED the body begins on a cache line; @nr is 1 and @granules at most
 * NTPOOL_ALIGNED_MAX. With NTPOOL_NODE_ONLY the page is on the heap's node; @nr is 1. All
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
 * The same from the nonpaged page at @base, for which ntpool_map_prepare() was called, with
 * the descriptor @page of ntpool_page_alloc(). Needs no memory. Any context.
 */
struct ntpool_header *ntpool_heap_take_from(struct ntpool_page *page, void *base,
					    unsigned int granules, unsigned int flags);
/* Allocates a zeroed descriptor on @node, or returns NULL. Sleeps if @gfp allows that. */
struct ntpool_page *ntpool_page_alloc(gfp_t gfp, int node);
/* Frees a descriptor that no page was added with. */
void ntpool_page_free(struct ntpool_page *page);
/* Cached blocks go back to @heap, which is theirs. */
void ntpool_heap_give(struct ntpool_heap *heap, struct ntpool_header **blocks, unsigned int nr);
/* After giving, with preemption enabled: empty pages beyond the stock go home. */
void ntpool_heap_trim_surplus(struct ntpool_heap *heap);
/*
 * Claims the block at @p for the caller, who frees it: if it is live it becomes
 * cached. *@copy is the header of the block that @p lies in, as it was. Decided
 * under the lock. In an RCU read section.
 */
enum ntpool_verdict ntpool_heap_claim(struct ntpool_page *page, void *p,
				      struct ntpool_header *copy);
/* Up to @max empty pages beyond @keep go back to the kernel. Returns how many. */
unsigned long ntpool_heap_trim(struct ntpool_heap *heap, unsigned long keep, unsigned long max);
/* The same for all heaps. */
unsigned long ntpool_heap_trim_all(unsigned long keep, unsigned long max);
/* Carved pages of all heaps, and those of them that are empty. */
unsigned long ntpool_heap_pages(void);
unsigned long ntpool_heap_empty_pages(void);
/* Carved pages of one pool; takes no lock. */
unsigned long ntpool_heap_type_pages(enum ntpool_type type);

/*
 * Copies the header of the live block at @granule. False if it is not one, or not a
 * valid one. Under the heap's lock; the block's owner may free it meanwhile, the
 * copy is then the old header or none.
 */
bool ntpool_header_read_live(const struct ntpool_page *page, unsigned int granule,
			     struct ntpool_header *copy);

/**
 * struct ntpool_heap_stats - the heap part of debugfs `pools` and `classes`
 * @pages: carved pages
 * @free_granules: units in free blocks of the heap; cached ones come on top
 */
struct ntpool_heap_stats {
	unsigned long pages;
	unsigned long free_granules;
};

void ntpool_heap_stats(enum ntpool_type type, struct ntpool_heap_stats *stats);
/* Live and free (cached included) blocks of each size, index in units. */
int ntpool_heap_classes(enum ntpool_type type, unsigned long *live, unsigned long *free);
int ntpool_heap_for_each(ntpool_block_fn fn, void *arg);
/* Bitmaps, headers and lists agree: 0, else -EUCLEAN and a line in the log. */
int ntpool_heap_check(void);

extern u64 ntpool_secret;		/* odd */

/* What @cookie is without a sum: that of a block which is not live. */
static inline u32 ntpool_cookie_idle(enum ntpool_state state)
{
	return state << 16;
}

static inline enum ntpool_state ntpool_cookie_state(u32 cookie)
{
	return cookie >> 16 & 0xff;
}

/*
 * The seal of the live block at @at. Not cryptography: a header that was overwritten, by
 * accident or by bytes moved from elsewhere, passes with a probability of 1 in 65536.
 */
static __always_inline u32 ntpool_cookie_live(const struct ntpool_header *at, u64 size,
					      unsigned int flags, u64 owner)
{
	/* The body's address: who frees has it at hand. Most of the time @flags is 0. */
	u64 sum = (owner ^ size ^ (u64)flags << 56 ^ (unsigned long)(at + 1)) * ntpool_secret;

	return (u32)(sum >> 48) | NTPOOL_STATE_LIVE << 16 | flags << 24;
}

static inline unsigned int ntpool_header_flags(const struct ntpool_header *hdr)
{
	return hdr->cookie >> 24;
}

/* Live, and as its owner wrote it. */
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
 * Return addresses in 32 bits. On x86-64 all kernel text lies in the top 2 GiB,
 * elsewhere within 2 GiB of this module as a rule; if not, the caller is unknown.
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
	long distance = caller - (unsigned long)&ntpool_heap_of;

	return distance == (s32)distance ? (s32)distance : 0;
}

static inline unsigned long ntpool_caller_unpack(s32 caller)
{
	return caller ? (unsigned long)&ntpool_heap_of + (long)caller : 0;
}
#endif

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
 * The live block with that @cookie becomes cached, and the caller's: true for one of those
 * who try at the same time. False as well if the seal is another one by now.
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
