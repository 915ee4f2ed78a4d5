// SPDX-License-Identifier: GPL-2.0
/*
 * Parts of NT's headers that call no routine of ntpool.ko: statuses, layout macros,
 * memory, counted strings, and sums with a check for overflow. Every expected value was
 * worked out by hand. Assertions are off in this file; one case depends on that.
 */
#include <linux/sizes.h>

#include "fixture.h"
#include "rtl_nt.h"

C_ASSERT(sizeof(LONG) == 4 && sizeof(ULONG) == 4);
C_ASSERT(sizeof(LONGLONG) == 8 && sizeof(LARGE_INTEGER) == 8);
C_ASSERT(sizeof(ULONG_PTR) == sizeof(PVOID) && sizeof(SIZE_T) == sizeof(PVOID));
C_ASSERT(sizeof(WCHAR) == 2 && sizeof(L"ab") == 6);
C_ASSERT(sizeof(BOOLEAN) == 1 && sizeof(KIRQL) == 1 && sizeof(GUID) == 16);

C_ASSERT((CHAR)(-1) < 0);

/* Both ways to write it. */
FORCEINLINE ULONG ntk_plain_inline(ULONG number)
{
	return number + 1;
}

static FORCEINLINE ULONG ntk_static_inline(ULONG number)
{
	return number + 2;
}

static void ntk_forceinline_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ntk_plain_inline(40), 41);
	KUNIT_EXPECT_EQ(test, ntk_static_inline(40), 42);
}

struct ntk_status_case {
	NTSTATUS status;
	bool success, information, warning, error;
};

/* The two highest bits decide the kind of a status: the ends of each kind, and between. */
static const struct ntk_status_case ntk_statuses[] = {
	{ STATUS_SUCCESS, true },
	{ STATUS_PENDING, true },
	{ 0x3fffffff, true },
	{ STATUS_OBJECT_NAME_EXISTS, true, true },
	{ 0x7fffffff, true, true },
	{ (NTSTATUS)0x80000000, false, false, true },
	{ STATUS_BUFFER_OVERFLOW, false, false, true },
	{ (NTSTATUS)0xbfffffff, false, false, true },
	{ (NTSTATUS)0xc0000000, false, false, false, true },
	{ STATUS_INSUFFICIENT_RESOURCES, false, false, false, true },
	{ -1, false, false, false, true },
};

#define NTK_EXPECT_KIND(test, routine, kind)				\
do {									\
	struct ntk_tally tally = {};					\
	int i;								\
									\
	for (i = 0; i < ARRAY_SIZE(ntk_statuses); i++)			\
		ntk_check(&tally, routine(ntk_statuses[i].status) ==	\
			  ntk_statuses[i].kind, "%#x",			\
			  ntk_statuses[i].status);			\
	ntk_expect_clean(test, &tally);					\
} while (0)

static void NT_SUCCESS_test(struct kunit *test)
{
	NTK_EXPECT_KIND(test, NT_SUCCESS, success);
}

static void NT_INFORMATION_test(struct kunit *test)
{
	NTK_EXPECT_KIND(test, NT_INFORMATION, information);
}

static void NT_WARNING_test(struct kunit *test)
{
	NTK_EXPECT_KIND(test, NT_WARNING, warning);
}

static void NT_ERROR_test(struct kunit *test)
{
	NTK_EXPECT_KIND(test, NT_ERROR, error);
}

struct ntk_layout {
	UCHAR first;		/* 0 */
	ULONG numbers[3];	/* 4 to 15 */
	USHORT last;		/* 16 and 17 */
};

static void ntk_layout_test(struct kunit *test)
{
	struct ntk_layout layout;
	PVOID page = (PVOID)0x5001;

	KUNIT_EXPECT_EQ(test, FIELD_OFFSET(struct ntk_layout, last), 16);
	KUNIT_EXPECT_EQ(test, RTL_FIELD_SIZE(struct ntk_layout, numbers), 12);
	KUNIT_EXPECT_EQ(test, RTL_NUMBER_OF_FIELD(struct ntk_layout, numbers), 3);
	KUNIT_EXPECT_EQ(test, RTL_NUMBER_OF(layout.numbers), 3);
	KUNIT_EXPECT_EQ(test, ARRAYSIZE(layout.numbers), 3);
	KUNIT_EXPECT_EQ(test, RTL_PADDING_BETWEEN_FIELDS(struct ntk_layout,
							 first, numbers), 3);
	KUNIT_EXPECT_EQ(test, ALIGN_UP_BY(4097, 4096), 8192);
	KUNIT_EXPECT_EQ(test, ALIGN_DOWN_BY(4097, 4096), 4096);
	KUNIT_EXPECT_PTR_EQ(test, ALIGN_UP_POINTER_BY(page, 16), (PVOID)0x5010);
	KUNIT_EXPECT_EQ(test, PtrOffset(page, Add2Ptr(page, 7)), 7);
	KUNIT_EXPECT_EQ(test, Int32x32To64(-70000, 70000), -4900000000LL);
	KUNIT_EXPECT_EQ(test, UInt32x32To64(0xffffffff, 2), 0x1fffffffeULL);
	KUNIT_EXPECT_EQ(test, MINLONG, -2147483647 - 1);
	KUNIT_EXPECT_EQ(test, MAXULONG_PTR, ~(ULONG_PTR)0);
}

/* Without the padding behind the field. */
static void RTL_SIZEOF_THROUGH_FIELD_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, RTL_SIZEOF_THROUGH_FIELD(struct ntk_layout, first), 1);
	KUNIT_EXPECT_EQ(test, RTL_SIZEOF_THROUGH_FIELD(struct ntk_layout, numbers), 16);
	KUNIT_EXPECT_EQ(test, RTL_SIZEOF_THROUGH_FIELD(struct ntk_layout, last), 18);
}

