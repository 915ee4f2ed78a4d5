// SPDX-License-Identifier: GPL-2.0
/*
 * Lookaside lists under NT's names: arguments decoded, return addresses taken, the
 * fast paths of lookaside_cache.h put into each routine.
 *
 * A list keeps blocks of one size that were freed, for the next allocations. The
 * public structure has NT's fields, and the totals, misses, Type, Tag, Size and the
 * routines in it mean what NT says. ListHead is ours: the per-CPU caches, and a word
 * that tells an initialised list. Lists for which there was no memory when they were
 * initialised work without caches, as the routines that return nothing demand.
 *
 * What differs from NT:
 *
 *  - each CPU has a cache of its own, and Depth bounds each; last in, first out
 *    holds per CPU. With several CPUs the totals lag by up to one scan;
 *  - a list is usable in hard interrupts, if its routines are;
 *  - a default allocation that goes to the pool is recorded under the caller of the
 *    list's routine, not under the list's;
 *  - on NT only calls of the driver and the balance set manager lead to its Free
 *    routine. Here the system calls it too when the verifier is switched on, when a
 *    CPU goes offline, and after a flush that could not wait. For lists of nonpaged
 *    blocks all of that is at DISPATCH_LEVEL, for paged ones at PASSIVE_LEVEL;
 *  - a list that is to raise on failure does so (raise.c) where the pool's routine fails
 *    for it; then NULL is returned;
 *  - blocks on the list count as allocated in all figures of the pool (as on NT), and
 *    are not zeroed again when they are reused, init_on_alloc or not.
 *
 * The three families share all code; whether a list is one of LOOKASIDE_LIST_EX,
 * whose routines get the list as well, is known from the routine that is called.
 */
#include <linux/build_bug.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/limits.h>

#include <ntddk.h>

#include "base/irql.h"
#include "base/report.h"
#include "base/verifier.h"
#include "ddi/pool.h"
#include "lists/lookaside_registry.h"
#include "pool/pool.h"
#include "verify/verify.h"

/* Pool types that the blocks of a list may have, with bits that change nothing. */
#define TYPE_KNOWN	(PagedPoolCacheAligned | NTPOOL_TYPE_SESSION | POOL_COLD_ALLOCATION | \
			 POOL_NX_ALLOCATION)

#define EX_FLAGS	(EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | \
			 EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE)

#define HEAD_AT(theirs, ours)						\
	static_assert(offsetof(GENERAL_LOOKASIDE_POOL, theirs) ==	\
		      offsetof(struct ntpool_lookaside_head, ours))

HEAD_AT(ListHead, cpus);
HEAD_AT(Depth, depth.now);
HEAD_AT(MaximumDepth, depth.max);
HEAD_AT(TotalAllocates, total[NTPOOL_LA_ALLOCS]);
HEAD_AT(AllocateMisses, total[NTPOOL_LA_ALLOC_MISSES]);
HEAD_AT(TotalFrees, total[NTPOOL_LA_FREES]);
HEAD_AT(FreeMisses, total[NTPOOL_LA_FREE_MISSES]);

/* Every public structure begins with one of these. */
static struct ntpool_lookaside_head *head_of(void *list)
{
	return list;
}

static GENERAL_LOOKASIDE_POOL *list_of(struct ntpool_lookaside_head *head)
{
	return (GENERAL_LOOKASIDE_POOL *)head;
}

/*
 * Behind the fast paths: the list's routines
 */

static bool pool_allocates(const GENERAL_LOOKASIDE_POOL *list)
{
	return list->Allocate == ExAllocatePoolWithTag;
}

static bool pool_frees(const GENERAL_LOOKASIDE_POOL *list)
{
	return list->Free == ExFreePool;
}

static enum ntpool_type list_type(const GENERAL_LOOKASIDE_POOL *list)
{
	return list->Type & NTPOOL_TYPE_PAGED ? NTPOOL_PAGED : NTPOOL_NONPAGED;
}

