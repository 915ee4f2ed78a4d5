// SPDX-License-Identifier: GPL-2.0
/*
 * Shared helpers of the KUnit suites of ntpool.
 *
 * The helpers read statistics as a user does, from the text of the debugfs files. They
 * look up columns by name. Every suite thus tests the interface and not the structures
 * behind it. The hooks of ntpool.ko record reports, by which the suites observe
 * violations.
 *
 * Nothing here takes a lock of ntpool. A test case owns its fixture. A struct ntk_threads
 * owns its workers, which share data through its arg. While they run, only its stop flag is
 * written.
 */
#include <linux/cpu.h>
#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "fixture.h"

#define NTK_TABLE_START		(16 * 1024)
#define NTK_TABLE_LIMIT		(16 * 1024 * 1024)
#define NTK_CALL_TIMEOUT	(20 * HZ)
#define NTK_THREADS_TIMEOUT	(240 * HZ)
#define NTK_SEED		0x4e544b55ULL
#define NTK_STOCK		8	/* pages that a heap keeps on PREEMPT_RT */

/* Verifier flags that ntpool.ko was loaded with. < 0: not read yet. */
static s64 ntk_verifier = -1;

/* Those that the running case starts with. */
static unsigned long ntk_flags;

/* ---- counted expectations ---- */

bool ntk_check(struct ntk_tally *tally, bool ok, const char *fmt, ...)
{
	va_list args;

	tally->checks++;
	if (ok)
		return true;
	if (!tally->failures++) {
		va_start(args, fmt);
		vscnprintf(tally->first, sizeof(tally->first), fmt, args);
		va_end(args);
	}
	return false;
}

void ntk_expect_clean(struct kunit *test, const struct ntk_tally *tally)
{
	KUNIT_EXPECT_GT_MSG(test, tally->checks, 0, "nothing was checked");
	KUNIT_EXPECT_EQ_MSG(test, tally->failures, 0, "of %u, the first: %s",
			    tally->checks, tally->first);
}

/* ---- debugfs files as tables ---- */

static int ntk_table_grow(struct ntk_table *table)
{
	size_t size = table->size ? 8 * table->size : NTK_TABLE_START;

	if (size > NTK_TABLE_LIMIT)
		return -E2BIG;
	kvfree(table->buf);
	table->buf = kvmalloc(size, GFP_KERNEL);
	table->size = table->buf ? size : 0;
	return table->buf ? 0 : -ENOMEM;
}

int ntk_table_read(struct ntk_table *table, const char *file)
{
	int err;

	if (!table->buf) {
		err = ntk_table_grow(table);
		if (err)
			return err;
	}
	for (;;) {
		table->len = ntpool_test_show(file, table->buf, table->size);
		if (table->len != -E2BIG)
			return min_t(ssize_t, table->len, 0);
		err = ntk_table_grow(table);
		if (err)
			return err;
	}
}

void ntk_table_free(struct ntk_table *table)
{
	kvfree(table->buf);
	memset(table, 0, sizeof(*table));
}

static const char *ntk_line_after(const char *line)
{
	const char *end = strchrnul(line, '\n');

	return *end && end[1] ? end + 1 : NULL;
}

const char *ntk_table_line(const struct ntk_table *table, unsigned int nr)
{
	const char *line = table->len > 0 ? table->buf : NULL;

	while (line && nr--)
		line = ntk_line_after(line);
	return line;
}

/* The row after @row, the first one for NULL; NULL behind the last. */
const char *ntk_table_next(const struct ntk_table *table, const char *row)
{
	row = row ? ntk_line_after(row) : ntk_table_line(table, 0);
	while (row && *row == '#')
		row = ntk_line_after(row);
	return row;
}

