// SPDX-License-Identifier: GPL-2.0
/*
 * Quota: the process that is charged, the effect of a limit, and the end of each charge.
 * A charge ends for any process that frees, also after the payer has exited.
 *
 * Suites run in kernel threads. A hook charges these like processes. Each case is a
 * thread of its own.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched.h>

#include <ntifs.h>

#include "raised.h"

#define NTK_TAG			(ntk_tag4("KQuo"))
#define NTK_BAD_PAYER		0x0d
#define NTK_QUOTA_UNDERFLOW	0x21
#define NTK_NO_RAISE		POOL_QUOTA_FAIL_INSTEAD_OF_RAISE

struct ntk_quota_row {
	bool there;
	s64 used[2];		/* nonpaged, paged */
	s64 peak[2];
	s64 refused;
};

static int ntk_quota_init(struct kunit *test)
{
	int err = ntk_raise_init(test);

	if (!err)
		ntpool_test_charge_kthreads(true);
	return err;
}

static struct ntk_quota_row ntk_row_of(struct kunit *test, int pid)
{
	struct ntk_table *table = ntk_read(test, "quota");
	struct ntk_quota_row out = {};
	const char *row;
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	row = ntk_table_find(table, text, NULL);
	if (!row)
		return out;
	out.there = true;
	out.used[0] = ntk_row_number(row, ntk_table_column(table, "nonpaged"));
	out.used[1] = ntk_row_number(row, ntk_table_column(table, "paged"));
	out.peak[0] = ntk_row_number(row, ntk_table_column(table, "nonpaged_peak"));
	out.peak[1] = ntk_row_number(row, ntk_table_column(table, "paged_peak"));
	out.refused = ntk_row_number(row, ntk_table_column(table, "refused"));
	return out;
}

static struct ntk_quota_row ntk_my_row(struct kunit *test)
{
	return ntk_row_of(test, current->tgid);
}

/* Bytes that a charged request takes: with a trailer of 8 bytes, or a page. */
static size_t ntk_charge_of(size_t size)
{
	return size > NTK_LAST ? 0 : ntk_block_bytes(size + 8);
}

static void ExAllocatePoolWithQuotaTag_test(struct kunit *test)
{
	static const size_t sizes[] = {
		0, 1, 8, 9, 100, 2000, NTK_SMALL_MAX - 8, NTK_SMALL_MAX - 7, NTK_SMALL_MAX,
		NTK_SMALL_MAX + 1, NTK_LAST, NTK_LAST + 1, PAGE_SIZE - 1, PAGE_SIZE, 2 * PAGE_SIZE,
	};
	bool paged = false;
	void *block;
	int i;

	do {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			block = ExAllocatePoolWithQuotaTag(paged ? PagedPool : NonPagedPool,
							   sizes[i], NTK_TAG);
			KUNIT_ASSERT_NOT_NULL(test, block);
			memset(block, 0xa5, sizes[i]);
			KUNIT_EXPECT_EQ_MSG(test, ntk_my_row(test).used[paged],
					    ntk_charge_of(sizes[i]), "%zu bytes", sizes[i]);
			KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, paged).bytes,
					sizes[i] > NTK_LAST ? ntk_block_bytes(sizes[i]) :
					ntk_charge_of(sizes[i]));
			KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, paged).requested,
					sizes[i]);
			ExFreePoolWithTag(block, NTK_TAG);
			KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[paged], 0);
		}
		KUNIT_EXPECT_EQ(test, ntk_my_row(test).peak[paged], PAGE_SIZE);
		paged = !paged;
	} while (paged);
}

static void ExAllocatePoolWithQuota_test(struct kunit *test)
{
	void *block = ExAllocatePoolWithQuota(PagedPool, 100);

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[1], ntk_charge_of(100));
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[0], 0);
	ExFreePoolWithTag(block, ntk_tag4("None"));
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[1], 0);
}