static void *pool_alloc(const GENERAL_LOOKASIDE_POOL *list, unsigned long caller)
{
	/* The list frees its blocks without a tag: it cannot have protected ones. */
	return ntpool_ddi_alloc(list->Type, list->Size, list->Tag & ~NTPOOL_TAG_PROTECTED,
				pool_frees(list) ? NTPOOL_FOR_LIST : 0, caller);
}

/* Of a list that allocates with a routine of the driver's the verifier knows nothing. */
static void pool_free(const GENERAL_LOOKASIDE_POOL *list, void *entry, unsigned long caller)
{
	const struct ntpool_list_call call = {
		.type = list_type(list),
		.tag = list->Tag & ~NTPOOL_TAG_PROTECTED,
		.size = list->Size,
	};

	if (pool_allocates(list))
		ntpool_list_free(entry, &call, caller);
	else
		ntpool_free(entry, 0, caller);
}

static noinline void *miss(struct ntpool_lookaside_head *head, bool inside, unsigned long caller)
{
	GENERAL_LOOKASIDE_POOL *list = list_of(head);
	void *entry = ntpool_lookaside_dig(head, inside);

	if (entry)
		return entry;
	if (unlikely(!ntpool_lookaside_is_list(head, caller)))
		return NULL;
	if (likely(pool_allocates(list)))
		return pool_alloc(list, caller);
	return list->Allocate(list->Type, list->Size, list->Tag);
}

static noinline void *miss_ex(struct ntpool_lookaside_head *head, bool inside,
			      unsigned long caller)
{
	GENERAL_LOOKASIDE_POOL *list = list_of(head);
	void *entry = ntpool_lookaside_dig(head, inside);

	if (entry)
		return entry;
	if (unlikely(!ntpool_lookaside_is_list(head, caller)))
		return NULL;
	if (likely(pool_allocates(list)))
		return pool_alloc(list, caller);
	return list->AllocateEx(list->Type, list->Size, list->Tag, (PLOOKASIDE_LIST_EX)list);
}

static void free_entry(struct ntpool_lookaside_head *head, void *entry, unsigned long caller)
{
	GENERAL_LOOKASIDE_POOL *list = list_of(head);

	if (likely(pool_frees(list)))
		pool_free(list, entry, caller);
	else
		list->Free(entry);
}

static void free_entry_ex(struct ntpool_lookaside_head *head, void *entry, unsigned long caller)
{
	GENERAL_LOOKASIDE_POOL *list = list_of(head);

	if (likely(pool_frees(list)))
		pool_free(list, entry, caller);
	else
		list->FreeEx(entry, (PLOOKASIDE_LIST_EX)list);
}

static noinline void full(struct ntpool_lookaside_head *head, void *entry, bool inside,
			  unsigned long caller)
{
	if (!ntpool_lookaside_keep(head, entry, inside) && ntpool_lookaside_is_list(head, caller))
		free_entry(head, entry, caller);
}

static noinline void full_ex(struct ntpool_lookaside_head *head, void *entry, bool inside,
			     unsigned long caller)
{
	if (!ntpool_lookaside_keep(head, entry, inside) && ntpool_lookaside_is_list(head, caller))
		free_entry_ex(head, entry, caller);
}

/*
 * Initialising
 */

static void report_paged(const void *list, unsigned long caller)
{
	struct ntpool_stop stop = {
		.code = NTPOOL_STOP_MUST_BE_NONPAGED,
		.param = { (unsigned long)list, ntpool_irql(), 1, caller },
		.addr_mask = BIT(0) | BIT(3),
		.text = "the structure of a lookaside list lies in paged pool",
		.caller = caller,
	};

	ntpool_report(&stop);
}

