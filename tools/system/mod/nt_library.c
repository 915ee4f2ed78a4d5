// SPDX-License-Identifier: GPL-2.0
/*
 * A library with a lookaside list whose routines belong to two clients. The Free routine
 * belongs to nt_first, and the Allocate routine to nt_second. The library raises statuses that
 * a handler of nt_first gets. The clients may go before it, in any order; its parameters use
 * what is left.
 */
#include <linux/module.h>

#include "nt_library.h"

static LOOKASIDE_LIST_EX list;
static PALLOCATE_FUNCTION_EX list_allocate;
static PFREE_FUNCTION_EX list_free;
static bool is_open;

static unsigned int served;
module_param(served, uint, 0444);
MODULE_PARM_DESC(served, "blocks that the list has given so far");

static unsigned int raises;
module_param(raises, uint, 0444);
MODULE_PARM_DESC(raises, "raises that reached a handler");

static void open_list(void)
{
	if (!list_allocate || !list_free || is_open)
		return;
	is_open = NT_SUCCESS(ExInitializeLookasideListEx(&list, list_allocate, list_free,
							 NonPagedPoolNx, 0, 64, LIBRARY_TAG, 0));
}

void nt_library_set_free(PFREE_FUNCTION_EX routine)
{
	list_free = routine;
	open_list();
}
EXPORT_SYMBOL_GPL(nt_library_set_free);

void nt_library_set_allocate(PALLOCATE_FUNCTION_EX routine)
{
	list_allocate = routine;
	open_list();
}
EXPORT_SYMBOL_GPL(nt_library_set_allocate);

/* No tail call: the return address selects the driver. */
void nt_library_set_handler(PNTPOOL_RAISE_HANDLER handler)
{
	NtpoolSetRaiseHandler(handler);
	barrier();
}
EXPORT_SYMBOL_GPL(nt_library_set_handler);

void nt_library_count_raise(void)
{
	raises++;
}
EXPORT_SYMBOL_GPL(nt_library_count_raise);

void nt_library_try(PLOOKASIDE_LIST_EX theirs)
{
	if (NT_SUCCESS(ExInitializeLookasideListEx(theirs, NULL, NULL, NonPagedPoolNx, 0, 64,
						   LIBRARY_TAG, 0)))
		ExDeleteLookasideListEx(theirs);
}
EXPORT_SYMBOL_GPL(nt_library_try);

/* Takes one block and returns it. */
static int use_set(const char *val, const struct kernel_param *kp)
{
	PVOID block = ExAllocateFromLookasideListEx(&list);

	if (block) {
		served++;
		ExFreeToLookasideListEx(&list, block);
	}
	barrier();
	return 0;
}

static int raise_set(const char *val, const struct kernel_param *kp)
{
	ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
	barrier();
	return 0;
}

static const struct kernel_param_ops use_ops = {
	.set = use_set,
};

static const struct kernel_param_ops raise_ops = {
	.set = raise_set,
};

module_param_cb(use, &use_ops, NULL, 0200);
MODULE_PARM_DESC(use, "write anything: take a block and return it");
module_param_cb(raise, &raise_ops, NULL, 0200);
MODULE_PARM_DESC(raise, "write anything: raise a status");

static int __init nt_library_init(void)
{
	return 0;
}

static void __exit nt_library_exit(void)
{
	if (is_open)
		ExDeleteLookasideListEx(&list);
}

module_init(nt_library_init);
module_exit(nt_library_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: a list with routines of two clients");
