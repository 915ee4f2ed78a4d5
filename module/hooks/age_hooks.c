// SPDX-License-Identifier: GPL-2.0
/* Included by heap/age.c: scans that a test starts. */
#include <linux/export.h>

#include "hooks/scan_hooks.h"
#include "test.h"

void ntpool_test_age(bool manual)
{
	scan_set_manual(&age, manual);
	age_flush();
}
EXPORT_SYMBOL_GPL(ntpool_test_age);

bool ntpool_test_age_scan(void)
{
	bool again = age_scan();

	age_flush();
	return again;
}
EXPORT_SYMBOL_GPL(ntpool_test_age_scan);