static void report_small(const void *list, SIZE_T size, unsigned long caller)
{
	struct ntpool_stop stop = {
		.code = NTPOOL_STOP_VERIFIER,
		.param = { 0xcd, (unsigned long)list, size, LOOKASIDE_MINIMUM_BLOCK_SIZE },
		.addr_mask = BIT(1),
		.text = "the blocks of a list are too small for a link; they were made larger",
		.caller = caller,
	};

	ntpool_report(&stop);
}

/*
 * @list has its routines, NULL for the pool's. All but the head is known to the
 * engine from the description, which outlives the structure.
 */
static void list_open(const GENERAL_LOOKASIDE_POOL *model, GENERAL_LOOKASIDE_POOL *list,
		      SIZE_T size, ntpool_lookaside_free_fn free, unsigned long caller)
{
	struct ntpool_lookaside_desc desc = { .creator = caller, .free = free };

	if (ntpool_is_paged(list))
		report_paged(list, caller);
	if (size < LOOKASIDE_MINIMUM_BLOCK_SIZE && ntpool_verifier())
		report_small(list, size, caller);
	ntpool_lookaside_forget(head_of(list), caller);
	*list = *model;
	if (!list->Allocate)
		list->Allocate = ExAllocatePoolWithTag;
	if (!list->Free)
		list->Free = ExFreePool;
	list->Size = clamp_t(SIZE_T, size, LOOKASIDE_MINIMUM_BLOCK_SIZE, MAXULONG);
	desc.type = list_type(list);
	desc.tag = list->Tag & ~NTPOOL_TAG_PROTECTED;
	desc.size = list->Size;
	desc.pool_frees = pool_frees(list);
	desc.pool_allocates = pool_allocates(list);
	ntpool_lookaside_open(head_of(list), &desc);
}

/**
 * ExInitializeNPagedLookasideList() - initialise a list of nonpaged blocks
 * @Lookaside: the list, in resident memory, aligned as its type
 * @Allocate: routine that allocates a block, or NULL for ExAllocatePoolWithTag()
 * @Free: routine that frees a block, or NULL for ExFreePool()
 * @Flags: 0, POOL_RAISE_IF_ALLOCATION_FAILURE, POOL_NX_ALLOCATION; they are or-ed
 *	   into the pool type that @Allocate, or the pool, is given; other bits are ignored
 * @Size: size of a block in bytes; LOOKASIDE_MINIMUM_BLOCK_SIZE if it is less
 * @Tag: tag of the blocks
 * @Depth: ignored; lists start at a depth of 4, or 0 while the verifier is on
 *
 * No block is allocated. A list inside paged pool is reported as 0xD3, and works.
 * @Free may be called by the system at DISPATCH_LEVEL, besides by the routines of
 * the list at the IRQL of their callers.
 *
 * Differs: each CPU has a cache of its own, bounded by Depth; the system may call the
 * Free routine too.
 *
 * Context: IRQL <= DISPATCH_LEVEL. May sleep below DISPATCH_LEVEL.
 *
 * Source: wdm.h documentation of ExInitializeNPagedLookasideList.
 */
void ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside,
				     PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
				     ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
	const ULONG known = POOL_RAISE_IF_ALLOCATION_FAILURE | POOL_NX_ALLOCATION;
	const GENERAL_LOOKASIDE_POOL model = {
		.Type = NonPagedPool | (Flags & known),
		.Tag = Tag,
		.Allocate = Allocate,
		.Free = Free,
	};

	list_open(&model, (GENERAL_LOOKASIDE_POOL *)&Lookaside->L, Size, free_entry, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExInitializeNPagedLookasideList);

