// SPDX-License-Identifier: GPL-2.0
/*
 * The files `tags`, `callers`, `pools` and `classes`: the pools and their blocks.
 *
 * tags		NT's figures per tag, as PoolMon shows them.
 * callers	Live allocations by call site.
 * pools	pages is all memory that the pool has from the kernel, big_pages its runs
 *		of pages. cached_bytes is the part of free_bytes in the CPUs' caches. At
 *		rest pages * page size = bytes + free_bytes.
 * classes	Blocks by size in granules of page size / 256 bytes, header included.
 *		Cached blocks are free. The column is called units.
 *
 * Locking: none; see debugfs.c. Context: process context.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "account/tag.h"
#include "base/callsite.h"
#include "heap/cache.h"
#include "heap/heap.h"
#include "heap/run_cache.h"
#include "parts.h"
#include "observe/debugfs.h"
#include "observe/sums.h"
#include "special/special.h"

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
	struct ntpool_sums sums;

	if (ntpool_sums_by_caller(&sums))
		return NULL;
	*nr = sums.nr;
	return sums.sum;
}

static void callers_show(struct seq_file *m, const void *row)
{
	const struct ntpool_sum *sum = row;
	char text[NTPOOL_CALLSITE_TEXT];

	ntpool_sum_name(sum, text, sizeof(text));
	ntpool_show_tag(m, sum->tag, sum->type);
	seq_printf(m, " %8lu %12lu %12lu %s\n", sum->count, sum->bytes, sum->requested,
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
	unsigned long run_cached = ntpool_run_cache_pages(type);
	unsigned long run_held = ntpool_run_pages(type);
	struct ntpool_special_stats special;
	struct ntpool_heap_stats heap;
	unsigned long idle;

	ntpool_heap_stats(type, &heap);
	row->type = type;
	row->cached_bytes = ntpool_cache_bytes(type) + (run_cached << PAGE_SHIFT);
	row->free_bytes = heap.free_granules * NTPOOL_GRANULE + row->cached_bytes;
	row->big_pages = run_held - min(run_held, run_cached);
	row->pages = heap.pages + run_held;
	ntpool_special_stats(&special);
	row->pages += special.live[type];
	/* Special pool pages without a block have no pool type: nonpaged gets them. */
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

/* Numbers of blocks of one pool type, by granules. */
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

static const struct ntpool_file pool_files[] = {
	{
		.name = "tags",
		.columns = "tag type allocs frees diff bytes requested failed",
		.row_size = sizeof(struct ntpool_tag_sums),
		.snapshot = tags_snapshot,
		.show = tags_show,
	}, {
		.name = "callers",
		.columns = "tag type count bytes requested caller",
		.row_size = sizeof(struct ntpool_sum),
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
	},
};

/**
 * ntpool_pool_view_init() - register the files of this source
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_pool_view_init(void)
{
	ntpool_debugfs_add(pool_files, ARRAY_SIZE(pool_files));
	return 0;
}