static const char *ntk_skip_blanks(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

static size_t ntk_word_length(const char *at)
{
	return strcspn(at, " \t\n");
}

/* The start of a field, NULL where the row is too short. */
static const char *ntk_row_field(const char *row, int column)
{
	if (!row || column < 0)
		return NULL;
	row = ntk_skip_blanks(row);
	while (column-- && *row && *row != '\n')
		row = ntk_skip_blanks(row + ntk_word_length(row));
	return *row && *row != '\n' ? row : NULL;
}

unsigned int ntk_row_fields(const char *row)
{
	unsigned int nr = 0;

	while (ntk_row_field(row, nr))
		nr++;
	return nr;
}

int ntk_table_column(const struct ntk_table *table, const char *name)
{
	const char *head = ntk_table_line(table, 1);
	const char *field;
	int column = 0;

	if (!head || *head != '#')
		return -1;
	for (head++; (field = ntk_row_field(head, column)); column++) {
		if (ntk_word_length(field) == strlen(name) &&
		    !strncmp(field, name, strlen(name)))
			return column;
	}
	return -1;
}

bool ntk_row_text(const char *row, int column, char *out, size_t size)
{
	const char *field = ntk_row_field(row, column);
	size_t len;

	if (!field)
		return false;
	len = min(ntk_word_length(field), size - 1);
	memcpy(out, field, len);
	out[len] = '\0';
	return true;
}

/* A decimal field; S64_MIN where there is none or it is no number. */
s64 ntk_row_number(const char *row, int column)
{
	char text[24];
	s64 value;

	if (!ntk_row_text(row, column, text, sizeof(text)) ||
	    kstrtos64(text, 10, &value))
		return S64_MIN;
	return value;
}

static bool ntk_field_is(const char *row, int column, const char *text)
{
	const char *field = ntk_row_field(row, column);

	return field && ntk_word_length(field) == strlen(text) &&
	       !strncmp(field, text, strlen(text));
}

/* The row whose first field, and second field unless NULL, are these. */
const char *ntk_table_find(const struct ntk_table *table, const char *first,
			   const char *second)
{
	const char *row = NULL;

	while ((row = ntk_table_next(table, row))) {
		if (ntk_field_is(row, 0, first) &&
		    (!second || ntk_field_is(row, 1, second)))
			return row;
	}
	return NULL;
}

/* Sums a column over the rows of one type, over all rows for NULL. */
s64 ntk_table_sum(const struct ntk_table *table, const char *column,
		  const char *type)
{
	int type_column = ntk_table_column(table, "type");
	int value_column = ntk_table_column(table, column);
	const char *row = NULL;
	s64 sum = 0;

	while ((row = ntk_table_next(table, row))) {
		if (!type || ntk_field_is(row, type_column, type))
			sum += ntk_row_number(row, value_column);
	}
	return sum;
}

/* ---- tags and pools ---- */

/* The tag that prints as @text, shorter texts padded with blanks. */
u32 ntk_tag4(const char *text)
{
	u32 tag = 0;
	int i;

	for (i = 0; i < 4; i++)
		tag |= (u32)(u8)(*text ? *text++ : ' ') << (8 * i);
	return tag;
}

void ntk_tag_text(u32 tag, char out[17])
{
	int i;

	for (i = 0; i < 4; i++, tag >>= 8) {
		u8 c = tag;

		if (c > ' ' && c < 0x7f && c != '\\')
			*out++ = c;
		else
			out += sprintf(out, "\\%03o", c);
	}
	*out = '\0';
}

/* Bytes that the pool charges for a request: granules with header, or pages. */
size_t ntk_block_bytes(size_t requested)
{
	if (requested > NTK_SMALL_MAX)
		return PAGE_ALIGN(requested);
	return ALIGN(requested + NTK_HEADER, NTK_GRANULE);
}

struct ntk_table *ntk_read(struct kunit *test, const char *file)
{
	struct ntk_fixture *fixture = test->priv;
	int err = ntk_table_read(&fixture->table, file);

	KUNIT_ASSERT_EQ_MSG(test, err, 0, "reading %s", file);
	return &fixture->table;
}

struct ntk_tag_row ntk_tag_row(struct kunit *test, u32 tag, bool paged)
{
	struct ntk_table *table = ntk_read(test, "tags");
	struct ntk_tag_row out = {};
	const char *row;
	char text[17];

	ntk_tag_text(tag, text);
	row = ntk_table_find(table, text, paged ? "Paged" : "Nonp");
	if (!row)
		return out;
	out.allocs = ntk_row_number(row, ntk_table_column(table, "allocs"));
	out.frees = ntk_row_number(row, ntk_table_column(table, "frees"));
	out.diff = ntk_row_number(row, ntk_table_column(table, "diff"));
	out.bytes = ntk_row_number(row, ntk_table_column(table, "bytes"));
	out.requested = ntk_row_number(row,
				       ntk_table_column(table, "requested"));
	out.failed = ntk_row_number(row, ntk_table_column(table, "failed"));
	return out;
}

struct ntk_pool_row ntk_pool_row(struct kunit *test, bool paged)
{
	struct ntk_table *table = ntk_read(test, "pools");
	struct ntk_pool_row out = {};
	const char *row = ntk_table_find(table, paged ? "paged" : "nonpaged",
					 NULL);

#define NTK_GET(name) \
	(out.name = ntk_row_number(row, ntk_table_column(table, #name)))
	NTK_GET(pages);
	NTK_GET(blocks);
	NTK_GET(bytes);
	NTK_GET(requested);
	NTK_GET(free_bytes);
	NTK_GET(cached_bytes);
	NTK_GET(big_pages);
	NTK_GET(failed);
#undef NTK_GET
	return out;
}

s64 ntk_counter(struct kunit *test, const char *name)
{
	const char *row = ntk_table_find(ntk_read(test, "verifier/counters"), name, NULL);

	KUNIT_ASSERT_NOT_NULL_MSG(test, row, "%s", name);
	return ntk_row_number(row, 1);
}

/* ---- reports ---- */

unsigned int ntk_take_reports(struct ntpool_test_report *first)
{
	unsigned int nr;

	memset(first, 0, sizeof(*first));
	nr = ntpool_test_reports(first, 1);
	if (nr)
		ntpool_test_expect_reports(true);
	return nr;
}

/* True for exactly one report, with this code and first parameter. */
bool ntk_took_report(u32 code, u64 param, struct ntpool_test_report *report)
{
	return ntk_take_reports(report) == 1 && report->code == code &&
	       report->param[0] == param;
}

void ntk_expect_report(struct kunit *test, const char *what, u32 code,
		       u64 param, struct ntpool_test_report *report)
{
	KUNIT_EXPECT_EQ_MSG(test, ntk_take_reports(report), 1,
			    "reports of %s", what);
	KUNIT_EXPECT_EQ_MSG(test, report->code, code, "stop code of %s (%s)",
			    what, report->text);
	KUNIT_EXPECT_EQ_MSG(test, report->param[0], param,
			    "first parameter of %s (%s)", what, report->text);
}

void ntk_expect_report_about(struct kunit *test, const char *what, u32 code, u64 param,
			     const void *about)
{
	struct ntpool_test_report report;

	ntk_expect_report(test, what, code, param, &report);
	KUNIT_EXPECT_EQ_MSG(test, report.param[1], (unsigned long)about, "%s", what);
}

void ntk_expect_no_report(struct kunit *test, const char *what)
{
	struct ntpool_test_report report;

	KUNIT_EXPECT_EQ_MSG(test, ntk_take_reports(&report), 0,
			    "%s: 0x%x (0x%llx) %s", what, report.code,
			    report.param[0], report.text);
}

void ntk_dirty(POOL_TYPE type, size_t size, u32 tag)
{
	void *block = ExAllocatePoolWithTag(type, size, tag);

	if (!block)
		return;
	memset(block, NTK_DIRT, size);
	ExFreePoolWithTag(block, tag);
}

/* ---- set-up and what must hold at the end of every case ---- */

static void ntk_look_up_verifier(void)
{
	struct ntk_table table = {};

	if (ntk_verifier < 0 && !ntk_table_read(&table, "verifier/flags"))
		ntk_verifier = ntk_row_number(ntk_table_next(&table, NULL), 0);
	ntk_table_free(&table);
}

static int ntk_begin(struct kunit *test, unsigned long flags)
{
	struct ntk_fixture *fixture;

	fixture = kunit_kzalloc(test, sizeof(*fixture), GFP_KERNEL);
	if (!fixture)
		return -ENOMEM;
	test->priv = fixture;
	/* A case stays on one CPU, and so on one node: it gets freed blocks again. */
	set_cpus_allowed_ptr(current, cpumask_of(ntk_nth_cpu(0)));
	/* Cached memory stays cached until the case starts a scan. */
	ntpool_test_age(true);
	/* After a drain, the free memory does not depend on the kernel. */
	ntpool_test_keep_stock(false);
	ntpool_test_drain();
	ntpool_test_expect_reports(true);
	fixture->base[0] = ntk_pool_row(test, false);
	fixture->base[1] = ntk_pool_row(test, true);
	ntk_flags = flags;
	return ntpool_test_set_verifier(flags);
}

int ntk_init(struct kunit *test)
{
	ntk_look_up_verifier();
	if (ntk_verifier > 0)
		ntk_skip_under_verifier(test);
	return ntk_begin(test, max_t(s64, ntk_verifier, 0));
}

/* Special pool has no pages when the case starts. */
int ntk_init_flags(struct kunit *test, unsigned long flags)
{
	int err;

	ntk_look_up_verifier();
	err = ntpool_test_set_verifier(0);
	return err ?: ntk_begin(test, flags);
}

static void ntk_expect_base(struct kunit *test, bool paged)
{
	struct ntk_fixture *fixture = test->priv;
	struct ntk_pool_row now = ntk_pool_row(test, paged);
	struct ntk_pool_row *base = &fixture->base[paged];
	const char *pool = paged ? "paged" : "nonpaged";

	KUNIT_EXPECT_EQ_MSG(test, now.blocks, base->blocks, "%s leak", pool);
	KUNIT_EXPECT_EQ_MSG(test, now.bytes, base->bytes, "%s leak", pool);
	KUNIT_EXPECT_EQ_MSG(test, now.requested, base->requested, "%s leak",
			    pool);
	KUNIT_EXPECT_EQ_MSG(test, now.big_pages, base->big_pages, "%s leak",
			    pool);
	KUNIT_EXPECT_EQ_MSG(test, now.cached_bytes, 0, "%s after a drain",
			    pool);
}

void ntk_exit(struct kunit *test)
{
	struct ntk_fixture *fixture = test->priv;

	if (!fixture)
		return;
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0), 0);
	ntpool_test_drain();
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
	ntk_expect_base(test, false);
	ntk_expect_base(test, true);
	ntk_expect_no_report(test, "a report that no test expected");
	ntpool_test_expect_reports(false);
	ntpool_test_age(false);
	ntpool_test_keep_stock(true);
	ntk_table_free(&fixture->table);
}

/*
 * On PREEMPT_RT a heap has a stock of pages for callers that the kernel gives none. It serves
 * small blocks. A worker fills it when the heap is used.
 */
void ntk_keep_stock(struct kunit *test)
{
	const u32 tag = ntk_tag4("KsFx");
	int patience = 100;

	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		return;
	ntpool_test_keep_stock(true);
	ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPool, 2000, tag), tag);
	while (patience-- && ntk_pool_row(test, false).pages < NTK_STOCK)
		msleep(20);
	KUNIT_EXPECT_GE(test, patience, 0);
}

