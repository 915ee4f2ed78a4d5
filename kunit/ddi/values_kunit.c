// SPDX-License-Identifier: GPL-2.0
/*
 * The values that NT publishes for the names of these headers. A driver that was
 * compiled elsewhere, or that uses a number instead of a name, must get the same
 * meaning. Every number here is therefore written out, and none comes from a header.
 *
 * A name that is missing or is no constant fails to compile. A name with another value
 * is printed.
 */
#include <initguid.h>
#include <ntifs.h>

#include "fixture.h"

struct ntk_value {
	const char *name;
	u64 value;
	u64 published;
};

/* Through u32: an enumerator or a status has a sign here and there, and no more bits. */
#define NTK_IS(published, constant) \
	{ #constant, (u32)(constant), (published) }
#define NTK_IS64(published, constant) \
	{ #constant, (u64)(constant), (published) }

static void ntk_expect_values(struct kunit *test, const struct ntk_value *values, size_t nr)
{
	struct ntk_tally tally = {};
	size_t i;

	for (i = 0; i < nr; i++)
		ntk_check(&tally, values[i].value == values[i].published,
			  "%s is %#llx, not %#llx", values[i].name, values[i].value,
			  values[i].published);
	ntk_expect_clean(test, &tally);
	KUNIT_EXPECT_EQ(test, tally.checks, nr);
}

static void NTSTATUS_test(struct kunit *test)
{
	static const struct ntk_value values[] = {
		NTK_IS(0x00000000, STATUS_SUCCESS),
		NTK_IS(0x00000102, STATUS_TIMEOUT),
		NTK_IS(0x00000103, STATUS_PENDING),
		NTK_IS(0x80000002, STATUS_DATATYPE_MISALIGNMENT),
		NTK_IS(0x80000005, STATUS_BUFFER_OVERFLOW),
		NTK_IS(0xc0000001, STATUS_UNSUCCESSFUL),
		NTK_IS(0xc0000002, STATUS_NOT_IMPLEMENTED),
		NTK_IS(0xc0000004, STATUS_INFO_LENGTH_MISMATCH),
		NTK_IS(0xc0000005, STATUS_ACCESS_VIOLATION),
		NTK_IS(0xc000000d, STATUS_INVALID_PARAMETER),
		NTK_IS(0xc0000010, STATUS_INVALID_DEVICE_REQUEST),
		NTK_IS(0xc0000017, STATUS_NO_MEMORY),
		NTK_IS(0xc0000023, STATUS_BUFFER_TOO_SMALL),
		NTK_IS(0xc0000044, STATUS_QUOTA_EXCEEDED),
		NTK_IS(0xc0000055, STATUS_LOCK_NOT_GRANTED),
		NTK_IS(0xc0000045, STATUS_INVALID_PAGE_PROTECTION),
		NTK_IS(0xc0000095, STATUS_INTEGER_OVERFLOW),
		NTK_IS(0xc000009a, STATUS_INSUFFICIENT_RESOURCES),
		NTK_IS(0xc00000bb, STATUS_NOT_SUPPORTED),
		NTK_IS(0xc00000ef, STATUS_INVALID_PARAMETER_1),
		NTK_IS(0xc00000f0, STATUS_INVALID_PARAMETER_2),
		NTK_IS(0xc00000f1, STATUS_INVALID_PARAMETER_3),
		NTK_IS(0xc00000f2, STATUS_INVALID_PARAMETER_4),
		NTK_IS(0xc00000f3, STATUS_INVALID_PARAMETER_5),
		NTK_IS(0xc00000fa, STATUS_INVALID_PARAMETER_12),
		NTK_IS(0xc0000206, STATUS_INVALID_BUFFER_SIZE),
		NTK_IS(0xc0000225, STATUS_NOT_FOUND),
		NTK_IS(0xc000028c, STATUS_RANGE_NOT_FOUND),
		NTK_IS(0xc0000420, STATUS_ASSERTION_FAILURE),
		NTK_IS(0xc000a003, STATUS_INVALID_STATE_TRANSITION),
	};

	ntk_expect_values(test, values, ARRAY_SIZE(values));
}

static void POOL_TYPE_test(struct kunit *test)
{
	static const struct ntk_value values[] = {
		NTK_IS(0, NonPagedPool),
		NTK_IS(0, NonPagedPoolExecute),
		NTK_IS(0, NonPagedPoolBase),
		NTK_IS(1, PagedPool),
		NTK_IS(2, NonPagedPoolMustSucceed),
		NTK_IS(2, NonPagedPoolBaseMustSucceed),
		NTK_IS(3, DontUseThisType),
		NTK_IS(4, NonPagedPoolCacheAligned),
		NTK_IS(4, NonPagedPoolBaseCacheAligned),
		NTK_IS(5, PagedPoolCacheAligned),
		NTK_IS(6, NonPagedPoolCacheAlignedMustS),
		NTK_IS(6, NonPagedPoolBaseCacheAlignedMustS),
		NTK_IS(7, MaxPoolType),
		NTK_IS(0x20, NonPagedPoolSession),
		NTK_IS(0x21, PagedPoolSession),
		NTK_IS(0x22, NonPagedPoolMustSucceedSession),
		NTK_IS(0x23, DontUseThisTypeSession),
		NTK_IS(0x24, NonPagedPoolCacheAlignedSession),
		NTK_IS(0x25, PagedPoolCacheAlignedSession),
		NTK_IS(0x26, NonPagedPoolCacheAlignedMustSSession),
		NTK_IS(0x200, NonPagedPoolNx),
		NTK_IS(0x204, NonPagedPoolNxCacheAligned),
		NTK_IS(0x220, NonPagedPoolSessionNx),
		NTK_IS(0x8, POOL_QUOTA_FAIL_INSTEAD_OF_RAISE),
		NTK_IS(0x10, POOL_RAISE_IF_ALLOCATION_FAILURE),
		NTK_IS(0x100, POOL_COLD_ALLOCATION),
		NTK_IS(0x200, POOL_NX_ALLOCATION),
		NTK_IS(0x400, POOL_ZERO_ALLOCATION),
		NTK_IS(0x80000000, PROTECTED_POOL),
		NTK_IS(1, DrvRtPoolNxOptIn),
	};

	ntk_expect_values(test, values, ARRAY_SIZE(values));
}

static void POOL_FLAGS_test(struct kunit *test)
{
	static const struct ntk_value values[] = {
		NTK_IS64(0x1, POOL_FLAG_REQUIRED_START),
		NTK_IS64(0x1, POOL_FLAG_USE_QUOTA),
		NTK_IS64(0x2, POOL_FLAG_UNINITIALIZED),
		NTK_IS64(0x4, POOL_FLAG_SESSION),
		NTK_IS64(0x8, POOL_FLAG_CACHE_ALIGNED),
		NTK_IS64(0x10, POOL_FLAG_RESERVED1),
		NTK_IS64(0x20, POOL_FLAG_RAISE_ON_FAILURE),
		NTK_IS64(0x40, POOL_FLAG_NON_PAGED),
		NTK_IS64(0x80, POOL_FLAG_NON_PAGED_EXECUTE),
		NTK_IS64(0x100, POOL_FLAG_PAGED),
		NTK_IS64(0x200, POOL_FLAG_RESERVED2),
		NTK_IS64(0x400, POOL_FLAG_RESERVED3),
		NTK_IS64(0x80000000ULL, POOL_FLAG_REQUIRED_END),
		NTK_IS64(0x100000000ULL, POOL_FLAG_OPTIONAL_START),
		NTK_IS64(0x100000000ULL, POOL_FLAG_SPECIAL_POOL),
		NTK_IS64(0x8000000000000000ULL, POOL_FLAG_OPTIONAL_END),
		NTK_IS64(8, sizeof(POOL_FLAGS)),
	};

	ntk_expect_values(test, values, ARRAY_SIZE(values));
}

static void EX_POOL_PRIORITY_test(struct kunit *test)
{
	static const struct ntk_value values[] = {
		NTK_IS(0, LowPoolPriority),
		NTK_IS(8, LowPoolPrioritySpecialPoolOverrun),
		NTK_IS(9, LowPoolPrioritySpecialPoolUnderrun),
		NTK_IS(16, NormalPoolPriority),
		NTK_IS(24, NormalPoolPrioritySpecialPoolOverrun),
		NTK_IS(25, NormalPoolPrioritySpecialPoolUnderrun),
		NTK_IS(32, HighPoolPriority),
		NTK_IS(40, HighPoolPrioritySpecialPoolOverrun),
		NTK_IS(41, HighPoolPrioritySpecialPoolUnderrun),
	};

	ntk_expect_values(test, values, ARRAY_SIZE(values));
}

/* The type is the low byte of the first word of a parameter, Optional the next bit. */
static void POOL_EXTENDED_PARAMETER_test(struct kunit *test)
{
	static const struct ntk_value values[] = {
		NTK_IS(0, PoolExtendedParameterInvalidType),
		NTK_IS(1, PoolExtendedParameterPriority),
		NTK_IS(2, PoolExtendedParameterSecurePool),
		NTK_IS(3, PoolExtendedParameterNumaNode),
		NTK_IS(4, PoolExtendedParameterMax),
		NTK_IS(8, POOL_EXTENDED_PARAMETER_TYPE_BITS),
		NTK_IS(1, POOL_EXTENDED_PARAMETER_REQUIRED_FIELD_BITS),
		NTK_IS(55, POOL_EXTENDED_PARAMETER_RESERVED_BITS),
		NTK_IS(16, sizeof(POOL_EXTENDED_PARAMETER)),
		NTK_IS(0x80000000, MM_ANY_NODE_OK),
	};
	POOL_EXTENDED_PARAMETER parameter = {};
	u64 first;

	ntk_expect_values(test, values, ARRAY_SIZE(values));
	parameter.Type = PoolExtendedParameterNumaNode;
	parameter.Optional = 1;
	memcpy(&first, &parameter, sizeof(first));
	KUNIT_EXPECT_EQ(test, first, 0x103);
}

static void MEMORY_CACHING_TYPE_test(struct kunit *test)
{
	static const struct ntk_value values[] = {
		NTK_IS(0, MmNonCached),
		NTK_IS(1, MmCached),
		NTK_IS(2, MmWriteCombined),
		NTK_IS(3, MmHardwareCoherentCached),
		NTK_IS(4, MmNonCachedUnordered),
		NTK_IS(5, MmUSWCCached),
		NTK_IS(6, MmMaximumCacheType),
		NTK_IS(0, MmSmallSystem),
		NTK_IS(1, MmMediumSystem),
		NTK_IS(2, MmLargeSystem),
		NTK_IS(1, MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY),
	};

	ntk_expect_values(test, values, ARRAY_SIZE(values));
}

static void PAGE_READWRITE_test(struct kunit *test)
{
	static const struct ntk_value values[] = {
		NTK_IS(0x01, PAGE_NOACCESS),
		NTK_IS(0x04, PAGE_READWRITE),
		NTK_IS(0x08, PAGE_WRITECOPY),
		NTK_IS(0x10, PAGE_EXECUTE),
		NTK_IS(0x20, PAGE_EXECUTE_READ),
		NTK_IS(0x40, PAGE_EXECUTE_READWRITE),
		NTK_IS(0x80, PAGE_EXECUTE_WRITECOPY),
		NTK_IS(0x100, PAGE_GUARD),
		NTK_IS(0x200, PAGE_NOCACHE),
		NTK_IS(0x400, PAGE_WRITECOMBINE),
	};

	ntk_expect_values(test, values, ARRAY_SIZE(values));
}

static void LOOKASIDE_LIST_EX_test(struct kunit *test)
{
	static const struct ntk_value values[] = {
		NTK_IS(256, EX_MAXIMUM_LOOKASIDE_DEPTH_BASE),
		NTK_IS(1024, EX_MAXIMUM_LOOKASIDE_DEPTH_LIMIT),
		NTK_IS(1, EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL),
		NTK_IS(2, EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE),
#ifdef CONFIG_64BIT
		NTK_IS(8, LOOKASIDE_MINIMUM_BLOCK_SIZE),
		NTK_IS(16, MEMORY_ALLOCATION_ALIGNMENT),
		NTK_IS(16, sizeof(ZONE_SEGMENT_HEADER)),
		NTK_IS(16, sizeof(SLIST_HEADER)),
		NTK_IS(0x60, sizeof(LOOKASIDE_LIST_EX)),
		NTK_IS(0x80, sizeof(NPAGED_LOOKASIDE_LIST)),
#else
		NTK_IS(4, LOOKASIDE_MINIMUM_BLOCK_SIZE),
		NTK_IS(8, MEMORY_ALLOCATION_ALIGNMENT),
		NTK_IS(8, sizeof(ZONE_SEGMENT_HEADER)),
		NTK_IS(8, sizeof(SLIST_HEADER)),
#endif
	};

	ntk_expect_values(test, values, ARRAY_SIZE(values));
}

static void KIRQL_test(struct kunit *test)
{
	static const struct ntk_value values[] = {
		NTK_IS(0, PASSIVE_LEVEL),
		NTK_IS(0, LOW_LEVEL),
		NTK_IS(1, APC_LEVEL),
		NTK_IS(2, DISPATCH_LEVEL),
#ifdef CONFIG_64BIT
		NTK_IS(15, HIGH_LEVEL),
		NTK_IS(15, PROFILE_LEVEL),
		NTK_IS(14, IPI_LEVEL),
		NTK_IS(14, POWER_LEVEL),
		NTK_IS(13, CLOCK_LEVEL),
		NTK_IS(12, SYNCH_LEVEL),
#else
		NTK_IS(31, HIGH_LEVEL),
		NTK_IS(30, POWER_LEVEL),
		NTK_IS(29, IPI_LEVEL),
		NTK_IS(28, CLOCK_LEVEL),
		NTK_IS(27, SYNCH_LEVEL),
		NTK_IS(27, PROFILE_LEVEL),
#endif
		NTK_IS(1, sizeof(KIRQL)),
	};

	ntk_expect_values(test, values, ARRAY_SIZE(values));
}

static void NTDDI_VERSION_test(struct kunit *test)
{
	static const struct ntk_value values[] = {
		NTK_IS(0x05000000, NTDDI_WIN2K),
		NTK_IS(0x05010000, NTDDI_WINXP),
		NTK_IS(0x05010200, NTDDI_WINXPSP2),
		NTK_IS(0x05020000, NTDDI_WS03),
		NTK_IS(0x06000000, NTDDI_VISTA),
		NTK_IS(0x06000000, NTDDI_WIN6),
		NTK_IS(0x06000000, NTDDI_LONGHORN),
		NTK_IS(0x06000100, NTDDI_WS08),
		NTK_IS(0x06010000, NTDDI_WIN7),
		NTK_IS(0x06020000, NTDDI_WIN8),
		NTK_IS(0x06030000, NTDDI_WINBLUE),
		NTK_IS(0x0a000000, NTDDI_WINTHRESHOLD),
		NTK_IS(0x0a000000, NTDDI_WIN10),
		NTK_IS(0x0a000002, NTDDI_WIN10_RS1),
		NTK_IS(0x0a000006, NTDDI_WIN10_RS5),
		NTK_IS(0x0a000008, NTDDI_WIN10_VB),
		NTK_IS(0x0a00000b, NTDDI_WIN10_CO),
		NTK_IS(0x0a000010, NTDDI_WIN11_GE),
		NTK_IS(0x0500, _WIN32_WINNT_WIN2K),
		NTK_IS(0x0501, _WIN32_WINNT_WINXP),
		NTK_IS(0x0600, _WIN32_WINNT_VISTA),
		NTK_IS(0x0601, _WIN32_WINNT_WIN7),
		NTK_IS(0x0602, _WIN32_WINNT_WIN8),
		NTK_IS(0x0603, _WIN32_WINNT_WINBLUE),
		NTK_IS(0x0a00, _WIN32_WINNT_WIN10),
		/* The default: the version that has the newest routines of these headers. */
		NTK_IS(0x0a000008, NTDDI_VERSION),
		NTK_IS(0x0a00, _WIN32_WINNT),
		NTK_IS(0x0a00, WINVER),
	};

	ntk_expect_values(test, values, ARRAY_SIZE(values));
}

DEFINE_GUID(NtkGuid, 0x11223344, 0x5566, 0x7788, 1, 2, 3, 4, 5, 6, 7, 8);

static void GUID_test(struct kunit *test)
{
	static const UCHAR bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const GUID same = { 0x11223344, 0x5566, 0x7788, { 1, 2, 3, 4, 5, 6, 7, 8 } };

	KUNIT_EXPECT_EQ(test, NtkGuid.Data1, 0x11223344);
	KUNIT_EXPECT_EQ(test, NtkGuid.Data2, 0x5566);
	KUNIT_EXPECT_EQ(test, NtkGuid.Data3, 0x7788);
	KUNIT_EXPECT_EQ(test, memcmp(NtkGuid.Data4, bytes, sizeof(bytes)), 0);
	KUNIT_EXPECT_TRUE(test, IsEqualGUID(&NtkGuid, &same));
}

/* As wide as one and two lines of the processor's cache. */
static struct LOOKASIDE_ALIGN ntk_aligned {
	UCHAR bytes[65];
} ntk_aligned[2];

__pragma(pack(push, 1))
struct ntk_packed {
	UCHAR first;
	ULONG second;
};

__pragma(pack(pop))
__pragma(warning(push))
__pragma(warning(disable : 4200 4201))
struct ntk_unpacked {
	UCHAR first;
	ULONG second;
};

__pragma(warning(pop))

#include <pshpack2.h>
struct ntk_packed2 {
	UCHAR first;
	ULONG second;
};

#include <poppack.h>

__declspec(code_seg("PAGE")) static ULONG ntk_placed(void)
{
	__declspec(allocate("PAGEDATA")) static ULONG calls = 5;

	return calls++;
}

static void ntk_words_test(struct kunit *test)
{
	PVOID second = &ntk_aligned[1];

	KUNIT_EXPECT_EQ(test, sizeof(ntk_aligned[0]), 2 * SYSTEM_CACHE_ALIGNMENT_SIZE);
	KUNIT_EXPECT_EQ(test, (ULONG_PTR)second % SYSTEM_CACHE_ALIGNMENT_SIZE, 0);
	KUNIT_EXPECT_EQ(test, sizeof(struct ntk_packed), 5);
	KUNIT_EXPECT_EQ(test, sizeof(struct ntk_packed2), 6);
	KUNIT_EXPECT_EQ(test, sizeof(struct ntk_unpacked), 8);
	KUNIT_EXPECT_EQ(test, ntk_placed() + ntk_placed(), 11);
}

__declspec(novtable) struct ntk_plain {
	UCHAR Byte;
};

__declspec(safebuffers) __declspec(guard(nocf)) __declspec(spectre(nomitigation))
__declspec(no_sanitize_address) DECLSPEC_SAFEBUFFERS DECLSPEC_GUARDNOCF
__declspec(noinline) static ULONG ntk_declared(ULONG Number)
{
	switch (Number) {
	case 1:
		return 2;
	default:
		__assume(Number == 5);
		return Number;
	}
}

__declspec(deprecated) struct ntk_plain *ntk_unused(void);
__declspec(deprecated("a reason")) struct ntk_plain *ntk_unused_either(void);
__declspec(allocator) PVOID ntk_unused_too(SIZE_T Size);
__declspec(uuid("00000000-0000-0000-C000-000000000046")) struct ntk_named;

DECLARE_GLOBAL_CONST_UNICODE_STRING(ntk_global_string, L"pool");

static void ntk_more_words_test(struct kunit *test)
{
	LUID luid = { .LowPart = 7, .HighPart = -1 };
	ULONG (*declared)(ULONG) = ntk_declared;
	UCHAR row[8] = {};

	KUNIT_EXPECT_EQ(test, declared(1), 2);
	KUNIT_EXPECT_EQ(test, declared(5), 5);
	__nop();
	KUNIT_EXPECT_EQ(test, *(ULONG __unaligned *)row, 0);
	KUNIT_EXPECT_EQ(test, _countof(row), 8);
	KUNIT_EXPECT_EQ(test, sizeof(luid), 8);
	KUNIT_EXPECT_EQ(test, luid.HighPart, -1);
	KUNIT_EXPECT_EQ(test, sizeof(CLONG), 4);
	KUNIT_EXPECT_EQ(test, sizeof(PFN_NUMBER), sizeof(PVOID));
	KUNIT_EXPECT_EQ(test, ntk_global_string.Length, 8);
	KUNIT_EXPECT_EQ(test, ntk_global_string.MaximumLength, 10);
	KUNIT_EXPECT_EQ(test, memcmp(ntk_global_string.Buffer, L"pool", 10), 0);
}

static void ntk_alignment_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ALIGN_UP(9, ULONG), 12);
	KUNIT_EXPECT_EQ(test, ALIGN_UP(8, ULONG64), 8);
	KUNIT_EXPECT_PTR_EQ(test, ALIGN_UP_POINTER(0x1001, ULONG64), (PVOID)0x1008);
	KUNIT_EXPECT_PTR_EQ(test, ALIGN_DOWN_POINTER(0x100f, ULONG64), (PVOID)0x1008);
	KUNIT_EXPECT_EQ(test, ROUND_TO_SIZE(17, 16), 32);
	KUNIT_EXPECT_EQ(test, ROUND_TO_SIZE(32, 16), 32);
	KUNIT_EXPECT_EQ(test, COMPUTE_PAGES_SPANNED(PAGE_SIZE - 1, 2), 2);
	KUNIT_EXPECT_EQ(test, COMPUTE_PAGES_SPANNED(0, PAGE_SIZE), 1);
}

