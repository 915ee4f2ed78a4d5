// SPDX-License-Identifier: GPL-2.0
/*
 * The files `big` and `advice`: runs of pages, and the bytes that they waste.
 *
 * big		Allocations above one page, by tag and size. pages and waste are those
 *		of one allocation.
 * advice	The sizes with the largest waste times count. Each row shows a split into
 *		whole pages and a block for the rest, if that takes less memory.
 *
 * NT has no such figures. A snapshot is an array of struct ntpool_sum from sums.c.
 *
 * Locking: none; see debugfs.c. Context: process context.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/seq_file.h>

#include "base/sort.h"
#include "heap/heap.h"
#include "parts.h"
#include "observe/debugfs.h"
#include "observe/sums.h"

enum {
	ADVICE_ROWS = 16,
};

/* big */

static void *run_snapshot(size_t *nr)
{
	struct ntpool_sums sizes;
	size_t i, used = 0;

	if (ntpool_sums_by_size(&sizes))
		return NULL;
	for (i = 0; i < sizes.nr; i++)
		if (sizes.sum[i].size > PAGE_SIZE)
			sizes.sum[used++] = sizes.sum[i];
	*nr = used;
	return sizes.sum;
}

static unsigned long run_waste(const struct ntpool_sum *size)
{
	return PAGE_ALIGN(size->size) - size->size;
}

static void run_show(struct seq_file *m, const void *row)
{
	const struct ntpool_sum *size = row;

	ntpool_show_tag(m, size->tag, size->type);
	seq_printf(m, " %10lu %6lu %5lu %8lu\n", size->size,
		   PAGE_ALIGN(size->size) >> PAGE_SHIFT, run_waste(size), size->count);
}

/* advice */

/* Returns the bytes for a block if the run had full pages only; 0: no gain. */
static unsigned long advice_rest(const struct ntpool_sum *size)
{
	unsigned long rest = offset_in_page(size->size);
	unsigned int granules =
		max_t(unsigned int, ntpool_size_granules(rest), NTPOOL_MIN_GRANULES);

	if (size->size < PAGE_SIZE || rest > NTPOOL_SMALL_MAX || granules >= NTPOOL_GRANULES)
		return 0;
	return rest;
}

static unsigned long advice_total(const struct ntpool_sum *size)
{
	return run_waste(size) * size->count;
}

static int advice_compare(const void *a, const void *b)
{
	return ntpool_order(advice_total(b), advice_total(a));
}

static void *advice_snapshot(size_t *nr)
{
	struct ntpool_sums sizes;
	size_t i, used = 0;

	if (ntpool_sums_by_size(&sizes))
		return NULL;
	for (i = 0; i < sizes.nr; i++)
		if (advice_rest(&sizes.sum[i]))
			sizes.sum[used++] = sizes.sum[i];
	ntpool_sort(sizes.sum, used, sizeof(*sizes.sum), advice_compare);
	*nr = min_t(size_t, used, ADVICE_ROWS);
	return sizes.sum;
}

static void advice_show(struct seq_file *m, const void *row)
{
	const struct ntpool_sum *size = row;
	unsigned long rest = advice_rest(size);

	ntpool_show_tag(m, size->tag, size->type);
	seq_printf(m, " %10lu %5lu %8lu %lu+%lu\n", size->size, run_waste(size),
		   size->count, size->size - rest, rest);
}

static const struct ntpool_file run_files[] = {
	{
		.name = "big",
		.columns = "tag type requested pages waste count",
		.row_size = sizeof(struct ntpool_sum),
		.snapshot = run_snapshot,
		.show = run_show,
	}, {
		.name = "advice",
		.columns = "tag type requested waste count advice",
		.row_size = sizeof(struct ntpool_sum),
		.snapshot = advice_snapshot,
		.show = advice_show,
	},
};

/**
 * ntpool_run_view_init() - register the files of this source
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_run_view_init(void)
{
	ntpool_debugfs_add(run_files, ARRAY_SIZE(run_files));
	return 0;
}
