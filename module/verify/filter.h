/* SPDX-License-Identifier: GPL-2.0 */
/* Filters of the verifier: patterns for tags and for drivers. */
#ifndef NTPOOL_FILTER_H
#define NTPOOL_FILTER_H

#include <linux/types.h>

enum {
	NTPOOL_FILTER_TEXT = 256,	/* bytes of a list of patterns, NUL included */
	NTPOOL_FILTER_CALLERS = 64,	/* cached answers; a power of two */
};

struct ntpool_filter_list;

/**
 * struct ntpool_filter - patterns of which one has to match
 * @list: the patterns; NULL: `*`. filter_mutex to change it; readers use RCU
 * @generation: number of changes of @list and of the loaded modules; filter_mutex to change
 *	it, read without it
 * @caller: for drivers: cached answers by call site, single words without a lock, see filter.c
 */
struct ntpool_filter {
	struct ntpool_filter_list __rcu *list;
	unsigned int generation;
	unsigned long caller[NTPOOL_FILTER_CALLERS];
};

/*
 * Replace the patterns: tags and sizes, `Fred,Ab*,0x10-0x40`; drivers, `mydrv,nt_*`. Return 0,
 * -EINVAL, -ENOMEM, or -ENODEV while ntpool stops. Sleep.
 */
int ntpool_filter_set_tags(struct ntpool_filter *filter, const char *text);
int ntpool_filter_set_drivers(struct ntpool_filter *filter, const char *text);
/*
 * The same in two steps: parse a text to *@list, NULL if it is `*`, and replace. Parsing returns
 * 0, -EINVAL or -ENOMEM; replacing takes @list over and returns 0 or -ENODEV. Sleep.
 */
int ntpool_filter_parse_tags(const char *text, struct ntpool_filter_list **list);
int ntpool_filter_parse_drivers(const char *text, struct ntpool_filter_list **list);
int ntpool_filter_replace(struct ntpool_filter *filter, struct ntpool_filter_list *list);
/* Frees a parsed list that replaces none; it may be NULL. */
void ntpool_filter_free(struct ntpool_filter_list *list);
/* Copies the patterns, without blanks, to @buf of NTPOOL_FILTER_TEXT bytes. Any context. */
void ntpool_filter_text(struct ntpool_filter *filter, char *buf);

/* True if the filter matches. Any context. */
bool ntpool_filter_matches_tag(struct ntpool_filter *filter, u32 tag, size_t size);
bool ntpool_filter_matches_driver(struct ntpool_filter *filter, unsigned long caller);

/* The file verifier/tags and the parameter verifier_drivers. */
extern struct ntpool_filter ntpool_filter_tags;
extern struct ntpool_filter ntpool_filter_drivers;
/* The additional patterns of low resources simulation. */
extern struct ntpool_filter ntpool_fault_tags;
extern struct ntpool_filter ntpool_fault_drivers;

/* True if the verifier applies to the driver that @caller is in. Any context. */
static inline bool ntpool_filter_driver(unsigned long caller)
{
	return ntpool_filter_matches_driver(&ntpool_filter_drivers, caller);
}

/* True if special pool and low resources simulation apply to this request. Any context. */
static inline bool ntpool_filter_hits(u32 tag, size_t size, unsigned long caller)
{
	return ntpool_filter_matches_tag(&ntpool_filter_tags, tag, size) &&
	       ntpool_filter_driver(caller);
}

#endif
