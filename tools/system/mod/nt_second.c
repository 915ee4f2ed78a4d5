// SPDX-License-Identifier: GPL-2.0
/* A client of nt_library: it has the list's Allocate routine. */
#include <linux/module.h>

#include "nt_library.h"

static PVOID second_allocate(POOL_TYPE type, SIZE_T size, ULONG tag, PLOOKASIDE_LIST_EX list)
{
	return ExAllocatePoolWithTag(type, size, tag);
}

static int __init nt_second_init(void)
{
	nt_library_set_allocate(second_allocate);
	return 0;
}

static void __exit nt_second_exit(void)
{
}

module_init(nt_second_init);
module_exit(nt_second_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: a client with a list's Allocate routine");
