/* SPDX-License-Identifier: GPL-2.0 */
/* Files below /sys/kernel/debug/ntpool; init and exit are in ntpool.h. */
#ifndef NTPOOL_DEBUGFS_H
#define NTPOOL_DEBUGFS_H

#include "ntpool.h"

/*
 * Writes what a reader of the file @name would see to @buf, NUL terminated.
 * Returns the length, or -ENOENT, -ENOMEM, -E2BIG. Sleeps. For tests.
 */
#if IS_ENABLED(CONFIG_KUNIT)
ssize_t ntp_debugfs_render(const char *name, char *buf, size_t size);
#endif

#endif
