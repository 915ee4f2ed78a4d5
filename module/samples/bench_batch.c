// SPDX-License-Identifier: GPL-2.0
/*
 * The pool beside kmalloc and vmalloc: batches by size, and paged pool.
 *
 * A batch is larger than what a CPU caches at first: it shows the refill of caches, which
 * pairs do not. Paged pool has no peer of its own, because the kernel's memory is never paged
 * out. kmalloc is the peer below 128 KiB, as drivers use it there, and vmalloc from there on.
 */
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <ntddk.h>

#include "bench.h"

#define TAG	('bcnB')

static BENCH_BATCH_ROUND(loop_16, 16, i, bench_nothing(), bench_nothing_freed(p))
static BENCH_BATCH_ROUND(loop_64, 64, i, bench_nothing(), bench_nothing_freed(p))
static BENCH_BATCH_ROUND(loop_256, 256, i, bench_nothing(), bench_nothing_freed(p))

/* Prefix of the names, type, blocks at once, bytes of a block. */
#define FOR_EACH_BATCH(x)					\
	x(batch, NonPagedPool, 256, 700)			\
	x(batch, NonPagedPool, 256, 2000)			\
	x(batch, NonPagedPool, 16, 5120)			\
	x(batch, NonPagedPool, 64, 8192)			\
	x(batch, NonPagedPool, 16, 65536)			\
	x(paged_batch, PagedPool, 256, 64)			\
	x(paged_batch, PagedPool, 256, 700)			\
	x(paged_batch, PagedPool, 16, 5120)

#define BATCH_ROUNDS(prefix, type, batch, bytes)				\
	static BENCH_BATCH_ROUND(pool_##prefix##_##batch##_##bytes, batch, i,	\
				 ExAllocatePoolWithTag(type, bytes, TAG),	\
				 ExFreePoolWithTag(p, TAG))			\
	static BENCH_BATCH_ROUND(kmalloc_##prefix##_##batch##_##bytes, batch, i,	\
				 kmalloc(bytes, GFP_KERNEL), kfree(p))

#define BATCH_CASE(prefix, type, batch, bytes) {		\
	.name = "pool_" #prefix "_" #batch "_" #bytes,		\
	.ops = 2048,						\
	.loop = loop_##batch,					\
	.impl = {						\
		{ "pool", pool_##prefix##_##batch##_##bytes },	\
		{ "kmalloc", kmalloc_##prefix##_##batch##_##bytes },	\
	},							\
},

FOR_EACH_BATCH(BATCH_ROUNDS)

/* Bytes; 5120 and more are whole pages. */
#define FOR_EACH_PAGED(x)	x(16) x(64) x(700) x(4064) x(5120)

#define PAGED_ROUNDS(bytes)						\
	static BENCH_PAIR_ROUND(paged_##bytes,				\
				ExAllocatePoolWithTag(PagedPool, bytes, TAG),	\
				ExFreePoolWithTag(p, TAG))		\
	static BENCH_PAIR_ROUND(kmalloc_##bytes, kmalloc(bytes, GFP_KERNEL), kfree(p))

#define PAGED_CASE(bytes) {				\
	.name = "pool_paged_" #bytes,			\
	.ops = 1000,					\
	.loop = bench_pair_loop,			\
	.impl = {					\
		{ "pool", paged_##bytes },		\
		{ "kmalloc", kmalloc_##bytes },		\
	},						\
},

FOR_EACH_PAGED(PAGED_ROUNDS)

/* Above what is cached; no zeroing on either side. */
static BENCH_PAIR_ROUND(paged_131072, ExAllocatePoolWithTag(PagedPool, 131072, TAG),
			ExFreePoolWithTag(p, TAG))
static BENCH_PAIR_ROUND(vmalloc_131072, vmalloc(131072), vfree(p))

static const struct bench_case batch_cases[] = {
	FOR_EACH_BATCH(BATCH_CASE)
	FOR_EACH_PAGED(PAGED_CASE)
	{
		.name = "pool_paged_131072",
		.ops = 100,
		.loop = bench_pair_loop,
		.impl = { { "pool", paged_131072 }, { "vmalloc", vmalloc_131072 } },
	},
};

int bench_batch(void)
{
	return bench_run(batch_cases, ARRAY_SIZE(batch_cases));
}
