// SPDX-License-Identifier: GPL-2.0
/*
 * The memory manager's routines under NT's names: arguments decoded and checked,
 * return addresses taken. What they stand on is contig.c.
 *
 * What differs from NT:
 *
 *  - contiguous memory is never executable, whatever the protection says;
 *  - a run is at most as long as the page allocator's largest (4 MiB on x86, with
 *    a common configuration); beyond that there is none;
 *  - uncached and write-combined memory exist on x86 only, and are allocated only
 *    where the caller may sleep: NULL elsewhere. On a kernel that cannot tell
 *    (without CONFIG_PREEMPT_COUNT) that means nowhere for contiguous memory;
 *  - range and boundary are honoured or the call fails, but a range in which there
 *    is little memory may not be found although some of it is free (see phys.c).
 *
 * A size of 0, a range that is empty, a boundary that is neither 0 nor a power of
 * two of a page or more, and any cache type above MmWriteCombined: NULL.
 */
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/pfn.h>
#include <linux/sizes.h>

#include "base/types.h"
#include "base/verifier.h"
#include "pool/contig.h"

#include <ntddk.h>

static_assert((int)MmNonCached == NTPOOL_NONCACHED);
static_assert((int)MmCached == NTPOOL_CACHED);
static_assert((int)MmWriteCombined == NTPOOL_WRITECOMBINED);
static_assert(sizeof(PHYSICAL_ADDRESS) == 8);

#define PROTECT_ACCESS	0xff
#define PROTECT_CACHE	(PAGE_NOCACHE | PAGE_WRITECOMBINE)

static unsigned long clamp_pfn(u64 pfn)
{
	return min_t(u64, pfn, ULONG_MAX);
}

/* One past the last page that ends at or below @high. */
static unsigned long end_of(u64 high)
{
	u64 pfn = high >> PAGE_SHIFT;

	return clamp_pfn((high & ~PAGE_MASK) == ~PAGE_MASK ? pfn + 1 : pfn);
}

/* Where; which of the routines' arguments is wrong is told apart for the Ex form. */
static NTSTATUS want_range(struct ntpool_phys_want *want, size_t size, u64 low, u64 high,
			   u64 boundary)
{
	if (!size)
		return STATUS_INVALID_PARAMETER_1;
	if (low > high)
		return STATUS_INVALID_PARAMETER_2;
	if (boundary && (boundary & (boundary - 1) || boundary < PAGE_SIZE))
		return STATUS_INVALID_PARAMETER_4;
	want->nr = ntpool_run_pages_for(size);
	want->first = clamp_pfn((low >> PAGE_SHIFT) + !!(low & ~PAGE_MASK));
	want->end = end_of(high);
	/* A boundary past the last address is none. */
	boundary >>= PAGE_SHIFT;
	want->boundary = boundary > ULONG_MAX ? 0 : boundary;
	return STATUS_SUCCESS;
}

static NTSTATUS want_node(struct ntpool_phys_want *want, u32 node)
{
	want->node = NUMA_NO_NODE;
	if (node == MM_ANY_NODE_OK || num_online_nodes() == 1)
		return STATUS_SUCCESS;
	if (node >= MAX_NUMNODES || !node_online(node))
		return STATUS_INVALID_PARAMETER_5;
	want->node = node;
	return STATUS_SUCCESS;
}

static NTSTATUS want_protect(struct ntpool_phys_want *want, u32 protect)
{
	u32 access = protect & PROTECT_ACCESS;
	u32 cache = protect & PROTECT_CACHE;

	if (access != PAGE_READWRITE && access != PAGE_EXECUTE_READWRITE)
		return STATUS_INVALID_PARAMETER;
	if (protect & ~(PROTECT_ACCESS | PROTECT_CACHE) || cache == PROTECT_CACHE)
		return STATUS_INVALID_PARAMETER;
	want->cache = !cache ? NTPOOL_CACHED :
		      cache == PAGE_NOCACHE ? NTPOOL_NONCACHED : NTPOOL_WRITECOMBINED;
	return STATUS_SUCCESS;
}

