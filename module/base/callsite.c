// SPDX-License-Identifier: GPL-2.0
/*
 * Names of code addresses, of code that has gone as well.
 *
 * A block carries the address of its allocating call. The address means something
 * only as long as its code is there. The initialisation code of a module goes after
 * its init, with blocks that live on. All code of a module goes when it is unloaded,
 * and its leaked blocks are kept. Later the same addresses are given to another
 * module, whose blocks may carry the same caller. (NT keeps callers only under the
 * verifier, by address.)
 *
 * When code goes, each call in it that has live blocks therefore becomes a record,
 * struct ntpool_past_code, with its text. As long as no other code takes the address,
 * all blocks with that caller belong to the record. From then on the record is
 * "covered", and observe/sums.c notes the blocks that it had at that moment. A record
 * without blocks is dropped at the next sum. Lookaside lists that initialisation code
 * has set up need a record too: theirs is pinned, and lasts as long as the module.
 *
 * ntpool_past_mutex guards the list of records and their notes. A sum holds it from its
 * first block to its last one: a record that was added meanwhile would seem to have no
 * blocks. Texts are read under RCU alone, because ntpool_report() reads them in any
 * context. The text, the caller and the number of a record never change.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "base/callsite.h"
#include "init.h"

/* Guards the list of records and their notes. */
DEFINE_MUTEX(ntpool_past_mutex);
LIST_HEAD(ntpool_past_codes);
static unsigned int past_last;		/* number of the newest record; ntpool_past_mutex */

void ntpool_past_drop(struct ntpool_past_code *past)
{
	lockdep_assert_held(&ntpool_past_mutex);
	list_del_rcu(&past->link);
	kvfree(past->left);
	kfree_rcu(past, rcu);
}

/* Under RCU: the record whose text the address has. */
static struct ntpool_past_code *past_at(unsigned long caller)
{
	struct ntpool_past_code *past;

	list_for_each_entry_rcu(past, &ntpool_past_codes, link, lockdep_is_held(&ntpool_past_mutex))
		if (past->caller == caller &&
		    (READ_ONCE(past->pinned) || !READ_ONCE(past->covered)))
			return past;
	return NULL;
}

/* Without a symbol %pS prints the bare address, which is nobody's business. */
static void site_symbol(unsigned long caller, char *buf, size_t size)
{
	snprintf(buf, size, "%pS", (void *)caller);
	if (str_has_prefix(buf, "0x"))
		snprintf(buf, size, "%p", (void *)caller);
}

void ntpool_callsite_text(unsigned long caller, char *buf, size_t size)
{
	const struct ntpool_past_code *past;

	rcu_read_lock();
	past = past_at(caller);
	if (past)
		strscpy(buf, past->text, size);
	else if (caller)
		site_symbol(caller, buf, size);
	else
		strscpy(buf, "unknown", size);
	rcu_read_unlock();
}

bool ntpool_callsite_in_module(unsigned long address)
{
	char text[NTPOOL_CALLSITE_TEXT];

	ntpool_callsite_text(address, text, sizeof(text));
	return strchr(text, '[');
}

/*
 * A leaking driver that is loaded again and again at the same place has one record:
 * the newest one takes all blocks that older ones do not claim, and replaces them.
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
	past = kzalloc(sizeof(*past), GFP_KERNEL);
	if (!past)
		return NULL;
	ntpool_callsite_text(caller, past->text, sizeof(past->text));
	past->number = ++past_last;
	past->caller = caller;
	past->owner = owner;
	list_add_tail_rcu(&past->link, &ntpool_past_codes);
	past_absorb(past);
	return past;
}

/* Without memory the text is lost, and what needs it shows a bare address. */
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
 * ntpool_callsite_remember() - keep the text of a call whose code is about to go
 * @caller: address that the call returns to
 * @owner: the module, if only its initialisation code goes; NULL if all of it does
 *
 * Context: process context, may sleep.
 */
void ntpool_callsite_remember(unsigned long caller, const struct module *owner)
{
	past_remember(caller, owner, false);
}

/**
 * ntpool_callsite_pin() - keep the text of a call that has set up something else than a block
 * @caller: address that the call returns to
 * @owner: the module; the record lasts as long as it does
 *
 * Context: process context, may sleep.
 */
void ntpool_callsite_pin(unsigned long caller, const struct module *owner)
{
	past_remember(caller, owner, true);
}

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

void ntpool_callsite_exit(void)
{
	struct ntpool_past_code *past, *next;

	mutex_lock(&ntpool_past_mutex);
	list_for_each_entry_safe(past, next, &ntpool_past_codes, link)
		ntpool_past_drop(past);
	mutex_unlock(&ntpool_past_mutex);
}
