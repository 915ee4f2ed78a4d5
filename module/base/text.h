/* SPDX-License-Identifier: GPL-2.0 */
/* Text of tags and pool types. Context: any. */
#ifndef NTPOOL_TEXT_H
#define NTPOOL_TEXT_H

#include "base/types.h"

/* Bytes of the text of a tag: four characters, each up to \ooo, and NUL. */
#define NTPOOL_TAG_TEXT	17
void ntpool_tag_text(u32 tag, char *buf);
/* Compares two tags by their texts: < 0, 0, > 0. */
int ntpool_tag_cmp(u32 a, u32 b);

/* "Nonp" or "Paged", as PoolMon prints it. */
const char *ntpool_type_name(enum ntpool_type type);

#endif
