// SPDX-License-Identifier: GPL-2.0
/*
 * Address space for special pool: pages that come and go in any context.
 *
 * What is needed: a page that can be mapped and unmapped at interrupt level, with
 * pages before and behind it where nothing is ever mapped. vmap() and vunmap() give
 * the second only behind an area (what is in front of one may be another user's
 * last page: areas of the per-CPU allocator and of vm_map_ram() have no guard), and
 * both sleep. So one area is taken with vmap() for the life of the module, all of it
 * backed by one dummy page, which makes the kernel build the page tables; then every
 * entry is cleared, and from then on the entries are written here:
 *
 *	guard | slot 0 | guard | slot 1 | guard | ...
 *
 * Nobody else writes them: the area is ours until vunmap(), which does not mind
 * entries that are clear, nor do readers of /proc/kcore. The page tables are part of
 * the kernel's half, which all address spaces share, and are never freed while the
 * area exists. This is what KFENCE does with its part of the linear map.
 *
 * TLBs. A present entry may be cached by any CPU at any time, so clearing it is half
 * of the work. Where it is cleared, INVLPG makes this CPU forget it at once; the other
 * CPUs are told by a worker, ntpool_special_map_flush(), which a caller at interrupt
 * level cannot wait for. flush_tlb_kernel_range() is not exported, and
 * vm_unmap_aliases() flushes only what vunmap() has been called for. With page table
 * isolation kernel mappings are not global but belong to the process context (PCID)
 * under which they were cached; INVLPG forgets those of the current one, INVPCID all.
 * On the few processors that have the first and not the second a page that was freed
 * may stay reachable from other processes.
 *
 * That an entry is still cached somewhere never does harm to others: the page behind
 * a slot belongs to the slot until the area is gone, so whoever uses a stale entry
 * reads or writes the very page that he used before. What is lost is the fault, and a
 * write is then found when the slot is used again. At the end vunmap() puts the whole
 * area on the kernel's list of lazy flushes, and vm_unmap_aliases() flushes it before
 * the pages are given back.
 *
 * Contexts: mapping and unmapping in any. An entry is written by the owner of its
 * slot only, hence without a lock.
 *
 * Other architectures have neither lookup_address() nor a way to flush one page that
 * a module may use; there is no special pool there, and everything comes from the
 * ordinary one. A guest of Xen's that is paravirtualised has none either.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>

#include "verify/special.h"

#if defined(CONFIG_X86) && !defined(CONFIG_UML)
#include <asm/cpufeature.h>
#include <asm/invpcid.h>
#include <asm/pgtable.h>

static struct page *dummy;		/* behind every page of a new area */

struct flush_job {
	unsigned long base;
	const unsigned long *pages;
	unsigned long nr;
};

/* The entry of a page of the area; its page table exists. */
static pte_t *entry_of(unsigned long addr)
{
	unsigned int level;
	pte_t *pte = lookup_address(addr, &level);

	return level == PG_LEVEL_4K ? pte : NULL;
}

static void forget_here(unsigned long addr)
{
	asm volatile("invlpg (%0)" : : "r" (addr) : "memory");
}

void ntpool_special_map(unsigned long addr, struct page *page)
{
	set_pte(entry_of(addr), mk_pte(page, PAGE_KERNEL));
}

void ntpool_special_unmap(unsigned long addr)
{
	preempt_disable();
	pte_clear(NULL, addr, entry_of(addr));
	forget_here(addr);
	preempt_enable();
}

static void flush_here(void *arg)
{
	const struct flush_job *job = arg;
	unsigned long i;

	if (boot_cpu_has(X86_FEATURE_INVPCID)) {
		invpcid_flush_all();
		return;
	}
	for_each_set_bit(i, job->pages, job->nr)
		forget_here(job->base + (i << PAGE_SHIFT));
}

void ntpool_special_map_flush(unsigned long base, const unsigned long *pages, unsigned long nr)
{
	struct flush_job job = { .base = base, .pages = pages, .nr = nr };

	on_each_cpu(flush_here, &job, 1);
}

/* False: there is an entry that is not a page's. */
static bool area_clear(unsigned long base, unsigned long nr)
{
	unsigned long i, *all;
	pte_t *pte;

	for (i = 0; i < nr; i++) {
		pte = entry_of(base + (i << PAGE_SHIFT));
		if (!pte)
			return false;
		pte_clear(NULL, base + (i << PAGE_SHIFT), pte);
	}
	all = bitmap_alloc(nr, GFP_KERNEL);
	if (!all)
		return false;
	bitmap_fill(all, nr);
	ntpool_special_map_flush(base, all, nr);
	bitmap_free(all);
	return true;
}

void *ntpool_special_map_create(unsigned long nr)
{
	struct page **pages;
	void *base = NULL;
	unsigned long i;

	if (boot_cpu_has(X86_FEATURE_XENPV))
		return ERR_PTR(-EOPNOTSUPP);
	pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	dummy = alloc_page(GFP_KERNEL);
	if (pages && dummy) {
		for (i = 0; i < nr; i++)
			pages[i] = dummy;
		base = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
	}
	kvfree(pages);
	if (base && !area_clear((unsigned long)base, nr)) {
		vunmap(base);
		base = NULL;
	}
	if (!base && dummy)
		__free_page(dummy);
	return base ?: ERR_PTR(-ENOMEM);
}

void ntpool_special_map_destroy(void *base)
{
	vunmap(base);
	vm_unmap_aliases();
	__free_page(dummy);
}

#else

void *ntpool_special_map_create(unsigned long nr)
{
	return ERR_PTR(-EOPNOTSUPP);
}

void ntpool_special_map_destroy(void *base)
{
}

void ntpool_special_map(unsigned long addr, struct page *page)
{
}

void ntpool_special_unmap(unsigned long addr)
{
}

void ntpool_special_map_flush(unsigned long base, const unsigned long *pages, unsigned long nr)
{
}

#endif