/**
 * ExInitializePagedLookasideList() - initialise a list of paged blocks
 * @Lookaside: the list, itself in resident memory, aligned as its type
 * @Allocate: routine that allocates a block, or NULL for ExAllocatePoolWithTag()
 * @Free: routine that frees a block, or NULL for ExFreePool()
 * @Flags: 0 or POOL_RAISE_IF_ALLOCATION_FAILURE, or-ed into the pool type that
 *	   @Allocate is given; other bits are ignored
 * @Size: size of a block in bytes; LOOKASIDE_MINIMUM_BLOCK_SIZE if it is less
 * @Tag: tag of the blocks
 * @Depth: ignored; lists start at a depth of 4, or 0 while the verifier is on
 *
 * As ExInitializeNPagedLookasideList(), but @Free is called by the system at
 * PASSIVE_LEVEL.
 *
 * Differs: as ExInitializeNPagedLookasideList().
 *
 * Context: IRQL <= APC_LEVEL. May sleep.
 *
 * Source: wdm.h documentation of ExInitializePagedLookasideList.
 */
void ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside,
				    PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
				    ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
	const GENERAL_LOOKASIDE_POOL model = {
		.Type = PagedPool | (Flags & POOL_RAISE_IF_ALLOCATION_FAILURE),
		.Tag = Tag,
		.Allocate = Allocate,
		.Free = Free,
	};

	list_open(&model, (GENERAL_LOOKASIDE_POOL *)&Lookaside->L, Size, free_entry, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExInitializePagedLookasideList);

/* What the flags of an Ex list put into its type. */
static ULONG ex_flags_type(ULONG flags)
{
	switch (flags) {
	case EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL:
		return POOL_RAISE_IF_ALLOCATION_FAILURE;
	case EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE:
		return POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;
	default:
		return 0;
	}
}

/**
 * ExInitializeLookasideListEx() - initialise a list whose routines are given it
 * @Lookaside: the list, in resident memory, aligned as its type
 * @Allocate: routine that allocates a block, or NULL for ExAllocatePoolWithTag()
 * @Free: routine that frees a block, or NULL for ExFreePool()
 * @PoolType: pool of the blocks: nonpaged or paged, also their Nx, cache aligned and
 *	      session forms
 * @Flags: 0, or one of EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL (@Allocate is given
 *	   POOL_RAISE_IF_ALLOCATION_FAILURE in its pool type) and
 *	   EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE (POOL_QUOTA_FAIL_INSTEAD_OF_RAISE)
 * @Size: size of a block in bytes; LOOKASIDE_MINIMUM_BLOCK_SIZE if it is less
 * @Tag: tag of the blocks
 * @Depth: ignored; lists start at a depth of 4, or 0 while the verifier is on
 *
 * As ExInitializeNPagedLookasideList(). A routine finds what it needs besides the
 * list with CONTAINING_RECORD(). With the pool's routine a list that is to raise on
 * failure raises STATUS_INSUFFICIENT_RESOURCES.
 *
 * Differs: as ExInitializeNPagedLookasideList().
 *
 * Context: IRQL <= DISPATCH_LEVEL. May sleep below DISPATCH_LEVEL.
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER_4: @PoolType is none of these;
 * STATUS_INVALID_PARAMETER_5: unknown @Flags, or both. The list is untouched then.
 *
 * Source: wdm.h documentation of ExInitializeLookasideListEx.
 */
NTSTATUS ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside,
				     PALLOCATE_FUNCTION_EX Allocate, PFREE_FUNCTION_EX Free,
				     POOL_TYPE PoolType, ULONG Flags, SIZE_T Size, ULONG Tag,
				     USHORT Depth)
{
	const GENERAL_LOOKASIDE_POOL model = {
		.Type = PoolType | ex_flags_type(Flags),
		.Tag = Tag,
		.AllocateEx = Allocate,
		.FreeEx = Free,
	};

	if (PoolType & ~TYPE_KNOWN)
		return STATUS_INVALID_PARAMETER_4;
	if ((Flags & ~EX_FLAGS) || Flags == EX_FLAGS)
		return STATUS_INVALID_PARAMETER_5;
	list_open(&model, &Lookaside->L, Size, free_entry_ex, _RET_IP_);
	return STATUS_SUCCESS;
}
EXPORT_SYMBOL_GPL(ExInitializeLookasideListEx);

