// SPDX-License-Identifier: GPL-2.0
/*
 * poolmon diff: how tags and their call sites changed between two samples.
 *
 * The samples are the last ones of two records, or the first and the last one of a single
 * record. A tag is a row of a tree, its call sites are the branches.
 */
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

static const struct {
	const char *name;
	bool is_text;
} columns[] = {
	{ "tag", true }, { "type", true }, { "count", false }, { "count_change", false },
	{ "bytes", false }, { "bytes_change", false }, { "percent", false },
	{ "caller", true },
};

enum { COLUMNS_NR = sizeof(columns) / sizeof(columns[0]) };

/* A tag or a call site in both samples */
struct change {
	uint32_t tag;
	enum type type;
	const char *caller;	/* NULL: a tag */
	uint64_t count[2], bytes[2];
};

static int64_t grown(const struct change *c)
{
	return (int64_t)(c->bytes[1] - c->bytes[0]);
}

/* Order by what they are about, so that equal ones meet */
static int key_order(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	int order = key_cmp(x->tag, x->type, y->tag, y->type);

	if (!order && x->caller && y->caller)
		order = strcmp(x->caller, y->caller);
	return order;
}

static int growth_order(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	if (grown(x) != grown(y))
		return grown(x) > grown(y) ? -1 : 1;
	return key_order(a, b);
}

/* Sorts, and adds up what is about the same; returns how many are left. */
static size_t changes_merge(struct change *change, size_t nr)
{
	size_t i, used = 0;
	int side;

	qsort(change, nr, sizeof(*change), key_order);
	for (i = 0; i < nr; i++) {
		if (!used || key_order(&change[used - 1], &change[i])) {
			change[used++] = change[i];
			continue;
		}
		for (side = 0; side < 2; side++) {
			change[used - 1].count[side] += change[i].count[side];
			change[used - 1].bytes[side] += change[i].bytes[side];
		}
	}
	qsort(change, used, sizeof(*change), growth_order);
	return used;
}

static size_t tag_changes(const struct options *o, const struct snapshot *s,
			  struct change **out)
{
	struct change *change = xrealloc(NULL, s[0].nr_tags + s[1].nr_tags, sizeof(*change));
	size_t i, nr = 0;
	int side;

	for (side = 0; side < 2; side++)
		for (i = 0; i < s[side].nr_tags; i++) {
			const struct tag_row *t = &s[side].tag[i];

			if (!filter_takes(&o->filter, &s[side], t))
				continue;
			change[nr] = (struct change){ .tag = t->tag, .type = t->type };
			change[nr].count[side] = t->diff;
			change[nr++].bytes[side] = t->bytes;
		}
	*out = change;
	return changes_merge(change, nr);
}

static size_t call_changes(const struct snapshot *s, struct change **out)
{
	struct change *change = xrealloc(NULL, s[0].nr_calls + s[1].nr_calls,
					 sizeof(*change));
	size_t i, nr = 0;
	int side;

	for (side = 0; side < 2; side++)
		for (i = 0; i < s[side].nr_calls; i++) {
			const struct call_row *c = &s[side].call[i];

			change[nr] = (struct change){ .tag = c->tag, .type = c->type,
				.caller = s[side].names + c->caller };
			change[nr].count[side] = c->count;
			change[nr++].bytes[side] = c->bytes;
		}
	*out = change;
	return changes_merge(change, nr);
}

static int columns_make(struct libscols_table *table, const struct options *o)
{
	int i;

	scols_table_enable_ascii(table, 1);
	for (i = 0; i < COLUMNS_NR; i++)
		/* Raw text has no branches: each row says its tag. */
		if (!output_column(table, columns[i].name, columns[i].is_text,
				   i == 0 && !o->raw ? SCOLS_FL_TREE : 0))
			return -1;
	return 0;
}

