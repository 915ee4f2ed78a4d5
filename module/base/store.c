// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for the bookkeeping of base/: clients, past call sites and names of frames.
 *
 * Drivers' memory may lie in front of any page. So this bookkeeping lies behind guards, as that of
 * the pools does. The guards belong to memory/, which is above this folder: memory/record.c
 * registers its routines here.
 *
 * Locking: none. The routines are constant while other parts run. Context: as in the routines.
 */
#include <linux/compiler.h>

#include "base/refuse.h"
#include "base/store.h"

static const struct ntpool_store *store;

void ntpool_store_set(const struct ntpool_store *to)
{
	WRITE_ONCE(store, to);
}

void *ntpool_store_alloc(size_t size)
{
	return store && !ntpool_refused() ? store->alloc(size) : NULL;
}

void ntpool_store_free(void *p, size_t size)
{
	if (p)
		store->free(p, size);
}
