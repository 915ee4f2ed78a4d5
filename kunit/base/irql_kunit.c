// SPDX-License-Identifier: GPL-2.0
/*
 * The highest IRQL of each routine, from NT's documentation, as one table.
 *
 * The verifier's bit 0x2 is set. Each routine is called at its limit, which is not
 * reported, and one level above it, which is reported. Kernel APCs do not exist, so
 * there is no level of its own between PASSIVE_LEVEL and DISPATCH_LEVEL. The level
 * above the two lower ones is DISPATCH_LEVEL. A routine without a limit is called above
 * DISPATCH_LEVEL.
 *
 * A new routine with a limit gets a row.
 */
#include <ntifs.h>

#include "fixture.h"

#define NTK_TAG		(ntk_tag4("KxIq"))
#define NTK_SIZE	96
#define NTK_IRQL_CHECKS	0x2

/* Arguments of the routines. */
static struct ntk_subject {
	void *block;
	BOOLEAN flag;
	NPAGED_LOOKASIDE_LIST npaged;
	PAGED_LOOKASIDE_LIST paged;
	LOOKASIDE_LIST_EX ex;
	ZONE_HEADER zone;
	u64 segment[64];
	u64 more[64];
	KSPIN_LOCK lock;
	SLIST_HEADER slist;
	SLIST_ENTRY entry;
	SINGLE_LIST_ENTRY single;
	SINGLE_LIST_ENTRY link;
} ntk_subject;

static const PHYSICAL_ADDRESS ntk_zero;
static const PHYSICAL_ADDRESS ntk_any = { .QuadPart = -1 };

/* ---- the calls ---- */

/* A routine that returns a block. */
#define NTK_ALLOCATION(routine, ...)			\
static void ntk_ ## routine(struct ntk_subject *s)	\
{							\
	s->block = routine(__VA_ARGS__);		\
}

NTK_ALLOCATION(ExAllocatePoolWithTag, NonPagedPool, NTK_SIZE, NTK_TAG)
NTK_ALLOCATION(ExAllocatePool, NonPagedPool, NTK_SIZE)
NTK_ALLOCATION(ExAllocatePoolWithQuotaTag, NonPagedPool, NTK_SIZE, NTK_TAG)
NTK_ALLOCATION(ExAllocatePoolWithQuota, NonPagedPool, NTK_SIZE)
NTK_ALLOCATION(ExAllocatePoolWithTagPriority, NonPagedPool, NTK_SIZE, NTK_TAG, NormalPoolPriority)
NTK_ALLOCATION(ExAllocatePool2, POOL_FLAG_NON_PAGED, NTK_SIZE, NTK_TAG)
NTK_ALLOCATION(ExAllocatePool3, POOL_FLAG_NON_PAGED, NTK_SIZE, NTK_TAG, NULL, 0)
NTK_ALLOCATION(FsRtlAllocatePoolWithTag, NonPagedPool, NTK_SIZE, NTK_TAG)
NTK_ALLOCATION(FsRtlAllocatePool, NonPagedPool, NTK_SIZE)
NTK_ALLOCATION(FsRtlAllocatePoolWithQuotaTag, NonPagedPool, NTK_SIZE, NTK_TAG)
NTK_ALLOCATION(FsRtlAllocatePoolWithQuota, NonPagedPool, NTK_SIZE)
NTK_ALLOCATION(MmAllocateContiguousMemory, PAGE_SIZE, ntk_any)
NTK_ALLOCATION(MmAllocateContiguousMemorySpecifyCache, PAGE_SIZE, ntk_zero, ntk_any, ntk_zero,
	       MmCached)
NTK_ALLOCATION(MmAllocateContiguousMemorySpecifyCacheNode, PAGE_SIZE, ntk_zero, ntk_any, ntk_zero,
	       MmCached, MM_ANY_NODE_OK)
NTK_ALLOCATION(MmAllocateContiguousNodeMemory, PAGE_SIZE, ntk_zero, ntk_any, ntk_zero,
	       PAGE_READWRITE, MM_ANY_NODE_OK)
NTK_ALLOCATION(MmAllocateNonCachedMemory, PAGE_SIZE)
NTK_ALLOCATION(MmLockPagableCodeSection, (PVOID)ntk_init)

static void ntk_PagedPool(struct ntk_subject *s)
{
	s->block = ExAllocatePoolWithTag(PagedPool, NTK_SIZE, NTK_TAG);
}