/*
 * Allocating and freeing
 */

/**
 * ExAllocateFromNPagedLookasideList() - take a block from a list
 * @Lookaside: the list
 *
 * The block that this CPU freed last, with the contents it had then; if there is
 * none, what the list's Allocate routine returns.
 *
 * Differs: last in, first out per CPU; hard interrupts may call it.
 *
 * Context: IRQL <= DISPATCH_LEVEL; in hard interrupts too, if the Allocate routine is
 * the pool's or can do with it. The routine is called at the caller's IRQL.
 *
 * Return: the block, or NULL if the Allocate routine failed. It is raised before if the
 * list is to raise and the routine is the pool's.
 *
 * Source: wdm.h documentation of ExAllocateFromNPagedLookasideList.
 */
PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
	return ntpool_lookaside_pop(head_of(Lookaside), miss);
}
EXPORT_SYMBOL_GPL(ExAllocateFromNPagedLookasideList);

/**
 * ExFreeToNPagedLookasideList() - give a block to a list
 * @Lookaside: the list
 * @Entry: the block, as allocated from @Lookaside or by its Allocate routine
 *
 * The list keeps it while this CPU has less than Depth blocks; else it goes to the
 * Free routine, and so does NULL, which the pool reports as 0xC2/0x46. What is
 * written into a block afterwards does not hurt the list, but the next one who gets
 * the block.
 *
 * Differs: counters are exact for a list that one CPU uses, else at most a second old;
 * hard interrupts may call it.
 *
 * Context: as ExAllocateFromNPagedLookasideList().
 *
 * Source: wdm.h documentation of ExFreeToNPagedLookasideList.
 */
void ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
	ntpool_lookaside_push(head_of(Lookaside), Entry, full);
}
EXPORT_SYMBOL_GPL(ExFreeToNPagedLookasideList);

/**
 * ExAllocateFromPagedLookasideList() - take a block from a list of paged blocks
 * @Lookaside: the list
 *
 * As ExAllocateFromNPagedLookasideList().
 *
 * Differs: last in, first out per CPU.
 *
 * Context: IRQL <= APC_LEVEL. Above it the pool reports 0xC2/0x08 and refuses, if the
 * list has no block of its own.
 *
 * Return: the block, or NULL if the Allocate routine failed. It is raised before if the
 * list is to raise and the routine is the pool's.
 *
 * Source: wdm.h documentation of ExAllocateFromPagedLookasideList.
 */
PVOID ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
	return ntpool_lookaside_pop(head_of(Lookaside), miss);
}
EXPORT_SYMBOL_GPL(ExAllocateFromPagedLookasideList);

/**
 * ExFreeToPagedLookasideList() - give a block to a list of paged blocks
 * @Lookaside: the list
 * @Entry: the block, as allocated from @Lookaside or by its Allocate routine
 *
 * As ExFreeToNPagedLookasideList().
 *
 * Differs: as ExFreeToNPagedLookasideList(), but for hard interrupts.
 *
 * Context: IRQL <= APC_LEVEL. Above it the pool reports 0xC2/0x09 and obeys, if the
 * list has no room.
 *
 * Source: wdm.h documentation of ExFreeToPagedLookasideList.
 */
void ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
	ntpool_lookaside_push(head_of(Lookaside), Entry, full);
}
EXPORT_SYMBOL_GPL(ExFreeToPagedLookasideList);

/**
 * ExAllocateFromLookasideListEx() - take a block from a list whose routines get it
 * @Lookaside: the list
 *
 * As ExAllocateFromNPagedLookasideList().
 *
 * Differs: as ExAllocateFromNPagedLookasideList().
 *
 * Context: as for the list's pool: ExAllocateFromNPagedLookasideList() or
 * ExAllocateFromPagedLookasideList().
 *
 * Return: the block, or NULL if the Allocate routine failed. It is raised before if the
 * list is to raise and the routine is the pool's.
 *
 * Source: wdm.h documentation of ExAllocateFromLookasideListEx.
 */
PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
	return ntpool_lookaside_pop(head_of(Lookaside), miss_ex);
}
EXPORT_SYMBOL_GPL(ExAllocateFromLookasideListEx);

/**
 * ExFreeToLookasideListEx() - give a block to a list whose routines get it
 * @Lookaside: the list
 * @Entry: the block, as allocated from @Lookaside or by its Allocate routine
 *
 * As ExFreeToNPagedLookasideList().
 *
 * Differs: as ExFreeToNPagedLookasideList().
 *
 * Context: as for the list's pool: ExFreeToNPagedLookasideList() or
 * ExFreeToPagedLookasideList().
 *
 * Source: wdm.h documentation of ExFreeToLookasideListEx.
 */
void ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry)
{
	ntpool_lookaside_push(head_of(Lookaside), Entry, full_ex);
}
EXPORT_SYMBOL_GPL(ExFreeToLookasideListEx);

/*
 * Deleting
 */

/**
 * ExDeleteNPagedLookasideList() - free what a list holds and end it
 * @Lookaside: the list; nobody may use it meanwhile or afterwards
 *
 * All cached blocks go through the Free routine. When it returns, nothing of the
 * list is called or written any more, and its memory is the caller's. A list that is
 * not initialised, or deleted already, is left alone (under the verifier: 0xC4/0xCB).
 *
 * Differs: a list that is not initialised is left alone.
 *
 * Context: IRQL <= DISPATCH_LEVEL. The Free routine is called at the caller's IRQL.
 *
 * Source: wdm.h documentation of ExDeleteNPagedLookasideList.
 */
void ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
	ntpool_lookaside_close(head_of(Lookaside), _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExDeleteNPagedLookasideList);

/**
 * ExDeletePagedLookasideList() - free what a list of paged blocks holds and end it
 * @Lookaside: the list; nobody may use it meanwhile or afterwards
 *
 * As ExDeleteNPagedLookasideList().
 *
 * Differs: as ExDeleteNPagedLookasideList().
 *
 * Context: IRQL <= APC_LEVEL. The Free routine is called at the caller's IRQL.
 *
 * Source: wdm.h documentation of ExDeletePagedLookasideList.
 */
void ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
	ntpool_lookaside_close(head_of(Lookaside), _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExDeletePagedLookasideList);

/**
 * ExDeleteLookasideListEx() - free what a list holds and end it
 * @Lookaside: the list; nobody may use it meanwhile or afterwards
 *
 * As ExDeleteNPagedLookasideList().
 *
 * Differs: as ExDeleteNPagedLookasideList().
 *
 * Context: IRQL <= DISPATCH_LEVEL, <= APC_LEVEL for paged blocks. The Free routine is
 * called at the caller's IRQL.
 *
 * Source: wdm.h documentation of ExDeleteLookasideListEx.
 */
void ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
	ntpool_lookaside_close(head_of(Lookaside), _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExDeleteLookasideListEx);

/**
 * ExFlushLookasideListEx() - free what a list holds, and go on using it
 * @Lookaside: the list; nobody may delete it meanwhile
 *
 * All cached blocks go through the Free routine: before it returns where the caller
 * may sleep. At DISPATCH_LEVEL that holds for nonpaged blocks that this CPU has
 * cached, and a worker frees the others soon; if the list is deleted before, the
 * deletion does.
 *
 * Differs: above APC_LEVEL the blocks of other CPUs are freed a little later.
 *
 * Context: IRQL <= DISPATCH_LEVEL. Sleeps below DISPATCH_LEVEL.
 *
 * Source: wdm.h documentation of ExFlushLookasideListEx; that the list stays usable
 * follows from it.
 */
void ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
	ntpool_lookaside_flush(head_of(Lookaside), _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExFlushLookasideListEx);
