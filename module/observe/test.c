// SPDX-License-Identifier: GPL-2.0
/*
 * Hooks for the KUnit suites: debugfs files without a mount, the bits of Driver
 * Verifier, a check of the heaps, and recorded reports. NT has no such routines.
 *
 * Reports. While a test expects reports, they are recorded from all contexts. They are
 * not printed or rate-limited, and do not stop the machine. The table has the first
 * NTPOOL_TEST_REPORTS of them, and the rest are counted.
 *
 * Locking. record_lock, raw and a leaf, protects the table. Reports come from under
 * other raw locks. Suites make no reports from NMIs.
 *
 * Context: any for the recorder, process context for the rest.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "base/compat.h"
#include "base/report.h"
#include "base/stack.h"
#include "ddi/slist.h"
#include "heap/cache.h"
#include "heap/heap.h"
#include "heap/run.h"
#include "parts.h"
#include "memory/backing.h"
#include "observe/debugfs.h"
#include "test.h"
#include "verify/sample.h"
#include "special/special.h"
#include "verify/verify.h"

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

static bool record_offer(const struct ntpool_stop *stop)
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

void ntpool_test_drain(void)
{
	ntpool_cache_drain();
	ntpool_heap_trim_all(0, ULONG_MAX);
	rcu_barrier();
	ntpool_backing_flush();
}
EXPORT_SYMBOL_GPL(ntpool_test_drain);

unsigned long ntpool_test_shrinkable(void)
{
	return ntpool_cache_shrinkable();
}
EXPORT_SYMBOL_GPL(ntpool_test_shrinkable);

unsigned long ntpool_test_cached(void)
{
	return ntpool_cache_bytes(NTPOOL_NONPAGED);
}
EXPORT_SYMBOL_GPL(ntpool_test_cached);

int ntpool_test_check_heaps(void)
{
	return ntpool_heap_check();
}
EXPORT_SYMBOL_GPL(ntpool_test_check_heaps);

enum ntpool_test_kind ntpool_test_page_kind(const void *p)
{
	struct ntpool_run run;
	bool carved;

	rcu_read_lock();
	carved = ntpool_page_of(p);
	rcu_read_unlock();
	return carved || ntpool_run_near(p, &run) ? NTPOOL_TEST_POOL : ntpool_test_area_kind(p);
}
EXPORT_SYMBOL_GPL(ntpool_test_page_kind);

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
	return ntpool_special_fault(addr, write, ip, ip);
}
EXPORT_SYMBOL_GPL(ntpool_test_fault);

void ntpool_test_slist_locked(bool on)
{
	if (on || !ntpool_has_cmpxchg_pair())
		static_branch_enable(&ntpool_slist_locked);
	else
		static_branch_disable(&ntpool_slist_locked);
}
EXPORT_SYMBOL_GPL(ntpool_test_slist_locked);

/**
 * ntpool_test_init() - install the recorder of reports
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_test_init(void)
{
	ntpool_report_record(record_offer);
	return 0;
}

/**
 * ntpool_test_exit() - remove the recorder of reports
 *
 * Context: process context.
 */
void ntpool_test_exit(void)
{
	ntpool_report_record(NULL);
}
