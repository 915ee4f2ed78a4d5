// SPDX-License-Identifier: GPL-2.0
/*
 * The screen: ncurses shows lines that libsmartcols has made.
 *
 * The list of tags renders the visible rows alone. All other pages are texts that scroll,
 * see page.c. Keys are those of poolmon.exe and of Linux' monitors. Marks are reverse and
 * bold, so that a terminal without colours shows them.
 */
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "poolmon.h"

enum {
	HEAD_LINES = 2,		/* state and pools */
	FIXED_COLUMNS = 2,	/* tag and type stay where the others scroll */
	INPUT_GONE = POLLHUP | POLLERR | POLLNVAL,
	CTRL_L = 'L' & 0x1f,
};

struct screen {
	struct options *o;
	struct snapshot snapshot[2];
	unsigned int at;		/* the one that is shown */
	bool have, have_before, paused, away, done;
	bool reloaded;			/* ntpool was away since the last sample */
	enum page page;
	uint32_t tag;			/* of the page about a tag */
	enum type type;
	size_t top, selected, shift;
	int timer, signals;
	enum status status;
	char search[64], message[160];
};

static struct snapshot *shown(struct screen *s)
{
	return &s->snapshot[s->at];
}

static void update(struct screen *s)
{
	const struct snapshot *before = s->have_before ? &s->snapshot[!s->at] : NULL;

	view_update(&s->o->view, before, shown(s), &s->o->filter);
}

/* Takes a snapshot. While ntpool is away, the last one stays on the screen. */
static void sample(struct screen *s)
{
	struct snapshot new;
	enum status status = snapshot_read(&new, PART_CALLS | PART_LISTS | PART_POOLS, true);

	s->away = status == PM_ABSENT;
	if (s->away) {
		s->reloaded = true;
		return;
	}
	if (status != PM_OK) {
		s->status = status;
		s->done = true;
		return;
	}
	if (s->have_before)
		snapshot_free(&s->snapshot[!s->at]);
	/* The counters of the ntpool that has returned begin again: nothing is before them. */
	if (s->reloaded)
		snapshot_free(shown(s));
	s->have_before = s->have && !s->reloaded;
	s->reloaded = false;
	s->have = true;
	s->at = !s->at;
	*shown(s) = new;
	update(s);
}

/* ---- Lines */

static void put_line(int y, const char *text, attr_t attributes)
{
	attrset(attributes);
	mvaddnstr(y, 0, text, COLS);
	clrtoeol();
	attrset(A_NORMAL);
}

static void draw_head(struct screen *s)
{
	const struct options *o = s->o;
	const struct pool_row *pool = shown(s)->pool;
	char line[512], when[32], bad[48] = "";
	struct tm tm;

	localtime_r(&shown(s)->when.tv_sec, &tm);
	strftime(when, sizeof(when), "%H:%M:%S", &tm);
	if (shown(s)->bad)
		snprintf(bad, sizeof(bad), "  unreadable rows: %zu", shown(s)->bad);
	snprintf(line, sizeof(line), "poolmon %s  %zu tags  every %g s  sort: %s%s%s%s%s%s%s", when,
		 o->view.nr, o->delay, column_info[o->view.sort].name,
		 o->view.by_change ? ", by change" : "", s->paused ? "  PAUSED" : "",
		 s->away ? "  ntpool is not loaded: waiting" : "", bad,
		 s->search[0] ? "  filter: " : "", s->search);
	put_line(0, line, A_NORMAL);
	snprintf(line, sizeof(line), "Nonp: %lu K, %lu K free   Paged: %lu K, %lu K free   %s",
		 (unsigned long)pool[NONP].bytes / 1024,
		 (unsigned long)pool[NONP].free_bytes / 1024,
		 (unsigned long)pool[PAGED].bytes / 1024,
		 (unsigned long)pool[PAGED].free_bytes / 1024, s->message);
	put_line(1, line, A_NORMAL);
}

/* Rows of the list between the headings and the totals */
static size_t list_rows(const struct screen *s)
{
	int rows = LINES - HEAD_LINES - 1 - (s->o->totals ? TYPES : 0);

	return rows > 0 ? rows : 0;
}