static LARGE_INTEGER ntk_large(LONGLONG number)
{
	return (LARGE_INTEGER){ .QuadPart = number };
}

static void RtlConvertLongToLargeInteger_RtlConvertUlongToLargeInteger_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, RtlConvertLongToLargeInteger(-7).QuadPart, -7);
	KUNIT_EXPECT_EQ(test, RtlConvertLongToLargeInteger(MINLONG).QuadPart, -2147483648LL);
	KUNIT_EXPECT_EQ(test, RtlConvertUlongToLargeInteger(0xfffffff9).QuadPart, 4294967289LL);
}

static void
RtlLargeIntegerAdd_RtlLargeIntegerSubtract_RtlLargeIntegerNegate_test(struct kunit *test)
{
	LARGE_INTEGER most = ntk_large(MAXLONGLONG), least = ntk_large(MINLONGLONG);
	LARGE_INTEGER one = ntk_large(1);

	KUNIT_EXPECT_EQ(test, RtlLargeIntegerAdd(ntk_large(0xffffffff), one).QuadPart, 1LL << 32);
	KUNIT_EXPECT_EQ(test, RtlLargeIntegerAdd(most, one).QuadPart, MINLONGLONG);
	KUNIT_EXPECT_EQ(test, RtlLargeIntegerSubtract(one, ntk_large(3)).QuadPart, -2);
	KUNIT_EXPECT_EQ(test, RtlLargeIntegerSubtract(least, one).QuadPart, MAXLONGLONG);
	KUNIT_EXPECT_EQ(test, RtlLargeIntegerNegate(ntk_large(5)).QuadPart, -5);
	KUNIT_EXPECT_EQ(test, RtlLargeIntegerNegate(least).QuadPart, MINLONGLONG);
}

