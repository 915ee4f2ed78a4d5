/* SPDX-License-Identifier: GPL-2.0 */
/* Pages that are kept back for NonPagedPoolMustSucceed. */
#ifndef NTPOOL_RESERVE_H
#define NTPOOL_RESERVE_H

#include "heap/heap.h"

struct ntpool_run;

/*
 * Takes a page of the reserve and carves a block from it with ntpool_heap_take_from(). Returns
 * NULL if the reserve is empty. Needs no memory. Any context but NMI.
 */
struct ntpool_header *ntpool_reserve_block(unsigned int granules, unsigned int flags);
/*
 * Takes @pages physically adjacent pages. Returns their record, to be passed to
 * ntpool_run_assign(); NULL if there is no such run. Needs no memory. Any context but NMI.
 */
struct ntpool_run *ntpool_reserve_pages(unsigned long pages);
/* Returns a count of the pages ever added, for ntpool_reserve_wait(). Any context. */
unsigned int ntpool_reserve_seen(void);
/*
 * Sleeps until a page has been added since @seen was read. The sleep has a limit,
 * because memory may become free elsewhere: 20 ms, doubled for each of @tries earlier
 * waits, up to about a second. Returns false at once if the task was killed.
 */
bool ntpool_reserve_wait(unsigned int seen, unsigned int tries);

#endif
