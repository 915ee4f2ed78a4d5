// SPDX-License-Identifier: GPL-2.0
/* Included by pool/reserve.c: the size of the reserve. */
#include <linux/export.h>

#include "test.h"

unsigned int ntpool_test_reserve(void)
{
	return READ_ONCE(reserve.nr_base);
}
EXPORT_SYMBOL_GPL(ntpool_test_reserve);

void ntpool_test_set_reserve(unsigned int pages)
{
	WRITE_ONCE(must_succeed_pages, pages);
	reserve_refill_soon();
	flush_delayed_work(&reserve_work);
}
EXPORT_SYMBOL_GPL(ntpool_test_set_reserve);
