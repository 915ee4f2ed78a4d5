// SPDX-License-Identifier: GPL-2.0
/*
 * The commands record, diff and report, and their options.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

enum { MIB = 1 << 20, LIMIT_MIB = 64 };

enum { OPT_CSV = OPT_OWN, OPT_HTML, OPT_ALL, OPT_MAX };

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "include", required_argument, NULL, 'i' },
	{ "exclude", required_argument, NULL, 'x' },
	{ "delay", required_argument, NULL, 'd' },
	{ "count", required_argument, NULL, 'n' },
	{ "duration", required_argument, NULL, 't' },
	{ "max-size", required_argument, NULL, OPT_MAX },
	{ "json", no_argument, NULL, 'J' },
	{ "raw", no_argument, NULL, 'r' },
	{ "csv", no_argument, NULL, OPT_CSV },
	{ "html", no_argument, NULL, OPT_HTML },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "top", required_argument, NULL, OPT_TOP },
	{ "noheadings", no_argument, NULL, OPT_NO_HEADINGS },
	{ "debugfs", required_argument, NULL, OPT_DEBUGFS },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
"Usage: poolmon record [-d SECONDS] [-n NUMBER | -t SECONDS] [--max-size MIB] FILE\n"
"       poolmon diff [options] A [B]\n"
"       poolmon report [options] FILE\n"
"\n"
"record appends samples to FILE until a signal arrives:\n"
"  -d, --delay SECONDS     interval, 0.1 or more (default: 5)\n"
"  -n, --count NUMBER      number of samples\n"
"  -t, --duration SECONDS  time after which it ends, also while ntpool is unloaded\n"
"      --max-size MIB      size at which every second sample is dropped (default: 64)\n"
"\n"
"diff shows what grew between the last samples of A and B, or the first and the last one\n"
"of A. report ranks tags by their growth over all samples:\n"
"  -J, --json; -r, --raw; --noheadings; report: --csv, --html\n"
"  -i, --include TAG       tags to show; * and ? are wildcards; may be repeated\n"
"  -x, --exclude TAG       tags to leave out\n"
"      --top NUMBER        the first ones only\n"
"      --all               also what did not grow\n"
"\n"
"      --debugfs DIR       where debugfs is (default: " DEBUGFS ")\n"
"  -h, --help              this text\n";

struct command {
	struct options o;
	size_t limit;
	enum form form;
	bool all;
};

static void option_own(struct command *c, int option, const char *value)
{
	switch (option) {
	case 'h':
		fputs(help, stdout);
		exit(output_status(PM_OK));
	case 't':
		c->o.duration = option_seconds("--duration", value);
		break;
	case OPT_MAX:
		c->limit = option_number("--max-size", value) * (size_t)MIB;
		break;
	case OPT_CSV:
		c->form = FORM_CSV;
		break;
	case OPT_HTML:
		c->form = FORM_HTML;
		break;
	case OPT_ALL:
		c->all = true;
		break;
	case '?':
		exit(PM_USAGE);
	}
}

/* Whether the command has a use for the option. --debugfs in a common alias does no harm. */
static bool takes(const char *command, int option)
{
	bool is_record = !strcmp(command, "record");

	switch (option) {
	case 'h':
	case '?':
	case OPT_DEBUGFS:
		return true;
	case 'd':
	case 'n':
	case 't':
	case OPT_MAX:
		return is_record;
	case OPT_CSV:
	case OPT_HTML:
		return !strcmp(command, "report");
	default:
		return !is_record;
	}
}

static _Noreturn void refuse(const char *command, int option)
{
	char text[64];
	int i;

	for (i = 0; long_options[i].val != option; i++)
		;
	snprintf(text, sizeof(text), "%s: it has no option --", command);
	usage(text, long_options[i].name);
}

bool is_command(const char *name)
{
	return !strcmp(name, "record") || !strcmp(name, "diff") || !strcmp(name, "report");
}

static enum status run(struct command *c, const char *name, int argc, char **argv)
{
	if (!strcmp(name, "diff")) {
		if (argc < 1 || argc > 2)
			usage("diff: one record, or two", "");
		return diff_run(&c->o, argv[0], argc > 1 ? argv[1] : NULL, c->all);
	}
	if (argc != 1)
		usage(name, ": one file is expected");
	if (!strcmp(name, "report"))
		return report_run(&c->o, argv[0], c->form, c->all);
	return record_run(&c->o, argv[0], c->limit);
}

int command_run(int argc, char **argv)
{
	static struct command c = { .o.delay = 5, .limit = (size_t)LIMIT_MIB * MIB };
	int option;

	while ((option = getopt_long(argc, argv, "hi:x:d:n:t:Jr", long_options, NULL)) != -1) {
		if (!takes(argv[0], option))
			refuse(argv[0], option);
		if (!option_shared(&c.o, option, optarg))
			option_own(&c, option, optarg);
	}
	if (c.o.json + c.o.raw + !!c.form > 1)
		usage("one form of output only", "");
	return output_status(run(&c, argv[0], argc - optind, argv + optind));
}