void ntk_need_cpus(struct kunit *test, unsigned int nr)
{
	if (num_online_cpus() < nr)
		kunit_skip(test, "needs %u CPUs", nr);
}

void ntk_need_special(struct kunit *test)
{
	if (!NTK_HAS_SPECIAL)
		kunit_skip(test, "special pool needs x86");
}

/* ---- one call in a given context ---- */

struct ntk_call {
	enum ntk_context context;
	void (*fn)(void *arg);
	void *arg;
	struct irq_work hard;
	struct tasklet_struct soft;
	struct completion done;
};

static DEFINE_SPINLOCK(ntk_spin_lock);

static const char * const ntk_context_names[] = {
	[NTK_THREAD]		= "thread",
	[NTK_BH_OFF]		= "bottom halves off",
	[NTK_PREEMPT_OFF]	= "preemption off",
	[NTK_SPIN_LOCK]		= "spin lock held",
	[NTK_IRQ_OFF]		= "interrupts off",
	[NTK_SOFTIRQ]		= "softirq",
	[NTK_HARDIRQ]		= "hard interrupt",
};

static_assert(ARRAY_SIZE(ntk_context_names) == NTK_NR_CONTEXTS);

const char *ntk_context_name(enum ntk_context context)
{
	return ntk_context_names[context];
}

