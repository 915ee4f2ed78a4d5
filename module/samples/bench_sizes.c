// SPDX-License-Identifier: GPL-2.0
/*
 * Pairs of 16 bytes to 1 MiB, for the plots of the ratio over the size.
 *
 * Each power of two has a case, and the size in the middle of the next doubling.
 * kmalloc is the peer of nonpaged pool at all sizes. The peer of paged pool is kmalloc
 * below 128 KiB and vmalloc from there on. Few pairs are measured of large sizes, since
 * a pair of them takes longer.
 */
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <ntddk.h>

#include "bench.h"

/* One constant: sparse warns at each use, and ends after a hundred warnings. */
static const ULONG tag = 'hcnB';

#define FOR_EACH_SMALL(x)						\
	x(16) x(24) x(32) x(48) x(64) x(96) x(128) x(192) x(256) x(384)	\
	x(512) x(768) x(1024) x(1536) x(2048) x(3072) x(4096) x(6144)	\
	x(8192) x(12288) x(16384) x(24576) x(32768) x(49152) x(65536)	\
	x(98304)

#define FOR_EACH_LARGE(x)						\
	x(131072) x(196608) x(262144) x(393216) x(524288) x(786432) x(1048576)

enum {
	OPS_SMALL = 500,
	OPS_LARGE = 50,
};

#define ROUNDS(bytes)							\
	static BENCH_PAIR_ROUND(nonpaged_##bytes,			\
				ExAllocatePoolWithTag(NonPagedPool, bytes, tag),	\
				ExFreePoolWithTag(p, tag))		\
	static BENCH_PAIR_ROUND(paged_##bytes,				\
				ExAllocatePoolWithTag(PagedPool, bytes, tag),	\
				ExFreePoolWithTag(p, tag))		\
	static BENCH_PAIR_ROUND(kmalloc_##bytes, kmalloc(bytes, GFP_KERNEL), kfree(p))

#define VMALLOC_ROUNDS(bytes)						\
	ROUNDS(bytes)							\
	static BENCH_PAIR_ROUND(vmalloc_##bytes, vmalloc(bytes), vfree(p))

#define SIZE_CASE(type, bytes, often, peer) {				\
	.name = "sizes_" #type "_" #bytes,				\
	.ops = often,							\
	.loop = bench_pair_loop,					\
	.impl = { { "pool", type##_##bytes }, { #peer, peer##_##bytes } },	\
},

#define NONPAGED_SMALL(bytes)	SIZE_CASE(nonpaged, bytes, OPS_SMALL, kmalloc)
#define NONPAGED_LARGE(bytes)	SIZE_CASE(nonpaged, bytes, OPS_LARGE, kmalloc)
#define PAGED_SMALL(bytes)	SIZE_CASE(paged, bytes, OPS_SMALL, kmalloc)
#define PAGED_LARGE(bytes)	SIZE_CASE(paged, bytes, OPS_LARGE, vmalloc)

FOR_EACH_SMALL(ROUNDS)
FOR_EACH_LARGE(VMALLOC_ROUNDS)

static const struct bench_case sizes_cases[] = {
	FOR_EACH_SMALL(NONPAGED_SMALL)
	FOR_EACH_LARGE(NONPAGED_LARGE)
	FOR_EACH_SMALL(PAGED_SMALL)
	FOR_EACH_LARGE(PAGED_LARGE)
};

int bench_sizes(void)
{
	return bench_run(sizes_cases, ARRAY_SIZE(sizes_cases));
}
