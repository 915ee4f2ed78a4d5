// SPDX-License-Identifier: GPL-2.0
/*
 * Clients: the loaded modules that are linked against ntpool.
 *
 * NT finds the driver of an address in its list of loaded modules. Linux exports no
 * such lookup, so this file keeps a list of clients. The notifier adds a client before the
 * init of its module runs, and removes it after the exit. A module that is linked against
 * ntpool is loaded after it and unloaded before it, so the list is complete. Code that reaches
 * ntpool by symbol_get() or by a pointer is in no client. Drivers that are built into the
 * kernel with ntpool are one client, "vmlinux".
 *
 * The notifier also calls the watchers in other folders, in a fixed order. It has two
 * priorities. Clients are added and removed before all other notifiers, which may run code
 * of the module. Watchers are called for LIVE and GOING at the usual priority. The reason is
 * that other notifiers may free memory on behalf of the module. A watcher can keep data of its
 * own in each client.
 *
 * Routines of drivers. ntpool calls routines in modules: those of lookaside lists, and handlers of
 * raises. Each call lies in a read section of SRCU, from the read of the routine's address to
 * its return. The watchers of raises and of lists remove the addresses in memory that goes. If
 * they have removed any, the notifier waits for all such sections, so no code is freed while it
 * runs. A reference to the module would not do. A library may call routines of a module on behalf
 * of its exit, and the kernel gives no reference then.
 *
 * Clients lie behind guards (store.c).
 *
 * Locking. clients_mutex protects the list. Readers use RCU, and the kernel waits for
 * them after the notifiers, before it frees a module. Only the thread that loads or
 * unloads a module changes the list of modules that it uses. The notifier runs in that
 * thread, so it reads that list without a lock.
 *
 * Context: any for lookups, process context for the rest.
 */
#include <linux/atomic.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/rculist.h>
#include <linux/srcu.h>
#include <linux/string.h>

#include "base/client.h"
#include "base/compat.h"
#include "base/refuse.h"
#include "base/report.h"
#include "base/store.h"
#include "parts.h"

static DEFINE_MUTEX(clients_mutex);
static LIST_HEAD(clients);		/* clients_mutex; readers under RCU */
static unsigned long last_number;	/* clients_mutex */
DEFINE_STATIC_SRCU(calls);		/* of routines of drivers */
static atomic_t calls_removed;		/* routines that watchers have removed */
static atomic_t calls_replaced;		/* routines that drivers have replaced */
static int calls_waited;		/* the last of these that no call has; one word */
/* Constant while the notifier is registered. */
static const struct ntpool_client_watch *watchers[NTPOOL_WATCHERS];

/**
 * ntpool_client_of() - the client that has an address
 * @addr: address in code or data, initialisation code included
 *
 * Context: any, in an RCU read section.
 * Return: the client, valid in that section; NULL: no client has the address.
 */
struct ntpool_client *ntpool_client_of(unsigned long addr)
{
	struct ntpool_client *client;

	list_for_each_entry_rcu(client, &clients, link)
		if (ntpool_module_has(client->mod, addr))
			return client;
	return NULL;
}

/**
 * ntpool_client_by_number() - the client with a number
 * @number: its number
 *
 * Context: any, in an RCU read section.
 * Return: the client, valid in that section; NULL: it was removed.
 */
struct ntpool_client *ntpool_client_by_number(unsigned long number)
{
	struct ntpool_client *client;

	list_for_each_entry_rcu(client, &clients, link)
		if (client->number == number)
			return client;
	return NULL;
}

/**
 * ntpool_client_for_each() - iterate over all clients, oldest first
 * @fn: called for each one under clients_mutex, may sleep
 * @arg: passed to @fn
 *
 * Context: process context, may sleep.
 */
void ntpool_client_for_each(void (*fn)(struct ntpool_client *client, void *arg), void *arg)
{
	struct ntpool_client *client;

	mutex_lock(&clients_mutex);
	list_for_each_entry(client, &clients, link)
		fn(client, arg);
	mutex_unlock(&clients_mutex);
}

