/* SPDX-License-Identifier: GPL-2.0 */
/* Files below /sys/kernel/debug/ntpool. Context of all routines: process context. */
#ifndef NTPOOL_DEBUGFS_H
#define NTPOOL_DEBUGFS_H

#include "base/types.h"

struct seq_file;

/**
 * struct ntpool_file - one file
 * @name: path below the directory, with at most one '/'
 * @columns: names of the columns
 * @row_size: bytes of a row of the snapshot
 * @snapshot: returns a new array of @nr rows for kvfree(), or NULL without memory
 * @show: prints a row
 * @write: sets the control from @text, returns 0 or an error; NULL: read-only
 */
struct ntpool_file {
	const char *name;
	const char *columns;
	size_t row_size;
	void *(*snapshot)(size_t *nr);
	void (*show)(struct seq_file *m, const void *row);
	int (*write)(char *text);
};

/* Registers @nr files. Before ntpool_debugfs_init(). */
void ntpool_debugfs_add(const struct ntpool_file *files, size_t nr);

/* Allocates @nr zeroed rows of @size bytes, for kvfree(). NULL: no memory. May sleep. */
void *ntpool_rows_alloc(size_t nr, size_t size);
/* For ntpool_sort(), in ascending order. */
static inline int ntpool_order(unsigned long a, unsigned long b)
{
	return a < b ? -1 : a > b;
}

/* Prints the columns tag and type. */
void ntpool_show_tag(struct seq_file *m, u32 tag, enum ntpool_type type);

#endif
