/* SPDX-License-Identifier: GPL-2.0 */
/* Clients: the loaded modules linked against ntpool. See client.c for each routine. */
#ifndef NTPOOL_CLIENT_H
#define NTPOOL_CLIENT_H

#include <linux/list.h>
#include <linux/module.h>
#include <linux/types.h>

/**
 * struct ntpool_client - a driver; only the data of its watchers change
 * @link: in the list of clients, oldest first; clients_mutex, readers under RCU
 * @rcu: frees it
 * @size: its bytes, data included
 * @mod: the module; NULL: all code that is built into the kernel
 * @number: from 1, unique
 * @name: name of the module, or "vmlinux"
 * @data: of the watchers, see ntpool_client_data(); zeroed at first
 */
struct ntpool_client {
	struct list_head link;
	struct rcu_head rcu;
	size_t size;
	struct module *mod;
	unsigned long number;
	char name[MODULE_NAME_LEN];
	unsigned long data[];
};

/* Both in an RCU read section; NULL: no such client. */
struct ntpool_client *ntpool_client_of(unsigned long addr);
struct ntpool_client *ntpool_client_by_number(unsigned long number);
void ntpool_client_for_each(void (*fn)(struct ntpool_client *client, void *arg), void *arg);
bool ntpool_client_is_linked(const struct module *mod);
/* Around each call of a routine of a driver: its code is not freed in between. */
int ntpool_client_call_begin(void);
void ntpool_client_call_end(int call);
/* After the address of a routine was taken away: by a watcher, or by a driver. Any context. */
void ntpool_client_call_removed(void);
void ntpool_client_call_replaced(void);

/*
 * Watchers of modules, in the order of their calls. The order matters across folders, so
 * it is one list here; base/ has no other reference to them.
 */
enum ntpool_client_watchers {
	NTPOOL_WATCH_SECTIONS,	/* reports locked sections before the client is freed */
	NTPOOL_WATCH_RAISES,
	NTPOOL_WATCH_LISTS,	/* frees cached blocks, which are no leaks */
	NTPOOL_WATCH_ZONES,
	/* Then the notifier waits for calls of routines that the watchers above have removed. */
	NTPOOL_WATCH_FRAMES,	/* before reports that have stacks */
	NTPOOL_WATCH_TRACK,
	NTPOOL_WATCH_LEAKS,
	NTPOOL_WATCH_FILTER,
	NTPOOL_WATCHERS
};

/**
 * struct ntpool_client_watch - calls when modules are loaded and unloaded
 * @data_size: bytes that each client has for the watcher, aligned to a long
 * @coming: the module has its addresses, its init has not run
 * @live: its init has returned, and its initialisation code is about to be freed
 * @going: its exit has returned, or its init has failed
 * @removed: the client is about to be removed, before @going of its module
 *
 * Each call may be NULL. All run in the thread that loads or unloads the module. No lock is
 * held but the kernel's lock of module notifiers. They may sleep.
 */
struct ntpool_client_watch {
	size_t data_size;
	void (*coming)(const struct module *mod);
	void (*live)(const struct module *mod);
	void (*going)(const struct module *mod);
	void (*removed)(struct ntpool_client *client);
};

void ntpool_client_watch(enum ntpool_client_watchers which,
			 const struct ntpool_client_watch *watch);
void *ntpool_client_data(struct ntpool_client *client, enum ntpool_client_watchers which);

#endif
