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

void *ntp_big_snapshot(size_t *nr)
{
	struct ntp_sites sizes;
	size_t i, used = 0;

	if (ntp_sizes_collect(&sizes))
		return NULL;
	for (i = 0; i < sizes.nr; i++)
		if (sizes.site[i].size > PAGE_SIZE)
			sizes.site[used++] = sizes.site[i];
	*nr = used;
	return sizes.site;
}

static unsigned long big_waste(const struct ntp_site *size)
{
	return PAGE_ALIGN(size->size) - size->size;
}

void ntp_big_show(struct seq_file *m, const void *row)
{
	const struct ntp_site *size = row;

	ntp_show_tag(m, size->tag, size->kind);
	seq_printf(m, " %10lu %6lu %5lu %8lu\n", size->size,
		   PAGE_ALIGN(size->size) >> PAGE_SHIFT, big_waste(size), size->count);
}

/* advice */

/* What is left for a block when only full pages are whole pages; 0: no gain. */
static unsigned long advice_rest(const struct ntp_site *size)
{
	unsigned long rest = offset_in_page(size->size);
	unsigned int units = max_t(unsigned int, ntp_size_units(rest), NTP_MIN_UNITS);

	if (size->size < PAGE_SIZE || rest > NTP_SMALL_MAX || units >= NTP_UNITS)
		return 0;
	return rest;
}

static unsigned long advice_total(const struct ntp_site *size)
{
	return big_waste(size) * size->count;
}

static int advice_compare(const void *a, const void *b)
{
	return ntp_order(advice_total(b), advice_total(a));
}

void *ntp_advice_snapshot(size_t *nr)
{
	struct ntp_sites sizes;
	size_t i, used = 0;

	if (ntp_sizes_collect(&sizes))
		return NULL;
	for (i = 0; i < sizes.nr; i++)
		if (advice_rest(&sizes.site[i]))
			sizes.site[used++] = sizes.site[i];
	sort(sizes.site, used, sizeof(*sizes.site), advice_compare, NULL);
	*nr = min_t(size_t, used, ADVICE_ROWS);
	return sizes.site;
}

void ntp_advice_show(struct seq_file *m, const void *row)
{
	const struct ntp_site *size = row;
	unsigned long rest = advice_rest(size);

	ntp_show_tag(m, size->tag, size->kind);
	seq_printf(m, " %10lu %5lu %8lu %lu+%lu\n", size->size, big_waste(size),
		   size->count, size->size - rest, rest);
}
