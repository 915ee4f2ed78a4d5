// SPDX-License-Identifier: GPL-2.0
/*
 * Statistics: the files below /sys/kernel/debug/ntpool, all of them.
 *
 * NT answers such questions through ZwQuerySystemInformation() and the kernel
 * debugger; the text files here have the same figures. Each begins with its name
 * and format version and with the names of its columns, then has one row per thing,
 * and each is one entry of view_files[]: how to take a snapshot (an array of rows),
 * how to print a row, and for controls what a write does.
 *
 * A snapshot is taken when reading begins, and again when a reader goes back to the
 * start, so a monitor can keep a file open. It belongs to the open file, and nothing
 * is locked while it is printed: rows are never torn, however slowly they are read.
 * seq_file prints as many rows as fit the reader's buffer, one by one, so a table of
 * 10,000 tags costs one snapshot and no large buffer. seq_file's own mutex keeps
 * two readers of one open file apart.
 *
 * What the figures mean where the column's name leaves room for doubt:
 *
 * pools	pages are all that the pool holds from the kernel, big_pages those of
 *		them that are whole-page allocations; cached_bytes is the part of
 *		free_bytes that waits in CPUs' caches. At rest pages * page size =
 *		bytes + free_bytes.
 * classes	units of page size / 256 bytes, header included; cached blocks are free.
 * quota	processes that were charged and live, and what is still charged to others;
 *		bytes are those of whole blocks.
 * raises	drivers that raised a status, with a handler and without; "-" for what
 *		is no driver.
 * sections	code and data of each module that is linked against ntpool, locked or
 *		not.
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
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "account/quota.h"
#include "account/tag.h"
#include "base/report.h"
#include "ddi/raise.h"
#include "ddi/section.h"
#include "heap/cache.h"
#include "heap/heap.h"
#include "heap/run_cache.h"
#include "lists/lookaside.h"
#include "memory/backing.h"
#include "observe/callsite.h"
#include "observe/debugfs.h"
#include "verify/special.h"

enum {
	FORMAT_VERSION = 1,
	LISTS_FIRST_ROOM = 64,
	WRITE_MAX = 1024,		/* bytes that a control takes at once */
};

/* An open file and its snapshot. */
struct open_view {
	const struct ntpool_file *file;
	void *rows;
	size_t nr;
};

static struct dentry *debugfs_root;

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

static const char *pool_name(enum ntpool_type type)
{
	return type == NTPOOL_PAGED ? "paged" : "nonpaged";
}

/* tags */

static void *tags_snapshot(size_t *nr)
{
	return ntpool_tag_snapshot(nr);
}

static void tags_show(struct seq_file *m, const void *row)
{
	const struct ntpool_tag_sums *sums = row;

	ntpool_show_tag(m, sums->tag, sums->type);
	seq_printf(m, " %10lu %10lu %8lu %12lu %12lu %6lu\n", sums->allocs, sums->frees,
		   sums->allocs - sums->frees, sums->bytes, sums->requested, sums->failed);
}

/* callers */

static void *callers_snapshot(size_t *nr)
{
	struct ntpool_callsites sites;

	if (ntpool_callsites_collect(&sites))
		return NULL;
	*nr = sites.nr;
	return sites.site;
}

static void callers_show(struct seq_file *m, const void *row)
{
	const struct ntpool_callsite *site = row;
	char text[NTPOOL_CALLSITE_TEXT];

	ntpool_callsite_name(site, text, sizeof(text));
	ntpool_show_tag(m, site->tag, site->type);
	seq_printf(m, " %8lu %12lu %12lu %s\n", site->count, site->bytes, site->requested,
		   text);
}

/* pools */

struct pool_row {
	enum ntpool_type type;
	unsigned long pages;
	unsigned long blocks;
	unsigned long bytes;
	unsigned long requested;
	unsigned long free_bytes;
	unsigned long cached_bytes;
	unsigned long big_pages;
	unsigned long failed;
};

static void pool_add_tag(struct pool_row *row, const struct ntpool_tag_sums *sums)
{
	row->blocks += sums->allocs - sums->frees;
	row->bytes += sums->bytes;
	row->requested += sums->requested;
	row->failed += sums->failed;
}

static void pool_add_memory(struct pool_row *row, enum ntpool_type type)
{
	unsigned long big_cached = ntpool_run_cache_pages(type);
	unsigned long big_held = ntpool_run_pages(type);
	struct ntpool_special_stats special;
	struct ntpool_heap_stats heap;
	unsigned long idle;

	ntpool_heap_stats(type, &heap);
	row->type = type;
	row->cached_bytes = ntpool_cache_bytes(type) + (big_cached << PAGE_SHIFT);
	row->free_bytes = heap.free_granules * NTPOOL_GRANULE + row->cached_bytes;
	row->big_pages = big_held - min(big_held, big_cached);
	row->pages = heap.pages + big_held;
	ntpool_special_stats(&special);
	row->pages += special.live[type];
	/* A page of special pool is of no pool in particular while no block is on it. */
	if (type == NTPOOL_NONPAGED) {
		idle = special.pages - special.live[NTPOOL_NONPAGED] - special.live[NTPOOL_PAGED];
		row->pages += idle;
		row->free_bytes += idle << PAGE_SHIFT;
	}
}

