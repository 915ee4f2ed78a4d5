// SPDX-License-Identifier: GPL-2.0
/*
 * The list that the suites about lookaside lists work on, and its Allocate and Free
 * routines. The case chooses the kind of list.
 *
 * The figures of a list are exact if one CPU uses it. So every case is bound to the CPU
 * it starts on. A scan tunes the depth when the case starts it.
 */
#include <linux/cpumask.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "lookaside.h"

struct ntk_list ntk_list;
struct ntk_calls ntk_calls;

static void *ntk_feed(POOL_TYPE type, size_t size, u32 tag)
{
	void *entry = NULL;

	atomic_inc(&ntk_calls.allocates);
	WRITE_ONCE(ntk_calls.allocate_irql, KeGetCurrentIrql());
	WRITE_ONCE(ntk_calls.type, type);
	WRITE_ONCE(ntk_calls.size, size);
	WRITE_ONCE(ntk_calls.tag, tag);
	if (!ntk_calls.fail)
		entry = ExAllocatePoolWithTag((POOL_TYPE)(type & PagedPool), size, tag);
	WRITE_ONCE(ntk_calls.allocated, entry);
	return entry;
}

static PVOID ntk_allocate(POOL_TYPE type, SIZE_T size, ULONG tag)
{
	return ntk_feed(type, size, tag);
}

static VOID ntk_free(PVOID entry)
{
	atomic_inc(&ntk_calls.frees);
	WRITE_ONCE(ntk_calls.freed, entry);
	WRITE_ONCE(ntk_calls.free_irql, KeGetCurrentIrql());
	ExFreePoolWithTag(entry, NTK_LIST_TAG);
}

static void ntk_check_context(PLOOKASIDE_LIST_EX list)
{
	if (CONTAINING_RECORD(list, struct ntk_list, ex)->guard != NTK_LIST_TAG)
		atomic_inc(&ntk_calls.wrong);
}

PVOID ntk_allocate_ex(POOL_TYPE type, SIZE_T size, ULONG tag,
		      PLOOKASIDE_LIST_EX list)
{
	ntk_check_context(list);
	return ntk_feed(type, size, tag);
}

VOID ntk_free_ex(PVOID entry, PLOOKASIDE_LIST_EX list)
{
	ntk_check_context(list);
	ntk_free(entry);
}

/* ---- one list of any kind ---- */

GENERAL_LOOKASIDE_POOL *ntk_fields(struct ntk_list *list)
{
	return &list->ex.L;
}

bool ntk_is_paged(enum ntk_kind kind)
{
	return kind == NTK_PAGED || kind == NTK_EX_PAGED;
}

static bool ntk_is_ex(enum ntk_kind kind)
{
	return kind == NTK_EX_NONPAGED || kind == NTK_EX_PAGED;
}

NTSTATUS ntk_start(struct ntk_list *list, enum ntk_kind kind, bool custom,
		   u32 flags)
{
	POOL_TYPE type = ntk_is_paged(kind) ? PagedPool : NonPagedPool;
	NTSTATUS status = STATUS_SUCCESS;

	list->kind = kind;
	list->guard = NTK_LIST_TAG;
	if (ntk_is_ex(kind))
		status = ExInitializeLookasideListEx(&list->ex,
						     custom ? ntk_allocate_ex
							    : NULL,
						     custom ? ntk_free_ex
							    : NULL,
						     type, flags, NTK_SIZE,
						     NTK_LIST_TAG, 0);
	else if (ntk_is_paged(kind))
		ExInitializePagedLookasideList(&list->paged,
					       custom ? ntk_allocate : NULL,
					       custom ? ntk_free : NULL, flags,
					       NTK_SIZE, NTK_LIST_TAG, 0);
	else
		ExInitializeNPagedLookasideList(&list->npaged,
						custom ? ntk_allocate : NULL,
						custom ? ntk_free : NULL, flags,
						NTK_SIZE, NTK_LIST_TAG, 0);
	list->active = NT_SUCCESS(status);
	return status;
}

void *ntk_get(struct ntk_list *list)
{
	switch (list->kind) {
	case NTK_NPAGED:
		return ExAllocateFromNPagedLookasideList(&list->npaged);
	case NTK_PAGED:
		return ExAllocateFromPagedLookasideList(&list->paged);
	default:
		return ExAllocateFromLookasideListEx(&list->ex);
	}
}

void ntk_put(struct ntk_list *list, void *entry)
{
	switch (list->kind) {
	case NTK_NPAGED:
		ExFreeToNPagedLookasideList(&list->npaged, entry);
		break;
	case NTK_PAGED:
		ExFreeToPagedLookasideList(&list->paged, entry);
		break;
	default:
		ExFreeToLookasideListEx(&list->ex, entry);
	}
}

void ntk_end(struct ntk_list *list)
{
	if (!list->active)
		return;
	list->active = false;
	switch (list->kind) {
	case NTK_NPAGED:
		ExDeleteNPagedLookasideList(&list->npaged);
		break;
	case NTK_PAGED:
		ExDeletePagedLookasideList(&list->paged);
		break;
	default:
		ExDeleteLookasideListEx(&list->ex);
	}
}

void ntk_fix_depth(struct ntk_list *list, u16 depth)
{
	WRITE_ONCE(ntk_fields(list)->MaximumDepth, depth);
	WRITE_ONCE(ntk_fields(list)->Depth, depth);
}

unsigned int ntk_get_some(struct ntk_list *list, void **entry, unsigned int nr)
{
	unsigned int i, got = 0;

	for (i = 0; i < nr; i++) {
		entry[i] = ntk_get(list);
		got += !!entry[i];
	}
	return got;
}

void ntk_put_some(struct ntk_list *list, void **entry, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (entry[i])
			ntk_put(list, entry[i]);
	}
}

void ntk_reset_calls(void)
{
	memset(&ntk_calls, 0, sizeof(ntk_calls));
}

int ntk_lookaside_init(struct kunit *test)
{
	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	memset(&ntk_list, 0, sizeof(ntk_list));
	ntk_reset_calls();
	ntpool_test_balance(true);
	return ntk_init(test);
}

void ntk_lookaside_exit(struct kunit *test)
{
	ntk_end(&ntk_list);
	ntpool_test_balance(false);
	ntk_exit(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&ntk_calls.wrong), 0);
}

struct ntk_kind_case ntk_kinds[NTK_NR_KINDS] = {
	{ "nonpaged", NTK_NPAGED },
	{ "paged", NTK_PAGED },
	{ "Ex nonpaged", NTK_EX_NONPAGED },
	{ "Ex paged", NTK_EX_PAGED },
};

void ntk_kind_desc(struct ntk_kind_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

enum ntk_kind ntk_kind(struct kunit *test)
{
	const struct ntk_kind_case *c = test->param_value;

	return c->kind;
}

/* Starts ntk_list, with counting routines and the depth fixed. */
GENERAL_LOOKASIDE_POOL *ntk_start_kind(struct kunit *test, enum ntk_kind kind, u16 depth)
{
	KUNIT_ASSERT_EQ(test, ntk_start(&ntk_list, kind, true, 0), STATUS_SUCCESS);
	ntk_fix_depth(&ntk_list, depth);
	return ntk_fields(&ntk_list);
}

/* Of the kind that the case is about. */
GENERAL_LOOKASIDE_POOL *ntk_start_fixed(struct kunit *test, u16 depth)
{
	return ntk_start_kind(test, ntk_kind(test), depth);
}