/**
 * ntpool_client_is_linked() - whether a module is linked against ntpool
 * @mod: the module
 *
 * Context: the thread that loads or unloads @mod.
 * Return: true if it is. The kernel records no users of an ntpool that is built in, so
 * every module counts then.
 */
bool ntpool_client_is_linked(const struct module *mod)
{
	return ntpool_module_uses(mod, THIS_MODULE);
}

/**
 * ntpool_client_call_begin() - begin a call of a routine of a driver
 *
 * The address of the routine is read after it. Calls may be nested.
 *
 * Context: any but NMI.
 * Return: argument for ntpool_client_call_end().
 */
int ntpool_client_call_begin(void)
	__acquires(&calls)
{
	return srcu_read_lock(&calls);
}

/**
 * ntpool_client_call_end() - end a call of a routine of a driver
 * @call: from ntpool_client_call_begin()
 *
 * Context: that of the begin.
 */
void ntpool_client_call_end(int call)
	__releases(&calls)
{
	srcu_read_unlock(&calls, call);
}

/**
 * ntpool_client_call_removed() - a watcher has removed the address of a routine
 *
 * The notifier that calls the watcher waits for the calls of the routine.
 *
 * Context: any.
 */
void ntpool_client_call_removed(void)
{
	atomic_inc(&calls_removed);
}

/**
 * ntpool_client_call_replaced() - a driver has replaced or removed the address of a routine
 *
 * The next notifier waits for the calls of the routine.
 *
 * Context: any.
 */
void ntpool_client_call_replaced(void)
{
	atomic_inc(&calls_replaced);
}

/* Longs in the data of a client in front of those of watcher @which. */
static size_t data_at(unsigned int which)
{
	size_t longs = 0;
	unsigned int i;

	for (i = 0; i < which; i++)
		if (watchers[i])
			longs += DIV_ROUND_UP(watchers[i]->data_size, sizeof(long));
	return longs;
}

/**
 * ntpool_client_data() - the data that a watcher keeps of a client
 * @client: the client
 * @which: the watcher, registered
 *
 * Context: any.
 * Return: the data, of the watcher's data_size, valid as long as @client.
 */
void *ntpool_client_data(struct ntpool_client *client, enum ntpool_client_watchers which)
{
	return &client->data[data_at(which)];
}

static int client_add(struct module *mod, const char *name)
{
	struct ntpool_client *client;
	size_t size = struct_size(client, data, data_at(NTPOOL_WATCHERS));

	client = ntpool_store_alloc(size);
	if (!client)
		return -ENOMEM;
	client->size = size;
	client->mod = mod;
	strscpy(client->name, name, sizeof(client->name));
	mutex_lock(&clients_mutex);
	client->number = ++last_number;
	list_add_tail_rcu(&client->link, &clients);
	mutex_unlock(&clients_mutex);
	return 0;
}

static struct ntpool_client *client_find(const struct module *mod)
{
	struct ntpool_client *client;

	lockdep_assert_held(&clients_mutex);
	list_for_each_entry(client, &clients, link)
		if (client->mod == mod)
			return client;
	return NULL;
}

static void client_free(struct rcu_head *rcu)
{
	struct ntpool_client *client = container_of(rcu, struct ntpool_client, rcu);

	ntpool_store_free(client, client->size);
}

/*
 * The thread that unloads @mod is the only one that removes its client. @mod is NULL for
 * "vmlinux". A module without a client is left alone.
 */
static void client_remove(const struct module *mod)
{
	struct ntpool_client *client;
	unsigned int i;

	mutex_lock(&clients_mutex);
	client = client_find(mod);
	mutex_unlock(&clients_mutex);
	if (!client)
		return;
	for (i = 0; i < NTPOOL_WATCHERS; i++)
		if (watchers[i] && watchers[i]->removed)
			watchers[i]->removed(client);
	mutex_lock(&clients_mutex);
	list_del_rcu(&client->link);
	mutex_unlock(&clients_mutex);
	call_rcu(&client->rcu, client_free);
}

typedef void (*watch_fn)(const struct module *mod);

