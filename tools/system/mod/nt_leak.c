// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that leaks. It takes three blocks at one place and two blocks of whole pages
 * at another. It never deletes its lookaside list. When it is unloaded, all of that
 * must be reported, and nothing crashes.
 */
#include <linux/module.h>

#include <ntddk.h>

#define LEAK_TAG	('kaeL')

/* Not constants, so that the compiler leaves each loop one call site. */
static unsigned int small_blocks = 3;
module_param(small_blocks, uint, 0444);
MODULE_PARM_DESC(small_blocks, "nonpaged blocks to forget");

static unsigned int big_blocks = 2;
module_param(big_blocks, uint, 0444);
MODULE_PARM_DESC(big_blocks, "paged blocks above a page to forget");

static NPAGED_LOOKASIDE_LIST forgotten;

static noinline bool leak_small(void)
{
	unsigned int i;

	for (i = 0; i < small_blocks; i++)
		if (!ExAllocatePoolWithTag(NonPagedPool, 100, LEAK_TAG))
			return false;
	return true;
}

static noinline bool leak_big(void)
{
	unsigned int i;

	for (i = 0; i < big_blocks; i++)
		if (!ExAllocatePoolWithTag(PagedPool, 5120, LEAK_TAG))
			return false;
	return true;
}

/* For nt_client, which is a client of this driver. */
void *nt_leak_take(unsigned int size);
void *nt_leak_take(unsigned int size)
{
	void *block = ExAllocatePoolWithTag(NonPagedPool, size, LEAK_TAG);

	barrier();
	return block;
}
EXPORT_SYMBOL_GPL(nt_leak_take);

static int __init nt_leak_init(void)
{
	ExInitializeNPagedLookasideList(&forgotten, NULL, NULL, 0, 64, LEAK_TAG, 0);
	return leak_small() && leak_big() ? 0 : -ENOMEM;
}

static void __exit nt_leak_exit(void)
{
}

module_init(nt_leak_init);
module_exit(nt_leak_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: a driver that forgets its memory");
