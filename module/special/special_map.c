// SPDX-License-Identifier: GPL-2.0
/*
 * Address space for special pool: pages that are mapped and unmapped in any context.
 *
 * Special pool needs pages that can be mapped at interrupt level. They lie between pages that
 * are never mapped. vmap() and vunmap() sleep, and guarantee an unmapped page only behind an
 * area. The page in front may be mapped: areas of the per-CPU allocator and of vm_map_ram()
 * have no guard page. So vmap() creates one area for the life of the module, which maps one
 * dummy page everywhere. That makes the kernel build the page tables. Then all entries are
 * cleared, and from then on the entries are written here. special_slot.c divides the area.
 *
 * No other code writes these entries until vunmap(). vunmap() and readers of /proc/kcore accept
 * clear entries. The page tables are in the kernel's half, which all address spaces share, and
 * exist as long as the area. KFENCE does the same with its part of the linear map.
 *
 * TLBs. Any CPU may cache a present entry at any time, so clearing an entry is only half of the
 * work. INVLPG flushes the page on the CPU that clears the entry. A worker flushes the other
 * CPUs by ntpool_special_map_flush(), because a caller at interrupt level cannot wait for
 * them. flush_tlb_kernel_range() is not exported, and vm_unmap_aliases() flushes only areas
 * that vunmap() was called for. With page table isolation, kernel entries are not global:
 * they belong to the process context (PCID) that was active when they were cached. INVLPG
 * flushes those of the current PCID, INVPCID those of all. A few processors have PCID without
 * INVPCID. There, changing a bit of CR4 flushes everything, as the kernel does it.
 *
 * A stale TLB entry does no harm to other memory. A slot keeps its pages until they are
 * flushed, so an access through the entry reaches only these pages. Only the fault is lost.
 * A write through the entry is found when the pages are used again. At the end vunmap()
 * adds the area to the kernel's list of lazy flushes. vm_unmap_aliases() flushes it before
 * the pages are freed.
 *
 * Locking: none. Only the owner of a slot writes its entry. Contexts: any for mapping and
 * unmapping; the rest sleeps.
 *
 * On other architectures a module has neither lookup_address() nor a way to flush one page.
 * There is no special pool there, nor in a paravirtualised Xen guest, and ordinary pool serves
 * all requests.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>

#include "special/special.h"

#if defined(CONFIG_X86) && !defined(CONFIG_UML)
#include <asm/cpufeature.h>
#include <asm/invpcid.h>
#include <asm/pgtable.h>
#include <asm/special_insns.h>

static struct page *dummy;		/* mapped at all pages of a new area */

struct flush_job {
	unsigned long base;
	const unsigned long *pages;
	unsigned long nr;
};

/* Returns the entry of a page of the area; NULL if it is part of a larger mapping. */
static pte_t *entry_of(unsigned long addr)
{
	unsigned int level;
	pte_t *pte = lookup_address(addr, &level);

	return level == PG_LEVEL_4K ? pte : NULL;
}

/* Flushes the page at @addr from the TLB of this CPU. */
static void flush_page_here(unsigned long addr)
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
	flush_page_here(addr);
	preempt_enable();
}

/* Flushes the entries of all PCIDs: a change of this bit does that. */
static void flush_by_cr4(void)
{
	unsigned long flags, cr4;

	raw_local_irq_save(flags);
	cr4 = native_read_cr4();
	asm volatile("mov %0, %%cr4" : : "r" (cr4 ^ X86_CR4_PGE) : "memory");
	asm volatile("mov %0, %%cr4" : : "r" (cr4) : "memory");
	raw_local_irq_restore(flags);
}

static void flush_here(void *arg)
{
	const struct flush_job *job = arg;
	unsigned long i;

	if (boot_cpu_has(X86_FEATURE_INVPCID)) {
		invpcid_flush_all();
		return;
	}
	if (boot_cpu_has(X86_FEATURE_PCID)) {
		flush_by_cr4();
		return;
	}
	for_each_set_bit(i, job->pages, job->nr)
		flush_page_here(job->base + (i << PAGE_SHIFT));
}

void ntpool_special_map_flush(unsigned long base, const unsigned long *pages, unsigned long nr)
{
	struct flush_job job = { .base = base, .pages = pages, .nr = nr };

	on_each_cpu(flush_here, &job, 1);
}

/* Clears all entries of a new area. Returns false without memory, or if one is no page. */
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
