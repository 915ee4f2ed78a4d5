// SPDX-License-Identifier: GPL-2.0
/*
 * Reads ntpool's files into a snapshot, and names the cause where that fails.
 *
 * A file is open only while it is read, because an open file keeps ntpool from being
 * unloaded.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "poolmon.h"

#define LOCKDOWN "/sys/kernel/security/lockdown"

const char *ntpool_folder = DEBUGFS "/ntpool";

void snapshot_init(struct snapshot *s)
{
	memset(s, 0, sizeof(*s));
	snapshot_name(s, "");
}

void snapshot_free(struct snapshot *s)
{
	free(s->tag);
	free(s->call);
	free(s->list);
	free(s->names);
	memset(s, 0, sizeof(*s));
}

/* Keeps a text and returns its offset. */
uint32_t snapshot_name(struct snapshot *s, const char *text)
{
	size_t size = strlen(text) + 1, at = s->names_used;

	if (at + size > s->names_room) {
		s->names_room = 2 * (at + size) + 1024;
		s->names = xrealloc(s->names, s->names_room, 1);
	}
	memcpy(s->names + at, text, size);
	text_clean(s->names + at);
	s->names_used += size;
	return at;
}

/* ---- Rows */

static bool tags_row(void *arg, char **field)
{
	struct snapshot *s = arg;
	struct tag_row row = { 0 };

	if (!tag_parse(field[0], &row.tag) || !type_parse(field[1], &row.type) ||
	    !number_parse(field[2], &row.allocs) || !number_parse(field[3], &row.frees) ||
	    !number_parse(field[4], &row.diff) || !number_parse(field[5], &row.bytes) ||
	    !number_parse(field[6], &row.requested) || !number_parse(field[7], &row.failed))
		return false;
	s->tag = xextend(s->tag, s->nr_tags, sizeof(row));
	s->tag[s->nr_tags++] = row;
	return true;
}

static bool callers_row(void *arg, char **field)
{
	struct snapshot *s = arg;
	struct call_row row = { 0 };

	if (!tag_parse(field[0], &row.tag) || !type_parse(field[1], &row.type) ||
	    !number_parse(field[2], &row.count) || !number_parse(field[3], &row.bytes) ||
	    !number_parse(field[4], &row.requested))
		return false;
	row.caller = snapshot_name(s, field[5]);
	s->call = xextend(s->call, s->nr_calls, sizeof(row));
	s->call[s->nr_calls++] = row;
	return true;
}

static bool lookaside_row(void *arg, char **field)
{
	struct snapshot *s = arg;
	struct list_row row = { 0 };
	uint64_t *value[] = {
		&row.size, &row.depth, &row.max_depth, &row.cached, &row.allocs,
		&row.alloc_misses, &row.frees, &row.free_misses,
	};
	size_t i;

	if (!tag_parse(field[0], &row.tag) || !type_parse(field[1], &row.type))
		return false;
	for (i = 0; i < sizeof(value) / sizeof(value[0]); i++)
		if (!number_parse(field[2 + i], value[i]))
			return false;
	row.owner = snapshot_name(s, field[10]);
	s->list = xextend(s->list, s->nr_lists, sizeof(row));
	s->list[s->nr_lists++] = row;
	return true;
}

static bool pools_row(void *arg, char **field)
{
	struct snapshot *s = arg;
	struct pool_row row;
	uint64_t *value[] = {
		&row.pages, &row.blocks, &row.bytes, &row.requested, &row.free_bytes,
		&row.cached_bytes, &row.big_pages, &row.failed,
	};
	bool paged = !strcmp(field[0], "paged");
	size_t i;

	if (!paged && strcmp(field[0], "nonpaged"))
		return false;
	for (i = 0; i < sizeof(value) / sizeof(value[0]); i++)
		if (!number_parse(field[1 + i], value[i]))
			return false;
	s->pool[paged ? PAGED : NONP] = row;
	return true;
}

static const char *const tags_columns[] = {
	"tag", "type", "allocs", "frees", "diff", "bytes", "requested", "failed", NULL,
};

