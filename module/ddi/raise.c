// SPDX-License-Identifier: GPL-2.0
/*
 * Raising a status: ExRaiseStatus() and the handler that replaces structured exceptions.
 *
 * Some NT routines raise a failure instead of returning it, and the driver catches it with
 * __try and __except. C on Linux cannot unwind a caller's frame. So each driver may register
 * one handler. It is called with the status, and the routine then returns NULL, as after any
 * failure. Without a handler the raise is only counted; it never crashes the machine.
 *
 * The return address of the raising call selects the handler. For an allocation routine
 * that is the return address of the driver's call. base/client.c finds the driver that
 * contains it. This file keeps handler and figures in that client. Code that is not linked
 * against ntpool has no handler, and its raises are counted together.
 *
 * The handler may be in another driver than the raising call: a library may register that of
 * its client. When a driver is unloaded, the handlers in it are removed, and a raise on their
 * behalf is unhandled. The same goes for handlers in initialisation code.
 *
 * Locking: none. The driver is found under RCU, but its handler runs after the read section.
 * The driver of the call cannot go meanwhile, because the call returns to it. The handler may be
 * in another one, or in initialisation code. ntpool_client_call_begin() keeps its code.
 */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <nt_raise.h>
#include <ntstatus.h>

#include "base/client.h"
#include "base/compat.h"
#include "base/refuse.h"
#include "ddi/raise.h"
#include "parts.h"

static_assert(sizeof(NTSTATUS) == sizeof(s32));

/**
 * struct raise - raises of one client
 * @handler: the handler that the driver registered, or NULL; one word, read without a lock,
 *	     changed by xchg() and cmpxchg()
 * @handled: raises that called it; atomic
 * @unhandled: raises without a handler; atomic
 */
struct raise {
	PNTPOOL_RAISE_HANDLER handler;
	atomic_long_t handled;
	atomic_long_t unhandled;
};

/* Raises of code that is in no client; it never gets a handler. */
static struct raise unlinked;

static struct raise *client_raise(struct ntpool_client *client)
{
	return ntpool_client_data(client, NTPOOL_WATCH_RAISES);
}

/* In an RCU read section. */
static struct raise *raise_of(unsigned long addr)
{
	struct ntpool_client *client = ntpool_client_of(addr);

	return client ? client_raise(client) : &unlinked;
}

void ntpool_raise(s32 status, unsigned long caller)
{
	int call = ntpool_client_call_begin();
	PNTPOOL_RAISE_HANDLER handler;
	struct raise *raise;

	rcu_read_lock();
	raise = raise_of(caller);
	handler = READ_ONCE(raise->handler);
	atomic_long_inc(handler ? &raise->handled : &raise->unhandled);
	rcu_read_unlock();
	if (handler)
		handler(status);
	ntpool_client_call_end(call);
}

static void handler_drop(struct ntpool_client *client, void *arg)
{
	struct raise *raise = client_raise(client);
	PNTPOOL_RAISE_HANDLER handler = READ_ONCE(raise->handler);
	unsigned long addr = (unsigned long)handler;
	const struct ntpool_going *going = arg;

	/* The driver may register another one meanwhile. */
	if (ntpool_is_going(going, addr) && cmpxchg(&raise->handler, handler, NULL) == handler)
		ntpool_client_call_removed();
}

static void module_live(const struct module *mod)
{
	ntpool_client_for_each(handler_drop, &(struct ntpool_going){ .mod = mod, .init = true });
}

static void module_going(const struct module *mod)
{
	ntpool_client_for_each(handler_drop, &(struct ntpool_going){ .mod = mod });
}

static const struct ntpool_client_watch client_watch = {
	.data_size = sizeof(struct raise),
	.live = module_live,
	.going = module_going,
};

/**
 * ntpool_raise_init() - follow modules that go
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_raise_init(void)
{
	ntpool_client_watch(NTPOOL_WATCH_RAISES, &client_watch);
	return 0;
}

/**
 * NtpoolSetRaiseHandler() - register the routine to call where NT would raise a status
 * @Handler: the routine, or NULL for none
 *
 * The return address selects the driver, and @Handler serves all further raises on behalf of
 * that driver. It runs at the IRQL and in the context of the raising routine, and no lock of
 * ntpool is held. It may call any routine that this context allows. A raise in progress on
 * another CPU may still call the previous handler. The unload of the driver removes the
 * handler, and so does that of the driver that contains @Handler.
 *
 * Context: any but NMIs.
 *
 * Return: the previous handler, or NULL. If the caller is in no driver linked against ntpool,
 * nothing is registered and NULL returned.
 *
 * Contract: none; NT has structured exceptions.
 */
