// SPDX-License-Identifier: GPL-2.0
/*
 * Rates of several CPUs against the rate of one.
 *
 * A slice counts the pairs of one CPU, then the pairs of all CPUs at once. Each CPU has
 * its own blocks. The host may have fewer CPUs. So a loop that touches no other memory
 * is measured before and after in the same way. The result is the rate per CPU of all
 * against one, divided by that of the loop. The median is printed. Short slices suffer
 * from the clock's resolution, long ones from changes of the host's load.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/workqueue.h>
#include <ntddk.h>

#include "../base/compat.h"
#include "bench.h"

#define TAG	('hcnB')

enum {
	BLOCK_BYTES = 64,
	SLICE_MS = 20,
	SLICES = 45,
	/* Pairs between two looks at the clock's flag. */
	PAIRS = 256,
	/* Hundredths of a percent. */
	PERCENT = 10000,
};

static NPAGED_LOOKASIDE_LIST list;
static struct kmem_cache *cache;

/* Work without memory, about as long as a pair. */
static noinline u64 smp_loop(unsigned int ops)
{
	u64 value = ops;
	unsigned int i;

	for (i = 0; i < ops * 16; i++) {
		value = value * 5 + 1;
		OPTIMIZER_HIDE_VAR(value);
	}
	return 0;
}

static BENCH_PAIR_ROUND(smp_pool, ExAllocatePoolWithTag(NonPagedPool, BLOCK_BYTES, TAG),
			ExFreePoolWithTag(p, TAG))
static BENCH_PAIR_ROUND(smp_kmalloc, kmalloc(BLOCK_BYTES, GFP_KERNEL), kfree(p))
static BENCH_PAIR_ROUND(smp_lookaside, ExAllocateFromNPagedLookasideList(&list),
			ExFreeToNPagedLookasideList(&list, p))
static BENCH_PAIR_ROUND(smp_cache, kmem_cache_alloc(cache, GFP_KERNEL),
			kmem_cache_free(cache, p))

static const struct bench_impl impls[] = {
	{ "pool", smp_pool },
	{ "kmalloc", smp_kmalloc },
	{ "lookaside", smp_lookaside },
	{ "kmem_cache", smp_cache },
	/* Compared with itself. Shows the error caused by the load of the host. */
	{ "alu_loop", smp_loop },
};

/* ---- A slice -------------------------------------------------------------- */

/**
 * struct smp_cpu - the work of one CPU in a slice
 * @work: runs slice_work() on the CPU
 * @pairs: completed pairs
 * @ns: time from the first pair to the last
 * @failed: an allocation failed
 */
struct smp_cpu {
	struct work_struct work;
	u64 pairs;
	u64 ns;
	bool failed;
};

static DEFINE_PER_CPU(struct smp_cpu, smp_cpus);
static struct workqueue_struct *queue;
static bench_round_fn slice_fn;
static atomic_t slice_missing;		/* CPUs that have not begun */
static bool slice_over;

static void slice_work(struct work_struct *work)
{
	struct smp_cpu *self = container_of(work, struct smp_cpu, work);
	u64 start;

	self->pairs = 0;
	atomic_dec(&slice_missing);
	while (atomic_read(&slice_missing))
		cpu_relax();
	start = ktime_get_ns();
	while (!READ_ONCE(slice_over)) {
		if (slice_fn(PAIRS) == BENCH_FAILED) {
			self->failed = true;
			break;
		}
		self->pairs += PAIRS;
		cond_resched();
	}
	self->ns = ktime_get_ns() - start;
}

/* Returns pairs per second and CPU, with all of @cpus at work. Returns 0 if one failed. */
static u64 run_slice(bench_round_fn fn, const struct cpumask *cpus)
{
	u64 rate = 0;
	bool failed = false;
	int cpu;

	slice_fn = fn;
	atomic_set(&slice_missing, cpumask_weight(cpus));
	WRITE_ONCE(slice_over, false);
	for_each_cpu(cpu, cpus)
		queue_work_on(cpu, queue, &per_cpu(smp_cpus, cpu).work);
	schedule_timeout_uninterruptible(msecs_to_jiffies(SLICE_MS));
	WRITE_ONCE(slice_over, true);
	for_each_cpu(cpu, cpus) {
		struct smp_cpu *done = &per_cpu(smp_cpus, cpu);

		flush_work(&done->work);
		failed |= done->failed;
		rate += div64_u64(done->pairs * NSEC_PER_SEC, max(done->ns, 1ULL));
	}
	return failed ? 0 : div_u64(rate, cpumask_weight(cpus));
}

/* ---- Slices --------------------------------------------------------------- */

static u64 sample[ARRAY_SIZE(impls)][SLICES];

static int compare_samples(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/*
 * Returns the rate per CPU with all CPUs, divided by the rate of one CPU, in hundredths of a
 * percent. Returns 0 if a slice failed.
 */
static u64 share(bench_round_fn fn)
{
	const struct cpumask *one = cpumask_of(raw_smp_processor_id());
	u64 alone = run_slice(fn, one), all = run_slice(fn, cpu_online_mask);

	return alone ? div64_u64(all * PERCENT, alone) : 0;
}

/*
 * Divides the share of the implementation by the mean of the loop's shares right before and
 * after it.
 */
static void sample_impl(unsigned int nr, unsigned int slice)
{
	u64 loop = share(smp_loop), impl = share(impls[nr].round);

	loop += share(smp_loop);
	sample[nr][slice] = div64_u64(2 * impl * PERCENT, max(loop, 1ULL));
}

static int report_impl(unsigned int nr)
{
	sort(sample[nr], SLICES, sizeof(**sample), compare_samples, NULL);
	if (!sample[nr][0])
		return -ENOMEM;
	bench_print_value("smp_pair_64", impls[nr].name, sample[nr][SLICES / 2], "percent");
	return 0;
}

static int run_slices(void)
{
	unsigned int nr, slice;
	int cpu, error = 0;

	for_each_online_cpu(cpu)
		INIT_WORK(&per_cpu(smp_cpus, cpu).work, slice_work);
	for (slice = 0; slice < SLICES; slice++) {
		for (nr = 0; nr < ARRAY_SIZE(impls); nr++)
			sample_impl(nr, slice);
	}
	for (nr = 0; nr < ARRAY_SIZE(impls); nr++)
		error = report_impl(nr) ?: error;
	return error;
}

/* Where instructions are counted, CPUs take turns and rates say nothing. */
int bench_smp(void)
{
	int error;

	if (bench_insn || num_online_cpus() == 1 || !bench_wanted("smp_pair_64"))
		return 0;
	queue = alloc_workqueue("ntpool_bench", WQ_CPU_INTENSIVE | WQ_PERCPU, 0);
	cache = kmem_cache_create("ntpool_bench", BLOCK_BYTES, 0, 0, NULL);
	if (queue && cache) {
		ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, BLOCK_BYTES, TAG, 0);
		error = run_slices();
		ExDeleteNPagedLookasideList(&list);
	} else {
		error = -ENOMEM;
	}
	kmem_cache_destroy(cache);
	if (queue)
		destroy_workqueue(queue);
	return error;
}
