// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that is not linked against ntpool: nt_leak allocates for it. It goes without
 * giving the block back.
 */
#include <linux/module.h>

void *nt_leak_take(unsigned int size);

/* Not in initialisation code, and no tail call, so that it is on the stack. */
static noinline void *client_take(void)
{
	void *block = nt_leak_take(100);

	barrier();
	return block;
}

static int __init nt_client_init(void)
{
	return client_take() ? 0 : -ENOMEM;
}

static void __exit nt_client_exit(void)
{
}

module_init(nt_client_init);
module_exit(nt_client_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: a driver whose library allocates for it");
