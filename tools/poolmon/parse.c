// SPDX-License-Identifier: GPL-2.0
/*
 * Takes the text of one of ntpool's files apart.
 *
 * The first line is `# ntpool NAME VERSION`, the second one `# COLUMN ...`. Columns are
 * found by their names. The last column of a file takes the rest of its line, because a
 * call site has blanks. A file arrives in pieces of any size. A line without its end is
 * torn and never counts as a row.
 *
 * A file that cannot be trusted does no harm. A line has at most LINE_MAX_BYTES, and a
 * file at most ROWS_MAX rows. A row that does not parse is counted and left out.
 */
#include <stdlib.h>
#include <string.h>

#include "poolmon.h"

struct parser {
	const struct file_kind *kind;
	void *arg;
	enum status status;
	size_t line_nr, rows, bad;
	size_t used;			/* bytes of line */
	bool too_long;
	int place[FIELDS_MAX];		/* column of the file for each wanted one */
	int wanted, present;
	char line[LINE_MAX_BYTES];
};

struct parser *parser_new(const struct file_kind *kind, void *arg)
{
	struct parser *p = xrealloc(NULL, 1, sizeof(*p));

	memset(p, 0, offsetof(struct parser, line));
	p->kind = kind;
	p->arg = arg;
	return p;
}

/* The next word of the text, or NULL; the text moves behind it. */
static char *next_word(char **text)
{
	char *word = *text + strspn(*text, " \t");
	char *end = word + strcspn(word, " \t");

	if (!*word)
		return NULL;
	*text = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static void parse_version(struct parser *p)
{
	char *text = p->line, *word;
	uint64_t version;

	p->status = PM_UNKNOWN_VERSION;
	word = next_word(&text);
	if (!word || strcmp(word, "#"))
		return;
	word = next_word(&text);
	if (!word || strcmp(word, "ntpool"))
		return;
	word = next_word(&text);
	if (!word || strcmp(word, p->kind->name))
		return;
	word = next_word(&text);
	if (word && number_parse(word, &version) && version == FORMAT_VERSION)
		p->status = PM_OK;
}

static void parse_columns(struct parser *p)
{
	char *text = p->line, *word = next_word(&text);
	int i, found = 0;

	p->status = PM_UNKNOWN_VERSION;
	if (!word || strcmp(word, "#"))
		return;
	while (p->kind->columns[p->wanted])
		p->place[p->wanted++] = -1;
	for (; p->present < FIELDS_MAX && (word = next_word(&text)); p->present++)
		for (i = 0; i < p->wanted; i++)
			if (p->place[i] < 0 && !strcmp(word, p->kind->columns[i])) {
				p->place[i] = p->present;
				found++;
			}
	if (found == p->wanted && !next_word(&text))
		p->status = PM_OK;
}

static bool parse_row(struct parser *p)
{
	char *field[FIELDS_MAX], *wanted[FIELDS_MAX], *text = p->line;
	int i;

	for (i = 0; i < p->present - 1; i++) {
		field[i] = next_word(&text);
		if (!field[i])
			return false;
	}
	text += strspn(text, " \t");
	if (!*text)
		return false;
	field[p->present - 1] = text;
	for (i = 0; i < p->wanted; i++)
		wanted[i] = field[p->place[i]];
	return p->kind->row(p->arg, wanted);
}

static void parse_line(struct parser *p)
{
	bool broken = p->too_long || memchr(p->line, '\0', p->used);

	p->line[p->used] = '\0';
	p->used = 0;
	p->too_long = false;
	if (p->status != PM_OK)
		return;
	if (p->line_nr < 2) {
		if (broken)
			p->status = PM_UNKNOWN_VERSION;
		else if (p->line_nr == 0)
			parse_version(p);
		else
			parse_columns(p);
		p->line_nr++;
		return;
	}
	/* The call stacks of verifier/outstanding begin with a blank. */
	if (p->line[0] == ' ')
		return;
	if (broken || p->rows == ROWS_MAX || !parse_row(p))
		p->bad++;
	else
		p->rows++;
}

void parser_feed(struct parser *p, const char *text, size_t size)
{
	const char *end;
	size_t part, fits;

	while (size) {
		end = memchr(text, '\n', size);
		part = end ? (size_t)(end - text) : size;
		fits = LINE_MAX_BYTES - 1 - p->used;
		if (part > fits)
			p->too_long = true;
		else
			fits = part;
		memcpy(p->line + p->used, text, fits);
		p->used += fits;
		if (end) {
			parse_line(p);
			part++;
		}
		text += part;
		size -= part;
	}
}

/* Frees the parser. An empty file, or one that ends in its header, has no version. */
enum status parser_end(struct parser *p, size_t *bad)
{
	enum status status = p->status;

	if (status == PM_OK && p->line_nr < 2)
		status = PM_UNKNOWN_VERSION;
	*bad = p->bad + (p->used || p->too_long ? 1 : 0);
	free(p);
	return status;
}
