// SPDX-License-Identifier: GPL-2.0
/* A client of nt_library: it has the list's Free routine and the handler of raises. */
#include <linux/module.h>

#include "nt_library.h"

static VOID first_free(PVOID block, PLOOKASIDE_LIST_EX list)
{
	ExFreePoolWithTag(block, LIBRARY_TAG);
}

static void first_handler(NTSTATUS status)
{
	nt_library_count_raise();
}

static int __init nt_first_init(void)
{
	nt_library_set_free(first_free);
	nt_library_set_handler(first_handler);
	return 0;
}

static void __exit nt_first_exit(void)
{
}

module_init(nt_first_init);
module_exit(nt_first_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: a client with a list's Free routine");