static void *pools_snapshot(size_t *nr)
{
	struct pool_row *rows = ntpool_rows_alloc(NTPOOL_TYPES, sizeof(*rows));
	struct ntpool_tag_sums *sums;
	enum ntpool_type type;
	size_t nr_sums, i;

	sums = rows ? ntpool_tag_snapshot(&nr_sums) : NULL;
	if (!sums) {
		kvfree(rows);
		return NULL;
	}
	for (i = 0; i < nr_sums; i++)
		pool_add_tag(&rows[sums[i].type], &sums[i]);
	kvfree(sums);
	for (type = 0; type < NTPOOL_TYPES; type++)
		pool_add_memory(&rows[type], type);
	*nr = NTPOOL_TYPES;
	return rows;
}

static void pools_show(struct seq_file *m, const void *row)
{
	const struct pool_row *pool = row;

	seq_printf(m, "%-8s %8lu %8lu %12lu %12lu %10lu %10lu %8lu %6lu\n",
		   pool_name(pool->type), pool->pages, pool->blocks, pool->bytes,
		   pool->requested, pool->free_bytes, pool->cached_bytes, pool->big_pages,
		   pool->failed);
}

/* classes */

struct class_row {
	enum ntpool_type type;
	unsigned int granules;
	unsigned long live;
	unsigned long free;
};

/* Block counts of one pool, by units. */
struct class_counts {
	unsigned long live[NTPOOL_GRANULES + 1];
	unsigned long free[NTPOOL_GRANULES + 1];
};

static size_t classes_add(struct class_row *rows, size_t nr, enum ntpool_type type,
			  const struct class_counts *counts)
{
	unsigned int granules;

	for (granules = 0; granules <= NTPOOL_GRANULES; granules++)
		if (counts->live[granules] || counts->free[granules])
			rows[nr++] = (struct class_row){
				.type = type,
				.granules = granules,
				.live = counts->live[granules],
				.free = counts->free[granules],
			};
	return nr;
}

static void *classes_snapshot(size_t *nr)
{
	struct class_row *rows =
		ntpool_rows_alloc(NTPOOL_TYPES * (NTPOOL_GRANULES + 1), sizeof(*rows));
	struct class_counts *counts = ntpool_rows_alloc(1, sizeof(*counts));
	enum ntpool_type type;
	size_t used = 0;

	for (type = 0; rows && type < NTPOOL_TYPES; type++) {
		if (!counts || ntpool_heap_classes(type, counts->live, counts->free)) {
			kvfree(rows);
			rows = NULL;
			break;
		}
		used = classes_add(rows, used, type, counts);
		memset(counts, 0, sizeof(*counts));
	}
	kvfree(counts);
	*nr = used;
	return rows;
}

static void classes_show(struct seq_file *m, const void *row)
{
	const struct class_row *class = row;

	seq_printf(m, "%-8s %5u %8lu %8lu\n", pool_name(class->type), class->granules,
		   class->live, class->free);
}

/* lookaside */

struct list_rows {
	struct ntpool_lookaside_info *row;
	size_t nr;
	size_t room;
};

static int lists_grow(struct list_rows *lists)
{
	size_t room = lists->room ? 2 * lists->room : LISTS_FIRST_ROOM;
	struct ntpool_lookaside_info *row = ntpool_rows_alloc(room, sizeof(*row));

	if (!row)
		return -ENOMEM;
	if (lists->nr)
		memcpy(row, lists->row, lists->nr * sizeof(*row));
	kvfree(lists->row);
	lists->row = row;
	lists->room = room;
	return 0;
}

static int lists_add(const struct ntpool_lookaside_info *info, void *arg)
{
	struct list_rows *lists = arg;

	if (lists->nr == lists->room && lists_grow(lists))
		return -ENOMEM;
	lists->row[lists->nr++] = *info;
	return 0;
}

static int lists_compare(const void *a, const void *b)
{
	const struct ntpool_lookaside_info *x = a, *y = b;

	return ntpool_tag_cmp(x->tag, y->tag) ?: (int)x->type - (int)y->type ?:
	       ntpool_order(x->size, y->size) ?: ntpool_order(x->owner, y->owner);
}

static void *lists_snapshot(size_t *nr)
{
	struct list_rows lists = {};

	if (lists_grow(&lists) || ntpool_lookaside_for_each(lists_add, &lists)) {
		kvfree(lists.row);
		return NULL;
	}
	sort(lists.row, lists.nr, sizeof(*lists.row), lists_compare, NULL);
	*nr = lists.nr;
	return lists.row;
}

