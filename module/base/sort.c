// SPDX-License-Identifier: GPL-2.0
/*
 * Sorting that takes long. sort() has no place to let other tasks run but its comparisons.
 * Locking: none. Context: process context.
 */
#include <linux/sched.h>
#include <linux/sort.h>

#include "base/sort.h"

struct sort_call {
	cmp_func_t compare;
};

static int compare_resched(const void *a, const void *b, const void *arg)
{
	const struct sort_call *call = arg;

	cond_resched();
	return call->compare(a, b);
}

void ntpool_sort(void *rows, size_t nr, size_t size, cmp_func_t compare)
{
	const struct sort_call call = { compare };

	sort_r(rows, nr, size, compare_resched, NULL, &call);
}