static const char *const callers_columns[] = {
	"tag", "type", "count", "bytes", "requested", "caller", NULL,
};

static const char *const lookaside_columns[] = {
	"tag", "type", "size", "depth", "max_depth", "cached", "allocs", "alloc_misses",
	"frees", "free_misses", "owner", NULL,
};

static const char *const pools_columns[] = {
	"pool", "pages", "blocks", "bytes", "requested", "free_bytes", "cached_bytes",
	"big_pages", "failed", NULL,
};

const struct file_kind tags_kind = { "tags", tags_columns, tags_row };
const struct file_kind callers_kind = { "callers", callers_columns, callers_row };
const struct file_kind lookaside_kind = { "lookaside", lookaside_columns, lookaside_row };
const struct file_kind pools_kind = { "pools", pools_columns, pools_row };

/* ---- Order, and the owner of each tag */

static int tag_row_compare(const void *a, const void *b)
{
	const struct tag_row *x = a, *y = b;

	return key_cmp(x->tag, x->type, y->tag, y->type);
}

const struct tag_row *snapshot_find(const struct snapshot *s, uint32_t tag, enum type type)
{
	const struct tag_row key = { .tag = tag, .type = type };

	if (!s->nr_tags)
		return NULL;
	return bsearch(&key, s->tag, s->nr_tags, sizeof(key), tag_row_compare);
}

void tag_row_add(struct tag_row *sum, const struct tag_row *row)
{
	sum->allocs += row->allocs;
	sum->frees += row->frees;
	sum->diff += row->diff;
	sum->bytes += row->bytes;
	sum->requested += row->requested;
	sum->failed += row->failed;
}

/* A tag that is in the file twice is added up. */
static void tags_merge(struct snapshot *s)
{
	size_t i, nr = 0;

	for (i = 0; i < s->nr_tags; i++) {
		struct tag_row *row = &s->tag[i], *last = nr ? &s->tag[nr - 1] : NULL;

		if (!last || tag_row_compare(last, row))
			s->tag[nr++] = *row;
		else
			tag_row_add(last, row);
	}
	s->nr_tags = nr;
}

static bool tags_sorted(const struct snapshot *s)
{
	size_t i;

	for (i = 1; i < s->nr_tags; i++)
		if (tag_row_compare(&s->tag[i - 1], &s->tag[i]) >= 0)
			return false;
	return true;
}

/* The call sites are in the order of the tags, mostly: the last tag is tried first. */
static void tags_set_callers(struct snapshot *s)
{
	struct tag_row *row = NULL;
	size_t i;

	for (i = 0; i < s->nr_calls; i++) {
		const struct call_row *call = &s->call[i];

		if (!row || row->tag != call->tag || row->type != call->type)
			row = (struct tag_row *)snapshot_find(s, call->tag, call->type);
		if (row && (!row->caller || call->bytes > row->caller_bytes)) {
			row->caller = call->caller;
			row->caller_bytes = call->bytes;
		}
	}
}

/* Brings the rows into order; the first thing after they were read. */
void snapshot_finish(struct snapshot *s)
{
	if (!tags_sorted(s)) {
		qsort(s->tag, s->nr_tags, sizeof(*s->tag), tag_row_compare);
		tags_merge(s);
	}
	tags_set_callers(s);
}

/* The driver of a call site: the module in brackets, or the kernel itself. */
void caller_driver(const char *caller, char *buf, size_t size)
{
	const char *end, *start = strrchr(caller, '[');

	end = start ? strchr(start, ']') : NULL;
	if (end)
		snprintf(buf, size, "%.*s", (int)(end - start - 1), start + 1);
	else if (strchr(caller, '+'))
		snprintf(buf, size, "kernel");
	else
		snprintf(buf, size, "%s", caller);
}

/* ---- Files */

static bool is_default_folder(void)
{
	return !strcmp(ntpool_folder, DEBUGFS "/ntpool");
}

static bool under_lockdown(void)
{
	char text[128] = "";
	FILE *file = fopen(LOCKDOWN, "re");

	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return strstr(text, "[integrity]") || strstr(text, "[confidentiality]");
}