void ntk_context_case_desc(struct ntk_context_case *c, char *desc)
{
	strscpy(desc, ntk_context_name(c->context), KUNIT_PARAM_DESC_SIZE);
}

enum ntk_context ntk_context_of(struct kunit *test)
{
	const struct ntk_context_case *c = test->param_value;

	if (c->counted && !IS_ENABLED(CONFIG_PREEMPT_COUNT))
		kunit_skip(test, "needs CONFIG_PREEMPT_COUNT");
	return c->context;
}

/* On PREEMPT_RT the kernel gives no memory to a caller that cannot be preempted. */
bool ntk_kernel_serves(enum ntk_context context)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		return true;
	return context != NTK_PREEMPT_OFF && context != NTK_IRQ_OFF && context != NTK_HARDIRQ;
}

/*
 * For functions of smp_call_function_single(). An idle CPU may be called without an interrupt. On
 * PREEMPT_RT it may then raise no softirq.
 */
void ntk_call_tasklet(struct tasklet_struct *tasklet)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_RT) || in_hardirq())
		tasklet_schedule(tasklet);
}

static void ntk_call_soft(struct tasklet_struct *soft)
{
	struct ntk_call *call = container_of(soft, struct ntk_call, soft);

	call->fn(call->arg);
	complete(&call->done);
}

