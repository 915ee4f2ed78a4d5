/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernels from 6.1 on. A feature is detected by its macro if it has
 * one. LINUX_VERSION_CODE is tested in this file only.
 */
#ifndef NTPOOL_COMPAT_H
#define NTPOOL_COMPAT_H

#include <linux/atomic.h>
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
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#include <linux/hex.h>
#else
#include <linux/kernel.h>
#endif

/* 6.13 added hrtimer_setup(), and 6.15 removed what it replaced. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define hrtimer_setup(timer, fn, clock, mode) do {	\
	struct hrtimer *timer_ = (timer);		\
							\
	hrtimer_init(timer_, clock, mode);		\
	timer_->function = (fn);			\
} while (0)
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

/*
 * Compare and exchange of two words, at an address aligned to both. 6.5 replaced
 * cmpxchg_double() by cmpxchg128(). The CPU may lack it although the macro is 1. User Mode
 * Linux does without.
 */
#if !defined(CONFIG_64BIT) || defined(CONFIG_UML)
#define NTPOOL_CMPXCHG_PAIR 0
#elif defined(system_has_cmpxchg128) || defined(system_has_cmpxchg_double)
#define NTPOOL_CMPXCHG_PAIR 1
#else
#define NTPOOL_CMPXCHG_PAIR 0
#endif

/* Context: any. Return: true if the CPU can execute ntpool_cmpxchg_pair(). */
static inline bool ntpool_has_cmpxchg_pair(void)
{
#if !NTPOOL_CMPXCHG_PAIR
	return false;
#elif defined(system_has_cmpxchg128)
	return system_has_cmpxchg128();
#else
	return system_has_cmpxchg_double();
#endif
}

/* Two words of memory. */
struct ntpool_pair {
	unsigned long word[2];
};

/*
 * Stores @new at @at if the words there are @old. A full barrier if it does.
 *
 * Context: any. Return: true if they were.
 */
static __always_inline bool ntpool_cmpxchg_pair(struct ntpool_pair *at, struct ntpool_pair old,
						struct ntpool_pair new)
{
#if !NTPOOL_CMPXCHG_PAIR
	return false;
#elif defined(system_has_cmpxchg128)
	const int low = IS_ENABLED(CONFIG_CPU_BIG_ENDIAN);
	u128 from = (u128)old.word[1 - low] << 64 | old.word[low];
	u128 to = (u128)new.word[1 - low] << 64 | new.word[low];

	return try_cmpxchg128((u128 *)at, &from, to);
#else
	return cmpxchg_double(&at->word[0], &at->word[1], old.word[0], old.word[1], new.word[0],
			      new.word[1]);
#endif
}

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

/**
 * struct ntpool_going - memory that is about to be freed
 * @mod: its module
 * @init: initialisation code and data only; else all of the module
 */
struct ntpool_going {
	const struct module *mod;
	bool init;
};

bool ntpool_is_going(const struct ntpool_going *going, unsigned long addr);

/* NULL for @mod: the kernel. compat.c describes each routine. Context: any. */
bool ntpool_module_has(const struct module *mod, unsigned long addr);
bool ntpool_module_has_code(const struct module *mod, unsigned long addr);
bool ntpool_module_has_data(const struct module *mod, unsigned long addr);
void *ntpool_module_base(const struct module *mod);
bool ntpool_module_uses(const struct module *mod, const struct module *used);

#endif