static void RTL_CONTAINS_FIELD_test(struct kunit *test)
{
	struct ntk_layout layout;

	KUNIT_EXPECT_TRUE(test, RTL_CONTAINS_FIELD(&layout, 18, last));
	KUNIT_EXPECT_TRUE(test, RTL_CONTAINS_FIELD(&layout, 20, last));
	KUNIT_EXPECT_FALSE(test, RTL_CONTAINS_FIELD(&layout, 17, last));
	KUNIT_EXPECT_TRUE(test, RTL_CONTAINS_FIELD(&layout, 1, first));
	KUNIT_EXPECT_FALSE(test, RTL_CONTAINS_FIELD(&layout, 0, first));
}

static void CONTAINING_RECORD_test(struct kunit *test)
{
	struct ntk_layout layout;

	KUNIT_EXPECT_PTR_EQ(test, CONTAINING_RECORD(&layout.first, struct ntk_layout, first),
			    &layout);
	KUNIT_EXPECT_PTR_EQ(test, CONTAINING_RECORD(&layout.last, struct ntk_layout, last),
			    &layout);
	KUNIT_EXPECT_PTR_EQ(test, CONTAINING_RECORD(&layout.numbers[2], struct ntk_layout,
						    numbers[2]), &layout);
}

/* Pages are of 4096 bytes or more: the following cases use PAGE_SIZE. */
static void ROUND_TO_PAGES_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ROUND_TO_PAGES(0), 0);
	KUNIT_EXPECT_EQ(test, ROUND_TO_PAGES(1), PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, ROUND_TO_PAGES(PAGE_SIZE), PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, ROUND_TO_PAGES(PAGE_SIZE + 1), 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, ROUND_TO_PAGES(MAXULONG_PTR - PAGE_SIZE + 1),
			MAXULONG_PTR - PAGE_SIZE + 1);
}

static void BYTES_TO_PAGES_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, BYTES_TO_PAGES(0), 0);
	KUNIT_EXPECT_EQ(test, BYTES_TO_PAGES(1), 1);
	KUNIT_EXPECT_EQ(test, BYTES_TO_PAGES(PAGE_SIZE), 1);
	KUNIT_EXPECT_EQ(test, BYTES_TO_PAGES(PAGE_SIZE + 1), 2);
	KUNIT_EXPECT_EQ(test, BYTES_TO_PAGES(MAXULONG_PTR), MAXULONG_PTR / PAGE_SIZE + 1);
}

static void BYTE_OFFSET_test(struct kunit *test)
{
	PCHAR page = (PCHAR)(16 * PAGE_SIZE);

	KUNIT_EXPECT_EQ(test, BYTE_OFFSET(NULL), 0);
	KUNIT_EXPECT_EQ(test, BYTE_OFFSET(page), 0);
	KUNIT_EXPECT_EQ(test, BYTE_OFFSET(page + 7), 7);
	KUNIT_EXPECT_EQ(test, BYTE_OFFSET(page - 1), PAGE_SIZE - 1);
}

static void ADDRESS_AND_SIZE_TO_SPAN_PAGES_test(struct kunit *test)
{
	PCHAR page = (PCHAR)(16 * PAGE_SIZE);

	KUNIT_EXPECT_EQ(test, ADDRESS_AND_SIZE_TO_SPAN_PAGES(page, 0), 0);
	KUNIT_EXPECT_EQ(test, ADDRESS_AND_SIZE_TO_SPAN_PAGES(page, PAGE_SIZE), 1);
	KUNIT_EXPECT_EQ(test, ADDRESS_AND_SIZE_TO_SPAN_PAGES(page + 1, PAGE_SIZE), 2);
	KUNIT_EXPECT_EQ(test, ADDRESS_AND_SIZE_TO_SPAN_PAGES(page - 1, 2), 2);
	KUNIT_EXPECT_EQ(test, ADDRESS_AND_SIZE_TO_SPAN_PAGES(page - 1, 1), 1);
	KUNIT_EXPECT_EQ(test, ADDRESS_AND_SIZE_TO_SPAN_PAGES(page + 1, 3 * PAGE_SIZE), 4);
}

/* Without DBG they do not even look. */
static void ntk_assert_off_test(struct kunit *test)
{
	int looked = 0;

	ASSERT(looked++);
	ASSERTMSG("not said", looked++);
	NT_ASSERT(looked++);
	KdPrint(("%d\n", looked++));
	KUNIT_EXPECT_EQ(test, looked, 0);
	KUNIT_EXPECT_FALSE(test, NT_VERIFY(looked++));
	KUNIT_EXPECT_TRUE(test, NT_VERIFY(looked++));
	KUNIT_EXPECT_EQ(test, looked, 2);
	PAGED_ASSERT(looked++);
	KUNIT_EXPECT_EQ(test, looked, 2);
}

/* One assertion is in free builds, too. */
static void ntk_free_assert_test(struct kunit *test)
{
	struct ntpool_test_report report;

	NT_FRE_ASSERT(1 < 2);
	ntk_expect_no_report(test, "what holds");
	NT_FRE_ASSERT(2 < 1);
	ntk_expect_report(test, "what does not", 0x1e, 0xc0000420, &report);
	KUNIT_EXPECT_TRUE(test, strstr(report.text, "assertion failed: 2 < 1"));
}

