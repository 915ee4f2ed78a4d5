/* SPDX-License-Identifier: GPL-2.0 */
/* Spelling of tags and pool types. Any context. */
#ifndef NTPOOL_TEXT_H
#define NTPOOL_TEXT_H

#include "base/types.h"

/* Tag as printed: 4 characters, others than graphic ASCII as \ooo. */
#define NTPOOL_TAG_TEXT	17
void ntpool_tag_text(u32 tag, char *buf);
/* Orders tags as their texts: < 0, 0, > 0. */
int ntpool_tag_cmp(u32 a, u32 b);

/* "Nonp" or "Paged", as PoolMon prints it. */
const char *ntpool_type_name(enum ntpool_type type);

#endif
