/* SPDX-License-Identifier: GPL-2.0 */
/* Damage that is found under a heap's lock and reported without it. */
#ifndef NTPOOL_DAMAGE_H
#define NTPOOL_DAMAGE_H

#include <linux/types.h>

#include "base/types.h"

struct ntpool_page;

enum ntpool_damage_kind {
	NTPOOL_DAMAGED_HEADER,	/* @at: the header; @value[0]: its granules */
	NTPOOL_DAMAGED_LINK,	/* @at: the header; @value: the decoded links */
};

enum {
	NTPOOL_DAMAGES = 4,
};

/**
 * struct ntpool_damage - damage that one section under a heap's lock has found
 * @nr: number of findings; those beyond NTPOOL_DAMAGES are counted alone
 * @found: the first of them; @has_before: @before is the block in front of @at
 */
struct ntpool_damage {
	unsigned int nr;
	struct {
		enum ntpool_damage_kind kind;
		const void *at;
		u64 value[2];
		bool has_before;
		struct ntpool_block before;
	} found[NTPOOL_DAMAGES];
};

/**
 * struct ntpool_near - the blocks that a wrong address may belong to
 * @has_block: @block is known: its header is intact, or is that of its last life
 * @block: the block that the address lies in
 * @is_free: that block is free, and its header is intact
 * @has_before: as @has_block, for @before
 * @before: the block in front of that one
 */
struct ntpool_near {
	bool has_block;
	bool is_free;
	bool has_before;
	struct ntpool_block block;
	struct ntpool_block before;
};

/* Describes the blocks at @p in @page, for a report. In an RCU read section. Any context. */
void ntpool_damage_near(struct ntpool_page *page, const void *p, struct ntpool_near *near);

/* Notes a finding. Under the lock that guards @damage. */
void ntpool_damage_note(struct ntpool_damage *damage, enum ntpool_damage_kind kind,
			const void *at, u64 value, u64 second);
/* Reports all of @damage, a copy of the caller. Any context, without a lock of ntpool. */
void ntpool_damage_report(const struct ntpool_damage *damage);

#endif
