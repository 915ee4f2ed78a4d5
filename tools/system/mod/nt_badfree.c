// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that frees memory in a wrong way. The parameter what names the way, one per
 * load. The driver also frees everything that it allocates in the right way. The
 * figures of its tag must then be zero again, except for overrun, where the damaged
 * block is kept.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <ntddk.h>

#define BAD_TAG		(' daB')
#define OTHER_TAG	('rhtO')
#define FLOOD		1000

static char *what = "";
module_param(what, charp, 0444);
MODULE_PARM_DESC(what, "which bad free to make");

static u8 module_data[64];

static void *take(POOL_TYPE type, SIZE_T size)
{
	void *block = ExAllocatePoolWithTag(type, size, BAD_TAG);

	if (block)
		memset(block, 0x5a, size);
	return block;
}

static void bad_null(void)
{
	ExFreePool(NULL);
}

static void bad_user(void)
{
	ExFreePool((void *)0x10000);
}

static void bad_kmalloc(void)
{
	void *foreign = kmalloc(64, GFP_KERNEL);

	ExFreePool(foreign);
	kfree(foreign);
}

static void bad_vmalloc(void)
{
	void *foreign = vmalloc(64);

	ExFreePool(foreign);
	vfree(foreign);
}

static void bad_data(void)
{
	ExFreePool(module_data);
}

static void bad_middle(void)
{
	u8 *block = take(NonPagedPool, 200);

	ExFreePool(block + 32);
	ExFreePool(block);
}

static void bad_paged_middle(void)
{
	u8 *block = take(PagedPool, 200);

	ExFreePool(block + 32);
	ExFreePool(block);
}

static void bad_offset(void)
{
	u8 *block = take(PagedPool, 3 * 4096);

	ExFreePool(block + 4096);
	ExFreePool(block);
}

/*
 * Frees a block twice. No other thread may get the block between the two frees.
 * So this thread stays on its CPU and is not preempted.
 */
static void bad_double(void)
{
	u8 *block = take(NonPagedPool, 200);

	preempt_disable();
	ExFreePool(block);
	ExFreePool(block);
	preempt_enable();
}

static void bad_tag(void)
{
	ExFreePoolWithTag(take(NonPagedPool, 200), OTHER_TAG);
}

/* The block behind the one that is overrun is the one with the broken header. */
static void bad_overrun(void)
{
	u8 *block = take(NonPagedPool, 2000);
	u8 *next = take(NonPagedPool, 2000);

	if (block > next)
		swap(block, next);
	memset(next - 16, 0xee, 4);
	ExFreePool(next);
	ExFreePool(block);
}

static void bad_flood(void)
{
	int i;

	for (i = 0; i < FLOOD; i++)
		ExFreePool((void *)0x10000);
}

static const struct {
	const char *name;
	void (*run)(void);
} kinds[] = {
	{ "null", bad_null },
	{ "user", bad_user },
	{ "kmalloc", bad_kmalloc },
	{ "vmalloc", bad_vmalloc },
	{ "data", bad_data },
	{ "middle", bad_middle },
	{ "paged_middle", bad_paged_middle },
	{ "offset", bad_offset },
	{ "double", bad_double },
	{ "tag", bad_tag },
	{ "overrun", bad_overrun },
	{ "flood", bad_flood },
};

static int __init nt_badfree_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, what) == 0) {
			kinds[i].run();
			return 0;
		}
	}
	return -EINVAL;
}

static void __exit nt_badfree_exit(void)
{
}

module_init(nt_badfree_init);
module_exit(nt_badfree_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: a driver that frees what it must not");
