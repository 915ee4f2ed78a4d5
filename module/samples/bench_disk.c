// SPDX-License-Identifier: GPL-2.0
/*
 * A driver as a whole: the demo disk on ntpool beside the same source on Linux' allocators.
 *
 * An operation is one I/O of the load in bench_disk.h, without the block layer. It includes
 * the copy of the data, which is the same on all sides.
 */
#include <linux/kernel.h>

#include "bench.h"

#define ROUTINES(kind)	{ bench_disk_##kind##_setup, bench_disk_##kind##_teardown },

static const struct {
	int (*setup)(void);
	void (*teardown)(void);
} disks[] = {
	BENCH_FOR_EACH_DISK(ROUTINES)
};

static void teardown_first(unsigned int nr)
{
	while (nr--)
		disks[nr].teardown();
}

static void disk_teardown(void)
{
	teardown_first(ARRAY_SIZE(disks));
}

static int disk_setup(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(disks); i++) {
		int error = disks[i].setup();

		if (error) {
			teardown_first(i);
			return error;
		}
	}
	return 0;
}

static const struct bench_case disk_cases[] = {
	{
		.name = "disk_io_4096",
		.ops = 2048,
		.setup = disk_setup,
		.teardown = disk_teardown,
		.impl = {
			{ "pool", bench_disk_pool_round },
			{ "kmalloc", bench_disk_kmalloc_round },
			{ "kmem_cache", bench_disk_cache_round },
			{ "mempool", bench_disk_mempool_round },
		},
	},
};

int bench_disk(void)
{
	return bench_run(disk_cases, ARRAY_SIZE(disk_cases));
}
