// SPDX-License-Identifier: GPL-2.0
/*
 * Every line that ntpool writes to the kernel log: violations, leaks, and how a
 * tag or a call is spelled in them.
 *
 * NT stops the machine where ntpool reports, so its one blue screen never had to
 * share a log. Here a report is several lines of one log that every CPU writes to,
 * and a driver that goes wrong tends to go wrong a million times. Three rules:
 *
 * - Reports do not interleave. All lines of one are printed under report_lock, a
 *   raw spin lock with interrupts off: a report may come from a hard interrupt, and
 *   from under a heap's lock, which it nests in. It is slow on a serial console,
 *   like every oops, and as with an oops nothing is worth more than the whole text.
 * - Nobody waits for ever. A report that arises while this CPU prints one (an
 *   NMI, or a console driver that uses ntpool) cannot wait for the lock, and an NMI
 *   does not wait for another CPU either: both are counted as left out.
 * - A flood ends. Out of one window of REPORT_WINDOW_S seconds REPORT_BURST
 *   reports are printed; how many were left out is said by the next report that is
 *   printed, and by a timer if none comes. The timer is started from irq_work,
 *   because timers cannot be touched in NMIs.
 *
 * report_window, report_printed and report_site are report_lock's; report_omitted
 * is atomic, because it counts those who did not get the lock.
 *
 * Addresses appear hashed, as everywhere in Linux. Lines that stand for themselves,
 * as those on leaks, take the lock as well, so that none lands inside a report.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/panic.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/stdarg.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

#include "base/callsite.h"
#include "base/param.h"
#include "base/report.h"
#include "base/stack.h"
#include "base/text.h"
#include "init.h"

enum {
	REPORT_BURST = 64,
	REPORT_WINDOW_S = 5,
	/* "0x", 16 digits, NUL. */
	PARAM_TEXT = 19,
	STOP_TEXT = 192,
};

static DEFINE_RAW_SPINLOCK(report_lock);
static int report_cpu = -1;		/* who holds report_lock */
static unsigned long report_window;	/* jiffies when the window began */
static unsigned int report_printed;	/* reports in this window */
static char report_site[NTPOOL_CALLSITE_TEXT];
static atomic_t report_omitted = ATOMIC_INIT(0);
static bool report_panics __read_mostly;	/* parameter bugcheck */
static atomic_long_t report_violations = ATOMIC_LONG_INIT(0);

static void report_say_omitted(void)
{
	unsigned int nr = atomic_xchg(&report_omitted, 0);

	lockdep_assert_held(&report_lock);
	if (nr)
		pr_err("%u reports were left out\n", nr);
}

static void report_flood_over(struct work_struct *work)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&report_lock, flags);
	WRITE_ONCE(report_cpu, raw_smp_processor_id());
	report_say_omitted();
	WRITE_ONCE(report_cpu, -1);
	raw_spin_unlock_irqrestore(&report_lock, flags);
}

static DECLARE_DELAYED_WORK(report_work, report_flood_over);

static void report_start_timer(struct irq_work *kick)
{
	schedule_delayed_work(&report_work, REPORT_WINDOW_S * HZ);
}

static DEFINE_IRQ_WORK(report_kick, report_start_timer);

static void report_omit(void)
{
	if (atomic_inc_return(&report_omitted) == 1)
		irq_work_queue(&report_kick);
}

/* One more report in this window? */
static bool report_allowed(void)
{
	lockdep_assert_held(&report_lock);
	if (time_after(jiffies, report_window + REPORT_WINDOW_S * HZ))
		report_printed = 0;
	if (!report_printed)
		report_window = jiffies;
	if (report_printed == REPORT_BURST)
		return false;
	report_printed++;
	return true;
}