static void ExAllocatePoolQuotaZero_test(struct kunit *test)
{
	size_t size;
	char *block;
	int i;

	for (i = 0; i < 8; i++) {
		size = 1 + i * 580;
		block = ExAllocatePoolQuotaUninitialized(NonPagedPool, size, NTK_TAG);
		KUNIT_ASSERT_NOT_NULL(test, block);
		memset(block, 0xff, size);
		ExFreePoolWithTag(block, NTK_TAG);
		block = ExAllocatePoolQuotaZero(NonPagedPool, size, NTK_TAG);
		KUNIT_ASSERT_NOT_NULL(test, block);
		KUNIT_EXPECT_NULL(test, memchr_inv(block, 0, size));
		KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[0], ntk_charge_of(size));
		ExFreePoolWithTag(block, NTK_TAG);
	}
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[0], 0);
}

static void ExQueryPoolBlockSize_test(struct kunit *test)
{
	static const size_t sizes[] = {
		1, 100, NTK_SMALL_MAX - 8, NTK_LAST, NTK_LAST + 1, 2 * PAGE_SIZE + 1808,
	};
	BOOLEAN charged = 2;
	size_t usable, taken;
	char *block;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		block = ExAllocatePoolWithQuotaTag(NonPagedPool, sizes[i], NTK_TAG);
		KUNIT_ASSERT_NOT_NULL(test, block);
		taken = ntk_tag_row(test, NTK_TAG, false).bytes;
		usable = ExQueryPoolBlockSize(block, &charged);
		KUNIT_EXPECT_EQ(test, charged, sizes[i] <= NTK_LAST);
		KUNIT_EXPECT_GE(test, usable, sizes[i]);
		KUNIT_EXPECT_EQ(test, usable, taken < PAGE_SIZE ? taken - NTK_HEADER - 8 : taken);
		/* All of it may be used. */
		memset(block, 0x33, usable);
		KUNIT_EXPECT_EQ(test, ExQueryPoolBlockSize(block + 16, &charged), 0);
		KUNIT_EXPECT_FALSE(test, charged);
		ExFreePoolWithTag(block, NTK_TAG);
	}
	block = ExAllocatePoolWithTag(NonPagedPool, 100, NTK_TAG);
	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_EQ(test, ExQueryPoolBlockSize(block, &charged),
			ntk_block_bytes(100) - NTK_HEADER);
	KUNIT_EXPECT_FALSE(test, charged);
	ExFreePoolWithTag(block, NTK_TAG);
	KUNIT_EXPECT_EQ(test, ExQueryPoolBlockSize(block, &charged), 0);
	KUNIT_EXPECT_EQ(test, ExQueryPoolBlockSize(NULL, &charged), 0);
	ntk_expect_no_report(test, "questions");
}

/* The limit is exact and counts refusals. It does not affect charges that exist. */
static void ntk_limit_test(struct kunit *test)
{
	s64 failed = ntk_tag_row(test, NTK_TAG, false).failed;
	void *block[3];

	ntpool_test_set_quota(false, 2 * ntk_charge_of(100));
	block[0] = ExAllocatePoolWithQuotaTag(NonPagedPool, 100, NTK_TAG);
	block[1] = ExAllocatePoolWithQuotaTag(NonPagedPool, 100, NTK_TAG);
	ntk_expect_no_raise(test, "up to the limit");
	block[2] = ExAllocatePoolWithQuotaTag(NonPagedPool, 1, NTK_TAG);
	KUNIT_EXPECT_NULL(test, block[2]);
	ntk_expect_raise(test, "beyond it", STATUS_QUOTA_EXCEEDED);
	KUNIT_EXPECT_NULL(test, ExAllocatePoolWithQuotaTag(NonPagedPool | NTK_NO_RAISE, 1,
							   NTK_TAG));
	KUNIT_EXPECT_NULL(test, ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_USE_QUOTA, 1,
						NTK_TAG));
	ntk_expect_no_raise(test, "those that do not raise");
	KUNIT_EXPECT_NULL(test, ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_USE_QUOTA |
						POOL_FLAG_RAISE_ON_FAILURE, 1, NTK_TAG));
	ntk_expect_raise(test, "ExAllocatePool2", STATUS_QUOTA_EXCEEDED);
	KUNIT_EXPECT_NULL(test, FsRtlAllocatePoolWithQuota(NonPagedPool, 1));
	ntk_expect_raise(test, "FsRtlAllocatePoolWithQuota", STATUS_QUOTA_EXCEEDED);
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).refused, 5);
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[0], 2 * ntk_charge_of(100));
	KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, false).failed, failed + 4);
	/* The limit affects neither uncharged requests nor the other pool. */
	ExFreePool(ExAllocatePoolWithTag(NonPagedPool, 100, NTK_TAG));
	ExFreePool(ExAllocatePoolWithQuotaTag(NonPagedPool, 2 * PAGE_SIZE, NTK_TAG));
	ExFreePool(ExAllocatePoolWithQuotaTag(PagedPool, 100, NTK_TAG));
	ntpool_test_set_quota(false, 16);
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[0], 2 * ntk_charge_of(100));
	ExFreePoolWithTag(block[0], NTK_TAG);
	ExFreePoolWithTag(block[1], NTK_TAG);
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[0], 0);
}

