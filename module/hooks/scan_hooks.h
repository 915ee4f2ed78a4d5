/* SPDX-License-Identifier: GPL-2.0 */
/* Scans that a test starts instead of the timer. */
#ifndef NTPOOL_SCAN_HOOKS_H
#define NTPOOL_SCAN_HOOKS_H

#include "heap/scan.h"

/* Only the test runs @scan if @manual, else the timer does. Sleeps. */
static inline void scan_set_manual(struct ntpool_scan *scan, bool manual)
{
	ntpool_scan_unregister(scan);
	if (!manual) {
		ntpool_scan_register(scan);
		ntpool_scan_start();
	}
}

#endif
