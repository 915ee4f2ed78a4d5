// SPDX-License-Identifier: GPL-2.0
/* The demo disk with all of its memory from kmalloc. */
#define BENCH_DISK(name)	bench_disk_kmalloc_##name

#define REQUEST_ALLOC()		kmalloc(sizeof(DISK_REQUEST), GFP_NOIO)
#define REQUEST_FREE(p)		kfree(p)
#define NODE_ALLOC()		kmalloc(sizeof(INDEX_NODE), GFP_NOIO)
#define NODE_FREE(p)		kfree(p)

#include "bench_disk_peer.h"
#include "bench_disk.h"

static int memory_create(void)
{
	return 0;
}

static void memory_destroy(void)
{
}
