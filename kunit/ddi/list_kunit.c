// SPDX-License-Identifier: GPL-2.0
/*
 * NT's linked lists, singly and doubly linked: the plain ones, and the
 * interlocked ones from threads and hard interrupts at once. An entry is only
 * memory; nothing here comes from the pool.
 */
#include <linux/atomic.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include "fixture.h"

#define NTK_ENTRIES	24
#define NTK_ROUNDS	2000

/* The entry is linked in front of the former first entry. */
static void PushEntryList_test(struct kunit *test)
{
	SINGLE_LIST_ENTRY head = {};
	SINGLE_LIST_ENTRY entry[3];
	int i;

	for (i = 0; i < 3; i++) {
		PushEntryList(&head, &entry[i]);
		KUNIT_EXPECT_PTR_EQ(test, head.Next, &entry[i]);
		KUNIT_EXPECT_PTR_EQ(test, entry[i].Next, i ? &entry[i - 1] : NULL);
	}
}

/* The first one is unlinked and returned; an empty list has none and stays so. */
static void PopEntryList_test(struct kunit *test)
{
	SINGLE_LIST_ENTRY last = {}, first = { &last }, head = { &first };

	KUNIT_EXPECT_PTR_EQ(test, PopEntryList(&head), &first);
	KUNIT_EXPECT_PTR_EQ(test, head.Next, &last);
	KUNIT_EXPECT_PTR_EQ(test, PopEntryList(&head), &last);
	KUNIT_EXPECT_NULL(test, head.Next);
	KUNIT_EXPECT_NULL(test, PopEntryList(&head));
	KUNIT_EXPECT_NULL(test, head.Next);
}

/* Returns the entry that was first before; the lock is free afterwards. */
static void ExInterlockedPushEntryList_test(struct kunit *test)
{
	SINGLE_LIST_ENTRY head = {};
	SINGLE_LIST_ENTRY entry[3];
	KSPIN_LOCK lock;
	int i;

	KeInitializeSpinLock(&lock);
	for (i = 0; i < 3; i++) {
		SINGLE_LIST_ENTRY *before = i ? &entry[i - 1] : NULL;

		KUNIT_EXPECT_PTR_EQ(test, ExInterlockedPushEntryList(&head, &entry[i], &lock),
				    before);
		KUNIT_EXPECT_PTR_EQ(test, head.Next, &entry[i]);
		KUNIT_EXPECT_PTR_EQ(test, entry[i].Next, before);
		KUNIT_EXPECT_EQ(test, lock, 0);
	}
}

/* Returns the first entry, NULL from an empty list. */
static void ExInterlockedPopEntryList_test(struct kunit *test)
{
	SINGLE_LIST_ENTRY last = {}, first = { &last }, head = { &first };
	KSPIN_LOCK lock;

	KeInitializeSpinLock(&lock);
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedPopEntryList(&head, &lock), &first);
	KUNIT_EXPECT_PTR_EQ(test, head.Next, &last);
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedPopEntryList(&head, &lock), &last);
	KUNIT_EXPECT_NULL(test, head.Next);
	KUNIT_EXPECT_NULL(test, ExInterlockedPopEntryList(&head, &lock));
	KUNIT_EXPECT_NULL(test, head.Next);
	KUNIT_EXPECT_EQ(test, lock, 0);
}

/* The order of a doubly linked list, both ways round. */
static void ntk_expect_order(struct kunit *test, LIST_ENTRY *head,
			     LIST_ENTRY **want, int nr)
{
	LIST_ENTRY *forth = head, *back = head;
	int i;

	for (i = 0; i < nr; i++) {
		forth = forth->Flink;
		back = back->Blink;
		KUNIT_EXPECT_PTR_EQ_MSG(test, forth, want[i], "entry %d", i);
		KUNIT_EXPECT_PTR_EQ_MSG(test, back, want[nr - 1 - i],
					"entry %d from behind", i);
	}
	KUNIT_EXPECT_PTR_EQ(test, forth->Flink, head);
	KUNIT_EXPECT_PTR_EQ(test, back->Blink, head);
	KUNIT_EXPECT_EQ(test, !!IsListEmpty(head), nr == 0);
}

