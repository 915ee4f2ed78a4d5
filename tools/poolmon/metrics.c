// SPDX-License-Identifier: GPL-2.0
/*
 * Metrics, in the text format of Prometheus or as OpenMetrics.
 *
 * The tags with most bytes have series of their own, 100 without --top. The others have
 * one series per pool with the label tag="other". No tag has that name, since a tag has
 * four characters. Tags move between the two. A sum over others would then go back, as a
 * counter must not. So "other" exists for gauges alone, and each pool has counters of all
 * its tags. A tag that comes back goes on at its own figures: its counters never go back.
 *
 * A file is written aside, synced and renamed. Where ntpool cannot be read, the file has
 * ntpool_up 0 and no old figures.
 */
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "poolmon.h"

enum {
	TOP_DEFAULT = 100,
};

/* A family of series: a column of the tags. */
struct family {
	const char *name;	/* without _total */
	const char *unit;
	const char *help;
	bool is_counter;
	size_t field;		/* offset in struct tag_row */
};

#define FIELD(field) offsetof(struct tag_row, field)

static const struct family tag_families[] = {
	{ "ntpool_tag_bytes", "bytes", "Bytes taken from the pool by live allocations.",
	  false, FIELD(bytes) },
	{ "ntpool_tag_requested_bytes", "bytes", "Bytes that drivers asked for, live allocations.",
	  false, FIELD(requested) },
	{ "ntpool_tag_live_allocations", NULL, "Live allocations.", false, FIELD(diff) },
	{ "ntpool_tag_allocations", NULL, "Allocations.", true, FIELD(allocs) },
	{ "ntpool_tag_frees", NULL, "Frees.", true, FIELD(frees) },
	{ "ntpool_tag_failures", NULL, "Failed allocations.", true, FIELD(failed) },
};

static const struct family pool_families[] = {
	{ "ntpool_pool_live_bytes", "bytes", "Bytes of live allocations of all tags.",
	  false, FIELD(bytes) },
	{ "ntpool_pool_allocations", NULL, "Allocations of all tags.", true, FIELD(allocs) },
	{ "ntpool_pool_frees", NULL, "Frees of all tags.", true, FIELD(frees) },
	{ "ntpool_pool_failures", NULL, "Failed allocations of all tags.", true, FIELD(failed) },
};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* Octets that are not ASCII cannot be in the word of a tag; drivers have plain names. */
static void print_label(FILE *to, const char *name, const char *text)
{
	fprintf(to, "%s=\"", name);
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			fputc('\\', to);
		if (*text == '\n')
			fputs("\\n", to);
		else
			fputc((unsigned char)*text < 0x80 ? *text : '?', to);
	}
	fputc('"', to);
}

static void print_head(FILE *to, const struct options *o, const struct family *family)
{
	const char *total = family->is_counter && !o->openmetrics ? "_total" : "";
	const char *type = family->is_counter ? "counter" : "gauge";

	if (o->openmetrics) {
		fprintf(to, "# TYPE %s %s\n", family->name, type);
		if (family->unit)
			fprintf(to, "# UNIT %s %s\n", family->name, family->unit);
		fprintf(to, "# HELP %s %s\n", family->name, family->help);
	} else {
		fprintf(to, "# HELP %s%s %s\n", family->name, total, family->help);
		fprintf(to, "# TYPE %s%s %s\n", family->name, total, type);
	}
}

static void print_value(FILE *to, const struct family *family, const struct tag_row *row)
{
	uint64_t value;

	memcpy(&value, (const char *)row + family->field, sizeof(value));
	fprintf(to, "} %" PRIu64 "\n", value);
}

static void print_tag(FILE *to, const struct options *o, const struct family *family,
		      const struct row *row)
{
	char text[128];

	fprintf(to, "%s%s{", family->name, family->is_counter ? "_total" : "");
	tag_text(row->now->tag, text);
	print_label(to, "tag", text);
	fputc(',', to);
	print_label(to, "type", type_name(row->now->type));
	if (o->owner_label) {
		fputc(',', to);
		print_label(to, "driver", row_driver(&o->view, row, text, sizeof(text)));
	}
	print_value(to, family, row->now);
}

static void print_pool(FILE *to, const struct family *family, const char *label,
		       const struct tag_row sum[TYPES])
{
	enum type type;

	for (type = 0; type < TYPES; type++) {
		fprintf(to, "%s%s{%s", family->name, family->is_counter ? "_total" : "", label);
		print_label(to, "type", type_name(type));
		print_value(to, family, &sum[type]);
	}
}

