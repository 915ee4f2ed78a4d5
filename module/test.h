/* SPDX-License-Identifier: GPL-2.0 */
/* Hooks for the KUnit suites; exported only by an ntpool.ko for a kernel with KUnit. */
#ifndef NTPOOL_TEST_H
#define NTPOOL_TEST_H

#include <linux/types.h>

/* backing.c */

/*
 * Of the requests for memory that ntpool makes of the kernel (pages, vmalloc,
 * descriptors, per-CPU memory) @after more succeed, then @times fail; @times < 0: all.
 * (0, 0) switches it off.
 */
void ntpool_test_fail_backing(int after, int times);
/* Requests since then, those that failed included; and how many were made to fail. */
unsigned int ntpool_test_backing_calls(void);
unsigned int ntpool_test_backing_failed(void);
/* Those that refill the reserve are spared, and not counted, unless this is on. */
void ntpool_test_hit_refill(bool on);
/* So many pages of memory are available, as far as priorities go; < 0: the truth. */
void ntpool_test_set_available(long pages);

/* quota.c and reserve.c */

/* Kernel threads, which suites run in, are processes that pay. */
void ntpool_test_charge_kthreads(bool on);
/* As a write to the parameters quota_paged and quota_nonpaged. */
void ntpool_test_set_quota(bool paged, unsigned long bytes);
/* Pages in the reserve. */
unsigned int ntpool_test_reserve(void);
/*
 * As a write to the parameter must_succeed_pages, in range; when this returns the worker
 * has tried to follow. Sleeps.
 */
void ntpool_test_set_reserve(unsigned int pages);

/* age.c */

/* Caches are scanned when the test says so, and by no clock. Sleeps. */
void ntpool_test_age(bool manual);
/*
 * One scan, done when it returns. True if the clock would go on to scan. Sleeps.
 */
bool ntpool_test_age_scan(void);

/* lookaside_balance.c */

/* Lookaside lists are scanned when the test says so, and by no clock. Sleeps. */
void ntpool_test_balance(bool manual);
/* One scan of all lists, done when it returns. Sleeps. */
void ntpool_test_balance_scan(void);

/* test.c */

/* All CPUs' caches go back to the heaps, empty pages to the kernel. Sleeps. */
void ntpool_test_drain(void);
/* Walks every heap under its lock: 0, or -EUCLEAN if something does not agree. */
int ntpool_test_check_heaps(void);
/*
 * What a reader of debugfs file @file sees, NUL terminated. Returns the length, or
 * -ENOENT, -ENOMEM, -E2BIG if @size is too small. Sleeps.
 */
ssize_t ntpool_test_show(const char *file, char *buf, size_t size);
/* As a write to verifier/flags. Sleeps. */
int ntpool_test_set_verifier(unsigned long flags);
/* A write to debugfs file @file: 0, or what it was refused with. Sleeps. */
int ntpool_test_write(const char *file, const char *text);
/* As the parameters special_start and sample_ms. The second sleeps. */
void ntpool_test_special_start(bool at_start);
int ntpool_test_sample(unsigned int ms);
/* As a page fault at @addr, by the instruction at @ip; true if it is explained. */
bool ntpool_test_fault(unsigned long addr, bool write, unsigned long ip);

/**
 * struct ntpool_test_report - a report that was recorded instead of printed
 * @code: stop code
 * @param: its parameters as they are, not hashed
 * @text: the sentence
 * @tag: tag of the block concerned, 0 if the report has none
 */
struct ntpool_test_report {
	u32 code;
	u64 param[4];
	char text[160];
	u32 tag;
};

#define NTPOOL_TEST_REPORTS	64

/* Record from now on, beginning with none; or print again. What is there stays. */
void ntpool_test_expect_reports(bool on);
/* How many were recorded. Copies the first ones of them, not more than @max, nor more
 * than NTPOOL_TEST_REPORTS.
 */
unsigned int ntpool_test_reports(struct ntpool_test_report *out, unsigned int max);

#endif
