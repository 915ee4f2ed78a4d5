// SPDX-License-Identifier: GPL-2.0
/*
 * Reports of violations and leaks in the kernel log.
 *
 * NT stops the machine with one blue screen. ntpool prints a report and goes on. A
 * report has several lines in a log that all CPUs share, and a faulty driver often
 * repeats its fault. Therefore:
 *
 * - Reports do not interleave. A report is copied to a queue. One CPU at a time, the
 *   printer, prints the oldest one line by line. It leaves when its own report is
 *   printed. A worker prints what other CPUs have queued meanwhile.
 * - No lock is held and interrupts are not kept off while a console works. The printer
 *   disables preemption. It disables interrupts for one line only, as printk() does. An
 *   interrupt between two lines that makes a report prints the rest of the first one.
 *   printk_cpu_sync_get_irqsave() does not fit: it keeps interrupts off for all lines.
 * - No report deadlocks. A console driver that uses ntpool finds report_stepping set,
 *   and its report waits in the queue. An NMI only queues its report.
 * - A report is in the log before the machine stops, or before a fault ends the thread.
 *   Its CPU then waits for another printer, but not for longer than REPORT_WAIT_MS.
 * - A report is in the log before code is freed whose addresses it has: client.c waits.
 * - A flood ends, see report_budget.c. A later report states how many were left out, or a
 *   delayed work does if none follows. Reports that find no room in the queue count too.
 *
 * Stack dumps of the kernel may come between the lines of a report. Single lines, as
 * those about leaks, go through the same queue. Addresses are hashed, as in all of Linux.
 *
 * Locking: report_lock, a raw spinlock and a leaf, interrupts off, protects the queue and the
 * table of report_budget.c. The printer owns the cursor.
 *
 * Context: any for reports; any but NMI for single lines.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
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
#include "base/frame.h"
#include "base/param.h"
#include "base/report.h"
#include "base/report_budget.h"
#include "base/stack.h"
#include "base/stub.h"
#include "base/text.h"
#include "base/trace.h"
#include "parts.h"

enum {
	REPORT_QUEUE = 16,	/* a power of two */
	REPORT_REPEATS = REPORT_QUEUE / 2,	/* room for what is no first report of its kind */
	REPORT_WAIT_MS = 1000,
	REPORT_STACKS = 3,
	/* "0x", 16 digits, NUL. */
	PARAM_TEXT = 19,
	STOP_TEXT = 192,
	LINE_TEXT = 384,
};

/**
 * struct report - a report in the queue, or a single line
 * @first: its first line; of a single line with level and "ntpool: "
 * @stop: the violation; its pointers are not used; @stop.text is NULL for a single line
 * @text: its sentence
 * @has_before: @before is known
 * @before: the block before
 * @stack: the stacks, by enum report_stacks; nr is 0 if there is none
 */
struct report {
	char first[LINE_TEXT];
	struct ntpool_stop stop;
	char text[STOP_TEXT];
	bool has_before;
	struct ntpool_block before;
	struct ntpool_stack stack[REPORT_STACKS];
};

/* The stacks of a report, in the order of printing. */
enum report_stacks {
	STACK_CALLED,
	STACK_ALLOCATED,
	STACK_FREED,
};

static DEFINE_RAW_SPINLOCK(report_lock);	/* protects the following */
static struct report reports[REPORT_QUEUE];
static unsigned int report_head;		/* number of the next report that is queued */
static unsigned int report_tail;		/* of the oldest one; read without the lock */
static int report_printer = -1;			/* the CPU that prints; -1: none */

/* The printer owns these. */
static unsigned int report_next_line;		/* of the oldest report */
static bool report_stepping;			/* it prints a line now */
static char report_callsite[NTPOOL_CALLSITE_TEXT];

static atomic_t report_omitted = ATOMIC_INIT(0);	/* since the last message about them */
static bool report_panics __read_mostly;	/* parameter bugcheck */
static atomic_long_t report_violations = ATOMIC_LONG_INIT(0);

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
	snprintf(buf, STOP_TEXT, "*** STOP: 0x%08X (%s, %s, %s, %s) %s", stop->code, param[0],
		 param[1], param[2], param[3], stop->name ?: ntpool_stop_name(stop->code));
}

