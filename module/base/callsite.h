/* SPDX-License-Identifier: GPL-2.0 */
/* Names of call sites, also of unloaded code. See callsite.c for each routine. */
#ifndef NTPOOL_CALLSITE_H
#define NTPOOL_CALLSITE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct module;

/* Bytes of the text of a call site, "symbol+0x1/0x2 [module]". */
#define NTPOOL_CALLSITE_TEXT	256
void ntpool_callsite_text(unsigned long caller, char *buf, size_t size);
bool ntpool_callsite_in_module(unsigned long address);
bool ntpool_callsite_belongs(unsigned long caller, const struct module *mod);

/* The code at @caller is about to be freed. Both may sleep. */
void ntpool_callsite_remember(unsigned long caller, const struct module *owner);
void ntpool_callsite_pin(unsigned long caller, const struct module *owner);
/* @mod is being unloaded. May sleep. */
void ntpool_callsite_disown(const struct module *mod);

/**
 * struct ntpool_past_code - a call site in code that was freed
 * @link: in ntpool_past_codes, oldest first; ntpool_past_mutex, readers under RCU
 * @node: in the table of callsite.c, by @caller; likewise
 * @rcu: frees it
 * @number: from 1, unique; constant
 * @caller: address of the call site; constant
 * @owner: the module whose initialisation code it was; NULL: the module is unloaded.
 *	ntpool_past_mutex, read without it
 * @covered: other code has been loaded over it; ntpool_past_mutex, read without it
 * @pinned: kept without blocks until its owner is unloaded; ntpool_past_mutex, read
 *	without it
 * @left: the blocks that it had when it was covered; of observe/sums.c, for
 *	ntpool_store_free(). ntpool_past_mutex
 * @left_size: bytes of @left; likewise
 * @text: text of the call site; constant
 */
struct ntpool_past_code {
	struct list_head link;
	struct hlist_node node;
	struct rcu_head rcu;
	unsigned int number;
	unsigned long caller;
	const struct module *owner;
	bool covered;
	bool pinned;
	void *left;
	size_t left_size;
	char text[NTPOOL_CALLSITE_TEXT];
};

/* Protects the list of records and their notes. */
extern struct mutex ntpool_past_mutex;
extern struct list_head ntpool_past_codes;
void ntpool_past_drop(struct ntpool_past_code *past);

#endif
