// SPDX-License-Identifier: GPL-2.0
/*
 * Budgets of reports by kind of violation and call site.
 *
 * One faulty line of a driver can make thousands of reports. They must not hide the report
 * of another line. ___ratelimit() has a budget for each kind of violation and call site,
 * and one for the repeated reports of all sites together. The first report of a kind and
 * call site is always printed.
 *
 * Sites are in a hash table of fixed size. An entry that was not used for a window may be
 * replaced. A site that finds no entry only has the budget for all. So a window has at most
 * SITES first reports and BURST others.
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

#include "base/report_site.h"

enum {
	BURST = 64,		/* repeated reports of all sites per window */
	SITE_BURST = 16,	/* reports of one site per window */
	SITES = 256,		/* a power of two */
	PROBES = 16,
};

/**
 * struct report_site - a kind of violation at one call site
 * @key: hash of both; 0: unused
 * @used: jiffies of the last report
 * @rate: its budget
 *
 * report_lock protects all fields.
 */
struct report_site {
	u32 key;
	unsigned long used;
	struct ratelimit_state rate;
};

static struct report_site report_sites[SITES];	/* report_lock */
static struct ratelimit_state report_rate =
	RATELIMIT_STATE_INIT_FLAGS(report_rate, NTPOOL_REPORT_WINDOW_S * HZ, BURST,
				   RATELIMIT_MSG_ON_RELEASE);	/* prints nothing itself */

/* The first parameter is a subcode, unless it is an address. */
static u32 site_key(const struct ntpool_stop *stop)
{
	u64 kind = stop->addr_mask & BIT(0) ? 0 : stop->param[0];
	u32 site = jhash(&stop->caller, sizeof(stop->caller), stop->code);

	return jhash_3words(site, lower_32_bits(kind), upper_32_bits(kind), 0) ?: 1;
}

static void site_begin(struct report_site *site, u32 key)
{
	site->key = key;
	ratelimit_state_init(&site->rate, NTPOOL_REPORT_WINDOW_S * HZ, SITE_BURST);
	ratelimit_set_flags(&site->rate, RATELIMIT_MSG_ON_RELEASE);
}

static bool site_is_idle(const struct report_site *site)
{
	return !site->key || time_after(jiffies, site->used + NTPOOL_REPORT_WINDOW_S * HZ);
}

/* Returns the entry of @key. *@first: it is new. NULL: there is no room. */
static struct report_site *site_find(u32 key, bool *first)
{
	struct report_site *site, *idle = NULL;
	unsigned int i;

	for (i = 0; i < PROBES; i++) {
		site = &report_sites[(key + i) % SITES];
		if (site->key == key)
			return site;
		if (!idle && site_is_idle(site))
			idle = site;
	}
	*first = idle;
	if (idle)
		site_begin(idle, key);
	return idle;
}

bool ntpool_report_site_admits(const struct ntpool_stop *stop)
{
	struct report_site *site;
	bool first = false;

	site = site_find(site_key(stop), &first);
	if (!site)
		return __ratelimit(&report_rate);
	site->used = jiffies;
	return __ratelimit(&site->rate) && (first || __ratelimit(&report_rate));
}