/* A boundary that is shorter than the run lies in it wherever the run is. */
static bool want_is_possible(const struct ntpool_phys_want *want)
{
	return !want->boundary || want->nr <= want->boundary;
}

static void *contig_by_cache(size_t size, u64 low, u64 high, u64 boundary, unsigned int cache,
			     u32 node, unsigned long caller)
{
	struct ntpool_phys_want want = { .cache = cache };

	if (cache > MmWriteCombined || want_range(&want, size, low, high, boundary) ||
	    want_node(&want, node) || !want_is_possible(&want))
		return NULL;
	return ntpool_contig_alloc(&want, size, NTPOOL_TAG_CONTIGUOUS, caller);
}

/**
 * MmAllocateContiguousMemory() - allocate physically contiguous cached memory
 * @NumberOfBytes: size in bytes; whole pages are taken
 * @HighestAcceptableAddress: the last physical address, in bytes, that the memory
 *			      may have; -1: any
 *
 * The memory is page aligned and nonpaged; its contents are undefined. It is
 * counted under the tag `MmCm`, in nonpaged pool.
 *
 * Differs: not executable; not longer than the largest run of the page allocator; size
 * 0 fails.
 *
 * Context: IRQL <= DISPATCH_LEVEL, and in hard interrupts. Where the caller may
 * sleep memory is reclaimed with GFP_NOIO; above that only what is free is taken.
 *
 * Return: the memory, or NULL: none in that range, or @NumberOfBytes is 0 or more
 * than the page allocator's largest run. Free it with MmFreeContiguousMemory().
 *
 * Source: wdm.h documentation of MmAllocateContiguousMemory. Size 0 is not in it.
 */
PVOID MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress)
{
	return contig_by_cache(NumberOfBytes, 0, HighestAcceptableAddress.QuadPart, 0,
			       MmCached, MM_ANY_NODE_OK, _RET_IP_);
}
EXPORT_SYMBOL_GPL(MmAllocateContiguousMemory);

/**
 * MmAllocateContiguousMemorySpecifyCache() - contiguous memory in a range
 * @NumberOfBytes: size in bytes; whole pages are taken
 * @LowestAcceptableAddress: the first physical address, in bytes, that the memory
 *			     may have; rounded up to a page
 * @HighestAcceptableAddress: the last one; -1: any
 * @BoundaryAddressMultiple: bytes; the memory does not cross a multiple of it; 0,
 *			     or a power of two, a page or more
 * @CacheType: MmNonCached, MmCached or MmWriteCombined
 *
 * As MmAllocateContiguousMemory(). Uncached and write-combined memory is so in the
 * linear map itself; there is no other mapping of it.
 *
 * Differs: as MmAllocateContiguousMemory(); uncached and write-combined on x86 only,
 * and only for a caller who may sleep.
 *
 * Context: IRQL <= DISPATCH_LEVEL for MmCached. Other types need a caller who may
 * sleep (PASSIVE_LEVEL or APC_LEVEL); above that they are refused.
 *
 * Return: the memory, or NULL: none, invalid arguments, or a cache type that is not
 * to be had: above MmWriteCombined, other than MmCached on machines but x86,
 * MmWriteCombined on processors without page attributes.
 *
 * Source: wdm.h documentation of MmAllocateContiguousMemorySpecifyCache; that Low
 * is rounded up and a boundary below a page fails is what ReactOS does. That the
 * cache types above MmWriteCombined fail, and that no type is replaced by another
 * one, is a choice: the documentation reserves them for the system.
 */
PVOID MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes,
					     PHYSICAL_ADDRESS LowestAcceptableAddress,
					     PHYSICAL_ADDRESS HighestAcceptableAddress,
					     PHYSICAL_ADDRESS BoundaryAddressMultiple,
					     MEMORY_CACHING_TYPE CacheType)
{
	return contig_by_cache(NumberOfBytes, LowestAcceptableAddress.QuadPart,
			       HighestAcceptableAddress.QuadPart,
			       BoundaryAddressMultiple.QuadPart, CacheType, MM_ANY_NODE_OK,
			       _RET_IP_);
}
EXPORT_SYMBOL_GPL(MmAllocateContiguousMemorySpecifyCache);

