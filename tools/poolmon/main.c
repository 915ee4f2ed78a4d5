// SPDX-License-Identifier: GPL-2.0
/*
 * Options and commands.
 *
 * poolmon.exe's options have a slash. With a dash they mean the same, but for b, d, n and
 * s: there the dash has the meaning of Linux' tools. getopt_long() stops at an argument
 * that is no option, and this file looks at it: so an argument of an option may begin
 * with a slash.
 */
#include <getopt.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "poolmon.h"
#include "record.h"

enum {
	OPT_BY_DIFF = OPT_OWN, OPT_BY_BYTES, OPT_SNAPSHOT, OPT_REVERSE, OPT_PROMETHEUS,
	OPT_OPENMETRICS, OPT_OWNER,
};

static const char short_options[] = "+hVi:x:petafm()g:lbn:d:o:Jrs:";

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "include", required_argument, NULL, 'i' },
	{ "exclude", required_argument, NULL, 'x' },
	{ "pool", no_argument, NULL, 'p' },
	{ "totals", no_argument, NULL, 'e' },
	{ "by-tag", no_argument, NULL, 't' },
	{ "by-allocs", no_argument, NULL, 'a' },
	{ "by-frees", no_argument, NULL, 'f' },
	{ "by-diff", no_argument, NULL, OPT_BY_DIFF },
	{ "by-bytes", no_argument, NULL, OPT_BY_BYTES },
	{ "by-per-alloc", no_argument, NULL, 'm' },
	{ "by-change", no_argument, NULL, '(' },
	{ "pooltag", required_argument, NULL, 'g' },
	{ "highlight", no_argument, NULL, 'l' },
	{ "snapshot", required_argument, NULL, OPT_SNAPSHOT },
	{ "batch", no_argument, NULL, 'b' },
	{ "count", required_argument, NULL, 'n' },
	{ "delay", required_argument, NULL, 'd' },
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, 'J' },
	{ "raw", no_argument, NULL, 'r' },
	{ "sort", required_argument, NULL, 's' },
	{ "reverse", no_argument, NULL, OPT_REVERSE },
	{ "noheadings", no_argument, NULL, OPT_NO_HEADINGS },
	{ "top", required_argument, NULL, OPT_TOP },
	{ "prometheus", optional_argument, NULL, OPT_PROMETHEUS },
	{ "openmetrics", optional_argument, NULL, OPT_OPENMETRICS },
	{ "owner", no_argument, NULL, OPT_OWNER },
	{ "debugfs", required_argument, NULL, OPT_DEBUGFS },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
"Usage: poolmon [options]\n"
"       poolmon record|diff|report --help\n"
"Shows the memory of ntpool by pool tag.\n"
"\n"
"Screen, or with -b a table:\n"
"  /iTAG, -i, --include TAG     tags to show; * and ? are wildcards; may be repeated\n"
"  /xTAG, -x, --exclude TAG     tags to leave out\n"
"  /p, -p, --pool               nonpaged pool alone; twice: paged pool; three times: both\n"
"  /e, -e, --totals             totals of the pools\n"
"  /t /a /f /d /b /m            sort by tag, allocations, frees, difference, bytes,\n"
"                               bytes per allocation; long: --by-tag --by-allocs\n"
"                               --by-frees --by-diff --by-bytes --by-per-alloc\n"
"  /(, -(, --by-change          sort by the change since the last sample; alone: of bytes\n"
"  /g, -g, --pooltag FILE       pooltag.txt with drivers and descriptions of tags\n"
"  /l, -l, --highlight          mark lines that changed\n"
"  /n, --snapshot FILE          save one snapshot to FILE and exit\n"
"  -d, --delay SECONDS          interval, 0.1 or more (default: 5)\n"
"\n"
"Batch:\n"
"  -b, --batch                  print tables: one, or with -n or -d several\n"
"  -n, --count NUMBER           number of samples\n"
"  -o, --output COLUMN,...      columns; `-o help' lists them\n"
"  -J, --json                   JSON\n"
"  -r, --raw                    raw text\n"
"  -s, --sort COLUMN            sort by any column; --reverse turns the order around\n"
"      --top NUMBER             the first rows only\n"
"      --noheadings             no line with headings\n"
"\n"
"Metrics:\n"
"      --prometheus[=FILE]      Prometheus' text format; FILE is replaced at once\n"
"      --openmetrics[=FILE]     OpenMetrics\n"
"      --top NUMBER             tags with series of their own (default: 100)\n"
"      --owner                  a label with the driver\n"
"\n"
"      --debugfs DIR            where debugfs is (default: " DEBUGFS ")\n"
"  /?, -h, --help               this text\n"
"  -V, --version                version\n";

static void set_sort(struct options *o, enum column column)
{
	o->view.sort = column;
	o->sort_given = true;
}

