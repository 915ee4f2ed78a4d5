// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of the screen that are texts: help, call sites, lookaside lists, one tag.
 */
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "poolmon.h"

static const char help_text[] =
"p        nonpaged pool, paged pool, both\n"
"t a f    sort by tag, allocations, frees\n"
"d b m    sort by difference, bytes, bytes per allocation\n"
"( )      sort by the change since the last sample, or by the value\n"
"< >      sort by the column to the left, to the right\n"
"e        totals of the pools\n"
"l        mark lines that changed\n"
"ENTER    the tag: call sites, sizes, lookaside lists, stacks under tracking\n"
"c        call sites          L        lookaside lists\n"
"SPACE    pause               s        interval\n"
"/        filter              w        save the table to a file\n"
"arrows, PgUp, PgDn, Home, End   scroll; left and right move the columns\n"
"Ctrl-L   draw all lines again\n"
"h ?      this text           q ESC    back, or quit\n";

/* Writes a table of texts; a row is NR cells. */
static void print_cells(FILE *to, const char *const *title, size_t nr, char ***cell,
			size_t rows)
{
	struct libscols_table *table = scols_new_table();
	size_t row, i;
	char *text = NULL;

	if (!table)
		return;
	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	for (i = 0; i < nr; i++)
		scols_table_new_column(table, title[i], 0,
				       i < 2 || i == nr - 1 ? 0 : SCOLS_FL_RIGHT);
	for (row = 0; row < rows; row++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		for (i = 0; i < nr; i++) {
			if (line)
				scols_line_refer_data(line, i, cell[row][i]);
			else
				free(cell[row][i]);
		}
		free(cell[row]);
	}
	free(cell);
	if (rows && !scols_print_table_to_string(table, &text) && text)
		fputs(text, to);
	else
		fputs("none\n", to);
	fputc('\n', to);
	free(text);
	scols_unref_table(table);
}

static char *number_text(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return xstrdup(text);
}

static char **cells_new(uint32_t tag, enum type type, const uint64_t *value, size_t nr,
			const char *name)
{
	char **cell = xrealloc(NULL, nr + 3, sizeof(*cell)), text[5];
	size_t i;

	tag_show(tag, text);
	cell[0] = xstrdup(text);
	cell[1] = xstrdup(type_name(type));
	for (i = 0; i < nr; i++)
		cell[2 + i] = number_text(value[i]);
	cell[2 + nr] = xstrdup(name);
	return cell;
}

static bool is_asked(bool all, uint32_t tag, enum type type, uint32_t row_tag,
		     enum type row_type)
{
	return all || (tag == row_tag && type == row_type);
}

static void print_calls(FILE *to, const struct snapshot *s, bool all, uint32_t tag,
			enum type type)
{
	static const char *const title[] = {
		"Tag", "Type", "Count", "Bytes", "Requested", "Call site",
	};
	char ***cell = xrealloc(NULL, s->nr_calls, sizeof(*cell));
	size_t i, rows = 0;

	for (i = 0; i < s->nr_calls; i++) {
		const struct call_row *row = &s->call[i];
		const uint64_t value[] = { row->count, row->bytes, row->requested };

		if (is_asked(all, tag, type, row->tag, row->type))
			cell[rows++] = cells_new(row->tag, row->type, value, 3,
						 s->names + row->caller);
	}
	print_cells(to, title, 6, cell, rows);
}

static void print_lists(FILE *to, const struct snapshot *s, bool all, uint32_t tag,
			enum type type)
{
	static const char *const title[] = {
		"Tag", "Type", "Size", "Depth", "Max", "Cached", "Allocs", "Misses", "Frees",
		"Misses", "Owner",
	};
	char ***cell = xrealloc(NULL, s->nr_lists, sizeof(*cell));
	size_t i, rows = 0;

	for (i = 0; i < s->nr_lists; i++) {
		const struct list_row *row = &s->list[i];
		const uint64_t value[] = {
			row->size, row->depth, row->max_depth, row->cached, row->allocs,
			row->alloc_misses, row->frees, row->free_misses,
		};

		if (is_asked(all, tag, type, row->tag, row->type))
			cell[rows++] = cells_new(row->tag, row->type, value, 8,
						 s->names + row->owner);
	}
	print_cells(to, title, 11, cell, rows);
}

enum { LINES_OF_FILE = 200 };

/* Lines of a file about one tag of one pool, and the stacks behind them */
struct part_of_file {
	FILE *to;
	uint32_t tag;
	enum type type;
	int field;		/* place of the tag in a line; the type is the next one */
	bool inside;
	size_t lines;
};

/* The text behind so many words */
static const char *skip_words(const char *text, int nr)
{
	for (; nr; nr--) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	return text;
}

static bool tag_line(void *arg, char **text)
{
	struct part_of_file *part = arg;
	char tag_word[TAG_TEXT], type_word[8];
	enum type type;
	uint32_t tag;

	/* The frames of a stack begin with a blank. */
	if (**text != ' ')
		part->inside = sscanf(skip_words(*text, part->field), "%16s %7s", tag_word,
				      type_word) == 2 &&
			       tag_parse(tag_word, &tag) && type_parse(type_word, &type) &&
			       tag == part->tag && type == part->type;
	if (part->inside && part->lines++ < LINES_OF_FILE)
		fprintf(part->to, "%s\n", *text);
	return true;
}

static void print_file(FILE *to, const char *name, const char *columns, uint32_t tag,
		       enum type type, int field)
{
	struct part_of_file part = { .to = to, .tag = tag, .type = type, .field = field };

	fprintf(to, "%s\n", columns);
	if (read_text(name, tag_line, &part) != PM_OK || !part.lines)
		fputs("none\n", to);
	if (part.lines > LINES_OF_FILE)
		fprintf(to, "%zu lines more\n", part.lines - LINES_OF_FILE);
	fputc('\n', to);
}

static void print_tag_page(FILE *to, const struct snapshot *s, uint32_t tag, enum type type)
{
	const struct tag_row *row = snapshot_find(s, tag, type);
	char four[5];

	tag_show(tag, four);
	fprintf(to, "Tag %s, %s pool", four, type == PAGED ? "paged" : "nonpaged");
	if (row)
		fprintf(to, "\n%" PRIu64 " live allocations, %" PRIu64 " bytes, %" PRIu64
			" requested, %" PRIu64 " failed", row->diff, row->bytes, row->requested,
			row->failed);
	fputs("\n\nCall sites\n", to);
	print_calls(to, s, false, tag, type);
	fputs("Lookaside lists\n", to);
	print_lists(to, s, false, tag, type);
	print_file(to, "big", "Sizes above a page: tag type requested pages waste count", tag,
		   type, 0);
	print_file(to, "verifier/outstanding", "Blocks and stacks under tracking", tag, type, 1);
}

/* Returns a text for free(). */
char *page_text(enum page page, const struct snapshot *s, uint32_t tag, enum type type)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return xstrdup("out of memory\n");
	switch (page) {
	case PAGE_CALLS:
		print_calls(to, s, true, tag, type);
		break;
	case PAGE_LISTS:
		print_lists(to, s, true, tag, type);
		break;
	case PAGE_TAG:
		print_tag_page(to, s, tag, type);
		break;
	default:
		fputs(help_text, to);
	}
	fclose(to);
	return text;
}
