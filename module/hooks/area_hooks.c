// SPDX-License-Identifier: GPL-2.0
/* Included by memory/area.c: the use of a page, spread objects, pieces of guards. */
#include <linux/export.h>

#include "test.h"

static enum ntpool_test_kind area_kind(const struct page *area, unsigned long pfn)
{
	unsigned long first = page_to_pfn(area);

	if (pfn - first < ntpool_area_pages(area))
		return NTPOOL_TEST_RECORD;
	return area_guard(area) && pfn == first - 1 ? NTPOOL_TEST_GUARD : NTPOOL_TEST_OTHER;
}

enum ntpool_test_kind ntpool_test_area_kind(const void *p)
{
	enum ntpool_test_kind kind = NTPOOL_TEST_OTHER;
	unsigned long flags, pfn;
	struct page *area;

	if (!virt_addr_valid(p))
		return kind;
	pfn = page_to_pfn(virt_to_page(p));
	raw_spin_lock_irqsave(&areas_lock, flags);
	list_for_each_entry(area, &areas, lru) {
		kind = area_kind(area, pfn);
		if (kind != NTPOOL_TEST_OTHER)
			break;
	}
	raw_spin_unlock_irqrestore(&areas_lock, flags);
	return kind;
}
EXPORT_SYMBOL_GPL(ntpool_test_area_kind);

void *ntpool_test_spread(unsigned long nr)
{
	return spread_create(nr, GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE);
}
EXPORT_SYMBOL_GPL(ntpool_test_spread);

void *ntpool_test_guarded(unsigned long nr)
{
	return ntpool_guarded_alloc(nr << PAGE_SHIFT, GFP_KERNEL, NUMA_NO_NODE);
}
EXPORT_SYMBOL_GPL(ntpool_test_guarded);

void ntpool_test_guarded_free(void *p)
{
	ntpool_guarded_free(p);
}
EXPORT_SYMBOL_GPL(ntpool_test_guarded_free);

bool ntpool_test_guard_pieces(unsigned int nr)
{
	bool last = false;

	while (nr-- && !last)
		last = guard_check_piece();
	return last;
}
EXPORT_SYMBOL_GPL(ntpool_test_guard_pieces);
