// SPDX-License-Identifier: GPL-2.0
/*
 * Zones, and every other allocator of the kernel for a pair of 64 bytes.
 *
 * The locked list is the usual code of a Linux driver in place of a zone. Free blocks
 * are on a list of its own, and are popped and pushed under spin_lock_irqsave(). Alone,
 * it is the peer of the interlocked zone, whose blocks never come from elsewhere. In
 * front of kmalloc, it is the peer of the pool.
 *
 * The DMA pool needs a device. A kernel without DMA has none, and the case is printed
 * as absent.
 */
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/err.h>
#include <linux/genalloc.h>
#include <linux/mempool.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <ntddk.h>

#include "bench.h"

#define TAG	('hcnB')

enum {
	BLOCK_BYTES = 64,
	AREA_BYTES = PAGE_SIZE,
};

/* Memory for a zone, a locked list or a gen_pool. */
static void *area;

/* ---- The locked list ------------------------------------------------------ */

struct locked_block {
	struct locked_block *next;
};

static DEFINE_SPINLOCK(locked_lock);
static struct locked_block *locked_first;	/* guarded by locked_lock */

/* Not inlined: a driver would not repeat it at each place, and ntpool's are calls. */
static noinline void *locked_pop(void)
{
	struct locked_block *block;
	unsigned long flags;

	spin_lock_irqsave(&locked_lock, flags);
	block = locked_first;
	if (block)
		locked_first = block->next;
	spin_unlock_irqrestore(&locked_lock, flags);
	return block;
}

static noinline void locked_push(void *p)
{
	struct locked_block *block = p;
	unsigned long flags;

	spin_lock_irqsave(&locked_lock, flags);
	block->next = locked_first;
	locked_first = block;
	spin_unlock_irqrestore(&locked_lock, flags);
}

static BENCH_PAIR_ROUND(locked_pair, locked_pop(), locked_push(p))
static BENCH_PAIR_ROUND(locked_kmalloc_pair, locked_pop() ?: kmalloc(BLOCK_BYTES, GFP_KERNEL),
			locked_push(p))

static void locked_drain(void)
{
	void *p;

	while ((p = locked_pop()))
		kfree(p);
}

/* ---- Zones ---------------------------------------------------------------- */

static ZONE_HEADER zone, bare_zone;
static KSPIN_LOCK zone_lock;

static BENCH_PAIR_ROUND(zone_pair, ExInterlockedAllocateFromZone(&zone, &zone_lock),
			ExInterlockedFreeToZone(&zone, p, &zone_lock))
static BENCH_PAIR_ROUND(bare_zone_pair, ExAllocateFromZone(&bare_zone),
			ExFreeToZone(&bare_zone, p))

static void *bare_list;

static __always_inline void *bare_pop(void)
{
	void *p = bare_list;

	if (p)
		bare_list = *(void **)p;
	return p;
}

static __always_inline void bare_push(void *p)
{
	*(void **)p = bare_list;
	bare_list = p;
}

static BENCH_PAIR_ROUND(bare_pair, bare_pop(), bare_push(p))

/* An area each for the zones, then blocks for the lists of their peers. */
static int zone_setup(void)
{
	area = kmalloc(3 * AREA_BYTES, GFP_KERNEL);
	if (!area)
		return -ENOMEM;
	KeInitializeSpinLock(&zone_lock);
	if (!NT_SUCCESS(ExInitializeZone(&zone, BLOCK_BYTES, area, AREA_BYTES)) ||
	    !NT_SUCCESS(ExInitializeZone(&bare_zone, BLOCK_BYTES, area + AREA_BYTES,
					 AREA_BYTES))) {
		kfree(area);
		return -EINVAL;
	}
	locked_push(area + 2 * AREA_BYTES);
	bare_push(area + 2 * AREA_BYTES + BLOCK_BYTES);
	return 0;
}

static void zone_teardown(void)
{
	locked_pop();
	bare_pop();
	kfree(area);
}

/* ---- The others ----------------------------------------------------------- */

static struct kmem_cache *cache;
static mempool_t *mempool;
static struct gen_pool *gen_pool;
static struct platform_device *device;
static struct dma_pool *dma_pool;
static dma_addr_t dma_address;

