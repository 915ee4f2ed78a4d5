/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Blocks in special pool, for the suites about it. A case of theirs starts with the
 * verifier's flag 0x1, or with no flag.
 */
#ifndef NTK_SPECIAL_H
#define NTK_SPECIAL_H

#include <linux/mm.h>
#include <linux/uaccess.h>

#include "fixture.h"

#define NTK_TAG_TEXT	"KxSp"
#define NTK_TAG		(ntk_tag4(NTK_TAG_TEXT))
#define NTK_ALIGN	16
#define NTK_PAGES	1024	/* the default of special_pages */

#define NTK_SPECIAL_POOL	0xc1
#define NTK_MODIFIED		0xc6
#define NTK_FREED		0xcc
#define NTK_BEYOND		0xcd
#define NTK_DRIVER_FREED	0xd5
#define NTK_DRIVER_BEYOND	0xd6
#define NTK_BEFORE		0x23
#define NTK_BEHIND		0x24

static inline int ntk_special_init(struct kunit *test)
{
	ntk_need_special(test);
	return ntk_init_flags(test, 0x1);
}

static inline void ntk_special_exit(struct kunit *test)
{
	ntpool_test_sample(0);
	ntpool_test_special_start(false);
	ntpool_test_write("verifier/tags", "*");
	ntpool_test_write("verifier/drivers", "*");
	ntk_exit(test);
}

static inline u8 *ntk_take_of(struct kunit *test, POOL_TYPE type, size_t size)
{
	u8 *block = ExAllocatePoolWithTag(type, size, NTK_TAG);

	KUNIT_ASSERT_NOT_NULL(test, block);
	return block;
}

static inline u8 *ntk_take(struct kunit *test, size_t size)
{
	return ntk_take_of(test, NonPagedPool, size);
}

static inline void ntk_give(void *block)
{
	ExFreePoolWithTag(block, NTK_TAG);
}

/* Nonpaged pool is in the linear map, unless it is special. A sample is there too. */
static inline bool ntk_is_special(const void *block)
{
	return is_vmalloc_addr(block);
}

static inline bool ntk_readable(const void *at)
{
	u8 byte;

	return !copy_from_kernel_nofault(&byte, at, 1);
}

/* Checks that all pages of a block can be read, or none. */
static inline void ntk_check_readable(struct ntk_tally *tally, const u8 *block, size_t size,
				      bool want)
{
	size_t at;

	for (at = 0; at < size; at += PAGE_SIZE)
		ntk_check(tally, ntk_readable(block + at) == want, "%zu bytes: byte %zu", size, at);
	ntk_check(tally, ntk_readable(block + size - 1) == want, "%zu bytes: the last", size);
}

/* How many blocks special pool has served. */
static inline s64 ntk_special_blocks(struct kunit *test)
{
	return ntk_counter(test, "allocations_succeeded_special_pool");
}

/* Spoils byte @at of a block of @size bytes, and frees it. */
static inline void ntk_spoil_block(struct kunit *test, u8 *block, size_t size, long at, u64 where)
{
	struct ntpool_test_report report;

	block[at] ^= 0x5a;
	ntk_give(block);
	KUNIT_EXPECT_EQ_MSG(test, ntk_take_reports(&report), 1, "%zu bytes, at %ld", size, at);
	KUNIT_EXPECT_EQ(test, report.code, NTK_SPECIAL_POOL);
	KUNIT_EXPECT_EQ(test, report.param[0], (unsigned long)block);
	KUNIT_EXPECT_EQ(test, report.param[1], (unsigned long)block + at);
	KUNIT_EXPECT_EQ(test, report.param[2], size);
	KUNIT_EXPECT_EQ(test, report.param[3], where);
	KUNIT_EXPECT_EQ(test, report.tag, NTK_TAG);
}

static inline void ntk_spoil(struct kunit *test, size_t size, long at, u64 where)
{
	ntk_spoil_block(test, ntk_take(test, size), size, at, where);
}

/* A block that one context allocates and frees. */
struct ntk_special_use {
	struct ntk_tally tally;
	size_t size;
	u8 *block;
};

static inline void ntk_take_here(void *arg)
{
	struct ntk_special_use *use = arg;

	use->block = ExAllocatePoolWithTag(NonPagedPool, use->size, NTK_TAG);
	if (use->block)
		memset(use->block, 0x22, use->size);
}

static inline void ntk_give_here(void *arg)
{
	struct ntk_special_use *use = arg;

	ntk_give(use->block);
	ntk_check_readable(&use->tally, use->block, use->size, false);
}

/* Allocates and frees a block in each context. @check: called for the live block. */
static inline void ntk_special_contexts(struct kunit *test, size_t size,
					void (*check)(struct ntk_special_use *use,
						      const char *context))
{
	struct ntk_special_use use = { .size = size };
	enum ntk_context context;

	for (context = 0; context < NTK_NR_CONTEXTS; context++) {
		KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_take_here, &use), 0);
		KUNIT_ASSERT_NOT_NULL(test, use.block);
		check(&use, ntk_context_name(context));
		KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_give_here, &use), 0);
	}
	ntk_expect_clean(test, &use.tally);
}

#endif
