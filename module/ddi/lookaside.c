// SPDX-License-Identifier: GPL-2.0
/*
 * Lookaside lists under NT's names.
 *
 * A list keeps freed blocks of one size for the next allocations. The public structure
 * has NT's fields, and the totals, misses, Type, Tag, Size and routines in it have NT's
 * meaning. ListHead differs: it holds the per-CPU caches and a word that marks an
 * initialised list. A list works without caches if there was no memory for them, because
 * the initialising routines cannot fail.
 *
 * Differences from NT:
 *
 *  - Each CPU has its own cache, and Depth bounds each cache. The order is last in, first
 *    out per CPU. If several CPUs use a list, its totals lag by up to one scan.
 *  - A list is usable in hard interrupts if its routines are.
 *  - An allocation that the pool serves is recorded under the caller of the list's
 *    routine.
 *  - The system also calls the Free routine. It does so when the verifier is switched on
 *    and when a CPU goes offline. It does so also after a flush that could not wait. It
 *    calls the routine at DISPATCH_LEVEL for nonpaged blocks and at PASSIVE_LEVEL for
 *    paged ones. It serves one list at a time and holds no lock. Such a call may use,
 *    flush and delete any list, its own included.
 *  - If the pool's routine fails for a list that raises, the status is raised (raise.c)
 *    and NULL is returned.
 *  - All figures of the pool count cached blocks as allocated, as on NT. A reused block
 *    is not zeroed again, even with init_on_alloc.
 *
 * The three families share all code. Only the exported routine tells a LOOKASIDE_LIST_EX
 * from the others: its routines get the list as one more argument. lookaside_routine.c calls
 * them.
 *
 * Locking: none of its own. Contexts: as each routine says.
 */
#include <linux/build_bug.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/limits.h>

#include <ntddk.h>

#include "base/report.h"
#include "base/verifier.h"
#include "ddi/lookaside.h"
#include "lists/lookaside_registry.h"
#include "pool/pool.h"
#include "verify/argument.h"

/* Bits of the pool types that a list may have; some of them have no effect. */
#define TYPE_KNOWN	(PagedPoolCacheAligned | NTPOOL_TYPE_SESSION | POOL_COLD_ALLOCATION | \
			 POOL_NX_ALLOCATION)

/* Bits that the older lists take from their flags. POOL_NX_ALLOCATION has no effect. */
#define TYPE_FLAGS	(POOL_RAISE_IF_ALLOCATION_FAILURE | POOL_NX_ALLOCATION)

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

/*
 * Initialising
 */

static const struct ntpool_violation small_blocks = {
	NTPOOL_STOP_VERIFIER, 0xcd, BIT(1),
	"the blocks of a list are too small for a link; they were made larger"
};

/* All that is known of a list that @caller initialises. */
static struct ntpool_stop known_new(ULONG tag, SIZE_T size, unsigned long caller)
{
	return (struct ntpool_stop){
		.has_tag = true,
		.tag = tag & ~NTPOOL_TAG_PROTECTED,
		.size = size,
		.caller = caller,
	};
}

static void verify_irql(enum ntpool_irql_level highest, const void *list, ULONG tag, SIZE_T size,
			unsigned long caller)
{
	if (ntpool_verify_is_above(highest))
		ntpool_argument_irql_of(highest, list, known_new(tag, size, caller));
}

/* Reports wrong memory for a list, and a wrong size of its blocks. */
static void verify_new(const void *list, ULONG tag, SIZE_T size, unsigned long caller)
{
	struct ntpool_stop stop = known_new(tag, size, caller);

	if (ntpool_verifier_has_bits())
		ntpool_argument_alignment_of(list, MEMORY_ALLOCATION_ALIGNMENT,
					     "the structure of a lookaside list is misaligned",
					     stop);
	if (ntpool_is_paged(list))
		ntpool_argument_report(NTPOOL_STOP_MUST_BE_NONPAGED, list, 1,
				       "the structure of a lookaside list lies in paged pool",
				       stop);
	if (size >= LOOKASIDE_MINIMUM_BLOCK_SIZE || !ntpool_verifier())
		return;
	stop.param[1] = (unsigned long)list;
	stop.param[2] = size;
	stop.param[3] = LOOKASIDE_MINIMUM_BLOCK_SIZE;
	ntpool_report_kind(&small_blocks, stop);
}

