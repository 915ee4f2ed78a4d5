// SPDX-License-Identifier: GPL-2.0
/*
 * A driver with one error, for the table of detected errors. The parameter what names
 * the error, where names the context in which it happens.
 *
 * A separate thread makes errors in thread context. An access that faults ends that
 * thread, and the load of the module continues. An access that faults in a softirq or
 * in a hard interrupt stops the machine. The module nt_survive prevents that: it knows
 * the two instructions below.
 *
 * The driver logs the name of each step before the step. The log thus shows at which
 * step a report came.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <ntddk.h>

#define DETECT_TAG	('tceD')
#define OTHER_TAG	('rhtO')
#define SIZE		96
#define OTHERS		500	/* pairs of an allocation and a free */
#define ZONE_BLOCK	64
#define LARGE		5120

static char *what = "";
module_param(what, charp, 0444);
MODULE_PARM_DESC(what, "which error to make");

static char *where = "thread";
module_param(where, charp, 0444);
MODULE_PARM_DESC(where, "thread, softirq or hardirq");

static const struct row *row;
static NPAGED_LOOKASIDE_LIST list, other_list, larger_list, own_list, never_initialised;
static ZONE_HEADER zone;
static SLIST_HEADER slist;
static LIST_ENTRY chain;
static SINGLE_LIST_ENTRY single;
static KSPIN_LOCK zone_lock, chain_lock;	/* the second is of the two lists above */
static u8 *foreign;
static u8 *zone_memory;
static u8 *earlier, *paged;	/* blocks of the pool */

static void step(const char *name)
{
	pr_info("nt_detect: %s\n", name);
}

static noinline u8 *take(SIZE_T size)
{
	step("allocate");
	return ExAllocatePoolWithTag(NonPagedPool, size, DETECT_TAG);
}

static noinline void give(u8 *block)
{
	step("free");
	ExFreePoolWithTag(block, DETECT_TAG);
}

/* As nt_survive.c knows it, which makes @at NULL if it faults. */
static __always_inline u8 *write_byte(u8 *at)
{
	asm volatile("movb $0x5a, (%0)" : "+a" (at) : : "memory");
	return at;
}

/* Writes up to @length bytes at @at, the one that is farthest from the block last. */
static noinline void spoil(u8 *at, int length)
{
	int way = length < 0 ? -1 : 1;

	step("access");
	for (; length && write_byte(at); length -= way)
		at += way;
}

static void overrun(SIZE_T size, int length)
{
	u8 *block = take(size);

	spoil(block + size, length);
	give(block);
}

static void underrun(int length)
{
	u8 *block = take(SIZE);

	spoil(block - 1, -length);
	give(block);
}

#include "nt_overruns.h"

static void overrun_page(void)
{
	overrun(PAGE_SIZE, 1);
}

static void overrun_large(void)
{
	overrun(LARGE, 1);
}

static void underrun_large(void)
{
	u8 *block = take(LARGE);

	spoil(block - 1, -1);
	give(block);
}

/* As nt_survive.c knows it. */
static noinline void read_byte(const u8 *at)
{
	step("access");
	asm volatile("movb (%%rax), %%al" : "+a" (at) : : "memory");
}

static noinline u8 *freed_of(SIZE_T size)
{
	u8 *block = take(size);

	give(block);
	return block;
}

static noinline u8 *freed(void)
{
	u8 *block = freed_of(SIZE);

	barrier();
	return block;
}

static void others(void)
{
	int i;

	step("others");
	for (i = 0; i < OTHERS; i++)
		ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPool, SIZE, OTHER_TAG), OTHER_TAG);
}

static void read_freed(void)
{
	read_byte(freed() + 8);
}

static void write_freed(void)
{
	spoil(freed() + 8, 1);
}

static void read_freed_later(void)
{
	u8 *block = freed();

	others();
	read_byte(block + 8);
}

static void write_freed_later(void)
{
	u8 *block = freed();

	others();
	spoil(block + 8, 1);
}

static void read_freed_large(void)
{
	read_byte(freed_of(LARGE) + LARGE - 8);
}