struct ntk_life {
	void *block[2];
	int pid;
	PEPROCESS process;
	struct completion done;
};

static int ntk_live(void *arg)
{
	struct ntk_life *life = arg;

	life->pid = current->tgid;
	life->process = PsGetCurrentProcess();
	life->block[0] = ExAllocatePoolWithQuotaTag(NonPagedPool, 200, NTK_TAG);
	life->block[1] = ExAllocatePoolWithQuotaTag(PagedPool, NTK_LAST, NTK_TAG);
	complete(&life->done);
	return 0;
}

/* A process that allocates and is gone when this returns. */
static void ntk_live_and_die(struct kunit *test, struct ntk_life *life)
{
	struct task_struct *task;

	init_completion(&life->done);
	task = kthread_create(ntk_live, life, "a quota\tone");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	get_task_struct(task);
	wake_up_process(task);
	wait_for_completion(&life->done);
	kthread_stop(task);
	put_task_struct(task);
	/* The thread is reaped by itself, soon after. */
	msleep(50);
}

static void ntk_gone_test(struct kunit *test)
{
	struct ntk_life life;
	struct ntk_quota_row row;

	ntk_live_and_die(test, &life);
	KUNIT_ASSERT_NOT_NULL(test, life.block[0]);
	KUNIT_ASSERT_NOT_NULL(test, life.block[1]);
	row = ntk_row_of(test, life.pid);
	KUNIT_EXPECT_TRUE(test, row.there);
	KUNIT_EXPECT_EQ(test, row.used[0], ntk_charge_of(200));
	KUNIT_EXPECT_EQ(test, row.used[1], PAGE_SIZE);
	ExFreePoolWithTag(life.block[0], NTK_TAG);
	KUNIT_EXPECT_EQ(test, ntk_row_of(test, life.pid).used[0], 0);
	KUNIT_EXPECT_EQ(test, ntk_row_of(test, life.pid).used[1], PAGE_SIZE);
	ExFreePoolWithTag(life.block[1], NTK_TAG);
	KUNIT_EXPECT_FALSE(test, ntk_row_of(test, life.pid).there);
	KUNIT_EXPECT_FALSE(test, ntk_my_row(test).there);
	/* No process has its name any more. */
	KUNIT_EXPECT_EQ(test, PsChargeProcessPoolQuota(life.process, PagedPool, 1),
			STATUS_QUOTA_EXCEEDED);
	KUNIT_EXPECT_FALSE(test, ntk_row_of(test, life.pid).there);
}

