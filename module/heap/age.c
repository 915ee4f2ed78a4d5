// SPDX-License-Identifier: GPL-2.0
/*
 * Ageing: unused blocks and runs of pages go from the caches back to the heaps.
 *
 * A page cannot return to the kernel while one of its blocks is cached. After a driver has
 * freed most of its blocks, thousands of cached blocks may keep thousands of pages. The
 * periodic scan therefore empties each magazine that has not changed since the last scan. It
 * empties each depot that was not used. A magazine in steady use may look unchanged by chance;
 * the next miss fills it again.
 *
 * A magazine and a length of runs that stay empty become idle (see cache.c). The scan
 * goes on until all of them are idle and all depots are empty and small. From then on the first
 * block that is cached starts it again.
 *
 * Locking: none. A work item on each CPU ages the caches of that CPU. A CPU whose
 * caches are idle gets no work item. The hotplug lock keeps the CPUs online while the items
 * are queued.
 */
#include <linux/cpu.h>
#include <linux/export.h>
#include <linux/percpu.h>
#include <linux/workqueue.h>

#include "heap/cache.h"
#include "heap/depot.h"
#include "heap/run_cache.h"
#include "heap/scan.h"
#include "parts.h"

static DEFINE_PER_CPU(struct work_struct, age_cpu_work);

static void age_this_cpu(struct work_struct *work)
{
	ntpool_cache_age();
	ntpool_run_cache_age();
}

/* True if a CPU has caches that are not idle. */
static bool age_cpus(void)
{
	bool used = false;
	int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		if (!ntpool_cache_is_used(cpu) && !ntpool_run_cache_is_used(cpu))
			continue;
		schedule_work_on(cpu, per_cpu_ptr(&age_cpu_work, cpu));
		used = true;
	}
	cpus_read_unlock();
	return used;
}

static bool age_scan(void)
{
	bool again = age_cpus();

	return ntpool_depot_age() || again;
}

static struct ntpool_scan age = { .run = age_scan };

static void age_flush(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		flush_work(per_cpu_ptr(&age_cpu_work, cpu));
}

/**
 * ntpool_age_init() - add the pool's caches to the periodic scan
 *
 * Context: process context, after ntpool_cache_init().
 * Return: 0.
 */
int ntpool_age_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		INIT_WORK(per_cpu_ptr(&age_cpu_work, cpu), age_this_cpu);
	ntpool_scan_register(&age);
	return 0;
}

/**
 * ntpool_age_exit() - end the ageing of the pool's caches
 *
 * Context: process context; sleeps.
 */
void ntpool_age_exit(void)
{
	ntpool_scan_unregister(&age);
	age_flush();
}

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/age_hooks.c"
#endif
