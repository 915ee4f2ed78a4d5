// SPDX-License-Identifier: GPL-2.0
/*
 * The memory manager's routines under NT's names.
 *
 * A routine decodes and checks its arguments, takes its return address, and calls
 * contig.c. A size of 0, an empty range and a cache type above MmWriteCombined fail. A
 * boundary must be 0 or a power of two, at least a page.
 *
 * Differences from NT:
 *
 *  - Contiguous memory is never executable; the protection has no effect on that.
 *  - A run is at most as long as the page allocator's largest one. That is 4 MiB in common
 *    x86 configurations. A longer request fails.
 *  - Uncached and write-combined memory exist on x86 only, and only for a caller that may
 *    sleep. A kernel without CONFIG_PREEMPT_COUNT cannot tell, so there the routines for
 *    contiguous memory return NULL for those types.
 *  - Range and boundary are honoured or the call fails. In a range with little memory the
 *    search may fail although a part is free (see phys.c).
 */
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>

#include "base/types.h"
#include "base/verifier.h"
#include "memory/phys.h"
#include "pool/contig.h"
#include "verify/verify.h"

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

/* The status names the invalid argument; only MmAllocateContiguousMemoryEx() returns it. */
static NTSTATUS want_range(struct ntpool_phys_want *want, size_t size, PHYSICAL_ADDRESS lowest,
			   PHYSICAL_ADDRESS highest, PHYSICAL_ADDRESS multiple)
{
	u64 low = lowest.QuadPart, high = highest.QuadPart, boundary = multiple.QuadPart;

	if (!size)
		return STATUS_INVALID_PARAMETER_1;
	if (low > high)
		return STATUS_INVALID_PARAMETER_2;
	if (boundary && (boundary & (boundary - 1) || boundary < PAGE_SIZE))
		return STATUS_INVALID_PARAMETER_4;
	want->nr = ntpool_run_pages_for(size);
	want->first = clamp_pfn((low >> PAGE_SHIFT) + !!(low & ~PAGE_MASK));
	want->end = end_of(high);
	/* A boundary beyond the last address has no effect. */
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

/* Every run longer than the boundary crosses a multiple of it. */
static bool want_is_possible(const struct ntpool_phys_want *want)
{
	return !want->boundary || want->nr <= want->boundary;
}

static void *contig_by_cache(size_t size, PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high,
			     PHYSICAL_ADDRESS boundary, unsigned int cache, u32 node,
			     unsigned long caller)
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
 * @HighestAcceptableAddress: highest physical address, in bytes, of the memory; -1: any
 *
 * The memory is page aligned and nonpaged; its contents are undefined. It is counted under
 * the tag `MmCm`, in nonpaged pool.
 *
 * Differs: not executable; not longer than the largest run of the page allocator; size
 * 0 fails. Pages of other owners are not moved away. The search looks at up to 256 MiB of free
 * memory, and an eighth of the available memory. It may miss a small range.
 *
 * Context: IRQL <= DISPATCH_LEVEL, and hard interrupts. If the caller may sleep, memory is
 * reclaimed with GFP_NOIO; otherwise only free memory is used.
 *
 * Return: the memory, for MmFreeContiguousMemory(). NULL: no memory in that range, a size of
 * 0, or a size above the page allocator's largest run.
 *
 * Contract: WDK, MmAllocateContiguousMemory; the result for size 0 is a choice.
 */
PVOID MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress)
{
	const PHYSICAL_ADDRESS none = { .QuadPart = 0 };

	return contig_by_cache(NumberOfBytes, none, HighestAcceptableAddress, none, MmCached,
			       MM_ANY_NODE_OK, _RET_IP_);
}
EXPORT_SYMBOL_GPL(MmAllocateContiguousMemory);

