// SPDX-License-Identifier: GPL-2.0
/*
 * The periodic scan of caches.
 *
 * NT's balance set manager scans all caches once a second. Here each group of caches
 * registers a function, and a delayed work calls the functions every balance_ms. The work
 * queues itself again while a function expects to find work the next time. Slow paths of the
 * caches, and a new lookaside list, queue it with ntpool_scan_start().
 *
 * The timer is not deferrable. A deferrable timer may wait until its CPU wakes up for
 * another reason. The caches of all other CPUs would wait with it.
 *
 * Locking: scan_mutex protects the list of scans. It is held while they run, so
 * ntpool_scan_unregister() waits for them. It is taken before all locks that a scan takes.
 */
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "base/param.h"
#include "heap/scan.h"
#include "init.h"

static void scan_all(struct work_struct *work);
static DECLARE_DELAYED_WORK(scan_work, scan_all);
static DEFINE_MUTEX(scan_mutex);
static LIST_HEAD(scans);		/* scan_mutex */
static bool scan_stopped = true;	/* written at init and exit only */
static unsigned int balance_ms __read_mostly = 1000;

static unsigned long scan_period(void)
{
	return msecs_to_jiffies(READ_ONCE(balance_ms));
}

/**
 * ntpool_scan_start() - scan one period from now, if no scan is due
 *
 * Context: any but NMI.
 */
void ntpool_scan_start(void)
{
	/*
	 * The caller's store to its cache comes before the look at the work. Pairs with
	 * the barrier with which the workqueue clears the pending bit before scan_all().
	 */
	smp_mb();
	if (!READ_ONCE(scan_stopped) && !delayed_work_pending(&scan_work))
		queue_delayed_work(system_unbound_wq, &scan_work, scan_period());
}

static void scan_all(struct work_struct *work)
{
	struct ntpool_scan *scan;
	bool again = false;

	mutex_lock(&scan_mutex);
	list_for_each_entry(scan, &scans, link)
		if (!scan->manual)
			again |= scan->run();
	mutex_unlock(&scan_mutex);
	if (again)
		ntpool_scan_start();
}

/**
 * ntpool_scan_register() - add a group of caches to the periodic scan
 * @scan: the group; it stays the caller's
 *
 * Context: process context; sleeps. Does not start the scan.
 */
void ntpool_scan_register(struct ntpool_scan *scan)
{
	mutex_lock(&scan_mutex);
	list_add_tail(&scan->link, &scans);
	mutex_unlock(&scan_mutex);
}

/**
 * ntpool_scan_unregister() - remove a group of caches from the periodic scan
 * @scan: the group; after the return its function neither runs nor is called again
 *
 * Context: process context; sleeps.
 */
void ntpool_scan_unregister(struct ntpool_scan *scan)
{
	mutex_lock(&scan_mutex);
	list_del(&scan->link);
	mutex_unlock(&scan_mutex);
}

/**
 * ntpool_scan_set_manual() - exclude a group of caches from the periodic scan, for tests
 * @scan: the group
 * @manual: true: exclude it, and wait while its function runs; false: include it again
 *
 * Context: process context; sleeps.
 */
void ntpool_scan_set_manual(struct ntpool_scan *scan, bool manual)
{
	mutex_lock(&scan_mutex);
	scan->manual = manual;
	mutex_unlock(&scan_mutex);
	if (!manual)
		ntpool_scan_start();
}

/**
 * ntpool_scan_init() - enable ntpool_scan_start()
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_scan_init(void)
{
	WRITE_ONCE(scan_stopped, false);
	return 0;
}

/**
 * ntpool_scan_exit() - end the scan and disable ntpool_scan_start()
 *
 * Context: process context; no cache is used any more. Sleeps.
 */
void ntpool_scan_exit(void)
{
	WRITE_ONCE(scan_stopped, true);
	cancel_delayed_work_sync(&scan_work);
}

/* A scan that is due is moved to one new period from now. */
static int balance_set(const char *val, const struct kernel_param *kp)
{
	int err = ntpool_param_uint(val, kp, 10, 3600000);

	if (!err && delayed_work_pending(&scan_work) && !READ_ONCE(scan_stopped))
		mod_delayed_work(system_unbound_wq, &scan_work, scan_period());
	return err;
}

static const struct kernel_param_ops balance_ops = {
	.set = balance_set,
	.get = param_get_uint,
};

module_param_cb(balance_ms, &balance_ops, &balance_ms, 0644);
MODULE_PARM_DESC(balance_ms,
		 "milliseconds between two scans that tune the depths of lookaside lists, 10 to 3600000 (default 1000)");