/* The softirq is raised from here so that it runs on the way out. */
static void ntk_call_hard(struct irq_work *hard)
{
	struct ntk_call *call = container_of(hard, struct ntk_call, hard);

	ntk_is_handler();
	if (call->context == NTK_SOFTIRQ) {
		tasklet_schedule(&call->soft);
		return;
	}
	call->fn(call->arg);
	complete(&call->done);
}

/* The flag 0x2 forbids what these calls do, and the case may have started with it. */
static bool ntk_drops_irql_flag(const struct ntk_call *call)
{
	return call->context == NTK_HARDIRQ && (ntk_flags & 0x2) &&
	       !ntpool_test_set_verifier(ntk_flags & ~0x2UL);
}

static int ntk_call_interrupt(struct ntk_call *call)
{
	bool dropped = ntk_drops_irql_flag(call);
	unsigned long left;

	call->hard = IRQ_WORK_INIT_HARD(ntk_call_hard);
	tasklet_setup(&call->soft, ntk_call_soft);
	init_completion(&call->done);
	irq_work_queue(&call->hard);
	left = wait_for_completion_timeout(&call->done, NTK_CALL_TIMEOUT);
	irq_work_sync(&call->hard);
	tasklet_kill(&call->soft);
	if (dropped)
		ntpool_test_set_verifier(ntk_flags);
	return left ? 0 : -ETIMEDOUT;
}

static void ntk_call_atomic(struct ntk_call *call)
{
	unsigned long flags;

	switch (call->context) {
	case NTK_BH_OFF:
		local_bh_disable();
		call->fn(call->arg);
		local_bh_enable();
		break;
	case NTK_PREEMPT_OFF:
		preempt_disable();
		call->fn(call->arg);
		preempt_enable();
		break;
	case NTK_SPIN_LOCK:
		spin_lock(&ntk_spin_lock);
		call->fn(call->arg);
		spin_unlock(&ntk_spin_lock);
		break;
	default:
		local_irq_save(flags);
		call->fn(call->arg);
		local_irq_restore(flags);
	}
}