/**
 * MmAllocateContiguousMemorySpecifyCache() - contiguous memory in a range
 * @NumberOfBytes: size in bytes; whole pages are taken
 * @LowestAcceptableAddress: lowest physical address, in bytes, of the memory; rounded up to a
 *			  page
 * @HighestAcceptableAddress: highest physical address, in bytes; -1: any
 * @BoundaryAddressMultiple: bytes; the memory does not cross a multiple of it; 0, or a power
 *			  of two of a page or more
 * @CacheType: MmNonCached, MmCached or MmWriteCombined
 *
 * As MmAllocateContiguousMemory(). The cache type applies to the linear map itself; the memory
 * has no other mapping.
 *
 * Differs: as MmAllocateContiguousMemory(); uncached and write-combined on x86 only, and
 * only for a caller that may sleep.
 *
 * Context: IRQL <= DISPATCH_LEVEL for MmCached. The other types need a caller that may sleep
 * (PASSIVE_LEVEL or APC_LEVEL) and fail otherwise.
 *
 * Return: the memory, or NULL without memory, for invalid arguments, or if the cache type
 * is not available. Types above MmWriteCombined never are. Machines other than x86 have
 * MmCached only, and processors without page attributes have no MmWriteCombined.
 *
 * Contract: WDK, MmAllocateContiguousMemorySpecifyCache; the rounding of the lowest address
 * and the minimum of the boundary as in ReactOS. It is a choice that no cache type replaces
 * another and that the types which the documentation reserves fail.
 */
PVOID MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes,
					     PHYSICAL_ADDRESS LowestAcceptableAddress,
					     PHYSICAL_ADDRESS HighestAcceptableAddress,
					     PHYSICAL_ADDRESS BoundaryAddressMultiple,
					     MEMORY_CACHING_TYPE CacheType)
{
	return contig_by_cache(NumberOfBytes, LowestAcceptableAddress,
			       HighestAcceptableAddress, BoundaryAddressMultiple, CacheType,
			       MM_ANY_NODE_OK, _RET_IP_);
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
 * On a machine with one node every value selects that node.
 *
 * Differs: as MmAllocateContiguousMemorySpecifyCache().
 *
 * Context: as MmAllocateContiguousMemorySpecifyCache().
 *
 * Return: as MmAllocateContiguousMemorySpecifyCache(); NULL also if the node has no such
 * memory or does not exist.
 *
 * Contract: WDK, MmAllocateContiguousMemorySpecifyCacheNode.
 */
PVOID MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T NumberOfBytes,
						 PHYSICAL_ADDRESS LowestAcceptableAddress,
						 PHYSICAL_ADDRESS HighestAcceptableAddress,
						 PHYSICAL_ADDRESS BoundaryAddressMultiple,
						 MEMORY_CACHING_TYPE CacheType,
						 NODE_REQUIREMENT PreferredNode)
{
	return contig_by_cache(NumberOfBytes, LowestAcceptableAddress,
			       HighestAcceptableAddress, BoundaryAddressMultiple, CacheType,
			       PreferredNode, _RET_IP_);
}
EXPORT_SYMBOL_GPL(MmAllocateContiguousMemorySpecifyCacheNode);