static void ntk_ExFreePoolWithTag(struct ntk_subject *s)
{
	ExFreePoolWithTag(s->block, NTK_TAG);
}

static void ntk_ExFreePool(struct ntk_subject *s)
{
	ExFreePool(s->block);
}

static void ntk_ExQueryPoolBlockSize(struct ntk_subject *s)
{
	ExQueryPoolBlockSize(s->block, &s->flag);
}

static void ntk_PsChargeProcessPoolQuota(struct ntk_subject *s)
{
	PsChargeProcessPoolQuota(PsGetCurrentProcess(), NonPagedPool, NTK_SIZE);
}

static void ntk_PsChargePoolQuota(struct ntk_subject *s)
{
	PsChargePoolQuota(PsGetCurrentProcess(), NonPagedPool, NTK_SIZE);
}

static void ntk_PsReturnPoolQuota(struct ntk_subject *s)
{
	PsReturnPoolQuota(PsGetCurrentProcess(), NonPagedPool, NTK_SIZE);
}

static void ntk_ExInitializeNPagedLookasideList(struct ntk_subject *s)
{
	ExInitializeNPagedLookasideList(&s->npaged, NULL, NULL, 0, NTK_SIZE, NTK_TAG, 0);
}

static void ntk_ExInitializePagedLookasideList(struct ntk_subject *s)
{
	ExInitializePagedLookasideList(&s->paged, NULL, NULL, 0, NTK_SIZE, NTK_TAG, 0);
}

static void ntk_ExInitializeLookasideListEx(struct ntk_subject *s)
{
	ExInitializeLookasideListEx(&s->ex, NULL, NULL, NonPagedPool, 0, NTK_SIZE, NTK_TAG, 0);
}

static void ntk_ExDeleteNPagedLookasideList(struct ntk_subject *s)
{
	ExDeleteNPagedLookasideList(&s->npaged);
}

static void ntk_ExDeletePagedLookasideList(struct ntk_subject *s)
{
	ExDeletePagedLookasideList(&s->paged);
}

static void ntk_ExDeleteLookasideListEx(struct ntk_subject *s)
{
	ExDeleteLookasideListEx(&s->ex);
}

static void ntk_ExFlushLookasideListEx(struct ntk_subject *s)
{
	ExFlushLookasideListEx(&s->ex);
}

static void ntk_ExAllocateFromNPagedLookasideList(struct ntk_subject *s)
{
	s->block = ExAllocateFromNPagedLookasideList(&s->npaged);
}

static void ntk_ExFreeToNPagedLookasideList(struct ntk_subject *s)
{
	ExFreeToNPagedLookasideList(&s->npaged, s->block);
}

static void ntk_ExAllocateFromPagedLookasideList(struct ntk_subject *s)
{
	s->block = ExAllocateFromPagedLookasideList(&s->paged);
}

static void ntk_ExAllocateFromLookasideListEx(struct ntk_subject *s)
{
	s->block = ExAllocateFromLookasideListEx(&s->ex);
}

static void ntk_ExFreeToLookasideListEx(struct ntk_subject *s)
{
	ExFreeToLookasideListEx(&s->ex, s->block);
}

static void ntk_ExFreeToPagedLookasideList(struct ntk_subject *s)
{
	ExFreeToPagedLookasideList(&s->paged, s->block);
}

static void ntk_ExInitializeZone(struct ntk_subject *s)
{
	ExInitializeZone(&s->zone, 64, s->segment, sizeof(s->segment));
}

static void ntk_ExExtendZone(struct ntk_subject *s)
{
	ExExtendZone(&s->zone, s->more, sizeof(s->more));
}

static void ntk_ExInterlockedExtendZone(struct ntk_subject *s)
{
	ExInterlockedExtendZone(&s->zone, s->more, sizeof(s->more), &s->lock);
}

static void ntk_ExInterlockedAllocateFromZone(struct ntk_subject *s)
{
	ExInterlockedAllocateFromZone(&s->zone, &s->lock);
}

static void ntk_ExInterlockedFreeToZone(struct ntk_subject *s)
{
	ExInterlockedFreeToZone(&s->zone, s->block, &s->lock);
}

static void ntk_ExAllocateFromZone(struct ntk_subject *s)
{
	s->block = ExAllocateFromZone(&s->zone);
}

static void ntk_ExFreeToZone(struct ntk_subject *s)
{
	ExFreeToZone(&s->zone, s->block);
}

