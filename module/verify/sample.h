/* SPDX-License-Identifier: GPL-2.0 */
/* Sampling: one allocation per interval is guarded by patterns. */
#ifndef NTPOOL_SAMPLE_H
#define NTPOOL_SAMPLE_H

#include <linux/types.h>

/*
 * Sets the parameter sample_ms: milliseconds from one sample to the next; 0: none.
 * Returns 0, -EINVAL, or the error of ntpool_special_start(). Sleeps.
 */
int ntpool_sample_set(unsigned int ms);

/* True if a sample is due. Several CPUs may see that at once. Any context. */
bool ntpool_sample_is_due(void);
/* Takes the sample. Returns true for one of these CPUs. Any context but NMI. */
bool ntpool_sample_take(void);

#endif
