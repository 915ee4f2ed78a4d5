// SPDX-License-Identifier: GPL-2.0
/*
 * Raising a status: ExRaiseStatus() and its like, and the handler that stands in for
 * structured exceptions.
 *
 * Under NT some routines do not return a failure but raise it, and the driver catches it
 * with __try and __except. C on Linux cannot leave a function from below. So each driver
 * may register one handler, which is called with the status, and the routine then returns
 * as if it had failed: NULL. Without a handler the raise is counted and nothing else
 * happens. It is never a crash.
 *
 * Whose handler is called is decided by an address: the return address of the call that
 * raises, and with an allocation routine that of the call of this routine. It lies in the
 * driver's code, section.c knows in which driver's, and keeps handler and figures with
 * what it knows of the driver; they go when the driver goes. Code that is not linked
 * against ntpool has no handler; its raises are counted together.
 *
 * Locking: none. The driver is found under RCU, and its handler is called after the read
 * section: the driver cannot go meanwhile, it is about to be returned to.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <nt_raise.h>
#include <ntstatus.h>

#include "base/client.h"
#include "ddi/raise.h"
#include "memory/backing.h"

static_assert(sizeof(NTSTATUS) == sizeof(s32));

/* Raises of code that is in no client; it never gets a handler. */
static struct ntpool_raise unlinked;

/* In a read section. */
static struct ntpool_raise *raise_of(unsigned long addr)
{
	struct ntpool_client *client = ntpool_client_of(addr);

	return client ? &client->raise : &unlinked;
}

void ntpool_raise(s32 status, unsigned long caller)
{
	ntpool_raise_handler handler;
	struct ntpool_raise *raise;

	rcu_read_lock();
	raise = raise_of(caller);
	handler = READ_ONCE(raise->handler);
	atomic_long_inc(handler ? &raise->handled : &raise->unhandled);
	rcu_read_unlock();
	if (handler)
		handler(status);
}

/**
 * NtpoolSetRaiseHandler() - register what is called where NT would raise a status
 * @Handler: the routine, or NULL for none
 *
 * It is the handler of the driver that calls this, found by the return address, for all
 * raises on behalf of that driver from then on. It runs at the IRQL and in the context of
 * the routine that raises, without a lock of ntpool's held, and may call any routine
 * that is allowed there. Raises that are under way on other CPUs may still call the
 * handler that was there before. It is forgotten when the driver is unloaded.
 *
 * Context: any but NMIs.
 *
 * Return: the handler that was registered before, NULL if none was. A caller that is in
 * no driver linked against ntpool gets NULL, and nothing is registered.
 *
 * Source: none; NT has structured exceptions.
 */
PNTPOOL_RAISE_HANDLER NtpoolSetRaiseHandler(PNTPOOL_RAISE_HANDLER Handler)
{
	PNTPOOL_RAISE_HANDLER old = NULL;
	struct ntpool_client *client;

	rcu_read_lock();
	client = ntpool_client_of(_RET_IP_);
	if (client)
		old = xchg(&client->raise.handler, (ntpool_raise_handler)Handler);
	rcu_read_unlock();
	return old;
}
EXPORT_SYMBOL_GPL(NtpoolSetRaiseHandler);

/**
 * ExRaiseStatus() - raise a status in the calling driver
 * @Status: what the handler is called with
 *
 * Calls the handler that the driver registered with NtpoolSetRaiseHandler(), or counts
 * that there was none.
 *
 * Context: any but NMIs; the handler is called in the same. NT demands IRQL <= APC_LEVEL.
 *
 * Return: under NT it does not. Here it does, and the driver has to leave by itself.
 *
 * Source: the NT driver-interface reference; that it returns is this project's choice.
 */
void ExRaiseStatus(NTSTATUS Status)
{
	ntpool_raise(Status, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExRaiseStatus);

/**
 * ExRaiseAccessViolation() - raise STATUS_ACCESS_VIOLATION in the calling driver
 *
 * As ExRaiseStatus().
 *
 * Context: as ExRaiseStatus().
 * Return: as ExRaiseStatus().
 *
 * Source: the NT driver-interface reference.
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
 * Return: as ExRaiseStatus().
 *
 * Source: the NT driver-interface reference.
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

/* With no rows to fill, only counts them. */
static void row_add(struct raise_rows *rows, const char *owner, const struct ntpool_raise *raise)
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
	row_add(arg, client->name, &client->raise);
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
	rows.row = ntpool_backing_refused() ? NULL :
		   kvcalloc(rows.room, sizeof(*rows.row), GFP_KERNEL);
	if (!rows.row)
		return NULL;
	/* Drivers that raise for the first time meanwhile may come next time. */
	rows_add_all(&rows);
	*nr = min(rows.used, rows.room);
	return rows.row;
}
