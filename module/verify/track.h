/* SPDX-License-Identifier: GPL-2.0 */
/* Pool tracking: who has each live block, how he got it, and when. */
#ifndef NTPOOL_TRACK_H
#define NTPOOL_TRACK_H

#include "base/stack.h"
#include "ntpool.h"

struct module;

/**
 * struct ntp_track_block - what is noted of a block
 * @addr: what the driver was given
 * @size: bytes requested
 * @tag: pool tag
 * @kind: which pool
 * @for_list: it was allocated for a lookaside list that also frees to the pool
 * @orphan: its driver has been unloaded without freeing it, and that was reported
 */
struct ntp_track_block {
	void *addr;
	size_t size;
	u32 tag;
	enum ntp_kind kind;
	bool for_list;
	bool orphan;
};

/**
 * struct ntp_track - a tracked block
 * @block: what it is
 * @stack: the call that allocated it
 */
struct ntp_track {
	struct ntp_track_block block;
	struct ntp_stack stack;
};

/* The table, at the first use. 0 or -ENOMEM. Sleeps. */
int ntp_track_start(void);
void ntp_track_exit(void);

/* False: no memory. Any context but NMI. */
bool ntp_track_add(const struct ntp_track_block *block, unsigned long caller);
/* Forgets the block at @p; false if it is not known. Any context but NMI. */
bool ntp_track_take(void *p, struct ntp_track *track);
/*
 * An array of all of them, *@nr long, oldest first; kvfree() it. NULL: no memory.
 * Sleeps.
 */
struct ntp_track *ntp_track_snapshot(size_t *nr);
/* @mod goes. If it has any, they are listed, with 0xC4/0x62; once. Sleeps. */
void ntp_track_report(const struct module *mod);

#endif