static void ntk_MmAllocateContiguousMemoryEx(struct ntk_subject *s)
{
	SIZE_T size = PAGE_SIZE;

	if (!NT_SUCCESS(MmAllocateContiguousMemoryEx(&size, ntk_zero, ntk_any, ntk_zero,
						     MM_ANY_NODE_OK, PAGE_READWRITE, NULL,
						     NTK_TAG, 0, &s->block)))
		s->block = NULL;
}

static void ntk_MmFreeContiguousMemory(struct ntk_subject *s)
{
	MmFreeContiguousMemory(s->block);
}

static void ntk_MmFreeContiguousMemorySpecifyCache(struct ntk_subject *s)
{
	MmFreeContiguousMemorySpecifyCache(s->block, PAGE_SIZE, MmCached);
}

static void ntk_MmFreeNonCachedMemory(struct ntk_subject *s)
{
	MmFreeNonCachedMemory(s->block, PAGE_SIZE);
}

static void ntk_MmGetPhysicalAddress(struct ntk_subject *s)
{
	MmGetPhysicalAddress(s);
}

static void ntk_MmLockPagableDataSection(struct ntk_subject *s)
{
	s->block = MmLockPagableDataSection(s);
}

static void ntk_MmLockPagableSectionByHandle(struct ntk_subject *s)
{
	MmLockPagableSectionByHandle(s->block);
}

static void ntk_MmUnlockPagableImageSection(struct ntk_subject *s)
{
	MmUnlockPagableImageSection(s->block);
}

static void ntk_MmPageEntireDriver(struct ntk_subject *s)
{
	MmPageEntireDriver(s);
}

static void ntk_MmResetDriverPaging(struct ntk_subject *s)
{
	MmResetDriverPaging(s);
}

static void ntk_PAGED_CODE(struct ntk_subject *s)
{
	PAGED_CODE();
}

static void ntk_KeRaiseIrqlToDpcLevel(struct ntk_subject *s)
{
	KeLowerIrql(KeRaiseIrqlToDpcLevel());
}

static void ntk_KeAcquireSpinLock(struct ntk_subject *s)
{
	KIRQL old;

	KeAcquireSpinLock(&s->lock, &old);
	KeReleaseSpinLock(&s->lock, old);
}

static void ntk_KeAcquireInStackQueuedSpinLock(struct ntk_subject *s)
{
	KLOCK_QUEUE_HANDLE handle;

	KeAcquireInStackQueuedSpinLock(&s->lock, &handle);
	KeReleaseInStackQueuedSpinLock(&handle);
}

static void ntk_ExInterlockedPushEntrySList(struct ntk_subject *s)
{
	ExInterlockedPushEntrySList(&s->slist, &s->entry, NULL);
	ExInterlockedPopEntrySList(&s->slist, NULL);
}

static void ntk_ExInterlockedFlushSList(struct ntk_subject *s)
{
	ExInterlockedFlushSList(&s->slist);
}

static void ntk_ExInterlockedPushEntryList(struct ntk_subject *s)
{
	ExInterlockedPushEntryList(&s->single, &s->link, &s->lock);
	ExInterlockedPopEntryList(&s->single, &s->lock);
}

/* ---- before and after a call, at PASSIVE_LEVEL ---- */

static void ntk_free(struct ntk_subject *s)
{
	if (s->block)
		ntk_ExFreePool(s);
}

static void ntk_npaged_close(struct ntk_subject *s)
{
	if (s->block)
		ntk_ExFreeToNPagedLookasideList(s);
	ntk_ExDeleteNPagedLookasideList(s);
}

static void ntk_npaged_take(struct ntk_subject *s)
{
	ntk_ExInitializeNPagedLookasideList(s);
	ntk_ExAllocateFromNPagedLookasideList(s);
}

static void ntk_paged_close(struct ntk_subject *s)
{
	if (s->block)
		ExFreeToPagedLookasideList(&s->paged, s->block);
	ntk_ExDeletePagedLookasideList(s);
}

static void ntk_ex_open_paged(struct ntk_subject *s)
{
	ExInitializeLookasideListEx(&s->ex, NULL, NULL, PagedPool, 0, NTK_SIZE, NTK_TAG, 0);
}

static void ntk_ex_close(struct ntk_subject *s)
{
	if (s->block)
		ntk_ExFreeToLookasideListEx(s);
	ntk_ExDeleteLookasideListEx(s);
}

