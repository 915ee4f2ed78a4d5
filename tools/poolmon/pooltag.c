// SPDX-License-Identifier: GPL-2.0
/*
 * Reads pooltag.txt, NT's list of tags, as it exists in the wild.
 *
 *	rem a remark
 *	AcpI - acpi.sys - a description
 *	Ab   - <unknown> - a tag that is padded with blanks
 *	Ntf? - ntfs.sys - a pattern: ? is one character, * is all that follow
 *
 * A tag is the first four characters of a line, blanks included, where a hyphen follows;
 * else the word before the first hyphen, padded with blanks. Other lines are broken and
 * left out. The pattern with the most characters that are no wildcards wins, and of equal
 * ones the first. A zero byte in a tag counts as a blank.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "poolmon.h"

enum {
	ENTRIES_MAX = 1 << 16,
};

struct entry {
	char pattern[5];
	unsigned int literal;	/* characters that are no wildcards */
	size_t nr;		/* number of its line */
	char *driver;
	char *description;
};

struct pooltags {
	struct entry *entry;
	size_t nr, nr_exact;	/* exact tags come first, sorted */
};

static char *trim(char *text)
{
	size_t size;

	text += strspn(text, " \t");
	size = strlen(text);
	while (size && isspace((unsigned char)text[size - 1]))
		text[--size] = '\0';
	return text;
}

static bool is_remark(const char *text)
{
	text += strspn(text, " \t");
	return !strncasecmp(text, "rem", 3) && (!text[3] || isspace((unsigned char)text[3]));
}

/* Takes the tag off the line; returns the text behind the hyphen, or NULL. */
static char *take_tag(char *line, char *pattern)
{
	char *end, *word;
	size_t size = strlen(line);

	if (size > 4) {
		end = line + 4 + strspn(line + 4, " \t");
		if (*end == '-' && !memchr(line, '\t', 4) && strspn(line, " ") < 4) {
			memcpy(pattern, line, 4);
			return end + 1;
		}
	}
	end = strchr(line, '-');
	if (!end)
		return NULL;
	*end = '\0';
	word = trim(line);
	size = strlen(word);
	if (!size || size > 4)
		return NULL;
	memcpy(pattern, "    ", 4);
	memcpy(pattern, word, size);
	return end + 1;
}

/*
 * The hyphen before the description. The name of a driver may have hyphens. So a blank is on
 * one side of the separator, or `<unknown>` before it.
 */
static char *find_separator(char *driver)
{
	char *at = driver + strspn(driver, " \t");

	for (; (at = strchr(at, '-')); at++)
		if (at > driver && (at[-1] == '>' || isblank((unsigned char)at[-1]) ||
				    isblank((unsigned char)at[1])))
			break;
	return at;
}

static bool entry_parse(char *line, struct entry *entry)
{
	char *driver, *description;
	bool any = false;
	int i;

	memset(entry, 0, sizeof(*entry));
	driver = take_tag(line, entry->pattern);
	if (!driver)
		return false;
	for (i = 0; i < 4; i++) {
		any = any || entry->pattern[i] == '*';
		if (any)
			entry->pattern[i] = '?';
		if (entry->pattern[i] != '?')
			entry->literal++;
	}
	description = find_separator(driver);
	if (description)
		*description++ = '\0';
	entry->driver = xstrdup(trim(driver));
	entry->description = xstrdup(description ? trim(description) : "");
	return true;
}

static int entry_compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = (int)y->literal - (int)x->literal;

	if (!order && x->literal == 4)
		order = memcmp(x->pattern, y->pattern, 4);
	if (!order)
		order = x->nr < y->nr ? -1 : x->nr > y->nr;
	return order;
}

static void entry_free(struct entry *entry)
{
	free(entry->driver);
	free(entry->description);
}

/* Sorts, and drops exact tags that are there twice. */
static void finish(struct pooltags *tags)
{
	size_t i, nr = 0;

	qsort(tags->entry, tags->nr, sizeof(*tags->entry), entry_compare);
	for (i = 0; i < tags->nr; i++) {
		struct entry *entry = &tags->entry[i];

		if (nr && entry->literal == 4 &&
		    !memcmp(tags->entry[nr - 1].pattern, entry->pattern, 4)) {
			entry_free(entry);
			continue;
		}
		if (entry->literal == 4)
			tags->nr_exact = nr + 1;
		tags->entry[nr++] = *entry;
	}
	tags->nr = nr;
}

/* Reads a line into @line; what does not fit is dropped. */
static bool read_line(FILE *file, char *line, size_t size)
{
	int c;

	if (!fgets(line, size, file))
		return false;
	if (!strchr(line, '\n'))
		do {
			c = fgetc(file);
		} while (c != EOF && c != '\n');
	line[strcspn(line, "\r\n")] = '\0';
	return true;
}

struct pooltags *pooltags_read(const char *path)
{
	FILE *file = fopen(path, "re");
	struct pooltags *tags;
	struct entry entry;
	char line[1024];
	bool failed;

	if (!file) {
		complain("%s: %s", path, strerror(errno));
		return NULL;
	}
	tags = xrealloc(NULL, 1, sizeof(*tags));
	memset(tags, 0, sizeof(*tags));
	while (tags->nr < ENTRIES_MAX && read_line(file, line, sizeof(line))) {
		if (is_remark(line) || !entry_parse(line, &entry))
			continue;
		entry.nr = tags->nr;
		tags->entry = xextend(tags->entry, tags->nr, sizeof(entry));
		tags->entry[tags->nr++] = entry;
	}
	failed = ferror(file);
	if (failed)
		complain("%s: %s", path, strerror(errno));
	fclose(file);
	if (failed) {
		pooltags_free(tags);
		return NULL;
	}
	if (tags->nr)
		finish(tags);
	return tags;
}

void pooltags_free(struct pooltags *tags)
{
	size_t i;

	if (!tags)
		return;
	for (i = 0; i < tags->nr; i++)
		entry_free(&tags->entry[i]);
	free(tags->entry);
	free(tags);
}

static bool entry_matches(const struct entry *entry, const char *tag)
{
	int i;

	for (i = 0; i < 4; i++)
		if (entry->pattern[i] != '?' && entry->pattern[i] != tag[i])
			return false;
	return true;
}

static int exact_compare(const void *key, const void *element)
{
	const struct entry *entry = element;

	return memcmp(key, entry->pattern, 4);
}

bool pooltags_find(const struct pooltags *tags, uint32_t tag, const char **driver,
		   const char **description)
{
	const struct entry *entry = NULL;
	char text[4];
	size_t i;

	for (i = 0; i < 4; i++) {
		text[i] = tag >> (8 * i);
		if (!text[i])
			text[i] = ' ';
	}
	if (tags->nr_exact)
		entry = bsearch(text, tags->entry, tags->nr_exact, sizeof(*entry),
				exact_compare);
	for (i = tags->nr_exact; i < tags->nr && !entry; i++)
		if (entry_matches(&tags->entry[i], text))
			entry = &tags->entry[i];
	if (!entry)
		return false;
	*driver = entry->driver;
	*description = entry->description;
	return true;
}
