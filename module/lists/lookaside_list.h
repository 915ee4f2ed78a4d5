/* SPDX-License-Identifier: GPL-2.0 */
/* The object behind the public structure of a lookaside list, and its lock. */
#ifndef NTPOOL_LOOKASIDE_LIST_H
#define NTPOOL_LOOKASIDE_LIST_H

#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "lists/lookaside_cache.h"

enum {
	NTPOOL_LA_DEPTH = 4,		/* of a new list, and the minimum for tuning */
	NTPOOL_LA_MAX_DEPTH = 256,
};

/* Values of ntpool_lookaside.totals_owner that are no CPU, see lookaside_totals.c. */
enum {
	NTPOOL_LA_UNOWNED = -1,		/* no CPU has counted yet */
	NTPOOL_LA_SHARED = -2,		/* several CPUs count */
};

/* Passes @entry to the Free routine of the list at @head. */
typedef void (*ntpool_lookaside_free_fn)(struct ntpool_lookaside_head *head, void *entry,
					 unsigned long caller);

enum {
	NTPOOL_LA_ALLOCATE,
	NTPOOL_LA_FREE,
	NTPOOL_LA_ROUTINES
};

/**
 * struct ntpool_lookaside_desc - the properties of a list, constant
 * @type: pool type of the blocks
 * @tag: tag of the blocks
 * @size: size of a block in bytes
 * @creator: return address of the initialising call; 0 once its code has gone, lock
 * @routine: addresses of the Allocate and the Free routine; 0: the pool's
 * @free: calls the Free routine
 * @orphan: takes the routine of that number out of the public structure, because its code
 *	is about to be freed. Called with the lock held
 */
struct ntpool_lookaside_desc {
	enum ntpool_type type;
	u32 tag;
	u32 size;
	unsigned long creator;
	unsigned long routine[NTPOOL_LA_ROUTINES];
	ntpool_lookaside_free_fn free;
	void (*orphan)(struct ntpool_lookaside_head *head, unsigned int which);
};

static inline bool ntpool_lookaside_pool_frees(const struct ntpool_lookaside_desc *desc)
{
	return !desc->routine[NTPOOL_LA_FREE];
}

static inline bool ntpool_lookaside_pool_allocates(const struct ntpool_lookaside_desc *desc)
{
	return !desc->routine[NTPOOL_LA_ALLOCATE];
}

/**
 * struct ntpool_lookaside_prev - counts of one CPU at the previous scan
 * @uses: allocations and frees in ntpool_lookaside_cpu.own
 * @allocs: the allocations among @uses
 * @misses: those of @allocs that the Allocate routine served
 * @room: blocks that still fitted into the magazine
 */
struct ntpool_lookaside_prev {
	u32 uses;
	u32 allocs;
	u32 misses;
	u32 room;
};

/**
 * struct ntpool_lookaside - a lookaside list
 * @desc: constant
 * @head: the public structure, constant; once @dead is set only to remove its routines
 * @cpus: the caches of all CPUs; those of ntpool_lookaside_none while there is no memory.
 *	  Changed once, under the lock
 * @link: in the registry until the last reference is dropped; lock
 * @node: in the registry's tree until @dead or @lost is set; lock
 * @totals_owner: the CPU that counts in the public fields, or NTPOOL_LA_*; lock, except that
 *	  the first CPU that counts replaces NTPOOL_LA_UNOWNED by compare-and-exchange
 * @dead: the list was deleted, or abandoned because its driver was unloaded; lock
 * @lost: the list was deleted, or the memory of @head was freed. Visitors do not access @head
 *	  any more; lock
 * @zeroed: the public depth is 0 because the verifier is on, or the list was abandoned; lock
 * @depth: the public depth after the last scan; lock, the scan reads it without
 * @folded: sums over all ntpool_lookaside_cpu.own, as far as the public fields contain
 *	  them; lock
 * @others: sums over the CPUs that are not about to own the totals; balance_mutex
 * @deferred: detached magazines whose blocks wait for the Free routine; none is empty; lock
 * @emptied: detached magazines without blocks; lock
 * @freeing: incremented before and after each call of the Free routine by the helper, so
 *	     it is odd during the call. Only the helper writes it, before a call under the lock
 * @prev_total: public TotalAllocates and AllocateMisses at the last scan, while a CPU owns
 *	  the totals; balance_mutex
 * @span: blocks that one CPU needed since the scan before; balance_mutex
 * @spare: empty magazine for a CPU that is about to lose its surplus; balance_mutex
 * @refs: one reference of the list itself, one of each visitor and each queued work; atomic
 * @flush_work: empties the caches
 * @drain_work: frees the deferred blocks
 * @free_work: frees this object
 * @prev: by CPU number; balance_mutex
 *
 * "Lock" is ntpool_lookaside_lock, and balance_mutex is that of lookaside_balance.c.
 */
