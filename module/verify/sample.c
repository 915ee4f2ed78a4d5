// SPDX-License-Identifier: GPL-2.0
/*
 * Sampling: the patterns of special pool for production.
 *
 * NT has no counterpart; KFENCE and GWP-ASan have the idea. Every machine of a fleet watches one
 * allocation per interval, at a negligible cost. Sooner or later the error occurs in a
 * watched allocation.
 *
 * A sampled allocation takes the slow path of the verifier. Allocations go there only
 * between the end of an interval and the next allocation that the filters accept. A
 * bit in ntpool_verifier_state marks that time. The allocation that clears the bit is
 * the sample, and begins the next interval:
 *
 *	sample_open()  ->  ntpool_sample_take()  -- interval -->  sample_open()
 *
 * The sample gets a slot of special pool (special_slot.c), but at the address of its page in the
 * linear map. So drivers may do with it what they do with any nonpaged memory. No page is
 * unmapped. So errors are found by the patterns around the block, and in the page after the
 * free. Requests of whole pages are not sampled. The reason is that most are served from a cache
 * that does not look at the bit.
 *
 * Locking: sample_mutex serialises changes of the parameter. Nothing is printed or reported under
 * it. sample_interval is a single word. A work that was queued with the old value reads the new
 * one. Contexts: any but NMI for ntpool_sample_is_due() and ntpool_sample_take(); the rest sleeps.
 */
#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "base/param.h"
#include "base/verifier.h"
#include "parts.h"
#include "special/special.h"
#include "verify/sample.h"

enum {
	SAMPLE_MS_MAX = 3600000,
};

static DEFINE_MUTEX(sample_mutex);
static unsigned int sample_ms;		/* the parameter; sample_mutex */
static bool sample_started;		/* sample_mutex */
static unsigned int sample_interval;	/* in force, milliseconds; 0: off; one word */

static void sample_open(struct work_struct *work);
static DECLARE_DELAYED_WORK(sample_work, sample_open);

/* The interval is over: the next allocation that the filters accept is a sample. */
static void sample_open(struct work_struct *work)
{
	if (READ_ONCE(sample_interval))
		set_bit(NTPOOL_SAMPLE_WANTED, &ntpool_verifier_state);
}

bool ntpool_sample_is_due(void)
{
	return READ_ONCE(ntpool_verifier_state) & BIT(NTPOOL_SAMPLE_WANTED);
}

bool ntpool_sample_take(void)
{
	if (!test_and_clear_bit(NTPOOL_SAMPLE_WANTED, &ntpool_verifier_state))
		return false;
	schedule_delayed_work(&sample_work, msecs_to_jiffies(READ_ONCE(sample_interval)));
	return true;
}

static void sample_apply(unsigned int ms)
{
	WRITE_ONCE(sample_interval, ms);
	if (ms) {
		/* mod_delayed_work() needs the name of the queue, which 7.x changes. */
		cancel_delayed_work(&sample_work);
		schedule_delayed_work(&sample_work, msecs_to_jiffies(ms));
		return;
	}
	cancel_delayed_work_sync(&sample_work);
	clear_bit(NTPOOL_SAMPLE_WANTED, &ntpool_verifier_state);
	ntpool_special_stop(NTPOOL_SPECIAL_SAMPLES);
}

/* Samples need special pool. Called under sample_mutex. */
static int sample_change(unsigned int ms)
{
	int err = ms ? ntpool_special_start(NTPOOL_SPECIAL_SAMPLES) : 0;

	lockdep_assert_held(&sample_mutex);
	if (!err)
		sample_apply(ms);
	return err;
}

int ntpool_sample_set(unsigned int ms)
{
	int err = 0;

	if (ms > SAMPLE_MS_MAX)
		return -EINVAL;
	mutex_lock(&sample_mutex);
	if (sample_started)
		err = sample_change(ms);
	if (!err)
		WRITE_ONCE(sample_ms, ms);
	mutex_unlock(&sample_mutex);
	if (!err && !ms)
		ntpool_special_settle();
	return err;
}

/**
 * ntpool_sample_init() - follow the parameter sample_ms from now on
 *
 * Without memory for special pool there are no samples, but the module loads.
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_sample_init(void)
{
	int err;

	mutex_lock(&sample_mutex);
	sample_started = true;
	err = sample_change(sample_ms);
	mutex_unlock(&sample_mutex);
	if (err)
		pr_warn("ntpool: no memory for all of the verifier\n");
	return 0;
}

/* Stops sampling. The parameter keeps its value, without effect from here on. */
void ntpool_sample_exit(void)
{
	mutex_lock(&sample_mutex);
	sample_started = false;
	sample_apply(0);
	mutex_unlock(&sample_mutex);
	ntpool_special_settle();
	/* A sample that was taken just now has queued the work again. */
	cancel_delayed_work_sync(&sample_work);
}

static int sample_ms_set(const char *val, const struct kernel_param *kp)
{
	unsigned int ms;

	if (kstrtouint(val, 0, &ms))
		return -EINVAL;
	return ntpool_sample_set(ms);
}

static const struct kernel_param_ops sample_ms_ops = {
	.set = sample_ms_set,
	.get = param_get_uint,
};

module_param_cb(sample_ms, &sample_ms_ops, &sample_ms, 0644);
MODULE_PARM_DESC(sample_ms,
		 "one allocation per this many milliseconds is a sample, up to 3600000; 0: none (default 0)");
