/* SPDX-License-Identifier: GPL-2.0 */
/*
 * poolmon: live figures of ntpool's tags, from the files in debugfs.
 *
 * parse.c takes the text of one file apart, and snapshot.c reads files into a struct
 * snapshot. view.c filters and sorts the tags of two snapshots. table.c prints a view
 * with libsmartcols, screen.c shows it with ncurses, metrics.c writes it for Prometheus.
 * option.c reads the options that the commands share. record.c keeps snapshots in a file;
 * diff.c and report.c compare them. aside.c makes the files that replace others.
 */
#ifndef POOLMON_H
#define POOLMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

#define POOLMON_VERSION "0.1"
#define DEBUGFS "/sys/kernel/debug"

/* Exit statuses, also in poolmon(1). */
enum status {
	PM_OK,
	PM_FAILED,		/* input, output, memory */
	PM_USAGE,
	PM_ABSENT,		/* ntpool is not loaded */
	PM_NO_DEBUGFS,		/* debugfs is not mounted */
	PM_NOT_ROOT,
	PM_LOCKDOWN,
	PM_UNKNOWN_VERSION,	/* a file of another format */
};

enum {
	FORMAT_VERSION = 1,
	FIELDS_MAX = 24,	/* columns of a file */
	LINE_MAX_BYTES = 4096,
	ROWS_MAX = 1 << 20,	/* rows of a file that are kept */
	TAG_TEXT = 17,		/* four bytes as \ooo, and the end */
};

enum type { NONP, PAGED, TYPES };

/* ---- text.c */

void tag_text(uint32_t tag, char *buf);
bool tag_parse(const char *text, uint32_t *tag);
void tag_show(uint32_t tag, char *buf);
int tag_cmp(uint32_t a, uint32_t b);
int key_cmp(uint32_t tag_a, enum type type_a, uint32_t tag_b, enum type type_b);
bool type_parse(const char *text, enum type *type);
const char *type_name(enum type type);
bool number_parse(const char *text, uint64_t *value);
bool seconds_parse(const char *text, double *seconds);
bool glob_match(const char *pattern, const char *text);
void *xrealloc(void *old, size_t nr, size_t size);
void *xextend(void *array, size_t nr, size_t size);
char *xstrdup(const char *text);
void text_clean(char *text);
enum status output_status(enum status status);
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- aside.c */

int aside_open(const char *path, char **aside);
void asides_remove(const char *path, const char *pattern);

/* ---- parse.c */

struct parser;

/* A row: the fields of the wanted columns in their order. Returns false: a bad row. */
typedef bool (*row_fn)(void *arg, char **field);

/* Description of a file: its name and the columns that are wanted. */
struct file_kind {
	const char *name;
	const char *const *columns;
	row_fn row;
};

struct parser *parser_new(const struct file_kind *kind, void *arg);
void parser_feed(struct parser *p, const char *text, size_t size);
enum status parser_end(struct parser *p, size_t *bad);

/* ---- snapshot.c */

struct tag_row {
	uint32_t tag;
	enum type type;
	uint64_t allocs, frees, diff, bytes, requested, failed;
	uint32_t caller;	/* offset in names of the largest call site, 0: none */
	uint64_t caller_bytes;
};

struct call_row {
	uint32_t tag;
	enum type type;
	uint64_t count, bytes, requested;
	uint32_t caller;	/* offset in names */
};

struct list_row {
	uint32_t tag;
	enum type type;
	uint64_t size, depth, max_depth, cached, allocs, alloc_misses, frees, free_misses;
	uint32_t owner;		/* offset in names */
};

struct pool_row {
	uint64_t pages, blocks, bytes, requested, free_bytes, cached_bytes, big_pages, failed;
};

/* Parts of a snapshot; the files that are read for it */
enum part {
	PART_CALLS = 1,
	PART_LISTS = 2,
	PART_POOLS = 4,
};

struct snapshot {
	struct timespec when;	/* CLOCK_REALTIME */
	struct tag_row *tag;	/* sorted by tag and type */
	size_t nr_tags;
	struct call_row *call;
	size_t nr_calls;
	struct list_row *list;
	size_t nr_lists;
	struct pool_row pool[TYPES];
	char *names;
	size_t names_used, names_room;
	size_t bad;		/* rows that could not be read */
};

extern const struct file_kind tags_kind, callers_kind, lookaside_kind, pools_kind;
extern const char *ntpool_folder;	/* the folder with ntpool's files */

void snapshot_init(struct snapshot *s);
void snapshot_free(struct snapshot *s);
void snapshot_finish(struct snapshot *s);
void tag_row_add(struct tag_row *sum, const struct tag_row *row);
enum status snapshot_read(struct snapshot *s, unsigned int parts, bool quiet);
enum status read_text(const char *name, row_fn line, void *arg);
uint32_t snapshot_name(struct snapshot *s, const char *text);
const struct tag_row *snapshot_find(const struct snapshot *s, uint32_t tag, enum type type);
void caller_driver(const char *caller, char *buf, size_t size);

