// SPDX-License-Identifier: GPL-2.0
/*
 * The files below /sys/kernel/debug/ntpool/verifier.
 *
 * On NT, verifier.exe /query and !verifier of the kernel debugger show these figures:
 * flags, filters, counters, tracked allocations, and allocations that were made to
 * fail.
 *
 * A stack follows the row that it belongs to, one line per entry, each with a leading
 * blank.
 *
 * Locking: none; see debugfs.c. Context: process context.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "base/callsite.h"
#include "base/frame.h"
#include "base/report.h"
#include "base/text.h"
#include "base/verifier.h"
#include "parts.h"
#include "observe/debugfs.h"
#include "verify/fault.h"
#include "verify/filter.h"
#include "verify/track.h"
#include "verify/verify.h"

enum {
	FLAGS_TEXT = 32,		/* bytes of a number, with blanks */
	FAULT_TEXT = 2 * NTPOOL_FILTER_TEXT + 128,
};

struct counter_row {
	const char *name;
	unsigned long value;
};

/* Allocates the one row of a control. */
static void *text_row(size_t size, size_t *nr)
{
	*nr = 1;
	return ntpool_rows_alloc(1, size);
}

static void *view_flags(size_t *nr)
{
	unsigned long *flags = text_row(sizeof(*flags), nr);

	if (flags)
		*flags = ntpool_verifier();
	return flags;
}

static void show_flags(struct seq_file *m, const void *row)
{
	const unsigned long *flags = row;

	seq_printf(m, "%lu\n", *flags);
}

static int write_flags(char *text)
{
	unsigned long flags;

	if (strlen(text) >= FLAGS_TEXT || kstrtoul(text, 0, &flags))
		return -EINVAL;
	return ntpool_verifier_set(flags);
}

static void *filter_row(struct ntpool_filter *filter, size_t *nr)
{
	char *text = text_row(NTPOOL_FILTER_TEXT, nr);

	if (text)
		ntpool_filter_text(filter, text);
	return text;
}

static void *view_drivers(size_t *nr)
{
	return filter_row(&ntpool_filter_drivers, nr);
}

static void *view_tags(size_t *nr)
{
	return filter_row(&ntpool_filter_tags, nr);
}

static int write_drivers(char *text)
{
	return ntpool_filter_set_drivers(&ntpool_filter_drivers, text);
}

static int write_tags(char *text)
{
	return ntpool_filter_set_tags(&ntpool_filter_tags, text);
}

static void *view_faults(size_t *nr)
{
	char *text = text_row(FAULT_TEXT, nr);

	if (text)
		ntpool_fault_text(text, FAULT_TEXT);
	return text;
}

/* Adds the end of the line if the text has none. */
static void show_text(struct seq_file *m, const void *row)
{
	const char *text = row;
	size_t length = strlen(text);

	seq_printf(m, "%s%s", text, length && text[length - 1] == '\n' ? "" : "\n");
}

static void show_stack(struct seq_file *m, const struct ntpool_stack *stack)
{
	char text[NTPOOL_CALLSITE_TEXT];
	unsigned int i;

	for (i = 0; i < stack->nr; i++) {
		ntpool_frame_text(stack->entry[i], stack->when, text, sizeof(text));
		seq_printf(m, " %s\n", text);
	}
}

/* Prints the columns from age_ms on, and the stack. */
static void show_call(struct seq_file *m, const struct ntpool_stack *stack)
{
	char caller[NTPOOL_CALLSITE_TEXT];

	ntpool_frame_text(stack->caller, stack->when, caller, sizeof(caller));
	seq_printf(m, " %8llu %3u %6d %s\n", ntpool_stack_age_ms(stack, ntpool_stack_now()),
		   stack->cpu, stack->pid, caller);
	show_stack(m, stack);
}

static void *view_failures(size_t *nr)
{
	struct ntpool_fault_note *notes = ntpool_rows_alloc(NTPOOL_FAULT_LOG, sizeof(*notes));

	if (notes)
		*nr = ntpool_fault_log(notes);
	return notes;
}