static void lists_show(struct seq_file *m, const void *row)
{
	const struct ntpool_lookaside_info *info = row;
	char owner[NTPOOL_CALLSITE_TEXT];

	ntpool_callsite_text(info->owner, owner, sizeof(owner));
	ntpool_show_tag(m, info->tag, info->type);
	seq_printf(m, " %6u %5u %5u %6lu %10lu %8lu %10lu %8lu %s\n", info->size,
		   info->depth, info->max_depth, info->cached, info->allocs,
		   info->alloc_misses, info->frees, info->free_misses, owner);
}

/* quota */

static void *quota_snapshot(size_t *nr)
{
	return ntpool_quota_snapshot(nr);
}

/* A process names itself as it likes: one word all the same. */
static void show_comm(struct seq_file *m, const char *comm)
{
	if (*comm)
		seq_escape(m, comm, " \t\n\\");
	else
		seq_putc(m, '-');
}

static void quota_show(struct seq_file *m, const void *row)
{
	const struct ntpool_quota_row *quota = row;

	seq_printf(m, "%7d ", quota->pid);
	show_comm(m, quota->comm);
	seq_printf(m, " %12lu %12lu %12lu %12lu %8lu\n", quota->used[NTPOOL_NONPAGED],
		   quota->used[NTPOOL_PAGED], quota->peak[NTPOOL_NONPAGED],
		   quota->peak[NTPOOL_PAGED], quota->refused);
}

/* raises */

static void *raises_snapshot(size_t *nr)
{
	return ntpool_raises_snapshot(nr);
}

static void raises_show(struct seq_file *m, const void *row)
{
	const struct ntpool_raise_row *raise = row;

	seq_printf(m, "%-20s %8lu %10lu\n", raise->owner, raise->handled, raise->unhandled);
}

/* sections */

static void *sections_snapshot(size_t *nr)
{
	return ntpool_sections_snapshot(nr);
}

static void sections_show(struct seq_file *m, const void *row)
{
	const struct ntpool_section_row *section = row;

	seq_printf(m, "%-20s %-7s %5lu\n", section->module, section->section, section->locks);
}

static const struct ntpool_file view_files[] = {
	{
		.name = "tags",
		.columns = "tag type allocs frees diff bytes requested failed",
		.row_size = sizeof(struct ntpool_tag_sums),
		.snapshot = tags_snapshot,
		.show = tags_show,
	}, {
		.name = "callers",
		.columns = "tag type count bytes requested caller",
		.row_size = sizeof(struct ntpool_callsite),
		.snapshot = callers_snapshot,
		.show = callers_show,
	}, {
		.name = "pools",
		.columns =
			"pool pages blocks bytes requested free_bytes cached_bytes big_pages failed",
		.row_size = sizeof(struct pool_row),
		.snapshot = pools_snapshot,
		.show = pools_show,
	}, {
		.name = "classes",
		.columns = "pool units live free",
		.row_size = sizeof(struct class_row),
		.snapshot = classes_snapshot,
		.show = classes_show,
	}, {
		.name = "big",
		.columns = "tag type requested pages waste count",
		.row_size = sizeof(struct ntpool_callsite),
		.snapshot = ntpool_run_snapshot,
		.show = ntpool_run_show,
	}, {
		.name = "advice",
		.columns = "tag type requested waste count advice",
		.row_size = sizeof(struct ntpool_callsite),
		.snapshot = ntpool_advice_snapshot,
		.show = ntpool_advice_show,
	}, {
		.name = "lookaside",
		.columns =
			"tag type size depth max_depth cached allocs alloc_misses frees free_misses owner",
		.row_size = sizeof(struct ntpool_lookaside_info),
		.snapshot = lists_snapshot,
		.show = lists_show,
	}, {
		.name = "quota",
		.columns =
			"pid comm nonpaged paged nonpaged_peak paged_peak refused",
		.row_size = sizeof(struct ntpool_quota_row),
		.snapshot = quota_snapshot,
		.show = quota_show,
	}, {
		.name = "raises",
		.columns = "owner handled unhandled",
		.row_size = sizeof(struct ntpool_raise_row),
		.snapshot = raises_snapshot,
		.show = raises_show,
	}, {
		.name = "sections",
		.columns = "module section locks",
		.row_size = sizeof(struct ntpool_section_row),
		.snapshot = sections_snapshot,
		.show = sections_show,
	},
};

/* From here on: what all files have in common. */

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
	const struct ntpool_file *file;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(view_files); i++)
		if (!strcmp(view_files[i].name, name))
			return &view_files[i];
	for (file = ntpool_verifier_files; file->name; file++)
		if (!strcmp(file->name, name))
			return file;
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

void ntpool_debugfs_init(void)
{
	const struct ntpool_file *file;
	struct dentry *verifier;
	size_t i;

	debugfs_root = debugfs_create_dir("ntpool", NULL);
	verifier = debugfs_create_dir("verifier", debugfs_root);
	for (i = 0; i < ARRAY_SIZE(view_files); i++)
		file_create(&view_files[i], verifier);
	for (file = ntpool_verifier_files; file->name; file++)
		file_create(file, verifier);
}

void ntpool_debugfs_exit(void)
{
	debugfs_remove(debugfs_root);
}