/* Each routine returns the target, as memset() and memcpy() do. */
static void RtlFillMemory_RtlZeroMemory_RtlCopyMemory_test(struct kunit *test)
{
	UCHAR a[16], b[16];

	KUNIT_EXPECT_PTR_EQ(test, RtlFillMemory(a, sizeof(a), 0x5a), (PVOID)a);
	KUNIT_EXPECT_NULL(test, memchr_inv(a, 0x5a, sizeof(a)));
	KUNIT_EXPECT_PTR_EQ(test, RtlZeroMemory(a + 4, 8), (PVOID)(a + 4));
	KUNIT_EXPECT_EQ(test, a[3], 0x5a);
	KUNIT_EXPECT_NULL(test, memchr_inv(a + 4, 0, 8));
	KUNIT_EXPECT_EQ(test, a[12], 0x5a);
	KUNIT_EXPECT_PTR_EQ(test, RtlCopyMemory(b, a, sizeof(b)), (PVOID)b);
	KUNIT_EXPECT_TRUE(test, RtlEqualMemory(a, b, sizeof(a)));
	RtlZeroMemory(a, sizeof(a));
	KUNIT_EXPECT_FALSE(test, RtlEqualMemory(a, b, sizeof(a)));
}

/* The older names, with the order of arguments of the newer ones. */
static void RtlFillMemory_RtlZeroMemory_RtlCopyMemory_bytes_test(struct kunit *test)
{
	UCHAR a[8], b[8];

	KUNIT_EXPECT_PTR_EQ(test, RtlFillBytes(a, sizeof(a), 7), (PVOID)a);
	KUNIT_EXPECT_PTR_EQ(test, RtlZeroBytes(a, 4), (PVOID)a);
	KUNIT_EXPECT_PTR_EQ(test, RtlCopyBytes(b, a, sizeof(b)), (PVOID)b);
	KUNIT_EXPECT_EQ(test, b[3], 0);
	KUNIT_EXPECT_EQ(test, b[4], 7);
}

typedef PVOID (*ntk_copy_fn)(PVOID Destination, PCVOID Source, SIZE_T Length);

/* The length is a variable, so that the compiler cannot expand the copy in place. */
static void ntk_expect_overlap(struct kunit *test, ntk_copy_fn copy)
{
	struct ntk_tally tally = {};
	UCHAR row[320];
	int length, from, to, i;

	for (length = 0; length <= 256; length += 1 + length / 4) {
		for (from = 0; from <= 32; from++) {
			for (to = 0; to <= 32; to++) {
				for (i = 0; i < ARRAY_SIZE(row); i++)
					row[i] = (UCHAR)i ^ (UCHAR)(i >> 3);
				ntk_check(&tally, copy(row + to, row + from, length) == row + to,
					  "value, %d bytes", length);
				for (i = 0; i < length; i++)
					if (row[to + i] != (UCHAR)((from + i) ^ ((from + i) >> 3)))
						break;
				ntk_check(&tally, i >= length, "%d bytes from %d to %d", length,
					  from, to);
			}
		}
	}
	ntk_expect_clean(test, &tally);
}

static PVOID ntk_copy_memory(PVOID Destination, PCVOID Source, SIZE_T Length)
{
	return RtlCopyMemory(Destination, Source, Length);
}

static PVOID ntk_move_memory(PVOID Destination, PCVOID Source, SIZE_T Length)
{
	return RtlMoveMemory(Destination, Source, Length);
}

static PVOID ntk_copy_bytes(PVOID Destination, PCVOID Source, SIZE_T Length)
{
	return RtlCopyBytes(Destination, Source, Length);
}

static PVOID ntk_copy_non_temporal(PVOID Destination, PCVOID Source, SIZE_T Length)
{
	return RtlCopyMemoryNonTemporal(Destination, Source, Length);
}

static void RtlCopyMemory_RtlCopyMemoryNonTemporal_RtlMoveMemory_overlap_test(struct kunit *test)
{
	ntk_expect_overlap(test, ntk_copy_memory);
	ntk_expect_overlap(test, ntk_move_memory);
	ntk_expect_overlap(test, ntk_copy_bytes);
	ntk_expect_overlap(test, ntk_copy_non_temporal);
}

/* The exported routines, which a file calls that has undefined the macros. */
static void ntk_exported_test(struct kunit *test)
{
	ntk_expect_overlap(test, NtkExportedCopy);
	ntk_expect_overlap(test, NtkExportedMove);
	ntk_expect_overlap(test, NtkExportedCopyNonTemporal);
	KUNIT_EXPECT_EQ(test, NtkExportedFill(), 0);
}

/* A file that includes <ntddk.h> alone has the names of C. */
static void ntk_c_names_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, NtkCRoutines(), 0);
	KUNIT_EXPECT_EQ(test, NtkSum(3, (SIZE_T)1, (SIZE_T)20, (SIZE_T)300), 321);
}