static void show_failure(struct seq_file *m, const void *row)
{
	const struct ntpool_fault_note *note = row;
	char tag[NTPOOL_TAG_TEXT];

	ntpool_tag_text(note->tag, tag);
	seq_printf(m, "%-4s %8zu", tag, note->size);
	show_call(m, &note->stack);
}

static const char * const counter_names[] = {
	[NTPOOL_VC_ATTEMPTED] = "allocations_attempted",
	[NTPOOL_VC_SUCCEEDED] = "allocations_succeeded",
	[NTPOOL_VC_SPECIAL] = "allocations_succeeded_special_pool",
	[NTPOOL_VC_NO_TAG] = "allocations_no_tag",
	[NTPOOL_VC_FAILED] = "allocations_failed",
	[NTPOOL_VC_DELIBERATE] = "allocations_failed_deliberately",
	[NTPOOL_VC_UNTRACKED] = "unable_to_track",
	[NTPOOL_VC_RAISES] = "irql_raises",
	[NTPOOL_VC_LOCKS] = "spinlocks_acquired",
};

static_assert(ARRAY_SIZE(counter_names) == NTPOOL_VC_COUNTERS);

static void *view_counters(size_t *nr)
{
	struct counter_row *rows = ntpool_rows_alloc(NTPOOL_VC_COUNTERS + 1, sizeof(*rows));
	unsigned int i;

	if (!rows)
		return NULL;
	for (i = 0; i < NTPOOL_VC_COUNTERS; i++) {
		rows[i].name = counter_names[i];
		rows[i].value = atomic_long_read(&ntpool_verify_counts[i]);
	}
	rows[i].name = "violations";
	rows[i].value = ntpool_report_violations();
	*nr = NTPOOL_VC_COUNTERS + 1;
	return rows;
}

static void show_counter(struct seq_file *m, const void *row)
{
	const struct counter_row *counter = row;

	seq_printf(m, "%s %lu\n", counter->name, counter->value);
}

static void *view_outstanding(size_t *nr)
{
	return ntpool_track_snapshot(nr);
}

static void show_outstanding(struct seq_file *m, const void *row)
{
	const struct ntpool_track *track = row;
	char tag[NTPOOL_TAG_TEXT];

	ntpool_tag_text(track->block.tag, tag);
	seq_printf(m, "%p %-4s %-5s %8zu", track->block.addr, tag,
		   ntpool_type_name(track->block.type), track->block.size);
	show_call(m, &track->stack);
}

static const struct ntpool_file verifier_files[] = {
	{
		.name = "verifier/flags",
		.columns = "flags",
		.row_size = sizeof(unsigned long),
		.snapshot = view_flags,
		.show = show_flags,
		.write = write_flags,
	}, {
		.name = "verifier/drivers",
		.columns = "drivers",
		.row_size = NTPOOL_FILTER_TEXT,
		.snapshot = view_drivers,
		.show = show_text,
		.write = write_drivers,
	}, {
		.name = "verifier/tags",
		.columns = "tags",
		.row_size = NTPOOL_FILTER_TEXT,
		.snapshot = view_tags,
		.show = show_text,
		.write = write_tags,
	}, {
		.name = "verifier/faults",
		.columns = "name value",
		.row_size = FAULT_TEXT,
		.snapshot = view_faults,
		.show = show_text,
		.write = ntpool_fault_set,
	}, {
		.name = "verifier/failures",
		.columns = "tag requested age_ms cpu pid caller",
		.row_size = sizeof(struct ntpool_fault_note),
		.snapshot = view_failures,
		.show = show_failure,
	}, {
		.name = "verifier/counters",
		.columns = "name value",
		.row_size = sizeof(struct counter_row),
		.snapshot = view_counters,
		.show = show_counter,
	}, {
		.name = "verifier/outstanding",
		.columns = "address tag type requested age_ms cpu pid caller",
		.row_size = sizeof(struct ntpool_track),
		.snapshot = view_outstanding,
		.show = show_outstanding,
	},
};

/**
 * ntpool_verify_view_init() - register the files of this source
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_verify_view_init(void)
{
	ntpool_debugfs_add(verifier_files, ARRAY_SIZE(verifier_files));
	return 0;
}
