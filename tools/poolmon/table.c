// SPDX-License-Identifier: GPL-2.0
/*
 * Batch output: a view as a table, raw text or JSON, by libsmartcols.
 */
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "poolmon.h"

void columns_add(struct options *o, enum column column)
{
	size_t i;

	for (i = 0; i < o->nr_columns; i++)
		if (o->columns[i] == column)
			return;
	o->columns[o->nr_columns++] = column;
}

void columns_default(struct options *o)
{
	enum column column;

	for (column = COL_TAG; column <= COL_DRIVER; column++)
		columns_add(o, column);
	if (o->view.pooltags)
		columns_add(o, COL_DESCRIPTION);
}

/* Whether the call sites must be read */
bool wants_driver(const struct options *o)
{
	size_t i;

	if (o->view.sort == COL_DRIVER || o->filter.search || o->owner_label)
		return true;
	for (i = 0; i < o->nr_columns; i++)
		if (o->columns[i] == COL_DRIVER)
			return true;
	return false;
}

/* Returns a table without columns in the form that the options ask for, or NULL. */
struct libscols_table *output_table(const struct options *o, const char *name)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		return NULL;
	scols_table_set_name(table, name);
	scols_table_enable_json(table, o->json);
	scols_table_enable_raw(table, o->raw);
	scols_table_enable_noheadings(table, o->no_headings);
	/* A table of figures is never cut to the width of a terminal. */
	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	return table;
}

bool output_column(struct libscols_table *table, const char *name, bool is_text, int flags)
{
	struct libscols_column *column;

	column = scols_table_new_column(table, name, 0, flags | (is_text ? 0 : SCOLS_FL_RIGHT));
	return column && !scols_column_set_json_type(column, is_text ? SCOLS_JSON_STRING :
							       SCOLS_JSON_NUMBER);
}

/* Sets a cell. Raw text has one word for each column; elsewhere an empty cell stays empty. */
int output_cell(const struct options *o, struct libscols_line *line, size_t column,
		const char *text)
{
	if (!text[0])
		return o->raw ? scols_line_set_data(line, column, "-") : 0;
	return scols_line_set_data(line, column, text);
}

static int columns_make(struct libscols_table *table, const struct options *o)
{
	size_t i;

	for (i = 0; i < o->nr_columns; i++) {
		const struct column_info *info = &column_info[o->columns[i]];

		if (!output_column(table, info->name, info->is_text, 0))
			return -1;
	}
	return 0;
}

static int table_add(struct libscols_table *table, const struct options *o,
		     const struct view *view, const struct row *row)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char text[256];
	size_t i;
	int err = line ? 0 : -1;

	for (i = 0; i < o->nr_columns && !err; i++) {
		row_text(view, row, o->columns[i], text, sizeof(text));
		err = output_cell(o, line, i, text);
	}
	return err;
}

enum status table_print(const struct options *o, const struct view *view, FILE *to)
{
	struct libscols_table *table = output_table(o, "tags");
	size_t i, nr = view->nr;
	int err = table ? columns_make(table, o) : -1;

	if (o->top && o->top < nr)
		nr = o->top;
	for (i = 0; i < nr && !err; i++)
		err = table_add(table, o, view, &view->row[i]);
	for (i = 0; i < TYPES && o->totals && !err; i++)
		if (!o->filter.hide[i])
			err = table_add(table, o, view, &view->total[i]);
	if (!err)
		err = scols_table_set_stream(table, to);
	if (!err)
		err = scols_print_table(table);
	if (table)
		scols_unref_table(table);
	if (err) {
		complain("the table cannot be printed");
		return PM_FAILED;
	}
	return PM_OK;
}

/* Saves the table of the view; the caller or a message has the cause of a failure. */
enum status table_save(const struct options *o, const char *path)
{
	FILE *to = fopen(path, "we");
	enum status status;

	if (!to)
		return PM_FAILED;
	status = table_print(o, &o->view, to);
	if (fflush(to) || ferror(to) || (fsync(fileno(to)) && errno != EINVAL))
		status = PM_FAILED;
	if (fclose(to))
		status = PM_FAILED;
	return status;
}
