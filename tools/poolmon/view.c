// SPDX-License-Identifier: GPL-2.0
/*
 * A view: the tags of a snapshot that the filter takes, with their changes, sorted.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "poolmon.h"

const struct column_info column_info[COLUMNS] = {
	[COL_TAG] = { "tag", "Tag", 4, true, COL_TAG },
	[COL_TYPE] = { "type", "Type", 5, true, COL_TYPE },
	[COL_ALLOCS] = { "allocs", "Allocs", 9, false, COL_ALLOCS_DELTA },
	[COL_ALLOCS_DELTA] = { "allocs_delta", "", 7, false, COL_ALLOCS_DELTA },
	[COL_FREES] = { "frees", "Frees", 9, false, COL_FREES_DELTA },
	[COL_FREES_DELTA] = { "frees_delta", "", 7, false, COL_FREES_DELTA },
	[COL_DIFF] = { "diff", "Diff", 7, false, COL_DIFF_DELTA },
	[COL_DIFF_DELTA] = { "diff_delta", "", 7, false, COL_DIFF_DELTA },
	[COL_BYTES] = { "bytes", "Bytes", 10, false, COL_BYTES_DELTA },
	[COL_BYTES_DELTA] = { "bytes_delta", "", 7, false, COL_BYTES_DELTA },
	[COL_PER_ALLOC] = { "per_alloc", "PerAlloc", 8, false, COL_PER_ALLOC },
	[COL_REQUESTED] = { "requested", "Requested", 10, false, COL_REQUESTED },
	[COL_FAILED] = { "failed", "Failed", 6, false, COL_FAILED },
	[COL_DRIVER] = { "driver", "Driver", 12, true, COL_DRIVER },
	[COL_DESCRIPTION] = { "description", "Description", 12, true, COL_DESCRIPTION },
};

bool column_find(const char *name, enum column *column)
{
	int i;

	for (i = 0; i < COLUMNS; i++)
		if (!strcasecmp(name, column_info[i].name)) {
			*column = i;
			return true;
		}
	return false;
}

/* ---- Filter */

void filter_add(char ***list, size_t *nr, const char *pattern)
{
	*list = xrealloc(*list, *nr + 1, sizeof(**list));
	(*list)[(*nr)++] = xstrdup(pattern);
}

/* Hides no pool, paged pool or nonpaged pool by turns. */
void filter_pools(struct filter *filter, unsigned int steps)
{
	filter->hide[NONP] = steps % 3 == 2;
	filter->hide[PAGED] = steps % 3 == 1;
}

/*
 * A pattern is compared with the four characters, and with the word of debugfs. A shorter tag is
 * also compared without the blanks or zero bytes at its end.
 */
static bool any_matches(char **list, size_t nr, uint32_t tag)
{
	char four[5], bare[5], word[TAG_TEXT];
	size_t i;

	if (!nr)
		return false;
	tag_text(tag, word);
	tag_show(tag, four);
	tag_show(tag, bare);
	for (i = 4; i && (bare[i - 1] == ' ' || !(tag >> 8 * (i - 1) & 0xff)); i--)
		bare[i - 1] = '\0';
	for (i = 0; i < nr; i++)
		if (glob_match(list[i], four) || glob_match(list[i], bare) ||
		    glob_match(list[i], word))
			return true;
	return false;
}

static bool search_finds(const char *search, const struct snapshot *s,
			 const struct tag_row *row)
{
	char four[5];

	tag_show(row->tag, four);
	return strcasestr(four, search) ||
	       (row->caller && strcasestr(s->names + row->caller, search));
}

bool filter_takes(const struct filter *filter, const struct snapshot *s,
		  const struct tag_row *row)
{
	if (filter->hide[row->type])
		return false;
	if (filter->nr_include &&
	    !any_matches(filter->include, filter->nr_include, row->tag))
		return false;
	if (any_matches(filter->exclude, filter->nr_exclude, row->tag))
		return false;
	return !filter->search || !*filter->search || search_finds(filter->search, s, row);
}

/* ---- Changes */

static const struct tag_row *before_of(const struct snapshot *before,
				       const struct tag_row *now, size_t *at)
{
	static const struct tag_row none;
	int order;

	for (; *at < before->nr_tags; (*at)++) {
		const struct tag_row *row = &before->tag[*at];

		order = key_cmp(row->tag, row->type, now->tag, now->type);
		if (!order) {
			/* Counters that went back are those of another load of ntpool. */
			if (row->allocs > now->allocs || row->frees > now->frees)
				break;
			return row;
		}
		if (order > 0)
			break;
	}
	return &none;
}

static struct row row_of(const struct tag_row *now, const struct tag_row *old)
{
	struct row row = {
		.now = now,
		.allocs = now->allocs - old->allocs,
		.frees = now->frees - old->frees,
		.diff = now->diff - old->diff,
		.bytes = now->bytes - old->bytes,
	};

	row.changed = row.allocs || row.frees || row.bytes || now->failed != old->failed;
	return row;
}

static void total_add(struct view *view, const struct row *row)
{
	struct row *total = &view->total[row->now->type];

	tag_row_add(&view->total_tag[row->now->type], row->now);
	total->allocs += row->allocs;
	total->frees += row->frees;
	total->diff += row->diff;
	total->bytes += row->bytes;
}