/**
 * MmAllocateContiguousMemorySpecifyCacheNode() - the same, from one NUMA node
 * @NumberOfBytes: size in bytes; whole pages are taken
 * @LowestAcceptableAddress: as MmAllocateContiguousMemorySpecifyCache()
 * @HighestAcceptableAddress: likewise
 * @BoundaryAddressMultiple: likewise
 * @CacheType: likewise
 * @PreferredNode: the node, counted from 0; MM_ANY_NODE_OK: any
 *
 * On a machine with one node every value means that one.
 *
 * Differs: as MmAllocateContiguousMemorySpecifyCache().
 *
 * Context: as MmAllocateContiguousMemorySpecifyCache().
 *
 * Return: the memory, or NULL: as MmAllocateContiguousMemorySpecifyCache(), none on
 * that node, or there is no such node.
 *
 * Source: wdm.h documentation of MmAllocateContiguousMemorySpecifyCacheNode.
 */
PVOID MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T NumberOfBytes,
						 PHYSICAL_ADDRESS LowestAcceptableAddress,
						 PHYSICAL_ADDRESS HighestAcceptableAddress,
						 PHYSICAL_ADDRESS BoundaryAddressMultiple,
						 MEMORY_CACHING_TYPE CacheType,
						 NODE_REQUIREMENT PreferredNode)
{
	return contig_by_cache(NumberOfBytes, LowestAcceptableAddress.QuadPart,
			       HighestAcceptableAddress.QuadPart,
			       BoundaryAddressMultiple.QuadPart, CacheType, PreferredNode,
			       _RET_IP_);
}
EXPORT_SYMBOL_GPL(MmAllocateContiguousMemorySpecifyCacheNode);

/**
 * MmAllocateContiguousNodeMemory() - contiguous memory by its protection
 * @NumberOfBytes: size in bytes; whole pages are taken
 * @LowestAcceptableAddress: as MmAllocateContiguousMemorySpecifyCache()
 * @HighestAcceptableAddress: likewise
 * @BoundaryAddressMultiple: likewise
 * @Protect: PAGE_READWRITE or PAGE_EXECUTE_READWRITE, with at most one of
 *	     PAGE_NOCACHE and PAGE_WRITECOMBINE; without them it is cached
 * @PreferredNode: as MmAllocateContiguousMemorySpecifyCacheNode()
 *
 * PAGE_EXECUTE_READWRITE is accepted; the memory is not executable.
 *
 * Differs: as MmAllocateContiguousMemorySpecifyCache(); PAGE_EXECUTE_READWRITE is
 * accepted and not executable.
 *
 * Context: as MmAllocateContiguousMemorySpecifyCache().
 *
 * Return: as MmAllocateContiguousMemorySpecifyCacheNode(); NULL for any other
 * protection.
 *
 * Source: wdm.h documentation of MmAllocateContiguousNodeMemory.
 */
PVOID MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes,
				     PHYSICAL_ADDRESS LowestAcceptableAddress,
				     PHYSICAL_ADDRESS HighestAcceptableAddress,
				     PHYSICAL_ADDRESS BoundaryAddressMultiple,
				     ULONG Protect, NODE_REQUIREMENT PreferredNode)
{
	struct ntpool_phys_want want = {};

	if (want_protect(&want, Protect))
		return NULL;
	return contig_by_cache(NumberOfBytes, LowestAcceptableAddress.QuadPart,
			       HighestAcceptableAddress.QuadPart,
			       BoundaryAddressMultiple.QuadPart, want.cache, PreferredNode,
			       _RET_IP_);
}
EXPORT_SYMBOL_GPL(MmAllocateContiguousNodeMemory);

