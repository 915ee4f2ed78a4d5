/* SPDX-License-Identifier: GPL-2.0 */
/* Sampling: one allocation per interval goes to special pool. */
#ifndef NTPOOL_SAMPLE_H
#define NTPOOL_SAMPLE_H

#include <linux/types.h>

/* Milliseconds from one sample to the next; 0: none. Sleeps. */
void ntp_sample_set(unsigned int ms);
void ntp_sample_exit(void);

/* An allocation is wanted; true for many at the same time. Any context. */
bool ntp_sample_is_due(void);
/* It is found: true for one of them. Any context but NMI. */
bool ntp_sample_take(void);

#endif
