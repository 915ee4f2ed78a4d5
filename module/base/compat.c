// SPDX-License-Identifier: GPL-2.0
/*
 * Differences between kernels that need functions: compat.h has the rest.
 *
 * Shrinkers are allocated since 6.7 and were embedded before. A module consists of
 * several memory ranges since 6.4 and was one layout before. The list of the modules that
 * a module uses is private in kernels from 7.x on. NT has no part in this.
 *
 * Locking: none. Context: process context for shrinkers, any for modules.
 */
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/module.h>

#include <asm/sections.h>

#include "base/compat.h"

#if NTPOOL_SHRINKER_ALLOCATED

static struct ntpool_shrinker *shrinker_self(struct shrinker *shrinker)
{
	return shrinker->private_data;
}

#else

static struct ntpool_shrinker *shrinker_self(struct shrinker *shrinker)
{
	return container_of(shrinker, struct ntpool_shrinker, shrinker);
}

#endif

static unsigned long shrinker_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	return shrinker_self(shrinker)->count() ?: SHRINK_EMPTY;
}

static unsigned long shrinker_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	return shrinker_self(shrinker)->scan(sc->nr_to_scan) ?: SHRINK_STOP;
}

#if NTPOOL_SHRINKER_ALLOCATED

/**
 * ntpool_shrinker_register() - register a shrinker
 * @self: the shrinker
 * @name: its name in debugfs
 * @count: returns the number of pages that it could free
 * @scan: frees @nr pages, or all that it frees at once; returns how many it has freed
 *
 * Context: process context, may sleep.
 * Return: 0 or an error.
 */
int ntpool_shrinker_register(struct ntpool_shrinker *self, const char *name,
			     unsigned long (*count)(void),
			     unsigned long (*scan)(unsigned long nr))
{
	self->count = count;
	self->scan = scan;
	self->shrinker = shrinker_alloc(0, "%s", name);
	if (!self->shrinker)
		return -ENOMEM;
	self->shrinker->count_objects = shrinker_count;
	self->shrinker->scan_objects = shrinker_scan;
	self->shrinker->private_data = self;
	shrinker_register(self->shrinker);
	return 0;
}

/**
 * ntpool_shrinker_unregister() - unregister a shrinker
 * @self: the shrinker; none of its functions runs afterwards
 *
 * Context: process context, may sleep.
 */
void ntpool_shrinker_unregister(struct ntpool_shrinker *self)
{
	shrinker_free(self->shrinker);
}

#else

int ntpool_shrinker_register(struct ntpool_shrinker *self, const char *name,
			     unsigned long (*count)(void),
			     unsigned long (*scan)(unsigned long nr))
{
	self->count = count;
	self->scan = scan;
	self->shrinker.count_objects = shrinker_count;
	self->shrinker.scan_objects = shrinker_scan;
	self->shrinker.seeks = DEFAULT_SEEKS;
	return register_shrinker(&self->shrinker, "%s", name);
}

void ntpool_shrinker_unregister(struct ntpool_shrinker *self)
{
	unregister_shrinker(&self->shrinker);
}

#endif

#ifdef MODULE

static bool kernel_has_code(unsigned long addr)
{
	return false;
}

static bool kernel_has_data(unsigned long addr)
{
	return false;
}

static void *kernel_base(void)
{
	return NULL;
}

#else

static bool kernel_has_code(unsigned long addr)
{
	return __is_kernel_text(addr);
}

static bool kernel_has_data(unsigned long addr)
{
	return is_kernel_rodata(addr) ||
	       (addr >= (unsigned long)_sdata && addr < (unsigned long)_edata) ||
	       (addr >= (unsigned long)__bss_start && addr < (unsigned long)__bss_stop);
}

static void *kernel_base(void)
{
	return _stext;
}

#endif

#ifdef mod_mem_type_is_text

static bool module_has_code(const struct module *mod, unsigned long addr)
{
	return within_module_mem_type(addr, mod, MOD_TEXT);
}

static void *module_base(const struct module *mod)
{
	return mod->mem[MOD_TEXT].base;
}

#else

static bool module_has_code(const struct module *mod, unsigned long addr)
{
	return addr - (unsigned long)mod->core_layout.base < mod->core_layout.text_size;
}

static void *module_base(const struct module *mod)
{
	return mod->core_layout.base;
}

#endif

/**
 * ntpool_module_has_code() - whether an address is in a module's code
 * @mod: the module; NULL: the kernel, if ntpool is built in
 * @addr: the address
 *
 * Context: any.
 * Return: true if it is; false for initialisation code.
 */
bool ntpool_module_has_code(const struct module *mod, unsigned long addr)
{
	return mod ? module_has_code(mod, addr) : kernel_has_code(addr);
}

/**
 * ntpool_module_has_data() - whether an address is in a module's data
 * @mod: the module; NULL: the kernel, if ntpool is built in
 * @addr: the address
 *
 * Context: any.
 * Return: true if it is; false for initialisation data.
 */
bool ntpool_module_has_data(const struct module *mod, unsigned long addr)
{
	if (!mod)
		return kernel_has_data(addr);
	return within_module_core(addr, mod) && !module_has_code(mod, addr);
}

/**
 * ntpool_module_has() - whether an address is in a module
 * @mod: the module; NULL: the kernel, if ntpool is built in
 * @addr: the address
 *
 * Context: any.
 * Return: true if it is in code or data. For a module, those for initialisation are
 * included; for the kernel, they are not.
 */
bool ntpool_module_has(const struct module *mod, unsigned long addr)
{
	if (!mod)
		return kernel_has_code(addr) || kernel_has_data(addr);
	return within_module(addr, mod);
}

/**
 * ntpool_is_going() - whether an address is in memory that is about to be freed
 * @going: the memory
 * @addr: the address
 *
 * Context: any.
 * Return: true if it is.
 */
bool ntpool_is_going(const struct ntpool_going *going, unsigned long addr)
{
	return going->init ? within_module_init(addr, going->mod) :
			     within_module(addr, going->mod);
}

/**
 * ntpool_module_base() - start of a module's code
 * @mod: the module; NULL: the kernel, if ntpool is built in
 *
 * Context: any.
 * Return: the address.
 */
void *ntpool_module_base(const struct module *mod)
{
	return mod ? module_base(mod) : kernel_base();
}

/*
 * struct module_use of kernel/module/internal.h, which is private in kernels from 7.x on
 * and has had these members since 2.6. No exported function tells which modules a module uses.
 */
struct use {
	struct list_head source_list;
	struct list_head target_list;
	struct module *source;
	struct module *target;
};

/**
 * ntpool_module_uses() - whether a module is linked against another one
 * @mod: the module
 * @used: the other module; NULL: the kernel
 *
 * An entry whose source is another module has members that are not known here.
 *
 * Context: the thread that loads or unloads @mod.
 * Return: true if it is, or if the kernel does not tell.
 */
bool ntpool_module_uses(const struct module *mod, const struct module *used)
{
#ifdef CONFIG_MODULE_UNLOAD
	const struct use *use;

	if (!used)
		return true;
	list_for_each_entry(use, &mod->target_list, target_list)
		if (use->target == used || use->source != mod)
			return true;
	return false;
#else
	return true;
#endif
}

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/stub_hooks.c"
#endif