static long ntk_call_here(void *arg)
{
	struct ntk_call *call = arg;

	switch (call->context) {
	case NTK_THREAD:
		call->fn(call->arg);
		return 0;
	case NTK_SOFTIRQ:
	case NTK_HARDIRQ:
		return ntk_call_interrupt(call);
	default:
		ntk_call_atomic(call);
		return 0;
	}
}

/* Runs @fn on @cpu (-1: on this one) and returns when it is done. */
int ntk_run_in(enum ntk_context context, int cpu, void (*fn)(void *arg),
	       void *arg)
{
	struct ntk_call call = { .context = context, .fn = fn, .arg = arg };

	return cpu < 0 ? ntk_call_here(&call)
		       : work_on_cpu(cpu, ntk_call_here, &call);
}

/* The CPUs that are online now, counted round. */
int ntk_nth_cpu(unsigned int nr)
{
	int cpu;

	nr %= num_online_cpus();
	for_each_online_cpu(cpu) {
		if (!nr--)
			return cpu;
	}
	return 0;
}

/* ---- several threads ---- */

static int ntk_worker_main(void *arg)
{
	struct ntk_worker *worker = arg;

	worker->threads->fn(worker);
	complete(&worker->done);
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static int ntk_worker_create(struct ntk_threads *threads, unsigned int id, bool bound)
{
	struct ntk_worker *worker = &threads->worker[id];

	worker->threads = threads;
	worker->id = id;
	worker->cpu = bound ? ntk_nth_cpu(id) : -1;
	init_completion(&worker->done);
	prandom_seed_state(&worker->rng, NTK_SEED + id);
	worker->task = kthread_create(ntk_worker_main, worker, "ntk/%u", id);
	if (IS_ERR(worker->task))
		return PTR_ERR(worker->task);
	if (bound)
		kthread_bind(worker->task, worker->cpu);
	threads->nr++;
	return 0;
}

/* Starts @nr threads, each @bound to a CPU of its own while there are any. */
int ntk_threads_start(struct ntk_threads *threads, unsigned int nr, bool bound,
		      void (*fn)(struct ntk_worker *worker), void *arg)
{
	unsigned int id;
	int err = 0;

	memset(threads, 0, sizeof(*threads));
	threads->fn = fn;
	threads->arg = arg;
	for (id = 0; id < min_t(unsigned int, nr, NTK_MAX_WORKERS) && !err; id++)
		err = ntk_worker_create(threads, id, bound);
	for (id = 0; id < threads->nr; id++)
		wake_up_process(threads->worker[id].task);
	if (err) {
		WRITE_ONCE(threads->stop, true);
		ntk_threads_finish(threads);
	}
	return err;
}

/* Waits for every worker to return; stops those that are late. */
int ntk_threads_finish(struct ntk_threads *threads)
{
	unsigned long left = NTK_THREADS_TIMEOUT;
	unsigned int id;
	int err = 0;

	for (id = 0; id < threads->nr; id++) {
		struct ntk_worker *worker = &threads->worker[id];

		left = wait_for_completion_timeout(&worker->done, left);
		if (!left) {
			err = -ETIMEDOUT;
			WRITE_ONCE(threads->stop, true);
			left = 1;
		}
		kthread_stop(worker->task);
	}
	return err;
}

void ntk_threads_expect_clean(struct kunit *test, struct ntk_threads *threads)
{
	unsigned int id;

	for (id = 0; id < threads->nr; id++)
		ntk_expect_clean(test, &threads->worker[id].tally);
}

void ntk_threads_run(struct kunit *test, unsigned int nr, bool bound,
		     void (*fn)(struct ntk_worker *worker), void *arg)
{
	struct ntk_threads *threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, threads);
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, nr, bound, fn, arg), 0);
	KUNIT_EXPECT_EQ(test, ntk_threads_finish(threads), 0);
	ntk_threads_expect_clean(test, threads);
}

u32 ntk_random_below(struct rnd_state *rng, u32 limit)
{
	return ((u64)prandom_u32_state(rng) * limit) >> 32;
}

MODULE_LICENSE("GPL");
MODULE_AUTHOR("ntpool developers");
MODULE_DESCRIPTION("KUnit suites of ntpool, the NT pool, zones and lookaside lists");
