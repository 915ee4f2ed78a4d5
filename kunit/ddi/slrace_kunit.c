// SPDX-License-Identifier: GPL-2.0
/*
 * S-lists under concurrent use: threads on every CPU, hard interrupts and softirqs push,
 * pop, flush and push chains. A shadow records the owner of each entry. Popped entries
 * are freed at once. On the debug kernel KASAN detects later uses of them. Those of special
 * pool are unmapped then, so a pop on another CPU may read memory that is not there.
 *
 * The shadow is an atomic count in each entry. The threads share only it and the list.
 */
#include <linux/atomic.h>
#include <linux/interrupt.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "slist.h"

#define NTK_WORKERS		4
#define NTK_ENTRIES		48
#define NTK_ROUNDS		(IS_ENABLED(CONFIG_KASAN) ? 1000 : 2000)
/* Each allocates and frees twice, which KASAN and kmemleak make slow. */
#define NTK_SHORT_ROUNDS	(IS_ENABLED(CONFIG_KASAN) ? 300 : 4000)
#define NTK_LIVE		16	/* entries on the list of short-lived ones */
#define NTK_ALIVE		0x4c495645
#define NTK_TAG			(ntk_tag4("KxSl"))
#define NTK_SPECIAL_POOL	0x1

/* With the exchange of two words, or with locks; and where short-lived entries lie. */
static struct ntk_way {
	const char *name;
	bool locked;
	bool special;
} ntk_ways[] = {
	{ "pairs" },
	{ "locks", true },
}, ntk_freed_ways[] = {
	{ "pairs" },
	{ "locks", true },
	{ "pairs, special pool", false, true },
	{ "locks, special pool", true, true },
};

static void ntk_way_desc(struct ntk_way *way, char *desc)
{
	strscpy(desc, way->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_way, ntk_ways, ntk_way_desc);
KUNIT_ARRAY_PARAM(ntk_freed_way, ntk_freed_ways, ntk_way_desc);

static void ntk_use_way(struct kunit *test)
{
	const struct ntk_way *way = test->param_value;

	ntpool_test_slist_locked(way->locked);
	if (way->special)
		KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(NTK_SPECIAL_POOL), 0);
}

static void ntk_slrace_exit(struct kunit *test)
{
	ntpool_test_slist_locked(false);
	ntk_exit(test);
}

/* ---- owner of an entry ---- */

struct ntk_node {
	SLIST_ENTRY link;
	atomic_t owned;		/* 1 while it has an owner */
};

/* The work that a worker starts on the next CPU. */
struct ntk_guest {
	struct ntk_slist_race *race;
	struct tasklet_struct soft;
};

struct ntk_slist_race {
	SLIST_HEADER head;
	struct ntk_node node[NTK_ENTRIES];
	struct ntk_guest guest[NTK_WORKERS];
	atomic_t wrong;
	atomic_t pushes;	/* calls; what the sequence must come to */
	atomic_t flushed;	/* entries that came out of flushes */
	atomic_t hard;
	atomic_t soft;
};

static void ntk_take(struct ntk_slist_race *race, struct ntk_node *node)
{
	if (atomic_inc_return(&node->owned) != 1)
		atomic_inc(&race->wrong);
}

static void ntk_give(struct ntk_slist_race *race, struct ntk_node *node)
{
	if (atomic_dec_return(&node->owned))
		atomic_inc(&race->wrong);
}

static struct ntk_node *ntk_pop(struct ntk_slist_race *race)
{
	SLIST_ENTRY *link = ExInterlockedPopEntrySList(&race->head, NULL);
	struct ntk_node *node;

	if (!link)
		return NULL;
	node = CONTAINING_RECORD(link, struct ntk_node, link);
	ntk_take(race, node);
	return node;
}

static void ntk_push(struct ntk_slist_race *race, struct ntk_node *node)
{
	if (!node)
		return;
	ntk_give(race, node);
	atomic_inc(&race->pushes);
	ExInterlockedPushEntrySList(&race->head, &node->link, NULL);
}

/* All that there are, and back again as one chain. */
static void ntk_flush(struct ntk_slist_race *race)
{
	SLIST_ENTRY *first = ExInterlockedFlushSList(&race->head);
	SLIST_ENTRY *link, *last = NULL;
	unsigned int nr = 0;

	for (link = first; link && nr <= NTK_ENTRIES; link = link->Next, nr++) {
		ntk_take(race, CONTAINING_RECORD(link, struct ntk_node, link));
		last = link;
	}
	if (nr > NTK_ENTRIES)
		atomic_inc(&race->wrong);
	if (!last)
		return;
	for (link = first; link; link = link->Next) {
		ntk_give(race, CONTAINING_RECORD(link, struct ntk_node, link));
		if (link == last)
			break;
	}
	atomic_add(nr, &race->flushed);
	atomic_inc(&race->pushes);
	InterlockedPushListSList(&race->head, first, last, nr);
}

