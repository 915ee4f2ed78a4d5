// SPDX-License-Identifier: GPL-2.0
/*
 * Names of stack frames in the verifier's records. They are stored before the
 * code of the frames is freed.
 *
 * base/client.c calls this file when a module's initialisation code is about to be freed.
 * It also calls this file when a module is about to be unloaded. Pool tracking, special
 * pool, the list of failures and the notes of freed runs have stacks. All of them are
 * searched for addresses in that code.
 *
 * Locking: none here. Context: process context, may sleep.
 */
#include "base/client.h"
#include "base/frame.h"
#include "base/stack.h"
#include "parts.h"
#include "special/special.h"
#include "verify/fault.h"
#include "verify/freed.h"
#include "verify/track.h"

static void frames_search(const struct module *mod, bool init)
{
	struct ntpool_frames frames = {
		.going = { .mod = mod, .init = init },
		.when = ntpool_stack_now(),
	};

	ntpool_track_frames(&frames);
	ntpool_special_frames(&frames);
	ntpool_fault_frames(&frames);
	ntpool_freed_frames(&frames);
}

static void frames_live(const struct module *mod)
{
	frames_search(mod, true);
}

static void frames_going(const struct module *mod)
{
	frames_search(mod, false);
}

static const struct ntpool_client_watch frames_watch = {
	.live = frames_live,
	.going = frames_going,
};

/**
 * ntpool_frames_init() - keep the names of frames when modules are unloaded
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_frames_init(void)
{
	ntpool_client_watch(NTPOOL_WATCH_FRAMES, &frames_watch);
	return 0;
}
