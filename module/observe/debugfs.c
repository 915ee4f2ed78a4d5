// SPDX-License-Identifier: GPL-2.0
/*
 * Statistics: the files below /sys/kernel/debug/ntpool, all of them.
 *
 * NT answers such questions through ZwQuerySystemInformation() and the kernel
 * debugger; the text files here have the same figures. Each begins with its name
 * and format version and with the names of its columns, then has one row per thing,
 * and each is one struct ntpool_file: how to take a snapshot (an array of rows),
 * how to print a row, and for controls what a write does.
 *
 * A snapshot is taken when reading begins, and again when a reader goes back to the
 * start, so a monitor can keep a file open. It belongs to the open file, and nothing
 * is locked while it is printed: rows are never torn, however slowly they are read.
 * seq_file prints as many rows as fit the reader's buffer, one by one, so a table of
 * 10,000 tags costs one snapshot and no large buffer. seq_file's own mutex keeps
 * two readers of one open file apart.
 *
 * A source with files (*_view.c) adds them to the table with ntpool_debugfs_add(), which
 * main.c has called before the files are created. The table is constant from then on.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "base/text.h"
#include "init.h"
#include "memory/backing.h"
#include "observe/debugfs.h"

enum {
	FORMAT_VERSION = 1,
	TABLES_MAX = 8,
	WRITE_MAX = 1024,		/* bytes that a control takes at once */
};

/* An open file and its snapshot. */
struct open_view {
	const struct ntpool_file *file;
	void *rows;
	size_t nr;
};

static struct dentry *debugfs_root;

struct file_table {
	const struct ntpool_file *file;
	size_t nr;
};

static struct file_table tables[TABLES_MAX];	/* constant once the files are there */
static unsigned int nr_tables;

void ntpool_debugfs_add(const struct ntpool_file *files, size_t nr)
{
	if (WARN_ON_ONCE(nr_tables == TABLES_MAX))
		return;
	tables[nr_tables++] = (struct file_table){ .file = files, .nr = nr };
}

void *ntpool_rows_alloc(size_t nr, size_t size)
{
	if (ntpool_backing_refused())
		return NULL;
	return kvcalloc(nr, size, GFP_KERNEL);
}

void ntpool_show_tag(struct seq_file *m, u32 tag, enum ntpool_type type)
{
	char text[NTPOOL_TAG_TEXT];

	ntpool_tag_text(tag, text);
	seq_printf(m, "%-4s %-5s", text, ntpool_type_name(type));
}

static int view_refresh(struct open_view *view)
{
	kvfree(view->rows);
	view->nr = 0;
	view->rows = view->file->snapshot(&view->nr);
	return view->rows ? 0 : -ENOMEM;
}

/* Position 0 is the header, so row n is at n + 1. */
static void *view_row(const struct open_view *view, loff_t pos)
{
	if (pos > view->nr)
		return NULL;
	return view->rows + (pos - 1) * view->file->row_size;
}

static void *view_seq_start(struct seq_file *m, loff_t *pos)
{
	struct open_view *view = m->private;
	int err;

	if (*pos)
		return view_row(view, *pos);
	err = view_refresh(view);
	return err ? ERR_PTR(err) : SEQ_START_TOKEN;
}

static void *view_seq_next(struct seq_file *m, void *row, loff_t *pos)
{
	return view_row(m->private, ++*pos);
}

static void view_seq_stop(struct seq_file *m, void *row)
{
}

static int view_seq_show(struct seq_file *m, void *row)
{
	const struct open_view *view = m->private;

	if (row == SEQ_START_TOKEN)
		seq_printf(m, "# ntpool %s %d\n# %s\n", view->file->name, FORMAT_VERSION,
			   view->file->columns);
	else
		view->file->show(m, row);
	return 0;
}

static const struct seq_operations view_seq_ops = {
	.start = view_seq_start,
	.next = view_seq_next,
	.stop = view_seq_stop,
	.show = view_seq_show,
};

static int view_open(struct inode *inode, struct file *file)
{
	struct open_view *view;

	view = __seq_open_private(file, &view_seq_ops, sizeof(*view));
	if (!view)
		return -ENOMEM;
	view->file = inode->i_private;
	return 0;
}

static int view_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	struct open_view *view = m->private;

	kvfree(view->rows);
	return seq_release_private(inode, file);
}

/* One value per write, whole. */
static ssize_t view_write(struct file *file, const char __user *from, size_t size,
			  loff_t *pos)
{
	const struct ntpool_file *entry = file_inode(file)->i_private;
	char *text;
	int err;

	if (!entry->write || size >= WRITE_MAX)
		return -EINVAL;
	text = memdup_user_nul(from, size);
	if (IS_ERR(text))
		return PTR_ERR(text);
	err = strlen(text) == size ? entry->write(text) : -EINVAL;
	kfree(text);
	return err ?: size;
}

static const struct file_operations view_ops = {
	.owner = THIS_MODULE,
	.open = view_open,
	.read = seq_read,
	.write = view_write,
	.llseek = seq_lseek,
	.release = view_release,
};

#if IS_ENABLED(CONFIG_KUNIT)
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

ssize_t ntpool_debugfs_render(const char *name, char *buf, size_t size)
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

int ntpool_debugfs_store(const char *name, const char *text)
{
	const struct ntpool_file *file = file_by_name(name);
	char *copy;
	int err;

	if (!file || !file->write)
		return -ENOENT;
	copy = kstrdup(text, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	err = file->write(copy);
	kfree(copy);
	return err;
}
#endif

/* As all users of debugfs: nothing is checked, without it ntpool works as well. */
static void file_create(const struct ntpool_file *file, struct dentry *verifier)
{
	const char *base = strchr(file->name, '/');

	debugfs_create_file(base ? base + 1 : file->name, file->write ? 0600 : 0400,
			    base ? verifier : debugfs_root, (void *)file, &view_ops);
}

int ntpool_debugfs_init(void)
{
	struct dentry *verifier;
	unsigned int table;
	size_t i;

	debugfs_root = debugfs_create_dir("ntpool", NULL);
	verifier = debugfs_create_dir("verifier", debugfs_root);
	for (table = 0; table < nr_tables; table++)
		for (i = 0; i < tables[table].nr; i++)
			file_create(&tables[table].file[i], verifier);
	return 0;
}

void ntpool_debugfs_exit(void)
{
	debugfs_remove(debugfs_root);
}
