// SPDX-License-Identifier: GPL-2.0
/*
 * The pool routines under NT's names: arguments decoded, return addresses taken,
 * nothing else. What they stand on is alloc.c.
 *
 * What differs from NT:
 *
 *  - memory is never executable, whatever the type says;
 *  - paged pool is resident; its IRQL rule is enforced all the same;
 *  - there are no session pools: session types are the ordinary ones;
 *  - a routine asked to raise on failure returns NULL, since C on Linux has no
 *    structured exceptions;
 *  - nothing stops the machine unless the parameter bugcheck says so.
 *
 * All may be called from hard interrupts too, as long as the type is nonpaged; NT
 * stops at DISPATCH_LEVEL.
 */
#include <linux/export.h>
#include <linux/kernel.h>

#include "fast.h"

#include <ntddk.h>

/* Bits of a POOL_TYPE besides the type proper, and which of them are known. */
#define TYPE_BASE	7
#define TYPE_PAGED	1
#define TYPE_SESSION	32
#define TYPE_KNOWN	(TYPE_BASE | TYPE_SESSION | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE | \
			 POOL_RAISE_IF_ALLOCATION_FAILURE | POOL_COLD_ALLOCATION | \
			 POOL_NX_ALLOCATION | POOL_ZERO_ALLOCATION)

#define FLAGS_WHERE	(POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)
#define FLAGS_KNOWN	(FLAGS_WHERE | POOL_FLAG_USE_QUOTA | POOL_FLAG_UNINITIALIZED | \
			 POOL_FLAG_CACHE_ALIGNED | POOL_FLAG_RAISE_ON_FAILURE)
#define FLAGS_REQUIRED	0xffffffffULL

/* Both DontUseThisType and MaxPoolType have their two low bits set. */
static bool type_is_valid(unsigned int type)
{
	return !(type & ~TYPE_KNOWN) && (type & 3) != 3;
}

/* Nonpaged, contents undefined, nothing to be done on failure. */
static __always_inline bool type_is_plain(unsigned int type)
{
	return !(type & ~POOL_NX_ALLOCATION);
}

static noinline void *pool_alloc(unsigned int type, size_t size, u32 tag, unsigned long caller)
{
	if (unlikely(!type_is_valid(type)))
		return NULL;
	return ntp_alloc(type & TYPE_PAGED ? NTP_PAGED : NTP_NONPAGED, size, tag,
			 type & POOL_ZERO_ALLOCATION ? NTP_ZERO : 0, caller);
}

/**
 * ExAllocatePoolWithTag() - allocate pool memory under a tag
 * @PoolType: a POOL_TYPE, with POOL_* bits or-ed into it
 * @NumberOfBytes: size in bytes; 0 gives the smallest block
 * @Tag: four characters, the first one in the lowest byte, for the figures
 *
 * Below a page the block is 16-byte aligned and crosses no page; from 4065 bytes
 * on it is page aligned and takes whole pages. POOL_ZERO_ALLOCATION zeroes it,
 * otherwise its contents are undefined.
 *
 * Context: IRQL <= DISPATCH_LEVEL, paged types <= APC_LEVEL; nonpaged types in
 * hard interrupts too. Nonpaged memory is reclaimed with GFP_NOIO where the
 * caller may sleep, and comes from what is free where he may not.
 *
 * Return: the block, or NULL: no memory, an overflowing size, a type that is none
 * (DontUseThisType, MaxPoolType, unknown bits), or a paged type at DISPATCH_LEVEL,
 * which is reported as 0xC2/0x08. POOL_RAISE_IF_ALLOCATION_FAILURE has no effect.
 *
 * Source: wdm.h documentation of ExAllocatePoolWithTag and POOL_TYPE.
 */
PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	void *p;

	if (likely(type_is_plain(PoolType) && ntp_size_is_small(NumberOfBytes) &&
		   !(Tag & NTP_TAG_PROTECTED) &&
		   ntp_alloc_fast(NTP_NONPAGED, NumberOfBytes, Tag, _RET_IP_, &p)))
		return want_init_on_alloc(0) ? ntp_zeroed(p, NumberOfBytes) : p;
	return pool_alloc(PoolType, NumberOfBytes, Tag, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExAllocatePoolWithTag);

