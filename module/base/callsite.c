// SPDX-License-Identifier: GPL-2.0
/*
 * Names of call sites, also of unloaded code.
 *
 * NT records callers only under the verifier, as addresses. Here every block carries
 * its call site, an address that is valid while its code is loaded. The kernel frees a
 * module's initialisation code after its init, and all of its code at unload. Blocks
 * may outlive both. Later another module may be loaded at the same address.
 *
 * Records. Before code is freed, each call site in it with live blocks gets a record,
 * struct ntpool_past_code, with its text. All blocks with that address belong to the
 * record until other code is loaded over it. The record is then "covered", and
 * observe/sums.c notes the blocks that it had at that moment. The next sum drops a
 * record without blocks. A lookaside list of initialisation code needs a record without
 * blocks. Such a record is pinned until the module is unloaded. Records lie behind guards
 * (store.c).
 *
 * Locking. ntpool_past_mutex protects the list of records and their notes. A sum holds
 * it over its whole iteration: a record that was added meanwhile would seem to have no
 * blocks. Texts are read under RCU, because ntpool_report() reads them in any context. Such a
 * reader may have interrupts off, and finds a record by a hash table.
 *
 * Context: any to read a text, process context for all changes.
 */
#include <linux/hashtable.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "base/callsite.h"
#include "base/store.h"
#include "parts.h"

enum {
	PAST_BITS = 10,
};

/* Protects the list of records and their notes. */
DEFINE_MUTEX(ntpool_past_mutex);
LIST_HEAD(ntpool_past_codes);		/* ntpool_past_mutex; readers under RCU */
static DEFINE_HASHTABLE(past_table, PAST_BITS);	/* the same records by call site; likewise */
static unsigned int past_last;		/* number of the newest record; ntpool_past_mutex */

static void past_free(struct ntpool_past_code *past)
{
	ntpool_store_free(past->left, past->left_size);
	ntpool_store_free(past, sizeof(*past));
}

static void past_free_rcu(struct rcu_head *rcu)
{
	past_free(container_of(rcu, struct ntpool_past_code, rcu));
}

/**
 * ntpool_past_drop() - free a record
 * @past: the record
 *
 * Context: process context, under ntpool_past_mutex.
 */
void ntpool_past_drop(struct ntpool_past_code *past)
{
	lockdep_assert_held(&ntpool_past_mutex);
	hash_del_rcu(&past->node);
	list_del_rcu(&past->link);
	call_rcu(&past->rcu, past_free_rcu);
}

/* In an RCU read section. Returns the record whose text the address has, or NULL. */
static struct ntpool_past_code *past_at(unsigned long caller)
{
	struct ntpool_past_code *past;

	hash_for_each_possible_rcu(past_table, past, node, caller,
				   lockdep_is_held(&ntpool_past_mutex))
		if (past->caller == caller &&
		    (READ_ONCE(past->pinned) || !READ_ONCE(past->covered)))
			return past;
	return NULL;
}

/* Without a symbol %pS prints the bare address, which must not reach the log. */
static void callsite_symbol(unsigned long caller, char *buf, size_t size)
{
	snprintf(buf, size, "%pS", (void *)caller);
	if (str_has_prefix(buf, "0x"))
		snprintf(buf, size, "%p", (void *)caller);
}

/**
 * ntpool_callsite_text() - name a call site
 * @caller: its address; 0: unknown
 * @buf: receives the text, as "symbol+0x1/0x2 [module]"
 * @size: bytes of @buf, at most NTPOOL_CALLSITE_TEXT are used
 *
 * Freed code keeps its text until other code is loaded over it.
 *
 * Context: any, NMI included.
 */
void ntpool_callsite_text(unsigned long caller, char *buf, size_t size)
{
	const struct ntpool_past_code *past;

	rcu_read_lock();
	past = past_at(caller);
	if (past)
		strscpy(buf, past->text, size);
	else if (caller)
		callsite_symbol(caller, buf, size);
	else
		strscpy(buf, "unknown", size);
	rcu_read_unlock();
}

/**
 * ntpool_callsite_in_module() - whether a code address is in a module
 * @address: the address
 *
 * Context: any, NMI included.
 * Return: true if it is, or was when its record was created.
 */
bool ntpool_callsite_in_module(unsigned long address)
{
	char text[NTPOOL_CALLSITE_TEXT];

	ntpool_callsite_text(address, text, sizeof(text));
	return strchr(text, '[');
}

