/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers of all suites. Reports are data instead of log lines, and debugfs
 * files are tables. A routine can run in any context of the kernel, or in
 * several threads. Expectations are counted in a loop and asserted once.
 *
 * Every suite uses ntk_init() and ntk_exit(). Between the two no report reaches
 * the log: the test that provoked a report must take it. A report that was not
 * taken fails the test. ntk_exit() also fails a test that leaves memory, an
 * invalid heap or a hook behind.
 */
#ifndef NTK_FIXTURE_H
#define NTK_FIXTURE_H

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/irqflags.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>

#include <ntddk.h>

#include "test.h"

struct tasklet_struct;

/* Stop codes and their first parameters that the suites expect. */
#define NTK_BAD_POOL_HEADER	0x19
#define NTK_BAD_POOL_CALLER	0xc2
#define NTK_VERIFIER		0xc4
#define NTK_MUST_BE_NONPAGED	0xd3

#define NTK_LIST_CORRUPT	0x03
#define NTK_HEADER_CHANGED	0x05
#define NTK_HEADER_CORRUPT	0x20
#define NTK_DOUBLE_FREE		0x07
#define NTK_ALLOC_IRQL		0x08
#define NTK_FREE_IRQL		0x09
#define NTK_WRONG_TAG		0x0a
#define NTK_BAD_PARAMETER	0x16
#define NTK_USER_ADDRESS	0x40
#define NTK_LINEAR_ADDRESS	0x42
#define NTK_MAPPED_ADDRESS	0x43
#define NTK_NO_ADDRESS		0x46
#define NTK_MIDDLE_NONPAGED	0x99
#define NTK_MIDDLE_PAGED	0x41286

#define NTK_PAGES_4K		(PAGE_SHIFT == 12)
/* A page has 256 granules. With 4 KiB pages they are those of 64-bit NT, on 32 bit too. */
#define NTK_GRANULE		((int)PAGE_SIZE / 256)
#define NTK_HEADER		16
#define NTK_SMALL_MAX		(PAGE_SIZE - NTK_HEADER - NTK_GRANULE)
/* The largest request that is charged to a process. */
#define NTK_LAST		(PAGE_SIZE - 24)
/* A request without slack: the header of the next block follows. A page is full of such. */
#define NTK_PACKED		(ALIGN(128, NTK_GRANULE) - NTK_HEADER)

/* The bytes that ntk_dirty() leaves. */
#define NTK_DIRT		0xdb

/* Machines other than x86 have special pool for samples only. */
#define NTK_HAS_SPECIAL		(IS_ENABLED(CONFIG_X86) && !IS_ENABLED(CONFIG_UML))

#define NTK_MAX_WORKERS		8

/* A loop's expectations: how many were checked, how many failed, which first. */
struct ntk_tally {
	unsigned int checks;
	unsigned int failures;
	char first[112];
};

__printf(3, 4)
bool ntk_check(struct ntk_tally *tally, bool ok, const char *fmt, ...);
void ntk_expect_clean(struct kunit *test, const struct ntk_tally *tally);

/* One debugfs file as it was read; rows stay valid until the next read. */
struct ntk_table {
	char *buf;
	size_t size;
	ssize_t len;
};

int ntk_table_read(struct ntk_table *table, const char *file);
void ntk_table_free(struct ntk_table *table);
const char *ntk_table_line(const struct ntk_table *table, unsigned int nr);
const char *ntk_table_next(const struct ntk_table *table, const char *row);
int ntk_table_column(const struct ntk_table *table, const char *name);
const char *ntk_table_find(const struct ntk_table *table, const char *first,
			   const char *second);
bool ntk_row_text(const char *row, int column, char *out, size_t size);
s64 ntk_row_number(const char *row, int column);
unsigned int ntk_row_fields(const char *row);
s64 ntk_table_sum(const struct ntk_table *table, const char *column,
		  const char *type);

/* A row of `tags`; all zero where the tag has no row. */
struct ntk_tag_row {
	s64 allocs;
	s64 frees;
	s64 diff;
	s64 bytes;
	s64 requested;
	s64 failed;
};

/* A row of `pools`. */
struct ntk_pool_row {
	s64 pages;
	s64 blocks;
	s64 bytes;
	s64 requested;
	s64 free_bytes;
	s64 cached_bytes;
	s64 big_pages;
	s64 failed;
};

