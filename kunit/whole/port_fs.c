// SPDX-License-Identifier: GPL-2.0
/*
 * The memory side of a file system driver, as NT sources have it: only <ntifs.h>.
 *
 *   contexts	of operations: a zone, which is extended a few times when it is full;
 *		after that they come from nonpaged pool, and a flag says so
 *   FCBs	from a paged lookaside list, with names in paged pool, and a map each
 *		of the clusters they have, see port_fsmap.c
 *   names	that were looked up: a hash table and a list by use; a name that there
 *		is no memory for is not cached, which is no error
 *   clusters	a bitmap in paged pool
 *
 * Zone and counters of contexts are safe at any IRQL up to DISPATCH_LEVEL and
 * between processors. For all else the caller holds the volume exclusively, as a
 * file system does with a resource.
 *
 * An operation that fails leaves the files as they were. PfsVolumeIsSound() looks
 * whether each cluster has one owner or is free, and whether all names agree.
 */
#include <ntifs.h>

#include "port_fs.h"

#define PFS_CONTEXT_FREE	0
#define PFS_CONTEXT_BUSY	0x50667342

#define PFS_CONTEXT_FROM_POOL	0x00000001

#define PFS_OP_CREATE		0
#define PFS_OP_SET_INFORMATION	6
#define PFS_OP_DELETE		7

#define PFS_NAME_LENGTH		64
#define PFS_WORD_BITS		32

#define PFS_SEGMENT_BYTES \
	(sizeof(ZONE_SEGMENT_HEADER) + PFS_SEGMENT_CONTEXTS * sizeof(PFS_IRP_CONTEXT))

C_ASSERT(sizeof(PFS_IRP_CONTEXT) % 8 == 0);

/* Its text follows it. */
typedef struct _PFS_NAME {
	LIST_ENTRY BucketLinks;
	LIST_ENTRY RecentLinks;
	PPFS_FCB Fcb;
	STRING Name;
} PFS_NAME, *PPFS_NAME;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, PfsMount)
#pragma alloc_text(PAGE, PfsDismount)
#pragma alloc_text(PAGE, PfsVolumeIsSound)
#pragma alloc_text(PAGE, PfsCreate)
#pragma alloc_text(PAGE, PfsClose)
#pragma alloc_text(PAGE, PfsSetAllocation)
#pragma alloc_text(PAGE, PfsDelete)
#endif

/* ---- Contexts ---- */

/* TRUE if there is a segment more than when the caller found the zone full. */
static BOOLEAN PfsExtendZone(_Inout_ PPFS_VOLUME Volume)
{
	PVOID Segment;
	ULONG Index;

	if (Volume->Segments[PFS_SEGMENTS - 1])
		return FALSE;
	Segment = ExAllocatePoolWithTag(NonPagedPool, PFS_SEGMENT_BYTES, PFS_TAG_SEGMENT);
	if (!Segment)
		return FALSE;
	RtlZeroMemory(Segment, PFS_SEGMENT_BYTES);

	for (Index = 0; Index < PFS_SEGMENTS; Index++) {
		if (InterlockedCompareExchangePointer(&Volume->Segments[Index], Segment, NULL))
			continue;
		if (!NT_SUCCESS(ExInterlockedExtendZone(&Volume->Zone, Segment, PFS_SEGMENT_BYTES,
							&Volume->ZoneLock))) {
			ASSERT(!"a segment that suits the zone");
			return FALSE;
		}
		InterlockedIncrement(&Volume->Statistics.Extensions);
		return TRUE;
	}
	ExFreePoolWithTag(Segment, PFS_TAG_SEGMENT);
	return FALSE;
}

static PPFS_IRP_CONTEXT PfsContextFromZone(_Inout_ PPFS_VOLUME Volume)
{
	PPFS_IRP_CONTEXT IrpContext;

	do {
		IrpContext = ExInterlockedAllocateFromZone(&Volume->Zone, &Volume->ZoneLock);
	} while (!IrpContext && PfsExtendZone(Volume));
	return IrpContext;
}