struct ntpool_lookaside {
	struct ntpool_lookaside_desc desc;
	struct ntpool_lookaside_head *head;
	struct ntpool_lookaside_cpu __percpu *cpus;
	struct list_head link;
	struct rb_node node;
	int totals_owner;
	bool dead;
	bool lost;
	bool zeroed;
	u16 depth;
	u32 folded[NTPOOL_LA_COUNTS];
	u32 others[NTPOOL_LA_COUNTS];
	struct ntpool_lookaside_magazine *deferred;
	struct ntpool_lookaside_magazine *emptied;
	unsigned int freeing;
	u32 prev_total[NTPOOL_LA_ALLOC_MISSES + 1];
	u32 span;
	struct ntpool_lookaside_magazine *spare;
	refcount_t refs;
	struct work_struct flush_work;
	struct work_struct drain_work;
	struct rcu_work free_work;
	struct ntpool_lookaside_prev prev[];
};

typedef void (*ntpool_lookaside_cpu_fn)(struct ntpool_lookaside *list,
					struct ntpool_lookaside_cpu *cpu);

/* Innermost; taken in interprocessor interrupts and at DISPATCH_LEVEL. */
extern raw_spinlock_t ntpool_lookaside_lock;

/* Word that marks an initialised list: "Look" and the address, so a copy is no list. */
static inline unsigned long ntpool_lookaside_magic(const struct ntpool_lookaside_head *head)
{
	return (unsigned long)head ^ 0x6b6f6f4cUL;
}

static inline bool ntpool_lookaside_is_cached(const struct ntpool_lookaside *list)
{
	return READ_ONCE(list->cpus) != &ntpool_lookaside_none;
}

/* lookaside_list.c */
struct ntpool_lookaside *ntpool_lookaside_create(void);
void ntpool_lookaside_add_caches(struct ntpool_lookaside *list);
void ntpool_lookaside_destroy(struct ntpool_lookaside *list);
bool ntpool_lookaside_is_there(struct ntpool_lookaside *list);
bool ntpool_lookaside_is_alive(struct ntpool_lookaside *list);
bool ntpool_lookaside_on_cpu(struct ntpool_lookaside *list, int nr, ntpool_lookaside_cpu_fn fn);
struct ntpool_lookaside_magazine *ntpool_lookaside_magazine_alloc(u32 cap);
void ntpool_lookaside_magazines_free(struct ntpool_lookaside_magazine *magazine);

/* lookaside_totals.c */
void ntpool_lookaside_totals_sum(const struct ntpool_lookaside *list, u32 *sum);
void ntpool_lookaside_totals_fold(struct ntpool_lookaside *list, const u32 *sum);
void ntpool_lookaside_totals_release(struct ntpool_lookaside *list,
				     struct ntpool_lookaside_cpu *cpu);
void ntpool_lookaside_totals_update(struct ntpool_lookaside *list);

/* lookaside_drain.c */
void ntpool_lookaside_detach(struct ntpool_lookaside *list, struct ntpool_lookaside_cpu *cpu);
void ntpool_lookaside_detach_all(struct ntpool_lookaside *list);
bool ntpool_lookaside_detach_surplus(struct ntpool_lookaside *list);
bool ntpool_lookaside_is_helper(void);
void ntpool_lookaside_free_deferred(struct ntpool_lookaside *list);
void ntpool_lookaside_wait(struct ntpool_lookaside *list);
bool ntpool_lookaside_empty(struct ntpool_lookaside *list, unsigned long caller);
void ntpool_lookaside_free_all(struct ntpool_lookaside *list, unsigned long caller);
void ntpool_lookaside_abandon(struct ntpool_lookaside *list);
void ntpool_lookaside_free_rest(struct ntpool_lookaside *list);

#endif