static void add_row(struct libscols_table *table, const struct screen *s, size_t columns,
		    const struct row *row)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	const struct options *o = s->o;
	char text[256], delta[260];
	size_t i, column = 0;

	for (i = 0; line && i < columns; i++) {
		const struct column_info *info = &column_info[o->columns[i]];

		if (i >= FIXED_COLUMNS && i < FIXED_COLUMNS + s->shift)
			continue;
		row_text(&o->view, row, o->columns[i], text, sizeof(text));
		if (o->columns[i] == COL_TAG && !row->is_total)
			tag_show(row->now->tag, text);
		snprintf(delta, sizeof(delta), info->title[0] ? "%s" : "(%s)", text);
		scols_line_set_data(line, column++, delta);
	}
}

static struct libscols_table *list_table(const struct screen *s, size_t columns)
{
	struct libscols_table *table = scols_new_table();
	const struct options *o = s->o;
	char title[32];
	size_t i;

	if (!table)
		return NULL;
	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	for (i = 0; i < columns; i++) {
		const struct column_info *info = &column_info[o->columns[i]];

		if (i >= FIXED_COLUMNS && i < FIXED_COLUMNS + s->shift)
			continue;
		snprintf(title, sizeof(title), "%s%s", info->title,
			 o->columns[i] == o->view.sort ? "*" : "");
		scols_table_new_column(table, title, info->width,
				       info->is_text ? 0 : SCOLS_FL_RIGHT);
	}
	return table;
}

static void draw_list_lines(struct screen *s, char *text, size_t rows)
{
	const struct view *view = &s->o->view;
	char *save, *line = strtok_r(text, "\n", &save);
	size_t i;

	put_line(HEAD_LINES, line ? line : "", A_UNDERLINE);
	for (i = 0; line && (line = strtok_r(NULL, "\n", &save)); i++) {
		size_t at = s->top + i;
		attr_t attributes = A_NORMAL;

		if (i < rows && at == s->selected)
			attributes |= A_REVERSE;
		if (i < rows && s->o->highlight && view->row[at].changed)
			attributes |= A_BOLD;
		put_line(HEAD_LINES + 1 + i, line, attributes);
	}
}

/* The visible rows and the totals, in so many columns; for free() */
static char *list_text(const struct screen *s, size_t rows, size_t columns)
{
	struct libscols_table *table = list_table(s, columns);
	const struct view *view = &s->o->view;
	char *text = NULL;
	size_t i;

	for (i = 0; table && i < rows; i++)
		add_row(table, s, columns, &view->row[s->top + i]);
	for (i = 0; table && s->o->totals && i < TYPES; i++)
		add_row(table, s, columns, &view->total[i]);
	if (table && !scols_table_is_empty(table))
		scols_print_table_to_string(table, &text);
	if (table)
		scols_unref_table(table);
	return text;
}

/* Whether the screen cuts a number, or the heading of the last column where that is a text */
static bool is_cut(const struct options *o, const char *text, size_t columns)
{
	size_t size;

	do {
		size = strcspn(text, "\n");
		if (size > (size_t)COLS)
			return true;
		text += size + (text[size] == '\n');
	} while (*text && !column_info[o->columns[columns - 1]].is_text);
	return false;
}

static void draw_list(struct screen *s)
{
	const struct view *view = &s->o->view;
	size_t room = list_rows(s), rows, columns = s->o->nr_columns;
	char *text;

	if (s->selected >= view->nr)
		s->selected = view->nr ? view->nr - 1 : 0;
	if (s->selected < s->top)
		s->top = s->selected;
	if (room && s->selected >= s->top + room)
		s->top = s->selected - room + 1;
	rows = view->nr - s->top < room ? view->nr - s->top : room;
	text = list_text(s, rows, columns);
	while (text && columns > 1 && is_cut(s->o, text, columns)) {
		free(text);
		text = list_text(s, rows, --columns);
	}
	if (text)
		draw_list_lines(s, text, rows);
	free(text);
}

static void draw_page(struct screen *s)
{
	char *text = page_text(s->page, shown(s), s->tag, s->type), *line = text, *next;
	int height = getmaxy(stdscr);
	size_t nr = 0, total = 0, room = height > HEAD_LINES ? height - HEAD_LINES : 0;

	for (next = text; *next; next++)
		total += *next == '\n';
	if (s->top + room > total)
		s->top = total > room ? total - room : 0;
	for (; *line; line = next, nr++) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (nr >= s->top && nr < s->top + room)
			put_line(HEAD_LINES + nr - s->top, line, A_NORMAL);
	}
	free(text);
}