/*
 * If a leaking driver is loaded at the same address many times, it has one record. The
 * newest record takes the blocks of older ones with the same text, and replaces them.
 */
static void past_absorb(const struct ntpool_past_code *past)
{
	struct ntpool_past_code *old, *next;

	lockdep_assert_held(&ntpool_past_mutex);
	if (past->covered || past->owner)
		return;
	list_for_each_entry_safe(old, next, &ntpool_past_codes, link)
		if (old != past && old->caller == past->caller && !old->owner &&
		    !strcmp(old->text, past->text))
			ntpool_past_drop(old);
}

static struct ntpool_past_code *past_add(unsigned long caller, const struct module *owner)
{
	struct ntpool_past_code *past;

	lockdep_assert_held(&ntpool_past_mutex);
	past = ntpool_store_alloc(sizeof(*past));
	if (!past)
		return NULL;
	ntpool_callsite_text(caller, past->text, sizeof(past->text));
	past->number = ++past_last;
	past->caller = caller;
	past->owner = owner;
	list_add_tail_rcu(&past->link, &ntpool_past_codes);
	hash_add_rcu(past_table, &past->node, caller);
	past_absorb(past);
	return past;
}

/* Without memory the text is lost. Readers then show the hashed address. */
static void past_remember(unsigned long caller, const struct module *owner, bool pinned)
{
	struct ntpool_past_code *past;

	mutex_lock(&ntpool_past_mutex);
	past = past_at(caller) ?: past_add(caller, owner);
	if (past && pinned)
		WRITE_ONCE(past->pinned, true);
	mutex_unlock(&ntpool_past_mutex);
}

/**
 * ntpool_callsite_remember() - keep the text of a call site that is about to be freed
 * @caller: its address
 * @owner: the module, if only its initialisation code is freed; NULL: all of its code
 *
 * Context: process context, may sleep.
 */
void ntpool_callsite_remember(unsigned long caller, const struct module *owner)
{
	past_remember(caller, owner, false);
}

/**
 * ntpool_callsite_pin() - keep the text of a call site although it has no blocks
 * @caller: its address
 * @owner: the module; the record lasts until ntpool_callsite_disown()
 *
 * Context: process context, may sleep.
 */
void ntpool_callsite_pin(unsigned long caller, const struct module *owner)
{
	past_remember(caller, owner, true);
}

/**
 * ntpool_callsite_belongs() - whether a call site is in a module
 * @caller: its address
 * @mod: the module
 *
 * Context: any.
 * Return: true if it is in @mod, or in initialisation code of @mod that was freed.
 */
bool ntpool_callsite_belongs(unsigned long caller, const struct module *mod)
{
	const struct module *owner = NULL;
	const struct ntpool_past_code *past;

	rcu_read_lock();
	past = past_at(caller);
	if (past)
		owner = READ_ONCE(past->owner);
	rcu_read_unlock();
	return owner ? owner == mod : within_module(caller, mod);
}

/**
 * ntpool_callsite_disown() - release the records of a module that is unloaded
 * @mod: the module, which its records no longer name as their owner
 *
 * Context: process context, may sleep.
 */
void ntpool_callsite_disown(const struct module *mod)
{
	struct ntpool_past_code *past;

	mutex_lock(&ntpool_past_mutex);
	list_for_each_entry(past, &ntpool_past_codes, link)
		if (past->owner == mod) {
			WRITE_ONCE(past->owner, NULL);
			WRITE_ONCE(past->pinned, false);
			past_absorb(past);
		}
	mutex_unlock(&ntpool_past_mutex);
}

/**
 * ntpool_callsite_exit() - free all records
 *
 * A report may still be printed, so the exit waits for readers. Records that were dropped before
 * are freed: ntpool_heap_exit() has waited.
 *
 * Context: process context, may sleep; no block is allocated or freed any more.
 */
void ntpool_callsite_exit(void)
{
	struct ntpool_past_code *past, *next;
	LIST_HEAD(gone);

	mutex_lock(&ntpool_past_mutex);
	list_for_each_entry(past, &ntpool_past_codes, link)
		hash_del_rcu(&past->node);
	list_splice_init_rcu(&ntpool_past_codes, &gone, synchronize_rcu);
	mutex_unlock(&ntpool_past_mutex);
	list_for_each_entry_safe(past, next, &gone, link)
		past_free(past);
}