static BENCH_PAIR_ROUND(pool_pair, ExAllocatePoolWithTag(NonPagedPool, BLOCK_BYTES, TAG),
			ExFreePoolWithTag(p, TAG))
static BENCH_PAIR_ROUND(kmalloc_pair, kmalloc(BLOCK_BYTES, GFP_KERNEL), kfree(p))
static BENCH_PAIR_ROUND(cache_pair, kmem_cache_alloc(cache, GFP_KERNEL),
			kmem_cache_free(cache, p))
static BENCH_PAIR_ROUND(mempool_pair, mempool_alloc(mempool, GFP_KERNEL),
			mempool_free(p, mempool))
static BENCH_PAIR_ROUND(gen_pool_pair, (void *)gen_pool_alloc(gen_pool, BLOCK_BYTES),
			gen_pool_free(gen_pool, (unsigned long)p, BLOCK_BYTES))
static BENCH_PAIR_ROUND(dma_pool_pair, dma_pool_alloc(dma_pool, GFP_KERNEL, &dma_address),
			dma_pool_free(dma_pool, p, dma_address))

static void peers_teardown(void)
{
	locked_drain();
	if (gen_pool)
		gen_pool_destroy(gen_pool);
	mempool_destroy(mempool);
	kmem_cache_destroy(cache);
	kfree(area);
}

static int peers_setup(void)
{
	area = kmalloc(AREA_BYTES, GFP_KERNEL);
	cache = kmem_cache_create("ntpool_bench", BLOCK_BYTES, 0, 0, NULL);
	mempool = cache ? mempool_create_slab_pool(4, cache) : NULL;
	gen_pool = gen_pool_create(ilog2(BLOCK_BYTES), NUMA_NO_NODE);
	if (area && mempool && gen_pool &&
	    !gen_pool_add(gen_pool, (unsigned long)area, AREA_BYTES, NUMA_NO_NODE))
		return 0;
	peers_teardown();
	return -ENOMEM;
}

/* A device that is nowhere, but can address all memory. */
static int dma_setup(void)
{
	if (!IS_ENABLED(CONFIG_HAS_DMA))
		return -ENODEV;
	device = platform_device_register_simple("ntpool_bench", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	if (!dma_coerce_mask_and_coherent(&device->dev, DMA_BIT_MASK(64))) {
		dma_pool = dma_pool_create("ntpool_bench", &device->dev, BLOCK_BYTES, 8, 0);
		if (dma_pool)
			return 0;
	}
	platform_device_unregister(device);
	return -ENODEV;
}

static void dma_teardown(void)
{
	dma_pool_destroy(dma_pool);
	platform_device_unregister(device);
}

/* ---- The groups ----------------------------------------------------------- */

static const struct bench_case peer_cases[] = {
	{
		.name = "zone_interlocked",
		.ops = 1000,
		.setup = zone_setup,
		.teardown = zone_teardown,
		.loop = bench_pair_loop,
		.impl = { { "zone", zone_pair }, { "locked_list", locked_pair } },
	}, {
		.name = "zone_bare",
		.ops = 1000,
		.setup = zone_setup,
		.teardown = zone_teardown,
		.loop = bench_pair_loop,
		.impl = { { "zone", bare_zone_pair }, { "bare_list", bare_pair } },
	}, {
		.name = "peer_pair_64",
		.ops = 1000,
		.setup = peers_setup,
		.teardown = peers_teardown,
		.loop = bench_pair_loop,
		.impl = {
			{ "pool", pool_pair },
			{ "kmalloc", kmalloc_pair },
			{ "kmem_cache", cache_pair },
			{ "mempool", mempool_pair },
			{ "gen_pool", gen_pool_pair },
			{ "locked_list_kmalloc", locked_kmalloc_pair },
		},
	}, {
		.name = "peer_dma_pool_64",
		.ops = 1000,
		.setup = dma_setup,
		.teardown = dma_teardown,
		.loop = bench_pair_loop,
		.impl = { { "pool", pool_pair }, { "dma_pool", dma_pool_pair } },
	},
};

int bench_peer(void)
{
	return bench_run(peer_cases, ARRAY_SIZE(peer_cases));
}
