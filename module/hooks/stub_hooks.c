// SPDX-License-Identifier: GPL-2.0
/*
 * Included by base/compat.c, the lowest file: places where a test acts instead of ntpool. It
 * makes requests to the kernel fail, gets the reports, charges kernel threads, and sets the
 * number of available pages.
 *
 * Refusals. Every request of ntpool for kernel memory calls ntpool_refused() first. So does every
 * step of an init that may fail: queues, notifiers, states of CPU hotplug. The counters are
 * atomic, so requests of all contexts may come at the same time.
 *
 * Reports. While a test expects reports, they are recorded from all contexts. They are
 * not printed or rate-limited, and do not stop the machine. The table has the first
 * NTPOOL_TEST_REPORTS of them, and the rest are counted.
 *
 * Locking. record_lock, raw and a leaf, protects the table. Reports come from under
 * other raw locks. Suites make no reports from NMIs. The settings are single words.
 *
 * Context: any.
 */
#include <linux/atomic.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "base/refuse.h"
#include "base/report.h"
#include "base/stack.h"
#include "base/stub.h"
#include "test.h"

static DEFINE_RAW_SPINLOCK(record_lock);
static struct ntpool_test_report records[NTPOOL_TEST_REPORTS];	/* record_lock */
static unsigned int nr_records;		/* may exceed the table; record_lock */
static bool recording;			/* record_lock; read without it as a hint */

static void record(struct ntpool_test_report *to, const struct ntpool_stop *stop)
{
	to->code = stop->code;
	memcpy(to->param, stop->param, sizeof(to->param));
	strscpy(to->text, stop->text, sizeof(to->text));
	to->tag = stop->has_tag ? stop->tag : 0;
	to->size = stop->size;
	to->damaged = stop->damaged;
	to->caller = stop->caller;
	to->caller_of = stop->called->nr > 1 ? stop->called->entry[1] : 0;
	to->allocator = stop->allocator;
	to->allocated = stop->allocated ? stop->allocated->caller : 0;
	to->freed = stop->freed ? stop->freed->caller : 0;
	to->before = stop->before ? stop->before->tag : 0;
}

/* Called after each recorded report, or NULL. */
static void (*on_report)(void);

bool ntpool_stub_report(const struct ntpool_stop *stop)
{
	void (*fn)(void);
	unsigned long flags;
	bool recorded;

	/* An NMI must not wait for the lock. */
	if (!READ_ONCE(recording))
		return false;
	raw_spin_lock_irqsave(&record_lock, flags);
	recorded = recording;
	if (recorded) {
		if (nr_records < NTPOOL_TEST_REPORTS)
			record(&records[nr_records], stop);
		nr_records++;
	}
	raw_spin_unlock_irqrestore(&record_lock, flags);
	fn = READ_ONCE(on_report);
	if (recorded && fn)
		fn();
	return recorded;
}

void ntpool_test_on_report(void (*fn)(void))
{
	WRITE_ONCE(on_report, fn);
}
EXPORT_SYMBOL_GPL(ntpool_test_on_report);

void ntpool_test_expect_reports(bool on)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&record_lock, flags);
	WRITE_ONCE(recording, on);
	if (on)
		nr_records = 0;
	raw_spin_unlock_irqrestore(&record_lock, flags);
}
EXPORT_SYMBOL_GPL(ntpool_test_expect_reports);

unsigned int ntpool_test_reports(struct ntpool_test_report *out, unsigned int max)
{
	unsigned long flags;
	unsigned int nr;

	raw_spin_lock_irqsave(&record_lock, flags);
	nr = nr_records;
	max = min3(max, nr, (unsigned int)NTPOOL_TEST_REPORTS);
	memcpy(out, records, max * sizeof(*out));
	raw_spin_unlock_irqrestore(&record_lock, flags);
	return nr;
}
EXPORT_SYMBOL_GPL(ntpool_test_reports);

static bool kthreads_pay;		/* one word, written by a test */
static bool no_stock;			/* likewise */
static bool one_chain;			/* likewise */
static atomic_long_t records_in_chunks = ATOMIC_LONG_INIT(0);
static long available = -1;		/* pages; negative: the kernel's estimate. One word */

void ntpool_test_charge_kthreads(bool on)
{
	WRITE_ONCE(kthreads_pay, on);
}
EXPORT_SYMBOL_GPL(ntpool_test_charge_kthreads);

bool ntpool_stub_kthreads_pay(void)
{
	return READ_ONCE(kthreads_pay);
}

void ntpool_test_keep_stock(bool on)
{
	WRITE_ONCE(no_stock, !on);
}
EXPORT_SYMBOL_GPL(ntpool_test_keep_stock);

bool ntpool_stub_no_stock(void)
{
	return READ_ONCE(no_stock);
}

void ntpool_test_one_chain(bool on)
{
	WRITE_ONCE(one_chain, on);
}
EXPORT_SYMBOL_GPL(ntpool_test_one_chain);

bool ntpool_stub_one_chain(void)
{
	return READ_ONCE(one_chain);
}

void ntpool_test_set_available(long pages)
{
	WRITE_ONCE(available, pages);
}
EXPORT_SYMBOL_GPL(ntpool_test_set_available);

void ntpool_stub_records(int nr)
{
	atomic_long_add(nr, &records_in_chunks);
}

long ntpool_test_records(void)
{
	return atomic_long_read(&records_in_chunks);
}
EXPORT_SYMBOL_GPL(ntpool_test_records);

bool ntpool_stub_available(unsigned long *pages)
{
	long set = READ_ONCE(available);

	*pages = set;
	return set >= 0;
}

static atomic_t long_locked = ATOMIC_INIT(0);	/* times that long work was done under a lock */

enum {
	LOCK_TRIES = 1 << 24,		/* another CPU has dropped a lock by then */
};

/* Where one CPU cannot get the lock, it holds it. */
void ntpool_stub_unlocked(raw_spinlock_t *lock)
{
	unsigned long flags;
	unsigned int i;

	if (!irqs_disabled() || atomic_read(&long_locked))
		return;
	for (i = 0; i < LOCK_TRIES; i++) {
		if (raw_spin_trylock_irqsave(lock, flags)) {
			raw_spin_unlock_irqrestore(lock, flags);
			return;
		}
		cpu_relax();
	}
	atomic_inc(&long_locked);
}

unsigned int ntpool_test_long_locked(void)
{
	return atomic_read(&long_locked);
}
EXPORT_SYMBOL_GPL(ntpool_test_long_locked);

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
