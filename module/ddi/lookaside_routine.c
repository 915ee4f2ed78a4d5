// SPDX-License-Identifier: GPL-2.0
/*
 * The Allocate and Free routines of lookaside lists: the pool's, and those of drivers.
 *
 * A fast path that finds no block, or no room, ends here. The slow path of the cache is tried
 * first. Then the list's routine is called, at the IRQL and in the context of the caller.
 *
 * A list may have routines of several drivers, and go on when one of them is unloaded. The
 * routine is then removed from the structure (lists/lookaside_events.c). Each call reads the
 * routine once, between ntpool_client_call_begin() and ntpool_client_call_end(). The unload of
 * its module waits for the end. A removed routine is reported, and nothing is done.
 *
 * The routines of a LOOKASIDE_LIST_EX get the list as one more argument. The functions that take
 * @ex are therefore expanded twice.
 *
 * IRQL. The pool checks the IRQL of its own calls. For a driver's routine the list's is checked,
 * with the verifier's bit 0x2.
 *
 * Locking: none. Contexts: any but NMI that the routine allows.
 */
#include <linux/compiler.h>
#include <linux/uaccess.h>

#include "base/client.h"
#include "ddi/lookaside.h"
#include "pool/pool.h"
#include "verify/argument.h"
#include "verify/verify.h"

/* All that is known of the list at @list, for a report. */
static struct ntpool_stop known_of(const void *list, unsigned long caller)
{
	struct ntpool_stop stop = { .caller = caller };
	struct ntpool_lookaside_desc desc;

	if (ntpool_lookaside_describe(list, &desc)) {
		stop.has_tag = true;
		stop.tag = desc.tag;
		stop.size = desc.size;
		stop.allocator = desc.creator;
	}
	return stop;
}

static noinline void report_gone(const void *list, unsigned long caller)
{
	struct ntpool_stop stop = known_of(list, caller);

	stop.code = NTPOOL_STOP_UNLOADED_WITHOUT_CANCELLING;
	stop.param[0] = (unsigned long)list;
	stop.addr_mask = BIT(0);
	stop.text = "a lookaside list was used whose routine is in an unloaded driver; "
		    "the routine was not called";
	ntpool_report(&stop);
}

void ntpool_ddi_list_report_irql(enum ntpool_irql_level highest, const void *list,
				 unsigned long caller)
{
	ntpool_argument_irql_of(highest, list, known_of(list, caller));
}

/* The structure may be damaged or unmapped; then it is reported as no list. */
void ntpool_ddi_list_check_irql(const void *list, unsigned long caller)
{
	GENERAL_LOOKASIDE_POOL copy;
	enum ntpool_irql_level highest;

	if (copy_from_kernel_nofault(&copy, list, sizeof(copy)))
		return;
	highest = ntpool_ddi_list_type(&copy) == NTPOOL_PAGED ? NTPOOL_APC_LEVEL :
								NTPOOL_DISPATCH_LEVEL;
	ntpool_ddi_list_verify_irql(highest, list, caller);
}

/*
 * Allocating
 */

static void *pool_alloc(const GENERAL_LOOKASIDE_POOL *list, unsigned long caller)
{
	/* A list frees without a tag, so its blocks cannot be protected. */
	return ntpool_ddi_alloc(list->Type, list->Size, list->Tag & ~NTPOOL_TAG_PROTECTED,
				ntpool_ddi_list_pool_frees(list) ? NTPOOL_FOR_LIST : 0, caller);
}

/* Calls the Allocate routine. Returns false if it has been removed. */
static __always_inline bool driver_alloc(GENERAL_LOOKASIDE_POOL *list, void **entry,
					 const bool ex)
{
	PALLOCATE_FUNCTION_EX allocate_ex;
	PALLOCATE_FUNCTION allocate;

	if (ex) {
		allocate_ex = READ_ONCE(list->AllocateEx);
		if (!allocate_ex)
			return false;
		*entry = allocate_ex(list->Type, list->Size, list->Tag, (PLOOKASIDE_LIST_EX)list);
	} else {
		allocate = READ_ONCE(list->Allocate);
		if (!allocate)
			return false;
		*entry = allocate(list->Type, list->Size, list->Tag);
	}
	return true;
}

