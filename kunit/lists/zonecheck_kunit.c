// SPDX-License-Identifier: GPL-2.0
/*
 * Zones while the verifier is on. Every routine checks the zone first, the inline ones
 * too. A double free, a foreign block, an overwritten free list, and memory that is no
 * zone are reported. The routine then does nothing. A check takes no longer for a large
 * zone than for a small one.
 */
#include <linux/init.h>
#include <linux/kallsyms.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "fixture.h"

#define NTK_SEGMENT	sizeof(ZONE_SEGMENT_HEADER)
#define NTK_LARGE	(4 << 20)
#define NTK_SMALL	(NTK_SEGMENT + 16)
#define NTK_NOTES	4096

static ZONE_HEADER ntk_zone;
static KSPIN_LOCK ntk_lock;
static u8 ntk_memory[2048] __aligned(16);

static int ntk_zonecheck_init(struct kunit *test)
{
	KeInitializeSpinLock(&ntk_lock);
	return ntk_init_flags(test, 0x8);
}

typedef void *ntk_alloc_fn(void);
typedef void *ntk_free_fn(void *block);
typedef int ntk_extend_fn(void *segment, ULONG size);

/* The two kinds of routines. */
struct ntk_use {
	const char *name;
	ntk_alloc_fn *alloc;
	ntk_free_fn *free;
	ntk_extend_fn *extend;
};

static PVOID ntk_alloc(void)
{
	return ExAllocateFromZone(&ntk_zone);
}

static PVOID ntk_free(PVOID block)
{
	return ExFreeToZone(&ntk_zone, block);
}

static NTSTATUS ntk_extend(PVOID segment, ULONG size)
{
	return ExExtendZone(&ntk_zone, segment, size);
}

static PVOID ntk_alloc_locked(void)
{
	return ExInterlockedAllocateFromZone(&ntk_zone, &ntk_lock);
}

static PVOID ntk_free_locked(PVOID block)
{
	return ExInterlockedFreeToZone(&ntk_zone, block, &ntk_lock);
}

static NTSTATUS ntk_extend_locked(PVOID segment, ULONG size)
{
	return ExInterlockedExtendZone(&ntk_zone, segment, size, &ntk_lock);
}

static struct ntk_use ntk_uses[] = {
	{ "inline", ntk_alloc, ntk_free, ntk_extend },
	{ "interlocked", ntk_alloc_locked, ntk_free_locked, ntk_extend_locked },
};

static void ntk_use_desc(struct ntk_use *use, char *desc)
{
	strscpy(desc, use->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_use, ntk_uses, ntk_use_desc);

static void ntk_expect_wrong(struct kunit *test, const char *what)
{
	struct ntpool_test_report report;

	ntk_expect_report(test, what, NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	KUNIT_EXPECT_EQ(test, report.param[2], (unsigned long)&ntk_zone);
}

static noinline void ntk_begin(struct kunit *test, u32 blocks)
{
	KUNIT_ASSERT_EQ(test, ExInitializeZone(&ntk_zone, 64, ntk_memory,
					       NTK_SEGMENT + blocks * 64), STATUS_SUCCESS);
}

/* Right use is not reported: all blocks of two segments, out and back, twice. */
static void ntk_right_test(struct kunit *test)
{
	const struct ntk_use *use = test->param_value;
	void *block[9];
	int round, i;

	ntk_begin(test, 4);
	KUNIT_EXPECT_EQ(test, use->extend(ntk_memory + 1024, NTK_SEGMENT + 4 * 64),
			STATUS_SUCCESS);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 9; i++) {
			block[i] = use->alloc();
			KUNIT_EXPECT_EQ(test, !!block[i], i < 8);
		}
		KUNIT_EXPECT_NULL(test, use->free(block[3]));
		KUNIT_EXPECT_PTR_EQ(test, use->free(block[0]), block[3]);
		for (i = 1; i < 8; i++)
			if (i != 3)
				use->free(block[i]);
		ntk_expect_no_report(test, "right use");
	}
}

