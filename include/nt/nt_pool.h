/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pool: types, flags and the routines that allocate and free.
 *
 * A block below a page is aligned to MEMORY_ALLOCATION_ALIGNMENT and never
 * crosses a page. A block of a page or more starts at the start of a page.
 */
#ifndef NTPOOL_NT_POOL_H
#define NTPOOL_NT_POOL_H

#include "ntdef.h"

/* The routines with a tag exist. Drivers ask before they redefine ExAllocatePool(). */
#ifndef POOL_TAGGING
#define POOL_TAGGING		1
#endif

/*
 * A tag is four characters in single quotes. C allows this, but the compiler warns;
 * this header disables the warning for the files that include it.
 */
#pragma GCC diagnostic ignored "-Wmultichar"

/**
 * enum _POOL_TYPE - kind of memory, for the routines that take a type
 * @NonPagedPool: usable at any IRQL; allocated and freed up to DISPATCH_LEVEL
 * @NonPagedPoolExecute: as @NonPagedPool; memory is never executable on Linux
 * @PagedPool: allocated, freed and touched below DISPATCH_LEVEL
 * @NonPagedPoolMustSucceed: nonpaged; from a reserve when no other memory is free
 * @DontUseThisType: fails
 * @NonPagedPoolCacheAligned: nonpaged, at the start of a cache line
 * @PagedPoolCacheAligned: paged, at the start of a cache line
 * @NonPagedPoolCacheAlignedMustS: the same for @NonPagedPoolMustSucceed
 * @MaxPoolType: fails
 * @NonPagedPoolBase: as @NonPagedPool
 * @NonPagedPoolBaseMustSucceed: as @NonPagedPoolMustSucceed
 * @NonPagedPoolBaseCacheAligned: as @NonPagedPoolCacheAligned
 * @NonPagedPoolBaseCacheAlignedMustS: as @NonPagedPoolCacheAlignedMustS
 * @NonPagedPoolSession: as @NonPagedPool; there are no session pools
 * @PagedPoolSession: as @PagedPool
 * @NonPagedPoolMustSucceedSession: as @NonPagedPoolMustSucceed
 * @DontUseThisTypeSession: fails
 * @NonPagedPoolCacheAlignedSession: as @NonPagedPoolCacheAligned
 * @PagedPoolCacheAlignedSession: as @PagedPoolCacheAligned
 * @NonPagedPoolCacheAlignedMustSSession: as @NonPagedPoolCacheAlignedMustS
 * @NonPagedPoolNx: as @NonPagedPool
 * @NonPagedPoolNxCacheAligned: as @NonPagedPoolCacheAligned
 * @NonPagedPoolSessionNx: as @NonPagedPoolSession
 */
typedef enum _POOL_TYPE {
	NonPagedPool = 0,
	NonPagedPoolExecute = NonPagedPool,
	PagedPool = 1,
	NonPagedPoolMustSucceed = 2,
	DontUseThisType = 3,
	NonPagedPoolCacheAligned = 4,
	PagedPoolCacheAligned = 5,
	NonPagedPoolCacheAlignedMustS = 6,
	MaxPoolType = 7,
	NonPagedPoolBase = 0,
	NonPagedPoolBaseMustSucceed = 2,
	NonPagedPoolBaseCacheAligned = 4,
	NonPagedPoolBaseCacheAlignedMustS = 6,
	NonPagedPoolSession = 32,
	PagedPoolSession = 33,
	NonPagedPoolMustSucceedSession = 34,
	DontUseThisTypeSession = 35,
	NonPagedPoolCacheAlignedSession = 36,
	PagedPoolCacheAlignedSession = 37,
	NonPagedPoolCacheAlignedMustSSession = 38,
	NonPagedPoolNx = 512,
	NonPagedPoolNxCacheAligned = 516,
	NonPagedPoolSessionNx = 544,
} POOL_TYPE;

/* Bits that a caller may add to a POOL_TYPE. */
#define POOL_QUOTA_FAIL_INSTEAD_OF_RAISE	8
#define POOL_RAISE_IF_ALLOCATION_FAILURE	16
#define POOL_COLD_ALLOCATION			256
#define POOL_NX_ALLOCATION			512
#define POOL_ZERO_ALLOCATION			1024

/*
 * A block that is allocated with this bit in its tag is freed with its tag, and not
 * with ExFreePool(). Figures, and optionally the free, use the tag without the bit.
 */
#define PROTECTED_POOL				0x80000000U

/* ExAllocatePool2() obeys each flag of the low half, or fails. */
typedef ULONG64 POOL_FLAGS;