/* The arguments of the Ex form that say what memory is wanted. */
static NTSTATUS want_all(struct ntpool_phys_want *want, size_t size, u64 low, u64 high,
			 u64 boundary, u32 node, u32 protect)
{
	NTSTATUS status = want_range(want, size, low, high, boundary);

	if (!status)
		status = want_node(want, node);
	if (!status)
		status = want_protect(want, protect);
	if (!status && !want_is_possible(want))
		status = STATUS_INVALID_PARAMETER_4;
	return status;
}

/**
 * MmAllocateContiguousMemoryEx() - contiguous memory, with all there is to choose
 * @NumberOfBytes: in: size in bytes; out: the same rounded up to whole pages
 * @LowestAcceptableAddress: as MmAllocateContiguousMemorySpecifyCache()
 * @HighestAcceptableAddress: likewise
 * @BoundaryAddressMultiple: likewise
 * @PreferredNode: as MmAllocateContiguousMemorySpecifyCacheNode()
 * @Protect: as MmAllocateContiguousNodeMemory()
 * @PartitionObject: NULL; there are no memory partitions
 * @Tag: what it is counted under; 0: `MmCm`
 * @Flags: 0 or MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY: nothing is reclaimed and
 *	   only the first few runs are looked at
 * @BaseAddress: out: the memory; NULL if the call fails
 *
 * Differs: as MmAllocateContiguousNodeMemory(); there are no partitions.
 *
 * Context: as MmAllocateContiguousMemorySpecifyCache().
 *
 * Return: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES if there is no such memory,
 * or not with that caching; STATUS_NOT_SUPPORTED for a partition; for what is wrong
 * with an argument STATUS_INVALID_PARAMETER_1 (size), _2 (range), _4 (boundary, or
 * shorter than the size), _5 (node), STATUS_INVALID_PARAMETER (any other).
 * *@NumberOfBytes is changed by a success only.
 *
 * Source: wdm.h documentation of MmAllocateContiguousMemoryEx. Which status a wrong
 * argument gets and what tag 0 means are not in it.
 */
NTSTATUS MmAllocateContiguousMemoryEx(PSIZE_T NumberOfBytes,
				      PHYSICAL_ADDRESS LowestAcceptableAddress,
				      PHYSICAL_ADDRESS HighestAcceptableAddress,
				      PHYSICAL_ADDRESS BoundaryAddressMultiple,
				      NODE_REQUIREMENT PreferredNode, ULONG Protect,
				      PVOID PartitionObject, ULONG Tag, ULONG Flags,
				      PVOID *BaseAddress)
{
	struct ntpool_phys_want want = { .fast = Flags };
	NTSTATUS status;

	if (!BaseAddress || Flags & ~MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY)
		return STATUS_INVALID_PARAMETER;
	*BaseAddress = NULL;
	if (PartitionObject)
		return STATUS_NOT_SUPPORTED;
	status = want_all(&want, NumberOfBytes ? *NumberOfBytes : 0,
			  LowestAcceptableAddress.QuadPart, HighestAcceptableAddress.QuadPart,
			  BoundaryAddressMultiple.QuadPart, PreferredNode, Protect);
	if (status)
		return status;
	*BaseAddress = ntpool_contig_alloc(&want, *NumberOfBytes, Tag ?: NTPOOL_TAG_CONTIGUOUS,
					   _RET_IP_);
	if (!*BaseAddress)
		return STATUS_INSUFFICIENT_RESOURCES;
	*NumberOfBytes = want.nr << PAGE_SHIFT;
	return STATUS_SUCCESS;
}
EXPORT_SYMBOL_GPL(MmAllocateContiguousMemoryEx);