/* The table shows the name as one word, also if the name holds blanks. */
static void ntk_name_test(struct kunit *test)
{
	struct ntk_table *table;
	struct ntk_life life;
	char name[64] = "";
	const char *row;
	char pid[16];

	ntk_live_and_die(test, &life);
	snprintf(pid, sizeof(pid), "%d", life.pid);
	table = ntk_read(test, "quota");
	row = ntk_table_find(table, pid, NULL);
	KUNIT_ASSERT_NOT_NULL(test, row);
	ntk_row_text(row, ntk_table_column(table, "comm"), name, sizeof(name));
	KUNIT_EXPECT_STREQ(test, name, "a\\040quota\\011one");
	KUNIT_EXPECT_EQ(test, ntk_row_fields(row), 7);
	ExFreePool(life.block[0]);
	ExFreePool(life.block[1]);
}

static void ntk_alloc_quota(void *arg)
{
	void **block = arg;

	*block = ExAllocatePoolWithQuotaTag(NonPagedPool, 100, NTK_TAG);
}

static void ntk_free_it(void *arg)
{
	void **block = arg;

	ExFreePoolWithTag(*block, NTK_TAG);
}

/* The interrupted process does not pay, and interrupts can give back. */
static void ntk_quota_contexts_test(struct kunit *test)
{
	enum ntk_context context;
	bool charged;
	void *block;

	for (context = 0; context < NTK_NR_CONTEXTS; context++) {
		KUNIT_ASSERT_EQ(test, ntk_run_in(context, ntk_nth_cpu(0), ntk_alloc_quota,
						 &block), 0);
		KUNIT_ASSERT_NOT_NULL(test, block);
		charged = context != NTK_SOFTIRQ && context != NTK_HARDIRQ;
		KUNIT_EXPECT_EQ_MSG(test, ntk_tag_row(test, NTK_TAG, false).bytes,
				    charged ? ntk_charge_of(100) : ntk_block_bytes(100), "%s",
				    ntk_context_name(context));
		ExFreePoolWithTag(block, NTK_TAG);
		block = ExAllocatePoolWithQuotaTag(NonPagedPool, 100, NTK_TAG);
		KUNIT_ASSERT_NOT_NULL(test, block);
		KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[0], ntk_charge_of(100));
		KUNIT_ASSERT_EQ(test, ntk_run_in(context, ntk_nth_cpu(0), ntk_free_it, &block), 0);
		KUNIT_EXPECT_EQ_MSG(test, ntk_my_row(test).used[0], 0, "%s",
				    ntk_context_name(context));
	}
}

static void ntk_kthread_test(struct kunit *test)
{
	BOOLEAN charged = 2;
	void *block;

	ntpool_test_charge_kthreads(false);
	ntpool_test_set_quota(false, 1);
	block = ExAllocatePoolWithQuotaTag(NonPagedPool, 100, NTK_TAG);
	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_FALSE(test, ntk_my_row(test).there);
	KUNIT_EXPECT_EQ(test, ExQueryPoolBlockSize(block, &charged),
			ntk_block_bytes(100) - NTK_HEADER);
	KUNIT_EXPECT_FALSE(test, charged);
	ExFreePoolWithTag(block, NTK_TAG);
}

/*
 * Each word of the trailer is overwritten in turn. It is reported, and the
 * block is freed and counted.
 */
static void ntk_spoiled_test(struct kunit *test)
{
	struct ntpool_test_report report;
	char *block;
	int i;

	for (i = 0; i < 8; i++) {
		block = ExAllocatePoolWithQuotaTag(NonPagedPool, 104, NTK_TAG);
		KUNIT_ASSERT_NOT_NULL(test, block);
		block[104 + i] ^= 1 << i;
		ExFreePoolWithTag(block, NTK_TAG);
		ntk_expect_report(test, "a spoiled note", NTK_BAD_POOL_CALLER, NTK_BAD_PAYER,
				  &report);
		KUNIT_EXPECT_EQ(test, report.param[1], (u64)(unsigned long)block);
		KUNIT_EXPECT_EQ(test, report.param[2], NTK_TAG);
		KUNIT_EXPECT_EQ(test, ntk_tag_row(test, NTK_TAG, false).diff, 0);
	}
	/* No record shows any more that these were returned. */
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[0], 8 * ntk_charge_of(104));
}

