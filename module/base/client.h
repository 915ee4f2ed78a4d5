/* SPDX-License-Identifier: GPL-2.0 */
/* Clients: the loaded modules linked against ntpool. See client.c for each routine. */
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
 * struct ntpool_section - a section of a client
 * @locks: how often it is locked; locks_lock of ddi/section.c, read without it
 * @unheld: how many of these locks hold no reference to the module; locks_lock
 * @pinned: the others hold one; locks_lock
 */
struct ntpool_section {
	unsigned long locks;
	unsigned long unheld;
	bool pinned;
};

/* PNTPOOL_RAISE_HANDLER without NT's headers: a LONG is 32 bits wide. */
typedef void (*ntpool_raise_handler)(s32 status);

/**
 * struct ntpool_raise - raises of one client
 * @handler: the handler that the driver registered, or NULL; stored in one piece
 * @handled: raises that called it
 * @unhandled: raises without a handler
 */
struct ntpool_raise {
	ntpool_raise_handler handler;
	atomic_long_t handled;
	atomic_long_t unhandled;
};

/**
 * struct ntpool_client - a driver; only its sections and raises change
 * @link: in the list of clients, oldest first; clients_mutex, readers under RCU
 * @rcu: frees it
 * @mod: the module; NULL: all code that is built into the kernel
 * @number: from 1, unique
 * @name: name of the module, or "vmlinux"
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

/* Both in an RCU read section; NULL: no such client. */
struct ntpool_client *ntpool_client_of(unsigned long addr);
struct ntpool_client *ntpool_client_by_number(unsigned long number);
void ntpool_client_for_each(void (*fn)(struct ntpool_client *client, void *arg), void *arg);
bool ntpool_client_is_linked(const struct module *mod);

/*
 * Watchers of modules, in the order of their calls. The order matters across folders, so
 * it is one list here; base/ has no other reference to them.
 */
enum ntpool_client_watchers {
	NTPOOL_WATCH_SECTIONS,	/* reports locked sections before the client is freed */
	NTPOOL_WATCH_RAISES,
	NTPOOL_WATCH_LISTS,	/* frees cached blocks, which are no leaks */
	NTPOOL_WATCH_ZONES,
	NTPOOL_WATCH_FRAMES,	/* before reports that have stacks */
	NTPOOL_WATCH_TRACK,
	NTPOOL_WATCH_LEAKS,
	NTPOOL_WATCH_FILTER,
	NTPOOL_WATCHERS
};

/**
 * struct ntpool_client_watch - calls when modules are loaded and unloaded
 * @coming: the module has its addresses, its init has not run
 * @live: its init has returned, and its initialisation code is about to be freed
 * @going: its exit has returned, or its init has failed
 * @removed: the client is about to be removed, before @going of its module
 *
 * Each may be NULL. All run in the thread that loads or unloads the module. No lock is
 * held but the kernel's lock of module notifiers. They may sleep.
 */
struct ntpool_client_watch {
	void (*coming)(const struct module *mod);
	void (*live)(const struct module *mod);
	void (*going)(const struct module *mod);
	void (*removed)(const struct ntpool_client *client);
};

void ntpool_client_watch(enum ntpool_client_watchers which,
			 const struct ntpool_client_watch *watch);

#endif