static void report_print_omitted(void)
{
	unsigned int nr = atomic_xchg(&report_omitted, 0);

	if (nr)
		pr_err("%u report%s left out\n", nr, nr == 1 ? " was" : "s were");
}

static void print_first(const struct report *report)
{
	if (!report->stop.text && *report->first) {
		_printk("%s", report->first);
		return;
	}
	report_print_omitted();
	if (report->stop.text)
		pr_err("%s\n", report->first);
}

static void print_text(const struct report *report)
{
	if (report->stop.text)
		pr_err("%s\n", report->text);
}

static void print_tag(const struct report *report)
{
	char tag[NTPOOL_TAG_TEXT];

	if (!report->stop.has_tag)
		return;
	ntpool_tag_text(report->stop.tag, tag);
	pr_err("tag %s, size %zu%s\n", tag, report->stop.size,
	       report->stop.damaged ? ", read from the damaged header" : "");
}

static void print_callsite(const char *what, unsigned long address)
{
	if (!address)
		return;
	ntpool_callsite_text(address, report_callsite, sizeof(report_callsite));
	pr_err("%s %s\n", what, report_callsite);
}

/* A line of a stack that was recorded at the time @when. */
static void print_frame(unsigned long address, u64 when)
{
	ntpool_frame_text(address, when, report_callsite, sizeof(report_callsite));
	pr_err("  %s\n", report_callsite);
}

static void print_caller(const struct report *report)
{
	print_callsite("caller", report->stop.caller);
}

static void print_allocator(const struct report *report)
{
	print_callsite("allocator", report->stop.allocator);
}

static void print_before(const struct report *report)
{
	char tag[NTPOOL_TAG_TEXT];

	if (!report->has_before)
		return;
	ntpool_tag_text(report->before.tag, tag);
	ntpool_callsite_text(report->before.caller, report_callsite, sizeof(report_callsite));
	pr_err("block before: tag %s, size %zu, allocator %s\n", tag, report->before.requested,
	       report_callsite);
}

static void (* const print_lines[])(const struct report *report) = {
	print_first, print_text, print_tag, print_caller, print_allocator, print_before,
};

/* Prints the line of a stack with that number; 0 is its title. */
static void print_stack(const struct report *report, unsigned int which, unsigned int line)
{
	const struct ntpool_stack *stack = &report->stack[which];
	/* The age does not include the time that printing takes. */
	u64 age = ntpool_stack_age_ms(stack, report->stack[STACK_CALLED].when);

	if (line > stack->nr || !stack->nr)
		return;
	if (line)
		print_frame(stack->entry[line - 1], stack->when);
	else if (which == STACK_CALLED)
		pr_err("called by process %d on CPU %u:\n", stack->pid, stack->cpu);
	else
		pr_err("%s %llu ms ago by process %d on CPU %u:\n",
		       which == STACK_FREED ? "freed" : "allocated", age, stack->pid, stack->cpu);
}

/* Prints the line with that number, if the report has it. Returns false behind the last one. */
static bool print_line(const struct report *report, unsigned int line)
{
	if (line < ARRAY_SIZE(print_lines)) {
		print_lines[line](report);
		return true;
	}
	line -= ARRAY_SIZE(print_lines);
	if (line >= REPORT_STACKS * (NTPOOL_STACK_DEPTH + 1))
		return false;
	print_stack(report, line / (NTPOOL_STACK_DEPTH + 1), line % (NTPOOL_STACK_DEPTH + 1));
	return true;
}

/*
 * Makes this CPU the printer. Returns false if another CPU is the printer, or if this
 * CPU is in the middle of a line. Also returns false if all reports up to @last are
 * printed. Interrupts are off.
 */
static bool printer_claim(unsigned int last)
{
	int me = raw_smp_processor_id();
	bool mine;

	raw_spin_lock(&report_lock);
	mine = report_printer < 0 || report_printer == me;
	if (mine && (int)(last - report_tail) >= 0)
		WRITE_ONCE(report_printer, me);
	else if (report_printer == me && !report_stepping)
		WRITE_ONCE(report_printer, -1);
	mine = report_printer == me && !report_stepping;
	if (mine)
		report_stepping = true;
	raw_spin_unlock(&report_lock);
	return mine;
}

