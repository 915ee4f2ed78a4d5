// SPDX-License-Identifier: GPL-2.0
/*
 * Lookaside lists as observers see them.
 *
 * The figures of a list are sums over its caches. They are made without ntpool_lookaside_lock,
 * because their time grows with the number of CPUs. The lock is only taken to copy the public
 * fields. A sum may be a little older than those; the list's own figures are no more exact.
 *
 * Locking: ntpool_lookaside_lock for the public structure. Context: process context.
 */
#include <linux/percpu.h>

#include "base/stub.h"
#include "lists/lookaside.h"
#include "lists/lookaside_registry.h"

static unsigned long sum_cached(const struct ntpool_lookaside *list)
{
	const struct ntpool_lookaside_cpu __percpu *cpus = READ_ONCE(list->cpus);
	unsigned long sum = 0;
	int nr;

	ntpool_stub_unlocked(&ntpool_lookaside_lock);
	for_each_possible_cpu(nr)
		sum += READ_ONCE(per_cpu_ptr(cpus, nr)->nr);
	return sum;
}

/*
 * Adds the public fields to @info and @count, the sums of the CPUs' own counts. Returns false if
 * the public structure is gone.
 */
static bool add_public(struct ntpool_lookaside *list, struct ntpool_lookaside_info *info,
		       u32 *count)
{
	const struct ntpool_lookaside_head *head = list->head;
	bool alive;
	int i;

	raw_spin_lock_irq(&ntpool_lookaside_lock);
	alive = ntpool_lookaside_is_alive(list);
	if (alive) {
		info->depth = READ_ONCE(head->depth.now);
		info->max_depth = READ_ONCE(head->depth.max);
		for (i = 0; i < NTPOOL_LA_COUNTS; i++)
			count[i] += READ_ONCE(head->total[i]) - list->folded[i];
	}
	raw_spin_unlock_irq(&ntpool_lookaside_lock);
	return alive;
}

/* Returns false if the public structure is gone. */
static bool list_info(struct ntpool_lookaside *list, struct ntpool_lookaside_info *info)
{
	u32 count[NTPOOL_LA_COUNTS];

	ntpool_lookaside_totals_sum(list, count);
	*info = (struct ntpool_lookaside_info) {
		.tag = list->desc.tag,
		.type = list->desc.type,
		.size = list->desc.size,
		.cached = sum_cached(list),
		.owner = READ_ONCE(list->desc.creator),
	};
	if (!add_public(list, info, count))
		return false;
	info->allocs = count[NTPOOL_LA_ALLOCS];
	info->alloc_misses = count[NTPOOL_LA_ALLOC_MISSES];
	info->frees = count[NTPOOL_LA_FREES];
	info->free_misses = count[NTPOOL_LA_FREE_MISSES];
	return true;
}

/**
 * ntpool_lookaside_for_each() - call a function for each list, oldest first
 * @fn: the function, called without locks; it may sleep. Another value than 0 ends the
 *	iteration
 * @arg: second argument of @fn
 *
 * Context: process context.
 * Return: the last result of @fn, or 0 if there is no list.
 */
int ntpool_lookaside_for_each(int (*fn)(const struct ntpool_lookaside_info *info, void *arg),
			      void *arg)
{
	struct ntpool_lookaside *list = NULL;
	struct ntpool_lookaside_info info;
	int ret;

	while ((list = ntpool_lookaside_next(list))) {
		ret = list_info(list, &info) ? fn(&info, arg) : 0;
		if (ret) {
			ntpool_lookaside_put(list);
			return ret;
		}
	}
	return 0;
}
