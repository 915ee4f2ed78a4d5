// SPDX-License-Identifier: GPL-2.0
/* Included by base/report.c: the reports that wait. */
#include <linux/export.h>

#include "test.h"

unsigned int ntpool_test_reports_waiting(void)
{
	return READ_ONCE(report_head) - READ_ONCE(report_tail);
}
EXPORT_SYMBOL_GPL(ntpool_test_reports_waiting);
