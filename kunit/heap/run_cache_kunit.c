// SPDX-License-Identifier: GPL-2.0
/*
 * Whole pages that a thread and the interrupts of its CPU allocate and free at the same
 * time. The cache of the CPU gives no page to two owners, and loses none.
 */
#include <linux/hrtimer.h>
#include <linux/jiffies.h>

#include "base/compat.h"
#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KpBc"))
#define NTK_RUNS	18	/* more than the cache holds of one page */
#define NTK_SECONDS	2
#define NTK_PATIENCE	60	/* seconds for NTK_TURNS on a slow machine */
#define NTK_TURNS	1000

/* A user of the cache, in a thread or an interrupt. */
struct ntk_user {
	unsigned long *block[NTK_RUNS];
	unsigned int nr;
	unsigned long mark;
	unsigned long spoiled;
	unsigned long turns;
	struct rnd_state rng;
};

struct ntk_hammer {
	struct hrtimer timer;
	struct ntk_user user;
	bool stop;
};

/* Sizes of one and of two pages, so that a run of the other length is noticed. */
static void ntk_take_one(struct ntk_user *user)
{
	unsigned int pages = 1 + ntk_random_below(&user->rng, 2);
	unsigned long *block = ExAllocatePoolWithTag(NonPagedPool, pages * PAGE_SIZE, NTK_TAG);

	if (!block)
		return;
	block[0] = ++user->mark;
	block[1] = pages;
	block[pages * PAGE_SIZE / sizeof(*block) - 1] = user->mark;
	user->block[user->nr++] = block;
}

static void ntk_give_one(struct ntk_user *user)
{
	unsigned int at = ntk_random_below(&user->rng, user->nr);
	unsigned long *block = user->block[at];
	unsigned long pages = block[1];

	if (pages < 1 || pages > 2 ||
	    block[pages * PAGE_SIZE / sizeof(*block) - 1] != block[0])
		user->spoiled++;
	ExFreePoolWithTag(block, NTK_TAG);
	user->block[at] = user->block[--user->nr];
}

static void ntk_turn(struct ntk_user *user)
{
	user->turns++;
	if (!user->nr || (user->nr < NTK_RUNS && ntk_random_below(&user->rng, 2)))
		ntk_take_one(user);
	else
		ntk_give_one(user);
}

static enum hrtimer_restart ntk_tick(struct hrtimer *timer)
{
	struct ntk_hammer *hammer = container_of(timer, struct ntk_hammer, timer);
	int i;

	ntk_is_handler();
	for (i = 0; i < 4; i++)
		ntk_turn(&hammer->user);
	if (READ_ONCE(hammer->stop))
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, ns_to_ktime(50 * NSEC_PER_USEC));
	return HRTIMER_RESTART;
}

static void ntk_user_begin(struct ntk_user *user, unsigned long seed)
{
	prandom_seed_state(&user->rng, seed);
	user->mark = seed << 24;
}

static void ntk_user_end(struct kunit *test, struct ntk_user *user, const char *who)
{
	while (user->nr)
		ntk_give_one(user);
	KUNIT_EXPECT_EQ_MSG(test, user->spoiled, 0, "%s", who);
	KUNIT_EXPECT_GT_MSG(test, user->turns, NTK_TURNS, "%s", who);
}

/* True until the time has passed and both users have had enough turns. */
static bool ntk_go_on(const struct ntk_user *thread, const struct ntk_user *hammer,
		      unsigned long begin)
{
	/* The interrupt may increase its count meanwhile. */
	bool enough = thread->turns > NTK_TURNS && data_race(hammer->turns) > NTK_TURNS;

	return time_before(jiffies, begin + (enough ? NTK_SECONDS : NTK_PATIENCE) * HZ);
}

static void ntk_interrupted_test(struct kunit *test)
{
	unsigned long begin = jiffies;
	struct ntk_hammer *hammer = kunit_kzalloc(test, sizeof(*hammer), GFP_KERNEL);
	struct ntk_user *thread = kunit_kzalloc(test, sizeof(*thread), GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, hammer && thread);
	ntk_user_begin(&hammer->user, 1);
	ntk_user_begin(thread, 2);
	hrtimer_setup(&hammer->timer, ntk_tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&hammer->timer, ns_to_ktime(0), HRTIMER_MODE_REL_PINNED_HARD);
	while (ntk_go_on(thread, &hammer->user, begin)) {
		ntk_turn(thread);
		cond_resched();
	}
	WRITE_ONCE(hammer->stop, true);
	hrtimer_cancel(&hammer->timer);
	ntk_user_end(test, thread, "thread");
	ntk_user_end(test, &hammer->user, "interrupt");
	ntk_expect_no_report(test, "whole pages in thread and interrupt");
}

static struct kunit_case ntk_run_cache_cases[] = {
	KUNIT_CASE(ntk_interrupted_test),
	{}
};

static struct kunit_suite ntk_run_cache_suite = {
	.name = "ntpool_run_cache",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_run_cache_cases,
};

kunit_test_suite(ntk_run_cache_suite);
