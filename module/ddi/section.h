/* SPDX-License-Identifier: GPL-2.0 */
/* Sections of drivers, for debugfs; ntpool_section_init() and _exit() are in ntpool.h. */
#ifndef NTPOOL_SECTION_H
#define NTPOOL_SECTION_H

#include <linux/module.h>

/**
 * struct ntpool_section_row - one section, at one moment
 * @module: whose it is
 * @section: "code" or "data"
 * @locks: how often it is locked
 */
struct ntpool_section_row {
	char module[MODULE_NAME_LEN];
	const char *section;
	unsigned long locks;
};

struct ntpool_raise;

/*
 * In a read section: what is known of the raises of the driver that @addr lies in, or
 * NULL: in none.
 */
struct ntpool_raise *ntpool_image_raise(unsigned long addr);
/* Calls @fn for each driver, in the order in which they were loaded. Sleeps. */
void ntpool_images_for_each(void (*fn)(const char *name, const struct ntpool_raise *raise,
				       void *arg), void *arg);

/*
 * Every section of every driver, in the order in which the drivers were loaded: @nr
 * rows for kvfree(), or NULL if out of memory. Sleeps.
 */
struct ntpool_section_row *ntpool_sections_snapshot(size_t *nr);

#endif