/**
 * MmAllocateContiguousNodeMemory() - contiguous memory with a page protection
 * @NumberOfBytes: size in bytes; whole pages are taken
 * @LowestAcceptableAddress: as MmAllocateContiguousMemorySpecifyCache()
 * @HighestAcceptableAddress: likewise
 * @BoundaryAddressMultiple: likewise
 * @Protect: PAGE_READWRITE or PAGE_EXECUTE_READWRITE, with at most one of PAGE_NOCACHE and
 *	  PAGE_WRITECOMBINE; the memory is cached without them
 * @PreferredNode: as MmAllocateContiguousMemorySpecifyCacheNode()
 *
 * PAGE_EXECUTE_READWRITE is accepted, but the memory is not executable.
 *
 * Differs: as MmAllocateContiguousMemorySpecifyCache(); PAGE_EXECUTE_READWRITE is
 * accepted and not executable.
 *
 * Context: as MmAllocateContiguousMemorySpecifyCache().
 *
 * Return: as MmAllocateContiguousMemorySpecifyCacheNode(); NULL for any other
 * protection.
 *
 * Contract: WDK, MmAllocateContiguousNodeMemory.
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
	return contig_by_cache(NumberOfBytes, LowestAcceptableAddress,
			       HighestAcceptableAddress, BoundaryAddressMultiple, want.cache,
			       PreferredNode, _RET_IP_);
}
EXPORT_SYMBOL_GPL(MmAllocateContiguousNodeMemory);

static NTSTATUS want_all(struct ntpool_phys_want *want, size_t size, PHYSICAL_ADDRESS low,
			 PHYSICAL_ADDRESS high, PHYSICAL_ADDRESS boundary, u32 node,
			 u32 protect)
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
 * MmAllocateContiguousMemoryEx() - contiguous memory with all options
 * @NumberOfBytes: in: size in bytes; out, on success: the size rounded up to whole pages
 * @LowestAcceptableAddress: as MmAllocateContiguousMemorySpecifyCache()
 * @HighestAcceptableAddress: likewise
 * @BoundaryAddressMultiple: likewise
 * @PreferredNode: as MmAllocateContiguousMemorySpecifyCacheNode()
 * @Protect: as MmAllocateContiguousNodeMemory()
 * @PartitionObject: NULL; there are no memory partitions
 * @Tag: tag for the figures; 0: `MmCm`; under the verifier checked as a tag of the pool
 * @Flags: 0, or MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY to reclaim nothing and to search only
 *	the first few runs
 * @BaseAddress: out: the memory; NULL on failure
 *
 * Differs: as MmAllocateContiguousNodeMemory(); there are no partitions.
 *
 * Context: as MmAllocateContiguousMemorySpecifyCache().
 *
 * Return: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES without such memory, or without it
 * in that cache type; STATUS_NOT_SUPPORTED for a partition. An invalid argument gives
 * STATUS_INVALID_PARAMETER_1 (size), _2 (range), _4 (boundary, also one below the size),
 * _5 (node), STATUS_INVALID_PARAMETER (others).
 *
 * Contract: WDK, MmAllocateContiguousMemoryEx; the statuses of invalid arguments and the
 * meaning of tag 0 are a choice.
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
	status = want_all(&want, NumberOfBytes ? *NumberOfBytes : 0, LowestAcceptableAddress,
			  HighestAcceptableAddress, BoundaryAddressMultiple, PreferredNode,
			  Protect);
	if (status)
		return status;
	if (ntpool_verifier_has_bits())
		ntpool_verify_tag(&(struct ntpool_request){
			.size = *NumberOfBytes,
			.tag = Tag & ~NTPOOL_TAG_PROTECTED,
			.caller = _RET_IP_,
		});
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
 * @BaseAddress: address that one of the routines for contiguous memory returned
 *
 * If no such memory begins at the address, also for NULL and pool memory, 0xC2/0x60 is
 * reported and nothing happens. The pages get their usual cache type back before they return
 * to the kernel; above APC_LEVEL a worker does that.
 *
 * Differs: a wrong address is reported and nothing happens.
 *
 * Context: IRQL <= DISPATCH_LEVEL, and hard interrupts.
 *
 * Return: nothing.
 *
 * Contract: WDK, MmFreeContiguousMemory, bug check 0xC2. The WDK names both APC_LEVEL and
 * DISPATCH_LEVEL as the limit; this routine allows the higher one.
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
 * @BaseAddress: address that one of the routines for contiguous memory returned
 * @NumberOfBytes: the requested size in bytes, exact or rounded up to whole pages
 * @CacheType: the cache type of the allocation
 *
 * As MmFreeContiguousMemory(). A wrong size and a wrong cache type are each reported as
 * 0xC2/0x60, and the memory is freed.
 *
 * Differs: as MmFreeContiguousMemory(); a wrong size or cache type is reported and the
 * memory freed.
 *
 * Context: IRQL <= DISPATCH_LEVEL, and hard interrupts.
 *
 * Return: nothing.
 *
 * Contract: WDK, MmFreeContiguousMemorySpecifyCache; the reports are a choice.
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
 * The memory is page aligned and nonpaged, and normally not contiguous; its contents are
 * undefined. It is counted under the tag `MmNc`, in nonpaged pool.
 *
 * Differs: on x86 only; above APC_LEVEL reported and refused.
 *
 * Context: IRQL <= APC_LEVEL; sleeps. Above APC_LEVEL 0xC2/0x08 is reported and the call
 * fails.
 *
 * Return: the memory, for MmFreeNonCachedMemory(). NULL: no memory, a size of 0, or a machine
 * without uncached memory (all but x86).
 *
 * Contract: WDK, MmAllocateNonCachedMemory; the result for size 0, the tag and the report are
 * a choice.
 */
