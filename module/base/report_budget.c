// SPDX-License-Identifier: GPL-2.0
/*
 * Budgets of reports by kind of violation and call site.
 *
 * One faulty line of a driver can make thousands of reports. They must not hide the report
 * of another line. ___ratelimit() has a budget for each kind of violation and call site. It
 * has one more for the repeated reports of all together. The first report of a kind and call
 * site is always printed. A kind is a stop code, with its subcode where NT has subcodes.
 *
 * Budgets are in a hash table of fixed size. An entry that was not used for a window may be
 * replaced. A call site that finds no entry only has the budget for all. So a window has at
 * most BUDGETS first reports and BURST others.
 *
 * ___ratelimit() also counts missed calls, but each kernel stores that number differently.
 * The caller counts them.
 *
 * Locking: report_lock (report.c) protects the table. Context: any.
 */
#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ratelimit.h>

#include "base/report_budget.h"

enum {
	BURST = 64,		/* repeated reports of all call sites per window */
	OWN_BURST = 16,		/* reports of one call site per window */
	BUDGETS = 256,		/* a power of two */
	PROBES = 16,
};

/**
 * struct budget - that of a kind of violation at one call site
 * @key: hash of both; 0: unused
 * @used: jiffies of the last report
 * @rate: the reports that are left
 *
 * report_lock protects all fields.
 */
struct budget {
	u32 key;
	unsigned long used;
	struct ratelimit_state rate;
};

static struct budget budgets[BUDGETS];	/* report_lock */
static struct ratelimit_state report_rate =
	RATELIMIT_STATE_INIT_FLAGS(report_rate, NTPOOL_REPORT_WINDOW_S * HZ, BURST,
				   RATELIMIT_MSG_ON_RELEASE);	/* prints nothing itself */

/* True if NT gives the first parameter of @code the meaning of a subcode. */
static bool has_subcodes(enum ntpool_stop_code code)
{
	switch (code) {
	case NTPOOL_STOP_BAD_POOL_HEADER:
	case NTPOOL_STOP_MEMORY_MANAGEMENT:
	case NTPOOL_STOP_BAD_POOL_CALLER:
	case NTPOOL_STOP_VERIFIER:
		return true;
	default:
		return false;
	}
}

/* Any other first parameter is data: each value of it would count as a first report. */
static u32 budget_key(const struct ntpool_stop *stop)
{
	u64 kind = has_subcodes(stop->code) ? stop->param[0] : 0;
	u32 caller = jhash(&stop->caller, sizeof(stop->caller), stop->code);

	return jhash_3words(caller, lower_32_bits(kind), upper_32_bits(kind), 0) ?: 1;
}

static void budget_begin(struct budget *budget, u32 key)
{
	budget->key = key;
	ratelimit_state_init(&budget->rate, NTPOOL_REPORT_WINDOW_S * HZ, OWN_BURST);
	ratelimit_set_flags(&budget->rate, RATELIMIT_MSG_ON_RELEASE);
}

static bool budget_is_idle(const struct budget *budget)
{
	return !budget->key || time_after(jiffies, budget->used + NTPOOL_REPORT_WINDOW_S * HZ);
}

/* Returns the entry of @key. *@first: it is new. NULL: there is no room. */
static struct budget *budget_find(u32 key, bool *first)
{
	struct budget *budget, *idle = NULL;
	unsigned int i;

	for (i = 0; i < PROBES; i++) {
		budget = &budgets[(key + i) % BUDGETS];
		if (budget->key == key)
			return budget;
		if (!idle && budget_is_idle(budget))
			idle = budget;
	}
	*first = idle;
	if (idle)
		budget_begin(idle, key);
	return idle;
}

bool ntpool_report_budget_admits(const struct ntpool_stop *stop, bool repeats)
{
	struct budget *budget;
	bool first = false;

	budget = budget_find(budget_key(stop), &first);
	if (!first && !repeats)
		return false;
	if (!budget)
		return __ratelimit(&report_rate);
	budget->used = jiffies;
	return __ratelimit(&budget->rate) && (first || __ratelimit(&report_rate));
}