/* Prints a line of the oldest report, or drops the report if there is none left. */
static void printer_step(void)
{
	bool more = print_line(&reports[report_tail % REPORT_QUEUE], report_next_line++);

	raw_spin_lock(&report_lock);
	if (!more) {
		report_next_line = 0;
		WRITE_ONCE(report_tail, report_tail + 1);
	}
	report_stepping = false;
	raw_spin_unlock(&report_lock);
}

/* Prints the reports up to number @last, unless another CPU prints them. */
static void report_drain(unsigned int last)
{
	unsigned long flags;
	bool claimed;

	preempt_disable();
	do {
		local_irq_save(flags);
		claimed = printer_claim(last);
		if (claimed)
			printer_step();
		local_irq_restore(flags);
	} while (claimed);
	preempt_enable();
}

static bool is_printed(unsigned int nr)
{
	return (int)(READ_ONCE(report_tail) - nr) > 0;
}

static void report_flood_over(struct work_struct *work)
{
	if (atomic_read(&report_omitted))
		ntpool_report_line("%s", "");
}

/* Waits until the reports before number @end are printed. Sleeps. */
static void report_print_until(unsigned int end)
{
	unsigned int oldest;

	while ((int)(end - (oldest = READ_ONCE(report_tail))) > 0) {
		report_drain(oldest);
		/* Without progress another CPU is printing, as long as its console takes. */
		if (is_printed(oldest))
			cond_resched();
		else
			msleep(20);
	}
}

static void report_print_rest(struct work_struct *work)
{
	while (READ_ONCE(report_tail) != READ_ONCE(report_head))
		report_print_until(READ_ONCE(report_head));
}

static DECLARE_DELAYED_WORK(report_work, report_flood_over);
static DECLARE_WORK(report_rest_work, report_print_rest);

static void report_start_work(struct irq_work *kick)
{
	if (atomic_read(&report_omitted))
		schedule_delayed_work(&report_work, NTPOOL_REPORT_WINDOW_S * HZ);
	if (READ_ONCE(report_tail) != READ_ONCE(report_head))
		schedule_work(&report_rest_work);
}

static DEFINE_IRQ_WORK(report_kick, report_start_work);

static void report_omit(void)
{
	if (atomic_inc_return(&report_omitted) == 1)
		irq_work_queue(&report_kick);
}

/* Prints up to the report @nr. @wait: it must be in the log before the caller goes on. */
static void report_print(unsigned int nr, bool wait)
{
	unsigned int tries = REPORT_WAIT_MS * 200;

	if (!in_nmi())
		report_drain(nr);
	while (wait && !in_nmi() && !is_printed(nr) &&
	       READ_ONCE(report_printer) != raw_smp_processor_id() && tries--) {
		udelay(5);
		report_drain(nr);
	}
	if (READ_ONCE(report_tail) != READ_ONCE(report_head))
		irq_work_queue(&report_kick);
}

/*
 * The queue
 */

static void stack_copy(struct ntpool_stack *to, const struct ntpool_stack *from)
{
	if (from)
		*to = *from;
	else
		to->nr = 0;
}

static void report_fill(struct report *report, const struct ntpool_stop *stop, const char *first)
{
	strscpy(report->first, first, sizeof(report->first));
	report->stop = *stop;
	strscpy(report->text, stop->text ?: "", sizeof(report->text));
	report->has_before = stop->before;
	if (stop->before)
		report->before = *stop->before;
	stack_copy(&report->stack[STACK_CALLED], stop->called);
	stack_copy(&report->stack[STACK_ALLOCATED], stop->allocated);
	stack_copy(&report->stack[STACK_FREED], stop->freed);
}

/*
 * True if the queue has room for @stop, and the budget too. Half of the queue is for the first
 * reports of each kind and call site. Under report_lock.
 */
static bool queue_admits(const struct ntpool_stop *stop)
{
	unsigned int used = report_head - report_tail;
	bool repeats = used < REPORT_REPEATS;

	if (!stop->text)
		return repeats;
	return used < REPORT_QUEUE && ntpool_report_budget_admits(stop, repeats);
}

/* Returns false if there is no room. The report gets the number *@nr. Under report_lock. */
static bool queue_add(const struct ntpool_stop *stop, const char *first, unsigned int *nr)
{
	if (!queue_admits(stop))
		return false;
	*nr = report_head;
	report_fill(&reports[*nr % REPORT_QUEUE], stop, first);
	WRITE_ONCE(report_head, report_head + 1);
	return true;
}

