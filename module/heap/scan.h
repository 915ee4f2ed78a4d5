/* SPDX-License-Identifier: GPL-2.0 */
/* The periodic scan of caches: blocks that are not needed leave them. */
#ifndef NTPOOL_SCAN_H
#define NTPOOL_SCAN_H

#include <linux/types.h>

/**
 * struct ntpool_scan - a group of caches that the periodic scan visits
 * @run: scans the caches; returns true if the next scan may find work. Called in process
 *	 context, one call at a time; may sleep
 */
struct ntpool_scan {
	bool (*run)(void);
};

void ntpool_scan_register(struct ntpool_scan *scan);
void ntpool_scan_unregister(struct ntpool_scan *scan);
void ntpool_scan_start(void);

#endif
