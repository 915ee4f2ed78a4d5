// SPDX-License-Identifier: GPL-2.0
/*
 * What the KUnit suites need that no driver does: reading debugfs files without
 * mounting anything, switching the verifier, a look at the heaps' inner agreement,
 * and reports as data.
 *
 * Reports. While a test expects them they are recorded in a table, all contexts
 * included, neither printed nor rate-limited, and the machine goes on whatever the
 * parameter bugcheck says. The table keeps the first NTPOOL_TEST_REPORTS and counts
 * the rest. record_lock guards it, a raw spin lock as report.c's own and for the same
 * reasons; suites make no reports from NMIs.
 *
 * Failures of memory requests are made in backing.c, where the requests are.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "base/report.h"
#include "heap/cache.h"
#include "heap/heap.h"
#include "init.h"
#include "observe/debugfs.h"
#include "test.h"
#include "verify/sample.h"
#include "verify/special.h"
#include "verify/verify.h"

static DEFINE_RAW_SPINLOCK(record_lock);
static struct ntpool_test_report records[NTPOOL_TEST_REPORTS];
static unsigned int nr_records;		/* may be more than there are places */
static bool recording;

static void record(struct ntpool_test_report *to, const struct ntpool_stop *stop)
{
	to->code = stop->code;
	memcpy(to->param, stop->param, sizeof(to->param));
	strscpy(to->text, stop->text, sizeof(to->text));
	to->tag = stop->has_tag ? stop->tag : 0;
}

static bool record_offer(const struct ntpool_stop *stop)
{
	unsigned long flags;
	bool recorded;

	/* Reports come from NMIs too, which must not wait for the lock. */
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
	return recorded;
}

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

void ntpool_test_drain(void)
{
	ntpool_cache_drain();
	ntpool_heap_trim_all(0, ULONG_MAX);
	rcu_barrier();
}
EXPORT_SYMBOL_GPL(ntpool_test_drain);

int ntpool_test_check_heaps(void)
{
	return ntpool_heap_check();
}
EXPORT_SYMBOL_GPL(ntpool_test_check_heaps);

ssize_t ntpool_test_show(const char *file, char *buf, size_t size)
{
	return ntpool_debugfs_render(file, buf, size);
}
EXPORT_SYMBOL_GPL(ntpool_test_show);

int ntpool_test_set_verifier(unsigned long flags)
{
	return ntpool_verifier_set(flags);
}
EXPORT_SYMBOL_GPL(ntpool_test_set_verifier);

int ntpool_test_write(const char *file, const char *text)
{
	return ntpool_debugfs_store(file, text);
}
EXPORT_SYMBOL_GPL(ntpool_test_write);

int ntpool_test_sample(unsigned int ms)
{
	return ntpool_sample_set(ms);
}
EXPORT_SYMBOL_GPL(ntpool_test_sample);

bool ntpool_test_fault(unsigned long addr, bool write, unsigned long ip)
{
	return ntpool_special_fault(addr, write, ip);
}
EXPORT_SYMBOL_GPL(ntpool_test_fault);

int ntpool_test_init(void)
{
	ntpool_report_record(record_offer);
	return 0;
}

void ntpool_test_exit(void)
{
	ntpool_report_record(NULL);
}
