// SPDX-License-Identifier: GPL-2.0
/*
 * Places where a test acts instead of ntpool: it gets the reports, charges kernel threads, and
 * sets the number of available pages.
 *
 * Reports. While a test expects reports, they are recorded from all contexts. They are
 * not printed or rate-limited, and do not stop the machine. The table has the first
 * NTPOOL_TEST_REPORTS of them, and the rest are counted.
 *
 * Locking. record_lock, raw and a leaf, protects the table. Reports come from under
 * other raw locks. Suites make no reports from NMIs. The other two are single words.
 *
 * Context: any.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <linux/string.h>

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

void ntpool_test_set_available(long pages)
{
	WRITE_ONCE(available, pages);
}
EXPORT_SYMBOL_GPL(ntpool_test_set_available);

bool ntpool_stub_available(unsigned long *pages)
{
	long set = READ_ONCE(available);

	*pages = set;
	return set >= 0;
}