static watch_fn watch_call(const struct ntpool_client_watch *watch, unsigned long state)
{
	switch (state) {
	case MODULE_STATE_COMING:
		return watch->coming;
	case MODULE_STATE_LIVE:
		return watch->live;
	default:
		return watch->going;
	}
}

/*
 * Waits for calls of routines whose addresses have been removed: since @removed, or replaced since
 * the last wait. A call may last for long, or for ever if it has died. Modules of which nothing
 * was removed therefore do not wait.
 */
static void calls_wait(int removed)
{
	int replaced = atomic_read(&calls_replaced);

	if (atomic_read(&calls_removed) == removed && replaced == READ_ONCE(calls_waited))
		return;
	synchronize_srcu(&calls);
	/* Another notifier may store an older number: the next one waits in vain. */
	WRITE_ONCE(calls_waited, replaced);
}

static void tell(const struct module *mod, unsigned long state)
{
	int removed = atomic_read(&calls_removed);
	unsigned int i;
	watch_fn call;

	for (i = 0; i < NTPOOL_WATCHERS; i++) {
		/* From here on watchers look for what the module has left. */
		if (i == NTPOOL_WATCH_FRAMES && state != MODULE_STATE_COMING)
			calls_wait(removed);
		call = watchers[i] ? watch_call(watchers[i], state) : NULL;
		if (call)
			call(mod);
	}
}

/* If there is no memory for its client, the module is not loaded. */
static int client_notify(struct notifier_block *nb, unsigned long state, void *data)
{
	struct module *mod = data;
	int err = 0;

	switch (state) {
	case MODULE_STATE_COMING:
		if (ntpool_client_is_linked(mod))
			err = client_add(mod, mod->name);
		/* A refused module never takes its addresses. */
		if (!err)
			tell(mod, state);
		break;
	case MODULE_STATE_GOING:
		client_remove(mod);
		break;
	}
	return notifier_from_errno(err);
}

static int client_notify_late(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;

	if (state == MODULE_STATE_LIVE || state == MODULE_STATE_GOING) {
		tell(mod, state);
		/* The names of what is freed next are lost. */
		ntpool_report_settle();
	}
	return NOTIFY_DONE;
}

/* The first notifier: others may run code of a module that is being loaded. */
static struct notifier_block client_notifier = {
	.notifier_call = client_notify,
	.priority = INT_MAX,
};

/* Other notifiers may free or allocate on behalf of the module before this one. */
static struct notifier_block client_notifier_late = {
	.notifier_call = client_notify_late,
};

/**
 * ntpool_client_watch() - register or unregister a watcher
 * @which: its place in the order of calls
 * @watch: its calls; NULL: unregister
 *
 * Context: before ntpool_client_init() or after ntpool_client_exit().
 */
void ntpool_client_watch(enum ntpool_client_watchers which,
			 const struct ntpool_client_watch *watch)
{
	WRITE_ONCE(watchers[which], watch);
}

/**
 * ntpool_client_init() - register the module notifier
 *
 * Context: process context, after all watchers have registered.
 * Return: 0, -ENOMEM or an error of register_module_notifier().
 */
int ntpool_client_init(void)
{
	int err = IS_BUILTIN(CONFIG_NTPOOL) ? client_add(NULL, "vmlinux") : 0;

	if (err)
		return err;
	err = ntpool_refused() ? -ENOMEM : register_module_notifier(&client_notifier);
	if (err)
		goto out_client;
	err = ntpool_refused() ? -ENOMEM : register_module_notifier(&client_notifier_late);
	if (err)
		goto out_notifier;
	return 0;

out_notifier:
	unregister_module_notifier(&client_notifier);
out_client:
	client_remove(NULL);
	return err;
}

/**
 * ntpool_client_exit() - unregister the module notifier
 *
 * Context: process context, may sleep; no client but "vmlinux" is left.
 */
void ntpool_client_exit(void)
{
	unregister_module_notifier(&client_notifier_late);
	unregister_module_notifier(&client_notifier);
	client_remove(NULL);
}

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/client_hooks.c"
#endif
