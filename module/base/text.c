// SPDX-License-Identifier: GPL-2.0
/*
 * Text of tags and pool types, for the log and debugfs.
 *
 * A tag of NT is four characters, the first one in the lowest byte. Output has one word
 * for it, in which other bytes than graphic ASCII are octal.
 *
 * Locking: none. Context: any.
 */
#include <linux/kernel.h>

#include "base/text.h"

/**
 * ntpool_type_name() - name of a pool type as PoolMon prints it
 * @type: pool type
 *
 * Context: any.
 * Return: "Nonp" or "Paged".
 */
const char *ntpool_type_name(enum ntpool_type type)
{
	return type == NTPOOL_PAGED ? "Paged" : "Nonp";
}

static bool tag_char_is_plain(u8 c)
{
	return c > ' ' && c < 0x7f && c != '\\';
}

/**
 * ntpool_tag_text() - text of a tag
 * @tag: the tag; its lowest byte is the first character
 * @buf: NTPOOL_TAG_TEXT bytes
 *
 * A blank, a backslash and a byte that is not graphic ASCII become \ooo. The text is
 * one word and can be parsed.
 *
 * Context: any.
 */
void ntpool_tag_text(u32 tag, char *buf)
{
	unsigned int i;

	for (i = 0; i < 4; i++, tag >>= 8) {
		u8 c = tag;

		if (tag_char_is_plain(c))
			*buf++ = c;
		else
			buf += sprintf(buf, "\\%03o", c);
	}
	*buf = '\0';
}

/* Octal codes of three digits sort as their numbers. */
static unsigned int tag_char_rank(u8 c)
{
	return tag_char_is_plain(c) ? c << 8 : '\\' << 8 | c;
}

/**
 * ntpool_tag_cmp() - compare two tags by their texts
 * @a: a tag
 * @b: a tag
 *
 * Context: any.
 * Return: < 0, 0 or > 0.
 */
int ntpool_tag_cmp(u32 a, u32 b)
{
	for (; a != b; a >>= 8, b >>= 8)
		if ((u8)a != (u8)b)
			return (int)tag_char_rank(a) - (int)tag_char_rank(b);
	return 0;
}