static void draw(struct screen *s)
{
	erase();
	draw_head(s);
	if (s->page == PAGE_LIST)
		draw_list(s);
	else
		draw_page(s);
	refresh();
}

/* ---- Keys */

static void signals(struct screen *s)
{
	struct signalfd_siginfo info;
	struct winsize size;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGWINCH)
			s->done = true;
		else if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
			resizeterm(size.ws_row, size.ws_col);
	}
}

/* Takes a key into the answer; a backspace takes off a whole character of UTF-8. */
static void answer_edit(char *answer, size_t size, int key)
{
	size_t used = strlen(answer);

	if (key == KEY_BACKSPACE || key == 0x7f || key == '\b') {
		while (used && (answer[--used] & 0xc0) == 0x80)
			;
		answer[used] = '\0';
	} else if (key >= ' ' && key <= 0xff && used + 1 < size) {
		answer[used] = key;
		answer[used + 1] = '\0';
	}
}

/* Returns false without an answer: ESC, or a signal that ends the program. */
static bool ask(struct screen *s, const char *question, char *answer, size_t size)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = s->signals, .events = POLLIN },
	};
	char line[512];
	int key = ERR;

	answer[0] = '\0';
	curs_set(1);
	while (!s->done && key != 27 && key != '\n' && key != '\r' && key != KEY_ENTER) {
		answer_edit(answer, size, key);
		draw(s);
		snprintf(line, sizeof(line), "%s%s", question, answer);
		put_line(1, line, A_NORMAL);
		move(1, (int)strlen(line) < COLS ? (int)strlen(line) : COLS - 1);
		refresh();
		if (poll(fds, 2, -1) > 0 && fds[1].revents)
			signals(s);
		if (fds[0].revents & INPUT_GONE)
			s->done = true;
		key = getch();
	}
	curs_set(0);
	return !s->done && key != 27;
}

static void ask_filter(struct screen *s)
{
	char answer[sizeof(s->search)];

	if (!ask(s, "Filter, a part of the tag or of the call site: ", answer, sizeof(answer)))
		return;
	strcpy(s->search, answer);
	s->o->filter.search = s->search;
	update(s);
}

static void ask_interval(struct screen *s)
{
	char answer[32];
	double seconds;

	if (!ask(s, "Seconds between two samples: ", answer, sizeof(answer)))
		return;
	if (seconds_parse(answer, &seconds) && !timer_set(s->timer, seconds))
		s->o->delay = seconds;
	else
		snprintf(s->message, sizeof(s->message), "0.1 or more is expected");
}

static void ask_save(struct screen *s)
{
	char answer[128];

	if (!ask(s, "Save to file: ", answer, sizeof(answer)) || !answer[0])
		return;
	if (table_save(s->o, answer) == PM_OK)
		snprintf(s->message, sizeof(s->message), "saved: %.120s", answer);
	else
		snprintf(s->message, sizeof(s->message), "not saved: %s", strerror(errno));
}

static void open_page(struct screen *s, enum page page)
{
	s->page = s->page == page ? PAGE_LIST : page;
	s->top = 0;
}

static void move_to(struct screen *s, long by)
{
	size_t *at = s->page == PAGE_LIST ? &s->selected : &s->top;

	*at = by < 0 && (size_t)-by > *at ? 0 : *at + by;
}

static void sort_by(struct screen *s, enum column column)
{
	s->o->view.sort = column;
	view_sort(&s->o->view);
}

/* Moves the sort column within those that are shown. */
static void sort_move(struct screen *s, int by)
{
	const struct options *o = s->o;
	size_t i;

	for (i = 0; i < o->nr_columns && o->columns[i] != o->view.sort; i++)
		;
	if (i == o->nr_columns)
		i = 0;
	sort_by(s, o->columns[(i + o->nr_columns + by) % o->nr_columns]);
}

static void next_pools(struct screen *s)
{
	s->o->pool_steps++;
	filter_pools(&s->o->filter, s->o->pool_steps);
	update(s);
}

static bool key_moves(struct screen *s, int key)
{
	switch (key) {
	case KEY_UP:
		move_to(s, -1);
		return true;
	case KEY_DOWN:
		move_to(s, 1);
		return true;
	case KEY_PPAGE:
		move_to(s, -(long)list_rows(s));
		return true;
	case KEY_NPAGE:
		move_to(s, list_rows(s));
		return true;
	case KEY_HOME:
		move_to(s, -(long)ROWS_MAX);
		return true;
	case KEY_END:
		move_to(s, ROWS_MAX);
		return true;
	case KEY_LEFT:
		s->shift -= s->shift > 0;
		return true;
	case KEY_RIGHT:
		s->shift += FIXED_COLUMNS + s->shift + 1 < s->o->nr_columns;
		return true;
	}
	return false;
}