/* True if the call site is in ntk_begin(). */
static bool ntk_is_begin(unsigned long site)
{
	char text[KSYM_SYMBOL_LEN];

	snprintf(text, sizeof(text), "%ps", (void *)site);
	return str_has_prefix(text, "ntk_begin");
}

/* A report names the call that has initialised the zone, and the size of its blocks. */
static void ntk_named_test(struct kunit *test)
{
	const struct ntk_use *use = test->param_value;
	struct ntpool_test_report report;
	void *block;

	ntk_begin(test, 4);
	KUNIT_EXPECT_EQ(test, use->extend(ntk_memory + 1024, NTK_SEGMENT + 4 * 64),
			STATUS_SUCCESS);
	block = use->alloc();
	use->free(block);
	use->free(block);
	ntk_expect_report(test, "twice", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	KUNIT_EXPECT_TRUE_MSG(test, strstr(report.text, "; blocks of 64 bytes"), "%s", report.text);
	KUNIT_EXPECT_TRUE_MSG(test, ntk_is_begin(report.allocator), "%pS",
			      (void *)report.allocator);
}

#ifdef MODULE
static ZONE_HEADER ntk_init_zone __initdata;
static u8 ntk_init_memory[512] __initdata __aligned(16);

/* A zone of initialisation data: other memory may come there. */
static void __ref ntk_init_test(struct kunit *test)
{
	struct ntpool_test_report report;
	void *block;

	if (!within_module_init((unsigned long)&ntk_init_zone, THIS_MODULE))
		kunit_skip(test, "initialisation data are freed before the suites run");
	KUNIT_ASSERT_EQ(test, ExInitializeZone(&ntk_init_zone, 64, ntk_init_memory,
					       sizeof(ntk_init_memory)), STATUS_SUCCESS);
	block = ExAllocateFromZone(&ntk_init_zone);
	KUNIT_ASSERT_NOT_NULL(test, block);
	ExFreeToZone(&ntk_init_zone, block);
	ExFreeToZone(&ntk_init_zone, block);
	ntk_expect_report(test, "twice", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	ntpool_test_module_live(THIS_MODULE);
	/* Without notes, nothing says that the block is free. */
	ExFreeToZone(&ntk_init_zone, block);
	ntk_expect_no_report(test, "a zone that is gone");
}
#else
static void ntk_init_test(struct kunit *test)
{
	kunit_skip(test, "built in");
}
#endif

static void ntk_twice_test(struct kunit *test)
{
	const struct ntk_use *use = test->param_value;
	void *one, *two;

	ntk_begin(test, 2);
	one = use->alloc();
	two = use->alloc();
	use->free(one);
	KUNIT_EXPECT_PTR_EQ(test, use->free(one), one);
	ntk_expect_wrong(test, "twice");
	use->free(two);
	use->free(one);
	ntk_expect_wrong(test, "twice, and not the first");
	KUNIT_EXPECT_PTR_EQ(test, use->alloc(), two);
	KUNIT_EXPECT_PTR_EQ(test, use->alloc(), one);
	KUNIT_EXPECT_NULL(test, use->alloc());
	ntk_expect_no_report(test, "afterwards");
}

static void ntk_foreign_test(struct kunit *test)
{
	const struct ntk_use *use = test->param_value;
	u8 *block;

	ntk_begin(test, 2);
	block = use->alloc();
	use->free(block + 8);
	ntk_expect_wrong(test, "the middle of a block");
	use->free(ntk_memory);
	ntk_expect_wrong(test, "the segment");
	use->free(ntk_memory + NTK_SEGMENT + 2 * 64);
	ntk_expect_wrong(test, "behind the last block");
	use->free(&block);
	ntk_expect_wrong(test, "the stack");
	use->free(NULL);
	ntk_expect_wrong(test, "NULL");
	use->free(block);
	ntk_expect_no_report(test, "the block");
}

/* The driver writes to a free block. */
static void ntk_overwritten_test(struct kunit *test)
{
	static void * const links[] = {
		(void *)0x5a5a5a5aUL, ntk_memory, ntk_memory + NTK_SEGMENT + 8, &ntk_zone,
	};
	const struct ntk_use *use = test->param_value;
	void **block, *other, *link;
	int i;

	ntk_begin(test, 4);
	other = use->alloc();
	block = use->alloc();
	use->free(block);
	link = *block;
	for (i = 0; i <= ARRAY_SIZE(links); i++) {
		/* A circle does not end either. */
		*block = i < ARRAY_SIZE(links) ? links[i] : block;
		KUNIT_EXPECT_NULL(test, use->alloc());
		ntk_expect_wrong(test, "allocated");
		use->free(other);
		ntk_expect_wrong(test, "freed");
	}
	/* The link leads to a block that is in use. */
	*block = other;
	KUNIT_EXPECT_NULL(test, use->alloc());
	ntk_expect_wrong(test, "a block in use");
	*block = link;
	use->free(other);
	KUNIT_EXPECT_PTR_EQ(test, use->alloc(), other);
	ntk_expect_no_report(test, "repaired");
}

/* A header that was freed, or never written. */
static void ntk_no_zone_test(struct kunit *test)
{
	static const u8 fills[] = { 0x00, 0xcc, 0xff, 0x5a, 0x08 };
	const struct ntk_use *use = test->param_value;
	int i;

	for (i = 0; i < ARRAY_SIZE(fills); i++) {
		memset(&ntk_zone, fills[i], sizeof(ntk_zone));
		KUNIT_EXPECT_NULL(test, use->alloc());
		ntk_expect_wrong(test, "allocated");
		use->free(ntk_memory);
		ntk_expect_wrong(test, "freed");
		KUNIT_EXPECT_EQ(test, use->extend(ntk_memory, 1024), STATUS_UNSUCCESSFUL);
		ntk_expect_wrong(test, "extended");
		KUNIT_EXPECT_NULL(test, memchr_inv(&ntk_zone, fills[i], sizeof(ntk_zone)));
	}
}

/* A zone from before the verifier, whole and damaged. */
static void ntk_before_test(struct kunit *test)
{
	const struct ntk_use *use = test->param_value;
	void *block;

	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0), 0);
	ntk_begin(test, 4);
	block = use->alloc();
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0x8), 0);
	use->free(block);
	KUNIT_EXPECT_PTR_EQ(test, use->alloc(), block);
	use->free(block);
	KUNIT_EXPECT_EQ(test, use->extend(ntk_memory + 1024, 512), STATUS_SUCCESS);
	ntk_expect_no_report(test, "a zone from before");
	ntk_zone.FreeList.Next = (void *)0x5a5a5a5aUL;
	KUNIT_EXPECT_NULL(test, use->alloc());
	ntk_expect_wrong(test, "damaged");
}

