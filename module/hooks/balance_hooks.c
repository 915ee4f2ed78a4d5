// SPDX-License-Identifier: GPL-2.0
/* Included by lists/lookaside_balance.c: scans that a test starts. */
#include <linux/export.h>

#include "hooks/scan_hooks.h"
#include "test.h"

void ntpool_test_balance(bool manual)
{
	scan_set_manual(&balance, manual);
}
EXPORT_SYMBOL_GPL(ntpool_test_balance);

bool ntpool_test_balance_scan(void)
{
	bool again = balance_scan();

	ntpool_lookaside_settle();
	return again;
}
EXPORT_SYMBOL_GPL(ntpool_test_balance_scan);