/* State of a test case; test->priv points to it. */
struct ntk_fixture {
	struct ntk_table table;
	struct ntk_pool_row base[2];	/* nonpaged, paged */
};

/* plain.c: a case that the verifier changes by its nature ends here. */
void ntk_skip_under_verifier(struct kunit *test);

int ntk_init(struct kunit *test);
/* With these verifier flags instead of those of ntpool.ko; plain.c is not asked. */
int ntk_init_flags(struct kunit *test, unsigned long flags);
void ntk_exit(struct kunit *test);
struct ntk_table *ntk_read(struct kunit *test, const char *file);
struct ntk_tag_row ntk_tag_row(struct kunit *test, u32 tag, bool paged);
struct ntk_pool_row ntk_pool_row(struct kunit *test, bool paged);
/* A number of verifier/counters. */
s64 ntk_counter(struct kunit *test, const char *name);
void ntk_keep_stock(struct kunit *test);
void ntk_need_cpus(struct kunit *test, unsigned int nr);
void ntk_need_special(struct kunit *test);

u32 ntk_tag4(const char *text);
void ntk_tag_text(u32 tag, char out[17]);
size_t ntk_block_bytes(size_t requested);

/* Reports since the last take; the first of them is copied out. */
unsigned int ntk_take_reports(struct ntpool_test_report *first);
bool ntk_took_report(u32 code, u64 param, struct ntpool_test_report *report);
void ntk_expect_report(struct kunit *test, const char *what, u32 code,
		       u64 param, struct ntpool_test_report *report);
/* The same, for a report whose second parameter is the address @about. */
void ntk_expect_report_about(struct kunit *test, const char *what, u32 code, u64 param,
			     const void *about);
void ntk_expect_no_report(struct kunit *test, const char *what);
/* Leaves dirt where the next block of the size will probably be. */
void ntk_dirty(POOL_TYPE type, size_t size, u32 tag);

enum ntk_context {
	NTK_THREAD,
	NTK_BH_OFF,
	NTK_PREEMPT_OFF,
	NTK_SPIN_LOCK,
	NTK_IRQ_OFF,
	NTK_SOFTIRQ,
	NTK_HARDIRQ,
	NTK_NR_CONTEXTS
};

/* The parameter of a case that runs in one context. */
struct ntk_context_case {
	enum ntk_context context;
	bool counted;		/* seen through the preemption count only */
};

const char *ntk_context_name(enum ntk_context context);
void ntk_context_case_desc(struct ntk_context_case *c, char *desc);
/* Returns the context of the case. Skips a case whose context cannot be seen. */
enum ntk_context ntk_context_of(struct kunit *test);
bool ntk_kernel_serves(enum ntk_context context);

/*
 * Makes lockdep treat the code as an ordinary handler of a device's interrupt, which PREEMPT_RT
 * runs in a thread. Such a handler may use the kernel's allocator. On PREEMPT_RT the code stays
 * what it is, and ntpool must not.
 */
static inline void ntk_is_handler(void)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		lockdep_hardirq_threaded();
}

int ntk_run_in(enum ntk_context context, int cpu, void (*fn)(void *arg),
	       void *arg);
int ntk_nth_cpu(unsigned int nr);
void ntk_call_tasklet(struct tasklet_struct *tasklet);

/* One of several threads. fn may change all fields but threads and done. */
struct ntk_worker {
	struct ntk_threads *threads;
	struct task_struct *task;
	struct completion done;
	struct rnd_state rng;
	struct ntk_tally tally;
	unsigned int id;
	int cpu;
};

struct ntk_threads {
	void (*fn)(struct ntk_worker *worker);
	void *arg;
	unsigned int nr;
	bool stop;		/* set by the test, polled by fn */
	struct ntk_worker worker[NTK_MAX_WORKERS];
};

int ntk_threads_start(struct ntk_threads *threads, unsigned int nr, bool bound,
		      void (*fn)(struct ntk_worker *worker), void *arg);
int ntk_threads_finish(struct ntk_threads *threads);
void ntk_threads_expect_clean(struct kunit *test, struct ntk_threads *threads);
/* All of it, for a test that does nothing meanwhile. */
void ntk_threads_run(struct kunit *test, unsigned int nr, bool bound,
		     void (*fn)(struct ntk_worker *worker), void *arg);
u32 ntk_random_below(struct rnd_state *rng, u32 limit);

#endif
