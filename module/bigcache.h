/* SPDX-License-Identifier: GPL-2.0 */
/* Per-CPU caches of whole pages. */
#ifndef NTPOOL_BIGCACHE_H
#define NTPOOL_BIGCACHE_H

#include "big.h"

/* Longer runs are not cached. */
#define NTP_BIG_CACHED_PAGES	8

/*
 * As ntp_big_alloc() without flags, from this CPU's cache; NULL: it has none. What is
 * in the pages is what their last owner left there.
 */
void *ntp_big_cache_alloc(enum ntp_kind kind, size_t size, u32 tag, unsigned long caller);
/*
 * The allocation at @p, which is page aligned, if it is live and of the linear map, has
 * no flags and the tag that is given (0: any): freed, and true.
 */
bool ntp_big_cache_free(void *p, u32 tag);
/* A claimed record goes into this CPU's cache, or back to the kernel. */
void ntp_big_cache_put(struct ntp_big *big);

/* What this CPU has cached goes back to the kernel. Process context. */
void ntp_big_cache_drain(void);
/* The same for a dead CPU. */
void ntp_big_cache_cpu_dead(int cpu);
/* Pages that CPUs have cached of @kind. */
unsigned long ntp_big_cache_pages(enum ntp_kind kind);

#endif
