// SPDX-License-Identifier: GPL-2.0
/*
 * poolmon report --html: one page that needs no other file, with a plot for each grower.
 *
 * gnuplot draws the plots as SVG, which becomes a part of the page. No text of a tag
 * reaches gnuplot: headings are HTML, and the plots have numbers alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "record.h"

static const char page_start[] =
"<!DOCTYPE html>\n"
"<html lang=\"en\">\n"
"<head>\n"
"<meta charset=\"utf-8\"/>\n"
"<title>ntpool: tags that grow</title>\n"
"<style>\n"
"body { font-family: sans-serif; margin: 2em; max-width: 60em; }\n"
"table { border-collapse: collapse; }\n"
"th, td { padding: 0.2em 0.8em; border-bottom: 1px solid #ccc; text-align: right; }\n"
"th:first-child, td:first-child { font-family: monospace; text-align: left; }\n"
"svg { max-width: 100%; height: auto; }\n"
"</style>\n"
"</head>\n"
"<body>\n"
"<h1>ntpool: tags that grow</h1>\n";

static void html_text(const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '<':
			fputs("&lt;", stdout);
			break;
		case '>':
			fputs("&gt;", stdout);
			break;
		case '&':
			fputs("&amp;", stdout);
			break;
		case '"':
			fputs("&quot;", stdout);
			break;
		default:
			if ((unsigned char)*text >= ' ' && *text != 0x7f)
				putchar(*text);
		}
}

static void print_table(const struct growth *g, size_t nr)
{
	char tag[TAG_TEXT];
	size_t i;

	puts("<table id=\"growers\">\n<tr><th>Tag</th><th>Type</th><th>Driver</th>"
	     "<th>Bytes at first</th><th>Bytes at last</th><th>Bytes per hour</th>"
	     "<th>Tau</th></tr>");
	for (i = 0; i < nr; i++) {
		const struct grower *one = &g->grower[i];

		fputs("<tr><td>", stdout);
		tag_text(one->tag, tag);
		html_text(tag);
		printf("</td><td>%s</td><td>", type_name(one->type));
		html_text(one->driver ? one->driver : "");
		printf("</td><td>%.0f</td><td>%.0f</td><td>%.0f</td><td>%.2f</td></tr>\n",
		       one->bytes[0], one->bytes[one->nr - 1], one->slope * 3600, one->tau);
	}
	puts("</table>");
}

/* The commands for gnuplot, with the points between them */
static void write_script(FILE *file, const struct growth *g, const struct grower *one)
{
	double last = g->seconds[g->points - 1];
	double unit = last > 2 * 86400 ? 86400 : last > 2 * 3600 ? 3600 : last > 120 ? 60 : 1;
	const char *name = unit == 1 ? "seconds" : unit == 60 ? "minutes" :
			   unit == 3600 ? "hours" : "days";
	size_t i;

	fprintf(file, "set terminal svg size 800,260 font 'sans,12'\n"
		"set xlabel '%s'\nset ylabel 'bytes'\nset format y '%%.3s %%c'\n"
		"set yrange [0:*]\nset grid\nunset key\n$points << END\n", name);
	for (i = 0; i < g->points; i++)
		fprintf(file, "%.6f %.0f\n", g->seconds[i] / unit, one->bytes[i]);
	fputs("END\nplot $points with steps linewidth 2\n", file);
}

/* Copies SVG from gnuplot to the page, without what stands before its first element. */
static bool copy_svg(FILE *file)
{
	char *line = NULL;
	size_t room = 0;
	bool inside = false;

	while (getline(&line, &room, file) > 0) {
		if (!inside && !strncmp(line, "<svg", 4))
			inside = true;
		if (inside)
			fputs(line, stdout);
	}
	free(line);
	return inside;
}

static bool print_plot(const struct growth *g, const struct grower *one)
{
	int fd = memfd_create("poolmon", 0);	/* gnuplot inherits it */
	FILE *script = fd < 0 ? NULL : fdopen(fd, "w"), *svg;
	char command[64];
	bool good;

	if (!script) {
		complain("memory for a plot: %s", strerror(errno));
		return false;
	}
	write_script(script, g, one);
	good = !fflush(script);
	snprintf(command, sizeof(command), "exec gnuplot /dev/fd/%d", fd);
	svg = good ? popen(command, "r") : NULL;
	good = svg && copy_svg(svg);
	if (svg)
		good = !pclose(svg) && good;
	fclose(script);
	if (!good)
		complain("gnuplot failed; install it with: apt-get install gnuplot-nox");
	return good;
}

static void print_time(const struct timespec *when)
{
	struct tm tm;
	char text[40];

	if (gmtime_r(&when->tv_sec, &tm) && strftime(text, sizeof(text), "%F %T UTC", &tm))
		fputs(text, stdout);
}

enum status html_print(const struct growth *g, size_t nr)
{
	char tag[TAG_TEXT];
	size_t i;

	fputs(page_start, stdout);
	fputs("<p>From ", stdout);
	print_time(&g->first);
	fputs(" to ", stdout);
	print_time(&g->last);
	printf(", %zu samples. The slope is the median over all pairs of samples.</p>\n",
	       g->points);
	print_table(g, nr);
	for (i = 0; i < nr; i++) {
		fputs("<h2>", stdout);
		tag_text(g->grower[i].tag, tag);
		html_text(tag);
		printf(", %s</h2>\n", type_name(g->grower[i].type));
		fflush(stdout);
		if (!print_plot(g, &g->grower[i]))
			return PM_FAILED;
	}
	puts("</body>\n</html>");
	return PM_OK;
}
