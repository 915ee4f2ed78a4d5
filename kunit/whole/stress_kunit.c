// SPDX-License-Identifier: GPL-2.0
/*
 * Load in all contexts against a shadow model. Each participant records size and contents
 * of its blocks, and checks them before a free. Some blocks are passed on for a free on
 * another CPU. Threads run on all CPUs. Calls from other CPUs add hard interrupts and
 * softirqs. Readers read all files, the pools are drained, and CPUs go offline and online.
 * At the end no block is left and all figures agree.
 *
 * A shadow has one user: a thread, or the interrupts of one kind of one CPU. Blocks change
 * hands through the queue, under its spin lock.
 */
#include <linux/cpu.h>
#include <linux/interrupt.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "fixture.h"

#define NTK_OPS		1500	/* of each thread */
#define NTK_SLOTS	40	/* blocks that a shadow holds */
#define NTK_QUEUE	64	/* blocks on their way to others */
#define NTK_CPUS	8	/* whose interrupts take part */
#define NTK_THREADS	4
#define NTK_POKE	6	/* operations between two interrupts */
#define NTK_CYCLES	3	/* of a CPU, off and on */
#define NTK_RACES	3000	/* blocks freed twice at the same time */
#define NTK_RACE_LOOK	500	/* races between two looks at the heaps */
#define NTK_RACES_LEAST	50
/* On a busy host the two processors seldom run at the same time. */
#define NTK_RACE_SECONDS	60

struct ntk_held {
	u8 *block;
	u32 size;
	u8 mark;
};

struct ntk_queue {
	raw_spinlock_t lock;	/* of held; interrupts take it, on PREEMPT_RT too */
	struct ntk_held held[NTK_QUEUE];
};

struct ntk_shadow {
	struct ntk_held held[NTK_SLOTS];
	struct rnd_state rng;
	struct ntk_tally tally;
	struct ntk_queue *queue;
	bool may_sleep;
};

struct ntk_stress {
	bool interrupts;
	struct ntk_queue queue;
	struct ntk_shadow thread[NTK_MAX_WORKERS];
	struct ntk_shadow hard[NTK_CPUS];
	struct ntk_shadow soft[NTK_CPUS];
	struct tasklet_struct tasklet[NTK_CPUS];
};

static u32 ntk_tag_of(u32 size)
{
	static const char * const tags[] = { "Ks0a", "Ks0b", "Ks0c", "Ks0d" };

	return ntk_tag4(tags[size % ARRAY_SIZE(tags)]);
}

/* Small sizes as often as large ones; interrupts stay within two pages. */
static u32 ntk_random_size(struct ntk_shadow *shadow)
{
	u32 limit = 16 << ntk_random_below(&shadow->rng,
					   shadow->may_sleep ? 11 : 9);

	return 1 + ntk_random_below(&shadow->rng, limit);
}

static void ntk_take(struct ntk_shadow *shadow, struct ntk_held *held)
{
	u32 size = ntk_random_size(shadow);
	u32 dice = prandom_u32_state(&shadow->rng);
	bool paged = shadow->may_sleep && dice % 4 == 0;

	held->block = ExAllocatePoolWithTag(paged ? PagedPool : NonPagedPool,
					    size, ntk_tag_of(size));
	held->size = size;
	held->mark = dice >> 24;
	if (held->block)
		memset(held->block, held->mark, size);
	else
		ntk_check(&shadow->tally, !shadow->may_sleep || size > 16384,
			  "no %u", size);
}

static void ntk_drop(struct ntk_shadow *shadow, struct ntk_held *held)
{
	if (!held->block)
		return;
	ntk_check(&shadow->tally,
		  !memchr_inv(held->block, held->mark, held->size),
		  "%u bytes of %02x changed", held->size, held->mark);
	ExFreePoolWithTag(held->block, ntk_tag_of(held->size));
	held->block = NULL;
}

