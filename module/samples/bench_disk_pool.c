// SPDX-License-Identifier: GPL-2.0
/* The demo disk as it is, for the benchmark. */
#define BENCH_DISK(name)	bench_disk_pool_##name

#include "bench_disk.h"

static int memory_create(void)
{
	return 0;
}

static void memory_destroy(void)
{
}
