/* SPDX-License-Identifier: GPL-2.0 */
/* Clients: the loaded modules that are linked against ntpool. */
#ifndef NTPOOL_CLIENT_H
#define NTPOOL_CLIENT_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/types.h>

enum ntpool_part {
	NTPOOL_CODE,
	NTPOOL_DATA,
	NTPOOL_PARTS
};

/**
 * struct ntpool_section - one section of a client; ddi/section.c's lock guards it
 * @locks: how often it is locked; read without the lock as well
 * @pinned: it holds a reference to the module
 */
struct ntpool_section {
	unsigned long locks;
	bool pinned;
};

/* As PNTPOOL_RAISE_HANDLER: a LONG is 32 bits wide. */
typedef void (*ntpool_raise_handler)(s32 status);

/**
 * struct ntpool_raise - raises of one client
 * @handler: the handler that the driver registered, or NULL; one word
 * @handled: raises that it was called for
 * @unhandled: raises without a handler
 */
struct ntpool_raise {
	ntpool_raise_handler handler;
	atomic_long_t handled;
	atomic_long_t unhandled;
};

/**
 * struct ntpool_client - a driver; nothing but its sections and raises ever changes
 * @link: in the list of clients, oldest first; client.c's mutex, readers under RCU
 * @rcu: frees it
 * @mod: the module, NULL for all code that is built in
 * @number: from 1, never given twice
 * @name: name of the module
 * @section: its sections, by enum ntpool_part
 * @raise: its raises
 */
struct ntpool_client {
	struct list_head link;
	struct rcu_head rcu;
	struct module *mod;
	unsigned long number;
	char name[MODULE_NAME_LEN];
	struct ntpool_section section[NTPOOL_PARTS];
	struct ntpool_raise raise;
};

/* In an RCU read section; NULL: no client has it. @addr may be initialisation code. */
struct ntpool_client *ntpool_client_of(unsigned long addr);
struct ntpool_client *ntpool_client_by_number(unsigned long number);
/* Calls @fn for each client, in the order in which they were loaded. Sleeps. */
void ntpool_client_for_each(void (*fn)(struct ntpool_client *client, void *arg), void *arg);
/* Whether @mod is linked against ntpool. In the thread that loads or unloads it. */
bool ntpool_client_is_linked(const struct module *mod);

/* Who is told of modules, in this order. */
enum ntpool_client_watchers {
	NTPOOL_WATCH_SECTIONS,	/* names locked sections before the client goes */
	NTPOOL_WATCH_LISTS,	/* frees cached blocks, which are no leaks */
	NTPOOL_WATCH_ZONES,
	NTPOOL_WATCH_TRACK,
	NTPOOL_WATCH_LEAKS,
	NTPOOL_WATCH_FILTER,
	NTPOOL_WATCHERS
};

/**
 * struct ntpool_client_watch - calls when modules come and go; each may be NULL
 * @coming: the addresses of @mod belong to it from now on
 * @live: its init has returned, its initialisation code is about to be freed
 * @going: its exit has returned, or its init has failed
 * @removed: a client goes; it is found no more once this returns
 *
 * All run in process context, in the thread that loads or unloads the module, outside
 * of all locks but the kernel's for its module notifiers.
 */
struct ntpool_client_watch {
	void (*coming)(const struct module *mod);
	void (*live)(const struct module *mod);
	void (*going)(const struct module *mod);
	void (*removed)(const struct ntpool_client *client);
};

/* NULL: no more calls. Before ntpool_client_init() or after ntpool_client_exit(). */
void ntpool_client_watch(enum ntpool_client_watchers which,
			 const struct ntpool_client_watch *watch);

#endif