_IRQL_requires_max_(DISPATCH_LEVEL)
PPFS_IRP_CONTEXT PfsCreateIrpContext(_In_ PPFS_VOLUME Volume, _In_ ULONG MajorFunction)
{
	PPFS_IRP_CONTEXT IrpContext = PfsContextFromZone(Volume);
	ULONG Flags = 0;

	if (IrpContext) {
		InterlockedIncrement(&Volume->Statistics.FromZone);
	} else {
		IrpContext = ExAllocatePoolWithTag(NonPagedPool, sizeof(PFS_IRP_CONTEXT),
						   PFS_TAG_CONTEXT);
		if (!IrpContext)
			return NULL;
		SetFlag(Flags, PFS_CONTEXT_FROM_POOL);
		InterlockedIncrement(&Volume->Statistics.FromPool);
	}
	InterlockedIncrement(&Volume->Statistics.ContextsLive);

	InitializeListHead(&IrpContext->WorkLinks);
	IrpContext->State = PFS_CONTEXT_BUSY;
	IrpContext->Volume = Volume;
	IrpContext->Flags = Flags;
	IrpContext->MajorFunction = MajorFunction;
	IrpContext->Operation = InterlockedIncrement(&Volume->Statistics.Operations);
	return IrpContext;
}

_IRQL_requires_max_(DISPATCH_LEVEL)
VOID PfsDeleteIrpContext(_In_ PPFS_IRP_CONTEXT IrpContext)
{
	PPFS_VOLUME Volume = IrpContext->Volume;
	BOOLEAN FromPool = BooleanFlagOn(IrpContext->Flags, PFS_CONTEXT_FROM_POOL);

	ASSERT(IsListEmpty(&IrpContext->WorkLinks));
	if (InterlockedExchange(&IrpContext->State, PFS_CONTEXT_FREE) != PFS_CONTEXT_BUSY)
		InterlockedIncrement(&Volume->Statistics.Conflicts);
	InterlockedDecrement(&Volume->Statistics.ContextsLive);

	if (FromPool)
		ExFreePoolWithTag(IrpContext, PFS_TAG_CONTEXT);
	else
		ExInterlockedFreeToZone(&Volume->Zone, IrpContext, &Volume->ZoneLock);
}

/* ---- Clusters ---- */

static FORCEINLINE BOOLEAN PfsTestBit(_In_ PULONG Bitmap, _In_ ULONG Bit)
{
	return (Bitmap[Bit / PFS_WORD_BITS] >> (Bit % PFS_WORD_BITS)) & 1;
}

static FORCEINLINE VOID PfsFlipBit(_Inout_ PULONG Bitmap, _In_ ULONG Bit)
{
	Bitmap[Bit / PFS_WORD_BITS] ^= 1U << (Bit % PFS_WORD_BITS);
}

static FORCEINLINE SIZE_T PfsBitmapBytes(_In_ ULONG Bits)
{
	return ALIGN_UP_BY(Bits, PFS_WORD_BITS) / 8;
}

static VOID PfsFlipClusters(_Inout_ PPFS_VOLUME Volume, _In_ ULONG Lcn, _In_ ULONG Length,
			    _In_ BOOLEAN Take)
{
	ULONG Index;

	for (Index = 0; Index < Length; Index++) {
		ASSERT(PfsTestBit(Volume->Bitmap, Lcn + Index) != Take);
		PfsFlipBit(Volume->Bitmap, Lcn + Index);
	}
	Volume->FreeClusters += Take ? 0 - Length : Length;
}

/* The next free run behind the last one, as long as it is wanted at most. */
static ULONG PfsFindClusters(_In_ PPFS_VOLUME Volume, _In_ ULONG Wanted, _Out_ PULONG Lcn)
{
	ULONG Tried, At = Volume->Hint, Length = 0;

	for (Tried = 0; Tried < Volume->Clusters; Tried++, At++) {
		At %= Volume->Clusters;
		if (!PfsTestBit(Volume->Bitmap, At))
			break;
	}
	*Lcn = At;
	while (Length < Wanted && At + Length < Volume->Clusters &&
	       !PfsTestBit(Volume->Bitmap, At + Length))
		Length++;
	Volume->Hint = At + Length;
	return Length;
}

/* Gives the clusters of a file from Vcn on back. */
static VOID PfsShrinkFile(_Inout_ PPFS_FCB Fcb, _In_ ULONG Clusters)
{
	ULONG Vcn, Lcn, Length;

	for (Vcn = Clusters; Vcn < Fcb->Clusters; Vcn += Length)
		if (PfsLookupRun(&Fcb->Map, Vcn, &Lcn, &Length))
			PfsFlipClusters(Fcb->Volume, Lcn, Length, FALSE);
	PfsTruncateMap(&Fcb->Map, Clusters);
	Fcb->Clusters = Clusters;
}