static void set_columns(struct options *o, const char *list)
{
	char *copy = xstrdup(list), *save, *name;
	enum column column;
	int i;

	if (!strcmp(list, "help")) {
		for (i = 0; i < COLUMNS; i++)
			puts(column_info[i].name);
		exit(output_status(PM_OK));
	}
	o->nr_columns = 0;
	for (name = strtok_r(copy, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		if (!column_find(name, &column))
			usage("no such column: ", name);
		columns_add(o, column);
	}
	free(copy);
	if (!o->nr_columns)
		usage("no columns", "");
}

static void set_sort_by_name(struct options *o, const char *name)
{
	enum column column;

	if (!column_find(name, &column))
		usage("no such column: ", name);
	set_sort(o, column);
}

/* Options with a value. Returns false for another one. */
static bool option_value(struct options *o, int option, const char *value)
{
	switch (option) {
	case 'g':
		pooltags_free(o->pooltags);
		o->pooltags = pooltags_read(value);
		if (!o->pooltags)
			exit(PM_FAILED);
		o->view.pooltags = o->pooltags;
		return true;
	case 'o':
		set_columns(o, value);
		return true;
	case 's':
		set_sort_by_name(o, value);
		return true;
	case OPT_SNAPSHOT:
		o->snapshot_file = value;
		return true;
	case OPT_PROMETHEUS:
	case OPT_OPENMETRICS:
		if (o->metrics)
			usage("--prometheus or --openmetrics, and once", "");
		o->metrics = true;
		o->openmetrics = option == OPT_OPENMETRICS;
		o->prometheus_file = value;
		return true;
	}
	return false;
}

static bool option_sort(struct options *o, int option)
{
	switch (option) {
	case 't':
		set_sort(o, COL_TAG);
		return true;
	case 'a':
		set_sort(o, COL_ALLOCS);
		return true;
	case 'f':
		set_sort(o, COL_FREES);
		return true;
	case OPT_BY_DIFF:
		set_sort(o, COL_DIFF);
		return true;
	case OPT_BY_BYTES:
		set_sort(o, COL_BYTES);
		return true;
	case 'm':
		set_sort(o, COL_PER_ALLOC);
		return true;
	case '(':
	case ')':
		o->view.by_change = true;
		return true;
	case OPT_REVERSE:
		o->view.reverse = true;
		return true;
	}
	return false;
}

static bool option_flag(struct options *o, int option)
{
	switch (option) {
	case 'p':
		o->pool_steps++;
		return true;
	case 'e':
		o->totals = true;
		return true;
	case 'l':
		o->highlight = true;
		return true;
	case 'b':
		o->batch = true;
		return true;
	case OPT_OWNER:
		o->owner_label = true;
		return true;
	case 'h':
		fputs(help, stdout);
		exit(output_status(PM_OK));
	case 'V':
		puts("poolmon " POOLMON_VERSION);
		exit(output_status(PM_OK));
	}
	return false;
}

static bool option_any(struct options *o, int option, const char *value)
{
	return option_shared(o, option, value) || option_value(o, option, value) ||
	       option_sort(o, option) || option_flag(o, option);
}

/* An option with a slash; returns the number of arguments that belong to it. */
static int option_slash(struct options *o, char **argv)
{
	const char *text = argv[0] + 1;

	if (*text == 'i' || *text == 'x') {
		if (!text[1])
			usage(argv[0], ": a tag must follow");
		option_shared(o, *text, text + 1);
		return 1;
	}
	if (!strcmp(text, "n") || !strcmp(text, "g")) {
		if (!argv[1])
			usage(argv[0], ": a file must follow");
		option_value(o, *text == 'n' ? OPT_SNAPSHOT : 'g', argv[1]);
		return 2;
	}
	if (!*text)
		usage("no such option: ", argv[0]);
	for (; *text; text++) {
		int option = *text == 'd' ? OPT_BY_DIFF : *text == 'b' ? OPT_BY_BYTES :
			     *text == '?' ? 'h' : *text;

		if (!strchr("petafm()lh", *text) && option == *text)
			usage("no such option: ", argv[0]);
		option_any(o, option, NULL);
	}
	return 1;
}

static void options_read(struct options *o, int argc, char **argv)
{
	int option;

	for (;;) {
		option = getopt_long(argc, argv, short_options, long_options, NULL);
		if (option == '?') {
			if (optopt == '?')
				option = 'h';
			else
				exit(PM_USAGE);
		}
		if (option != -1) {
			option_any(o, option, optarg);
			continue;
		}
		if (optind >= argc)
			break;
		if (argv[optind][0] != '/')
			usage("no such command: ", argv[optind]);
		optind += option_slash(o, argv + optind);
	}
	if (o->json && o->raw)
		usage("--json and --raw exclude each other", "");
	if (o->metrics && (o->json || o->raw || o->snapshot_file))
		usage("metrics exclude --json, --raw and --snapshot", "");
	/* The order by tag has no change. */
	if (o->view.by_change && !o->sort_given)
		o->view.sort = COL_BYTES;
	filter_pools(&o->filter, o->pool_steps);
}

int main(int argc, char **argv)
{
	static struct options o = { .delay = 5 };

	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	if (argc > 1 && is_command(argv[1]))
		return command_run(argc - 1, argv + 1);
	options_read(&o, argc, argv);
	if (!o.nr_columns)
		columns_default(&o);
	if (o.metrics)
		return metrics_run(&o);
	if (o.batch || o.json || o.raw || o.snapshot_file || o.have_count || !isatty(STDOUT_FILENO))
		return batch_run(&o);
	return screen_run(&o);
}
