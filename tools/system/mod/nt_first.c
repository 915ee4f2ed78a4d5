// SPDX-License-Identifier: GPL-2.0
/* A client of nt_library: it has the list's Free routine and the handler of raises. */
#include <linux/delay.h>
#include <linux/module.h>

#include "nt_library.h"

static unsigned int hold_ms;
module_param(hold_ms, uint, 0444);
MODULE_PARM_DESC(hold_ms, "time that each routine takes at least, in milliseconds");

static unsigned int init_ms;
module_param(init_ms, uint, 0444);
MODULE_PARM_DESC(init_ms, "register a handler in initialisation code, and let the init last");

static VOID first_free(PVOID block, PLOOKASIDE_LIST_EX list)
{
	ExFreePoolWithTag(block, LIBRARY_TAG);
	mdelay(hold_ms);
}

static void first_handler(NTSTATUS status)
{
	mdelay(hold_ms);
	nt_library_count_raise();
}

static void __init first_init_handler(NTSTATUS status)
{
	mdelay(hold_ms);
	nt_library_count_raise();
}

static int __init nt_first_init(void)
{
	nt_library_set_free(first_free);
	if (init_ms) {
		nt_library_set_handler(first_init_handler);
		msleep(init_ms);
	} else {
		nt_library_set_handler(first_handler);
	}
	return 0;
}

static void __exit nt_first_exit(void)
{
}

module_init(nt_first_init);
module_exit(nt_first_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: a client with a list's Free routine");