/**
 * ExAllocatePool() - allocate pool memory under the tag `None`
 * @PoolType: as for ExAllocatePoolWithTag()
 * @NumberOfBytes: size in bytes
 *
 * Context: as ExAllocatePoolWithTag().
 * Return: as ExAllocatePoolWithTag().
 *
 * Source: wdm.h documentation of ExAllocatePool; the tag is what PoolMon shows.
 */
PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
	return pool_alloc(PoolType, NumberOfBytes, NTP_TAG_NONE, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExAllocatePool);

/* Required flags are known ones, and exactly one says where. */
static bool flags_are_valid(POOL_FLAGS flags)
{
	unsigned int where = flags & FLAGS_WHERE;

	return !(flags & FLAGS_REQUIRED & ~FLAGS_KNOWN) && hweight32(where) == 1;
}

/**
 * ExAllocatePool2() - allocate zeroed pool memory under a tag
 * @Flags: exactly one of POOL_FLAG_NON_PAGED, POOL_FLAG_NON_PAGED_EXECUTE and
 *	   POOL_FLAG_PAGED; POOL_FLAG_UNINITIALIZED leaves out the zeroing;
 *	   POOL_FLAG_CACHE_ALIGNED is a wish
 * @NumberOfBytes: size in bytes, not 0
 * @Tag: four characters, not 0
 *
 * Flags of the low half that are unknown or reserved (POOL_FLAG_SESSION too) make
 * it fail, those of the high half are ignored.
 *
 * Context: as ExAllocatePoolWithTag().
 *
 * Return: the block, or NULL: as ExAllocatePoolWithTag(), or invalid arguments.
 * POOL_FLAG_RAISE_ON_FAILURE has no effect.
 *
 * Source: wdm.h documentation of ExAllocatePool2 and POOL_FLAGS.
 */
PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
	unsigned int type = Flags & POOL_FLAG_PAGED ? PagedPool : NonPagedPoolNx;

	if (unlikely(!flags_are_valid(Flags) || !NumberOfBytes || !Tag))
		return NULL;
	if (!(Flags & POOL_FLAG_UNINITIALIZED))
		type |= POOL_ZERO_ALLOCATION;
	return pool_alloc(type, NumberOfBytes, Tag, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExAllocatePool2);

/**
 * ExFreePoolWithTag() - free pool memory and check its tag
 * @P: what an allocation routine returned
 * @Tag: the tag it was allocated with; 0: not checked
 *
 * Whatever is wrong with @P is reported in the kernel log with NT's stop code and
 * loses nothing: see the table in alloc.c. A wrong tag is reported as 0xC2/0x0A
 * and the block is freed, counted under its own tag.
 *
 * Context: IRQL <= DISPATCH_LEVEL; paged blocks <= APC_LEVEL, above it is reported
 * as 0xC2/0x09 and carried out. Nonpaged blocks in hard interrupts too.
 *
 * Return: nothing; what is wrong is reported.
 *
 * Source: wdm.h documentation of ExFreePoolWithTag, bug check 0xC2 and 0x19.
 */
VOID ExFreePoolWithTag(PVOID P, ULONG Tag)
{
	if (likely(ntp_free_fast(P, Tag)))
		return;
	ntp_free_slow(P, Tag, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExFreePoolWithTag);

/**
 * ExFreePool() - free pool memory
 * @P: what an allocation routine returned, with a tag or without
 *
 * Context: as ExFreePoolWithTag().
 * Return: nothing; what is wrong is reported.
 *
 * Source: wdm.h documentation of ExFreePool.
 */
VOID ExFreePool(PVOID P)
{
	if (likely(ntp_free_fast(P, 0)))
		return;
	ntp_free_slow(P, 0, _RET_IP_);
}
EXPORT_SYMBOL_GPL(ExFreePool);
