// SPDX-License-Identifier: GPL-2.0
/*
 * What the caches have not needed for a while goes back to the heaps.
 *
 * A cached block keeps its page from the kernel, and thousands of them, left by a driver
 * that has freed most of what it had, keep thousands of pages. NT's balance set manager
 * looks at such lists once a second. So does this, every balance_ms as for lookaside
 * lists, and as long as a pool has anything but empty pages: on each CPU a bin that is
 * as the last scan found it is emptied, and so is a depot that nobody has used. A bin in
 * steady use may look the same by accident; it is filled again with its next miss.
 *
 * The timer is not deferrable: it would wait for the one CPU that armed it to wake up for
 * another reason, and the caches of all others with it.
 *
 * Locking: none of its own. Each CPU's caches are looked at on that CPU, by a work item
 * of its own; a CPU that caches nothing is left alone.
 */
#include <linux/cpu.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/workqueue.h>

#include "heap/cache.h"
#include "heap/depot.h"
#include "heap/run_cache.h"
#include "observe/test.h"

static void age_all(struct work_struct *work);
static DECLARE_DELAYED_WORK(age_work, age_all);
static DEFINE_PER_CPU(struct work_struct, age_cpu_work);
static bool age_stopped = true;

static void age_this_cpu(struct work_struct *work)
{
	ntpool_cache_age();
	ntpool_run_cache_age();
}

static void age_cpus(void)
{
	int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu)
		if (ntpool_cache_is_used(cpu) || ntpool_run_cache_is_used(cpu))
			schedule_work_on(cpu, per_cpu_ptr(&age_cpu_work, cpu));
	cpus_read_unlock();
}

void ntpool_age_start(void)
{
	if (!READ_ONCE(age_stopped) && !delayed_work_pending(&age_work))
		schedule_delayed_work(&age_work, msecs_to_jiffies(READ_ONCE(ntpool_balance_ms)));
}

static void age_all(struct work_struct *work)
{
	age_cpus();
	ntpool_depot_age();
	if (ntpool_heap_pages() > ntpool_heap_empty_pages() ||
	    ntpool_run_cache_pages(NTPOOL_NONPAGED) || ntpool_run_cache_pages(NTPOOL_PAGED))
		ntpool_age_start();
}

/* age_stopped is set: nothing starts it again. */
static void age_stop(void)
{
	int cpu;

	cancel_delayed_work_sync(&age_work);
	for_each_possible_cpu(cpu)
		cancel_work_sync(per_cpu_ptr(&age_cpu_work, cpu));
}

#if IS_ENABLED(CONFIG_KUNIT)
void ntpool_test_age(bool manual)
{
	WRITE_ONCE(age_stopped, manual);
	if (manual)
		age_stop();
	else
		ntpool_age_start();
}
EXPORT_SYMBOL_GPL(ntpool_test_age);

void ntpool_test_age_scan(void)
{
	int cpu;

	age_cpus();
	for_each_possible_cpu(cpu)
		flush_work(per_cpu_ptr(&age_cpu_work, cpu));
	ntpool_depot_age();
}
EXPORT_SYMBOL_GPL(ntpool_test_age_scan);
#endif

void ntpool_age_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		INIT_WORK(per_cpu_ptr(&age_cpu_work, cpu), age_this_cpu);
	WRITE_ONCE(age_stopped, false);
}

/* When nobody is left who may free or allocate: who had just seen it running starts it. */
void ntpool_age_exit(void)
{
	WRITE_ONCE(age_stopped, true);
	age_stop();
}