/**
 * MmFreeContiguousMemory() - free contiguous memory
 * @BaseAddress: what any of the routines for contiguous memory returned
 *
 * An address where no such memory begins (NULL and pool memory too) is reported as
 * 0xC2/0x60 and nothing happens. Pages get their usual caching back before they
 * return to the kernel; above APC_LEVEL a worker does that.
 *
 * Differs: a wrong address is reported and nothing happens.
 *
 * Context: IRQL <= DISPATCH_LEVEL, and in hard interrupts.
 *
 * Return: nothing; what is wrong is reported.
 *
 * Source: wdm.h documentation of MmFreeContiguousMemory, bug check 0xC2. Its texts
 * name APC_LEVEL and DISPATCH_LEVEL as the limit; the higher one is taken.
 */
VOID MmFreeContiguousMemory(PVOID BaseAddress)
{
	const struct ntpool_contig_free call = {
		.p = BaseAddress,
		.use = NTPOOL_USE_CONTIGUOUS,
		.caller = _RET_IP_,
	};

	ntpool_contig_free(&call);
}
EXPORT_SYMBOL_GPL(MmFreeContiguousMemory);

/**
 * MmFreeContiguousMemorySpecifyCache() - free contiguous memory, and check it
 * @BaseAddress: what any of the routines for contiguous memory returned
 * @NumberOfBytes: the size that was asked for, or that size in whole pages
 * @CacheType: the cache type that it was allocated with
 *
 * As MmFreeContiguousMemory(). A size or a cache type that is not the memory's own
 * is reported as 0xC2/0x60, each by itself, and the memory is freed as what it is.
 *
 * Differs: as MmFreeContiguousMemory(); a wrong size or cache type is reported and the
 * memory freed.
 *
 * Context: IRQL <= DISPATCH_LEVEL, and in hard interrupts.
 *
 * Return: nothing; what is wrong is reported.
 *
 * Source: wdm.h documentation of MmFreeContiguousMemorySpecifyCache. What happens
 * if they differ is not in it.
 */
VOID MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes,
					MEMORY_CACHING_TYPE CacheType)
{
	const struct ntpool_contig_free call = {
		.p = BaseAddress,
		.use = NTPOOL_USE_CONTIGUOUS,
		.sized = true,
		.typed = true,
		.size = NumberOfBytes,
		.cache = CacheType,
		.caller = _RET_IP_,
	};

	ntpool_contig_free(&call);
}
EXPORT_SYMBOL_GPL(MmFreeContiguousMemorySpecifyCache);

/**
 * MmAllocateNonCachedMemory() - allocate memory that is not cached
 * @NumberOfBytes: size in bytes; whole pages are taken
 *
 * The memory is page aligned and nonpaged, and as a rule not physically contiguous;
 * its contents are undefined. It is counted under the tag `MmNc`, in nonpaged pool.
 *
 * Differs: on x86 only; above APC_LEVEL reported and refused.
 *
 * Context: IRQL <= APC_LEVEL; it sleeps. Above that it is reported as 0xC2/0x08 and
 * refused.
 *
 * Return: the memory, or NULL: none, a size of 0, or a machine that has no uncached
 * memory to give (all but x86). Free it with MmFreeNonCachedMemory().
 *
 * Source: ntddk.h documentation of MmAllocateNonCachedMemory. Size 0, the tag and
 * the report are not in it; the report is that of paged pool.
 */
PVOID MmAllocateNonCachedMemory(SIZE_T NumberOfBytes)
{
	return NumberOfBytes ? ntpool_noncached_alloc(NumberOfBytes, _RET_IP_) : NULL;
}
EXPORT_SYMBOL_GPL(MmAllocateNonCachedMemory);

/**
 * MmFreeNonCachedMemory() - free what MmAllocateNonCachedMemory() returned
 * @BaseAddress: the memory
 * @NumberOfBytes: the size that was asked for, or that size in whole pages
 *
 * An address where no such memory begins is reported as 0xC2/0x60 and nothing
 * happens. Another size is reported as 0xC2/0x60 and the memory is freed.
 *
 * Differs: a wrong address, size or IRQL is reported; the memory is freed if there is
 * any.
 *
 * Context: IRQL <= APC_LEVEL. Above that it is reported as 0xC2/0x09, and a worker
 * frees the memory.
 *
 * Return: nothing; what is wrong is reported.
 *
 * Source: ntddk.h documentation of MmFreeNonCachedMemory. The reports are not in it.
 */
