// SPDX-License-Identifier: GPL-2.0
/*
 * A driver whose calls are known exactly, for the tracepoints. Writing N to its parameter
 * rounds does the following N times. It allocates and frees a small block, a paged one, two
 * pages, and a block at DISPATCH_LEVEL. It also makes two requests that fail. Writing N to
 * small allocates and frees the small block N times. Writing N to burst takes N blocks from
 * a lookaside list and gives them back. It repeats this for about two seconds. Reading state
 * shows the word that an allocation tests for the verifier.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>

#include <ntddk.h>

#define SMALL_TAG	('carT')
#define PAGED_TAG	('dgPT')
#define PAGES_TAG	('giBT')
#define FAIL_TAG	('liaF')
#define LIST_TAG	('tsLT')
/* Two characters that are printed in octal. */
#define RAISED_TAG	(0x015c7244)

#define BURST_MAX	64

static NPAGED_LOOKASIDE_LIST list;
static bool list_ready;

static noinline void *take(POOL_TYPE type, SIZE_T size, ULONG tag)
{
	return ExAllocatePoolWithTag(type, size, tag);
}

static noinline void give(void *block, ULONG tag)
{
	if (block)
		ExFreePoolWithTag(block, tag);
}

static noinline void take_at_dispatch(void)
{
	void *block;
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	block = take(NonPagedPool, 64, RAISED_TAG);
	give(block, RAISED_TAG);
	KeLowerIrql(old);
}

static noinline void fail(void)
{
	/* Larger than any machine, and no pool type. */
	give(take(NonPagedPool, ~(SIZE_T)0 / 2, FAIL_TAG), FAIL_TAG);
	give(ExAllocatePool2(0, 40, FAIL_TAG), FAIL_TAG);
}

static void one_round(void)
{
	void *small = take(NonPagedPool, 100, SMALL_TAG);
	void *paged = take(PagedPool, 3000, PAGED_TAG);
	void *pages = take(NonPagedPool, 8192, PAGES_TAG);

	take_at_dispatch();
	fail();
	give(pages, PAGES_TAG);
	give(paged, PAGED_TAG);
	give(small, SMALL_TAG);
}

static int rounds_set(const char *val, const struct kernel_param *kp)
{
	unsigned int n;

	if (kstrtouint(val, 0, &n))
		return -EINVAL;
	while (n--)
		one_round();
	return 0;
}

static int small_set(const char *val, const struct kernel_param *kp)
{
	unsigned int n;

	if (kstrtouint(val, 0, &n))
		return -EINVAL;
	while (n--)
		give(take(NonPagedPool, 100, SMALL_TAG), SMALL_TAG);
	return 0;
}

static void one_burst(unsigned int n)
{
	void *block[BURST_MAX];
	unsigned int i;

	for (i = 0; i < n; i++)
		block[i] = ExAllocateFromNPagedLookasideList(&list);
	while (i--)
		if (block[i])
			ExFreeToNPagedLookasideList(&list, block[i]);
}

static int burst_set(const char *val, const struct kernel_param *kp)
{
	unsigned long end = jiffies + 2 * HZ;
	unsigned int n;

	if (!list_ready || kstrtouint(val, 0, &n) || n > BURST_MAX)
		return -EINVAL;
	while (time_before(jiffies, end)) {
		one_burst(n);
		usleep_range(1000, 2000);
	}
	return 0;
}

static int state_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%#lx\n", READ_ONCE(ntpool_verifier_state));
}

static const struct kernel_param_ops rounds_ops = { .set = rounds_set };
static const struct kernel_param_ops small_ops = { .set = small_set };
static const struct kernel_param_ops burst_ops = { .set = burst_set };
static const struct kernel_param_ops state_ops = { .get = state_get };

module_param_cb(rounds, &rounds_ops, NULL, 0200);
MODULE_PARM_DESC(rounds, "how often all calls are made");
module_param_cb(small, &small_ops, NULL, 0200);
MODULE_PARM_DESC(small, "how often the small block is taken and given back");
module_param_cb(burst, &burst_ops, NULL, 0200);
MODULE_PARM_DESC(burst, "blocks to take from the list at once, for about two seconds");
module_param_cb(state, &state_ops, NULL, 0400);
MODULE_PARM_DESC(state, "the word that an allocation tests for the verifier");

static int __init nt_trace_init(void)
{
	ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 200, LIST_TAG, 0);
	list_ready = true;
	return 0;
}

static void __exit nt_trace_exit(void)
{
	ExDeleteNPagedLookasideList(&list);
}

module_init(nt_trace_init);
module_exit(nt_trace_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: a driver whose calls are known");
