/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of ntpool_bench.ko: cases, the clock, and the loops.
 *
 * A case is a piece of work that several implementations do: ntpool and its
 * peers. bench_main.c runs the implementations in turn, one round each. It
 * prints the best and the median round of each. A round is a loop that the
 * macros below make. Its body has only the routines to be measured: no function
 * pointer, and no call of the benchmark. The same loop without the routines is
 * measured too and subtracted.
 */
#ifndef NTPOOL_SAMPLES_BENCH_H
#define NTPOOL_SAMPLES_BENCH_H

#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/timex.h>
#include <linux/types.h>

/* Result of a round that ran out of memory or could not do its work. */
#define BENCH_FAILED	U64_MAX

enum {
	BENCH_IMPLS = 6,	/* implementations of one case, at most */
	BENCH_BATCH = 256,	/* blocks that a round may hold at once in bench_slot */
};

/**
 * enum bench_context - where a round runs
 * @BENCH_THREAD: in a thread, interrupts on
 * @BENCH_SOFTIRQ: in a tasklet
 * @BENCH_HARDIRQ: in an irq_work, interrupts off
 */
enum bench_context {
	BENCH_THREAD,
	BENCH_SOFTIRQ,
	BENCH_HARDIRQ,
};

/* Does its work @ops times. Returns the ticks of bench_clock() that it took, or BENCH_FAILED. */
typedef u64 (*bench_round_fn)(unsigned int ops);

/**
 * struct bench_impl - one implementation of the work of a case
 * @name: as printed
 * @round: does a round of the work
 */
struct bench_impl {
	const char *name;
	bench_round_fn round;
};

/**
 * struct bench_case - work that several implementations do
 * @name: as printed; the word before the first underscore is its group
 * @ops: operations in a round when instructions are counted; more when time is
 * @context: where the rounds run
 * @setup: called before the first round, may sleep; 0, -ENODEV if this machine
 *	   cannot run the case, or another error. May be NULL
 * @teardown: undoes it; not called when @setup failed. May be NULL
 * @loop: the round without the work, measured and taken off; NULL for none
 * @impl: up to the first without a name
 */
struct bench_case {
	const char *name;
	unsigned int ops;
	enum bench_context context;
	int (*setup)(void);
	void (*teardown)(void);
	bench_round_fn loop;
	struct bench_impl impl[BENCH_IMPLS + 1];
};

/* bench_main.c */

extern bool bench_insn;
extern void *bench_slot[BENCH_BATCH];
extern u16 bench_order[BENCH_BATCH];

/* Whether the parameter `cases` asks for @name. */
bool bench_wanted(const char *name);
/* Carries out those of @cases that are wanted; 0 or the first error. Sleeps. */
int bench_run(const struct bench_case *cases, unsigned int nr);
/* Calls @fn(@ops) in @context and returns what it returned. Sleeps. */
u64 bench_call(enum bench_context context, bench_round_fn fn, unsigned int ops);
/* A number that was not measured in rounds, @value in hundredths of @unit. */
void bench_print_value(const char *name, const char *impl, u64 value, const char *unit);
/* Numbers without a pattern, the same ones in every run. */
u32 bench_random(u32 *state);

/* Rounds for loops that the files of cases share. */
u64 bench_pair_loop(unsigned int ops);
u64 bench_batch_16_loop(unsigned int ops);
u64 bench_batch_256_loop(unsigned int ops);
u64 bench_shuffle_256_loop(unsigned int ops);

/* The groups, each in the file of its name; 0 or the first error. All sleep. */
int bench_pool(void);
int bench_batch(void);
int bench_lookaside(void);
int bench_peer(void);
int bench_scale(void);
int bench_memory(void);
int bench_smp(void);
int bench_sizes(void);
int bench_disk(void);
int bench_paper(void);
int bench_idle(void);

/* Gives back what bench_idle() left. Sleeps. */
void bench_idle_release(void);

/* The disks that bench_disk_*.c make, each from another allocator. */
#define BENCH_FOR_EACH_DISK(x)	x(pool) x(kmalloc) x(cache) x(mempool)

#define BENCH_DECLARE_DISK(kind)				\
	u64 bench_disk_##kind##_round(unsigned int ops);	\
	int bench_disk_##kind##_setup(void);			\
	void bench_disk_##kind##_teardown(void);

BENCH_FOR_EACH_DISK(BENCH_DECLARE_DISK)

/*
 * Under an emulator that counts instructions the time stamp counter goes up by
 * one with each of them. The kernel's clock has been fitted to some other clock
 * by then and is a few millionths off.
 */
static __always_inline u64 bench_clock(void)
{
	return bench_insn ? get_cycles() : ktime_get_ns();
}

/* Stands for an allocator in the loops that measure loops: an address, no call. */
static __always_inline void *bench_nothing(void)
{
	void *p = bench_slot;

	asm volatile("" : "+r" (p));
	return p;
}

static __always_inline void bench_nothing_freed(void *p)
{
	asm volatile("" : : "r" (p));
}

/**
 * BENCH_PAIR_ROUND - a round that allocates a block and frees it, again and again
 * @name: of the function
 * @alloc: expression that allocates
 * @free: expression that frees what is in p
 */
#define BENCH_PAIR_ROUND(name, alloc, free)				\
u64 name(unsigned int ops)						\
{									\
	u64 start = bench_clock();					\
	unsigned int i;							\
									\
	for (i = 0; i < ops; i++) {					\
		void *p = (alloc);					\
									\
		OPTIMIZER_HIDE_VAR(p);					\
		if (unlikely(!p))					\
			return BENCH_FAILED;				\
		free;							\
	}								\
	return bench_clock() - start;					\
}

/**
 * BENCH_BATCH_ROUND - a round that allocates blocks, then frees all of them
 * @name: of the function
 * @batch: how many at once; rounds are multiples of it
 * @which: number in bench_slot of the block that is freed as number i
 * @alloc: expression that allocates
 * @free: expression that frees what is in p
 */
#define BENCH_BATCH_ROUND(name, batch, which, alloc, free)		\
u64 name(unsigned int ops)						\
{									\
	u64 start = bench_clock();					\
	unsigned int done, i, got = batch;				\
									\
	for (done = 0; done < ops && got == (batch); done += (batch)) {	\
		for (i = 0; i < (batch); i++) {				\
			void *p = (alloc);				\
									\
			OPTIMIZER_HIDE_VAR(p);				\
			bench_slot[i] = p;				\
			if (unlikely(!p))				\
				got = i;				\
		}							\
		for (i = 0; i < (batch); i++) {				\
			void *p = bench_slot[which];			\
									\
			if (likely(p))					\
				free;					\
		}							\
	}								\
	return got == (batch) ? bench_clock() - start : BENCH_FAILED;	\
}

#endif /* NTPOOL_SAMPLES_BENCH_H */