/* Conversions of numbers and pointers, offsets, and numbers of 64 bits. */
static void ntk_conversions_test(struct kunit *test)
{
	static const LARGE_INTEGER large = RTL_CONSTANT_LARGE_INTEGER(-5000000000LL);
	UCHAR row[32];

	KUNIT_EXPECT_EQ(test, large.QuadPart, -5000000000LL);
	KUNIT_EXPECT_PTR_EQ(test, RtlOffsetToPointer(row, 9), (PCHAR)&row[9]);
	KUNIT_EXPECT_EQ(test, RtlPointerToOffset(row, &row[9]), 9);
	KUNIT_EXPECT_EQ(test, PtrToUlong((PVOID)(ULONG_PTR)0x89abcdef), 0x89abcdef);
	KUNIT_EXPECT_EQ(test, PtrToLong((PVOID)(LONG_PTR)(-7)), -7);
	KUNIT_EXPECT_EQ(test, PtrToUint((PVOID)(ULONG_PTR)0xffffffff), 0xffffffff);
	KUNIT_EXPECT_EQ(test, PtrToInt((PVOID)(LONG_PTR)(-1)), -1);
	KUNIT_EXPECT_EQ(test, PtrToUshort((PVOID)(ULONG_PTR)0x12345), 0x2345);
	KUNIT_EXPECT_EQ(test, PtrToShort((PVOID)(ULONG_PTR)0x1ffff), -1);
	/* From signed numbers the sign is kept, from unsigned ones there is none. */
	KUNIT_EXPECT_PTR_EQ(test, LongToPtr(-2), (PVOID)(LONG_PTR)(-2));
	KUNIT_EXPECT_PTR_EQ(test, IntToPtr(-2), (PVOID)(LONG_PTR)(-2));
	KUNIT_EXPECT_PTR_EQ(test, ULongToPtr(-2), (PVOID)(ULONG_PTR)0xfffffffe);
	KUNIT_EXPECT_PTR_EQ(test, UlongToPtr(-2), (PVOID)(ULONG_PTR)0xfffffffe);
	KUNIT_EXPECT_PTR_EQ(test, UintToPtr(-2), (PVOID)(ULONG_PTR)0xfffffffe);
	KUNIT_EXPECT_PTR_EQ(test, LongToHandle(-2), (HANDLE)(LONG_PTR)(-2));
	KUNIT_EXPECT_PTR_EQ(test, UlongToHandle(-2), (HANDLE)(ULONG_PTR)0xfffffffe);
	KUNIT_EXPECT_PTR_EQ(test, Int64ToPtr(-2), (PVOID)(LONG_PTR)(-2));
	KUNIT_EXPECT_PTR_EQ(test, UInt64ToPtr(0xfffffffe), (PVOID)(ULONG_PTR)0xfffffffe);
	KUNIT_EXPECT_EQ(test, PtrToInt64((PVOID)(LONG_PTR)(-2)), -2LL);
	KUNIT_EXPECT_EQ(test, PtrToUint64((PVOID)(LONG_PTR)(-2)), (UINT64)(ULONG_PTR)(-2));
	KUNIT_EXPECT_EQ(test, HandleToLong((HANDLE)(LONG_PTR)(-2)), -2);
	KUNIT_EXPECT_EQ(test, HandleToUlong((HANDLE)(LONG_PTR)(-2)), 0xfffffffe);
	KUNIT_EXPECT_EQ(test, HandleToULong((HANDLE)(LONG_PTR)(-2)), 0xfffffffe);
}

static void ntk_rotate_test(struct kunit *test)
{
	UINT number = 0x80000001;
	ULONGLONG wide = 0x8000000000000001ULL;
	int none = 0, all = 32;

	OPTIMIZER_HIDE_VAR(none);
	OPTIMIZER_HIDE_VAR(all);
	KUNIT_EXPECT_EQ(test, _rotl(number, 4), 0x18);
	KUNIT_EXPECT_EQ(test, _rotr(number, 4), 0x18000000);
	KUNIT_EXPECT_EQ(test, _lrotl(number, 1), 3);
	KUNIT_EXPECT_EQ(test, _lrotr(number, 1), 0xc0000000);
	KUNIT_EXPECT_EQ(test, _rotl64(wide, 4), 0x18ULL);
	KUNIT_EXPECT_EQ(test, _rotr64(wide, 4), 0x1800000000000000ULL);
	KUNIT_EXPECT_EQ(test, _rotl(number, none), number);
	KUNIT_EXPECT_EQ(test, _rotr(number, all), number);
	KUNIT_EXPECT_EQ(test, _rotl64(wide, none), wide);
}

static void RtlUshortByteSwap_RtlUlongByteSwap_RtlUlonglongByteSwap_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, RtlUshortByteSwap(0x1122), 0x2211);
	KUNIT_EXPECT_EQ(test, RtlUlongByteSwap(0x11223344), 0x44332211);
	KUNIT_EXPECT_EQ(test, RtlUlonglongByteSwap(0x1122334455667788ULL),
			0x8877665544332211ULL);
	KUNIT_EXPECT_EQ(test, _byteswap_ushort(0xff01), 0x01ff);
	KUNIT_EXPECT_EQ(test, _byteswap_ulong(0xff000001), 0x010000ff);
	KUNIT_EXPECT_EQ(test, _byteswap_uint64(1), 1ULL << 56);
}

/* A prefetch changes nothing, of no byte neither. */
static void RtlPrefetchMemoryNonTemporal_test(struct kunit *test)
{
	UCHAR row[300];

	RtlFillMemory(row, sizeof(row), 0x5a);
	RtlPrefetchMemoryNonTemporal(row, sizeof(row));
	RtlPrefetchMemoryNonTemporal(row, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(row, 0x5a, sizeof(row)));
}

/* A secret on the stack of the caller. The compiler sees no reader of it. */
static __always_inline unsigned long ntk_forget_secret(void)
{
	UCHAR secret[64];
	void *where = secret;

	memset(secret, 0x5a, sizeof(secret));
	OPTIMIZER_HIDE_VAR(where);
	/* The secret was used. */
	__asm__ __volatile__("" : : "r"(where) : "memory");
	RtlSecureZeroMemory(secret, sizeof(secret));
	return (unsigned long)where;
}

static void RtlSecureZeroMemory_test(struct kunit *test)
{
	UCHAR row[4] = { 1, 2, 3, 4 };
	unsigned long where;
	UCHAR left[64];
	int i;

	KUNIT_EXPECT_PTR_EQ(test, RtlSecureZeroMemory(&row[1], 2), (PVOID)&row[1]);
	KUNIT_EXPECT_EQ(test, row[0], 1);
	KUNIT_EXPECT_EQ(test, row[1] | row[2], 0);
	KUNIT_EXPECT_EQ(test, row[3], 4);
	if (IS_ENABLED(CONFIG_KASAN_STACK))
		return;
	where = ntk_forget_secret();
	for (i = 0; i < ARRAY_SIZE(left); i++)
		left[i] = READ_ONCE(((UCHAR *)where)[i]);
	KUNIT_EXPECT_NULL(test, memchr_inv(left, 0, sizeof(left)));
}