/* No memory for a note: the zone works, and is not checked. */
static void ntk_no_note_test(struct kunit *test)
{
	const struct ntk_use *use = test->param_value;
	void *block;

	ntpool_test_fail_backing(0, -1);
	ntk_begin(test, 4);
	block = use->alloc();
	KUNIT_EXPECT_NOT_NULL(test, block);
	use->free(block);
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_EQ(test, use->extend(ntk_memory + 1024, 512), STATUS_SUCCESS);
	KUNIT_EXPECT_NOT_NULL(test, use->alloc());
	ntk_expect_no_report(test, "a zone without notes");
}

/* The shortest time of an allocation and its free, in nanoseconds. */
static s64 ntk_time(const struct ntk_use *use)
{
	s64 best = S64_MAX;
	ktime_t begin;
	int i;

	for (i = 0; i < 20; i++) {
		begin = ktime_get();
		use->free(use->alloc());
		best = min(best, ktime_to_ns(ktime_sub(ktime_get(), begin)));
	}
	return best;
}

static void ntk_large_test(struct kunit *test)
{
	const struct ntk_use *use = test->param_value;
	void *memory = kvmalloc(NTK_LARGE, GFP_KERNEL);
	s64 small, large;

	KUNIT_ASSERT_NOT_NULL(test, memory);
	ntk_begin(test, 4);
	small = ntk_time(use);
	KUNIT_EXPECT_EQ(test, ExInitializeZone(&ntk_zone, 64, memory, NTK_LARGE),
			STATUS_SUCCESS);
	large = ntk_time(use);
	kvfree(memory);
	ntk_begin(test, 4);
	kunit_info(test, "%lld ns with 4 blocks, %lld ns with %lu\n", small, large,
		   (unsigned long)NTK_LARGE / 64);
	KUNIT_EXPECT_LT(test, large, 10 * small);
	ntk_expect_no_report(test, "a large zone");
}

