// SPDX-License-Identifier: GPL-2.0
/* Included by observe/debugfs.c: reads and writes without a mount. */
#include <linux/export.h>

#include "test.h"

static const struct ntpool_file *file_by_name(const char *name)
{
	unsigned int table;
	size_t i;

	for (table = 0; table < nr_tables; table++)
		for (i = 0; i < tables[table].nr; i++)
			if (!strcmp(tables[table].file[i].name, name))
				return &tables[table].file[i];
	return NULL;
}

static int view_render(struct seq_file *m)
{
	loff_t pos = 0;
	void *row = view_seq_start(m, &pos);

	while (!IS_ERR_OR_NULL(row)) {
		view_seq_show(m, row);
		row = view_seq_next(m, row, &pos);
	}
	return PTR_ERR_OR_ZERO(row);
}

ssize_t ntpool_test_show(const char *name, char *buf, size_t size)
{
	struct open_view view = { .file = file_by_name(name) };
	struct seq_file m = { .buf = buf, .size = size, .private = &view };
	int err;

	if (!view.file)
		return -ENOENT;
	err = view_render(&m);
	kvfree(view.rows);
	if (err)
		return err;
	if (seq_has_overflowed(&m))
		return -E2BIG;
	buf[m.count] = '\0';
	return m.count;
}
EXPORT_SYMBOL_GPL(ntpool_test_show);

int ntpool_test_write(const char *name, const char *text)
{
	const struct ntpool_file *file = file_by_name(name);
	char *copy;
	int err;

	if (!file || !file->write)
		return -ENOENT;
	copy = kstrdup(text, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	err = file->write(past_header(file, copy));
	kfree(copy);
	return err;
}
EXPORT_SYMBOL_GPL(ntpool_test_write);
