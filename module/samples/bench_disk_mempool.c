// SPDX-License-Identifier: GPL-2.0
/* The demo disk with mempools in front of caches, as block drivers have them. */
#define BENCH_DISK(name)	bench_disk_mempool_##name

#define REQUEST_ALLOC()		mempool_alloc(request_pool, GFP_NOIO)
#define REQUEST_FREE(p)		mempool_free(p, request_pool)
#define NODE_ALLOC()		mempool_alloc(node_pool, GFP_NOIO)
#define NODE_FREE(p)		mempool_free(p, node_pool)

#include "bench_disk_peer.h"

enum {
	/* Elements that a pool keeps back. */
	RESERVE = 16,
};

static struct kmem_cache *requests, *nodes;
static mempool_t *request_pool, *node_pool;

#include "bench_disk.h"

static void memory_destroy(void)
{
	mempool_destroy(node_pool);
	mempool_destroy(request_pool);
	kmem_cache_destroy(nodes);
	kmem_cache_destroy(requests);
}

static int memory_create(void)
{
	requests = kmem_cache_create("bench_mempool_request", sizeof(DISK_REQUEST), 0, 0, NULL);
	nodes = kmem_cache_create("bench_mempool_node", sizeof(INDEX_NODE), 0, 0, NULL);
	request_pool = requests ? mempool_create_slab_pool(RESERVE, requests) : NULL;
	node_pool = nodes ? mempool_create_slab_pool(RESERVE, nodes) : NULL;
	if (request_pool && node_pool)
		return 0;
	memory_destroy();
	return -ENOMEM;
}