static void ntk_soft_guest(struct tasklet_struct *soft)
{
	struct ntk_guest *guest = container_of(soft, struct ntk_guest, soft);

	ntk_push(guest->race, ntk_pop(guest->race));
	ntk_flush(guest->race);
	atomic_inc(&guest->race->soft);
}

/* An idle CPU may be called without an interrupt; that is not counted. */
static void ntk_hard_guest(void *arg)
{
	struct ntk_guest *guest = arg;

	ntk_push(guest->race, ntk_pop(guest->race));
	ntk_call_tasklet(&guest->soft);
	if (in_hardirq())
		atomic_inc(&guest->race->hard);
}

static void ntk_race_thread(struct ntk_worker *worker)
{
	struct ntk_slist_race *race = worker->threads->arg;
	int i;

	for (i = 0; i < NTK_ROUNDS; i++) {
		struct ntk_node *one = ntk_pop(race);
		struct ntk_node *two = ntk_pop(race);
		unsigned int depth = ExQueryDepthSList(&race->head);

		ntk_check(&worker->tally, !one || one != two, "round %d: twice", i);
		ntk_check(&worker->tally, depth <= NTK_ENTRIES,
			  "round %d: %u deep", i, depth);
		ntk_push(race, one);
		ntk_push(race, two);
		if (i % 32 == worker->id)
			ntk_flush(race);
		if (i % 16 == 0)
			smp_call_function_single(ntk_nth_cpu(worker->id + 1),
						 ntk_hard_guest,
						 &race->guest[worker->id], 1);
	}
}

static struct ntk_slist_race *ntk_race_create(struct kunit *test)
{
	struct ntk_slist_race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, race);
	InitializeSListHead(&race->head);
	for (i = 0; i < NTK_ENTRIES; i++) {
		atomic_set(&race->node[i].owned, 1);
		ntk_push(race, &race->node[i]);
	}
	for (i = 0; i < NTK_WORKERS; i++) {
		race->guest[i].race = race;
		tasklet_setup(&race->guest[i].soft, ntk_soft_guest);
	}
	return race;
}

/* At rest the depth is exact, and every entry is there once. */
static void ntk_race_test(struct kunit *test)
{
	struct ntk_slist_race *race;
	struct ntk_threads *threads;
	int i;

	ntk_need_cpus(test, 2);
	ntk_use_way(test);
	race = ntk_race_create(test);
	threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, threads);
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, NTK_WORKERS, true,
						ntk_race_thread, race), 0);
	KUNIT_EXPECT_EQ(test, ntk_threads_finish(threads), 0);
	for (i = 0; i < NTK_WORKERS; i++)
		tasklet_kill(&race->guest[i].soft);
	ntk_threads_expect_clean(test, threads);
	KUNIT_EXPECT_EQ(test, ExQueryDepthSList(&race->head), NTK_ENTRIES);
	KUNIT_EXPECT_EQ(test, ntk_sequence(&race->head),
			(u64)atomic_read(&race->pushes) & NTK_SEQUENCE_MAX);
	for (i = 0; i < NTK_ENTRIES; i++)
		KUNIT_EXPECT_NOT_NULL(test, ntk_pop(race));
	KUNIT_EXPECT_NULL(test, ntk_pop(race));
	KUNIT_EXPECT_EQ(test, ExQueryDepthSList(&race->head), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->wrong), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&race->flushed), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&race->hard), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&race->soft), 0);
}

/* ---- entries that do not live longer than they are listed ---- */

struct ntk_entry {
	SLIST_ENTRY link;
	u32 alive;
};

struct ntk_freed_list {
	SLIST_HEADER head;
	bool special;		/* entries are from special pool */
	atomic_t pushes;
	atomic_t ready;		/* workers that run */
	atomic_t dead;		/* entries popped that were dead already */
	atomic_t mapped;	/* entries that were in special pool */
	atomic_t hard;
};

static struct ntk_entry *ntk_entry_create(struct ntk_freed_list *list)
{
	if (list->special)
		return ExAllocatePoolWithTag(NonPagedPool, sizeof(struct ntk_entry), NTK_TAG);
	return kmalloc(sizeof(struct ntk_entry), GFP_ATOMIC);
}

static void ntk_entry_free(struct ntk_freed_list *list, struct ntk_entry *entry)
{
	if (list->special)
		ExFreePoolWithTag(entry, NTK_TAG);
	else
		kfree(entry);
}