/* Without a snapshot before, nothing has changed. */
void view_update(struct view *view, const struct snapshot *before,
		 const struct snapshot *now, const struct filter *filter)
{
	size_t i, at = 0;

	view->now = now;
	view->nr = 0;
	memset(view->total, 0, sizeof(view->total));
	memset(view->total_tag, 0, sizeof(view->total_tag));
	for (i = 0; i < TYPES; i++) {
		view->total[i].now = &view->total_tag[i];
		view->total[i].is_total = true;
		view->total_tag[i].type = i;
	}
	if (now->nr_tags > view->room) {
		view->room = now->nr_tags;
		view->row = xrealloc(view->row, view->room, sizeof(*view->row));
	}
	for (i = 0; i < now->nr_tags; i++) {
		const struct tag_row *tag = &now->tag[i];
		struct row row = row_of(tag, before ? before_of(before, tag, &at) : tag);

		if (!filter_takes(filter, now, tag))
			continue;
		view->row[view->nr++] = row;
		total_add(view, &row);
	}
	view_sort(view);
}

void view_free(struct view *view)
{
	free(view->row);
	view->row = NULL;
	view->room = 0;
	view->nr = 0;
}

/* ---- Values */

static uint64_t per_alloc(const struct tag_row *now)
{
	return now->diff ? now->bytes / now->diff : 0;
}

/* Returns whether the value is signed: a change. */
static bool value_of(const struct row *row, enum column column, uint64_t *value)
{
	switch (column) {
	case COL_ALLOCS:
		*value = row->now->allocs;
		return false;
	case COL_FREES:
		*value = row->now->frees;
		return false;
	case COL_DIFF:
		*value = row->now->diff;
		return false;
	case COL_BYTES:
		*value = row->now->bytes;
		return false;
	case COL_PER_ALLOC:
		*value = per_alloc(row->now);
		return false;
	case COL_REQUESTED:
		*value = row->now->requested;
		return false;
	case COL_FAILED:
		*value = row->now->failed;
		return false;
	case COL_ALLOCS_DELTA:
		*value = row->allocs;
		return true;
	case COL_FREES_DELTA:
		*value = row->frees;
		return true;
	case COL_DIFF_DELTA:
		*value = row->diff;
		return true;
	case COL_BYTES_DELTA:
		*value = row->bytes;
		return true;
	default:
		*value = 0;
		return false;
	}
}

/* The module of the largest call site; a tag without live blocks has none. */
const char *row_driver(const struct view *view, const struct row *row, char *buf, size_t size)
{
	if (row->now->caller)
		caller_driver(view->now->names + row->now->caller, buf, size);
	else
		buf[0] = '\0';
	return buf;
}

/* From pooltag.txt: the driver that the tag was registered for, and its use */
static void row_description(const struct view *view, const struct row *row, char *buf,
			    size_t size)
{
	const char *driver, *description;

	buf[0] = '\0';
	if (view->pooltags && !row->is_total &&
	    pooltags_find(view->pooltags, row->now->tag, &driver, &description))
		snprintf(buf, size, "%s%s%s", driver, *description ? ": " : "", description);
}

void row_text(const struct view *view, const struct row *row, enum column column, char *buf,
	      size_t size)
{
	char word[TAG_TEXT];
	uint64_t value;

	switch (column) {
	case COL_TAG:
		tag_text(row->now->tag, word);
		snprintf(buf, size, "%s", row->is_total ? "Total" : word);
		break;
	case COL_TYPE:
		snprintf(buf, size, "%s", type_name(row->now->type));
		break;
	case COL_DRIVER:
		row_driver(view, row, buf, size);
		break;
	case COL_DESCRIPTION:
		row_description(view, row, buf, size);
		break;
	default:
		if (value_of(row, column, &value))
			snprintf(buf, size, "%" PRId64, (int64_t)value);
		else
			snprintf(buf, size, "%" PRIu64, value);
	}
}

/* ---- Order */

static int text_compare(const struct view *view, const struct row *a, const struct row *b)
{
	char x[128], y[128];

	if (view->sort == COL_TAG)
		return 0;
	row_text(view, a, view->sort, x, sizeof(x));
	row_text(view, b, view->sort, y, sizeof(y));
	return strcmp(x, y);
}

static int number_compare(const struct view *view, const struct row *a, const struct row *b)
{
	enum column column = view->by_change ? column_info[view->sort].delta : view->sort;
	uint64_t x, y;

	if (value_of(a, column, &x)) {
		value_of(b, column, &y);
		return (int64_t)x == (int64_t)y ? 0 : (int64_t)x > (int64_t)y ? -1 : 1;
	}
	value_of(b, column, &y);
	return x == y ? 0 : x > y ? -1 : 1;
}

/* Numbers descend, texts ascend. Equal rows are in the order of the tags. */
static int row_compare(const void *a, const void *b, void *arg)
{
	const struct view *view = arg;
	const struct row *x = a, *y = b;
	int order;

	if (column_info[view->sort].is_text)
		order = text_compare(view, x, y);
	else
		order = number_compare(view, x, y);
	if (!order)
		order = x->now < y->now ? -1 : x->now > y->now;
	return view->reverse ? -order : order;
}

void view_sort(struct view *view)
{
	if (view->nr)
		qsort_r(view->row, view->nr, sizeof(*view->row), row_compare, view);
}
