// SPDX-License-Identifier: GPL-2.0
/*
 * Options that mean the same in all commands.
 */
#include <limits.h>
#include <stdlib.h>

#include "poolmon.h"

_Noreturn void usage(const char *what, const char *text)
{
	complain("%s%s; --help lists the options", what, text);
	exit(PM_USAGE);
}

unsigned long option_number(const char *option, const char *text)
{
	uint64_t value;

	if (!number_parse(text, &value) || !value || value > INT_MAX)
		usage(option, ": a number of 1 or more is expected");
	return value;
}

double option_seconds(const char *option, const char *text)
{
	double value;

	if (!seconds_parse(text, &value))
		usage(option, ": 0.1 or more seconds are expected");
	return value;
}

static void set_debugfs(const char *dir)
{
	char *path;

	if (asprintf(&path, "%s/ntpool", dir) < 0)
		exit(PM_FAILED);
	ntpool_folder = path;
}

/* Returns false for an option that is not one of them. */
bool option_shared(struct options *o, int option, const char *value)
{
	switch (option) {
	case 'i':
		filter_add(&o->filter.include, &o->filter.nr_include, value);
		return true;
	case 'x':
		filter_add(&o->filter.exclude, &o->filter.nr_exclude, value);
		return true;
	case 'n':
		o->count = option_number("--count", value);
		o->have_count = true;
		return true;
	case 'd':
		o->delay = option_seconds("--delay", value);
		o->have_delay = true;
		return true;
	case 'J':
		o->json = true;
		return true;
	case 'r':
		o->raw = true;
		return true;
	case OPT_TOP:
		o->top = option_number("--top", value);
		return true;
	case OPT_NO_HEADINGS:
		o->no_headings = true;
		return true;
	case OPT_DEBUGFS:
		set_debugfs(value);
		return true;
	}
	return false;
}
