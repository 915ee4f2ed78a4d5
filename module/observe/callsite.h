/* SPDX-License-Identifier: GPL-2.0 */
/* Live allocations summed up: by call site (`callers`, leaks) and by size (`big`). */
#ifndef NTPOOL_SITE_H
#define NTPOOL_SITE_H

#include "ntpool.h"

struct module;

/**
 * struct ntp_site - live allocations of one tag, pool, and call site or size
 * @tag: pool tag
 * @kind: which pool
 * @caller: address that the allocating calls return to
 * @size: instead of @caller in a sum by size: bytes that each call asked for
 * @past: 0: @caller is in code that is there now; else which remembered text is
 *	  that of the code which was there when the blocks were allocated
 * @owner: with @past: the module that this code belonged to; NULL: it is unloaded
 * @count: live allocations
 * @bytes: taken from the pool by them
 * @requested: asked for by their drivers
 */
struct ntp_site {
	u32 tag;
	enum ntp_kind kind;
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
 * struct ntp_sites - a snapshot, sorted by tag as printed, kind, caller or size
 * @nr: entries in use
 * @room: entries allocated
 * @site: the entries
 */
struct ntp_sites {
	size_t nr;
	size_t room;
	struct ntp_site *site;
};

/*
 * All live allocations by call site; those of whole pages by size. Both sleep.
 * 0 or -ENOMEM; on success the caller ends with ntp_sites_free().
 */
int ntp_sites_collect(struct ntp_sites *sites);
int ntp_sizes_collect(struct ntp_sites *sites);
void ntp_sites_free(struct ntp_sites *sites);

/*
 * The text of a call site, "symbol+0x1/0x2 [module]". Code that has gone keeps the
 * text that it had until other code takes its place; ntp_site_name() knows it even
 * then. Every context, NMI too.
 */
#define NTP_SITE_TEXT	256
void ntp_site_text(unsigned long caller, char *buf, size_t size);
/* True if a module has the address. Every context. */
bool ntp_site_in_module(unsigned long address);
void ntp_site_name(const struct ntp_site *site, char *buf, size_t size);

/*
 * The code at @site is about to go: keep its text. @owner: the module, if only its
 * initialisation code goes; NULL if all of it does. Sleeps.
 */
void ntp_site_remember(const struct ntp_site *site, const struct module *owner);
/* The same for a call that has set up something else than a block. */
void ntp_site_pin(unsigned long caller, const struct module *owner);
/* True if @caller was in @mod, even in initialisation code of it that has gone. */
bool ntp_site_belongs(unsigned long caller, const struct module *mod);
/* @mod goes: what is remembered as its own belongs to nobody. */
void ntp_site_disown(const struct module *mod);
/* @mod is new: addresses in it mean its own code from now on. Sleeps. */
void ntp_site_forget(const struct module *mod);
void ntp_site_exit(void);

#endif
