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
 * The functions sleep, and take mutexes of their own. They therefore run on a queue of their
 * own and without a lock of this file.
 *
 * Locking: scan_mutex protects the table of scans, scan_running and scan_stopped. It is a
 * leaf, and serialises the parameter with start and stop.
 */
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "base/param.h"
#include "base/refuse.h"
#include "heap/scan.h"
#include "parts.h"

enum {
	SCANS_MAX = 4,
};

static void scan_all(struct work_struct *work);
static DECLARE_DELAYED_WORK(scan_work, scan_all);
static DECLARE_WAIT_QUEUE_HEAD(scan_wait);	/* for the end of scan_running */
static DEFINE_MUTEX(scan_mutex);
static struct ntpool_scan *scans[SCANS_MAX];	/* written under scan_mutex */
static struct ntpool_scan *scan_running;	/* written under scan_mutex */
static bool scan_stopped = true;		/* written under scan_mutex */
static struct workqueue_struct *scan_wq;	/* constant after init */
static unsigned int balance_ms __read_mostly = 1000;	/* parameter; one word */

static unsigned long scan_period(void)
{
	return msecs_to_jiffies(READ_ONCE(balance_ms));
}

/**
 * ntpool_scan_start() - let the periodic scan run one period from now
 *
 * Context: any but NMI. Does nothing if a scan is due already.
 */
void ntpool_scan_start(void)
{
	/*
	 * The caller's store to its cache comes before the look at the work. Pairs with
	 * the barrier with which the workqueue clears the pending bit before scan_all().
	 */
	smp_mb();
	if (!READ_ONCE(scan_stopped) && !delayed_work_pending(&scan_work))
		queue_delayed_work(scan_wq, &scan_work, scan_period());
}

/* Runs scan number @i. Returns true if the next scan may find work. */
static bool scan_one(unsigned int i)
{
	struct ntpool_scan *scan;
	bool again = false;

	mutex_lock(&scan_mutex);
	scan = scans[i];
	WRITE_ONCE(scan_running, scan);
	mutex_unlock(&scan_mutex);
	if (!scan)
		return false;
	again = scan->run();
	mutex_lock(&scan_mutex);
	WRITE_ONCE(scan_running, NULL);
	mutex_unlock(&scan_mutex);
	wake_up_all(&scan_wait);
	return again;
}

static void scan_all(struct work_struct *work)
{
	bool again = false;
	unsigned int i;

	for (i = 0; i < SCANS_MAX; i++)
		again |= scan_one(i);
	if (again)
		ntpool_scan_start();
}

static void scan_wait_for(const struct ntpool_scan *scan)
{
	wait_event(scan_wait, READ_ONCE(scan_running) != scan);
}

/**
 * ntpool_scan_register() - add a group of caches to the periodic scan
 * @scan: the group; it stays the caller's
 *
 * Context: process context; sleeps. Does not start the scan.
 */
void ntpool_scan_register(struct ntpool_scan *scan)
{
	unsigned int i;

	mutex_lock(&scan_mutex);
	for (i = 0; i < SCANS_MAX && scans[i]; i++)
		;
	if (!WARN_ON_ONCE(i == SCANS_MAX))
		scans[i] = scan;
	mutex_unlock(&scan_mutex);
}

/**
 * ntpool_scan_unregister() - remove a group of caches from the periodic scan
 * @scan: the group; after the return its function neither runs nor is called again
 *
 * Context: process context, not in the group's function; sleeps.
 */
void ntpool_scan_unregister(struct ntpool_scan *scan)
{
	unsigned int i;

	mutex_lock(&scan_mutex);
	for (i = 0; i < SCANS_MAX; i++)
		if (scans[i] == scan)
			scans[i] = NULL;
	mutex_unlock(&scan_mutex);
	scan_wait_for(scan);
}

/**
 * ntpool_scan_init() - enable ntpool_scan_start()
 *
 * Context: process context.
 * Return: 0 or -ENOMEM.
 */
int ntpool_scan_init(void)
{
	scan_wq = ntpool_refused() ? NULL : alloc_workqueue("ntpool_scan", WQ_UNBOUND, 0);
	if (!scan_wq)
		return -ENOMEM;
	mutex_lock(&scan_mutex);
	WRITE_ONCE(scan_stopped, false);
	mutex_unlock(&scan_mutex);
	return 0;
}

/**
 * ntpool_scan_exit() - end the scan and disable ntpool_scan_start()
 *
 * Context: process context; no cache is used any more. Sleeps.
 */
void ntpool_scan_exit(void)
{
	mutex_lock(&scan_mutex);
	WRITE_ONCE(scan_stopped, true);
	mutex_unlock(&scan_mutex);
	cancel_delayed_work_sync(&scan_work);
	destroy_workqueue(scan_wq);
}

/* The next scan comes one new period from now, and is an empty one if nothing is cached. */
static int balance_set(const char *val, const struct kernel_param *kp)
{
	int err = ntpool_param_uint(val, kp, 10, 3600000);

	if (err)
		return err;
	mutex_lock(&scan_mutex);
	if (!scan_stopped)
		mod_delayed_work(scan_wq, &scan_work, scan_period());
	mutex_unlock(&scan_mutex);
	return 0;
}

static const struct kernel_param_ops balance_ops = {
	.set = balance_set,
	.get = param_get_uint,
};

module_param_cb(balance_ms, &balance_ops, &balance_ms, 0644);
MODULE_PARM_DESC(balance_ms,
		 "milliseconds between two scans of all caches, 10 to 3600000 (default 1000)");