static void RtlMoveMemory_test(struct kunit *test)
{
	char text[] = "abcdefgh";

	RtlMoveMemory(text + 2, text, 6);
	KUNIT_EXPECT_STREQ(test, text, "ababcdef");
	RtlMoveMemory(text, text + 2, 6);
	KUNIT_EXPECT_STREQ(test, text, "abcdefef");
}

static void RtlIsZeroMemory_test(struct kunit *test)
{
	UCHAR row[33] = {};
	int i;

	KUNIT_EXPECT_TRUE(test, RtlIsZeroMemory(row, sizeof(row)));
	KUNIT_EXPECT_TRUE(test, RtlIsZeroMemory(NULL, 0));
	for (i = 0; i < sizeof(row); i++) {
		row[i] = 0x80;
		KUNIT_EXPECT_FALSE(test, RtlIsZeroMemory(row, sizeof(row)));
		KUNIT_EXPECT_TRUE(test, RtlIsZeroMemory(row, i));
		row[i] = 0;
	}
}

/* Overlaps in both directions; the neighbours keep their contents. */
static void RtlMoveVolatileMemory_RtlSetVolatileMemory_test(struct kunit *test)
{
	volatile UCHAR row[8] = "abcdefg";

	KUNIT_EXPECT_TRUE(test, RtlMoveVolatileMemory(row + 1, row, 5) == row + 1);
	KUNIT_EXPECT_EQ(test, memcmp((PCVOID)row, "aabcdeg", 8), 0);
	KUNIT_EXPECT_TRUE(test, RtlCopyVolatileMemory(row, row + 1, 5) == row);
	KUNIT_EXPECT_EQ(test, memcmp((PCVOID)row, "abcdeeg", 8), 0);
	KUNIT_EXPECT_TRUE(test, RtlSetVolatileMemory(row + 1, 'x', 2) == row + 1);
	RtlFillVolatileMemory(row + 3, 1, 'y');
	KUNIT_EXPECT_EQ(test, memcmp((PCVOID)row, "axxyeeg", 8), 0);
	RtlZeroVolatileMemory(row + 5, 2);
	KUNIT_EXPECT_EQ(test, memcmp((PCVOID)row, "axxye\0\0", 8), 0);
}

/* Numbers at odd addresses. */
static void ntk_unaligned_test(struct kunit *test)
{
	UCHAR row[12] = {};
	ULONG_PTR pointer = 0;
	USHORT narrow = 0;
	ULONG number = 0;

	RtlStoreUshort(row + 1, 0x12345);
	RtlStoreUlong(row + 5, 0x89abcdef);
	RtlRetrieveUshort(&narrow, row + 1);
	RtlRetrieveUlong(&number, row + 5);
	KUNIT_EXPECT_EQ(test, narrow, 0x2345);
	KUNIT_EXPECT_EQ(test, number, 0x89abcdef);
	KUNIT_EXPECT_EQ(test, row[0] | row[3] | row[4] | row[9], 0);
	RtlStoreUlonglong(row + 1, 0x0102030405060708ULL);
	KUNIT_EXPECT_EQ(test, *(NTPOOL_ANY_ULONGLONG *)(row + 1), 0x0102030405060708ULL);
	KUNIT_EXPECT_EQ(test, row[0] | row[9], 0);
	RtlStoreUlongPtr(row + 3, MAXULONG_PTR - 1);
	RtlRetrieveUlongPtr(&pointer, row + 3);
	KUNIT_EXPECT_EQ(test, pointer, MAXULONG_PTR - 1);
}

static void RtlCompareMemory_RtlEqualMemory_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, RtlCompareMemory("abcd", "abcd", 4), 4);
	KUNIT_EXPECT_EQ(test, RtlCompareMemory("abcd", "abxd", 4), 2);
	KUNIT_EXPECT_EQ(test, RtlCompareMemory("abcd", "xbcd", 4), 0);
	KUNIT_EXPECT_EQ(test, RtlCompareMemory("abcd", "xbcd", 0), 0);
	KUNIT_EXPECT_TRUE(test, RtlEqualMemory("abxx", "abyy", 2));
	KUNIT_EXPECT_FALSE(test, RtlEqualMemory("abxx", "abyy", 3));
}

static void RtlFillMemoryUlong_RtlCompareMemoryUlong_test(struct kunit *test)
{
	ULONG number[4] = { 1, 1, 1, 1 };

	/* Eleven bytes are two numbers. */
	RtlFillMemoryUlong(number, 11, 0x11223344);
	KUNIT_EXPECT_EQ(test, number[0], 0x11223344);
	KUNIT_EXPECT_EQ(test, number[1], 0x11223344);
	KUNIT_EXPECT_EQ(test, number[2], 1);
	KUNIT_EXPECT_EQ(test, RtlCompareMemoryUlong(number, 16, 0x11223344), 8);
	KUNIT_EXPECT_EQ(test, RtlCompareMemoryUlong(number, 7, 0x11223344), 4);
	KUNIT_EXPECT_EQ(test, RtlCompareMemoryUlong(number, 3, 0x11223344), 0);
	KUNIT_EXPECT_EQ(test, RtlCompareMemoryUlong(number, 16, 1), 0);
}

/* The alignment of the memory does not change the result. */
static void RtlFillMemoryUlong_RtlCompareMemoryUlong_unaligned_test(struct kunit *test)
{
	UCHAR row[24];
	int i;

	for (i = 1; i < 4; i++) {
		memset(row, 0, sizeof(row));
		RtlFillMemoryUlong(row + i, 16, 0x11223344);
		KUNIT_EXPECT_EQ(test, row[i - 1], 0);
		KUNIT_EXPECT_EQ(test, row[i + 16], 0);
		KUNIT_EXPECT_EQ(test, RtlCompareMemoryUlong(row + i, 16, 0x11223344), 16);
		KUNIT_EXPECT_EQ(test, RtlCompareMemoryUlong(row + i, 20, 0x11223344), 16);
		row[i + 10] ^= 1;
		KUNIT_EXPECT_EQ(test, RtlCompareMemoryUlong(row + i, 16, 0x11223344), 8);
	}
}

