/* SPDX-License-Identifier: GPL-2.0 */
/* Reports of frees that are wrong. For free.c; any context, see ntpool_report(). */
#ifndef NTPOOL_FREE_REPORT_H
#define NTPOOL_FREE_REPORT_H

#include "base/report.h"
#include "verify/freed.h"

struct ntpool_near;
struct ntpool_special_slot;

/**
 * struct ntpool_owned - the memory of ntpool that an address lies in
 * @use: the routines that own it
 * @has_block: @block is known
 * @is_live: it is allocated; false: it was freed, and @block is its last life
 * @block: the block that the address lies in
 * @past: its last life, if its pages are no longer ntpool's; else the base is NULL
 */
struct ntpool_owned {
	enum ntpool_use use;
	bool has_block;
	bool is_live;
	struct ntpool_block block;
	struct ntpool_freed past;
};

/*
 * Returns false if @p lies in no memory of ntpool, and no run that is noted as freed began there.
 * Any context but NMI. See query.c.
 */
bool ntpool_owner_of(const void *p, struct ntpool_owned *owned);
/* The same for the copy of a run's record. */
void ntpool_owned_run(const struct ntpool_run *copy, struct ntpool_owned *owned);

/*
 * The memory at @p was freed by the routines of @use. @owned tells whose it is, or why they did
 * not accept it. @kind has the stop code.
 */
void ntpool_free_report_owned(const struct ntpool_violation *kind, enum ntpool_use use, void *p,
			      const struct ntpool_owned *owned, unsigned long caller);

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