static bool key_sorts(struct screen *s, int key)
{
	static const char keys[] = "tafdbm";
	static const enum column column[] = {
		COL_TAG, COL_ALLOCS, COL_FREES, COL_DIFF, COL_BYTES, COL_PER_ALLOC,
	};
	const char *found = key <= 0 || key >= 0x80 ? NULL : strchr(keys, key);

	if (found) {
		sort_by(s, column[found - keys]);
	} else if (key == '(' || key == ')') {
		s->o->view.by_change = !s->o->view.by_change;
		if (s->o->view.by_change && column_info[s->o->view.sort].is_text)
			s->o->view.sort = COL_BYTES;
		view_sort(&s->o->view);
	} else if (key == '<' || key == '>') {
		sort_move(s, key == '<' ? -1 : 1);
	} else {
		return false;
	}
	return true;
}

static void open_tag(struct screen *s)
{
	if (s->page != PAGE_LIST) {
		open_page(s, s->page);
	} else if (s->selected < s->o->view.nr) {
		s->tag = s->o->view.row[s->selected].now->tag;
		s->type = s->o->view.row[s->selected].now->type;
		open_page(s, PAGE_TAG);
	}
}

static void key_other(struct screen *s, int key)
{
	switch (key) {
	case 'q':
	case 27:
		if (s->page == PAGE_LIST)
			s->done = true;
		else
			open_page(s, s->page);
		break;
	case 'p':
		next_pools(s);
		break;
	case 'e':
		s->o->totals = !s->o->totals;
		break;
	case 'l':
		s->o->highlight = !s->o->highlight;
		break;
	case 'h':
	case '?':
		open_page(s, PAGE_HELP);
		break;
	case 'c':
		open_page(s, PAGE_CALLS);
		break;
	case 'L':
		open_page(s, PAGE_LISTS);
		break;
	case '\n':
	case '\r':
	case KEY_ENTER:
		open_tag(s);
		break;
	case CTRL_L:
		clearok(curscr, TRUE);
		break;
	case ' ':
		s->paused = !s->paused;
		break;
	case '/':
		ask_filter(s);
		break;
	case 's':
		ask_interval(s);
		break;
	case 'w':
		ask_save(s);
		break;
	}
}

static void keys(struct screen *s)
{
	int key;

	while (!s->done && (key = getch()) != ERR) {
		s->message[0] = '\0';
		if (!key_moves(s, key) && !key_sorts(s, key))
			key_other(s, key);
	}
}

static void run(struct screen *s)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = s->timer, .events = POLLIN },
		{ .fd = s->signals, .events = POLLIN },
	};
	uint64_t ticks;

	while (!s->done) {
		draw(s);
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			break;
		if (fds[0].revents & INPUT_GONE)
			break;
		if (fds[2].revents)
			signals(s);
		keys(s);
		if (fds[1].revents && read(s->timer, &ticks, sizeof(ticks)) > 0 && !s->paused &&
		    !s->done)
			sample(s);
	}
}

/* Messages about a failure are written before and after the time of the screen. */
enum status screen_run(struct options *o)
{
	struct screen s = { .o = o };
	struct snapshot probe;
	enum status status = snapshot_read(&probe, PART_CALLS | PART_LISTS | PART_POOLS, false);

	if (status != PM_OK)
		return status;
	snapshot_free(&probe);
	if (!isatty(STDIN_FILENO)) {
		complain("standard input is no terminal for the keys; -b prints a table");
		return PM_FAILED;
	}
	s.signals = signals_start(true);
	s.timer = s.signals < 0 ? -1 : timer_start(o->delay);
	if (s.timer < 0)
		return PM_FAILED;
	if (!newterm(NULL, stdout, stdin)) {
		complain("the terminal is unknown; -b prints a table");
		return PM_FAILED;
	}
	set_escdelay(50);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	sample(&s);
	run(&s);
	endwin();
	/* Once more, for the message */
	if (s.status != PM_OK &&
	    snapshot_read(&probe, PART_CALLS | PART_LISTS | PART_POOLS, false) == PM_OK)
		complain("the files of ntpool could not be read");
	return s.status;
}
