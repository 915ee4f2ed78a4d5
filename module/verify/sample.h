/* SPDX-License-Identifier: GPL-2.0 */
/* Sampling: one allocation per interval goes to special pool. */
#ifndef NTPOOL_SAMPLE_H
#define NTPOOL_SAMPLE_H

#include <linux/types.h>

/* Milliseconds from one sample to the next; 0: none. Sleeps. */
void ntpool_sample_set(unsigned int ms);
void ntpool_sample_exit(void);

/* An allocation is wanted; true for many at the same time. Any context. */
bool ntpool_sample_is_due(void);
/* It is found: true for one of them. Any context but NMI. */
bool ntpool_sample_take(void);

#endif
