// SPDX-License-Identifier: GPL-2.0
/*
 * A record: snapshots in a file that only grows.
 *
 *	# poolmon record 1
 *	sample SECONDS.NANOSECONDS TAGS-BYTES CALLERS-BYTES CRC32
 *	(the text of `tags`, then that of `callers`, in the format of debugfs)
 *
 * A sample is one write and one fsync. After a kill or a full disk the last sample may be
 * torn: its checksum does not match, and every sample before it is good. A writer cuts a
 * torn end off. A reader skips a damaged sample and looks for the next line that begins
 * with `sample `: no row of debugfs does, because a tag has four characters.
 *
 * A file that reaches its limit is thinned. Every second sample is copied to a new file
 * that takes its place. From then on only every second sample is taken. The disk thus
 * needs one and a half times the limit at most.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "record.h"

#define HEADER_START "# poolmon record "
#define HEADER HEADER_START "1\n"

enum {
	HEAD_MAX = 128,		/* bytes of the line before a sample */
	SAMPLE_MAX = 1 << 28,	/* bytes of a sample */
};

static uint32_t checksum(const char *text, size_t size)
{
	return crc32(0, (const unsigned char *)text, size);
}

/* ---- Reader */

static enum status record_start(struct record *r, const char *path, FILE *file)
{
	char text[sizeof(HEADER)] = "";

	memset(r, 0, sizeof(*r));
	r->path = path;
	r->file = file;
	if (!r->file) {
		complain("%s: %s", path, strerror(errno));
		return PM_FAILED;
	}
	if (fgets(text, sizeof(text), r->file) && !strcmp(text, HEADER)) {
		r->good_end = ftello(r->file);
		return PM_OK;
	}
	record_close(r);
	if (!strncmp(text, HEADER, strlen(text))) {
		complain("%s: the record ends in its header", path);
		return PM_FAILED;
	}
	if (!strncmp(text, HEADER_START, strlen(HEADER_START))) {
		complain("%s: this record has an unknown version; version 1 is known", path);
		return PM_UNKNOWN_VERSION;
	}
	complain("%s: this is no record of poolmon", path);
	return PM_FAILED;
}

enum status record_open(struct record *r, const char *path)
{
	return record_start(r, path, fopen(path, "re"));
}

void record_close(struct record *r)
{
	free(r->text);
	r->text = NULL;
	if (r->file)
		fclose(r->file);
	r->file = NULL;
}

static bool parse_head(const char *line, struct sample *s)
{
	long long seconds;
	long nanoseconds;
	int end = 0;

	if (sscanf(line, "sample %lld.%9ld %zu %zu %" SCNx32 "%n", &seconds, &nanoseconds,
		   &s->tags_size, &s->callers_size, &s->crc, &end) != 5 || line[end] != '\n')
		return false;
	s->when.tv_sec = seconds;
	s->when.tv_nsec = nanoseconds;
	return seconds >= 0 && nanoseconds >= 0 && s->tags_size < SAMPLE_MAX &&
	       s->callers_size < SAMPLE_MAX;
}

/* Reads the text of a sample; the file has at least so many bytes. */
static bool read_sample(struct record *r, struct sample *s)
{
	size_t size = s->tags_size + s->callers_size;
	struct stat st;

	if (fstat(fileno(r->file), &st) || (off_t)size > st.st_size - ftello(r->file))
		return false;
	if (size > r->room) {
		r->text = xrealloc(r->text, size, 1);
		r->room = size;
	}
	s->text = r->text;
	return fread(r->text, 1, size, r->file) == size && checksum(r->text, size) == s->crc;
}

/* The next good sample; its text is good until the next call. */
bool record_next(struct record *r, struct sample *s)
{
	char line[HEAD_MAX];
	off_t start, behind;

	for (;;) {
		start = ftello(r->file);
		if (!fgets(line, sizeof(line), r->file))
			return false;
		if (!parse_head(line, s)) {
			r->damaged = true;
			continue;
		}
		behind = ftello(r->file);
		if (read_sample(r, s)) {
			s->head_start = start;
			r->good_end = ftello(r->file);
			return true;
		}
		r->damaged = true;
		if (fseeko(r->file, behind, SEEK_SET))
			return false;
	}
}

static enum status feed(const struct file_kind *kind, struct snapshot *snapshot,
			const char *text, size_t size)
{
	struct parser *parser = parser_new(kind, snapshot);
	enum status status;
	size_t bad;

	parser_feed(parser, text, size);
	status = parser_end(parser, &bad);
	snapshot->bad += bad;
	return status;
}

