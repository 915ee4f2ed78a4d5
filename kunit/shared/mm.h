/* SPDX-License-Identifier: GPL-2.0 */
/* Helpers of the suites of the Mm routines. */
#ifndef NTK_MM_H
#define NTK_MM_H

#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sizes.h>

#include "base/compat.h"
#include "fixture.h"

#ifdef CONFIG_X86
#include <asm/memtype.h>
#include <asm/pgtable_types.h>
#include <asm/set_memory.h>
#endif

#define NTK_BAD_CONTIGUOUS	0x60
#define NTK_CONTIGUOUS		(ntk_tag4("MmCm"))
#define NTK_NONCACHED		(ntk_tag4("MmNc"))

#define NTK_ANYWHERE		U64_MAX

/* The longest run that there is. */
#define NTK_LONGEST		(PAGE_SIZE << MAX_PAGE_ORDER)
/* A search takes pieces of the largest order, up to 256 MiB. Some must fit into that. */
#define NTK_HAS_PROBES		(NTK_LONGEST <= SZ_64M)
/*
 * Memory below 16 MiB, in a zone of its own. Elsewhere memory may begin above, and a search
 * of a narrow range may fail.
 */
#define NTK_HAS_LOW		IS_ENABLED(CONFIG_X86)

/* A cache type that this machine has memory of. */
static inline bool ntk_has_caching(MEMORY_CACHING_TYPE type)
{
#ifdef CONFIG_X86
	return type != MmWriteCombined || pat_enabled();
#else
	return type == MmCached;
#endif
}

static inline PHYSICAL_ADDRESS ntk_pa(u64 address)
{
	return (PHYSICAL_ADDRESS){ .QuadPart = address };
}

static inline bool ntk_is_executable(const void *addr)
{
#ifdef CONFIG_X86_64
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)addr, &level);

	return pte && !(pte_flags(*pte) & _PAGE_NX);
#else
	return false;
#endif
}

/*
 * Returns the MEMORY_CACHING_TYPE of the page at @addr from the kernel's page
 * tables. Returns -1 if the page is not mapped or the type is unknown.
 */
static inline int ntk_caching(const void *addr)
{
#ifdef CONFIG_X86
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)addr, &level);
	unsigned long bits;

	if (!pte || !(pte_flags(*pte) & _PAGE_PRESENT))
		return -1;
	bits = pte_flags(*pte);
	if (level != PG_LEVEL_4K)
		bits = pgprot_val(pgprot_large_2_4k(__pgprot(bits)));
	bits &= _PAGE_CACHE_MASK;
	if (bits == cachemode2protval(_PAGE_CACHE_MODE_WB))
		return MmCached;
	if (bits == cachemode2protval(_PAGE_CACHE_MODE_WC))
		return MmWriteCombined;
	return bits == cachemode2protval(_PAGE_CACHE_MODE_UC_MINUS) ? MmNonCached : -1;
#else
	return -1;
#endif
}

#endif
