// SPDX-License-Identifier: GPL-2.0
/*
 * Texts of tags, types and numbers, and memory.
 *
 * A tag is four bytes, the first one in the lowest byte of the number. In debugfs it is
 * one word: a blank, a backslash and a byte that is not graphic ASCII are \ooo.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "poolmon.h"

static bool is_plain(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '\\';
}

/* Writes the word for a tag, as debugfs has it; @buf has TAG_TEXT bytes. */
void tag_text(uint32_t tag, char *buf)
{
	unsigned int i;

	for (i = 0; i < 4; i++, tag >>= 8) {
		unsigned char c = tag;

		if (is_plain(c)) {
			*buf++ = c;
			continue;
		}
		*buf++ = '\\';
		*buf++ = '0' + (c >> 6);
		*buf++ = '0' + (c >> 3 & 7);
		*buf++ = '0' + (c & 7);
	}
	*buf = '\0';
}

/* Writes the four characters for a person; @buf has five bytes. */
void tag_show(uint32_t tag, char *buf)
{
	unsigned int i;

	for (i = 0; i < 4; i++, tag >>= 8) {
		unsigned char c = tag;

		buf[i] = c >= ' ' && c < 0x7f ? c : '.';
	}
	buf[4] = '\0';
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

bool tag_parse(const char *text, uint32_t *tag)
{
	unsigned int i, c;

	*tag = 0;
	for (i = 0; i < 4; i++) {
		c = (unsigned char)*text++;
		if (c == '\\') {
			if (!is_octal(text[0]) || !is_octal(text[1]) || !is_octal(text[2]))
				return false;
			c = (text[0] - '0') << 6 | (text[1] - '0') << 3 | (text[2] - '0');
			text += 3;
		} else if (!is_plain(c)) {
			return false;
		}
		if (c > 0xff)
			return false;
		*tag |= (uint32_t)c << (8 * i);
	}
	return !*text;
}

/* Order of the texts, as in debugfs */
int tag_cmp(uint32_t a, uint32_t b)
{
	char x[TAG_TEXT], y[TAG_TEXT];

	if (a == b)
		return 0;
	tag_text(a, x);
	tag_text(b, y);
	return strcmp(x, y);
}

/* Order of tags and pools, as in debugfs */
int key_cmp(uint32_t tag_a, enum type type_a, uint32_t tag_b, enum type type_b)
{
	int order = tag_cmp(tag_a, tag_b);

	return order ? order : (int)type_a - (int)type_b;
}

bool type_parse(const char *text, enum type *type)
{
	if (!strcmp(text, "Nonp"))
		*type = NONP;
	else if (!strcmp(text, "Paged"))
		*type = PAGED;
	else
		return false;
	return true;
}

const char *type_name(enum type type)
{
	return type == PAGED ? "Paged" : "Nonp";
}

/* Decimal digits alone, within 64 bits */
bool number_parse(const char *text, uint64_t *value)
{
	uint64_t sum = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, *text - '0', &sum))
			return false;
	}
	*value = sum;
	return true;
}

bool seconds_parse(const char *text, double *seconds)
{
	char *end;

	errno = 0;
	*seconds = strtod(text, &end);
	return end != text && !*end && !errno && isfinite(*seconds) && *seconds >= 0.1 &&
	       *seconds <= 1e6;
}

/*
 * Wildcards * and ?; case counts, as in the tags of NT. For fnmatch() brackets in a tag would be
 * a set of characters.
 */
bool glob_match(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			retry = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

void *xrealloc(void *old, size_t nr, size_t size)
{
	void *new = reallocarray(old, nr ? nr : 1, size);

	if (!new) {
		complain("out of memory");
		exit(PM_FAILED);
	}
	return new;
}

/* Makes room for one more element behind @nr: arrays double. */
void *xextend(void *array, size_t nr, size_t size)
{
	return nr & (nr - 1) ? array : xrealloc(array, nr ? 2 * nr : 1, size);
}

char *xstrdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(xrealloc(NULL, size, 1), text, size);
}

/*
 * Texts of the kernel are graphic ASCII and blanks. Anything else becomes a question mark: a
 * terminal would obey an escape, and JSON and HTML are UTF-8.
 */
void text_clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text >= 0x7f)
			*text = '?';
}

void complain(const char *format, ...)
{
	va_list args;

	fputs("poolmon: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* The status, or a failure if the text has not reached standard output */
enum status output_status(enum status status)
{
	if ((!fflush(stdout) && !ferror(stdout)) || status != PM_OK)
		return status;
	complain("standard output: %s", strerror(errno));
	return PM_FAILED;
}
