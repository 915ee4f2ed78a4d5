/* SPDX-License-Identifier: GPL-2.0 */
/* Places where a test acts instead of ntpool. Without KUnit they are no code. */
#ifndef NTPOOL_STUB_H
#define NTPOOL_STUB_H

#include <linux/kconfig.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>

struct ntpool_stop;

#if IS_ENABLED(CONFIG_KUNIT)
/* True if a test records @stop, which is not printed then. Any context. */
bool ntpool_stub_report(const struct ntpool_stop *stop);
/* True if kernel threads are charged for quota: suites run in one. Any context. */
bool ntpool_stub_kthreads_pay(void);
/* True if a test sets the number of available pages, *@pages. Any context. */
bool ntpool_stub_available(unsigned long *pages);
/* True if a test lets the heaps keep no stock of empty pages. Any context. */
bool ntpool_stub_no_stock(void);
/* Counts @nr records that lie in chunks now; negative: they have been freed. Any context. */
void ntpool_stub_records(int nr);
/* True if a test puts all records of tracking into one chain. Any context. */
bool ntpool_stub_one_chain(void);
/*
 * Begins work that is too long for raw locks. Counts it if this CPU holds @lock, which is always
 * taken with interrupts off. Any context but NMI.
 */
void ntpool_stub_unlocked(raw_spinlock_t *lock);
#else
static inline bool ntpool_stub_report(const struct ntpool_stop *stop)
{
	return false;
}

static inline bool ntpool_stub_kthreads_pay(void)
{
	return false;
}

static inline bool ntpool_stub_available(unsigned long *pages)
{
	return false;
}

static inline bool ntpool_stub_no_stock(void)
{
	return false;
}

static inline void ntpool_stub_records(int nr)
{
}

static inline bool ntpool_stub_one_chain(void)
{
	return false;
}

static inline void ntpool_stub_unlocked(raw_spinlock_t *lock)
{
}
#endif

#endif
