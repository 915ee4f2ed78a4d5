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
#include "init.h"
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
		if (sizes.site[i].size > PAGE_SIZE)
			sizes.site[used++] = sizes.site[i];
	*nr = used;
	return sizes.site;
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

/* What is left for a block when only full pages are whole pages; 0: no gain. */
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
		if (advice_rest(&sizes.site[i]))
			sizes.site[used++] = sizes.site[i];
	sort(sizes.site, used, sizeof(*sizes.site), advice_compare, NULL);
	*nr = min_t(size_t, used, ADVICE_ROWS);
	return sizes.site;
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
 * ntpool_run_view_init() - make the files of this source known
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_run_view_init(void)
{
	ntpool_debugfs_add(run_files, ARRAY_SIZE(run_files));
	return 0;
}
