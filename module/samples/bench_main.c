// SPDX-License-Identifier: GPL-2.0
/*
 * ntpool_bench.ko: what ntpool's routines cost beside the kernel's own.
 *
 * The benchmark runs when it is loaded, or at boot where it is built in. It ends when
 * the load returns. It prints lines of words, for tools/bench/bench.sh:
 *
 *	ntpool_bench: begin unit=insn cpus=1
 *	ntpool_bench: case=pool_pair_64 impl=pool best=80.00 median=80.00 mean=80.11 unit=insn
 *	ntpool_bench: case=pool_pair_64 impl=kmalloc error=-12
 *	ntpool_bench: case=peer_dma_pool_64 absent
 *	ntpool_bench: end status=0
 *
 * There are two clocks. On real hardware it is the clock of the kernel, unit=ns.
 * QEMU with -icount shift=0 counts guest time in instructions. There it is the time
 * stamp counter, unit=insn, and a repeated run gives the same digits. A sequence of
 * known length must then have exactly its length, or nothing is measured.
 *
 * Rounds of the implementations of a case take turns, so that a change in the machine
 * affects all of them. The best round has no interrupts. The median and the mean
 * include other load. One thread does all the work, on the CPU where it starts. There
 * is no locking.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/glob.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "bench.h"

enum {
	ROUNDS_INSN = 9,
	ROUNDS_NS = 51,
	ROUNDS_MAX = 51,
	/* A round that is timed must last long against the clock's own steps. */
	NS_FACTOR = 8,
	/* Numbers are printed with two decimals. */
	SCALE = 100,
	KNOWN_LENGTH = 1000,
};

static char *cases = "*";
module_param(cases, charp, 0444);
MODULE_PARM_DESC(cases, "names of cases to run, comma separated, with wildcards * and ? (default *)");

static char *unit = "ns";
module_param(unit, charp, 0444);
MODULE_PARM_DESC(unit, "ns: time; insn: instructions, under an emulator that counts them (default ns)");

static unsigned int factor = 1;
module_param(factor, uint, 0444);
MODULE_PARM_DESC(factor, "rounds in a sample, with what the kernel does between them (default 1)");

static bool power_off;
module_param(power_off, bool, 0444);
MODULE_PARM_DESC(power_off, "switch the machine off afterwards, for one without user space (default 0)");

bool bench_insn __ro_after_init;

/* The blocks of BENCH_BATCH_ROUND(), and an order in which they are freed. */
void *bench_slot[BENCH_BATCH];
u16 bench_order[BENCH_BATCH];

/* ---- Choice of cases ------------------------------------------------------ */

bool bench_wanted(const char *name)
{
	const char *word = cases;
	char pattern[64];

	while (*word) {
		size_t len = strcspn(word, ",");

		if (len < sizeof(pattern)) {
			memcpy(pattern, word, len);
			pattern[len] = '\0';
			if (glob_match(pattern, name))
				return true;
		}
		word += len + (word[len] == ',');
	}
	return false;
}

/* ---- Contexts ------------------------------------------------------------- */

/**
 * struct bench_job - a round on its way to another context
 * @fn: the round
 * @ops: its argument
 * @result: its result
 * @work: takes it to hard interrupt context
 * @tasklet: takes it to a softirq
 * @done: @result is there
 */
struct bench_job {
	bench_round_fn fn;
	unsigned int ops;
	u64 result;
	struct irq_work work;
	struct tasklet_struct tasklet;
	struct completion done;
};

static struct bench_job job;

static void job_do(void)
{
	job.result = job.fn(job.ops);
	complete(&job.done);
}

static void job_work(struct irq_work *work)
{
	job_do();
}

static void job_tasklet(struct tasklet_struct *tasklet)
{
	job_do();
}

u64 bench_call(enum bench_context context, bench_round_fn fn, unsigned int ops)
{
	if (context == BENCH_THREAD)
		return fn(ops);
	job.fn = fn;
	job.ops = ops;
	reinit_completion(&job.done);
	if (context == BENCH_SOFTIRQ)
		tasklet_schedule(&job.tasklet);
	else
		irq_work_queue(&job.work);
	wait_for_completion(&job.done);
	return job.result;
}

static void bench_contexts_init(void)
{
	init_completion(&job.done);
	tasklet_setup(&job.tasklet, job_tasklet);
	/* Hard: on PREEMPT_RT it would be a thread otherwise. */
	job.work = IRQ_WORK_INIT_HARD(job_work);
}