static int line_set(struct libscols_line *line, const struct options *o, const struct change *c)
{
	char text[COLUMNS_NR - 1][40];
	int i, err = 0;

	tag_text(c->tag, text[0]);
	snprintf(text[1], sizeof(text[1]), "%s", type_name(c->type));
	snprintf(text[2], sizeof(text[2]), "%" PRIu64, c->count[1]);
	snprintf(text[3], sizeof(text[3]), "%" PRId64, (int64_t)(c->count[1] - c->count[0]));
	snprintf(text[4], sizeof(text[4]), "%" PRIu64, c->bytes[1]);
	snprintf(text[5], sizeof(text[5]), "%" PRId64, grown(c));
	/* Growth from nothing has no percentage. */
	text[6][0] = '\0';
	if (c->bytes[0])
		snprintf(text[6], sizeof(text[6]), "%.1f", 100.0 * grown(c) / c->bytes[0]);
	for (i = 0; i < COLUMNS_NR - 1 && !err; i++)
		err = output_cell(o, line, i, text[i]);
	return err ? err : output_cell(o, line, i, c->caller ? c->caller : "");
}

static bool is_changed(const struct change *c)
{
	return c->bytes[0] != c->bytes[1] || c->count[0] != c->count[1];
}

static int table_fill(struct libscols_table *table, const struct options *o, bool all,
		      const struct snapshot *s)
{
	struct libscols_line *line, *branch;
	struct change *tag, *call;
	size_t nr_tags = tag_changes(o, s, &tag), nr_calls = call_changes(s, &call), i, k;
	size_t left = o->top ? o->top : SIZE_MAX;
	int err = 0;

	for (i = 0; i < nr_tags && left && !err; i++) {
		if (!all && !is_changed(&tag[i]))
			continue;
		left--;
		line = scols_table_new_line(table, NULL);
		err = line ? line_set(line, o, &tag[i]) : -1;
		for (k = 0; k < nr_calls && !err; k++) {
			if (call[k].tag != tag[i].tag || call[k].type != tag[i].type ||
			    !(all || is_changed(&call[k])))
				continue;
			branch = scols_table_new_line(table, o->raw ? NULL : line);
			err = branch ? line_set(branch, o, &call[k]) : -1;
		}
	}
	free(tag);
	free(call);
	return err;
}

/* Reads the first and the last sample, those that are wanted. */
static enum status read_ends(const char *path, struct snapshot *first, struct snapshot *last)
{
	struct snapshot *into;
	struct record r;
	struct sample s;
	enum status status = record_open(&r, path);
	size_t nr = 0;

	if (status != PM_OK)
		return status;
	while (status == PM_OK && record_next(&r, &s)) {
		into = !nr++ && first ? first : last;
		snapshot_free(into);
		status = sample_parse(&s, into);
	}
	if (r.damaged)
		complain("%s: damaged samples were skipped", path);
	if (status != PM_OK)
		complain("%s: a sample has a format that this version does not know", path);
	else if (nr < (first ? 2 : 1))
		complain("%s: a record with %s is needed", path,
			 first ? "two samples" : "a sample");
	record_close(&r);
	return status == PM_OK && nr < (first ? 2 : 1) ? PM_FAILED : status;
}

enum status diff_run(const struct options *o, const char *a, const char *b, bool all)
{
	struct libscols_table *table = NULL;
	struct snapshot s[2];
	enum status status;

	memset(s, 0, sizeof(s));
	status = b ? read_ends(a, NULL, &s[0]) : read_ends(a, &s[0], &s[1]);
	if (status == PM_OK && b)
		status = read_ends(b, NULL, &s[1]);
	if (status == PM_OK) {
		table = output_table(o, "changes");
		if (!table || columns_make(table, o) ||
		    table_fill(table, o, all, s) || scols_print_table(table)) {
			complain("the table cannot be printed");
			status = PM_FAILED;
		}
	}
	if (table)
		scols_unref_table(table);
	snapshot_free(&s[0]);
	snapshot_free(&s[1]);
	return status;
}
