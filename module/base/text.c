// SPDX-License-Identifier: GPL-2.0
/*
 * Text of tags, pool types and stop codes, for the log and debugfs.
 *
 * A tag of NT is four characters, the first one in the lowest byte. Output has one word
 * for it, in which a backslash, and other bytes than graphic ASCII, are octal.
 *
 * Locking: none. Context: any.
 */
#include <linux/kernel.h>
#include <linux/string.h>

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
 * @buf: NTPOOL_TAG_TEXT bytes, all of which are set: tools compare the field of a tracepoint
 *	as a whole
 *
 * A blank, a backslash and a byte that is not graphic ASCII become \ooo. The text is
 * one word and can be parsed.
 *
 * Context: any.
 */
void ntpool_tag_text(u32 tag, char *buf)
{
	unsigned int i;

	memset(buf, 0, NTPOOL_TAG_TEXT);
	for (i = 0; i < 4; i++, tag >>= 8) {
		u8 c = tag;

		if (tag_char_is_plain(c))
			*buf++ = c;
		else
			buf += sprintf(buf, "\\%03o", c);
	}
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

/**
 * ntpool_stop_name() - NT's name of a stop code
 * @code: the code
 *
 * Context: any.
 * Return: the name.
 */
const char *ntpool_stop_name(enum ntpool_stop_code code)
{
	switch (code) {
	case NTPOOL_STOP_IRQL_NOT_LESS_OR_EQUAL:
		return "IRQL_NOT_LESS_OR_EQUAL";
	case NTPOOL_STOP_BAD_POOL_HEADER:
		return "BAD_POOL_HEADER";
	case NTPOOL_STOP_MEMORY_MANAGEMENT:
		return "MEMORY_MANAGEMENT";
	case NTPOOL_STOP_QUOTA_UNDERFLOW:
		return "QUOTA_UNDERFLOW";
	case NTPOOL_STOP_MUST_SUCCEED_EMPTY:
		return "MUST_SUCCEED_POOL_EMPTY";
	case NTPOOL_STOP_SPECIAL_POOL:
		return "SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION";
	case NTPOOL_STOP_BAD_POOL_CALLER:
		return "BAD_POOL_CALLER";
	case NTPOOL_STOP_VERIFIER:
		return "DRIVER_VERIFIER_DETECTED_VIOLATION";
	case NTPOOL_STOP_MODIFIED_FREED_POOL:
		return "DRIVER_CAUGHT_MODIFYING_FREED_POOL";
	case NTPOOL_STOP_FREED_SPECIAL:
		return "PAGE_FAULT_IN_FREED_SPECIAL_POOL";
	case NTPOOL_STOP_BEYOND_END:
		return "PAGE_FAULT_BEYOND_END_OF_ALLOCATION";
	case NTPOOL_STOP_UNLOADED_WITHOUT_CANCELLING:
		return "DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS";
	case NTPOOL_STOP_MUST_BE_NONPAGED:
		return "DRIVER_PORTION_MUST_BE_NONPAGED";
	case NTPOOL_STOP_DRIVER_FREED:
		return "DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL";
	case NTPOOL_STOP_DRIVER_BEYOND_END:
		return "DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION";
	}
	return "UNKNOWN";
}
