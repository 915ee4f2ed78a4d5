// SPDX-License-Identifier: GPL-2.0
/*
 * Sampling: special pool for production.
 *
 * NT has nothing like it; the idea is that of KFENCE and of GWP-ASan. All machines of
 * a fleet watch one allocation each per interval, at a cost that none of them feels,
 * and sooner or later the bug happens to a watched one.
 *
 * The cost is that of ntpool_verify_alloc(), so allocations go there only between the
 * moment an interval ends and the next allocation that is aimed at. A bit in
 * ntpool_verifier_state says that one is wanted; who clears it has it, and begins the
 * next interval:
 *
 *	sample_open()  ->  ntpool_sample_take()  -- interval -->  sample_open()
 *
 * sample_interval is a single word. A work that was queued by the old value of it
 * looks at the new one.
 */
#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/workqueue.h>

#include "verify/sample.h"
#include "verify/verify.h"

static unsigned int sample_interval;	/* milliseconds; 0: off */

static void sample_open(struct work_struct *work);
static DECLARE_DELAYED_WORK(sample_work, sample_open);

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

void ntpool_sample_set(unsigned int ms)
{
	WRITE_ONCE(sample_interval, ms);
	if (ms) {
		mod_delayed_work(system_wq, &sample_work, msecs_to_jiffies(ms));
		return;
	}
	cancel_delayed_work_sync(&sample_work);
	clear_bit(NTPOOL_SAMPLE_WANTED, &ntpool_verifier_state);
}

/* Nobody allocates any more. */
void ntpool_sample_exit(void)
{
	ntpool_sample_set(0);
	cancel_delayed_work_sync(&sample_work);
}