static void ntk_ex_take(struct ntk_subject *s)
{
	ntk_ExInitializeLookasideListEx(s);
	ntk_ExAllocateFromLookasideListEx(s);
}

/* ---- lists with routines of their own, for which the pool checks nothing ---- */

static u64 ntk_own_block;

static PVOID ntk_own_allocate(POOL_TYPE type, SIZE_T size, ULONG tag)
{
	return &ntk_own_block;
}

static VOID ntk_own_free(PVOID block)
{
}

static PVOID ntk_own_allocate_ex(POOL_TYPE type, SIZE_T size, ULONG tag, PLOOKASIDE_LIST_EX list)
{
	return &ntk_own_block;
}

static VOID ntk_own_free_ex(PVOID block, PLOOKASIDE_LIST_EX list)
{
}

static void ntk_npaged_open_own(struct ntk_subject *s)
{
	ExInitializeNPagedLookasideList(&s->npaged, ntk_own_allocate, ntk_own_free, 0, NTK_SIZE,
					NTK_TAG, 0);
	s->block = &ntk_own_block;
}

static void ntk_paged_open_own(struct ntk_subject *s)
{
	ExInitializePagedLookasideList(&s->paged, ntk_own_allocate, ntk_own_free, 0, NTK_SIZE,
				       NTK_TAG, 0);
	s->block = &ntk_own_block;
}

static void ntk_ex_open_own(struct ntk_subject *s, POOL_TYPE type)
{
	ExInitializeLookasideListEx(&s->ex, ntk_own_allocate_ex, ntk_own_free_ex, type, 0,
				    NTK_SIZE, NTK_TAG, 0);
	s->block = &ntk_own_block;
}

static void ntk_ex_open_own_npaged(struct ntk_subject *s)
{
	ntk_ex_open_own(s, NonPagedPool);
}

static void ntk_ex_open_own_paged(struct ntk_subject *s)
{
	ntk_ex_open_own(s, PagedPool);
}

static void ntk_zone_take(struct ntk_subject *s)
{
	ntk_ExInitializeZone(s);
	ntk_ExAllocateFromZone(s);
}

static void ntk_contig_free(struct ntk_subject *s)
{
	if (s->block)
		ntk_MmFreeContiguousMemory(s);
}

static void ntk_noncached_free(struct ntk_subject *s)
{
	if (s->block)
		ntk_MmFreeNonCachedMemory(s);
}

static void ntk_unlock_twice(struct ntk_subject *s)
{
	ntk_MmUnlockPagableImageSection(s);
	ntk_MmUnlockPagableImageSection(s);
}

/* ---- the table ---- */

