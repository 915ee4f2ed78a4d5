/* SPDX-License-Identifier: GPL-2.0 */
/* Raising a status on behalf of a driver. */
#ifndef NTPOOL_RAISE_H
#define NTPOOL_RAISE_H

#include <linux/module.h>

/**
 * struct ntpool_raise_row - one driver that raised
 * @owner: its name; "-" for code outside all drivers
 * @handled: raises that called its handler
 * @unhandled: raises without a handler
 */
struct ntpool_raise_row {
	char owner[MODULE_NAME_LEN];
	unsigned long handled;
	unsigned long unhandled;
};

/**
 * ntpool_raise() - raise a status on behalf of a driver
 * @status: argument of the driver's handler
 * @caller: address in the driver's code
 *
 * Context: any but NMIs; the handler runs in the same.
 */
void ntpool_raise(s32 status, unsigned long caller);
/**
 * ntpool_raises_snapshot() - figures of all drivers that raised
 * @nr: number of rows
 *
 * Context: process context; may sleep.
 * Return: the rows in the order in which the drivers were loaded, to be freed with
 * kvfree(); NULL without memory.
 */
struct ntpool_raise_row *ntpool_raises_snapshot(size_t *nr);

#endif