static __always_inline void *alloc_entry(struct ntpool_lookaside_head *head, bool inside,
					 unsigned long caller, const bool ex)
{
	GENERAL_LOOKASIDE_POOL *list = ntpool_ddi_list_of(head);
	void *entry = ntpool_lookaside_pop_slow(head, inside);
	bool called;
	int call;

	if (entry)
		return entry;
	if (unlikely(!ntpool_lookaside_is_list(head, caller)))
		return NULL;
	if (likely(ntpool_ddi_list_pool_allocates(list)))
		return pool_alloc(list, caller);
	ntpool_ddi_list_verify_own_irql(list, caller);
	call = ntpool_client_call_begin();
	called = driver_alloc(list, &entry, ex);
	ntpool_client_call_end(call);
	if (unlikely(!called))
		report_gone(list, caller);
	return entry;
}

noinline void *ntpool_ddi_list_miss(struct ntpool_lookaside_head *head, bool inside,
				unsigned long caller)
{
	return alloc_entry(head, inside, caller, false);
}

noinline void *ntpool_ddi_list_miss_ex(struct ntpool_lookaside_head *head, bool inside,
				   unsigned long caller)
{
	return alloc_entry(head, inside, caller, true);
}

/*
 * Freeing
 */

/* The verifier has no record of a block that the driver's Allocate routine supplied. */
static void pool_free(const GENERAL_LOOKASIDE_POOL *list, void *entry, unsigned long caller)
{
	const struct ntpool_list_call call = {
		.type = ntpool_ddi_list_type(list),
		.tag = list->Tag & ~NTPOOL_TAG_PROTECTED,
		.size = list->Size,
	};

	if (ntpool_ddi_list_pool_allocates(list))
		ntpool_list_free(entry, &call, caller);
	else
		ntpool_free(entry, 0, caller);
}

/* Calls the Free routine. Returns false if it has been removed. */
static __always_inline bool driver_free(GENERAL_LOOKASIDE_POOL *list, void *entry, const bool ex)
{
	PFREE_FUNCTION_EX free_ex;
	PFREE_FUNCTION free;

	if (ex) {
		free_ex = READ_ONCE(list->FreeEx);
		if (!free_ex)
			return false;
		free_ex(entry, (PLOOKASIDE_LIST_EX)list);
	} else {
		free = READ_ONCE(list->Free);
		if (!free)
			return false;
		free(entry);
	}
	return true;
}

static __always_inline void free_entry(struct ntpool_lookaside_head *head, void *entry,
				       unsigned long caller, const bool ex)
{
	GENERAL_LOOKASIDE_POOL *list = ntpool_ddi_list_of(head);
	bool called;
	int call;

	if (likely(ntpool_ddi_list_pool_frees(list))) {
		pool_free(list, entry, caller);
		return;
	}
	call = ntpool_client_call_begin();
	called = driver_free(list, entry, ex);
	ntpool_client_call_end(call);
	/* The routine may have deleted the list and freed the structure. */
	if (unlikely(!called))
		report_gone(list, caller);
}

void ntpool_ddi_list_free(struct ntpool_lookaside_head *head, void *entry, unsigned long caller)
{
	free_entry(head, entry, caller, false);
}

void ntpool_ddi_list_free_ex(struct ntpool_lookaside_head *head, void *entry, unsigned long caller)
{
	free_entry(head, entry, caller, true);
}

/* Whether a block that was not cached goes to the Free routine. */
static bool full_frees(struct ntpool_lookaside_head *head, unsigned long caller)
{
	GENERAL_LOOKASIDE_POOL *list = ntpool_ddi_list_of(head);

	if (unlikely(!ntpool_lookaside_is_list(head, caller)))
		return false;
	if (unlikely(!ntpool_ddi_list_pool_frees(list)))
		ntpool_ddi_list_verify_own_irql(list, caller);
	return true;
}

noinline void ntpool_ddi_list_full(struct ntpool_lookaside_head *head, void *entry, bool inside,
			       unsigned long caller)
{
	if (!ntpool_lookaside_push_slow(head, entry, inside) && full_frees(head, caller))
		ntpool_ddi_list_free(head, entry, caller);
}

noinline void ntpool_ddi_list_full_ex(struct ntpool_lookaside_head *head, void *entry, bool inside,
				  unsigned long caller)
{
	if (!ntpool_lookaside_push_slow(head, entry, inside) && full_frees(head, caller))
		ntpool_ddi_list_free_ex(head, entry, caller);
}

/* The routine's code is about to be freed. The list may still be used, see report_gone(). */
void ntpool_ddi_list_orphan(struct ntpool_lookaside_head *head, unsigned int which)
{
	GENERAL_LOOKASIDE_POOL *list = ntpool_ddi_list_of(head);

	if (which == NTPOOL_LA_ALLOCATE)
		WRITE_ONCE(list->Allocate, NULL);
	else
		WRITE_ONCE(list->Free, NULL);
}
