// SPDX-License-Identifier: GPL-2.0
/*
 * poolmon report: which tags grow, over all samples of a record.
 *
 * The slope is that of Theil and Sen: the median of the slopes of all pairs of samples. A
 * burst, or a load of memory that is given back, does not move it. tau is Kendall's: how
 * many pairs rise, less how many fall, of all pairs. A leak has a slope above 0 and a tau
 * near 1.
 *
 * Of a long record POINTS_MAX samples are taken, evenly spaced. A tag that is not in a
 * sample has 0 bytes there.
 */
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

enum {
	POINTS_MAX = 128,
	GROWERS_MAX = 1 << 16,
	HOUR = 3600,
	HTML_GROWERS = 10,	/* plots, if --top says nothing */
};

/* ---- The fit */

static int double_compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

double theil_sen(const double *x, const double *y, size_t nr, double *tau)
{
	double *slope, median;
	size_t i, k, pairs = 0;
	long balance = 0;

	*tau = 0;
	if (nr < 2)
		return 0;
	slope = xrealloc(NULL, nr * (nr - 1) / 2, sizeof(*slope));
	for (i = 0; i < nr; i++)
		for (k = i + 1; k < nr; k++) {
			if (x[k] <= x[i])
				continue;
			balance += (y[k] > y[i]) - (y[k] < y[i]);
			slope[pairs++] = (y[k] - y[i]) / (x[k] - x[i]);
		}
	qsort(slope, pairs, sizeof(*slope), double_compare);
	median = pairs ? (slope[pairs / 2] + slope[(pairs - 1) / 2]) / 2 : 0;
	*tau = pairs ? (double)balance / pairs : 0;
	free(slope);
	return median;
}

static bool is_flat(const struct grower *g)
{
	size_t i;

	for (i = 1; i < g->nr; i++)
		if (g->bytes[i] != g->bytes[0])
			return false;
	return true;
}

/* Largest slope first */
static int grower_compare(const void *a, const void *b)
{
	const struct grower *x = a, *y = b;

	if (x->slope != y->slope)
		return x->slope > y->slope ? -1 : 1;
	return tag_cmp(x->tag, y->tag);
}

static void fit(struct growth *g)
{
	size_t i;

	for (i = 0; i < g->nr; i++) {
		struct grower *one = &g->grower[i];

		/* The tag was in no sample after some point: it has 0 bytes there. */
		one->nr = g->points;
		if (!is_flat(one))
			one->slope = theil_sen(g->seconds, one->bytes, one->nr, &one->tau);
	}
	qsort(g->grower, g->nr, sizeof(*g->grower), grower_compare);
}

/* ---- Points */

static int key_compare(const void *a, const void *b)
{
	const struct grower *x = a, *y = b;

	return key_cmp(x->tag, x->type, y->tag, y->type);
}

/* Those before @sorted are in order; new ones of this sample follow. */
static struct grower *grower_of(struct growth *g, size_t sorted, const struct tag_row *row)
{
	struct grower *one, key = { .tag = row->tag, .type = row->type };

	one = sorted ? bsearch(&key, g->grower, sorted, sizeof(key), key_compare) : NULL;
	if (one || g->nr == GROWERS_MAX)
		return one;
	g->grower = xextend(g->grower, g->nr, sizeof(key));
	key.bytes = xrealloc(NULL, POINTS_MAX, sizeof(double));
	memset(key.bytes, 0, POINTS_MAX * sizeof(double));
	g->grower[g->nr] = key;
	return &g->grower[g->nr++];
}

static void point_add(struct growth *g, const struct options *o, const struct snapshot *s)
{
	size_t i, sorted = g->nr;
	struct grower *one;
	char driver[128];

	if (!g->points)
		g->first = s->when;
	g->last = s->when;
	g->seconds[g->points] = (double)(s->when.tv_sec - g->first.tv_sec) +
				(double)(s->when.tv_nsec - g->first.tv_nsec) / 1e9;
	for (i = 0; i < s->nr_tags; i++) {
		const struct tag_row *row = &s->tag[i];

		one = filter_takes(&o->filter, s, row) ? grower_of(g, sorted, row) : NULL;
		if (!one)
			continue;
		one->bytes[g->points] = (double)row->bytes;
		if (!row->caller)
			continue;
		caller_driver(s->names + row->caller, driver, sizeof(driver));
		if (one->driver && !strcmp(one->driver, driver))
			continue;
		free(one->driver);
		one->driver = xstrdup(driver);
	}
	g->points++;
	qsort(g->grower, g->nr, sizeof(*g->grower), key_compare);
}

static enum status count_samples(const char *path, size_t *nr)
{
	struct record r;
	struct sample s;
	enum status status = record_open(&r, path);

	*nr = 0;
	if (status != PM_OK)
		return status;
	while (record_next(&r, &s))
		(*nr)++;
	if (r.damaged)
		complain("%s: damaged samples were skipped", path);
	record_close(&r);
	return PM_OK;
}

