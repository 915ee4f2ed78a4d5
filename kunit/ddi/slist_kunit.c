// SPDX-License-Identifier: GPL-2.0
/*
 * S-lists, one call at a time: order, depth and sequence, the wrap of the depth,
 * misaligned entries and headers, and every context of the kernel. The suite runs
 * twice, with the exchange of two words and with locks. The suite ntpool_slrace tests
 * concurrent use.
 */
#include <linux/irqflags.h>
#include <linux/vmalloc.h>

#include "slist.h"

#define NTK_POOL_TRACKING	0x8

#define NTK_DEPTHS		65536	/* a depth has as many values */

static void ntk_set_sequence(SLIST_HEADER *head, u64 sequence)
{
#ifdef CONFIG_64BIT
	head->HeaderX64.Sequence = sequence;
#else
	head->Sequence = sequence;
#endif
}

/* The content of a header: its first entry, its depth and its sequence. */
static void ntk_expect_head(struct kunit *test, SLIST_HEADER *head,
			    SLIST_ENTRY *first, u16 depth, u64 sequence)
{
	KUNIT_EXPECT_PTR_EQ(test, FirstEntrySList(head), first);
	KUNIT_EXPECT_EQ(test, ExQueryDepthSList(head), depth);
	KUNIT_EXPECT_EQ(test, ntk_sequence(head), sequence);
}

static void InitializeSListHead_test(struct kunit *test)
{
	SLIST_HEADER head;
	SLIST_ENTRY entry;

	memset(&head, 0xa5, sizeof(head));
	InitializeSListHead(&head);
	ntk_expect_head(test, &head, NULL, 0, 0);
	ExInterlockedPushEntrySList(&head, &entry, NULL);
	ntk_expect_head(test, &head, &entry, 1, 1);
	ExInitializeSListHead(&head);
	ntk_expect_head(test, &head, NULL, 0, 0);
	KUNIT_EXPECT_NULL(test, ExInterlockedPopEntrySList(&head, NULL));
	KUNIT_EXPECT_NULL(test, ExInterlockedFlushSList(&head));
	ntk_expect_head(test, &head, NULL, 0, 0);
}

/* Drivers zero the structures that their heads are in. */
static void ntk_zeroed_test(struct kunit *test)
{
	SLIST_HEADER head = {};
	SLIST_ENTRY entry;

	ntk_expect_head(test, &head, NULL, 0, 0);
	KUNIT_EXPECT_NULL(test, ExInterlockedPopEntrySList(&head, NULL));
	KUNIT_EXPECT_NULL(test, ExInterlockedPushEntrySList(&head, &entry, NULL));
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedPopEntrySList(&head, NULL), &entry);
}

/* The values that NT's debugger shows. */
static void ntk_layout_test(struct kunit *test)
{
	SLIST_HEADER head = {};
	SLIST_ENTRY entry[2];

	ExInterlockedPushEntrySList(&head, &entry[0], NULL);
	ExInterlockedPushEntrySList(&head, &entry[1], NULL);
#ifdef CONFIG_64BIT
	KUNIT_EXPECT_EQ(test, sizeof(head), 16);
	KUNIT_EXPECT_EQ(test, __alignof__(SLIST_ENTRY), 16);
	KUNIT_EXPECT_EQ(test, head.Alignment & 0xffff, 2);
	KUNIT_EXPECT_EQ(test, head.Alignment >> 16, 2);
	KUNIT_EXPECT_EQ(test, (u64)head.HeaderX64.NextEntry,
			(unsigned long)&entry[1] >> 4);
	KUNIT_EXPECT_EQ(test, (u64)head.Header16.Depth, 2);
#else
	KUNIT_EXPECT_EQ(test, sizeof(head), 8);
	KUNIT_EXPECT_PTR_EQ(test, head.Next.Next, &entry[1]);
	KUNIT_EXPECT_EQ(test, head.Depth, 2);
	KUNIT_EXPECT_EQ(test, head.Sequence, 2);
#endif
}

/* Returns the former first entry; adds one to the depth and to the sequence. */
static void ExInterlockedPushEntrySList_test(struct kunit *test)
{
	SLIST_HEADER head;
	SLIST_ENTRY entry[4];
	int i;

	InitializeSListHead(&head);
	for (i = 0; i < 4; i++) {
		SLIST_ENTRY *before = i ? &entry[i - 1] : NULL;

		KUNIT_EXPECT_PTR_EQ(test, ExInterlockedPushEntrySList(&head, &entry[i], NULL),
				    before);
		KUNIT_EXPECT_PTR_EQ(test, entry[i].Next, before);
		ntk_expect_head(test, &head, &entry[i], i + 1, i + 1);
	}
}