#define NTK_ROW(routine, highest, before, after) \
	{ #routine, highest, before, ntk_ ## routine, after }

static struct ntk_irql_row {
	const char *routine;
	KIRQL highest;
	void (*before)(struct ntk_subject *s);
	void (*call)(struct ntk_subject *s);
	void (*after)(struct ntk_subject *s);
} ntk_irql_rows[] = {
	NTK_ROW(ExAllocatePoolWithTag, DISPATCH_LEVEL, NULL, ntk_free),
	NTK_ROW(ExAllocatePool, DISPATCH_LEVEL, NULL, ntk_free),
	NTK_ROW(ExAllocatePoolWithQuotaTag, DISPATCH_LEVEL, NULL, ntk_free),
	NTK_ROW(ExAllocatePoolWithQuota, DISPATCH_LEVEL, NULL, ntk_free),
	NTK_ROW(ExAllocatePoolWithTagPriority, DISPATCH_LEVEL, NULL, ntk_free),
	NTK_ROW(ExAllocatePool2, DISPATCH_LEVEL, NULL, ntk_free),
	NTK_ROW(ExAllocatePool3, DISPATCH_LEVEL, NULL, ntk_free),
	NTK_ROW(FsRtlAllocatePoolWithTag, DISPATCH_LEVEL, NULL, ntk_free),
	NTK_ROW(FsRtlAllocatePool, DISPATCH_LEVEL, NULL, ntk_free),
	NTK_ROW(FsRtlAllocatePoolWithQuotaTag, DISPATCH_LEVEL, NULL, ntk_free),
	NTK_ROW(FsRtlAllocatePoolWithQuota, DISPATCH_LEVEL, NULL, ntk_free),
	NTK_ROW(PagedPool, APC_LEVEL, NULL, ntk_free),
	NTK_ROW(ExFreePoolWithTag, DISPATCH_LEVEL, ntk_ExAllocatePoolWithTag, NULL),
	NTK_ROW(ExFreePool, DISPATCH_LEVEL, ntk_ExAllocatePoolWithTag, NULL),
	NTK_ROW(ExQueryPoolBlockSize, DISPATCH_LEVEL, ntk_ExAllocatePoolWithTag, ntk_free),
	NTK_ROW(PsChargeProcessPoolQuota, APC_LEVEL, NULL, ntk_PsReturnPoolQuota),
	NTK_ROW(PsChargePoolQuota, APC_LEVEL, NULL, ntk_PsReturnPoolQuota),
	NTK_ROW(PsReturnPoolQuota, APC_LEVEL, ntk_PsChargeProcessPoolQuota, NULL),
	NTK_ROW(ExInitializeNPagedLookasideList, DISPATCH_LEVEL, NULL, ntk_npaged_close),
	NTK_ROW(ExInitializePagedLookasideList, APC_LEVEL, NULL, ntk_paged_close),
	NTK_ROW(ExInitializeLookasideListEx, DISPATCH_LEVEL, NULL, ntk_ex_close),
	NTK_ROW(ExDeleteNPagedLookasideList, DISPATCH_LEVEL, ntk_ExInitializeNPagedLookasideList,
		NULL),
	NTK_ROW(ExDeletePagedLookasideList, APC_LEVEL, ntk_ExInitializePagedLookasideList, NULL),
	NTK_ROW(ExDeleteLookasideListEx, DISPATCH_LEVEL, ntk_ExInitializeLookasideListEx, NULL),
	{ "ExDeleteLookasideListEx_paged", APC_LEVEL, ntk_ex_open_paged,
	  ntk_ExDeleteLookasideListEx, NULL },
	NTK_ROW(ExFlushLookasideListEx, DISPATCH_LEVEL, ntk_ExInitializeLookasideListEx,
		ntk_ex_close),
	NTK_ROW(ExAllocateFromNPagedLookasideList, DISPATCH_LEVEL,
		ntk_ExInitializeNPagedLookasideList, ntk_npaged_close),
	NTK_ROW(ExFreeToNPagedLookasideList, DISPATCH_LEVEL, ntk_npaged_take,
		ntk_ExDeleteNPagedLookasideList),
	NTK_ROW(ExAllocateFromPagedLookasideList, APC_LEVEL, ntk_ExInitializePagedLookasideList,
		ntk_paged_close),
	NTK_ROW(ExAllocateFromLookasideListEx, DISPATCH_LEVEL, ntk_ExInitializeLookasideListEx,
		ntk_ex_close),
	NTK_ROW(ExFreeToLookasideListEx, DISPATCH_LEVEL, ntk_ex_take, ntk_ExDeleteLookasideListEx),
	{ "ExFlushLookasideListEx_paged", APC_LEVEL, ntk_ex_open_paged,
	  ntk_ExFlushLookasideListEx, ntk_ExDeleteLookasideListEx },
	{ "ExAllocateFromNPagedLookasideList_own", DISPATCH_LEVEL, ntk_npaged_open_own,
	  ntk_ExAllocateFromNPagedLookasideList, ntk_npaged_close },
	{ "ExFreeToNPagedLookasideList_own", DISPATCH_LEVEL, ntk_npaged_open_own,
	  ntk_ExFreeToNPagedLookasideList, ntk_ExDeleteNPagedLookasideList },
	{ "ExAllocateFromPagedLookasideList_own", APC_LEVEL, ntk_paged_open_own,
	  ntk_ExAllocateFromPagedLookasideList, ntk_paged_close },
	{ "ExFreeToPagedLookasideList_own", APC_LEVEL, ntk_paged_open_own,
	  ntk_ExFreeToPagedLookasideList, ntk_ExDeletePagedLookasideList },
	{ "ExAllocateFromLookasideListEx_own", DISPATCH_LEVEL, ntk_ex_open_own_npaged,
	  ntk_ExAllocateFromLookasideListEx, ntk_ex_close },
	{ "ExFreeToLookasideListEx_own", DISPATCH_LEVEL, ntk_ex_open_own_npaged,
	  ntk_ExFreeToLookasideListEx, ntk_ExDeleteLookasideListEx },
	{ "ExAllocateFromLookasideListEx_own_paged", APC_LEVEL, ntk_ex_open_own_paged,
	  ntk_ExAllocateFromLookasideListEx, ntk_ex_close },
	{ "ExFreeToLookasideListEx_own_paged", APC_LEVEL, ntk_ex_open_own_paged,
	  ntk_ExFreeToLookasideListEx, ntk_ExDeleteLookasideListEx },
	NTK_ROW(ExInitializeZone, PASSIVE_LEVEL, NULL, NULL),
	NTK_ROW(ExExtendZone, DISPATCH_LEVEL, ntk_ExInitializeZone, NULL),
	NTK_ROW(ExInterlockedExtendZone, DISPATCH_LEVEL, ntk_ExInitializeZone, NULL),
	NTK_ROW(ExAllocateFromZone, DISPATCH_LEVEL, ntk_ExInitializeZone, NULL),
	NTK_ROW(ExFreeToZone, DISPATCH_LEVEL, ntk_zone_take, NULL),
	NTK_ROW(ExInterlockedAllocateFromZone, HIGH_LEVEL, ntk_ExInitializeZone, NULL),
	NTK_ROW(ExInterlockedFreeToZone, HIGH_LEVEL, ntk_zone_take, NULL),
	NTK_ROW(MmAllocateContiguousMemory, DISPATCH_LEVEL, NULL, ntk_contig_free),
	NTK_ROW(MmAllocateContiguousMemorySpecifyCache, DISPATCH_LEVEL, NULL, ntk_contig_free),
	NTK_ROW(MmAllocateContiguousMemorySpecifyCacheNode, DISPATCH_LEVEL, NULL, ntk_contig_free),
	NTK_ROW(MmAllocateContiguousNodeMemory, DISPATCH_LEVEL, NULL, ntk_contig_free),
	NTK_ROW(MmAllocateContiguousMemoryEx, DISPATCH_LEVEL, NULL, ntk_contig_free),
	NTK_ROW(MmFreeContiguousMemory, DISPATCH_LEVEL, ntk_MmAllocateContiguousMemory, NULL),
	NTK_ROW(MmFreeContiguousMemorySpecifyCache, DISPATCH_LEVEL, ntk_MmAllocateContiguousMemory,
		NULL),
	NTK_ROW(MmAllocateNonCachedMemory, APC_LEVEL, NULL, ntk_noncached_free),
#ifdef CONFIG_X86
	NTK_ROW(MmFreeNonCachedMemory, APC_LEVEL, ntk_MmAllocateNonCachedMemory, NULL),
#endif
	NTK_ROW(MmGetPhysicalAddress, HIGH_LEVEL, NULL, NULL),
	NTK_ROW(MmLockPagableCodeSection, APC_LEVEL, NULL, ntk_MmUnlockPagableImageSection),
	NTK_ROW(MmLockPagableDataSection, APC_LEVEL, NULL, ntk_MmUnlockPagableImageSection),
	NTK_ROW(MmLockPagableSectionByHandle, APC_LEVEL, ntk_MmLockPagableCodeSection,
		ntk_unlock_twice),
	NTK_ROW(MmUnlockPagableImageSection, APC_LEVEL, ntk_MmLockPagableCodeSection, NULL),
	NTK_ROW(MmPageEntireDriver, APC_LEVEL, NULL, NULL),
	NTK_ROW(MmResetDriverPaging, APC_LEVEL, NULL, NULL),
	NTK_ROW(PAGED_CODE, APC_LEVEL, NULL, NULL),
	NTK_ROW(KeRaiseIrqlToDpcLevel, DISPATCH_LEVEL, NULL, NULL),
	NTK_ROW(KeAcquireSpinLock, DISPATCH_LEVEL, NULL, NULL),
	NTK_ROW(KeAcquireInStackQueuedSpinLock, DISPATCH_LEVEL, NULL, NULL),
	NTK_ROW(ExInterlockedPushEntrySList, HIGH_LEVEL, NULL, NULL),
	NTK_ROW(ExInterlockedFlushSList, HIGH_LEVEL, NULL, NULL),
	NTK_ROW(ExInterlockedPushEntryList, HIGH_LEVEL, NULL, NULL),
};

static void ntk_irql_desc(struct ntk_irql_row *row, char *desc)
{
	strscpy(desc, row->routine, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ntk_irql, ntk_irql_rows, ntk_irql_desc);

/* The number of reports of a call at @irql. */
static unsigned int ntk_call_at(struct kunit *test, KIRQL irql)
{
	const struct ntk_irql_row *row = test->param_value;
	struct ntpool_test_report report;
	KIRQL old;

	memset(&ntk_subject, 0, sizeof(ntk_subject));
	if (row->before)
		row->before(&ntk_subject);
	ntk_expect_no_report(test, "before the call");
	KeRaiseIrql(irql, &old);
	row->call(&ntk_subject);
	KeLowerIrql(old);
	KUNIT_EXPECT_EQ(test, KeGetCurrentIrql(), PASSIVE_LEVEL);
	return ntk_take_reports(&report);
}

static void ntk_call_done(struct kunit *test)
{
	const struct ntk_irql_row *row = test->param_value;

	if (row->after)
		row->after(&ntk_subject);
	ntk_expect_no_report(test, "after the call");
}

static void ntk_highest_test(struct kunit *test)
{
	const struct ntk_irql_row *row = test->param_value;
	KIRQL above = row->highest < DISPATCH_LEVEL ? DISPATCH_LEVEL : DEVICE_LEVEL;

	KUNIT_EXPECT_EQ(test, ntk_call_at(test, min_t(KIRQL, row->highest, DEVICE_LEVEL)), 0);
	ntk_call_done(test);
	if (row->highest >= DEVICE_LEVEL)
		return;
	KUNIT_EXPECT_GE(test, ntk_call_at(test, above), 1);
	ntk_call_done(test);
}

/* Without the bit 0x2 only the routines for paged memory and sections report their level. */
static void ntk_unchecked_test(struct kunit *test)
{
	const struct ntk_irql_row *row = test->param_value;

	if (row->highest != DISPATCH_LEVEL || !strcmp(row->routine, "KeRaiseIrqlToDpcLevel"))
		kunit_skip(test, "checked in any case, or has no limit");
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0), 0);
	KUNIT_EXPECT_EQ(test, ntk_call_at(test, DEVICE_LEVEL), 0);
	ntk_call_done(test);
}

