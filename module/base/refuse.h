/* SPDX-License-Identifier: GPL-2.0 */
/* Requests to the kernel that tests make fail. */
#ifndef NTPOOL_REFUSE_H
#define NTPOOL_REFUSE_H

#include <linux/kconfig.h>
#include <linux/types.h>

#if IS_ENABLED(CONFIG_KUNIT)
/*
 * True if a test makes this request fail. Called before every request to the kernel for memory,
 * and every step of an init. Any context.
 */
bool ntpool_refused(void);
/* Brackets the requests of a task that refills the reserve: they do not fail by default. */
void ntpool_refuse_refill(bool on);
/* True if the parameter fail_part makes the init of part @nr fail. */
bool ntpool_refused_part(size_t nr);
/* Bracket all inits: the parameter fail_step makes a request between them fail. */
void ntpool_refuse_begin(void);
void ntpool_refuse_end(void);
#else
static inline void ntpool_refuse_refill(bool on)
{
}

static inline bool ntpool_refused(void)
{
	return false;
}

static inline bool ntpool_refused_part(size_t nr)
{
	return false;
}

static inline void ntpool_refuse_begin(void)
{
}

static inline void ntpool_refuse_end(void)
{
}
#endif

#endif