/* A sample as a snapshot, for snapshot_free() also on failure */
enum status sample_parse(const struct sample *s, struct snapshot *snapshot)
{
	enum status status;

	snapshot_init(snapshot);
	snapshot->when = s->when;
	status = feed(&tags_kind, snapshot, s->text, s->tags_size);
	if (status == PM_OK)
		status = feed(&callers_kind, snapshot, s->text + s->tags_size,
			      s->callers_size);
	snapshot_finish(snapshot);
	return status;
}

/* ---- Writer */

struct writer {
	const char *path;
	int fd;
	off_t end, limit;
	unsigned long ticks, stride;
	bool failed, told;
};

/* The record that the writer has open. Its name may be that of another file meanwhile. */
static enum status writer_record(const struct writer *w, struct record *r)
{
	int fd = fcntl(w->fd, F_DUPFD_CLOEXEC, 0);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (file)
		rewind(file);
	else if (fd >= 0)
		close(fd);
	return record_start(r, w->path, file);
}

/* Whether the path still leads to the writer's file, which was not removed, moved or replaced */
static bool has_name(const struct writer *w)
{
	struct stat own, named;

	return !fstat(w->fd, &own) && !stat(w->path, &named) && own.st_dev == named.st_dev &&
	       own.st_ino == named.st_ino;
}

static void write_tags(FILE *file, const struct snapshot *s)
{
	char tag[TAG_TEXT];
	size_t i;

	fputs("# ntpool tags 1\n# tag type allocs frees diff bytes requested failed\n", file);
	for (i = 0; i < s->nr_tags; i++) {
		const struct tag_row *t = &s->tag[i];

		tag_text(t->tag, tag);
		fprintf(file, "%s %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
			" %" PRIu64 "\n", tag, type_name(t->type), t->allocs, t->frees,
			t->diff, t->bytes, t->requested, t->failed);
	}
}

static void write_callers(FILE *file, const struct snapshot *s)
{
	char tag[TAG_TEXT];
	size_t i;

	fputs("# ntpool callers 1\n# tag type count bytes requested caller\n", file);
	for (i = 0; i < s->nr_calls; i++) {
		const struct call_row *c = &s->call[i];

		tag_text(c->tag, tag);
		fprintf(file, "%s %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n", tag,
			type_name(c->type), c->count, c->bytes, c->requested,
			s->names + c->caller);
	}
}

/* The sample as one text, its first line included, for free() */
static char *sample_text(const struct snapshot *s, size_t *size)
{
	char *text = NULL, *all, head[HEAD_MAX];
	size_t tags_size, body;
	FILE *file = open_memstream(&text, &body);
	int length;

	if (!file)
		return NULL;
	write_tags(file, s);
	fflush(file);
	tags_size = body;
	write_callers(file, s);
	if (fclose(file)) {
		free(text);
		return NULL;
	}
	length = snprintf(head, sizeof(head), "sample %lld.%09ld %zu %zu %08" PRIx32 "\n",
			  (long long)s->when.tv_sec, s->when.tv_nsec, tags_size,
			  body - tags_size, checksum(text, body));
	*size = length + body;
	all = xrealloc(NULL, *size, 1);
	memcpy(all, head, length);
	memcpy(all + length, text, body);
	free(text);
	return all;
}