/* @nr pushed, the last one first. */
static void ntk_push_some(SLIST_HEADER *head, SLIST_ENTRY *entry, int nr)
{
	int i;

	InitializeSListHead(head);
	for (i = 0; i < nr; i++)
		ExInterlockedPushEntrySList(head, &entry[i], NULL);
}

/* Returns the entry that was pushed last; takes one from the depth and leaves the sequence. */
static void ExInterlockedPopEntrySList_test(struct kunit *test)
{
	SLIST_HEADER head;
	SLIST_ENTRY entry[4];
	int i;

	ntk_push_some(&head, entry, 4);
	for (i = 3; i >= 0; i--) {
		KUNIT_EXPECT_PTR_EQ(test, ExInterlockedPopEntrySList(&head, NULL), &entry[i]);
		ntk_expect_head(test, &head, i ? &entry[i - 1] : NULL, i, 4);
	}
	KUNIT_EXPECT_NULL(test, ExInterlockedPopEntrySList(&head, NULL));
	ntk_expect_head(test, &head, NULL, 0, 4);
}

/* Returns the first entry and changes nothing. The owner of the list may follow the links. */
static void FirstEntrySList_test(struct kunit *test)
{
	SLIST_HEADER head, before;
	SLIST_ENTRY entry[3];

	ntk_push_some(&head, entry, 0);
	KUNIT_EXPECT_NULL(test, FirstEntrySList(&head));
	ntk_push_some(&head, entry, 3);
	before = head;
	KUNIT_EXPECT_PTR_EQ(test, FirstEntrySList(&head), &entry[2]);
	KUNIT_EXPECT_PTR_EQ(test, FirstEntrySList(&head)->Next, &entry[1]);
	KUNIT_EXPECT_EQ(test, memcmp(&head, &before, sizeof(head)), 0);
	ExInterlockedPopEntrySList(&head, NULL);
	KUNIT_EXPECT_PTR_EQ(test, FirstEntrySList(&head), &entry[1]);
	ExInterlockedPopEntrySList(&head, NULL);
	KUNIT_EXPECT_PTR_EQ(test, FirstEntrySList(&head), &entry[0]);
	ExInterlockedFlushSList(&head);
	KUNIT_EXPECT_NULL(test, FirstEntrySList(&head));
}

/* Pushes, chains, pops and flushes; looking changes nothing. */
static void ExQueryDepthSList_test(struct kunit *test)
{
	SLIST_HEADER head, before;
	SLIST_ENTRY entry[5];

	ntk_push_some(&head, entry, 3);
	before = head;
	KUNIT_EXPECT_EQ(test, ExQueryDepthSList(&head), 3);
	KUNIT_EXPECT_EQ(test, memcmp(&head, &before, sizeof(head)), 0);
	entry[3].Next = &entry[4];
	InterlockedPushListSList(&head, &entry[3], &entry[4], 2);
	KUNIT_EXPECT_EQ(test, ExQueryDepthSList(&head), 5);
	ExInterlockedPopEntrySList(&head, NULL);
	KUNIT_EXPECT_EQ(test, ExQueryDepthSList(&head), 4);
	ExInterlockedFlushSList(&head);
	KUNIT_EXPECT_EQ(test, ExQueryDepthSList(&head), 0);
}

/* A lock that is held, or no valid lock: a routine that took it would spin for ever. */
static void ntk_lock_ignored_test(struct kunit *test)
{
	KSPIN_LOCK lock = (KSPIN_LOCK)-1;
	SLIST_HEADER head;
	SLIST_ENTRY entry;

	InitializeSListHead(&head);
	KUNIT_EXPECT_NULL(test, ExInterlockedPushEntrySList(&head, &entry, &lock));
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedPopEntrySList(&head, &lock), &entry);
	KUNIT_EXPECT_NULL(test, ExInterlockedPopEntrySList(&head, &lock));
	KUNIT_EXPECT_EQ(test, lock, (KSPIN_LOCK)-1);
}