static void print_tags(FILE *to, struct options *o, size_t top)
{
	struct tag_row others[TYPES] = { 0 }, all[TYPES] = { 0 };
	const struct snapshot *now = o->view.now;
	size_t i, row;

	for (i = top; i < o->view.nr; i++)
		tag_row_add(&others[o->view.row[i].now->type], o->view.row[i].now);
	for (i = 0; i < now->nr_tags; i++)
		tag_row_add(&all[now->tag[i].type], &now->tag[i]);
	for (i = 0; i < NR(tag_families); i++) {
		const struct family *family = &tag_families[i];

		print_head(to, o, family);
		for (row = 0; row < top; row++)
			print_tag(to, o, family, &o->view.row[row]);
		if (!family->is_counter && top < o->view.nr)
			print_pool(to, family, "tag=\"other\",", others);
	}
	for (i = 0; i < NR(pool_families); i++) {
		print_head(to, o, &pool_families[i]);
		print_pool(to, &pool_families[i], "", all);
	}
}

static bool violations_line(void *arg, char **line)
{
	return sscanf(*line, "violations %" SCNu64, (uint64_t *)arg) != 1;
}

static void print_single(FILE *to, const struct options *o, const struct family *family,
			 uint64_t value)
{
	print_head(to, o, family);
	fprintf(to, "%s%s %" PRIu64 "\n", family->name, family->is_counter ? "_total" : "",
		value);
}

static void print_all(FILE *to, struct options *o)
{
	static const struct family up = {
		.name = "ntpool_up", .help = "1: the figures of ntpool were read.",
	};
	static const struct family violations = {
		.name = "ntpool_violations", .help = "Violations that ntpool has reported.",
		.is_counter = true,
	};
	static const struct family tags = {
		.name = "ntpool_tags", .help = "Tags, those without series of their own included.",
	};
	size_t top = o->top ? o->top : TOP_DEFAULT;
	uint64_t count = UINT64_MAX;

	if (top > o->view.nr)
		top = o->view.nr;
	print_single(to, o, &up, !!o->view.now);
	if (o->view.now) {
		print_single(to, o, &tags, o->view.now->nr_tags);
		print_tags(to, o, top);
		if (read_text("verifier/counters", violations_line, &count) == PM_OK &&
		    count != UINT64_MAX)
			print_single(to, o, &violations, count);
	}
	if (o->openmetrics)
		fputs("# EOF\n", to);
}

/* The path behind links, where no file needs to be yet; for free(). A loop of links is NULL. */
static char *follow_links(const char *path)
{
	char *at = xstrdup(path), *next, to[PATH_MAX];
	ssize_t got;
	int i;

	for (i = 0; i < 40; i++) {
		got = readlink(at, to, sizeof(to) - 1);
		if (got < 0)
			return at;
		to[got] = '\0';
		if (asprintf(&next, "%s%s%s", to[0] == '/' ? "" : dirname(at),
			     to[0] == '/' ? "" : "/", to) < 0)
			next = xstrdup("");
		free(at);
		at = next;
	}
	free(at);
	errno = ELOOP;
	return NULL;
}

/* Writes beside the file, since a rename works in one file system only. */
static bool replace_file(struct options *o, const char *path)
{
	char *aside;
	FILE *to;
	bool good;
	int fd, error;

	asides_remove(path, "# ???? ntpool_up *");
	fd = aside_open(path, &aside);
	to = fd < 0 ? NULL : fdopen(fd, "w");
	good = to;
	if (to) {
		print_all(to, o);
		good = !fflush(to) && !ferror(to) && !fchmod(fd, 0644) && !fsync(fd) &&
		       !rename(aside, path);
	}
	error = errno;
	if (!good && fd >= 0)
		unlink(aside);
	/* Its lock lasts until the name is gone. */
	if (to)
		fclose(to);
	free(aside);
	errno = error;
	return good;
}

static enum status write_file(struct options *o)
{
	struct stat st;
	char *path;
	bool good;

	if (!stat(o->prometheus_file, &st) && !S_ISREG(st.st_mode)) {
		complain("%s: this is no regular file", o->prometheus_file);
		return PM_FAILED;
	}
	path = follow_links(o->prometheus_file);
	good = path && replace_file(o, path);
	if (!good)
		complain("%s: %s", o->prometheus_file, strerror(errno));
	free(path);
	return good ? PM_OK : PM_FAILED;
}

static enum status metrics_write(struct options *o)
{
	if (o->prometheus_file)
		return write_file(o);
	print_all(stdout, o);
	return output_status(PM_OK);
}

/* Without figures: ntpool_up is 0 */
static enum status metrics_write_absent(struct options *o)
{
	o->view.now = NULL;
	o->view.nr = 0;
	return metrics_write(o);
}

static enum status metrics_sample(void *arg, const struct snapshot *before,
				  const struct snapshot *now)
{
	struct options *o = arg;

	if (!now)
		return metrics_write_absent(o);
	view_update(&o->view, before, now, &o->filter);
	return metrics_write(o);
}

enum status metrics_run(struct options *o)
{
	o->view.sort = COL_BYTES;
	o->view.by_change = false;
	o->view.reverse = false;
	if (o->owner_label)
		o->parts |= PART_CALLS;
	if (!o->have_count && !o->have_delay)
		o->count = 1;
	return loop_run(o, metrics_sample, o);
}
