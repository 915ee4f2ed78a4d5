// SPDX-License-Identifier: GPL-2.0
/*
 * The files below /sys/kernel/debug/ntpool: the part that all of them share.
 *
 * NT has these figures in ZwQuerySystemInformation() and in the kernel debugger. A file
 * has a line with its name and format version, one with its columns, and one row per
 * object. Its struct ntpool_file has routines that take a snapshot (an array of rows),
 * print a row, and handle a write.
 *
 * A snapshot is taken when a read begins, and again when a reader seeks to the start.
 * A monitor may therefore keep a file open. The snapshot belongs to the open file. It
 * does not change while seq_file prints it, row by row, so no row is torn.
 *
 * Each *_view.c registers its files with ntpool_debugfs_add() from its init. main.c
 * calls ntpool_debugfs_init(), which creates the files, last.
 *
 * Locking. tables is constant once files exist. The mutex of seq_file serialises
 * readers of one open file, and with it protects the snapshot.
 *
 * Context: process context.
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

#include "base/refuse.h"
#include "base/text.h"
#include "parts.h"
#include "memory/backing.h"
#include "observe/debugfs.h"

enum {
	FORMAT_VERSION = 1,
	HEADER_MAX = 256,		/* bytes of the two lines above the rows */
	TABLES_MAX = 8,
	WRITE_MAX = 1024,		/* bytes that a control takes at once */
};

#define HEADER_FORMAT	"# ntpool %s %d\n# %s\n"

/* An open file and its snapshot. The mutex of seq_file protects it. */
struct open_view {
	const struct ntpool_file *file;
	void *rows;
	size_t nr;
};

static struct dentry *debugfs_root;	/* constant after init */

struct file_table {
	const struct ntpool_file *file;
	size_t nr;
};

static struct file_table tables[TABLES_MAX];	/* constant once the files exist */
static unsigned int nr_tables;			/* constant once the files exist */

/**
 * ntpool_debugfs_add() - register files
 * @files: the files; they must exist until ntpool_debugfs_exit()
 * @nr: number of files
 *
 * Context: process context, before ntpool_debugfs_init().
 */
void ntpool_debugfs_add(const struct ntpool_file *files, size_t nr)
{
	if (WARN_ON_ONCE(nr_tables == TABLES_MAX))
		return;
	tables[nr_tables++] = (struct file_table){ .file = files, .nr = nr };
}

/**
 * ntpool_rows_alloc() - allocate the rows of a snapshot
 * @nr: number of rows
 * @size: bytes of a row
 *
 * Context: process context, may sleep.
 * Return: zeroed rows for kvfree(); NULL: no memory.
 */
void *ntpool_rows_alloc(size_t nr, size_t size)
{
	if (ntpool_refused())
		return NULL;
	return kvcalloc(nr, size, GFP_KERNEL);
}

/**
 * ntpool_show_tag() - print the columns tag and type
 * @m: the file
 * @tag: pool tag
 * @type: pool type
 *
 * Context: process context.
 */
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

/* Position 0 is the header. Row n is at position n + 1. */
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
		seq_printf(m, HEADER_FORMAT, view->file->name, FORMAT_VERSION,
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

/* Skips the lines of the header of @file, so that a file can be written back as it was read. */
static char *past_header(const struct ntpool_file *file, char *text)
{
	char header[HEADER_MAX], *rest = header, *line;
	size_t length;

	scnprintf(header, sizeof(header), HEADER_FORMAT, file->name, FORMAT_VERSION, file->columns);
	while ((line = strsep(&rest, "\n"))) {
		length = strlen(line);
		if (length && !strncmp(text, line, length) && text[length] == '\n')
			text += length + 1;
	}
	return text;
}

/* One write has one whole value. */
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
	err = strlen(text) == size ? entry->write(past_header(entry, text)) : -EINVAL;
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

/* Errors of debugfs are ignored by convention: ntpool works without its files. */
static void file_create(const struct ntpool_file *file, struct dentry *verifier)
{
	const char *base = strchr(file->name, '/');

	debugfs_create_file(base ? base + 1 : file->name, file->write ? 0600 : 0400,
			    base ? verifier : debugfs_root, (void *)file, &view_ops);
}

/**
 * ntpool_debugfs_init() - create all registered files
 *
 * Context: process context, may sleep.
 * Return: 0.
 */
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

/**
 * ntpool_debugfs_exit() - remove all files; waits for reads and writes in progress
 *
 * Context: process context, may sleep.
 */
void ntpool_debugfs_exit(void)
{
	debugfs_remove(debugfs_root);
}

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/debugfs_hooks.c"
#endif