#define POOL_FLAG_REQUIRED_START	0x0000000000000001ULL
#define POOL_FLAG_USE_QUOTA		0x0000000000000001ULL
#define POOL_FLAG_UNINITIALIZED		0x0000000000000002ULL
#define POOL_FLAG_SESSION		0x0000000000000004ULL
#define POOL_FLAG_CACHE_ALIGNED		0x0000000000000008ULL
#define POOL_FLAG_RESERVED1		0x0000000000000010ULL
#define POOL_FLAG_RAISE_ON_FAILURE	0x0000000000000020ULL
#define POOL_FLAG_NON_PAGED		0x0000000000000040ULL
#define POOL_FLAG_NON_PAGED_EXECUTE	0x0000000000000080ULL
#define POOL_FLAG_PAGED			0x0000000000000100ULL
#define POOL_FLAG_RESERVED2		0x0000000000000200ULL
#define POOL_FLAG_RESERVED3		0x0000000000000400ULL
#define POOL_FLAG_REQUIRED_END		0x0000000080000000ULL

/* It ignores flags of the high half that it cannot obey. */
#define POOL_FLAG_OPTIONAL_START	0x0000000100000000ULL
#define POOL_FLAG_SPECIAL_POOL		0x0000000100000000ULL
#define POOL_FLAG_OPTIONAL_END		0x8000000000000000ULL

/**
 * enum _EX_POOL_PRIORITY - effort for a request, and its place in special pool
 * @LowPoolPriority: may fail when memory is low
 * @LowPoolPrioritySpecialPoolOverrun: the same, at the end of its page
 * @LowPoolPrioritySpecialPoolUnderrun: the same, at the start of its page
 * @NormalPoolPriority: may fail when memory is very low
 * @NormalPoolPrioritySpecialPoolOverrun: the same, at the end of its page
 * @NormalPoolPrioritySpecialPoolUnderrun: the same, at the start of its page
 * @HighPoolPriority: fails only when no memory is left
 * @HighPoolPrioritySpecialPoolOverrun: the same, at the end of its page
 * @HighPoolPrioritySpecialPoolUnderrun: the same, at the start of its page
 */
typedef enum _EX_POOL_PRIORITY {
	LowPoolPriority = 0,
	LowPoolPrioritySpecialPoolOverrun = 8,
	LowPoolPrioritySpecialPoolUnderrun = 9,
	NormalPoolPriority = 16,
	NormalPoolPrioritySpecialPoolOverrun = 24,
	NormalPoolPrioritySpecialPoolUnderrun = 25,
	HighPoolPriority = 32,
	HighPoolPrioritySpecialPoolOverrun = 40,
	HighPoolPrioritySpecialPoolUnderrun = 41,
} EX_POOL_PRIORITY;

/**
 * enum POOL_EXTENDED_PARAMETER_TYPE - type of a parameter of ExAllocatePool3()
 * @PoolExtendedParameterInvalidType: no parameter
 * @PoolExtendedParameterPriority: the value is Priority
 * @PoolExtendedParameterSecurePool: refused
 * @PoolExtendedParameterNumaNode: the value is PreferredNode
 * @PoolExtendedParameterMax: number of types
 */
typedef enum POOL_EXTENDED_PARAMETER_TYPE {
	PoolExtendedParameterInvalidType = 0,
	PoolExtendedParameterPriority,
	PoolExtendedParameterSecurePool,
	PoolExtendedParameterNumaNode,
	PoolExtendedParameterMax,
} POOL_EXTENDED_PARAMETER_TYPE, *PPOOL_EXTENDED_PARAMETER_TYPE;

#define POOL_EXTENDED_PARAMETER_TYPE_BITS		8
#define POOL_EXTENDED_PARAMETER_REQUIRED_FIELD_BITS	1
#define POOL_EXTENDED_PARAMETER_RESERVED_BITS				\
	(64 - POOL_EXTENDED_PARAMETER_TYPE_BITS -			\
	 POOL_EXTENDED_PARAMETER_REQUIRED_FIELD_BITS)

/* Number of a NUMA node. With MM_ANY_NODE_OK it is a preference. */
typedef ULONG POOL_NODE_REQUIREMENT;

/**
 * struct _POOL_EXTENDED_PARAMS_SECURE_POOL - a secure pool, which ntpool does not have
 * @SecurePoolHandle: the pool
 * @Buffer: the initial contents
 * @Cookie: number that the free must repeat
 * @SecurePoolFlags: flags
 */
typedef struct _POOL_EXTENDED_PARAMS_SECURE_POOL {
	HANDLE SecurePoolHandle;
	PVOID Buffer;
	ULONG_PTR Cookie;
	ULONG SecurePoolFlags;
} POOL_EXTENDED_PARAMS_SECURE_POOL;

/**
 * struct _POOL_EXTENDED_PARAMETER - one parameter of ExAllocatePool3()
 * @Type: a POOL_EXTENDED_PARAMETER_TYPE
 * @Optional: 1: ignored if ntpool cannot obey it; 0: the call fails then
 * @Reserved: 0
 * @Reserved2: the value as a number
 * @Reserved3: the value as a pointer
 * @Priority: value of PoolExtendedParameterPriority
 * @SecurePoolParams: value of PoolExtendedParameterSecurePool
 * @PreferredNode: value of PoolExtendedParameterNumaNode
 */
