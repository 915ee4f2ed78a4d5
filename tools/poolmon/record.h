/* SPDX-License-Identifier: GPL-2.0 */
/* Records of snapshots, and the commands that write and compare them. */
#ifndef POOLMON_RECORD_H
#define POOLMON_RECORD_H

#include "poolmon.h"

/* ---- record.c */

struct record {
	const char *path;
	FILE *file;
	char *text;		/* of the last sample */
	size_t room;
	off_t good_end;		/* end of the last good sample */
	bool damaged;		/* something was skipped */
};

struct sample {
	struct timespec when;
	const char *text;
	size_t tags_size, callers_size;
	uint32_t crc;
	off_t head_start;
};

enum status record_open(struct record *r, const char *path);
bool record_next(struct record *r, struct sample *s);
void record_close(struct record *r);
enum status sample_parse(const struct sample *s, struct snapshot *snapshot);
enum status record_run(struct options *o, const char *path, size_t limit);

/* ---- diff.c */

enum status diff_run(const struct options *o, const char *a, const char *b, bool all);

/* ---- report.c */

enum form { FORM_TABLE, FORM_CSV, FORM_HTML };

struct grower {
	uint32_t tag;
	enum type type;
	char *driver;
	double slope;		/* bytes per second, Theil-Sen */
	double tau;		/* -1: falls in every pair of samples, 1: rises */
	size_t nr;		/* points */
	double *bytes;		/* one per point */
};

struct growth {
	struct grower *grower;
	size_t nr;
	double *seconds;	/* of each point, since the first one */
	size_t points;
	struct timespec first, last;
};

enum status report_run(const struct options *o, const char *path, enum form form, bool all);
double theil_sen(const double *x, const double *y, size_t nr, double *tau);

/* ---- html.c */

enum status html_print(const struct growth *g, size_t nr);

/* ---- command.c */

bool is_command(const char *name);
int command_run(int argc, char **argv);

#endif