static NTSTATUS PfsGrowFile(_Inout_ PPFS_FCB Fcb, _In_ ULONG Clusters)
{
	PPFS_VOLUME Volume = Fcb->Volume;
	ULONG Before = Fcb->Clusters, Lcn, Length;
	NTSTATUS Status;

	if (Clusters - Fcb->Clusters > Volume->FreeClusters)
		return STATUS_DISK_FULL;
	while (Fcb->Clusters < Clusters) {
		Length = PfsFindClusters(Volume, Clusters - Fcb->Clusters, &Lcn);
		ASSERT(Length);
		Status = PfsAddRun(&Fcb->Map, Fcb->Clusters, Lcn, Length);
		if (!NT_SUCCESS(Status)) {
			PfsShrinkFile(Fcb, Before);
			return Status;
		}
		PfsFlipClusters(Volume, Lcn, Length, TRUE);
		Fcb->Clusters += Length;
	}
	return STATUS_SUCCESS;
}

/* ---- Names ---- */

static FORCEINLINE CHAR PfsUpcase(_In_ CHAR Character)
{
	return Character >= 'a' && Character <= 'z' ? Character - 'a' + 'A' : Character;
}

static BOOLEAN PfsNamesEqual(_In_ const STRING *Left, _In_ const STRING *Right)
{
	USHORT Index;

	if (Left->Length != Right->Length)
		return FALSE;
	for (Index = 0; Index < Left->Length; Index++)
		if (PfsUpcase(Left->Buffer[Index]) != PfsUpcase(Right->Buffer[Index]))
			return FALSE;
	return TRUE;
}

static PLIST_ENTRY PfsBucket(_In_ PPFS_VOLUME Volume, _In_ const STRING *Name)
{
	ULONG Hash = 0;
	USHORT Index;

	for (Index = 0; Index < Name->Length; Index++)
		Hash = 37 * Hash + PfsUpcase(Name->Buffer[Index]);
	return &Volume->Buckets[Hash % PFS_BUCKETS];
}

static VOID PfsForgetName(_Inout_ PPFS_VOLUME Volume, _In_ PPFS_NAME Entry)
{
	RemoveEntryList(&Entry->BucketLinks);
	RemoveEntryList(&Entry->RecentLinks);
	Volume->Names--;
	ExFreePoolWithTag(Entry, PFS_TAG_CACHE);
}

static PPFS_NAME PfsFindName(_In_ PPFS_VOLUME Volume, _In_ const STRING *Name)
{
	PLIST_ENTRY Bucket = PfsBucket(Volume, Name), Link;

	for (Link = Bucket->Flink; Link != Bucket; Link = Link->Flink) {
		PPFS_NAME Entry = CONTAINING_RECORD(Link, PFS_NAME, BucketLinks);

		if (PfsNamesEqual(&Entry->Name, Name))
			return Entry;
	}
	return NULL;
}

/* The name that was not used for longest makes room. */
static VOID PfsRememberName(_Inout_ PPFS_VOLUME Volume, _In_ PPFS_FCB Fcb)
{
	PPFS_NAME Entry;

	Entry = ExAllocatePoolWithTag(PagedPool, sizeof(PFS_NAME) + Fcb->Name.Length,
				      PFS_TAG_CACHE);
	if (!Entry)
		return;
	if (Volume->Names == PFS_CACHED_NAMES) {
		PfsForgetName(Volume, CONTAINING_RECORD(Volume->Recent.Blink, PFS_NAME,
							RecentLinks));
		Volume->Statistics.NamesEvicted++;
	}
	Entry->Fcb = Fcb;
	Entry->Name.Buffer = Add2Ptr(Entry, sizeof(PFS_NAME));
	Entry->Name.Length = Fcb->Name.Length;
	Entry->Name.MaximumLength = Fcb->Name.Length;
	RtlCopyMemory(Entry->Name.Buffer, Fcb->Name.Buffer, Fcb->Name.Length);
	InsertHeadList(PfsBucket(Volume, &Entry->Name), &Entry->BucketLinks);
	InsertHeadList(&Volume->Recent, &Entry->RecentLinks);
	Volume->Names++;
}

/* ---- Files ---- */