static bool write_all(int fd, const char *text, size_t size, off_t at)
{
	ssize_t put;

	while (size) {
		put = pwrite(fd, text, size, at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		text += put;
		size -= put;
		at += put;
	}
	return true;
}

/* Copies every second sample to a file; returns its end, or 0. */
static off_t copy_half(struct record *r, int to)
{
	off_t end = strlen(HEADER);
	struct sample s;
	bool good = write_all(to, HEADER, end, 0), take = true;
	char head[HEAD_MAX];

	for (; good && record_next(r, &s); take = !take) {
		size_t size = s.tags_size + s.callers_size;
		ssize_t length = r->good_end - s.head_start - size;

		if (!take)
			continue;
		good = pread(fileno(r->file), head, length, s.head_start) == length &&
		       write_all(to, head, length, end) &&
		       write_all(to, s.text, size, end + length);
		end += length + size;
	}
	return good ? end : 0;
}

/* Lets a copy of every second sample take the place of the file. Returns 0 or the error. */
static int thin_to(struct writer *w, struct record *r)
{
	char *aside;
	int fd = aside_open(w->path, &aside), error = 0;
	off_t end = fd < 0 ? 0 : copy_half(r, fd);

	if (end && !fsync(fd) && has_name(w) && !rename(aside, w->path)) {
		close(w->fd);
		w->fd = fd;
		w->end = end;
		w->stride *= 2;
	} else {
		error = errno;
		if (fd >= 0) {
			unlink(aside);
			close(fd);
		}
	}
	free(aside);
	return error;
}

/* Thins the file where it has no room for a sample. Returns 0 or the error. */
static int make_room(struct writer *w, size_t size)
{
	struct record r;
	int error = EIO;

	if (w->end + (off_t)size <= w->limit)
		return 0;
	if (writer_record(w, &r) == PM_OK) {
		error = thin_to(w, &r);
		record_close(&r);
	}
	return error ? error : w->end + (off_t)size <= w->limit ? 0 : EFBIG;
}

static int append(struct writer *w, const char *text, size_t size)
{
	int error = text ? make_room(w, size) : ENOMEM;

	if (!error && (!write_all(w->fd, text, size, w->end) || fsync(w->fd)))
		error = errno;
	return error;
}

/* A failure loses this sample alone: the file is cut to what was good. */
static void write_failed(struct writer *w, int error)
{
	if (ftruncate(w->fd, w->end))
		error = errno;
	if (!w->told)
		complain("%s: %s; this sample is left out", w->path, strerror(error));
	w->told = true;
	w->failed = true;
}

static enum status record_sample(void *arg, const struct snapshot *before,
				 const struct snapshot *now)
{
	struct writer *w = arg;
	size_t size = 0;
	char *text;
	int error;

	(void)before;
	if (!now || w->ticks++ % w->stride)
		return PM_OK;
	if (!has_name(w)) {
		complain("%s: the record was removed, moved or replaced", w->path);
		return PM_FAILED;
	}
	text = sample_text(now, &size);
	error = append(w, text, size);
	if (error) {
		write_failed(w, error);
	} else {
		w->end += size;
		w->told = false;
	}
	free(text);
	return PM_OK;
}

/* Finds the end of the last good sample, and cuts off what is behind it. */
static enum status writer_resume(struct writer *w)
{
	struct record r;
	struct sample s;
	enum status status = writer_record(w, &r);

	if (status != PM_OK)
		return status;
	while (record_next(&r, &s))
		;
	w->end = r.good_end;
	record_close(&r);
	if (!ftruncate(w->fd, w->end))
		return PM_OK;
	complain("%s: %s", w->path, strerror(errno));
	return PM_FAILED;
}

/* Whether the file is empty, or was cut off in its first write: it is a part of the header. */
static bool is_begun(int fd)
{
	char text[sizeof(HEADER)];
	ssize_t got = pread(fd, text, sizeof(text), 0);

	return got >= 0 && (size_t)got < strlen(HEADER) && !memcmp(text, HEADER, got);
}

static enum status writer_open(struct writer *w)
{
	struct stat st;

	w->fd = open(w->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (w->fd < 0 || fstat(w->fd, &st)) {
		complain("%s: %s", w->path, strerror(errno));
		return PM_FAILED;
	}
	if (!S_ISREG(st.st_mode)) {
		complain("%s: this is no regular file", w->path);
		return PM_FAILED;
	}
	/* Another writer may have replaced the file between open() and the lock. */
	if (flock(w->fd, LOCK_EX | LOCK_NB) || !has_name(w)) {
		complain("%s: another poolmon writes to it", w->path);
		return PM_FAILED;
	}
	asides_remove(w->path, HEADER "*");
	if (!is_begun(w->fd))
		return writer_resume(w);
	w->end = strlen(HEADER);
	if (!ftruncate(w->fd, 0) && write_all(w->fd, HEADER, w->end, 0))
		return PM_OK;
	complain("%s: %s", w->path, strerror(errno));
	return PM_FAILED;
}

/* Records until loop_run() ends; a signal ends it in good order. */
enum status record_run(struct options *o, const char *path, size_t limit)
{
	struct writer w = { .path = path, .fd = -1, .limit = limit, .stride = 1 };
	enum status status = writer_open(&w);

	if (status == PM_OK) {
		o->parts = PART_CALLS;
		status = loop_run(o, record_sample, &w);
	}
	if (w.fd >= 0)
		close(w.fd);
	return status == PM_OK && w.failed ? PM_FAILED : status;
}