/* The n-th request of the kernel fails, for each purpose: nothing stays charged. */
static void ntk_no_memory_test(struct kunit *test)
{
	unsigned int n, failed;
	void *block;

	for (n = 0; n < 20; n++) {
		ntpool_test_drain();
		ntpool_test_fail_backing(n, 1);
		block = ExAllocatePoolWithQuotaTag(NonPagedPool, n % 2 ? 4000 : NTK_LAST, NTK_TAG);
		failed = ntpool_test_backing_failed();
		ntpool_test_fail_backing(0, 0);
		if (block) {
			ExFreePoolWithTag(block, NTK_TAG);
		} else {
			KUNIT_EXPECT_EQ(test, failed, 1);
			ntk_expect_raise(test, "no memory", STATUS_INSUFFICIENT_RESOURCES);
		}
		KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[0], 0);
		if (n == 0)
			KUNIT_EXPECT_FALSE(test, ntk_my_row(test).there);
	}
	KUNIT_EXPECT_FALSE(test, failed);
}

/* There is no memory for the first ledger: a request that must succeed does so without a charge. */
static void ntk_must_succeed_test(struct kunit *test)
{
	void *block;

	ntpool_test_drain();
	ntpool_test_fail_backing(0, 1);
	block = ExAllocatePoolWithQuotaTag(NonPagedPoolMustSucceed, 64, NTK_TAG);
	KUNIT_EXPECT_EQ(test, ntpool_test_backing_failed(), 1);
	ntpool_test_fail_backing(0, 0);
	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_FALSE(test, ntk_my_row(test).there);
	ExFreePoolWithTag(block, NTK_TAG);
	KUNIT_EXPECT_FALSE(test, ntk_my_row(test).there);
}

static void PsGetCurrentProcess_test(struct kunit *test)
{
	PEPROCESS mine = PsGetCurrentProcess(), system;

	KUNIT_EXPECT_PTR_EQ(test, mine, (PEPROCESS)task_tgid(current));
	ntpool_test_charge_kthreads(false);
	system = PsGetCurrentProcess();
	KUNIT_EXPECT_NOT_NULL(test, system);
	KUNIT_EXPECT_PTR_NE(test, mine, system);
	KUNIT_EXPECT_EQ(test, PsChargeProcessPoolQuota(system, PagedPool, 1000), STATUS_SUCCESS);
	PsReturnPoolQuota(system, PagedPool, 5000);
	PsChargePoolQuota(system, NonPagedPool, 1000);
	ntk_expect_no_raise(test, "System");
	ntk_expect_no_report(test, "System");
	KUNIT_EXPECT_FALSE(test, ntk_my_row(test).there);
}

static void PsChargePoolQuota_test(struct kunit *test)
{
	PEPROCESS mine = PsGetCurrentProcess();

	ntpool_test_set_quota(true, 1000);
	PsChargePoolQuota(mine, PagedPool, 600);
	ntk_expect_no_raise(test, "below the limit");
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[1], 600);
	PsChargePoolQuota(mine, PagedPool, 401);
	ntk_expect_raise(test, "beyond it", STATUS_QUOTA_EXCEEDED);
	PsChargePoolQuota(mine, PagedPool, ~0UL);
	ntk_expect_raise(test, "far beyond it", STATUS_QUOTA_EXCEEDED);
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[1], 600);
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).refused, 2);
	PsReturnPoolQuota(mine, PagedPool, 600);
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[1], 0);
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).peak[1], 600);
}

static void PsChargeProcessPoolQuota_test(struct kunit *test)
{
	PEPROCESS mine = PsGetCurrentProcess();

	/* The first charge needs a ledger. */
	ntpool_test_fail_backing(0, 1);
	KUNIT_EXPECT_EQ(test, PsChargeProcessPoolQuota(mine, NonPagedPool, 1),
			STATUS_INSUFFICIENT_RESOURCES);
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_FALSE(test, ntk_my_row(test).there);
	ntpool_test_set_quota(false, 1000);
	KUNIT_EXPECT_EQ(test, PsChargeProcessPoolQuota(mine, NonPagedPool, 1000),
			STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, PsChargeProcessPoolQuota(mine, NonPagedPool, 1),
			STATUS_QUOTA_EXCEEDED);
	ntk_expect_no_raise(test, "it returns");
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[0], 1000);
	PsReturnPoolQuota(mine, NonPagedPool, 1);
	PsReturnPoolQuota(mine, NonPagedPool, 999);
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[0], 0);
}

