// SPDX-License-Identifier: GPL-2.0
/*
 * The errors of nt_detect that are possible with the kernel's own memory. The table of
 * detected errors compares the other tools by this module. It uses nothing of ntpool.
 *
 * KASAN checks accesses only, so the module restores the old contents at once: the next
 * object may be in use. KFENCE guards a sample of all objects, each at the start or at
 * the end of a page. The module makes its errors with guarded objects.
 */
#include <linux/delay.h>
#include <linux/kfence.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#define SIZE		96
#define OTHERS		500	/* pairs of an allocation and a free */
#define TRIES		20000

static char *what = "";
module_param(what, charp, 0444);
MODULE_PARM_DESC(what, "which error to make");

static char *guarded = "";
module_param(guarded, charp, 0444);
MODULE_PARM_DESC(guarded, "start or end: with an object that KFENCE has put there");

static bool restore;
module_param(restore, bool, 0444);
MODULE_PARM_DESC(restore, "put back what was overwritten");

static u8 seen;

static void step(const char *name)
{
	pr_info("nt_peer: %s\n", name);
}

static bool is_wanted(const u8 *block)
{
	if (!*guarded)
		return true;
	return is_kfence_address(block) && !offset_in_page(block) == !strcmp(guarded, "start");
}

/* KFENCE takes one allocation in a millisecond. */
static noinline u8 *take(size_t size)
{
	u8 *block;
	int i;

	step("allocate");
	for (i = 0; i < TRIES; i++) {
		block = kmalloc(size, GFP_KERNEL);
		if (is_wanted(block))
			return block;
		kfree(block);
		usleep_range(500, 1000);
	}
	step("nothing");
	return NULL;
}

static noinline void give(void *block)
{
	step("free");
	kfree(block);
}

static noinline void __no_sanitize_address copy_bytes(u8 *to, const u8 *from, int nr)
{
	while (nr--)
		WRITE_ONCE(*to++, READ_ONCE(*from++));
}

/* Writes @nr bytes at @at. */
static noinline void spoil(u8 *at, int nr)
{
	u8 old[64];
	int i;

	if (restore)
		copy_bytes(old, at, nr);
	step("access");
	for (i = 0; i < nr; i++)
		WRITE_ONCE(at[i], 0x5a);
	if (restore)
		copy_bytes(at, old, nr);
}

static void overrun(size_t size, int nr)
{
	u8 *block = take(size);

	if (!block)
		return;
	spoil(block + size, nr);
	give(block);
}

static void underrun(int nr)
{
	u8 *block = take(SIZE);

	if (!block)
		return;
	spoil(block - nr, nr);
	give(block);
}

#include "nt_overruns.h"

static u8 *freed(void)
{
	u8 *block = take(SIZE);

	if (block)
		give(block);
	return block;
}

static void others(void)
{
	int i;

	step("others");
	for (i = 0; i < OTHERS; i++)
		kfree(kmalloc(SIZE, GFP_KERNEL));
}

static noinline void read_byte(const u8 *at)
{
	step("access");
	WRITE_ONCE(seen, READ_ONCE(*at));
}

/* No other code may take the block between its free and the access. */
static void after_free(bool write, bool later)
{
	u8 *block = freed();

	if (!block)
		return;
	if (later)
		others();
	if (write)
		spoil(block + 8, 1);
	else
		read_byte(block + 8);
	others();
}

static void read_freed(void)
{
	after_free(false, false);
}

static void write_freed(void)
{
	after_free(true, false);
}

static void read_freed_later(void)
{
	after_free(false, true);
}

static void write_freed_later(void)
{
	after_free(true, true);
}

static void double_free(void)
{
	u8 *block = take(SIZE);

	if (!block)
		return;
	preempt_disable();
	give(block);
	give(block);
	preempt_enable();
}

/* The second free hits the new owner's object; the owner's own free is one too many. */
static void double_free_reused(void)
{
	u8 *block = freed(), *next = NULL;
	int i;

	preempt_disable();
	for (i = 0; block && i < 20 * OTHERS; i++) {
		next = kmalloc(SIZE, GFP_ATOMIC);
		if (next == block)
			break;
		kfree(next);
	}
	give(block);
	if (next == block)
		give(next);
	preempt_enable();
}

static void interior_free(void)
{
	u8 *block = take(SIZE);

	if (!block)
		return;
	give(block + 16);
	give(block);
}

/* A page is no object. */
static void foreign_free(void)
{
	unsigned long page = __get_free_page(GFP_KERNEL);

	if (page)
		give((void *)page + SIZE);
}

/* A constructor keeps SLUB from making the two caches one. */
static void construct(void *object)
{
}

static void wrong_list(void)
{
	struct kmem_cache *list, *other;
	void *object;

	list = kmem_cache_create("nt_peer_1", SIZE, 0, 0, construct);
	other = kmem_cache_create("nt_peer_2", SIZE, 0, 0, construct);
	object = kmem_cache_alloc(list, GFP_KERNEL);
	step("free");
	kmem_cache_free(other, object);
	kmem_cache_destroy(list);
	kmem_cache_destroy(other);
}

static void leak(void)
{
	take(SIZE);
}

static void size_0(void)
{
	step("allocate");
	kfree(kmalloc(0, GFP_KERNEL));
}

static const struct {
	const char *name;
	void (*run)(void);
} rows[] = {
	{ "overrun_1", overrun_1 },
	{ "overrun_8", overrun_8 },
	{ "overrun_64", overrun_64 },
	{ "overrun_slack", overrun_slack },
	{ "underrun_1", underrun_1 },
	{ "underrun_16", underrun_16 },
	{ "read_freed", read_freed },
	{ "write_freed", write_freed },
	{ "read_freed_later", read_freed_later },
	{ "write_freed_later", write_freed_later },
	{ "double_free", double_free },
	{ "double_free_reused", double_free_reused },
	{ "interior_free", interior_free },
	{ "foreign_free", foreign_free },
	{ "wrong_list", wrong_list },
	{ "leak", leak },
	{ "size_0", size_0 },
};

static int __init nt_peer_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!strcmp(rows[i].name, what)) {
			rows[i].run();
			return 0;
		}
	}
	return -EINVAL;
}

static void __exit nt_peer_exit(void)
{
	step("unload");
}

module_init(nt_peer_init);
module_exit(nt_peer_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: one error with the kernel's memory, for other tools to find");