PVOID MmAllocateNonCachedMemory(SIZE_T NumberOfBytes)
{
	return NumberOfBytes ? ntpool_noncached_alloc(NumberOfBytes, _RET_IP_) : NULL;
}
EXPORT_SYMBOL_GPL(MmAllocateNonCachedMemory);

/**
 * MmFreeNonCachedMemory() - free memory of MmAllocateNonCachedMemory()
 * @BaseAddress: the memory
 * @NumberOfBytes: the requested size in bytes, exact or rounded up to whole pages
 *
 * If no such memory begins at the address, 0xC2/0x60 is reported and nothing happens. A
 * wrong size is reported as 0xC2/0x60 too, and the memory is freed.
 *
 * Differs: a wrong address, size or IRQL is reported; if the address is right, the memory
 * is freed.
 *
 * Context: IRQL <= APC_LEVEL. Above APC_LEVEL 0xC2/0x09 is reported and a worker frees the
 * memory.
 *
 * Return: nothing.
 *
 * Contract: WDK, MmFreeNonCachedMemory; the reports are a choice.
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

/**
 * MmGetPhysicalAddress() - physical address of kernel memory
 * @BaseAddress: address of nonpaged memory: pool, contiguous memory, a stack, static data of a
 *	      module, or another kernel mapping; paged pool is resident and allowed too
 *
 * The result holds for one page, unless the memory is contiguous. It is no address for DMA.
 *
 * Differs: good for paged pool too; 0 for an address that is not mapped.
 *
 * Context: any IRQL.
 *
 * Return: the address in bytes; 0 for an address of user space, or without a kernel mapping.
 *
 * Contract: WDK, MmGetPhysicalAddress; the result for an invalid address is a choice.
 */
PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID BaseAddress)
{
	PHYSICAL_ADDRESS address = { .QuadPart = 0 };
	phys_addr_t phys;

	if (ntpool_phys_of(BaseAddress, &phys))
		address.QuadPart = phys;
	return address;
}
EXPORT_SYMBOL_GPL(MmGetPhysicalAddress);

/**
 * MmQuerySystemSize() - class of the machine's memory size
 *
 * Differs: the limits are those of NT 4 workstations, so every current machine is large.
 *
 * Context: any IRQL.
 *
 * Return: MmSmallSystem up to 19 MB, MmMediumSystem below 32 MB, else MmLargeSystem.
 *
 * Contract: WDK, MmQuerySystemSize; limits of workstations as in ReactOS.
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
 * MmIsVerifierEnabled() - whether the verifier is on, and its flags
 * @VerifierFlags: out: the bits of the parameter verifier, which are Driver Verifier's own:
 *		0x1 special pool, 0x2 IRQL checking, 0x4 low resources simulation, 0x8 pool
 *		tracking; 0 if it is off
 *
 * The bits hold for the whole system. The filters by driver and tag have no effect on them.
 *
 * Context: any IRQL.
 *
 * Return: STATUS_SUCCESS while any bit is set, else STATUS_NOT_SUPPORTED.
 *
 * Contract: WDK, MmIsVerifierEnabled; STATUS_NOT_SUPPORTED as in ReactOS.
 */
NTSTATUS MmIsVerifierEnabled(PULONG VerifierFlags)
{
	ULONG flags = ntpool_verifier();

	*VerifierFlags = flags;
	return flags ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}
EXPORT_SYMBOL_GPL(MmIsVerifierEnabled);
