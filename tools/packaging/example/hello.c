// SPDX-License-Identifier: GPL-2.0
/* A driver with one block of nonpaged pool: `cat /sys/kernel/debug/ntpool/callers`. */
#include <linux/module.h>
#include <ntddk.h>

static PVOID block;

static int __init hello_init(void)
{
	block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'omeD');
	return block ? 0 : -ENOMEM;
}

static void __exit hello_exit(void)
{
	ExFreePoolWithTag(block, 'omeD');
}

module_init(hello_init);
module_exit(hello_exit);
MODULE_DESCRIPTION("Example of a driver that uses ntpool");
MODULE_LICENSE("GPL");