/* The other spellings work on the same list. */
static void ntk_names_test(struct kunit *test)
{
	SLIST_HEADER head;
	SLIST_ENTRY a, b;

	InitializeSListHead(&head);
	KUNIT_EXPECT_NULL(test, InterlockedPushEntrySList(&head, &a));
	KUNIT_EXPECT_PTR_EQ(test, ExpInterlockedPushEntrySList(&head, &b), &a);
	KUNIT_EXPECT_EQ(test, QueryDepthSList(&head), 2);
	KUNIT_EXPECT_PTR_EQ(test, InterlockedPopEntrySList(&head), &b);
	KUNIT_EXPECT_PTR_EQ(test, ExpInterlockedPopEntrySList(&head), &a);
	InterlockedPushEntrySList(&head, &a);
	KUNIT_EXPECT_PTR_EQ(test, InterlockedFlushSList(&head), &a);
	InterlockedPushEntrySList(&head, &b);
	KUNIT_EXPECT_PTR_EQ(test, ExpInterlockedFlushSList(&head), &b);
	ntk_expect_head(test, &head, NULL, 0, 4);
}

/* A chain: these entries and NULL. */
static void ntk_expect_chain(struct kunit *test, SLIST_ENTRY *first,
			     SLIST_ENTRY **want, int nr)
{
	int i;

	for (i = 0; i < nr; i++, first = first->Next) {
		KUNIT_EXPECT_PTR_EQ_MSG(test, first, want[i], "entry %d", i);
		if (first != want[i])
			return;
	}
	KUNIT_EXPECT_NULL(test, first);
}

static void ExInterlockedFlushSList_test(struct kunit *test)
{
	SLIST_HEADER head;
	SLIST_ENTRY a, b, c;

	InitializeSListHead(&head);
	ExInterlockedPushEntrySList(&head, &a, NULL);
	ExInterlockedPushEntrySList(&head, &b, NULL);
	ExInterlockedPushEntrySList(&head, &c, NULL);
	ntk_expect_chain(test, ExInterlockedFlushSList(&head),
			 (SLIST_ENTRY *[]){ &c, &b, &a }, 3);
	ntk_expect_head(test, &head, NULL, 0, 3);
	KUNIT_EXPECT_NULL(test, ExInterlockedFlushSList(&head));
	KUNIT_EXPECT_NULL(test, ExInterlockedPushEntrySList(&head, &b, NULL));
	ntk_expect_head(test, &head, &b, 1, 4);
}

/* A chain keeps its order, adds its count to the depth and is one push. */
static void InterlockedPushListSList_test(struct kunit *test)
{
	SLIST_HEADER head;
	SLIST_ENTRY a, b, c, d;

	InitializeSListHead(&head);
	a.Next = &b;
	b.Next = &d;
	KUNIT_EXPECT_NULL(test, InterlockedPushListSList(&head, &a, &b, 2));
	ntk_expect_head(test, &head, &a, 2, 1);
	KUNIT_EXPECT_NULL(test, b.Next);
	KUNIT_EXPECT_PTR_EQ(test, InterlockedPushListSList(&head, &c, &c, 1), &a);
	ntk_expect_head(test, &head, &c, 3, 2);
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedPopEntrySList(&head, NULL), &c);
	ntk_expect_chain(test, ExInterlockedFlushSList(&head),
			 (SLIST_ENTRY *[]){ &a, &b }, 2);
	ntk_expect_head(test, &head, NULL, 0, 2);
}

/* Neither number carries into the other, whichever wraps. */
static void ntk_sequence_wrap_test(struct kunit *test)
{
	SLIST_HEADER head;
	SLIST_ENTRY entry[3];

	InitializeSListHead(&head);
	ntk_set_sequence(&head, NTK_SEQUENCE_MAX - 1);
	ExInterlockedPushEntrySList(&head, &entry[0], NULL);
	ntk_expect_head(test, &head, &entry[0], 1, NTK_SEQUENCE_MAX);
	ExInterlockedPushEntrySList(&head, &entry[1], NULL);
	ntk_expect_head(test, &head, &entry[1], 2, 0);
	ExInterlockedPopEntrySList(&head, NULL);
	ntk_expect_head(test, &head, &entry[0], 1, 0);
	ExInterlockedPushEntrySList(&head, &entry[2], NULL);
	ntk_expect_head(test, &head, &entry[2], 2, 1);
}

