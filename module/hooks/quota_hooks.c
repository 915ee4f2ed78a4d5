// SPDX-License-Identifier: GPL-2.0
/* Included by account/quota.c: the limits. */
#include <linux/export.h>

#include "test.h"

void ntpool_test_set_quota(bool paged, unsigned long bytes)
{
	WRITE_ONCE(quota_limit[paged ? NTPOOL_PAGED : NTPOOL_NONPAGED], bytes);
}
EXPORT_SYMBOL_GPL(ntpool_test_set_quota);