/* Exchanges a block with the next participant. Paged blocks stay with threads. */
static void ntk_exchange(struct ntk_shadow *shadow, struct ntk_held *held)
{
	struct ntk_queue *queue = shadow->queue;
	unsigned long flags;
	unsigned int at;

	if (held->block && is_vmalloc_addr(held->block))
		return;
	at = ntk_random_below(&shadow->rng, NTK_QUEUE);
	raw_spin_lock_irqsave(&queue->lock, flags);
	swap(queue->held[at], *held);
	raw_spin_unlock_irqrestore(&queue->lock, flags);
}

static void ntk_operate(struct ntk_shadow *shadow)
{
	u32 at = ntk_random_below(&shadow->rng, NTK_SLOTS);
	struct ntk_held *held = &shadow->held[at];

	if (ntk_random_below(&shadow->rng, 4) == 0)
		ntk_exchange(shadow, held);
	if (held->block)
		ntk_drop(shadow, held);
	else
		ntk_take(shadow, held);
}

static void ntk_drop_all(struct ntk_shadow *shadow)
{
	int i;

	for (i = 0; i < NTK_SLOTS; i++)
		ntk_drop(shadow, &shadow->held[i]);
}

static void ntk_soft_part(struct tasklet_struct *tasklet)
{
	struct ntk_stress *stress;
	int cpu = smp_processor_id();

	stress = container_of(tasklet, struct ntk_stress, tasklet[cpu]);
	ntk_operate(&stress->soft[cpu]);
}

static void ntk_hard_part(void *arg)
{
	struct ntk_stress *stress = arg;
	int cpu = smp_processor_id();

	ntk_is_handler();
	ntk_operate(&stress->hard[cpu]);
	ntk_operate(&stress->hard[cpu]);
	ntk_call_tasklet(&stress->tasklet[cpu]);
}

static void ntk_poke_next(struct ntk_stress *stress, unsigned int id)
{
	int cpu = ntk_nth_cpu(id + 1);

	if (cpu < NTK_CPUS)
		smp_call_function_single(cpu, ntk_hard_part, stress, 1);
}

static void ntk_thread_part(struct ntk_worker *worker)
{
	struct ntk_stress *stress = worker->threads->arg;
	struct ntk_shadow *shadow = &stress->thread[worker->id];
	int i;

	for (i = 0; i < NTK_OPS && !READ_ONCE(worker->threads->stop); i++) {
		ntk_operate(shadow);
		if (stress->interrupts && i % NTK_POKE == 0)
			ntk_poke_next(stress, worker->id);
		cond_resched();
	}
	ntk_drop_all(shadow);
}

/* Reads every file repeatedly, and checks the rows that need no other row. */
static void ntk_reader_part(struct ntk_worker *worker)
{
	static const char * const files[] = {
		"tags", "callers", "pools", "classes", "big", "advice",
		"lookaside",
	};
	struct ntk_table table = {};
	int i;

	for (i = 0; i < 4 * ARRAY_SIZE(files); i++) {
		const char *file = files[i % ARRAY_SIZE(files)];
		const char *row = NULL;
		unsigned int fields;

		if (!ntk_check(&worker->tally, !ntk_table_read(&table, file),
			       "%s", file))
			break;
		fields = ntk_row_fields(ntk_table_line(&table, 1)) - 1;
		while ((row = ntk_table_next(&table, row)))
			ntk_check(&worker->tally, ntk_row_fields(row) >= fields,
				  "%s: %.60s", file, row);
		cond_resched();
	}
	ntk_table_free(&table);
}

static void ntk_drain_part(struct ntk_worker *worker)
{
	int i;

	for (i = 0; i < 15; i++) {
		ntpool_test_drain();
		ntk_check(&worker->tally, !ntpool_test_check_heaps(),
			  "drain %d: heaps", i);
		cond_resched();
	}
}

