// SPDX-License-Identifier: GPL-2.0
/*
 * A driver without errors. While it is loaded, it holds blocks of both pools, below and
 * above a page, and a lookaside list. Writing N to its parameter churn takes N blocks
 * from the list, one after the other, and frees each.
 */
#include <linux/module.h>

#include <ntddk.h>

#define HOLD_TAG	('dloH')
#define LIST_TAG	('tsiL')

static const struct {
	POOL_TYPE type;
	SIZE_T size;
} hold_sizes[] = {
	{ NonPagedPool, 1 },
	{ NonPagedPool, 1000 },
	{ NonPagedPool, 5120 },
	{ PagedPool, 24 },
	{ PagedPool, 4096 },
	{ PagedPool, 9216 },
};

static void *held[ARRAY_SIZE(hold_sizes)];
static NPAGED_LOOKASIDE_LIST list;
static bool list_ready;

static int churn_set(const char *val, const struct kernel_param *kp)
{
	unsigned int n;
	void *block;

	if (!list_ready || kstrtouint(val, 0, &n))
		return -EINVAL;
	for (; n; n--) {
		block = ExAllocateFromNPagedLookasideList(&list);
		if (!block)
			return -ENOMEM;
		ExFreeToNPagedLookasideList(&list, block);
	}
	return 0;
}

static const struct kernel_param_ops churn_ops = {
	.set = churn_set,
};

module_param_cb(churn, &churn_ops, NULL, 0200);
MODULE_PARM_DESC(churn, "blocks to take from the list and give back");

static void release_all(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(held); i++)
		if (held[i])
			ExFreePoolWithTag(held[i], HOLD_TAG);
}

static int __init nt_hold_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(held); i++) {
		held[i] = ExAllocatePoolWithTag(hold_sizes[i].type,
						hold_sizes[i].size, HOLD_TAG);
		if (!held[i]) {
			release_all();
			return -ENOMEM;
		}
	}
	ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 200, LIST_TAG, 0);
	list_ready = true;
	return 0;
}

static void __exit nt_hold_exit(void)
{
	ExDeleteNPagedLookasideList(&list);
	release_all();
}

module_init(nt_hold_init);
module_exit(nt_hold_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: a driver that holds memory while it is loaded");