static void RtlEnlargedIntegerMultiply_RtlEnlargedUnsignedMultiply_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, RtlEnlargedIntegerMultiply(MINLONG, MINLONG).QuadPart, 1LL << 62);
	KUNIT_EXPECT_EQ(test, RtlEnlargedIntegerMultiply(-3, 5).QuadPart, -15);
	KUNIT_EXPECT_EQ(test, RtlEnlargedUnsignedMultiply(0xffffffff, 0xffffffff).QuadPart,
			(LONGLONG)0xfffffffe00000001ULL);
}

static void RtlExtendedIntegerMultiply_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, RtlExtendedIntegerMultiply(ntk_large(1LL << 40), -2).QuadPart,
			-(1LL << 41));
	KUNIT_EXPECT_EQ(test, RtlExtendedIntegerMultiply(ntk_large(MINLONGLONG), 2).QuadPart, 0);
}

static void RtlLargeIntegerShiftLeft_RtlLargeIntegerShiftRight_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, RtlLargeIntegerShiftLeft(ntk_large(3), 40).QuadPart, 3LL << 40);
	KUNIT_EXPECT_EQ(test, RtlLargeIntegerShiftRight(ntk_large(-1), 60).QuadPart, 15);
	KUNIT_EXPECT_EQ(test, RtlLargeIntegerShiftLeft(ntk_large(3), 64).QuadPart, 3);
}