/* A list with one entry for each of @nr, in this order. */
static void ntk_make_list(LIST_ENTRY *head, LIST_ENTRY *entry, int nr)
{
	int i;

	InitializeListHead(head);
	for (i = 0; i < nr; i++)
		InsertTailList(head, &entry[i]);
}

/* The old content of the head is lost. */
static void InitializeListHead_test(struct kunit *test)
{
	LIST_ENTRY head, a;

	memset(&head, 0xa5, sizeof(head));
	InitializeListHead(&head);
	ntk_expect_order(test, &head, NULL, 0);
	InsertHeadList(&head, &a);
	InitializeListHead(&head);
	ntk_expect_order(test, &head, NULL, 0);
}

static void IsListEmpty_test(struct kunit *test)
{
	LIST_ENTRY head, entry[2];

	ntk_make_list(&head, entry, 0);
	KUNIT_EXPECT_TRUE(test, IsListEmpty(&head));
	ntk_make_list(&head, entry, 1);
	KUNIT_EXPECT_FALSE(test, IsListEmpty(&head));
	ntk_make_list(&head, entry, 2);
	KUNIT_EXPECT_FALSE(test, IsListEmpty(&head));
}

static void InsertHeadList_test(struct kunit *test)
{
	LIST_ENTRY head, a, b, c;

	InitializeListHead(&head);
	InsertHeadList(&head, &c);
	ntk_expect_order(test, &head, (LIST_ENTRY *[]){ &c }, 1);
	InsertHeadList(&head, &b);
	InsertHeadList(&head, &a);
	ntk_expect_order(test, &head, (LIST_ENTRY *[]){ &a, &b, &c }, 3);
}

static void InsertTailList_test(struct kunit *test)
{
	LIST_ENTRY head, a, b, c;

	InitializeListHead(&head);
	InsertTailList(&head, &a);
	ntk_expect_order(test, &head, (LIST_ENTRY *[]){ &a }, 1);
	InsertTailList(&head, &b);
	InsertTailList(&head, &c);
	ntk_expect_order(test, &head, (LIST_ENTRY *[]){ &a, &b, &c }, 3);
}

/* Says whether the list is empty now. */
static void RemoveEntryList_test(struct kunit *test)
{
	LIST_ENTRY head, entry[3];

	ntk_make_list(&head, entry, 3);
	KUNIT_EXPECT_FALSE(test, RemoveEntryList(&entry[1]));
	ntk_expect_order(test, &head, (LIST_ENTRY *[]){ &entry[0], &entry[2] }, 2);
	KUNIT_EXPECT_FALSE(test, RemoveEntryList(&entry[2]));
	ntk_expect_order(test, &head, (LIST_ENTRY *[]){ &entry[0] }, 1);
	KUNIT_EXPECT_TRUE(test, RemoveEntryList(&entry[0]));
	ntk_expect_order(test, &head, NULL, 0);
}

/* Of an empty list it is the head that is returned. */
static void RemoveHeadList_test(struct kunit *test)
{
	LIST_ENTRY head, entry[2];

	ntk_make_list(&head, entry, 2);
	KUNIT_EXPECT_PTR_EQ(test, RemoveHeadList(&head), &entry[0]);
	ntk_expect_order(test, &head, (LIST_ENTRY *[]){ &entry[1] }, 1);
	KUNIT_EXPECT_PTR_EQ(test, RemoveHeadList(&head), &entry[1]);
	ntk_expect_order(test, &head, NULL, 0);
	KUNIT_EXPECT_PTR_EQ(test, RemoveHeadList(&head), &head);
	ntk_expect_order(test, &head, NULL, 0);
}

