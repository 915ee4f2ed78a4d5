/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels that ntpool builds on, 6.1 and newer. A
 * feature is found by its macro where it has one; the version is asked only where
 * nothing else can tell, and only here.
 */
#ifndef NTPOOL_COMPAT_H
#define NTPOOL_COMPAT_H

#include <linux/mmzone.h>
#include <linux/shrinker.h>
#include <linux/types.h>
#include <linux/version.h>

/* 6.8 renamed it; before 6.4 MAX_ORDER was one past the largest order. */
#ifndef MAX_PAGE_ORDER
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define MAX_PAGE_ORDER MAX_ORDER
#else
#define MAX_PAGE_ORDER (MAX_ORDER - 1)
#endif
#endif

/* 6.17, and some stable kernels: says that a queue is per CPU on purpose. */
#ifndef WQ_PERCPU
#define WQ_PERCPU 0
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define NTPOOL_SHRINKER_ALLOCATED 1
#else
#define NTPOOL_SHRINKER_ALLOCATED 0
#endif

/* 6.9 passes the limits of a disk to blk_alloc_disk(); before, setters change them. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
#define NTPOOL_DISK_TAKES_LIMITS 1
#else
#define NTPOOL_DISK_TAKES_LIMITS 0
#endif

/*
 * Shrinkers are allocated since 6.7; before, the caller embeds them. There is one
 * in this module, so its two functions take no argument but the number to free.
 */
struct ntpool_shrinker {
	unsigned long (*count)(void);
	unsigned long (*scan)(unsigned long nr);
#if NTPOOL_SHRINKER_ALLOCATED
	struct shrinker *shrinker;
#else
	struct shrinker shrinker;
#endif
};

int ntpool_shrinker_register(struct ntpool_shrinker *self, const char *name,
			     unsigned long (*count)(void),
			     unsigned long (*scan)(unsigned long nr));
void ntpool_shrinker_unregister(struct ntpool_shrinker *self);

struct module;

/*
 * Where a module lies: one layout before 6.4, a range for each kind of memory since.
 * NULL for the module is what is built into the kernel, asked for by an ntpool that
 * is built in as well. Neither code nor data includes what is for initialisation.
 */
bool ntpool_module_has(const struct module *mod, unsigned long addr);
bool ntpool_module_has_code(const struct module *mod, unsigned long addr);
bool ntpool_module_has_data(const struct module *mod, unsigned long addr);
void *ntpool_module_base(const struct module *mod);

#endif
