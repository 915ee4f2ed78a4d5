/* SPDX-License-Identifier: GPL-2.0 */
/* All lookaside lists of the system: how they come, how they go, who visits them. */
#ifndef NTPOOL_LOOKASIDE_REGISTRY_H
#define NTPOOL_LOOKASIDE_REGISTRY_H

#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "lists/lookaside_cache.h"

enum {
	NTPOOL_LA_DEPTH = 4,		/* of a new list; tuning goes no lower */
	NTPOOL_LA_MAX_DEPTH = 256,
};

/* What ntpool_lookaside.home says when it is no CPU. */
enum {
	NTPOOL_LA_UNOWNED = -1,		/* not used yet */
	NTPOOL_LA_SHARED = -2,		/* used by several: the scan folds */
};

/* Gives @entry to the list's Free routine. */
typedef void (*ntpool_lookaside_free_fn)(struct ntpool_lookaside_head *head, void *entry,
					 unsigned long caller);

/**
 * struct ntpool_lookaside_desc - what a list is initialised with
 * @type: pool of the blocks
 * @tag: their tag
 * @size: their size in bytes
 * @creator: address that the initialising call returns to
 * @free: calls the Free routine
 * @pool_frees: the Free routine is the pool's
 * @pool_allocates: the Allocate routine is the pool's
 */
struct ntpool_lookaside_desc {
	enum ntpool_type type;
	u32 tag;
	u32 size;
	unsigned long creator;
	ntpool_lookaside_free_fn free;
	bool pool_frees;
	bool pool_allocates;
};

/**
 * struct ntpool_lookaside_note - what the scan remembers of one CPU
 * @uses: allocations and frees in ntpool_lookaside_cpu.own, when it looked last
 * @allocs: the allocations among them
 * @misses: those of them that went to the pool
 * @room: blocks that the cache could have taken before it was full
 */
struct ntpool_lookaside_note {
	u32 uses;
	u32 allocs;
	u32 misses;
	u32 room;
};

/**
 * struct ntpool_lookaside - a list, behind its public structure
 * @desc: constant
 * @head: the public structure; not touched once @dead is set
 * @cpus: the caches
 * @link: in the registry, until @refs is 0
 * @home: the CPU whose ntpool_lookaside_cpu.total is the public fields
 * @dead: deleted, or forgotten because its driver is gone
 * @lost: its memory was freed with the list in it, and is somebody else's now; the
 *	  driver may still delete it, or initialise another list there
 * @zeroed: the public depth is 0 because of the verifier
 * @depth: the public depth, as the last scan found or left it
 * @folded: sums of all ntpool_lookaside_cpu.own that the public fields contain
 * @stash: taken out of the caches, to be freed
 * @freeing: how many are inside the Free routine with an entry of @stash
 * @seen: the public TotalAllocates and AllocateMisses at the last scan, while a CPU is
 *	  at home
 * @span: blocks that one CPU needed since the scan before; ntpool_lookaside_measure()
 * @spare: array for a cache that is about to give up its surplus
 * @refs: the list itself, and those who look at it outside of the lock
 * @flush_work: empties the caches
 * @free_work: frees this
 * @note: per possible CPU
 *
 * ntpool_lookaside_lock guards all from @link to @freeing. One write comes without:
 * the first CPU that uses the list turns @home from NTPOOL_LA_UNOWNED into itself. @seen,
 * @span, @spare and @note are the scan's own, and so is @depth but for its beginnings.
 */
struct ntpool_lookaside {
	struct ntpool_lookaside_desc desc;
	struct ntpool_lookaside_head *head;
	struct ntpool_lookaside_cpu __percpu *cpus;
	struct list_head link;
	int home;
	bool dead;
	bool lost;
	bool zeroed;
	u16 depth;
	u32 folded[NTPOOL_LA_COUNTS];
	struct ntpool_lookaside_slots *stash;
	unsigned int freeing;
	u32 seen[NTPOOL_LA_ALLOC_MISSES + 1];
	u32 span;
	struct ntpool_lookaside_slots *spare;
	refcount_t refs;
	struct work_struct flush_work;
	struct work_struct free_work;
	struct ntpool_lookaside_note note[];
};

typedef void (*ntpool_lookaside_cpu_fn)(struct ntpool_lookaside *list,
					struct ntpool_lookaside_cpu *cpu);

/* lookaside_cache.c */
struct ntpool_lookaside *ntpool_lookaside_create(void);
void ntpool_lookaside_destroy(struct ntpool_lookaside *list);
void ntpool_lookaside_on_cpu(struct ntpool_lookaside *list, int nr, ntpool_lookaside_cpu_fn fn);
void ntpool_lookaside_stash(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu);
void ntpool_lookaside_stash_all(struct ntpool_lookaside *list);
bool ntpool_lookaside_stash_surplus(struct ntpool_lookaside *list);
void ntpool_lookaside_measure(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu);
void ntpool_lookaside_help(struct ntpool_lookaside *list);
bool ntpool_lookaside_empty(struct ntpool_lookaside *list, unsigned long caller);
void ntpool_lookaside_finish(struct ntpool_lookaside *list, unsigned long caller);
void ntpool_lookaside_abandon(struct ntpool_lookaside *list);
/* Until no helper is inside the Free routine, where the caller can wait for that. */
void ntpool_lookaside_wait(struct ntpool_lookaside *list);

/* lookaside_registry.c */

/* A leaf, taken in interprocessor interrupts. */
extern raw_spinlock_t ntpool_lookaside_lock;
/* The verifier is on: nothing is cached. Written under the lock. */
extern bool ntpool_lookaside_off;
/* Scans, flushes, and the freeing of deleted lists. */
extern struct workqueue_struct *ntpool_lookaside_wq;

/*
 * The list after @prev, which loses its reference; after NULL, the first one, oldest
 * first. Who does not go on to the end puts the last one himself.
 */
struct ntpool_lookaside *ntpool_lookaside_next(struct ntpool_lookaside *prev);
/* There are lists, deleted ones that are still looked at among them. */
bool ntpool_lookaside_any(void);
/* Under the lock: the public structure is there, and may be read and written. */
bool ntpool_lookaside_is_alive(struct ntpool_lookaside *list);
/* Once per scan: public counts that lag are brought up to date. Process context. */
void ntpool_lookaside_settle_home(struct ntpool_lookaside *list);
/* First of all: @head may be an active list, which is then forgotten. */
void ntpool_lookaside_forget(struct ntpool_lookaside_head *head, unsigned long caller);
/* @head is zeroed or filled by the caller, but for cpus, magic and the depths. */
void ntpool_lookaside_open(struct ntpool_lookaside_head *head,
			   const struct ntpool_lookaside_desc *desc);
void ntpool_lookaside_close(struct ntpool_lookaside_head *head, unsigned long caller);
void ntpool_lookaside_flush(struct ntpool_lookaside_head *head, unsigned long caller);

/* lookaside_balance.c */

/* Lists take part in the periodic scan between the two. Both sleep. */
void ntpool_lookaside_balance_init(void);
void ntpool_lookaside_balance_exit(void);

#endif