static void RemoveTailList_test(struct kunit *test)
{
	LIST_ENTRY head, entry[2];

	ntk_make_list(&head, entry, 2);
	KUNIT_EXPECT_PTR_EQ(test, RemoveTailList(&head), &entry[1]);
	ntk_expect_order(test, &head, (LIST_ENTRY *[]){ &entry[0] }, 1);
	KUNIT_EXPECT_PTR_EQ(test, RemoveTailList(&head), &entry[0]);
	ntk_expect_order(test, &head, NULL, 0);
	KUNIT_EXPECT_PTR_EQ(test, RemoveTailList(&head), &head);
	ntk_expect_order(test, &head, NULL, 0);
}

/* A whole circle without a head becomes the end of the list. */
static void AppendTailList_test(struct kunit *test)
{
	LIST_ENTRY head, circle, a, b, c;

	InitializeListHead(&head);
	InsertTailList(&head, &a);
	InitializeListHead(&circle);
	InsertTailList(&circle, &b);
	InsertTailList(&circle, &c);
	RemoveEntryList(&circle);
	AppendTailList(&head, &b);
	ntk_expect_order(test, &head, (LIST_ENTRY *[]){ &a, &b, &c }, 3);
}

/* Returns the entry that was first before, NULL for the head; the lock is free afterwards. */
static void ExInterlockedInsertHeadList_test(struct kunit *test)
{
	LIST_ENTRY head, a, b, c;
	KSPIN_LOCK lock;

	KeInitializeSpinLock(&lock);
	InitializeListHead(&head);
	KUNIT_EXPECT_NULL(test, ExInterlockedInsertHeadList(&head, &c, &lock));
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedInsertHeadList(&head, &b, &lock), &c);
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedInsertHeadList(&head, &a, &lock), &b);
	ntk_expect_order(test, &head, (LIST_ENTRY *[]){ &a, &b, &c }, 3);
	KUNIT_EXPECT_EQ(test, lock, 0);
}

/* Returns the entry that was last before. */
static void ExInterlockedInsertTailList_test(struct kunit *test)
{
	LIST_ENTRY head, a, b, c;
	KSPIN_LOCK lock;

	KeInitializeSpinLock(&lock);
	InitializeListHead(&head);
	KUNIT_EXPECT_NULL(test, ExInterlockedInsertTailList(&head, &a, &lock));
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedInsertTailList(&head, &b, &lock), &a);
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedInsertTailList(&head, &c, &lock), &b);
	ntk_expect_order(test, &head, (LIST_ENTRY *[]){ &a, &b, &c }, 3);
	KUNIT_EXPECT_EQ(test, lock, 0);
}

/* Returns the entry that was first; an empty list has none and goes on to work. */
static void ExInterlockedRemoveHeadList_test(struct kunit *test)
{
	LIST_ENTRY head, entry[2];
	KSPIN_LOCK lock;

	KeInitializeSpinLock(&lock);
	ntk_make_list(&head, entry, 2);
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedRemoveHeadList(&head, &lock), &entry[0]);
	ntk_expect_order(test, &head, (LIST_ENTRY *[]){ &entry[1] }, 1);
	KUNIT_EXPECT_PTR_EQ(test, ExInterlockedRemoveHeadList(&head, &lock), &entry[1]);
	KUNIT_EXPECT_NULL(test, ExInterlockedRemoveHeadList(&head, &lock));
	ntk_expect_order(test, &head, NULL, 0);
	KUNIT_EXPECT_NULL(test, ExInterlockedInsertTailList(&head, &entry[1], &lock));
	ntk_expect_order(test, &head, (LIST_ENTRY *[]){ &entry[1] }, 1);
	KUNIT_EXPECT_EQ(test, lock, 0);
}

static void ntk_context_desc(enum ntk_context *context, char *desc)
{
	strscpy(desc, ntk_context_name(*context), KUNIT_PARAM_DESC_SIZE);
}

static enum ntk_context ntk_contexts[] = {
	NTK_THREAD, NTK_BH_OFF, NTK_PREEMPT_OFF, NTK_SPIN_LOCK, NTK_IRQ_OFF, NTK_SOFTIRQ,
	NTK_HARDIRQ,
};

