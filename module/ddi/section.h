/* SPDX-License-Identifier: GPL-2.0 */
/* Sections of drivers, for debugfs. */
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

/*
 * Every section of every driver, in the order in which the drivers were loaded: @nr
 * rows for kvfree(), or NULL if out of memory. Sleeps.
 */
struct ntpool_section_row *ntpool_sections_snapshot(size_t *nr);

#endif
