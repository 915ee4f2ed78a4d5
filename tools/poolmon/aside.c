// SPDX-License-Identifier: GPL-2.0
/*
 * Files aside: a new text is written to FILE.poolmon- and six letters, and then takes the
 * place of FILE. mkstemp() chooses the letters. So two writers never have one name, also
 * where they run in different namespaces and have the same process ID.
 *
 * A writer holds a lock on its file aside. A kill leaves the file without the lock. The
 * next writer of FILE removes it, if its text is one of poolmon's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "poolmon.h"

#define ASIDE ".poolmon-"	/* in names, before the letters */

enum { LETTERS = 6 };		/* that mkstemp() chooses */

/* Whether it is a regular file without a lock, which is empty or begins as @pattern has it */
static bool is_left(int fd, const char *pattern)
{
	char text[64] = "";
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) && !flock(fd, LOCK_EX | LOCK_NB) &&
	       pread(fd, text, sizeof(text) - 1, 0) >= 0 &&
	       (!text[0] || glob_match(pattern, text));
}

/* The lock is held until the name is gone: a writer that waits for it sees that. */
static void remove_left(int dir, const char *name, const char *pattern)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	if (is_left(fd, pattern))
		unlinkat(dir, name, 0);
	close(fd);
}

/* Removes files aside of @path that a kill has left, and that begin as @pattern has it. */
void asides_remove(const char *path, const char *pattern)
{
	char *dir_path = xstrdup(path), *file = xstrdup(path), *start;
	DIR *dir = opendir(dirname(dir_path));
	struct dirent *entry;
	size_t length;

	if (dir && asprintf(&start, "%s" ASIDE, basename(file)) >= 0) {
		length = strlen(start);
		while ((entry = readdir(dir)))
			if (!strncmp(entry->d_name, start, length) &&
			    strlen(entry->d_name) == length + LETTERS)
				remove_left(dirfd(dir), entry->d_name, pattern);
		free(start);
	}
	if (dir)
		closedir(dir);
	free(dir_path);
	free(file);
}

/*
 * A new file aside of @path, locked. @aside is its name, for free(). Before it has the lock,
 * another writer may take it for one that was left, and remove it. Then another is made.
 */
int aside_open(const char *path, char **aside)
{
	struct stat st;
	int fd;

	for (;;) {
		if (asprintf(aside, "%s" ASIDE "%*s", path, LETTERS, "") < 0) {
			*aside = NULL;
			return -1;
		}
		memset(*aside + strlen(*aside) - LETTERS, 'X', LETTERS);
		fd = mkostemp(*aside, O_CLOEXEC);
		if (fd < 0 || (!flock(fd, LOCK_EX | LOCK_NB) && !fstat(fd, &st) && st.st_nlink))
			return fd;
		close(fd);
		free(*aside);
	}
}