static void RtlFillMemoryUlonglong_unaligned_test(struct kunit *test)
{
	UCHAR row[24] = {};

	RtlFillMemoryUlonglong(row + 3, 16, 0x5a5a5a5a5a5a5a5aULL);
	KUNIT_EXPECT_EQ(test, row[2], 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(row + 3, 0x5a, 16));
	KUNIT_EXPECT_EQ(test, row[19], 0);
}

/* Fifteen bytes are one number. */
static void RtlFillMemoryUlonglong_test(struct kunit *test)
{
	ULONGLONG wide[3] = { 0, 7, 8 };

	RtlFillMemoryUlonglong(wide, 15, 0x1122334455667788ULL);
	KUNIT_EXPECT_EQ(test, wide[0], 0x1122334455667788ULL);
	KUNIT_EXPECT_EQ(test, wide[1], 7);
	RtlFillMemoryUlonglong(wide, 7, 1);
	KUNIT_EXPECT_EQ(test, wide[0], 0x1122334455667788ULL);
	RtlFillMemoryUlonglong(wide, 16, ~0ULL);
	KUNIT_EXPECT_EQ(test, wide[1], ~0ULL);
	KUNIT_EXPECT_EQ(test, wide[2], 8);
}

static void RtlInitUnicodeString_RtlInitAnsiString_test(struct kunit *test)
{
	static const UNICODE_STRING constant = RTL_CONSTANT_STRING(L"pool");
	DECLARE_CONST_UNICODE_STRING(declared, L"ab");
	ANSI_STRING narrow;
	UNICODE_STRING wide;

	RtlInitUnicodeString(&wide, L"zone");
	KUNIT_EXPECT_EQ(test, wide.Length, 8);
	KUNIT_EXPECT_EQ(test, wide.MaximumLength, 10);
	KUNIT_EXPECT_EQ(test, wide.Buffer[3], 'e');
	RtlInitUnicodeString(&wide, NULL);
	KUNIT_EXPECT_EQ(test, wide.Length + wide.MaximumLength, 0);
	KUNIT_EXPECT_NULL(test, wide.Buffer);
	RtlInitAnsiString(&narrow, "zone");
	KUNIT_EXPECT_EQ(test, narrow.Length, 4);
	KUNIT_EXPECT_EQ(test, narrow.MaximumLength, 5);
	KUNIT_EXPECT_EQ(test, constant.Length, 8);
	KUNIT_EXPECT_EQ(test, constant.MaximumLength, 10);
	KUNIT_EXPECT_EQ(test, declared.Length, 4);
	KUNIT_EXPECT_EQ(test, declared.MaximumLength, 6);
}

/* Arguments are looked at once. */
static void RtlInitEmptyUnicodeString_RtlInitEmptyAnsiString_test(struct kunit *test)
{
	UNICODE_STRING wide[2] = {}, *next_wide = wide;
	ANSI_STRING narrow[2] = {}, *next_narrow = narrow;
	WCHAR buffer[8];
	CHAR text[8];

	wide[0].Length = 7;
	narrow[0].Length = 7;
	RtlInitEmptyUnicodeString(next_wide++, buffer, sizeof(buffer));
	KUNIT_EXPECT_EQ(test, wide[0].Length, 0);
	KUNIT_EXPECT_EQ(test, wide[0].MaximumLength, 16);
	KUNIT_EXPECT_PTR_EQ(test, wide[0].Buffer, &buffer[0]);
	KUNIT_EXPECT_PTR_EQ(test, next_wide, &wide[1]);
	RtlInitEmptyAnsiString(next_narrow++, text, sizeof(text));
	KUNIT_EXPECT_EQ(test, narrow[0].Length, 0);
	KUNIT_EXPECT_EQ(test, narrow[0].MaximumLength, 8);
	KUNIT_EXPECT_PTR_EQ(test, narrow[0].Buffer, (PCHAR)text);
	KUNIT_EXPECT_PTR_EQ(test, next_narrow, &narrow[1]);
}

/* Too long for the 16-bit lengths. */
static void ntk_long_string_test(struct kunit *test)
{
	WCHAR *text = kunit_kzalloc(test, 2 * SZ_64K, GFP_KERNEL);
	UNICODE_STRING string;
	ANSI_STRING narrow;

	KUNIT_ASSERT_NOT_NULL(test, text);
	RtlFillMemory(text, 2 * SZ_64K - 2, 'x');
	RtlInitUnicodeString(&string, text);
	KUNIT_EXPECT_EQ(test, string.Length, 65532);
	KUNIT_EXPECT_EQ(test, string.MaximumLength, 65534);
	RtlInitAnsiString(&narrow, (PCSZ)text);
	KUNIT_EXPECT_EQ(test, narrow.Length, 65534);
	KUNIT_EXPECT_EQ(test, narrow.MaximumLength, 65535);
}

/* A routine on two numbers, once for the result and once beyond it. */
#define NTK_FITS(test, routine, type, left, right, expected)		\
do {									\
	type result = 77;						\
									\
	KUNIT_EXPECT_EQ(test, routine(left, right, &result),		\
			STATUS_SUCCESS);				\
	KUNIT_EXPECT_EQ(test, result, (type)(expected));		\
} while (0)

#define NTK_TOO_MUCH(test, routine, type, left, right, expected)	\
do {									\
	type result = 77;						\
									\
	KUNIT_EXPECT_EQ(test, routine(left, right, &result),		\
			STATUS_INTEGER_OVERFLOW);			\
	KUNIT_EXPECT_EQ(test, result, (type)(expected));		\
} while (0)