static void ntk_large_compare_test(struct kunit *test)
{
	LARGE_INTEGER less = ntk_large(-1), more = ntk_large(1LL << 32), none = ntk_large(0);

	KUNIT_EXPECT_TRUE(test, RtlLargeIntegerLessThan(less, more));
	KUNIT_EXPECT_FALSE(test, RtlLargeIntegerLessThan(less, less));
	KUNIT_EXPECT_TRUE(test, RtlLargeIntegerLessThanOrEqualTo(less, less));
	KUNIT_EXPECT_TRUE(test, RtlLargeIntegerGreaterThan(more, less));
	KUNIT_EXPECT_FALSE(test, RtlLargeIntegerGreaterThan(less, more));
	KUNIT_EXPECT_TRUE(test, RtlLargeIntegerGreaterThanOrEqualTo(more, more));
	KUNIT_EXPECT_TRUE(test, RtlLargeIntegerEqualTo(more, more));
	KUNIT_EXPECT_TRUE(test, RtlLargeIntegerNotEqualTo(more, none));
	KUNIT_EXPECT_TRUE(test, RtlLargeIntegerEqualToZero(none));
	KUNIT_EXPECT_TRUE(test, RtlLargeIntegerNotEqualToZero(more));
	KUNIT_EXPECT_TRUE(test, RtlLargeIntegerLessThanZero(less));
	KUNIT_EXPECT_TRUE(test, RtlLargeIntegerGreaterThanZero(more));
}

