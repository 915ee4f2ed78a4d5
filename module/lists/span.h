/* SPDX-License-Identifier: GPL-2.0 */
/* Ranges of addresses, for searches in trees that are ordered by address. */
#ifndef NTPOOL_SPAN_H
#define NTPOOL_SPAN_H

#include <linux/types.h>

/**
 * struct ntpool_span - a range of addresses
 * @start: its first address
 * @size: bytes in it
 */
struct ntpool_span {
	unsigned long start;
	size_t size;
};

/* Returns 0 if @p lies in @span, 1 if it lies before, -1 if behind: as rb_find() compares. */
static inline int ntpool_span_cmp(const struct ntpool_span *span, const void *p)
{
	unsigned long addr = (unsigned long)p;

	if (addr < span->start)
		return 1;
	return addr - span->start < span->size ? 0 : -1;
}

#endif
