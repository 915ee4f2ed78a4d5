/* SPDX-License-Identifier: GPL-2.0 */
/* What the verifier applies to: patterns for tags and for drivers. */
#ifndef NTPOOL_FILTER_H
#define NTPOOL_FILTER_H

#include <linux/types.h>

enum {
	NTPOOL_FILTER_TEXT = 256,	/* bytes of a list of patterns, with its end */
	NTPOOL_FILTER_CALLERS = 64,
};

struct ntpool_filter_list;

/**
 * struct ntpool_filter - patterns, separated by commas; one that matches is enough
 * @list: them; NULL: `*`
 * @generation: counts changes of @list, and of the modules that are loaded
 * @caller: for drivers: answers by call site, see filter.c
 */
struct ntpool_filter {
	struct ntpool_filter_list __rcu *list;
	unsigned int generation;
	unsigned long caller[NTPOOL_FILTER_CALLERS];
};

/* Tags and sizes, `Fred,Ab*,0x10-0x40`; drivers, `mydrv,nt_*`. 0, -EINVAL, -ENOMEM. Sleep. */
int ntpool_filter_set_tags(struct ntpool_filter *filter, const char *text);
int ntpool_filter_set_drivers(struct ntpool_filter *filter, const char *text);
/* The patterns as they were set, without white space. @buf: NTPOOL_FILTER_TEXT bytes. */
void ntpool_filter_text(struct ntpool_filter *filter, char *buf);

/* Any context. */
bool ntpool_filter_matches_tag(struct ntpool_filter *filter, u32 tag, size_t size);
bool ntpool_filter_matches_driver(struct ntpool_filter *filter, unsigned long caller);

/* verifier/tags and the parameter verifier_drivers. */
extern struct ntpool_filter ntpool_filter_tags;
extern struct ntpool_filter ntpool_filter_drivers;
/* Low resources simulation: a request has to match these as well. */
extern struct ntpool_filter ntpool_fault_tags;
extern struct ntpool_filter ntpool_fault_drivers;

static inline bool ntpool_filter_driver(unsigned long caller)
{
	return ntpool_filter_matches_driver(&ntpool_filter_drivers, caller);
}

/* Special pool and low resources apply to this request. */
static inline bool ntpool_filter_hits(u32 tag, size_t size, unsigned long caller)
{
	return ntpool_filter_matches_tag(&ntpool_filter_tags, tag, size) &&
	       ntpool_filter_driver(caller);
}

#endif
