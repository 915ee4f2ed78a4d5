// SPDX-License-Identifier: GPL-2.0
/*
 * Two of the files below /sys/kernel/debug/ntpool: whole pages, and what they waste.
 *
 * big		allocations above one page; pages and waste are those of one of them.
 * advice	of those, the sizes that waste most (waste times count), and how each
 *		could be split into whole pages and a block for the rest, if that is
 *		cheaper with the block's header and rounding counted in.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/sort.h>

#include "heap/heap.h"
#include "observe/callsite.h"
#include "observe/debugfs.h"

enum {
	ADVICE_ROWS = 16,
};

/* big */

void *ntpool_run_snapshot(size_t *nr)
{
	struct ntpool_callsites sizes;
	size_t i, used = 0;

	if (ntpool_sizes_collect(&sizes))
		return NULL;
	for (i = 0; i < sizes.nr; i++)
		if (sizes.site[i].size > PAGE_SIZE)
			sizes.site[used++] = sizes.site[i];
	*nr = used;
	return sizes.site;
}

static unsigned long run_waste(const struct ntpool_callsite *size)
{
	return PAGE_ALIGN(size->size) - size->size;
}

void ntpool_run_show(struct seq_file *m, const void *row)
{
	const struct ntpool_callsite *size = row;

	ntpool_show_tag(m, size->tag, size->type);
	seq_printf(m, " %10lu %6lu %5lu %8lu\n", size->size,
		   PAGE_ALIGN(size->size) >> PAGE_SHIFT, run_waste(size), size->count);
}

/* advice */

/* What is left for a block when only full pages are whole pages; 0: no gain. */
static unsigned long advice_rest(const struct ntpool_callsite *size)
{
	unsigned long rest = offset_in_page(size->size);
	unsigned int granules =
		max_t(unsigned int, ntpool_size_granules(rest), NTPOOL_MIN_GRANULES);

	if (size->size < PAGE_SIZE || rest > NTPOOL_SMALL_MAX || granules >= NTPOOL_GRANULES)
		return 0;
	return rest;
}

static unsigned long advice_total(const struct ntpool_callsite *size)
{
	return run_waste(size) * size->count;
}

static int advice_compare(const void *a, const void *b)
{
	return ntpool_order(advice_total(b), advice_total(a));
}

void *ntpool_advice_snapshot(size_t *nr)
{
	struct ntpool_callsites sizes;
	size_t i, used = 0;

	if (ntpool_sizes_collect(&sizes))
		return NULL;
	for (i = 0; i < sizes.nr; i++)
		if (advice_rest(&sizes.site[i]))
			sizes.site[used++] = sizes.site[i];
	sort(sizes.site, used, sizeof(*sizes.site), advice_compare, NULL);
	*nr = min_t(size_t, used, ADVICE_ROWS);
	return sizes.site;
}

void ntpool_advice_show(struct seq_file *m, const void *row)
{
	const struct ntpool_callsite *size = row;
	unsigned long rest = advice_rest(size);

	ntpool_show_tag(m, size->tag, size->type);
	seq_printf(m, " %10lu %5lu %8lu %lu+%lu\n", size->size, run_waste(size),
		   size->count, size->size - rest, rest);
}