PNTPOOL_RAISE_HANDLER NtpoolSetRaiseHandler(PNTPOOL_RAISE_HANDLER Handler)
{
	PNTPOOL_RAISE_HANDLER old = NULL;
	struct ntpool_client *client;

	rcu_read_lock();
	client = ntpool_client_of(_RET_IP_);
	if (client)
		old = xchg(&client_raise(client)->handler, Handler);
	rcu_read_unlock();
	if (old)
		ntpool_client_call_replaced();
	return old;
}
EXPORT_SYMBOL_GPL(NtpoolSetRaiseHandler);

/**
 * ExRaiseStatus() - raise a status in the calling driver
 * @Status: argument of the handler
 *
 * Calls the handler that the driver registered with NtpoolSetRaiseHandler(). Without one,
 * the raise is counted.
 *
 * Context: any but NMIs, also for the handler. NT demands IRQL <= APC_LEVEL.
 *
 * Return: nothing. NT's routine does not return; after this one the driver must leave its
 * function itself.
 *
 * Contract: WDK, ExRaiseStatus, except that it returns.
 */
void ExRaiseStatus(NTSTATUS Status)
{
	ntpool_raise(Status, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExRaiseStatus);

/**
 * RtlRaiseStatus() - raise a status in the calling driver
 * @Status: argument of the handler
 *
 * As ExRaiseStatus().
 *
 * Context: as ExRaiseStatus().
 *
 * Return: as ExRaiseStatus().
 *
 * Contract: WDK, RtlRaiseStatus, except that it returns.
 */
void RtlRaiseStatus(NTSTATUS Status)
{
	ntpool_raise(Status, _RET_IP_);
}
EXPORT_SYMBOL_GPL(RtlRaiseStatus);

/**
 * ExRaiseAccessViolation() - raise STATUS_ACCESS_VIOLATION in the calling driver
 *
 * As ExRaiseStatus().
 *
 * Context: as ExRaiseStatus().
 *
 * Return: as ExRaiseStatus().
 *
 * Contract: WDK, ExRaiseAccessViolation, except that it returns.
 */
void ExRaiseAccessViolation(void)
{
	ntpool_raise(STATUS_ACCESS_VIOLATION, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExRaiseAccessViolation);

/**
 * ExRaiseDatatypeMisalignment() - raise STATUS_DATATYPE_MISALIGNMENT in the calling driver
 *
 * As ExRaiseStatus().
 *
 * Context: as ExRaiseStatus().
 *
 * Return: as ExRaiseStatus().
 *
 * Contract: WDK, ExRaiseDatatypeMisalignment, except that it returns.
 */
void ExRaiseDatatypeMisalignment(void)
{
	ntpool_raise(STATUS_DATATYPE_MISALIGNMENT, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExRaiseDatatypeMisalignment);

struct raise_rows {
	struct ntpool_raise_row *row;
	size_t room;
	size_t used;
};

/* Counts a row without room for it, but does not store it. */
static void row_add(struct raise_rows *rows, const char *owner, const struct raise *raise)
{
	struct ntpool_raise_row row = {
		.handled = atomic_long_read(&raise->handled),
		.unhandled = atomic_long_read(&raise->unhandled),
	};

	if (!row.handled && !row.unhandled)
		return;
	strscpy(row.owner, owner, sizeof(row.owner));
	if (rows->used < rows->room)
		rows->row[rows->used] = row;
	rows->used++;
}

static void client_row_add(struct ntpool_client *client, void *arg)
{
	row_add(arg, client->name, client_raise(client));
}

static void rows_add_all(struct raise_rows *rows)
{
	rows->used = 0;
	ntpool_client_for_each(client_row_add, rows);
	row_add(rows, "-", &unlinked);
}

struct ntpool_raise_row *ntpool_raises_snapshot(size_t *nr)
{
	struct raise_rows rows = {};

	rows_add_all(&rows);
	rows.room = max_t(size_t, rows.used, 1);
	rows.row = ntpool_refused() ? NULL :
		   kvcalloc(rows.room, sizeof(*rows.row), GFP_KERNEL);
	if (!rows.row)
		return NULL;
	/* A driver that has raised its first status since then may be missing. */
	rows_add_all(&rows);
	*nr = min(rows.used, rows.room);
	return rows.row;
}