typedef struct _POOL_EXTENDED_PARAMETER {
	struct {
		ULONG64 Type : POOL_EXTENDED_PARAMETER_TYPE_BITS;
		ULONG64 Optional : POOL_EXTENDED_PARAMETER_REQUIRED_FIELD_BITS;
		ULONG64 Reserved : POOL_EXTENDED_PARAMETER_RESERVED_BITS;
	};
	union {
		ULONG64 Reserved2;
		PVOID Reserved3;
		EX_POOL_PRIORITY Priority;
		struct _POOL_EXTENDED_PARAMS_SECURE_POOL *SecurePoolParams;
		POOL_NODE_REQUIREMENT PreferredNode;
	};
} POOL_EXTENDED_PARAMETER, *PPOOL_EXTENDED_PARAMETER;

typedef const struct _POOL_EXTENDED_PARAMETER *PCPOOL_EXTENDED_PARAMETER;

_Static_assert(sizeof(POOL_EXTENDED_PARAMETER) == 16, "NT's size");

/*
 * The routine returns new memory; argument number Size is its size. On Kbuild's command
 * line __alloc_size__ is a macro, so alloc_size has no underscores here.
 */
#define NTPOOL_ALLOCATES(Size) \
	NTPOOL_ATTR(__malloc__, alloc_size(Size), __warn_unused_result__)

NTPOOL_ALLOCATES(2)
PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes);

NTPOOL_ALLOCATES(2)
PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);

NTPOOL_ALLOCATES(2)
PVOID ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes);

NTPOOL_ALLOCATES(2)
PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);

NTPOOL_ALLOCATES(2)
PVOID ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
				    EX_POOL_PRIORITY Priority);

NTPOOL_ALLOCATES(2)
PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);

NTPOOL_ALLOCATES(2)
PVOID ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
		      PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
		      ULONG ExtendedParametersCount);

void ExFreePool(PVOID P);
void ExFreePoolWithTag(PVOID P, ULONG Tag);
void ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
		 ULONG ExtendedParametersCount);

/**
 * ExAllocatePoolZero() - ExAllocatePoolWithTag() with the contents zeroed
 * @PoolType: as in ExAllocatePoolWithTag()
 * @NumberOfBytes: as in ExAllocatePoolWithTag()
 * @Tag: as in ExAllocatePoolWithTag()
 *
 * Context: as ExAllocatePoolWithTag().
 * Return: as ExAllocatePoolWithTag().
 *
 * Source: wdm.h documentation of ExAllocatePoolZero.
 */
FORCEINLINE PVOID ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	return ExAllocatePoolWithTag((POOL_TYPE)(PoolType | POOL_ZERO_ALLOCATION),
				     NumberOfBytes, Tag);
}

/**
 * ExAllocatePoolUninitialized() - ExAllocatePoolWithTag() without zeroing
 * @PoolType: as in ExAllocatePoolWithTag()
 * @NumberOfBytes: as in ExAllocatePoolWithTag()
 * @Tag: as in ExAllocatePoolWithTag()
 *
 * Context: as ExAllocatePoolWithTag().
 * Return: as ExAllocatePoolWithTag(); the caller fills the block.
 *
 * Source: wdm.h documentation of ExAllocatePoolUninitialized.
 */
FORCEINLINE PVOID ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes,
					      ULONG Tag)
{
	return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

/**
 * ExAllocatePoolQuotaZero() - ExAllocatePoolWithQuotaTag() with the contents zeroed
 * @PoolType: as in ExAllocatePoolWithQuotaTag()
 * @NumberOfBytes: as in ExAllocatePoolWithQuotaTag()
 * @Tag: as in ExAllocatePoolWithQuotaTag()
 *
 * Context: as ExAllocatePoolWithQuotaTag().
 * Return: as ExAllocatePoolWithQuotaTag().
 *
 * Source: wdm.h documentation of ExAllocatePoolQuotaZero.
 */
FORCEINLINE PVOID ExAllocatePoolQuotaZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	return ExAllocatePoolWithQuotaTag((POOL_TYPE)(PoolType | POOL_ZERO_ALLOCATION),
					  NumberOfBytes, Tag);
}

/**
 * ExAllocatePoolQuotaUninitialized() - ExAllocatePoolWithQuotaTag() without zeroing
 * @PoolType: as in ExAllocatePoolWithQuotaTag()
 * @NumberOfBytes: as in ExAllocatePoolWithQuotaTag()
 * @Tag: as in ExAllocatePoolWithQuotaTag()
 *
 * Context: as ExAllocatePoolWithQuotaTag().
 * Return: as ExAllocatePoolWithQuotaTag(); the caller fills the block.
 *
 * Source: wdm.h documentation of ExAllocatePoolQuotaUninitialized.
 */