/* As NT's compiler has it: the last character is the lowest byte. */
static void ntk_tag_literal_test(struct kunit *test)
{
	static const struct ntk_value values[] = {
		NTK_IS(0x46726564, 'Fred'),
		NTK_IS(0x656e6f4e, 'enoN'),
		NTK_IS(0x00424947, 'BIG'),
	};

	ntk_expect_values(test, values, ARRAY_SIZE(values));
	KUNIT_EXPECT_EQ(test, ntk_tag4("derF"), 'Fred');
}

static struct kunit_case ntk_values_cases[] = {
	KUNIT_CASE(NTSTATUS_test),
	KUNIT_CASE(POOL_TYPE_test),
	KUNIT_CASE(POOL_FLAGS_test),
	KUNIT_CASE(EX_POOL_PRIORITY_test),
	KUNIT_CASE(POOL_EXTENDED_PARAMETER_test),
	KUNIT_CASE(MEMORY_CACHING_TYPE_test),
	KUNIT_CASE(PAGE_READWRITE_test),
	KUNIT_CASE(LOOKASIDE_LIST_EX_test),
	KUNIT_CASE(KIRQL_test),
	KUNIT_CASE(NTDDI_VERSION_test),
	KUNIT_CASE(GUID_test),
	KUNIT_CASE(ntk_words_test),
	KUNIT_CASE(ntk_more_words_test),
	KUNIT_CASE(ntk_alignment_test),
	KUNIT_CASE(RtlConvertLongToLargeInteger_RtlConvertUlongToLargeInteger_test),
	KUNIT_CASE(RtlLargeIntegerAdd_RtlLargeIntegerSubtract_RtlLargeIntegerNegate_test),
	KUNIT_CASE(RtlEnlargedIntegerMultiply_RtlEnlargedUnsignedMultiply_test),
	KUNIT_CASE(RtlExtendedIntegerMultiply_test),
	KUNIT_CASE(RtlLargeIntegerShiftLeft_RtlLargeIntegerShiftRight_test),
	KUNIT_CASE(ntk_large_compare_test),
	KUNIT_CASE(ntk_tag_literal_test),
	{}
};

static struct kunit_suite ntk_values_suite = {
	.name = "ntpool_values",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_values_cases,
};

kunit_test_suite(ntk_values_suite);
