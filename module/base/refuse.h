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
#else
static inline void ntpool_refuse_refill(bool on)
{
}

static inline bool ntpool_refused(void)
{
	return false;
}
#endif

#endif