static_assert(ARRAY_SIZE(ntk_contexts) == NTK_NR_CONTEXTS);

KUNIT_ARRAY_PARAM(ntk_context, ntk_contexts, ntk_context_desc);

/* All five routines; the interrupt flag is afterwards as it was. */
static void ntk_interlocked_use(void *arg)
{
	SINGLE_LIST_ENTRY single = {}, one;
	struct ntk_tally *tally = arg;
	LIST_ENTRY head, a, b;
	bool off = irqs_disabled();
	KSPIN_LOCK lock = 0;

	InitializeListHead(&head);
	ntk_check(tally, !ExInterlockedPushEntryList(&single, &one, &lock), "push");
	ntk_check(tally, !!irqs_disabled() == off, "interrupts after a push");
	ntk_check(tally, ExInterlockedPopEntryList(&single, &lock) == &one, "pop");
	ntk_check(tally, !!irqs_disabled() == off, "interrupts after a pop");
	ntk_check(tally, !ExInterlockedInsertHeadList(&head, &a, &lock), "head");
	ntk_check(tally, !!irqs_disabled() == off, "interrupts after the head");
	ntk_check(tally, ExInterlockedInsertTailList(&head, &b, &lock) == &a, "tail");
	ntk_check(tally, !!irqs_disabled() == off, "interrupts after the tail");
	ntk_check(tally, ExInterlockedRemoveHeadList(&head, &lock) == &a, "remove");
	ntk_check(tally, !!irqs_disabled() == off, "interrupts after removing");
}

static void ntk_interlocked_contexts_test(struct kunit *test)
{
	const enum ntk_context *context = test->param_value;
	struct ntk_tally tally = {};

	KUNIT_EXPECT_EQ(test, ntk_run_in(*context, -1, ntk_interlocked_use, &tally), 0);
	ntk_expect_clean(test, &tally);
	KUNIT_EXPECT_EQ(test, tally.checks, 10);
}

struct ntk_node {
	SINGLE_LIST_ENTRY single;
	LIST_ENTRY both;
	atomic_t owned;		/* 1 while it has an owner */
};

struct ntk_list_race {
	const struct ntk_race_kind *kind;
	SINGLE_LIST_ENTRY single;
	LIST_ENTRY both;
	KSPIN_LOCK lock;
	struct ntk_node node[NTK_ENTRIES];
	atomic_t wrong;
	atomic_t interrupts;
};

/* A set of interlocked routines that run at the same time. */
struct ntk_race_kind {
	const char *name;
	struct ntk_node *(*pop)(struct ntk_list_race *race);
	void (*push)(struct ntk_list_race *race, struct ntk_node *node);
};

static struct ntk_node *ntk_single_pop(struct ntk_list_race *race)
{
	SINGLE_LIST_ENTRY *link = ExInterlockedPopEntryList(&race->single,
							    &race->lock);

	return link ? CONTAINING_RECORD(link, struct ntk_node, single) : NULL;
}

static void ntk_single_push(struct ntk_list_race *race, struct ntk_node *node)
{
	ExInterlockedPushEntryList(&race->single, &node->single, &race->lock);
}

static struct ntk_node *ntk_both_remove(struct ntk_list_race *race)
{
	LIST_ENTRY *link = ExInterlockedRemoveHeadList(&race->both,
						       &race->lock);

	return link ? CONTAINING_RECORD(link, struct ntk_node, both) : NULL;
}

static void ntk_both_head(struct ntk_list_race *race, struct ntk_node *node)
{
	ExInterlockedInsertHeadList(&race->both, &node->both, &race->lock);
}

static void ntk_both_tail(struct ntk_list_race *race, struct ntk_node *node)
{
	ExInterlockedInsertTailList(&race->both, &node->both, &race->lock);
}

static struct ntk_race_kind ntk_race_kinds[] = {
	{ "singly linked", ntk_single_pop, ntk_single_push },
	{ "doubly linked, at the head", ntk_both_remove, ntk_both_head },
	{ "doubly linked, at the tail", ntk_both_remove, ntk_both_tail },
};

