// SPDX-License-Identifier: GPL-2.0
/* Included by heap/age.c: scans that a test starts. */
#include <linux/export.h>

#include "test.h"

void ntpool_test_age(bool manual)
{
	ntpool_scan_unregister(&age);
	age_flush();
	if (!manual) {
		ntpool_scan_register(&age);
		ntpool_scan_start();
	}
}
EXPORT_SYMBOL_GPL(ntpool_test_age);

bool ntpool_test_age_scan(void)
{
	bool again = age_scan();

	age_flush();
	return again;
}
EXPORT_SYMBOL_GPL(ntpool_test_age_scan);