/* The length is not known to the compiler: memcpy() is called. */
static noinline void memcpy_freed(void)
{
	size_t length = 64;
	u8 copy[SIZE];
	u8 *block = freed();

	OPTIMIZER_HIDE_VAR(length);
	step("access");
	memcpy(copy, block + 8, length);
	barrier_data(copy);
}

/* The kernel repairs the fault. */
static noinline void copy_to_user_freed(void)
{
	u8 *block = freed();

	step("access");
	if (!copy_to_user((void __user *)(4 * PAGE_SIZE), block + 8, 64))
		step("nothing");
}

/* A routine of the kernel that is no copy reads the first byte of a guard page. */
static void dump_past(void)
{
	u8 *block = take(SIZE);
	char text[64];

	step("access");
	hex_dump_to_buffer(block + SIZE, 8, 16, 1, text, sizeof(text), false);
	give(block);
}

static void double_free_large(void)
{
	u8 *block = take(LARGE);

	preempt_disable();
	give(block);
	give(block);
	preempt_enable();
}

static void double_free(void)
{
	u8 *block = take(SIZE);

	preempt_disable();
	give(block);
	give(block);
	preempt_enable();
}

/* The second free hits the new owner's block; the owner's own free is one too many. */
static void double_free_reused(void)
{
	u8 *block = freed(), *next;
	int i;

	preempt_disable();
	for (i = 0; i < 20 * OTHERS; i++) {
		next = ExAllocatePoolWithTag(NonPagedPool, SIZE, DETECT_TAG);
		if (next == block)
			break;
		ExFreePoolWithTag(next, DETECT_TAG);
	}
	give(block);
	if (i < 20 * OTHERS)
		give(next);
	preempt_enable();
}

static void interior_free(void)
{
	u8 *block = take(SIZE);

	give(block + 16);
	give(block);
}

static void foreign_free(void)
{
	give(foreign);
}

static void wrong_tag(void)
{
	u8 *block = take(SIZE);

	step("free");
	ExFreePoolWithTag(block, OTHER_TAG);
}

/* A list's block to the pool. */
static void wrong_pool(void)
{
	u8 *block = ExAllocateFromNPagedLookasideList(&list);

	step("free");
	ExFreePool(block);
}

/* And the reverse. */
static void pool_to_list(void)
{
	u8 *block = take(SIZE);

	step("free");
	ExFreeToNPagedLookasideList(&list, block);
}

static void wrong_list(void)
{
	u8 *block = ExAllocateFromNPagedLookasideList(&list);

	step("free");
	ExFreeToNPagedLookasideList(&other_list, block);
}

/* Its tag is the same. */
static void wrong_size(void)
{
	u8 *block = ExAllocateFromNPagedLookasideList(&list);

	step("free");
	ExFreeToNPagedLookasideList(&larger_list, block);
}

static void list_double_free(void)
{
	u8 *block = ExAllocateFromNPagedLookasideList(&list);

	preempt_disable();
	step("free");
	ExFreeToNPagedLookasideList(&list, block);
	ExFreeToNPagedLookasideList(&list, block);
	preempt_enable();
}

static void list_uninitialised(void)
{
	step("allocate");
	ExAllocateFromNPagedLookasideList(&never_initialised);
}

static void initialise(NPAGED_LOOKASIDE_LIST *which, SIZE_T size)
{
	step("initialise");
	ExInitializeNPagedLookasideList(which, NULL, NULL, 0, size, DETECT_TAG, 0);
}

static void list_twice(void)
{
	initialise(&list, SIZE);
}

/* No room for a link. */
static void list_too_small(void)
{
	initialise(&own_list, 1);
	ExDeleteNPagedLookasideList(&own_list);
}

static void list_undeleted(void)
{
	initialise(&own_list, SIZE);
}

static void zone_double_free(void)
{
	u8 *block = ExInterlockedAllocateFromZone(&zone, &zone_lock);

	step("free");
	ExInterlockedFreeToZone(&zone, block, &zone_lock);
	ExInterlockedFreeToZone(&zone, block, &zone_lock);
}

static void zone_foreign_free(void)
{
	step("free");
	ExInterlockedFreeToZone(&zone, foreign, &zone_lock);
}