/* A list at an address of 8 modulo 16 is reported, and works. */
static void ntk_alignment_test(struct kunit *test)
{
	static u8 memory[sizeof(NPAGED_LOOKASIDE_LIST) + 64] __aligned(64);
	PNPAGED_LOOKASIDE_LIST list = (PNPAGED_LOOKASIDE_LIST)memory;
	struct ntpool_test_report report;

	ExInitializeNPagedLookasideList(list, NULL, NULL, 0, NTK_SIZE, NTK_TAG, 0);
	ExDeleteNPagedLookasideList(list);
	ntk_expect_no_report(test, "aligned");
	list = (PNPAGED_LOOKASIDE_LIST)(memory + MEMORY_ALLOCATION_ALIGNMENT / 2);
	ExInitializeNPagedLookasideList(list, NULL, NULL, 0, NTK_SIZE, NTK_TAG, 0);
	ntk_expect_report(test, "8 modulo 16", NTK_VERIFIER, NTK_BAD_PARAMETER, &report);
	KUNIT_EXPECT_EQ(test, report.param[2], (unsigned long)list);
	ExFreeToNPagedLookasideList(list, ExAllocateFromNPagedLookasideList(list));
	ExDeleteNPagedLookasideList(list);
	ntk_expect_no_report(test, "its use");
	KUNIT_ASSERT_EQ(test, ntpool_test_set_verifier(0), 0);
	ExInitializeNPagedLookasideList(list, NULL, NULL, 0, NTK_SIZE, NTK_TAG, 0);
	ExDeleteNPagedLookasideList(list);
	ntk_expect_no_report(test, "without the verifier");
}

static int ntk_irql_init(struct kunit *test)
{
	return ntk_init_flags(test, NTK_IRQL_CHECKS);
}

static struct kunit_case ntk_irql_cases[] = {
	KUNIT_CASE_PARAM(ntk_highest_test, ntk_irql_gen_params),
	KUNIT_CASE_PARAM(ntk_unchecked_test, ntk_irql_gen_params),
	KUNIT_CASE(ntk_alignment_test),
	{}
};

static struct kunit_suite ntk_irql_suite = {
	.name = "ntpool_irql",
	.init = ntk_irql_init,
	.exit = ntk_exit,
	.test_cases = ntk_irql_cases,
};

kunit_test_suite(ntk_irql_suite);