/* Another process is found by its name. A copy of its memory is no name. */
static void ntk_other_process_test(struct kunit *test)
{
	size_t size = offsetof(struct pid, numbers) + sizeof(struct upid);
	struct pid *init = find_get_pid(1);
	struct pid *copy = kunit_kzalloc(test, sizeof(*copy) + size, GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, init && copy);
	memcpy(copy, init, size);
	KUNIT_EXPECT_EQ(test, PsChargeProcessPoolQuota((PEPROCESS)init, NonPagedPool, 10),
			STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, ntk_row_of(test, 1).used[0], 10);
	PsReturnPoolQuota((PEPROCESS)init, NonPagedPool, 10);
	KUNIT_EXPECT_EQ(test, ntk_row_of(test, 1).used[0], 0);
	KUNIT_EXPECT_EQ(test, PsChargeProcessPoolQuota((PEPROCESS)copy, NonPagedPool, 10),
			STATUS_QUOTA_EXCEEDED);
	put_pid(init);
	/* A name that no process has. */
	KUNIT_EXPECT_EQ(test, PsChargeProcessPoolQuota((PEPROCESS)test, PagedPool, 1),
			STATUS_QUOTA_EXCEEDED);
	KUNIT_EXPECT_EQ(test, PsChargeProcessPoolQuota(NULL, PagedPool, 1),
			STATUS_QUOTA_EXCEEDED);
}

/* A return of too much is reported, and does not reduce the charges of blocks. */
static void PsReturnPoolQuota_test(struct kunit *test)
{
	PEPROCESS mine = PsGetCurrentProcess();
	struct ntpool_test_report report;
	void *block = ExAllocatePoolWithQuotaTag(NonPagedPool, 100, NTK_TAG);

	KUNIT_ASSERT_NOT_NULL(test, block);
	PsChargePoolQuota(mine, NonPagedPool, 50);
	PsReturnPoolQuota(mine, NonPagedPool, 80);
	KUNIT_ASSERT_TRUE(test, ntk_took_report(NTK_QUOTA_UNDERFLOW,
						(u64)(unsigned long)mine, &report));
	KUNIT_EXPECT_EQ(test, report.param[1], 0);
	KUNIT_EXPECT_EQ(test, report.param[2], 80);
	KUNIT_EXPECT_EQ(test, report.param[3], 50);
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[0], ntk_charge_of(100));
	PsReturnPoolQuota((PEPROCESS)test, PagedPool, 1);
	KUNIT_EXPECT_TRUE(test, ntk_took_report(NTK_QUOTA_UNDERFLOW, (u64)(unsigned long)test,
						&report));
	ExFreePoolWithTag(block, NTK_TAG);
	KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[0], 0);
}

struct ntk_storm {
	void *slot[64];		/* exchanged among all threads */
};

/* Each thread is a process; any of them may free a block. */
static void ntk_storm_thread(struct ntk_worker *worker)
{
	struct ntk_storm *storm = worker->threads->arg;
	bool paged;
	void *block;
	int i;

	for (i = 0; i < 20000 && !READ_ONCE(worker->threads->stop); i++) {
		paged = ntk_random_below(&worker->rng, 2);
		block = ExAllocatePoolWithQuotaTag((paged ? PagedPool : NonPagedPool) |
						   NTK_NO_RAISE,
						   1 + ntk_random_below(&worker->rng, 500),
						   NTK_TAG);
		block = xchg(&storm->slot[ntk_random_below(&worker->rng, 64)], block);
		if (block)
			ExFreePoolWithTag(block, NTK_TAG);
		if (i % 1024 == 0)
			cond_resched();
	}
	ntk_check(&worker->tally, true, "done");
}

