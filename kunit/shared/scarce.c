// SPDX-License-Identifier: GPL-2.0
/*
 * Drivers short of memory, in two ways.
 *
 * ntk_fail_each() lets each request of ntpool to the kernel fail once. One page serves
 * many blocks of a pool, so most allocations of a driver succeed there.
 *
 * ntk_scarce() makes each allocation of a driver fail. It fills the free memory of both
 * pools with small blocks while the kernel gives no page. Before each attempt it frees one
 * more block, by address. The free memory then grows in steps that are smaller than
 * most allocations of a driver.
 *
 * The filling belongs to the running case. No other thread allocates meanwhile.
 */
#include <linux/slab.h>
#include <linux/sort.h>

#include "scarce.h"

#define NTK_FILL_TAG	(ntk_tag4("KsFi"))
#define NTK_FILL	48	/* bytes of a block that fills a pool */
#define NTK_CRUMB	16	/* and of one that fills what is left */
#define NTK_STOCK	240	/* blocks that a pool has at least: some pages */
#define NTK_FILLS	4096
#define NTK_RUNS	400

/* The blocks that fill a pool; those before next are free, but the first of each page. */
struct ntk_filling {
	void *block[NTK_FILLS];
	bool freed[NTK_FILLS];
	unsigned int nr;
	unsigned int next;
};

/* An attempt must not change the figures, and must leave the heaps valid. */
static void ntk_check_nothing_lost(struct kunit *test, struct ntk_tally *tally,
				   const struct ntk_pool_row was[2])
{
	struct ntk_pool_row is;
	int paged;

	for (paged = 0; paged <= 1; paged++) {
		is = ntk_pool_row(test, paged);
		ntk_check(tally, is.blocks == was[paged].blocks, "%lld blocks lost",
			  is.blocks - was[paged].blocks);
		ntk_check(tally, is.big_pages == was[paged].big_pages, "%lld pages lost",
			  is.big_pages - was[paged].big_pages);
	}
	ntk_check(tally, !ntpool_test_check_heaps(), "heaps");
}

/* One attempt while requests fail as the arguments say. */
static NTSTATUS ntk_attempt(struct kunit *test, struct ntk_tally *tally, int after, int times,
			    ntk_operation *op, void *arg, unsigned int *refused)
{
	struct ntk_pool_row was[2] = { ntk_pool_row(test, false), ntk_pool_row(test, true) };
	NTSTATUS status;

	ntpool_test_fail_backing(after, times);
	status = op(arg);
	*refused = ntpool_test_backing_failed();
	ntpool_test_fail_backing(0, 0);
	ntk_check(tally, !status || status == STATUS_INSUFFICIENT_RESOURCES, "status 0x%x",
		  status);
	ntk_check(tally, !status || *refused, "no memory though none was refused");
	ntk_check_nothing_lost(test, tally, was);
	return status;
}

/*
 * Lets each request of @op fail once. @op must fail at least once, and succeed when no
 * request fails. Returns the number of failures.
 */
unsigned int ntk_fail_each(struct kunit *test, ntk_operation *op, void *arg)
{
	unsigned int refused = 1, failures = 0;
	struct ntk_tally tally = {};
	int run;

	KUNIT_EXPECT_EQ(test, op(arg), STATUS_SUCCESS);
	for (run = 0; run < NTK_RUNS && refused; run++) {
		ntpool_test_drain();
		if (ntk_attempt(test, &tally, run, 1, op, arg, &refused))
			failures++;
	}
	ntk_expect_clean(test, &tally);
	KUNIT_EXPECT_EQ_MSG(test, refused, 0, "no end after %d runs", run);
	KUNIT_EXPECT_GT_MSG(test, failures, 0, "no failure in %d runs", run);
	ntk_expect_no_report(test, "an operation without memory");
	return failures;
}

static int ntk_compare(const void *left, const void *right)
{
	unsigned long a = *(const unsigned long *)left, b = *(const unsigned long *)right;

	return a < b ? -1 : a > b;
}