VOID MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
	const struct ntpool_contig_free call = {
		.p = BaseAddress,
		.use = NTPOOL_USE_NONCACHED,
		.sized = true,
		.size = NumberOfBytes,
		.caller = _RET_IP_,
	};

	ntpool_contig_free(&call);
}
EXPORT_SYMBOL_GPL(MmFreeNonCachedMemory);

static bool is_module_space(unsigned long addr)
{
#ifdef MODULES_VADDR
	return addr >= MODULES_VADDR && addr < MODULES_END;
#else
	return false;
#endif
}

/**
 * MmGetPhysicalAddress() - the physical address behind a kernel address
 * @BaseAddress: nonpaged memory: pool, contiguous, a stack, a module's data, or any
 *		 other that the kernel has mapped; paged pool is resident and will do
 *
 * It says nothing of the next page unless the memory is contiguous, and is not an
 * address for DMA.
 *
 * Differs: good for paged pool too; 0 for an address that is not mapped.
 *
 * Context: any IRQL.
 * Return: bytes; 0 for an address that the kernel has not mapped, and for those of
 * user space.
 *
 * Source: wdm.h documentation of MmGetPhysicalAddress, which leaves invalid addresses
 * undefined: 0 is a choice.
 */
PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID BaseAddress)
{
	PHYSICAL_ADDRESS address = { .QuadPart = 0 };
	unsigned long offset = offset_in_page(BaseAddress);
	struct page *page;

	if (is_vmalloc_addr(BaseAddress) || is_module_space((unsigned long)BaseAddress)) {
		page = vmalloc_to_page(BaseAddress);
		if (page)
			address.QuadPart = PFN_PHYS(page_to_pfn(page)) + offset;
	} else if (virt_addr_valid(BaseAddress)) {
		address.QuadPart = __pa(BaseAddress);
	}
	return address;
}
EXPORT_SYMBOL_GPL(MmGetPhysicalAddress);

/**
 * MmQuerySystemSize() - whether the machine has little or much memory
 *
 * Differs: the limits are those of NT 4 workstations, so any machine of today is large.
 *
 * Context: any IRQL.
 * Return: MmSmallSystem up to 19 MB, MmMediumSystem below 32 MB, else MmLargeSystem.
 *
 * Source: ntddk.h documentation of MmQuerySystemSize. The limits are those that NT 4
 * workstations had; servers' are not documented, and no machine that runs this kernel
 * is smaller than they were.
 */
MM_SYSTEMSIZE MmQuerySystemSize(void)
{
	unsigned long pages = totalram_pages();

	if (pages <= 19 * SZ_1M >> PAGE_SHIFT)
		return MmSmallSystem;
	return pages < SZ_32M >> PAGE_SHIFT ? MmMediumSystem : MmLargeSystem;
}
EXPORT_SYMBOL_GPL(MmQuerySystemSize);

/**
 * MmIsVerifierEnabled() - whether the verifier is on, and what it does
 * @VerifierFlags: out: the bits of the parameter verifier, which are Driver Verifier's
 *		   own: 0x1 special pool, 0x2 IRQL checking, 0x4 low resources
 *		   simulation, 0x8 pool tracking; 0 if it is off
 *
 * The bits are those of the system. Which drivers and tags they apply to is not told.
 *
 * Context: any IRQL.
 * Return: STATUS_SUCCESS while any bit is set, else STATUS_NOT_SUPPORTED.
 *
 * Source: the NT driver-interface reference; the status while it is off is that of
 * ReactOS.
 */
NTSTATUS MmIsVerifierEnabled(PULONG VerifierFlags)
{
	ULONG flags = ntpool_verifier();

	*VerifierFlags = flags;
	return flags ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}
EXPORT_SYMBOL_GPL(MmIsVerifierEnabled);
