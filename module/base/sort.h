/* SPDX-License-Identifier: GPL-2.0 */
/* Sorting the rows of snapshots. */
#ifndef NTPOOL_SORT_H
#define NTPOOL_SORT_H

#include <linux/types.h>

/*
 * As sort(), but lets other tasks run: a snapshot may have millions of rows, and the kernel may
 * not preempt. Process context; sleeps.
 */
void ntpool_sort(void *rows, size_t nr, size_t size, cmp_func_t compare);

#endif
