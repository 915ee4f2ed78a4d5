// SPDX-License-Identifier: GPL-2.0
/*
 * Clients: the loaded modules that are linked against ntpool.
 *
 * One module notifier adds a client when its module comes, before its init runs, and
 * removes it when the module goes, after its exit. The kernel exports no way to find a
 * module by an address, hence this list. ntpool comes before all modules that are
 * linked against it and goes after them, so the list is complete, and empty in the
 * end. Code that calls ntpool by other means than the linker (symbol_get(), a pointer
 * from another module) is in no client. Drivers that are built into the kernel
 * together with ntpool are one client, "vmlinux", that never goes.
 *
 * The same notifier tells other parts of ntpool, in a fixed order, of all modules.
 *
 * Locking: clients_mutex serialises changes of the list; readers are under RCU. The
 * kernel waits for them before it frees a module, after the notifiers. The list of
 * modules that a module uses is changed by the thread that loads or unloads it, which
 * is the one that runs the notifier: no lock is needed to read it.
 */
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "base/client.h"
#include "base/compat.h"
#include "init.h"

static DEFINE_MUTEX(clients_mutex);
static LIST_HEAD(clients);		/* clients_mutex; readers under RCU */
static unsigned long last_number;	/* clients_mutex */
static const struct ntpool_client_watch *watchers[NTPOOL_WATCHERS];

struct ntpool_client *ntpool_client_of(unsigned long addr)
{
	struct ntpool_client *client;

	list_for_each_entry_rcu(client, &clients, link)
		if (ntpool_module_has(client->mod, addr))
			return client;
	return NULL;
}

struct ntpool_client *ntpool_client_by_number(unsigned long number)
{
	struct ntpool_client *client;

	list_for_each_entry_rcu(client, &clients, link)
		if (client->number == number)
			return client;
	return NULL;
}

void ntpool_client_for_each(void (*fn)(struct ntpool_client *client, void *arg), void *arg)
{
	struct ntpool_client *client;

	mutex_lock(&clients_mutex);
	list_for_each_entry(client, &clients, link)
		fn(client, arg);
	mutex_unlock(&clients_mutex);
}

/* An ntpool that is built into the kernel has no users on record: take all modules. */
bool ntpool_client_is_linked(const struct module *mod)
{
#if defined(MODULE) && defined(CONFIG_MODULE_UNLOAD)
	const struct module_use *use;

	list_for_each_entry(use, &mod->target_list, target_list)
		if (use->target == THIS_MODULE)
			return true;
	return false;
#else
	return true;
#endif
}

static void client_publish(struct ntpool_client *client, struct module *mod, const char *name)
{
	client->mod = mod;
	strscpy(client->name, name, sizeof(client->name));
	mutex_lock(&clients_mutex);
	client->number = ++last_number;
	list_add_tail_rcu(&client->link, &clients);
	mutex_unlock(&clients_mutex);
}

static int client_add(struct module *mod)
{
	struct ntpool_client *client = kzalloc(sizeof(*client), GFP_KERNEL);

	if (!client)
		return -ENOMEM;
	client_publish(client, mod, mod->name);
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

/* The thread that unloads @mod is the only one that removes its client. */
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
	kfree_rcu(client, rcu);
}

static void tell_coming(const struct module *mod)
{
	unsigned int i;

	for (i = 0; i < NTPOOL_WATCHERS; i++)
		if (watchers[i] && watchers[i]->coming)
			watchers[i]->coming(mod);
}

static void tell_live(const struct module *mod)
{
	unsigned int i;

	for (i = 0; i < NTPOOL_WATCHERS; i++)
		if (watchers[i] && watchers[i]->live)
			watchers[i]->live(mod);
}

static void tell_going(const struct module *mod)
{
	unsigned int i;

	for (i = 0; i < NTPOOL_WATCHERS; i++)
		if (watchers[i] && watchers[i]->going)
			watchers[i]->going(mod);
}

/* Without memory for its client a driver is not loaded. */
static int client_notify(struct notifier_block *nb, unsigned long state, void *data)
{
	struct module *mod = data;
	int err = 0;

	switch (state) {
	case MODULE_STATE_COMING:
		if (ntpool_client_is_linked(mod))
			err = client_add(mod);
		tell_coming(mod);
		break;
	case MODULE_STATE_LIVE:
		tell_live(mod);
		break;
	case MODULE_STATE_GOING:
		client_remove(mod);
		tell_going(mod);
		break;
	}
	return notifier_from_errno(err);
}

/* Before other notifiers, which may run code of the module as soon as it comes. */
static struct notifier_block client_notifier = {
	.notifier_call = client_notify,
	.priority = INT_MAX,
};

void ntpool_client_watch(enum ntpool_client_watchers which,
			 const struct ntpool_client_watch *watch)
{
	WRITE_ONCE(watchers[which], watch);
}

/**
 * ntpool_client_init() - note clients from now on
 *
 * Context: process context, when all who watch have registered.
 * Return: 0 or an error of register_module_notifier().
 */
int ntpool_client_init(void)
{
#ifndef MODULE
	static struct ntpool_client built_in;

	client_publish(&built_in, NULL, "vmlinux");
#endif
	return register_module_notifier(&client_notifier);
}

void ntpool_client_exit(void)
{
	unregister_module_notifier(&client_notifier);
}
