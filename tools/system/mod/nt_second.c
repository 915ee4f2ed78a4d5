// SPDX-License-Identifier: GPL-2.0
/*
 * A client of nt_library: it has the list's Allocate routine, and memory for a list that the
 * library uses for a short time.
 */
#include <linux/delay.h>
#include <linux/module.h>

#include "nt_library.h"

static LOOKASIDE_LIST_EX lent;

static unsigned int hold_ms;
module_param(hold_ms, uint, 0444);
MODULE_PARM_DESC(hold_ms, "time that each routine takes at least, in milliseconds");

static bool lend;
module_param(lend, bool, 0444);
MODULE_PARM_DESC(lend, "let the library initialise and delete a list here");

static unsigned long at = (unsigned long)&lent;
module_param(at, ulong, 0400);
MODULE_PARM_DESC(at, "address of that list");

static PVOID second_allocate(POOL_TYPE type, SIZE_T size, ULONG tag, PLOOKASIDE_LIST_EX list)
{
	PVOID block = ExAllocatePoolWithTag(type, size, tag);

	mdelay(hold_ms);
	return block;
}

/* Deletes the list that it lends, once too often. */
static int delete_set(const char *val, const struct kernel_param *kp)
{
	ExDeleteLookasideListEx(&lent);
	barrier();
	return 0;
}

static const struct kernel_param_ops delete_ops = {
	.set = delete_set,
};

module_param_cb(delete, &delete_ops, NULL, 0200);
MODULE_PARM_DESC(delete, "write anything: delete the list that was lent");

static int __init nt_second_init(void)
{
	nt_library_set_allocate(second_allocate);
	if (lend)
		nt_library_try(&lent);
	return 0;
}

static void __exit nt_second_exit(void)
{
}

module_init(nt_second_init);
module_exit(nt_second_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: a client with a list's Allocate routine");
