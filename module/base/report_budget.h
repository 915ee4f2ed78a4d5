/* SPDX-License-Identifier: GPL-2.0 */
/* Budgets of reports by kind of violation and call site. */
#ifndef NTPOOL_REPORT_BUDGET_H
#define NTPOOL_REPORT_BUDGET_H

#include "base/report.h"

enum {
	NTPOOL_REPORT_WINDOW_S = 5,	/* seconds that a budget is for */
};

/*
 * True if @stop is to be printed. @repeats: also if it is not the first of its kind and call site.
 * Under the lock of the queue of reports. Any context.
 */
bool ntpool_report_budget_admits(const struct ntpool_stop *stop, bool repeats);

#endif