/* A block that is on the free list is written into. */
static void zone_overwritten(void)
{
	u8 *block = ExInterlockedAllocateFromZone(&zone, &zone_lock);

	ExInterlockedFreeToZone(&zone, block, &zone_lock);
	spoil(block, 8);
	step("allocate");
	ExInterlockedAllocateFromZone(&zone, &zone_lock);
}

/* The memory of the zone is freed with a block of it out. */
static void zone_freed(void)
{
	u8 *memory = ExAllocatePoolWithTag(NonPagedPool, 1024, DETECT_TAG);

	ExExtendZone(&zone, memory, 1024);
	ExInterlockedAllocateFromZone(&zone, &zone_lock);
	give(memory);
}

static void list_freed(void)
{
	PNPAGED_LOOKASIDE_LIST inside;

	inside = ExAllocatePoolWithTag(NonPagedPool, sizeof(*inside), DETECT_TAG);
	ExInitializeNPagedLookasideList(inside, NULL, NULL, 0, SIZE, DETECT_TAG, 0);
	give((u8 *)inside);
}

/* The pop reads it. */
static void slist_freed(void)
{
	u8 *entry = take(SIZE);

	InterlockedPushEntrySList(&slist, (PSLIST_ENTRY)entry);
	give(entry);
	step("access");
	InterlockedPopEntrySList(&slist);
}

/* After that thread is dead. */
static void slist_end(void)
{
	static SLIST_ENTRY entry;

	if (!FirstEntrySList(&slist))
		return;
	InterlockedPushEntrySList(&slist, &entry);
	if (InterlockedPopEntrySList(&slist) == &entry)
		step("usable");
}

static void chain_freed(void)
{
	u8 *entry = take(SIZE);

	InsertTailList(&chain, (PLIST_ENTRY)entry);
	give(entry);
	step("access");
}

/* Each of them touches the freed entry under the driver's lock. */
static void insert_head_freed(void)
{
	static LIST_ENTRY entry;

	chain_freed();
	ExInterlockedInsertHeadList(&chain, &entry, &chain_lock);
}

static void insert_tail_freed(void)
{
	static LIST_ENTRY entry;

	chain_freed();
	ExInterlockedInsertTailList(&chain, &entry, &chain_lock);
}

static void remove_head_freed(void)
{
	chain_freed();
	ExInterlockedRemoveHeadList(&chain, &chain_lock);
}

static void push_freed(void)
{
	u8 *entry = freed();

	step("access");
	ExInterlockedPushEntryList(&single, (PSINGLE_LIST_ENTRY)entry, &chain_lock);
}

static void pop_freed(void)
{
	u8 *entry = take(SIZE);

	PushEntryList(&single, (PSINGLE_LIST_ENTRY)entry);
	give(entry);
	step("access");
	ExInterlockedPopEntryList(&single, &chain_lock);
}

/* After that thread is dead: its lock stays held, and others work. */
static void chain_end(void)
{
	static SINGLE_LIST_ENTRY link;
	static LIST_ENTRY other, entry;
	static KSPIN_LOCK lock;

	if (!chain_lock)
		return;
	step("held");
	InitializeListHead(&other);
	ExInterlockedInsertTailList(&other, &entry, &lock);
	ExInterlockedRemoveHeadList(&other, &lock);
	ExInterlockedInsertHeadList(&other, &entry, &lock);
	single.Next = NULL;
	ExInterlockedPushEntryList(&single, &link, &lock);
	if (ExInterlockedRemoveHeadList(&other, &lock) == &entry &&
	    ExInterlockedPopEntryList(&single, &lock) == &link)
		step("usable");
}

static void leak(void)
{
	take(SIZE);
	take(SIZE);
}

/* The level is there already, unless it is a thread. */
static void at_dispatch(void (*run)(void))
{
	bool low = KeGetCurrentIrql() < DISPATCH_LEVEL;
	KIRQL irql;

	if (low)
		KeRaiseIrql(DISPATCH_LEVEL, &irql);
	run();
	if (low)
		KeLowerIrql(irql);
}