static void ntk_safe_ulong_test(struct kunit *test)
{
	NTK_FITS(test, RtlULongAdd, ULONG, 0xfffffffe, 1, 0xffffffff);
	NTK_TOO_MUCH(test, RtlULongAdd, ULONG, 0xffffffff, 1, 0xffffffff);
	NTK_FITS(test, RtlULongSub, ULONG, 5, 5, 0);
	NTK_TOO_MUCH(test, RtlULongSub, ULONG, 5, 6, 0xffffffff);
	NTK_FITS(test, RtlULongMult, ULONG, 65535, 65537, 0xffffffff);
	NTK_TOO_MUCH(test, RtlULongMult, ULONG, 65536, 65536, 0xffffffff);
	NTK_FITS(test, RtlUIntAdd, UINT, 0x80000000, 0x7fffffff, 0xffffffff);
	NTK_TOO_MUCH(test, RtlUIntAdd, UINT, 0x80000000, 0x80000000, 0xffffffff);
	NTK_FITS(test, RtlUShortMult, USHORT, 255, 257, 65535);
	NTK_TOO_MUCH(test, RtlUShortMult, USHORT, 256, 256, 65535);
	NTK_FITS(test, RtlUInt8Add, UINT8, 254, 1, 255);
	NTK_TOO_MUCH(test, RtlUInt8Add, UINT8, 255, 1, 255);
}

static void ntk_safe_ulonglong_test(struct kunit *test)
{
	NTK_FITS(test, RtlULongLongAdd, ULONGLONG, ~1ULL, 1, ~0ULL);
	NTK_TOO_MUCH(test, RtlULongLongAdd, ULONGLONG, ~0ULL, 1, ~0ULL);
	NTK_TOO_MUCH(test, RtlULongLongSub, ULONGLONG, 0, 1, ~0ULL);
	NTK_FITS(test, RtlULongLongMult, ULONGLONG, 0xffffffffULL,
		 0x100000001ULL, ~0ULL);
	NTK_TOO_MUCH(test, RtlULongLongMult, ULONGLONG, 1ULL << 32,
		     1ULL << 32, ~0ULL);
}

static void ntk_safe_size_test(struct kunit *test)
{
	NTK_FITS(test, RtlSIZETAdd, SIZE_T, MAXSIZE_T - 1, 1, MAXSIZE_T);
	NTK_TOO_MUCH(test, RtlSIZETAdd, SIZE_T, MAXSIZE_T, 1, MAXSIZE_T);
	NTK_FITS(test, RtlSizeTSub, SIZE_T, MAXSIZE_T, MAXSIZE_T, 0);
	NTK_TOO_MUCH(test, RtlSizeTSub, SIZE_T, 0, 1, MAXSIZE_T);
	NTK_FITS(test, RtlSIZETMult, SIZE_T, MAXSIZE_T / 2, 2, MAXSIZE_T - 1);
	NTK_TOO_MUCH(test, RtlSIZETMult, SIZE_T, MAXSIZE_T / 2 + 1, 2,
		     MAXSIZE_T);
	NTK_FITS(test, RtlULongPtrAdd, ULONG_PTR, 1, 2, 3);
}

static void ntk_safe_signed_test(struct kunit *test)
{
	NTK_FITS(test, RtlLongAdd, LONG, 0x7ffffffe, 1, 0x7fffffff);
	NTK_TOO_MUCH(test, RtlLongAdd, LONG, 0x7fffffff, 1, -1);
	NTK_FITS(test, RtlLongSub, LONG, -2147483647, 1, MINLONG);
	NTK_TOO_MUCH(test, RtlLongSub, LONG, MINLONG, 1, -1);
	NTK_FITS(test, RtlLongMult, LONG, -32768, 65536, MINLONG);
	NTK_TOO_MUCH(test, RtlLongMult, LONG, 32768, 65536, -1);
	NTK_TOO_MUCH(test, RtlIntMult, INT, MINLONG, -1, -1);
	NTK_TOO_MUCH(test, RtlShortAdd, SHORT, 32767, 1, -1);
	NTK_FITS(test, RtlInt8Sub, INT8, -127, 1, -128);
	NTK_TOO_MUCH(test, RtlInt8Sub, INT8, -128, 1, -1);
}

static void ntk_safe_longlong_test(struct kunit *test)
{
	NTK_FITS(test, RtlLongLongAdd, LONGLONG, MAXLONGLONG, MINLONGLONG, -1);
	NTK_TOO_MUCH(test, RtlLongLongAdd, LONGLONG, MAXLONGLONG, 1, -1);
	NTK_TOO_MUCH(test, RtlLongLongSub, LONGLONG, MINLONGLONG, 1, -1);
	NTK_FITS(test, RtlLongLongMult, LONGLONG, -3, 5, -15);
	NTK_FITS(test, RtlLongLongMult, LONGLONG, -3, -5, 15);
	NTK_FITS(test, RtlLongLongMult, LONGLONG, 0, MINLONGLONG, 0);
	NTK_FITS(test, RtlLongLongMult, LONGLONG, MINLONGLONG, 1, MINLONGLONG);
	NTK_FITS(test, RtlLongLongMult, LONGLONG, 1LL << 32, -(1LL << 31),
		 MINLONGLONG);
	NTK_TOO_MUCH(test, RtlLongLongMult, LONGLONG, 1LL << 32, 1LL << 31, -1);
	NTK_TOO_MUCH(test, RtlLongLongMult, LONGLONG, MINLONGLONG, -1, -1);
	NTK_TOO_MUCH(test, RtlLongLongMult, LONGLONG, MAXLONGLONG, MAXLONGLONG,
		     -1);
}

#define NTK_CONVERTS(test, routine, type, number)			\
do {									\
	type result = 77;						\
									\
	KUNIT_EXPECT_EQ(test, routine(number, &result), STATUS_SUCCESS);	\
	KUNIT_EXPECT_TRUE(test, result == (number));			\
} while (0)

