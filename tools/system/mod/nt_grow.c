// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that leaks while it works. Each tick takes a block whose only pointer is then
 * lost. The rest is sound. Blocks of the tag Busy are collected and freed together. The
 * tags F000, F001 and so on hold between none and three blocks each.
 */
#include <linux/module.h>
#include <linux/workqueue.h>

#include <ntddk.h>

#define BUSY_TAG	('ysuB')
#define BUSY_BLOCKS	16
#define OTHER_BLOCKS	3
#define MOST_OTHERS	1000

static char tag[5] = "Leak";
module_param_string(tag, tag, sizeof(tag), 0444);
MODULE_PARM_DESC(tag, "four characters: the tag that leaks");

static bool paged;
module_param(paged, bool, 0444);
MODULE_PARM_DESC(paged, "leak from paged pool");

static unsigned int size = 1000;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "bytes of a block that leaks");

static unsigned int period_ms = 100;
module_param(period_ms, uint, 0444);
MODULE_PARM_DESC(period_ms, "time from one block to the next");

static unsigned int others;
module_param(others, uint, 0444);
MODULE_PARM_DESC(others, "tags that do not leak, at most 1000");

static void *busy[BUSY_BLOCKS];
static unsigned int nr_busy;
static void *other[MOST_OTHERS][OTHER_BLOCKS];
static unsigned long ticks;

static void grow_tick(struct work_struct *work);
static DECLARE_DELAYED_WORK(grow_work, grow_tick);

/* The first character is in the lowest byte. */
static ULONG tag_of(const char *text)
{
	return text[0] | text[1] << 8 | text[2] << 16 | text[3] << 24;
}

static noinline void grow_leak(void)
{
	void *block = ExAllocatePoolWithTag(paged ? PagedPool : NonPagedPool, size,
					    tag_of(tag));

	if (!block)
		pr_warn_once("nt_grow: no memory is left to leak\n");
}

static void free_busy(void)
{
	while (nr_busy)
		ExFreePoolWithTag(busy[--nr_busy], BUSY_TAG);
}

static noinline void grow_busy(void)
{
	if (nr_busy == BUSY_BLOCKS)
		free_busy();
	busy[nr_busy] = ExAllocatePoolWithTag(NonPagedPool, 2000, BUSY_TAG);
	if (busy[nr_busy])
		nr_busy++;
}

/* A third of the tags in turn: each gets a block, or loses one. */
static noinline void change_others(void)
{
	char name[8];
	unsigned int i;
	void **block;

	for (i = ticks % 3; i < others; i += 3) {
		block = &other[i][(ticks / 3 + i) % OTHER_BLOCKS];
		snprintf(name, sizeof(name), "F%03u", i);
		if (*block) {
			ExFreePoolWithTag(*block, tag_of(name));
			*block = NULL;
		} else {
			*block = ExAllocatePoolWithTag(NonPagedPool, 40 + 24 * i,
						       tag_of(name));
		}
	}
}

static void grow_tick(struct work_struct *work)
{
	grow_leak();
	grow_busy();
	change_others();
	ticks++;
	schedule_delayed_work(&grow_work, msecs_to_jiffies(period_ms));
}

static int __init nt_grow_init(void)
{
	if (strlen(tag) != 4 || others > MOST_OTHERS)
		return -EINVAL;
	schedule_delayed_work(&grow_work, 0);
	return 0;
}

static void __exit nt_grow_exit(void)
{
	unsigned int i, j;

	cancel_delayed_work_sync(&grow_work);
	free_busy();
	for (i = 0; i < others; i++)
		for (j = 0; j < OTHER_BLOCKS; j++)
			if (other[i][j])
				ExFreePool(other[i][j]);
}

module_init(nt_grow_init);
module_exit(nt_grow_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: a driver that leaks while it works");