static PPFS_FCB PfsSearchFcbs(_In_ PPFS_VOLUME Volume, _In_ const STRING *Name)
{
	PLIST_ENTRY Link;

	for (Link = Volume->Fcbs.Flink; Link != &Volume->Fcbs; Link = Link->Flink) {
		PPFS_FCB Fcb = CONTAINING_RECORD(Link, PFS_FCB, VolumeLinks);

		if (PfsNamesEqual(&Fcb->Name, Name))
			return Fcb;
	}
	return NULL;
}

static PPFS_FCB PfsFindFcb(_Inout_ PPFS_VOLUME Volume, _In_ const STRING *Name)
{
	PPFS_NAME Entry = PfsFindName(Volume, Name);
	PPFS_FCB Fcb;

	if (Entry) {
		Volume->Statistics.NameHits++;
		RemoveEntryList(&Entry->RecentLinks);
		InsertHeadList(&Volume->Recent, &Entry->RecentLinks);
		return Entry->Fcb;
	}
	Volume->Statistics.NameMisses++;
	Fcb = PfsSearchFcbs(Volume, Name);
	if (Fcb)
		PfsRememberName(Volume, Fcb);
	return Fcb;
}

/*
 * A name that is never longer than the file system allows; the FCB owns it, and who
 * created the file pays for it until it is gone.
 */
static PCHAR PfsAllocateName(_In_ USHORT Length)
{
	return ExAllocatePoolWithQuotaTag((POOL_TYPE)(PagedPool |
						      POOL_QUOTA_FAIL_INSTEAD_OF_RAISE),
					  Length, PFS_TAG_NAME);
}

static PPFS_FCB PfsCreateFcb(_Inout_ PPFS_VOLUME Volume, _In_ const STRING *Name)
{
	PPFS_FCB Fcb = ExAllocateFromPagedLookasideList(&Volume->FcbList);

	if (!Fcb)
		return NULL;
	RtlZeroMemory(Fcb, sizeof(*Fcb));
	Fcb->Name.Buffer = PfsAllocateName(Name->Length);
	if (!Fcb->Name.Buffer) {
		ExFreeToPagedLookasideList(&Volume->FcbList, Fcb);
		return NULL;
	}
	RtlCopyMemory(Fcb->Name.Buffer, Name->Buffer, Name->Length);
	Fcb->Name.Length = Name->Length;
	Fcb->Name.MaximumLength = Name->Length;
	Fcb->Volume = Volume;
	PfsInitializeMap(&Fcb->Map);
	InsertTailList(&Volume->Fcbs, &Fcb->VolumeLinks);
	return Fcb;
}

static VOID PfsDeleteFcb(_Inout_ PPFS_VOLUME Volume, _In_ PPFS_FCB Fcb)
{
	PPFS_NAME Entry = PfsFindName(Volume, &Fcb->Name);

	if (Entry)
		PfsForgetName(Volume, Entry);
	PfsShrinkFile(Fcb, 0);
	PfsUninitializeMap(&Fcb->Map);
	RemoveEntryList(&Fcb->VolumeLinks);
	ExFreePoolWithTag(Fcb->Name.Buffer, PFS_TAG_NAME);
	ExFreeToPagedLookasideList(&Volume->FcbList, Fcb);
}

/* Opens a file, which is made if there is none of that name. */
_Must_inspect_result_
NTSTATUS PfsCreate(_In_ PPFS_VOLUME Volume, _In_z_ PCSZ Name,
		   _Outptr_result_nullonfailure_ struct _PFS_FCB **Fcb)
{
	PPFS_IRP_CONTEXT IrpContext;
	STRING FileName;
	NTSTATUS Status = STATUS_SUCCESS;

	PAGED_CODE();

	*Fcb = NULL;
	RtlInitString(&FileName, Name);
	IrpContext = PfsCreateIrpContext(Volume, PFS_OP_CREATE);
	if (!IrpContext)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!FileName.Length || FileName.Length > PFS_NAME_LENGTH) {
		Status = STATUS_OBJECT_NAME_INVALID;
		goto Cleanup;
	}
	*Fcb = PfsFindFcb(Volume, &FileName);
	if (!*Fcb)
		*Fcb = PfsCreateFcb(Volume, &FileName);
	if (!*Fcb) {
		Status = STATUS_INSUFFICIENT_RESOURCES;
		goto Cleanup;
	}
	(*Fcb)->OpenCount++;

Cleanup:
	PfsDeleteIrpContext(IrpContext);
	return Status;
}

VOID PfsClose(_In_ PPFS_FCB Fcb)
{
	PAGED_CODE();

	ASSERT(Fcb->OpenCount > 0);
	Fcb->OpenCount--;
}

