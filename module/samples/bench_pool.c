// SPDX-License-Identifier: GPL-2.0
/*
 * The pool beside kmalloc: pairs by size, batches, whole pages, contexts.
 *
 * Sizes are constants on both sides, as in most drivers; kmalloc's choice of a
 * cache is then made by the compiler, and pool_pair_var shows what it costs at run
 * time. kmalloc is called as a driver would in the context: GFP_KERNEL in a thread,
 * GFP_ATOMIC in interrupts. Nothing is zeroed, on either side.
 */
#include <linux/slab.h>
#include <ntddk.h>

#include "bench.h"

#define TAG	('hcnB')

#define POOL(type, bytes)	ExAllocatePoolWithTag(type, bytes, TAG)

/* ---- Pairs ---------------------------------------------------------------- */

/* Where kmalloc's caches are, up to the largest block below a page. */
#define FOR_EACH_SIZE(x) \
	x(16) x(32) x(64) x(96) x(128) x(192) x(256) x(512) x(1024) x(2048) x(4064)

/* A page and more; 5120 is the size that fits no power of two. */
#define FOR_EACH_PAGES(x) \
	x(4096) x(5120) x(8192) x(16384) x(65536)

#define PAIR_ROUNDS(bytes)						\
	static BENCH_PAIR_ROUND(pool_pair_##bytes, POOL(NonPagedPool, bytes),	\
				ExFreePoolWithTag(p, TAG))		\
	static BENCH_PAIR_ROUND(kmalloc_pair_##bytes, kmalloc(bytes, GFP_KERNEL), kfree(p))

#define PAIR_CASE(prefix, bytes) {					\
	.name = prefix #bytes,						\
	.ops = 1000,							\
	.loop = bench_pair_loop,					\
	.impl = {							\
		{ "pool", pool_pair_##bytes },				\
		{ "kmalloc", kmalloc_pair_##bytes },			\
	},								\
},

#define SIZE_CASE(bytes)	PAIR_CASE("pool_pair_", bytes)
#define PAGES_CASE(bytes)	PAIR_CASE("pool_pages_", bytes)

FOR_EACH_SIZE(PAIR_ROUNDS)
FOR_EACH_PAGES(PAIR_ROUNDS)

/* ---- The module's entry --------------------------------------------------- */

static const struct bench_case pool_cases[] = {
	FOR_EACH_SIZE(SIZE_CASE)
	FOR_EACH_PAGES(PAGES_CASE)
};

int bench_pool(void)
{
	return bench_run(pool_cases, ARRAY_SIZE(pool_cases));
}