static void ntk_part(struct ntk_worker *worker)
{
	if (worker->id < NTK_THREADS)
		ntk_thread_part(worker);
	else if (worker->id == NTK_THREADS)
		ntk_reader_part(worker);
	else
		ntk_drain_part(worker);
}

static void ntk_shadow_init(struct ntk_stress *stress,
			    struct ntk_shadow *shadow, u64 seed, bool may_sleep)
{
	prandom_seed_state(&shadow->rng, seed);
	shadow->queue = &stress->queue;
	shadow->may_sleep = may_sleep;
}

static struct ntk_stress *ntk_new_stress(struct kunit *test)
{
	struct ntk_stress *stress;
	int i;

	stress = kunit_kzalloc(test, sizeof(*stress), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stress);
	raw_spin_lock_init(&stress->queue.lock);
	for (i = 0; i < NTK_MAX_WORKERS; i++)
		ntk_shadow_init(stress, &stress->thread[i], 100 + i, true);
	for (i = 0; i < NTK_CPUS; i++) {
		ntk_shadow_init(stress, &stress->hard[i], 200 + i, false);
		ntk_shadow_init(stress, &stress->soft[i], 300 + i, false);
		tasklet_setup(&stress->tasklet[i], ntk_soft_part);
	}
	return stress;
}

/* Frees what interrupts and the queue still hold and judges every shadow. */
static void ntk_end_stress(struct kunit *test, struct ntk_stress *stress)
{
	struct ntk_shadow *first = &stress->thread[0];
	int i;

	for (i = 0; i < NTK_CPUS; i++) {
		tasklet_kill(&stress->tasklet[i]);
		ntk_drop_all(&stress->hard[i]);
		ntk_drop_all(&stress->soft[i]);
		KUNIT_EXPECT_EQ_MSG(test, stress->hard[i].tally.failures, 0,
				    "hard %d: %s", i,
				    stress->hard[i].tally.first);
		KUNIT_EXPECT_EQ_MSG(test, stress->soft[i].tally.failures, 0,
				    "soft %d: %s", i,
				    stress->soft[i].tally.first);
	}
	for (i = 0; i < NTK_QUEUE; i++)
		ntk_drop(first, &stress->queue.held[i]);
	for (i = 0; i < NTK_THREADS; i++)
		ntk_expect_clean(test, &stress->thread[i].tally);
}

static void ntk_expect_nothing_left(struct kunit *test)
{
	static const char * const tags[] = { "Ks0a", "Ks0b", "Ks0c", "Ks0d" };
	int i;

	for (i = 0; i < 2 * ARRAY_SIZE(tags); i++) {
		struct ntk_tag_row row = ntk_tag_row(test, ntk_tag4(tags[i / 2]),
						     i & 1);

		KUNIT_EXPECT_EQ_MSG(test, row.diff, 0, "%s", tags[i / 2]);
		KUNIT_EXPECT_EQ_MSG(test, row.bytes, 0, "%s", tags[i / 2]);
		KUNIT_EXPECT_EQ_MSG(test, row.requested, 0, "%s", tags[i / 2]);
	}
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
}

struct ntk_load_case {
	const char *name;
	unsigned int cpus;
	bool interrupts;
	bool observers;
};

static struct ntk_load_case ntk_loads[] = {
	{ "threads", 1 },
	{ "threads, interrupts", 2, true },
	{ "threads, readers, drains", 1, false, true },
	{ "everything", 2, true, true },
};

static void ntk_load_desc(struct ntk_load_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_load, ntk_loads, ntk_load_desc);