static const char *stop_name(enum ntpool_stop_code code)
{
	switch (code) {
	case NTPOOL_STOP_IRQL_NOT_LESS_OR_EQUAL:
		return "IRQL_NOT_LESS_OR_EQUAL";
	case NTPOOL_STOP_BAD_POOL_HEADER:
		return "BAD_POOL_HEADER";
	case NTPOOL_STOP_MEMORY_MANAGEMENT:
		return "MEMORY_MANAGEMENT";
	case NTPOOL_STOP_QUOTA_UNDERFLOW:
		return "QUOTA_UNDERFLOW";
	case NTPOOL_STOP_MUST_SUCCEED_EMPTY:
		return "MUST_SUCCEED_POOL_EMPTY";
	case NTPOOL_STOP_SPECIAL_POOL:
		return "SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION";
	case NTPOOL_STOP_BAD_POOL_CALLER:
		return "BAD_POOL_CALLER";
	case NTPOOL_STOP_VERIFIER:
		return "DRIVER_VERIFIER_DETECTED_VIOLATION";
	case NTPOOL_STOP_MODIFIED_FREED_POOL:
		return "DRIVER_CAUGHT_MODIFYING_FREED_POOL";
	case NTPOOL_STOP_FREED_SPECIAL:
		return "PAGE_FAULT_IN_FREED_SPECIAL_POOL";
	case NTPOOL_STOP_BEYOND_END:
		return "PAGE_FAULT_BEYOND_END_OF_ALLOCATION";
	case NTPOOL_STOP_UNLOADED_WITHOUT_CANCELLING:
		return "DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS";
	case NTPOOL_STOP_MUST_BE_NONPAGED:
		return "DRIVER_PORTION_MUST_BE_NONPAGED";
	case NTPOOL_STOP_DRIVER_FREED:
		return "DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL";
	case NTPOOL_STOP_DRIVER_BEYOND_END:
		return "DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION";
	}
	return "UNKNOWN";
}

/*
 * Sixteen digits always. A hashed address has eight of its own on 32-bit; a kernel
 * that has had no entropy yet to hash with prints "(____ptrval____)", here zeros.
 */
static void stop_param_text(const struct ntpool_stop *stop, unsigned int i, char *buf)
{
	u64 param = stop->param[i];

	if (stop->addr_mask & BIT(i)) {
		snprintf(buf, PARAM_TEXT, "0x%s%p", sizeof(void *) == 4 ? "00000000" : "",
			 (void *)(unsigned long)param);
		if (!strchr(buf, '('))
			return;
		param = 0;
	}
	snprintf(buf, PARAM_TEXT, "0x%016llX", param);
}

static void stop_text(const struct ntpool_stop *stop, char *buf)
{
	char param[4][PARAM_TEXT];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(param); i++)
		stop_param_text(stop, i, param[i]);
	snprintf(buf, STOP_TEXT, "*** STOP: 0x%08X (%s, %s, %s, %s) %s", stop->code,
		 param[0], param[1], param[2], param[3], stop->name ?: stop_name(stop->code));
}

static void report_call(const char *what, unsigned long address)
{
	lockdep_assert_held(&report_lock);
	if (!address)
		return;
	ntpool_callsite_text(address, report_site, sizeof(report_site));
	pr_err("%s %s\n", what, report_site);
}

static void report_stack(const char *what, const struct ntpool_stack *stack, u64 now)
{
	unsigned int i;

	lockdep_assert_held(&report_lock);
	if (!stack || !stack->caller)
		return;
	pr_err("%s %llu ms ago by process %d on CPU %u:\n", what, ntpool_stack_age_ms(stack, now),
	       stack->pid, stack->cpu);
	for (i = 0; i < stack->nr; i++)
		report_call(" ", stack->entry[i]);
}

static void report_lines(const struct ntpool_stop *stop, const char *first)
{
	/* Printing takes longer than much of what happened before. */
	u64 now = ntpool_stack_now();
	char tag[NTPOOL_TAG_TEXT];

	report_say_omitted();
	pr_err("%s\n", first);
	pr_err("%s\n", stop->text);
	if (stop->has_tag) {
		ntpool_tag_text(stop->tag, tag);
		pr_err("tag %s, size %zu\n", tag, stop->size);
	}
	report_call("caller", stop->caller);
	report_call("allocator", stop->allocator);
	report_stack("allocated", stop->allocated, now);
	report_stack("freed", stop->freed, now);
}

static void report_print(const struct ntpool_stop *stop, const char *first)
{
	unsigned long flags;

	local_irq_save(flags);
	while (!raw_spin_trylock(&report_lock)) {
		if (in_nmi() || READ_ONCE(report_cpu) == raw_smp_processor_id()) {
			local_irq_restore(flags);
			report_omit();
			return;
		}
		cpu_relax();
	}
	WRITE_ONCE(report_cpu, raw_smp_processor_id());
	if (report_allowed())
		report_lines(stop, first);
	else
		report_omit();
	WRITE_ONCE(report_cpu, -1);
	raw_spin_unlock(&report_lock);
	local_irq_restore(flags);
}

