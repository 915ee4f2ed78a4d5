// SPDX-License-Identifier: GPL-2.0
/*
 * Questions about memory of the pools: size of a block, pool type, owner, all live blocks.
 *
 * ExQueryPoolBlockSize() asks for the size. Lookaside lists ask for the pool type of their
 * memory. Reports of wrong frees ask for the owner of an address, which may be the Mm routines.
 * Observers iterate over all blocks. Each answer combines three sources: blocks in
 * carved pages (heap/), special pool (special/special.c) and runs of pages (heap/run.c).
 *
 * Locking: none of its own. A page descriptor is used in an RCU read section; special pool
 * and runs take their own locks. An answer about a block that is freed at the same time may
 * be out of date. Contexts: any but NMI; ntpool_iterate_blocks() sleeps.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>

#include "account/quota.h"
#include "heap/damage.h"
#include "heap/run.h"
#include "pool/fast.h"
#include "pool/free_report.h"
#include "pool/pool.h"
#include "special/special.h"

/*
 * Copies the header of the live block of a carved page that begins at @p. Returns false if
 * none does. Called in an RCU read section.
 */
static bool header_read(const void *p, struct ntpool_header *copy)
{
	const struct ntpool_header *hdr = (const struct ntpool_header *)p - 1;
	struct ntpool_page *page = ntpool_page_of(hdr);

	if (!page || !IS_ALIGNED((unsigned long)hdr, NTPOOL_GRANULE) ||
	    !ntpool_begins_block(&page->map, offset_in_page(hdr) >> NTPOOL_GRANULE_SHIFT))
		return false;
	/* If the block is being freed, its cookie does not fit, or the answer is out of date. */
	*copy = data_race(*hdr);
	return ntpool_header_is_live(copy, hdr);
}

size_t ntpool_usable_size(const void *p, bool *charged)
{
	struct ntpool_header copy;
	struct ntpool_run run;
	bool carved;

	rcu_read_lock();
	carved = header_read(p, &copy);
	rcu_read_unlock();
	if (carved) {
		*charged = ntpool_header_has(ntpool_header_flags(&copy), NTPOOL_HDR_QUOTA);
		return ntpool_granules_bytes(ntpool_header_granules(&copy)) - sizeof(copy) -
		       (*charged ? NTPOOL_QUOTA_TRAILER : 0);
	}
	*charged = false;
	if (!ntpool_run_peek(p, &run) || run.use != NTPOOL_USE_POOL)
		return ntpool_special_size(p, charged);
	*charged = ntpool_header_has(run.flags, NTPOOL_HDR_QUOTA);
	/* Under the verifier the rest of the last page is watched. */
	return run.flags & NTPOOL_HDR_VERIFIED ? run.requested : run.pages << PAGE_SHIFT;
}

bool ntpool_is_paged(const void *p)
{
	struct ntpool_page *page;
	bool carved, paged;

	rcu_read_lock();
	page = ntpool_page_of(p);
	carved = page;
	paged = page && page->map.heap->type == NTPOOL_PAGED;
	rcu_read_unlock();
	return carved ? paged : ntpool_special_is_paged(p) || ntpool_run_is_paged(p);
}

/* Describes the block of a carved page that @p lies in. Called in an RCU read section. */
static bool carved_near(const void *p, struct ntpool_owned *owned)
{
	struct ntpool_page *page = ntpool_page_of(p);
	struct ntpool_header copy;
	struct ntpool_near near = {};

	if (!page)
		return false;
	ntpool_damage_near(page, p, &near);
	*owned = (struct ntpool_owned){
		.use = NTPOOL_USE_POOL,
		.has_block = near.has_block,
		.is_live = near.has_block ? header_read(near.block.addr, &copy) : !near.is_free,
		.block = near.block,
	};
	return true;
}

void ntpool_owned_run(const struct ntpool_run *copy, struct ntpool_owned *owned)
{
	*owned = (struct ntpool_owned){
		.use = copy->use,
		.has_block = true,
		.is_live = ntpool_run_state_is_live(copy->state),
		.block = ntpool_run_block(copy),
	};
}

/* Describes the run that was noted as freed and began at @p. Returns false if none did. */
static bool past_near(const void *p, struct ntpool_owned *owned)
{
	if (!ntpool_freed_find(p, &owned->past))
		return false;
	owned->use = owned->past.use;
	owned->block.addr = owned->past.base;
	owned->block.tag = owned->past.tag;
	owned->block.requested = owned->past.size;
	return true;
}

bool ntpool_owner_of(const void *p, struct ntpool_owned *owned)
{
	struct ntpool_run run;
	bool carved;

	rcu_read_lock();
	carved = carved_near(p, owned);
	rcu_read_unlock();
	if (carved)
		return true;
	if (ntpool_run_near(p, &run)) {
		ntpool_owned_run(&run, owned);
		return true;
	}
	*owned = (struct ntpool_owned){ .use = NTPOOL_USE_POOL, .has_block = true };
	return ntpool_special_near(p, &owned->block, &owned->is_live) || past_near(p, owned);
}

int ntpool_iterate_blocks(ntpool_block_fn fn, void *arg)
{
	return ntpool_heap_for_each(fn, arg) ?: ntpool_special_for_each(fn, arg) ?:
	       ntpool_run_for_each(fn, arg);
}