static void ntk_storm_test(struct kunit *test)
{
	struct ntk_storm *storm = kunit_kzalloc(test, sizeof(*storm), GFP_KERNEL);
	struct ntk_table *table;
	const char *row = NULL;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, storm);
	ntpool_test_set_quota(false, 4096);
	ntpool_test_set_quota(true, 8192);
	ntk_threads_run(test, 4, false, ntk_storm_thread, storm);
	for (i = 0; i < ARRAY_SIZE(storm->slot); i++)
		if (storm->slot[i])
			ExFreePoolWithTag(storm->slot[i], NTK_TAG);
	table = ntk_read(test, "quota");
	while ((row = ntk_table_next(table, row))) {
		KUNIT_EXPECT_EQ(test, ntk_row_number(row, ntk_table_column(table, "nonpaged")),
				0);
		KUNIT_EXPECT_EQ(test, ntk_row_number(row, ntk_table_column(table, "paged")), 0);
		KUNIT_EXPECT_LE(test, ntk_row_number(row, ntk_table_column(table, "paged_peak")),
				8192);
	}
}

/* ExAllocatePoolWithQuotaTag() in special pool: the charge is the same as elsewhere. */
static void ntk_special_test(struct kunit *test)
{
	static const size_t sizes[] = { 1, 100, 4056, 4064 };
	BOOLEAN charged;
	void *block;
	int i;

	ntk_need_special(test);
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x1), 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		block = ExAllocatePoolWithQuotaTag(NonPagedPool, sizes[i], NTK_TAG);
		KUNIT_ASSERT_NOT_NULL(test, block);
		KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(block));
		KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[0], ntk_charge_of(sizes[i]));
		KUNIT_EXPECT_EQ(test, ExQueryPoolBlockSize(block, &charged), sizes[i]);
		KUNIT_EXPECT_TRUE(test, charged);
		memset(block, 0xa5, sizes[i]);
		ExFreePoolWithTag(block, NTK_TAG);
		KUNIT_EXPECT_EQ(test, ntk_my_row(test).used[0], 0);
	}
	block = ExAllocatePoolWithTag(NonPagedPool, 100, NTK_TAG);
	KUNIT_EXPECT_EQ(test, ExQueryPoolBlockSize(block, &charged), 100);
	KUNIT_EXPECT_FALSE(test, charged);
	ExFreePoolWithTag(block, NTK_TAG);
}

static struct kunit_case ntk_quota_cases[] = {
	KUNIT_CASE(ExAllocatePoolWithQuotaTag_test),
	KUNIT_CASE(ExAllocatePoolWithQuota_test),
	KUNIT_CASE(ExAllocatePoolQuotaZero_test),
	KUNIT_CASE(ExQueryPoolBlockSize_test),
	KUNIT_CASE(ntk_limit_test),
	KUNIT_CASE(ntk_gone_test),
	KUNIT_CASE(ntk_name_test),
	KUNIT_CASE(ntk_quota_contexts_test),
	KUNIT_CASE(ntk_kthread_test),
	KUNIT_CASE(ntk_no_memory_test),
	KUNIT_CASE(ntk_must_succeed_test),
	KUNIT_CASE(PsGetCurrentProcess_test),
	KUNIT_CASE(PsChargePoolQuota_test),
	KUNIT_CASE(PsChargeProcessPoolQuota_test),
	KUNIT_CASE(ntk_other_process_test),
	KUNIT_CASE(PsReturnPoolQuota_test),
	KUNIT_CASE(ntk_storm_test),
	KUNIT_CASE(ntk_spoiled_test),
	KUNIT_CASE(ntk_special_test),
	{}
};

static struct kunit_suite ntk_quota_suite = {
	.name = "ntpool_quota",
	.init = ntk_quota_init,
	.exit = ntk_raise_exit,
	.test_cases = ntk_quota_cases,
};

kunit_test_suite(ntk_quota_suite);