static unsigned int ntk_chain_length(SLIST_ENTRY *first, unsigned int limit)
{
	unsigned int nr = 0;

	for (; first && nr < limit; first = first->Next)
		nr++;
	return nr;
}

/* With 65536 entries the depth is 0 and all are there, one by one. */
static void ExQueryDepthSList_wrap_test(struct kunit *test)
{
	SLIST_ENTRY *entry = vmalloc(array_size(NTK_DEPTHS + 1, sizeof(*entry)));
	const u64 wrapped = (NTK_DEPTHS + 1) & NTK_SEQUENCE_MAX;
	struct ntk_tally tally = {};
	SLIST_HEADER head;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, entry);
	InitializeSListHead(&head);
	for (i = 0; i < NTK_DEPTHS; i++) {
		ntk_check(&tally, ExQueryDepthSList(&head) == i, "%d deep", i);
		ExInterlockedPushEntrySList(&head, &entry[i], NULL);
	}
	ntk_expect_clean(test, &tally);
	ntk_expect_head(test, &head, &entry[i - 1], 0,
			NTK_DEPTHS & NTK_SEQUENCE_MAX);
	ExInterlockedPushEntrySList(&head, &entry[i], NULL);
	ntk_expect_head(test, &head, &entry[i], 1, wrapped);
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedPopEntrySList(&head, NULL), &entry[i]);
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedPopEntrySList(&head, NULL),
			    &entry[i - 1]);
	ntk_expect_head(test, &head, &entry[i - 2], NTK_DEPTHS - 1, wrapped);
	KUNIT_EXPECT_EQ(test, ntk_chain_length(ExInterlockedFlushSList(&head),
					       NTK_DEPTHS + 1), NTK_DEPTHS - 1);
	ntk_expect_head(test, &head, NULL, 0, wrapped);
	vfree(entry);
}

/* Pushed and popped at every distance from where NT wants them. */
static void ntk_misaligned_use(struct kunit *test, char *memory, SLIST_HEADER *head)
{
	const int step = 2 * sizeof(SLIST_ENTRY);
	int i;

	for (i = 0; i < 8; i++)
		ExInterlockedPushEntrySList(head, (SLIST_ENTRY *)(memory + i * (step + 1)),
					    NULL);
	KUNIT_EXPECT_EQ(test, ExQueryDepthSList(head), 8);
	for (i = 7; i >= 0; i--)
		KUNIT_EXPECT_PTR_EQ(test, (char *)ExInterlockedPopEntrySList(head, NULL),
				    memory + i * (step + 1));
	KUNIT_EXPECT_NULL(test, ExInterlockedPopEntrySList(head, NULL));
}

/* It works; the verifier reports the caller that relies on it. */
static void ntk_misaligned_test(struct kunit *test)
{
	char *memory = kunit_kzalloc(test, 1024, GFP_KERNEL);
	struct ntpool_test_report report;
	SLIST_HEADER *head;

	KUNIT_ASSERT_NOT_NULL(test, memory);
	memory = PTR_ALIGN(memory, MEMORY_ALLOCATION_ALIGNMENT);
	head = (SLIST_HEADER *)(memory + 512 + sizeof(void *));
	ntk_misaligned_use(test, memory, head);
	ntk_expect_no_report(test, "misaligned without the verifier");

	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(NTK_POOL_TRACKING), 0);
	head = (SLIST_HEADER *)(memory + 512);
	ExInterlockedPushEntrySList(head, (SLIST_ENTRY *)memory, NULL);
	InterlockedPushListSList(head, (SLIST_ENTRY *)(memory + 64),
				 (SLIST_ENTRY *)(memory + 64), 1);
	ntk_expect_no_report(test, "aligned under the verifier");

	ExInterlockedPushEntrySList(head, (SLIST_ENTRY *)(memory + 130), NULL);
	ntk_expect_report(test, "an entry", NTK_VERIFIER, NTK_BAD_PARAMETER,
			  &report);
	KUNIT_EXPECT_EQ(test, report.param[2], (unsigned long)memory + 130);
	KUNIT_EXPECT_PTR_EQ(test, (char *)FirstEntrySList(head), memory + 130);

	head = (SLIST_HEADER *)(memory + 768 + sizeof(void *) / 2);
	InterlockedPushListSList(head, (SLIST_ENTRY *)(memory + 192),
				 (SLIST_ENTRY *)(memory + 192), 1);
	ntk_expect_report(test, "a head", NTK_VERIFIER, NTK_BAD_PARAMETER,
			  &report);
	KUNIT_EXPECT_EQ(test, report.param[2], (unsigned long)head);
	KUNIT_EXPECT_EQ(test, ExQueryDepthSList(head), 1);
}