static void ntk_load_test(struct kunit *test)
{
	const struct ntk_load_case *c = test->param_value;
	struct ntk_stress *stress;
	struct ntk_threads *threads;
	unsigned int id;

	ntk_need_cpus(test, c->cpus);
	stress = ntk_new_stress(test);
	stress->interrupts = c->interrupts;
	threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, threads);
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, NTK_THREADS + (c->observers ? 2 : 0), true,
						ntk_part, stress), 0);
	KUNIT_EXPECT_EQ(test, ntk_threads_finish(threads), 0);
	for (id = NTK_THREADS; id < threads->nr; id++)
		ntk_expect_clean(test, &threads->worker[id].tally);
	if (c->interrupts) {
		KUNIT_EXPECT_GT(test, stress->hard[ntk_nth_cpu(0)].tally.checks,
				0);
		KUNIT_EXPECT_GT(test, stress->soft[ntk_nth_cpu(0)].tally.checks,
				0);
	}
	ntk_end_stress(test, stress);
	ntk_expect_nothing_left(test);
}

/* ---- two frees of one block at the same time ---- */

struct ntk_race {
	POOL_TYPE type;
	unsigned long end;	/* jiffies: no further race begins */
	int nr;			/* of the race */
	bool last;		/* written by the first racer before the rendezvous */
	u8 *block;		/* of the first racer until the rendezvous */
	atomic_t arrivals;	/* of both, at every rendezvous so far */
};

/* Both continue at the same time. Returns false if they must stop. */
static bool ntk_rendezvous(struct ntk_worker *worker)
{
	struct ntk_race *race = worker->threads->arg;
	int both = round_up(atomic_inc_return(&race->arrivals), 2);

	while (atomic_read(&race->arrivals) < both) {
		if (READ_ONCE(worker->threads->stop))
			return false;
		cpu_relax();
	}
	return true;
}

/* Both free the block, one of them a little later. The delay makes no difference. */
static bool ntk_race_free(struct ntk_worker *worker)
{
	struct ntk_race *race = worker->threads->arg;
	u32 delay = ntk_random_below(&worker->rng, 32);

	if (!ntk_rendezvous(worker))
		return false;
	while (delay--)
		cpu_relax();
	ExFreePoolWithTag(race->block, ntk_tag_of(0));
	return ntk_rendezvous(worker);
}

/* One free has freed the block, the other one was reported. */
static void ntk_race_judge(struct ntk_worker *worker, int nr)
{
	struct ntk_race *race = worker->threads->arg;
	struct ntpool_test_report report;
	bool told = ntk_took_report(NTK_BAD_POOL_CALLER, NTK_DOUBLE_FREE,
				    &report);

	ntk_check(&worker->tally,
		  told && report.param[3] == (unsigned long)race->block,
		  "race %d: 0x%x (0x%llx) %s", nr, report.code,
		  report.param[0], report.text);
	if (nr % NTK_RACE_LOOK == 0)
		ntk_check(&worker->tally, !ntpool_test_check_heaps(),
			  "race %d: heaps", nr);
}

static void ntk_racer(struct ntk_worker *worker)
{
	struct ntk_race *race = worker->threads->arg;
	bool last = false;

	while (!last) {
		if (!worker->id) {
			race->nr++;
			race->last = race->nr == NTK_RACES || time_after(jiffies, race->end);
			race->block = ExAllocatePoolWithTag(race->type, 40,
							    ntk_tag_of(0));
		}
		if (!ntk_race_free(worker))
			return;
		/* The next race begins after one more rendezvous. */
		last = race->last;
		if (!ntk_rendezvous(worker))
			return;
		if (!worker->id)
			ntk_race_judge(worker, race->nr);
		cond_resched();
	}
}

static void ntk_race_of(struct kunit *test, bool paged)
{
	struct ntk_tag_row before = ntk_tag_row(test, ntk_tag_of(0), paged);
	struct ntk_race race = {
		.type = paged ? PagedPool : NonPagedPool,
		.end = jiffies + NTK_RACE_SECONDS * HZ,
	};
	struct ntk_threads *threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	struct ntk_tag_row after;

	KUNIT_ASSERT_NOT_NULL(test, threads);
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, 2, true, ntk_racer,
						&race), 0);
	KUNIT_EXPECT_EQ(test, ntk_threads_finish(threads), 0);
	ntk_expect_clean(test, &threads->worker[0].tally);
	after = ntk_tag_row(test, ntk_tag_of(0), paged);
	KUNIT_EXPECT_GE(test, race.nr, NTK_RACES_LEAST);
	KUNIT_EXPECT_EQ(test, after.allocs - before.allocs, race.nr);
	KUNIT_EXPECT_EQ(test, after.frees - before.frees, race.nr);
	KUNIT_EXPECT_EQ(test, after.bytes, before.bytes);
	KUNIT_EXPECT_EQ(test, after.requested, before.requested);
	KUNIT_EXPECT_EQ(test, ntpool_test_check_heaps(), 0);
}