/*
 * @model holds the routines, NULL for the pool's, the type and the tag. The description
 * outlives @list, so it gets a copy of all that is needed after the structure is gone.
 */
static void list_open(const GENERAL_LOOKASIDE_POOL *model, GENERAL_LOOKASIDE_POOL *list,
		      SIZE_T size, ntpool_lookaside_free_fn free, unsigned long caller)
{
	struct ntpool_lookaside_desc desc = {
		.creator = caller,
		.free = free,
		.orphan = ntpool_ddi_list_orphan,
	};

	verify_new(list, model->Tag, size, caller);
	ntpool_lookaside_forget(ntpool_ddi_list_head(list), caller);
	*list = *model;
	if (!list->Allocate)
		list->Allocate = ExAllocatePoolWithTag;
	if (!list->Free)
		list->Free = ExFreePool;
	list->Size = clamp_t(SIZE_T, size, LOOKASIDE_MINIMUM_BLOCK_SIZE, MAXULONG);
	desc.type = ntpool_ddi_list_type(list);
	desc.tag = list->Tag & ~NTPOOL_TAG_PROTECTED;
	desc.size = list->Size;
	if (!ntpool_ddi_list_pool_allocates(list))
		desc.routine[NTPOOL_LA_ALLOCATE] = (unsigned long)list->Allocate;
	if (!ntpool_ddi_list_pool_frees(list))
		desc.routine[NTPOOL_LA_FREE] = (unsigned long)list->Free;
	ntpool_lookaside_open(ntpool_ddi_list_head(list), &desc);
}

/**
 * ExInitializeNPagedLookasideList() - initialise a list of nonpaged blocks
 * @Lookaside: the list, in resident memory, aligned as its type
 * @Allocate: routine that allocates a block, or NULL for ExAllocatePoolWithTag()
 * @Free: routine that frees a block, or NULL for ExFreePool()
 * @Flags: 0, POOL_RAISE_IF_ALLOCATION_FAILURE or POOL_NX_ALLOCATION, added to the pool
 *	   type that @Allocate or the pool gets; other bits are ignored
 * @Size: size of a block in bytes, raised to LOOKASIDE_MINIMUM_BLOCK_SIZE
 * @Tag: tag of the blocks
 * @Depth: ignored; a list starts at a depth of 4, or 0 while the verifier is on
 *
 * No block is allocated. A list inside paged pool is reported as 0xD3 and works. The
 * list's routines call @Free at the IRQL of their callers, the system at DISPATCH_LEVEL.
 *
 * Differs: each CPU has a cache of its own, bounded by Depth; the system may call the
 * Free routine too.
 *
 * Context: IRQL <= DISPATCH_LEVEL. May sleep below DISPATCH_LEVEL.
 *
 * Contract: WDK, ExInitializeNPagedLookasideList.
 */
void ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside,
				     PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
				     ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
	const GENERAL_LOOKASIDE_POOL model = {
		.Type = NonPagedPool | (Flags & TYPE_FLAGS),
		.Tag = Tag,
		.Allocate = Allocate,
		.Free = Free,
	};

	verify_irql(NTPOOL_DISPATCH_LEVEL, Lookaside, Tag, Size, _RET_IP_);
	list_open(&model, (GENERAL_LOOKASIDE_POOL *)&Lookaside->L, Size, ntpool_ddi_list_free,
		  _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExInitializeNPagedLookasideList);

/**
 * ExInitializePagedLookasideList() - initialise a list of paged blocks
 * @Lookaside: the list, itself in resident memory, aligned as its type
 * @Allocate: routine that allocates a block, or NULL for ExAllocatePoolWithTag()
 * @Free: routine that frees a block, or NULL for ExFreePool()
 * @Flags: 0, POOL_RAISE_IF_ALLOCATION_FAILURE or POOL_NX_ALLOCATION, added to the pool
 *	   type that @Allocate or the pool gets; other bits are ignored
 * @Size: size of a block in bytes, raised to LOOKASIDE_MINIMUM_BLOCK_SIZE
 * @Tag: tag of the blocks
 * @Depth: ignored; a list starts at a depth of 4, or 0 while the verifier is on
 *
 * As ExInitializeNPagedLookasideList(), but the system calls @Free at PASSIVE_LEVEL.
 *
 * Differs: as ExInitializeNPagedLookasideList().
 *
 * Context: IRQL <= APC_LEVEL. May sleep.
 *
 * Contract: WDK, ExInitializePagedLookasideList.
 */
void ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside,
				    PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
				    ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
	const GENERAL_LOOKASIDE_POOL model = {
		.Type = PagedPool | (Flags & TYPE_FLAGS),
		.Tag = Tag,
		.Allocate = Allocate,
		.Free = Free,
	};

	verify_irql(NTPOOL_APC_LEVEL, Lookaside, Tag, Size, _RET_IP_);
	list_open(&model, (GENERAL_LOOKASIDE_POOL *)&Lookaside->L, Size, ntpool_ddi_list_free,
		  _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExInitializePagedLookasideList);

/* Bits of the pool type for the flags of an Ex list. */
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
 * ExInitializeLookasideListEx() - initialise a list whose routines get the list
 * @Lookaside: the list, in resident memory, aligned as its type
 * @Allocate: routine that allocates a block, or NULL for ExAllocatePoolWithTag()
 * @Free: routine that frees a block, or NULL for ExFreePool()
 * @PoolType: pool of the blocks: nonpaged or paged, or its Nx, cache aligned or session
 *	      form
 * @Flags: 0, or one of EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL (adds
 *	   POOL_RAISE_IF_ALLOCATION_FAILURE to the pool type that @Allocate gets) and
 *	   EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE (POOL_QUOTA_FAIL_INSTEAD_OF_RAISE)
 * @Size: size of a block in bytes, raised to LOOKASIDE_MINIMUM_BLOCK_SIZE
 * @Tag: tag of the blocks
 * @Depth: ignored; a list starts at a depth of 4, or 0 while the verifier is on
 *
 * As ExInitializeNPagedLookasideList(). A routine finds the data around the list with
 * CONTAINING_RECORD(). If a list raises on failure and @Allocate is the pool's routine,
 * the status is STATUS_INSUFFICIENT_RESOURCES.
 *
 * Differs: as ExInitializeNPagedLookasideList().
 *
 * Context: IRQL <= DISPATCH_LEVEL. May sleep below DISPATCH_LEVEL.
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER_4 for any other @PoolType;
 * STATUS_INVALID_PARAMETER_5 for unknown @Flags or both. A failure leaves the list
 * unchanged.
 *
 * Contract: WDK, ExInitializeLookasideListEx.
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

	verify_irql(NTPOOL_DISPATCH_LEVEL, Lookaside, Tag, Size, _RET_IP_);
	if (PoolType & ~TYPE_KNOWN)
		return STATUS_INVALID_PARAMETER_4;
	if ((Flags & ~EX_FLAGS) || Flags == EX_FLAGS)
		return STATUS_INVALID_PARAMETER_5;
	list_open(&model, &Lookaside->L, Size, ntpool_ddi_list_free_ex, _RET_IP_);
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
 * The list returns the block that this CPU freed last, with its old contents. If the CPU
 * has none cached, the Allocate routine supplies the block.
 *
 * Differs: last in, first out per CPU; hard interrupts may call it.
 *
 * Context: IRQL <= DISPATCH_LEVEL; hard interrupts if the Allocate routine allows them,
 * as the pool's does. The routine is called at the caller's IRQL.
 *
 * Return: the block, or NULL if the Allocate routine failed. A list that raises on
 * failure and uses the pool's routine raises the status first.
 *
 * Contract: WDK, ExAllocateFromNPagedLookasideList.
 */
PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
	return ntpool_lookaside_pop(ntpool_ddi_list_head(Lookaside), ntpool_ddi_list_miss);
}
EXPORT_SYMBOL_GPL(ExAllocateFromNPagedLookasideList);

/**
 * ExFreeToNPagedLookasideList() - give a block to a list
 * @Lookaside: the list
 * @Entry: the block, from @Lookaside or from its Allocate routine
 *
 * The list keeps the block while this CPU caches fewer than Depth blocks, and calls the
 * Free routine otherwise. NULL also goes to the Free routine; the pool reports it as
 * 0xC2/0x46. A write to a cached block harms the block's next user, but not the list.
 *
 * Differs: counters are exact for a list that one CPU uses, else at most a second old;
 * hard interrupts may call it.
 *
 * Context: as ExAllocateFromNPagedLookasideList().
 *
 * Contract: WDK, ExFreeToNPagedLookasideList.
 */
void ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
	ntpool_lookaside_push(ntpool_ddi_list_head(Lookaside), Entry, ntpool_ddi_list_full);
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
 * Context: IRQL <= APC_LEVEL. Above APC_LEVEL a cached block is returned; if there is
 * none, the pool reports 0xC2/0x08 and fails.
 *
 * Return: as ExAllocateFromNPagedLookasideList().
 *
 * Contract: WDK, ExAllocateFromPagedLookasideList.
 */
PVOID ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
	return ntpool_lookaside_pop(ntpool_ddi_list_head(Lookaside), ntpool_ddi_list_miss);
}
EXPORT_SYMBOL_GPL(ExAllocateFromPagedLookasideList);

/**
 * ExFreeToPagedLookasideList() - give a block to a list of paged blocks
 * @Lookaside: the list
 * @Entry: the block, from @Lookaside or from its Allocate routine
 *
 * As ExFreeToNPagedLookasideList().
 *
 * Differs: as ExFreeToNPagedLookasideList(), but for hard interrupts.
 *
 * Context: IRQL <= APC_LEVEL. Above APC_LEVEL the list keeps the block; if it has no
 * room, the pool reports 0xC2/0x09 and frees the block.
 *
 * Contract: WDK, ExFreeToPagedLookasideList.
 */
void ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
	ntpool_lookaside_push(ntpool_ddi_list_head(Lookaside), Entry, ntpool_ddi_list_full);
}
EXPORT_SYMBOL_GPL(ExFreeToPagedLookasideList);

/**
 * ExAllocateFromLookasideListEx() - take a block from a list whose routines get the list
 * @Lookaside: the list
 *
 * As ExAllocateFromNPagedLookasideList().
 *
 * Differs: as ExAllocateFromNPagedLookasideList().
 *
 * Context: as for the list's pool: ExAllocateFromNPagedLookasideList() or
 * ExAllocateFromPagedLookasideList().
 *
 * Return: as ExAllocateFromNPagedLookasideList().
 *
 * Contract: WDK, ExAllocateFromLookasideListEx.
 */
PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
	return ntpool_lookaside_pop(ntpool_ddi_list_head(Lookaside), ntpool_ddi_list_miss_ex);
}
EXPORT_SYMBOL_GPL(ExAllocateFromLookasideListEx);

/**
 * ExFreeToLookasideListEx() - give a block to a list whose routines get the list
 * @Lookaside: the list
 * @Entry: the block, from @Lookaside or from its Allocate routine
 *
 * As ExFreeToNPagedLookasideList().
 *
 * Differs: as ExFreeToNPagedLookasideList().
 *
 * Context: as for the list's pool: ExFreeToNPagedLookasideList() or
 * ExFreeToPagedLookasideList().
 *
 * Contract: WDK, ExFreeToLookasideListEx.
 */
void ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry)
{
	ntpool_lookaside_push(ntpool_ddi_list_head(Lookaside), Entry, ntpool_ddi_list_full_ex);
}
EXPORT_SYMBOL_GPL(ExFreeToLookasideListEx);

/*
 * Deleting
 */

/**
 * ExDeleteNPagedLookasideList() - free the cached blocks of a list and end it
 * @Lookaside: the list; no other code may use it during the call or afterwards
 *
 * The Free routine gets all cached blocks. After the return, the system neither calls the
 * list's routines nor writes to the structure. On PREEMPT_RT a Free routine of the driver
 * may still run, unless the caller may sleep. A list that is not initialised, or is already
 * deleted, is left alone (under the verifier: 0xC4/0xCB).
 *
 * Differs: a list that is not initialised is left alone.
 *
 * Context: IRQL <= DISPATCH_LEVEL. The Free routine is called at the caller's IRQL.
 *
 * Contract: WDK, ExDeleteNPagedLookasideList.
 */
void ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
	ntpool_ddi_list_verify_irql(NTPOOL_DISPATCH_LEVEL, Lookaside, _RET_IP_);
	ntpool_lookaside_close(ntpool_ddi_list_head(Lookaside), _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExDeleteNPagedLookasideList);

/**
 * ExDeletePagedLookasideList() - free the cached blocks of a paged list and end it
 * @Lookaside: the list; no other code may use it during the call or afterwards
 *
 * As ExDeleteNPagedLookasideList().
 *
 * Differs: as ExDeleteNPagedLookasideList().
 *
 * Context: IRQL <= APC_LEVEL. The Free routine is called at the caller's IRQL.
 *
 * Contract: WDK, ExDeletePagedLookasideList.
 */
void ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
	ntpool_ddi_list_verify_irql(NTPOOL_APC_LEVEL, Lookaside, _RET_IP_);
	ntpool_lookaside_close(ntpool_ddi_list_head(Lookaside), _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExDeletePagedLookasideList);

/**
 * ExDeleteLookasideListEx() - free the cached blocks of an Ex list and end it
 * @Lookaside: the list; no other code may use it during the call or afterwards
 *
 * As ExDeleteNPagedLookasideList().
 *
 * Differs: as ExDeleteNPagedLookasideList().
 *
 * Context: IRQL <= DISPATCH_LEVEL, <= APC_LEVEL for paged blocks. The Free routine is
 * called at the caller's IRQL.
 *
 * Contract: WDK, ExDeleteLookasideListEx.
 */
void ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
	ntpool_ddi_list_verify_own_irql(Lookaside, _RET_IP_);
	ntpool_lookaside_close(ntpool_ddi_list_head(Lookaside), _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExDeleteLookasideListEx);

/**
 * ExFlushLookasideListEx() - free the cached blocks of a list that stays in use
 * @Lookaside: the list; no other code may delete it during the call
 *
 * The Free routine gets all cached blocks. If the caller may sleep, the flush returns
 * after that. The system is then in no call of the Free routine. At DISPATCH_LEVEL only
 * this CPU's nonpaged blocks are freed at once. A worker frees the others soon, or the
 * deletion of the list does. In a Free routine that the system has called, the flush
 * does not wait for that call.
 *
 * Differs: above APC_LEVEL the blocks of other CPUs are freed a little later.
 *
 * Context: IRQL <= DISPATCH_LEVEL, <= APC_LEVEL for paged blocks. Sleeps below DISPATCH_LEVEL.
 *
 * Contract: WDK, ExFlushLookasideListEx; the further use of the list is derived from it.
 */
void ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
	ntpool_ddi_list_verify_own_irql(Lookaside, _RET_IP_);
	ntpool_lookaside_flush(ntpool_ddi_list_head(Lookaside), _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExFlushLookasideListEx);