/* The code goes away after the last job, which may still be on its way out. */
static void bench_contexts_exit(void)
{
	tasklet_kill(&job.tasklet);
	irq_work_sync(&job.work);
}

/* ---- Rounds --------------------------------------------------------------- */

BENCH_PAIR_ROUND(bench_pair_loop, bench_nothing(), bench_nothing_freed(p))
BENCH_BATCH_ROUND(bench_batch_16_loop, 16, i, bench_nothing(), bench_nothing_freed(p))
BENCH_BATCH_ROUND(bench_batch_256_loop, 256, i, bench_nothing(), bench_nothing_freed(p))
BENCH_BATCH_ROUND(bench_shuffle_256_loop, 256, bench_order[i], bench_nothing(),
		  bench_nothing_freed(p))

/* Results of one implementation; number 0 is the empty loop. */
struct bench_result {
	u64 sample[ROUNDS_MAX];		/* hundredths of a tick for one operation */
	bool failed;
};

static struct bench_result result[BENCH_IMPLS + 1];

static unsigned int bench_rounds(void)
{
	return bench_insn ? ROUNDS_INSN : ROUNDS_NS;
}

static int compare_samples(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/*
 * A long sample: other threads run meanwhile, and their cost is included. During one
 * round they would wait. A thread that must be preempted pays for that at each end of a
 * section without preemption.
 */
static u64 bench_long(const struct bench_case *c, bench_round_fn fn, unsigned int ops)
{
	u64 start = bench_clock();
	unsigned int i;

	for (i = 0; i < factor; i++) {
		if (bench_call(c->context, fn, ops) == BENCH_FAILED)
			return BENCH_FAILED;
		cond_resched();
	}
	return bench_clock() - start;
}

/* The sum of a round is kept to hundredths per operation; rounding is the last digit's. */
static void bench_sample(const struct bench_case *c, bench_round_fn fn,
			 struct bench_result *res, unsigned int round)
{
	unsigned int ops = c->ops * (bench_insn ? 1 : NS_FACTOR);
	u64 ticks;

	if (!fn || res->failed)
		return;
	ticks = factor > 1 ? bench_long(c, fn, ops) : bench_call(c->context, fn, ops);
	if (ticks == BENCH_FAILED)
		res->failed = true;
	else
		res->sample[round] = div64_u64(ticks * SCALE + (u64)ops * factor / 2,
					       (u64)ops * factor);
}

void bench_print_value(const char *name, const char *impl, u64 value, const char *what)
{
	u32 part;
	u64 whole = div_u64_rem(value, SCALE, &part);

	pr_info("case=%s impl=%s value=%llu.%02u unit=%s\n", name, impl, whole, part, what);
}

static void bench_print(const char *name, const char *impl, u64 best, u64 median, u64 mean)
{
	u32 best_part, median_part, mean_part;
	u64 best_whole = div_u64_rem(best, SCALE, &best_part);
	u64 median_whole = div_u64_rem(median, SCALE, &median_part);
	u64 mean_whole = div_u64_rem(mean, SCALE, &mean_part);

	pr_info("case=%s impl=%s best=%llu.%02u median=%llu.%02u mean=%llu.%02u unit=%s\n", name,
		impl, best_whole, best_part, median_whole, median_part, mean_whole, mean_part,
		unit);
}

static u64 bench_mean(const struct bench_result *res)
{
	unsigned int i, rounds = bench_rounds();
	u64 sum = 0;

	for (i = 0; i < rounds; i++)
		sum += res->sample[i];
	return div_u64(sum, rounds);
}

/* @loop: cost of one operation of the empty loop; a rounding error is no negative time */
static void bench_report(const char *name, const char *impl, struct bench_result *res, u64 loop)
{
	unsigned int rounds = bench_rounds();
	u64 best, median, mean = bench_mean(res);

	sort(res->sample, rounds, sizeof(*res->sample), compare_samples, NULL);
	best = res->sample[0];
	median = res->sample[rounds / 2];
	bench_print(name, impl, best - min(best, loop), median - min(median, loop),
		    mean - min(mean, loop));
}

static void bench_error(const char *name, const char *impl, int error)
{
	pr_info("case=%s impl=%s error=%d\n", name, impl, error);
}

static int bench_report_case(const struct bench_case *c)
{
	const struct bench_impl *impl;
	u64 loop = 0;
	int error = 0;

	if (result[0].failed)
		return -EINVAL;
	if (c->loop) {
		bench_report(c->name, "loop", &result[0], 0);
		loop = result[0].sample[0];
	}
	for (impl = c->impl; impl->name; impl++) {
		struct bench_result *res = &result[impl - c->impl + 1];

		if (res->failed) {
			error = -ENOMEM;
			bench_error(c->name, impl->name, error);
		} else {
			bench_report(c->name, impl->name, res, loop);
		}
	}
	return error;
}

/* Round -1 is thrown away: it fills caches and meets first times. */
static int bench_run_case(const struct bench_case *c)
{
	const struct bench_impl *impl;
	int round, error = c->setup ? c->setup() : 0;

	if (error == -ENODEV) {
		pr_info("case=%s absent\n", c->name);
		return 0;
	}
	if (error) {
		bench_error(c->name, "all", error);
		return error;
	}
	memset(result, 0, sizeof(result));
	for (round = -1; round < (int)bench_rounds(); round++) {
		bench_sample(c, c->loop, &result[0], max(round, 0));
		for (impl = c->impl; impl->name; impl++)
			bench_sample(c, impl->round, &result[impl - c->impl + 1], max(round, 0));
		cond_resched();
	}
	if (c->teardown)
		c->teardown();
	return bench_report_case(c);
}

int bench_run(const struct bench_case *c, unsigned int nr)
{
	int error = 0;

	for (; nr; c++, nr--) {
		if (bench_wanted(c->name))
			error = bench_run_case(c) ?: error;
	}
	return error;
}

/* ---- The module ----------------------------------------------------------- */

u32 bench_random(u32 *state)
{
	/* Marsaglia's xorshift: its period is long enough and it needs no seeding. */
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void bench_shuffle(void)
{
	u32 state = 1;
	unsigned int i, other;

	for (i = 0; i < BENCH_BATCH; i++)
		bench_order[i] = i;
	for (i = BENCH_BATCH - 1; i; i--) {
		other = bench_random(&state) % (i + 1);
		swap(bench_order[i], bench_order[other]);
	}
}

/* The clock must count a sequence of known length exactly. */
static int bench_calibrate(void)
{
	u64 start, empty, full;

	start = bench_clock();
	empty = bench_clock() - start;
	start = bench_clock();
	asm volatile(".rept %c0\n\tnop\n\t.endr" : : "i" (KNOWN_LENGTH));
	full = bench_clock() - start;
	pr_info("calibration known=%d read=%llu\n", KNOWN_LENGTH, full - empty);
	return full - empty == KNOWN_LENGTH ? 0 : -ERANGE;
}

static int bench_choose_clock(void)
{
	if (!strcmp(unit, "insn"))
		bench_insn = IS_ENABLED(CONFIG_X86);
	else if (strcmp(unit, "ns"))
		return -EINVAL;
	return 0;
}

static int bench_all(void)
{
	int (* const groups[])(void) = {
		/* First: its figures would include memory that the other groups leave cached. */
		bench_memory,
		bench_pool,
		bench_batch,
		bench_lookaside,
		bench_peer,
		bench_sizes,
		bench_disk,
		bench_scale,
		bench_smp,
		bench_paper,
		bench_idle,
	};
	unsigned int i;
	int error = bench_insn ? bench_calibrate() : 0;

	if (error)
		return error;
	for (i = 0; i < ARRAY_SIZE(groups); i++)
		error = groups[i]() ?: error;
	return error;
}

static int __init bench_init(void)
{
	cpumask_var_t allowed;
	int error = factor ? bench_choose_clock() : -EINVAL;

	if (error)
		return error;
	if (!alloc_cpumask_var(&allowed, GFP_KERNEL))
		return -ENOMEM;
	cpumask_copy(allowed, current->cpus_ptr);
	bench_shuffle();
	bench_contexts_init();
	pr_info("begin unit=%s cpus=%u\n", unit, num_online_cpus());
	error = set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id())) ?: bench_all();
	/* Without success there is no exit of the module. */
	if (error)
		bench_idle_release();
	pr_info("end status=%d\n", error);
	bench_contexts_exit();
	set_cpus_allowed_ptr(current, allowed);
	free_cpumask_var(allowed);
	if (power_off)
		kernel_power_off();
	return error;
}

static void __exit bench_exit(void)
{
	bench_idle_release();
}

/* Built in, it comes after ntpool. */
late_initcall(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("Benchmark of ntpool beside the kernel's allocators");
MODULE_LICENSE("GPL");