FORCEINLINE PVOID ExAllocatePoolQuotaUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes,
						   ULONG Tag)
{
	return ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, Tag);
}

/**
 * ExAllocatePoolPriorityZero() - ExAllocatePoolWithTagPriority() with the contents zeroed
 * @PoolType: as in ExAllocatePoolWithTagPriority()
 * @NumberOfBytes: as in ExAllocatePoolWithTagPriority()
 * @Tag: as in ExAllocatePoolWithTagPriority()
 * @Priority: as in ExAllocatePoolWithTagPriority()
 *
 * Context: as ExAllocatePoolWithTagPriority().
 * Return: as ExAllocatePoolWithTagPriority().
 *
 * Source: wdm.h documentation of ExAllocatePoolPriorityZero.
 */
FORCEINLINE PVOID ExAllocatePoolPriorityZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes,
					     ULONG Tag, EX_POOL_PRIORITY Priority)
{
	return ExAllocatePoolWithTagPriority((POOL_TYPE)(PoolType | POOL_ZERO_ALLOCATION),
					     NumberOfBytes, Tag, Priority);
}

/**
 * ExAllocatePoolPriorityUninitialized() - ExAllocatePoolWithTagPriority() without zeroing
 * @PoolType: as in ExAllocatePoolWithTagPriority()
 * @NumberOfBytes: as in ExAllocatePoolWithTagPriority()
 * @Tag: as in ExAllocatePoolWithTagPriority()
 * @Priority: as in ExAllocatePoolWithTagPriority()
 *
 * Context: as ExAllocatePoolWithTagPriority().
 * Return: as ExAllocatePoolWithTagPriority(); the caller fills the block.
 *
 * Source: wdm.h documentation of ExAllocatePoolPriorityUninitialized.
 */
FORCEINLINE PVOID ExAllocatePoolPriorityUninitialized(POOL_TYPE PoolType,
						      SIZE_T NumberOfBytes, ULONG Tag,
						      EX_POOL_PRIORITY Priority)
{
	return ExAllocatePoolWithTagPriority(PoolType, NumberOfBytes, Tag, Priority);
}

/* Flags of ExInitializeDriverRuntime(). */
typedef enum _DRIVER_RUNTIME_INIT_FLAGS {
	DrvRtPoolNxOptIn = 0x00000001,
	LastDrvRtFlag,
} DRIVER_RUNTIME_INIT_FLAGS, *PDRIVER_RUNTIME_INIT_FLAGS;

/*
 * A driver that defines POOL_NX_OPTIN selects no-execute pool at run time, with
 * ExInitializeDriverRuntime(). Its NonPagedPool is a variable. A driver that defines
 * POOL_NX_OPTIN_AUTO selects it at build time. Memory of ntpool is never executable,
 * so only the types differ.
 */
#if defined(POOL_NX_OPTIN) && POOL_NX_OPTIN && !defined(POOL_NX_OPTIN_AUTO)
extern POOL_TYPE ExDefaultNonPagedPoolType;
DECLSPEC_SELECTANY POOL_TYPE ExDefaultNonPagedPoolType = NonPagedPool;
#define NonPagedPool			ExDefaultNonPagedPoolType
#define NonPagedPoolCacheAligned	\
	((POOL_TYPE)(ExDefaultNonPagedPoolType + NonPagedPoolBaseCacheAligned))
#elif defined(POOL_NX_OPTIN_AUTO) && POOL_NX_OPTIN_AUTO
#define NonPagedPool			NonPagedPoolNx
#define NonPagedPoolCacheAligned	NonPagedPoolNxCacheAligned
#endif

/**
 * ExInitializeDriverRuntime() - select newer behaviour for a driver
 * @RuntimeFlags: DRIVER_RUNTIME_INIT_FLAGS; other bits are ignored
 *
 * If POOL_NX_OPTIN is defined, DrvRtPoolNxOptIn makes NonPagedPool mean NonPagedPoolNx in
 * later calls. Otherwise the call changes nothing.
 *
 * Context: IRQL PASSIVE_LEVEL, from the driver's initialisation.
 *
 * Source: wdm.h documentation of ExInitializeDriverRuntime.
 */
FORCEINLINE void ExInitializeDriverRuntime(ULONG RuntimeFlags)
{
#if defined(POOL_NX_OPTIN) && POOL_NX_OPTIN && !defined(POOL_NX_OPTIN_AUTO)
	if (RuntimeFlags & DrvRtPoolNxOptIn)
		ExDefaultNonPagedPoolType = NonPagedPoolNx;
#else
	(void)RuntimeFlags;
#endif
}

#endif
