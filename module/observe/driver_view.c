// SPDX-License-Identifier: GPL-2.0
/*
 * The files `lookaside`, `quota`, `raises` and `sections`: figures per driver or process.
 *
 * lookaside	Lookaside lists with their depths and hits, as NT's !lookaside shows them.
 * quota	Processes with charges, and running ones that had some. Bytes are those
 *		of whole blocks.
 * raises	Raises of a status by driver, with a handler and without; "-" is code in
 *		no driver.
 * sections	Code and data of each module that is linked against ntpool, and how often
 *		each is locked.
 *
 * Locking: none; see debugfs.c. Context: process context.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/seq_file.h>

#include "account/quota.h"
#include "base/callsite.h"
#include "base/sort.h"
#include "base/text.h"
#include "ddi/raise.h"
#include "ddi/section.h"
#include "parts.h"
#include "lists/lookaside.h"
#include "observe/debugfs.h"

enum {
	LISTS_FIRST_ROOM = 64,
};

/* lookaside */

struct list_rows {
	struct ntpool_lookaside_info *row;
	size_t nr;
	size_t room;
};

static int lists_grow(struct list_rows *lists)
{
	size_t room = lists->room ? 2 * lists->room : LISTS_FIRST_ROOM;
	struct ntpool_lookaside_info *row = ntpool_rows_alloc(room, sizeof(*row));

	if (!row)
		return -ENOMEM;
	if (lists->nr)
		memcpy(row, lists->row, lists->nr * sizeof(*row));
	kvfree(lists->row);
	lists->row = row;
	lists->room = room;
	return 0;
}

static int lists_add(const struct ntpool_lookaside_info *info, void *arg)
{
	struct list_rows *lists = arg;

	if (lists->nr == lists->room && lists_grow(lists))
		return -ENOMEM;
	lists->row[lists->nr++] = *info;
	return 0;
}

static int lists_compare(const void *a, const void *b)
{
	const struct ntpool_lookaside_info *x = a, *y = b;

	return ntpool_tag_cmp(x->tag, y->tag) ?: (int)x->type - (int)y->type ?:
	       ntpool_order(x->size, y->size) ?: ntpool_order(x->owner, y->owner);
}

static void *lists_snapshot(size_t *nr)
{
	struct list_rows lists = {};

	if (lists_grow(&lists) || ntpool_lookaside_for_each(lists_add, &lists)) {
		kvfree(lists.row);
		return NULL;
	}
	ntpool_sort(lists.row, lists.nr, sizeof(*lists.row), lists_compare);
	*nr = lists.nr;
	return lists.row;
}

static void lists_show(struct seq_file *m, const void *row)
{
	const struct ntpool_lookaside_info *info = row;
	char owner[NTPOOL_CALLSITE_TEXT];

	ntpool_callsite_text(info->owner, owner, sizeof(owner));
	ntpool_show_tag(m, info->tag, info->type);
	seq_printf(m, " %6u %5u %5u %6lu %10lu %8lu %10lu %8lu %s\n", info->size,
		   info->depth, info->max_depth, info->cached, info->allocs,
		   info->alloc_misses, info->frees, info->free_misses, owner);
}

/* quota */

static void *quota_snapshot(size_t *nr)
{
	return ntpool_quota_snapshot(nr);
}

/* A process may have blanks in its name. The column must be one word. */
static void show_comm(struct seq_file *m, const char *comm)
{
	if (*comm)
		seq_escape(m, comm, " \t\n\\");
	else
		seq_putc(m, '-');
}

static void quota_show(struct seq_file *m, const void *row)
{
	const struct ntpool_quota_row *quota = row;

	seq_printf(m, "%7d ", quota->pid);
	show_comm(m, quota->comm);
	seq_printf(m, " %12lu %12lu %12lu %12lu %8lu\n", quota->used[NTPOOL_NONPAGED],
		   quota->used[NTPOOL_PAGED], quota->peak[NTPOOL_NONPAGED],
		   quota->peak[NTPOOL_PAGED], quota->refused);
}

/* raises */

static void *raises_snapshot(size_t *nr)
{
	return ntpool_raises_snapshot(nr);
}

static void raises_show(struct seq_file *m, const void *row)
{
	const struct ntpool_raise_row *raise = row;

	seq_printf(m, "%-20s %8lu %10lu\n", raise->owner, raise->handled, raise->unhandled);
}

/* sections */

static void *sections_snapshot(size_t *nr)
{
	return ntpool_sections_snapshot(nr);
}

static void sections_show(struct seq_file *m, const void *row)
{
	const struct ntpool_section_row *section = row;

	seq_printf(m, "%-20s %-7s %5lu\n", section->module, section->section, section->locks);
}

static const struct ntpool_file driver_files[] = {
	{
		.name = "lookaside",
		.columns =
			"tag type size depth max_depth cached allocs alloc_misses frees free_misses owner",
		.row_size = sizeof(struct ntpool_lookaside_info),
		.snapshot = lists_snapshot,
		.show = lists_show,
	}, {
		.name = "quota",
		.columns =
			"pid comm nonpaged paged nonpaged_peak paged_peak refused",
		.row_size = sizeof(struct ntpool_quota_row),
		.snapshot = quota_snapshot,
		.show = quota_show,
	}, {
		.name = "raises",
		.columns = "owner handled unhandled",
		.row_size = sizeof(struct ntpool_raise_row),
		.snapshot = raises_snapshot,
		.show = raises_show,
	}, {
		.name = "sections",
		.columns = "module section locks",
		.row_size = sizeof(struct ntpool_section_row),
		.snapshot = sections_snapshot,
		.show = sections_show,
	},
};

/**
 * ntpool_driver_view_init() - register the files of this source
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_driver_view_init(void)
{
	ntpool_debugfs_add(driver_files, ARRAY_SIZE(driver_files));
	return 0;
}
