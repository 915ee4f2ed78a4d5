// SPDX-License-Identifier: GPL-2.0
/* The demo disk with caches of its own for requests and nodes; blocks are kmalloc's. */
#define BENCH_DISK(name)	bench_disk_cache_##name

#define REQUEST_ALLOC()		kmem_cache_alloc(requests, GFP_NOIO)
#define REQUEST_FREE(p)		kmem_cache_free(requests, p)
#define NODE_ALLOC()		kmem_cache_alloc(nodes, GFP_NOIO)
#define NODE_FREE(p)		kmem_cache_free(nodes, p)

#include "bench_disk_peer.h"

static struct kmem_cache *requests, *nodes;

#include "bench_disk.h"

static void memory_destroy(void)
{
	kmem_cache_destroy(nodes);
	kmem_cache_destroy(requests);
}

static int memory_create(void)
{
	requests = kmem_cache_create("bench_cache_request", sizeof(DISK_REQUEST), 0, 0, NULL);
	nodes = kmem_cache_create("bench_cache_node", sizeof(INDEX_NODE), 0, 0, NULL);
	if (requests && nodes)
		return 0;
	memory_destroy();
	return -ENOMEM;
}
