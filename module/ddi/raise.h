/* SPDX-License-Identifier: GPL-2.0 */
/* Raising a status on behalf of a driver. */
#ifndef NTPOOL_RAISE_H
#define NTPOOL_RAISE_H

#include <linux/module.h>

/**
 * struct ntpool_raise_row - one driver that raised
 * @owner: its name; "-" for all that are not known
 * @handled: as in struct ntpool_raise
 * @unhandled: likewise
 */
struct ntpool_raise_row {
	char owner[MODULE_NAME_LEN];
	unsigned long handled;
	unsigned long unhandled;
};

/* Raises @status for the driver that @caller lies in. Every context but NMIs. */
void ntpool_raise(s32 status, unsigned long caller);
/* *@nr rows for kvfree(), in the order in which drivers were loaded; NULL: no memory. */
struct ntpool_raise_row *ntpool_raises_snapshot(size_t *nr);

#endif