_Must_inspect_result_
NTSTATUS PfsSetAllocation(_In_ PPFS_FCB Fcb, _In_ ULONG Clusters)
{
	PPFS_IRP_CONTEXT IrpContext;
	NTSTATUS Status = STATUS_SUCCESS;

	PAGED_CODE();

	IrpContext = PfsCreateIrpContext(Fcb->Volume, PFS_OP_SET_INFORMATION);
	if (!IrpContext)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (Clusters > Fcb->Clusters)
		Status = PfsGrowFile(Fcb, Clusters);
	else
		PfsShrinkFile(Fcb, Clusters);
	PfsDeleteIrpContext(IrpContext);
	return Status;
}

_Must_inspect_result_
NTSTATUS PfsDelete(_In_ PPFS_VOLUME Volume, _In_z_ PCSZ Name)
{
	PPFS_IRP_CONTEXT IrpContext;
	PPFS_FCB Fcb;
	STRING FileName;
	NTSTATUS Status = STATUS_SUCCESS;

	PAGED_CODE();

	RtlInitString(&FileName, Name);
	IrpContext = PfsCreateIrpContext(Volume, PFS_OP_DELETE);
	if (!IrpContext)
		return STATUS_INSUFFICIENT_RESOURCES;
	Fcb = PfsFindFcb(Volume, &FileName);
	if (!Fcb)
		Status = STATUS_OBJECT_NAME_NOT_FOUND;
	else if (Fcb->OpenCount)
		Status = STATUS_CANNOT_DELETE;
	else
		PfsDeleteFcb(Volume, Fcb);
	PfsDeleteIrpContext(IrpContext);
	return Status;
}

/* ---- Volumes ---- */

static VOID PfsInitializeLists(_Inout_ PPFS_VOLUME Volume)
{
	ULONG Index;

	InitializeListHead(&Volume->Fcbs);
	InitializeListHead(&Volume->Recent);
	for (Index = 0; Index < PFS_BUCKETS; Index++)
		InitializeListHead(&Volume->Buckets[Index]);
}

static NTSTATUS PfsInitializeZone(_Inout_ PPFS_VOLUME Volume)
{
	PVOID Segment = ExAllocatePoolWithTag(NonPagedPool, PFS_SEGMENT_BYTES, PFS_TAG_SEGMENT);

	if (!Segment)
		return STATUS_INSUFFICIENT_RESOURCES;
	RtlZeroMemory(Segment, PFS_SEGMENT_BYTES);
	KeInitializeSpinLock(&Volume->ZoneLock);
	Volume->Segments[0] = Segment;
	return ExInitializeZone(&Volume->Zone, sizeof(PFS_IRP_CONTEXT), Segment,
				PFS_SEGMENT_BYTES);
}

/* What there is of a volume that is not, or no longer, mounted. */
static VOID PfsFreeVolume(_In_ PPFS_VOLUME Volume)
{
	ULONG Index;

	if (Volume->Bitmap)
		ExFreePoolWithTag(Volume->Bitmap, PFS_TAG_BITMAP);
	for (Index = 0; Index < PFS_SEGMENTS; Index++)
		if (Volume->Segments[Index])
			ExFreePoolWithTag(Volume->Segments[Index], PFS_TAG_SEGMENT);
	ExFreePoolWithTag(Volume, PFS_TAG_VOLUME);
}

/* The list of FCBs wants its structure on cache lines of its own. */
_Must_inspect_result_
NTSTATUS PfsMount(_In_ ULONG Clusters, _Outptr_result_nullonfailure_ struct _PFS_VOLUME **Volume)
{
	PPFS_VOLUME New;
	NTSTATUS Status;

	PAGED_CODE();

	*Volume = NULL;
	if (!Clusters || Clusters > PFS_VCN_LIMIT)
		return STATUS_INVALID_PARAMETER;
	New = ExAllocatePoolWithTag(NonPagedPoolCacheAligned, sizeof(*New), PFS_TAG_VOLUME);
	if (!New)
		return STATUS_INSUFFICIENT_RESOURCES;
	RtlZeroMemory(New, sizeof(*New));
	PfsInitializeLists(New);
	New->Clusters = Clusters;
	New->FreeClusters = Clusters;
	Status = PfsInitializeZone(New);
	if (!NT_SUCCESS(Status))
		goto Failed;
	New->Bitmap = ExAllocatePoolWithTag(PagedPool, PfsBitmapBytes(Clusters), PFS_TAG_BITMAP);
	if (!New->Bitmap) {
		Status = STATUS_INSUFFICIENT_RESOURCES;
		goto Failed;
	}
	RtlZeroMemory(New->Bitmap, PfsBitmapBytes(Clusters));
	ExInitializePagedLookasideList(&New->FcbList, NULL, NULL, 0, sizeof(PFS_FCB), PFS_TAG_FCB,
				       0);
	*Volume = New;
	return STATUS_SUCCESS;

Failed:
	PfsFreeVolume(New);
	return Status;
}

