// SPDX-License-Identifier: GPL-2.0
/* Included by heap/cache_cpus.c: empties all caches, and looks at slots and depots. */
#include <linux/export.h>
#include <linux/rcupdate.h>

#include "memory/backing.h"
#include "test.h"

void ntpool_test_drain(void)
{
	cpus_read_lock();
	drain_start();
	flush_workqueue(drain_wq);
	cpus_read_unlock();
	ntpool_depot_drain();
	ntpool_heap_trim_all(0, ULONG_MAX);
	rcu_barrier();
	ntpool_backing_flush();
}
EXPORT_SYMBOL_GPL(ntpool_test_drain);

unsigned int ntpool_test_depots_enlarged(void)
{
	struct ntpool_heap *heap;
	unsigned int granules, nr = 0;

	for (heap = ntpool_heap_next(NULL); heap; heap = ntpool_heap_next(heap))
		for (granules = NTPOOL_MIN_GRANULES; granules < NTPOOL_GRANULES; granules++)
			nr += ntpool_depot_is_enlarged(heap, granules);
	return nr;
}
EXPORT_SYMBOL_GPL(ntpool_test_depots_enlarged);

size_t ntpool_test_cache_bytes(int cpu, bool paged)
{
	struct ntpool_cache *cache;

	cache = per_cpu(ntpool_own_caches[paged ? NTPOOL_PAGED : NTPOOL_NONPAGED], cpu);
	return READ_ONCE(cache->bytes);
}
EXPORT_SYMBOL_GPL(ntpool_test_cache_bytes);