static void take_paged(void)
{
	u8 *block;

	step("allocate");
	block = ExAllocatePoolWithTag(PagedPool, SIZE, DETECT_TAG);
	if (block)
		give(block);
}

static void paged_at_dispatch(void)
{
	at_dispatch(take_paged);
}

static void give_paged(void)
{
	give(paged);
	paged = NULL;
}

static void paged_free_at_dispatch(void)
{
	at_dispatch(give_paged);
}

static void nonpaged_in_interrupt(void)
{
	give(take(SIZE));
}

/* That was allocated in a thread. */
static void free_in_interrupt(void)
{
	give(earlier);
	earlier = NULL;
}

static void size_0(void)
{
	give(take(0));
}

static void with_tag(ULONG tag)
{
	step("allocate");
	ExFreePool(ExAllocatePoolWithTag(NonPagedPool, SIZE, tag));
}

static void bad_tag(void)
{
	with_tag('....');
}

static void zero_tag(void)
{
	with_tag(0);
}

static void big_tag(void)
{
	with_tag('GIB');
}

static void bad_type(void)
{
	step("allocate");
	ExAllocatePoolWithTag(DontUseThisType, SIZE, DETECT_TAG);
}

static void must_succeed_large(void)
{
	u8 *block;

	step("allocate");
	block = ExAllocatePoolWithTag(NonPagedPoolMustSucceed, PAGE_SIZE + 1, DETECT_TAG);
	if (block)
		give(block);
}

static void swapped(void)
{
	void *block;

	step("allocate");
	block = ExAllocatePoolWithTag(NonPagedPool, DETECT_TAG, SIZE);
	if (block)
		ExFreePool(block);
}

/* The driver's own. */
static void bugcheck(void)
{
	step("stop");
	KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4);
}

/* No error at all. */
static void right(void)
{
	u8 *block = take(SIZE), *entry;

	spoil(block, SIZE);
	give(block);
	others();
	entry = ExAllocateFromNPagedLookasideList(&list);
	ExFreeToNPagedLookasideList(&list, entry);
	entry = ExInterlockedAllocateFromZone(&zone, &zone_lock);
	ExInterlockedFreeToZone(&zone, entry, &zone_lock);
}

static const struct row {
	const char *name;
	void (*run)(void);
} rows[] = {
	{ "overrun_1", overrun_1 },
	{ "overrun_8", overrun_8 },
	{ "overrun_64", overrun_64 },
	{ "overrun_slack", overrun_slack },
	{ "overrun_page", overrun_page },
	{ "overrun_large", overrun_large },
	{ "underrun_large", underrun_large },
	{ "underrun_1", underrun_1 },
	{ "underrun_16", underrun_16 },
	{ "read_freed", read_freed },
	{ "write_freed", write_freed },
	{ "read_freed_later", read_freed_later },
	{ "write_freed_later", write_freed_later },
	{ "read_freed_large", read_freed_large },
	{ "memcpy_freed", memcpy_freed },
	{ "copy_to_user_freed", copy_to_user_freed },
	{ "dump_past", dump_past },
	{ "double_free", double_free },
	{ "double_free_large", double_free_large },
	{ "double_free_reused", double_free_reused },
	{ "interior_free", interior_free },
	{ "foreign_free", foreign_free },
	{ "wrong_tag", wrong_tag },
	{ "wrong_pool", wrong_pool },
	{ "pool_to_list", pool_to_list },
	{ "wrong_list", wrong_list },
	{ "wrong_size", wrong_size },
	{ "list_double_free", list_double_free },
	{ "list_uninitialised", list_uninitialised },
	{ "list_twice", list_twice },
	{ "list_too_small", list_too_small },
	{ "list_undeleted", list_undeleted },
	{ "list_freed", list_freed },
	{ "zone_double_free", zone_double_free },
	{ "zone_foreign_free", zone_foreign_free },
	{ "zone_overwritten", zone_overwritten },
	{ "zone_freed", zone_freed },
	{ "slist_freed", slist_freed },
	{ "insert_head_freed", insert_head_freed },
	{ "insert_tail_freed", insert_tail_freed },
	{ "remove_head_freed", remove_head_freed },
	{ "push_freed", push_freed },
	{ "pop_freed", pop_freed },
	{ "leak", leak },
	{ "paged_at_dispatch", paged_at_dispatch },
	{ "paged_free_at_dispatch", paged_free_at_dispatch },
	{ "nonpaged_in_interrupt", nonpaged_in_interrupt },
	{ "free_in_interrupt", free_in_interrupt },
	{ "size_0", size_0 },
	{ "bad_tag", bad_tag },
	{ "zero_tag", zero_tag },
	{ "big_tag", big_tag },
	{ "bad_type", bad_type },
	{ "must_succeed_large", must_succeed_large },
	{ "swapped", swapped },
	{ "bugcheck", bugcheck },
	{ "right", right },
};