#if IS_ENABLED(CONFIG_KUNIT)
static bool (*report_recorder)(const struct ntpool_stop *stop);

void ntpool_report_record(bool (*recorder)(const struct ntpool_stop *stop))
{
	WRITE_ONCE(report_recorder, recorder);
}

static bool report_is_recorded(const struct ntpool_stop *stop)
{
	bool (*recorder)(const struct ntpool_stop *stop) = READ_ONCE(report_recorder);

	return recorder && recorder(stop);
}
#else
static bool report_is_recorded(const struct ntpool_stop *stop)
{
	return false;
}
#endif

/**
 * ntpool_report() - report a violation
 * @stop: what happened
 *
 * The parameter bugcheck decides whether the caller goes on afterwards. Reports
 * that a test collects are neither printed nor do they stop the machine.
 *
 * Context: any, with any lock held.
 */
void ntpool_report(const struct ntpool_stop *stop)
{
	char first[STOP_TEXT];

	atomic_long_inc(&report_violations);
	if (report_is_recorded(stop))
		return;
	stop_text(stop, first);
	report_print(stop, first);
	if (READ_ONCE(report_panics))
		panic(pr_fmt("%s"), first);
}

/**
 * ntpool_report_kind() - report a violation of a known kind
 * @kind: the parts that all reports of the kind share
 * @stop: the rest; its code, first parameter, address mask and text are ignored
 *
 * Context: any, with any lock held.
 */
void ntpool_report_kind(const struct ntpool_violation *kind, struct ntpool_stop stop)
{
	stop.code = kind->code;
	stop.param[0] = kind->subcode;
	stop.addr_mask = kind->addr_mask;
	stop.text = kind->text;
	ntpool_report(&stop);
}

static void lines_begin(unsigned long *flags)
{
	raw_spin_lock_irqsave(&report_lock, *flags);
	WRITE_ONCE(report_cpu, raw_smp_processor_id());
}

static void lines_end(unsigned long flags)
{
	WRITE_ONCE(report_cpu, -1);
	raw_spin_unlock_irqrestore(&report_lock, flags);
}

/**
 * ntpool_report_line() - print a line that stands for itself
 * @fmt: format, with level, "ntpool: " and line feed
 *
 * Context: any but NMI.
 */
void ntpool_report_line(const char *fmt, ...)
{
	unsigned long flags;
	va_list args;

	va_start(args, fmt);
	lines_begin(&flags);
	vprintk(fmt, args);
	lines_end(flags);
	va_end(args);
}

/**
 * ntpool_report_allocated() - print a line and the stack of an allocation below it
 * @stack: the stack
 * @now: ntpool_stack_now(), for its age
 * @fmt: format of the line, with level, "ntpool: " and line feed
 *
 * Context: any but NMI.
 */
void ntpool_report_allocated(const struct ntpool_stack *stack, u64 now, const char *fmt, ...)
{
	unsigned long flags;
	va_list args;

	va_start(args, fmt);
	lines_begin(&flags);
	vprintk(fmt, args);
	report_stack("allocated", stack, now);
	lines_end(flags);
	va_end(args);
}

unsigned long ntpool_report_violations(void)
{
	return atomic_long_read(&report_violations);
}

void ntpool_report_exit(void)
{
	irq_work_sync(&report_kick);
	cancel_delayed_work_sync(&report_work);
	report_flood_over(NULL);
}

static const char * const bugcheck_words[] = { "report", "panic" };

static int bugcheck_set(const char *val, const struct kernel_param *kp)
{
	int word = sysfs_match_string(bugcheck_words, val);

	if (word < 0)
		return -EINVAL;
	WRITE_ONCE(report_panics, word);
	return 0;
}

static int bugcheck_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", bugcheck_words[READ_ONCE(report_panics)]);
}

static const struct kernel_param_ops bugcheck_ops = {
	.set = bugcheck_set,
	.get = bugcheck_get,
};

module_param_cb(bugcheck, &bugcheck_ops, NULL, 0644);
MODULE_PARM_DESC(bugcheck,
		 "what follows the report of a violation: report (go on) or panic (stop the machine) (default report)");
