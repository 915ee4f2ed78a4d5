/* SPDX-License-Identifier: GPL-2.0 */
/* Blocks below a page: their header, their page, their heap. */
#ifndef NTPOOL_HEAP_H
#define NTPOOL_HEAP_H

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "ntpool.h"

/*
 * A page is 256 units as in NT, so a unit is 16 bytes with 4 KiB pages.
 */
#define NTP_UNITS		256
#define NTP_UNIT_SHIFT		(PAGE_SHIFT - 8)
#define NTP_UNIT		BIT(NTP_UNIT_SHIFT)
/* Requests above it are whole pages: 4064 with 4 KiB pages. */
#define NTP_SMALL_MAX		(PAGE_SIZE - sizeof(struct ntp_header) - NTP_UNIT)
/* A block has a header and room for two links: smaller free runs only wait. */
#define NTP_MIN_UNITS		DIV_ROUND_UP(sizeof(struct ntp_header) + 16, NTP_UNIT)
/* A body on a cache line: its header is the last unit before the line. */
#define NTP_LINE_UNITS		max_t(unsigned int, SMP_CACHE_BYTES / NTP_UNIT, 1)
/* In a page of larger units no body is. */
#define NTP_ALIGNED_MOST	(sizeof(struct ntp_header) == NTP_UNIT ? \
				 NTP_UNITS - NTP_LINE_UNITS + 1 : 0)

struct ntp_depot;

/* Sizes up to it have depots: half a KiB with 4 KiB pages, as NT's per-processor lists. */
#define NTP_DEPOT_UNITS		(NTP_UNITS / 8)

/* Values far apart: a stray bit does not turn one into another. */
enum ntp_state {
	NTP_STATE_FREE = 0x1e,		/* on a list of its heap */
	NTP_STATE_CACHED = 0x63,	/* in a CPU's cache; free in every statistic */
	NTP_STATE_LIVE = 0xb5,		/* a driver's */
};

/* What the fast paths do not see to: a block with any of them is freed slowly. */
enum {
	NTP_HDR_OVERFLOW = BIT(0),	/* counted under Ovfl */
	NTP_HDR_RARE = BIT(1),		/* the slow path has to do with it, see there: */
	NTP_HDR_QUOTA = NTP_HDR_RARE | BIT(4),		/* a process pays; a trailer says who */
	NTP_HDR_PROTECTED = NTP_HDR_RARE | BIT(5),	/* freed with its tag, or reported */
	NTP_HDR_VERIFIED = BIT(2),	/* allocated while the verifier was on */
};

static inline bool ntp_header_says(u8 flags, u8 what)
{
	return (flags & what) == what;
}

/**
 * struct ntp_header - the 16 bytes in front of each block
 * @seal: keyed sum of the rest (16 bits), enum ntp_state (8), NTP_HDR_* (8): first,
 *	  so that an overrun of the block before hits it first, and one word, so that it
 *	  is replaced at once
 * @requested: bytes the driver asked for
 * @units: size of the block with header, in units
 * @size: both, @units in the high half
 * @owner: pool tag (low half), and the allocating call, see ntp_caller_pack()
 *
 * It belongs to whoever owns the block: the driver's calls for a live one, the CPU
 * for a cached one, the heap's lock for a free one. A live block is taken from its
 * driver by one compare-and-exchange of @seal. What decides anything (where blocks
 * begin, which are free) is kept outside the page in struct ntp_page; the header is
 * checked against it.
 */
struct ntp_header {
	u32 seal;
	union {
		struct {
#ifdef __BIG_ENDIAN
			u16 units;
			u16 requested;
#else
			u16 requested;
			u16 units;
#endif
		};
		u32 size;
	};
	u64 owner;
};

static_assert(sizeof(struct ntp_header) == 16);

/**
 * struct ntp_mapped - what the page map leads to: the start of a descriptor
 * @heap: the heap of a carved page, for good; NULL: whole pages, see big.h
 */
struct ntp_mapped {
	struct ntp_heap *heap;
};

/**
 * struct ntp_page - what the heap knows of one carved page; not in that page
 * @map: its heap
 * @start: a block (live, cached, free) begins at this unit
 * @free: the block that begins at this unit is free in the heap
 * @base: the page
 * @link: in heap->pages
 * @free_units: units in free blocks
 * @dead: taken off the heap; it waits for readers to go away
 * @rcu: frees page and descriptor
 *
 * @start is read without lock (see ntp_free()); all is written under heap->lock.
 */