static void ntk_switch_off(struct ntk_worker *worker)
{
	ntk_check(&worker->tally, !ntpool_test_set_verifier(0), "not switched off");
}

/*
 * Makes a zone of many segments at @memory. Its notes are dropped one by one, before
 * those of a later zone. Calls for the later zone can come in that time.
 */
static void *ntk_make_ballast(struct kunit *test, u8 *memory)
{
	static ZONE_HEADER ballast;
	int i;

	KUNIT_EXPECT_EQ(test, ExInitializeZone(&ballast, 16, memory, NTK_SMALL), STATUS_SUCCESS);
	for (i = 1; i < NTK_NOTES; i++) {
		memory += NTK_SMALL;
		KUNIT_EXPECT_EQ(test, ExExtendZone(&ballast, memory, NTK_SMALL),
				STATUS_SUCCESS);
	}
	return memory + NTK_SMALL;
}

/*
 * The verifier is switched off, and the notes are not dropped yet. A call that began
 * before runs after an unchecked free, which the note does not contain.
 */
static void ntk_late_test(struct kunit *test)
{
	struct ntk_threads *threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	u8 *memory = kvmalloc(NTK_LARGE, GFP_KERNEL);
	void *block;
	int round;

	for (round = 0; threads && memory && round < 8; round++) {
		KUNIT_EXPECT_EQ(test, ntpool_test_set_verifier(0x8), 0);
		KUNIT_EXPECT_EQ(test, ExInitializeZone(&ntk_zone, 64,
						       ntk_make_ballast(test, memory), 512),
				STATUS_SUCCESS);
		block = ntk_alloc();
		KUNIT_EXPECT_EQ(test, ntk_threads_start(threads, 1, false, ntk_switch_off, NULL),
				0);
		while (threads->nr && ntpool_zone_is_checked() &&
		       !completion_done(&threads->worker[0].done))
			cond_resched();
		ntk_free(block);
		KUNIT_EXPECT_PTR_EQ(test, ntpool_zone_alloc(&ntk_zone), block);
		KUNIT_EXPECT_EQ(test, ntk_threads_finish(threads), 0);
		ntk_threads_expect_clean(test, threads);
		ntk_expect_no_report(test, "a late call");
	}
	kvfree(memory);
	KUNIT_EXPECT_EQ(test, round, 8);
}

static struct kunit_case ntk_zonecheck_cases[] = {
	KUNIT_CASE_PARAM(ntk_right_test, ntk_use_gen_params),
	KUNIT_CASE_PARAM(ntk_twice_test, ntk_use_gen_params),
	KUNIT_CASE_PARAM(ntk_named_test, ntk_use_gen_params),
	KUNIT_CASE(ntk_init_test),
	KUNIT_CASE_PARAM(ntk_foreign_test, ntk_use_gen_params),
	KUNIT_CASE_PARAM(ntk_overwritten_test, ntk_use_gen_params),
	KUNIT_CASE_PARAM(ntk_no_zone_test, ntk_use_gen_params),
	KUNIT_CASE_PARAM(ntk_before_test, ntk_use_gen_params),
	KUNIT_CASE_PARAM(ntk_no_note_test, ntk_use_gen_params),
	KUNIT_CASE_PARAM(ntk_large_test, ntk_use_gen_params),
	KUNIT_CASE(ntk_late_test),
	{}
};

static struct kunit_suite ntk_zonecheck_suite = {
	.name = "ntpool_zonecheck",
	.init = ntk_zonecheck_init,
	.exit = ntk_exit,
	.test_cases = ntk_zonecheck_cases,
};

kunit_test_suite(ntk_zonecheck_suite);
