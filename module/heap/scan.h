/* SPDX-License-Identifier: GPL-2.0 */
/* The periodic scan: caches that have not been used give back what they hold. */
#ifndef NTPOOL_SCAN_H
#define NTPOOL_SCAN_H

#include <linux/list.h>
#include <linux/types.h>

/**
 * struct ntpool_scan - caches that the periodic scan looks at
 * @link: in the list of scans; scan.c's mutex guards it
 * @run: one scan; true if the next one may find work. Process context, may sleep,
 *	one call at a time
 * @manual: the clock leaves it out, because a test calls @run
 */
struct ntpool_scan {
	struct list_head link;
	bool (*run)(void);
	bool manual;
};

/* Both sleep. After the second @run is not running and not called again. */
void ntpool_scan_register(struct ntpool_scan *scan);
void ntpool_scan_unregister(struct ntpool_scan *scan);
/* A cache may hold something: scan one period from now. Any context but NMI. */
void ntpool_scan_start(void);
/* Tests: @manual, and no run by the clock is under way when it returns. Sleeps. */
void ntpool_scan_set_manual(struct ntpool_scan *scan, bool manual);

#endif
