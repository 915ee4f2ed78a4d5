/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernels from 6.1 on. A feature is detected by its macro if it has
 * one. LINUX_VERSION_CODE is tested in this file only.
 */
#ifndef NTPOOL_COMPAT_H
#define NTPOOL_COMPAT_H

#include <linux/mmzone.h>
#include <linux/shrinker.h>
#include <linux/types.h>
#include <linux/version.h>
#include <linux/workqueue.h>

/* 6.8 renamed MAX_ORDER. Before 6.4 it was one more than the largest order. */
#ifndef MAX_PAGE_ORDER
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define MAX_PAGE_ORDER MAX_ORDER
#else
#define MAX_PAGE_ORDER (MAX_ORDER - 1)
#endif
#endif

/* Since 6.17 an enumerator: marks a per-CPU workqueue. Later kernels warn without it. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define WQ_PERCPU 0
#endif

/* Since 6.4 hex_to_bin() is there; before, in linux/kernel.h. */
#if __has_include(<linux/hex.h>)
#include <linux/hex.h>
#else
#include <linux/kernel.h>
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define NTPOOL_SHRINKER_ALLOCATED 1
#else
#define NTPOOL_SHRINKER_ALLOCATED 0
#endif

/* Since 6.9 blk_alloc_disk() takes the limits of a disk; before, setters change them. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
#define NTPOOL_DISK_TAKES_LIMITS 1
#else
#define NTPOOL_DISK_TAKES_LIMITS 0
#endif

/* The module has one shrinker, so its functions get no pointer to it. */
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

/* NULL for @mod: the kernel. compat.c describes each routine. Context: any. */
bool ntpool_module_has(const struct module *mod, unsigned long addr);
bool ntpool_module_has_code(const struct module *mod, unsigned long addr);
bool ntpool_module_has_data(const struct module *mod, unsigned long addr);
void *ntpool_module_base(const struct module *mod);
bool ntpool_module_uses(const struct module *mod, const struct module *used);

#endif