/* Whether sample @at of @nr is one of the points: the first and the last one always are. */
static bool is_point(size_t at, size_t nr)
{
	size_t step = (nr + POINTS_MAX - 2) / (POINTS_MAX - 1);

	return (nr - 1 - at) % step == 0;
}

static enum status growth_read(struct growth *g, const struct options *o, const char *path)
{
	struct snapshot snapshot;
	struct record r;
	struct sample s;
	size_t at = 0, nr;
	enum status status = count_samples(path, &nr);

	if (status == PM_OK)
		status = record_open(&r, path);
	if (status != PM_OK)
		return status;
	g->seconds = xrealloc(NULL, POINTS_MAX, sizeof(double));
	while (status == PM_OK && at < nr && record_next(&r, &s)) {
		if (!is_point(at++, nr))
			continue;
		status = sample_parse(&s, &snapshot);
		if (status == PM_OK)
			point_add(g, o, &snapshot);
		else
			complain("%s: a sample has a format that this version does not know",
				 path);
		snapshot_free(&snapshot);
	}
	record_close(&r);
	if (status == PM_OK && g->points < 2) {
		complain("%s: a record with two samples is needed", path);
		status = PM_FAILED;
	}
	return status;
}

/* ---- Output */

static const char *const names[] = {
	"tag", "type", "driver", "bytes_first", "bytes_last", "bytes_per_hour", "tau",
};

enum { NAMES = sizeof(names) / sizeof(names[0]), TEXT = 160 };

static bool name_is_text(int i)
{
	return i < 3;
}

static void grower_texts(const struct grower *g, char text[NAMES][TEXT])
{
	tag_text(g->tag, text[0]);
	snprintf(text[1], TEXT, "%s", type_name(g->type));
	snprintf(text[2], TEXT, "%s", g->driver ? g->driver : "");
	snprintf(text[3], TEXT, "%.0f", g->bytes[0]);
	snprintf(text[4], TEXT, "%.0f", g->bytes[g->nr - 1]);
	snprintf(text[5], TEXT, "%.0f", g->slope * HOUR);
	snprintf(text[6], TEXT, "%.2f", g->tau);
}

static int growth_table(const struct growth *g, size_t nr, const struct options *o)
{
	struct libscols_table *table = output_table(o, "growers");
	struct libscols_line *line;
	char text[NAMES][TEXT];
	size_t i;
	int k, err = table ? 0 : -1;

	if (err)
		return err;
	for (k = 0; k < NAMES && !err; k++)
		err = output_column(table, names[k], name_is_text(k), 0) ? 0 : -1;
	for (i = 0; i < nr && !err; i++) {
		line = scols_table_new_line(table, NULL);
		err = line ? 0 : -1;
		grower_texts(&g->grower[i], text);
		for (k = 0; k < NAMES && !err; k++)
			err = output_cell(o, line, k, text[k]);
	}
	if (!err)
		err = scols_print_table(table);
	scols_unref_table(table);
	return err;
}

/* A text in quotes, as RFC 4180 has it */
static void csv_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

static void growth_csv(const struct growth *g, size_t nr, bool no_headings)
{
	char text[NAMES][TEXT];
	size_t i;
	int k;

	for (k = 0; k < NAMES && !no_headings; k++)
		printf("%s%s", k ? "," : "", names[k]);
	if (!no_headings)
		fputs("\r\n", stdout);
	for (i = 0; i < nr; i++) {
		grower_texts(&g->grower[i], text);
		for (k = 0; k < NAMES; k++) {
			if (k)
				putchar(',');
			if (name_is_text(k))
				csv_text(text[k]);
			else
				fputs(text[k], stdout);
		}
		fputs("\r\n", stdout);
	}
}

static void growth_free(struct growth *g)
{
	size_t i;

	for (i = 0; i < g->nr; i++) {
		free(g->grower[i].driver);
		free(g->grower[i].bytes);
	}
	free(g->grower);
	free(g->seconds);
}

/* Growers alone, or with @all every tag */
enum status report_run(const struct options *o, const char *path, enum form form, bool all)
{
	struct growth g = { 0 };
	enum status status = growth_read(&g, o, path);
	size_t nr = 0, most = o->top ? o->top : form == FORM_HTML ? HTML_GROWERS : SIZE_MAX;

	if (status == PM_OK) {
		fit(&g);
		while (nr < g.nr && nr < most && (all || g.grower[nr].slope > 0))
			nr++;
		if (form == FORM_HTML) {
			status = html_print(&g, nr);
		} else if (form == FORM_CSV) {
			growth_csv(&g, nr, o->no_headings);
		} else if (growth_table(&g, nr, o)) {
			complain("the table cannot be printed");
			status = PM_FAILED;
		}
	}
	growth_free(&g);
	return status;
}
