/* SPDX-License-Identifier: GPL-2.0 */
/* Sampling: one allocation per interval goes to special pool. */
#ifndef NTPOOL_SAMPLE_H
#define NTPOOL_SAMPLE_H

#include <linux/types.h>

/*
 * Sets the parameter sample_ms: milliseconds from one sample to the next; 0: none.
 * 0, -EINVAL, or the error with which special pool could not start. Sleeps.
 */
int ntpool_sample_set(unsigned int ms);

/* An allocation is wanted; true for many at the same time. Any context. */
bool ntpool_sample_is_due(void);
/* It is found: true for one of them. Any context but NMI. */
bool ntpool_sample_take(void);

#endif
