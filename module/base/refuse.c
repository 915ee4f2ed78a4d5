// SPDX-License-Identifier: GPL-2.0
/*
 * Requests to the kernel that tests make fail.
 *
 * Every request of ntpool for kernel memory calls ntpool_refused() first. So does every step of
 * an init that may fail: queues, notifiers, states of CPU hotplug. The counters are
 * atomic, so requests of all contexts may come at the same time. Locking: none.
 */
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "base/refuse.h"
#include "test.h"

/*
 * Failures for tests. DECLARE_FAULT_ATTR() would need CONFIG_FAULT_INJECTION, which a KUnit
 * kernel may lack, and a suite needs exactly the n-th request to fail.
 */
static atomic_t test_succeed = ATOMIC_INIT(0);	/* requests that succeed first */
static atomic_t test_fail = ATOMIC_INIT(0);	/* requests that fail then; negative: all */
static atomic_t test_calls = ATOMIC_INIT(0);	/* requests seen */
static atomic_t test_failed = ATOMIC_INIT(0);	/* requests failed */

/* The task that refills the reserve. Its requests succeed unless test_hits_refill is set. */
static struct task_struct *test_refiller;	/* one word, written by that task */
static bool test_hits_refill;			/* one word, written by a test */

void ntpool_refuse_refill(bool on)
{
	WRITE_ONCE(test_refiller, on ? current : NULL);
}

bool ntpool_refused(void)
{
	if (in_task() && READ_ONCE(test_refiller) == current && !READ_ONCE(test_hits_refill))
		return false;
	atomic_inc(&test_calls);
	if (!atomic_read(&test_fail))
		return false;
	if (atomic_dec_if_positive(&test_succeed) >= 0)
		return false;
	if (atomic_read(&test_fail) > 0 && atomic_dec_if_positive(&test_fail) < 0)
		return false;
	atomic_inc(&test_failed);
	return true;
}

void ntpool_test_fail_backing(int after, int times)
{
	atomic_set(&test_fail, 0);
	atomic_set(&test_calls, 0);
	atomic_set(&test_failed, 0);
	atomic_set(&test_succeed, after);
	atomic_set(&test_fail, times);
}
EXPORT_SYMBOL_GPL(ntpool_test_fail_backing);

unsigned int ntpool_test_backing_calls(void)
{
	return atomic_read(&test_calls);
}
EXPORT_SYMBOL_GPL(ntpool_test_backing_calls);

unsigned int ntpool_test_backing_failed(void)
{
	return atomic_read(&test_failed);
}
EXPORT_SYMBOL_GPL(ntpool_test_backing_failed);

void ntpool_test_hit_refill(bool on)
{
	WRITE_ONCE(test_hits_refill, on);
}
EXPORT_SYMBOL_GPL(ntpool_test_hit_refill);

/* Tests make each init fail in turn: the number of the part; negative: none. */
static int fail_part = -1;
module_param(fail_part, int, 0);
MODULE_PARM_DESC(fail_part, "for tests: the part whose init fails");

/* And each step in turn that takes something from the kernel; negative: none was left. */
static int fail_step = -1;
module_param(fail_step, int, 0444);
MODULE_PARM_DESC(fail_step, "for tests: the request to the kernel that fails during the load");

bool __init ntpool_refused_part(size_t nr)
{
	return fail_part >= 0 && nr == fail_part;
}

void __init ntpool_refuse_begin(void)
{
	if (fail_step >= 0)
		ntpool_test_fail_backing(fail_step, 1);
}

void __init ntpool_refuse_end(void)
{
	if (!ntpool_test_backing_failed())
		fail_step = -1;
	ntpool_test_fail_backing(0, 0);
}
