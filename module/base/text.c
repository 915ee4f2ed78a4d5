// SPDX-License-Identifier: GPL-2.0
/*
 * Spelling of tags and pool types, in the log and in debugfs.
 *
 * Contexts: any. Locking: none.
 */
#include <linux/kernel.h>

#include "base/text.h"

/**
 * ntpool_type_name() - name of a pool as PoolMon prints it
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
 * ntpool_tag_text() - spell a tag as users see it
 * @tag: the tag; its lowest byte is the first character
 * @buf: NTPOOL_TAG_TEXT bytes
 *
 * Blanks, what is not graphic ASCII, and the backslash become \ooo, so that a tag
 * is one word and can be read back.
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

/* Octal codes of three digits sort as the numbers they stand for. */
static unsigned int tag_char_rank(u8 c)
{
	return tag_char_is_plain(c) ? c << 8 : '\\' << 8 | c;
}

int ntpool_tag_cmp(u32 a, u32 b)
{
	for (; a != b; a >>= 8, b >>= 8)
		if ((u8)a != (u8)b)
			return (int)tag_char_rank(a) - (int)tag_char_rank(b);
	return 0;
}