static DECLARE_COMPLETION(ran);

static int run_thread(void *unused)
{
	row->run();
	complete(&ran);
	return 0;
}

static int in_thread(void)
{
	struct task_struct *task = kthread_create(run_thread, NULL, "nt_detect");

	if (IS_ERR(task))
		return PTR_ERR(task);
	get_task_struct(task);
	wake_up_process(task);
	/* It ends one way or the other. */
	while (!READ_ONCE(task->exit_state))
		msleep(20);
	put_task_struct(task);
	return 0;
}

static void run_softirq(struct tasklet_struct *unused)
{
	row->run();
	complete(&ran);
}

static int in_softirq_context(void)
{
	static DECLARE_TASKLET(tasklet, run_softirq);

	tasklet_schedule(&tasklet);
	wait_for_completion(&ran);
	tasklet_kill(&tasklet);
	return 0;
}

static void run_hardirq(struct irq_work *unused)
{
	row->run();
	complete(&ran);
}

static int in_hardirq_context(void)
{
	static struct irq_work work = IRQ_WORK_INIT_HARD(run_hardirq);

	irq_work_queue(&work);
	wait_for_completion(&ran);
	irq_work_sync(&work);
	return 0;
}

static int run(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, what))
			row = &rows[i];
	if (!row)
		return -EINVAL;
	if (!strcmp(where, "softirq"))
		return in_softirq_context();
	if (!strcmp(where, "hardirq"))
		return in_hardirq_context();
	return in_thread();
}

static void lists_begin(void)
{
	ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, SIZE, 'tsiL', 0);
	ExInitializeNPagedLookasideList(&other_list, NULL, NULL, 0, SIZE, 'tsiM', 0);
	ExInitializeNPagedLookasideList(&larger_list, NULL, NULL, 0, 2 * SIZE, 'tsiL', 0);
}

static void lists_end(void)
{
	ExDeleteNPagedLookasideList(&list);
	ExDeleteNPagedLookasideList(&other_list);
	ExDeleteNPagedLookasideList(&larger_list);
}

static int memory_begin(void)
{
	foreign = kzalloc(SIZE, GFP_KERNEL);
	zone_memory = kzalloc(1024, GFP_KERNEL);
	earlier = ExAllocatePoolWithTag(NonPagedPool, SIZE, DETECT_TAG);
	paged = ExAllocatePoolWithTag(PagedPool, SIZE, DETECT_TAG);
	return foreign && zone_memory && earlier && paged ? 0 : -ENOMEM;
}

static void memory_end(void)
{
	if (paged)
		ExFreePool(paged);
	if (earlier)
		ExFreePool(earlier);
	kfree(zone_memory);
	kfree(foreign);
}

static int __init nt_detect_init(void)
{
	int err = memory_begin();

	if (err)
		goto fail;
	KeInitializeSpinLock(&zone_lock);
	KeInitializeSpinLock(&chain_lock);
	InitializeListHead(&chain);
	ExInitializeZone(&zone, ZONE_BLOCK, zone_memory, 1024);
	lists_begin();
	err = run();
	if (!err)
		return 0;
	lists_end();
fail:
	memory_end();
	return err;
}

static void __exit nt_detect_exit(void)
{
	slist_end();
	chain_end();
	lists_end();
	memory_end();
	step("unload");
}

module_init(nt_detect_init);
module_exit(nt_detect_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: a driver with one error, for the table of what is detected");