/* The cause of a file that does not open or cannot be read */
static enum status cause_of(int error)
{
	struct statfs fs;

	if (is_default_folder()) {
		if (access("/sys/module/ntpool", F_OK))
			return PM_ABSENT;
		if (!statfs(DEBUGFS, &fs) && fs.f_type != DEBUGFS_MAGIC)
			return PM_NO_DEBUGFS;
	}
	switch (error) {
	case ENOENT:
	case ENODEV:
	case EIO:
		return PM_ABSENT;
	case EPERM:
	case EACCES:
		return geteuid() ? PM_NOT_ROOT : PM_LOCKDOWN;
	}
	return PM_FAILED;
}

static void explain(enum status status, const char *name, int error)
{
	switch (status) {
	case PM_ABSENT:
		complain("ntpool is not loaded: there is no %s/%s; load it with: modprobe ntpool",
			 ntpool_folder, name);
		break;
	case PM_NO_DEBUGFS:
		complain("debugfs is not mounted; mount it with: mount -t debugfs none " DEBUGFS);
		break;
	case PM_NOT_ROOT:
		complain("only root can read %s/%s", ntpool_folder, name);
		break;
	case PM_LOCKDOWN:
		complain("%s/%s cannot be opened: %s", ntpool_folder, name, under_lockdown() ?
			 "the kernel is locked down, see " LOCKDOWN :
			 "a security policy denies it");
		break;
	case PM_UNKNOWN_VERSION:
		complain("%s/%s has a format that this version does not know; it knows version %d",
			 ntpool_folder, name, FORMAT_VERSION);
		break;
	default:
		complain("%s/%s: %s", ntpool_folder, name, strerror(error));
	}
}

static int open_file(const char *name)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s/%s", ntpool_folder, name) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Feeds a whole file to the parser and frees the parser. */
static enum status read_file(const struct file_kind *kind, struct snapshot *s, bool quiet)
{
	struct parser *parser;
	char text[32768];
	enum status status;
	size_t bad = 0;
	ssize_t got;
	int error = 0, fd = open_file(kind->name);

	if (fd < 0) {
		error = errno;
		status = cause_of(error);
	} else {
		parser = parser_new(kind, s);
		while ((got = read(fd, text, sizeof(text))) > 0)
			parser_feed(parser, text, got);
		if (got < 0)
			error = errno;
		close(fd);
		status = parser_end(parser, &bad);
		if (error)
			status = cause_of(error);
	}
	s->bad += bad;
	if (status != PM_OK && !quiet)
		explain(status, kind->name, error);
	else if (bad && !quiet)
		complain("%s/%s: rows that cannot be read: %zu", ntpool_folder, kind->name, bad);
	return status;
}

/*
 * Reads the tags and the parts. With @quiet the caller reports the failure. A snapshot
 * with rows that cannot be read is good; its counter bad tells.
 */
enum status snapshot_read(struct snapshot *s, unsigned int parts, bool quiet)
{
	enum status status;

	snapshot_init(s);
	clock_gettime(CLOCK_REALTIME, &s->when);
	status = read_file(&tags_kind, s, quiet);
	if (status == PM_OK && parts & PART_CALLS)
		status = read_file(&callers_kind, s, quiet);
	if (status == PM_OK && parts & PART_LISTS)
		status = read_file(&lookaside_kind, s, quiet);
	if (status == PM_OK && parts & PART_POOLS)
		status = read_file(&pools_kind, s, quiet);
	if (status == PM_OK)
		snapshot_finish(s);
	else
		snapshot_free(s);
	return status;
}

/* Passes each line of a file without a table to @line, until that returns false. */
enum status read_text(const char *name, row_fn line, void *arg)
{
	char *text = NULL;
	size_t room = 0;
	int fd = open_file(name);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	ssize_t got;

	if (!file)
		return cause_of(errno);
	while ((got = getline(&text, &room, file)) > 0) {
		text[strcspn(text, "\n")] = '\0';
		text_clean(text);
		if (!line(arg, &text))
			break;
	}
	free(text);
	fclose(file);
	return PM_OK;
}