struct ntp_page {
	struct ntp_mapped map;
	DECLARE_BITMAP(start, NTP_UNITS);
	DECLARE_BITMAP(free, NTP_UNITS);
	void *base;
	struct list_head link;
	unsigned int free_units;
	bool dead;
	struct rcu_head rcu;
};

/**
 * struct ntp_heap - the blocks of one pool on one node
 * @lock: guards all below, and the pages' bitmaps. Taken from hard interrupts, so
 *	  interrupts are off under it. A leaf: only report.c's lock nests inside
 * @kind: which pool
 * @node: NUMA node that its pages come from; vmalloc's, for paged pool, follow the
 *	  policy of the task that needs one, which is its own node by default
 * @bins: @bins[n] is the first free block of n units, at its header
 * @filled: bit n: @bins[n] is not empty
 * @pages: all pages, and the cursors of walkers
 * @nr_pages: carved pages
 * @nr_empty: those of them that are one free block
 * @free_units: units in free blocks
 * @depot: by size in units, see depot.c; not under @lock
 */
struct ntp_heap {
	raw_spinlock_t lock;
	enum ntp_kind kind;
	int node;
	struct ntp_header *bins[NTP_UNITS + 1];
	DECLARE_BITMAP(filled, NTP_UNITS + 1);
	struct list_head pages;
	unsigned long nr_pages;
	unsigned long nr_empty;
	unsigned long free_units;
	struct ntp_depot *depot[NTP_DEPOT_UNITS + 1];
};

/* What freeing a pointer into a carved page would mean. */
enum ntp_verdict {
	NTP_FREE_OK,
	NTP_FREE_UNOWNED,	/* the page is not carved any more */
	NTP_FREE_MIDDLE,	/* no block begins there */
	NTP_FREE_TWICE,		/* the block is free or cached */
	NTP_FREE_CORRUPT,	/* the header was overwritten */
};

struct ntp_heap *ntp_heap_of(enum ntp_kind kind, int node);
/* The heap after @heap, the first one after NULL; nonpaged ones come first. */
struct ntp_heap *ntp_heap_next(const struct ntp_heap *heap);

/* Up to @want blocks of @units into @out, marked cached. Returns how many. */
unsigned int ntp_heap_take(struct ntp_heap *heap, unsigned int units,
			   struct ntp_header **out, unsigned int want);
/* One block, marked cached, from a fresh page of the kernel; may sleep. */
struct ntp_header *ntp_heap_take_fresh(struct ntp_heap *heap, unsigned int units);
/*
 * One block of @units as the wishes in @flags (NTP_ALIGNED, NTP_NODE_ONLY, NTP_HIGH)
 * have it, marked cached: from what @heap has free, or from a fresh page. An aligned
 * one has at most NTP_ALIGNED_MOST units.
 */
struct ntp_header *ntp_heap_pick(struct ntp_heap *heap, unsigned int units,
				 unsigned int flags);
struct ntp_header *ntp_heap_pick_fresh(struct ntp_heap *heap, unsigned int units,
				       unsigned int flags);
/* The same from the page at @base, for which ntp_map_prepare() has made place. */
struct ntp_header *ntp_heap_pick_from(struct ntp_page *page, void *base,
				      unsigned int units, unsigned int flags);
/* A zeroed descriptor for the latter; NULL: no memory. */
struct ntp_page *ntp_page_alloc(gfp_t gfp, int node);
void ntp_page_free(struct ntp_page *page);
/* Cached blocks go back to @heap, which is theirs. */
void ntp_heap_give(struct ntp_heap *heap, struct ntp_header **blocks, unsigned int nr);
/* After giving, with preemption enabled: empty pages beyond the stock go home. */
void ntp_heap_settle(struct ntp_heap *heap);
/*
 * Claims the block at @p for the caller, who frees it: if it is live it becomes
 * cached. *@copy is the header of the block that @p lies in, as it was. Decided
 * under the lock. In an RCU read section.
 */
enum ntp_verdict ntp_heap_claim(struct ntp_page *page, void *p, struct ntp_header *copy);
/* Up to @max empty pages beyond @keep go back to the kernel. Returns how many. */
unsigned long ntp_heap_trim(struct ntp_heap *heap, unsigned long keep, unsigned long max);
/* The same for all heaps. */
unsigned long ntp_heap_trim_all(unsigned long keep, unsigned long max);
/* Carved pages of all heaps, and those of them that are empty. */
unsigned long ntp_heap_pages(void);
unsigned long ntp_heap_empty_pages(void);
/* Carved pages of one pool; takes no lock. */
unsigned long ntp_heap_kind_pages(enum ntp_kind kind);

