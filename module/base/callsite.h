/* SPDX-License-Identifier: GPL-2.0 */
/* Names of code addresses, of code that has gone as well. */
#ifndef NTPOOL_CALLSITE_H
#define NTPOOL_CALLSITE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct module;

/*
 * The text of a call site, "symbol+0x1/0x2 [module]". Code that has gone keeps the
 * text that it had until other code takes its place. Any context, NMI too.
 */
#define NTPOOL_CALLSITE_TEXT	256
void ntpool_callsite_text(unsigned long caller, char *buf, size_t size);
/* True if a module has the address. Any context. */
bool ntpool_callsite_in_module(unsigned long address);
/* True if @caller was in @mod, even in initialisation code of it that has gone. */
bool ntpool_callsite_belongs(unsigned long caller, const struct module *mod);

/* The code at @caller is about to go: keep its text. Both sleep. */
void ntpool_callsite_remember(unsigned long caller, const struct module *owner);
void ntpool_callsite_pin(unsigned long caller, const struct module *owner);
/* @mod goes: records that name it as their owner have none. Sleeps. */
void ntpool_callsite_disown(const struct module *mod);

/**
 * struct ntpool_past_code - a call in code that has gone
 * @link: in ntpool_past_codes, oldest first
 * @rcu: frees it
 * @number: from 1, never given twice
 * @caller: the address
 * @owner: the module whose initialisation code it was; NULL: the module has gone as well
 * @covered: other code has been loaded over it
 * @pinned: kept without blocks, until the owner goes
 * @left: once covered: the blocks that it had at that moment; of observe/sums.c, for
 *	kvfree()
 * @text: text of the call
 *
 * ntpool_past_mutex guards all of it; @text, @caller and @number are read under RCU.
 */
struct ntpool_past_code {
	struct list_head link;
	struct rcu_head rcu;
	unsigned int number;
	unsigned long caller;
	const struct module *owner;
	bool covered;
	bool pinned;
	void *left;
	char text[NTPOOL_CALLSITE_TEXT];
};

extern struct mutex ntpool_past_mutex;
extern struct list_head ntpool_past_codes;
/* Takes a record away. Under ntpool_past_mutex. */
void ntpool_past_drop(struct ntpool_past_code *past);

#endif
