/* SPDX-License-Identifier: GPL-2.0 */
/* Raising a status on behalf of a driver. */
#ifndef NTPOOL_RAISE_H
#define NTPOOL_RAISE_H

#include <linux/atomic.h>
#include <linux/module.h>

/* As PNTPOOL_RAISE_HANDLER: a LONG is 32 bits wide. */
typedef void (*ntpool_raise_handler)(s32 status);

/**
 * struct ntpool_raise - what is known of the raises of one driver; section.c keeps it
 * @handler: what the driver registered, or NULL; whole word, changed by the driver
 * @handled: raises that it was called for
 * @unhandled: raises without one
 */
struct ntpool_raise {
	ntpool_raise_handler handler;
	atomic_long_t handled;
	atomic_long_t unhandled;
};

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
