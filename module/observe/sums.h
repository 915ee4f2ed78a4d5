/* SPDX-License-Identifier: GPL-2.0 */
/* Live allocations summed up: by call site (`callers`, leaks) and by size (`big`). */
#ifndef NTPOOL_SUMS_H
#define NTPOOL_SUMS_H

#include "base/types.h"

struct module;

/**
 * struct ntpool_sum - live allocations of one tag, pool, and call site or size
 * @tag: pool tag
 * @type: which pool
 * @caller: address that the allocating calls return to
 * @size: instead of @caller in a sum by size: bytes that each call asked for
 * @past: 0: @caller is in code that is there now; else which remembered text is
 *	  that of the code which was there when the blocks were allocated
 * @owner: with @past: the module that this code belonged to; NULL: it is unloaded
 * @count: live allocations
 * @bytes: taken from the pool by them
 * @requested: asked for by their drivers
 */
struct ntpool_sum {
	u32 tag;
	enum ntpool_type type;
	union {
		unsigned long caller;
		unsigned long size;
	};
	unsigned int past;
	const struct module *owner;
	unsigned long count;
	unsigned long bytes;
	unsigned long requested;
};

/**
 * struct ntpool_sums - a snapshot, sorted by tag as printed, kind, caller or size
 * @nr: entries in use
 * @room: entries allocated
 * @site: the entries
 */
struct ntpool_sums {
	size_t nr;
	size_t room;
	struct ntpool_sum *site;
};

/*
 * All live allocations by call site; those of whole pages by size. Both sleep.
 * 0 or -ENOMEM; on success the caller ends with ntpool_sums_free().
 */
int ntpool_sums_by_caller(struct ntpool_sums *sums);
int ntpool_sums_by_size(struct ntpool_sums *sums);
void ntpool_sums_free(struct ntpool_sums *sums);

/* The call site of a sum by caller, also of code that has gone. Any context. */
void ntpool_sum_name(const struct ntpool_sum *site, char *buf, size_t size);

/* @mod is new: addresses in it mean its own code from now on. Sleeps. */
void ntpool_sums_module_coming(const struct module *mod);

#endif