static void ntk_entry_insert(struct ntk_freed_list *list, struct ntk_entry *entry)
{
	if (is_vmalloc_addr(entry))
		atomic_inc(&list->mapped);
	entry->alive = NTK_ALIVE;
	atomic_inc(&list->pushes);
	ExInterlockedPushEntrySList(&list->head, &entry->link, NULL);
}

static void ntk_entry_push(struct ntk_freed_list *list)
{
	struct ntk_entry *entry = ntk_entry_create(list);

	if (entry)
		ntk_entry_insert(list, entry);
}

/* False: there was none. */
static bool ntk_entry_pop(struct ntk_freed_list *list)
{
	SLIST_ENTRY *link = ExInterlockedPopEntrySList(&list->head, NULL);
	struct ntk_entry *entry;

	if (!link)
		return false;
	entry = CONTAINING_RECORD(link, struct ntk_entry, link);
	if (entry->alive != NTK_ALIVE) {
		atomic_inc(&list->dead);
		return true;
	}
	memset(entry, 0x6b, sizeof(*entry));
	ntk_entry_free(list, entry);
	return true;
}

/* The entry goes back as it is. */
static void ntk_entry_return(struct ntk_freed_list *list)
{
	SLIST_ENTRY *link = ExInterlockedPopEntrySList(&list->head, NULL);

	if (!link)
		return;
	atomic_inc(&list->pushes);
	ExInterlockedPushEntrySList(&list->head, link, NULL);
}

static void ntk_entry_interrupt(void *arg)
{
	struct ntk_freed_list *list = arg;
	struct ntk_entry *entry;

	ntk_is_handler();
	/* On PREEMPT_RT an interrupt has no kmalloc(), and the pool may have no memory for it. */
	entry = IS_ENABLED(CONFIG_PREEMPT_RT) && !list->special ? NULL :
		 ntk_entry_create(list);
	if (!entry)
		ntk_entry_return(list);
	else if (ntk_entry_pop(list))
		ntk_entry_insert(list, entry);
	else
		ntk_entry_free(list, entry);
	if (in_hardirq())
		atomic_inc(&list->hard);
}

static void ntk_entry_thread(struct ntk_worker *worker)
{
	struct ntk_freed_list *list = worker->threads->arg;
	int i;

	atomic_inc(&list->ready);
	while (atomic_read(&list->ready) < NTK_WORKERS &&
	       !READ_ONCE(worker->threads->stop))
		cond_resched();
	for (i = 0; i < NTK_SHORT_ROUNDS; i++) {
		bool one = ntk_entry_pop(list);
		bool two = ntk_entry_pop(list);

		/* The others have two each at most, and their interrupts one. */
		ntk_check(&worker->tally, one && two, "round %d: none", i);
		if (one)
			ntk_entry_push(list);
		if (two)
			ntk_entry_push(list);
		if (i % 16 == 0)
			smp_call_function_single(ntk_nth_cpu(worker->id + 1),
						 ntk_entry_interrupt, list, 1);
	}
}

static void ntk_freed_test(struct kunit *test)
{
	struct ntk_freed_list *list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);
	const struct ntk_way *way = test->param_value;
	int i, nr = 0;

	ntk_need_cpus(test, 2);
	KUNIT_ASSERT_NOT_NULL(test, list);
	ntk_use_way(test);
	ntk_keep_stock(test);
	list->special = way->special;
	InitializeSListHead(&list->head);
	for (i = 0; i < NTK_LIVE; i++)
		ntk_entry_push(list);
	ntk_threads_run(test, NTK_WORKERS, true, ntk_entry_thread, list);
	KUNIT_EXPECT_EQ(test, atomic_read(&list->dead), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&list->hard), 0);
	if (way->special && IS_ENABLED(CONFIG_X86))
		KUNIT_EXPECT_GT(test, atomic_read(&list->mapped), NTK_SHORT_ROUNDS);
	KUNIT_EXPECT_EQ(test, ExQueryDepthSList(&list->head), NTK_LIVE);
	KUNIT_EXPECT_EQ(test, ntk_sequence(&list->head),
			(u64)atomic_read(&list->pushes) & NTK_SEQUENCE_MAX);
	while (nr <= NTK_LIVE && ntk_entry_pop(list))
		nr++;
	KUNIT_EXPECT_EQ(test, nr, NTK_LIVE);
}

static struct kunit_case ntk_slrace_cases[] = {
	KUNIT_CASE_PARAM(ntk_race_test, ntk_way_gen_params),
	KUNIT_CASE_PARAM(ntk_freed_test, ntk_freed_way_gen_params),
	{}
};

static struct kunit_suite ntk_slrace_suite = {
	.name = "ntpool_slrace",
	.init = ntk_init,
	.exit = ntk_slrace_exit,
	.test_cases = ntk_slrace_cases,
};

kunit_test_suite(ntk_slrace_suite);