VOID PfsDismount(_In_ PPFS_VOLUME Volume)
{
	PAGED_CODE();

	ASSERT(!Volume->Statistics.ContextsLive);
	while (!IsListEmpty(&Volume->Fcbs))
		PfsDeleteFcb(Volume, CONTAINING_RECORD(Volume->Fcbs.Flink, PFS_FCB, VolumeLinks));
	ASSERT(!Volume->Names);
	ASSERT(Volume->FreeClusters == Volume->Clusters);
	ExDeletePagedLookasideList(&Volume->FcbList);
	PfsFreeVolume(Volume);
}

/* ---- Checks ---- */

/* Marks a file's clusters; FALSE if one is marked already, or counts as free. */
static BOOLEAN PfsMarkFile(_In_ PPFS_FCB Fcb, _Inout_ PULONG Seen)
{
	PPFS_VOLUME Volume = Fcb->Volume;
	ULONG Vcn, Lcn, Length, Index;

	for (Vcn = 0; Vcn < Fcb->Clusters; Vcn += Length) {
		if (!PfsLookupRun(&Fcb->Map, Vcn, &Lcn, &Length) || Lcn >= Volume->Clusters ||
		    Length > Volume->Clusters - Lcn)
			return FALSE;
		for (Index = 0; Index < Length; Index++) {
			if (PfsTestBit(Seen, Lcn + Index) ||
			    !PfsTestBit(Volume->Bitmap, Lcn + Index))
				return FALSE;
			PfsFlipBit(Seen, Lcn + Index);
		}
	}
	return Vcn == Fcb->Clusters && PfsMapIsSound(&Fcb->Map);
}

/* Each cached name is in its bucket, and its file has that name. */
static BOOLEAN PfsNamesAreSound(_In_ PPFS_VOLUME Volume)
{
	PLIST_ENTRY Link;
	ULONG Names = 0;

	for (Link = Volume->Recent.Flink; Link != &Volume->Recent; Link = Link->Flink) {
		PPFS_NAME Entry = CONTAINING_RECORD(Link, PFS_NAME, RecentLinks);

		if (PfsFindName(Volume, &Entry->Name) != Entry ||
		    PfsSearchFcbs(Volume, &Entry->Name) != Entry->Fcb)
			return FALSE;
		Names++;
	}
	return Names == Volume->Names && Names <= PFS_CACHED_NAMES;
}

NTSTATUS PfsVolumeIsSound(_In_ PPFS_VOLUME Volume)
{
	SIZE_T Bytes = PfsBitmapBytes(Volume->Clusters);
	NTSTATUS Status = STATUS_SUCCESS;
	ULONG Taken = 0;
	PLIST_ENTRY Link;
	PULONG Seen;

	PAGED_CODE();

	Seen = ExAllocatePoolWithTag(PagedPool, Bytes, PFS_TAG_TEST);
	if (!Seen)
		return STATUS_INSUFFICIENT_RESOURCES;
	RtlZeroMemory(Seen, Bytes);
	for (Link = Volume->Fcbs.Flink; Link != &Volume->Fcbs; Link = Link->Flink) {
		PPFS_FCB Fcb = CONTAINING_RECORD(Link, PFS_FCB, VolumeLinks);

		if (!PfsMarkFile(Fcb, Seen))
			Status = STATUS_FILE_CORRUPT_ERROR;
		Taken += Fcb->Clusters;
	}
	if (!RtlEqualMemory(Seen, Volume->Bitmap, Bytes) ||
	    Taken + Volume->FreeClusters != Volume->Clusters || !PfsNamesAreSound(Volume) ||
	    Volume->Statistics.Conflicts)
		Status = STATUS_FILE_CORRUPT_ERROR;
	ExFreePoolWithTag(Seen, PFS_TAG_TEST);
	return Status;
}
