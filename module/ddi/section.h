/* SPDX-License-Identifier: GPL-2.0 */
/* Sections of drivers, for debugfs. */
#ifndef NTPOOL_SECTION_H
#define NTPOOL_SECTION_H

#include <linux/module.h>

/**
 * struct ntpool_section_row - one section, at one moment
 * @module: its driver
 * @section: "code" or "data"
 * @locks: number of locks
 */
struct ntpool_section_row {
	char module[MODULE_NAME_LEN];
	const char *section;
	unsigned long locks;
};

/**
 * ntpool_sections_snapshot() - all sections of all drivers, oldest driver first
 * @nr: number of rows
 *
 * Context: process context; may sleep.
 * Return: the rows, to be freed with kvfree(); NULL without memory.
 */
struct ntpool_section_row *ntpool_sections_snapshot(size_t *nr);

#endif