static void ntk_race_test(struct kunit *test)
{
	ntk_need_cpus(test, 2);
	ntk_race_of(test, false);
	ntk_race_of(test, true);
}

#ifdef CONFIG_HOTPLUG_CPU
static void ntk_fill_cache(void *arg)
{
	void *block[16];
	int i;

	for (i = 0; i < ARRAY_SIZE(block); i++)
		block[i] = ExAllocatePoolWithTag(NonPagedPool, 48,
						 ntk_tag_of(0));
	for (i = 0; i < ARRAY_SIZE(block); i++) {
		if (block[i])
			ExFreePoolWithTag(block[i], ntk_tag_of(0));
	}
}

static int ntk_cycle_cpu(int cpu)
{
	int err = remove_cpu(cpu);

	return err ? err : add_cpu(cpu);
}

/* Only the pool itself gives back the cache of a CPU that goes offline. */
static void ntk_offline_test(struct kunit *test)
{
	int cpu = ntk_nth_cpu(num_online_cpus() - 1);
	s64 cached, left;

	ntk_need_cpus(test, 2);
	ntpool_test_drain();
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_THREAD, cpu, ntk_fill_cache, NULL),
			0);
	cached = ntk_pool_row(test, false).cached_bytes;
	KUNIT_EXPECT_GT(test, cached, 0);
	KUNIT_ASSERT_EQ(test, remove_cpu(cpu), 0);
	left = ntk_pool_row(test, false).cached_bytes;
	KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
	KUNIT_EXPECT_EQ(test, left, 0);
	KUNIT_EXPECT_EQ(test, ntk_run_in(NTK_THREAD, cpu, ntk_fill_cache, NULL),
			0);
	KUNIT_EXPECT_GT(test, ntk_pool_row(test, false).cached_bytes, 0);
}

static void ntk_hotplug_test(struct kunit *test)
{
	int cpu = ntk_nth_cpu(num_online_cpus() - 1);
	struct ntk_stress *stress;
	struct ntk_threads *threads;
	int i;

	ntk_need_cpus(test, 2);
	stress = ntk_new_stress(test);
	threads = kunit_kzalloc(test, sizeof(*threads), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, threads);
	KUNIT_ASSERT_EQ(test, ntk_threads_start(threads, NTK_THREADS, false, ntk_part,
						stress), 0);
	for (i = 0; i < NTK_CYCLES; i++)
		KUNIT_EXPECT_EQ(test, ntk_cycle_cpu(cpu), 0);
	KUNIT_EXPECT_EQ(test, ntk_threads_finish(threads), 0);
	ntk_end_stress(test, stress);
	ntk_expect_nothing_left(test);
}
#else
static void ntk_offline_test(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_HOTPLUG_CPU");
}

static void ntk_hotplug_test(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_HOTPLUG_CPU");
}
#endif

static struct kunit_case ntk_stress_cases[] = {
	KUNIT_CASE_PARAM(ntk_load_test, ntk_load_gen_params),
	KUNIT_CASE(ntk_race_test),
	KUNIT_CASE(ntk_offline_test),
	KUNIT_CASE(ntk_hotplug_test),
	{}
};

static struct kunit_suite ntk_stress_suite = {
	.name = "ntpool_stress",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_stress_cases,
};

kunit_test_suite(ntk_stress_suite);