static enum ntk_context ntk_contexts[] = {
	NTK_THREAD, NTK_BH_OFF, NTK_PREEMPT_OFF, NTK_SPIN_LOCK,
	NTK_IRQ_OFF, NTK_SOFTIRQ, NTK_HARDIRQ,
};

static_assert(ARRAY_SIZE(ntk_contexts) == NTK_NR_CONTEXTS);

static void ntk_context_desc(enum ntk_context *context, char *desc)
{
	strscpy(desc, ntk_context_name(*context), KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_context, ntk_contexts, ntk_context_desc);

struct ntk_context_use {
	SLIST_HEADER head;
	SLIST_ENTRY entry[3];
	struct ntk_tally tally;
};

/* The interrupt flag, too, is as it was. */
static void ntk_context_run(void *arg)
{
	struct ntk_context_use *use = arg;
	SLIST_ENTRY *entry = use->entry;
	bool off = irqs_disabled();

	ntk_check(&use->tally, !ExInterlockedPushEntrySList(&use->head, entry, NULL),
		  "first push");
	entry[1].Next = &entry[2];
	ntk_check(&use->tally, InterlockedPushListSList(&use->head, entry + 1,
							entry + 2, 2) == entry,
		  "push of two");
	ntk_check(&use->tally, ExQueryDepthSList(&use->head) == 3, "depth");
	ntk_check(&use->tally, ExInterlockedPopEntrySList(&use->head, NULL) == entry + 1,
		  "pop");
	ntk_check(&use->tally, ExInterlockedFlushSList(&use->head) == entry + 2,
		  "flush");
	ntk_check(&use->tally, !!irqs_disabled() == off, "interrupts");
}

static void ntk_context_test(struct kunit *test)
{
	const enum ntk_context *context = test->param_value;
	struct ntk_context_use *use = kunit_kzalloc(test, sizeof(*use), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, use);
	InitializeSListHead(&use->head);
	KUNIT_EXPECT_EQ(test, ntk_run_in(*context, -1, ntk_context_run, use), 0);
	ntk_expect_clean(test, &use->tally);
}

#define NTK_SLIST_CASES {						\
	KUNIT_CASE(InitializeSListHead_test),				\
	KUNIT_CASE(ntk_zeroed_test),					\
	KUNIT_CASE(ntk_layout_test),					\
	KUNIT_CASE(ExInterlockedPushEntrySList_test),			\
	KUNIT_CASE(ExInterlockedPopEntrySList_test),			\
	KUNIT_CASE(FirstEntrySList_test),				\
	KUNIT_CASE(ExQueryDepthSList_test),				\
	KUNIT_CASE(ntk_lock_ignored_test),				\
	KUNIT_CASE(ntk_names_test),					\
	KUNIT_CASE(ExInterlockedFlushSList_test),			\
	KUNIT_CASE(InterlockedPushListSList_test),			\
	KUNIT_CASE(ntk_sequence_wrap_test),				\
	KUNIT_CASE(ExQueryDepthSList_wrap_test),			\
	KUNIT_CASE(ntk_misaligned_test),				\
	KUNIT_CASE_PARAM(ntk_context_test, ntk_context_gen_params),	\
	{}								\
}

static struct kunit_case ntk_slist_cases[] = NTK_SLIST_CASES;
static struct kunit_case ntk_slist_locked_cases[] = NTK_SLIST_CASES;

static struct kunit_suite ntk_slist_suite = {
	.name = "ntpool_slist",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_slist_cases,
};

static int ntk_slist_locked_init(struct kunit *test)
{
	ntpool_test_slist_locked(true);
	return ntk_init(test);
}

static void ntk_slist_locked_exit(struct kunit *test)
{
	ntpool_test_slist_locked(false);
	ntk_exit(test);
}

/* The same where the CPU cannot exchange a header by one instruction. */
static struct kunit_suite ntk_slist_locked_suite = {
	.name = "ntpool_slist_locked",
	.init = ntk_slist_locked_init,
	.exit = ntk_slist_locked_exit,
	.test_cases = ntk_slist_locked_cases,
};

kunit_test_suites(&ntk_slist_suite, &ntk_slist_locked_suite);