/*
 * Copies the header of the live block at @unit. False if it is not one, or not a
 * valid one. Under the heap's lock; the block's owner may free it meanwhile, the
 * copy is then the old header or none.
 */
bool ntp_header_read_live(const struct ntp_page *page, unsigned int unit,
			  struct ntp_header *copy);

/**
 * struct ntp_heap_stats - the heap part of debugfs `pools` and `classes`
 * @pages: carved pages
 * @free_units: units in free blocks of the heap; cached ones come on top
 */
struct ntp_heap_stats {
	unsigned long pages;
	unsigned long free_units;
};

void ntp_heap_stats(enum ntp_kind kind, struct ntp_heap_stats *stats);
/* Live and free (cached included) blocks of each size, index in units. */
int ntp_heap_classes(enum ntp_kind kind, unsigned long *live, unsigned long *free);
int ntp_heap_for_each(ntp_block_fn fn, void *arg);
/* Bitmaps, headers and lists agree: 0, else -EUCLEAN and a line in the log. */
int ntp_heap_verify(void);

extern u64 ntp_secret;		/* odd */

/* What @seal is without a sum: that of a block which is not live. */
static inline u32 ntp_seal_idle(enum ntp_state state)
{
	return state << 16;
}

static inline enum ntp_state ntp_seal_state(u32 seal)
{
	return seal >> 16 & 0xff;
}

/*
 * The seal of the live block at @at. Not cryptography: a header that was overwritten, by
 * accident or by bytes moved from elsewhere, passes with a probability of 1 in 65536.
 */
static __always_inline u32 ntp_seal_live(const struct ntp_header *at, u64 size,
					 unsigned int flags, u64 owner)
{
	/* The body's address: who frees has it at hand. Most of the time @flags is 0. */
	u64 sum = (owner ^ size ^ (u64)flags << 56 ^ (unsigned long)(at + 1)) * ntp_secret;

	return (u32)(sum >> 48) | NTP_STATE_LIVE << 16 | flags << 24;
}

static inline unsigned int ntp_header_flags(const struct ntp_header *hdr)
{
	return hdr->seal >> 24;
}

/* Live, and as its owner wrote it. */
static inline bool ntp_header_is_live(const struct ntp_header *copy,
				      const struct ntp_header *at)
{
	return copy->seal == ntp_seal_live(at, copy->size, ntp_header_flags(copy), copy->owner);
}

static inline u32 ntp_header_tag(const struct ntp_header *hdr)
{
	return lower_32_bits(hdr->owner);
}

/*
 * Return addresses in 32 bits. On x86-64 all kernel text lies in the top 2 GiB,
 * elsewhere within 2 GiB of this module as a rule; if not, the caller is unknown.
 */
#if BITS_PER_LONG == 32 || (defined(CONFIG_X86_64) && !defined(CONFIG_UML))
static __always_inline s32 ntp_caller_pack(unsigned long caller)
{
	return (s32)caller;
}

static inline unsigned long ntp_caller_unpack(s32 caller)
{
	return (unsigned long)(long)caller;
}
#else
static __always_inline s32 ntp_caller_pack(unsigned long caller)
{
	long distance = caller - (unsigned long)&ntp_heap_of;

	return distance == (s32)distance ? (s32)distance : 0;
}

static inline unsigned long ntp_caller_unpack(s32 caller)
{
	return caller ? (unsigned long)&ntp_heap_of + (long)caller : 0;
}
#endif

static inline unsigned long ntp_size_units(size_t size)
{
	return (size + sizeof(struct ntp_header) + NTP_UNIT - 1) >> NTP_UNIT_SHIFT;
}

static inline unsigned int ntp_header_units(const struct ntp_header *hdr)
{
	return hdr->units;
}

static inline unsigned int ntp_header_requested(const struct ntp_header *hdr)
{
	return hdr->requested;
}

/*
 * The live block with that @seal becomes cached, and the caller's: true for one of those
 * who try at the same time. False as well if the seal is another one by now.
 */
static __always_inline bool ntp_header_claim(struct ntp_header *hdr, u32 seal)
{
	return try_cmpxchg(&hdr->seal, &seal, ntp_seal_idle(NTP_STATE_CACHED));
}

static inline unsigned long ntp_header_caller(const struct ntp_header *hdr)
{
	return ntp_caller_unpack(upper_32_bits(hdr->owner));
}

static inline void *ntp_block_body(struct ntp_header *hdr)
{
	return hdr + 1;
}

static inline struct ntp_header *ntp_block_header(void *body)
{
	return (struct ntp_header *)body - 1;
}

#endif
