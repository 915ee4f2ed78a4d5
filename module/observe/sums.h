/* SPDX-License-Identifier: GPL-2.0 */
/* Sums of live allocations: by call site (`callers`, leaks) and by size (`big`). */
#ifndef NTPOOL_SUMS_H
#define NTPOOL_SUMS_H

#include "base/types.h"

struct module;

/**
 * struct ntpool_sum - live allocations of one tag, pool type, and call site or size
 * @tag: pool tag
 * @type: pool type
 * @caller: call site of the allocations
 * @size: in a sum by size, bytes that each allocation requested
 * @past: 0: @caller is in loaded code; else number of the record of the freed code
 * @owner: with @past: module of the freed initialisation code; NULL: it is unloaded
 * @count: live allocations
 * @bytes: bytes that they take from the pool
 * @requested: bytes that they requested
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
 * struct ntpool_sums - a snapshot, sorted by tag as printed, pool type, caller or size
 * @nr: entries in use
 * @room: entries allocated
 * @sum: the entries
 */
struct ntpool_sums {
	size_t nr;
	size_t room;
	struct ntpool_sum *sum;
};

/* See sums.c for each routine. */
int ntpool_sums_by_caller(struct ntpool_sums *sums);
int ntpool_sums_by_size(struct ntpool_sums *sums);
void ntpool_sums_free(struct ntpool_sums *sums);

void ntpool_sum_name(const struct ntpool_sum *sum, char *buf, size_t size);
void ntpool_sums_module_coming(const struct module *mod);

#endif
