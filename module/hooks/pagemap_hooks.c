// SPDX-License-Identifier: GPL-2.0
/* Included by memory/pagemap.c: memory that is plugged in, the window, look-ups. */
#include <linux/export.h>

#include "test.h"

void ntpool_test_map_cut(unsigned long pages)
{
	unsigned long i, leaves = max(pages / NTPOOL_LEAF_PAGES, 1UL);

	mutex_lock(&grow_mutex);
	map_publish_limit(leaves);
	/* Readers that saw the old limit have gone. */
	synchronize_rcu();
	for (i = leaves; i < nr_leaves; i++)
		if (ntpool_map_root[i] != empty_leaf)
			ntpool_record_free(&leaf_records, ntpool_map_root[i]);
	nr_leaves = leaves;
	map_stuck = false;
	mutex_unlock(&grow_mutex);
}
EXPORT_SYMBOL_GPL(ntpool_test_map_cut);

unsigned long ntpool_test_map_bound(unsigned long pages)
{
	unsigned long old = root_most * NTPOOL_LEAF_PAGES;

	mutex_lock(&grow_mutex);
	root_most = max(pages / NTPOOL_LEAF_PAGES, 1UL);
	mutex_unlock(&grow_mutex);
	return old;
}
EXPORT_SYMBOL_GPL(ntpool_test_map_bound);

unsigned long ntpool_test_map_far_cover(void)
{
	struct memory_notify memory = { .start_pfn = PFN_DOWN(__pa(ntpool_map_base)) };

	memory.nr_pages = 2 * root_most * NTPOOL_LEAF_PAGES;
	map_memory_event(&memory_notifier, MEM_GOING_ONLINE, &memory);
	return nr_leaves * sizeof(*ntpool_map_root);
}
EXPORT_SYMBOL_GPL(ntpool_test_map_far_cover);

void ntpool_test_map_cover(void)
{
	struct memory_notify memory = {};
	unsigned long begin;

	ntpool_backing_span(&begin, &memory.nr_pages);
	map_memory_event(&memory_notifier, MEM_GOING_ONLINE, &memory);
}
EXPORT_SYMBOL_GPL(ntpool_test_map_cover);

/* True if no page of @leaf has an entry. */
static bool leaf_is_empty(const struct ntpool_leaf *leaf)
{
	unsigned int i;

	for (i = 0; i < NTPOOL_LEAF_PAGES; i++)
		if (READ_ONCE(leaf->map[i]) != &ntpool_map_nothing)
			return false;
	return true;
}

bool ntpool_test_map_far_is_empty(void)
{
	unsigned long i;

	for (i = 0; i < ntpool_window.limit / NTPOOL_LEAF_PAGES; i++)
		if (!leaf_is_empty(READ_ONCE(ntpool_window.root[i])))
			return false;
	return xa_empty(&ntpool_map_far);
}
EXPORT_SYMBOL_GPL(ntpool_test_map_far_is_empty);

bool ntpool_test_map_in_window(const void *p)
{
	return ntpool_window_nr(p) < ntpool_window.limit;
}
EXPORT_SYMBOL_GPL(ntpool_test_map_in_window);

void ntpool_test_map_window(bool on)
{
	static unsigned long limit;

	mutex_lock(&grow_mutex);
	if (on != !!ntpool_window.limit) {
		swap(limit, ntpool_window.limit);
		map_publish_limit(nr_leaves);
	}
	mutex_unlock(&grow_mutex);
	/* Readers that saw the old limit have gone. */
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(ntpool_test_map_window);

bool ntpool_test_map_has(const void *p)
{
	return ntpool_in_linear_map(p);
}
EXPORT_SYMBOL_GPL(ntpool_test_map_has);
