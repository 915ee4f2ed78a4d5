/* SPDX-License-Identifier: GPL-2.0 */
/* Live allocations summed up: by call site (`callers`, leaks) and by size (`big`). */
#ifndef NTPOOL_SITE_H
#define NTPOOL_SITE_H

#include "ntpool.h"

struct module;

/**
 * struct ntpool_callsite - live allocations of one tag, pool, and call site or size
 * @tag: pool tag
 * @type: which pool
 * @caller: address that the allocating calls return to
 * @size: instead of @caller in a sum by size: bytes that each call asked for
 * @past: 0: @caller is in code that is there now; else which remembered text is
 *	  that of the code which was there when the blocks were allocated
 * @owner: with @past: the module that this code belonged to; NULL: it is unloaded
 * @count: live allocations
 * @bytes: taken from the pool by them
 * @requested: asked for by their drivers
 */
struct ntpool_callsite {
	u32 tag;
	enum ntpool_type type;
	union {
		unsigned long caller;
		unsigned long size;
	};
	unsigned int past;
	const struct module *owner;
	unsigned long count;
	unsigned long bytes;
	unsigned long requested;
};

/**
 * struct ntpool_callsites - a snapshot, sorted by tag as printed, kind, caller or size
 * @nr: entries in use
 * @room: entries allocated
 * @site: the entries
 */
struct ntpool_callsites {
	size_t nr;
	size_t room;
	struct ntpool_callsite *site;
};

/*
 * All live allocations by call site; those of whole pages by size. Both sleep.
 * 0 or -ENOMEM; on success the caller ends with ntpool_callsites_free().
 */
int ntpool_callsites_collect(struct ntpool_callsites *sites);
int ntpool_sizes_collect(struct ntpool_callsites *sites);
void ntpool_callsites_free(struct ntpool_callsites *sites);

/*
 * The text of a call site, "symbol+0x1/0x2 [module]". Code that has gone keeps the
 * text that it had until other code takes its place; ntpool_callsite_name() knows it even
 * then. Every context, NMI too.
 */
#define NTPOOL_CALLSITE_TEXT	256
void ntpool_callsite_text(unsigned long caller, char *buf, size_t size);
/* True if a module has the address. Every context. */
bool ntpool_callsite_in_module(unsigned long address);
void ntpool_callsite_name(const struct ntpool_callsite *site, char *buf, size_t size);

/*
 * The code at @site is about to go: keep its text. @owner: the module, if only its
 * initialisation code goes; NULL if all of it does. Sleeps.
 */
void ntpool_callsite_remember(const struct ntpool_callsite *site, const struct module *owner);
/* The same for a call that has set up something else than a block. */
void ntpool_callsite_pin(unsigned long caller, const struct module *owner);
/* True if @caller was in @mod, even in initialisation code of it that has gone. */
bool ntpool_callsite_belongs(unsigned long caller, const struct module *mod);
/* @mod goes: what is remembered as its own belongs to nobody. */
void ntpool_callsite_disown(const struct module *mod);
/* @mod is new: addresses in it mean its own code from now on. Sleeps. */
void ntpool_callsite_forget(const struct module *mod);
void ntpool_callsite_exit(void);

#endif