#define NTK_NO_CONVERSION(test, routine, type, number, expected)	\
do {									\
	type result = 77;						\
									\
	KUNIT_EXPECT_EQ(test, routine(number, &result),			\
			STATUS_INTEGER_OVERFLOW);			\
	KUNIT_EXPECT_EQ(test, result, (type)(expected));		\
} while (0)

static void ntk_safe_convert_test(struct kunit *test)
{
	NTK_CONVERTS(test, RtlULongLongToULong, ULONG, 0xffffffffULL);
	NTK_NO_CONVERSION(test, RtlULongLongToULong, ULONG, 1ULL << 32,
			  0xffffffff);
	NTK_CONVERTS(test, RtlULongToUShort, USHORT, 65535);
	NTK_NO_CONVERSION(test, RtlULongToUShort, USHORT, 65536, 65535);
	NTK_CONVERTS(test, RtlULongToLong, LONG, 0x7fffffff);
	NTK_NO_CONVERSION(test, RtlULongToLong, LONG, 0x80000000U, -1);
	NTK_CONVERTS(test, RtlLongToULong, ULONG, 0x7fffffff);
	NTK_NO_CONVERSION(test, RtlLongToULong, ULONG, -1, 0xffffffff);
	NTK_CONVERTS(test, RtlLongLongToLong, LONG, -2147483648LL);
	NTK_NO_CONVERSION(test, RtlLongLongToLong, LONG, -2147483649LL, -1);
	NTK_CONVERTS(test, RtlIntToUInt8, UINT8, 255);
	NTK_NO_CONVERSION(test, RtlIntToUInt8, UINT8, 256, 255);
	NTK_CONVERTS(test, RtlIntToChar, CHAR, -128);
	NTK_NO_CONVERSION(test, RtlIntToChar, CHAR, 128, -1);
	NTK_CONVERTS(test, RtlLongLongToSIZET, SIZE_T, 4096LL);
	NTK_NO_CONVERSION(test, RtlLongLongToSIZET, SIZE_T, -1LL, MAXSIZE_T);
	NTK_CONVERTS(test, RtlSIZETToULong, ULONG, (SIZE_T)0xffffffffU);
	NTK_NO_CONVERSION(test, RtlSIZETToLong, LONG, MAXSIZE_T, -1);
}

static struct kunit_case ntk_rtl_cases[] = {
	KUNIT_CASE(ntk_forceinline_test),
	KUNIT_CASE(NT_SUCCESS_test),
	KUNIT_CASE(NT_INFORMATION_test),
	KUNIT_CASE(NT_WARNING_test),
	KUNIT_CASE(NT_ERROR_test),
	KUNIT_CASE(ntk_layout_test),
	KUNIT_CASE(RTL_SIZEOF_THROUGH_FIELD_test),
	KUNIT_CASE(RTL_CONTAINS_FIELD_test),
	KUNIT_CASE(CONTAINING_RECORD_test),
	KUNIT_CASE(ROUND_TO_PAGES_test),
	KUNIT_CASE(BYTES_TO_PAGES_test),
	KUNIT_CASE(BYTE_OFFSET_test),
	KUNIT_CASE(ADDRESS_AND_SIZE_TO_SPAN_PAGES_test),
	KUNIT_CASE(ntk_assert_off_test),
	KUNIT_CASE(ntk_free_assert_test),
	KUNIT_CASE(RtlFillMemory_RtlZeroMemory_RtlCopyMemory_test),
	KUNIT_CASE(RtlFillMemory_RtlZeroMemory_RtlCopyMemory_bytes_test),
	KUNIT_CASE(RtlCopyMemory_RtlCopyMemoryNonTemporal_RtlMoveMemory_overlap_test),
	KUNIT_CASE(ntk_exported_test),
	KUNIT_CASE(ntk_c_names_test),
	KUNIT_CASE(ntk_conversions_test),
	KUNIT_CASE(ntk_rotate_test),
	KUNIT_CASE(RtlUshortByteSwap_RtlUlongByteSwap_RtlUlonglongByteSwap_test),
	KUNIT_CASE(RtlPrefetchMemoryNonTemporal_test),
	KUNIT_CASE(RtlSecureZeroMemory_test),
	KUNIT_CASE(RtlMoveMemory_test),
	KUNIT_CASE(RtlIsZeroMemory_test),
	KUNIT_CASE(RtlMoveVolatileMemory_RtlSetVolatileMemory_test),
	KUNIT_CASE(ntk_unaligned_test),
	KUNIT_CASE(RtlCompareMemory_RtlEqualMemory_test),
	KUNIT_CASE(RtlFillMemoryUlong_RtlCompareMemoryUlong_test),
	KUNIT_CASE(RtlFillMemoryUlong_RtlCompareMemoryUlong_unaligned_test),
	KUNIT_CASE(RtlFillMemoryUlonglong_test),
	KUNIT_CASE(RtlFillMemoryUlonglong_unaligned_test),
	KUNIT_CASE(RtlInitUnicodeString_RtlInitAnsiString_test),
	KUNIT_CASE(RtlInitEmptyUnicodeString_RtlInitEmptyAnsiString_test),
	KUNIT_CASE(ntk_long_string_test),
	KUNIT_CASE(ntk_safe_ulong_test),
	KUNIT_CASE(ntk_safe_ulonglong_test),
	KUNIT_CASE(ntk_safe_size_test),
	KUNIT_CASE(ntk_safe_signed_test),
	KUNIT_CASE(ntk_safe_longlong_test),
	KUNIT_CASE(ntk_safe_convert_test),
	{}
};

static struct kunit_suite ntk_rtl_suite = {
	.name = "ntpool_rtl",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_rtl_cases,
};

kunit_test_suite(ntk_rtl_suite);
