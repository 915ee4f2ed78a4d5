// SPDX-License-Identifier: GPL-2.0
/*
 * The parsers under libFuzzer. The first byte chooses the parser. A file in pieces must
 * give the rows that it gives as a whole.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record.h"

static enum status feed(const struct file_kind *kind, struct snapshot *s, const char *text,
			size_t size, size_t piece)
{
	struct parser *parser;
	size_t part;

	snapshot_init(s);
	parser = parser_new(kind, s);
	for (; size; size -= part, text += part) {
		part = size < piece ? size : piece;
		parser_feed(parser, text, part);
	}
	return parser_end(parser, &s->bad);
}

static void check(bool good)
{
	if (!good)
		abort();
}

static void fuzz_kind(const struct file_kind *kind, const char *text, size_t size)
{
	struct snapshot whole, pieces;
	struct view view = { 0 };
	struct filter filter = { 0 };

	check(feed(kind, &whole, text, size, size) == feed(kind, &pieces, text, size, 7));
	check(whole.nr_tags == pieces.nr_tags && whole.nr_calls == pieces.nr_calls);
	check(whole.nr_lists == pieces.nr_lists && whole.bad == pieces.bad);
	snapshot_finish(&whole);
	snapshot_finish(&pieces);
	view_update(&view, &pieces, &whole, &filter);
	check(view.nr == whole.nr_tags);
	view_free(&view);
	snapshot_free(&whole);
	snapshot_free(&pieces);
}

static void fuzz_pooltags(const char *text, size_t size)
{
	const char *driver, *description;
	struct pooltags *tags;
	uint32_t tag = 0;
	char path[] = "/proc/self/fd/1000";
	FILE *file = tmpfile();

	check(file);
	fwrite(text, 1, size, file);
	fflush(file);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	tags = pooltags_read(path);
	check(tags);
	memcpy(&tag, text, size < 4 ? size : 4);
	pooltags_find(tags, tag, &driver, &description);
	pooltags_free(tags);
	fclose(file);
}

/* A record with the right first line. Its reader always ends, and what it gives parses. */
static void fuzz_record(const char *text, size_t size)
{
	char path[] = "/proc/self/fd/1000";
	struct snapshot snapshot;
	FILE *file = tmpfile();
	struct record r;
	struct sample s;
	size_t nr = 0;

	check(file);
	fputs("# poolmon record 1\n", file);
	fwrite(text, 1, size, file);
	fflush(file);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	check(record_open(&r, path) == PM_OK);
	while (record_next(&r, &s)) {
		sample_parse(&s, &snapshot);
		snapshot_free(&snapshot);
		nr++;
	}
	check(nr <= size);
	record_close(&r);
	fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct file_kind *const kinds[] = {
		&tags_kind, &callers_kind, &lookaside_kind, &pools_kind,
	};
	const char *text = (const char *)data + 1;

	if (!size)
		return 0;
	if (data[0] % 6 < 4)
		fuzz_kind(kinds[data[0] % 6], text, size - 1);
	else if (data[0] % 6 == 4)
		fuzz_record(text, size - 1);
	else
		fuzz_pooltags(text, size - 1);
	return 0;
}
