// SPDX-License-Identifier: GPL-2.0
/*
 * Reports of violations and leaks in the kernel log.
 *
 * NT stops the machine with one blue screen. ntpool prints a report and goes on. A
 * report has several lines in a log that all CPUs share, and a faulty driver often
 * repeats its fault. Therefore:
 *
 * - Reports do not interleave. The CPU holds the kernel's printk_cpu_sync lock, with
 *   interrupts off, while it prints the lines of one report. Any other lock may be
 *   held around it. A CPU that prints a stack dump holds the same lock.
 * - No report deadlocks. printk_cpu_sync is reentrant, so report_busy detects a report
 *   that begins inside another one: in an NMI, or in a console driver that uses
 *   ntpool. Such a report is left out. An NMI does not wait for another CPU either.
 * - A flood ends. Of each REPORT_WINDOW_S seconds ___ratelimit() admits REPORT_BURST
 *   reports. The next printed report states how many were left out, or a delayed work
 *   does if none follows. An NMI cannot start a timer, so irq_work starts it.
 *
 * ___ratelimit() also counts missed calls, but each kernel stores that number
 * differently. report_omitted counts reports that did not get the lock as well.
 *
 * Single lines, as those about leaks, are printed under the same lock. Addresses are
 * hashed, as in all of Linux.
 *
 * Context: any for reports; any but NMI for single lines.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/panic.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/stdarg.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

#include "base/callsite.h"
#include "base/param.h"
#include "base/report.h"
#include "base/stack.h"
#include "base/text.h"
#include "parts.h"

enum {
	REPORT_BURST = 64,
	REPORT_WINDOW_S = 5,
	/* "0x", 16 digits, NUL. */
	PARAM_TEXT = 19,
	STOP_TEXT = 192,
};

/* The holder of printk_cpu_sync owns these three. */
static bool report_busy;		/* it prints a report or lines of ntpool */
static char report_callsite[NTPOOL_CALLSITE_TEXT];
static struct ratelimit_state report_rate =
	RATELIMIT_STATE_INIT_FLAGS(report_rate, REPORT_WINDOW_S * HZ, REPORT_BURST,
				   RATELIMIT_MSG_ON_RELEASE);	/* prints nothing itself */

static atomic_t report_omitted = ATOMIC_INIT(0);	/* since the last message about them */
static bool report_panics __read_mostly;	/* parameter bugcheck */
static atomic_long_t report_violations = ATOMIC_LONG_INIT(0);

/* False: another report is being printed, and the caller cannot wait for its end. */
static bool report_begin(unsigned long *flags)
{
	if (!in_nmi()) {
		printk_cpu_sync_get_irqsave(*flags);
	} else {
		local_irq_save(*flags);
		if (!__printk_cpu_sync_try_get()) {
			local_irq_restore(*flags);
			return false;
		}
	}
	/* An NMI that comes between the test and the store prints its whole report first. */
	if (!READ_ONCE(report_busy)) {
		WRITE_ONCE(report_busy, true);
		return true;
	}
	printk_cpu_sync_put_irqrestore(*flags);
	return false;
}

static void report_end(unsigned long flags)
{
	WRITE_ONCE(report_busy, false);
	printk_cpu_sync_put_irqrestore(flags);
}

static void report_print_omitted(void)
{
	unsigned int nr = atomic_xchg(&report_omitted, 0);

	if (nr)
		pr_err("%u reports were left out\n", nr);
}

static void report_flood_over(struct work_struct *work)
{
	unsigned long flags;

	if (report_begin(&flags)) {
		report_print_omitted();
		report_end(flags);
	}
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
 * A parameter always has sixteen digits. A hashed address has only eight on 32-bit.
 * Before the kernel can hash, %p prints "(____ptrval____)"; the report has zeros.
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
	if (!address)
		return;
	ntpool_callsite_text(address, report_callsite, sizeof(report_callsite));
	pr_err("%s %s\n", what, report_callsite);
}

static void report_stack(const char *what, const struct ntpool_stack *stack, u64 now)
{
	unsigned int i;

	if (!stack || !stack->caller)
		return;
	pr_err("%s %llu ms ago by process %d on CPU %u:\n", what, ntpool_stack_age_ms(stack, now),
	       stack->pid, stack->cpu);
	for (i = 0; i < stack->nr; i++)
		report_call(" ", stack->entry[i]);
}

static void report_lines(const struct ntpool_stop *stop, const char *first)
{
	/* The age of a stack must not include the time that printing takes. */
	u64 now = ntpool_stack_now();
	char tag[NTPOOL_TAG_TEXT];

	report_print_omitted();
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

	if (!report_begin(&flags)) {
		report_omit();
		return;
	}
	if (__ratelimit(&report_rate))
		report_lines(stop, first);
	else
		report_omit();
	report_end(flags);
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
 * @stop: the violation
 *
 * If the parameter bugcheck is "panic", the machine stops after the report. A report
 * that a test records is not printed and does not stop the machine.
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

/**
 * ntpool_report_line() - print a single line that is no part of a report
 * @fmt: format, with level, "ntpool: " and line feed
 *
 * Context: any but NMI.
 */
void ntpool_report_line(const char *fmt, ...)
{
	unsigned long flags;
	va_list args;

	va_start(args, fmt);
	if (report_begin(&flags)) {
		vprintk(fmt, args);
		report_end(flags);
	}
	va_end(args);
}

/**
 * ntpool_report_allocated() - print a line and the stack of an allocation below it
 * @stack: the stack
 * @now: a time of ntpool_stack_now(), which the age of the stack refers to
 * @fmt: format of the line, with level, "ntpool: " and line feed
 *
 * Context: any but NMI.
 */
void ntpool_report_allocated(const struct ntpool_stack *stack, u64 now, const char *fmt, ...)
{
	unsigned long flags;
	va_list args;

	va_start(args, fmt);
	if (report_begin(&flags)) {
		vprintk(fmt, args);
		report_stack("allocated", stack, now);
		report_end(flags);
	}
	va_end(args);
}

/**
 * ntpool_report_omitted() - count violations that get no report of their own
 * @nr: their number; they count as left out
 *
 * Context: any.
 */
void ntpool_report_omitted(unsigned int nr)
{
	atomic_long_add(nr, &report_violations);
	while (nr--)
		report_omit();
}

/**
 * ntpool_report_violations() - number of violations since the module was loaded
 *
 * Context: any.
 * Return: the number, with the reports that were left out or recorded by a test.
 */
unsigned long ntpool_report_violations(void)
{
	return atomic_long_read(&report_violations);
}

/**
 * ntpool_report_exit() - print how many reports were left out, after the last one
 *
 * Context: process context, may sleep.
 */
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