/* Likewise. An NMI gets false too if the lock is taken. */
static bool report_queue(const struct ntpool_stop *stop, const char *first, unsigned int *nr)
{
	unsigned long flags;
	bool queued;

	local_irq_save(flags);
	/* An NMI does not spin. */
	while (!raw_spin_trylock(&report_lock)) {
		if (in_nmi()) {
			local_irq_restore(flags);
			return false;
		}
		cpu_relax();
	}
	queued = queue_add(stop, first, nr);
	raw_spin_unlock(&report_lock);
	local_irq_restore(flags);
	return queued;
}

/* The thread may end with the fault that is reported. */
static bool is_of_fault(const struct ntpool_stop *stop)
{
	switch (stop->code) {
	case NTPOOL_STOP_FREED_SPECIAL:
	case NTPOOL_STOP_BEYOND_END:
	case NTPOOL_STOP_DRIVER_FREED:
	case NTPOOL_STOP_DRIVER_BEYOND_END:
		return true;
	default:
		return false;
	}
}

/**
 * ntpool_report() - report a violation
 * @found: the violation
 *
 * If the parameter bugcheck is "panic", the machine stops after the report. A report
 * that a test records is not printed and does not stop the machine.
 *
 * Context: any, with any lock of a driver held.
 */
void ntpool_report(const struct ntpool_stop *found)
{
	struct ntpool_stop stop = *found;
	struct ntpool_stack called;
	char first[STOP_TEXT];
	unsigned int nr;

	atomic_long_inc(&report_violations);
	stop.called = &called;
	stop.caller = ntpool_stack_take_call(&called, stop.caller);
	if (!in_nmi())
		trace_ntpool_report(&stop);
	if (ntpool_stub_report(&stop))
		return;
	stop_text(&stop, first);
	if (report_queue(&stop, first, &nr))
		report_print(nr, READ_ONCE(report_panics) || is_of_fault(&stop));
	else
		report_omit();
	if (READ_ONCE(report_panics))
		panic(pr_fmt("%s"), first);
}

/**
 * ntpool_report_kind() - report a violation of a known kind
 * @kind: the parts that all reports of the kind share
 * @stop: the rest; its code, first parameter, address mask and text are ignored
 *
 * Context: any, with any lock of a driver held.
 */
void ntpool_report_kind(const struct ntpool_violation *kind, struct ntpool_stop stop)
{
	stop.code = kind->code;
	stop.param[0] = kind->subcode;
	stop.addr_mask = kind->addr_mask;
	stop.text = kind->text;
	ntpool_report(&stop);
}

/* Prints @first, and the stack if there is one. Without room the line waits for some. */
static void line_print(const char *first, const struct ntpool_stack *allocated, u64 now)
{
	struct ntpool_stack called = { .when = now };
	const struct ntpool_stop line = { .called = &called, .allocated = allocated };
	unsigned int tries = REPORT_WAIT_MS * 200;
	unsigned int nr;
	bool queued;

	for (;;) {
		queued = report_queue(&line, first, &nr);
		if (queued || READ_ONCE(report_printer) == raw_smp_processor_id() || !tries--)
			break;
		report_drain(READ_ONCE(report_head) - 1);
		udelay(5);
	}
	if (queued)
		report_print(nr, false);
	else if (*first)
		report_omit();
}

/**
 * ntpool_report_line() - print a single line that is no part of a report
 * @fmt: format, with level, "ntpool: " and line feed
 *
 * Context: any but NMI.
 */
void ntpool_report_line(const char *fmt, ...)
{
	char first[LINE_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(first, sizeof(first), fmt, args);
	va_end(args);
	line_print(first, NULL, 0);
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
	char first[LINE_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(first, sizeof(first), fmt, args);
	va_end(args);
	line_print(first, stack, now);
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
 * ntpool_report_settle() - wait until all reports made so far are in the log
 *
 * A report in the queue has addresses. They lose their names when their code is freed.
 *
 * Context: process context, sleeps as long as a console takes; without a lock.
 */
void ntpool_report_settle(void)
{
	report_print_until(READ_ONCE(report_head));
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
	report_print_rest(NULL);
	irq_work_sync(&report_kick);
	cancel_delayed_work_sync(&report_work);
	cancel_work_sync(&report_rest_work);
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
		 "action after the report of a violation: report (go on) or panic (stop the machine) (default report)");

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/report_hooks.c"
#endif
