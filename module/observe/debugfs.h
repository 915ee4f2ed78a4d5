/* SPDX-License-Identifier: GPL-2.0 */
/* Files below /sys/kernel/debug/ntpool. */
#ifndef NTPOOL_DEBUGFS_H
#define NTPOOL_DEBUGFS_H

#include "base/types.h"

struct seq_file;

/**
 * struct ntpool_file - one file
 * @name: below the directory; at most one '/'
 * @columns: names of the columns
 * @row_size: bytes of a row of the snapshot
 * @snapshot: returns a new array of @nr rows for kvfree(), or NULL if out of memory
 * @show: prints a row
 * @write: changes what the file controls, -EINVAL for nonsense; NULL: read-only
 */
struct ntpool_file {
	const char *name;
	const char *columns;
	size_t row_size;
	void *(*snapshot)(size_t *nr);
	void (*show)(struct seq_file *m, const void *row);
	int (*write)(char *text);
};

/* Adds @nr files, before ntpool_debugfs_init(). */
void ntpool_debugfs_add(const struct ntpool_file *files, size_t nr);

/* An array of @nr rows of @size bytes, zeroed, for kvfree(); NULL: no memory. Sleeps. */
void *ntpool_rows_alloc(size_t nr, size_t size);
/* For sort(): ascending. */
static inline int ntpool_order(unsigned long a, unsigned long b)
{
	return a < b ? -1 : a > b;
}

/* The first two columns of many files. */
void ntpool_show_tag(struct seq_file *m, u32 tag, enum ntpool_type type);

/*
 * Writes what a reader of the file @name would see to @buf, NUL terminated.
 * Returns the length, or -ENOENT, -ENOMEM, -E2BIG. Sleeps. For tests.
 */
#if IS_ENABLED(CONFIG_KUNIT)
ssize_t ntpool_debugfs_render(const char *name, char *buf, size_t size);
/* What a write of @text to the file comes to: 0 or an error. Sleeps. For tests. */
int ntpool_debugfs_store(const char *name, const char *text);
#endif

#endif
