/* SPDX-License-Identifier: GPL-2.0 */
/* Text of tags, pool types and stop codes. Context: any. */
#ifndef NTPOOL_TEXT_H
#define NTPOOL_TEXT_H

#include "base/report.h"

/* Bytes of the text of a tag: four characters, each up to \ooo, and NUL. */
#define NTPOOL_TAG_TEXT	17
void ntpool_tag_text(u32 tag, char *buf);
/* Compares two tags by their texts: < 0, 0, > 0. */
int ntpool_tag_cmp(u32 a, u32 b);

/* "Nonp" or "Paged", as PoolMon prints it. */
const char *ntpool_type_name(enum ntpool_type type);

const char *ntpool_stop_name(enum ntpool_stop_code code);

#endif
