/* SPDX-License-Identifier: GPL-2.0 */
/* Reports of frees that are wrong. For free.c; any context, see ntpool_report(). */
#ifndef NTPOOL_FREE_REPORT_H
#define NTPOOL_FREE_REPORT_H

#include "base/types.h"

struct ntpool_header;
struct ntpool_near;
struct ntpool_special_slot;

/* No pool owns the memory at @p. */
void ntpool_free_report_unowned(void *p, unsigned long caller);
/* @p lies inside of @block; NULL: inside of a live block of @type, whose header is damaged. */
void ntpool_free_report_middle(enum ntpool_type type, void *p, const struct ntpool_block *block,
			       unsigned long caller);
/*
 * The block at @p is free already. @contents: its header, as NT's third parameter. @block: its
 * last life; NULL: not known.
 */
void ntpool_free_report_twice(void *p, u64 contents, const struct ntpool_block *block,
			      unsigned long caller);
/* The same for a block that was in special pool, in @slot. */
void ntpool_free_report_special_twice(void *p, const struct ntpool_special_slot *slot,
				      unsigned long caller);
/* The header of the block at @p was overwritten; @copy: its contents; @near: the blocks around. */
void ntpool_free_report_header(void *p, const struct ntpool_header *copy,
			       const struct ntpool_near *near, unsigned long caller);
/* @block was freed with @tag, which is not its own. 0: PROTECTED_POOL, freed without a tag. */
void ntpool_free_report_tag(const struct ntpool_block *block, u32 tag, unsigned long caller);
/* @block is of paged pool and was freed above APC_LEVEL. */
void ntpool_free_report_irql(const struct ntpool_block *block, unsigned long caller);
/* The trailer of @block, which names the process that pays, was overwritten. */
void ntpool_free_report_payer(const struct ntpool_block *block, unsigned long caller);

#endif