static void ntk_race_desc(struct ntk_race_kind *kind, char *desc)
{
	strscpy(desc, kind->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_race, ntk_race_kinds, ntk_race_desc);

static struct ntk_node *ntk_race_pop(struct ntk_list_race *race)
{
	struct ntk_node *node = race->kind->pop(race);

	if (node && atomic_inc_return(&node->owned) != 1)
		atomic_inc(&race->wrong);
	return node;
}

static void ntk_race_push(struct ntk_list_race *race, struct ntk_node *node)
{
	if (atomic_dec_return(&node->owned))
		atomic_inc(&race->wrong);
	race->kind->push(race, node);
}

/* An idle CPU may be called without an interrupt; that is not counted. */
static void ntk_race_interrupt(void *arg)
{
	struct ntk_list_race *race = arg;
	struct ntk_node *node = ntk_race_pop(race);

	if (node)
		ntk_race_push(race, node);
	if (in_hardirq())
		atomic_inc(&race->interrupts);
}

static void ntk_race_thread(struct ntk_worker *worker)
{
	struct ntk_list_race *race = worker->threads->arg;
	int i;

	for (i = 0; i < NTK_ROUNDS; i++) {
		struct ntk_node *one = ntk_race_pop(race);
		struct ntk_node *two = ntk_race_pop(race);

		ntk_check(&worker->tally, one && two && one != two,
			  "round %d: not two entries", i);
		if (one)
			ntk_race_push(race, one);
		if (two)
			ntk_race_push(race, two);
		if (i % 16 == 0)
			smp_call_function_single(ntk_nth_cpu(worker->id + 1),
						 ntk_race_interrupt, race, 1);
	}
}

/* Four threads take two each, interrupts one more: there are always enough. */
static void ntk_race_test(struct kunit *test)
{
	struct ntk_list_race *race;
	int nr = 0;
	int i;

	ntk_need_cpus(test, 2);
	race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, race);
	race->kind = test->param_value;
	KeInitializeSpinLock(&race->lock);
	InitializeListHead(&race->both);
	for (i = 0; i < NTK_ENTRIES; i++) {
		atomic_set(&race->node[i].owned, 1);
		ntk_race_push(race, &race->node[i]);
	}
	ntk_threads_run(test, 4, true, ntk_race_thread, race);
	while (nr <= NTK_ENTRIES && ntk_race_pop(race))
		nr++;
	KUNIT_EXPECT_EQ(test, nr, NTK_ENTRIES);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->wrong), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&race->interrupts), 0);
}

static struct kunit_case ntk_list_cases[] = {
	KUNIT_CASE(PushEntryList_test),
	KUNIT_CASE(PopEntryList_test),
	KUNIT_CASE(ExInterlockedPushEntryList_test),
	KUNIT_CASE(ExInterlockedPopEntryList_test),
	KUNIT_CASE(InitializeListHead_test),
	KUNIT_CASE(IsListEmpty_test),
	KUNIT_CASE(InsertHeadList_test),
	KUNIT_CASE(InsertTailList_test),
	KUNIT_CASE(RemoveEntryList_test),
	KUNIT_CASE(RemoveHeadList_test),
	KUNIT_CASE(RemoveTailList_test),
	KUNIT_CASE(AppendTailList_test),
	KUNIT_CASE(ExInterlockedInsertHeadList_test),
	KUNIT_CASE(ExInterlockedInsertTailList_test),
	KUNIT_CASE(ExInterlockedRemoveHeadList_test),
	KUNIT_CASE_PARAM(ntk_interlocked_contexts_test, ntk_context_gen_params),
	KUNIT_CASE_PARAM(ntk_race_test, ntk_race_gen_params),
	{}
};

static struct kunit_suite ntk_list_suite = {
	.name = "ntpool_list",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_list_cases,
};

kunit_test_suite(ntk_list_suite);