/* ---- pooltag.c */

struct pooltags;

struct pooltags *pooltags_read(const char *path);
void pooltags_free(struct pooltags *tags);
bool pooltags_find(const struct pooltags *tags, uint32_t tag, const char **driver,
		   const char **description);

/* ---- view.c */

enum column {
	COL_TAG, COL_TYPE, COL_ALLOCS, COL_ALLOCS_DELTA, COL_FREES, COL_FREES_DELTA, COL_DIFF,
	COL_BYTES, COL_BYTES_DELTA, COL_PER_ALLOC, COL_REQUESTED, COL_FAILED, COL_DRIVER,
	COL_DESCRIPTION, COL_DIFF_DELTA, COLUMNS
};

struct column_info {
	const char *name;	/* for -o, --sort and JSON */
	const char *title;	/* heading of the screen */
	int width;		/* least width on the screen */
	bool is_text;
	enum column delta;	/* column with its change, or itself */
};

extern const struct column_info column_info[COLUMNS];

struct row {
	const struct tag_row *now;
	int64_t allocs, frees, bytes, diff;	/* changes */
	bool changed;
	bool is_total;
};

struct filter {
	char **include, **exclude;
	size_t nr_include, nr_exclude;
	const char *search;	/* part of the tag or of the driver, or NULL */
	bool hide[TYPES];
};

struct view {
	const struct snapshot *now;
	const struct pooltags *pooltags;
	struct row *row;
	size_t nr, room;
	struct row total[TYPES];
	struct tag_row total_tag[TYPES];
	enum column sort;
	bool by_change;
	bool reverse;
};

bool column_find(const char *name, enum column *column);
bool filter_takes(const struct filter *filter, const struct snapshot *s,
		  const struct tag_row *row);
void filter_add(char ***list, size_t *nr, const char *pattern);
void filter_pools(struct filter *filter, unsigned int steps);
void view_update(struct view *view, const struct snapshot *before,
		 const struct snapshot *now, const struct filter *filter);
void view_sort(struct view *view);
void view_free(struct view *view);
void row_text(const struct view *view, const struct row *row, enum column column, char *buf,
	      size_t size);
const char *row_driver(const struct view *view, const struct row *row, char *buf, size_t size);

/* ---- table.c */

struct options {
	struct pooltags *pooltags;
	bool sort_given;
	enum column columns[COLUMNS];
	size_t nr_columns;
	bool json, raw, no_headings, totals, highlight, batch;
	bool have_count, have_delay;
	bool printed;			/* a table before this one */
	unsigned int parts;		/* files that are read, PART_* */
	unsigned long count;	/* samples */
	double delay;		/* seconds */
	double duration;	/* seconds after which the loop ends, 0: never */
	size_t top;		/* rows, 0: all */
	struct filter filter;
	struct view view;
	unsigned int pool_steps;	/* /p, as often as given */
	const char *snapshot_file;	/* /n */
	bool metrics, openmetrics, owner_label;
	const char *prometheus_file;	/* NULL: standard output */
};

void columns_default(struct options *o);
void columns_add(struct options *o, enum column column);
bool wants_driver(const struct options *o);
struct libscols_table;
struct libscols_line;

struct libscols_table *output_table(const struct options *o, const char *name);
bool output_column(struct libscols_table *table, const char *name, bool is_text, int flags);
int output_cell(const struct options *o, struct libscols_line *line, size_t column,
		const char *text);
enum status table_print(const struct options *o, const struct view *view, FILE *to);
enum status table_save(const struct options *o, const char *path);

/* ---- batch.c */

/*
 * Gets a new snapshot, and the one before or NULL. Both are NULL when ntpool was unloaded or
 * cannot be read: no earlier snapshot may be used any more.
 */
typedef enum status (*sample_fn)(void *arg, const struct snapshot *before,
				 const struct snapshot *now);

int timer_set(int fd, double seconds);
int timer_start(double seconds);
int signals_start(bool resize);
enum status loop_run(struct options *o, sample_fn sample, void *arg);
enum status batch_run(struct options *o);

/* ---- screen.c, page.c */

enum page { PAGE_LIST, PAGE_HELP, PAGE_CALLS, PAGE_LISTS, PAGE_TAG };

char *page_text(enum page page, const struct snapshot *s, uint32_t tag, enum type type);
enum status screen_run(struct options *o);

/* ---- option.c */

/* Long options of several commands; those of one begin at OPT_OWN. */
enum { OPT_TOP = 256, OPT_NO_HEADINGS, OPT_DEBUGFS, OPT_OWN };

_Noreturn void usage(const char *what, const char *text);
unsigned long option_number(const char *option, const char *text);
double option_seconds(const char *option, const char *text);
bool option_shared(struct options *o, int option, const char *value);

/* ---- metrics.c */

enum status metrics_run(struct options *o);

#endif
