/* SPDX-License-Identifier: GPL-2.0 */
/* Sections of drivers, for debugfs; ntp_section_init() and _exit() are in ntpool.h. */
#ifndef NTPOOL_SECTION_H
#define NTPOOL_SECTION_H

#include <linux/module.h>

/**
 * struct ntp_section_row - one section, at one moment
 * @module: whose it is
 * @section: "code" or "data"
 * @locks: how often it is locked
 */
struct ntp_section_row {
	char module[MODULE_NAME_LEN];
	const char *section;
	unsigned long locks;
};

struct ntp_raise;

/*
 * In a read section: what is known of the raises of the driver that @addr lies in, or
 * NULL: in none.
 */
struct ntp_raise *ntp_image_raise(unsigned long addr);
/* Calls @fn for each driver, in the order in which they were loaded. Sleeps. */
void ntp_images_for_each(void (*fn)(const char *name, const struct ntp_raise *raise,
				    void *arg), void *arg);

/*
 * Every section of every driver, in the order in which the drivers were loaded: @nr
 * rows for kvfree(), or NULL if out of memory. Sleeps.
 */
struct ntp_section_row *ntp_sections_snapshot(size_t *nr);

#endif