static void ntk_fill_with(struct ntk_filling *fill, bool paged, size_t size, unsigned int most)
{
	void *block;

	while (fill->nr < most) {
		block = ExAllocatePoolWithTag(paged ? PagedPool : NonPagedPool, size,
					      NTK_FILL_TAG);
		if (!block)
			break;
		fill->block[fill->nr++] = block;
	}
}

/* Leaves nothing free in a pool. */
static void ntk_fill(struct kunit *test, struct ntk_filling *fill, bool paged)
{
	ntk_fill_with(fill, paged, NTK_FILL, NTK_STOCK);
	KUNIT_EXPECT_EQ(test, fill->nr, NTK_STOCK);
	ntpool_test_drain();
	ntpool_test_fail_backing(0, -1);
	ntk_fill_with(fill, paged, NTK_FILL, NTK_FILLS);
	ntk_fill_with(fill, paged, NTK_CRUMB, NTK_FILLS);
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_LT_MSG(test, fill->nr, NTK_FILLS, "more is free than can be filled");
	sort(fill->block, fill->nr, sizeof(void *), ntk_compare, NULL);
}

/* The first block of a page stays to the end: an empty page would go to the kernel. */
static bool ntk_is_first(const struct ntk_filling *fill, unsigned int at)
{
	return !at || ((unsigned long)fill->block[at] ^ (unsigned long)fill->block[at - 1]) &
		      PAGE_MASK;
}

/* Frees the next block by address; false if that was the last. */
static bool ntk_free_next(struct ntk_filling *fill)
{
	while (fill->next < fill->nr && ntk_is_first(fill, fill->next))
		fill->next++;
	if (fill->next == fill->nr)
		return false;
	ExFreePoolWithTag(fill->block[fill->next], NTK_FILL_TAG);
	fill->freed[fill->next++] = true;
	return true;
}

static void ntk_free_filling(struct ntk_filling *fill)
{
	unsigned int at;

	for (at = 0; at < fill->nr; at++) {
		if (!fill->freed[at])
			ExFreePoolWithTag(fill->block[at], NTK_FILL_TAG);
	}
}

static s64 ntk_refused(struct kunit *test, u32 tag, bool paged)
{
	return ntk_tag_row(test, tag, paged).failed;
}

/*
 * Tries @op with almost no memory in one pool and enough in the other. Each
 * further attempt has a little more. @op must succeed before all of the filling
 * is free. Each of the tags must have been refused memory before that.
 */
void ntk_scarce(struct kunit *test, bool paged, ntk_operation *op, void *arg, const u32 *tags,
		unsigned int nr)
{
	struct ntk_filling *fill = kunit_kcalloc(test, 2, sizeof(*fill), GFP_KERNEL);
	s64 *was = kunit_kcalloc(test, nr, sizeof(*was), GFP_KERNEL);
	struct ntk_tally tally = {};
	unsigned int refused, i;
	NTSTATUS status;

	KUNIT_ASSERT_TRUE(test, fill && was);
	KUNIT_EXPECT_EQ(test, op(arg), STATUS_SUCCESS);
	for (i = 0; i < nr; i++)
		was[i] = ntk_refused(test, tags[i], paged);
	ntk_fill(test, &fill[0], false);
	ntk_fill(test, &fill[1], true);
	while (ntk_free_next(&fill[!paged]))
		;
	do {
		ntpool_test_drain();
		status = ntk_attempt(test, &tally, 0, -1, op, arg, &refused);
	} while (status && ntk_free_next(&fill[paged]));
	ntk_free_filling(&fill[0]);
	ntk_free_filling(&fill[1]);
	ntk_expect_clean(test, &tally);
	KUNIT_EXPECT_EQ_MSG(test, status, STATUS_SUCCESS, "with all of the filling free");
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_GT_MSG(test, ntk_refused(test, tags[i], paged), was[i],
				    "tag %u of %u was never refused", i, nr);
	ntk_expect_no_report(test, "an operation short of memory");
}
