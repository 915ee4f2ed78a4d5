// SPDX-License-Identifier: GPL-2.0
/*
 * The loop of all modes without a screen: a snapshot per tick of a timer, until a number
 * of samples is reached or a signal arrives.
 *
 * The first snapshot must be good. Later ntpool may be unloaded: the loop waits for its
 * return, and the counters begin again.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "poolmon.h"

int timer_set(int fd, double seconds)
{
	struct itimerspec spec;

	spec.it_interval.tv_sec = (time_t)seconds;
	spec.it_interval.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9);
	spec.it_value = spec.it_interval;
	return timerfd_settime(fd, 0, &spec, NULL);
}

int timer_start(double seconds)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timer_set(fd, seconds)) {
		complain("timer: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* Blocks the signals and returns a descriptor that reads them. */
int signals_start(bool resize)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (resize)
		sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		complain("signals: %s", strerror(errno));
	return fd;
}

struct loop {
	struct options *o;
	int timer, signals;
	int end;		/* timer of the duration, or -1 */
	bool over;		/* the duration */
	sample_fn sample;
	void *arg;
	struct snapshot snapshot[2];
	unsigned int at;
	bool have_before, waiting;
	bool bad;		/* a snapshot was not complete */
};

/* Waits for the timer. Returns false where a signal or the duration ends the loop. */
static bool next_tick(struct loop *loop)
{
	struct pollfd fds[] = {
		{ .fd = loop->timer, .events = POLLIN },
		{ .fd = loop->signals, .events = POLLIN },
		{ .fd = loop->end, .events = POLLIN },
	};
	uint64_t ticks;

	while (!loop->over) {
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			return false;
		if (fds[1].revents)
			return false;
		/* A sample that is due at the end is the last one. */
		loop->over = fds[2].revents;
		if (fds[0].revents && read(loop->timer, &ticks, sizeof(ticks)) == sizeof(ticks))
			return true;
	}
	return false;
}

static enum status take_sample(struct loop *loop, bool first)
{
	struct snapshot *now = &loop->snapshot[loop->at];
	struct snapshot *before = &loop->snapshot[!loop->at];
	enum status status;

	status = snapshot_read(now, loop->o->parts, !first);
	if (status == PM_ABSENT && !first) {
		if (loop->waiting)
			return status;
		complain("ntpool was unloaded; waiting for its return");
		loop->waiting = true;
		if (loop->have_before)
			snapshot_free(before);
		loop->have_before = false;
		loop->sample(loop->arg, NULL, NULL);
		return status;
	}
	/* Once more, for the message */
	if (status != PM_OK && !first)
		status = snapshot_read(now, loop->o->parts, false);
	if (status != PM_OK) {
		loop->sample(loop->arg, NULL, NULL);
		return status;
	}
	if (loop->waiting)
		complain("ntpool is loaded again");
	loop->waiting = false;
	if (now->bad)
		loop->bad = true;
	status = loop->sample(loop->arg, loop->have_before ? before : NULL, now);
	if (loop->have_before)
		snapshot_free(before);
	loop->have_before = true;
	loop->at = !loop->at;
	return status;
}

static void loop_close(struct loop *loop)
{
	int fds[] = { loop->timer, loop->signals, loop->end }, i;

	for (i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static bool loop_open(struct loop *loop)
{
	loop->timer = -1;
	loop->end = -1;
	loop->signals = signals_start(false);
	if (loop->signals >= 0)
		loop->timer = timer_start(loop->o->delay);
	if (loop->timer >= 0 && loop->o->duration > 0)
		loop->end = timer_start(loop->o->duration);
	if (loop->timer >= 0 && (loop->end >= 0 || loop->o->duration <= 0))
		return true;
	loop_close(loop);
	return false;
}

/*
 * Takes o->count samples, 0: without end, or those of o->duration. A sample that ntpool's absence
 * costs is none.
 */
enum status loop_run(struct options *o, sample_fn sample, void *arg)
{
	struct loop loop = { .o = o, .sample = sample, .arg = arg };
	unsigned long done = 0;
	enum status status;

	if (!loop_open(&loop))
		return PM_FAILED;
	do {
		status = take_sample(&loop, !done);
		if (status == PM_OK)
			done++;
		else if (status != PM_ABSENT || !done)
			break;
	} while ((!o->count || done < o->count) && next_tick(&loop));
	if (loop.have_before)
		snapshot_free(&loop.snapshot[!loop.at]);
	loop_close(&loop);
	return status == PM_OK && loop.bad ? PM_FAILED : status;
}

static enum status batch_sample(void *arg, const struct snapshot *before,
				const struct snapshot *now)
{
	struct options *o = arg;
	enum status status;

	if (!now)
		return PM_OK;
	view_update(&o->view, before, now, &o->filter);
	if (o->snapshot_file) {
		status = table_save(o, o->snapshot_file);
		if (status != PM_OK)
			complain("%s: %s", o->snapshot_file, strerror(errno));
		return status;
	}
	if (o->printed && !o->json && !o->raw)
		putchar('\n');
	o->printed = true;
	return output_status(table_print(o, &o->view, stdout));
}

/* Without a number and a delay one sample is enough. */
enum status batch_run(struct options *o)
{
	if (!o->have_count && !o->have_delay)
		o->count = 1;
	if (wants_driver(o))
		o->parts |= PART_CALLS;
	return loop_run(o, batch_sample, o);
}
